/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Vectors, batches, the builder, row errors.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "random_value.h"
#include "types/record.h"

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

/* -------------------------------------------------------------------------------------- vectors */

static void test_widths(void **state)
{
    (void)state;
    assert_int_equal(wr_type_width(&wr_type_null), 0);
    assert_int_equal(wr_type_width(&wr_type_boolean), 1);
    assert_int_equal(wr_type_width(&wr_type_time), 4);
    assert_int_equal(wr_type_width(&wr_type_timestamp), 8);
    assert_int_equal(wr_type_width(&wr_type_double), 8);
    assert_int_equal(wr_type_width(wr_type_decimal(arena, 38, 0)), 16);
    assert_int_equal(wr_type_width(wr_type_decimal(arena, 39, 0)), sizeof(wr_big));
    assert_int_equal(wr_type_width(&wr_type_bytes), sizeof(wr_str));
    assert_int_equal(wr_type_width(wr_type_array(arena, &wr_type_time)), sizeof(wr_nest *));
}

/* Whatever is stored comes back: by get, by gather (dense and selected), by encode, as constant. */
static void test_store_and_load(void **state)
{
    (void)state;
    enum { ROWS = 20 };
    wr_rng rng;
    wr_rng_seed(&rng, 21);
    for (int round = 0; round < 300; round++) {
        const wr_type *t = random_type(arena, &rng, 2);
        wr_vec v, all, some, constant;
        wr_value values[ROWS];
        wr_vec_init(&v, t, ROWS, arena);
        for (uint32_t i = 0; i < ROWS; i++) {
            values[i] = random_value(arena, &rng, t);
            wr_vec_set(&v, i, &values[i]);
        }
        const uint32_t rows[] = {1, 2, 7, 19};
        wr_vec_gather(&all, &v, wr_sel_all(ROWS), arena);
        wr_vec_gather(&some, &v, (wr_sel){4, rows}, arena);
        wr_buf b = {0}, expected = {0};
        for (uint32_t i = 0; i < ROWS; i++) {
            wr_value got = wr_vec_get(&v, i), copied = wr_vec_get(&all, i);
            assert_true(wr_value_equal(t, &got, &values[i]));
            assert_true(wr_value_equal(t, &copied, &values[i]));
            assert_int_equal(wr_vec_is_null(&v, i), values[i].null);
            wr_vec_encode(&b, &v, i);
            wr_value_encode(&expected, t, &values[i]);
        }
        assert_true(wr_str_eq(wr_buf_view(&b), wr_buf_view(&expected)));
        wr_buf_free(&b);
        wr_buf_free(&expected);
        for (uint32_t k = 0; k < 4; k++) {
            wr_value got = wr_vec_get(&some, k);
            assert_true(wr_value_equal(t, &got, &values[rows[k]]));
        }
        wr_vec_const(&constant, t, &values[0], arena);
        assert_int_equal(constant.mask, 0);
        assert_int_equal(constant.no_nulls, !values[0].null);
        wr_vec_gather(&some, &constant, (wr_sel){4, rows}, arena);
        for (uint32_t i = 0; i < 4; i++) {
            wr_value got = wr_vec_get(&some, i);
            assert_true(wr_value_equal(t, &got, &values[0]));
        }
        wr_arena_reset(arena);
    }
}

static void test_flags(void **state)
{
    (void)state;
    wr_vec v;
    wr_value ascii = wr_value_str(WR_STR("abc")), other = wr_value_str(WR_STR("\xc3\xa9"));
    wr_vec_const(&v, &wr_type_string, &ascii, arena);
    assert_true(v.ascii && v.no_nulls);
    wr_vec_const(&v, &wr_type_string, &other, arena);
    assert_true(!v.ascii && v.no_nulls);
    wr_vec_const(&v, &wr_type_null, &(wr_value){.null = true}, arena);
    assert_true(wr_vec_is_null(&v, 5) && !v.no_nulls);
    wr_vec_init(&v, &wr_type_string, 2, arena);
    v.no_nulls = true;
    wr_vec_set(&v, 0, &ascii);
    assert_true(v.no_nulls);
    wr_vec_set_null(&v, 1);
    assert_false(v.no_nulls);
    wr_vec_init(&v, &wr_type_null, 3, arena);
    assert_true(wr_vec_is_null(&v, 0) && wr_vec_is_null(&v, 2));
}

