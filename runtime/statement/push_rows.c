/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Push queries, and pull queries on streams: a query of the statement's own, whose thread copies
 * result rows into the queue.
 *
 * The query has a state database in memory and no group, and is stopped and freed with its
 * statement. Nothing of it is in the catalog, so others do not see it, and a DROP of what it reads
 * does not wait for it: it holds the sources of its plan, and ends when their topics do.
 *
 * Threads: `collect` runs on the query's thread and touches only the queue and what is constant
 * since before the query was started.
 */
#include "runtime/statement/query_rows.h"
#include "common/reason.h"

/* Of a row's window, as WINDOWSTART and WINDOWEND give it; NULL: no bound. */
static wr_value bound(wr_window_bound which, const wr_batch *in, uint32_t i)
{
    if (which == WR_BOUND_NONE || !in->window_start)
        return WR_VALUE_NULL;
    return wr_value_i64(which == WR_BOUND_START ? in->window_start[i] : in->window_end[i]);
}

/* Columns in the order of the projection. */
static weir_status collect_some(wr__rows *r, const wr_batch *in, wr_sel sel, weir_error *err)
{
    wr__row_batch *b = wr__row_batch_new(r->queue, sel.n);
    WR_FOREACH_SEL (i, sel) {
        bool tombstone = !(in->flags[i] & WR_ROW_HAS_NEW);
        if (tombstone && !r->plan->result_table)
            continue; /* a record with a NULL value: there is nothing to show */
        if (r->scalable && in->schema->keys_n && (in->flags[i] & WR_ROW_NULL_KEY))
            continue;
        wr_value *row = b->values + (size_t)b->rows * r->schema->n;
        for (uint32_t c = 0; c < r->schema->n; c++) {
            bool key = r->plan->result_is_key[c];
            row[c] = WR_VALUE_NULL;
            if (tombstone && !key) {
                row[c] = bound(r->plan->result_bound[c], in, i);
                continue;
            }
            wr_value v = wr_vec_get(&in->cols[r->plan->collect[c]], i);
            row[c] = wr_value_copy(b->arena, r->schema->cols[c].type, &v);
        }
        b->tombstones[b->rows++] = tombstone && r->plan->result_table;
    }
    return wr__row_queue_put(r->queue, b, NULL, err);
}

/*
 * On the query's thread, which waits here while the queue is full: it is the client's own query, so
 * only the client is held up by it. An error of the queue (closed) ends the query.
 */
static weir_status collect(void *arg, const wr_batch *in, weir_error *err)
{
    wr__rows *r = arg;
    WR_ASSERT(r->plan && r->plan->collect); /* set before the query was started */
    return wr__in_pieces(r, in, collect_some, err);
}

/* ksqlDB's forms, which clients look for in texts: the source as the query calls it and a number of
 * 19 digits, or a UUID. */
static void put_id(wr_exec *x, bool scalable, wr_buf *out)
{
    const wr_ast_source *from = &x->stmt->query->from;
    WR_ASSERT(x->stmt->kind == WR_AST_QUERY && from->name.name);
    uint64_t r = wr_engine_random(x->engine);
    if (scalable) {
        uint64_t s = wr_engine_random(x->engine);
        wr_buf_printf(out, "SCALABLE_PUSH_QUERY_%08x-%04x-4%03x-%04x-%012llx", (unsigned)(r >> 32),
                      (unsigned)(r >> 16 & 0xffff), (unsigned)(r & 0xfff),
                      (unsigned)(0x8000 | (s >> 48 & 0x3fff)),
                      (unsigned long long)(s & 0xffffffffffff));
        return;
    }
    wr_buf_printf(out, "transient_%s_%llu", from->alias.name ? from->alias.name : from->name.name,
                  1000000000000000000ull + r % 8000000000000000000ull);
}

/* In the statement's arena: a query is known by it as long as the statement is there. */
const char *wr__transient_id(wr_exec *x, bool scalable)
{
    wr_buf id = {0};
    put_id(x, scalable, &id);
    const char *made = wr_arena_strdup(x->arena, wr_buf_cstr(&id));
    wr_buf_free(&id);
    return made;
}

