/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sharing the statements of a service among its processes.
 *
 *     asked                                              every process, that one included
 *     1 wait until all that is in the topic is executed
 *     2 check against the catalog as it then is; make
 *       the topic, register schemas
 *     3 append, with the position of 1 as its base  ──▶  4 read, decide whether it takes effect
 *     6 return what 5 had to say                    ◀──  5 execute
 *
 * 4 has one answer everywhere (command_log.h): nothing has taken effect between the check and the
 * statement. Where something has, the statement is late, and its process begins again at 1: the
 * user hears why it is refused now, or it goes through.
 *
 * What fails at 5 fails in this process: everywhere else it may be all right. So it is logged and
 * left out, and the process goes on; what may pass is tried again before. Nothing is ever taken
 * back from the topic. When what was left out is dropped, this process lacks nothing any more.
 *
 * Effects outside of the processes (a topic deleted) are made by the process that was asked, since
 * another one might come to it when the topic is a new one of the same name.
 *
 * Kills. Before 3 nothing has happened but a topic or a schema, which the next attempt finds. After
 * it the statement is the service's: the others execute it, and so does this process when it is
 * started again, as part of the history. In between, whether the append arrived is seen by reading.
 * A topic that was to be deleted may stay, which costs its space.
 *
 * A process that stands still for a while executes everything when it goes on, in the same order;
 * it holds up nobody, since nobody waits for any process but its own.
 *
 * Threads: the reading one, which executes; statements of any thread, of which `busy` lets through
 * one at a time. `lock` guards what they share; nobody waits for the outside while holding it.
 */
#include "runtime/statement/sharing.h"
#include "common/diag.h"
#include "parser/parser.h"
#include "runtime/instance/command_log.h"
#include "runtime/statement/history.h"
#include "runtime/statement/repeat.h"
#include "runtime/statement/statement_class.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum {
    READ_MS = 500,
    AGAIN_MS = 1000,       /* after the topic could not be read */
    OPEN_MAX_MS = 60000,   /* for reading the topic at the start */
    LATE_MAX = 50,         /* times that others may be first */
    EXECUTE_TRIES = 5,     /* of what may pass */
    EXECUTE_AGAIN_MS = 500 /* doubled each time */
};

/** The statement of this process that is on its way. */
typedef struct on_its_way {
    char attempt[WR_COMMAND_ATTEMPT_LEN + 1]; /* "": there is none */
    bool decided, late;
    weir_status status; /* of executing it */
    weir_error why;
    wr_arena *arena; /* of `said`; the statement's */
    wr__repeated said;
} on_its_way;

typedef struct sharing {
    wr_sharing base; /* first */
    wr_engine *engine;
    wr_command_log *log;
    char author[64];
    pthread_t thread;
    bool runs;
    atomic_bool stop;
    /* Subjects (wr_kept) of the statements that were left out, in `lacks_arena`; touched by the
     * opening, then by the reading thread. */
    wr_arr(const char *) lacks;
    wr_arena *lacks_arena;
    /* With the lock. */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int64_t executed; /* everything before it */
    uint64_t tip;     /* as of then */
    bool busy;
    on_its_way own;
} sharing;

/* This file alone knows what is behind the first member. */
static sharing *sharing_of(const wr_engine *e)
{
    return (sharing *)wr_engine_sharing(e);
}

/* Monotonic: `changed` is made so. */
static void wait_changed(sharing *s, int ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += (long)ms * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    (void)pthread_cond_timedwait(&s->changed, &s->lock, &until);
}

/* ---- what is left out ---- */

/* At an opening and while it runs, in the same words. The text is cut: a statement may be larger
 * than a message. */
void wr__sharing_left_out(wr_engine *e, const wr_kept *k, const weir_error *why)
{
    sharing *s = sharing_of(e);
    WR_ASSERT(s && why->code != WEIR_OK);
    atomic_fetch_add(&s->base.left_out, 1);
    const char *subject = wr_arena_strdup(s->lacks_arena, k->subject);
    wr_arr_push(s->lacks_arena, &s->lacks, subject);
    wr_diag_put(WR_DIAG_WARN, "statement",
                "statement %llu of the service is left out of this process, which goes on without "
                "what it defines: %s: %.*s",
                (unsigned long long)k->id, why->message, (int)WR_MIN(k->sql.len, (size_t)400),
                k->sql.ptr);
}

