/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A database that fails: one scenario over each form of store, with its first call failing, then
 * its second, and so on until it passes. A failure reaches the caller as it is, nothing is left
 * over (ASan sees that), and what the next start finds is the last commit that succeeded, whole.
 */
#include "faults.h"
#include "shapes.h"

enum { KEYS = 3, COMMITS_MAX = 8 };
static const char *const key_texts[KEYS] = {"a", "b", "a key that is too long for an entry"};

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
        faults_arm(c.db, call);
        weir_status st = play(&c, &err);
        faults_disarm(c.db);
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
        faults_arm(c.db, call);
        weir_status st = play(&c, &err);
        faults_disarm(c.db);
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
