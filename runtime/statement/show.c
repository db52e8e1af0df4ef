/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHOW and LIST: what there is, as typed rows. Columns have ksqlDB's titles as their names.
 *
 * Everything but topics is looked up under the lock, which is enough: nothing here waits.
 *
 * Each result is a copy of what was there at one moment: rows are made as a whole, in the
 * statement's arena, before the first is handed out. So a client that takes its time sees no half
 * of a change, and holds up nobody while it does.
 *
 * Names are given in order, since a map's own order is that of insertion, which means nothing to
 * anybody. Queries and functions have an order that does: of creation, and of the documentation.
 */
#include "runtime/instance/query_list.h"
#include "runtime/statement/describe.h"
#include "runtime/statement/result.h"
#include "runtime/statement/statement_class.h"
#include "runtime/statement/waiting_rows.h"

#include <stdlib.h>

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Names of a map in order, byte by byte. They are borrowed from the map: as long as the lock is
 * held, or the map is the statement's own. */
static const char **sorted_names(wr_arena *a, const wr_map *m, uint32_t *n)
{
    const char **names = WR_NEW_N(a, const char *, m->live);
    const wr_map_entry *e;
    *n = 0;
    for (size_t i = 0; (e = wr_map_next(m, &i));)
        names[(*n)++] = e->key.ptr;
    WR_ASSERT(*n == m->live);
    if (*n)
        qsort(names, *n, sizeof *names, by_name);
    return names;
}

/* ---- under the lock ---- */

/* One name for both kinds: SHOW STREAMS, SHOW TABLES, and DESCRIBE of all of them. */
void wr__show_sources(wr_exec *x, bool tables)
{
    const wr__column columns[] = {{tables ? "Table Name" : "Stream Name", &wr_type_string},
                                  {"Kafka Topic", &wr_type_string},
                                  {"Key Format", &wr_type_string},
                                  {"Value Format", &wr_type_string},
                                  {"Windowed", &wr_type_boolean}};
    wr_result *r = wr__result_new(x, "", columns, WR_ARRAY_LEN(columns));
    const wr_catalog *c = wr_engine_catalog(x->engine);
    uint32_t n;
    const char **names = sorted_names(x->arena, &c->sources, &n);
    for (uint32_t i = 0; i < n; i++) {
        const wr_source *s = wr_catalog_find(c, names[i]);
        if (s->is_table == tables)
            WR__RESULT_ROW(x, r, wr__text(x, s->name), wr__text(x, s->topic),
                           wr__text(x, s->key.format->name), wr__text(x, s->value.format->name),
                           wr_value_bool(s->window.kind != WR_WINDOW_NONE));
    }
}

/* A MAP, as ksqlDB's clients expect, which ask a cluster: state -> how many processes have the
 * query in it, of which this one is known. */
static wr_value status_of(wr_exec *x, const wr_query *q)
{
    wr_nest *status = wr_nest_new(x->arena, 1, true);
    status->keys[0] = wr__text(x, wr_query_state_name(wr_query_state_of(q)));
    status->items[0] = wr_value_i32(1);
    return wr_value_nest(status);
}

/* In order of creation, with the state of each as of now; nobody is asked, so a query of which
 * other processes have a part is shown as it is here. Queries that are being stopped are there
 * until they are gone. */
static void show_queries(wr_exec *x)
{
    static const wr_type counts = {
        .id = WR_T_MAP, .key = &wr_type_string, .elem = &wr_type_integer};
    static const wr__column columns[] = {{"Query ID", &wr_type_string},
                                         {"Query Type", &wr_type_string},
                                         {"Status", &counts},
                                         {"Sink Name", &wr_type_string},
                                         {"Sink Kafka Topic", &wr_type_string},
                                         {"Query String", &wr_type_string}};
    wr_result *r = wr__result_new(x, "", columns, WR_ARRAY_LEN(columns));
    const wr_catalog *c = wr_engine_catalog(x->engine);
    const wr_query_entry *entry;
    for (size_t i = 0; (entry = wr_engine_entry_at(x->engine, i)); i++) {
        const wr_query_info *info = wr_catalog_query(c, wr_query_id(entry->query));
        const wr_source *sink = info ? wr_catalog_find(c, info->sink) : NULL;
        WR__RESULT_ROW(x, r, wr__text(x, wr_query_id(entry->query)), wr__text(x, "PERSISTENT"),
                       status_of(x, entry->query), wr__text(x, info ? info->sink : ""),
                       wr__text(x, sink ? sink->topic : ""), wr__text(x, info ? info->sql : ""));
    }
    for (size_t i = 0; (entry = wr_engine_entry_at(x->engine, i)); i++)
        wr__add_waiting(x, entry->query);
    x->message = "For detailed information on a Query run: EXPLAIN <Query ID>;";
}

