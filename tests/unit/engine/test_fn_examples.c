/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The examples in the comments of engine/functions/ *.c, as SQL: a comment that shows a value has
 * its line here, so that it cannot come to say what is no longer true.
 *
 * A case is an expression over constants and the text of its value; "null" is NULL, and "!" before
 * a text is the beginning of the error that evaluating it gives.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests_expr.h"

typedef struct example {
    const char *sql, *value;
} example;

/* ---- conversion.c, bytes.c ---- */

static const example byte_examples[] = {
    {"INT_FROM_BYTES(TO_BYTES('0000002a', 'hex'))", "42"},
    {"INT_FROM_BYTES(TO_BYTES('2a000000', 'hex'), 'LITTLE_ENDIAN')", "42"},
    {"INT_FROM_BYTES(TO_BYTES('2a000000', 'hex'), 'little_endian')", "42"},
    {"INT_FROM_BYTES(TO_BYTES('0000002a', 'hex'), 'BIG_ENDIAN')", "42"},
    {"INT_FROM_BYTES(TO_BYTES('2a', 'hex'))", "!Number of bytes must be equal to 4, but found 1"},
    {"INT_FROM_BYTES(TO_BYTES('0000002a', 'hex'), 'MIDDLE')", "!Byte order must be"},
    {"INT_FROM_BYTES(TO_BYTES('ffffffff', 'hex'))", "-1"},
    {"INT_FROM_BYTES(TO_BYTES('80000000', 'hex'))", "-2147483648"},
    {"BIGINT_FROM_BYTES(TO_BYTES('ffffffffffffffff', 'hex'))", "-1"},
    {"BIGINT_FROM_BYTES(TO_BYTES('0100000000000000', 'hex'), 'LITTLE_ENDIAN')", "1"},
    {"BIGINT_FROM_BYTES(TO_BYTES('00000001', 'hex'))", "!Number of bytes must be equal to 8"},
    {"DOUBLE_FROM_BYTES(TO_BYTES('3ff8000000000000', 'hex'))", "1.5"},
    {"DOUBLE_FROM_BYTES(TO_BYTES('000000000000f83f', 'hex'), 'LITTLE_ENDIAN')", "1.5"},
    {"DOUBLE_FROM_BYTES(TO_BYTES('7ff8000000000000', 'hex'))", "NaN"},
    {"ENCODE('0x4b', 'hex', 'ascii')", "K"},
    {"ENCODE('0xb', 'hex', 'base64')", "Cw=="},
    {"ENCODE('X''4b''', 'hex', 'ascii')", "K"},
    {"ENCODE('S w==', 'base64', 'utf8')", "K"},
    {"ENCODE('Sw', 'base64', 'utf8')", "K"},
    {"ENCODE('K', 'ascii', 'hex')", "4b"},
    {"ENCODE('K', 'hex', 'hex')", "!Supported input and output encodings"},
    {"ENCODE('K', 'utf16', 'hex')", "!Supported input and output encodings"},
    {"ENCODE('xy', 'hex', 'ascii')", "!ENCODE: 'xy' is not hexadecimal text"},
    {"ENCODE('\u00e9', 'ascii', 'hex')", "3f"},
    {"ENCODE('\u00e9', 'utf8', 'hex')", "c3a9"},
    {"FROM_BYTES(TO_BYTES('4B', 'hex'), 'hex')", "4B"},
    {"FROM_BYTES(TO_BYTES('4b', 'hex'), 'hex')", "4B"},
    {"FROM_BYTES(TO_BYTES('K', 'ascii'), 'base64')", "Sw=="},
    {"FROM_BYTES(TO_BYTES('ff', 'hex'), 'utf8')", "\ufffd"},
    {"FROM_BYTES(TO_BYTES('ff', 'hex'), 'ascii')", "\ufffd"},
    {"FROM_BYTES(TO_BYTES('K', 'ascii'), 'rot13')", "!Unknown encoding type 'rot13'"},
    {"TO_BYTES('0x4b', 'hex')", "!TO_BYTES: '0x4b' is no hex text"},
    {"TO_BYTES('S w==', 'base64')", "!TO_BYTES: 'S w==' is no base64 text"},
    {"MD5('')", "d41d8cd98f00b204e9800998ecf8427e"},
    {"MD5('a')", "0cc175b9c0f1b6a831c399e269772661"},
    {"MD5('abc')", "900150983cd24fb0d6963f7d28e17f72"},
    {"MD5('12345678901234567890123456789012345678901234567890123456789012345678901234567890')",
     "57edf4a22be3c955ac49da2e2107b67a"},
};

