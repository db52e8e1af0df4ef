/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format.c - the table of formats, what each can hold, and the dispatch to the one in use.
 *
 * Everything that is the same for all formats is done here, once: copying the column list into the
 * decoder's arena, NULL payloads, the refusal of formats that are not built yet. A format's own
 * file sees only rows that have bytes.
 */
#include "formats/format_internal.h"

static const wr_format formats[] = {
    /* clang-format off */
    /* id                     name             impl   multi  wrap   unwrap infer  key    value  nested */
    {WR_FORMAT_NONE,          "NONE",          true,  false, false, false, false, true,  false, false},
    {WR_FORMAT_KAFKA,         "KAFKA",         true,  false, false, true,  false, true,  true,  false},
    {WR_FORMAT_DELIMITED,     "DELIMITED",     true,  true,  false, true,  false, true,  true,  false},
    {WR_FORMAT_JSON,          "JSON",          true,  true,  true,  true,  false, true,  true,  true},
    {WR_FORMAT_JSON_SR,       "JSON_SR",       false, true,  true,  true,  true,  true,  true,  true},
    {WR_FORMAT_AVRO,          "AVRO",          false, true,  true,  true,  true,  true,  true,  true},
    {WR_FORMAT_PROTOBUF,      "PROTOBUF",      false, true,  true,  false, true,  true,  true,  true},
    {WR_FORMAT_PROTOBUF_NOSR, "PROTOBUF_NOSR", false, true,  true,  true,  false, true,  true,  true},
    /* clang-format on */
};

static const wr_format_class *const classes[] = {
    [WR_FORMAT_NONE] = &wr__format_none,
    [WR_FORMAT_KAFKA] = &wr__format_kafka,
    [WR_FORMAT_DELIMITED] = &wr__format_delimited,
    [WR_FORMAT_JSON] = &wr__format_json,
    [WR_FORMAT_PROTOBUF_NOSR] = NULL, /* the last one: the array covers every id */
};

const wr_format *wr_format_find(wr_str name)
{
    for (size_t i = 0; i < WR_ARRAY_LEN(formats); i++)
        if (wr_str_ieq(name, wr_str_c(formats[i].name)))
            return &formats[i];
    return NULL;
}

const wr_format *wr_format_get(wr_format_id id)
{
    WR_ASSERT((size_t)id < WR_ARRAY_LEN(formats) && formats[id].id == id);
    return &formats[id];
}

/* ---- what a format can hold ---- */

/* "[`K` INTEGER KEY, `V` STRING]" */
static void print_columns(wr_buf *out, bool is_key, const wr_column *cols, uint32_t n)
{
    wr_buf_putc(out, '[');
    for (uint32_t i = 0; i < n; i++) {
        wr_buf_printf(out, "%s`%s` ", i ? ", " : "", cols[i].name);
        wr_type_print(out, cols[i].type);
        if (is_key)
            wr_buf_puts(out, " KEY");
    }
    wr_buf_putc(out, ']');
}

/* "ARRAY" of ARRAY<INTEGER>: the type's name without its parameters. */
static void print_base_type(wr_buf *out, const wr_type *t)
{
    size_t start = out->len;
    wr_type_print(out, t);
    for (size_t i = start; i < out->len; i++)
        if (out->ptr[i] == '<' || out->ptr[i] == '(') {
            out->len = i;
            break;
        }
}

static bool maps_have_string_keys(const wr_type *t)
{
    switch (t->id) {
    case WR_T_ARRAY:
        return maps_have_string_keys(t->elem);
    case WR_T_MAP:
        return t->key->id == WR_T_STRING && maps_have_string_keys(t->elem);
    case WR_T_STRUCT:
        for (uint32_t i = 0; i < t->fields_n; i++)
            if (!maps_have_string_keys(t->fields[i].type))
                return false;
        return true;
    default:
        return true;
    }
}

/* Can the format hold this column's type? Appends the reason where it cannot. */
static bool column_fits(const wr_format *format, const wr_column *col, wr_buf *reason)
{
    wr_tid id = col->type->id;
    bool nested = id == WR_T_ARRAY || id == WR_T_MAP || id == WR_T_STRUCT;
    bool fits = !nested || format->nested;
    if (format->id == WR_FORMAT_KAFKA)
        fits = id == WR_T_INTEGER || id == WR_T_BIGINT || id == WR_T_DOUBLE || id == WR_T_STRING ||
               id == WR_T_BYTES;
    if (!fits) {
        wr_buf_printf(reason, "The '%s' format does not support type '", format->name);
        print_base_type(reason, col->type);
        wr_buf_putc(reason, '\'');
        if (format->id != WR_FORMAT_KAFKA)
            wr_buf_printf(reason, ", column: `%s`", col->name);
        return false;
    }
    if (!maps_have_string_keys(col->type)) {
        const char *what = format->id == WR_FORMAT_PROTOBUF ? "PROTOBUF format" : format->name;
        wr_buf_printf(reason, "%s only supports MAP types with STRING keys", what);
        return false;
    }
    return true;
}

