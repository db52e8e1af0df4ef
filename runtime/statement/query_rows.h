/* SPDX-License-Identifier: Apache-2.0 */
/* query_rows.h - what the files of push and pull queries share. */
#ifndef WR_RUNTIME_STATEMENT_QUERY_ROWS_H
#define WR_RUNTIME_STATEMENT_QUERY_ROWS_H

#include "runtime/instance/peers.h"
#include "runtime/instance/query_list.h"
#include "runtime/statement/planned.h"
#include "runtime/statement/row_queue.h"
#include "runtime/statement/statement_class.h"

#include <pthread.h>

/** Behind a SELECT that is executed; x->rows. */
typedef struct wr__rows {
    wr__row_queue *queue;
    const wr_schema *schema; /* of the result: x->schema */
    /* Push queries, and pull queries on streams: x->query collects. */
    const wr_plan *plan; /* the query's */
    bool scalable;       /* rows without a key are not shown */
    bool counted;        /* as one of the engine's push queries */
    /* Pull queries on tables: rows come from the store of another query. */
    wr_engine *engine;
    wr_pull *pull;
    wr_query_entry *entry; /* pinned until the end of the reading */
    const wr_exec *exec;   /* whose rows they are; what of it is constant once it is executed */
    const wr_pull_parts *parts; /* what is read, of the table; NULL: whatever is here */
    bool everywhere;            /* some of it other servers have: they are asked (peers.h) */
    bool reading;               /* by `thread`, which has to be joined */
    pthread_t thread;
    uint64_t found; /* the reader's until the queue has ended: rows that came, */
    int64_t oldest; /* and what windows are forgotten (wr_query_pull) */
} wr__rows;

/** x->rows, for results of @p schema. */
wr__rows *wr__rows_new(wr_exec *x, const wr_schema *schema, const bool *is_key, bool has_limit,
                       int64_t limit);
/** @p some with rows of @p in, WR__QUEUE_BATCH at a time: a queue's bounds hold by pieces. */
weir_status wr__in_pieces(wr__rows *r, const wr_batch *in,
                          weir_status (*some)(wr__rows *r, const wr_batch *in, wr_sel sel,
                                              weir_error *err),
                          weir_error *err);
weir_status wr__open_push(wr_exec *x, weir_error *err); /* push_rows.c */
weir_status wr__open_pull(wr_exec *x, weir_error *err); /* pull_rows.c */
/** Run @p plan (taken) as a query of the statement's own; @p id is its. */
weir_status wr__start_transient(wr_exec *x, wr_plan *plan, const char *id, bool until_end,
                                weir_error *err);
/** An id for it. Under the lock. */
const char *wr__transient_id(wr_exec *x, bool scalable);
void wr__end_pull(wr__rows *r);
/** Which partitions a pull query on a table reads, and whether here: x->rows. pull_parts.c */
weir_status wr__choose_parts(wr_exec *x, weir_error *err) WR_MUST_CHECK;
/** All rows, here and elsewhere; @p here reads partitions of this process. pull_parts.c */
weir_status wr__pull_everywhere(wr__rows *r,
                                weir_status (*here)(wr__rows *r, const wr_pull_parts *parts,
                                                    weir_error *err),
                                weir_error *err);
/** After the last row: if windows that were asked for have expired, the message says so. */
void wr__say_expired(wr_exec *x);

#endif
