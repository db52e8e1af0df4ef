/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of a query apart from reading (scan.c): what it is made of, stopping, forgetting, and
 * what other threads want to know of it.
 */
#include "runtime/task/internal.h"
#include "common/diag.h"

#include <stdio.h>
#include <stdlib.h>

const char *wr_query_state_name(wr_query_state s)
{
    static const char *const names[] = {"RUNNING", "PAUSED", "ERROR", "STOPPED"};
    return names[s];
}

/* ---- opening ---- */

/* The topics' names in the log, and how many partitions each sub-topology has. */
static void resolve_topics(wr_query *q)
{
    const wr_plan *plan = q->plan;
    q->topic_names = wr_calloc(plan->topics_n, sizeof *q->topic_names);
    for (uint32_t t = 0; t < plan->topics_n; t++) {
        wr_buf name = {0};
        if (plan->topics[t].role == WR_TOPIC_REPARTITION)
            wr_buf_printf(&name, "%s%s-", q->prefix, q->id);
        wr_buf_puts(&name, plan->topics[t].name);
        q->topic_names[t] = wr_strdup(wr_buf_cstr(&name));
        wr_buf_free(&name);
    }
    q->sub_partitions = wr_calloc(plan->subtopologies_n, sizeof *q->sub_partitions);
    for (uint32_t s = 0; s < plan->subtopologies_n; s++) {
        uint32_t topics[64], n = wr_plan_inputs(plan, s, topics, WR_ARRAY_LEN(topics));
        for (uint32_t i = 0; i < n; i++)
            q->sub_partitions[s] =
                WR_MAX(q->sub_partitions[s], q->fed ? 1 : plan->topics[topics[i]].partitions);
    }
}

static weir_status create_internal_topics(wr_query *q, weir_error *err)
{
    for (uint32_t t = 0; t < q->plan->topics_n && q->internal_topics; t++) {
        if (q->plan->topics[t].role != WR_TOPIC_REPARTITION)
            continue;
        wr_topic_spec spec = {
            .name = q->topic_names[t],
            .partitions = q->plan->topics[t].partitions,
            .replicas = (int32_t)wr_settings_int(&q->settings, "ksql.internal.topic.replicas", 1),
            .retention_ms = -1,
            .internal = true,
        };
        weir_status st = wr_topic_create(q->log, &spec, err);
        if (st != WEIR_OK && st != WEIR_ERR_EXISTS)
            return st;
    }
    return WEIR_OK;
}

/*
 * Can a record reach one place on two ways of different length? A foreign-key join answers to where
 * the question came from; two sources may read one topic. With rows exchanged in memory a batch
 * would then be all the way on one of them before it starts on the other, so that its size would
 * show.
 */
static bool has_two_ways(const wr_plan *plan)
{
    uint32_t seen = 0;
    for (uint32_t i = 0; i < plan->steps_n; i++) {
        const wr_step *s = plan->steps[i];
        if (s->kind == WR_STEP_FK_JOIN)
            return true;
        if (s->kind != WR_STEP_SOURCE)
            continue;
        for (uint32_t k = 0; k < i; k++)
            seen += plan->steps[k]->kind == WR_STEP_SOURCE &&
                    plan->steps[k]->u.source.topic == s->u.source.topic;
    }
    return seen > 0;
}

/* What it reads through a scan, in the order of the plan. */
static void list_external_topics(wr_query *q)
{
    q->plan_topics = wr_calloc(q->plan->topics_n, sizeof *q->plan_topics);
    for (uint32_t t = 0; t < q->plan->topics_n; t++) {
        wr_topic_role role = q->plan->topics[t].role;
        if (role == WR_TOPIC_INPUT || (role == WR_TOPIC_REPARTITION && q->internal_topics))
            q->plan_topics[q->external_topics++] = t;
    }
}

static bool has_repartition(const wr_plan *plan)
{
    for (uint32_t t = 0; t < plan->topics_n; t++)
        if (plan->topics[t].role == WR_TOPIC_REPARTITION)
            return true;
    return false;
}

