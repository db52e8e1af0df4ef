/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agg_topk.c - TOPK (values, or STRUCTs with further columns) and TOPKDISTINCT.
 *
 * State: the result itself, an ARRAY sorted in descending order with at most k items, or all where
 * k is -1. A value equal to one already there goes after it. NULL (in the sorted column) is
 * skipped.
 *
 *     TOPK(v, 2) over 5, 9, 7, 9                  [9, 9]
 *     TOPKDISTINCT(v, 2) over 5, 9, 7, 9          [9, 7]
 *     TOPK(v, name, 1) over (5, 'a'), (9, 'b')    [{sort_col: 9, col0: 'b'}]
 */
#include "engine/functions/aggregates.h"

#define NO_LIMIT (-1) /* as k: all values, sorted */

/*
 * No undo: what is smaller than the k-th value is gone, so a value that is taken out could not be
 * replaced by the next one. Both are refused on tables, as in ksqlDB.
 */
static weir_status check_k(const wr_agg_call *call, weir_error *err)
{
    int32_t k = call->init_args[0].null ? 0 : call->init_args[0].u.i32;
    if (k >= 1 || k == NO_LIMIT)
        return WEIR_OK;
    return wr_error(err, WEIR_ERR_STATEMENT, "%s: k must be at least 1.", call->fn->name);
}

/* A literal that check_k has passed. */
static uint32_t k_of(const wr_agg_call *call)
{
    WR_ASSERT(call->init_n == 1);
    int32_t k = call->init_args[0].u.i32;
    WR_ASSERT(k >= 1 || k == NO_LIMIT);
    return k == NO_LIMIT ? UINT32_MAX : (uint32_t)k;
}

/** What an item is sorted by: the item, or the first field of the STRUCT form. */
static const wr_value *sort_value(const wr_agg_call *call, const wr_value *item)
{
    return call->args_n > 1 ? &item->u.nest->items[0] : item;
}

/*
 * From the end, because most values of a group that has seen many do not reach the list: the first
 * comparison is the last one. Equal values keep their order of arrival, and with @p distinct only
 * the first of them is kept. @p item and the values in it stay the caller's.
 */
static void put(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state, const wr_value *item,
                bool distinct)
{
    const wr_type *t = call->arg_types[0];
    const wr_nest *list = state->u.nest;
    uint32_t at = list->n;
    while (at > 0) {
        int c = wr_value_compare(t, sort_value(call, &list->items[at - 1]), sort_value(call, item));
        if (c == 0 && distinct)
            return;
        if (c >= 0)
            break;
        at--;
    }
    if (at >= k_of(call))
        return;
    wr_nest *copy = wr__agg_list_insert(ctx->scratch, list, at, item);
    copy->n = WR_MIN(copy->n, k_of(call));
    WR_ASSERT(at < copy->n);
    *state = wr_value_nest(copy);
}

/* STRUCT form: the further columns go into the item as they are, NULL included. */
static bool topk_add(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state,
                     const wr_value *args, const char **message)
{
    WR__AGG_UNUSED(message);
    if (args[0].null)
        return true;
    wr_value item = args[0];
    if (call->args_n > 1)
        item = wr__agg_struct(ctx->scratch, args, call->args_n);
    put(call, ctx, state, &item, false);
    return true;
}

/* Searched from the end, too: a value that is there stops the search before its place is found. */
static bool distinct_add(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state,
                         const wr_value *args, const char **message)
{
    WR__AGG_UNUSED(message);
    if (!args[0].null)
        put(call, ctx, state, &args[0], true);
    return true;
}

/* The younger session's values come after equal ones of the older. */
static bool topk_merge(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state,
                       const wr_value *other, const char **message)
{
    WR__AGG_UNUSED(message);
    for (uint32_t i = 0; i < other->u.nest->n; i++)
        put(call, ctx, state, &other->u.nest->items[i], false);
    return true;
}

/* A value that both sessions have stays once, as the older one's. */
static bool distinct_merge(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state,
                           const wr_value *other, const char **message)
{
    WR__AGG_UNUSED(message);
    for (uint32_t i = 0; i < other->u.nest->n; i++)
        put(call, ctx, state, &other->u.nest->items[i], true);
    return true;
}

/* ---- types of the STRUCT form ---- */

/** ARRAY<STRUCT<sort_col T, col0 V1, col1 V2 ...>> of @p n column arguments. */
static const wr_type *struct_list(const wr_type *const *columns, uint32_t n, wr_arena *a)
{
    wr_field *fields = WR_NEW_N(a, wr_field, n);
    for (uint32_t i = 0; i < n; i++) {
        fields[i].name = i ? wr_arena_printf(a, "col%u", i - 1) : "sort_col";
        fields[i].type = columns[i];
    }
    return wr_type_array(a, wr_type_struct(a, fields, n));
}

/* NULL as a further column has no type that a STRUCT's field could have. */
static weir_status struct_result(const wr_type *const *args, uint32_t n, wr_arena *a,
                                 const wr_type **ret, weir_error *err)
{
    for (uint32_t i = 0; i + 1 < n; i++) {
        if (args[i]->id == WR_T_NULL)
            return wr_error(err, WEIR_ERR_STATEMENT,
                            "TOPK: can't infer the type of NULL. Please cast it.");
    }
    WR_ASSERT(n >= 2);
    *ret = struct_list(args, n - 1, a); /* the last argument is k */
    return WEIR_OK;
}

