/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A property: what is printed parses to an equal tree, for random trees of every kind.
 *
 * Trees are built here, not parsed, so the printer must cope with shapes that its own output might
 * never show; names and texts are chosen to be awkward (keywords, quotes, units, blanks). A seed
 * that fails is printed and can be given as WR_TEST_SEED.
 */
#include "unit/parser/parser_test.h"

#include "common/clock.h"

#include <stdio.h>
#include <stdlib.h>

static wr_rng rng;

static size_t below(size_t n)
{
    return (size_t)wr_rng_below(&rng, n);
}

static bool coin(void)
{
    return below(2);
}

static wr_ast_name make_name(void)
{
    static const char *const names[] = {"A",        "b",      "FROM",    "DATE", "a b",   "x`y",
                                        "1ST",      "ARRAY",  "MAP",     "DAY",  "DAYS",  "KEY",
                                        "STRUCT",   "EMIT",   "SESSION", "A@B",  "\"q\"", "SELECT",
                                        "\xC3\x84", "COLUMN", "IF",      "NULL", "CASE",  "HOUR"};
    return (wr_ast_name){.name = names[below(WR_ARRAY_LEN(names))]};
}

/* Streams, tables and aliases have a narrower alphabet. */
static wr_ast_name make_source_name(void)
{
    static const char *const names[] = {"S",   "s",  "my-stream", "FROM",   "EMIT", "-",
                                        "1ST", "IF", "PARTITION", "TABLES", "_"};
    return (wr_ast_name){.name = names[below(WR_ARRAY_LEN(names))]};
}

static const char *make_text(void)
{
    static const char *const texts[] = {"",   "a",  "it's",         "'",   "a;b",
                                        "--", "\n", "\xE2\x82\xAC", "${x}"};
    return texts[below(WR_ARRAY_LEN(texts))];
}

static wr_ast_name *make_names(size_t n)
{
    wr_ast_name *names = WR_NEW_N(arena, wr_ast_name, n + 1);
    for (size_t i = 0; i < n; i++)
        names[i] = make_name();
    return names;
}

static wr_ast_duration make_duration(void)
{
    return (wr_ast_duration){.n = (int64_t)below(1000),
                             .unit = (wr_ast_unit)(WR_AST_UNIT_DAY + below(5))};
}

/* ---- types ---- */

static wr_ast_type *make_type(int depth)
{
    wr_ast_type *t = WR_NEW(arena, wr_ast_type);
    t->kind = depth > 0 ? (wr_ast_type_kind)below(WR_AST_TYPE_STRUCT + 1) : WR_AST_TYPE_NAME;
    switch (t->kind) {
    case WR_AST_TYPE_NAME: {
        static const char *params[] = {"STRING", "10"};
        t->name = make_name();
        t->params = params;
        t->params_n = below(3);
        break;
    }
    case WR_AST_TYPE_DECIMAL:
        t->precision = (int64_t)below(40);
        t->scale = (int64_t)below(40) - 5;
        break;
    case WR_AST_TYPE_MAP:
        t->key = make_type(depth - 1);
        t->elem = make_type(depth - 1);
        break;
    case WR_AST_TYPE_ARRAY:
        t->elem = make_type(depth - 1);
        break;
    case WR_AST_TYPE_STRUCT:
        t->fields_n = below(3);
        t->fields = WR_NEW_N(arena, wr_ast_field, t->fields_n + 1);
        for (size_t i = 0; i < t->fields_n; i++)
            t->fields[i] = (wr_ast_field){make_name(), make_type(depth - 1)};
        break;
    }
    return t;
}

/* ---- expressions ---- */

static wr_ast_expr *make_expr(int depth);

static void make_args(wr_ast_expr *e, size_t n, int depth)
{
    e->args_n = n;
    e->args = WR_NEW_N(arena, wr_ast_expr *, n + 1);
    for (size_t i = 0; i < n; i++)
        e->args[i] = make_expr(depth);
}

