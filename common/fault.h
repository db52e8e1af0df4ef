/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fault.h - named fault points: steps between which a process may die, and after which everything
 * must still be right (docs/design/runtime.md, "Fault points").
 *
 *     WR_FAULT(WR_FAULT_COMMIT_ENDED, err);
 *
 * does nothing, but for tests, which have a point fail, wait or end the process there:
 *
 *     WEIR_FAULT=commit.ended=kill          at the first time
 *     WEIR_FAULT=restore.batch=error@3      at the third time, with an error that may pass
 *     WEIR_FAULT=commit.ended=delay:500@2   at the second time, for 500 ms
 *     several with ',' between them
 *
 * Points are steps of commits, restores, rebalances and statements, never of single records, and
 * cost one predictable branch on a global. So they are in every build, and what is killed in a test
 * is the program that users run. A point is one line of the table below and one WR_FAULT in the
 * sources; a lint compares, and the simulator (tests/sim) fails where a point is never passed.
 */
#ifndef WR_COMMON_FAULT_H
#define WR_COMMON_FAULT_H

#include "common/error.h"

#include <stdatomic.h>

/* (name in capitals, name, what has just been done) */
#define WR_FAULT_POINTS(POINT)                                                                     \
    POINT(OPEN_WRITER, "open.writer", "a worker has a producer, and older ones are fenced")        \
    POINT(OPEN_READER, "open.reader", "its consumer is there, and wants partitions")               \
    POINT(ASSIGN_OFFSETS, "assign.offsets", "partitions came, and where to begin is known")        \
    POINT(ASSIGN_RESTORED, "assign.restored", "tasks are open, what is behind is being restored")  \
    POINT(ASSIGN_DONE, "assign.done", "the consumer reads from there")                             \
    POINT(REVOKE_COMMITTED, "revoke.committed", "partitions go: after the last commit")            \
    POINT(REVOKE_CLOSED, "revoke.closed", "their tasks are closed; the group has no answer yet")   \
    POINT(RESTORE_POSITION, "restore.position", "position and end of a changelog are known")       \
    POINT(RESTORE_BATCH, "restore.batch", "a piece of a changelog is in the database")             \
    POINT(COMMIT_FLUSHED, "commit.flushed", "operators and stores have handed everything on")      \
    POINT(COMMIT_ACKNOWLEDGED, "commit.acknowledged", "all that was written is acknowledged")      \
    POINT(COMMIT_COLLECTED, "commit.collected", "changes of state are in a batch")                 \
    POINT(COMMIT_POSITIONS, "commit.positions", "the transaction has the positions of groups")     \
    POINT(COMMIT_OFFSETS, "commit.offsets", "the transaction has the offsets of groups")           \
    POINT(COMMIT_ENDED, "commit.ended", "the transaction is committed at the broker")              \
    POINT(OFFSETS_COMMITTED, "offsets.committed", "at least once: the groups' offsets are")        \
    POINT(COMMIT_DONE, "commit.done", "the database has its part of the commit, too")              \
    POINT(WRITE_ROWS, "write.rows", "state behind changelogs: rows are written, positions not")    \
    POINT(WRITE_DONE, "write.done", "state behind changelogs: positions as well")                  \
    POINT(START_FIXED, "start.fixed", "a new query: its group has offsets, nobody knows it yet")   \
    POINT(START_KNOWN, "start.known", "a new query: the directory knows it")                       \
    POINT(STATEMENT_SINK, "statement.sink", "CREATE ... AS: the sink's topic is there")            \
    POINT(STATEMENT_CHANGELOG, "statement.changelog", "a store's changelog topic is there")        \
    POINT(STATEMENTS_NOTED, "statements.noted", "query files: all statements ran, queries wait")

#define WR_FAULT_AS_ENUM(id, name, what) WR_FAULT_##id,
typedef enum wr_fault_point { WR_FAULT_POINTS(WR_FAULT_AS_ENUM) WR_FAULT_POINTS_N } wr_fault_point;
#undef WR_FAULT_AS_ENUM

/** "commit.ended"; what the table says of it. */
const char *wr_fault_name(wr_fault_point p);
const char *wr_fault_what(wr_fault_point p);

/**
 * Arm points as the head shows; NULL or "": none.
 * @return WEIR_ERR_CONFIG: no such point or action. Thread: before others start.
 */
weir_status wr_fault_configure(const char *text, weir_error *err) WR_MUST_CHECK;

/** Called at every point in place of what is configured; what it returns is what the step returns.
 *  NULL: none. Thread: as wr_fault_configure; the handler is called by any. */
typedef weir_status (*wr_fault_handler)(void *arg, wr_fault_point p, weir_error *err);
void wr_fault_set_handler(wr_fault_handler handler, void *arg);

extern atomic_bool wr__fault_armed; /* written before threads start */
weir_status wr__fault_pass(wr_fault_point p, weir_error *err) WR_MUST_CHECK;

static inline weir_status wr_fault(wr_fault_point p, weir_error *err)
{
    return WR_LIKELY(!atomic_load_explicit(&wr__fault_armed, memory_order_relaxed))
               ? WEIR_OK
               : wr__fault_pass(p, err);
}
/** In a function that returns weir_status. @p err as that function has it. */
#define WR_FAULT(point, err) WR_TRY(wr_fault((point), (err)))

#endif
