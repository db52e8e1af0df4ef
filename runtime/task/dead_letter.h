/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dead_letter.h - records that a query cannot use, written to a topic of such records.
 *
 * A letter is the record as it was read: key, value, headers and timestamp byte for byte, in the
 * partition of the same number. Behind the record's own headers come those of Kafka Streams, then
 * Weir's; all values are texts:
 *
 *   __streams.errors.exception    weir.<reason>, as weir.VALUE_NOT_DECODABLE (row_fault.h)
 *   __streams.errors.message      what was wrong
 *   __streams.errors.stacktrace   where: the query and its step, in one line; there is no stack
 *   __streams.errors.topic, .partition, .offset   of the record
 *   __weir.errors.query, .step, .stage, .code     .code is the reason
 *   __weir.errors.timestamp       of the record, ms; the letter's own, unless its topic takes none
 *                                 of that time: then that is the present
 *   __weir.errors.content         `record`; or `row`, see below
 *
 * A row that no record at hand stands for (it came through a repartition topic, out of state at a
 * commit, when a window closed) is written as a JSON object of its columns, with a NULL key: its
 * content is `row`, and topic, partition and offset are there as far as they are known. A row of
 * several records (a join) has the one that made it; a record that makes several bad rows in one
 * step is written once.
 *
 * Letters go out through the task's writer, so they are in the commit of what else their batch has
 * brought. Where the query stops at the record nothing of its batch is committed: then the letter
 * has a commit of its own, with an offset of the group "<group of the query>-dead-letter", by which
 * the next start knows that it is there already.
 *
 * Threads: any slot; a lock of its own is taken once for each letter.
 */
#ifndef WR_RUNTIME_TASK_DEAD_LETTER_H
#define WR_RUNTIME_TASK_DEAD_LETTER_H

#include "engine/operators/row_fault.h"
#include "runtime/task/task_set.h"

typedef struct wr__letters wr__letters;

/** What is to be written, and why. Everything is borrowed until the call returns. */
typedef struct wr__letter {
    const wr_row_fault *fault;
    const char *step;        /* its context; "task" where it is none */
    const char *topic;       /* of the record; NULL: not known */
    const wr_record *record; /* NULL: the row is all there is */
    const wr_batch *batch;   /* with the row, where there is no record */
    uint32_t row;
    int32_t partition; /* where the letter goes, and the record came from */
    int64_t offset;    /* WR_NO_OFFSET: not known */
} wr__letter;

/** @p config is borrowed and outlives it. */
wr__letters *wr__letters_new(const wr_task_config *config);
void wr__letters_free(wr__letters *l);
/** Tasks are opened: what is known of topics is asked for again, failures are forgotten. */
void wr__letters_open(wr__letters *l, wr_log_writer *writer);
/**
 * Write the letter, where the fault's policy has a topic. A failure is kept: the caller of the
 * operators asks wr__letters_check, and must not go on, or the letter would be lost.
 */
void wr__letters_put(wr__letters *l, const wr__letter *letter);
/** What calling operators came to: @p st; or, where a letter was not written, why. */
weir_status wr__letters_check(wr__letters *l, weir_status st, weir_error *err) WR_MUST_CHECK;

/** "<prefix><id>-dead-letter": the group of letters that were written before a stop. */
void wr_dead_letter_group(const char *prefix, const char *id, wr_buf *out);

#endif
