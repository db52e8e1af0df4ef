/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Store keys: any bytes are decoded or refused as damaged, never read past; what decodes encodes to
 * bytes that decode to an equal value. The first byte picks the type.
 */
#include "engine/operators/rowkey.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const wr_type *type_of(uint8_t pick, wr_arena *a)
{
    const wr_type *simple[] = {&wr_type_boolean, &wr_type_integer, &wr_type_bigint,
                               &wr_type_double,  &wr_type_string,  &wr_type_bytes,
                               &wr_type_date,    &wr_type_time,    &wr_type_timestamp};
    if (pick % 11 < WR_ARRAY_LEN(simple))
        return simple[pick % 11];
    return pick % 11 == 9 ? wr_type_decimal(a, 12, 3) : wr_type_array(a, &wr_type_string);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    wr_arena *a = wr_arena_new(0);
    const wr_type *t = type_of(data[0], a);
    char *bytes = wr_malloc(size); /* exact: a sanitizer sees a read past it */
    memcpy(bytes, data + 1, size - 1);
    const char *p = bytes;
    wr_value v, again;
    weir_error err = {0};
    if (wr__rowkey_get(t, &p, bytes + size - 1, a, &v, &err) == WEIR_OK) {
        wr_buf out = {0};
        wr__rowkey_put(&out, t, &v);
        const char *q = out.ptr;
        weir_status st = wr__rowkey_get(t, &q, out.ptr + out.len, a, &again, &err);
        WR_ASSERT(st == WEIR_OK && q == out.ptr + out.len);
        WR_ASSERT(wr_value_equal(t, &v, &again));
        wr_buf_free(&out);
    }
    wr_free(bytes);
    wr_arena_free(a);
    return 0;
}
