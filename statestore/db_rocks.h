/* SPDX-License-Identifier: Apache-2.0 */
/*
 * db_rocks.h - the inside of the database over RocksDB.
 *
 *   db_rocks.c -> db_rocks_load.c (many rows at once) -> db_rocks_error.c
 */
#ifndef WR_STATESTORE_DB_ROCKS_H
#define WR_STATESTORE_DB_ROCKS_H

#include "statestore/acknowledged.h"
#include "statestore/db_internal.h"
#include "statestore/db_rocks_options.h"

#include <stdatomic.h>

typedef struct rocks_db {
    wr_db base;
    rocksdb_t *rocks;
    rocksdb_column_family_handle_t *family[WR_DB_FAMILIES];
    wr__rocks_options options;
    rocksdb_writeoptions_t *write_options;
    rocksdb_readoptions_t *read_options;
    pthread_mutex_t checkpoint_lock; /* one wr_db_flush at a time: they share a directory */
    uint64_t reserve_bytes;
    bool expendable; /* what is damaged can be moved aside */
    int lock;        /* on the directory: wr__directory_lock */
    pthread_mutex_t acknowledging;
    wr__acknowledged acknowledged; /* guarded by it, as is: */
    unsigned unwritten;            /* writes since the file was written */
    atomic_uint loads;             /* files of loads so far: their names */
} rocks_db;

/* db_rocks_error.c */
extern const char wr__rocks_damage_hint[]; /* what to do about damage */
/** Take RocksDB's message @p text (freed here) over as our error about @p what. */
weir_status wr__rocks_error(const rocks_db *db, weir_error *err, const char *what, char *text);

/* db_rocks_load.c, for the vtable: db_internal.h says what they do */
wr__db_load *wr__rocks_load_new(wr_db *base, wr_db_family f);
weir_status wr__rocks_load_put(wr__db_load *l, wr_str prefix, wr_str key, const wr_str *value,
                               weir_error *err);
weir_status wr__rocks_load_finish(wr__db_load *l, weir_error *err);
void wr__rocks_load_free(wr__db_load *l);
weir_status wr__rocks_scratch(wr_db *base, size_t bytes, int *fd, weir_error *err);

#endif
