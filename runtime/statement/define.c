/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Executing statements that define something: plan first (nothing is touched by a wrong statement),
 * then topics, then the query, then the catalog, then the statement log.
 */
#include "runtime/instance/statement_log.h"
#include "runtime/statement/statement_internal.h"
#include "common/diag.h"

#include <stdio.h>

/* ---- what planning has found out ---- */

typedef struct outcome {
    wr_source *source; /* to be added to the catalog; one reference */
    wr_new_topic topic;
    wr_plan *plan; /* to be run as query `id` */
    char id[300];
    uint64_t number; /* of the statement */
    bool nothing;    /* IF NOT EXISTS */
    bool replaces;   /* OR REPLACE of an existing source */
} outcome;

static void outcome_free(outcome *o)
{
    wr_source_unref(o->source);
    wr_plan_free(o->plan);
}

static const char *printf_message(wr_exec *x, const char *fmt, ...) WR_PRINTF(2, 3);
static const char *printf_message(wr_exec *x, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    x->message = wr_arena_vprintf(x->arena, fmt, ap);
    va_end(ap);
    return x->message;
}

/* ---- ids ---- */

static void query_id(wr_engine *e, const wr_ast_stmt *stmt, const char *given, outcome *o)
{
    unsigned long long n = e->service ? 0 : (unsigned long long)o->number;
    if (stmt->kind == WR_AST_INSERT_SELECT) {
        if (given) {
            snprintf(o->id, sizeof o->id, "%s", given);
            return;
        }
        if (e->service) {
            wr_buf text = {0};
            wr_ast_print_stmt(&text, stmt);
            n = (unsigned long long)wr_str_hash(wr_buf_view(&text));
            wr_buf_free(&text);
            snprintf(o->id, sizeof o->id, "INSERTQUERY_%016llX", n);
            return;
        }
        snprintf(o->id, sizeof o->id, "INSERTQUERY_%llu", n);
        return;
    }
    const char *kind = stmt->kind == WR_AST_CREATE_SOURCE ? "CST"
                       : stmt->is_table                   ? "CTAS"
                                                          : "CSAS";
    snprintf(o->id, sizeof o->id, "%s_%.200s_%llu", kind, stmt->name.name, n);
}

/* ---- planning ---- */

static weir_status plan_source(wr_exec *x, wr_instance_env *env, outcome *o, weir_error *err)
{
    const wr_ast_stmt *stmt = x->stmt;
    wr_buf warning = {0};
    weir_status st = wr_plan_exists(&env->base, stmt, &o->nothing, &warning, err);
    if (st == WEIR_OK && o->nothing)
        printf_message(x, "%s", wr_buf_cstr(&warning));
    wr_buf_free(&warning);
    if (st != WEIR_OK || o->nothing)
        return st;
    o->replaces = wr_catalog_find(env->base.catalog, stmt->name.name) != NULL;
    if (stmt->kind == WR_AST_CREATE_AS)
        return wr_plan_create_as(&env->base, stmt, &o->source, &o->topic, &o->plan, err);
    WR_TRY(wr_plan_create_source(&env->base, stmt, &o->source, &o->topic, err));
    bool materialize =
        stmt->is_source && stmt->is_table &&
        wr_settings_bool(env->base.settings, "ksql.source.table.materialization.enabled", true);
    return materialize ? wr_plan_source_table(&env->base, o->source, &o->plan, err) : WEIR_OK;
}

static weir_status plan_definition(wr_exec *x, wr_instance_env *env, outcome *o, weir_error *err)
{
    const wr_ast_stmt *stmt = x->stmt;
    const char *given = NULL;
    switch (stmt->kind) {
    case WR_AST_CREATE_SOURCE:
    case WR_AST_CREATE_AS:
        WR_TRY(plan_source(x, env, o, err));
        break;
    case WR_AST_ALTER_SOURCE:
        WR_TRY(wr_plan_alter(&env->base, stmt, &o->source, err));
        break;
    case WR_AST_INSERT_SELECT:
        WR_TRY(wr_plan_insert_select(&env->base, stmt, &o->plan, &given, err));
        break;
    default:
        WR_UNREACHABLE();
    }
    if (o->plan)
        query_id(x->engine, stmt, given, o);
    if (o->plan && stmt->kind == WR_AST_INSERT_SELECT && wr_catalog_query(env->base.catalog, o->id))
        return wr_error_at(err, WEIR_ERR_EXISTS, stmt->pos, "Query ID '%s' already exists", o->id);
    if (o->source && o->plan)
        o->source->query_id = wr_arena_strdup(o->source->arena, o->id);
    return WEIR_OK;
}

