/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A handle on a server: requests over libcurl, answers line by line.
 *
 * A statement has a connection of its own, since a push query keeps one busy for as long as it has
 * rows; closing it is how a statement is ended early, and the server takes that as such. Reading
 * stops while the caller is behind: the socket fills up, and then the query waits.
 *
 * What comes is not trusted: what is no JSON, or no result, ends the statement with an error that
 * names the server; members that are missing read as empty.
 */
#include "runtime/api/remote.h"
#include "types/text.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

enum { SLICE_MS = 50, CONNECT_MS = 10000, SHORT_MS = 5000, LONG_MS = 120000 };
/** What may be read ahead of the caller. */
#define AHEAD_BYTES ((size_t)4 << 20)

struct wr__remote {
    char *server; /* as the user says it */
    char *base;   /* of URLs */
    char *unix_path, *user, *password;
};

typedef struct wr__remote_call {
    wr__remote *remote;
    wr_exec *x;
    CURLM *multi;
    CURL *easy;
    struct curl_slist *fields;
    wr_buf body, in;
    size_t at; /* read so far, of `in` */
    bool ended, paused;
    CURLcode result;
    wr_arena *head, *line; /* of the head; of the last line */
    wr_json *held;         /* a line that wr__remote_describe has met and not used */
} wr__remote_call;

/* ---- the handle ---- */

/* What all requests have in common. A proxy of the environment is for addresses elsewhere; only two
 * schemes are followed, whatever a server may send back. */
static void configure(const wr__remote *r, CURL *c, const char *path, wr_buf *url)
{
    wr_buf_clear(url);
    wr_buf_printf(url, "%s%s", r->base, path);
    curl_easy_setopt(c, CURLOPT_URL, wr_buf_cstr(url));
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
    if (r->unix_path)
        curl_easy_setopt(c, CURLOPT_UNIX_SOCKET_PATH, r->unix_path);
    else
        curl_easy_setopt(c, CURLOPT_NOPROXY, "127.0.0.1,localhost,::1");
    if (r->user) {
        curl_easy_setopt(c, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
        curl_easy_setopt(c, CURLOPT_USERNAME, r->user);
        curl_easy_setopt(c, CURLOPT_PASSWORD, r->password ? r->password : "");
    }
}

static size_t collect(char *data, size_t size, size_t n, void *arg)
{
    wr_buf_put(arg, data, size * n);
    return size * n;
}

/* A question; @p body NULL: GET. *status 0: nobody answers, which *why says. */
static void ask(const wr__remote *r, const char *path, const wr_buf *body, long timeout_ms,
                wr_buf *answer, long *status, const char **why)
{
    CURL *c = curl_easy_init();
    wr_buf url = {0};
    struct curl_slist *fields = NULL;
    configure(r, c, path, &url);
    if (body) {
        fields = curl_slist_append(fields, "Content-Type: application/json");
        fields = curl_slist_append(fields, "Expect:");
        curl_easy_setopt(c, CURLOPT_HTTPHEADER, fields);
        curl_easy_setopt(c, CURLOPT_POST, 1L);
        curl_easy_setopt(c, CURLOPT_POSTFIELDS, body->ptr);
        curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->len);
    }
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, collect);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, answer);
    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, timeout_ms);
    CURLcode code = curl_easy_perform(c);
    *status = 0;
    if (code == CURLE_OK)
        curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, status);
    *why = curl_easy_strerror(code);
    curl_easy_cleanup(c);
    curl_slist_free_all(fields);
    wr_buf_free(&url);
}

/* It answers, and not as a Weir does: another server, or one that does not let us in, or not yet.
 */
static weir_status refused(const char *server, long status, weir_error *err)
{
    if (status == 503) {
        (void)wr_error(err, WEIR_ERR_LOG, "%s is starting up: try again", server);
        err->flags |= WEIR_ERROR_RETRIABLE;
        return WEIR_ERR_LOG;
    }
    if (status == 401)
        return wr_error(err, WEIR_ERR_LOG, "%s wants a user and a password", server);
    return wr_error(err, WEIR_ERR_LOG, "%s is no Weir server (status %ld)", server, status);
}

