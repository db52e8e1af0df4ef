/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_sr.h - what the files of the JSON_SR format share: a JSON Schema as Connect understands it.
 *
 * A schema's text becomes a tree of nodes (json_sr_schema.c), each a type of Connect's; columns are
 * inferred from it (json_sr_infer.c), written for columns (json_sr_text.c), and records are read by
 * it (json_sr_way.c, json_sr_decode.c). What a schema says beyond types is not looked at: records
 * are not validated, as Connect does not.
 */
#ifndef WR_FORMATS_JSON_SR_H
#define WR_FORMATS_JSON_SR_H

#include "formats/format_internal.h"
#include "formats/json_convert.h"

/* Bounds against hostile schemas. */
#define WR_JSR_DEPTH_MAX     64u    /* nested types */
#define WR_JSR_NODES_MAX     20000u /* types of one schema */
#define WR_JSR_FIELDS_MAX    4096u  /* properties of one object */
#define WR_JSR_PRECISION_MAX 10000  /* of a decimal */

typedef enum wr_jsr_kind {
    WR_JSR_BAD, /* no type of Connect's: `why`; where it is optional, null can be read all the same
                 */
    WR_JSR_BOOLEAN,
    WR_JSR_INT,   /* of `bits` */
    WR_JSR_FLOAT, /* of `bits` */
    WR_JSR_STRING,
    WR_JSR_BYTES,
    WR_JSR_DATE,
    WR_JSR_TIME,
    WR_JSR_TIMESTAMP,
    WR_JSR_DECIMAL,
    WR_JSR_ARRAY,
    WR_JSR_MAP,
    WR_JSR_STRUCT,
    WR_JSR_UNION, /* several branches, each a field */
    WR_JSR_ANY,   /* no type: any value, in the two fields of a variant */
} wr_jsr_kind;

typedef struct wr_jsr_node wr_jsr_node;

typedef struct wr_jsr_field {
    const char *name;
    const wr_jsr_node *type;
} wr_jsr_field;

struct wr_jsr_node {
    wr_jsr_kind kind;
    uint8_t bits;
    bool optional; /* null is a value of it */
    bool closed;   /* STRUCT: has required members, or takes no others (Q43) */
    bool entries;  /* MAP: an array of objects with `key` and `value`, not an object */
    int32_t precision, scale;
    const wr_json *fallback;    /* `default`; NULL: none */
    const char *why;            /* BAD */
    const wr_jsr_node *key;     /* MAP */
    const wr_jsr_node *elem;    /* ARRAY, MAP */
    const wr_jsr_field *fields; /* STRUCT, UNION, ANY: n, in the order of columns */
    uint32_t n;
};

/**
 * Parse a schema and what it refers to. Parts that are no types of Connect's are nodes of kind BAD,
 * so that the others can still be read.
 * @return WEIR_ERR_STATEMENT: the text is no JSON at all.
 */
weir_status wr__jsr_schema_parse(const wr_registry_schema *schema, wr_arena *arena,
                                 const wr_jsr_node **out, weir_error *err);

/**
 * Which of @p names each field goes to, or UINT32_MAX: the one of exactly its name, else the one of
 * its name in upper case; one field for one name (Q02). @p targets: node->n.
 */
void wr__jsr_match(const wr_jsr_node *node, const char *const *names, uint32_t n, wr_arena *arena,
                   uint32_t *targets);

/* ---- from a schema's type to a column's (json_sr_way.c) ---- */

typedef enum wr_jsr_way_kind {
    WR_JSR_WAY_MISMATCH, /* nothing comes through, NULL neither */
    WR_JSR_WAY_NULL,     /* null alone comes through */
    WR_JSR_WAY_CHECK,    /* no column wants it: only whether it may be null */
    WR_JSR_WAY_BOOLEAN,
    WR_JSR_WAY_INT,
    WR_JSR_WAY_DOUBLE,
    WR_JSR_WAY_STRING,
    WR_JSR_WAY_BYTES,
    WR_JSR_WAY_TIME,
    WR_JSR_WAY_DECIMAL,
    WR_JSR_WAY_TEXT, /* a number or a boolean into a STRING */
    WR_JSR_WAY_ARRAY,
    WR_JSR_WAY_MAP,
    WR_JSR_WAY_STRUCT,
    WR_JSR_WAY_UNION,
    WR_JSR_WAY_VARIANT,
} wr_jsr_way_kind;

