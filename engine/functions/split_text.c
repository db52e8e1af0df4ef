/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SPLIT and SPLIT_TO_MAP: literal delimiters. The parts are slices of the input. Patterns as
 * delimiters are in regexp.c.
 *
 *     SPLIT('a,b', ',')     ['a', 'b']           SPLIT('a,,', ',')    ['a', '', '']
 *     SPLIT('', ',')        ['']                 SPLIT('ab', '')      ['a', 'b']
 */
#include "engine/functions/families.h"
#include "engine/functions/kernel.h"

/** Cut the next part off *rest; false: there is no more (rest->ptr is NULL). */
static bool next_part(wr_str *rest, wr_str delimiter, wr_str *part)
{
    WR_ASSERT(delimiter.len > 0);
    if (!rest->ptr)
        return false;
    const char *hit = rest->len >= delimiter.len
                          ? memmem(rest->ptr, rest->len, delimiter.ptr, delimiter.len)
                          : NULL;
    if (!hit) {
        *part = *rest;
        *rest = (wr_str){NULL, 0};
        return true;
    }
    *part = wr_str_make(rest->ptr, (size_t)(hit - rest->ptr));
    uint32_t used = part->len + delimiter.len;
    *rest = wr_str_make(rest->ptr + used, rest->len - used);
    return true;
}

/**
 * With an empty delimiter: one part for each byte, or character.
 *
 *     SPLIT('abc', '')      a, b, c           SPLIT('', '')      one empty text
 */
static wr_nest *split_all(wr_arena *a, wr_str s, bool bytes)
{
    const char *end = s.ptr + s.len, *p = s.ptr;
    uint32_t n = 0;
    for (; p < end; n++)
        bytes ? (void)p++ : (void)wr_utf8_next(&p, end);
    if (n == 0) {
        wr_nest *one = wr_nest_new(a, 1, false);
        one->items[0] = wr_value_str(WR_STR(""));
        return one;
    }
    wr_nest *nest = wr_nest_new(a, n, false);
    p = s.ptr;
    for (uint32_t k = 0; k < n; k++) {
        const char *from = p;
        bytes ? (void)p++ : (void)wr_utf8_next(&p, end);
        nest->items[k] = wr_value_str(wr_str_make(from, (size_t)(p - from)));
    }
    WR_ASSERT(p == end);
    return nest;
}

/* Two walks, one to count: the parts are known to be that many, and the list needs no growing.
 * Empty parts count, also at both ends: 'a,,' has three. */
static wr_nest *split(wr_arena *a, wr_str s, wr_str delimiter, bool bytes)
{
    if (delimiter.len == 0)
        return split_all(a, s, bytes);
    wr_str whole = {s.ptr ? s.ptr : "", s.len}, rest = whole, part;
    uint32_t n = 0;
    while (next_part(&rest, delimiter, &part))
        n++;
    wr_nest *nest = wr_nest_new(a, n, false);
    rest = whole;
    for (uint32_t k = 0; next_part(&rest, delimiter, &part); k++)
        nest->items[k] = wr_value_str(part);
    return nest;
}

/* STRING and BYTES differ for the empty delimiter only: characters, or bytes. */
WR__KERNEL(split_rows)
{
    bool bytes = call->ret->elem->id == WR_T_BYTES;
    WR_FOREACH_SEL (i, sel)
        out->u.nest[i] = split(ctx->scratch, wr__str(args[0], i), wr__str(args[1], i), bytes);
}

/* ---- SPLIT_TO_MAP ---- */

/*
 * 'a=1;b=2': entries, then key and value. Entries without the second delimiter are left out; what
 * comes after a second one in an entry is ignored; of a key that comes again the last value counts.
 * Maps from texts are small, so a key is looked for in those before it, one by one. NULL for
 * delimiters that are empty or equal.
 */

static wr_nest *split_to_map(wr_arena *a, wr_str s, wr_str entry_delimiter, wr_str kv_delimiter)
{
    wr_str whole = {s.ptr ? s.ptr : "", s.len}, rest = whole, entry;
    uint32_t room = 0;
    while (next_part(&rest, entry_delimiter, &entry))
        room++;
    wr_nest *map = wr_nest_new(a, room, true);
    map->n = 0;
    rest = whole;
    while (next_part(&rest, entry_delimiter, &entry)) {
        wr_str kv = entry, key, value;
        if (!entry.len || !next_part(&kv, kv_delimiter, &key) ||
            !next_part(&kv, kv_delimiter, &value))
            continue;
        uint32_t k = 0;
        while (k < map->n && !wr_str_eq(map->keys[k].u.str, key))
            k++;
        WR_ASSERT(k < room);
        map->keys[k] = wr_value_str(key);
        map->items[k] = wr_value_str(value);
        map->n += k == map->n;
    }
    return map;
}

/*     SPLIT_TO_MAP('a=1;b;a=2=3', ';', '=')      {a: 2} */
WR__KERNEL(split_to_map_rows)
{
    WR_FOREACH_SEL (i, sel) {
        wr_str entry = wr__str(args[1], i), kv = wr__str(args[2], i);
        if (!entry.len || !kv.len || wr_str_eq(entry, kv))
            wr__put_null(out, i);
        else
            out->u.nest[i] = split_to_map(ctx->scratch, wr__str(args[0], i), entry, kv);
    }
}

static const wr_signature split_sigs[] = {
    {"STRING, STRING", "ARRAY<STRING>", WR__NULL_IN, split_rows, NULL, NULL, NULL},
    {"BYTES, BYTES", "ARRAY<BYTES>", WR__NULL_IN, split_rows, NULL, NULL, NULL},
};
static const wr_signature split_to_map_sigs[] = {
    {"STRING, STRING, STRING", "MAP<STRING, STRING>", WR__NULL_IN, split_to_map_rows, NULL, NULL,
     NULL},
};

static const wr_function functions[] = {
    WR__FN("SPLIT", "STRING", split_sigs, "SPLIT('a,b,,c', ',')", "ARRAY['a', 'b', '', 'c']",
           "The parts between the occurrences of a delimiter."),
    WR__FN("SPLIT_TO_MAP", "STRING", split_to_map_sigs, "SPLIT_TO_MAP('a=1;b=2', ';', '=')",
           "MAP('a' := '1', 'b' := '2')", "A map from entries of keys and values in a text."),
};
WR__FAMILY(split, functions);
