/* SPDX-License-Identifier: Apache-2.0 */
/* JSON texts: json_text_functions.c, json_node.c, json_value.c. */
#include "fn_test.h"

#include <math.h>

#define NS     NUL(&wr_type_string)
#define STRING (&wr_type_string)

static void test_extract(void **state)
{
    (void)state;
    tv doc = S("{\"a\": {\"b c\": [10, {\"x\": null}, \"te\\u0078t\"], \"@t\": 1.10}, \"a:b\": tru"
               "e}");
    check("EXTRACTJSONFIELD", "10", doc, S("$.a[\"b c\"][0]"));
    check("EXTRACTJSONFIELD", "{\"x\":null}", doc, S("$.a[\"b c\"][1]"));
    check("EXTRACTJSONFIELD", "null", doc, S("$.a[\"b c\"].1.x"));
    check("EXTRACTJSONFIELD", "text", doc, S("$[a][\"b c\"][2]"));
    check("EXTRACTJSONFIELD", "1.10", doc, S("$.a.@t"));
    check("EXTRACTJSONFIELD", "true", doc, S("$.a:b"));
    check("EXTRACTJSONFIELD", "NULL", doc, S("$.a.missing.more"));
    check("EXTRACTJSONFIELD", "NULL", doc, S("$.a[\"b c\"][3]"));
    check("EXTRACTJSONFIELD", "NULL", doc, S("$.a[\"b c\"].x"));
    check("EXTRACTJSONFIELD", "q", S("{\"a\\\"b\\\\\": \"q\"}"), S("$[\"a\\\"b\\\\\"]"));
    check("EXTRACTJSONFIELD", "[1,2]", S(" [ 1 , 2 ] "), S("$"));
    check("EXTRACTJSONFIELD", "2", S("{\"a\":1,\"a\":2}"), S("$.a")); /* the last one counts */
    check("EXTRACTJSONFIELD", "1", S("{\"a\":1}}"), S("$.a"));        /* what follows is ignored */
    check("EXTRACTJSONFIELD", "error", S("{\"a\":1"), S("$.a"));
    check("EXTRACTJSONFIELD", "error", S("1x"), S("$"));
    check("EXTRACTJSONFIELD", "NULL", S(""), S("$.a"));
    check("EXTRACTJSONFIELD", "", S(" "), S("$"));
    check("EXTRACTJSONFIELD", "1E+5", S("1E5"), S("$"));
    check("EXTRACTJSONFIELD", "NULL", NS, S("$.a"));
    const char *bad[] = {"", "a", "$.", "$a", "$[", "$[]", "$[a", "$[\"a]", "$[\"a\\x\"]", "$.a-b"};
    for (size_t k = 0; k < WR_ARRAY_LEN(bad); k++)
        check("EXTRACTJSONFIELD", "error: Invalid JSON path", doc, S(bad[k]));
}

static void test_numbers(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"1e5", "1E+5"},       {"1.50", "1.50"},      {"-0", "0"},
        {"-0.0", "0.0"},       {"0.0000001", "1E-7"}, {"0.000001", "0.000001"},
        {"12.5e3", "1.25E+4"}, {"12.5e1", "125"},     {"1E-400", "1E-400"},
        {"123e-2", "1.23"},    {"0e0", "0"},          {"123456789012345678901", NULL},
        {"-12.5e-1", "-1.25"}, {"0e5", "0E+5"},       {"100e0", "100"},
    };
    for (size_t k = 0; k < WR_ARRAY_LEN(cases); k++)
        check("EXTRACTJSONFIELD", cases[k][1] ? cases[k][1] : cases[k][0], S(cases[k][0]), S("$"));
}