/* How many U+FFFD a malformed sequence becomes: the table above malformed_length in kernel.c. */
static const example malformed_examples[] = {
    {"FROM_BYTES(TO_BYTES('c328', 'hex'), 'utf8')", "\ufffd("},
    {"FROM_BYTES(TO_BYTES('e28228', 'hex'), 'utf8')", "\ufffd("},
    {"FROM_BYTES(TO_BYTES('f09f9828', 'hex'), 'utf8')", "\ufffd("},
    {"FROM_BYTES(TO_BYTES('80', 'hex'), 'utf8')", "\ufffd"},
    {"FROM_BYTES(TO_BYTES('8080', 'hex'), 'utf8')", "\ufffd\ufffd"},
    {"FROM_BYTES(TO_BYTES('c0af', 'hex'), 'utf8')", "\ufffd\ufffd"},
    {"FROM_BYTES(TO_BYTES('f5', 'hex'), 'utf8')", "\ufffd"},
    {"FROM_BYTES(TO_BYTES('e2', 'hex'), 'utf8')", "\ufffd"},
    {"FROM_BYTES(TO_BYTES('f09f9880', 'hex'), 'utf8')", "\U0001f600"},
    {"LEN(FROM_BYTES(TO_BYTES('f09f9880', 'hex'), 'utf8'))", "2"},
};

/* ---- texts ---- */

static const example split_examples[] = {
    {"SPLIT('a,b', ',')", "[a, b]"},
    {"SPLIT('a,,', ',')", "[a, , ]"},
    {"SPLIT('', ',')", "[]"},
    {"SPLIT('ab', '')", "[a, b]"},
    {"SPLIT('abc', '')", "[a, b, c]"},
    {"ARRAY_LENGTH(SPLIT('', ''))", "1"},
    {"ARRAY_LENGTH(SPLIT('', ','))", "1"},
    {"ARRAY_LENGTH(SPLIT('\U0001f600', ''))", "1"},
    {"SPLIT('a--b', '--')", "[a, b]"},
    {"SPLIT_TO_MAP('a=1;b=2', ';', '=')", "{a=1, b=2}"},
    {"SPLIT_TO_MAP('a=1;b;a=2=3', ';', '=')", "{a=2}"},
    {"SPLIT_TO_MAP('a=1', '=', '=')", "null"},
    {"SPLIT_TO_MAP('a=1', '', '=')", "null"},
    {"REGEXP_SPLIT_TO_ARRAY('boo:and:foo', 'o')", "[b, , :and:f, , ]"},
    {"REGEXP_SPLIT_TO_ARRAY('boo', 'o*')", "[b]"},
    {"REGEXP_SPLIT_TO_ARRAY('abc', 'x')", "[abc]"},
    {"REGEXP_SPLIT_TO_ARRAY('a1b22c', '\\d+')", "[a, b, c]"},
    {"REGEXP_REPLACE('ab', '(a)', '$10')", "a0b"},
    {"REGEXP_REPLACE('ab', '(?<n>a)', '<${n}>')", "<a>b"},
    {"REGEXP_REPLACE('ab', 'a', '\\$')", "$b"},
    {"REGEXP_REPLACE('ab', 'a', '$1')", "!REGEXP_REPLACE: No group with that number"},
    {"REGEXP_REPLACE('b', 'a', '$1')", "b"},
    {"REGEXP_REPLACE('ab', 'a', '${n')", "!REGEXP_REPLACE: named capturing group"},
    {"REGEXP_EXTRACT('a(b)?', 'a', 1)", "null"},
    {"REGEXP_EXTRACT('a(b)?', 'ab', 1)", "b"},
    {"REGEXP_EXTRACT('a', 'a', 1)", "null"},
    {"REGEXP_EXTRACT('a', 'a', -1)", "!REGEXP_EXTRACT: No group -1"},
    {"REGEXP_EXTRACT('\\u0041', 'xA')", "A"},
    {"REGEXP_EXTRACT('\\uD83D\\uDE00', 'x\U0001f600')", "\U0001f600"},
    {"REGEXP_EXTRACT('\\x41\\x{42}', 'xAB')", "AB"},
    {"REGEXP_EXTRACT('\\0101', 'xA')", "A"},
    {"REGEXP_EXTRACT('\\p{Lower}+', 'ABcd')", "cd"},
    {"REGEXP_EXTRACT('\\Qa.b\\E', 'axb a.b')", "a.b"},
    {"REGEXP_EXTRACT('[a[b]]', 'a')", "!REGEXP_EXTRACT: Invalid regular expression pattern"},
    {"REGEXP_EXTRACT('a{', 'a')", "!REGEXP_EXTRACT: Invalid regular expression pattern"},
    {"REGEXP_EXTRACT_ALL('x', 'abc')", "[]"},
    {"INITCAP('  the quick')", "The Quick"},
    {"INITCAP('\u01c6x')", "\u01c4x"},
    {"CONCAT(CHR(55357), CHR(56832))", "\U0001f600"},
    {"LEN(CONCAT(CHR(55357), CHR(56832)))", "2"},
    {"ELT(2, 'a', 'b')", "b"},
    {"ELT(2, 'a', CAST(NULL AS STRING))", "null"},
    {"MASK_LEFT('Card 123', 4)", "Xxxx 123"},
    {"MASK_RIGHT('Card 123', 4)", "Card-nnn"},
    {"MASK_KEEP_LEFT('Card 123', 4)", "Card-nnn"},
    {"MASK_KEEP_RIGHT('Card 123', 3)", "Xxxx-123"},
    {"MASK('My Test $123', '*', NULL, '1', NULL)", "*y *est $111"},
};