/* The registry is constant; it is looked at under the lock only because the others are. */
static void show_functions(wr_exec *x)
{
    static const wr__column columns[] = {{"Function Name", &wr_type_string},
                                         {"Category", &wr_type_string}};
    wr_result *r = wr__result_new(x, "", columns, WR_ARRAY_LEN(columns));
    const wr_function *f;
    for (uint32_t i = 0; (f = wr_function_at(wr_engine_functions(x->engine), i)); i++)
        WR__RESULT_ROW(x, r, wr__text(x, f->name), wr__text(x, f->category));
    x->message = "For detailed information about a function, run: DESCRIBE FUNCTION <Function "
                 "Name>;";
}

/* One of the table. Others are Kafka's, and Weir cannot say what they are by default. */
static bool is_known_setting(const char *name)
{
    const wr_setting *s;
    for (uint32_t i = 0; (s = wr_setting_at(i)); i++)
        if (strcmp(s->name, name) == 0)
            return true;
    return false;
}

/* All known settings, whether set or not; then what passes through to Kafka's clients, which only
 * the session knows of. As of the start of the statement (x->settings). */
static void show_properties(wr_exec *x)
{
    static const wr__column columns[] = {{"Property", &wr_type_string},
                                         {"Scope", &wr_type_string},
                                         {"Default override", &wr_type_string},
                                         {"Effective Value", &wr_type_string}};
    wr_result *r = wr__result_new(x, "", columns, WR_ARRAY_LEN(columns));
    const wr_setting *s;
    const wr_map *own = &x->settings.values;
    const wr_map *server = &wr_engine_settings(x->engine)->values;
    for (uint32_t i = 0; (s = wr_setting_at(i)); i++) {
        wr_str name = wr_str_c(s->name);
        const char *layer = wr_map_get(own, name)      ? "SESSION"
                            : wr_map_get(server, name) ? "SERVER"
                                                       : "";
        WR__RESULT_ROW(
            x, r, wr__text(x, s->name), wr__text(x, "KSQL"), wr__text(x, layer),
            wr__text(x, wr_settings_shown(s->name, wr_settings_get(&x->settings, s->name))));
    }
    const wr_map_entry *e;
    for (size_t i = 0; (e = wr_map_next(own, &i));)
        if (!is_known_setting(e->key.ptr))
            WR__RESULT_ROW(x, r, wr__text(x, e->key.ptr), wr__text(x, "KSQL"),
                           wr__text(x, "SESSION"),
                           wr__text(x, wr_settings_shown(e->key.ptr, e->value)));
}

/* Custom types by name; the text of a type is what CREATE would take. */
static void show_types(wr_exec *x)
{
    static const wr__column columns[] = {{"Type Name", &wr_type_string},
                                         {"Schema", &wr_type_string}};
    wr_result *r = wr__result_new(x, "", columns, WR_ARRAY_LEN(columns));
    const wr_catalog *c = wr_engine_catalog(x->engine);
    uint32_t n;
    const char **names = sorted_names(x->arena, &c->types, &n);
    for (uint32_t i = 0; i < n; i++) {
        const wr_type *t = wr_map_get(&c->types, wr_str_c(names[i]));
        WR__RESULT_ROW(x, r, wr__text(x, names[i]), wr__text(x, wr_type_text(x->arena, t)));
    }
}

/* The session's, not the engine's: another connection has its own. Under the lock all the same, as
 * threads may share a session. */
