/* SPDX-License-Identifier: Apache-2.0 */
/*
 * internal.h - what the operators share among themselves: bytes of keys and rows in stores, small
 * batch surgery, error adapters, committed times. Not for other folders.
 */
#ifndef WR_ENGINE_OPERATORS_INTERNAL_H
#define WR_ENGINE_OPERATORS_INTERNAL_H

#include "engine/functions/datepattern.h"
#include "engine/operators/topology.h"

/* ------------------------------------------------------------------ running */

/**
 * The time from now on is @p to's (NULL: nobody's here); @return whose it was. Every way into an
 * operator is wr__op_switch(ctx, op), the call, and the switch back.
 */
wr_op *wr__op_switch(wr_task_ctx *ctx, wr_op *to);

/** cls->feed, timed and its bytes counted. */
weir_status wr__op_feed(wr_op *op, const wr_record *records, uint32_t n, weir_error *err);
/** cls->take, timed. */
weir_status wr__op_take(wr_op *op, const wr_batch *batch, weir_error *err);
/**
 * Rows of @p in to the tasks of their partitions, by ctx->exchange. @p keys: encoded keys by row,
 * NULL: none; @p ok: rows whose key could be encoded, NULL: all.
 */
weir_status wr__exchange(wr_op *op, const wr_batch *in, const wr_str *keys, const uint8_t *ok,
                         weir_error *err);

/* ------------------------------------------------------------------ row errors, evaluation */

/** Rows that flush puts into one batch. */
#define WR__FLUSH_ROWS WR_BATCH_ROWS_DEFAULT

/** Turns errors of kernels and formats into ctx->row_error of one operator and batch. */
typedef struct wr__op_errors {
    wr_row_errors base;
    wr_op *op;
    const wr_step *step; /* whose errors they are: the operator's own, unless it is changed */
    const wr_batch *batch;
} wr__op_errors;
void wr__op_errors_init(wr__op_errors *e, wr_op *op, const wr_batch *batch);
void wr__op_row_error(wr_op *op, const wr_batch *batch, uint32_t row, const char *fmt, ...)
    WR_PRINTF(4, 5);
wr_eval_ctx wr__op_eval_ctx(const wr_op *op, wr__op_errors *errs);
wr_evaluator *wr__op_evaluator(const wr_op *op, wr_expr *const *exprs, uint32_t n);

/**
 * wr_op_emit to a filter that this source has applied itself: @p batch is what passed of @p tested
 * rows, which is what both operators count.
 */
weir_status wr__op_emit_filtered(wr_op *op, const wr_batch *batch, uint32_t tested,
                                 weir_error *err) WR_MUST_CHECK;

/** In flush: reset scratch, after the receivers have taken what was exchanged. */
weir_status wr__reset_scratch(wr_task_ctx *ctx, weir_error *err);

/* ------------------------------------------------------------------ batches (batch_rows.c) */

/** Rows of b->sel that have all flags of @p mask. */
wr_sel wr__sel_with(const wr_batch *b, uint8_t mask, wr_arena *a);
/** Do all selected rows have @p mask? */
bool wr__all_have(const wr_batch *b, uint8_t mask);
/** Shallow copy of @p b under another schema, columns to be filled in by the caller. */
wr_batch *wr__batch_like(const wr_batch *b, const wr_schema *schema, wr_arena *a);
/** @p v with NULL in the selected rows that lack a flag of @p mask. Others are shared. */
wr_vec wr__vec_null_where(const wr_vec *v, const wr_batch *b, uint8_t mask, wr_arena *a);
/** ts + delta without overflow. */
int64_t wr__time_add(int64_t ms, int64_t delta);

/* ------------------------------------------------------------------ TIMESTAMP columns */

/** How a timestamp column is read: BIGINT and TIMESTAMP as they are, STRING by a pattern. */
typedef struct wr__timestamp {
    wr_datepattern *pattern; /* NULL unless STRING */
    const char *zone;        /* of texts that name none */
} wr__timestamp;
weir_status wr__timestamp_open(wr__timestamp *t, const wr_task_ctx *ctx, const wr_type *type,
                               const char *format, weir_error *err) WR_MUST_CHECK;
void wr__timestamp_close(wr__timestamp *t);
/** Row @p i of @p v in ms; false, with the reason in @p why: NULL, bad text or negative. */
bool wr__timestamp_get(const wr__timestamp *t, const wr_vec *v, uint32_t i, int64_t *ms, char *why,
                       size_t why_n);

