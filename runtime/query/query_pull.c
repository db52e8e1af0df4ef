/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pull queries on the state of a running query, from any thread: one snapshot for all partitions
 * (architecture.md, Traps 9), the store's rows as the materialised step gives them, then the
 * stateless steps above it, then the pull query's own WHERE and SELECT.
 */
#include "runtime/query/pull_defaults.h"
#include "runtime/query/query_internal.h"
#include "statestore/session_store.h"

#define STEPS_MAX 64u

/** One stateless step, ready to run. */
typedef struct pull_step {
    const wr_step *step;
    wr_evaluator *ev;
} pull_step;

/** One pull query, on its caller's thread; nothing of it is shared. */
typedef struct pull_run {
    wr_query *q; /* constant parts of it alone: plan, names */
    const wr_pull *pull;
    wr_arena *arena;            /* evaluators: until the end */
    wr_arena *scratch;          /* rows: reset after each partition */
    pull_step steps[STEPS_MAX]; /* in order of the data flow */
    uint32_t steps_n;
    wr__pull_defaults *defaults; /* NULL: rows are as the store has them */
    wr_evaluator *filter, *select;
    wr_eval_ctx eval;
    wr_row_errors errs;
    int64_t left;   /* rows until LIMIT; -1: no limit */
    int64_t oldest; /* what wr_query_pull returns, of the partitions so far */
    weir_status (*emit)(void *arg, const wr_batch *batch, weir_error *err);
    void *arg;
} pull_run;

static void report(wr_row_errors *self, uint32_t row, const char *message)
{
    (void)self; /* wr_row_error keeps the first message; that is what fails the statement */
    (void)row;
    (void)message;
}

/* The steps above the store, in order of the flow: the plan's way is from the sink down. A SUPPRESS
 * among them is passed over, since pull queries read what the store has now. */
static void open_steps(pull_run *r)
{
    const wr_plan *plan = r->q->plan;
    const wr_step *chain[STEPS_MAX];
    uint32_t n = 0;
    for (const wr_step *s = plan->root; s != plan->materialized; s = s->in[0]) {
        if (s->kind != WR_STEP_FILTER && s->kind != WR_STEP_SELECT)
            continue;
        WR_ASSERT(n < STEPS_MAX);
        chain[n++] = s;
    }
    WR_ASSERT(r->steps_n == 0);
    while (n--) {
        const wr_step *s = chain[n];
        pull_step *p = &r->steps[r->steps_n++];
        p->step = s;
        p->ev = s->kind == WR_STEP_FILTER
                    ? wr_evaluator_new((const wr_expr *const *)&s->u.filter, 1, r->arena)
                    : wr_evaluator_new((const wr_expr *const *)s->u.select, s->schema->n, r->arena);
    }
    if (r->pull->filter)
        r->filter = wr_evaluator_new((const wr_expr *const *)&r->pull->filter, 1, r->arena);
    r->select =
        wr_evaluator_new((const wr_expr *const *)r->pull->select, r->pull->result->n, r->arena);
}

static void close_steps(pull_run *r)
{
    for (uint32_t i = 0; i < r->steps_n; i++)
        wr_evaluator_close(r->steps[i].ev);
    if (r->filter)
        wr_evaluator_close(r->filter);
    if (r->select)
        wr_evaluator_close(r->select);
    wr__pull_defaults_free(r->defaults);
}

/* @p b gets columns of its own, in scratch; rows and selection stay. */
static void project(pull_run *r, wr_evaluator *ev, const wr_schema *schema, wr_batch *b)
{
    const wr_vec **out = wr_arena_calloc(r->scratch, schema->n, sizeof *out);
    wr_evaluator_run(ev, b, NULL, b->sel, &r->eval, out);
    b->cols = wr_arena_calloc(r->scratch, schema->n, sizeof *b->cols);
    for (uint32_t i = 0; i < schema->n; i++)
        b->cols[i] = *out[i];
    b->schema = schema;
    b->old_cols = NULL;
}

/* Batches of the store as the materialised step gives them. LIMIT cuts the selection before the
 * pull's own SELECT runs, so expressions of rows that nobody gets are not computed and cannot fail.
 */
