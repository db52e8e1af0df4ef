/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every scalar function on random arguments of every overload: whatever a row holds, the kernel
 * gives a value of its type, NULL, or one error, and the same for a batch of one row, for rows in a
 * larger batch and for constant arguments (fn_test.h). What the values should be is the other
 * test_fn_*.c's affair. The seed is printed where something fails.
 */
#include "unit/engine/fn_test.h"

#include "engine/functions/signature.h"
#include "unit/types/random_value.h"

#define ROUNDS 40u

/* Texts that functions look into: numbers, patterns, documents, zones, and what almost is one. */
static const char *const texts[] = {
    "",
    " ",
    "a",
    "stream",
    "Kafka Streams",
    "\xc3\xa9t\xc3\xa9",
    "\xf0\x9f\x98\x80x",
    "\xed\xa0\xbd",
    "0",
    "-1",
    "12.50",
    "1e400",
    "NaN",
    "true",
    "hex",
    "utf8",
    "base64",
    "ascii",
    "00ff",
    "0x1",
    "V2Vpcg==",
    "yyyy-MM-dd",
    "HH:mm:ss[.SSS]",
    "d MMM yyyy",
    "''",
    "'",
    "[",
    "p",
    "2020-02-30",
    "29.2.2021",
    "24:00:00",
    "1 Jan 2020",
    "Europe/Berlin",
    "+18:00",
    "GMT+1",
    "Z",
    "No/Zone",
    "(a)(b)?",
    "a*",
    "[a-c",
    "\\d+",
    "(?<n>x)",
    "$1",
    "${n}",
    "\\",
    "{\"a\":[1,{\"b\":null}]}",
    "[1, 2.0, \"x\"]",
    "{\"a\":1,\"a\":2}",
    "null",
    "{",
    "$.a[1].b",
    "$",
    "$['a']",
    "a=1;b=2",
    ";",
    "=",
    "http://localhost:80/p?a=1&b=%20#f",
    "http://[::1]/",
    "%zz",
    "mailto:x",
    "DESC",
    "up",
    "BIG_ENDIAN",
    "LITTLE_ENDIAN",
    "km",
    "\\u0041",
    "\\uD83D",
    "x\ty\nz",
};

static const wr_type *concrete(const wr__sig_type *p, wr_rng *rng, wr__bindings *b)
{
    static const wr_type *const any[] = {&wr_type_integer, &wr_type_string, &wr_type_double,
                                         &wr_type_boolean, &wr_type_date,   &wr_type_bytes};
    switch (p->kind) {
    case WR__SIG_VAR:
        if (!b->vars[p->var - 'A'])
            b->vars[p->var - 'A'] = wr_rng_below(rng, 4) ? any[wr_rng_below(rng, WR_ARRAY_LEN(any))]
                                                         : random_type(fn_arena, rng, 1);
        return b->vars[p->var - 'A'];
    case WR__SIG_DECIMAL: {
        int32_t precision = (int32_t)wr_rng_below(rng, 40) + 1;
        return wr_type_decimal(fn_arena, precision,
                               (int32_t)wr_rng_below(rng, (uint64_t)precision + 1));
    }
    case WR__SIG_ARRAY:
        return wr_type_array(fn_arena, concrete(p->elem, rng, b));
    case WR__SIG_MAP:
        return wr_type_map(fn_arena, concrete(p->key, rng, b), concrete(p->elem, rng, b));
    case WR__SIG_ANY:
        return any[wr_rng_below(rng, WR_ARRAY_LEN(any))];
    default:
        return wr__sig_substitute(b, p);
    }
}

static wr_value argument(const wr_type *t, wr_rng *rng)
{
    if (t->id == WR_T_UNIT)
        return wr_value_i32((int32_t)wr_rng_below(rng, 7));
    if (t->id == WR_T_STRING && wr_rng_below(rng, 8))
        return wr_value_str(wr_str_c(texts[wr_rng_below(rng, WR_ARRAY_LEN(texts))]));
    if (t->id == WR_T_INTEGER && wr_rng_below(rng, 2)) /* positions, lengths */
        return wr_value_i32((int32_t)wr_rng_below(rng, 12) - 3);
    return random_value(fn_arena, rng, t);
}

static bool has_lambda(const wr__sig *s)
{
    for (uint32_t i = 0; i < s->params_n; i++)
        if (s->params[i]->kind == WR__SIG_LAMBDA)
            return true;
    return false;
}

