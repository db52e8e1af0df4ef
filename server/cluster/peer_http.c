/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libcurl. A line is a multi handle, which keeps connections open between requests; each thread
 * takes one, since handles that share connections across threads are not safe in libcurl 7.88.
 */
#include "server/cluster/peer_http.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>

enum { CONNECT_MS = 1000, LINES_IDLE = 64 };
#define ERROR_BYTES ((size_t)64 << 10)

struct wr__peer_line {
    wr__peer_line *next;
    CURLM *multi;
    CURL *idle[4]; /* handles to be used again; NULL: free places */
    uint32_t running;
};

struct wr__peer_http {
    char *user, *password, *ca_file, *certificate, *key, *key_password; /* each may be NULL */
    pthread_mutex_t lock;
    wr__peer_line *idle;
    uint32_t idle_n;
};

typedef struct call {
    CURL *easy;
    wr__peer_request *request;
    struct curl_slist *fields;
    char reason[CURL_ERROR_SIZE];
    bool wants_no_more;
} call;

static char *copy_of(const wr_settings *s, const char *name, const char *instead)
{
    const char *value = wr_settings_get(s, name);
    if (!value && instead)
        value = wr_settings_get(s, instead);
    return value ? wr_strdup(value) : NULL;
}

wr__peer_http *wr__peer_http_new(const wr_settings *settings)
{
    wr__peer_http *h = wr_calloc(1, sizeof *h);
    h->user = copy_of(settings, "weir.server.peer.user", NULL);
    h->password = copy_of(settings, "weir.server.peer.password", NULL);
    h->ca_file = copy_of(settings, "weir.server.peer.ca.file", NULL);
    h->certificate = copy_of(settings, "weir.server.certificate.file", "ssl.keystore.location");
    h->key = copy_of(settings, "weir.server.key.file", NULL);
    h->key_password = copy_of(settings, "weir.server.key.password", "ssl.key.password");
    if (!h->key_password)
        h->key_password = copy_of(settings, "ssl.keystore.password", NULL);
    pthread_mutex_init(&h->lock, NULL);
    return h;
}

static void line_free(wr__peer_line *line)
{
    for (size_t i = 0; i < WR_ARRAY_LEN(line->idle); i++)
        if (line->idle[i])
            curl_easy_cleanup(line->idle[i]);
    curl_multi_cleanup(line->multi);
    wr_free(line);
}

void wr__peer_http_free(wr__peer_http *h)
{
    if (!h)
        return;
    for (wr__peer_line *next; h->idle; h->idle = next) {
        next = h->idle->next;
        line_free(h->idle);
    }
    wr_free(h->user);
    wr_free(h->password);
    wr_free(h->ca_file);
    wr_free(h->certificate);
    wr_free(h->key);
    wr_free(h->key_password);
    pthread_mutex_destroy(&h->lock);
    wr_free(h);
}

wr__peer_line *wr__peer_line_take(wr__peer_http *h)
{
    pthread_mutex_lock(&h->lock);
    wr__peer_line *line = h->idle;
    if (line) {
        WR_ASSERT(h->idle_n > 0);
        h->idle = line->next;
        line->next = NULL;
        h->idle_n--;
    }
    pthread_mutex_unlock(&h->lock);
    if (line)
        return line;
    line = wr_calloc(1, sizeof *line);
    line->multi = curl_multi_init();
    WR_ASSERT(line->multi);
    return line;
}

void wr__peer_line_give(wr__peer_http *h, wr__peer_line *line)
{
    WR_ASSERT(line->running == 0);
    WR_ASSERT(line->multi && !line->next);
    pthread_mutex_lock(&h->lock);
    bool keep = h->idle_n < LINES_IDLE;
    if (keep) {
        line->next = h->idle;
        h->idle = line;
        h->idle_n++;
    }
    pthread_mutex_unlock(&h->lock);
    if (!keep)
        line_free(line);
}

/* ---- one request ---- */

static size_t receive(char *data, size_t size, size_t n, void *arg)
{
    call *c = arg;
    wr__peer_request *r = c->request;
    long status = 0;
    WR_ASSERT(c->request->call == c);
    n *= size;
    curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200) {
        wr_buf_put(&r->error, data, WR_MIN(n, ERROR_BYTES - WR_MIN(r->error.len, ERROR_BYTES)));
        return n;
    }
    if (r->data && !r->data(r->arg, data, n)) {
        c->wants_no_more = true;
        return 0;
    }
    return n;
}

/* Who has not begun to answer in time does not answer: it hangs, or its machine is gone. */
static int watch(void *arg, curl_off_t total, curl_off_t now, curl_off_t up_total, curl_off_t up)
{
    const call *c = arg;
    curl_off_t since = 0, first = 0;
    (void)total;
    (void)now;
    (void)up_total;
    (void)up;
    if (!c->request->begin_ms)
        return 0;
    curl_easy_getinfo(c->easy, CURLINFO_STARTTRANSFER_TIME_T, &first);
    curl_easy_getinfo(c->easy, CURLINFO_TOTAL_TIME_T, &since);
    return first == 0 && since / 1000 > c->request->begin_ms;
}

