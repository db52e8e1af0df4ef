/* SPDX-License-Identifier: Apache-2.0 */
/*
 * broker.h - the simulated Kafka cluster: topics, transactions, groups. What a request does to it
 * is one call here; when it arrives, twice or never, is the client's side (client.c).
 *
 * As Kafka 4.x does it for clients of the classic protocols:
 *   - a record of a transaction is open until the marker of its end reaches its partition. Markers
 *     of one transaction reach partitions and groups one by one; meanwhile the id takes no new one.
 *   - a producer's epoch is raised by whoever takes its id up, and by the broker when a transaction
 *     has taken longer than its time-out (it looks every 10 s). Requests of older epochs are
 *     refused. Within an epoch EndTxn is not bound to a transaction: one that comes late ends the
 *     transaction that is open then.
 *   - sequence numbers drop records that came before (where the last five batches were is known),
 *     and refuse gaps.
 *   - offsets of a transaction are pending until its marker reaches the group; with the membership
 *     they are refused from members of an older generation, without it anybody's are taken.
 *   - groups are eager: everybody gives up what he has and joins again.
 * Leaders are node.h's. Left out: retention, compaction, quotas, KIP-890's epoch bump for each
 * transaction (which these clients do not use).
 *
 * Errors are Kafka's codes. Nothing here waits; a coroutine of its own (broker_run) does what takes
 * time: markers, sessions, time-outs, requests on their way.
 */
#ifndef WR_TESTS_SIM_BROKER_H
#define WR_TESTS_SIM_BROKER_H

#include "schedule.h"

#include "common/str.h"

#include <librdkafka/rdkafka.h>

typedef enum sim_record_state {
    SIM_PLAIN,
    SIM_OPEN,
    SIM_COMMITTED,
    SIM_ABORTED,
    SIM_MARKER
} sim_record_state;

typedef struct sim_record {
    char *key, *value; /* one allocation, of key; NULL: none */
    uint32_t key_len, value_len;
    int64_t time_ms;
    int64_t pid;
    sim_record_state state;
    bool commits; /* a marker: of which end */
} sim_record;

/** Places in a topic. Its number is its index in the broker's list. */
typedef struct sim_part {
    int topic;
    int32_t partition;
} sim_part;

typedef struct sim_offset {
    sim_part part;
    int64_t offset;
} sim_offset;

/** A producer as the broker knows it. */
typedef struct sim_producer {
    int id; /* of its transactional id; -1: it has none */
    int64_t pid;
    int16_t epoch;
} sim_producer;

/** A membership. member "": none, anybody's. */
typedef struct sim_member_of {
    const char *group;
    const char *member;
    int generation;
} sim_member_of;

void broker_begin(void);
/** Its coroutine has ended after it. */
void broker_end(void);

/* ---- topics ---- */

/** -1: there is none. */
int broker_topic(const char *name);
rd_kafka_resp_err_t broker_create_topic(const char *name, int32_t partitions);
rd_kafka_resp_err_t broker_delete_topic(const char *name);
int broker_topics_n(void);
const char *broker_topic_name(int topic);
/** 0: it was deleted. */
int32_t broker_partitions(int topic);
/** The end: with what is undecided, or before it. */
int64_t broker_end_of(sim_part part, bool committed);
const sim_record *broker_record(sim_part part, int64_t offset);
/** By no producer: input. */
void broker_append(sim_part part, wr_str key, wr_str value, int64_t time_ms);

/* ---- producing ---- */

int64_t broker_new_pid(void);
/** Take up a transactional id: what it had open is ended. CONCURRENT_TRANSACTIONS: not yet. */
rd_kafka_resp_err_t broker_init_producer(const char *transactional_id, int timeout_ms,
                                         sim_producer *out);
/** @p seq: of the first record; records without an owner's key are copied. */
rd_kafka_resp_err_t broker_produce(const sim_producer *p, sim_part part, uint32_t seq,
                                   const sim_record *records, size_t n, int64_t *offset);
rd_kafka_resp_err_t broker_txn_offsets(const sim_producer *p, const sim_member_of *m,
                                       const sim_offset *offsets, size_t n);
rd_kafka_resp_err_t broker_end_txn(const sim_producer *p, bool commit);
/** The same, on their way for so long. */
void broker_late_init(const char *transactional_id, int timeout_ms, int64_t us);
void broker_late_end_txn(const sim_producer *p, bool commit, int64_t us);
void broker_late_txn_offsets(const sim_producer *p, const sim_member_of *m,
                             const sim_offset *offsets, size_t n, int64_t us);
/** Transactions that are open or whose markers are on their way. */
bool broker_any_open(void);

/* ---- groups ---- */

/** One member as its client sees it. */
typedef struct sim_member {
    char id[24];
    char group[160];
    int process;
    int generation;  /* of its assignment; -1: none yet */
    bool wants;      /* the group wants it to join again */
    bool gone;       /* the group has forgotten it, and it has been told */
    bool assigned;   /* an assignment waits to be taken */
    sim_part *parts; /* the assignment */
    size_t parts_n;
    int wake_fd; /* of an eventfd (net.h) that is told of news; <= 0: none */
} sim_member;

/** Join (again). @p m has its group, process and, unless it is new, id. */
void broker_join(sim_member *m, const int *topics, size_t n, int session_ms);
void broker_leave(sim_member *m);
rd_kafka_resp_err_t broker_commit(const sim_member_of *m, const sim_offset *offsets, size_t n);
/** By whoever may; refused where the group has members. */
rd_kafka_resp_err_t broker_alter_offsets(const char *group, const sim_offset *offsets, size_t n);
/** UNSTABLE_OFFSET_COMMIT where something is pending. offset -1: none. */
rd_kafka_resp_err_t broker_committed(const char *group, sim_offset *offsets, size_t n);
rd_kafka_resp_err_t broker_delete_group(const char *group);
/** Has a transaction committed an offset of the group there? */
bool broker_has_transacted(const char *group, sim_part part);
/** The n-th group; NULL: there are not so many. */
const char *broker_group(size_t n);
bool broker_has_members(const char *group);

/* ---- processes ---- */

/** A dead one's connections are closed; it sends no heartbeats. */
void broker_process_dies(int process);
void broker_process_lives(int process);
bool broker_process_dead(int process);
/** It is cut off: nothing arrives. */
void broker_cut_off(int process, bool cut_off);
bool broker_is_cut_off(int process);

/** All records, for --trace. */
void broker_dump(void);
/** Everything that happens, for --trace. */
extern bool sim_trace_on;
void sim_trace(const char *fmt, ...) WR_PRINTF(1, 2);

#endif
