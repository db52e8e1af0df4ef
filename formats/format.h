/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format.h - the bytes of record keys and values <-> columns (dialect.md section 14).
 *
 * A format is a class of its own and a row of a table (wr_format_find). A decoder or encoder is
 * compiled once for a list of columns and then works on whole batches; one is used by one thread.
 * Formats know nothing of topics, Kafka or the catalog. Windowed keys (14.8) are handled by the
 * caller, which strips or appends the window's bytes.
 */
#ifndef WR_FORMATS_FORMAT_H
#define WR_FORMATS_FORMAT_H

#include "registry/registry.h"
#include "types/batch.h"

typedef enum wr_format_id {
    WR_FORMAT_NONE,
    WR_FORMAT_KAFKA,
    WR_FORMAT_DELIMITED,
    WR_FORMAT_JSON,
    WR_FORMAT_JSON_SR,
    WR_FORMAT_AVRO,
    WR_FORMAT_PROTOBUF,
    WR_FORMAT_PROTOBUF_NOSR,
    WR_FORMAT_DEBEZIUM_JSON,
    WR_FORMAT_DEBEZIUM_AVRO,
} wr_format_id;

typedef struct wr_format {
    wr_format_id id;
    const char *name;      /* upper case */
    bool implemented;      /* false: known, refused as "not supported yet" */
    bool multi_column_key; /* several key columns in one key */
    bool can_wrap, can_unwrap;
    bool can_infer;        /* schema registry */
    bool is_key, is_value; /* may be used as key / value format */
    bool nested;           /* ARRAY, MAP, STRUCT */
    bool read_only;        /* nothing is written: no encoder, no schema that is registered */
    /* Values are changes of rows: they say when (wr_decoder_times), may be about no row or about
     * all (WR_DECODED_SKIP, _TRUNCATE), and may lack a column (wr_decoder_unavailable). */
    bool change_events;
} wr_format;

/** By name in any case; NULL: unknown. */
const wr_format *wr_format_find(wr_str name);
const wr_format *wr_format_get(wr_format_id id);

/** How PROTOBUF writes a column that can be NULL: not at all (0, "", false), or in one of two ways.
 */
typedef enum wr_nullable_form {
    WR_NULLABLE_NONE,
    WR_NULLABLE_OPTIONAL,
    WR_NULLABLE_WRAPPER,
} wr_nullable_form;

/** What numbers are that stand for times, where a record does not say it (DEBEZIUM_JSON). */
typedef enum wr_time_unit {
    WR_TIME_UNIT_BY_SIZE,
    WR_TIME_UNIT_MS,
    WR_TIME_UNIT_US,
    WR_TIME_UNIT_NS,
} wr_time_unit;

typedef struct wr_json wr_json; /* a document; see below */

/** The schema that wr_format_to_json has read last, parsed, for the records that follow with it.
 *  Begins as {0}. Schemas are the registry's, and stay, so that one is known by its address. */
typedef struct wr_parsed_schema {
    const wr_registry_schema *schema; /* NULL: none so far */
    const void *parsed;               /* in the form of its format, in `arena` */
    wr_arena *arena;
} wr_parsed_schema;

void wr_parsed_schema_free(wr_parsed_schema *p);

typedef struct wr_format_options {
    char delimiter; /* DELIMITED; 0: ',' */
    bool unwrapped; /* a single column is written bare, not as an object / record */
    bool is_key;    /* decoder: of keys; those beside change events are no change events */
    bool strict;    /* decoder: check the types of columns that are not wanted, too (Traps 14);
                     * from_json: refuse members that the schema has not, and values of other types */
    /* Formats with a registry. All borrowed: they outlive decoders and encoders. */
    wr_registry *registry;            /* decoder: whom it asks for the writer's schemas */
    const wr_registry_schema *schema; /* encoder: what it writes with, registered */
    bool exact_names; /* columns come from a schema by its id: names keep their case (Q01) */
    const char
        *full_name;    /* *_SCHEMA_FULL_NAME: of the record or message; NULL: the format's own */
    const char *owner; /* name of the stream or table, for names that are made of it; or NULL */
    wr_nullable_form nullable; /* PROTOBUF, PROTOBUF_NOSR */
    wr_time_unit time_unit;    /* DEBEZIUM_JSON */
    bool id_in_header; /* encoder: the schema is not named before the payload: wr_encoder_mark */
    bool no_indexes; /* PROTOBUF, decoder: records do not say which message they are (facts: P01) */
    wr_parsed_schema *parsed; /* wr_format_to_json; NULL: each record's schema is parsed anew */
    bool serialized; /* PROTOBUF: the schema for columns is a descriptor in base64, not text */
} wr_format_options;

