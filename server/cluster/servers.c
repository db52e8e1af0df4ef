/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A list, since there are a few of them. Each record replaces what was known of its server; one of
 * another process at the same address replaces the server.
 *
 * Alive. With heartbeats (ksql.heartbeat.enable): the last one came not longer ago than the missed
 * threshold allows; before the first one a server has the time of the window. Without: until its
 * records cease to come.
 */
#include "server/cluster/servers.h"

#include <pthread.h>

typedef struct server {
    struct server *next;
    wr_arena *arena; /* of the record */
    wr__server_record record;
    char *host;
    int64_t heard_ns, known_ns; /* the last record; the first of this process */
    int64_t beat_ns;            /* the last heartbeat; 0: none yet */
    int64_t confirmed_ms;       /* the last of both, wall clock */
    char *lags;                 /* or NULL */
} server;

struct wr__servers {
    pthread_mutex_t lock;
    wr_clock *clock;
    int64_t expire_ns;
    bool beats;
    int64_t silence_ns, window_ns; /* without heartbeats for so long one is dead; of the first */
    server *list;
};

const char *wr__server_host(wr_arena *a, const char *url)
{
    const char *at = strstr(url, "://");
    at = at ? at + 3 : url;
    return wr_arena_strndup(a, at, strcspn(at, "/"));
}

wr__servers *wr__servers_new(wr_clock *clock, const wr_settings *settings, int64_t expire_ms)
{
    wr__servers *s = wr_calloc(1, sizeof *s);
    WR_ASSERT(clock && expire_ms > 0);
    int64_t interval = wr_settings_int(settings, "ksql.heartbeat.send.interval.ms", 0);
    int64_t missed = wr_settings_int(settings, "ksql.heartbeat.missed.threshold.ms", 0);
    int64_t check = wr_settings_int(settings, "ksql.heartbeat.check.interval.ms", 0);
    pthread_mutex_init(&s->lock, NULL);
    s->clock = clock;
    s->expire_ns = expire_ms * 1000000;
    s->beats = wr_settings_bool(settings, "ksql.heartbeat.enable", false);
    s->silence_ns = WR_MAX((missed + 1) * interval, check) * 1000000;
    s->window_ns = wr_settings_int(settings, "ksql.heartbeat.window.ms", 0) * 1000000;
    return s;
}

static void server_free(server *s)
{
    wr_arena_free(s->arena);
    wr_free(s->host);
    wr_free(s->lags);
    wr_free(s);
}

void wr__servers_free(wr__servers *s)
{
    if (!s)
        return;
    for (server *next; s->list; s->list = next) {
        next = s->list->next;
        server_free(s->list);
    }
    pthread_mutex_destroy(&s->lock);
    wr_free(s);
}

/* ---- under the lock ---- */

static void drop(wr__servers *s, server *gone)
{
    server **at = &s->list;
    for (; *at != gone; at = &(*at)->next)
        WR_ASSERT(*at);
    *at = gone->next;
    server_free(gone);
}

static void drop_expired(wr__servers *s)
{
    int64_t now = s->clock->mono_ns(s->clock);
    for (server *one = s->list, *next; one; one = next) {
        next = one->next;
        if (now - one->heard_ns > s->expire_ns)
            drop(s, one);
    }
}

static bool is_alive(const wr__servers *s, const server *one)
{
    int64_t now = s->clock->mono_ns(s->clock);
    WR_ASSERT(one->beat_ns <= now && one->known_ns <= now);
    if (!s->beats)
        return true;
    if (!one->beat_ns)
        return now - one->known_ns <= s->window_ns;
    return now - one->beat_ns <= s->silence_ns;
}

static server *find_host(const wr__servers *s, const char *host)
{
    server *one = s->list;
    while (one && strcmp(one->host, host) != 0)
        one = one->next;
    return one;
}

/* Parts are copied, since the record's arena is the caller's. */
static void take_record(server *to, const wr__server_record *r)
{
    wr_arena *a = wr_arena_new(0);
    wr__server_record *own = &to->record;
    WR_ASSERT(!r->ended && r->queries_n <= INT32_MAX);
    wr_arena_free(to->arena);
    to->arena = a;
    *own = *r;
    own->url = wr_arena_strdup(a, r->url);
    own->id = wr_arena_strdup(a, r->id);
    own->status = r->status ? wr_arena_strdup(a, r->status) : NULL;
    own->queries = WR_NEW_N(a, wr__server_query, (size_t)r->queries_n + 1);
    for (uint32_t i = 0; i < r->queries_n; i++) {
        wr__server_query *q = &own->queries[i];
        *q = r->queries[i];
        q->id = wr_arena_strdup(a, q->id);
        q->parts = WR_NEW_N(a, wr__server_part, (size_t)q->n + 1);
        for (uint32_t p = 0; p < q->n; p++)
            q->parts[p] = r->queries[i].parts[p];
    }
}

/* ---- what is heard ---- */