/* Whatever was said about a source, a type or the query of an INSERT ends with this. */
static bool is_end(const wr_kept *k)
{
    wr_arena *a = wr_arena_new(0);
    wr_ast_stmt *stmt;
    weir_error ignored;
    bool yes = wr_parse_statement(k->sql.ptr, k->sql.len, a, &stmt, &ignored) == WEIR_OK &&
               (stmt->kind == WR_AST_DROP_SOURCE || stmt->kind == WR_AST_DROP_TYPE ||
                (stmt->kind == WR_AST_TERMINATE && k->subject[0] == 'Q'));
    wr_arena_free(a);
    return yes;
}

/* It is no lack any more: a restart would find nothing of it in the history, either (history.h).
 * @return whether it was the end of something that this process goes without. */
static bool end_lack(sharing *s, const wr_kept *k)
{
    size_t left = 0, n = s->lacks.n;
    if (!n || !is_end(k))
        return false;
    for (size_t i = 0; i < n; i++)
        if (strcmp(s->lacks.v[i], k->subject) != 0)
            s->lacks.v[left++] = s->lacks.v[i];
    s->lacks.n = left;
    WR_ASSERT(atomic_load(&s->base.left_out) >= n);
    atomic_fetch_sub(&s->base.left_out, (unsigned)(n - left));
    return left < n;
}

/* The offset is what an operator needs to look at the record. */
static void report_unreadable(sharing *s, const wr_command_read *r)
{
    atomic_fetch_add(&s->base.left_out, 1);
    wr_diag_put(WR_DIAG_WARN, "statement", "%s offset %lld is left out: %s",
                wr_command_log_topic(s->log), (long long)r->offset,
                r->kind == WR_COMMAND_NEWER
                    ? "a newer Weir has written it; this process does not know what it defines"
                    : "it is damaged, or another program has written it");
}

/* ---- executing; the reading thread ---- */

/* What may pass, a broker or a registry that does not answer, or a query that takes long to stop,
 * is tried again; not when the engine is being closed. */
static weir_status execute(sharing *s, const wr_kept *k, bool own, wr_arena *a, wr__repeated *said,
                           weir_error *err)
{
    const wr_repetition how = own ? WR_REPEATED_OWN : WR_REPEATED_OTHER;
    int wait_ms = EXECUTE_AGAIN_MS;
    for (int i = 1;; i++, wait_ms *= 2) {
        weir_error why = {0};
        weir_status st = wr__repeat(s->engine, k, how, a, said, &why);
        if (st == WEIR_OK)
            return st;
        *err = why;
        if (i == EXECUTE_TRIES || !(why.flags & WEIR_ERROR_RETRIABLE))
            return st;
        for (int ms = 0; ms < wait_ms && !atomic_load(&s->stop); ms += WR_WAIT_SLICE_MS)
            wr_wait_nap(WR_WAIT_SLICE_MS);
        if (atomic_load(&s->stop))
            return st;
    }
}

/* All statements of one record; one that fails does not keep the others from being tried, as if
 * they were of several records. The first failure is what the user hears of. */
static weir_status execute_all(sharing *s, const wr_command_read *r, bool own, wr_arena *a,
                               wr__repeated *said, weir_error *err)
{
    weir_status st = WEIR_OK;
    for (size_t i = 0; i < r->command.statements.list.n; i++) {
        const wr_kept *k = &r->command.statements.list.v[i];
        weir_error why = {0};
        weir_status one = execute(s, k, own, a, said, &why);
        if ((one == WEIR_OK || one == WEIR_ERR_NOT_FOUND) && end_lack(s, k))
            continue;
        if (one == WEIR_OK)
            continue;
        if (atomic_load(&s->stop) || wr_engine_closing(s->engine))
            return wr_error(err, WEIR_ERR_INTERRUPTED, "The engine is being closed");
        wr__sharing_left_out(s->engine, k, &why);
        if (st == WEIR_OK)
            *err = why;
        st = st == WEIR_OK ? why.code : st;
    }
    return st;
}

