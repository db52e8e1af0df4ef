/* SPDX-License-Identifier: Apache-2.0 */
/*
 * type.h - SQL types (dialect.md section 2). Immutable; simple ones are singletons, others live in
 * an arena. Compare with wr_type_equal, never by pointer.
 */
#ifndef WR_TYPES_TYPE_H
#define WR_TYPES_TYPE_H

#include "common/arena.h"
#include "common/buf.h"
#include "common/error.h"

typedef enum wr_tid {
    WR_T_NULL, /* the untyped NULL */
    WR_T_BOOLEAN,
    WR_T_INTEGER,
    WR_T_BIGINT,
    WR_T_DOUBLE,
    WR_T_DECIMAL,
    WR_T_STRING,
    WR_T_BYTES,
    WR_T_DATE,      /* epoch day, int32 */
    WR_T_TIME,      /* millisecond of the day, int32 */
    WR_T_TIMESTAMP, /* epoch ms, int64 */
    WR_T_ARRAY,
    WR_T_MAP,
    WR_T_STRUCT,
    WR_T_UNIT, /* DAYS, HOURS ... as a function argument; int32 holding a wr_ast_unit */
    WR_T_N
} wr_tid;

typedef struct wr_type wr_type;

typedef struct wr_field {
    const char *name;
    const wr_type *type;
} wr_field;

struct wr_type {
    wr_tid id;
    int32_t precision, scale; /* DECIMAL */
    const wr_type *key;       /* MAP: key type */
    const wr_type *elem;      /* ARRAY: element type; MAP: value type */
    const wr_field *fields;   /* STRUCT */
    uint32_t fields_n;
};

extern const wr_type wr_type_null, wr_type_boolean, wr_type_integer, wr_type_bigint, wr_type_double,
    wr_type_string, wr_type_bytes, wr_type_date, wr_type_time, wr_type_timestamp, wr_type_unit;

const wr_type *wr_type_decimal(wr_arena *a, int32_t precision, int32_t scale);
const wr_type *wr_type_array(wr_arena *a, const wr_type *elem);
const wr_type *wr_type_map(wr_arena *a, const wr_type *key, const wr_type *value);
/** @p fields are copied (names too). */
const wr_type *wr_type_struct(wr_arena *a, const wr_field *fields, uint32_t n);
/** Deep copy into @p a. */
const wr_type *wr_type_copy(wr_arena *a, const wr_type *t);

bool wr_type_equal(const wr_type *a, const wr_type *b);
static inline bool wr_type_is_number(const wr_type *t)
{
    return t->id >= WR_T_INTEGER && t->id <= WR_T_DECIMAL;
}
/** Field index by exact name, or -1. */
int wr_type_field(const wr_type *t, const char *name);
/** True where a MAP occurs anywhere inside. */
bool wr_type_contains(const wr_type *t, wr_tid id);
/**
 * Text as in schemas: "BIGINT", "STRING", "DECIMAL(4, 2)", "ARRAY<STRING>",
 * "MAP<STRING, BIGINT>", "STRUCT<`A` INTEGER, `b` STRING>" (field names always back-quoted).
 */
void wr_type_print(wr_buf *out, const wr_type *t);
/** The same as a string in @p a. */
const char *wr_type_text(wr_arena *a, const wr_type *t);

#endif
