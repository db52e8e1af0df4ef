/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entry keys of window, session and join stores as they lie in the database: any bytes decode or
 * are refused, what decodes encodes to the same bytes, and windows come in order of (start, key).
 * Input: a byte that chooses the layout, two times, then key bytes.
 */
#include "statestore/store_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void decode(const wr_store *s, wr_str bytes)
{
    wr_buf again = {0};
    wr_str key;
    int64_t segment;
    uint32_t chunk;
    if (wr__timed_decode(s, bytes, &key, &segment, &chunk)) {
        wr__timed_encode(s, &again, key, segment, chunk);
        WR_ASSERT(wr_str_eq(wr_buf_view(&again), bytes));
        WR_ASSERT(wr__timed_segment_at(bytes) == segment);
    }
    wr_buf_free(&again);
}

/* Bytes must compare as (segment, key) does where nothing follows the key. */
static void order(const wr_store *s, wr_str a, int64_t a_time, wr_str b, int64_t b_time)
{
    wr_buf x = {0}, y = {0};
    wr__timed_encode(s, &x, a, a_time, 0);
    wr__timed_encode(s, &y, b, b_time, 0);
    int64_t a_segment = wr__timed_segment(s, a_time), b_segment = wr__timed_segment(s, b_time);
    int expected = a_segment < b_segment ? -1 : a_segment > b_segment;
    if (expected == 0)
        expected = wr_str_cmp(a, b);
    int got = wr_str_cmp(wr_buf_view(&x), wr_buf_view(&y));
    WR_ASSERT((got < 0) == (expected < 0) && (got > 0) == (expected > 0));
    wr_buf_free(&x);
    wr_buf_free(&y);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 17)
        return 0;
    wr_store s = {.kind = WR_STORE_WINDOW};
    s.timed.chunks = data[0] & 1;
    s.timed.segment_ms = data[0] & 2 ? 1 : 1 + (data[0] >> 2);
    s.timed.retention_ms = 1000;
    int64_t a_time = (int64_t)wr_get_be64(data + 1), b_time = (int64_t)wr_get_be64(data + 9);
    const char *bytes = (const char *)data + 17;
    size_t len = size - 17, half = len / 2;
    decode(&s, wr_str_make((const char *)data + 1, size - 1));
    if (!s.timed.chunks)
        order(&s, wr_str_make(bytes, half), a_time, wr_str_make(bytes + half, len - half), b_time);
    return 0;
}
