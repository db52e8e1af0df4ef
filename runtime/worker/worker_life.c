/* SPDX-License-Identifier: Apache-2.0 */
/* A worker as a thing: made, closed, freed; its thread. rebalance.c opens it. */
#include "runtime/worker/worker_internal.h"
#include "common/diag.h"

/** What the scratch memory of a slot begins with, and keeps while there is nothing to do. */
#define SLOT_BYTES 65536u

/* Reports of Kafka's clients wait in them until they are polled, and a worker polls for ever. Names
 * with the role before them reach the clients; what the user has set for a role stays. */
static void ask_for_statistics(wr_settings *s)
{
    static const char *const names[] = {"consumer.statistics.interval.ms",
                                        "producer.statistics.interval.ms"};
    char *ms = wr_strdup(wr_settings_get(s, "statistics.interval.ms"));
    for (size_t i = 0; i < WR_ARRAY_LEN(names); i++)
        if (strcmp(ms, "0") != 0 && !wr_settings_get(s, names[i]))
            wr_settings_put(s, names[i], ms);
    wr_free(ms);
}

static void copy_options(wr_worker *w, const wr_worker_options *o)
{
    w->o = *o;
    wr_settings_init(&w->settings, NULL);
    wr_settings_copy(&w->settings, o->settings);
    ask_for_statistics(&w->settings);
    w->o.settings = &w->settings;
    w->topics = wr_calloc(o->topics_n, sizeof *w->topics);
    for (uint32_t t = 0; t < o->topics_n; t++) {
        w->topics[t] = o->topics[t];
        w->topics[t].name = wr_strdup(o->topics[t].name);
    }
    w->o.topics = w->topics;
}

static weir_status times(void *arg, uint32_t topic, const wr_record *records, uint32_t n,
                         int64_t *out, weir_error *err)
{
    wr_worker *w = arg;
    WR_ASSERT(w->members.n > 0 && w->members.clients[0]->cls->times);
    return wr__guard_times(w, topic, records, n, out, err);
}

static weir_status holds(void *arg, int64_t *out, weir_error *err)
{
    wr_worker *w = arg;
    return w->o.holds(w->o.arg, w, out, err);
}

wr_worker *wr_worker_new(const wr_worker_options *o)
{
    WR_ASSERT(o->monitor && o->log && o->db && o->clock);
    WR_ASSERT(o->slots > 0 && o->batch_rows > 0 && (o->piped || o->topics_n > 0));
    wr_worker *w = wr_calloc(1, sizeof *w);
    copy_options(w, o);
    wr__consumer_init(&w->consumer, &w->o, w->topics);
    w->o.group = w->consumer.group;
    w->consumer.times = times;
    w->consumer.holds = o->holds ? holds : NULL;
    w->consumer.arg = w;
    w->slots = wr_calloc(o->slots, sizeof *w->slots);
    for (uint32_t s = 0; s < o->slots; s++)
        w->slots[s] = (wr_executor_slot){wr_arena_new(SLOT_BYTES), wr_source_pool_new()};
    w->commit.exactly_once = wr_settings_exactly_once(&w->settings) && !o->transient &&
                             wr_log_can(o->log)->has_changelogs;
    w->commit.interval_ns =
        wr_settings_commit_interval_ms(&w->settings, w->commit.exactly_once) * (int64_t)1000000;
    if (wr_log_can(o->log)->shares_partitions && !o->transient)
        w->commit.refresh_ns =
            wr_settings_int(&w->settings, "weir.offsets.refresh.ms", 0) * (int64_t)1000000;
    if (o->group && o->threaded && !o->transient && wr_log_can(o->log)->shares_partitions)
        w->standby.replicas = (uint32_t)wr_settings_int(&w->settings, "num.standby.replicas", 0);
    w->commit.offsets_ns = o->clock->mono_ns(o->clock);
    wr__guard_init(w);
    w->commit.state = wr_db_batch_new(o->db);
    w->commit.last_ns = o->clock->mono_ns(o->clock);
    atomic_store(&w->commit.last_write_ns, w->commit.last_ns);
    return w;
}

