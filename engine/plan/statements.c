/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statements that make queries: CREATE ... AS SELECT, INSERT INTO ... SELECT, push queries, the
 * query of a source table. Sinks, their formats and topics (dialect.md sections 7, 8.2, 8.3).
 *
 *     CREATE TABLE x WITH (...) AS SELECT ...   a plan that ends in a sink, and the entry of x
 *     INSERT INTO x SELECT ...                  a plan that ends in the sink that x is already
 *     SELECT ... EMIT CHANGES                   a plan that ends with the client
 *     CREATE SOURCE TABLE x (...)               a plan of one step, there for its store alone
 *
 * What a sink is follows from the left-most relation unless WITH says other: formats, partitions,
 * replicas, retention. A plan or an entry that could not be finished is freed here, so callers get
 * both or none.
 */
#include "engine/plan/error_policy.h"
#include "common/reason.h"
#include "engine/plan/with.h"
#include "types/decimal.h"

#include <stdio.h>

/* ---- one query ---- */

/* One query while it is planned. The analysis and the builder point to each other and to the plan's
 * arena, so it is filled in place and never copied. On the stack of the function that plans; only
 * the plan and the sink's entry outlive it. */
typedef struct query_build {
    wr__analysis an;
    wr__builder b;
    wr__stage stage;
    wr__result result;
} query_build;

/* Everything up to the final SELECT; on failure nothing is left. @p sink_name NULL: for a client.
 * The arena's first block fits most plans. */
static weir_status build(const wr_plan_env *env, const wr_ast_query *query, const char *sink_name,
                         query_build *q, weir_error *err)
{
    wr_arena *a = wr_arena_new(8192);
    wr_plan *plan = WR_NEW(a, wr_plan);
    plan->arena = a;
    *q = (query_build){0};
    q->an = (wr__analysis){.env = env,
                           .query = query,
                           .arena = a,
                           .persistent = sink_name != NULL,
                           .sink_name = sink_name};
    q->b = (wr__builder){.an = &q->an, .plan = plan};
    wr__plan_policies(&q->b);
    weir_status st = wr__build_query(&q->b, &q->stage, &q->result, err);
    if (st != WEIR_OK)
        wr_arena_free(a);
    return st;
}

/* Everything is in the arena; what functions prepared outside it is released by the arena's
 * deferred calls. */
void wr_plan_free(wr_plan *plan)
{
    if (plan)
        wr_arena_free(plan->arena);
}

uint32_t wr_plan_source_names(const wr_plan *plan, const char **out, uint32_t max)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < plan->steps_n && n < max; i++)
        if (plan->steps[i]->kind == WR_STEP_SOURCE && plan->steps[i]->u.source.source_name)
            out[n++] = plan->steps[i]->u.source.source_name;
    return n;
}

/* A NULL that PARTITION BY has made is no key where it is written bare, and one where it is a field
 * of a message (PROTOBUF). Only its own step clears values; those that move a join's side do not.
 */
static void set_null_keys(query_build *q, const wr_format_use *key)
{
    for (size_t i = 0; i < q->b.steps.n && q->an.query->partition_by_n > 0; i++) {
        wr_step *s = q->b.steps.v[i];
        if (s->kind == WR_STEP_SELECT_KEY && s->u.select_key.clears_value)
            s->u.select_key.null_is_key = !key->options.unwrapped;
    }
}

/* The last step: rows to the sink's topic. The plan keeps what it needs of @p sink, which may be
 * replaced or altered while the query runs. Root and last step: wr__finish_plan relies on it. */
static void add_sink(query_build *q, const wr_source *sink)
{
    WR_ASSERT(sink->name && sink->topic && q->stage.step);
    wr_arena *a = q->b.plan->arena;
    set_null_keys(q, &sink->key);
    wr_step *s = wr__new_step(&q->b, WR_STEP_SINK, sink->is_table ? "TableSink" : "StreamSink",
                              sink->name, q->stage.step);
    s->context = wr_arena_strdup(a, sink->name);
    wr_step_sink *cfg = &s->u.sink;
    cfg->topic = wr__add_topic(&q->b, sink->topic, WR_TOPIC_OUTPUT, sink->partitions, false);
    cfg->key = wr__format_use_copy(a, &sink->key);
    cfg->value = wr__format_use_copy(a, &sink->value);
    cfg->window = sink->window;
    cfg->partitioner = wr_partitioner_to_write(sink->partitioner);
    cfg->timestamp_column = sink->timestamp_column;
    cfg->timestamp_format =
        sink->timestamp_format ? wr_arena_strdup(a, sink->timestamp_format) : NULL;
    q->b.plan->result = s->schema;
    q->b.plan->result_table = q->result.table;
    q->b.plan->result_window = q->result.window;
    wr__finish_plan(&q->b, s);
}

