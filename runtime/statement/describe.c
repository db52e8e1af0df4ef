/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DESCRIBE: the columns of a source, or the variants of a function, as rows; what is to be said
 * beside them in sections:
 *
 *     source       one row: what it is made of
 *     topic        EXTENDED, one row: its topic, where its keys lie, its readers and writers
 *     statistics   EXTENDED, where a query writes to it: one row
 *     left_out     EXTENDED: a row for each reason for which a writing query has left records out
 *     positions    EXTENDED: a row for each partition that a writing query reads
 *     waiting      EXTENDED, where a query that reads or writes it waits: waiting_rows.c
 *     schemas      EXTENDED, formats with a registry: describe_schemas.c
 *     function     one row
 *
 * EXTENDED asks the log, so it works in two parts: under the lock it takes a reference of the
 * source and pins the queries that write to it; without the lock it asks.
 *
 * What is shown is of one moment for each part: the source as it was under the lock, the numbers as
 * the queries published them, the positions as the log answered. They may differ by what happened
 * in between; nothing is held still for somebody who looks.
 */
#include "runtime/statement/describe.h"
#include "common/reason.h"
#include "runtime/instance/query_list.h"
#include "runtime/log/key_look.h"
#include "runtime/statement/describe_schemas.h"
#include "runtime/statement/result.h"
#include "runtime/statement/statement_class.h"
#include "runtime/statement/waiting_rows.h"

#include <stdlib.h>

/** What is found under the lock. */
typedef struct described {
    wr_source *source;         /* one reference: a DROP may come while the log is asked */
    wr_value readers, writers; /* ids of queries, as ARRAY<STRING> */
    uint32_t writers_n;        /* also those that are being stopped, which are not pinned */
    /* Each is unpinned at the end; one may be in both. */
    wr_arr(wr_query_entry *) pinned; /* those that write */
    wr_arr(wr_query_entry *) reading;
} described;

/* ---- under the lock ---- */

/* Ids are compared byte by byte: the order is the same in every locale. */
static int by_text(const void *a, const void *b)
{
    const wr_value *x = a, *y = b;
    return strcmp(x->u.str.ptr, y->u.str.ptr); /* wr__text ends them with a 0 */
}

/* Directly: a query that reads what another makes of the source is not among its readers. */
static bool reads(const wr_query_info *info, const char *source)
{
    for (uint32_t i = 0; i < info->sources_n; i++)
        if (strcmp(info->sources[i], source) == 0)
            return true;
    return false;
}

/* Ids of queries in alphabetical order. */
static wr_value list_queries(wr_exec *x, const char *source, bool writers, uint32_t *n)
{
    const wr_catalog *c = wr_engine_catalog(x->engine);
    const wr_map_entry *e;
    wr_nest *ids = wr_nest_new(x->arena, (uint32_t)c->queries.live, false);
    ids->n = 0;
    for (size_t i = 0; (e = wr_map_next(&c->queries, &i));) {
        const wr_query_info *info = e->value;
        if (writers ? strcmp(info->sink, source) == 0 : reads(info, source))
            ids->items[ids->n++] = wr__text(x, info->id);
    }
    if (ids->n)
        qsort(ids->items, ids->n, sizeof *ids->items, by_text);
    WR_ASSERT(ids->n <= c->queries.live);
    *n = ids->n;
    return wr_value_nest(ids);
}

/* Their statistics are read without the lock, and their positions are asked of the log. One that is
 * being stopped is left out. */
static void pin_queries(wr_exec *x, described *d)
{
    wr_query_entry *entry;
    for (size_t i = 0; (entry = wr_engine_entry_at(x->engine, i)); i++) {
        const wr_query_info *info =
            wr_catalog_query(wr_engine_catalog(x->engine), wr_query_id(entry->query));
        if (info && strcmp(info->sink, d->source->name) == 0 && wr_query_entry_pin(entry))
            wr_arr_push(x->arena, &d->pinned, entry);
        if (info && reads(info, d->source->name) && wr_query_entry_pin(entry))
            wr_arr_push(x->arena, &d->reading, entry);
    }
}

