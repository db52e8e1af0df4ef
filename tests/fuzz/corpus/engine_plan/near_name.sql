SELECT nmae, S.pric, iid FROM s WHERE total = 1 EMIT CHANGES;