/* ---- checks of the result ---- */

/* The word after CREATE must agree with what the query gives: a table after a grouping and over
 * tables, else a stream. The words are ksqlDB's. */
static weir_status check_kind(const wr_ast_stmt *stmt, bool is_table, const wr__result *r,
                              weir_error *err)
{
    if (r->table == is_table)
        return WEIR_OK;
    return wr_refuse_at(
        err, WR_REASON_RESULT_KIND, stmt->pos,
        "Invalid result type. Your SELECT query produces a %s. Please use CREATE %s "
        "AS SELECT statement instead.",
        r->table ? "TABLE" : "STREAM", r->table ? "TABLE" : "STREAM");
}

/* LIMIT ends a query; one that is kept has no end. @p what is the kind of statement, for the
 * message. */
static weir_status check_limit(const wr_ast_stmt *stmt, const char *what, weir_error *err)
{
    if (!stmt->query->has_limit)
        return WEIR_OK;
    return wr_refuse_at(err, WR_REASON_FORM, stmt->query->limit_pos,
                        "%s statements don't support LIMIT clause.", what);
}

/* The state of each aggregate must be writable in the query's value format: section 12. The states
 * are not written in that format here (they have a codec of their own), but in ksqlDB they are:
 * `COLLECT_LIST` over a DELIMITED stream is refused in both, so that a statement is portable. */
static weir_status check_states(const query_build *q, weir_error *err)
{
    const wr_format *f = q->an.relations[0].value.format;
    if (f->nested)
        return WEIR_OK;
    for (size_t i = 0; i < q->b.steps.n; i++) {
        const wr_step *s = q->b.steps.v[i];
        if (s->kind != WR_STEP_AGGREGATE)
            continue;
        for (uint32_t k = 0; k < s->u.aggregate.aggregates_n; k++)
            if (s->u.aggregate.calls[k]->state_type->id >= WR_T_ARRAY)
                return wr_error_at(err, WEIR_ERR_STATEMENT, q->an.query->pos,
                                   "One of the functions used in the statement has an intermediate "
                                   "type that the value format can not handle. Please remove the "
                                   "function or change the format.");
    }
    return WEIR_OK;
}

/* ---- CREATE ... AS SELECT ---- */

/* Formats of a sink: WITH, else the left-most relation's, else the default. The key's format cannot
 * be inherited where one of the two sides has no key. A value format that is the source's keeps its
 * options (delimiter, wrapping); another one begins with its defaults. */
static weir_status sink_formats(const wr_plan_env *env, wr_source *s, const wr__with *with,
                                const query_build *q, weir_error *err)
{
    const wr__relation *left = &q->an.relations[0];
    s->key = wr__inherited_format(&q->result.key_format);
    s->value = wr__inherited_format(&left->value);
    if (with->key_format) {
        /* FORMAT may be meant for the value alone, but where keys have schemas one would be needed
         * (Q41). */
        bool is_meant = !with->format_both || with->key_format->can_infer;
        if (is_meant && s->schema->keys_n == 0 && with->key_format->id != WR_FORMAT_NONE)
            return wr_error_at(err, WEIR_ERR_STATEMENT, with->format_pos,
                               "Key format specified for stream without key columns.");
        s->key = (wr_format_use){.format = with->key_format};
    } else if (s->schema->keys_n == 0 &&
               (left->schema->keys_n > 0 || q->an.query->partition_by_n > 0)) {
        /* PARTITION BY NULL, or keys that were not selected */
        s->key = (wr_format_use){.format = wr_format_get(WR_FORMAT_NONE)};
    } else if (s->schema->keys_n == 0 && left->key.format->id == WR_FORMAT_NONE) {
        s->key = (wr_format_use){.format = left->key.format};
    } else if (s->key.format->id == WR_FORMAT_NONE || left->key.format->id == WR_FORMAT_NONE) {
        const char *name = wr_settings_get(env->settings, "ksql.persistence.default.format.key");
        s->key = (wr_format_use){.format = wr_format_find(wr_str_c(name))};
        if (!s->key.format)
            return wr_error(err, WEIR_ERR_CONFIG, "Unknown format: %s", name);
    } else {
        s->key = wr__inherited_format(&left->key);
    }
    if (with->value_format && with->value_format != s->value.format)
        s->value = (wr_format_use){.format = with->value_format};
    WR_TRY(wr__schema_options(env, s, with, err));
    WR_TRY(wr__source_check_formats(env, s, with, NULL, err));
    return wr__sink_schemas(env, s, with, err);
}

