/* SPDX-License-Identifier: Apache-2.0 */
/* The directory of a database on disk: no room in it, files that are gone or cut off. */
#include "helper.h"

#include <errno.h>
#include <string.h>

typedef struct dir {
    char base[256], path[300];
} dir;

static dir make_dir(void)
{
    dir d;
    make_temp(d.base, sizeof d.base);
    snprintf(d.path, sizeof d.path, "%s/state", d.base);
    return d;
}

static wr_db *open_db(const dir *d, wr_db_options options)
{
    wr_db *db;
    OK(wr_db_open(d->path, &options, &db, err));
    return db;
}

static weir_status put(wr_db *db, const char *key, weir_error *err)
{
    wr_db_batch *b = wr_db_batch_new(db);
    wr_db_batch_put(b, WR_DB_LOG, S(key), S("value"));
    weir_status st = wr_db_write(db, b, err);
    wr_db_batch_free(b);
    return st;
}

static bool has(wr_db *db, const char *key)
{
    wr_buf value = {0};
    bool found;
    OK(wr_db_get(db, NULL, WR_DB_LOG, S(key), &value, &found, err));
    wr_buf_free(&value);
    return found;
}

/* Do @p what to the file whose name has @p part. */
static void to_file(const dir *d, const char *part, int (*what)(const char *path))
{
    DIR *files = opendir(d->path);
    assert_non_null(files);
    bool done = false;
    for (struct dirent *e; !done && (e = readdir(files));) {
        char path[700];
        snprintf(path, sizeof path, "%s/%s", d->path, e->d_name);
        if (strstr(e->d_name, part))
            done = what(path) == 0;
    }
    closedir(files);
    assert_true(done);
}

static int halve(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && truncate(path, info.st_size / 2) == 0 ? 0 : -1;
}

static void refused(const dir *d, const char *why)
{
    wr_db_options options = wr_db_options_default();
    wr_db *db;
    weir_error e = {0};
    assert_int_equal(wr_db_open(d->path, &options, &db, &e), WEIR_ERR_STORE);
    assert_null(db);
    assert_true(e.flags & WEIR_ERROR_FATAL);
    assert_non_null(strstr(e.message, d->path));
    assert_non_null(strstr(e.message, why));
    assert_non_null(strstr(e.hint, "backup"));
}

/* ------------------------------------------------------------------ room */

/* Rows are refused, and can come later; what frees room, and META, goes on. */
static void test_reserve(void **state)
{
    (void)state;
    dir d = make_dir();
    wr_db_options options = wr_db_options_default();
    wr_db *db = open_db(&d, options);
    OK(put(db, "a", err));
    wr_db_close(db);
    options.reserve_bytes = UINT64_MAX; /* no disk has so much */
    db = open_db(&d, options);
    weir_error e = {0};
    assert_int_equal(put(db, "b", &e), WEIR_ERR_STORE);
    assert_int_equal(e.flags, WEIR_ERROR_RETRIABLE | WEIR_ERROR_NO_ROOM);
    assert_non_null(strstr(e.message, "weir.disk.reserve.bytes"));
    assert_true(has(db, "a"));
    assert_false(has(db, "b"));

    wr_db_batch *b = wr_db_batch_new(db);
    wr_db_batch_delete(b, WR_DB_LOG, S("a"));
    wr_db_batch_meta_put(b, S("m"), S("small"));
    OK(wr_db_write(db, b, err));
    /* A batch that was refused does not mark the next one of the same object. */
    wr_db_batch_put(b, WR_DB_LOG, S("c"), S("value"));
    assert_int_equal(wr_db_write(db, b, &e), WEIR_ERR_STORE);
    wr_db_batch_meta_put(b, S("m"), S("small"));
    OK(wr_db_write(db, b, err));
    wr_db_batch_free(b);
    assert_false(has(db, "a"));
    wr_db_close(db);
    remove_tree(d.base);
}

/* ------------------------------------------------------------------ damage */

