/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log_writer.h - writing records, and the commit.
 *
 * A writer collects records; wr_log_writer_commit makes them visible together with consumer offsets
 * and the caller's state:
 *   memory  appended at commit.
 *   local   appended, with offsets and state, in ONE wr_db_write: exactly-once, no changelogs.
 *   kafka   at-least-once: flush, all delivery reports good, offsets committed, then the state
 *           batch is written to RocksDB. Exactly-once (wr_log_writer_new_transactional): records
 * and offsets are one transaction, then the state batch. Without records and with offsets that have
 * not moved there is no transaction.
 *
 * Who fails. A record that is refused fails its owner alone (log_owner.h): the others go on with
 * the same writer. What concerns the connection as a whole (no broker answers, a fatal error of the
 * producer, a newer producer has taken its place) fails the writer: wr_log_writer_failed, until
 * everything is aborted, or for good. So one round of a worker is
 *     produce ... ; wr_log_writer_flush(w)         fails: the writer has failed, so has everyone
 *     for each owner: wr_log_owner_failed(o)?      wr_log_writer_abort(w, o), leave its offsets out
 *     wr_log_writer_commit(w, ...)                 what the others have produced, and their offsets
 * A commit refuses to write while a failed owner has something in it that is not aborted.
 *
 * Who is not a task (INSERT VALUES, a statement log) needs one call only: wr_log_write_sync.
 *
 * Threads: a writer belongs to one thread, but for produce and wr_log_write_sync. While its owner
 * waits, or produces too, others may produce through it; no other call may run meanwhile. Calls of
 * wr_log_write_sync take turns, but may not run beside any other call.
 */
#ifndef WR_RUNTIME_LOG_LOG_WRITER_H
#define WR_RUNTIME_LOG_LOG_WRITER_H

#include "runtime/log/log_groups.h"
#include "runtime/log/log_owner.h"

weir_status wr_log_writer_new(wr_log *log, const wr_settings *settings, wr_log_writer **out,
                              weir_error *err) WR_MUST_CHECK;
/**
 * A writer whose commit is one transaction: records, offsets, then, once that is committed, the
 * state. Whatever a log that has no changelogs makes is such a writer; on Kafka it is a producer
 * with a transactional id of the data directory, and making one ends what an earlier process of the
 * directory has left open, so it comes before offsets are read.
 *
 * On Kafka a transaction is of all owners: aborting one that has something in it fails the writer
 * (RETRIABLE), and so does whatever leaves its outcome open. Then only a new writer helps.
 * @param cancel  as wr_log_writer_cancel_on; also for this call. May be NULL.
 */
weir_status wr_log_writer_new_transactional(wr_log *log, const wr_settings *settings,
                                            const atomic_bool *cancel, wr_log_writer **out,
                                            weir_error *err) WR_MUST_CHECK;
void wr_log_writer_close(wr_log_writer *w);
/**
 * From now on produce and flush give up within about 100 ms of *cancel becoming true, with
 * WEIR_ERR_INTERRUPTED, which fails nobody. Borrowed for the writer's life; NULL: they wait.
 */
void wr_log_writer_cancel_on(wr_log_writer *w, const atomic_bool *cancel);
/**
 * Copies what it needs. Blocks (serving callbacks) when too much is under way. Any thread:
 * records of one call keep their order within a partition, calls of several threads mix.
 * @param owner  who fails where a record is refused, and must be good; NULL: the writer's only
 *               user, who then learns of it by the next flush.
 * @return WEIR_ERR_LIMIT, WEIR_ERR_NOT_FOUND, WEIR_ERR_LOG: records up to some point of the call
 *         are written, and the owner has failed, unless wr_log_writer_failed. WEIR_ERR_INTERRUPTED.
 */
weir_status wr_log_writer_produce(wr_log_writer *w, wr_log_owner *owner, const char *topic,
                                  const wr_out_records *records, weir_error *err) WR_MUST_CHECK;
/** More bytes than this, key, value and headers together, no record may have. */
size_t wr_log_writer_record_max(const wr_log_writer *w);
/**
 * Take what the log's client has to say (reports, its own figures), and send what is to be sent,
 * without waiting: now and then while nothing is produced. Not together with flush, commit and
 * abort. @return milliseconds after which it should be called again, and so after each produce;
 * -1: its client does all that by itself, now and then will do.
 */
int wr_log_writer_serve(wr_log_writer *w);
/** Bytes produced since the last commit. */
size_t wr_log_writer_pending(const wr_log_writer *w);
/**
 * Kafka: wait until everything produced is acknowledged or refused; then wr_log_writer_position
 * says, per topic partition of changelogs, the offset after the last acknowledged record. Others:
 * nothing to wait for. First half of a commit: the state batch needs the positions.
 * Fails where the writer has failed, or the records of its only user (NULL) were refused; ask the
 * owners for the rest.
 */
weir_status wr_log_writer_flush(wr_log_writer *w, weir_error *err) WR_MUST_CHECK;
int64_t wr_log_writer_position(const wr_log_writer *w, const char *topic, int32_t partition);
/**
 * Second half: offsets of each of @p groups (may be none), and @p state (may be NULL) with
 * them: see the head. Kafka: a group that @p reader (may be NULL) is a member of is committed
 * as its member; the others must have no members. A transaction always goes with the membership of
 * @p reader, where it has one: a process that has lost its partitions cannot commit. All requests
 * are under way together, but the broker takes those of one connection in turn (about 6 ms each on
 * Kafka 4.1, idle); some groups may be committed where others fail.
 */
weir_status wr_log_writer_commit(wr_log_writer *w, wr_log_reader *reader,
                                 const wr_log_group_offsets *groups, uint32_t groups_n,
                                 wr_db_batch *state, weir_error *err) WR_MUST_CHECK;
/**
 * Forget what @p owner has produced since the last commit, or, with NULL, what everybody has. The
 * owner's failure stays (wr_log_owner_reset); that of the writer, where it can pass, is forgotten
 * with NULL. The embedded log writes nothing of it. Kafka, at-least-once: what is out is out. With
 * NULL what is still under way is called back; an owner's goes on its way, but no report of it
 * reaches the owner any more.
 */
weir_status wr_log_writer_abort(wr_log_writer *w, wr_log_owner *owner, weir_error *err);
/**
 * Has the connection as a whole failed? *err (may be NULL) says why; FATAL where only a new writer
 * helps, else wr_log_writer_abort(w, NULL) does.
 */
bool wr_log_writer_failed(const wr_log_writer *w, weir_error *err);

/** How long a call may wait. */
typedef struct wr_log_wait {
    int64_t timeout_ms;        /* < 0: for ever */
    const atomic_bool *cancel; /* gives up within about 100 ms of its becoming true; may be NULL */
} wr_log_wait;

/**
 * Produce, flush, commit: when it returns WEIR_OK the records are durable. On failure what @p owner
 * (NULL: the writer's only user) has produced is aborted and its failure forgotten, so that the
 * next call begins anew; but where wr_log_writer_failed, only with another writer. Any thread, one
 * at a time: see the head. What others have produced through the writer is committed with it.
 *
 * @param wait  NULL: for ever.
 * @return as wr_log_writer_produce; WEIR_ERR_LOG, RETRIABLE: the time is over;
 * WEIR_ERR_INTERRUPTED. After these two Kafka may have the records all the same.
 */
weir_status wr_log_write_sync(wr_log_writer *w, wr_log_owner *owner, const char *topic,
                              const wr_out_records *records, const wr_log_wait *wait,
                              weir_error *err) WR_MUST_CHECK;

#endif