/* The catalog entry of CREATE ... AS SELECT. Order matters for messages only: what the statement
 * says wrongly is found before what it leads to. A stream's sink inherits the source topic's
 * retention; a table's is compacted and has none, but for a windowed one, whose topic need not
 * outlive its store. */
static weir_status fill_sink(const wr_plan_env *env, const wr_ast_stmt *stmt, query_build *q,
                             wr_source *s, wr_new_topic *topic, weir_error *err)
{
    wr__with with;
    const wr_source *left = q->an.relations[0].source;
    WR_TRY(wr__with_parse(stmt, WR__WITH_CREATE_AS, &with, err));
    WR_TRY(check_kind(stmt, stmt->is_table, &q->result, err));
    WR_TRY(check_states(q, err));
    s->name = wr_arena_strdup(s->arena, stmt->name.name);
    s->is_table = stmt->is_table;
    s->sql = wr_arena_strndup(s->arena, stmt->text.ptr, stmt->text.len);
    s->schema = wr_schema_new(s->arena, q->result.schema->cols, q->result.schema->n);
    s->window = q->result.window;
    const char *prefix = wr_settings_get(env->settings, "ksql.output.topic.name.prefix");
    s->topic = with.topic ? wr_arena_strdup(s->arena, with.topic)
                          : wr_arena_printf(s->arena, "%s%s", prefix ? prefix : "", s->name);
    WR_TRY(wr__check_writable_topic(env, s->topic, err));
    WR_TRY(sink_formats(env, s, &with, q, err));
    WR_TRY(wr__source_timestamp(s, &with, err));
    WR_TRY(wr__source_partitioner(env, s, &with, true, err));
    bool inherit =
        wr_settings_bool(env->settings, "ksql.create.topic.inherit.source.replicas.enabled", true);
    wr_topic_facts defaults = {left->partitions, inherit ? left->replicas : -1,
                               s->is_table ? -1 : left->retention_ms};
    if (s->is_table && s->window.kind != WR_WINDOW_NONE)
        defaults.retention_ms = s->window.retention_ms;
    WR_TRY(wr__source_topic(env, s, &with, &defaults, topic, err));
    s->derived_from = WR_NEW_N(s->arena, const char *, q->an.relations_n);
    for (uint32_t i = 0; i < q->an.relations_n; i++)
        s->derived_from[i] = wr_arena_strdup(s->arena, q->an.relations[i].name);
    s->derived_from_n = q->an.relations_n;
    return WEIR_OK;
}

/* Both outputs or none: the sink's entry and the plan are freed together on failure. */
weir_status wr_plan_create_as(const wr_plan_env *env, const wr_ast_stmt *stmt, wr_source **sink,
                              wr_new_topic *topic, wr_plan **plan, weir_error *err)
{
    query_build q;
    WR_TRY(check_limit(stmt, stmt->is_table ? "CREATE TABLE AS SELECT" : "CREATE STREAM AS SELECT",
                       err));
    WR_TRY(build(env, stmt->query, stmt->name.name, &q, err));
    wr_source *s = wr_source_new();
    weir_status st = fill_sink(env, stmt, &q, s, topic, err);
    if (st != WEIR_OK) {
        wr_source_unref(s);
        wr_plan_free(q.b.plan);
        return wr__error_place(st, stmt->name.pos, err);
    }
    add_sink(&q, s);
    st = wr__check_dead_letters(q.b.plan, err);
    if (st != WEIR_OK) {
        wr_source_unref(s);
        wr_plan_free(q.b.plan);
        return wr__error_place(st, stmt->name.pos, err);
    }
    *sink = s;
    *plan = q.b.plan;
    return WEIR_OK;
}

/* ---- INSERT INTO ... SELECT ---- */

/* Both schemas are shown, so that people see at once which column it is. @p result before @p
 * target's, as in ksqlDB's message. */
static weir_status incompatible(const wr_source *target, const wr_schema *result, weir_error *err)
{
    wr_buf r = {0}, t = {0};
    wr__put_schemas(&r, result, &t, target->schema);
    wr_error(err, WEIR_ERR_STATEMENT,
             "Incompatible schema between results and sink.\nResult schema is %s\nSink schema is "
             "%s",
             wr_buf_cstr(&r), wr_buf_cstr(&t));
    wr_buf_free(&r);
    wr_buf_free(&t);
    return WEIR_ERR_STATEMENT;
}

