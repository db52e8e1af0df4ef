/* SPDX-License-Identifier: Apache-2.0 */
/*
 * avro.h - what the files of the AVRO format share: its halves, reading bytes, and *ways*.
 *
 * A way says how one value comes from the writer's type to the reader's SQL type. A decoder makes
 * one for each column and each writer's schema (avro_way.c), along the SQL type, so ways are
 * finite trees even where the schema is recursive. Reading a value by its way: avro_read.c.
 */
#ifndef WR_FORMATS_AVRO_H
#define WR_FORMATS_AVRO_H

#include "formats/avro_schema.h"
#include "formats/format_internal.h"
#include "types/decimal.h"

/* ---- bytes ---- */

/* Where a walk over one payload is. */
typedef struct wr_avro_reader {
    const char *p, *end;
    unsigned depth;
    uint64_t empties; /* elements without bytes that were taken so far: they cost nothing to send */
    wr_arena *arena;  /* for what is read */
    const char *fault; /* why it ended early; NULL: it has not */
    /* The fields that it was in then, the innermost first; as many as there is room for. */
    const char *path[8];
    unsigned path_n;
} wr_avro_reader;

/** Elements that take no bytes, of one payload: more are refused rather than made. */
#ifdef WR_FUZZ /* ten bytes of input must not cost a tenth of a second */
#define WR_AVRO_EMPTIES_MAX 100
#else
#define WR_AVRO_EMPTIES_MAX 100000
#endif

/** Note why; the first reason stays. @return false */
bool wr__avro_fail(wr_avro_reader *r, const char *fault);
/** A zigzag number of up to 64 bits. */
bool wr__avro_long_slow(wr_avro_reader *r, int64_t *out);
static inline bool wr__avro_long(wr_avro_reader *r, int64_t *out)
{
    if (WR_LIKELY(r->p < r->end && !(*r->p & 0x80))) {
        uint8_t b = (uint8_t)*r->p++;
        *out = (int64_t)(b >> 1) ^ -(int64_t)(b & 1);
        return true;
    }
    return wr__avro_long_slow(r, out);
}
/** A length and that many bytes. */
bool wr__avro_text(wr_avro_reader *r, wr_str *out);
/** A union's index, which must be below @p n. */
bool wr__avro_branch(wr_avro_reader *r, uint32_t n, uint32_t *out);
/**
 * The head of an array's or map's next block. @p count: its elements, 0 at the end; @p size: bytes
 * of the block where the writer gave them, else -1. Counts that cannot fit in what is left fail.
 */
bool wr__avro_block(wr_avro_reader *r, const wr_avro_node *list, uint64_t *count, int64_t *size);
/** Go past one value without decoding it: only what is needed to find its end is looked at. */
bool wr__avro_skip(wr_avro_reader *r, const wr_avro_node *node);

/* ---- ways ---- */

typedef enum wr_avro_way_kind {
    WR_AVRO_WAY_SKIP,     /* nobody wants it */
    WR_AVRO_WAY_MISMATCH, /* no way from the one type to the other: the row is bad (Q08) */
    WR_AVRO_WAY_BOOLEAN,
    WR_AVRO_WAY_INT,  /* int -> INTEGER, DATE, TIME; must be in range */
    WR_AVRO_WAY_LONG, /* int, long -> BIGINT, TIMESTAMP */
    WR_AVRO_WAY_TIME, /* other units of time -> TIMESTAMP, TIME: divided */
    WR_AVRO_WAY_FLOAT,
    WR_AVRO_WAY_DOUBLE,
    WR_AVRO_WAY_STRING,
    WR_AVRO_WAY_ENUM,
    WR_AVRO_WAY_BYTES, /* bytes, fixed */
    WR_AVRO_WAY_DECIMAL,
    WR_AVRO_WAY_TEXT, /* boolean, int, long, float, double -> STRING */
    WR_AVRO_WAY_ARRAY,
    WR_AVRO_WAY_MAP,
    WR_AVRO_WAY_ENTRIES, /* Connect's array of key and value -> MAP */
    WR_AVRO_WAY_STRUCT,
    WR_AVRO_WAY_BRANCHES, /* a union of several -> STRUCT, a field for each */
    WR_AVRO_WAY_EVENT,    /* a form that only change events have (debezium_way.c) */
} wr_avro_way_kind;

/** Whose table says what goes to what. */
typedef enum wr_avro_rules {
    WR_AVRO_RULES_CONNECT, /* Connect's and ksqlDB's */
    WR_AVRO_RULES_EVENTS,  /* those, and the forms of change events */
} wr_avro_rules;

