/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The arbitrary-precision half of DECIMAL, on GMP's integers. It takes and gives values of either
 * form; the result's type says which. Temporaries live in GMP's own memory until the function ends;
 * results that are big are copied into the arena.
 *
 * Memory is bounded: no power of ten is made that exceeds WR_DEC_PRECISION_MAX digits by much, and
 * what would not fit the result's precision is refused before it is computed.
 */
#include "types/decimal_internal.h"

#include <gmp.h>

_Static_assert(sizeof(mp_limb_t) == sizeof(uint64_t), "limbs are those of wr_big");

/* ---------------------------------------------------------------------------- to and from values
 */

/* Copy of a value of either form. Clear with mpz_clear. */
static void load(mpz_t z, const wr_type *t, const wr_value *v)
{
    wr__dec_view view;
    wr__dec_view_of(&view, t, v);
    mpz_init(z);
    mpz_import(z, view.n, -1, sizeof(uint64_t), 0, 0, view.limbs);
    if (view.negative)
        mpz_neg(z, z);
}

static void init_pow10(mpz_t z, int64_t n)
{
    WR_ASSERT(n >= 0 && n <= 4 * (int64_t)WR_DEC_PRECISION_MAX);
    mpz_init(z);
    mpz_ui_pow_ui(z, 10, (unsigned long)n);
}

static void mul_pow10(mpz_t z, int64_t n)
{
    if (n == 0)
        return;
    mpz_t power;
    init_pow10(power, n);
    mpz_mul(z, z, power);
    mpz_clear(power);
}

/* At most @p precision digits. sizeinbase is exact or one too many. */
static bool fits(const mpz_t z, int32_t precision)
{
    size_t digits = mpz_sizeinbase(z, 10), most = (size_t)precision;
    if (digits != most + 1)
        return digits <= most;
    mpz_t limit;
    init_pow10(limit, precision);
    bool below = mpz_cmpabs(z, limit) < 0;
    mpz_clear(limit);
    return below;
}

static bool is_pow10(const mpz_t z, int32_t n)
{
    mpz_t power;
    init_pow10(power, n);
    bool equal = mpz_cmpabs(z, power) == 0;
    mpz_clear(power);
    return equal;
}

/* As a value of type @p t, which it has been found to fit. */
static void put(const mpz_t z, const wr_type *t, wr_arena *a, wr_value *out)
{
    *out = (wr_value){0};
    uint32_t n = (uint32_t)mpz_size(z);
    WR_ASSERT(!wr_dec_is_small(t) || n <= 2);
    if (wr_dec_is_small(t)) {
        wr_u128 magnitude = (wr_u128)mpz_getlimbn(z, 1) << 64 | mpz_getlimbn(z, 0);
        out->u.dec = wr__i128_signed(magnitude, mpz_sgn(z) < 0);
        return;
    }
    out->u.big.limbs = wr_arena_memdup(a, mpz_limbs_read(z), sizeof(uint64_t) * n);
    out->u.big.n = mpz_sgn(z) < 0 ? -(int32_t)n : (int32_t)n;
}

static wr_dec_status store(const mpz_t z, const wr_type *t, wr_arena *a, wr_value *out)
{
    if (!fits(z, t->precision))
        return WR_DEC_OVERFLOW;
    put(z, t, a, out);
    return WR_DEC_OK;
}

bool wr__dec_from_limbs(const wr_type *t, const uint64_t *limbs, uint32_t n, bool negative,
                        wr_value *out)
{
    *out = (wr_value){0};
    if (wr_dec_is_small(t)) {
        if (n > 2)
            return false;
        wr_u128 magnitude = n == 2 ? (wr_u128)limbs[1] << 64 : 0;
        magnitude |= n ? limbs[0] : 0;
        if (magnitude > (wr_u128)wr_dec_pow10(t->precision))
            return false;
        out->u.dec = wr__i128_signed(magnitude, negative);
        return true;
    }
    mpz_t z;
    mpz_roinit_n(z, (const mp_limb_t *)limbs, (mp_size_t)n);
    out->u.big.limbs = limbs;
    out->u.big.n = negative ? -(int32_t)n : (int32_t)n;
    return fits(z, t->precision) || is_pow10(z, t->precision);
}

int wr__big_compare(const wr_big *a, const wr_big *b)
{
    if (a->n != b->n)
        return a->n < b->n ? -1 : 1;
    for (uint32_t i = wr__big_limbs_n(a); i-- > 0;)
        if (a->limbs[i] != b->limbs[i])
            return (a->limbs[i] < b->limbs[i]) == (a->n > 0) ? -1 : 1;
    return 0;
}

/* ----------------------------------------------------------------------------------- arithmetic */

/* z / 10^n where that leaves no rest. */
static wr_dec_status drop_exact(mpz_t z, int64_t n)
{
    mpz_t power, rest;
    init_pow10(power, n);
    mpz_init(rest);
    mpz_tdiv_qr(z, rest, z, power);
    wr_dec_status st = mpz_sgn(rest) ? WR_DEC_INEXACT : WR_DEC_OK;
    mpz_clears(power, rest, NULL);
    return st;
}

