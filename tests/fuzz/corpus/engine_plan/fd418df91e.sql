CREATE TABLE x AS SELECT t.name, t2.y FROM t JOIN t2 ON t.ref = t2.id;
