/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The overlay's share of an aggregation: find_many + edit + changed for each row of a batch, over
 * as many keys as W3 has, beside a plain hash table that can do nothing else (no order, no commit,
 * no dirty list, no values but a count).
 *
 *     micro_overlay [keys [rows]]
 */
#include "micro/state.h"
#include "statestore/store.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

enum { BATCH = 1024, KEY = 16 };

static weir_error failure;
static void ok(weir_status st)
{
    if (st != WEIR_OK) {
        fprintf(stderr, "%s\n", failure.message);
        exit(1);
    }
}

typedef struct input {
    char *bytes; /* KEY bytes of each row */
    uint32_t *lens;
    size_t rows;
} input;

/* Addresses as text: 7 to 15 bytes. */
static input make_input(size_t keys, size_t rows)
{
    input in = {malloc(rows * KEY), malloc(rows * sizeof(uint32_t)), rows};
    wr_rng rng;
    wr_rng_seed(&rng, 1);
    for (size_t i = 0; i < rows; i++) {
        uint64_t ip = scatter(wr_rng_below(&rng, keys)) & 0xFFFFFFFF;
        in.lens[i] =
            (uint32_t)snprintf(in.bytes + i * KEY, KEY, "%d.%d.%d.%d", (int)(ip >> 24),
                               (int)(ip >> 16 & 255), (int)(ip >> 8 & 255), (int)(ip & 255));
    }
    return in;
}

/* ------------------------------------------------------------------ the baseline */

typedef struct slot {
    uint64_t hash, count;
    uint32_t len;
    char key[KEY];
} slot;

static double run_plain(const input *in, slot *slots, uint64_t mask)
{
    double start = thread_cpu();
    for (size_t i = 0; i < in->rows; i++) {
        const char *key = in->bytes + i * KEY;
        uint32_t len = in->lens[i];
        uint64_t hash = XXH3_64bits(key, len) | 1;
        slot *s = &slots[hash & mask];
        while (s->hash && (s->hash != hash || s->len != len || memcmp(s->key, key, len) != 0))
            s = s == slots + mask ? slots : s + 1;
        if (!s->hash) {
            s->hash = hash;
            s->len = len;
            memcpy(s->key, key, len);
        }
        s->count++;
    }
    return (thread_cpu() - start) / (double)in->rows * 1e9;
}

static void plain(const input *in, size_t keys)
{
    uint64_t n = 64;
    while (n * 2 < keys * 3)
        n *= 2;
    slot *slots = calloc(n, sizeof *slots);
    double fresh = run_plain(in, slots, n - 1), known = run_plain(in, slots, n - 1);
    printf("%-28s %8.0f %8.0f\n", "plain hash table, one by one", fresh, known);
    free(slots);
}

/* ------------------------------------------------------------------ the store */

static double run_store(const input *in, wr_store *s, double *find)
{
    wr_str keys[BATCH];
    wr_store_entry *entries[BATCH];
    double start = thread_cpu(), finding = 0;
    for (size_t first = 0; first < in->rows; first += BATCH) {
        size_t n = WR_MIN(in->rows - first, (size_t)BATCH);
        for (size_t i = 0; i < n; i++)
            keys[i] = wr_str_make(in->bytes + (first + i) * KEY, in->lens[first + i]);
        double t = thread_cpu();
        ok(wr_kv_find_many(s, n, keys, entries, &failure));
        finding += thread_cpu() - t;
        for (size_t i = 0; i < n; i++) {
            bool had = wr_entry_exists(entries[i]);
            int64_t *count = wr_entry_edit(s, entries[i], sizeof *count);
            *count = had ? *count + 1 : 1;
            ok(wr_entry_changed(s, entries[i], 1, &failure));
        }
    }
    *find = finding / (double)in->rows * 1e9;
    return (thread_cpu() - start) / (double)in->rows * 1e9;
}

static weir_status ignore(void *arg, const wr_store_changes *c, weir_error *err)
{
    (void)err;
    for (uint32_t i = 0; i < c->n; i++)
        *(uint64_t *)arg += c->keys[i].len + c->values[i].len + (uint64_t)c->timestamps_ms[i];
    return WEIR_OK;
}

static void store(const input *in, bool keep_old, const char *name)
{
    uint64_t sum = 0;
    wr_db *db = wr_db_open_memory();
    wr_store_options options = {.caching = true,
                                .keep_old = keep_old,
                                .overlay_max = SIZE_MAX,
                                .on_change = ignore,
                                .on_change_arg = &sum};
    wr_store *s;
    ok(wr_db_store_id(db, WR_STR("s"), &options.store_id, &failure));
    ok(wr_kv_open(db, &options, &s, &failure));
    double find[3], all[3], flush[3], commit[3];
    for (int i = 0; i < 3; i++) {
        all[i] = run_store(in, s, &find[i]);
        double dirty = (double)wr_store_dirty_count(s), start = thread_cpu();
        ok(wr_store_flush(s, &failure));
        double flushed = thread_cpu();
        wr_store_committed(s);
        flush[i] = (flushed - start) / dirty * 1e9;
        commit[i] = (thread_cpu() - flushed) / dirty * 1e9;
    }
    wr_store_stats stats;
    wr_store_stats_read(s, &stats);
    printf("%-28s %8.0f %8.0f  find_many %.0f %.0f; per changed key: flush %.0f %.0f, committed "
           "%.0f %.0f; %.0f bytes per key\n",
           name, all[0], all[2], find[0], find[2], flush[0], flush[2], commit[0], commit[2],
           (double)wr_store_bytes(s) / (double)stats.entries);
    wr_store_close(s);
    wr_db_close(db);
}

int main(int argc, char **argv)
{
    size_t keys = argc > 1 ? strtoull(argv[1], NULL, 10) : 900000;
    size_t rows = argc > 2 ? strtoull(argv[2], NULL, 10) : 2000000;
    input in = make_input(keys, rows);
    printf("%zu keys, %zu rows; CPU ns per row\n%-28s %8s %8s\n", keys, rows, "", "fresh", "known");
    plain(&in, keys);
    store(&in, false, "store");
    store(&in, true, "store, keep_old");
    free(in.bytes);
    free(in.lens);
    return 0;
}
