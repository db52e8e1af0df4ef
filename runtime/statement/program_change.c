/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is decided about queries of files that have changed; program_change.h has the rules.
 *
 * A directory knows a query by its record: statement, meaning, sink, the program it is of. Records
 * of an older version say less (query_record.c), and what they do not say is taken to be the same:
 * their stores still say what they mean.
 *
 * Everything is decided before anything has an effect. What then has one (state that is dropped)
 * comes before the first statement is executed; a failure between the two leaves queries without
 * state, which begin anew at the next start, as was asked for.
 */
#include "runtime/statement/program_change.h"
#include "common/diag.h"

/* Read once: nobody else changes records while the program has everything reserved. */
weir_status wr__changes_init(wr__changes *c, wr_engine *e, const char *program, wr_on_change policy,
                             wr_arena *a, weir_error *err)
{
    WR_ASSERT(program && *program && a);
    *c = (wr__changes){.engine = e, .arena = a, .policy = policy, .program = program};
    /* Files that are loaded where statements are kept make new queries, with new numbers. */
    if (!wr_engine_is_service(e))
        return WEIR_OK;
    return wr_query_records_read(wr_engine_db(e), wr_engine_prefix(e), a, &c->kept, err);
}

/* ---- one query against its record ---- */

/* By the record where it says what the query means, which is everything; by what the stores say of
 * themselves where an older version has written it. @return NULL: it may go on. In the program's
 * arena. */
static const char *difference(const wr__changes *c, const wr_query_record *r, const wr__defined *d)
{
    wr_buf text = {0};
    WR_ASSERT(r->meaning && d->meaning && d->state_difference);
    if (r->meaning[0])
        wr_plan_meaning_difference(r->meaning, d->meaning, &text);
    if (!text.len)
        wr_buf_puts(&text, d->state_difference);
    const char *out = text.len ? wr_arena_strndup(c->arena, text.ptr, text.len) : NULL;
    wr_buf_free(&text);
    return out;
}

/* Ways that exist for a service: its files have no TERMINATE and no DROP. */
static weir_status refuse(const wr_query_record *r, const char *how, weir_error *err)
{
    wr_error(err, WEIR_ERR_CONFIG,
             "Nothing was started: query %s has state and offsets of a statement that means "
             "something else (%s)",
             r->id, how);
    return wr_error_hint(
        err,
        "--on-change restart: the query begins anew, its sink keeps its records; --on-change "
        "keep-old: the statement before goes on; `weir reset %s` forgets its state and offsets; or "
        "undo the change, or give what it makes another name",
        r->id);
}

/* The statement before was asked for, and does not mean what it meant: the sources are those of the
 * files, which may have changed as well. */
static weir_status refuse_old(const wr_query_record *r, const char *why, weir_error *err)
{
    wr_error(err, WEIR_ERR_CONFIG, "The statement before of query %s cannot go on: %s", r->id, why);
    return wr_error_hint(err, "--on-change restart, or `weir reset %s`, begins anew", r->id);
}

/* The last one: a later OR REPLACE of the program is what the query is in the end. */
static const wr__program_query *find_id(const wr__changes *c, const char *id)
{
    for (size_t i = c->queries.n; i-- > 0;)
        if (strcmp(c->queries.v[i].defined.query_id, id) == 0)
            return &c->queries.v[i];
    return NULL;
}

/* By ordinal, which is the same in both passes over the files. */
const wr__program_query *wr__changes_find(const wr__changes *c, size_t statement)
{
    for (size_t i = 0; i < c->queries.n; i++)
        if (c->queries.v[i].statement == statement)
            return &c->queries.v[i];
    return NULL;
}

/* A text of the statement's arena, for the program. */
/* The statement's arena goes with it, before the next one is read. */
static const char *keep(const wr__changes *c, const char *text)
{
    return wr_arena_strdup(c->arena, text);
}

