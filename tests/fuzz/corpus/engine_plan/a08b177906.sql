CREATE STREAM x AS SELECT a.n, b.name FROM s a JOIN s2 b WITHIN 1 HOUR ON a.n = b.x;
