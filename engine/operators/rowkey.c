/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Store keys: key columns to bytes that sort bytewise as the values do, and back.
 *
 * The order is seen by users in two places: closed windows are emitted in order of (window, key),
 * and pull queries scan ranges of a STRING or BYTES key. Layout of one column, one behind the
 * other:
 *
 *     NULL                    00
 *     BOOLEAN                 01, 00 or 01
 *     INTEGER DATE TIME       01, 4 bytes big endian, sign bit flipped
 *     BIGINT TIMESTAMP        01, 8 bytes big endian, sign bit flipped
 *     DOUBLE                  01, 8 bytes: IEEE bits, all flipped if negative, else the sign bit
 *     STRING                  01, bytes with 00 written as 00 FF, then 00 00; lead bytes EE, EF
 *                             and F0..F4 change places, which turns the order of UTF-8 (code
 *                             points) into that of UTF-16 (Traps, 12)
 *     BYTES                   01, bytes ^ 80 (they compare as signed), escaped and ended likewise
 *     all others              01, the row codec: self-delimiting, equal values equal bytes, but in
 *                             no order that means anything
 *
 * No key is a prefix of another, so prefix scans by whole key columns are exact.
 */
#include "engine/operators/rowkey.h"

enum { MARK_NULL = 0, MARK_VALUE = 1 };

static uint8_t utf16_order(uint8_t c)
{
    if (c < 0xee || c > 0xf4)
        return c;
    return (uint8_t)(c >= 0xf0 ? c - 2 : c + 5);
}

static uint8_t utf16_order_back(uint8_t c)
{
    if (c < 0xee || c > 0xf4)
        return c;
    return (uint8_t)(c >= 0xf3 ? c - 5 : c + 2);
}

/* Only ASCII, and no 0: bytes that stand for themselves in a STRING's key. Eight at a time: a high
 * bit shows in the word, a 0 in what is left when 1 is taken from each byte. */
static bool is_plain(const char *p, size_t n)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), highs = ones << 7;
    uint64_t odd = 0, w;
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        memcpy(&w, p + i, 8);
        odd |= (w - ones) | w;
    }
    if (i < n) {
        w = ones;
        memcpy(&w, p + i, n - i);
        odd |= (w - ones) | w;
    }
    return (odd & highs) == 0;
}

static void put_escaped(wr_buf *out, wr_str s, bool text)
{
    char *p = wr_buf_reserve(out, (size_t)s.len * 2 + 2), *start = p;
    if (text && is_plain(s.ptr, s.len)) {
        memcpy(p, s.ptr, s.len);
        memset(p + s.len, 0, 2);
        out->len += (size_t)s.len + 2;
        return;
    }
    for (uint32_t i = 0; i < s.len; i++) {
        uint8_t c = (uint8_t)s.ptr[i];
        c = text ? utf16_order(c) : (uint8_t)(c ^ 0x80);
        *p++ = (char)c;
        if (c == 0)
            *p++ = (char)0xff;
    }
    *p++ = 0;
    *p++ = 0;
    out->len += (size_t)(p - start);
}

static uint64_t double_bits(double d)
{
    uint64_t bits;
    if (d != d)
        d = (double)__builtin_nan("");
    memcpy(&bits, &d, sizeof bits);
    return bits >> 63 ? ~bits : bits | (UINT64_C(1) << 63);
}

void wr__rowkey_put(wr_buf *out, const wr_type *t, const wr_value *v)
{
    if (v->null) {
        wr_buf_putc(out, MARK_NULL);
        return;
    }
    wr_buf_putc(out, MARK_VALUE);
    switch (t->id) {
    case WR_T_BOOLEAN:
        wr_buf_putc(out, v->u.b);
        break;
    case WR_T_INTEGER:
    case WR_T_DATE:
    case WR_T_TIME:
        wr_buf_be32(out, (uint32_t)v->u.i32 ^ (UINT32_C(1) << 31));
        break;
    case WR_T_BIGINT:
    case WR_T_TIMESTAMP:
        wr_buf_be64(out, (uint64_t)v->u.i64 ^ (UINT64_C(1) << 63));
        break;
    case WR_T_DOUBLE:
        wr_buf_be64(out, double_bits(v->u.f64));
        break;
    case WR_T_STRING:
    case WR_T_BYTES:
        put_escaped(out, v->u.str, t->id == WR_T_STRING);
        break;
    default:
        wr_value_encode(out, t, v);
        break;
    }
}

void wr__rowkey_of(wr_buf *out, const wr_schema *schema, const wr_vec *cols, const wr_batch *b,
                   uint32_t i)
{
    for (uint32_t c = 0; c < schema->keys_n; c++) {
        wr_value v = wr_vec_get(&cols[c], i);
        wr__rowkey_put(out, schema->cols[c].type, &v);
    }
    if (b && b->window_start) {
        wr_buf_be64(out, (uint64_t)b->window_start[i] ^ (UINT64_C(1) << 63));
        wr_buf_be64(out, (uint64_t)b->window_end[i] ^ (UINT64_C(1) << 63));
    }
}

static void put_word(wr_buf *out, const wr_vec *col, wr_sel rows, size_t *ends, bool wide)
{
    size_t width = wide ? 9 : 5;
    char *p = wr_buf_reserve(out, width * rows.n);
    for (uint32_t k = 0; k < rows.n; k++, p += width) {
        uint32_t i = wr_sel_row(rows, k) & col->mask;
        p[0] = MARK_VALUE;
        if (wide)
            wr_put_be64(p + 1, (uint64_t)col->u.i64[i] ^ (UINT64_C(1) << 63));
        else
            wr_put_be32(p + 1, (uint32_t)col->u.i32[i] ^ (UINT32_C(1) << 31));
        ends[k] = out->len += width;
    }
}

