/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log_writer.h - writing records, and the commit.
 *
 * A writer collects records; wr_log_writer_commit makes them visible together with consumer offsets
 * and the caller's state:
 *   memory  appended at commit.
 *   local   appended, with offsets and state, in ONE wr_db_write: exactly-once, no changelogs.
 *   kafka   at-least-once here: flush, all delivery reports good, offsets committed, then the state
 *           batch (which holds the changelog positions) is written to RocksDB.
 *
 * Threads: a writer belongs to one thread, but for produce: while its owner waits, or produces too,
 * others may produce through it. No other call of the writer may run meanwhile.
 */
#ifndef WR_RUNTIME_LOG_LOG_WRITER_H
#define WR_RUNTIME_LOG_LOG_WRITER_H

#include "runtime/log/log_groups.h"

weir_status wr_log_writer_new(wr_log *log, const wr_settings *settings, wr_log_writer **out,
                              weir_error *err) WR_MUST_CHECK;
void wr_log_writer_close(wr_log_writer *w);
/**
 * Copies what it needs. Blocks (serving callbacks) when too much is under way. Any thread:
 * records of one call keep their order within a partition, calls of several threads mix.
 */
weir_status wr_log_writer_produce(wr_log_writer *w, const char *topic,
                                  const wr_out_records *records, weir_error *err) WR_MUST_CHECK;
/** Bytes produced since the last commit. */
size_t wr_log_writer_pending(const wr_log_writer *w);
/**
 * Kafka: wait until everything produced is acknowledged; then wr_log_writer_position says, per
 * topic partition of changelogs, the offset after the last acknowledged record. Others: nothing to
 * do. First half of a commit: the state batch needs the positions.
 */
weir_status wr_log_writer_flush(wr_log_writer *w, weir_error *err) WR_MUST_CHECK;
int64_t wr_log_writer_position(const wr_log_writer *w, const char *topic, int32_t partition);
/**
 * Second half: offsets of each of @p groups (may be none), and @p state (may be NULL) with
 * them: see the head. Kafka: a group that @p reader (may be NULL) is a member of is committed
 * as its member; the others must have no members. All requests are under way together, but the
 * broker takes those of one connection in turn (about 6 ms each on Kafka 4.1, idle); some
 * groups may be committed where others fail.
 */
weir_status wr_log_writer_commit(wr_log_writer *w, wr_log_reader *reader,
                                 const wr_log_group_offsets *groups, uint32_t groups_n,
                                 wr_db_batch *state, weir_error *err) WR_MUST_CHECK;
/** Forget what was produced since the last commit (kafka: at-least-once cannot; it waits). */
weir_status wr_log_writer_abort(wr_log_writer *w, weir_error *err) WR_MUST_CHECK;

#endif
