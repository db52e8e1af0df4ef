/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_decode.c - the record decoder of the JSON format.
 *
 * Two phases, as wr_decoder_scan and wr_decoder_convert have them:
 *   1. scan: every record is walked once from its first byte to the end of its value; what follows
 *      that is not looked at (Jackson does not either). The walk checks its structure and UTF-8 and
 * leaves one token (kind and slice) per column read; nothing is converted. What a record repeats or
 * what no column reads costs only the walk.
 *   2. convert: column by column, the tokens become the vector's values, in one loop per type.
 * So a row's first error is that of its text, then that of its first bad column, as in ksqlDB,
 * which parses before it converts; and the last one of repeated names is the only one converted.
 *
 * The columns read are the wanted ones, or with options.strict all of them: an unwanted column is
 * converted, too, but into nothing. Learning the order of keys: json_shape.h.
 *
 * Vectors read a little after a record's end. That is safe while the end is not within
 * WR_JSON_SLACK bytes of a page's; then, and under sanitizers, the record is copied first, and its
 * strings are slices of the copy.
 */
#include "formats/format_internal.h"

#include "common/utf8.h"
#include "formats/ascii.h"
#include "formats/json_convert.h"
#include "formats/json_record.h"

#define PAGE 4096u /* no processor that Weir runs on has smaller ones */

typedef struct json_decoder {
    wr_decoder base;
    bool bare;          /* the record is the one column's value, not an object */
    uint32_t n;         /* columns read */
    uint32_t *places;   /* base.n: the column's place among those read, or UINT32_MAX */
    wr_jtype *types;    /* n */
    wr_jshape *shape;   /* n names; NULL where bare */
    const char *object; /* the record's type in error texts: "STRUCT<...>" */
    wr_jconv conv;
    /* Of the last scan: rows_n tokens for each column read, column by column. */
    wr_jtoken *tokens;
    size_t rows_n;
    bool ascii; /* all records are */
} json_decoder;

/* ---- construction ---- */

static const char *object_text(wr_arena *arena, const wr_decoder *d)
{
    wr_field *fields = WR_NEW_N(arena, wr_field, d->n);
    for (uint32_t i = 0; i < d->n; i++)
        fields[i] = (wr_field){d->cols[i].name, d->cols[i].type};
    return wr_type_text(arena, wr_type_struct(arena, fields, d->n));
}

weir_status wr__json_decoder_new(const wr_decoder *common, wr_arena *arena, wr_decoder **out,
                                 weir_error *err)
{
    (void)err;
    WR_ASSERT(!common->options.unwrapped || common->n <= 1);
    json_decoder *d = WR_NEW(arena, json_decoder);
    d->base = *common;
    d->bare = common->options.unwrapped;
    d->places = WR_NEW_N(arena, uint32_t, common->n);
    d->types = WR_NEW_N(arena, wr_jtype, common->n);
    wr_str *names = WR_NEW_N(arena, wr_str, common->n);
    for (uint32_t c = 0; c < common->n; c++) {
        d->places[c] = UINT32_MAX;
        if (!common->wanted[c] && !common->options.strict)
            continue;
        d->places[c] = d->n;
        names[d->n] = wr_str_c(common->cols[c].name);
        wr__json_type_init(&d->types[d->n++], common->cols[c].type, arena);
    }
    if (!d->bare)
        d->shape = wr__json_shape_new(arena, names, d->n);
    d->object = object_text(arena, common);
    *out = &d->base;
    return WEIR_OK;
}

/* ---- 1. scan ---- */

uint8_t wr__json_report_fault(wr_row_errors *errs, uint32_t row, const wr_jscan *s, bool valid)
{
    WR_ASSERT(s->fault || !valid);
    long long at = valid ? (long long)(s->p - s->begin) : 0;
    wr_row_error(errs, row, "Invalid JSON at byte %lld: %s", at,
                 valid ? s->fault : "the record is not UTF-8");
    return 0;
}

static uint8_t report_type(wr_row_errors *errs, uint32_t row, const wr_jtoken *t,
                           const char *required)
{
    wr_row_error(errs, row, "Can't convert type. sourceType: %s, requiredType: %s, path: $",
                 wr__json_node_name(t), required);
    return 0;
}

static wr_jtoken *row_tokens(const json_decoder *d, uint32_t row)
{
    return d->tokens + row; /* the first; the others are rows_n apart */
}

