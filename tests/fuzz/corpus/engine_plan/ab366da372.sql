CREATE STREAM x AS SELECT * FROM two JOIN tt ON two.k1 = tt.k1;
