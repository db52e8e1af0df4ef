/* SPDX-License-Identifier: Apache-2.0 */
#include "server/http/work_pool.h"

#include "common/base.h"

#include <pthread.h>

typedef struct wr__job {
    void (*work)(void *arg);
    void *arg;
    struct wr__job *next;
} wr__job;

struct wr__workers {
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t more;
    wr__job *first, **last;
    pthread_t *threads;
    unsigned threads_n, threads_max;
    unsigned waiting; /* threads that have nothing to do */
    unsigned queued;
    bool ending;
};

static void *run_jobs(void *arg)
{
    wr__workers *p = arg;
    pthread_mutex_lock(&p->lock);
    for (;;) {
        while (!p->first && !p->ending) {
            p->waiting++;
            pthread_cond_wait(&p->more, &p->lock);
            p->waiting--;
        }
        wr__job *job = p->first;
        if (!job)
            break;
        WR_ASSERT(p->queued > 0);
        p->first = job->next;
        if (!p->first)
            p->last = &p->first;
        p->queued--;
        pthread_mutex_unlock(&p->lock);
        job->work(job->arg);
        wr_free(job);
        pthread_mutex_lock(&p->lock);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

wr__workers *wr__workers_new(unsigned threads_max)
{
    WR_ASSERT(threads_max > 0);
    wr__workers *p = wr_calloc(1, sizeof *p);
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->more, NULL);
    p->last = &p->first;
    p->threads_max = threads_max;
    p->threads = wr_calloc(threads_max, sizeof *p->threads);
    return p;
}

void wr__workers_free(wr__workers *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    p->ending = true;
    pthread_cond_broadcast(&p->more);
    pthread_mutex_unlock(&p->lock);
    for (unsigned i = 0; i < p->threads_n; i++)
        pthread_join(p->threads[i], NULL);
    WR_ASSERT(!p->first && p->queued == 0 && p->waiting == 0);
    pthread_cond_destroy(&p->more);
    pthread_mutex_destroy(&p->lock);
    wr_free(p->threads);
    wr_free(p);
}

/* With the lock. One thread at least must come about, or nothing would ever be done. */
static void start_thread(wr__workers *p)
{
    WR_ASSERT(p->threads_n < p->threads_max);
    int failed = pthread_create(&p->threads[p->threads_n], NULL, run_jobs, p);
    WR_ASSERT(!failed || p->threads_n > 0);
    p->threads_n += !failed;
}

void wr__workers_add(wr__workers *p, void (*work)(void *arg), void *arg)
{
    wr__job *job = wr_malloc(sizeof *job);
    *job = (wr__job){work, arg, NULL};
    pthread_mutex_lock(&p->lock);
    WR_ASSERT(!p->ending);
    *p->last = job;
    p->last = &job->next;
    p->queued++;
    if (p->queued > p->waiting && p->threads_n < p->threads_max)
        start_thread(p);
    pthread_cond_signal(&p->more);
    pthread_mutex_unlock(&p->lock);
}
