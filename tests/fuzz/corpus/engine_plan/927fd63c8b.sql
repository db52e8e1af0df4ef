CREATE STREAM x AS SELECT id, id AS b, name FROM s;
