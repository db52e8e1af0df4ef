/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A query's steps in the dialect's order of evaluation (dialect.md section 9):
 * FROM/JOIN, WHERE, PARTITION BY, table functions, GROUP BY and aggregates, HAVING, SELECT. The
 * longer parts are in files of their own: join_plan.c, grouping.c, projection.c.
 *
 *     SELECT k, COUNT(*) FROM s WHERE n > 1 GROUP BY k HAVING COUNT(*) > 2
 *
 *     Source - Filter (WHERE) - SelectKey - Repartition - Aggregate - Filter (HAVING) - Select
 *
 * Each part adds steps on top of the stage and says in the stage where columns are afterwards. What
 * a part may see follows from that alone: after an aggregation only keys, aggregates and window
 * bounds are available, so "not part of GROUP BY" is "not available", not a rule of its own.
 *
 * A filter is built where it was written: moving WHERE below a join would change which rows of an
 * outer join are unmatched, and which rows are late.
 */
#include "engine/plan/analysis.h"
#include "parser/parser.h"

#include <stdio.h>

/* ---- WHERE, HAVING ---- */

/* Binding says "Invalid Predicate: ..." for what ksqlDB finds only when it generates code: CAST, IN
 * and BETWEEN. Texts that stand for a ROWTIME are read before types are looked at. Everything else
 * it finds while it types the expression of a clause. */
void wr__place_in_clause(const wr_scope *scope, const char *clause, weir_error *err)
{
    WR_ASSERT(scope->part);
    char part[40];
    snprintf(part, sizeof part, "Invalid %s: ", scope->part);
    static const char text[] = WR_NO_TIMESTAMP;
    if (err && strncmp(err->message, part, strlen(part)) != 0 &&
        strncmp(err->message, text, sizeof text - 1) != 0)
        wr_error_prefix(err, "Error in %s expression: ", clause);
}

/* WHERE and HAVING alike: a condition over the stage. It must be BOOLEAN as it stands; there is no
 * implicit cast to one. Three-valued logic as in SQL: a row passes if the condition is TRUE; NULL
 * and FALSE are alike. */
static weir_status build_filter(wr__builder *b, wr__stage *st, const wr_ast_expr *e,
                                const char *clause, const char *context, weir_error *err)
{
    wr__stage_scope scope;
    wr_expr *filter;
    wr__stage_scope_init(&scope, b, st);
    scope.base.part = "Predicate";
    scope.base.one_scope = true; /* what fails anywhere in a condition drops the row */
    weir_status status = wr_expr_compile(e, &scope.base, b->plan->arena, &filter, err);
    if (status != WEIR_OK) {
        wr__place_in_clause(&scope.base, clause, err);
        return status;
    }
    const wr_type *t = wr_expr_type(filter);
    if (t->id != WR_T_BOOLEAN) {
        wr_buf text = {0};
        wr__print_expr(b->an, &text, e);
        wr_error_at(err, WEIR_ERR_STATEMENT, e->pos,
                    "Type error in %s expression: Should evaluate to boolean but is %s (%s) "
                    "instead.\nStatement: %s",
                    clause, wr_buf_cstr(&text), wr_type_text(b->plan->arena, t),
                    wr_buf_cstr(&text));
        wr_buf_free(&text);
        return WEIR_ERR_STATEMENT;
    }
    wr_step *s = wr__new_step(b, WR_STEP_FILTER, st->step->table ? "TableFilter" : "StreamFilter",
                              context, st->step);
    s->u.filter = filter;
    st->step = s;
    return WEIR_OK;
}

/* ---- PARTITION BY ---- */

/* A new key for a stream. Nothing is done where the stream already has that key. There is no topic
 * between: the sink writes by the new key, and who reads the sink finds the rows partitioned. A
 * table cannot be re-keyed: the old key's row would stay for ever. `PARTITION BY NULL` takes the
 * key away: rows then go to any partition. */
