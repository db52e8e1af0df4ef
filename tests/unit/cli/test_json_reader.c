/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON reader of envelopes: what RFC 8259 allows is taken as it stands, all else is refused
 * with a reason, and no text makes it read past its end.
 */
#include "cli_test.h"

#include "json_reader.h"

static cli_json_kind read_value(const char *text, size_t len, cli_text *out, const char **problem)
{
    /* Memory of its own, so that ASan sees a step too far. */
    char *bytes = malloc(len ? len : 1);
    memcpy(bytes, text, len);
    cli_json j;
    cli_json_begin(&j, bytes, len);
    cli_text_clear(out);
    cli_json_kind kind = cli_json_value(&j, out);
    *problem = j.problem;
    if (kind != CLI_JSON_ERROR && !cli_json_at_end(&j)) {
        kind = CLI_JSON_ERROR;
        *problem = "text after the value";
    }
    free(bytes);
    return kind;
}

/* ------------------------------------------------------------------------------------- strings */

static void test_strings(void **state)
{
    (void)state;
    static const struct {
        const char *json, *text;
        size_t len;
    } cases[] = {
        {"\"\"", "", 0},
        {"\"plain\"", "plain", 5},
        {" \t\r\n\"x\" ", "x", 1},
        {"\"\\\"\\\\\\/\"", "\"\\/", 3},
        {"\"\\b\\f\\n\\r\\t\"", "\b\f\n\r\t", 5},
        {"\"\\u0041\\u00e9\\u20AC\"", "A\xc3\xa9\xe2\x82\xac", 6},
        {"\"\\u0000\"", "\0", 1},
        {"\"\\ud83d\\ude00\"", "\xf0\x9f\x98\x80", 4},
        {"\"\\uD83D\\uDE00\"", "\xf0\x9f\x98\x80", 4},
        {"\"\\ud83d\"", "\xef\xbf\xbd", 3},                    /* a half alone */
        {"\"\\ude00\"", "\xef\xbf\xbd", 3},                    /* the other half */
        {"\"\\ude00\\ude00\"", "\xef\xbf\xbd\xef\xbf\xbd", 6}, /* twice the same half */
        {"\"\\ud83dx\"", "\xef\xbf\xbdx", 4},                  /* and no second */
        {"\"\\ud83d\\n\"", "\xef\xbf\xbd\n", 4},               /* another escape after it */
        {"\"\\ud83d\\u0041\"",
         "\xef\xbf\xbd"
         "A",
         4}, /* no second half */
        {"\"\\ud83d\\ud83d\\ude00\"", "\xef\xbf\xbd\xf0\x9f\x98\x80", 7},
        {"\"K\xc3\xb6ln\"", "K\xc3\xb6ln", 5},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        cli_text out = {0};
        const char *problem;
        if (read_value(cases[i].json, strlen(cases[i].json), &out, &problem) != CLI_JSON_STRING)
            fail_msg("%s: %s", cases[i].json, problem);
        assert_int_equal(out.len, cases[i].len);
        assert_memory_equal(cli_text_string(&out), cases[i].text, cases[i].len);
        cli_text_free(&out);
    }
}

/* -------------------------------------------------------------------------------- other values */

static void test_others_stand_as_they_are(void **state)
{
    (void)state;
    static const char *const values[] = {
        "0",
        "-0",
        "7",
        "-12",
        "0.5",
        "1e5",
        "1E+5",
        "-1.50e-03",
        "123456789012345678901234567890",
        "1.00000000000000000000000001",
        "true",
        "false",
        "{}",
        "[]",
        "{ }",
        "[ ]",
        "[1,2,3]",
        "[ 1 , [ null ] ]",
        "{\"a\":1}",
        "{\"a\":{\"b\":[true,false,null]}}",
        "{\"a\":1,\"a\":2}",
        "[\"\\u0041\"]",
        "{\"\":\"\"}",
        "[[[[[[[[[[]]]]]]]]]]",
    };
    for (size_t i = 0; i < COUNT(values); i++) {
        cli_text out = {0};
        const char *problem;
        if (read_value(values[i], strlen(values[i]), &out, &problem) != CLI_JSON_OTHER)
            fail_msg("%s: %s", values[i], problem);
        check_text(&out, values[i]);
        cli_text_free(&out);
    }
}

