/* SPDX-License-Identifier: Apache-2.0 */
/*
 * changelog.h - the form of changelog records: what a store writes through on_change and reads in
 * wr_store_restore. The layout has a version, every field is checked on reading, and a record
 * that is damaged or foreign is an error, never a crash and never skipped (reliability section 8).
 *
 *   key    01 'k'  key...                                 kv
 *          01 'w'  start:8  key...                        window
 *          01 'b'  segment:8  chunk:4  key...            join buffer: the rows of a chunk
 *          01 'p'  segment:8  key...                     session: those that end in the segment
 *   value  01  check:4  value...       check = XXH32 of the record's key and value bytes
 *
 * Integers are big endian, times two's complement. The plain key comes last, so nothing needs to be
 * escaped; equal rows have equal record keys, which is what compaction of the topic goes by.
 */
#ifndef WR_STATESTORE_CHANGELOG_H
#define WR_STATESTORE_CHANGELOG_H

#include "common/buf.h"
#include "common/error.h"

typedef enum wr_changelog_kind {
    WR_CHANGELOG_KV = 'k',
    WR_CHANGELOG_WINDOW = 'w',
    WR_CHANGELOG_BUFFER = 'b',
    WR_CHANGELOG_SESSIONS = 'p',
} wr_changelog_kind; /* 'd' and 's' were a record for each join row and session */

typedef struct wr_changelog_key {
    wr_changelog_kind kind;
    int64_t start_ms; /* of the window or segment; not kv */
    uint32_t chunk;   /* join buffer */
    wr_str key;       /* borrowed from the record */
} wr_changelog_key;

/** Bytes that the two heads, of key and value, have at most. */
enum { WR_CHANGELOG_HEADS_MAX = 14 + 5 };

/** Append the record key to @p out. */
void wr_changelog_put_key(wr_buf *out, const wr_changelog_key *key);
/** Append the record value to @p out; @p record_key as written by wr_changelog_put_key. */
void wr_changelog_put_value(wr_buf *out, wr_str record_key, wr_str value);

/** @return WEIR_ERR_STORE, FATAL, when the bytes are no record key of @p kind. */
weir_status wr_changelog_get_key(wr_str record_key, wr_changelog_kind kind, wr_changelog_key *out,
                                 weir_error *err) WR_MUST_CHECK;
/** *out is borrowed from @p record_value. @return WEIR_ERR_STORE, FATAL: damaged or foreign. */
weir_status wr_changelog_get_value(wr_str record_key, wr_str record_value, wr_str *out,
                                   weir_error *err) WR_MUST_CHECK;

#endif
