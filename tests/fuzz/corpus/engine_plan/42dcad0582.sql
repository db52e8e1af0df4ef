CREATE STREAM x AS SELECT * FROM s JOIN t ON s.name = t.id;
