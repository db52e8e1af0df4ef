/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Aggregates on random rows, against models in C: what an undone row leaves, what a merge of two
 * groups gives, and the functions that keep a few of many values. Rows are small numbers and some
 * NULLs, so that values repeat and sums of doubles are exact.
 */
#include "agg_group.h"

#include <math.h>
#include <stdlib.h>

enum { ROWS_MAX = 24, ROUNDS = 60, VALUES = 7 /* 0..5, and NULL */ };

typedef struct rows {
    int v[ROWS_MAX]; /* VALUES - 1: NULL */
    size_t n;
} rows;

static bool is_null(int v)
{
    return v == VALUES - 1;
}

static rows random_rows(wr_rng *r)
{
    rows out = {.n = 1 + wr_rng_below(r, ROWS_MAX)};
    for (size_t i = 0; i < out.n; i++)
        out.v[i] = (int)wr_rng_below(r, VALUES);
    return out;
}

/** The row as the arguments of @p form: each # is the value. */
static const char *row_text(wr_arena *a, const char *form, int v, bool undo)
{
    char number[16];
    snprintf(number, sizeof number, "%d", v);
    wr_buf b = {0};
    wr_buf_puts(&b, undo ? "- " : "");
    for (const char *p = form; *p; p++) {
        if (*p == '#')
            wr_buf_puts(&b, is_null(v) ? "NULL" : number);
        else
            wr_buf_putc(&b, *p);
    }
    const char *text = wr_arena_strdup(a, wr_buf_cstr(&b));
    wr_buf_free(&b);
    return text;
}

static void feed(group *g, const char *form, const rows *r, size_t from, size_t to)
{
    const char *message = NULL;
    for (size_t i = from; i < to; i++)
        assert_true(change(g, row_text(g->a, form, r->v[i], false), &message));
}

static const char *result_of(const char *sql, const char *form, const rows *r, group *g,
                             uint64_t *sequence)
{
    group_init(g, sql, INT64_MAX, sequence);
    feed(g, form, r, 0, r->n);
    return result(g);
}

/** Merging and undoing may round elsewhere than adding does. */
static bool near(const char *x, const char *y, const wr_type *t)
{
    if (t->id != WR_T_DOUBLE)
        return strcmp(x, y) == 0;
    double a = strtod(x, NULL), b = strtod(y, NULL);
    return (isnan(a) && isnan(b)) || fabs(a - b) <= 1e-9 * (1 + fabs(b));
}

/* ---- undo ---- */

static const struct {
    const char *sql, *form;
} undoable[] = {
    {"COUNT(*)", ""},
    {"COUNT(I)", "#"},
    {"SUM(I)", "#"},
    {"SUM(L)", "#"},
    {"SUM(D)", "#"},
    {"SUM(CAST(I AS DECIMAL(6, 2)))", "#"},
    {"SUM(CAST(I AS DECIMAL(50, 2)))", "#"},
    {"SUM_LIST(ARRAY[I, I])", "ARRAY[#, 1]"},
    {"AVG(I)", "#"},
    {"AVG(L)", "#"},
    {"AVG(D)", "#"},
    {"COLLECT_LIST(I)", "#"},
    {"COLLECT_LIST(S)", "'#'"},
    {"ATTR(I)", "#"},
    {"ATTR(S)", "'#'"},
    {"STDDEV_SAMPLE(D)", "#"},
    {"STDDEV_SAMP(D)", "#"},
    {"CORRELATION(D, D)", "#;POWER(CAST(# AS DOUBLE), 2e0)"},
};

/** Take the last row with @p v out of @p r: that is the one that COLLECT_LIST gives up. */
static void remove_last(rows *r, int v)
{
    for (size_t i = r->n; i-- > 0;) {
        if (r->v[i] == v) {
            memmove(&r->v[i], &r->v[i + 1], (r->n - i - 1) * sizeof r->v[0]);
            r->n--;
            return;
        }
    }
    fail_msg("no row of %d", v);
}

/** Rows added, some of them undone in any order: as if they had never come. */
static void test_undo(void **state)
{
    (void)state;
    wr_rng rng;
    wr_rng_seed(&rng, 50);
    for (size_t k = 0; k < WR_ARRAY_LEN(undoable); k++) {
        for (int round = 0; round < ROUNDS / 2; round++) {
            rows r = random_rows(&rng);
            uint64_t sequence = 0;
            const char *message = NULL;
            group g, h;
            group_init(&g, undoable[k].sql, INT64_MAX, &sequence);
            feed(&g, undoable[k].form, &r, 0, r.n);
            for (size_t undone = wr_rng_below(&rng, r.n + 1); undone > 0; undone--) {
                int v = r.v[wr_rng_below(&rng, r.n)];
                assert_true(change(&g, row_text(g.a, undoable[k].form, v, true), &message));
                remove_last(&r, v);
            }
            const char *want = result_of(undoable[k].sql, undoable[k].form, &r, &h, &sequence);
            if (!near(result(&g), want, g.call->ret))
                fail_msg("%s, round %d: %s, without the undone rows %s", undoable[k].sql, round,
                         result(&g), want);
            wr_arena_free(g.a);
            wr_arena_free(h.a);
        }
    }
}

