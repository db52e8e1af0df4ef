/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the heads of engine/functions/ *.c promise about NULL, faults and odd arguments: each line
 * of their tables is a case here, so that a comment and its function cannot part.
 */
#include "unit/engine/fn_test.h"

#include <math.h>

#define NULL_S NUL(&wr_type_string)
#define NULL_I NUL(&wr_type_integer)
#define NULL_L NUL(&wr_type_bigint)

static tv ints(void)
{
    return ARR(&wr_type_integer, I(1), NULL_I, I(2));
}

static tv null_ints(void)
{
    return NUL(wr_type_array(fn_arena, &wr_type_integer));
}

static tv null_map(void)
{
    return NUL(wr_type_map(fn_arena, &wr_type_string, &wr_type_integer));
}

static void test_string(void **state)
{
    (void)state;
    check("CHR", "NULL", NULL_I);
    check("CHR", "NULL", I(0x110000));
    check("CHR", "NULL", I(-1));
    check("CHR", "NULL", S("A"));
    check("CHR", "A", S("\\u0041"));
    check("CHR", "error", S("\\u00zz"));
    check("CONCAT", "", NULL_S, NULL_S);
    check("CONCAT", "a", NULL_S, S("a"));
    check("CONCAT_WS", "NULL", NULL_S, S("a"));
    check("CONCAT_WS", "a-b", S("-"), S("a"), NULL_S, S("b"));
    check("CONCAT_WS", "error", S("-"));
    check("ELT", "error", NULL_I, S("a"));
    check("ELT", "NULL", I(0), S("a"));
    check("ELT", "NULL", I(2), S("a"));
    check("ELT", "NULL", I(1), NULL_S);
    check("FIELD", "0", NULL_S, NULL_S);
    check("FIELD", "0", S("x"), S("a"));
    static const char *const quiet[] = {"INITCAP", "LCASE", "UCASE", "LEN", "TRIM"};
    for (size_t i = 0; i < WR_ARRAY_LEN(quiet); i++)
        check(quiet[i], "NULL", NULL_S);
    check("LEN", "2", S("\xf0\x9f\x98\x80"));
    check("REPLACE", "NULL", S("a"), NULL_S, S("b"));
    check("UUID", "NULL", Y("00"));
}

static void test_position(void **state)
{
    (void)state;
    check("SUBSTRING", "tream", S("stream"), I(2));
    check("SUBSTRING", "eam", S("stream"), I(-3));
    check("SUBSTRING", "stream", S("stream"), I(0));
    check("SUBSTRING", "", S("stream"), I(9));
    check("SUBSTRING", "NULL", S("stream"), NULL_I);
    check("INSTR", "2", S("banana"), S("an"));
    check("INSTR", "4", S("banana"), S("an"), I(-1));
    check("INSTR", "0", NULL_S, S("an"));
    check("INSTR", "0", S("banana"), NULL_S);
    check("INSTR", "error", S("banana"), S("an"), NULL_I);
    check("LPAD", "xyabc", S("abc"), I(5), S("xy"));
    check("RPAD", "ab", S("abc"), I(2), S("xy"));
    check("LPAD", "NULL", S("abc"), I(-1), S("xy"));
    check("RPAD", "NULL", S("abc"), I(5), S(""));
    check("LPAD", "error", S("abc"), I(16 * 1024 * 1024 + 1), S("xy"));
}

static void test_array(void **state)
{
    (void)state;
    check("ARRAY_CONCAT", "[1, null, 2]", null_ints(), ints());
    check("ARRAY_CONCAT", "[1, null, 2]", ints(), null_ints());
    check("ARRAY_CONCAT", "NULL", null_ints(), null_ints());
    check("ARRAY_CONTAINS", "false", null_ints(), NULL_I);
    check("ARRAY_CONTAINS", "true", ints(), NULL_I);
    static const char *const one[] = {"ARRAY_DISTINCT", "ARRAY_LENGTH", "ARRAY_MAX",
                                      "ARRAY_MIN",      "ARRAY_SORT",   "ARRAY_JOIN"};
    for (size_t i = 0; i < WR_ARRAY_LEN(one); i++)
        check(one[i], "NULL", null_ints());
    static const char *const two[] = {"ARRAY_EXCEPT", "ARRAY_INTERSECT", "ARRAY_UNION"};
    for (size_t i = 0; i < WR_ARRAY_LEN(two); i++) {
        check(two[i], "NULL", null_ints(), ints());
        check(two[i], "NULL", ints(), null_ints());
    }
    check("ARRAY_JOIN", "1null2", ints(), NULL_S);
    const tv nested = ARR(wr_type_array(fn_arena, &wr_type_integer), ints());
    check("ARRAY_JOIN", "error", nested);
    check("ARRAY_MAX", "error", nested);
    check("ARRAY_SORT", "[[1, null, 2]]", nested); /* nothing is compared */
    check("ARRAY_SORT", "error", ARR(wr_type_array(fn_arena, &wr_type_integer), ints(), ints()));
    check("ARRAY_REMOVE", "NULL", null_ints(), I(1));
    check("SLICE", "NULL", null_ints(), I(1), I(1));
    check("SLICE", "[1, null]", ints(), NULL_I, I(2));
    check("SLICE", "[null, 2]", ints(), I(2), NULL_I);
    check("SLICE", "error", ints(), I(3), I(1));
    check("GENERATE_SERIES", "error", NULL_I, I(2));
    check("GENERATE_SERIES", "error: step cannot be zero", I(1), I(2), I(0));
    check("GENERATE_SERIES", "error: wrong sign", I(1), I(2), I(-1));
    check("GENERATE_SERIES", "error: more than", I(0), I(1 << 20));
}

