/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record.h - raw records as logs hand them over and take them: slices, no copies.
 */
#ifndef WR_TYPES_RECORD_H
#define WR_TYPES_RECORD_H

#include "types/batch.h"
#include "types/partitioner.h"

/** One record as read. Bytes are borrowed from the record batch of the log. */
typedef struct wr_record {
    wr_str key;   /* ptr NULL: NULL key */
    wr_str value; /* ptr NULL: NULL value */
    int64_t timestamp;
    int64_t offset;
    int32_t partition;
    const wr_headers *headers; /* NULL: none */
} wr_record;

/** Records to write, column by column; n entries each. Borrowed until the call returns. */
typedef struct wr_out_records {
    uint32_t n;
    const wr_str *keys;
    const wr_str *values;
    const int64_t *timestamps;
    const int32_t *partitions;        /* NULL: by the key, any where it is NULL */
    const wr_headers *const *headers; /* NULL: none has any */
    wr_partitioner partitioner;       /* where `partitions` is NULL; not NONE */
} wr_out_records;

/** Which times the records of a topic may have. */
typedef struct wr_record_times {
    int64_t past_max_ms, future_max_ms; /* behind and ahead of the clock; INT64_MAX: any */
    bool no_zero;                       /* 0 cannot be written */
} wr_record_times;
#define WR_RECORD_TIMES_ANY ((wr_record_times){INT64_MAX, INT64_MAX, false})

#endif
