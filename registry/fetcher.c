/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetcher.c - see the header for the life of a want.
 *
 * `lock` guards everything; it is never held over a request. The thread is the only one that takes
 * a want out of the queue; whoever asks may put one in, or remove a failed one to make room.
 */
#include "registry/fetcher.h"

#include "common/clock.h"
#include "common/diag.h"
#include "common/map.h"
#include "registry/answers.h"
#include "registry/transport.h"

#include <pthread.h>
#include <time.h>

typedef enum want_state { WANT_QUEUED, WANT_FETCHING, WANT_FAILED } want_state;

typedef struct want {
    struct want *next; /* in the queue */
    uint32_t id;
    bool by_guid;
    uint8_t guid[WR_GUID_BYTES];
    want_state state;
    unsigned misses;  /* answers that there is none, up to WR_WANT_MISSES */
    int64_t due_ns;   /* WANT_QUEUED: not fetched before */
    int64_t again_ns; /* WANT_FAILED: until then `why` is the answer */
    weir_error why;   /* misses > 0 */
} want;

struct wr_fetcher {
    const char *name;
    int64_t forget_ms;
    wr_fetch_fn fetch;
    void *user;

    pthread_mutex_t lock;
    pthread_cond_t changed; /* something is queued, or it is to stop */
    pthread_t thread;
    bool started, stopping;
    wr_map wants;        /* 4 or 16 bytes -> want */
    want *first, **last; /* the queue */
    unsigned failures;   /* since the registry answered last */
    int64_t hold_ns;     /* no request before */
    weir_error trouble;  /* why it is held up; failures > 0 */
    wr_rng rng;
};

static wr_str key_of(const uint32_t *id, const uint8_t *guid)
{
    return guid ? wr_str_make((const char *)guid, WR_GUID_BYTES)
                : wr_str_make((const char *)id, sizeof *id);
}

static wr_str want_key(const want *w)
{
    return key_of(&w->id, w->by_guid ? w->guid : NULL);
}

/* ---- the queue; with the lock ---- */

static void push(wr_fetcher *f, want *w)
{
    w->state = WANT_QUEUED;
    w->next = NULL;
    *f->last = w;
    f->last = &w->next;
}

/* The first that is due; NULL: none is, and @p next_ns is when one will be (INT64_MAX: never). */
static want *pop(wr_fetcher *f, int64_t *next_ns)
{
    const int64_t now = wr__monotonic_ns();
    *next_ns = INT64_MAX;
    for (want **at = &f->first; *at; at = &(*at)->next) {
        want *w = *at;
        WR_ASSERT(w->state == WANT_QUEUED);
        const int64_t due = WR_MAX(w->due_ns, f->hold_ns);
        if (due > now) {
            *next_ns = WR_MIN(*next_ns, due);
            continue;
        }
        *at = w->next;
        if (f->last == &w->next)
            f->last = at;
        w->state = WANT_FETCHING;
        return w;
    }
    return NULL;
}

static void forget(wr_fetcher *f, want *w)
{
    WR_ASSERT(w->state != WANT_QUEUED);
    want *removed = wr_map_remove(&f->wants, want_key(w));
    WR_ASSERT(removed == w);
    wr_free(w);
}

/* ---- the thread ---- */

static void note_trouble(wr_fetcher *f, const weir_error *why)
{
    if (f->failures++ == 0)
        wr_diag_put(WR_DIAG_WARN, "registry", "%s; it is tried again until it answers",
                    why->message);
    f->trouble = *why;
    f->hold_ns =
        wr__monotonic_ns() + 1000000 * wr__backoff_ms(f->failures, WR_WANT_BACKOFF_MS,
                                                      WR_WANT_BACKOFF_MS_MAX, wr_rng_next(&f->rng));
}

static void note_answer(wr_fetcher *f)
{
    if (f->failures > 0)
        wr_diag_put(WR_DIAG_WARN, "registry", "The schema registry at %s answers again", f->name);
    f->failures = 0;
    f->hold_ns = 0;
}

/* There is none, so far. @return whether that is believed. */
static bool note_miss(want *w, const weir_error *why)
{
    w->why = *why; /* what those hear who ask meanwhile */
    if (w->misses >= WR_WANT_MISSES)
        return true;
    w->due_ns = wr__monotonic_ns() + (INT64_C(1000000) * WR_WANT_MISS_MS << w->misses);
    w->misses++;
    return false;
}

/* With the lock: what has become of a want that was fetched. */
static void finish(wr_fetcher *f, want *w, weir_status st, const weir_error *why)
{
    WR_ASSERT(w->state == WANT_FETCHING);
    if (st != WEIR_OK && (why->flags & WEIR_ERROR_RETRIABLE)) {
        note_trouble(f, why);
        push(f, w);
        return;
    }
    note_answer(f);
    if (st == WEIR_OK) {
        forget(f, w);
        return;
    }
    if (st == WEIR_ERR_NOT_FOUND && !note_miss(w, why)) {
        push(f, w);
        return;
    }
    w->state = WANT_FAILED;
    w->why = *why;
    w->again_ns = wr__monotonic_ns() + f->forget_ms * 1000000;
}

/* With the lock: the next want, as soon as there is one to be fetched. NULL: the end. */
static want *await(wr_fetcher *f)
{
    while (!f->stopping) {
        int64_t next_ns;
        want *w = pop(f, &next_ns);
        if (w)
            return w;
        const struct timespec until = {.tv_sec = next_ns / 1000000000,
                                       .tv_nsec = next_ns % 1000000000};
        if (next_ns == INT64_MAX)
            pthread_cond_wait(&f->changed, &f->lock);
        else
            (void)pthread_cond_timedwait(&f->changed, &f->lock, &until);
    }
    return NULL;
}

