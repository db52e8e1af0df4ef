/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format_internal.h - what the files of formats/ share: the class of a format, its refusals, and
 * small readers of text that more than one format needs.
 *
 * A format is one wr_format_class: its name and properties, what it can hold, how to make a decoder
 * and an encoder, and how to run them. A decoder embeds struct wr_decoder, an encoder struct
 * wr_encoder, as its first member.
 */
#ifndef WR_FORMATS_FORMAT_INTERNAL_H
#define WR_FORMATS_FORMAT_INTERNAL_H

#include "formats/format.h"

/** Why a format cannot hold some columns. */
typedef struct wr_format_misfit {
    int32_t column; /* index, or WR_MISFIT_ALL */
    char reason[1000];
} wr_format_misfit;

/** A field of a writer's schema, and the column that is read from it. */
typedef struct wr_schema_field {
    const char *name; /* as the schema has it; NULL: the record as a whole, read into one column */
    uint32_t column;  /* UINT32_MAX: none */
    bool fits;        /* its values can become the column's, as far as types say */
} wr_schema_field;

typedef struct wr_format_class {
    wr_format format; /* first: a `const wr_format *` is one of its class */
    /** Can it hold these columns in this way? @return false: @p why is filled in (wr__misfit).
     *  Everything that depends on columns and options alone is refused here, before anything runs:
     *  the constructors below are given only what this function has passed. */
    bool (*check)(const wr_format_columns *columns, wr_format_misfit *why);
    /* NULL from here on: known, and not built (wr_format.implemented is false). */
    weir_status (*decoder_new)(const wr_decoder *common, wr_arena *arena, wr_decoder **out,
                               weir_error *err);
    /** See wr_decoder_scan; d holds payloads and scratch. Rows whose payload is NULL are handled
     *  already and are not in @p sel. On failure (waiting included) nothing may be reported to
     *  @p errs: find out first whether all that is needed is there (writer_plans.h). */
    weir_status (*scan)(wr_decoder *d, wr_sel sel, uint8_t *ok, wr_row_errors *errs,
                        weir_error *err);
    /** See wr_decoder_convert; can neither wait nor fail as a whole. */
    void (*convert)(wr_decoder *d, uint32_t column, wr_sel sel, wr_vec *out, uint8_t *ok,
                    wr_row_errors *errs);
    weir_status (*encoder_new)(const wr_encoder *common, wr_arena *arena, wr_encoder **out,
                               weir_error *err);
    void (*encode)(wr_encoder *e, const wr_vec *cols, wr_sel sel, wr_buf *buf, wr_str *payloads,
                   uint8_t *ok, wr_row_errors *errs);
    /* Formats with a registry (can_infer); see the functions of format.h. */
    wr_schema_kind schema_kind;
    weir_status (*parse_schema)(const wr_registry_schema *schema, wr_arena *arena, weir_error *err);
    weir_status (*infer)(const wr_registry_schema *schema, const wr_format_options *options,
                         bool is_key, wr_arena *arena, wr_column **cols, uint32_t *n,
                         weir_error *err);
    weir_status (*schema_text)(const wr_format_columns *columns, wr_buf *out, weir_error *err);
    weir_status (*check_schema)(const wr_format_columns *columns, weir_error *err);
    /** The top level of a schema beside columns; @p fields in @p arena. */
    weir_status (*schema_fields)(const wr_registry_schema *schema, const wr_format_columns *columns,
                                 wr_arena *arena, wr_schema_field **fields, uint32_t *n,
                                 weir_error *err);
    /* NULL: the text as it is; no names. */
    weir_status (*schema_canonical)(const wr_registry_schema *schema, wr_buf *out, weir_error *err);
    weir_status (*schema_name)(const wr_registry_schema *schema, const wr_format_options *options,
                               wr_arena *arena, const char **name, weir_error *err);
    /* Any format whose payloads are not text of their own. */
    weir_status (*to_json)(const wr_format_options *options, wr_str schema_header, wr_str payload,
                           wr_buf *out, weir_error *err);
    weir_status (*from_json)(const wr_format_options *options, const wr_json *json, wr_buf *out,
                             weir_error *err);
} wr_format_class;

extern const wr_format_class wr__format_none, wr__format_kafka, wr__format_delimited,
    wr__format_json, wr__format_json_sr, wr__format_avro, wr__format_protobuf,
    wr__format_protobuf_nosr, wr__format_debezium_json, wr__format_debezium_avro;

static inline const wr_format_class *wr__format_class_of(const wr_format *format)
{
    return (const wr_format_class *)format;
}

/* ---- refusals (format_check.c); all return false ---- */

bool wr__misfit(wr_format_misfit *why, int32_t column, const char *fmt, ...) WR_PRINTF(3, 4);
/** "<what> Got: [`A` INTEGER, ...]" */
bool wr__misfit_columns(wr_format_misfit *why, const wr_format_columns *c, const char *what);
/** "The 'X' format does not support type 'T'", with the column's name if @p name_it. */
bool wr__misfit_type(wr_format_misfit *why, const char *format, const wr_format_columns *c,
                     uint32_t column, bool name_it);
/** Neither nested nor a type that columns do not have. */
bool wr__type_is_scalar(const wr_type *t);
/**
 * The check of formats that hold documents: any type of a column, maps with STRING keys only, one
 * column where it is to be unwrapped. @p in_map_text: the format as the text about maps names it.
 */
