/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool.h - memory for keys and values of one overlay, inside this folder only.
 *
 * Sizes are rounded up to one of a few classes, each with a list of free pieces cut from blocks of
 * 64 KiB: a change of a value costs no malloc. Pieces above the largest class, and
 * every piece in sanitizer builds (so that ASan sees overruns), come from wr_malloc.
 */
#ifndef WR_STATESTORE_POOL_H
#define WR_STATESTORE_POOL_H

#include "common/base.h"

enum { WR__POOL_CLASSES = 16 };

typedef struct wr__pool {
    void
        *free[WR__POOL_CLASSES]; /* first free piece of each class; linked through its first word */
    void *blocks;                /* all blocks, linked through their first word */
    char *cut, *cut_end;         /* rest of the newest block */
    size_t used;                 /* bytes handed out, rounded up */
} wr__pool;

void wr__pool_init(wr__pool *p);
/** Free all blocks. Large pieces still handed out are the caller's to return first. */
void wr__pool_free(wr__pool *p);
/** @return at least @p size bytes, aligned to 16; *capacity is what they really are. */
void *wr__pool_get(wr__pool *p, size_t size, uint32_t *capacity);
/** @p capacity: as wr__pool_get said. */
void wr__pool_put(wr__pool *p, void *piece, size_t capacity);

#endif
