/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agg_common.c - lists and structs as states of aggregates; see aggregates.h.
 */
#include "engine/functions/aggregates.h"

/*
 * Lists are copied for each change (aggregates.h says why), so adding n values to a group one by
 * one costs n copies. That is bounded by the limits of the functions that keep lists, and by the
 * batch: a state is decoded once per batch and group, and encoded once after it.
 */
wr_nest *wr__agg_list_copy(wr_arena *a, const wr_nest *list, uint32_t n)
{
    wr_nest *copy = wr_nest_new(a, n, false);
    uint32_t keep = WR_MIN(n, list->n);
    if (keep)
        memcpy(copy->items, list->items, keep * sizeof(*copy->items));
    return copy;
}

/* The order of the others stays: it is the order of arrival, which results show. */
wr_nest *wr__agg_list_remove(wr_arena *a, const wr_nest *list, uint32_t at)
{
    WR_ASSERT(at < list->n);
    wr_nest *copy = wr__agg_list_copy(a, list, list->n - 1);
    for (uint32_t i = at; i + 1 < list->n; i++)
        copy->items[i] = list->items[i + 1];
    return copy;
}

/* The items from `at` on move one place up, the last one first: source and target overlap by
 * place, though they are two arrays here. */
wr_nest *wr__agg_list_insert(wr_arena *a, const wr_nest *list, uint32_t at, const wr_value *v)
{
    WR_ASSERT(at <= list->n);
    WR_ASSERT(list->n < UINT32_MAX);
    wr_nest *copy = wr__agg_list_copy(a, list, list->n + 1);
    WR_ASSERT(copy->n == list->n + 1);
    for (uint32_t i = list->n; i > at; i--)
        copy->items[i] = list->items[i - 1];
    copy->items[at] = *v;
    return copy;
}

/* NULL equals NULL here: a set holds it once, and undo finds it again. */
uint32_t wr__agg_list_find(const wr_type *elem, const wr_nest *list, const wr_value *v)
{
    uint32_t i = 0;
    while (i < list->n && !wr_value_equal(elem, &list->items[i], v))
        i++;
    return i;
}

/* @p fields are copied; what they point to is shared. */
wr_value wr__agg_struct(wr_arena *a, const wr_value *fields, uint32_t n)
{
    WR_ASSERT(n > 0);
    wr_nest *s = wr_nest_new(a, n, false);
    memcpy(s->items, fields, n * sizeof(*fields));
    return wr_value_nest(s);
}

/* For aggregates whose empty group has no value: MIN, MAX. */
void wr__agg_init_null(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state)
{
    WR__AGG_UNUSED(call, ctx);
    *state = WR_VALUE_NULL;
}

/* An empty ARRAY is a state like any other, so no code has to ask for NULL. */
void wr__agg_init_list(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state)
{
    WR__AGG_UNUSED(call);
    *state = wr_value_nest(wr_nest_new(ctx->scratch, 0, false));
}

/* For aggregates whose state is what SQL sees. */
void wr__agg_result_state(const wr_agg_call *call, wr_agg_ctx *ctx, const wr_value *state,
                          wr_value *out)
{
    WR__AGG_UNUSED(call, ctx);
    *out = *state;
}

/* ---- states of fixed width ---- */

/*
 * A state of fixed width is changed in place by operators/flat.c, without being decoded to boxed
 * values. That needs a type whose stored form has one length, and no NULL among the stored values.
 */

static bool is_fixed_width(const wr_type *t)
{
    switch (t->id) {
    case WR_T_INTEGER:
    case WR_T_DATE:
    case WR_T_TIME:
    case WR_T_BIGINT:
    case WR_T_TIMESTAMP:
    case WR_T_DOUBLE:
        return true;
    default:
        return false;
    }
}

/* COUNT's state is a BIGINT whatever it counts, so its argument's type does not matter. */
wr_agg_flat wr_agg_flat_of(const wr_agg_call *call)
{
    WR_ASSERT(call->impl && call->impl->add && call->impl->result);
    wr_agg_flat flat = call->impl->flat;
    if (flat == WR_AGG_FLAT_NONE || flat == WR_AGG_FLAT_COUNT)
        return flat;
    WR_ASSERT(call->args_n == 1);
    /* EARLIEST and LATEST with ignoreNulls = false store NULLs, which are shorter. */
    bool keeps_nulls = call->init_n > 0 && (call->init_args[0].null || !call->init_args[0].u.b);
    return is_fixed_width(call->arg_types[0]) && !keeps_nulls ? flat : WR_AGG_FLAT_NONE;
}

/*
 * The order of wr_agg_flat matters: COUNT to MAX are those whose result does not depend on the
 * order in which parts are merged. EARLIEST and LATEST come after them, since they do.
 */
bool wr_agg_combines(const wr_agg_call *call)
{
    wr_agg_flat flat = wr_agg_flat_of(call);
    return flat >= WR_AGG_FLAT_COUNT && flat <= WR_AGG_FLAT_MAX;
}
