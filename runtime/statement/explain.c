/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EXPLAIN: the plan of a running query, or of a statement that is not run, as lines of text.
 * EXPLAIN ANALYZE is in analyze.c.
 */
#include "runtime/statement/statement_internal.h"

static void add_lines(wr_exec *x, const char *text)
{
    while (*text) {
        size_t n = strcspn(text, "\n");
        const char *line = wr_arena_strndup(x->arena, text, n);
        wr__add_row(x, &line, 1);
        text += n + (text[n] == '\n');
    }
}

static weir_status find_query(wr_exec *x, wr_query **out, weir_error *err)
{
    *out = NULL;
    for (size_t i = 0; i < x->engine->queries.n; i++)
        if (wr_ieq(wr_query_id(x->engine->queries.v[i]), x->stmt->name.name))
            *out = x->engine->queries.v[i];
    if (*out)
        return WEIR_OK;
    return wr_error_at(err, WEIR_ERR_NOT_FOUND, x->stmt->name.pos,
                       "Query with id:%s does not exist, use SHOW QUERIES to view the full set of "
                       "queries.",
                       x->stmt->name.name);
}

static void explain_plan(wr_buf *b, const wr_plan *plan)
{
    wr_buf_puts(b, "\nExecution plan\n--------------\n");
    wr_plan_print(b, plan);
    wr_buf_printf(b, "\nSub-topologies: %u\n", plan->subtopologies_n);
}

static weir_status explain_running(wr_exec *x, wr_buf *b, weir_error *err)
{
    wr_query *q;
    WR_TRY(find_query(x, &q, err));
    const wr_query_info *info = wr_catalog_query(&x->engine->catalog, wr_query_id(q));
    wr_query_metrics m;
    weir_error why;
    wr_query_metrics_read(q, &m);
    wr_buf_printf(b, "ID                   : %s\nQuery Type           : PERSISTENT\n",
                  wr_query_id(q));
    wr_buf_printf(b, "SQL                  : %s\n", info ? info->sql : "");
    wr_buf_printf(b, "Status               : %s\n", wr_query_state_name(wr_query_state_of(q)));
    if (wr_query_error(q, &why))
        wr_buf_printf(b, "Error                : %s\n", why.message);
    wr_buf_printf(b, "Records              : in %llu, out %llu, errors %llu, late %llu, lag %lld\n",
                  (unsigned long long)m.records_in, (unsigned long long)m.records_out,
                  (unsigned long long)m.errors, (unsigned long long)m.late, (long long)m.lag);
    explain_plan(b, wr_query_plan(q));
    return WEIR_OK;
}

static weir_status explain_statement(wr_exec *x, wr_buf *b, weir_error *err)
{
    const wr_ast_stmt *s = x->stmt->child;
    wr_instance_env env;
    wr_plan *plan = NULL;
    wr_source *sink = NULL;
    wr_new_topic topic;
    wr_pull *pull = NULL;
    const char *id;
    wr_plan_env_init(&env, x->engine, &x->session->settings, x->arena);
    switch (s->kind) {
    case WR_AST_CREATE_AS:
        WR_TRY(wr_plan_create_as(&env.base, s, &sink, &topic, &plan, err));
        wr_source_unref(sink);
        break;
    case WR_AST_INSERT_SELECT:
        WR_TRY(wr_plan_insert_select(&env.base, s, &plan, &id, err));
        break;
    case WR_AST_QUERY:
        if (s->query->emit != WR_AST_EMIT_NONE) {
            WR_TRY(wr_plan_push(&env.base, s->query, &plan, err));
            break;
        }
        WR_TRY(wr_plan_pull(&env.base, s->query, &pull, err));
        wr_buf_printf(b, "Pull query on %s: %s\n", pull->source->name,
                      !pull->query_id ? "scan of the stream"
                      : pull->scan    ? "table scan"
                                      : "key look-up");
        if (pull->plan)
            explain_plan(b, pull->plan);
        wr_pull_free(pull);
        return WEIR_OK;
    default:
        return wr_error_at(err, WEIR_ERR_STATEMENT, s->pos,
                           "The provided statement does not run a ksql query");
    }
    wr_buf_printf(b, "SQL                  : %s\n", s->text.ptr);
    explain_plan(b, plan);
    wr_plan_free(plan);
    return WEIR_OK;
}

static weir_status analyze(wr_exec *x, weir_error *err)
{
    wr_query *q;
    if (x->stmt->child) {
        wr_error_at(err, WEIR_ERR_UNSUPPORTED, x->stmt->pos,
                    "EXPLAIN ANALYZE shows what a running query has done, by its id");
        return wr_error_hint(err, "SHOW QUERIES; lists the ids");
    }
    WR_TRY(find_query(x, &q, err));
    wr__show_profile(x, q);
    return WEIR_OK;
}

weir_status wr__execute_explain(wr_exec *x, weir_error *err)
{
    static const char *const titles[] = {"plan"};
    if (x->stmt->analyze)
        return analyze(x, err);
    wr_buf b = {0};
    weir_status st = x->stmt->child ? explain_statement(x, &b, err) : explain_running(x, &b, err);
    x->kind = WR_EXEC_TEXT;
    wr__set_titles(x, titles, 1);
    if (st == WEIR_OK)
        add_lines(x, wr_buf_cstr(&b));
    wr_buf_free(&b);
    return st;
}
