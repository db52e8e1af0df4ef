/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fetcher: its assignment, and the loop inside a poll. While there are records to hand out, the
 * sockets are looked at once in a millisecond, so that answers are taken and requests sent while
 * records are worked on; else it sleeps in epoll until something comes or is due.
 *
 * Partitions that have records take turns, batch by batch.
 */
#include "runtime/log/wire/fetcher_internal.h"

#include <stdlib.h>

enum { LOOK_EVERY_MS = 1 };

/* ---- life ---- */

weir_status wr__wire_fetcher_new(const wr_wire_config *config, wr_wire_fetcher **out,
                                 weir_error *err)
{
    wr_wire_fetcher *f = wr_calloc(1, sizeof *f);
    f->config = config;
    f->codec = wr__wire_codec_new();
    weir_status st = wr__wire_loop_init(&f->loop, err);
    if (st == WEIR_OK)
        st = wr__wire_cluster_init(&f->cluster, config, f->loop.epoll_fd, &f->answers, err);
    if (st != WEIR_OK) {
        wr__wire_fetcher_free(f);
        return st;
    }
    *out = f;
    return WEIR_OK;
}

static void drop_parts(wr_wire_fetcher *f)
{
    for (uint32_t i = 0; i < f->n; i++)
        wr__wire_pieces_drop(f, &f->parts[i]);
    wr_free(f->parts);
    wr_free(f->order);
    wr_free(f->asks);
    wr_free(f->forget);
    f->parts = NULL;
    f->order = NULL;
    f->asks = f->forget = NULL;
    f->n = f->turn = f->hint = 0;
}

void wr__wire_fetcher_free(wr_wire_fetcher *f)
{
    if (!f)
        return;
    WR_ASSERT(f->out == 0);
    drop_parts(f);
    wr__wire_cluster_free(&f->cluster);
    wr__wire_given_free_spare(f);
    wr__wire_answers_free(&f->answers);
    wr__wire_codec_free(f->codec);
    wr_free(f->sessions);
    wr__wire_loop_free(&f->loop);
    wr_free(f);
}

/* ---- assignment ---- */

typedef struct place {
    const char *topic;
    uint32_t at;
} place;

static int by_topic(const void *a, const void *b)
{
    const place *x = a, *y = b;
    int c = strcmp(x->topic, y->topic);
    return c ? c : x->at < y->at ? -1 : 1;
}

/* The parts in the order of requests, and their topics, each once. */
static void put_in_order(wr_wire_fetcher *f)
{
    place *places = wr_calloc(f->n + 1, sizeof *places);
    const char **topics = wr_calloc(f->n + 1, sizeof *topics);
    uint32_t topics_n = 0;
    for (uint32_t i = 0; i < f->n; i++)
        places[i] = (place){f->parts[i].topic, i};
    qsort(places, f->n, sizeof *places, by_topic);
    for (uint32_t i = 0; i < f->n; i++) {
        f->order[i] = places[i].at;
        if (i == 0 || strcmp(places[i].topic, places[i - 1].topic) != 0)
            topics[topics_n++] = places[i].topic;
    }
    wr__wire_cluster_set_topics(&f->cluster, topics, topics_n);
    wr_free((void *)topics);
    wr_free(places);
}

void wr__wire_fetcher_assign(wr_wire_fetcher *f, const wr_wire_place *parts, uint32_t n)
{
    WR_ASSERT(parts || n == 0);
    drop_parts(f);
    f->n = n;
    f->parts = wr_calloc(n + 1, sizeof *f->parts);
    f->order = wr_calloc(n + 1, sizeof *f->order);
    f->asks = wr_calloc(n + 1, sizeof *f->asks);
    f->forget = wr_calloc(n + 1, sizeof *f->forget);
    for (uint32_t i = 0; i < n; i++)
        f->parts[i] = (wr_wire_part){.topic = parts[i].topic,
                                     .partition = parts[i].partition,
                                     .position = parts[i].offset,
                                     .fetch_at = parts[i].offset,
                                     .leader = -1,
                                     .leader_epoch = -1,
                                     .replica = -1,
                                     .fetched_epoch = -1,
                                     .high_watermark = -1};
    put_in_order(f);
    /* An answer to what was wanted before may be a long time coming; nothing waits for it. */
    for (uint32_t i = 0; i < f->sessions_n; i++) {
        f->sessions[i].epoch = 0;
        if (f->sessions[i].fetching)
            wr__wire_connection_reset(f->cluster.nodes[i]->connection);
    }
    f->changed = true;
}

void wr__wire_fetcher_pause(wr_wire_fetcher *f, uint32_t assignment, bool paused)
{
    WR_ASSERT(assignment < f->n);
    f->changed = f->changed || f->parts[assignment].paused != paused;
    f->parts[assignment].paused = paused;
}

void wr__wire_fetcher_seek(wr_wire_fetcher *f, uint32_t assignment, int64_t offset)
{
    WR_ASSERT(assignment < f->n);
    wr_wire_part *p = &f->parts[assignment];
    WR_ASSERT(offset >= WR_WIRE_BEGINNING);
    p->position = offset;
    wr__wire_pieces_drop(f, p); /* and fetch from there */
    p->trouble = WR_WIRE_NONE;
    p->told = p->validate = false;
    p->session_at = -1;
    f->changed = true;
}

