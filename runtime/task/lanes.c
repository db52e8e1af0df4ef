/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pool of threads that run the lanes of scans: one for the whole process.
 *
 * A job is a function over 0 .. n-1. The thread that has it works on it too; idle threads of the
 * pool take indices until none is left. One job at a time: a scan that finds the pool at work does
 * its lanes alone, one after the other, so nobody waits for a thread.
 */
#include "runtime/task/internal.h"

struct wr_pool {
    pthread_mutex_t owner; /* held while a job is on; only tried */
    pthread_mutex_t lock;
    pthread_cond_t posted, finished;
    pthread_t *threads;
    uint32_t threads_n;
    uint64_t job;    /* number of the present one; under lock, as all below */
    uint32_t busy;   /* threads of the pool that are at it */
    bool open, stop; /* open: may still be joined */
    void (*fn)(void *arg, uint32_t i);
    void *arg;
    uint32_t n;
    atomic_uint next;
};

static void work(wr_pool *p, void (*fn)(void *, uint32_t), void *arg, uint32_t n)
{
    for (uint32_t i; (i = atomic_fetch_add(&p->next, 1)) < n;)
        fn(arg, i);
}

static void *pool_thread(void *arg)
{
    wr_pool *p = arg;
    uint64_t seen = 0;
    pthread_mutex_lock(&p->lock);
    while (!p->stop) {
        if (!p->open || p->job == seen) {
            pthread_cond_wait(&p->posted, &p->lock);
            continue;
        }
        seen = p->job;
        p->busy++;
        pthread_mutex_unlock(&p->lock);
        work(p, p->fn, p->arg, p->n);
        pthread_mutex_lock(&p->lock);
        if (--p->busy == 0)
            pthread_cond_signal(&p->finished);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

void wr__pool_run(wr_pool *p, uint32_t n, void (*fn)(void *arg, uint32_t i), void *arg)
{
    if (!p || p->threads_n == 0 || n < 2 || pthread_mutex_trylock(&p->owner) != 0) {
        for (uint32_t i = 0; i < n; i++)
            fn(arg, i);
        return;
    }
    pthread_mutex_lock(&p->lock);
    p->fn = fn;
    p->arg = arg;
    p->n = n;
    atomic_store(&p->next, 0);
    p->job++;
    p->open = true;
    pthread_cond_broadcast(&p->posted);
    pthread_mutex_unlock(&p->lock);
    work(p, fn, arg, n);
    pthread_mutex_lock(&p->lock);
    p->open = false;
    while (p->busy)
        pthread_cond_wait(&p->finished, &p->lock);
    pthread_mutex_unlock(&p->lock);
    pthread_mutex_unlock(&p->owner);
}

uint32_t wr__pool_lanes(const wr_pool *p)
{
    return p ? p->threads_n + 1 : 1;
}

wr_pool *wr_pool_new(uint32_t lanes)
{
    wr_pool *p = wr_calloc(1, sizeof *p);
    pthread_mutex_init(&p->owner, NULL);
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->posted, NULL);
    pthread_cond_init(&p->finished, NULL);
    p->threads = wr_calloc(lanes, sizeof *p->threads);
    for (uint32_t i = 1; i < lanes; i++) {
        /* Fewer threads than asked for are slower, not wrong. */
        if (pthread_create(&p->threads[p->threads_n], NULL, pool_thread, p) != 0)
            break;
        p->threads_n++;
    }
    return p;
}

void wr_pool_free(wr_pool *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    p->stop = true;
    pthread_cond_broadcast(&p->posted);
    pthread_mutex_unlock(&p->lock);
    for (uint32_t i = 0; i < p->threads_n; i++)
        pthread_join(p->threads[i], NULL);
    pthread_mutex_destroy(&p->owner);
    pthread_mutex_destroy(&p->lock);
    pthread_cond_destroy(&p->posted);
    pthread_cond_destroy(&p->finished);
    wr_free(p->threads);
    wr_free(p);
}
