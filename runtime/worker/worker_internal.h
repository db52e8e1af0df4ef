/* SPDX-License-Identifier: Apache-2.0 */
/*
 * worker_internal.h - a worker in parts, and which file has which of them. Files call downwards:
 *
 *   worker.c            the thread: a step, requests of others, recovery
 *   rebalance.c         opened; partitions come and go
 *   catch_up.c          clients that begin elsewhere: catch-up workers, meetings
 *   round.c             the next records, to all clients, in a round of executor slots
 *   worker_commit.c     the commit
 *   crash_guard.c       records that earlier processes died of
 *   assignment.c        taking partitions
 *   standby.c           copies of what other members have
 *   restoring.c         clients whose state is not there yet
 *   worker_failure.c    clients that have failed
 *   membership.c        who is a client, who wants what
 *   worker_life.c       made, closed, freed; the thread
 *   worker_consumer.c -> partition_group.c -> record_queue.c;  executor.c;  monitor.c
 */
#ifndef WR_RUNTIME_WORKER_WORKER_INTERNAL_H
#define WR_RUNTIME_WORKER_WORKER_INTERNAL_H

#include "runtime/worker/worker_consumer.h"

/** Who is served, and what is asked of the worker. Under the monitor, but for the atomics; the
 *  worker's thread reads `clients` without. */
typedef struct wr__membership {
    wr_worker_client **clients;
    size_t n, cap;
    wr_worker_client **pending; /* to be admitted, in order */
    size_t pending_n;
    atomic_bool attention; /* something of this, or of a meeting, has changed */
    atomic_bool stop;      /* a catch-up worker: hand the client back and end */
    atomic_bool cancel;    /* blocked calls of the log are to return */
    bool runs;             /* has a thread */
    bool ended;            /* nobody may be submitted any more */
} wr__membership;

/** The commit: worker_commit.c. */
typedef struct wr__commit {
    wr_log_writer *writer; /* NULL: the worker is closed */
    int64_t served_ns;     /* when it was last asked what it has to say */
    int serve_ms;          /* after how long it wants that again; -1: rarely */
    wr_db_batch *state;
    int64_t interval_ns, last_ns;
    bool exactly_once;  /* the writer is transactional */
    bool dirty;         /* there is something to commit */
    bool busy;          /* the last step had records */
    int64_t offsets_ns; /* when offsets were committed last, and how long that took */
    int64_t offsets_took_ns;
    int64_t refresh_ns; /* offsets that do not move are committed again so often; 0: never */
    _Atomic int64_t last_write_ns; /* of state behind its changelogs */
    atomic_bool write_asked;       /* the next commit writes, even if there is nothing to commit */
    atomic_bool idle;              /* nothing is uncommitted */
} wr__commit;

/** How a main worker and one of its catch-up workers come together: catch_up.c. */
typedef enum wr__meeting {
    WR__MEETING_NONE,
    WR__MEETING_ASKED,  /* the catch-up worker is near, and waits */
    WR__MEETING_AGREED, /* both go on to the same offsets */
} wr__meeting;

/** Under the monitor, but for what never changes. */
typedef struct wr__catch_up {
    wr_worker *main;     /* of a catch-up worker: the one to join. Never changes */
    wr_worker **workers; /* of a main worker */
    size_t n;
    wr__meeting meeting; /* of a main worker */
    wr_worker *with;     /* the catch-up worker that it meets; NULL: none */
    int64_t wait_ms;     /* before a catch-up worker begins. Never changes */
} wr__catch_up;

/** Standbys of its clients: standby.c. */
typedef struct wr__standby_plan {
    uint32_t replicas; /* 0: none. Never changes */
    int64_t due_ns;    /* when members are asked for next */
} wr__standby_plan;

