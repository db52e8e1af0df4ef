/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TRANSFORM, FILTER, REDUCE. A lambda's body runs over vectors, too: TRANSFORM and FILTER lay the
 * elements of all rows' collections one after the other and call it once; REDUCE calls it once for
 * each position, with the rows that still have an element there.
 *
 * A body that fails for an element makes its row fail: the evaluator sees to that.
 *
 * What NULL does:
 *
 *     TRANSFORM    a NULL collection: NULL; a NULL element is given to the body;
 *                  of a map, a new value that is NULL, or a new key that comes twice: error
 *     FILTER       a NULL collection: NULL; a result that is NULL: error
 *     REDUCE       a NULL first state: NULL; a NULL collection: the first state
 */
#include "engine/functions/families.h"
#include "engine/functions/kernel.h"
#include "engine/functions/value_set.h"

/** The elements of many rows as columns. */
typedef struct flat {
    wr_vec params[2]; /* array: elements; map: keys and values */
    uint32_t params_n;
    uint32_t *rows; /* of each element */
    uint32_t n;
} flat;

/* Maps have two parameters where arrays have one. */
static bool is_map(const wr_type *t)
{
    return t->id == WR_T_MAP;
}

/* Rows that are NULL have no elements; TRANSFORM and FILTER never see them (WR__NULL_IN). Elements
 * of row i lie side by side, rows in the order of the selection: the kernels rely on it when they
 * walk over the results with one counter. */
static void flatten(wr_kctx *ctx, const wr_vec *collections, wr_sel sel, flat *f)
{
    const wr_type *t = collections->type;
    *f = (flat){.params_n = is_map(t) ? 2 : 1};
    WR_FOREACH_SEL (i, sel)
        f->n += wr__null(collections, i) ? 0 : wr__nest(collections, i)->n;
    f->rows = wr_arena_alloc(ctx->scratch, sizeof(uint32_t) * (f->n + 1));
    if (is_map(t))
        wr_vec_init(&f->params[0], t->key, f->n, ctx->scratch);
    wr_vec_init(&f->params[f->params_n - 1], t->elem, f->n, ctx->scratch);
    uint32_t at = 0;
    WR_FOREACH_SEL (i, sel) {
        if (wr__null(collections, i))
            continue;
        const wr_nest *c = wr__nest(collections, i);
        for (uint32_t k = 0; k < c->n; k++, at++) {
            f->rows[at] = i;
            if (is_map(t))
                wr_vec_set(&f->params[0], at, &c->keys[k]);
            wr_vec_set(&f->params[f->params_n - 1], at, &c->items[k]);
        }
    }
    WR_ASSERT(at == f->n);
}

/* The body over all elements; NULL where there are none, since a batch has at least one row. */
static const wr_vec *run_over(wr_kctx *ctx, const wr_lambda *lambda, const flat *f)
{
    return f->n ? ctx->run_lambda(ctx, lambda, f->params, f->params_n, f->rows, f->n) : NULL;
}

/* ---- TRANSFORM ---- */

/* A NULL result is a NULL element: arrays may hold NULL. */
WR__KERNEL(transform_array)
{
    flat f;
    flatten(ctx, args[0], sel, &f);
    const wr_vec *results = run_over(ctx, call->lambdas[0], &f);
    uint32_t at = 0;
    WR_FOREACH_SEL (i, sel) {
        uint32_t n = wr__nest(args[0], i)->n;
        wr_nest *list = wr_nest_new(ctx->scratch, n, false);
        for (uint32_t k = 0; k < n; k++)
            list->items[k] = wr_vec_get(results, at++);
        out->u.nest[i] = list;
    }
}

