/* SPDX-License-Identifier: Apache-2.0 */
/*
 * print_stmt.c - queries and statements back to SQL, on one line and without the ';'.
 */
#include "parser/print_internal.h"

static void put_int(wr_buf *out, const char *before, int64_t n)
{
    wr_buf_printf(out, "%s%lld", before, (long long)n);
}

static void put_duration(wr_buf *out, const char *before, const wr_ast_duration *d)
{
    wr_buf_printf(out, "%s%lld %s", before, (long long)d->n, wr__print_unit(d->unit));
}

static void put_flag(wr_buf *out, bool flag, const char *text)
{
    if (flag)
        wr_buf_puts(out, text);
}

/* ---- queries ---- */

static void print_item(wr_buf *out, const wr_ast_item *item)
{
    switch (item->kind) {
    case WR_AST_ITEM_STAR:
        wr_buf_putc(out, '*');
        break;
    case WR_AST_ITEM_SOURCE_STAR:
        wr_ast_print_name(out, item->source.name);
        wr_buf_puts(out, ".*");
        break;
    case WR_AST_ITEM_STRUCT_STAR:
        wr__print_primary(out, item->expr);
        wr_buf_puts(out, "->*");
        break;
    case WR_AST_ITEM_EXPR:
        wr_ast_print_expr(out, item->expr);
        if (item->alias.name) {
            wr_buf_puts(out, " AS ");
            wr_ast_print_name(out, item->alias.name);
        }
        break;
    }
}

static void print_source(wr_buf *out, const wr_ast_source *source)
{
    wr_ast_print_name(out, source->name.name);
    if (source->alias.name) {
        wr_buf_puts(out, " AS ");
        wr_ast_print_name(out, source->alias.name);
    }
}

static void print_join(wr_buf *out, const wr_ast_join *join)
{
    static const char *const kinds[] = {
        [WR_AST_JOIN_INNER] = " INNER JOIN ",
        [WR_AST_JOIN_LEFT] = " LEFT OUTER JOIN ",
        [WR_AST_JOIN_RIGHT] = " RIGHT OUTER JOIN ",
        [WR_AST_JOIN_FULL] = " FULL OUTER JOIN ",
    };
    wr_buf_puts(out, kinds[join->kind]);
    print_source(out, &join->right);
    if (join->has_within) {
        put_duration(out, join->within_pair ? " WITHIN (" : " WITHIN ", &join->before);
        if (join->within_pair) {
            put_duration(out, ", ", &join->after);
            wr_buf_putc(out, ')');
        }
        if (join->has_grace)
            put_duration(out, " GRACE PERIOD ", &join->grace);
    }
    wr_buf_puts(out, " ON ");
    wr_ast_print_expr(out, join->on);
}

static void print_window(wr_buf *out, const wr_ast_window *w)
{
    static const char *const kinds[] = {
        [WR_AST_WINDOW_TUMBLING] = "TUMBLING (SIZE ",
        [WR_AST_WINDOW_HOPPING] = "HOPPING (SIZE ",
        [WR_AST_WINDOW_SESSION] = "SESSION (",
    };
    wr_buf_puts(out, " WINDOW ");
    if (w->name.name) {
        wr_ast_print_name(out, w->name.name);
        wr_buf_putc(out, ' ');
    }
    put_duration(out, kinds[w->kind], &w->size);
    if (w->kind == WR_AST_WINDOW_HOPPING)
        put_duration(out, ", ADVANCE BY ", &w->advance);
    if (w->has_retention)
        put_duration(out, ", RETENTION ", &w->retention);
    if (w->has_grace)
        put_duration(out, ", GRACE PERIOD ", &w->grace);
    wr_buf_putc(out, ')');
}

static void print_grouping(wr_buf *out, bool paren, wr_ast_expr *const *exprs, size_t n)
{
    put_flag(out, paren, "(");
    for (size_t i = 0; i < n; i++) {
        wr_buf_puts(out, i ? ", " : "");
        wr__print_value(out, exprs[i]);
    }
    put_flag(out, paren, ")");
}

