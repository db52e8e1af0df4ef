/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op_harness.h - drives real topologies, built from hand-made plans, on a database in memory.
 *
 * A test writes a function that builds a plan out of steps (columns and expressions as SQL text),
 * a list of input records and the expected output as text. op_check runs it with feeds of 1, 2,
 * many and randomly many records, each with and without a commit and restart between feeds, and
 * with either every run must give the same output. Topics carry JSON keys and values.
 *
 * Output, a line for each record: `topic key value @time`, a windowed key as `key[start,end]`.
 */
#ifndef TEST_ENGINE_OP_HARNESS_H
#define TEST_ENGINE_OP_HARNESS_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "engine/operators/topology.h"
#include "engine/plan/plan_stores.h"
#include "engine/plan/push_down.h"
#include "parser/parser.h"

#define OPS_STORES_MAX 32
#define OPS_SUBS_MAX   8

typedef struct ops ops;
typedef void (*ops_build)(ops *o);

/** One input record; key or value NULL: NULL. */
typedef struct ops_in {
    const char *topic, *key, *value;
    int64_t time;
} ops_in;

typedef struct ops_queued {
    uint32_t topic;
    wr_record record;
} ops_queued;

struct ops {
    wr_arena *plan_arena, *task_arena, *scratch, *run_arena;
    wr_plan plan;
    wr_step *steps[64];
    wr_plan_topic topics[16];
    wr_db *db;
    wr_task_ctx ctx;
    wr_topology *subs[OPS_SUBS_MAX];
    struct {
        char name[64];
        wr_store *store;
    } stores[OPS_STORES_MAX];
    size_t stores_n;
    ops_queued queue[4096];
    size_t queue_from, queue_to;
    bool hold; /* leave internal topics unread for now */
    wr_buf out;
    weir_status (*record_times)(wr_task_ctx *ctx, uint32_t topic, wr_record_times *out,
                                weir_error *err); /* of the context; a build sets it */
    unsigned outcomes[3];                         /* of row_errors, by wr_row_fault_outcome */
    wr_row_fault last_fault;
    uint32_t last_row;                 /* of its batch */
    unsigned row_errors, rows_dropped; /* told as errors; told as dropped, without error */
    char last_error[256], last_dropped[256];
    bool caching;
    weir_error err; /* of the last failing call */
};

