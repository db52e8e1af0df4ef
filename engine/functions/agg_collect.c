/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agg_collect.c - COLLECT_LIST, COLLECT_SET, HISTOGRAM, ATTR, COUNT_DISTINCT (functions.md
 * section 10): aggregates that keep what they have seen, or a sketch of it.
 *
 * COUNT_DISTINCT is a HyperLogLog of 2^14 registers. Its state is an ARRAY (so that formats without
 * ARRAYs refuse it, as ksqlDB's do) that holds the sketch as one run of bytes: decoding it borrows
 * instead of making thousands of boxed integers for each row. While few registers are set only
 * these are kept. Most values change no register once a group has grown; then the state stays as it
 * is.
 *
 *     function         state                                      undo  NULL
 *     COLLECT_LIST     ARRAY<T>                                   yes   is a value
 *     COLLECT_SET      ARRAY<T>                                   no    is a value
 *     HISTOGRAM        MAP<STRING, BIGINT>                        yes   is a key
 *     ATTR             ARRAY<STRUCT<VALUE T, COUNT INTEGER>>      yes   is a value
 *     COUNT_DISTINCT   ARRAY<BYTES>                               no    is not counted
 */
#include "engine/functions/aggregates.h"

#include <math.h>

/* ---- COLLECT_LIST, COLLECT_SET ---- */

/*
 * call->limit is ksql.functions.<name>.limit: values after it are ignored, as in ksqlDB, so that a
 * group cannot outgrow a record. A full list that something is taken out of takes new values again.
 */
static bool append(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state, const wr_value *v)
{
    const wr_nest *list = state->u.nest;
    if ((int64_t)list->n < call->limit)
        *state = wr_value_nest(wr__agg_list_insert(ctx->scratch, list, list->n, v));
    return true;
}

/* NULL is a value like any other, also to ksqlDB. */
static bool list_add(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state,
                     const wr_value *args, const char **message)
{
    WR__AGG_UNUSED(message);
    return append(call, ctx, state, &args[0]);
}

/* The last one that is equal goes: rows of a table are undone in the reverse order of their coming
 * where equal ones have come several times. A value that the limit kept out is not found. */
static bool list_undo(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state,
                      const wr_value *args, const char **message)
{
    WR__AGG_UNUSED(message);
    const wr_nest *list = state->u.nest;
    for (uint32_t i = list->n; i > 0; i--) {
        if (!wr_value_equal(call->arg_types[0], &list->items[i - 1], &args[0]))
            continue;
        *state = wr_value_nest(wr__agg_list_remove(ctx->scratch, list, i - 1));
        break;
    }
    return true;
}

/* The older session's values come first; the limit counts over both. */
static bool list_merge(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state,
                       const wr_value *other, const char **message)
{
    WR__AGG_UNUSED(message);
    for (uint32_t i = 0; i < other->u.nest->n; i++)
        append(call, ctx, state, &other->u.nest->items[i]);
    return true;
}

/* No undo for sets: how many rows had a value is not kept, so it is not known when the last goes.
 * The set is searched from its beginning: it is as short as the limit says. */
static bool set_put(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state, const wr_value *v)
{
    const wr_nest *set = state->u.nest;
    return wr__agg_list_find(call->arg_types[0], set, v) < set->n || append(call, ctx, state, v);
}

static bool set_add(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state, const wr_value *args,
                    const char **message)
{
    WR__AGG_UNUSED(message);
    return set_put(call, ctx, state, &args[0]);
}

/* Values that both sessions have stay once. */
static bool set_merge(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state,
                      const wr_value *other, const char **message)
{
    WR__AGG_UNUSED(message);
    for (uint32_t i = 0; i < other->u.nest->n; i++)
        set_put(call, ctx, state, &other->u.nest->items[i]);
    return true;
}

/* ---- HISTOGRAM: MAP<STRING, BIGINT> ---- */

/*
 * Keys in order of arrival. A key that is not there when there are 1000 is not counted at all, also
 * not when one of them goes later: ksqlDB's limit, which is not a setting there either.
 */
#define HISTOGRAM_KEYS_MAX 1000

/* A copy with room for @p n entries, those of @p map first. */
static wr_nest *map_copy(wr_arena *a, const wr_nest *map, uint32_t n)
{
    wr_nest *copy = wr_nest_new(a, n, true);
    uint32_t keep = WR_MIN(n, map->n);
    if (keep) {
        memcpy(copy->keys, map->keys, keep * sizeof(*copy->keys));
        memcpy(copy->items, map->items, keep * sizeof(*copy->items));
    }
    return copy;
}

/* Add @p by to the count of @p key. A count of 0 or less takes the key out: undo of the last row
 * that had it. Undo of a key that the limit kept out does nothing. */
static bool histogram_change(wr_agg_ctx *ctx, wr_value *state, const wr_value *key, int64_t by)
{
    const wr_nest *map = state->u.nest;
    uint32_t at = 0;
    while (at < map->n && !wr_value_equal(&wr_type_string, &map->keys[at], key))
        at++;
    if (at == map->n && (by < 0 || map->n >= HISTOGRAM_KEYS_MAX))
        return true;
    wr_nest *copy = map_copy(ctx->scratch, map, WR_MAX(map->n, at + 1));
    if (at == map->n) {
        copy->keys[at] = *key;
        copy->items[at] = wr_value_i64(0);
    }
    copy->items[at].u.i64 += by;
    if (copy->items[at].u.i64 <= 0) {
        for (uint32_t i = at; i + 1 < copy->n; i++) {
            copy->keys[i] = copy->keys[i + 1];
            copy->items[i] = copy->items[i + 1];
        }
        copy->n--;
    }
    *state = wr_value_nest(copy);
    return true;
}

/* An empty map, not NULL: a group of which nothing was counted prints as {}. */
static void histogram_init(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state)
{
    WR__AGG_UNUSED(call);
    *state = wr_value_nest(wr_nest_new(ctx->scratch, 0, true));
}

static bool histogram_add(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state,
                          const wr_value *args, const char **message)
{
    WR__AGG_UNUSED(call, message);
    return histogram_change(ctx, state, &args[0], 1);
}

/* The reverse of add but for the limit: a key that was not let in is not found. */
static bool histogram_undo(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state,
                           const wr_value *args, const char **message)
{
    WR__AGG_UNUSED(call, message);
    return histogram_change(ctx, state, &args[0], -1);
}

/* The counts of the younger session are added key by key, under the same limit. */
static bool histogram_merge(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state,
                            const wr_value *other, const char **message)
{
    WR__AGG_UNUSED(call, message);
    for (uint32_t i = 0; i < other->u.nest->n; i++)
        histogram_change(ctx, state, &other->u.nest->keys[i], other->u.nest->items[i].u.i64);
    return true;
}

/* ---- ATTR: ARRAY<STRUCT<VALUE T, COUNT INTEGER>> ---- */

/*
 * ATTR(x) is x where all rows of the group have the same x, else NULL. The state counts each value,
 * NULL included, so that undo can bring back an earlier answer: with the second value gone, the
 * first one stands again.
 */

/* Change the count of @p v by @p by; an entry whose count falls to 0 goes. */
static bool attr_change(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state,
                        const wr_value *v, int32_t by)
{
    const wr_nest *list = state->u.nest;
    uint32_t at = 0;
    while (at < list->n &&
           !wr_value_equal(call->arg_types[0], &list->items[at].u.nest->items[0], v))
        at++;
    int32_t count = at < list->n ? list->items[at].u.nest->items[1].u.i32 + by : by;
    if (count <= 0) {
        if (at < list->n)
            *state = wr_value_nest(wr__agg_list_remove(ctx->scratch, list, at));
        return true;
    }
    wr_nest *copy = wr__agg_list_copy(ctx->scratch, list, WR_MAX(list->n, at + 1));
    wr_value entry[2] = {*v, wr_value_i32(count)};
    copy->items[at] = wr__agg_struct(ctx->scratch, entry, 2);
    *state = wr_value_nest(copy);
    return true;
}

static bool attr_add(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state,
                     const wr_value *args, const char **message)
{
    WR__AGG_UNUSED(message);
    return attr_change(call, ctx, state, &args[0], 1);
}

static bool attr_undo(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state,
                      const wr_value *args, const char **message)
{
    WR__AGG_UNUSED(message);
    return attr_change(call, ctx, state, &args[0], -1);
}

/* Counts of the same value add up; a value that only one session has comes over with its count. */
static bool attr_merge(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state,
                       const wr_value *other, const char **message)
{
    WR__AGG_UNUSED(message);
    for (uint32_t i = 0; i < other->u.nest->n; i++) {
        const wr_value *entry = other->u.nest->items[i].u.nest->items;
        attr_change(call, ctx, state, &entry[0], entry[1].u.i32);
    }
    return true;
}

/* Two values in the group, or none: NULL. NULL as the only value gives NULL as well, so the two
 * cannot be told apart. */
static void attr_result(const wr_agg_call *call, wr_agg_ctx *ctx, const wr_value *state,
                        wr_value *out)
{
    WR__AGG_UNUSED(call, ctx);
    const wr_nest *list = state->u.nest;
    *out = list->n == 1 ? list->items[0].u.nest->items[0] : WR_VALUE_NULL;
}

/* ---- COUNT_DISTINCT ---- */

/*
 * The layout of the sketch is Weir's own. With 2^14 registers of a byte its standard error is 1.04
 * / sqrt(2^14), 0.8 %. What is near exact: up to some hundred distinct values, where few registers
 * are set, linear counting is.
 *
 *   sparse:  (register: 2 bytes, rank: 1 byte) for each register set, in order of arrival
 *   dense:   2^14 ranks of one byte
 *
 * The length says which one it is; a sparse sketch is always shorter (340 * 3 bytes).
 */
#define HLL_BITS       14
#define HLL_REGISTERS  (1u << HLL_BITS)
#define HLL_ENTRY      3u   /* bytes of a sparse entry: register (2, big endian), rank */
#define HLL_SPARSE_MAX 340u /* entries; with more the dense form is used */

/** The sketch's bytes: empty, sparse entries, or one byte for each register. */
static wr_str hll_bytes(const wr_value *state)
{
    const wr_nest *n = state->u.nest;
    return n->n ? n->items[0].u.str : WR_STR("");
}

/* The length says which form it is, so every other one would be read wrongly. */
static void hll_store(wr_agg_ctx *ctx, wr_value *state, const uint8_t *bytes, uint32_t len)
{
    WR_ASSERT(len == HLL_REGISTERS || (len % HLL_ENTRY == 0 && len < HLL_REGISTERS));
    wr_nest *n = wr_nest_new(ctx->scratch, 1, false);
    n->items[0] = wr_value_str((wr_str){(const char *)bytes, len});
    *state = wr_value_nest(n);
}

/* Big endian, as drawn above. */
static uint32_t entry_register(const uint8_t *e)
{
    return (uint32_t)e[0] << 8 | e[1];
}

/** The dense form as a copy that may be changed. */
static uint8_t *hll_dense(wr_arena *a, wr_str s)
{
    if (s.len == HLL_REGISTERS)
        return wr_arena_memdup(a, s.ptr, s.len);
    uint8_t *ranks = wr_arena_calloc(a, HLL_REGISTERS, 1);
    const uint8_t *e = (const uint8_t *)s.ptr;
    for (uint32_t i = 0; i < s.len / HLL_ENTRY; i++, e += HLL_ENTRY)
        ranks[entry_register(e) & (HLL_REGISTERS - 1)] = e[2];
    return ranks;
}

/** Raise a register of a sparse sketch. @return false where the dense form must take over. */
static bool sparse_put(wr_agg_ctx *ctx, wr_value *state, wr_str s, uint32_t reg, uint8_t rank)
{
    WR_ASSERT(reg < HLL_REGISTERS);
    const uint8_t *old = (const uint8_t *)s.ptr;
    uint32_t n = s.len / HLL_ENTRY, at = 0;
    while (at < n && entry_register(old + at * HLL_ENTRY) != reg)
        at++;
    if (at < n && old[at * HLL_ENTRY + 2] >= rank)
        return true;
    if (at == HLL_SPARSE_MAX)
        return false;
    uint32_t len = WR_MAX(n, at + 1) * HLL_ENTRY;
    uint8_t *bytes = wr_arena_alloc(ctx->scratch, len);
    if (s.len)
        memcpy(bytes, old, s.len);
    uint8_t *e = bytes + at * HLL_ENTRY;
    e[0] = (uint8_t)(reg >> 8);
    e[1] = (uint8_t)reg;
    e[2] = rank;
    hll_store(ctx, state, bytes, len);
    return true;
}

/** The estimator needs all bits of the hash to be good: one more round of mixing. */
static uint64_t hll_hash(const wr_type *t, const wr_value *v)
{
    uint64_t h = wr_value_hash(t, v) + 0x9E3779B97F4A7C15u;
    h = (h ^ h >> 30) * 0xBF58476D1CE4E5B9u;
    h = (h ^ h >> 27) * 0x94D049BB133111EBu;
    return h ^ h >> 31;
}

/* The first 14 bits of the hash choose the register, the run of zeros after them is the rank: rank
 * r is met once in 2^r values, so the highest one says how many there were. */
static bool distinct_add(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state,
                         const wr_value *args, const char **message)
{
    WR__AGG_UNUSED(message);
    if (args[0].null)
        return true;
    uint64_t h = hll_hash(call->arg_types[0], &args[0]);
    uint32_t reg = (uint32_t)(h >> (64 - HLL_BITS));
    uint64_t rest = h << HLL_BITS | 1ull << (HLL_BITS - 1); /* ends the run of zeros */
    uint8_t rank = (uint8_t)(__builtin_clzll(rest) + 1);
    wr_str s = hll_bytes(state);
    if (s.len != HLL_REGISTERS && sparse_put(ctx, state, s, reg, rank))
        return true;
    if (s.len == HLL_REGISTERS && (uint8_t)s.ptr[reg] >= rank)
        return true;
    uint8_t *ranks = hll_dense(ctx->scratch, s);
    ranks[reg] = rank;
    hll_store(ctx, state, ranks, HLL_REGISTERS);
    return true;
}

/* The sketch of both is the maximum of their registers. Always dense: merging is rare, and what two
 * sessions hold together is often no longer sparse. */
static bool distinct_merge(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state,
                           const wr_value *other, const char **message)
{
    WR__AGG_UNUSED(call, message);
    if (hll_bytes(other).len == 0)
        return true;
    uint8_t *ranks = hll_dense(ctx->scratch, hll_bytes(state));
    const uint8_t *more = hll_dense(ctx->scratch, hll_bytes(other));
    for (uint32_t r = 0; r < HLL_REGISTERS; r++)
        ranks[r] = WR_MAX(ranks[r], more[r]);
    hll_store(ctx, state, ranks, HLL_REGISTERS);
    return true;
}

/* Flajolet's estimator with the constant for 2^14 registers; below 2.5 m it is biased, and the
 * number of registers that are still 0 says more. */
static void distinct_result(const wr_agg_call *call, wr_agg_ctx *ctx, const wr_value *state,
                            wr_value *out)
{
    WR__AGG_UNUSED(call);
    const double m = HLL_REGISTERS;
    const uint8_t *ranks = hll_dense(ctx->scratch, hll_bytes(state));
    double sum = 0;
    uint32_t zeros = 0;
    for (uint32_t r = 0; r < HLL_REGISTERS; r++) {
        sum += ldexp(1.0, -(int)ranks[r]);
        zeros += ranks[r] == 0;
    }
    double estimate = 0.7213 / (1 + 1.079 / m) * m * m / sum;
    if (estimate <= 2.5 * m && zeros)
        estimate = m * log(m / zeros); /* linear counting while few registers are set */
    *out = wr_value_i64(llround(estimate));
}

/* ---- tables ---- */

static const wr_signature collect_sigs[] = {{.args = "T", .ret = "ARRAY<T>"}};
static const wr_aggregate list_impl[] = {{.state = "ARRAY<T>",
                                          .init = wr__agg_init_list,
                                          .add = list_add,
                                          .undo = list_undo,
                                          .merge = list_merge,
                                          .result = wr__agg_result_state}};
static const wr_aggregate set_impl[] = {{.state = "ARRAY<T>",
                                         .init = wr__agg_init_list,
                                         .add = set_add,
                                         .merge = set_merge,
                                         .result = wr__agg_result_state}};
static const wr_signature histogram_sigs[] = {{.args = "STRING", .ret = "MAP<STRING, BIGINT>"}};
static const wr_aggregate histogram_impl[] = {{.state = "MAP<STRING, BIGINT>",
                                               .init = histogram_init,
                                               .add = histogram_add,
                                               .undo = histogram_undo,
                                               .merge = histogram_merge,
                                               .result = wr__agg_result_state}};
static const wr_signature attr_sigs[] = {{.args = "T", .ret = "T"}};
static const wr_aggregate attr_impl[] = {{.state = "ARRAY<STRUCT<VALUE T, COUNT INTEGER>>",
                                          .init = wr__agg_init_list,
                                          .add = attr_add,
                                          .undo = attr_undo,
                                          .merge = attr_merge,
                                          .result = attr_result}};
static const wr_signature distinct_sigs[] = {{.args = "T", .ret = "BIGINT"}};
static const wr_aggregate distinct_impl[] = {{.state = "ARRAY<BYTES>",
                                              .init = wr__agg_init_list,
                                              .add = distinct_add,
                                              .merge = distinct_merge,
                                              .result = distinct_result}};

static const wr_function table[] = {
    WR__AGG_FN("ATTR", attr_sigs, attr_impl, "ATTR('a')", "'a'",
               "The value of a group where all its rows have the same one, else NULL."),
    WR__AGG_FN("COLLECT_LIST", collect_sigs, list_impl, "COLLECT_LIST(1)", "ARRAY[1]",
               "All values of a group, in order of arrival."),
    WR__AGG_FN("COLLECT_SET", collect_sigs, set_impl, "COLLECT_SET(1)", "ARRAY[1]",
               "The distinct values of a group, in order of arrival."),
    WR__AGG_FN("COUNT_DISTINCT", distinct_sigs, distinct_impl, "COUNT_DISTINCT('a')",
               "CAST(1 AS BIGINT)",
               "About how many distinct non-NULL values a group has (HyperLogLog)."),
    WR__AGG_FN("HISTOGRAM", histogram_sigs, histogram_impl, "HISTOGRAM('a')",
               "MAP('a' := CAST(1 AS BIGINT))",
               "How often each string occurs in a group, for at most 1000 strings."),
};

const wr_function_family wr__functions_agg_collect = {table, WR_ARRAY_LEN(table)};
