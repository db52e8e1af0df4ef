/* SPDX-License-Identifier: Apache-2.0 */
/*
 * avro_put.h - how values of SQL types are written with a given Avro schema: the reverse of ways.
 *
 * Made once for an encoder, with all that does not depend on the row as bytes: indexes of unions,
 * defaults for what the columns do not have.
 */
#ifndef WR_FORMATS_AVRO_PUT_H
#define WR_FORMATS_AVRO_PUT_H

#include "formats/avro.h"

typedef enum wr_avro_put_kind {
    WR_AVRO_PUT_CONSTANT, /* the same bytes in every row */
    WR_AVRO_PUT_BOOLEAN,
    WR_AVRO_PUT_WHOLE, /* INTEGER, BIGINT, DATE, TIME, TIMESTAMP -> int, long */
    WR_AVRO_PUT_FLOAT,
    WR_AVRO_PUT_DOUBLE,
    WR_AVRO_PUT_STRING,
    WR_AVRO_PUT_ENUM,
    WR_AVRO_PUT_BYTES,
    WR_AVRO_PUT_FIXED,
    WR_AVRO_PUT_DECIMAL,
    WR_AVRO_PUT_ARRAY,
    WR_AVRO_PUT_MAP,
    WR_AVRO_PUT_ENTRIES, /* MAP -> Connect's array of key and value */
    WR_AVRO_PUT_STRUCT,
    WR_AVRO_PUT_BRANCHES, /* STRUCT -> a union of several: the one field that is not NULL */
} wr_avro_put_kind;

typedef struct wr_avro_put wr_avro_put;
struct wr_avro_put {
    wr_avro_put_kind kind;
    const wr_type *type;
    const wr_avro_node *node; /* without the union of null and it */
    wr_str head;              /* before a value: the index in the union, or nothing */
    wr_str null;     /* for NULL: that of the null branch, or the field's default; ptr NULL: none */
    wr_str constant; /* CONSTANT */
    int64_t factor;  /* WHOLE: the schema's units in one of SQL's */
    const wr_type *to;       /* DECIMAL: of the schema's scale and precision */
    const wr_avro_put *elem; /* ARRAY, MAP, ENTRIES: of elements and values */
    const wr_avro_put *key;  /* ENTRIES */
    /* STRUCT, BRANCHES: per field or branch of the schema; sources: the STRUCT's field, where the
     * member is no constant. */
    const wr_avro_put *members;
    const uint32_t *sources;
};

/** Why columns cannot be written with a schema. */
typedef struct wr_avro_refusal {
    const char *reason; /* NULL: they can */
} wr_avro_refusal;

/** How @p type is written as @p node, whose default is @p fallback (or NULL). @return false */
bool wr__avro_put_init(wr_avro_put *put, const wr_avro_node *node, const wr_type *type,
                       const wr_json *fallback, wr_arena *arena, wr_avro_refusal *why);
/** A record's fields by columns: as a STRUCT of these. */
bool wr__avro_put_members(wr_avro_put *put, const char *const *names, const wr_type *const *types,
                          uint32_t n, wr_arena *arena, wr_avro_refusal *why);

/** Append the value. @return NULL, or why it cannot be written (then what was appended is void). */
const char *wr__avro_put(const wr_avro_put *put, const wr_value *value, wr_buf *out);

#endif