/* A number that is written in the statement stands for a DECIMAL that holds it exactly, whatever
 * its own type would be: 0 and 1e0 for DECIMAL(6, 2). An INTEGER column does not: it could hold
 * more than the DECIMAL, row by row. By way of the number's text, which for a DOUBLE is its
 * shortest one, as in ksqlDB: 1.1e0 is 1.1, not what the DOUBLE next to it is. NULL: it is no such
 * number. */
static wr_expr *decimal_literal(const wr_expr *e, const wr_type *to, wr_arena *a)
{
    const wr_value *v = wr_expr_constant(e);
    const wr_type *from = wr_expr_type(e);
    bool number = from->id == WR_T_INTEGER || from->id == WR_T_BIGINT || from->id == WR_T_DOUBLE ||
                  from->id == WR_T_DECIMAL;
    if (to->id != WR_T_DECIMAL || !v || v->null || !number)
        return NULL;
    wr_buf text = {0};
    wr_value_print(&text, from, v);
    wr_value decimal;
    bool exact = wr_dec_from_text(wr_buf_view(&text), to, true, a, &decimal) == WR_DEC_OK;
    wr_buf_free(&text);
    return exact ? wr_expr_literal(a, to, &decimal) : NULL;
}

/* Names, order and types must fit; widening is put into the projection. Keys are not cast: equal
 * values of two types are different bytes, so they would go to other partitions than the target's
 * own rows. Casts go into the projection that is there; no step is added. */
static weir_status coerce_result(query_build *q, const wr_source *target, weir_error *err)
{
    const wr_schema *have = q->result.schema, *want = target->schema;
    if (have->n != want->n || have->keys_n != want->keys_n)
        return incompatible(target, have, err);
    wr_step *select = q->stage.step;
    bool changed = false;
    for (uint32_t i = 0; i < have->n; i++) {
        if (strcmp(have->cols[i].name, want->cols[i].name) != 0)
            return incompatible(target, have, err);
        if (wr_type_equal(have->cols[i].type, want->cols[i].type))
            continue;
        wr_expr *literal =
            decimal_literal(select->u.select[i], want->cols[i].type, q->b.plan->arena);
        if (i >= have->keys_n && literal) {
            select->u.select[i] = literal;
            changed = true;
            continue;
        }
        if (i < have->keys_n ||
            !wr_expr_can_coerce(have->cols[i].type, want->cols[i].type, WR_COERCE_STRICT, false))
            return incompatible(target, have, err);
        WR_TRY(wr_expr_coerce(select->u.select[i], want->cols[i].type, WR_COERCE_STRICT,
                              q->b.plan->arena, &select->u.select[i], err));
        changed = true;
    }
    if (changed)
        select->schema = wr_schema_new(q->b.plan->arena, want->cols, want->n);
    return WEIR_OK;
}

/* INSERT INTO adds to a stream that is there already: one more writer beside those that it has. Any
 * number of queries may write to one stream, but a table has one writer: two would overwrite each
 * other's rows. */
static weir_status check_target(const wr_plan_env *env, const wr_ast_stmt *stmt,
                                const wr_source *target, weir_error *err)
{
    if (target->is_table)
        return wr_error_at(err, WEIR_ERR_STATEMENT, stmt->name.pos,
                           "INSERT INTO can only be used to insert into a stream. %s is a table.",
                           target->name);
    if (target->read_only)
        return wr_error_at(err, WEIR_ERR_STATEMENT, stmt->name.pos,
                           "Cannot insert into read-only stream: %s", target->name);
    for (uint32_t i = 0; i < target->schema->n; i++)
        if (target->schema->cols[i].role == WR_COL_HEADERS ||
            target->schema->cols[i].role == WR_COL_HEADER)
            return wr_error_at(err, WEIR_ERR_STATEMENT, stmt->name.pos,
                               "Cannot insert into %s because it has header columns", target->name);
    return wr__error_place(wr__check_writable_topic(env, target->topic, err), stmt->name.pos, err);
}

/* Window kinds must be equal because the window is part of the key's bytes. The hint is saved
 * before the message is replaced, which clears it. */
