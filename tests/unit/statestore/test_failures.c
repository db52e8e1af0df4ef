/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A database that fails: one scenario over each form of store, with its first call failing, then
 * its second, and so on until it passes. A failure reaches the caller as it is, nothing is left
 * over (ASan sees that), and what the next start finds is the last commit that succeeded, whole.
 */
#include "shapes.h"

#include "statestore/db_internal.h"

enum { KEYS = 3, COMMITS_MAX = 8 };
static const char *const key_texts[KEYS] = {"a", "b", "a key that is too long for an entry"};

/* ------------------------------------------------------------------ the n-th call fails */

static struct {
    const wr__db_ops *real;
    wr__db_ops ops;
    int calls_left;           /* 0: the next one fails; below: none does any more */
    bool failed;              /* it has */
    const wr_db_iter *broken; /* the iterator that it has failed for */
} faults;

static bool fails_now(void)
{
    bool now = faults.calls_left-- == 0;
    faults.failed |= now;
    return now;
}

static weir_status say(weir_error *err)
{
    wr_error(err, WEIR_ERR_STORE, "the disk has failed");
    if (err)
        err->flags |= WEIR_ERROR_RETRIABLE;
    return WEIR_ERR_STORE;
}

static weir_status failing_write(wr_db *db, wr_db_batch *b, weir_error *err)
{
    return fails_now() ? say(err) : faults.real->write(db, b, err);
}

static weir_status failing_get(wr_db *db, const wr_db_snap *snap, wr_db_family f, wr_str key,
                               wr_buf *out, bool *found, weir_error *err)
{
    return fails_now() ? say(err) : faults.real->get(db, snap, f, key, out, found, err);
}

static weir_status failing_get_many(wr_db *db, const wr_db_snap *snap, wr_db_family f, size_t n,
                                    const wr_str *keys, wr_db_value_fn fn, void *arg,
                                    weir_error *err)
{
    return fails_now() ? say(err) : faults.real->get_many(db, snap, f, n, keys, fn, arg, err);
}

/* An iterator fails at a move: it becomes invalid, and its status says why. */
static wr_db_iter *failing_iter_new(wr_db *db, const wr_db_snap *snap, wr_db_family f, wr_str lower,
                                    wr_str upper)
{
    wr_db_iter *it = faults.real->iter_new(db, snap, f, lower, upper);
    it->ops = &faults.ops;
    return it;
}

static void failing_iter_free(wr_db_iter *it)
{
    if (faults.broken == it)
        faults.broken = NULL;
    faults.real->iter_free(it);
}

#define FAILING_MOVE(name)                                                                         \
    static void failing_##name(wr_db_iter *it)                                                     \
    {                                                                                              \
        if (fails_now())                                                                           \
            faults.broken = it;                                                                    \
        faults.real->name(it);                                                                     \
    }
FAILING_MOVE(iter_seek_first)
FAILING_MOVE(iter_seek_last)
FAILING_MOVE(iter_next)
FAILING_MOVE(iter_prev)

#define FAILING_SEEK(name)                                                                         \
    static void failing_##name(wr_db_iter *it, wr_str key)                                         \
    {                                                                                              \
        if (fails_now())                                                                           \
            faults.broken = it;                                                                    \
        faults.real->name(it, key);                                                                \
    }
FAILING_SEEK(iter_seek)
FAILING_SEEK(iter_seek_before)

static bool failing_iter_valid(const wr_db_iter *it)
{
    return it != faults.broken && faults.real->iter_valid(it);
}

static weir_status failing_iter_status(const wr_db_iter *it, weir_error *err)
{
    return it == faults.broken ? say(err) : faults.real->iter_status(it, err);
}

