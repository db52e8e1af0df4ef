/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHOW, DESCRIBE: tables of text, with ksqlDB's titles (rest-api.md 10.3).
 */
#include "runtime/statement/statement_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

void wr__set_titles(wr_exec *x, const char *const *titles, uint32_t n)
{
    wr_column *cols = WR_NEW_N(x->arena, wr_column, n);
    for (uint32_t i = 0; i < n; i++)
        cols[i] = (wr_column){.name = titles[i], .type = &wr_type_string, .role = WR_COL_VALUE};
    x->schema = wr_schema_new(x->arena, cols, n);
    x->is_key = WR_NEW_N(x->arena, bool, n);
}

void wr__add_row(wr_exec *x, const char *const *cells, uint32_t n)
{
    const char **row = WR_NEW_N(x->arena, const char *, n);
    for (uint32_t i = 0; i < n; i++)
        row[i] = wr_arena_strdup(x->arena, cells[i]);
    wr_arr_push(x->arena, &x->text_rows, (const char *const *)row);
}

static void start_table(wr_exec *x, const char *const *titles, uint32_t n)
{
    x->kind = WR_EXEC_TABLE;
    wr__set_titles(x, titles, n);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Names of a map in order. */
static const char **sorted_names(wr_arena *a, const wr_map *m, uint32_t *n)
{
    const char **names = WR_NEW_N(a, const char *, m->live);
    const wr_map_entry *e;
    *n = 0;
    for (size_t i = 0; (e = wr_map_next(m, &i));)
        names[(*n)++] = e->key.ptr;
    if (*n)
        qsort(names, *n, sizeof *names, by_name);
    return names;
}

/* ---- SHOW ---- */

static void show_sources(wr_exec *x, bool tables)
{
    static const char *const stream_titles[] = {"Stream Name", "Kafka Topic", "Key Format",
                                                "Value Format", "Windowed"};
    static const char *const table_titles[] = {"Table Name", "Kafka Topic", "Key Format",
                                               "Value Format", "Windowed"};
    start_table(x, tables ? table_titles : stream_titles, 5);
    uint32_t n;
    const char **names = sorted_names(x->arena, &x->engine->catalog.sources, &n);
    for (uint32_t i = 0; i < n; i++) {
        const wr_source *s = wr_catalog_find(&x->engine->catalog, names[i]);
        if (s->is_table != tables)
            continue;
        const char *cells[] = {s->name, s->topic, s->key.format->name, s->value.format->name,
                               s->window.kind == WR_WINDOW_NONE ? "false" : "true"};
        wr__add_row(x, cells, 5);
    }
}

static weir_status show_topics(wr_exec *x, weir_error *err)
{
    static const char *const titles[] = {"Kafka Topic", "Partitions", "Partition Replicas"};
    wr_engine *e = x->engine;
    wr_topic_info *all;
    uint32_t n;
    WR_TRY(wr_topic_list(e->log, x->arena, &all, &n, err));
    start_table(x, titles, 3);
    wr_map by;
    wr_map_init(&by);
    for (uint32_t i = 0; i < n; i++)
        wr_map_put(&by, wr_str_c(all[i].name), &all[i]);
    uint32_t names_n;
    const char **names = sorted_names(x->arena, &by, &names_n);
    for (uint32_t i = 0; i < names_n; i++) {
        const wr_topic_info *t = wr_map_get(&by, wr_str_c(names[i]));
        if (!x->stmt->show_all &&
            (t->internal ||
             wr_settings_matches(&x->session->settings, "ksql.hidden.topics", t->name)))
            continue;
        const char *cells[] = {t->name, wr_arena_printf(x->arena, "%d", t->partitions),
                               wr_arena_printf(x->arena, "%d", t->replicas)};
        wr__add_row(x, cells, 3);
    }
    wr_map_free(&by);
    return WEIR_OK;
}

static void show_queries(wr_exec *x)
{
    static const char *const titles[] = {"Query ID",  "Query Type",       "Status",
                                         "Sink Name", "Sink Kafka Topic", "Query String"};
    start_table(x, titles, 6);
    for (size_t i = 0; i < x->engine->queries.n; i++) {
        wr_query *q = x->engine->queries.v[i];
        const wr_query_info *info = wr_catalog_query(&x->engine->catalog, wr_query_id(q));
        const wr_source *sink = info ? wr_catalog_find(&x->engine->catalog, info->sink) : NULL;
        const char *cells[] = {
            wr_query_id(q),
            "PERSISTENT",
            wr_arena_printf(x->arena, "%s:1", wr_query_state_name(wr_query_state_of(q))),
            info ? info->sink : "",
            sink ? sink->topic : "",
            info ? info->sql : "",
        };
        wr__add_row(x, cells, 6);
    }
    x->message = "For detailed information on a Query run: EXPLAIN <Query ID>;";
}

static void show_functions(wr_exec *x)
{
    static const char *const titles[] = {"Function Name", "Category"};
    start_table(x, titles, 2);
    const wr_function *f;
    for (uint32_t i = 0; (f = wr_function_at(i)); i++) {
        const char *cells[] = {f->name, f->category};
        wr__add_row(x, cells, 2);
    }
    x->message = "For detailed information about a function, run: DESCRIBE FUNCTION <Function "
                 "Name>;";
}

static void show_properties(wr_exec *x)
{
    static const char *const titles[] = {"Property", "Scope", "Default override",
                                         "Effective Value"};
    start_table(x, titles, 4);
    const wr_setting *s;
    for (uint32_t i = 0; (s = wr_setting_at(i)); i++) {
        const char *v = wr_settings_get(&x->session->settings, s->name);
        bool own = wr_map_get(&x->session->settings.values, wr_str_c(s->name)) != NULL;
        const char *override = own ? "SESSION"
                               : wr_map_get(&x->engine->settings.values, wr_str_c(s->name))
                                   ? "SERVER"
                                   : "";
        const char *cells[] = {s->name, "KSQL", override, v ? v : "NULL"};
        wr__add_row(x, cells, 4);
    }
    const wr_map_entry *e;
    for (size_t i = 0; (e = wr_map_next(&x->session->settings.values, &i));) {
        bool known = false;
        for (uint32_t k = 0; (s = wr_setting_at(k)) && !known; k++)
            known = strcmp(s->name, e->key.ptr) == 0;
        if (known)
            continue;
        const char *cells[] = {e->key.ptr, "KSQL", "SESSION", e->value};
        wr__add_row(x, cells, 4);
    }
}

static void show_types(wr_exec *x)
{
    static const char *const titles[] = {"Type Name", "Schema"};
    start_table(x, titles, 2);
    uint32_t n;
    const char **names = sorted_names(x->arena, &x->engine->catalog.types, &n);
    for (uint32_t i = 0; i < n; i++) {
        const wr_type *t = wr_map_get(&x->engine->catalog.types, wr_str_c(names[i]));
        const char *cells[] = {names[i], wr_type_text(x->arena, t)};
        wr__add_row(x, cells, 2);
    }
}

static void show_variables(wr_exec *x)
{
    static const char *const titles[] = {"Variable Name", "Value"};
    start_table(x, titles, 2);
    uint32_t n;
    const char **names = sorted_names(x->arena, &x->session->variables, &n);
    for (uint32_t i = 0; i < n; i++) {
        const char *cells[] = {names[i], wr_map_get(&x->session->variables, wr_str_c(names[i]))};
        wr__add_row(x, cells, 2);
    }
}

weir_status wr__execute_show(wr_exec *x, weir_error *err)
{
    switch (x->stmt->show) {
    case WR_AST_SHOW_STREAMS:
    case WR_AST_SHOW_TABLES:
        show_sources(x, x->stmt->show == WR_AST_SHOW_TABLES);
        return WEIR_OK;
    case WR_AST_SHOW_TOPICS:
        return show_topics(x, err);
    case WR_AST_SHOW_QUERIES:
        show_queries(x);
        return WEIR_OK;
    case WR_AST_SHOW_FUNCTIONS:
        show_functions(x);
        return WEIR_OK;
    case WR_AST_SHOW_PROPERTIES:
        show_properties(x);
        return WEIR_OK;
    case WR_AST_SHOW_TYPES:
        show_types(x);
        return WEIR_OK;
    case WR_AST_SHOW_VARIABLES:
        show_variables(x);
        return WEIR_OK;
    default:
        return wr_error_at(err, WEIR_ERR_UNSUPPORTED, x->stmt->pos,
                           "Kafka Connect is not supported yet");
    }
}

/* ---- DESCRIBE ---- */

static const char *column_note(wr_arena *a, const wr_source *s, const wr_column *c)
{
    if (c->role == WR_COL_HEADERS)
        return " (headers)";
    if (c->role == WR_COL_HEADER)
        return wr_arena_printf(a, " (header('%s'))", c->header);
    if (c->role != WR_COL_KEY)
        return "";
    const char *window =
        s->window.kind == WR_WINDOW_NONE
            ? ""
            : wr_arena_printf(a, " (Window type: %s)", wr_window_kind_name(s->window.kind));
    return wr_arena_printf(a, "%s%s", s->is_table ? " (primary key)" : " (key)", window);
}

static const char *type_text(wr_arena *a, const wr_type *t)
{
    return t->id == WR_T_STRING ? "VARCHAR(STRING)" : wr_type_text(a, t);
}

static bool writes_to(const wr_exec *x, const wr_query *q, const wr_source *s)
{
    const wr_query_info *info = wr_catalog_query(&x->engine->catalog, wr_query_id(q));
    return info && strcmp(info->sink, s->name) == 0;
}

static void put_time(wr_buf *b, int64_t ms)
{
    struct tm t;
    time_t seconds = (time_t)(ms / 1000);
    char text[32];
    gmtime_r(&seconds, &t);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &t);
    wr_buf_printf(b, "%s.%03dZ", text, (int)(ms % 1000));
}

