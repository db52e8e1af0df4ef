/* SPDX-License-Identifier: Apache-2.0 */
/*
 * partition_group.h - record queues that meet in one task, and which of them is next.
 *
 * Event time decides (record_queue.h): the queue whose next record has the smallest time goes
 * first, in runs. A run ends where a record of another topic is older; at equal times the topic
 * with the smaller number goes first (topics of tables have the smaller ones). Among the partitions
 * of one topic a run may go beyond the others' next records by `slack_ms`: 0 is the exact order of
 * time, WR__TIME_NEVER means that their order does not count. A group of one queue has nothing to
 * choose.
 *
 * A queue that may still bring an older record holds the others back:
 *   - it has nothing here and is not at its end, or is waited for there (wr__queue_awaits). Those
 * of its own topic may go on up to its latest time and the slack, as it is expected to go on there;
 *   - it is at its end, but a query of this process will write no record into it that is older than
 *     `hold_ms` of its line: up to there others may go on.
 *
 * Each topic of a group is a *line*: its queues with a head in a heap by time, and how many of the
 * others are awaited or drained. So a choice costs the number of topics, and a change the logarithm
 * of the number of partitions; only while one of several partitions is awaited they are looked at.
 */
#ifndef WR_RUNTIME_WORKER_PARTITION_GROUP_H
#define WR_RUNTIME_WORKER_PARTITION_GROUP_H

#include "runtime/worker/record_queue.h"

typedef struct wr__line {
    uint32_t topic;
    wr__record_queue **queues; /* all of them */
    uint32_t queues_n;
    wr__record_queue **heap; /* those with a head, oldest first */
    uint32_t heap_n;
    uint32_t awaited; /* queues for which wr__queue_awaits */
    uint32_t drained; /* queues for which wr__queue_drained */
    int64_t hold_ms; /* writers in this process add nothing older; WR__TIME_NEVER: there are none */
} wr__line;

typedef struct wr__partition_group {
    wr__line *lines; /* by topic, ascending */
    uint32_t lines_n;
    int64_t slack_ms; /* among the partitions of one topic */
    bool eager;       /* waits for nothing: what is here is processed */
} wr__partition_group;

/** How groups choose. */
typedef struct wr__group_rules {
    int64_t slack_ms;
    bool eager;
} wr__group_rules;

/** Records of one queue that may be processed together. */
typedef struct wr__run {
    wr__record_queue *queue;
    const wr_record *records;
    uint32_t n;
} wr__run;

/**
 * Group @p queues by their `group` numbers, which are replaced by indices into *out. Queues of a
 * group that turns out to have one topic only get a group each, unless their order counts.
 */
void wr__groups_new(wr__record_queue *queues, uint32_t n, const wr__group_rules *rules,
                    wr__partition_group **out, uint32_t *out_n);
void wr__groups_free(wr__partition_group *groups, uint32_t n);
/** The head, end or stop of @p q has changed. */
void wr__group_update(wr__partition_group *group, wr__record_queue *q);
/** What writers in this process may still add to @p topic is no older than @p hold_ms. */
void wr__group_hold(wr__partition_group *group, uint32_t topic, int64_t hold_ms);
/** Does the group choose among queues? */
bool wr__group_merges(const wr__partition_group *group);
/**
 * The next run of at most @p max records. @return false: none may be processed now; *blocked says
 * that there is one, but another queue may still bring an older record.
 */
bool wr__group_next(const wr__partition_group *group, uint32_t max, wr__run *run, bool *blocked);
/**
 * A run of @p q that may be processed at the same time as @p first, another queue's of the same
 * topic: by the slack neither need wait for the other. @return false: there is none.
 */
bool wr__group_beside(const wr__partition_group *group, const wr__run *first, wr__record_queue *q,
                      uint32_t max, wr__run *run);

#endif