bool wr__servers_hear(wr__servers *s, const wr__server_record *r)
{
    WR_ASSERT(r->url && r->id);
    wr_arena *a = wr_arena_new(0);
    const char *host = wr__server_host(a, r->url);
    pthread_mutex_lock(&s->lock);
    drop_expired(s);
    server *one = find_host(s, host);
    bool same = one && strcmp(one->record.id, r->id) == 0, is_new = !same && !r->ended;
    if (one && !same && !r->ended) { /* another process at that address */
        drop(s, one);
        one = NULL;
    }
    if (r->ended && same) {
        drop(s, one);
    } else if (!r->ended) {
        int64_t now = s->clock->mono_ns(s->clock);
        if (!one) {
            one = wr_calloc(1, sizeof *one);
            one->host = wr_strdup(host);
            one->known_ns = now;
            one->next = s->list;
            s->list = one;
        }
        take_record(one, r);
        one->heard_ns = now;
        one->confirmed_ms = s->clock->wall_ms(s->clock);
    }
    pthread_mutex_unlock(&s->lock);
    wr_arena_free(a);
    return is_new;
}

void wr__servers_beat(wr__servers *s, const char *host)
{
    pthread_mutex_lock(&s->lock);
    server *one = find_host(s, host);
    if (one) {
        one->beat_ns = s->clock->mono_ns(s->clock);
        one->confirmed_ms = s->clock->wall_ms(s->clock);
    }
    pthread_mutex_unlock(&s->lock);
}

void wr__servers_lags(wr__servers *s, const char *host, wr_str json)
{
    pthread_mutex_lock(&s->lock);
    server *one = find_host(s, host);
    if (one) {
        wr_free(one->lags);
        one->lags = wr_calloc(json.len + 1, 1);
        memcpy(one->lags, json.ptr, json.len);
    }
    pthread_mutex_unlock(&s->lock);
}

/* ---- what is asked ---- */

bool wr__servers_none(wr__servers *s)
{
    pthread_mutex_lock(&s->lock);
    drop_expired(s);
    bool none = !s->list;
    pthread_mutex_unlock(&s->lock);
    return none;
}

bool wr__servers_is_alive(wr__servers *s, const char *id)
{
    bool alive = false;
    pthread_mutex_lock(&s->lock);
    drop_expired(s);
    for (const server *one = s->list; one && !alive; one = one->next)
        alive = strcmp(one->record.id, id) == 0 && is_alive(s, one);
    pthread_mutex_unlock(&s->lock);
    return alive;
}

static const wr__server_part *find_part(const server *one, const char *query, int32_t partition)
{
    for (uint32_t i = 0; i < one->record.queries_n; i++) {
        const wr__server_query *q = &one->record.queries[i];
        for (uint32_t p = 0; p < q->n && strcmp(q->id, query) == 0; p++)
            if (q->parts[p].partition == partition)
                return &q->parts[p];
    }
    return NULL;
}

static bool is_before(const wr__server_choice *a, const wr__server_choice *b)
{
    return a->active != b->active ? a->active : a->behind < b->behind;
}

static uint32_t count(const wr__servers *s)
{
    uint32_t n = 0;
    for (const server *one = s->list; one; one = one->next)
        n++;
    return n;
}

uint32_t wr__servers_choices(wr__servers *s, wr_arena *a, const char *query, int32_t partition,
                             int64_t behind_max, wr__server_choice **out)
{
    uint32_t n = 0;
    WR_ASSERT(query && partition >= 0 && behind_max >= -1);
    pthread_mutex_lock(&s->lock);
    drop_expired(s);
    wr__server_choice *list = WR_NEW_N(a, wr__server_choice, (size_t)count(s) + 1);
    for (const server *one = s->list; one; one = one->next) {
        const wr__server_part *p = find_part(one, query, partition);
        if (!p || !is_alive(s, one) || (!p->active && p->behind > behind_max))
            continue;
        const wr__server_choice choice = {wr_arena_strdup(a, one->record.url),
                                          wr_arena_strdup(a, one->host),
                                          wr_arena_strdup(a, one->record.id), p->active, p->behind};
        uint32_t at = n++;
        for (; at > 0 && is_before(&choice, &list[at - 1]); at--)
            list[at] = list[at - 1];
        list[at] = choice;
    }
    pthread_mutex_unlock(&s->lock);
    *out = list;
    return n;
}

uint32_t wr__servers_all(wr__servers *s, wr_arena *a, wr__server_info **out)
{
    uint32_t n = 0;
    pthread_mutex_lock(&s->lock);
    drop_expired(s);
    wr__server_info *list = WR_NEW_N(a, wr__server_info, (size_t)count(s) + 1);
    for (const server *one = s->list; one; one = one->next)
        list[n++] = (wr__server_info){
            .url = wr_arena_strdup(a, one->record.url),
            .host = wr_arena_strdup(a, one->host),
            .id = wr_arena_strdup(a, one->record.id),
            .alive = is_alive(s, one),
            .heard_ms = one->confirmed_ms,
            .status = one->record.status ? wr_arena_strdup(a, one->record.status) : NULL,
            .lags = one->lags ? wr_arena_strdup(a, one->lags) : NULL,
        };
    pthread_mutex_unlock(&s->lock);
    *out = list;
    return n;
}
