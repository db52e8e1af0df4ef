/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acknowledged.h - how far a database had come, in a small file beside RocksDB's.
 *
 * RocksDB reads its write-ahead log and its MANIFEST, which lists the tables of each family, as far
 * as they are readable: one that is cut off or ends in zeros looks like one whose last write was
 * torn by a crash, and a write-ahead log that is gone like one that never was. It opens them, and
 * acknowledged records, or one family's rows, are missing. So that this does not go unseen, the
 * file "acknowledged" says what was on disk at some time: a sequence number, and the beginning of
 * the MANIFEST. A database that has less has lost its end.
 *
 * It is a lower bound, never more: written at open, at the orderly close, and now and then between,
 * without an fsync. So after kill -9 the last few hundred writes are not covered.
 *
 *     "weir ack" and five numbers of 16 hex digits: sequence, number of the MANIFEST, its size
 * then, XXH3 of so many bytes of it, XXH3 of the four numbers
 */
#ifndef WR_STATESTORE_ACKNOWLEDGED_H
#define WR_STATESTORE_ACKNOWLEDGED_H

#include "common/error.h"

typedef struct wr__acknowledged {
    uint64_t sequence; /* 0: without a write-ahead log there is no promise */
    uint64_t manifest; /* its number; 0: not known */
    uint64_t size;     /* bytes */
    uint64_t hash;     /* of its first `size` bytes */
} wr__acknowledged;

/** Look at the MANIFEST that CURRENT names in @p path; nobody may be writing it. a->sequence stays.
 */
void wr__acknowledged_look(const char *path, wr__acknowledged *a);
/** Keep @p a in @p path. Best effort: without it less is noticed, nothing is wrong. */
void wr__acknowledged_write(const char *path, const wr__acknowledged *a);
/** All 0 where there is no such file, or none that can be read: it says nothing of the database. */
void wr__acknowledged_read(const char *path, wr__acknowledged *out);
/**
 * Before RocksDB opens @p path, which begins a new MANIFEST: is the old one as it was?
 * @return WEIR_ERR_STORE, FATAL.
 */
weir_status wr__acknowledged_check_manifest(const char *path, const wr__acknowledged *a,
                                            weir_error *err) WR_MUST_CHECK;
/** After it was opened: has it come as far as it had? @return WEIR_ERR_STORE, FATAL. */
weir_status wr__acknowledged_check_sequence(const char *path, const wr__acknowledged *a,
                                            uint64_t sequence, weir_error *err) WR_MUST_CHECK;

#endif