/* The message is ksqlDB's; the hint, of names that differ in case alone, is the catalog's. */
static weir_status find(wr_exec *x, described *d, weir_error *err)
{
    const wr_catalog *c = wr_engine_catalog(x->engine);
    wr_source *s = wr_catalog_find(c, x->stmt->name.name);
    uint32_t readers_n;
    if (!s) {
        weir_error other = {0};
        (void)!wr_catalog_get(c, &x->stmt->name, &s, &other); /* for its hint */
        wr_error_at(err, WEIR_ERR_NOT_FOUND, x->stmt->name.pos,
                    "Could not find STREAM/TABLE '%s' in the Metastore", x->stmt->name.name);
        return wr_error_hint(err, "%s", other.hint);
    }
    wr_source_ref(s);
    d->source = s;
    d->readers = list_queries(x, s->name, false, &readers_n);
    d->writers = list_queries(x, s->name, true, &d->writers_n);
    if (x->stmt->extended)
        pin_queries(x, d);
    return WEIR_OK;
}

/* ---- the source ---- */

/* The type is the one that CREATE takes; what ksqlDB shows instead is the front end's matter. */
static void add_fields(wr_exec *x, const wr_source *s)
{
    static const wr__column columns[] = {{"Field", &wr_type_string},
                                         {"Type", &wr_type_string},
                                         {"Role", &wr_type_string},
                                         {"Header", &wr_type_string},
                                         {"Window", &wr_type_string}};
    wr_result *r = wr__result_new(x, "", columns, WR_ARRAY_LEN(columns));
    for (uint32_t i = 0; i < s->schema->n; i++) {
        const wr_column *c = &s->schema->cols[i];
        bool key = c->role == WR_COL_KEY, header = c->role == WR_COL_HEADER;
        const char *role = key                         ? (s->is_table ? "PRIMARY KEY" : "KEY")
                           : header                    ? "HEADER"
                           : c->role == WR_COL_HEADERS ? "HEADERS"
                                                       : "VALUE";
        bool windowed = key && s->window.kind != WR_WINDOW_NONE;
        WR__RESULT_ROW(x, r, wr__text(x, c->name), wr__text(x, wr_type_text(x->arena, c->type)),
                       wr__text(x, role), wr__text(x, header ? c->header : NULL),
                       wr__text(x, windowed ? wr_window_kind_name(s->window.kind) : NULL));
    }
}

/* What it was made with; nothing here asks the log. TIMESTAMP is NULL where the record's own time
 * counts. */
static void add_source(wr_exec *x, const wr_source *s)
{
    static const wr__column columns[] = {
        {"NAME", &wr_type_string},         {"TYPE", &wr_type_string},
        {"TIMESTAMP", &wr_type_string},    {"KEY_FORMAT", &wr_type_string},
        {"VALUE_FORMAT", &wr_type_string}, {"STATEMENT", &wr_type_string}};
    const char *timestamp =
        s->timestamp_column >= 0 ? s->schema->cols[s->timestamp_column].name : NULL;
    WR__RESULT_ROW(x, wr__result_new(x, "source", columns, WR_ARRAY_LEN(columns)),
                   wr__text(x, s->name), wr__text(x, s->is_table ? "TABLE" : "STREAM"),
                   wr__text(x, timestamp), wr__text(x, s->key.format->name),
                   wr__text(x, s->value.format->name), wr__text(x, s->sql));
}

/* ---- EXTENDED; without the lock ---- */

/* Long enough for a cluster that is far away, and short enough for somebody who waits. */
#define KEYS_WAIT_MS 3000

/* Where its keys lie by what is in the topic, whoever reads it: so that it can be asked before any
 * query is made. An engine that is driven by hand has one partition in effect. Nothing to see:
 * without a key, in one partition, or with windows in the key (whether those decide on the
 * partition, too, writers differ). */
