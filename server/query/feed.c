/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One turn of a running feed (deliver): take rows, encode each once for every form that a client
 * has, write them, and stop where nobody has room, or nothing is there.
 *
 * Telling the loop thread costs as much as writing to a client, and so does each write; so a feed
 * with many clients rests after a turn, for a time that goes with their number (1,000: 50 ms), and
 * rows that come meanwhile go together.
 *
 * A turn does not last longer than the loop has for it (wr_http_turn_is_over), or pull queries
 * would wait while rows go to a thousand clients: rows are taken until then, and where the time
 * does not do for all clients, what was encoded is kept, and the next turn goes on with the client
 * that is next.
 *
 * Life of the struct: `woken` is set by whoever posts a call for it, and cleared by that call; so a
 * feed whose query is gone (nobody sets it any more) is freed by the last call for it.
 */
#include "server/query/ended_queries.h"
#include "server/query/row_client.h"

#include <pthread.h>
#include <stdio.h>

/** Encoded rows that are taken before others have their turn. */
#define TURN_BYTES (64u << 10)
/** Clients that are written to in a turn: at its end each costs a system call, 10 us or so. */
#define TURN_CLIENTS 100u
/** From so many clients on, a feed rests after a turn; per 20 clients a millisecond. */
#define MANY_CLIENTS 100u
#define REST_MAX_MS  50

typedef enum feed_state { OPENING, RUNNING, CLOSING, GONE } feed_state;

struct wr__feed {
    wr_feeds *all;
    wr__feed *next, *prev; /* of all */
    wr_http_server *server;
    feed_state state;
    wr_exec *exec;
    wr_session *session;
    char *sharing; /* text and settings; NULL: it is not shared */
    wr__row_client *clients;
    size_t clients_n;
    wr__row_client *next_to_write; /* who has not got `rows` yet; NULL: all have */
    wr_buf rows[WR__FORMS_N];      /* encoded, when a turn ended before all had them; else empty */
    weir_status opened;            /* the pool's, until it is done */
    weir_error why;
    atomic_bool woken;      /* a call of on_wake is under way */
    wr_http_timer *resting; /* NULL: it does not */
};

struct wr_feeds {
    wr_engine *engine;
    wr__feed *feeds;
    wr_http_server *server;            /* of the exchanges; set by the first */
    wr_buf rows[WR__FORMS_N], scratch; /* for one turn */
    int64_t last_lookup;
    char lookup_id[32];
    pthread_mutex_t lock;
    wr__row_client *listed;  /* under it: those with an id, newest first, */
    wr__ended_queries ended; /* and those that were there a moment ago */
};

static void close_feed(wr__feed *f);

/* ---- those that are there ---- */

wr_feeds *wr_feeds_new(wr_engine *e)
{
    wr_feeds *f = wr_calloc(1, sizeof *f);
    f->engine = e;
    pthread_mutex_init(&f->lock, NULL);
    return f;
}

void wr_feeds_free(wr_feeds *f)
{
    if (!f)
        return;
    WR_ASSERT(!f->feeds && !f->listed);
    for (int i = 0; i < WR__FORMS_N; i++)
        wr_buf_free(&f->rows[i]);
    wr_buf_free(&f->scratch);
    wr__ended_queries_clear(&f->ended);
    pthread_mutex_destroy(&f->lock);
    wr_free(f);
}

static int64_t mono_ns(const wr_feeds *f)
{
    wr_clock *clock = wr_engine_clock(f->engine);
    return clock->mono_ns(clock);
}

wr_engine *wr_feeds_engine(const wr_feeds *f)
{
    return f->engine;
}

static void list(wr_feeds *f, wr__row_client *c)
{
    pthread_mutex_lock(&f->lock);
    WR_ASSERT(!c->listed && c->id && c->feed);
    c->listed = true;
    c->listed_prev = NULL;
    c->listed_next = f->listed;
    if (f->listed)
        f->listed->listed_prev = c;
    f->listed = c;
    pthread_mutex_unlock(&f->lock);
}

