/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Destroying a handle that may not want to go.
 *
 * rd_kafka_destroy of librdkafka 2.0.2 joins the handle's threads, and one of them may wait for a
 * partition of a topic that does not exist any more, for ever. A program must end all the same, and
 * a DROP must return, so a thread of its own destroys, and whoever asked waits for it for a limited
 * time. Then the handle is left to that thread: it costs memory and a few idle threads until the
 * process ends. Nothing of ours is in its hands any more, since callbacks but for the log's run
 * inside polls, and the log's takes nothing from its opaque.
 *
 * Thread: any; the handle is used by nobody else.
 */
#include "common/diag.h"
#include "runtime/log/kafka.h"

#include <errno.h>
#include <time.h>

#define DESTROY_SECONDS 5 /* usually it takes some milliseconds */

/** Of both threads; who is the last to look at it frees it. */
typedef struct destruction {
    rd_kafka_t *rk;
    pthread_mutex_t lock; /* the rest */
    pthread_cond_t changed;
    bool done, left_alone;
} destruction;

static void free_destruction(destruction *d)
{
    pthread_cond_destroy(&d->changed);
    pthread_mutex_destroy(&d->lock);
    wr_free(d);
}

static void *destroy_handle(void *arg)
{
    destruction *d = arg;
    rd_kafka_destroy(d->rk);
    pthread_mutex_lock(&d->lock);
    bool last = d->left_alone;
    d->done = true;
    pthread_cond_signal(&d->changed);
    pthread_mutex_unlock(&d->lock);
    if (last)
        free_destruction(d);
    return NULL;
}

/* @return whether it is done; else the other thread frees @p d. */
static bool wait_done(destruction *d)
{
    struct timespec until;
    int rc = 0;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += DESTROY_SECONDS;
    pthread_mutex_lock(&d->lock);
    while (!d->done && rc != ETIMEDOUT)
        rc = pthread_cond_timedwait(&d->changed, &d->lock, &until);
    bool done = d->done;
    d->left_alone = !done;
    pthread_mutex_unlock(&d->lock);
    return done;
}

void wr__kafka_destroy(rd_kafka_t *rk)
{
    pthread_t thread;
    pthread_condattr_t monotonic;
    WR_ASSERT(rk);
    destruction *d = wr_calloc(1, sizeof *d);
    d->rk = rk;
    pthread_mutex_init(&d->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&d->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (pthread_create(&thread, NULL, destroy_handle, d) != 0) {
        rd_kafka_destroy(rk); /* there is no thread to be had */
        free_destruction(d);
        return;
    }
    if (wait_done(d)) {
        pthread_join(thread, NULL);
        free_destruction(d);
        return;
    }
    pthread_detach(thread);
    wr_diag_put(WR_DIAG_WARN, "kafka",
                "a Kafka consumer does not end within %d s (was a topic that it read deleted?); it "
                "is left behind until this process ends",
                DESTROY_SECONDS);
}