/** Columns of a key or a value, and how they are to be laid out. */
typedef struct wr_format_columns {
    bool is_key;
    const wr_column *cols;
    uint32_t n;
    const wr_format_options *options; /* NULL: not decided yet, so not looked at */
} wr_format_columns;

#define WR_MISFIT_ALL (-1) /* the reason is about no single column */

/**
 * Can @p format hold these columns? dialect.md section 21's texts ("The 'KAFKA' format only
 * supports a single field. Got: [...]", "The 'DELIMITED' format does not support type 'ARRAY',
 * column: X", "JSON only supports MAP types with STRING keys" ...).
 * @param misfit  NULL, or where the column goes that the reason is about (an index, or
 *                WR_MISFIT_ALL), for callers that know where it stands in the statement.
 */
weir_status wr_format_check(const wr_format *format, const wr_format_columns *columns,
                            int32_t *misfit, weir_error *err) WR_MUST_CHECK;

/*
 * ---- schemas (formats with can_infer) ----
 *
 * A registry keeps texts; what they mean is the format's. Q.. are lines of
 * facts about what ksqlDB does; docs/design/formats.md has what is followed.
 */

/** What kind of schema the format's are. The format has can_infer. */
wr_schema_kind wr_format_schema_kind(const wr_format *format);
/** Can a schema's text be used at all? For texts that come from people: a registry takes anything.
 */
weir_status wr_format_schema_parse(const wr_format *format, const wr_registry_schema *schema,
                                   weir_error *err) WR_MUST_CHECK;

/**
 * The columns that a schema describes, as ksqlDB infers them.
 * @param options  unwrapped: the whole is one column (ROWKEY or ROWVAL); exact_names; full_name:
 *                 which message of a .proto file.
 * @param is_key   keys are inferred otherwise than values.
 * @param cols     in @p arena; their role is not set.
 * @return WEIR_ERR_STATEMENT with what cannot be had as columns: recursion, clashing names ...
 */
weir_status wr_format_infer(const wr_format *format, const wr_registry_schema *schema,
                            const wr_format_options *options, bool is_key, wr_arena *arena,
                            wr_column **cols, uint32_t *n, weir_error *err) WR_MUST_CHECK;
/** The text to register for these columns; what wr_encoder_new writes fits it. PROTOBUF_NOSR has
 * one too, which is registered nowhere: wr_format_to_json and _from_json take it as
 * options->schema. */
weir_status wr_format_schema_text(const wr_format *format, const wr_format_columns *columns,
                                  wr_buf *out, weir_error *err) WR_MUST_CHECK;
/** A registered schema's text as the registry's clients lay it out, for those who compare texts:
 *  Protobuf's. Other formats' texts are JSON, and given as they are. */
weir_status wr_format_schema_canonical(const wr_format *format, const wr_registry_schema *schema,
                                       wr_buf *out, weir_error *err) WR_MUST_CHECK;
/** The full name of the message that a schema is about, in @p arena: what a sink takes over whose
 *  source was declared by that schema's id (facts: Q20). NULL: the format has no such names. */
weir_status wr_format_schema_name(const wr_format *format, const wr_registry_schema *schema,
                                  const wr_format_options *options, wr_arena *arena,
                                  const char **name, weir_error *err) WR_MUST_CHECK;
/**
 * Can rows of these columns be written with options->schema, which somebody else has made (Q38)?
 * Every row that this accepts and the encoder does not report can be read back.
 */
weir_status wr_format_check_schema(const wr_format *format, const wr_format_columns *columns,
                                   weir_error *err) WR_MUST_CHECK;
/** A payload as JSON text with the schema's field names, for PRINT, consume and tests: every value
 *  as it was written, whatever the columns are. May wait as a scan does. */
