/* SPDX-License-Identifier: Apache-2.0 */
/* engine_state.h - the struct behind wr_engine. */
#ifndef WR_RUNTIME_INSTANCE_ENGINE_STATE_H
#define WR_RUNTIME_INSTANCE_ENGINE_STATE_H

#include "runtime/instance/engine.h"

#include <pthread.h>
#include <stdatomic.h>

struct wr_engine {
    wr_engine_mode mode;
    wr_log *log;
    wr_db *db;
    wr_clock *clock;
    wr_state_budget budget;
    wr_pool *pool;
    wr_hub *hub; /* of persistent queries, where they have threads */
    wr_catalog catalog;
    wr_settings settings;
    wr_arr(wr_query *) queries; /* persistent, in order of creation */
    wr_arena *arena;
    pthread_mutex_t lock; /* catalog, queries, next_id */
    uint64_t next_id;     /* number in ids of queries; of the next kept statement */
    uint64_t transient_id;
    bool keep_statements, service, no_caching, replaying;
    char *prefix; /* of groups and internal topics of persistent queries */
    char *transient_prefix;
    char *data_dir;
    wr_rng rng;
    wr_log_writer *writer; /* INSERT VALUES, weir_produce; made at first use, under the lock */
    atomic_uint_fast64_t writes;      /* what was inserted or started so far, counted */
    atomic_uint_fast64_t writes_seen; /* as many of them had been processed when last looked */
};

#endif
