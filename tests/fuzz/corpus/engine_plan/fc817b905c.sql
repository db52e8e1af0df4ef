CREATE TABLE x AS SELECT t.name, COUNT(*) AS c FROM s JOIN t ON s.id = t.id GROUP BY t.name;
