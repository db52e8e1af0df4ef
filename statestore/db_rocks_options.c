/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The settings of RocksDB and why they are so. Numbers: performance.md section 5 and the trials
 * given in docs/design/state.md.
 *
 * All of it: atomic flush, because without a WAL the families must go back together after a crash.
 * WAL recovery tolerates a torn tail (kill -9, power loss) but refuses damage in the middle: the
 * default (point in time) would silently drop acknowledged records after the damage.
 *
 * LOG: universal compaction, which rewrites appended data few times and drops whole files; no
 * compression, since lz4 cost 40 % on a pure copy (performance.md section 3) and producers may
 * compress; no block cache, for a record is read once and would only push state out; large blocks.
 * State: leveled, lz4, bloom filters. Index and filter are cut up and live in the block cache with
 * their top level pinned: whole filters in a small cache were measured at 780 us per look-up
 * instead of 8. Small blocks, since most reads want one row of each (against 8 KiB a quarter less
 * for a read that misses the cache), and larger pieces of index and filter: fewer look-ups to get
 * at them.
 */
#include "statestore/db_rocks_options.h"

const char *const wr__rocks_family_names[WR_DB_FAMILIES] = {
    [WR_DB_META] = "default", /* RocksDB insists on one of this name */
    [WR_DB_LOG] = "log",       [WR_DB_KV] = "kv",
    [WR_DB_WINDOW] = "window", [WR_DB_SESSION] = "session",
};

static size_t or_default(size_t value, size_t fallback)
{
    return value ? value : fallback;
}

enum { HEADER_LEVEL = 5 }; /* rocksdb::InfoLogLevel; the C API has no names of them */

static void set_database(rocksdb_options_t *db, const wr_db_options *o)
{
    rocksdb_options_set_create_if_missing(db, 1);
    rocksdb_options_set_create_missing_column_families(db, 1);
    rocksdb_options_set_atomic_flush(db, 1);
    rocksdb_options_set_paranoid_checks(db, 1);
    rocksdb_options_set_wal_recovery_mode(db, rocksdb_tolerate_corrupted_tail_records_recovery);
    rocksdb_options_set_max_background_jobs(db, o->background_jobs ? o->background_jobs : 2);
    rocksdb_options_set_max_open_files(db, o->open_files_max ? o->open_files_max : 512);
    rocksdb_options_set_db_write_buffer_size(db, or_default(o->memtable_bytes, 64u << 20));
    rocksdb_options_set_skip_stats_update_on_db_open(db, 1); /* it would read every table file */
    /* Opening starts this many threads for each family, files or not: 16 cost 8 ms of CPU. */
    rocksdb_options_set_max_file_opening_threads(db, 1);
    rocksdb_options_set_max_manifest_file_size(db, 16u << 20);
    /* RocksDB's own text log has only its header, which opening writes. It is a file on the same
     * disk, and RocksDB as Debian builds it, with assertions, aborts at the second line that finds
     * no room: which is when it has most to say. Errors reach us as statuses, and we report them.
     * There is no option to do without the log. */
    rocksdb_options_set_info_log_level(db, HEADER_LEVEL);
    rocksdb_options_set_keep_log_file_num(db, 4);
    rocksdb_options_set_max_log_file_size(db, 4u << 20);
    rocksdb_options_set_stats_dump_period_sec(db, 0);
}

static rocksdb_options_t *log_family(const wr_db_options *o)
{
    rocksdb_options_t *f = rocksdb_options_create();
    rocksdb_options_set_compaction_style(f, rocksdb_universal_compaction);
    rocksdb_universal_compaction_options_t *u = rocksdb_universal_compaction_options_create();
    rocksdb_universal_compaction_options_set_min_merge_width(u, 4);
    rocksdb_universal_compaction_options_set_max_size_amplification_percent(u, 400);
    rocksdb_options_set_universal_compaction_options(f, u);
    rocksdb_universal_compaction_options_destroy(u);
    rocksdb_options_set_compression(f, rocksdb_no_compression);
    rocksdb_options_set_write_buffer_size(f, or_default(o->memtable_bytes, 64u << 20) / 2);

    rocksdb_block_based_table_options_t *t = rocksdb_block_based_options_create();
    rocksdb_block_based_options_set_no_block_cache(t, 1);
    rocksdb_block_based_options_set_block_size(t, 64u << 10);
    rocksdb_block_based_options_set_format_version(t, 5);
    rocksdb_options_set_block_based_table_factory(f, t);
    rocksdb_block_based_options_destroy(t);
    return f;
}

static rocksdb_options_t *state_family(const wr_db_options *o, rocksdb_cache_t *cache, size_t share)
{
    rocksdb_options_t *f = rocksdb_options_create();
    rocksdb_options_set_compression(f, rocksdb_lz4_compression);
    rocksdb_options_set_level_compaction_dynamic_level_bytes(f, 1);
    rocksdb_options_set_write_buffer_size(f, or_default(o->memtable_bytes, 64u << 20) / share);

    rocksdb_block_based_table_options_t *t = rocksdb_block_based_options_create();
    rocksdb_block_based_options_set_block_cache(t, cache);
    rocksdb_block_based_options_set_block_size(t, 4u << 10);
    rocksdb_block_based_options_set_format_version(t, 5);
    rocksdb_block_based_options_set_filter_policy(t, rocksdb_filterpolicy_create_bloom_full(10));
    rocksdb_block_based_options_set_cache_index_and_filter_blocks(t, 1);
    rocksdb_block_based_options_set_cache_index_and_filter_blocks_with_high_priority(t, 1);
    rocksdb_block_based_options_set_pin_l0_filter_and_index_blocks_in_cache(t, 1);
    rocksdb_block_based_options_set_index_type(
        t, rocksdb_block_based_table_index_type_two_level_index_search);
    rocksdb_block_based_options_set_partition_filters(t, 1);
    rocksdb_block_based_options_set_pin_top_level_index_and_filter(t, 1);
    rocksdb_block_based_options_set_metadata_block_size(t, 16u << 10);
    rocksdb_options_set_block_based_table_factory(f, t);
    rocksdb_block_based_options_destroy(t);
    return f;
}

void wr__rocks_options_init(wr__rocks_options *out, const wr_db_options *o)
{
    out->cache = rocksdb_cache_create_lru(or_default(o->block_cache_bytes, 64u << 20));
    out->db = rocksdb_options_create();
    set_database(out->db, o);
    out->family[WR_DB_META] = state_family(o, out->cache, 8);
    out->family[WR_DB_LOG] = log_family(o);
    out->family[WR_DB_KV] = state_family(o, out->cache, 2);
    out->family[WR_DB_WINDOW] = state_family(o, out->cache, 2);
    out->family[WR_DB_SESSION] = state_family(o, out->cache, 2);
}

void wr__rocks_options_fini(wr__rocks_options *o)
{
    for (size_t i = 0; i < WR_DB_FAMILIES; i++)
        rocksdb_options_destroy(o->family[i]);
    rocksdb_options_destroy(o->db);
    rocksdb_cache_destroy(o->cache);
}