static void show_variables(wr_exec *x)
{
    static const wr__column columns[] = {{"Variable Name", &wr_type_string},
                                         {"Value", &wr_type_string}};
    wr_result *r = wr__result_new(x, "", columns, WR_ARRAY_LEN(columns));
    uint32_t n;
    const wr_map *variables = &x->session->variables;
    const char **names = sorted_names(x->arena, variables, &n);
    for (uint32_t i = 0; i < n; i++)
        WR__RESULT_ROW(x, r, wr__text(x, names[i]),
                       wr__text(x, wr_map_get(variables, wr_str_c(names[i]))));
}

static void show_streams(wr_exec *x)
{
    wr__show_sources(x, false);
}

static void show_tables(wr_exec *x)
{
    wr__show_sources(x, true);
}

/* ---- topics: the log is asked, so without the lock ---- */

/* By the settings as they were when the statement was executed. Topics come in the log's order, and
 * are sorted by way of a map, as all names are. Internal topics and those that `ksql.hidden.topics`
 * matches are shown by SHOW ALL TOPICS alone.
 */
static weir_status show_topics(wr_exec *x, weir_error *err)
{
    static const wr__column columns[] = {{"Kafka Topic", &wr_type_string},
                                         {"Partitions", &wr_type_integer},
                                         {"Partition Replicas", &wr_type_integer}};
    wr_topic_info *all;
    uint32_t n, names_n;
    WR_TRY(wr_topic_list(wr_engine_log(x->engine), x->arena, &all, &n, err));
    wr_result *r = wr__result_new(x, "", columns, WR_ARRAY_LEN(columns));
    wr_map by;
    wr_map_init(&by);
    for (uint32_t i = 0; i < n; i++)
        wr_map_put(&by, wr_str_c(all[i].name), &all[i]);
    const char **names = sorted_names(x->arena, &by, &names_n);
    for (uint32_t i = 0; i < names_n; i++) {
        const wr_topic_info *t = wr_map_get(&by, wr_str_c(names[i]));
        bool hidden =
            t->internal || wr_settings_matches(&x->settings, "ksql.hidden.topics", t->name);
        if (x->stmt->show_all || !hidden)
            WR__RESULT_ROW(x, r, wr__text(x, t->name), wr_value_i32(t->partitions),
                           wr_value_i32(t->replicas));
    }
    wr_map_free(&by);
    return WEIR_OK;
}

/* ---- the table of them ---- */

/** One of the two; neither: not built. */
typedef struct show_class {
    void (*locked)(wr_exec *x);                       /* under the lock; or */
    weir_status (*free)(wr_exec *x, weir_error *err); /* without it, because it waits */
} show_class;

static const show_class classes[] = {
    [WR_AST_SHOW_STREAMS] = {show_streams, NULL},
    [WR_AST_SHOW_TABLES] = {show_tables, NULL},
    [WR_AST_SHOW_TOPICS] = {NULL, show_topics},
    [WR_AST_SHOW_QUERIES] = {show_queries, NULL},
    [WR_AST_SHOW_FUNCTIONS] = {show_functions, NULL},
    [WR_AST_SHOW_PROPERTIES] = {show_properties, NULL},
    [WR_AST_SHOW_TYPES] = {show_types, NULL},
    [WR_AST_SHOW_VARIABLES] = {show_variables, NULL},
};

/* Under the lock, or without it: a class says which. A kind without a row in the table is grammar
 * of ksqlDB's that is not built. */
weir_status wr__execute_show(wr_exec *x, weir_error *err)
{
    size_t kind = (size_t)x->stmt->show;
    const show_class *c = kind < WR_ARRAY_LEN(classes) ? &classes[kind] : NULL;
    if (!c || (!c->locked && !c->free))
        return wr_error_at(err, WEIR_ERR_UNSUPPORTED, x->stmt->pos,
                           "Kafka Connect is not supported yet");
    WR_ASSERT(!c->locked != !c->free);
    if (c->free)
        return c->free(x, err);
    wr_engine_lock(x->engine);
    c->locked(x);
    WR_ASSERT(x->sections.n >= 1);
    wr_engine_unlock(x->engine);
    return WEIR_OK;
}
