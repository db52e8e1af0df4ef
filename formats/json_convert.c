/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_convert.c - tokens to SQL values, as ksqlDB's JSON deserializer does it.
 *
 * Numbers follow Java: a JSON number becomes an int, long or BigInteger, or, with a fraction or
 * exponent, a BigDecimal; taking it as INTEGER or BIGINT cuts the fraction off and wraps. Numeric
 * strings are parsed as Integer.parseInt, Long.parseLong and Double.parseDouble do, so they do not
 * wrap. DECIMAL is exact or an error.
 *
 * Containers are scanned a second time here (the first scan only checked and skipped them), so the
 * scanner cannot fail any more. Errors: the leaf writes the message, each level on the way out puts
 * its part before the path.
 */
#include "formats/json_convert.h"

#include "formats/format_internal.h"
#include "formats/json_text.h"
#include "types/decimal.h"
#include "types/text.h"

#include <math.h>

#include <stdio.h>

void wr__json_conv_init(wr_jconv *c, wr_arena *scratch)
{
    *c = (wr_jconv){.scratch = scratch, .path_at = sizeof c->path - 1};
    c->path[c->path_at] = 0;
}

void wr__json_conv_fini(wr_jconv *c)
{
    wr_buf_free(&c->message);
}

/* ---- errors ---- */

void wr__json_conv_prepend(wr_jconv *c, wr_str part)
{
    const char *text = part.ptr;
    size_t len = part.len;
    if (len > c->path_at) { /* an absurdly long path: its innermost part is kept */
        text += len - c->path_at;
        len = c->path_at;
    }
    c->path_at -= (uint32_t)len;
    memcpy(c->path + c->path_at, text, len);
}

void wr__json_conv_path(wr_jconv *c, const char *name)
{
    wr__json_conv_prepend(c, wr_str_c(name));
    wr__json_conv_prepend(c, WR_STR("."));
}

void wr__json_conv_start_failure(wr_jconv *c)
{
    wr_buf_clear(&c->message);
    c->path_at = sizeof c->path - 1;
}

const char *wr__json_node_name(const wr_jtoken *tok)
{
    int64_t v;
    switch (tok->kind) {
    case WR_J_MISSING:
        return "MissingNode";
    case WR_J_NULL:
        return "NullNode";
    case WR_J_FALSE:
    case WR_J_TRUE:
        return "BooleanNode";
    case WR_J_INT:
        if (!wr_str_to_i64(wr_str_make(tok->ptr, tok->len), &v))
            return "BigIntegerNode";
        return v < INT32_MIN || v > INT32_MAX ? "LongNode" : "IntNode";
    case WR_J_REAL:
        return "DecimalNode";
    case WR_J_WORD:
        return "DoubleNode";
    case WR_J_STRING:
        return "TextNode";
    case WR_J_ARRAY:
        return "ArrayNode";
    default:
        return "ObjectNode";
    }
}

static bool fail_type(wr_jconv *c, const wr_jtype *t, const wr_jtoken *tok)
{
    wr__json_conv_start_failure(c);
    wr_buf_printf(&c->message, "Can't convert type. sourceType: %s, requiredType: %s",
                  wr__json_node_name(tok), t->text);
    return false;
}

/* ---- numbers ---- */

double wr__json_word_value(const wr_jtoken *tok)
{
    WR_ASSERT(tok->kind == WR_J_WORD && tok->len >= 3);
    return *tok->ptr == 'N' ? NAN : *tok->ptr == '-' ? -INFINITY : INFINITY;
}

/*
 * The integer part of a number's text, modulo 2^64 and with its sign: BigDecimal.longValue. Digits
 * after the point count as far as the exponent moves them before it.
 */
