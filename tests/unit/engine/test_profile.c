/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Profiles and their sketches: errors against exact figures, merging in any order, bytes that are
 * damaged or made up; then PROFILE and PROFILE_MERGE as functions.
 */
#include "agg_group.h"

#include "engine/functions/profile.h"
#include "types/text.h"

#include <math.h>

static uint64_t mixed(uint64_t n)
{
    n = (n ^ n >> 31) * 0x9e3779b97f4a7c15u;
    n = (n ^ n >> 29) * 0xbf58476d1ce4e5b9u;
    return n ^ n >> 32;
}

static uint64_t hash_of(uint64_t n)
{
    return wr__sketch_hash(wr_str_make((const char *)&n, sizeof n));
}

/* ------------------------------------------------------------------ distinct values */

static void test_distinct_is_exact_when_few(void **state)
{
    (void)state;
    wr_arena *a = wr_arena_new(0);
    wr__distinct d = {0};
    for (uint64_t k = 0; k < 500; k++)
        for (int twice = 0; twice < 2; twice++)
            wr__distinct_add(&d, a, hash_of(k));
    assert_null(d.registers);
    assert_in_range(wr__distinct_estimate(&d), 499, 500);
    wr_arena_free(a);
}

/* Four standard errors: one of 16,000 runs would fail, and the runs are always the same. */
static void test_distinct_within_error(void **state)
{
    (void)state;
    static const uint64_t counts[] = {600, 2000, 5000, 10000, 20000, 100000, 1000000};
    for (size_t c = 0; c < WR_ARRAY_LEN(counts); c++) {
        wr_arena *a = wr_arena_new(0);
        wr__distinct d = {0};
        for (uint64_t k = 0; k < counts[c]; k++)
            wr__distinct_add(&d, a, hash_of(k << 20 | c));
        double off = fabs(wr__distinct_estimate(&d) / (double)counts[c] - 1);
        if (off > 4 * WR__DISTINCT_ERROR)
            fail_msg("%llu values: off by %.4f", (unsigned long long)counts[c], off);
        wr_arena_free(a);
    }
}

/* Whatever the split and the order: the same bytes, few values or many. */
static void test_distinct_merge_is_the_union(void **state)
{
    (void)state;
    static const uint32_t counts[] = {0, 1, 300, 512, 513, 700, 30000};
    for (size_t c = 0; c < WR_ARRAY_LEN(counts); c++) {
        wr_arena *a = wr_arena_new(0);
        wr__distinct one = {0}, parts[3] = {{0}}, turned = {0};
        for (uint32_t k = 0; k < counts[c]; k++) {
            wr__distinct_add(&one, a, hash_of(k));
            wr__distinct_add(&parts[mixed(k) % 3], a, hash_of(k));
            wr__distinct_add(&parts[1], a, hash_of(k / 2)); /* overlapping */
        }
        for (int p = 2; p >= 0; p--)
            wr__distinct_merge(&turned, a, &parts[p]);
        wr__distinct_merge(&parts[0], a, &parts[1]);
        wr__distinct_merge(&parts[0], a, &parts[2]);
        wr_buf x = {0}, y = {0}, z = {0};
        wr__distinct_write(&one, &x);
        wr__distinct_write(&parts[0], &y);
        wr__distinct_write(&turned, &z);
        assert_int_equal(x.len, y.len);
        assert_int_equal(x.len, z.len);
        assert_memory_equal(x.ptr, y.ptr, x.len);
        assert_memory_equal(x.ptr, z.ptr, x.len);
        assert_true(x.len <= 3073);
        wr_buf_free(&x);
        wr_buf_free(&y);
        wr_buf_free(&z);
        wr_arena_free(a);
    }
}

/* ------------------------------------------------------------------ quantiles */

