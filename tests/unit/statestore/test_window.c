/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Window stores, session stores and join buffers against naive models on both back ends; expiry,
 * restart, and restore from the changelog.
 * cost: 15
 */
#include "helper.h"

#include "statestore/buffer.h"
#include "statestore/session_store.h"
#include "statestore/window.h"

enum { RETENTION = 200, SEGMENT = 30, ROWS = 4096 };

typedef enum shape { WINDOW, BUFFER, SESSION, SHAPES } shape;

typedef struct model_row {
    char key[32], value[48];
    uint32_t key_len, value_len;
    int64_t time;   /* start of a window, end of a session */
    uint64_t extra; /* order of arrival in a buffer; start of a session */
} model_row;

typedef struct model {
    model_row rows[ROWS];
    size_t n;
    int64_t stream_time;
    uint64_t sequence;
} model;

typedef struct record {
    char key[64];
    size_t key_len, value_len;
    char *value; /* NULL: tombstone */
} record;

typedef struct world {
    backend be;
    shape shape;
    wr_store *store;
    model now, committed;
    record *log;
    size_t log_n, log_committed, log_cap;
    int64_t clock;
    uint64_t expired;
    wr_rng rng;
} world;

static int64_t oldest(const model *m)
{
    return m->stream_time == WR_STORE_NO_TIME ? INT64_MIN : m->stream_time - RETENTION + 1;
}

static wr_str row_key(const model_row *r)
{
    return wr_str_make(r->key, r->key_len);
}

/* ------------------------------------------------------------------ the model's operations */

static model_row *model_find(model *m, wr_str key, int64_t time, uint64_t extra)
{
    for (size_t i = 0; i < m->n; i++)
        if (m->rows[i].time == time && m->rows[i].extra == extra &&
            wr_str_eq(row_key(&m->rows[i]), key) && time >= oldest(m))
            return &m->rows[i];
    return NULL;
}

static void model_put(model *m, wr_str key, int64_t time, uint64_t extra, const wr_str *value)
{
    model_row *r = model_find(m, key, time, extra);
    if (!value) {
        if (r)
            *r = m->rows[--m->n];
        return;
    }
    for (size_t i = 0; i < m->n;) /* drop what is gone, to stay small */
        if (m->rows[i].time < oldest(m))
            m->rows[i] = m->rows[--m->n];
        else
            i++;
    r = model_find(m, key, time, extra);
    if (!r) {
        assert_true(m->n < ROWS);
        r = &m->rows[m->n++];
        *r = (model_row){.key_len = key.len, .time = time, .extra = extra};
        memcpy(r->key, key.ptr, key.len);
    }
    memcpy(r->value, value->ptr, value->len);
    r->value_len = value->len;
}

static int by_time(const void *a, const void *b)
{
    const model_row *x = a, *y = b;
    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    int order = wr_str_cmp(row_key(x), row_key(y));
    if (order)
        return order;
    /* a session's start is signed */
    return (int64_t)x->extra < (int64_t)y->extra ? -1 : (int64_t)x->extra > (int64_t)y->extra;
}

/* ------------------------------------------------------------------ the changelog */

static void log_one(world *w, wr_str key, wr_str value)
{
    if (w->log_n == w->log_cap) {
        w->log_cap = w->log_cap ? w->log_cap * 2 : 1024;
        w->log = realloc(w->log, w->log_cap * sizeof *w->log);
    }
    record *r = &w->log[w->log_n++];
    *r = (record){.key_len = key.len};
    assert_true(key.len <= sizeof r->key);
    memcpy(r->key, key.ptr, key.len);
    if (value.ptr) {
        r->value = malloc(value.len + 1);
        r->value_len = value.len;
        memcpy(r->value, value.ptr, value.len);
    }
}

static weir_status on_change(void *arg, const wr_store_changes *c, weir_error *err)
{
    (void)err;
    assert_true(c->n >= 1 && c->n <= WR_STORE_CHANGES_MAX);
    for (uint32_t i = 0; i < c->n; i++)
        log_one(arg, c->keys[i], c->values[i]);
    return WEIR_OK;
}

/* Forget what was logged behind the last commit, as an aborted transaction does. */
static void cut_log(world *w)
{
    while (w->log_n > w->log_committed)
        free(w->log[--w->log_n].value);
}