/* What all queries that write to it have written from this process. */
static void put_statistics(const wr_exec *x, const wr_source *s, wr_buf *b)
{
    double per_s = 0;
    unsigned long long written = 0, errors = 0, late = 0;
    int64_t last_ms = -1;
    for (size_t i = 0; i < x->engine->queries.n; i++) {
        wr_profile p;
        if (!writes_to(x, x->engine->queries.v[i], s))
            continue;
        wr_query_profile(x->engine->queries.v[i], x->arena, &p);
        per_s += p.out_per_s;
        written += p.totals.records_out;
        errors += p.totals.errors;
        late += p.totals.late;
        last_ms = WR_MAX(last_ms, p.last_out_ms);
    }
    wr_buf_printf(b,
                  "\nLocal runtime statistics\n------------------------\nmessages-per-sec: %.2f   "
                  "total-messages: %llu   last-message: ",
                  per_s, written);
    if (last_ms >= 0)
        put_time(b, last_ms);
    else
        wr_buf_puts(b, "n/a");
    wr_buf_printf(b,
                  "\nfailed-messages: %llu   late: %llu\n(Statistics of the local Weir "
                  "interaction with the Kafka topic %s)\n",
                  errors, late, s->topic);
}

/* One table for each topic that the group reads. */
static void put_positions(wr_buf *b, const char *group, const wr_query_position *p, uint32_t n)
{
    int64_t max = 0;
    for (uint32_t i = 0; i < n; i++)
        max = WR_MAX(max, p[i].lag);
    wr_buf_printf(b,
                  "\nConsumer Group       : %s\nKafka topic          : %s\nMax lag              : "
                  "%lld\n\n Partition | Start Offset | End Offset | Offset     | Lag\n"
                  "---------------------------------------------------------\n",
                  group, p[0].topic, (long long)max);
    for (uint32_t i = 0; i < n; i++) {
        char offset[32] = "-";
        if (p[i].committed >= 0)
            snprintf(offset, sizeof offset, "%lld", (long long)p[i].committed);
        wr_buf_printf(b, " %-9d | %-12lld | %-10lld | %-10s | %lld\n", p[i].partition,
                      (long long)p[i].start, (long long)p[i].end, offset, (long long)p[i].lag);
    }
    wr_buf_puts(b, "---------------------------------------------------------\n");
}