/* z is a number at scale @p from; the same at scale @p to, exactly. */
static wr_dec_status to_scale(mpz_t z, int64_t from, int64_t to)
{
    if (to < from)
        return drop_exact(z, from - to);
    mul_pow10(z, to - from);
    return WR_DEC_OK;
}

/* l = l / r at scale @p shift + (scale of l) - (scale of r), rounded HALF_UP unless @p exact. */
static wr_dec_status divide(mpz_t l, mpz_t r, int64_t shift, bool exact)
{
    if (shift >= 0)
        mul_pow10(l, shift);
    else
        mul_pow10(r, -shift);
    mpz_t rest;
    mpz_init(rest);
    bool negative = (mpz_sgn(l) < 0) != (mpz_sgn(r) < 0);
    mpz_tdiv_qr(l, rest, l, r);
    wr_dec_status st = exact && mpz_sgn(rest) ? WR_DEC_INEXACT : WR_DEC_OK;
    mpz_mul_2exp(rest, rest, 1);
    if (!exact && mpz_cmpabs(rest, r) >= 0) {
        if (negative)
            mpz_sub_ui(l, l, 1);
        else
            mpz_add_ui(l, l, 1);
    }
    mpz_clear(rest);
    return st;
}

/* l = the rest of l / r, unless the quotient has more than @p digits digits before its last zeroes:
 * BigDecimal.remainder with a precision. */
static wr_dec_status remainder_of(mpz_t l, const mpz_t r, int32_t digits)
{
    mpz_t quotient, ten;
    mpz_init(quotient);
    mpz_init_set_ui(ten, 10);
    mpz_tdiv_qr(quotient, l, l, r);
    if (!fits(quotient, digits))
        mpz_remove(quotient, quotient, ten);
    wr_dec_status st = fits(quotient, digits) ? WR_DEC_OK : WR_DEC_IMPOSSIBLE;
    mpz_clears(quotient, ten, NULL);
    return st;
}

/* l = l op r, of type @p result. */
static wr_dec_status compute(char op, mpz_t l, int64_t l_scale, mpz_t r, int64_t r_scale,
                             const wr_type *result)
{
    bool divides = op == '/' || op == WR_DEC_DIV_EXACT;
    if ((divides || op == '%') && mpz_sgn(r) == 0)
        return WR_DEC_DIV_ZERO;
    int64_t common = WR_MAX(l_scale, r_scale), scale = result->scale;
    if (divides)
        return divide(l, r, scale + r_scale - l_scale, op == WR_DEC_DIV_EXACT);
    if (op == '*') {
        mpz_mul(l, l, r);
        return to_scale(l, l_scale + r_scale, scale);
    }
    mul_pow10(l, common - l_scale);
    mul_pow10(r, common - r_scale);
    wr_dec_status st = WR_DEC_OK;
    if (op == '+')
        mpz_add(l, l, r);
    else if (op == '-')
        mpz_sub(l, l, r);
    else
        st = remainder_of(l, r, result->precision);
    return st == WR_DEC_OK ? to_scale(l, common, scale) : st;
}

wr_dec_status wr__big_arith(char op, const wr_type *lt, const wr_value *l, const wr_type *rt,
                            const wr_value *r, const wr_type *result, wr_arena *a, wr_value *out)
{
    mpz_t lz, rz;
    load(lz, lt, l);
    load(rz, rt, r);
    wr_dec_status st = compute(op, lz, lt->scale, rz, rt->scale, result);
    if (st == WR_DEC_OK)
        st = store(lz, result, a, out);
    mpz_clears(lz, rz, NULL);
    return st;
}

int wr__big_compare_scaled(const wr_type *lt, const wr_value *l, const wr_type *rt,
                           const wr_value *r)
{
    mpz_t lz, rz;
    load(lz, lt, l);
    load(rz, rt, r);
    int scale = WR_MAX(lt->scale, rt->scale);
    mul_pow10(lz, scale - lt->scale);
    mul_pow10(rz, scale - rt->scale);
    int order = mpz_cmp(lz, rz);
    mpz_clears(lz, rz, NULL);
    return WR__ORDER(order, 0);
}

/* ------------------------------------------------------------------------------------- rounding */

/* Whether z / 10^drop, truncated, must go one away from zero. @p half: the rest against one half.
 */
static bool away(int sign, bool rest, int half, wr_dec_rounding how)
{
    switch (how) {
    case WR_DEC_HALF_UP:
        return half >= 0;
    case WR_DEC_HALF_CEIL:
        return sign < 0 ? half > 0 : half >= 0;
    case WR_DEC_DOWN:
        return false;
    case WR_DEC_CEIL:
        return sign > 0 && rest;
    case WR_DEC_FLOOR:
        return sign < 0 && rest;
    }
    WR_UNREACHABLE();
}

