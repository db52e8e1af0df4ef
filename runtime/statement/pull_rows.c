/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pull queries. On a stream: a query of the statement's own that ends where the topics ended. On a
 * table: the rows of the query that materialises it are read, from one snapshot, without the
 * engine's lock. That query is pinned while it is read; where it is taken out of the list the
 * reading gives up, so a client that stops taking rows holds nobody up.
 *
 * Who reads: with threads, a scan of the table (which may have any number of rows) has a thread of
 * its own, and rows stream through the queue. A look-up by key has few, so it is done at once on
 * the statement's thread; a thread would cost more than the look-up. Without threads everything is
 * read at once, on the caller's thread, and waits in the queue.
 *
 * Consistency: one snapshot of the database for all partitions, as of the last commits. One's own
 * writes are seen, because they are waited for first (wr_engine_wait_for_writes), but for 5 s at
 * most and not on Kafka, where others write as well.
 */
#include "runtime/statement/query_rows.h"

typedef struct pulling {
    wr_pull *pull;
    wr_query_entry *entry; /* NULL: a stream; not pinned yet */
} pulling;

static void discard(void *arg)
{
    pulling *p = arg;
    wr_pull_free(p->pull);
    *p = (pulling){0};
}

/* One that is being stopped may be replaced by another, or go on: it is waited for, by planning
 * again. */
static weir_status find_query(wr_exec *x, wr_instance_env *env, pulling *p, weir_error *err)
{
    weir_error why;
    const char *name = p->pull->source->name, *id = p->pull->query_id;
    p->entry = wr_engine_find_entry(x->engine, id);
    if (!p->entry)
        return wr_error(err, WEIR_ERR_STATEMENT,
                        "Cannot read `%s`: its query %s does not run any more", name, id);
    if (wr_query_error(p->entry->query, &why))
        return wr_error(err, WEIR_ERR_STATEMENT, "Cannot read `%s`: its query %s has failed: %s",
                        name, id, why.message);
    if (atomic_load(&p->entry->ending))
        env->busy = wr_arena_printf(x->arena, "query %s is being stopped or replaced", id);
    return WEIR_OK;
}

static weir_status plan(wr_exec *x, wr_instance_env *env, void *arg, wr_reservation *needs,
                        weir_error *err)
{
    pulling *p = arg;
    (void)needs;
    *p = (pulling){0};
    WR_TRY(wr_plan_pull(&env->base, x->stmt->query, &p->pull, err));
    return p->pull->query_id ? find_query(x, env, p, err) : WEIR_OK;
}

/* ---- reading a table ---- */

/* On the reading thread. The store is read in batches, so `ending` is looked at often. */
static weir_status collect_some(wr__rows *r, const wr_batch *in, wr_sel sel, weir_error *err)
{
    if (atomic_load(&r->entry->ending))
        return wr_error(err, WEIR_ERR_STATEMENT,
                        "Reading `%s` has ended: its query %s is being stopped or replaced",
                        r->pull->source->name, r->pull->query_id);
    wr__row_batch *b = wr__row_batch_new(r->queue, sel.n);
    WR_FOREACH_SEL (i, sel) {
        wr_value *row = b->values + (size_t)b->rows * r->schema->n;
        for (uint32_t c = 0; c < r->schema->n; c++) {
            wr_value v = wr_vec_get(&in->cols[c], i);
            row[c] = wr_value_copy(b->arena, r->schema->cols[c].type, &v);
        }
        b->rows++;
    }
    r->found += b->rows;
    /* Waiting for room ends where the query is taken out of the list. */
    weir_status st = wr__row_queue_put(r->queue, b, &r->entry->ending, err);
    if (st != WEIR_OK && atomic_load(&r->entry->ending))
        return wr_error(err, WEIR_ERR_STATEMENT,
                        "Reading `%s` has ended: its query %s is being stopped or replaced",
                        r->pull->source->name, r->pull->query_id);
    return st;
}

static weir_status collect(void *arg, const wr_batch *in, weir_error *err)
{
    return wr__in_pieces(arg, in, collect_some, err);
}

/* May be called several times, where partitions are read as other servers answer: the rows are as
 * old as the oldest of what was read. */
static weir_status read_here(wr__rows *r, const wr_pull_parts *parts, weir_error *err)
{
    int64_t oldest;
    weir_status st = wr_query_pull(r->entry->query, r->pull, parts, collect, r, &oldest, err);
    r->oldest = WR_MAX(r->oldest, oldest);
    return st;
}

/* The one place that unpins: whoever waits for the query may free it as soon as that is done. */
static void read_table(wr__rows *r)
{
    weir_error why = {0};
    r->oldest = INT64_MIN;
    weir_status st =
        r->everywhere ? wr__pull_everywhere(r, read_here, &why) : read_here(r, r->parts, &why);
    wr_query_entry_unpin(r->engine, r->entry); /* from here on it may be gone */
    wr__row_queue_end(r->queue, st, &why);
}

/* Scans: the store is read on a thread of its own, at the pace at which rows are taken. */
static void *reader(void *arg)
{
    read_table(arg);
    return NULL;
}

/* Are rows so many that they have to stream? Windows of one key are as many as the retention
 * allows.
 */
