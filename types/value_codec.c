/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Row codec, version 1: one value to bytes and back. docs/design/rowcodec.md draws the layout and
 * says why; in short, with the type known to both sides:
 *
 *     any type, NULL               00
 *     BOOLEAN                      01 false | 02 true
 *     INTEGER DATE TIME UNIT       01, 4 bytes big endian
 *     BIGINT TIMESTAMP DOUBLE      01, 8 bytes big endian
 *     STRING BYTES                 varint(length + 1), bytes
 *     DECIMAL                      varint(2 * magnitude's length + negative + 1), magnitude
 *     ARRAY                        varint(n + 1), n items
 *     MAP                          varint(n + 1), n times key, item
 *     STRUCT                       01, the fields in order
 *
 * There is one encoding of a value: the decoder refuses every other (varints that are too long,
 * leading zeroes, NaNs but one), so decode followed by encode gives the bytes that were read.
 *
 * Decoding trusts nothing: lengths and counts are checked against what is left before anything is
 * allocated. Each item of an ARRAY, MAP or STRUCT takes a byte at least, so memory is bounded by
 * sizeof(wr_value) times the input.
 */
#include "types/decimal.h"
#include "types/decimal_internal.h"
#include "types/value_internal.h"

#define NEST_DEPTH_MAX 100

/* ------------------------------------------------------------------------------------- encoding */

static void put_decimal(wr_buf *out, const wr_type *t, const wr_value *v)
{
    wr__dec_view d;
    wr__dec_view_of(&d, t, v);
    uint32_t bytes = 0;
    if (d.n)
        bytes = d.n * 8 - (uint32_t)__builtin_clzll(d.limbs[d.n - 1]) / 8;
    WR_ASSERT(d.n == 0 ||
              bytes > (d.n - 1) * 8); /* no leading zero byte: one encoding of a value */
    wr_buf_varint(out, (uint64_t)bytes * 2 + d.negative + 1);
    char *to = wr_buf_reserve(out, bytes);
    for (uint32_t i = 0; i < bytes; i++) {
        uint32_t from = bytes - 1 - i; /* byte number, counted from the low end */
        to[i] = (char)(d.limbs[from / 8] >> (from % 8 * 8));
    }
    out->len += bytes;
}

static void put_nest(wr_buf *out, const wr_type *t, const wr_nest *nest)
{
    WR_ASSERT(t->id != WR_T_MAP || nest->n == 0 || nest->keys);
    if (t->id == WR_T_STRUCT) {
        WR_ASSERT(nest->n == t->fields_n);
        wr_buf_putc(out, 1);
    } else {
        wr_buf_varint(out, (uint64_t)nest->n + 1);
    }
    for (uint32_t i = 0; i < nest->n; i++) {
        if (t->id == WR_T_MAP)
            wr_value_encode(out, t->key, &nest->keys[i]);
        wr_value_encode(out, wr__nest_item_type(t, i), &nest->items[i]);
    }
}

void wr_value_encode(wr_buf *out, const wr_type *t, const wr_value *v)
{
    if (v->null) {
        wr_buf_putc(out, 0);
        return;
    }
    switch (t->id) {
    case WR_T_NULL:
        wr_buf_putc(out, 0);
        return;
    case WR_T_BOOLEAN:
        wr_buf_putc(out, v->u.b ? 2 : 1);
        return;
    case WR_T_INTEGER:
    case WR_T_DATE:
    case WR_T_TIME:
    case WR_T_UNIT:
        wr_buf_putc(out, 1);
        wr_buf_be32(out, (uint32_t)v->u.i32);
        return;
    case WR_T_BIGINT:
    case WR_T_TIMESTAMP:
        wr_buf_putc(out, 1);
        wr_buf_be64(out, (uint64_t)v->u.i64);
        return;
    case WR_T_DOUBLE:
        wr_buf_putc(out, 1);
        wr_buf_be64(out, wr__double_bits(v->u.f64));
        return;
    case WR_T_DECIMAL:
        put_decimal(out, t, v);
        return;
    case WR_T_STRING:
    case WR_T_BYTES:
        wr_buf_varint(out, (uint64_t)v->u.str.len + 1);
        wr_buf_str(out, v->u.str);
        return;
    case WR_T_ARRAY:
    case WR_T_MAP:
    case WR_T_STRUCT:
        put_nest(out, t, v->u.nest);
        return;
    case WR_T_N:
        break;
    }
    WR_UNREACHABLE();
}

/* ------------------------------------------------------------------------------------- decoding */

typedef struct reader {
    const char *p, *end;
    wr_arena *arena;
    uint32_t depth;
} reader;

static bool get_value(reader *r, const wr_type *t, wr_value *out);

static size_t left(const reader *r)
{
    return (size_t)(r->end - r->p);
}

/* A varint in its shortest form: the last of several bytes is not 0. */
static bool get_varint(reader *r, uint64_t *v)
{
    size_t n = wr_get_varint(r->p, r->end, v);
    if (n == 0 || (n > 1 && r->p[n - 1] == 0))
        return false;
    r->p += n;
    return true;
}

/* Exactly @p n bytes after the leading 01. */
static bool get_fixed(reader *r, size_t n, const char **at)
{
    if (left(r) < n + 1 || *r->p != 1)
        return false;
    *at = r->p + 1;
    r->p += n + 1;
    return true;
}

static bool get_double(reader *r, wr_value *out)
{
    const char *at;
    if (!get_fixed(r, 8, &at))
        return false;
    uint64_t bits = wr_get_be64(at);
    memcpy(&out->u.f64, &bits, sizeof bits);
    return wr__double_bits(out->u.f64) == bits;
}

static bool get_decimal(reader *r, const wr_type *t, wr_value *out)
{
    uint64_t head;
    if (!get_varint(r, &head))
        return false;
    bool negative = (head - 1) & 1;
    uint64_t bytes = (head - 1) / 2;
    /* A digit is less than half a byte; this bounds memory by the type, not by the input alone. */
    if (bytes > left(r) || bytes > (uint64_t)t->precision / 2 + 1)
        return false;
    if (bytes == 0 ? negative : *r->p == 0)
        return false;
    uint64_t small[2] = {0};
    uint32_t n = (uint32_t)(bytes + 7) / 8;
    uint64_t *limbs = wr_dec_is_small(t) && n <= 2 ? small : WR_NEW_N(r->arena, uint64_t, n);
    for (uint32_t i = 0; i < bytes; i++) /* from the low end */
        limbs[i / 8] |= (uint64_t)(uint8_t)r->p[bytes - 1 - i] << (i % 8 * 8);
    r->p += bytes;
    return wr__dec_from_limbs(t, limbs, n, negative, out);
}

static bool get_str(reader *r, wr_value *out)
{
    uint64_t head;
    if (!get_varint(r, &head) || head - 1 > left(r) || head - 1 > UINT32_MAX)
        return false;
    out->u.str = wr_str_make(r->p, (size_t)(head - 1));
    r->p += head - 1;
    return true;
}

static bool get_nest(reader *r, const wr_type *t, wr_value *out)
{
    uint64_t n;
    if (t->id == WR_T_STRUCT) {
        if (left(r) < 1 || *r->p++ != 1)
            return false;
        n = t->fields_n;
    } else {
        if (!get_varint(r, &n))
            return false;
        n--;
    }
    bool map = t->id == WR_T_MAP;
    if (n > left(r) / (map ? 2 : 1) || n > UINT32_MAX || r->depth == NEST_DEPTH_MAX)
        return false;
    r->depth++;
    wr_nest *nest = wr_nest_new(r->arena, (uint32_t)n, map);
    for (uint32_t i = 0; i < nest->n; i++) {
        if (map && !get_value(r, t->key, &nest->keys[i]))
            return false;
        if (!get_value(r, wr__nest_item_type(t, i), &nest->items[i]))
            return false;
    }
    r->depth--;
    out->u.nest = nest;
    return true;
}

/* On failure *out and r->p are unspecified. */
static bool get_value(reader *r, const wr_type *t, wr_value *out)
{
    const char *at;
    *out = WR_VALUE_NULL;
    if (r->p == r->end)
        return false;
    if (*r->p == 0) {
        r->p++;
        return true;
    }
    out->null = false;
    switch (t->id) {
    case WR_T_NULL:
        return false;
    case WR_T_BOOLEAN:
        out->u.b = *r->p == 2;
        return *r->p == 1 || *r->p == 2 ? (r->p++, true) : false;
    case WR_T_INTEGER:
    case WR_T_DATE:
    case WR_T_TIME:
    case WR_T_UNIT:
        if (!get_fixed(r, 4, &at))
            return false;
        out->u.i32 = (int32_t)wr_get_be32(at);
        return true;
    case WR_T_BIGINT:
    case WR_T_TIMESTAMP:
        if (!get_fixed(r, 8, &at))
            return false;
        out->u.i64 = (int64_t)wr_get_be64(at);
        return true;
    case WR_T_DOUBLE:
        return get_double(r, out);
    case WR_T_DECIMAL:
        return get_decimal(r, t, out);
    case WR_T_STRING:
    case WR_T_BYTES:
        return get_str(r, out);
    case WR_T_ARRAY:
    case WR_T_MAP:
    case WR_T_STRUCT:
        return get_nest(r, t, out);
    case WR_T_N:
        break;
    }
    WR_UNREACHABLE();
}

weir_status wr_value_decode(const wr_type *t, const char **p, const char *end, wr_arena *a,
                            wr_value *out, weir_error *err)
{
    reader r = {.p = *p, .end = end, .arena = a};
    if (!get_value(&r, t, out)) {
        *out = WR_VALUE_NULL;
        wr_buf type = {0};
        wr_type_print(&type, t);
        weir_status st = wr_error(err, WEIR_ERR_RECORD, "%zu bytes do not hold a value of type %s",
                                  (size_t)(end - *p), wr_buf_cstr(&type));
        wr_buf_free(&type);
        return st;
    }
    WR_ASSERT(r.p > *p && r.p <= end && r.depth == 0);
    *p = r.p;
    return WEIR_OK;
}
