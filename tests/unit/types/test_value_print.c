/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The three texts of a value: CAST's, JSON, SQL.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "types/decimal.h"
#include "types/value.h"

#include <math.h>

static wr_arena *arena;

static int setup(void **state)
{
    (void)state;
    arena = wr_arena_new(0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    wr_arena_free(arena);
    return 0;
}

static void check(const wr_type *t, wr_value v, const char *cast, const char *json, const char *sql)
{
    wr_buf b = {0};
    wr_value_print(&b, t, &v);
    assert_string_equal(wr_buf_cstr(&b), cast);
    wr_buf_clear(&b);
    wr_value_print_json(&b, t, &v);
    assert_string_equal(wr_buf_cstr(&b), json);
    wr_buf_clear(&b);
    wr_value_print_sql(&b, t, &v);
    assert_string_equal(wr_buf_cstr(&b), sql);
    wr_buf_free(&b);
}

static void check_decimal(int precision, int scale, const char *text, const char *sql)
{
    const wr_type *t = wr_type_decimal(arena, precision, scale);
    wr_value v;
    assert_int_equal(wr_dec_from_text(wr_str_c(text), t, true, arena, &v), WR_DEC_OK);
    check(t, v, text, text, sql);
}

static void test_simple(void **state)
{
    (void)state;
    check(&wr_type_null, WR_VALUE_NULL, "", "null", "NULL");
    check(&wr_type_bigint, WR_VALUE_NULL, "", "null", "NULL");
    check(&wr_type_boolean, wr_value_bool(true), "true", "true", "true");
    check(&wr_type_integer, wr_value_i32(-7), "-7", "-7", "-7");
    check(&wr_type_bigint, wr_value_i64(INT64_MIN), "-9223372036854775808", "-9223372036854775808",
          "-9223372036854775808");
    check(&wr_type_double, wr_value_f64(1), "1.0", "1.0", "1.0E0");
    check(&wr_type_double, wr_value_f64(1e10), "1.0E10", "1.0E10", "1.0E10");
    check(&wr_type_double, wr_value_f64((double)NAN), "NaN", "\"NaN\"", "(0E0 / 0E0)");
    check(&wr_type_double, wr_value_f64(-(double)INFINITY), "-Infinity", "\"-Infinity\"",
          "(-1E0 / 0E0)");
    check(&wr_type_string, wr_value_str(WR_STR("it's \"x\"")), "it's \"x\"", "\"it's \\\"x\\\"\"",
          "'it''s \"x\"'");
    check(&wr_type_bytes, wr_value_str(WR_STR("foob")), "Zm9vYg==", "\"Zm9vYg==\"",
          "TO_BYTES('Zm9vYg==', 'base64')");
    check(&wr_type_date, wr_value_i32(18408), "2020-05-26", "\"2020-05-26\"",
          "CAST('2020-05-26' AS DATE)");
    check(&wr_type_timestamp, wr_value_i64(7), "1970-01-01T00:00:00.007",
          "\"1970-01-01T00:00:00.007\"", "CAST('1970-01-01T00:00:00.007' AS TIMESTAMP)");
    /* CAST drops the milliseconds of a TIME, the other forms do not. */
    check(&wr_type_time, wr_value_i32(3661001), "01:01:01", "\"01:01:01.001\"",
          "CAST('01:01:01.001' AS TIME)");
    check(&wr_type_time, wr_value_i32(3600000), "01:00", "\"01:00\"", "CAST('01:00' AS TIME)");
}

static void test_decimals(void **state)
{
    (void)state;
    check_decimal(4, 2, "1.50", "1.50");
    check_decimal(4, 4, "-0.0500", "-0.0500");
    check_decimal(4, 0, "-12", "DECIMAL '-12'");
    check_decimal(9, 9, "0.000000000", "0.000000000");
    check_decimal(38, 0, "99999999999999999999999999999999999999",
                  "DECIMAL '99999999999999999999999999999999999999'");
    check_decimal(38, 20, "-100000000000000000.00000000000000000001",
                  "-100000000000000000.00000000000000000001");
    check_decimal(45, 5, "-1234567890123456789012345678901234567890.12345",
                  "-1234567890123456789012345678901234567890.12345");
    check_decimal(45, 45, "0.000000000000000000000000000000000000000000001",
                  "0.000000000000000000000000000000000000000000001");
    check_decimal(45, 2, "0.00", "0.00");
}

static void test_nested(void **state)
{
    (void)state;
    const wr_type *array = wr_type_array(arena, &wr_type_double);
    wr_nest *n = wr_nest_new(arena, 3, false);
    n->items[0] = wr_value_f64(1);
    n->items[2] = wr_value_f64(2.5);
    check(array, wr_value_nest(n), "[1.0, null, 2.5]", "[1.0,null,2.5]",
          "ARRAY[1.0E0, NULL, 2.5E0]");
    check(array, wr_value_nest(wr_nest_new(arena, 0, false)), "[]", "[]", "ARRAY[]");

    const wr_type *map = wr_type_map(arena, &wr_type_string, &wr_type_string);
    wr_nest *m = wr_nest_new(arena, 2, true);
    m->keys[0] = wr_value_str(WR_STR("k\n"));
    m->items[0] = wr_value_str(WR_STR("v"));
    m->keys[1] = wr_value_str(WR_STR("k2"));
    check(map, wr_value_nest(m), "{k\n=v, k2=null}", "{\"k\\n\":\"v\",\"k2\":null}",
          "MAP('k\n' := 'v', 'k2' := NULL)");
    const wr_type *by_number = wr_type_map(arena, &wr_type_integer, &wr_type_boolean);
    wr_nest *k = wr_nest_new(arena, 2, true);
    k->keys[0] = wr_value_i32(1);
    k->items[0] = wr_value_bool(false);
    check(by_number, wr_value_nest(k), "{1=false, null=null}", "{\"1\":false,\"null\":null}",
          "MAP(1 := false, NULL := NULL)");

    const wr_field fields[] = {{"F1", &wr_type_integer}, {"f`2", array}, {"F3", &wr_type_string}};
    const wr_type *record = wr_type_struct(arena, fields, 3);
    wr_nest *s = wr_nest_new(arena, 3, false);
    s->items[0] = wr_value_i32(1);
    s->items[2] = wr_value_str(WR_STR("a"));
    check(record, wr_value_nest(s), "Struct{F1=1,F3=a}", "{\"F1\":1,\"f`2\":null,\"F3\":\"a\"}",
          "STRUCT(`F1` := 1, `f``2` := NULL, `F3` := 'a')");
    s->items[0] = s->items[2] = WR_VALUE_NULL;
    check(record, wr_value_nest(s), "Struct{}", "{\"F1\":null,\"f`2\":null,\"F3\":null}",
          "STRUCT(`F1` := NULL, `f``2` := NULL, `F3` := NULL)");

    const wr_type *records = wr_type_array(arena, record);
    wr_nest *all = wr_nest_new(arena, 1, false);
    s->items[0] = wr_value_i32(2);
    all->items[0] = wr_value_nest(s);
    check(records, wr_value_nest(all), "[Struct{F1=2}]", "[{\"F1\":2,\"f`2\":null,\"F3\":null}]",
          "ARRAY[STRUCT(`F1` := 2, `f``2` := NULL, `F3` := NULL)]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_simple, setup, teardown),
        cmocka_unit_test_setup_teardown(test_decimals, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nested, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