void wr_ast_print_query(wr_buf *out, const wr_ast_query *q)
{
    wr_buf_puts(out, "SELECT ");
    for (size_t i = 0; i < q->items_n; i++) {
        wr_buf_puts(out, i ? ", " : "");
        print_item(out, &q->items[i]);
    }
    wr_buf_puts(out, " FROM ");
    print_source(out, &q->from);
    for (size_t i = 0; i < q->joins_n; i++)
        print_join(out, &q->joins[i]);
    if (q->window)
        print_window(out, q->window);
    if (q->where) {
        wr_buf_puts(out, " WHERE ");
        wr_ast_print_expr(out, q->where);
    }
    if (q->has_group_by) {
        wr_buf_puts(out, " GROUP BY ");
        print_grouping(out, q->group_by_paren, q->group_by, q->group_by_n);
    }
    if (q->partition_by_n || q->partition_by_paren) {
        wr_buf_puts(out, " PARTITION BY ");
        print_grouping(out, q->partition_by_paren, q->partition_by, q->partition_by_n);
    }
    if (q->having) {
        wr_buf_puts(out, " HAVING ");
        wr_ast_print_expr(out, q->having);
    }
    put_flag(out, q->emit == WR_AST_EMIT_CHANGES, " EMIT CHANGES");
    put_flag(out, q->emit == WR_AST_EMIT_FINAL, " EMIT FINAL");
    if (q->has_limit)
        put_int(out, " LIMIT ", q->limit);
}

/* ---- parts of statements ---- */

static void print_element(wr_buf *out, const wr_ast_element *e)
{
    static const char *const constraints[] = {
        [WR_AST_COL_VALUE] = "",
        [WR_AST_COL_KEY] = " KEY",
        [WR_AST_COL_PRIMARY_KEY] = " PRIMARY KEY",
        [WR_AST_COL_HEADERS] = " HEADERS",
        [WR_AST_COL_HEADER] = " HEADER(",
    };
    wr_ast_print_name(out, e->name.name);
    wr_buf_putc(out, ' ');
    wr_ast_print_type(out, e->type);
    wr_buf_puts(out, constraints[e->constraint]);
    if (e->constraint == WR_AST_COL_HEADER) {
        wr__print_c_string(out, e->header);
        wr_buf_putc(out, ')');
    }
}

static void print_elements(wr_buf *out, const wr_ast_stmt *s)
{
    if (!s->has_elements)
        return;
    for (size_t i = 0; i < s->elements_n; i++) {
        wr_buf_puts(out, i ? ", " : " (");
        print_element(out, &s->elements[i]);
    }
    wr_buf_putc(out, ')');
}

static void print_with(wr_buf *out, const wr_ast_stmt *s)
{
    if (!s->has_props)
        return;
    wr_buf_puts(out, " WITH (");
    for (size_t i = 0; i < s->props_n; i++) {
        wr_buf_puts(out, i ? ", " : "");
        wr_ast_print_name(out, s->props[i].name.name);
        wr_buf_puts(out, " = ");
        wr_ast_print_expr(out, s->props[i].value);
    }
    wr_buf_putc(out, ')');
}

static void print_columns(wr_buf *out, const wr_ast_stmt *s)
{
    for (size_t i = 0; i < s->columns_n; i++) {
        wr_buf_puts(out, i ? ", " : " (");
        wr_ast_print_name(out, s->columns[i].name);
    }
    put_flag(out, s->columns_n > 0, ")");
}

static void print_values(wr_buf *out, const char *word, const wr_ast_stmt *s)
{
    wr_buf_puts(out, word);
    print_grouping(out, true, s->values, s->values_n);
}

static const char *source_word(const wr_ast_stmt *s)
{
    return s->is_table ? "TABLE " : "STREAM ";
}

