/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EXPLAIN: the plan of a running query, or of a statement that is not run: a row for each step, the
 * last in the flow first, with its depth in the tree. Sections say what it is the plan of; whoever
 * shows it makes text of that (docs/sql-reference.md has the columns). EXPLAIN ANALYZE is in
 * profile_rows.c.
 *
 * A statement is planned exactly as it would be if it were executed, with the same settings and the
 * same look at the topics, so what EXPLAIN refuses is what executing would refuse. Nothing is
 * reserved for it: the plan is shown, and may be out of date by then as any answer may.
 *
 * A tree as rows: preorder, with depths. That is enough to draw it, to indent it, or to build it
 * again, and a row says the same whether it is read as JSON, CSV or a struct.
 */
#include "runtime/statement/explain.h"
#include "engine/plan/plan_stores.h"
#include "runtime/instance/query_list.h"
#include "runtime/statement/planned.h"
#include "runtime/statement/result.h"
#include "runtime/statement/statement_class.h"
#include "runtime/statement/waiting_rows.h"

/* ksqlDB's ids are in upper case, and people type them as they please. @pre the lock is held; the
 * query is borrowed for as long as it is. */
weir_status wr__find_running(wr_exec *x, wr_query **out, weir_error *err)
{
    wr_query_entry *entry = wr_engine_find_entry_any_case(x->engine, x->stmt->name.name);
    if (!entry)
        return wr_error_at(err, WEIR_ERR_NOT_FOUND, x->stmt->name.pos,
                           "Query with id:%s does not exist, use SHOW QUERIES to view the full set "
                           "of queries.",
                           x->stmt->name.name);
    *out = entry->query;
    return WEIR_OK;
}

/* ---- the plan as rows ---- */

/* What plan_print.c puts after the schema, without the separator that begins it; NULL: nothing. */
static const char *details(wr_exec *x, const wr_plan *plan, const wr_step *step)
{
    static const char separator[] = " | ";
    wr_buf b = {0};
    wr_plan_print_details(&b, plan, step);
    const char *all =
        b.len ? wr_arena_strdup(x->arena, wr_buf_cstr(&b) + sizeof separator - 1) : NULL;
    wr_buf_free(&b);
    return all;
}

/* A step, then its inputs, each one deeper: depth and order make the tree. A step of a join has two
 * inputs, the left one first. */
static void add_step(wr_exec *x, const wr_plan *plan, const wr_step *s, int32_t depth)
{
    wr_buf schema = {0};
    wr_schema_print(&schema, s->schema);
    WR__RESULT_ROW(x, x->sections.v[0], wr_value_i32(depth), wr__text(x, wr_step_label(s)),
                   wr__text(x, s->name), wr__text(x, wr_buf_cstr(&schema)),
                   wr__text(x, details(x, plan, s)), wr__text(x, s->context),
                   wr_value_i32((int32_t)s->subtopology));
    wr_buf_free(&schema);
    for (uint32_t i = 0; i < s->in_n; i++)
        add_step(x, plan, s->in[i], depth + 1);
}

/* The rows come first among the results, also where there will be none: a client finds the sections
 * by name, and the rows by their place. */
static void start_rows(wr_exec *x)
{
    static const wr__column columns[] = {
        {"DEPTH", &wr_type_integer},      {"KIND", &wr_type_string},   {"NAME", &wr_type_string},
        {"SCHEMA", &wr_type_string},      {"DETAIL", &wr_type_string}, {"LOGGER", &wr_type_string},
        {"SUBTOPOLOGY", &wr_type_integer}};
    (void)wr__result_new(x, "", columns, WR_ARRAY_LEN(columns));
}

static const char *schema_text(wr_exec *x, const wr_schema *s)
{
    wr_buf b = {0};
    if (!s) /* bytes of the operator's own */
        return NULL;
    wr_schema_print(&b, s);
    const char *text = wr_arena_strdup(x->arena, wr_buf_cstr(&b));
    wr_buf_free(&b);
    return text;
}

/* The state that the plan keeps: the same list that opens, restores and drops it. A store that is
 * not windowed keeps its rows until they are deleted. */
static void add_stores(wr_exec *x, const wr_plan *plan)
{
    static const wr__column columns[] = {
        {"NAME", &wr_type_string},         {"KIND", &wr_type_string},
        {"STEP", &wr_type_string},         {"SUBTOPOLOGY", &wr_type_integer},
        {"KEY_SCHEMA", &wr_type_string},   {"VALUE_SCHEMA", &wr_type_string},
        {"RETENTION_MS", &wr_type_bigint}, {"CHANGELOG", &wr_type_string},
        {"FINGERPRINT", &wr_type_string}};
    wr_result *r = wr__result_new(x, "stores", columns, WR_ARRAY_LEN(columns));
    for (uint32_t i = 0; i < plan->stores_n; i++) {
        const wr_plan_store *s = &plan->stores[i];
        WR__RESULT_ROW(x, r, wr__text(x, s->name), wr__text(x, wr_plan_store_kind_name(s)),
                       wr__text(x, s->step->name), wr_value_i32((int32_t)s->subtopology),
                       wr__text(x, schema_text(x, s->key)), wr__text(x, schema_text(x, s->value)),
                       s->spec.kind == WR_STORE_KV ? WR_VALUE_NULL
                                                   : wr_value_i64(s->spec.retention_ms),
                       wr__text(x, s->changelog), wr__text(x, s->fingerprint));
    }
}

