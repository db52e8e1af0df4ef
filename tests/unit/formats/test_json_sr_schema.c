/* SPDX-License-Identifier: Apache-2.0 */
/* JSON Schemas to columns and back, and which foreign ones can be written with. */
#include "json_sr_fixture.h"

typedef struct pair {
    const char *in, *out;
} pair;

static void check_fields(const pair *c, size_t n)
{
    for (size_t i = 0; i < n; i++)
        assert_string_equal(jsr_infer(jsr_object(c[i].in)), c[i].out);
}

static void check_whole(const pair *c, size_t n)
{
    for (size_t i = 0; i < n; i++)
        assert_string_equal(jsr_infer(c[i].in), c[i].out);
}

#define LOGICAL(name, type)                                                                        \
    "{\"type\":\"integer\",\"title\":\"org.apache.kafka.connect.data." name                        \
    "\",\"connect.version\":1,\"connect.type\":\"" type "\"}"
#define DECIMAL_OF(parameters)                                                                     \
    "{\"type\":\"number\",\"title\":\"org.apache.kafka.connect.data.Decimal\","                    \
    "\"connect.type\":\"bytes\",\"connect.parameters\":" parameters "}"

static void test_q30_types(void **state)
{
    (void)state;
    const pair c[] = {
        {"{\"type\":\"integer\"}", "`F` BIGINT"},
        {"{\"type\":\"number\"}", "`F` DOUBLE"},
        {"{\"type\":\"boolean\"}", "`F` BOOLEAN"},
        {"{\"type\":\"string\"}", "`F` STRING"},
        {"{\"type\":\"integer\",\"connect.type\":\"int8\"}", "`F` INTEGER"},
        {"{\"type\":\"integer\",\"connect.type\":\"int16\"}", "`F` INTEGER"},
        {"{\"type\":\"integer\",\"connect.type\":\"int32\"}", "`F` INTEGER"},
        {"{\"type\":\"integer\",\"connect.type\":\"int64\"}", "`F` BIGINT"},
        {"{\"type\":\"number\",\"connect.type\":\"float32\"}", "`F` DOUBLE"},
        {"{\"type\":\"number\",\"connect.type\":\"float64\"}", "`F` DOUBLE"},
        {"{\"type\":\"string\",\"connect.type\":\"bytes\"}", "`F` BYTES"},
        {LOGICAL("Date", "int32"), "`F` DATE"},
        {LOGICAL("Time", "int32"), "`F` TIME"},
        {LOGICAL("Timestamp", "int64"), "`F` TIMESTAMP"},
        {LOGICAL("Timestamp", "int32"), "`F` INTEGER"},
        {"{\"type\":\"integer\",\"title\":\"org.apache.kafka.connect.data.Date\"}", "`F` BIGINT"},
        {DECIMAL_OF("{\"scale\":\"2\",\"connect.decimal.precision\":\"6\"}"), "`F` DECIMAL(6, 2)"},
        {DECIMAL_OF("{\"scale\":\"2\"}"), "`F` DECIMAL(64, 2)"},
        {"{\"type\":\"string\",\"format\":\"date-time\"}", "`F` STRING"},
        {"{\"type\":\"string\",\"contentEncoding\":\"base64\"}", "`F` STRING"},
        {"{\"enum\":[\"a\"]}", "`F` STRING"},
        {"{\"enum\":[1,2]}", "`F` STRING"},
        {"{\"const\":\"c\"}", "`F` STRING"},
        {"{\"type\":\"integer\",\"const\":5}", "`F` BIGINT"},
        {"{\"minimum\":1}", "`F` DOUBLE"},
        {"{\"pattern\":\"a\"}", "`F` STRING"},
        {"{\"properties\":{\"x\":{\"type\":\"integer\"}}}", "`F` STRUCT<`X` BIGINT>"},
        {"{\"items\":{\"type\":\"integer\"}}", "`F` ARRAY<BIGINT>"},
    };
    check_fields(c, WR_ARRAY_LEN(c));
}