static void test_quantiles_are_exact_when_few(void **state)
{
    (void)state;
    wr_arena *a = wr_arena_new(0);
    wr__quantiles q;
    wr__quantiles_init(&q);
    for (uint32_t k = 1; k <= 200; k++)
        wr__quantiles_add(&q, a, (double)((k * 77) % 211));
    static const double fractions[] = {0, 0.5, 1};
    double v[3], exact[211];
    uint32_t n = 0;
    for (uint32_t x = 0; x < 211; x++)
        for (uint32_t k = 1; k <= 200; k++)
            if ((k * 77) % 211 == x)
                exact[n++] = x;
    wr__quantiles_get(&q, a, fractions, v, 3);
    assert_int_equal(n, 200);
    assert_true(v[0] == exact[0] && v[1] == exact[99] && v[2] == exact[199]);
    wr_arena_free(a);
}

/* Values 0..n-1 in some order: the value at a rank is the rank. */
static double worst_rank(const wr__quantiles *q, wr_arena *a)
{
    double fractions[99], v[99], worst = 0;
    for (int k = 0; k < 99; k++)
        fractions[k] = (k + 1) / 100.0;
    wr__quantiles_get(q, a, fractions, v, 99);
    for (int k = 0; k < 99; k++)
        worst = fmax(worst, fabs((v[k] + 1) / (double)q->n - fractions[k]));
    return worst;
}

/* Orders that come up: ascending, descending, by chance, zigzag. */
static double ordered(int order, uint32_t k, uint32_t n)
{
    switch (order) {
    case 0:
        return k;
    case 1:
        return n - 1 - k;
    case 2:
        return (double)((uint64_t)k * 7919 % n); /* 7919 is a prime that does not divide n */
    default:
        return k % 2 ? n - 1 - k / 2 : k / 2;
    }
}

static void test_quantiles_within_error(void **state)
{
    (void)state;
    enum { N = 100000, PARTS = 60 };
    for (int order = 0; order < 4; order++) {
        wr_arena *a = wr_arena_new(0);
        wr__quantiles one, parts[PARTS];
        wr__quantiles_init(&one);
        for (int p = 0; p < PARTS; p++)
            wr__quantiles_init(&parts[p]);
        for (uint32_t k = 0; k < N; k++) {
            double v = ordered(order, k, N);
            wr__quantiles_add(&one, a, v);
            wr__quantiles_add(&parts[k / 977 % PARTS], a, v);
        }
        for (int p = 1; p < PARTS; p++)
            wr__quantiles_merge(&parts[0], a, &parts[p]);
        assert_int_equal(one.n, N);
        assert_int_equal(parts[0].n, N);
        assert_true(one.held < 1000 && parts[0].held < 1000);
        double x = worst_rank(&one, a), y = worst_rank(&parts[0], a);
        if (x > WR__QUANTILES_ERROR || y > WR__QUANTILES_ERROR)
            fail_msg("order %d: off by %.4f, merged by %.4f", order, x, y);
        wr_arena_free(a);
    }
}

/* ------------------------------------------------------------------ frequent values */

static void count_value(wr__frequent *f, wr_arena *a, uint32_t v)
{
    char bytes[8];
    wr_put_be64(bytes, v);
    wr_str s = wr_str_make(bytes, 8);
    wr__frequent_add(f, a, wr__sketch_hash(s), s, false);
}

/* Value v of a skewed distribution: half of the rows are 0, a quarter 1, ..., the rest all differ.
 */
static uint32_t skewed(uint32_t k)
{
    uint32_t v = (uint32_t)__builtin_ctzll(mixed(k) | 1u << 8);
    return v < 8 ? v : 1000 + k;
}

static void check_bounds(const wr__frequent *f, uint32_t n, const uint32_t *exact)
{
    assert_true(f->error <= n / 65);
    uint32_t found = 0;
    for (uint32_t k = 0; k < f->n; k++) {
        uint64_t v = wr_get_be64(f->items[k].bytes);
        uint32_t count = v < 8 ? exact[v] : 1;
        found += v < 8;
        assert_true(f->items[k].count <= count && f->items[k].count + f->error >= count);
    }
    for (uint32_t v = 0; v < 8; v++)
        found -= exact[v] > f->error;
    assert_true(found < 8); /* all of the more frequent ones are there */
}

