/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cast.c - CAST: which types can be cast, and casting one value (dialect.md section 5).
 *
 * wr_cast_value is the whole meaning; cast_kernels.c has faster loops for the flat pairs and calls
 * it for the others. Where an element of an array, a map or a struct cannot be cast, the whole
 * value cannot, as in ksqlDB.
 */
#include "engine/expr/expr_internal.h"

#include "common/utf8.h"
#include "types/decimal.h"
#include "types/text.h"

#include <math.h>
#include <stdio.h>
#include <unicode/uchar.h>

#define DAY_MS 86400000

static bool struct_castable(const wr_type *from, const wr_type *to)
{
    for (uint32_t i = 0; i < to->fields_n; i++) {
        int k = wr_type_field(from, to->fields[i].name);
        if (k >= 0 && !wr__cast_supported(from->fields[k].type, to->fields[i].type))
            return false;
    }
    return true;
}

bool wr__cast_supported(const wr_type *from, const wr_type *to)
{
    if (from->id == WR_T_NULL || wr_type_equal(from, to))
        return true;
    if (to->id == WR_T_NULL || to->id == WR_T_UNIT)
        return false;
    if (to->id == WR_T_STRING)
        return from->id != WR_T_BYTES;
    switch (from->id) {
    case WR_T_INTEGER:
    case WR_T_BIGINT:
    case WR_T_DOUBLE:
    case WR_T_DECIMAL:
        return wr_type_is_number(to);
    case WR_T_STRING:
        return to->id < WR_T_ARRAY;
    case WR_T_TIMESTAMP:
        return to->id == WR_T_DATE || to->id == WR_T_TIME;
    case WR_T_DATE:
        return to->id == WR_T_TIMESTAMP;
    case WR_T_ARRAY:
        return to->id == WR_T_ARRAY && wr__cast_supported(from->elem, to->elem);
    case WR_T_MAP:
        return to->id == WR_T_MAP && wr__cast_supported(from->key, to->key) &&
               wr__cast_supported(from->elem, to->elem);
    case WR_T_STRUCT:
        return to->id == WR_T_STRUCT && struct_castable(from, to);
    default:
        return false;
    }
}

/** What a cast of one value works with. */
typedef struct caster {
    wr_arena *a;
    char *message;
    size_t message_n;
} caster;

static bool refuse(caster *c, const char *fmt, wr_str s)
{
    snprintf(c->message, c->message_n, fmt, WR_STR_ARG(s));
    return false;
}

static bool decimal_result(caster *c, wr_dec_status st, const wr_type *to)
{
    if (st == WR_DEC_OK)
        return true;
    if (st == WR_DEC_OVERFLOW)
        snprintf(c->message, c->message_n,
                 "Numeric field overflow: A field with precision %d and scale %d must round to an "
                 "absolute value less than 10^%d.",
                 to->precision, to->scale, to->precision - to->scale);
    else
        snprintf(c->message, c->message_n, "Not a number that a DECIMAL can hold");
    return false;
}

static bool string_to_boolean(wr_str s)
{
    static const char *const words[] = {"true", "yes"};
    for (size_t i = 0; i < WR_ARRAY_LEN(words); i++) {
        wr_str w = wr_str_c(words[i]);
        if (s.len && s.len <= w.len && wr_str_ieq(s, (wr_str){w.ptr, s.len}))
            return true;
    }
    return false;
}

static bool bytes_from_text(caster *c, wr_str s, wr_value *out)
{
    wr_buf buf = {0};
    if (!wr_text_from_base64(&buf, s)) {
        wr_buf_free(&buf);
        return refuse(c, "Not base64: \"" WR_STR_FMT "\"", s);
    }
    wr_str copy = wr_arena_str(c->a, wr_buf_view(&buf));
    wr_buf_free(&buf);
    *out = wr_value_str(copy);
    return true;
}

/* Java's Character.digit: any script's decimal digits, as far as they are one UTF-16 unit. The text
 * itself where it is ASCII. */
