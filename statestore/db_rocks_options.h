/* SPDX-License-Identifier: Apache-2.0 */
/*
 * db_rocks_options.h - how RocksDB is tuned, one function per family; used by db_rocks.c alone.
 */
#ifndef WR_STATESTORE_DB_ROCKS_OPTIONS_H
#define WR_STATESTORE_DB_ROCKS_OPTIONS_H

#include "statestore/db.h"

#include <rocksdb/c.h>

typedef struct wr__rocks_options {
    rocksdb_cache_t *cache;
    rocksdb_options_t *db;                     /* settings of the database itself */
    rocksdb_options_t *family[WR_DB_FAMILIES]; /* settings of each family */
} wr__rocks_options;

extern const char *const wr__rocks_family_names[WR_DB_FAMILIES];

/** Fill @p out from @p o, whose zeros mean the defaults of db.h. */
void wr__rocks_options_init(wr__rocks_options *out, const wr_db_options *o);
void wr__rocks_options_fini(wr__rocks_options *o);

#endif