static void print_name(wr_buf *out, const wr_ast_stmt *s)
{
    wr_ast_print_name(out, s->name.name);
}

/* ---- statements, one function per kind or family ---- */

static void print_create(wr_buf *out, const wr_ast_stmt *s)
{
    wr_buf_puts(out, "CREATE ");
    put_flag(out, s->or_replace, "OR REPLACE ");
    put_flag(out, s->is_source, "SOURCE ");
    wr_buf_puts(out, source_word(s));
    put_flag(out, s->if_not_exists, "IF NOT EXISTS ");
    print_name(out, s);
    print_elements(out, s);
    print_with(out, s);
    if (s->kind == WR_AST_CREATE_AS) {
        wr_buf_puts(out, " AS ");
        wr_ast_print_query(out, s->query);
    }
}

static void print_insert(wr_buf *out, const wr_ast_stmt *s)
{
    wr_buf_puts(out, "INSERT INTO ");
    print_name(out, s);
    if (s->kind == WR_AST_INSERT_SELECT) {
        print_with(out, s);
        wr_buf_putc(out, ' ');
        wr_ast_print_query(out, s->query);
    } else {
        print_columns(out, s);
        print_values(out, " VALUES ", s);
    }
}

static void print_drop(wr_buf *out, const wr_ast_stmt *s)
{
    wr_buf_puts(out, "DROP ");
    wr_buf_puts(out, s->kind == WR_AST_DROP_SOURCE ? source_word(s)
                     : s->kind == WR_AST_DROP_TYPE ? "TYPE "
                                                   : "CONNECTOR ");
    put_flag(out, s->if_exists, "IF EXISTS ");
    print_name(out, s);
    put_flag(out, s->delete_topic, " DELETE TOPIC");
}

static void print_alter(wr_buf *out, const wr_ast_stmt *s)
{
    wr_buf_puts(out, "ALTER ");
    wr_buf_puts(out, source_word(s));
    print_name(out, s);
    put_flag(out, s->refresh, " REFRESH SCHEMA");
    for (size_t i = 0; i < s->elements_n; i++) {
        wr_buf_puts(out, i ? ", ADD COLUMN " : " ADD COLUMN ");
        print_element(out, &s->elements[i]);
    }
}

static void print_create_type(wr_buf *out, const wr_ast_stmt *s)
{
    wr_buf_puts(out, "CREATE TYPE ");
    put_flag(out, s->if_not_exists, "IF NOT EXISTS ");
    print_name(out, s);
    wr_buf_puts(out, " AS ");
    wr_ast_print_type(out, s->type);
}

static void print_create_connector(wr_buf *out, const wr_ast_stmt *s)
{
    wr_buf_puts(out, s->sink ? "CREATE SINK CONNECTOR " : "CREATE SOURCE CONNECTOR ");
    put_flag(out, s->if_not_exists, "IF NOT EXISTS ");
    print_name(out, s);
    print_with(out, s);
}

static void print_show(wr_buf *out, const wr_ast_stmt *s)
{
    static const char *const what[] = {
        [WR_AST_SHOW_TOPICS] = "TOPICS",
        [WR_AST_SHOW_STREAMS] = "STREAMS",
        [WR_AST_SHOW_TABLES] = "TABLES",
        [WR_AST_SHOW_QUERIES] = "QUERIES",
        [WR_AST_SHOW_FUNCTIONS] = "FUNCTIONS",
        [WR_AST_SHOW_PROPERTIES] = "PROPERTIES",
        [WR_AST_SHOW_TYPES] = "TYPES",
        [WR_AST_SHOW_VARIABLES] = "VARIABLES",
        [WR_AST_SHOW_CONNECTORS] = "CONNECTORS",
        [WR_AST_SHOW_SOURCE_CONNECTORS] = "SOURCE CONNECTORS",
        [WR_AST_SHOW_SINK_CONNECTORS] = "SINK CONNECTORS",
        [WR_AST_SHOW_CONNECTOR_PLUGINS] = "CONNECTOR PLUGINS",
    };
    wr_buf_puts(out, s->show_all ? "SHOW ALL " : "SHOW ");
    wr_buf_puts(out, what[s->show]);
    put_flag(out, s->extended, " EXTENDED");
}

