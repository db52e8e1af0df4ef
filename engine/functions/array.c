/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions on arrays. Elements are boxed values; results are new containers in scratch whose
 * elements are those of the arguments (values are immutable, so sharing is safe). Elements compare
 * as Java's equals does: NULL equals NULL.
 *
 * What NULL does (the array; an element is another matter), and what a row may fail for:
 *
 *     ARRAY_CONCAT       one NULL: the other array; both: NULL
 *     ARRAY_CONTAINS     false
 *     ARRAY_DISTINCT, _EXCEPT, _INTERSECT, _UNION, _LENGTH, _MAX, _MIN, _SORT: NULL
 *     ARRAY_JOIN         NULL; a NULL delimiter is the empty text; nested elements: error
 *     ARRAY_REMOVE       NULL
 *     SLICE              NULL; a NULL end is the array's; from after to: error
 *     GENERATE_SERIES    error; so are step 0, the wrong sign, more than 2^20 elements
 *
 * ARRAY_MAX and _MIN fail for elements that have no order (ARRAY, MAP, STRUCT), ARRAY_SORT where
 * there are two of them. Nothing here changes an argument: what is shared with it stays as it is
 * until the batch has passed.
 */
#include "engine/functions/families.h"
#include "engine/functions/kernel.h"
#include "engine/functions/value_set.h"

/**
 * Room for @p n elements of which none is there yet. Room is known before anything is put in, so
 * lists never grow.
 */
static wr_nest *empty_list(wr_arena *a, uint32_t n)
{
    wr_nest *list = wr_nest_new(a, n, false);
    list->n = 0;
    return list;
}

/* The caller has made room; there is no check for each element. */
static void push(wr_nest *list, wr_value v)
{
    list->items[list->n++] = v;
}

/* ---- membership ---- */

/*
 * Which NULLs count: a NULL array is no array, and most functions give NULL for it (WR__NULL_IN);
 * the exceptions look for themselves, because ksqlDB gives something else there (ARRAY_CONTAINS:
 * false; ARRAY_CONCAT: the other array). A NULL element is an element.
 */

WR__KERNEL(array_length)
{
    WR_FOREACH_SEL (i, sel)
        out->u.i32[i] = (int32_t)wr__nest(args[0], i)->n;
}

/* A NULL array contains nothing, not even NULL. */
WR__KERNEL(array_contains)
{
    WR_FOREACH_SEL (i, sel) {
        out->u.b[i] = 0;
        if (wr__null(args[0], i))
            continue;
        const wr_nest *list = wr__nest(args[0], i);
        wr_value wanted = wr_vec_get(args[1], i);
        for (uint32_t k = 0; k < list->n && !out->u.b[i]; k++)
            out->u.b[i] = wr_value_equal(args[0]->type->elem, &list->items[k], &wanted);
    }
}

/* Removing NULL removes the NULL elements. */
WR__KERNEL(array_remove)
{
    WR_FOREACH_SEL (i, sel) {
        if (wr__null(args[0], i)) {
            wr__put_null(out, i);
            continue;
        }
        const wr_nest *list = wr__nest(args[0], i);
        wr_value unwanted = wr_vec_get(args[1], i);
        wr_nest *kept = empty_list(ctx->scratch, list->n);
        for (uint32_t k = 0; k < list->n; k++)
            if (!wr_value_equal(call->ret->elem, &list->items[k], &unwanted))
                push(kept, list->items[k]);
        out->u.nest[i] = kept;
    }
}

/* ---- sets ---- */

/* One NULL array: the other one, shared; both: NULL. */
WR__KERNEL(array_concat)
{
    WR_FOREACH_SEL (i, sel) {
        if (wr__null(args[0], i) || wr__null(args[1], i)) {
            wr__put_row(out, i, args[wr__null(args[0], i) ? 1 : 0]);
            continue;
        }
        const wr_nest *a = wr__nest(args[0], i), *b = wr__nest(args[1], i);
        wr_nest *both = empty_list(ctx->scratch, a->n + b->n);
        for (uint32_t k = 0; k < a->n; k++)
            push(both, a->items[k]);
        for (uint32_t k = 0; k < b->n; k++)
            push(both, b->items[k]);
        out->u.nest[i] = both;
    }
}

