/* SPDX-License-Identifier: Apache-2.0 */
/*
 * query_list.h - the persistent queries of an engine, in order of creation.
 *
 * Whoever looks at a query under the engine's lock may do so at once. Whoever has to wait with it
 * (a pull query, asking the log how far it has got) pins it, gives the lock back, and unpins it: a
 * pinned query is not freed. Taking one out of the list goes in steps, each of which may fail and
 * leave the query as it was:
 *
 *     wr_query_entry_hold     no new pins; wait for the others; no worker has it, all committed
 *     ... what else may fail: the note in the statement log, the deletion of a topic
 *     wr_query_entry_resume   it failed: the query goes on
 *     wr_query_entry_remove   it is gone, with its state or without
 *
 * Invariant: an entry that is held has no pins, and only its holder changes it.
 */
#ifndef WR_RUNTIME_INSTANCE_QUERY_LIST_H
#define WR_RUNTIME_INSTANCE_QUERY_LIST_H

#include "runtime/instance/wait.h"

/** One persistent query; owned by the list. */
typedef struct wr_query_entry {
    wr_query *query;
    uint32_t pins;      /* under the lock */
    atomic_bool ending; /* held: readers give up soon, no one pins it */
    bool resume;        /* it was running when it was held */
    bool offered;       /* of a service: it is read, and never runs here (offered.h) */
} wr_query_entry;

/* ---- under the lock ---- */

/** NULL past the end. Queries that are held are among them. */
wr_query_entry *wr_engine_entry_at(wr_engine *e, size_t index);
/** The query of that entry. */
wr_query *wr_engine_query_at(wr_engine *e, size_t index);
wr_query_entry *wr_engine_find_entry(wr_engine *e, const char *id);
/** The id as somebody typed it, in any case. */
wr_query_entry *wr_engine_find_entry_any_case(wr_engine *e, const char *id);
/** The query is the list's from here on. */
wr_query_entry *wr_engine_add_query(wr_engine *e, wr_query *q);
/** @return false: it is held, so it may be gone soon. */
bool wr_query_entry_pin(wr_query_entry *entry);

/* ---- not under the lock ---- */

void wr_query_entry_unpin(wr_engine *e, wr_query_entry *entry);
/**
 * Take the query from its readers and from its worker, with everything committed. The caller has
 * reserved it, so there is one holder at most.
 * @return WEIR_OK; WEIR_ERR_INTERRUPTED: it has not stopped in time, and goes on.
 */
weir_status wr_query_entry_hold(wr_query_entry *entry, const wr_wait *wait,
                                weir_error *err) WR_MUST_CHECK;
void wr_query_entry_resume(wr_engine *e, wr_query_entry *entry);
/** Out of the list, under the lock. The query is the caller's. @pre held */
wr_query *wr_query_entry_remove(wr_engine *e, wr_query_entry *entry);

/** A pinned snapshot of the list, for those who wait with each: release it soon. */
typedef struct wr_query_pins {
    wr_query_entry **entries;
    size_t n;
} wr_query_pins;
wr_query_pins wr_engine_pin_all(wr_engine *e);
void wr_engine_unpin_all(wr_engine *e, wr_query_pins *pins);

typedef struct wr__query_list {
    wr_query_entry **entries;
    size_t n, cap;
} wr__query_list;
/** Stop all of them. @return the first last commit that failed. */
weir_status wr__query_list_free(wr__query_list *list, weir_error *err);

#endif
