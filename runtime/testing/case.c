/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One JSON case: statements, then inputs, then what came of them as one JSON object.
 *
 * All statements run before any input flows. A SELECT ends that phase: the inputs flow first, or,
 * with "inputs_after_first_query", between its start and its rows. The first failure ends the case
 * and is its result; the runner of the case judges whether that was expected.
 */
#include "runtime/testing/testing_internal.h"
#include "types/text.h"

typedef struct run {
    wr__world world;
    const wr_json *json;
    wr_arena *arena;   /* the case's text and what is read from it */
    wr_buf responses;  /* members of the list, separated */
    int64_t statement; /* being executed, from 1; 0: all are accepted */
    bool inputs_after; /* of the first query */
    bool flowed;
} run;

/* ---- reading ---- */

static const wr_json *member(const run *r, const char *name, wr_json_kind kind)
{
    WR_ASSERT(r->json->kind == WR_JSON_OBJECT); /* else it was refused */
    const wr_json *j = wr_json_get(r->json, name);
    return j && j->kind == kind ? j : NULL;
}

static int32_t count_of(const wr_json *j, int32_t otherwise)
{
    int64_t n;
    return j && wr_str_to_i64(j->text, &n) && n > 0 && n <= INT32_MAX ? (int32_t)n : otherwise;
}

/* A topic of the case has the partitions that the CREATE over it says: ksqlDB's runner holds
 * neither against the other, and there is one in effect. */
static int32_t partitions_of(const run *r, const wr_json *topic, const char *name)
{
    const wr_json *statements = member(r, "statements", WR_JSON_ARRAY);
    int32_t n = 0;
    for (uint32_t i = 0; statements && i < statements->n && !n; i++)
        if (statements->items[i].kind == WR_JSON_STRING)
            n = wr__world_partitions_of(statements->items[i].text, name, r->arena);
    return n ? n : count_of(wr_json_get(topic, "partitions"), 4);
}

static weir_status make_topics(run *r, weir_error *err)
{
    const wr_json *topics = member(r, "topics", WR_JSON_ARRAY);
    for (uint32_t i = 0; topics && i < topics->n; i++) {
        const wr_json *t = &topics->items[i];
        const wr_json *name = t->kind == WR_JSON_OBJECT ? wr_json_get(t, "name") : NULL;
        if (!name || name->kind != WR_JSON_STRING || !name->text.len)
            return wr_error(err, WEIR_ERR_RECORD, "A topic is an object with a \"name\"");
        const char *topic = wr_arena_strndup(r->arena, name->text.ptr, name->text.len);
        WR_TRY(wr__world_topic(&r->world, topic, partitions_of(r, t, topic),
                               count_of(wr_json_get(t, "replicas"), 1), err));
    }
    return WEIR_OK;
}

/* Topics that statements and inputs name are there before the first statement. */
static weir_status make_named_topics(run *r, weir_error *err)
{
    const wr_json *statements = member(r, "statements", WR_JSON_ARRAY);
    for (uint32_t i = 0; statements && i < statements->n; i++)
        if (statements->items[i].kind == WR_JSON_STRING)
            WR_TRY(wr__world_declared(&r->world, statements->items[i].text, err));
    const wr_json *inputs = member(r, "inputs", WR_JSON_ARRAY);
    for (uint32_t i = 0; inputs && i < inputs->n; i++) {
        const wr_json *j = &inputs->items[i];
        const wr_json *name = j->kind == WR_JSON_OBJECT ? wr_json_get(j, "topic") : NULL;
        if (!name || name->kind != WR_JSON_STRING || !name->text.len)
            return wr_error(err, WEIR_ERR_RECORD, "An input is an object with a \"topic\"");
        WR_TRY(wr__world_topic(
            &r->world, wr_arena_strndup(r->arena, name->text.ptr, name->text.len), 4, 1, err));
    }
    return WEIR_OK;
}

/* A topic whose schemas are registered: a case's, or what a statement declares. */
typedef struct named_topic {
    const wr_json *given;
    wr_str sql;
} named_topic;

