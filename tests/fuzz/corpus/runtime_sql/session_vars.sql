DEFINE x = 's'; SELECT * FROM ${x}; UNDEFINE x; SET 'auto.offset.reset' = 'latest'; UNSET 'auto.offset.reset'; SHOW PROPERTIES; SHOW VARIABLES;
