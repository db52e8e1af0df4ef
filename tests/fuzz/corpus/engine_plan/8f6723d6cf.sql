CREATE STREAM x AS SELECT s.n, t.id, t.name FROM s JOIN t ON CAST(s.n AS BIGINT) = t.id;