static int64_t wrap_number(wr_str s)
{
    uint32_t i = s.len && s.ptr[0] == '-';
    uint32_t e = i;
    while (e < s.len && s.ptr[e] != 'e' && s.ptr[e] != 'E')
        e++;
    const char *point = memchr(s.ptr + i, '.', e - i);
    int64_t before = point ? point - (s.ptr + i) : (int64_t)(e - i); /* digits before the point */
    int64_t exponent = 0;
    if (e < s.len) {
        bool read = wr_str_to_i64(wr_str_make(s.ptr + e + 1, s.len - e - 1), &exponent);
        WR_ASSERT(read); /* the scanner allows nine digits */
    }
    int64_t wanted = before + exponent;
    uint64_t v = 0;
    for (uint32_t k = i; k < e && wanted > 0; k++) {
        if (s.ptr[k] == '.')
            continue;
        v = v * 10 + (uint64_t)(s.ptr[k] - '0');
        wanted--;
    }
    for (; wanted > 0 && v; wanted--)
        v *= 10; /* becomes 0 after at most 64 steps, as 10^64 is a multiple of 2^64 */
    return (int64_t)(s.ptr[0] == '-' ? 0 - v : v);
}

static wr_str token_text(const wr_jtoken *tok)
{
    return wr_str_make(tok->ptr, tok->len);
}

bool wr__json_to_i64(wr_jconv *c, const wr_jtoken *tok, int64_t *out)
{
    switch (tok->kind) {
    case WR_J_INT:
        if (WR_UNLIKELY(!wr_str_to_i64(token_text(tok), out)))
            *out = wrap_number(token_text(tok));
        return true;
    case WR_J_REAL:
        *out = wrap_number(token_text(tok));
        return true;
    case WR_J_STRING:
        return wr_str_to_i64(wr__json_text(tok, c->scratch), out);
    default:
        return false;
    }
}

bool wr__json_to_i32(wr_jconv *c, const wr_jtoken *tok, int32_t *out)
{
    if (tok->kind == WR_J_STRING)
        return wr__text_to_i32(wr__json_text(tok, c->scratch), out);
    int64_t v;
    if (!wr__json_to_i64(c, tok, &v))
        return false;
    *out = (int32_t)(uint32_t)(uint64_t)v;
    return true;
}

bool wr__json_to_double(wr_jconv *c, const wr_jtoken *tok, double *out)
{
    switch (tok->kind) {
    case WR_J_INT:
    case WR_J_REAL: {
        bool read = wr_text_to_double(token_text(tok), out);
        WR_ASSERT(read);
        if (*out == 0) /* Java's int, long and BigDecimal know no negative zero */
            *out = 0;
        return true;
    }
    case WR_J_STRING:
        return wr__text_to_double(wr__json_text(tok, c->scratch), out);
    default:
        return false;
    }
}

static bool to_i32(wr_jconv *c, const wr_jtype *t, const wr_jtoken *tok, wr_value *out)
{
    return wr__json_to_i32(c, tok, &out->u.i32) || fail_type(c, t, tok);
}

/* The range is that of the number as a BIGINT: cut to 32 bits first, 2^32 would be midnight. */
static bool to_time(wr_jconv *c, const wr_jtype *t, const wr_jtoken *tok, wr_value *out)
{
    int64_t ms;
    if (!wr__json_to_i64(c, tok, &ms))
        return fail_type(c, t, tok);
    if (!wr__time_in_range(ms)) {
        wr__json_conv_start_failure(c);
        wr_buf_puts(&c->message, WR_TIME_RANGE_TEXT);
        return false;
    }
    out->u.i32 = (int32_t)ms;
    return true;
}

static bool to_decimal(wr_jconv *c, const wr_jtype *t, const wr_jtoken *tok, wr_value *out)
{
    if (tok->kind != WR_J_INT && tok->kind != WR_J_REAL && tok->kind != WR_J_STRING)
        return fail_type(c, t, tok);
    wr_str text = wr__json_text(tok, c->scratch);
    switch (wr_dec_from_text(text, t->type, true, c->scratch, out)) {
    case WR_DEC_OK:
        return true;
    case WR_DEC_BAD_TEXT:
        return fail_type(c, t, tok);
    default:
        wr__json_conv_start_failure(c);
        wr__decimal_fault(&c->message, t->type, text);
        return false;
    }
}

/* ---- text ---- */

