/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flat.h - aggregates whose states all have fixed widths: updated where they are stored, a column
 * of arguments at a time, without boxed values.
 *
 * The bytes are those of agg_row.c (rowtime, then the states in the row codec): in a row none of
 * whose states is NULL each state lies at a place of its own, so it can be read and written there.
 * Rows that have a NULL state (MIN of nothing yet) are shorter; they take the boxed way until
 * they have all their values. Nothing that is stored changes, and either way reads the other's
 * rows.
 *
 *     rowtime:8 │ 01 count:8 │ 01 sum:4 │ 01 01 sum:8 01 count:8 │ 01 01 seq:8 01 value:8 │ ...
 *                 COUNT        SUM(INT)   AVG(BIGINT)              LATEST_BY_OFFSET(BIGINT)
 *
 * How to use it (aggregate.c, window_aggregate.c by way of agg_work.h; combine.c on its own):
 * wr__flat_is says whether a stored row has the form; for a new row copy flat.blank, if
 * wr__flat_can_start says that this input row gives every state a value. Then collect the places of
 * many rows and call wr__flat_add once. For sessions: wr__flat_merge merges one row's states into
 * another's, the older session first.
 */
#ifndef WR_ENGINE_OPERATORS_FLAT_H
#define WR_ENGINE_OPERATORS_FLAT_H

#include "engine/operators/op.h"

/** Input rows and the stored rows that they go to: pair k is in row at[k], stored row row[k]. */
typedef struct wr__flat_pairs {
    uint32_t n;
    char *const *row;
    const uint32_t *at;
} wr__flat_pairs;

typedef struct wr__flat_field wr__flat_field;
struct wr__flat_field {
    void (*add)(const wr__flat_field *f, const wr__flat_pairs *pairs, const wr_vec *arg,
                uint64_t *sequence);
    void (*merge)(const wr__flat_field *f, char *to, const char *from);
    void (*result)(const wr__flat_field *f, uint32_t n, const char *const *rows, wr_vec *out,
                   const uint32_t *to);
    uint32_t at;    /* of the state in the row */
    uint32_t width; /* of the state */
    int32_t arg;    /* index of the argument's vector, -1: none */
    bool nullable;  /* the state is NULL before its first value */
};

typedef struct wr__flat {
    bool on; /* false: the aggregates have no such form; nothing else is set */
    uint32_t n;
    wr__flat_field *fields;
    uint32_t len;      /* of a row */
    const char *blank; /* a new row; its time is INT64_MIN, nullable states are marked as NULL */
    uint32_t marks_n;
    const uint32_t *marks; /* places of the bytes that are 01 where a value is not NULL */
} wr__flat;

/** @p cfg in flat form, or flat->on = false: all or nothing. Memory is @p a's. */
void wr__flat_open(wr__flat *flat, const wr_step_aggregate *cfg, wr_arena *a);
/** Is this a whole row without NULLs? */
bool wr__flat_is(const wr__flat *flat, wr_str row);
/** Does row @p i give every nullable state a value? */
bool wr__flat_can_start(const wr__flat *flat, const wr_vec *const *args, uint32_t i);
/** Add arguments, in the order of the pairs. A row may come several times. */
void wr__flat_add(const wr__flat *flat, const wr__flat_pairs *pairs, const wr_vec *const *args,
                  uint64_t *sequence);
/** Merge the states of @p from into @p to; times are the caller's. Both as flat.blank. */
void wr__flat_merge(const wr__flat *flat, char *to, const char *from);
/** Result of rows[k] into row to[k] of cols[0 .. flat->n). */
void wr__flat_results(const wr__flat *flat, uint32_t n, const char *const *rows, wr_vec *cols,
                      const uint32_t *to);
/** A row whose nullable states may be marked as NULL, as the row codec writes it, behind its time.
 */
void wr__flat_put_states(const wr__flat *flat, const char *row, wr_buf *out);

#endif
