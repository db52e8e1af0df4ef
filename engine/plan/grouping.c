/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GROUP BY: windows, the new key, the aggregates; and what may be selected of their result
 * (dialect.md sections 10 and 12).
 *
 *     ... ─ SelectKey (GROUP BY) ─ Repartition ─ Aggregate ─ Suppress (EMIT FINAL)
 *           the grouping            where the     a row for each group (and window):
 *           expressions             key changes   its keys, then one column for each aggregate
 *
 * After it only these columns are available in the stage. An aggregate that is mentioned twice is
 * one column, whether it stands in SELECT or in HAVING.
 */
#include "engine/plan/analysis.h"
#include "engine/plan/durations.h"
#include "parser/parser.h"

#include <stdio.h>

/* HOPPING: a row is kept in each of its windows, so a statement that would put it into more than
 * this is a mistake of a unit, and would take all the memory there is. */
#define WINDOWS_PER_ROW_MAX 100000

/* Advance and size of windows that are not sessions, whose sizes are positive. */
static weir_status check_advance(const wr_ast_window *in, const wr_window *w, weir_error *err)
{
    WR_ASSERT(w->kind != WR_WINDOW_SESSION && w->size_ms > 0);
    if (w->advance_ms <= 0 || w->advance_ms > w->size_ms)
        return wr_error_at(err, WEIR_ERR_STATEMENT, in->pos,
                           "Window advance must be more than zero and at most the window's size");
    int64_t windows = w->size_ms / w->advance_ms;
    if (windows < WINDOWS_PER_ROW_MAX)
        return WEIR_OK;
    return wr_error_at(err, WEIR_ERR_LIMIT, in->advance.pos,
                       "A row would be in %lld windows: the window's size may be at most %d times "
                       "its advance",
                       (long long)windows, WINDOWS_PER_ROW_MAX);
}

/* The WINDOW clause in milliseconds, with defaults (dialect.md section 10): grace is what is left
 * of a day, except for EMIT FINAL, which would otherwise say nothing for a day. Kafka Streams'
 * TimeWindows has the same default grace. Sizes are checked before sums are made: a size that does
 * not fit is refused, a sum that does not fit is for ever (durations.h).
 *
 *     TUMBLING (SIZE 1 HOUR)                      grace 23 h, retention 24 h
 *     TUMBLING (SIZE 1 HOUR), EMIT FINAL          grace 0, retention 24 h
 *     TUMBLING (SIZE 1 HOUR, GRACE PERIOD 1 HOUR) grace 1 h, retention 2 h */
weir_status wr__window_of(const wr__analysis *an, wr_window *w, weir_error *err)
{
    const wr_ast_window *in = an->query->window;
    *w = (wr_window){0};
    if (!in)
        return WEIR_OK;
    /* The parser's kinds have no NONE. */
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
    /* A session without a gap is made of the rows of one time. */
    if (!good || w->size_ms < (w->kind == WR_WINDOW_SESSION ? 0 : 1))
        return wr_error_at(err, WEIR_ERR_STATEMENT, in->pos,
                           "Invalid window: sizes must be positive and fit 64-bit milliseconds");
    if (!in->has_grace && !w->emit_final)
        w->grace_ms = wr__ms_less(WR__DAY_MS, w->size_ms);
    if (w->kind != WR_WINDOW_SESSION)
        WR_TRY(check_advance(in, w, err));
    int64_t whole_ms = wr__ms_add(w->size_ms, w->grace_ms);
    /* Without a GRACE PERIOD the store keeps a day, also where EMIT FINAL closes windows at once.
     */
    w->retention_ms = in->has_grace ? WR_MAX(whole_ms, 1) : WR_MAX(WR__DAY_MS, w->size_ms);
    WR_ASSERT(w->grace_ms >= 0 && w->retention_ms >= w->size_ms);
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
        w->retention_ms = WR_MAX(given, 1);
    }
    WR_ASSERT(w->retention_ms > 0);
    return WEIR_OK;
}

/* ---- non-aggregate expressions over the result of an aggregation ---- */

/* Has an earlier step computed exactly this tree? Then it is a column now. By comparing trees:
 * after qualification equal trees are equal expressions. */
static bool is_computed(const wr__stage *st, const wr_ast_expr *e)
{
    for (size_t i = 0; i < st->computed.n; i++)
        if (wr_ast_expr_equal(st->computed.v[i].expr, e))
            return true;
    return false;
}

/* By the registry, not by the grammar: to the parser SUM(x) is a call like any other. */
bool wr__is_aggregate_call(const wr__analysis *an, const wr_ast_expr *e)
{
    if (e->kind != WR_AST_CALL)
        return false;
    const wr_function *f = wr_function_find(an->env->functions, wr_str_c(e->name.name));
    return f && f->kind == WR_FUNCTION_AGGREGATE;
}

/* A walk over an expression that stops at what has been computed, and finds columns that have not.
 * @p bad: a column was met outside of everything that has been computed. Without a GROUP BY it runs
 * before the aggregation and stops at calls of aggregates. */
