/* SPDX-License-Identifier: Apache-2.0 */
/*
 * local.h - what the files of the embedded log share.
 *
 * Records lie in the database's family LOG in blocks (block.h):
 *     key: be32 topic id, be32 partition, be64 offset of the first record
 * and metadata entries (META) say what there is:
 *     "log/topic/<name>"                              id, partitions, retention, flags
 *     "log/group/<group> 0 <topic> 0 <be32 partition>"  be64 committed offset
 * A partition's low and high offsets are not stored: the first and the last block say them when
 * the log is opened, and they are kept in memory from then on. So the last block of a partition
 * is never expired.
 *
 * Locks, in this order: `committing` (one commit, one change of topics at a time), `lock` (the
 * registry, offsets, waiting readers; held for moments only, never over a read or a write).
 */
#ifndef WR_RUNTIME_LOG_LOCAL_H
#define WR_RUNTIME_LOG_LOCAL_H

#include "common/map.h"
#include "runtime/log/block.h"
#include "runtime/log/log_class.h"

#include <pthread.h>

enum { WR__KEY_BYTES = 16 };

typedef struct wr__local_part {
    int64_t low, high;        /* `lock` */
    int64_t numbered;         /* offsets before it are given out in the commit; `committing` */
    int64_t oldest_timestamp; /* largest timestamp of the first block; `committing` */
    int64_t next_expiry_ms;   /* do not look before; `committing` */
} wr__local_part;

typedef struct wr__local_topic {
    char *name;
    uint32_t id;
    int32_t partitions, replicas;
    int64_t retention_ms; /* -1: for ever */
    bool compact, compact_delete, internal;
    bool removed;  /* `lock` */
    uint32_t refs; /* `lock`: the registry, readers and writers */
    wr__local_part *parts;
} wr__local_topic;

typedef struct wr__local {
    wr_log base;
    wr_db *db;
    wr_clock *clock; /* NULL: nothing expires */
    pthread_mutex_t committing, lock;
    wr_map topics;          /* name -> wr__local_topic * */
    wr_log_reader *waiting; /* readers inside a poll that waits */
    uint64_t unreclaimed;   /* bytes expired, not yet given back; `committing` */
} wr__local;

/** The log behind memory and local. */
weir_status wr__local_open(wr_db *db, wr_clock *clock, const wr_log_class *cls, wr_log **out,
                           weir_error *err) WR_MUST_CHECK;

/* ---- local_registry.c ---- */

void wr__local_key(char key[WR__KEY_BYTES], uint32_t topic, int32_t partition, int64_t offset);
/** Key of a committed offset; with @p topic NULL the prefix of the group. */
void wr__local_offset_key(wr_buf *out, const char *group, const char *topic, int32_t partition);

/** The topic with a reference more, or WEIR_ERR_NOT_FOUND. Takes `lock`. */
weir_status wr__local_topic_ref(wr__local *log, const char *name, wr__local_topic **out,
                                weir_error *err) WR_MUST_CHECK;
/** Takes `lock`. */
void wr__local_topic_unref(wr__local *log, wr__local_topic *t);
weir_status wr__local_no_topic(const char *name, weir_error *err);
weir_status wr__local_no_partition(const wr__local_topic *t, int32_t partition, weir_error *err);

/** Wake readers that wait for what has come. @pre `lock` is held. */
void wr__local_wake_readers(wr__local *log);

/* The functions of the class; the contracts are in log.h. */
/* log_local.c */
void wr__local_close(wr_log *log);
/* local_check.c */
weir_status wr__local_check(wr_log *log, int timeout_ms, wr_buf *cluster, weir_error *err);
/* local_topics.c */
weir_status wr__local_list(wr_log *log, wr_arena *a, wr_topic_info **out, uint32_t *n,
                           weir_error *err);
