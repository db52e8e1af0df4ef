/* SPDX-License-Identifier: Apache-2.0 */
/*
 * delimited.c - the DELIMITED format: one line of separated cells, quoted with `"`.
 *
 * Reading (RFC 4180 with the leniency that ksqlDB's CSV reader has):
 *   - A cell that starts with `"` is quoted: it ends at the next lone `"`, two of them stand for
 *     one; after it only blanks may come before the delimiter. Any other cell ends at the
 * delimiter or the end of the line and is taken as it is, quotes inside included.
 *   - Empty lines before the record are skipped. Only the first line is the record; further lines
 *     must be well-formed but are not read.
 *   - An empty cell is NULL, quoted or not; the number of cells must equal the number of columns.
 * Cells are slices of the payload unless they hold doubled quotes.
 *
 * Writing quotes a cell by the rules of dialect.md 14.4, which depend on the cell's place: what is
 * written must read back as the same cell, and the bytes must be those that ksqlDB would write
 * (they are keys: two spellings would be two partitions).
 */
#include "formats/format_internal.h"

#include "common/utf8.h"
#include "formats/ascii.h"
#include "types/decimal.h"
#include "types/text.h"

typedef wr_str cell; /* its text, without quotes around it */

#define NOT_READ UINT32_MAX

typedef struct delimited_decoder {
    wr_decoder base;
    uint32_t *slots; /* base.n: place of the column among those read, or NOT_READ */
    uint32_t slots_n;
    /* Of the last scan: rows_n cells for each column read, column by column. */
    cell *cells;
    size_t rows_n;
    bool ascii; /* all payloads are */
} delimited_decoder;

typedef struct csv {
    const char *p, *end;
    char delimiter;
    const char *fault; /* NULL: none */
} csv;

/* ---- reading lines ---- */

static bool is_eol(char c)
{
    return c == '\n' || c == '\r';
}

/* Step over one line end: CR LF, LF or CR. */
static void skip_eol(csv *r)
{
    if (*r->p == '\r' && r->p + 1 < r->end && r->p[1] == '\n')
        r->p++;
    r->p++;
}

/* The content between the quotes, pairs of quotes made one. @p raw holds at least one pair. */
static wr_str join_quotes(wr_str raw, wr_arena *scratch)
{
    char *out = wr_arena_alloc(scratch, raw.len);
    size_t n = 0;
    for (uint32_t i = 0; i < raw.len; i++) {
        out[n++] = raw.ptr[i];
        if (raw.ptr[i] == '"')
            i++;
    }
    return wr_str_make(out, n);
}

/* At the character after the opening quote. */
static bool read_quoted(csv *r, cell *c, wr_arena *scratch)
{
    const char *start = r->p;
    bool pairs = false;
    for (;;) {
        const char *q = r->p < r->end ? memchr(r->p, '"', (size_t)(r->end - r->p)) : NULL;
        if (!q) {
            r->fault = "the line ends inside a quoted cell";
            return false;
        }
        r->p = q + 1;
        if (r->p == r->end || *r->p != '"')
            break;
        pairs = true;
        r->p++;
    }
    *c = wr_str_make(start, (size_t)(r->p - 1 - start));
    if (pairs)
        *c = join_quotes(*c, scratch);
    while (r->p < r->end && *r->p != r->delimiter && !is_eol(*r->p)) {
        if (*r->p != ' ' && *r->p != '\t' && *r->p != '\f' && *r->p != '\v') {
            r->fault = "a quoted cell is followed by text other than the delimiter";
            return false;
        }
        r->p++;
    }
    return true;
}

/* The end of an unquoted cell: the next delimiter or line end. */
static const char *cell_end(const char *p, const char *end, char delimiter)
{
#ifdef __SSE2__
    const __m128i d = _mm_set1_epi8(delimiter), lf = _mm_set1_epi8('\n'), cr = _mm_set1_epi8('\r');
    for (; end - p >= 16; p += 16) {
        __m128i b = _mm_loadu_si128((const __m128i *)(const void *)p);
        __m128i stops = _mm_or_si128(_mm_cmpeq_epi8(b, lf), _mm_cmpeq_epi8(b, cr));
        int mask = _mm_movemask_epi8(_mm_or_si128(stops, _mm_cmpeq_epi8(b, d)));
        if (mask)
            return p + __builtin_ctz((unsigned)mask);
    }
#endif
    while (p < end && *p != delimiter && !is_eol(*p))
        p++;
    return p;
}

/* One cell; the cursor then is at the delimiter, a line end or the end. */
static bool read_cell(csv *r, cell *c, wr_arena *scratch)
{
    if (r->p < r->end && *r->p == '"') {
        r->p++;
        return read_quoted(r, c, scratch);
    }
    const char *start = r->p;
    r->p = cell_end(start, r->end, r->delimiter);
    *c = wr_str_make(start, (size_t)(r->p - start));
    return true;
}

