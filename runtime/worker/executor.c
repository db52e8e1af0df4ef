/* SPDX-License-Identifier: Apache-2.0 */
/* The pool: one job at a time, taken index by index. executor.h says how it is meant. */
#include "runtime/worker/executor.h"

#include <pthread.h>
#include <stdatomic.h>

struct wr_executor {
    pthread_mutex_t owner; /* held while a job is on; only tried */
    pthread_mutex_t lock;
    pthread_cond_t posted, finished;
    pthread_t *threads;
    uint32_t threads_n;
    uint64_t job;    /* number of the present one; under lock, as all below */
    uint32_t busy;   /* threads of the pool that work on it */
    bool open, stop; /* open: threads may still join in */
    void (*fn)(void *arg, uint32_t i);
    void *arg;
    uint32_t n;
    atomic_uint next;
};

static void work(wr_executor *e, void (*fn)(void *, uint32_t), void *arg, uint32_t n)
{
    for (uint32_t i; (i = atomic_fetch_add(&e->next, 1)) < n;)
        fn(arg, i);
}

static void *pool_thread(void *arg)
{
    wr_executor *e = arg;
    uint64_t seen = 0;
    pthread_mutex_lock(&e->lock);
    while (!e->stop) {
        if (!e->open || e->job == seen) {
            pthread_cond_wait(&e->posted, &e->lock);
            continue;
        }
        seen = e->job;
        e->busy++;
        pthread_mutex_unlock(&e->lock);
        work(e, e->fn, e->arg, e->n);
        pthread_mutex_lock(&e->lock);
        if (--e->busy == 0)
            pthread_cond_signal(&e->finished);
    }
    pthread_mutex_unlock(&e->lock);
    return NULL;
}

void wr_executor_run(wr_executor *e, uint32_t n, void (*fn)(void *arg, uint32_t i), void *arg)
{
    if (!e || e->threads_n == 0 || n < 2 || pthread_mutex_trylock(&e->owner) != 0) {
        for (uint32_t i = 0; i < n; i++)
            fn(arg, i);
        return;
    }
    pthread_mutex_lock(&e->lock);
    WR_ASSERT(!e->open && e->busy == 0); /* the owner lock is held */
    e->fn = fn;
    e->arg = arg;
    e->n = n;
    atomic_store(&e->next, 0);
    e->job++;
    e->open = true;
    pthread_cond_broadcast(&e->posted);
    pthread_mutex_unlock(&e->lock);
    work(e, fn, arg, n);
    pthread_mutex_lock(&e->lock);
    e->open = false;
    while (e->busy)
        pthread_cond_wait(&e->finished, &e->lock);
    pthread_mutex_unlock(&e->lock);
    pthread_mutex_unlock(&e->owner);
}

uint32_t wr_executor_slots(const wr_executor *e)
{
    return e ? e->threads_n + 1 : 1;
}

wr_executor *wr_executor_new(uint32_t slots)
{
    wr_executor *e = wr_calloc(1, sizeof *e);
    pthread_mutex_init(&e->owner, NULL);
    pthread_mutex_init(&e->lock, NULL);
    pthread_cond_init(&e->posted, NULL);
    pthread_cond_init(&e->finished, NULL);
    e->threads = wr_calloc(slots, sizeof *e->threads);
    for (uint32_t i = 1; i < slots; i++) {
        /* Fewer threads than asked for are slower, not wrong. */
        if (pthread_create(&e->threads[e->threads_n], NULL, pool_thread, e) != 0)
            break;
        e->threads_n++;
    }
    return e;
}

void wr_executor_free(wr_executor *e)
{
    if (!e)
        return;
    pthread_mutex_lock(&e->lock);
    e->stop = true;
    pthread_cond_broadcast(&e->posted);
    pthread_mutex_unlock(&e->lock);
    for (uint32_t i = 0; i < e->threads_n; i++)
        pthread_join(e->threads[i], NULL);
    pthread_mutex_destroy(&e->owner);
    pthread_mutex_destroy(&e->lock);
    pthread_cond_destroy(&e->posted);
    pthread_cond_destroy(&e->finished);
    wr_free(e->threads);
    wr_free(e);
}
