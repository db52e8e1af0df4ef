/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tree of a statement is changed into what ksqlDB's own rewriting makes of it, and printed:
 * each column gets its source in front, each item of SELECT its alias.
 */
#include "server/rest/statement_text.h"
#include "engine/expr/expr.h"
#include "engine/plan/catalog.h"
#include "parser/parser.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/** What a topic has where nobody says anything: Kafka's default, a week. */
#define DEFAULT_RETENTION_MS INT64_C(604800000)

/** The sources of a query, by alias. */
typedef struct scope {
    wr_engine *engine;
    wr_arena *arena;
    const wr_ast_source *from[64];
    const wr_source *source[64]; /* NULL: it does not exist */
    size_t n;
    int generated; /* number of the next KSQL_COL_n */
} scope;

/* ---- columns ---- */

static const char *alias_of(const wr_ast_source *s)
{
    return s->alias.name ? s->alias.name : s->name.name;
}

static bool has_column(const wr_source *s, const char *name)
{
    for (uint32_t i = 0; s && i < s->schema->n; i++)
        if (strcmp(s->schema->cols[i].name, name) == 0)
            return true;
    return s && (strcmp(name, "ROWTIME") == 0 || strcmp(name, "ROWPARTITION") == 0 ||
                 strcmp(name, "ROWOFFSET") == 0 ||
                 (s->window.kind != WR_WINDOW_NONE &&
                  (strcmp(name, "WINDOWSTART") == 0 || strcmp(name, "WINDOWEND") == 0)));
}

static size_t owners(const scope *s, const char *name, const char **alias)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++)
        if (has_column(s->source[i], name) && n++ == 0)
            *alias = alias_of(s->from[i]);
    return n;
}

static bool is_parameter(const wr_ast_expr *const *lambdas, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < lambdas[i]->names_n; k++)
            if (strcmp(lambdas[i]->names[k].name, name) == 0)
                return true;
    return false;
}

/* A column that is one source's alone gets that in front; parameters of lambdas are no columns. */
static void qualify(const scope *s, wr_ast_expr *e, const wr_ast_expr **lambdas, size_t lambdas_n)
{
    const char *alias;
    if (!e)
        return;
    if (e->kind == WR_AST_COLUMN && !e->qualifier.name &&
        !is_parameter(lambdas, lambdas_n, e->name.name) && owners(s, e->name.name, &alias) == 1)
        e->qualifier.name = alias;
    if (e->kind == WR_AST_LAMBDA && lambdas_n < 16)
        lambdas[lambdas_n++] = e;
    for (size_t i = 0; i < e->args_n; i++)
        qualify(s, e->args[i], lambdas, lambdas_n);
    qualify(s, e->else_, lambdas, lambdas_n);
}

static void put_expr(const scope *s, wr_ast_expr *e, wr_buf *out)
{
    const wr_ast_expr *lambdas[16];
    qualify(s, e, lambdas, 0);
    wr_ast_print_expr_parens(out, e);
}

/* ---- SELECT ---- */

/* The name that the column gets: its own, of a field's the field's, else a number. */
static void put_alias(scope *s, const wr_ast_item *item, wr_buf *out)
{
    const wr_ast_expr *e = item->expr;
    const char *alias;
    int number = s->generated;
    if (item->alias.name) {
        wr_ast_print_name(out, item->alias.name);
    } else if (e->kind == WR_AST_COLUMN) {
        wr_buf name = {0};
        if (s->n > 1 && e->qualifier.name && owners(s, e->name.name, &alias) > 1)
            wr_buf_printf(&name, "%s_", e->qualifier.name);
        wr_buf_puts(&name, e->name.name);
        wr_ast_print_name(out, wr_buf_cstr(&name));
        wr_buf_free(&name);
    } else if (e->kind == WR_AST_FIELD) {
        wr_ast_print_name(out, e->name.name);
    } else {
        wr_buf_printf(out, "KSQL_COL_%d", number);
        s->generated++;
    }
}

