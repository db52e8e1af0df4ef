CREATE STREAM x AS SELECT s.id, s.n, t.name FROM s LEFT JOIN t ON s.id = t.id;