bool wr__check_documents(const char *format, const char *in_map_text, const wr_format_columns *c,
                         wr_format_misfit *why);
weir_status wr__refuse_unbuilt(const wr_format *format, weir_error *err);

/* ---- the JSON format's two halves (json_decode.c, json_encode.c); json_format.c has the row ----
 */

weir_status wr__json_decoder_new(const wr_decoder *common, wr_arena *arena, wr_decoder **out,
                                 weir_error *err);
weir_status wr__json_scan(wr_decoder *d, wr_sel sel, uint8_t *ok, wr_row_errors *errs,
                          weir_error *err);
void wr__json_convert_column(wr_decoder *d, uint32_t column, wr_sel sel, wr_vec *out, uint8_t *ok,
                             wr_row_errors *errs);
weir_status wr__json_encoder_new(const wr_encoder *common, wr_arena *arena, wr_encoder **out,
                                 weir_error *err);
void wr__json_encode(wr_encoder *e, const wr_vec *cols, wr_sel sel, wr_buf *buf, wr_str *payloads,
                     uint8_t *ok, wr_row_errors *errs);
weir_status wr__json_to_json(const wr_format_options *options, wr_str schema_header, wr_str payload,
                             wr_buf *out, weir_error *err);

/* ---- decoders, encoders ---- */

struct wr_decoder {
    const wr_format_class *class_;
    const wr_column *cols; /* copied into the decoder's arena */
    uint32_t n;
    const bool *wanted; /* n flags, never NULL */
    wr_format_options options;
    /* Of the last scan. */
    const wr_str *payloads;
    const wr_str *schema_headers; /* per row, or NULL; formats with a registry look at them */
    int64_t *times;               /* per row, or NULL; see wr_decoder_times */
    wr_arena *scratch;
    wr_decoder_counts counts;
    wr_arr(uint32_t) unavailable;   /* of the last convert; in scratch */
    wr_arr(wr_schema_rows) schemas; /* formats with a registry: record_schema.h */
    bool nulls;                     /* some payloads are NULL */
    bool scanned;                   /* it succeeded, so columns may be converted */
};

struct wr_encoder {
    const wr_format_class *class_;
    const wr_column *cols;
    uint32_t n;
    wr_format_options options;
    wr_str mark; /* see wr_encoder_mark */
};

/** Row @p row of the column that is being converted has no value in its record. */
void wr__decoder_lacks(wr_decoder *d, uint32_t row);
/** Make row @p i of @p v NULL and its data zero: what vec.h asks of producers. */
void wr__vec_put_null(wr_vec *v, uint32_t i);

/* ---- writing rows one after the other ---- */

typedef enum wr_encoded {
    WR_ENCODED,      /* bytes were appended */
    WR_ENCODED_NULL, /* the row is a NULL key or value */
    WR_ENCODED_FAIL, /* reported; what was appended is taken back */
} wr_encoded;

typedef wr_encoded (*wr_encode_row_fn)(wr_encoder *e, const wr_vec *cols, uint32_t row, wr_buf *buf,
                                       wr_row_errors *errs);

/**
 * The loop of all encoders: @p put each row, then set @p payloads, when the buffer moves no more.
 * Inline, so that @p put is a direct call.
 */
static inline void wr__encode_rows(wr_encode_row_fn put, wr_encoder *e, const wr_vec *cols,
                                   wr_sel sel, wr_buf *buf, wr_str *payloads, uint8_t *ok,
                                   wr_row_errors *errs)
{
    size_t start = buf->len;
    WR_FOREACH_SEL (i, sel) {
        size_t before = buf->len;
        wr_encoded r = put(e, cols, i, buf, errs);
        ok[i] = r != WR_ENCODED_FAIL;
        if (r != WR_ENCODED)
            buf->len = before;
        /* Any address but NULL will do until the buffer has its final place. */
        payloads[i] = wr_str_make(r == WR_ENCODED ? "" : NULL, buf->len - before);
    }
    wr_buf_reserve(buf, 1); /* so that an empty payload has an address, too */
    const char *at = buf->ptr + start;
    WR_FOREACH_SEL (i, sel) {
        if (!payloads[i].ptr)
            continue;
        payloads[i].ptr = at;
        at += payloads[i].len;
    }
}

/* ---- shared readers (scalar_text.c) ---- */

/** Integer.parseInt: decimal digits with an optional sign, in range. */
bool wr__text_to_i32(wr_str s, int32_t *out);
/** Double.parseDouble: blanks around, NaN and [+-]Infinity included. */
bool wr__text_to_double(wr_str s, double *out);
/** As Java's `new String(bytes, UTF_8)`: what is malformed becomes U+FFFD. Valid text is returned
 *  as it is (a slice), else a copy in @p a. */
wr_str wr__text_repair_utf8(wr_str s, wr_arena *a);
/** A TIME must lie within one day; 24:00 is taken, as ksqlDB's readers take it. */
bool wr__time_in_range(int64_t ms);
#define WR_TIME_RANGE_TEXT                                                                         \
    "Time values must use number of milliseconds greater than 0 and less than 86400000."
/** Why a text or number is not a value of a DECIMAL type; @p s is shortened where it is long. */
void wr__decimal_fault(wr_buf *out, const wr_type *t, wr_str s);
/** Float.toString: the shortest digits that make the same float. */
void wr__put_float(wr_buf *out, float f);
/** Text of one scalar value as DELIMITED writes it. */
void wr__put_scalar(wr_buf *out, const wr_type *t, const wr_value *v);

#endif
