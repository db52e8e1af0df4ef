/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The few integers that are state too: stream time, last emitted bounds, counters. A restart that
 * forgot them would take late rows again or emit a window twice (Traps, 7), so they are committed
 * with everything else: written in flush, if they changed, under one key of a small store.
 *
 * Stored as: 01, then each integer, 8 bytes big endian.
 */
#include "engine/operators/times.h"

#define TIMES_VERSION 1
static const wr_str times_key = {"t", 1};

int64_t wr__time_add(int64_t ms, int64_t delta)
{
    int64_t sum;
    if (__builtin_add_overflow(ms, delta, &sum))
        return delta > 0 ? INT64_MAX : INT64_MIN;
    return sum;
}

weir_status wr__times_open(wr__times *t, wr_op *op, const int64_t *initial, uint32_t n,
                           weir_error *err)
{
    WR_ASSERT(n <= WR__TIMES_MAX);
    uint32_t store = op->step->stores[WR_PLAN_STORE_TIMES];
    WR_TRY(op->ctx->open_store(op->ctx, store, &t->store, err));
    t->n = n;
    WR_ASSERT(n > 0 && store < op->ctx->plan->stores_n);
    memcpy(t->v, initial, n * sizeof *initial);
    wr_str bytes;
    bool found;
    WR_TRY(wr_kv_get(t->store, times_key, &bytes, &found, err));
    if (found) {
        if (bytes.len != 1 + 8 * n || bytes.ptr[0] != TIMES_VERSION)
            return wr_error(err, WEIR_ERR_STORE, "the stream times of %s are damaged",
                            op->step->name);
        for (uint32_t i = 0; i < n; i++)
            t->v[i] = (int64_t)wr_get_be64(bytes.ptr + 1 + 8 * i);
    }
    memcpy(t->stored, t->v, sizeof t->v);
    return WEIR_OK;
}

weir_status wr__times_flush(wr__times *t, const wr_op *op, weir_error *err)
{
    WR_ASSERT(t->store && t->n > 0); /* opened */
    if (memcmp(t->v, t->stored, t->n * sizeof t->v[0]) == 0)
        return WEIR_OK;
    char bytes[1 + 8 * WR__TIMES_MAX] = {TIMES_VERSION};
    for (uint32_t i = 0; i < t->n; i++)
        wr_put_be64(bytes + 1 + 8 * i, (uint64_t)t->v[i]);
    WR_TRY(wr_kv_put(t->store, times_key, wr_str_make(bytes, 1 + 8 * t->n), op->ctx->wall_ms, err));
    memcpy(t->stored, t->v, sizeof t->v);
    return WEIR_OK;
}
