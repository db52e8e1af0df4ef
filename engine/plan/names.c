/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names. The query's expressions are copied with every column qualified by its source's alias; each
 * distinct column gets a slot. Stars are expanded, output columns named (dialect.md 9.1, 9.2).
 *
 *     SELECT n, COUNT(*) FROM s GROUP BY st->f           what was written
 *     SELECT S.N, COUNT(*) ... GROUP BY S.ST->F          what the rest of the planner sees
 *
 * Order matters. Sources come first, since every name is looked up in them; then ON and WHERE,
 * which may name any source; then keys and projection together, because a star shows the keys of
 * PARTITION BY and a key may take its name from the projection; HAVING last, when aggregates are
 * known.
 *
 * Errors are those of ksqlDB where people know them: each clause has its own words for a column
 * that is not there, so a qualifier carries the name of the clause it works for.
 *
 * The copies are the plan's: the statement's tree goes away when the statement has been handled,
 * the expressions of a plan are compiled, printed and compared as long as the query lives.
 */
#include "engine/plan/analysis.h"
#include "common/reason.h"
#include "parser/parser.h"

#include <stdio.h>

typedef struct lambda_names {
    const wr_ast_name *names;
    size_t n;
    const struct lambda_names *outer;
} lambda_names;

typedef struct qualifier {
    wr__analysis *an;
    const char *clause; /* "SELECT", "WHERE" ... for messages */
    bool window_bounds; /* WINDOWSTART / END of the WINDOW clause are visible */
    bool in_aggregate;
    const lambda_names *lambda;
} qualifier;

/* ---- relations ---- */

wr__relation wr__relation_of(wr_source *s, const char *alias, int64_t pos)
{
    return (wr__relation){.name = s->name,
                          .alias = alias,
                          .pos = pos,
                          .schema = s->schema,
                          .is_table = s->is_table,
                          .window = s->window,
                          .partitions = s->partitions,
                          .partitioner =
                              s->partitions == 1 ? WR_PARTITIONER_MURMUR2 : s->partitioner,
                          .key = s->key,
                          .value = s->value,
                          .source = s};
}

/* A source may occur once: columns are told apart by alias, but the steps above would read one
 * topic for two relations, and Kafka Streams refuses that too. Persistent queries cannot read
 * windowed tables, as in ksqlDB. */
static weir_status add_source(wr__analysis *an, const wr_ast_source *src, weir_error *err)
{
    if (an->relations_n == WR__SOURCES_MAX)
        return wr_error_at(err, WEIR_ERR_LIMIT, src->name.pos, "Too many sources in one query");
    wr_source *s;
    WR_TRY(wr_catalog_get(an->env->catalog, &src->name, &s, err));
    const char *alias = src->alias.name ? src->alias.name : s->name;
    for (uint32_t i = 0; i < an->relations_n; i++) {
        if (an->relations[i].source == s) {
            if (an->query->joins_n == 1)
                return wr_error_at(err, WEIR_ERR_STATEMENT, src->name.pos,
                                   "Can not join '%s' to '%s': self joins are not yet supported.",
                                   s->name, s->name);
            return wr_error_at(err, WEIR_ERR_STATEMENT, src->name.pos,
                               "N-way joins do not support multiple occurrences of the same "
                               "source. Source: '%s'.",
                               s->name);
        }
        if (strcmp(an->relations[i].alias, alias) == 0)
            return wr_error_at(err, WEIR_ERR_STATEMENT, src->name.pos,
                               "Each side of the join must have a unique alias: '%s' is used twice",
                               alias);
    }
    if (an->persistent && s->is_table && s->window.kind != WR_WINDOW_NONE)
        return wr_error_at(err, WEIR_ERR_STATEMENT, src->name.pos,
                           "KSQL does not support persistent queries on windowed tables.");
    an->relations[an->relations_n++] =
        wr__relation_of(s, wr_arena_strdup(an->arena, alias), src->name.pos);
    return WEIR_OK;
}

/* ---- slots ---- */

