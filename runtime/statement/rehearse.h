/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rehearse.h - what a history would make: its statements are planned one after the other against a
 * catalog of their own, and nothing is created, written or run. For `weir export` and `weir
 * repair`.
 */
#ifndef WR_RUNTIME_STATEMENT_REHEARSE_H
#define WR_RUNTIME_STATEMENT_REHEARSE_H

#include "runtime/statement/statement.h"

/** @p c becomes what it is after the statement; as before where that fails. Asks the log and, for
 *  what the statement did not find then, the registry. */
weir_status wr__rehearse(wr_engine *e, wr_catalog *c, const wr_kept *k,
                         weir_error *err) WR_MUST_CHECK;

/** A history, from where the engine's settings say that it is: the data directory, or the service's
 *  command topic. Everything is in the arena of the call. */
typedef struct wr__history {
    wr_kept_list kept;             /* what counts */
    wr_arr(const char *) problems; /* what could not be read, for people */
    bool in_topic;
    /* Of the topic. */
    uint64_t tip, next;
} wr__history;
weir_status wr__history_read(wr_engine *e, wr_arena *a, wr__history *out,
                             weir_error *err) WR_MUST_CHECK;
/** Where it is, for people: the topic's name, or "the data directory". */
const char *wr__history_place(wr_engine *e, wr_arena *a);

#endif
