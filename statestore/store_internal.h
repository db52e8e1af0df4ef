/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_internal.h - the inside of a store, and what the files of this folder share about it.
 *
 *   store_base.c  what all of it builds on    lookup.c         looking up
 *   store.c     life, entries                 store_commit.c   commit, discard, trim
 *   changes.c   what goes to the changelog    restore.c        what comes from it
 *   write.c     write-behind: what is committed elsewhere and not in the database yet
 *   sorted.c    entries in order of key
 *   aside.c     rows that wait in a file until all can be loaded in order; aside.h
 *   cursor.c    one ordered view over overlay and database; iter.h is what callers iterate with
 *   iter.c      life of iterators of every kind    kv.c   kv stores
 *   timed.c     layout and expiry of window and session stores; timed_store.c, opening and
 *               looking up; timed_iter.c, their iterators
 */
#ifndef WR_STATESTORE_STORE_INTERNAL_H
#define WR_STATESTORE_STORE_INTERNAL_H

#include "statestore/changelog.h"
#include "statestore/db_internal.h"
#include "statestore/overlay.h"
#include "statestore/store.h"

/** What of a timed store is committed beside its rows. */
typedef struct wr__timed_state {
    int64_t stream_time; /* WR_STORE_NO_TIME: nothing put yet */
    int64_t swept;       /* rows of segments before this one are deleted from the database */
} wr__timed_state;

typedef struct wr__timed {
    bool chunks; /* join buffers: the key ends with the number of a chunk */
    int64_t retention_ms;
    int64_t segment_ms;    /* windows: 1 */
    int64_t complete_from; /* every live entry of this segment and later ones is in the overlay;
                              INT64_MAX: of none */
    wr__timed_state now, committed;
    uint32_t sweep_at; /* entries in the overlay from which on the next sweep pays */
} wr__timed;

typedef struct wr__aside wr__aside;

struct wr_store {
    wr_db *db;
    wr_store_options options;
    wr_store_kind kind;
    wr_db_family family;
    wr_changelog_kind record_kind;
    char prefix[WR__PREFIX];
    wr__overlay overlay;
    bool complete;  /* every live key of the store is in the overlay: a miss needs no read */
    bool probed;    /* `complete` was asked of the database; until then it is false */
    size_t editing; /* entries between wr_entry_edit and wr_entry_changed */
    wr__timed timed;
    struct wr__agreed { /* what wr_store_committed saw, while the database is behind it */
        bool is_set;
        wr__timed_state timed;
        size_t ranges_n;
    } agreed;
    struct wr__range {
        wr_buf from, to; /* to.ptr NULL: no end */
    } * ranges;          /* kv: unwritten range deletes; the overlay's own entries override them */
    size_t ranges_n, ranges_cap;
    wr__aside *aside; /* rows of a restore that are neither here nor in the database; or NULL */
    wr_db_batch *committing; /* between commit_into and the batch's end */
    size_t iterators;        /* open ones */
    wr_db_iter *back;        /* over the committed rows; kept from scan to scan until a commit */
    bool back_lent;
    struct wr_store_iter *spare; /* a closed iterator, for the next scan */
    wr_buf key_buf, value_buf;   /* scratch of one call */
    wr_buf full_key;             /* prefix and key, for one call of the database */
    wr_buf list_buf;             /* a packed list while it is changed */
    wr_buf record;               /* what on_change is given */
    wr_store_stats stats;
};

static inline wr_str wr__store_prefix(const wr_store *s)
{
    return (wr_str){s->prefix, WR__PREFIX};
}

/* store_base.c */
weir_status wr__store_check_key(wr_str key, weir_error *err) WR_MUST_CHECK;
/** The database's key, valid until the next call. */
wr_str wr__store_full_key(wr_store *s, wr_str key);
/** Is the key inside an uncommitted range delete? */
bool wr__store_in_range(const wr_store *s, wr_str key);
void wr__store_clear_ranges(wr_store *s);
/** Forget the cached iterator over committed rows. */
void wr__store_drop_back(wr_store *s);
/** The store closes while a batch may still report to it. */
void wr__store_leave_batch(wr_store *s);

/* lookup.c */
/** Determine `complete`, once: is there nothing of this store in the database? */
weir_status wr__store_probe(wr_store *s, weir_error *err) WR_MUST_CHECK;
/** Find or load the entry of an encoded key; a new absent one where there is none. */
weir_status wr__store_find(wr_store *s, wr_str key, wr_store_entry **out,
                           weir_error *err) WR_MUST_CHECK;
/** Likewise without making entries for keys that are known not to exist: then *out is NULL. */
weir_status wr__store_peek(wr_store *s, wr_str key, wr_store_entry **out,
                           weir_error *err) WR_MUST_CHECK;
weir_status wr__store_find_many(wr_store *s, size_t n, const wr_str *keys, wr_store_entry **out,
                                weir_error *err) WR_MUST_CHECK;
weir_status wr__store_peek_many(wr_store *s, size_t n, const wr_str *keys, wr_store_entry **out,
                                weir_error *err) WR_MUST_CHECK;