static void handle(sharing *s, const wr_command_read *r, wr_arena *a)
{
    weir_error why = {0};
    wr__repeated said = {"", ""};
    WR_ASSERT(r->offset >= s->executed); /* in order, each once */
    pthread_mutex_lock(&s->lock);
    bool own = s->own.attempt[0] && strcmp(s->own.attempt, r->command.attempt) == 0;
    pthread_mutex_unlock(&s->lock);
    weir_status st = WEIR_OK;
    if (r->fate == WR_COMMAND_EFFECTIVE && r->command.replaces)
        wr_diag_put(WR_DIAG_WARN, "statement",
                    "the history of the service was repaired: what this process has stays until it "
                    "is started again");
    else if (r->fate == WR_COMMAND_EFFECTIVE)
        st = execute_all(s, r, own, a, &said, &why);
    else if (r->fate == WR_COMMAND_UNREADABLE)
        report_unreadable(s, r);
    if (!own)
        return;
    pthread_mutex_lock(&s->lock);
    if (strcmp(s->own.attempt, r->command.attempt) == 0) { /* it still waits */
        s->own.decided = true;
        s->own.late = r->fate == WR_COMMAND_LATE;
        s->own.status = st;
        s->own.why = why;
        s->own.said = (wr__repeated){wr_arena_strdup(s->own.arena, said.message),
                                     wr_arena_strdup(s->own.arena, said.query_id)};
    }
    pthread_mutex_unlock(&s->lock);
}

/* Said once, until it can be read again: a broker that is away for an hour is two lines. */
static void note_readable(sharing *s, const weir_error *why)
{
    if (why && !s->base.unreadable)
        wr_diag_put(WR_DIAG_WARN, "statement",
                    "the command topic %s cannot be read, and is tried again: %s",
                    wr_command_log_topic(s->log), why->message);
    if (!why && s->base.unreadable)
        wr_diag_put(WR_DIAG_WARN, "statement", "the command topic can be read again");
    s->base.unreadable = why != NULL;
}

/* One record after the other, for as long as the engine is open. Positions are published after the
 * execution: who waits for one finds its effect. */
static void *run(void *arg)
{
    sharing *s = arg;
    wr_arena *a = wr_arena_new(0);
    while (!atomic_load(&s->stop)) {
        wr_command_read r;
        weir_error why;
        bool any;
        wr_arena_reset(a);
        weir_status st = wr_command_log_read(s->log, READ_MS, a, &r, &any, &why);
        note_readable(s, st == WEIR_OK ? NULL : &why);
        for (int ms = 0; st != WEIR_OK && ms < AGAIN_MS && !atomic_load(&s->stop);
             ms += WR_WAIT_SLICE_MS)
            wr_wait_nap(WR_WAIT_SLICE_MS);
        if (st == WEIR_OK && any)
            handle(s, &r, a);
        pthread_mutex_lock(&s->lock);
        s->executed = wr_command_log_position(s->log);
        s->tip = wr_command_log_tip(s->log);
        pthread_cond_broadcast(&s->changed);
        pthread_mutex_unlock(&s->lock);
    }
    wr_arena_free(a);
    return NULL;
}

/* ---- asking; any thread ---- */

/* Statements of one process take turns: two of them on their way would make each other late. */
static weir_status enter(sharing *s, const wr_wait *wait, weir_error *err)
{
    weir_status st = WEIR_OK;
    pthread_mutex_lock(&s->lock);
    while (s->busy && st == WEIR_OK) {
        wait_changed(s, WR_WAIT_SLICE_MS);
        st = wr_wait_check(wait, "another statement of this process is on its way to the service",
                           err);
    }
    s->busy = s->busy || st == WEIR_OK;
    pthread_mutex_unlock(&s->lock);
    return st;
}

/* The next one of this process may begin. */
static void leave(sharing *s)
{
    pthread_mutex_lock(&s->lock);
    WR_ASSERT(s->busy);
    s->busy = false;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
}

/* Step 1: the topic as it ends now. What others have written by then is executed here before the
 * statement is checked, so a user who has seen another prompt's answer finds its effect here. */
static weir_status catch_up(sharing *s, const wr_wait *wait, uint64_t *base, weir_error *err)
{
    int64_t end;
    WR_TRY(wr_command_log_end(s->log, &end, err));
    weir_status st = WEIR_OK;
    pthread_mutex_lock(&s->lock);
    while (s->executed < end && st == WEIR_OK) {
        wait_changed(s, WR_WAIT_SLICE_MS);
        st = wr_wait_check(
            wait, "this process is still executing earlier statements of the service", err);
    }
    *base = s->tip;
    pthread_mutex_unlock(&s->lock);
    return st;
}

/* Steps 3 to 6. *late: nothing has happened, somebody else was first. Where the append fails for
 * want of an answer the topic may have the statement all the same; then it is executed when it is
 * read, and the message says no more than that it is not known. */
