CREATE STREAM x AS SELECT * FROM s JOIN t ON s.id = t.id JOIN t2 ON s.id = s.id;
