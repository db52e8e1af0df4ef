/* SPDX-License-Identifier: Apache-2.0 */
/* Avro schemas: what is parsed and what is refused, the columns inferred, the texts registered. */
#include "avro_fixture.h"

#include "formats/avro_schema.h"

#define REC(fields)   "{\"type\":\"record\",\"name\":\"T\",\"fields\":[" fields "]}"
#define F(name, type) "{\"name\":\"" name "\",\"type\":" type "}"

static const char *columns(const char *text)
{
    return avro_columns(avro_schema(text), avro_options(), false);
}

static const char *one_column(const char *text)
{
    wr_format_options options = avro_options();
    options.unwrapped = true;
    return avro_columns(avro_schema(text), options, false);
}

/* The type of field f, in a record f, n. */
static const char *type_of(const char *text)
{
    return columns(wr_arena_printf(arena, REC("{\"name\":\"f\",\"type\":%s}"), text));
}

static void test_q10_logical_types(void **state)
{
    (void)state;
    static const struct {
        const char *type, *shown;
    } c[] = {
        {"\"boolean\"", "`F` BOOLEAN"},
        {"\"int\"", "`F` INTEGER"},
        {"\"long\"", "`F` BIGINT"},
        {"\"float\"", "`F` DOUBLE"},
        {"\"double\"", "`F` DOUBLE"},
        {"\"bytes\"", "`F` BYTES"},
        {"{\"type\":\"string\",\"avro.java.string\":\"String\"}", "`F` STRING"},
        {"{\"type\":{\"type\":\"int\"}}", "`F` INTEGER"},
        {"{\"type\":\"int\",\"logicalType\":\"date\"}", "`F` DATE"},
        {"{\"type\":\"int\",\"logicalType\":\"time-millis\"}", "`F` TIME"},
        {"{\"type\":\"long\",\"logicalType\":\"time-micros\"}", "`F` BIGINT"},
        {"{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}", "`F` TIMESTAMP"},
        {"{\"type\":\"long\",\"logicalType\":\"timestamp-micros\"}", "`F` BIGINT"},
        {"{\"type\":\"long\",\"logicalType\":\"timestamp-nanos\"}", "`F` BIGINT"},
        {"{\"type\":\"long\",\"logicalType\":\"local-timestamp-millis\"}", "`F` BIGINT"},
        {"{\"type\":\"long\",\"logicalType\":\"date\"}", "`F` BIGINT"}, /* the wrong base */
        {"{\"type\":\"int\",\"logicalType\":\"timestamp-millis\"}", "`F` INTEGER"},
        {"{\"type\":\"string\",\"logicalType\":\"uuid\"}", "`F` STRING"},
        {"{\"type\":\"string\",\"logicalType\":\"decimal\",\"precision\":4}", "`F` STRING"},
        {"{\"type\":\"fixed\",\"name\":\"X\",\"size\":12,\"logicalType\":\"duration\"}",
         "`F` BYTES"},
        {"{\"type\":\"bytes\",\"logicalType\":\"big-decimal\"}", "`F` BYTES"},
        {"{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":4,\"scale\":2}",
         "`F` DECIMAL(4, 2)"},
        {"{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":9}", "`F` DECIMAL(9, 0)"},
        {"{\"type\":\"bytes\",\"logicalType\":\"decimal\"}", "`F` DECIMAL(64, 0)"},
        {"{\"type\":\"fixed\",\"name\":\"X\",\"size\":4,\"logicalType\":\"decimal\",\"precision\":"
         "6,\"scale\":1}",
         "`F` DECIMAL(6, 1)"},
        {"{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":2,\"scale\":4}",
         "error: An Avro decimal of precision 2 and scale 4 cannot be a column"},
        {"{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":-2}",
         "error: An Avro decimal of precision 0 and scale 0 cannot be a column"},
        /* Connect's own names for what has no logical type */
        {"{\"type\":\"int\",\"connect.name\":\"org.apache.kafka.connect.data.Date\"}", "`F` DATE"},
        {"{\"type\":\"long\",\"connect.name\":\"org.apache.kafka.connect.data.Timestamp\"}",
         "`F` TIMESTAMP"},
        {"{\"type\":\"bytes\",\"connect.name\":\"org.apache.kafka.connect.data.Decimal\","
         "\"connect.parameters\":{\"scale\":\"3\",\"connect.decimal.precision\":\"7\"}}",
         "`F` DECIMAL(7, 3)"},
        {"{\"type\":\"int\",\"connect.type\":\"int16\"}", "`F` INTEGER"},
        {"{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\"]}", "`F` STRING"},
        {"{\"type\":\"array\",\"items\":[\"null\",\"int\"]}", "`F` ARRAY<INTEGER>"},
        {"{\"type\":\"map\",\"values\":\"long\"}", "`F` MAP<STRING, BIGINT>"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++)
        assert_string_equal(type_of(c[i].type), c[i].shown);
}