weir_status wr__changes_add(wr__changes *c, size_t statement, const wr__defined *d,
                            const char **old_text, weir_error *err)
{
    *old_text = NULL;
    if (!d->query_id)
        return WEIR_OK;
    wr__program_query q = {.statement = statement,
                           .defined = {.query_id = keep(c, d->query_id),
                                       .insert = d->insert,
                                       .sink = keep(c, d->sink),
                                       .meaning = keep(c, d->meaning),
                                       .state_difference = keep(c, d->state_difference)}};
    WR_ASSERT(d->sink && d->meaning);
    size_t last = c->queries.n ? c->queries.n - 1 : 0;
    bool again = c->queries.n && c->queries.v[last].statement == statement;
    if (again) /* this is the statement before, planned in place of the new one */
        q.old_text = c->queries.v[last].old_text;
    const wr_query_record *r = wr_query_record_find(&c->kept, d->query_id);
    const char *how = r ? difference(c, r, d) : NULL;
    if (again) {
        WR_ASSERT(q.old_text);
        c->queries.v[last] = q;
        return how ? refuse_old(r, how, err) : WEIR_OK;
    }
    if (how && c->policy == WR_ON_CHANGE_KEEP_OLD) {
        if (!r->sql[0])
            return refuse_old(r, "an older version has not kept it", err);
        q.old_text = *old_text = r->sql;
    }
    WR_ASSERT(!c->queries.n || c->queries.v[last].statement < statement); /* as they are read */
    wr_arr_push(c->arena, &c->queries, q);
    return WEIR_OK;
}

/* ---- all of them ---- */

/* Only noted: a later statement may still be refused, and then nothing may have happened. */
static void restart(wr__changes *c, const wr_query_record *r)
{
    WR_ASSERT(c->policy == WR_ON_CHANGE_RESTART);
    wr_arr_push(c->arena, &c->restarted, r);
}

/* The id is the same, so the name of the sink is: the state is, or is not, of this statement. */
static weir_status decide_known(wr__changes *c, const wr__program_query *q, weir_error *err)
{
    const wr_query_record *r = wr_query_record_find(&c->kept, q->defined.query_id);
    const char *how = r ? difference(c, r, &q->defined) : NULL;
    if (!how || find_id(c, q->defined.query_id) != q) /* OR REPLACE: the last one counts */
        return WEIR_OK;
    WR_ASSERT(c->policy != WR_ON_CHANGE_KEEP_OLD); /* the statement before means the same */
    if (c->policy == WR_ON_CHANGE_REFUSE)
        return refuse(r, how, err);
    restart(c, r);
    return WEIR_OK;
}

/* Is the record one that a query of the program goes on with, or that is to be forgotten? */
static bool taken(const wr__changes *c, const wr_query_record *r)
{
    bool yes = find_id(c, r->id) != NULL;
    for (size_t i = 0; i < c->restarted.n; i++)
        yes = yes || c->restarted.v[i] == r;
    for (size_t i = 0; i < c->queries.n; i++)
        yes = yes || (c->queries.v[i].as_id && strcmp(c->queries.v[i].as_id, r->id) == 0);
    return yes;
}

/* By the id alone: a record of a query that is gone has nothing else to tell by. */
static bool is_insert(const char *id)
{
    return strncmp(id, "INSERTQUERY_", 12) == 0;
}

/* A query of these files and that sink which is not in them any more. One that means the same comes
 * before others. NULL: there is none. */
static const wr_query_record *gone_one(const wr__changes *c, const wr__defined *d, const char **how)
{
    const wr_query_record *found = NULL;
    for (size_t i = 0; i < c->kept.list.n && d->sink[0]; i++) {
        const wr_query_record *r = &c->kept.list.v[i];
        if (strcmp(r->sink, d->sink) != 0 || strcmp(r->program, c->program) != 0 || taken(c, r))
            continue;
        const char *differs = difference(c, r, d);
        if (!found || !differs) {
            found = r;
            *how = differs;
        }
        if (!differs)
            break;
    }
    return found;
}