static bool columns_fit(const wr_format *format, bool is_key, const wr_column *cols, uint32_t n,
                        wr_buf *reason)
{
    if (format->id == WR_FORMAT_NONE && n) {
        wr_buf_puts(reason,
                    "The 'NONE' format can only be used when no columns are defined. Got: ");
        print_columns(reason, is_key, cols, n);
        return false;
    }
    if (format->id == WR_FORMAT_KAFKA && n > 1) {
        wr_buf_puts(reason, "The 'KAFKA' format only supports a single field. Got: ");
        print_columns(reason, is_key, cols, n);
        return false;
    }
    for (uint32_t i = 0; i < n; i++)
        if (!column_fits(format, &cols[i], reason))
            return false;
    return true;
}

static weir_status check_map_keys(const wr_column *cols, uint32_t n, weir_error *err)
{
    for (uint32_t i = 0; i < n; i++) {
        if (!wr_type_contains(cols[i].type, WR_T_MAP))
            continue;
        wr_buf text = {0};
        wr_type_print(&text, cols[i].type);
        weir_status st = wr_error(
            err, WEIR_ERR_STATEMENT,
            "Map keys, including types that contain maps, are not supported as they may lead to "
            "unexpected behavior due to inconsistent serialization. Key column name: `%s`. "
            "Column type: %s. See https://github.com/confluentinc/ksql/issues/6621 for more.",
            cols[i].name, wr_buf_cstr(&text));
        wr_buf_free(&text);
        return st;
    }
    return WEIR_OK;
}

static weir_status refuse_unsupported(const wr_format *format, weir_error *err)
{
    return wr_error(err, WEIR_ERR_UNSUPPORTED, "The '%s' format is not supported yet.",
                    format->name);
}

