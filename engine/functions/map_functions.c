/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions on maps. A map keeps the order of insertion; ksqlDB promises none.
 *
 * A map is two arrays side by side, keys and values; a key stands once. That each function here
 * keeps it so is what the others rely on: nobody looks for a second entry of a key.
 *
 * What NULL does:
 *
 *     AS_MAP, MAP_KEYS, MAP_VALUES    NULL
 *     MAP_UNION                       one NULL: the other map; both: NULL
 *     ENTRIES                         a NULL map: NULL; whether to sort is NULL: error
 *
 * Keys are STRINGs in SQL. A NULL key can come from AS_MAP alone.
 */
#include "engine/functions/families.h"
#include "engine/functions/kernel.h"
#include "engine/functions/value_set.h"

#include <stdlib.h>

/* A list of its own; the values in it are those of the map, shared. */
static wr_nest *list_of(wr_arena *a, const wr_value *items, uint32_t n)
{
    wr_nest *list = wr_nest_new(a, n, false);
    if (n)
        memcpy(list->items, items, sizeof(wr_value) * n);
    return list;
}

/* In the map's order, as MAP_VALUES: the two go together, key by value. */
WR__KERNEL(map_keys)
{
    WR_FOREACH_SEL (i, sel) {
        const wr_nest *map = wr__nest(args[0], i);
        out->u.nest[i] = list_of(ctx->scratch, map->keys, map->n);
    }
}

WR__KERNEL(map_values)
{
    WR_FOREACH_SEL (i, sel) {
        const wr_nest *map = wr__nest(args[0], i);
        out->u.nest[i] = list_of(ctx->scratch, map->items, map->n);
    }
}

/** Set @p key, which stays where it is if it is there. @p keys: a set of pointers into map->keys.
 */
static void put_entry(wr_nest *map, wr__value_set *keys, wr_value key, wr_value value)
{
    map->keys[map->n] = key;
    const wr_value *old = wr__value_set_add(keys, &map->keys[map->n]);
    uint32_t at = old ? (uint32_t)(old - map->keys) : map->n++;
    WR_ASSERT(at < map->n);
    map->items[at] = value;
}

/* @p keys is the set that put_entry looks into; it points into the map's own keys. */
static wr_nest *empty_map(wr_arena *a, const wr_type *t, uint32_t n, wr__value_set *keys)
{
    /* One entry more: put_entry tries a key after the last one. */
    WR_ASSERT(n < UINT32_MAX && t->id == WR_T_MAP);
    wr_nest *map = wr_nest_new(a, n + 1, true);
    map->n = 0;
    wr__value_set_init(keys, t->key, n, a);
    return map;
}

/* One NULL map: the other one; both: NULL. A key that both have stays in the first one's place and
 * gets the second one's value, as Java's putAll does. */
WR__KERNEL(map_union)
{
    WR_FOREACH_SEL (i, sel) {
        if (wr__null(args[0], i) || wr__null(args[1], i)) {
            wr__put_row(out, i, args[wr__null(args[0], i) ? 1 : 0]);
            continue;
        }
        wr__value_set keys;
        wr_nest *both = empty_map(ctx->scratch, call->ret,
                                  wr__nest(args[0], i)->n + wr__nest(args[1], i)->n, &keys);
        for (uint32_t a = 0; a < 2; a++) {
            const wr_nest *map = wr__nest(args[a], i);
            for (uint32_t k = 0; k < map->n; k++)
                put_entry(both, &keys, map->keys[k], map->items[k]);
        }
        out->u.nest[i] = both;
    }
}

/* A key without a value gets NULL, a value without a key is left out. Of a key that comes again the
 * last value counts. */
WR__KERNEL(as_map)
{
    WR_FOREACH_SEL (i, sel) {
        const wr_nest *names = wr__nest(args[0], i), *values = wr__nest(args[1], i);
        wr__value_set keys;
        wr_nest *map = empty_map(ctx->scratch, call->ret, names->n, &keys);
        for (uint32_t k = 0; k < names->n; k++)
            put_entry(map, &keys, names->items[k],
                      k < values->n ? values->items[k] : WR_VALUE_NULL);
        out->u.nest[i] = map;
    }
}

/* ---- ENTRIES ---- */

