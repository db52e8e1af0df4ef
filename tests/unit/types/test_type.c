/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Types: text, equality, copies; and schemas, which are made of them.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "types/schema.h"

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

static const wr_type *sample_struct(const char *second, const wr_type *type)
{
    const wr_field fields[] = {{"A", &wr_type_integer}, {second, type}};
    return wr_type_struct(arena, fields, 2);
}

static void test_text(void **state)
{
    (void)state;
    static const wr_type *const simple[] = {
        &wr_type_boolean, &wr_type_integer, &wr_type_bigint, &wr_type_double,    &wr_type_string,
        &wr_type_bytes,   &wr_type_date,    &wr_type_time,   &wr_type_timestamp,
    };
    static const char *const names[] = {"BOOLEAN", "INTEGER", "BIGINT", "DOUBLE",   "STRING",
                                        "BYTES",   "DATE",    "TIME",   "TIMESTAMP"};
    for (size_t i = 0; i < WR_ARRAY_LEN(simple); i++)
        assert_string_equal(wr_type_text(arena, simple[i]), names[i]);
    const wr_type *decimal = wr_type_decimal(arena, 4, 2);
    assert_string_equal(wr_type_text(arena, decimal), "DECIMAL(4, 2)");
    const wr_type *map = wr_type_map(arena, &wr_type_string, wr_type_array(arena, decimal));
    assert_string_equal(wr_type_text(arena, map), "MAP<STRING, ARRAY<DECIMAL(4, 2)>>");
    assert_string_equal(wr_type_text(arena, sample_struct("b`c", map)),
                        "STRUCT<`A` INTEGER, `b``c` MAP<STRING, ARRAY<DECIMAL(4, 2)>>>");
    assert_string_equal(wr_type_text(arena, wr_type_struct(arena, NULL, 0)), "STRUCT<>");
}

static void test_equal(void **state)
{
    (void)state;
    const wr_type *const types[] = {
        &wr_type_integer,
        &wr_type_bigint,
        wr_type_decimal(arena, 4, 2),
        wr_type_decimal(arena, 4, 1),
        wr_type_decimal(arena, 5, 2),
        wr_type_array(arena, &wr_type_string),
        wr_type_array(arena, &wr_type_bytes),
        wr_type_map(arena, &wr_type_string, &wr_type_integer),
        wr_type_map(arena, &wr_type_bigint, &wr_type_integer),
        wr_type_map(arena, &wr_type_string, &wr_type_double),
        wr_type_struct(arena, NULL, 0),
        sample_struct("B", &wr_type_string),
        sample_struct("b", &wr_type_string),
        sample_struct("B", &wr_type_bytes),
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(types); i++)
        for (size_t j = 0; j < WR_ARRAY_LEN(types); j++)
            assert_int_equal(wr_type_equal(types[i], types[j]), i == j);
    for (size_t i = 0; i < WR_ARRAY_LEN(types); i++)
        assert_true(wr_type_equal(types[i], wr_type_copy(arena, types[i])));
}

/* A copy must not need what it was made from. */
static void test_copy(void **state)
{
    (void)state;
    wr_arena *other = wr_arena_new(0);
    char name[] = "B";
    const wr_field fields[] = {{"A", wr_type_decimal(other, 4, 2)},
                               {name, wr_type_array(other, &wr_type_date)}};
    const wr_type *t = wr_type_map(other, &wr_type_string, wr_type_struct(other, fields, 2));
    const wr_type *copy = wr_type_copy(arena, t);
    name[0] = 'X';
    assert_true(wr_type_equal(copy, t));
    wr_arena_free(other);
    assert_string_equal(wr_type_text(arena, copy),
                        "MAP<STRING, STRUCT<`A` DECIMAL(4, 2), `B` ARRAY<DATE>>>");
}

static void test_inside(void **state)
{
    (void)state;
    const wr_type *map = wr_type_map(arena, &wr_type_string, &wr_type_double);
    const wr_type *t = sample_struct("B", wr_type_array(arena, map));
    assert_int_equal(wr_type_field(t, "A"), 0);
    assert_int_equal(wr_type_field(t, "B"), 1);
    assert_int_equal(wr_type_field(t, "b"), -1);
    assert_true(wr_type_contains(t, WR_T_MAP));
    assert_true(wr_type_contains(t, WR_T_STRUCT));
    assert_true(wr_type_contains(t, WR_T_DOUBLE));
    assert_true(wr_type_contains(t, WR_T_STRING)); /* the key counts */
    assert_false(wr_type_contains(t, WR_T_BIGINT));
    assert_true(wr_type_is_number(&wr_type_double) && wr_type_is_number(&wr_type_integer));
    assert_false(wr_type_is_number(&wr_type_boolean) || wr_type_is_number(&wr_type_string));
}