/* ------------------------------------------------------------------ store keys (rowkey.c) */

/**
 * Store keys compare bytewise as their values do (numbers, strings by UTF-16 units, bytes as
 * functions.md rule 7 says, false before true, NULL first; arrays, maps, structs and decimals in
 * some fixed order) and no key is a prefix of another: docs/design/operators.md draws the layout.
 */
void wr__rowkey_put(wr_buf *out, const wr_type *t, const wr_value *v);
/** All key columns of row @p i, then the window's bounds where the batch has them. */
void wr__rowkey_of(wr_buf *out, const wr_schema *schema, const wr_vec *cols, const wr_batch *b,
                   uint32_t i);
/** Keys of many rows, without windows, one behind the other: row k's ends at ends[k] of @p out. */
void wr__rowkeys_of(wr_buf *out, const wr_schema *schema, const wr_vec *cols, wr_sel rows,
                    size_t *ends);
/** Decode one value, advance *p. @return WEIR_ERR_STORE where the bytes are damaged. */
weir_status wr__rowkey_get(const wr_type *t, const char **p, const char *end, wr_arena *a,
                           wr_value *out, weir_error *err) WR_MUST_CHECK;
/** Decode all key columns into row @p row of @p cols; window bounds (16 bytes) where @p windowed.
 */
weir_status wr__rowkey_read(const wr_schema *schema, wr_str key, wr_arena *a, wr_vec *cols,
                            uint32_t row, bool windowed, int64_t *start, int64_t *end,
                            weir_error *err) WR_MUST_CHECK;

/* ------------------------------------------------------------------ store rows (batch_rows.c) */

/* A stored table row: 8 bytes big-endian rowtime, then each value column in the row codec. */

void wr__row_put(wr_buf *out, int64_t rowtime, const wr_vec *cols, uint32_t first, uint32_t n,
                 uint32_t i);
/** @return WEIR_ERR_STORE where the bytes are too short for a row. */
weir_status wr__row_time(wr_str row, int64_t *ms, weir_error *err) WR_MUST_CHECK;
/** Values into row @p i of cols[first .. first+n). Strings borrow from @p row. */
weir_status wr__row_get(wr_str row, wr_arena *a, wr_vec *cols, uint32_t first, uint32_t n,
                        uint32_t i, weir_error *err) WR_MUST_CHECK;
/** Copy of bytes that a store owns: they may change before the batch is done. */
wr_str wr__row_copy(wr_arena *a, wr_str row);
/** cols[to_first + k] row @p to := from[from_first + k] row @p i, for k < n. */
void wr__copy_cells(wr_vec *to, uint32_t to_first, uint32_t to_row, const wr_vec *from,
                    uint32_t from_first, uint32_t from_row, uint32_t n);

/* ------------------------------------------------------------------ joins (join_row.c) */

/** New joined row for row @p i of @p in: key, times, window; all values NULL. */
uint32_t wr__join_row(const wr_op *op, wr_batch_builder *out, const wr_batch *in, uint32_t i);
/** Values of side @p input into row @p to: from row @p i of @p from (the side's columns). */
void wr__join_values(const wr_op *op, int input, wr_vec *cols, uint32_t to, const wr_vec *from,
                     uint32_t i);
/** The same from stored bytes, which must outlive the batch. */
weir_status wr__join_stored(const wr_op *op, int input, wr_vec *cols, uint32_t to, wr_str row,
                            weir_error *err) WR_MUST_CHECK;
/** Store keys of the selected rows (with the window, where keys are windowed); bytes in @p buf. */
typedef struct wr__groups wr__groups;
void wr__join_keys(wr__groups *g, wr_buf *buf, const wr_op *op, int input, const wr_batch *in,
                   wr_sel sel);
/** The same of one row, and its stored row, in @p buf. */
wr_str wr__join_key(wr_buf *buf, const wr_op *op, int input, const wr_batch *in, uint32_t i);
wr_str wr__join_stored_row(wr_buf *buf, const wr_op *op, int input, const wr_batch *in, uint32_t i);

/**
 * Joined rows to be: row[k] of the batch with stored[k], bytes in a store that is not changed until
 * wr__join_emit (ptr NULL: no partner). Zeroed to begin with; memory is scratch.
 */