/** The map of row @p i from results [at, at + n). */
static void collect_map(wr_kctx *ctx, const wr_call *call, const wr_vec *keys, const wr_vec *values,
                        uint32_t at, uint32_t n, uint32_t i, wr_vec *out)
{
    wr_nest *map = wr_nest_new(ctx->scratch, n, true);
    wr__value_set seen;
    wr__value_set_init(&seen, call->ret->key, n, ctx->scratch);
    for (uint32_t k = 0; k < n; k++) {
        map->keys[k] = wr_vec_get(keys, at + k);
        map->items[k] = wr_vec_get(values, at + k);
        if (map->items[k].null) {
            wr__fail(ctx, out, i, "TRANSFORM: a new value is NULL");
            return;
        }
        if (wr__value_set_add(&seen, &map->keys[k])) {
            wr__fail(ctx, out, i, "TRANSFORM: two entries have the same new key");
            return;
        }
    }
    out->u.nest[i] = map;
}

/* Two lambdas, one for keys and one for values, each over all entries. */
WR__KERNEL(transform_map)
{
    flat f;
    WR_ASSERT(call->lambdas_n == 2);
    flatten(ctx, args[0], sel, &f);
    const wr_vec *keys = run_over(ctx, call->lambdas[0], &f);
    const wr_vec *values = run_over(ctx, call->lambdas[1], &f);
    uint32_t at = 0;
    WR_FOREACH_SEL (i, sel) {
        uint32_t n = wr__nest(args[0], i)->n;
        collect_map(ctx, call, keys, values, at, n, i, out);
        at += n;
    }
}

/* ---- FILTER ---- */

/** Keep the elements for which results [at, at + n) are true. */
static void keep_true(wr_kctx *ctx, const wr_nest *from, const wr_vec *results, uint32_t at,
                      bool map, uint32_t i, wr_vec *out)
{
    wr_nest *kept = wr_nest_new(ctx->scratch, from->n, map);
    kept->n = 0;
    for (uint32_t k = 0; k < from->n; k++) {
        if (wr__null(results, at + k)) {
            wr__fail(ctx, out, i, "FILTER: the lambda's result is NULL");
            return;
        }
        if (!results->u.b[(at + k) & results->mask])
            continue;
        if (map && from->items[k].null) {
            /* Quirk: ksqlDB collects the entries into a map that takes no NULL. */
            wr__fail(ctx, out, i, "FILTER: the value of an entry to keep is NULL");
            return;
        }
        if (map)
            kept->keys[kept->n] = from->keys[k];
        kept->items[kept->n++] = from->items[k];
    }
    out->u.nest[i] = kept;
}

/* Entries of a map are kept by a lambda of key and value. */
WR__KERNEL(filter)
{
    flat f;
    flatten(ctx, args[0], sel, &f);
    const wr_vec *results = run_over(ctx, call->lambdas[0], &f);
    uint32_t at = 0;
    WR_FOREACH_SEL (i, sel) {
        const wr_nest *from = wr__nest(args[0], i);
        keep_true(ctx, from, results, at, is_map(call->ret), i, out);
        at += from->n;
    }
}

/* ---- REDUCE ---- */

/*
 * The state of a row goes through its elements one by one, so the rows, not the elements, are what
 * runs side by side: position 0 of all rows, then position 1 of those that have one, and so on. The
 * states are kept in the output vector itself.
 */

/**
 * The rows of @p from[0..n) whose collection has an element @p k, into @p to. Rows drop out as
 * their collections end, so k-th elements are looked at for these only. May be called with @p from
 * and @p to the same length; they must not overlap.
 */
static uint32_t rows_with(const wr_vec *collections, const uint32_t *from, uint32_t n, uint32_t k,
                          uint32_t *to)
{
    uint32_t kept = 0;
    for (uint32_t j = 0; j < n; j++)
        if (wr__nest(collections, from[j])->n > k)
            to[kept++] = from[j];
    return kept;
}