static void put_items(scope *s, const wr_ast_query *q, wr_buf *out)
{
    const char *before = q->items_n > 1 ? "\n  " : " ";
    for (size_t i = 0; i < q->items_n; i++) {
        const wr_ast_item *item = &q->items[i];
        wr_buf_puts(out, i ? ",\n  " : before);
        switch (item->kind) {
        case WR_AST_ITEM_STAR:
            wr_buf_putc(out, '*');
            break;
        case WR_AST_ITEM_SOURCE_STAR:
            wr_ast_print_name(out, item->source.name);
            wr_buf_puts(out, ".*");
            break;
        case WR_AST_ITEM_STRUCT_STAR:
            put_expr(s, item->expr, out);
            wr_buf_puts(out, "->*");
            break;
        case WR_AST_ITEM_EXPR:
            put_expr(s, item->expr, out);
            wr_buf_putc(out, ' ');
            put_alias(s, item, out);
            break;
        }
    }
}

static void put_duration(wr_buf *out, const char *before, const wr_ast_duration *d)
{
    static const char *const units[] = {"YEARS",   "MONTHS",  "DAYS",        "HOURS",
                                        "MINUTES", "SECONDS", "MILLISECONDS"};
    WR_ASSERT((size_t)d->unit < WR_ARRAY_LEN(units));
    wr_buf_printf(out, "%s%lld %s", before, (long long)d->n, units[d->unit]);
}

static void put_from(const wr_ast_source *f, wr_buf *out)
{
    wr_ast_print_name(out, f->name.name);
    wr_buf_putc(out, ' ');
    wr_ast_print_name(out, alias_of(f));
}

static void put_join(const scope *s, wr_ast_join *j, wr_buf *out)
{
    static const char *const kinds[] = {
        [WR_AST_JOIN_INNER] = "\nINNER JOIN ",
        [WR_AST_JOIN_LEFT] = "\nLEFT OUTER JOIN ",
        [WR_AST_JOIN_RIGHT] = "\nRIGHT OUTER JOIN ",
        [WR_AST_JOIN_FULL] = "\nFULL OUTER JOIN ",
    };
    wr_buf_puts(out, kinds[j->kind]);
    put_from(&j->right, out);
    if (j->has_within) {
        put_duration(out, j->within_pair ? " WITHIN (" : " WITHIN ", &j->before);
        if (j->within_pair) {
            put_duration(out, ", ", &j->after);
            wr_buf_putc(out, ')');
        }
        if (j->has_grace)
            put_duration(out, " GRACE PERIOD ", &j->grace);
    }
    wr_buf_puts(out, " ON (");
    put_expr(s, j->on, out);
    wr_buf_putc(out, ')');
}

static void put_window(const wr_ast_window *w, wr_buf *out)
{
    static const char *const kinds[] = {
        [WR_AST_WINDOW_TUMBLING] = "\nWINDOW TUMBLING ( SIZE ",
        [WR_AST_WINDOW_HOPPING] = "\nWINDOW HOPPING ( SIZE ",
        [WR_AST_WINDOW_SESSION] = "\nWINDOW SESSION ( ",
    };
    put_duration(out, kinds[w->kind], &w->size);
    if (w->kind == WR_AST_WINDOW_HOPPING)
        put_duration(out, " , ADVANCE BY ", &w->advance);
    if (w->has_retention)
        put_duration(out, " , RETENTION ", &w->retention);
    if (w->has_grace)
        put_duration(out, " , GRACE PERIOD ", &w->grace);
    wr_buf_puts(out, " ) ");
}

static void put_list(const scope *s, const char *before, wr_ast_expr **list, size_t n, bool paren,
                     wr_buf *out)
{
    wr_buf_puts(out, before);
    if (paren && n > 1)
        wr_buf_putc(out, '(');
    for (size_t i = 0; i < n; i++) {
        if (i)
            wr_buf_puts(out, ", ");
        put_expr(s, list[i], out);
    }
    if (paren && n > 1)
        wr_buf_putc(out, ')');
}

static void put_query(scope *s, wr_ast_query *q, wr_buf *out)
{
    wr_buf_puts(out, "SELECT");
    put_items(s, q, out);
    wr_buf_puts(out, "\nFROM ");
    put_from(&q->from, out);
    for (size_t i = 0; i < q->joins_n; i++)
        put_join(s, &q->joins[i], out);
    if (q->window)
        put_window(q->window, out);
    if (q->where)
        put_list(s, "\nWHERE ", &q->where, 1, false, out);
    if (q->group_by_n)
        put_list(s, "\nGROUP BY ", q->group_by, q->group_by_n, q->group_by_paren, out);
    if (q->partition_by_n)
        put_list(s, "\nPARTITION BY ", q->partition_by, q->partition_by_n, q->partition_by_paren,
                 out);
    if (q->having)
        put_list(s, "\nHAVING ", &q->having, 1, false, out);
    wr_buf_puts(out, q->emit == WR_AST_EMIT_FINAL ? "\nEMIT FINAL" : "\nEMIT CHANGES");
    if (q->has_limit)
        wr_buf_printf(out, "\nLIMIT %lld", (long long)q->limit);
}

