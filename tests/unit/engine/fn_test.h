/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fn_test.h - run one function on boxed values, as the tests of engine/functions do.
 *
 *     check("SUBSTRING", "ream", S("stream"), I(3));
 *     check("CHR", "NULL", I(-1));
 *     check("FROM_DAYS", "error", NUL(&wr_type_integer));     or "error: part of the message"
 *
 * The overload is found by the registry's own resolver; arguments must have the exact types. Each
 * case runs three times and must give the same: as a batch of one row, as rows 1 and 3 of a batch
 * of five, and with constant arguments (so with prepared data, where the function has any).
 */
#ifndef WR_TESTS_FN_TEST_H
#define WR_TESTS_FN_TEST_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "common/utf8.h"
#include "engine/functions/function.h"
#include "types/decimal.h"
#include "types/text.h"

#define FN_ARGS_MAX 12u

typedef struct tv {
    const wr_type *type;
    wr_value v;
} tv;

static wr_arena *fn_arena; /* values and results of the running test */

static WR_UNUSED int fn_setup(void **state)
{
    (void)state;
    fn_arena = wr_arena_new(0);
    return 0;
}
static WR_UNUSED int fn_teardown(void **state)
{
    (void)state;
    wr_arena_free(fn_arena);
    fn_arena = NULL;
    return 0;
}
#define fn_test(f) cmocka_unit_test_setup_teardown(f, fn_setup, fn_teardown)

/* ---- values ---- */

static inline tv I(int32_t v)
{
    return (tv){&wr_type_integer, wr_value_i32(v)};
}
static inline tv L(int64_t v)
{
    return (tv){&wr_type_bigint, wr_value_i64(v)};
}
static inline tv D(double v)
{
    return (tv){&wr_type_double, wr_value_f64(v)};
}
static inline tv B(bool v)
{
    return (tv){&wr_type_boolean, wr_value_bool(v)};
}
static inline tv S(const char *s)
{
    return (tv){&wr_type_string, wr_value_str(wr_str_c(s))};
}
static inline tv DT(int32_t days)
{
    return (tv){&wr_type_date, wr_value_i32(days)};
}
static inline tv TM(int32_t ms)
{
    return (tv){&wr_type_time, wr_value_i32(ms)};
}
static inline tv TS(int64_t ms)
{
    return (tv){&wr_type_timestamp, wr_value_i64(ms)};
}
/** A wr_ast_unit: 2 DAYS, 3 HOURS, 4 MINUTES, 5 SECONDS, 6 MILLISECONDS. */
static inline tv UNIT(int32_t unit)
{
    return (tv){&wr_type_unit, wr_value_i32(unit)};
}
static inline tv NUL(const wr_type *t)
{
    return (tv){t, WR_VALUE_NULL};
}
/** BYTES from hex digits. */
static WR_UNUSED tv Y(const char *hex)
{
    wr_buf b = {0};
    assert_true(wr_text_from_hex(&b, wr_str_c(hex)));
    tv v = {&wr_type_bytes, wr_value_str(wr_arena_str(fn_arena, wr_buf_view(&b)))};
    wr_buf_free(&b);
    return v;
}
static WR_UNUSED tv DEC(const char *text, int32_t precision, int32_t scale)
{
    tv v = {wr_type_decimal(fn_arena, precision, scale), WR_VALUE_NULL};
    assert_int_equal(wr_dec_from_text(wr_str_c(text), v.type, true, fn_arena, &v.v), WR_DEC_OK);
    return v;
}
static WR_UNUSED tv array_of(const wr_type *elem, uint32_t n, const tv *items)
{
    wr_nest *nest = wr_nest_new(fn_arena, n, false);
    for (uint32_t k = 0; k < n; k++)
        nest->items[k] = items[k].v;
    return (tv){wr_type_array(fn_arena, elem), wr_value_nest(nest)};
}
#define ARR(elem, ...)                                                                             \
    array_of((elem), (uint32_t)(sizeof((tv[]){__VA_ARGS__}) / sizeof(tv)), (tv[]){__VA_ARGS__})
#define EMPTY_ARR(elem) array_of((elem), 0, NULL)
/** A MAP from STRING: key, value, key, value ... */
static WR_UNUSED tv map_of(const wr_type *elem, uint32_t n, const tv *items)
{
    wr_nest *nest = wr_nest_new(fn_arena, n / 2, true);
    for (uint32_t k = 0; k < n / 2; k++) {
        nest->keys[k] = items[2 * k].v;
        nest->items[k] = items[2 * k + 1].v;
    }
    return (tv){wr_type_map(fn_arena, &wr_type_string, elem), wr_value_nest(nest)};
}
#define MAP(elem, ...)                                                                             \
    map_of((elem), (uint32_t)(sizeof((tv[]){__VA_ARGS__}) / sizeof(tv)), (tv[]){__VA_ARGS__})