static weir_status no_answer(const char *server, const char *why, weir_error *err)
{
    (void)wr_error(err, WEIR_ERR_LOG, "No server answers at %s: %s", server, why);
    err->flags |= WEIR_ERROR_RETRIABLE;
    return WEIR_ERR_LOG;
}

/* Asked once, so that a wrong address is said before the first statement, as a broker's is. */
weir_status wr__remote_open(const char *server, const char *user, const char *password,
                            wr__remote **out, weir_error *err)
{
    WR_ASSERT(server && *server);
    bool local = strncmp(server, "unix:", 5) == 0;
    if (!local && strncmp(server, "http://", 7) != 0 && strncmp(server, "https://", 8) != 0)
        return wr_error(err, WEIR_ERR_CONFIG,
                        "'%s' is not of the form http://HOST:PORT or unix:PATH", server);
    wr__remote *r = wr_calloc(1, sizeof *r);
    r->server = wr_strdup(server);
    r->base = wr_strdup(local ? "http://weir" : server);
    for (size_t n = strlen(r->base); n && r->base[n - 1] == '/'; n--)
        r->base[n - 1] = '\0';
    r->unix_path = local ? wr_strdup(server + 5) : NULL;
    r->user = user ? wr_strdup(user) : NULL;
    r->password = password ? wr_strdup(password) : NULL;
    wr_buf answer = {0};
    long status;
    const char *why;
    weir_status st = WEIR_OK;
    ask(r, "/weir/v1/complete?prefix=WEIR__", NULL, SHORT_MS, &answer, &status, &why);
    if (status == 0) {
        st = no_answer(server, why, err);
    } else if (status != 200) {
        st = refused(server, status, err);
    }
    wr_buf_free(&answer);
    if (st != WEIR_OK) {
        /* Statements are finalized before: nothing of a request is left. */
        wr__remote_close(r);
        r = NULL;
    }
    *out = r;
    return st;
}

void wr__remote_close(wr__remote *r)
{
    if (!r)
        return;
    wr_free(r->server);
    wr_free(r->base);
    wr_free(r->unix_path);
    wr_free(r->user);
    wr_free(r->password);
    wr_free(r);
}

/* A server that does not answer offers no names: completion is no place for errors. */
char **wr__remote_complete(wr__remote *r, const char *prefix, wr_arena *a, size_t *n)
{
    WR_ASSERT(r->base && prefix);
    wr_buf answer = {0}, path = {0};
    char *escaped = curl_easy_escape(NULL, prefix, 0);
    long status;
    const char *why;
    wr_json *names = NULL;
    weir_error ignored;
    wr_buf_printf(&path, "/weir/v1/complete?prefix=%s", escaped ? escaped : "");
    ask(r, wr_buf_cstr(&path), NULL, SHORT_MS, &answer, &status, &why);
    *n = 0;
    if (status != 200 ||
        wr_json_parse(wr_arena_str(a, wr_buf_view(&answer)), false, a, &names, &ignored) != WEIR_OK)
        names = NULL;
    uint32_t all = names && names->kind == WR_JSON_ARRAY ? names->n : 0;
    char **out = WR_NEW_N(a, char *, (size_t)all + 1);
    for (uint32_t i = 0; i < all; i++)
        if (names->items[i].kind == WR_JSON_STRING)
            out[(*n)++] = wr_arena_strndup(a, names->items[i].text.ptr, names->items[i].text.len);
    curl_free(escaped);
    wr_buf_free(&answer);
    wr_buf_free(&path);
    return out;
}

/* ---- a statement ---- */

/* What changes or shows the session alone: the session is the client's. */
bool wr__remote_is_local(const wr_exec *x)
{
    switch (x->stmt->kind) {
    case WR_AST_SET:
    case WR_AST_UNSET:
    case WR_AST_DEFINE:
    case WR_AST_UNDEFINE:
        return true;
    case WR_AST_SHOW:
        return x->stmt->show == WR_AST_SHOW_VARIABLES;
    default:
        return false;
    }
}

/* Nothing is sent yet: preparing has no effect, here as elsewhere. */
wr__remote_stmt *wr__remote_stmt_new(wr__remote *r, wr_exec *x)
{
    WR_ASSERT(r && x->text && !x->executed);
    wr__remote_stmt *s = wr_calloc(1, sizeof *s);
    wr__remote_call *c = wr_calloc(1, sizeof *c);
    c->remote = r;
    c->x = x;
    c->head = wr_arena_new(0);
    c->line = wr_arena_new(0);
    s->call = c;
    s->message = s->heading = s->query_id = "";
    s->table.name = "";
    return s;
}

