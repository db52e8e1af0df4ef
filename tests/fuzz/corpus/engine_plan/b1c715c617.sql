SELECT name, TRANSFORM(tags, (x, y) => x) FROM s EMIT CHANGES;
