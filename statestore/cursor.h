/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cursor.h - overlay and database of one store as one ordered sequence of existing rows.
 *
 * Both sides stand on their next key in the direction; the nearer one is taken, the overlay's where
 * they are equal. Keys are encoded ones. Inside this folder only.
 */
#ifndef WR_STATESTORE_CURSOR_H
#define WR_STATESTORE_CURSOR_H

#include "statestore/store_internal.h"

typedef struct wr__cursor {
    wr_store *s;
    bool reverse;
    wr_db_iter *back; /* NULL while the overlay is complete */
    bool back_shared; /* back is s->back, to be given back */
    bool back_taken;  /* the present row is back's: move it on first */
    wr__ordered *index;
    wr__ordered_node *node; /* next of the overlay */
    uint64_t version;       /* of index, when node was found */
    wr_buf last;            /* key of the present row, or where the last seek went */
    bool from_end;          /* the last seek went to the very end */
    bool last_seen;         /* last itself has been handed out: go on after it */
    wr_str key, value;      /* the present row */
} wr__cursor;

void wr__cursor_open(wr__cursor *c, wr_store *s, bool reverse);
void wr__cursor_close(wr__cursor *c);
/** Stand before the first key >= @p key; in reverse: before the last key < @p key, or, when
 *  @p key.ptr is NULL, before the last of all. */
void wr__cursor_seek(wr__cursor *c, wr_str key);
/** Take the next row into c->key, c->value. */
weir_status wr__cursor_next(wr__cursor *c, bool *more, weir_error *err) WR_MUST_CHECK;

#endif