static const example url_examples[] = {
    {"URL_EXTRACT_PROTOCOL('ftp://user@h:80/p?q#f')", "ftp"},
    {"URL_EXTRACT_HOST('ftp://user@h:80/p?q#f')", "h"},
    {"URL_EXTRACT_PORT('ftp://user@h:80/p?q#f')", "80"},
    {"URL_EXTRACT_PATH('ftp://user@h:80/p?q#f')", "/p"},
    {"URL_EXTRACT_QUERY('ftp://user@h:80/p?q#f')", "q"},
    {"URL_EXTRACT_FRAGMENT('ftp://user@h:80/p?q#f')", "f"},
    {"URL_EXTRACT_PROTOCOL('//h/p')", "null"},
    {"URL_EXTRACT_HOST('//h/p')", "h"},
    {"URL_EXTRACT_PATH('mailto:a@b')", "null"},
    {"URL_EXTRACT_PROTOCOL('mailto:a@b')", "mailto"},
    {"URL_EXTRACT_HOST('ftp://a_b/')", "null"},
    {"URL_EXTRACT_HOST('ftp://h-1.org./')", "h-1.org."},
    {"URL_EXTRACT_HOST('ftp://1.2.3/')", "null"},
    {"URL_EXTRACT_HOST('ftp://10.0.0.1:80/')", "10.0.0.1"},
    {"URL_EXTRACT_HOST('file:///path')", "null"},
    {"URL_EXTRACT_PATH('file:///path')", "/path"},
    {"URL_EXTRACT_PORT('ftp://h:/')", "null"},
    {"URL_EXTRACT_QUERY('ftp://h?')", ""},
    {"URL_EXTRACT_QUERY('ftp://h')", "null"},
    {"URL_EXTRACT_PARAMETER('ftp://h?a', 'a')", ""},
    {"URL_EXTRACT_PARAMETER('ftp://h?a=1', 'b')", "null"},
    {"URL_EXTRACT_HOST('ftp://h/%zz')", "!URL input has invalid syntax: malformed escape pair"},
    {"URL_ENCODE_PARAM('a b~*')", "a+b%7E*"},
    {"URL_ENCODE_PARAM('\u00e9')", "%C3%A9"},
    {"URL_DECODE_PARAM('a%2Bb+c')", "a+b c"},
    {"URL_DECODE_PARAM('%4')", "!URL_DECODE_PARAM: illegal"},
};