/** Append the elements of @p from that are not in @p seen yet. */
static void push_new(wr_nest *list, const wr_nest *from, wr__value_set *seen)
{
    for (uint32_t k = 0; k < from->n; k++)
        if (!wr__value_set_add(seen, &from->items[k]))
            push(list, from->items[k]);
}

/**
 * ARRAY_DISTINCT with one argument, ARRAY_UNION with two.
 *
 * Both keep the first of equal elements, in order of their first appearance, as Java's
 * LinkedHashSet does that ksqlDB puts them into.
 */
WR__KERNEL(array_union)
{
    WR_FOREACH_SEL (i, sel) {
        uint32_t n = 0;
        for (uint32_t k = 0; k < call->args_n; k++)
            n += wr__nest(args[k], i)->n;
        wr__value_set seen;
        wr__value_set_init(&seen, call->ret->elem, n, ctx->scratch);
        wr_nest *list = empty_list(ctx->scratch, n);
        for (uint32_t k = 0; k < call->args_n; k++)
            push_new(list, wr__nest(args[k], i), &seen);
        out->u.nest[i] = list;
    }
}

/** Distinct elements of @p a that are in @p b, or that are not. */
static wr_nest *select_by(wr_arena *arena, const wr_type *elem, const wr_nest *a, const wr_nest *b,
                          bool in_b)
{
    wr__value_set other, seen;
    wr__value_set_init(&other, elem, b->n, arena);
    wr__value_set_init(&seen, elem, a->n, arena);
    for (uint32_t k = 0; k < b->n; k++)
        wr__value_set_add(&other, &b->items[k]);
    wr_nest *list = empty_list(arena, a->n);
    for (uint32_t k = 0; k < a->n; k++)
        if (wr__value_set_has(&other, &a->items[k]) == in_b &&
            !wr__value_set_add(&seen, &a->items[k]))
            push(list, a->items[k]);
    return list;
}

/* Distinct elements of the first array that are not in the second: sets, not lists, as in ksqlDB.
 *
 *     ARRAY_EXCEPT(ARRAY[1, 2, 2, 3], ARRAY[3])      [1, 2] */
WR__KERNEL(array_except)
{
    WR_FOREACH_SEL (i, sel)
        out->u.nest[i] = select_by(ctx->scratch, call->ret->elem, wr__nest(args[0], i),
                                   wr__nest(args[1], i), false);
}
/* In order of the first array. */
WR__KERNEL(array_intersect)
{
    WR_FOREACH_SEL (i, sel)
        out->u.nest[i] = select_by(ctx->scratch, call->ret->elem, wr__nest(args[0], i),
                                   wr__nest(args[1], i), true);
}

/* ---- order ---- */

/*
 * Nested elements have no order. ksqlDB finds that out when it compares two of them and fails the
 * row; here a row of such an array fails even with one element or none: the type is known, the
 * result should not depend on the data.
 */

/* The types that ksqlDB's Java values are Comparable for. */
static bool is_comparable(const wr_type *t)
{
    return t->id != WR_T_ARRAY && t->id != WR_T_MAP && t->id != WR_T_STRUCT;
}

/* False where the row has failed. */
static bool check_comparable(wr_kctx *ctx, const wr_call *call, const wr_type *elem, uint32_t i,
                             wr_vec *out)
{
    if (is_comparable(elem))
        return true;
    wr__fail(ctx, out, i, "%s: elements of this type have no order", call->fn->name);
    return false;
}

/* NULL elements are left out; of an array without others the extreme is NULL. @p sign: 1 the
 * largest, -1 the smallest. */
