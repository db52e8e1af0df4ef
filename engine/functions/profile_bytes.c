/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes of a profile; profile.h has their form.
 *
 * They come back from topics and from the hands of users, so nothing in them is trusted: the
 * checksum finds damage, not intent. Each count must fit the others, so that nothing overflows and
 * no answer needs a check later.
 *
 * A profile of one INTEGER column and one row, 7 (numbers in hexadecimal, the checksum left out):
 *
 *      57 50 01                      "WP", version 1
 *      01 01                         1 column, 1 row
 *      02 00 00                      INTEGER, no precision, no scale
 *      00 01 00 00 00 00 00 00 00    no NULL, 1 value that is nothing but an INTEGER
 *      40 1c 00 ...                  mean 7.0, and 8 bytes of 0.0
 *      09 00 ... 07                  MIN: 8 bytes, and MAX alike
 *      02 xx xx xx xx xx             1 coupon
 *      01 00 01 08 00 ... 07         1 frequent value, error 0: once, 8 bytes
 *      01 01 40 1c 00 ...            1 level with 1 number, 7.0
 */
#include "engine/functions/profile.h"
#include "types/decimal.h"

#include <xxhash.h>

/* Types are stored by their number: a new one goes to the end, or the version changes. */
_Static_assert(WR_T_INTEGER == 2 && WR_T_TIMESTAMP == 10 && WR_T_STRUCT == 13, "stored");

enum { VERSION = 1, SUM_LEN = 8, HEAD_LEN = 3 };

/* By bits: each DOUBLE comes back as it was, NaN too. */
static void put_double(wr_buf *out, double v)
{
    uint64_t bits;
    memcpy(&bits, &v, 8);
    wr_buf_be64(out, bits);
}

/* 0 is none, since an empty text may be an end. */
static void put_end(wr_buf *out, const wr__profile_end *e)
{
    wr_buf_putc(out, (char)(e->known ? e->len + 1 : 0));
    if (e->known)
        wr_buf_put(out, e->bytes, e->len);
}

/* One column, in the order that profile.h draws. */
static void put_column(wr_buf *out, const wr__profile_column *c)
{
    const char type[3] = {(char)c->type.id, (char)c->type.precision, (char)c->type.scale};
    wr_buf_put(out, type, sizeof type);
    wr_buf_varint(out, c->nulls);
    for (uint32_t k = 0; k < WR__KINDS; k++)
        wr_buf_varint(out, c->kinds[k]);
    put_double(out, c->mean);
    put_double(out, c->m2);
    put_end(out, &c->min);
    put_end(out, &c->max);
    wr__distinct_write(&c->distinct, out);
    wr__frequent_write(&c->frequent, out);
    wr__quantiles_write(&c->quantiles, out);
}

/* Appends; the checksum is of this profile only. What is written is always readable: a test and the
 * fuzzer hold on to it. */
void wr__profile_write(const wr__profile *p, wr_buf *out)
{
    WR_ASSERT(p->n <= WR__PROFILE_COLUMNS && p->rows <= WR__PROFILE_ROWS);
    size_t from = out->len;
    const char head[HEAD_LEN] = {'W', 'P', VERSION};
    wr_buf_put(out, head, sizeof head);
    wr_buf_varint(out, p->n);
    wr_buf_varint(out, p->rows);
    for (uint32_t c = 0; c < p->n; c++)
        put_column(out, &p->columns[c]);
    wr_buf_be64(out, XXH3_64bits(out->ptr + from, out->len - from));
}

/* ------------------------------------------------------------------ reading */

/* One that is larger than @p max is refused, so sums of counts can be trusted. */
static bool get_varint(const char **p, const char *end, uint64_t max, uint64_t *out)
{
    size_t len = wr_get_varint(*p, end, out);
    *p += len;
    return len > 0 && *out <= max;
}

/* Any bits will do: mean and m2 of huge values may be infinite, or NaN. */
static bool get_double(const char **p, const char *end, double *out)
{
    if (end - *p < 8)
        return false;
    uint64_t bits = wr_get_be64(*p);
    memcpy(out, &bits, 8);
    *p += 8;
    return true;
}

/* Types that PROFILE does not take have no business here. */
static bool get_type(const char **p, const char *end, wr_type *t)
{
    if (end - *p < 3)
        return false;
    uint8_t id = (uint8_t)(*p)[0];
    *t = (wr_type){.id = (wr_tid)id, .precision = (uint8_t)(*p)[1], .scale = (uint8_t)(*p)[2]};
    *p += 3;
    if (id >= WR_T_N)
        return false;
    if (t->id != WR_T_DECIMAL)
        return t->precision == 0 && t->scale == 0 && wr__profile_takes(t);
    return t->precision >= 1 && t->scale <= t->precision && wr__profile_takes(t);
}

