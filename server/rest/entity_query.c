/* SPDX-License-Identifier: Apache-2.0 */
/* Queries: the lines of LIST QUERIES, and the descriptions of EXPLAIN. */
#include "runtime/instance/query_list.h"
#include "server/rest/entity.h"
#include "server/rest/statement_text.h"
#include "types/text.h"

/* ksqlDB has no state of a query that was paused: it says RUNNING, and counts it as PAUSED. */
static const char *state_of(const wr_query *q)
{
    wr_query_state s = q ? wr_query_state_of(q) : WR_QUERY_STOPPED;
    return s == WR_QUERY_FAILED ? "ERROR" : s == WR_QUERY_STOPPED ? "NOT_RUNNING" : "RUNNING";
}

static const char *counted_as(const wr_query *q)
{
    wr_query_state s = q ? wr_query_state_of(q) : WR_QUERY_STOPPED;
    return s == WR_QUERY_FAILED    ? "ERROR"
           : s == WR_QUERY_STOPPED ? "UNRESPONSIVE"
           : s == WR_QUERY_PAUSED  ? "PAUSED"
                                   : "RUNNING";
}

static wr_query *query_of(const wr__entity_context *c, const char *id)
{
    const wr_query_entry *entry = wr_engine_find_entry(c->engine, id);
    return entry ? entry->query : NULL;
}

static void put_statement(const wr__entity_context *c, const char *name, const char *sql,
                          wr_buf *out)
{
    wr_buf text = {0};
    wr__statement_text_of_query(c->engine, sql, &text);
    wr__member(out, name, wr_buf_cstr(&text));
    wr_buf_free(&text);
}

static void put_names(wr_buf *out, const char *name, const char *const *list, uint32_t n)
{
    wr__name(out, name);
    wr_buf_putc(out, '[');
    for (uint32_t i = 0; i < n; i++) {
        wr__comma(out);
        wr_text_put_json_string(out, wr_str_c(list[i]));
    }
    wr_buf_putc(out, ']');
}

/* ---- lines ---- */

static void put_line_end(wr_buf *out, const char *id, const char *count, const char *type,
                         const char *state)
{
    wr__member(out, "id", id);
    wr_buf_printf(out, ",\"statusCount\":{\"%s\":1}", count);
    wr__member(out, "queryType", type);
    wr__member(out, "state", state);
    wr_buf_putc(out, '}');
}

void wr__put_query(const wr__entity_context *c, const wr_query_info *info, wr_buf *out)
{
    const wr_source *sink = wr_catalog_find(wr_engine_catalog(c->engine), info->sink);
    const wr_query *q = query_of(c, info->id);
    const char *name = info->sink, *topic = sink ? sink->topic : info->sink;
    uint32_t sinks = *info->sink ? 1 : 0; /* that of a source table has none */
    wr__comma(out);
    wr_buf_putc(out, '{');
    put_statement(c, "queryString", info->sql, out);
    put_names(out, "sinks", &name, sinks);
    put_names(out, "sinkKafkaTopics", &topic, sinks);
    put_line_end(out, info->id, counted_as(q), "PERSISTENT", state_of(q));
}

static void put_push_text(wr_buf *out, const char *name, const char *sql)
{
    wr_buf text = {0};
    size_t n = strlen(sql);
    wr_buf_printf(&text, "%s%s", sql, n && sql[n - 1] == ';' ? "" : ";");
    wr__member(out, name, wr_buf_cstr(&text));
    wr_buf_free(&text);
}

static void put_push_line(void *arg, const char *id, const char *sql)
{
    wr_buf *out = arg;
    wr__comma(out);
    wr_buf_putc(out, '{');
    put_push_text(out, "queryString", sql);
    wr_buf_puts(out, ",\"sinks\":[],\"sinkKafkaTopics\":[]");
    put_line_end(out, id, "RUNNING", "PUSH", "RUNNING");
}

/* ---- descriptions ---- */

typedef struct described {
    const char *id, *type, *state, *error;
    const char *window; /* of what it gives, or NULL */
    const wr_schema *schema;
    const char *const *sources, *const *sinks;
    uint32_t sources_n, sinks_n;
    const char *plan, *group;
    const wr_settings *overrides; /* NULL: none */
} described;