static wr_str ascii_digits(wr_arena *a, wr_str s)
{
    if (wr_utf8_ascii(s))
        return s;
    char *to = wr_arena_alloc(a, s.len);
    uint32_t n = 0;
    for (const char *p = s.ptr, *end = p + s.len; p < end;) {
        const char *from = p;
        uint32_t cp = wr_utf8_next(&p, end);
        int32_t digit = cp < 0x80 || cp > 0xFFFF ? -1 : u_charDigitValue((UChar32)cp);
        if (digit >= 0)
            to[n++] = (char)('0' + digit);
        else
            for (; from < p; from++)
                to[n++] = *from;
    }
    WR_ASSERT(n <= s.len);
    return wr_str_make(to, n);
}

static bool integer_from_text(caster *c, wr_str s, const wr_type *to, wr_value *out)
{
    int64_t v;
    bool is_int = to->id == WR_T_INTEGER;
    if (!wr_str_to_i64(ascii_digits(c->a, s), &v) || (is_int && (v < INT32_MIN || v > INT32_MAX)))
        return refuse(c, "For input string: \"" WR_STR_FMT "\"", s);
    *out = is_int ? wr_value_i32((int32_t)v) : wr_value_i64(v);
    return true;
}

static bool cast_string(caster *c, wr_str s, const wr_type *to, wr_value *out)
{
    s = wr_str_trim(s);
    *out = (wr_value){0};
    switch (to->id) {
    case WR_T_BOOLEAN:
        out->u.b = string_to_boolean(s);
        return true;
    case WR_T_INTEGER:
    case WR_T_BIGINT:
        return integer_from_text(c, s, to, out);
    case WR_T_DOUBLE:
        if (wr_text_to_double(s, &out->u.f64) && isfinite(out->u.f64))
            return true;
        return refuse(c, "For input string: \"" WR_STR_FMT "\"", s);
    case WR_T_DECIMAL: {
        wr_dec_status st = wr_dec_from_text(ascii_digits(c->a, s), to, false, c->a, out);
        if (st == WR_DEC_BAD_TEXT)
            return refuse(c, "For input string: \"" WR_STR_FMT "\"", s);
        return decimal_result(c, st, to);
    }
    case WR_T_BYTES:
        return bytes_from_text(c, s, out);
    case WR_T_TIMESTAMP:
        if (wr_text_to_timestamp(s, &out->u.i64))
            return true;
        return refuse(c, "Failed to parse timestamp '" WR_STR_FMT "'", s);
    case WR_T_DATE:
        if (wr_text_to_date(s, &out->u.i32))
            return true;
        return refuse(c, "Failed to parse date '" WR_STR_FMT "'", s);
    case WR_T_TIME:
        if (wr_text_to_time(s, &out->u.i32))
            return true;
        return refuse(c, "Failed to parse time '" WR_STR_FMT "'", s);
    default:
        WR_UNREACHABLE();
    }
}

static bool cast_integer(caster *c, int64_t v, const wr_type *to, wr_value *out)
{
    *out = (wr_value){0};
    switch (to->id) {
    case WR_T_INTEGER:
        out->u.i32 = (int32_t)(uint32_t)(uint64_t)v;
        return true;
    case WR_T_BIGINT:
        out->u.i64 = v;
        return true;
    case WR_T_DOUBLE:
        out->u.f64 = (double)v;
        return true;
    default:
        return decimal_result(c, wr_dec_from_i64(v, to, c->a, out), to);
    }
}

/** Java's narrowing of a double: truncates, saturates, NaN is 0. */
static int64_t double_to_i64(double v, int64_t min, int64_t max)
{
    if (isnan(v))
        return 0;
    if (v <= (double)min)
        return min;
    if (v >= (double)max)
        return max;
    return (int64_t)v;
}

static bool cast_double(caster *c, double v, const wr_type *to, wr_value *out)
{
    *out = (wr_value){0};
    switch (to->id) {
    case WR_T_INTEGER:
        out->u.i32 = (int32_t)double_to_i64(v, INT32_MIN, INT32_MAX);
        return true;
    case WR_T_BIGINT:
        out->u.i64 = double_to_i64(v, INT64_MIN, INT64_MAX);
        return true;
    default:
        return decimal_result(c, wr_dec_from_double(v, to, c->a, out), to);
    }
}

static bool cast_decimal(caster *c, const wr_type *from, const wr_value *v, const wr_type *to,
                         wr_value *out)
{
    *out = (wr_value){0};
    switch (to->id) {
    case WR_T_INTEGER:
        out->u.i32 = (int32_t)(uint32_t)(uint64_t)wr_dec_to_i64(from, v);
        return true;
    case WR_T_BIGINT:
        out->u.i64 = wr_dec_to_i64(from, v);
        return true;
    case WR_T_DOUBLE:
        out->u.f64 = wr_dec_to_double(from, v);
        return true;
    default:
        return decimal_result(c, wr_dec_rescale(from, v, to, c->a, out), to);
    }
}

