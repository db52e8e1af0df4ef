/* SPDX-License-Identifier: Apache-2.0 */
/*
 * partition_group.h - record queues that meet in one task, and which of them is next.
 *
 * Time decides (architecture.md, Traps 6): the topic whose next record has the smallest timestamp
 * goes first, in runs that end where another topic's next record is older; equal times go to the
 * topic that stands first in the plan. A topic holds the others of its group back while one of its
 * partitions has nothing here and is not at its end. A group of one queue has nothing to choose.
 *
 * Each topic of a group is a *line*: its queues with a head in a heap by time, and how many of the
 * others are still awaited. So a choice costs the number of topics, and a change the logarithm of
 * the number of partitions.
 */
#ifndef WR_RUNTIME_WORKER_PARTITION_GROUP_H
#define WR_RUNTIME_WORKER_PARTITION_GROUP_H

#include "runtime/worker/record_queue.h"

typedef struct wr__line {
    uint32_t topic;
    wr__record_queue **heap; /* those with a head, oldest first */
    uint32_t heap_n;
    uint32_t awaited; /* queues for which wr__queue_awaits */
} wr__line;

typedef struct wr__partition_group {
    wr__line *lines; /* by topic, ascending */
    uint32_t lines_n;
} wr__partition_group;

/** Records of one queue that may be processed together. */
typedef struct wr__run {
    wr__record_queue *queue;
    const wr_record *records;
    uint32_t n;
} wr__run;

/**
 * Group @p queues by their `group` numbers, which are replaced by indices into *out. Queues of a
 * group that turns out to have one topic only get a group each.
 */
void wr__groups_new(wr__record_queue *queues, uint32_t n, wr__partition_group **out,
                    uint32_t *out_n);
void wr__groups_free(wr__partition_group *groups, uint32_t n);
/** The head, end or stop of @p q has changed. */
void wr__group_update(wr__partition_group *group, wr__record_queue *q);
/** Does the group choose among topics? */
bool wr__group_merges(const wr__partition_group *group);
/**
 * The next run of at most @p max records. @return false: none may be processed now; *blocked says
 * that there is one, but another topic may still bring an older record.
 */
bool wr__group_next(const wr__partition_group *group, uint32_t max, wr__run *run, bool *blocked);

#endif