static void test_frequent_within_bounds(void **state)
{
    (void)state;
    enum { N = 60000, PARTS = 20 };
    wr_arena *a = wr_arena_new(0);
    wr__frequent one = {0}, parts[PARTS] = {{0}};
    uint32_t exact[8] = {0};
    for (uint32_t k = 0; k < N; k++) {
        uint32_t v = skewed(k);
        if (v < 8)
            exact[v]++;
        count_value(&one, a, v);
        count_value(&parts[k % PARTS], a, v);
    }
    check_bounds(&one, N, exact);
    for (int p = 1; p < PARTS; p++)
        wr__frequent_merge(&parts[0], a, &parts[p]);
    check_bounds(&parts[0], N, exact);
    const wr__frequent_item *top[3];
    assert_int_equal(wr__frequent_top(&parts[0], top, 3), 3);
    for (uint32_t v = 0; v < 3; v++)
        assert_int_equal(wr_get_be64(top[v]->bytes), v);
    wr_arena_free(a);
}

static void test_frequent_is_exact_when_few(void **state)
{
    (void)state;
    wr_arena *a = wr_arena_new(0);
    wr__frequent f = {0};
    for (uint32_t k = 0; k < 128 * 10; k++)
        count_value(&f, a, k % 128);
    assert_int_equal(f.n, 128);
    assert_int_equal(f.error, 0);
    for (uint32_t k = 0; k < f.n; k++)
        assert_int_equal(f.items[k].count, 10);
    count_value(&f, a, 500); /* all had 10: now nobody has anything left */
    assert_int_equal(f.n, 1);
    assert_int_equal(f.error, 10);
    wr_arena_free(a);
}

/* ------------------------------------------------------------------ profiles */

enum { COLUMNS_N = 4 };

static const wr_type *types[COLUMNS_N] = {&wr_type_bigint, &wr_type_string, &wr_type_double,
                                          &wr_type_boolean};

static void add_row(wr__profile *p, wr_arena *a, uint32_t k)
{
    wr_value v[COLUMNS_N] = {
        wr_value_i64((int64_t)(mixed(k) % 100000)),
        wr_value_str(wr_str_c(wr_arena_printf(a, "name %u", (unsigned)(mixed(k) % 3000)))),
        k % 10 ? wr_value_f64((double)(k % 1000) / 8) : WR_VALUE_NULL,
        wr_value_bool(k % 4 == 0),
    };
    assert_true(wr__profile_add(p, a, types, v));
}

static wr_str bytes_of(const wr__profile *p, wr_arena *a)
{
    wr_buf b = {0};
    wr__profile_write(p, &b);
    wr_str s = wr_arena_str(a, wr_buf_view(&b));
    wr_buf_free(&b);
    return s;
}

static void test_profile_through_bytes(void **state)
{
    (void)state;
    wr_arena *a = wr_arena_new(0);
    wr__profile *kept = wr__profile_new(a, types, COLUMNS_N), *moved = kept;
    moved = wr__profile_read(bytes_of(kept, a), a);
    for (uint32_t k = 0; k < 5000; k++) {
        add_row(kept, a, k);
        add_row(moved, a, k);
        if (k % 500 == 0)
            moved = wr__profile_read(bytes_of(moved, a), a);
        assert_non_null(moved);
    }
    /* The order of the frequent ones in memory is not the same, so after a taking they may differ
     * in which of equal counts come first; all else does not. */
    for (uint32_t c = 0; c < COLUMNS_N; c++) {
        const wr__profile_column *x = &kept->columns[c], *y = &moved->columns[c];
        assert_int_equal(x->nulls, y->nulls);
        assert_true(x->mean == y->mean && x->m2 == y->m2);
        assert_true(wr__distinct_estimate(&x->distinct) == wr__distinct_estimate(&y->distinct));
        assert_int_equal(x->frequent.error, y->frequent.error);
        assert_int_equal(x->quantiles.held, y->quantiles.held);
    }
    assert_true(bytes_of(kept, a).len < COLUMNS_N * 22000);
    wr_arena_free(a);
}

