/* SPDX-License-Identifier: Apache-2.0 */
#include "server/tokens/token_keys.h"

#include "common/buf.h"
#include "common/diag.h"

#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <strings.h>
#include <time.h>

/* RETRY_MS: while there are none, and every token is refused. */
enum { KEYS_BYTES = 1 << 20, RETRY_MS = 5000 };

/** A set and those who use it: renewing does not wait for them. */
typedef struct shared_set {
    wr_key_set *set;
    uint32_t users; /* under the lock; 0: gone */
} shared_set;

struct wr_token_keys {
    char *source, *ca_file;
    bool remote;
    pthread_mutex_t reading; /* one reads, others wait and look again; before `lock` */
    pthread_mutex_t lock;    /* of all below */
    shared_set *now;         /* NULL: none yet */
    int64_t read_ms;         /* monotonic; 0: they are to be read */
    int64_t not_before_ms;   /* of the next reading */
    uint32_t reads;
};

static int64_t mono_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000 + 1; /* never 0 */
}

/* ---- reading ---- */

static weir_status read_file(const char *path, wr_buf *out, weir_error *err)
{
    char piece[4096];
    FILE *f = fopen(path, "re");
    if (!f)
        return wr_error(err, WEIR_ERR_IO, "%s: %s", path, strerror(errno));
    for (size_t n; out->len <= KEYS_BYTES && (n = fread(piece, 1, sizeof piece, f)) > 0;)
        wr_buf_put(out, piece, n);
    bool failed = ferror(f) != 0;
    fclose(f);
    if (failed)
        return wr_error(err, WEIR_ERR_IO, "%s cannot be read", path);
    if (out->len > KEYS_BYTES)
        return wr_error(err, WEIR_ERR_CONFIG, "%s is too long for keys", path);
    return WEIR_OK;
}

static size_t receive(char *data, size_t size, size_t n, void *arg)
{
    wr_buf *out = arg;
    if (out->len + size * n > KEYS_BYTES)
        return 0; /* ends the transfer */
    wr_buf_put(out, data, size * n);
    return size * n;
}

/* No redirection: the keys are where the configuration says, or nowhere. */
static weir_status fetch(const wr_token_keys *k, wr_buf *out, weir_error *err)
{
    char reason[CURL_ERROR_SIZE] = "";
    long status = 0;
    CURL *c = curl_easy_init();
    if (!c)
        return wr_error(err, WEIR_ERR_IO, "libcurl cannot be started");
    curl_easy_setopt(c, CURLOPT_URL, k->source);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "https");
    curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)WR_TOKEN_KEYS_WAIT_MS);
    if (k->ca_file)
        curl_easy_setopt(c, CURLOPT_CAINFO, k->ca_file);
    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, reason);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, receive);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, out);
    CURLcode code = curl_easy_perform(c);
    if (code == CURLE_OK)
        curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(c);
    if (code != CURLE_OK)
        return wr_error(err, WEIR_ERR_IO, "%s: %s", k->source,
                        *reason ? reason : curl_easy_strerror(code));
    if (status != 200)
        return wr_error(err, WEIR_ERR_IO, "%s: it answered with status %ld", k->source, status);
    return WEIR_OK;
}

static weir_status read_set(const wr_token_keys *k, wr_key_set **out, weir_error *err)
{
    wr_buf text = {0};
    weir_status st = k->remote ? fetch(k, &text, err) : read_file(k->source, &text, err);
    if (st == WEIR_OK) {
        st = wr_key_set_parse(wr_buf_view(&text), out, err);
        if (st != WEIR_OK)
            wr_error_prefix(err, "%s: ", k->source);
    }
    wr_buf_free(&text);
    return st;
}

/* ---- sets ---- */

/* The lock is held. */
static void release(shared_set *s)
{
    WR_ASSERT(!s || s->users > 0);
    if (!s || --s->users)
        return;
    wr_key_set_free(s->set);
    wr_free(s);
}

static void give_back(wr_token_keys *k, shared_set *s)
{
    pthread_mutex_lock(&k->lock);
    release(s);
    pthread_mutex_unlock(&k->lock);
}

static void use_set(wr_token_keys *k, wr_key_set *set)
{
    shared_set *s = wr_calloc(1, sizeof *s);
    WR_ASSERT(set && wr_key_set_size(set) > 0);
    *s = (shared_set){set, 1};
    pthread_mutex_lock(&k->lock);
    release(k->now);
    k->now = s;
    pthread_mutex_unlock(&k->lock);
}