static void test_arrays(void **state)
{
    (void)state;
    check("IS_JSON_STRING", "true", S("[1, 2]"));
    check("IS_JSON_STRING", "false", S("[1, 2"));
    check("IS_JSON_STRING", "false", S("  "));
    check("IS_JSON_STRING", "false", NS);
    check("JSON_ARRAY_CONTAINS", "true", S("[1, 2]"), I(2));
    check("JSON_ARRAY_CONTAINS", "true", S("[1, 2]"), L(2));
    check("JSON_ARRAY_CONTAINS", "false", S("[1, 2]"), D(2));
    check("JSON_ARRAY_CONTAINS", "true", S("[1, 2.0]"), D(2));
    check("JSON_ARRAY_CONTAINS", "false", S("[1, 2.0]"), I(2));
    check("JSON_ARRAY_CONTAINS", "true", S("[\"a\"]"), S("a"));
    check("JSON_ARRAY_CONTAINS", "false", S("[[\"a\"]]"), S("a"));
    check("JSON_ARRAY_CONTAINS", "true", S("[false]"), B(false));
    check("JSON_ARRAY_CONTAINS", "true", S("[null]"), NUL(&wr_type_null));
    /* Read as a stream: what stands before the break counts. */
    check("JSON_ARRAY_CONTAINS", "true", S("[1"), I(1));
    check("JSON_ARRAY_CONTAINS", "true", S("[1,"), I(1));
    check("JSON_ARRAY_CONTAINS", "true", S(" [0 , 1 ]]"), I(1));
    check("JSON_ARRAY_CONTAINS", "true", S("[\"a]\\\"\", {\"x\": [2]}, 1, }"), I(1));
    check("JSON_ARRAY_CONTAINS", "true", S("[\"\\\\\", 1"), I(1));
    check("JSON_ARRAY_CONTAINS", "false", S("[x, 1]"), I(1));
    check("JSON_ARRAY_CONTAINS", "false", S("[0 1]"), I(1));
    check("JSON_ARRAY_CONTAINS", "false", S("[0, , 1]"), I(1));
    check("JSON_ARRAY_CONTAINS", "false", S("[[0, 1]"), I(1));
    check("JSON_ARRAY_CONTAINS", "false", S("[{\"a\" 1}, 1]"), I(1));
    check("JSON_ARRAY_CONTAINS", "false", S("[\"a, 1]"), I(1));
    check("JSON_ARRAY_CONTAINS", "false", S("[]"), I(1));
    check("JSON_ARRAY_CONTAINS", "false", S("["), I(1));
    check("JSON_ARRAY_CONTAINS", "false", S("]"), I(1));
    check("JSON_ARRAY_CONTAINS", "false", S(""), I(1));
    check("JSON_ARRAY_CONTAINS", "false", S("\xEF\xBB\xBF[1]"), I(1));
    check("IS_JSON_STRING", "false", S("\xEF\xBB\xBF[1]"));
    check("JSON_ARRAY_CONTAINS", "false", S("{\"a\":1}"), I(1));
    check("JSON_ARRAY_CONTAINS", "error", NS, I(1));
    check("JSON_ARRAY_LENGTH", "2", S("[1, [2, 3]]"));
    check("JSON_ARRAY_LENGTH", "NULL", S("{\"a\":1}"));
    check("JSON_ARRAY_LENGTH", "error", S("[1"));
    check("JSON_ITEMS", "[1, {\"a\":2}, \"x\"]", S("[1, {\"a\": 2}, \"x\"]"));
    check("JSON_ITEMS", "[]", S("[]"));
    check("JSON_ITEMS", "error", S("{}"));
}

static void test_objects(void **state)
{
    (void)state;
    check("JSON_KEYS", "[b, a]", S("{\"b\": 1, \"a\": 2, \"b\": 3}"));
    check("JSON_KEYS", "NULL", S("[]"));
    check("JSON_RECORDS", "{b=3, a=x}", S("{\"b\": 1, \"a\": \"x\", \"b\": 3}"));
    check("JSON_RECORDS", "{}", S("{}"));
    check("JSON_RECORDS", "NULL", S("1"));
    check("JSON_CONCAT", "{\"a\":2,\"b\":1}", S("{\"a\":1,\"b\":1}"), S("{\"a\":2}"));
    check("JSON_CONCAT", "[1,2,{\"a\":1},4]", S("[1, 2]"), S("{\"a\": 1}"), S("4"));
    check("JSON_CONCAT", "[null,null]", S("null"), S("null"));
    check("JSON_CONCAT", "12", S("12")); /* one value stays what it is */
    check("JSON_CONCAT", "\"a\"", S("\"a\""));
    check("JSON_CONCAT", "[1]", S("[1]"));
    check("JSON_CONCAT", "{\"a\":2}", S("{\"a\":1,\"a\":2}"));
    /* Numbers are written without an exponent. */
    check("JSON_CONCAT", "[100000,-0.00000012,0.0,12.50,1200,0]", S("[1E5, -1.2e-7, -0.0, 12.50]"),
          S("1.2e3"), S("0e3"));
    check("JSON_CONCAT", "error: a number has more than 9999 zeroes", S("1e99999999"));
    check("JSON_CONCAT", "error: a number has more than 9999 zeroes", S("[1, 1e-10001]"));
    check("JSON_CONCAT", "NULL", S("1"), S(""));
    check("JSON_CONCAT", "NULL", S("1"), NS);
    check("JSON_CONCAT", "error", S("1"), S("{"));
}

static void test_to_json(void **state)
{
    (void)state;
    check("TO_JSON_STRING", "1", I(1));
    check("TO_JSON_STRING", "null", NUL(&wr_type_integer));
    check("TO_JSON_STRING", "\"a\\\"b\"", S("a\"b"));
    check("TO_JSON_STRING", "1.0E10", D(1e10));
    check("TO_JSON_STRING", "\"NaN\"", D(NAN));
    check("TO_JSON_STRING", "123.450", DEC("123.450", 6, 3));
    check("TO_JSON_STRING", "\"IQ==\"", Y("21"));
    check("TO_JSON_STRING", "\"16:43:40\"", TM(60220123));
    check("TO_JSON_STRING", "\"1972-09-27\"", DT(1000));
    check("TO_JSON_STRING", "\"1970-01-01T00:00:00.100\"", TS(100));
    check("TO_JSON_STRING", "[true,null]", ARR(&wr_type_boolean, B(true), NUL(&wr_type_boolean)));
    check("TO_JSON_STRING", "{\"a\":1,\"b\":2}", MAP(&wr_type_integer, S("b"), I(2), S("a"), I(1)));
    wr_field fields[] = {{"Z", STRING}, {"A", &wr_type_integer}};
    wr_nest *nest = wr_nest_new(fn_arena, 2, false);
    nest->items[0] = wr_value_str(WR_STR("z"));
    check("TO_JSON_STRING", "{\"A\":null,\"Z\":\"z\"}",
          (tv){wr_type_struct(fn_arena, fields, 2), wr_value_nest(nest)});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fn_test(test_extract), fn_test(test_numbers), fn_test(test_arrays),
        fn_test(test_objects), fn_test(test_to_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
