/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plans by writer's schema (formats/writer_plans.h), alone and in a format that uses them: a test
 * format whose records begin with the id of the schema that they were written with, as a registry's
 * do, so that a decoder's ways to end are seen as a real format will have them.
 */
#include "unit/formats/fixture.h"

#include "formats/format_internal.h"
#include "formats/writer_plans.h"

/* ------------------------------------------------------------------ the plans alone */

typedef struct maker {
    unsigned calls;
    uint32_t bad;     /* this id is no good */
    uint32_t missing; /* this one neither, so far */
    uint32_t waiting; /* this one is not known yet */
    uint32_t refused; /* this one fails all */
} maker;

static weir_status make_number(void *user, uint32_t id, wr_arena *a, void **plan, weir_error *err)
{
    maker *m = user;
    m->calls++;
    if (id == m->bad)
        return wr_error(err, WEIR_ERR_RECORD, "no schema %u", id);
    if (id == m->missing) {
        (void)wr_error(err, WEIR_ERR_RECORD, "no schema %u yet", id);
        err->flags |= WEIR_ERROR_RETRIABLE;
        return WEIR_ERR_RECORD;
    }
    if (id == m->refused)
        return wr_error(err, WEIR_ERR_CONFIG, "who are you");
    if (id == m->waiting) {
        (void)wr_error(err, WEIR_ERR_LOG, "the registry is away");
        err->flags |= WEIR_ERROR_RETRIABLE;
        return WEIR_ERR_LOG;
    }
    uint32_t *number = wr_arena_memdup(a, &id, sizeof id);
    *plan = number;
    return WEIR_OK;
}

static uint32_t number_of(wr_writer_plans *p, uint32_t id)
{
    void *plan;
    weir_error err;
    assert_int_equal(wr__writer_plans_get(p, id, &plan, &err), WEIR_OK);
    return *(uint32_t *)plan;
}

static void test_made_once(void **state)
{
    (void)state;
    maker m = {0};
    wr_arena *a = wr_arena_new(0);
    wr_writer_plans *p = wr__writer_plans_new(a, 4, make_number, &m);
    wr__writer_plans_begin(p);
    static const uint32_t ids[] = {7, 7, 8, 7, 8, 0xFFFFFFFFu, 9, 8};
    for (size_t i = 0; i < WR_ARRAY_LEN(ids); i++)
        assert_int_equal(number_of(p, ids[i]), ids[i]);
    assert_int_equal(m.calls, 4);
    assert_int_equal(wr__writer_plans_held(p), 4);
    wr__writer_plans_begin(p);
    assert_int_equal(number_of(p, 9), 9);
    assert_int_equal(m.calls, 4);
    wr_arena_free(a);
}

/* Within a batch all that it uses stays; between batches the bound holds and the oldest go. */
static void test_bound(void **state)
{
    (void)state;
    maker m = {0};
    wr_arena *a = wr_arena_new(0);
    wr_writer_plans *p = wr__writer_plans_new(a, 3, make_number, &m);
    wr__writer_plans_begin(p);
    void *first;
    weir_error err;
    assert_int_equal(wr__writer_plans_get(p, 1, &first, &err), WEIR_OK);
    for (uint32_t id = 2; id <= 10; id++)
        number_of(p, id);
    assert_int_equal(wr__writer_plans_held(p), 10);
    assert_int_equal(*(uint32_t *)first, 1); /* still there: ASan would say */
    wr__writer_plans_begin(p);
    assert_int_equal(wr__writer_plans_held(p), 3);

    wr_writer_plans *q = wr__writer_plans_new(a, 2, make_number, &m);
    static const uint32_t batches[][2] = {{1, 2}, {2, 3}, {3, 4}};
    for (size_t b = 0; b < WR_ARRAY_LEN(batches); b++) {
        wr__writer_plans_begin(q);
        number_of(q, batches[b][0]);
        number_of(q, batches[b][1]);
    }
    m.calls = 0;
    wr__writer_plans_begin(q); /* of 2, 3, 4 the one not used for the longest has gone */
    number_of(q, 3);
    number_of(q, 4);
    assert_int_equal(m.calls, 0);
    number_of(q, 2);
    assert_int_equal(m.calls, 1);
    wr_arena_free(a);
}