static void test_selection(void **state)
{
    (void)state;
    const uint32_t rows[] = {3, 5};
    wr_sel some = {2, rows}, all = wr_sel_all(3), none = wr_sel_all(0);
    uint32_t sum = 0, count = 0;
    WR_FOREACH_SEL (i, some) {
        sum += i;
        count++;
    }
    assert_int_equal(sum, 8);
    WR_FOREACH_SEL (i, all) {
        sum += i;
        count++;
    }
    WR_FOREACH_SEL (j, none)
        fail_msg("no row %u", j);
    assert_int_equal(sum, 11);
    assert_int_equal(count, 5);
}

/* -------------------------------------------------------------------------------------- batches */

static const wr_schema *sample_schema(void)
{
    const wr_column cols[] = {
        {"K", &wr_type_bigint, WR_COL_KEY, NULL},
        {"S", &wr_type_string, WR_COL_VALUE, NULL},
    };
    return wr_schema_new(arena, cols, 2);
}

static void test_batch(void **state)
{
    (void)state;
    wr_batch *b = wr_batch_new(arena, sample_schema(), 5, true, false);
    assert_int_equal(b->rows, 5);
    assert_int_equal(b->sel.n, 5);
    assert_null(b->old_cols);
    assert_null(b->headers);
    assert_ptr_equal(b->cols[1].type, &wr_type_string);
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(b->flags[i], WR_ROW_HAS_NEW);
        assert_int_equal(b->rowtime[i] + b->partition[i] + b->offset[i], 0);
        assert_int_equal(b->window_start[i] + b->window_end[i], 0);
        assert_int_equal(b->cols[0].null[i], 0);
    }
    b = wr_batch_new(arena, sample_schema(), 5, false, true);
    assert_null(b->window_start);
    assert_non_null(b->old_cols);
    assert_non_null(wr_batch_new(arena, wr_schema_new(arena, NULL, 0), 0, false, false));
}

static void test_builder(void **state)
{
    (void)state;
    enum { ROWS = 1000 };
    const wr_header h = {WR_STR("h"), WR_STR("v")};
    const wr_headers headers[] = {{0, NULL}, {1, &h}};
    wr_batch *from = wr_batch_new(arena, sample_schema(), 2, false, false);
    from->rowtime[1] = 77;
    from->partition[1] = 3;
    from->offset[1] = 99;
    wr_batch_builder *builder = wr_batch_builder_new(arena, sample_schema(), true, true);
    for (uint32_t i = 0; i < ROWS; i++) {
        assert_int_equal(wr_batch_builder_row(builder), i);
        wr_batch *b = wr_batch_builder_batch(builder);
        assert_true(wr_vec_is_null(&b->cols[0], i) && wr_vec_is_null(&b->old_cols[1], i));
        assert_int_equal(b->flags[i], WR_ROW_HAS_NEW);
        assert_int_equal(b->window_end[i], 0);
        wr_value k = wr_value_i64(i);
        if (i % 3)
            wr_vec_set(&b->cols[0], i, &k);
        b->window_start[i] = i;
        if (i == 500) { /* headers first appear in the middle */
            from->headers = headers;
            wr_batch_builder_meta(builder, i, from, 1);
            b->flags[i] |= WR_ROW_HAS_OLD;
        } else if (i == 501) {
            wr_batch_builder_meta(builder, i, from, 0);
        }
    }
    assert_int_equal(wr_batch_builder_rows(builder), ROWS);
    wr_batch *b = wr_batch_builder_finish(builder);
    assert_int_equal(b->rows, ROWS);
    assert_int_equal(b->sel.n, ROWS);
    assert_null(b->sel.rows);
    assert_non_null(b->old_cols);
    for (uint32_t i = 0; i < ROWS; i++) {
        wr_value k = wr_vec_get(&b->cols[0], i);
        assert_int_equal(k.null, i % 3 == 0);
        if (!k.null)
            assert_int_equal(k.u.i64, i);
        assert_int_equal(b->window_start[i], i);
        assert_int_equal(b->headers[i].n, i == 500);
        assert_int_equal(b->rowtime[i], i == 500 ? 77 : 0);
        assert_int_equal(b->partition[i], i == 500 ? 3 : 0);
        assert_int_equal(b->offset[i], i == 500 ? 99 : 0);
    }
    /* Used again: new memory, and what was finished stays. */
    assert_int_equal(wr_batch_builder_rows(builder), 0);
    assert_int_equal(wr_batch_builder_row(builder), 0);
    assert_true(wr_vec_is_null(&wr_batch_builder_batch(builder)->cols[0], 0));
    assert_int_equal(wr_vec_get(&b->cols[0], 1).u.i64, 1);
    wr_batch *second = wr_batch_builder_finish(builder);
    assert_int_equal(second->rows, 1);
    assert_null(second->headers);
    assert_null(second->old_cols); /* no row has an old value */
    assert_int_equal(wr_batch_builder_finish(builder)->rows, 0);
}

