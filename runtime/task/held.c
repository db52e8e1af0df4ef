/* SPDX-License-Identifier: Apache-2.0 */
/* Partitions that this process has: a few atomics for each, written where tasks change state. */
#include "runtime/task/held.h"

void wr_held_init(wr_held *h, uint32_t store, int32_t partitions)
{
    WR_ASSERT(partitions >= 0);
    *h = (wr_held){.store = store, .partitions = partitions};
    if (partitions)
        h->parts = wr_calloc((size_t)partitions, sizeof *h->parts);
}

void wr_held_destroy(wr_held *h)
{
    wr_free(h->parts);
    *h = (wr_held){0};
}

wr_held_part *wr_held_at(const wr_held *h, uint32_t store, int32_t partition)
{
    WR_ASSERT(partition >= 0);
    return store == h->store && partition < h->partitions ? &h->parts[partition] : NULL;
}

void wr_held_begin(wr_held *h)
{
    atomic_fetch_add(&h->assignment, 1);
}

/* How far it is is unknown first: whoever reads copies must not take a new one for a full one. */
void wr_held_set(wr_held *h, uint32_t store, int32_t partition, wr_held_as as)
{
    wr_held_part *p = wr_held_at(h, store, partition);
    if (!p)
        return;
    atomic_store(&p->behind, WR_HELD_UNKNOWN);
    if (as == WR_HELD_ACTIVE)
        atomic_store(&p->assignment, atomic_load(&h->assignment));
    atomic_store(&p->as, (int)as);
}

void wr_held_follow(wr_held_part *p, int64_t applied, int64_t end)
{
    if (!p || end < 0)
        return;
    atomic_store(&p->applied, applied);
    atomic_store(&p->behind, WR_MAX(end - applied, 0));
}
