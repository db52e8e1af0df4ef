/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_spec.h - what a state store has to be, as whoever plans it says: the options of window.h,
 * buffer.h and session_store.h in one struct, without what only the owner of a task knows (id,
 * partition, changelog, snapshot).
 *
 * The task's own store and a read-only one on a snapshot are opened from the same spec, so that
 * both agree on layout, retention and segments.
 */
#ifndef WR_STATESTORE_STORE_SPEC_H
#define WR_STATESTORE_STORE_SPEC_H

#include "statestore/window.h"

typedef struct wr_store_spec {
    wr_store_kind kind;
    wr_window_layout layout; /* WINDOW: aggregates, or the rows of a join */
    int64_t retention_ms;    /* WINDOW, SESSION: > 0 */
    int64_t segment_ms;      /* join buffer, SESSION: > 0 */
    bool keep_old;           /* with caching: values as of the last commit are asked for */
} wr_store_spec;

/**
 * Open a store as @p spec says. @p base carries the rest; its keep_old is not looked at, it follows
 * from the spec and from base->caching.
 */
weir_status wr_store_spec_open(wr_db *db, const wr_store_spec *spec, const wr_store_options *base,
                               wr_store **out, weir_error *err) WR_MUST_CHECK;

#endif