/* @return false: there are more sources than anybody joins. */
static bool open_scope(scope *s, const wr_ast_query *q)
{
    if (q->joins_n + 1 > WR_ARRAY_LEN(s->from))
        return false;
    s->from[s->n++] = &q->from;
    for (size_t i = 0; i < q->joins_n; i++)
        s->from[s->n++] = &q->joins[i].right;
    for (size_t i = 0; i < s->n; i++)
        s->source[i] = wr_catalog_find(wr_engine_catalog(s->engine), s->from[i]->name.name);
    return true;
}

/* ---- WITH ---- */

typedef struct property {
    char *name, *value; /* value: as SQL */
} property;

typedef struct properties {
    wr_arena *arena;
    wr_arr(property) list;
} properties;

static bool has(const properties *p, const char *name)
{
    for (size_t i = 0; i < p->list.n; i++)
        if (strcmp(p->list.v[i].name, name) == 0)
            return true;
    return false;
}

static void add(properties *p, const char *name, char *value)
{
    if (has(p, name))
        return;
    property one = {wr_arena_strdup(p->arena, name), value};
    wr_arr_push(p->arena, &p->list, one);
}

static char *quoted(wr_arena *a, const char *text)
{
    return wr_arena_printf(a, "'%s'", text);
}

static bool is_format(const char *name)
{
    return strcmp(name, "FORMAT") == 0 || strcmp(name, "KEY_FORMAT") == 0 ||
           strcmp(name, "VALUE_FORMAT") == 0;
}

static void add_written(properties *p, const wr_ast_stmt *stmt)
{
    for (size_t i = 0; i < stmt->props_n; i++) {
        wr_buf value = {0};
        char *name = wr_arena_strdup(p->arena, stmt->props[i].name.name);
        for (char *c = name; *c; c++)
            *c = wr_upper(*c);
        wr_ast_print_expr(&value, stmt->props[i].value);
        if (is_format(name)) /* a format's name, whose case means nothing */
            for (char *c = value.ptr; c && c < value.ptr + value.len; c++)
                *c = wr_upper(*c);
        add(p, name, wr_arena_strdup(p->arena, wr_buf_cstr(&value)));
        wr_buf_free(&value);
    }
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const property *)a)->name, ((const property *)b)->name);
}

static void put_properties(properties *p, wr_buf *out)
{
    if (p->list.n == 0)
        return;
    qsort(p->list.v, p->list.n, sizeof p->list.v[0], by_name);
    wr_buf_puts(out, " WITH (");
    for (size_t i = 0; i < p->list.n; i++)
        wr_buf_printf(out, "%s%s=%s", i ? ", " : "", p->list.v[i].name, p->list.v[i].value);
    wr_buf_putc(out, ')');
}

static const char *policy(bool is_table, bool windowed)
{
    return !is_table ? "delete" : windowed ? "compact,delete" : "compact";
}

/* ---- CREATE ---- */

static void put_kind(const wr_ast_stmt *stmt, wr_buf *out)
{
    wr_buf_printf(out, "CREATE %s%s%s %s", stmt->or_replace ? "OR REPLACE " : "",
                  stmt->is_source ? "SOURCE " : "", stmt->is_table ? "TABLE" : "STREAM",
                  stmt->if_not_exists ? "IF NOT EXISTS " : "");
    wr_ast_print_name(out, stmt->name.name);
}

/* As wr_type_print, but names are quoted only where they must be. */
static void put_type(const wr_type *t, wr_buf *out)
{
    switch (t->id) {
    case WR_T_ARRAY:
        wr_buf_puts(out, "ARRAY<");
        put_type(t->elem, out);
        wr_buf_putc(out, '>');
        break;
    case WR_T_MAP:
        wr_buf_puts(out, "MAP<");
        put_type(t->key, out);
        wr_buf_puts(out, ", ");
        put_type(t->elem, out);
        wr_buf_putc(out, '>');
        break;
    case WR_T_STRUCT:
        wr_buf_puts(out, "STRUCT<");
        for (uint32_t i = 0; i < t->fields_n; i++) {
            wr_buf_puts(out, i ? ", " : "");
            wr_ast_print_name(out, t->fields[i].name);
            wr_buf_putc(out, ' ');
            put_type(t->fields[i].type, out);
        }
        wr_buf_putc(out, '>');
        break;
    default:
        wr_type_print(out, t);
    }
}