static void add_to_catalog(wr_catalog *c, const wr_exec *x, const outcome *o)
{
    if (o->source)
        wr_catalog_put(c, o->source);
    if (!o->plan)
        return;
    const char *sources[64];
    uint32_t n = wr_plan_source_names(o->plan, sources, WR_ARRAY_LEN(sources));
    const char *sink = o->source && x->stmt->kind == WR_AST_CREATE_SOURCE ? "" : x->stmt->name.name;
    wr_catalog_add_query(c, o->id, x->stmt->text.ptr, sink, sources, n,
                         x->stmt->kind == WR_AST_INSERT_SELECT);
}

weir_status wr__validate(wr_exec *x, wr_catalog *catalog, weir_error *err)
{
    bool done;
    wr_instance_env env;
    wr_plan_env_init(&env, x->engine, &x->session->settings, x->arena);
    env.base.catalog = catalog;
    outcome o = {0};
    weir_status st;
    switch (x->stmt->kind) {
    case WR_AST_CREATE_TYPE:
        return wr_catalog_create_type(catalog, x->stmt, &done, err);
    case WR_AST_CREATE_SOURCE:
    case WR_AST_CREATE_AS:
    case WR_AST_INSERT_SELECT:
        st = plan_definition(x, &env, &o, err);
        if (st == WEIR_OK && !o.nothing)
            add_to_catalog(catalog, x, &o);
        outcome_free(&o);
        return st;
    default:
        return WEIR_OK;
    }
}

/* ---- applying ---- */

static weir_status create_topic(wr_engine *e, const outcome *o, bool internal, weir_error *err)
{
    if (!o->topic.needed)
        return WEIR_OK;
    wr_topic_spec spec = {.name = o->topic.name,
                          .partitions = o->topic.partitions,
                          .replicas = o->topic.replicas,
                          .retention_ms = o->topic.retention_ms,
                          .compact = o->topic.compact,
                          .compact_delete = o->topic.compact_delete,
                          .internal = internal};
    weir_status st = wr_topic_create(e->log, &spec, err);
    return st == WEIR_ERR_EXISTS ? WEIR_OK : st;
}

static weir_status start_query(wr_exec *x, outcome *o, weir_error *err)
{
    wr_engine *e = x->engine;
    const wr_settings *settings = &x->session->settings;
    wr_query_options options = {
        .id = o->id,
        .plan = o->plan,
        .log = e->log,
        .db = e->db,
        .settings = settings,
        .clock = e->clock,
        .budget = &e->budget,
        .hub = e->hub,
        .stepped = e->mode != WR_ENGINE_THREADED,
        .prefix = e->prefix,
        .fed = e->mode == WR_ENGINE_FED,
        .caching =
            !e->no_caching && wr_settings_int(settings, "cache.max.bytes.buffering", 10000000) > 0,
    };
    wr_query *q;
    o->plan = NULL; /* taken, also on failure */
    WR_TRY(wr_query_new(&options, &q, err));
    /* While statements are replayed nothing runs: a later one may replace or end this query. */
    if (e->mode == WR_ENGINE_THREADED && !e->replaying) {
        weir_status st = wr_query_start(q, err);
        if (st != WEIR_OK) {
            wr_query_free(q, false);
            return st;
        }
    }
    wr_arr_push(e->arena, &e->queries, q);
    wr_engine_note_write(e); /* what is there already is new to it */
    return WEIR_OK;
}

static void remove_query(wr_engine *e, const char *id, bool forget)
{
    for (size_t i = 0; i < e->queries.n; i++) {
        if (strcmp(wr_query_id(e->queries.v[i]), id) != 0)
            continue;
        wr_query *q = e->queries.v[i];
        memmove(&e->queries.v[i], &e->queries.v[i + 1],
                (e->queries.n - i - 1) * sizeof(wr_query *));
        e->queries.n--;
        wr_query_free(q, forget);
        break;
    }
    wr_catalog_remove_query(&e->catalog, id);
}