/* Columns that every row has beside its schema. They are found by name only after the schema's own
 * columns: a source that declares a column of that name is refused when it is created. */
static const struct {
    const char *name;
    wr_ref_kind kind;
} pseudo_columns[] = {
    {"ROWTIME", WR_REF_ROWTIME},     {"ROWPARTITION", WR_REF_ROWPARTITION},
    {"ROWOFFSET", WR_REF_ROWOFFSET}, {"WINDOWSTART", WR_REF_WINDOWSTART},
    {"WINDOWEND", WR_REF_WINDOWEND},
};

/* The bounds of a window belong to the key, not to the value: they exist only where a key has them.
 */
static bool is_bound(wr_ref_kind k)
{
    return k == WR_REF_WINDOWSTART || k == WR_REF_WINDOWEND;
}

/* Does source @p i have a column (or pseudo column) of that name? Fill a slot. */
static bool source_column(const wr__analysis *an, uint32_t i, const char *name, bool own_window,
                          wr__slot *out)
{
    const wr__relation *s = &an->relations[i];
    *out = (wr__slot){.source = i, .alias = s->alias, .name = name};
    int c = wr_schema_find(s->schema, name);
    if (c >= 0) {
        out->kind = WR_REF_COLUMN;
        out->column = (uint32_t)c;
        out->type = s->schema->cols[c].type;
        return true;
    }
    for (size_t k = 0; k < WR_ARRAY_LEN(pseudo_columns); k++) {
        if (strcmp(name, pseudo_columns[k].name) != 0)
            continue;
        out->kind = pseudo_columns[k].kind;
        out->type = out->kind == WR_REF_ROWPARTITION ? &wr_type_integer : &wr_type_bigint;
        if (!is_bound(out->kind))
            return true;
        if (own_window && an->window.kind != WR_WINDOW_NONE) {
            out->window_result = true;
            return true;
        }
        return s->window.kind != WR_WINDOW_NONE;
    }
    return false;
}

/* Where the name would mean something in another clause, say that instead of "cannot be resolved".
 */
static weir_status unknown_column(const qualifier *q, const wr_ast_expr *e, weir_error *err)
{
    char name[600];
    snprintf(name, sizeof name, "%s%s%s", e->qualifier.name ? e->qualifier.name : "",
             e->qualifier.name ? "." : "", e->name.name);
    if (strcmp(e->name.name, "WINDOWSTART") == 0 || strcmp(e->name.name, "WINDOWEND") == 0) {
        bool own = q->an->window.kind != WR_WINDOW_NONE;
        if (own && strcmp(q->clause, "WHERE") == 0)
            return wr_error_at(err, WEIR_ERR_STATEMENT, e->pos,
                               "Error in WHERE expression: Unknown column %s. The bounds of a "
                               "window are known after WHERE only: use ROWTIME here.",
                               e->name.name);
        if (own)
            return wr_error_at(err, WEIR_ERR_STATEMENT, e->pos,
                               "Window bounds column %s can only be used in the SELECT clause of "
                               "windowed aggregations and can not be passed to aggregate "
                               "functions.",
                               e->name.name);
    }
    if (strcmp(q->clause, "PARTITION BY") == 0)
        wr_refuse_at(err, WR_REASON_COLUMN, e->pos,
                     "PARTITION BY column '%s' cannot be resolved. '%s' must be a column in the "
                     "source schema since PARTITION BY is applied on the input.",
                     name, name);
    else
        wr_refuse_at(err, WR_REASON_COLUMN, e->pos, "%s column '%s' cannot be resolved.", q->clause,
                     name);
    return wr__hint_column(q->an, e, err);
}

/* Unqualified names must be of one source. No order of sources breaks the tie: adding a column to a
 * source would silently change what an old statement means. */
static weir_status ambiguous(const wr_ast_expr *e, const wr__slot *a, const wr__slot *b,
                             weir_error *err)
{
    return wr_error_at(err, WEIR_ERR_STATEMENT, e->pos,
                       "Column '%s' is ambiguous. Could be %s.%s or %s.%s.", e->name.name, a->alias,
                       a->name, b->alias, b->name);
}

