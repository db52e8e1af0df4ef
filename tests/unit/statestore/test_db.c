/* SPDX-License-Identifier: Apache-2.0 */
/* The database: batches, snapshots, iterators, notes and store ids on both back ends; then what
 * only a directory can do: be locked, damaged, full, or left behind by a killed process. */
#include "helper.h"

#include "statestore/db_internal.h"
#include "statestore/window.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

static void put_log(wr_db *db, const char *key, const char *value)
{
    wr_db_batch *b = wr_db_batch_new(db);
    wr_db_batch_put(b, WR_DB_LOG, S(key), S(value));
    OK(wr_db_write(db, b, err));
    wr_db_batch_free(b);
}

static void assert_log(wr_db *db, const wr_db_snap *snap, const char *key, const char *expected)
{
    wr_buf value = {0};
    bool found;
    OK(wr_db_get(db, snap, WR_DB_LOG, S(key), &value, &found, err));
    assert_int_equal(found, expected != NULL);
    if (expected)
        assert_true(wr_str_eq_c(wr_buf_view(&value), expected));
    wr_buf_free(&value);
}

static void test_iterators(void **state)
{
    (void)state;
    for (int memory = 0; memory < 2; memory++) {
        backend be;
        backend_init(&be, memory, true);
        static const char *const keys[] = {"a", "b", "c", "d", "e"};
        for (size_t i = 0; i < 5; i++)
            put_log(be.db, keys[i], keys[i]);
        wr_db_iter *it = wr_db_iter_new(be.db, NULL, WR_DB_LOG, S("b"), S("e"));
        put_log(be.db, "bb", "later"); /* not seen: the iterator is of before */
        wr_buf seen = {0};
        for (wr_db_iter_seek_first(it); wr_db_iter_valid(it); wr_db_iter_next(it))
            wr_buf_str(&seen, wr_db_iter_key(it));
        for (wr_db_iter_seek_last(it); wr_db_iter_valid(it); wr_db_iter_prev(it))
            wr_buf_str(&seen, wr_db_iter_value(it));
        assert_string_equal(wr_buf_cstr(&seen), "bcddcb");
        wr_db_iter_seek(it, S("c"));
        assert_true(wr_str_eq(wr_db_iter_key(it), S("c")));
        wr_db_iter_seek_before(it, S("c"));
        assert_true(wr_str_eq(wr_db_iter_key(it), S("b")));
        wr_db_iter_seek_before(it, S("b"));
        assert_false(wr_db_iter_valid(it));
        OK(wr_db_iter_status(it, err));
        wr_db_iter_free(it);
        wr_buf_free(&seen);
        backend_fini(&be);
    }
}

static void give(void *arg, size_t i, const wr_str *value)
{
    char *out = arg;
    out[i] = value ? value->ptr[0] : '-';
}

static void test_batches_and_snapshots(void **state)
{
    (void)state;
    for (int memory = 0; memory < 2; memory++) {
        backend be;
        backend_init(&be, memory, false);
        put_log(be.db, "a", "1");
        put_log(be.db, "b", "1");
        wr_db_snap *snap = wr_db_snap_new(be.db);
        wr_db_batch *b = wr_db_batch_new(be.db);
        wr_db_batch_delete_range(b, WR_DB_LOG, S("a"), S("b"));
        wr_db_batch_put(b, WR_DB_LOG, S("b"), S("2"));
        wr_db_batch_put(b, WR_DB_LOG, S("c"), S("2"));
        wr_db_batch_delete(b, WR_DB_LOG, S("c"));
        wr_db_batch_meta_put(b, S("offset"), S("7"));
        assert_false(wr_db_batch_empty(b));
        OK(wr_db_write(be.db, b, err));
        assert_true(wr_db_batch_empty(b));
        wr_db_batch_free(b);
        assert_log(be.db, NULL, "a", NULL);
        assert_log(be.db, NULL, "b", "2");
        assert_log(be.db, NULL, "c", NULL);
        assert_log(be.db, snap, "a", "1");
        assert_log(be.db, snap, "b", "1");
        wr_buf value = {0};
        bool found;
        OK(wr_db_meta_get(be.db, snap, S("offset"), &value, &found, err));
        assert_false(found); /* one snapshot for all families */
        wr_db_snap_free(be.db, snap);
        wr_str keys[] = {S("a"), S("b"), S("c")};
        char got[4] = {0};
        OK(wr_db_get_many(be.db, NULL, WR_DB_LOG, 3, keys, give, got, err));
        assert_string_equal(got, "-2-");
        wr_buf_free(&value);
        backend_fini(&be);
    }
}

