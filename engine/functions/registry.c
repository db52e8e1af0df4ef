/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registry.c - which functions there are: the built-in ones, and above them an engine's own.
 *
 * The families' tables are constant. What is built in is one list of pointers into them, sorted by
 * name at the first look-up (pthread_once: statements may be planned by several threads) and never
 * changed after that, so all engines of a process share it. A registry holds a sorted list of its
 * own; a name stands in one of the two lists only, so looking in both is no question of order.
 */
#include "engine/functions/families.h"

#include <pthread.h>
#include <stdlib.h>

#define BUILT_IN_MAX 512

/* Pointers to functions, in order of their names. */
typedef struct function_list {
    const wr_function **v;
    uint32_t n;
} function_list;

/* An engine's own functions; borrowed, as their families outlive it. */
struct wr_function_registry {
    function_list own;
};

static const wr_function_family *const families[] = {
#define FAMILY_POINTER(name) &wr__functions_##name,
    WR__FUNCTION_FAMILIES(FAMILY_POINTER)};

/* Filled in once, by collect; pthread_once orders that before every read. */
static const wr_function *built_in_functions[BUILT_IN_MAX];
static function_list built_in = {built_in_functions, 0};
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* ---- lists ---- */

/* Names are upper case in all tables, so strcmp is the order of look-ups, too. */
static int by_name(const void *x, const void *y)
{
    const wr_function *const *a = x, *const *b = y;
    return strcmp((*a)->name, (*b)->name);
}

/* Two functions of one name in the built-in tables are a bug, and are found at the first look-up.
 */
static void sort(function_list *list)
{
    qsort(list->v, list->n, sizeof(list->v[0]), by_name);
    for (uint32_t i = 1; i < list->n; i++)
        WR_ASSERT(strcmp(list->v[i - 1]->name, list->v[i]->name) < 0); /* a name stands once */
}

/**
 * Order of a name in any case against an upper-case, 0-terminated one. As strcmp of the upper-cased
 * name would say; the name in a statement ends where its length says.
 */
static int compare_name(wr_str name, const char *upper)
{
    for (uint32_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)wr_upper(name.ptr[i]), u = (unsigned char)upper[i];
        if (c != u)
            return c < u ? -1 : 1;
        if (!u)
            return 1; /* a 0 byte inside the name */
    }
    return upper[name.len] ? -1 : 0;
}

/* NULL: there is none of that name. */
static const wr_function *find_in(const function_list *list, wr_str name)
{
    uint32_t low = 0, high = list->n;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        int c = compare_name(name, list->v[mid]->name);
        if (c == 0)
            return list->v[mid];
        if (c < 0)
            high = mid;
        else
            low = mid + 1;
    }
    return NULL;
}

/* ---- the built-in functions ---- */

static void collect(void)
{
    for (size_t f = 0; f < WR_ARRAY_LEN(families); f++) {
        for (uint32_t i = 0; i < families[f]->n; i++) {
            WR_ASSERT(built_in.n < BUILT_IN_MAX);
            built_in.v[built_in.n++] = &families[f]->functions[i];
        }
    }
    sort(&built_in);
    WR_ASSERT(built_in.n > 0); /* a link without the families would leave none */
}

static const function_list *built_ins(void)
{
    pthread_once(&once, collect);
    return &built_in;
}

/* ---- a registry ---- */

/* Empty: an engine without functions of its own may as well pass NULL. */
wr_function_registry *wr_function_registry_new(void)
{
    return wr_calloc(1, sizeof(wr_function_registry));
}

/* NULL is allowed. Plans that use its functions must be gone. */
void wr_function_registry_free(wr_function_registry *r)
{
    if (!r)
        return;
    wr_free(r->own.v);
    wr_free(r);
}

/* Is the name of function @p i of the family free: in the registry, and in the family before it? */
static bool is_free(const wr_function_registry *r, const wr_function_family *family, uint32_t i)
{
    const char *name = family->functions[i].name;
    for (uint32_t k = 0; k < i; k++)
        if (strcmp(family->functions[k].name, name) == 0)
            return false;
    return !wr_function_find(r, wr_str_c(name));
}

/* All or none: names are checked before the list is touched. Not for concurrent use: functions are
 * added before the first statement runs. One byte more: an empty list must not be a NULL. */
weir_status wr_function_registry_add(wr_function_registry *r, const wr_function_family *family,
                                     weir_error *err)
{
    WR_ASSERT(family->n == 0 || family->functions);
    for (uint32_t i = 0; i < family->n; i++)
        if (!is_free(r, family, i))
            return wr_error(err, WEIR_ERR_EXISTS, "There is a function %s already.",
                            family->functions[i].name);
    uint32_t n = r->own.n + family->n;
    r->own.v = wr_realloc(r->own.v, n * sizeof(r->own.v[0]) + 1);
    for (uint32_t i = 0; i < family->n; i++)
        r->own.v[r->own.n++] = &family->functions[i];
    sort(&r->own);
    WR_ASSERT(r->own.n == n);
    return WEIR_OK;
}

/* Built-in functions cannot be hidden: their names are refused when functions are added. */
const wr_function *wr_function_find(const wr_function_registry *r, wr_str name)
{
    const wr_function *fn = find_in(built_ins(), name);
    return fn || !r ? fn : find_in(&r->own, name);
}

/* Linear in the index, so a walk over all is quadratic; it is for listings. */
const wr_function *wr_function_at(const wr_function_registry *r, uint32_t index)
{
    const function_list *base = built_ins();
    static const function_list none = {0};
    const function_list *own = r ? &r->own : &none;
    if (index >= base->n + own->n)
        return NULL;
    /* Merge the two lists up to the index: for SHOW FUNCTIONS and the like, not for look-ups. */
    uint32_t b = 0, o = 0;
    for (;;) {
        WR_ASSERT(b + o <= index);
        bool from_own = o < own->n && (b == base->n || by_name(&own->v[o], &base->v[b]) < 0);
        if (b + o == index)
            return from_own ? own->v[o] : base->v[b];
        if (from_own)
            o++;
        else
            b++;
    }
}