bool wr__json_end_record(wr_jscan *s, wr_jkind kind, bool valid, wr_decoder_counts *counts)
{
    const char *after = s->p;
    if (!wr__json_end_first(s, kind))
        return false;
    if (WR_UNLIKELY(!valid && !wr_utf8_valid(wr_str_make(s->begin, (size_t)(after - s->begin)))))
        return false;
    counts->with_rest += s->p != s->end;
    return true;
}

/* A record that is one value. An empty text is what Jackson calls a missing node: a STRING takes it
 * as "", nothing else does. */
static uint8_t scan_bare(json_decoder *d, uint32_t row, const wr_jtoken *t, wr_row_errors *errs)
{
    if (t->kind == WR_J_NULL)
        d->base.counts.nulls++;
    uint8_t state = t->kind == WR_J_NULL ? WR_DECODED_NULL : WR_DECODED;
    if (d->n == 0)
        return state;
    wr_jtoken *token = row_tokens(d, row);
    *token = *t;
    if (t->kind == WR_J_MISSING) {
        if (d->types[0].type->id != WR_T_STRING)
            return report_type(errs, row, t, d->types[0].text);
        *token = (wr_jtoken){.ptr = "", .kind = WR_J_STRING};
    }
    return state;
}

/* A record that is not an object: `null`, or of the wrong type. */
static uint8_t scan_other(json_decoder *d, uint32_t row, const wr_jtoken *t, wr_row_errors *errs)
{
    if (t->kind != WR_J_NULL)
        return report_type(errs, row, t, d->object);
    wr_jtoken *tokens = row_tokens(d, row);
    for (uint32_t k = 0; k < d->n; k++)
        tokens[k * d->rows_n] = (wr_jtoken){0};
    d->base.counts.nulls++;
    return WR_DECODED_NULL;
}

wr_str wr__json_with_slack(wr_str text, wr_arena *scratch)
{
#ifndef WR_SANITIZED
    /* The last byte is readable, so all of its page is. */
    uintptr_t last = (uintptr_t)text.ptr + text.len - 1;
    if (WR_LIKELY(text.len && (last & (PAGE - 1)) < PAGE - WR_JSON_SLACK))
        return text;
#endif
    char *copy = wr_arena_alloc(scratch, (size_t)text.len + WR_JSON_SLACK);
    if (text.len)
        memcpy(copy, text.ptr, text.len);
    memset(copy + text.len, 0, WR_JSON_SLACK);
    return wr_str_make(copy, text.len);
}

/* Fill the row's tokens. @return its state; 0: reported. */
static uint8_t scan_row(json_decoder *d, uint32_t row, wr_row_errors *errs)
{
    wr_str text = wr__json_with_slack(d->base.payloads[row], d->base.scratch);
    wr_jscan s;
    wr__json_scan_init(&s, text, false);
    s.slack = true;
    bool valid = true;
    if (WR_UNLIKELY(!wr__is_ascii(text))) {
        d->ascii = false;
        valid = wr_utf8_valid(text);
    }
    wr__json_blanks(&s);
    if (WR_LIKELY(!d->bare && s.p < s.end && *s.p == '{')) {
        if (wr__json_shape_scan(d->shape, &s, row_tokens(d, row), d->rows_n) &&
            wr__json_end_record(&s, WR_J_OBJECT, valid, &d->base.counts))
            return WR_DECODED;
        return wr__json_report_fault(errs, row, &s, valid);
    }
    wr_jtoken t = {0};
    if (s.p < s.end && (!wr__json_token(&s, &t) ||
                        !wr__json_end_record(&s, (wr_jkind)t.kind, valid, &d->base.counts)))
        return wr__json_report_fault(errs, row, &s, valid);
    return d->bare ? scan_bare(d, row, &t, errs) : scan_other(d, row, &t, errs);
}

weir_status wr__json_scan(wr_decoder *base, wr_sel sel, uint8_t *ok, wr_row_errors *errs,
                          weir_error *err)
{
    (void)err; /* a text needs nothing but itself */
    json_decoder *d = (json_decoder *)base;
    d->ascii = true;
    d->rows_n = sel.n ? wr_sel_row(sel, sel.n - 1) + 1 : 0;
    d->tokens = wr_arena_alloc(base->scratch, d->rows_n * d->n * sizeof *d->tokens + 1);
    if (d->bare && base->n == 0) { /* no key columns: the bytes are not looked at */
        WR_FOREACH_SEL (i, sel)
            ok[i] = WR_DECODED;
        return WEIR_OK;
    }
    WR_FOREACH_SEL (i, sel)
        ok[i] = scan_row(d, i, errs);
    return WEIR_OK;
}

