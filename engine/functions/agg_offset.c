/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agg_offset.c - EARLIEST_BY_OFFSET and LATEST_BY_OFFSET, of one value or of n.
 *
 * State: STRUCT<SEQ BIGINT, VAL T>, or an ARRAY of these in order of arrival. SEQ is taken from the
 * task's counter, which starts above 0: SEQ 0 is a group that has no value yet. Merging sessions
 * orders by SEQ. Initial arguments: [n,] [ignoreNulls = true].
 *
 * Quirk kept: merging the n-value form of LATEST keeps the oldest n (functions.md, note a).
 */
#include "engine/functions/aggregates.h"

/*
 * "By offset" is by order of arrival at the aggregate, not by the records' offsets: after a
 * repartition these say nothing about the order any more, and ksqlDB does not look at them either.
 * The counter is the task's and begins at the wall clock when a task starts, so that rows after a
 * restart have larger numbers than those before it.
 *
 * There is no undo: what was there before the earliest or latest value is not kept.
 */

/* The last initial argument where it is a BOOLEAN; NULLs are ignored unless it says otherwise. */
static bool ignores_nulls(const wr_agg_call *call)
{
    if (call->init_n && call->init_types[call->init_n - 1]->id == WR_T_BOOLEAN)
        return call->init_args[call->init_n - 1].u.b;
    return true;
}

/* n of the n-value forms; many_check has made sure that it is at least 1. */
static uint32_t values_max(const wr_agg_call *call)
{
    WR_ASSERT(call->init_n > 0 && call->init_args[0].u.i32 >= 1);
    return (uint32_t)call->init_args[0].u.i32;
}

/* With ignoreNulls a NULL is as if the row were not there; else it is a value like any other. */
static bool skipped(const wr_agg_call *call, const wr_value *v)
{
    return v->null && ignores_nulls(call);
}

/* A value with the next number of the task. Called only for values that are kept, which is enough:
 * only the order of those that are kept is compared. */
static wr_value entry(wr_agg_ctx *ctx, const wr_value *v)
{
    WR_ASSERT(ctx->sequence);
    wr_value f[2] = {wr_value_i64((int64_t)++ * ctx->sequence), *v};
    return wr__agg_struct(ctx->scratch, f, 2);
}

/* Numbers only grow within a task, also over restarts, as the counter begins at the clock. */
static int64_t seq_of(const wr_value *e)
{
    return e->u.nest->items[0].u.i64;
}

/* ---- one value ---- */

/* SEQ 0 is "no value yet": the counter never gives it. */
static void one_init(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state)
{
    WR__AGG_UNUSED(call);
    wr_value f[2] = {wr_value_i64(0), WR_VALUE_NULL};
    *state = wr__agg_struct(ctx->scratch, f, 2);
}

/* The first value that counts stays, whatever comes: rows do not come out of order here, since the
 * order of arrival is what is meant. */
static bool earliest_add(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state,
                         const wr_value *args, const char **message)
{
    WR__AGG_UNUSED(message);
    if (seq_of(state) == 0 && !skipped(call, &args[0]))
        *state = entry(ctx, &args[0]);
    return true;
}

static bool latest_add(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state,
                       const wr_value *args, const char **message)
{
    WR__AGG_UNUSED(message);
    if (!skipped(call, &args[0]))
        *state = entry(ctx, &args[0]);
    return true;
}

/* The value of the session that saw its one first; SEQ 0 (none) loses on either side. */
static bool earliest_merge(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state,
                           const wr_value *other, const char **message)
{
    WR__AGG_UNUSED(call, ctx, message);
    if (seq_of(other) != 0 && (seq_of(state) == 0 || seq_of(other) < seq_of(state)))
        *state = *other;
    return true;
}

/* SEQ 0 is smaller than any other, so a session without a value changes nothing. */
static bool latest_merge(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state,
                         const wr_value *other, const char **message)
{
    WR__AGG_UNUSED(call, ctx, message);
    if (seq_of(other) > seq_of(state))
        *state = *other;
    return true;
}

/* NULL where no value has come, and where the value is NULL and NULLs count. */
static void one_result(const wr_agg_call *call, wr_agg_ctx *ctx, const wr_value *state,
                       wr_value *out)
{
    WR__AGG_UNUSED(call, ctx);
    *out = state->u.nest->items[1];
}

/* ---- n values ---- */

/* The number is a literal, so a wrong one is an error of the statement. */
static weir_status many_check(const wr_agg_call *call, weir_error *err)
{
    WR_ASSERT(call->init_n >= 1);
    if (!call->init_args[0].null && call->init_args[0].u.i32 >= 1)
        return WEIR_OK;
    return wr_error(err, WEIR_ERR_STATEMENT, "%s: the number of values must be at least 1.",
                    call->fn->name);
}

