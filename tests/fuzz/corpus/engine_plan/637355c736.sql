CREATE TABLE x AS SELECT t.id, t2.y FROM t JOIN t2 ON t.ref = t2.id;
