/* SPDX-License-Identifier: Apache-2.0 */
/*
 * engine_state.h - the struct behind wr_engine: for the files of this folder alone. Others use the
 * functions of engine.h, which say what needs the lock.
 */
#ifndef WR_RUNTIME_INSTANCE_ENGINE_STATE_H
#define WR_RUNTIME_INSTANCE_ENGINE_STATE_H

#include "runtime/instance/engine.h"
#include "runtime/instance/offered.h"
#include "runtime/instance/peers.h"
#include "runtime/instance/query_list.h"
#include "runtime/instance/reservation.h"
#include "runtime/instance/writers.h"

#include <pthread.h>
#include <stdatomic.h>

struct wr_engine {
    /* Constant while the engine is open. */
    wr_engine_mode mode;
    bool on_kafka;
    wr_log *log;
    wr_db *db;
    wr_registry *registry; /* NULL: there is none */
    bool own_registry;     /* it is in this process */
    wr_clock *clock;
    wr_settings settings;
    wr_in_progress *in_progress; /* NULL: no directory */
    wr_executor *executor;
    wr_restore_pool *restore; /* where there are changelogs and threads */
    wr_scheduler *scheduler;  /* of persistent queries, where they have threads */
    wr_function_registry *functions;
    bool keep_statements, service, no_caching;
    bool shares_statements; /* through the command topic; then none are kept here */
    wr_sharing *sharing;    /* NULL: they do not, or the engine is being opened */
    void (*sharing_close)(wr_sharing *);
    char *prefix; /* of groups and internal topics of persistent queries */
    char *transient_prefix;

    /* Under the lock. */
    pthread_mutex_t lock;
    pthread_cond_t changed; /* a reservation was given back, a pin released, closing begins */
    wr_catalog catalog;
    wr__query_list queries;
    wr__reserved reserved;
    wr__offered offered;
    wr_peers peers; /* has_peers; engine_peers.c */
    bool has_peers;
    uint32_t peers_used; /* by so many pull queries now */
    uint64_t next_id;    /* number in ids of queries; of the next kept statement */
    wr_rng rng;

    /* Any thread. */
    wr_budget budget;       /* of state */
    wr_budget records;      /* read, and not yet processed */
    wr_schema_watch *watch; /* what was said of schemas */
    atomic_bool replaying, closing;
    atomic_int_fast64_t push_queries; /* that are open */
    atomic_uint_fast64_t writes;      /* what was inserted or started so far, counted */
    atomic_uint_fast64_t writes_seen; /* as many of them had been processed when last looked */
    wr__writers writers;
    pthread_mutex_t stepping;    /* one wr_engine_step at a time */
    pthread_mutex_t registering; /* schemas in the registry of this process; below */
    uint64_t schemas_kept;       /* entries in the database */
};

/** Open the registry that the settings or the log ask for; may leave it NULL. */
weir_status wr__engine_open_registry(wr_engine *e, const wr_engine_options *o, weir_error *err);

#endif
