/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_encode.c - the record encoder of the JSON format.
 *
 * What is the same for every record is folded when the encoder is made: each column or STRUCT field
 * carries the text before its value (`{"ID":`, `,"NAME":`). Strings that need no escapes are copied
 * as they are.
 *
 * Numbers have Java's form: DOUBLE as Double.toString, NaN and the infinities as quoted words,
 * DECIMAL plain with all digits of its scale. NULL columns are written as null; an unwrapped column
 * that is NULL makes the record NULL. A NULL key of a MAP is written as "null", as ksqlDB does.
 */
#include "formats/format_internal.h"

#include "types/decimal.h"
#include "types/text.h"

#include <math.h>

typedef struct node {
    const wr_type *type;
    wr_str prefix;             /* text before the value, in its object */
    const struct node *elem;   /* ARRAY, MAP */
    const struct node *fields; /* STRUCT */
} node;

typedef struct json_encoder {
    wr_encoder base;
    node *columns; /* base.n */
} json_encoder;

/* ---- construction ---- */

static void node_init(node *n, const wr_type *type, wr_arena *a);

/* The text before member @p i: `{"NAME":` or `,"NAME":`. */
static wr_str member_prefix(wr_arena *a, uint32_t i, const char *name)
{
    wr_buf text = {0};
    wr_buf_putc(&text, i ? ',' : '{');
    wr_text_put_json_string(&text, wr_str_c(name));
    wr_buf_putc(&text, ':');
    wr_str prefix = wr_arena_str(a, wr_buf_view(&text));
    wr_buf_free(&text);
    return prefix;
}

static void node_init(node *n, const wr_type *type, wr_arena *a)
{
    n->type = type;
    if (type->id == WR_T_ARRAY || type->id == WR_T_MAP) {
        node *elem = WR_NEW(a, node);
        node_init(elem, type->elem, a);
        n->elem = elem;
    } else if (type->id == WR_T_STRUCT) {
        node *fields = WR_NEW_N(a, node, type->fields_n);
        for (uint32_t i = 0; i < type->fields_n; i++) {
            node_init(&fields[i], type->fields[i].type, a);
            fields[i].prefix = member_prefix(a, i, type->fields[i].name);
        }
        n->fields = fields;
    }
}

weir_status wr__json_encoder_new(const wr_encoder *common, wr_arena *arena, wr_encoder **out,
                                 weir_error *err)
{
    WR_TRY(wr__json_check(common->cols, common->n, &common->options, err));
    json_encoder *e = WR_NEW(arena, json_encoder);
    e->base = *common;
    e->columns = WR_NEW_N(arena, node, common->n);
    for (uint32_t i = 0; i < common->n; i++) {
        node_init(&e->columns[i], common->cols[i].type, arena);
        if (!common->options.unwrapped)
            e->columns[i].prefix = member_prefix(arena, i, common->cols[i].name);
    }
    *out = &e->base;
    return WEIR_OK;
}

/* ---- values ---- */

/* May the string be copied as it is? 0xED starts the 3-byte form of half pairs (among others). */
static bool is_plain(wr_str s)
{
    const uint64_t ones = 0x0101010101010101u, highs = 0x8080808080808080u;
    uint32_t i = 0;
    for (; i + 8 <= s.len; i += 8) {
        uint64_t w;
        memcpy(&w, s.ptr + i, 8);
        uint64_t quote = w ^ (ones * '"'), slash = w ^ (ones * '\\'), ed = w ^ (ones * 0xED);
        uint64_t stops = ((quote - ones) & ~quote) | ((slash - ones) & ~slash) |
                         ((ed - ones) & ~ed) | ((w - ones * 0x20) & ~w);
        if (stops & highs)
            return false;
    }
    for (; i < s.len; i++) {
        uint8_t c = (uint8_t)s.ptr[i];
        if (c < 0x20 || c == '"' || c == '\\' || c == 0xED)
            return false;
    }
    return true;
}

static void put_string(wr_buf *buf, wr_str s)
{
    if (WR_UNLIKELY(!is_plain(s))) {
        wr_text_put_json_string(buf, s);
        return;
    }
    char *to = wr_buf_reserve(buf, (size_t)s.len + 2);
    *to++ = '"';
    if (s.len)
        memcpy(to, s.ptr, s.len);
    to[s.len] = '"';
    buf->len += (size_t)s.len + 2;
}

