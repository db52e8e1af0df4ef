/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The catalog: maps of counted, immutable sources, of types and of running queries, and the rules
 * about what depends on what.
 *
 * Nothing here is locked: the engine's lock is around every change, and a source that was handed
 * out stays what it was, since changes are new entries. Names are compared exactly: case was
 * folded, or kept, by the parser. Insertion order is kept, so lists come out the same at every
 * start.
 */
#include "engine/plan/catalog.h"
#include "common/reason.h"
#include "engine/plan/with.h"

#include <stdlib.h>

/* The struct is in its own arena, so that one free gives all of it back. Zero is a value for
 * columns and retention: -1 says that there is none. */
wr_source *wr_source_new(void)
{
    wr_arena *a = wr_arena_new(1024);
    wr_source *s = WR_NEW(a, wr_source);
    s->arena = a;
    atomic_init(&s->refs, 1);
    s->timestamp_column = -1;
    s->retention_ms = -1;
    return s;
}

/* Taken under the engine's lock as a rule, since only there is it certain that the source still is.
 */
void wr_source_ref(wr_source *s)
{
    atomic_fetch_add(&s->refs, 1);
}

/* The last one frees it, on whichever thread that is: plans of running queries hold references too.
 */
void wr_source_unref(wr_source *s)
{
    if (!s)
        return;
    int before = atomic_fetch_sub(&s->refs, 1);
    WR_ASSERT(before > 0);
    if (before > 1)
        return;
    wr_arena_free(s->arena);
}

/* A copy to be changed before it is shown: ALTER. Every text is copied, too: the old entry may go
 * before the new one does. A field that points into the arena and is not copied here would dangle
 * then. */
wr_source *wr_source_copy(const wr_source *from)
{
    WR_ASSERT(from->arena && from->schema);
    wr_source *s = wr_source_new();
    wr_arena *a = s->arena;
    memcpy(s, from, sizeof *s);
    s->arena = a;
    atomic_init(&s->refs, 1);
    s->name = wr_arena_strdup(a, from->name);
    s->topic = wr_arena_strdup(a, from->topic);
    s->schema = wr_schema_new(a, from->schema->cols, from->schema->n);
    s->key = wr__format_use_copy(a, &from->key);
    s->value = wr__format_use_copy(a, &from->value);
    s->timestamp_format =
        from->timestamp_format ? wr_arena_strdup(a, from->timestamp_format) : NULL;
    s->dead_letter_topic =
        from->dead_letter_topic ? wr_arena_strdup(a, from->dead_letter_topic) : NULL;
    s->sql = from->sql ? wr_arena_strdup(a, from->sql) : NULL;
    s->query_id = from->query_id ? wr_arena_strdup(a, from->query_id) : NULL;
    s->derived_from = WR_NEW_N(a, const char *, from->derived_from_n);
    for (uint32_t i = 0; i < from->derived_from_n; i++)
        s->derived_from[i] = wr_arena_strdup(a, from->derived_from[i]);
    return s;
}

/* ---- the catalog ---- */

/* Types have an arena of their own, which only grows: types are small and seldom dropped, and
 * nobody counts who still has one. */
void wr_catalog_init(wr_catalog *c)
{
    wr_map_init(&c->sources);
    wr_map_init(&c->types);
    wr_map_init(&c->queries);
    c->types_arena = wr_arena_new(0);
}

/* Queries are told apart by id; what belongs to one goes with it. Queries are on the heap, unlike
 * sources: they are not shared, so they come and go with their entries. */
static void query_free(wr_query_info *q)
{
    if (!q)
        return;
    for (uint32_t i = 0; i < q->sources_n; i++)
        wr_free(q->sources[i]);
    wr_free(q->sources);
    wr_free(q->id);
    wr_free(q->sql);
    wr_free(q->sink);
    wr_free(q);
}

/* Sources may live on: plans that still run have references of their own. */
void wr_catalog_free(wr_catalog *c)
{
    const wr_map_entry *e;
    for (size_t i = 0; (e = wr_map_next(&c->sources, &i));)
        wr_source_unref(e->value);
    for (size_t i = 0; (e = wr_map_next(&c->queries, &i));)
        query_free(e->value);
    wr_map_free(&c->sources);
    wr_map_free(&c->types);
    wr_map_free(&c->queries);
    wr_arena_free(c->types_arena);
}

