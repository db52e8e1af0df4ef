/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything that reads values from text, on any bytes: numbers, dates, times, base64, hex. The
 * first byte picks the precision of the DECIMAL. What was read and printed must read back the same.
 */
#include "types/decimal.h"
#include "types/text.h"

#include <math.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_double(wr_str s, wr_buf *b)
{
    double v, back;
    if (!wr_text_to_double(s, &v) || isinf(v))
        return;
    WR_ASSERT(!isnan(v));
    wr_text_put_double(b, v);
    WR_ASSERT(wr_text_to_double(wr_buf_view(b), &back) && memcmp(&v, &back, sizeof v) == 0);
    wr_buf_clear(b);
}

static void try_decimal(wr_str s, uint8_t choice, wr_buf *b, wr_arena *a)
{
    int32_t precision = choice % 64 + 1, scale = choice / 64 * precision / 3;
    const wr_type *t = wr_type_decimal(a, precision, scale);
    wr_value v, back;
    int32_t text_precision, text_scale;
    bool number = wr_dec_text_type(s, &text_precision, &text_scale);
    wr_dec_status st = wr_dec_from_text(s, t, choice & 1, a, &v);
    WR_ASSERT(!number || st != WR_DEC_BAD_TEXT);
    if (st != WR_DEC_OK)
        return;
    wr_dec_print(b, t, &v);
    WR_ASSERT(wr_dec_from_text(wr_buf_view(b), t, true, a, &back) == WR_DEC_OK);
    WR_ASSERT(wr_dec_compare(t, &v, t, &back) == 0);
    WR_ASSERT(isfinite(wr_dec_to_double(t, &v)));
    wr_buf_clear(b);
}

static void try_times(wr_str s, wr_buf *b)
{
    int64_t ms, ms_back;
    int32_t v, back;
    if (wr_text_to_timestamp(s, &ms)) {
        wr_text_put_timestamp(b, ms);
        WR_ASSERT(!wr_text_to_timestamp(wr_buf_view(b), &ms_back) || ms_back == ms);
        wr_buf_clear(b);
    }
    if (wr_text_to_date(s, &v)) {
        wr_text_put_date(b, v);
        WR_ASSERT(wr_text_to_date(wr_buf_view(b), &back) && back == v);
        wr_buf_clear(b);
    }
    if (wr_text_to_time(s, &v)) {
        wr_text_put_time(b, v, false);
        WR_ASSERT(wr_text_to_time(wr_buf_view(b), &back) && back == v);
        wr_buf_clear(b);
    }
}

static void try_bytes(wr_str s, wr_buf *b)
{
    wr_buf text = {0};
    if (wr_text_from_base64(b, s)) { /* bits too many in the last digit are lost, bytes never */
        size_t n = b->len;
        wr_text_put_base64(&text, wr_buf_view(b));
        WR_ASSERT(wr_text_from_base64(b, wr_buf_view(&text)) && b->len == 2 * n);
        WR_ASSERT(n == 0 || memcmp(b->ptr, b->ptr + n, n) == 0);
    }
    wr_buf_clear(b);
    wr_buf_clear(&text);
    wr_text_put_hex(&text, s, true);
    WR_ASSERT(text.len == (size_t)s.len * 2 && wr_text_from_hex(b, wr_buf_view(&text)));
    WR_ASSERT(wr_str_eq(wr_buf_view(b), s));
    wr_buf_clear(b);
    if (wr_text_from_hex(b, s))
        WR_ASSERT(b->len * 2 == s.len);
    wr_buf_clear(b);
    wr_text_put_json_string(b, s);
    wr_buf_clear(b);
    wr_buf_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    wr_arena *a = wr_arena_new(0);
    wr_buf b = {0};
    wr_str s = wr_str_make((const char *)data + 1, size - 1);
    try_double(s, &b);
    try_decimal(s, data[0], &b, a);
    try_times(s, &b);
    try_bytes(s, &b);
    wr_buf_free(&b);
    wr_arena_free(a);
    return 0;
}
