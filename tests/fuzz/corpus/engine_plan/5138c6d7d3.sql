CREATE STREAM x AS SELECT s.id, s.n, t.name, t2.y FROM s JOIN t ON s.id = t.id JOIN t2 ON s.id = t2.id;
