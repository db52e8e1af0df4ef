/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_text.c - JSON values of any kind as the text of a STRING column (json_text.h).
 *
 * The rare path of the decoder, and the only one that builds a document: of an object's members
 * with one name the last one's value counts, at the place of the first, as in Jackson's trees.
 */
#include "formats/json_text.h"

#include "formats/format.h"
#include "types/text.h"

/* ---- numbers ---- */

/* A number's parts: value = sign digits * 10^-scale. */
typedef struct parts {
    wr_str whole, fraction; /* digits before and after the point; leading zeros are in there, too */
    int64_t scale;
} parts;

static parts split_number(wr_str s)
{
    parts p = {0};
    uint32_t i = s.ptr[0] == '-', start = i;
    while (i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9')
        i++;
    p.whole = wr_str_make(s.ptr + start, i - start);
    if (i < s.len && s.ptr[i] == '.') {
        start = ++i;
        while (i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9')
            i++;
        p.fraction = wr_str_make(s.ptr + start, i - start);
    }
    int64_t exponent = 0;
    if (i < s.len) {
        bool read = wr_str_to_i64(wr_str_make(s.ptr + i + 1, s.len - i - 1), &exponent);
        WR_ASSERT(read); /* the scanner allows nine digits */
    }
    p.scale = (int64_t)p.fraction.len - exponent;
    return p;
}

/* The significant digits, at least one. They are appended, so that they can be cut up. */
static void put_digits(wr_buf *out, const parts *p)
{
    size_t start = out->len;
    wr_buf_str(out, p->whole);
    wr_buf_str(out, p->fraction);
    size_t zeros = 0, n = out->len - start;
    while (zeros + 1 < n && out->ptr[start + zeros] == '0')
        zeros++;
    memmove(out->ptr + start, out->ptr + start + zeros, n - zeros);
    out->len -= zeros;
}

void wr__json_put_number(wr_buf *out, wr_str text)
{
    parts p = split_number(text);
    wr_buf digits = {0};
    put_digits(&digits, &p);
    int64_t n = (int64_t)digits.len, adjusted = n - 1 - p.scale;
    if (text.ptr[0] == '-' && !(n == 1 && digits.ptr[0] == '0')) /* no negative zero in Java */
        wr_buf_putc(out, '-');
    if (p.scale < 0 || adjusted < -6) { /* 1.234E+5 */
        wr_buf_putc(out, digits.ptr[0]);
        if (n > 1) {
            wr_buf_putc(out, '.');
            wr_buf_put(out, digits.ptr + 1, (size_t)n - 1);
        }
        if (adjusted)
            wr_buf_printf(out, "E%+lld", (long long)adjusted);
    } else if (p.scale >= n) { /* 0.00123 */
        wr_buf_puts(out, "0.");
        for (int64_t k = n; k < p.scale; k++)
            wr_buf_putc(out, '0');
        wr_buf_put(out, digits.ptr, (size_t)n);
    } else {
        wr_buf_put(out, digits.ptr, (size_t)(n - p.scale));
        if (p.scale)
            wr_buf_putc(out, '.');
        wr_buf_put(out, digits.ptr + (n - p.scale), (size_t)p.scale);
    }
    wr_buf_free(&digits);
}

/* ---- objects: compact, names as they came ---- */

uint32_t wr__json_drop_doubles(wr_arena *scratch, const wr_str *keys, uint32_t n, uint32_t *last)
{
    uint32_t slots_n = 8, different = 0;
    while (slots_n < n * 2)
        slots_n *= 2;
    uint32_t *slots = WR_NEW_N(scratch, uint32_t, slots_n); /* index + 1 */
    for (uint32_t i = 0; i < n; i++) {
        uint32_t at = (uint32_t)wr_str_hash(keys[i]) & (slots_n - 1);
        while (slots[at] && !wr_str_eq(keys[slots[at] - 1], keys[i]))
            at = (at + 1) & (slots_n - 1);
        last[i] = slots[at] ? UINT32_MAX : i;
        if (slots[at]) {
            last[slots[at] - 1] = i;
        } else {
            slots[at] = i + 1;
            different++;
        }
    }
    WR_ASSERT(different <= n);
    return different;
}

static void put_compact(wr_buf *out, const wr_json *j, wr_arena *scratch);

static void put_object(wr_buf *out, const wr_json *j, wr_arena *scratch)
{
    uint32_t *last = wr_arena_alloc(scratch, j->n * sizeof *last + 1);
    wr__json_drop_doubles(scratch, j->keys, j->n, last);
    wr_buf_putc(out, '{');
    for (uint32_t i = 0; i < j->n; i++) {
        if (last[i] == UINT32_MAX)
            continue;
        if (i) /* the first member's name has not occurred before, so it is always written */
            wr_buf_putc(out, ',');
        wr_text_put_json_string(out, j->keys[i]);
        wr_buf_putc(out, ':');
        put_compact(out, &j->items[last[i]], scratch);
    }
    wr_buf_putc(out, '}');
}

static void put_integer(wr_buf *out, wr_str text)
{
    wr_buf_str(out, wr_str_eq(text, WR_STR("-0")) ? WR_STR("0") : text);
}

static bool is_integer(wr_str text)
{
    return !memchr(text.ptr, '.', text.len) && !memchr(text.ptr, 'e', text.len) &&
           !memchr(text.ptr, 'E', text.len);
}

static void put_compact(wr_buf *out, const wr_json *j, wr_arena *scratch)
{
    switch (j->kind) {
    case WR_JSON_OBJECT:
        put_object(out, j, scratch);
        break;
    case WR_JSON_ARRAY:
        wr_buf_putc(out, '[');
        for (uint32_t i = 0; i < j->n; i++) {
            if (i)
                wr_buf_putc(out, ',');
            put_compact(out, &j->items[i], scratch);
        }
        wr_buf_putc(out, ']');
        break;
    case WR_JSON_NUMBER:
        (is_integer(j->text) ? put_integer : wr__json_put_number)(out, j->text);
        break;
    default:
        wr_json_print(out, j);
        break;
    }
}

/* ---- any value ---- */

static void put_value(wr_buf *out, const wr_json *j, wr_arena *scratch)
{
    switch (j->kind) {
    case WR_JSON_STRING:
        wr_buf_str(out, j->text);
        break;
    case WR_JSON_ARRAY:
        wr_buf_putc(out, '[');
        for (uint32_t i = 0; i < j->n; i++) {
            if (i)
                wr_buf_puts(out, ", ");
            put_value(out, &j->items[i], scratch);
        }
        wr_buf_putc(out, ']');
        break;
    default:
        put_compact(out, j, scratch);
        break;
    }
}

void wr__json_put_text(wr_buf *out, const wr_jtoken *tok, wr_arena *scratch)
{
    wr_str text = wr_str_make(tok->ptr, tok->len);
    switch (tok->kind) {
    case WR_J_REAL:
        wr__json_put_number(out, text);
        break;
    case WR_J_INT:
        put_integer(out, text);
        break;
    case WR_J_ARRAY:
    case WR_J_OBJECT: {
        wr_json *j;
        weir_error err;
        weir_status st = wr_json_parse(text, false, scratch, &j, &err);
        WR_ASSERT(st == WEIR_OK); /* it was scanned before */
        put_value(out, j, scratch);
        break;
    }
    default:
        wr_buf_str(out, text);
        break;
    }
}