/* A source named like a word of DESCRIBE is quoted. */
static void print_described_source(wr_buf *out, const char *name)
{
    if (strcmp(name, "TABLES") == 0 || strcmp(name, "FUNCTION") == 0)
        wr_buf_printf(out, "`%s`", name);
    else
        wr_ast_print_name(out, name);
}

static void print_describe(wr_buf *out, const wr_ast_stmt *s)
{
    wr_buf_puts(out, "DESCRIBE ");
    switch (s->describe) {
    case WR_AST_DESCRIBE_SOURCE:
        print_described_source(out, s->name.name);
        break;
    case WR_AST_DESCRIBE_STREAMS:
        wr_buf_puts(out, "STREAMS");
        break;
    case WR_AST_DESCRIBE_TABLES:
        wr_buf_puts(out, "TABLES");
        break;
    case WR_AST_DESCRIBE_FUNCTION:
        wr_buf_puts(out, "FUNCTION ");
        /* after it `EXTENDED` and the end would make FUNCTION a name; neither is printed bare */
        print_name(out, s);
        break;
    case WR_AST_DESCRIBE_CONNECTOR:
        wr_buf_puts(out, "CONNECTOR ");
        print_name(out, s);
        break;
    }
    put_flag(out, s->extended, " EXTENDED");
}

static void print_explain(wr_buf *out, const wr_ast_stmt *s)
{
    wr_buf_puts(out, s->analyze ? "EXPLAIN ANALYZE " : "EXPLAIN ");
    if (s->child)
        wr_ast_print_stmt(out, s->child);
    else
        print_name(out, s);
}

static void print_print(wr_buf *out, const wr_ast_stmt *s)
{
    wr_buf_puts(out, "PRINT ");
    wr__print_c_string(out, s->text1);
    put_flag(out, s->from_beginning, " FROM BEGINNING");
    if (s->has_interval)
        put_int(out, " INTERVAL ", s->interval);
    if (s->has_limit)
        put_int(out, " LIMIT ", s->limit);
}

static void print_query_control(wr_buf *out, const wr_ast_stmt *s)
{
    wr_buf_puts(out, s->kind == WR_AST_TERMINATE ? "TERMINATE "
                     : s->kind == WR_AST_PAUSE   ? "PAUSE "
                                                 : "RESUME ");
    if (s->all)
        wr_buf_puts(out, "ALL");
    else
        print_name(out, s);
}

static void print_set(wr_buf *out, const wr_ast_stmt *s)
{
    wr_buf_puts(out, s->kind == WR_AST_SET     ? "SET "
                     : s->kind == WR_AST_UNSET ? "UNSET "
                                               : "ALTER SYSTEM ");
    wr__print_c_string(out, s->text1);
    if (s->kind != WR_AST_UNSET) {
        wr_buf_puts(out, " = ");
        wr__print_c_string(out, s->text2);
    }
}

/* Names of variables are never quoted. */
static void print_define(wr_buf *out, const wr_ast_stmt *s)
{
    wr_buf_puts(out, s->kind == WR_AST_DEFINE ? "DEFINE " : "UNDEFINE ");
    wr_buf_puts(out, s->name.name);
    if (s->kind == WR_AST_DEFINE) {
        wr_buf_puts(out, " = ");
        wr__print_c_string(out, s->text2);
    }
}

