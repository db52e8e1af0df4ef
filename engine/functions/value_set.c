/* SPDX-License-Identifier: Apache-2.0 */
/* The set of value_set.h: linear probing, at most half full, nothing is ever removed. */
#include "engine/functions/value_set.h"

/* @p n is the most values that will be put in: the set never grows. */
void wr__value_set_init(wr__value_set *s, const wr_type *t, uint32_t n, wr_arena *a)
{
    uint32_t size = 8;
    while (size / 2 < n)
        size *= 2;
    WR_ASSERT((size & (size - 1)) == 0 && size > n);
    s->type = t;
    s->slots = WR_NEW_N(a, const wr_value *, size);
    s->mask = size - 1;
}

/* The slot that holds an equal value, or the free one where it would go. The set is at most half
 * full, so there always is a free one. */
static const wr_value **slot_of(const wr__value_set *s, const wr_value *v)
{
    uint32_t at = (uint32_t)wr_value_hash(s->type, v) & s->mask;
    while (s->slots[at] && !wr_value_equal(s->type, s->slots[at], v))
        at = (at + 1) & s->mask;
    return &s->slots[at];
}

/* Pointers are kept, values are not copied: they must stay where they are. */
const wr_value *wr__value_set_add(wr__value_set *s, const wr_value *v)
{
    const wr_value **slot = slot_of(s, v), *old = *slot;
    if (!old)
        *slot = v;
    return old;
}

/* NULL is a value: it is in the set where one was added. */
bool wr__value_set_has(const wr__value_set *s, const wr_value *v)
{
    return *slot_of(s, v) != NULL;
}
