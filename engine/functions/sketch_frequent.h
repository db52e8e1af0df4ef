/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sketch_frequent.h - the most frequent values, by Misra-Gries.
 *
 * Up to 128 values are counted. When another one comes, the 65th largest count is taken from all of
 * them, and those that have nothing left are forgotten; what was taken in all is the error. So a
 * value occurred at least as often as its count says, and at most as often as count and error
 * together. Each taking takes from 65 values, therefore
 *
 *     error <= values / 65     also after merging (Agarwal et al., "Mergeable summaries", 2012)
 *
 * and each value that is more frequent than that is in the sketch. Up to 128 distinct values the
 * counts are exact.
 *
 * A value is its 64-bit hash; what is shown of it are its first bytes.
 */
#ifndef WR_ENGINE_FUNCTIONS_SKETCH_FREQUENT_H
#define WR_ENGINE_FUNCTIONS_SKETCH_FREQUENT_H

#include "common/arena.h"
#include "common/buf.h"

enum {
    WR__FREQUENT_MAX = 128, /* values that are counted */
    WR__FREQUENT_KEPT = 64, /* at most, after something was taken from all */
    WR__FREQUENT_BYTES = 48,
};

typedef struct wr__frequent_item {
    uint64_t hash, count;
    uint8_t len; /* of bytes */
    bool cut;    /* the value is longer */
    char bytes[WR__FREQUENT_BYTES];
} wr__frequent_item;

typedef struct wr__frequent {
    wr__frequent_item *items; /* in no order; NULL at first */
    uint8_t *slots;           /* open addressing by hash: index + 1, 0: free; room * 2 of them */
    uint32_t n, room;         /* room: a power of 2, at most WR__FREQUENT_MAX; 0 at first */
    uint64_t error;
} wr__frequent;

/** Hash of a value's bytes: part of the format of what is stored. */
uint64_t wr__sketch_hash(wr_str bytes);
/**
 * Count a value once more. @p shown: its bytes, at most WR__FREQUENT_BYTES; @p cut: there are more
 * of them, and @p hash is that of all. Memory from @p a.
 */
void wr__frequent_add(wr__frequent *f, wr_arena *a, uint64_t hash, wr_str shown, bool cut);
/** @p f becomes the sketch of both. */
void wr__frequent_merge(wr__frequent *f, wr_arena *a, const wr__frequent *other);
/** The most frequent ones, at most @p max, the first one first, as pointers into @p f. @return
 * how many. */
uint32_t wr__frequent_top(const wr__frequent *f, const wr__frequent_item **out, uint32_t max);
void wr__frequent_write(const wr__frequent *f, wr_buf *out);
/** @p total: the number of values, which counts and error must fit. @return false: no sketch.
 * Advances *p; never reads past @p end. */
bool wr__frequent_read(wr__frequent *f, wr_arena *a, uint64_t total, const char **p,
                       const char *end);

#endif