wr_str wr__json_to_string(wr_jconv *c, const wr_jtoken *tok)
{
    switch (tok->kind) {
    case WR_J_MISSING:
        return (wr_str){"", 0};
    case WR_J_STRING:
        return wr__json_text(tok, c->scratch);
    case WR_J_NULL:
    case WR_J_FALSE:
    case WR_J_TRUE:
        return token_text(tok);
    case WR_J_INT:
        if (tok->len == 2 && memcmp(tok->ptr, "-0", 2) == 0)
            return wr_str_make(tok->ptr + 1, 1);
        return token_text(tok);
    default: {
        wr_buf text = {0};
        wr__json_put_text(&text, tok, c->scratch);
        wr_str s = wr_arena_str(c->scratch, wr_buf_view(&text));
        wr_buf_free(&text);
        return s;
    }
    }
}

/* Jackson's MIME variant: padding is required, and blanks may come before each group of four. */
static bool from_padded_base64(wr_buf *out, wr_str s)
{
    size_t start = out->len;
    uint32_t i = 0;
    for (;;) {
        while (i < s.len && (uint8_t)s.ptr[i] <= ' ')
            i++;
        if (i == s.len)
            return true;
        /* Four characters, so that whatever padding there is makes the group whole. */
        if (s.len - i < 4 || !wr_text_from_base64(out, wr_str_make(s.ptr + i, 4))) {
            out->len = start;
            return false;
        }
        i += 4;
    }
}

bool wr__json_base64(wr_jconv *c, const wr_jtoken *tok, wr_str *out)
{
    wr_buf bytes = {0};
    bool good =
        tok->kind == WR_J_STRING && from_padded_base64(&bytes, wr__json_text(tok, c->scratch));
    if (good)
        *out = wr_arena_str(c->scratch, wr_buf_view(&bytes));
    wr_buf_free(&bytes);
    return good;
}

/* ---- containers ---- */

/* A cursor over a token's text. */
static wr_jscan rescan(const wr_jtoken *tok)
{
    /* What the first walk has taken is taken again. */
    return (wr_jscan){.p = tok->ptr, .begin = tok->ptr, .end = tok->ptr + tok->len, .words = true};
}

void wr__json_elements(wr_jconv *c, const wr_jtoken *tok, wr_jtoken_list *keys,
                       wr_jtoken_list *items)
{
    wr_jscan s = rescan(tok);
    bool object = tok->kind == WR_J_OBJECT, good = wr__json_enter(&s);
    for (bool first = true; good && wr__json_next(&s, object ? '}' : ']', first); first = false) {
        wr_jtoken t;
        if (object) {
            good = wr__json_string(&s, &t) && wr__json_colon(&s);
            wr_arr_push(c->scratch, keys, t);
        }
        good = good && wr__json_token(&s, &t);
        wr_arr_push(c->scratch, items, t);
    }
    WR_ASSERT(good && !s.fault);
}

bool wr__json_items(wr_jconv *c, const wr_jtype *t, const wr_jtoken *tok,
                    wr_json_convert_fn element, wr_value *out)
{
    wr_jtoken_list items = {0};
    WR_ASSERT(tok->kind == WR_J_ARRAY);
    wr__json_elements(c, tok, NULL, &items);
    wr_nest *nest = wr_nest_new(c->scratch, (uint32_t)items.n, false);
    for (uint32_t i = 0; i < nest->n; i++) {
        if (element(c, t->elem, &items.v[i], &nest->items[i]))
            continue;
        char part[16];
        int len = snprintf(part, sizeof part, "[%u]", i);
        wr__json_conv_prepend(c, wr_str_make(part, (size_t)len));
        return false;
    }
    *out = wr_value_nest(nest);
    return true;
}

static bool to_array(wr_jconv *c, const wr_jtype *t, const wr_jtoken *tok, wr_value *out)
{
    return tok->kind == WR_J_ARRAY ? wr__json_items(c, t, tok, wr__json_convert, out)
                                   : fail_type(c, t, tok);
}

