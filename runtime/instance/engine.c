/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening and closing an engine, and its parts.
 *
 * The order of opening is that of dependence: settings, database, log, threads; closing goes the
 * other way. Queries are stopped before the log that their last commits go through.
 */
#include "runtime/instance/engine.h"
#include "runtime/instance/engine_state.h"
#include "runtime/instance/memory_plan.h"
#include "runtime/instance/wait.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* ---- opening ---- */

/* Like `mkdir -p`. */
static weir_status make_directory(const char *path, weir_error *err)
{
    char part[4096];
    size_t n = strlen(path);
    if (n >= sizeof part)
        return wr_error(err, WEIR_ERR_CONFIG, "The path of the data directory is too long");
    for (size_t i = 1; i <= n; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, 0777) != 0 && errno != EEXIST)
            return wr_error(err, WEIR_ERR_STORE, "Cannot create the data directory %s: %s", part,
                            strerror(errno));
    }
    return WEIR_OK;
}

/* MEMORY has state in memory as well. The others: one directory, one database, one process; the
 * lock that RocksDB takes on it is what refuses a second process. */
static weir_status open_db(wr_engine *e, const wr_engine_options *o, weir_error *err)
{
    if (o->log == WR_LOG_MEMORY || o->state_in_memory) {
        WR_ASSERT(o->log != WR_LOG_LOCAL);
        e->db = wr_db_open_memory();
        return WEIR_OK;
    }
    WR_TRY(make_directory(o->data_dir, err));
    wr_db_options options = wr_db_options_default();
    /* On Kafka the changelogs are the durable copy: no WAL, state and positions go back together.
     */
    options.wal = options.sync = o->log == WR_LOG_LOCAL;
    options.block_cache_bytes = (size_t)wr_settings_int(&e->settings, "weir.block.cache.bytes", 0);
    options.memtable_bytes = (size_t)wr_settings_int(&e->settings, "weir.memtable.bytes", 0);
    options.expendable = o->log == WR_LOG_KAFKA && !e->keep_statements;
    options.reserve_bytes = (uint64_t)wr_settings_int(&e->settings, "weir.disk.reserve.bytes", 0);
    char path[4200];
    snprintf(path, sizeof path, "%s/%s", o->data_dir, o->log == WR_LOG_LOCAL ? "db" : "state");
    return wr_db_open(path, &options, &e->db, err);
}

/* The log may write through the database, so it is opened after it, and closed before. */
static weir_status open_log(wr_engine *e, const wr_engine_options *o, weir_error *err)
{
    switch (o->log) {
    case WR_LOG_MEMORY:
        return wr_log_memory_new(e->db, &e->log, err);
    case WR_LOG_LOCAL:
        return wr_log_local_new(e->db, e->clock, &e->log, err);
    case WR_LOG_KAFKA:
        return wr_log_kafka_new(&e->settings, e->db, &e->log, err);
    }
    WR_UNREACHABLE();
}

/* What the process is working on, for the next one. After the database: its lock says that there is
 * no other process. */
static weir_status open_in_progress(wr_engine *e, const wr_engine_options *o, weir_error *err)
{
    char path[4200];
    WR_ASSERT(e->db && o->data_dir);
    snprintf(path, sizeof path, "%s/in-progress", o->data_dir);
    return wr_in_progress_open(path, &e->in_progress, err);
}

/* ksqlDB's names of groups and internal topics, so that existing tools and permissions fit. */
static char *prefix_of(const wr_engine *e, const char *setting)
{
    wr_buf b = {0};
    wr_buf_printf(&b, "_confluent-ksql-%s%s", wr_settings_get(&e->settings, "ksql.service.id"),
                  wr_settings_get(&e->settings, setting));
    char *prefix = wr_strdup(wr_buf_cstr(&b));
    wr_buf_free(&b);
    return prefix;
}

/* Everything that cannot fail. */
static wr_engine *engine_new(const wr_engine_options *o)
{
    wr_engine *e = wr_calloc(1, sizeof *e);
    e->mode = o->mode;
    e->on_kafka = o->log == WR_LOG_KAFKA;
    e->clock = o->clock ? o->clock : wr_clock_system();
    e->service = o->service;
    e->no_caching = o->no_caching;
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&e->changed, &attr);
    pthread_condattr_destroy(&attr);
    pthread_mutex_init(&e->lock, NULL);
    pthread_mutex_init(&e->stepping, NULL);
    pthread_mutex_init(&e->registering, NULL);
    wr__writers_init(&e->writers);
    wr_rng_seed_os(&e->rng);
    wr_catalog_init(&e->catalog);
    wr__offered_init(&e->offered);
    wr_settings_init(&e->settings, NULL);
    wr_settings_copy(&e->settings, o->settings);
    if (o->bootstrap_servers)
        wr_settings_put(&e->settings, "bootstrap.servers", o->bootstrap_servers);
    if (e->on_kafka &&
        !wr_settings_get(&e->settings, "weir.group.static")) /* who stays, and who ends for good */
        wr_settings_put(&e->settings, "weir.group.static",
                        o->service && !wr_settings_bool(&e->settings, "weir.until.end", false)
                            ? "true"
                            : "false");
    e->shares_statements = e->on_kafka && o->keep_statements &&
                           wr_settings_bool(&e->settings, "weir.command.topic", true);
    e->keep_statements = o->keep_statements && !e->shares_statements;
    e->prefix = prefix_of(e, "ksql.persistent.prefix");
    e->transient_prefix = prefix_of(e, "ksql.transient.prefix");
    e->watch = wr_schema_watch_new();
    e->functions = wr_function_registry_new();
    return e;
}

