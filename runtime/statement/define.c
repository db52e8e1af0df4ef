/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statements that define a stream, a table or a query: CREATE, CREATE ... AS, ALTER, INSERT INTO
 * ... SELECT.
 *
 *     under the lock   plan; reserve what is made and what is read; take a number
 *     without it       1 the topic, and the schemas of what is written to it
 *                      2 OR REPLACE: the old query stops, with a last commit, but stays
 *                      3 the new query is made and started; it goes on with the offsets and the
 *                        state of the old one, so it cannot be before 2
 *                      4 the statement is kept for the next opening
 *     under the lock   source, query and list change together: nobody sees half of it
 *     without it       the old query is freed
 *
 * What fails is undone in reverse: the new query goes, the old one runs on, a topic that was made
 * for the statement is deleted. After step 4 nothing fails.
 */
#include "common/diag.h"
#include "common/fault.h"
#include "runtime/instance/offered.h"
#include "runtime/instance/query_list.h"
#include "runtime/statement/kept.h"
#include "runtime/statement/planned.h"
#include "runtime/statement/statement_class.h"

#include <stdio.h>

/** What planning has found out. */
typedef struct definition {
    wr_source *source; /* to be added to the catalog; one reference */
    wr_source *target; /* INSERT INTO: what its rows go to; one reference */
    wr_new_topic topic;
    wr_plan *plan; /* to be run as query `id`; NULL: there is none, or the query has it */
    bool has_query;
    char id[300];
    uint64_t number;     /* of the statement */
    bool nothing;        /* IF NOT EXISTS */
    const char *changes; /* REFRESH SCHEMA: what has changed, in the statement's arena; or NULL */
    wr_query_entry *old; /* OR REPLACE: the query that goes; reserved */
    bool old_held;       /* it is stopped, and will go on if the statement fails */
    wr_query *query;     /* made, and not yet in the list */
    bool topic_made;     /* if the statement fails it may have to be deleted */
    bool kept;           /* noted for the next opening */
} definition;

/* What planning has made. A query that runs is not in it any more: publish or undo has taken it. */
static void definition_free(definition *d)
{
    WR_ASSERT(!d->query);
    wr_source_unref(d->source);
    wr_source_unref(d->target);
    wr_plan_free(d->plan);
    *d = (definition){0};
}

static void discard(void *arg)
{
    definition_free(arg);
}

/* ---- planning; under the lock ---- */

/* Ids as ksqlDB's: kind, sink, number of the statement. A service numbers nothing, so that an id
 * says the same after statements were moved; its INSERTs, which have no name, go by their text. */
static void query_id(const wr_exec *x, const wr_ast_stmt *stmt, const char *given, definition *d)
{
    bool service = wr_engine_is_service(x->engine);
    unsigned long long n = service ? 0 : (unsigned long long)d->number;
    if (x->given_id) {
        snprintf(d->id, sizeof d->id, "%s", x->given_id);
    } else if (stmt->kind == WR_AST_INSERT_SELECT && given) {
        snprintf(d->id, sizeof d->id, "%s", given);
    } else if (stmt->kind == WR_AST_INSERT_SELECT && service) {
        wr_buf text = {0};
        wr_ast_print_stmt(&text, stmt);
        n = (unsigned long long)wr_str_hash(wr_buf_view(&text));
        wr_buf_free(&text);
        snprintf(d->id, sizeof d->id, "INSERTQUERY_%016llX", n);
    } else if (stmt->kind == WR_AST_INSERT_SELECT) {
        snprintf(d->id, sizeof d->id, "INSERTQUERY_%llu", n);
    } else {
        const char *kind = stmt->kind == WR_AST_CREATE_SOURCE ? "CST"
                           : stmt->is_table                   ? "CTAS"
                                                              : "CSAS";
        snprintf(d->id, sizeof d->id, "%s_%.200s_%llu", kind, stmt->name.name, n);
    }
}

