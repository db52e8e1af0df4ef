/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sources that share decoding (source_pool.h), and sources that convert columns only for the rows a
 * filter has passed: both must give the rows and errors that a source alone gives that converts
 * all.
 */
#include "unit/engine/op_harness.h"

#include "engine/operators/source_pool.h"

#define EXPRS(...)  ((const char *const[]){__VA_ARGS__, NULL})
#define COLUMNS     "ID INT KEY, V INT, S STRING, D DOUBLE, TS BIGINT"
#define MEMBERS_MAX 6

/* ------------------------------------------------------------------ queries */

static void build_filter_first(ops *o)
{
    wr_step *s = ops_filter(o, ops_source(o, "T", COLUMNS, false), "V > 3");
    s = ops_select(o, s, "ID INT KEY, S STRING, D DOUBLE", EXPRS("ID", "S", "D"));
    ops_sink(o, s, "OUT");
}

static void build_other_filter(ops *o)
{
    wr_step *s = ops_filter(o, ops_source(o, "T", COLUMNS, false), "S <> 'b' OR ID = 2");
    s = ops_select(o, s, "ID INT KEY, V INT", EXPRS("ID", "V"));
    ops_sink(o, s, "OUT");
}

static void build_all(ops *o)
{
    ops_sink(o, ops_source(o, "T", COLUMNS, false), "OUT");
}

static void build_strict(ops *o)
{
    build_filter_first(o);
    o->steps[0]->u.source.strict = true;
}

static void build_timed(ops *o)
{
    build_other_filter(o);
    o->steps[0]->u.source.timestamp_column = 4;
}

static void build_table(ops *o)
{
    wr_step *s = ops_source(o, "T", COLUMNS, true);
    ops_want_old(s);
    ops_sink(o, s, "OUT");
}

static void build_two_columns(ops *o)
{
    wr_step *s = ops_source(o, "T", COLUMNS, false);
    static const uint32_t output[] = {0, 1};
    s->u.source.output = output;
    s->schema = ops_schema(o, "ID INT KEY, V INT");
    ops_sink(o, s, "OUT");
}

static const ops_build builds[] = {build_filter_first, build_other_filter, build_all,
                                   build_strict,       build_timed,        build_table};
_Static_assert(WR_ARRAY_LEN(builds) <= MEMBERS_MAX, "room for all");

/* Good rows, and each way to be bad in each column. */
static const ops_in records[] = {
    {"T", "1", "{\"v\":5,\"s\":\"a\",\"d\":1.5,\"ts\":7}", 1},
    {"T", "2", "{\"v\":5,\"s\":\"b\",\"d\":\"x\",\"ts\":8}", 2}, /* D is bad, the filter passes */
    {"T", "3", "{\"v\":1,\"s\":\"a\",\"d\":\"x\",\"ts\":9}", 3}, /* D is bad, one does not pass */
    {"T", "4", "{\"v\":\"x\",\"s\":\"b\",\"d\":\"x\"}", 4},      /* two bad columns */
    {"T", "\"k\"", "{\"v\":5}", 5},                              /* a bad key */
    {"T", "5", "{\"v\":5", 6},                                   /* no JSON */
    {"T", "\"k\"", "{\"v\":", 7},                                /* both */
    {"T", NULL, "{\"v\":6,\"s\":\"\\u00e4\\n\"}", 8},
    {"T", "6", NULL, 9},
    {"T", "7", "null", 10},
    {"T", "8", "{\"v\":7,\"s\":\"c\",\"d\":2,\"ts\":-1}", 11}, /* a bad time */
    {"T", "9", "{\"v\":8,\"s\":\"d\"}", -1},                   /* another */
    {"T", "10", "{\"S\":\"last\",\"V\":9,\"D\":0.25,\"TS\":12}", 12},
};
enum { RECORDS = WR_ARRAY_LEN(records) };

/* ------------------------------------------------------------------ members */

typedef struct member {
    ops o; /* first: ctx->runtime is &o */
    wr_buf errors;
} member;

static void note_error(wr_task_ctx *ctx, const wr_step *step, const wr_batch *batch, uint32_t row,
                       const wr_row_fault *fault)
{
    member *m = ctx->runtime;
    assert_true(step && batch && row < batch->rows);
    wr_buf_printf(&m->errors, "%lld: %s\n", (long long)batch->offset[row], fault->message);
}