/* ------------------------------------------------------------------ operations on both */

static void open_store(world *w, uint32_t id, wr_store **out)
{
    wr_store_options options = {.store_id = id, .overlay_max = 20000, .caching = true};
    options.on_change = on_change;
    options.on_change_arg = w;
    if (w->shape == SESSION) {
        wr_session_options o = {.store = options, .retention_ms = RETENTION, .segment_ms = SEGMENT};
        OK(wr_session_open(w->be.db, &o, out, err));
    } else if (w->shape == BUFFER) {
        wr_buffer_options o = {.store = options, .retention_ms = RETENTION, .segment_ms = SEGMENT};
        OK(wr_buffer_open(w->be.db, &o, out, err));
    } else {
        wr_window_options o = {.store = options, .retention_ms = RETENTION};
        OK(wr_window_open(w->be.db, &o, out, err));
    }
}

static int64_t stream_time(const world *w)
{
    switch (w->shape) {
    case SESSION:
        return wr_session_stream_time(w->store);
    case BUFFER:
        return wr_buffer_stream_time(w->store);
    default:
        return wr_window_stream_time(w->store);
    }
}

/* Near the clock, which runs; now and then far before it. */
static int64_t random_time(world *w)
{
    if (wr_rng_below(&w->rng, 300) == 0)
        w->clock += (int64_t)wr_rng_below(&w->rng, RETENTION * 2); /* a jump */
    w->clock += wr_rng_below(&w->rng, 4) == 0;
    int64_t back = (int64_t)wr_rng_below(&w->rng, wr_rng_below(&w->rng, 10) ? 50 : RETENTION + 50);
    return w->clock - back;
}

static void add_to_buffer(world *w, wr_str key, int64_t time, wr_str value)
{
    wr_store_entry *head;
    OK(wr_buffer_find_many(w->store, 1, &key, &time, &head, err));
    OK(wr_buffer_add(w->store, key, head, time, value, 1, err));
}

static void step_put(world *w)
{
    char key_bytes[64], value_bytes[40];
    wr_str key = random_key(&w->rng, key_bytes);
    wr_str value = random_value(&w->rng, value_bytes, sizeof value_bytes);
    const wr_str *given = wr_rng_below(&w->rng, 5) ? &value : NULL;
    int64_t time = random_time(w), start = time - (int64_t)wr_rng_below(&w->rng, 40);
    if (w->shape == BUFFER)
        given = &value; /* rows of a join are not deleted */
    if (w->shape == SESSION)
        OK(wr_session_put(w->store, key, start, time, given, 1, err));
    else if (w->shape == BUFFER)
        add_to_buffer(w, key, time, value);
    else
        OK(wr_window_put(w->store, key, time, given, 1, err));
    w->now.stream_time = WR_MAX(w->now.stream_time, time);
    bool expired = time < oldest(&w->now);
    w->expired += expired;
    if (expired)
        return;
    uint64_t extra = w->shape == SESSION ? (uint64_t)start : 0;
    if (w->shape == BUFFER)
        extra = w->now.sequence++;
    model_put(&w->now, key, time, extra, given);
}

static void check_row(const world *w, const wr_store_row *row, const model_row *expected)
{
    assert_true(wr_str_eq(row->key, row_key(expected)));
    assert_int_equal(row->value.len, expected->value_len);
    assert_memory_equal(row->value.ptr, expected->value, expected->value_len);
    if (w->shape == SESSION) {
        assert_int_equal(row->end_ms, expected->time);
        assert_int_equal(row->start_ms, (int64_t)expected->extra);
    } else {
        assert_int_equal(row->start_ms, expected->time);
    }
}

static bool is_inside(const world *w, const model_row *r, const wr_str *key, int64_t from,
                      int64_t to)
{
    if (r->time < oldest(&w->now) || (key && !wr_str_eq(row_key(r), *key)))
        return false;
    if (w->shape == SESSION && key)
        return r->time >= from && (int64_t)r->extra <= to;
    return r->time >= from && r->time <= to;
}

