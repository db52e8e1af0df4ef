/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Coroutines in place of threads, a clock that is moved, numbers from a seed.
 *
 * Mutexes and conditions of the program keep their place in memory and get a content of ours; a
 * zeroed one is free, as PTHREAD_MUTEX_INITIALIZER says. A coroutine that runs is never interrupted
 * but where it calls something of this file, so what is here needs no locks. So that two coroutines
 * meet in many ways, a free mutex is sometimes not taken at once, but others run first.
 *
 * Stacks are mapped and kept for the next coroutine.
 */
#include "schedule.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <ucontext.h>

enum { STACK_BYTES = 1 << 20, TICK_NS = 200, YIELD_ONE_IN = 24 };
#define EPOCH_US 1700000000000000ll
#define NEVER    INT64_MAX

typedef enum waits { RUNS, SLEEPS, WAITS_MUTEX, WAITS_COND, WAITS_JOIN, WAITS_BROKER, ENDED } waits;

typedef struct coroutine {
    struct coroutine *next; /* of all, or of the free ones */
    ucontext_t context;
    void *stack;
    void *(*run)(void *);
    void *arg;
    int process;
    waits waits;
    const void *on;   /* mutex, condition, coroutine or thing that it waits for */
    uint64_t number;  /* ... of the thing */
    int64_t until_ns; /* NEVER: none */
    bool timed_out;
    bool detached, joined;
} coroutine;

/* In place of a pthread_mutex_t. */
typedef struct mutex {
    coroutine *owner;
} mutex;

static struct {
    wr_rng rng;
    int64_t now_ns, limit_ns;
    coroutine main, *current, *all, *spare;
    bool alone; /* sim_stay_alone */
    bool frozen[SIM_PROCESSES];
    uint64_t switches;
} s;

/* ---- numbers, time ---- */

uint64_t sim_below(uint64_t n)
{
    return wr_rng_below(&s.rng, n);
}

bool sim_one_in(uint64_t n)
{
    return sim_below(n) == 0;
}

int64_t sim_now_us(void)
{
    return s.now_ns / 1000;
}

uint64_t sim_switches(void)
{
    return s.switches;
}

int sim_process(void)
{
    return s.current->process;
}

void sim_set_process(int process)
{
    s.current->process = process;
}

void sim_freeze(int process, bool frozen)
{
    s.frozen[process] = frozen;
}

bool sim_is_frozen(int process)
{
    return process >= 0 && s.frozen[process];
}

void sim_stay_alone(bool alone)
{
    WR_ASSERT(s.alone != alone);
    s.alone = alone;
}

void sim_set_limit_us(int64_t us)
{
    s.limit_ns = s.now_ns + us * 1000;
}

/* ---- who is next ---- */

static bool can_run(const coroutine *c)
{
    if (c->process >= 0 && s.frozen[c->process])
        return false;
    switch (c->waits) {
    case RUNS:
        return true;
    case WAITS_MUTEX:
        return ((const mutex *)c->on)->owner == NULL;
    case WAITS_JOIN:
        return ((const coroutine *)c->on)->waits == ENDED;
    case ENDED:
        return false;
    default:
        return c->until_ns <= s.now_ns;
    }
}

static coroutine *choose(void)
{
    uint64_t n = 0;
    coroutine *chosen = NULL;
    for (coroutine *c = s.all; c; c = c->next)
        if (can_run(c) && sim_below(++n) == 0)
            chosen = c;
    return chosen;
}

static int64_t next_deadline(void)
{
    int64_t first = NEVER;
    for (coroutine *c = s.all; c; c = c->next) {
        bool timed = c->waits == SLEEPS || c->waits == WAITS_COND || c->waits == WAITS_BROKER;
        if (timed && !(c->process >= 0 && s.frozen[c->process]))
            first = WR_MIN(first, c->until_ns);
    }
    return first;
}

void sim_stuck(const char *why)
{
    fprintf(stderr, "%s, at %.3f s\n", why, (double)(s.now_ns - EPOCH_US * 1000) / 1e9);
    for (coroutine *c = s.all; c; c = c->next)
        fprintf(stderr, "  a coroutine of process %d: %d until %.3f\n", c->process, (int)c->waits,
                c->until_ns == NEVER ? -1.0 : (double)(c->until_ns - EPOCH_US * 1000) / 1e9);
    abort();
}

static void switch_to_next(void)
{
    coroutine *from = s.current, *to;
    WR_ASSERT(!s.alone);
    while (!(to = choose())) {
        int64_t deadline = next_deadline();
        if (deadline == NEVER)
            sim_stuck("everybody waits for ever");
        s.now_ns = WR_MAX(s.now_ns, deadline);
        if (s.now_ns > s.limit_ns)
            sim_stuck("the run does not get on");
    }
    to->timed_out = to->waits == WAITS_COND || to->waits == WAITS_BROKER;
    to->waits = RUNS;
    if (to == from)
        return;
    s.current = to;
    s.switches++;
    swapcontext(&from->context, &to->context);
}

