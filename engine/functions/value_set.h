/* SPDX-License-Identifier: Apache-2.0 */
/*
 * value_set.h - a set of boxed values of one type in an arena, by Java's equals (NULL is a value):
 * what the distinct functions on arrays and maps stand on. Room is fixed when it is made.
 */
#ifndef WR_ENGINE_FUNCTIONS_VALUE_SET_H
#define WR_ENGINE_FUNCTIONS_VALUE_SET_H

#include "types/value.h"

typedef struct wr__value_set {
    const wr_type *type;    /* of all values: hash and equality are its */
    const wr_value **slots; /* open addressing; NULL: free */
    uint32_t mask;          /* slots less one; a power of two */
} wr__value_set;

/** An empty set for at most @p n values. */
void wr__value_set_init(wr__value_set *s, const wr_type *t, uint32_t n, wr_arena *a);
/** Borrows @p v. @return NULL where it was added, else the equal value that was there. */
const wr_value *wr__value_set_add(wr__value_set *s, const wr_value *v);
bool wr__value_set_has(const wr__value_set *s, const wr_value *v);

#endif