/* z = z / 10^drop, rounded. */
static void drop_rounded(mpz_t z, int64_t drop, wr_dec_rounding how)
{
    int sign = mpz_sgn(z);
    bool rest = sign != 0;
    int half = -1;
    if (drop > (int64_t)mpz_sizeinbase(z, 10)) { /* so z is below 10^drop / 10 */
        mpz_set_ui(z, 0);
    } else {
        mpz_t power, remainder;
        init_pow10(power, drop);
        mpz_init(remainder);
        mpz_tdiv_qr(z, remainder, z, power);
        rest = mpz_sgn(remainder) != 0;
        mpz_mul_2exp(remainder, remainder, 1);
        half = mpz_cmpabs(remainder, power);
        mpz_clears(power, remainder, NULL);
    }
    if (!away(sign, rest, half, how))
        return;
    if (sign < 0)
        mpz_sub_ui(z, z, 1);
    else
        mpz_add_ui(z, z, 1);
}

/* z * 10^grow as a value of type @p to; refused before it is computed where it cannot fit. */
static wr_dec_status store_grown(mpz_t z, int64_t grow, const wr_type *to, wr_arena *a,
                                 wr_value *out)
{
    if (mpz_sgn(z) && grow >= WR_MIN(to->precision, WR_DEC_PRECISION_MAX))
        return WR_DEC_OVERFLOW;
    if (mpz_sgn(z))
        mul_pow10(z, grow);
    return store(z, to, a, out);
}

/* To a smaller scale: what must fit is the number before it is rounded. */
static wr_dec_status big_cast(const wr_type *t, const wr_value *v, const wr_type *to, wr_arena *a,
                              wr_value *out)
{
    mpz_t z, whole;
    load(z, t, v);
    mpz_init_set(whole, z);
    drop_rounded(whole, t->scale - to->scale, WR_DEC_DOWN);
    wr_dec_status st = fits(whole, to->precision) ? WR_DEC_OK : WR_DEC_OVERFLOW;
    if (st == WR_DEC_OK) {
        drop_rounded(z, t->scale - to->scale, WR_DEC_HALF_UP);
        WR_ASSERT(fits(z, to->precision) || is_pow10(z, to->precision));
        put(z, to, a, out);
    }
    mpz_clears(z, whole, NULL);
    return st;
}

wr_dec_status wr__big_round(const wr_type *t, const wr_value *v, int64_t places,
                            wr_dec_rounding how, const wr_type *to, wr_arena *a, wr_value *out)
{
    if (how == WR_DEC_HALF_UP && places == to->scale && places < t->scale)
        return big_cast(t, v, to, a, out);
    mpz_t z;
    load(z, t, v);
    places = WR_MIN(places, to->scale);
    if (places < t->scale)
        drop_rounded(z, t->scale - places, how);
    else
        places = t->scale;
    wr_dec_status st = store_grown(z, to->scale - places, to, a, out);
    mpz_clear(z);
    return st;
}

int64_t wr__big_to_i64(const wr_type *t, const wr_value *v)
{
    mpz_t z, one;
    load(z, t, v);
    init_pow10(one, t->scale);
    mpz_tdiv_q(z, z, one);
    uint64_t low = mpz_getlimbn(z, 0);
    if (mpz_sgn(z) < 0)
        low = -low;
    mpz_clears(z, one, NULL);
    return (int64_t)low;
}

/* ----------------------------------------------------------------------------------------- text */

void wr__big_put_digits(wr_buf *out, const wr_type *t, const wr_value *v)
{
    mpz_t z;
    load(z, t, v);
    mpz_abs(z, z);
    char *to = wr_buf_reserve(out, mpz_sizeinbase(z, 10) + 2);
    mpz_get_str(to, 10, z);
    out->len += strlen(to);
    mpz_clear(z);
}

wr_dec_status wr__big_from_digits(const char *digits, uint32_t n, int64_t zeroes, int add,
                                  bool strict, bool negative, const wr_type *to, wr_arena *a,
                                  wr_value *out)
{
    char *text = wr_malloc((size_t)n + 2);
    text[0] = '0'; /* there may be no digit at all */
    if (n)
        memcpy(text + 1, digits, n);
    text[n + 1] = '\0';
    mpz_t z;
    mpz_init(z);
    int malformed = mpz_set_str(z, text, 10);
    WR_ASSERT(!malformed);
    wr_free(text);
    WR_ASSERT(add == 0 || zeroes == 0);
    wr_dec_status st = WR_DEC_OK;
    if (negative)
        mpz_neg(z, z);
    if (!add) {
        st = store_grown(z, zeroes, to, a, out);
    } else if (!fits(z, to->precision)) {
        st = WR_DEC_OVERFLOW;
    } else { /* rounded away from zero: it may have a digit more now */
        negative ? mpz_sub_ui(z, z, 1) : mpz_add_ui(z, z, 1);
        if (strict && !fits(z, to->precision))
            st = WR_DEC_OVERFLOW;
        else
            put(z, to, a, out);
    }
    mpz_clear(z);
    return st;
}
