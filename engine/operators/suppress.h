/* SPDX-License-Identifier: Apache-2.0 */
/*
 * suppress.h - EMIT FINAL, as far as windows and sessions do it alike: when closed windows are
 * looked for, and how they go out.
 *
 * A closed window is let out once, at the first of:
 *   - a row, when the interval has passed since the last look (at each row with an interval of 0);
 *   - a row whose arrival would make the store forget it (windows), or would join it (sessions);
 *   - the next commit.
 * So a window that is owed never outlives a commit, whatever the clock says: a batch that has come
 * to its end has written all of them, a service writes them within its commit interval, and which
 * rows there are does not depend on how fast the machine is.
 *
 * weir.kafka.streams.exact (`exact`): a row is put first, as in Kafka Streams; what its arrival
 * makes the store forget is lost. Then only rows let windows out, commits do not.
 */
#ifndef WR_ENGINE_OPERATORS_SUPPRESS_H
#define WR_ENGINE_OPERATORS_SUPPRESS_H

#include "engine/operators/agg_row.h"

typedef struct wr__final {
    bool on;    /* EMIT FINAL was said */
    bool exact; /* lose what Kafka Streams loses */
    int64_t interval_ms;
    int64_t next_emit_ms; /* wall clock; not state: only when, never what */
} wr__final;
void wr__final_open(wr__final *f, const wr_op *op);
/**
 * May this row let windows out, by the clock? Moves the throttle.
 * @param last  close time of the last emission, WR__NO_TIME: there was none.
 */
bool wr__final_due(wr__final *f, int64_t wall_ms, int64_t last, int64_t close_time);
/** May anything be owed? Then a commit looks, and so do rows that would change it. */
bool wr__final_owed(const wr__final *f, int64_t last, int64_t close_time);

/** Final rows on their way out. In scratch. */
typedef struct wr__final_rows {
    wr_batch_builder *out;
    const wr_batch *in; /* row i of it lets them out; NULL: a commit does */
    uint32_t i;
} wr__final_rows;
/** Puts one stored window into the row that wr__final_row makes. */
typedef weir_status (*wr__final_put)(wr_op *op, const wr_store_row *row, wr__final_rows *rows,
                                     weir_error *err);
/** What @p it finds, in its order; frees it. */
weir_status wr__final_emit(wr_op *op, wr_store_iter *it, wr__final_put put, wr__final_rows *rows,
                           weir_error *err) WR_MUST_CHECK;
/** Emits what has closed by @p close_time and has not been emitted; what is older than @p from (by
 *  start; sessions: by end) is lost. */
typedef weir_status (*wr__final_closed)(wr_op *op, int64_t close_time, int64_t from,
                                        wr__final_rows *rows, weir_error *err);
/** In a commit: @p emit_closed, if anything is owed, and its rows go on. @p agg: made ready. */
weir_status wr__final_flush(wr__agg *agg, const wr__final *f, int64_t last, int64_t close_time,
                            wr__final_closed emit_closed, weir_error *err) WR_MUST_CHECK;
/** A new row @p to with its key columns, copied from the store. A commit's rows go on in batches:
 *  what lay in scratch is gone then. */
weir_status wr__final_row(wr_op *op, wr__final_rows *rows, wr_str key, uint32_t *to,
                          weir_error *err) WR_MUST_CHECK;

#endif
