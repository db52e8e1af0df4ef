/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One run: input comes in pieces, and between them what a plan made of the seed allows happens to
 * the processes and the cluster. Then everything is healed, and within a time the outputs must be
 * what the oracle says; and stay so, also over an orderly end.
 */
#include "client.h"
#include "net.h"
#include "node.h"
#include "world.h"

#include "runtime/log/log_topics.h"
#include "types/record.h"

#include <stdio.h>

enum { HEAL_LOOK_US = 500000, HEAL_MAX_US = 400000000, QUIET_US = 4000000 };
#define RUN_MAX_US 3600000000ll

sim_world world;

/* ---- the plan ---- */

static bool half(void)
{
    return sim_one_in(2);
}

static void make_plan(int queries, sim_clients clients)
{
    sim_plan *p = &world.plan;
    *p = (sim_plan){
        .exactly_once = !sim_one_in(4),
        .queries = queries ? queries : 1 + (int)sim_below(SIM_ALL),
        .partitions = 1 + (int32_t)sim_below(SIM_PARTITIONS),
        .processes = 1 + half(),
        .rows = 20 + sim_below(100),
        .commit_ms = half() ? 20 + (int)sim_below(80) : 100 + (int)sim_below(900),
        .threads = sim_one_in(4) ? 2 : 1,
        .trouble = half() ? 30 + sim_below(300) : 0,
        .errors = half() ? 20 + sim_below(100) : 0,
        .delays = half() ? 50 + sim_below(200) : 0,
        .kills = sim_one_in(5) ? 0 : 2 + sim_below(60),
        .groups = half(),
        .stalls = half(),
        .state_bytes = sim_one_in(3) ? 1000 + (int)sim_below(20000) : 0,
        .caching = !sim_one_in(4),
        .nodes = half(),
    };
    for (int i = 0; i < SIM_PROCESSES; i++)
        p->wire[i] = clients == SIM_EITHER ? half() : clients == SIM_WIRE;
    if (p->queries & SIM_CHAIN)
        p->queries |= SIM_FILTER;
    if (clients != SIM_LIBRDKAFKA && half())
        p->watched = p->queries & SIM_FILTER && half() ? "big" : "in";
    /* Nothing fences at least once: what a process that others took for dead has sent may come
     * after what its successor wrote, and an older count is then the last one, in the changelog,
     * too (docs/operations.md). */
    if (!p->exactly_once && p->processes > 1) {
        p->trouble = p->delays = 0;
        p->stalls = false;
    }
}

void sim_plan_print(void)
{
    const sim_plan *p = &world.plan;
    printf("%s, queries %d, %d partitions, %d processes, %zu rows, commits %d ms, %d threads; "
           "state %d bytes, trouble 1/%llu, errors 1/%llu, delays 1/%llu, kills %llu%s%s%s%s; "
           "clients %s, %s; %s is watched\n",
           p->exactly_once ? "exactly once" : "at least once", p->queries, p->partitions,
           p->processes, p->rows, p->commit_ms, p->threads, p->state_bytes,
           (unsigned long long)p->trouble, (unsigned long long)p->errors,
           (unsigned long long)p->delays, (unsigned long long)p->kills, p->groups ? ", groups" : "",
           p->stalls ? ", stalls" : "", p->caching ? "" : ", no caching", p->nodes ? ", nodes" : "",
           p->wire[0] ? "wire" : "librdkafka", p->wire[1] ? "wire" : "librdkafka",
           p->watched ? p->watched : "nothing");
}

/* ---- input ---- */

static sim_part place(const char *topic, wr_str key)
{
    return (sim_part){broker_topic(topic),
                      wr_partition_of(WR_PARTITIONER_MURMUR2, key, world.plan.partitions)};
}

static void put_names(void)
{
    for (int k = 0; k < SIM_KEYS; k++) {
        char key[16], name[16];
        if (k % 3 == 0)
            continue;
        snprintf(key, sizeof key, "k%d", k);
        snprintf(name, sizeof name, "n%d", k);
        broker_append(place("names", wr_str_c(key)), wr_str_c(key), wr_str_c(name), 1000 + k);
    }
}

static void put_rows(size_t n)
{
    for (; n > 0 && world.rows_n < world.plan.rows; n--) {
        sim_row *r = &world.rows[world.rows_n];
        *r = (sim_row){(int)sim_below(SIM_KEYS), (int)sim_below(20), (int)sim_below(SIM_GROUPS),
                       10000 + (int64_t)world.rows_n * 400};
        char key[16], value[32];
        snprintf(key, sizeof key, "k%d", r->key);
        snprintf(value, sizeof value, "%d,g%d", r->value, r->group);
        broker_append(place("in", wr_str_c(key)), wr_str_c(key), wr_str_c(value), r->time_ms);
        world.rows_n++;
    }
}

/* ---- what happens ---- */