static void test_many_batches(void **state)
{
    (void)state;
    maker m = {0};
    wr_arena *a = wr_arena_new(0);
    wr_writer_plans *p = wr__writer_plans_new(a, 5, make_number, &m);
    for (uint32_t b = 1; b < 3000; b++) {
        wr__writer_plans_begin(p);
        assert_true(wr__writer_plans_held(p) <= 5);
        for (uint32_t k = 0; k < 4; k++)
            assert_int_equal(number_of(p, b + k * 1000), b + k * 1000);
    }
    wr_arena_free(a);
}

static void test_failures(void **state)
{
    (void)state;
    maker m = {.bad = 5, .waiting = 6, .refused = 7};
    wr_arena *a = wr_arena_new(0);
    wr_writer_plans *p = wr__writer_plans_new(a, 4, make_number, &m);
    wr__writer_plans_begin(p);
    void *plan;
    weir_error err;
    for (int i = 0; i < 3; i++) { /* a bad id is asked about once */
        assert_int_equal(wr__writer_plans_get(p, 5, &plan, &err), WEIR_ERR_RECORD);
        assert_string_equal(err.message, "no schema 5");
        assert_null(plan);
        assert_int_equal(m.calls, 1);
    }
    m.calls = 0;
    for (unsigned i = 1; i <= 3; i++) { /* what waits, each time */
        assert_int_equal(wr__writer_plans_get(p, 6, &plan, &err), WEIR_ERR_LOG);
        assert_int_equal(err.flags, WEIR_ERROR_RETRIABLE);
        assert_int_equal(m.calls, i);
    }
    m.waiting = 0;
    assert_int_equal(number_of(p, 6), 6);
    assert_int_equal(wr__writer_plans_get(p, 7, &plan, &err), WEIR_ERR_CONFIG);
    assert_int_equal(err.flags, 0);
    m.refused = 0;
    assert_int_equal(number_of(p, 7), 7);
    assert_int_equal(wr__writer_plans_get(p, 5, &plan, NULL), WEIR_ERR_RECORD);
    wr_arena_free(a);
}

/* One that may come is asked about once for each batch, and is there as soon as it has come. */
static void test_one_that_may_come(void **state)
{
    (void)state;
    maker m = {.bad = 5, .missing = 6};
    wr_arena *a = wr_arena_new(0);
    wr_writer_plans *p = wr__writer_plans_new(a, 4, make_number, &m);
    void *plan;
    weir_error err;
    for (unsigned batch = 1; batch <= 3; batch++) {
        wr__writer_plans_begin(p);
        for (int i = 0; i < 3; i++) {
            assert_int_equal(wr__writer_plans_get(p, 6, &plan, &err), WEIR_ERR_RECORD);
            assert_string_equal(err.message, "no schema 6 yet");
            assert_int_equal(err.flags, 0);
            assert_int_equal(wr__writer_plans_get(p, 5, &plan, &err), WEIR_ERR_RECORD);
        }
        assert_int_equal(m.calls, batch + 1); /* 5 once and for all */
    }
    m.missing = 0;
    assert_int_equal(wr__writer_plans_get(p, 6, &plan, &err), WEIR_ERR_RECORD); /* this batch */
    wr__writer_plans_begin(p);
    assert_int_equal(number_of(p, 6), 6);
    assert_int_equal(wr__writer_plans_held(p), 2);
    wr_arena_free(a);
}

/* ------------------------------------------------------------------ a format with a registry */

/* The registry: ids from 1, each a list of the writer's field names. */
static struct registry {
    const char *schemas[8];
    bool down, refuses;
    unsigned asked;
} registry;

/* Which of the writer's fields each of the reader's columns is; -1: none, so NULL. */
typedef struct field_plan {
    uint32_t fields;
    const int32_t *of_column;
} field_plan;

typedef struct test_decoder {
    wr_decoder base;
    wr_writer_plans *plans;
    const field_plan **row_plans; /* by row, of the last scan */
} test_decoder;