/* A buffer's rows of one key, in the order of the model. */
static void check_buffer(world *w, wr_str key, int64_t from, int64_t to)
{
    wr_arena *a = wr_arena_new(0);
    wr_buffer_probe probe;
    wr_buffer_rows_of rows = {0};
    OK(wr_buffer_probe_many(w->store, 1, &key, &from, &to, a, &probe, err));
    OK(wr_buffer_rows(w->store, key, &probe, a, &rows, err));
    size_t n = 0;
    for (size_t i = 0; i < w->now.n; i++) {
        const model_row *r = &w->now.rows[i];
        if (!is_inside(w, r, &key, from, to))
            continue;
        assert_true(n < rows.n);
        assert_int_equal(rows.v[n].time_ms, r->time);
        assert_int_equal(rows.v[n].value.len, r->value_len);
        assert_memory_equal(rows.v[n].value.ptr, r->value, r->value_len);
        n++;
    }
    assert_int_equal(n, rows.n);
    wr_arena_free(a);
}

/* Rows of one key (NULL: of all) in [from, to], as the store gives them and as they should be. */
static void check_range(world *w, const wr_str *key, int64_t from, int64_t to)
{
    qsort(w->now.rows, w->now.n, sizeof w->now.rows[0], by_time);
    if (w->shape == BUFFER) {
        for (size_t i = 0; !key && i < w->now.n; i++)
            check_buffer(w, row_key(&w->now.rows[i]), from, to);
        if (key)
            check_buffer(w, *key, from, to);
        return;
    }
    wr_store_iter *it;
    if (w->shape == SESSION && key)
        OK(wr_session_find(w->store, *key, from, to, &it, err));
    else if (w->shape == SESSION)
        OK(wr_session_scan(w->store, from, to, &it, err));
    else if (key)
        OK(wr_window_fetch(w->store, *key, from, to, &it, err));
    else
        OK(wr_window_scan(w->store, from, to, &it, err));
    wr_store_row row;
    bool more;
    for (size_t i = 0; i < w->now.n; i++) {
        const model_row *r = &w->now.rows[i];
        if (!is_inside(w, r, key, from, to))
            continue;
        OK(wr_store_iter_next(it, &row, &more, err));
        assert_true(more);
        check_row(w, &row, r);
    }
    OK(wr_store_iter_next(it, &row, &more, err));
    assert_false(more);
    wr_store_iter_free(it);
}

static void step_read(world *w)
{
    char key_bytes[64];
    wr_str key = random_key(&w->rng, key_bytes), value;
    int64_t from = random_time(w), to = from + (int64_t)wr_rng_below(&w->rng, 120);
    assert_int_equal(stream_time(w), w->now.stream_time);
    check_range(w, &key, from, to);
    if (wr_rng_below(&w->rng, 8) == 0)
        check_range(w, NULL, from, to);
    if (w->shape == BUFFER)
        return;
    int64_t time = w->now.n ? w->now.rows[wr_rng_below(&w->rng, w->now.n)].time : from;
    uint64_t extra = w->shape == SESSION ? (uint64_t)(time - 7) : 0;
    bool found;
    if (w->shape == SESSION)
        OK(wr_session_get(w->store, key, time - 7, time, &value, &found, err));
    else
        OK(wr_window_get(w->store, key, time, &value, &found, err));
    const model_row *r = model_find(&w->now, key, time, extra);
    assert_int_equal(found, r != NULL);
    if (r) {
        assert_int_equal(value.len, r->value_len);
        assert_memory_equal(value.ptr, r->value, r->value_len);
    }
}

