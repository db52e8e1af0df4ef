/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The catalog as a query file: what `weir run` and RUN SCRIPT make the same streams, tables and
 * queries of.
 *
 * A history is not such a file: it has statements that a file may not have (ALTER, DROP,
 * TERMINATE), names queries by numbers that will be others, and defines some things twice. So its
 * statements are rehearsed first, and what is written is the result: each stream and table once,
 * where it was first defined, as it was defined last; as plain columns where its query was
 * terminated; with the columns that ALTER has added.
 *
 * State, offsets and numbers do not go along: queries get other ids, and begin anew.
 */
#include "runtime/statement/kept.h"
#include "runtime/statement/rehearse.h"

typedef struct export
{
    wr_engine *engine;
    wr_arena *arena;
    wr__history history;
    wr_catalog catalog; /* after all statements */
    wr_settings now;    /* what SET has said so far in the file */
    bool *fails;        /* by statement: it cannot be executed any more; `why` */
    const char **why;
    void (*put)(void *arg, const char *text);
    void *arg;
}
export;

/* Every line of the text becomes a comment: messages and statements may have several. A comment
 * ends with its line, so nothing in the text can end it early. */
static void put_comment(export *x, const char *text)
{
    wr_buf b = {0};
    WR_ASSERT(text);
    wr_buf_puts(&b, "-- ");
    for (; *text; text++) {
        wr_buf_putc(&b, *text);
        if (*text == '\n')
            wr_buf_puts(&b, "-- ");
    }
    x->put(x->arg, wr_buf_cstr(&b));
    wr_buf_free(&b);
}

/* ---- settings ---- */

/* NULL: the statement was executed without it. */
static const char *kept_setting(const wr_kept *k, const char *name)
{
    for (size_t i = 0; i < k->settings.n; i += 2)
        if (strcmp(k->settings.v[i], name) == 0)
            return k->settings.v[i + 1];
    return NULL;
}

/* A quote in it is doubled, as SQL has it. */
static void put_literal(wr_buf *b, const char *text)
{
    wr_buf_putc(b, '\'');
    for (; *text; text++) {
        if (*text == '\'')
            wr_buf_putc(b, '\'');
        wr_buf_putc(b, *text);
    }
    wr_buf_putc(b, '\'');
}

/* NULL: UNSET, which gives back the server's value. */
static void put_set(export *x, const char *name, const char *value)
{
    wr_buf b = {0};
    wr_buf_puts(&b, value ? "SET " : "UNSET ");
    put_literal(&b, name);
    if (value) {
        wr_buf_puts(&b, " = ");
        put_literal(&b, value);
    }
    wr_buf_putc(&b, ';');
    x->put(x->arg, wr_buf_cstr(&b));
    wr_buf_free(&b);
}

/* From what the last statement was executed with to what this one was: as few lines as say it,
 * since most statements of a history have the same settings. Those that went come first, so that a
 * reader sees the new ones next to their statement. */
static void put_settings(export *x, const wr_kept *k)
{
    const wr_map_entry *s;
    for (size_t i = 0; (s = wr_map_next(&x->now.values, &i));)
        if (!kept_setting(k, s->key.ptr))
            put_set(x, s->key.ptr, NULL);
    for (size_t i = 0; i < k->settings.n; i += 2) {
        const char *before =
            wr_map_get(&x->now.values, wr_str_c(k->settings.v[i])); /* of this layer alone */
        if (!before || strcmp(before, k->settings.v[i + 1]) != 0)
            put_set(x, k->settings.v[i], k->settings.v[i + 1]);
    }
    wr_settings_free(&x->now);
    wr_settings_init(&x->now, NULL);
    for (size_t i = 0; i < k->settings.n; i += 2)
        wr_settings_put(&x->now, k->settings.v[i], k->settings.v[i + 1]);
}

/* ---- a source by its columns ---- */

/* All but the topic come after another one. */
static void put_property(wr_buf *b, const char *name, const char *value)
{
    wr_buf_printf(b, ", %s = ", name);
    put_literal(b, value);
}

/* Of a query's sink: that of a CREATE ... AS whose query is gone. Of a format's options, those that
 * WITH has words for; the others come of the format. */
static void put_format(wr_buf *b, const wr_format_use *use, bool is_key)
{
    char delimiter[2] = {use->options.delimiter, '\0'};
    put_property(b, is_key ? "KEY_FORMAT" : "VALUE_FORMAT", use->format->name);
    if (delimiter[0])
        put_property(b, is_key ? "KEY_DELIMITER" : "VALUE_DELIMITER",
                     delimiter[0] == ' '    ? "SPACE"
                     : delimiter[0] == '\t' ? "TAB"
                                            : delimiter);
    if (use->options.full_name)
        put_property(b, is_key ? "KEY_SCHEMA_FULL_NAME" : "VALUE_SCHEMA_FULL_NAME",
                     use->options.full_name);
    if (!is_key && use->wrap_set)
        wr_buf_printf(b, ", WRAP_SINGLE_VALUE = %s", use->options.unwrapped ? "false" : "true");
}