/* One that was terminated is gone at once. */
static void unlist(wr_feeds *f, wr__row_client *c)
{
    if (!c->listed)
        return;
    pthread_mutex_lock(&f->lock);
    if (c->listed_prev)
        c->listed_prev->listed_next = c->listed_next;
    else
        f->listed = c->listed_next;
    if (c->listed_next)
        c->listed_next->listed_prev = c->listed_prev;
    if (!c->ending)
        wr__ended_queries_add(&f->ended, wr_strdup(c->id), wr_strdup(c->sql), mono_ns(f));
    pthread_mutex_unlock(&f->lock);
    c->listed = false;
}

void wr_feeds_each(wr_feeds *f, void (*fn)(void *arg, const char *id, const char *sql), void *arg)
{
    pthread_mutex_lock(&f->lock);
    for (const wr__row_client *c = f->listed; c; c = c->listed_next)
        if (!c->ending)
            fn(arg, c->id, c->sql);
    pthread_mutex_unlock(&f->lock);
}

void wr_feeds_each_ended(wr_feeds *f, void (*fn)(void *arg, const char *id, const char *sql),
                         void *arg)
{
    pthread_mutex_lock(&f->lock);
    wr__ended_queries_each(&f->ended, mono_ns(f), fn, arg);
    pthread_mutex_unlock(&f->lock);
}

/* ---- clients of a feed ---- */

static void join(wr__feed *f, wr__row_client *c)
{
    WR_ASSERT(!c->feed && f->state <= RUNNING);
    c->feed = f;
    c->prev = NULL;
    c->next = f->clients;
    if (f->clients)
        f->clients->prev = c;
    f->clients = c;
    f->clients_n++;
}

static void drop_statement(wr__row_client *c)
{
    wr_exec_free(c->exec); /* never executed: nothing to wait for */
    if (c->session) {
        wr_session_free(c->session);
        wr_free(c->session);
    }
    c->exec = NULL;
    c->session = NULL;
}

/* A feed without clients ends. */
static void leave(wr__row_client *c)
{
    wr__feed *f = c->feed;
    if (!f)
        return;
    WR_ASSERT(f->clients_n > 0);
    unlist(f->all, c);
    drop_statement(c);
    if (c->prev)
        c->prev->next = c->next;
    else
        f->clients = c->next;
    if (c->next)
        c->next->prev = c->prev;
    if (f->next_to_write == c)
        f->next_to_write = c->next;
    f->clients_n--;
    c->feed = NULL;
    if (!f->clients)
        close_feed(f);
}

static void finish(wr__row_client *c, const char *message)
{
    wr__row_client_finish(c, message, &c->feed->all->scratch);
    leave(c);
}

static void fail(wr__row_client *c, const char *message)
{
    wr__row_client_fail(c, message, &c->feed->all->scratch);
    leave(c);
}

static void refuse(wr__row_client *c, weir_status st, const weir_error *err)
{
    wr__row_client_refuse(c, st, err);
    leave(c);
}

/* ---- taking rows ---- */

/* The most that any client could take without more than WR__CLIENT_ROOM waiting for it. */
static bool has_room(const wr__feed *f)
{
    for (const wr__row_client *c = f->clients; c; c = c->next)
        if (wr_http_buffered(c->x) < WR__CLIENT_ROOM)
            return true;
    return false;
}

/* The row of the last step, once for each form; a WebSocket's frame goes at once. */
static weir_status encode(wr__feed *f, weir_error *err)
{
    bool done[WR__FORMS_N] = {false};
    for (wr__row_client *c = f->clients; c; c = c->next) {
        if (c->websocket || !done[c->form])
            WR_TRY(wr__row_client_row(
                c, f->exec, c->websocket ? &f->all->scratch : &f->all->rows[c->form], err));
        if (!c->websocket)
            done[c->form] = true;
        if (!f->sharing) /* it has one client */
            break;
    }
    return WEIR_OK;
}

/* @p rows to those who have not got them; who lets too much pile up leaves. @return false: the turn
 * has had its share before all have them. At least one gets them. */
static bool write_rows(wr__feed *f, const wr_buf *rows)
{
    static const char *const slow = "The client does not take its rows fast enough";
    for (uint32_t n = 1; f->next_to_write; n++) {
        wr__row_client *c = f->next_to_write;
        f->next_to_write = c->next;
        if (!c->websocket && rows[c->form].len)
            wr_http_write(c->x, rows[c->form].ptr, rows[c->form].len);
        if (f->sharing && wr_http_buffered(c->x) > WR__CLIENT_PILE)
            fail(c, slow);
        if (f->next_to_write && (n == TURN_CLIENTS || wr_http_turn_is_over(f->server)))
            return false;
    }
    return true;
}

