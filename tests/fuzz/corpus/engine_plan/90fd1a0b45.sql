SELECT * FROM agg JOIN t ON agg.c = t.id;
