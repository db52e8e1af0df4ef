SHOW STREAMS; -- c;
SELECT ';' FROM s;;
/* ; */