/* Do a value's bytes have the length, and a number the size, that its type says? */
static bool fits(const wr_type *t, wr_str bytes)
{
    switch (t->id) {
    case WR_T_BOOLEAN:
        return bytes.len == 1;
    case WR_T_INTEGER:
    case WR_T_DATE:
    case WR_T_TIME: {
        if (bytes.len != 8)
            return false;
        int64_t v = (int64_t)wr_get_be64(bytes.ptr);
        return v >= INT32_MIN && v <= INT32_MAX;
    }
    case WR_T_BIGINT:
    case WR_T_TIMESTAMP:
    case WR_T_DOUBLE:
        return bytes.len == 8;
    case WR_T_DECIMAL: {
        if (bytes.len != 16)
            return false;
        /* More digits than the type has would not be printed rightly. */
        wr_i128 v = wr__profile_value(t, bytes).u.dec, end = wr_dec_pow10(t->precision);
        return v > -end && v < end;
    }
    default: /* a text may hold half pairs, so it is repaired where it is shown */
        return t->id == WR_T_STRING || t->id == WR_T_BYTES;
    }
}

/* Both ends, of the column's type: later they are values without being asked again. */
static bool get_end(const char **p, const char *end, const wr_type *t, wr__profile_end *e)
{
    if (*p == end)
        return false;
    uint8_t len = (uint8_t) * (*p)++;
    *e = (wr__profile_end){.known = len > 0};
    if (!e->known)
        return true;
    len--;
    if (len > WR__FREQUENT_BYTES || end - *p < len || !fits(t, wr_str_make(*p, len)))
        return false;
    e->len = len;
    memcpy(e->bytes, *p, len);
    *p += len;
    return true;
}

/* Are the frequent values of the column's type? None is where the type has no ends. */
static bool items_fit(const wr__profile_column *c)
{
    for (uint32_t k = 0; k < c->frequent.n; k++) {
        const wr__frequent_item *item = &c->frequent.items[k];
        bool texts = c->type.id == WR_T_STRING || c->type.id == WR_T_BYTES;
        if ((item->cut && !texts) || !fits(&c->type, wr_str_make(item->bytes, item->len)))
            return false;
    }
    return true;
}

/* NULLs and kinds make up the rows exactly; frequent and measured values are at most as many as
 * there are values. */
static bool get_column(const char **p, const char *end, wr_arena *a, uint64_t rows,
                       wr__profile_column *c)
{
    if (!get_type(p, end, &c->type) || !get_varint(p, end, rows, &c->nulls))
        return false;
    uint64_t values = rows - c->nulls, left = values;
    for (uint32_t k = 0; k < WR__KINDS; k++) {
        if (!get_varint(p, end, left, &c->kinds[k]))
            return false;
        left -= c->kinds[k];
    }
    return left == 0 && get_double(p, end, &c->mean) && get_double(p, end, &c->m2) &&
           get_end(p, end, &c->type, &c->min) && get_end(p, end, &c->type, &c->max) &&
           c->min.known == c->max.known && wr__distinct_read(&c->distinct, a, p, end) &&
           wr__frequent_read(&c->frequent, a, values, p, end) && items_fit(c) &&
           wr__quantiles_read(&c->quantiles, a, p, end) && c->quantiles.n <= values;
}

/* The checksum comes first: what is damaged is hardly ever looked at. Memory is bounded by the
 * bytes: a column's sketches are small as long as few bytes say so. */
wr__profile *wr__profile_read(wr_str bytes, wr_arena *a)
{
    uint64_t n, rows;
    if (bytes.len < HEAD_LEN + SUM_LEN || memcmp(bytes.ptr, "WP", 2) != 0 ||
        bytes.ptr[2] != VERSION)
        return NULL;
    const char *p = bytes.ptr + HEAD_LEN, *end = bytes.ptr + bytes.len - SUM_LEN;
    if (wr_get_be64(end) != XXH3_64bits(bytes.ptr, bytes.len - SUM_LEN))
        return NULL;
    if (!get_varint(&p, end, WR__PROFILE_COLUMNS, &n) ||
        !get_varint(&p, end, WR__PROFILE_ROWS, &rows))
        return NULL;
    wr__profile *profile = WR_NEW(a, wr__profile);
    profile->n = (uint32_t)n;
    profile->rows = rows;
    profile->columns = WR_NEW_N(a, wr__profile_column, n);
    for (uint32_t c = 0; c < n; c++)
        if (!get_column(&p, end, a, rows, &profile->columns[c]))
            return NULL;
    return p == end ? profile : NULL;
}