/** crash_guard.c. The worker's thread, but for the marks of slots. */
typedef struct wr__guard {
    wr_work_mark **marks; /* by slot, then that of times; NULL: not marked */
    char *names;          /* of the clients, as a mark has them */
    uintptr_t named;      /* which clients these are */
} wr__guard;

struct wr_worker {
    wr_worker_options o; /* group, settings and topics point to the copies below */
    wr_settings settings;
    wr_worker_topic *topics;
    wr__consumer consumer;
    wr__membership members;
    wr__commit commit;
    wr__catch_up catch_up;
    wr__standby_plan standby;
    wr_executor_slot *slots;
    int64_t worked_ns; /* monotonic, when rows were last processed; INT64_MAX: trimmed since */
    bool restoring;    /* some client is, or was when last looked: restoring.c */
    wr__guard guard;
    wr_worker_times times; /* since they were last observed */
    int failures;          /* of the worker since its last commit */
    pthread_t thread;
    void *(*run)(void *worker); /* what the thread does */
};

/* ---- rebalance.c ---- */
/** Do what the reader was asked for: take partitions, or give them up. */
weir_status wr__worker_rebalance(wr_worker *w, weir_error *err) WR_MUST_CHECK;

/* ---- worker_life.c ---- */
weir_status wr__worker_spawn(wr_worker *w, void *(*run)(void *worker),
                             weir_error *err) WR_MUST_CHECK;
/** Drop everything uncommitted; reader and writer are closed, clients are not open any more. */
void wr__worker_close(wr_worker *w);
/** The same settings for a catch-up worker of @p main, with @p c as its client. */
wr_worker *wr__worker_new_beside(wr_worker *main, wr_worker_client *c);
void wr__worker_reset_slots(wr_worker *w);
/** Between two rounds, when there is nothing to do: give back what large batches have needed. */
void wr__worker_trim_slots(wr_worker *w);
/** Which executor slot a partition belongs to. */
static inline uint32_t wr__worker_slot(const wr_worker *w, int32_t partition)
{
    WR_ASSERT(partition >= 0);
    return (uint32_t)partition % w->o.slots;
}

/* ---- membership.c ---- */
/** Look at requests soon. With the monitor held. */
void wr__members_call(wr_worker *w);
/**
 * The client is closed, and leaves. @p to: the worker that is to admit it next. NULL: it has left
 * for @p why, unless it has changed its mind meanwhile about a pause or stop: then it is pending
 * again at its main worker.
 */
void wr__members_remove(wr_worker *w, wr_worker_client *c, wr_worker *to, wr_client_end why,
                        const weir_error *err);
/** The next client that waits and still wants to run; NULL: none. It is in no list then. */
wr_worker_client *wr__members_next_pending(wr_worker *w);
/** Not yet: it goes on waiting. */
void wr__members_put_back(wr_worker *w, wr_worker_client *c);
/** Do all, or any, of the clients want to leave? */
bool wr__members_any_leaves(const wr_worker *w);
/** The worker is closed to clients from now on, unless some wait. @return whether it is. */
bool wr__members_end(wr_worker *w);
wr_worker *wr__members_main(wr_worker *w);

/* ---- crash_guard.c ---- */
void wr__guard_init(wr_worker *w);
void wr__guard_free(wr_worker *w);
/** These runs are worked on; none any more. */
void wr__guard_begin(wr_worker *w, const wr__run *runs, uint32_t n);
void wr__guard_end(wr_worker *w);
/** Runs end before a suspect. @return whether the one that is left is a suspect, one record. */
bool wr__guard_cut(wr_worker *w, wr__run *runs, uint32_t *n);
/** @p c gets the record of @p r alone. @return false: it is condemned, and must not be delivered.
 */
bool wr__guard_alone(wr_worker *w, wr_worker_client *c, const wr__run *r);
void wr__guard_survived(wr_worker *w, const wr_worker_client *c, const wr__run *r);
/** Offsets are committed: suspects before them are none any more. */
void wr__guard_committed(wr_worker *w);
/** As wr_client_class.times of the first client; @p topic: of the worker. */
weir_status wr__guard_times(wr_worker *w, uint32_t topic, const wr_record *records, uint32_t n,
                            int64_t *out, weir_error *err) WR_MUST_CHECK;