/* Does a column equal the key of join @p i? Equality is handed on from one join to the next where
 * they share an expression: `a.x = f(b.y)`, then `f(b.y) = f(c.z)`. */
static bool join_has_column(const wr__analysis *an, size_t i)
{
    const wr_ast_expr *on = an->on[i];
    if (on->args_n != 2 || an->query->joins[i].kind == WR_AST_JOIN_FULL)
        return false;
    if (on->args[0]->kind == WR_AST_COLUMN || on->args[1]->kind == WR_AST_COLUMN)
        return true;
    const wr_ast_expr *before = i ? an->on[i - 1] : NULL;
    for (size_t x = 0; before && before->args_n == 2 && x < 4; x++)
        if (wr_ast_expr_equal(on->args[x / 2], before->args[x % 2]))
            return join_has_column(an, i - 1);
    return false;
}

const char *wr__synthetic_key(const wr__analysis *an)
{
    size_t n = an->query->joins_n;
    if (n == 0 || !an->on[n - 1] || join_has_column(an, n - 1))
        return NULL;
    const char *name = "ROWKEY";
    for (unsigned k = 1;; k++) {
        bool taken = false;
        for (uint32_t i = 0; i < an->relations_n; i++)
            taken = taken || wr_schema_find(an->relations[i].schema, name) >= 0;
        if (!taken)
            return name;
        name = wr_arena_printf(an->arena, "ROWKEY_%u", k);
    }
}

/* Qualify a column and give it a slot. An unqualified name is looked for in all sources, a
 * qualified one in the source of that alias only; the key that a join makes up is the only column
 * that stays without a qualifier, since it belongs to no source. */
static weir_status resolve_column(qualifier *q, wr_ast_expr *e, weir_error *err)
{
    wr__analysis *an = q->an;
    bool own_window = q->window_bounds && !q->in_aggregate;
    wr__slot found = {0}, s;
    bool any = false, known_alias = e->qualifier.name == NULL;
    for (uint32_t i = 0; i < an->relations_n; i++) {
        if (e->qualifier.name) {
            if (strcmp(e->qualifier.name, an->relations[i].alias) != 0)
                continue;
            known_alias = true;
        }
        if (!source_column(an, i, e->name.name, own_window, &s))
            continue;
        if (any)
            return ambiguous(e, &found, &s, err);
        found = s;
        any = true;
    }
    if (!known_alias)
        return wr_error_at(err, WEIR_ERR_STATEMENT, e->pos,
                           "'%s' is not a valid stream/table name or alias.", e->qualifier.name);
    if (!any && !e->qualifier.name && strncmp(e->name.name, "ROWKEY", 6) == 0 &&
        wr__synthetic_key(an) && strcmp(e->name.name, wr__synthetic_key(an)) == 0)
        return WEIR_OK; /* stays unqualified: the join's own key column */
    if (!any)
        return unknown_column(q, e, err);
    e->qualifier = (wr_ast_name){
        .name = found.alias, .pos = e->pos, .quoted = true, .implied = an->relations_n == 1};
    if (wr__slot_index(an, found.alias, found.name) < 0) {
        found.name = wr_arena_strdup(an->arena, found.name);
        wr_arr_push(an->arena, &an->slots, found);
    }
    return WEIR_OK;
}

/* ---- qualified copies ---- */

/* Parameters hide columns, the innermost first, as in the language that lambdas come from. */
static bool is_lambda_name(const lambda_names *l, const char *name)
{
    for (; l; l = l->outer)
        for (size_t i = 0; i < l->n; i++)
            if (strcmp(l->names[i].name, name) == 0)
                return true;
    return false;
}

/* Trees are copied node by node; texts must be copied too, for they lie in the statement's arena.
 */
static void copy_name(wr_arena *a, wr_ast_name *n)
{
    if (n->name)
        n->name = wr_arena_strdup(a, n->name);
}

/* A column that is not written as one. It has no place of its own: errors about a column of a star
 * point to the star. */