/* CREATE OR REPLACE ... AS over a running query: the new plan takes its id, offsets and state. */
static weir_status replace_query(wr_exec *x, outcome *o, weir_error *err)
{
    wr_engine *e = x->engine;
    const wr_source *old = wr_catalog_find(&e->catalog, x->stmt->name.name);
    if (!old->query_id)
        return wr_error_at(err, WEIR_ERR_STATEMENT, x->stmt->name.pos,
                           "Cannot add %s '%s': it exists and was not created AS SELECT",
                           wr_source_kind(old), old->name);
    wr_query *q = wr_engine_find_query(e, old->query_id);
    wr_buf writers = {0};
    uint32_t n = wr_catalog_writers(&e->catalog, old->name, old->query_id, &writers);
    weir_status st = WEIR_OK;
    if (n)
        st = wr_error_at(err, WEIR_ERR_STATEMENT, x->stmt->name.pos,
                         "REPLACE for sink %s is not supported because there are multiple queries "
                         "writing into it: %s",
                         old->name, wr_buf_cstr(&writers));
    wr_buf_free(&writers);
    WR_TRY(st);
    if (q)
        WR_TRY(wr_plan_check_upgrade(old, wr_query_plan(q), o->source, o->plan, err));
    snprintf(o->id, sizeof o->id, "%s", old->query_id);
    o->source->query_id = wr_arena_strdup(o->source->arena, o->id);
    if (q)
        remove_query(e, o->id, false);
    return WEIR_OK;
}

static weir_status apply(wr_exec *x, outcome *o, weir_error *err)
{
    wr_engine *e = x->engine;
    if (o->replaces && o->plan)
        WR_TRY(replace_query(x, o, err));
    WR_TRY(create_topic(e, o, false, err));
    bool has_query = o->plan != NULL;
    add_to_catalog(&e->catalog, x, o);
    if (has_query) {
        x->query_id = wr_arena_strdup(x->arena, o->id);
        weir_status st = start_query(x, o, err);
        if (st != WEIR_OK) {
            wr_catalog_remove_query(&e->catalog, o->id);
            if (o->source && !o->replaces)
                wr_catalog_remove(&e->catalog, o->source->name);
            return st;
        }
    }
    char subject[320];
    if (o->source)
        snprintf(subject, sizeof subject, "S:%s", o->source->name);
    else
        snprintf(subject, sizeof subject, "Q:%s", o->id);
    return wr__keep_statement(x, subject, o->number, err);
}

static weir_status execute_definition(wr_exec *x, weir_error *err)
{
    wr_engine *e = x->engine;
    wr_instance_env env;
    wr_plan_env_init(&env, e, &x->session->settings, x->arena);
    outcome o = {.number = e->next_id};
    weir_status st = plan_definition(x, &env, &o, err);
    if (st == WEIR_OK && !o.nothing) {
        e->next_id++;
        const char *kind = x->stmt->is_table ? "Table" : "Stream";
        if (o.plan && x->stmt->kind != WR_AST_CREATE_SOURCE)
            printf_message(x, "Created query with ID %s", o.id);
        else
            printf_message(x, "%s %s", kind,
                           x->stmt->kind == WR_AST_ALTER_SOURCE ? "altered" : "created");
        st = apply(x, &o, err);
        if (st == WEIR_OK && x->stmt->kind == WR_AST_CREATE_AS)
            printf_message(x, "Created query with ID %s", x->query_id);
    }
    outcome_free(&o);
    return st;
}

/* ---- DROP ---- */

static weir_status delete_topic(wr_engine *e, const wr_source *s, weir_error *err)
{
    weir_status st = wr_topic_remove(e->log, s->topic, err);
    return st == WEIR_ERR_NOT_FOUND ? WEIR_OK : st;
}

static weir_status execute_drop(wr_exec *x, weir_error *err)
{
    wr_engine *e = x->engine;
    wr_source *s;
    WR_TRY(wr_catalog_check_drop(&e->catalog, x->stmt, &s, err));
    if (!s) {
        printf_message(x, "%s %s does not exist.", x->stmt->is_table ? "Table" : "Stream",
                       x->stmt->name.name);
        return WEIR_OK;
    }
    wr_source_ref(s);
    if (s->query_id)
        remove_query(e, s->query_id, true);
    weir_status st = x->stmt->delete_topic ? delete_topic(e, s, err) : WEIR_OK;
    char subject[320];
    snprintf(subject, sizeof subject, "S:%s", s->name);
    if (st == WEIR_OK) {
        wr_catalog_remove(&e->catalog, s->name);
        printf_message(x, "Source `%s` (topic: %s) was dropped.", s->name, s->topic);
        st = wr_statement_log_forget(e, subject, err);
    }
    wr_source_unref(s);
    return st;
}

/* ---- types ---- */