static void test_what_is_no_type(void **state)
{
    (void)state;
#define NO "error: The JSON schema cannot be had as columns: "
    const pair c[] = {
        {"{\"type\":\"null\"}", NO "null is no type of a column"},
        {"{\"type\":[\"null\"]}", NO "null is no type of a column"},
        {"{\"type\":\"array\"}", NO "an array does not say what its items are"},
        {"{\"type\":\"array\",\"items\":[{\"type\":\"integer\"}]}",
         NO "items is a list: tuples are not supported"},
        {"{\"not\":{}}", NO "`not` is not supported"},
        {"{\"if\":{},\"then\":{}}", NO "a schema that says no type is not supported"},
        {"{\"type\":\"array\",\"items\":{\"not\":{}}}", NO "`not` is not supported"},
        {"false", NO "no value is of it"},
        {"7", NO "a part of it is no schema"},
        {"{\"type\":\"bool\"}", NO "an unknown type"},
        {"{\"type\":\"integer\",\"connect.type\":\"int7\"}",
         NO "a number has an unknown connect.type"},
        {DECIMAL_OF("{}"), NO "a decimal has no scale"},
        {DECIMAL_OF("{\"scale\":\"9\",\"connect.decimal.precision\":\"2\"}"),
         NO "a decimal's precision and scale do not fit each other"},
        {DECIMAL_OF("{\"scale\":\"1\",\"connect.decimal.precision\":\"many\"}"),
         NO "a decimal's precision is no number"},
        {"{\"type\":\"object\",\"connect.type\":\"map\"}",
         NO "a map does not say what its values are"},
        {"{\"$ref\":\"#/definitions/none\"}", NO "a $ref leads to nothing"},
        {"{\"$ref\":\"other.json\"}", NO "a $ref leads to nothing"},
        {"{\"$ref\":\"#\"}", NO "it contains itself: recursive types cannot be columns"},
        {"{\"allOf\":[{\"type\":\"integer\"},{\"minimum\":1}]}",
         NO "allOf of anything but objects is not supported"},
    };
    check_fields(c, WR_ARRAY_LEN(c));
    const pair whole[] = {
        {"{\"type\":\"object\",\"properties\":{}}",
         "error: The JSON schema has no properties to be columns"},
        {"{\"type\":\"object\",\"properties\":{\"\":{\"type\":\"integer\"}}}",
         "error: The JSON schema has a property without a name"},
        {"{\"type\":\"integer\"}",
         "error: The JSON schema is not that of an object with properties: its columns cannot be "
         "inferred. WRAP_SINGLE_VALUE=false makes it one column"},
        {"{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\"},"
         "\"A\":{\"type\":\"string\"}}}",
         "error: The JSON schema has two properties named `A` when case is not regarded"},
    };
    check_whole(whole, WR_ARRAY_LEN(whole));
    assert_non_null(strstr(jsr_infer("{"), "error: "));
}

/* Q33: a part without a type is any value, in the two columns or fields of a variant; rows are not
 * written by such a schema. */
