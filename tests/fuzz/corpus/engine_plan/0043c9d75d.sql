SELECT *, c FROM agg;