/* An answer that is still coming is cut off, and with it the statement at the server. */
void wr__remote_stmt_free(wr__remote_stmt *s)
{
    if (!s)
        return;
    wr__remote_call *c = s->call;
    if (c->easy) {
        curl_multi_remove_handle(c->multi, c->easy);
        curl_easy_cleanup(c->easy);
    }
    if (c->multi)
        curl_multi_cleanup(c->multi);
    curl_slist_free_all(c->fields);
    wr_buf_free(&c->body);
    wr_buf_free(&c->in);
    wr_arena_free(c->head);
    wr_arena_free(c->line);
    wr_free(c);
    wr_free(s);
}

/* The session's own settings; what lies below them is the server's. */
static void write_request(wr__remote_call *c)
{
    WR_ASSERT(c->x->text && c->body.len == 0);
    const wr_map_entry *e;
    const char *comma = "";
    wr_buf_puts(&c->body, "{\"sql\":");
    wr_text_put_json_string(&c->body, wr_str_c(c->x->text));
    wr_buf_puts(&c->body, ",\"settings\":{");
    wr_engine_lock(c->x->engine);
    for (size_t i = 0; (e = wr_map_next(&c->x->session->settings.values, &i));) {
        wr_buf_puts(&c->body, comma);
        wr_text_put_json_string(&c->body, wr_str_c(e->key.ptr));
        wr_buf_putc(&c->body, ':');
        wr_text_put_json_string(&c->body, wr_str_c(e->value));
        comma = ",";
    }
    wr_engine_unlock(c->x->engine);
    wr_buf_puts(&c->body, "}}");
}

/* More than the caller takes is left with the server, which then waits itself. */
static size_t receive(char *data, size_t size, size_t n, void *arg)
{
    wr__remote_call *c = arg;
    if (c->in.len - c->at > AHEAD_BYTES) {
        c->paused = true;
        return CURL_WRITEFUNC_PAUSE;
    }
    wr_buf_put(&c->in, data, size * n);
    return size * n;
}

static void send_request(wr__remote_call *c)
{
    WR_ASSERT(!c->easy && c->body.len == 0);
    wr_buf url = {0};
    c->multi = curl_multi_init();
    c->easy = curl_easy_init();
    WR_ASSERT(c->multi && c->easy);
    configure(c->remote, c->easy, "/weir/v1/statement", &url);
    wr_buf_free(&url);
    write_request(c);
    c->fields = curl_slist_append(NULL, "Content-Type: application/json");
    c->fields = curl_slist_append(c->fields, "Expect:");
    curl_easy_setopt(c->easy, CURLOPT_HTTPHEADER, c->fields);
    curl_easy_setopt(c->easy, CURLOPT_POST, 1L);
    curl_easy_setopt(c->easy, CURLOPT_POSTFIELDS, c->body.ptr);
    curl_easy_setopt(c->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)c->body.len);
    curl_easy_setopt(c->easy, CURLOPT_WRITEFUNCTION, receive);
    curl_easy_setopt(c->easy, CURLOPT_WRITEDATA, c);
    curl_multi_add_handle(c->multi, c->easy);
}

/* ---- lines ---- */

/* The next whole line, parsed in c->line; *out NULL: none is here. */
static weir_status take_line(wr__remote_call *c, wr_json **out, weir_error *err)
{
    WR_ASSERT(c->at <= c->in.len);
    *out = NULL;
    while (c->at < c->in.len) {
        const char *from = c->in.ptr + c->at;
        const char *end = memchr(from, '\n', c->in.len - c->at);
        if (!end)
            break;
        size_t n = (size_t)(end - from);
        c->at += n + 1;
        if (n == 0)
            continue; /* it only keeps the connection alive */
        wr_arena_reset(c->line);
        weir_status st =
            wr_json_parse(wr_arena_str(c->line, wr_str_make(from, n)), false, c->line, out, err);
        if (st != WEIR_OK)
            return wr_error(err, WEIR_ERR_LOG, "%s sent what is no result", c->remote->server);
        return WEIR_OK;
    }
    if (c->at > 0 && (c->at > AHEAD_BYTES / 4 || c->at == c->in.len)) {
        memmove(c->in.ptr, c->in.ptr + c->at, c->in.len - c->at);
        c->in.len -= c->at;
        c->at = 0;
    }
    return WEIR_OK;
}