static wr_ast_expr *make_number(wr_ast_expr *e)
{
    static const struct {
        wr_ast_expr_kind kind;
        const char *text;
        double real;
    } numbers[] = {{WR_AST_DECIMAL, "1.50", 0},
                   {WR_AST_DECIMAL, "-.5", 0},
                   {WR_AST_DECIMAL, "1.", 0},
                   {WR_AST_DOUBLE, "1e3", 1e3},
                   {WR_AST_DOUBLE, "-1.5E-3", -1.5e-3}};
    static const int64_t integers[] = {0, 1, -1, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN};
    if (coin()) {
        e->kind = WR_AST_INTEGER;
        e->u.integer = integers[below(WR_ARRAY_LEN(integers))];
        e->wide = e->u.integer > INT32_MAX || e->u.integer < INT32_MIN;
        return e;
    }
    size_t i = below(WR_ARRAY_LEN(numbers));
    e->kind = numbers[i].kind;
    e->text = wr_str_c(numbers[i].text);
    if (e->kind == WR_AST_DOUBLE)
        e->u.real = numbers[i].real;
    return e;
}

static wr_ast_expr *make_literal(void)
{
    wr_ast_expr *e = WR_NEW(arena, wr_ast_expr);
    switch (below(4)) {
    case 0:
        e->kind = WR_AST_BOOLEAN;
        e->u.boolean = coin();
        return e;
    case 1:
        e->kind = WR_AST_STRING;
        e->text = wr_str_c(make_text());
        return e;
    case 2:
        return make_number(e);
    default:
        return e; /* NULL */
    }
}

static wr_ast_expr *make_leaf(void)
{
    wr_ast_expr *e = WR_NEW(arena, wr_ast_expr);
    switch (below(4)) {
    case 0:
        return make_literal();
    case 1:
        e->kind = WR_AST_TYPED_LITERAL;
        e->name = (wr_ast_name){.name = coin() ? "DECIMAL" : make_name().name};
        e->text = wr_str_c(make_text());
        return e;
    default:
        e->kind = WR_AST_COLUMN;
        e->name = make_name();
        if (coin())
            e->qualifier = make_name();
        return e;
    }
}

static void make_call(wr_ast_expr *e, int depth)
{
    e->kind = WR_AST_CALL;
    e->name = make_name();
    e->star = below(5) == 0;
    if (e->star)
        return;
    make_args(e, below(4), depth - 1);
    if (e->args_n > 0 && below(4) == 0) {
        wr_ast_expr *unit = WR_NEW(arena, wr_ast_expr);
        unit->kind = WR_AST_INTERVAL_UNIT;
        unit->u.unit = coin() ? WR_AST_UNIT_DAY : WR_AST_UNIT_MILLISECOND;
        if (unit->u.unit == WR_AST_UNIT_DAY && coin())
            unit->name.name = "DAY";
        e->args[0] = unit;
    }
    if (e->args_n > 1 && coin()) {
        wr_ast_expr *lambda = WR_NEW(arena, wr_ast_expr);
        lambda->kind = WR_AST_LAMBDA;
        lambda->names_n = 1 + below(2);
        lambda->names = make_names(lambda->names_n);
        make_args(lambda, 1, depth - 1);
        e->args[e->args_n - 1] = lambda;
    }
}

/* How to build a node of a kind beyond its children: which flags and parts it has. */
typedef struct recipe {
    wr_ast_expr_kind kind;
    uint8_t args_min, args_step, args_steps; /* min + step * [0, steps] children */
    wr_ast_op op_first;
    uint8_t ops; /* number of operators to choose from, 0: none */
    bool negatable;
} recipe;