static weir_status look_at_keys(wr_exec *x, const wr_source *s, int32_t partitions,
                                wr_key_places *out, weir_error *err)
{
    *out = (wr_key_places){0};
    if (!s->schema->keys_n || s->window.kind != WR_WINDOW_NONE ||
        wr_engine_mode_of(x->engine) == WR_ENGINE_PIPED)
        return WEIR_OK;
    /* What was seen when the time is over is shown: a part of the keys is an answer as well. An
     * interrupted statement ends, as it does while it waits for anything else. */
    const wr_log_wait wait = {KEYS_WAIT_MS, x->interrupt};
    return wr_key_look(wr_engine_log(x->engine), s->topic, partitions, &x->settings, &wait, out,
                       err);
}

/* Which partitioner has written the keys; NULL: too few say so. Where the declared one fits it is
 * that one, though others may fit as well. */
static const char *written_by(const wr_source *s, const wr_key_places *p, int32_t partitions)
{
    wr_partitioner by = wr_key_places_by(p, s->partitioner);
    WR_ASSERT(p->keys == 0 || partitions > 1);
    if (!wr_key_places_decide(p, partitions))
        return NULL;
    return by == WR_PARTITIONER_NONE ? "unknown" : wr_partitioner_name(by);
}

/* A topic that somebody has deleted shows with 0 partitions: the source is still to be seen. What
 * is declared stands beside what was seen, for the two may differ; that is what people look for
 * when a join gives less than they expect. */
static weir_status add_topic(wr_exec *x, const described *d, weir_error *err)
{
    static const wr__column columns[] = {
        {"TOPIC", &wr_type_string},          {"PARTITIONS", &wr_type_integer},
        {"REPLICAS", &wr_type_integer},      {"PARTITIONER", &wr_type_string},
        {"WRITTEN_BY", &wr_type_string},     {"KEYS", &wr_type_bigint},
        {"MISPLACED_KEYS", &wr_type_bigint}, {"READERS", &wr__type_texts},
        {"WRITERS", &wr__type_texts}};
    wr_topic_info info = {0};
    weir_status st = wr_topic_describe(wr_engine_log(x->engine), d->source->topic, &info, err);
    if (st != WEIR_OK && st != WEIR_ERR_NOT_FOUND)
        return st;
    wr_key_places keys;
    WR_TRY(look_at_keys(x, d->source, info.partitions, &keys, err));
    wr_partitioner declared = d->source->partitioner;
    WR__RESULT_ROW(x, wr__result_new(x, "topic", columns, WR_ARRAY_LEN(columns)),
                   wr__text(x, d->source->topic), wr_value_i32(info.partitions),
                   wr_value_i32(info.replicas), wr__text(x, wr_partitioner_name(declared)),
                   wr__text(x, written_by(d->source, &keys, info.partitions)), wr__count(keys.keys),
                   wr__count(wr_key_places_misses(&keys, declared)), d->readers, d->writers);
    return WEIR_OK;
}

/* What all queries that write to it have written from this process, since they were started in it.
 * A query publishes its numbers itself, so asking for them waits for nobody. */
static void add_statistics(wr_exec *x, const described *d)
{
    static const wr__column columns[] = {{"MESSAGES_PER_SEC", &wr_type_double},
                                         {"TOTAL_MESSAGES", &wr_type_bigint},
                                         {"LAST_MESSAGE", &wr_type_timestamp},
                                         {"FAILED_MESSAGES", &wr_type_bigint},
                                         {"LATE", &wr_type_bigint},
                                         {"BEFORE_START", &wr_type_bigint},
                                         {"NULL_KEYS", &wr_type_bigint},
                                         {"NULL_VALUES", &wr_type_bigint},
                                         {"SKIPPED_EVENTS", &wr_type_bigint},
                                         {"UNAVAILABLE_VALUES", &wr_type_bigint},
                                         {"IGNORED_TEXT", &wr_type_bigint},
                                         {"DEAD_LETTERS", &wr_type_bigint},
                                         {"TOPIC", &wr_type_string}};
    /* Late rows, NULL keys and values, events about no row, values that events lack and ignored
     * text are no failures: each has its own number. */
    double per_s = 0;
    uint64_t written = 0, errors = 0, late = 0, before_start = 0, null_keys = 0, null_values = 0,
             skipped = 0, unavailable = 0, ignored = 0, letters = 0;
    int64_t last_ms = -1;
    for (size_t i = 0; i < d->pinned.n; i++) {
        wr_profile p;
        wr_query_profile(d->pinned.v[i]->query, x->arena, &p);
        per_s += p.out_per_s;
        written += p.totals.records_out;
        errors += p.totals.errors;
        late += p.totals.late;
        before_start += p.totals.before_start;
        null_keys += p.null_keys;
        null_values += p.null_values;
        skipped += p.skipped_events;
        unavailable += p.unavailable_values;
        ignored += p.ignored_text;
        letters += p.totals.dead_letters;
        last_ms = WR_MAX(last_ms, p.last_out_ms);
    }
    WR__RESULT_ROW(x, wr__result_new(x, "statistics", columns, WR_ARRAY_LEN(columns)),
                   wr_value_f64(per_s), wr__count(written),
                   last_ms < 0 ? WR_VALUE_NULL : wr_value_i64(last_ms), wr__count(errors),
                   wr__count(late), wr__count(before_start), wr__count(null_keys),
                   wr__count(null_values), wr__count(skipped), wr__count(unavailable),
                   wr__count(ignored), wr__count(letters), wr__text(x, d->source->topic));
}