/* One line; cell k into cells[slots[k] * stride] where k < max and it is read. @return how many the
 * line has, or -1 with r->fault. */
static int64_t read_line(csv *r, cell *cells, const uint32_t *slots, uint32_t max, size_t stride,
                         wr_arena *scratch)
{
    int64_t n = 0;
    for (;; n++) {
        cell c;
        if (!read_cell(r, &c, scratch))
            return -1;
        if (n < max && slots[n] != NOT_READ)
            cells[slots[n] * stride] = c;
        if (r->p == r->end)
            break;
        bool eol = is_eol(*r->p) && *r->p != r->delimiter;
        if (eol) {
            skip_eol(r);
            break;
        }
        r->p++;
    }
    WR_ASSERT(r->p <= r->end);
    return n + 1;
}

static void skip_empty_lines(csv *r)
{
    while (r->p < r->end && is_eol(*r->p) && *r->p != r->delimiter)
        r->p++;
}

/* ---- cells to values ---- */

static bool cell_to_time(const wr_type *t, wr_str s, wr_value *out)
{
    return wr__text_to_i32(s, &out->u.i32) && (t->id != WR_T_TIME || wr__time_in_range(out->u.i32));
}

static bool cell_to_bytes(wr_str s, wr_arena *scratch, wr_value *out)
{
    wr_buf bytes = {0};
    bool good = wr_text_from_base64(&bytes, s);
    if (good)
        out->u.str = wr_arena_str(scratch, wr_buf_view(&bytes));
    wr_buf_free(&bytes);
    return good;
}

/* @return false where the cell's text is no value of the type. */
static bool cell_to_value(const wr_type *t, const cell *c, wr_arena *scratch, wr_value *out)
{
    *out = (wr_value){0};
    wr_str s = *c;
    if (s.len == 0) {
        out->null = true;
        return true;
    }
    switch (t->id) {
    case WR_T_BOOLEAN: /* Boolean.parseBoolean */
        out->u.b = wr_str_ieq(s, WR_STR("true"));
        return true;
    case WR_T_INTEGER:
    case WR_T_DATE:
    case WR_T_TIME:
        return cell_to_time(t, s, out);
    case WR_T_BIGINT:
    case WR_T_TIMESTAMP:
        return wr_str_to_i64(s, &out->u.i64);
    case WR_T_DOUBLE:
        return wr__text_to_double(s, &out->u.f64);
    case WR_T_DECIMAL:
        return wr_dec_from_text(s, t, true, scratch, out) == WR_DEC_OK;
    case WR_T_STRING:
        out->u.str = s;
        return true;
    case WR_T_BYTES:
        return cell_to_bytes(s, scratch, out);
    default:
        WR_UNREACHABLE();
    }
}

static void report_cell(wr_row_errors *errs, uint32_t row, const wr_column *col, wr_str s)
{
    wr_buf text = {0};
    if (col->type->id == WR_T_DECIMAL) {
        wr__decimal_fault(&text, col->type, s);
    } else if (col->type->id == WR_T_TIME && wr_str_to_i64(s, &(int64_t){0})) {
        wr_buf_puts(&text, WR_TIME_RANGE_TEXT);
    } else {
        wr_buf_printf(&text, "Can't convert '%.*s%s' to ", (int)WR_MIN(s.len, 100u),
                      s.ptr ? s.ptr : "", s.len > 100 ? "..." : "");
        wr_type_print(&text, col->type);
    }
    wr_row_error(errs, row, "%s, column: %s", wr_buf_cstr(&text), col->name);
    wr_buf_free(&text);
}

/* ---- the decoder ---- */

static bool check(const wr_format_columns *c, wr_format_misfit *why)
{
    for (uint32_t i = 0; i < c->n; i++)
        if (!wr__type_is_scalar(c->cols[i].type))
            return wr__misfit_type(why, "DELIMITED", c, i, true);
    return true;
}

static weir_status decoder_new(const wr_decoder *common, wr_arena *arena, wr_decoder **out,
                               weir_error *err)
{
    (void)err;
    delimited_decoder *d = WR_NEW(arena, delimited_decoder);
    d->base = *common;
    d->slots = WR_NEW_N(arena, uint32_t, common->n);
    for (uint32_t c = 0; c < common->n; c++)
        d->slots[c] = common->wanted[c] || common->options.strict ? d->slots_n++ : NOT_READ;
    if (!d->base.options.delimiter)
        d->base.options.delimiter = ',';
    WR_ASSERT(d->slots_n <= common->n);
    *out = &d->base;
    return WEIR_OK;
}