static weir_status take_rows(void *arg, const wr_batch *in, weir_error *err)
{
    pull_run *r = arg;
    wr_batch b = *in;
    if (r->left == 0)
        return WEIR_OK;
    for (uint32_t i = 0; i < r->steps_n; i++) {
        if (r->steps[i].step->kind == WR_STEP_FILTER)
            b.sel = wr_evaluator_filter(r->steps[i].ev, &b, NULL, b.sel, &r->eval);
        else
            project(r, r->steps[i].ev, r->steps[i].step->schema, &b);
    }
    r->errs.count = 0; /* the query has reported those; only the pull's own expressions count */
    if (r->defaults)
        WR_TRY(wr__pull_defaults_apply(r->defaults, &b, &r->errs, r->scratch, err));
    if (r->filter)
        b.sel = wr_evaluator_filter(r->filter, &b, NULL, b.sel, &r->eval);
    if (r->left >= 0)
        b.sel.n = (uint32_t)WR_MIN((int64_t)b.sel.n, r->left);
    project(r, r->select, r->pull->result, &b);
    if (r->errs.count)
        return wr_error(err, WEIR_ERR_RECORD, "%s", r->errs.first);
    WR_ASSERT(r->left < 0 || b.sel.n <= r->left);
    if (r->left >= 0)
        r->left -= b.sel.n;
    return b.sel.n ? r->emit(r->arg, &b, err) : WEIR_OK;
}

/* Encoded bounds of one disjunct. A prefix of the single key column's order-preserving form. */
static weir_status read_one(pull_run *r, wr_store *store, const wr_pull_key *k, weir_error *err)
{
    wr_pull_bounds bounds = {.window_start_min = INT64_MIN,
                             .window_start_max = INT64_MAX,
                             .window_end_min = INT64_MIN,
                             .window_end_max = INT64_MAX};
    wr_buf exact = {0};
    wr_str key;
    if (k) {
        bounds.window_start_min = k->window_start_min;
        bounds.window_start_max = k->window_start_max;
        bounds.window_end_min = k->window_end_min;
        bounds.window_end_max = k->window_end_max;
        if (k->key) {
            wr_materialized_key(r->q->plan, k->key, &exact);
            key = wr_buf_view(&exact);
            bounds.key = &key;
        }
    }
    weir_status st = wr_materialized_read(r->q->plan, store, &bounds, WR_BATCH_ROWS_DEFAULT,
                                          r->scratch, take_rows, r, err);
    wr_buf_free(&exact);
    return st;
}

/* What is forgotten in one partition may still be there in another, where time has not come as far;
 * which one a key is in, a read does not ask. */
static void note_oldest(pull_run *r, const wr_store *store)
{
    WR_ASSERT(r->q->plan->materialized);
    int64_t oldest = INT64_MIN;
    if (r->q->plan->materialized->windowed)
        oldest = wr_store_kind_of(store) == WR_STORE_SESSION ? wr_session_oldest(store)
                                                             : wr_window_oldest(store);
    r->oldest = WR_MAX(r->oldest, oldest);
}

/* @p snap makes all partitions be of one moment: a commit writes them together. */
static weir_status read_partition(pull_run *r, const wr_db_snap *snap, uint32_t store_id,
                                  const wr_store_spec *spec, int32_t partition, weir_error *err)
{
    wr_store_options options = {
        .store_id = store_id, .partition = (uint32_t)partition, .snap = snap};
    wr_store *store;
    WR_ASSERT(partition >= 0 && store_id > 0);
    WR_TRY(wr_store_spec_open(r->q->db, spec, &options, &store, err));
    weir_status st = WEIR_OK;
    note_oldest(r, store);
    /* A range of keys reads the table and filters: the store's order is bytewise, SQL's is that of
     * UTF-16 units, so a cut by bytes could lose rows. */
    bool scan = r->pull->scan;
    for (uint32_t i = 0; i < r->pull->keys_n; i++)
        scan = scan || !r->pull->keys[i].key;
    if (scan)
        st = read_one(r, store, NULL, err);
    for (uint32_t i = 0; !scan && i < r->pull->keys_n && st == WEIR_OK; i++)
        st = read_one(r, store, &r->pull->keys[i], err);
    wr_store_close(store);
    return st;
}

/* State is written behind its changelogs: what was committed a while ago should be read. */
static void await_write(wr_query *q)
{
    wr_monitor *m = wr__scheduler_monitor(q->scheduler);
    wr_monitor_lock(m);
    wr_worker_await_write(m, &q->client);
    wr_monitor_unlock(m);
}

/* State of a query with changelogs comes later than its commit. */
bool wr_query_pull_waits(wr_query *q)
{
    return q->kind.changelogs;
}

/* ---- what is read ---- */

/** The partitions of one read. */
typedef struct pull_choice {
    int32_t *partitions;
    uint32_t n;
} pull_choice;

/* Retriable: partitions move, and whoever asks finds out where they are now. */
static weir_status not_here(const wr_query *q, weir_error *err)
{
    (void)wr_error(err, WEIR_ERR_STORE,
                   "Query %s is not RUNNING here with all of the partitions that were asked for",
                   q->id);
    if (err)
        err->flags |= WEIR_ERROR_RETRIABLE;
    return WEIR_ERR_STORE;
}