static void test_schema(void **state)
{
    (void)state;
    char header[] = "it's";
    const wr_column cols[] = {
        {"V", sample_struct("B", &wr_type_string), WR_COL_VALUE, NULL},
        {"K2", &wr_type_string, WR_COL_KEY, NULL},
        {"H", &wr_type_bytes, WR_COL_HEADER, header},
        {"K1", &wr_type_bigint, WR_COL_KEY, NULL},
        {"ALL", &wr_type_bytes, WR_COL_HEADERS, NULL},
    };
    const wr_schema *s = wr_schema_new(arena, cols, WR_ARRAY_LEN(cols));
    const wr_schema *same = wr_schema_new(arena, cols, WR_ARRAY_LEN(cols));
    assert_true(wr_schema_equal(s, same));
    header[0] = 'I'; /* copied */
    assert_int_equal(s->n, 5);
    assert_int_equal(s->keys_n, 2);
    assert_int_equal(wr_schema_find(s, "K2"), 0);
    assert_int_equal(wr_schema_find(s, "ALL"), 4);
    assert_int_equal(wr_schema_find(s, "k2"), -1);
    wr_buf b = {0};
    wr_schema_print(&b, s);
    assert_string_equal(wr_buf_cstr(&b),
                        "`K2` STRING KEY, `K1` BIGINT KEY, `V` STRUCT<`A` INTEGER, `B` STRING>, "
                        "`H` BYTES HEADER('it''s'), `ALL` BYTES HEADERS");
    wr_buf_free(&b);
    assert_false(wr_schema_equal(s, wr_schema_new(arena, cols, 5)));
    assert_false(wr_schema_equal(s, wr_schema_new(arena, cols, 4)));
    assert_int_equal(wr_schema_new(arena, NULL, 0)->n, 0);
}

/* Each of these differs from every other in one thing, and is equal to itself made anew. */
static void test_schemas_differ(void **state)
{
    (void)state;
    const wr_column cols[][2] = {
        {{"K", &wr_type_bigint, WR_COL_KEY, NULL}, {"V", &wr_type_string, WR_COL_VALUE, NULL}},
        {{"K", &wr_type_bigint, WR_COL_VALUE, NULL}, {"V", &wr_type_string, WR_COL_VALUE, NULL}},
        {{"K", &wr_type_bigint, WR_COL_KEY, NULL}, {"V", &wr_type_string, WR_COL_KEY, NULL}},
        {{"K", &wr_type_bigint, WR_COL_KEY, NULL}, {"v", &wr_type_string, WR_COL_VALUE, NULL}},
        {{"K", &wr_type_bigint, WR_COL_KEY, NULL}, {"V", &wr_type_bytes, WR_COL_VALUE, NULL}},
        {{"K", &wr_type_bigint, WR_COL_KEY, NULL}, {"V", &wr_type_bytes, WR_COL_HEADERS, NULL}},
        {{"K", &wr_type_bigint, WR_COL_KEY, NULL}, {"V", &wr_type_bytes, WR_COL_HEADER, "a"}},
        {{"K", &wr_type_bigint, WR_COL_KEY, NULL}, {"V", &wr_type_bytes, WR_COL_HEADER, "b"}},
        {{"V", &wr_type_string, WR_COL_VALUE, NULL}, {"K", &wr_type_bigint, WR_COL_VALUE, NULL}},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(cols); i++) {
        for (size_t k = 0; k < WR_ARRAY_LEN(cols); k++)
            assert_int_equal(
                wr_schema_equal(wr_schema_new(arena, cols[i], 2), wr_schema_new(arena, cols[k], 2)),
                i == k);
        const wr_schema *s = wr_schema_new(arena, cols[i], 2);
        assert_true(wr_schema_equal(s, s));
        assert_false(wr_schema_equal(s, wr_schema_new(arena, cols[i], 1)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_text, setup, teardown),
        cmocka_unit_test_setup_teardown(test_equal, setup, teardown),
        cmocka_unit_test_setup_teardown(test_copy, setup, teardown),
        cmocka_unit_test_setup_teardown(test_inside, setup, teardown),
        cmocka_unit_test_setup_teardown(test_schema, setup, teardown),
        cmocka_unit_test_setup_teardown(test_schemas_differ, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
