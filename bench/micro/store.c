/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A store over RocksDB, per key: writing behind, writing at each commit, reading what is not in the
 * overlay, and look-ups of keys that do not exist; beside plain rocksdb_put and rocksdb_get with
 * the same memory. CPU of the whole process, RocksDB's threads included.
 *
 *     micro_store [keys]
 */
#include "micro/state.h"
#include "statestore/store.h"

#include <rocksdb/c.h>

enum { BATCH = 1024, KEY = 12 };

static weir_error failure;
static void ok(weir_status st)
{
    if (st != WEIR_OK) {
        fprintf(stderr, "%s\n", failure.message);
        exit(1);
    }
}

static char directory[256];

static wr_db *open_db(const char *name)
{
    wr_db_options options = {.block_cache_bytes = 32 << 20, .memtable_bytes = 32 << 20};
    char path[300];
    wr_db *db;
    snprintf(path, sizeof path, "%s/%s", directory, name);
    ok(wr_db_open(path, &options, &db, &failure));
    return db;
}

static wr_store *open_store(wr_db *db)
{
    wr_store_options options = {.overlay_max = SIZE_MAX, .caching = true};
    wr_store *s;
    ok(wr_db_store_id(db, WR_STR("s"), &options.store_id, &failure));
    ok(wr_kv_open(db, &options, &s, &failure));
    return s;
}

static void key_of(size_t i, char *out)
{
    uint64_t bits = scatter(i);
    memcpy(out, "key/", 4);
    memcpy(out + 4, &bits, 8);
}

/* Keys first .. first+n-1, each a count of 8 bytes; @p salt: other keys than those with another. */
static void touch(wr_store *s, size_t first, size_t n, size_t salt, bool change)
{
    char bytes[BATCH][KEY];
    wr_str keys[BATCH];
    wr_store_entry *entries[BATCH];
    for (size_t at = 0; at < n; at += BATCH) {
        size_t count = WR_MIN(n - at, (size_t)BATCH);
        for (size_t i = 0; i < count; i++) {
            key_of(salt + first + at + i, bytes[i]);
            keys[i] = wr_str_make(bytes[i], KEY);
        }
        ok(wr_kv_find_many(s, count, keys, entries, &failure));
        for (size_t i = 0; change && i < count; i++) {
            int64_t *value = wr_entry_edit(s, entries[i], sizeof *value);
            *value = (int64_t)i;
            ok(wr_entry_changed(s, entries[i], 1, &failure));
        }
    }
}

static void report(const char *what, double start, size_t n)
{
    printf("%-52s %8.0f   (%.0f MiB)\n", what, (process_cpu() - start) / (double)n * 1e9,
           resident("VmRSS:"));
}

static void write_all(wr_db *db, wr_store *s)
{
    wr_db_batch *b = wr_db_batch_new(db);
    ok(wr_store_write_rows(s, &failure));
    ok(wr_store_write_into(s, b, &failure));
    ok(wr_db_write(db, b, &failure));
    ok(wr_db_flush(db, &failure));
    wr_db_batch_free(b);
}

static void behind(size_t keys)
{
    wr_db *db = open_db("behind");
    wr_store *s = open_store(db);
    for (size_t at = 0; at < keys; at += keys / 10) {
        touch(s, at, WR_MIN(keys / 10, keys - at), 0, true);
        wr_store_committed(s);
    }
    double start = process_cpu();
    write_all(db, s);
    report("write behind, all at once", start, keys);
    wr_store_close(s);
    wr_db_close(db);
    report("  and closing the database", start, keys);

    db = open_db("behind");
    s = open_store(db);
    start = process_cpu();
    touch(s, 0, keys, 0, false);
    report("read existing keys, 1,024 at a time", start, keys);
    start = process_cpu();
    touch(s, 0, keys, keys, false);
    report("look up keys that do not exist", start, keys);
    wr_store_close(s);
    wr_db_close(db);
}

static void at_commits(size_t keys, size_t each)
{
    wr_db *db = open_db("commits");
    wr_store *s = open_store(db);
    wr_db_batch *b = wr_db_batch_new(db);
    double cpu = 0;
    for (size_t at = 0; at < keys; at += each) {
        touch(s, at, WR_MIN(each, keys - at), 0, true);
        double start = process_cpu();
        ok(wr_store_commit_into(s, b, &failure));
        ok(wr_db_write(db, b, &failure));
        cpu += process_cpu() - start;
    }
    double start = process_cpu();
    wr_db_batch_free(b);
    wr_store_close(s);
    wr_db_close(db);
    char what[80];
    snprintf(what, sizeof what, "written at each commit, %zu keys each", each);
    report(what, start - cpu, keys);
}

/* ------------------------------------------------------------------ the baseline */

static void plain(size_t keys)
{
    char path[300], *text = NULL, key[KEY];
    snprintf(path, sizeof path, "%s/plain", directory);
    rocksdb_options_t *o = rocksdb_options_create();
    rocksdb_options_set_create_if_missing(o, 1);
    rocksdb_options_set_write_buffer_size(o, 16 << 20);
    rocksdb_block_based_table_options_t *t = rocksdb_block_based_options_create();
    rocksdb_block_based_options_set_block_cache(t, rocksdb_cache_create_lru(32 << 20));
    rocksdb_block_based_options_set_filter_policy(t, rocksdb_filterpolicy_create_bloom_full(10));
    rocksdb_options_set_block_based_table_factory(o, t);
    rocksdb_t *db = rocksdb_open(o, path, &text);
    rocksdb_writeoptions_t *w = rocksdb_writeoptions_create();
    rocksdb_writeoptions_disable_WAL(w, 1);
    rocksdb_readoptions_t *r = rocksdb_readoptions_create();
    double start = process_cpu();
    for (size_t i = 0; i < keys && !text; i++) {
        key_of(i, key);
        rocksdb_put(db, w, key, KEY, (const char *)&i, sizeof i, &text);
    }
    report("plain rocksdb_put, one by one, no WAL", start, keys);
    rocksdb_flushoptions_t *f = rocksdb_flushoptions_create();
    if (!text)
        rocksdb_flush(db, f, &text);
    for (size_t salt = 0; salt < 2; salt++) {
        start = process_cpu();
        for (size_t i = 0; i < keys && !text; i++) {
            size_t len;
            key_of(i + salt * keys, key);
            free(rocksdb_get(db, r, key, KEY, &len, &text));
        }
        report(salt ? "plain rocksdb_get, keys that do not exist" : "plain rocksdb_get", start,
               keys);
    }
    if (text)
        fprintf(stderr, "%s\n", text);
    rocksdb_flushoptions_destroy(f);
    rocksdb_writeoptions_destroy(w);
    rocksdb_readoptions_destroy(r);
    rocksdb_close(db);
    rocksdb_block_based_options_destroy(t);
    rocksdb_options_destroy(o);
}

int main(int argc, char **argv)
{
    size_t keys = argc > 1 ? strtoull(argv[1], NULL, 10) : 900000;
    const char *tmp = getenv("TMPDIR");
    snprintf(directory, sizeof directory, "%s/micro_store-XXXXXX", tmp ? tmp : "/tmp");
    if (!mkdtemp(directory))
        return 1;
    printf("%zu keys of %d bytes; CPU ns per key, all threads\n", keys, KEY);
    behind(keys);
    at_commits(keys, 100000);
    at_commits(keys, 4000);
    plain(keys);
    char command[300];
    snprintf(command, sizeof command, "rm -r '%s'", directory);
    return system(command);
}