/* Split the payload into cells; false with the error reported. */
static bool split_row(delimited_decoder *d, uint32_t row, wr_row_errors *errs)
{
    wr_arena *scratch = d->base.scratch;
    wr_str payload = d->base.payloads[row];
    if (!wr__is_ascii(payload)) {
        payload = wr__text_repair_utf8(payload, scratch);
        d->ascii = false;
    }
    csv r = {payload.ptr, payload.ptr + payload.len, d->base.options.delimiter, NULL};
    skip_empty_lines(&r);
    if (r.p == r.end) {
        wr_row_error(errs, row, "No fields in record");
        return false;
    }
    int64_t n = read_line(&r, d->cells + row, d->slots, d->base.n, d->rows_n, scratch);
    while (!r.fault && (skip_empty_lines(&r), r.p < r.end))
        (void)read_line(&r, NULL, NULL, 0, 0, scratch);
    if (r.fault) {
        wr_row_error(errs, row, "Invalid delimited record: %s", r.fault);
        return false;
    }
    if (n != (int64_t)d->base.n) {
        wr_row_error(errs, row, "Unexpected field count, csvFields:%lld schemaFields:%u",
                     (long long)n, d->base.n);
        return false;
    }
    return true;
}

static weir_status scan(wr_decoder *base, wr_sel sel, uint8_t *ok, wr_row_errors *errs,
                        weir_error *err)
{
    (void)err; /* a line needs nothing but itself */
    delimited_decoder *d = (delimited_decoder *)base;
    d->rows_n = sel.n ? wr_sel_row(sel, sel.n - 1) + 1 : 0;
    d->ascii = true;
    d->cells = wr_arena_alloc(base->scratch, d->rows_n * d->slots_n * sizeof *d->cells + 1);
    WR_FOREACH_SEL (i, sel)
        /* Without columns the bytes are not looked at. */
        ok[i] = !base->n || split_row(d, i, errs) ? WR_DECODED : 0;
    return WEIR_OK;
}

/* The types that tables of text are mostly made of, without boxing; false: as any other. */
static bool cell_to_row(const wr_type *t, const cell *c, wr_vec *out, uint32_t row)
{
    if (c->len == 0)
        return false;
    switch (t->id) {
    case WR_T_STRING:
        out->u.str[row] = *c;
        return true;
    case WR_T_BIGINT:
        return wr_str_to_i64(*c, &out->u.i64[row]);
    case WR_T_INTEGER:
        return wr__text_to_i32(*c, &out->u.i32[row]);
    default:
        return false;
    }
}

static void convert(wr_decoder *base, uint32_t column, wr_sel sel, wr_vec *out, uint8_t *ok,
                    wr_row_errors *errs)
{
    delimited_decoder *d = (delimited_decoder *)base;
    const wr_column *col = &base->cols[column];
    const cell *cells = d->cells + d->slots[column] * d->rows_n;
    if (out) {
        out->no_nulls = true;
        out->ascii = d->ascii && col->type->id == WR_T_STRING;
    }
    WR_FOREACH_SEL (i, sel) {
        wr_value v;
        if (out && cell_to_row(col->type, &cells[i], out, i))
            continue;
        bool good = cell_to_value(col->type, &cells[i], base->scratch, &v);
        if (!good) {
            report_cell(errs, i, col, cells[i]);
            ok[i] = 0;
        }
        if (!out)
            continue;
        if (!good || v.null)
            wr__vec_put_null(out, i);
        else
            wr_vec_set(out, i, &v);
    }
}

/* ---- writing ---- */

static weir_status encoder_new(const wr_encoder *common, wr_arena *arena, wr_encoder **out,
                               weir_error *err)
{
    (void)err;
    wr_encoder *e = wr_arena_memdup(arena, common, sizeof *common);
    if (!e->options.delimiter)
        e->options.delimiter = ',';
    *out = e;
    return WEIR_OK;
}

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool needs_quotes(wr_str s, bool first, char delimiter)
{
    if (s.len == 0)
        return first; /* else the line could be empty, which is no record */
    if (first ? !is_alnum(s.ptr[0]) : (uint8_t)s.ptr[0] <= '#')
        return true;
    if ((uint8_t)s.ptr[s.len - 1] <= ' ')
        return true;
    for (uint32_t i = 0; i < s.len; i++)
        if (s.ptr[i] == delimiter || s.ptr[i] == '"' || is_eol(s.ptr[i]))
            return true;
    return false;
}

/* Quote what was written from @p start on. */
static void quote_tail(wr_buf *buf, size_t start)
{
    size_t len = buf->len - start, pairs = 0;
    for (size_t i = start; i < buf->len; i++)
        pairs += buf->ptr[i] == '"';
    wr_buf_reserve(buf, pairs + 2);
    char *from = buf->ptr + buf->len, *to = from + pairs + 2;
    buf->len += pairs + 2;
    *--to = '"'; /* from the end, so that nothing is overwritten before it is moved */
    while (len--) {
        *--to = *--from;
        if (*from == '"')
            *--to = '"';
    }
    *--to = '"';
    WR_ASSERT(to == buf->ptr + start);
}