typedef struct wr__join_pairs {
    uint32_t *row;
    wr_str *stored;
    int64_t *time; /* of the joined row */
    uint32_t n, cap;
} wr__join_pairs;
#define WR__JOIN_PAIRS WR_BATCH_ROWS_DEFAULT /* enough for a batch */
void wr__join_pair(wr__join_pairs *p, wr_arena *a, uint32_t i, wr_str stored, int64_t time);
/** Emit them as one batch, if there are any; @p in came in on @p input. Empties @p p. */
weir_status wr__join_emit(wr_op *op, int input, const wr_batch *in, wr__join_pairs *p,
                          weir_error *err) WR_MUST_CHECK;

/* ------------------------------------------------------------------ foreign keys (fk_message.c) */

typedef enum wr__fk_instruction {
    WR__FK_UNSUBSCRIBE,        /* forget the subscription, say nothing */
    WR__FK_UNSUBSCRIBE_ANSWER, /* forget it, answer "no right row" */
    WR__FK_ANSWER_IF_FOUND,    /* subscribe; answer only if there is a right row */
    WR__FK_ANSWER,             /* subscribe; answer in any case */
    WR__FK_RESPONSE,           /* the answer itself */
} wr__fk_instruction;

/** A subscription (left to right) or an answer (right to left). Bytes are borrowed. */
typedef struct wr__fk_message {
    wr__fk_instruction what;
    bool has_left; /* the left row was there when this was sent */
    uint64_t hash; /* of its values, if so: an answer to another row is stale */
    wr_str left;   /* store key of the left row */
    wr_str right;  /* subscription: store key of the right row, one NULL column where there is none
                    * to find; answer: stored right row, ptr NULL: none */
} wr__fk_message;
void wr__fk_message_put(wr_buf *out, const wr__fk_message *m);
/** @return WEIR_ERR_STORE: not such a message. */
weir_status wr__fk_message_get(wr_str bytes, wr__fk_message *m, weir_error *err) WR_MUST_CHECK;
/** Hash of a stored left row's values; its time does not count. @pre it has one (wr__row_time). */
uint64_t wr__fk_row_hash(wr_str row);

/** Messages that one call of an operator sends, with the columns their keys are encoded from. */
typedef struct wr__fk_outbox {
    wr_op *op;
    wr_encoder *encoder;
    wr_schema schema; /* key columns only */
    uint32_t topic;
    wr_buf keys, values;    /* reused */
    wr_batch_builder *rows; /* one row for each message: its key columns, its time */
    wr_arr(size_t) ends;
} wr__fk_outbox;
weir_status wr__fk_outbox_open(wr__fk_outbox *b, wr_op *op, const wr_schema *keys_of,
                               const wr_format_use *use, uint32_t topic,
                               weir_error *err) WR_MUST_CHECK;
void wr__fk_outbox_close(wr__fk_outbox *b);
void wr__fk_outbox_begin(wr__fk_outbox *b);
/** Add a message; the caller fills in the key columns of the row that is returned. */
wr_batch *wr__fk_outbox_add(wr__fk_outbox *b, const wr__fk_message *m, int64_t time, uint32_t *row);
weir_status wr__fk_outbox_send(wr__fk_outbox *b, weir_error *err) WR_MUST_CHECK;

/* ------------------------------------------------------------------ committed times (times.c) */

/**
 * A few integers that are state: stream time, last emitted bounds, counters. Kept in memory, read
 * at open, written in flush (before a commit), in a store of their own.
 */
#define WR__TIMES_MAX 4
#define WR__NO_TIME   (-1) /* Kafka's ConsumerRecord.NO_TIMESTAMP */
typedef struct wr__times {
    int64_t v[WR__TIMES_MAX], stored[WR__TIMES_MAX];
    uint32_t n;
    wr_store *store;
} wr__times;
/** @p initial: values of a task that has none yet. */
weir_status wr__times_open(wr__times *t, wr_op *op, const int64_t *initial, uint32_t n,
                           weir_error *err) WR_MUST_CHECK;
weir_status wr__times_flush(wr__times *t, const wr_op *op, weir_error *err) WR_MUST_CHECK;

/* ------------------------------------------------------------------ aggregation (agg_row.c) */

/** One group's row while it is worked on: everything in scratch. */
typedef struct wr__agg_row {
    int64_t rowtime;
    wr_value *carried; /* cfg->carried_n */
    wr_value *states;  /* cfg->aggregates_n */
} wr__agg_row;