/* ---- lambdas: a C function instead of a compiled body ---- */

typedef wr_value (*fn_body)(wr_arena *a, const wr_value *params, bool *failed);
typedef struct fn_lambda {
    fn_body body;
    const wr_type *ret;
} fn_lambda;
static fn_lambda fn_lambdas[2]; /* of the next check, in order */
static uint32_t fn_lambdas_n;

/* ---- running ---- */

static char fn_message[512]; /* the first error of the last run, "" if none */

static void fn_report(wr_row_errors *self, uint32_t row, const char *message)
{
    (void)self, (void)row;
    if (!fn_message[0])
        snprintf(fn_message, sizeof(fn_message), "%s", message);
}

static const wr_vec *fn_run_lambda(wr_kctx *ctx, const wr_lambda *lambda, const wr_vec *params,
                                   uint32_t params_n, const uint32_t *rows, uint32_t n)
{
    const fn_lambda *l = (const fn_lambda *)(const void *)lambda;
    wr_vec *out = WR_NEW(ctx->scratch, wr_vec);
    wr_vec_init(out, l->ret, n, ctx->scratch);
    for (uint32_t j = 0; j < n; j++) {
        wr_value p[3];
        for (uint32_t k = 0; k < params_n; k++)
            p[k] = wr_vec_get(&params[k], j);
        bool failed = false;
        wr_value v = l->body(ctx->scratch, p, &failed);
        if (failed)
            wr_row_error(ctx->errs, rows[j], "lambda failed");
        wr_vec_set(out, j, &v);
    }
    return out;
}

typedef struct fn_site {
    wr_call call;
    const wr_type *types[FN_ARGS_MAX];
    const wr_value *constants[FN_ARGS_MAX];
    const wr_lambda *lambdas[2];
} fn_site;

static weir_status fn_type_lambda(void *arg, uint32_t index, const wr_type *const *params,
                                  uint32_t params_n, const wr_type **body, weir_error *err)
{
    (void)params, (void)params_n, (void)err;
    *body = fn_lambdas[index - *(const uint32_t *)arg].ret; /* lambdas stand behind the others */
    return WEIR_OK;
}

static void fn_resolve(fn_site *site, const char *name, const tv *args, uint32_t n,
                       const int *lambda_params)
{
    const wr_function *fn = wr_function_find(NULL, wr_str_c(name));
    if (!fn)
        fail_msg("no function %s", name);
    const wr_type *types[FN_ARGS_MAX + 2] = {0}, *casts[FN_ARGS_MAX + 2] = {0}, *ret = NULL;
    int counts[FN_ARGS_MAX + 2] = {0};
    for (uint32_t k = 0; k < n; k++)
        types[k] = args[k].type;
    for (uint32_t k = 0; k < fn_lambdas_n; k++)
        counts[n + k] = lambda_params[k];
    uint32_t sig = 0;
    weir_error err = {0};
    if (wr_function_resolve(fn, types, counts, n + fn_lambdas_n, fn_type_lambda, &n, fn_arena, &sig,
                            casts, &ret, &err) != WEIR_OK)
        fail_msg("%s: %s", name, err.message);
    for (uint32_t k = 0; k < n; k++) {
        if (casts[k] && types[k]->id != WR_T_NULL && !wr_type_equal(casts[k], types[k]) &&
            types[k]->id != WR_T_DECIMAL)
            fail_msg("%s: argument %u would be cast to %s", name, k,
                     wr_type_text(fn_arena, casts[k]));
        site->types[k] = types[k];
    }
    for (uint32_t k = 0; k < fn_lambdas_n; k++)
        site->lambdas[k] = (const wr_lambda *)(const void *)&fn_lambdas[k];
    site->call = (wr_call){.fn = fn,
                           .sig = &fn->sigs[sig],
                           .args_n = n,
                           .arg_types = site->types,
                           .ret = ret,
                           .const_args = site->constants,
                           .lambdas = fn_lambdas_n ? site->lambdas : NULL,
                           .lambdas_n = fn_lambdas_n};
}

/** Result of the row as text; what @p row of a batch of @p rows rows gives. */
static char *fn_result(const fn_site *site, const wr_vec *out, uint32_t row)
{
    wr_value v = wr_vec_get(out, row);
    if (v.null)
        return fn_message[0] ? wr_arena_printf(fn_arena, "error: %s", fn_message)
                             : wr_arena_strdup(fn_arena, "NULL");
    if (fn_message[0])
        fail_msg("an error (%s) and a result", fn_message);
    wr_buf b = {0};
    wr_value_print(&b, site->call.ret, &v);
    char *text = wr_arena_strdup(fn_arena, wr_buf_cstr(&b));
    if (out->ascii && site->call.ret->id == WR_T_STRING)
        assert_true(wr_utf8_ascii(v.u.str)); /* what the kernel claims of its result */
    wr_buf_free(&b);
    return text;
}

