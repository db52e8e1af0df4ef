INSERT INTO s2 (id, id) VALUES (1, 1);