static wr_ast_expr *column_node(wr__analysis *an, const char *alias, const char *name, int64_t pos)
{
    wr_ast_expr *e = WR_NEW(an->arena, wr_ast_expr);
    e->kind = WR_AST_COLUMN;
    e->pos = e->end = e->op_pos = pos;
    e->qualifier = (wr_ast_name){.name = alias, .pos = pos, .quoted = true};
    e->name = (wr_ast_name){.name = wr_arena_strdup(an->arena, name), .pos = pos, .quoted = true};
    return e;
}

/* Copy @p from with its columns qualified. Two things travel on the way down: the parameters of the
 * lambdas around (which are no columns), and whether an aggregate is around (inside one the bounds
 * of the query's own window are not to be seen, as they are made by the aggregation). */
static weir_status qualify(qualifier *q, const wr_ast_expr *from, wr_ast_expr **out,
                           weir_error *err)
{
    wr_arena *a = q->an->arena;
    wr_ast_expr *e = wr_arena_memdup(a, from, sizeof *from);
    *out = e;
    copy_name(a, &e->name);
    copy_name(a, &e->qualifier);
    if (e->text.ptr)
        e->text = wr_arena_str(a, e->text);
    if (e->escape)
        e->escape = wr_arena_strdup(a, e->escape);
    if (e->names_n) {
        e->names = wr_arena_memdup(a, e->names, e->names_n * sizeof *e->names);
        for (size_t i = 0; i < e->names_n; i++)
            copy_name(a, &e->names[i]);
    }
    if (e->kind == WR_AST_COLUMN)
        return !e->qualifier.name && is_lambda_name(q->lambda, e->name.name)
                   ? WEIR_OK
                   : resolve_column(q, e, err);
    lambda_names lambda = {e->names, e->names_n, q->lambda};
    const lambda_names *outer = q->lambda;
    bool outer_aggregate = q->in_aggregate;
    if (e->kind == WR_AST_LAMBDA)
        q->lambda = &lambda;
    if (e->kind == WR_AST_CALL && !wr_function_find(q->an->env->functions, wr_str_c(e->name.name)))
        return wr__no_function(e, err);
    if (wr__is_aggregate_call(q->an, e)) {
        q->an->has_aggregates = true;
        q->in_aggregate = true;
    }
    weir_status st = WEIR_OK;
    e->args = WR_NEW_N(a, wr_ast_expr *, e->args_n + 1);
    for (size_t i = 0; i < e->args_n && st == WEIR_OK; i++)
        st = qualify(q, from->args[i], &e->args[i], err);
    const wr_ast_expr *rowtime = q->in_aggregate ? wr__default_argument(q->an, from) : NULL;
    if (rowtime && st == WEIR_OK)
        st = qualify(q, rowtime, &e->args[e->args_n++], err);
    if (e->else_ && st == WEIR_OK)
        st = qualify(q, from->else_, &e->else_, err);
    q->lambda = outer;
    q->in_aggregate = outer_aggregate;
    return st;
}

/* One clause with one expression; nothing where the clause is not there. */
static weir_status qualify_clause(wr__analysis *an, const char *clause, bool bounds,
                                  const wr_ast_expr *e, wr_ast_expr **out, weir_error *err)
{
    *out = NULL;
    if (!e)
        return WEIR_OK;
    qualifier q = {.an = an, .clause = clause, .window_bounds = bounds};
    return qualify(&q, e, out, err);
}

/* A clause with a list of expressions: GROUP BY, PARTITION BY. */
static weir_status qualify_list(wr__analysis *an, const char *clause, wr_ast_expr *const *list,
                                size_t n, wr_ast_expr ***out, weir_error *err)
{
    *out = WR_NEW_N(an->arena, wr_ast_expr *, n);
    for (size_t i = 0; i < n; i++)
        WR_TRY(qualify_clause(an, clause, false, list[i], &(*out)[i], err));
    return WEIR_OK;
}

/* ---- projection ---- */