static void forget_left(wr__feed *f)
{
    WR_ASSERT(!f->next_to_write);
    for (int i = 0; i < WR__FORMS_N; i++)
        wr_buf_free(&f->rows[i]);
}

/* What is left of the last turn. */
static bool write_left(wr__feed *f)
{
    if (!write_rows(f, f->rows))
        return false;
    forget_left(f);
    return true;
}

/* What was encoded in this turn, or, where that is over, what the next ones can: rows that are
 * written are the same for all, whoever comes and goes meanwhile. */
static bool write_encoded(wr__feed *f)
{
    wr_buf *rows = f->all->rows;
    forget_left(f); /* for whom it was kept may have gone */
    f->next_to_write = f->clients;
    bool all = write_rows(f, rows);
    for (int i = 0; i < WR__FORMS_N; i++) {
        if (all) {
            wr_buf_clear(&rows[i]);
        } else {
            f->rows[i] = rows[i];
            rows[i] = (wr_buf){0};
        }
    }
    return all;
}

static void end_all(wr__feed *f, weir_status st, const weir_error *err)
{
    const char *message = f->exec->query ? f->exec->message : NULL;
    for (wr__row_client *c = f->clients, *next; c; c = next) {
        next = c->next;
        if (st == WEIR_DONE)
            finish(c, message);
        else
            fail(c, err->message);
    }
}

static void on_wake(void *arg);

static void wake(void *arg)
{
    wr__feed *f = arg;
    if (!atomic_exchange(&f->woken, true))
        wr_http_post(f->server, on_wake, f);
}

static void on_rested(void *arg);

/* So many rows as a turn has room and time for, one at least. @return WEIR_ROW: there may be more;
 * WEIR_OK: not now; else the query has ended, or failed. */
static weir_status take_rows(wr__feed *f, weir_error *err)
{
    size_t encoded = 0;
    bool room = has_room(f);
    for (uint32_t n = 0; room && encoded < TURN_BYTES; n++) {
        weir_status st = wr_exec_take(f->exec, err);
        if (st != WEIR_ROW)
            return st;
        WR_TRY(encode(f, err));
        encoded = 0;
        for (int i = 0; i < WR__FORMS_N; i++)
            encoded = WR_MAX(encoded, f->all->rows[i].len);
        if (n % 256 == 255) /* frames of WebSockets are in no buffer of ours */
            room = has_room(f);
        if (wr_http_turn_is_over(f->server))
            break;
    }
    return WEIR_ROW;
}

static bool any_encoded(const wr_feeds *all)
{
    for (int i = 0; i < WR__FORMS_N; i++)
        if (all->rows[i].len)
            return true;
    return false;
}

/* Rows are there still, and somebody can take them: after the others. */
static void deliver(wr__feed *f)
{
    weir_error err;
    if (f->state != RUNNING || f->resting)
        return;
    WR_ASSERT(f->clients);
    bool left = f->next_to_write != NULL, any = left;
    weir_status st = WEIR_ROW;
    if (!left) {
        st = take_rows(f, &err);
        any = any_encoded(f->all);
    }
    bool all = left ? write_left(f) : write_encoded(f);
    if (st != WEIR_OK && st != WEIR_ROW) {
        while (!all)
            all = write_left(f);
        end_all(f, st, &err);
        return;
    }
    if (!f->clients) /* all of them were cut off */
        return;
    if (all && any && f->clients_n >= MANY_CLIENTS)
        f->resting =
            wr_http_after(f->server, (int)WR_MIN(f->clients_n / 20, REST_MAX_MS), on_rested, f);
    else if (!all || (st == WEIR_ROW && has_room(f)))
        wake(f);
}

static void on_rested(void *arg)
{
    wr__feed *f = arg;
    WR_ASSERT(f->state == RUNNING && f->resting);
    f->resting = NULL;
    deliver(f);
}

