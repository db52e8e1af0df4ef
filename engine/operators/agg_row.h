/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agg_row.h - an aggregate's row between store and functions, boxed; emitting what changed at a
 * commit.
 */
#ifndef WR_ENGINE_OPERATORS_AGG_ROW_H
#define WR_ENGINE_OPERATORS_AGG_ROW_H

#include "engine/operators/op_eval.h"

/** Rows that flush puts into one batch. */
#define WR__FLUSH_ROWS WR_BATCH_ROWS_DEFAULT

/** One group's row while it is worked on: everything in scratch. */
typedef struct wr__agg_row {
    int64_t rowtime;
    wr_value *carried; /* cfg->carried_n */
    wr_value *states;  /* cfg->aggregates_n */
    bool open;         /* states are as wr_agg_open makes them */
} wr__agg_row;

/** What the aggregate operators have in common. */
typedef struct wr__agg {
    wr_op *op;
    const wr_step_aggregate *cfg;
    wr_evaluator *ev;                    /* all arguments of all calls */
    uint32_t args_n;                     /* of them */
    bool in_place;                       /* some state is opened (function.h) to be changed */
    const wr_vec **new_args, **old_args; /* args_n vectors, per batch */
    wr_agg_ctx actx;
    const wr_type **state_types; /* by call: what its state is stored in */
    wr__op_errors errs;
    wr_value *arg_values; /* boxed arguments of one call */
    wr_str initial;       /* see wr__agg_open; ptr NULL: nobody asks */
    wr_buf key, row;
} wr__agg;

/**
 * `initial` becomes the stored row of a group that no row was added to yet (COUNT 0, MIN NULL). For
 * a stream it is what was there before the first row, as in Kafka Streams' KStreamAggregate: HAVING
 * COUNT(*) <> 1 held before, and sends a tombstone for a group that begins. Where changes are
 * emitted at commits (caching) and for tables there was nothing before.
 */
weir_status wr__agg_open(wr__agg *g, wr_op *op, weir_error *err) WR_MUST_CHECK;
/** Only to decode rows and compute results; lasts as long as @p a, and needs no close. */
void wr__agg_read_only(wr__agg *g, wr_op *op, wr_arena *a);
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
/** Encode into g->row, closing the states; the view is valid until the next call. */
wr_str wr__agg_encode(wr__agg *g, wr__agg_row *row);
/** WEIR_ERR_RECORD: the row cannot be taken (SUM of DECIMAL overflows); @p row is of no use any
 *  more. What becomes of it is wr__agg_left_out's decision. */
weir_status wr__agg_add(wr__agg *g, wr__agg_row *row, const wr_batch *in, uint32_t i,
                        weir_error *err) WR_MUST_CHECK;
weir_status wr__agg_undo(wr__agg *g, wr__agg_row *row, const wr_batch *in, uint32_t i,
                         weir_error *err) WR_MUST_CHECK;
/** @p other is as it was decoded. */
weir_status wr__agg_merge(wr__agg *g, wr__agg_row *row, const wr__agg_row *other,
                          weir_error *err) WR_MUST_CHECK;
/**
 * What adding row @p i came to, with @p err, where it was not WEIR_OK. A row that cannot be taken
 * is reported, counted as dropped and left out, so the group keeps what it had: WEIR_OK; or it ends
 * the query, where wr_plan.producing says so. Other failures are passed on.
 */
weir_status wr__agg_left_out(wr__agg *g, const wr_batch *in, uint32_t i, weir_status st,
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

#endif
