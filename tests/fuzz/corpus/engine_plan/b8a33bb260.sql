CREATE TABLE x AS SELECT t.id, t.name, t2.y FROM t LEFT JOIN t2 ON t.ref = t2.id;