/* Numbers and flags as such. The names of settings of Streams have their prefix, as in the list of
 * properties; that of consumers, auto.offset.reset, has none. */
static void put_overrides(const wr_settings *settings, wr_buf *out)
{
    wr__name(out, "overriddenProperties");
    wr_buf_putc(out, '{');
    const wr_setting *s;
    for (uint32_t i = 0; settings && (s = wr_setting_at(i)); i++) {
        const char *value = wr_map_get(&settings->values, wr_str_c(s->name));
        if (!value)
            continue;
        wr_buf name = {0};
        if (s->kind == WR_SETTING_RESET)
            wr_buf_puts(&name, s->name);
        else
            wr__put_property_name(&name, s);
        bool bare = s->kind == WR_SETTING_NUMBER || s->kind == WR_SETTING_FLAG;
        if (bare) {
            wr__name(out, wr_buf_cstr(&name));
            wr_buf_puts(out, value);
        } else {
            wr__member(out, wr_buf_cstr(&name), wr_settings_shown(s->name, value));
        }
        wr_buf_free(&name);
    }
    wr_buf_putc(out, '}');
}

static void put_description(const wr__entity_context *c, const described *d, wr_buf *out)
{
    static const wr_schema none = {0};
    wr__member(out, "windowType", d->window);
    wr__put_fields(out, d->schema ? d->schema : &none);
    put_names(out, "sources", d->sources, d->sources_n);
    put_names(out, "sinks", d->sinks, d->sinks_n);
    wr__member(out, "topology", d->plan);
    wr__member(out, "executionPlan", d->plan);
    put_overrides(d->overrides, out);
    wr__name(out, "ksqlHostQueryStatus");
    wr_buf_putc(out, '{');
    if (d->state)
        wr__member(out, c->host, d->state);
    wr_buf_putc(out, '}');
    wr__member(out, "queryType", d->type);
    wr__name(out, "queryErrors");
    wr_buf_putc(out, '[');
    if (d->error) {
        wr_buf_puts(out, "{\"timestamp\":0");
        wr__member(out, "errorMessage", d->error);
        wr_buf_puts(out, ",\"type\":\"UNKNOWN\"}");
    }
    wr_buf_puts(out, "],\"tasksMetadata\":[]");
    wr__member(out, "consumerGroupId", d->group ? d->group : "");
    wr__member(out, "state", d->state);
    wr_buf_putc(out, '}');
}

/* @pre the lock is held */
static void put_persistent(const wr__entity_context *c, const wr_query_info *info, wr_buf *out)
{
    const wr_query_entry *entry = wr_engine_find_entry(c->engine, info->id);
    wr_query *q = entry ? entry->query : NULL;
    const wr_plan *plan = q ? wr_query_plan(q) : NULL;
    const wr_source *sink = wr_catalog_find(wr_engine_catalog(c->engine), info->sink);
    wr_buf text = {0};
    weir_error why;
    if (plan)
        wr_plan_print(&text, plan);
    const char *name = info->sink;
    bool windowed = sink && !info->insert && sink->window.kind != WR_WINDOW_NONE;
    described d = {.id = info->id,
                   .type = "PERSISTENT",
                   .state = state_of(q),
                   .error = q && wr_query_error(entry->query, &why) ? why.message : NULL,
                   .window = windowed ? wr_window_kind_name(sink->window.kind) : NULL,
                   .schema = plan   ? plan->root->schema
                             : sink ? sink->schema
                                    : NULL,
                   .sources = (const char *const *)info->sources,
                   .sources_n = info->sources_n,
                   .sinks = &name,
                   .sinks_n = *name ? 1 : 0,
                   .plan = wr_buf_cstr(&text),
                   .group = q ? wr_query_group(q) : NULL,
                   .overrides = q ? wr_query_overrides(q) : NULL};
    wr__comma(out);
    wr_buf_putc(out, '{');
    wr__member(out, "id", d.id);
    put_statement(c, "statementText", info->sql, out);
    put_description(c, &d, out);
    wr_buf_free(&text);
}