/* ---- 2. convert ---- */

/* Where the values of one column go. */
typedef struct column {
    json_decoder *d;
    uint32_t index; /* of the column */
    const wr_jtype *type;
    wr_vec *out; /* NULL: nowhere */
    uint8_t *ok;
    wr_row_errors *errs;
} column;

static void fail_row(column *c, uint32_t row)
{
    wr_jconv *conv = &c->d->conv;
    if (!c->d->bare)
        wr__json_conv_path(conv, c->d->base.cols[c->index].name);
    wr_row_error(c->errs, row, "%s, path: $%s", wr_buf_cstr(&conv->message),
                 wr__json_conv_where(conv));
    c->ok[row] = 0;
    if (c->out)
        wr__vec_put_null(c->out, row);
}

/* A value of any type, boxed: nested ones, rare types, NULLs and all failures. */
static void convert_boxed(column *c, uint32_t row, const wr_jtoken *tok)
{
    wr_value value;
    if (!wr__json_convert(&c->d->conv, c->type, tok, &value))
        fail_row(c, row);
    else if (c->out && value.null)
        wr__vec_put_null(c->out, row);
    else if (c->out)
        wr_vec_set(c->out, row, &value);
}

static void convert_strings(column *c, wr_sel sel, const wr_jtoken *tokens)
{
    wr_str *out = c->out->u.str;
    bool ascii = c->d->ascii;
    WR_FOREACH_SEL (i, sel) {
        const wr_jtoken *tok = &tokens[i];
        if (WR_LIKELY(tok->kind == WR_J_STRING && !(tok->flags & WR_J_ESCAPED))) {
            out[i] = wr_str_make(tok->ptr, tok->len);
        } else if (tok->kind > WR_J_NULL) {
            out[i] = wr__json_to_string(&c->d->conv, tok);
            ascii = ascii && wr_utf8_ascii(out[i]);
        } else {
            wr__vec_put_null(c->out, i);
        }
    }
    if (c->d->ascii) {
        c->out->ascii = ascii;
        return;
    }
    /* Some records are not ASCII; this column may still be. */
    ascii = true;
    WR_FOREACH_SEL (i, sel)
        ascii = ascii && wr__is_ascii(out[i]);
    c->out->ascii = ascii;
}

#define CONVERT_LOOP(field, convert)                                                               \
    WR_FOREACH_SEL (i, sel)                                                                        \
        if (WR_UNLIKELY(tokens[i].kind <= WR_J_NULL ||                                             \
                        !convert(conv, &tokens[i], &c.out->u.field[i])))                           \
    convert_boxed(&c, i, &tokens[i])

void wr__json_convert_column(wr_decoder *base, uint32_t index, wr_sel sel, wr_vec *out, uint8_t *ok,
                             wr_row_errors *errs)
{
    json_decoder *d = (json_decoder *)base;
    uint32_t k = d->places[index];
    WR_ASSERT(k != UINT32_MAX);
    column c = {d, index, &d->types[k], out, ok, errs};
    const wr_jtoken *tokens = d->tokens + k * d->rows_n;
    wr_jconv *conv = &d->conv;
    wr__json_conv_init(conv, base->scratch);
    if (out)
        out->no_nulls = true; /* until there is one */
    switch (out ? out->type->id : WR_T_NULL) {
    case WR_T_STRING:
        convert_strings(&c, sel, tokens);
        break;
    case WR_T_BIGINT:
    case WR_T_TIMESTAMP:
        CONVERT_LOOP(i64, wr__json_to_i64);
        break;
    case WR_T_INTEGER:
        CONVERT_LOOP(i32, wr__json_to_i32);
        break;
    case WR_T_DOUBLE:
        CONVERT_LOOP(f64, wr__json_to_double);
        break;
    default:
        WR_FOREACH_SEL (i, sel)
            convert_boxed(&c, i, &tokens[i]);
        break;
    }
    wr__json_conv_fini(conv);
}
