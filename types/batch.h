/* SPDX-License-Identifier: Apache-2.0 */
/*
 * batch.h - what flows between operators: rows of one schema in offset order, column by column.
 *
 * A batch of a STREAM: each row is a record. A batch of a TABLE: each row is a change of one key,
 * with the new row (HAS_NEW) and, where the producer knows it, the old row (HAS_OLD). A row
 * without HAS_NEW is a tombstone or a record with a NULL value: its value columns read as NULL.
 * Batch size never carries meaning: n rows in one batch equal n batches of one row.
 *
 * Everything a batch points to is borrowed until process() returns (scratch arena, payloads).
 */
#ifndef WR_TYPES_BATCH_H
#define WR_TYPES_BATCH_H

#include "types/schema.h"
#include "types/vec.h"

#define WR_BATCH_ROWS_DEFAULT 2048u

enum {
    WR_ROW_HAS_NEW = 1,  /* the row has a value (new value, for a change of a table) */
    WR_ROW_HAS_OLD = 2,  /* old columns are set (table changes) */
    WR_ROW_NULL_KEY = 4, /* the record's key was NULL (all key columns are NULL) */
};

typedef struct wr_header {
    wr_str key;
    wr_str value; /* ptr NULL: NULL value */
} wr_header;

typedef struct wr_headers {
    uint32_t n;
    const wr_header *h;
} wr_headers;

/** Copies in @p a. Where there is nothing (ptr NULL; NULL) there is nothing afterwards. */
wr_str wr_bytes_copy(wr_arena *a, wr_str s);
const wr_headers *wr_headers_copy(wr_arena *a, const wr_headers *from);

/* Of rows that come out of state: their partition is that of the state, not of a topic's record. */
#define WR_NO_OFFSET INT64_C(-1)

typedef struct wr_batch {
    const wr_schema *schema;
    uint32_t rows;             /* physical rows: every array below has that many */
    wr_sel sel;                /* the rows that are alive; operators read these only */
    wr_vec *cols;              /* schema->n vectors */
    wr_vec *old_cols;          /* old values (all schema->n columns), or NULL if no row has any */
    uint8_t *flags;            /* WR_ROW_* */
    int64_t *rowtime;          /* event time, ms */
    int32_t *partition;        /* of the record that was read, ROWPARTITION */
    int64_t *offset;           /* ROWOFFSET; WR_NO_OFFSET where no single record became the row */
    int64_t *window_start;     /* NULL: not windowed */
    int64_t *window_end;       /* sessions: the last timestamp, inclusive */
    const wr_headers *headers; /* one per row, or NULL if none has any */
    /* Rows that were aggregated in part before a repartition topic (operators/combine.c): the state
     * so far, ptr NULL for rows that are themselves; NULL if no row is. Only an aggregate that
     * reads the topic directly ever sees any; such a row has no values. */
    const wr_str *partials;
} wr_batch;

/** New batch of @p rows rows from @p a: columns, flags, rowtime, partition, offset allocated,
 *  flags = HAS_NEW, sel = all, nulls 0. Windows where @p windowed; old_cols where @p with_old. */
wr_batch *wr_batch_new(wr_arena *a, const wr_schema *schema, uint32_t rows, bool windowed,
                       bool with_old);

/**
 * Row-wise writer for operators that produce rows one by one (joins, aggregates, explode).
 * Grows in the arena; finish gives a batch.
 */
typedef struct wr_batch_builder wr_batch_builder;
wr_batch_builder *wr_batch_builder_new(wr_arena *a, const wr_schema *schema, bool windowed,
                                       bool with_old);
/** Add a row: flags = HAS_NEW, all columns NULL, times 0. @return its index. */
uint32_t wr_batch_builder_row(wr_batch_builder *b);
uint32_t wr_batch_builder_rows(const wr_batch_builder *b);
/** The batch under construction; pointers move when rows are added. */
wr_batch *wr_batch_builder_batch(wr_batch_builder *b);
/** Copy time, partition, offset, headers of row @p i of @p from to row @p row. */
void wr_batch_builder_meta(wr_batch_builder *b, uint32_t row, const wr_batch *from, uint32_t i);
/** Headers of row @p row; borrowed. */
void wr_batch_builder_headers(wr_batch_builder *b, uint32_t row, wr_headers headers);
/** Finished batch (sel = all rows); the builder may be used again, empty, only with new memory. */
wr_batch *wr_batch_builder_finish(wr_batch_builder *b);

/**
 * Where errors of single rows go (undecodable records, failing expressions): a counter, and a
 * callback that the runtime turns into the processing log. Given to decoders and kernels.
 */
typedef struct wr_row_errors wr_row_errors;
struct wr_row_errors {
    /** @p row: index in the batch at hand. @p message is borrowed. */
    void (*report)(wr_row_errors *self, uint32_t row, const char *message);
    uint64_t count;
    char first[512]; /* first message, for callers that turn it into an error of the statement */
};
void wr_row_error(wr_row_errors *errs, uint32_t row, const char *fmt, ...) WR_PRINTF(3, 4);

#endif