static void wait_for(waits what, const void *on, int64_t until_ns)
{
    s.current->waits = what;
    s.current->on = on;
    s.current->until_ns = until_ns;
    switch_to_next();
}

void sim_yield(void)
{
    s.current->waits = RUNS;
    switch_to_next();
}

void sim_sleep_us(int64_t us)
{
    wait_for(SLEEPS, NULL, s.now_ns + WR_MAX(us, (int64_t)0) * 1000);
}

void sim_wait_until_us(int64_t until)
{
    wait_for(WAITS_BROKER, NULL, until == NEVER ? NEVER : until * 1000);
}

void sim_wake_all(void)
{
    for (coroutine *c = s.all; c; c = c->next)
        if (c->waits == WAITS_BROKER)
            c->until_ns = s.now_ns;
}

void sim_wait_on(const void *what, uint64_t number, int64_t until)
{
    s.current->number = number;
    wait_for(SLEEPS, what, until == NEVER ? NEVER : until * 1000);
}

void sim_wake(const void *what, uint64_t number)
{
    for (coroutine *c = s.all; c; c = c->next)
        if (c->waits == SLEEPS && c->on == what && c->number == number)
            c->until_ns = s.now_ns;
}

/* ---- coroutines ---- */

static void trampoline(void)
{
    coroutine *c = s.current;
    (void)c->run(c->arg);
    WR_ASSERT(s.current == c);
    c->waits = ENDED;
    switch_to_next();
    WR_UNREACHABLE();
}

static coroutine *spawn(void *(*run)(void *), void *arg)
{
    coroutine *const c = s.spare ? s.spare : wr_calloc(1, sizeof *c);
    if (c == s.spare) {
        s.spare = c->next;
        void *stack = c->stack;
        *c = (coroutine){.stack = stack};
    } else {
        c->stack =
            mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        WR_ASSERT(c->stack != MAP_FAILED);
    }
    getcontext(&c->context);
    c->context.uc_stack.ss_sp = c->stack;
    c->context.uc_stack.ss_size = STACK_BYTES;
    c->context.uc_link = NULL;
    makecontext(&c->context, trampoline, 0);
    c->run = run;
    c->arg = arg;
    c->process = s.current->process;
    c->next = s.all;
    s.all = c;
    return c;
}

/* An ended coroutine that nobody will join any more. */
static void reap(void)
{
    for (coroutine **at = &s.all; *at;) {
        coroutine *c = *at;
        if (c->waits != ENDED || !(c->detached || c->joined) || c == s.current) {
            at = &c->next;
            continue;
        }
        *at = c->next;
        c->next = s.spare;
        s.spare = c;
    }
}

void sim_spawn(void *(*run)(void *), void *arg)
{
    reap();
    spawn(run, arg)->detached = true;
}

void sim_sched_begin(uint64_t seed)
{
    WR_ASSERT(!s.all);
    wr_rng_seed(&s.rng, seed);
    s.now_ns = EPOCH_US * 1000;
    s.limit_ns = NEVER;
    s.switches = 0;
    memset(s.frozen, 0, sizeof s.frozen);
    s.main = (coroutine){.process = SIM_NOBODY};
    s.current = s.all = &s.main;
}

void sim_sched_end(void)
{
    reap();
    WR_ASSERT(s.current == &s.main && s.all == &s.main && !s.main.next);
    s.all = NULL;
}

/* ---- what the program calls ---- */

int __wrap_pthread_create(pthread_t *out, const pthread_attr_t *attr, void *(*run)(void *),
                          void *arg);
int __wrap_pthread_join(pthread_t thread, void **result);
int __wrap_pthread_detach(pthread_t thread);
int __wrap_pthread_mutex_init(pthread_mutex_t *m, const pthread_mutexattr_t *attr);
int __wrap_pthread_mutex_destroy(pthread_mutex_t *m);
int __wrap_pthread_mutex_lock(pthread_mutex_t *m);
int __wrap_pthread_mutex_trylock(pthread_mutex_t *m);
int __wrap_pthread_mutex_timedlock(pthread_mutex_t *m, const struct timespec *until);
int __wrap_pthread_mutex_unlock(pthread_mutex_t *m);
int __wrap_pthread_cond_init(pthread_cond_t *c, const pthread_condattr_t *attr);
int __wrap_pthread_cond_destroy(pthread_cond_t *c);
int __wrap_pthread_cond_wait(pthread_cond_t *c, pthread_mutex_t *m);
int __wrap_pthread_cond_timedwait(pthread_cond_t *c, pthread_mutex_t *m,
                                  const struct timespec *until);
int __wrap_pthread_cond_signal(pthread_cond_t *c);
int __wrap_pthread_cond_broadcast(pthread_cond_t *c);
int __wrap_clock_gettime(clockid_t id, struct timespec *out);
int __wrap_nanosleep(const struct timespec *t, struct timespec *rest);
long __wrap_getrandom(void *out, size_t size, unsigned flags);

