/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log_topics.h - topics: list, describe, create, remove, and the ends of their partitions.
 *
 * Threads: any. Errors: WEIR_ERR_LOG, RETRIABLE where the broker may come back.
 */
#ifndef WR_RUNTIME_LOG_LOG_TOPICS_H
#define WR_RUNTIME_LOG_LOG_TOPICS_H

#include "runtime/log/log.h"

typedef struct wr_topic_spec {
    const char *name;
    int32_t partitions;    /* -1: the log's default */
    int32_t replicas;      /* -1: the log's default */
    int64_t retention_ms;  /* -1: the log's default */
    int64_t segment_bytes; /* Kafka: of a segment, the piece that is compacted; 0: its default */
    bool compact;          /* keep the last record of each key */
    bool compact_delete;   /* both: windowed tables */
    bool internal;         /* repartition, changelog: hidden, fixed settings (reliability.md) */
} wr_topic_spec;

typedef struct wr_topic_info {
    const char *name; /* borrowed from the list */
    int32_t partitions, replicas;
    int64_t retention_ms; /* -1: unknown */
    bool internal;
} wr_topic_info;

/** All topics; infos and names live in @p a. */
weir_status wr_topic_list(wr_log *log, wr_arena *a, wr_topic_info **out, uint32_t *n,
                          weir_error *err) WR_MUST_CHECK;
/** WEIR_ERR_NOT_FOUND where it does not exist. */
weir_status wr_topic_describe(wr_log *log, const char *topic, wr_topic_info *out,
                              weir_error *err) WR_MUST_CHECK;
/** WEIR_ERR_EXISTS where it exists, or another process was first. Visible to all callers on return,
 * in both cases. */
weir_status wr_topic_create(wr_log *log, const wr_topic_spec *spec, weir_error *err) WR_MUST_CHECK;
weir_status wr_topic_remove(wr_log *log, const char *topic, weir_error *err);
/**
 * The times that a record must have so that the topic takes it as it is: on Kafka a record outside
 * of them is not refused alone, but with its whole batch. As they are now; where they cannot be
 * found out, for want of a permission, that is one warning and any time.
 */
weir_status wr_topic_record_times(wr_log *log, const char *topic, wr_record_times *out,
                                  weir_error *err) WR_MUST_CHECK;
/** First (low) and next (high) offset of each part, into low[] and high[]. */
weir_status wr_topic_ends(wr_log *log, const wr_topic_part *parts, uint32_t n, int64_t *low,
                          int64_t *high, weir_error *err) WR_MUST_CHECK;

#endif
