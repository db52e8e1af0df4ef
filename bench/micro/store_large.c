/* SPDX-License-Identifier: Apache-2.0 */
/*
 * State larger than memory: counts of 20 M keys of 20 bytes within 256 MiB in all (block cache,
 * overlay, memtables), updated uniformly and by Zipf, as an aggregation over Kafka would: batches
 * of rows, commits that the changelog makes durable, the database written behind. Baseline: plain
 * RocksDB with the same memory, one get and one put for each update, as Kafka Streams does.
 *
 * Prints CPU seconds per million updates (all threads, compactions that fall into the run
 * included), and memory.
 *
 *     micro_store_large [-k keys] [-u updates] [-b rows of a batch] [-m MiB] [-d directory] [-s]
 * With -d the loaded database is kept there and used by the next run; -s leaves out the baseline.
 */
#include "micro/state.h"
#include "statestore/store.h"

#include <rocksdb/c.h>
#include <sys/stat.h>

enum { KEY = 20, BATCH_MAX = 1 << 20 };

static size_t keys_n = 20000000, updates = 2000000, batch = 4096, memory_mib = 256;
static char directory[256];
static bool keep, store_only;

static weir_error failure;
static void ok(weir_status st)
{
    if (st != WEIR_OK) {
        fprintf(stderr, "%s\n", failure.message);
        exit(1);
    }
}

/* Key number i, in order of i, with digits that look random. */
static void key_of(uint64_t i, char *out)
{
    static const char hex[] = "0123456789abcdef";
    uint64_t step = UINT64_MAX / keys_n, number = i * step + scatter(i) % step;
    memcpy(out, "usr/", 4);
    for (int d = 0; d < 16; d++)
        out[4 + d] = hex[number >> (60 - 4 * d) & 15];
}

static uint64_t pick(wr_rng *rng, bool skewed)
{
    if (!skewed)
        return wr_rng_below(rng, keys_n);
    /* Popular keys lie anywhere. */
    return scatter(zipf(rng, keys_n, __builtin_log((double)keys_n))) % keys_n;
}

/* ------------------------------------------------------------------ the store */

/* Three eighths of the memory each for the overlay and the block cache, a sixteenth for memtables
 * (nearly all rows come as table files); the rest is for what cannot be budgeted: batches, lists to
 * sort, RocksDB's tables, the allocator. */
static wr_db *open_db(const char *name)
{
    size_t mib = memory_mib << 20;
    wr_db_options options = {.block_cache_bytes = mib / 8 * 3, .memtable_bytes = mib / 16};
    char path[300];
    wr_db *db;
    snprintf(path, sizeof path, "%s/%s", directory, name);
    ok(wr_db_open(path, &options, &db, &failure));
    return db;
}

static wr_store *open_store(wr_db *db)
{
    wr_store_options options = {.overlay_max = (memory_mib << 20) / 8 * 3, .caching = true};
    wr_store *s;
    ok(wr_db_store_id(db, WR_STR("s"), &options.store_id, &failure));
    ok(wr_kv_open(db, &options, &s, &failure));
    return s;
}

/* What a commit does: write when half of the overlay waits for it. */
static void commit(wr_db *db, wr_store *s, bool write)
{
    wr_store_stats stats;
    wr_store_committed(s);
    wr_store_stats_read(s, &stats);
    if (!write && stats.unwritten_bytes < (memory_mib << 20) / 16 * 3)
        return;
    wr_db_batch *b = wr_db_batch_new(db);
    ok(wr_store_write_rows(s, &failure));
    ok(wr_store_write_into(s, b, &failure));
    ok(wr_db_write(db, b, &failure));
    ok(wr_db_flush(db, &failure));
    wr_db_batch_free(b);
}

typedef struct rows {
    char *bytes;
    wr_str *keys;
    wr_store_entry **entries;
} rows;

static void count(wr_store *s, rows *r, size_t n)
{
    ok(wr_kv_find_many(s, n, r->keys, r->entries, &failure));
    for (size_t i = 0; i < n; i++) {
        bool had = wr_entry_exists(r->entries[i]);
        int64_t *value = wr_entry_edit(s, r->entries[i], sizeof *value);
        *value = had ? *value + 1 : 1;
        ok(wr_entry_changed(s, r->entries[i], 1, &failure));
    }
}

