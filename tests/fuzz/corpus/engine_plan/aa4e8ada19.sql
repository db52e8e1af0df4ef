CREATE TABLE x AS SELECT name, n, SUM(price) FROM s WHERE n > 1 GROUP BY name, n HAVING SUM(price) > 10;
