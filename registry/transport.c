/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transport.c - requests over libcurl.
 *
 * One attempt ends in one of these ways:
 *
 *     ANSWERED  2xx with JSON; 4xx: the registry has decided, nobody else needs to be asked
 *     TROUBLE   not reached, cut off, out of time, 5xx, 408, 429, no JSON: the next URL, then again
 *     REFUSED   certificates, redirects in a circle: the next URL, but not again in this call
 *     STOPPED   the registry is being freed, or the caller does not want to wait any more
 *
 * Secrets reach libcurl as options, never as headers of our own, so it keeps them from hosts that a
 * redirect leads to. Its error texts name hosts and reasons only.
 *
 * Handles are kept between requests, as they keep connections; each belongs to one request at a
 * time. `lock` guards the list of idle ones and the random numbers.
 */
#include "registry/transport.h"

#include "common/clock.h"
#include "registry/answers.h"
#include "registry/endpoints.h"

#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
    IDLE_MAX = 4,          /* handles, each with a connection or two */
    REDIRECTS_MAX = 5,     /* hops */
    CONNECT_MS_MAX = 5000, /* a host that does not answer at all */
    ATTEMPT_MS_MIN = 500,  /* where the time left is shared among several URLs, or after a wait */
    BACKOFF_MS = 100,      /* after the first round */
    BACKOFF_MS_MAX = 2000,
    REST_MS = 50,           /* between two looks at who may interrupt a wait */
    MESSAGE_BYTES_MAX = 300 /* of an answer that is no registry's */
};

typedef enum outcome { ANSWERED, TROUBLE, REFUSED, STOPPED } outcome;

struct wr_transport {
    wr_arena *arena; /* all texts; fixed once it is open */
    wr_endpoints endpoints;
    const char *token, *ca_file, *certificate_file, *key_file, *key_password, *user_agent;
    bool insecure;
    atomic_bool stopping;
    _Atomic uint32_t first; /* the endpoint that answered last */

    pthread_mutex_t lock;
    CURL *idle[IDLE_MAX];
    uint32_t idle_n;
    wr_rng rng;
};

int64_t wr__monotonic_ns(void)
{
    wr_clock *clock = wr_clock_system();
    return clock->mono_ns(clock);
}

void wr__rest(int64_t ms)
{
    WR_ASSERT(ms >= 0);
    const struct timespec wait = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    (void)nanosleep(&wait, NULL);
}

int64_t wr__backoff_ms(unsigned n, int64_t base_ms, int64_t most_ms, uint64_t random)
{
    WR_ASSERT(n >= 1);
    WR_ASSERT(base_ms > 0 && most_ms >= base_ms);
    int64_t wait = base_ms;
    for (unsigned i = 1; i < n && wait < most_ms; i++)
        wait *= 2;
    if (wait > most_ms)
        wait = most_ms;
    return wait - (int64_t)(random % (uint64_t)(wait / 2 + 1));
}

/* ---- open and close ---- */

static void start_curl(void)
{
    CURLcode rc = curl_global_init(CURL_GLOBAL_DEFAULT);
    WR_ASSERT(rc == CURLE_OK);
}

/* A Java key store begins with FE ED FE ED, PKCS #12 with the tag and length of a long SEQUENCE. */
static weir_status check_file(const char *path, const char *what, weir_error *err)
{
    if (!path)
        return WEIR_OK;
    uint8_t head[4] = {0};
    FILE *f = fopen(path, "rb");
    if (!f)
        return wr_error(err, WEIR_ERR_CONFIG,
                        "The %s for the schema registry, %s, cannot be read: %s", what, path,
                        strerror(errno));
    const size_t n = fread(head, 1, sizeof head, f);
    (void)fclose(f);
    static const uint8_t jks[4] = {0xFE, 0xED, 0xFE, 0xED};
    const bool java = n == sizeof head && memcmp(head, jks, sizeof jks) == 0;
    if (!java && !(n == sizeof head && head[0] == 0x30 && (head[1] & 0xF0) == 0x80))
        return WEIR_OK;
    (void)wr_error(err, WEIR_ERR_CONFIG,
                   "The %s for the schema registry, %s, is a %s; it has to be PEM", what, path,
                   java ? "Java key store" : "PKCS #12 or DER file");
    return wr_error_hint(err, "Convert it: %s",
                         java ? "keytool -importkeystore -deststoretype PKCS12, then openssl pkcs12"
                              : "openssl pkcs12 -in FILE -out FILE.pem -nodes");
}

static const char *keep(wr_transport *t, const char *text)
{
    return text && *text ? wr_arena_strdup(t->arena, text) : NULL;
}