weir_status wr_format_check(const wr_format *format, bool is_key, const wr_column *cols, uint32_t n,
                            weir_error *err)
{
    if (is_key)
        WR_TRY(check_map_keys(cols, n, err));
    wr_buf reason = {0}, columns = {0};
    weir_status st = WEIR_OK;
    if (!columns_fit(format, is_key, cols, n, &reason)) {
        print_columns(&columns, is_key, cols, n);
        st = wr_error(err, WEIR_ERR_STATEMENT,
                      "%s format does not support schema.\nformat: %s\n"
                      "schema: Persistence{columns=%.400s, features=[]}\nreason: %s",
                      is_key ? "Key" : "Value", format->name, wr_buf_cstr(&columns),
                      wr_buf_cstr(&reason));
    } else if (!format->implemented) {
        st = refuse_unsupported(format, err);
    }
    wr_buf_free(&reason);
    wr_buf_free(&columns);
    return st;
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

weir_status wr_decoder_new(const wr_format *format, const wr_column *cols, uint32_t n,
                           const bool *wanted, const wr_format_options *options, wr_arena *arena,
                           wr_decoder **out, weir_error *err)
{
    *out = NULL;
    if (!format->implemented)
        return refuse_unsupported(format, err);
    bool *flags = WR_NEW_N(arena, bool, n);
    for (uint32_t i = 0; i < n; i++)
        flags[i] = !wanted || wanted[i];
    wr_decoder common = {
        .class_ = classes[format->id],
        .cols = copy_columns(arena, cols, n),
        .n = n,
        .wanted = flags,
        .options = options ? *options : (wr_format_options){0},
    };
    return common.class_->decoder_new(&common, arena, out, err);
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

void wr_decoder_scan(wr_decoder *d, const wr_str *payloads, wr_sel sel, uint8_t *ok,
                     wr_row_errors *errs, wr_arena *scratch)
{
    d->payloads = payloads;
    d->scratch = scratch;
    d->nulls = false;
    WR_FOREACH_SEL (i, sel) {
        if (WR_LIKELY(payloads[i].ptr != NULL))
            continue;
        d->nulls = true;
        ok[i] = WR_DECODED_NULL;
    }
    if (d->nulls) /* rare on streams: leave these rows out */
        sel = with_payload(d, sel, false);
    d->class_->scan(d, sel, ok, errs);
}

void wr_decoder_convert(wr_decoder *d, uint32_t column, wr_sel sel, wr_vec *out, uint8_t *ok,
                        wr_row_errors *errs)
{
    wr_sel nulls = {0};
    if (d->nulls) {
        nulls = with_payload(d, sel, true);
        sel = with_payload(d, sel, false);
    }
    d->class_->convert(d, column, sel, out, ok, errs);
    if (!out)
        return;
    WR_FOREACH_SEL (i, nulls)
        wr__vec_put_null(out, i);
}

/* The rows of @p sel that are decoded so far. */
static wr_sel alive(const wr_decoder *d, wr_sel sel, const uint8_t *ok)
{
    uint32_t *rows = wr_arena_alloc(d->scratch, sel.n * sizeof *rows + 1), n = 0;
    WR_FOREACH_SEL (i, sel)
        if (ok[i])
            rows[n++] = i;
    return n == sel.n ? sel : (wr_sel){n, rows};
}

void wr_decoder_run(wr_decoder *d, const wr_str *payloads, wr_sel sel, wr_vec *out, uint8_t *ok,
                    wr_row_errors *errs, wr_arena *scratch)
{
    uint64_t bad = errs->count;
    wr_decoder_scan(d, payloads, sel, ok, errs, scratch);
    wr_sel left = errs->count > bad ? alive(d, sel, ok) : sel;
    for (uint32_t c = 0; c < d->n; c++) {
        uint64_t before = errs->count;
        if (d->wanted[c] || d->options.strict)
            wr_decoder_convert(d, c, left, d->wanted[c] ? &out[c] : NULL, ok, errs);
        if (errs->count > before)
            left = alive(d, left, ok);
    }
    if (errs->count == bad)
        return;
    WR_FOREACH_SEL (i, sel)
        for (uint32_t c = 0; c < d->n && !ok[i]; c++)
            if (d->wanted[c])
                wr__vec_put_null(&out[c], i);
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
    if (!format->implemented)
        return refuse_unsupported(format, err);
    wr_encoder common = {
        .class_ = classes[format->id],
        .cols = copy_columns(arena, cols, n),
        .n = n,
        .options = options ? *options : (wr_format_options){0},
    };
    return common.class_->encoder_new(&common, arena, out, err);
}

void wr_encoder_run(wr_encoder *e, const wr_vec *cols, wr_sel sel, wr_buf *buf, wr_str *payloads,
                    uint8_t *ok, wr_row_errors *errs)
{
    e->class_->encode(e, cols, sel, buf, payloads, ok, errs);
}

/* ---- NONE: nothing is read, nothing is written ---- */

static weir_status none_decoder_new(const wr_decoder *common, wr_arena *arena, wr_decoder **out,
                                    weir_error *err)
{
    if (common->n)
        return wr_error(err, WEIR_ERR_STATEMENT,
                        "The 'NONE' format can only be used when no columns are defined.");
    *out = wr_arena_memdup(arena, common, sizeof *common);
    return WEIR_OK;
}

static void none_scan(wr_decoder *d, wr_sel sel, uint8_t *ok, wr_row_errors *errs)
{
    (void)d, (void)errs;
    WR_FOREACH_SEL (i, sel)
        ok[i] = WR_DECODED;
}

static void none_convert(wr_decoder *d, uint32_t column, wr_sel sel, wr_vec *out, uint8_t *ok,
                         wr_row_errors *errs)
{
    (void)d, (void)column, (void)sel, (void)out, (void)ok, (void)errs;
    WR_UNREACHABLE(); /* there are no columns */
}

static weir_status none_encoder_new(const wr_encoder *common, wr_arena *arena, wr_encoder **out,
                                    weir_error *err)
{
    if (common->n)
        return wr_error(err, WEIR_ERR_STATEMENT,
                        "The 'NONE' format can only be used when no columns are defined.");
    *out = wr_arena_memdup(arena, common, sizeof *common);
    return WEIR_OK;
}

static void none_encode(wr_encoder *e, const wr_vec *cols, wr_sel sel, wr_buf *buf,
                        wr_str *payloads, uint8_t *ok, wr_row_errors *errs)
{
    (void)e, (void)cols, (void)buf, (void)errs;
    WR_FOREACH_SEL (i, sel) {
        payloads[i] = (wr_str){0};
        ok[i] = 1;
    }
}

const wr_format_class wr__format_none = {none_decoder_new, none_scan, none_convert,
                                         none_encoder_new, none_encode};
