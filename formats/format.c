/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format.c - the table of formats, and the dispatch to the one in use.
 *
 * Everything that is the same for all formats is done here, once: the refusal of formats that are
 * not built and of columns that do not fit, copying the column list into the decoder's arena, NULL
 * payloads. A format's own file sees only columns that it can hold and rows that have bytes.
 */
#include "formats/format_internal.h"
#include "formats/record_schema.h"

/* By id. A format is a row here and its own file; nothing else lists them. */
static const wr_format_class *const formats[] = {
    [WR_FORMAT_NONE] = &wr__format_none,
    [WR_FORMAT_KAFKA] = &wr__format_kafka,
    [WR_FORMAT_DELIMITED] = &wr__format_delimited,
    [WR_FORMAT_JSON] = &wr__format_json,
    [WR_FORMAT_JSON_SR] = &wr__format_json_sr,
    [WR_FORMAT_AVRO] = &wr__format_avro,
    [WR_FORMAT_PROTOBUF] = &wr__format_protobuf,
    [WR_FORMAT_PROTOBUF_NOSR] = &wr__format_protobuf_nosr,
    [WR_FORMAT_DEBEZIUM_JSON] = &wr__format_debezium_json,
    [WR_FORMAT_DEBEZIUM_AVRO] = &wr__format_debezium_avro,
};

const wr_format *wr_format_find(wr_str name)
{
    for (size_t i = 0; i < WR_ARRAY_LEN(formats); i++)
        if (wr_str_ieq(name, wr_str_c(formats[i]->format.name)))
            return &formats[i]->format;
    return NULL;
}

const wr_format *wr_format_get(wr_format_id id)
{
    WR_ASSERT((size_t)id < WR_ARRAY_LEN(formats) && formats[id]->format.id == id);
    return &formats[id]->format;
}

/* ---- decoding ---- */

static const wr_column *copy_columns(wr_arena *a, const wr_column *cols, uint32_t n)
{
    wr_column *copy = WR_NEW_N(a, wr_column, n);
    for (uint32_t i = 0; i < n; i++) {
        copy[i] = cols[i];
        copy[i].name = wr_arena_strdup(a, cols[i].name);
        copy[i].type = wr_type_copy(a, cols[i].type);
    }
    return copy;
}

/* What making a decoder or an encoder asks first: is it built, and do the columns fit? */
static weir_status check_new(const wr_format_class *class_, const wr_column *cols, uint32_t n,
                             const wr_format_options *options, weir_error *err)
{
    WR_ASSERT(n == 0 || cols);
    if (!class_->format.implemented)
        return wr__refuse_unbuilt(&class_->format, err);
    WR_ASSERT(class_->decoder_new && class_->scan && class_->convert && class_->encoder_new &&
              class_->encode);
    const wr_format_columns columns = {.cols = cols, .n = n, .options = options};
    return wr_format_check(&class_->format, &columns, NULL, err);
}

weir_status wr_decoder_new(const wr_format *format, const wr_column *cols, uint32_t n,
                           const bool *wanted, const wr_format_options *options, wr_arena *arena,
                           wr_decoder **out, weir_error *err)
{
    *out = NULL;
    const wr_format_class *class_ = wr__format_class_of(format);
    WR_TRY(check_new(class_, cols, n, options, err));
    bool *flags = WR_NEW_N(arena, bool, n);
    for (uint32_t i = 0; i < n; i++)
        flags[i] = !wanted || wanted[i];
    wr_decoder common = {
        .class_ = class_,
        .cols = copy_columns(arena, cols, n),
        .n = n,
        .wanted = flags,
        .options = options ? *options : (wr_format_options){0},
    };
    weir_status st = class_->decoder_new(&common, arena, out, err);
    WR_ASSERT((st == WEIR_OK) == (*out != NULL));
    return st;
}

/* The rows of @p sel whose payload is NULL, or those whose payload is not. */
static wr_sel with_payload(const wr_decoder *d, wr_sel sel, bool null)
{
    uint32_t *rows = wr_arena_alloc(d->scratch, sel.n * sizeof *rows + 1), n = 0;
    WR_FOREACH_SEL (i, sel)
        if (!d->payloads[i].ptr == null)
            rows[n++] = i;
    return (wr_sel){n, rows};
}

void wr_decoder_schema_headers(wr_decoder *d, const wr_str *headers)
{
    d->schema_headers = headers;
}

void wr_decoder_times(wr_decoder *d, int64_t *times)
{
    d->times = times;
}

weir_status wr_decoder_scan(wr_decoder *d, const wr_str *payloads, wr_sel sel, uint8_t *ok,
                            wr_row_errors *errs, wr_arena *scratch, weir_error *err)
{
    uint64_t reported = errs->count;
    d->scanned = false;
    d->payloads = payloads;
    d->scratch = scratch;
    d->nulls = false;
    d->counts = (wr_decoder_counts){0};
    d->schemas.v = NULL; /* it was in the scratch memory of the scan before */
    d->schemas.n = d->schemas.cap = 0;
    WR_FOREACH_SEL (i, sel) {
        if (WR_LIKELY(payloads[i].ptr != NULL))
            continue;
        d->nulls = true;
        ok[i] = WR_DECODED_NULL;
    }
    if (d->nulls) /* rare on streams: leave these rows out */
        sel = with_payload(d, sel, false);
    weir_status st = d->class_->scan(d, sel, ok, errs, err);
    /* Whoever tries again later would report the rows twice. */
    WR_ASSERT(st == WEIR_OK || errs->count == reported);
    d->scanned = st == WEIR_OK;
    WR_ASSERT(d->counts.with_rest <= sel.n && d->counts.nulls <= sel.n);
    WR_ASSERT(d->counts.nulls + d->counts.skipped + d->counts.truncates <= sel.n);
    return st;
}