static void test_map(void **state)
{
    (void)state;
    const tv map = MAP(&wr_type_integer, S("a"), I(1));
    check("MAP_KEYS", "NULL", null_map());
    check("MAP_VALUES", "NULL", null_map());
    check("MAP_UNION", "{a=1}", null_map(), map);
    check("MAP_UNION", "{a=1}", map, null_map());
    check("MAP_UNION", "NULL", null_map(), null_map());
    check("ENTRIES", "NULL", null_map(), B(true));
    check("ENTRIES", "error", map, NUL(&wr_type_boolean));
}

static void test_dates(void **state)
{
    (void)state;
    const tv day = S("yyyy-MM-dd"), stamp = S("yyyy-MM-dd HH:mm");
    check("FORMAT_DATE", "NULL", NUL(&wr_type_date), day);
    check("FORMAT_DATE", "NULL", DT(0), NULL_S);
    check("FORMAT_TIMESTAMP", "1970-01-01 00:00", TS(0), stamp);
    check("FORMAT_TIMESTAMP", "NULL", NUL(&wr_type_timestamp), stamp);
    check("PARSE_DATE", "NULL", NULL_S, day);
    check("PARSE_TIME", "NULL", S("x"), NULL_S);
    check("PARSE_TIMESTAMP", "1970-01-01T00:00:00.000", S("1970-01-01 00:00"), stamp);
    check("DATETOSTRING", "error", NULL_I, day);
    check("DATETOSTRING", "NULL", I(0), NULL_S);
    check("STRINGTODATE", "error", NULL_S, day);
    check("STRINGTODATE", "error", S("1970-01-01"), NULL_S);
    check("STRINGTOTIMESTAMP", "error", S("1970-01-01 00:00"), NULL_S);
    check("TIMESTAMPTOSTRING", "error", NULL_L, stamp);
    check("TIMESTAMPTOSTRING", "NULL", L(0), NULL_S);
}

static void test_date_sums(void **state)
{
    (void)state;
    check("FROM_DAYS", "error", NULL_I);
    check("FROM_UNIXTIME", "NULL", NULL_L);
    check("DATEADD", "error: range of DATE", UNIT(2), I(1), DT(INT32_MAX));
    check("DATEADD", "1970-01-02", UNIT(3), I(36), DT(0));
    check("TIMEADD", "01:00", UNIT(3), I(2), TM(23 * 3600000));
    check("TIMESTAMPADD", "error", UNIT(0), I(1), TS(0));
    check("TIMESTAMPADD", "error", UNIT(1), I(1), TS(0));
}

static void test_numbers(void **state)
{
    (void)state;
    check("LN", "-Infinity", D(0));
    check("SQRT", "NaN", D(-1));
    check("COT", "Infinity", D(0));
    check("ABS", "-2147483648", I(INT32_MIN));
    check("CEIL", "-0.0", D(-0.5));
    check("TRUNC", "-1", D(-1.9));
    check("SIGN", "0", D((double)NAN));
    check("ROUND", "3", D(2.5));
    check("ROUND", "-2", D(-2.5));
    check("ROUND", "20.0", D(15), I(-1));
    check("ROUND", "1.01", D(1.005), I(2));
    check("ROUND", "error", NULL_I);
    check("ROUND", "NULL", NUL(&wr_type_double));
    check("ROUND", "error", D((double)INFINITY), I(1));
    check("NULLIF", "NULL", I(1), I(1));
    check("GREATEST", "2", NULL_I, I(2), I(1));
    check("LEAST", "NULL", NULL_I, NULL_I);
}

static void test_bytes(void **state)
{
    (void)state;
    check("ENCODE", "NULL", NULL_S, S("utf8"), S("hex"));
    check("ENCODE", "error", S("a"), S("utf8"), S("utf8"));
    check("ENCODE", "error", S("a"), S("utf8"), S("latin1"));
    check("ENCODE", "error", S("xy"), S("hex"), S("utf8"));
    check("TO_BYTES", "error", S("xy"), S("hex"));
    check("TO_BYTES", "error", S("xy"), S("latin1"));
    check("FROM_BYTES", "error", Y("00"), S("latin1"));
    check("FROM_BYTES", "NULL", NUL(&wr_type_bytes), S("hex"));
    check("MD5", "NULL", NULL_S);
}

