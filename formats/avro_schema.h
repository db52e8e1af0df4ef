/* SPDX-License-Identifier: Apache-2.0 */
/*
 * avro_schema.h - an Avro schema as a graph of nodes, made from its JSON text (Avro 1.12).
 *
 * Named types are nodes that several places may point to, themselves included, so a walk over the
 * graph needs a bound of its own; a walk along a SQL type has one already, as those are finite.
 * What only concerns Java's classes (doc, order, avro.java.string) is dropped; aliases are, too, as
 * every record is read with its own writer's schema and then matched by name (facts: Q13).
 *
 * Memory: all nodes in the arena given to the parser; immutable.
 */
#ifndef WR_FORMATS_AVRO_SCHEMA_H
#define WR_FORMATS_AVRO_SCHEMA_H

#include "formats/connect_names.h"
#include "formats/format.h"

typedef enum wr_avro_kind {
    WR_AVRO_NULL,
    WR_AVRO_BOOLEAN,
    WR_AVRO_INT,
    WR_AVRO_LONG,
    WR_AVRO_FLOAT,
    WR_AVRO_DOUBLE,
    WR_AVRO_BYTES,
    WR_AVRO_STRING,
    WR_AVRO_RECORD,
    WR_AVRO_ENUM,
    WR_AVRO_FIXED,
    WR_AVRO_ARRAY,
    WR_AVRO_MAP,
    WR_AVRO_UNION,
} wr_avro_kind;

/* Logical types that change what a value means in SQL; others are read as their base. */
typedef enum wr_avro_logical {
    WR_AVRO_PLAIN,
    WR_AVRO_DECIMAL,      /* BYTES, FIXED */
    WR_AVRO_DATE,         /* INT */
    WR_AVRO_TIME_MS,      /* INT */
    WR_AVRO_TIME_US,      /* LONG */
    WR_AVRO_TIMESTAMP_MS, /* LONG, as all below; of UTC or local time */
    WR_AVRO_LOCAL_MS,
    WR_AVRO_TIMESTAMP_US,
    WR_AVRO_TIMESTAMP_NS,
    WR_AVRO_TIME_NS, /* LONG; no logical type of Avro, but one of Debezium */
} wr_avro_logical;

typedef struct wr_avro_node wr_avro_node;

typedef struct wr_avro_field {
    const char *name;
    const wr_avro_node *type;
    const wr_json *fallback; /* its default; NULL: none (a default of null is a node of JSON) */
} wr_avro_field;

struct wr_avro_node {
    wr_avro_kind kind;
    wr_avro_logical logical;
    wr_connect_form form;        /* what `connect.name` says; columns are not inferred by it */
    int32_t precision, scale;    /* DECIMAL; 64 and 0 where the schema has none, as Connect */
    bool is_empty;               /* every value takes no bytes: null, records of such ... */
    bool is_map_entry;           /* RECORD: Connect's pair of a key and a value */
    const char *name;            /* RECORD, ENUM, FIXED: full name */
    const char *short_name;      /* the same without its namespace; else the name of the kind */
    uint32_t n;                  /* RECORD: fields; ENUM: symbols; UNION: branches; FIXED: bytes */
    const wr_avro_field *fields; /* RECORD */
    const wr_str *symbols;       /* ENUM */
    const wr_avro_node **branches; /* UNION; none is a union itself */
    const wr_avro_node *elem;      /* ARRAY: its items; MAP: its values */
    int32_t null_branch;           /* UNION: which branch is null, or -1 */
};

/** Bounds against schemas made to harm; more than any real one has. */
#define WR_AVRO_FIELDS_MAX   10000 /* of a record; symbols of an enum */
#define WR_AVRO_BRANCHES_MAX 500   /* of a union */
#define WR_AVRO_TYPES_MAX    50000 /* types within what is inferred from one schema */
/** How deep a walk over nodes or values goes before it gives up. */
#define WR_AVRO_DEPTH_MAX 200

/**
 * Parse a schema's text, and first those that it refers to.
 * @return WEIR_ERR_STATEMENT with what is wrong with it.
 */
weir_status wr__avro_schema_parse(const wr_registry_schema *schema, wr_arena *arena,
                                  const wr_avro_node **out, weir_error *err) WR_MUST_CHECK;

/** How a schema's text calls the kind: "int", "record" ... */
const char *wr__avro_kind_name(wr_avro_kind kind);

/** Of a union of null and one other, or of one alone: the other's index; else -1. */
int32_t wr__avro_only_branch(const wr_avro_node *node);

/** Is it an array of Connect's map entries: records of `key` and `value`? */
bool wr__avro_is_entries(const wr_avro_node *node);

/** "UNION of" several: the name of the STRUCT's field that stands for branch @p i (facts: Q11). */
const char *wr__avro_branch_name(const wr_avro_node *node, uint32_t i);

/**
 * Whose field takes the values of branch @p i of several: its own, but an enum's after a string's
 * and a fixed's after a bytes' go there, as Connect looks at values and takes the first that fits.
 */
uint32_t wr__avro_branch_home(const wr_avro_node *node, uint32_t i);

/** May @p name be a name in a schema that we write? Letters beyond ASCII may (facts: Q16). */
bool wr__avro_name_ok(wr_str name);

#endif