static weir_status set_up(wr_transport *t, const wr_registry_options *options, weir_error *err)
{
    t->token = keep(t, options->bearer_token);
    t->ca_file = keep(t, options->ca_file);
    t->certificate_file = keep(t, options->certificate_file);
    t->key_file = keep(t, options->key_file);
    t->key_password = keep(t, options->key_password);
    t->user_agent = keep(t, options->user_agent);
    t->insecure = options->insecure;
    WR_TRY(check_file(t->ca_file, "file of CA certificates", err));
    WR_TRY(check_file(t->certificate_file, "client certificate", err));
    WR_TRY(check_file(t->key_file, "client key", err));
    if (t->key_file && !t->certificate_file)
        return wr_error(err, WEIR_ERR_CONFIG,
                        "There is a client key for the schema registry, but no certificate");
    return wr__endpoints_read(options, t->arena, &t->endpoints, err);
}

weir_status wr__transport_new(const wr_registry_options *options, wr_transport **out,
                              weir_error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, start_curl);
    wr_transport *t = wr_calloc(1, sizeof *t);
    t->arena = wr_arena_new(0);
    pthread_mutex_init(&t->lock, NULL);
    wr_rng_seed_os(&t->rng);
    *out = NULL;
    weir_status st = set_up(t, options, err);
    if (st != WEIR_OK)
        wr__transport_free(t);
    else
        *out = t;
    return st;
}

void wr__transport_free(wr_transport *t)
{
    if (!t)
        return;
    WR_ASSERT(t->idle_n <= IDLE_MAX);
    for (uint32_t i = 0; i < t->idle_n; i++)
        curl_easy_cleanup(t->idle[i]);
    pthread_mutex_destroy(&t->lock);
    wr_arena_free(t->arena);
    wr_free(t);
}

void wr__transport_stop(wr_transport *t)
{
    atomic_store(&t->stopping, true);
}

const char *wr__transport_name(const wr_transport *t)
{
    WR_ASSERT(t->endpoints.n > 0);
    return t->endpoints.name;
}

static CURL *take_handle(wr_transport *t)
{
    pthread_mutex_lock(&t->lock);
    CURL *c = t->idle_n ? t->idle[--t->idle_n] : NULL;
    pthread_mutex_unlock(&t->lock);
    return c ? c : curl_easy_init();
}

static void give_handle(wr_transport *t, CURL *c)
{
    curl_easy_reset(c); /* forgets options and pointers into this request, not the connection */
    pthread_mutex_lock(&t->lock);
    const bool room = t->idle_n < IDLE_MAX;
    if (room)
        t->idle[t->idle_n++] = c;
    pthread_mutex_unlock(&t->lock);
    if (!room)
        curl_easy_cleanup(c);
}

/* ---- waiting ---- */

static bool is_stopped(const wr_transport *t, const wr_call *call)
{
    return atomic_load(&t->stopping) ||
           (call->interrupt && call->interrupt->asked(call->interrupt->arg));
}

static weir_status stopped(const wr_transport *t, weir_error *err)
{
    if (atomic_load(&t->stopping))
        return wr_error(err, WEIR_ERR_INTERRUPTED, "The schema registry is being closed");
    return wr_error(err, WEIR_ERR_INTERRUPTED,
                    "Interrupted while waiting for the schema registry at %s", t->endpoints.name);
}

weir_status wr__transport_rest(wr_transport *t, const wr_call *call, int64_t ms, weir_error *err)
{
    WR_ASSERT(ms >= 0);
    for (int64_t slice; ms > 0; ms -= slice) {
        if (is_stopped(t, call))
            return stopped(t, err);
        slice = WR_MIN(ms, REST_MS);
        wr__rest(slice);
    }
    return WEIR_OK;
}

/* ---- one attempt ---- */

typedef struct attempt {
    wr_transport *transport;
    const wr_endpoint *endpoint;
    const wr_call *call;
    wr_buf bytes;  /* of the answer */
    bool too_long; /* it was cut off */
    char reason[CURL_ERROR_SIZE];
} attempt;

static size_t take_bytes(char *bytes, size_t one, size_t n, void *user)
{
    attempt *a = user;
    a->too_long = a->bytes.len + one * n > WR_ANSWER_BYTES_MAX;
    if (a->too_long)
        return 0; /* which ends the transfer */
    wr_buf_put(&a->bytes, bytes, one * n);
    return one * n;
}

static int look_at_stop(void *user, curl_off_t dl_total, curl_off_t dl, curl_off_t ul_total,
                        curl_off_t ul)
{
    (void)dl_total;
    (void)dl;
    (void)ul_total;
    (void)ul;
    const attempt *a = user;
    return is_stopped(a->transport, a->call);
}