weir_status wr_format_to_json(const wr_format *format, const wr_format_options *options,
                              wr_str schema_header, wr_str payload, wr_buf *out,
                              weir_error *err) WR_MUST_CHECK;
/** The reverse with options->schema, for produce and tests: names without regard to case, unknown
 *  ones dropped (an error with options->strict), missing ones NULL or their default. Formats
 *  without a schema take what they can hold: JSON any value, DELIMITED an array of scalars. */
weir_status wr_format_from_json(const wr_format *format, const wr_format_options *options,
                                const wr_json *json, wr_buf *out, weir_error *err) WR_MUST_CHECK;

/** How a writer's schema stands to the columns that its records are read into; the worst counts. */
typedef enum wr_schema_fit {
    WR_SCHEMA_FITS,
    WR_SCHEMA_HAS_MORE, /* fields that no column takes: they are not read */
    WR_SCHEMA_HAS_LESS, /* columns without a field: they are NULL */
    WR_SCHEMA_MISFIT,   /* a field whose values cannot become the column's: records are bad */
} wr_schema_fit;
/**
 * @param columns  as given to wr_decoder_new; with options.
 * @param how      what differs is added, in words: "no field for `B`; `A` INTEGER cannot be read
 *                 from STRING; not in the source: `C` BIGINT". Nothing where it fits.
 * @return WEIR_ERR_STATEMENT: the schema cannot be used at all, and why.
 */
weir_status wr_format_schema_fit(const wr_format *format, const wr_registry_schema *schema,
                                 const wr_format_columns *columns, wr_schema_fit *fit, wr_buf *how,
                                 weir_error *err) WR_MUST_CHECK;

/*
 * ---- decoding ----
 *
 * A batch of payloads is decoded with one of three outcomes:
 *
 *   WEIR_OK                 each row is decoded, or reported as bad and left out
 *   an error, RETRIABLE     the decoder *waits*: what it needs is not at hand and will come (the
 *                           writer's schema, while the registry is down: WEIR_ERR_LOG, which a
 *                           query tries again without end). Nothing is decoded and nothing
 *                           reported; the same call may be made later, and the caller must not go
 *                           past these records. A decoder never blocks.
 *   any other error         the payloads cannot be decoded at all, whatever the row (the registry
 *                           refuses us): the query fails, its position stays before these records
 *
 * Only wr_decoder_scan has outcomes of the last two kinds. Making a decoder depends on nothing but
 * its arguments, so that one for fewer columns can be made where one for more has been.
 */

typedef struct wr_decoder wr_decoder;

/**
 * @param cols    all columns of that part (key or value) in order; header columns left out.
 * @param wanted  n booleans: which columns are read; NULL: all. Others are skipped (their vectors
 *                are not touched), their structure is checked, their types only with
 * options.strict. Memory: from @p arena (the task's), which outlives the decoder.
 */
weir_status wr_decoder_new(const wr_format *format, const wr_column *cols, uint32_t n,
                           const bool *wanted, const wr_format_options *options, wr_arena *arena,
                           wr_decoder **out, weir_error *err) WR_MUST_CHECK;

/** What decoding stores in ok[]; 0: the row could not be decoded. */
enum {
    WR_DECODED = 1,
    /** Decoded, and the record has no key or value at all: its payload is NULL, or it is the JSON
     *  text `null` (a tombstone, for a table). All columns are NULL. */
    WR_DECODED_NULL = 2,
    /** The record is fine and about no row (a change-data-capture topic has such): it is left out.
     *  Columns must not be converted for it. */
    WR_DECODED_SKIP = 3,
    /** The record says that there are no rows any more: those before it are gone. Columns must not
     *  be converted for it. */
    WR_DECODED_TRUNCATE = 4,
};

/**
 * Before each scan of records that may name their schema in a header: the header's value per row,
 * ptr NULL where there is none; NULL: no row has one. Must stay as long as the payloads.
 */
void wr_decoder_schema_headers(wr_decoder *d, const wr_str *headers);
/**
 * Before each scan, for formats whose records say when their row was changed: per row, the time
 * that it has otherwise, which the scan replaces where the record says another; NULL: not wanted.
 */
void wr_decoder_times(wr_decoder *d, int64_t *times);

