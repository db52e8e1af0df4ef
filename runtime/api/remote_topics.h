/* SPDX-License-Identifier: Apache-2.0 */
/*
 * remote_topics.h - topics of a server's log, for a handle on it: server/native/topics.h has the
 * requests.
 *
 * They are for the embedded log, whose directory one process has: others read and write its topics
 * through that one. Nothing is kept at the server between two calls.
 *
 * Calls wait for their answer, at most as long as requests do. Any thread. Errors: those of the
 * server, by code and words; WEIR_ERR_LOG, RETRIABLE: it does not answer.
 */
#ifndef WR_RUNTIME_API_REMOTE_TOPICS_H
#define WR_RUNTIME_API_REMOTE_TOPICS_H

#include "runtime/api/record_json.h"
#include "runtime/api/remote.h"

/** By partition. */
typedef struct wr__remote_ends {
    uint32_t partitions;
    int64_t *start, *end;
} wr__remote_ends;

/** In @p a. @return WEIR_ERR_NOT_FOUND */
weir_status wr__remote_topic(wr__remote *r, const char *topic, wr_arena *a, wr__remote_ends *out,
                             weir_error *err) WR_MUST_CHECK;
weir_status wr__remote_topic_create(wr__remote *r, const char *topic, int partitions,
                                    weir_error *err) WR_MUST_CHECK;
/** The records are durable when this returns; on failure some may be. @pre they were checked. */
weir_status wr__remote_produce(wr__remote *r, const weir_record *records, size_t n,
                               weir_error *err) WR_MUST_CHECK;
/**
 * Records from @p next on (by partition), which moves; in @p a. Waits up to @p wait_ms for some.
 * @return WEIR_OK also where there are none.
 */
weir_status wr__remote_fetch(wr__remote *r, const char *topic, int64_t *next, uint32_t partitions,
                             int wait_ms, wr_arena *a, weir_record **out, size_t *n,
                             weir_error *err) WR_MUST_CHECK;

#endif