static void test_q33_any_value(void **state)
{
    (void)state;
#define VARIANT "`F` STRUCT<`METADATA` BYTES, `VALUE` BYTES>"
    const pair c[] = {
        {"{}", VARIANT},
        {"true", VARIANT},
        {"{\"description\":\"x\",\"$comment\":\"y\"}", VARIANT},
        {"{\"type\":\"array\",\"items\":true}",
         "`F` ARRAY<STRUCT<`METADATA` BYTES, `VALUE` BYTES>>"},
        {"{\"oneOf\":[{\"type\":\"null\"},{}]}", VARIANT},
    };
    check_fields(c, WR_ARRAY_LEN(c));
    const pair whole[] = {{"{}", "`METADATA` BYTES, `VALUE` BYTES"},
                          {"true", "`METADATA` BYTES, `VALUE` BYTES"}};
    check_whole(whole, WR_ARRAY_LEN(whole));
    const wr_field parts[] = {{"METADATA", &wr_type_bytes}, {"VALUE", &wr_type_bytes}};
    const wr_column cols[] = {col("F", wr_type_struct(arena, parts, 2))};
    const wr_format_options options = {.registry = registry,
                                       .schema = jsr_schema(jsr_object("{}"))};
    const wr_format_columns columns = {.cols = cols, .n = 1, .options = &options};
    weir_error err = {0};
    assert_int_equal(wr_format_check_schema(jsr(), &columns, &err), WEIR_ERR_STATEMENT);
    assert_non_null(strstr(err.message, "takes no `F` STRUCT"));
    wr_format_options by_id = options;
    by_id.exact_names = true;
    assert_string_equal(jsr_columns(options.schema, by_id, false),
                        "`f` STRUCT<`metadata` BYTES, `value` BYTES>");
    const wr_field lower[] = {{"metadata", &wr_type_bytes}, {"value", &wr_type_bytes}};
    const wr_column exactly[] = {col("f", wr_type_struct(arena, lower, 2))};
    const wr_format_columns same = {.cols = exactly, .n = 1, .options = &by_id};
    assert_int_equal(wr_format_check_schema(jsr(), &same, &err), WEIR_ERR_STATEMENT);
    assert_non_null(strstr(err.message, "has a part without a type"));
}

/* K10, K31: the order of a Java HashMap, of names beyond ASCII too; with connect.index, that. */
static void test_k10_q31_order(void **state)
{
    (void)state;
    const pair c[] = {
        {"{\"properties\":{\"z\":{\"type\":\"integer\"},\"a\":{\"type\":\"string\"},"
         "\"M\":{\"type\":\"boolean\"}}}",
         "`A` STRING, `Z` BIGINT, `M` BOOLEAN"},
        {"{\"properties\":{\"z\":{\"type\":\"integer\",\"connect.index\":0},"
         "\"a\":{\"type\":\"string\",\"connect.index\":1}}}",
         "`Z` BIGINT, `A` STRING"},
        {"{\"properties\":{\"f\":{\"type\":\"object\",\"properties\":{"
         "\"b\":{\"type\":\"integer\"},\"a\":{\"type\":\"string\"}}}}}",
         "`F` STRUCT<`A` STRING, `B` BIGINT>"},
    };
    check_whole(c, WR_ARRAY_LEN(c));
    /* 13 names make the table 32 wide: P (80 mod 32 is 16) comes after A to L (1 to 12). */
    wr_buf text = {0};
    wr_buf_puts(&text, "{\"properties\":{\"P\":{\"type\":\"string\"}");
    for (char name = 'A'; name <= 'L'; name++)
        wr_buf_printf(&text, ",\"%c\":{\"type\":\"string\"}", name);
    wr_buf_puts(&text, "}}");
    const char *shown = jsr_infer(wr_buf_cstr(&text));
    assert_string_equal(shown + strlen(shown) - strlen("`L` STRING, `P` STRING"),
                        "`L` STRING, `P` STRING");
    wr_buf_free(&text);
}