#define OPS_OK(call)                                                                               \
    do {                                                                                           \
        weir_error ops_err_ = {0};                                                                 \
        weir_error *err = &ops_err_;                                                               \
        if ((call) != WEIR_OK)                                                                     \
            fail_msg("%s: %s", #call, ops_err_.message);                                           \
    } while (0)

/* ------------------------------------------------------------------ plans */

/** Columns from SQL text: "ID BIGINT KEY, V STRING". */
static inline const wr_schema *ops_schema(ops *o, const char *text)
{
    wr_ast_element *elements;
    size_t n;
    OPS_OK(wr_parse_elements(text, strlen(text), o->plan_arena, &elements, &n, err));
    wr_column *cols = WR_NEW_N(o->plan_arena, wr_column, n);
    for (size_t i = 0; i < n; i++) {
        bool key = elements[i].constraint == WR_AST_COL_KEY ||
                   elements[i].constraint == WR_AST_COL_PRIMARY_KEY;
        cols[i].name = elements[i].name.name;
        cols[i].role = key ? WR_COL_KEY : WR_COL_VALUE;
        if (elements[i].constraint == WR_AST_COL_HEADERS)
            cols[i].role = WR_COL_HEADERS;
        OPS_OK(wr_expr_resolve_type(elements[i].type, NULL, o->plan_arena, &cols[i].type, err));
    }
    return wr_schema_new(o->plan_arena, cols, (uint32_t)n);
}

static inline wr_ast_expr *ops_ast(ops *o, const char *text)
{
    wr_ast_expr *e;
    OPS_OK(wr_parse_expression(text, strlen(text), o->plan_arena, &e, err));
    return e;
}

static inline wr_schema_scope *ops_scope(ops *o, const wr_step *in)
{
    wr_schema_scope *scope = WR_NEW(o->plan_arena, wr_schema_scope);
    wr_schema_scope_init(scope, in->schema, NULL, in->windowed, NULL);
    scope->base.allow_aggregates = true;
    return scope;
}

static inline wr_expr *ops_expr(ops *o, const wr_step *in, const char *text)
{
    wr_expr *e;
    OPS_OK(wr_expr_compile(ops_ast(o, text), &ops_scope(o, in)->base, o->plan_arena, &e, err));
    return e;
}

static inline wr_step *ops_step(ops *o, wr_step_kind kind, const char *name, const char *context,
                                wr_step *in)
{
    wr_step *s = WR_NEW(o->plan_arena, wr_step);
    s->kind = kind;
    s->id = o->plan.steps_n;
    s->name = name;
    s->context = context;
    if (in) {
        s->in = WR_NEW_N(o->plan_arena, wr_step *, 2);
        s->in[0] = in;
        s->in_n = 1;
        s->schema = in->schema;
        s->table = in->table;
        s->windowed = in->windowed;
    }
    o->steps[o->plan.steps_n++] = s;
    return s;
}

static inline uint32_t ops_topic(ops *o, const char *name, wr_topic_role role)
{
    for (uint32_t i = 0; i < o->plan.topics_n; i++)
        if (strcmp(o->topics[i].name, name) == 0)
            return i;
    o->topics[o->plan.topics_n] = (wr_plan_topic){.name = name, .role = role, .partitions = 1};
    return o->plan.topics_n++;
}

static inline wr_format_use ops_json(const wr_schema *schema, bool is_key)
{
    bool bare = is_key && schema->keys_n == 1;
    bool none = is_key && schema->keys_n == 0;
    return (wr_format_use){.format = wr_format_get(none ? WR_FORMAT_NONE : WR_FORMAT_JSON),
                           .options = {.unwrapped = bare}};
}

static inline wr_step *ops_source(ops *o, const char *topic, const char *columns, bool table)
{
    char *context = wr_arena_printf(o->plan_arena, "Source_%s%s", topic, table ? "_t" : "");
    wr_step *s = ops_step(o, WR_STEP_SOURCE, table ? "TableSource" : "StreamSource", context, NULL);
    s->schema = ops_schema(o, columns);
    s->table = table;
    uint32_t *output = WR_NEW_N(o->plan_arena, uint32_t, s->schema->n);
    for (uint32_t c = 0; c < s->schema->n; c++)
        output[c] = c;
    s->u.source = (wr_step_source){.topic = ops_topic(o, topic, WR_TOPIC_INPUT),
                                   .source_name = topic,
                                   .columns = s->schema->cols,
                                   .columns_n = s->schema->n,
                                   .output = output,
                                   .key = ops_json(s->schema, true),
                                   .value = ops_json(s->schema, false),
                                   .timestamp_column = -1};
    return s;
}

static inline void ops_want_old(wr_step *s)
{
    s->needs_old = true;
    s->u.source.materialize |= s->kind == WR_STEP_SOURCE;
}

static inline wr_step *ops_filter(ops *o, wr_step *in, const char *condition)
{
    wr_step *s = ops_step(o, WR_STEP_FILTER, "Filter", "Filter", in);
    s->u.filter = ops_expr(o, in, condition);
    if (in->table)
        ops_want_old(in);
    return s;
}

/** Projection: @p exprs (NULL-terminated) give the columns of @p columns in order. */
static inline wr_step *ops_select(ops *o, wr_step *in, const char *columns,
                                  const char *const *exprs)
{
    wr_step *s = ops_step(o, WR_STEP_SELECT, "Select", "Project", in);
    s->schema = ops_schema(o, columns);
    s->u.select = WR_NEW_N(o->plan_arena, wr_expr *, s->schema->n);
    for (uint32_t c = 0; c < s->schema->n; c++)
        s->u.select[c] = ops_expr(o, in, exprs[c]);
    return s;
}

/** New key; the values are all columns of the input. @p columns names keys, then those. */
static inline wr_step *ops_select_key(ops *o, wr_step *in, const char *columns,
                                      const char *const *keys, bool group_by)
{
    wr_step *s = ops_step(o, in->table ? WR_STEP_TABLE_GROUP_BY : WR_STEP_SELECT_KEY, "SelectKey",
                          "GroupBy", in);
    s->schema = ops_schema(o, columns);
    uint32_t *values = WR_NEW_N(o->plan_arena, uint32_t, in->schema->n);
    for (uint32_t c = 0; c < in->schema->n; c++)
        values[c] = c;
    wr_expr **exprs = WR_NEW_N(o->plan_arena, wr_expr *, s->schema->keys_n);
    const wr_ast_expr **asts = WR_NEW_N(o->plan_arena, const wr_ast_expr *, s->schema->keys_n);
    for (uint32_t k = 0; k < s->schema->keys_n; k++) {
        exprs[k] = ops_expr(o, in, keys[k]);
        asts[k] = ops_ast(o, keys[k]);
    }
    s->u.select_key = (wr_step_select_key){.keys = exprs,
                                           .keys_ast = asts,
                                           .values = values,
                                           .drop_null = group_by,
                                           .keyless = s->schema->keys_n == 0,
                                           .clears_value = !group_by};
    assert_int_equal(s->schema->n - s->schema->keys_n, in->schema->n);
    if (in->table) {
        ops_want_old(in);
        s->needs_old = true;
    }
    return s;
}

static inline wr_step *ops_repartition(ops *o, wr_step *in, const char *context)
{
    wr_step *s = ops_step(o, WR_STEP_REPARTITION, "Repartition", context, in);
    s->needs_old = in->needs_old;
    s->u.repartition.topic = ops_topic(o, context, WR_TOPIC_REPARTITION);
    s->u.repartition.key = ops_json(s->schema, true);
    return s;
}

/** Aggregate: @p columns = keys, carried columns (by name of the input), results of @p calls. */
static inline wr_step *ops_aggregate(ops *o, wr_step *in, wr_window window, const char *columns,
                                     const char *const *calls)
{
    wr_step *s = ops_step(o, WR_STEP_AGGREGATE, "Aggregate", "Aggregate", in);
    wr_step_aggregate *cfg = &s->u.aggregate;
    wr_arena *a = o->plan_arena;
    s->schema = ops_schema(o, columns);
    s->table = true;
    s->windowed = window.kind != WR_WINDOW_NONE;
    cfg->window = window;
    cfg->input_table = in->table;
    uint32_t n = 0;
    while (calls[n])
        n++;
    cfg->aggregates_n = n;
    cfg->calls = WR_NEW_N(a, wr_agg_call *, n);
    cfg->args = WR_NEW_N(a, wr_expr **, n);
    const wr_ast_expr **asts = WR_NEW_N(a, const wr_ast_expr *, n);
    for (uint32_t k = 0; k < n; k++) {
        asts[k] = ops_ast(o, calls[k]);
        OPS_OK(wr_expr_compile_aggregate(asts[k], &ops_scope(o, in)->base, INT64_MAX, a,
                                         &cfg->calls[k], &cfg->args[k], err));
    }
    cfg->calls_ast = asts;
    cfg->carried_n = s->schema->n - s->schema->keys_n - n;
    uint32_t *carried = WR_NEW_N(a, uint32_t, cfg->carried_n);
    for (uint32_t k = 0; k < cfg->carried_n; k++) {
        int c = wr_schema_find(in->schema, s->schema->cols[s->schema->keys_n + k].name);
        assert_true(c >= 0);
        carried[k] = (uint32_t)c;
    }
    cfg->carried = carried;
    return s;
}

static inline wr_step *ops_suppress(ops *o, wr_step *in, int64_t interval_ms)
{
    wr_step *s = ops_step(o, WR_STEP_SUPPRESS, "TableSuppress", "Suppress", in);
    s->u.suppress =
        (wr_step_suppress){.window = in->u.aggregate.window, .emit_interval_ms = interval_ms};
    return s;
}

static inline wr_step *ops_join(ops *o, wr_step_kind kind, wr_step *left, wr_step *right,
                                const char *columns, wr_step_join join)
{
    wr_step *s = ops_step(o, kind, "Join", "Join", left);
    s->in[1] = right;
    s->in_n = 2;
    s->schema = ops_schema(o, columns);
    s->u.join = join;
    return s;
}

static inline void ops_sink(ops *o, wr_step *in, const char *topic)
{
    wr_step *s = ops_step(o, WR_STEP_SINK, "Sink", "Sink", in);
    s->u.sink = (wr_step_sink){.topic = ops_topic(o, topic, WR_TOPIC_OUTPUT),
                               .key = ops_json(s->schema, true),
                               .value = ops_json(s->schema, false),
                               .timestamp_column = -1};
    wr_step *at = in;
    while (at->kind != WR_STEP_AGGREGATE && at->kind != WR_STEP_SOURCE)
        at = at->in[0];
    if (s->windowed)
        s->u.sink.window =
            at->kind == WR_STEP_SOURCE ? at->u.source.window : at->u.aggregate.window;
    o->plan.root = s;
}

static inline wr_step *ops_fk_join(ops *o, wr_step *left, wr_step *right, const char *columns,
                                   wr_ast_join_kind kind, const char *fk)
{
    wr_step_join cfg = {.kind = kind,
                        .fk = ops_expr(o, left, fk),
                        .fk_ast = ops_ast(o, fk),
                        .subscription_topic = ops_topic(o, "subscriptions", WR_TOPIC_REPARTITION),
                        .response_topic = ops_topic(o, "responses", WR_TOPIC_REPARTITION),
                        .right_key = ops_json(right->schema, true),
                        .left_key = ops_json(left->schema, true)};
    return ops_join(o, WR_STEP_FK_JOIN, left, right, columns, cfg);
}

static inline void ops_regions(wr_step *s, uint32_t region, uint32_t *next)
{
    if (s->kind == WR_STEP_REPARTITION)
        region = (*next)++;
    s->subtopology = region;
    for (uint32_t i = 0; i < s->in_n; i++) {
        if (s->kind == WR_STEP_FK_JOIN && i == 1)
            region = s->u.join.right_subtopology = (*next)++;
        ops_regions(s->in[i], region, next);
    }
}

/* ------------------------------------------------------------------ the task's surroundings */

static inline void ops_row_error(wr_task_ctx *ctx, const wr_step *step, const wr_batch *batch,
                                 uint32_t row, const wr_row_fault *fault)
{
    (void)step;
    ops *o = ctx->runtime;
    assert_true(!batch || row < batch->rows);
    assert_true(fault->policy && fault->message[0]);
    o->row_errors++;
    o->outcomes[fault->outcome]++;
    o->last_row = row;
    o->last_fault = *fault;
    o->last_fault.message = NULL;
    snprintf(o->last_error, sizeof o->last_error, "%s", fault->message);
}

static inline void ops_row_noted(wr_task_ctx *ctx, const wr_step *step, const wr_batch *batch,
                                 uint32_t row, const char *message)
{
    ops *o = ctx->runtime;
    assert_true(step && batch && row < batch->rows);
    o->rows_dropped++;
    snprintf(o->last_dropped, sizeof o->last_dropped, "%s", message);
}

static inline void ops_print_record(ops *o, uint32_t topic, const wr_out_records *r, uint32_t i)
{
    wr_str key = r->keys[i];
    const wr_window *w = &o->plan.root->u.sink.window;
    uint32_t tail = w->kind == WR_WINDOW_NONE ? 0 : w->kind == WR_WINDOW_SESSION ? 16 : 8;
    wr_buf_printf(&o->out, "%s ", o->topics[topic].name);
    if (!key.ptr) {
        wr_buf_puts(&o->out, "null");
    } else {
        assert_true(key.len >= tail);
        key.len -= tail;
        wr_buf_str(&o->out, key);
        const char *p = key.ptr + key.len;
        long long a = tail ? (long long)wr_get_be64(p) : 0;
        long long b = tail == 16 ? (long long)wr_get_be64(p + 8) : 0;
        if (tail == 16)
            wr_buf_printf(&o->out, "[%lld,%lld]", b, a);
        else if (tail)
            wr_buf_printf(&o->out, "[%lld,%lld]", a, a + (long long)w->size_ms);
    }
    wr_buf_putc(&o->out, ' ');
    wr_buf_str(&o->out, r->values[i].ptr ? r->values[i] : WR_STR("null"));
    wr_buf_printf(&o->out, " @%lld", (long long)r->timestamps[i]);
    const wr_headers *h = r->headers ? r->headers[i] : NULL;
    for (uint32_t k = 0; h && k < h->n; k++) {
        wr_buf_printf(&o->out, " %.*s=", (int)h->h[k].key.len, h->h[k].key.ptr);
        wr_buf_str(&o->out, h->h[k].value.ptr ? h->h[k].value : WR_STR("null"));
    }
    wr_buf_putc(&o->out, '\n');
}

static inline wr_str ops_own(ops *o, wr_str s)
{
    return s.ptr ? wr_arena_str(o->run_arena, s) : s;
}

static inline weir_status ops_produce(wr_task_ctx *ctx, uint32_t topic, const wr_out_records *r,
                                      weir_error *err)
{
    (void)err;
    ops *o = ctx->runtime;
    for (uint32_t i = 0; i < r->n; i++) {
        if (o->topics[topic].role == WR_TOPIC_OUTPUT) {
            ops_print_record(o, topic, r, i);
            continue;
        }
        assert_true(o->queue_to < WR_ARRAY_LEN(o->queue));
        o->queue[o->queue_to++] = (ops_queued){
            topic,
            {.key = ops_own(o, r->keys[i]),
             .value = ops_own(o, r->values[i]),
             .headers = wr_headers_copy(o->run_arena, r->headers ? r->headers[i] : NULL),
             .timestamp = r->timestamps[i]}};
    }
    return WEIR_OK;
}

static inline weir_status ops_collect(wr_task_ctx *ctx, const wr_batch *b, weir_error *err)
{
    (void)err;
    ops *o = ctx->runtime;
    WR_FOREACH_SEL (i, b->sel) {
        for (uint32_t c = 0; c < b->schema->n; c++) {
            wr_value v = wr_vec_get(&b->cols[c], i);
            if (c)
                wr_buf_puts(&o->out, ", ");
            wr_value_print_json(&o->out, b->schema->cols[c].type, &v);
        }
        if (b->window_start)
            wr_buf_printf(&o->out, " [%lld,%lld]", (long long)b->window_start[i],
                          (long long)b->window_end[i]);
        wr_buf_printf(&o->out, " @%lld\n", (long long)b->rowtime[i]);
    }
    return WEIR_OK;
}

static inline weir_status ops_open_store(wr_task_ctx *ctx, uint32_t store, wr_store **out,
                                         weir_error *err)
{
    ops *o = ctx->runtime;
    assert_true(store < o->plan.stores_n);
    const char *name = o->plan.stores[store].name;
    wr_store_options options = {.caching = ctx->caching};
    for (size_t i = 0; i < o->stores_n; i++)
        if (strcmp(o->stores[i].name, name) == 0)
            fail_msg("store %s opened twice", name);
    assert_true(o->stores_n < OPS_STORES_MAX);
    WR_TRY(wr_db_store_id(o->db, wr_str_c(name), &options.store_id, err));
    WR_TRY(wr_store_spec_open(o->db, &o->plan.stores[store].spec, &options, out, err));
    snprintf(o->stores[o->stores_n].name, sizeof o->stores[0].name, "%s", name);
    o->stores[o->stores_n++].store = *out;
    return WEIR_OK;
}

/** Pull queries read the rows of @p step. */
static inline void ops_materialize(ops *o, wr_step *step)
{
    o->plan.materialized = step;
    o->plan.materialized_store = step->stores[WR_PLAN_STORE_ROWS];
}

/** A second, read-only view of a store as @p snap has it, as pull queries open it. */
static inline void ops_open_snapshot(ops *o, uint32_t store, const wr_db_snap *snap, wr_store **out)
{
    const wr_plan_store *s = &o->plan.stores[store];
    wr_store_options options = {.snap = snap};
    OPS_OK(wr_db_store_id(o->db, wr_str_c(s->name), &options.store_id, err));
    OPS_OK(wr_store_spec_open(o->db, &s->spec, &options, out, err));
}

/* ------------------------------------------------------------------ life */

static inline void ops_start(ops *o)
{
    o->task_arena = wr_arena_new(0);
    o->scratch = wr_arena_new(0);
    static wr_rng rng;
    wr_rng_seed(&rng, 1);
    uint64_t sequence = o->ctx.sequence;
    int64_t wall_ms = o->ctx.wall_ms;
    o->ctx = (wr_task_ctx){.plan = &o->plan,
                           .query_id = "TEST",
                           .task_arena = o->task_arena,
                           .scratch = o->scratch,
                           .rng = &rng,
                           .zone = "UTC",
                           .caching = o->caching,
                           .sequence = sequence,
                           .wall_ms = wall_ms,
                           .row_error = ops_row_error,
                           .row_noted = ops_row_noted,
                           .produce = ops_produce,
                           .collect = ops_collect,
                           .open_store = ops_open_store,
                           .record_times = o->record_times,
                           .runtime = o};
    for (uint32_t s = 0; s < o->plan.subtopologies_n; s++)
        OPS_OK(wr_topology_new(&o->ctx, s, &o->subs[s], err));
}

static inline void ops_stop(ops *o)
{
    for (uint32_t s = 0; s < o->plan.subtopologies_n; s++)
        wr_topology_close(o->subs[s]);
    for (size_t i = 0; i < o->stores_n; i++)
        wr_store_close(o->stores[i].store);
    o->stores_n = 0;
    wr_arena_free(o->task_arena);
    wr_arena_free(o->scratch);
}

static inline void ops_open(ops *o, ops_build build, bool caching)
{
    memset(o, 0, sizeof *o);
    o->plan_arena = wr_arena_new(0);
    o->run_arena = wr_arena_new(0);
    o->plan.arena = o->plan_arena;
    o->plan.steps = o->steps;
    o->plan.topics = o->topics;
    o->caching = caching;
    build(o);
    uint32_t regions = 1;
    ops_regions(o->plan.root, 0, &regions);
    o->plan.subtopologies_n = regions;
    for (uint32_t i = 0; i < o->plan.steps_n; i++) {
        wr_step *s = o->steps[i];
        s->subtopology = regions - 1 - s->subtopology;
        if (s->kind == WR_STEP_FK_JOIN)
            s->u.join.right_subtopology = regions - 1 - s->u.join.right_subtopology;
    }
    wr_plan_push_filters(&o->plan);
    wr_plan_add_stores(&o->plan, NULL);
    o->db = wr_db_open_memory();
    ops_start(o);
}

static inline void ops_close(ops *o)
{
    ops_stop(o);
    wr_db_close(o->db);
    wr_buf_free(&o->out);
    wr_arena_free(o->plan_arena);
    wr_arena_free(o->run_arena);
}

/* ------------------------------------------------------------------ running */

static inline void ops_drain(ops *o);

static inline weir_status ops_feed(ops *o, uint32_t topic, const wr_record *records, uint32_t n)
{
    for (uint32_t s = 0; s < o->plan.subtopologies_n; s++) {
        uint32_t topics[16], k = wr_plan_inputs(&o->plan, s, topics, 16);
        for (uint32_t i = 0; i < k; i++)
            if (topics[i] == topic)
                WR_TRY(wr_topology_feed(o->subs[s], topic, records, n, &o->err));
        wr_arena_reset(o->scratch);
    }
    ops_drain(o);
    return WEIR_OK;
}

static inline void ops_drain(ops *o)
{
    if (o->hold)
        return;
    while (o->queue_from < o->queue_to) {
        ops_queued q = o->queue[o->queue_from++];
        if (ops_feed(o, q.topic, &q.record, 1) != WEIR_OK)
            fail_msg("repartitioned record: %s", o->err.message);
    }
}

static inline void ops_flush(ops *o)
{
    for (uint32_t s = 0; s < o->plan.subtopologies_n; s++) {
        OPS_OK(wr_topology_flush(o->subs[s], err));
        ops_drain(o);
    }
}

static inline void ops_commit(ops *o)
{
    ops_flush(o);
    wr_db_batch *b = wr_db_batch_new(o->db);
    for (size_t i = 0; i < o->stores_n; i++) {
        OPS_OK(wr_store_flush(o->stores[i].store, err));
        OPS_OK(wr_store_commit_into(o->stores[i].store, b, err));
    }
    OPS_OK(wr_db_write(o->db, b, err));
    wr_db_batch_free(b);
}

static inline void ops_restart(ops *o)
{
    ops_commit(o);
    ops_stop(o);
    ops_start(o);
}

static inline wr_record ops_record(const ops_in *in, size_t offset)
{
    return (wr_record){.key = wr_str_c(in->key),
                       .value = wr_str_c(in->value),
                       .timestamp = in->time,
                       .offset = (int64_t)offset};
}

/** Feed records: runs of one topic, cut to at most @p batch records (0: random). */
static inline void ops_run(ops *o, const ops_in *in, size_t n, uint32_t batch, bool restart)
{
    wr_rng rng;
    wr_rng_seed(&rng, n * 31 + batch);
    for (size_t at = 0; at < n;) {
        wr_record records[256];
        uint32_t most = batch ? batch : 1 + (uint32_t)wr_rng_below(&rng, 4), k = 0;
        while (k < WR_MIN(most, 256u) && at + k < n &&
               strcmp(in[at].topic, in[at + k].topic) == 0) {
            records[k] = ops_record(&in[at + k], at + k);
            k++;
        }
        uint32_t topic = ops_topic(o, in[at].topic, WR_TOPIC_INPUT);
        if (ops_feed(o, topic, records, k) != WEIR_OK)
            fail_msg("feed: %s", o->err.message);
        at += k;
        if (restart)
            ops_restart(o);
    }
}

/** The output must be @p expected, however the input is cut, with and without restarts. */
static inline void ops_check_as(ops_build build, const ops_in *in, size_t n, bool restarts,
                                const char *expected)
{
    static const uint32_t batches[] = {1, 2, 200, 0};
    for (size_t k = 0; k < WR_ARRAY_LEN(batches); k++)
        for (int restart = 0; restart <= restarts; restart++) {
            ops *o = wr_malloc(sizeof *o);
            ops_open(o, build, false);
            ops_run(o, in, n, batches[k], restart);
            if (strcmp(wr_buf_cstr(&o->out), expected) != 0)
                fail_msg("feeds of %u, %s:\n--- expected\n%s--- got\n%s", batches[k],
                         restart ? "restarts" : "no restarts", expected, wr_buf_cstr(&o->out));
            ops_close(o);
            wr_free(o);
        }
}
#define ops_check(build, in, expected)                                                             \
    ops_check_as(build, in, sizeof(in) / sizeof((in)[0]), true, expected)

#endif