/* --------------------------------------------------------------------------------------- errors */

static uint32_t reported_rows;

static void on_error(wr_row_errors *self, uint32_t row, const char *message)
{
    (void)self;
    reported_rows += row;
    assert_memory_equal(message, "bad ", 4);
}

static void test_row_errors(void **state)
{
    (void)state;
    wr_row_errors errs = {.report = on_error};
    wr_row_error(&errs, 3, "bad %s", "thing");
    wr_row_error(&errs, 4, "bad %d", 5);
    assert_int_equal(errs.count, 2);
    assert_int_equal(reported_rows, 7);
    assert_string_equal(errs.first, "bad thing");
    wr_row_errors silent = {0};
    char longer[600];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    wr_row_error(&silent, 0, "%s", longer);
    assert_int_equal(strlen(silent.first), sizeof silent.first - 1);
}

/* --------------------------------------------------------------------------------------- copies */

/* Copies stand on memory of their own; what was NULL stays NULL, what was empty stays empty. */
static void test_copies_of_bytes_and_headers(void **state)
{
    (void)state;
    char name[] = "name", value[] = "value";
    const wr_header list[] = {
        {wr_str_c(name), wr_str_c(value)}, {wr_str_c(name), (wr_str){0}}, {WR_STR(""), WR_STR("")}};
    const wr_headers headers = {3, list}, none = {0, NULL};
    assert_null(wr_headers_copy(arena, NULL));
    assert_int_equal(wr_headers_copy(arena, &none)->n, 0);
    const wr_headers *copy = wr_headers_copy(arena, &headers);
    memset(name, 'x', sizeof name - 1);
    memset(value, 'x', sizeof value - 1);
    assert_int_equal(copy->n, 3);
    assert_true(wr_str_eq_c(copy->h[0].key, "name") && wr_str_eq_c(copy->h[0].value, "value"));
    assert_true(wr_str_eq_c(copy->h[1].key, "name"));
    assert_null(copy->h[1].value.ptr); /* a NULL value is not an empty one */
    assert_non_null(copy->h[2].value.ptr);
    assert_int_equal(copy->h[2].value.len, 0);
    assert_null(wr_bytes_copy(arena, (wr_str){0}).ptr);
    assert_non_null(wr_bytes_copy(arena, WR_STR("")).ptr);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_widths, setup, teardown),
        cmocka_unit_test_setup_teardown(test_store_and_load, setup, teardown),
        cmocka_unit_test_setup_teardown(test_flags, setup, teardown),
        cmocka_unit_test_setup_teardown(test_selection, setup, teardown),
        cmocka_unit_test_setup_teardown(test_batch, setup, teardown),
        cmocka_unit_test_setup_teardown(test_builder, setup, teardown),
        cmocka_unit_test_setup_teardown(test_row_errors, setup, teardown),
        cmocka_unit_test_setup_teardown(test_copies_of_bytes_and_headers, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
