/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A query's steps in the dialect's order of evaluation (dialect.md section 9):
 * FROM/JOIN, WHERE, PARTITION BY, table functions, GROUP BY and aggregates, HAVING, SELECT; and the
 * rules about the key of the result (9.3).
 */
#include "engine/plan/analysis.h"
#include "engine/plan/durations.h"
#include "parser/parser.h"

#include <stdio.h>

/* HOPPING: a row is kept in each of its windows, so a statement that would put it into more than
 * this is a mistake of a unit, and would take all the memory there is. */
#define WINDOWS_PER_ROW_MAX 100000

/* ---- WHERE, HAVING ---- */

static weir_status build_filter(wr__builder *b, wr__stage *st, const wr_ast_expr *e,
                                const char *clause, const char *context, weir_error *err)
{
    wr__stage_scope scope;
    wr_expr *filter;
    wr__stage_scope_init(&scope, b, st);
    weir_status status = wr_expr_compile(e, &scope.base, b->plan->arena, &filter, err);
    if (status != WEIR_OK) {
        wr_error_prefix(err, "Error in %s expression: ", clause);
        return status;
    }
    const wr_type *t = wr_expr_type(filter);
    if (t->id != WR_T_BOOLEAN) {
        wr_buf text = {0};
        wr__print_expr(b->an, &text, e);
        wr_error_at(err, WEIR_ERR_STATEMENT, e->pos,
                    "Type error in %s expression: Should evaluate to boolean but is %s (%s) "
                    "instead.",
                    clause, wr_buf_cstr(&text), wr_type_text(b->plan->arena, t));
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

/* ---- table functions ---- */

typedef struct call_list {
    wr_arr(const wr_ast_expr *) calls;
    wr_arena *arena;
    wr_function_kind kind;
} call_list;

static bool collect_call(void *arg, const wr_ast_expr *e)
{
    call_list *l = arg;
    if (e->kind != WR_AST_CALL)
        return true;
    const wr_function *f = wr_function_find(wr_str_c(e->name.name));
    if (!f || f->kind != l->kind)
        return true;
    for (size_t i = 0; i < l->calls.n; i++)
        if (wr_ast_expr_equal(l->calls.v[i], e))
            return false;
    wr_arr_push(l->arena, &l->calls, e);
    return false; /* nested ones are refused when the call is compiled */
}

static weir_status build_flat_map(wr__builder *b, wr__stage *st, weir_error *err)
{
    wr_arena *a = b->plan->arena;
    call_list list = {.arena = a, .kind = WR_FUNCTION_TABLE};
    for (size_t i = 0; i < b->an->items.n; i++)
        wr_ast_walk(b->an->items.v[i].expr, collect_call, &list);
    if (list.calls.n == 0)
        return WEIR_OK;
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

/* ---- GROUP BY ---- */

static weir_status window_of(const wr__analysis *an, wr_window *w, weir_error *err)
{
    const wr_ast_window *in = an->query->window;
    *w = (wr_window){0};
    if (!in)
        return WEIR_OK;
    static const wr_window_kind kinds[] = {
        [WR_AST_WINDOW_TUMBLING] = WR_WINDOW_TUMBLING,
        [WR_AST_WINDOW_HOPPING] = WR_WINDOW_HOPPING,
        [WR_AST_WINDOW_SESSION] = WR_WINDOW_SESSION,
    };
    w->kind = kinds[in->kind];
    bool good = wr_ast_duration_ms(&in->size, &w->size_ms);
    w->advance_ms = w->size_ms;
    if (w->kind == WR_WINDOW_HOPPING)
        good = good && wr_ast_duration_ms(&in->advance, &w->advance_ms);
    w->emit_final = an->query->emit == WR_AST_EMIT_FINAL;
    if (in->has_grace)
        good = good && wr_ast_duration_ms(&in->grace, &w->grace_ms);
    if (!good || w->size_ms <= 0)
        return wr_error_at(err, WEIR_ERR_STATEMENT, in->pos,
                           "Invalid window: sizes must be positive and fit 64-bit milliseconds");
    if (!in->has_grace && !w->emit_final)
        w->grace_ms = wr__ms_less(WR__DAY_MS, w->size_ms);
    if (w->advance_ms <= 0 || w->advance_ms > w->size_ms)
        return wr_error_at(err, WEIR_ERR_STATEMENT, in->pos,
                           "Window advance must be more than zero and at most the window's size");
    if (w->size_ms / w->advance_ms >= WINDOWS_PER_ROW_MAX)
        return wr_error_at(err, WEIR_ERR_LIMIT, in->advance.pos,
                           "A row would be in %lld windows: the window's size may be at most %d "
                           "times its advance",
                           (long long)(w->size_ms / w->advance_ms), WINDOWS_PER_ROW_MAX);
    int64_t whole_ms = wr__ms_add(w->size_ms, w->grace_ms);
    /* Without a GRACE PERIOD the store keeps a day, also where EMIT FINAL closes windows at once.
     */
    w->retention_ms = in->has_grace ? whole_ms : WR_MAX(WR__DAY_MS, w->size_ms);
    if (in->has_retention) {
        int64_t given;
        if (!wr_ast_duration_ms(&in->retention, &given))
            return wr_error_at(err, WEIR_ERR_STATEMENT, in->pos, "Retention out of range");
        if (given < whole_ms)
            return wr_error_at(err, WEIR_ERR_STATEMENT, in->retention.pos,
                               "The window retention period should not be smaller than window size "
                               "plus grace period. Got retention %lld ms, size %lld ms, grace %lld "
                               "ms",
                               (long long)given, (long long)w->size_ms, (long long)w->grace_ms);
        w->retention_ms = given;
    }
    return WEIR_OK;
}

static weir_status check_grouping(wr__builder *b, const wr__stage *st, weir_error *err)
{
    wr__analysis *an = b->an;
    const wr_ast_query *q = an->query;
    if (q->window && !q->has_group_by)
        return wr_error_at(err, WEIR_ERR_STATEMENT, q->window->pos,
                           "WINDOW clause requires a GROUP BY clause.");
    if (q->has_group_by && !an->has_aggregates)
        return wr_error_at(err, WEIR_ERR_STATEMENT, q->group_by_pos,
                           "GROUP BY requires aggregate functions in either the SELECT or HAVING "
                           "clause.");
    if (q->emit == WR_AST_EMIT_FINAL && (!q->window || !an->has_aggregates))
        return wr_error_at(err, WEIR_ERR_STATEMENT, q->emit_pos,
                           "EMIT FINAL is only supported for windowed aggregations.");
    if (q->emit == WR_AST_EMIT_FINAL &&
        !wr_settings_bool(an->env->settings, "ksql.suppress.enabled", true))
        return wr_error_at(err, WEIR_ERR_STATEMENT, q->emit_pos,
                           "Suppression is currently disabled: set 'ksql.suppress.enabled'");
    if (!an->has_aggregates)
        return an->having ? wr_error_at(err, WEIR_ERR_STATEMENT, q->having_pos,
                                        "HAVING requires aggregate functions and a GROUP BY clause")
                          : WEIR_OK;
    if (q->window && st->step->table)
        return wr_error_at(err, WEIR_ERR_STATEMENT, q->window->pos,
                           "WINDOW clause is not supported: Windowing not supported for table "
                           "aggregations.");
    if (q->has_group_by && q->group_by_n == 0)
        return wr_error_at(err, WEIR_ERR_STATEMENT, q->group_by_pos,
                           "GROUP BY requires at least one expression");
    for (uint32_t i = 0; i < an->relations_n; i++)
        if (an->relations[i].value.format->id == WR_FORMAT_KAFKA)
            return wr_error_at(err, WEIR_ERR_STATEMENT, q->group_by_pos,
                               "Source(s) %s are using the 'KAFKA' value format. This format does "
                               "not yet support GROUP BY.",
                               an->relations[i].name);
    return WEIR_OK;
}

/* Text "[COUNT(ROWTIME), SUM(X)]" of the aggregates, for one message. */
static weir_status refuse_no_group(wr__builder *b, const call_list *aggs, weir_error *err)
{
    wr_buf text = {0};
    for (size_t i = 0; i < aggs->calls.n; i++) {
        if (i)
            wr_buf_puts(&text, ", ");
        wr__print_expr(b->an, &text, aggs->calls.v[i]);
    }
    wr_error_at(err, WEIR_ERR_STATEMENT, aggs->calls.v[0]->pos,
                "CREATE TABLE AS SELECT statement does not support aggregate function [%s] without "
                "a GROUP BY clause.",
                wr_buf_cstr(&text));
    wr_buf_free(&text);
    return WEIR_ERR_STATEMENT;
}

/* Re-key by the grouping expressions. */
static weir_status build_group_key(wr__builder *b, wr__stage *st, const bool *used, weir_error *err)
{
    wr__analysis *an = b->an;
    uint32_t n = (uint32_t)an->query->group_by_n;
    wr_ast_expr **keys = an->group_by;
    const char **names = an->group_names;
    if (!an->query->has_group_by) { /* one global group */
        wr_ast_expr *zero = WR_NEW(b->plan->arena, wr_ast_expr);
        zero->kind = WR_AST_INTEGER;
        keys = WR_NEW(b->plan->arena, wr_ast_expr *);
        names = WR_NEW(b->plan->arena, const char *);
        keys[0] = zero;
        names[0] = "KSQL_GROUP";
        n = 1;
    }
    bool same = n == st->keys_n && st->window.kind == WR_WINDOW_NONE;
    for (uint32_t i = 0; i < n && same; i++) {
        bool hit = false;
        for (size_t k = 0; k < st->keys[i].viable.n; k++)
            hit = hit || wr_ast_expr_equal(st->keys[i].viable.v[k], keys[i]);
        same = hit;
    }
    bool key_fixed = st->key_fixed;
    if (st->window.kind != WR_WINDOW_NONE && !st->step->table)
        return wr_error_at(err, WEIR_ERR_STATEMENT, an->query->group_by_pos,
                           "Implicit repartitioning of windowed sources is not supported.");
    for (size_t k = 0; k < an->slots.n; k++)
        if (st->available[k] && used[k] && st->slots[k].kind != WR_REF_COLUMN &&
            st->slots[k].kind != WR_REF_ROWTIME && !same) {
            /* Pseudo columns do not survive the topic: make columns of them. The group keys need
             * their slots as well. */
            bool *keep = WR_NEW_N(b->plan->arena, bool, an->slots.n);
            memcpy(keep, used, an->slots.n * sizeof *keep);
            for (uint32_t i = 0; i < n; i++)
                wr__mark_slots(an, keys[i], keep);
            WR_TRY(wr__build_materialize(b, st, keep, err));
            break;
        }
    wr_format_use format = st->key_format;
    bool table = st->step->table;
    WR_TRY(wr__build_select_key(b, st, keys, names, n, used,
                                table  ? "TableGroupBy"
                                : same ? "StreamGroupByKey"
                                       : "StreamGroupBy",
                                "GroupBy", err));
    if (!same || !key_fixed)
        wr__build_repartition(b, st, &format, "Aggregate-GroupBy");
    else
        st->key_fixed = true;
    return WEIR_OK;
}

static weir_status check_undo(wr__builder *b, const wr_step_aggregate *agg, weir_error *err)
{
    wr_buf names = {0};
    for (uint32_t i = 0; i < agg->aggregates_n; i++)
        if (!agg->calls[i]->impl->undo)
            wr_buf_printf(&names, "%s%s", names.len ? ", " : "", agg->calls[i]->fn->name);
    if (!names.len)
        return WEIR_OK;
    wr_error_at(err, WEIR_ERR_STATEMENT, b->an->query->group_by_pos,
                "The aggregation function(s) %s cannot be applied to a table source, only to a "
                "stream source.",
                wr_buf_cstr(&names));
    wr_buf_free(&names);
    return WEIR_ERR_STATEMENT;
}

static int64_t function_limit(const wr__analysis *an, const char *name)
{
    char setting[128];
    snprintf(setting, sizeof setting, "ksql.functions.%s.limit", name);
    for (char *c = setting; *c; c++)
        *c = wr_lower(*c);
    return wr_settings_int(an->env->settings, setting, INT64_MAX);
}

static weir_status compile_aggregates(wr__builder *b, wr__stage *st, const call_list *aggs,
                                      wr_step_aggregate *cfg, weir_error *err)
{
    wr_arena *a = b->plan->arena;
    wr__stage_scope scope;
    wr__stage_scope_init(&scope, b, st);
    scope.base.allow_aggregates = true;
    cfg->aggregates_n = (uint32_t)aggs->calls.n;
    cfg->calls = WR_NEW_N(a, wr_agg_call *, cfg->aggregates_n);
    cfg->args = WR_NEW_N(a, wr_expr **, cfg->aggregates_n);
    cfg->calls_ast = aggs->calls.v;
    for (uint32_t i = 0; i < cfg->aggregates_n; i++) {
        const wr_ast_expr *call = aggs->calls.v[i];
        WR_TRY(wr_expr_compile_aggregate(call, &scope.base, function_limit(b->an, call->name.name),
                                         a, &cfg->calls[i], &cfg->args[i], err));
    }
    return cfg->input_table ? check_undo(b, cfg, err) : WEIR_OK;
}

/* After the aggregation, only keys, results and window bounds can be named. */
static void aggregated_stage(wr__builder *b, wr__stage *st, const call_list *aggs)
{
    wr_arena *a = b->plan->arena;
    const wr_schema *schema = st->step->schema;
    memset(st->available, 0, b->an->slots.n * sizeof *st->available);
    st->computed.n = 0;
    for (uint32_t i = 0; i < st->keys_n; i++)
        for (size_t k = 0; k < st->keys[i].viable.n; k++) {
            wr__computed c = {st->keys[i].viable.v[k],
                              {.kind = WR_REF_COLUMN, .index = i, .type = schema->cols[i].type}};
            wr_arr_push(a, &st->computed, c);
        }
    for (uint32_t i = 0; i < aggs->calls.n; i++) {
        uint32_t col = st->keys_n + i;
        wr__computed c = {aggs->calls.v[i],
                          {.kind = WR_REF_COLUMN, .index = col, .type = schema->cols[col].type}};
        wr_arr_push(a, &st->computed, c);
    }
    for (size_t k = 0; k < b->an->slots.n; k++) {
        const wr__slot *s = &b->an->slots.v[k];
        if (!s->window_result)
            continue;
        st->available[k] = true;
        st->slots[k] = (wr_ref){.kind = s->kind, .type = s->type};
    }
}

/* wr_step_repartition.combine */
static bool may_combine(const wr_step_aggregate *cfg)
{
    bool may =
        !cfg->input_table && !cfg->window.emit_final && cfg->window.kind != WR_WINDOW_SESSION;
    for (uint32_t i = 0; i < cfg->aggregates_n; i++)
        may = may && wr_agg_combines(cfg->calls[i]);
    return may;
}

static weir_status build_aggregate(wr__builder *b, wr__stage *st, weir_error *err)
{
    wr__analysis *an = b->an;
    wr_arena *a = b->plan->arena;
    WR_TRY(check_grouping(b, st, err));
    if (!an->has_aggregates)
        return WEIR_OK;
    call_list aggs = {.arena = a, .kind = WR_FUNCTION_AGGREGATE};
    for (size_t i = 0; i < an->items.n; i++)
        wr_ast_walk(an->items.v[i].expr, collect_call, &aggs);
    if (an->having)
        wr_ast_walk(an->having, collect_call, &aggs);
    if (!an->query->has_group_by && an->persistent)
        return refuse_no_group(b, &aggs, err);
    bool *used = WR_NEW_N(a, bool, an->slots.n);
    for (size_t i = 0; i < aggs.calls.n; i++)
        wr__mark_slots(an, aggs.calls.v[i], used);
    bool table = st->step->table;
    WR_TRY(build_group_key(b, st, used, err));
    bool windowed = an->window.kind != WR_WINDOW_NONE;
    wr_step *in = st->step;
    wr_step *s = wr__new_step(b, WR_STEP_AGGREGATE,
                              table      ? "TableAggregate"
                              : windowed ? "StreamWindowedAggregate"
                                         : "StreamAggregate",
                              "Aggregate", in);
    s->table = true;
    s->windowed = windowed;
    wr_step_aggregate *cfg = &s->u.aggregate;
    cfg->window = an->window;
    cfg->input_table = table;
    WR_TRY(compile_aggregates(b, st, &aggs, cfg, err));
    uint32_t n = st->keys_n + cfg->aggregates_n;
    wr_column *cols = WR_NEW_N(a, wr_column, n);
    memcpy(cols, in->schema->cols, st->keys_n * sizeof *cols);
    for (uint32_t i = 0; i < cfg->aggregates_n; i++)
        cols[st->keys_n + i] = (wr_column){.name = wr_arena_printf(a, "KSQL_AGG_VARIABLE_%u", i),
                                           .type = cfg->calls[i]->ret,
                                           .role = WR_COL_VALUE};
    s->schema = wr_schema_new(a, cols, n);
    st->step = s;
    st->window = an->window;
    aggregated_stage(b, st, &aggs);
    if (in->kind == WR_STEP_REPARTITION && may_combine(cfg))
        in->u.repartition.combine = s;
    if (an->window.emit_final) {
        wr_step *f = wr__new_step(b, WR_STEP_SUPPRESS, "TableSuppress", "Suppress", s);
        f->u.suppress.window = an->window;
        f->u.suppress.emit_interval_ms = wr_settings_int(
            an->env->settings, "ksql.streams.__emit.interval.ms.kstreams.windowed.aggregation__",
            1000);
        st->step = f;
    }
    return WEIR_OK;
}

/* ---- non-aggregate expressions over the result of an aggregation ---- */

static bool is_computed(const wr__stage *st, const wr_ast_expr *e)
{
    for (size_t i = 0; i < st->computed.n; i++)
        if (wr_ast_expr_equal(st->computed.v[i].expr, e))
            return true;
    return false;
}

typedef struct group_check {
    const wr__builder *b;
    const wr__stage *st;
    bool bad;
} group_check;

static bool check_grouped(void *arg, const wr_ast_expr *e)
{
    group_check *c = arg;
    if (is_computed(c->st, e))
        return false;
    if (e->kind == WR_AST_COLUMN) {
        int slot = wr__find_slot(c->b->an, e);
        if (slot >= 0 && !c->st->available[slot])
            c->bad = true;
    }
    return true;
}

static weir_status check_non_aggregates(wr__builder *b, const wr__stage *st, weir_error *err)
{
    wr__analysis *an = b->an;
    if (!an->has_aggregates)
        return WEIR_OK;
    wr_buf bad = {0};
    for (size_t i = 0; i < an->items.n; i++) {
        group_check c = {b, st, false};
        wr_ast_walk(an->items.v[i].expr, check_grouped, &c);
        if (!c.bad)
            continue;
        if (bad.len)
            wr_buf_puts(&bad, ", ");
        wr__print_expr(an, &bad, an->items.v[i].expr);
    }
    weir_status status = WEIR_OK;
    if (bad.len)
        status = wr_error_at(err, WEIR_ERR_STATEMENT, an->items.v[0].pos,
                             "Non-aggregate SELECT expression(s) not part of GROUP BY: %s\nEither "
                             "add the column(s) to the GROUP BY or remove them from the SELECT.",
                             wr_buf_cstr(&bad));
    if (an->having && status == WEIR_OK) {
        group_check c = {b, st, false};
        wr_ast_walk(an->having, check_grouped, &c);
        if (c.bad) {
            wr__print_expr(an, &bad, an->having);
            status =
                wr_error_at(err, WEIR_ERR_STATEMENT, an->query->having_pos,
                            "Non-aggregate HAVING expression not part of GROUP BY: %s\n"
                            "Consider switching the HAVING clause to a WHERE clause before the "
                            "GROUP BY for row-based filters.",
                            wr_buf_cstr(&bad));
        }
    }
    wr_buf_free(&bad);
    return status;
}

/* ---- SELECT ---- */

static weir_status compile_item(wr__builder *b, wr__stage *st, const wr__item *item, wr_expr **out,
                                weir_error *err)
{
    wr__stage_scope scope;
    wr__stage_scope_init(&scope, b, st);
    WR_TRY(wr_expr_compile(item->expr, &scope.base, b->plan->arena, out, err));
    if (wr_expr_type(*out)->id == WR_T_NULL)
        return wr_error_at(err, WEIR_ERR_STATEMENT, item->pos,
                           "Can't infer a type of null. Please explicitly cast it to a required "
                           "type, e.g. CAST(null AS VARCHAR).");
    return WEIR_OK;
}

static bool matches_key(const wr__key *key, const wr_ast_expr *e)
{
    for (size_t i = 0; i < key->viable.n; i++)
        if (wr_ast_expr_equal(key->viable.v[i], e))
            return true;
    return false;
}

static void put_key_texts(wr__builder *b, const wr__stage *st, wr_buf *all, wr_buf *each,
                          uint32_t *n)
{
    wr_buf *bufs[] = {all, each};
    uint32_t total = 0, k = 0;
    for (uint32_t i = 0; i < st->keys_n; i++)
        total += (uint32_t)WR_MAX(st->keys[i].viable.n, (size_t)1);
    for (uint32_t i = 0; i < st->keys_n; i++) {
        for (size_t v = 0; v < WR_MAX(st->keys[i].viable.n, (size_t)1); v++, k++) {
            const wr_ast_expr *e = st->keys[i].viable.n ? st->keys[i].viable.v[v] : NULL;
            const char *last = b->an->query->joins_n ? " or " : " and ";
            for (int w = 0; w < 2; w++) {
                if (w == 1 && b->an->query->joins_n && k > 0)
                    continue;
                if (k)
                    wr_buf_puts(bufs[w], w == 0 && k + 1 == total ? last : ", ");
                if (e && !st->keys[i].synthetic)
                    wr__print_expr(b->an, bufs[w], e);
                else
                    wr_buf_puts(bufs[w], st->keys[i].name);
            }
        }
    }
    *n = total;
}

/* The left table's key, all of it, is the key of a foreign-key join. */
static const char *fk_left_name(const wr__builder *b)
{
    for (size_t i = 0; i < b->steps.n; i++)
        if (b->steps.v[i]->kind == WR_STEP_FK_JOIN)
            return b->an->relations[0].name;
    return NULL;
}

static weir_status missing_key(wr__builder *b, const wr__stage *st, uint32_t key, weir_error *err)
{
    const wr_ast_query *q = b->an->query;
    if (fk_left_name(b) && b->joins_n == 1)
        return wr_error_at(err, WEIR_ERR_STATEMENT, q->pos,
                           "Primary key column missing in projection. For foreign-key table-table "
                           "joins, the projection must include all primary key columns from the "
                           "left input table (`%s`). Missing column: `%s`.",
                           fk_left_name(b), st->keys[key].name);
    wr_buf all = {0}, each = {0};
    uint32_t n;
    put_key_texts(b, st, &all, &each, &n);
    const char *what = q->has_group_by     ? "grouping expression"
                       : q->partition_by_n ? "partitioning expression"
                       : q->joins_n        ? "join expression"
                                           : "key column";
    const char *note = st->keys[0].synthetic
                           ? "\nROWKEY was added as a synthetic key column because the join "
                             "criteria did not match any source column. This expression must be "
                             "included in the projection and may be aliased."
                           : "";
    wr_error_at(err, WEIR_ERR_STATEMENT, q->pos,
                "Key missing from projection (ie, SELECT).\nThe query used to build `%s` must "
                "include the %s%s %s in its projection (eg, SELECT %s...).%s",
                b->an->sink_name, what, n > 1 ? "s" : "", wr_buf_cstr(&all), wr_buf_cstr(&each),
                note);
    wr_buf_free(&all);
    wr_buf_free(&each);
    return WEIR_ERR_STATEMENT;
}

static weir_status key_twice(const wr__analysis *an, const wr__key *key, uint32_t first,
                             uint32_t again, weir_error *err)
{
    return wr_error_at(err, WEIR_ERR_STATEMENT, an->items.v[again].pos,
                       "The projection contains a key column (`%s`) more than once, aliased as: %s "
                       "and %s.\nEach key column must only be in the projection once. If you "
                       "intended to copy the key into the value, then consider using the AS_VALUE "
                       "function to indicate which key reference should be copied.",
                       key->name, an->items.v[first].name, an->items.v[again].name);
}

/* Which item is which key column: item_of_key[k], and is_key[item]. */
static weir_status find_keys(wr__builder *b, const wr__stage *st, uint32_t *item_of_key,
                             bool *item_is_key, weir_error *err)
{
    wr__analysis *an = b->an;
    for (uint32_t k = 0; k < st->keys_n; k++) {
        const wr__key *key = &st->keys[k];
        bool found = false;
        /* The first viable column that is selected is the key; its equals become values. */
        for (size_t v = 0; v < key->viable.n && !found; v++) {
            for (uint32_t i = 0; i < an->items.n; i++) {
                if (!wr_ast_expr_equal(key->viable.v[v], an->items.v[i].expr))
                    continue;
                if (found)
                    return key_twice(an, key, item_of_key[k], i, err);
                item_of_key[k] = i;
                item_is_key[i] = true;
                found = true;
            }
        }
        if (!found)
            return missing_key(b, st, k, err);
    }
    return WEIR_OK;
}

/* WINDOWSTART and WINDOWEND as they are: part of the key already, so no value columns. */
static bool is_bare_bound(const wr__builder *b, const wr__stage *st, const wr__item *item)
{
    int slot = wr__find_slot(b->an, item->expr);
    if (slot < 0 || item->aliased || st->window.kind == WR_WINDOW_NONE)
        return false;
    wr_ref_kind k = b->an->slots.v[slot].kind;
    return k == WR_REF_WINDOWSTART || k == WR_REF_WINDOWEND;
}

static weir_status check_names(wr__builder *b, const wr_column *cols, uint32_t n, uint32_t keys_n,
                               weir_error *err)
{
    for (uint32_t i = 0; i < n; i++) {
        if (i >= keys_n && wr__is_pseudo_name(cols[i].name))
            return wr_error_at(err, WEIR_ERR_STATEMENT, b->an->query->pos,
                               "Reserved column name in select: `%s`. Please remove or alias the "
                               "column.",
                               cols[i].name);
        for (uint32_t k = 0; k < i; k++) {
            if (strcmp(cols[i].name, cols[k].name) != 0)
                continue;
            const char *text = wr_type_text(b->plan->arena, cols[i].type);
            if (k < keys_n && i >= keys_n)
                return wr_error_at(err, WEIR_ERR_STATEMENT, b->an->query->pos,
                                   "Value columns clash with key columns: `%s`", cols[i].name);
            return wr_error_at(err, WEIR_ERR_STATEMENT, b->an->query->pos,
                               "Duplicate %s columns found in schema: `%s` %s",
                               i < keys_n ? "key" : "value", cols[i].name, text);
        }
    }
    return WEIR_OK;
}

static weir_status build_persistent_select(wr__builder *b, wr__stage *st, wr__result *result,
                                           weir_error *err)
{
    wr__analysis *an = b->an;
    wr_arena *a = b->plan->arena;
    uint32_t n = (uint32_t)an->items.n, keys_n = st->keys_n, total = keys_n;
    uint32_t *item_of_key = WR_NEW_N(a, uint32_t, keys_n);
    bool *item_is_key = WR_NEW_N(a, bool, n);
    wr_column *cols = WR_NEW_N(a, wr_column, keys_n + n);
    wr_expr **exprs = WR_NEW_N(a, wr_expr *, keys_n + n);
    WR_TRY(find_keys(b, st, item_of_key, item_is_key, err));
    for (uint32_t k = 0; k < keys_n; k++) {
        const wr_column *in = &st->step->schema->cols[k];
        cols[k] = (wr_column){
            .name = an->items.v[item_of_key[k]].name, .type = in->type, .role = WR_COL_KEY};
        exprs[k] = wr_expr_ref(a, &(wr_ref){.kind = WR_REF_COLUMN, .index = k, .type = in->type});
    }
    for (uint32_t i = 0; i < n; i++) {
        const wr__item *item = &an->items.v[i];
        if (item_is_key[i] || is_bare_bound(b, st, item))
            continue;
        WR_TRY(compile_item(b, st, item, &exprs[total], err));
        cols[total] = (wr_column){
            .name = item->name, .type = wr_expr_type(exprs[total]), .role = WR_COL_VALUE};
        total++;
    }
    WR_TRY(check_names(b, cols, total, keys_n, err));
    if (total == keys_n)
        return wr_error_at(err, WEIR_ERR_STATEMENT, an->query->pos,
                           "The projection contains no value columns.");
    wr_step *s = wr__new_step(b, WR_STEP_SELECT, st->step->table ? "TableSelect" : "StreamSelect",
                              "Project", st->step);
    s->schema = wr_schema_new(a, cols, total);
    s->u.select = exprs;
    st->step = s;
    result->schema = s->schema;
    return WEIR_OK;
}

/* A transient result: the key columns stay in front (deletions need them), then every item. */
static weir_status build_transient_select(wr__builder *b, wr__stage *st, wr__result *result,
                                          weir_error *err)
{
    wr__analysis *an = b->an;
    wr_arena *a = b->plan->arena;
    uint32_t n = (uint32_t)an->items.n, keys_n = st->keys_n;
    wr_column *cols = WR_NEW_N(a, wr_column, keys_n + n);
    wr_column *shown = WR_NEW_N(a, wr_column, n);
    wr_expr **exprs = WR_NEW_N(a, wr_expr *, keys_n + n);
    bool *is_key = WR_NEW_N(a, bool, n);
    uint32_t *collect = WR_NEW_N(a, uint32_t, n);
    for (uint32_t k = 0; k < keys_n; k++) {
        cols[k] = st->step->schema->cols[k];
        cols[k].name = wr_arena_printf(a, "KSQL_KEY_%u", k);
        exprs[k] =
            wr_expr_ref(a, &(wr_ref){.kind = WR_REF_COLUMN, .index = k, .type = cols[k].type});
    }
    for (uint32_t i = 0; i < n; i++) {
        const wr__item *item = &an->items.v[i];
        uint32_t c = keys_n + i;
        WR_TRY(compile_item(b, st, item, &exprs[c], err));
        cols[c] =
            (wr_column){.name = item->name, .type = wr_expr_type(exprs[c]), .role = WR_COL_VALUE};
        shown[i] = cols[c];
        collect[i] = c;
        for (uint32_t k = 0; k < keys_n; k++) {
            if (!matches_key(&st->keys[k], item->expr))
                continue;
            is_key[i] = true;
            collect[i] = k;
        }
        for (uint32_t k = 0; k < i; k++)
            if (strcmp(shown[k].name, item->name) == 0)
                return wr_error_at(err, WEIR_ERR_STATEMENT, item->pos,
                                   "Duplicate value columns found in schema: `%s` %s", item->name,
                                   wr_type_text(a, shown[i].type));
    }
    wr_step *s = wr__new_step(b, WR_STEP_SELECT, st->step->table ? "TableSelect" : "StreamSelect",
                              "Project", st->step);
    s->schema = wr_schema_new(a, cols, keys_n + n);
    s->u.select = exprs;
    st->step = s;
    b->plan->result = wr_schema_new(a, shown, n);
    b->plan->result_is_key = is_key;
    b->plan->collect = collect;
    result->schema = s->schema;
    return WEIR_OK;
}

weir_status wr__build_query(wr__builder *b, wr__stage *st, wr__result *result, weir_error *err)
{
    wr__analysis *an = b->an;
    const wr_ast_query *q = an->query;
    *result = (wr__result){0};
    WR_TRY(window_of(an, &an->window, err));
    WR_TRY(wr__analyze(an, err));
    bool *used = WR_NEW_N(b->plan->arena, bool, an->slots.n);
    memset(used, 1, an->slots.n * sizeof *used);
    WR_TRY(wr__build_joins(b, used, st, err));
    wr_format_use source_key = st->key_format;
    if (an->where) {
        const wr_ast_expr *agg = wr_ast_find_aggregate(an->where);
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
    WR_TRY(build_flat_map(b, st, err));
    WR_TRY(build_aggregate(b, st, err));
    WR_TRY(check_non_aggregates(b, st, err));
    if (an->having)
        WR_TRY(build_filter(b, st, an->having, "HAVING", "HavingFilter", err));
    WR_TRY(an->persistent ? build_persistent_select(b, st, result, err)
                          : build_transient_select(b, st, result, err));
    result->table = st->step->table;
    result->window = st->window;
    result->key_format = source_key;
    result->key_changed = q->partition_by_n || q->has_group_by || q->joins_n;
    return WEIR_OK;
}
