CREATE STREAM x AS SELECT s.name, t.n FROM s JOIN t ON s.id = t.id;
