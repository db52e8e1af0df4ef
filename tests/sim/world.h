/* SPDX-License-Identifier: Apache-2.0 */
/*
 * world.h - one simulated run: processes that run a program of queries on the cluster, what happens
 * to them, and what must have come of it.
 */
#ifndef WR_TESTS_SIM_WORLD_H
#define WR_TESTS_SIM_WORLD_H

#include "disk.h"

#include "common/fault.h"

/** The queries of a run's program, as bits. */
enum {
    SIM_FILTER = 1,  /* a stream of a stream: each row, in order, once */
    SIM_COUNT = 2,   /* a table by the stream's key */
    SIM_WINDOW = 4,  /* the same in windows */
    SIM_REGROUP = 8, /* a table by another key: through a repartition topic, or exchanged */
    SIM_JOIN = 16,   /* a stream joined with a table */
    SIM_CHAIN = 32,  /* a stream of the first one's sink, whose transactions leave markers */
    SIM_ALL = 63,
};

enum { SIM_KEYS = 9, SIM_GROUPS = 4, SIM_PARTITIONS = 3, SIM_WINDOW_MS = 10000 };

/** What a seed makes. */
typedef struct sim_plan {
    bool exactly_once;
    int queries;
    int32_t partitions;
    int processes;
    size_t rows; /* of input */
    int commit_ms;
    int threads;
    int state_bytes;     /* that a query may hold before it must write; 0: as usual */
    bool caching;        /* else every change of a table is emitted */
    uint64_t trouble;    /* of requests */
    uint64_t errors;     /* one in so many fault points fails; 0: none */
    uint64_t delays;     /* one in so many waits */
    uint64_t kills;      /* how many passes of fault points until one kills, at most; 0: none */
    bool groups;         /* groups are deleted, and, exactly once, moved */
    bool stalls;         /* processes are frozen, or cut off */
    bool nodes;          /* nodes die, stand still, lead no more */
    const char *watched; /* a topic that somebody reads meanwhile by our client; NULL: none */
    bool wire[SIM_PROCESSES]; /* who reads, and at least once writes, by Weir's own client */
} sim_plan;

/** A row of input: key, value and group follow from these. */
typedef struct sim_row {
    int key, value, group;
    int64_t time_ms;
} sim_row;

typedef struct sim_world {
    sim_plan plan;
    sim_row *rows;
    size_t rows_n;
    bool chaos, over;
    char failure[512]; /* "": none */
    uint64_t crashes, boots, restarts;
} sim_world;

extern sim_world world;
extern uint64_t sim_fault_hits[WR_FAULT_POINTS_N];

/** Whose client of Kafka the processes use; either: each its own choice. */
typedef enum sim_clients { SIM_EITHER, SIM_WIRE, SIM_LIBRDKAFKA } sim_clients;

/** Run a seed. @return false: world.failure says what is wrong. */
bool sim_run(uint64_t seed, int queries, sim_clients clients);
void sim_plan_print(void);

/* ---- oracle.c ---- */

/** Is all that the rows make there? @p exact: and nothing else. What is wrong into @p why. */
bool oracle_holds(bool exact, char *why, size_t size);

/* ---- watcher.c ---- */

void watcher_begin(const char *topic);
/** It has read everything, or world.failure says what is missing. Nothing where none has begun. */
void watcher_end(void);

/* ---- process.c ---- */

/** The text of the program; the file of it is written once for each. */
const char *sim_program_file(int queries, int32_t partitions);
void sim_remove_programs(void);
void process_start_all(void);
/** All have ended after it. */
void process_end_all(void);
void process_kill(int process, const char *why);
/** An orderly stop; it starts again after a while. */
void process_restart(int process);
/** A process has it as long as it is dead or down; then it comes back without. */
bool process_is_down(int process);
void process_hold_down(int process, bool down);
/** After so many fault points it dies; 0: not. */
void process_set_fuse(int process, uint64_t passes);
void sim_arm_faults(void);

#endif
