/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The simulated processes: each is an engine with its threads, opened on the cluster with what its
 * disk has, and running the query file of the run, as `weir run` does.
 *
 * One that dies goes on for a while as code that nobody hears: nothing of it reaches the cluster or
 * its disk any more, all its requests fail, and so do its fault points; then its engine is closed,
 * and what it had in memory is gone. That is a kill, but that nothing leaks.
 */
#include "node.h"
#include "world.h"

#include "runtime/instance/query_list.h"
#include "runtime/statement/statement.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { LOOK_US = 20000, AGAIN_US = 300000, ENDS_US = 60000000 };

typedef struct process {
    int n;
    bool restart, down, hold, ended;
    uint64_t fuse;
    wr_engine *engine;
} process;

static process processes[SIM_PROCESSES];
uint64_t sim_fault_hits[WR_FAULT_POINTS_N];

/* ---- the program ---- */

static char dir[64];
static bool written[SIM_ALL + 1][SIM_PARTITIONS + 1];

static void put_program(wr_buf *b, int queries, int32_t partitions)
{
    wr_buf_printf(b,
                  "CREATE STREAM s (k STRING KEY, v INT, g STRING) WITH (KAFKA_TOPIC='in', "
                  "PARTITIONS=%d, VALUE_FORMAT='DELIMITED');\n"
                  "CREATE TABLE t (k STRING PRIMARY KEY, name STRING) WITH (KAFKA_TOPIC='names', "
                  "PARTITIONS=%d, VALUE_FORMAT='DELIMITED');\n",
                  partitions, partitions);
    if (queries & SIM_FILTER)
        wr_buf_puts(b, "CREATE STREAM big WITH (KAFKA_TOPIC='big') AS "
                       "SELECT k, v FROM s WHERE v >= 5;\n");
    if (queries & SIM_CHAIN)
        wr_buf_puts(b, "CREATE STREAM again WITH (KAFKA_TOPIC='again') AS SELECT k, v FROM big;\n");
    if (queries & SIM_COUNT)
        wr_buf_puts(b, "CREATE TABLE counts WITH (KAFKA_TOPIC='counts') AS "
                       "SELECT k, COUNT(*) AS n, SUM(v) AS total FROM s GROUP BY k;\n");
    if (queries & SIM_WINDOW)
        wr_buf_puts(b, "CREATE TABLE wins WITH (KAFKA_TOPIC='wins') AS "
                       "SELECT k, COUNT(*) AS n, SUM(v) AS total FROM s WINDOW TUMBLING "
                       "(SIZE 10 SECONDS, GRACE PERIOD 1000 DAYS) GROUP BY k;\n");
    if (queries & SIM_REGROUP)
        wr_buf_puts(b, "CREATE TABLE groups WITH (KAFKA_TOPIC='groups') AS "
                       "SELECT g, COUNT(*) AS n, SUM(v) AS total FROM s GROUP BY g;\n");
    if (queries & SIM_JOIN)
        wr_buf_puts(b,
                    "CREATE STREAM joined WITH (KAFKA_TOPIC='joined') AS "
                    "SELECT s.k AS k, s.v AS v, t.name AS name FROM s LEFT JOIN t ON s.k = t.k;\n");
}

const char *sim_program_file(int queries, int32_t partitions)
{
    static char path[128];
    if (!dir[0]) {
        snprintf(dir, sizeof dir, "/tmp/weir-sim-XXXXXX");
        char *made = mkdtemp(dir);
        WR_ASSERT(made);
    }
    snprintf(path, sizeof path, "%s/%d-%d.sql", dir, queries, partitions);
    if (!written[queries][partitions]) {
        wr_buf b = {0};
        put_program(&b, queries, partitions);
        FILE *f = fopen(path, "w");
        WR_ASSERT(f);
        size_t n = fwrite(b.ptr, 1, b.len, f);
        WR_ASSERT(n == b.len);
        (void)fclose(f);
        wr_buf_free(&b);
        written[queries][partitions] = true;
    }
    return path;
}

void sim_remove_programs(void)
{
    char path[128];
    for (int q = 0; q <= SIM_ALL; q++)
        for (int p = 0; p <= SIM_PARTITIONS; p++)
            if (written[q][p]) {
                snprintf(path, sizeof path, "%s/%d-%d.sql", dir, q, p);
                (void)unlink(path);
            }
    if (dir[0])
        (void)rmdir(dir);
}

/* ---- fault points ---- */

void process_kill(int n, const char *why)
{
    if (broker_process_dead(n) || processes[n].down)
        return;
    sim_trace("process %d dies: %s", n, why);
    world.crashes++;
    broker_process_dies(n);
}

static weir_status on_fault(void *arg, wr_fault_point p, weir_error *err)
{
    (void)arg;
    int n = sim_process();
    if (n < 0)
        return WEIR_OK;
    process *own = &processes[n];
    bool alive = !broker_process_dead(n);
    sim_fault_hits[p] += alive;
    sim_trace("%s", wr_fault_name(p));
    if (alive && own->fuse && --own->fuse == 0)
        process_kill(n, wr_fault_name(p));
    if (broker_process_dead(n))
        return wr_error(err, WEIR_ERR_LOG, "dead");
    if (!world.chaos)
        return WEIR_OK;
    if (world.plan.delays && sim_one_in(world.plan.delays))
        sim_sleep_us(1000 + (int64_t)sim_below(sim_one_in(8) ? 15000000 : 500000));
    if (!world.plan.errors || !sim_one_in(world.plan.errors))
        return WEIR_OK;
    wr_error(err, WEIR_ERR_LOG, "Fault point %s fails", wr_fault_name(p));
    if (err)
        err->flags |= WEIR_ERROR_RETRIABLE;
    sim_trace("%s fails", wr_fault_name(p));
    return WEIR_ERR_LOG;
}

