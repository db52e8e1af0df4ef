/* SPDX-License-Identifier: Apache-2.0 */
/*
 * offered.h - what a prompt may read of the service whose state its directory holds.
 *
 * `weir run` notes the statements of its files in the directory (service_log.h). An engine that is
 * opened there later, when the service does not run, defines the same streams and tables, with
 * queries that answer pull queries from the service's state and never run. They belong to the
 * files: nothing here may change or drop them, and no query may write to their sinks, or the next
 * start of the service would find what it has not made.
 *
 * All under the engine's lock.
 */
#ifndef WR_RUNTIME_INSTANCE_OFFERED_H
#define WR_RUNTIME_INSTANCE_OFFERED_H

#include "runtime/instance/engine.h"

/** Definitions of a service follow: ids are made as a service makes them. @return a number to be
 *  given back to wr_engine_offering_done. */
uint64_t wr_engine_offering(wr_engine *e);
/** No more follow; numbers go on from where they were. */
void wr_engine_offering_done(wr_engine *e, uint64_t next_id);
/** The source @p name is one of @p program, and so is its query (NULL: it has none). */
void wr_engine_offer(wr_engine *e, const char *name, const char *query_id, const char *program);
/** A query of @p program writes to @p topic. */
void wr_engine_offer_sink(wr_engine *e, const char *topic, const char *program);

/** The files that the source, or the query, belongs to; NULL: to none. */
const char *wr_engine_offered_by(const wr_engine *e, const char *name);
/** The files of a service that writes to @p topic; NULL: there is none. */
const char *wr_engine_sink_of_service(const wr_engine *e, const char *topic);

typedef struct wr__offered {
    wr_map sources; /* name -> char *, the files */
    wr_map sinks;   /* topic -> char *, the files */
    bool loading;
} wr__offered;
void wr__offered_init(wr__offered *o);
void wr__offered_free(wr__offered *o);

#endif
