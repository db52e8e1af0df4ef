INSERT INTO derived SELECT id, name, CAST(n AS STRING) AS n, price, STRUCT(f := name, g := 1) AS st, ARRAY[1, 2, 3] AS tags, ts FROM s;