/* Once n values are there, no later one can change them. */
static bool earliest_many_add(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state,
                              const wr_value *args, const char **message)
{
    WR__AGG_UNUSED(message);
    const wr_nest *list = state->u.nest;
    if (list->n >= values_max(call) || skipped(call, &args[0]))
        return true;
    wr_value e = entry(ctx, &args[0]);
    *state = wr_value_nest(wr__agg_list_insert(ctx->scratch, list, list->n, &e));
    return true;
}

/* The oldest makes room. The list is in order of SEQ, so that is its first item. */
static bool latest_many_add(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state,
                            const wr_value *args, const char **message)
{
    WR__AGG_UNUSED(message);
    if (skipped(call, &args[0]))
        return true;
    const wr_nest *list = state->u.nest;
    if (list->n >= values_max(call))
        list = wr__agg_list_remove(ctx->scratch, list, 0);
    wr_value e = entry(ctx, &args[0]);
    *state = wr_value_nest(wr__agg_list_insert(ctx->scratch, list, list->n, &e));
    return true;
}

/*
 * Both lists are in order of SEQ, and rows of the two sessions may have come in turns, so each item
 * is put in its place from the end. Then the first n stay: right for EARLIEST, and for LATEST the
 * quirk that the head of this file names.
 */
static bool many_merge(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state,
                       const wr_value *other, const char **message)
{
    WR__AGG_UNUSED(message);
    const wr_nest *list = state->u.nest;
    for (uint32_t i = 0; i < other->u.nest->n; i++) {
        const wr_value *e = &other->u.nest->items[i];
        uint32_t at = list->n;
        while (at > 0 && seq_of(&list->items[at - 1]) > seq_of(e))
            at--;
        list = wr__agg_list_insert(ctx->scratch, list, at, e);
    }
    if (list->n > values_max(call))
        list = wr__agg_list_copy(ctx->scratch, list, values_max(call));
    WR_ASSERT(list->n <= values_max(call));
    *state = wr_value_nest(list);
    return true;
}

/* The values alone, in order of arrival; SEQ is ours. */
static void many_result(const wr_agg_call *call, wr_agg_ctx *ctx, const wr_value *state,
                        wr_value *out)
{
    WR__AGG_UNUSED(call);
    const wr_nest *list = state->u.nest;
    wr_nest *values = wr_nest_new(ctx->scratch, list->n, false);
    for (uint32_t i = 0; i < list->n; i++)
        values->items[i] = list->items[i].u.nest->items[1];
    *out = wr_value_nest(values);
}

/* ---- tables ---- */

/* What stands after the bar are initial arguments: literals, known when the query is planned. */
static const wr_signature sigs[] = {
    {.args = "T", .ret = "T"},
    {.args = "T | BOOLEAN", .ret = "T"},
    {.args = "T | INTEGER", .ret = "ARRAY<T>"},
    {.args = "T | INTEGER, BOOLEAN", .ret = "ARRAY<T>"},
};

#define ONE_IMPL(form, add_fn, merge_fn)                                                           \
    {                                                                                              \
        .flat = form, .state = "STRUCT<SEQ BIGINT, VAL T>", .init = one_init, .add = add_fn,       \
        .merge = merge_fn, .result = one_result                                                    \
    }
#define MANY_IMPL(add_fn)                                                                          \
    {                                                                                              \
        .state = "ARRAY<STRUCT<SEQ BIGINT, VAL T>>", .check = many_check,                          \
        .init = wr__agg_init_list, .add = add_fn, .merge = many_merge, .result = many_result       \
    }
static const wr_aggregate earliest_impls[] = {
    ONE_IMPL(WR_AGG_FLAT_EARLIEST, earliest_add, earliest_merge),
    ONE_IMPL(WR_AGG_FLAT_EARLIEST, earliest_add, earliest_merge),
    MANY_IMPL(earliest_many_add),
    MANY_IMPL(earliest_many_add),
};
static const wr_aggregate latest_impls[] = {
    ONE_IMPL(WR_AGG_FLAT_LATEST, latest_add, latest_merge),
    ONE_IMPL(WR_AGG_FLAT_LATEST, latest_add, latest_merge),
    MANY_IMPL(latest_many_add),
    MANY_IMPL(latest_many_add),
};

static const wr_function table[] = {
    WR__AGG_FN("EARLIEST_BY_OFFSET", sigs, earliest_impls, "EARLIEST_BY_OFFSET('a')", "'a'",
               "The first value of a group, or its first n, by order of arrival."),
    WR__AGG_FN("LATEST_BY_OFFSET", sigs, latest_impls, "LATEST_BY_OFFSET('a', 2)", "ARRAY['a']",
               "The last value of a group, or its last n, by order of arrival."),
};

const wr_function_family wr__functions_agg_offset = {table, WR_ARRAY_LEN(table)};
