/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Boxed values: copy, equality, order, hash. value_codec.c has their bytes, value_print.c their
 * texts.
 *
 * One rule ties these together: wr_value_equal, wr_value_hash, the encoded bytes and (for
 * comparable types) wr_value_compare == 0 agree on which values are the same. For DOUBLE that is
 * Java's Double.equals: all NaNs are one value, and -0.0 is not 0.0. (The operators = and < of SQL
 * are IEEE's and belong to the expression kernels.) MAPs are the exception the header names: equal
 * without regard to order, encoded in order.
 *
 * Recursion follows the type's nesting.
 */
#include "types/value.h"

#include "common/utf8.h"
#include "types/decimal.h"
#include "types/decimal_internal.h"
#include "types/value_internal.h"

#include <xxhash.h>

wr_nest *wr_nest_new(wr_arena *a, uint32_t n, bool with_keys)
{
    wr_nest *nest = WR_NEW(a, wr_nest);
    nest->n = n;
    nest->items = wr_arena_alloc(a, sizeof(wr_value) * n);
    for (uint32_t i = 0; i < n; i++)
        nest->items[i] = WR_VALUE_NULL;
    if (with_keys) {
        nest->keys = wr_arena_alloc(a, sizeof(wr_value) * n);
        for (uint32_t i = 0; i < n; i++)
            nest->keys[i] = WR_VALUE_NULL;
    }
    return nest;
}

static wr_nest *copy_nest(wr_arena *a, const wr_type *t, const wr_nest *from)
{
    WR_ASSERT(t->id != WR_T_STRUCT || from->n == t->fields_n);
    wr_nest *to = wr_nest_new(a, from->n, t->id == WR_T_MAP);
    for (uint32_t i = 0; i < from->n; i++) {
        if (t->id == WR_T_MAP)
            to->keys[i] = wr_value_copy(a, t->key, &from->keys[i]);
        to->items[i] = wr_value_copy(a, wr__nest_item_type(t, i), &from->items[i]);
    }
    return to;
}

wr_value wr_value_copy(wr_arena *a, const wr_type *t, const wr_value *v)
{
    if (v->null)
        return WR_VALUE_NULL;
    wr_value own = *v;
    switch (t->id) {
    case WR_T_STRING:
    case WR_T_BYTES:
        own.u.str = wr_arena_str(a, v->u.str);
        break;
    case WR_T_DECIMAL:
        if (!wr_dec_is_small(t))
            own.u.big.limbs =
                wr_arena_memdup(a, v->u.big.limbs, sizeof(uint64_t) * wr__big_limbs_n(&v->u.big));
        break;
    case WR_T_ARRAY:
    case WR_T_MAP:
    case WR_T_STRUCT:
        own.u.nest = copy_nest(a, t, v->u.nest);
        break;
    default:
        break;
    }
    return own;
}

/* ------------------------------------------------------------------------------------- equality */

/*
 * MAPs have distinct keys, so with equal sizes it is enough to find each entry of @p a in @p b.
 * The search goes on where the last one ended: linear where the orders agree.
 */
static bool map_equal(const wr_type *t, const wr_nest *a, const wr_nest *b)
{
    uint32_t at = 0;
    for (uint32_t i = 0; i < a->n; i++) {
        uint32_t tried = 0;
        while (tried < b->n && !wr_value_equal(t->key, &a->keys[i], &b->keys[at])) {
            at = at + 1 == b->n ? 0 : at + 1;
            tried++;
        }
        if (tried == b->n || !wr_value_equal(t->elem, &a->items[i], &b->items[at]))
            return false;
        at = at + 1 == b->n ? 0 : at + 1;
    }
    return true;
}

static bool nest_equal(const wr_type *t, const wr_nest *a, const wr_nest *b)
{
    if (a == b)
        return true;
    if (a->n != b->n)
        return false;
    if (t->id == WR_T_MAP)
        return map_equal(t, a, b);
    for (uint32_t i = 0; i < a->n; i++)
        if (!wr_value_equal(wr__nest_item_type(t, i), &a->items[i], &b->items[i]))
            return false;
    return true;
}

bool wr_value_equal(const wr_type *t, const wr_value *a, const wr_value *b)
{
    if (a->null || b->null)
        return a->null && b->null;
    switch (t->id) {
    case WR_T_NULL:
        return true;
    case WR_T_BOOLEAN:
        return a->u.b == b->u.b;
    case WR_T_INTEGER:
    case WR_T_DATE:
    case WR_T_TIME:
    case WR_T_UNIT:
        return a->u.i32 == b->u.i32;
    case WR_T_BIGINT:
    case WR_T_TIMESTAMP:
        return a->u.i64 == b->u.i64;
    case WR_T_DOUBLE:
        return wr__double_bits(a->u.f64) == wr__double_bits(b->u.f64);
    case WR_T_DECIMAL:
        return wr_dec_is_small(t) ? a->u.dec == b->u.dec
                                  : wr__big_compare(&a->u.big, &b->u.big) == 0;
    case WR_T_STRING:
    case WR_T_BYTES:
        return wr_str_eq(a->u.str, b->u.str);
    case WR_T_ARRAY:
    case WR_T_MAP:
    case WR_T_STRUCT:
        return nest_equal(t, a->u.nest, b->u.nest);
    case WR_T_N:
        break;
    }
    WR_UNREACHABLE();
}

