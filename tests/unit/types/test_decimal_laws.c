/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DECIMAL by what must hold for all numbers: laws of arithmetic, the 128-bit half and the
 * arbitrary-precision half against each other, plans against plain calls, rounding, text and
 * DOUBLE. Numbers are random, of both halves; a case that fails is shown with its numbers.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "random_value.h"

#include <stdlib.h>

enum { ROUNDS = 3000, WIDER = 60 };

/** A number and its type. */
typedef struct dec {
    const wr_type *t;
    wr_value v;
} dec;

static wr_arena *arena;
static wr_rng rng;

static int setup(void **state)
{
    (void)state;
    arena = wr_arena_new(0);
    wr_rng_seed(&rng, 17);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    wr_arena_free(arena);
    return 0;
}

static const char *show(dec d)
{
    wr_buf b = {0};
    wr_dec_print(&b, d.t, &d.v);
    wr_buf_printf(&b, " (%d, %d)", (int)d.t->precision, (int)d.t->scale);
    const char *text = wr_arena_strndup(arena, b.ptr, b.len);
    wr_buf_free(&b);
    return text;
}

/* At most @p digits of precision; few digits and zeroes are common, as in real tables. */
static dec random_dec(int digits)
{
    int32_t precision = 1 + (int32_t)wr_rng_below(&rng, (uint64_t)digits);
    const wr_type *t =
        wr_type_decimal(arena, precision, (int32_t)wr_rng_below(&rng, (uint64_t)precision + 1));
    dec d = {t, random_decimal(arena, &rng, t)};
    if (wr_rng_below(&rng, 20) == 0)
        assert_int_equal(wr_dec_from_i64(0, t, arena, &d.v), WR_DEC_OK);
    return d;
}

static wr_dec_status arith(char op, dec l, dec r, dec *out)
{
    out->t = wr_dec_result_type(arena, op, l.t, r.t);
    return wr_dec_arith(op, l.t, &l.v, r.t, &r.v, out->t, arena, &out->v);
}

/* The types of results grow, so + - * never overflow here. */
static dec must(char op, dec l, dec r)
{
    dec out;
    wr_dec_status st = arith(op, l, r, &out);
    if (st != WR_DEC_OK)
        fail_msg("%s %c %s: status %d", show(l), op, show(r), (int)st);
    return out;
}

static int order(dec l, dec r)
{
    int o = wr_dec_compare(l.t, &l.v, r.t, &r.v);
    return (o > 0) - (o < 0);
}

static void check_same(dec l, dec r, const char *law)
{
    if (order(l, r) != 0)
        fail_msg("%s: %s is not %s", law, show(l), show(r));
    assert_int_equal(order(r, l), 0);
}

static dec negated(dec d)
{
    dec out = {d.t, {.null = false}};
    assert_int_equal(wr_dec_negate(d.t, &d.v, arena, &out.v), WR_DEC_OK);
    return out;
}

/* The same number with a type so wide that the other half works on it. */
static dec widened(dec d)
{
    dec out = {wr_type_decimal(arena, d.t->precision + WIDER, d.t->scale), {.null = false}};
    assert_int_equal(wr_dec_rescale(d.t, &d.v, out.t, arena, &out.v), WR_DEC_OK);
    return out;
}

/* ----------------------------------------------------------------------------------- arithmetic */

static void check_laws(int digits)
{
    for (int i = 0; i < ROUNDS; i++) {
        dec a = random_dec(digits), b = random_dec(digits), c = random_dec(digits);
        check_same(must('+', a, b), must('+', b, a), "a + b = b + a");
        check_same(must('*', a, b), must('*', b, a), "a * b = b * a");
        check_same(must('-', must('+', a, b), b), a, "a + b - b = a");
        check_same(must('-', a, b), negated(must('-', b, a)), "a - b = -(b - a)");
        check_same(must('+', must('+', a, b), c), must('+', a, must('+', b, c)),
                   "(a + b) + c = a + (b + c)");
        check_same(must('*', a, must('+', b, c)), must('+', must('*', a, b), must('*', a, c)),
                   "a * (b + c) = a * b + a * c");
        dec minus_a = negated(a);
        assert_int_equal(wr_dec_sign(a.t, &a.v), -wr_dec_sign(a.t, &minus_a.v));
        dec difference = must('-', a, b);
        assert_int_equal(order(a, b), wr_dec_sign(difference.t, &difference.v));
        wr_arena_reset(arena);
    }
}

static void test_laws_of_small_ones(void **state)
{
    (void)state;
    check_laws(9);
}

