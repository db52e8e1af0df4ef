/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel.h - what the families share: the shape of a kernel, reading arguments, NULL and failing
 * rows, texts as UTF-16 units.
 *
 * A kernel is a loop over the selected rows with typed code inside:
 *
 *     WR__KERNEL(len_str)
 *     {
 *         WR_FOREACH_SEL (i, sel)
 *             out->u.i32[i] = (int32_t)wr_utf16_len(wr__str(args[0], i));
 *     }
 *
 * Read an argument's data only where it is not NULL: a vector of the untyped NULL has no data.
 */
#ifndef WR_ENGINE_FUNCTIONS_KERNEL_H
#define WR_ENGINE_FUNCTIONS_KERNEL_H

#include "common/utf8.h"
#include "engine/functions/function.h"

/** Head of a kernel; the names of its parameters are those of wr_kernel. */
#define WR__KERNEL(name)                                                                           \
    static void name(WR_UNUSED wr_kctx *ctx, WR_UNUSED const wr_call *call,                        \
                     WR_UNUSED const wr_vec *const *args, wr_sel sel, wr_vec *out)

/** A row of a family's table. @p sigs: an array of wr_signature. */
#define WR__FN(name_, category_, sigs_, example_, result_, description_)                           \
    {                                                                                              \
        .name = (name_), .category = (category_), .description = (description_),                   \
        .example = (example_), .result = (result_), .sigs = (sigs_),                               \
        .sigs_n = WR_ARRAY_LEN(sigs_), .kind = WR_FUNCTION_SCALAR                                  \
    }
/* The file's one export; families.h declares it. */
#define WR__FAMILY(name_, table_)                                                                  \
    const wr_function_family wr__functions_##name_ = {(table_), WR_ARRAY_LEN(table_)}

#define WR__NULL_IN  WR_FN_NULL_IN_NULL_OUT
#define WR__NULL_ERR WR_FN_NULL_IS_ERROR

/* ---- arguments ---- */

/* Row @p i of an argument. A constant is one value with mask 0, a column has a mask of all bits, so
 * the same code reads both without a branch. The type is the signature's: nothing is checked here.
 */
static inline wr_str wr__str(const wr_vec *v, uint32_t i)
{
    return v->u.str[i & v->mask];
}
static inline int32_t wr__i32(const wr_vec *v, uint32_t i)
{
    return v->u.i32[i & v->mask];
}
static inline int64_t wr__i64(const wr_vec *v, uint32_t i)
{
    return v->u.i64[i & v->mask];
}
static inline double wr__f64(const wr_vec *v, uint32_t i)
{
    return v->u.f64[i & v->mask];
}
static inline const wr_nest *wr__nest(const wr_vec *v, uint32_t i)
{
    return v->u.nest[i & v->mask];
}
/* Ask it before the data of an argument that may be NULL: rows are only sorted out beforehand for
 * WR__NULL_IN and WR__NULL_ERR. */
static inline bool wr__null(const wr_vec *v, uint32_t i)
{
    return v->null[i & v->mask];
}

/* ---- results ---- */

/** Row @p i of @p out is NULL (its data becomes zero bytes). */
void wr__put_null(wr_vec *out, uint32_t i);
/** Row @p i failed: report why, the result is NULL. */
#define wr__fail(ctx, out, i, ...)                                                                 \
    do {                                                                                           \
        wr_row_error((ctx)->errs, (i), __VA_ARGS__);                                               \
        wr__put_null((out), (i));                                                                  \
    } while (0)
/** Copy row @p i of @p from, a vector of the same type, NULL or not. */
void wr__put_row(wr_vec *out, uint32_t i, const wr_vec *from);
/** Row @p i is the text in @p b, copied to scratch; half pairs side by side become one character.
 */
void wr__put_text(wr_kctx *ctx, wr_vec *out, uint32_t i, const wr_buf *b);
/** The same for BYTES (no character is looked at). */
void wr__put_bytes(wr_kctx *ctx, wr_vec *out, uint32_t i, const wr_buf *b);
/**
 * The most bytes that one text may have: functions that can make a long text of short ones (LPAD,
 * REPLACE) check it while they write, and fail the row.
 */
#define WR__TEXT_MAX      (64u << 20)
#define WR__TEXT_TOO_LONG "the result is longer than 64 MiB"
/** The most elements of an array that is made from nothing (GENERATE_SERIES). */
#define WR__ITEMS_MAX (1u << 20)

/** Join half pairs that have come to stand side by side, in place. @return the new length. */
size_t wr__join_halves(char *p, size_t n);

/* ---- UTF-16 ---- */

/** A text as Java's char array. */
typedef struct wr__units {
    uint16_t *u; /* units, halves of pairs included */
    uint32_t n;  /* how many; may be 0 */
} wr__units;
wr__units wr__to_units(wr_arena *a, wr_str s);
wr_str wr__from_units(wr_arena *a, const uint16_t *u, uint32_t n);
/** The first @p n units of @p units (n <= units.n), one less where that cuts a pair. */
uint32_t wr__whole_units(wr__units units, uint32_t n);
/** Units [from, to) of @p s, clamped. Positions inside a pair are the beginning of the pair, so
 * that slices side by side make up the text. */
wr_str wr__unit_slice(wr_str s, uint32_t from, uint32_t to);
/** Append bytes as Java's UTF-8 decoder reads them: U+FFFD for each malformed piece. */
void wr__put_utf8_repaired(wr_buf *out, wr_str bytes);

/** Java's (int) and (long) of a double: truncated, saturated, NaN is 0. */
int32_t wr__f64_to_i32(double v);
int64_t wr__f64_to_i64(double v);

#endif
