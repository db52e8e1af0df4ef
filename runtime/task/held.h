/* SPDX-License-Identifier: Apache-2.0 */
/*
 * held.h - which partitions of one store this process has, for whoever asks: pull queries, and the
 * servers of a service, which ask each other.
 *
 * Written by tasks and standbys as they come and go. A reader that finds a partition ACTIVE, takes
 * a snapshot of the database, and finds it ACTIVE still, has all that was committed of it: whoever
 * owns the partition next processes nothing before this process has given it up.
 *
 * Threads: any may look.
 */
#ifndef WR_RUNTIME_TASK_HELD_H
#define WR_RUNTIME_TASK_HELD_H

#include "common/base.h"

#include <stdatomic.h>

typedef enum wr_held_as {
    WR_HELD_NOT,
    WR_HELD_STANDBY, /* a copy that follows the changelog */
    WR_HELD_ACTIVE,  /* a task that is RUNNING */
} wr_held_as;

/** How far a standby is behind that has not heard of its changelog's end yet. */
#define WR_HELD_UNKNOWN INT64_MAX

typedef struct wr_held_part {
    atomic_int as;           /* wr_held_as */
    atomic_uint assignment;  /* the last one in which it was ACTIVE; 0: none yet */
    _Atomic int64_t behind;  /* STANDBY: records of the changelog that its rows lack, about */
    _Atomic int64_t applied; /* STANDBY: where in the changelog its rows are */
} wr_held_part;

typedef struct wr_held {
    uint32_t store;     /* of the plan */
    int32_t partitions; /* 0: there is no such store */
    wr_held_part *parts;
    atomic_uint assignment; /* counted: what of it is not ACTIVE any more was closed, and nothing
                             * was opened since */
} wr_held;

void wr_held_init(wr_held *h, uint32_t store, int32_t partitions);
void wr_held_destroy(wr_held *h);
/** Another assignment begins. */
void wr_held_begin(wr_held *h);
/** Of a partition of the plan's store; of another store nothing is noted. */
void wr_held_set(wr_held *h, uint32_t store, int32_t partition, wr_held_as as);
/** NULL: not of that store. */
wr_held_part *wr_held_at(const wr_held *h, uint32_t store, int32_t partition);
/** A standby's rows are as the changelog was at @p applied; it ends at @p end. */
void wr_held_follow(wr_held_part *p, int64_t applied, int64_t end);

#endif