static void test_laws_of_all(void **state)
{
    (void)state;
    check_laws(70);
}

/* 2 |a - q b| <= |b| 10^-scale, in which the unit is a DECIMAL of the quotient's scale. */
static void check_rounded(dec a, dec b)
{
    dec q = must('/', a, b), off = must('-', a, must('*', q, b));
    const wr_type *t = wr_type_decimal(arena, q.t->scale + 1, q.t->scale);
    dec unit = {t, WR_VALUE_NULL}, two = {wr_type_decimal(arena, 1, 0), {.u.dec = 2}};
    char text[32];
    snprintf(text, sizeof text, "1e-%d", (int)t->scale);
    assert_int_equal(wr_dec_from_text(wr_str_c(text), t, true, arena, &unit.v), WR_DEC_OK);
    dec most = must('*', b, unit);
    off = must('*', off, two);
    off = wr_dec_sign(off.t, &off.v) < 0 ? negated(off) : off;
    most = wr_dec_sign(most.t, &most.v) < 0 ? negated(most) : most;
    if (order(off, most) > 0)
        fail_msg("%s / %s = %s", show(a), show(b), show(q));
}

/* Exact quotients are exact or refused, others are off by half a unit at most; remainders are
 * smaller than the divisor, with the sign of the dividend, and what is left divides without a
 * fraction. */
static void test_division(void **state)
{
    (void)state;
    int exact = 0, refused = 0;
    for (int i = 0; i < ROUNDS; i++) {
        int digits = i % 2 ? 12 : 60;
        dec a = random_dec(digits), b = random_dec(digits), q, m;
        wr_dec_status st = arith(WR_DEC_DIV_EXACT, a, b, &q), sm = arith('%', a, b, &m);
        if (wr_dec_sign(b.t, &b.v) == 0) {
            assert_int_equal(st, WR_DEC_DIV_ZERO);
            assert_int_equal(sm, WR_DEC_DIV_ZERO);
            continue;
        }
        if (st == WR_DEC_OK) {
            check_same(must('*', q, b), a, "a / b * b = a");
            check_same(must('/', a, b), q, "an exact quotient is not rounded");
            exact++;
        } else {
            assert_true(st == WR_DEC_INEXACT || st == WR_DEC_OVERFLOW);
            if (st == WR_DEC_INEXACT)
                check_rounded(a, b);
            refused++;
        }
        if (sm == WR_DEC_IMPOSSIBLE) {
            wr_arena_reset(arena);
            continue;
        }
        assert_int_equal(sm, WR_DEC_OK);
        int sign = wr_dec_sign(m.t, &m.v);
        assert_true(sign == 0 || sign == wr_dec_sign(a.t, &a.v));
        dec size = sign < 0 ? negated(m) : m;
        dec divisor = wr_dec_sign(b.t, &b.v) < 0 ? negated(b) : b;
        if (order(size, divisor) >= 0)
            fail_msg("%s %% %s = %s", show(a), show(b), show(m));
        dec rest = must('-', a, m);
        if (arith(WR_DEC_DIV_EXACT, rest, b, &q) == WR_DEC_OK) {
            dec whole = {q.t, {.null = false}};
            assert_int_equal(wr_dec_round(q.t, &q.v, 0, WR_DEC_DOWN, q.t, arena, &whole.v),
                             WR_DEC_OK);
            check_same(q, whole, "(a - a % b) / b is a whole number");
        }
        wr_arena_reset(arena);
    }
    assert_true(exact > ROUNDS / 20 && refused > ROUNDS / 20);
}

/* The same numbers in types of either half give the same results. */
static void test_halves_agree(void **state)
{
    (void)state;
    static const char ops[] = "+-*%";
    for (int i = 0; i < ROUNDS; i++) {
        dec a = random_dec(18), b = random_dec(18), small, big;
        dec wide_a = widened(a), wide_b = widened(b);
        assert_true(wr_dec_is_small(a.t) && !wr_dec_is_small(wide_a.t));
        for (size_t k = 0; ops[k]; k++) {
            wr_dec_status st = arith(ops[k], a, b, &small);
            wr_dec_status wide = arith(ops[k], wide_a, wide_b, &big);
            /* The wider result has room for more digits of the quotient. */
            assert_true(wide == st || (ops[k] == '%' && st == WR_DEC_IMPOSSIBLE));
            if (st == WR_DEC_OK)
                check_same(small, big, "small and wide");
        }
        assert_int_equal(order(a, b), order(wide_a, wide_b));
        assert_int_equal(order(a, b), order(a, wide_b));
        assert_int_equal(order(a, b), order(wide_a, b));
        assert_int_equal(wr_dec_sign(a.t, &a.v), wr_dec_sign(wide_a.t, &wide_a.v));
        assert_true(wr_dec_to_double(a.t, &a.v) == wr_dec_to_double(wide_a.t, &wide_a.v));
        assert_true(wr_dec_to_i64(a.t, &a.v) == wr_dec_to_i64(wide_a.t, &wide_a.v));
        wr_buf x = {0}, y = {0};
        wr_dec_print(&x, a.t, &a.v);
        wr_dec_print(&y, wide_a.t, &wide_a.v);
        assert_string_equal(wr_buf_cstr(&x), wr_buf_cstr(&y));
        wr_buf_free(&x);
        wr_buf_free(&y);
        wr_arena_reset(arena);
    }
}

