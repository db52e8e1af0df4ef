/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One test run: an engine on topics in memory whose queries are fed by hand. Nothing here knows in
 * which form the test was written.
 *
 * Topics come to be before anybody asks for them: those of the case, and those that a CREATE of
 * columns or an input names, with 4 partitions unless the statement says otherwise. There is one
 * partition in effect, whatever a topic declares: everything is in partition 0.
 *
 * `described` remembers by which source a topic's bytes are to be read: the first that names it, as
 * it is now; and the last one where all were dropped.
 */
#include "runtime/testing/testing_internal.h"

#define DEFAULT_PARTITIONS 4

/* ---- the clock: processing time stands still; durations of the runner itself do not ---- */

/* Where it stands is seen by NOW() and its like, which are to give a time of today. */
static int64_t wall_stands_still(wr_clock *c)
{
    return ((wr__still_clock *)c)->wall_ms;
}

static int64_t mono_goes_on(wr_clock *c)
{
    (void)c;
    wr_clock *system = wr_clock_system();
    return system->mono_ns(system);
}

/* ---- opening ---- */

static const char *const defaults[][2] = {
    {"auto.offset.reset", "earliest"},
    {"cache.max.bytes.buffering", "0"},
    {"ksql.headers.columns.enabled", "true"},
    {"ksql.pull.queries.enable", "true"},
    {"ksql.query.pull.range.scan.enabled", "true"},
    {"ksql.query.pull.table.scan.enabled", "true"},
    {"ksql.query.push.v2.enabled", "true"},
    {"ksql.service.id", "some.ksql.service.id"},
    {"ksql.streams.__emit.interval.ms.kstreams.windowed.aggregation__", "0"},
    {"weir.decode.strict", "true"},
};

/* A case says what Kafka Streams gives, also where that is a fault of its; the statements of a file
 * of tests do what they do in a service. */
static const char *const of_cases[][2] = {
    {"weir.kafka.streams.exact", "true"},
};

static void put_property(wr_settings *s, wr_arena *a, wr_str name, const wr_json *value)
{
    wr_buf text = {0};
    if (value->kind == WR_JSON_STRING || value->kind == WR_JSON_NUMBER)
        wr_buf_str(&text, value->text);
    else if (value->kind != WR_JSON_NULL)
        wr_json_print(&text, value);
    wr_settings_put(s, wr_arena_strndup(a, name.ptr, name.len),
                    value->kind == WR_JSON_NULL ? NULL : wr_buf_cstr(&text));
    wr_buf_free(&text);
}

static void put_defaults(wr_settings *s, const char *const defaults_of[][2], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        WR_ASSERT(wr_settings_check(defaults_of[i][0], defaults_of[i][1], false, NULL) == WEIR_OK);
        wr_settings_put(s, defaults_of[i][0], defaults_of[i][1]);
    }
}

weir_status wr__world_open(const wr__test_options *options, wr__test_form form,
                           const wr_json *properties, wr__world *w, weir_error *err)
{
    *w = (wr__world){.arena = wr_arena_new(0),
                     .clock = {{wall_stands_still, mono_goes_on},
                               wr_clock_system()->wall_ms(wr_clock_system())}};
    wr_map_init(&w->described);
    wr_map_init(&w->given_ids);
    wr_settings settings;
    wr_settings_init(&settings, NULL);
    put_defaults(&settings, defaults, WR_ARRAY_LEN(defaults));
    if (form == WR__TEST_CASE)
        put_defaults(&settings, of_cases, WR_ARRAY_LEN(of_cases));
    if (options->batch_rows)
        wr_settings_put(&settings, "weir.batch.rows", options->batch_rows);
    for (uint32_t i = 0; properties && i < properties->n; i++)
        put_property(&settings, w->arena, properties->keys[i], &properties->items[i]);
    wr_engine_options o = {.log = WR_LOG_MEMORY,
                           .settings = &settings,
                           .mode = WR_ENGINE_PIPED,
                           .no_caching = true,
                           .clock = &w->clock.base};
    weir_status st = wr_statement_open_engine(&o, &w->engine, err);
    wr_settings_free(&settings);
    if (st == WEIR_OK) {
        wr_session_init(&w->session, w->engine);
        wr_log *log = wr_engine_log(w->engine);
        st = wr_log_writer_new(log, &w->session.settings, &w->writer, err);
    }
    if (st == WEIR_OK && options->schemas)
        st = wr__world_seed(w, options->schemas, err);
    WR_ASSERT(st != WEIR_OK || (w->engine && w->writer));
    if (st != WEIR_OK)
        wr__world_close(w);
    return st;
}

void wr__world_close(wr__world *w)
{
    if (!w->arena)
        return;
    const wr_map_entry *e;
    for (size_t i = 0; (e = wr_map_next(&w->described, &i));)
        wr_source_unref(e->value);
    wr_map_free(&w->described);
    wr_map_free(&w->given_ids);
    if (w->writer)
        wr_log_writer_close(w->writer);
    if (w->engine) {
        wr_session_free(&w->session);
        (void)wr_engine_close(w->engine, NULL);
    }
    wr_arena_free(w->arena);
    *w = (wr__world){0};
}

