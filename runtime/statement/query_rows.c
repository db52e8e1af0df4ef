/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statements with rows: push queries, pull queries on tables and on streams.
 *
 * The query's thread copies result rows into a bounded queue; the statement's thread takes them
 * out. A full queue makes the query wait (back-pressure): it is the client's own query, nobody
 * else's.
 */
#include "runtime/statement/statement_internal.h"

#include <errno.h>
#include <time.h>

#define QUEUE_ROWS 8192u

typedef struct row_batch row_batch;
struct row_batch {
    row_batch *next;
    wr_arena *arena;
    wr_value *values; /* rows x columns */
    bool *tombstones;
    uint32_t rows, at;
};

struct wr__rows {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    row_batch *head, *tail;
    row_batch *current; /* the batch of the row handed out last */
    uint32_t queued;
    uint32_t columns;
    bool closing;
    bool blocking; /* a full queue makes the producer wait */
    bool scalable; /* see is_scalable: rows without key are not shown */
    /* push */
    const wr_plan *plan;
    const wr_schema *schema;
    wr_pull *pull;
};

static wr__rows *rows_new(void)
{
    wr__rows *r = wr_calloc(1, sizeof *r);
    pthread_condattr_t attr;
    pthread_mutex_init(&r->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&r->changed, &attr);
    pthread_condattr_destroy(&attr);
    return r;
}

static void batch_free(row_batch *b)
{
    if (b)
        wr_arena_free(b->arena);
}

/* ---- the producing side ---- */

static weir_status enqueue(wr__rows *r, row_batch *b, weir_error *err)
{
    pthread_mutex_lock(&r->lock);
    while (r->blocking && r->queued >= QUEUE_ROWS && !r->closing)
        pthread_cond_wait(&r->changed, &r->lock);
    if (r->closing) {
        pthread_mutex_unlock(&r->lock);
        batch_free(b);
        return wr_error(err, WEIR_ERR_INTERRUPTED, "The query was closed");
    }
    if (r->tail)
        r->tail->next = b;
    else
        r->head = b;
    r->tail = b;
    r->queued += b->rows;
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->lock);
    return WEIR_OK;
}

static row_batch *batch_new(uint32_t rows, uint32_t columns)
{
    wr_arena *a = wr_arena_new(0);
    row_batch *b = WR_NEW(a, row_batch);
    b->arena = a;
    b->values = wr_arena_alloc(a, sizeof(wr_value) * rows * columns);
    b->tombstones = WR_NEW_N(a, bool, rows);
    b->rows = 0;
    return b;
}

/* Rows of a push query: columns in the order of the projection. */
static weir_status collect_push(void *arg, const wr_batch *in, weir_error *err)
{
    wr__rows *r = arg;
    row_batch *b = batch_new(in->sel.n, r->columns);
    WR_FOREACH_SEL (i, in->sel) {
        bool tombstone = !(in->flags[i] & WR_ROW_HAS_NEW);
        if (tombstone && !r->plan->result_table)
            continue; /* a record with a NULL value: there is nothing to show */
        if (r->scalable && in->schema->keys_n && (in->flags[i] & WR_ROW_NULL_KEY))
            continue;
        wr_value *row = b->values + (size_t)b->rows * r->columns;
        for (uint32_t c = 0; c < r->columns; c++) {
            uint32_t col = r->plan->collect[c];
            bool key = r->plan->result_is_key[c];
            row[c] = WR_VALUE_NULL;
            if (tombstone && !key)
                continue;
            wr_value v = wr_vec_get(&in->cols[col], i);
            row[c] = wr_value_copy(b->arena, r->schema->cols[c].type, &v);
        }
        b->tombstones[b->rows++] = tombstone && r->plan->result_table;
    }
    if (b->rows)
        return enqueue(r, b, err);
    batch_free(b);
    return WEIR_OK;
}

static weir_status collect_pull(void *arg, const wr_batch *in, weir_error *err)
{
    wr__rows *r = arg;
    row_batch *b = batch_new(in->sel.n, r->columns);
    WR_FOREACH_SEL (i, in->sel) {
        wr_value *row = b->values + (size_t)b->rows * r->columns;
        for (uint32_t c = 0; c < r->columns; c++) {
            wr_value v = wr_vec_get(&in->cols[c], i);
            row[c] = wr_value_copy(b->arena, r->schema->cols[c].type, &v);
        }
        b->rows++;
    }
    return enqueue(r, b, err);
}

/* ---- opening ---- */