/* Since the queries were started in this process, retries included; only what has happened. The
 * reasons are those in the headers of dead letters, so that one leads to the other. */
static void add_left_out(wr_exec *x, const described *d)
{
    WR_ASSERT(x->stmt->extended && d->source); /* pinned only then */
    static const wr__column columns[] = {{"QUERY", &wr_type_string},
                                         {"STAGE", &wr_type_string},
                                         {"REASON", &wr_type_string},
                                         {"RECORDS", &wr_type_bigint}};
    wr_result *r = wr__result_new(x, "left_out", columns, WR_ARRAY_LEN(columns));
    for (size_t i = 0; i < d->pinned.n; i++) {
        const wr_query *q = d->pinned.v[i]->query;
        wr_query_metrics m;
        wr_query_metrics_read(d->pinned.v[i]->query, &m);
        for (uint32_t k = 0; k < WR_ROW_FAULT_REASONS; k++)
            if (m.left_out[k])
                WR__RESULT_ROW(x, r, wr__text(x, wr_query_id(q)),
                               wr__text(x, wr_row_fault_stage((wr_row_fault_reason)k)),
                               wr__text(x, wr_row_fault_name((wr_row_fault_reason)k)),
                               wr__count(m.left_out[k]));
    }
}

/* By topic and partition within a query, so that a reader can group them as they come. */
static weir_status add_positions(wr_exec *x, const described *d, weir_error *err)
{
    static const wr__column columns[] = {
        {"GROUP", &wr_type_string},      {"TOPIC", &wr_type_string},
        {"PARTITION", &wr_type_integer}, {"START_OFFSET", &wr_type_bigint},
        {"END_OFFSET", &wr_type_bigint}, {"COMMITTED", &wr_type_bigint},
        {"LAG", &wr_type_bigint}};
    wr_result *r = wr__result_new(x, "positions", columns, WR_ARRAY_LEN(columns));
    for (size_t i = 0; i < d->pinned.n; i++) {
        wr_query *q = d->pinned.v[i]->query;
        wr_query_position *p;
        uint32_t n = 0;
        if (wr_query_group(q))
            WR_TRY(wr_query_positions(q, x->arena, &p, &n, err));
        for (uint32_t k = 0; k < n; k++)
            WR__RESULT_ROW(x, r, wr__text(x, wr_query_group(q)), wr__text(x, p[k].topic),
                           wr_value_i32(p[k].partition), wr_value_i64(p[k].start),
                           wr_value_i64(p[k].end),
                           p[k].committed < 0 ? WR_VALUE_NULL : wr_value_i64(p[k].committed),
                           wr_value_i64(p[k].lag));
    }
    return WEIR_OK;
}

/* What was pinned is unpinned on every way out, or the query could never be taken out of the list.
 * On failure the sections made so far are dropped with the result (statement.c). */
