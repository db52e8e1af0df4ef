/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weir_serde: keys and values as JSON text and back, in every format, on the registry of the
 * process; and everything that it refuses.
 */
#include "api_helper.h"

static weir_serde_options options_of(const char *format, bool writing)
{
    weir_serde_options o = WEIR_SERDE_OPTIONS_INIT;
    o.topic = "t";
    o.format = format;
    o.writing = writing;
    return o;
}

static weir_serde *open_serde(weir *w, const weir_serde_options *o)
{
    weir_serde *s;
    weir_error err = {0};
    if (weir_serde_open(w, o, &s, &err) != WEIR_OK)
        fail_msg("%s: %s", o->format, err.message);
    return s;
}

static void refuse(weir *w, const weir_serde_options *o, weir_status status, const char *text)
{
    weir_serde *s = (weir_serde *)o; /* anything but NULL */
    weir_error err = {0};
    weir_status st = weir_serde_open(w, o, &s, &err);
    if (st != status || !strstr(err.message, text) || s)
        fail_msg("%d: %s\nexpected %d: %s", (int)st, err.message, (int)status, text);
}

/** Bytes as hex, "NULL", or "error: " and the message. */
static const char *written(weir_serde *s, const char *json)
{
    static char text[1500];
    const void *bytes;
    size_t len, at = 0;
    weir_error err = {0};
    if (weir_serde_write(s, json, strlen(json), &bytes, &len, &err) != WEIR_OK) {
        (void)snprintf(text, sizeof text, "error: %s", err.message);
        return text;
    }
    text[0] = 0;
    for (size_t i = 0; i < len; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "%02x", ((const uint8_t *)bytes)[i]);
    return bytes ? text : "NULL";
}

/** JSON text, "NULL", or "error: " and the message. */
static const char *read_back(weir_serde *s, const void *bytes, size_t len)
{
    static char text[1500];
    const char *json;
    size_t json_len;
    weir_error err = {0};
    const weir_record r = {.value = bytes, .value_len = len};
    if (weir_serde_read(s, &r, &json, &json_len, &err) != WEIR_OK) {
        (void)snprintf(text, sizeof text, "error: %s", err.message);
        return text;
    }
    if (!json)
        return "NULL";
    assert_int_equal(strlen(json), json_len);
    (void)snprintf(text, sizeof text, "%s", json);
    return text;
}

static void register_one(weir *w, const char *format, const char *schema)
{
    weir_serde_options o = options_of(format, true);
    o.schema = schema;
    weir_serde_close(open_serde(w, &o));
}

static void test_without_schemas(void **state)
{
    (void)state;
    static const struct {
        const char *format, *json, *hex, *back;
    } cases[] = {
        {"KAFKA_INT", "-2", "fffffffe", "-2"},
        {"kafka_int", "2147483647", "7fffffff", "2147483647"},
        {"KAFKA_INT", "2147483648", "error: It is out of the range of INTEGER", NULL},
        {"KAFKA_INT", "\"1\"", "error: A whole number is needed", NULL},
        {"KAFKA_INT", "1.5", "error: A whole number is needed", NULL},
        {"KAFKA_BIGINT", "-9223372036854775808", "8000000000000000", "-9223372036854775808"},
        {"KAFKA_BIGINT", "9223372036854775808", "error: A whole number is needed", NULL},
        {"KAFKA_DOUBLE", "1.5", "3ff8000000000000", "1.5"},
        {"KAFKA_DOUBLE", "\"-Infinity\"", "fff0000000000000", "\"-Infinity\""},
        {"KAFKA_DOUBLE", "\"1.5\"", "error: A number is needed", NULL},
        {"KAFKA_STRING", "\"a\\u00e9\\n\"", "61c3a90a", "\"aé\\n\""},
        {"KAFKA_STRING", "\"\"", "", "\"\""},
        {"KAFKA_STRING", "5", "error: A text between quotes is needed", NULL},
        {"KAFKA_STRING", "null", "NULL", "NULL"},
        {"JSON", " {\"a\": 1.10, \"b\":[null]} ", "7b2261223a312e31302c2262223a5b6e756c6c5d7d",
         "{\"a\":1.10,\"b\":[null]}"},
        {"JSON", "{\"a\":1", "error: Invalid JSON at byte 6", NULL},
        {"DELIMITED", "[\"a\",1.50,null,\"x,\\\"y\",true]",
         "612c312e35302c2c22782c222279222c74727565", "[\"a\",\"1.50\",null,\"x,\\\"y\",\"true\"]"},
        {"DELIMITED", "[\"\"]", "2222", "[null]"},
        {"DELIMITED", "[null,null]", "2c", "[null,null]"},
        {"DELIMITED", "[[1]]", "error: A cell of a DELIMITED record is a scalar", NULL},
        {"DELIMITED", "{\"a\":1}", "error: A DELIMITED record is an array of its cells", NULL},
        {"DEBEZIUM_JSON", "{}", "error: The 'DEBEZIUM_JSON' format can be read only", NULL},
    };
    weir *w = open_memory();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const weir_serde_options to = options_of(cases[i].format, true);
        const weir_serde_options from = options_of(cases[i].format, false);
        weir_serde *writer = open_serde(w, &to), *reader = open_serde(w, &from);
        const char *hex = written(writer, cases[i].json);
        size_t least = strncmp(cases[i].hex, "error", 5) == 0 ? strlen(cases[i].hex) : SIZE_MAX;
        if (strncmp(hex, cases[i].hex, least) != 0)
            fail_msg("%s %s: %s", cases[i].format, cases[i].json, hex);
        const void *bytes;
        size_t len;
        if (cases[i].back) {
            assert_int_equal(
                weir_serde_write(writer, cases[i].json, strlen(cases[i].json), &bytes, &len, NULL),
                WEIR_OK);
            assert_string_equal(read_back(reader, bytes, len), cases[i].back);
        }
        weir_serde_close(writer);
        weir_serde_close(reader);
    }
    close_it(w);
}

