/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_decode.c - the record decoder of the JSON format.
 *
 * Rows go through in blocks of at most 64. For each block:
 *   1. scan: every record is walked once from its first to its last byte. That checks its structure
 *      and UTF-8 and leaves one token (kind and slice) per column read; nothing is converted. What
 * a record repeats or what no column reads costs only the walk.
 *   2. convert: column by column, the tokens become the vector's values, in one loop per type.
 * So a row's first error is that of its text, then that of its first bad column, as in ksqlDB,
 * which parses before it converts; and the last one of repeated names is the only one converted.
 *
 * The columns read are the wanted ones, or with options.strict all of them: an unwanted column is
 * converted, too, but into nothing. Learning the order of keys: json_shape.h.
 *
 * Decoding the columns of a filter first and the others only for rows that pass is done with two
 * decoders with different `wanted`: both scan.
 */
#include "formats/format_internal.h"

#include "common/utf8.h"
#include "formats/json_convert.h"

#define BLOCK_ROWS_MAX   64u
#define BLOCK_TOKENS_MAX 8192u

typedef struct block_row {
    uint32_t row;  /* in the batch */
    uint8_t state; /* WR_DECODED, WR_DECODED_NULL; 0: failed, reported */
    bool ascii;    /* the record is */
} block_row;

typedef struct json_decoder {
    wr_decoder base;
    bool bare;          /* the record is the one column's value, not an object */
    uint32_t n;         /* columns read */
    uint32_t *columns;  /* n: their indexes */
    wr_jtype *types;    /* n */
    wr_jshape *shape;   /* n names; NULL where bare */
    const char *object; /* the record's type in error texts: "STRUCT<...>" */
    uint32_t block_rows;
    block_row *rows;   /* block_rows */
    wr_jtoken *tokens; /* block_rows x n, row by row */
} json_decoder;

/* What one call of wr_decoder_run works with. */
typedef struct run {
    json_decoder *d;
    const wr_str *payloads;
    wr_vec *out;
    wr_row_errors *errs;
    wr_jconv conv;
    uint32_t rows_n; /* of the block at hand */
} run;

/* ---- construction ---- */

weir_status wr__json_check(const wr_column *cols, uint32_t n, const wr_format_options *options,
                           weir_error *err)
{
    WR_TRY(wr_format_check(wr_format_get(WR_FORMAT_JSON), false, cols, n, err));
    for (uint32_t i = 0; i < n; i++)
        if (cols[i].type->id == WR_T_NULL || cols[i].type->id >= WR_T_UNIT)
            return wr_error(err, WEIR_ERR_STATEMENT,
                            "The 'JSON' format does not support the type of column `%s`",
                            cols[i].name);
    if (options->unwrapped && n > 1)
        return wr_error(err, WEIR_ERR_STATEMENT,
                        "'WRAP_SINGLE_VALUE' is only valid for single-field value schemas");
    return WEIR_OK;
}

static const char *object_text(wr_arena *arena, const wr_decoder *d)
{
    wr_field *fields = WR_NEW_N(arena, wr_field, d->n);
    for (uint32_t i = 0; i < d->n; i++)
        fields[i] = (wr_field){d->cols[i].name, d->cols[i].type};
    return wr_type_text(arena, wr_type_struct(arena, fields, d->n));
}

static weir_status decoder_new(const wr_decoder *common, wr_arena *arena, wr_decoder **out,
                               weir_error *err)
{
    WR_TRY(wr__json_check(common->cols, common->n, &common->options, err));
    json_decoder *d = WR_NEW(arena, json_decoder);
    d->base = *common;
    d->bare = common->options.unwrapped;
    d->columns = WR_NEW_N(arena, uint32_t, common->n);
    d->types = WR_NEW_N(arena, wr_jtype, common->n);
    wr_str *names = WR_NEW_N(arena, wr_str, common->n);
    for (uint32_t c = 0; c < common->n; c++) {
        if (!common->wanted[c] && !common->options.strict)
            continue;
        d->columns[d->n] = c;
        names[d->n] = wr_str_c(common->cols[c].name);
        wr__json_type_init(&d->types[d->n++], common->cols[c].type, arena);
    }
    if (!d->bare)
        d->shape = wr__json_shape_new(arena, names, d->n);
    d->object = object_text(arena, common);
    uint32_t fit = BLOCK_TOKENS_MAX / WR_MAX(d->n, 1u);
    d->block_rows = WR_MAX(1u, WR_MIN(BLOCK_ROWS_MAX, fit));
    d->rows = WR_NEW_N(arena, block_row, d->block_rows);
    d->tokens = WR_NEW_N(arena, wr_jtoken, (size_t)d->block_rows * d->n);
    *out = &d->base;
    return WEIR_OK;
}