static void test_k09_q32_combinations(void **state)
{
    (void)state;
#define BRANCH "`IO.CONFLUENT.CONNECT.JSON.ONEOF.FIELD."
    const pair c[] = {
        {"{\"oneOf\":[{\"type\":\"null\"},{\"type\":\"integer\"}]}", "`F` BIGINT"},
        {"{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]}", "`F` STRING"},
        {"{\"oneOf\":[{\"type\":\"integer\"}]}", "`F` BIGINT"},
        {"{\"type\":[\"null\",\"integer\"]}", "`F` BIGINT"},
        {"{\"type\":[\"null\",\"array\"],\"items\":{\"type\":\"integer\"}}", "`F` ARRAY<BIGINT>"},
        {"{\"oneOf\":[{\"type\":\"null\"},{\"type\":\"integer\"},{\"type\":\"string\"}]}",
         "`F` STRUCT<" BRANCH "0` BIGINT, " BRANCH "1` STRING>"},
        {"{\"type\":[\"integer\",\"string\"]}",
         "`F` STRUCT<" BRANCH "0` BIGINT, " BRANCH "1` STRING>"},
        {"{\"allOf\":[{\"type\":\"integer\"}]}", "`F` BIGINT"},
        {"{\"allOf\":[{\"properties\":{\"x\":{\"type\":\"integer\"}}},"
         "{\"properties\":{\"y\":{\"type\":\"string\"}}}]}",
         "`F` STRUCT<`X` BIGINT, `Y` STRING>"},
        {"{\"type\":\"object\",\"properties\":{\"c\":{\"type\":\"integer\"}},"
         "\"oneOf\":[{\"required\":[\"c\"]},{\"required\":[\"d\"]}]}",
         "`F` STRUCT<`C` BIGINT>"},
    };
    check_fields(c, WR_ARRAY_LEN(c));
    const pair whole[] = {
        {"{\"anyOf\":[{\"properties\":{\"a\":{\"type\":\"integer\"}}},"
         "{\"properties\":{\"b\":{\"type\":\"string\"}}}]}",
         BRANCH "0` STRUCT<`A` BIGINT>, " BRANCH "1` STRUCT<`B` STRING>"},
        {"{\"type\":[\"object\",\"null\"],\"properties\":{\"a\":{\"type\":\"integer\"}}}",
         "`A` BIGINT"},
    };
    check_whole(whole, WR_ARRAY_LEN(whole));
}

static void test_k09_q33_objects_and_maps(void **state)
{
    (void)state;
    const pair c[] = {
        {"{\"type\":\"object\"}", "`F` STRUCT<>"},
        {"{\"type\":\"object\",\"additionalProperties\":{\"type\":\"string\"}}",
         "`F` MAP<STRING, STRING>"},
        {"{\"type\":\"object\",\"additionalProperties\":true}", "`F` STRUCT<>"},
        {"{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"}},"
         "\"additionalProperties\":{\"type\":\"string\"}}",
         "`F` STRUCT<`A` STRING>"},
        {"{\"type\":\"object\",\"patternProperties\":{\"^a\":{\"type\":\"integer\"}}}",
         "`F` STRUCT<>"},
        {"{\"type\":\"object\",\"connect.type\":\"map\",\"additionalProperties\":"
         "{\"type\":\"string\"}}",
         "`F` MAP<STRING, STRING>"},
        {"{\"type\":\"array\",\"connect.type\":\"map\",\"items\":{\"type\":\"object\","
         "\"properties\":{\"key\":{\"type\":\"integer\"},\"value\":{\"type\":\"string\"}}}}",
         "`F` MAP<STRING, STRING>"},
    };
    check_fields(c, WR_ARRAY_LEN(c));
}

static void test_k08_drafts(void **state)
{
    (void)state;
#define TUPLE                                                                                      \
    "\"properties\":{\"a\":{\"type\":\"array\",\"prefixItems\":[{\"type\":\"integer\"}],"          \
    "\"items\":{\"type\":\"integer\"}}}}"
    const pair c[] = {
        {"{\"$schema\":\"http://json-schema.org/draft-07/schema#\"," TUPLE, "`A` ARRAY<BIGINT>"},
        {"{" TUPLE, "`A` ARRAY<BIGINT>"},
        {"{\"$schema\":\"https://json-schema.org/draft/2019-09/schema\"," TUPLE,
         NO "prefixItems: tuples are not supported"},
        {"{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\"," TUPLE,
         NO "prefixItems: tuples are not supported"},
        {"{\"$schema\":\"http://json-schema.org/draft-04/schema#\",\"id\":\"urn:x/t\","
         "\"properties\":{\"a\":{\"type\":\"number\",\"exclusiveMinimum\":true,\"minimum\":3}}}",
         "`A` DOUBLE"},
    };
    check_whole(c, WR_ARRAY_LEN(c));
}