static void arm(wr_db *db, int calls)
{
    faults.real = db->ops;
    faults.ops = *db->ops;
    faults.ops.write = failing_write;
    faults.ops.get = failing_get;
    faults.ops.get_many = failing_get_many;
    faults.ops.iter_new = failing_iter_new;
    faults.ops.iter_free = failing_iter_free;
    faults.ops.iter_seek_first = failing_iter_seek_first;
    faults.ops.iter_seek_last = failing_iter_seek_last;
    faults.ops.iter_seek = failing_iter_seek;
    faults.ops.iter_seek_before = failing_iter_seek_before;
    faults.ops.iter_next = failing_iter_next;
    faults.ops.iter_prev = failing_iter_prev;
    faults.ops.iter_valid = failing_iter_valid;
    faults.ops.iter_status = failing_iter_status;
    faults.calls_left = calls;
    faults.failed = false;
    faults.broken = NULL;
    db->ops = &faults.ops;
}

static void disarm(wr_db *db)
{
    db->ops = faults.real;
}

/* ------------------------------------------------------------------ the scenario */

typedef struct scene {
    wr_db *db;
    shape sh;
    wr_store *s;                  /* NULL: closed */
    int commits;                  /* that have succeeded */
    bool retry;                   /* a write that fails is tried once more */
    char *texts[COMMITS_MAX + 1]; /* all rows as of each commit; NULL: not asked for */
} scene;

static weir_status open_scene(scene *c, weir_error *err)
{
    uint32_t id;
    WR_TRY(wr_db_store_id(c->db, S("q/store"), &id, err));
    wr_store_options options = {.store_id = id, .caching = true, .keep_old = c->sh == SHAPE_KV};
    return shape_open(c->db, c->sh, &options, &c->s, err);
}

static weir_status list(scene *c, wr_buf *out, weir_error *err)
{
    wr_str keys[KEYS];
    for (size_t i = 0; i < KEYS; i++)
        keys[i] = S(key_texts[i]);
    return shape_list(c->s, c->sh, keys, KEYS, out, err);
}

static char *text_of(scene *c)
{
    wr_buf out = {0};
    OK(list(c, &out, err));
    wr_buf_putc(&out, '\0');
    return out.ptr;
}

static weir_status commit_scene(scene *c, weir_error *err)
{
    wr_db_batch *b = wr_db_batch_new(c->db);
    weir_status st = WEIR_OK;
    for (int tries = c->retry ? 2 : 1; tries > 0; tries--) {
        char note[4];
        wr_put_be32(note, (uint32_t)c->commits + 1);
        st = wr_store_flush(c->s, err);
        if (st == WEIR_OK)
            st = wr_store_commit_into(c->s, b, err);
        if (st == WEIR_OK) {
            wr_db_batch_meta_put(b, S("commits"), wr_str_make(note, sizeof note));
            st = wr_db_write(c->db, b, err);
        }
        if (st == WEIR_OK)
            break;
        assert_true(wr_store_is_dirty(c->s)); /* nothing is lost: it may be tried again */
        wr_db_batch_clear(b);
    }
    wr_db_batch_free(b);
    WR_TRY(st);
    assert_false(wr_store_is_dirty(c->s));
    c->commits++;
    return WEIR_OK;
}

static weir_status put_rows(scene *c, int64_t time, const char *value, weir_error *err)
{
    for (size_t i = 0; i < KEYS; i++)
        for (int64_t at = time; at < time + 150; at += 70) /* two segments or three */
            WR_TRY(shape_put(c->s, c->sh, S(key_texts[i]), at + (int64_t)i, S(value), err));
    return WEIR_OK;
}

static weir_status look(scene *c, weir_error *err)
{
    wr_buf out = {0};
    weir_status st = list(c, &out, err);
    wr_buf_free(&out);
    return st;
}

static weir_status anew(scene *c, weir_error *err)
{
    wr_store_close(c->s);
    c->s = NULL;
    return open_scene(c, err);
}

