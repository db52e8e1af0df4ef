INSERT INTO s (id, st, tags) VALUES (1, STRUCT(f := 1, g := NULL), ARRAY['a', NULL]);