static void test_q11_unions(void **state)
{
    (void)state;
    static const struct {
        const char *type, *shown;
    } c[] = {
        {"[\"null\",\"int\"]", "`F` INTEGER"},
        {"[\"int\",\"null\"]", "`F` INTEGER"},
        {"[\"int\"]", "`F` INTEGER"},
        {"[\"null\",\"int\",\"string\"]", "`F` STRUCT<`INT` INTEGER, `STRING` STRING>"},
        {"[\"int\",{\"type\":\"map\",\"values\":\"long\"},{\"type\":\"array\",\"items\":\"int\"}]",
         "`F` STRUCT<`INT` INTEGER, `MAP` MAP<STRING, BIGINT>, `ARRAY` ARRAY<INTEGER>>"},
        {"[{\"type\":\"record\",\"name\":\"n.Ra\",\"fields\":[" F(
             "x", "\"int\"") "]},"
                             "{\"type\":\"enum\",\"name\":\"Col\",\"symbols\":[\"A\"]}]",
         "`F` STRUCT<`RA` STRUCT<`X` INTEGER>, `COL` STRING>"},
        {"[{\"type\":\"record\",\"name\":\"a.R\",\"fields\":[" F(
             "x", "\"int\"") "]},"
                             "{\"type\":\"record\",\"name\":\"b.R\",\"fields\":[" F(
                                 "x", "\"int\"") "]}]",
         "error: The Avro schema has two fields named `R` when case is not regarded"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++)
        assert_string_equal(type_of(c[i].type), c[i].shown);
}

static void test_q12_entries(void **state)
{
    (void)state;
    static const char entries[] =
        "{\"type\":\"array\",\"items\":{\"type\":\"record\",\"name\":\"ME\",\"fields\":[" F(
            "key", "\"int\"") "," F("value", "[\"null\",\"string\"]") "]%s}}";
    assert_string_equal(
        type_of(wr_arena_printf(arena, entries, ",\"connect.internal.type\":\"MapEntry\"")),
        "`F` MAP<STRING, STRING>");
    assert_string_equal(type_of(wr_arena_printf(arena, entries, "")),
                        "`F` ARRAY<STRUCT<`KEY` INTEGER, `VALUE` STRING>>");
}

/* Q01, Q03: names in upper case, or exactly; clashes at any depth. */
static void test_q01_q03_names(void **state)
{
    (void)state;
    static const char mixed[] = REC(F("camelCase", "\"int\"") "," F("Z", "[\"int\",\"string\"]"));
    assert_string_equal(columns(mixed),
                        "`CAMELCASE` INTEGER, `Z` STRUCT<`INT` INTEGER, `STRING` STRING>");
    wr_format_options exact_names = avro_options();
    exact_names.exact_names = true;
    assert_string_equal(avro_columns(avro_schema(mixed), exact_names, false),
                        "`camelCase` INTEGER, `Z` STRUCT<`int` INTEGER, `string` STRING>");
    static const char twice[] = REC(F("a", "\"int\"") "," F("A", "\"int\""));
    assert_string_equal(columns(twice), "error: The Avro schema has two fields named `A` when case "
                                        "is not regarded");
    assert_string_equal(avro_columns(avro_schema(twice), exact_names, false),
                        "`a` INTEGER, `A` INTEGER");
    assert_non_null(strstr(type_of("{\"type\":\"record\",\"name\":\"I\",\"fields\":[" F(
                               "x", "\"int\"") "," F("X", "\"int\"") "]}"),
                           "two fields named `X`"));
}

/* Q04, Q05: what a top level may be. */
static void test_q04_q05_top(void **state)
{
    (void)state;
    static const char record[] = REC(F("x", "\"int\""));
    const char *optional = wr_arena_printf(arena, "[\"null\",%s]", record);
    assert_string_equal(columns(record), "`X` INTEGER");
    assert_string_equal(columns(optional), "`X` INTEGER");
    assert_string_equal(columns("[\"int\",\"string\"]"), "`INT` INTEGER, `STRING` STRING");
    assert_string_equal(one_column(record), "`ROWVAL` STRUCT<`X` INTEGER>");
    assert_string_equal(one_column("\"int\""), "`ROWVAL` INTEGER");
    assert_string_equal(one_column("int"), "`ROWVAL` INTEGER");
    assert_string_equal(one_column("[\"int\",\"string\"]"),
                        "`ROWVAL` STRUCT<`INT` INTEGER, `STRING` STRING>");
    static const char *const refused[] = {"\"int\"", "[\"null\",\"int\"]",
                                          "{\"type\":\"array\",\"items\":\"int\"}"};
    for (size_t i = 0; i < WR_ARRAY_LEN(refused); i++)
        assert_non_null(strstr(columns(refused[i]), "error: The Avro schema is no record but"));
    assert_string_equal(columns(REC("")), "error: The Avro schema has no fields to be columns");
    assert_string_equal(avro_columns(avro_schema(record), avro_options(), true),
                        "`ROWKEY` STRUCT<`X` INTEGER>");
    assert_string_equal(avro_columns(avro_schema("[\"null\",\"long\"]"), avro_options(), true),
                        "`ROWKEY` BIGINT");
}

/* Q06: what cannot be columns. */
static void test_q06_refused(void **state)
{
    (void)state;
    static const struct {
        const char *type, *why;
    } c[] = {
        {"\"null\"", "null cannot be a column"},
        {"[\"null\"]", "null cannot be a column"},
        {"{\"type\":\"array\",\"items\":\"null\"}", "null cannot be a column"},
        {"[\"null\",\"T\"]", "recursive"},
        {"{\"type\":\"array\",\"items\":\"T\"}", "recursive"},
        {"{\"type\":\"map\",\"values\":[\"int\",\"T\"]}", "recursive"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++)
        assert_non_null(strstr(type_of(c[i].type), c[i].why));
    assert_string_equal(type_of("{\"type\":\"record\",\"name\":\"E\",\"fields\":[]}"),
                        "`F` STRUCT<>");
}

static void test_names_and_namespaces(void **state)
{
    (void)state;
    static const char inner[] =
        "{\"type\":\"record\",\"name\":\"%s\"%s,\"fields\":[" F("x", "\"int\"") "]}";
    const struct {
        const char *name, *space, *use, *shown;
    } c[] = {
        {"In", ",\"namespace\":\"o.n\"", "o.n.In",
         "`A` STRUCT<`X` INTEGER>, `B` STRUCT<`X` INTEGER>"},
        {"o.n.In", "", "o.n.In", "`A` STRUCT<`X` INTEGER>, `B` STRUCT<`X` INTEGER>"},
        {"In", "", "In", "`A` STRUCT<`X` INTEGER>, `B` STRUCT<`X` INTEGER>"},
        {"In", "", "com.acme.In", "`A` STRUCT<`X` INTEGER>, `B` STRUCT<`X` INTEGER>"},
        {"In", ",\"namespace\":\"\"", "In", "`A` STRUCT<`X` INTEGER>, `B` STRUCT<`X` INTEGER>"},
        {"In", ",\"namespace\":\"o.n\"", "In", "error: Invalid Avro schema: 'In' is not defined"},
        {"In", "", "Out", "error: Invalid Avro schema: 'Out' is not defined"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++) {
        const char *first = wr_arena_printf(arena, inner, c[i].name, c[i].space);
        const char *text = wr_arena_printf(
            arena,
            "{\"type\":\"record\",\"name\":\"T\",\"namespace\":\"com.acme\",\"fields\":["
            "{\"name\":\"a\",\"type\":%s},{\"name\":\"b\",\"type\":\"%s\"}]}",
            first, c[i].use);
        assert_string_equal(columns(text), c[i].shown);
    }
}

static void test_malformed(void **state)
{
    (void)state;
    static const struct {
        const char *text, *why;
    } c[] = {
        {"", ""},
        {"{", ""},
        {"17", "a type must be a name"},
        {"{}", "no type"},
        {"\"integer\"", "'integer' is not defined"},
        {"{\"type\":\"record\",\"fields\":[]}", "a record without a name"},
        {"{\"type\":\"record\",\"name\":\"T\"}", "no list of fields"},
        {REC("{\"name\":\"a\"}"), "field 'a' has no type"},
        {REC("{\"type\":\"int\"}"), "a field without a name"},
        {REC("7"), "a field without a name"},
        {REC(F("a", "\"int\"") "," F("a", "\"int\"")), "two fields 'a'"},
        {REC(F("a", "{\"type\":\"enum\",\"name\":\"T\",\"symbols\":[]}")), "defined twice"},
        {"{\"type\":\"enum\",\"name\":\"E\"}", "no list of symbols"},
        {"{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"A\"]}", "two symbols 'A'"},
        {"{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[1]}", "a symbol without a name"},
        {"{\"type\":\"fixed\",\"name\":\"X\"}", "no size"},
        {"{\"type\":\"fixed\",\"name\":\"X\",\"size\":-1}", "no size"},
        {"{\"type\":\"array\"}", "array without items"},
        {"{\"type\":\"map\"}", "map without values"},
        {"[]", "a union of 0"},
        {"[\"int\",\"int\"]", "'int' twice"},
        {"[\"int\",[\"string\"]]", "a union in a union"},
        {"[\"int\",{\"type\":\"int\",\"logicalType\":\"date\"}]", "'int' twice"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++) {
        const char *shown = one_column(c[i].text);
        if (strncmp(shown, "error: Invalid Avro schema: ", 28) != 0 || !strstr(shown, c[i].why))
            fail_msg("%s: %s", c[i].text, shown);
    }
}

/* A schema that names types of others, and those of others again; one of them by two ways. */
static void test_references(void **state)
{
    (void)state;
    const wr_registry_schema base = {.kind = WR_SCHEMA_AVRO,
                                     .text = WR_STR("{\"type\":\"enum\",\"name\":\"n.Base\","
                                                    "\"symbols\":[\"A\"]}")};
    const wr_registry_reference to_base[] = {{.name = WR_STR("n.Base"), .schema = &base}};
    const wr_registry_schema middle = {
        .kind = WR_SCHEMA_AVRO,
        .text = WR_STR("{\"type\":\"record\",\"name\":\"n.Mid\",\"fields\":[{\"name\":\"e\","
                       "\"type\":\"Base\"}]}"),
        .references = to_base,
        .references_n = 1};
    const wr_registry_reference both[] = {{.name = WR_STR("n.Mid"), .schema = &middle},
                                          {.name = WR_STR("n.Base"), .schema = &base}};
    wr_registry_schema top = {.kind = WR_SCHEMA_AVRO,
                              .text = WR_STR(REC(F("m", "\"n.Mid\"") "," F("b", "\"n.Base\""))),
                              .references = both,
                              .references_n = 2};
    assert_string_equal(avro_columns(&top, avro_options(), false),
                        "`M` STRUCT<`E` STRING>, `B` STRING");
    top.references_n = 0;
    assert_non_null(strstr(avro_columns(&top, avro_options(), false), "'n.Mid' is not defined"));
    const wr_registry_reference open[] = {{.name = WR_STR("n.Mid")}};
    top.references = open;
    top.references_n = 1;
    assert_non_null(strstr(avro_columns(&top, avro_options(), false), "not resolved"));
    const wr_registry_schema json = {.kind = WR_SCHEMA_JSON, .text = WR_STR("{}")};
    assert_non_null(strstr(avro_columns(&json, avro_options(), false), "error: "));
}

/* ---- the text for columns ---- */

static const char *text_of(const wr_column *cols, uint32_t n, wr_format_options options,
                           bool is_key)
{
    wr_buf out = {0};
    weir_error err = {0};
    const wr_format_columns columns_ = {
        .is_key = is_key, .cols = cols, .n = n, .options = &options};
    weir_status st = wr_format_schema_text(wr_format_get(WR_FORMAT_AVRO), &columns_, &out, &err);
    const char *text = st == WEIR_OK ? wr_arena_strdup(arena, wr_buf_cstr(&out))
                                     : wr_arena_printf(arena, "error: %s", err.message);
    assert_true(st == WEIR_OK || out.len == 0);
    wr_buf_free(&out);
    return text;
}

#define SPACE "io.confluent.ksql.avro_schemas"

/* Q16, Q17: names by path, every part nullable, MAPs as entries. */
static void test_q16_q17_text(void **state)
{
    (void)state;
    const wr_column plain[] = {col("A", &wr_type_integer), col("B", &wr_type_string)};
    assert_string_equal(
        text_of(plain, 2, avro_options(), false),
        "{\"type\":\"record\",\"name\":\"KsqlDataSourceSchema\",\"namespace\":\"" SPACE "\","
        "\"fields\":[{\"name\":\"A\",\"type\":[\"null\",\"int\"],\"default\":null},"
        "{\"name\":\"B\",\"type\":[\"null\",\"string\"],\"default\":null}],"
        "\"connect.name\":\"" SPACE ".KsqlDataSourceSchema\"}");
    const wr_field x[] = {{"X", &wr_type_date}};
    const wr_column deep[] = {
        col("M", wr_type_map(arena, &wr_type_string, wr_type_array(arena, struct_of(1, x))))};
    assert_string_equal(
        text_of(deep, 1, avro_options(), false),
        "{\"type\":\"record\",\"name\":\"KsqlDataSourceSchema\",\"namespace\":\"" SPACE "\","
        "\"fields\":[{\"name\":\"M\",\"type\":[\"null\",{\"type\":\"array\",\"items\":"
        "{\"type\":\"record\",\"name\":\"KsqlDataSourceSchema_M\",\"fields\":["
        "{\"name\":\"key\",\"type\":[\"null\",\"string\"],\"default\":null},"
        "{\"name\":\"value\",\"type\":[\"null\",{\"type\":\"array\",\"items\":[\"null\","
        "{\"type\":\"record\",\"name\":\"KsqlDataSourceSchema_M_MapValue\",\"fields\":["
        "{\"name\":\"X\",\"type\":[\"null\",{\"type\":\"int\",\"connect.version\":1,"
        "\"connect.name\":\"org.apache.kafka.connect.data.Date\",\"logicalType\":\"date\"}],"
        "\"default\":null}],\"connect.name\":\"" SPACE ".KsqlDataSourceSchema_M_MapValue\"}]}],"
        "\"default\":null}],\"connect.internal.type\":\"MapEntry\"},"
        "\"connect.name\":\"" SPACE ".KsqlDataSourceSchema_M\"}],\"default\":null}],"
        "\"connect.name\":\"" SPACE ".KsqlDataSourceSchema\"}");
    /* and it reads back as the columns */
    assert_string_equal(columns(text_of(deep, 1, avro_options(), false)),
                        "`M` MAP<STRING, ARRAY<STRUCT<`X` DATE>>>");
}

static void test_text_of_one(void **state)
{
    (void)state;
    wr_format_options bare = avro_options();
    bare.unwrapped = true;
    static const struct {
        const wr_type *type;
        const char *text;
    } c[] = {
        {&wr_type_integer, "\"int\""},
        {&wr_type_bytes, "\"bytes\""},
        {&wr_type_time, "{\"type\":\"int\",\"connect.name\":\"org.apache.kafka.connect.data.Time\","
                        "\"logicalType\":\"time-millis\"}"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++) {
        const wr_column one[] = {col("K", c[i].type)};
        assert_string_equal(text_of(one, 1, bare, true), c[i].text);
    }
    const wr_column decimal[] = {col("K", wr_type_decimal(arena, 4, 2))};
    assert_string_equal(
        text_of(decimal, 1, bare, true),
        "{\"type\":\"bytes\",\"scale\":2,\"precision\":4,\"connect.parameters\":{\"scale\":\"2\","
        "\"connect.decimal.precision\":\"4\"},\"connect.name\":"
        "\"org.apache.kafka.connect.data.Decimal\",\"logicalType\":\"decimal\"}");
    const wr_column list[] = {col("K", wr_type_array(arena, &wr_type_bigint))};
    assert_string_equal(text_of(list, 1, bare, true),
                        "{\"type\":\"array\",\"items\":[\"null\",\"long\"]}");
}

static void test_text_names(void **state)
{
    (void)state;
    const wr_column cols[] = {col("X", &wr_type_integer), col("Y", &wr_type_integer)};
    const struct {
        const char *full_name, *owner;
        bool is_key;
        const char *found;
    } c[] = {
        {NULL, "MY_NAME", true, "\"name\":\"MyNameKey\",\"namespace\":\"" SPACE "\""},
        {NULL, "O", true, "\"name\":\"OKey\""},
        {NULL, "MY_NAME", false, "\"name\":\"KsqlDataSourceSchema\""},
        {"com.acme.Thing", "O", false, "\"name\":\"Thing\",\"namespace\":\"com.acme\""},
        {"com.acme.Thing", "O", false, "\"connect.name\":\"com.acme.Thing\""},
        {"Thing", "O", false, "{\"type\":\"record\",\"name\":\"Thing\",\"fields\""},
        {"a b", "O", false, "error: 'a b' cannot be the name of an Avro record"},
        {"a..B", "O", false, "error: 'a..B' cannot be"},
        {"", "O", false, "error: '' cannot be"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++) {
        wr_format_options options = avro_options();
        options.full_name = c[i].full_name;
        options.owner = c[i].owner;
        const char *text = text_of(cols, 2, options, c[i].is_key);
        if (!strstr(text, c[i].found))
            fail_msg("%s", text);
    }
    static const char *const bad[] = {"a b", "x-y", "1st", "", "\xED\xA5\x84"};
    for (size_t i = 0; i < WR_ARRAY_LEN(bad); i++) {
        const wr_column one[] = {col(bad[i], &wr_type_integer)};
        assert_non_null(strstr(text_of(one, 1, avro_options(), false), "error: Column `"));
    }
    const wr_column letter[] = {col("\xC3\x84", &wr_type_integer)};
    assert_non_null(strstr(text_of(letter, 1, avro_options(), false), "\"name\":\"\xC3\x84\""));
    /* two paths, one name */
    const wr_field inner[] = {{"X", &wr_type_integer}};
    const wr_field outer[] = {{"B_C", struct_of(1, inner)}};
    const wr_field other[] = {{"C", struct_of(1, inner)}};
    const wr_column both[] = {col("A", struct_of(1, outer)), col("A_B", struct_of(1, other))};
    assert_non_null(strstr(text_of(both, 2, avro_options(), false), "is defined twice"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_q10_logical_types),    cmocka_unit_test(test_q11_unions),
        cmocka_unit_test(test_q12_entries),          cmocka_unit_test(test_q01_q03_names),
        cmocka_unit_test(test_q04_q05_top),          cmocka_unit_test(test_q06_refused),
        cmocka_unit_test(test_names_and_namespaces), cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_references),           cmocka_unit_test(test_q16_q17_text),
        cmocka_unit_test(test_text_of_one),          cmocka_unit_test(test_text_names),
    };
    return cmocka_run_group_tests(tests, avro_setup, avro_teardown);
}