void sim_arm_faults(void)
{
    wr_fault_set_handler(on_fault, NULL);
}

void process_set_fuse(int n, uint64_t passes)
{
    processes[n].fuse = passes;
}

/* ---- life ---- */

static void put_number(wr_settings *s, const char *name, int n)
{
    char text[24];
    snprintf(text, sizeof text, "%d", n);
    wr_settings_put(s, name, text);
}

static weir_status boot(process *p, weir_error *err)
{
    wr_settings s;
    wr_settings_init(&s, NULL);
    wr_settings_put(&s, "processing.guarantee",
                    world.plan.exactly_once ? "exactly_once_v2" : "at_least_once");
    wr_settings_put(&s, "auto.offset.reset", "earliest");
    wr_settings_put(&s, "ksql.service.id", "sim_");
    /* The simulated broker ends what it says it ends. */
    wr_settings_put(&s, "weir.transactions.end.undecided", "false");
    wr_settings_put(&s, "weir.kafka.client", world.plan.wire[p->n] ? "wire" : "librdkafka");
    wr_settings_put(&s, "consumer.session.timeout.ms", "10000");
    put_number(&s, "commit.interval.ms", world.plan.commit_ms);
    put_number(&s, "weir.threads", world.plan.threads);
    if (world.plan.state_bytes)
        put_number(&s, "weir.state.cache.bytes", world.plan.state_bytes);
    if (!world.plan.caching)
        put_number(&s, "cache.max.bytes.buffering", 0);
    wr_engine_options o = {.log = WR_LOG_KAFKA,
                           .data_dir = "sim",
                           .bootstrap_servers = NODE_ADDRESSES,
                           .settings = &s,
                           .mode = WR_ENGINE_THREADED,
                           .state_in_memory = true,
                           .service = true};
    world.boots++;
    sim_trace("process %d starts", p->n);
    weir_status st = wr_engine_open(&o, &p->engine, err);
    wr_settings_free(&s);
    if (st != WEIR_OK) {
        p->engine = NULL;
        return st;
    }
    const char *file = sim_program_file(world.plan.queries, world.plan.partitions);
    atomic_bool interrupted = false;
    return wr_statement_load_files(p->engine, NULL, &file, 1, WR_ON_CHANGE_REFUSE, &interrupted,
                                   err);
}

static bool leaves(const process *p)
{
    return world.over || p->restart || p->hold || broker_process_dead(p->n);
}

/* A query that has failed for good, and nobody did that. */
static void check_queries(const process *p)
{
    wr_query_pins pins = wr_engine_pin_all(p->engine);
    for (size_t i = 0; i < pins.n; i++) {
        weir_error err;
        if (wr_query_state_of(pins.entries[i]->query) == WR_QUERY_FAILED &&
            wr_query_error(pins.entries[i]->query, &err) && !broker_process_dead(p->n) &&
            !world.failure[0])
            snprintf(world.failure, sizeof world.failure,
                     "a query of process %d has failed: %.400s", p->n, err.message);
    }
    wr_engine_unpin_all(p->engine, &pins);
}

static void *live(void *arg)
{
    process *p = arg;
    while (!world.over) {
        weir_error err = {0};
        while (p->hold && !world.over) {
            p->down = true;
            sim_wait_until_us(sim_now_us() + LOOK_US);
        }
        p->down = false;
        if (world.over)
            break;
        p->restart = false;
        weir_status st = boot(p, &err);
        if (st != WEIR_OK)
            sim_trace("process %d cannot start: %s", p->n, err.message);
        while (st == WEIR_OK && !leaves(p)) {
            sim_wait_until_us(sim_now_us() + LOOK_US);
            check_queries(p);
        }
        sim_trace("process %d ends%s", p->n, broker_process_dead(p->n) ? ", dead" : "");
        if (wr_engine_close(p->engine, &err) != WEIR_OK)
            sim_trace("process %d: %s", p->n, err.message);
        p->engine = NULL;
        p->down = true;
        broker_process_lives(p->n);
        if (!world.over)
            sim_sleep_us(st == WEIR_OK ? (int64_t)sim_below(2000000) : AGAIN_US);
        p->down = false;
    }
    p->ended = true;
    return NULL;
}

void process_start_all(void)
{
    for (int i = 0; i < world.plan.processes; i++) {
        processes[i] = (process){.n = i};
        sim_set_process(i);
        sim_spawn(live, &processes[i]);
    }
    sim_set_process(SIM_NOBODY);
}

void process_end_all(void)
{
    world.over = true;
    sim_wake_all();
    for (int i = 0; i < world.plan.processes; i++)
        while (!processes[i].ended)
            sim_sleep_us(LOOK_US);
}

void process_restart(int n)
{
    processes[n].restart = true;
}

void process_hold_down(int n, bool down)
{
    processes[n].hold = down;
}

bool process_is_down(int n)
{
    return processes[n].down;
}