static bool any_null(const wr_vec *v, wr_sel rows)
{
    WR_FOREACH_SEL (i, rows)
        if (wr_vec_is_null(v, i))
            return true;
    return false;
}

void wr__rowkeys_of(wr_buf *out, const wr_schema *schema, const wr_vec *cols, wr_sel rows,
                    size_t *ends)
{
    wr_tid id = schema->keys_n == 1 && !any_null(cols, rows) ? schema->cols[0].type->id : WR_T_NULL;
    bool wide = id == WR_T_BIGINT || id == WR_T_TIMESTAMP;
    if (wide || id == WR_T_INTEGER || id == WR_T_DATE || id == WR_T_TIME) {
        put_word(out, cols, rows, ends, wide);
        return;
    }
    for (uint32_t k = 0; k < rows.n; k++) {
        uint32_t i = wr_sel_row(rows, k);
        if (id == WR_T_STRING) {
            wr_buf_putc(out, MARK_VALUE);
            put_escaped(out, cols->u.str[i & cols->mask], true);
        } else {
            wr__rowkey_of(out, schema, cols, NULL, i);
        }
        ends[k] = out->len;
    }
}

static weir_status damaged(weir_error *err)
{
    weir_status st = wr_error(err, WEIR_ERR_STORE, "a key in the state store is damaged");
    if (err)
        err->flags |= WEIR_ERROR_FATAL;
    return st;
}

static bool get_escaped(const char **p, const char *end, wr_arena *a, bool text, wr_str *out)
{
    const char *s = *p, *zero = memchr(s, 0, (size_t)(end - s));
    if (text && zero && end - zero >= 2 && zero[1] == 0 && is_plain(s, (size_t)(zero - s))) {
        *p = zero + 2;
        *out = wr_arena_str(a, wr_str_make(s, (size_t)(zero - s)));
        return true;
    }
    char *to = wr_arena_alloc(a, (size_t)(end - s) + 1), *start = to;
    for (;;) {
        if (s == end)
            return false;
        uint8_t c = (uint8_t)*s++;
        if (c == 0) {
            if (s == end)
                return false;
            uint8_t next = (uint8_t)*s++;
            if (next == 0)
                break;
            if (next != 0xff)
                return false;
        }
        *to++ = (char)(text ? utf16_order_back(c) : c ^ 0x80);
    }
    *p = s;
    *out = wr_str_make(start, (size_t)(to - start));
    return true;
}

weir_status wr__rowkey_get(const wr_type *t, const char **p, const char *end, wr_arena *a,
                           wr_value *out, weir_error *err)
{
    if (*p == end)
        return damaged(err);
    char mark = *(*p)++;
    *out = WR_VALUE_NULL;
    if (mark == MARK_NULL)
        return WEIR_OK;
    if (mark != MARK_VALUE)
        return damaged(err);
    size_t left = (size_t)(end - *p);
    out->null = false;
    switch (t->id) {
    case WR_T_BOOLEAN:
        if (left < 1 || (uint8_t) * *p > 1)
            return damaged(err);
        out->u.b = *(*p)++ != 0;
        return WEIR_OK;
    case WR_T_INTEGER:
    case WR_T_DATE:
    case WR_T_TIME:
        if (left < 4)
            return damaged(err);
        out->u.i32 = (int32_t)(wr_get_be32(*p) ^ (UINT32_C(1) << 31));
        *p += 4;
        return WEIR_OK;
    case WR_T_BIGINT:
    case WR_T_TIMESTAMP:
        if (left < 8)
            return damaged(err);
        out->u.i64 = (int64_t)(wr_get_be64(*p) ^ (UINT64_C(1) << 63));
        *p += 8;
        return WEIR_OK;
    case WR_T_DOUBLE: {
        if (left < 8)
            return damaged(err);
        uint64_t bits = wr_get_be64(*p);
        bits = bits >> 63 ? bits ^ (UINT64_C(1) << 63) : ~bits;
        memcpy(&out->u.f64, &bits, sizeof bits);
        *p += 8;
        return WEIR_OK;
    }
    case WR_T_STRING:
    case WR_T_BYTES:
        return get_escaped(p, end, a, t->id == WR_T_STRING, &out->u.str) ? WEIR_OK : damaged(err);
    default:
        if (wr_value_decode(t, p, end, a, out, err) != WEIR_OK)
            return damaged(err);
        return WEIR_OK;
    }
}

weir_status wr__rowkey_read(const wr_schema *schema, wr_str key, wr_arena *a, wr_vec *cols,
                            uint32_t row, bool windowed, int64_t *start, int64_t *end,
                            weir_error *err)
{
    const char *p = key.ptr, *limit = key.ptr + key.len;
    if (windowed) {
        if (key.len < 16)
            return damaged(err);
        limit -= 16;
        *start = (int64_t)(wr_get_be64(limit) ^ (UINT64_C(1) << 63));
        *end = (int64_t)(wr_get_be64(limit + 8) ^ (UINT64_C(1) << 63));
    }
    for (uint32_t c = 0; c < schema->keys_n; c++) {
        wr_value v;
        WR_TRY(wr__rowkey_get(schema->cols[c].type, &p, limit, a, &v, err));
        wr_vec_set(&cols[c], row, &v);
    }
    return p == limit ? WEIR_OK : damaged(err);
}