static void test_null(void **state)
{
    (void)state;
    cli_text out = {0};
    const char *problem;
    assert_int_equal(read_value(" null ", 6, &out, &problem), CLI_JSON_NULL);
    assert_int_equal(out.len, 0);
    cli_text_free(&out);
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *json, *problem;
    } cases[] = {
        {"", "the text ends where a value should be"},
        {"  ", "the text ends where a value should be"},
        {"\"", "the text ends inside a string"},
        {"\"abc", "the text ends inside a string"},
        {"\"abc\\", "the text ends inside a string"},
        {"\"\\x\"", "unknown escape in a string"},
        {"\"\\u12\"", "\\u needs four hexadecimal digits"},
        {"\"\\u12g4\"", "\\u needs four hexadecimal digits"},
        {"\"\\u", "\\u needs four hexadecimal digits"},
        {"\"a\nb\"", "control character in a string"},
        {"\"\x01\"", "control character in a string"},
        {"nul", "expected a value"},
        {"tru", "expected a value"},
        {"falsy", "expected a value"},
        {"nullx", "text after the value"},
        {"01", "malformed number"},
        {"-", "malformed number"},
        {"-x", "malformed number"},
        {"+1", "malformed number"},
        {".5", "malformed number"},
        {"1.", "malformed number"},
        {"1.e5", "malformed number"},
        {"1e", "malformed number"},
        {"1e+", "malformed number"},
        {"0x1", "text after the value"},
        {"NaN", "malformed number"},
        {"'a'", "malformed number"},
        {"[1", "expected ',' or ']'"},
        {"[1 2]", "expected ',' or ']'"},
        {"[1,]", "malformed number"},
        {"[,1]", "malformed number"},
        {"]", "malformed number"},
        {"{", "expected a string"},
        {"{a:1}", "expected a string"},
        {"{\"a\" 1}", "expected ':'"},
        {"{\"a\":}", "malformed number"},
        {"{\"a\":1", "expected ',' or '}'"},
        {"{\"a\":1,}", "expected a string"},
        {"{\"a\":1]", "expected ',' or '}'"},
        {"[1}", "expected ',' or ']'"},
        {"1 2", "text after the value"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        cli_text out = {0};
        const char *problem;
        if (read_value(cases[i].json, strlen(cases[i].json), &out, &problem) != CLI_JSON_ERROR)
            fail_msg("'%s' was taken as '%s'", cases[i].json, cli_text_string(&out));
        if (strcmp(problem, cases[i].problem) != 0)
            fail_msg("'%s': %s\nexpected: %s", cases[i].json, problem, cases[i].problem);
        cli_text_free(&out);
    }
}

static void test_zero_bytes(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        size_t len;
    } cases[] = {{"\0", 1}, {"\"\\\0\"", 4}, {"\"a\0\"", 4}, {"[1\0]", 4}, {"{\0}", 3}, {"1\0", 2}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        cli_text out = {0};
        const char *problem;
        assert_int_equal(read_value(cases[i].json, cases[i].len, &out, &problem), CLI_JSON_ERROR);
        assert_non_null(problem);
        cli_text_free(&out);
    }
}

static void test_depth(void **state)
{
    (void)state;
    for (size_t depth = CLI_JSON_DEPTH_MAX - 1; depth < CLI_JSON_DEPTH_MAX + 3; depth++) {
        cli_text json = {0}, out = {0};
        const char *problem;
        cli_text_addc(&json, '[', depth);
        cli_text_addc(&json, ']', depth);
        bool fits = depth <= CLI_JSON_DEPTH_MAX + 1; /* the innermost is at depth - 1 */
        cli_json_kind kind = read_value(json.at, json.len, &out, &problem);
        assert_int_equal(kind, fits ? CLI_JSON_OTHER : CLI_JSON_ERROR);
        if (!fits)
            assert_string_equal(problem, "nested too deeply");
        cli_text_free(&json);
        cli_text_free(&out);
    }
    cli_text json = {0}, out = {0};
    const char *problem;
    cli_text_addc(&json, '[', 1000000); /* does not exhaust the stack */
    assert_int_equal(read_value(json.at, json.len, &out, &problem), CLI_JSON_ERROR);
    cli_text_free(&json);
    cli_text_free(&out);
}

/* Every beginning of a good text is refused, and none is read past its end. */
static void test_cut_off(void **state)
{
    (void)state;
    static const char json[] =
        "{\"a\":[1,-2.5e+3,\"x\\ud83d\\ude00\\n\"],\"b\":{\"c\":null,\"d\":true,\"e\":false}}";
    cli_text out = {0};
    const char *problem;
    for (size_t len = 0; len < sizeof json - 1; len++) {
        problem = NULL;
        assert_int_equal(read_value(json, len, &out, &problem), CLI_JSON_ERROR);
        assert_non_null(problem);
    }
    assert_int_equal(read_value(json, sizeof json - 1, &out, &problem), CLI_JSON_OTHER);
    cli_text_free(&out);
}

