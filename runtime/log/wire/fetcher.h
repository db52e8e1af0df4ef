/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetcher.h - reading assigned partitions: fetch requests to their leaders, and the records that
 * come, in batches. Everything happens inside poll, on the thread that calls it; nothing else waits
 * or works.
 *
 * What needs a decision (a position that the log does not have, a topic that is another one, an
 * error of the broker's that does not pass) is handed out as a trouble, and its partition rests
 * until wr__wire_fetcher_seek.
 *
 * Threads: one, but for wake.
 */
#ifndef WR_RUNTIME_LOG_WIRE_FETCHER_H
#define WR_RUNTIME_LOG_WIRE_FETCHER_H

#include "common/arena.h"
#include "common/error.h"
#include "runtime/log/wire/config.h"
#include "runtime/log/wire/figures.h"
#include "types/record.h"

typedef struct wr_wire_fetcher wr_wire_fetcher;

/** Where to read a partition from. */
typedef struct wr_wire_place {
    const char *topic;
    int32_t partition;
    int64_t offset; /* WR_WIRE_BEGINNING, WR_WIRE_END */
} wr_wire_place;
/* As Kafka numbers them. */
#define WR_WIRE_BEGINNING (-2)
#define WR_WIRE_END       (-1)

/** Records of one partition, in offset order; n may be 0, where the position moves alone. */
typedef struct wr_wire_run {
    const char *topic; /* the pointer given to assign */
    uint32_t assignment;
    int32_t partition;
    wr_record *records; /* may be changed */
    uint32_t n;
    int64_t next_offset; /* where to go on after it */
    wr_arena *arena;     /* lives as long as the run */
} wr_wire_run;

/** What needs a decision. */
typedef struct wr_wire_trouble {
    uint32_t assignment;
    int16_t code; /* Kafka's; NONE: there is no trouble */
} wr_wire_trouble;

/** @p config is borrowed. @return WEIR_ERR_CONFIG; WEIR_ERR_LOG: no file descriptors are left. */
weir_status wr__wire_fetcher_new(const wr_wire_config *config, wr_wire_fetcher **out,
                                 weir_error *err) WR_MUST_CHECK;
/** Runs that it gave must have been released. NULL is allowed. */
void wr__wire_fetcher_free(wr_wire_fetcher *f);

/** Read these from there. Topics are borrowed. Replaces the assignment; runs that are out stay
 *  good. */
void wr__wire_fetcher_assign(wr_wire_fetcher *f, const wr_wire_place *parts, uint32_t n);
void wr__wire_fetcher_pause(wr_wire_fetcher *f, uint32_t assignment, bool paused);
/** Go on from there; ends a trouble. */
void wr__wire_fetcher_seek(wr_wire_fetcher *f, uint32_t assignment, int64_t offset);
/** The next offset to be handed out; WR_WIRE_* where it is not known yet. */
int64_t wr__wire_fetcher_position(const wr_wire_fetcher *f, uint32_t assignment);
/** The high watermark, as the last answer had it; -1: there was none. */
int64_t wr__wire_fetcher_end(const wr_wire_fetcher *f, uint32_t assignment);

/**
 * The next run: at most @p max_records. Waits up to @p timeout_ms (< 0: for ever). *out NULL: there
 * is none. *woken: wr__wire_fetcher_wake was called. *trouble has a code: there is no run.
 * @return WEIR_ERR_LOG: records that make no sense; the position stays where it was.
 */
weir_status wr__wire_fetcher_poll(wr_wire_fetcher *f, uint32_t max_records, int timeout_ms,
                                  wr_wire_run **out, wr_wire_trouble *trouble, bool *woken,
                                  weir_error *err) WR_MUST_CHECK;
void wr__wire_fetcher_release(wr_wire_fetcher *f, wr_wire_run *run);
/** What it has done and is doing. */
void wr__wire_fetcher_figures(wr_wire_fetcher *f, wr_wire_figures *out);
/** Any thread. */
void wr__wire_fetcher_wake(wr_wire_fetcher *f);
/** A descriptor that wakes it where 8 bytes are written to it, of a number that is not 0. */
int wr__wire_fetcher_wake_fd(const wr_wire_fetcher *f);

#endif