static void set_result(wr_exec *x, wr__rows *r, const wr_schema *schema, const bool *is_key,
                       bool has_limit, int64_t limit)
{
    x->rows = r;
    x->schema = r->schema = schema;
    x->is_key = is_key;
    r->columns = schema->n;
    x->left = has_limit ? limit : -1;
}

/* ksqlDB's push queries of the second kind: what one running query writes, from now on. */
static bool is_scalable(const wr_exec *x)
{
    const wr_settings *s = &x->session->settings;
    const wr_ast_query *q = x->stmt->query;
    const char *reset = wr_settings_get(s, "auto.offset.reset");
    bool plain = !q->joins_n && !q->window && !q->has_group_by && !q->partition_by_n && !q->having;
    if (!plain || q->emit != WR_AST_EMIT_CHANGES || !reset || !wr_ieq(reset, "latest") ||
        !wr_settings_bool(s, "ksql.query.push.v2.enabled", false))
        return false;
    wr_buf writers = {0};
    uint32_t n = wr_catalog_writers(&x->engine->catalog, q->from.name.name, NULL, &writers);
    wr_buf_free(&writers);
    return n == 1;
}

static weir_status start_transient(wr_exec *x, wr_plan *plan, bool until_end, weir_error *err)
{
    wr_engine *e = x->engine;
    wr__rows *r = x->rows;
    r->plan = plan;
    wr_settings from_start;
    wr_settings_init(&from_start, &x->session->settings);
    if (until_end)
        wr_settings_put(&from_start, "auto.offset.reset", "earliest");
    r->scalable = is_scalable(x);
    x->query_id =
        wr_arena_printf(x->arena, "%s_%s_%llu", r->scalable ? "SCALABLE_PUSH_QUERY" : "transient",
                        x->stmt->query->from.name.name, (unsigned long long)++e->transient_id);
    wr_query_options options = {
        .id = x->query_id,
        .plan = plan,
        .log = e->log,
        .settings = &from_start,
        .clock = e->clock,
        .budget = &e->budget,
        .stepped = e->mode != WR_ENGINE_THREADED,
        .prefix = e->transient_prefix,
        .transient = true,
        .fed = e->mode == WR_ENGINE_FED,
        .caching = false,
        .collect = collect_push,
        .collect_arg = r,
        .until_end = until_end,
    };
    r->blocking = e->mode == WR_ENGINE_THREADED;
    weir_status st = wr_query_new(&options, &x->query, err);
    wr_settings_free(&from_start);
    if (st == WEIR_OK && e->mode == WR_ENGINE_THREADED)
        st = wr_query_start(x->query, err);
    return st;
}

weir_status wr__open_push(wr_exec *x, weir_error *err)
{
    wr_instance_env env;
    wr_plan *plan;
    wr_plan_env_init(&env, x->engine, &x->session->settings, x->arena);
    x->kind = WR_EXEC_PUSH;
    WR_TRY(wr_plan_push(&env.base, x->stmt->query, &plan, err));
    set_result(x, rows_new(), plan->result, plan->result_is_key, plan->has_limit, plan->limit);
    return start_transient(x, plan, false, err);
}

weir_status wr__open_pull(wr_exec *x, weir_error *err)
{
    wr_engine *e = x->engine;
    wr_instance_env env;
    wr_pull *pull;
    wr_plan_env_init(&env, e, &x->session->settings, x->arena);
    x->kind = WR_EXEC_PULL;
    WR_TRY(wr_plan_pull(&env.base, x->stmt->query, &pull, err));
    wr__rows *r = rows_new();
    r->pull = pull;
    set_result(x, r, pull->result, pull->result_is_key, pull->has_limit, pull->limit);
    if (!pull->query_id) {
        wr_plan *plan = pull->plan;
        pull->plan = NULL;
        return start_transient(x, plan, true, err);
    }
    wr_query *q = wr_engine_find_query(e, pull->query_id);
    if (!q)
        return wr_error(err, WEIR_ERR_STATEMENT,
                        "Cannot read `%s`: its query %s does not run any more", pull->source->name,
                        pull->query_id);
    weir_error why;
    if (wr_query_error(q, &why))
        return wr_error(err, WEIR_ERR_STATEMENT, "Cannot read `%s`: its query %s has failed: %s",
                        pull->source->name, pull->query_id, why.message);
    return wr_query_pull(q, pull, collect_pull, r, err);
}

/* ---- taking rows ---- */

static bool take(wr_exec *x, wr__rows *r)
{
    if (!r->head)
        return false;
    row_batch *b = r->head;
    x->row = b->values + (size_t)b->at * r->columns;
    x->tombstone = b->tombstones[b->at];
    b->at++;
    r->queued--;
    if (b->at == b->rows) {
        r->head = b->next;
        if (!r->head)
            r->tail = NULL;
        b->next = NULL;
        r->current = b; /* its memory backs x->row until the next call */
    }
    return true;
}

