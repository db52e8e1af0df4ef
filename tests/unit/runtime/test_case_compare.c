/* SPDX-License-Identifier: Apache-2.0 */
/* What counts as equal when a record is held against the expected one. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "runtime/testing/testing_internal.h"

static wr_arena *arena;

static const wr_json *json(const char *text)
{
    wr_json *out;
    assert_int_equal(wr_json_parse(wr_str_c(text), true, arena, &out, NULL), WEIR_OK);
    return out;
}

static void test_values(void **state)
{
    (void)state;
    static const struct {
        const char *actual, *expected;
        bool same;
    } cases[] = {
        {"1", "1", true},
        {"1", "1.0", true}, /* a whole number equals by value */
        {"1.0", "1", false},
        {"1.0", "1.0", true},
        {"1.0", "1.00", false}, /* the scale counts */
        {"1E+2", "100", true},
        {"1.5E3", "1500", true},
        {"1.5E3", "1.5E3", true},
        {"-0.0", "0.0", true},
        {"0.10", "0.1", false},
        {"12345678901234567890123.5", "12345678901234567890123.5", true},
        {"12345678901234567890123.5", "12345678901234567890123.6", false},
        {"1.50", "\"1.50\"", true}, /* a text equals a decimal with these digits */
        {"1.5", "\"1.50\"", false},
        {"\"1.50\"", "1.50", false},
        {"\"a\"", "\"a\"", true},
        {"\"a\"", "\"A\"", false},
        {"null", "null", true},
        {"null", "\"\"", false},
        {"0", "null", false},
        {"true", "true", true},
        {"true", "1", false},
        {"[1, 2]", "[1, 2]", true},
        {"[1, 2]", "[2, 1]", false},
        {"[1]", "[1, 2]", false},
        {"{\"A\": 1, \"b\": 2}", "{\"b\": 2, \"a\": 1}", true}, /* names in upper case, too */
        {"{\"a\": 1}", "{\"A\": 1}", false},
        {"{\"A\": 1, \"B\": null}", "{\"A\": 1}", false},
        {"{\"A\": {\"X\": [1.0]}}", "{\"A\": {\"X\": [1.0]}}", true},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++)
        if (wr__value_matches(json(cases[i].actual), json(cases[i].expected)) != cases[i].same)
            fail_msg("%s against %s", cases[i].actual, cases[i].expected);
}

static void test_records(void **state)
{
    (void)state;
    static const char actual[] =
        "{\"key\": 1, \"value\": {\"A\": 2}, \"timestamp\": 5, \"window\": {\"start\": 0, "
        "\"end\": 9, \"type\": \"time\"}, \"headers\": [{\"KEY\": \"h\", \"VALUE\": null}]}";
    static const struct {
        const char *expected, *why; /* why NULL: equal */
        bool loose;
    } cases[] = {
        {"{\"key\": 1, \"value\": {\"a\": 2}, \"timestamp\": 5, \"window\": {\"type\": \"time\", "
         "\"start\": 0, \"end\": 9}, \"headers\": [{\"KEY\": \"h\", \"VALUE\": null}]}",
         NULL, false},
        {"{\"key\": 1, \"value\": {\"a\": 2}, \"window\": {\"start\": 0, \"end\": 9, \"type\": "
         "\"time\"}, \"headers\": [{\"KEY\": \"h\", \"VALUE\": null}]}",
         NULL, false},
        {"{\"key\": 1, \"value\": {\"a\": 2}, \"timestamp\": 0, \"window\": {\"start\": 0, "
         "\"end\": 9, \"type\": \"time\"}, \"headers\": [{\"KEY\": \"h\", \"VALUE\": null}]}",
         "timestamp is 5, expected 0", false},
        {"{\"key\": 1, \"value\": {\"a\": 2}, \"timestamp\": 0, \"window\": {\"start\": 0, "
         "\"end\": 9, \"type\": \"time\"}, \"headers\": [{\"KEY\": \"h\", \"VALUE\": null}]}",
         NULL, true},
        {"{\"key\": 2, \"value\": {\"a\": 2}, \"window\": {\"start\": 0, \"end\": 9, \"type\": "
         "\"time\"}}",
         "key is 1, expected 2", false},
        {"{\"key\": 1, \"value\": {\"a\": 2}}",
         "window is {\"start\":0,\"end\":9,\"type\":\"time\"}, expected null", false},
        {"{\"key\": 1, \"value\": {\"a\": 2}, \"window\": {\"start\": 0, \"end\": 9, \"type\": "
         "\"time\"}, \"headers\": []}",
         "headers is [{\"KEY\":\"h\",\"VALUE\":null}], expected null", false},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        wr_buf why = {0};
        bool same = wr__record_matches(json(actual), json(cases[i].expected), cases[i].loose, &why);
        assert_int_equal(same, cases[i].why == NULL);
        if (cases[i].why)
            assert_string_equal(wr_buf_cstr(&why), cases[i].why);
        wr_buf_free(&why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_records),
    };
    arena = wr_arena_new(0);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    wr_arena_free(arena);
    return failed;
}
