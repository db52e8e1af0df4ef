/* SPDX-License-Identifier: Apache-2.0 */
/*
 * debezium_value.c - values of change events to SQL values, by the columns' declared types.
 *
 * The same column of a database comes in several forms, by the connector's settings and by the
 * digits that were declared for it. How they differ, without a schema that says it:
 *
 *   DECIMAL             a number; an object of scale and value (a numeric without scale); a text
 *                       of digits with a point or a sign: that number; any other text: base64 of
 *                       the number without its point, which has the column's scale. So whole
 *                       numbers as texts cannot be told from base64 where they have 4, 8 ... digits
 *   TIMESTAMP           a text: ISO 8601 with a zone; a number: milliseconds, or microseconds where
 *                       it is 10^14 or more either way, nanoseconds from 10^17
 *   TIME                a text; a number: milliseconds of a day, or micros and nanos if it is more
 *   DATE                days, or a text
 *   INTEGER, BIGINT     whole numbers in range, and nothing else
 *   DOUBLE              a number; the words for NaN and the infinities; a text of digits
 */
#include "formats/debezium.h"
#include "formats/unscaled.h"

#include "types/decimal.h"
#include "types/text.h"

#include <stdio.h>

#define MS_MAX    INT64_C(100000000000000)    /* year 5138 in milliseconds, 1973 in micros */
#define US_MAX    INT64_C(100000000000000000) /* the same a thousand times */
#define DAY_MS    INT64_C(86400000)
#define SCALE_MAX 10000

static bool fail(wr_jconv *c, const wr_jtype *t, const wr_jtoken *tok)
{
    wr__json_conv_start_failure(c);
    wr_buf_printf(&c->message, "A change event's %s cannot be %s", wr__json_node_name(tok),
                  t->text);
    return false;
}

/* ---- unavailable values ---- */

#define WORD        "__debezium_unavailable_value"
#define WORD_BASE64 "X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ=="
#define WORD_BYTES                                                                                 \
    "[95,95,100,101,98,101,122,105,117,109,95,117,110,97,118,97,105,108,97,98,108,101,95,118,"     \
    "97,108,117,101]"

static bool is_text(const wr_jtoken *tok, const char *text)
{
    return wr_str_eq(wr_str_make(tok->ptr, tok->len), wr_str_c(text));
}

bool wr__debezium_unavailable(const wr_jtoken *tok)
{
    if (tok->kind == WR_J_STRING)
        return is_text(tok, WORD) || is_text(tok, WORD_BASE64);
    return tok->kind == WR_J_ARRAY &&
           (is_text(tok, "[\"" WORD "\"]") || is_text(tok, "[\"" WORD_BASE64 "\"]") ||
            is_text(tok, WORD_BYTES));
}

/* ---- numbers ---- */

static bool to_whole(wr_jconv *c, const wr_jtype *t, const wr_jtoken *tok, int64_t *out)
{
    return (tok->kind == WR_J_INT && wr_str_to_i64(wr_str_make(tok->ptr, tok->len), out)) ||
           fail(c, t, tok);
}

static bool to_i32(wr_jconv *c, const wr_jtype *t, const wr_jtoken *tok, int32_t *out)
{
    int64_t v;
    if (!to_whole(c, t, tok, &v))
        return false;
    *out = (int32_t)v;
    return v == *out || fail(c, t, tok);
}

/* Decimal digits that cannot be base64: with a point or a sign, or not in fours. */
static bool is_digits(wr_str s)
{
    bool told = s.len % 4 != 0; /* base64 comes in fours */
    for (uint32_t i = 0; i < s.len; i++) {
        char ch = s.ptr[i];
        told = told || ch == '.' || ch == '-';
        if ((ch < '0' || ch > '9') && ch != '.' && ch != '-' && ch != '+' && ch != 'E' && ch != 'e')
            return false;
    }
    return told && s.len;
}

