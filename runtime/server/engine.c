/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening and closing an engine, the environment that planning sees, and running all queries.
 */
#include "runtime/server/internal.h"
#include "common/diag.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#define WAIT_FOR_WRITES_MS 5000

/* ---- planning's view of the outside ---- */

static bool env_topic(const wr_plan_env *base, const char *name, wr_topic_facts *out,
                      weir_status *st, weir_error *err)
{
    const wr__env *env = (const wr__env *)base;
    wr_topic_info info;
    weir_error local;
    *st = WEIR_OK;
    weir_status found = wr_topic_describe(env->engine->log, name, &info, err ? err : &local);
    if (found == WEIR_OK) {
        *out = (wr_topic_facts){info.partitions, info.replicas, info.retention_ms};
        return true;
    }
    if (found != WEIR_ERR_NOT_FOUND) {
        *st = found;
        return false;
    }
    /* While a file is checked, topics of earlier statements are only planned. */
    const wr_map_entry *m;
    for (size_t i = 0; (m = wr_map_next(&base->catalog->sources, &i));) {
        const wr_source *s = m->value;
        if (strcmp(s->topic, name) == 0) {
            *out = (wr_topic_facts){s->partitions, s->replicas, s->retention_ms};
            return true;
        }
    }
    return false;
}

static void ignore_report(wr_row_errors *self, uint32_t row, const char *message)
{
    (void)self;
    (void)row;
    (void)message;
}

void wr__env_init(wr__env *env, wr_engine *e, const wr_settings *settings, wr_arena *scratch)
{
    *env = (wr__env){.engine = e};
    wr_rng_seed(&env->rng, wr_rng_next(&e->rng));
    env->errs.report = ignore_report;
    env->eval = (wr_eval_ctx){.scratch = scratch,
                              .errs = &env->errs,
                              .wall_ms = e->clock->wall_ms(e->clock),
                              .rng = &env->rng,
                              .zone = "UTC"};
    env->base = (wr_plan_env){.catalog = &e->catalog,
                              .settings = settings,
                              .functions = e->functions,
                              .topic = env_topic,
                              .eval = &env->eval,
                              .arg = env};
}

/* ---- sessions ---- */

void wr_session_init(wr_session *s, const wr_engine *e)
{
    wr_settings_init(&s->settings, &e->settings);
    wr_map_init(&s->variables);
}

void wr_session_free(wr_session *s)
{
    const wr_map_entry *v;
    wr_settings_free(&s->settings);
    for (size_t i = 0; (v = wr_map_next(&s->variables, &i));)
        wr_free(v->value);
    wr_map_free(&s->variables);
}

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
static weir_status start_kept(wr_engine *e, weir_error *err)
{
    weir_status st = WEIR_OK;
    wr_scheduler_hold(e->scheduler);
    for (size_t i = 0; st == WEIR_OK && i < e->queries.n; i++)
        st = wr_query_start(e->queries.v[i], err);
    weir_error later;
    weir_status released = wr_scheduler_release(e->scheduler, st == WEIR_OK ? err : &later);
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
    e->functions = wr_function_registry_new();
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
        e->executor = wr_executor_new((uint32_t)wr_settings_int(&e->settings, "weir.threads", 1));
        e->scheduler = wr_scheduler_new(!e->service, e->executor);
    }
    if (st == WEIR_OK && e->keep_statements)
        st = wr__replay_statements(e, err);
    if (st == WEIR_OK && e->scheduler)
        st = start_kept(e, err);
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
    wr_scheduler_free(e->scheduler);
    wr_executor_free(e->executor);
    if (e->writer)
        wr_log_writer_close(e->writer);
    if (e->log)
        wr_log_close(e->log);
    wr_db_close(e->db);
    wr_catalog_free(&e->catalog);
    wr_function_registry_free(e->functions);
    wr_settings_free(&e->settings);
    wr_arena_free(e->arena);
    wr_free(e->prefix);
    wr_free(e->transient_prefix);
    wr_free(e->data_dir);
    pthread_mutex_destroy(&e->lock);
    wr_free(e);
    return WEIR_OK;
}

/* ---- running ---- */

static weir_status hand_on(weir_error *err, const weir_error *why)
{
    if (err)
        *err = *why;
    return why->code;
}

/* A step that fails leaves half a batch behind: that query stops, the others go on next time. */
static weir_status step_one(wr_query *q, bool *progressed, weir_error *err)
{
    bool done;
    weir_error why;
    weir_status st = wr_query_step(q, 0, progressed, &done, &why);
    if (st == WEIR_OK)
        return WEIR_OK;
    wr_query_fail(q, &why);
    return hand_on(err, &why);
}