static wr_query *new_query(const wr_query_options *o)
{
    wr_query *q = wr_calloc(1, sizeof *q);
    q->id = wr_strdup(o->id);
    q->plan = o->plan;
    q->log = o->log;
    q->clock = o->clock;
    q->budget = o->budget;
    q->prefix = wr_strdup(o->prefix);
    q->transient = o->transient;
    q->fed = o->fed;
    q->threaded = !o->stepped && !o->fed;
    q->caching = o->caching;
    q->until_end = o->until_end;
    q->collect = o->collect;
    q->collect_arg = o->collect_arg;
    wr_settings_init(&q->settings, NULL);
    wr_settings_copy(&q->settings, o->settings);
    q->owns_db = o->db == NULL;
    q->db = o->db ? o->db : wr_db_open_memory();
    q->owns_hub = o->hub == NULL;
    q->hub = o->hub ? o->hub : wr_hub_new(false, NULL);
    /* A push query on Kafka has no internal topics of its own: it exchanges rows in memory, so its
     * process reads every partition (it is in no group). Others are told at the assignment. */
    q->internal_topics = wr_log_can(o->log)->shares_partitions && !o->transient;
    q->exchange = !q->internal_topics;
    q->two_ways = has_two_ways(q->plan);
    /* On Kafka a query that changes keys reads topics of its own as well. */
    q->shares = !q->owns_hub && q->threaded && !q->transient && !q->two_ways &&
                !(q->internal_topics && has_repartition(q->plan));
    if (!o->transient) {
        wr_buf group = {0};
        wr_buf_printf(&group, "%s%s", o->prefix, o->id);
        q->group = wr_strdup(wr_buf_cstr(&group));
        wr_buf_free(&group);
    }
    const char *reset = wr_settings_get(&q->settings, "auto.offset.reset");
    q->from_earliest = reset && wr_ieq(reset, "earliest");
    atomic_store(&q->lag, -1);
    pthread_mutex_init(&q->lock, NULL);
    q->metrics = wr__metrics_new(q);
    return q;
}

weir_status wr_query_new(const wr_query_options *o, wr_query **out, weir_error *err)
{
    wr_query *q = new_query(o);
    resolve_topics(q);
    list_external_topics(q);
    weir_status st = create_internal_topics(q, err);
    /* Whoever steps it, or reads its rows, hears at once what is wrong; others when they start. */
    if (st == WEIR_OK && (!q->threaded || q->owns_hub)) {
        wr__scan *s = wr__scan_new(q);
        s->group = q->group ? wr_strdup(q->group) : NULL;
        st = wr__scan_open(s, err);
    }
    if (st != WEIR_OK) {
        wr_query_free(q, false);
        return st;
    }
    *out = q;
    return WEIR_OK;
}

/* ---- running, for those who step ---- */

weir_status wr_query_step(wr_query *q, int timeout_ms, bool *progressed, bool *done,
                          weir_error *err)
{
    return wr__scan_step(q->scan, timeout_ms, progressed, done, err);
}

weir_status wr_query_feed(wr_query *q, const char *topic, const wr_record *records, uint32_t n,
                          weir_error *err)
{
    wr__scan *s = q->scan;
    for (uint32_t t = 0; t < q->plan->topics_n; t++) {
        if (q->plan->topics[t].role != WR_TOPIC_INPUT || strcmp(q->topic_names[t], topic) != 0)
            continue;
        s->dirty = true;
        for (uint32_t at = 0; at < n; at += s->batch_rows) {
            uint32_t rows = WR_MIN(s->batch_rows, n - at);
            WR_TRY(wr__query_deliver(q, t, 0, records + at, rows, err));
            WR_TRY(wr__query_drain(q, err));
            wr_arena_reset(s->lanes[0].scratch);
        }
        WR_TRY(wr__scan_tick(s, err));
        atomic_fetch_add(&q->records_in, n);
    }
    return WEIR_OK;
}