/* A NULL key can come from AS_MAP; it goes first. */
static int compare_entries(const void *x, const void *y)
{
    const wr_value *a = &((const wr_value *)x)->u.nest->items[0];
    const wr_value *b = &((const wr_value *)y)->u.nest->items[0];
    if (a->null || b->null)
        return b->null - a->null;
    return wr_utf16_compare(a->u.str, b->u.str);
}

/* The second argument: sort by key, in the order of Java's String.compareTo (UTF-16 units). Without
 * it entries come in the map's own order, which ksqlDB does not promise. */
WR__KERNEL(entries)
{
    WR_FOREACH_SEL (i, sel) {
        if (wr__null(args[0], i)) {
            wr__put_null(out, i);
            continue;
        }
        if (wr__null(args[1], i)) {
            wr__fail(ctx, out, i, "ENTRIES: whether to sort is NULL");
            continue;
        }
        const wr_nest *map = wr__nest(args[0], i);
        wr_nest *list = wr_nest_new(ctx->scratch, map->n, false);
        for (uint32_t k = 0; k < map->n; k++) {
            wr_nest *entry = wr_nest_new(ctx->scratch, 2, false);
            entry->items[0] = map->keys[k];
            entry->items[1] = map->items[k];
            list->items[k] = wr_value_nest(entry);
        }
        if (args[1]->u.b[i & args[1]->mask] && list->n)
            qsort(list->items, list->n, sizeof(wr_value), compare_entries);
        out->u.nest[i] = list;
    }
}

/* ---- tables ---- */

/*
 * ENTRIES has a row for each type of value, as in ksqlDB, where each is a method of its own; so a
 * map of other values is refused.
 */

#define SIMPLE NULL, NULL, NULL
/* The field names K and V are ksqlDB's. */
#define ENTRIES_SIG(type)                                                                          \
    {                                                                                              \
        "MAP<STRING, " type ">, BOOLEAN", "ARRAY<STRUCT<K STRING, V " type ">>", 0, entries,       \
            SIMPLE                                                                                 \
    }
static const wr_signature entries_sigs[] = {ENTRIES_SIG("INTEGER"), ENTRIES_SIG("BIGINT"),
                                            ENTRIES_SIG("DOUBLE"), ENTRIES_SIG("BOOLEAN"),
                                            ENTRIES_SIG("STRING")};
static const wr_signature as_map_sigs[] = {
    {"ARRAY<STRING>, ARRAY<V>", "MAP<STRING, V>", WR__NULL_IN, as_map, SIMPLE}};
static const wr_signature map_keys_sigs[] = {
    {"MAP<STRING, V>", "ARRAY<STRING>", WR__NULL_IN, map_keys, SIMPLE}};
static const wr_signature map_values_sigs[] = {
    {"MAP<STRING, V>", "ARRAY<V>", WR__NULL_IN, map_values, SIMPLE}};
static const wr_signature map_union_sigs[] = {
    {"MAP<STRING, V>, MAP<STRING, V>", "MAP<STRING, V>", 0, map_union, SIMPLE}};

static const wr_function functions[] = {
    WR__FN("AS_MAP", "MAP", as_map_sigs, "AS_MAP(ARRAY['a', 'b'], ARRAY[1, 2])",
           "MAP('a' := 1, 'b' := 2)", "A map of keys and values that stand in two arrays."),
    WR__FN("ENTRIES", "MAP", entries_sigs, "ENTRIES(MAP('b' := 2, 'a' := 1), TRUE)",
           "ARRAY[STRUCT(K := 'a', V := 1), STRUCT(K := 'b', V := 2)]",
           "A map's entries as structs of K and V, in order of the keys if wanted."),
    WR__FN("MAP_KEYS", "MAP", map_keys_sigs, "MAP_KEYS(MAP('a' := 1))", "ARRAY['a']",
           "A map's keys, in no promised order."),
    WR__FN("MAP_UNION", "MAP", map_union_sigs, "MAP_UNION(MAP('a' := 1), MAP('a' := 2))",
           "MAP('a' := 2)", "The entries of both maps; the second map's win."),
    WR__FN("MAP_VALUES", "MAP", map_values_sigs, "MAP_VALUES(MAP('a' := 1))", "ARRAY[1]",
           "A map's values, in no promised order."),
};
WR__FAMILY(map, functions);