/* IF NOT EXISTS of one that exists: `nothing`, with a message. */
static weir_status plan_source(wr_exec *x, wr_instance_env *env, definition *d, weir_error *err)
{
    const wr_ast_stmt *stmt = x->stmt;
    wr_buf warning = {0};
    weir_status st = wr_plan_exists(&env->base, stmt, &d->nothing, &warning, err);
    if (st == WEIR_OK && d->nothing) {
        x->nothing = true;
        wr__say(x, "%s", wr_buf_cstr(&warning));
    }
    wr_buf_free(&warning);
    if (st != WEIR_OK || d->nothing)
        return st;
    if (stmt->kind == WR_AST_CREATE_AS)
        return wr_plan_create_as(&env->base, stmt, &d->source, &d->topic, &d->plan, err);
    WR_TRY(wr_plan_create_source(&env->base, stmt, &d->source, &d->topic, err));
    bool materialize =
        stmt->is_source && stmt->is_table &&
        wr_settings_bool(env->base.settings, "ksql.source.table.materialization.enabled", true);
    return materialize ? wr_plan_source_table(&env->base, d->source, &d->plan, err) : WEIR_OK;
}

/* CREATE OR REPLACE ... AS over a query: the new plan takes its id, offsets and state. Over one
 * that was terminated, as in ksqlDB, it is a query of its own, with an id of its own: the old one's
 * state and offsets are gone, and when the statements are executed again at the next opening, its
 * TERMINATE, which comes first, must not be about the new one. */
static weir_status plan_replacement(wr_exec *x, const wr_source *old, definition *d,
                                    weir_error *err)
{
    wr_engine *e = x->engine;
    if (!old->query_id)
        return wr_error_at(err, WEIR_ERR_STATEMENT, x->stmt->name.pos,
                           "Cannot add %s '%s': it exists and was not created AS SELECT",
                           wr_source_kind(old), old->name);
    wr_buf writers = {0};
    uint32_t n = wr_catalog_writers(wr_engine_catalog(e), old->name, old->query_id, &writers);
    weir_status st = WEIR_OK;
    if (n)
        st = wr_error_at(err, WEIR_ERR_STATEMENT, x->stmt->name.pos,
                         "REPLACE for sink %s is not supported because there are multiple queries "
                         "writing into it: %s",
                         old->name, wr_buf_cstr(&writers));
    wr_buf_free(&writers);
    WR_TRY(st);
    d->old = wr_engine_find_entry(e, old->query_id); /* NULL: it was terminated */
    const wr_plan *running = d->old ? wr_query_plan(d->old->query) : NULL;
    WR_TRY(wr_plan_check_upgrade(old, running, d->source, d->plan, err));
    if (d->old)
        snprintf(d->id, sizeof d->id, "%s", old->query_id);
    return WEIR_OK;
}

/* ksql.query.persistent.active.limit. A query that takes the place of another adds none, and kept
 * statements that are executed again were allowed when they were new. */
static weir_status check_active_limit(const wr_exec *x, const wr_instance_env *env, weir_error *err)
{
    const wr_ast_stmt *stmt = x->stmt;
    int64_t most =
        wr_settings_int(env->base.settings, "ksql.query.persistent.active.limit", INT32_MAX);
    size_t active = env->base.catalog->queries.live;
    WR_ASSERT(most >= 0); /* its range */
    bool replaces = stmt->or_replace && wr_catalog_find(env->base.catalog, stmt->name.name);
    if (replaces || wr__is_repeated(x) || active < (uint64_t)most)
        return WEIR_OK;
    return wr_error_at(err, WEIR_ERR_LIMIT, stmt->pos,
                       "Not executing the statement, as it would cause the number of active, "
                       "persistent queries to exceed the configured limit. Use the TERMINATE "
                       "command to terminate existing queries, or increase "
                       "'ksql.query.persistent.active.limit'. Current persistent query count: %zu. "
                       "Configured limit: %lld.",
                       active, (long long)most);
}

