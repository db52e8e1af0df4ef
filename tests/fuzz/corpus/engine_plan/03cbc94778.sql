CREATE TABLE x AS SELECT t.id, t.name, t2.y FROM t JOIN t2 ON t.id = t2.id;