static bool from_text(wr_jconv *c, const wr_jtype *t, wr_str text, wr_value *out)
{
    if (wr_dec_from_text(text, t->type, true, c->scratch, out) == WR_DEC_OK)
        return true;
    wr__json_conv_start_failure(c);
    wr__decimal_fault(&c->message, t->type, text);
    return false;
}

/* The number without its point, big-endian, at a scale; exactly that number as the column's type.
 */
static bool from_unscaled(wr_jconv *c, const wr_jtype *t, wr_str bytes, int32_t scale,
                          wr_value *out)
{
    int32_t digits = (int32_t)(bytes.len * 5 / 2 + 1); /* of so many bytes, at most */
    const wr_type from = {
        .id = WR_T_DECIMAL, .precision = WR_MAX(digits, scale + 1), .scale = scale};
    wr_value v = wr__unscaled_read(bytes, &from, c->scratch);
    if (wr_dec_rescale(&from, &v, t->type, c->scratch, out) == WR_DEC_OK &&
        wr_dec_compare(&from, &v, t->type, out) == 0)
        return true;
    wr_buf text = {0};
    wr_dec_print(&text, &from, &v);
    wr__json_conv_start_failure(c);
    wr__decimal_fault(&c->message, t->type, wr_buf_view(&text));
    wr_buf_free(&text);
    return false;
}

/* VariableScaleDecimal. */
static bool from_object(wr_jconv *c, const wr_jtype *t, const wr_jtoken *tok, wr_value *out)
{
    wr_jtoken_list keys = {0}, items = {0};
    wr__json_elements(c, tok, &keys, &items);
    int64_t scale = -1;
    wr_str bytes = {0};
    for (uint32_t i = 0; i < items.n; i++) {
        if (is_text(&keys.v[i], "scale") && items.v[i].kind == WR_J_INT &&
            !wr_str_to_i64(wr_str_make(items.v[i].ptr, items.v[i].len), &scale))
            return fail(c, t, tok);
        if (is_text(&keys.v[i], "value") && !wr__json_base64(c, &items.v[i], &bytes))
            return fail(c, t, tok);
    }
    if (scale < 0 || scale > SCALE_MAX || !bytes.len || bytes.len > SCALE_MAX)
        return fail(c, t, tok);
    return from_unscaled(c, t, bytes, (int32_t)scale, out);
}

static bool to_decimal(wr_jconv *c, const wr_jtype *t, const wr_jtoken *tok, wr_value *out)
{
    wr_str text = wr_str_make(tok->ptr, tok->len), bytes;
    if (tok->kind == WR_J_OBJECT)
        return from_object(c, t, tok, out);
    if (tok->kind == WR_J_INT || tok->kind == WR_J_REAL ||
        (tok->kind == WR_J_STRING && is_digits(text)))
        return from_text(c, t, text, out);
    if (!wr__json_base64(c, tok, &bytes) || !bytes.len || bytes.len > SCALE_MAX)
        return fail(c, t, tok);
    return from_unscaled(c, t, bytes, t->type->scale, out);
}

static bool to_double(wr_jconv *c, const wr_jtype *t, const wr_jtoken *tok, double *out)
{
    return (tok->kind >= WR_J_INT && wr__json_to_double(c, tok, out)) || fail(c, t, tok);
}

/* ---- times ---- */

static int64_t floor_div(int64_t v, int64_t by)
{
    return v / by - (v % by < 0);
}

/* ISO 8601, with any digits of a second: what is below a millisecond is cut. */
static bool text_to_timestamp(wr_str s, int64_t *out)
{
    char text[40];
    uint32_t n = 0, digits = 0;
    bool fraction = false;
    for (uint32_t i = 0; i < s.len; i++) {
        bool digit = s.ptr[i] >= '0' && s.ptr[i] <= '9';
        digits = fraction && digit ? digits + 1 : 0;
        fraction = s.ptr[i] == '.' || (fraction && digit);
        if (digits > 3)
            continue;
        if (n == sizeof text)
            return false;
        text[n++] = s.ptr[i] == ' ' ? 'T' : s.ptr[i];
    }
    return wr_text_to_timestamp(wr_str_make(text, n), out);
}