/** What the aggregate operators have in common. */
typedef struct wr__agg {
    wr_op *op;
    const wr_step_aggregate *cfg;
    wr_evaluator *ev;                    /* all arguments of all calls */
    uint32_t args_n;                     /* of them */
    const wr_vec **new_args, **old_args; /* args_n vectors, per batch */
    wr_agg_ctx actx;
    wr__op_errors errs;
    wr_value *arg_values; /* boxed arguments of one call */
    wr_buf key, row;
} wr__agg;

weir_status wr__agg_open(wr__agg *g, wr_op *op, weir_error *err) WR_MUST_CHECK;
void wr__agg_close(wr__agg *g);
/** Make the functions usable; @p in: what errors refer to, NULL outside process. */
void wr__agg_ready(wr__agg *g, const wr_batch *in);
/** wr__agg_ready, and evaluate the arguments of all calls for a batch (old_cols too for a table's
 * changes). */
void wr__agg_begin(wr__agg *g, const wr_batch *in, wr_sel sel);
wr__agg_row wr__agg_row_new(wr__agg *g);
void wr__agg_init(wr__agg *g, wr__agg_row *row);
/** @p bytes must outlive the row (wr__row_copy). */
weir_status wr__agg_decode(wr__agg *g, wr_str bytes, wr__agg_row *row,
                           weir_error *err) WR_MUST_CHECK;
/** Encode into g->row; the view is valid until the next call. */
wr_str wr__agg_encode(wr__agg *g, const wr__agg_row *row);
/** A failure ends the query: WEIR_ERR_RECORD. */
weir_status wr__agg_add(wr__agg *g, wr__agg_row *row, const wr_batch *in, uint32_t i,
                        weir_error *err) WR_MUST_CHECK;
weir_status wr__agg_undo(wr__agg *g, wr__agg_row *row, const wr_batch *in, uint32_t i,
                         weir_error *err) WR_MUST_CHECK;
weir_status wr__agg_merge(wr__agg *g, wr__agg_row *row, const wr__agg_row *other,
                          weir_error *err) WR_MUST_CHECK;
/** Write carried values and results into the value columns of row @p to. */
void wr__agg_results(wr__agg *g, const wr__agg_row *row, wr_vec *cols, uint32_t to);
/** Stored bytes -> the value columns of row @p to: new ones, or old ones with HAS_OLD. */
weir_status wr__agg_results_of(wr__agg *g, wr_str bytes, wr_vec *cols, uint32_t to,
                               weir_error *err) WR_MUST_CHECK;
/** Key columns of row @p to (also of old_cols where the batch has them) from row @p i of @p in. */
void wr__agg_key_cells(const wr__agg *g, wr_batch *out, uint32_t to, const wr_batch *in,
                       uint32_t i);

/**
 * Caching: emit what changed since the last commit, each row once, in order of first change. @p put
 * adds the rows of one entry to @p out (or none).
 */
typedef weir_status (*wr__put_dirty)(wr_op *op, wr_store_entry *e, wr_str old,
                                     wr_batch_builder *out, weir_error *err);
weir_status wr__flush_dirty(wr_op *op, wr_store *store, bool windowed, wr__put_dirty put,
                            weir_error *err) WR_MUST_CHECK;
/** Values of one dirty entry into row @p to, whose keys are set: new and, if wanted, old. */
weir_status wr__agg_put_dirty(wr__agg *g, const wr_store_entry *e, wr_str old, wr_batch *b,
                              uint32_t to, weir_error *err) WR_MUST_CHECK;
/** Emit what @p out holds, then pass on @p st: rows before a failure count. */
weir_status wr__emit_before(wr_op *op, wr_batch_builder *out, weir_status st,
                            weir_error *err) WR_MUST_CHECK;

/** EMIT FINAL's throttle and bounds, dialect.md section 10: see window_aggregate.c. */
typedef struct wr__final {
    bool on;
    int64_t interval_ms;
    int64_t next_emit_ms; /* wall clock; not state: only when, never what */
} wr__final;
void wr__final_open(wr__final *f, const wr_op *op);
/** May this record emit? Moves the throttle. @p last: close time of the last emission. */
bool wr__final_due(wr__final *f, int64_t wall_ms, int64_t last, int64_t close_time);

#endif
