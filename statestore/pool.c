/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Size classes: 32, 48, 64, 96, 128, 192, ... 4096: two per doubling, so at most a third is lost.
 * Blocks are only returned to the system with the pool, which is bounded by the overlay's budget.
 */
#include "statestore/pool.h"

enum { BLOCK = 65536 };

static const uint16_t class_size[WR__POOL_CLASSES] = {
    32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096, 6144,
};
#define LARGEST 6144

void wr__pool_init(wr__pool *p)
{
    *p = (wr__pool){0};
}

void wr__pool_free(wr__pool *p)
{
    for (void *block = p->blocks, *next; block; block = next) {
        memcpy(&next, block, sizeof next);
        wr_free(block);
    }
    wr__pool_init(p);
}

static unsigned class_of(size_t size)
{
    unsigned c = 0;
    while (class_size[c] < size)
        c++;
    return c;
}

static bool is_single(size_t size)
{
#ifdef WR_ARENA_DEBUG
    (void)size;
    return true;
#else
    return size > LARGEST;
#endif
}

static void *cut_piece(wr__pool *p, size_t size)
{
    if ((size_t)(p->cut_end - p->cut) < size) {
        /* The rest of the old block is lost: at most one piece in BLOCK / LARGEST. */
        char *block = wr_malloc(BLOCK);
        memcpy(block, &p->blocks, sizeof p->blocks);
        p->blocks = block;
        p->cut = block + 16;
        p->cut_end = block + BLOCK;
    }
    void *piece = p->cut;
    p->cut += size;
    return piece;
}

void *wr__pool_get(wr__pool *p, size_t size, uint32_t *capacity)
{
    if (is_single(size)) {
        /* Grow by a quarter, so that a value that grows byte by byte is not copied each time. */
        size_t cap = size <= LARGEST ? class_size[class_of(size)] : size + size / 4;
        cap = WR_MIN(cap, (size_t)UINT32_MAX);
        WR_ASSERT(cap >= size);
        *capacity = (uint32_t)cap;
        p->used += cap;
        return wr_malloc(cap);
    }
    unsigned c = class_of(size);
    *capacity = class_size[c];
    p->used += class_size[c];
    void *piece = p->free[c];
    if (!piece)
        return cut_piece(p, class_size[c]);
    memcpy(&p->free[c], piece, sizeof piece);
    return piece;
}

void wr__pool_put(wr__pool *p, void *piece, size_t capacity)
{
    WR_ASSERT(p->used >= capacity);
    p->used -= capacity;
    if (is_single(capacity)) {
        wr_free(piece);
        return;
    }
    unsigned c = class_of(capacity);
    WR_ASSERT(class_size[c] == capacity);
    memcpy(piece, &p->free[c], sizeof piece);
    p->free[c] = piece;
}