static const example json_examples[] = {
    {"EXTRACTJSONFIELD('{\"a\": [1, 2]}', '$.a[1]')", "2"},
    {"EXTRACTJSONFIELD('{\"a\": \"x\"}', '$.a')", "x"},
    {"EXTRACTJSONFIELD('{\"a\": null}', '$.a')", "null"},
    {"EXTRACTJSONFIELD('{\"a\": 1}', '$.b')", "null"},
    {"EXTRACTJSONFIELD('{\"a\": {\"x y\": [7]}}', '$.a[\"x y\"][0]')", "7"},
    {"EXTRACTJSONFIELD('{\"a\": 1}', '$')", "{\"a\":1}"},
    {"EXTRACTJSONFIELD('{\"a\": 1}', 'a.b')", "!Invalid JSON path: 'a.b'"},
    {"EXTRACTJSONFIELD('[1.50, 1e3, 0.00001, 1e-8, -0, -0.0]', '$')",
     "[1.50,1E+3,0.00001,1E-8,0,0.0]"},
    {"EXTRACTJSONFIELD('{\"a\": 1, \"b\": 2, \"a\": 3}', '$')", "{\"a\":3,\"b\":2}"},
    {"JSON_KEYS('{\"b\": 1, \"a\": 2}')", "[b, a]"},
    {"JSON_CONCAT('[1]', '{\"a\": 2}')", "[1,{\"a\":2}]"},
    {"JSON_CONCAT('{\"a\": 1}', '{\"a\": 2}')", "{\"a\":2}"},
    {"JSON_ITEMS('[\"x\"]')", "[\"x\"]"},
    {"JSON_ITEMS('{}')", "!JSON_ITEMS: the text is not a JSON array"},
    {"JSON_RECORDS('{\"a\": \"x\", \"b\": 1}')", "{a=x, b=1}"},
    {"JSON_ARRAY_CONTAINS('[1e2]', 100)", "false"},
    {"JSON_ARRAY_CONTAINS('[100]', 100)", "true"},
    {"JSON_ARRAY_CONTAINS('[1.0]', 1)", "false"},
    {"JSON_ARRAY_CONTAINS('no json', 1)", "false"},
    {"IS_JSON_STRING('')", "false"},
    {"IS_JSON_STRING('null')", "true"},
    {"TO_JSON_STRING(MAP('b' := 1, 'a' := 2))", "{\"a\":2,\"b\":1}"},
    {"TO_JSON_STRING(STRUCT(B := 1, A := CAST(NULL AS INT)))", "{\"A\":null,\"B\":1}"},
    {"TO_JSON_STRING(DECIMAL '1.50')", "1.50"},
    {"TO_JSON_STRING(TO_BYTES('K', 'ascii'))", "\"Sw==\""},
    {"TO_JSON_STRING(SQRT(-1e0))", "\"NaN\""},
};

/* ---- numbers, arrays ---- */

