INSERT INTO s2 SELECT id, name, n AS x FROM s WHERE n > 1;