static void extreme(wr_kctx *ctx, const wr_call *call, const wr_vec *const *args, wr_sel sel,
                    int sign, wr_vec *out)
{
    WR_ASSERT(sign == 1 || sign == -1);
    const wr_type *elem = call->ret;
    WR_FOREACH_SEL (i, sel) {
        if (!check_comparable(ctx, call, elem, i, out))
            continue;
        const wr_nest *list = wr__nest(args[0], i);
        const wr_value *best = NULL;
        for (uint32_t k = 0; k < list->n; k++) {
            const wr_value *v = &list->items[k];
            if (!v->null && (!best || wr_value_compare(elem, v, best) * sign > 0))
                best = v;
        }
        wr_value result = best ? *best : WR_VALUE_NULL;
        wr_vec_set(out, i, &result);
    }
}
WR__KERNEL(array_max)
{
    extreme(ctx, call, args, sel, 1, out);
}
WR__KERNEL(array_min)
{
    extreme(ctx, call, args, sel, -1, out);
}

/**
 * Stable merge sort of @p v, with @p room as large: NULLs last whatever the direction.
 *
 * Java's List.sort is a stable merge sort; among equal elements the order shows (1.0 and 1.00).
 */
static void sort_values(const wr_type *t, wr_value *v, wr_value *room, uint32_t n, int sign)
{
    if (n < 2)
        return;
    uint32_t half = n / 2, a = 0, b = half, k = 0;
    sort_values(t, v, room, half, sign);
    sort_values(t, v + half, room, n - half, sign);
    memcpy(room, v, sizeof(*v) * n);
    while (a < half && b < n) {
        bool take_b = room[b].null   ? false
                      : room[a].null ? true
                                     : wr_value_compare(t, &room[b], &room[a]) * sign < 0;
        v[k++] = take_b ? room[b++] : room[a++];
    }
    while (a < half)
        v[k++] = room[a++];
    while (b < n)
        v[k++] = room[b++];
    WR_ASSERT(k == n);
}

/**
 * 1, -1, or 0 for an unknown word. ksqlDB's words, in any case: ASC, ASCENDING, DESC, DESCENDING.
 */
static int direction_of(wr_str word)
{
    if (wr_str_ieq(word, WR_STR("ASC")) || wr_str_ieq(word, WR_STR("ASCENDING")))
        return 1;
    return wr_str_ieq(word, WR_STR("DESC")) || wr_str_ieq(word, WR_STR("DESCENDING")) ? -1 : 0;
}

/* How many elements are not NULL: NULLs go last without being compared. */
static uint32_t values_n(const wr_nest *list)
{
    uint32_t n = 0;
    for (uint32_t k = 0; k < list->n; k++)
        n += !list->items[k].null;
    return n;
}

/* An unknown word for the direction gives NULL, as in ksqlDB, not an error. Elements without an
 * order are an error only where two of them would have to be compared. */
WR__KERNEL(array_sort)
{
    const wr_type *elem = call->ret->elem;
    WR_FOREACH_SEL (i, sel) {
        int sign = call->args_n == 2 ? direction_of(wr__str(args[1], i)) : 1;
        const wr_nest *list = wr__nest(args[0], i);
        if (sign == 0) {
            wr__put_null(out, i);
            continue;
        }
        if (values_n(list) > 1 && !check_comparable(ctx, call, elem, i, out))
            continue;
        wr_nest *sorted = wr_nest_new(ctx->scratch, list->n, false);
        if (list->n) // a list without elements may have no memory
            memcpy(sorted->items, list->items, sizeof(wr_value) * list->n);
        wr_value *room = wr_arena_alloc(ctx->scratch, sizeof(wr_value) * (list->n + 1));
        sort_values(elem, sorted->items, room, list->n, sign);
        out->u.nest[i] = sorted;
    }
}

/* ---- ARRAY_JOIN ---- */

/*
 * Elements are written as Java's String.valueOf writes them; NULL is the word null. A NULL
 * delimiter is the empty text. Only types with one plain text form are taken, as in ksqlDB.
 */

