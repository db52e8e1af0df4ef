/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log_class.h - what an implementation of a log provides. The functions mean what the ones of the
 * same name in log_topics.h, log_groups.h, log_reader.h and log_writer.h say; those are the only
 * callers. For files of this folder.
 */
#ifndef WR_RUNTIME_LOG_LOG_CLASS_H
#define WR_RUNTIME_LOG_LOG_CLASS_H

#include "runtime/log/log_clients.h"
#include "runtime/log/log_reader.h"
#include "runtime/log/log_topics.h"
#include "runtime/log/log_writer.h"

#include <pthread.h>

/** When a call that waits gives up. */
typedef struct wr__log_until {
    const atomic_bool *cancel; /* NULL: never */
    int64_t deadline_ms;       /* of wr__log_now_ms; < 0: none */
} wr__log_until;

typedef struct wr_log_class {
    const char *name;
    wr_log_capabilities can;
    void (*close)(wr_log *log);
    weir_status (*check)(wr_log *log, int timeout_ms, wr_buf *cluster, weir_error *err);
    /* NULL: none. */
    uint32_t (*clients)(wr_log *log, wr_arena *a, uint32_t max, wr_log_client **out,
                        size_t *omitted);
    /* topics */
    weir_status (*list)(wr_log *log, wr_arena *a, wr_topic_info **out, uint32_t *n,
                        weir_error *err);
    weir_status (*describe)(wr_log *log, const char *topic, wr_topic_info *out, weir_error *err);
    weir_status (*create)(wr_log *log, const wr_topic_spec *spec, weir_error *err);
    weir_status (*remove)(wr_log *log, const char *topic, weir_error *err);
    weir_status (*ends)(wr_log *log, const wr_topic_part *parts, uint32_t n, int64_t *low,
                        int64_t *high, weir_error *err);
    /* NULL: any. */
    weir_status (*record_times)(wr_log *log, const char *topic, wr_record_times *out,
                                weir_error *err);
    /* groups */
    weir_status (*committed)(wr_log *log, const char *group, wr_topic_part *parts, uint32_t n,
                             weir_error *err);
    /* NULL: as committed, which nobody else changes. */
    weir_status (*resume)(wr_log *log, const char *group, wr_topic_part *parts, uint32_t n,
                          weir_error *err);
    weir_status (*begin_group)(wr_log *log, const wr_log_group_offsets *group, bool exactly_once,
                               weir_error *err);
    weir_status (*drop_group)(wr_log *log, const char *group, weir_error *err);
    /* readers */
    weir_status (*reader_new)(wr_log *log, const char *group, const wr_settings *settings,
                              wr_log_reader **out, weir_error *err);
    void (*reader_close)(wr_log_reader *r);
    weir_status (*assign)(wr_log_reader *r, const wr_topic_part *parts, uint32_t n,
                          weir_error *err);
    weir_status (*subscribe)(wr_log_reader *r, const char *const *topics, uint32_t n,
                             weir_error *err);
    const wr_log_rebalance *(*rebalance)(const wr_log_reader *r);
    weir_status (*members)(wr_log_reader *r, uint32_t *self, uint32_t *members,
                           weir_error *err); /* NULL: one */
    weir_status (*pause)(wr_log_reader *r, uint32_t assignment, bool paused, weir_error *err);
    int64_t (*known_end)(const wr_log_reader *r, uint32_t assignment); /* NULL: never known */
    weir_status (*poll)(wr_log_reader *r, uint32_t max_records, int timeout_ms, wr_log_batch **out,
                        weir_error *err);
    void (*release)(wr_log_reader *r, wr_log_batch *batch);
    void (*wake)(wr_log_reader *r);
    /* writers */
    weir_status (*writer_new)(wr_log *log, const wr_settings *settings, wr_log_writer **out,
                              weir_error *err);
    /* NULL: a commit is one write in any case, and every writer keeps the promise. */
    weir_status (*transactional_new)(wr_log *log, const wr_settings *settings,
                                     const atomic_bool *cancel, wr_log_writer **out,
                                     weir_error *err);
    void (*writer_close)(wr_log_writer *w);
    /* log_writer.c sees to it: @p owner is never NULL and has not failed; an error that is neither
     * the writer's (writer_failed) nor an interruption fails the owner. */
    weir_status (*produce)(wr_log_writer *w, wr_log_owner *owner, const char *topic,
                           const wr_out_records *records, const wr__log_until *until,
                           weir_error *err);
    int (*serve)(wr_log_writer *w); /* NULL: nothing waits */
    size_t (*pending)(const wr_log_writer *w);
    weir_status (*flush)(wr_log_writer *w, const wr__log_until *until, weir_error *err);
    int64_t (*position)(const wr_log_writer *w, const char *topic, int32_t partition);
    weir_status (*commit)(wr_log_writer *w, wr_log_reader *reader,
                          const wr_log_group_offsets *groups, uint32_t groups_n, wr_db_batch *state,
                          weir_error *err);
    weir_status (*abort)(wr_log_writer *w, wr_log_owner *owner, weir_error *err);
    bool (*writer_failed)(const wr_log_writer *w, weir_error *err);
} wr_log_class;

/** The first member of every implementation's log. */
struct wr_log {
    const wr_log_class *cls;
};
/** The first member of every implementation's reader; set by log.c once it is made. A log may have
 *  several kinds of reader: then reader_new sets cls to a class whose reader functions are those of
 *  this one. Else it is NULL until then. */
typedef struct wr__log_reader_base {
    const wr_log_class *cls;
    atomic_uint_fast64_t gone; /* records that were gone before they could be read */
} wr__log_reader_base;
/** The first member of every implementation's writer; set by log_writer.c once it is made. */
typedef struct wr__log_writer_base {
    const wr_log_class *cls;
    const atomic_bool *cancel; /* of wr_log_writer_cancel_on */
    wr_log_owner own;          /* of what is produced for nobody in particular */
    size_t record_max;         /* bytes of a record's key, value and headers; set by writer_new */
    pthread_mutex_t sync;      /* one wr_log_write_sync at a time */
} wr__log_writer_base;

/* ---- log_gap.c: records that are not there any more ---- */

/** The partition begins at @p low, after the position: count what is gone, and say so. */
void wr__log_records_gone(wr__log_reader_base *r, const char *topic, int32_t partition,
                          int64_t position, int64_t low);
/** @return WEIR_ERR_LOG, not RETRIABLE. @p end: of the new topic's partition. */
weir_status wr__log_made_anew(const char *topic, int32_t partition, int64_t position, int64_t end,
                              weir_error *err);

/* ---- log_wait.c: waiting with an end ---- */

/** The longest sleep between two looks at wr__log_until. */
enum { WR__LOG_SLICE_MS = 50 };

/** The monotonic clock. */
int64_t wr__log_now_ms(void);
/** The time of day: for timestamps of our own records. */
int64_t wr__log_wall_ms(void);
void wr__log_sleep_ms(int ms);
/** Must the call give up now? @return WEIR_ERR_INTERRUPTED; WEIR_ERR_LOG, RETRIABLE: "<what>: ..."
 */
weir_status wr__log_give_up(const wr__log_until *until, const char *what,
                            weir_error *err) WR_MUST_CHECK;

#endif
