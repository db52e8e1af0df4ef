-- SPDX-License-Identifier: Apache-2.0
-- Formats with a schema registry: what is registered, what is read from there, what is refused.

--@test: columns of a topic come from its schema
CREATE STREAM s (id INT KEY, a INT, b ARRAY<STRING>, c STRUCT<x DOUBLE>) WITH (kafka_topic='t', format='AVRO');
CREATE STREAM i WITH (kafka_topic='t', value_format='AVRO', key_format='AVRO');
INSERT INTO s (id, a, b, c) VALUES (1, 2, ARRAY['p', NULL], STRUCT(x := 1.5));
INSERT INTO s (id) VALUES (2);
ASSERT STREAM i (rowkey INT KEY, a INT, b ARRAY<STRING>, c STRUCT<x DOUBLE>) WITH (kafka_topic='t', format='AVRO');
ASSERT VALUES i (rowkey, a, b, c) VALUES (1, 2, ARRAY['p', NULL], STRUCT(x := 1.5));
ASSERT VALUES i (rowkey, a, b, c) VALUES (2, NULL, NULL, NULL);

--@test: test_q07_declared_keys_alone_infer_the_values
CREATE STREAM s (id INT KEY, a INT) WITH (kafka_topic='t', key_format='KAFKA', value_format='AVRO');
CREATE STREAM i (k INT KEY) WITH (kafka_topic='t', key_format='KAFKA', value_format='AVRO');
INSERT INTO s (id, a) VALUES (1, 2);
ASSERT VALUES i (k, a) VALUES (1, 2);

--@test: test_q07_declared_columns_that_the_schema_does_not_have_are_null
CREATE STREAM s (a INT) WITH (kafka_topic='t', value_format='AVRO');
CREATE STREAM i (b STRING, a BIGINT) WITH (kafka_topic='t', value_format='AVRO');
INSERT INTO s (a) VALUES (5);
ASSERT VALUES i (a, b) VALUES (5, NULL);

--@test: a table by an inferred key
CREATE TABLE s (id STRING PRIMARY KEY, n INT) WITH (kafka_topic='t', format='AVRO');
CREATE TABLE i WITH (kafka_topic='t', format='AVRO');
CREATE TABLE o AS SELECT rowkey, n + 1 AS m FROM i;
INSERT INTO s (id, n) VALUES ('x', 1);
ASSERT VALUES o (rowkey, m) VALUES ('x', 2);