/* store.c */
weir_status wr__store_open(wr_db *db, const wr_store_options *options, wr_store_kind kind,
                           wr_changelog_kind record_kind, wr_store **out,
                           weir_error *err) WR_MUST_CHECK;

/* sorted.c */
/** An entry with eight bytes of its key at hand, so that sorting hardly touches the entries. */
typedef struct wr__sorted {
    uint64_t head;
    wr_store_entry *e;
} wr__sorted;
/** Sort by key; head need not be set. */
void wr__sort_entries(wr__sorted *list, size_t n);
/* Eight bytes of the key from @p at on, as a number that orders like them; 0 where it ends. */
static inline uint64_t wr__key_head(wr_str key, uint32_t at)
{
    char head[8] = {0};
    if (key.len >= at + 8u)
        return wr_get_be64(key.ptr + at);
    if (key.len > at)
        memcpy(head, key.ptr + at, key.len - at);
    return wr_get_be64(head);
}

/* changes.c */
/** Hand one change to on_change. */
weir_status wr__store_log(wr_store *s, wr_store_entry *e, weir_error *err) WR_MUST_CHECK;

/* store_commit.c */
/** All changes that the database does not have, in order of key; free it. */
wr__sorted *wr__store_changes(const wr_store *s, size_t *n);
/** Put one of them into @p b. @return false: the row is gone, nothing is put. */
bool wr__store_put(const wr_store *s, const wr_store_entry *e, wr_db_batch *b);
/** All changes are in the database now: the entries are clean. */
void wr__store_mark_clean(wr_store *s);
/** After a commit: expired rows leave the overlay, and what is over the budget. */
void wr__store_tidy(wr_store *s);

/* timed.c */
int64_t wr__timed_oldest(const wr_store *s);
/** Moves stream time; false (and counted) when rows of this time are gone. */
bool wr__timed_observe(wr_store *s, int64_t time);
/** Is all that an entry of this key can hold gone? false for kv stores. */
bool wr__timed_gone(const wr_store *s, wr_str encoded);
/** The database may hold what the overlay does not, in the segment of this key: from now on misses
 *  there are read. No-op for kv stores. */
void wr__timed_incomplete(wr_store *s, wr_str encoded);
/** Segments from this one on are being worked on, so that their entries should stay in memory. */
int64_t wr__timed_recent(const wr_store *s);
/** Append the key of the entry for @p time. @p chunk: 0 but in join buffers. */
void wr__timed_encode(const wr_store *s, wr_buf *out, wr_str key, int64_t time, uint32_t chunk);
/** The first instant of the segment that holds @p time. */
int64_t wr__timed_segment(const wr_store *s, int64_t time);
/** The parts of an entry's key, borrowed. @return false when the bytes are no key of this store. */
bool wr__timed_decode(const wr_store *s, wr_str encoded, wr_str *key, int64_t *segment,
                      uint32_t *chunk);
/** An entry's key in the changelog, borrowed; sets key, start_ms, chunk. */
void wr__timed_record_key(const wr_store *s, wr_str encoded, wr_changelog_key *out);
/** WEIR_ERR_STORE, FATAL: the state of the store cannot be used, because ... */
weir_status wr__timed_refuse(const wr_store *s, const char *why, weir_error *err);
weir_status wr__timed_load(wr_store *s, weir_error *err) WR_MUST_CHECK;
void wr__timed_commit_into(wr_store *s, wr_db_batch *b);
void wr__timed_sweep_overlay(wr_store *s);
bool wr__timed_state_changed(const wr_store *s);
bool wr__timed_differs(const wr__timed_state *a, const wr__timed_state *b);

/* timed_store.c */
weir_status wr__timed_open(wr_db *db, const wr_store_options *options, wr_store_kind kind,
                           wr_changelog_kind record_kind, int64_t retention_ms, int64_t segment_ms,
                           wr_store **out, weir_error *err) WR_MUST_CHECK;
/** Entries of n times (key, time), chunk 0. Not @p make: NULL where there is known to be none. */
weir_status wr__timed_find_many(wr_store *s, size_t n, const wr_str *keys, const int64_t *times,
                                bool make, wr_store_entry **out, weir_error *err) WR_MUST_CHECK;

/* Signed integers as bytes whose order is theirs. */
static inline uint64_t wr__time_bits(int64_t time)
{
    return (uint64_t)time ^ (UINT64_C(1) << 63);
}
static inline int64_t wr__time_of_bits(uint64_t bits)
{
    return (int64_t)(bits ^ (UINT64_C(1) << 63));
}

/* The segment in an encoded key. */
static inline int64_t wr__timed_segment_at(wr_str encoded)
{
    WR_ASSERT(encoded.len >= 8);
    return wr__time_of_bits(wr_get_be64(encoded.ptr));
}

/* session_store.c, buffer.c: the last time in a packed value; false: damaged */
bool wr__session_last(const wr_store *s, int64_t segment, wr_str value, int64_t *last);
bool wr__buffer_last(const wr_store *s, int64_t segment, uint32_t chunk, wr_str value,
                     int64_t *last);

#endif