/* With custom types resolved; what is no type stays as it was written. */
static void put_ast_type(wr_engine *e, wr_arena *a, const wr_ast_type *t, wr_buf *out)
{
    const wr_type *type;
    weir_error ignored;
    if (wr_expr_resolve_type(t, &wr_engine_catalog(e)->types, a, &type, &ignored) == WEIR_OK)
        put_type(type, out);
    else
        wr_ast_print_type(out, t);
}

static void put_elements(wr_engine *e, wr_arena *a, const wr_ast_stmt *stmt, wr_buf *out)
{
    if (!stmt->elements_n)
        return;
    wr_buf_puts(out, " (");
    for (size_t i = 0; i < stmt->elements_n; i++) {
        const wr_ast_element *c = &stmt->elements[i];
        wr_buf_puts(out, i ? ", " : "");
        wr_ast_print_name(out, c->name.name);
        wr_buf_putc(out, ' ');
        put_ast_type(e, a, c->type, out);
        switch (c->constraint) {
        case WR_AST_COL_KEY:
            wr_buf_puts(out, " KEY");
            break;
        case WR_AST_COL_PRIMARY_KEY:
            wr_buf_puts(out, " PRIMARY KEY");
            break;
        case WR_AST_COL_HEADERS:
            wr_buf_puts(out, " HEADERS");
            break;
        case WR_AST_COL_HEADER:
            wr_buf_printf(out, " HEADER('%s')", c->header);
            break;
        case WR_AST_COL_VALUE:
            break;
        }
    }
    wr_buf_putc(out, ')');
}

/* Without columns they are those that were inferred, once the source is there. */
static void put_inferred(const wr_source *s, wr_buf *out)
{
    const char *comma = " (";
    for (uint32_t i = 0; i < s->schema->n; i++) {
        const wr_column *c = &s->schema->cols[i];
        wr_buf_puts(out, comma);
        wr_ast_print_name(out, c->name);
        wr_buf_putc(out, ' ');
        put_type(c->type, out);
        if (c->role == WR_COL_KEY)
            wr_buf_puts(out, s->is_table ? " PRIMARY KEY" : " KEY");
        comma = ", ";
    }
    if (s->schema->n)
        wr_buf_putc(out, ')');
}

/* ksqlDB thinks of the topic once it knows the columns: not where it knows no such format, or where
 * they were to be inferred and there is nothing to infer them from. */
static bool comes_to_its_topic(wr_engine *e, const wr_ast_stmt *stmt, const wr_source *made)
{
    const wr_ast_property *p = wr_ast_find_property(stmt, "VALUE_FORMAT");
    if (!p)
        p = wr_ast_find_property(stmt, "FORMAT");
    const char *name =
        wr_settings_get(wr_engine_settings(e), "ksql.persistence.default.format.value");
    const wr_format *f = p && p->value->kind == WR_AST_STRING ? wr_format_find(p->value->text)
                         : !p && name                         ? wr_format_find(wr_str_c(name))
                                                              : NULL;
    return f && (stmt->elements_n || !f->can_infer || (made && made->schema->n));
}

/* @p example: how it could be written where there is no topic yet. */
static void put_create_source(wr_engine *e, wr_arena *a, const wr_ast_stmt *stmt, bool example,
                              wr_buf *out)
{
    properties p = {.arena = a};
    const wr_source *made = wr_catalog_find(wr_engine_catalog(e), stmt->name.name);
    put_kind(stmt, out);
    if (stmt->elements_n)
        put_elements(e, a, stmt, out);
    else if (made)
        put_inferred(made, out);
    add_written(&p, stmt);
    if (example) {
        add(&p, "PARTITIONS", wr_arena_strdup(a, "2"));
    } else if (comes_to_its_topic(e, stmt, made)) {
        bool windowed = has(&p, "WINDOW_TYPE");
        add(&p, "CLEANUP_POLICY", quoted(a, policy(stmt->is_table, windowed)));
    }
    if (!has(&p, "FORMAT")) {
        add(&p, "KEY_FORMAT",
            quoted(a,
                   wr_settings_get(wr_engine_settings(e), "ksql.persistence.default.format.key")));
        const char *value =
            wr_settings_get(wr_engine_settings(e), "ksql.persistence.default.format.value");
        if (value && *value)
            add(&p, "VALUE_FORMAT", quoted(a, value));
    }
    put_properties(&p, out);
}

