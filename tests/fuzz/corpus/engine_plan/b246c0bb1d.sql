CREATE STREAM x AS SELECT * FROM s JOIN t ON s.id + t.id = 1;