/* In a join every column of a star is prefixed by its source, whether it clashes or not: the names
 * of a result must not change when the other source gets a column. */
static weir_status add_star_column(wr__analysis *an, uint32_t source, const char *name, int64_t pos,
                                   weir_error *err)
{
    WR_ASSERT(source < an->relations_n);
    const char *alias = an->relations[source].alias;
    qualifier q = {.an = an, .clause = "SELECT"};
    wr_ast_expr *e = column_node(an, alias, name, pos);
    WR_TRY(resolve_column(&q, e, err));
    const char *out =
        an->relations_n > 1 ? wr_arena_printf(an->arena, "%s_%s", alias, name) : e->name.name;
    wr_arr_push(an->arena, &an->items, ((wr__item){e, out, false, pos}));
    return WEIR_OK;
}

/* Header columns behave as values, but come last in a star. */
static bool is_header_column(const wr_column *c)
{
    return c->role == WR_COL_HEADERS || c->role == WR_COL_HEADER;
}

/* Keys, window bounds where there are any, values, headers. */
static weir_status expand_source(wr__analysis *an, uint32_t i, int64_t pos, weir_error *err)
{
    const wr__relation *s = &an->relations[i];
    const wr_schema *schema = s->schema;
    for (uint32_t c = 0; c < schema->keys_n; c++)
        WR_TRY(add_star_column(an, i, schema->cols[c].name, pos, err));
    if ((!an->persistent || an->relations_n > 1) && s->window.kind != WR_WINDOW_NONE) {
        WR_TRY(add_star_column(an, i, "WINDOWSTART", pos, err));
        WR_TRY(add_star_column(an, i, "WINDOWEND", pos, err));
    }
    for (int headers = 0; headers < 2; headers++)
        for (uint32_t c = schema->keys_n; c < schema->n; c++)
            if (is_header_column(&schema->cols[c]) == (headers == 1))
                WR_TRY(add_star_column(an, i, schema->cols[c].name, pos, err));
    return WEIR_OK;
}

/* A column of a star, unless it is a new key and so in front already. */
static weir_status add_unpartitioned(wr__analysis *an, uint32_t source, const char *name,
                                     int64_t pos, weir_error *err)
{
    wr_ast_expr *e = column_node(an, an->relations[source].alias, name, pos);
    for (size_t i = 0; i < an->query->partition_by_n; i++)
        if (wr_ast_expr_equal(e, an->partition_by[i]))
            return WEIR_OK;
    return add_star_column(an, source, name, pos, err);
}

/* SELECT * with PARTITION BY: the new key columns, then the other columns, old keys last. A join
 * shows the sides' pseudo columns, too: they are columns of what is partitioned. */
static weir_status expand_partitioned(wr__analysis *an, int64_t pos, weir_error *err)
{
    static const char *const pseudo[] = {"ROWTIME", "ROWPARTITION", "ROWOFFSET"};
    for (size_t i = 0; i < an->query->partition_by_n; i++) {
        wr_ast_expr *e = an->partition_by[i];
        const char *name = an->partition_names[i];
        if (e->kind == WR_AST_NULL)
            continue;
        if (e->kind == WR_AST_COLUMN && an->relations_n > 1)
            name = wr_arena_printf(an->arena, "%s_%s", e->qualifier.name, e->name.name);
        wr_arr_push(an->arena, &an->items, ((wr__item){e, name, false, pos}));
    }
    for (uint32_t s = 0; s < an->relations_n; s++) {
        const wr_schema *schema = an->relations[s].schema;
        for (uint32_t c = schema->keys_n; c < schema->n; c++)
            WR_TRY(add_unpartitioned(an, s, schema->cols[c].name, pos, err));
        for (size_t p = 0; an->relations_n > 1 && p < WR_ARRAY_LEN(pseudo); p++)
            WR_TRY(add_unpartitioned(an, s, pseudo[p], pos, err));
        for (uint32_t c = 0; c < schema->keys_n; c++)
            WR_TRY(add_unpartitioned(an, s, schema->cols[c].name, pos, err));
    }
    return WEIR_OK;
}