static const recipe recipes[] = {
    {WR_AST_ARITHMETIC, 2, 0, 0, WR_AST_ADD, 5, false},
    {WR_AST_ARITHMETIC, 2, 0, 0, WR_AST_ADD, 5, false},
    {WR_AST_UNARY, 1, 0, 0, WR_AST_POS, 2, false},
    {WR_AST_CONCAT, 2, 0, 0, WR_AST_POS, 0, false},
    {WR_AST_COMPARE, 2, 0, 0, WR_AST_EQ, 8, false},
    {WR_AST_COMPARE, 2, 0, 0, WR_AST_EQ, 8, false},
    {WR_AST_AND, 2, 0, 0, WR_AST_POS, 0, false},
    {WR_AST_OR, 2, 0, 0, WR_AST_POS, 0, false},
    {WR_AST_NOT, 1, 0, 0, WR_AST_POS, 0, false},
    {WR_AST_BETWEEN, 3, 0, 0, WR_AST_POS, 0, true},
    {WR_AST_IN, 2, 1, 2, WR_AST_POS, 0, true},
    {WR_AST_LIKE, 2, 0, 0, WR_AST_POS, 0, true},
    {WR_AST_IS_NULL, 1, 0, 0, WR_AST_POS, 0, true},
    {WR_AST_CASE, 2, 2, 1, WR_AST_POS, 0, false},
    {WR_AST_CAST, 1, 0, 0, WR_AST_POS, 0, false},
    {WR_AST_SUBSCRIPT, 2, 0, 0, WR_AST_POS, 0, false},
    {WR_AST_FIELD, 1, 0, 0, WR_AST_POS, 0, false},
    {WR_AST_ARRAY, 0, 1, 3, WR_AST_POS, 0, false},
    {WR_AST_MAP, 0, 2, 2, WR_AST_POS, 0, false},
    {WR_AST_STRUCT, 0, 1, 2, WR_AST_POS, 0, false},
    {WR_AST_CALL, 0, 0, 0, WR_AST_POS, 0, false}, /* by make_call */
};

static wr_ast_expr *make_expr(int depth)
{
    if (depth <= 0)
        return make_leaf();
    const recipe *r = &recipes[below(WR_ARRAY_LEN(recipes))];
    wr_ast_expr *e = WR_NEW(arena, wr_ast_expr);
    e->kind = r->kind;
    if (r->kind == WR_AST_CALL) {
        make_call(e, depth);
        return e;
    }
    make_args(e, r->args_min + r->args_step * below(r->args_steps + 1u), depth - 1);
    e->op = r->ops ? (wr_ast_op)(r->op_first + below(r->ops)) : (wr_ast_op)0;
    e->negated = r->negatable && coin();
    if (r->kind == WR_AST_LIKE && coin())
        e->escape = make_text();
    if (r->kind == WR_AST_CASE && coin())
        e->else_ = make_expr(depth - 1);
    if (r->kind == WR_AST_CAST)
        e->type = make_type(depth - 1);
    if (r->kind == WR_AST_FIELD)
        e->name = make_name();
    if (r->kind == WR_AST_STRUCT) {
        e->names_n = e->args_n;
        e->names = make_names(e->names_n);
    }
    return e;
}

static wr_ast_expr **make_exprs(size_t n, int depth)
{
    wr_ast_expr list;
    make_args(&list, n, depth);
    return list.args;
}

/* ---- queries ---- */

static wr_ast_source make_source(void)
{
    wr_ast_source s = {.name = make_source_name()};
    if (coin())
        s.alias = make_source_name();
    return s;
}

static wr_ast_item make_item(void)
{
    wr_ast_item item = {.kind = (wr_ast_item_kind)below(WR_AST_ITEM_EXPR + 1)};
    if (item.kind == WR_AST_ITEM_SOURCE_STAR)
        item.source = make_name();
    else if (item.kind != WR_AST_ITEM_STAR)
        item.expr = make_expr(2);
    if (item.kind == WR_AST_ITEM_EXPR && coin())
        item.alias = make_name();
    return item;
}