static weir_status build_partition_by(wr__builder *b, wr__stage *st, weir_error *err)
{
    wr__analysis *an = b->an;
    const wr_ast_query *q = an->query;
    size_t n = q->partition_by_n;
    if (st->step->table) {
        wr_error_at(err, WEIR_ERR_STATEMENT, q->partition_by_pos,
                    "Cannot repartition a TABLE source. If this is a join, make sure that the "
                    "criteria uses the TABLE's key column %s instead of %s",
                    st->keys_n ? st->keys[0].name : "", an->partition_names[0]);
        return WEIR_ERR_STATEMENT;
    }
    bool same = n == st->keys_n;
    for (size_t i = 0; i < n; i++) {
        if (an->partition_by[i]->kind == WR_AST_NULL && n > 1)
            return wr_error_at(err, WEIR_ERR_STATEMENT, an->partition_by[i]->pos,
                               "Cannot PARTITION BY multiple columns including NULL");
        bool hit = false;
        for (size_t k = 0; same && k < st->keys[i].viable.n; k++)
            hit = hit || wr_ast_expr_equal(st->keys[i].viable.v[k], an->partition_by[i]);
        same = same && hit;
    }
    if (same)
        return WEIR_OK;
    if (st->window.kind != WR_WINDOW_NONE)
        return wr_error_at(err, WEIR_ERR_STATEMENT, q->partition_by_pos,
                           "Implicit repartitioning of windowed sources is not supported.");
    bool keyless = n == 1 && an->partition_by[0]->kind == WR_AST_NULL;
    return wr__build_select_key(b, st, an->partition_by, an->partition_names,
                                keyless ? 0 : (uint32_t)n, NULL, "StreamSelectKey", "PartitionBy",
                                err);
}

/* With ksqlDB's new planner, which is off unless a setting says otherwise, a stream's key is what
 * the projection has of it, in that order: `SELECT k2, v, k1` swaps two key columns, `SELECT v`
 * makes a stream without a key. Otherwise all key columns must be selected and keep their order.
 * Only for what that planner does: one stream, without windows, grouping or new keys. */
static weir_status build_selected_keys(wr__builder *b, wr__stage *st, weir_error *err)
{
    wr__analysis *an = b->an;
    const wr_ast_query *q = an->query;
    if (!an->persistent || an->relations_n > 1 || st->step->table || q->partition_by_n ||
        q->has_group_by || an->has_aggregates || st->window.kind != WR_WINDOW_NONE ||
        !wr_settings_bool(an->env->settings, "ksql.new.query.planner.enabled", false))
        return WEIR_OK;
    wr_arena *a = b->plan->arena;
    wr_ast_expr **keys = WR_NEW_N(a, wr_ast_expr *, st->keys_n);
    const char **names = WR_NEW_N(a, const char *, st->keys_n);
    bool *taken = WR_NEW_N(a, bool, st->keys_n);
    uint32_t n = 0;
    bool same = true;
    for (size_t i = 0; i < an->items.n; i++)
        for (uint32_t k = 0; k < st->keys_n; k++) {
            if (taken[k] || !wr_ast_expr_equal(st->keys[k].viable.v[0], an->items.v[i].expr))
                continue; /* the second of two is refused later */
            same = same && k == n;
            taken[k] = true;
            names[n] = st->keys[k].name;
            keys[n++] = an->items.v[i].expr;
        }
    if (same && n == st->keys_n)
        return WEIR_OK;
    return wr__build_select_key(b, st, keys, names, n, NULL, "StreamSelectKey", "SelectedKeys",
                                err);
}

/* ---- table functions ---- */

/* Not into the arguments of a call that was found: one inside another is refused by whoever
 * collects them. @p arg's list is in order of first mention, which is the order of columns and
 * states. */
bool wr__collect_call(void *arg, const wr_ast_expr *e)
{
    wr__calls *l = arg;
    if (e->kind != WR_AST_CALL)
        return true;
    const wr_function *f = wr_function_find(l->functions, wr_str_c(e->name.name));
    if (!f || f->kind != l->kind)
        return true;
    for (size_t i = 0; i < l->calls.n; i++)
        if (wr_ast_expr_equal(l->calls.v[i], e))
            return false;
    wr_arr_push(l->arena, &l->calls, e);
    return false;
}

