/* SPDX-License-Identifier: Apache-2.0 */
/*
 * room.h - is there room on the disk of the database? Asked before every write, so that RocksDB
 * itself hardly ever meets a full disk: it takes seconds to resume from one, and from a quota it
 * does not. What is kept in reserve is for what RocksDB writes later by itself.
 */
#ifndef WR_STATESTORE_ROOM_H
#define WR_STATESTORE_ROOM_H

#include "common/error.h"

#include <stddef.h>

/* What to do about it: while it runs, and at its start. */
#define WR__ROOM_HINT                                                                              \
    "free some space: queries go on by themselves then, and nothing that was committed is lost"
#define WR__ROOM_HINT_START "free some space and start again; nothing that was committed is lost"

/**
 * Would @p reserve bytes be left after @p bytes have been written to the file system of @p path?
 * @p reserve 0: not asked. Does not see quotas. Any thread.
 * @return WEIR_ERR_STORE, RETRIABLE and NO_ROOM.
 */
weir_status wr__room_check(const char *path, uint64_t reserve, size_t bytes,
                           weir_error *err) WR_MUST_CHECK;
/**
 * Can the directory @p path take the little that opening a database writes? Tried with a file, so
 * quotas count. @return WEIR_ERR_STORE, FATAL: whoever starts the process has to make room.
 */
weir_status wr__room_to_open(const char *path, weir_error *err) WR_MUST_CHECK;
/** That a file could not be written, since of @p number (errno). @return WEIR_ERR_STORE, RETRIABLE;
 * where it is for want of room, NO_ROOM with advice. */
weir_status wr__room_error(const char *what, int number, weir_error *err);
/** Does RocksDB's message say that there is no room? */
bool wr__room_is_lacking(const char *message);

#endif
