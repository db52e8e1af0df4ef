/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The row codec's decoder on any bytes. The first byte picks the type. What decodes must encode to
 * the bytes that were read (there is one encoding of a value), equal itself, copy and print.
 */
#include "types/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const wr_type *pick_type(wr_arena *a, uint8_t choice)
{
    static const wr_type *const simple[] = {
        &wr_type_null,   &wr_type_boolean, &wr_type_integer, &wr_type_bigint, &wr_type_double,
        &wr_type_string, &wr_type_bytes,   &wr_type_date,    &wr_type_time,   &wr_type_timestamp,
    };
    choice %= WR_ARRAY_LEN(simple) + 8;
    if (choice < WR_ARRAY_LEN(simple))
        return simple[choice];
    const wr_type *small = wr_type_decimal(a, 38, 10), *big = wr_type_decimal(a, 100, 40);
    const wr_type *map = wr_type_map(a, &wr_type_string, &wr_type_double);
    const wr_field fields[] = {{"A", &wr_type_integer}, {"B", map}, {"C", big}};
    const wr_type *record = wr_type_struct(a, fields, 3);
    switch (choice - WR_ARRAY_LEN(simple)) {
    case 0:
        return small;
    case 1:
        return big;
    case 2:
        return wr_type_decimal(a, 1, 1);
    case 3:
        return wr_type_array(a, wr_type_array(a, &wr_type_boolean));
    case 4:
        return map;
    case 5:
        return record;
    case 6:
        return wr_type_array(a, wr_type_struct(a, NULL, 0));
    default:
        return wr_type_map(a, small, wr_type_array(a, record));
    }
}

static void check(const wr_type *t, const wr_value *v, wr_str bytes, wr_arena *a)
{
    wr_buf b = {0};
    wr_value_encode(&b, t, v);
    WR_ASSERT(wr_str_eq(wr_buf_view(&b), bytes));
    wr_value copy = wr_value_copy(a, t, v);
    WR_ASSERT(wr_value_hash(t, &copy) == wr_value_hash(t, v));
    /* MAPs with a key twice can be decoded, but nothing makes them; they need not be equal. */
    WR_ASSERT(wr_type_contains(t, WR_T_MAP) || wr_value_equal(t, &copy, v));
    wr_buf_clear(&b);
    wr_value_print(&b, t, v);
    wr_value_print_json(&b, t, v);
    wr_value_print_sql(&b, t, v);
    wr_buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    wr_arena *a = wr_arena_new(0);
    const wr_type *t = pick_type(a, data[0]);
    const char *p = (const char *)data + 1, *end = (const char *)data + size;
    wr_value v;
    for (;;) { /* values behind each other, as in a row */
        const char *from = p;
        if (p == end || wr_value_decode(t, &p, end, a, &v, NULL) != WEIR_OK)
            break;
        WR_ASSERT(p > from && p <= end);
        check(t, &v, wr_str_make(from, (size_t)(p - from)), a);
    }
    wr_arena_free(a);
    return 0;
}