/* A walk that looks for a call of a table function below certain nodes. Above them it looks for
 * such a node; once below one, for a call, and then it has the pair.
 *
 *     ABS(CASE WHEN a THEN EXPLODE(l) END)     outer CASE, found EXPLODE */
typedef struct misplaced {
    const wr_function_registry *functions;
    const wr_ast_expr *outer; /* CASE, a lambda, or a table function; NULL: not in one */
    const wr_ast_expr *found; /* the call in it */
} misplaced;

static bool is_table_function(const wr_function_registry *functions, const wr_ast_expr *e)
{
    const wr_function *f =
        e->kind == WR_AST_CALL ? wr_function_find(functions, wr_str_c(e->name.name)) : NULL;
    return f && f->kind == WR_FUNCTION_TABLE;
}

static bool find_misplaced(void *arg, const wr_ast_expr *e)
{
    misplaced *m = arg;
    if (m->found)
        return false;
    bool call = is_table_function(m->functions, e);
    if (m->outer && call) {
        m->found = e;
        return false;
    }
    if (m->outer || (e->kind != WR_AST_CASE && e->kind != WR_AST_LAMBDA && !call))
        return true;
    /* Below this node a call is wrong; the walk beside it goes on as before. */
    m->outer = e;
    for (size_t i = 0; i < e->args_n; i++)
        wr_ast_walk(e->args[i], find_misplaced, m);
    wr_ast_walk(e->else_, find_misplaced, m);
    if (!m->found)
        m->outer = NULL;
    return false;
}

/* Rows are made before any expression is computed: a call in a branch of CASE would make them
 * whatever the branch, one in a lambda not for each element, and one in another's argument would
 * have to be a step of its own. */
static weir_status check_table_functions(const wr__analysis *an, weir_error *err)
{
    misplaced m = {.functions = an->env->functions};
    for (size_t i = 0; i < an->items.n && !m.found; i++)
        wr_ast_walk(an->items.v[i].expr, find_misplaced, &m);
    if (!m.found)
        return WEIR_OK;
    WR_ASSERT(m.outer);
    const char *name = m.found->name.name;
    if (m.outer->kind != WR_AST_CALL)
        return wr_error_at(err, WEIR_ERR_STATEMENT, m.found->pos,
                           "Table functions cannot be used in %s: %s",
                           m.outer->kind == WR_AST_CASE ? "CASE" : "a lambda", name);
    return wr_error_at(err, WEIR_ERR_STATEMENT, m.found->pos,
                       "Table functions cannot be nested: %s(%s())", m.outer->name.name, name);
}

bool wr__has_table_function(const wr__analysis *an)
{
    wr__calls list = {
        .arena = an->arena, .functions = an->env->functions, .kind = WR_FUNCTION_TABLE};
    for (size_t i = 0; i < an->items.n; i++)
        wr_ast_walk(an->items.v[i].expr, wr__collect_call, &list);
    return list.calls.n > 0;
}

/* Table functions: all of the projection's go into one step, which makes as many rows as the
 * longest array has items. The expressions around them are computed above, on the rows that came
 * out. `SELECT EXPLODE(a) + 1` is a column KSQL_SYNTH_0 and a projection over it. */
