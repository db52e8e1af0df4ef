/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aggregates.h - what the agg_*.c files share: small helpers on states.
 *
 * A state is a SQL value in the scratch arena. add, undo and merge never change a tree that the old
 * state points to, they build a new one where something changes: the caller may still hold the old
 * state (the change it sends on has an old and a new row).
 */
#ifndef WR_ENGINE_FUNCTIONS_AGGREGATES_H
#define WR_ENGINE_FUNCTIONS_AGGREGATES_H

#include "engine/functions/families.h"

/** Parameters of wr_aggregate's functions that one does not use. */
#define WR__AGG_UNUSED(...) ((void)sizeof((const void *[]){__VA_ARGS__}))

/**
 * A row of a family's table. @p impls_: as many as there are @p sigs_, in their order, which is
 * checked when this is compiled.
 */
#define WR__AGG_FN(name_, sigs_, impls_, example_, result_, description_)                          \
    {                                                                                              \
        .name = (name_), .category = "AGGREGATE", .description = (description_),                   \
        .example = (example_), .result = (result_), .sigs = (sigs_),                               \
        .sigs_n = WR_ARRAY_LEN(sigs_) +                                                            \
                  0 * sizeof(char[WR_ARRAY_LEN(sigs_) == WR_ARRAY_LEN(impls_) ? 1 : -1]),          \
        .kind = WR_FUNCTION_AGGREGATE, .aggregate = (impls_)                                       \
    }

/** A copy of @p list with room for @p n items (the old ones first, the rest NULL). */
wr_nest *wr__agg_list_copy(wr_arena *a, const wr_nest *list, uint32_t n);
/** @p list without item @p at. */
wr_nest *wr__agg_list_remove(wr_arena *a, const wr_nest *list, uint32_t at);
/** @p list with @p v put before item @p at. */
wr_nest *wr__agg_list_insert(wr_arena *a, const wr_nest *list, uint32_t at, const wr_value *v);
/** First item equal to @p v, or list->n. */
uint32_t wr__agg_list_find(const wr_type *elem, const wr_nest *list, const wr_value *v);
/** A new STRUCT value of @p n fields. */
wr_value wr__agg_struct(wr_arena *a, const wr_value *fields, uint32_t n);

/* For the tables of the agg_*.c files: a state that begins as NULL, as an empty list; a result that
 * is the state. */
void wr__agg_init_null(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state);
void wr__agg_init_list(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state);
void wr__agg_result_state(const wr_agg_call *call, wr_agg_ctx *ctx, const wr_value *state,
                          wr_value *out);

#endif