/* What a session aggregate does: one look-up for many rows, then each merges what is near it. */
static void step_merge(world *w)
{
    enum { N = 40, GAP = 5 };
    if (w->shape != SESSION)
        return;
    char bytes[N][64];
    wr_str keys[N];
    int64_t times[N];
    wr_store_entry *homes[N];
    wr_arena *a = wr_arena_new(0);
    wr_session_hits hits = {0};
    for (size_t i = 0; i < N; i++) {
        keys[i] = random_key(&w->rng, bytes[i]);
        times[i] = random_time(w);
    }
    OK(wr_session_find_many(w->store, N, keys, times, GAP, homes, err));
    for (size_t i = 0; i < N; i++) {
        int64_t start = times[i], end = times[i];
        OK(wr_session_near(w->store, keys[i], homes[i], start - GAP, end + GAP, a, &hits, err));
        for (size_t k = 0; k < hits.n; k++) {
            const wr_session_hit *x = &hits.v[k];
            assert_non_null(model_find(&w->now, keys[i], x->end_ms, (uint64_t)x->start_ms));
            model_put(&w->now, keys[i], x->end_ms, (uint64_t)x->start_ms, NULL);
            start = WR_MIN(start, x->start_ms);
            end = WR_MAX(end, x->end_ms);
        }
        for (size_t k = 0; k < w->now.n; k++) { /* none was missed */
            const model_row *r = &w->now.rows[k];
            assert_false(wr_str_eq(row_key(r), keys[i]) && r->time >= oldest(&w->now) &&
                         r->time >= times[i] - GAP && (int64_t)r->extra <= times[i] + GAP);
        }
        char value_bytes[40];
        wr_str value = random_value(&w->rng, value_bytes, sizeof value_bytes);
        OK(wr_session_change(w->store, keys[i], homes[i], &hits, start, end, value, 1, err));
        w->now.stream_time = WR_MAX(w->now.stream_time, end);
        if (end < oldest(&w->now))
            w->expired++;
        else
            model_put(&w->now, keys[i], end, (uint64_t)start, &value);
    }
    wr_arena_free(a);
}

/* One probe for many rows, then each judged and changed in its turn. */
static void step_many(world *w)
{
    enum { N = 40 };
    if (w->shape != WINDOW)
        return;
    char bytes[N][64];
    wr_str keys[N];
    int64_t starts[N];
    wr_store_entry *entries[N];
    for (size_t i = 0; i < N; i++) {
        keys[i] = random_key(&w->rng, bytes[i]);
        starts[i] = random_time(w);
    }
    OK(wr_window_find_many(w->store, N, keys, starts, entries, err));
    for (size_t i = 0; i < N; i++) {
        bool live = starts[i] >= wr_window_oldest(w->store) && wr_entry_exists(entries[i]);
        assert_int_equal(live, model_find(&w->now, keys[i], starts[i], 0) != NULL);
        w->now.stream_time = WR_MAX(w->now.stream_time, starts[i]);
        bool open = starts[i] >= oldest(&w->now);
        assert_int_equal(wr_window_observe(w->store, starts[i]), open);
        w->expired += !open;
        if (!open)
            continue;
        char *p = wr_entry_edit(w->store, entries[i], 20);
        memset(p, (int)i, 20);
        OK(wr_entry_changed(w->store, entries[i], 1, err));
        wr_str value = {p, 20};
        model_put(&w->now, keys[i], starts[i], 0, &value);
        wr_store_row row = wr_window_row(w->store, entries[i]);
        assert_true(wr_str_eq(row.key, keys[i]) && row.start_ms == starts[i]);
    }
}

static void step(world *w)
{
    uint64_t what = wr_rng_below(&w->rng, 300);
    if (what == 0) {
        uint32_t id;
        wr_store_close(w->store);
        backend_reopen(&w->be);
        OK(wr_db_store_id(w->be.db, S("w"), &id, err));
        open_store(w, id, &w->store);
        w->now = w->committed;
        cut_log(w);
        w->expired = 0;
    } else if (what < 10) {
        commit(w->be.db, w->store);
        w->committed = w->now;
        w->log_committed = w->log_n;
    } else if (what < 14) {
        OK(wr_store_discard(w->store, err));
        w->now = w->committed;
        cut_log(w);
    } else if (what < 20) {
        check_range(w, NULL, INT64_MIN, INT64_MAX);
    } else if (what < 25) {
        wr_store_trim(w->store);
    } else if (what < 30) {
        step_many(w);
    } else if (what < 40) {
        step_merge(w);
    } else if (what < 130) {
        step_read(w);
    } else {
        step_put(w);
    }
}

