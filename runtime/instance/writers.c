/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writers for statements: a few that are idle are kept.
 */
#include "runtime/instance/writers.h"
#include "common/diag.h"
#include "runtime/instance/engine_state.h"

void wr__writers_init(wr__writers *w)
{
    *w = (wr__writers){0};
    pthread_mutex_init(&w->lock, NULL);
}

void wr__writers_free(wr__writers *w)
{
    WR_ASSERT(w->taken == 0);
    for (uint32_t i = 0; i < w->idle_n; i++)
        wr_log_writer_close(w->idle[i]);
    pthread_mutex_destroy(&w->lock);
}

/* Making a writer may wait for a broker, so it is done without the lock; `taken` says that it is
 * under way. */
weir_status wr_engine_take_writer(wr_engine *e, wr_log_writer **out, weir_error *err)
{
    wr__writers *all = &e->writers;
    wr_log_writer *w = NULL;
    pthread_mutex_lock(&all->lock);
    if (all->idle_n)
        w = all->idle[--all->idle_n];
    all->taken++;
    pthread_mutex_unlock(&all->lock);
    weir_status st = w ? WEIR_OK : wr_log_writer_new(e->log, &e->settings, &w, err);
    if (st != WEIR_OK) {
        pthread_mutex_lock(&all->lock);
        all->taken--;
        pthread_mutex_unlock(&all->lock);
        return st;
    }
    WR_ASSERT(wr_log_writer_pending(w) == 0);
    *out = w;
    return WEIR_OK;
}

/* Aborting may wait, closing too: both without the lock. */
void wr_engine_give_writer(wr_engine *e, wr_log_writer *w, bool good)
{
    wr__writers *all = &e->writers;
    weir_error err;
    WR_ASSERT(!good || wr_log_writer_pending(w) == 0);
    if (!good && wr_log_writer_abort(w, NULL, &err) != WEIR_OK)
        wr_diag_put(WR_DIAG_WARN, "engine", "giving up what a statement wrote: %s", err.message);
    pthread_mutex_lock(&all->lock);
    WR_ASSERT(all->taken > 0);
    all->taken--;
    bool kept = good && all->idle_n < WR__WRITERS_IDLE;
    if (kept)
        all->idle[all->idle_n++] = w;
    pthread_mutex_unlock(&all->lock);
    if (!kept)
        wr_log_writer_close(w);
}