typedef struct wr_avro_way wr_avro_way;
struct wr_avro_way {
    wr_avro_way_kind kind;
    wr_avro_rules rules;
    const wr_type *type;       /* the reader's */
    const wr_avro_node *node;  /* the writer's, without the union around it */
    const wr_avro_node *whole; /* the union of null and node, or of node alone; else NULL */
    int64_t divisor;           /* TIME */
    const wr_type *from;       /* DECIMAL: what the writer's bytes are, of its scale */
    /* ARRAY, MAP, ENTRIES: of the elements, of the values; EVENT of a record: as a STRUCT first. */
    const wr_avro_way *elem;
    const wr_avro_way *key; /* ENTRIES */
    /* STRUCT, BRANCHES: for each of the writer's fields or branches its way, and which field of the
     * STRUCT it fills (none where it is skipped). */
    const wr_avro_way *members;
    const uint32_t *targets;
};

/** The way of a value of @p node to @p type. */
wr_avro_way wr__avro_way(const wr_avro_node *node, const wr_type *type, wr_avro_rules rules,
                         wr_arena *arena);
/**
 * Which of @p names each member of a record or union goes to, or UINT32_MAX: the one of exactly its
 * name, or else the one of its name in upper case (Q02). @p targets: node->n.
 */
void wr__avro_match(const wr_avro_node *node, const char *const *names, uint32_t n, wr_arena *arena,
                    uint32_t *targets);
/** The i-th member's name and type: a record's field, a union's branch. */
const wr_avro_node *wr__avro_member(const wr_avro_node *node, uint32_t i, const char **name);

/** A scalar as it stands in the bytes, before it is converted. */
typedef struct wr_avro_token {
    union {
        int64_t i64; /* boolean, int, long, enum */
        double f64;  /* float, double */
        const char *ptr;
    } u;
    uint32_t len; /* string, bytes, fixed; for all others the encoding of the whole value */
    bool null;
} wr_avro_token;

/** Read a value that the way takes, a union's index before it included. */
bool wr__avro_read(wr_avro_reader *r, const wr_avro_way *way, wr_value *out);
/** The same from a token; containers from a reader over the token's bytes. */
bool wr__avro_convert(wr_avro_reader *r, const wr_avro_way *way, const wr_avro_token *token,
                      wr_value *out);
/** Read @p node's scalar into a token. @pre node is no container and no union */
bool wr__avro_token(wr_avro_reader *r, const wr_avro_node *node, wr_avro_token *out);
/** Has it elements, fields or branches? */
static inline bool wr__avro_is_container(const wr_avro_node *node)
{
    return node->kind == WR_AVRO_RECORD || node->kind >= WR_AVRO_ARRAY;
}

/* ---- writing ---- */

void wr__avro_put_long(wr_buf *out, int64_t v);
/** Append a schema's default in binary form. It may fit any branch of a union (A05). @return false:
 *  it does not fit the node at all. */
bool wr__avro_put_default(const wr_avro_node *node, const wr_json *json, wr_buf *out,
                          wr_arena *arena);

/* ---- the format's functions ---- */

weir_status wr__avro_decoder_new(const wr_decoder *common, wr_arena *arena, wr_decoder **out,
                                 weir_error *err);
weir_status wr__avro_scan(wr_decoder *d, wr_sel sel, uint8_t *ok, wr_row_errors *errs,
                          weir_error *err);
void wr__avro_convert_column(wr_decoder *d, uint32_t column, wr_sel sel, wr_vec *out, uint8_t *ok,
                             wr_row_errors *errs);
weir_status wr__avro_encoder_new(const wr_encoder *common, wr_arena *arena, wr_encoder **out,
                                 weir_error *err);
void wr__avro_encode(wr_encoder *e, const wr_vec *cols, wr_sel sel, wr_buf *buf, wr_str *payloads,
                     uint8_t *ok, wr_row_errors *errs);
weir_status wr__avro_infer(const wr_registry_schema *schema, const wr_format_options *options,
                           bool is_key, wr_arena *arena, wr_column **cols, uint32_t *n,
                           weir_error *err);
/** The same of a record that stands inside of the schema; rules EVENTS: times and dates by their
 *  names, too. */
weir_status wr__avro_infer_record(const wr_avro_node *record, bool exact_names, wr_avro_rules rules,
                                  wr_arena *arena, wr_column **cols, uint32_t *n, weir_error *err);
/** The fields of a record or union (or, for unwrapped columns, of any type) beside columns. */
void wr__avro_fields_of(const wr_avro_node *node, const wr_format_columns *columns,
                        wr_avro_rules rules, wr_arena *arena, wr_schema_field **fields,
                        uint32_t *n);
weir_status wr__avro_schema_fields(const wr_registry_schema *schema,
                                   const wr_format_columns *columns, wr_arena *arena,
                                   wr_schema_field **fields, uint32_t *n, weir_error *err);
weir_status wr__avro_schema_text(const wr_format_columns *columns, wr_buf *out, weir_error *err);
weir_status wr__avro_check_schema(const wr_format_columns *columns, weir_error *err);
weir_status wr__avro_to_json(const wr_format_options *options, wr_str schema_header, wr_str payload,
                             wr_buf *out, weir_error *err);
weir_status wr__avro_from_json(const wr_format_options *options, const wr_json *json, wr_buf *out,
                               weir_error *err);

#endif