/* Every answer ends with a line that says how it ended: one without was cut off. */
static weir_status say_ended(wr__remote_call *c, weir_error *err)
{
    long status = 0;
    if (c->result == CURLE_OK)
        curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
    if (status && status != 200)
        return refused(c->remote->server, status, err);
    wr_error(err, WEIR_ERR_LOG, "%s has ended the connection%s%s", c->remote->server,
             c->result ? ": " : "", c->result ? curl_easy_strerror(c->result) : "");
    err->flags |= WEIR_ERROR_RETRIABLE;
    return err->code;
}

/* A little of what waits on the socket; waits itself only where nothing is left to be read. */
static void pump(wr__remote_call *c, int ms)
{
    int running, left;
    if (c->paused && c->in.len - c->at <= AHEAD_BYTES / 2) {
        c->paused = false;
        curl_easy_pause(c->easy, CURLPAUSE_CONT);
    }
    curl_multi_perform(c->multi, &running);
    for (CURLMsg *m; (m = curl_multi_info_read(c->multi, &left));)
        if (m->msg == CURLMSG_DONE) {
            c->ended = true;
            c->result = m->data.result;
        }
    if (!c->ended && c->at == c->in.len && ms > 0) {
        curl_multi_poll(c->multi, NULL, 0, ms, NULL);
        curl_multi_perform(c->multi, &running);
    }
}

/* For time-outs: steps of the wall clock do not count. */
static int64_t now_ms(void)
{
    wr_clock *clock = wr_clock_system();
    return clock->mono_ns(clock) / 1000000;
}

/* A line, in @p timeout_ms at most (-1: for ever). */
static weir_status next_line(wr__remote_call *c, int timeout_ms, wr_json **out, weir_error *err)
{
    int64_t until = now_ms() + timeout_ms;
    if (c->held) {
        *out = c->held;
        c->held = NULL;
        return WEIR_OK;
    }
    if (!c->easy)
        send_request(c);
    WR_ASSERT(c->easy && c->multi);
    for (;;) {
        WR_TRY(take_line(c, out, err));
        if (*out)
            return WEIR_OK;
        if (c->ended)
            return say_ended(c, err);
        int64_t left = timeout_ms < 0 ? SLICE_MS : until - now_ms();
        if (atomic_exchange(&c->x->interrupted, false) || left < 0)
            return wr_error(err, WEIR_ERR_INTERRUPTED, "Interrupted");
        pump(c, (int)WR_MIN(left, (int64_t)SLICE_MS));
    }
}

/* ---- results ---- */

/* A member that is missing, or no text, is empty. */
static const char *text_of(const wr_json *o, const char *name, wr_arena *a)
{
    const wr_json *v = wr_json_get(o, name);
    return v && v->kind == WR_JSON_STRING ? wr_arena_strndup(a, v->text.ptr, v->text.len) : "";
}

/* By the text of the type; what no client of today knows shows as its text. TIMESTAMP comes before
 * TIME, whose name it begins with. */
static weir_type type_of(const char *text)
{
    static const struct {
        const char *name;
        weir_type type;
    } types[] = {
        {"BOOLEAN", WEIR_BOOLEAN}, {"INTEGER", WEIR_INTEGER},
        {"BIGINT", WEIR_BIGINT},   {"DOUBLE", WEIR_DOUBLE},
        {"DECIMAL", WEIR_DECIMAL}, {"BYTES", WEIR_BYTES},
        {"DATE", WEIR_DATE},       {"TIMESTAMP", WEIR_TIMESTAMP},
        {"TIME", WEIR_TIME},       {"ARRAY", WEIR_ARRAY},
        {"MAP", WEIR_MAP},         {"STRUCT", WEIR_STRUCT},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(types); i++)
        if (strncmp(text, types[i].name, strlen(types[i].name)) == 0)
            return types[i].type;
    return WEIR_STRING;
}