static void test_json(void **state)
{
    (void)state;
    static const struct {
        const char *name, *no_json, *empty, *other, *null;
    } c[] = {
        {"IS_JSON_STRING", "false", "false", "true", "false"},
        {"JSON_ARRAY_LENGTH", "error", "NULL", "NULL", "NULL"},
        {"JSON_ITEMS", "error", "error", "error", "NULL"},
        {"JSON_KEYS", "error", "NULL", "NULL", "NULL"},
        {"JSON_RECORDS", "error", "NULL", "NULL", "NULL"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++) {
        check(c[i].name, c[i].no_json, S("{"));
        check(c[i].name, c[i].empty, S(" "));
        check(c[i].name, c[i].other, S("12"));
        check(c[i].name, c[i].null, NULL_S);
    }
    check("EXTRACTJSONFIELD", "error", S("{"), S("$.a"));
    check("EXTRACTJSONFIELD", "NULL", S(""), S("$.a"));
    check("EXTRACTJSONFIELD", "NULL", S("12"), S("$.a"));
    check("EXTRACTJSONFIELD", "NULL", NULL_S, S("$.a"));
    check("JSON_ARRAY_CONTAINS", "false", S("{"), I(1));
    check("JSON_ARRAY_CONTAINS", "false", S(""), I(1));
    check("JSON_ARRAY_CONTAINS", "false", S("1"), I(1));
    check("JSON_ARRAY_CONTAINS", "error", NULL_S, I(1));
    check("JSON_CONCAT", "error", S("{"), S("1"));
    check("JSON_CONCAT", "NULL", S(""), S("1"));
    check("JSON_CONCAT", "[{\"a\":1},1]", S("{\"a\":1}"), S("1"));
    check("JSON_CONCAT", "NULL", NULL_S, S("1"));
}

static void test_url(void **state)
{
    (void)state;
    check("URL_EXTRACT_PATH", "", S("http://localhost"));
    check("URL_EXTRACT_QUERY", "NULL", S("http://localhost"));
    check("URL_EXTRACT_PORT", "NULL", S("http://localhost"));
    check("URL_EXTRACT_PROTOCOL", "mailto", S("mailto:a@b"));
    check("URL_EXTRACT_PATH", "NULL", S("mailto:a@b"));
    check("URL_EXTRACT_HOST", "NULL", S("mailto:a@b"));
    check("URL_EXTRACT_HOST", "h", S("//h/p"));
    check("URL_EXTRACT_PROTOCOL", "NULL", S("//h/p"));
    check("URL_EXTRACT_HOST", "NULL", S("http://localhost_b/"));
    check("URL_EXTRACT_PATH", "/\xc3\xa9", S("http://localhost/%C3%A9"));
}

static void test_regexp(void **state)
{
    (void)state;
    check("REGEXP_EXTRACT", "NULL", S("x"), S("abc"));
    check("REGEXP_EXTRACT", "NULL", S("a(x)?"), S("abc"), I(1));
    check("REGEXP_EXTRACT", "NULL", S("a"), S("abc"), I(1));
    check("REGEXP_EXTRACT", "error", S("a"), S("abc"), I(-1));
    check("REGEXP_EXTRACT_ALL", "[]", S("x"), S("abc"));
    check("REGEXP_REPLACE", "error", S("abc"), S("b"), S("$2"));
    check("REGEXP_REPLACE", "abc", S("abc"), S("x"), S("$2"));
    check("REGEXP_SPLIT_TO_ARRAY", "[abc]", S("abc"), S("x"));
    check("REGEXP_EXTRACT", "error", S("("), S("abc"));
    check("REGEXP_EXTRACT", "NULL", NULL_S, S("abc"));
}

static void test_mask(void **state)
{
    (void)state;
    check("MASK", "Xx-Xxxx--nnn", S("My Test $123"));
    check("MASK", "*y *est $111", S("My Test $123"), S("*"), NULL_S, S("1"), NULL_S);
    check("MASK_LEFT", "Xxxx 123", S("Card 123"), I(4));
    check("MASK_KEEP_RIGHT", "Xxxx-123", S("Card 123"), I(3));
    check("MASK", "NULL", NULL_S);
    check("MASK", "error", S("a"), S("**"), S("x"), S("n"), S("-"));
    check("MASK_LEFT", "error", S("a"), NULL_I);
    check("MASK_LEFT", "error", S("a"), I(-1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fn_test(test_string), fn_test(test_position),  fn_test(test_array),   fn_test(test_map),
        fn_test(test_dates),  fn_test(test_date_sums), fn_test(test_numbers), fn_test(test_bytes),
        fn_test(test_json),   fn_test(test_url),       fn_test(test_regexp),  fn_test(test_mask),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