/* One call; false where the resolver chooses another overload, or a cast, for these types. */
static bool run_once(const wr_function *fn, uint32_t sig_index, const wr__sig *sig, wr_rng *rng)
{
    tv args[FN_ARGS_MAX];
    const wr_type *casts[FN_ARGS_MAX] = {0}, *ret = NULL;
    wr__bindings bindings;
    wr__bindings_init(&bindings, fn_arena, false);
    uint32_t n = sig->params_n - sig->variadic;
    n += sig->variadic ? (uint32_t)wr_rng_below(rng, 4) : 0;
    fn_site site = {0};
    for (uint32_t k = 0; k < n; k++) {
        args[k].type = concrete(wr__sig_param(sig, k, n), rng, &bindings);
        args[k].v = argument(args[k].type, rng);
        site.types[k] = args[k].type;
    }
    uint32_t chosen;
    weir_error err;
    if (wr_function_resolve(fn, site.types, NULL, n, NULL, NULL, fn_arena, &chosen, casts, &ret,
                            &err) != WEIR_OK ||
        chosen != sig_index)
        return false;
    for (uint32_t k = 0; k < n; k++)
        if (casts[k] && args[k].type->id != WR_T_DECIMAL)
            return false;
    site.call = (wr_call){.fn = fn,
                          .sig = &fn->sigs[sig_index],
                          .args_n = n,
                          .arg_types = site.types,
                          .ret = ret,
                          .const_args = site.constants};
    static const uint32_t some[] = {1, 3};
    char *one = fn_run(&site, args, 1, wr_sel_all(1), false);
    assert_string_equal(one, fn_run(&site, args, 5, (wr_sel){2, some}, false));
    assert_string_equal(one, fn_run(&site, args, 2, wr_sel_all(2), true));
    return true;
}

static void test_every_overload(void **state)
{
    (void)state;
    const wr_function *fn;
    for (uint32_t i = 0; (fn = wr_function_at(NULL, i)); i++) {
        if (fn->kind == WR_FUNCTION_AGGREGATE)
            continue;
        for (uint32_t s = 0; s < fn->sigs_n; s++) {
            wr__sig sig;
            wr__sig_parse(fn->sigs[s].args, fn_arena, &sig);
            if (has_lambda(&sig) || fn->sigs[s].flags & WR_FN_NOT_DETERMINISTIC)
                continue;
            uint32_t ran = 0;
            for (uint32_t round = 0; round < ROUNDS; round++) {
                wr_rng rng;
                wr_rng_seed(&rng, (uint64_t)i * 100000 + s * 1000 + round);
                ran += run_once(fn, s, &sig, &rng);
            }
            /* An overload that no types lead to would not be tested at all, nor be of any use. */
            if (!ran)
                fail_msg("%s: overload %u (%s) was never chosen", fn->name, s, fn->sigs[s].args);
        }
        wr_arena_reset(fn_arena);
    }
}

/* All arguments NULL: never a crash, and what the flags promise. */
static void test_all_null(void **state)
{
    (void)state;
    const wr_function *fn;
    for (uint32_t i = 0; (fn = wr_function_at(NULL, i)); i++) {
        for (uint32_t s = 0; s < fn->sigs_n && fn->kind != WR_FUNCTION_AGGREGATE; s++) {
            wr__sig sig;
            wr__sig_parse(fn->sigs[s].args, fn_arena, &sig);
            if (has_lambda(&sig) || sig.params_n == 0)
                continue;
            tv args[FN_ARGS_MAX];
            wr_rng rng;
            wr_rng_seed(&rng, i);
            wr__bindings b;
            wr__bindings_init(&b, fn_arena, false);
            fn_site site = {0};
            const wr_type *casts[FN_ARGS_MAX] = {0}, *ret = NULL;
            for (uint32_t k = 0; k < sig.params_n; k++) {
                args[k] = NUL(concrete(sig.params[k], &rng, &b));
                site.types[k] = args[k].type;
            }
            uint32_t chosen;
            weir_error err;
            if (wr_function_resolve(fn, site.types, NULL, sig.params_n, NULL, NULL, fn_arena,
                                    &chosen, casts, &ret, &err) != WEIR_OK)
                continue;
            site.call = (wr_call){.fn = fn,
                                  .sig = &fn->sigs[chosen],
                                  .args_n = sig.params_n,
                                  .arg_types = site.types,
                                  .ret = ret,
                                  .const_args = site.constants};
            const char *got = fn_run(&site, args, 3, wr_sel_all(3), false);
            if (site.call.sig->flags & WR_FN_NULL_IN_NULL_OUT)
                assert_string_equal(got, "NULL");
            if (site.call.sig->flags & WR_FN_NULL_IS_ERROR)
                assert_int_equal(strncmp(got, "error", 5), 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fn_test(test_every_overload),
        fn_test(test_all_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