/** Counts are compared as sets: which of the keys came first may depend on what was undone. The
 *  last value is the text NULL here, not NULL: a HISTOGRAM has no key for that. */
static void test_histogram_undo(void **state)
{
    (void)state;
    wr_rng rng;
    wr_rng_seed(&rng, 51);
    for (int round = 0; round < ROUNDS; round++) {
        rows r = random_rows(&rng);
        int64_t counts[VALUES] = {0};
        uint64_t sequence = 0;
        const char *message = NULL;
        group g;
        group_init(&g, "HISTOGRAM(S)", INT64_MAX, &sequence);
        feed(&g, "'#'", &r, 0, r.n);
        for (size_t i = 0; i < r.n; i++) {
            bool undo = wr_rng_below(&rng, 2);
            counts[r.v[i]] += !undo;
            if (undo)
                assert_true(change(&g, row_text(g.a, "'#'", r.v[i], true), &message));
        }
        size_t keys = 0;
        for (int v = 0; v < VALUES; v++) {
            const char *key = is_null(v) ? "NULL" : wr_arena_printf(g.a, "%d", v);
            const char *pair = wr_arena_printf(g.a, "%s=%d", key, (int)counts[v]);
            if (counts[v] && !strstr(result(&g), pair))
                fail_msg("round %d: %s lacks %s", round, result(&g), pair);
            keys += counts[v] > 0;
        }
        assert_int_equal(g.state.u.nest->n, keys);
        wr_arena_free(g.a);
    }
}

/* ---- models ---- */

static int compare_up(const void *x, const void *y)
{
    return *(const int *)x - *(const int *)y;
}
static int compare_down(const void *x, const void *y)
{
    return compare_up(y, x);
}

/** "[1, 2]" of the first @p n of @p v. */
static const char *list_text(wr_arena *a, const int *v, size_t n)
{
    wr_buf b = {0};
    wr_buf_putc(&b, '[');
    for (size_t i = 0; i < n; i++) {
        wr_buf_puts(&b, i ? ", " : "");
        if (is_null(v[i]))
            wr_buf_puts(&b, "null");
        else
            wr_buf_printf(&b, "%d", v[i]);
    }
    wr_buf_putc(&b, ']');
    const char *text = wr_arena_strdup(a, wr_buf_cstr(&b));
    wr_buf_free(&b);
    return text;
}

/** The rows that are not NULL, in their order. */
static rows present(const rows *r)
{
    rows out = {0};
    for (size_t i = 0; i < r->n; i++) {
        if (!is_null(r->v[i]))
            out.v[out.n++] = r->v[i];
    }
    return out;
}

static rows distinct(const rows *r)
{
    rows out = {0};
    for (size_t i = 0; i < r->n; i++) {
        size_t k = 0;
        while (k < out.n && out.v[k] != r->v[i])
            k++;
        if (k == out.n)
            out.v[out.n++] = r->v[i];
    }
    return out;
}

static rows sorted_down(rows r)
{
    qsort(r.v, r.n, sizeof r.v[0], compare_down);
    return r;
}

static const char *number_text(wr_arena *a, const rows *r, size_t at)
{
    return r->n ? wr_arena_printf(a, "%d", r->v[at]) : "null";
}