static wr_encoded encode_row(wr_encoder *e, const wr_vec *cols, uint32_t row, wr_buf *buf,
                             wr_row_errors *errs)
{
    (void)errs;
    if (!e->n || (e->n == 1 && e->options.unwrapped && wr_vec_is_null(&cols[0], row)))
        return WR_ENCODED_NULL;
    for (uint32_t c = 0; c < e->n; c++) {
        if (c)
            wr_buf_putc(buf, e->options.delimiter);
        if (wr_vec_is_null(&cols[c], row))
            continue;
        size_t start = buf->len;
        wr_value v = wr_vec_get(&cols[c], row);
        wr__put_scalar(buf, e->cols[c].type, &v);
        wr_str s = buf->len > start ? wr_str_make(buf->ptr + start, buf->len - start) : (wr_str){0};
        if (needs_quotes(s, c == 0, e->options.delimiter))
            quote_tail(buf, start);
    }
    return WR_ENCODED;
}

static void encode(wr_encoder *e, const wr_vec *cols, wr_sel sel, wr_buf *buf, wr_str *payloads,
                   uint8_t *ok, wr_row_errors *errs)
{
    wr__encode_rows(encode_row, e, cols, sel, buf, payloads, ok, errs);
}

/* ---- as JSON ---- */

/* A line has no names: an array of its cells, texts as they are, empty ones null. */
static weir_status to_json(const wr_format_options *options, wr_str schema_header, wr_str payload,
                           wr_buf *out, weir_error *err)
{
    (void)schema_header;
    wr_arena *a = wr_arena_new(0);
    wr_str text = wr__text_repair_utf8(payload, a);
    csv r = {text.ptr, text.ptr + text.len, options->delimiter ? options->delimiter : ',', NULL};
    wr_buf cells = {0};
    skip_empty_lines(&r);
    bool more = true, eol = false;
    for (uint32_t n = 0; more && !r.fault && !eol; n++) {
        cell c;
        if (!read_cell(&r, &c, a))
            break;
        wr_buf_putc(&cells, n ? ',' : '[');
        if (c.len)
            wr_text_put_json_string(&cells, c);
        else
            wr_buf_puts(&cells, "null");
        more = r.p < r.end;
        eol = more && is_eol(*r.p) && *r.p != r.delimiter;
        r.p += more && !eol;
    }
    skip_empty_lines(&r);
    const char *fault = r.fault ? r.fault : r.p < r.end ? "there is more than one line" : NULL;
    if (!fault) {
        wr_buf_str(out, wr_buf_view(&cells));
        wr_buf_putc(out, ']');
    }
    wr_buf_free(&cells);
    wr_arena_free(a);
    return fault ? wr_error(err, WEIR_ERR_RECORD, "Invalid delimited record: %s", fault) : WEIR_OK;
}

/* The reverse: numbers and booleans as they are written, null as an empty cell. */
static weir_status from_json(const wr_format_options *options, const wr_json *json, wr_buf *out,
                             weir_error *err)
{
    char delimiter = options->delimiter ? options->delimiter : ',';
    size_t begin = out->len;
    if (json->kind != WR_JSON_ARRAY || !json->n)
        return wr_error(err, WEIR_ERR_RECORD, "A DELIMITED record is an array of its cells");
    for (uint32_t i = 0; i < json->n; i++) {
        const wr_json *j = &json->items[i];
        if (i)
            wr_buf_putc(out, delimiter);
        if (j->kind == WR_JSON_NULL)
            continue;
        if (j->kind == WR_JSON_ARRAY || j->kind == WR_JSON_OBJECT) {
            out->len = begin;
            return wr_error(err, WEIR_ERR_RECORD, "A cell of a DELIMITED record is a scalar");
        }
        size_t start = out->len;
        if (j->kind == WR_JSON_STRING)
            wr_utf8_put_external(out, j->text);
        else
            wr_buf_str(out, j->raw);
        wr_str s = out->len > start ? wr_str_make(out->ptr + start, out->len - start) : (wr_str){0};
        if (needs_quotes(s, i == 0, delimiter))
            quote_tail(out, start);
    }
    return WEIR_OK;
}

const wr_format_class wr__format_delimited = {
    .format = {.id = WR_FORMAT_DELIMITED,
               .name = "DELIMITED",
               .implemented = true,
               .multi_column_key = true,
               .can_unwrap = true,
               .is_key = true,
               .is_value = true},
    .check = check,
    .decoder_new = decoder_new,
    .scan = scan,
    .convert = convert,
    .encoder_new = encoder_new,
    .encode = encode,
    .to_json = to_json,
    .from_json = from_json,
};