/* Numbers, texts and BOOLEAN; the rest has several text forms, and ksqlDB refuses it. */
static bool can_join(const wr_type *t)
{
    return t->id == WR_T_BOOLEAN || t->id == WR_T_STRING || wr_type_is_number(t) ||
           t->id == WR_T_NULL;
}

WR__KERNEL(array_join)
{
    const wr_type *elem = args[0]->type->elem;
    wr_buf b = {0};
    WR_FOREACH_SEL (i, sel) {
        if (wr__null(args[0], i)) {
            wr__put_null(out, i);
            continue;
        }
        if (!can_join(elem)) {
            wr__fail(ctx, out, i, "ARRAY_JOIN does not take elements of type %s",
                     wr_type_text(ctx->scratch, elem));
            continue;
        }
        wr_str delimiter = WR_STR(",");
        if (call->args_n == 2)
            delimiter = wr__null(args[1], i) ? WR_STR("") : wr__str(args[1], i);
        const wr_nest *list = wr__nest(args[0], i);
        wr_buf_clear(&b);
        for (uint32_t k = 0; k < list->n && b.len <= WR__TEXT_MAX; k++) {
            if (k)
                wr_buf_str(&b, delimiter);
            if (list->items[k].null)
                wr_buf_puts(&b, "null");
            else
                wr_value_print(&b, elem, &list->items[k]);
        }
        if (b.len > WR__TEXT_MAX)
            wr__fail(ctx, out, i, "ARRAY_JOIN: " WR__TEXT_TOO_LONG);
        else
            wr__put_text(ctx, out, i, &b);
    }
    wr_buf_free(&b);
}

/* ---- SLICE ---- */

/*
 * SLICE(array, from, to): both ends count from 1 and are included. The result shares the elements'
 * memory with its argument. Quirks kept: an end outside the array gives NULL, but from > to + 1 is
 * an error of the row (Java's subList).
 */

WR__KERNEL(slice)
{
    WR_FOREACH_SEL (i, sel) {
        if (wr__null(args[0], i)) {
            wr__put_null(out, i);
            continue;
        }
        const wr_nest *list = wr__nest(args[0], i);
        int64_t from = wr__null(args[1], i) ? 0 : (int64_t)wr__i32(args[1], i) - 1;
        int64_t to = wr__null(args[2], i) ? (int64_t)list->n : wr__i32(args[2], i);
        if (from < 0 || to > list->n) {
            wr__put_null(out, i);
        } else if (from > to) {
            wr__fail(ctx, out, i, "SLICE: fromIndex(%lld) > toIndex(%lld)", (long long)from,
                     (long long)to);
        } else {
            wr_nest *part = WR_NEW(ctx->scratch, wr_nest);
            part->n = (uint32_t)(to - from);
            part->items = list->items + from;
            out->u.nest[i] = part;
        }
    }
}

/* ---- GENERATE_SERIES ---- */

/*
 * From and to are included if the steps reach them. The number of elements is bounded, since a
 * small statement could ask for all memory: WR__ITEMS_MAX.
 */

/* @p small: elements are INTEGERs, and both ends are, so no element is beyond one. */
static void generate(wr_kctx *ctx, int64_t from, int64_t to, int64_t step, bool small, uint32_t i,
                     wr_vec *out)
{
    if (step == 0) {
        wr__fail(ctx, out, i, "GENERATE_SERIES step cannot be zero");
        return;
    }
    if ((to > from && step < 0) || (to < from && step > 0)) {
        wr__fail(ctx, out, i, "GENERATE_SERIES step has wrong sign");
        return;
    }
    /* The distance and the step fit in 64 unsigned bits, whatever the ends are. */
    uint64_t distance = to > from ? (uint64_t)to - (uint64_t)from : (uint64_t)from - (uint64_t)to;
    uint64_t width = step > 0 ? (uint64_t)step : 0 - (uint64_t)step;
    WR_ASSERT(width > 0);
    uint64_t n = distance / width;
    if (n >= WR__ITEMS_MAX) {
        wr__fail(ctx, out, i, "GENERATE_SERIES: more than %u elements", WR__ITEMS_MAX);
        return;
    }
    wr_nest *list = wr_nest_new(ctx->scratch, (uint32_t)n + 1, false);
    for (uint32_t k = 0; k < list->n; k++) {
        int64_t v = (int64_t)((uint64_t)from + (uint64_t)step * k);
        list->items[k] = small ? wr_value_i32((int32_t)v) : wr_value_i64(v);
    }
    out->u.nest[i] = list;
}