/* Where there is a plan, running it is the same as asking for each pair. */
static void test_plans_agree(void **state)
{
    (void)state;
    static const char ops[] = "+-*/%";
    int planned = 0;
    for (int i = 0; i < ROUNDS; i++) {
        dec a = random_dec(19), b = random_dec(19), plain;
        char op = ops[wr_rng_below(&rng, sizeof ops - 1)];
        plain.t = wr_dec_result_type(arena, op, a.t, b.t);
        wr_dec_plan plan;
        wr_dec_small_fn fn = wr_dec_small_plan(op, a.t, b.t, plain.t, &plan);
        if (!fn)
            continue;
        planned++;
        wr_i128 fast;
        wr_dec_status st = fn(a.v.u.dec, b.v.u.dec, &plan, &fast);
        if (arith(op, a, b, &plain) != st)
            fail_msg("%s %c %s: the plan says %d", show(a), op, show(b), (int)st);
        if (st == WR_DEC_OK && plain.v.u.dec != fast)
            fail_msg("%s %c %s = %s, and another by the plan", show(a), op, show(b), show(plain));
        wr_arena_reset(arena);
    }
    assert_true(planned > ROUNDS / 2);
}

/* ------------------------------------------------------------------------------------- rounding */

static dec rounded(dec d, int32_t places, wr_dec_rounding how)
{
    dec out = {wr_type_decimal(arena, d.t->precision + WIDER, d.t->scale), {.null = false}};
    wr_dec_status st = wr_dec_round(d.t, &d.v, places, how, out.t, arena, &out.v);
    if (st != WR_DEC_OK)
        fail_msg("%s to %d places: status %d", show(d), (int)places, (int)st);
    return out;
}

static dec distance(dec l, dec r)
{
    dec d = must('-', l, r);
    return wr_dec_sign(d.t, &d.v) < 0 ? negated(d) : d;
}

static void test_rounding(void **state)
{
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        dec d = random_dec(i % 2 ? 20 : 60);
        int32_t places = (int32_t)wr_rng_below(&rng, 40) - 12;
        dec floor = rounded(d, places, WR_DEC_FLOOR), ceil = rounded(d, places, WR_DEC_CEIL);
        dec down = rounded(d, places, WR_DEC_DOWN), up = rounded(d, places, WR_DEC_HALF_UP);
        dec half_ceil = rounded(d, places, WR_DEC_HALF_CEIL);
        assert_true(order(floor, d) <= 0 && order(d, ceil) <= 0);
        check_same(down, wr_dec_sign(d.t, &d.v) < 0 ? ceil : floor, "towards zero");
        assert_true(order(up, floor) == 0 || order(up, ceil) == 0);
        int nearer = order(distance(d, floor), distance(d, ceil));
        if (nearer < 0) {
            check_same(up, floor, "the nearer one is below");
            check_same(half_ceil, floor, "the nearer one is below");
        } else if (nearer > 0) {
            check_same(up, ceil, "the nearer one is above");
            check_same(half_ceil, ceil, "the nearer one is above");
        } else { /* in the middle, or there already */
            check_same(half_ceil, ceil, "half way, towards +infinity");
            check_same(up, wr_dec_sign(d.t, &d.v) < 0 ? floor : ceil, "half way, from zero");
        }
        check_same(rounded(negated(d), places, WR_DEC_HALF_UP), negated(up), "symmetric");
        check_same(rounded(negated(d), places, WR_DEC_FLOOR), negated(ceil), "mirrored");
        if (order(floor, d) != 0) { /* neighbours: one unit of the last place apart */
            dec twice = must('-', ceil, floor);
            check_same(rounded(floor, places, WR_DEC_CEIL), floor, "rounded once is enough");
            assert_int_equal(wr_dec_sign(twice.t, &twice.v), 1);
        } else {
            check_same(floor, ceil, "nothing to round");
        }
        wr_arena_reset(arena);
    }
}

