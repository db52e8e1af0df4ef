/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inserter.h - many rows into one source, as JSON objects: what /inserts-stream does.
 *
 *     new ──▶ add, add ... ──▶ write ──▶ add ... ──▶ free
 *
 * Rows that were added are written together, so that many share one commit; they are durable when
 * wr_inserter_write returns. What INSERT VALUES may not write to, this may not either.
 *
 * Threads: one at a time. All calls but free and add may wait as statements do.
 */
#ifndef WR_RUNTIME_STATEMENT_INSERTER_H
#define WR_RUNTIME_STATEMENT_INSERTER_H

#include "runtime/statement/statement.h"

typedef struct wr_inserter wr_inserter;

/**
 * @param s       its settings hold; outlives the inserter.
 * @param target  a name as in a statement: in any case, or between back-quotes.
 * @return WEIR_ERR_STATEMENT, WEIR_ERR_NOT_FOUND: nothing may be inserted there.
 */
weir_status wr_inserter_new(wr_engine *e, wr_session *s, const char *target, wr_inserter **out,
                            weir_error *err) WR_MUST_CHECK;
/** NULL is allowed. Rows that were not written are dropped. */
void wr_inserter_free(wr_inserter *i);
/** A call that waits returns soon, with WEIR_ERR_INTERRUPTED. Any thread. */
void wr_inserter_interrupt(wr_inserter *i);

/** @return WEIR_ERR_RECORD: @p json is no such row; it was not added, those before it were. */
weir_status wr_inserter_add(wr_inserter *i, wr_str json, weir_error *err) WR_MUST_CHECK;
/** Rows that were added since the last write. */
uint32_t wr_inserter_added(const wr_inserter *i);
/** Write them. On failure none of them counts as written: on Kafka some may have been. */
weir_status wr_inserter_write(wr_inserter *i, weir_error *err) WR_MUST_CHECK;

#endif