static void test_references(void **state)
{
    (void)state;
    const pair c[] = {
        {"{\"properties\":{\"a\":{\"$ref\":\"#/definitions/x\",\"title\":\"q\"}},"
         "\"definitions\":{\"x\":{\"type\":\"integer\"}}}",
         "`A` BIGINT"},
        {"{\"properties\":{\"a\":{\"$ref\":\"#/$defs/a~1b%20c\"}},"
         "\"$defs\":{\"a/b c\":{\"type\":\"integer\"}}}",
         "`A` BIGINT"},
        {"{\"properties\":{\"a\":{\"$ref\":\"#x\"}},"
         "\"$defs\":{\"n\":{\"$anchor\":\"x\",\"type\":\"integer\"}}}",
         "`A` BIGINT"},
        {"{\"properties\":{\"a\":{\"$ref\":\"#x\"}},"
         "\"definitions\":{\"n\":{\"$id\":\"#x\",\"type\":\"integer\"}}}",
         "`A` BIGINT"},
        {"{\"properties\":{\"a\":{\"$ref\":\"part.json\"}},"
         "\"definitions\":{\"n\":{\"$id\":\"part.json\",\"type\":\"integer\"}}}",
         "`A` BIGINT"},
        {"{\"properties\":{\"a\":{\"oneOf\":[{\"type\":\"null\"},{\"$ref\":\"#/oneOf/0\"}]}},"
         "\"oneOf\":[{\"type\":\"integer\"}]}",
         "`A` BIGINT"},
        {"{\"properties\":{\"t\":{\"$ref\":\"#/definitions/node\"}},\"definitions\":{\"node\":"
         "{\"properties\":{\"c\":{\"items\":{\"$ref\":\"#/definitions/node\"}}}}}}",
         NO "it contains itself: recursive types cannot be columns"},
    };
    check_whole(c, WR_ARRAY_LEN(c));
    /* Registered references: by name, and by the name after the directory of the $id. */
    const wr_registry_schema *other =
        jsr_schema("{\"definitions\":{\"y\":{\"type\":\"integer\"}},"
                   "\"properties\":{\"x\":{\"$ref\":\"#/definitions/y\"}}}");
    const wr_registry_reference refs[] = {{.name = WR_STR("urn:x/other.json"), .schema = other}};
    wr_registry_schema s = {.kind = WR_SCHEMA_JSON, .references = refs, .references_n = 1};
    s.text = WR_STR("{\"$id\":\"urn:x/top.json\",\"properties\":{"
                    "\"a\":{\"$ref\":\"other.json\"},"
                    "\"b\":{\"$ref\":\"urn:x/other.json#/definitions/y\"}}}");
    assert_string_equal(jsr_columns(&s, jsr_options(), false),
                        "`A` STRUCT<`X` BIGINT>, `B` BIGINT");
}

/* Q01, Q04, Q05: names by id keep their case; one column where it is to be one. */
static void test_forms(void **state)
{
    (void)state;
    const wr_registry_schema *s = jsr_schema(jsr_object("{\"type\":\"integer\"}"));
    wr_format_options options = jsr_options();
    options.exact_names = true;
    assert_string_equal(jsr_columns(s, options, false), "`f` BIGINT");
    options.exact_names = false;
    assert_string_equal(jsr_columns(s, options, true), "`ROWKEY` STRUCT<`F` BIGINT>");
    options.unwrapped = true;
    assert_string_equal(jsr_columns(s, options, false), "`ROWVAL` STRUCT<`F` BIGINT>");
    assert_string_equal(jsr_columns(jsr_schema("{\"type\":\"integer\"}"), options, false),
                        "`ROWVAL` BIGINT");
}