/* @pre start_rows */
static void add_plan(wr_exec *x, const wr_plan *plan)
{
    static const wr__column columns[] = {{"SUBTOPOLOGIES", &wr_type_integer}};
    add_step(x, plan, plan->root, 0);
    WR__RESULT_ROW(x, wr__result_new(x, "plan", columns, 1),
                   wr_value_i32((int32_t)plan->subtopologies_n));
    add_stores(x, plan);
}

/* ---- of a running query; under the lock ---- */

/* "RUNNING:4", "RESTORING:1, RUNNING:3, STANDBY:4 (17 behind)"; NULL: this process has no task of
 * it now. Standbys are counted by stores. */
static const char *task_states(wr_exec *x, const wr_query *q, const wr_query_metrics *m)
{
    wr_buf b = {0};
    wr_query_restore r;
    (void)wr_query_restoring(q, &r);
    WR_ASSERT(r.standbys == 0 || wr_query_plan(q)->stores_n > 0);
    for (int s = 0; s < WR_TASK_STATES; s++)
        if (m->tasks[s])
            wr_buf_printf(&b, "%s%s:%u", b.len ? ", " : "", wr_task_state_name((wr_task_state)s),
                          m->tasks[s]);
    if (r.standbys)
        wr_buf_printf(&b, "%sSTANDBY:%u (%lld behind)", b.len ? ", " : "", r.standbys,
                      (long long)r.standby_left);
    const char *text = b.len ? wr_arena_strdup(x->arena, wr_buf_cstr(&b)) : NULL;
    wr_buf_free(&b);
    return text;
}

/* The numbers are those that the query has published last; nothing waits for newer ones. */
static void add_query(wr_exec *x, wr_query *q)
{
    static const wr__column columns[] = {
        {"ID", &wr_type_string},          {"TYPE", &wr_type_string},
        {"SQL", &wr_type_string},         {"STATUS", &wr_type_string},
        {"ERROR", &wr_type_string},       {"RECORDS_IN", &wr_type_bigint},
        {"RECORDS_OUT", &wr_type_bigint}, {"ERRORS", &wr_type_bigint},
        {"LATE", &wr_type_bigint},        {"LAG", &wr_type_bigint},
        {"TASKS", &wr_type_string}};
    const wr_query_info *info = wr_catalog_query(wr_engine_catalog(x->engine), wr_query_id(q));
    WR_ASSERT(x->sections.n == 1);
    wr_query_metrics m;
    weir_error why;
    bool failed = wr_query_error(q, &why);
    wr_query_metrics_read(q, &m);
    WR__RESULT_ROW(
        x, wr__result_new(x, "query", columns, WR_ARRAY_LEN(columns)), wr__text(x, wr_query_id(q)),
        wr__text(x, "PERSISTENT"), wr__text(x, info ? info->sql : ""),
        wr__text(x, wr_query_state_name(wr_query_state_of(q))),
        wr__text(x, failed ? why.message : NULL), wr__count(m.records_in), wr__count(m.records_out),
        wr__count(m.errors), wr__count(m.late), m.lag < 0 ? WR_VALUE_NULL : wr_value_i64(m.lag),
        wr__text(x, task_states(x, q, &m)));
}

/* The plan is read-only and the query stays while the lock is held: rows are copies of it. */
static weir_status explain_running(wr_exec *x, weir_error *err)
{
    wr_query *q;
    wr_engine_lock(x->engine);
    weir_status st = wr__find_running(x, &q, err);
    if (st == WEIR_OK) {
        start_rows(x);
        add_query(x, q);
        add_plan(x, wr_query_plan(q));
        WR_ASSERT(x->sections.n == 4 && x->sections.v[0]->rows.n > 0);
        wr__add_waiting(x, q);
    }
    wr_engine_unlock(x->engine);
    return st;
}

/* ---- of a statement ---- */

/** One of the two. */
typedef struct explained {
    wr_plan *plan; /* of a persistent or a push query */
    wr_pull *pull; /* of a pull query: on a stream it has a plan, on a table none */
} explained;