weir_status wr_query_commit(wr_query *q, weir_error *err)
{
    return q->scan ? wr__scan_commit(q->scan, err) : WEIR_OK;
}

/* ---- failing, pausing, stopping ---- */

void wr_query_fail(wr_query *q, const weir_error *err)
{
    wr__metrics_publish(q);
    pthread_mutex_lock(&q->lock);
    q->error = *err;
    q->has_error = true;
    atomic_store(&q->state_now, WR_QUERY_FAILED);
    pthread_mutex_unlock(&q->lock);
    wr_diag_put(WR_DIAG_ERROR, "query", "%s stopped: %s", q->id, err->message);
}

void wr_query_pause(wr_query *q, bool paused)
{
    if (!q->threaded) {
        if (atomic_load(&q->state_now) <= WR_QUERY_PAUSED)
            atomic_store(&q->state_now, paused ? WR_QUERY_PAUSED : WR_QUERY_RUNNING);
    } else if (atomic_load(&q->state_now) > WR_QUERY_PAUSED) {
        return; /* it has failed, or ended */
    } else if (paused) {
        wr__query_leave(q, WR__WANT_PAUSE);
    } else {
        wr__query_return(q);
    }
}

/* Without a thread: a last commit here. */
static void stop_stepped(wr_query *q)
{
    wr__scan *s = q->scan;
    int was = atomic_load(&q->state_now);
    weir_error err;
    if (was != WR_QUERY_FAILED && was != WR_QUERY_STOPPED && s->writer && !q->transient &&
        wr__scan_commit_all(s, &err) != WEIR_OK)
        wr_query_fail(q, &err); /* whoever closes the engine is to be told */
    wr__scan_free(s);
}

void wr_query_stop(wr_query *q)
{
    pthread_mutex_lock(&q->hub->lock);
    bool stands = q->scan && !q->scan->runs;
    pthread_mutex_unlock(&q->hub->lock);
    if (stands)
        stop_stepped(q);
    wr__query_leave(q, WR__WANT_STOP);
    if (atomic_load(&q->state_now) != WR_QUERY_FAILED)
        atomic_store(&q->state_now, WR_QUERY_STOPPED);
}

static bool collect_store_name(void *arg, wr_str key, wr_str value)
{
    (void)value;
    wr_buf *names = arg;
    wr_buf_str(names, key);
    wr_buf_putc(names, '\0');
    return true;
}

/* State, internal topics and offsets of a terminated query. What fails is logged: the names are
 * unique to the query, so leftovers do no harm. */
static void forget(wr_query *q)
{
    weir_error err;
    wr_db_batch *b = wr_db_batch_new(q->db);
    for (uint32_t i = 0; i < q->plan->steps_n; i++) {
        static const char *const suffixes[] = {"", "-left", "-right", "-outer", "-result"};
        for (size_t k = 0; k < WR_ARRAY_LEN(suffixes); k++) {
            wr_buf name = {0};
            uint32_t id = 0;
            wr_buf_printf(&name, "%s/%s%s", q->id, q->plan->steps[i]->context, suffixes[k]);
            if (wr_db_store_id_find(q->db, NULL, wr_buf_view(&name), &id, &err) == WEIR_OK && id) {
                if (wr_db_batch_drop_store(b, wr_buf_view(&name), &err) != WEIR_OK)
                    wr_diag_put(WR_DIAG_WARN, "query", "%s: %s", q->id, err.message);
                wr_buf topic = {0};
                wr_buf_printf(&topic, "%s%s-%s%s-changelog", q->prefix, q->id,
                              q->plan->steps[i]->context, suffixes[k]);
                if (wr_log_can(q->log)->has_changelogs)
                    (void)wr_topic_remove(q->log, wr_buf_cstr(&topic), &err);
                wr_buf_free(&topic);
            }
            wr_buf_free(&name);
        }
    }
    wr_buf notes = {0}, prefix = {0};
    wr_buf_printf(&prefix, "changelog/%s%s-", q->prefix, q->id);
    if (wr_db_meta_scan(q->db, NULL, wr_buf_view(&prefix), collect_store_name, &notes, &err) ==
        WEIR_OK)
        for (size_t at = 0; at < notes.len; at += strlen(notes.ptr + at) + 1)
            wr_db_batch_meta_delete(b, wr_str_c(notes.ptr + at));
    wr_buf_free(&notes);
    wr_buf_free(&prefix);
    if (wr_db_write(q->db, b, &err) != WEIR_OK)
        wr_diag_put(WR_DIAG_WARN, "query", "%s: dropping state: %s", q->id, err.message);
    wr_db_batch_free(b);
    for (uint32_t t = 0; t < q->plan->topics_n && q->internal_topics; t++)
        if (q->plan->topics[t].role == WR_TOPIC_REPARTITION)
            (void)wr_topic_remove(q->log, q->topic_names[t], &err);
    if (q->group && wr_group_drop(q->log, q->group, &err) != WEIR_OK)
        wr_diag_put(WR_DIAG_WARN, "query", "%s: %s", q->id, err.message);
}