static bool to_timestamp(wr_jconv *c, const wr_jtype *t, const wr_jtoken *tok, int64_t *out)
{
    if (tok->kind == WR_J_STRING)
        return text_to_timestamp(wr__json_text(tok, c->scratch), out) || fail(c, t, tok);
    int64_t v;
    if (!to_whole(c, t, tok, &v))
        return false;
    bool nanos = v >= US_MAX || v <= -US_MAX, micros = v >= MS_MAX || v <= -MS_MAX;
    *out = floor_div(v, nanos ? 1000000 : micros ? 1000 : 1);
    return true;
}

/* `11:30:00.123456Z`: a time with a zone comes as UTC. */
static bool text_to_time(wr_str s, int32_t *out)
{
    if (s.len && s.ptr[s.len - 1] == 'Z')
        s.len--;
    return wr_text_to_time(s, out);
}

static bool to_time(wr_jconv *c, const wr_jtype *t, const wr_jtoken *tok, int32_t *out)
{
    if (tok->kind == WR_J_STRING)
        return text_to_time(wr__json_text(tok, c->scratch), out) || fail(c, t, tok);
    int64_t v;
    if (!to_whole(c, t, tok, &v))
        return false;
    if (v < 0 || v > DAY_MS * 1000000)
        return fail(c, t, tok);
    *out = (int32_t)(v <= DAY_MS ? v : v <= DAY_MS * 1000 ? v / 1000 : v / 1000000);
    return true;
}

/* A date as text may have the zone's letter, too. */
static bool text_to_date(wr_str s, int32_t *out)
{
    if (s.len && s.ptr[s.len - 1] == 'Z')
        s.len--;
    return wr_text_to_date(s, out);
}

static bool to_date(wr_jconv *c, const wr_jtype *t, const wr_jtoken *tok, int32_t *out)
{
    if (tok->kind == WR_J_STRING)
        return text_to_date(wr__json_text(tok, c->scratch), out) || fail(c, t, tok);
    return to_i32(c, t, tok, out);
}

/* ---- containers ---- */

static bool to_array(wr_jconv *c, const wr_jtype *t, const wr_jtoken *tok, wr_value *out)
{
    return tok->kind == WR_J_ARRAY ? wr__json_items(c, t, tok, wr__debezium_convert, out)
                                   : fail(c, t, tok);
}

static bool to_struct(wr_jconv *c, const wr_jtype *t, const wr_jtoken *tok, wr_value *out)
{
    return tok->kind == WR_J_OBJECT ? wr__json_fields(c, t, tok, wr__debezium_convert, out)
                                    : fail(c, t, tok);
}

bool wr__debezium_convert(wr_jconv *c, const wr_jtype *t, const wr_jtoken *tok, wr_value *out)
{
    *out = (wr_value){0};
    if (tok->kind <= WR_J_NULL) {
        out->null = true;
        return true;
    }
    switch (t->type->id) {
    case WR_T_BOOLEAN:
        out->u.b = tok->kind == WR_J_TRUE;
        return tok->kind == WR_J_TRUE || tok->kind == WR_J_FALSE || fail(c, t, tok);
    case WR_T_INTEGER:
        return to_i32(c, t, tok, &out->u.i32);
    case WR_T_BIGINT:
        return to_whole(c, t, tok, &out->u.i64);
    case WR_T_DOUBLE:
        return to_double(c, t, tok, &out->u.f64);
    case WR_T_DECIMAL:
        return to_decimal(c, t, tok, out);
    case WR_T_DATE:
        return to_date(c, t, tok, &out->u.i32);
    case WR_T_TIME:
        return to_time(c, t, tok, &out->u.i32);
    case WR_T_TIMESTAMP:
        return to_timestamp(c, t, tok, &out->u.i64);
    case WR_T_ARRAY:
        return to_array(c, t, tok, out);
    case WR_T_STRUCT:
        return to_struct(c, t, tok, out);
    default: /* STRING from anything, BYTES from base64, MAP: as in the JSON format */
        return wr__json_convert(c, t, tok, out);
    }
}