/**
 * Decode the payloads of @p sel.
 *
 * @param payloads  one per row of the batch; ptr NULL: a NULL key or value: all columns NULL, no
 *                  error. Bytes must stay until the columns are no longer used (slices).
 * @param out       n vectors initialised by the caller with the batch's row count (wanted ones).
 * @param ok        per row: WR_DECODED or WR_DECODED_NULL where the row was decoded, 0 where it was
 *                  not (then reported to @p errs and the row's columns are NULL).
 * @param scratch   for what cannot be a slice.
 */
weir_status wr_decoder_run(wr_decoder *d, const wr_str *payloads, wr_sel sel, wr_vec *out,
                           uint8_t *ok, wr_row_errors *errs, wr_arena *scratch,
                           weir_error *err) WR_MUST_CHECK;

/*
 * The same in two phases, for those who want some columns first and the others only for the rows
 * that are still of interest then: scan the payloads once, then convert columns one by one. A row's
 * faults are reported as wr_decoder_run does if the columns are converted in their order and a row
 * is left out once it has failed.
 */

/**
 * Check the structure of the payloads of @p sel and find the columns in them; @p ok and @p errs as
 * above. @p payloads and @p scratch must stay until the last wr_decoder_convert for them.
 */
weir_status wr_decoder_scan(wr_decoder *d, const wr_str *payloads, wr_sel sel, uint8_t *ok,
                            wr_row_errors *errs, wr_arena *scratch, weir_error *err) WR_MUST_CHECK;
/**
 * Would a scan of these wait? Needs no memory, so whoever waits may ask often. The headers are
 * those of the last wr_decoder_schema_headers.
 * @return WEIR_OK: no, as far as can be told without scanning; else the scan's error.
 */
weir_status wr_decoder_ready(const wr_decoder *d, const wr_str *payloads, wr_sel sel,
                             weir_error *err) WR_MUST_CHECK;
/** What is remarkable about the payloads of a scan, beside those that are bad: numbers of rows. */
typedef struct wr_decoder_counts {
    uint32_t with_rest; /* the payload goes on after the value that was taken (JSON: `{"A":1} x`);
                           the rest is ignored, as ksqlDB ignores it */
    uint32_t nulls;     /* a payload that is there, and decoded to WR_DECODED_NULL */
    uint32_t skipped;   /* WR_DECODED_SKIP */
    uint32_t truncates; /* WR_DECODED_TRUNCATE */
} wr_decoder_counts;
/** Of the last scan. @pre it was WEIR_OK. */
wr_decoder_counts wr_decoder_last(const wr_decoder *d);
/** Rows of a scan by the schema that they name. */
typedef struct wr_schema_rows {
    uint32_t id; /* 0: they name none, or one by a GUID that nobody knows */
    uint32_t rows;
} wr_schema_rows;
/** Of the last scan, NULL payloads left out, in order of their first row; in its scratch memory.
 *  None from formats without a registry. @pre the scan was WEIR_OK. */
const wr_schema_rows *wr_decoder_schemas(const wr_decoder *d, uint32_t *n);
/**
 * Convert column @p column of rows that the last wr_decoder_scan has accepted.
 * @param column  a wanted one; with options.strict any.
 * @param out   a vector with the batch's row count; only the rows of @p sel are written; its
 *              no_nulls and ascii are then about these. NULL: only whether they can be converted.
 * @param ok    per row: set to 0 where the row fails (reported, the row is NULL), else untouched.
 */
void wr_decoder_convert(wr_decoder *d, uint32_t column, wr_sel sel, wr_vec *out, uint8_t *ok,
                        wr_row_errors *errs);

/**
 * Rows of the last wr_decoder_convert whose value the record does not have, since it has not
 * changed: a large value that the database did not send. They are NULL in the vector; whoever knows
 * the row before takes its value. In ascending order; in the scan's scratch.
 */
const uint32_t *wr_decoder_unavailable(const wr_decoder *d, uint32_t *n);

/* ---- encoding ---- */

typedef struct wr_encoder wr_encoder;

weir_status wr_encoder_new(const wr_format *format, const wr_column *cols, uint32_t n,
                           const wr_format_options *options, wr_arena *arena, wr_encoder **out,
                           weir_error *err) WR_MUST_CHECK;
