/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vec.h - a typed column vector: the unit that expressions, formats and operators work on.
 *
 * Layout: a flat array of the type's physical form and one byte a row that is 1 for NULL (a byte
 * map rather than a bitmap: kernels combine NULLs with plain vectorised ORs and no shifts, and a
 * batch has at most a few thousand rows; docs/design/batches.md). Strings and bytes are slices into
 * message payloads or the batch's arena. ARRAY, MAP, STRUCT are trees in the arena (wr_nest).
 *
 *   physical form by type: BOOLEAN uint8_t b[] (0 or 1) | INTEGER, DATE, TIME, UNIT int32_t i32[] |
 *   BIGINT, TIMESTAMP int64_t i64[] | DOUBLE double f64[] | DECIMAL wr_i128 dec[] (p <= 38) or
 *   wr_big big[] | STRING, BYTES wr_str str[] | ARRAY, MAP, STRUCT const wr_nest *nest[] |
 *   NULL: no data.
 *
 * A constant vector holds one row and mask 0: always read element `i & v->mask`.
 * What data holds where null is 1: unspecified, but never a trap (kernels may compute on it), and
 * never uninitialised memory handed to a byte-copying function: producers store zeroes.
 */
#ifndef WR_TYPES_VEC_H
#define WR_TYPES_VEC_H

#include "types/value.h"

typedef struct wr_vec {
    const wr_type *type;
    uint8_t *null; /* 1: NULL; at index i & mask */
    union {
        void *data;
        uint8_t *b;
        int32_t *i32;
        int64_t *i64;
        double *f64;
        wr_i128 *dec;
        wr_big *big;
        wr_str *str;
        const wr_nest **nest;
    } u;
    uint32_t mask; /* 0 for a constant, UINT32_MAX otherwise */
    bool no_nulls; /* known: no row is NULL. false: may or may not */
    bool ascii;    /* STRING: known: every row is ASCII */
} wr_vec;

/**
 * Selection: which rows of a batch an operation is for, in ascending order.
 * rows == NULL: all of 0..n-1.
 */
typedef struct wr_sel {
    uint32_t n;
    const uint32_t *rows;
} wr_sel;

static inline wr_sel wr_sel_all(uint32_t n)
{
    return (wr_sel){n, NULL};
}
static inline uint32_t wr_sel_row(wr_sel s, uint32_t k)
{
    return s.rows ? s.rows[k] : k;
}
/** `WR_FOREACH_SEL (i, sel) { ... }`: i runs over the selected rows. */
#define WR_FOREACH_SEL(i, sel)                                                                     \
    for (uint32_t wr_k_##i = 0, i; wr_k_##i < (sel).n && (i = wr_sel_row((sel), wr_k_##i), true);  \
         wr_k_##i++)

/** Bytes of one element of @p t's physical form. */
size_t wr_type_width(const wr_type *t);

/** Make @p v a vector of @p rows rows (nulls cleared to 0, data uninitialised) from @p a. */
void wr_vec_init(wr_vec *v, const wr_type *t, uint32_t rows, wr_arena *a);
/** Make @p v a constant. The value's memory is borrowed. */
void wr_vec_const(wr_vec *v, const wr_type *t, const wr_value *value, wr_arena *a);
/** Box row @p i (no copy of what it points to). */
wr_value wr_vec_get(const wr_vec *v, uint32_t i);
/** Store @p value at row @p i (no copy of what it points to). @pre not a constant. */
void wr_vec_set(wr_vec *v, uint32_t i, const wr_value *value);
static inline bool wr_vec_is_null(const wr_vec *v, uint32_t i)
{
    return v->null[i & v->mask];
}
static inline void wr_vec_set_null(wr_vec *v, uint32_t i)
{
    v->null[i] = 1;
    v->no_nulls = false;
}
/** out[k] = in[sel[k]]: gather the selected rows into a dense vector. */
void wr_vec_gather(wr_vec *out, const wr_vec *in, wr_sel sel, wr_arena *a);
/** Like wr_vec_get, for the codec: append row i's bytes (wr_value_encode's form). */
void wr_vec_encode(wr_buf *out, const wr_vec *v, uint32_t i);

#endif
