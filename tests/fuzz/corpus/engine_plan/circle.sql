SELECT * FROM t JOIN t2 ON t.id = t2.id JOIN agg ON t2.id = t.id EMIT CHANGES;