/* A catalog to try statements on: sources are shared, since they never change, the rest is copied.
 */
void wr_catalog_clone(wr_catalog *to, const wr_catalog *from)
{
    WR_ASSERT(to != from);
    const wr_map_entry *e;
    wr_catalog_init(to);
    for (size_t i = 0; (e = wr_map_next(&from->sources, &i));)
        wr_catalog_put(to, e->value);
    for (size_t i = 0; (e = wr_map_next(&from->types, &i));)
        wr_map_put(&to->types, e->key, (void *)(uintptr_t)wr_type_copy(to->types_arena, e->value));
    for (size_t i = 0; (e = wr_map_next(&from->queries, &i));) {
        const wr_query_info *q = e->value;
        wr_catalog_add_query(to, q->id, q->sql, q->sink, (const char *const *)q->sources,
                             q->sources_n, q->insert);
    }
}

/* Names of streams and tables are one name space, as in ksqlDB. */
wr_source *wr_catalog_find(const wr_catalog *c, const char *name)
{
    return wr_map_get(&c->sources, wr_str_c(name));
}

/* A name that differs in case only is what people mean most often when a source is not there.
 *
 *     SELECT * FROM "pageviews"     PAGEVIEWS exists: a hint says how to write it */
weir_status wr_catalog_get(const wr_catalog *c, const wr_ast_name *name, wr_source **out,
                           weir_error *err)
{
    *out = wr_catalog_find(c, name->name);
    if (*out)
        return WEIR_OK;
    wr_refuse_at(err, WR_REASON_SOURCE, name->pos, "%s does not exist.", name->name);
    const wr_map_entry *e;
    /* In quotes and in other capitals than the source that they mean: what helps is to leave the
     * quotes out, since a name without them is read in capitals.
     *
     *     DROP STREAM "pageviews"     PAGEVIEWS exists */
    char *plain = wr_strdup(name->name);
    for (char *p = plain; *p; p++)
        *p = wr_upper(*p);
    bool unquoted = name->quoted && wr_catalog_find(c, plain);
    if (unquoted)
        wr_error_hint(
            err, "Did you mean %s? Hint: try removing double quotes from the source name.", plain);
    wr_free(plain);
    if (unquoted)
        return WEIR_ERR_STATEMENT;
    wr_buf hint = {0};
    for (size_t i = 0; (e = wr_map_next(&c->sources, &i));) {
        if (wr_str_ieq(e->key, wr_str_c(name->name))) {
            const wr_source *s = e->value;
            wr_buf_printf(&hint, "%s\"%s\" (%s)", hint.len ? ", " : "Did you mean ", s->name,
                          s->is_table ? "TABLE" : "STREAM");
        }
    }
    if (hint.len)
        wr_error_hint(err,
                      "%s? Hint: wrap the source name in double quotes to make it "
                      "case-sensitive.",
                      wr_buf_cstr(&hint));
    wr_buf_free(&hint);
    return WEIR_ERR_STATEMENT;
}

/* Adds, or replaces the entry of that name. The catalog takes a reference of its own; the caller
 * keeps the one that it has. */
void wr_catalog_put(wr_catalog *c, wr_source *s)
{
    WR_ASSERT(s->name && s->schema && s->topic); /* complete: it does not change any more */
    wr_source_ref(s);
    wr_source_unref(wr_map_put(&c->sources, wr_str_c(s->name), s));
}

void wr_catalog_remove(wr_catalog *c, const char *name)
{
    wr_source_unref(wr_map_remove(&c->sources, wr_str_c(name)));
}

/* Kept as the statement's own text too: it is what SHOW QUERIES shows and what a restart runs
 * again. Where @p id is there already the entry is replaced, and the texts of the old one go. */