/* ---- topics ---- */

weir_status wr__world_topic(wr__world *w, const char *topic, int32_t partitions, int32_t replicas,
                            weir_error *err)
{
    WR_ASSERT(w->engine && partitions > 0 && replicas > 0); /* what is wrong was put right before */
    wr_log *log = wr_engine_log(w->engine);
    wr_topic_spec spec = {
        .name = topic, .partitions = partitions, .replicas = replicas, .retention_ms = -1};
    weir_status st = wr_topic_create(log, &spec, err);
    return st == WEIR_ERR_EXISTS ? WEIR_OK : st;
}

static int32_t number_property(const wr_ast_stmt *s, const char *name, int32_t otherwise)
{
    const wr_ast_property *p = wr_ast_find_property(s, name);
    int64_t n = otherwise;
    if (p && p->value->kind == WR_AST_INTEGER)
        n = p->value->u.integer;
    else if (p && p->value->kind == WR_AST_STRING)
        (void)wr_str_to_i64(p->value->text, &n);
    return n > 0 && n <= INT32_MAX ? (int32_t)n : otherwise; /* what is wrong, the planner says */
}

static weir_status topic_of_create(wr__world *w, const wr_ast_stmt *s, weir_error *err)
{
    const wr_ast_property *p = wr_ast_find_property(s, "KAFKA_TOPIC");
    if (s->kind != WR_AST_CREATE_SOURCE || !p || p->value->kind != WR_AST_STRING ||
        !p->value->text.len)
        return WEIR_OK;
    const char *name = wr_arena_strndup(w->arena, p->value->text.ptr, p->value->text.len);
    return wr__world_topic(w, name, number_property(s, "PARTITIONS", DEFAULT_PARTITIONS),
                           number_property(s, "REPLICAS", 1), err);
}

/* The topic of a sink is there too, whatever the number of partitions of what it is made of. */
static weir_status topic_of_sink(wr__world *w, const wr_ast_stmt *s, weir_error *err)
{
    if (s->kind != WR_AST_CREATE_AS)
        return WEIR_OK;
    const wr_ast_property *p = wr_ast_find_property(s, "KAFKA_TOPIC");
    const char *prefix = wr_settings_get(&w->session.settings, "ksql.output.topic.name.prefix");
    const char *name = wr_arena_printf(w->arena, "%s%s", prefix ? prefix : "", s->name.name);
    if (p && p->value->kind == WR_AST_STRING)
        name = wr_arena_strndup(w->arena, p->value->text.ptr, p->value->text.len);
    WR_ASSERT(name);
    if (!name[0])
        return WEIR_OK; /* the planner says that there is none */
    return wr__world_topic(w, name, number_property(s, "PARTITIONS", DEFAULT_PARTITIONS),
                           number_property(s, "REPLICAS", 1), err);
}

weir_status wr__world_declared(wr__world *w, wr_str sql, weir_error *err)
{
    wr_arena *a = wr_arena_new(0);
    wr_ast_stmt *stmt;
    weir_error wrong; /* shows when the statement's turn comes */
    weir_status st = WEIR_OK;
    if (wr_parse_statement(sql.ptr, sql.len, a, &stmt, &wrong) == WEIR_OK) {
        st = topic_of_create(w, stmt, err);
        if (st == WEIR_OK)
            st = topic_of_sink(w, stmt, err);
    }
    wr_arena_free(a);
    return st;
}

/* The CREATE over a topic, and its topic in @p a; NULL: the statement is none. */
static wr_ast_stmt *create_over_topic(wr_str sql, wr_arena *a, const char **topic)
{
    wr_ast_stmt *stmt;
    weir_error wrong;
    if (wr_parse_statement(sql.ptr, sql.len, a, &stmt, &wrong) != WEIR_OK ||
        stmt->kind != WR_AST_CREATE_SOURCE)
        return NULL;
    const wr_ast_property *p = wr_ast_find_property(stmt, "KAFKA_TOPIC");
    if (!p || p->value->kind != WR_AST_STRING || !p->value->text.len)
        return NULL;
    *topic = wr_arena_strndup(a, p->value->text.ptr, p->value->text.len);
    return stmt;
}

const char *wr__world_topic_of(wr_str sql, wr_arena *a)
{
    const char *topic;
    const wr_ast_stmt *s = create_over_topic(sql, a, &topic);
    return s && s->elements_n ? topic : NULL;
}

int32_t wr__world_partitions_of(wr_str sql, const char *topic, wr_arena *a)
{
    const char *its;
    const wr_ast_stmt *s = create_over_topic(sql, a, &its);
    WR_ASSERT(topic);
    return s && strcmp(its, topic) == 0 ? number_property(s, "PARTITIONS", 0) : 0;
}

