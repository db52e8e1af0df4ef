/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening and closing an engine, and its parts.
 */
#include "runtime/instance/engine_state.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

/* ---- opening ---- */

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

static weir_status open_db(wr_engine *e, const wr_engine_options *o, weir_error *err)
{
    if (o->log == WR_LOG_MEMORY) {
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
    char path[4200];
    snprintf(path, sizeof path, "%s/%s", o->data_dir, o->log == WR_LOG_LOCAL ? "db" : "state");
    e->data_dir = wr_strdup(o->data_dir);
    return wr_db_open(path, &options, &e->db, err);
}

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

static void name_prefixes(wr_engine *e)
{
    const char *service = wr_settings_get(&e->settings, "ksql.service.id");
    wr_buf b = {0};
    wr_buf_printf(&b, "_confluent-ksql-%s%s", service,
                  wr_settings_get(&e->settings, "ksql.persistent.prefix"));
    e->prefix = wr_strdup(wr_buf_cstr(&b));
    wr_buf_clear(&b);
    wr_buf_printf(&b, "_confluent-ksql-%s%s", service,
                  wr_settings_get(&e->settings, "ksql.transient.prefix"));
    e->transient_prefix = wr_strdup(wr_buf_cstr(&b));
    wr_buf_free(&b);
}

/* The queries of kept statements, all together: those that read the same topics find each other
 * before they begin. */
weir_status wr_engine_start_queries(wr_engine *e, weir_error *err)
{
    weir_status st = WEIR_OK;
    if (!e->hub)
        return WEIR_OK;
    wr_hub_hold(e->hub);
    for (size_t i = 0; st == WEIR_OK && i < e->queries.n; i++)
        st = wr_query_start(e->queries.v[i], err);
    weir_error later;
    weir_status released = wr_hub_release(e->hub, st == WEIR_OK ? err : &later);
    return st == WEIR_OK ? released : st;
}

weir_status wr_engine_open(const wr_engine_options *o, wr_engine **out, weir_error *err)
{
    wr_engine *e = wr_calloc(1, sizeof *e);
    e->mode = o->mode;
    e->clock = o->clock ? o->clock : wr_clock_system();
    e->arena = wr_arena_new(0);
    e->keep_statements = o->keep_statements;
    e->service = o->service;
    e->no_caching = o->no_caching;
    pthread_mutexattr_t attr;
    pthread_mutexattr_init(&attr);
    pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&e->lock, &attr);
    pthread_mutexattr_destroy(&attr);
    wr_rng_seed_os(&e->rng);
    wr_catalog_init(&e->catalog);
    wr_settings_init(&e->settings, NULL);
    wr_settings_copy(&e->settings, o->settings);
    if (o->bootstrap_servers)
        wr_settings_put(&e->settings, "bootstrap.servers", o->bootstrap_servers);
    name_prefixes(e);
    e->budget.bytes = (size_t)wr_settings_int(&e->settings, "weir.state.cache.bytes", 0);
    weir_status st = open_db(e, o, err);
    if (st == WEIR_OK)
        st = open_log(e, o, err);
    if (st == WEIR_OK && e->mode == WR_ENGINE_THREADED) {
        e->pool = wr_pool_new((uint32_t)wr_settings_int(&e->settings, "weir.threads", 1));
        e->hub = wr_hub_new(!e->service, e->pool);
    }
    if (st != WEIR_OK) {
        wr_engine_close(e, NULL);
        return st;
    }
    *out = e;
    return WEIR_OK;
}

weir_status wr_engine_close(wr_engine *e, weir_error *err)
{
    (void)err;
    if (!e)
        return WEIR_OK;
    for (size_t i = 0; i < e->queries.n; i++)
        wr_query_stop_soon(e->queries.v[i]);
    for (size_t i = 0; i < e->queries.n; i++)
        wr_query_free(e->queries.v[i], false);
    wr_hub_free(e->hub);
    wr_pool_free(e->pool);
    if (e->writer)
        wr_log_writer_close(e->writer);
    if (e->log)
        wr_log_close(e->log);
    wr_db_close(e->db);
    wr_catalog_free(&e->catalog);
    wr_settings_free(&e->settings);
    wr_arena_free(e->arena);
    wr_free(e->prefix);
    wr_free(e->transient_prefix);
    wr_free(e->data_dir);
    pthread_mutex_destroy(&e->lock);
    wr_free(e);
    return WEIR_OK;
}

/* ---- parts ---- */

wr_log *wr_engine_log(wr_engine *e)
{
    return e->log;
}

wr_db *wr_engine_db(wr_engine *e)
{
    return e->db;
}

wr_catalog *wr_engine_catalog(wr_engine *e)
{
    return &e->catalog;
}

const wr_settings *wr_engine_settings(const wr_engine *e)
{
    return &e->settings;
}

wr_clock *wr_engine_clock(wr_engine *e)
{
    return e->clock;
}

void wr_engine_note_write(wr_engine *e)
{
    atomic_fetch_add(&e->writes, 1);
}

void wr_engine_lock(wr_engine *e)
{
    pthread_mutex_lock(&e->lock);
}

void wr_engine_unlock(wr_engine *e)
{
    pthread_mutex_unlock(&e->lock);
}

wr_query *wr_engine_query_at(wr_engine *e, size_t index)
{
    return index < e->queries.n ? e->queries.v[index] : NULL;
}

wr_query *wr_engine_find_query(wr_engine *e, const char *id)
{
    for (size_t i = 0; i < e->queries.n; i++)
        if (strcmp(wr_query_id(e->queries.v[i]), id) == 0)
            return e->queries.v[i];
    return NULL;
}