static void stall(int process)
{
    int64_t us = (int64_t)sim_below(sim_one_in(3) ? 30000000 : 3000000);
    bool frozen = half();
    sim_trace("process %d %s for %.3f s", process, frozen ? "stands still" : "is cut off",
              (double)us / 1e6);
    if (frozen)
        sim_freeze(process, true);
    else
        broker_cut_off(process, true);
    sim_sleep_us(us);
    sim_freeze(process, false);
    broker_cut_off(process, false);
}

/* A group that is deleted, or moved by somebody. Before its first transaction a move is taken for
 * what it is, the wish of whoever made it. */
static void interfere(void)
{
    size_t n = 0;
    while (broker_group(n))
        n++;
    const char *group = n ? broker_group(sim_below(n)) : NULL;
    if (!group)
        return;
    if (!world.plan.exactly_once || half()) {
        (void)broker_delete_group(group);
        return;
    }
    sim_offset o = {{broker_topic("in"), (int32_t)sim_below((uint64_t)world.plan.partitions)},
                    (int64_t)sim_below(world.rows_n + 1)};
    o.offset = WR_MIN(o.offset, broker_end_of(o.part, false));
    if (broker_has_transacted(group, o.part) &&
        broker_alter_offsets(group, &o, 1) == RD_KAFKA_RESP_ERR_NO_ERROR)
        sim_trace("group %s moved", group);
}

/* A process that is down comes back on a machine that has nothing. */
static void new_machine(int process)
{
    process_hold_down(process, true);
    for (int i = 0; i < 400 && !process_is_down(process); i++)
        sim_sleep_us(100000);
    if (process_is_down(process)) {
        sim_trace("the disk of process %d is lost", process);
        disk_wipe(process);
    }
    process_hold_down(process, false);
}

static void happen(void)
{
    const sim_plan *p = &world.plan;
    int process = (int)sim_below((uint64_t)p->processes);
    switch (sim_below(8)) {
    case 0:
    case 1:
    case 2:
        if (p->kills)
            process_set_fuse(process, 1 + sim_below(p->kills));
        break;
    case 3:
        if (p->kills)
            process_kill(process, "at any time");
        break;
    case 4:
        process_restart(process);
        break;
    case 5:
        if (p->stalls)
            stall(process);
        break;
    case 6:
        if (p->groups)
            interfere();
        break;
    default:
        if (sim_one_in(4))
            new_machine(process);
    }
}

static void heal(void)
{
    world.chaos = false;
    sim_trouble_one_in = 0;
    for (int i = 0; i < world.plan.processes; i++) {
        process_set_fuse(i, 0);
        sim_freeze(i, false);
        broker_cut_off(i, false);
    }
    node_heal();
    sim_trace("all is well from here on");
}

/* ---- what must come of it ---- */

static void fail(const char *why)
{
    if (!world.failure[0])
        snprintf(world.failure, sizeof world.failure, "%s", why);
}

static void await_results(void)
{
    char why[400] = "";
    int64_t until = sim_now_us() + HEAL_MAX_US;
    while (!world.failure[0] && sim_now_us() < until) {
        sim_sleep_us(HEAL_LOOK_US);
        if (oracle_holds(world.plan.exactly_once, why, sizeof why))
            return;
    }
    fail(why);
}

static void check_again(const char *when)
{
    char why[400], text[480];
    if (oracle_holds(world.plan.exactly_once, why, sizeof why))
        return;
    snprintf(text, sizeof text, "%s: %s", when, why);
    fail(text);
}

bool sim_run(uint64_t seed, int queries, sim_clients clients)
{
    sim_sched_begin(seed);
    sim_set_limit_us(RUN_MAX_US);
    memset(&world, 0, sizeof world);
    make_plan(queries, clients);
    if (sim_trace_on)
        sim_plan_print();
    sim_row rows[256];
    world.rows = rows;
    broker_begin();
    node_begin();
    net_begin();
    (void)broker_create_topic("in", world.plan.partitions);
    (void)broker_create_topic("names", world.plan.partitions);
    put_names();
    put_rows(sim_below(world.plan.rows));
    world.chaos = true;
    sim_trouble_one_in = world.plan.trouble;
    process_start_all();
    if (world.plan.watched)
        watcher_begin(world.plan.watched);
    while (world.rows_n < world.plan.rows && !world.failure[0]) {
        sim_sleep_us((int64_t)sim_below(sim_one_in(6) ? 12000000 : 400000));
        put_rows(sim_below(12));
        if (half())
            happen();
        if (world.plan.nodes && half())
            node_happen();
    }
    heal();
    await_results();
    sim_sleep_us(QUIET_US);
    check_again("later");
    watcher_end();
    process_end_all();
    check_again("after the end");
    if (sim_trace_on)
        broker_dump();
    net_end();
    node_end();
    broker_end();
    for (int i = 0; i < SIM_PROCESSES; i++)
        disk_wipe(i);
    sim_sched_end();
    return !world.failure[0];
}