/* For the statement's message: what REFRESH SCHEMA has done is not in its text. */
static void describe_refresh(wr_exec *x, const wr_source *old, definition *d)
{
    wr_buf changes = {0};
    WR_ASSERT(old);
    wr_plan_put_schema_changes(&changes, old->schema, d->source->schema);
    d->changes =
        changes.len ? wr_arena_strndup(x->arena, changes.ptr, changes.len) : "nothing has changed";
    wr_buf_free(&changes);
}

/* Against env's catalog, which may be a copy: nothing here looks at the engine's own. */
static weir_status plan_definition(wr_exec *x, wr_instance_env *env, definition *d, weir_error *err)
{
    const wr_ast_stmt *stmt = x->stmt;
    const char *given = NULL;
    switch (stmt->kind) {
    case WR_AST_ALTER_SOURCE:
        WR_TRY(wr_plan_alter(&env->base, stmt, &d->source, err));
        if (stmt->refresh)
            describe_refresh(x, wr_catalog_find(env->base.catalog, stmt->name.name), d);
        break;
    case WR_AST_INSERT_SELECT:
        WR_TRY(wr_plan_insert_select(&env->base, stmt, &d->plan, &given, err));
        d->target = wr_catalog_find(env->base.catalog, stmt->name.name);
        wr_source_ref(d->target);
        break;
    default:
        WR_TRY(plan_source(x, env, d, err));
        break;
    }
    d->has_query = d->plan != NULL;
    if (d->plan)
        query_id(x, stmt, given, d);
    if (d->plan && stmt->kind == WR_AST_INSERT_SELECT && wr_catalog_query(env->base.catalog, d->id))
        return wr_error_at(err, WEIR_ERR_EXISTS, stmt->pos, "Query ID '%s' already exists", d->id);
    return d->plan ? check_active_limit(x, env, err) : WEIR_OK;
}

/* After the id is final: a source knows the query that made it by its id. */
static void name_query(definition *d)
{
    if (d->source && d->plan)
        d->source->query_id = wr_arena_strdup(d->source->arena, d->id);
}

weir_status wr__check_not_offered(const wr_exec *x, const char *kind, const char *name,
                                  weir_error *err)
{
    WR_ASSERT(name);
    const char *program = wr_engine_offered_by(x->engine, name);
    if (!program)
        return WEIR_OK;
    wr_error_at(err, WEIR_ERR_STATEMENT, x->stmt->name.pos,
                "%s '%s' belongs to the service of %s, whose state this data directory holds; here "
                "it can be read",
                kind, name, program);
    return wr_error_hint(err, "change the file and run it, use another name or directory, or "
                              "forget the service with `weir reset --all`");
}

/* What belongs to the files of a service is changed there. Asked before the statement is planned,
 * or the user would hear that the name is taken, and not by whom. IF NOT EXISTS changes nothing. */
static weir_status check_name(const wr_exec *x, weir_error *err)
{
    const wr_ast_stmt *stmt = x->stmt;
    if (wr__is_repeated(x) || stmt->kind == WR_AST_INSERT_SELECT || stmt->if_not_exists)
        return WEIR_OK;
    return wr__check_not_offered(x, stmt->is_table ? "Table" : "Stream", stmt->name.name, err);
}

/* Kept statements that are executed again were allowed when they were new. */
static weir_status check_service(wr_exec *x, const definition *d, weir_error *err)
{
    const wr_ast_stmt *stmt = x->stmt;
    wr_engine *e = x->engine;
    if (wr__is_repeated(x) || !d->plan || d->plan->root->kind != WR_STEP_SINK ||
        wr_settings_bool(&x->settings, "weir.sinks.shared", false))
        return WEIR_OK;
    const char *topic = d->plan->topics[d->plan->root->u.sink.topic].name;
    const char *program = wr_engine_sink_of_service(e, topic);
    if (!program)
        return WEIR_OK;
    wr_error_at(err, WEIR_ERR_STATEMENT, stmt->name.pos,
                "Topic '%s' is written by the service of %s, whose state this data directory "
                "holds; a second query would write each row again",
                topic, program);
    return wr_error_hint(err, "another topic or directory, `weir reset --all` to forget the "
                              "service, or --set weir.sinks.shared=true if both are meant");
}