/* Fifty consumers, merged pairwise, one after the other, and backwards. */
static void test_profile_merge(void **state)
{
    (void)state;
    enum { N = 20000, PARTS = 50 };
    wr_arena *a = wr_arena_new(0);
    wr__profile *one = wr__profile_new(a, types, COLUMNS_N), *parts[PARTS];
    for (int p = 0; p < PARTS; p++)
        parts[p] = wr__profile_new(a, types, COLUMNS_N);
    for (uint32_t k = 0; k < N; k++) {
        add_row(one, a, k);
        add_row(parts[mixed(k + 5) % PARTS], a, k);
    }
    wr__profile *merged[2] = {wr__profile_new(a, NULL, 0), wr__profile_new(a, NULL, 0)};
    for (int p = 0; p < PARTS; p++) {
        wr_str x = bytes_of(parts[p], a), y = bytes_of(parts[PARTS - 1 - p], a);
        assert_null(wr__profile_merge(merged[0], a, wr__profile_read(x, a)));
        assert_null(wr__profile_merge(merged[1], a, wr__profile_read(y, a)));
    }
    for (int m = 0; m < 2; m++) {
        assert_int_equal(merged[m]->rows, N);
        for (uint32_t c = 0; c < COLUMNS_N; c++) {
            const wr__profile_column *x = &one->columns[c], *y = &merged[m]->columns[c];
            assert_int_equal(x->nulls, y->nulls);
            assert_memory_equal(x->kinds, y->kinds, sizeof x->kinds);
            assert_int_equal(x->min.len, y->min.len);
            assert_memory_equal(x->min.bytes, y->min.bytes, x->min.len);
            assert_memory_equal(x->max.bytes, y->max.bytes, x->max.len);
            assert_true(fabs(x->mean - y->mean) <= 1e-9 * fabs(x->mean));
            assert_true(fabs(x->m2 - y->m2) <= 1e-9 * x->m2);
            assert_true(wr__distinct_estimate(&x->distinct) == wr__distinct_estimate(&y->distinct));
            assert_int_equal(x->quantiles.n, y->quantiles.n);
        }
    }
    wr_arena_free(a);
}

static void test_profiles_that_do_not_merge(void **state)
{
    (void)state;
    wr_arena *a = wr_arena_new(0);
    const wr_type *integer[] = {&wr_type_integer}, *text[] = {&wr_type_string};
    const wr_type *big[] = {&wr_type_bigint};
    wr__profile *p = wr__profile_new(a, integer, 1);
    assert_non_null(wr__profile_merge(p, a, wr__profile_new(a, text, 1)));
    assert_non_null(wr__profile_merge(p, a, wr__profile_new(a, types, COLUMNS_N)));
    wr__profile *full = wr__profile_new(a, integer, 1);
    full->rows = full->columns[0].nulls = WR__PROFILE_ROWS;
    assert_null(wr__profile_merge(full, a, p));
    wr_value v = wr_value_i32(7);
    assert_false(wr__profile_add(full, a, integer, &v));
    assert_true(wr__profile_add(p, a, integer, &v));
    assert_non_null(wr__profile_merge(full, a, p));
    assert_null(wr__profile_merge(p, a, wr__profile_new(a, big, 1))); /* a column became wider */
    assert_int_equal(p->columns[0].type.id, WR_T_BIGINT);
    assert_int_equal(p->rows, 1);
    wr_arena_free(a);
}

/* A bit that changes, or bytes that are missing, are seen. */
static void test_damage(void **state)
{
    (void)state;
    wr_arena *a = wr_arena_new(0);
    wr__profile *p = wr__profile_new(a, types, COLUMNS_N);
    for (uint32_t k = 0; k < 50; k++)
        add_row(p, a, k);
    wr_str whole = bytes_of(p, a);
    assert_non_null(wr__profile_read(whole, a));
    char *bytes = wr_arena_memdup(a, whole.ptr, whole.len);
    for (uint32_t k = 0; k < whole.len; k += 3) {
        bytes[k] ^= 0x10;
        assert_null(wr__profile_read(wr_str_make(bytes, whole.len), a));
        bytes[k] ^= 0x10;
        assert_null(wr__profile_read(wr_str_make(bytes, k), a));
    }
    wr_arena_free(a);
}

