/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema_counts.h - the records that a source has read, by the schema that they were written with.
 *
 * A source counts them, for formats with a registry; the runtime adds them up (runtime/query/
 * query_schemas.c), and says in the log when one is met for the first time.
 *
 * Thread: the task's.
 */
#ifndef WR_ENGINE_OPERATORS_SCHEMA_COUNTS_H
#define WR_ENGINE_OPERATORS_SCHEMA_COUNTS_H

#include "engine/operators/op.h"

/** Schemas that are told apart, keys' and values' together; records of more are not counted here.
 */
#define WR_SCHEMA_COUNTS_MAX 256

typedef struct wr_schema_count {
    bool is_key;
    uint32_t id;      /* 0: the records name none */
    uint64_t records; /* with a key or value of it */
    uint64_t failed;  /* of records: which could not be used, whatever was wrong with them */
    int64_t last_ms;  /* when the last one was read, by the wall clock */
} wr_schema_count;

typedef struct wr_schema_counts {
    wr_schema_count v[WR_SCHEMA_COUNTS_MAX];
    uint32_t n;
} wr_schema_counts;

/** The source @p op has read these. */
void wr__schema_counts_add(wr_op *op, bool is_key, const wr_schema_rows *rows, uint32_t n);
/** A record of schema @p id was counted, and could not be used. */
void wr__schema_counts_fail(wr_op *op, bool is_key, uint32_t id);

#endif
