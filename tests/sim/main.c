/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The simulator: README.md.
 *
 *     sim                           the short form of ctest
 *     sim --seeds 100000 --from 1   so many, from there on
 *     sim --seed 4711 --trace       one of them again, and what happens in it
 *     sim --queries 8               only with these queries (world.h)
 *     sim --clients wire            only with this client of Kafka; or librdkafka
 *     sim --points                  how often each fault point was passed, each request answered
 */
#include "client.h"
#include "net.h"
#include "node.h"
#include "world.h"

#include "common/diag.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#define FROM  1
#define SEEDS 2000

static uint64_t running;

static void on_abort(int signal)
{
    char text[64];
    int n = snprintf(text, sizeof text, "\nseed %llu\n", (unsigned long long)running);
    (void)signal;
    if (write(STDERR_FILENO, text, (size_t)n) < 0)
        _exit(2);
}

static void on_diag(void *arg, wr_diag_level level, const char *logger, const char *message)
{
    (void)arg;
    sim_trace("%s %s: %s", level <= WR_DIAG_WARN ? "WARN" : "info", logger, message);
}

static bool number_after(char **argv, int *i, const char *name, uint64_t *out)
{
    if (strcmp(argv[*i], name) != 0 || !argv[*i + 1])
        return false;
    *out = strtoull(argv[++*i], NULL, 10);
    return true;
}

static bool clients_after(char **argv, int *i, sim_clients *out)
{
    if (strcmp(argv[*i], "--clients") != 0 || !argv[*i + 1])
        return false;
    *out = strcmp(argv[++*i], "wire") == 0 ? SIM_WIRE : SIM_LIBRDKAFKA;
    return true;
}

static bool all_points_passed(bool print)
{
    bool all = true;
    for (int p = 0; p < WR_FAULT_POINTS_N; p++) {
        if (print)
            printf("%10llu  %s\n", (unsigned long long)sim_fault_hits[p],
                   wr_fault_name((wr_fault_point)p));
        if (!sim_fault_hits[p]) {
            printf("the fault point %s was never passed\n", wr_fault_name((wr_fault_point)p));
            all = false;
        }
    }
    return all;
}

/* What our own client asks for, and what happens to its connections. */
static bool all_requests_answered(bool print)
{
    static const struct {
        int api;
        const char *name;
    } known[] = {{0, "Produce"},
                 {2, "ListOffsets"},
                 {1, "Fetch"},
                 {3, "Metadata"},
                 {18, "ApiVersions"},
                 {22, "InitProducerId"},
                 {23, "OffsetForLeaderEpoch"}};
    bool all = sim_net_cuts && sim_node_elections;
    for (size_t i = 0; i < WR_ARRAY_LEN(known); i++) {
        if (print)
            printf("%10llu  %s\n", (unsigned long long)sim_node_answers[known[i].api],
                   known[i].name);
        all = all && sim_node_answers[known[i].api];
    }
    if (print)
        printf("%10llu  connections cut\n%10llu  leaders elected\n",
               (unsigned long long)sim_net_cuts, (unsigned long long)sim_node_elections);
    if (!all)
        printf("a request to nodes, a cut or an election never came about\n");
    return all;
}

static double cpu_seconds(void)
{
    struct rusage u;
    (void)getrusage(RUSAGE_SELF, &u);
    return (double)u.ru_utime.tv_sec + (double)u.ru_stime.tv_sec +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

int main(int argc, char **argv)
{
    uint64_t from = FROM, seeds = SEEDS, one = 0, queries = 0, failed = 0, crashes = 0, boots = 0;
    sim_clients clients = SIM_EITHER;
    bool points = false;
    for (int i = 1; i < argc; i++) {
        if (number_after(argv, &i, "--seed", &one) || number_after(argv, &i, "--from", &from) ||
            number_after(argv, &i, "--seeds", &seeds) ||
            number_after(argv, &i, "--queries", &queries))
            continue;
        if (clients_after(argv, &i, &clients))
            continue;
        if (strcmp(argv[i], "--trace") == 0)
            sim_trace_on = true;
        else if (strcmp(argv[i], "--points") == 0)
            points = true;
        else {
            fprintf(stderr, "usage: sim [--seeds N] [--from N] [--seed N] [--queries BITS] "
                            "[--clients wire|librdkafka] [--trace] [--points]\n");
            return 2;
        }
    }
    if (one) {
        from = one;
        seeds = 1;
    }
    (void)signal(SIGABRT, on_abort);
    wr_diag_set_sink(on_diag, NULL);
    wr_diag_set_level(sim_trace_on ? WR_DIAG_INFO : WR_DIAG_ERROR);
    sim_arm_faults();
    double began = cpu_seconds();
    for (running = from; running < from + seeds; running++) {
        if (!sim_run(running, (int)queries, clients)) {
            failed++;
            printf("seed %llu: %s\n    ", (unsigned long long)running, world.failure);
            sim_plan_print();
        }
        crashes += world.crashes;
        boots += world.boots;
        (void)fflush(stdout);
    }
    double took = cpu_seconds() - began;
    printf("%llu seeds, %llu failed; %llu starts, %llu kills; %.1f CPU s, %.0f seeds/s\n",
           (unsigned long long)seeds, (unsigned long long)failed, (unsigned long long)boots,
           (unsigned long long)crashes, took, took > 0 ? (double)seeds / took : 0.0);
    bool answered = clients == SIM_LIBRDKAFKA || all_requests_answered(points);
    bool passed = (all_points_passed(points) && answered) || one || queries || seeds < SEEDS;
    sim_remove_programs();
    return failed || !passed ? 1 : 0;
}