/*
 * What is reserved: what is made, alone; what is read, and the sink of an INSERT, shared, so that
 * statements which read one source do not wait for each other, and a DROP of it waits for them; the
 * query's id, alone. The number is only looked at here, and taken where planning has succeeded: a
 * statement that is planned twice has one number.
 */
static weir_status plan(wr_exec *x, wr_instance_env *env, void *arg, wr_reservation *needs,
                        weir_error *err)
{
    definition *d = arg;
    const wr_ast_stmt *stmt = x->stmt;
    *d = (definition){.number = wr_engine_next_id(x->engine)};
    WR_TRY(check_name(x, err));
    WR_TRY(plan_definition(x, env, d, err));
    if (d->nothing)
        return WEIR_OK;
    WR_TRY(check_service(x, d, err));
    const wr_source *old = d->source ? wr_catalog_find(env->base.catalog, d->source->name) : NULL;
    if (old && d->plan)
        WR_TRY(plan_replacement(x, old, d, err));
    name_query(d);
    if (d->source)
        wr_reservation_add(needs, WR_OBJECT_SOURCE, d->source->name, true);
    else
        wr_reservation_add(needs, WR_OBJECT_SOURCE, stmt->name.name, false); /* the sink */
    if (d->plan) {
        const char *sources[64];
        uint32_t n = wr_plan_source_names(d->plan, sources, WR_ARRAY_LEN(sources));
        for (uint32_t i = 0; i < n; i++)
            wr_reservation_add(needs, WR_OBJECT_SOURCE, sources[i], false);
        wr_reservation_add(needs, WR_OBJECT_QUERY, d->id, true);
    }
    return WEIR_OK;
}

/* @pre the lock is held, or @p c is a copy. The query of a source table has no sink (""), which is
 * how TERMINATE knows it. */
static void add_to_catalog(wr_catalog *c, const wr_exec *x, const definition *d,
                           const wr_plan *query_plan)
{
    if (d->source)
        wr_catalog_put(c, d->source);
    if (!query_plan)
        return;
    const char *sources[64];
    uint32_t n = wr_plan_source_names(query_plan, sources, WR_ARRAY_LEN(sources));
    const char *sink = d->source && x->stmt->kind == WR_AST_CREATE_SOURCE ? "" : x->stmt->name.name;
    wr_catalog_remove_query(c, d->id);
    wr_catalog_add_query(c, d->id, x->stmt->text.ptr, sink, sources, n,
                         x->stmt->kind == WR_AST_INSERT_SELECT);
}

/* What of the query is compared with what the directory keeps. Reads the database, so without the
 * lock. */
static weir_status describe_query(wr_exec *x, const definition *d, wr__defined *out,
                                  weir_error *err)
{
    const wr_plan *p = d->plan;
    wr_buf text = {0};
    WR_ASSERT(p && p->meaning && d->id[0]);
    out->query_id = wr_arena_strdup(x->arena, d->id);
    out->insert = x->stmt->kind == WR_AST_INSERT_SELECT;
    out->meaning = wr_arena_strdup(x->arena, p->meaning);
    out->warning = p->warning;
    out->sink = p->root->kind != WR_STEP_SINK
                    ? ""
                    : wr_arena_strdup(x->arena, p->topics[p->root->u.sink.topic].name);
    weir_status st = wr_query_state_difference(wr_engine_db(x->engine), d->id, p, &text, err);
    out->state_difference = wr_arena_strndup(x->arena, text.ptr, text.len);
    wr_buf_free(&text);
    return st;
}

