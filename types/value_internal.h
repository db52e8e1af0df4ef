/* SPDX-License-Identifier: Apache-2.0 */
/*
 * value_internal.h - what the files about boxed values share.
 */
#ifndef WR_TYPES_VALUE_INTERNAL_H
#define WR_TYPES_VALUE_INTERNAL_H

#include "types/value.h"

/** Type of item @p i of an ARRAY, MAP (its value) or STRUCT. */
static inline const wr_type *wr__nest_item_type(const wr_type *t, uint32_t i)
{
    return t->id == WR_T_STRUCT ? t->fields[i].type : t->elem;
}

/** Java's canonical NaN, as Double.doubleToLongBits gives it. */
#define WR__NAN_BITS 0x7ff8000000000000u

/** The bits of @p d, all NaNs made one. */
static inline uint64_t wr__double_bits(double d)
{
    uint64_t bits;
    if (d != d)
        return WR__NAN_BITS;
    memcpy(&bits, &d, sizeof bits);
    return bits;
}

#endif