void wr__entity_queries(const wr__entity_context *c, const wr_exec *x, const char *statement,
                        wr_buf *out)
{
    bool extended = x->stmt->extended;
    const wr_map_entry *e;
    wr__entity_open(out, extended ? "query_descriptions" : "queries", statement);
    wr__name(out, extended ? "queryDescriptions" : "queries");
    wr_buf_putc(out, '[');
    wr_engine_lock(c->engine);
    for (size_t i = 0; (e = wr_map_next(&wr_engine_catalog(c->engine)->queries, &i));) {
        if (extended)
            put_persistent(c, e->value, out);
        else
            wr__put_query(c, e->value, out);
    }
    wr_engine_unlock(c->engine);
    if (!extended)
        wr_query_service_each(c->queries, put_push_line, out);
    wr_buf_putc(out, ']');
    wr__entity_close(out);
}

/* ---- EXPLAIN ---- */

/* The rows of EXPLAIN, a line each, indented by depth. */
static void put_steps(const wr_exec *x, wr_buf *out)
{
    const wr_result *r = x->sections.v[0];
    for (size_t i = 0; i < r->rows.n; i++) {
        const wr_value *row = r->rows.v[i];
        for (int32_t k = 0; k < row[0].u.i32; k++)
            wr_buf_puts(out, "\t");
        wr_buf_printf(out, " > [ %.*s ] | Schema: %.*s\n", (int)row[1].u.str.len, row[1].u.str.ptr,
                      (int)row[3].u.str.len, row[3].u.str.ptr);
    }
}

static const char *window_name(wr_ast_window_kind kind)
{
    return wr_window_kind_name(kind == WR_AST_WINDOW_HOPPING   ? WR_WINDOW_HOPPING
                               : kind == WR_AST_WINDOW_SESSION ? WR_WINDOW_SESSION
                                                               : WR_WINDOW_TUMBLING);
}

static void put_explained(const wr__entity_context *c, const wr_exec *x, wr_buf *out)
{
    const wr_ast_stmt *s = x->stmt->child;
    bool query = s->kind == WR_AST_QUERY;
    wr_buf plan = {0}, id = {0}, text = {0};
    put_steps(x, &plan);
    if (query)
        wr_buf_printf(&id, "transient_%s_%lld",
                      s->query->from.alias.name ? s->query->from.alias.name
                                                : s->query->from.name.name,
                      (long long)wr_engine_random(c->engine) & INT64_MAX);
    else if (s->kind == WR_AST_INSERT_SELECT)
        wr_buf_puts(&id, "INSERTQUERY_0");
    else
        wr_buf_printf(&id, "%s_%s_0", s->is_table ? "CTAS" : "CSAS", s->name.name);
    wr_buf_printf(&text, "%.*s;", (int)s->text.len, s->text.ptr);
    described d = {.id = wr_buf_cstr(&id),
                   .type = query ? "PUSH" : "PERSISTENT",
                   .schema = x->planned,
                   .sources = x->planned_sources,
                   .sources_n = x->planned_sources_n,
                   .sinks = &s->name.name,
                   .sinks_n = query ? 0 : 1,
                   .window = !query && s->query && s->query->window
                                 ? window_name(s->query->window->kind)
                                 : NULL,
                   .plan = wr_buf_cstr(&plan),
                   .overrides = &x->settings};
    wr_buf_putc(out, '{');
    wr__member(out, "id", d.id);
    wr__member(out, "statementText", wr_buf_cstr(&text));
    put_description(c, &d, out);
    wr_buf_free(&plan);
    wr_buf_free(&id);
    wr_buf_free(&text);
}

void wr__entity_explain(const wr__entity_context *c, const wr_exec *x, const char *statement,
                        wr_buf *out)
{
    wr__entity_open(out, "queryDescription", statement);
    wr__name(out, "queryDescription");
    if (x->stmt->child) {
        put_explained(c, x, out);
    } else {
        wr_engine_lock(c->engine);
        const wr_query_entry *entry = wr_engine_find_entry_any_case(c->engine, x->stmt->name.name);
        const wr_query_info *info =
            entry ? wr_catalog_query(wr_engine_catalog(c->engine), wr_query_id(entry->query))
                  : NULL;
        if (info)
            put_persistent(c, info, out);
        else
            wr_buf_puts(out, "null"); /* it has gone since the statement was executed */
        wr_engine_unlock(c->engine);
    }
    wr__entity_close(out);
}
