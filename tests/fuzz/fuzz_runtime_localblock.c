/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blocks of the embedded log of unknown origin: decoding ends in records or an error. The checksum
 * would keep everything interesting out, so it is put right first; what then decodes must survive
 * being built anew. Input: the block.
 */
#include "runtime/log/block.h"

#include <xxhash.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_round_trip(const wr_record *records, uint32_t n)
{
    wr__block b = {0};
    for (uint32_t i = 0; i < n; i++)
        if (!wr__block_add(&b, records[i].key, records[i].value, records[i].timestamp,
                           records[i].headers))
            break; /* the first one without headers, a later one with */
    wr__block_seal(&b);
    wr_arena *a = wr_arena_new(0);
    wr_record *again = wr_calloc(b.n, sizeof *again);
    weir_error err;
    WR_ASSERT(wr__block_decode(wr_buf_view(&b.bytes), 0, 0, 0, a, again, &err) == WEIR_OK);
    for (uint32_t i = 0; i < b.n; i++) {
        WR_ASSERT(wr_str_eq(again[i].key, records[i].key));
        WR_ASSERT(wr_str_eq(again[i].value, records[i].value));
        WR_ASSERT(!again[i].key.ptr == !records[i].key.ptr);
        WR_ASSERT(!again[i].value.ptr == !records[i].value.ptr);
        WR_ASSERT(again[i].timestamp == records[i].timestamp);
        WR_ASSERT(!again[i].headers == !records[i].headers);
        WR_ASSERT(!again[i].headers || again[i].headers->n == records[i].headers->n);
    }
    wr_free(again);
    wr_arena_free(a);
    wr_buf_free(&b.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    wr_buf block = {0};
    wr_buf_put(&block, data, size);
    weir_error err;
    wr__block_head head;
    if (wr__block_peek(wr_buf_view(&block), &head, &err) == WEIR_OK) {
        uint64_t seed = XXH3_64bits(block.ptr, 22);
        wr_put_be64(block.ptr + 22,
                    XXH3_64bits_withSeed(block.ptr + WR__BLOCK_HEAD, size - WR__BLOCK_HEAD, seed));
        uint32_t skip = head.n / 3;
        wr_record *records = wr_calloc(head.n, sizeof *records);
        wr_arena *a = wr_arena_new(0);
        if (wr__block_decode(wr_buf_view(&block), 0, 5, 1, a, records, &err) == WEIR_OK) {
            check_round_trip(records, head.n);
            WR_ASSERT(wr__block_decode(wr_buf_view(&block), skip, 5, 1, a, records, &err) ==
                      WEIR_OK);
            WR_ASSERT(records[0].offset == 5 + (int64_t)skip);
        }
        wr_arena_free(a);
        wr_free(records);
    }
    wr_buf_free(&block);
    return 0;
}
