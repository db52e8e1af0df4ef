CREATE STREAM x AS SELECT s.id, s.name, t.n FROM s LEFT JOIN t ON s.id = t.id;
