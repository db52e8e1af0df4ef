/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deadline.c - what clients must do by when.
 *
 * All deadlines of a kind have the same length, so a list for each kind, appended to, is in order
 * of time: setting, moving and removing one costs a few pointers, and one timer of the loop, for
 * the earliest of all, is enough for any number of connections. It is not moved when that deadline
 * is: it then fires for nothing, and is set anew.
 */
#include "server/http/loop.h"

static int64_t now_ms(wr_http_server *s)
{
    return (int64_t)uv_now(&s->loop);
}

static void set_timer(wr_http_server *s)
{
    int64_t at = INT64_MAX;
    for (int i = 0; i < WR__WAITS; i++)
        if (s->deadlines[i].first)
            at = WR_MIN(at, s->deadlines[i].first->due_ms);
    if (at >= s->deadline_at || at == INT64_MAX)
        return;
    s->deadline_at = at;
    int64_t in = at - now_ms(s);
    uv_timer_start(&s->deadline, wr__deadline_timer, (uint64_t)WR_MAX(in, 0), 0);
}

void wr__deadline_remove(wr__socket *k)
{
    wr__deadlines *list = &k->server->deadlines[k->wait];
    if (k->wait == WR_WAIT_NOTHING)
        return;
    *(k->earlier ? &k->earlier->later : &list->first) = k->later;
    *(k->later ? &k->later->earlier : &list->last) = k->earlier;
    k->earlier = k->later = NULL;
    k->wait = WR_WAIT_NOTHING;
}

static void set(wr__socket *k, int wait)
{
    WR_ASSERT(wait >= 0 && wait < WR__WAITS && !k->closing);
    wr__deadline_remove(k);
    k->progress = false;
    k->requests = k->conn.requests;
    if (wait == WR_WAIT_NOTHING)
        return;
    wr__deadlines *list = &k->server->deadlines[wait];
    k->wait = wait;
    k->due_ms = now_ms(k->server) + list->length_ms;
    WR_ASSERT(!list->last || list->last->due_ms <= k->due_ms); /* in order of time */
    k->earlier = list->last;
    *(list->last ? &list->last->later : &list->first) = k;
    list->last = k;
    set_timer(k->server);
}

void wr__deadline_update(wr__socket *k)
{
    int wait = (int)k->conn.wait;
    if (k->shut)
        wait = WR__WAIT_LINGER;
    else if (k->write_pending)
        wait = WR_WAIT_TAKING;
    bool anew = wait != k->wait || k->requests != k->conn.requests;
    bool moves = wait == WR_WAIT_BODY || wait == WR_WAIT_TAKING || wait == WR_WAIT_IDLE;
    if (anew || (moves && k->progress))
        set(k, wait);
}

void wr__deadline_timer(uv_timer_t *timer)
{
    wr_http_server *s = timer->data;
    int64_t now = now_ms(s);
    s->deadline_at = INT64_MAX;
    for (int i = 0; i < WR__WAITS; i++) {
        for (wr__socket *k; (k = s->deadlines[i].first) && k->due_ms <= now;) {
            wr__deadline_remove(k);
            if (i == WR__WAIT_LINGER) {
                k->conn.dead = true;
                wr__conn_wake(&k->conn);
            } else {
                wr__conn_timeout(&k->conn);
            }
        }
    }
    set_timer(s);
}