/* Schemas are registered before the first statement, topic by topic: ids follow from the order. */
static weir_status register_schemas(run *r, weir_error *err)
{
    const wr_json *topics = member(r, "topics", WR_JSON_ARRAY);
    const wr_json *statements = member(r, "statements", WR_JSON_ARRAY);
    wr_arr(const char *) names = {0};
    wr_arr(named_topic) all = {0};
    for (uint32_t i = 0; topics && i < topics->n; i++) {
        wr_str name = wr_json_get(&topics->items[i], "name")->text; /* as make_topics has seen */
        wr_arr_push(r->arena, &names, (const char *)wr_arena_strndup(r->arena, name.ptr, name.len));
        wr_arr_push(r->arena, &all, ((named_topic){.given = &topics->items[i]}));
    }
    for (uint32_t i = 0; statements && i < statements->n; i++) {
        wr_str sql = statements->items[i].text;
        const char *topic =
            statements->items[i].kind == WR_JSON_STRING ? wr__world_topic_of(sql, r->arena) : NULL;
        bool known = !topic;
        for (size_t k = 0; k < names.n && !known; k++)
            known = strcmp(names.v[k], topic) == 0;
        if (known)
            continue;
        wr_arr_push(r->arena, &names, topic);
        wr_arr_push(r->arena, &all, (named_topic){.sql = sql});
    }
    WR_ASSERT(names.n == all.n && r->statement == 0);
    uint32_t *order = WR_NEW_N(r->arena, uint32_t, names.n);
    wr__java_order(names.v, (uint32_t)names.n, order);
    for (size_t i = 0; i < names.n; i++) {
        const named_topic *t = &all.v[order[i]];
        WR_TRY(t->given ? wr__world_schemas(&r->world, names.v[order[i]], t->given, err)
                        : wr__world_declared_schemas(&r->world, t->sql, err));
    }
    return WEIR_OK;
}

/* ---- flowing ---- */

static weir_status flow(run *r, weir_error *err)
{
    const wr_json *inputs = member(r, "inputs", WR_JSON_ARRAY);
    WR_ASSERT(r->world.writer);
    if (r->flowed)
        return WEIR_OK;
    r->flowed = true;
    for (uint32_t i = 0; inputs && i < inputs->n; i++) {
        const char *topic;
        wr_record record;
        WR_TRY(wr__record_from_json(&r->world, &inputs->items[i], r->arena, &topic, &record, err));
        WR_TRY(wr__world_give(&r->world, topic, &record, err));
    }
    return wr__flow_given(&r->world, err);
}

/* ---- responses ---- */

static wr_buf *add_response(run *r)
{
    if (r->responses.len)
        wr_buf_putc(&r->responses, ',');
    return &r->responses;
}

/* Names and types of the result; keys are told apart for tables only. */
static void put_header(const wr_exec *x, wr_buf *out)
{
    wr_buf schema = {0};
    bool keys = x->kind == WR_EXEC_PULL && !x->query;
    WR_ASSERT(x->schema && (!keys || x->is_key));
    for (uint32_t i = 0; i < x->schema->n; i++) {
        wr_buf_puts(&schema, i ? ", " : "");
        wr_text_put_quoted(&schema, wr_str_c(x->schema->cols[i].name), '`');
        wr_buf_putc(&schema, ' ');
        wr_type_print(&schema, x->schema->cols[i].type);
        if (keys && x->is_key[i])
            wr_buf_puts(&schema, " KEY");
    }
    wr_buf_puts(out, "{\"header\":{\"queryId\":");
    wr_text_put_json_string(out, wr_str_c(x->query_id));
    wr_buf_puts(out, ",\"schema\":");
    wr_text_put_json_string(out, wr_buf_view(&schema));
    wr_buf_puts(out, "}}");
    wr_buf_free(&schema);
}

static void put_row(const wr_exec *x, wr_buf *out)
{
    WR_ASSERT(x->row);
    wr_buf_puts(out, ",{\"row\":{\"columns\":[");
    for (uint32_t i = 0; i < x->schema->n; i++) {
        wr_buf_puts(out, i ? "," : "");
        wr_value_print_json(out, x->schema->cols[i].type, &x->row[i]);
    }
    wr_buf_puts(out, x->tombstone ? "],\"tombstone\":true}}" : "]}}");
}

static weir_status put_rows(run *r, wr_exec *x, weir_error *err)
{
    WR_ASSERT(x->executed); /* when its columns were asked for */
    wr_buf *out = add_response(r);
    weir_status st;
    wr_buf_puts(out, "{\"query\":[");
    put_header(x, out);
    while ((st = wr_exec_step(x, 0, err)) == WEIR_ROW)
        put_row(x, out);
    /* A push query without LIMIT has no end, so it says nothing when its input is used up; the
     * answer of a table is just its rows. */
    bool says = x->kind == WR_EXEC_PUSH ? x->left == 0 : x->query != NULL;
    if (st == WEIR_DONE && *x->message && says) {
        wr_buf_puts(out, ",{\"finalMessage\":");
        wr_text_put_json_string(out, wr_str_c(x->message));
        wr_buf_putc(out, '}');
    }
    wr_buf_puts(out, "]}");
    return st == WEIR_DONE ? WEIR_OK : st;
}

/* ---- statements ---- */