typedef struct group_check {
    const wr__builder *b;
    const wr__stage *st;
    bool bad;
    bool ungrouped; /* there is no GROUP BY: no column may stand outside of an aggregate */
} group_check;

/* False stops the walk below a node: what is below a computed tree was checked when it was
 * computed. Lambda parameters have no slot and pass. */
static bool check_grouped(void *arg, const wr_ast_expr *e)
{
    group_check *c = arg;
    if (c->ungrouped ? wr__is_aggregate_call(c->b->an, e) : is_computed(c->st, e))
        return false;
    if (e->kind == WR_AST_COLUMN) {
        int slot = wr__find_slot(c->b->an, e);
        if (slot >= 0 && (c->ungrouped || !c->st->available[slot]))
            c->bad = true;
    }
    return true;
}

/* All items that are made of other things than grouping expressions and aggregates, in one message.
 * Before the aggregation is built where there is no GROUP BY (@p ungrouped): ksqlDB says that a
 * column does not belong there before it misses the clause itself. */
static weir_status check_items(wr__builder *b, const wr__stage *st, bool ungrouped, weir_error *err)
{
    wr__analysis *an = b->an;
    wr_buf bad = {0};
    for (size_t i = 0; i < an->items.n; i++) {
        group_check c = {.b = b, .st = st, .ungrouped = ungrouped};
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
    wr_buf_free(&bad);
    return status;
}

/* ---- GROUP BY ---- */

/* As in ksqlDB every row passes. A file that runs there must run here, but whoever wrote it meant
 * something else, and should know. */
static void ignore_having(wr__builder *b)
{
    b->an->having = NULL;
    b->plan->warning = "HAVING without GROUP BY has no effect, as in ksqlDB: WHERE filters the "
                       "rows of a query without groups";
}

/* What may be grouped at all. Most of it is about what would have no meaning: windows without
 * groups, final results without windows, aggregates of tables by time. @p st is the stage before
 * the grouping: whether its rows are a table's decides about windows. */
static weir_status check_grouping(wr__builder *b, const wr__stage *st, weir_error *err)
{
    wr__analysis *an = b->an;
    const wr_ast_query *q = an->query;
    if (an->has_aggregates && !q->has_group_by)
        WR_TRY(check_items(b, st, true, err));
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
    if (!an->has_aggregates) {
        if (an->having)
            ignore_having(b);
        return WEIR_OK;
    }
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

/* Text "[COUNT(ROWTIME), SUM(X)]" of the aggregates, for one message. Only a query that is kept
 * needs the clause: a push query without it groups all rows into one. */
static weir_status refuse_no_group(wr__builder *b, const wr__calls *aggs, weir_error *err)
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

/* Re-key by the grouping expressions. The rows need not move where the key is that of the topic
 * already: `same` compares expressions, `key_fixed` says that rows still lie where their key put
 * them.
 *
 *     GROUP BY k        k is the key: StreamGroupByKey, no topic between, unless the source's
 *                       records lie by no key (PARTITIONER = 'NONE')
 *     GROUP BY k + 1    StreamGroupBy, then an internal topic keyed by the sum
 *     (no GROUP BY)     all rows have the key 0, so one partition has the one group */
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
    bool scattered = st->partitioner == WR_PARTITIONER_NONE;
    if (!same || !key_fixed || scattered) {
        wr_step *s =
            wr__build_repartition(b, st, &format, WR_PARTITIONER_MURMUR2, "Aggregate-GroupBy");
        s->u.repartition.replaces = same && key_fixed;
    } else {
        st->key_fixed = true;
    }
    return WEIR_OK;
}

/* A table's row can change: its old values must be taken out of the aggregate again. Functions that
 * have forgotten what they saw (MIN, MAX ...) cannot do that. ksqlDB's rule and words
 * (TableAggregationFunction). COUNT, SUM and AVG can subtract. */
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

/* The signature decides, not a name: an aggregate of an embedding program is one like any other. */
const wr_ast_expr *wr__default_argument(const wr__analysis *an, const wr_ast_expr *e)
{
    if (e->kind != WR_AST_CALL || e->args_n)
        return NULL;
    const wr_function *fn = wr_function_find(an->env->functions, wr_str_c(e->name.name));
    if (!fn || fn->kind != WR_FUNCTION_AGGREGATE)
        return NULL;
    for (uint32_t i = 0; i < fn->sigs_n; i++)
        if (!fn->sigs[i].args[0])
            return NULL;
    WR_ASSERT(an->relations_n > 0);
    wr_ast_expr *rowtime = WR_NEW(an->arena, wr_ast_expr);
    *rowtime = (wr_ast_expr){.kind = WR_AST_COLUMN,
                             .pos = e->pos,
                             .name = {.name = "ROWTIME", .pos = e->pos},
                             .qualifier = {.name = an->relations[0].alias, .pos = e->pos}};
    return rowtime;
}

/* Some aggregates collect: how much one row may hold is a setting by function, without a limit
 * where none is set, or -1. For COLLECT_LIST: ksql.functions.collect_list.limit. Any function's
 * name makes a setting; those that do not collect do not look at it. */
static int64_t function_limit(const wr__analysis *an, const char *name)
{
    char setting[128];
    snprintf(setting, sizeof setting, "ksql.functions.%s.limit", name);
    for (char *c = setting; *c; c++)
        *c = wr_lower(*c);
    int64_t limit = wr_settings_int(an->env->settings, setting, INT64_MAX);
    return limit < 0 ? INT64_MAX : limit;
}

/* Every distinct aggregate once, in the order of their first mention: that is the order of the
 * states in the store, so it is part of what the store's bytes mean. Arguments are compiled over
 * the stage after the re-keying, so they read what came through the topic, not what the source had.
 */
static weir_status compile_aggregates(wr__builder *b, wr__stage *st, const wr__calls *aggs,
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

/* After the aggregation, only keys, results and window bounds can be named. The whole tree of a
 * grouping expression or a call stands for its column: `COUNT(*) + 1` compiles to a sum over the
 * column of COUNT(*). Columns of sources are gone even where they are part of a key expression. */
static void aggregated_stage(wr__builder *b, wr__stage *st, const wr__calls *aggs)
{
    WR_ASSERT(st->step->schema->n == st->keys_n + aggs->calls.n);
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

/* EMIT FINAL: says when the aggregate lets closed windows out. The interval is Kafka Streams'
 * internal setting. */
static void build_final(wr__builder *b, wr__stage *st)
{
    const wr_settings *settings = b->an->env->settings;
    WR_ASSERT(st->step->kind == WR_STEP_AGGREGATE && st->window.emit_final);
    wr_step *f = wr__new_step(b, WR_STEP_SUPPRESS, "TableSuppress", "Suppress", st->step);
    f->u.suppress.window = st->window;
    int64_t interval_ms = wr_settings_int(
        settings, "ksql.streams.__emit.interval.ms.kstreams.windowed.aggregation__", 0);
    f->u.suppress.emit_interval_ms = WR_MAX(interval_ms, 0); /* a file's is not checked */
    f->u.suppress.exact = wr_settings_bool(settings, "weir.kafka.streams.exact", false);
    WR_ASSERT(f->u.suppress.emit_interval_ms >= 0);
    st->step = f;
}

/* GROUP BY with its aggregates. Whether rows are aggregated in part before the topic is decided
 * here too, because it depends on what the functions can do; whether it is done, on where the task
 * runs. Columns of results are named KSQL_AGG_VARIABLE_<i>, as in ksqlDB: they show in EXPLAIN and
 * in messages about schemas. */
weir_status wr__build_aggregate(wr__builder *b, wr__stage *st, weir_error *err)
{
    wr__analysis *an = b->an;
    wr_arena *a = b->plan->arena;
    WR_TRY(check_grouping(b, st, err));
    if (!an->has_aggregates)
        return WEIR_OK;
    wr__calls aggs = {
        .arena = a, .functions = b->an->env->functions, .kind = WR_FUNCTION_AGGREGATE};
    for (size_t i = 0; i < an->items.n; i++)
        wr_ast_walk(an->items.v[i].expr, wr__collect_call, &aggs);
    if (an->having)
        wr_ast_walk(an->having, wr__collect_call, &aggs);
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
    /* One row for each group, changed as rows come in: also where the input is a stream. */
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
    WR_ASSERT(s->windowed == (an->window.kind != WR_WINDOW_NONE));
    st->step = s;
    st->window = an->window;
    aggregated_stage(b, st, &aggs);
    if (in->kind == WR_STEP_REPARTITION && may_combine(cfg))
        in->u.repartition.combine = s;
    if (an->window.emit_final)
        build_final(b, st);
    return WEIR_OK;
}

/* SELECT and HAVING may only be made of grouping expressions and aggregates: after the aggregation
 * nothing else is there. All offending items are named in one message.
 *
 *     SELECT a, b, COUNT(*) ... GROUP BY a      b is not part of GROUP BY
 *     SELECT a + 1, COUNT(*) ... GROUP BY a     fine: made of a */
weir_status wr__check_non_aggregates(wr__builder *b, const wr__stage *st, weir_error *err)
{
    wr__analysis *an = b->an;
    if (!an->has_aggregates)
        return WEIR_OK;
    WR_TRY(check_items(b, st, false, err));
    if (!an->having)
        return WEIR_OK;
    group_check c = {.b = b, .st = st};
    wr_ast_walk(an->having, check_grouped, &c);
    if (!c.bad)
        return WEIR_OK;
    wr_buf text = {0};
    wr__print_expr(an, &text, an->having);
    wr_error_at(err, WEIR_ERR_STATEMENT, an->query->having_pos,
                "Non-aggregate HAVING expression not part of GROUP BY: %s\n"
                "Consider switching the HAVING clause to a WHERE clause before the GROUP BY for "
                "row-based filters.",
                wr_buf_cstr(&text));
    wr_buf_free(&text);
    return WEIR_ERR_STATEMENT;
}
