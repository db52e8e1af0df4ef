/* SPDX-License-Identifier: Apache-2.0 */
/*
 * listing.c - overloads in ksqlDB's order and spelling.
 *
 * ksqlDB keeps the overloads of a function in a Java hash table, by the list of their parameters'
 * types, and shows them as they come out of it. The order is an accident, but the same on every
 * machine, and programs compare what DESCRIBE FUNCTION says: so the table's order is computed here,
 * from the same hash codes. Those of types were found out from what a server listed.
 *
 *     SUBSTRING    (VARCHAR, INT, INT)  bucket 5     shown first
 *                  (BYTES, INT, INT)    bucket 9
 *                  (BYTES, INT)         bucket 11
 *                  (VARCHAR, INT)       bucket 15    shown last
 *
 * What differs between the tables of this folder and ksqlDB's functions, and is no difference to a
 * caller, is made up for here: one overload for several of its, or several for one.
 */
#include "engine/functions/listing.h"

#include "engine/functions/parameter_names.h"
#include "engine/functions/signature.h"

#include <stdlib.h>

/* ---- hash codes, as Java's: 32 bits that wrap around ---- */

static uint32_t hash_of(const wr__sig_type *t);

/* In the order in which ksqlDB came to have the types, it seems: the last ones are those that it
 * had last. Types without a code are in no overload beside another one that they could be mixed up
 * with. */
static uint32_t simple_hash(wr_tid id)
{
    static const uint8_t codes[] = {
        [WR_T_BOOLEAN] = 1, [WR_T_DECIMAL] = 2, [WR_T_DOUBLE] = 3,    [WR_T_INTEGER] = 4,
        [WR_T_BIGINT] = 5,  [WR_T_STRING] = 6,  [WR_T_TIMESTAMP] = 7, [WR_T_TIME] = 8,
        [WR_T_DATE] = 9,    [WR_T_BYTES] = 10,
    };
    return (size_t)id < WR_ARRAY_LEN(codes) ? codes[id] : 0;
}

/* Objects.hash of one or more: as that of a list. */
static uint32_t add_hash(uint32_t h, uint32_t part)
{
    return 31 * h + part;
}

/* Of a lambda's parameters, or a structure's fields: a list, too. */
static uint32_t parts_hash(const wr__sig_type *t)
{
    WR_ASSERT(t->parts_n > 0);
    uint32_t h = 1;
    for (uint32_t i = 0; i < t->parts_n; i++)
        h = add_hash(h, hash_of(t->parts[i]));
    return h;
}

/* A variable is hashed by its name, all DECIMALs are one type, and a type that holds others is the
 * list of them. Types nest no deeper than those of the tables. */
static uint32_t hash_of(const wr__sig_type *t)
{
    switch (t->kind) {
    case WR__SIG_VAR:
        return add_hash(1, (uint32_t)t->var);
    case WR__SIG_DECIMAL:
        return simple_hash(WR_T_DECIMAL);
    case WR__SIG_ARRAY:
        return add_hash(1, hash_of(t->elem));
    case WR__SIG_MAP:
        return add_hash(add_hash(1, hash_of(t->key)), hash_of(t->elem));
    case WR__SIG_STRUCT:
        return parts_hash(t);
    case WR__SIG_LAMBDA:
        return add_hash(add_hash(1, parts_hash(t)), hash_of(t->elem));
    case WR__SIG_ANY:
        return 0;
    case WR__SIG_TYPE:
        break;
    }
    return simple_hash(t->id);
}

/* A parameter that may be repeated is an array there. */
static uint32_t overload_hash(const wr__sig *s)
{
    uint32_t h = 1;
    for (uint32_t i = 0; i < s->params_n; i++) {
        uint32_t part = hash_of(s->params[i]);
        h = add_hash(h, s->variadic && i + 1 == s->params_n ? add_hash(1, part) : part);
    }
    for (uint32_t i = 0; i < s->init_n; i++)
        h = add_hash(h, hash_of(s->init[i]));
    return h ^ h >> 16; /* as HashMap spreads them: its tables are small */
}

/* ---- texts ---- */

/* Types as ksqlDB's functions have them, which are not quite those of its SQL: VARCHAR for STRING,
 * INT for INTEGER, a DECIMAL without precision and scale. */