static void test_bad_payloads(void **state)
{
    (void)state;
    static const struct {
        const char *format;
        const char *bytes;
        size_t len;
        const char *text;
    } cases[] = {
        {"KAFKA_INT", "abc", 3, "error: It has 3 bytes, not 4"},
        {"KAFKA_DOUBLE", "", 0, "error: It has 0 bytes, not 8"},
        {"KAFKA_STRING", "\xff", 1, "error: It is no UTF-8 text"},
        {"JSON", "", 0, "error: "},
        {"JSON", "{", 1, "error: "},
        {"DELIMITED", "\"a", 2, "error: Invalid delimited record: the line ends inside"},
        {"DELIMITED", "a\nb", 3, "error: Invalid delimited record: there is more than one line"},
        {"AVRO", "abc", 3, "error: the record does not begin with the id of its schema"},
        {"AVRO", "\0\0\0\0\7\2", 6, "error: "},
        {"PROTOBUF", "", 0, "error: "},
        {"AUTO", "abc", 3, "NULL"},
        {"AUTO", "\0\0\0\0\7\2", 6, "NULL"}, /* nobody has schema 7 */
        {"AUTO", "", 0, "NULL"},
    };
    weir *w = open_memory();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const weir_serde_options o = options_of(cases[i].format, false);
        weir_serde *s = open_serde(w, &o);
        const char *text = read_back(s, cases[i].bytes, cases[i].len);
        if (strncmp(text, cases[i].text, strlen(cases[i].text)) != 0)
            fail_msg("case %zu: %s", i, text);
        assert_string_equal(read_back(s, NULL, 0), "NULL");
        weir_serde_close(s);
    }
    close_it(w);
}

static const struct {
    const char *format, *schema, *json, *hex, *unknown, *misfit;
} with_schemas[] = {
    {"AVRO",
     "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":\"int\"},"
     "{\"name\":\"s\",\"type\":[\"null\",\"string\"],\"default\":null}]}",
     "{\"a\":1,\"s\":\"x\"}", "000000000102020278", "error: Avro schema 1: there is no field 'b'",
     "error: Avro schema 1: field 'a': a text cannot be Avro's int"},
    {"PROTOBUF", "syntax = \"proto3\"; message M { int32 a = 1; string s = 2; }",
     "{\"a\":1,\"s\":\"x\"}", "0000000001000801120178",
     "error: The JSON does not fit Protobuf message M at b, which is no field of M",
     "error: The JSON does not fit Protobuf message M at a"},
    {"JSON_SR",
     "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\"},"
     "\"s\":{\"type\":\"string\"}}}",
     "{\"a\":1,\"s\":\"x\"}", "00000000017b2261223a312c2273223a2278227d",
     "error: JSON schema 1: there is no property 'b'",
     "error: JSON schema 1: 'a': \"x\" does not fit its type"},
};

/* The schema that is given is registered once, then the latest is found; AUTO reads what it names.
 */