/* Without a step: 1 or -1, whichever leads from one end to the other. */
WR__KERNEL(series_i32)
{
    WR_FOREACH_SEL (i, sel) {
        int64_t from = wr__i32(args[0], i), to = wr__i32(args[1], i);
        int64_t step = call->args_n == 3 ? wr__i32(args[2], i) : to >= from ? 1 : -1;
        generate(ctx, from, to, step, true, i, out);
    }
}
WR__KERNEL(series_i64)
{
    WR_FOREACH_SEL (i, sel) {
        int64_t from = wr__i64(args[0], i), to = wr__i64(args[1], i);
        int64_t step = call->args_n == 3 ? wr__i32(args[2], i) : to >= from ? 1 : -1;
        generate(ctx, from, to, step, false, i, out);
    }
}

/* ---- AS_VALUE ---- */

/* The identity. Its meaning is for the planner: a key column may stand among the values with it. */

/* Types are equal, so the vector is copied row by row; texts and nested values are shared. */
WR__KERNEL(as_value)
{
    WR_FOREACH_SEL (i, sel)
        wr__put_row(out, i, args[0]);
    out->ascii = args[0]->ascii;
}

/* ---- tables ---- */

#define LIST   "ARRAY<T>"
#define LISTS  "ARRAY<T>, ARRAY<T>"
#define SIMPLE NULL, NULL, NULL
static const wr_signature array_concat_sigs[] = {{LISTS, LIST, 0, array_concat, SIMPLE}};
static const wr_signature array_contains_sigs[] = {
    {"ARRAY<T>, T", "BOOLEAN", 0, array_contains, SIMPLE}};
static const wr_signature array_distinct_sigs[] = {{LIST, LIST, WR__NULL_IN, array_union, SIMPLE}};
static const wr_signature array_except_sigs[] = {{LISTS, LIST, WR__NULL_IN, array_except, SIMPLE}};
static const wr_signature array_intersect_sigs[] = {
    {LISTS, LIST, WR__NULL_IN, array_intersect, SIMPLE}};
static const wr_signature array_join_sigs[] = {
    {LIST, "STRING", 0, array_join, SIMPLE},
    {"ARRAY<T>, STRING", "STRING", 0, array_join, SIMPLE},
};
static const wr_signature array_length_sigs[] = {
    {LIST, "INTEGER", WR__NULL_IN, array_length, SIMPLE}};
static const wr_signature array_max_sigs[] = {{LIST, "T", WR__NULL_IN, array_max, SIMPLE}};
static const wr_signature array_min_sigs[] = {{LIST, "T", WR__NULL_IN, array_min, SIMPLE}};
static const wr_signature array_remove_sigs[] = {{"ARRAY<T>, T", LIST, 0, array_remove, SIMPLE}};
static const wr_signature array_sort_sigs[] = {
    {LIST, LIST, WR__NULL_IN, array_sort, SIMPLE},
    {"ARRAY<T>, STRING", LIST, WR__NULL_IN, array_sort, SIMPLE},
};
static const wr_signature array_union_sigs[] = {{LISTS, LIST, WR__NULL_IN, array_union, SIMPLE}};
static const wr_signature slice_sigs[] = {{"ARRAY<T>, INTEGER, INTEGER", LIST, 0, slice, SIMPLE}};
static const wr_signature series_sigs[] = {
    {"INTEGER, INTEGER", "ARRAY<INTEGER>", WR__NULL_ERR, series_i32, SIMPLE},
    {"INTEGER, INTEGER, INTEGER", "ARRAY<INTEGER>", WR__NULL_ERR, series_i32, SIMPLE},
    {"BIGINT, BIGINT", "ARRAY<BIGINT>", WR__NULL_ERR, series_i64, SIMPLE},
    {"BIGINT, BIGINT, INTEGER", "ARRAY<BIGINT>", WR__NULL_ERR, series_i64, SIMPLE},
};
static const wr_signature as_value_sigs[] = {{"T", "T", 0, as_value, SIMPLE}};