void wr_catalog_add_query(wr_catalog *c, const char *id, const char *sql, const char *sink,
                          const char *const *sources, uint32_t sources_n, bool insert)
{
    WR_ASSERT(id && sql && sink);
    wr_query_info *q = wr_calloc(1, sizeof *q);
    q->id = wr_strdup(id);
    q->sql = wr_strdup(sql);
    q->sink = wr_strdup(sink);
    q->sources = wr_calloc(sources_n, sizeof *q->sources);
    q->sources_n = sources_n;
    for (uint32_t i = 0; i < sources_n; i++)
        q->sources[i] = wr_strdup(sources[i]);
    q->insert = insert;
    query_free(wr_map_put(&c->queries, wr_str_c(id), q));
}

void wr_catalog_remove_query(wr_catalog *c, const char *id)
{
    query_free(wr_map_remove(&c->queries, wr_str_c(id)));
}

const wr_query_info *wr_catalog_query(const wr_catalog *c, const char *id)
{
    return wr_map_get(&c->queries, wr_str_c(id));
}

/* Messages list names in alphabetical order, so that they do not depend on how things came about.
 */
static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* "[A, B]" in alphabetical order. */
static void put_list(wr_buf *out, const char **names, uint32_t n)
{
    if (n)
        qsort(names, n, sizeof *names, by_text);
    wr_buf_putc(out, '[');
    for (uint32_t i = 0; i < n; i++)
        wr_buf_printf(out, "%s%s", i ? ", " : "", names[i]);
    wr_buf_putc(out, ']');
}

/* Which INSERT INTO ... SELECT would lose their input if this source went away. Queries that made a
 * source do not count: either that source stands in the way, or they go with it. `break`: a query
 * that joins a source to others counts once. Push queries are not in the catalog, so they do not
 * count. */
uint32_t wr_catalog_readers(const wr_catalog *c, const char *source, wr_buf *out)
{
    const wr_map_entry *e;
    const char **ids = wr_calloc(c->queries.live, sizeof *ids);
    uint32_t n = 0;
    for (size_t i = 0; (e = wr_map_next(&c->queries, &i));) {
        const wr_query_info *q = e->value;
        for (uint32_t k = 0; q->insert && k < q->sources_n; k++) {
            if (strcmp(q->sources[k], source) == 0) {
                ids[n++] = q->id;
                break;
            }
        }
    }
    put_list(out, ids, n);
    wr_free((void *)ids);
    return n;
}

/* Which queries would write to nothing; the one that made the source does not count against it. @p
 * but is the id of the query of a CREATE ... AS, or NULL for a source with columns. */
uint32_t wr_catalog_writers(const wr_catalog *c, const char *source, const char *but, wr_buf *out)
{
    const wr_map_entry *e;
    const char **ids = wr_calloc(c->queries.live, sizeof *ids);
    uint32_t n = 0;
    for (size_t i = 0; (e = wr_map_next(&c->queries, &i));) {
        const wr_query_info *q = e->value;
        if (strcmp(q->sink, source) == 0 && !(but && strcmp(q->id, but) == 0))
            ids[n++] = q->id;
    }
    put_list(out, ids, n);
    wr_free((void *)ids);
    return n;
}

/* ---- types ---- */

/* The type is resolved now: a later change of a type that it was built on does not change it. */
weir_status wr_catalog_create_type(wr_catalog *c, const wr_ast_stmt *stmt, bool *done,
                                   weir_error *err)
{
    *done = false;
    const wr_type *t;
    WR_TRY(wr_expr_resolve_type(stmt->type, &c->types, c->types_arena, &t, err));
    const wr_type *old = wr_map_get(&c->types, wr_str_c(stmt->name.name));
    if (old) {
        if (stmt->if_not_exists)
            return WEIR_OK;
        wr_buf text = {0};
        wr_type_print(&text, old);
        wr_error_at(err, WEIR_ERR_EXISTS, stmt->name.pos,
                    "Cannot register custom type '%s' since it is already registered with type: %s",
                    stmt->name.name, wr_buf_cstr(&text));
        wr_buf_free(&text);
        return WEIR_ERR_EXISTS;
    }
    wr_map_put(&c->types, wr_str_c(stmt->name.name), (void *)(uintptr_t)t);
    *done = true;
    return WEIR_OK;
}

