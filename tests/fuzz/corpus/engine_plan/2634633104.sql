CREATE STREAM x AS SELECT name FROM s JOIN t ON s.id = t.id;