/* Deep and wide texts end in a refusal, not in a fault. */
static void test_hostile(void **state)
{
    (void)state;
    wr_buf text = {0};
    for (int i = 0; i < 70; i++)
        wr_buf_puts(&text, "{\"items\":");
    wr_buf_puts(&text, "{\"type\":\"string\"}");
    for (int i = 0; i < 70; i++)
        wr_buf_putc(&text, '}');
    assert_non_null(strstr(jsr_infer(wr_buf_cstr(&text)), "error: "));
    /* Each level refers to the next one twice: 2^30 types, if nothing stopped it. */
    wr_buf_clear(&text);
    wr_buf_puts(&text, "{\"properties\":{\"a\":{\"$ref\":\"#/d/0\"}},\"d\":[");
    for (int i = 1; i <= 30; i++)
        wr_buf_printf(&text,
                      "{\"properties\":{\"l\":{\"$ref\":\"#/d/%d\"},\"r\":{\"$ref\":\"#/d/%d\"}}},",
                      i, i);
    wr_buf_puts(&text, "{\"type\":\"string\"}]}");
    assert_string_equal(jsr_infer(wr_buf_cstr(&text)), NO "it has too many types");
    wr_buf_free(&text);
}

/* ---- schemas that are written ---- */

static void test_q17_q18_schema_text(void **state)
{
    (void)state;
    const wr_field inner[] = {{"x", &wr_type_date}};
    const wr_column cols[] = {
        col("A", &wr_type_integer),
        col("b c", wr_type_array(arena, &wr_type_string)),
        col("M", wr_type_map(arena, &wr_type_string, &wr_type_boolean)),
        col("S", wr_type_struct(arena, inner, 1)),
        col("D", wr_type_decimal(arena, 6, 2)),
    };
    const wr_format_options options = {.registry = registry};
    wr_format_columns columns = {.cols = cols, .n = 5, .options = &options};
    wr_buf out = {0};
    assert_int_equal(wr_format_schema_text(jsr(), &columns, &out, NULL), WEIR_OK);
    assert_string_equal(
        wr_buf_cstr(&out),
        "{\"type\":\"object\",\"properties\":{\"A\":{\"connect.index\":0,\"oneOf\":[{\"type\":"
        "\"null\"},{\"type\":\"integer\",\"connect.type\":\"int32\"}]},\"b c\":{\"connect.index\":"
        "1,\"oneOf\":[{\"type\":\"null\"},{\"type\":\"array\",\"items\":{\"oneOf\":[{\"type\":"
        "\"null\"},{\"type\":\"string\"}]}}]},\"M\":{\"connect.index\":2,\"oneOf\":[{\"type\":"
        "\"null\"},{\"type\":\"array\",\"connect.type\":\"map\",\"items\":{\"type\":\"object\","
        "\"properties\":{\"key\":{\"connect.index\":0,\"oneOf\":[{\"type\":\"null\"},{\"type\":"
        "\"string\"}]},\"value\":{\"connect.index\":1,\"oneOf\":[{\"type\":\"null\"},{\"type\":"
        "\"boolean\"}]}}}}]},\"S\":{\"connect.index\":3,\"oneOf\":[{\"type\":\"null\"},{\"type\":"
        "\"object\",\"properties\":{\"x\":{\"connect.index\":0,\"oneOf\":[{\"type\":\"null\"},"
        "{\"type\":\"integer\",\"title\":\"org.apache.kafka.connect.data.Date\","
        "\"connect.version\":1,\"connect.type\":\"int32\"}]}}}]},\"D\":{\"connect.index\":4,"
        "\"oneOf\":[{\"type\":\"null\"},{\"type\":\"number\",\"title\":"
        "\"org.apache.kafka.connect.data.Decimal\",\"connect.version\":1,\"connect.type\":"
        "\"bytes\",\"connect.parameters\":{\"scale\":\"2\",\"connect.decimal.precision\":\"6\"}}]}"
        "}}");
    /* It means just these columns. */
    wr_format_options exact_names = options;
    exact_names.exact_names = true;
    assert_string_equal(jsr_columns(jsr_schema(wr_buf_cstr(&out)), exact_names, false),
                        "`A` INTEGER, `b c` ARRAY<STRING>, `M` MAP<STRING, BOOLEAN>, `S` "
                        "STRUCT<`x` DATE>, `D` DECIMAL(6, 2)");
    wr_buf_clear(&out);
    const wr_format_options bare = {.unwrapped = true};
    columns = (wr_format_columns){.cols = cols, .n = 1, .options = &bare};
    assert_int_equal(wr_format_schema_text(jsr(), &columns, &out, NULL), WEIR_OK);
    assert_string_equal(wr_buf_cstr(&out), "{\"oneOf\":[{\"type\":\"null\"},{\"type\":\"integer\","
                                           "\"connect.type\":\"int32\"}]}");
    wr_buf_free(&out);
}