/* Each client of a shared query is known by an id of its own. */
void wr_exec_another_id(wr_exec *x, wr_buf *out)
{
    WR_ASSERT(x->query && x->rows);
    wr_engine_lock(x->engine);
    put_id(x, x->rows->scalable, out);
    wr_engine_unlock(x->engine);
}

/* Without the lock: opening asks the log. On failure the statement closes what there is. */
weir_status wr__start_transient(wr_exec *x, wr_plan *plan, const char *id, bool until_end,
                                weir_error *err)
{
    wr__rows *r = x->rows;
    wr_query_options options;
    wr_settings settings;
    WR_ASSERT(r && r->schema && !x->query);
    r->plan = plan;
    x->query_id = id;
    wr_settings_init(&settings, &x->settings);
    if (until_end)
        wr_settings_put(&settings, "auto.offset.reset", "earliest");
    wr_engine_query_options(x->engine, true, &options);
    options.id = id;
    options.plan = plan;
    options.settings = &settings;
    options.collect = collect;
    options.collect_arg = r;
    options.until_end = until_end;
    options.ended = x->wake;
    options.ended_arg = x->wake_arg;
    weir_status st = wr_query_new(&options, &x->query, err);
    wr_settings_free(&settings);
    if (st == WEIR_OK && wr_engine_mode_of(x->engine) == WR_ENGINE_THREADED)
        st = wr_query_start(x->query, err);
    return st;
}

/* ---- push queries ---- */

/** What planning has found out. */
typedef struct push {
    wr_plan *plan; /* until the query takes it */
    bool scalable;
} push;

/* ksqlDB's push queries of the second kind: what one running query writes, from now on. */
static bool is_scalable(const wr_exec *x, const wr_catalog *catalog)
{
    const wr_settings *s = &x->settings;
    const wr_ast_query *q = x->stmt->query;
    const char *reset = wr_settings_get(s, "auto.offset.reset");
    bool plain = !q->joins_n && !q->window && !q->has_group_by && !q->partition_by_n && !q->having;
    if (!plain || q->emit != WR_AST_EMIT_CHANGES || !reset || !wr_ieq(reset, "latest") ||
        !wr_settings_bool(s, "ksql.query.push.v2.enabled", false))
        return false;
    wr_buf writers = {0};
    uint32_t n = wr_catalog_writers(catalog, q->from.name.name, NULL, &writers);
    wr_buf_free(&writers);
    return n == 1;
}

static void discard(void *arg)
{
    push *p = arg;
    wr_plan_free(p->plan);
    *p = (push){0};
}

static weir_status plan(wr_exec *x, wr_instance_env *env, void *arg, wr_reservation *needs,
                        weir_error *err)
{
    push *p = arg;
    (void)needs; /* a push query holds the sources that it reads; they may be dropped meanwhile */
    *p = (push){0};
    WR_TRY(wr_plan_push(&env->base, x->stmt->query, &p->plan, err));
    p->scalable = is_scalable(x, env->base.catalog);
    return WEIR_OK;
}

/* The plan is the query's from here on, and lives as long: x->schema is part of it. */
weir_status wr__open_push(wr_exec *x, weir_error *err)
{
    push p = {0};
    wr_reservation held = {0};
    wr__planner planner = {plan, discard, &p};
    WR_TRY(wr__plan(x, &planner, &held, err));
    const char *id = wr__transient_id(x, p.scalable);
    wr_engine_unlock(x->engine);
    wr_reservation_release(&held);
    wr__rows *r =
        wr__rows_new(x, p.plan->result, p.plan->result_is_key, p.plan->has_limit, p.plan->limit);
    r->scalable = p.scalable;
    int64_t most = wr_settings_int(&x->settings, "ksql.max.push.queries", INT32_MAX);
    if (!wr_engine_enter_push(x->engine, most)) {
        wr_plan_free(p.plan);
        return wr_error_reason(
            err, WR_REASON_PUSH_LIMIT,
            wr_error(err, WEIR_ERR_LIMIT,
                     "Maximum number of active push queries exceeded: ksql.max.push.queries is "
                     "%lld",
                     (long long)most));
    }
    r->counted = true; /* until its rows are closed */
    WR_ASSERT(x->rows == r && !x->query);
    return wr__start_transient(x, p.plan, id, false, err);
}