void wr_query_free(wr_query *q, bool forget_it)
{
    if (!q)
        return;
    wr_query_stop(q);
    if (forget_it && !q->owns_db)
        forget(q);
    wr__metrics_free(q->metrics);
    if (q->owns_hub)
        wr_hub_free(q->hub);
    if (q->owns_db)
        wr_db_close(q->db);
    for (uint32_t t = 0; q->topic_names && t < q->plan->topics_n; t++)
        wr_free(q->topic_names[t]);
    wr_free(q->topic_names);
    wr_free(q->plan_topics);
    wr_free(q->sub_partitions);
    wr_free(q->id);
    wr_free(q->prefix);
    wr_free(q->group);
    wr_settings_free(&q->settings);
    pthread_mutex_destroy(&q->lock);
    wr_plan_free(q->plan);
    wr_free(q);
}

/* ---- from other threads ---- */

wr_query_state wr_query_state_of(const wr_query *q)
{
    wr_query_state s = (wr_query_state)atomic_load(&q->state_now);
    if (s == WR_QUERY_RUNNING && atomic_load(&q->want) == WR__WANT_PAUSE)
        return WR_QUERY_PAUSED;
    return s;
}

bool wr_query_error(wr_query *q, weir_error *err)
{
    pthread_mutex_lock(&q->lock);
    bool has = q->has_error;
    if (has && err)
        *err = q->error;
    pthread_mutex_unlock(&q->lock);
    return has;
}

const char *wr_query_id(const wr_query *q)
{
    return q->id;
}

const wr_plan *wr_query_plan(const wr_query *q)
{
    return q->plan;
}

void wr_query_metrics_read(wr_query *q, wr_query_metrics *out)
{
    *out = (wr_query_metrics){
        .records_in = atomic_load(&q->records_in),
        .records_out = atomic_load(&q->records_out),
        .bytes_in = atomic_load(&q->bytes_in),
        .bytes_out = atomic_load(&q->bytes_out),
        .errors = atomic_load(&q->errors),
        .late = atomic_load(&q->late),
        .commits = atomic_load(&q->commits),
        .restored = atomic_load(&q->restored),
        .lag = atomic_load(&q->lag),
        .state_bytes = atomic_load(&q->state_bytes),
    };
}

/* What this process has of them. */
static uint32_t own_positions(wr_query *q, wr_topic_part *parts, uint32_t max)
{
    uint32_t n = 0;
    pthread_mutex_lock(&q->hub->lock);
    wr__scan *s = q->scan;
    if (s) {
        pthread_mutex_lock(&s->lock);
        for (; n < s->inputs_n && n < max; n++)
            parts[n] = (wr_topic_part){q->topic_names[q->plan_topics[s->inputs[n].topic]],
                                       s->inputs[n].partition, s->inputs[n].committed_offset};
        pthread_mutex_unlock(&s->lock);
    }
    pthread_mutex_unlock(&q->hub->lock);
    return n;
}