static rows new_rows(size_t n)
{
    rows r = {malloc(n * KEY), malloc(n * sizeof(wr_str)), malloc(n * sizeof(wr_store_entry *))};
    for (size_t i = 0; i < n; i++)
        r.keys[i] = wr_str_make(r.bytes + i * KEY, KEY);
    return r;
}

static void free_rows(rows *r)
{
    free(r->bytes);
    free(r->keys);
    free(r->entries);
}

static void load(void)
{
    wr_db *db = open_db("state");
    wr_store *s = open_store(db);
    rows r = new_rows(batch);
    double start = process_cpu();
    for (size_t i = 0; i < keys_n; i += batch) {
        size_t n = WR_MIN(batch, keys_n - i);
        for (size_t k = 0; k < n; k++)
            key_of(i + k, r.bytes + k * KEY);
        count(s, &r, n);
        commit(db, s, i + n == keys_n);
    }
    free_rows(&r);
    wr_store_close(s);
    wr_db_close(db);
    printf("%-36s %6.2f CPU s/M, %.0f MiB at most\n", "loaded, sorted",
           (process_cpu() - start) / (double)keys_n * 1e6, resident("VmHWM:"));
}

static void run_store(bool skewed)
{
    wr_db *db = open_db("state");
    wr_store *s = open_store(db);
    rows r = new_rows(batch);
    wr_rng rng;
    wr_rng_seed(&rng, skewed ? 2 : 3);
    double peak = 0, start = process_cpu(), worker = thread_cpu();
    /* The first half warms the caches up and is not counted. */
    for (size_t done = 0, since = 0; done < 2 * updates; done += batch) {
        if (done >= updates && done < updates + batch) {
            start = process_cpu();
            worker = thread_cpu();
        }
        for (size_t k = 0; k < batch; k++)
            key_of(pick(&rng, skewed), r.bytes + k * KEY);
        count(s, &r, batch);
        since += batch;
        if (since >= 100000) {
            commit(db, s, false);
            since = 0;
        }
        peak = WR_MAX(peak, resident("VmRSS:"));
    }
    commit(db, s, true);
    wr_store_stats stats;
    wr_store_stats_read(s, &stats);
    printf("store, %-29s %6.2f CPU s/M (worker %.2f), %.0f MiB at most; %.0f %% read from "
           "RocksDB\n",
           skewed ? "Zipf" : "uniform", (process_cpu() - start) / (double)updates * 1e6,
           (thread_cpu() - worker) / (double)updates * 1e6, peak,
           100.0 * (double)stats.misses / (double)stats.gets);
    free_rows(&r);
    wr_store_close(s);
    wr_db_close(db);
}

/* ------------------------------------------------------------------ the baseline */

static rocksdb_t *open_plain(rocksdb_options_t *o)
{
    char path[300], *text = NULL;
    snprintf(path, sizeof path, "%s/plain", directory);
    size_t mib = memory_mib << 20;
    rocksdb_options_set_create_if_missing(o, 1);
    rocksdb_options_set_write_buffer_size(o, mib / 16);
    rocksdb_options_set_max_background_jobs(o, 2);
    rocksdb_block_based_table_options_t *t = rocksdb_block_based_options_create();
    /* Indexes and filters lie outside the cache, as Kafka Streams has them: about 48 bytes for each
     * block of 4 KiB and 10 bits for each key, here 33 MiB. */
    rocksdb_block_based_options_set_block_cache(t,
                                                rocksdb_cache_create_lru(mib / 4 * 3 - (32 << 20)));
    rocksdb_block_based_options_set_filter_policy(t, rocksdb_filterpolicy_create_bloom_full(10));
    rocksdb_options_set_block_based_table_factory(o, t);
    rocksdb_t *db = rocksdb_open(o, path, &text);
    if (text) {
        fprintf(stderr, "%s\n", text);
        exit(1);
    }
    return db;
}