/* End of a query: it failed, or has come to its end. @return true: *st says which. */
static bool ended(wr_exec *x, weir_status *st, weir_error *err)
{
    if (!x->query) {
        *st = WEIR_DONE;
        return true;
    }
    if (wr_query_error(x->query, err)) {
        *st = err ? err->code : WEIR_ERR_LOG;
        return true;
    }
    if (wr_query_state_of(x->query) == WR_QUERY_STOPPED) {
        *st = WEIR_DONE;
        return true;
    }
    return false;
}

static struct timespec deadline_of(int timeout_ms)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += timeout_ms / 1000;
    t.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000;
    }
    return t;
}

static weir_status wait_row(wr_exec *x, int timeout_ms, weir_error *err)
{
    wr__rows *r = x->rows;
    struct timespec until = deadline_of(timeout_ms < 0 ? 0 : timeout_ms);
    weir_status st = WEIR_OK;
    pthread_mutex_lock(&r->lock);
    for (;;) {
        batch_free(r->current);
        r->current = NULL;
        if (take(x, r)) {
            st = WEIR_ROW;
            break;
        }
        if (atomic_exchange(&x->interrupted, false)) {
            st = wr_error(err, WEIR_ERR_INTERRUPTED, "Query terminated");
            break;
        }
        if (ended(x, &st, err))
            break;
        /* Neither the end of a query nor an interrupt (perhaps from a signal handler) signals the
         * queue: look again now and then. */
        struct timespec tick = deadline_of(50);
        bool forever = timeout_ms < 0;
        bool sooner = !forever && (until.tv_sec < tick.tv_sec ||
                                   (until.tv_sec == tick.tv_sec && until.tv_nsec < tick.tv_nsec));
        int rc = pthread_cond_timedwait(&r->changed, &r->lock, sooner ? &until : &tick);
        if (rc == ETIMEDOUT && sooner) {
            st = wr_error(err, WEIR_ERR_INTERRUPTED, "No row within %d ms", timeout_ms);
            break;
        }
    }
    if (st == WEIR_ROW)
        pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->lock);
    return st;
}

/* Without threads: step the query here until a row is there. */
static weir_status step_row(wr_exec *x, int timeout_ms, weir_error *err)
{
    wr__rows *r = x->rows;
    wr_clock *clock = x->engine->clock;
    int64_t until = clock->mono_ns(clock) + (int64_t)timeout_ms * 1000000;
    for (;;) {
        batch_free(r->current);
        r->current = NULL;
        if (take(x, r))
            return WEIR_ROW;
        if (!x->query || x->engine->mode == WR_ENGINE_FED)
            return WEIR_DONE;
        if (atomic_exchange(&x->interrupted, false))
            return wr_error(err, WEIR_ERR_INTERRUPTED, "Query terminated");
        bool progressed, done;
        WR_TRY(wr_query_step(x->query, 10, &progressed, &done, err));
        if (done && !r->head)
            return WEIR_DONE;
        if (timeout_ms >= 0 && !r->head && clock->mono_ns(clock) > until)
            return wr_error(err, WEIR_ERR_INTERRUPTED, "No row within %d ms", timeout_ms);
    }
}

weir_status wr__step_rows(wr_exec *x, int timeout_ms, weir_error *err)
{
    if (x->left == 0) {
        x->message = "Limit Reached";
        return WEIR_DONE;
    }
    weir_status st = x->engine->mode == WR_ENGINE_THREADED ? wait_row(x, timeout_ms, err)
                                                           : step_row(x, timeout_ms, err);
    if (st == WEIR_ROW && x->left > 0)
        x->left--;
    if (st == WEIR_DONE && (x->kind == WR_EXEC_PUSH || x->query))
        x->message = "Query Completed";
    return st;
}

/* ---- closing ---- */

void wr__close_rows(wr_exec *x)
{
    wr__rows *r = x->rows;
    if (!r)
        return;
    pthread_mutex_lock(&r->lock);
    r->closing = true;
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->lock);
    wr_query_free(x->query, false);
    x->query = NULL;
    while (r->head) {
        row_batch *next = r->head->next;
        batch_free(r->head);
        r->head = next;
    }
    batch_free(r->current);
    wr_pull_free(r->pull);
    pthread_mutex_destroy(&r->lock);
    pthread_cond_destroy(&r->changed);
    wr_free(r);
    x->rows = NULL;
}