/* Reads and writes of every kind, on a warm store and on cold ones. */
static weir_status play(scene *c, weir_error *err)
{
    WR_TRY(open_scene(c, err));
    WR_TRY(look(c, err));
    WR_TRY(put_rows(c, 1000, "one", err));
    WR_TRY(commit_scene(c, err));
    WR_TRY(anew(c, err));
    WR_TRY(put_rows(c, 1050, "two", err)); /* each key is read first */
    WR_TRY(look(c, err));                  /* overlay and database as one */
    WR_TRY(commit_scene(c, err));
    wr_store_limit(c->s, 1);
    wr_store_trim(c->s);
    WR_TRY(look(c, err));
    WR_TRY(put_rows(c, 1100, "thrown away", err));
    WR_TRY(wr_store_discard(c->s, err));
    WR_TRY(look(c, err));
    WR_TRY(put_rows(c, 2060, "three", err)); /* so late that the first rows expire */
    WR_TRY(commit_scene(c, err));
    WR_TRY(anew(c, err));
    return look(c, err);
}

/* What a start after the failure finds. */
static void check_next_start(scene *c, const scene *model, int call)
{
    weir_error err = {0};
    wr_buf note = {0};
    bool found;
    wr_store_close(c->s);
    c->s = NULL;
    if (open_scene(c, &err) != WEIR_OK)
        fail_msg("call %d: %s", call, err.message);
    char *text = text_of(c);
    if (strcmp(text, model->texts[c->commits]) != 0)
        fail_msg("%s, call %d: after %d commits\n%s\nexpected\n%s", shape_names[c->sh], call,
                 c->commits, text, model->texts[c->commits]);
    wr_free(text);
    assert_int_equal(wr_db_meta_get(c->db, NULL, S("commits"), &note, &found, &err), WEIR_OK);
    assert_int_equal(found ? wr_get_be32(note.ptr) : 0, c->commits);
    wr_buf_free(&note);
}

/* The texts of all commits, from runs that end with each of them. */
static void make_model(scene *model, shape sh)
{
    int commits = COMMITS_MAX;
    *model = (scene){.sh = sh};
    model->texts[0] = wr_strdup("");
    for (int call = 0; model->commits < commits; call++) {
        scene c = {.sh = sh, .db = wr_db_open_memory()};
        weir_error err = {0};
        arm(c.db, call);
        weir_status st = play(&c, &err);
        disarm(c.db);
        if (st == WEIR_OK)
            commits = c.commits;
        if (c.commits > model->commits) {
            wr_store_close(c.s);
            c.s = NULL;
            assert_int_equal(open_scene(&c, &err), WEIR_OK);
            model->texts[c.commits] = text_of(&c);
            model->commits = c.commits;
        }
        wr_store_close(c.s);
        wr_db_close(c.db);
    }
    assert_int_equal(commits, 3);
}

static void check_all_calls(shape sh, bool retry)
{
    scene model;
    int call = 0;
    make_model(&model, sh);
    for (bool passed = false; !passed; call++) {
        scene c = {.sh = sh, .retry = retry, .db = wr_db_open_memory()};
        weir_error err = {0};
        arm(c.db, call);
        weir_status st = play(&c, &err);
        disarm(c.db);
        passed = st == WEIR_OK && !faults.failed;
        if (st != WEIR_OK) {
            assert_true(faults.failed);
            assert_int_equal(st, WEIR_ERR_STORE);
            assert_string_equal(err.message, "the disk has failed");
            assert_true(err.flags & WEIR_ERROR_RETRIABLE);
        } else {
            assert_int_equal(c.commits, model.commits);
            assert_true(passed || retry); /* a failure that nobody has noticed would be one */
        }
        check_next_start(&c, &model, call);
        wr_store_close(c.s);
        wr_db_close(c.db);
        assert_true(call < 10000);
    }
    assert_true(call > 30);
    for (int i = 0; i <= COMMITS_MAX; i++)
        wr_free(model.texts[i]);
}

static void test_every_call_fails_once(void **state)
{
    (void)state;
    for (shape sh = 0; sh < SHAPES; sh++)
        check_all_calls(sh, false);
}

/* A write that failed is tried again, as the worker does with what is RETRIABLE. */
static void test_writes_are_tried_again(void **state)
{
    (void)state;
    for (shape sh = 0; sh < SHAPES; sh++)
        check_all_calls(sh, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_call_fails_once),
        cmocka_unit_test(test_writes_are_tried_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