static void put_type(wr_buf *out, const wr__sig_type *t)
{
    switch (t->kind) {
    case WR__SIG_ARRAY:
        wr_buf_puts(out, "ARRAY<");
        put_type(out, t->elem);
        wr_buf_putc(out, '>');
        return;
    case WR__SIG_MAP:
        wr_buf_puts(out, "MAP<");
        put_type(out, t->key);
        wr_buf_puts(out, ", ");
        put_type(out, t->elem);
        wr_buf_putc(out, '>');
        return;
    case WR__SIG_STRUCT:
        wr_buf_puts(out, "STRUCT<");
        for (uint32_t i = 0; i < t->parts_n; i++) {
            wr_buf_printf(out, i ? ", %s " : "%s ", t->names[i]);
            put_type(out, t->parts[i]);
        }
        wr_buf_putc(out, '>');
        return;
    case WR__SIG_LAMBDA:
        wr_buf_puts(out, "LAMBDA (");
        for (uint32_t i = 0; i < t->parts_n; i++) {
            wr_buf_puts(out, i ? ", " : "");
            put_type(out, t->parts[i]);
        }
        wr_buf_puts(out, ") => ");
        put_type(out, t->elem);
        return;
    case WR__SIG_DECIMAL:
        wr_buf_puts(out, "DECIMAL");
        return;
    case WR__SIG_ANY:
        wr_buf_puts(out, "ANY");
        return;
    case WR__SIG_VAR:
    case WR__SIG_TYPE:
        break;
    }
    if (t->kind == WR__SIG_TYPE && t->id == WR_T_STRING)
        wr_buf_puts(out, "VARCHAR");
    else if (t->kind == WR__SIG_TYPE && t->id == WR_T_INTEGER)
        wr_buf_puts(out, "INT");
    else if (t->kind == WR__SIG_TYPE && t->id == WR_T_UNIT)
        wr_buf_puts(out, "INTERVALUNIT");
    else
        wr__sig_print_type(out, t);
}

/* In the arena, as the listing's other texts are. */
static const char *type_text(wr_arena *a, const wr__sig_type *t)
{
    wr_buf b = {0};
    put_type(&b, t);
    WR_ASSERT(b.len > 0);
    const char *text = wr_arena_strndup(a, b.ptr, b.len);
    wr_buf_free(&b);
    return text;
}

/* ---- overloads ---- */

/* One of a function's, while they are brought into order. */
typedef struct overload {
    wr__sig sig;
    const char *ret; /* in the signature language; NULL: it depends */
    uint32_t bucket; /* of the hash table */
    uint32_t place;  /* in the function's own table */
} overload;

/* Functions that ksqlDB has in two for what is one here: the first before that of the table. */
static const struct {
    const char *function, *args, *ret; /* as in a table of overloads */
} extra[] = {
    {"EXPLODE", "ARRAY<DECIMAL(p,s)>", "ARRAY<DECIMAL(p,s)>"},
};

/* By what they print: types are trees of a few nodes, and are compared for a listing alone. */
static bool same_type(const wr__sig_type *x, const wr__sig_type *y)
{
    wr_buf a = {0}, b = {0};
    wr__sig_print_type(&a, x);
    wr__sig_print_type(&b, y);
    bool same = wr_str_eq(wr_buf_view(&a), wr_buf_view(&b));
    wr_buf_free(&a);
    wr_buf_free(&b);
    return same;
}

/* Is @p s what @p longer is without its repeated parameter? ksqlDB has only the latter then. */
static bool is_part_of(const wr__sig *s, const wr__sig *longer)
{
    if (!longer->variadic || s->variadic || s->params_n + 1 != longer->params_n)
        return false;
    for (uint32_t i = 0; i < s->params_n; i++)
        if (!same_type(s->params[i], longer->params[i]))
            return false;
    return true;
}

/* COUNT(*) is no overload of its own; nor is TOPK of a column alone, where there is one of a column
 * with others that go along with it. */
static bool is_listed(const wr_function *fn, const overload *all, uint32_t n, uint32_t i)
{
    bool aggregate = fn->kind == WR_FUNCTION_AGGREGATE;
    if (aggregate && n > 1 && all[i].sig.params_n == 0)
        return false;
    for (uint32_t k = 0; aggregate && k < n; k++)
        if (is_part_of(&all[i].sig, &all[k].sig))
            return false;
    return true;
}

/* Arguments in the order of a call: those that are given once for each group come last. A result
 * that is not in the table is computed from the arguments, and shown without what it depends on. */