static member *open_member(ops_build build, wr_source_pool *pool)
{
    member *m = wr_calloc(1, sizeof *m);
    ops_open(&m->o, build, false);
    wr_topology_close(m->o.subs[0]);
    for (size_t i = 0; i < m->o.stores_n; i++)
        wr_store_close(m->o.stores[i].store);
    m->o.stores_n = 0;
    m->o.ctx.sources = pool;
    m->o.ctx.row_error = note_error;
    OPS_OK(wr_topology_new(&m->o.ctx, 0, &m->o.subs[0], err));
    return m;
}

static void close_member(member *m)
{
    ops_close(&m->o);
    wr_buf_free(&m->errors);
    wr_free(m);
}

static void feed(member *m, const wr_record *r, uint32_t n)
{
    OPS_OK(wr_topology_feed(m->o.subs[0], 0, r, n, err));
    wr_arena_reset(m->o.scratch); /* what is shared does not lie there */
}

static int by_offset(const void *a, const void *b)
{
    return (int)(atoll(*(char *const *)a) - atoll(*(char *const *)b));
}

/* Errors by row: within a batch they come column by column. */
static char *sorted(const wr_buf *errors, wr_arena *a)
{
    char *text = wr_arena_strndup(a, errors->len ? errors->ptr : "", errors->len), *lines[64];
    size_t n = 0;
    for (char *p = text, *end = text + errors->len; p < end; p = strchr(p, '\n') + 1)
        lines[n++] = p;
    qsort(lines, n, sizeof *lines, by_offset);
    wr_buf out = {0};
    for (size_t i = 0; i < n; i++)
        wr_buf_put(&out, lines[i], (size_t)(strchr(lines[i], '\n') + 1 - lines[i]));
    char *result = wr_arena_strndup(a, out.len ? out.ptr : "", out.len);
    wr_buf_free(&out);
    return result;
}

static void feed_all(member **members, size_t n, wr_source_pool *pool, uint32_t batch)
{
    wr_record all[RECORDS];
    for (uint32_t i = 0; i < RECORDS; i++)
        all[i] = ops_record(&records[i], i);
    for (uint32_t at = 0; at < RECORDS; at += batch) {
        if (pool)
            wr_source_pool_next(pool);
        for (size_t k = 0; k < n; k++)
            feed(members[k], all + at, WR_MIN(batch, RECORDS - at));
    }
}

/* ------------------------------------------------------------------ tests */

/* Alone, one row at a time: what all else is held against. */
static void expect(ops_build build, wr_arena *a, char **out, char **errors)
{
    member *m = open_member(build, NULL);
    feed_all(&m, 1, NULL, 1);
    *out = wr_arena_strdup(a, wr_buf_cstr(&m->o.out));
    *errors = sorted(&m->errors, a);
    close_member(m);
}

static void check(member *m, ops_build build, wr_arena *a)
{
    char *out, *errors;
    expect(build, a, &out, &errors);
    assert_string_equal(wr_buf_cstr(&m->o.out), out);
    assert_string_equal(sorted(&m->errors, a), errors);
}

static void test_rows_and_errors(void **state)
{
    (void)state;
    wr_arena *a = wr_arena_new(0);
    char *out, *errors;
    expect(build_filter_first, a, &out, &errors);
    assert_string_equal(out, "OUT 1 {\"S\":\"a\",\"D\":1.5} @1\n"
                             "OUT null {\"S\":\"\xC3\xA4\\n\",\"D\":null} @8\n"
                             "OUT 8 {\"S\":\"c\",\"D\":2.0} @11\n"
                             "OUT 10 {\"S\":\"last\",\"D\":0.25} @12\n");
    /* Row 3 has a bad D, but does not pass; with strict it is bad all the same. */
    assert_null(strstr(errors, "2: "));
    assert_non_null(strstr(errors, "1: Can't convert type. sourceType: TextNode, requiredType: "
                                   "DOUBLE, path: $.D"));
    assert_non_null(strstr(errors, "3: Can't convert type. sourceType: TextNode, requiredType: "
                                   "INTEGER, path: $.V"));
    char *strict_out, *strict_errors;
    expect(build_strict, a, &strict_out, &strict_errors);
    assert_string_equal(strict_out, out);
    assert_non_null(strstr(strict_errors, "\n2: Can't convert type."));
    wr_arena_free(a);
}

