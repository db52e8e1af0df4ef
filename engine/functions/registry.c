/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registry.c - all functions in one sorted list, looked up by name.
 *
 * The families' tables are constant; the list of pointers to them is sorted once, at the first
 * look-up (pthread_once: statements may be compiled by several threads).
 */
#include "engine/functions/families.h"

#include <pthread.h>
#include <stdlib.h>

#define FUNCTIONS_MAX 512

static const wr_function_family *const families[] = {
#define FAMILY_POINTER(name) &wr__functions_##name,
    WR__FUNCTION_FAMILIES(FAMILY_POINTER)};

static const wr_function *sorted[FUNCTIONS_MAX];
static uint32_t sorted_n;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static int by_name(const void *x, const void *y)
{
    const wr_function *const *a = x, *const *b = y;
    return strcmp((*a)->name, (*b)->name);
}

static void collect(void)
{
    for (size_t f = 0; f < WR_ARRAY_LEN(families); f++) {
        for (uint32_t i = 0; i < families[f]->n; i++) {
            WR_ASSERT(sorted_n < FUNCTIONS_MAX);
            sorted[sorted_n++] = &families[f]->functions[i];
        }
    }
    qsort(sorted, sorted_n, sizeof(sorted[0]), by_name);
    for (uint32_t i = 1; i < sorted_n; i++)
        WR_ASSERT(strcmp(sorted[i - 1]->name, sorted[i]->name) != 0);
}

const wr_function *wr_function_at(uint32_t index)
{
    pthread_once(&once, collect);
    return index < sorted_n ? sorted[index] : NULL;
}

/** Order of a name in any case against an upper-case, 0-terminated one. */
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

const wr_function *wr_function_find(wr_str name)
{
    pthread_once(&once, collect);
    uint32_t low = 0, high = sorted_n;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        int c = compare_name(name, sorted[mid]->name);
        if (c == 0)
            return sorted[mid];
        if (c < 0)
            high = mid;
        else
            low = mid + 1;
    }
    return NULL;
}