static bool join_notes(void *arg, wr_str key, wr_str value)
{
    wr_buf_printf(arg, WR_STR_FMT "=" WR_STR_FMT ";", WR_STR_ARG(key), WR_STR_ARG(value));
    return true;
}

static void test_notes_and_store_ids(void **state)
{
    (void)state;
    for (int memory = 0; memory < 2; memory++) {
        backend be;
        backend_init(&be, memory, true);
        wr_db_batch *b = wr_db_batch_new(be.db);
        wr_db_batch_meta_put(b, S("o/2"), S("b"));
        wr_db_batch_meta_put(b, S("o/1"), S("a"));
        wr_db_batch_meta_put(b, S("p"), S("c"));
        OK(wr_db_write(be.db, b, err));
        wr_buf all = {0};
        OK(wr_db_meta_scan(be.db, NULL, S("o/"), join_notes, &all, err));
        assert_string_equal(wr_buf_cstr(&all), "o/1=a;o/2=b;");
        wr_buf_free(&all);

        uint32_t one, two, again;
        OK(wr_db_store_id(be.db, S("q/one"), &one, err));
        OK(wr_db_store_id(be.db, S("q/two"), &two, err));
        assert_true(one && two && one != two);
        wr_store *s1, *s2;
        wr_store_options o1 = {.store_id = one}, o2 = {.store_id = two};
        OK(wr_kv_open(be.db, &o1, &s1, err));
        OK(wr_kv_open(be.db, &o2, &s2, err));
        OK(wr_kv_put(s1, S("k"), S("1"), 0, err));
        OK(wr_kv_put(s2, S("k"), S("2"), 0, err));
        commit(be.db, s1);
        commit(be.db, s2);
        wr_store_close(s1);
        OK(wr_db_batch_drop_store(b, S("q/one"), err));
        OK(wr_db_write(be.db, b, err));
        wr_db_batch_free(b);
        OK(wr_db_store_id_find(be.db, NULL, S("q/one"), &again, err));
        assert_int_equal(again, 0);
        OK(wr_db_store_id(be.db, S("q/one"), &again, err));
        assert_true(again > two); /* never reused */
        OK(wr_kv_open(be.db, &o1, &s1, err));
        wr_str value;
        bool found;
        OK(wr_kv_get(s1, S("k"), &value, &found, err));
        assert_false(found);
        wr_store_close(s1);
        wr_store_close(s2);
        backend_reopen(&be);
        OK(wr_kv_open(be.db, &o2, &s2, err));
        OK(wr_kv_get(s2, S("k"), &value, &found, err));
        assert_true(found && wr_str_eq(value, S("2")));
        OK(wr_db_store_id(be.db, S("q/two"), &again, err));
        assert_int_equal(again, two);
        wr_store_close(s2);
        backend_fini(&be);
    }
}

/* One partition goes, with what is kept beside its rows; its neighbours stay. */
static void test_drop_partition(void **state)
{
    (void)state;
    enum { PARTITIONS = 3 };
    for (int memory = 0; memory < 2; memory++) {
        backend be;
        backend_init(&be, memory, true);
        wr_db_batch *b = wr_db_batch_new(be.db);
        wr_store *s;
        uint32_t id;
        OK(wr_db_store_id(be.db, S("q/w"), &id, err));
        for (uint32_t p = 0; p < PARTITIONS; p++) {
            wr_window_options o = {.store = {.store_id = id, .partition = p}, .retention_ms = 1000};
            const wr_str v = S("v");
            OK(wr_window_open(be.db, &o, &s, err));
            OK(wr_window_put(s, S("k"), 500, &v, 500, err));
            commit(be.db, s);
            wr_store_close(s);
        }
        wr_db_batch_drop_partition(b, id, 1);
        OK(wr_db_write(be.db, b, err));
        for (uint32_t p = 0; p < PARTITIONS; p++) {
            wr_window_options o = {.store = {.store_id = id, .partition = p}, .retention_ms = 1000};
            wr_str value;
            bool found;
            OK(wr_window_open(be.db, &o, &s, err));
            OK(wr_window_get(s, S("k"), 500, &value, &found, err));
            assert_int_equal(found, p != 1);
            assert_int_equal(wr_window_stream_time(s), p == 1 ? WR_STORE_NO_TIME : 500);
            wr_store_close(s);
        }
        wr_db_batch_free(b);
        backend_fini(&be);
    }
}