/* ---------------------------------------------------------------------------------------- order */

/* Double.compare: -0.0 < 0.0, NaN is the largest and equal to itself. */
static int compare_double(double a, double b)
{
    if (a < b)
        return -1;
    if (a > b)
        return 1;
    int64_t x = (int64_t)wr__double_bits(a), y = (int64_t)wr__double_bits(b);
    return WR__ORDER(x, y);
}

/* ByteBuffer.compareTo: byte by byte as signed numbers, then by length. */
static int compare_bytes(wr_str a, wr_str b)
{
    uint32_t n = WR_MIN(a.len, b.len);
    for (uint32_t i = 0; i < n; i++)
        if (a.ptr[i] != b.ptr[i])
            return (int8_t)a.ptr[i] < (int8_t)b.ptr[i] ? -1 : 1;
    return WR__ORDER(a.len, b.len);
}

int wr_value_compare(const wr_type *t, const wr_value *a, const wr_value *b)
{
    WR_ASSERT(!a->null && !b->null);
    switch (t->id) {
    case WR_T_BOOLEAN:
        return WR__ORDER(a->u.b, b->u.b);
    case WR_T_INTEGER:
    case WR_T_DATE:
    case WR_T_TIME:
    case WR_T_UNIT:
        return WR__ORDER(a->u.i32, b->u.i32);
    case WR_T_BIGINT:
    case WR_T_TIMESTAMP:
        return WR__ORDER(a->u.i64, b->u.i64);
    case WR_T_DOUBLE:
        return compare_double(a->u.f64, b->u.f64);
    case WR_T_DECIMAL:
        return wr_dec_is_small(t) ? WR__ORDER(a->u.dec, b->u.dec)
                                  : wr__big_compare(&a->u.big, &b->u.big);
    case WR_T_STRING:
        return wr_utf16_compare(a->u.str, b->u.str);
    case WR_T_BYTES:
        return compare_bytes(a->u.str, b->u.str);
    default:
        WR_UNREACHABLE(); /* nested types and the untyped NULL have no order */
    }
}

/* ----------------------------------------------------------------------------------------- hash */

/* splitmix64's finalizer: every bit of the input moves every bit of the output. */
static uint64_t mix(uint64_t x)
{
    x ^= x >> 30;
    x *= 0xbf58476d1ce4e5b9u;
    x ^= x >> 27;
    x *= 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

static uint64_t combine(uint64_t h, uint64_t item)
{
    return mix(h * 0x9e3779b97f4a7c15u + item);
}

static uint64_t hash_nest(const wr_type *t, const wr_nest *nest)
{
    uint64_t h = nest->n;
    if (t->id == WR_T_MAP) { /* a sum, because order does not matter */
        for (uint32_t i = 0; i < nest->n; i++)
            h += combine(wr_value_hash(t->key, &nest->keys[i]),
                         wr_value_hash(t->elem, &nest->items[i]));
        return mix(h);
    }
    for (uint32_t i = 0; i < nest->n; i++)
        h = combine(h, wr_value_hash(wr__nest_item_type(t, i), &nest->items[i]));
    return h;
}

uint64_t wr_value_hash(const wr_type *t, const wr_value *v)
{
    if (v->null)
        return 0x6a09e667f3bcc909u; /* any constant */
    switch (t->id) {
    case WR_T_NULL:
        return 0;
    case WR_T_BOOLEAN:
        return mix(v->u.b ? 2 : 1);
    case WR_T_INTEGER:
    case WR_T_DATE:
    case WR_T_TIME:
    case WR_T_UNIT:
        return mix((uint64_t)v->u.i32 + 1);
    case WR_T_BIGINT:
    case WR_T_TIMESTAMP:
        return mix((uint64_t)v->u.i64 + 1);
    case WR_T_DOUBLE:
        return mix(wr__double_bits(v->u.f64) + 1);
    case WR_T_DECIMAL:
        if (wr_dec_is_small(t))
            return combine((uint64_t)((wr_u128)v->u.dec >> 64), (uint64_t)v->u.dec);
        return combine(XXH3_64bits(v->u.big.limbs, sizeof(uint64_t) * wr__big_limbs_n(&v->u.big)),
                       v->u.big.n < 0);
    case WR_T_STRING:
    case WR_T_BYTES:
        return XXH3_64bits(v->u.str.ptr, v->u.str.len);
    case WR_T_ARRAY:
    case WR_T_MAP:
    case WR_T_STRUCT:
        return hash_nest(t, v->u.nest);
    case WR_T_N:
        break;
    }
    WR_UNREACHABLE();
}
