/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many stores of one database: they are committed together, thrown back together, seen together by
 * a snapshot, dropped one by one. Nothing here knows what a store should hold; each state of it is
 * compared with what the same store said before: a commit, a cleared batch, a snapshot, a discard
 * and a new start change nothing that readers see, or bring back exactly what they saw.
 */
#include "shapes.h"

enum { STORES = 2 * SHAPES, SNAPS = 4, KEYS = 4 };
static const char *const key_texts[KEYS] = {"", "a", "aa", "a key that is too long for an entry"};

typedef struct one_store {
    shape sh;
    char name[24];
    uint32_t id, partition;
    wr_store *s;
    char *committed; /* all rows as of the last commit */
    char *written;   /* what of them the database has: the same, but where it is written behind */
} one_store;

typedef struct one_snap {
    wr_db_snap *snap; /* NULL: not taken */
    uint32_t ids[STORES];
    char *texts[STORES];
    uint64_t note;
} one_snap;

typedef struct world {
    backend be;
    one_store stores[STORES];
    one_snap snaps[SNAPS];
    int64_t clock;
    uint64_t commits; /* the note that is written with the rows */
    uint64_t seed;
    wr_rng rng;
} world;

static char *text_of(const one_store *o, wr_store *s)
{
    wr_str keys[KEYS];
    for (size_t i = 0; i < KEYS; i++)
        keys[i] = S(key_texts[i]);
    return shape_text(s, o->sh, keys, KEYS);
}

static void check_text(const world *w, const one_store *o, wr_store *s, const char *expected,
                       const char *when)
{
    char *got = text_of(o, s);
    if (strcmp(got, expected) != 0)
        fail_msg("seed %llu: %s, %s:\n%s\nexpected\n%s", (unsigned long long)w->seed, o->name, when,
                 got, expected);
    wr_free(got);
}

static void open_one(world *w, one_store *o)
{
    OK(wr_db_store_id(w->be.db, S(o->name), &o->id, err));
    o->s = shape_store(w->be.db, o->sh, o->id, o->partition, NULL);
}

/* ---- steps ---- */

static void put_some(world *w)
{
    one_store *o = &w->stores[wr_rng_below(&w->rng, STORES)];
    for (uint64_t n = wr_rng_below(&w->rng, 6); n > 0; n--) {
        char value[24];
        w->clock += (int64_t)wr_rng_below(&w->rng, wr_rng_below(&w->rng, 40) ? 8 : 900);
        int len = snprintf(value, sizeof value, "v%llu", (unsigned long long)wr_rng_next(&w->rng));
        int64_t time = w->clock - (int64_t)wr_rng_below(&w->rng, 60);
        OK(shape_put(o->s, o->sh, S(key_texts[wr_rng_below(&w->rng, KEYS)]), time,
                     wr_str_make(value, (uint32_t)len), err));
    }
    if (o->sh == SHAPE_KV && wr_rng_below(&w->rng, 4) == 0)
        OK(wr_kv_delete(o->s, S(key_texts[wr_rng_below(&w->rng, KEYS)]), w->clock, err));
}

static void replace(char **text, const char *by)
{
    char *copy = wr_strdup(by);
    wr_free(*text);
    *text = copy;
}

/* Committed elsewhere: the database has none of it. */
static void commit_behind(world *w)
{
    for (size_t i = 0; i < STORES; i++) {
        one_store *o = &w->stores[i];
        char *before = text_of(o, o->s);
        OK(wr_store_flush(o->s, err));
        wr_store_committed(o->s);
        assert_false(wr_store_is_dirty(o->s));
        check_text(w, o, o->s, before, "after a commit elsewhere");
        replace(&o->committed, before);
        wr_free(before);
    }
}

/* Right after such a commit: the database catches up, at the first or the second attempt. */
static void write_behind(world *w)
{
    commit_behind(w);
    wr_db_batch *b = wr_db_batch_new(w->be.db);
    char note[8];
    for (int tries = (int)wr_rng_below(&w->rng, 2); tries >= 0; tries--) {
        for (size_t i = 0; i < STORES; i++) {
            OK(wr_store_write_rows(w->stores[i].s, err));
            OK(wr_store_write_into(w->stores[i].s, b, err));
        }
        if (tries)
            wr_db_batch_clear(b);
    }
    wr_put_be64(note, ++w->commits);
    wr_db_batch_meta_put(b, S("commits"), wr_str_make(note, sizeof note));
    OK(wr_db_write(w->be.db, b, err));
    wr_db_batch_free(b);
    for (size_t i = 0; i < STORES; i++) {
        one_store *o = &w->stores[i];
        assert_false(wr_store_is_unwritten(o->s));
        check_text(w, o, o->s, o->committed, "after it was written");
        replace(&o->written, o->committed);
    }
}