/* The directory does not know it. An INSERT may be one of before with another text, or what a
 * CREATE
 * ... AS did; a stream may have become a table of the same name, or the other way round, which
 * changes the id. */
static weir_status decide_unknown(wr__changes *c, wr__program_query *q, weir_error *err)
{
    const char *how = NULL;
    WR_ASSERT(!q->as_id);
    const wr_query_record *r = gone_one(c, &q->defined, &how);
    if (!r)
        return WEIR_OK;
    if (!how && (q->defined.insert || is_insert(r->id))) {
        q->as_id = r->id;
        return WEIR_OK;
    }
    if (!how)
        how = "a stream that has become a table, or a table a stream";
    if (c->policy == WR_ON_CHANGE_REFUSE)
        return refuse(r, how, err);
    if (c->policy == WR_ON_CHANGE_KEEP_OLD)
        return refuse_old(r, "it has no name by which the new one would be the same", err);
    restart(c, r);
    return WEIR_OK;
}

/* Statements that were typed at a prompt, or another service, have a query that writes to the same
 * topic: each row would be there twice. */
/* Both programs go on where they were, so refusing is the only thing that is right without a word
 * from the user: neither is known to be the one that is meant. */
static weir_status check_sink(const wr__changes *c, const wr__program_query *q, weir_error *err)
{
    for (size_t i = 0; i < c->kept.list.n && q->defined.sink[0]; i++) {
        const wr_query_record *r = &c->kept.list.v[i];
        /* A kept statement may have the same id, but it goes on with the same state by itself. */
        if (strcmp(r->sink, q->defined.sink) != 0 || strcmp(r->program, c->program) == 0 ||
            (r->program[0] && taken(c, r)))
            continue;
        wr_error(err, WEIR_ERR_CONFIG,
                 "Topic '%s' is written by query %s of %s, whose state this data directory holds; "
                 "a second query would write each row again",
                 r->sink, r->id, r->program[0] ? r->program : "statements that were typed here");
        return wr_error_hint(
            err,
            "use a directory of its own, forget the other one (`weir reset %s`%s), "
            "or say that both are meant: --set weir.sinks.shared=true",
            r->id, r->program[0] ? "" : ", or TERMINATE at the prompt");
    }
    return WEIR_OK;
}

/* Those that the directory knows first: what they have taken is none that is gone. */
weir_status wr__changes_decide(wr__changes *c, size_t *at, weir_error *err)
{
    bool shared = wr_settings_bool(wr_engine_settings(c->engine), "weir.sinks.shared", false);
    for (size_t i = 0; i < c->queries.n; i++) {
        *at = c->queries.v[i].statement;
        WR_TRY(decide_known(c, &c->queries.v[i], err));
    }
    for (size_t i = 0; i < c->queries.n; i++) {
        wr__program_query *q = &c->queries.v[i];
        *at = q->statement;
        if (!wr_query_record_find(&c->kept, q->defined.query_id))
            WR_TRY(decide_unknown(c, q, err));
    }
    for (size_t i = 0; i < c->queries.n && !shared; i++) {
        *at = c->queries.v[i].statement;
        WR_TRY(check_sink(c, &c->queries.v[i], err));
    }
    return WEIR_OK;
}

/* The first effect of the program. @pre everything was decided, and nothing was refused */
weir_status wr__changes_apply(const wr__changes *c, weir_error *err)
{
    for (size_t i = 0; i < c->restarted.n; i++) {
        const wr_query_record *r = c->restarted.v[i];
        WR_ASSERT(c->policy == WR_ON_CHANGE_RESTART);
        WR_TRY(wr_query_record_reset(wr_engine_log(c->engine), wr_engine_db(c->engine),
                                     wr_engine_prefix(c->engine), r, err));
        wr_diag_put(WR_DIAG_WARN, "query", "%s begins anew: its statement has changed", r->id);
    }
    return WEIR_OK;
}