#define ARRAY "ARRAY"
static const wr_function functions[] = {
    WR__FN("ARRAY_CONCAT", ARRAY, array_concat_sigs, "ARRAY_CONCAT(ARRAY[1, 2], ARRAY[2])",
           "ARRAY[1, 2, 2]", "The elements of both arrays."),
    WR__FN("ARRAY_CONTAINS", ARRAY, array_contains_sigs, "ARRAY_CONTAINS(ARRAY[1, 2], 2)", "TRUE",
           "Whether a value is in an array."),
    WR__FN("ARRAY_DISTINCT", ARRAY, array_distinct_sigs, "ARRAY_DISTINCT(ARRAY[1, 2, 1])",
           "ARRAY[1, 2]", "The elements without repetitions."),
    WR__FN("ARRAY_EXCEPT", ARRAY, array_except_sigs, "ARRAY_EXCEPT(ARRAY[1, 2, 1], ARRAY[2])",
           "ARRAY[1]", "The distinct elements of the first array that are not in the second."),
    WR__FN("ARRAY_INTERSECT", ARRAY, array_intersect_sigs,
           "ARRAY_INTERSECT(ARRAY[1, 2, 2], ARRAY[2, 3])", "ARRAY[2]",
           "The distinct elements that are in both arrays."),
    WR__FN("ARRAY_JOIN", ARRAY, array_join_sigs, "ARRAY_JOIN(ARRAY[1, NULL, 2], '-')", "'1-null-2'",
           "The elements as one text with a delimiter between them."),
    WR__FN("ARRAY_LENGTH", ARRAY, array_length_sigs, "ARRAY_LENGTH(ARRAY[1, 2])", "2",
           "Number of elements."),
    WR__FN("ARRAY_MAX", ARRAY, array_max_sigs, "ARRAY_MAX(ARRAY[1, 3, 2])", "3",
           "The largest element."),
    WR__FN("ARRAY_MIN", ARRAY, array_min_sigs, "ARRAY_MIN(ARRAY[3, 1, 2])", "1",
           "The smallest element."),
    WR__FN("ARRAY_REMOVE", ARRAY, array_remove_sigs, "ARRAY_REMOVE(ARRAY[1, 2, 1], 1)", "ARRAY[2]",
           "The elements that differ from a value."),
    WR__FN("ARRAY_SORT", ARRAY, array_sort_sigs, "ARRAY_SORT(ARRAY[3, NULL, 1], 'DESC')",
           "ARRAY[3, 1, NULL]", "The elements in order, NULLs last."),
    WR__FN("ARRAY_UNION", ARRAY, array_union_sigs, "ARRAY_UNION(ARRAY[1, 2], ARRAY[2, 3])",
           "ARRAY[1, 2, 3]", "The distinct elements of both arrays."),
    WR__FN("AS_VALUE", "OTHERS", as_value_sigs, "AS_VALUE(1)", "1",
           "Its argument; in a projection, a copy of a key column in the value."),
    WR__FN("GENERATE_SERIES", ARRAY, series_sigs, "GENERATE_SERIES(1, 7, 3)", "ARRAY[1, 4, 7]",
           "The numbers from one to another, both included, by a step."),
    WR__FN("SLICE", ARRAY, slice_sigs, "SLICE(ARRAY[1, 2, 3], 2, 3)", "ARRAY[2, 3]",
           "The elements from one position to another, both included."),
};
WR__FAMILY(array, functions);