static void free_feed(wr__feed *f)
{
    WR_ASSERT(!f->exec && !f->clients && !f->resting);
    forget_left(f);
    if (f->prev)
        f->prev->next = f->next;
    else
        f->all->feeds = f->next;
    if (f->next)
        f->next->prev = f->prev;
    wr_free(f->sharing);
    wr_free(f);
}

static void on_wake(void *arg)
{
    wr__feed *f = arg;
    atomic_store(&f->woken, false);
    if (f->state == GONE)
        free_feed(f);
    else
        deliver(f);
}

/* What is left of a turn is for the next: each of those it has written to says that it has drained.
 */
void wr__row_client_drained(wr__row_client *c)
{
    if (c->feed && !c->feed->next_to_write)
        deliver(c->feed);
}

/* ---- closing ---- */

/* On a thread of the pool: a query takes a while to stop. */
static void free_statement(void *arg)
{
    wr__feed *f = arg;
    wr_exec_free(f->exec);
    wr_session_free(f->session);
    wr_free(f->session);
}

static void statement_freed(void *arg)
{
    wr__feed *f = arg;
    WR_ASSERT(f->state == CLOSING && !f->clients && !f->next_to_write);
    f->exec = NULL;
    f->session = NULL;
    f->state = GONE;
    if (!atomic_load(&f->woken))
        free_feed(f);
}

/* While it is opening it is interrupted, and closed when that is over. */
static void close_feed(wr__feed *f)
{
    WR_ASSERT(!f->clients);
    wr_http_cancel(f->resting);
    f->resting = NULL;
    wr_free(f->sharing); /* nobody may join */
    f->sharing = NULL;
    if (f->state == OPENING)
        wr_exec_interrupt(f->exec);
    if (f->state != RUNNING)
        return;
    f->state = CLOSING;
    wr_http_work(f->server, free_statement, statement_freed, f);
}

void wr__row_client_gone(wr__row_client *c)
{
    c->refuse = NULL;
    leave(c);
    wr__row_client_free(c);
}

/* ---- opening ---- */

/* Clients of a feed have ids of their own. */
static char *another_id(wr__feed *f)
{
    wr_buf b = {0};
    wr_exec_another_id(f->exec, &b);
    char *made = wr_strdup(wr_buf_cstr(&b));
    wr_buf_free(&b);
    return made;
}

/* Of lookups, which are no queries of the engine: ksqlDB's form, made unique. */
const char *wr__lookup_id(wr_feeds *f)
{
    wr_clock *clock = wr_engine_clock(f->engine);
    f->last_lookup = WR_MAX(f->last_lookup + 1, clock->wall_ms(clock));
    snprintf(f->lookup_id, sizeof f->lookup_id, "query_%lld", (long long)f->last_lookup);
    return f->lookup_id;
}

/* @p first: the feed's query was made for it. One that many share is one push query (of
 * ksql.max.push.queries). */
static void welcome(wr__feed *f, wr__row_client *c, bool first)
{
    const wr_exec *x = f->exec;
    drop_statement(c);
    c->id = !x->query ? wr_strdup(wr__lookup_id(f->all))
            : first   ? wr_strdup(x->query_id)
                      : another_id(f);
    if (!wr__row_client_head(c, x, &f->all->scratch))
        leave(c);
    else if (x->query)
        list(f->all, c);
}

/* A row means the same to all who read from now on: its query keeps nothing, and has no end. */
static bool may_be_shared(const wr_exec *x)
{
    return x->kind == WR_EXEC_PUSH && x->query && x->left < 0 &&
           wr_query_plan(x->query)->stores_n == 0;
}

static void start(wr_feeds *all, wr__row_client *c, wr_exec *exec, wr_session *session,
                  char *sharing);

/* Those who have joined one that is not to be shared get one each. The first was the first: last in
 * the list. */
static void part(wr__feed *f)
{
    wr_free(f->sharing);
    f->sharing = NULL;
    while (f->clients_n > 1) {
        wr__row_client *c = f->clients;
        wr_exec *exec = c->exec;
        wr_session *session = c->session;
        WR_ASSERT(exec && session); /* it has joined */
        c->exec = NULL;
        c->session = NULL;
        leave(c);
        start(f->all, c, exec, session, NULL);
    }
}