static void print_assert(wr_buf *out, const wr_ast_stmt *s)
{
    wr_buf_puts(out, s->not_exists ? "ASSERT NOT EXISTS " : "ASSERT ");
    if (s->kind == WR_AST_ASSERT_TOPIC) {
        wr_buf_puts(out, "TOPIC ");
        wr__print_c_string(out, s->text1);
        print_with(out, s);
    } else {
        wr_buf_puts(out, "SCHEMA");
        if (s->text1) {
            wr_buf_puts(out, " SUBJECT ");
            wr__print_c_string(out, s->text1);
        }
        if (s->has_id)
            put_int(out, " ID ", s->id);
    }
    if (s->has_timeout)
        put_duration(out, " TIMEOUT ", &s->timeout);
}

static void print_test_assert(wr_buf *out, const wr_ast_stmt *s)
{
    wr_buf_puts(out, "ASSERT ");
    WR_ASSERT(!s->last || s->kind != WR_AST_ASSERT_SOURCE);
    if (s->kind == WR_AST_ASSERT_SOURCE) {
        wr_buf_puts(out, source_word(s));
        print_name(out, s);
        print_elements(out, s);
        print_with(out, s);
        return;
    }
    bool tombstone = s->kind == WR_AST_ASSERT_NULL_VALUES;
    WR_ASSERT(tombstone || s->kind == WR_AST_ASSERT_VALUES);
    put_flag(out, s->last, "LAST ");
    wr_buf_puts(out, tombstone ? "NULL VALUES " : "VALUES ");
    print_name(out, s);
    print_columns(out, s);
    print_values(out, tombstone ? " KEY " : " VALUES ", s);
}

static void print_run_script(wr_buf *out, const wr_ast_stmt *s)
{
    wr_buf_puts(out, "RUN SCRIPT ");
    wr__print_c_string(out, s->text1);
}

static void print_query_stmt(wr_buf *out, const wr_ast_stmt *s)
{
    wr_ast_print_query(out, s->query);
}

void wr_ast_print_stmt(wr_buf *out, const wr_ast_stmt *stmt)
{
    static void (*const printers[])(wr_buf *, const wr_ast_stmt *) = {
        [WR_AST_QUERY] = print_query_stmt,
        [WR_AST_CREATE_SOURCE] = print_create,
        [WR_AST_CREATE_AS] = print_create,
        [WR_AST_INSERT_SELECT] = print_insert,
        [WR_AST_INSERT_VALUES] = print_insert,
        [WR_AST_DROP_SOURCE] = print_drop,
        [WR_AST_ALTER_SOURCE] = print_alter,
        [WR_AST_CREATE_TYPE] = print_create_type,
        [WR_AST_DROP_TYPE] = print_drop,
        [WR_AST_TERMINATE] = print_query_control,
        [WR_AST_PAUSE] = print_query_control,
        [WR_AST_RESUME] = print_query_control,
        [WR_AST_SHOW] = print_show,
        [WR_AST_DESCRIBE] = print_describe,
        [WR_AST_EXPLAIN] = print_explain,
        [WR_AST_PRINT] = print_print,
        [WR_AST_SET] = print_set,
        [WR_AST_UNSET] = print_set,
        [WR_AST_ALTER_SYSTEM] = print_set,
        [WR_AST_DEFINE] = print_define,
        [WR_AST_UNDEFINE] = print_define,
        [WR_AST_ASSERT_TOPIC] = print_assert,
        [WR_AST_ASSERT_SCHEMA] = print_assert,
        [WR_AST_ASSERT_VALUES] = print_test_assert,
        [WR_AST_ASSERT_NULL_VALUES] = print_test_assert,
        [WR_AST_ASSERT_SOURCE] = print_test_assert,
        [WR_AST_CREATE_CONNECTOR] = print_create_connector,
        [WR_AST_DROP_CONNECTOR] = print_drop,
        [WR_AST_RUN_SCRIPT] = print_run_script,
    };
    WR_ASSERT((size_t)stmt->kind < WR_ARRAY_LEN(printers) && printers[stmt->kind]);
    printers[stmt->kind](out, stmt);
}
