/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening a store of any kind by its spec: the one switch over kinds that users of stores need.
 */
#include "statestore/store_spec.h"

#include "statestore/buffer.h"
#include "statestore/session_store.h"

weir_status wr_store_spec_open(wr_db *db, const wr_store_spec *spec, const wr_store_options *base,
                               wr_store **out, weir_error *err)
{
    wr_store_options options = *base;
    options.keep_old = spec->keep_old && base->caching;
    switch (spec->kind) {
    case WR_STORE_KV:
        return wr_kv_open(db, &options, out, err);
    case WR_STORE_WINDOW: {
        WR_ASSERT(spec->retention_ms > 0);
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
        WR_ASSERT(spec->retention_ms > 0 && spec->segment_ms > 0);
        wr_session_options s = {
            .store = options, .retention_ms = spec->retention_ms, .segment_ms = spec->segment_ms};
        return wr_session_open(db, &s, out, err);
    }
    }
    WR_UNREACHABLE();
}
