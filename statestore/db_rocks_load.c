/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows that come sorted are written into table files of our own, which RocksDB then takes in: no
 * memtable, no skip list, no second copy, and a file whose keys are new goes to the last level at
 * once. The files lie in <state>/load until then. What a crash leaves there goes at the next open,
 * and must: it may be another name of a file that RocksDB has taken in, which writing would ruin.
 * Taking files in flushes the memtables, all together, when keys of theirs overlap.
 */
#include "statestore/db_rocks.h"
#include "statestore/room.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOAD_FILE_BYTES ((size_t)64 << 20)

struct wr__db_load {
    rocks_db *db;
    wr_db_family family;
    rocksdb_envoptions_t *env_options;
    rocksdb_sstfilewriter_t *writer;
    size_t bytes; /* in the present file; 0: none is open */
    wr_buf key;
    char **files;
    size_t files_n;
};

wr__db_load *wr__rocks_load_new(wr_db *base, wr_db_family f)
{
    wr__db_load *l = wr_calloc(1, sizeof *l);
    l->db = (rocks_db *)base;
    l->family = f;
    l->env_options = rocksdb_envoptions_create();
    l->writer = rocksdb_sstfilewriter_create(l->env_options, l->db->options.family[f]);
    return l;
}

void wr__rocks_load_free(wr__db_load *l)
{
    rocksdb_sstfilewriter_destroy(l->writer);
    rocksdb_envoptions_destroy(l->env_options);
    for (size_t i = 0; i < l->files_n; i++) {
        (void)unlink(l->files[i]); /* gone already where RocksDB has moved it */
        wr_free(l->files[i]);
    }
    wr_free(l->files);
    wr_buf_free(&l->key);
    wr_free(l);
}

/* A new name for a file of loads; a failure to make the directory shows when it is opened. */
static void put_load_path(rocks_db *db, wr_buf *path)
{
    wr_buf_printf(path, "%s/load", db->base.path);
    (void)mkdir(wr_buf_cstr(path), 0777);
    wr_buf_printf(path, "/%u.sst", atomic_fetch_add(&db->loads, 1));
}

static weir_status open_load_file(wr__db_load *l, weir_error *err)
{
    WR_TRY(wr__room_check(l->db->base.path, l->db->reserve_bytes, LOAD_FILE_BYTES, err));
    wr_buf path = {0};
    put_load_path(l->db, &path);
    l->files = wr_realloc(l->files, (l->files_n + 1) * sizeof *l->files);
    l->files[l->files_n++] = wr_strdup(wr_buf_cstr(&path));
    wr_buf_free(&path);
    char *text = NULL;
    rocksdb_sstfilewriter_open(l->writer, l->files[l->files_n - 1], &text);
    return text ? wr__rocks_error(l->db, err, "cannot write the state", text) : WEIR_OK;
}

static weir_status close_load_file(wr__db_load *l, weir_error *err)
{
    char *text = NULL;
    if (l->bytes)
        rocksdb_sstfilewriter_finish(l->writer, &text);
    l->bytes = 0;
    return text ? wr__rocks_error(l->db, err, "cannot write the state", text) : WEIR_OK;
}

weir_status wr__rocks_load_put(wr__db_load *l, wr_str prefix, wr_str key, const wr_str *value,
                               weir_error *err)
{
    if (l->bytes > LOAD_FILE_BYTES)
        WR_TRY(close_load_file(l, err));
    if (l->bytes == 0)
        WR_TRY(open_load_file(l, err));
    wr_buf_clear(&l->key);
    wr_buf_str(&l->key, prefix);
    wr_buf_str(&l->key, key);
    char *text = NULL;
    if (value)
        rocksdb_sstfilewriter_put(l->writer, l->key.ptr, l->key.len, value->ptr ? value->ptr : "",
                                  value->len, &text);
    else
        rocksdb_sstfilewriter_delete(l->writer, l->key.ptr, l->key.len, &text);
    l->bytes += l->key.len + (value ? value->len : 0);
    return text ? wr__rocks_error(l->db, err, "cannot write the state", text) : WEIR_OK;
}

weir_status wr__rocks_load_finish(wr__db_load *l, weir_error *err)
{
    WR_TRY(close_load_file(l, err));
    if (l->files_n == 0)
        return WEIR_OK;
    rocksdb_ingestexternalfileoptions_t *o = rocksdb_ingestexternalfileoptions_create();
    rocksdb_ingestexternalfileoptions_set_move_files(o, 1);
    char *text = NULL;
    rocksdb_ingest_external_file_cf(l->db->rocks, l->db->family[l->family],
                                    (const char *const *)l->files, l->files_n, o, &text);
    rocksdb_ingestexternalfileoptions_destroy(o);
    return text ? wr__rocks_error(l->db, err, "cannot write the state", text) : WEIR_OK;
}

weir_status wr__rocks_scratch(wr_db *base, size_t bytes, int *fd, weir_error *err)
{
    rocks_db *db = (rocks_db *)base;
    WR_TRY(wr__room_check(base->path, db->reserve_bytes, bytes, err));
    if (*fd >= 0)
        return WEIR_OK;
    wr_buf path = {0};
    put_load_path(db, &path);
    *fd = open(wr_buf_cstr(&path), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
    int failed = *fd < 0 ? errno : 0;
    if (*fd >= 0)
        (void)unlink(wr_buf_cstr(&path));
    wr_buf_free(&path);
    return failed ? wr__room_error("cannot make a file in the state directory", failed, err)
                  : WEIR_OK;
}