/* The same loop as wr__plan, without reservations: a copy of the catalog is nobody else's. */
weir_status wr__validate_definition(wr_exec *x, wr_catalog *catalog, wr__defined *out,
                                    weir_error *err)
{
    *out = (wr__defined){0};
    const wr_wait wait = wr_wait_new(x->engine, x->interrupt, WR_WAIT_STATEMENT_MS);
    const wr_registry_interrupt interrupt = wr_wait_in_registry(&wait);
    for (;;) {
        wr_instance_env env;
        definition d = {0};
        wr_engine_lock(x->engine);
        wr_instance_env_init(&env, x->engine, catalog, &x->settings, &x->topics, x->arena);
        weir_status st = plan_definition(x, &env, &d, err);
        name_query(&d);
        bool planned = st == WEIR_OK && !wr_instance_env_asks(&env) && !d.nothing;
        if (planned)
            add_to_catalog(catalog, x, &d, d.plan);
        wr_engine_unlock(x->engine);
        if (planned && d.plan)
            st = describe_query(x, &d, out, err);
        definition_free(&d);
        if (!wr_instance_env_asks(&env))
            return st;
        WR_TRY(wr_instance_look_up(x->engine, &env, &interrupt, &x->topics, x->arena, err));
    }
}

/* ---- carrying it out; without the lock ---- */

/* One that is there already is as good: somebody may have made it since it was planned, and what
 * the plan says of partitions was checked then. */
static weir_status create_topic(wr_engine *e, definition *d, weir_error *err)
{
    if (!d->topic.needed)
        return WEIR_OK;
    wr_topic_spec spec = {.name = d->topic.name,
                          .partitions = d->topic.partitions,
                          .replicas = d->topic.replicas,
                          .retention_ms = d->topic.retention_ms,
                          .compact = d->topic.compact,
                          .compact_delete = d->topic.compact_delete};
    weir_status st = wr_topic_create(wr_engine_log(e), &spec, err);
    d->topic_made = st == WEIR_OK;
    if (st != WEIR_OK && st != WEIR_ERR_EXISTS)
        return st;
    return wr_fault(WR_FAULT_STATEMENT_SINK, err);
}

/* What is known as the latest schema of a subject; made if nothing is. What is put there is kept
 * with the statement, so that a later opening asks nobody. */
static wr_known_schema *known_schema(wr_exec *x, const char *subject)
{
    for (size_t i = 0; i < x->topics.schemas.n; i++)
        if (!x->topics.schemas.v[i].id && strcmp(x->topics.schemas.v[i].subject, subject) == 0)
            return &x->topics.schemas.v[i];
    wr_arr_push(x->arena, &x->topics.schemas, ((wr_known_schema){.subject = subject}));
    return &x->topics.schemas.v[x->topics.schemas.n - 1];
}

/* The schema of one part: of what is written by a query in any case, of what is declared where the
 * topic has none. */
static weir_status register_part(wr_exec *x, const wr_source *s, bool is_key, bool query,
                                 const wr_wait *wait, const wr_registry_schema **out,
                                 weir_error *err)
{
    const wr_format_use *use = is_key ? &s->key : &s->value;
    wr_schema_draft draft;
    if (!wr_plan_has_schema(s, is_key) || !(query || use->registers))
        return WEIR_OK;
    const char *subject = wr_arena_printf(x->arena, "%s-%s", s->topic, is_key ? "key" : "value");
    WR_TRY(wr_plan_schema_draft(s, is_key, x->arena, &draft, err));
    wr_known_schema *known = known_schema(x, subject);
    if ((wr__is_repeated(x) || x->schemas_kept) && known->schema &&
        wr_plan_schema_holds(s, is_key, known->schema)) {
        /* Registered when the statement was executed first. Texts are not compared: a registry may
         * lay out what it was given in another way. */
        *out = known->schema;
        return WEIR_OK;
    }
    const wr_registry_interrupt interrupt = wr_wait_in_registry(wait);
    WR_TRY(wr_engine_register_schema(x->engine, &interrupt, subject, &draft, out, err));
    known->schema = *out; /* kept with the statement */
    return WEIR_OK;
}

