/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a store hands to its changelog: runs of bounded size, in order of the first change, each
 * change once per commit with caching and at once without; a run that was not taken comes again.
 */
#include "helper.h"
#include "statestore/changelog.h"
#include "statestore/session_store.h"
#include "statestore/window.h"

typedef struct seen {
    uint32_t calls, records, largest; /* largest: records of one call */
    size_t bytes_max;                 /* of one call */
    uint32_t fail_at;                 /* the call that fails, from 1; 0: none */
    wr_str keys[4];                   /* of the first records; their bytes in text */
    char text[4][32];
    bool tombstone[4];
    int64_t timestamps[4];
} seen;

static weir_status see(void *arg, const wr_store_changes *c, weir_error *err)
{
    seen *s = arg;
    size_t bytes = 0;
    assert_true(c->n >= 1 && c->n <= WR_STORE_CHANGES_MAX);
    if (++s->calls == s->fail_at)
        return wr_error(err, WEIR_ERR_LOG, "the changelog is full");
    for (uint32_t i = 0; i < c->n; i++) {
        wr_changelog_key key;
        WR_TRY(wr_changelog_get_key(c->keys[i], WR_CHANGELOG_KV, &key, err));
        bytes += c->keys[i].len + c->values[i].len;
        if (c->values[i].ptr) {
            wr_str value; /* checks the sum: keys and values of a run belong together */
            WR_TRY(wr_changelog_get_value(c->keys[i], c->values[i], &value, err));
        }
        if (s->records < WR_ARRAY_LEN(s->keys)) {
            uint32_t at = s->records;
            assert_true(key.key.len < sizeof s->text[at]);
            memcpy(s->text[at], key.key.ptr, key.key.len);
            s->keys[at] = wr_str_make(s->text[at], key.key.len);
            s->tombstone[at] = !c->values[i].ptr;
            s->timestamps[at] = c->timestamps_ms[i];
        }
        s->records++;
    }
    s->largest = WR_MAX(s->largest, c->n);
    s->bytes_max = WR_MAX(s->bytes_max, bytes);
    return WEIR_OK;
}

typedef struct world {
    backend be;
    seen seen;
    wr_store *s;
} world;

static void open_store(world *w, bool caching)
{
    backend_init(&w->be, true, false);
    wr_store_options o = {.caching = caching, .on_change = see, .on_change_arg = &w->seen};
    OK(wr_db_store_id(w->be.db, S("q/s"), &o.store_id, err));
    OK(wr_kv_open(w->be.db, &o, &w->s, err));
}

static void close_store(world *w)
{
    wr_store_close(w->s);
    backend_fini(&w->be);
}

static void put_number(wr_store *s, int i, wr_str value, int64_t timestamp)
{
    char key[16];
    int n = snprintf(key, sizeof key, "k%d", i);
    OK(wr_kv_put(s, wr_str_make(key, (size_t)n), value, timestamp, err));
}

static void test_runs(void **state)
{
    (void)state;
    enum { N = 3 * WR_STORE_CHANGES_MAX + 7 };
    world w = {0};
    open_store(&w, true);
    for (int i = 0; i < N; i++)
        put_number(w.s, i, S("v"), i);
    assert_int_equal(w.seen.calls, 0); /* nothing before the flush */
    OK(wr_store_flush(w.s, err));
    assert_int_equal(w.seen.records, N);
    assert_int_equal(w.seen.calls, 4);
    assert_int_equal(w.seen.largest, WR_STORE_CHANGES_MAX);
    OK(wr_store_flush(w.s, err)); /* each change once */
    assert_int_equal(w.seen.records, N);
    put_number(w.s, 1, S("v2"), N);
    OK(wr_store_flush(w.s, err)); /* and once more where it has changed again */
    assert_int_equal(w.seen.records, N + 1);
    close_store(&w);
}

static void test_order(void **state)
{
    (void)state;
    world w = {0};
    open_store(&w, true);
    put_number(w.s, 3, S("a"), 10);
    put_number(w.s, 1, S("b"), 20);
    put_number(w.s, 2, S("c"), 30);
    put_number(w.s, 3, S("d"), 40); /* its place is that of its first change, its time the last */
    commit(w.be.db, w.s);
    assert_int_equal(w.seen.records, 3);
    assert_true(wr_str_eq(w.seen.keys[0], S("k3")));
    assert_int_equal(w.seen.timestamps[0], 40);
    assert_true(wr_str_eq(w.seen.keys[1], S("k1")));
    assert_true(wr_str_eq(w.seen.keys[2], S("k2")));
    w.seen = (seen){0};
    OK(wr_kv_delete(w.s, S("k1"), 50, err));
    put_number(w.s, 9, S("came"), 60);
    OK(wr_kv_delete(w.s, S("k9"), 70, err)); /* and went: nobody ever knew it */
    commit(w.be.db, w.s);
    assert_int_equal(w.seen.records, 1);
    assert_true(w.seen.tombstone[0]);
    assert_int_equal(w.seen.timestamps[0], 50);
    close_store(&w);
}