static void commit_all(world *w)
{
    wr_db_batch *b = wr_db_batch_new(w->be.db);
    char note[8];
    char *before[STORES];
    for (int tries = (int)wr_rng_below(&w->rng, 3); tries >= 0; tries--) {
        for (size_t i = 0; i < STORES; i++) {
            before[i] = tries ? NULL : text_of(&w->stores[i], w->stores[i].s);
            OK(wr_store_flush(w->stores[i].s, err));
            OK(wr_store_commit_into(w->stores[i].s, b, err));
        }
        if (tries) /* the log's transaction fails once or twice: what is in the batch is dropped */
            wr_db_batch_clear(b);
    }
    wr_put_be64(note, ++w->commits);
    wr_db_batch_meta_put(b, S("commits"), wr_str_make(note, sizeof note));
    OK(wr_db_write(w->be.db, b, err));
    wr_db_batch_free(b);
    for (size_t i = 0; i < STORES; i++) {
        one_store *o = &w->stores[i];
        assert_false(wr_store_is_dirty(o->s));
        check_text(w, o, o->s, before[i], "after a commit");
        replace(&o->committed, before[i]);
        replace(&o->written, before[i]);
        wr_free(before[i]);
    }
}

/* What is not written goes too: back to what the database has. */
static void discard_all(world *w)
{
    for (size_t i = 0; i < STORES; i++) {
        one_store *o = &w->stores[i];
        OK(wr_store_discard(o->s, err));
        assert_false(wr_store_is_dirty(o->s) || wr_store_is_unwritten(o->s));
        check_text(w, o, o->s, o->written, "after a discard");
        replace(&o->committed, o->written);
    }
}

static void drop_snap(world *w, one_snap *snap)
{
    if (!snap->snap)
        return;
    for (size_t i = 0; i < STORES; i++)
        wr_free(snap->texts[i]);
    wr_db_snap_free(w->be.db, snap->snap);
    snap->snap = NULL;
}

static void take_snap(world *w)
{
    one_snap *snap = &w->snaps[wr_rng_below(&w->rng, SNAPS)];
    drop_snap(w, snap);
    snap->snap = wr_db_snap_new(w->be.db);
    snap->note = w->commits;
    for (size_t i = 0; i < STORES; i++) {
        snap->ids[i] = w->stores[i].id;
        snap->texts[i] = wr_strdup(w->stores[i].written);
    }
}

/* All stores as of one instant, the note among them, whatever has happened since. */
static void check_snap(world *w)
{
    one_snap *snap = &w->snaps[wr_rng_below(&w->rng, SNAPS)];
    if (!snap->snap)
        return;
    for (size_t i = 0; i < STORES; i++) {
        one_store *o = &w->stores[i];
        wr_store *view = shape_store(w->be.db, o->sh, snap->ids[i], o->partition, snap->snap);
        check_text(w, o, view, snap->texts[i], "in a snapshot");
        wr_store_close(view);
    }
    wr_buf note = {0};
    bool found;
    OK(wr_db_meta_get(w->be.db, snap->snap, S("commits"), &note, &found, err));
    assert_int_equal(found ? wr_get_be64(note.ptr) : 0, snap->note);
    wr_buf_free(&note);
}

/* The store of this name begins anew; snapshots keep the old one, the others do not notice. */
static void drop_store(world *w)
{
    one_store *o = &w->stores[wr_rng_below(&w->rng, STORES)];
    uint32_t old = o->id, found;
    wr_store_close(o->s);
    wr_db_batch *b = wr_db_batch_new(w->be.db);
    OK(wr_db_batch_drop_store(b, S(o->name), err));
    OK(wr_db_write(w->be.db, b, err));
    wr_db_batch_free(b);
    OK(wr_db_store_id_find(w->be.db, NULL, S(o->name), &found, err));
    assert_int_equal(found, 0);
    wr_store *left = shape_store(w->be.db, o->sh, old, o->partition, NULL);
    check_text(w, o, left, "", "after it was dropped"); /* neither rows nor a stream time */
    if (o->sh == SHAPE_WINDOW || o->sh == SHAPE_SESSION)
        assert_true((o->sh == SHAPE_WINDOW ? wr_window_stream_time(left)
                                           : wr_session_stream_time(left)) == WR_STORE_NO_TIME);
    wr_store_close(left);
    open_one(w, o);
    assert_true(o->id > old);
    replace(&o->committed, "");
    replace(&o->written, "");
    check_text(w, o, o->s, "", "made anew");
}