static bool to_map(wr_jconv *c, const wr_jtype *t, const wr_jtoken *tok, wr_value *out)
{
    if (tok->kind != WR_J_OBJECT)
        return fail_type(c, t, tok);
    wr_jtoken_list keys = {0}, items = {0};
    wr__json_elements(c, tok, &keys, &items);
    uint32_t n = (uint32_t)items.n;
    wr_str *names = wr_arena_alloc(c->scratch, n * sizeof *names + 1);
    uint32_t *last = wr_arena_alloc(c->scratch, n * sizeof *last + 1);
    for (uint32_t i = 0; i < n; i++)
        names[i] = wr__json_text(&keys.v[i], c->scratch);
    wr_nest *nest =
        wr_nest_new(c->scratch, wr__json_drop_doubles(c->scratch, names, n, last), true);
    uint32_t at = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (last[i] == UINT32_MAX)
            continue;
        nest->keys[at] = wr_value_str(names[i]);
        if (!wr__json_convert(c, t->elem, &items.v[last[i]], &nest->items[at])) {
            wr__json_conv_prepend(c, WR_STR(".value"));
            wr__json_conv_prepend(c, names[i]);
            wr__json_conv_prepend(c, WR_STR("."));
            return false;
        }
        at++;
    }
    *out = wr_value_nest(nest);
    return true;
}

bool wr__json_fields(wr_jconv *c, const wr_jtype *t, const wr_jtoken *tok, wr_json_convert_fn field,
                     wr_value *out)
{
    uint32_t n = t->type->fields_n;
    wr_jtoken *tokens = wr_arena_alloc(c->scratch, n * sizeof *tokens + 1);
    wr_jscan s = rescan(tok);
    WR_ASSERT(tok->kind == WR_J_OBJECT);
    bool good = wr__json_shape_scan(t->shape, &s, tokens, 1);
    WR_ASSERT(good); /* the first walk has found no fault */
    wr_nest *nest = wr_nest_new(c->scratch, n, false);
    for (uint32_t i = 0; i < n; i++) {
        if (field(c, &t->fields[i], &tokens[i], &nest->items[i]))
            continue;
        wr__json_conv_path(c, t->type->fields[i].name);
        return false;
    }
    *out = wr_value_nest(nest);
    return true;
}

static bool to_struct(wr_jconv *c, const wr_jtype *t, const wr_jtoken *tok, wr_value *out)
{
    return tok->kind == WR_J_OBJECT ? wr__json_fields(c, t, tok, wr__json_convert, out)
                                    : fail_type(c, t, tok);
}

bool wr__json_convert(wr_jconv *c, const wr_jtype *t, const wr_jtoken *tok, wr_value *out)
{
    *out = (wr_value){0};
    if (tok->kind <= WR_J_NULL) {
        out->null = true;
        return true;
    }
    switch (t->type->id) {
    case WR_T_BOOLEAN:
        out->u.b = tok->kind == WR_J_TRUE;
        return tok->kind == WR_J_TRUE || tok->kind == WR_J_FALSE || fail_type(c, t, tok);
    case WR_T_INTEGER:
    case WR_T_DATE:
        return to_i32(c, t, tok, out);
    case WR_T_TIME:
        return to_time(c, t, tok, out);
    case WR_T_BIGINT:
    case WR_T_TIMESTAMP:
        return wr__json_to_i64(c, tok, &out->u.i64) || fail_type(c, t, tok);
    case WR_T_DOUBLE:
        return wr__json_to_double(c, tok, &out->u.f64) || fail_type(c, t, tok);
    case WR_T_DECIMAL:
        return to_decimal(c, t, tok, out);
    case WR_T_STRING:
        out->u.str = wr__json_to_string(c, tok);
        return true;
    case WR_T_BYTES:
        return wr__json_base64(c, tok, &out->u.str) || fail_type(c, t, tok);
    case WR_T_ARRAY:
        return to_array(c, t, tok, out);
    case WR_T_MAP:
        return to_map(c, t, tok, out);
    case WR_T_STRUCT:
        return to_struct(c, t, tok, out);
    default: /* the decoder's constructor keeps NULL and UNIT out */
        WR_UNREACHABLE();
    }
}