/* Keys come first in a schema, and have to be declared so. */
static void put_columns(wr_buf *b, const wr_source *s)
{
    bool any = false;
    for (uint32_t i = 0; i < s->schema->n; i++) {
        const wr_column *c = &s->schema->cols[i];
        bool key = i < s->schema->keys_n;
        wr_buf_puts(b, any ? ", " : " (");
        any = true;
        wr_ast_print_name(b, c->name);
        wr_buf_putc(b, ' ');
        wr_type_print(b, c->type);
        if (key)
            wr_buf_puts(b, s->is_table ? " PRIMARY KEY" : " KEY");
    }
    if (any)
        wr_buf_putc(b, ')');
}

/* Of a sink with windows: a session's length is its own, so there is no size to say. */
static void put_window(wr_buf *b, const wr_source *s)
{
    static const char *const kinds[] = {[WR_WINDOW_TUMBLING] = "TUMBLING",
                                        [WR_WINDOW_HOPPING] = "HOPPING",
                                        [WR_WINDOW_SESSION] = "SESSION"};
    if (s->window.kind == WR_WINDOW_NONE)
        return;
    put_property(b, "WINDOW_TYPE", kinds[s->window.kind]);
    if (s->window.kind != WR_WINDOW_SESSION)
        wr_buf_printf(b, ", WINDOW_SIZE = '%lld MILLISECONDS'", (long long)s->window.size_ms);
}

/* The topic is there already, and is taken as it is; PARTITIONS lets the file run where it is not.
 * Schemas of a registry are the topic's latest, which are those that the query wrote with. */
static void put_declared(export *x, const wr_source *s)
{
    wr_buf b = {0};
    wr_buf_printf(&b, "CREATE %s ", s->is_table ? "TABLE" : "STREAM");
    wr_ast_print_name(&b, s->name);
    put_columns(&b, s);
    wr_buf_puts(&b, " WITH (KAFKA_TOPIC = ");
    put_literal(&b, s->topic);
    put_format(&b, &s->key, true);
    put_format(&b, &s->value, false);
    put_window(&b, s);
    if (s->timestamp_column >= 0)
        put_property(&b, "TIMESTAMP", s->schema->cols[s->timestamp_column].name);
    if (s->timestamp_column >= 0 && s->timestamp_format)
        put_property(&b, "TIMESTAMP_FORMAT", s->timestamp_format);
    if (s->partitions > 0)
        wr_buf_printf(&b, ", PARTITIONS = %d", s->partitions);
    wr_buf_puts(&b, ");");
    x->put(x->arg, wr_buf_cstr(&b));
    wr_buf_free(&b);
}

/* ---- statements ---- */

/** What the history says of one source, from its last DROP on. Found anew for each: histories are
 *  short. */
typedef struct about {
    const wr_kept *first, *last; /* that define it; not ALTER */
    wr_arr(const wr_kept *) alters;
} about;

/* A DROP that is kept ends one source of the name; a CREATE after it begins another. ALTER counts
 * from the last definition on. What fails today is left out, as if it had never been. */
static void find_about(const export *x, const char *subject, about *out)
{
    *out = (about){0};
    for (size_t i = 0; i < x->history.kept.list.n; i++) {
        const wr_kept *k = &x->history.kept.list.v[i];
        wr_ast_stmt *stmt;
        if (strcmp(k->subject, subject) != 0 || x->fails[i])
            continue;
        weir_error ignored;
        if (wr_parse_statement(k->sql.ptr, k->sql.len, x->arena, &stmt, &ignored) != WEIR_OK)
            continue;
        if (stmt->kind == WR_AST_DROP_SOURCE) {
            *out = (about){0};
        } else if (stmt->kind == WR_AST_ALTER_SOURCE) {
            wr_arr_push(x->arena, &out->alters, k);
        } else if (stmt->kind == WR_AST_CREATE_SOURCE || stmt->kind == WR_AST_CREATE_AS) {
            out->first = out->first ? out->first : k;
            out->last = k;
            out->alters.n = 0;
        }
    }
}

/* As it was written; else as it prints: without OR REPLACE, with what ALTER has added. REFRESH
 * SCHEMA leaves no trace: columns are taken from the registry as it is then. */
static void put_source(export *x, const about *of)
{
    wr_ast_stmt *stmt = NULL;
    weir_error ignored;
    WR_ASSERT(of->first && of->last);
    weir_status st =
        wr_parse_statement(of->last->sql.ptr, of->last->sql.len, x->arena, &stmt, &ignored);
    WR_ASSERT(st == WEIR_OK);
    bool as_written = !stmt->or_replace;
    stmt->or_replace = false;
    for (size_t i = 0; i < of->alters.n; i++) {
        wr_ast_stmt *alter;
        st = wr_parse_statement(of->alters.v[i]->sql.ptr, of->alters.v[i]->sql.len, x->arena,
                                &alter, &ignored);
        WR_ASSERT(st == WEIR_OK);
        size_t n = stmt->elements_n + alter->elements_n;
        wr_ast_element *all = WR_NEW_N(x->arena, wr_ast_element, n);
        for (size_t k = 0; k < n; k++)
            all[k] =
                k < stmt->elements_n ? stmt->elements[k] : alter->elements[k - stmt->elements_n];
        stmt->elements = all;
        stmt->elements_n = n;
        stmt->has_elements = stmt->has_elements || n;
        as_written = as_written && !alter->elements_n;
    }
    wr_buf b = {0};
    if (as_written)
        wr_buf_str(&b, of->last->sql);
    else
        wr_ast_print_stmt(&b, stmt);
    wr_buf_putc(&b, ';');
    x->put(x->arg, wr_buf_cstr(&b));
    wr_buf_free(&b);
}

