/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agg_work.h - adding the rows of one batch to stored aggregates in place (flat.h), and emitting.
 *
 *     wr__agg_work_begin(&w, ...entries of the batch's groups...)
 *     for each row: if (wr__agg_work_open(&w, slot, i)) wr__agg_work_add(&w, slot, i);
 *                   else the boxed way (agg_row.c)
 *                   or wr__agg_work_keep(&w, slot, i, exists, &err)
 *     wr__agg_work_settle(&w): from here on the store has it all
 *
 * Between open and settle the entry is being edited: rows are only noted, and all of them are added
 * in one loop for each aggregate. A slot is an entry of the batch, by its index. The boxed way
 * must not touch an open slot; it never has to, since a row that was flat once stays so.
 *
 * States that are too large to be encoded for each row (wr_aggregate.open) are kept boxed, by slot,
 * until the batch has been added: where nobody wants to see each update, wr__agg_work_keeps says.
 */
#ifndef WR_ENGINE_OPERATORS_AGG_WORK_H
#define WR_ENGINE_OPERATORS_AGG_WORK_H

#include "engine/operators/agg_row.h"
#include "engine/operators/flat.h"

typedef struct wr__agg_work {
    wr__agg *g;
    const wr__flat *flat;
    wr_store *store;
    const wr_batch *in;
    wr_store_entry **entries;     /* by slot */
    char **base;                  /* by slot: the bytes that are edited, NULL: not open */
    uint32_t *open, open_n;       /* the open slots */
    wr__agg_row **kept;           /* by slot: its row as it will be stored, NULL: not kept */
    uint32_t *keeping, keeping_n; /* the slots that are kept */
    wr_value *before;             /* the states of a row that is kept, before one is added */
    char **rows;                  /* what is to be added: input row at[k] to rows[k] */
    uint32_t *at, n, cap;
} wr__agg_work;

/** @p emits: each update is sent on by itself. */
void wr__agg_work_begin(wr__agg_work *w, wr__agg *g, const wr__flat *flat, wr_store *store,
                        const wr_batch *in, wr_store_entry **entries, uint32_t slots, bool emits);
/** The rows of @p sel that are themselves, not partial aggregates: those whose arguments count. */
wr_sel wr__agg_whole_rows(const wr_batch *in, wr_sel sel, wr_arena *a);
/** wr__agg_work_open, the first time that a batch comes to a slot. */
bool wr__agg_work_open_first(wr__agg_work *w, uint32_t slot, uint32_t i);
/** Are rows to be kept, not stored one by one? Then all rows of the batch are. */
static inline bool wr__agg_work_keeps(const wr__agg_work *w)
{
    return w->kept != NULL;
}
/** Add row @p i to a slot that is kept from now on. @p exists: its entry counts as stored. */
weir_status wr__agg_work_keep(wr__agg_work *w, uint32_t slot, uint32_t i, bool exists,
                              weir_error *err) WR_MUST_CHECK;
/** Run the loops over the rows that were noted. */
void wr__agg_work_add_noted(wr__agg_work *w);

/* For each row and window: inline. */

/** Make the slot ready for row @p i; false: this row has to go the boxed way. */
static inline bool wr__agg_work_open(wr__agg_work *w, uint32_t slot, uint32_t i)
{
    return w->flat->on && (WR_LIKELY(w->base[slot] != NULL) || wr__agg_work_open_first(w, slot, i));
}
/** Add row @p i to an open slot. */
static inline void wr__agg_work_add(wr__agg_work *w, uint32_t slot, uint32_t i)
{
    char *base = w->base[slot];
    int64_t time = w->in->rowtime[i];
    if (time > (int64_t)wr_get_be64(base))
        wr_put_be64(base, (uint64_t)time);
    w->rows[w->n] = base;
    w->at[w->n++] = i;
    if (w->n == w->cap)
        wr__agg_work_add_noted(w);
}
/** Merge the partial aggregate of row @p i (batch.h) into the slot, open or not. */
weir_status wr__agg_work_merge(wr__agg_work *w, uint32_t slot, uint32_t i,
                               weir_error *err) WR_MUST_CHECK;
/** Add all that was noted and hand the changes to the store. No slot is open afterwards. */
weir_status wr__agg_work_settle(wr__agg_work *w, weir_error *err) WR_MUST_CHECK;

/** Results of stored bytes, which may change afterwards, into the value columns of row @p to. */
weir_status wr__agg_put_results(wr__agg *g, const wr__flat *flat, wr_str bytes, wr_vec *cols,
                                uint32_t to, weir_error *err) WR_MUST_CHECK;
/**
 * A row of @p out for the update of @p e by row @p i; @p old: the stored row before it, ptr NULL
 * where there was none or nobody asks. @return its index in *to; windows are the caller's.
 */
weir_status wr__agg_put_update(wr__agg *g, const wr__flat *flat, const wr_store_entry *e,
                               wr_str old, const wr_batch *in, uint32_t i, wr_batch_builder *out,
                               uint32_t *to, weir_error *err) WR_MUST_CHECK;

/**
 * Caching: emit what changed since the last commit, each row once, in order of first change, from
 * stored bytes to columns. kv and window stores; sessions have wr__flush_dirty.
 */
weir_status wr__agg_flush(wr__agg *g, const wr__flat *flat, wr_store *store,
                          weir_error *err) WR_MUST_CHECK;

#endif
