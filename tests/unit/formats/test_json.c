/* SPDX-License-Identifier: Apache-2.0 */
/* wr_json: the document reader. */
#include "fixture.h"

static const char *print(const char *text, bool comments)
{
    wr_json *j;
    weir_error err = {0};
    if (wr_json_parse(exact(text, strlen(text)), comments, arena, &j, &err) != WEIR_OK) {
        assert_int_equal(err.code, WEIR_ERR_RECORD);
        return wr_arena_printf(arena, "%d: %s", (int)err.offset, err.message);
    }
    wr_buf out = {0};
    wr_json_print(&out, j);
    const char *s = wr_arena_strdup(arena, wr_buf_cstr(&out));
    wr_buf_free(&out);
    return s;
}

static void test_print(void **state)
{
    (void)state;
    static const char *const c[][2] = {
        {" null ", "null"},
        {"1.10", "1.10"}, /* numbers as written */
        {"[ 1e400 , -0.0,123456789012345678901234567890 ]",
         "[1e400,-0.0,123456789012345678901234567890]"},
        {"{\"a\" : {} , \"a\":[], \"\\u0000\": true}", "{\"a\":{},\"a\":[],\"\\u0000\":true}"},
        {"\"\\ud83d\\ude00\\u00e9\\/\"", "\"\xF0\x9F\x98\x80\xC3\xA9/\""},
        {"\"\\ude00\"", "\"?\""},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++)
        assert_string_equal(print(c[i][0], false), c[i][1]);
}

static void test_errors(void **state)
{
    (void)state;
    static const char *const c[][2] = {
        {"", "0: Invalid JSON at byte 0: the text ends where a value is expected"},
        {"[1,2", "4: Invalid JSON at byte 4: the text ends inside an object or array"},
        {"[1] x", "4: Invalid JSON at byte 4: text follows the value"},
        {"{1:2}", "1: Invalid JSON at byte 1: a name in quotes is expected"},
        {"[1] // no", "4: Invalid JSON at byte 4: text follows the value"},
        {"\"\x80\"", "-1: Invalid JSON: the text is not UTF-8"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++)
        assert_string_equal(print(c[i][0], false), c[i][1]);
}

static void test_comments(void **state)
{
    (void)state;
    assert_string_equal(
        print("// a\n{ /* b ** */ \"x\": /**/ 1 // c\n, \"y\": \"//\" } /* d */ // e", true),
        "{\"x\":1,\"y\":\"//\"}");
    assert_string_equal(print("1 /* open", true),
                        "2: Invalid JSON at byte 2: text follows the value");
    assert_string_equal(print("1 /", true), "2: Invalid JSON at byte 2: text follows the value");
}

static void test_get_and_raw(void **state)
{
    (void)state;
    wr_json *j;
    weir_error err;
    wr_str text = WR_STR("{\"a\": 1, \"b\\u0031\": [ 2, {\"c\": \"x\\ny\"} ], \"a\": 3.0 }");
    assert_int_equal(wr_json_parse(text, false, arena, &j, &err), WEIR_OK);
    assert_int_equal(j->kind, WR_JSON_OBJECT);
    assert_int_equal(j->n, 3);
    assert_true(wr_str_eq(wr_json_get(j, "a")->text, WR_STR("3.0"))); /* the last one */
    const wr_json *b = wr_json_get(j, "b1");
    assert_true(wr_str_eq(b->raw, WR_STR("[ 2, {\"c\": \"x\\ny\"} ]")));
    const wr_json *c = wr_json_get(&b->items[1], "c");
    assert_true(wr_str_eq(c->text, WR_STR("x\ny")));
    assert_true(wr_str_eq(c->raw, WR_STR("\"x\\ny\"")));
    assert_null(wr_json_get(j, "c"));
    assert_null(wr_json_get(b, "c"));
    assert_null(wr_json_get(NULL, "c"));
}

static void test_depth(void **state)
{
    (void)state;
    char text[202];
    memset(text, '[', 101);
    memset(text + 101, ']', 101);
    wr_json *j;
    weir_error err;
    assert_int_equal(wr_json_parse(wr_str_make(text + 1, 200), false, arena, &j, &err), WEIR_OK);
    assert_int_equal(wr_json_parse(wr_str_make(text, 202), false, arena, &j, &err),
                     WEIR_ERR_RECORD);
}

/* J01: of a record only the first value counts, and only its bytes must be UTF-8. */
static void test_first_value(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool good;
    } c[] = {
        {"{\"a\":1}x", true},        {"{\"a\":1}\xff", true},  {"null \xff", true},
        {"{\"a\":\"\xff\"}", false}, {"\xff{\"a\":1}", false}, {"{\"a\":1", false},
        {"{\"a\":1\xff", false},     {"{\"\xC3\":1}", false},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++) {
        wr_json *j;
        weir_error err = {0};
        wr_str text = exact(c[i].text, strlen(c[i].text));
        weir_status st = wr_json_parse_first(text, arena, &j, &err);
        assert_int_equal(st, c[i].good ? WEIR_OK : WEIR_ERR_RECORD);
        assert_int_equal(wr_json_parse(text, false, arena, &j, &err), WEIR_ERR_RECORD);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_print),    cmocka_unit_test(test_errors),
        cmocka_unit_test(test_comments), cmocka_unit_test(test_get_and_raw),
        cmocka_unit_test(test_depth),    cmocka_unit_test(test_first_value),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