/* Sources that were declared with it have the type itself, so nothing depends on its name. */
weir_status wr_catalog_drop_type(wr_catalog *c, const wr_ast_stmt *stmt, bool *done,
                                 weir_error *err)
{
    *done = wr_map_remove(&c->types, wr_str_c(stmt->name.name)) != NULL;
    if (!*done && !stmt->if_exists)
        return wr_error_at(err, WEIR_ERR_NOT_FOUND, stmt->name.pos, "Type %s does not exist.",
                           stmt->name.name);
    return WEIR_OK;
}

/* ---- dropping ---- */

/* First what was made of the source, then what reads and writes it: in the order in which people
 * have to take it apart. A source table is materialised by a query that reads it (CST_): that one
 * does not stand in the way, because DROP ends it.
 *
 *     CREATE STREAM a (...); CREATE STREAM b AS SELECT * FROM a; DROP STREAM a;
 *     -> "... streams and/or tables read from this source: [B]" */
static weir_status check_dependants(const wr_catalog *c, const wr_source *s, weir_error *err)
{
    const wr_map_entry *e;
    const char **names = wr_calloc(c->sources.live, sizeof *names);
    uint32_t n = 0;
    for (size_t i = 0; (e = wr_map_next(&c->sources, &i));) {
        const wr_source *d = e->value;
        for (uint32_t k = 0; k < d->derived_from_n; k++) {
            if (strcmp(d->derived_from[k], s->name) == 0) {
                names[n++] = d->name;
                break;
            }
        }
    }
    weir_status st = WEIR_OK;
    wr_buf list = {0}, readers = {0}, writers = {0};
    uint32_t reading = wr_catalog_readers(c, s->name, &readers);
    uint32_t writing = wr_catalog_writers(c, s->name, s->query_id, &writers);
    if (reading || writing) { /* queries first, as ksqlDB does it: they can be terminated at once */
        st = wr_error(err, WEIR_ERR_STATEMENT,
                      "Cannot drop %s.\nThe following queries read from this source: %s.\n"
                      "The following queries write into this source: %s.\n"
                      "You need to terminate them before dropping %s.",
                      s->name, wr_buf_cstr(&readers), wr_buf_cstr(&writers), s->name);
    } else if (n) {
        put_list(&list, names, n);
        st = wr_error(err, WEIR_ERR_STATEMENT,
                      "Cannot drop %s.\nThe following streams and/or tables read from this source: "
                      "%s.\nYou need to drop them before dropping %s.",
                      s->name, wr_buf_cstr(&list), s->name);
    }
    wr_buf_free(&readers);
    wr_buf_free(&list);
    wr_buf_free(&writers);
    wr_free((void *)names);
    return st;
}

/* May it be dropped? The drop itself is the caller's: it has queries to stop and a topic to delete.
 * A name that is not there has wr_catalog_get's hint, under the words that DROP has for it. */
weir_status wr_catalog_check_drop(const wr_catalog *c, const wr_ast_stmt *stmt, wr_source **out,
                                  weir_error *err)
{
    wr_source *s = wr_catalog_find(c, stmt->name.name);
    *out = NULL;
    if (!s) {
        if (stmt->if_exists)
            return WEIR_OK;
        weir_error hint = {0};
        wr_source *none;
        weir_status missing = wr_catalog_get(c, &stmt->name, &none, &hint);
        WR_ASSERT(missing != WEIR_OK);
        wr_error_at(err, WEIR_ERR_NOT_FOUND, stmt->name.pos, "%s %s does not exist.",
                    stmt->is_table ? "Table" : "Stream", stmt->name.name);
        return wr_error_hint(err, "%s", hint.hint);
    }
    if (s->is_table != stmt->is_table)
        return wr_error_at(err, WEIR_ERR_STATEMENT, stmt->name.pos,
                           "Incompatible data source type is %s, but statement was DROP %s",
                           wr_source_kind(s), stmt->is_table ? "table" : "stream");
    if (s->read_only && stmt->delete_topic)
        return wr_error_at(err, WEIR_ERR_STATEMENT, stmt->name.pos,
                           "Cannot delete topic for read-only source: %s", s->name);
    WR_TRY(wr__error_place(check_dependants(c, s, err), stmt->name.pos, err));
    *out = s;
    return WEIR_OK;
}
