/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening stores by the names that plans give them, and the few integers beside them that are
 * state too: stream time, last emitted bounds, counters. A restart that forgot them would take late
 * rows again or emit a window twice (Traps, 7), so they are committed with everything else: written
 * in flush, if they changed, under one key of a small store.
 *
 * Stored as: 01, then each integer, 8 bytes big endian.
 */
#include "engine/operators/internal.h"

#include "statestore/buffer.h"
#include "statestore/session_store.h"

#define TIMES_VERSION 1
static const wr_str times_key = {"t", 1};

const char *wr__store_name(wr_arena *a, const wr_step *step, const char *suffix)
{
    return wr_arena_printf(a, "%s%s", step->context ? step->context : step->name, suffix);
}

weir_status wr__op_store(wr_op *op, const char *suffix, const wr_store_spec *spec, wr_store **out,
                         weir_error *err)
{
    wr_task_ctx *ctx = op->ctx;
    return ctx->open_store(ctx, wr__store_name(ctx->task_arena, op->step, suffix), spec, out, err);
}

weir_status wr_store_spec_open(wr_db *db, const wr_store_spec *spec, const wr_store_options *base,
                               wr_store **out, weir_error *err)
{
    wr_store_options options = *base;
    options.keep_old = spec->keep_old;
    switch (spec->kind) {
    case WR_STORE_KV:
        return wr_kv_open(db, &options, out, err);
    case WR_STORE_WINDOW: {
        if (spec->layout == WR_WINDOW_BUFFER) {
            wr_buffer_options b = {.store = options,
                                   .retention_ms = spec->retention_ms,
                                   .segment_ms = spec->segment_ms};
            return wr_buffer_open(db, &b, out, err);
        }
        wr_window_options w = {.store = options, .retention_ms = spec->retention_ms};
        return wr_window_open(db, &w, out, err);
    }
    case WR_STORE_SESSION: {
        wr_session_options s = {
            .store = options, .retention_ms = spec->retention_ms, .segment_ms = spec->segment_ms};
        return wr_session_open(db, &s, out, err);
    }
    }
    WR_UNREACHABLE();
}

/* A row looks at the segments between it less the gap and stream time: with eight gaps to a segment
 * that is one list for seven rows of eight, and no list has more than a few sessions. Retention
 * over 64: so that a row that is late by all of it still looks at no more than that many. */
wr_store_spec wr__session_spec(const wr_window *w)
{
    enum { GAPS = 8, SEGMENTS = 64, MINUTE_MS = 60000 };
    int64_t gaps = w->size_ms <= INT64_MAX / GAPS ? w->size_ms * GAPS : INT64_MAX;
    return (wr_store_spec){.kind = WR_STORE_SESSION,
                           .retention_ms = w->retention_ms,
                           .segment_ms =
                               WR_MAX(WR_MAX(gaps, w->retention_ms / SEGMENTS), MINUTE_MS)};
}

weir_status wr__times_open(wr__times *t, wr_op *op, const int64_t *initial, uint32_t n,
                           weir_error *err)
{
    WR_ASSERT(n <= WR__TIMES_MAX);
    wr_store_spec spec = {.kind = WR_STORE_KV};
    WR_TRY(wr__op_store(op, "-times", &spec, &t->store, err));
    t->n = n;
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
    if (memcmp(t->v, t->stored, t->n * sizeof t->v[0]) == 0)
        return WEIR_OK;
    char bytes[1 + 8 * WR__TIMES_MAX] = {TIMES_VERSION};
    for (uint32_t i = 0; i < t->n; i++)
        wr_put_be64(bytes + 1 + 8 * i, (uint64_t)t->v[i]);
    WR_TRY(wr_kv_put(t->store, times_key, wr_str_make(bytes, 1 + 8 * t->n), op->ctx->wall_ms, err));
    memcpy(t->stored, t->v, sizeof t->v);
    return WEIR_OK;
}