/* One byte of a good text changed: refused or taken, but never a crash, and what is taken as it
 * stands is taken again. */
static void test_changed_bytes(void **state)
{
    (void)state;
    static const char json[] = "{\"a\":[1,-2.5e+3,\"x\\ud83d\\ude00\"],\"b\":{\"c\":null}}";
    static const char bytes[] = "\0\x01\"\\{}[]:,-+.e0u\xff";
    cli_text out = {0}, again = {0};
    const char *problem;
    for (size_t i = 0; i < sizeof json - 1; i++) {
        for (size_t b = 0; b < sizeof bytes - 1; b++) {
            char changed[sizeof json];
            memcpy(changed, json, sizeof json);
            changed[i] = bytes[b];
            if (read_value(changed, sizeof json - 1, &out, &problem) != CLI_JSON_OTHER)
                continue;
            assert_int_equal(read_value(out.at, out.len, &again, &problem), CLI_JSON_OTHER);
            assert_int_equal(out.len, again.len);
            assert_memory_equal(out.at, again.at, out.len);
        }
    }
    cli_text_free(&out);
    cli_text_free(&again);
}

static void test_steps(void **state)
{
    (void)state;
    cli_json j;
    cli_text out = {0};
    cli_json_begin(&j, " { \"a\" : 1 , \"b\" : \"x\" } ", 25);
    assert_false(cli_json_take(&j, '['));
    assert_true(cli_json_take(&j, '{'));
    assert_true(cli_json_string(&j, &out));
    assert_true(cli_json_take(&j, ':'));
    assert_int_equal(cli_json_value(&j, &out), CLI_JSON_OTHER);
    check_text(&out, "a1"); /* appended */
    assert_true(cli_json_take(&j, ','));
    assert_true(cli_json_string(&j, &out));
    assert_true(cli_json_take(&j, ':'));
    assert_false(cli_json_at_end(&j));
    assert_int_equal(cli_json_value(&j, &out), CLI_JSON_STRING);
    assert_true(cli_json_take(&j, '}'));
    assert_true(cli_json_at_end(&j));
    assert_null(j.problem);
    assert_false(cli_json_string(&j, &out));
    assert_string_equal(j.problem, "expected a string");
    cli_json_fail(&j, "another"); /* the first is kept: it is the cause */
    assert_string_equal(j.problem, "expected a string");
    cli_text_free(&out);
}

/* As ksqlDB's CLI shows nested values: the text of a Java map or list. */
static void test_show(void **state)
{
    (void)state;
    static const struct {
        const char *json, *shown;
    } cases[] = {
        {"{\"A\":1,\"B\":2}", "{A=1, B=2}"},
        {"{\"A\":null,\"B\":{\"C\":\"x y\"}}", "{A=null, B={C=x y}}"},
        {"[1,2.50,null,\"a\"]", "[1, 2.50, null, a]"},
        {"[{\"K\":[]},{}]", "[{K=[]}, {}]"},
        {"{\"a \\\"b\\\"\":\"\\u00e9,=\"}", "{a \"b\"=\xc3\xa9,=}"},
        {"{\"D\":1.0E10,\"T\":true}", "{D=1.0E10, T=true}"},
        {"\"text\"", "text"},
        {"null", "null"},
    };
    cli_text out = {0};
    for (size_t i = 0; i < COUNT(cases); i++) {
        cli_text_clear(&out);
        assert_true(cli_json_show(cases[i].json, &out));
        assert_string_equal(cli_text_string(&out), cases[i].shown);
    }
    static const char *const bad[] = {"", "{", "{\"a\"}", "[1,]", "{} x", "{\"a\":nul}"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        cli_text_clear(&out);
        assert_false(cli_json_show(bad[i], &out));
        assert_int_equal(out.len, 0);
    }
    cli_text_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strings),    cmocka_unit_test(test_others_stand_as_they_are),
        cmocka_unit_test(test_null),       cmocka_unit_test(test_refused),
        cmocka_unit_test(test_zero_bytes), cmocka_unit_test(test_depth),
        cmocka_unit_test(test_cut_off),    cmocka_unit_test(test_changed_bytes),
        cmocka_unit_test(test_steps),      cmocka_unit_test(test_show),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
