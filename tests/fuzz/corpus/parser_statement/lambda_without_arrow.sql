SELECT REDUCE(a, 0, (s, x) -> s + x), TRANSFORM(a, (x, 1) => x), TRANSFORM(a, (x, y => x) FROM s;