/* The changelog alone must give the same committed rows and stream time. */
static void check_restore(world *w)
{
    uint32_t id;
    OK(wr_db_store_id(w->be.db, S("restored"), &id, err));
    wr_store_close(w->store);
    open_store(w, id, &w->store);
    wr_db_batch *b = wr_db_batch_new(w->be.db);
    for (size_t i = 0; i < w->log_committed; i++) {
        const record *r = &w->log[i];
        wr_str value = wr_str_make(r->value, r->value_len);
        OK(wr_store_restore(w->store, wr_str_make(r->key, r->key_len), r->value ? &value : NULL,
                            err));
        if (i % 100 == 99) {
            OK(wr_store_commit_into(w->store, b, err));
            OK(wr_db_write(w->be.db, b, err));
        }
    }
    OK(wr_store_commit_into(w->store, b, err));
    OK(wr_db_write(w->be.db, b, err));
    wr_db_batch_free(b);
    w->now = w->committed;
    /* Puts that were dropped moved stream time without a record; then rows live on a little longer.
     */
    if (stream_time(w) == w->now.stream_time)
        check_range(w, NULL, INT64_MIN, INT64_MAX);
}

static void run_property(shape kind, bool memory, uint64_t seed, int steps)
{
    world *w = calloc(1, sizeof *w);
    w->shape = kind;
    wr_rng_seed(&w->rng, seed);
    w->clock = seed % 2 ? 1000000 : 0; /* around 0 times are negative too */
    backend_init(&w->be, memory, seed % 2);
    w->now.stream_time = w->committed.stream_time = WR_STORE_NO_TIME;
    uint32_t id;
    OK(wr_db_store_id(w->be.db, S("w"), &id, err));
    open_store(w, id, &w->store);
    for (int i = 0; i < steps; i++)
        step(w);
    check_range(w, NULL, INT64_MIN, INT64_MAX);
    wr_store_stats stats;
    wr_store_stats_read(w->store, &stats);
    assert_int_equal(stats.expired, w->expired);
    check_restore(w);
    wr_store_close(w->store);
    backend_fini(&w->be);
    w->log_committed = 0;
    cut_log(w);
    free(w->log);
    free(w);
}

static void test_property_memory(void **state)
{
    (void)state;
    for (int shape_n = 0; shape_n < SHAPES; shape_n++)
        for (uint64_t seed = 1; seed <= 6; seed++)
            run_property((shape)shape_n, true, seed, 3000);
}

static void test_property_rocks(void **state)
{
    (void)state;
    for (int shape_n = 0; shape_n < SHAPES; shape_n++)
        for (uint64_t seed = 1; seed <= 2; seed++)
            run_property((shape)shape_n, false, seed, 1500);
}

/* ------------------------------------------------------------------ single promises */

static wr_store *open_window(wr_db *db, int64_t retention_ms)
{
    wr_window_options o = {.retention_ms = retention_ms};
    wr_store *s;
    OK(wr_db_store_id(db, S("single"), &o.store.store_id, err));
    OK(wr_window_open(db, &o, &s, err));
    return s;
}

static bool exists(wr_store *s, const char *key, int64_t start)
{
    wr_str value;
    bool found;
    OK(wr_window_get(s, S(key), start, &value, &found, err));
    return found;
}

static void test_expiry_bound(void **state)
{
    (void)state;
    backend be;
    backend_init(&be, true, false);
    wr_store *s = open_window(be.db, 10);
    wr_str v = S("v");
    OK(wr_window_put(s, S("k"), 0, &v, 0, err));
    OK(wr_window_put(s, S("k"), 9, &v, 0, err));
    assert_true(exists(s, "k", 0)); /* 0 > 9 - 10 */
    OK(wr_window_put(s, S("k"), 10, &v, 0, err));
    assert_false(exists(s, "k", 0)); /* 0 <= 10 - 10 */
    OK(wr_window_put(s, S("k"), 0, &v, 0, err));
    assert_false(exists(s, "k", 0)); /* late: dropped and counted */
    wr_store_stats stats;
    wr_store_stats_read(s, &stats);
    assert_int_equal(stats.expired, 1);
    OK(wr_window_put(s, S("k"), 30, NULL, 0, err)); /* a delete moves stream time too */
    assert_false(exists(s, "k", 10));
    wr_store_close(s);
    backend_fini(&be);
}