static bool idle(wr_query *q)
{
    pthread_mutex_lock(&q->hub->lock);
    bool yes = q->scan && atomic_load(&q->scan->idle_committed);
    pthread_mutex_unlock(&q->hub->lock);
    return yes;
}

/* Every partition that the query reads, also those that other processes have just now (or, after a
 * kill, a process that is gone): those by what the group has committed. @return how many. */
static weir_status all_positions(wr_query *q, wr_topic_part **out, uint32_t *out_n, weir_error *err)
{
    size_t max = 0;
    for (uint32_t t = 0; t < q->plan->topics_n; t++)
        max += (size_t)q->plan->topics[t].partitions;
    wr_topic_part *parts = wr_calloc(max, sizeof *parts);
    uint32_t own = own_positions(q, parts, (uint32_t)max), n = own;
    bool shared = own > 0 && q->group && wr_log_can(q->log)->shares_partitions;
    for (uint32_t t = 0; shared && t < q->plan->topics_n; t++) {
        for (int32_t p = 0; p < q->plan->topics[t].partitions; p++) {
            bool mine = q->plan->topics[t].role == WR_TOPIC_OUTPUT;
            for (uint32_t i = 0; i < own && !mine; i++)
                mine = parts[i].partition == p && strcmp(parts[i].topic, q->topic_names[t]) == 0;
            if (!mine && n < max)
                parts[n++] = (wr_topic_part){q->topic_names[t], p, WR_OFFSET_NONE};
        }
    }
    weir_status st = WEIR_OK;
    if (n > own)
        st = wr_group_committed(q->log, q->group, parts + own, n - own, err);
    *out = parts;
    *out_n = n;
    return st;
}

weir_status wr_query_caught_up(wr_query *q, bool *yes, weir_error *err)
{
    wr_topic_part *parts;
    uint32_t n;
    *yes = false;
    weir_status st = all_positions(q, &parts, &n, err);
    if (st != WEIR_OK || n == 0) { /* n == 0: nothing assigned yet */
        wr_free(parts);
        return st;
    }
    int64_t *low = wr_calloc(n, sizeof *low), *high = wr_calloc(n, sizeof *high), lag = 0;
    st = wr_topic_ends(q->log, parts, n, low, high, err);
    for (uint32_t i = 0; i < n; i++)
        lag += WR_MAX(high[i] - WR_MAX(parts[i].offset, low[i]), 0);
    if (st == WEIR_OK) {
        atomic_store(&q->lag, lag);
        *yes = lag == 0 && idle(q);
    }
    wr_free(parts);
    wr_free(low);
    wr_free(high);
    return st;
}

static int by_topic_and_number(const void *a, const void *b)
{
    const wr_query_position *x = a, *y = b;
    int c = strcmp(x->topic, y->topic);
    return c ? c : (x->partition > y->partition) - (x->partition < y->partition);
}

weir_status wr_query_positions(wr_query *q, wr_arena *a, wr_query_position **out, uint32_t *out_n,
                               weir_error *err)
{
    wr_topic_part *parts;
    uint32_t n;
    weir_status st = all_positions(q, &parts, &n, err);
    int64_t *low = wr_calloc(n, sizeof *low), *high = wr_calloc(n, sizeof *high);
    if (st == WEIR_OK && n)
        st = wr_topic_ends(q->log, parts, n, low, high, err);
    *out = WR_NEW_N(a, wr_query_position, n);
    *out_n = st == WEIR_OK ? n : 0;
    for (uint32_t i = 0; i < *out_n; i++)
        (*out)[i] = (wr_query_position){
            .topic = parts[i].topic,
            .partition = parts[i].partition,
            .start = low[i],
            .end = high[i],
            .committed = parts[i].offset,
            .lag = WR_MAX(high[i] - WR_MAX(parts[i].offset, low[i]), 0),
        };
    if (*out_n)
        qsort(*out, *out_n, sizeof **out, by_topic_and_number);
    wr_free(parts);
    wr_free(low);
    wr_free(high);
    return st;
}

const char *wr_query_group(const wr_query *q)
{
    return q->group;
}
