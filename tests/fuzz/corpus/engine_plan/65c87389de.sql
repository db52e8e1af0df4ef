CREATE TABLE x AS SELECT * FROM t JOIN t2 ON t.id = t2.id JOIN st ON t.ref = st.id;