/** How values of a node come to a SQL type: worked out once for each schema and column. */
typedef struct wr_jsr_way {
    wr_jsr_way_kind kind;
    const wr_jsr_node *node;
    const wr_type *type;
    wr_jtoken fallback;            /* the default; MISSING: none */
    const struct wr_jsr_way *key;  /* MAP with entries */
    const struct wr_jsr_way *elem; /* ARRAY, MAP */
    wr_jshape *shape;              /* STRUCT: of all its fields; MAP with entries: key and value */
    const struct wr_jsr_way *members; /* STRUCT, UNION: node->n */
    const uint32_t *targets;          /* where each member goes, or UINT32_MAX */
} wr_jsr_way;

void wr__jsr_way_init(wr_jsr_way *way, const wr_jsr_node *node, const wr_type *type,
                      wr_arena *arena);
/** How many bits the whole numbers of a node have; what does not fit is cut. */
static inline uint8_t wr__jsr_whole_bits(const wr_jsr_node *node)
{
    return node->kind == WR_JSR_INT ? node->bits : node->kind == WR_JSR_TIMESTAMP ? 64 : 32;
}
/** The way of a field that goes nowhere. */
void wr__jsr_way_check(wr_jsr_way *way, const wr_jsr_node *node);

/** A conversion at work: where values go, and what was wrong. */
typedef struct wr_jsr_read {
    wr_jconv conv;
    uint64_t coerced; /* values of another kind than the schema's, made 0, false, NULL (Q34) */
} wr_jsr_read;

/**
 * @param inside  the value is part of another one, so one that is left out must have a default or
 *                be optional (Q35); else it is NULL.
 * @return false: message and path of @p r->conv.
 */
bool wr__jsr_convert(wr_jsr_read *r, const wr_jsr_way *way, const wr_jtoken *tok, bool inside,
                     wr_value *out);
/** The branch of a union that a value is of, or UINT32_MAX. */
uint32_t wr__jsr_branch(const wr_jsr_node *node, const wr_jtoken *tok, wr_arena *scratch);

/** A value of no type as a variant; both parts in the conversion's scratch arena. */
void wr__jsr_variant(wr_jconv *conv, const wr_jtoken *tok, wr_str *metadata, wr_str *value);

/* ---- the format's functions ---- */

weir_status wr__jsr_decoder_new(const wr_decoder *common, wr_arena *arena, wr_decoder **out,
                                weir_error *err);
weir_status wr__jsr_scan(wr_decoder *d, wr_sel sel, uint8_t *ok, wr_row_errors *errs,
                         weir_error *err);
void wr__jsr_convert_column(wr_decoder *d, uint32_t column, wr_sel sel, wr_vec *out, uint8_t *ok,
                            wr_row_errors *errs);
weir_status wr__jsr_infer(const wr_registry_schema *schema, const wr_format_options *options,
                          bool is_key, wr_arena *arena, wr_column **cols, uint32_t *n,
                          weir_error *err);
weir_status wr__jsr_schema_fields(const wr_registry_schema *schema,
                                  const wr_format_columns *columns, wr_arena *arena,
                                  wr_schema_field **fields, uint32_t *n, weir_error *err);
weir_status wr__jsr_schema_text(const wr_format_columns *columns, wr_buf *out, weir_error *err);
weir_status wr__jsr_check_schema(const wr_format_columns *columns, weir_error *err);
weir_status wr__jsr_to_json(const wr_format_options *options, wr_str schema_header, wr_str payload,
                            wr_buf *out, weir_error *err);
weir_status wr__jsr_from_json(const wr_format_options *options, const wr_json *json, wr_buf *out,
                              weir_error *err);

#endif
