CREATE STREAM x AS SELECT t.ref, s.id, s.name FROM s JOIN t ON s.n = CAST(t.id AS INT);