weir_status wr_plan_insert_select(const wr_plan_env *env, const wr_ast_stmt *stmt, wr_plan **plan,
                                  const char **query_id, weir_error *err)
{
    wr_source *target;
    wr__with with;
    query_build q;
    weir_status st = wr_catalog_get(env->catalog, &stmt->name, &target, err);
    if (st != WEIR_OK) {
        wr_source *from; /* what is read is looked for first, as ksqlDB does it */
        WR_TRY(wr_catalog_get(env->catalog, &stmt->query->from.name, &from, err));
        st = wr_catalog_get(env->catalog, &stmt->name, &target, err);
        char hint[400];
        snprintf(hint, sizeof hint, "%s", err ? err->hint : "");
        (void)wr_error_reason(
            err, WR_REASON_SOURCE,
            wr_error_at(err, st, stmt->name.pos, "Source `%s` does not exist.", stmt->name.name));
        return wr_error_hint(err, "%s", hint);
    }
    WR_TRY(wr__with_parse(stmt, WR__WITH_INSERT, &with, err));
    WR_TRY(check_target(env, stmt, target, err));
    WR_TRY(check_limit(stmt, "INSERT INTO", err));
    WR_TRY(build(env, stmt->query, target->name, &q, err));
    if (q.result.table)
        st = wr_error_at(err, WEIR_ERR_STATEMENT, stmt->pos,
                         "Incompatible data sink and query result. Data sink (%s) type is STREAM "
                         "but select query result is TABLE.",
                         target->name);
    else if (q.result.window.kind != target->window.kind)
        st = incompatible(target, q.result.schema, err);
    else
        st = coerce_result(&q, target, err);
    if (st == WEIR_OK)
        st = check_states(&q, err);
    if (st != WEIR_OK) {
        wr_plan_free(q.b.plan);
        return wr__error_place(st, stmt->name.pos, err);
    }
    add_sink(&q, target);
    st = wr__check_dead_letters(q.b.plan, err);
    if (st != WEIR_OK) {
        wr_plan_free(q.b.plan);
        return wr__error_place(st, stmt->name.pos, err);
    }
    *plan = q.b.plan;
    *query_id = with.query_id ? wr_arena_strdup(q.b.plan->arena, with.query_id) : NULL;
    return WEIR_OK;
}

/* ---- push queries ---- */

/* The last step hands rows to the client in the order of the projection. LIMIT counts there. */
weir_status wr_plan_push(const wr_plan_env *env, const wr_ast_query *query, wr_plan **plan,
                         weir_error *err)
{
    query_build q;
    if (query->has_limit && query->limit < 0)
        return wr_error_at(err, WEIR_ERR_STATEMENT, query->limit_pos,
                           "Push queries don't support negative integers in the LIMIT clause.");
    WR_TRY(build(env, query, NULL, &q, err));
    weir_status st = check_states(&q, err);
    if (st != WEIR_OK) {
        wr_plan_free(q.b.plan);
        return st;
    }
    wr_step *s = wr__new_step(&q.b, WR_STEP_COLLECT, "Collect", "Collect", q.stage.step);
    q.b.plan->result_table = q.result.table;
    q.b.plan->result_window = q.result.window;
    q.b.plan->has_limit = query->has_limit;
    q.b.plan->limit = query->limit;
    wr__finish_plan(&q.b, s);
    *plan = q.b.plan;
    return WEIR_OK;
}

/* ---- source tables ---- */

/* No statement's SELECT stands behind it, so the analysis is filled in by hand: one relation, a
 * slot for each column, all of them read. The plan has no sink: its root is the source with its
 * store, which pull queries read. */
weir_status wr_plan_source_table(const wr_plan_env *env, const wr_source *table, wr_plan **plan,
                                 weir_error *err)
{
    wr_arena *a = wr_arena_new(8192);
    wr_plan *p = WR_NEW(a, wr_plan);
    p->arena = a;
    wr_ast_query none = {0};
    wr__analysis an = {.env = env, .query = &none, .arena = a, .persistent = true};
    an.relations[0] = wr__relation_of((wr_source *)(uintptr_t)table, table->name, 0);
    an.relations_n = 1;
    for (uint32_t c = 0; c < table->schema->n; c++) {
        wr__slot s = {.kind = WR_REF_COLUMN,
                      .column = c,
                      .type = table->schema->cols[c].type,
                      .alias = table->name,
                      .name = table->schema->cols[c].name};
        wr_arr_push(a, &an.slots, s);
    }
    bool *used = WR_NEW_N(a, bool, an.slots.n);
    memset(used, 1, an.slots.n * sizeof *used);
    wr__builder b = {.an = &an, .plan = p};
    wr__plan_policies(&b);
    wr__stage st;
    weir_status status = wr__build_relation(&b, 0, used, &st, err);
    if (status != WEIR_OK) {
        wr_arena_free(a);
        return status;
    }
    p->result = st.step->schema;
    p->result_table = true;
    p->result_window = table->window;
    wr__finish_plan(&b, st.step);
    *plan = p;
    return WEIR_OK;
}
