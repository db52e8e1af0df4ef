/* SPDX-License-Identifier: Apache-2.0 */
/*
 * C11 threads in pthread terms, linked into every executable of the tsan build.
 *
 * Debian's librdkafka calls glibc's thrd_create, mtx_* and cnd_*. ThreadSanitizer of gcc and clang
 * intercepts only the pthread functions, so a thread made by thrd_create has no TSan state and the
 * process crashes in it, and locks taken by mtx_lock order nothing. Definitions in the executable
 * (linked with -rdynamic) come before glibc's for every library, and what they call is intercepted.
 *
 * glibc's mtx_t and cnd_t have the size and the initial state of pthread_mutex_t and
 * pthread_cond_t, which makes the casts good; the static asserts hold that down.
 */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <threads.h>

_Static_assert(sizeof(mtx_t) == sizeof(pthread_mutex_t), "mtx_t is not a pthread_mutex_t");
_Static_assert(sizeof(cnd_t) == sizeof(pthread_cond_t), "cnd_t is not a pthread_cond_t");
_Static_assert(sizeof(thrd_t) == sizeof(pthread_t), "thrd_t is not a pthread_t");

/* The build hides everything; these must be found by librdkafka.so. */
#pragma GCC visibility push(default)

static int to_thrd(int e)
{
    switch (e) {
    case 0:
        return thrd_success;
    case ENOMEM:
        return thrd_nomem;
    case ETIMEDOUT:
        return thrd_timedout;
    case EBUSY:
        return thrd_busy;
    default:
        return thrd_error;
    }
}

typedef struct start_args {
    thrd_start_t run;
    void *arg;
} start_args;

static void *trampoline(void *p)
{
    start_args a = *(start_args *)p;
    free(p);
    return (void *)(intptr_t)a.run(a.arg);
}

int thrd_create(thrd_t *thread, thrd_start_t run, void *arg)
{
    start_args *a = malloc(sizeof *a);
    if (!a)
        return thrd_nomem;
    *a = (start_args){run, arg};
    int e = pthread_create((pthread_t *)thread, NULL, trampoline, a);
    if (e)
        free(a);
    return to_thrd(e);
}

int thrd_join(thrd_t thread, int *result)
{
    void *r = NULL;
    int e = pthread_join((pthread_t)thread, &r);
    if (!e && result)
        *result = (int)(intptr_t)r;
    return to_thrd(e);
}

int thrd_detach(thrd_t thread)
{
    return to_thrd(pthread_detach((pthread_t)thread));
}

int mtx_init(mtx_t *m, int type)
{
    pthread_mutexattr_t attr;
    pthread_mutexattr_init(&attr);
    if (type & mtx_recursive)
        pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
    int e = pthread_mutex_init((pthread_mutex_t *)m, &attr);
    pthread_mutexattr_destroy(&attr);
    return to_thrd(e);
}

void mtx_destroy(mtx_t *m)
{
    pthread_mutex_destroy((pthread_mutex_t *)m);
}

int mtx_lock(mtx_t *m)
{
    return to_thrd(pthread_mutex_lock((pthread_mutex_t *)m));
}

int mtx_trylock(mtx_t *m)
{
    return to_thrd(pthread_mutex_trylock((pthread_mutex_t *)m));
}

int mtx_unlock(mtx_t *m)
{
    return to_thrd(pthread_mutex_unlock((pthread_mutex_t *)m));
}

int cnd_init(cnd_t *c)
{
    return to_thrd(pthread_cond_init((pthread_cond_t *)c, NULL));
}

void cnd_destroy(cnd_t *c)
{
    pthread_cond_destroy((pthread_cond_t *)c);
}

int cnd_signal(cnd_t *c)
{
    return to_thrd(pthread_cond_signal((pthread_cond_t *)c));
}

int cnd_broadcast(cnd_t *c)
{
    return to_thrd(pthread_cond_broadcast((pthread_cond_t *)c));
}

int cnd_wait(cnd_t *c, mtx_t *m)
{
    return to_thrd(pthread_cond_wait((pthread_cond_t *)c, (pthread_mutex_t *)m));
}

int cnd_timedwait(cnd_t *restrict c, mtx_t *restrict m, const struct timespec *restrict until)
{
    return to_thrd(pthread_cond_timedwait((pthread_cond_t *)c, (pthread_mutex_t *)m, until));
}

#pragma GCC visibility pop