static const example number_examples[] = {
    {"CEIL(3)", "3"},
    {"FLOOR(-3)", "-3"},
    {"CEIL(-0.5e0)", "-0.0"},
    {"ROUND(2.5e0)", "3"},
    {"ROUND(-2.5e0)", "-2"},
    {"ROUND(1.005e0, 2)", "1.01"},
    {"ROUND(15e0, -1)", "20.0"},
    {"ROUND(-1.9e0)", "-2"},
    {"TRUNC(-1.9e0)", "-1"},
    {"TRUNC(1e10)", "10000000000"},
    {"TRUNC(SQRT(-1e0))", "0"},
    {"ROUND(SQRT(-1e0), 1)", "!ROUND: the number is infinite or NaN"},
    {"SIGN(-12)", "-1"},
    {"ABS(-2147483648)", "-2147483648"},
    {"POWER(1, SQRT(-1e0))", "NaN"},
    {"LOG(1, 8)", "NaN"},
    {"LOG(2, 8)", "3.0"},
    {"GREATEST(DECIMAL '1.50', DECIMAL '1.5')", "1.50"},
    {"LEAST(2, NULL, 3)", "2"},
    {"NULLIF(DECIMAL '1.0', DECIMAL '1.0')", "null"},
    {"COALESCE(CAST(NULL AS INT), 1)", "1"},
    {"ARRAY_EXCEPT(ARRAY[1, 2, 2, 3], ARRAY[3])", "[1, 2]"},
    {"ARRAY_INTERSECT(ARRAY[3, 1, 3], ARRAY[1, 3])", "[3, 1]"},
    {"ARRAY_UNION(ARRAY[2, 1], ARRAY[1, 3])", "[2, 1, 3]"},
    {"ARRAY_DISTINCT(ARRAY[2, 1, 2])", "[2, 1]"},
    {"ARRAY_SORT(ARRAY[2, NULL, 1], 'descending')", "[2, 1, null]"},
    {"ARRAY_SORT(ARRAY[2, 1], 'sideways')", "null"},
    {"ARRAY_JOIN(ARRAY[1, NULL, 2], '-')", "1-null-2"},
    {"SLICE(ARRAY[1, 2, 3], 2, 3)", "[2, 3]"},
    {"SLICE(ARRAY[1, 2, 3], 0, 3)", "null"},
    {"SLICE(ARRAY[1, 2, 3], 3, 1)", "!SLICE: fromIndex(2) > toIndex(1)"},
    {"GENERATE_SERIES(3, 1)", "[3, 2, 1]"},
    {"GENERATE_SERIES(1, 3, 0)", "!GENERATE_SERIES step cannot be zero"},
    {"GENERATE_SERIES(1, 3, -1)", "!GENERATE_SERIES step has wrong sign"},
    {"GEO_DISTANCE(91, 0, 0, 0)", "!valid latitude values"},
    {"GEO_DISTANCE(0, 181, 0, 0)", "!valid longitude values"},
    {"GEO_DISTANCE(0, 0, 0, 0, 'furlong')", "!GeoDistance function units parameter"},
    {"GEO_DISTANCE(0, 0, 0, 0, NULL)", "0.0"},
    {"GEO_DISTANCE(0, 0, 0, 0, ' ')", "0.0"},
};

/* ---- dates ---- */