/* With the topic, before the query is made: its encoders need them. Before anything is written with
 * them. They stay where the statement fails later on: schemas are only ever added, and the next
 * attempt finds them. */
static weir_status register_schemas(wr_exec *x, definition *d, const wr_wait *wait, weir_error *err)
{
    const wr_source *s = d->source ? d->source : d->target;
    const wr_registry_schema *key = NULL, *value = NULL;
    if (!s)
        return WEIR_OK;
    bool query = d->plan && d->plan->root->kind == WR_STEP_SINK;
    WR_TRY(register_part(x, s, true, query, wait, &key, err));
    WR_TRY(register_part(x, s, false, query, wait, &value, err));
    if (query)
        wr_plan_set_sink_schemas(d->plan, key, value);
    return WEIR_OK;
}

/* With threads the query opens its topics now, or (where it joins others that read them) on their
 * thread; then what fails there fails the query, not the statement. */
static weir_status start_query(wr_exec *x, definition *d, weir_error *err)
{
    wr_engine *e = x->engine;
    wr_query_options options;
    wr_engine_query_options(e, false, &options);
    options.id = d->id;
    options.sql = x->stmt->text.ptr;
    if (wr_engine_is_service(e)) /* else it is kept, and of no program */
        options.program = x->program ? x->program : "an embedding program";
    options.plan = d->plan;
    options.settings = &x->settings;
    options.begun_elsewhere = x->repetition == WR_REPEATED_OTHER;
    options.caching =
        options.caching && wr_settings_int(&x->settings, "cache.max.bytes.buffering", 10000000) > 0;
    WR_ASSERT(d->plan && !d->query);
    d->plan = NULL; /* taken, also on failure */
    WR_TRY(wr_query_new(&options, &d->query, err));
    /* While statements are replayed nothing runs: a later one may replace or end this query. */
    if (wr_engine_mode_of(e) == WR_ENGINE_THREADED && !wr_engine_replaying(e))
        return wr_query_start(d->query, err);
    return WEIR_OK;
}

/* The last step that may fail. From here on the statement has an effect, at the latest with the
 * next opening. An INSERT is kept under its query, all others under the source they are about. */
static weir_status keep(wr_exec *x, definition *d, weir_error *err)
{
    wr__subject subject =
        d->source ? wr__subject_of_source(x, d->source->name) : wr__subject_of_query(x, d->id);
    WR_TRY(wr__keep_statement(x, subject, d->number, err));
    d->kept = true;
    return WEIR_OK;
}

/* In reverse. Nothing here fails the statement once more; what is left over is logged. */
static void undo(wr_exec *x, definition *d)
{
    wr_engine *e = x->engine;
    weir_error err;
    WR_ASSERT(!d->kept);
    /* Offsets and state stay: with OR REPLACE, in a service and at an opening they are not this
     * query's alone. */
    wr_query_free(d->query, false);
    d->query = NULL;
    WR_ASSERT(!d->old_held || d->old);
    if (d->old_held) /* after the new query is gone: both have one group, and the same state */
        wr_query_entry_resume(e, d->old);
    /* Another process with the same statement takes a topic that is there, and may write to it by
     * now, so what others can see stays. It is empty, or what is in it is this query's. */
    if (d->topic_made && wr_log_can(wr_engine_log(e))->shares_partitions)
        wr_diag_put(WR_DIAG_INFO, "statement", "topic %s was made, and stays", d->topic.name);
    else if (d->topic_made && wr_topic_remove(wr_engine_log(e), d->topic.name, &err) != WEIR_OK)
        wr_diag_put(WR_DIAG_WARN, "statement", "topic %s is left over: %s", d->topic.name,
                    err.message);
}