static void set_security(const wr__peer_http *h, CURL *c)
{
    curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (h->ca_file)
        curl_easy_setopt(c, CURLOPT_CAINFO, h->ca_file);
    if (h->certificate) {
        curl_easy_setopt(c, CURLOPT_SSLCERT, h->certificate);
        curl_easy_setopt(c, CURLOPT_SSLKEY, h->key ? h->key : h->certificate);
    }
    if (h->key_password)
        curl_easy_setopt(c, CURLOPT_KEYPASSWD, h->key_password);
    if (h->user) {
        curl_easy_setopt(c, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
        curl_easy_setopt(c, CURLOPT_USERNAME, h->user);
        curl_easy_setopt(c, CURLOPT_PASSWORD, h->password ? h->password : "");
    }
}

static CURL *take_handle(wr__peer_line *line)
{
    for (size_t i = 0; i < WR_ARRAY_LEN(line->idle); i++) {
        CURL *c = line->idle[i];
        if (!c)
            continue;
        line->idle[i] = NULL;
        curl_easy_reset(c); /* connections are the line's */
        return c;
    }
    CURL *c = curl_easy_init();
    WR_ASSERT(c);
    return c;
}

static void give_handle(wr__peer_line *line, CURL *c)
{
    for (size_t i = 0; i < WR_ARRAY_LEN(line->idle); i++)
        if (!line->idle[i]) {
            line->idle[i] = c;
            return;
        }
    curl_easy_cleanup(c);
}

/* No proxy of the environment, and no redirection: a server is where it says that it is. */
void wr__peer_start(wr__peer_http *h, wr__peer_line *line, wr__peer_request *r)
{
    call *k = wr_calloc(1, sizeof *k);
    CURL *c = take_handle(line);
    wr_buf url = {0};
    WR_ASSERT(!r->call && !r->done && r->url && r->path && *r->path == '/');
    WR_ASSERT(r->timeout_ms >= 0 && r->begin_ms >= 0);
    k->easy = c;
    k->request = r;
    r->call = k;
    size_t n = strlen(r->url);
    wr_buf_printf(&url, "%.*s%s", (int)(n - (n && r->url[n - 1] == '/')), r->url, r->path);
    curl_easy_setopt(c, CURLOPT_URL, wr_buf_cstr(&url));
    wr_buf_free(&url);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_PROXY, "");
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)r->timeout_ms);
    curl_easy_setopt(c, CURLOPT_TCP_NODELAY, 1L);
    set_security(h, c);
    k->fields = curl_slist_append(NULL, "Content-Type: application/json");
    k->fields = curl_slist_append(k->fields, "Expect:");
    char accept[100];
    snprintf(accept, sizeof accept, "Accept: %s", r->accept ? r->accept : "application/json");
    k->fields = curl_slist_append(k->fields, accept);
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, k->fields);
    curl_easy_setopt(c, CURLOPT_POST, 1L);
    curl_easy_setopt(c, CURLOPT_POSTFIELDS, r->body.ptr);
    curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.len);
    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, k->reason);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, receive);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, k);
    curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, watch);
    curl_easy_setopt(c, CURLOPT_XFERINFODATA, k);
    curl_easy_setopt(c, CURLOPT_PRIVATE, k);
    curl_multi_add_handle(line->multi, c);
    line->running++;
}

/* Its handle goes back; what came of it stays with the request. */
static void end_call(wr__peer_line *line, call *k)
{
    WR_ASSERT(line->running > 0 && k->request->call == k);
    curl_multi_remove_handle(line->multi, k->easy);
    give_handle(line, k->easy);
    curl_slist_free_all(k->fields);
    k->request->call = NULL;
    k->request->done = true;
    wr_free(k);
    line->running--;
}

static void note_result(call *k, CURLcode code)
{
    wr__peer_request *r = k->request;
    WR_ASSERT(!r->done);
    r->refused = code == CURLE_COULDNT_CONNECT;
    r->status = 0;
    if (code == CURLE_OK)
        curl_easy_getinfo(k->easy, CURLINFO_RESPONSE_CODE, &r->status);
    else if (code == CURLE_ABORTED_BY_CALLBACK)
        snprintf(r->why, sizeof r->why, "it did not answer within %d ms", r->begin_ms);
    else if (!k->wants_no_more)
        snprintf(r->why, sizeof r->why, "%s", k->reason[0] ? k->reason : curl_easy_strerror(code));
}

uint32_t wr__peer_line_run(wr__peer_line *line, int ms)
{
    int running, left;
    if (line->running == 0)
        return 0;
    curl_multi_perform(line->multi, &running);
    if (running == (int)line->running && ms > 0) {
        curl_multi_poll(line->multi, NULL, 0, ms, NULL);
        curl_multi_perform(line->multi, &running);
    }
    for (CURLMsg *m; (m = curl_multi_info_read(line->multi, &left));) {
        call *k = NULL;
        if (m->msg != CURLMSG_DONE)
            continue;
        CURLcode code = m->data.result;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&k);
        WR_ASSERT(k && k->easy == m->easy_handle);
        note_result(k, code);
        end_call(line, k);
    }
    return line->running;
}

void wr__peer_request_free(wr__peer_line *line, wr__peer_request *r)
{
    if (r->call)
        end_call(line, r->call);
    wr_buf_free(&r->error);
}