static weir_status runtime_statistics(wr_exec *x, const wr_source *s, wr_buf *b, weir_error *err)
{
    put_statistics(x, s, b);
    bool title = false;
    for (size_t i = 0; i < x->engine->queries.n; i++) {
        wr_query *q = x->engine->queries.v[i];
        wr_query_position *p;
        uint32_t n;
        if (!writes_to(x, q, s) || !wr_query_group(q))
            continue;
        WR_TRY(wr_query_positions(q, x->arena, &p, &n, err));
        if (n && !title)
            wr_buf_puts(b, "\nConsumer Groups summary:\n");
        title = title || n > 0;
        for (uint32_t from = 0, to; from < n; from = to) {
            for (to = from; to < n && strcmp(p[to].topic, p[from].topic) == 0;)
                to++;
            put_positions(b, wr_query_group(q), p + from, to - from);
        }
    }
    return WEIR_OK;
}

static weir_status extended_heading(wr_exec *x, const wr_source *s, weir_error *err)
{
    wr_engine *e = x->engine;
    wr_topic_info info = {0};
    wr_buf b = {0}, readers = {0}, writers = {0};
    weir_status st = wr_topic_describe(e->log, s->topic, &info, err);
    if (st != WEIR_OK && st != WEIR_ERR_NOT_FOUND)
        return st;
    st = WEIR_OK;
    wr_buf_printf(&b, "Name                 : %s\nType                 : %s\n", s->name,
                  s->is_table ? "TABLE" : "STREAM");
    if (s->timestamp_column >= 0)
        wr_buf_printf(&b, "Timestamp field      : %s\n", s->schema->cols[s->timestamp_column].name);
    else
        wr_buf_puts(&b, "Timestamp field      : Not set - using <ROWTIME>\n");
    wr_buf_printf(&b, "Key format           : %s\nValue format         : %s\n", s->key.format->name,
                  s->value.format->name);
    wr_buf_printf(&b, "Kafka topic          : %s (partitions: %d, replication: %d)\n", s->topic,
                  info.partitions, info.replicas);
    wr_buf_printf(&b, "Statement            : %s;\n", s->sql);
    uint32_t r = wr_catalog_readers(&e->catalog, s->name, &readers);
    uint32_t w = wr_catalog_writers(&e->catalog, s->name, NULL, &writers);
    if (r)
        wr_buf_printf(&b, "Queries that read    : %s\n", wr_buf_cstr(&readers));
    if (w)
        wr_buf_printf(&b, "Queries that write   : %s\n", wr_buf_cstr(&writers));
    if (w)
        st = runtime_statistics(x, s, &b, err);
    x->heading = wr_arena_strdup(x->arena, wr_buf_cstr(&b));
    wr_buf_free(&b);
    wr_buf_free(&readers);
    wr_buf_free(&writers);
    return st;
}

