CREATE TABLE x AS SELECT t.id, t.n, t2.y FROM t JOIN t2 ON t.id = t2.id WHERE y > 1;