/* What a store means is kept with it, goes with it, and is damaged only where its bytes are. */
static void test_meaning(void **state)
{
    (void)state;
    for (int memory = 0; memory < 2; memory++) {
        backend be;
        backend_init(&be, memory, true);
        wr_db_batch *b = wr_db_batch_new(be.db);
        wr_buf text = {0};
        bool found;
        weir_error why;
        uint32_t id;
        OK(wr_db_store_meaning_get(be.db, S("q/s"), &text, &found, err));
        assert_false(found); /* no such store */
        assert_int_equal(wr_db_batch_store_meaning_put(b, S("q/s"), S("x"), &why),
                         WEIR_ERR_NOT_FOUND);
        OK(wr_db_store_id(be.db, S("q/s"), &id, err));
        OK(wr_db_store_meaning_get(be.db, S("q/s"), &text, &found, err));
        assert_false(found); /* of an older version, which said nothing */
        OK(wr_db_batch_store_meaning_put(b, S("q/s"), S("count by k"), err));
        OK(wr_db_store_meaning_get(be.db, S("q/s"), &text, &found, err));
        assert_false(found); /* not before the write */
        OK(wr_db_write(be.db, b, err));
        wr_db_batch_free(b);
        backend_reopen(&be);
        OK(wr_db_store_meaning_get(be.db, S("q/s"), &text, &found, err));
        assert_true(found);
        assert_string_equal(wr_buf_cstr(&text), "count by k");
        b = wr_db_batch_new(be.db);
        OK(wr_db_batch_store_meaning_put(b, S("q/s"), S(""), err)); /* replaced; empty is a text */
        OK(wr_db_write(be.db, b, err));
        OK(wr_db_store_meaning_get(be.db, S("q/s"), &text, &found, err));
        assert_true(found && text.len == 0);
        OK(wr_db_batch_drop_store(b, S("q/s"), err));
        OK(wr_db_write(be.db, b, err));
        OK(wr_db_store_meaning_get(be.db, S("q/s"), &text, &found, err));
        assert_false(found);
        OK(wr_db_store_id(be.db, S("q/s"), &id, err)); /* another store of the same name */
        OK(wr_db_store_meaning_get(be.db, S("q/s"), &text, &found, err));
        assert_false(found);
        wr_db_batch_free(b);
        wr_buf_free(&text);
        backend_fini(&be);
    }
}

/* Each byte of the entry changed, and each length shorter: an error that says so, or the text. */
static void test_meaning_damaged(void **state)
{
    (void)state;
    backend be;
    backend_init(&be, true, false);
    uint32_t id;
    char key[5] = {WR__META_MEANING};
    wr_buf value = {0}, text = {0};
    bool found;
    wr_db_batch *b = wr_db_batch_new(be.db);
    OK(wr_db_store_id(be.db, S("q/s"), &id, err));
    OK(wr_db_batch_store_meaning_put(b, S("q/s"), S("count by k"), err));
    OK(wr_db_write(be.db, b, err));
    wr_put_be32(key + 1, id);
    OK(wr__db_get_meta(be.db, NULL, WR__META_MEANING, wr_str_make(key + 1, 4), &value, &found,
                       err));
    assert_true(found);
    for (size_t i = 0; i < 2 * value.len; i++) {
        wr_buf changed = {0};
        wr_buf_str(&changed, wr_buf_view(&value));
        if (i < value.len)
            changed.ptr[i] = (char)(changed.ptr[i] ^ 4);
        else
            changed.len = i - value.len;
        wr__db_batch_put_meta(b, WR__META_MEANING, wr_str_make(key + 1, 4), wr_buf_view(&changed));
        OK(wr_db_write(be.db, b, err));
        weir_error why;
        assert_int_equal(wr_db_store_meaning_get(be.db, S("q/s"), &text, &found, &why),
                         WEIR_ERR_STORE);
        assert_true(why.flags & WEIR_ERROR_FATAL);
        assert_non_null(strstr(why.message, "damaged"));
        assert_false(found);
        wr_buf_free(&changed);
    }
    wr_db_batch_free(b);
    wr_buf_free(&value);
    wr_buf_free(&text);
    backend_fini(&be);
}