static wr_ast_join make_join(void)
{
    wr_ast_join join = {.kind = (wr_ast_join_kind)below(WR_AST_JOIN_FULL + 1),
                        .right = make_source(),
                        .on = make_expr(2)};
    if (coin()) {
        join.has_within = true;
        join.within_pair = coin();
        join.before = make_duration();
        join.after = join.within_pair ? make_duration() : join.before;
        join.has_grace = coin();
        if (join.has_grace)
            join.grace = make_duration();
    }
    return join;
}

static wr_ast_window *make_window(void)
{
    wr_ast_window *w = WR_NEW(arena, wr_ast_window);
    w->kind = (wr_ast_window_kind)below(WR_AST_WINDOW_SESSION + 1);
    if (coin())
        w->name = make_name();
    w->size = make_duration();
    if (w->kind == WR_AST_WINDOW_HOPPING)
        w->advance = make_duration();
    if ((w->has_retention = coin()))
        w->retention = make_duration();
    if ((w->has_grace = coin()))
        w->grace = make_duration();
    return w;
}

/* A list in parentheses has none or several members: with one they would be the expression's. */
static void make_grouping(bool *paren, wr_ast_expr ***exprs, size_t *n)
{
    *paren = coin();
    *n = *paren ? below(2) * 2 : 1 + below(2);
    *exprs = make_exprs(*n, 2);
}

static wr_ast_query *make_query(void)
{
    wr_ast_query *q = WR_NEW(arena, wr_ast_query);
    q->items_n = 1 + below(3);
    q->items = WR_NEW_N(arena, wr_ast_item, q->items_n);
    for (size_t i = 0; i < q->items_n; i++)
        q->items[i] = make_item();
    q->from = make_source();
    q->joins_n = below(3);
    q->joins = WR_NEW_N(arena, wr_ast_join, q->joins_n + 1);
    for (size_t i = 0; i < q->joins_n; i++)
        q->joins[i] = make_join();
    q->window = coin() ? make_window() : NULL;
    q->where = coin() ? make_expr(3) : NULL;
    if ((q->has_group_by = coin()))
        make_grouping(&q->group_by_paren, &q->group_by, &q->group_by_n);
    if (coin())
        make_grouping(&q->partition_by_paren, &q->partition_by, &q->partition_by_n);
    q->having = coin() ? make_expr(2) : NULL;
    q->emit = (wr_ast_emit)below(WR_AST_EMIT_FINAL + 1);
    if ((q->has_limit = coin()))
        q->limit = (int64_t)below(10) - 2;
    return q;
}

/* ---- statements ---- */

static void make_elements(wr_ast_stmt *s, bool constraints)
{
    s->elements_n = 1 + below(3);
    s->elements = WR_NEW_N(arena, wr_ast_element, s->elements_n);
    for (size_t i = 0; i < s->elements_n; i++) {
        wr_ast_element *e = &s->elements[i];
        e->name = make_name();
        e->type = make_type(2);
        if (constraints)
            e->constraint = (wr_ast_constraint)below(WR_AST_COL_HEADER + 1);
        if (e->constraint == WR_AST_COL_HEADER)
            e->header = make_text();
    }
}

static void make_props(wr_ast_stmt *s)
{
    s->has_props = true;
    s->props_n = 1 + below(3);
    s->props = WR_NEW_N(arena, wr_ast_property, s->props_n);
    for (size_t i = 0; i < s->props_n; i++)
        s->props[i] = (wr_ast_property){make_name(), make_literal()};
}

static void make_values(wr_ast_stmt *s)
{
    s->name = make_source_name();
    s->columns_n = below(3);
    s->columns = make_names(s->columns_n);
    s->values_n = 1 + below(3);
    s->values = make_exprs(s->values_n, 2);
    s->last = s->kind != WR_AST_INSERT_VALUES && coin();
}

static void make_create(wr_ast_stmt *s)
{
    s->name = make_source_name();
    s->is_table = coin();
    s->or_replace = coin();
    s->if_not_exists = coin();
    if (coin())
        make_props(s);
    if (s->kind == WR_AST_CREATE_AS) {
        s->query = make_query();
        return;
    }
    s->is_source = coin();
    if ((s->has_elements = coin()))
        make_elements(s, true);
}

