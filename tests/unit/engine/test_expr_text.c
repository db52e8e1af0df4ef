/* SPDX-License-Identifier: Apache-2.0 */
/* Equality of texts and IN over texts, at the lengths where their kernels change the way. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/expr/text_equal.h"
#include "unit/engine/tests_expr.h"

enum { LEN_MAX = 40 };

/* Bytes of their own, so that reading past the end is seen. */
static wr_str own(wr_arena *a, const char *p, size_t n)
{
    return wr_str_make(wr_arena_memdup(a, p, n ? n : 1), n);
}

static void test_text_equal(void **state)
{
    (void)state;
    wr_arena *a = wr_arena_new(0);
    char x[LEN_MAX + 1], y[LEN_MAX + 1];
    for (size_t len = 0; len <= LEN_MAX; len++) {
        memset(x, 'a', sizeof x);
        assert_true(wr__text_equal(own(a, x, len), own(a, x, len)));
        assert_false(wr__text_equal(own(a, x, len), own(a, x, len + 1)));
        for (size_t at = 0; at < len; at++) {
            memcpy(y, x, sizeof y);
            y[at] = 'b';
            assert_false(wr__text_equal(own(a, x, len), own(a, y, len)));
        }
    }
    assert_true(wr__text_equal((wr_str){0}, WR_STR("")));
    wr_arena_free(a);
}

/* Rows: "", "a", "aa", ... and a NULL. */
static wr_batch *texts(wr_arena *a)
{
    wr_column col = {.name = "S", .type = &wr_type_string, .role = WR_COL_VALUE};
    wr_batch *b = wr_batch_new(a, wr_schema_new(a, &col, 1), LEN_MAX + 2, false, false);
    char x[LEN_MAX];
    memset(x, 'a', sizeof x);
    for (uint32_t i = 0; i <= LEN_MAX; i++) {
        wr_value v = wr_value_str(own(a, x, i));
        wr_vec_set(&b->cols[0], i, &v);
    }
    wr_vec_set(&b->cols[0], LEN_MAX + 1, &WR_VALUE_NULL);
    return b;
}

/* Does @p sql choose just the rows that @p lengths names? */
static void check(const char *sql, const uint32_t *lengths, size_t n)
{
    wr_arena *a = wr_arena_new(0);
    wr_batch *b = texts(a);
    wr_schema_scope scope;
    wr_schema_scope_init(&scope, b->schema, NULL, false, NULL);
    wr_expr *e;
    weir_error err = {0};
    if (case_compile(sql, &scope.base, a, &e, &err) != WEIR_OK)
        fail_msg("%s: %s", sql, err.message);
    wr_evaluator *ev = wr_evaluator_new((const wr_expr *const *)&e, 1, a);
    wr_eval_ctx ctx = {.scratch = a, .errs = &(wr_row_errors){0}, .zone = "UTC"};
    wr_sel sel = wr_evaluator_filter(ev, b, NULL, wr_sel_all(b->rows), &ctx);
    assert_int_equal(sel.n, n);
    for (uint32_t k = 0; k < n; k++)
        assert_int_equal(wr_sel_row(sel, k), lengths[k]);
    wr_evaluator_close(ev);
    wr_arena_free(a);
}

#define A10 "aaaaaaaaaa"
#define CHECK(sql, ...)                                                                            \
    check(sql, (const uint32_t[]){__VA_ARGS__},                                                    \
          sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

static void test_lists(void **state)
{
    (void)state;
    CHECK("S = 'aaa'", 3);
    CHECK("'aaaaaaaa' = S", 8);
    CHECK("S = '" A10 A10 "'", 20);
    CHECK("S IN ('', 'aaa', 'aab', 'baa')", 0, 3);
    CHECK("S IN ('aaaaaaa', 'aaaaaaab', 'aaaaaaaa', NULL)", 7, 8);
    CHECK("S IN ('" A10 "aaaaaa', '" A10 "aaaaaaa', '" A10 A10 A10 "')", 16, 17, 30);
    /* Nine members: by hash. */
    CHECK("S IN ('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', '" A10 "')", 1, 10);
    /* A NULL row is equal to nothing, not even to itself. */
    CHECK("S = S AND S NOT IN ('b') AND S IN ('a', 'aa')", 1, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_equal),
        cmocka_unit_test(test_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
