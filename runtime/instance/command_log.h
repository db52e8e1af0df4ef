/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command_log.h - the command topic: the statements of a service, in one order for all of its
 * processes.
 *
 *     topic   "_confluent-ksql-<service id>_command_topic", one partition, nothing expires
 *     record  command_record.h
 *
 * Who may write? Everybody, without asking. A record says how much of the topic its writer had
 * applied when it checked the statement (`base`). It takes effect if nothing has taken effect since
 * then, that is, if `base` is the position after the last record that did; else it is *late*, and
 * as if it were not there. So of two processes that write at the same time the first takes effect,
 * everybody sees that alike, and the second applies what was first and checks its statement again.
 * There is nothing that a process which is killed could hold up, and no clock in it.
 *
 * Numbers of statements, of which ids of queries are made, are positions in the topic, but larger
 * than every number before: a record may hold several statements, and bring old numbers along when
 * a directory's own statements move into the topic.
 *
 * Threads: reading by one thread, appending by one thread, which may be another.
 */
#ifndef WR_RUNTIME_INSTANCE_COMMAND_LOG_H
#define WR_RUNTIME_INSTANCE_COMMAND_LOG_H

#include "runtime/instance/command_record.h"
#include "runtime/log/log_writer.h"

typedef struct wr_command_log wr_command_log;

typedef enum wr_command_fate {
    WR_COMMAND_EFFECTIVE,
    WR_COMMAND_LATE,       /* another one was first */
    WR_COMMAND_UNREADABLE, /* `kind` says why; a NEWER one has taken effect for those who can */
} wr_command_fate;

/** A record that was read. What it points to is in the arena of the call. */
typedef struct wr_command_read {
    int64_t offset, timestamp;
    wr_command_fate fate;
    wr_command_kind kind;
    wr_command command; /* EFFECTIVE: with the numbers of its statements */
    wr_str bytes;
} wr_command_read;

/** The name of the topic of @p settings, into @p out. */
void wr_command_topic(const wr_settings *settings, wr_buf *out);

/**
 * Open the topic; @p make: it is made where it is missing.
 * @return WEIR_ERR_NOT_FOUND; WEIR_ERR_CONFIG: it has several partitions, or its beginning is gone,
 * so it is not what it is to be; WEIR_ERR_LOG.
 */
weir_status wr_command_log_open(wr_log *log, const wr_settings *settings, bool make,
                                wr_command_log **out, weir_error *err) WR_MUST_CHECK;
/** NULL is allowed. */
void wr_command_log_close(wr_command_log *c);
const char *wr_command_log_topic(const wr_command_log *c);

/** The next record; *any is false where none has come within @p timeout_ms. After an error the next
 *  call goes on where this one was. */
weir_status wr_command_log_read(wr_command_log *c, int timeout_ms, wr_arena *a,
                                wr_command_read *out, bool *any, weir_error *err) WR_MUST_CHECK;
/** Everything before this was read; the reading thread's. */
int64_t wr_command_log_position(const wr_command_log *c);
/** The position after the last record that took effect: what a new one has as its base. And the
 *  number that the next statement has at least. The reading thread's. */
uint64_t wr_command_log_tip(const wr_command_log *c);
uint64_t wr_command_log_next_number(const wr_command_log *c);
/** Wake the reading thread from another one. */
void wr_command_log_wake(wr_command_log *c);

/** Where the topic ends now. Any thread. */
weir_status wr_command_log_end(wr_command_log *c, int64_t *out, weir_error *err) WR_MUST_CHECK;
/** Durable on return. Whether it takes effect is seen by reading it. After RETRIABLE and
 *  INTERRUPTED the topic may have it all the same. */
weir_status wr_command_log_append(wr_command_log *c, const wr_command *command,
                                  const wr_log_wait *wait, weir_error *err) WR_MUST_CHECK;

/** A new attempt: 16 random bytes. */
void wr_command_new_attempt(char out[WR_COMMAND_ATTEMPT_LEN + 1]);

#endif