static void test_schemas(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof with_schemas / sizeof *with_schemas; i++) {
        weir *w = open_memory();
        weir_serde_options o = options_of(with_schemas[i].format, true);
        refuse(w, &o, WEIR_ERR_NOT_FOUND, "No schema is registered under the subject t-value");
        o.schema = with_schemas[i].schema;
        o.existing_schema = true;
        refuse(w, &o, WEIR_ERR_NOT_FOUND, "is not registered under the subject t-value");
        o.existing_schema = false;
        weir_serde_close(open_serde(w, &o));
        o.existing_schema = true;
        weir_serde_close(open_serde(w, &o));
        o.schema = NULL;
        weir_serde *writer = open_serde(w, &o);
        assert_string_equal(written(writer, "{\"a\":1,\"b\":2}"), with_schemas[i].unknown);
        assert_string_equal(written(writer, "{\"a\":\"x\"}"), with_schemas[i].misfit);
        assert_string_equal(written(writer, "null"), "NULL");
        assert_string_equal(written(writer, with_schemas[i].json), with_schemas[i].hex);
        const void *bytes;
        size_t len;
        assert_int_equal(weir_serde_write(writer, with_schemas[i].json,
                                          strlen(with_schemas[i].json), &bytes, &len, NULL),
                         WEIR_OK);
        const char *const names[] = {with_schemas[i].format, "AUTO"};
        for (size_t k = 0; k < 2; k++) {
            const weir_serde_options from = options_of(names[k], false);
            weir_serde *reader = open_serde(w, &from);
            assert_string_equal(read_back(reader, bytes, len), with_schemas[i].json);
            weir_serde_close(reader);
        }
        weir_serde_close(writer);
        const weir_serde_options other =
            options_of(strcmp(with_schemas[i].format, "AVRO") == 0 ? "JSON_SR" : "AVRO", true);
        refuse(w, &other, WEIR_ERR_CONFIG, "Schema 1 of subject t-value is no schema of the");
        close_it(w);
    }
}

static void test_protobuf_without_registry(void **state)
{
    (void)state;
    weir *w = open_memory();
    weir_serde_options to = options_of("PROTOBUF_NOSR", true);
    refuse(w, &to, WEIR_ERR_CONFIG, "PROTOBUF_NOSR needs the schema of the values");
    to.schema = "syntax = \"proto3\"; message M { int32 a = 1; } message N { string s = 1; }";
    to.full_name = "N";
    weir_serde_options from = to;
    from.writing = false;
    weir_serde *writer = open_serde(w, &to), *reader = open_serde(w, &from);
    assert_string_equal(written(writer, "{\"s\":\"x\"}"), "0a0178");
    assert_string_equal(read_back(reader, "\n\1x", 3), "{\"s\":\"x\"}");
    weir_serde_close(writer);
    weir_serde_close(reader);
    close_it(w);
}

/* Records of several schemas, in turn and in a row: each is read by its own. */
static void test_schemas_in_turn(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
        const char *json;
    } records[] = {
        {"\0\0\0\0\1\x0a", 6, "{\"a\":5}"},       {"\0\0\0\0\1\x0c", 6, "{\"a\":6}"},
        {"\0\0\0\0\2\2x", 7, "{\"s\":\"x\"}"},    {"\0\0\0\0\1", 5, "NULL"}, /* too short */
        {"\0\0\0\0\3\0\x08\5", 8, "{\"p\":5}"},   {"\0\0\0\0\3\0\x08\6", 8, "{\"p\":6}"},
        {"\0\0\0\0\2\2y", 7, "{\"s\":\"y\"}"},    {"\0\0\0\0\4{\"j\":1}", 12, "{\"j\":1}"},
        {"\0\0\0\0\4{\"j\":2}", 12, "{\"j\":2}"}, {"\0\0\0\0\3\0\x08\7", 8, "{\"p\":7}"},
    };
    weir *w = open_memory();
    register_one(w, "AVRO",
                 "{\"type\":\"record\",\"name\":\"A\",\"fields\":[{\"name\":\"a\","
                 "\"type\":\"int\"}]}");
    register_one(w, "AVRO",
                 "{\"type\":\"record\",\"name\":\"S\",\"fields\":[{\"name\":\"s\","
                 "\"type\":\"string\"}]}");
    register_one(w, "PROTOBUF", "syntax = \"proto3\"; message P { int32 p = 1; }");
    register_one(w, "JSON_SR",
                 "{\"type\":\"object\",\"properties\":{\"j\":{\"type\":\"integer\"}}}");
    const weir_serde_options from = options_of("AUTO", false);
    weir_serde *reader = open_serde(w, &from);
    for (size_t i = 0; i < sizeof records / sizeof *records; i++)
        assert_string_equal(read_back(reader, records[i].bytes, records[i].len), records[i].json);
    weir_serde_close(reader);
    close_it(w);
}