weir_status wr__local_describe(wr_log *log, const char *topic, wr_topic_info *out, weir_error *err);
weir_status wr__local_create(wr_log *log, const wr_topic_spec *spec, weir_error *err);
weir_status wr__local_remove(wr_log *log, const char *topic, weir_error *err);
weir_status wr__local_ends(wr_log *log, const wr_topic_part *parts, uint32_t n, int64_t *low,
                           int64_t *high, weir_error *err);
weir_status wr__local_committed(wr_log *log, const char *group, wr_topic_part *parts, uint32_t n,
                                weir_error *err);
weir_status wr__local_begin_group(wr_log *log, const wr_log_group_offsets *group, bool exactly_once,
                                  weir_error *err);
weir_status wr__local_drop_group(wr_log *log, const char *group, weir_error *err);
/* local_reader.c */
weir_status wr__local_reader_new(wr_log *log, const char *group, const wr_settings *settings,
                                 wr_log_reader **out, weir_error *err);
void wr__local_reader_close(wr_log_reader *r);
weir_status wr__local_assign(wr_log_reader *r, const wr_topic_part *parts, uint32_t n,
                             weir_error *err);
weir_status wr__local_subscribe(wr_log_reader *r, const char *const *topics, uint32_t n,
                                weir_error *err);
const wr_log_rebalance *wr__local_rebalance(const wr_log_reader *r);
weir_status wr__local_pause(wr_log_reader *r, uint32_t assignment, bool paused, weir_error *err);
int64_t wr__local_known_end(const wr_log_reader *r, uint32_t assignment);
weir_status wr__local_poll(wr_log_reader *r, uint32_t max_records, int timeout_ms,
                           wr_log_batch **out, weir_error *err);
void wr__local_release(wr_log_reader *r, wr_log_batch *batch);
void wr__local_wake(wr_log_reader *r);
/* local_writer.c */
weir_status wr__local_writer_new(wr_log *log, const wr_settings *settings, wr_log_writer **out,
                                 weir_error *err);
void wr__local_writer_close(wr_log_writer *w);
weir_status wr__local_produce(wr_log_writer *w, wr_log_owner *owner, const char *topic,
                              const wr_out_records *records, const wr__log_until *until,
                              weir_error *err);
size_t wr__local_pending(const wr_log_writer *w);
weir_status wr__local_flush(wr_log_writer *w, const wr__log_until *until, weir_error *err);
int64_t wr__local_position(const wr_log_writer *w, const char *topic, int32_t partition);
weir_status wr__local_commit(wr_log_writer *w, wr_log_reader *reader,
                             const wr_log_group_offsets *groups, uint32_t groups_n,
                             wr_db_batch *state, weir_error *err);
weir_status wr__local_abort(wr_log_writer *w, wr_log_owner *owner, weir_error *err);
bool wr__local_writer_failed(const wr_log_writer *w, weir_error *err);

#define WR__LOCAL_FUNCTIONS                                                                        \
    .close = wr__local_close, .check = wr__local_check, .list = wr__local_list,                    \
    .describe = wr__local_describe, .create = wr__local_create, .remove = wr__local_remove,        \
    .ends = wr__local_ends, .begin_group = wr__local_begin_group,                                  \
    .committed = wr__local_committed, .drop_group = wr__local_drop_group,                          \
    .reader_new = wr__local_reader_new, .reader_close = wr__local_reader_close,                    \
    .assign = wr__local_assign, .subscribe = wr__local_subscribe,                                  \
    .rebalance = wr__local_rebalance, .pause = wr__local_pause, .known_end = wr__local_known_end,  \
    .poll = wr__local_poll, .release = wr__local_release, .wake = wr__local_wake,                  \
    .writer_new = wr__local_writer_new, .writer_close = wr__local_writer_close,                    \
    .produce = wr__local_produce, .pending = wr__local_pending, .flush = wr__local_flush,          \
    .position = wr__local_position, .commit = wr__local_commit, .abort = wr__local_abort,          \
    .writer_failed = wr__local_writer_failed

#endif