static int32_t place_in(const char *schema, const char *name, uint32_t *n)
{
    int32_t found = -1;
    wr_str rest = wr_str_c(schema);
    for (*n = 0; rest.len; (*n)++) {
        uint32_t len = 0;
        while (len < rest.len && rest.ptr[len] != ',')
            len++;
        if (wr_str_eq_c(wr_str_make(rest.ptr, len), name))
            found = (int32_t)*n;
        len += len < rest.len;
        rest = wr_str_make(rest.ptr + len, rest.len - len);
    }
    return found;
}

static weir_status plan_fields(void *user, uint32_t id, wr_arena *a, void **plan, weir_error *err)
{
    const test_decoder *d = user;
    registry.asked++;
    if (registry.refuses)
        return wr_error(err, WEIR_ERR_CONFIG, "the registry refuses the credentials");
    if (registry.down) {
        (void)wr_error(err, WEIR_ERR_LOG, "the registry does not answer");
        err->flags |= WEIR_ERROR_RETRIABLE;
        return WEIR_ERR_LOG;
    }
    if (id >= WR_ARRAY_LEN(registry.schemas) || !registry.schemas[id])
        return wr_error(err, WEIR_ERR_RECORD, "there is no schema %u", id);
    field_plan *p = WR_NEW(a, field_plan);
    int32_t *of = WR_NEW_N(a, int32_t, d->base.n);
    for (uint32_t c = 0; c < d->base.n; c++)
        of[c] = place_in(registry.schemas[id], d->base.cols[c].name, &p->fields);
    p->of_column = of;
    *plan = p;
    return WEIR_OK;
}

static bool test_check(const wr_format_columns *c, wr_format_misfit *why)
{
    for (uint32_t i = 0; i < c->n; i++)
        if (c->cols[i].type->id != WR_T_STRING)
            return wr__misfit_type(why, "TEST", c, i, true);
    return true;
}

static weir_status test_decoder_new(const wr_decoder *common, wr_arena *a, wr_decoder **out,
                                    weir_error *err)
{
    (void)err;
    test_decoder *d = WR_NEW(a, test_decoder);
    d->base = *common;
    d->plans = wr__writer_plans_new(a, 2, plan_fields, d);
    *out = &d->base;
    return WEIR_OK;
}

static weir_status test_scan(wr_decoder *base, wr_sel sel, uint8_t *ok, wr_row_errors *errs,
                             weir_error *err)
{
    test_decoder *d = (test_decoder *)base;
    wr__writer_plans_begin(d->plans);
    uint32_t rows = sel.n ? wr_sel_row(sel, sel.n - 1) + 1 : 0;
    d->row_plans = WR_NEW_N(base->scratch, const field_plan *, rows);
    const char **faults = WR_NEW_N(base->scratch, const char *, rows);
    WR_FOREACH_SEL (i, sel) { /* first all ids, then what is wrong with rows */
        void *plan = NULL;
        if (base->payloads[i].len < 4) {
            faults[i] = "no room for an id";
            continue;
        }
        weir_error why = {0};
        weir_status st =
            wr__writer_plans_get(d->plans, wr_get_be32(base->payloads[i].ptr), &plan, &why);
        if (st == WEIR_ERR_RECORD) {
            faults[i] = wr_arena_strdup(base->scratch, why.message);
        } else if (st != WEIR_OK) {
            *err = why;
            return st;
        }
        d->row_plans[i] = plan;
    }
    WR_FOREACH_SEL (i, sel) {
        ok[i] = faults[i] ? 0 : WR_DECODED;
        if (faults[i])
            wr_row_error(errs, i, "%s", faults[i]);
    }
    return WEIR_OK;
}

