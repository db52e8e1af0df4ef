/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetcher.h - the thread that fetches schemas which decoders have met and may not wait for.
 *
 * A *want* is an id or a GUID that somebody has asked for and that is not there yet:
 *
 *     (asked) --> queued --> being fetched --> there: forgotten, as the registry has kept it
 *                   ^            |   |
 *                   |  trouble   |   `-- it does not exist ...: failed, with the reason
 *                   `------------'              `-- asked again after a while: queued
 *
 * That it does not exist is believed at the fourth time of asking, 0.7 s after the first: whoever
 * writes registers first, but a registry of several nodes may know it on one of them before the
 * others. Once believed, a single question is enough to believe it again.
 *
 * Trouble (RETRIABLE) holds up all wants, with growing waits, as they go to the same registry; each
 * goes to the end of the queue then, so that one that always fails does not stand before the rest.
 *
 * Bound: WR_WANTS_MAX wants; failed ones make room, the oldest first.
 */
#ifndef WR_REGISTRY_FETCHER_H
#define WR_REGISTRY_FETCHER_H

#include "registry/registry.h"

enum {
    WR_WANTS_MAX = 4096,
    WR_WANT_FORGET_MS = 10000, /* so long "there is no such schema" is believed, usually */
    WR_WANT_MISSES = 3,        /* so often it is asked again before it is believed at all, */
    WR_WANT_MISS_MS = 100,     /* after so long, twice that ... */
    WR_WANT_BACKOFF_MS = 200,
    WR_WANT_BACKOFF_MS_MAX = 10000,
};

typedef struct wr_fetcher wr_fetcher;

/** Fetches and keeps one schema: @p guid is NULL or what to look for instead of @p id. Called by
 *  the thread alone. RETRIABLE: later again. */
typedef weir_status (*wr_fetch_fn)(void *user, uint32_t id, const uint8_t *guid, weir_error *err);

/**
 * The thread starts with the first want.
 * @param name       of the registry, for messages; borrowed, as @p user is
 * @param forget_ms  how long a failed want is believed: what it asked for may come yet
 */
wr_fetcher *wr__fetcher_new(const char *name, int64_t forget_ms, wr_fetch_fn fetch, void *user);
/** Waits for the thread: what it is fetching has to end soon. NULL is allowed. */
void wr__fetcher_free(wr_fetcher *f);
/** Never blocks. @return never WEIR_OK: RETRIABLE while it is under way, else why there is none. */
weir_status wr__fetcher_want(wr_fetcher *f, uint32_t id, const uint8_t *guid,
                             weir_error *err) WR_MUST_CHECK;
/** How many wants there are, failed ones included. */
size_t wr__fetcher_held(wr_fetcher *f);

#endif