static weir_status hand_over(sharing *s, wr_exec *x, uint64_t base, const wr_wait *wait, bool *late,
                             weir_error *err)
{
    wr_command c = {.base = base, .author = s->author, .statements = x->proposed};
    WR_ASSERT(x->proposed.list.n > 0 && s->busy && !s->own.attempt[0]);
    for (size_t i = 0; i < c.statements.list.n; i++)
        c.statements.list.v[i].id = WR_COMMAND_BY_POSITION;
    wr_command_new_attempt(c.attempt);
    pthread_mutex_lock(&s->lock);
    s->own = (on_its_way){.arena = x->arena};
    memcpy(s->own.attempt, c.attempt, sizeof c.attempt);
    pthread_mutex_unlock(&s->lock);
    const wr_log_wait limits = {WR_WAIT_STATEMENT_MS, x->interrupt};
    weir_status st = wr_command_log_append(s->log, &c, &limits, err);
    pthread_mutex_lock(&s->lock);
    while (st == WEIR_OK && !s->own.decided) {
        wait_changed(s, WR_WAIT_SLICE_MS);
        if (!s->own.decided)
            st = wr_wait_check(wait,
                               "the statement is in the command topic, and will be executed, but "
                               "not by now",
                               err);
    }
    on_its_way own = s->own;
    s->own = (on_its_way){0};
    pthread_mutex_unlock(&s->lock);
    *late = st == WEIR_OK && own.late;
    if (st != WEIR_OK || own.late)
        return st;
    if (own.status != WEIR_OK) {
        if (err)
            *err = own.why;
        wr_error_prefix(err, "The service has the statement, but this process cannot execute it: ");
        return own.status;
    }
    x->query_id = own.said.query_id;
    if (!x->stmt->all) /* of several, the check has said it for all */
        x->message = own.said.message;
    return WEIR_OK;
}

/* A topic that was made for a statement which is refused after all; not where another statement was
 * first and its source has the topic. */
static void remove_topic(wr_exec *x)
{
    wr_engine *e = x->engine;
    weir_error why;
    bool used = false;
    WR_ASSERT(x->topic_made && *x->topic_made);
    const wr_map_entry *m;
    wr_engine_lock(e);
    const wr_catalog *c = wr_engine_catalog(e);
    for (size_t i = 0; (m = wr_map_next(&c->sources, &i));)
        used = used || strcmp(((const wr_source *)m->value)->topic, x->topic_made) == 0;
    wr_engine_unlock(e);
    if (!used && wr_topic_remove(wr_engine_log(e), x->topic_made, &why) != WEIR_OK)
        wr_diag_put(WR_DIAG_WARN, "statement", "topic %s is left over: %s", x->topic_made,
                    why.message);
}

/* Steps 1 to 6, once. *done: no need to begin again. What planning found out of topics and schemas
 * is asked for again each time: whoever was first may have changed them. */
static weir_status attempt(sharing *s, wr_exec *x, const wr_wait *wait, bool *done, weir_error *err)
{
    uint64_t base;
    bool late = false;
    *done = true;
    WR_TRY(catch_up(s, wait, &base, err));
    x->topics = (wr_known_topics){0};
    x->proposed = (wr_kept_list){0};
    x->checking = true;
    weir_status st = x->class->execute(x, err);
    x->checking = false;
    WR_ASSERT(!x->rows && !x->query && !x->query_id[0]); /* a check has no effect */
    bool nothing = st != WEIR_OK || x->proposed.list.n == 0;
    if (nothing && x->topic_made)
        remove_topic(x);
    if (nothing) /* refused, or there is nothing to do, and its message says so */
        return st;
    st = hand_over(s, x, base, wait, &late, err);
    *done = !late;
    return st;
}

/* Being late is no failure, but somebody who is late all the time should hear of it. */
static weir_status execute_shared(wr_exec *x, weir_error *err)
{
    sharing *s = sharing_of(x->engine);
    wr_wait wait = wr_wait_new(x->engine, x->interrupt, 2 * WR_WAIT_STATEMENT_MS);
    if (x->program)
        return wr_error(
            err, WEIR_ERR_MISUSE,
            "Query files run on an engine without statements of its own, and this one "
            "has those of a service (ephemeral_catalog, or weir.command.topic = false)");
    WR_TRY(enter(s, &wait, err));
    weir_status st = WEIR_OK;
    bool done = false;
    x->topic_made = NULL;
    for (int i = 0; i < LATE_MAX && !done; i++)
        st = attempt(s, x, &wait, &done, err);
    leave(s);
    if (done)
        return st;
    wr_error(err, WEIR_ERR_LIMIT, "Other processes of the service were first, %d times", LATE_MAX);
    if (err)
        err->flags |= WEIR_ERROR_RETRIABLE;
    return WEIR_ERR_LIMIT;
}