wr_worker *wr__worker_new_beside(wr_worker *main, wr_worker_client *c)
{
    wr_worker_options o = main->o;
    o.group = NULL; /* it has the partitions of its main worker, not a share of its own */
    wr_worker *w = wr_worker_new(&o);
    w->catch_up.main = main;
    w->catch_up.wait_ms = c->wait_ms;
    c->wait_ms = 0;
    wr_worker_add(w, c);
    return w;
}

void wr_worker_free(wr_worker *w)
{
    if (!w)
        return;
    wr__worker_close(w);
    while (w->members.n) {
        wr_worker_client *c = w->members.clients[w->members.n - 1];
        bool pause = atomic_load(&c->desired) == WR_DESIRED_PAUSE;
        atomic_store(&c->desired, WR_DESIRED_STOP); /* there is nowhere to go on */
        wr__members_remove(w, c, NULL, pause ? WR_CLIENT_PAUSED : WR_CLIENT_STOPPED, NULL);
    }
    WR_ASSERT(w->members.pending_n == 0 && w->catch_up.n == 0);
    for (uint32_t s = 0; s < w->o.slots; s++) {
        wr_arena_free(w->slots[s].scratch);
        wr_source_pool_free(w->slots[s].sources);
    }
    for (uint32_t t = 0; t < w->o.topics_n; t++)
        wr_free((void *)w->topics[t].name);
    wr_free(w->topics);
    wr_free(w->slots);
    wr_free((void *)w->members.clients);
    wr_free((void *)w->members.pending);
    wr_free((void *)w->catch_up.workers);
    wr__consumer_destroy(&w->consumer);
    wr__guard_free(w);
    wr_settings_free(&w->settings);
    wr_db_batch_free(w->commit.state);
    wr_free(w);
}

void wr_worker_join(wr_worker *w)
{
    WR_ASSERT(w->members.runs);
    pthread_join(w->thread, NULL);
    wr_worker_free(w);
}

/* ---- closing, the thread ---- */

void wr__worker_close(wr_worker *w)
{
    weir_error ignored;
    for (size_t i = 0; i < w->members.n; i++) {
        wr_worker_client *c = w->members.clients[i];
        if (c->cls->close)
            c->cls->close(c);
        atomic_store(&c->failed, false);
        wr_log_owner_reset(&c->owner);
    }
    w->restoring = false;
    wr__consumer_close(&w->consumer);
    wr__worker_reset_slots(w);
    if (w->commit.writer) {
        if (wr_log_writer_abort(w->commit.writer, NULL, &ignored) != WEIR_OK)
            wr_diag_put(WR_DIAG_WARN, "worker", "abort: %s", ignored.message);
        wr_log_writer_close(w->commit.writer);
        w->commit.writer = NULL;
    }
    wr_db_batch_clear(w->commit.state);
    w->commit.dirty = false;
}

void wr__worker_reset_slots(wr_worker *w)
{
    for (uint32_t s = 0; s < w->o.slots; s++)
        wr_arena_reset(w->slots[s].scratch);
}

/* Thousands of workers may be waiting for records, each with what its largest batch has needed. */
void wr__worker_trim_slots(wr_worker *w)
{
    WR_ASSERT(w->slots && w->o.slots > 0);
    for (uint32_t s = 0; s < w->o.slots; s++) {
        wr_arena_reset(w->slots[s].scratch);
        wr_arena_trim(w->slots[s].scratch, SLOT_BYTES);
        wr_source_pool_trim(w->slots[s].sources);
    }
}

weir_status wr__worker_spawn(wr_worker *w, void *(*run)(void *worker), weir_error *err)
{
    WR_ASSERT(w->members.n > 0 && !w->members.runs);
    w->run = run;
    wr_monitor_lock(w->o.monitor);
    w->members.runs = pthread_create(&w->thread, NULL, w->run, w) == 0;
    wr_monitor_unlock(w->o.monitor);
    if (w->members.runs)
        return WEIR_OK;
    return wr_error(err, WEIR_ERR_LIMIT, "Cannot start a thread for %s",
                    w->members.clients[0]->name);
}
