/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the worker's records have done to earlier processes (runtime/task/in_progress.h): each round
 * marks what it works on, and where the last process died of some of that, its records come one by
 * one, each to one client after the other, and nothing else in the process is at work meanwhile. A
 * record that a client has died of several times is not delivered to it any more.
 *
 * A mark for each executor slot, and one for the times of records, which are decoded as they are
 * read, before any round.
 *
 * Not marked: what has no records at hand any more (commits, windows that close, restores).
 */
#include "runtime/worker/worker_internal.h"

enum { NAMES_BYTES = 1024 };

void wr__guard_init(wr_worker *w)
{
    wr__guard *g = &w->guard;
    WR_ASSERT(w->o.slots > 0 && !g->marks);
    if (w->o.transient || !w->o.threaded)
        w->o.in_progress = NULL; /* nobody starts these again */
    g->marks = wr_calloc(w->o.slots + 1, sizeof(wr_work_mark *));
    g->names = wr_calloc(1, NAMES_BYTES);
    for (uint32_t s = 0; s <= w->o.slots; s++)
        g->marks[s] = wr_work_claim(w->o.in_progress);
}

void wr__guard_free(wr_worker *w)
{
    for (uint32_t s = 0; s <= w->o.slots; s++)
        wr_work_release(w->o.in_progress, w->guard.marks[s]);
    wr_free((void *)w->guard.marks);
    wr_free(w->guard.names);
}

/* A line for each client; made anew where others are there than at the last time. */
static const char *names(wr_worker *w)
{
    wr__guard *g = &w->guard;
    uintptr_t sum = w->members.n;
    for (size_t i = 0; i < w->members.n; i++)
        sum = sum * 31 + (uintptr_t)w->members.clients[i];
    if (sum == g->named)
        return g->names;
    size_t at = 0;
    g->named = sum;
    g->names[0] = '\0';
    for (size_t i = 0; i < w->members.n; i++) {
        size_t n = strlen(w->members.clients[i]->name);
        if (at + n + 2 > NAMES_BYTES)
            break;
        memcpy(g->names + at, w->members.clients[i]->name, n);
        g->names[at + n] = '\n';
        at += n + 1;
        g->names[at] = '\0';
    }
    return g->names;
}

static int64_t last_of(const wr__run *r)
{
    WR_ASSERT(r->n > 0 && r->records[0].offset <= r->records[r->n - 1].offset);
    return r->records[r->n - 1].offset;
}

void wr__guard_begin(wr_worker *w, const wr__run *runs, uint32_t n)
{
    if (!w->o.in_progress)
        return;
    for (uint32_t i = 0; i < n; i++)
        wr_work_begin(w->guard.marks[wr__worker_slot(w, runs[i].queue->partition)], names(w),
                      runs[i].queue->name, runs[i].queue->partition, runs[i].records[0].offset,
                      last_of(&runs[i]));
}

void wr__guard_end(wr_worker *w)
{
    for (uint32_t s = 0; s < w->o.slots; s++)
        wr_work_end(w->guard.marks[s]);
}

/* The first suspect of any client. */
static bool suspect_among(wr_worker *w, const wr__run *r, int64_t *offset)
{
    bool any = false;
    for (size_t i = 0; i < w->members.n; i++) {
        int64_t at;
        if (!wr_suspect_among(w->o.in_progress, w->members.clients[i]->name, r->queue->name,
                              r->queue->partition, r->records[0].offset, last_of(r), &at))
            continue;
        *offset = any ? WR_MIN(*offset, at) : at;
        any = true;
    }
    return any;
}

bool wr__guard_cut(wr_worker *w, wr__run *runs, uint32_t *n)
{
    if (WR_LIKELY(!wr_in_progress_alert(w->o.in_progress)))
        return false;
    for (uint32_t i = 0; i < *n; i++) {
        int64_t offset = 0;
        if (!suspect_among(w, &runs[i], &offset))
            continue;
        uint32_t before = 0;
        while (before < runs[i].n && runs[i].records[before].offset < offset)
            before++;
        if (before) { /* what comes before it, as usual; all, where that offset has no record */
            runs[i].n = before;
            continue;
        }
        runs[0] = runs[i];
        runs[0].n = 1;
        *n = 1;
        return true;
    }
    return false;
}

bool wr__guard_alone(wr_worker *w, wr_worker_client *c, const wr__run *r)
{
    WR_ASSERT(r->n == 1);
    wr_in_progress *p = w->o.in_progress;
    const wr__record_queue *q = r->queue;
    int64_t offset = r->records[0].offset;
    if (wr_suspect_condemned(p, c->name, q->name, q->partition, offset))
        return false;
    wr_work_begin_alone(p, w->guard.marks[wr__worker_slot(w, q->partition)], c->name, q->name,
                        q->partition, offset);
    return true;
}

void wr__guard_survived(wr_worker *w, const wr_worker_client *c, const wr__run *r)
{
    WR_ASSERT(r->n == 1);
    wr__guard_end(w);
    wr_suspect_survived(w->o.in_progress, c->name, r->queue->name, r->queue->partition,
                        r->records[0].offset);
}

void wr__guard_committed(wr_worker *w)
{
    if (WR_LIKELY(!wr_in_progress_alert(w->o.in_progress)))
        return;
    for (uint32_t k = 0; k < w->consumer.queues_n; k++)
        for (size_t i = 0; i < w->members.n; i++)
            wr_suspects_committed(w->o.in_progress, w->members.clients[i]->name,
                                  w->consumer.queues[k].name, w->consumer.queues[k].partition,
                                  w->consumer.queues[k].next_offset);
}

/* ---- times ---- */

/* One record, which may be a suspect: its time is unknown where it is condemned. */
static weir_status time_of(wr_worker *w, wr_worker_client *c, uint32_t topic, const wr_record *r,
                           int64_t *out, weir_error *err)
{
    wr_in_progress *p = w->o.in_progress;
    wr_work_mark *m = w->guard.marks[w->o.slots];
    const char *name = w->topics[topic].name;
    int64_t at;
    WR_ASSERT(c->cls->times);
    *out = -1;
    if (wr_suspect_condemned(p, c->name, name, r->partition, r->offset))
        return WEIR_OK;
    bool alone = wr_suspect_among(p, c->name, name, r->partition, r->offset, r->offset, &at);
    bool entered = wr_in_progress_enter(p, alone);
    if (alone)
        wr_work_begin_alone(p, m, c->name, name, r->partition, r->offset);
    else
        wr_work_begin(m, names(w), name, r->partition, r->offset, r->offset);
    weir_status st = c->cls->times(c, c->topics[topic], r, 1, out, err);
    wr_work_end(m);
    wr_in_progress_leave(p, entered);
    return st;
}

weir_status wr__guard_times(wr_worker *w, uint32_t topic, const wr_record *records, uint32_t n,
                            int64_t *out, weir_error *err)
{
    WR_ASSERT(w->members.n > 0 && topic < w->o.topics_n);
    wr_worker_client *c = w->members.clients[0]; /* all read alike */
    if (WR_UNLIKELY(wr_in_progress_alert(w->o.in_progress))) {
        for (uint32_t i = 0; i < n; i++)
            WR_TRY(time_of(w, c, topic, &records[i], &out[i], err));
        return WEIR_OK;
    }
    wr_work_mark *m = w->guard.marks[w->o.slots];
    if (n && m)
        wr_work_begin(m, names(w), w->topics[topic].name, records[0].partition, records[0].offset,
                      records[n - 1].offset);
    weir_status st = c->cls->times(c, c->topics[topic], records, n, out, err);
    wr_work_end(m);
    return st;
}