/* Columns of rows that are to come, or of a section, whose rows are here. */
static void read_table(const wr_json *o, wr_arena *a, wr__remote_table *out)
{
    const wr_json *list = wr_json_get(o, "columns");
    uint32_t n = list && list->kind == WR_JSON_ARRAY ? list->n : 0;
    wr__remote_column *columns = WR_NEW_N(a, wr__remote_column, (size_t)n + 1);
    for (uint32_t i = 0; i < n; i++) {
        const wr_json *key = wr_json_get(&list->items[i], "key");
        columns[i].name = text_of(&list->items[i], "name", a);
        columns[i].type_text = text_of(&list->items[i], "type", a);
        columns[i].type = type_of(columns[i].type_text);
        columns[i].key = key && key->kind == WR_JSON_TRUE;
    }
    out->name = text_of(o, "name", a);
    out->columns = columns;
    out->columns_n = (int)n;
    out->rows = wr_json_get(o, "rows");
}

/* It stays until the statement goes: the line's arena becomes the head's. */
static void read_head(wr__remote_stmt *s, const wr_json *o)
{
    WR_ASSERT(o->kind == WR_JSON_OBJECT);
    wr__remote_call *c = s->call;
    wr_arena *a = c->line;
    c->line = c->head;
    c->head = a;
    const wr_json *sections = wr_json_get(o, "sections");
    s->headed = true;
    s->query_id = text_of(o, "queryId", a);
    s->heading = text_of(o, "heading", a);
    read_table(o, a, &s->table);
    s->sections_n = sections && sections->kind == WR_JSON_ARRAY ? sections->n : 0;
    s->sections = WR_NEW_N(a, wr__remote_table, s->sections_n + 1);
    for (size_t i = 0; i < s->sections_n; i++)
        read_table(&sections->items[i], a, &s->sections[i]);
}

/* 0 where there is none. */
static int number_of(const wr_json *o, const char *name)
{
    const wr_json *v = wr_json_get(o, name);
    int64_t n = 0;
    return v && v->kind == WR_JSON_NUMBER && wr_str_to_i64(v->text, &n) ? (int)n : 0;
}

/* The server's words, and its code where that is one of an error. */
static weir_status read_error(const wr_json *o, wr_arena *a, weir_error *err)
{
    *err = (weir_error){.code = (weir_status)number_of(o, "code"),
                        .flags = (unsigned)number_of(o, "flags"),
                        .line = number_of(o, "line"),
                        .column = number_of(o, "column"),
                        .offset = number_of(o, "offset")};
    if (err->code <= WEIR_DONE || err->code > WEIR_ERR_INTERRUPTED)
        err->code = WEIR_ERR_LOG;
    snprintf(err->message, sizeof err->message, "%s", text_of(o, "message", a));
    snprintf(err->hint, sizeof err->hint, "%s", text_of(o, "hint", a));
    return err->code;
}

const char *wr__remote_name(const wr__remote *r)
{
    return r->server;
}

/* An answer with an error in it is the server's own, whatever its status; one without is only good
 * with status 200. A proxy's page is neither. */
weir_status wr__remote_ask(wr__remote *r, const char *path, const wr_buf *body, wr_arena *a,
                           wr_json **out, weir_error *err)
{
    wr_buf answer = {0};
    long status;
    const char *why;
    weir_error unwanted;
    err = err ? err : &unwanted;
    WR_ASSERT(path[0] == '/');
    ask(r, path, body, LONG_MS, &answer, &status, &why);
    wr_str text = wr_arena_str(a, wr_buf_view(&answer));
    wr_buf_free(&answer);
    if (status == 0)
        return no_answer(r->server, why, err);
    bool object = wr_json_parse(text, false, a, out, err) == WEIR_OK;
    object = object && (*out)->kind == WR_JSON_OBJECT;
    const wr_json *said = object ? wr_json_get(*out, "error") : NULL;
    if (said && said->kind == WR_JSON_OBJECT)
        return read_error(said, a, err);
    return object && status == 200 ? WEIR_OK : refused(r->server, status, err);
}

/* The head is the first line, unless the statement fails: then that line is the next step's. */
void wr__remote_describe(wr__remote_stmt *s)
{
    weir_error ignored;
    wr_json *line;
    if (s->headed || s->call->held || next_line(s->call, -1, &line, &ignored) != WEIR_OK)
        return;
    if (wr_json_get(line, "kind"))
        read_head(s, line);
    else
        s->call->held = line;
}