/*
 * As many threads as there are processors, within reason: one takes in several hundred thousand
 * records a second, and brokers have other clients. They are started when there is something to
 * restore. An engine that is stepped has none: its queries restore in their steps.
 */
static wr_restore_pool *new_restore_pool(const wr_engine *e)
{
    enum { DEFAULT_MAX = 4 };
    WR_ASSERT(e->log && e->db && e->mode == WR_ENGINE_THREADED);
    long processors = WR_MAX(sysconf(_SC_NPROCESSORS_ONLN), 1);
    return wr_restore_pool_new(&(wr_restore_options){
        .log = e->log,
        .db = e->db,
        .clock = e->clock,
        .settings = &e->settings,
        .threads = (uint32_t)wr_settings_int(&e->settings, "weir.restore.threads",
                                             WR_MIN(processors, (long)DEFAULT_MAX))});
}

/* Before the first part is made. */
static weir_status divide_memory(wr_engine *e, weir_error *err)
{
    WR_TRY(wr__memory_plan(&e->settings, e->on_kafka, err));
    e->budget.bytes = (size_t)wr_settings_int(&e->settings, "weir.state.cache.bytes", 0);
    e->records.bytes = (size_t)wr_settings_int(&e->settings, "weir.record.queue.bytes", 0);
    return WEIR_OK;
}

/* What fails is closed as far as it was opened: every part may be missing in wr_engine_close. */
weir_status wr_engine_open(const wr_engine_options *o, wr_engine **out, weir_error *err)
{
    WR_ASSERT(o->log == WR_LOG_MEMORY || o->data_dir);
    wr_engine *e = engine_new(o);
    weir_status st = divide_memory(e, err);
    if (st == WEIR_OK)
        st = open_db(e, o, err);
    if (st == WEIR_OK)
        st = open_log(e, o, err);
    if (st == WEIR_OK)
        st = wr__engine_open_registry(e, o, err);
    if (st == WEIR_OK && o->log != WR_LOG_MEMORY && !o->state_in_memory)
        st = open_in_progress(e, o, err);
    if (st != WEIR_OK) {
        (void)wr_engine_close(e, NULL);
        return st;
    }
    if (e->mode == WR_ENGINE_THREADED) {
        e->executor = wr_executor_new((uint32_t)wr_settings_int(&e->settings, "weir.threads", 1));
        e->scheduler = wr_scheduler_new(e->service             ? WR_SCHEDULE_FILES
                                        : e->shares_statements ? WR_SCHEDULE_SHARED
                                                               : WR_SCHEDULE_OWN,
                                        e->executor, e->in_progress);
        if (wr_log_can(e->log)->has_changelogs)
            e->restore = new_restore_pool(e);
    }
    *out = e;
    return WEIR_OK;
}

void wr_engine_set_replaying(wr_engine *e, bool replaying)
{
    WR_ASSERT(atomic_load(&e->replaying) != replaying);
    atomic_store(&e->replaying, replaying);
}

bool wr_engine_replaying(const wr_engine *e)
{
    return atomic_load(&e->replaying);
}

/* Those that read the same topics find each other before they begin. */
weir_status wr_engine_start_queries(wr_engine *e, weir_error *err)
{
    weir_status st = WEIR_OK;
    WR_ASSERT(!atomic_load(&e->replaying));
    if (!e->scheduler)
        return WEIR_OK;
    wr_scheduler_hold(e->scheduler);
    wr_query_pins pins = wr_engine_pin_all(e);
    for (size_t i = 0; st == WEIR_OK && i < pins.n; i++)
        if (!pins.entries[i]->offered &&
            wr_query_state_of(pins.entries[i]->query) != WR_QUERY_PAUSED)
            st = wr_query_start(pins.entries[i]->query, err);
    wr_engine_unpin_all(e, &pins);
    weir_error later;
    weir_status released = wr_scheduler_release(e->scheduler, st == WEIR_OK ? err : &later);
    return st == WEIR_OK ? released : st;
}

/* ---- closing ---- */

/* The broadcast wakes those who wait for a reservation or a pin; others look at the flag. */
void wr_engine_set_closing(wr_engine *e, bool closing)
{
    wr_engine_lock(e);
    atomic_store(&e->closing, closing);
    pthread_cond_broadcast(&e->changed);
    wr_engine_unlock(e);
}

weir_status wr_engine_close(wr_engine *e, weir_error *err)
{
    if (!e)
        return WEIR_OK;
    if (e->sharing) /* no more statements of others */
        e->sharing_close(e->sharing);
    weir_status st = wr__query_list_free(&e->queries, err);
    wr__reserved_free(&e->reserved);
    wr__offered_free(&e->offered);
    wr_scheduler_free(e->scheduler);
    wr_executor_free(e->executor);
    wr_restore_pool_free(e->restore);
    wr_in_progress_close(e->in_progress);
    wr_function_registry_free(e->functions);
    wr__writers_free(&e->writers);
    if (e->log)
        wr_log_close(e->log);
    wr_schema_watch_free(e->watch);
    wr_registry_free(e->registry); /* after the last query: their decoders ask it */
    wr_db_close(e->db);
    wr_catalog_free(&e->catalog);
    wr_settings_free(&e->settings);
    wr_free(e->prefix);
    wr_free(e->transient_prefix);
    pthread_mutex_destroy(&e->lock);
    pthread_mutex_destroy(&e->stepping);
    pthread_mutex_destroy(&e->registering);
    pthread_cond_destroy(&e->changed);
    wr_free(e);
    return st;
}