/* ---- 1. scan ---- */

static bool report_fault(run *r, uint32_t row, const wr_jscan *s)
{
    wr_row_error(r->errs, row, "Invalid JSON at byte %lld: %s", (long long)(s->p - s->begin),
                 s->fault);
    return false;
}

static bool report_type(run *r, uint32_t row, const wr_jtoken *t, const char *required)
{
    wr_row_error(r->errs, row, "Can't convert type. sourceType: %s, requiredType: %s, path: $",
                 wr__json_node_name(t), required);
    return false;
}

/* A record that is one value. An empty text is what Jackson calls a missing node: a STRING takes it
 * as "", nothing else does. */
static uint8_t scan_bare(run *r, uint32_t row, const wr_jtoken *t, wr_jtoken *token)
{
    if (r->d->n == 0)
        return WR_DECODED;
    *token = *t;
    if (t->kind == WR_J_MISSING) {
        if (r->d->types[0].type->id != WR_T_STRING)
            return report_type(r, row, t, r->d->types[0].text);
        *token = (wr_jtoken){.ptr = "", .kind = WR_J_STRING};
    }
    return WR_DECODED;
}

/* Fill the row's tokens. @return its state; 0: reported. */
static uint8_t scan_row(run *r, uint32_t row, bool ascii, wr_jtoken *tokens)
{
    json_decoder *d = r->d;
    wr_str text = r->payloads[row];
    wr_jscan s;
    wr__json_scan_init(&s, text, false);
    if (!ascii && !wr_utf8_valid(text))
        return wr__json_fail(&s, "the record is not UTF-8") || report_fault(r, row, &s);
    wr__json_blanks(&s);
    if (WR_LIKELY(!d->bare && s.p < s.end && *s.p == '{')) {
        if (!wr__json_shape_scan(d->shape, &s, tokens) || !wr__json_end(&s))
            return report_fault(r, row, &s);
        return WR_DECODED;
    }
    wr_jtoken t = {0};
    if (s.p < s.end && (!wr__json_token(&s, &t) || !wr__json_end(&s)))
        return report_fault(r, row, &s);
    if (d->bare)
        return scan_bare(r, row, &t, tokens);
    return t.kind == WR_J_NULL ? WR_DECODED_NULL : report_type(r, row, &t, d->object);
}

/* ---- 2. convert ---- */

static void fail_row(run *r, block_row *b, uint32_t column)
{
    if (!r->d->bare)
        wr__json_conv_path(&r->conv, r->d->base.cols[column].name);
    wr_row_error(r->errs, b->row, "%s, path: $%s", wr_buf_cstr(&r->conv.message),
                 wr__json_conv_where(&r->conv));
    b->state = 0;
}

/* The loop over the rows of the block that have a token for column @p k; skips those that failed,
 * stores NULL where there is no value. */
#define FOREACH_TOKEN(r, k, v, b, tok)                                                             \
    for (block_row *b = (r)->d->rows; b < (r)->d->rows + (r)->rows_n; b++)                         \
        for (const wr_jtoken *tok = token_or_null((r), b, (k), (v)); tok; tok = NULL)

static inline const wr_jtoken *token_or_null(run *r, block_row *b, uint32_t k, wr_vec *v)
{
    if (b->state != WR_DECODED)
        return NULL;
    const wr_jtoken *tok = &r->d->tokens[(size_t)(b - r->d->rows) * r->d->n + k];
    if (WR_LIKELY(tok->kind > WR_J_NULL))
        return tok;
    wr__vec_put_null(v, b->row);
    return NULL;
}

/* A value of any type, boxed: nested ones, rare types, and all failures. */
static void convert_boxed(run *r, uint32_t k, block_row *b, const wr_jtoken *tok, wr_vec *v)
{
    uint32_t column = r->d->columns[k];
    wr_value value;
    if (!wr__json_convert(&r->conv, &r->d->types[k], tok, &value))
        fail_row(r, b, column);
    else if (v)
        wr_vec_set(v, b->row, &value);
}

