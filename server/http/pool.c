/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads for what may wait. There are as many as there is work at the same time, up to a limit;
 * one that has had nothing to do for a while ends. What waits for a thread does so in order.
 */
#include "server/http/internal.h"

#include <errno.h>
#include <time.h>

enum { THREADS_MAX = 64, IDLE_S = 10 };

typedef struct wr__job {
    void (*work)(void *);
    void (*done)(void *);
    void *arg;
    struct wr__job *next;
} wr__job;

struct wr__http_pool {
    wr_http_server *server;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    wr__job *first, **end;
    uint32_t threads, idle, waiting;
    bool closing;
    bool awaited; /* somebody waits until there is nothing to do */
};

wr__http_pool *wr__http_pool_new(wr_http_server *s)
{
    wr__http_pool *p = wr_calloc(1, sizeof *p);
    pthread_condattr_t attr;
    p->server = s;
    p->end = &p->first;
    pthread_mutex_init(&p->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&p->changed, &attr);
    pthread_condattr_destroy(&attr);
    return p;
}

/* With the lock held. NULL: there was none for a while, or the pool closes. */
static wr__job *take(wr__http_pool *p)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += IDLE_S;
    p->idle++;
    if (p->awaited)
        pthread_cond_broadcast(&p->changed);
    while (!p->first && !p->closing)
        if (pthread_cond_timedwait(&p->changed, &p->lock, &until) == ETIMEDOUT)
            break;
    p->idle--;
    wr__job *job = p->first;
    if (job) {
        p->first = job->next;
        p->waiting--;
        if (!p->first)
            p->end = &p->first;
    }
    return job;
}

static void *pool_thread(void *arg)
{
    wr__http_pool *p = arg;
    pthread_mutex_lock(&p->lock);
    for (wr__job *job; (job = take(p));) {
        pthread_mutex_unlock(&p->lock);
        job->work(job->arg);
        if (job->done)
            wr_http_post(p->server, job->done, job->arg);
        wr_free(job);
        pthread_mutex_lock(&p->lock);
    }
    p->threads--;
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

/* With the lock held. Without a single thread there is nobody to do the work: then it is an error
 * of the machine that nothing here can mend. */
static void start_thread(wr__http_pool *p)
{
    pthread_t thread;
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    int failed = pthread_create(&thread, &attr, pool_thread, p);
    pthread_attr_destroy(&attr);
    p->threads += failed == 0;
    WR_ASSERT(p->threads > 0);
}

void wr__http_pool_run(wr__http_pool *p, void (*work)(void *), void (*done)(void *), void *arg)
{
    wr__job *job = wr_calloc(1, sizeof *job);
    *job = (wr__job){work, done, arg, NULL};
    pthread_mutex_lock(&p->lock);
    *p->end = job;
    p->end = &job->next;
    p->waiting++;
    if (p->waiting > p->idle && p->threads < THREADS_MAX)
        start_thread(p);
    pthread_cond_signal(&p->changed);
    pthread_mutex_unlock(&p->lock);
}

void wr__http_pool_wait_idle(wr__http_pool *p)
{
    pthread_mutex_lock(&p->lock);
    p->awaited = true;
    while (p->first || p->threads > p->idle)
        pthread_cond_wait(&p->changed, &p->lock);
    p->awaited = false;
    pthread_mutex_unlock(&p->lock);
}

void wr__http_pool_free(wr__http_pool *p)
{
    pthread_mutex_lock(&p->lock);
    p->closing = true;
    pthread_cond_broadcast(&p->changed);
    while (p->threads > 0)
        pthread_cond_wait(&p->changed, &p->lock);
    WR_ASSERT(!p->first);
    pthread_mutex_unlock(&p->lock);
    pthread_cond_destroy(&p->changed);
    pthread_mutex_destroy(&p->lock);
    wr_free(p);
}