/* ---- statements of the directory move into the topic ---- */

#define MOVED "statements-moved" /* in the database: the attempt that they were written with */

/* "": nothing has ever moved. */
static weir_status read_moved(wr_db *db, char out[WR_COMMAND_ATTEMPT_LEN + 1], weir_error *err)
{
    wr_buf value = {0};
    bool found;
    out[0] = '\0';
    weir_status st = wr_db_meta_get(db, NULL, WR_STR(MOVED), &value, &found, err);
    if (st == WEIR_OK && found && value.len == WR_COMMAND_ATTEMPT_LEN)
        memcpy(out, wr_buf_cstr(&value), WR_COMMAND_ATTEMPT_LEN + 1);
    wr_buf_free(&value);
    return st;
}

/* What the reading of the topic found. */
typedef struct found {
    char moved[WR_COMMAND_ATTEMPT_LEN + 1]; /* what the directory says of its own */
    bool own_there;                         /* and that is in the topic */
    size_t effective, unknown;
    wr_arr(wr_command_read) unreadable; /* since the history was repaired last */
} found;

/* First a durable note of the attempt, so that a kill after the append does not write them twice:
 * the next opening finds them in the topic. They stay in the directory, where nothing reads them
 * any more. */
static weir_status move(sharing *s, const wr_kept_list *own, uint64_t next, weir_error *err)
{
    wr_db *db = wr_engine_db(s->engine);
    wr_command c = {
        .base = wr_command_log_tip(s->log), .author = s->author, .next = next, .statements = *own};
    WR_ASSERT(own->list.n > 0);
    wr_command_new_attempt(c.attempt);
    wr_db_batch *b = wr_db_batch_new(db);
    wr_db_batch_meta_put(b, WR_STR(MOVED), wr_str_c(c.attempt));
    weir_status st = wr_db_write_durable(db, b, err);
    wr_db_batch_free(b);
    const wr_log_wait limits = {WR_WAIT_STATEMENT_MS, NULL};
    if (st == WEIR_OK)
        st = wr_command_log_append(s->log, &c, &limits, err);
    if (st == WEIR_OK)
        wr_diag_put(WR_DIAG_INFO, "statement",
                    "%zu statements that the data directory had kept are in the service's %s now",
                    own->list.n, wr_command_log_topic(s->log));
    return st;
}

/* ---- opening ---- */

/* A repair has put aside what could not be read before it, so there is nothing to say of that. */
static void note_record(found *f, wr_arena *a, const wr_command_read *r)
{
    bool effective = r->fate == WR_COMMAND_EFFECTIVE;
    if (r->fate == WR_COMMAND_UNREADABLE)
        wr_arr_push(a, &f->unreadable, *r);
    else if (effective && r->command.replaces)
        f->unreadable.n = 0;
    f->unknown += r->kind == WR_COMMAND_UNKNOWN;
    f->effective += effective || r->kind == WR_COMMAND_NEWER;
    f->own_there =
        f->own_there || (effective && f->moved[0] && strcmp(r->command.attempt, f->moved) == 0);
}

/* To the end as of now. What takes effect is added to @p kept. */
static weir_status read_all(sharing *s, wr_arena *a, wr_kept_list *kept, found *f, weir_error *err)
{
    int64_t end;
    WR_TRY(wr_command_log_end(s->log, &end, err));
    const wr_wait wait = wr_wait_new(s->engine, NULL, OPEN_MAX_MS);
    while (wr_command_log_position(s->log) < end) {
        wr_command_read r;
        bool any;
        WR_TRY(wr_command_log_read(s->log, READ_MS, a, &r, &any, err));
        WR_TRY(wr_wait_check(&wait, "the command topic is being read", err));
        if (!any)
            continue;
        note_record(f, a, &r);
        if (r.fate == WR_COMMAND_EFFECTIVE)
            wr__history_add_command(kept, a, &r.command);
    }
    return WEIR_OK;
}

/* Records of ksqlDB, say, whose topic has the same name: this process would be the end of it. */
static weir_status refuse_foreign(const sharing *s, weir_error *err)
{
    wr_error(err, WEIR_ERR_CONFIG, "The command topic %s is of another program, ksqlDB perhaps",
             wr_command_log_topic(s->log));
    return wr_error_hint(err, "another ksql.service.id, or weir.command.topic = false: then "
                              "statements are kept in the data directory, for this process alone");
}