/* At the place of its first definition, so that it comes before what was made of it, but as it is
 * by now, with the settings of the statement that made it so. */
static void put_definition(export *x, const wr_kept *k)
{
    about of;
    WR_ASSERT(k->subject[0] == 'S');
    const wr_source *s = wr_catalog_find(&x->catalog, k->subject + 2);
    find_about(x, k->subject, &of);
    if (!s || of.first != k) /* dropped, or written already */
        return;
    put_settings(x, of.last);
    bool ended = s->query_id && !wr_catalog_query(&x->catalog, s->query_id);
    if (of.last != of.first)
        put_comment(x, "replaced since it was made first; what was made of it before may differ");
    if (ended)
        put_comment(x, "its query was terminated");
    if (ended)
        put_declared(x, s);
    else
        put_source(x, &of);
}

/* As it was written, with its settings before it. */
static void put_text(export *x, const wr_kept *k)
{
    wr_buf b = {0};
    put_settings(x, k);
    wr_buf_str(&b, k->sql);
    wr_buf_putc(&b, ';');
    x->put(x->arg, wr_buf_cstr(&b));
    wr_buf_free(&b);
}

/* With the reason, so that whoever reads the file can decide. */
static void put_failed(export *x, size_t i)
{
    wr_buf b = {0};
    const wr_kept *k = &x->history.kept.list.v[i];
    wr_buf_printf(&b, "statement %llu cannot be executed any more: %s\n" WR_STR_FMT ";",
                  (unsigned long long)k->id, x->why[i], WR_STR_ARG(k->sql));
    put_comment(x, wr_buf_cstr(&b));
    wr_buf_free(&b);
}

/* DROP, TERMINATE and ALTER have had their effect on what is written of the others. */
static void put_one(export *x, size_t i)
{
    const wr_kept *k = &x->history.kept.list.v[i];
    wr_ast_stmt *stmt;
    weir_error ignored;
    if (x->fails[i] ||
        wr_parse_statement(k->sql.ptr, k->sql.len, x->arena, &stmt, &ignored) != WEIR_OK) {
        put_failed(x, i);
        return;
    }
    switch (stmt->kind) {
    case WR_AST_CREATE_SOURCE:
    case WR_AST_CREATE_AS:
        put_definition(x, k);
        break;
    case WR_AST_CREATE_TYPE:
    case WR_AST_INSERT_SELECT:
        put_text(x, k);
        break;
    case WR_AST_DROP_TYPE: /* a query file cannot; statements before it may need the type */
    case WR_AST_PAUSE:     /* nor that */
        put_comment(x, wr_arena_printf(x->arena, WR_STR_FMT ";", WR_STR_ARG(k->sql)));
        break;
    default: /* in what is written of the others */
        break;
    }
}

/* All of it before the first line: what is written of one statement depends on later ones. */
static void rehearse(export *x)
{
    size_t n = x->history.kept.list.n;
    x->fails = WR_NEW_N(x->arena, bool, n + 1);
    x->why = WR_NEW_N(x->arena, const char *, n + 1);
    for (size_t i = 0; i < n; i++) {
        weir_error why = {0};
        x->fails[i] =
            wr__rehearse(x->engine, &x->catalog, &x->history.kept.list.v[i], &why) != WEIR_OK;
        x->why[i] = wr_arena_strdup(x->arena, why.message);
    }
}

/* What could not be read comes first, as comments: a file that is incomplete must say so. */
weir_status wr_statement_export(wr_engine *e, void (*put)(void *arg, const char *text), void *arg,
                                weir_error *err)
{
    WR_ASSERT(put && !wr_engine_sharing(e));
    export x = {.engine = e, .arena = wr_arena_new(0), .put = put, .arg = arg};
    weir_status st = wr__history_read(e, x.arena, &x.history, err);
    wr_catalog_init(&x.catalog);
    wr_settings_init(&x.now, NULL);
    if (st == WEIR_OK)
        rehearse(&x);
    for (size_t i = 0; st == WEIR_OK && i < x.history.problems.n; i++)
        put_comment(&x, x.history.problems.v[i]);
    for (size_t i = 0; st == WEIR_OK && i < x.history.kept.list.n; i++)
        put_one(&x, i);
    wr_settings_free(&x.now);
    wr_catalog_free(&x.catalog);
    wr_arena_free(x.arena);
    return st;
}