static const example date_examples[] = {
    {"FORMAT_DATE(DATE_OF, 'd MMM yyyy')", "6 May 2024"},
    {"FORMAT_DATE(DATE_OF, 'yyyy-MM-dd[ HH:mm]')", "2024-05-06"},
    {"FORMAT_DATE(DATE_OF, 'HH:mm')", "!FORMAT_DATE: failed to format"},
    {"FORMAT_DATE(DATE_OF, 'yy')", "24"},
    {"FORMAT_DATE(DATE_OF, 'y')", "2024"},
    {"FORMAT_DATE(DATE_OF, 'ddd')", "!FORMAT_DATE: Invalid date pattern 'ddd'"},
    {"FORMAT_DATE(DATE_OF, 'E e EEEE EEEEE')", "Mon 2 Monday M"},
    {"FORMAT_DATE(DATE_OF, 'Q QQQ QQQQ')", "2 Q2 2nd quarter"},
    {"FORMAT_DATE(DATE_OF, 'G GGGG GGGGG')", "AD Anno Domini A"},
    {"FORMAT_DATE(DATE_OF, 'DDD D F g')", "127 127 1 60436"},
    {"FORMAT_DATE(DATE_OF, 'ppppd|')", "   6|"},
    {"FORMAT_DATE(DATE_OF, '''o''''clock''')", "o'clock"},
    {"FORMAT_DATE(DATE_OF, 'B')", "!FORMAT_DATE: failed to format with 'B': Unsupported field"},
    {"FORMAT_DATE(PARSE_DATE('2024-12-28', 'yyyy-MM-dd'), 'Y-w')", "2024-52"},
    {"FORMAT_DATE(PARSE_DATE('2024-12-29', 'yyyy-MM-dd'), 'Y-w')", "2025-1"},
    {"STRINGTODATE('1970-01-02', 'yyyy-MM-dd')", "1"},
    {"STRINGTODATE('19700102', 'yyyyMMdd')", "1"},
    {"STRINGTODATE('2 jan 1970', 'd MMM yyyy')", "1"},
    {"STRINGTODATE('70-1-2', 'yyyy-MM-dd')", "!STRINGTODATE: failed to parse"},
    {"STRINGTODATE('2024-5-6', 'yyyy-MM-dd')", "!STRINGTODATE: failed to parse"},
    {"STRINGTODATE('2023-02-30', 'yyyy-MM-dd') - STRINGTODATE('2023-02-28', 'yyyy-MM-dd')", "0"},
    {"STRINGTODATE('2023-02-32', 'yyyy-MM-dd')", "!STRINGTODATE: failed to parse"},
    {"STRINGTODATE('2023-366', 'yyyy-DDD')", "!STRINGTODATE: failed to parse"},
    {"STRINGTODATE('24-01-01', 'yy-MM-dd') - STRINGTODATE('2024-01-01', 'yyyy-MM-dd')", "0"},
    {"PARSE_TIME('7 PM', 'h a')", "19:00"},
    {"PARSE_TIME('12 AM', 'h a')", "00:00"},
    {"PARSE_TIME('24', 'kk')", "00:00"},
    {"PARSE_TIME('PM', 'a')", "18:00"},
    {"PARSE_TIME('AM', 'a')", "06:00"},
    {"PARSE_TIME('5', 'SSS')", "!PARSE_TIME: failed to parse"},
    {"PARSE_TIME('12 13', 'HH HH')", "!PARSE_TIME: failed to parse"},
    {"PARSE_TIME('12:30 May', 'HH:mm MMM')", "!PARSE_TIME: failed to parse"},
    {"PARSE_DATE('2023-02-30', 'yyyy-MM-dd')", "2023-03-02"},
    {"PARSE_DATE('2023-14-01', 'yyyy-MM-dd')", "2024-02-01"},
    {"PARSE_DATE('2023-01-01 and more', 'yyyy-MM-dd')", "2023-01-01"},
    {"PARSE_DATE('2023-01-01 01', 'yyyy-MM-dd HH')", "!PARSE_DATE: failed to parse"},
    {"STRINGTOTIMESTAMP('1970-01-01 01:00', 'yyyy-MM-dd HH:mm', 'Europe/Berlin')", "0"},
    {"STRINGTOTIMESTAMP('1970-01-01 01:00 +01:00', 'yyyy-MM-dd HH:mm XXX', 'UTC')", "0"},
    {"STRINGTOTIMESTAMP('12', 'HH', 'UTC')", "43200000"},
    {"STRINGTOTIMESTAMP('1970', 'yyyy', 'Nowhere/Land')", "!STRINGTOTIMESTAMP: Unknown time-zone"},
    {"TIMESTAMPTOSTRING(0, 'HH:mm z', 'Europe/Berlin')", "01:00 CET"},
    {"TIMESTAMPTOSTRING(0, 'HH:mm O OOOO', '+05:30')", "05:30 GMT+5:30 GMT+05:30"},
    {"TIMESTAMPTOSTRING(0, 'X x Z XXX', 'UTC')", "Z +00 +0000 Z"},
    {"TIMESTAMPTOSTRING(-1, 'yyyy-MM-dd HH:mm:ss.SSS', 'UTC')", "1969-12-31 23:59:59.999"},
    {"UNIX_TIMESTAMP(CONVERT_TZ(FROM_UNIXTIME(0), 'UTC', '+01:00'))", "3600000"},
    {"UNIX_DATE(DATEADD(HOURS, 36, FROM_DAYS(10)))", "11"},
    {"UNIX_DATE(DATESUB(HOURS, 36, FROM_DAYS(10)))", "8"},
    {"TIMEADD(HOURS, 2, PARSE_TIME('23:00', 'HH:mm'))", "01:00"},
};

/* ---- lambdas, maps ---- */

