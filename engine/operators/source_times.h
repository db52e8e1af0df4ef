/* SPDX-License-Identifier: Apache-2.0 */
/*
 * source_times.h - the event times of records before they are fed.
 *
 * Whoever chooses among the topics and partitions of a query goes by the time that their rows will
 * have, which a source may take from a column (WITH TIMESTAMP='col'), or its format from the event
 * (DEBEZIUM_JSON). This decodes that and nothing else, as the source itself will do.
 *
 * Thread: one at a time.
 */
#ifndef WR_ENGINE_OPERATORS_SOURCE_TIMES_H
#define WR_ENGINE_OPERATORS_SOURCE_TIMES_H

#include "engine/operators/op.h"

typedef struct wr_source_times wr_source_times;

/** The source step of @p topic (plan->topics) whose rows have their time in a column, or by their
 * value's format; NULL: theirs is that of the records. */
const wr_step *wr_source_times_step(const wr_plan *plan, uint32_t topic);
/** @p step as above; @p plan outlives it. @p zone: of texts that name none. */
weir_status wr_source_times_new(const wr_plan *plan, const wr_step *step, const char *zone,
                                wr_source_times **out, weir_error *err) WR_MUST_CHECK;
/**
 * Event times of @p n records, ms. -1 where none can be had: bytes that do not decode, a NULL or
 * bad column; such rows are dropped when they are fed, or end the query.
 * @return RETRIABLE where the decoder waits (format.h).
 */
weir_status wr_source_times_get(wr_source_times *t, const wr_record *records, uint32_t n,
                                int64_t *out, weir_error *err) WR_MUST_CHECK;
void wr_source_times_free(wr_source_times *t); /* NULL is allowed */

#endif
