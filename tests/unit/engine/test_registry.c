/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of functions: every row is documented, is found in any case, has signatures that parse,
 * and its example evaluates to its result.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests_expr.h"

static void test_documented(void **state)
{
    (void)state;
    static const char *const categories[] = {
        "MATHEMATICAL", "STRING",      "REGULAR EXPRESSION",
        "DATE / TIME",  "ARRAY",       "MAP",
        "JSON",         "LAMBDA",      "URL",
        "CONDITIONAL",  "CONVERSIONS", "OTHERS",
        "AGGREGATE",    "TABLE",
    };
    const wr_function *fn;
    const char *before = "";
    for (uint32_t i = 0; (fn = wr_function_at(NULL, i)); i++) {
        bool known = false;
        for (size_t c = 0; c < WR_ARRAY_LEN(categories); c++)
            known |= fn->category && strcmp(fn->category, categories[c]) == 0;
        if (!known || !fn->description || !*fn->description || !fn->example || !fn->sigs_n)
            fail_msg("%s lacks a category, description, example or signature", fn->name);
        if (strcmp(before, fn->name) >= 0)
            fail_msg("%s: not in order", fn->name);
        if ((fn->kind == WR_FUNCTION_AGGREGATE) != (fn->aggregate != NULL))
            fail_msg("%s: aggregates have implementations, others none", fn->name);
        before = fn->name;
    }
    assert_true(*before);
}

static void test_found(void **state)
{
    (void)state;
    const wr_function *fn;
    for (uint32_t i = 0; (fn = wr_function_at(NULL, i)); i++) {
        char lower[64];
        size_t n = strlen(fn->name);
        assert_true(n < sizeof lower);
        for (size_t k = 0; k <= n; k++)
            lower[k] = wr_lower(fn->name[k]);
        assert_ptr_equal(wr_function_find(NULL, wr_str_c(fn->name)), fn);
        assert_ptr_equal(wr_function_find(NULL, wr_str_c(lower)), fn);
        assert_ptr_not_equal(wr_function_find(NULL, wr_str_make(lower, n - 1)), fn);
    }
    assert_null(wr_function_find(NULL, WR_STR("NO_SUCH_FUNCTION")));
    assert_null(wr_function_find(NULL, WR_STR("")));
}

static void test_signatures_print(void **state)
{
    (void)state;
    const wr_function *fn;
    for (uint32_t i = 0; (fn = wr_function_at(NULL, i)); i++) {
        for (uint32_t s = 0; s < fn->sigs_n; s++) {
            wr_buf b = {0};
            wr_signature_print(&b, fn, s); /* asserts that it parses */
            assert_true(b.len > strlen(fn->name) + 1);
            wr_buf_free(&b);
            if (fn->kind != WR_FUNCTION_AGGREGATE && !fn->sigs[s].kernel)
                fail_msg("%s: signature %u has no kernel", fn->name, s);
            if (!fn->sigs[s].ret == !fn->sigs[s].ret_fn)
                fail_msg("%s: signature %u: one of ret and ret_fn", fn->name, s);
        }
    }
}

/** The value of an expression without columns; @p kind says how the example is compiled. */
static bool evaluate(const char *sql, wr_function_kind kind, wr_arena *a, const wr_type **t,
                     wr_value *v, weir_error *err)
{
    wr_schema empty = {0};
    wr_schema_scope scope;
    wr_ast_expr *ast;
    wr_expr *e;
    wr_rng rng;
    wr_rng_seed(&rng, 1);
    wr_eval_ctx ctx = {.scratch = a, .zone = "UTC", .rng = &rng, .wall_ms = 1700000000000};
    wr_schema_scope_init(&scope, &empty, NULL, false, NULL);
    if (wr_parse_expression(sql, strlen(sql), a, &ast, err) != WEIR_OK)
        return false;
    weir_status st = kind == WR_FUNCTION_TABLE
                         ? wr_expr_compile_table_function(ast, &scope.base, a, &e, err)
                         : wr_expr_compile(ast, &scope.base, a, &e, err);
    if (st != WEIR_OK || wr_expr_eval_once(e, &ctx, a, v, err) != WEIR_OK)
        return false;
    *t = wr_expr_type(e);
    return true;
}

/** One row through an aggregate: init, add, result. */
static bool aggregate_once(const char *sql, wr_arena *a, const wr_type **t, wr_value *v,
                           weir_error *err)
{
    wr_schema empty = {0};
    wr_schema_scope scope;
    wr_ast_expr *ast;
    wr_agg_call *call;
    wr_expr **args;
    wr_schema_scope_init(&scope, &empty, NULL, false, NULL);
    if (wr_parse_expression(sql, strlen(sql), a, &ast, err) != WEIR_OK ||
        wr_expr_compile_aggregate(ast, &scope.base, INT64_MAX, a, &call, &args, err) != WEIR_OK)
        return false;
    uint64_t sequence = 0;
    wr_agg_ctx ctx = {.scratch = a, .sequence = &sequence};
    wr_eval_ctx ec = {.scratch = a, .zone = "UTC"};
    wr_value state, values[8];
    const char *message = NULL;
    for (uint32_t i = 0; i < call->args_n; i++) {
        if (wr_expr_eval_once(args[i], &ec, a, &values[i], err) != WEIR_OK)
            return false;
    }
    call->impl->init(call, &ctx, &state);
    assert_true(wr_agg_open(call, &ctx, &state));
    assert_true(call->impl->add(call, &ctx, &state, values, &message));
    wr_agg_close(call, &ctx, &state);
    call->impl->result(call, &ctx, &state, v);
    *t = call->ret;
    return true;
}

static bool example_holds(const wr_function *fn, wr_arena *a)
{
    const wr_type *t, *want_t;
    wr_value v, want;
    weir_error err = {0};
    bool ok = fn->kind == WR_FUNCTION_AGGREGATE ? aggregate_once(fn->example, a, &t, &v, &err)
                                                : evaluate(fn->example, fn->kind, a, &t, &v, &err);
    if (!ok) {
        print_error("%s: example %s: %s\n", fn->name, fn->example, err.message);
        return false;
    }
    if (!fn->result)
        return true; /* random, or now */
    if (!evaluate(fn->result, WR_FUNCTION_SCALAR, a, &want_t, &want, &err)) {
        print_error("%s: result %s: %s\n", fn->name, fn->result, err.message);
        return false;
    }
    /* A result is written as shortly as SQL allows: 2 stands for a BIGINT, 2.0 for a DOUBLE. */
    wr_value cast;
    char message[256];
    ok = wr_cast_value(want_t, &want, t, a, &cast, message, sizeof message) &&
         wr_value_equal(t, &v, &cast);
    if (!ok)
        print_error("%s: %s is %s (%s), not %s\n", fn->name, fn->example, case_text(a, t, &v),
                    wr_type_text(a, t), fn->result);
    return ok;
}

static void test_examples(void **state)
{
    (void)state;
    const wr_function *fn;
    size_t failed = 0;
    for (uint32_t i = 0; (fn = wr_function_at(NULL, i)); i++) {
        wr_arena *a = wr_arena_new(0);
        failed += !example_holds(fn, a);
        wr_arena_free(a);
    }
    assert_int_equal(failed, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_documented),
        cmocka_unit_test(test_found),
        cmocka_unit_test(test_signatures_print),
        cmocka_unit_test(test_examples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