static void put_create_as(wr_engine *e, wr_arena *a, wr_ast_stmt *stmt, wr_buf *out)
{
    scope s = {.engine = e, .arena = a};
    properties p = {.arena = a};
    if (!open_scope(&s, stmt->query)) {
        wr_buf_str(out, stmt->text);
        return;
    }
    const wr_source *from = s.source[0];
    const wr_source *made = wr_catalog_find(wr_engine_catalog(e), stmt->name.name);
    bool windowed = stmt->query->window || (from && from->window.kind != WR_WINDOW_NONE);
    put_kind(stmt, out);
    add_written(&p, stmt);
    add(&p, "CLEANUP_POLICY", quoted(a, policy(stmt->is_table, windowed)));
    const char *prefix = wr_settings_get(wr_engine_settings(e), "ksql.output.topic.name.prefix");
    add(&p, "KAFKA_TOPIC", wr_arena_printf(a, "'%s%s'", prefix ? prefix : "", stmt->name.name));
    int32_t partitions = made ? made->partitions : from ? from->partitions : 1;
    int32_t replicas = made ? made->replicas : from ? from->replicas : 1;
    bool of_table = from && from->is_table && from->window.kind == WR_WINDOW_NONE;
    int64_t kept = from && from->retention_ms >= 0 ? from->retention_ms
                   : of_table                      ? -1
                                                   : DEFAULT_RETENTION_MS;
    add(&p, "PARTITIONS", wr_arena_printf(a, "%d", partitions));
    add(&p, "REPLICAS", wr_arena_printf(a, "%d", WR_MAX(replicas, 1)));
    add(&p, "RETENTION_MS", wr_arena_printf(a, "%lld", (long long)kept));
    put_properties(&p, out);
    wr_buf_puts(out, " AS ");
    put_query(&s, stmt->query, out);
}

static void render(wr_engine *e, const char *sql, bool of_query, wr_buf *out)
{
    wr_arena *a = wr_arena_new(0);
    wr_ast_stmt *stmt;
    weir_error ignored;
    if (wr_parse_statement(wr_arena_strdup(a, sql), strlen(sql), a, &stmt, &ignored) != WEIR_OK) {
        wr_buf_puts(out, sql);
    } else if (stmt->kind == WR_AST_CREATE_SOURCE) {
        put_create_source(e, a, stmt, false, out);
    } else if (stmt->kind == WR_AST_CREATE_AS) {
        put_create_as(e, a, stmt, out);
    } else {
        wr_buf_str(out, stmt->text);
        if (of_query && stmt->kind == WR_AST_INSERT_SELECT && stmt->query->emit == WR_AST_EMIT_NONE)
            wr_buf_puts(out, " EMIT CHANGES");
    }
    wr_buf_putc(out, ';');
    wr_arena_free(a);
}

void wr__statement_text(wr_engine *e, const char *sql, wr_buf *out)
{
    wr_arena *a = wr_arena_new(0);
    wr_parse_span span;
    size_t len = strlen(sql);
    const char *between = "";
    for (size_t at = 0; wr_parse_next_span(sql, len, at, &span); at = span.next) {
        if (span.empty)
            continue;
        wr_buf_puts(out, between);
        render(e, wr_arena_strndup(a, sql + span.start, span.end - span.start), false, out);
        between = "\n";
    }
    wr_arena_free(a);
}

void wr__statement_text_of_query(wr_engine *e, const char *sql, wr_buf *out)
{
    render(e, sql, true, out);
}

void wr__statement_text_example(wr_engine *e, const wr_ast_stmt *stmt, wr_buf *out)
{
    wr_arena *a = wr_arena_new(0);
    WR_ASSERT(stmt->kind == WR_AST_CREATE_SOURCE);
    put_create_source(e, a, stmt, true, out);
    wr_buf_putc(out, ';');
    wr_arena_free(a);
}