static void make_show(wr_ast_stmt *s)
{
    s->show = (wr_ast_show)below(WR_AST_SHOW_CONNECTOR_PLUGINS + 1);
    s->show_all = s->show == WR_AST_SHOW_TOPICS && coin();
    s->extended = s->show <= WR_AST_SHOW_QUERIES && coin();
}

static void make_describe(wr_ast_stmt *s)
{
    s->describe = (wr_ast_describe)below(WR_AST_DESCRIBE_CONNECTOR + 1);
    s->extended = s->describe <= WR_AST_DESCRIBE_TABLES && coin();
    if (s->describe == WR_AST_DESCRIBE_SOURCE)
        s->name = make_source_name();
    else if (s->describe >= WR_AST_DESCRIBE_FUNCTION)
        s->name = make_name();
}

static void make_print(wr_ast_stmt *s)
{
    s->text1 = make_text();
    s->from_beginning = coin();
    if ((s->has_interval = coin()))
        s->interval = (int64_t)below(10);
    if ((s->has_limit = coin()))
        s->limit = (int64_t)below(10);
}

static void make_assert(wr_ast_stmt *s)
{
    s->not_exists = coin();
    if ((s->has_timeout = coin()))
        s->timeout = make_duration();
    if (s->kind == WR_AST_ASSERT_TOPIC) {
        s->text1 = make_text();
        if (coin())
            make_props(s);
        return;
    }
    s->text1 = coin() ? make_text() : NULL;
    if ((s->has_id = !s->text1 || coin()))
        s->id = (int64_t)below(100);
}

static void make_query_stmt(wr_ast_stmt *s)
{
    s->query = make_query();
}

static void make_insert_select(wr_ast_stmt *s)
{
    s->name = make_source_name();
    if (coin())
        make_props(s);
    s->query = make_query();
}

static void make_drop_source(wr_ast_stmt *s)
{
    s->is_table = coin();
    s->delete_topic = coin();
    s->if_exists = coin();
    s->name = make_source_name();
}

static void make_alter(wr_ast_stmt *s)
{
    s->is_table = coin();
    s->name = make_source_name();
    make_elements(s, false);
}

static void make_create_type(wr_ast_stmt *s)
{
    s->if_not_exists = coin();
    s->name = make_name();
    s->type = make_type(3);
}

static void make_drop_name(wr_ast_stmt *s)
{
    s->if_exists = coin();
    s->name = make_name();
}

static void make_query_control(wr_ast_stmt *s)
{
    s->all = coin();
    if (!s->all)
        s->name = make_name();
}

static void make_setting(wr_ast_stmt *s)
{
    s->text1 = make_text();
    if (s->kind == WR_AST_SET || s->kind == WR_AST_ALTER_SYSTEM)
        s->text2 = make_text();
}

static void make_define(wr_ast_stmt *s)
{
    s->name = (wr_ast_name){.name = coin() ? "X" : "DATE"};
    if (s->kind == WR_AST_DEFINE)
        s->text2 = make_text();
}

static void make_assert_source(wr_ast_stmt *s)
{
    s->is_table = coin();
    s->name = make_source_name();
    if ((s->has_elements = coin()))
        make_elements(s, true);
    if (coin())
        make_props(s);
}

static void make_connector(wr_ast_stmt *s)
{
    s->sink = coin();
    s->if_not_exists = coin();
    s->name = make_name();
    make_props(s);
}

static wr_ast_stmt *make_stmt(void);

static void make_explain(wr_ast_stmt *s)
{
    s->analyze = coin();
    if (coin())
        s->child = make_stmt();
    else
        s->name = make_name();
}