static void test_rescaling(void **state)
{
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        dec d = random_dec(i % 2 ? 15 : 60), back = {d.t, {.null = false}};
        int32_t more = (int32_t)wr_rng_below(&rng, 20);
        dec finer = {wr_type_decimal(arena, d.t->precision + more, d.t->scale + more),
                     {.null = false}};
        assert_int_equal(wr_dec_rescale(d.t, &d.v, finer.t, arena, &finer.v), WR_DEC_OK);
        check_same(finer, d, "a finer scale keeps the number");
        assert_int_equal(wr_dec_rescale(finer.t, &finer.v, d.t, arena, &back.v), WR_DEC_OK);
        assert_true(wr_value_equal(d.t, &d.v, &back.v));
        int32_t fewer = (int32_t)wr_rng_below(&rng, (uint64_t)d.t->scale + 1);
        dec coarser = {wr_type_decimal(arena, d.t->precision + 1, fewer), {.null = false}};
        assert_int_equal(wr_dec_rescale(d.t, &d.v, coarser.t, arena, &coarser.v), WR_DEC_OK);
        check_same(coarser, rounded(d, fewer, WR_DEC_HALF_UP), "a coarser scale rounds half up");
        wr_arena_reset(arena);
    }
}

/* --------------------------------------------------------------------------------- text, DOUBLE */

static void test_text(void **state)
{
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        dec d = random_dec(i % 2 ? 38 : 90), back = {d.t, {.null = false}};
        wr_buf b = {0};
        wr_dec_print(&b, d.t, &d.v);
        assert_int_equal(wr_dec_from_text(wr_buf_view(&b), d.t, true, arena, &back.v), WR_DEC_OK);
        assert_true(wr_value_equal(d.t, &d.v, &back.v));
        const char *point = strchr(wr_buf_cstr(&b), '.'); /* exactly `scale` decimals */
        assert_int_equal(point ? strlen(point + 1) : 0, d.t->scale);
        /* The same number written with an exponent, a sign, zeroes around it. */
        bool negative = b.ptr[0] == '-';
        wr_buf other = {0};
        wr_buf_printf(&other, "%s00%s0e0", negative ? "-" : "+", b.ptr + negative);
        if (!point)
            other.len -= 3; /* a zero after a whole number would be a digit */
        assert_int_equal(wr_dec_from_text(wr_buf_view(&other), d.t, true, arena, &back.v),
                         WR_DEC_OK);
        assert_true(wr_value_equal(d.t, &d.v, &back.v));
        /* The nearest double is that of the text. */
        assert_true(wr_dec_to_double(d.t, &d.v) == strtod(wr_buf_cstr(&b), NULL));
        wr_buf_free(&b);
        wr_buf_free(&other);
        wr_arena_reset(arena);
    }
}

static void test_codec_and_hash(void **state)
{
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        dec a = random_dec(i % 2 ? 5 : 80);
        dec b = {a.t, random_decimal(arena, &rng, a.t)};
        wr_buf x = {0}, y = {0};
        wr_value_encode(&x, a.t, &a.v);
        wr_value_encode(&y, b.t, &b.v);
        bool equal = order(a, b) == 0;
        assert_int_equal(wr_str_eq(wr_buf_view(&x), wr_buf_view(&y)), equal);
        assert_int_equal(wr_value_equal(a.t, &a.v, &b.v), equal);
        if (equal)
            assert_true(wr_value_hash(a.t, &a.v) == wr_value_hash(b.t, &b.v));
        int sign = wr_value_compare(a.t, &a.v, &b.v);
        assert_int_equal((sign > 0) - (sign < 0), order(a, b));
        wr_buf_free(&x);
        wr_buf_free(&y);
        wr_arena_reset(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_laws_of_small_ones, setup, teardown),
        cmocka_unit_test_setup_teardown(test_laws_of_all, setup, teardown),
        cmocka_unit_test_setup_teardown(test_division, setup, teardown),
        cmocka_unit_test_setup_teardown(test_halves_agree, setup, teardown),
        cmocka_unit_test_setup_teardown(test_plans_agree, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rounding, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rescaling, setup, teardown),
        cmocka_unit_test_setup_teardown(test_text, setup, teardown),
        cmocka_unit_test_setup_teardown(test_codec_and_hash, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