/* An empty value is no tombstone. */
static void test_empty(void **state)
{
    (void)state;
    world w = {0};
    open_store(&w, true);
    put_number(w.s, 1, wr_str_make("", 0), 1);
    OK(wr_store_flush(w.s, err));
    assert_int_equal(w.seen.records, 1);
    assert_false(w.seen.tombstone[0]);
    close_store(&w);
}

/* Records larger than a run's buffer go alone, the others beside them in runs of bounded size. */
static void test_bytes(void **state)
{
    (void)state;
    static const size_t lens[] = {10, 300000, 20, 60000, 60000, 1000000, 5};
    world w = {0};
    open_store(&w, true);
    char *bytes = calloc(1, 1000000);
    for (size_t i = 0; i < WR_ARRAY_LEN(lens); i++)
        put_number(w.s, (int)i, wr_str_make(bytes, lens[i]), 1);
    OK(wr_store_flush(w.s, err));
    assert_int_equal(w.seen.records, WR_ARRAY_LEN(lens));
    assert_int_equal(w.seen.calls, 6); /* 20 and 60000 go together */
    assert_true(w.seen.bytes_max >= 1000000 && w.seen.bytes_max < 1000100);
    w.seen = (seen){0};
    for (int i = 0; i < 300; i++)
        put_number(w.s, i, wr_str_make(bytes, 1000), 2);
    OK(wr_store_flush(w.s, err));
    assert_int_equal(w.seen.records, 300);
    assert_true(w.seen.bytes_max <= 64 * 1024);
    assert_true(w.seen.calls <= 6);
    free(bytes);
    close_store(&w);
}

static void test_uncached(void **state)
{
    (void)state;
    world w = {0};
    open_store(&w, false);
    for (int i = 0; i < 10; i++)
        put_number(w.s, i % 2, S("v"), i);
    assert_int_equal(w.seen.records, 10); /* each change, at once */
    assert_int_equal(w.seen.calls, 10);
    OK(wr_store_flush(w.s, err));
    assert_int_equal(w.seen.records, 10);
    close_store(&w);
}

/* Whichever call fails: the error comes out, and the next flush hands over what was not taken. */
static void test_failures(void **state)
{
    (void)state;
    enum { N = 2 * WR_STORE_CHANGES_MAX + 1, CALLS = 3 };
    for (uint32_t fail_at = 1; fail_at <= CALLS; fail_at++) {
        world w = {0};
        open_store(&w, true);
        for (int i = 0; i < N; i++)
            put_number(w.s, i, S("v"), i);
        w.seen.fail_at = fail_at;
        weir_error why;
        assert_int_equal(wr_store_flush(w.s, &why), WEIR_ERR_LOG);
        assert_non_null(strstr(why.message, "full"));
        assert_int_equal(w.seen.calls, fail_at); /* no further */
        OK(wr_store_flush(w.s, err));
        assert_int_equal(w.seen.records, N); /* all of them, none twice */
        commit(w.be.db, w.s);
        assert_int_equal(w.seen.records, N);
        assert_false(wr_store_is_dirty(w.s));
        close_store(&w);
    }
}

static void test_uncached_failure(void **state)
{
    (void)state;
    world w = {.seen.fail_at = 1};
    open_store(&w, false);
    weir_error why;
    assert_int_equal(wr_kv_put(w.s, S("k"), S("v"), 1, &why), WEIR_ERR_LOG);
    OK(wr_store_discard(w.s, err)); /* what its user does: the transaction is aborted */
    wr_str value;
    bool found;
    OK(wr_kv_get(w.s, S("k"), &value, &found, err));
    assert_false(found);
    close_store(&w);
}

/* Packed and windowed stores use the same way. */
typedef struct count {
    uint32_t calls, records;
} count;

static weir_status count_them(void *arg, const wr_store_changes *c, weir_error *err)
{
    (void)err;
    count *n = arg;
    n->calls++;
    n->records += c->n;
    return WEIR_OK;
}

static void test_window(void **state)
{
    (void)state;
    backend be;
    count n = {0};
    wr_store *s;
    backend_init(&be, true, false);
    wr_window_options o = {.store = {.caching = true, .on_change = count_them, .on_change_arg = &n},
                           .retention_ms = 1000};
    OK(wr_db_store_id(be.db, S("q/w"), &o.store.store_id, err));
    OK(wr_window_open(be.db, &o, &s, err));
    wr_str v = S("v");
    for (int i = 0; i < 100; i++)
        OK(wr_window_put(s, S("k"), i * 10, &v, i, err));
    OK(wr_window_put(s, S("k"), 1500, &v, 1, err)); /* those up to 500 are gone */
    OK(wr_store_flush(s, err));
    assert_int_equal(n.calls, 1);
    assert_int_equal(n.records, 50);
    wr_store_close(s);
    backend_fini(&be);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_runs),     cmocka_unit_test(test_order),
        cmocka_unit_test(test_empty),    cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_uncached), cmocka_unit_test(test_failures),
        cmocka_unit_test(test_window),   cmocka_unit_test(test_uncached_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