/**
 * Encode the rows of @p sel, one after the other, into @p buf.
 * @param cols     n vectors.
 * @param payloads per row: where its bytes are, in @p buf or, where they are the same, in a column
 *                 (valid until buf changes again and while the columns are); ptr NULL: the row is
 *                 written as NULL (format NONE; an unwrapped single column that is NULL).
 * @param ok       per row: 0 where the row cannot be written (reported to @p errs).
 */
void wr_encoder_run(wr_encoder *e, const wr_vec *cols, wr_sel sel, wr_buf *buf, wr_str *payloads,
                    uint8_t *ok, wr_row_errors *errs);

/** With options.id_in_header: what a header of each record has to say, in the encoder's memory (the
 *  schema's GUID, and Protobuf's message indexes; facts: R01). Else ptr NULL. */
wr_str wr_encoder_mark(const wr_encoder *e);

/* ---- single values, for tests, produce/consume and PRINT ---- */

/** Guess how bytes would be printed: JSON text, KAFKA_INT ... See dialect.md 8.6 PRINT. */
typedef struct wr_format_guess {
    unsigned candidates; /* bit set of wr_guess_*, narrowed by each record */
} wr_format_guess;
enum {
    WR_GUESS_JSON = 1,
    WR_GUESS_KAFKA_INT = 2,
    WR_GUESS_KAFKA_BIGINT = 4,
    WR_GUESS_KAFKA_DOUBLE = 8,
    WR_GUESS_KAFKA_STRING = 16,
    WR_GUESS_TUMBLING_STRING = 32, /* windowed key forms */
    WR_GUESS_SESSION_STRING = 64,
    WR_GUESS_TUMBLING_INT = 128,
    WR_GUESS_TUMBLING_BIGINT = 256,
    WR_GUESS_SESSION_INT = 512,
    WR_GUESS_SESSION_BIGINT = 1024,
};
void wr_format_guess_init(wr_format_guess *g);
void wr_format_guess_add(wr_format_guess *g, wr_str payload);
/** "JSON or KAFKA_STRING"; "¯\_(ツ)_/¯ - no data processed" when nothing was added. */
void wr_format_guess_print(const wr_format_guess *g, wr_buf *out);
/** Print one payload in the best remaining form. */
void wr_format_guess_value(const wr_format_guess *g, wr_str payload, wr_buf *out);

/* ---- record JSON with exact numbers (also the reader of `weir test`) ---- */

/**
 * A JSON reader that keeps the raw text of numbers (no doubles), built in an arena. For test cases,
 * EXTRACTJSONFIELD and the JSON functions; the record decoder does not use it (no tree per record).
 */
typedef enum wr_json_kind {
    WR_JSON_NULL,
    WR_JSON_FALSE,
    WR_JSON_TRUE,
    WR_JSON_NUMBER,
    WR_JSON_STRING,
    WR_JSON_ARRAY,
    WR_JSON_OBJECT,
} wr_json_kind;
struct wr_json {
    wr_json_kind kind;
    wr_str text;    /* NUMBER: as written; STRING: unescaped UTF-8 (lone halves as 3 bytes) */
    uint32_t n;     /* ARRAY, OBJECT */
    wr_json *items; /* n values */
    wr_str *keys;   /* OBJECT: n keys, unescaped, in order, duplicates kept */
    wr_str raw;     /* the value's text in the input */
};
/**
 * Parse a whole text. Depth limit 100. @p comments: allow // and block comments (test files).
 * Error: WEIR_ERR_RECORD with offset.
 */
weir_status wr_json_parse(wr_str text, bool comments, wr_arena *a, wr_json **out,
                          weir_error *err) WR_MUST_CHECK;
/** Parse the first value of @p text and ignore what follows it, as the SQL functions on JSON do. */
weir_status wr_json_parse_first(wr_str text, wr_arena *a, wr_json **out,
                                weir_error *err) WR_MUST_CHECK;
/** Member by exact name (the last one of duplicates), or NULL. */
const wr_json *wr_json_get(const wr_json *object, const char *name);
/** Compact JSON text as Jackson prints it (numbers as written). */
void wr_json_print(wr_buf *out, const wr_json *j);

#endif