/* Without groups a process has everything, and likewise before a query has ever been given any. */
static bool has_all(const wr_query *q)
{
    return !q->kind.changelogs || !q->kind.threaded || !atomic_load(&q->opened);
}

/* What is asked for must be here; without a wish, everything that is here. */
static weir_status choose(wr_query *q, const wr_pull_parts *parts, pull_choice *out,
                          weir_error *err)
{
    int32_t all = q->held.partitions;
    out->n = 0;
    if (!parts)
        WR_TRY(wr__query_await_restored(q, err));
    else if (!wr_query_serves(q, parts))
        return not_here(q, err);
    bool none = !parts && q->kind.changelogs && q->kind.threaded && wr__query_has_nothing(q);
    for (int32_t p = 0; !parts && !none && p < all; p++)
        if (has_all(q) || wr__query_had(q, p))
            out->partitions[out->n++] = p;
    for (uint32_t i = 0; parts && i < parts->n; i++)
        out->partitions[out->n++] = parts->partitions[i];
    return WEIR_OK;
}

/* A snapshot in which all of the partitions are whole: they were there before it was taken, and
 * are so after it. */
static weir_status open_snapshot(wr_query *q, const wr_pull_parts *parts, pull_choice *choice,
                                 wr_db_snap **out, weir_error *err)
{
    for (;;) {
        unsigned before = atomic_load(&q->held.assignment);
        WR_TRY(choose(q, parts, choice, err));
        await_write(q);
        *out = wr_db_snap_new(q->db);
        if (parts ? wr_query_serves(q, parts) : before == atomic_load(&q->held.assignment))
            return WEIR_OK;
        wr_db_snap_free(q->db, *out);
        *out = NULL;
        if (parts)
            return not_here(q, err);
    }
}

static weir_status read_all(pull_run *r, const wr_db_snap *snap, const pull_choice *choice,
                            weir_error *err)
{
    const wr_query *q = r->q;
    const wr_plan_store *of = &q->plan->stores[q->plan->materialized_store];
    wr_buf full = {0};
    uint32_t id = 0;
    wr_task_store_name(q->id, of, &full);
    weir_status st = wr_db_store_id_find(q->db, snap, wr_buf_view(&full), &id, err);
    for (uint32_t i = 0; id && i < choice->n && st == WEIR_OK && r->left != 0; i++) {
        st = read_partition(r, snap, id, &of->spec, choice->partitions[i], err);
        wr_arena_reset(r->scratch);
    }
    wr_buf_free(&full);
    return st;
}

/*
 * Of the query only what never changes is used: its plan, names and database; and what it holds,
 * which are atomics. So it may process, commit, or fail meanwhile; whoever calls has pinned it, so
 * it is not freed. A store without an id was never written: a table without rows.
 */
weir_status wr_query_pull(wr_query *q, const wr_pull *pull, const wr_pull_parts *parts,
                          weir_status (*emit)(void *arg, const wr_batch *batch, weir_error *err),
                          void *arg, int64_t *oldest, weir_error *err)
{
    WR_ASSERT(oldest && emit);
    *oldest = INT64_MIN;
    if (!q->plan->materialized)
        return wr_error(err, WEIR_ERR_STATEMENT, "Table `%s` is not materialised by query %s",
                        pull->source->name, q->id);
    pull_run r = {.q = q,
                  .pull = pull,
                  .arena = wr_arena_new(0),
                  .scratch = wr_arena_new(65536),
                  .left = pull->has_limit ? pull->limit : -1,
                  .oldest = INT64_MIN,
                  .errs = {.report = report},
                  .emit = emit,
                  .arg = arg};
    wr_rng rng;
    wr_rng_seed_os(&rng);
    r.eval = (wr_eval_ctx){.scratch = r.scratch,
                           .errs = &r.errs,
                           .wall_ms = q->clock->wall_ms(q->clock),
                           .rng = &rng,
                           .zone = "UTC"};
    pull_choice choice = {WR_NEW_N(r.arena, int32_t, (size_t)q->held.partitions + 1), 0};
    WR_ASSERT(!parts || parts->n <= (uint32_t)q->held.partitions);
    wr_db_snap *snap = NULL;
    weir_status st = open_snapshot(q, parts, &choice, &snap, err);
    open_steps(&r);
    if (st == WEIR_OK)
        st = wr__pull_defaults_new(pull->source, r.arena, &r.defaults, err);
    if (st == WEIR_OK)
        st = read_all(&r, snap, &choice, err);
    *oldest = r.oldest;
    if (snap)
        wr_db_snap_free(q->db, snap);
    close_steps(&r);
    wr_arena_free(r.arena);
    wr_arena_free(r.scratch);
    return st;
}