static weir_status build_flat_map(wr__builder *b, wr__stage *st, weir_error *err)
{
    wr_arena *a = b->plan->arena;
    wr__calls list = {.arena = a, .functions = b->an->env->functions, .kind = WR_FUNCTION_TABLE};
    for (size_t i = 0; i < b->an->items.n; i++)
        wr_ast_walk(b->an->items.v[i].expr, wr__collect_call, &list);
    if (list.calls.n == 0)
        return WEIR_OK;
    WR_TRY(check_table_functions(b->an, err));
    if (st->step->table)
        return wr_error_at(err, WEIR_ERR_STATEMENT, list.calls.v[0]->pos,
                           "Table source is not supported with table functions");
    if (b->an->has_aggregates || b->an->query->has_group_by)
        return wr_error_at(err, WEIR_ERR_STATEMENT, list.calls.v[0]->pos,
                           "Table functions cannot be used with aggregations.");
    const wr_schema *in = st->step->schema;
    uint32_t n = (uint32_t)list.calls.n;
    wr_column *cols = WR_NEW_N(a, wr_column, in->n + n);
    wr_expr **arrays = WR_NEW_N(a, wr_expr *, n);
    memcpy(cols, in->cols, in->n * sizeof *cols);
    wr__stage_scope scope;
    wr__stage_scope_init(&scope, b, st);
    for (uint32_t i = 0; i < n; i++) {
        WR_TRY(wr_expr_compile_table_function(list.calls.v[i], &scope.base, a, &arrays[i], err));
        const wr_type *t = wr_expr_type(arrays[i]);
        WR_ASSERT(t->id == WR_T_ARRAY);
        cols[in->n + i] = (wr_column){
            .name = wr_arena_printf(a, "KSQL_SYNTH_%u", i), .type = t->elem, .role = WR_COL_VALUE};
    }
    wr_step *s = wr__new_step(b, WR_STEP_FLAT_MAP, "StreamFlatMap", "FlatMap", st->step);
    s->schema = wr_schema_new(a, cols, in->n + n);
    s->u.flat_map.arrays = arrays;
    s->u.flat_map.n = n;
    st->step = s;
    for (uint32_t i = 0; i < n; i++) {
        wr__computed c = {
            list.calls.v[i],
            {.kind = WR_REF_COLUMN, .index = in->n + i, .type = cols[in->n + i].type}};
        wr_arr_push(a, &st->computed, c);
    }
    return WEIR_OK;
}

/* The window is known before names are resolved, since it decides whether WINDOWSTART is one. All
 * slots are read from the sources: what no later step reads is dropped by the next re-keying, and a
 * column that only WHERE reads must still be decoded. */
weir_status wr__build_query(wr__builder *b, wr__stage *st, wr__result *result, weir_error *err)
{
    wr__analysis *an = b->an;
    const wr_ast_query *q = an->query;
    *result = (wr__result){0};
    WR_TRY(wr__window_of(an, &an->window, err));
    WR_TRY(wr__analyze(an, err));
    bool *used = WR_NEW_N(b->plan->arena, bool, an->slots.n);
    memset(used, 1, an->slots.n * sizeof *used);
    WR_TRY(wr__build_joins(b, used, st, err));
    wr_format_use source_key = st->key_format;
    if (an->where) {
        const wr_ast_expr *agg = wr_ast_find_aggregate(an->env->functions, an->where);
        if (agg)
            return wr_error_at(err, WEIR_ERR_STATEMENT, agg->pos,
                               "Aggregate functions are not allowed in the WHERE clause: %s",
                               agg->name.name);
        WR_TRY(build_filter(b, st, an->where, "WHERE", "WhereFilter", err));
    }
    if (q->partition_by_n && (q->has_group_by || an->has_aggregates))
        return wr_error_at(err, WEIR_ERR_STATEMENT, q->partition_by_pos,
                           "Only one of PARTITION BY or GROUP BY is allowed in a query");
    if (q->partition_by_n)
        WR_TRY(build_partition_by(b, st, err));
    WR_TRY(build_selected_keys(b, st, err));
    WR_TRY(build_flat_map(b, st, err));
    WR_TRY(wr__build_aggregate(b, st, err));
    WR_TRY(wr__check_non_aggregates(b, st, err));
    if (an->having)
        WR_TRY(build_filter(b, st, an->having, "HAVING", "HavingFilter", err));
    WR_TRY(an->persistent ? wr__build_persistent_select(b, st, result, err)
                          : wr__build_transient_select(b, st, result, err));
    result->table = st->step->table;
    result->window = st->window;
    result->key_format = source_key;
    result->key_changed = q->partition_by_n || q->has_group_by || q->joins_n;
    return WEIR_OK;
}
