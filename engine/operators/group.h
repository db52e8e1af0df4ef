/* SPDX-License-Identifier: Apache-2.0 */
/*
 * group.h - the distinct groups of a batch, and their windows: what turns a probe of the store for
 * each row into one for each group and batch. Everything is in scratch.
 */
#ifndef WR_ENGINE_OPERATORS_GROUP_H
#define WR_ENGINE_OPERATORS_GROUP_H

#include "engine/operators/op.h"

/** The distinct keys of a selection, in order of first row. */
typedef struct wr__groups {
    uint32_t n;
    uint32_t *of;       /* group of the row at position k of the selection */
    const wr_str *keys; /* store keys (rowkey.c); they lie in the buffer that was given */
} wr__groups;

/** @p keys holds the bytes of the keys until it is used again. */
void wr__groups_find(wr__groups *g, const wr_schema *schema, const wr_batch *in, wr_sel sel,
                     wr_buf *keys, wr_arena *a);

/**
 * The distinct (group, window start) of a selection: "slots", in order of first row, then start.
 * Row k of the selection is in the slots slot[from[k] .. from[k] + count[k]), oldest window first;
 * rows that are in the same windows share them.
 */
typedef struct wr__windows {
    uint32_t n;
    const wr_str *keys;    /* by slot */
    const int64_t *starts; /* by slot */
    const uint32_t *slot, *from, *count;
} wr__windows;

void wr__windows_find(wr__windows *w, const wr_window *window, const wr__groups *groups,
                      const wr_batch *in, wr_sel sel, wr_arena *a);

/** Hash of bytes for tables that live no longer than a commit. */
uint64_t wr__group_hash(wr_str s);

#endif