/*
 * Start this program again as another process ("hold", "rounds", "fill": see main), which writes to
 * *read_end. A plain fork will not do: RocksDB's threads would not be there in the child.
 */
static pid_t spawn(const char *what, const char *path, bool wal, int *read_end)
{
    int out[2];
    assert_int_equal(pipe(out), 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        char fd[16];
        snprintf(fd, sizeof fd, "%d", out[1]);
        close(out[0]);
        execl("/proc/self/exe", "test_db", what, path, wal ? "1" : "0", fd, (char *)NULL);
        _exit(127);
    }
    assert_true(child > 0);
    close(out[1]);
    *read_end = out[0];
    return child;
}

/* ------------------------------------------------------------------ a directory in trouble */

/* Opening must fail, for good, and say why. */
static void assert_refused(const char *path, const char *why)
{
    wr_db_options options = {.wal = true};
    wr_db *db;
    weir_error failure = {0};
    assert_int_equal(wr_db_open(path, &options, &db, &failure), WEIR_ERR_STORE);
    assert_null(db);
    assert_true(failure.flags & WEIR_ERROR_FATAL);
    if (!strstr(failure.message, why))
        fail_msg("\"%s\" does not say \"%s\"", failure.message, why);
}

static void hold(const char *path, int report)
{
    wr_db_options options = {.wal = true};
    wr_db *db;
    OK(wr_db_open(path, &options, &db, err));
    if (write(report, "y", 1) == 1)
        pause();
}

static void test_directory_in_use(void **state)
{
    (void)state;
    backend be;
    backend_init(&be, false, true);
    assert_refused(be.path, "in use by another process");
    /* and from another process, which is the case that matters */
    wr_db_close(be.db);
    be.db = NULL;
    int report;
    pid_t child = spawn("hold", be.path, true, &report);
    char answer;
    assert_int_equal(read(report, &answer, 1), 1);
    assert_refused(be.path, "in use by another process");
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    close(report);
    backend_open(&be); /* the lock went with its owner */
    backend_fini(&be);
}

static void test_unusable_directory(void **state)
{
    (void)state;
    char dir[256], path[300];
    make_temp(dir, sizeof dir);
    snprintf(path, sizeof path, "%s/file", dir);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fclose(f);
    assert_refused(path, "Not a directory");
    snprintf(path, sizeof path, "%s/no/parent", dir);
    assert_refused(path, "No such file or directory");
    if (geteuid() != 0) {
        snprintf(path, sizeof path, "%s/closed", dir);
        mkdir(path, 0);
        assert_refused(path, "Permission denied");
    }
    remove_tree(dir);
}

/* Turn over one byte at @p at (from the end, if negative) of the first file that ends in @p suffix.
 */
static bool damage(const char *path, const char *suffix, long at)
{
    DIR *dir = opendir(path);
    assert_non_null(dir);
    bool done = false;
    for (struct dirent *e; !done && (e = readdir(dir));) {
        size_t n = strlen(e->d_name), m = strlen(suffix);
        bool fits = strcmp(suffix, "MANIFEST") == 0
                        ? strncmp(e->d_name, suffix, m) == 0
                        : n > m && strcmp(e->d_name + n - m, suffix) == 0;
        if (!fits)
            continue;
        int fd = openat(dirfd(dir), e->d_name, O_RDWR);
        off_t where = lseek(fd, at, at < 0 ? SEEK_END : SEEK_SET);
        char byte;
        if (where >= 0 && pread(fd, &byte, 1, where) == 1) {
            byte = (char)~byte;
            done = pwrite(fd, &byte, 1, where) == 1;
        }
        close(fd);
    }
    closedir(dir);
    return done;
}

static void fill(wr_db *db, int from, int to)
{
    for (int i = from; i < to; i++) {
        char key[16];
        snprintf(key, sizeof key, "%06d", i);
        put_log(db, key, "some value of some length");
    }
}