/* Columns A and B, by the schema's id or by their names. */
static const char *check_as(const char *schema, bool by_id)
{
    const wr_column cols[] = {col("A", &wr_type_integer), col("B", &wr_type_string)};
    const wr_format_options options = {
        .registry = registry, .schema = jsr_schema(schema), .exact_names = by_id};
    const wr_format_columns columns = {.cols = cols, .n = 2, .options = &options};
    weir_error err = {0};
    if (wr_format_check_schema(jsr(), &columns, &err) == WEIR_OK)
        return "fits";
    assert_int_equal(err.code, WEIR_ERR_STATEMENT);
    const char *colon = strchr(err.message, ' ');
    return wr_arena_strdup(arena, colon + 1); /* without "JSON" */
}

static const char *check(const char *schema)
{
    return check_as(schema, true);
}

static void test_q38_q43_foreign_schemas(void **state)
{
    (void)state;
#define A "\"A\":{\"type\":\"integer\",\"connect.type\":\"int32\"}"
#define B "\"B\":{\"type\":\"string\"}"
    assert_string_equal(check("{\"properties\":{" A "," B "}}"), "fits");
    assert_string_equal(check("{\"properties\":{" B "," A "}}"), "fits");
    assert_string_equal(check("{\"properties\":{" A "," B ",\"C\":{\"type\":\"boolean\"}}}"),
                        "fits");
    assert_string_equal(check("{\"properties\":{" A ",\"B\":{\"enum\":[\"x\"]}}}"), "fits");
    assert_non_null(strstr(check("{\"properties\":{" A "}}"), "has no column `B` STRING"));
    assert_non_null(strstr(check("{\"properties\":{\"A\":{\"type\":\"integer\"}," B "}}"),
                           "has `A` BIGINT where the query has `A` INTEGER"));
    assert_non_null(strstr(check("{\"properties\":{\"a\":{\"type\":\"integer\"}," B "}}"),
                           "where the query has `A` INTEGER"));
    assert_non_null(
        strstr(check("{\"properties\":{" A "," B "},\"required\":[\"A\"]}"), "required"));
    const wr_column branches[] = {col("io.confluent.connect.json.OneOf.field.0", &wr_type_bigint)};
    const wr_format_options options = {
        .registry = registry,
        .schema = jsr_schema("{\"oneOf\":[{\"type\":\"integer\"},{\"type\":\"string\"}]}")};
    const wr_format_columns columns = {.cols = branches, .n = 1, .options = &options};
    weir_error err = {0};
    assert_int_equal(wr_format_check_schema(jsr(), &columns, &err), WEIR_ERR_STATEMENT);
    assert_non_null(strstr(err.message, "is one of several"));
    assert_non_null(
        strstr(check("{\"properties\":{" A "," B "},\"additionalProperties\":false}"), "required"));
}

#define INT32 "{\"type\":\"integer\",\"connect.type\":\"int32\"}"

/* INSERT VALUES: names decide, as in reading. What is written has the schema's own names, and is
 * read back. */