/* The state is the result, so its type is that of struct_result over the call's columns. */
static weir_status struct_state(const wr_agg_call *call, wr_arena *a, const wr_type **state,
                                weir_error *err)
{
    (void)err;
    *state = struct_list(call->arg_types, call->args_n, a);
    return WEIR_OK;
}

/* ---- tables ---- */

/* The sorted column comes first, `any...` are columns that go along with it, k after the bar. */
static const wr_signature topk_sigs[] = {
    {.args = "INTEGER | INTEGER", .ret = "ARRAY<INTEGER>"},
    {.args = "BIGINT | INTEGER", .ret = "ARRAY<BIGINT>"},
    {.args = "DOUBLE | INTEGER", .ret = "ARRAY<DOUBLE>"},
    {.args = "STRING | INTEGER", .ret = "ARRAY<STRING>"},
    {.args = "INTEGER, any... | INTEGER", .ret_fn = struct_result},
    {.args = "BIGINT, any... | INTEGER", .ret_fn = struct_result},
    {.args = "DOUBLE, any... | INTEGER", .ret_fn = struct_result},
    {.args = "STRING, any... | INTEGER", .ret_fn = struct_result},
};

/* State and result are one type; it is spelled out, as the sorted column may not be any type. */
#define TOPK_IMPL(type, add_fn, merge_fn)                                                          \
    {                                                                                              \
        .state = type, .check = check_k, .init = wr__agg_init_list, .add = add_fn,                 \
        .merge = merge_fn, .result = wr__agg_result_state                                          \
    }
#define TOPK_STRUCT_IMPL                                                                           \
    {                                                                                              \
        .state_fn = struct_state, .check = check_k, .init = wr__agg_init_list, .add = topk_add,    \
        .merge = topk_merge, .result = wr__agg_result_state                                        \
    }
static const wr_aggregate topk_impls[] = {
    TOPK_IMPL("ARRAY<INTEGER>", topk_add, topk_merge),
    TOPK_IMPL("ARRAY<BIGINT>", topk_add, topk_merge),
    TOPK_IMPL("ARRAY<DOUBLE>", topk_add, topk_merge),
    TOPK_IMPL("ARRAY<STRING>", topk_add, topk_merge),
    TOPK_STRUCT_IMPL,
    TOPK_STRUCT_IMPL,
    TOPK_STRUCT_IMPL,
    TOPK_STRUCT_IMPL,
};

/* TOPKDISTINCT takes more types and no further columns: which row's would go along with a value? */
static const wr_signature distinct_sigs[] = {
    {.args = "INTEGER | INTEGER", .ret = "ARRAY<INTEGER>"},
    {.args = "BIGINT | INTEGER", .ret = "ARRAY<BIGINT>"},
    {.args = "DOUBLE | INTEGER", .ret = "ARRAY<DOUBLE>"},
    {.args = "DECIMAL(p,s) | INTEGER", .ret = "ARRAY<DECIMAL(p,s)>"},
    {.args = "STRING | INTEGER", .ret = "ARRAY<STRING>"},
    {.args = "BYTES | INTEGER", .ret = "ARRAY<BYTES>"},
    {.args = "DATE | INTEGER", .ret = "ARRAY<DATE>"},
    {.args = "TIME | INTEGER", .ret = "ARRAY<TIME>"},
    {.args = "TIMESTAMP | INTEGER", .ret = "ARRAY<TIMESTAMP>"},
};
static const wr_aggregate distinct_impls[] = {
    TOPK_IMPL("ARRAY<INTEGER>", distinct_add, distinct_merge),
    TOPK_IMPL("ARRAY<BIGINT>", distinct_add, distinct_merge),
    TOPK_IMPL("ARRAY<DOUBLE>", distinct_add, distinct_merge),
    TOPK_IMPL("ARRAY<DECIMAL(p,s)>", distinct_add, distinct_merge),
    TOPK_IMPL("ARRAY<STRING>", distinct_add, distinct_merge),
    TOPK_IMPL("ARRAY<BYTES>", distinct_add, distinct_merge),
    TOPK_IMPL("ARRAY<DATE>", distinct_add, distinct_merge),
    TOPK_IMPL("ARRAY<TIME>", distinct_add, distinct_merge),
    TOPK_IMPL("ARRAY<TIMESTAMP>", distinct_add, distinct_merge),
};

static const wr_function table[] = {
    WR__AGG_FN("TOPK", topk_sigs, topk_impls, "TOPK(7, 2)", "ARRAY[7]",
               "The k largest values of a group, descending; with further columns, STRUCTs."),
    WR__AGG_FN("TOPKDISTINCT", distinct_sigs, distinct_impls, "TOPKDISTINCT('x', 2)", "ARRAY['x']",
               "The k largest distinct values of a group, descending."),
};

const wr_function_family wr__functions_agg_topk = {table, WR_ARRAY_LEN(table)};
