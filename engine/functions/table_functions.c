/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Table functions: kernels that give an ARRAY; the flat-map operator makes a row of each element. A
 * NULL argument gives a NULL array: no rows.
 *
 *     EXPLODE(ARRAY[1, NULL])        two rows: 1 and NULL
 *     CUBE_EXPLODE(ARRAY['a', 'b'])  four rows: [NULL, NULL], [NULL, 'b'], ['a', NULL], ['a', 'b']
 */
#include "engine/functions/families.h"
#include "engine/functions/kernel.h"

/* 2^20 rows of one record are the most that it may become. */
#define CUBE_COLUMNS_MAX 20u

/* The array itself: the flat-map operator makes rows of its elements, NULL ones included. */
WR__KERNEL(explode)
{
    WR_FOREACH_SEL (i, sel)
        out->u.nest[i] = wr__nest(args[0], i);
}

/**
 * All ways of blanking elements, counted in binary with the first element as the highest bit. The
 * bit of a NULL element stays 0, so that no combination comes twice.
 */
static wr_nest *cube(wr_arena *a, const wr_nest *columns)
{
    WR_ASSERT(columns->n <= CUBE_COLUMNS_MAX);
    uint32_t n = columns->n, usable = 0;
    for (uint32_t k = 0; k < n; k++)
        usable |= columns->items[k].null ? 0 : 1u << (n - 1 - k);
    wr_nest *rows = wr_nest_new(a, 1u << __builtin_popcount(usable), false);
    rows->n = 0;
    for (uint32_t mask = 0; mask < 1u << n; mask++) {
        if (mask & ~usable)
            continue;
        wr_nest *row = wr_nest_new(a, n, false);
        for (uint32_t k = 0; k < n; k++)
            if (mask >> (n - 1 - k) & 1)
                row->items[k] = columns->items[k];
        rows->items[rows->n++] = wr_value_nest(row);
    }
    WR_ASSERT(rows->n == 1u << __builtin_popcount(usable));
    return rows;
}

/* 30 elements would be 2^30 rows: more than there is memory for, hence the limit. */
WR__KERNEL(cube_explode)
{
    WR_FOREACH_SEL (i, sel) {
        const wr_nest *columns = wr__nest(args[0], i);
        if (columns->n > CUBE_COLUMNS_MAX)
            wr__fail(ctx, out, i, "CUBE_EXPLODE: more than %u elements", CUBE_COLUMNS_MAX);
        else
            out->u.nest[i] = cube(ctx->scratch, columns);
    }
}

static const wr_signature explode_sigs[] = {
    {"ARRAY<T>", "ARRAY<T>", WR__NULL_IN, explode, NULL, NULL, NULL}};
static const wr_signature cube_explode_sigs[] = {
    {"ARRAY<T>", "ARRAY<ARRAY<T>>", WR__NULL_IN, cube_explode, NULL, NULL, NULL}};

/* WR__FN with another kind; the kernel's type is that of all scalar functions. */
#define TABLE_FN(name_, sigs_, example_, result_, description_)                                    \
    {                                                                                              \
        .name = (name_), .category = "TABLE", .description = (description_),                       \
        .example = (example_), .result = (result_), .sigs = (sigs_),                               \
        .sigs_n = WR_ARRAY_LEN(sigs_), .kind = WR_FUNCTION_TABLE                                   \
    }
static const wr_function functions[] = {
    TABLE_FN("CUBE_EXPLODE", cube_explode_sigs, "CUBE_EXPLODE(ARRAY[1, 2])",
             "ARRAY[ARRAY[CAST(NULL AS INT), NULL], ARRAY[NULL, 2], ARRAY[1, NULL], ARRAY[1, 2]]",
             "One row for each way of replacing elements by NULL."),
    TABLE_FN("EXPLODE", explode_sigs, "EXPLODE(ARRAY[1, 2])", "ARRAY[1, 2]",
             "One row for each element of an array."),
};
WR__FAMILY(table, functions);