/* Windows that a restart finds expired stay so, also when the rows did not survive. */
static void test_restart_keeps_stream_time(void **state)
{
    (void)state;
    backend be;
    backend_init(&be, false, true);
    wr_store *s = open_window(be.db, 10);
    wr_str v = S("v");
    OK(wr_window_put(s, S("k"), 100, &v, 0, err));
    OK(wr_window_put(s, S("k"), 100, NULL, 0, err));
    commit(be.db, s);
    OK(wr_window_put(s, S("k"), 500, &v, 0, err)); /* never committed */
    wr_store_close(s);
    backend_reopen(&be);
    s = open_window(be.db, 10);
    assert_int_equal(wr_window_stream_time(s), 100);
    OK(wr_window_put(s, S("k"), 90, &v, 0, err));
    assert_false(exists(s, "k", 90));
    OK(wr_window_put(s, S("k"), 91, &v, 0, err));
    assert_true(exists(s, "k", 91));
    wr_store_close(s);
    backend_fini(&be);
}

/* Neither memory nor disk keeps what is gone: a long run stays as small as its retention. */
static void test_expired_rows_leave(void **state)
{
    (void)state;
    backend be;
    backend_init(&be, true, false);
    wr_store *s = open_window(be.db, 100);
    wr_str v = S("v");
    for (int64_t t = 0; t < 50000; t++) {
        OK(wr_window_put(s, S("key"), t, &v, t, err));
        if (t % 50 == 0)
            commit(be.db, s);
    }
    wr_store_stats stats;
    wr_store_stats_read(s, &stats);
    assert_in_range(stats.entries, 100, 2000);
    wr_store_close(s);
    wr_db_metrics metrics;
    wr_db_metrics_read(be.db, &metrics);
    assert_in_range(metrics.keys_estimate, 100, 400);
    backend_fini(&be);
}

static void test_sessions_overlap(void **state)
{
    (void)state;
    backend be;
    backend_init(&be, true, false);
    wr_session_options o = {.retention_ms = 1000};
    wr_store *s;
    OK(wr_db_store_id(be.db, S("s"), &o.store.store_id, err));
    OK(wr_session_open(be.db, &o, &s, err));
    wr_str v = S("v");
    OK(wr_session_put(s, S("k"), 10, 20, &v, 0, err));
    OK(wr_session_put(s, S("k"), 40, 40, &v, 0, err));
    OK(wr_session_put(s, S("kk"), 10, 40, &v, 0, err));
    static const struct {
        int64_t from, to;
        int n;
    } cases[] = {{0, 9, 0},   {0, 10, 1},  {15, 16, 1}, {20, 40, 2},
                 {21, 39, 0}, {40, 40, 1}, {41, 99, 0}};
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        wr_store_iter *it;
        wr_store_row row;
        bool more = true;
        int n = 0;
        OK(wr_session_find(s, S("k"), cases[i].from, cases[i].to, &it, err));
        for (;; n++) {
            OK(wr_store_iter_next(it, &row, &more, err));
            if (!more)
                break;
        }
        assert_int_equal(n, cases[i].n);
        wr_store_iter_free(it);
    }
    wr_store_close(s);
    backend_fini(&be);
}

/* A key with thousands of rows in one segment: chunks, each logged only when it changes. */
static weir_status count_bytes(void *arg, const wr_store_changes *c, weir_error *err)
{
    (void)err;
    for (uint32_t i = 0; i < c->n; i++)
        *(size_t *)arg += c->values[i].len;
    return WEIR_OK;
}

static void test_hot_key(void **state)
{
    (void)state;
    enum { N = 20000, LEN = 50 };
    backend be;
    backend_init(&be, false, true);
    size_t logged = 0;
    wr_buffer_options o = {.retention_ms = 1000000, .segment_ms = 1000000};
    o.store = (wr_store_options){.caching = true, .on_change = count_bytes};
    o.store.on_change_arg = &logged;
    wr_store *s;
    OK(wr_db_store_id(be.db, S("hot"), &o.store.store_id, err));
    OK(wr_buffer_open(be.db, &o, &s, err));
    wr_str key = S("k");
    char bytes[LEN];
    for (int64_t t = 0; t < N; t++) {
        wr_store_entry *head;
        memset(bytes, (int)(t & 127), LEN);
        OK(wr_buffer_find_many(s, 1, &key, &t, &head, err));
        OK(wr_buffer_add(s, key, head, t, wr_str_make(bytes, LEN), t, err));
        if (t % 100 == 99)
            commit(be.db, s);
    }
    assert_true(logged < (size_t)N * LEN * 3); /* and not N / 100 times all that there is */
    wr_store_close(s);
    backend_reopen(&be);
    OK(wr_buffer_open(be.db, &o, &s, err));
    wr_arena *a = wr_arena_new(0);
    wr_buffer_probe probe;
    wr_buffer_rows_of rows = {0};
    int64_t from = 10, to = INT64_MAX;
    OK(wr_buffer_probe_many(s, 1, &key, &from, &to, a, &probe, err));
    OK(wr_buffer_rows(s, key, &probe, a, &rows, err));
    assert_int_equal(rows.n, N - 10);
    for (size_t i = 0; i < rows.n; i++) {
        assert_int_equal(rows.v[i].time_ms, i + 10);
        assert_int_equal(rows.v[i].value.len, LEN);
        assert_int_equal(rows.v[i].value.ptr[LEN - 1], (i + 10) & 127);
    }
    wr_arena_free(a);
    wr_store_close(s);
    backend_fini(&be);
}