static void test_convert(wr_decoder *base, uint32_t column, wr_sel sel, wr_vec *out, uint8_t *ok,
                         wr_row_errors *errs)
{
    (void)ok, (void)errs;
    test_decoder *d = (test_decoder *)base;
    WR_FOREACH_SEL (i, sel) {
        int32_t field = d->row_plans[i]->of_column[column];
        wr_str rest = wr_str_make(base->payloads[i].ptr + 4, base->payloads[i].len - 4);
        for (int32_t f = 0; f < field; f++) {
            uint32_t len = 0;
            while (len < rest.len && rest.ptr[len++] != ',')
                ;
            rest = wr_str_make(rest.ptr + len, rest.len - len);
        }
        uint32_t len = 0;
        while (len < rest.len && rest.ptr[len] != ',')
            len++;
        if (field < 0)
            wr__vec_put_null(out, i);
        else
            out->u.str[i] = wr_str_make(rest.ptr, len);
    }
}

static weir_status no_encoder(const wr_encoder *common, wr_arena *a, wr_encoder **out,
                              weir_error *err)
{
    (void)common, (void)a;
    *out = NULL;
    return wr_error(err, WEIR_ERR_UNSUPPORTED, "TEST is only read");
}

static void no_encode(wr_encoder *e, const wr_vec *cols, wr_sel sel, wr_buf *buf, wr_str *payloads,
                      uint8_t *ok, wr_row_errors *errs)
{
    (void)e, (void)cols, (void)sel, (void)buf, (void)payloads, (void)ok, (void)errs;
    fail();
}

static const wr_format_class test_format = {
    .format = {.id = WR_FORMAT_AVRO, .name = "TEST", .implemented = true, .is_value = true},
    .check = test_check,
    .decoder_new = test_decoder_new,
    .scan = test_scan,
    .convert = test_convert,
    .encoder_new = no_encoder,
    .encode = no_encode,
};

/* ------------------------------------------------------------------ the format at work */

#define ROWS_MAX 8

typedef struct bench {
    wr_arena *a;
    wr_decoder *d;
    wr_column cols[2];
    wr_str payloads[ROWS_MAX];
    wr_vec *v;
    uint8_t ok[ROWS_MAX];
    wr_row_errors errs;
    weir_error err;
    uint32_t n;
} bench;

static void bench_open(bench *b)
{
    registry = (struct registry){.schemas = {NULL, "A,B", "B", "C,B,A"}};
    *b = (bench){.a = wr_arena_new(0)};
    b->cols[0] = col("A", &wr_type_string);
    b->cols[1] = col("B", &wr_type_string);
    weir_error err;
    assert_int_equal(wr_decoder_new(&test_format.format, b->cols, 2, NULL, NULL, b->a, &b->d, &err),
                     WEIR_OK);
}

static void bench_add(bench *b, uint32_t id, const char *fields)
{
    wr_buf text = {0};
    wr_buf_be32(&text, id);
    wr_buf_puts(&text, fields);
    b->payloads[b->n++] = wr_arena_str(b->a, wr_buf_view(&text));
    wr_buf_free(&text);
}

static weir_status bench_run(bench *b)
{
    b->v = vectors(b->cols, 2, b->n);
    memset(b->ok, 99, sizeof b->ok);
    b->errs = (wr_row_errors){0};
    return wr_decoder_run(b->d, b->payloads, wr_sel_all(b->n), b->v, b->ok, &b->errs, b->a,
                          &b->err);
}

/* "1|2 null|3 ! ": each row's columns, `!` for a bad one. */
static const char *bench_show(const bench *b)
{
    wr_buf out = {0};
    for (uint32_t i = 0; i < b->n; i++) {
        if (!b->ok[i]) {
            wr_buf_puts(&out, "! ");
            continue;
        }
        for (uint32_t c = 0; c < 2; c++) {
            wr_value v = wr_vec_get(&b->v[c], i);
            if (v.null)
                wr_buf_puts(&out, "null");
            else
                wr_buf_str(&out, v.u.str);
            wr_buf_putc(&out, c ? ' ' : '|');
        }
    }
    char *text = wr_arena_strdup(arena, wr_buf_cstr(&out));
    wr_buf_free(&out);
    return text;
}