/* One line for each row; the line without one is the last. */
weir_status wr__remote_step(wr__remote_stmt *s, int timeout_ms, weir_error *err)
{
    wr__remote_call *c = s->call;
    s->row = NULL;
    for (;;) {
        wr_json *line;
        const wr_json *found;
        WR_TRY(next_line(c, timeout_ms, &line, err));
        if (wr_json_get(line, "kind")) {
            read_head(s, line);
        } else if ((found = wr_json_get(line, "row"))) {
            const wr_json *tombstone = wr_json_get(line, "tombstone");
            s->row = line;
            s->tombstone = tombstone && tombstone->kind == WR_JSON_TRUE;
            return WEIR_ROW;
        } else if ((found = wr_json_get(line, "error"))) {
            return read_error(found, c->line, err);
        } else {
            s->message = text_of(line, "message", c->head);
            s->heading = text_of(line, "heading", c->head);
            s->query_id = text_of(line, "queryId", c->head);
            return WEIR_DONE;
        }
    }
}

/* ---- values ---- */

const wr_json *wr__remote_value(const wr_json *row, int columns_n, int i)
{
    const wr_json *values = row ? wr_json_get(row, "row") : NULL;
    if (!values || values->kind != WR_JSON_ARRAY || i < 0 || i >= columns_n ||
        (uint32_t)i >= values->n || values->items[i].kind == WR_JSON_NULL)
        return NULL;
    return &values->items[i];
}

/* NaN and the infinities are texts in JSON. */
double wr__remote_double(const wr_json *v)
{
    char text[64];
    if (v->kind == WR_JSON_TRUE)
        return 1;
    if (v->kind != WR_JSON_NUMBER && v->kind != WR_JSON_STRING)
        return 0;
    snprintf(text, sizeof text, "%.*s", (int)WR_MIN(v->text.len, sizeof text - 1), v->text.ptr);
    return strtod(text, NULL);
}

/* Days and milliseconds from the texts that JSON has for times; of another type what a cast gives.
 */
int64_t wr__remote_int64(const wr__remote_column *c, const wr_json *v)
{
    WR_ASSERT(c && v->kind != WR_JSON_NULL);
    int64_t n = 0;
    int32_t small = 0;
    if (c->type == WEIR_DATE)
        return wr_text_to_date(v->text, &small) ? small : 0;
    if (c->type == WEIR_TIME)
        return wr_text_to_time(v->text, &small) ? small : 0;
    if (c->type == WEIR_TIMESTAMP)
        return wr_text_to_timestamp(v->text, &n) ? n : 0;
    if (v->kind == WR_JSON_NUMBER && wr_str_to_i64(v->text, &n))
        return n;
    if (c->type == WEIR_STRING)
        return 0;
    double d = wr__remote_double(v);
    return d >= -0x1p63 && d < 0x1p63 ? (int64_t)d : 0;
}

/* The server says it where it is not what JSON says. */
const char *wr__remote_text(const wr_json *row, const wr_json *v, int i, wr_arena *a)
{
    WR_ASSERT(v->kind != WR_JSON_NULL);
    WR_ASSERT(row && v && i >= 0);
    const wr_json *texts = wr_json_get(row, "text");
    if (texts && texts->kind == WR_JSON_ARRAY && (uint32_t)i < texts->n &&
        texts->items[i].kind == WR_JSON_STRING)
        v = &texts->items[i];
    const wr_str *s = v->kind == WR_JSON_STRING ? &v->text : &v->raw;
    return wr_arena_strndup(a, s->ptr, s->len);
}

const void *wr__remote_bytes(const wr__remote_column *c, const wr_json *v, wr_arena *a, size_t *len)
{
    *len = 0;
    if (!c || v->kind != WR_JSON_STRING || (c->type != WEIR_STRING && c->type != WEIR_BYTES))
        return "";
    if (c->type == WEIR_STRING) {
        *len = v->text.len;
        return v->text.ptr;
    }
    wr_buf bytes = {0};
    const void *out = "";
    if (wr_text_from_base64(&bytes, v->text)) {
        *len = bytes.len;
        out = wr_arena_memdup(a, bytes.ptr ? bytes.ptr : "", bytes.len);
    }
    wr_buf_free(&bytes);
    return out;
}
