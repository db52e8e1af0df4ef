/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one measure for every engine, from outside: measure REPORT SECONDS COMMAND...
 *
 * Runs the command in a process group of its own and writes a JSON object to REPORT: when it began
 * (CLOCK_MONOTONIC), how long it took, CPU time of it and of all its children that it waited for,
 * the peak of resident memory (of the largest one of these), how it ended. After SECONDS the group
 * is killed. Nothing outlives this process: not on SIGINT or SIGTERM, nor when it is killed itself.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t child, timed_out;

static void end_group(int sig)
{
    timed_out = sig == SIGALRM;
    if (child > 0)
        kill(-child, SIGKILL);
}

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "measure: %s: %s\n", what, strerror(errno));
    exit(1);
}

static _Noreturn void become(char **command, pid_t parent)
{
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execvp(command[0], command);
    fprintf(stderr, "measure: %s: %s\n", command[0], strerror(errno));
    _exit(127);
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fprintf(stderr, "usage: measure REPORT SECONDS COMMAND...\n");
        return 2;
    }
    /* The signals wait until there is a group to end. */
    sigset_t set, old;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGALRM);
    sigprocmask(SIG_BLOCK, &set, &old);
    for (int i = 0; i < 3; i++)
        sigaction((int[]){SIGINT, SIGTERM, SIGALRM}[i],
                  &(struct sigaction){.sa_handler = end_group}, NULL);
    pid_t self = getpid();
    int64_t start = now_ns();
    pid_t pid = fork();
    if (pid < 0)
        fail("fork");
    if (pid == 0)
        become(argv + 3, self);
    setpgid(pid, pid); /* both do it: whoever comes first */
    child = pid;
    alarm((unsigned)strtoul(argv[2], NULL, 10));
    sigprocmask(SIG_SETMASK, &old, NULL);

    int status;
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR)
            fail("wait");
    }
    int64_t end = now_ns();
    kill(-pid, SIGKILL); /* what it has left behind */
    struct rusage used;
    getrusage(RUSAGE_CHILDREN, &used);
    FILE *report = fopen(argv[1], "w");
    if (!report)
        fail(argv[1]);
    fprintf(report,
            "{\"start_ns\": %" PRId64 ", \"wall_s\": %.6f, \"user_s\": %.6f, \"sys_s\": %.6f,"
            " \"rss_kib\": %ld, \"exit\": %d, \"signal\": %d, \"timed_out\": %s}\n",
            start, (double)(end - start) / 1e9, seconds(used.ru_utime), seconds(used.ru_stime),
            used.ru_maxrss, WIFEXITED(status) ? WEXITSTATUS(status) : -1,
            WIFSIGNALED(status) ? WTERMSIG(status) : 0, timed_out ? "true" : "false");
    if (fclose(report) != 0)
        fail(argv[1]);
    return 0;
}