int64_t wr__wire_fetcher_position(const wr_wire_fetcher *f, uint32_t assignment)
{
    WR_ASSERT(assignment < f->n);
    return f->parts[assignment].position;
}

int64_t wr__wire_fetcher_end(const wr_wire_fetcher *f, uint32_t assignment)
{
    WR_ASSERT(assignment < f->n);
    return f->parts[assignment].high_watermark;
}

void wr__wire_fetcher_figures(wr_wire_fetcher *f, wr_wire_figures *out)
{
    *out = (wr_wire_figures){.records = f->records, .throttle_max = f->throttle_max_ms * 1e-3};
    f->throttle_max_ms = 0;
    for (uint32_t i = 0; i < f->n; i++) {
        const wr_wire_part *p = &f->parts[i];
        if (p->pieces == 0)
            continue;
        WR_ASSERT(p->fetch_at >= p->position);
        out->fetched += (uint64_t)(p->fetch_at - p->position);
    }
    for (uint32_t i = 0; i < f->cluster.n; i++)
        wr__wire_connection_figures(f->cluster.nodes[i]->connection, out);
}

/* ---- waking ---- */

void wr__wire_fetcher_wake(wr_wire_fetcher *f)
{
    wr__wire_loop_wake(&f->loop);
}

int wr__wire_fetcher_wake_fd(const wr_wire_fetcher *f)
{
    return f->loop.wake_fd;
}

/* ---- the loop ---- */

/* Wait for sockets, at most so long, and take what has come. */
static weir_status look(wr_wire_fetcher *f, int wait_ms, bool *woken, weir_error *err)
{
    if (wr__wire_loop_wait(&f->loop, wait_ms, woken))
        f->changed = true;
    return wr__wire_requests_take(f, err);
}

/* The same; and the next requests go out before the answers are handed out. Where nothing has come,
 * what is due by the clock is left to the next time. */
static weir_status look_and_send(wr_wire_fetcher *f, int wait_ms, bool *woken, weir_error *err)
{
    f->changed = false;
    WR_TRY(look(f, wait_ms, woken, err));
    if (!f->changed)
        return WEIR_OK;
    f->looked_ms = wr__wire_now_ms();
    wr__wire_requests_send(f, f->looked_ms);
    f->changed = false;
    return WEIR_OK;
}

static bool next_trouble(wr_wire_fetcher *f, wr_wire_trouble *out)
{
    for (uint32_t i = 0; i < f->n; i++) {
        wr_wire_part *p = &f->parts[i];
        if (p->trouble == WR_WIRE_NONE || p->told)
            continue;
        p->told = true;
        *out = (wr_wire_trouble){i, p->trouble};
        return true;
    }
    return false;
}

static wr_wire_part *next_part(wr_wire_fetcher *f)
{
    for (uint32_t k = 0; k < f->n; k++) {
        uint32_t i = (f->turn + k) % f->n;
        if (f->parts[i].pieces == 0 || !wr__wire_part_is_wanted(&f->parts[i]))
            continue;
        WR_ASSERT(f->parts[i].first && f->parts[i].position >= 0);
        f->turn = i + 1;
        return &f->parts[i];
    }
    return NULL;
}

/* The next batch of anybody; NULL: there is none now. */
static weir_status hand_out(wr_wire_fetcher *f, uint32_t max_records, wr_wire_run **out,
                            weir_error *err)
{
    wr_wire_part *p;
    while ((p = next_part(f))) {
        wr_wire_given *g;
        uint32_t pieces = p->pieces;
        WR_TRY(wr__wire_piece_take(f, p, max_records, &g, err));
        f->changed = f->changed || pieces != p->pieces;
        if (!g)
            continue;
        *out = &g->run;
        return WEIR_OK;
    }
    return WEIR_OK;
}

weir_status wr__wire_fetcher_poll(wr_wire_fetcher *f, uint32_t max_records, int timeout_ms,
                                  wr_wire_run **out, wr_wire_trouble *trouble, bool *woken,
                                  weir_error *err)
{
    int64_t now = wr__wire_now_ms();
    int64_t deadline = timeout_ms < 0 ? INT64_MAX : now + timeout_ms;
    *out = NULL;
    *woken = false;
    *trouble = (wr_wire_trouble){0};
    WR_ASSERT(max_records > 0);
    bool looked = false;
    for (;; now = wr__wire_now_ms()) {
        if (f->changed || now - f->looked_ms >= LOOK_EVERY_MS) {
            f->looked_ms = now;
            wr__wire_requests_send(f, now);
            WR_TRY(look_and_send(f, 0, woken, err));
            looked = true;
        }
        if (next_trouble(f, trouble))
            return WEIR_OK;
        WR_TRY(hand_out(f, max_records, out, err));
        if (*out || *woken || (looked && now >= deadline))
            return WEIR_OK;
        if (f->changed)
            continue;
        int wait = wr__wire_loop_until(now, wr__wire_requests_due(f), deadline);
        WR_TRY(look_and_send(f, wait, woken, err));
        looked = true;
    }
}