static weir_status commit_one(wr_query *q, weir_error *err)
{
    weir_error why;
    if (wr_query_error(q, NULL))
        return WEIR_OK;
    weir_status st = wr_query_commit(q, &why);
    if (st == WEIR_OK)
        return WEIR_OK;
    wr_query_fail(q, &why);
    return hand_on(err, &why);
}

weir_status wr_engine_step(wr_engine *e, int max_ms, bool *progressed, weir_error *err)
{
    WR_ASSERT(e->mode == WR_ENGINE_STEPPED);
    int64_t until = e->clock->mono_ns(e->clock) + (int64_t)max_ms * 1000000;
    *progressed = false;
    bool any;
    do {
        any = false;
        for (size_t i = 0; i < e->queries.n; i++) {
            bool one;
            if (wr_query_state_of(e->queries.v[i]) != WR_QUERY_RUNNING)
                continue;
            WR_TRY(step_one(e->queries.v[i], &one, err));
            any = any || one;
        }
        *progressed = *progressed || any;
    } while (any && e->clock->mono_ns(e->clock) < until);
    for (size_t i = 0; i < e->queries.n; i++)
        WR_TRY(commit_one(e->queries.v[i], err));
    return WEIR_OK;
}

/* All queries at the ends of their topics? One that is ahead of another in the flow may write more
 * for it, so the answer counts only when nothing moved between two looks. */
static weir_status all_caught_up(wr_engine *e, bool failed_too, bool *yes, uint64_t *moved,
                                 weir_error *err)
{
    *yes = true;
    *moved = 0;
    wr_engine_lock(e);
    weir_status st = WEIR_OK;
    for (size_t i = 0; i < e->queries.n && st == WEIR_OK; i++) {
        wr_query *q = e->queries.v[i];
        bool one = true;
        weir_error why;
        if (wr_query_error(q, &why))
            st = failed_too ? hand_on(err, &why) : WEIR_OK;
        else if (wr_query_state_of(q) == WR_QUERY_RUNNING)
            st = wr_query_caught_up(q, &one, err);
        wr_query_metrics m;
        wr_query_metrics_read(q, &m);
        *moved += m.records_in + m.records_out + m.commits;
        *yes = *yes && one;
    }
    wr_engine_unlock(e);
    return st;
}

static void nap(int64_t ms)
{
    struct timespec t = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
    nanosleep(&t, NULL);
}

/* @p failed_too: a failed query is an error; else it is left out. */
static weir_status drain(wr_engine *e, bool failed_too, int timeout_ms, weir_error *err)
{
    int64_t until = e->clock->mono_ns(e->clock) + (int64_t)timeout_ms * 1000000;
    uint64_t before = UINT64_MAX;
    for (;;) {
        bool yes, progressed;
        uint64_t moved;
        if (e->mode == WR_ENGINE_STEPPED)
            WR_TRY(wr_engine_step(e, 1000, &progressed, err));
        WR_TRY(all_caught_up(e, failed_too, &yes, &moved, err));
        if (yes && moved == before)
            return WEIR_OK;
        before = yes ? moved : UINT64_MAX;
        if (timeout_ms >= 0 && e->clock->mono_ns(e->clock) > until)
            return wr_error(err, WEIR_ERR_INTERRUPTED,
                            "The queries have not caught up within %d ms", timeout_ms);
        nap(yes ? 2 : 10);
    }
}

weir_status wr_engine_drain(wr_engine *e, int timeout_ms, weir_error *err)
{
    return drain(e, true, timeout_ms, err);
}

/* Reading one's own writes (architecture.md, Traps 9): writes are numbered, and a reader waits
 * until those before it have been processed, whoever made them. */
void wr__wait_for_writes(wr_engine *e)
{
    uint64_t written = atomic_load(&e->writes);
    /* Not on Kafka: catching up with somebody else's producers could take for ever. */
    if (wr_log_can(e->log)->shares_partitions || e->mode == WR_ENGINE_PIPED ||
        atomic_load(&e->writes_seen) >= written)
        return;
    weir_error err;
    if (drain(e, false, WAIT_FOR_WRITES_MS, &err) != WEIR_OK) {
        wr_diag_put(WR_DIAG_INFO, "engine", "reading before all queries caught up: %s",
                    err.message);
        return;
    }
    uint64_t seen = atomic_load(&e->writes_seen);
    while (seen < written && !atomic_compare_exchange_weak(&e->writes_seen, &seen, written))
        ;
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

const wr_function_registry *wr_engine_functions(const wr_engine *e)
{
    return e->functions;
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