/* State whose rows lie elsewhere than this configuration looks is refused, not misread. */
static void test_other_segments_are_refused(void **state)
{
    (void)state;
    backend be;
    backend_init(&be, true, false);
    wr_session_options o = {.retention_ms = 1000, .segment_ms = 100};
    wr_store *s;
    wr_str v = S("v");
    OK(wr_db_store_id(be.db, S("s"), &o.store.store_id, err));
    OK(wr_session_open(be.db, &o, &s, err));
    OK(wr_session_put(s, S("k"), 10, 20, &v, 0, err));
    commit(be.db, s);
    wr_store_close(s);
    o.segment_ms = 50;
    weir_error err = {0};
    assert_int_equal(wr_session_open(be.db, &o, &s, &err), WEIR_ERR_STORE);
    assert_non_null(strstr(err.message, "segments of another length"));
    assert_null(s);
    backend_fini(&be);
}

/* After a restart, and after old entries were evicted, what begins behind the committed stream time
 * is known to be new: looking for it reads nothing. */
static void test_new_segments_are_not_read(void **state)
{
    (void)state;
    backend be;
    backend_init(&be, false, true);
    wr_session_options o = {.store.overlay_max = 4000, .retention_ms = 100000, .segment_ms = 100};
    wr_store *s;
    wr_str v = S("v"), keys[26];
    int64_t times[26];
    wr_store_entry *homes[26];
    OK(wr_db_store_id(be.db, S("s"), &o.store.store_id, err));
    OK(wr_session_open(be.db, &o, &s, err));
    OK(wr_session_put(s, S("k"), 10, 150, &v, 0, err));
    commit(be.db, s);
    wr_store_close(s);
    backend_reopen(&be);
    OK(wr_session_open(be.db, &o, &s, err));
    wr_store_stats stats;
    for (int64_t t = 250; t < 2000; t += 100) {
        for (size_t i = 0; i < 26; i++) {
            keys[i] = wr_str_make(&"abcdefghijklmnopqrstuvwxyz"[i], 1);
            times[i] = t;
        }
        OK(wr_session_find_many(s, 26, keys, times, 10, homes, err));
        for (size_t i = 0; i < 26; i++)
            OK(wr_session_change(s, keys[i], homes[i], &(wr_session_hits){0}, t, t, v, 0, err));
        commit(be.db, s);
        wr_store_trim(s);
    }
    wr_store_stats_read(s, &stats);
    assert_int_equal(stats.misses, 0);
    assert_true(stats.entries < 26 * 10); /* something was evicted */
    wr_str value;
    bool found;
    OK(wr_session_get(s, S("k"), 10, 150, &value, &found, err));
    assert_true(found); /* what is old is still read */
    OK(wr_session_get(s, S("c"), 250, 250, &value, &found, err));
    assert_true(found);
    wr_store_close(s);
    backend_fini(&be);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_property_memory),
        cmocka_unit_test(test_property_rocks),
        cmocka_unit_test(test_expiry_bound),
        cmocka_unit_test(test_restart_keeps_stream_time),
        cmocka_unit_test(test_expired_rows_leave),
        cmocka_unit_test(test_sessions_overlap),
        cmocka_unit_test(test_hot_key),
        cmocka_unit_test(test_other_segments_are_refused),
        cmocka_unit_test(test_new_segments_are_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
