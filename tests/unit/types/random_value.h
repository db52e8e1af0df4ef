/* SPDX-License-Identifier: Apache-2.0 */
/*
 * random_value.h - random types and values for property tests, from a seed.
 */
#ifndef TESTS_TYPES_RANDOM_VALUE_H
#define TESTS_TYPES_RANDOM_VALUE_H

#include "common/clock.h"
#include "types/decimal.h"
#include "types/value.h"

#include <math.h>
#include <stdio.h>

#define RANDOM_NEST_MAX 4

static inline const wr_type *random_type(wr_arena *a, wr_rng *rng, int depth)
{
    static const wr_type *const simple[] = {
        &wr_type_boolean, &wr_type_integer, &wr_type_bigint, &wr_type_double,    &wr_type_string,
        &wr_type_bytes,   &wr_type_date,    &wr_type_time,   &wr_type_timestamp,
    };
    uint64_t kind = wr_rng_below(rng, WR_ARRAY_LEN(simple) + (depth > 0 ? 5 : 2));
    if (kind < WR_ARRAY_LEN(simple))
        return simple[kind];
    int32_t precision = (int32_t)wr_rng_below(rng, 38) + 1;
    switch (kind - WR_ARRAY_LEN(simple)) {
    case 0:
        return wr_type_decimal(a, precision, (int32_t)wr_rng_below(rng, (uint64_t)precision + 1));
    case 1:
        return wr_type_decimal(a, 38 + precision, precision);
    case 2:
        return wr_type_array(a, random_type(a, rng, depth - 1));
    case 3:
        return wr_type_map(a, &wr_type_string, random_type(a, rng, depth - 1));
    default: {
        static const char *const names[] = {"A", "B", "C"};
        wr_field fields[3];
        uint32_t n = (uint32_t)wr_rng_below(rng, 4);
        for (uint32_t i = 0; i < n; i++)
            fields[i] = (wr_field){names[i], random_type(a, rng, depth - 1)};
        return wr_type_struct(a, fields, n);
    }
    }
}

static inline wr_str random_str(wr_arena *a, wr_rng *rng)
{
    static const char *const parts[] = {
        "",   "a",    "b", "\xc3\xa9", "\xed\xa0\xbd", "\xf0\x9f\x98\x80", "\xef\xbf\xbd",
        "\"", "\x01", "zz"};
    wr_buf b = {0};
    for (uint64_t n = wr_rng_below(rng, 5); n > 0; n--)
        wr_buf_puts(&b, parts[wr_rng_below(rng, WR_ARRAY_LEN(parts))]);
    wr_str s = wr_arena_str(a, wr_buf_view(&b));
    wr_buf_free(&b);
    return s;
}

static inline wr_value random_decimal(wr_arena *a, wr_rng *rng, const wr_type *t)
{
    char digits[128];
    uint32_t n = (uint32_t)wr_rng_below(rng, (uint64_t)t->precision + 1);
    for (uint32_t i = 0; i < n; i++)
        digits[i] = (char)('0' + wr_rng_below(rng, 10));
    int len = snprintf(digits + n, sizeof digits - n, "%se-%d", n ? "" : "0", t->scale);
    wr_value v;
    wr_dec_status st = wr_dec_from_text(wr_str_make(digits, n + (uint32_t)len), t, true, a, &v);
    WR_ASSERT(st == WR_DEC_OK);
    if (wr_rng_below(rng, 2))
        wr_dec_negate(t, &v, a, &v);
    return v;
}

static inline double random_double(wr_rng *rng)
{
    static const double special[] = {0.0, -0.0, 1.0, (double)NAN, (double)INFINITY, -5e-324};
    uint64_t i = wr_rng_below(rng, 2 * WR_ARRAY_LEN(special));
    return i < WR_ARRAY_LEN(special) ? special[i] : (wr_rng_double(rng) - 0.5) * 1e9;
}

static inline wr_value random_value(wr_arena *a, wr_rng *rng, const wr_type *t)
{
    if (wr_rng_below(rng, 6) == 0)
        return WR_VALUE_NULL;
    uint64_t few = wr_rng_below(rng, 5); /* so that equal values occur */
    switch (t->id) {
    case WR_T_BOOLEAN:
        return wr_value_bool(few & 1);
    case WR_T_INTEGER:
    case WR_T_DATE:
    case WR_T_TIME:
        return wr_value_i32((int32_t)(few < 3 ? few : wr_rng_next(rng)));
    case WR_T_BIGINT:
    case WR_T_TIMESTAMP:
        return wr_value_i64((int64_t)(few < 3 ? few : wr_rng_next(rng)));
    case WR_T_DOUBLE:
        return wr_value_f64(random_double(rng));
    case WR_T_DECIMAL:
        return random_decimal(a, rng, t);
    case WR_T_STRING:
    case WR_T_BYTES:
        return wr_value_str(random_str(a, rng));
    default: {
        bool map = t->id == WR_T_MAP;
        uint32_t n = (uint32_t)wr_rng_below(rng, RANDOM_NEST_MAX);
        wr_nest *nest = wr_nest_new(a, t->id == WR_T_STRUCT ? t->fields_n : n, map);
        for (uint32_t i = 0; i < nest->n; i++) {
            static const char *const keys[RANDOM_NEST_MAX] = {"k0", "k1", "k2", "k3"};
            if (map)
                nest->keys[i] = wr_value_str(wr_str_c(keys[i]));
            const wr_type *item = t->id == WR_T_STRUCT ? t->fields[i].type : t->elem;
            nest->items[i] = random_value(a, rng, item);
        }
        return wr_value_nest(nest);
    }
    }
}

#endif