static weir_status describe_source(wr_exec *x, weir_error *err)
{
    described d = {0};
    wr_engine_lock(x->engine);
    weir_status st = find(x, &d, err);
    wr_engine_unlock(x->engine);
    WR_TRY(st);
    WR_ASSERT(d.source && x->sections.n == 0);
    add_fields(x, d.source);
    add_source(x, d.source);
    if (x->stmt->extended)
        st = add_topic(x, &d, err);
    else
        x->message =
            "For runtime statistics and query details run: DESCRIBE <Stream,Table> EXTENDED;";
    if (st == WEIR_OK && x->stmt->extended && d.writers_n) {
        add_statistics(x, &d);
        add_left_out(x, &d);
        st = add_positions(x, &d, err);
    }
    if (st == WEIR_OK && x->stmt->extended)
        wr__describe_schemas(x, d.source, (wr__readers){d.reading.v, d.reading.n});
    WR_ASSERT(x->stmt->extended || d.pinned.n + d.reading.n == 0);
    for (size_t i = 0; i < d.reading.n; i++) {
        wr__add_waiting(x, d.reading.v[i]->query);
        wr_query_entry_unpin(x->engine, d.reading.v[i]);
    }
    for (size_t i = 0; i < d.pinned.n; i++) {
        wr__add_waiting(x, d.pinned.v[i]->query);
        wr_query_entry_unpin(x->engine, d.pinned.v[i]);
    }
    wr_source_unref(d.source);
    return st;
}

/* ---- functions ---- */

/* From the registry's own table, so every function has a description and every variant is there. */
static weir_status describe_function(wr_exec *x, weir_error *err)
{
    static const char *const types[] = {"SCALAR", "TABLE", "AGGREGATE"};
    static const wr__column variants[] = {{"Variation", &wr_type_string},
                                          {"Returns", &wr_type_string}};
    static const wr__column columns[] = {
        {"NAME", &wr_type_string},     {"OVERVIEW", &wr_type_string}, {"TYPE", &wr_type_string},
        {"CATEGORY", &wr_type_string}, {"EXAMPLE", &wr_type_string},  {"RESULT", &wr_type_string}};
    const char *name = x->stmt->name.name;
    const wr_function *f = wr_function_find(wr_engine_functions(x->engine), wr_str_c(name));
    if (!f)
        return wr_error_reason(err, WR_REASON_FUNCTION,
                               wr_error_at(err, WEIR_ERR_NOT_FOUND, x->stmt->name.pos,
                                           "Can't find any functions with the name '%s'", name));
    wr_result *r = wr__result_new(x, "", variants, WR_ARRAY_LEN(variants));
    for (uint32_t i = 0; i < f->sigs_n; i++) {
        wr_buf b = {0};
        wr_signature_print(&b, f, i);
        WR__RESULT_ROW(x, r, wr__text(x, wr_buf_cstr(&b)), wr__text(x, f->sigs[i].ret));
        wr_buf_free(&b);
    }
    WR__RESULT_ROW(x, wr__result_new(x, "function", columns, WR_ARRAY_LEN(columns)),
                   wr__text(x, f->name), wr__text(x, f->description), wr__text(x, types[f->kind]),
                   wr__text(x, f->category), wr__text(x, f->example), wr__text(x, f->result));
    return WEIR_OK;
}

/* Kinds that are in the grammar and not here are those of connectors. */
weir_status wr__execute_describe(wr_exec *x, weir_error *err)
{
    switch (x->stmt->describe) {
    case WR_AST_DESCRIBE_SOURCE:
        return describe_source(x, err);
    case WR_AST_DESCRIBE_FUNCTION:
        return describe_function(x, err);
    case WR_AST_DESCRIBE_STREAMS:
    case WR_AST_DESCRIBE_TABLES:
        wr_engine_lock(x->engine);
        wr__show_sources(x, x->stmt->describe == WR_AST_DESCRIBE_TABLES);
        wr_engine_unlock(x->engine);
        return WEIR_OK;
    default:
        return wr_error_at(err, WEIR_ERR_UNSUPPORTED, x->stmt->pos,
                           "Kafka Connect is not supported yet");
    }
}