/* `*` of all sources, or `alias.*` of one. The key that a join makes up is a column of `*`, the
 * first. */
static weir_status expand_star(wr__analysis *an, const wr_ast_item *item, weir_error *err)
{
    if (item->kind == WR_AST_ITEM_SOURCE_STAR) {
        for (uint32_t i = 0; i < an->relations_n; i++)
            if (strcmp(an->relations[i].alias, item->source.name) == 0)
                return expand_source(an, i, item->pos, err);
        return wr_error_at(err, WEIR_ERR_STATEMENT, item->pos,
                           "'%s' is not a valid stream/table name or alias.", item->source.name);
    }
    if (an->query->partition_by_n > 0)
        return expand_partitioned(an, item->pos, err);
    const char *synthetic = wr__synthetic_key(an);
    if (synthetic) {
        wr_ast_expr *e = column_node(an, NULL, synthetic, item->pos);
        wr_arr_push(an->arena, &an->items, ((wr__item){e, e->name.name, false, item->pos}));
    }
    for (uint32_t i = 0; i < an->relations_n; i++)
        WR_TRY(expand_source(an, i, item->pos, err));
    return WEIR_OK;
}

const char *wr__generated_name(wr__analysis *an)
{
    for (;;) {
        char name[32];
        snprintf(name, sizeof name, "KSQL_COL_%u", an->generated++);
        bool taken = false;
        for (uint32_t i = 0; i < an->relations_n; i++)
            taken = taken || wr_schema_find(an->relations[i].schema, name) >= 0;
        if (!taken)
            return wr_arena_strdup(an->arena, name);
    }
}

/* Unique among the names so far: F, F_1, F_2 ... */
static const char *unique_name(wr__analysis *an, const char *base)
{
    const char *name = base;
    for (unsigned k = 1;; k++) {
        bool taken = false;
        for (size_t i = 0; i < an->items.n; i++)
            taken = taken || (an->items.v[i].name && strcmp(an->items.v[i].name, name) == 0);
        if (!taken)
            return name;
        name = wr_arena_printf(an->arena, "%s_%u", base, k);
    }
}

/* Would the bare name be ambiguous? Then the result's column gets its source's name in front. */
static bool name_in_several(const wr__analysis *an, const char *name)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < an->relations_n; i++) {
        wr__slot s;
        n += source_column(an, i, name, false, &s);
    }
    return n > 1;
}

/* The name of an output column: its alias, the column's, the field's; else one is generated later,
 * when no name that somebody wrote can be taken from him. */
static const char *item_name(wr__analysis *an, const wr_ast_item *item, const wr_ast_expr *e)
{
    if (item->alias.name)
        return wr_arena_strdup(an->arena, item->alias.name);
    if (e->kind == WR_AST_COLUMN) {
        if (name_in_several(an, e->name.name))
            return wr_arena_printf(an->arena, "%s_%s", e->qualifier.name, e->name.name);
        return e->name.name;
    }
    if (e->kind == WR_AST_FIELD)
        return unique_name(an, e->name.name);
    return NULL; /* generated once all names are known */
}

/* s->* is one item for each field of the struct. */
static weir_status add_struct_star(wr__analysis *an, const wr_ast_item *item, weir_error *err)
{
    wr_ast_expr *base;
    const wr_type *t;
    WR_TRY(qualify_clause(an, "SELECT", true, item->expr, &base, err));
    WR_TRY(wr__type_of(an, base, &t, err));
    if (t->id != WR_T_STRUCT)
        return wr_error_at(err, WEIR_ERR_STATEMENT, item->pos,
                           "Can only use '->*' on STRUCT types");
    for (uint32_t i = 0; i < t->fields_n; i++) {
        wr_ast_expr *e = WR_NEW(an->arena, wr_ast_expr);
        e->kind = WR_AST_FIELD;
        e->pos = e->end = e->op_pos = item->pos;
        e->name = (wr_ast_name){.name = t->fields[i].name, .pos = item->pos, .quoted = true};
        e->args = WR_NEW(an->arena, wr_ast_expr *);
        e->args[0] = base;
        e->args_n = 1;
        const char *name = unique_name(an, t->fields[i].name);
        wr_arr_push(an->arena, &an->items, ((wr__item){e, name, false, item->pos}));
    }
    return WEIR_OK;
}