int __wrap_pthread_create(pthread_t *out, const pthread_attr_t *attr, void *(*run)(void *),
                          void *arg)
{
    (void)attr;
    reap();
    *out = (pthread_t)(uintptr_t)spawn(run, arg);
    return 0;
}

int __wrap_pthread_join(pthread_t thread, void **result)
{
    coroutine *c = (coroutine *)(uintptr_t)thread;
    WR_ASSERT(!result && !c->joined && !c->detached);
    if (c->waits != ENDED)
        wait_for(WAITS_JOIN, c, NEVER);
    c->joined = true;
    reap();
    return 0;
}

int __wrap_pthread_detach(pthread_t thread)
{
    ((coroutine *)(uintptr_t)thread)->detached = true;
    return 0;
}

int __wrap_pthread_mutex_init(pthread_mutex_t *m, const pthread_mutexattr_t *attr)
{
    (void)attr;
    memset(m, 0, sizeof *m);
    return 0;
}

int __wrap_pthread_mutex_destroy(pthread_mutex_t *m)
{
    WR_ASSERT(!((mutex *)(void *)m)->owner);
    return 0;
}

int __wrap_pthread_mutex_lock(pthread_mutex_t *lock)
{
    mutex *m = (mutex *)(void *)lock;
    if (!s.current) /* before and after runs */
        return 0;
    WR_ASSERT(m->owner != s.current);
    if (!s.alone && sim_one_in(YIELD_ONE_IN))
        sim_yield();
    while (m->owner)
        wait_for(WAITS_MUTEX, m, NEVER);
    m->owner = s.current;
    return 0;
}

int __wrap_pthread_mutex_trylock(pthread_mutex_t *lock)
{
    mutex *m = (mutex *)(void *)lock;
    if (m->owner)
        return EBUSY;
    m->owner = s.current;
    return 0;
}

int __wrap_pthread_mutex_timedlock(pthread_mutex_t *lock, const struct timespec *until)
{
    (void)until; /* nobody holds one for long */
    return __wrap_pthread_mutex_lock(lock);
}

int __wrap_pthread_mutex_unlock(pthread_mutex_t *lock)
{
    mutex *m = (mutex *)(void *)lock;
    WR_ASSERT(m->owner == s.current);
    m->owner = NULL;
    return 0;
}

int __wrap_pthread_cond_init(pthread_cond_t *c, const pthread_condattr_t *attr)
{
    (void)c, (void)attr;
    return 0;
}

int __wrap_pthread_cond_destroy(pthread_cond_t *c)
{
    (void)c;
    return 0;
}

static int wait_cond(pthread_cond_t *c, pthread_mutex_t *m, int64_t until_ns)
{
    __wrap_pthread_mutex_unlock(m);
    wait_for(WAITS_COND, c, until_ns);
    bool timed_out = s.current->timed_out && s.current->on == c;
    __wrap_pthread_mutex_lock(m);
    return timed_out ? ETIMEDOUT : 0;
}

int __wrap_pthread_cond_wait(pthread_cond_t *c, pthread_mutex_t *m)
{
    return wait_cond(c, m, NEVER);
}

/* All conditions of the program with a time-out go by the monotonic clock. */
int __wrap_pthread_cond_timedwait(pthread_cond_t *c, pthread_mutex_t *m,
                                  const struct timespec *until)
{
    return wait_cond(c, m, (int64_t)until->tv_sec * 1000000000 + until->tv_nsec);
}

static void wake(const pthread_cond_t *c, bool all)
{
    uint64_t n = 0;
    coroutine *chosen = NULL;
    for (coroutine *w = s.all; w; w = w->next) {
        if (w->waits != WAITS_COND || w->on != c)
            continue;
        if (all) {
            w->waits = RUNS;
            w->on = NULL;
        } else if (sim_below(++n) == 0) {
            chosen = w;
        }
    }
    if (chosen) {
        chosen->waits = RUNS;
        chosen->on = NULL;
    }
}

int __wrap_pthread_cond_signal(pthread_cond_t *c)
{
    wake(c, false);
    return 0;
}

int __wrap_pthread_cond_broadcast(pthread_cond_t *c)
{
    wake(c, true);
    return 0;
}

int __wrap_clock_gettime(clockid_t id, struct timespec *out)
{
    (void)id; /* both clocks show the same */
    s.now_ns += TICK_NS;
    out->tv_sec = (time_t)(s.now_ns / 1000000000);
    out->tv_nsec = (long)(s.now_ns % 1000000000);
    return 0;
}

int __wrap_nanosleep(const struct timespec *t, struct timespec *rest)
{
    (void)rest;
    sim_sleep_us((int64_t)t->tv_sec * 1000000 + t->tv_nsec / 1000);
    return 0;
}

long __wrap_getrandom(void *out, size_t size, unsigned flags)
{
    (void)flags;
    for (size_t i = 0; i < size; i++)
        ((unsigned char *)out)[i] = (unsigned char)sim_below(256);
    return (long)size;
}