/* ---- statements ---- */

weir_status wr__world_prepare(wr__world *w, wr_str sql, wr_exec **out, weir_error *err)
{
    WR_TRY(wr_exec_new(w->engine, &w->session, sql.ptr, sql.len, out, err));
    weir_status st = topic_of_create(w, (*out)->stmt, err);
    if (st != WEIR_OK) {
        wr_exec_free(*out);
        *out = NULL;
    }
    WR_ASSERT((st == WEIR_OK) == (*out != NULL));
    return st;
}

/* The map's reference: a source that is dropped still describes what was written under it. */
static void describe_by(wr__world *w, wr_source *s)
{
    WR_ASSERT(s->topic && s->key.format && s->value.format);
    wr_source_ref(s);
    wr_source *old = wr_map_put(&w->described, wr_str_c(s->topic), s);
    if (old)
        wr_source_unref(old);
}

/* Take up what the catalog says now. */
static void note_sources(wr__world *w)
{
    const wr_catalog *c = wr_engine_catalog(w->engine);
    const wr_map_entry *e;
    for (size_t i = 0; (e = wr_map_next(&c->sources, &i));) {
        wr_source *s = e->value;
        const wr_source *known = wr__world_describes(w, s->topic);
        bool gone = !known || !wr_catalog_find(c, known->name);
        if (gone || strcmp(known->name, s->name) == 0)
            describe_by(w, s);
    }
}

weir_status wr__world_execute(wr__world *w, wr_exec *x, weir_error *err)
{
    weir_status st;
    WR_ASSERT(!x->executed);
    do
        st = wr_exec_step(x, 0, err);
    while (st == WEIR_ROW);
    WR_ASSERT(st != WEIR_DONE || x->executed);
    note_sources(w);
    return st == WEIR_DONE ? WEIR_OK : st;
}

const wr_source *wr__world_describes(const wr__world *w, const char *topic)
{
    return wr_map_get(&w->described, wr_str_c(topic));
}

/* ---- records ---- */

weir_status wr__world_give(wr__world *w, const char *topic, const wr_record *r, weir_error *err)
{
    wr_log *log = wr_engine_log(w->engine);
    wr_topic_part end = {topic, 0, 0};
    int64_t low, high;
    static const int32_t partition = 0;
    wr_out_records out = {.n = 1,
                          .keys = &r->key,
                          .values = &r->value,
                          .timestamps = &r->timestamp,
                          .partitions = &partition,
                          .headers = r->headers ? &r->headers : NULL};
    WR_ASSERT(w->writer);
    WR_TRY(wr__world_topic(w, topic, DEFAULT_PARTITIONS, 1, err));
    WR_TRY(wr_topic_ends(log, &end, 1, &low, &high, err));
    WR_TRY(wr_log_write_sync(w->writer, NULL, topic, &out, NULL, err));
    wr__given g = {.topic = wr_arena_strdup(w->arena, topic),
                   .record = {.key = wr_bytes_copy(w->arena, r->key),
                              .value = wr_bytes_copy(w->arena, r->value),
                              .timestamp = r->timestamp,
                              .offset = high,
                              .headers = wr_headers_copy(w->arena, r->headers)}};
    wr_arr_push(w->arena, &w->given, g);
    return WEIR_OK;
}

weir_status wr__world_read(wr__world *w, const char *topic, int64_t from, wr_arena *a,
                           wr_record **out, uint32_t *n, weir_error *err)
{
    wr_log *log = wr_engine_log(w->engine);
    wr_topic_part part = {topic, 0, from};
    int64_t low, high;
    *out = NULL;
    *n = 0;
    WR_TRY(wr_topic_ends(log, &part, 1, &low, &high, err));
    if (from >= high)
        return WEIR_OK;
    wr_log_reader *reader;
    WR_TRY(wr_log_reader_new(log, NULL, &w->session.settings, &reader, err));
    wr_record *all = WR_NEW_N(a, wr_record, (size_t)(high - from));
    weir_status st = wr_log_reader_assign(reader, &part, 1, err);
    for (int64_t at = from; at < high && st == WEIR_OK;) {
        wr_log_batch *b = NULL;
        st = wr_log_reader_poll(reader, 4096, 0, &b, err);
        if (st != WEIR_OK)
            break;
        WR_ASSERT(b); /* what is below the end is there at once */
        for (uint32_t i = 0; i < b->n && b->records[i].offset < high; i++) {
            const wr_record *r = &b->records[i];
            all[*n] = *r;
            all[*n].key = wr_bytes_copy(a, r->key);
            all[*n].value = wr_bytes_copy(a, r->value);
            all[*n].headers = wr_headers_copy(a, r->headers);
            ++*n;
        }
        at = b->next_offset;
        wr_log_reader_release(reader, b);
    }
    wr_log_reader_close(reader);
    *out = all;
    return st;
}