/* The one moment at which anybody sees the statement's effect; it cannot fail. */
static void publish(wr_exec *x, definition *d)
{
    wr_engine *e = x->engine;
    wr_query *replaced = NULL;
    WR_ASSERT(d->kept && d->old_held == (d->old != NULL));
    wr_engine_lock(e);
    if (d->old)
        replaced = wr_query_entry_remove(e, d->old);
    add_to_catalog(wr_engine_catalog(e), x, d, d->query ? wr_query_plan(d->query) : NULL);
    WR_ASSERT(!d->has_query == !d->query);
    if (d->query)
        (void)wr_engine_add_query(e, d->query);
    wr_engine_unlock(e);
    if (d->query)
        wr_engine_note_write(e); /* what is there already is new to it */
    d->query = NULL;
    wr_query_free(replaced, false);
}

/* The steps of the file's head. */
static weir_status carry_out(wr_exec *x, definition *d, weir_error *err)
{
    wr_wait wait = wr_wait_new(x->engine, x->interrupt, WR_WAIT_STATEMENT_MS);
    weir_status st = create_topic(x->engine, d, err);
    if (st == WEIR_OK)
        st = register_schemas(x, d, &wait, err);
    if (st == WEIR_OK && d->old) {
        st = wr_query_entry_hold(d->old, &wait, err);
        d->old_held = st == WEIR_OK;
    }
    if (st == WEIR_OK && d->has_query)
        st = start_query(x, d, err);
    if (st == WEIR_OK)
        st = keep(x, d, err);
    if (st == WEIR_OK)
        publish(x, d);
    else
        undo(x, d);
    return st;
}

/* Everything that may be refused outside of this process, so that it is before all processes hear
 * of the statement: the topic, which they find, and schemas, which they are given. */
static weir_status propose(wr_exec *x, definition *d, weir_error *err)
{
    wr_wait wait = wr_wait_new(x->engine, x->interrupt, WR_WAIT_STATEMENT_MS);
    WR_ASSERT(x->checking && !d->query && !d->old_held);
    weir_status st = create_topic(x->engine, d, err);
    if (d->topic_made)
        x->topic_made = wr_arena_strdup(x->arena, d->topic.name);
    if (st == WEIR_OK)
        st = register_schemas(x, d, &wait, err);
    if (st != WEIR_OK)
        return st;
    /* The id of an INSERT without one comes of its number, which is not known yet. */
    bool named = d->source || strncmp(d->id, "INSERTQUERY_", 12) != 0;
    wr__propose(x,
                d->source ? wr__subject_of_source(x, d->source->name)
                          : wr__subject_of_query(x, named ? d->id : ""),
                x->stmt->text);
    return WEIR_OK;
}

/* Reservations are given back last: whoever waits for one of the names then finds everything that
 * this statement has made, or nothing of it. */
weir_status wr__execute_definition(wr_exec *x, weir_error *err)
{
    definition d = {0};
    wr_reservation held = {0};
    wr__planner planner = {plan, discard, &d};
    WR_TRY(wr__plan(x, &planner, &held, err));
    if (!d.nothing && !x->checking) {
        uint64_t taken = wr_engine_take_id(x->engine);
        WR_ASSERT(taken == d.number);
    }
    wr_engine_unlock(x->engine);
    weir_status st = d.nothing     ? WEIR_OK
                     : x->checking ? propose(x, &d, err)
                                   : carry_out(x, &d, err);
    if (st == WEIR_OK && !d.nothing && !x->checking) {
        x->query_id = wr_arena_strdup(x->arena, d.id);
        if (d.has_query && x->stmt->kind != WR_AST_CREATE_SOURCE)
            wr__say(x, "Created query with ID %s", d.id);
        else
            wr__say(x, "%s %s%s%s", x->stmt->is_table ? "Table" : "Stream",
                    x->stmt->kind == WR_AST_ALTER_SOURCE ? "altered" : "created",
                    d.changes ? ": " : "", d.changes ? d.changes : "");
    }
    definition_free(&d);
    wr_reservation_release(&held);
    return st;
}