/* `s.rowtime AS rowtime` is that column as it is, for ksqlDB, and refused as such; any other
 * expression under such a name is refused for the name. */
static weir_status reserved_alias(const wr_ast_item *item, weir_error *err)
{
    const wr_ast_expr *e = item->expr;
    const char *alias = item->alias.name;
    if (e->kind == WR_AST_COLUMN && strcmp(e->name.name, alias) == 0)
        return wr_error_at(err, WEIR_ERR_STATEMENT, item->alias.pos,
                           "Reserved column name in select: `%s`. Please remove or alias the "
                           "column.",
                           alias);
    return wr_error_at(err, WEIR_ERR_STATEMENT, item->alias.pos,
                       "`%s` is a reserved column name. You cannot use it as an alias for a "
                       "column.",
                       alias);
}

/* The projection, item by item, stars expanded in place. */
static weir_status analyze_items(wr__analysis *an, weir_error *err)
{
    const wr_ast_query *q = an->query;
    for (size_t i = 0; i < q->items_n; i++) {
        const wr_ast_item *item = &q->items[i];
        if (item->kind == WR_AST_ITEM_STRUCT_STAR) {
            WR_TRY(add_struct_star(an, item, err));
            continue;
        }
        if (item->kind != WR_AST_ITEM_EXPR) {
            WR_TRY(expand_star(an, item, err));
            continue;
        }
        if (item->alias.name && wr__is_pseudo_name(item->alias.name))
            return reserved_alias(item, err);
        wr_ast_expr *e;
        WR_TRY(qualify_clause(an, "SELECT", true, item->expr, &e, err));
        /* Named before it is among the items, which its name must not meet. */
        wr__item named = {e, item_name(an, item, e), item->alias.name != NULL, item->pos};
        wr_arr_push(an->arena, &an->items, named);
    }
    return WEIR_OK;
}

/* Name of a GROUP BY / PARTITION BY key: the column's, the field's, the projection's alias. */
static const char *key_name(wr__analysis *an, const wr_ast_expr *key)
{
    if (key->kind == WR_AST_COLUMN)
        return name_in_several(an, key->name.name)
                   ? wr_arena_printf(an->arena, "%s_%s", key->qualifier.name, key->name.name)
                   : key->name.name;
    for (size_t i = 0; i < an->items.n; i++)
        if (an->items.v[i].aliased && wr_ast_expr_equal(an->items.v[i].expr, key))
            return an->items.v[i].name;
    if (key->kind == WR_AST_FIELD)
        return key->name.name;
    return NULL;
}

/* KSQL_COL_0 and so on, counting only columns that have no other name (dialect.md 9.2). */
static void name_generated(wr__analysis *an)
{
    for (size_t i = 0; i < an->items.n; i++)
        if (!an->items.v[i].name)
            an->items.v[i].name = wr__generated_name(an);
}

/* A key without a name of its own takes that of the item that selects it. */
static const char *name_of_item(wr__analysis *an, const wr_ast_expr *key)
{
    for (size_t i = 0; i < an->items.n; i++)
        if (wr_ast_expr_equal(an->items.v[i].expr, key))
            return an->items.v[i].name;
    return wr__generated_name(an);
}

/* Keys that are neither columns nor fields, and were not aliased. */
static weir_status name_keys(wr__analysis *an)
{
    const wr_ast_query *q = an->query;
    for (size_t i = 0; i < q->group_by_n; i++)
        if (!an->group_names[i])
            an->group_names[i] = name_of_item(an, an->group_by[i]);
    for (size_t i = 0; i < q->partition_by_n; i++)
        if (!an->partition_names[i])
            an->partition_names[i] = name_of_item(an, an->partition_by[i]);
    return WEIR_OK;
}