static void *run(void *user)
{
    wr_fetcher *f = user;
    pthread_mutex_lock(&f->lock);
    for (want *w; (w = await(f));) {
        weir_error why = {0};
        pthread_mutex_unlock(&f->lock);
        /* Its id and GUID never change, and only this thread frees a want that is no failed one. */
        weir_status st = f->fetch(f->user, w->id, w->by_guid ? w->guid : NULL, &why);
        pthread_mutex_lock(&f->lock);
        if (st == WEIR_ERR_INTERRUPTED) /* it is to stop: leave it as one that waits */
            push(f, w);
        else
            finish(f, w, st, &why);
    }
    pthread_mutex_unlock(&f->lock);
    return NULL;
}

/* ---- asking ---- */

/* With the lock: remove the want that has failed longest ago. @return false: none has. */
static bool make_room(wr_fetcher *f)
{
    want *oldest = NULL;
    const wr_map_entry *e;
    for (size_t i = 0; (e = wr_map_next(&f->wants, &i));) {
        want *w = e->value;
        if (w->state == WANT_FAILED && (!oldest || w->again_ns < oldest->again_ns))
            oldest = w;
    }
    if (oldest)
        forget(f, oldest);
    return oldest != NULL;
}

static want *add(wr_fetcher *f, uint32_t id, const uint8_t *guid)
{
    if (f->wants.live >= WR_WANTS_MAX && !make_room(f))
        return NULL;
    want *w = wr_calloc(1, sizeof *w);
    w->id = id;
    w->by_guid = guid != NULL;
    if (guid)
        memcpy(w->guid, guid, WR_GUID_BYTES);
    (void)wr_map_put(&f->wants, want_key(w), w);
    WR_ASSERT(f->wants.live <= WR_WANTS_MAX);
    push(f, w);
    return w;
}

static weir_status retriable(weir_error *err)
{
    if (err) {
        err->code = WEIR_ERR_LOG;
        err->flags |= WEIR_ERROR_RETRIABLE;
    }
    return WEIR_ERR_LOG;
}

/* With the lock: what to say of a want that is under way. */
static weir_status say_waiting(const wr_fetcher *f, const want *w, weir_error *err)
{
    char guid[37];
    if (f->failures > 0 && err)
        *err = f->trouble;
    else if (w->misses && err)
        *err = w->why;
    else if (w->by_guid)
        (void)wr_error(err, WEIR_ERR_LOG, "The schema with the GUID %s is being fetched from %s",
                       (wr__guid_print(w->guid, guid), guid), f->name);
    else
        (void)wr_error(err, WEIR_ERR_LOG, "Schema %u is being fetched from %s", w->id, f->name);
    return retriable(err);
}

/* With the lock. */
static weir_status ask(wr_fetcher *f, uint32_t id, const uint8_t *guid, weir_error *err)
{
    want *w = wr_map_get(&f->wants, key_of(&id, guid));
    if (w && w->state == WANT_FAILED && wr__monotonic_ns() < w->again_ns) {
        if (err)
            *err = w->why;
        return w->why.code;
    }
    if (!w)
        w = add(f, id, guid);
    else if (w->state == WANT_FAILED)
        push(f, w);
    if (!w) {
        (void)wr_error(err, WEIR_ERR_LOG, "More than %d schemas are being fetched from %s",
                       WR_WANTS_MAX, f->name);
        return retriable(err);
    }
    return say_waiting(f, w, err);
}

weir_status wr__fetcher_want(wr_fetcher *f, uint32_t id, const uint8_t *guid, weir_error *err)
{
    pthread_mutex_lock(&f->lock);
    WR_ASSERT(!f->stopping);
    weir_status st = ask(f, id, guid, err);
    WR_ASSERT(st != WEIR_OK);
    if (!f->started) {
        const int rc = pthread_create(&f->thread, NULL, run, f);
        f->started = rc == 0; /* else with the next want */
    }
    pthread_cond_signal(&f->changed);
    pthread_mutex_unlock(&f->lock);
    return st;
}

size_t wr__fetcher_held(wr_fetcher *f)
{
    pthread_mutex_lock(&f->lock);
    const size_t n = f->wants.live;
    pthread_mutex_unlock(&f->lock);
    return n;
}

/* ---- life ---- */

wr_fetcher *wr__fetcher_new(const char *name, int64_t forget_ms, wr_fetch_fn fetch, void *user)
{
    WR_ASSERT(forget_ms > 0);
    wr_fetcher *f = wr_calloc(1, sizeof *f);
    f->name = name;
    f->forget_ms = forget_ms;
    f->fetch = fetch;
    f->user = user;
    f->last = &f->first;
    pthread_mutex_init(&f->lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&f->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    wr_map_init(&f->wants);
    wr_rng_seed_os(&f->rng);
    return f;
}

void wr__fetcher_free(wr_fetcher *f)
{
    if (!f)
        return;
    pthread_mutex_lock(&f->lock);
    f->stopping = true;
    const bool started = f->started;
    pthread_cond_signal(&f->changed);
    pthread_mutex_unlock(&f->lock);
    if (started)
        (void)pthread_join(f->thread, NULL);
    const wr_map_entry *e;
    for (size_t i = 0; (e = wr_map_next(&f->wants, &i));)
        wr_free(e->value);
    wr_map_free(&f->wants);
    pthread_cond_destroy(&f->changed);
    pthread_mutex_destroy(&f->lock);
    wr_free(f);
}