/* On a thread of the pool. */
static void open_query(void *arg)
{
    wr__feed *f = arg;
    f->opened = wr_exec_describe(f->exec, &f->why);
}

static void query_opened(void *arg)
{
    wr__feed *f = arg;
    WR_ASSERT(f->state == OPENING);
    f->state = RUNNING;
    if (!f->clients) {
        close_feed(f);
        return;
    }
    if (f->opened != WEIR_OK) {
        for (wr__row_client *c = f->clients, *next; c; c = next) {
            next = c->next;
            refuse(c, f->opened, &f->why);
        }
        return;
    }
    if (f->sharing && !may_be_shared(f->exec))
        part(f);
    for (wr__row_client *c = f->clients, *next; c; c = next) {
        next = c->next;
        welcome(f, c, !next);
    }
    if (f->clients)
        deliver(f);
}

/* Takes statement, session and @p sharing. */
static void start(wr_feeds *all, wr__row_client *c, wr_exec *exec, wr_session *session,
                  char *sharing)
{
    wr__feed *f = wr_calloc(1, sizeof *f);
    f->all = all;
    f->server = all->server;
    f->exec = exec;
    f->session = session;
    f->sharing = sharing;
    f->next = all->feeds;
    if (all->feeds)
        all->feeds->prev = f;
    all->feeds = f;
    wr_exec_on_rows(exec, wake, f);
    join(f, c);
    wr_http_work(f->server, open_query, query_opened, f);
}

/* Feeds are as many as queries, which have a thread each: few enough to look at all. */
static wr__feed *find_shared(const wr_feeds *all, const char *sharing)
{
    for (wr__feed *f = all->feeds; f; f = f->next)
        if (f->sharing && f->state <= RUNNING && strcmp(f->sharing, sharing) == 0)
            return f;
    return NULL;
}

wr__row_client *wr__feed_begin(wr_feeds *all, const wr__feed_request *r)
{
    wr__row_client *c = wr_calloc(1, sizeof *c);
    wr__feed *f = NULL;
    char *sharing = NULL;
    c->x = r->x;
    c->form = r->form;
    c->websocket = r->websocket;
    c->host = r->host;
    c->refuse = r->refuse;
    c->sql = wr_strdup(r->exec->text);
    all->server = wr_http_server_of(r->x);
    if (r->settings) {
        wr_buf key = {0};
        wr_buf_printf(&key, "%s\n%s", c->sql, r->settings);
        sharing = wr_strdup(wr_buf_cstr(&key));
        wr_buf_free(&key);
        f = find_shared(all, sharing);
    }
    if (!f) {
        start(all, c, r->exec, r->session, sharing);
        return c;
    }
    wr_free(sharing);
    c->exec = r->exec;
    c->session = r->session;
    join(f, c);
    if (f->state == RUNNING)
        welcome(f, c, false);
    return c;
}

/* ---- ended from elsewhere ---- */

typedef struct termination {
    wr_feeds *all;
    char *id;
} termination;

/* The lock is held. */
static wr__row_client *find_listed(const wr_feeds *f, const char *id)
{
    for (wr__row_client *c = f->listed; c; c = c->listed_next)
        if (wr_ieq(c->id, id))
            return c;
    return NULL;
}

/* It may have ended by itself meanwhile. */
static void terminate(void *arg)
{
    termination *t = arg;
    pthread_mutex_lock(&t->all->lock);
    wr__row_client *c = find_listed(t->all, t->id);
    pthread_mutex_unlock(&t->all->lock); /* clients leave on this thread alone */
    if (c)
        finish(c, c->feed->exec->query ? "Query Completed" : NULL);
    wr_free(t->id);
    wr_free(t);
}

bool wr_feeds_terminate(wr_feeds *f, const char *id)
{
    pthread_mutex_lock(&f->lock);
    wr__row_client *c = find_listed(f, id);
    bool found = c && !c->ending;
    if (found) {
        c->ending = true;
        termination *t = wr_calloc(1, sizeof *t);
        t->all = f;
        t->id = wr_strdup(c->id);
        wr_http_post(f->server, terminate, t);
    }
    found = found || wr__ended_queries_remove(&f->ended, id, mono_ns(f));
    pthread_mutex_unlock(&f->lock);
    return found;
}