static void test_schemas_of_writers(void **state)
{
    (void)state;
    bench b;
    bench_open(&b);
    bench_add(&b, 1, "1,2");
    bench_add(&b, 2, "3");
    bench_add(&b, 3, "x,4,5");
    bench_add(&b, 1, "6,7");
    bench_add(&b, 4, "8"); /* no such schema: a bad row, asked about once */
    bench_add(&b, 4, "9");
    b.payloads[b.n++] = (wr_str){0};
    assert_int_equal(bench_run(&b), WEIR_OK);
    assert_string_equal(bench_show(&b), "1|2 null|3 5|4 6|7 ! ! null|null ");
    assert_int_equal(b.errs.count, 2);
    assert_string_equal(b.errs.first, "there is no schema 4");
    assert_int_equal(registry.asked, 4);
    assert_int_equal(b.ok[6], WR_DECODED_NULL);
    wr_arena_free(b.a);
}

/* Nothing is reported and nothing taken while the decoder waits; then all comes at once. */
static void test_waiting(void **state)
{
    (void)state;
    bench b;
    bench_open(&b);
    bench_add(&b, 1, "1,2");
    assert_int_equal(bench_run(&b), WEIR_OK);
    registry.down = true;
    assert_int_equal(bench_run(&b), WEIR_OK); /* what is known needs no registry */
    b.payloads[b.n++] = exact("ab", 2);       /* a bad row, found out before the wait */
    bench_add(&b, 2, "3");
    for (int i = 0; i < 3; i++) {
        assert_int_equal(bench_run(&b), WEIR_ERR_LOG);
        assert_int_equal(b.err.flags, WEIR_ERROR_RETRIABLE);
        assert_string_equal(b.err.message, "the registry does not answer");
        assert_int_equal(b.errs.count, 0);
    }
    registry.down = false;
    assert_int_equal(bench_run(&b), WEIR_OK);
    assert_string_equal(bench_show(&b), "1|2 ! null|3 ");
    assert_int_equal(b.errs.count, 1);
    wr_arena_free(b.a);
}

static void test_failing_as_a_whole(void **state)
{
    (void)state;
    bench b;
    bench_open(&b);
    bench_add(&b, 1, "1,2");
    registry.refuses = true;
    assert_int_equal(bench_run(&b), WEIR_ERR_CONFIG);
    assert_int_equal(b.err.flags, 0);
    assert_int_equal(b.errs.count, 0);
    wr_arena_free(b.a);
}

/* More schemas in turn than plans are kept. */
static void test_more_schemas_than_plans(void **state)
{
    (void)state;
    bench b;
    bench_open(&b);
    for (uint32_t round = 0; round < 20; round++) {
        b.n = 0;
        bench_add(&b, 1 + round % 3, "1,2,3");
        bench_add(&b, 1 + (round + 1) % 3, "1,2,3");
        bench_add(&b, 1 + (round + 2) % 3, "1,2,3");
        static const char *const shown[] = {"1|2 null|1 3|2 ", "null|1 3|2 1|2 ",
                                            "3|2 1|2 null|1 "};
        assert_int_equal(bench_run(&b), WEIR_OK);
        assert_string_equal(bench_show(&b), shown[round % 3]);
    }
    wr_arena_free(b.a);
}

static void test_check_of_the_format(void **state)
{
    (void)state;
    const wr_column cols[] = {col("A", &wr_type_string), col("B", &wr_type_integer)};
    const wr_format_columns columns = {false, cols, 2, NULL};
    int32_t misfit;
    weir_error err;
    assert_int_equal(wr_format_check(&test_format.format, &columns, &misfit, &err),
                     WEIR_ERR_STATEMENT);
    assert_int_equal(misfit, 1);
    assert_non_null(strstr(err.message, "The 'TEST' format does not support type 'INTEGER', "
                                        "column: `B`"));
    wr_encoder *e;
    assert_int_equal(wr_encoder_new(&test_format.format, cols, 1, NULL, arena, &e, &err),
                     WEIR_ERR_UNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_made_once),
        cmocka_unit_test(test_bound),
        cmocka_unit_test(test_many_batches),
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_one_that_may_come),
        cmocka_unit_test(test_schemas_of_writers),
        cmocka_unit_test(test_waiting),
        cmocka_unit_test(test_failing_as_a_whole),
        cmocka_unit_test(test_more_schemas_than_plans),
        cmocka_unit_test(test_check_of_the_format),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
