/* SPDX-License-Identifier: Apache-2.0 */
/* log_groups.h - what consumer groups have committed. Threads: any. */
#ifndef WR_RUNTIME_LOG_LOG_GROUPS_H
#define WR_RUNTIME_LOG_LOG_GROUPS_H

#include "runtime/log/log.h"

/** How far one consumer group has come. */
typedef struct wr_log_group_offsets {
    const char *group;
    const wr_topic_part *offsets; /* next to process */
    uint32_t n;
} wr_log_group_offsets;

/** Committed offsets of @p group into parts[].offset (WR_OFFSET_NONE where there is none). */
weir_status wr_group_committed(wr_log *log, const char *group, wr_topic_part *parts, uint32_t n,
                               weir_error *err) WR_MUST_CHECK;
/**
 * Where whoever commits for @p group is to go on: the committed offsets, but on Kafka guarded
 * against what others do to them there. What was committed together with state and outputs counts,
 * also where the broker has forgotten it or somebody has moved the group; a warning says so.
 */
weir_status wr_group_resume(wr_log *log, const char *group, wr_topic_part *parts, uint32_t n,
                            weir_error *err) WR_MUST_CHECK;
/**
 * Where a group without members begins, in partitions that it has no offset of; durable on return.
 * Kafka: one that has members is left alone, since they know better. @p exactly_once: it counts for
 * wr_group_resume also where the group expires, is deleted or moved before its first commit;
 * else as wr_group_resume has it for at-least-once: where the broker has forgotten it.
 */
weir_status wr_group_begin(wr_log *log, const wr_log_group_offsets *group, bool exactly_once,
                           weir_error *err) WR_MUST_CHECK;
/** Forget the group and its offsets; OK where there is no such group. */
weir_status wr_group_drop(wr_log *log, const char *group, weir_error *err) WR_MUST_CHECK;

#endif