/** Fold element @p k of each of @p rows into @p out, which holds the states. */
static void fold(wr_kctx *ctx, const wr_call *call, const wr_vec *collections, const uint32_t *rows,
                 uint32_t n, uint32_t k, wr_vec *out)
{
    const wr_type *t = collections->type;
    uint32_t params_n = is_map(t) ? 3 : 2;
    wr_vec params[3];
    wr_vec_init(&params[0], call->ret, n, ctx->scratch);
    if (is_map(t))
        wr_vec_init(&params[1], t->key, n, ctx->scratch);
    wr_vec_init(&params[params_n - 1], t->elem, n, ctx->scratch);
    for (uint32_t j = 0; j < n; j++) {
        const wr_nest *c = wr__nest(collections, rows[j]);
        wr_value state = wr_vec_get(out, rows[j]);
        wr_vec_set(&params[0], j, &state);
        if (is_map(t))
            wr_vec_set(&params[1], j, &c->keys[k]);
        wr_vec_set(&params[params_n - 1], j, &c->items[k]);
    }
    WR_ASSERT(n > 0 && call->lambdas_n == 1);
    const wr_vec *results = ctx->run_lambda(ctx, call->lambdas[0], params, params_n, rows, n);
    for (uint32_t j = 0; j < n; j++) {
        wr_value state = wr_vec_get(results, j);
        wr_vec_set(out, rows[j], &state);
    }
}

/* A NULL first state gives NULL, a NULL collection the first state: ksqlDB's rules. */
WR__KERNEL(reduce)
{
    uint32_t *rows = wr_arena_alloc(ctx->scratch, sizeof(uint32_t) * (sel.n + 1)), n = 0;
    uint32_t *left = wr_arena_alloc(ctx->scratch, sizeof(uint32_t) * (sel.n + 1));
    WR_FOREACH_SEL (i, sel) {
        wr__put_row(out, i, args[1]);
        if (!wr__null(args[1], i) && !wr__null(args[0], i))
            rows[n++] = i;
    }
    for (uint32_t k = 0; (n = rows_with(args[0], rows, n, k, left)); k++) {
        fold(ctx, call, args[0], left, n, k, out);
        memcpy(rows, left, sizeof(uint32_t) * n);
    }
}

/* ---- tables ---- */

#define SIMPLE NULL, NULL, NULL
/* R and Z are bound by what the bodies return. */
static const wr_signature transform_sigs[] = {
    {"ARRAY<T>, T=>R", "ARRAY<R>", WR__NULL_IN, transform_array, SIMPLE},
    {"MAP<K,V>, (K,V)=>R, (K,V)=>Z", "MAP<R,Z>", WR__NULL_IN, transform_map, SIMPLE},
};
static const wr_signature filter_sigs[] = {
    {"ARRAY<T>, T=>BOOLEAN", "ARRAY<T>", WR__NULL_IN, filter, SIMPLE},
    {"MAP<K,V>, (K,V)=>BOOLEAN", "MAP<K,V>", WR__NULL_IN, filter, SIMPLE},
};
static const wr_signature reduce_sigs[] = {
    {"ARRAY<T>, Z, (Z,T)=>Z", "Z", 0, reduce, SIMPLE},
    {"MAP<K,V>, Z, (Z,K,V)=>Z", "Z", 0, reduce, SIMPLE},
};

static const wr_function functions[] = {
    WR__FN("FILTER", "LAMBDA", filter_sigs, "FILTER(ARRAY[1, 2, 3], x => x > 1)", "ARRAY[2, 3]",
           "The elements, or entries, for which a lambda is true."),
    WR__FN("REDUCE", "LAMBDA", reduce_sigs, "REDUCE(ARRAY[1, 2, 3], 10, (s, x) => s + x)", "16",
           "Folds a collection into one value, from a first state on."),
    WR__FN("TRANSFORM", "LAMBDA", transform_sigs, "TRANSFORM(ARRAY[1, 2], x => x + 1)",
           "ARRAY[2, 3]",
           "A lambda of each element; of a map, one for new keys and one for values."),
};
WR__FAMILY(lambda, functions);