static bool cast_any(caster *c, const wr_type *from, const wr_value *v, const wr_type *to,
                     wr_value *out);

static bool cast_nest(caster *c, const wr_type *from, const wr_nest *in, const wr_type *to,
                      wr_value *out)
{
    wr_nest *n = wr_nest_new(c->a, in->n, from->id == WR_T_MAP);
    for (uint32_t i = 0; i < in->n; i++) {
        if (!cast_any(c, from->elem, &in->items[i], to->elem, &n->items[i]))
            return false;
        if (from->id == WR_T_MAP && !cast_any(c, from->key, &in->keys[i], to->key, &n->keys[i]))
            return false;
    }
    *out = wr_value_nest(n);
    return true;
}

static bool cast_struct(caster *c, const wr_type *from, const wr_nest *in, const wr_type *to,
                        wr_value *out)
{
    wr_nest *n = wr_nest_new(c->a, to->fields_n, false);
    for (uint32_t i = 0; i < to->fields_n; i++) {
        const wr_field *f = &to->fields[i];
        int k = wr_type_field(from, f->name);
        if (k < 0)
            n->items[i] = WR_VALUE_NULL;
        else if (!cast_any(c, from->fields[k].type, &in->items[k], f->type, &n->items[i]))
            return false;
    }
    *out = wr_value_nest(n);
    return true;
}

static wr_value to_text(wr_arena *a, const wr_type *from, const wr_value *v)
{
    wr_buf buf = {0};
    if (from->id == WR_T_TIME)
        wr_text_put_time(&buf, v->u.i32, true); /* CAST drops the milliseconds */
    else
        wr_value_print(&buf, from, v);
    wr_str s = wr_arena_str(a, wr_buf_view(&buf));
    wr_buf_free(&buf);
    return wr_value_str(s);
}

static int64_t floor_div(int64_t v, int64_t by)
{
    return v / by - (v % by < 0);
}

static bool cast_any(caster *c, const wr_type *from, const wr_value *v, const wr_type *to,
                     wr_value *out)
{
    if (v->null || from->id == WR_T_NULL) {
        *out = WR_VALUE_NULL;
        return true;
    }
    if (wr_type_equal(from, to)) {
        *out = *v;
        return true;
    }
    if (to->id == WR_T_STRING) {
        *out = to_text(c->a, from, v);
        return true;
    }
    switch (from->id) {
    case WR_T_STRING:
        return cast_string(c, v->u.str, to, out);
    case WR_T_INTEGER:
    case WR_T_BIGINT:
        return cast_integer(c, from->id == WR_T_INTEGER ? v->u.i32 : v->u.i64, to, out);
    case WR_T_DOUBLE:
        return cast_double(c, v->u.f64, to, out);
    case WR_T_DECIMAL:
        return cast_decimal(c, from, v, to, out);
    case WR_T_TIMESTAMP: {
        int64_t days = floor_div(v->u.i64, DAY_MS);
        *out = wr_value_i32((int32_t)(to->id == WR_T_DATE ? days : v->u.i64 - days * DAY_MS));
        return true;
    }
    case WR_T_DATE:
        *out = wr_value_i64((int64_t)v->u.i32 * DAY_MS);
        return true;
    case WR_T_ARRAY:
    case WR_T_MAP:
        return cast_nest(c, from, v->u.nest, to, out);
    case WR_T_STRUCT:
        return cast_struct(c, from, v->u.nest, to, out);
    default:
        return refuse(c, "Not possible" WR_STR_FMT, WR_STR(""));
    }
}

bool wr_cast_value(const wr_type *from, const wr_value *v, const wr_type *to, wr_arena *a,
                   wr_value *out, char *errbuf, size_t errbuf_n)
{
    if (!wr__cast_supported(from, to)) {
        snprintf(errbuf, errbuf_n, "Cast of %s to %s is not supported", wr_type_text(a, from),
                 wr_type_text(a, to));
        return false;
    }
    caster c = {a, errbuf, errbuf_n};
    return cast_any(&c, from, v, to, out);
}
