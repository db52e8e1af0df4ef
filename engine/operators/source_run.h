/* SPDX-License-Identifier: Apache-2.0 */
/*
 * source_run.h - a run of records as columns, on demand: what sources share (source_pool.h).
 *
 * A wr__run_reader decodes the records of one topic for all sources that read it alike. Per run of
 * records: wr__run_begin looks at their structure, wr__run_column converts a column for the rows
 * that are asked for, wr__run_times takes event times. What is wrong with rows comes back as a list
 * of faults, not as a report: each source reports those of the rows that it still has.
 *
 * With one source a column is converted for the rows it names; with several, at its first need for
 * all rows, and kept. Everything of a run lies in the pool's scratch, without pool in the task's.
 *
 * Thread: that of the tasks.
 */
#ifndef WR_ENGINE_OPERATORS_SOURCE_RUN_H
#define WR_ENGINE_OPERATORS_SOURCE_RUN_H

#include "engine/operators/op.h"

typedef struct wr__run_reader wr__run_reader;

/** Why a row cannot go on. */
typedef enum wr__fault_kind {
    WR__FAULT_BAD,       /* it is reported */
    WR__FAULT_NULL,      /* for want of a key or a value: no error */
    WR__FAULT_SKIPPED,   /* an event about no row: no error */
    WR__FAULT_TRUNCATES, /* an event about all rows of the table: no row, but not left out */
} wr__fault_kind;

typedef struct wr__fault {
    uint32_t row;
    wr__fault_kind kind;
    const char *text; /* BAD; else NULL */
} wr__fault;
typedef struct wr__faults {
    wr__fault *v;
    size_t n, cap;
} wr__faults;

/** What is known of a run as soon as it has begun; one entry per record, shared, read-only. */
typedef struct wr__run_rows {
    uint32_t n;
    const wr_record *records;
    uint8_t *flags; /* WR_ROW_HAS_NEW, WR_ROW_NULL_KEY */
    int64_t *rowtime;
    int32_t *partition;
    int64_t *offset;
    int64_t *window_start, *window_end; /* NULL: not windowed */
    wr_headers *headers;                /* NULL: none has any */
    wr__faults key, value;              /* whose bytes are no key or value at all */
    bool value_first; /* values were looked at first: rows with a fault there have no key */
    const uint32_t *truncates; /* rows that say that a table's rows before them are gone */
    uint32_t truncates_n;
    /* By the schema that was written with; none where the format has no registry. */
    const wr_schema_rows *key_schemas, *value_schemas;
    uint32_t key_schemas_n, value_schemas_n;
    uint32_t with_rest; /* whose key or value is followed by text that was not read */
} wr__run_rows;

/** A column of a run. */
typedef struct wr__run_found {
    wr__faults faults;
    const uint32_t *lacks; /* rows whose record does not have the value (wr_decoder_unavailable) */
    uint32_t lacks_n;
} wr__run_found;

/** One source's share in a reader. */
typedef struct wr__run_member {
    wr__run_reader *reader;
    const bool *wanted; /* by column of the source's declaration */
    struct wr__run_member *next;
} wr__run_member;

/**
 * Join the reader in @p ctx's pool that fits source @p step, or make one.
 * @param wanted  which of the declared columns the source will ask for; stays the caller's.
 */
weir_status wr__run_join(wr__run_member *m, wr_task_ctx *ctx, const wr_step *step,
                         const bool *wanted, weir_error *err) WR_MUST_CHECK;
/** Leave; the last one ends it. Nothing happens where the join failed. */
void wr__run_leave(wr__run_member *m);

/**
 * Records to work on; at once done if another member has begun the same run.
 * @return what the decoders came to: RETRIABLE where one waits (format.h); then nothing is begun,
 *         and the same records may be tried later.
 */
weir_status wr__run_begin(wr__run_member *m, wr_task_ctx *ctx, const wr_record *records, uint32_t n,
                          const wr__run_rows **out, weir_error *err) WR_MUST_CHECK;
/** After a RETRIABLE failure of wr__run_begin: is what it waits for there, so that it may be tried
 *  again? Needs no memory. @return as wr__run_begin. */
weir_status wr__run_ready(const wr__run_member *m, weir_error *err) WR_MUST_CHECK;
/**
 * Column @p c at the rows of @p sel. @param out  the vector; NULL: only its faults (a strict source
 * asks for columns that it does not want).
 */
const wr__run_found *wr__run_column(wr__run_member *m, uint32_t c, wr_sel sel, wr_vec *out);
/** The id of the schema that the key or value of row @p row names; 0: none that is known. */
uint32_t wr__run_schema(const wr__run_member *m, bool is_key, uint32_t row);
/** Event times of the rows of @p sel into rowtime; a TIMESTAMP column has been asked for before. */
const wr__faults *wr__run_times(wr__run_member *m, wr_sel sel);

#endif
