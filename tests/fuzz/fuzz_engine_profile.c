/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Profiles, which users may hold and hand back: any bytes are a profile or refused, never read
 * past. What is one can be shown, merged with itself, and written to bytes that are the same
 * profile.
 *
 * Inputs are bytes without checksum, which is put after them: else hardly any would be looked at.
 */
#include "engine/functions/profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static wr__profile *read_copy(wr_arena *a, wr_str bytes)
{
    char *copy = wr_malloc(bytes.len); /* exact: a sanitizer sees a read past it */
    memcpy(copy, bytes.ptr, bytes.len);
    wr__profile *p = wr__profile_read(wr_str_make(copy, bytes.len), a);
    wr_free(copy);
    return p;
}

static void use(wr_arena *a, wr__profile *p, wr_str bytes)
{
    wr_buf first = {0}, again = {0};
    for (uint32_t c = 0; c < p->n; c++) {
        wr_value v = wr__profile_report(p, c, a);
        WR_ASSERT(!v.null && v.u.nest->n == 13);
    }
    wr__profile_write(p, &first);
    wr__profile *same = read_copy(a, wr_buf_view(&first));
    WR_ASSERT(same);
    wr__profile_write(same, &again);
    WR_ASSERT(first.len == again.len && memcmp(first.ptr, again.ptr, first.len) == 0);
    wr__profile *other = read_copy(a, bytes);
    uint64_t rows = p->rows;
    if (!wr__profile_merge(p, a, other)) {
        WR_ASSERT(p->n == 0 || p->rows == 2 * rows);
        wr_buf_clear(&first);
        wr__profile_write(p, &first);
        WR_ASSERT(read_copy(a, wr_buf_view(&first)));
    }
    wr_buf_free(&first);
    wr_buf_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    wr_arena *a = wr_arena_new(0);
    wr_buf b = {0};
    wr_buf_put(&b, data, size);
    wr__profile *p = size ? read_copy(a, wr_buf_view(&b)) : NULL;
    WR_ASSERT(!p || size >= 8);
    wr_buf_be64(&b, wr__sketch_hash(wr_buf_view(&b)));
    p = read_copy(a, wr_buf_view(&b));
    if (p)
        use(a, p, wr_buf_view(&b));
    wr_buf_free(&b);
    wr_arena_free(a);
    return 0;
}