static void put_double(wr_buf *buf, double v)
{
    if (WR_LIKELY(isfinite(v)))
        wr_text_put_double(buf, v);
    else
        wr_buf_puts(buf, isnan(v) ? "\"NaN\"" : v > 0 ? "\"Infinity\"" : "\"-Infinity\"");
}

static void put_value(wr_buf *buf, const node *n, const wr_value *v);

static void put_array(wr_buf *buf, const node *n, const wr_nest *nest)
{
    wr_buf_putc(buf, '[');
    for (uint32_t i = 0; i < nest->n; i++) {
        if (i)
            wr_buf_putc(buf, ',');
        put_value(buf, n->elem, &nest->items[i]);
    }
    wr_buf_putc(buf, ']');
}

static void put_map(wr_buf *buf, const node *n, const wr_nest *nest)
{
    wr_buf_putc(buf, '{');
    for (uint32_t i = 0; i < nest->n; i++) {
        if (i)
            wr_buf_putc(buf, ',');
        put_string(buf, nest->keys[i].null ? WR_STR("null") : nest->keys[i].u.str);
        wr_buf_putc(buf, ':');
        put_value(buf, n->elem, &nest->items[i]);
    }
    wr_buf_putc(buf, '}');
}

static void put_struct(wr_buf *buf, const node *n, const wr_nest *nest)
{
    if (n->type->fields_n == 0)
        wr_buf_putc(buf, '{');
    for (uint32_t i = 0; i < n->type->fields_n; i++) {
        wr_buf_str(buf, n->fields[i].prefix);
        put_value(buf, &n->fields[i], &nest->items[i]);
    }
    wr_buf_putc(buf, '}');
}

static void put_value(wr_buf *buf, const node *n, const wr_value *v)
{
    if (v->null) {
        wr_buf_put(buf, "null", 4);
        return;
    }
    switch (n->type->id) {
    case WR_T_STRING:
        put_string(buf, v->u.str);
        break;
    case WR_T_DOUBLE:
        put_double(buf, v->u.f64);
        break;
    case WR_T_BYTES:
        wr_buf_putc(buf, '"');
        wr_text_put_base64(buf, v->u.str);
        wr_buf_putc(buf, '"');
        break;
    case WR_T_ARRAY:
        put_array(buf, n, v->u.nest);
        break;
    case WR_T_MAP:
        put_map(buf, n, v->u.nest);
        break;
    case WR_T_STRUCT:
        put_struct(buf, n, v->u.nest);
        break;
    default:
        wr__put_scalar(buf, n->type, v);
        break;
    }
}

/* ---- rows ---- */

static void put_column(wr_buf *buf, const node *n, const wr_vec *v, uint32_t row)
{
    wr_buf_str(buf, n->prefix);
    uint32_t i = row & v->mask;
    bool null = v->null[i];
    /* The most frequent types without boxing. */
    if (!null && n->type->id == WR_T_STRING) {
        put_string(buf, v->u.str[i]);
        return;
    }
    if (!null && n->type->id == WR_T_BIGINT) {
        wr_text_put_i64(buf, v->u.i64[i]);
        return;
    }
    wr_value value = wr_vec_get(v, row);
    put_value(buf, n, &value);
}

static wr_encoded encode_row(wr_encoder *base, const wr_vec *cols, uint32_t row, wr_buf *buf,
                             wr_row_errors *errs)
{
    (void)errs;
    const json_encoder *e = (const json_encoder *)base;
    bool bare = base->options.unwrapped;
    if (bare && (!base->n || wr_vec_is_null(&cols[0], row)))
        return WR_ENCODED_NULL;
    if (!base->n)
        wr_buf_putc(buf, '{');
    for (uint32_t i = 0; i < base->n; i++)
        put_column(buf, &e->columns[i], &cols[i], row);
    if (!bare)
        wr_buf_putc(buf, '}');
    return WR_ENCODED;
}

void wr__json_encode(wr_encoder *e, const wr_vec *cols, wr_sel sel, wr_buf *buf, wr_str *payloads,
                     uint8_t *ok, wr_row_errors *errs)
{
    wr__encode_rows(encode_row, e, cols, sel, buf, payloads, ok, errs);
}
