/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names and meanings are those of Prometheus' client libraries
 * (https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics), and
 * `process_threads` as several of them have it.
 */
#include "server/metrics/process_metrics.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

/** Of /proc/self/stat, proc(5). */
typedef struct stat_fields {
    unsigned long long user_ticks, system_ticks, threads, start_ticks, virtual_bytes, pages;
} stat_fields;

static bool read_file(const char *path, char *text, size_t size)
{
    FILE *f = fopen(path, "re");
    if (!f)
        return false;
    size_t n = fread(text, 1, size - 1, f);
    text[n] = '\0';
    fclose(f);
    return n > 0;
}

/* The name of the program, in parentheses, may hold anything: fields are counted from behind it. */
static bool read_stat(stat_fields *s)
{
    char text[4096];
    if (!read_file("/proc/self/stat", text, sizeof text))
        return false;
    const char *rest = strrchr(text, ')');
    /* From the state, which is field 3 (proc(5)), on. */
    struct {
        int field;
        unsigned long long *to;
    } wanted[] = {{14, &s->user_ticks},  {15, &s->system_ticks},  {20, &s->threads},
                  {22, &s->start_ticks}, {23, &s->virtual_bytes}, {24, &s->pages}};
    size_t found = 0;
    for (int field = 3; rest && (rest = strchr(rest, ' ')) && found < WR_ARRAY_LEN(wanted);
         field++) {
        rest++;
        if (field == wanted[found].field)
            *wanted[found++].to = strtoull(rest, NULL, 10);
    }
    return found == WR_ARRAY_LEN(wanted);
}

/* Seconds since 1970 at which the machine was started; 0: unknown. */
static double boot_time(void)
{
    FILE *f = fopen("/proc/stat", "re");
    char line[1024];
    unsigned long long seconds = 0;
    while (f && !seconds && fgets(line, sizeof line, f))
        if (strncmp(line, "btime ", 6) == 0)
            seconds = strtoull(line + 6, NULL, 10);
    if (f)
        fclose(f);
    return (double)seconds;
}

/* Its own descriptor, of the directory, is not counted. */
static uint64_t open_fds(void)
{
    DIR *d = opendir("/proc/self/fd");
    uint64_t n = 0;
    if (!d)
        return 0;
    for (const struct dirent *f; (f = readdir(d));)
        n += f->d_name[0] != '.';
    closedir(d);
    return n - 1;
}

static void gauge(wr_exposition *e, const char *name, const char *help, double value)
{
    wr_exposition_family(e, name, "gauge", help);
    wr_exposition_double(e, NULL, value);
}

static void put_stat(wr_exposition *e)
{
    stat_fields s;
    double ticks = (double)sysconf(_SC_CLK_TCK), boot = boot_time();
    if (!read_stat(&s))
        return;
    wr_exposition_family(e, "process_cpu_seconds_total", "counter",
                         "Total user and system CPU time spent in seconds.");
    wr_exposition_double(e, NULL, (double)(s.user_ticks + s.system_ticks) / ticks);
    if (boot > 0)
        gauge(e, "process_start_time_seconds",
              "Start time of the process since unix epoch in seconds.",
              boot + (double)s.start_ticks / ticks);
    gauge(e, "process_virtual_memory_bytes", "Virtual memory size in bytes.",
          (double)s.virtual_bytes);
    gauge(e, "process_resident_memory_bytes", "Resident memory size in bytes.",
          (double)s.pages * (double)sysconf(_SC_PAGESIZE));
    gauge(e, "process_threads", "Number of threads of the process.", (double)s.threads);
}

void wr_process_metrics_put(wr_exposition *e)
{
    struct rlimit limit;
    uint64_t fds = open_fds();
    put_stat(e);
    if (fds)
        gauge(e, "process_open_fds", "Number of open file descriptors.", (double)fds);
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
        gauge(e, "process_max_fds", "Maximum number of open file descriptors.",
              limit.rlim_cur == RLIM_INFINITY ? -1.0 : (double)limit.rlim_cur);
}