static void test_q37_by_names(void **state)
{
    (void)state;
    static const struct {
        const char *schema, *part; /* of the refusal; NULL: it fits */
        const char *written;
    } c[] = {
        {"{\"properties\":{" A "," B "}}", NULL, "{\"A\":1,\"B\":\"x\"}"},
        {"{\"properties\":{\"b\":{\"type\":\"string\"},\"a\":" INT32 "}}", NULL,
         "{\"a\":1,\"b\":\"x\"}"},
        {"{\"properties\":{\"a\":{\"type\":\"string\"}," A "," B ",\"z\":{}}}", NULL,
         "{\"A\":1,\"B\":\"x\"}"},
        {"{\"properties\":{" A "}}", "properties have no `B` STRING", NULL},
        {"{\"properties\":{\"A\":{\"type\":\"number\"}," B "}}", "property takes no `A` INTEGER",
         NULL},
        {"{\"properties\":{\"A\":{\"type\":\"integer\",\"connect.type\":\"int16\"}," B "}}",
         "property takes no `A` INTEGER", NULL},
        {"{\"properties\":{\"A\":{\"type\":\"integer\"}," B "}}", "property takes no `A` INTEGER",
         NULL},
        {"{\"properties\":{\"A\":{}," B "}}", "property takes no `A` INTEGER", NULL},
        {"{\"properties\":{" A "," B "},\"required\":[\"A\"]}", "has required properties", NULL},
        {"{\"type\":\"integer\"}", "is not that of an object", NULL},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++) {
        const char *got = check_as(c[i].schema, false);
        if (c[i].part ? !strstr(got, c[i].part) : strcmp(got, "fits") != 0)
            fail_msg("%s: %s", c[i].schema, got);
        if (c[i].part)
            continue;
        const wr_column cols[] = {col("A", &wr_type_integer), col("B", &wr_type_string)};
        const wr_format_options options = {.registry = registry, .schema = jsr_schema(c[i].schema)};
        const wr_value row[] = {wr_value_i32(1), wr_value_str(WR_STR("x"))};
        const char *payload =
            encode_show(encoder(WR_FORMAT_JSON_SR, cols, 2, options), cols, 2, row);
        assert_string_equal(payload + 5, c[i].written);
        wr_decoder *d = decoder(WR_FORMAT_JSON_SR, cols, 2, NULL, options);
        assert_string_equal(decode_show(d, cols, 2, jsr_payload(options.schema, payload + 5)),
                            "1 | \"x\"");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_q30_types, jsr_setup, jsr_teardown),
        cmocka_unit_test_setup_teardown(test_what_is_no_type, jsr_setup, jsr_teardown),
        cmocka_unit_test_setup_teardown(test_q33_any_value, jsr_setup, jsr_teardown),
        cmocka_unit_test_setup_teardown(test_k10_q31_order, jsr_setup, jsr_teardown),
        cmocka_unit_test_setup_teardown(test_k09_q32_combinations, jsr_setup, jsr_teardown),
        cmocka_unit_test_setup_teardown(test_k09_q33_objects_and_maps, jsr_setup, jsr_teardown),
        cmocka_unit_test_setup_teardown(test_k08_drafts, jsr_setup, jsr_teardown),
        cmocka_unit_test_setup_teardown(test_references, jsr_setup, jsr_teardown),
        cmocka_unit_test_setup_teardown(test_forms, jsr_setup, jsr_teardown),
        cmocka_unit_test_setup_teardown(test_hostile, jsr_setup, jsr_teardown),
        cmocka_unit_test_setup_teardown(test_q17_q18_schema_text, jsr_setup, jsr_teardown),
        cmocka_unit_test_setup_teardown(test_q38_q43_foreign_schemas, jsr_setup, jsr_teardown),
        cmocka_unit_test_setup_teardown(test_q37_by_names, jsr_setup, jsr_teardown),
    };
    return cmocka_run_group_tests_name("json_sr_schema", tests, NULL, NULL);
}