static void discard(void *arg)
{
    explained *p = arg;
    wr_plan_free(p->plan);
    wr_pull_free(p->pull);
    *p = (explained){0};
}

/* Planned as it would be if it were executed, and thrown away: nothing is created. */
static weir_status plan(wr_exec *x, wr_instance_env *env, void *arg, wr_reservation *needs,
                        weir_error *err)
{
    explained *p = arg;
    const wr_ast_stmt *s = x->stmt->child;
    wr_source *sink = NULL;
    wr_new_topic topic;
    const char *id;
    weir_status st;
    (void)needs;
    *p = (explained){0};
    switch (s->kind) {
    case WR_AST_CREATE_AS:
        st = wr_plan_create_as(&env->base, s, &sink, &topic, &p->plan, err);
        wr_source_unref(sink);
        return st;
    case WR_AST_INSERT_SELECT:
        return wr_plan_insert_select(&env->base, s, &p->plan, &id, err);
    case WR_AST_QUERY:
        return s->query->emit == WR_AST_EMIT_NONE
                   ? wr_plan_pull(&env->base, s->query, &p->pull, err)
                   : wr_plan_push(&env->base, s->query, &p->plan, err);
    default:
        return wr_error_at(err, WEIR_ERR_STATEMENT, s->pos,
                           "The provided statement does not run a ksql query");
    }
}

/* How rows are found is all that there is to a pull query on a table: its SELECT and WHERE are run
 * over what the look-up or the scan gives, without operators. */
static void add_pull(wr_exec *x, const wr_pull *pull)
{
    static const wr__column columns[] = {{"SOURCE", &wr_type_string}, {"ACCESS", &wr_type_string}};
    const char *access = !pull->query_id ? "scan of the stream"
                         : pull->scan    ? "table scan"
                                         : "key look-up";
    WR__RESULT_ROW(x, wr__result_new(x, "pull", columns, 2), wr__text(x, pull->source->name),
                   wr__text(x, access));
}

/* As it was given, not printed from its tree: people look for what they have written. */
static void add_statement(wr_exec *x)
{
    static const wr__column columns[] = {{"SQL", &wr_type_string}};
    WR__RESULT_ROW(x, wr__result_new(x, "statement", columns, 1),
                   wr__text(x, x->stmt->child->text.ptr));
}

/* What a client gets: key columns, then all of them as values. */
static const wr_schema *result_schema(wr_exec *x, const wr_schema *s, const bool *is_key)
{
    wr_column *cols = WR_NEW_N(x->arena, wr_column, 2 * (size_t)s->n);
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->n; i++)
        if (is_key && is_key[i]) {
            cols[n] = s->cols[i];
            cols[n++].role = WR_COL_KEY;
        }
    for (uint32_t i = 0; i < s->n; i++) {
        cols[n] = s->cols[i];
        cols[n++].role = WR_COL_VALUE;
    }
    return wr_schema_new(x->arena, cols, n);
}

/* What the rows say as text, as values: for who makes something else of it. */
static void add_facts(wr_exec *x, const wr_plan *plan, const wr_pull *pull)
{
    WR_ASSERT(plan || pull);
    const char *names[64] = {plan ? NULL : pull->source->name};
    if (plan && plan->root->kind == WR_STEP_SINK)
        x->planned = wr_schema_new(x->arena, plan->root->schema->cols, plan->root->schema->n);
    else
        x->planned = result_schema(x, plan ? plan->result : pull->result,
                                   plan ? plan->result_is_key : pull->result_is_key);
    uint32_t n = plan ? wr_plan_source_names(plan, names, WR_ARRAY_LEN(names)) : 1;
    x->planned_sources = WR_NEW_N(x->arena, const char *, n);
    for (uint32_t i = 0; i < n; i++)
        x->planned_sources[i] = wr_arena_strdup(x->arena, names[i]);
    x->planned_sources_n = n;
}

/* Rows are made without the lock: the plan is the statement's own. */
static weir_status explain_statement(wr_exec *x, weir_error *err)
{
    explained p = {0};
    wr_reservation held = {0};
    wr__planner planner = {plan, discard, &p};
    WR_TRY(wr__plan(x, &planner, &held, err));
    wr_engine_unlock(x->engine);
    wr_reservation_release(&held);
    WR_ASSERT(!p.plan != !p.pull);
    start_rows(x);
    if (p.pull)
        add_pull(x, p.pull);
    else
        add_statement(x);
    const wr_plan *shown = p.pull ? p.pull->plan : p.plan;
    if (shown)
        add_plan(x, shown);
    add_facts(x, shown, p.pull);
    discard(&p);
    return WEIR_OK;
}

/* By what is explained: a statement in the text, or the id of a query. */
weir_status wr__execute_explain(wr_exec *x, weir_error *err)
{
    return x->stmt->child ? explain_statement(x, err) : explain_running(x, err);
}