static void test_damaged_directory(void **state)
{
    (void)state;
    backend be;
    backend_init(&be, false, true);
    fill(be.db, 0, 1000);
    OK(wr_db_flush(be.db, err)); /* everything is in table files, the WAL begins anew */
    wr_db_close(be.db);
    be.db = NULL;
    assert_true(damage(be.path, "MANIFEST", 20));
    assert_refused(be.path, "is not as it was");
    assert_true(damage(be.path, "MANIFEST", 20)); /* turned back */
    backend_open(&be);
    assert_log(be.db, NULL, "000500", "some value of some length");
    wr_db_close(be.db);
    be.db = NULL;
    /* A table file: found at opening (its end) or at reading (a block), never passed over. */
    assert_true(damage(be.path, ".sst", 300));
    weir_error failure = {0};
    wr_db_options options = {.wal = true};
    weir_status st = wr_db_open(be.path, &options, &be.db, &failure);
    if (st == WEIR_OK) {
        wr_db_iter *it = wr_db_iter_new(be.db, NULL, WR_DB_LOG, (wr_str){0}, (wr_str){0});
        for (wr_db_iter_seek_first(it); wr_db_iter_valid(it); wr_db_iter_next(it))
            ;
        st = wr_db_iter_status(it, &failure);
        wr_db_iter_free(it);
    }
    assert_int_equal(st, WEIR_ERR_STORE);
    assert_true(failure.flags & WEIR_ERROR_FATAL);
    assert_non_null(strstr(failure.message, "orruption"));
    backend_fini(&be);
}

/* A flipped bit in the middle of the WAL must not silently cost the records behind it. */
static void test_damaged_wal(void **state)
{
    (void)state;
    backend be;
    backend_init(&be, false, true);
    char copy[320], command[700];
    snprintf(copy, sizeof copy, "%s/copy", be.dir);
    fill(be.db, 0, 1000);
    snprintf(command, sizeof command, "cp -r '%s' '%s'", be.path, copy);
    assert_int_equal(system(command), 0);
    assert_true(damage(copy, ".log", 20000));
    assert_refused(copy, "orruption");
    backend_fini(&be);
}

static void test_other_format(void **state)
{
    (void)state;
    backend be;
    backend_init(&be, false, true);
    wr_db_close(be.db);
    be.db = NULL;
    /* The format note is the META key "F"; write it as a later version would. */
    backend_open(&be);
    wr_db_batch *b = wr_db_batch_new(be.db);
    wr__db_batch_put_meta(b, 'F', (wr_str){0}, S("99"));
    OK(wr_db_write(be.db, b, err));
    wr_db_batch_free(b);
    wr_db_close(be.db);
    be.db = NULL;
    assert_refused(be.path, "has format 99");
    backend_fini(&be);
}

static void test_copy_without_close(void **state)
{
    (void)state;
    backend be;
    backend_init(&be, false, true);
    fill(be.db, 0, 100);
    char copy[320], command[700];
    snprintf(copy, sizeof copy, "%s/copy", be.dir);
    snprintf(command, sizeof command, "cp -r '%s' '%s'", be.path, copy);
    assert_int_equal(system(command), 0);
    wr_db_options options = {.wal = true};
    wr_db *db;
    OK(wr_db_open(copy, &options, &db, err));
    assert_log(db, NULL, "000099", "some value of some length");
    wr_db_close(db);
    char checkpoint[320];
    snprintf(checkpoint, sizeof checkpoint, "%s/checkpoint", be.dir);
    OK(wr_db_checkpoint(be.db, checkpoint, err));
    OK(wr_db_open(checkpoint, &options, &db, err));
    assert_log(db, NULL, "000099", "some value of some length");
    wr_db_close(db);
    backend_fini(&be);
}

/* ------------------------------------------------------------------ killed, and full */

/* What a kill would leave: the directory as it is now. Without a write-ahead log a write waits in
 * memory; a durable one does not, and neither does what was written before it. */
static void test_durable(void **state)
{
    (void)state;
    char path[300], image[320], command[700];
    make_temp(path, sizeof path);
    snprintf(image, sizeof image, "%s.image", path);
    wr_db_options options = {.wal = false};
    wr_db *db;
    OK(wr_db_open(path, &options, &db, err));
    wr_db_batch *b = wr_db_batch_new(db);
    static const char *const names[] = {"before", "durable", "after"};
    for (int i = 0; i < 3; i++) {
        wr_db_batch_meta_put(b, S(names[i]), S("x"));
        OK(i == 1 ? wr_db_write_durable(db, b, err) : wr_db_write(db, b, err));
    }
    snprintf(command, sizeof command, "cp -r '%s' '%s'", path, image);
    assert_int_equal(system(command), 0);
    wr_db_batch_free(b);
    wr_db_close(db);
    OK(wr_db_open(image, &options, &db, err));
    for (int i = 0; i < 3; i++) {
        wr_buf value = {0};
        bool found;
        OK(wr_db_meta_get(db, NULL, S(names[i]), &value, &found, err));
        assert_int_equal(found, i < 2);
        wr_buf_free(&value);
    }
    wr_db_close(db);
    remove_tree(path);
    remove_tree(image);
}