/* ---- worker_failure.c ---- */
/** The client has failed in this step; the first call counts. Any slot. */
void wr__client_fail(wr_worker_client *c, const weir_error *err);
/** Is a failure that a client answered the worker's, because the writer has failed as a whole? */
bool wr__failure_is_workers(const wr_worker *w);
/**
 * Clients that have failed leave, with all that they made since the last commit.
 * @return the failure, where no client is left without one, or somebody else steps the worker: then
 * nothing was done.
 */
weir_status wr__worker_sort_out(wr_worker *w, weir_error *err) WR_MUST_CHECK;
/**
 * The worker has failed, and is about to be closed. A record that was refused spoils the
 * transaction of all: its client goes now, or it would spoil the next one, too.
 */
void wr__worker_move_out_refused(wr_worker *w);
/** Is it worth trying again? */
bool wr__failure_may_pass(const weir_error *err, int failures);
int64_t wr__failure_backoff_ms(const wr_settings *settings, int failures);

/* ---- assignment.c ---- */
/** Take the partitions @p given (offsets without meaning), clients included; begin to read. */
weir_status wr__worker_assign(wr_worker *w, const wr_topic_part *given, uint32_t n,
                              weir_error *err) WR_MUST_CHECK;
/** A catch-up worker: the partitions of its main worker. */
weir_status wr__worker_assign_as_main(wr_worker *w, weir_error *err) WR_MUST_CHECK;
/** Open one more client for the present assignment. */
weir_status wr__worker_open_client(wr_worker *w, wr_worker_client *c,
                                   weir_error *err) WR_MUST_CHECK;

/* ---- restoring.c ---- */
/** Clients were opened: what may not be delivered yet is held. Before or after the reader has its
 *  assignment. */
weir_status wr__restoring_begin(wr_worker *w, weir_error *err) WR_MUST_CHECK;
/** At every step: let clients go on with it, and release what may be delivered now. */
weir_status wr__restoring_advance(wr_worker *w, weir_error *err) WR_MUST_CHECK;

/* ---- standby.c ---- */
/** At every step: have members come or gone? Failures are logged, and tried again later. */
void wr__standby_look(wr_worker *w);
/** Partitions have come or gone. */
void wr__standby_later(wr_worker *w);

/* ---- worker_commit.c ---- */
bool wr__commit_is_due(wr_worker *w, bool progressed);
weir_status wr__worker_commit(wr_worker *w, weir_error *err) WR_MUST_CHECK;
/** And write what is unwritten: before clients close. */
weir_status wr__worker_commit_all(wr_worker *w, weir_error *err) WR_MUST_CHECK;

/* ---- round.c ---- */
/** Process what may be processed, until a commit is due or somebody asks for something. */
weir_status wr__worker_process(wr_worker *w, bool *progressed, weir_error *err) WR_MUST_CHECK;
/** Records that were piped in, and time. */
weir_status wr__worker_punctuate(wr_worker *w, weir_error *err) WR_MUST_CHECK;

/* ---- catch_up.c ---- */
/** Main: admit clients that wait, where the worker stands or beside it; meet those that are near.
 */
weir_status wr__catch_up_serve(wr_worker *w, weir_error *err) WR_MUST_CHECK;
/** After a step of a catch-up worker: is it near? @return false: its client is handed over. */
bool wr__catch_up_approach(wr_worker *w, weir_status *st, weir_error *err);
/** Main: catch-up workers end and their clients wait here. */
void wr__catch_up_stop_all(wr_worker *w);
/** A catch-up worker ends; its main worker is to join it. */
void wr__catch_up_ended(wr_worker *w);

#endif
