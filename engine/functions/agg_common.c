/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agg_common.c - lists and structs as states of aggregates; see aggregates.h.
 */
#include "engine/functions/aggregates.h"

wr_nest *wr__agg_list_copy(wr_arena *a, const wr_nest *list, uint32_t n)
{
    wr_nest *copy = wr_nest_new(a, n, false);
    uint32_t keep = WR_MIN(n, list->n);
    if (keep)
        memcpy(copy->items, list->items, keep * sizeof(*copy->items));
    return copy;
}

wr_nest *wr__agg_list_remove(wr_arena *a, const wr_nest *list, uint32_t at)
{
    WR_ASSERT(at < list->n);
    wr_nest *copy = wr__agg_list_copy(a, list, list->n - 1);
    for (uint32_t i = at; i + 1 < list->n; i++)
        copy->items[i] = list->items[i + 1];
    return copy;
}

wr_nest *wr__agg_list_insert(wr_arena *a, const wr_nest *list, uint32_t at, const wr_value *v)
{
    WR_ASSERT(at <= list->n);
    wr_nest *copy = wr__agg_list_copy(a, list, list->n + 1);
    for (uint32_t i = list->n; i > at; i--)
        copy->items[i] = list->items[i - 1];
    copy->items[at] = *v;
    return copy;
}

uint32_t wr__agg_list_find(const wr_type *elem, const wr_nest *list, const wr_value *v)
{
    uint32_t i = 0;
    while (i < list->n && !wr_value_equal(elem, &list->items[i], v))
        i++;
    return i;
}

wr_value wr__agg_struct(wr_arena *a, const wr_value *fields, uint32_t n)
{
    wr_nest *s = wr_nest_new(a, n, false);
    memcpy(s->items, fields, n * sizeof(*fields));
    return wr_value_nest(s);
}

void wr__agg_init_null(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state)
{
    WR__AGG_UNUSED(call, ctx);
    *state = WR_VALUE_NULL;
}

void wr__agg_init_list(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state)
{
    WR__AGG_UNUSED(call);
    *state = wr_value_nest(wr_nest_new(ctx->scratch, 0, false));
}

void wr__agg_result_state(const wr_agg_call *call, wr_agg_ctx *ctx, const wr_value *state,
                          wr_value *out)
{
    WR__AGG_UNUSED(call, ctx);
    *out = *state;
}

/* ---- states of fixed width ---- */

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

wr_agg_flat wr_agg_flat_of(const wr_agg_call *call)
{
    wr_agg_flat flat = call->impl->flat;
    if (flat == WR_AGG_FLAT_NONE || flat == WR_AGG_FLAT_COUNT)
        return flat;
    /* EARLIEST and LATEST with ignoreNulls = false store NULLs, which are shorter. */
    bool keeps_nulls = call->init_n > 0 && (call->init_args[0].null || !call->init_args[0].u.b);
    return is_fixed_width(call->arg_types[0]) && !keeps_nulls ? flat : WR_AGG_FLAT_NONE;
}

bool wr_agg_combines(const wr_agg_call *call)
{
    wr_agg_flat flat = wr_agg_flat_of(call);
    return flat >= WR_AGG_FLAT_COUNT && flat <= WR_AGG_FLAT_MAX;
}
