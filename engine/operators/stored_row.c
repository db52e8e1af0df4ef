/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of tables as bytes in stores.
 *
 *     rowtime:8, big endian │ value column │ value column │ ...      each in the row codec
 *
 * The key is not in it: it is the store's key (rowkey.c). Whoever stores a row and whoever reads it
 * agree on the columns by the plan's fingerprint of the store.
 */
#include "engine/operators/stored_row.h"

void wr__row_put(wr_buf *out, int64_t rowtime, const wr_vec *cols, uint32_t first, uint32_t n,
                 uint32_t i)
{
    wr_buf_be64(out, (uint64_t)rowtime);
    for (uint32_t c = first; c < first + n; c++)
        wr_vec_encode(out, &cols[c], i);
}

static weir_status damaged_row(weir_error *err)
{
    wr_error(err, WEIR_ERR_STORE, "a row in the state store is damaged");
    if (err)
        err->flags |= WEIR_ERROR_FATAL;
    return WEIR_ERR_STORE;
}

weir_status wr__row_time(wr_str row, int64_t *ms, weir_error *err)
{
    if (WR_UNLIKELY(row.len < 8))
        return damaged_row(err);
    *ms = (int64_t)wr_get_be64(row.ptr);
    return WEIR_OK;
}

/* Numbers and texts without a boxed value between. @return false: leave it to the row codec, which
 * also finds what is damaged. */
static bool get_plain(wr_vec *v, uint32_t i, const char **p, const char *end)
{
    const char *at = *p;
    size_t left = (size_t)(end - at);
    uint64_t n;
    switch (v->type->id) {
    case WR_T_INTEGER:
        if (left < 5 || *at != 1)
            return false;
        v->u.i32[i] = (int32_t)wr_get_be32(at + 1);
        *p = at + 5;
        break;
    case WR_T_BIGINT:
    case WR_T_TIMESTAMP:
        if (left < 9 || *at != 1)
            return false;
        v->u.i64[i] = (int64_t)wr_get_be64(at + 1);
        *p = at + 9;
        break;
    case WR_T_STRING:
        n = left ? (uint8_t)*at : 0;
        if (n == 0 || n > 127 || n > left) /* longer ones have a longer varint */
            return false;
        v->u.str[i] = wr_str_make(at + 1, (size_t)n - 1);
        *p = at + n;
        break;
    default:
        return false;
    }
    v->null[i] = 0;
    return true;
}

weir_status wr__row_get(wr_str row, wr_arena *a, wr_vec *cols, uint32_t first, uint32_t n,
                        uint32_t i, weir_error *err)
{
    if (row.len < 8)
        return damaged_row(err);
    const char *p = row.ptr + 8, *end = row.ptr + row.len;
    bool ok = true;
    for (uint32_t c = first; ok && c < first + n; c++) {
        if (get_plain(&cols[c], i, &p, end))
            continue;
        wr_value v;
        ok = wr_value_decode(cols[c].type, &p, end, a, &v, err) == WEIR_OK;
        if (ok)
            wr_vec_set(&cols[c], i, &v);
    }
    return ok && p == end ? WEIR_OK : damaged_row(err);
}

wr_str wr__row_copy(wr_arena *a, wr_str row)
{
    return wr_str_make(wr_arena_memdup(a, row.ptr, row.len), row.len);
}