/* `reading` is held. */
static weir_status read_now(wr_token_keys *k, weir_error *err)
{
    wr_key_set *set;
    weir_status st = read_set(k, &set, err);
    if (st == WEIR_OK)
        use_set(k, set);
    int64_t now = mono_ms();
    pthread_mutex_lock(&k->lock);
    k->reads++;
    if (st == WEIR_OK)
        k->read_ms = now;
    k->not_before_ms = now + (k->now ? WR_TOKEN_KEYS_EVERY_MS : RETRY_MS);
    pthread_mutex_unlock(&k->lock);
    return st;
}

/* Counted as used; NULL: there is none. *fresh: it is not too old. */
static shared_set *take_set(wr_token_keys *k, bool *fresh)
{
    pthread_mutex_lock(&k->lock);
    shared_set *s = k->now;
    if (s)
        s->users++;
    *fresh = s && k->read_ms && mono_ms() - k->read_ms < WR_TOKEN_KEYS_AGE_MS;
    pthread_mutex_unlock(&k->lock);
    return s;
}

static bool may_read(wr_token_keys *k)
{
    pthread_mutex_lock(&k->lock);
    bool may = mono_ms() >= k->not_before_ms;
    pthread_mutex_unlock(&k->lock);
    return may;
}

/* Another set than @p old, which is given back, if there is one to be had; else @p old. */
static shared_set *renew(wr_token_keys *k, shared_set *old)
{
    weir_error err;
    bool fresh;
    pthread_mutex_lock(&k->reading);
    shared_set *s = take_set(k, &fresh);
    if ((s == old || !s) && may_read(k)) { /* nobody has read meanwhile */
        if (s)
            give_back(k, s);
        if (read_now(k, &err) != WEIR_OK)
            wr_diag_put(WR_DIAG_WARN, "server", "keys of tokens: %s", err.message);
        s = take_set(k, &fresh);
    }
    pthread_mutex_unlock(&k->reading);
    if (old)
        give_back(k, old);
    return s;
}

/* ---- life ---- */

weir_status wr_token_keys_new(const char *source, const char *ca_file, wr_token_keys **out,
                              weir_error *err)
{
    *out = NULL;
    bool remote = strncasecmp(source, "https://", 8) == 0;
    if (!remote && strstr(source, "://"))
        return wr_error(err, WEIR_ERR_CONFIG,
                        "Keys of tokens come from a file or over https: '%s' is neither", source);
    wr_token_keys *k = wr_calloc(1, sizeof *k);
    k->source = wr_strdup(source);
    k->ca_file = ca_file ? wr_strdup(ca_file) : NULL;
    k->remote = remote;
    pthread_mutex_init(&k->reading, NULL);
    pthread_mutex_init(&k->lock, NULL);
    weir_status st = remote ? WEIR_OK : wr_token_keys_reload(k, err);
    if (st != WEIR_OK) {
        wr_token_keys_free(k);
        return st;
    }
    *out = k;
    return WEIR_OK;
}

void wr_token_keys_free(wr_token_keys *k)
{
    if (!k)
        return;
    WR_ASSERT(!k->now || k->now->users == 1);
    release(k->now);
    pthread_mutex_destroy(&k->reading);
    pthread_mutex_destroy(&k->lock);
    wr_free(k->source);
    wr_free(k->ca_file);
    wr_free(k);
}

weir_status wr_token_keys_reload(wr_token_keys *k, weir_error *err)
{
    weir_status st = WEIR_OK;
    pthread_mutex_lock(&k->reading);
    if (k->remote) {
        pthread_mutex_lock(&k->lock);
        k->read_ms = k->not_before_ms = 0;
        pthread_mutex_unlock(&k->lock);
    } else {
        st = read_now(k, err);
    }
    pthread_mutex_unlock(&k->reading);
    return st;
}

wr_token_answer wr_token_keys_verify(wr_token_keys *k, const wr_token_rules *rules, wr_str token,
                                     int64_t now_s, wr_token_claims *out)
{
    bool fresh;
    shared_set *s = take_set(k, &fresh);
    if (!fresh)
        s = renew(k, s);
    if (!s) {
        *out = (wr_token_claims){.why = "there are no keys to verify it with"};
        return WR_TOKEN_NO_KEYS;
    }
    WR_ASSERT(s->users > 0 && s->set);
    wr_token_result r = wr_token_verify(s->set, rules, token, now_s, out);
    if (r == WR_TOKEN_NO_KEY && may_read(k)) {
        s = renew(k, s);
        r = wr_token_verify(s->set, rules, token, now_s, out);
    }
    give_back(k, s);
    return r == WR_TOKEN_GOOD ? WR_TOKEN_ACCEPTED : WR_TOKEN_REFUSED;
}

uint32_t wr_token_keys_reads(wr_token_keys *k)
{
    pthread_mutex_lock(&k->lock);
    uint32_t n = k->reads;
    pthread_mutex_unlock(&k->lock);
    return n;
}
