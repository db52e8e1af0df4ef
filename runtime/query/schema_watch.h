/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema_watch.h - what the log says of schemas that records were written with: once for each that
 * a stream or table meets in this process, however many queries read it.
 *
 * Threads: any.
 */
#ifndef WR_RUNTIME_QUERY_SCHEMA_WATCH_H
#define WR_RUNTIME_QUERY_SCHEMA_WATCH_H

#include "engine/plan/planner.h"

typedef struct wr_schema_watch wr_schema_watch;

wr_schema_watch *wr_schema_watch_new(void);
/** NULL is allowed. */
void wr_schema_watch_free(wr_schema_watch *w);
/**
 * A query has read records whose key or value is of schema @p id. Says so where nobody has yet,
 * with how the schema differs from the columns. @p source: its step; @p id not 0.
 */
void wr_schema_watch_note(wr_schema_watch *w, const char *query_id, const wr_step *source,
                          bool is_key, uint32_t id);

#endif