/* Counts that contradict each other are refused though the checksum is right: nothing later asks.
 */
static void test_made_up_counts(void **state)
{
    (void)state;
    const wr_type *integer[] = {&wr_type_integer};
    wr_value v = wr_value_i32(7);
    for (int what = 0; what < 5; what++) {
        wr_arena *a = wr_arena_new(0);
        wr__profile *p = wr__profile_new(a, integer, 1);
        wr__profile_add(p, a, integer, &v);
        wr__profile_column *c = &p->columns[0];
        if (what == 1)
            c->nulls = 2; /* more than rows */
        else if (what == 2)
            c->kinds[WR__KIND_NAN] = UINT64_MAX; /* the sum would be 0 */
        else if (what == 3)
            c->frequent.items[0].count = 2;
        else if (what == 4)
            c->quantiles.levels[0].items[0] = NAN;
        assert_int_equal(wr__profile_read(bytes_of(p, a), a) != NULL, what == 0);
        wr_arena_free(a);
    }
}

/* ------------------------------------------------------------------ as functions */

static const char *report_of(group *g, uint32_t column)
{
    wr_value v;
    const wr_type *t;
    weir_error err = {0};
    g->call->impl->result(g->call, &g->ctx, &g->state, &v);
    wr__profile *p = wr__profile_read(v.u.str, g->a);
    assert_non_null(p);
    const wr_function *fn = wr_function_find(NULL, WR_STR("PROFILE_REPORT"));
    const wr_type *args[] = {&wr_type_bytes}, *cast_to[1], *list;
    uint32_t sig;
    assert_int_equal(
        wr_function_resolve(fn, args, NULL, 1, NULL, NULL, g->a, &sig, cast_to, &list, &err),
        WEIR_OK);
    t = list->elem;
    wr_value report = wr__profile_report(p, column, g->a);
    wr_buf b = {0};
    wr_value_print_json(&b, t, &report);
    const char *text = wr_arena_strdup(g->a, wr_buf_cstr(&b));
    wr_buf_free(&b);
    return text;
}

static const struct {
    const char *call;
    const char *rows[6];
    const char *parts[6]; /* of the first column's report */
} reports[] = {
    {"PROFILE(I)",
     {"3", "NULL", "-5", "3"},
     {"\"TYPE\":\"INTEGER\",\"ROWS\":4,\"NULLS\":1,\"TYPES\":{\"INTEGER\":3}",
      "\"MIN\":\"-5\",\"MAX\":\"3\"", "\"P50\":3.0", "\"DISTINCT_VALUES\":2",
      "\"FREQUENT\":[{\"ITEM\":\"3\",\"OCCURRENCES\":2,\"ERROR\":0}"}},
    {"PROFILE(L)", {"NULL"}, {"\"MIN\":null,\"MAX\":null,\"MEAN\":null", "\"QUANTILES\":null"}},
    {"PROFILE(D)",
     {"2e0", "4e0", "6e0"},
     {"\"MEAN\":4.0,\"DEVIATION\":2.0", "\"MIN\":\"2.0\",\"MAX\":\"6.0\""}},
    {"PROFILE(S)",
     {"'12'", "'-1.5e3'", "'true'", "'2024-05-01'", "'2024-05-01T10:00:00Z'"},
     {"\"TYPES\":{\"INTEGER\":1,\"DOUBLE\":1,\"BOOLEAN\":1,\"DATE\":1,\"TIMESTAMP\":1}",
      "\"MIN\":\"-1.5e3\",\"MAX\":\"true\""}},
    {"PROFILE(S)", {"''", "'1.'", "'1e'", "'2024-5'", "'-'"}, {"\"TYPES\":{\"STRING\":5}"}},
    {"PROFILE(S)", {"'ab'", "'abcd'"}, {"\"MEAN\":3.0", "\"P99\":4.0"}}, /* of texts, lengths */
    {"PROFILE(B)", {"true", "false", "true", "true"}, {"\"MEAN\":0.75", "\"MIN\":\"false\""}},
    {"PROFILE(DT)", {"'1970-01-03'", "'1970-01-01'"}, {"\"MAX\":\"1970-01-03\"", "\"MEAN\":1.0"}},
    {"PROFILE(ARRAY[I])",
     {"ARRAY[1]"},
     {"\"TYPE\":\"ARRAY\"", "\"MEAN\":1.0", "\"DISTINCT_VALUES\":1"}},
    {"PROFILE(CAST(D AS DECIMAL(6, 2)))",
     {"1.5", "2.25"},
     {"\"TYPE\":\"DECIMAL(6, 2)\"", "\"MIN\":\"1.50\",\"MAX\":\"2.25\"", "\"MEAN\":1.875"}},
};