static char *fn_run(fn_site *site, const tv *args, uint32_t rows, wr_sel sel, bool constant)
{
    static const uint8_t all_null = 1;
    wr_call *call = &site->call;
    unsigned flags = call->sig->flags;
    wr_vec vecs[FN_ARGS_MAX], out;
    const wr_vec *ptrs[FN_ARGS_MAX];
    bool null = false;
    for (uint32_t k = 0; k < call->args_n; k++) {
        ptrs[k] = &vecs[k];
        null |= args[k].v.null;
        site->constants[k] = constant ? &args[k].v : NULL;
        if (constant) {
            wr_vec_const(&vecs[k], args[k].type, &args[k].v, fn_arena);
            continue;
        }
        wr_vec_init(&vecs[k], args[k].type, rows, fn_arena);
        memset(vecs[k].null, all_null, rows);
        if (wr_type_width(args[k].type))
            memset(vecs[k].u.data, 0, wr_type_width(args[k].type) * rows);
        WR_FOREACH_SEL (i, sel)
            wr_vec_set(&vecs[k], i, &args[k].v);
    }
    fn_message[0] = 0;
    if (null && (flags & WR_FN_NULL_IN_NULL_OUT))
        return wr_arena_strdup(fn_arena, "NULL");
    if (null && (flags & WR_FN_NULL_IS_ERROR))
        return wr_arena_strdup(fn_arena, "error: NULL argument");
    wr_row_errors errs = {.report = fn_report};
    wr_rng rng;
    wr_rng_seed(&rng, 42);
    wr_kctx ctx = {.scratch = fn_arena,
                   .errs = &errs,
                   .wall_ms = 1700000000123,
                   .rng = &rng,
                   .zone = "UTC",
                   .run_lambda = fn_run_lambda};
    wr_vec_init(&out, call->ret, rows, fn_arena);
    call->prepared = call->sig->prepare ? call->sig->prepare(call, fn_arena) : NULL;
    call->sig->kernel(&ctx, call, ptrs, sel, &out);
    if (call->sig->unprepare && call->prepared)
        call->sig->unprepare(call->prepared);
    for (uint32_t k = 0; k < rows && !constant && sel.rows; k++)
        if (out.null[k] && k != sel.rows[0] && k != sel.rows[1])
            fail_msg("%s wrote outside its selection", call->fn->name);
    char *first = fn_result(site, &out, wr_sel_row(sel, 0));
    for (uint32_t k = 1; k < sel.n; k++)
        assert_string_equal(first, fn_result(site, &out, wr_sel_row(sel, k)));
    return first;
}

static WR_UNUSED char *fn_eval(const char *name, const tv *args, uint32_t n,
                               const int *lambda_params)
{
    static const uint32_t some[] = {1, 3};
    fn_site site = {0};
    fn_resolve(&site, name, args, n, lambda_params);
    char *one = fn_run(&site, args, 1, wr_sel_all(1), false);
    if (n == 0 && (site.call.sig->flags & WR_FN_NOT_DETERMINISTIC))
        return one;
    char *batch = fn_run(&site, args, 5, (wr_sel){2, some}, false);
    char *constant = fn_run(&site, args, 2, wr_sel_all(2), true);
    assert_string_equal(one, batch);
    assert_string_equal(one, constant);
    return one;
}

static WR_UNUSED void fn_check(const char *file, int line, const char *name, const char *expected,
                               const tv *args, uint32_t n, const int *lambda_params)
{
    char *got = fn_eval(name, args, n, lambda_params);
    bool is_error = strncmp(expected, "error", 5) == 0;
    bool same = is_error ? strncmp(got, "error", 5) == 0 &&
                               (!expected[5] || strstr(got, expected + strlen("error: ")))
                         : strcmp(got, expected) == 0;
    if (!same)
        print_error("%s:%d: %s: expected <%s>, got <%s>\n", file, line, name, expected, got);
    assert_true(same);
}

#define fn_count(...) ((uint32_t)(sizeof((tv[]){__VA_ARGS__}) / sizeof(tv)))
#define check(name, expected, ...)                                                                 \
    fn_check(__FILE__, __LINE__, (name), (expected), (tv[]){__VA_ARGS__}, fn_count(__VA_ARGS__),   \
             NULL)
#define check0(name, expected) fn_check(__FILE__, __LINE__, (name), (expected), NULL, 0, NULL)

#endif
