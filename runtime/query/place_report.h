/* SPDX-License-Identifier: Apache-2.0 */
/*
 * place_report.h - what the log says about keys that do not lie where their source says: a join
 * with another topic finds nothing for them, and does so in silence; so the log names the topic and
 * the partitioner that has written it, once.
 *
 * Thread: the worker's, while no task runs.
 */
#ifndef WR_RUNTIME_QUERY_PLACE_REPORT_H
#define WR_RUNTIME_QUERY_PLACE_REPORT_H

#include "runtime/task/task_set.h"

/** What has been said of one source of the plan. */
typedef struct wr__place_said {
    bool any;
    wr_partitioner by; /* any: of whom it was said */
} wr__place_said;

typedef struct wr__place_report {
    wr__place_said *said; /* by step of the plan; NULL: the plan has no source to look at */
} wr__place_report;

/** @p plan is the one of every later look. */
void wr__place_init(wr__place_report *r, const wr_plan *plan);
void wr__place_destroy(wr__place_report *r);
/**
 * After a commit: what the open tasks have seen. A few keys prove that something is wrong, but not
 * who has written them: until there are enough nothing is said, unless the tasks are about to
 * close (@p closing).
 * @return how many keys lie elsewhere, of all sources.
 */
uint64_t wr__place_look(wr__place_report *r, const char *id, const wr_plan *plan,
                        const wr_task_set *set, bool closing);

#endif