static void test_reports(void **state)
{
    (void)state;
    for (size_t r = 0; r < WR_ARRAY_LEN(reports); r++) {
        group g;
        uint64_t sequence = 0;
        const char *message = NULL;
        group_init(&g, reports[r].call, INT64_MAX, &sequence);
        for (int k = 0; k < 6 && reports[r].rows[k]; k++)
            assert_true(change(&g, reports[r].rows[k], &message));
        const char *text = report_of(&g, 0);
        for (int k = 0; k < 6 && reports[r].parts[k]; k++)
            if (!strstr(text, reports[r].parts[k]))
                fail_msg("%s: no %s in %s", reports[r].call, reports[r].parts[k], text);
        wr_arena_free(g.a);
    }
}

/* NaN and the infinities are counted and left out of what is measured. */
static void test_doubles_that_are_no_numbers(void **state)
{
    (void)state;
    wr_arena *a = wr_arena_new(0);
    const wr_type *t[] = {&wr_type_double};
    wr__profile *p = wr__profile_new(a, t, 1);
    const double values[] = {NAN, INFINITY, 1, -INFINITY, 3};
    for (size_t k = 0; k < WR_ARRAY_LEN(values); k++) {
        wr_value v = wr_value_f64(values[k]);
        assert_true(wr__profile_add(p, a, t, &v));
    }
    const wr__profile_column *c = &p->columns[0];
    assert_int_equal(c->kinds[WR__KIND_NAN], 1);
    assert_int_equal(c->kinds[WR__KIND_INFINITY], 2);
    assert_int_equal(c->quantiles.n, 2);
    assert_true(c->mean == 2);
    assert_non_null(wr__profile_read(bytes_of(p, a), a));
    wr_arena_free(a);
}

/* Long texts: told apart by all of their bytes, shown by the first ones, whole characters. */
static void test_long_texts(void **state)
{
    (void)state;
    wr_arena *a = wr_arena_new(0);
    const wr_type *t[] = {&wr_type_string};
    wr__profile *p = wr__profile_new(a, t, 1);
    for (int k = 0; k < 3; k++) {
        char *text = wr_arena_alloc(a, 102);
        for (int i = 0; i < 100; i += 2)
            memcpy(text + 1 + i, "\xc3\xa4", 2); /* characters end at odd places */
        text[0] = 'x';
        text[101] = (char)('a' + k % 2);
        wr_value v = wr_value_str(wr_str_make(text, 102));
        assert_true(wr__profile_add(p, a, t, &v));
    }
    const wr__profile_column *c = &p->columns[0];
    assert_int_equal(c->distinct.coupons_n, 2);
    assert_int_equal(c->frequent.n, 2);
    assert_int_equal(c->min.len, 47);
    assert_true(c->frequent.items[0].cut);
    wr__profile *again = wr__profile_read(bytes_of(p, a), a);
    assert_non_null(again);
    assert_null(wr__profile_merge(p, a, again));
    assert_int_equal(c->frequent.n, 2);
    wr_arena_free(a);
}

static void test_refusals(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *message;
    } refused[] = {
        {"PROFILE()", "PROFILE takes 1 to 64 columns."},
        {"PROFILE(NULL)", "does not accept parameters"},
        {"PROFILE(CAST(D AS DECIMAL(40, 2)))", "at most 38 digits, column 1 has more"},
        {"PROFILE_MERGE(S)", "does not accept parameters (STRING)"},
    };
    for (size_t k = 0; k < WR_ARRAY_LEN(refused); k++) {
        wr_arena *a = wr_arena_new(0);
        wr_expr **args;
        weir_error err = {0};
        assert_null(compile(a, refused[k].sql, INT64_MAX, &args, &err));
        if (!strstr(err.message, refused[k].message))
            fail_msg("%s: %s", refused[k].sql, err.message);
        wr_arena_free(a);
    }
}