static weir_status execute_type(wr_exec *x, weir_error *err)
{
    wr_engine *e = x->engine;
    const wr_ast_stmt *stmt = x->stmt;
    bool done;
    char subject[320];
    snprintf(subject, sizeof subject, "T:%s", stmt->name.name);
    if (stmt->kind == WR_AST_DROP_TYPE) {
        WR_TRY(wr_catalog_drop_type(&e->catalog, stmt, &done, err));
        printf_message(x, done ? "Dropped type '%s'" : "Type '%s' does not exist", stmt->name.name);
        return done ? wr__keep_statement(x, subject, e->next_id++, err) : WEIR_OK;
    }
    WR_TRY(wr_catalog_create_type(&e->catalog, stmt, &done, err));
    const wr_type *t = wr_map_get(&e->catalog.types, wr_str_c(stmt->name.name));
    if (!done) {
        printf_message(x, "Type '%s' is already registered", stmt->name.name);
        return WEIR_OK;
    }
    printf_message(x, "Registered custom type with name '%s' and SQL type %s", stmt->name.name,
                   wr_type_text(x->arena, t));
    return wr__keep_statement(x, subject, e->next_id++, err);
}

/* ---- TERMINATE, PAUSE, RESUME ---- */

static weir_status control_one(wr_exec *x, wr_query *q, weir_error *err)
{
    wr_engine *e = x->engine;
    char id[300];
    snprintf(id, sizeof id, "%s", wr_query_id(q));
    if (x->stmt->kind != WR_AST_TERMINATE) {
        wr_query_pause(q, x->stmt->kind == WR_AST_PAUSE);
        return WEIR_OK;
    }
    const wr_query_info *info = wr_catalog_query(&e->catalog, id);
    if (info && info->insert) {
        char subject[320];
        snprintf(subject, sizeof subject, "Q:%s", id);
        WR_TRY(wr_statement_log_forget(e, subject, err));
    } else if (info && *info->sink) {
        char subject[320];
        snprintf(subject, sizeof subject, "S:%s", info->sink);
        WR_TRY(wr__keep_statement(x, subject, e->next_id++, err));
    }
    remove_query(e, id, true);
    return WEIR_OK;
}

static bool linked_to_source_table(const wr_engine *e, const char *id)
{
    const wr_query_info *info = wr_catalog_query(&e->catalog, id);
    return info && !*info->sink;
}

static weir_status execute_control(wr_exec *x, weir_error *err)
{
    wr_engine *e = x->engine;
    const wr_ast_stmt *stmt = x->stmt;
    const char *what = stmt->kind == WR_AST_TERMINATE ? "terminated"
                       : stmt->kind == WR_AST_PAUSE   ? "paused"
                                                      : "resumed";
    if (stmt->all) {
        for (size_t i = e->queries.n; i-- > 0;)
            if (!linked_to_source_table(e, wr_query_id(e->queries.v[i])))
                WR_TRY(control_one(x, e->queries.v[i], err));
        printf_message(x, "All queries %s.", what);
        return WEIR_OK;
    }
    wr_query *q = NULL;
    for (size_t i = 0; i < e->queries.n; i++)
        if (wr_ieq(wr_query_id(e->queries.v[i]), stmt->name.name))
            q = e->queries.v[i];
    if (!q)
        return wr_error_at(err, WEIR_ERR_NOT_FOUND, stmt->name.pos, "Unknown queryId: %s",
                           stmt->name.name);
    if (linked_to_source_table(e, wr_query_id(q)))
        return wr_error_at(err, WEIR_ERR_STATEMENT, stmt->name.pos,
                           "Cannot %s query '%s' because it is linked to a source table.",
                           stmt->kind == WR_AST_TERMINATE ? "terminate"
                           : stmt->kind == WR_AST_PAUSE   ? "pause"
                                                          : "resume",
                           wr_query_id(q));
    WR_TRY(control_one(x, q, err));
    printf_message(x, "Query %s.", what);
    return WEIR_OK;
}

/* ---- SET, DEFINE ---- */

