/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transport.h - a request to a registry and its answer: several URLs, retries, secrets, TLS.
 *
 * A *call* is what one caller waits for; it may take several requests (references) and has one time
 * limit for all of them. A *request* goes to the URL that answered last, then to the others in
 * turn: a round. Rounds are repeated, with growing waits and jitter, until the time is up.
 *
 * Threads: any; each request has a libcurl handle of its own, which is kept for its connection.
 */
#ifndef WR_REGISTRY_TRANSPORT_H
#define WR_REGISTRY_TRANSPORT_H

#include "registry/registry.h"

#include <jansson.h>
#include <stdatomic.h>

/* No schema is that long; what is longer is cut off and counts as trouble. */
enum { WR_ANSWER_BYTES_MAX = 16 << 20 };

typedef struct wr_transport wr_transport;

/** What one caller waits for. */
typedef struct wr_call {
    int64_t deadline_ns;                    /* on the monotonic clock */
    bool once;                              /* one round: who asks comes again by itself */
    const wr_registry_interrupt *interrupt; /* NULL: nobody interrupts it */
} wr_call;

typedef struct wr_request {
    const char *method; /* GET, POST, DELETE */
    const char *path;   /* with its leading '/', escaped */
    wr_str body;        /* JSON; empty: none */
} wr_request;

/** What a registry said: anything but trouble. */
typedef struct wr_answer {
    long status;     /* HTTP's: 2xx, 4xx */
    json_t *body;    /* to be released with json_decref; NULL: no JSON (never with 2xx) */
    const char *url; /* who answered; the transport's */
} wr_answer;

/** Checks URLs and files, and makes no connection. WEIR_ERR_CONFIG says what is wrong. */
weir_status wr__transport_new(const wr_registry_options *options, wr_transport **out,
                              weir_error *err) WR_MUST_CHECK;
/** No request may be under way. NULL is allowed. */
void wr__transport_free(wr_transport *t);
/** From now on requests end soon, with WEIR_ERR_INTERRUPTED. */
void wr__transport_stop(wr_transport *t);
/** The URLs without secrets, separated by commas. */
const char *wr__transport_name(const wr_transport *t);

/**
 * Blocks until there is an answer or the call's time is up.
 * @return WEIR_OK; WEIR_ERR_LOG, RETRIABLE: no URL has given an answer; WEIR_ERR_CONFIG: none could
 *         for a reason that stays (certificates, say); WEIR_ERR_INTERRUPTED: stopped, or
 *         interrupted.
 */
weir_status wr__transport_send(wr_transport *t, const wr_call *call, const wr_request *request,
                               wr_answer *out, weir_error *err) WR_MUST_CHECK;

/** Do nothing for so long. */
void wr__rest(int64_t ms);
/** The same for a call that may be interrupted. @return WEIR_ERR_INTERRUPTED: somebody does not
 * want to wait, or the transport is stopped. */
weir_status wr__transport_rest(wr_transport *t, const wr_call *call, int64_t ms,
                               weir_error *err) WR_MUST_CHECK;

/** Nanoseconds of the monotonic clock. */
int64_t wr__monotonic_ns(void);
/** The wait before round or attempt @p n (from 1): @p base_ms doubled each time, at most @p
 *  most_ms, and of that a part between a half and all, by @p random. */
int64_t wr__backoff_ms(unsigned n, int64_t base_ms, int64_t most_ms, uint64_t random);

#endif