static void list(const wr_function *fn, const overload *o, wr_arena *a, wr_listed_overload *out)
{
    WR_ASSERT(!o->sig.variadic || o->sig.params_n > 0);
    const wr__sig *s = &o->sig;
    uint32_t n = s->params_n + s->init_n;
    wr_listed_argument *args = WR_NEW_N(a, wr_listed_argument, n);
    for (uint32_t i = 0; i < n; i++) {
        bool init = i >= s->params_n;
        wr_buf name = {0};
        args[i].type = type_text(a, init ? s->init[i - s->params_n] : s->params[i]);
        args[i].variadic = s->variadic && i + 1 == s->params_n;
        if (init && s->init_n == 1 && strncmp(fn->name, "TOPK", 4) == 0)
            wr_buf_putc(&name, 'k');
        else
            wr__parameter_name(&name, fn->name, args[0].type, i);
        args[i].name = wr_arena_strndup(a, name.ptr, name.len);
        wr_buf_free(&name);
    }
    *out = (wr_listed_overload){.args = args, .args_n = n};
    if (!o->ret) { /* it is made of the arguments: TOPK's structures, or another DECIMAL */
        out->ret = fn->kind == WR_FUNCTION_AGGREGATE ? "ARRAY<S>" : "DECIMAL";
        return;
    }
    const wr__sig_type *ret = wr__sig_parse_type(o->ret, a);
    bool rows = fn->kind == WR_FUNCTION_TABLE && ret->kind == WR__SIG_ARRAY;
    out->ret = type_text(a, rows ? ret->elem : ret);
}

/* Within a bucket in order of insertion: nobody knows that of ksqlDB's, so it is the table's. */
static int by_bucket(const void *x, const void *y)
{
    const overload *a = x, *b = y;
    WR_ASSERT(a == b || a->place != b->place);
    if (a->bucket != b->bucket)
        return a->bucket > b->bucket ? 1 : -1;
    return (a->place > b->place) - (a->place < b->place);
}

/* A table of 16 buckets that doubles when it is three quarters full. How many there are decides
 * which bits of a hash count, so the order of a function's first overloads changes when it gets its
 * thirteenth. */
static void sort_as_hashed(overload *v, uint32_t n)
{
    uint32_t buckets = 16;
    WR_ASSERT(n > 0);
    while (n > buckets / 4 * 3)
        buckets *= 2;
    for (uint32_t i = 0; i < n; i++)
        v[i].bucket = overload_hash(&v[i].sig) & (buckets - 1);
    qsort(v, n, sizeof *v, by_bucket);
}

/* In two steps, since whether an overload is shown depends on the others. Everything is made anew
 * for each listing: people ask for one, and refusals are few. */
uint32_t wr_function_overloads(const wr_function *fn, wr_arena *a, wr_listed_overload **out)
{
    uint32_t n = 0, listed_n = 0;
    WR_ASSERT(fn->sigs_n > 0);
    overload *all = WR_NEW_N(a, overload, fn->sigs_n + WR_ARRAY_LEN(extra));
    overload *listed = WR_NEW_N(a, overload, fn->sigs_n + WR_ARRAY_LEN(extra));
    for (size_t i = 0; i < WR_ARRAY_LEN(extra); i++) {
        if (strcmp(extra[i].function, fn->name) != 0)
            continue;
        all[n] = (overload){.ret = extra[i].ret, .place = n};
        wr__sig_parse(extra[i].args, a, &all[n++].sig);
    }
    for (uint32_t i = 0; i < fn->sigs_n; i++) {
        all[n] = (overload){.ret = fn->sigs[i].ret, .place = n};
        wr__sig_parse(fn->sigs[i].args, a, &all[n++].sig);
    }
    for (uint32_t i = 0; i < n; i++)
        if (is_listed(fn, all, n, i))
            listed[listed_n++] = all[i];
    sort_as_hashed(listed, listed_n);
    *out = WR_NEW_N(a, wr_listed_overload, listed_n);
    for (uint32_t i = 0; i < listed_n; i++)
        list(fn, &listed[i], a, &(*out)[i]);
    WR_ASSERT(listed_n > 0);
    return listed_n;
}

/* ksqlDB's form: the type before the name, and dots behind a type that may be repeated. */
void wr_listed_overload_print(wr_buf *out, const wr_function *fn, const wr_listed_overload *o)
{
    WR_ASSERT(o->ret && (o->args || o->args_n == 0));
    wr__function_spelling(out, fn);
    wr_buf_putc(out, '(');
    for (uint32_t i = 0; i < o->args_n; i++)
        wr_buf_printf(out, "%s%s%s %s", i ? ", " : "", o->args[i].type,
                      o->args[i].variadic ? "..." : "", o->args[i].name);
    wr_buf_putc(out, ')');
}