/* Commit round after round: every store key and the note "round" get the round's number. */
static void commit_rounds(const char *path, bool wal, int report)
{
    wr_db_options options = {.wal = wal, .sync = wal, .memtable_bytes = 256 << 10};
    wr_db *db;
    wr_store *s;
    wr_store_options o = {0};
    OK(wr_db_open(path, &options, &db, err));
    OK(wr_db_store_id(db, S("q"), &o.store_id, err));
    OK(wr_kv_open(db, &o, &s, err));
    wr_db_batch *b = wr_db_batch_new(db);
    for (uint32_t round = 1;; round++) {
        char bytes[100] = {0};
        wr_put_be32(bytes, round);
        for (int k = 0; k < 50; k++) {
            char key[16];
            snprintf(key, sizeof key, "%d", k);
            OK(wr_kv_put(s, S(key), wr_str_make(bytes, sizeof bytes), 0, err));
        }
        OK(wr_store_commit_into(s, b, err));
        wr_db_batch_meta_put(b, S("round"), wr_str_make(bytes, 4));
        OK(wr_db_write(db, b, err));
        if (!wal && round % 40 == 0)
            OK(wr_db_flush(db, err));
        char key[16]; /* uncommitted, to be lost */
        snprintf(key, sizeof key, "%d", (int)(round % 50));
        OK(wr_kv_put(s, S(key), S("uncommitted"), 0, err));
        if (write(report, &round, sizeof round) != sizeof round)
            _exit(3);
    }
}

static void check_rounds(const char *path, uint32_t reported, bool wal)
{
    wr_db_options options = {.wal = wal};
    wr_db *db;
    wr_store *s;
    wr_store_options o = {0};
    OK(wr_db_open(path, &options, &db, err));
    OK(wr_db_store_id(db, S("q"), &o.store_id, err));
    OK(wr_kv_open(db, &o, &s, err));
    wr_buf note = {0};
    bool found;
    OK(wr_db_meta_get(db, NULL, S("round"), &note, &found, err));
    uint32_t round = found ? wr_get_be32(note.ptr) : 0;
    if (wal) /* synced before it was reported; the next one may be there too */
        assert_in_range(round, reported, reported + 1);
    else /* at least the last flush, and never ahead of what was written */
        assert_in_range(round, reported / 40 * 40, reported + 1);
    for (int k = 0; k < 50; k++) {
        char key[16];
        wr_str value;
        snprintf(key, sizeof key, "%d", k);
        OK(wr_kv_get(s, S(key), &value, &found, err));
        assert_int_equal(found, round > 0);
        if (found) {
            assert_int_equal(value.len, 100);
            assert_int_equal(wr_get_be32(value.ptr), round); /* all keys and the note together */
        }
    }
    wr_buf_free(&note);
    wr_store_close(s);
    wr_db_close(db);
}

static void test_kill(void **state)
{
    (void)state;
    wr_rng rng;
    wr_rng_seed(&rng, 5);
    for (int i = 0; i < 6; i++) {
        char dir[256], path[300];
        make_temp(dir, sizeof dir);
        snprintf(path, sizeof path, "%s/state", dir);
        bool wal = i % 2;
        int report;
        pid_t child = spawn("rounds", path, wal, &report);
        uint32_t round = 0, next, until = 30 + (uint32_t)wr_rng_below(&rng, 150);
        while (round < until && read(report, &next, sizeof next) == sizeof next)
            round = next;
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        while (read(report, &next, sizeof next) == sizeof next) /* said before it died */
            round = next;
        close(report);
        assert_true(round >= until);
        check_rounds(path, round, wal);
        remove_tree(dir);
    }
}

