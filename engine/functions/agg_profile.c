/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agg_profile.c - PROFILE (rows to a profile) and PROFILE_MERGE (profiles to one).
 *
 *     PROFILE(a, b, c)         BYTES: a profile of three columns; profile.h says what is in it
 *     PROFILE_MERGE(p)         BYTES: the profile of the rows of all of them; NULL where none came
 *
 * A day out of the profiles of its minutes, which EMIT FINAL gives once each:
 *
 *     CREATE TABLE m AS SELECT site, PROFILE(a, b) AS p FROM s
 *         WINDOW TUMBLING (SIZE 1 MINUTE) GROUP BY site EMIT FINAL;
 *     CREATE TABLE d AS SELECT ..., PROFILE_MERGE(p) AS p FROM ...
 *         WINDOW TUMBLING (SIZE 1 DAY) GROUP BY ...;
 *
 * State and result are the bytes of a profile. While rows are added it is a tree in scratch that
 * changes in place (wr_aggregate.open), because making tens of kilobytes anew for each row would
 * cost more than all the rest.
 *
 * No undo: what the sketches have forgotten cannot be taken back, so tables are refused.
 */
#include "engine/functions/aggregates.h"
#include "engine/functions/profile.h"

/* An open state: the profile instead of its bytes. */
static wr__profile *profile_of(const wr_value *state)
{
    return (wr__profile *)(uintptr_t)state->u.str.ptr;
}

/* The pointer travels in the value's place; nobody else looks at it before close. */
static wr_value value_of(const wr__profile *p)
{
    return wr_value_str((wr_str){.ptr = (const char *)p});
}

/* The stored form, in scratch. */
static void put_bytes(wr_agg_ctx *ctx, const wr__profile *p, wr_value *out)
{
    wr_buf b = {0};
    wr__profile_write(p, &b);
    *out = wr_value_str(wr_arena_str(ctx->scratch, wr_buf_view(&b)));
    wr_buf_free(&b);
}

/* Stores have checksums of their own, so this fails only where something is very wrong. */
static bool profile_open(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state)
{
    WR__AGG_UNUSED(call);
    wr__profile *p = state->null ? NULL : wr__profile_read(state->u.str, ctx->scratch);
    if (p)
        *state = value_of(p);
    return p != NULL;
}

/* The tree is left to scratch. */
static void profile_close(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state)
{
    WR__AGG_UNUSED(call);
    put_bytes(ctx, profile_of(state), state);
}

/* Of two sessions. Their columns are those of one statement, so they fit. */
static bool profile_merge(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state,
                          const wr_value *other, const char **message)
{
    WR__AGG_UNUSED(call);
    wr__profile *from = wr__profile_read(other->u.str, ctx->scratch);
    *message = from ? wr__profile_merge(profile_of(state), ctx->scratch, from)
                    : "a profile in the state store is damaged";
    return *message == NULL;
}

/* ---- PROFILE ---- */

/* The first that looks at a call's types, so it refuses what cannot be profiled. */
static weir_status profile_state(const wr_agg_call *call, wr_arena *a, const wr_type **state,
                                 weir_error *err)
{
    (void)a;
    *state = &wr_type_bytes;
    if (call->args_n == 0 || call->args_n > WR__PROFILE_COLUMNS)
        return wr_error(err, WEIR_ERR_STATEMENT, "PROFILE takes 1 to %d columns.",
                        WR__PROFILE_COLUMNS);
    for (uint32_t c = 0; c < call->args_n; c++) {
        if (!wr__profile_takes(call->arg_types[c]))
            return wr_error(err, WEIR_ERR_STATEMENT,
                            "PROFILE takes DECIMALs of at most 38 digits, column %u has more.",
                            c + 1);
    }
    return WEIR_OK;
}

/* No rows yet, but the columns and their types. */
static void profile_init(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state)
{
    put_bytes(ctx, wr__profile_new(ctx->scratch, call->arg_types, call->args_n), state);
}

/* 2^60 rows nobody will see; but no count may overflow. */
static bool profile_add(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state,
                        const wr_value *args, const char **message)
{
    if (!wr__profile_add(profile_of(state), ctx->scratch, call->arg_types, args))
        *message = "the group has too many rows";
    return true;
}

/* ---- PROFILE_MERGE ---- */

/* No columns: which ones there are, the first profile says. */
static void merged_init(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state)
{
    WR__AGG_UNUSED(call);
    put_bytes(ctx, wr__profile_new(ctx->scratch, NULL, 0), state);
}

/* BYTES that are no profile, or one of other columns, are reported and left out: they come out of a
 * topic, and a query ends by what is in one only where it was told to. */
static bool merged_add(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state,
                       const wr_value *args, const char **message)
{
    WR__AGG_UNUSED(call);
    if (args[0].null)
        return true;
    wr__profile *from = wr__profile_read(args[0].u.str, ctx->scratch);
    *message = from ? wr__profile_merge(profile_of(state), ctx->scratch, from)
                    : "the value is no profile, or it is damaged";
    return true;
}

/* NULL as long as there was no profile: there is no report of nothing. */
static void merged_result(const wr_agg_call *call, wr_agg_ctx *ctx, const wr_value *state,
                          wr_value *out)
{
    WR__AGG_UNUSED(call);
    const wr__profile *p = wr__profile_read(state->u.str, ctx->scratch);
    *out = p && p->n ? *state : WR_VALUE_NULL;
}

/* ---- tables ---- */

static const wr_signature profile_sigs[] = {{.args = "any...", .ret = "BYTES"}};
static const wr_aggregate profile_impls[] = {{
    .state_fn = profile_state,
    .init = profile_init,
    .add = profile_add,
    .merge = profile_merge,
    .result = wr__agg_result_state,
    .open = profile_open,
    .close = profile_close,
}};

static const wr_signature merge_sigs[] = {{.args = "BYTES", .ret = "BYTES"}};
static const wr_aggregate merge_impls[] = {{
    .state = "BYTES",
    .init = merged_init,
    .add = merged_add,
    .merge = profile_merge,
    .result = merged_result,
    .open = profile_open,
    .close = profile_close,
}};

static const wr_function table[] = {
    WR__AGG_FN("PROFILE", profile_sigs, profile_impls, "PROFILE(7)", NULL,
               "A profile of columns as BYTES, for PROFILE_REPORT and PROFILE_MERGE: counts, ends, "
               "mean, deviation, quantiles, distinct and most frequent values."),
    WR__AGG_FN("PROFILE_MERGE", merge_sigs, merge_impls, "PROFILE_MERGE(CAST(NULL AS BYTES))",
               "CAST(NULL AS BYTES)", "The profile of the rows of all profiles of a group."),
};

const wr_function_family wr__functions_agg_profile = {table, WR_ARRAY_LEN(table)};