static wr_ast_stmt *make_stmt(void)
{
    static void (*const makers[])(wr_ast_stmt *) = {
        [WR_AST_QUERY] = make_query_stmt,
        [WR_AST_CREATE_SOURCE] = make_create,
        [WR_AST_CREATE_AS] = make_create,
        [WR_AST_INSERT_SELECT] = make_insert_select,
        [WR_AST_INSERT_VALUES] = make_values,
        [WR_AST_DROP_SOURCE] = make_drop_source,
        [WR_AST_ALTER_SOURCE] = make_alter,
        [WR_AST_CREATE_TYPE] = make_create_type,
        [WR_AST_DROP_TYPE] = make_drop_name,
        [WR_AST_TERMINATE] = make_query_control,
        [WR_AST_PAUSE] = make_query_control,
        [WR_AST_RESUME] = make_query_control,
        [WR_AST_SHOW] = make_show,
        [WR_AST_DESCRIBE] = make_describe,
        [WR_AST_EXPLAIN] = make_explain,
        [WR_AST_PRINT] = make_print,
        [WR_AST_SET] = make_setting,
        [WR_AST_UNSET] = make_setting,
        [WR_AST_ALTER_SYSTEM] = make_setting,
        [WR_AST_DEFINE] = make_define,
        [WR_AST_UNDEFINE] = make_define,
        [WR_AST_ASSERT_TOPIC] = make_assert,
        [WR_AST_ASSERT_SCHEMA] = make_assert,
        [WR_AST_ASSERT_VALUES] = make_values,
        [WR_AST_ASSERT_NULL_VALUES] = make_values,
        [WR_AST_ASSERT_SOURCE] = make_assert_source,
        [WR_AST_CREATE_CONNECTOR] = make_connector,
        [WR_AST_DROP_CONNECTOR] = make_drop_name,
        [WR_AST_RUN_SCRIPT] = make_setting,
    };
    wr_ast_stmt *s = WR_NEW(arena, wr_ast_stmt);
    s->kind = (wr_ast_stmt_kind)below(WR_ARRAY_LEN(makers));
    makers[s->kind](s);
    return s;
}

/* ---- the property ---- */

static uint64_t first_seed(void)
{
    const char *text = getenv("WR_TEST_SEED");
    return text ? strtoull(text, NULL, 0) : 1;
}

static void check_stmt(uint64_t seed)
{
    wr_ast_stmt *s = make_stmt();
    const char *sql = printed(s);
    wr_ast_stmt *again = NULL;
    weir_error err = {0};
    if (wr_parse_statement(sql, strlen(sql), arena, &again, &err))
        fail_msg("seed %llu: %s\n%s", (unsigned long long)seed, sql, err.message);
    if (!wr_ast_stmt_equal(s, again))
        fail_msg("seed %llu: another tree:\n%s\n%s", (unsigned long long)seed, sql, printed(again));
}

static void test_statements(void **state)
{
    (void)state;
    for (uint64_t seed = first_seed(); seed < first_seed() + 4000; seed++) {
        wr_rng_seed(&rng, seed);
        check_stmt(seed);
        wr_arena_reset(arena);
    }
}

static void test_expressions(void **state)
{
    (void)state;
    for (uint64_t seed = first_seed(); seed < first_seed() + 4000; seed++) {
        wr_rng_seed(&rng, seed);
        wr_ast_expr *e = make_expr(5), *again = NULL;
        for (int parens = 0; parens <= 1; parens++) {
            wr_buf b = {0};
            if (parens)
                wr_ast_print_expr_parens(&b, e);
            else
                wr_ast_print_expr(&b, e);
            const char *sql = keep(&b);
            weir_error err = {0};
            if (wr_parse_expression(sql, strlen(sql), arena, &again, &err))
                fail_msg("seed %llu: %s\n%s", (unsigned long long)seed, sql, err.message);
            if (!wr_ast_expr_equal(e, again))
                fail_msg("seed %llu: another tree: %s", (unsigned long long)seed, sql);
        }
        wr_arena_reset(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_statements), TEST(test_expressions)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