static void set_secrets(CURL *c, const wr_transport *t, const wr_endpoint *e)
{
    if (e->user) {
        curl_easy_setopt(c, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
        curl_easy_setopt(c, CURLOPT_USERNAME, e->user);
        curl_easy_setopt(c, CURLOPT_PASSWORD, e->password);
    } else if (t->token) {
        curl_easy_setopt(c, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
        curl_easy_setopt(c, CURLOPT_XOAUTH2_BEARER, t->token);
    }
}

/* Options that are NULL leave libcurl's own: the system's certificates, none of ours. */
static void set_tls(CURL *c, const wr_transport *t)
{
    if (t->ca_file)
        curl_easy_setopt(c, CURLOPT_CAINFO, t->ca_file);
    if (t->certificate_file) {
        curl_easy_setopt(c, CURLOPT_SSLCERT, t->certificate_file);
        /* One file may hold both. */
        curl_easy_setopt(c, CURLOPT_SSLKEY, t->key_file ? t->key_file : t->certificate_file);
    }
    if (t->key_password)
        curl_easy_setopt(c, CURLOPT_KEYPASSWD, t->key_password);
    curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, t->insecure ? 0L : 1L);
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, t->insecure ? 0L : 2L);
}

static void set_options(CURL *c, attempt *a, const wr_request *request, int64_t limit_ms)
{
    const wr_endpoint *e = a->endpoint;
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);   /* this is a program with threads */
    curl_easy_setopt(c, CURLOPT_PATH_AS_IS, 1L); /* a subject may be called ".." */
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
    /* Nobody is led from https to http. */
    curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, e->https ? "https" : "http,https");
    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(c, CURLOPT_MAXREDIRS, (long)REDIRECTS_MAX);
    curl_easy_setopt(c, CURLOPT_POSTREDIR, (long)CURL_REDIR_POST_ALL);
    if (e->here)
        curl_easy_setopt(c, CURLOPT_PROXY, "");
    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)limit_ms);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS,
                     (long)(limit_ms < CONNECT_MS_MAX ? limit_ms : CONNECT_MS_MAX));
    curl_easy_setopt(c, CURLOPT_USERAGENT,
                     a->transport->user_agent ? a->transport->user_agent : "weir");
    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, a->reason);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_bytes);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, a);
    curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, look_at_stop);
    curl_easy_setopt(c, CURLOPT_XFERINFODATA, a);
    curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
    if (request->body.len) {
        curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE, (long)request->body.len);
        curl_easy_setopt(c, CURLOPT_POSTFIELDS, request->body.ptr);
    }
    curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, request->method);
    set_secrets(c, a->transport, e);
    set_tls(c, a->transport);
}

static bool stays_wrong(CURLcode rc)
{
    switch (rc) {
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL: /* a redirect to http, too */
    case CURLE_TOO_MANY_REDIRECTS:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CIPHER:
        return true;
    default:
        return false;
    }
}

static outcome trouble(weir_error *err)
{
    err->flags |= WEIR_ERROR_RETRIABLE;
    return TROUBLE;
}

/* What became of a request that had no answer. */
static outcome failed(const attempt *a, CURLcode rc, weir_error *err)
{
    const char *url = a->endpoint->url;
    if (rc == CURLE_ABORTED_BY_CALLBACK) {
        (void)stopped(a->transport, err);
        return STOPPED;
    }
    if (a->too_long) {
        (void)wr_error(err, WEIR_ERR_LOG,
                       "The answer of the schema registry at %s is longer than %d MB", url,
                       WR_ANSWER_BYTES_MAX >> 20);
        return trouble(err);
    }
    const char *reason = a->reason[0] ? a->reason : curl_easy_strerror(rc);
    if (stays_wrong(rc)) {
        (void)wr_error(err, WEIR_ERR_CONFIG, "The schema registry at %s cannot be used: %s", url,
                       reason);
        return REFUSED;
    }
    (void)wr_error(err, WEIR_ERR_LOG, "The schema registry at %s cannot be reached: %s", url,
                   reason);
    return trouble(err);
}

