/* SPDX-License-Identifier: Apache-2.0 */
/*
 * value.h - one boxed SQL value: literals, keys, aggregate states, what is inside ARRAY, MAP and
 * STRUCT, result rows. The data path uses vectors (vec.h); this is the form for everything else.
 * A value does not know its type: the wr_type travels beside it. Memory is borrowed (arena).
 */
#ifndef WR_TYPES_VALUE_H
#define WR_TYPES_VALUE_H

#include "types/type.h"

/** DECIMAL with a precision above 38: sign and magnitude, little-endian 64-bit limbs. */
typedef struct wr_big {
    const uint64_t *limbs; /* no leading zero limb */
    int32_t n;             /* limbs; negative: the number is negative; 0: zero */
} wr_big;

typedef struct wr_nest wr_nest;

typedef struct wr_value {
    union {
        bool b;              /* BOOLEAN */
        int32_t i32;         /* INTEGER, DATE, TIME, UNIT */
        int64_t i64;         /* BIGINT, TIMESTAMP */
        double f64;          /* DOUBLE */
        wr_i128 dec;         /* DECIMAL, precision <= 38: the unscaled value */
        wr_big big;          /* DECIMAL, precision > 38: the unscaled value */
        wr_str str;          /* STRING (UTF-8, half pairs as 3 bytes), BYTES */
        const wr_nest *nest; /* ARRAY, MAP, STRUCT */
    } u;
    bool null;
} wr_value;

/** Content of an ARRAY (items), MAP (keys and items, in insertion order) or STRUCT (items). */
struct wr_nest {
    uint32_t n;
    wr_value *keys; /* MAP only */
    wr_value *items;
};

#define WR_VALUE_NULL ((wr_value){.null = true})
static inline wr_value wr_value_bool(bool b)
{
    return (wr_value){.u.b = b};
}
static inline wr_value wr_value_i32(int32_t v)
{
    return (wr_value){.u.i32 = v};
}
static inline wr_value wr_value_i64(int64_t v)
{
    return (wr_value){.u.i64 = v};
}
static inline wr_value wr_value_f64(double v)
{
    return (wr_value){.u.f64 = v};
}
static inline wr_value wr_value_str(wr_str s)
{
    return (wr_value){.u.str = s};
}
static inline wr_value wr_value_nest(const wr_nest *n)
{
    return (wr_value){.u.nest = n};
}
/** New container with room for @p n NULL items (and keys where @p with_keys). */
wr_nest *wr_nest_new(wr_arena *a, uint32_t n, bool with_keys);

/** Deep copy into @p a. */
wr_value wr_value_copy(wr_arena *a, const wr_type *t, const wr_value *v);
/** Java's equals: NULL equals NULL; DECIMAL of one type by value; DOUBLE by bits (NaN = NaN). MAPs
 *  without regard to order. */
bool wr_value_equal(const wr_type *t, const wr_value *a, const wr_value *b);
/**
 * Order of two non-NULL values of one comparable type: numbers by value, STRING by UTF-16 units,
 * BYTES as signed bytes (functions.md rule 7), BOOLEAN false < true. Nested types: not comparable.
 */
int wr_value_compare(const wr_type *t, const wr_value *a, const wr_value *b);
/** Hash that agrees with wr_value_equal. */
uint64_t wr_value_hash(const wr_type *t, const wr_value *v);

/**
 * Row codec: values to bytes and back, for state stores, changelogs, repartition payloads and
 * aggregate states. Self-delimiting; equal values give equal bytes (MAPs keep their order).
 * The layout is versioned by its first use: see docs/design/rowcodec.md.
 */
#define WR_ROWCODEC_VERSION 1 /* who stores rows keeps it beside them, once */
void wr_value_encode(wr_buf *out, const wr_type *t, const wr_value *v);
/** Decode one value; advances *p. Memory of strings: borrowed from the input. Nested: from @p a.
 *  @return WEIR_ERR_RECORD where the bytes are not such a value (never reads past @p end). */
weir_status wr_value_decode(const wr_type *t, const char **p, const char *end, wr_arena *a,
                            wr_value *out, weir_error *err) WR_MUST_CHECK;

/**
 * Text of a value as CAST(... AS STRING) gives it (dialect.md section 5): `[1, 2]`, `{k=v}`,
 * `Struct{F1=1,F2=a}`, Java's double form, TIMESTAMP `2020-01-01T00:00:00.000`.
 * NULL prints nothing; the caller decides.
 */
void wr_value_print(wr_buf *out, const wr_type *t, const wr_value *v);
/** JSON text; NULL prints null. */
void wr_value_print_json(wr_buf *out, const wr_type *t, const wr_value *v);
/** The same as ksqlDB's REST rows have it: a TIME without its fraction of a second. */
void wr_value_print_rest(wr_buf *out, const wr_type *t, const wr_value *v);
/** A SQL literal or constructor expression that evaluates to @p v (for error texts and EXPLAIN). */
void wr_value_print_sql(wr_buf *out, const wr_type *t, const wr_value *v);

#endif