/* Write until the file system refuses; @return 100 when that came as it should. */
static int fill_up(const char *path)
{
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit limit = {256 << 10, 256 << 10};
    wr_db_options options = {.wal = true, .sync = true};
    wr_db *db;
    weir_error failure = {0};
    if (wr_db_open(path, &options, &db, &failure) || setrlimit(RLIMIT_FSIZE, &limit))
        return 2;
    wr_db_batch *b = wr_db_batch_new(db);
    char value[10000] = {0};
    for (uint32_t i = 0; i < 1000; i++) {
        char bytes[4];
        wr_put_be32(bytes, i + 1);
        wr_db_batch_put(b, WR_DB_LOG, S("last"), wr_str_make(bytes, 4));
        wr_db_batch_put(b, WR_DB_LOG, wr_str_make(bytes, 4), wr_str_make(value, sizeof value));
        if (wr_db_write(db, b, &failure) == WEIR_OK)
            continue;
        bool good = failure.code == WEIR_ERR_STORE && failure.flags == WEIR_ERROR_RETRIABLE &&
                    wr_db_batch_empty(b) && i > 5;
        return good ? 100 : 3;
    }
    return 4;
}

/* Writes that the file system refuses (a file size limit stands in for a full disk): an error that
 * may be retried, and after it the committed state is whole. */
static void test_write_refused(void **state)
{
    (void)state;
    char dir[256], path[300];
    make_temp(dir, sizeof dir);
    snprintf(path, sizeof path, "%s/state", dir);
    int report, status;
    pid_t child = spawn("fill", path, true, &report);
    waitpid(child, &status, 0);
    close(report);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 100);
    wr_db_options options = {.wal = true};
    wr_db *db;
    OK(wr_db_open(path, &options, &db, err));
    wr_buf last = {0}, value = {0};
    bool found;
    OK(wr_db_get(db, NULL, WR_DB_LOG, S("last"), &last, &found, err));
    assert_true(found && wr_get_be32(last.ptr) > 5);
    OK(wr_db_get(db, NULL, WR_DB_LOG, wr_buf_view(&last), &value, &found, err));
    assert_true(found && value.len == 10000);
    wr_buf_free(&last);
    wr_buf_free(&value);
    wr_db_close(db);
    remove_tree(dir);
}

static void test_metrics(void **state)
{
    (void)state;
    backend be;
    backend_init(&be, false, true);
    fill(be.db, 0, 500);
    OK(wr_db_flush(be.db, err));
    OK(wr_db_sync(be.db, err));
    wr_db_metrics m;
    wr_db_metrics_read(be.db, &m);
    assert_true(m.disk_bytes > 10000 && m.keys_estimate >= 500);
    assert_false(m.writes_stopped);
    backend_fini(&be);
}

static void test_reclaim(void **state)
{
    (void)state;
    for (int memory = 0; memory < 2; memory++) {
        backend be;
        backend_init(&be, memory, true);
        fill(be.db, 0, 1000);
        OK(wr_db_flush(be.db, err));
        wr_db_batch *b = wr_db_batch_new(be.db);
        wr_db_batch_delete_range(b, WR_DB_LOG, S("000000"), S("000990"));
        OK(wr_db_write(be.db, b, err));
        wr_db_batch_free(b);
        OK(wr_db_reclaim(be.db, S("000000"), S("000990"), err));
        backend_reopen(&be);
        assert_log(be.db, NULL, "000989", NULL);
        assert_log(be.db, NULL, "000990", "some value of some length");
        backend_fini(&be);
    }
}

int main(int argc, char **argv)
{
    if (argc == 5) { /* as another process: spawn() */
        bool wal = argv[3][0] == '1';
        int report = (int)strtol(argv[4], NULL, 10);
        if (strcmp(argv[1], "hold") == 0)
            hold(argv[2], report);
        if (strcmp(argv[1], "rounds") == 0)
            commit_rounds(argv[2], wal, report);
        _exit(strcmp(argv[1], "fill") == 0 ? fill_up(argv[2]) : 5);
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_iterators),
        cmocka_unit_test(test_batches_and_snapshots),
        cmocka_unit_test(test_notes_and_store_ids),
        cmocka_unit_test(test_drop_partition),
        cmocka_unit_test(test_meaning),
        cmocka_unit_test(test_meaning_damaged),
        cmocka_unit_test(test_directory_in_use),
        cmocka_unit_test(test_unusable_directory),
        cmocka_unit_test(test_damaged_directory),
        cmocka_unit_test(test_damaged_wal),
        cmocka_unit_test(test_other_format),
        cmocka_unit_test(test_copy_without_close),
        cmocka_unit_test(test_durable),
        cmocka_unit_test(test_kill),
        cmocka_unit_test(test_write_refused),
        cmocka_unit_test(test_metrics),
        cmocka_unit_test(test_reclaim),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