/* Putting one after the other would give numbers twice, and so ids of queries. */
static weir_status refuse_both(const sharing *s, size_t n, weir_error *err)
{
    wr_error(err, WEIR_ERR_CONFIG,
             "The data directory has kept %zu statements of its own, and the command topic %s has "
             "those of a service: neither is dropped in silence",
             n, wr_command_log_topic(s->log));
    return wr_error_hint(err, "another data directory for this service; another ksql.service.id; "
                              "or weir.command.topic = false for what the directory has");
}

/* Read again after they were written: another process may have been first all the same. */
static weir_status take_up_own(sharing *s, wr_arena *a, wr_kept_list *kept, found *f,
                               weir_error *err)
{
    wr_kept_list own;
    uint64_t next;
    wr_db *db = wr_engine_db(s->engine);
    WR_TRY(wr_statement_log_read(db, a, &own, err));
    WR_TRY(wr_statement_log_next(db, &own, &next, err));
    if (!own.list.n || f->own_there)
        return WEIR_OK;
    if (f->effective)
        return refuse_both(s, own.list.n, err);
    WR_TRY(move(s, &own, next, err));
    WR_TRY(read_moved(db, f->moved, err));
    WR_TRY(read_all(s, a, kept, f, err));
    return f->own_there ? WEIR_OK : refuse_both(s, own.list.n, err);
}

static void free_sharing(sharing *s)
{
    wr_arena_free(s->lacks_arena);
    pthread_mutex_destroy(&s->lock);
    pthread_cond_destroy(&s->changed);
    wr_free(s);
}

/* The reading thread may be executing a statement; what that waits for ends, since the engine is
 * being closed. */
static void close_sharing(wr_sharing *base)
{
    sharing *s = (sharing *)base;
    WR_ASSERT(!s->busy); /* no statement is there any more */
    atomic_store(&s->stop, true);
    wr_command_log_wake(s->log);
    if (s->runs)
        pthread_join(s->thread, NULL);
    wr_command_log_close(s->log);
    free_sharing(s);
}

/* The host is for people who look at the topic; nothing depends on it. */
static sharing *sharing_new(wr_engine *e)
{
    sharing *s = wr_calloc(1, sizeof *s);
    s->base.execute = execute_shared;
    s->engine = e;
    s->lacks_arena = wr_arena_new(0);
    if (gethostname(s->author, sizeof s->author - 1) != 0)
        snprintf(s->author, sizeof s->author, "unknown host");
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&s->changed, &attr);
    pthread_condattr_destroy(&attr);
    pthread_mutex_init(&s->lock, NULL);
    return s;
}

/* The engine has it from the moment that there is something to close, so that a failure of the rest
 * closes it with the engine. */
weir_status wr__sharing_open(wr_engine *e, wr_arena *a, wr_kept_list *kept, uint64_t *next,
                             weir_error *err)
{
    sharing *s = sharing_new(e);
    found f = {0};
    weir_status st =
        wr_command_log_open(wr_engine_log(e), wr_engine_settings(e), true, &s->log, err);
    if (st != WEIR_OK) {
        free_sharing(s);
        return st;
    }
    wr_engine_set_sharing(e, &s->base, close_sharing); /* closes it, whatever comes */
    WR_TRY(read_moved(wr_engine_db(e), f.moved, err));
    WR_TRY(read_all(s, a, kept, &f, err));
    if (f.unknown && !f.effective)
        return refuse_foreign(s, err);
    WR_TRY(take_up_own(s, a, kept, &f, err));
    for (size_t i = 0; i < f.unreadable.n; i++)
        report_unreadable(s, &f.unreadable.v[i]);
    s->executed = wr_command_log_position(s->log);
    s->tip = wr_command_log_tip(s->log);
    *next = wr_command_log_next_number(s->log);
    return WEIR_OK;
}

/* After the queries of the history have started, so that those which read together find each other;
 * what has come meanwhile is executed now. */
weir_status wr__sharing_start(wr_engine *e, weir_error *err)
{
    sharing *s = sharing_of(e);
    WR_ASSERT(!s->runs);
    if (pthread_create(&s->thread, NULL, run, s) != 0)
        return wr_error(err, WEIR_ERR_IO, "No thread can be made for the command topic");
    s->runs = true;
    return WEIR_OK;
}