static const char *model_min(wr_arena *a, const rows *r)
{
    rows p = sorted_down(present(r));
    return number_text(a, &p, p.n ? p.n - 1 : 0);
}
static const char *model_max(wr_arena *a, const rows *r)
{
    rows p = sorted_down(present(r));
    return number_text(a, &p, 0);
}
static const char *model_first(wr_arena *a, const rows *r)
{
    rows p = present(r);
    return number_text(a, &p, 0);
}
static const char *model_last(wr_arena *a, const rows *r)
{
    rows p = present(r);
    return number_text(a, &p, p.n ? p.n - 1 : 0);
}
static const char *model_first3(wr_arena *a, const rows *r)
{
    rows p = present(r);
    return list_text(a, p.v, p.n < 3 ? p.n : 3);
}
static const char *model_last3(wr_arena *a, const rows *r)
{
    rows p = present(r);
    size_t n = p.n < 3 ? p.n : 3;
    return list_text(a, p.v + p.n - n, n);
}
static const char *model_first3_nulls(wr_arena *a, const rows *r)
{
    return list_text(a, r->v, r->n < 3 ? r->n : 3);
}
static const char *model_last3_nulls(wr_arena *a, const rows *r)
{
    size_t n = r->n < 3 ? r->n : 3;
    return list_text(a, r->v + r->n - n, n);
}
static const char *model_topk(wr_arena *a, const rows *r)
{
    rows p = sorted_down(present(r));
    return list_text(a, p.v, p.n < 3 ? p.n : 3);
}
static const char *model_topkdistinct(wr_arena *a, const rows *r)
{
    rows p = present(r);
    rows d = sorted_down(distinct(&p));
    return list_text(a, d.v, d.n < 3 ? d.n : 3);
}
static const char *model_list(wr_arena *a, const rows *r)
{
    return list_text(a, r->v, r->n);
}
static const char *model_set(wr_arena *a, const rows *r)
{
    rows d = distinct(r);
    return list_text(a, d.v, d.n);
}
static const char *model_count(wr_arena *a, const rows *r)
{
    return wr_arena_printf(a, "%zu", present(r).n);
}
static const char *model_count_distinct(wr_arena *a, const rows *r)
{
    rows p = present(r);
    return wr_arena_printf(a, "%zu", distinct(&p).n);
}
static const char *model_sum(wr_arena *a, const rows *r)
{
    rows p = present(r);
    int sum = 0;
    for (size_t i = 0; i < p.n; i++)
        sum += p.v[i];
    return wr_arena_printf(a, "%d", sum);
}
static const char *model_attr(wr_arena *a, const rows *r)
{
    rows d = distinct(r);
    return d.n == 1 && !is_null(d.v[0]) ? number_text(a, &d, 0) : "null";
}

static const struct model {
    const char *sql;
    const char *(*result)(wr_arena *a, const rows *r);
    bool merges; /* the merge of two halves is the whole; else a quirk, or order decides */
} models[] = {
    {"MIN(I)", model_min, true},
    {"MAX(I)", model_max, true},
    {"COUNT(I)", model_count, true},
    {"SUM(I)", model_sum, true},
    {"SUM(L)", model_sum, true},
    {"COUNT_DISTINCT(I)", model_count_distinct, true},
    {"COLLECT_LIST(I)", model_list, true},
    {"COLLECT_SET(I)", model_set, true},
    {"EARLIEST_BY_OFFSET(I)", model_first, true},
    {"LATEST_BY_OFFSET(I)", model_last, true},
    {"EARLIEST_BY_OFFSET(I, 3)", model_first3, true},
    {"LATEST_BY_OFFSET(I, 3)", model_last3, false},
    {"EARLIEST_BY_OFFSET(I, 3, FALSE)", model_first3_nulls, true},
    {"LATEST_BY_OFFSET(I, 3, FALSE)", model_last3_nulls, false},
    {"TOPK(I, 3)", model_topk, true},
    {"TOPK(L, 3)", model_topk, true},
    {"TOPKDISTINCT(I, 3)", model_topkdistinct, true},
    {"ATTR(I)", model_attr, true},
};

static void test_models(void **state)
{
    (void)state;
    wr_rng rng;
    wr_rng_seed(&rng, 52);
    for (size_t k = 0; k < WR_ARRAY_LEN(models); k++) {
        for (int round = 0; round < ROUNDS; round++) {
            rows r = random_rows(&rng);
            uint64_t sequence = 0;
            group g;
            const char *got = result_of(models[k].sql, "#", &r, &g, &sequence);
            const char *want = models[k].result(g.a, &r);
            if (strcmp(got, want) != 0)
                fail_msg("%s of %s: %s, not %s", models[k].sql, list_text(g.a, r.v, r.n), got,
                         want);
            wr_arena_free(g.a);
        }
    }
}

/** Two sessions that meet: the rows of the older one, then those of the younger one. */
static void test_merge(void **state)
{
    (void)state;
    wr_rng rng;
    wr_rng_seed(&rng, 53);
    for (size_t k = 0; k < WR_ARRAY_LEN(models); k++) {
        for (int round = 0; models[k].merges && round < ROUNDS; round++) {
            rows r = random_rows(&rng);
            uint64_t sequence = 0;
            const char *message = NULL;
            size_t half = wr_rng_below(&rng, r.n + 1);
            group old, young;
            group_init(&old, models[k].sql, INT64_MAX, &sequence);
            group_init(&young, models[k].sql, INT64_MAX, &sequence);
            feed(&old, "#", &r, 0, half);
            feed(&young, "#", &r, half, r.n);
            assert_true(
                old.call->impl->merge(old.call, &old.ctx, &old.state, &young.state, &message));
            store(&old);
            const char *want = models[k].result(old.a, &r);
            if (strcmp(result(&old), want) != 0)
                fail_msg("%s of %s, merged at %zu: %s, not %s", models[k].sql,
                         list_text(old.a, r.v, r.n), half, result(&old), want);
            wr_arena_free(old.a);
            wr_arena_free(young.a);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_undo),
        cmocka_unit_test(test_histogram_undo),
        cmocka_unit_test(test_models),
        cmocka_unit_test(test_merge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