weir_status wr_decoder_ready(const wr_decoder *d, const wr_str *payloads, wr_sel sel,
                             weir_error *err)
{
    return d->class_->format.can_infer && d->options.registry
               ? wr__record_ready(d, payloads, sel, err)
               : WEIR_OK;
}

wr_decoder_counts wr_decoder_last(const wr_decoder *d)
{
    WR_ASSERT(d->scanned);
    return d->counts;
}

const wr_schema_rows *wr_decoder_schemas(const wr_decoder *d, uint32_t *n)
{
    WR_ASSERT(d->scanned);
    *n = (uint32_t)d->schemas.n;
    return d->schemas.v;
}

void wr_decoder_convert(wr_decoder *d, uint32_t column, wr_sel sel, wr_vec *out, uint8_t *ok,
                        wr_row_errors *errs)
{
    WR_ASSERT(d->scanned && column < d->n);
    wr_sel nulls = {0};
    if (d->nulls) {
        nulls = with_payload(d, sel, true);
        sel = with_payload(d, sel, false);
    }
    d->unavailable.v = NULL; /* what there was went with its scratch */
    d->unavailable.n = d->unavailable.cap = 0;
    d->class_->convert(d, column, sel, out, ok, errs);
    if (!out)
        return;
    WR_FOREACH_SEL (i, nulls)
        wr__vec_put_null(out, i);
}

void wr__decoder_lacks(wr_decoder *d, uint32_t row)
{
    wr_arr_push(d->scratch, &d->unavailable, row);
}

const uint32_t *wr_decoder_unavailable(const wr_decoder *d, uint32_t *n)
{
    *n = (uint32_t)d->unavailable.n;
    return d->unavailable.v;
}

/* Is the row about no row of its own? */
static bool is_no_row(uint8_t state)
{
    return state == WR_DECODED_SKIP || state == WR_DECODED_TRUNCATE;
}

/* The rows of @p sel that are decoded so far. */
static wr_sel alive(const wr_decoder *d, wr_sel sel, const uint8_t *ok)
{
    uint32_t *rows = wr_arena_alloc(d->scratch, sel.n * sizeof *rows + 1), n = 0;
    WR_FOREACH_SEL (i, sel)
        if (ok[i] && !is_no_row(ok[i]))
            rows[n++] = i;
    return n == sel.n ? sel : (wr_sel){n, rows};
}

weir_status wr_decoder_run(wr_decoder *d, const wr_str *payloads, wr_sel sel, wr_vec *out,
                           uint8_t *ok, wr_row_errors *errs, wr_arena *scratch, weir_error *err)
{
    uint64_t bad = errs->count;
    WR_TRY(wr_decoder_scan(d, payloads, sel, ok, errs, scratch, err));
    bool others = d->counts.skipped || d->counts.truncates;
    wr_sel left = errs->count > bad || others ? alive(d, sel, ok) : sel;
    for (uint32_t c = 0; c < d->n; c++) {
        uint64_t before = errs->count;
        if (d->wanted[c] || d->options.strict)
            wr_decoder_convert(d, c, left, d->wanted[c] ? &out[c] : NULL, ok, errs);
        if (errs->count > before)
            left = alive(d, left, ok);
    }
    if (errs->count == bad && !others)
        return WEIR_OK;
    WR_FOREACH_SEL (i, sel)
        for (uint32_t c = 0; c < d->n && (!ok[i] || is_no_row(ok[i])); c++)
            if (d->wanted[c])
                wr__vec_put_null(&out[c], i);
    return WEIR_OK;
}

void wr__vec_put_null(wr_vec *v, uint32_t i)
{
    size_t width = wr_type_width(v->type);
    if (width)
        memset((char *)v->u.data + (size_t)i * width, 0, width);
    wr_vec_set_null(v, i);
}

/* ---- encoding ---- */

weir_status wr_encoder_new(const wr_format *format, const wr_column *cols, uint32_t n,
                           const wr_format_options *options, wr_arena *arena, wr_encoder **out,
                           weir_error *err)
{
    *out = NULL;
    const wr_format_class *class_ = wr__format_class_of(format);
    WR_TRY(check_new(class_, cols, n, options, err));
    wr_encoder common = {
        .class_ = class_,
        .cols = copy_columns(arena, cols, n),
        .n = n,
        .options = options ? *options : (wr_format_options){0},
    };
    weir_status st = class_->encoder_new(&common, arena, out, err);
    WR_ASSERT((st == WEIR_OK) == (*out != NULL));
    return st;
}

wr_str wr_encoder_mark(const wr_encoder *e)
{
    return e->mark;
}

void wr_encoder_run(wr_encoder *e, const wr_vec *cols, wr_sel sel, wr_buf *buf, wr_str *payloads,
                    uint8_t *ok, wr_row_errors *errs)
{
    e->class_->encode(e, cols, sel, buf, payloads, ok, errs);
}