static weir_status execute_set(wr_exec *x, weir_error *err)
{
    wr_session *s = x->session;
    const char *name = x->stmt->text1, *value = x->stmt->text2;
    if (x->stmt->kind == WR_AST_UNSET) {
        char old[512];
        const char *was = wr_map_get(&s->settings.values, wr_str_c(wr_settings_canonical(name)));
        if (!was)
            return wr_error_at(err, WEIR_ERR_CONFIG, x->stmt->pos,
                               "Cannot unset local property '%s' which was never set in the first "
                               "place",
                               name);
        snprintf(old, sizeof old, "%s", was);
        wr_settings_put(&s->settings, name, NULL);
        printf_message(x, "Successfully unset local property '%s' (value was '%s').", name, old);
        return WEIR_OK;
    }
    weir_status st = wr_settings_check(name, value, true, err);
    if (st != WEIR_OK) {
        if (err)
            err->offset = x->stmt->pos;
        return st;
    }
    const char *was = wr_map_get(&s->settings.values, wr_str_c(wr_settings_canonical(name)));
    if (was)
        printf_message(x,
                       "Successfully changed local property '%s' from '%s' to '%s'. Use the UNSET "
                       "command to revert your change.",
                       name, was, value);
    else
        printf_message(x,
                       "Successfully changed local property '%s' to '%s'. Use the UNSET command to "
                       "revert your change.",
                       name, value);
    wr_settings_put(&s->settings, name, value);
    return WEIR_OK;
}

static weir_status execute_define(wr_exec *x, weir_error *err)
{
    wr_map *vars = &x->session->variables;
    wr_str name = wr_str_c(x->stmt->name.name);
    if (x->stmt->kind == WR_AST_DEFINE) {
        wr_free(wr_map_put(vars, name, wr_strdup(x->stmt->text2)));
        return WEIR_OK;
    }
    char *old = wr_map_remove(vars, name);
    if (!old)
        return wr_error_at(err, WEIR_ERR_NOT_FOUND, x->stmt->name.pos,
                           "Cannot undefine variable '%s' which was never defined.",
                           x->stmt->name.name);
    wr_free(old);
    return WEIR_OK;
}

/* ---- dispatch ---- */

static weir_status not_yet(const wr_exec *x, const char *what, weir_error *err)
{
    return wr_error_at(err, WEIR_ERR_UNSUPPORTED, x->stmt->pos, "%s is not supported yet", what);
}

weir_status wr__execute(wr_exec *x, weir_error *err)
{
    x->kind = WR_EXEC_COMMAND;
    switch (x->stmt->kind) {
    case WR_AST_CREATE_SOURCE:
    case WR_AST_CREATE_AS:
    case WR_AST_ALTER_SOURCE:
    case WR_AST_INSERT_SELECT:
        return execute_definition(x, err);
    case WR_AST_INSERT_VALUES:
        return wr__execute_insert_values(x, err);
    case WR_AST_DROP_SOURCE:
        return execute_drop(x, err);
    case WR_AST_CREATE_TYPE:
    case WR_AST_DROP_TYPE:
        return execute_type(x, err);
    case WR_AST_TERMINATE:
    case WR_AST_PAUSE:
    case WR_AST_RESUME:
        return execute_control(x, err);
    case WR_AST_SET:
    case WR_AST_UNSET:
        return execute_set(x, err);
    case WR_AST_DEFINE:
    case WR_AST_UNDEFINE:
        return execute_define(x, err);
    case WR_AST_SHOW:
        return wr__execute_show(x, err);
    case WR_AST_DESCRIBE:
        return wr__execute_describe(x, err);
    case WR_AST_EXPLAIN:
        return wr__execute_explain(x, err);
    case WR_AST_ALTER_SYSTEM:
        return wr_error_at(err, WEIR_ERR_STATEMENT, x->stmt->pos,
                           "Cannot alter system configs when KSQL_SHARED_RUNTIME_ENABLED is turned "
                           "off.");
    case WR_AST_CREATE_CONNECTOR:
    case WR_AST_DROP_CONNECTOR:
        return not_yet(x, "Kafka Connect", err);
    case WR_AST_ASSERT_SCHEMA:
        return not_yet(x, "ASSERT SCHEMA", err);
    case WR_AST_ASSERT_TOPIC:
        return not_yet(x, "ASSERT TOPIC", err);
    case WR_AST_ASSERT_VALUES:
    case WR_AST_ASSERT_NULL_VALUES:
    case WR_AST_ASSERT_SOURCE:
        return wr_error_at(err, WEIR_ERR_STATEMENT, x->stmt->pos,
                           "This ASSERT is for test files: run it with `weir test FILE.sql`");
    case WR_AST_RUN_SCRIPT:
        return wr_error_at(err, WEIR_ERR_STATEMENT, x->stmt->pos,
                           "RUN SCRIPT is a command of the REPL");
    case WR_AST_QUERY:
    case WR_AST_PRINT:
        break;
    }
    WR_UNREACHABLE();
}
