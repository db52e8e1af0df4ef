/* SPDX-License-Identifier: Apache-2.0 */
/* RocksDB hands errors out as malloc'ed text; here it becomes ours. */
#include "statestore/db_rocks.h"
#include "statestore/directory.h"
#include "statestore/room.h"

const char wr__rocks_damage_hint[] =
    "restore the directory from a backup: with an embedded log the topics are in it, too; where "
    "topics are on Kafka it can be moved aside, and state is rebuilt from the changelogs";

/* Damage that shows while the database is in use is seen to by the next process that opens it. */
weir_status wr__rocks_error(const rocks_db *db, weir_error *err, const char *what, char *text)
{
    bool corrupt = strncmp(text, "Corruption", 10) == 0;
    bool full = wr__room_is_lacking(text);
    weir_status st =
        wr_error(err, WEIR_ERR_STORE, "%s: %s%s", what, full ? "the disk is full: " : "", text);
    if (corrupt)
        wr_error_hint(err, "%s", wr__rocks_damage_hint);
    else if (full)
        wr_error_hint(err, "%s", WR__ROOM_HINT);
    if (err)
        err->flags |= corrupt ? WEIR_ERROR_FATAL
                      : full  ? WEIR_ERROR_RETRIABLE | WEIR_ERROR_NO_ROOM
                              : WEIR_ERROR_RETRIABLE;
    if (corrupt && db->rocks && db->expendable)
        wr__damaged_mark(db->base.path, text);
    rocksdb_free(text);
    return st;
}