/* As kafkajs writes: the id, and the message at once; or with the index of the first (P01). */
static void test_protobuf_without_message_index(void **state)
{
    (void)state;
    weir *w = open_memory();
    weir_serde_options to = options_of("PROTOBUF", true);
    to.schema = "syntax = \"proto3\"; message M { int32 a = 1; } message N { string s = 1; }";
    weir_serde_close(open_serde(w, &to));
    weir_serde_options from = options_of("PROTOBUF", false);
    weir_serde *reader = open_serde(w, &from);
    assert_string_equal(read_back(reader, "\0\0\0\0\1\x08\5", 7),
                        "error: the record does not say which message of its schema it is");
    weir_serde_close(reader);
    from.no_message_index = true;
    reader = open_serde(w, &from);
    assert_string_equal(read_back(reader, "\0\0\0\0\1\x08\5", 7), "{\"a\":5}");
    assert_string_equal(read_back(reader, "\0\0\0\0\1\0\x08\5", 8), "{\"a\":5}");
    assert_string_equal(read_back(reader, "\0\0\0\0\1", 5), "{\"a\":0}");
    weir_serde_close(reader);
    from.full_name = "N";
    reader = open_serde(w, &from);
    assert_string_equal(read_back(reader, "\0\0\0\0\1\n\1x", 8), "{\"s\":\"x\"}");
    weir_serde_close(reader);
    from.full_name = "O";
    reader = open_serde(w, &from);
    assert_string_equal(read_back(reader, "\0\0\0\0\1\n\1x", 8),
                        "error: Schema 1 has no message named O");
    weir_serde_close(reader);
    static const char *const others[] = {"AUTO", "AVRO", "PROTOBUF_NOSR"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        from.format = others[i];
        refuse(w, &from, WEIR_ERR_CONFIG, "for reading PROTOBUF alone");
    }
    to.no_message_index = true;
    refuse(w, &to, WEIR_ERR_CONFIG, "for reading PROTOBUF alone");
    close_it(w);
}

/* A program that was compiled with a header that ends before the last option. */
static void test_older_header(void **state)
{
    (void)state;
    weir *w = open_memory();
    weir_serde_options o = options_of("PROTOBUF_NOSR", false);
    o.schema = "syntax = \"proto3\"; message M { int32 a = 1; }";
    o.size = offsetof(weir_serde_options, no_message_index);
    o.no_message_index = true; /* not the option: what lies behind that program's struct */
    weir_serde *reader = open_serde(w, &o);
    assert_string_equal(read_back(reader, "\x08\5", 2), "{\"a\":5}");
    weir_serde_close(reader);
    close_it(w);
}

static void test_refused(void **state)
{
    (void)state;
    weir *w = open_memory();
    weir_serde_options o = options_of("NOPE", true);
    refuse(w, &o, WEIR_ERR_CONFIG, "There is no format 'NOPE' for the values of records");
    o.format = "NONE";
    refuse(w, &o, WEIR_ERR_CONFIG, "There is no format 'NONE'");
    o.format = "AUTO";
    refuse(w, &o, WEIR_ERR_CONFIG, "There is no format 'AUTO'"); /* nothing to write with */
    o.format = "KAFKA";
    o.is_key = true;
    refuse(w, &o, WEIR_ERR_CONFIG, "KAFKA does not say which type the keys have");
    o.format = "JSON";
    o.schema = "{}";
    refuse(w, &o, WEIR_ERR_CONFIG, "the format has none");
    o.format = "AVRO";
    refuse(w, &o, WEIR_ERR_STATEMENT, "");
    o.writing = false;
    refuse(w, &o, WEIR_ERR_CONFIG, "records name the schema that they were written with");
    o = options_of("JSON", false);
    o.topic = "";
    refuse(w, &o, WEIR_ERR_MISUSE, "needs a topic and a format");
    o = options_of("JSON", false);
    o.size = 0;
    refuse(w, &o, WEIR_ERR_MISUSE, "begin with WEIR_SERDE_OPTIONS_INIT");
    o = options_of("JSON", false);
    weir_serde *reader = open_serde(w, &o);
    assert_string_equal(written(reader, "1"), "error: The serde was opened for reading");
    weir_serde_close(reader);
    o.writing = true;
    weir_serde *writer = open_serde(w, &o);
    assert_string_equal(read_back(writer, "1", 1), "error: The serde was opened for writing");
    weir_serde_close(writer);
    weir_serde_close(NULL);
    close_it(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_schemas),
        cmocka_unit_test(test_bad_payloads),
        cmocka_unit_test(test_schemas),
        cmocka_unit_test(test_protobuf_without_registry),
        cmocka_unit_test(test_protobuf_without_message_index),
        cmocka_unit_test(test_older_header),
        cmocka_unit_test(test_schemas_in_turn),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