static void load_plain(rocksdb_options_t *o)
{
    rocksdb_t *db = open_plain(o);
    rocksdb_writeoptions_t *w = rocksdb_writeoptions_create();
    rocksdb_writeoptions_disable_WAL(w, 1);
    rocksdb_writebatch_t *b = rocksdb_writebatch_create();
    char key[KEY], *text = NULL;
    int64_t one = 1;
    for (size_t i = 0; i < keys_n && !text; i++) {
        key_of(i, key);
        rocksdb_writebatch_put(b, key, KEY, (const char *)&one, sizeof one);
        if (i % 4096 == 4095 || i + 1 == keys_n) {
            rocksdb_write(db, w, b, &text);
            rocksdb_writebatch_clear(b);
        }
    }
    rocksdb_writebatch_destroy(b);
    rocksdb_writeoptions_destroy(w);
    rocksdb_close(db);
}

static void run_plain(rocksdb_options_t *o, bool skewed)
{
    rocksdb_t *db = open_plain(o);
    rocksdb_writeoptions_t *w = rocksdb_writeoptions_create();
    rocksdb_writeoptions_disable_WAL(w, 1);
    rocksdb_readoptions_t *r = rocksdb_readoptions_create();
    wr_rng rng;
    wr_rng_seed(&rng, skewed ? 2 : 3);
    char key[KEY], *text = NULL;
    double start = process_cpu(), peak = 0;
    for (size_t i = 0; i < 2 * updates && !text; i++) {
        if (i == updates)
            start = process_cpu();
        size_t len;
        int64_t value = 0;
        key_of(pick(&rng, skewed), key);
        char *old = rocksdb_get(db, r, key, KEY, &len, &text);
        if (old && len == sizeof value)
            memcpy(&value, old, sizeof value);
        free(old);
        value++;
        if (!text)
            rocksdb_put(db, w, key, KEY, (const char *)&value, sizeof value, &text);
        if (i % 65536 == 0)
            peak = WR_MAX(peak, resident("VmRSS:"));
    }
    if (text)
        fprintf(stderr, "%s\n", text);
    printf("plain RocksDB get + put, %-11s %6.2f CPU s/M, %.0f MiB at most\n",
           skewed ? "Zipf" : "uniform", (process_cpu() - start) / (double)updates * 1e6, peak);
    rocksdb_readoptions_destroy(r);
    rocksdb_writeoptions_destroy(w);
    rocksdb_close(db);
}

static bool is_there(const char *name)
{
    char path[300];
    struct stat info;
    snprintf(path, sizeof path, "%s/%s/CURRENT", directory, name);
    return stat(path, &info) == 0;
}

static void read_arguments(int argc, char **argv)
{
    for (int c; (c = getopt(argc, argv, "k:u:b:m:d:s")) != -1;) {
        size_t n = c == 'd' || c == 's' ? 1 : strtoull(optarg, NULL, 10);
        if (c == '?' || n == 0)
            exit(2);
        if (c == 'k')
            keys_n = n;
        else if (c == 'u')
            updates = n;
        else if (c == 'b')
            batch = WR_MIN(n, (size_t)BATCH_MAX);
        else if (c == 's')
            store_only = true;
        else if (c == 'm')
            memory_mib = n;
        else
            keep = snprintf(directory, sizeof directory, "%s", optarg) > 0;
    }
}

int main(int argc, char **argv)
{
    read_arguments(argc, argv);
    setvbuf(stdout, NULL, _IOLBF, 0);
    const char *tmp = getenv("TMPDIR");
    if (keep)
        (void)mkdir(directory, 0777);
    else
        snprintf(directory, sizeof directory, "%s/micro_large-XXXXXX", tmp ? tmp : "/tmp");
    if (!keep && !mkdtemp(directory))
        return 1;
    printf("%zu keys of %d bytes, %zu updates in batches of %zu, %zu MiB\n", keys_n, KEY, updates,
           batch, memory_mib);
    if (!is_there("state"))
        load();
    run_store(true);
    run_store(false);
    rocksdb_options_t *o = rocksdb_options_create();
    if (!store_only && !is_there("plain"))
        load_plain(o);
    for (int skewed = 1; skewed >= 0 && !store_only; skewed--)
        run_plain(o, skewed);
    rocksdb_options_destroy(o);
    char command[300];
    snprintf(command, sizeof command, "rm -r '%s'", directory);
    return keep ? 0 : system(command);
}
