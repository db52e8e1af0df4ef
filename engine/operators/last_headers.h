/* SPDX-License-Identifier: Apache-2.0 */
/*
 * last_headers.h - with caching, the headers of the record that changed a group last.
 *
 * A changed group is emitted at the commit, with the headers of the record that came to it last,
 * and none where that one had none: as in Kafka Streams, whose cache keeps the context of the last
 * record with each entry (ProcessorRecordContext in LRUCacheEntry). So a trace (traceparent,
 * tracestate) goes on through an aggregate, in the trace of that record. With caching off each
 * update has the headers of its record anyway.
 *
 * They are notes on entries (statestore/store.h): kept until the commit, and lost with a crash as
 * the changes are.
 */
#ifndef WR_ENGINE_OPERATORS_LAST_HEADERS_H
#define WR_ENGINE_OPERATORS_LAST_HEADERS_H

#include "statestore/store.h"
#include "types/batch.h"

/** Must the rows of @p in be noted? Not where none of them has headers and none ever had. */
static inline bool wr__last_headers_matter(const wr_store *s, const wr_batch *in)
{
    return in->headers || wr_store_has_notes(s);
}

/** Row @p i of @p in changes @p e. Memory for the call from @p scratch. */
void wr__last_headers_put(wr_store *s, const wr_store_entry *e, const wr_batch *in, uint32_t i,
                          wr_arena *scratch);
/** What was noted of @p e, copied to @p scratch. @return false: nothing. */
bool wr__last_headers_get(const wr_store *s, const wr_store_entry *e, wr_arena *scratch,
                          wr_headers *out);

#endif
