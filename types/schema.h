/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema.h - the columns of a source or of a step: key columns first, then values, in order.
 * Pseudo columns (ROWTIME ...) are not in it: a batch carries them beside its columns.
 */
#ifndef WR_TYPES_SCHEMA_H
#define WR_TYPES_SCHEMA_H

#include "types/type.h"

typedef enum wr_col_role {
    WR_COL_KEY,
    WR_COL_VALUE,
    WR_COL_HEADERS, /* all headers; behaves as a value column */
    WR_COL_HEADER,  /* one header by key */
} wr_col_role;

typedef struct wr_column {
    const char *name;
    const wr_type *type;
    wr_col_role role;
    const char *header; /* HEADER: its key */
} wr_column;

typedef struct wr_schema {
    const wr_column *cols; /* KEY columns first */
    uint32_t n, keys_n;
} wr_schema;

/** Copy @p cols (names and types too) into @p a, keys moved to the front in order. */
const wr_schema *wr_schema_new(wr_arena *a, const wr_column *cols, uint32_t n);
/** Index by exact name, or -1. */
int wr_schema_find(const wr_schema *s, const char *name);
bool wr_schema_equal(const wr_schema *a, const wr_schema *b);
/**
 * ksqlDB's text: "`ID` BIGINT KEY, `S` STRUCT<`A` INTEGER>, `H` BYTES HEADER('abc')";
 * PRIMARY KEY is not told apart.
 */
void wr_schema_print(wr_buf *out, const wr_schema *s);

#endif