/* What the answer means; @p out is set where it is one. */
static outcome judge(const attempt *a, long status, wr_answer *out, weir_error *err)
{
    const char *url = a->endpoint->url;
    json_t *body = wr__answer_parse(wr_buf_view(&a->bytes));
    const bool again = status >= 500 || status == 408 || status == 429;
    if (!again && (status >= 400 || (status >= 200 && status < 300 && body))) {
        *out = (wr_answer){.status = status, .body = body, .url = url};
        return ANSWERED;
    }
    wr_arena *scratch = wr_arena_new(0);
    int64_t code;
    const char *message;
    if (!again)
        (void)wr_error(err, WEIR_ERR_LOG,
                       "What answers at %s is no schema registry: status %ld without JSON", url,
                       status);
    else if (wr__answer_error(body, status, scratch, &code, &message))
        (void)wr_error(err, WEIR_ERR_LOG,
                       "The schema registry at %s is in trouble: %.*s (error code %lld)", url,
                       MESSAGE_BYTES_MAX, message, (long long)code);
    else
        (void)wr_error(err, WEIR_ERR_LOG, "The schema registry at %s is in trouble: status %ld",
                       url, status);
    wr_arena_free(scratch);
    json_decref(body);
    return trouble(err);
}

static outcome try_once(wr_transport *t, const wr_call *call, const wr_endpoint *e,
                        const wr_request *request, int64_t limit_ms, wr_answer *out,
                        weir_error *err)
{
    attempt a = {.transport = t, .endpoint = e, .call = call};
    CURL *c = take_handle(t);
    WR_ASSERT(c); /* out of memory otherwise */
    set_options(c, &a, request, limit_ms);
    wr_buf url = {0};
    wr_buf_printf(&url, "%s%s", e->url, request->path);
    curl_easy_setopt(c, CURLOPT_URL, wr_buf_cstr(&url));
    struct curl_slist *headers =
        curl_slist_append(NULL, "Accept: application/vnd.schemaregistry.v1+json, application/json");
    headers = curl_slist_append(headers, "Content-Type: application/vnd.schemaregistry.v1+json");
    headers = curl_slist_append(headers, "Expect:"); /* no waiting for "100 Continue" */
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
    const CURLcode rc = curl_easy_perform(c);
    long status = 0;
    curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
    outcome end = rc == CURLE_OK ? judge(&a, status, out, err) : failed(&a, rc, err);
    give_handle(t, c);
    curl_slist_free_all(headers);
    wr_buf_free(&url);
    wr_buf_free(&a.bytes);
    return end;
}

/* ---- rounds ---- */

static int64_t left_ms(const wr_call *call)
{
    return (call->deadline_ns - wr__monotonic_ns()) / 1000000;
}

/* @return ANSWERED, STOPPED, or TROUBLE where another round may help, else REFUSED. */
static outcome try_all(wr_transport *t, const wr_call *call, const wr_request *request,
                       wr_answer *out, weir_error *err)
{
    const uint32_t n = t->endpoints.n, first = atomic_load(&t->first);
    outcome round = REFUSED;
    WR_ASSERT(first < n);
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t k = (first + i) % n;
        int64_t left = left_ms(call), share = left / (n - i);
        if (share < ATTEMPT_MS_MIN)
            share = left < ATTEMPT_MS_MIN ? left : ATTEMPT_MS_MIN;
        if (share <= 0 && i > 0)
            break;
        weir_error why = {0};
        outcome one =
            try_once(t, call, &t->endpoints.v[k], request, share > 0 ? share : 1, out, &why);
        if (one == ANSWERED)
            atomic_store(&t->first, k);
        else if (round != TROUBLE || one != REFUSED)
            *err = why; /* what may pass says more about what to do than what stays */
        if (one == ANSWERED || one == STOPPED)
            return one;
        if (one == TROUBLE)
            round = TROUBLE;
    }
    return round;
}

static uint64_t next_random(wr_transport *t)
{
    pthread_mutex_lock(&t->lock);
    const uint64_t random = wr_rng_next(&t->rng);
    pthread_mutex_unlock(&t->lock);
    return random;
}

weir_status wr__transport_send(wr_transport *t, const wr_call *call, const wr_request *request,
                               wr_answer *out, weir_error *err)
{
    *out = (wr_answer){0};
    WR_ASSERT(request->path[0] == '/');
    weir_error why = {0}; /* the caller may want none */
    for (unsigned round = 1;; round++) {
        outcome end = try_all(t, call, request, out, &why);
        if (end == ANSWERED)
            return WEIR_OK;
        const int64_t wait = wr__backoff_ms(round, BACKOFF_MS, BACKOFF_MS_MAX, next_random(t));
        /* A round that is cut short says that time was short, and hides what the last one said. */
        if (end != TROUBLE || call->once || left_ms(call) - wait < ATTEMPT_MS_MIN)
            break;
        if (wr__transport_rest(t, call, wait, &why) != WEIR_OK)
            break;
    }
    WR_ASSERT(why.code != WEIR_OK && !out->body);
    if (err)
        *err = why;
    return why.code;
}