static void test_batches(void **state)
{
    (void)state;
    wr_arena *a = wr_arena_new(0);
    for (size_t k = 0; k < WR_ARRAY_LEN(builds); k++)
        for (uint32_t batch = 2; batch <= RECORDS; batch++) {
            member *m = open_member(builds[k], NULL);
            feed_all(&m, 1, NULL, batch);
            check(m, builds[k], a);
            close_member(m);
        }
    wr_arena_free(a);
}

/* All queries in one pool, those of one kind twice, in both orders. */
static void test_shared(void **state)
{
    (void)state;
    wr_arena *a = wr_arena_new(0);
    for (uint32_t batch = 1; batch <= RECORDS; batch += 3)
        for (int turned = 0; turned < 2; turned++) {
            wr_source_pool *pool = wr_source_pool_new();
            member *m[2 * MEMBERS_MAX];
            size_t kinds = WR_ARRAY_LEN(builds), n = 2 * kinds;
            for (size_t k = 0; k < n; k++)
                m[k] = open_member(builds[(turned ? n - 1 - k : k) % kinds], pool);
            feed_all(m, n, pool, batch);
            for (size_t k = 0; k < n; k++) {
                check(m[k], builds[(turned ? n - 1 - k : k) % kinds], a);
                close_member(m[k]);
            }
            wr_source_pool_free(pool);
        }
    wr_arena_free(a);
}

/* Queries come and go, which changes what is wanted together. */
static void test_join_and_leave(void **state)
{
    (void)state;
    wr_source_pool *pool = wr_source_pool_new();
    member *first = open_member(build_two_columns, pool), *second = NULL;
    const ops_in in = {"T", "1", "{\"V\":5,\"S\":\"a\",\"D\":1,\"TS\":2}", 1};
    wr_record r = ops_record(&in, 0);
    wr_source_pool_next(pool);
    feed(first, &r, 1);
    second = open_member(build_all, pool);
    feed(second, &r, 1); /* the same run: its columns were made before this one came */
    feed(first, &r, 1);
    close_member(first);
    feed(second, &r, 1);
    assert_string_equal(wr_buf_cstr(&second->o.out),
                        "OUT 1 {\"V\":5,\"S\":\"a\",\"D\":1.0,\"TS\":2} @1\n"
                        "OUT 1 {\"V\":5,\"S\":\"a\",\"D\":1.0,\"TS\":2} @1\n");
    first = open_member(build_two_columns, pool);
    close_member(second);
    wr_source_pool_next(pool);
    feed(first, &r, 1);
    assert_string_equal(wr_buf_cstr(&first->o.out), "OUT 1 {\"V\":5} @1\n");
    close_member(first);
    wr_source_pool_free(pool);
}

/* The second member sees what was decoded for the first one, not the records; after
 * wr_source_pool_next it sees the records. */
static void test_decoded_once(void **state)
{
    (void)state;
    wr_source_pool *pool = wr_source_pool_new();
    member *m[2] = {open_member(build_two_columns, pool), open_member(build_two_columns, pool)};
    char value[] = "{\"V\":5}";
    const ops_in in = {"T", "1", value, 1};
    wr_record r = ops_record(&in, 0);
    wr_source_pool_next(pool);
    feed(m[0], &r, 1);
    value[5] = '6';
    feed(m[1], &r, 1);
    assert_string_equal(wr_buf_cstr(&m[1]->o.out), "OUT 1 {\"V\":5} @1\n");
    wr_source_pool_next(pool);
    feed(m[1], &r, 1);
    assert_string_equal(wr_buf_cstr(&m[1]->o.out), "OUT 1 {\"V\":5} @1\nOUT 1 {\"V\":6} @1\n");
    close_member(m[0]);
    close_member(m[1]);
    wr_source_pool_free(pool);
}

/* Rows that leave when the filter asks for their other columns count as if they had never come. */
static void test_counters(void **state)
{
    (void)state;
    member *m = open_member(build_filter_first, NULL);
    feed_all(&m, 1, NULL, RECORDS);
    const wr_op *source = wr_topology_op(m->o.subs[0], 0);
    const wr_op *filter = wr_topology_op(m->o.subs[0], 1);
    assert_int_equal(source->rows_in, RECORDS);
    assert_int_equal(source->rows_out + source->dropped_rows, RECORDS);
    assert_int_equal(filter->rows_in, source->rows_out);
    assert_int_equal(filter->rows_out, 4);
    close_member(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_and_errors), cmocka_unit_test(test_batches),
        cmocka_unit_test(test_shared),          cmocka_unit_test(test_join_and_leave),
        cmocka_unit_test(test_decoded_once),    cmocka_unit_test(test_counters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