static void start_anew(world *w)
{
    for (size_t i = 0; i < SNAPS; i++)
        drop_snap(w, &w->snaps[i]);
    for (size_t i = 0; i < STORES; i++)
        wr_store_close(w->stores[i].s);
    backend_reopen(&w->be);
    for (size_t i = 0; i < STORES; i++) {
        one_store *o = &w->stores[i];
        open_one(w, o);
        check_text(w, o, o->s, o->written, "after a new start");
        replace(&o->committed, o->written);
    }
}

/* What is trimmed away is read again. */
static void trim_one(world *w)
{
    one_store *o = &w->stores[wr_rng_below(&w->rng, STORES)];
    char *before = text_of(o, o->s);
    wr_store_limit(o->s, 1);
    wr_store_trim(o->s);
    check_text(w, o, o->s, before, "after trimming");
    wr_free(before);
}

static void run(bool memory, bool wal, bool behind, uint64_t seed, int steps)
{
    world *w = wr_calloc(1, sizeof *w);
    w->seed = seed;
    w->clock = 1000;
    backend_init(&w->be, memory, wal);
    wr_rng_seed(&w->rng, seed);
    for (size_t i = 0; i < STORES; i++) {
        one_store *o = &w->stores[i];
        o->sh = (shape)(i % SHAPES);
        o->partition = (uint32_t)(i / SHAPES);
        replace(&o->committed, "");
        replace(&o->written, "");
        snprintf(o->name, sizeof o->name, "%s-%zu", shape_names[o->sh], i);
        open_one(w, o);
    }
    for (int i = 0; i < steps; i++) {
        uint64_t what = wr_rng_below(&w->rng, 100);
        if (what < 60)
            put_some(w);
        else if (what < 75 && !behind)
            commit_all(w);
        else if (what < 71)
            commit_behind(w);
        else if (what < 75)
            write_behind(w);
        else if (what < 79)
            discard_all(w);
        else if (what < 84)
            take_snap(w);
        else if (what < 91)
            check_snap(w);
        else if (what < 94)
            trim_one(w);
        else if (what < 97)
            drop_store(w);
        else if (what < 98 || memory)
            start_anew(w);
    }
    for (size_t i = 0; i < SNAPS; i++)
        drop_snap(w, &w->snaps[i]);
    for (size_t i = 0; i < STORES; i++) {
        wr_store_close(w->stores[i].s);
        wr_free(w->stores[i].committed);
        wr_free(w->stores[i].written);
    }
    backend_fini(&w->be);
    wr_free(w);
}

static void test_memory(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 8; seed++)
        run(true, false, seed % 2, seed, 500);
}

static void test_rocks(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++)
        run(false, seed > 2, seed % 2, seed, 120);
}

/* All partitions of a store go, those of a store with a longer name stay. */
static void test_drop_takes_every_partition(void **state)
{
    (void)state;
    for (int memory = 0; memory < 2; memory++) {
        for (shape sh = 0; sh < SHAPES; sh++) {
            backend be;
            backend_init(&be, memory, true);
            uint32_t ids[2];
            static const char *const names[] = {"q/s", "q/s2"};
            for (size_t i = 0; i < 2; i++) {
                OK(wr_db_store_id(be.db, S(names[i]), &ids[i], err));
                for (uint32_t partition = 0; partition < 3; partition++) {
                    wr_store *s = shape_store(be.db, sh, ids[i], partition * 1000, NULL);
                    OK(shape_put(s, sh, S("a"), 500, S("v"), err));
                    commit(be.db, s);
                    wr_store_close(s);
                }
            }
            wr_db_batch *b = wr_db_batch_new(be.db);
            OK(wr_db_batch_drop_store(b, S("q/s"), err));
            OK(wr_db_write(be.db, b, err));
            wr_db_batch_free(b);
            const wr_str key = S("a");
            for (size_t i = 0; i < 2; i++) {
                for (uint32_t partition = 0; partition < 3; partition++) {
                    wr_store *s = shape_store(be.db, sh, ids[i], partition * 1000, NULL);
                    char *text = shape_text(s, sh, &key, 1);
                    assert_int_equal(text[0] != '\0', i == 1);
                    wr_free(text);
                    wr_store_close(s);
                }
            }
            backend_fini(&be);
        }
    }
}

static void test_drop_of_nothing(void **state)
{
    (void)state;
    wr_db *db = wr_db_open_memory();
    wr_db_batch *b = wr_db_batch_new(db);
    OK(wr_db_batch_drop_store(b, S("never made"), err));
    OK(wr_db_write(db, b, err));
    wr_db_batch_free(b);
    uint32_t id;
    OK(wr_db_store_id(db, S("never made"), &id, err));
    assert_int_equal(id, 1);
    wr_db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_rocks),
        cmocka_unit_test(test_drop_takes_every_partition),
        cmocka_unit_test(test_drop_of_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