/* The profile as a text that stands for BYTES; its byte @p at is another one, and its checksum
 * right again. UINT32_MAX: none is. */
static const char *literal(const wr__profile *p, uint32_t at, wr_arena *a)
{
    wr_buf bytes = {0}, text = {0};
    wr__profile_write(p, &bytes);
    if (at != UINT32_MAX) {
        bytes.len -= 8;
        bytes.ptr[at]++;
        wr_buf_be64(&bytes, wr__sketch_hash(wr_buf_view(&bytes)));
    }
    wr_buf_putc(&text, '\'');
    wr_text_put_base64(&text, wr_buf_view(&bytes));
    wr_buf_putc(&text, '\'');
    const char *found = wr_arena_strdup(a, wr_buf_cstr(&text));
    wr_buf_free(&bytes);
    wr_buf_free(&text);
    return found;
}

/* What is no profile is reported and left out; the group goes on. */
static void test_merge_leaves_out_what_is_none(void **state)
{
    (void)state;
    group g;
    uint64_t sequence = 0;
    const char *message = NULL;
    group_init(&g, "PROFILE_MERGE(Y)", INT64_MAX, &sequence);
    assert_true(change(&g, "NULL", &message));
    assert_null(message);
    assert_string_equal(result(&g), "null");
    assert_true(change(&g, "'AQ=='", &message));
    assert_string_equal(message, "the value is no profile, or it is damaged");
    assert_string_equal(result(&g), "null");

    const wr_type *integer[] = {&wr_type_integer}, *text[] = {&wr_type_string};
    const wr_value seven = wr_value_i32(7), word = wr_value_str(WR_STR("x"));
    wr__profile *good = wr__profile_new(g.a, integer, 1), *other = wr__profile_new(g.a, text, 1);
    assert_true(wr__profile_add(good, g.a, integer, &seven));
    assert_true(wr__profile_add(other, g.a, text, &word));
    const char *whole = literal(good, UINT32_MAX, g.a);
    message = NULL;
    assert_true(change(&g, whole, &message));
    assert_null(message);
    const struct {
        const char *bytes, *message;
    } c[] = {
        {literal(good, 2, g.a), "the value is no profile, or it is damaged"}, /* a later version */
        {literal(good, 0, g.a), "the value is no profile, or it is damaged"},
        {literal(other, UINT32_MAX, g.a), "the profiles have columns of different types"},
        {literal(wr__profile_new(g.a, types, COLUMNS_N), UINT32_MAX, g.a),
         "the profiles have different numbers of columns"},
    };
    for (size_t k = 0; k < WR_ARRAY_LEN(c); k++) {
        message = NULL;
        assert_true(change(&g, c[k].bytes, &message));
        assert_string_equal(message, c[k].message);
        assert_memory_equal(result(&g), whole + 1, strlen(whole) - 2); /* as it was */
    }
    wr_arena_free(g.a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_distinct_is_exact_when_few),
        cmocka_unit_test(test_distinct_within_error),
        cmocka_unit_test(test_distinct_merge_is_the_union),
        cmocka_unit_test(test_quantiles_are_exact_when_few),
        cmocka_unit_test(test_quantiles_within_error),
        cmocka_unit_test(test_frequent_within_bounds),
        cmocka_unit_test(test_frequent_is_exact_when_few),
        cmocka_unit_test(test_profile_through_bytes),
        cmocka_unit_test(test_profile_merge),
        cmocka_unit_test(test_profiles_that_do_not_merge),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_made_up_counts),
        cmocka_unit_test(test_reports),
        cmocka_unit_test(test_doubles_that_are_no_numbers),
        cmocka_unit_test(test_long_texts),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_merge_leaves_out_what_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