static void convert_strings(run *r, uint32_t k, wr_vec *v, bool *ascii)
{
    FOREACH_TOKEN(r, k, v, b, tok)
    {
        wr_str s = wr__json_to_string(&r->conv, tok);
        v->u.str[b->row] = s;
        if (!b->ascii || tok->flags & WR_J_ESCAPED)
            *ascii = *ascii && wr_utf8_ascii(s);
    }
}

static void convert_column(run *r, uint32_t k, wr_vec *v)
{
    switch (v->type->id) {
    case WR_T_BIGINT:
    case WR_T_TIMESTAMP:
        FOREACH_TOKEN(r, k, v, b, tok)
        if (!wr__json_to_i64(&r->conv, tok, &v->u.i64[b->row]))
            convert_boxed(r, k, b, tok, v);
        break;
    case WR_T_INTEGER:
        FOREACH_TOKEN(r, k, v, b, tok)
        if (!wr__json_to_i32(&r->conv, tok, &v->u.i32[b->row]))
            convert_boxed(r, k, b, tok, v);
        break;
    case WR_T_DOUBLE:
        FOREACH_TOKEN(r, k, v, b, tok)
        if (!wr__json_to_double(&r->conv, tok, &v->u.f64[b->row]))
            convert_boxed(r, k, b, tok, v);
        break;
    default:
        FOREACH_TOKEN(r, k, v, b, tok)
        convert_boxed(r, k, b, tok, v);
        break;
    }
}

/* Strict: only whether the column could be read. */
static void check_column(run *r, uint32_t k)
{
    for (block_row *b = r->d->rows; b < r->d->rows + r->rows_n; b++) {
        const wr_jtoken *tok = &r->d->tokens[(size_t)(b - r->d->rows) * r->d->n + k];
        if (b->state == WR_DECODED)
            convert_boxed(r, k, b, tok, NULL);
    }
}

/* ---- blocks ---- */

static void decode_block(run *r, uint8_t *ok, bool *ascii)
{
    json_decoder *d = r->d;
    for (uint32_t k = 0; k < d->n; k++) {
        uint32_t column = d->columns[k];
        wr_vec *v = &r->out[column];
        if (!d->base.wanted[column])
            check_column(r, k);
        else if (v->type->id == WR_T_STRING)
            convert_strings(r, k, v, &ascii[k]);
        else
            convert_column(r, k, v);
    }
    for (uint32_t i = 0; i < r->rows_n; i++) {
        ok[d->rows[i].row] = d->rows[i].state;
        if (d->rows[i].state != WR_DECODED)
            wr__decoder_null_row(&d->base, r->out, d->rows[i].row);
    }
}

static void decode(wr_decoder *base, const wr_str *payloads, wr_sel sel, wr_vec *out, uint8_t *ok,
                   wr_row_errors *errs, wr_arena *scratch)
{
    json_decoder *d = (json_decoder *)base;
    run r = {.d = d, .payloads = payloads, .out = out, .errs = errs};
    if (d->bare && base->n == 0) { /* no key columns: the bytes are not looked at */
        WR_FOREACH_SEL (i, sel)
            ok[i] = WR_DECODED;
        return;
    }
    wr__json_conv_init(&r.conv, scratch);
    bool *ascii = wr_arena_alloc(scratch, d->n + 1);
    memset(ascii, true, d->n + 1);
    WR_FOREACH_SEL (i, sel) {
        block_row *b = &d->rows[r.rows_n];
        b->row = i;
        b->ascii = wr_utf8_ascii(payloads[i]);
        b->state = scan_row(&r, i, b->ascii, d->tokens + (size_t)r.rows_n * d->n);
        if (++r.rows_n == d->block_rows) {
            decode_block(&r, ok, ascii);
            r.rows_n = 0;
        }
    }
    decode_block(&r, ok, ascii);
    /* Only a run over the whole vector can say something about all of it. */
    for (uint32_t k = 0; k < d->n; k++)
        if (base->wanted[d->columns[k]] && out[d->columns[k]].type->id == WR_T_STRING)
            out[d->columns[k]].ascii = ascii[k] && !sel.rows;
    wr__json_conv_fini(&r.conv);
}

const wr_format_class wr__format_json = {decoder_new, decode, wr__json_encoder_new,
                                         wr__json_encode};
