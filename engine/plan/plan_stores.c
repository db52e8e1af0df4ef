/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stores of a plan: one walk over the finished steps.
 *
 *     step                    stores (suffix to the step's context)
 *     SOURCE of a table       rows ""         where old rows are wanted, or pull queries may come
 *     AGGREGATE               states ""; with windows: times "-times"
 *     STREAM_STREAM_JOIN      "-left", "-right"; rows that wait "-outer"; "-times"
 *     STREAM_TABLE_JOIN       "-right"
 *     TABLE_TABLE_JOIN        "-left", "-right"; the result "" where pull queries may come
 *     FK_JOIN                 "-left" and the result "" on the left side, "-right" and
 *                             "-subscriptions" on the right one, in another sub-topology
 *
 * Every store has a changelog, except those of a push query, whose state nobody needs again.
 *
 * Order: by step, then by role; indexes are only good within one plan. Names are for ever: they are
 * in the database's list of stores and in the names of changelog topics, and a query that comes up
 * after a restart finds its state by them.
 *
 * Retention of a changelog topic is one of time, where a store's is one of stream time: what a
 * store still has may be a day older on the clock of whoever reads the topic again.
 */
#include "engine/plan/plan_stores.h"
#include "engine/plan/durations.h"

#include <xxhash.h>

#define SESSION_GAPS    8  /* gaps to a segment of a session store */
#define SESSION_PARTS   64 /* segments to the retention, at most */
#define JOIN_SPANS      4  /* spans that a row looks at, to a segment of a join buffer */
#define STORES_PER_STEP WR_PLAN_STORE_ROLES

/* ---- specs ---- */

/* For all stores that have no time in their keys. */
static const wr_store_spec kv_spec = {.kind = WR_STORE_KV};

/* How much longer than its retention a store of sessions holds what EMIT FINAL may still owe. The
 * operator lets closed sessions out before the store can forget them, and a look at sessions by
 * time costs more than one at windows: with this slack it has to look once in a while, not at each
 * row. It is what Kafka Streams' segments come to. */
static int64_t final_slack(const wr_window *w)
{
    return w->emit_final ? WR_MAX(w->retention_ms / 2, WR__MINUTE_MS) : 0;
}

/* A row looks at the segments between it less the gap and stream time: with eight gaps to a segment
 * that is one list for seven rows of eight, and no list has more than a few sessions. Retention
 * over 64: so that a row that is late by all of it still looks at no more than that many. At least
 * a minute, so that short gaps do not make a store of thousands of tiny segments. Old rows are kept
 * whenever results go out as they change: a session that grows takes back its former bounds. */
static wr_store_spec session_spec(const wr_window *w)
{
    int64_t segment_ms =
        WR_MAX(wr__ms_times(w->size_ms, SESSION_GAPS), w->retention_ms / SESSION_PARTS);
    return (wr_store_spec){.kind = WR_STORE_SESSION,
                           .retention_ms = wr__ms_add(w->retention_ms, final_slack(w)),
                           .segment_ms = WR_MAX(segment_ms, WR__MINUTE_MS),
                           .keep_old = !w->emit_final};
}

/* What of the last commit is asked for: old values, where the consumer wants the row before a
 * change and changes are emitted at commits. Final results are emitted once, so nobody asks.
 * Aggregates are found by window and key, the rows of a join by key and time: hence two layouts. */
static wr_store_spec aggregate_spec(const wr_step *step)
{
    const wr_window *w = &step->u.aggregate.window;
    switch (w->kind) {
    case WR_WINDOW_NONE:
        return (wr_store_spec){.kind = WR_STORE_KV, .keep_old = step->needs_old};
    case WR_WINDOW_TUMBLING:
    case WR_WINDOW_HOPPING:
        return (wr_store_spec){.kind = WR_STORE_WINDOW,
                               .layout = WR_WINDOW_TIME_FIRST,
                               .retention_ms = w->retention_ms,
                               .keep_old = !w->emit_final && step->needs_old};
    case WR_WINDOW_SESSION:
        return session_spec(w);
    }
    WR_UNREACHABLE();
}

/* A row looks at before + after: three rows of four then look at one segment, and at few rows in
 * vain. At least a second, for WITHIN 0 SECONDS and the like. */
static wr_store_spec buffer_spec(const wr_step_join *j)
{
    int64_t span_ms = wr__ms_add(j->before_ms, j->after_ms);
    return (wr_store_spec){.kind = WR_STORE_WINDOW,
                           .layout = WR_WINDOW_BUFFER,
                           .retention_ms = j->retention_ms,
                           .segment_ms = WR_MAX(wr__ms_times(span_ms, JOIN_SPANS), WR__SECOND_MS)};
}

/* ---- schemas ---- */

/* Schemas of what is stored are the planner's own copies: nothing else says in which order. */
static const wr_schema *keys_of(wr_arena *a, const wr_schema *s)
{
    return wr_schema_new(a, s->cols, s->keys_n);
}

/* Roles and order as in the step's schema; only the keys are cut off. */
static const wr_schema *values_of(wr_arena *a, const wr_schema *s)
{
    return wr_schema_new(a, s->cols + s->keys_n, s->n - s->keys_n);
}

/* An aggregate stores states, which have types of their own; results follow from them. AVG, for
 * one, stores a sum and a count, a STRUCT, where its result is a DOUBLE. Names stay those of the
 * results: nobody reads them, but a store is shown with its columns. */
static const wr_schema *states_of(wr_arena *a, const wr_step *step)
{
    const wr_step_aggregate *cfg = &step->u.aggregate;
    const wr_column *results = step->schema->cols + step->schema->keys_n;
    uint32_t n = cfg->carried_n + cfg->aggregates_n;
    WR_ASSERT(step->schema->n == step->schema->keys_n + n);
    wr_column *cols = WR_NEW_N(a, wr_column, n);
    memcpy(cols, results, n * sizeof *cols);
    for (uint32_t i = 0; i < cfg->aggregates_n; i++)
        cols[cfg->carried_n + i].type = cfg->calls[i]->state_type;
    return wr_schema_new(a, cols, n);
}

/* ---- the list ---- */

typedef struct list {
    wr_plan *plan;
    wr_plan_store *v; /* STORES_PER_STEP for each step is enough */
    uint32_t n;
    bool changelogs; /* false for push queries */
} list;

/* The topic keeps a day more than the store does, so that a restore finds all that is alive.
 * Retention of topics goes by the clock, that of stores by stream time, which may lag: hence the
 * day, which is what Kafka Streams adds too (windowstore.changelog.additional.retention.ms). */
static int64_t changelog_retention(const wr_store_spec *spec)
{
    return spec->kind == WR_STORE_KV ? -1 : wr__ms_add(spec->retention_ms, WR__DAY_MS);
}

/** Add a store of @p step; @p rows: the schema of its rows, NULL: bytes of the operator's own. */
static void add(list *l, wr_step *step, wr_plan_store_role role, const wr_store_spec *spec,
                const wr_schema *rows)
{
    static const char *const suffixes[WR_PLAN_STORE_ROLES] = {
        [WR_PLAN_STORE_ROWS] = "",        [WR_PLAN_STORE_LEFT] = "-left",
        [WR_PLAN_STORE_RIGHT] = "-right", [WR_PLAN_STORE_OUTER] = "-outer",
        [WR_PLAN_STORE_TIMES] = "-times", [WR_PLAN_STORE_SUBSCRIPTIONS] = "-subscriptions",
    };
    wr_arena *a = l->plan->arena;
    WR_ASSERT(role < WR_PLAN_STORE_ROLES && suffixes[role]);
    WR_ASSERT(step->stores[role] == WR_PLAN_NO_STORE);
    WR_ASSERT(spec->kind == WR_STORE_KV || spec->retention_ms > 0);
    bool fk_right = step->kind == WR_STEP_FK_JOIN &&
                    (role == WR_PLAN_STORE_RIGHT || role == WR_PLAN_STORE_SUBSCRIPTIONS);
    bool states = step->kind == WR_STEP_AGGREGATE && role == WR_PLAN_STORE_ROWS;
    wr_plan_store *s = &l->v[l->n];
    *s = (wr_plan_store){
        .name = wr_arena_printf(a, "%s%s", step->context, suffixes[role]),
        .role = role,
        .spec = *spec,
        .key = rows ? keys_of(a, rows) : NULL,
        .value = states ? states_of(a, step)
                 : rows ? values_of(a, rows)
                        : NULL,
        .step = step,
        .subtopology = fk_right ? step->u.join.right_subtopology : step->subtopology,
        .changelog_retention_ms = changelog_retention(spec),
    };
    if (l->changelogs)
        s->changelog = wr_arena_printf(a, "%s-changelog", s->name);
    for (uint32_t i = 0; i < l->n; i++)
        WR_ASSERT(strcmp(l->v[i].name, s->name) != 0);
    step->stores[role] = l->n++;
}

/* Only windows have times: an aggregate without them never closes anything. */
static void add_aggregate(list *l, wr_step *step)
{
    wr_store_spec spec = aggregate_spec(step);
    add(l, step, WR_PLAN_STORE_ROWS, &spec, step->schema);
    if (step->u.aggregate.window.kind != WR_WINDOW_NONE)
        add(l, step, WR_PLAN_STORE_TIMES, &kv_spec, NULL);
}

/* Unmatched rows wait only if the window's end is known, which takes a GRACE PERIOD. Without it
 * they are sent at once, as ksqlDB does, and there is nothing to wait for. INNER has none. */
static void add_stream_stream_join(list *l, wr_step *step)
{
    const wr_step_join *j = &step->u.join;
    wr_store_spec spec = buffer_spec(j);
    add(l, step, WR_PLAN_STORE_LEFT, &spec, step->in[0]->schema);
    add(l, step, WR_PLAN_STORE_RIGHT, &spec, step->in[1]->schema);
    if (j->has_grace && j->kind != WR_AST_JOIN_INNER)
        add(l, step, WR_PLAN_STORE_OUTER, &kv_spec, NULL);
    add(l, step, WR_PLAN_STORE_TIMES, &kv_spec, NULL);
}

/* Both sides' rows are kept, for neither input can say what the other side's row is. */
static void add_table_join(list *l, wr_step *step)
{
    bool fk = step->kind == WR_STEP_FK_JOIN;
    /* The result of a primary-key join follows from its sides, an old one too. */
    bool result = step->u.join.materialize || (fk && step->needs_old);
    if (result)
        add(l, step, WR_PLAN_STORE_ROWS, &kv_spec, step->schema);
    add(l, step, WR_PLAN_STORE_LEFT, &kv_spec, step->in[0]->schema);
    add(l, step, WR_PLAN_STORE_RIGHT, &kv_spec, step->in[1]->schema);
    if (fk)
        add(l, step, WR_PLAN_STORE_SUBSCRIPTIONS, &kv_spec, NULL);
}

/* The one place that knows which kinds of steps have state. TABLE_GROUP_BY and FILTER of tables
 * have none: they are handed the old row with each change. */
static void add_step(list *l, wr_step *step)
{
    switch (step->kind) {
    case WR_STEP_SOURCE:
        if (step->table && (step->u.source.materialize || step->needs_old))
            add(l, step, WR_PLAN_STORE_ROWS, &kv_spec, step->schema);
        break;
    case WR_STEP_AGGREGATE:
        add_aggregate(l, step);
        break;
    case WR_STEP_STREAM_STREAM_JOIN:
        add_stream_stream_join(l, step);
        break;
    case WR_STEP_STREAM_TABLE_JOIN:
        add(l, step, WR_PLAN_STORE_RIGHT, &kv_spec, step->in[1]->schema);
        break;
    case WR_STEP_TABLE_TABLE_JOIN:
    case WR_STEP_FK_JOIN:
        add_table_join(l, step);
        break;
    default: /* no state */
        break;
    }
}

/* 128 bits: two meanings that differ must never look the same, as rows would be read wrongly then.
 */
static const char *fingerprint(wr_arena *a, const char *meaning)
{
    XXH128_hash_t h = XXH3_128bits(meaning, strlen(meaning));
    return wr_arena_printf(a, "%016llx%016llx", (unsigned long long)h.high64,
                           (unsigned long long)h.low64);
}

/* Meanings come last: they are of the whole plan, stores included. @p plan is complete otherwise:
 * which rows are wanted and which sub-topology a step is in are inputs. */
void wr_plan_add_stores(wr_plan *plan, const wr_map *types)
{
    wr_arena *a = plan->arena;
    list l = {.plan = plan,
              .v = WR_NEW_N(a, wr_plan_store, (size_t)plan->steps_n * STORES_PER_STEP),
              .changelogs = plan->root->kind != WR_STEP_COLLECT};
    for (uint32_t i = 0; i < plan->steps_n; i++) {
        for (uint32_t r = 0; r < WR_PLAN_STORE_ROLES; r++)
            plan->steps[i]->stores[r] = WR_PLAN_NO_STORE;
        add_step(&l, plan->steps[i]);
    }
    plan->stores = l.v;
    plan->stores_n = l.n;
    plan->materialized_store =
        plan->materialized ? plan->materialized->stores[WR_PLAN_STORE_ROWS] : WR_PLAN_NO_STORE;
    WR_ASSERT(!plan->materialized || plan->materialized_store < plan->stores_n);
    for (uint32_t i = 0; i < l.n; i++) {
        l.v[i].meaning = wr__store_meaning(plan, &l.v[i], types);
        l.v[i].fingerprint = fingerprint(a, l.v[i].meaning);
    }
    plan->meaning = wr__query_meaning(plan, types);
}

/* ---- looking at it ---- */

/* By the name on disk, without the query's prefix. A plan has a handful of stores: no map. */
const wr_plan_store *wr_plan_store_find(const wr_plan *plan, const char *name)
{
    for (uint32_t i = 0; i < plan->stores_n; i++)
        if (strcmp(plan->stores[i].name, name) == 0)
            return &plan->stores[i];
    return NULL;
}

const char *wr_plan_store_kind_name(const wr_plan_store *s)
{
    switch (s->spec.kind) {
    case WR_STORE_KV:
        return "key-value";
    case WR_STORE_WINDOW:
        return s->spec.layout == WR_WINDOW_BUFFER ? "join buffer" : "window";
    case WR_STORE_SESSION:
        return "session";
    }
    WR_UNREACHABLE();
}