static weir_status execute_query(run *r, wr_exec *x, weir_error *err)
{
    wr__world *w = &r->world;
    const char *reset = wr_settings_get(&w->session.settings, "auto.offset.reset");
    if (!r->inputs_after)
        WR_TRY(flow(r, err));
    WR_TRY(wr_exec_describe(x, err));
    if (x->query && x->kind == WR_EXEC_PUSH && reset && wr_ieq(reset, "latest"))
        WR_TRY(wr__flow_from_here(w, x->query, err));
    WR_TRY(flow(r, err));
    if (x->query)
        WR_TRY(wr__flow_query(w, x->query, err));
    return put_rows(r, x, err);
}

static weir_status execute_statement(run *r, wr_str sql, weir_error *err)
{
    wr_exec *x;
    WR_TRY(wr__world_prepare(&r->world, sql, &x, err));
    weir_status st;
    if (x->kind == WR_EXEC_PUSH || x->kind == WR_EXEC_PULL) {
        st = execute_query(r, x, err);
    } else {
        st = wr__world_execute(&r->world, x, err);
        if (st == WEIR_OK && x->stmt->kind != WR_AST_INSERT_VALUES) {
            wr_buf *out = add_response(r);
            wr_buf_puts(out, "{\"admin\":{\"@type\":\"currentStatus\",\"commandStatus\":{"
                             "\"status\":\"SUCCESS\",\"message\":");
            wr_text_put_json_string(out, wr_str_c(x->message));
            wr_buf_puts(out, "}}}");
        }
    }
    wr_exec_free(x);
    return st;
}

static weir_status execute_case(run *r, const wr__test_options *options, weir_error *err)
{
    const wr_json *statements = member(r, "statements", WR_JSON_ARRAY);
    WR_ASSERT(r->statement == 0 && !r->flowed && !r->world.engine);
    WR_TRY(wr__world_open(options, WR__TEST_CASE, member(r, "properties", WR_JSON_OBJECT),
                          &r->world, err));
    WR_TRY(make_topics(r, err));
    WR_TRY(make_named_topics(r, err));
    WR_TRY(register_schemas(r, err));
    r->inputs_after = member(r, "inputs_after_first_query", WR_JSON_TRUE) != NULL;
    for (uint32_t i = 0; statements && i < statements->n; i++) {
        if (statements->items[i].kind != WR_JSON_STRING)
            return wr_error(err, WEIR_ERR_RECORD, "A statement is a string");
        r->statement = (int64_t)i + 1;
        WR_TRY(execute_statement(r, statements->items[i].text, err));
    }
    r->statement = 0;
    return flow(r, err);
}

/* ---- the result ---- */

static void put_error(const run *r, weir_status st, const weir_error *why, wr_buf *out)
{
    WR_ASSERT(st != WEIR_OK || r->statement == 0);
    wr_buf_puts(out, ",\"error\":");
    if (st == WEIR_OK) {
        wr_buf_puts(out, "null");
        return;
    }
    if (r->statement)
        wr_buf_printf(out, "{\"statement\":%lld,\"message\":", (long long)r->statement);
    else
        wr_buf_puts(out, "{\"statement\":null,\"message\":");
    wr_text_put_json_string(out, wr_str_c(why->message));
    wr_buf_putc(out, '}');
}

/* What is there at the end; nothing of it after a failure to open the world. */
static weir_status put_state(run *r, wr_buf *out, weir_error *err)
{
    WR_ASSERT(r->world.engine);
    wr_buf_puts(out, ",\"outputs\":");
    WR_TRY(wr__result_outputs(&r->world, out, err));
    wr_buf_puts(out, ",\"responses\":[");
    wr_buf_str(out, wr_buf_view(&r->responses));
    wr_buf_puts(out, "],\"sources\":");
    wr__result_sources(&r->world, out);
    wr_buf_puts(out, ",\"topics\":");
    return wr__result_topics(&r->world, out, err);
}

weir_status wr__case_run(const wr__test_options *options, wr_str text, wr_buf *out, weir_error *err)
{
    run r = {.arena = wr_arena_new(0)};
    wr_json *json;
    weir_error why = {0};
    weir_status st = wr_json_parse(text, false, r.arena, &json, err);
    if (st == WEIR_OK && json->kind != WR_JSON_OBJECT)
        st = wr_error(err, WEIR_ERR_RECORD, "A case is a JSON object");
    if (st != WEIR_OK) {
        wr_arena_free(r.arena);
        return st;
    }
    r.json = json;
    weir_status failed = execute_case(&r, options, &why);
    const wr_json *id = wr_json_get(json, "id");
    wr_buf_puts(out, "{\"id\":");
    wr_buf_puts(out, id ? "" : "null");
    if (id)
        wr_json_print(out, id);
    put_error(&r, failed, &why, out);
    if (r.world.engine)
        st = put_state(&r, out, err);
    wr_buf_putc(out, '}');
    wr__world_close(&r.world);
    wr_buf_free(&r.responses);
    wr_arena_free(r.arena);
    return st;
}