static const example lambda_examples[] = {
    {"TRANSFORM(ARRAY[1, NULL], x => x IS NULL)", "[false, true]"},
    {"TRANSFORM(MAP('a' := 1), (k, v) => UCASE(k), (k, v) => v + 1)", "{A=2}"},
    {"TRANSFORM(MAP('a' := 1, 'A' := 2), (k, v) => UCASE(k), (k, v) => v)",
     "!TRANSFORM: two entries have the same new key"},
    {"FILTER(ARRAY[1, 2, 3], x => x > 1)", "[2, 3]"},
    {"FILTER(ARRAY[1, NULL], x => CAST(NULL AS BOOLEAN))", "!"},
    {"REDUCE(ARRAY[1, 2, 3], 10, (s, x) => s + x)", "16"},
    {"REDUCE(CAST(NULL AS ARRAY<INT>), 10, (s, x) => s + x)", "10"},
    {"REDUCE(ARRAY[1, 2], CAST(NULL AS INT), (s, x) => s + x)", "null"},
    {"MAP_UNION(MAP('a' := 1, 'b' := 2), MAP('a' := 3))", "{a=3, b=2}"},
    {"AS_MAP(ARRAY['a', 'b', 'a'], ARRAY[1, 2, 3])", "{a=3, b=2}"},
    {"AS_MAP(ARRAY['a', 'b'], ARRAY[1])", "{a=1, b=null}"},
    {"ENTRIES(MAP('b' := 2, 'a' := 1), TRUE)[1]->K", "a"},
    {"ENTRIES(MAP('b' := 2, 'a' := 1), FALSE)[1]->K", "b"},
};

/* DATE_OF in a case stands for 2024-05-06, a Monday. */
static const char *with_date(wr_arena *a, const char *sql)
{
    static const char word[] = "DATE_OF";
    const char *at = strstr(sql, word);
    if (!at)
        return sql;
    return wr_arena_printf(a, "%.*sFROM_DAYS(19849)%s", (int)(at - sql), sql, at + sizeof word - 1);
}

/* The value's text, or "!" and why there is none. */
static const char *evaluate(const char *sql, wr_arena *a)
{
    wr_schema empty = {0};
    wr_schema_scope scope;
    wr_expr *e;
    weir_error err = {0};
    wr_value v = WR_VALUE_NULL;
    wr_rng rng;
    wr_rng_seed(&rng, 1);
    wr_eval_ctx ctx = {.scratch = a, .zone = "UTC", .rng = &rng, .wall_ms = INT64_C(1700000000000)};
    wr_schema_scope_init(&scope, &empty, NULL, false, NULL);
    if (case_compile(with_date(a, sql), &scope.base, a, &e, &err) != WEIR_OK ||
        wr_expr_eval_once(e, &ctx, a, &v, &err) != WEIR_OK)
        return wr_arena_printf(a, "!%s", err.message);
    return case_text(a, wr_expr_type(e), &v);
}

static void check_examples(const example *cases, size_t n)
{
    wr_arena *a = wr_arena_new(0);
    unsigned wrong = 0;
    for (size_t i = 0; i < n; i++) {
        const char *got = evaluate(cases[i].sql, a), *want = cases[i].value;
        bool same = want[0] == '!' ? strncmp(got, want, strlen(want)) == 0 : !strcmp(got, want);
        if (!same)
            print_error("%s\n  is     %s\n  wanted %s\n", cases[i].sql, got, want);
        wrong += !same;
    }
    wr_arena_free(a);
    assert_int_equal(wrong, 0);
}

#define TEST_EXAMPLES(name)                                                                        \
    static void test_##name(void **state)                                                          \
    {                                                                                              \
        (void)state;                                                                               \
        check_examples(name##_examples, WR_ARRAY_LEN(name##_examples));                            \
    }
TEST_EXAMPLES(byte)
TEST_EXAMPLES(malformed)
TEST_EXAMPLES(split)
TEST_EXAMPLES(url)
TEST_EXAMPLES(json)
TEST_EXAMPLES(number)
TEST_EXAMPLES(date)
TEST_EXAMPLES(lambda)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_byte),  cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_split), cmocka_unit_test(test_url),
        cmocka_unit_test(test_json),  cmocka_unit_test(test_number),
        cmocka_unit_test(test_date),  cmocka_unit_test(test_lambda),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
