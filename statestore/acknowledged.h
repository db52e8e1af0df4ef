/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acknowledged.h - how far a database had come, in a small file beside RocksDB's.
 *
 * A write-ahead log that ends early looks like one whose last write was torn by a crash, and is
 * missing entirely like one that never was: RocksDB opens both. So that acknowledged records cannot
 * go like this unseen, the file holds a sequence number that was on disk at some time: at the
 * orderly close and every few seconds. A database that opens with a lower one has lost its end.
 * It is a lower bound, never more: right after kill -9 too, and rewritten without an fsync.
 *
 *     "weir ack " 16 hex digits of the number ' ' 16 hex digits of XXH3 of the first '\n'
 */
#ifndef WR_STATESTORE_ACKNOWLEDGED_H
#define WR_STATESTORE_ACKNOWLEDGED_H

#include "common/error.h"

/** The number kept in directory @p path; 0 where there is none, or none that can be read: a damaged
 *  file says nothing about the database. */
uint64_t wr__acknowledged_read(const char *path);
/** Keep @p sequence there. Best effort: without it less is noticed, nothing is wrong. */
void wr__acknowledged_write(const char *path, uint64_t sequence);

#endif