static bool reads_many(const wr_pull *pull)
{
    bool all = pull->scan || pull->source->window.kind != WR_WINDOW_NONE;
    for (uint32_t i = 0; i < pull->keys_n; i++)
        all = all || !pull->keys[i].key;
    return all;
}

/* @pre the entry is pinned: for the reading, which unpins it */
static weir_status start_reading(wr_exec *x, weir_error *err)
{
    wr__rows *r = x->rows;
    WR_ASSERT(r->pull && r->entry && !r->reading);
    weir_status st = wr__choose_parts(x, err);
    if (st != WEIR_OK) {
        wr_query_entry_unpin(r->engine, r->entry);
        return st;
    }
    /* Whoever waits for other servers must hold no thread that these wait for. */
    bool all = reads_many(r->pull) || r->everywhere;
    if (wr_engine_mode_of(x->engine) == WR_ENGINE_THREADED && all) {
        int rc = pthread_create(&r->thread, NULL, reader, r);
        r->reading = rc == 0;
        if (rc == 0)
            return WEIR_OK;
        wr_query_entry_unpin(r->engine, r->entry);
        return wr_error(err, WEIR_ERR_LIMIT, "Cannot start a thread to read `%s`: %s",
                        r->pull->source->name, strerror(rc));
    }
    wr__row_queue_never_waits(r->queue); /* whoever reads is who takes */
    read_table(r);
    /* What fails at once fails the statement, before its first row. */
    (void)wr__row_queue_ended(r->queue, &st, err);
    return st;
}

void wr__end_pull(wr__rows *r)
{
    if (r->reading)
        pthread_join(r->thread, NULL);
    r->reading = false;
}

/* ---- what has expired ---- */

/* Is one of the windows that @p k asks for forgotten? A key alone asks for all that there are,
 * which is answered by rows; its being without any may come of it. */
static bool asks_expired(const wr__rows *r, const wr_pull_key *k)
{
    int64_t from = k->window_start_min;
    const wr_window *w = &r->pull->source->window;
    bool bounds = k->window_start_min != INT64_MIN || k->window_start_max != INT64_MAX ||
                  k->window_end_min != INT64_MIN || k->window_end_max != INT64_MAX;
    if (!bounds)
        return k->key && r->found == 0;
    if (w->kind == WR_WINDOW_SESSION)
        return WR_MAX(from, k->window_end_min) < r->oldest;
    if (k->window_end_min > INT64_MIN + w->size_ms)
        from = WR_MAX(from, k->window_end_min - w->size_ms);
    return from < r->oldest;
}

void wr__say_expired(wr_exec *x)
{
    const wr__rows *r = x->rows;
    bool any = false;
    WR_ASSERT(r->pull && !x->query);
    /* No window starts before 0. */
    for (uint32_t i = 0; i < r->pull->keys_n && r->oldest > 0; i++)
        any = any || asks_expired(r, &r->pull->keys[i]);
    if (!any)
        return;
    bool session = r->pull->source->window.kind == WR_WINDOW_SESSION;
    wr__say(x,
            "%s of `%s` that %s before %lld have expired: RETENTION in its WINDOW clause says how "
            "long they are kept",
            session ? "Sessions" : "Windows", r->pull->source->name, session ? "end" : "start",
            (long long)r->oldest);
}

/* ---- opening ---- */

/* One's own writes are waited for before planning: it takes as long as queries take. */
weir_status wr__open_pull(wr_exec *x, weir_error *err)
{
    pulling p = {0};
    wr_reservation held = {0};
    wr__planner planner = {plan, discard, &p};
    /* Those on streams, too, although they run as push queries do. */
    if (!wr_settings_bool(&x->settings, "ksql.pull.queries.enable", true))
        return wr_error_at(err, WEIR_ERR_STATEMENT, x->stmt->pos,
                           "Pull queries are disabled. Add EMIT CHANGES if you intended to issue a "
                           "push query.\nPlease set ksql.pull.queries.enable=true to enable this "
                           "feature.");
    if (x->at_once && wr_engine_has_unseen_writes(x->engine))
        return WEIR_ERR_INTERRUPTED;
    wr_engine_wait_for_writes(x->engine, x->interrupt);
    WR_TRY(wr__plan(x, &planner, &held, err));
    if (x->at_once && (!p.entry || reads_many(p.pull) || wr_query_pull_waits(p.entry->query))) {
        wr_engine_unlock(x->engine);
        wr_reservation_release(&held);
        discard(&p);
        return WEIR_ERR_INTERRUPTED;
    }
    const char *id = p.entry ? "" : wr__transient_id(x, false);
    bool pinned = p.entry && wr_query_entry_pin(p.entry);
    WR_ASSERT(!p.entry || pinned); /* it was not ending when it was found, under this lock */
    wr_engine_unlock(x->engine);
    wr_reservation_release(&held);
    wr_pull *pull = p.pull;
    wr__rows *r = wr__rows_new(x, pull->result, pull->result_is_key, pull->has_limit, pull->limit);
    r->pull = pull;
    r->entry = p.entry;
    if (p.entry)
        return start_reading(x, err);
    wr_plan *own = pull->plan;
    pull->plan = NULL;
    return wr__start_transient(x, own, id, true, err);
}