static weir_status describe_source(wr_exec *x, weir_error *err)
{
    static const char *const titles[] = {"Field", "Type"};
    wr_source *s = wr_catalog_find(&x->engine->catalog, x->stmt->name.name);
    if (!s) {
        weir_error other = {0};
        WR_ASSERT(wr_catalog_get(&x->engine->catalog, &x->stmt->name, &s, &other) != WEIR_OK);
        wr_error_at(err, WEIR_ERR_NOT_FOUND, x->stmt->name.pos,
                    "Could not find STREAM/TABLE '%s' in the Metastore", x->stmt->name.name);
        return wr_error_hint(err, "%s", other.hint);
    }
    start_table(x, titles, 2);
    for (uint32_t i = 0; i < s->schema->n; i++) {
        const wr_column *c = &s->schema->cols[i];
        const char *cells[] = {c->name,
                               wr_arena_printf(x->arena, "%s%s", type_text(x->arena, c->type),
                                               column_note(x->arena, s, c))};
        wr__add_row(x, cells, 2);
    }
    if (x->stmt->extended)
        return extended_heading(x, s, err);
    x->heading = wr_arena_printf(x->arena, "Name                 : %s", s->name);
    x->message = "For runtime statistics and query details run: DESCRIBE <Stream,Table> EXTENDED;";
    return WEIR_OK;
}

static weir_status describe_function(wr_exec *x, weir_error *err)
{
    const char *name = x->stmt->name.name;
    const wr_function *f = wr_function_find(wr_str_c(name));
    if (!f)
        return wr_error_at(err, WEIR_ERR_NOT_FOUND, x->stmt->name.pos,
                           "Can't find any functions with the name '%s'", name);
    static const char *const types[] = {"SCALAR", "TABLE", "AGGREGATE"};
    static const char *const titles[] = {"Variation", "Returns"};
    start_table(x, titles, 2);
    wr_buf b = {0};
    wr_buf_printf(&b, "Name        : %s\nOverview    : %s\nType        : %s\nCategory    : %s\n",
                  f->name, f->description, types[f->kind], f->category);
    if (f->example)
        wr_buf_printf(&b, "Example     : %s%s%s\n", f->example, f->result ? " = " : "",
                      f->result ? f->result : "");
    x->heading = wr_arena_strdup(x->arena, wr_buf_cstr(&b));
    for (uint32_t i = 0; i < f->sigs_n; i++) {
        wr_buf_clear(&b);
        wr_signature_print(&b, f, i);
        const char *cells[] = {wr_buf_cstr(&b), f->sigs[i].ret ? f->sigs[i].ret : "by arguments"};
        wr__add_row(x, cells, 2);
    }
    wr_buf_free(&b);
    return WEIR_OK;
}

weir_status wr__execute_describe(wr_exec *x, weir_error *err)
{
    switch (x->stmt->describe) {
    case WR_AST_DESCRIBE_SOURCE:
        return describe_source(x, err);
    case WR_AST_DESCRIBE_FUNCTION:
        return describe_function(x, err);
    case WR_AST_DESCRIBE_STREAMS:
    case WR_AST_DESCRIBE_TABLES:
        show_sources(x, x->stmt->describe == WR_AST_DESCRIBE_TABLES);
        return WEIR_OK;
    default:
        return wr_error_at(err, WEIR_ERR_UNSUPPORTED, x->stmt->pos,
                           "Kafka Connect is not supported yet");
    }
}
