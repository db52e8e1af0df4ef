/* SPDX-License-Identifier: Apache-2.0 */
/*
 * in_progress.h - which records are being worked on, in a file that outlives the process: by it the
 * next start knows what the process died of.
 *
 * A record that makes the process crash would do so again at each start. So whoever works on
 * records marks them in a file that is mapped into memory: a few stores for each batch, no system
 * call, and the pages stay when the process goes, however it goes. (Not when the machine does:
 * nothing is synced.) The next start finds the marks, and narrows down:
 *
 *   marks of batches   the ranges become suspects: their records are worked on one by one, and
 *                      while one of them is, nothing else in the process is
 *   one mark "alone"   so the process died of that record, or was killed just then: a death of it
 *   WR_DEATHS_MAX      deaths of one record: it is condemned, and not worked on any more
 *
 * Who kills the process from outside does not condemn a good record: that would need to hit the
 * same single record WR_DEATHS_MAX times in a row, each time while nothing else was at work; a
 * record that waits for something outside (wr_work_wait) is not marked meanwhile. A signal is not
 * looked at: an allocation that the kernel ends with SIGKILL is a death like any other.
 *
 * A client (a query) has suspects of its own, since what one dies of may be good for another. They
 * are forgotten when it has committed beyond them.
 *
 * Threads: any; a mark belongs to one thread at a time. wr_in_progress * may be NULL everywhere:
 * then nothing is marked, and there are no suspects.
 */
#ifndef WR_RUNTIME_TASK_IN_PROGRESS_H
#define WR_RUNTIME_TASK_IN_PROGRESS_H

#include "common/error.h"

#define WR_DEATHS_MAX 3

typedef struct wr_in_progress wr_in_progress;
typedef struct wr_work_mark wr_work_mark;

/**
 * Map the file, a new one where there is none, and take over what the last process has left.
 * @return WEIR_ERR_STORE: it cannot be made or mapped.
 */
weir_status wr_in_progress_open(const char *path, wr_in_progress **out,
                                weir_error *err) WR_MUST_CHECK;
/** Marks must have been released. */
void wr_in_progress_close(wr_in_progress *p);
/** Are there suspects? They only become fewer while a process lives. */
bool wr_in_progress_alert(const wr_in_progress *p);

/* ---- marking ---- */

/** NULL where @p p is, or no place is left: then its owner's work is not marked. */
wr_work_mark *wr_work_claim(wr_in_progress *p);
void wr_work_release(wr_in_progress *p, wr_work_mark *m);
/**
 * Records [first, last] are worked on. @p m NULL: nothing happens.
 * @param clients  for whom, a name on each line; what is too long is cut
 */
void wr_work_begin(wr_work_mark *m, const char *clients, const char *topic, int32_t partition,
                   int64_t first, int64_t last);
void wr_work_end(wr_work_mark *m);

/* ---- working on suspects ---- */

/** Before and after any work while there are suspects: @p alone waits until nothing else is at
 *  work, and keeps others waiting. Without suspects nothing happens. @return what leave needs. */
bool wr_in_progress_enter(wr_in_progress *p, bool alone);
void wr_in_progress_leave(wr_in_progress *p, bool entered);
/** As wr_work_begin, for one record and client. @pre entered alone */
void wr_work_begin_alone(wr_in_progress *p, wr_work_mark *m, const char *client, const char *topic,
                         int32_t partition, int64_t offset);
/** The record that is worked on alone waits for something outside, or goes on; any thread. */
void wr_work_wait(wr_in_progress *p, bool waits);
/** The first suspect of @p client among [first, last]. @return false: none. */
bool wr_suspect_among(wr_in_progress *p, const char *client, const char *topic, int32_t partition,
                      int64_t first, int64_t last, int64_t *offset);
/** Has the process died of it WR_DEATHS_MAX times? */
bool wr_suspect_condemned(wr_in_progress *p, const char *client, const char *topic,
                          int32_t partition, int64_t offset);
/** It is done with: no death any more, if it was one. */
void wr_suspect_survived(wr_in_progress *p, const char *client, const char *topic,
                         int32_t partition, int64_t offset);
/** @p client has committed what comes before @p next. */
void wr_suspects_committed(wr_in_progress *p, const char *client, const char *topic,
                           int32_t partition, int64_t next);

#endif