/* RocksDB would make a new database, and delete the tables of this one. */
static void test_no_current(void **state)
{
    (void)state;
    dir d = make_dir();
    wr_db *db = open_db(&d, wr_db_options_default());
    OK(put(db, "a", err));
    wr_db_close(db);
    to_file(&d, "CURRENT", unlink);
    refused(&d, "CURRENT is missing");
    to_file(&d, ".log", halve); /* it is still there */
    remove_tree(d.base);
}

/* The last writes are gone: refused, until somebody accepts the loss. */
static void test_lost_end(void **state)
{
    (void)state;
    for (int gone = 0; gone < 2; gone++) {
        dir d = make_dir();
        wr_db *db = open_db(&d, wr_db_options_default());
        for (int i = 0; i < 100; i++) {
            char key[16];
            snprintf(key, sizeof key, "%d", i);
            OK(put(db, key, err));
        }
        wr_db_close(db);
        to_file(&d, ".log", gone ? unlink : halve);
        refused(&d, "changes are missing");
        refused(&d, "changes are missing"); /* as before: looking changes nothing */
        to_file(&d, "acknowledged", unlink);
        db = open_db(&d, wr_db_options_default());
        assert_int_equal(has(db, "0"), !gone);
        assert_false(has(db, "99"));
        wr_db_close(db);
        remove_tree(d.base);
    }
}

/* What RocksDB takes for a torn write takes the tables of a family away. */
static void test_manifest_cut(void **state)
{
    (void)state;
    dir d = make_dir();
    wr_db *db = open_db(&d, wr_db_options_default());
    OK(put(db, "a", err));
    wr_db_close(db);
    wr_db_close(open_db(&d, wr_db_options_default()));
    to_file(&d, "MANIFEST", halve);
    refused(&d, "is not as it was");
    to_file(&d, "acknowledged", halve); /* says nothing then, and breaks nothing */
    remove_tree(d.base);
}

/* Content that can be had again: moved aside, each time under a name of its own. */
/* Whoever makes a new database has no file CURRENT yet; that must not look like damage to another
 * one, which would move the directory aside under it. */
static void test_in_use_is_no_damage(void **state)
{
    (void)state;
    dir d = make_dir();
    wr_db_options options = {.wal = true, .expendable = true};
    wr_db *db = open_db(&d, options), *other;
    to_file(&d, "CURRENT", unlink);
    weir_error err;
    assert_int_equal(wr_db_open(d.path, &options, &other, &err), WEIR_ERR_STORE);
    assert_non_null(strstr(err.message, "in use by another process"));
    assert_true(err.flags & WEIR_ERROR_FATAL);
    char aside[400];
    snprintf(aside, sizeof aside, "%s.damaged-1", d.path);
    assert_int_not_equal(access(aside, F_OK), 0);
    wr_db_close(db);
    /* Now it is damage; the new directory is locked as the old one was. */
    db = open_db(&d, options);
    assert_int_equal(access(aside, F_OK), 0);
    assert_int_equal(wr_db_open(d.path, &options, &other, &err), WEIR_ERR_STORE);
    assert_non_null(strstr(err.message, "in use by another process"));
    wr_db_close(db);
    remove_tree(d.base);
}

static void test_expendable(void **state)
{
    (void)state;
    dir d = make_dir();
    wr_db_options options = {.wal = false, .expendable = true};
    for (int i = 1; i <= 2; i++) {
        wr_db *db = open_db(&d, options);
        OK(put(db, "a", err));
        OK(wr_db_flush(db, err));
        wr_db_close(db);
        to_file(&d, ".sst", unlink);
        db = open_db(&d, options);
        assert_false(has(db, "a"));
        wr_db_close(db);
        char aside[400];
        snprintf(aside, sizeof aside, "%s.damaged-%d/CURRENT", d.path, i);
        assert_int_equal(access(aside, F_OK), 0);
    }
    remove_tree(d.base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reserve),    cmocka_unit_test(test_no_current),
        cmocka_unit_test(test_lost_end),   cmocka_unit_test(test_manifest_cut),
        cmocka_unit_test(test_expendable), cmocka_unit_test(test_in_use_is_no_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
