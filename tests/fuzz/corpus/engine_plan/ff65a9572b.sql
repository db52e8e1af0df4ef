CREATE STREAM x AS SELECT a.id, a.n, b.x FROM s a JOIN s2 b WITHIN 1 HOUR ON a.id = b.id;