--@test: what a query writes is registered under its topic
CREATE STREAM s (id INT KEY, a INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o WITH (kafka_topic='out', format='AVRO') AS SELECT * FROM s;
ASSERT SCHEMA SUBJECT 'out-value';
ASSERT SCHEMA SUBJECT 'out-key';
ASSERT NOT EXISTS SCHEMA SUBJECT 's-value' TIMEOUT 0 SECONDS;
CREATE STREAM i WITH (kafka_topic='out', format='AVRO');
INSERT INTO s (id, a) VALUES (1, 7);
ASSERT VALUES i (rowkey, a) VALUES (1, 7);

--@test: ASSERT SCHEMA by an id, and by both
CREATE STREAM s (a INT) WITH (kafka_topic='s', value_format='AVRO');
CREATE STREAM t (b INT) WITH (kafka_topic='t', value_format='AVRO');
ASSERT SCHEMA ID 1;
ASSERT SCHEMA SUBJECT 's-value' ID 1;
ASSERT SCHEMA SUBJECT 't-value' ID 2;
ASSERT NOT EXISTS SCHEMA SUBJECT 't-value' ID 1 TIMEOUT 0 SECONDS;
ASSERT NOT EXISTS SCHEMA ID 3 TIMEOUT 0 SECONDS;

--@test: ASSERT SCHEMA of what is not there
--@expected.error: KsqlException
--@expected.message: Schema with subject name x id 9 does not exist
ASSERT SCHEMA SUBJECT x ID 9 TIMEOUT 0 SECONDS;

--@test: ASSERT NOT EXISTS SCHEMA of what is there
--@expected.error: KsqlException
--@expected.message: Schema with subject name s-value exists
CREATE STREAM s (a INT) WITH (kafka_topic='s', value_format='AVRO');
ASSERT NOT EXISTS SCHEMA SUBJECT 's-value' TIMEOUT 0 SECONDS;

--@test: DELETE TOPIC deletes the schemas, too
CREATE STREAM s (k INT KEY, a INT) WITH (kafka_topic='s', format='AVRO');
ASSERT SCHEMA SUBJECT 's-value';
DROP STREAM s DELETE TOPIC;
ASSERT NOT EXISTS SCHEMA SUBJECT 's-value' TIMEOUT 0 SECONDS;
ASSERT NOT EXISTS SCHEMA SUBJECT 's-key' TIMEOUT 0 SECONDS;

--@test: DROP alone keeps them
CREATE STREAM s (k INT KEY, a INT) WITH (kafka_topic='s', format='AVRO');
DROP STREAM s;
ASSERT SCHEMA SUBJECT 's-value';

--@test: test_q01_names_of_a_schema_by_id_keep_their_case
CREATE STREAM s (`a` INT) WITH (kafka_topic='s', value_format='AVRO');
CREATE STREAM i WITH (kafka_topic='s', value_format='AVRO', value_schema_id=1);
INSERT INTO s (`a`) VALUES (3);
ASSERT VALUES i (`a`) VALUES (3);

--@test: test_q01_such_a_name_is_not_found_in_upper_case
--@expected.error: KsqlException
--@expected.message: Column name `A` does not exist
CREATE STREAM s (`a` INT) WITH (kafka_topic='s', value_format='AVRO');
CREATE STREAM i WITH (kafka_topic='s', value_format='AVRO', value_schema_id=1);
INSERT INTO i (A) VALUES (3);

--@test: test_q04_a_schema_that_is_no_record_needs_wrap_single_value
--@expected.error: KsqlException
--@expected.message: WRAP_SINGLE_VALUE=false
CREATE STREAM s (a INT) WITH (kafka_topic='s', value_format='AVRO', wrap_single_value=false);
CREATE STREAM i WITH (kafka_topic='s', value_format='AVRO');

--@test: test_q04_with_it_the_column_is_rowval
CREATE STREAM s (a INT) WITH (kafka_topic='s', value_format='AVRO', wrap_single_value=false);
CREATE STREAM i WITH (kafka_topic='s', value_format='AVRO', wrap_single_value=false);
INSERT INTO s (a) VALUES (3);
ASSERT VALUES i (rowval) VALUES (3);

--@test: test_q20_an_empty_name_is_refused
--@expected.error: KsqlException
--@expected.message: VALUE_SCHEMA_FULL_NAME cannot be empty
CREATE STREAM s (a INT) WITH (kafka_topic='s', value_format='AVRO', value_schema_full_name=' ');

--@test: test_q20_formats_without_names_refuse_one
--@expected.error: KsqlException
--@expected.message: JSON does not support the following configs: [fullSchemaName]
CREATE STREAM s (a INT) WITH (kafka_topic='s', value_format='JSON', value_schema_full_name='a.B');

--@test: test_q20_nor_do_they_take_the_old_property
--@expected.error: KsqlException
--@expected.message: PROTOBUF_NOSR does not support the following configs: [fullSchemaName]
CREATE STREAM s (a INT) WITH (kafka_topic='s', value_format='PROTOBUF_NOSR', value_avro_schema_full_name='a.B');

--@test: test_q20_the_key_has_a_name_of_its_own
--@expected.error: KsqlException
--@expected.message: KAFKA does not support the following configs: [fullSchemaName]
CREATE STREAM s (k INT KEY, a INT) WITH (kafka_topic='s', key_format='KAFKA', value_format='AVRO', key_schema_full_name='a.B');

--@test: both names of the value
--@expected.error: KsqlException
--@expected.message: Cannot supply both 'VALUE_AVRO_SCHEMA_FULL_NAME' and 'VALUE_SCHEMA_FULL_NAME'
CREATE STREAM s (a INT) WITH (kafka_topic='s', value_format='AVRO', value_schema_full_name='a.B', value_avro_schema_full_name='a.C');

--@test: test_q21_nullable_representations_are_of_protobuf_alone
--@expected.error: KsqlException
--@expected.message: Property VALUE_PROTOBUF_NULLABLE_REPRESENTATION can only be enabled with protobuf format
CREATE STREAM s (a INT) WITH (kafka_topic='s', value_format='AVRO', value_protobuf_nullable_representation='OPTIONAL');

--@test: test_q21_lower_case_is_refused
--@expected.error: KsqlException
--@expected.message: must be OPTIONAL or WRAPPER
CREATE STREAM s (a INT) WITH (kafka_topic='s', value_format='AVRO', value_protobuf_nullable_representation='optional');

--@test: message indexes are of PROTOBUF alone
--@expected.error: KsqlException
--@expected.message: Property VALUE_PROTOBUF_MESSAGE_INDEX is of the PROTOBUF format
CREATE STREAM s (a INT) WITH (kafka_topic='s', value_format='AVRO', value_protobuf_message_index='NONE');

--@test: message indexes can only be left out
--@expected.error: KsqlException
--@expected.message: Invalid value '0' for configuration KEY_PROTOBUF_MESSAGE_INDEX: must be NONE
CREATE STREAM s (a INT KEY, b INT) WITH (kafka_topic='s', format='PROTOBUF', key_protobuf_message_index='0');

--@test: message indexes are left out by others
--@expected.error: KsqlException
--@expected.message: Invalid config variable(s) in the WITH clause: VALUE_PROTOBUF_MESSAGE_INDEX
CREATE STREAM s (a INT) WITH (kafka_topic='s', value_format='PROTOBUF');
CREATE STREAM o WITH (value_protobuf_message_index='NONE') AS SELECT a FROM s;

--@test: records with an index are read where none is expected, too
CREATE STREAM s (a INT) WITH (kafka_topic='s', value_format='PROTOBUF');
CREATE STREAM n (a INT) WITH (kafka_topic='s', value_format='PROTOBUF', value_protobuf_message_index='none');
CREATE STREAM o AS SELECT a + 1 AS b FROM n;
INSERT INTO s VALUES (4);
INSERT INTO s VALUES (0);
ASSERT VALUES o (b) VALUES (5);
ASSERT VALUES o (b) VALUES (1);

--@test: test_q40_an_id_beside_columns
--@expected.error: KsqlException
--@expected.message: Table elements and VALUE_SCHEMA_ID cannot both exist for create statement.
CREATE STREAM s (a INT) WITH (kafka_topic='s', value_format='AVRO', value_schema_id=1);

--@test: test_q40_an_id_of_a_format_without_schemas
--@expected.error: KsqlException
--@expected.message: VALUE_FORMAT should support schema inference when VALUE_SCHEMA_ID is provided. Current format is JSON.
CREATE STREAM s WITH (kafka_topic='s', value_format='JSON', value_schema_id=1);

--@test: an id that nobody has
--@expected.error: KsqlException
--@expected.message: Schema for message values on topic 's' with id 77 does not exist
CREATE STREAM s WITH (kafka_topic='s', value_format='AVRO', value_schema_id=77);

--@test: an id that is none
--@expected.error: KsqlException
--@expected.message: Invalid schema id 0
CREATE STREAM s WITH (kafka_topic='s', value_format='AVRO', value_schema_id=0);

--@test: test_q41_no_schema_no_columns
--@expected.error: KsqlException
--@expected.message: Schema for message values on topic 's' does not exist
CREATE STREAM s WITH (kafka_topic='s', value_format='AVRO');

--@test: test_q41_a_key_format_without_key_columns_needs_the_key_in_the_registry
--@expected.error: KsqlException
--@expected.message: Schema for message keys on topic 's' does not exist
CREATE STREAM s (a INT) WITH (kafka_topic='s', format='AVRO');

--@test: test_q37_insert_writes_with_the_schema_that_is_there
CREATE STREAM s (a INT, b STRING) WITH (kafka_topic='t', value_format='AVRO');
CREATE STREAM d (b STRING, a INT) WITH (kafka_topic='t', value_format='AVRO');
INSERT INTO d (b, a) VALUES ('x', 1);
ASSERT VALUES s (a, b) VALUES (1, 'x');
ASSERT NOT EXISTS SCHEMA ID 2 TIMEOUT 0 SECONDS;

--@test: test_q37_a_row_that_it_cannot_hold_is_refused
--@expected.error: KsqlException
--@expected.message: Failed to insert values: Avro schema 1 cannot hold the columns
CREATE STREAM s (a INT, b STRING) WITH (kafka_topic='t', value_format='AVRO');
CREATE STREAM d (b STRING, c DOUBLE) WITH (kafka_topic='t', value_format='AVRO');
INSERT INTO d (b, c) VALUES ('y', 2.5);

--@test: test_q37_fields_are_found_by_name
CREATE STREAM s (`a` INT, b STRING, m STRUCT<`x` INT, y INT>) WITH (kafka_topic='t', value_format='JSON_SR');
CREATE STREAM d (m STRUCT<x INT>, a INT) WITH (kafka_topic='t', value_format='JSON_SR');
INSERT INTO d (m, a) VALUES (STRUCT(x := 1), 5);
ASSERT VALUES s (`a`, b, m) VALUES (5, NULL, STRUCT(`x` := 1, y := CAST(NULL AS INT)));
ASSERT VALUES d (m, a) VALUES (STRUCT(x := 1), 5);
ASSERT NOT EXISTS SCHEMA ID 2 TIMEOUT 0 SECONDS;

--@test: test_q37_a_property_of_another_width_cannot_hold_it
--@expected.error: KsqlException
--@expected.message: Failed to insert values: JSON schema 1 cannot hold the columns: its property takes no `A` INTEGER
CREATE STREAM s (a BIGINT) WITH (kafka_topic='t', value_format='JSON_SR');
CREATE STREAM d (a INT) WITH (kafka_topic='t', value_format='JSON_SR');
INSERT INTO d (a) VALUES (5);

--@test: test_q37_a_sink_registers_its_own_as_the_newest
CREATE STREAM s (a INT, b STRING) WITH (kafka_topic='t', value_format='AVRO');
CREATE STREAM j (b STRING, c DOUBLE) WITH (kafka_topic='j', value_format='JSON');
CREATE STREAM o WITH (kafka_topic='t', value_format='AVRO') AS SELECT * FROM j;
CREATE STREAM i WITH (kafka_topic='t', value_format='AVRO');
INSERT INTO j (b, c) VALUES ('x', 1.5);
ASSERT VALUES i (b, c) VALUES ('x', 1.5);
ASSERT VALUES s (a, b) VALUES (NULL, 'x');

--@test: test_q38_the_columns_of_a_given_schema_must_begin_with_those_of_the_query
--@expected.error: KsqlException
--@expected.message: Column `B` STRING does not go with Avro schema 1
CREATE STREAM s (a INT, b STRING) WITH (kafka_topic='t', value_format='AVRO');
CREATE STREAM j (a INT, b STRING) WITH (kafka_topic='j', value_format='JSON');
CREATE STREAM o WITH (kafka_topic='o', value_format='AVRO', value_schema_id=1) AS SELECT b, a FROM j;

--@test: test_q38_fewer_columns_are_free
CREATE STREAM s (a INT, b STRING) WITH (kafka_topic='t', value_format='AVRO');
CREATE STREAM j (a INT) WITH (kafka_topic='j', value_format='JSON');
CREATE STREAM o WITH (kafka_topic='o', value_format='AVRO', value_schema_id=1) AS SELECT * FROM j;
CREATE STREAM i WITH (kafka_topic='o', value_format='AVRO');
INSERT INTO j (a) VALUES (4);
ASSERT VALUES i (a, b) VALUES (4, NULL);

--@test: an id for a key that is not there
--@expected.error: KsqlException
--@expected.message: Key format specified for stream without key columns.
CREATE STREAM j (a INT) WITH (kafka_topic='j', value_format='JSON');
CREATE STREAM o WITH (kafka_topic='o', format='AVRO', key_schema_id=1) AS SELECT * FROM j;

--@test: test_q41_format_is_that_of_a_key_too
--@expected.error: KsqlException
--@expected.message: Key format specified for stream without key columns.
CREATE STREAM j (k INT KEY, a INT) WITH (kafka_topic='j', value_format='JSON');
CREATE STREAM o WITH (kafka_topic='o', format='PROTOBUF') AS SELECT * FROM j PARTITION BY NULL;

--@test: a format without schemas may be meant for the value alone
CREATE STREAM j (k INT KEY, a INT) WITH (kafka_topic='j', value_format='JSON');
CREATE STREAM o WITH (kafka_topic='o', format='JSON') AS SELECT a FROM j PARTITION BY NULL;
INSERT INTO j (k, a) VALUES (1, 2);
ASSERT VALUES o (a) VALUES (2);

--@test: test_q05_two_key_columns_are_not_what_a_schema_gives
--@expected.error: KsqlException
--@expected.message: KEY_SCHEMA_ID gives a key of one column, and this one has 2
CREATE STREAM s (a INT, b INT) WITH (kafka_topic='s', value_format='JSON_SR');
CREATE STREAM j (a INT KEY, b INT KEY, v INT) WITH (kafka_topic='j', format='JSON');
CREATE STREAM o WITH (kafka_topic='o', key_format='JSON_SR', key_schema_id=1) AS SELECT * FROM j;

--@test: a NULL that PARTITION BY makes is a key where keys are messages
CREATE STREAM j (k INT KEY, a DATE, b STRING) WITH (kafka_topic='j', value_format='JSON');
CREATE STREAM o WITH (kafka_topic='o', format='PROTOBUF') AS SELECT * FROM j PARTITION BY a;
CREATE STREAM p WITH (kafka_topic='p', format='PROTOBUF') AS SELECT * FROM j PARTITION BY b;
CREATE STREAM keys (bytes BYTES KEY, v BYTES) WITH (kafka_topic='o', format='KAFKA');
INSERT INTO j (k, a, b) VALUES (1, NULL, NULL);
INSERT INTO j (k, a, b) VALUES (2, '1970-01-02', 'x');
ASSERT VALUES o (a, k) VALUES (NULL, 1);
ASSERT VALUES o (a, k) VALUES ('1970-01-02', 2);
ASSERT VALUES p (b, k) VALUES ('', 1); -- proto3 has no NULL for a plain STRING
ASSERT VALUES p (b, k) VALUES ('x', 2);
CREATE STREAM hex AS SELECT bytes, FROM_BYTES(AS_VALUE(bytes), 'hex') AS h FROM keys;
ASSERT VALUES hex (h) VALUES ('000000000100'); -- a message without a field, not no key

--@test: INSERT VALUES writes a NULL key as such a message, and no key in other formats
CREATE STREAM s (k STRING KEY, a INT) WITH (kafka_topic='s', format='PROTOBUF');
CREATE STREAM t (k STRING KEY, a INT) WITH (kafka_topic='t', format='AVRO');
INSERT INTO s (k, a) VALUES (NULL, 7);
INSERT INTO t (k, a) VALUES (NULL, 7);
ASSERT VALUES s (k, a) VALUES ('', 7);
ASSERT VALUES t (k, a) VALUES (NULL, 7);

--@test: groups and joins by keys of a format with schemas
CREATE STREAM l (k STRING KEY, g INT, v INT) WITH (kafka_topic='l', format='AVRO');
CREATE TABLE r (k INT PRIMARY KEY, w INT) WITH (kafka_topic='r', format='AVRO');
CREATE TABLE sums AS SELECT g, SUM(v) AS total FROM l GROUP BY g;
CREATE STREAM j AS SELECT l.g, v, w FROM l JOIN r ON l.g = r.k;
CREATE STREAM p AS SELECT * FROM l PARTITION BY v;
INSERT INTO r (k, w) VALUES (1, 100);
INSERT INTO l (k, g, v) VALUES ('a', 1, 5);
INSERT INTO l (k, g, v) VALUES ('b', 1, 6);
ASSERT VALUES sums (g, total) VALUES (1, 5);
ASSERT VALUES sums (g, total) VALUES (1, 11);
ASSERT VALUES j (g, v, w) VALUES (1, 5, 100);
ASSERT VALUES p (v, k) VALUES (5, 'a');

--@test: INSERT INTO ... SELECT writes with a schema of its own
CREATE STREAM s (a INT, b STRING) WITH (kafka_topic='s', value_format='AVRO');
CREATE STREAM j (a INT, b STRING) WITH (kafka_topic='j', value_format='JSON');
INSERT INTO s SELECT * FROM j;
INSERT INTO j (a, b) VALUES (1, 'x');
ASSERT VALUES s (a, b) VALUES (1, 'x');

--@test: a column that is added
CREATE STREAM s (a INT) WITH (kafka_topic='s', value_format='AVRO');
CREATE STREAM i WITH (kafka_topic='s', value_format='AVRO');
ALTER STREAM i ADD COLUMN b STRING;
INSERT INTO s (a) VALUES (1);
ASSERT VALUES i (a, b) VALUES (1, NULL);

--@test: test_q40_no_column_can_be_added_to_a_value_whose_wrapping_was_chosen
--@expected.error: KsqlException
--@expected.message: 'WRAP_SINGLE_VALUE' is only valid for single-field value schemas
CREATE STREAM s (a INT) WITH (kafka_topic='s', value_format='JSON', wrap_single_value=false);
ALTER STREAM s ADD COLUMN b STRING;

--@test: a delimiter for a format that has none
--@expected.error: KsqlException
--@expected.message: AVRO does not support the following configs: [delimiter]
CREATE STREAM s (a INT) WITH (kafka_topic='s', value_format='AVRO', value_delimiter='|');

--@test: queries name the schema of a value in a header, where that is asked for
SET 'weir.value.schema.id.location' = 'header';
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM a WITH (value_format='AVRO') AS SELECT * FROM s;
CREATE STREAM p WITH (value_format='PROTOBUF') AS SELECT * FROM s;
CREATE STREAM j WITH (value_format='JSON_SR') AS SELECT * FROM s;
CREATE STREAM a_in (id INT KEY, v INT, h BYTES HEADER('__value_schema_id')) WITH (kafka_topic='A', value_format='AVRO');
CREATE STREAM p_in (id INT KEY, v INT, h BYTES HEADER('__value_schema_id')) WITH (kafka_topic='P', value_format='PROTOBUF');
CREATE STREAM j_in (id INT KEY, v INT, h BYTES HEADER('__value_schema_id')) WITH (kafka_topic='J', value_format='JSON_SR');
CREATE STREAM j_text (id INT KEY, v INT) WITH (kafka_topic='J', value_format='JSON');
CREATE STREAM a_out WITH (value_format='JSON') AS SELECT id, v, LEN(h) AS n, FROM_BYTES(SUBSTRING(h, 1, 1), 'hex') AS magic FROM a_in;
CREATE STREAM p_out WITH (value_format='JSON') AS SELECT id, v, LEN(h) AS n FROM p_in;
CREATE STREAM j_out WITH (value_format='JSON') AS SELECT id, v, LEN(h) AS n FROM j_in;
CREATE STREAM t_out WITH (value_format='JSON') AS SELECT id, v FROM j_text;
INSERT INTO s (id, v) VALUES (1, 7);
ASSERT VALUES a_out (id, v, n, magic) VALUES (1, 7, 17, '01');
ASSERT VALUES p_out (id, v, n) VALUES (1, 7, 18);
ASSERT VALUES j_out (id, v, n) VALUES (1, 7, 17);
ASSERT VALUES t_out (id, v) VALUES (1, 7);

--@test: what named the schema of a record is not passed on with the row
SET 'weir.value.schema.id.location' = 'header';
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM a WITH (value_format='AVRO') AS SELECT * FROM s;
SET 'weir.value.schema.id.location' = 'payload';
CREATE STREAM b WITH (value_format='AVRO') AS SELECT id, v + 1 AS w FROM a;
CREATE STREAM b_in (id INT KEY, w INT, h BYTES HEADER('__value_schema_id')) WITH (kafka_topic='B', value_format='AVRO');
CREATE STREAM o WITH (value_format='JSON') AS SELECT id, w, h IS NULL AS without FROM b_in;
INSERT INTO s (id, v) VALUES (1, 7);
ASSERT VALUES o (id, w, without) VALUES (1, 8, TRUE);