/* Only a bare `*` shows the keys of PARTITION BY; `alias.*` shows what the source has. */
static bool has_star(const wr_ast_query *q)
{
    for (size_t i = 0; i < q->items_n; i++)
        if (q->items[i].kind == WR_AST_ITEM_STAR)
            return true;
    return false;
}

/* Grouping and partitioning expressions, and between them the projection: see the head of the file.
 */
static weir_status analyze_keys(wr__analysis *an, weir_error *err)
{
    const wr_ast_query *q = an->query;
    WR_TRY(qualify_list(an, "GROUP BY", q->group_by, q->group_by_n, &an->group_by, err));
    if (an->has_aggregates)
        for (size_t i = 0; i < q->group_by_n; i++) {
            const wr_ast_expr *f = wr_ast_find_aggregate(an->env->functions, an->group_by[i]);
            if (f)
                return wr_error_at(err, WEIR_ERR_STATEMENT, f->pos,
                                   "GROUP BY does not support aggregate functions: %s is an "
                                   "aggregate function.",
                                   f->name.name);
        }
    WR_TRY(qualify_list(an, "PARTITION BY", q->partition_by, q->partition_by_n, &an->partition_by,
                        err));
    an->group_names = WR_NEW_N(an->arena, const char *, q->group_by_n);
    an->partition_names = WR_NEW_N(an->arena, const char *, q->partition_by_n);
    if (has_star(q)) /* the star shows the keys, so they need names first */
        for (size_t i = 0; i < q->partition_by_n; i++) {
            an->partition_names[i] = key_name(an, an->partition_by[i]);
            if (!an->partition_names[i])
                an->partition_names[i] = wr__generated_name(an);
        }
    WR_TRY(analyze_items(an, err));
    for (size_t i = 0; i < q->group_by_n; i++)
        an->group_names[i] = key_name(an, an->group_by[i]);
    for (size_t i = 0; i < q->partition_by_n; i++)
        if (!an->partition_names[i])
            an->partition_names[i] = key_name(an, an->partition_by[i]);
    name_generated(an);
    return name_keys(an);
}

/* The same key twice would be two key columns with one value; ksqlDB refuses it as a slip. */
static weir_status check_duplicates(wr__analysis *an, wr_ast_expr *const *list, size_t n,
                                    const char *clause, weir_error *err)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++)
            if (wr_ast_expr_equal(list[i], list[k])) {
                wr_buf text = {0};
                wr_ast_print_expr(&text, list[i]);
                wr_error_at(err, WEIR_ERR_STATEMENT, list[i]->pos, "Duplicate %s expression: %s",
                            clause, wr_buf_cstr(&text));
                wr_buf_free(&text);
                return WEIR_ERR_STATEMENT;
            }
    (void)an;
    return WEIR_OK;
}

weir_status wr__analyze(wr__analysis *an, weir_error *err)
{
    WR_ASSERT(an->relations_n == 0 && an->slots.n == 0); /* once for each analysis */
    const wr_ast_query *q = an->query;
    WR_TRY(add_source(an, &q->from, err));
    for (size_t i = 0; i < q->joins_n; i++)
        WR_TRY(add_source(an, &q->joins[i].right, err));
    an->on = WR_NEW_N(an->arena, wr_ast_expr *, q->joins_n);
    for (size_t i = 0; i < q->joins_n; i++)
        WR_TRY(qualify_clause(an, "JOIN ON", false, q->joins[i].on, &an->on[i], err));
    WR_TRY(qualify_clause(an, "WHERE", false, q->where, &an->where, err));
    an->has_aggregates = false;
    WR_TRY(analyze_keys(an, err));
    WR_TRY(qualify_clause(an, "HAVING", false, q->having, &an->having, err));
    WR_TRY(check_duplicates(an, an->group_by, q->group_by_n, "GROUP BY", err));
    WR_ASSERT(an->relations_n == q->joins_n + 1);
    return check_duplicates(an, an->partition_by, q->partition_by_n, "PARTITION BY", err);
}
