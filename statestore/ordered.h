/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ordered.h - an ordered index of byte keys (a skip list), inside this folder only.
 *
 * It owns neither keys nor items: a key must stay where it is while it is in the index. Heights
 * come from a fixed generator, so equal histories give equal structures. Not thread-safe.
 */
#ifndef WR_STATESTORE_ORDERED_H
#define WR_STATESTORE_ORDERED_H

#include "common/str.h"

enum { WR__ORDERED_LEVELS = 16 }; /* branching 4: good for 4^16 keys */

typedef struct wr__ordered_node wr__ordered_node;
struct wr__ordered_node {
    const char *key;
    uint32_t key_len;
    uint32_t height;
    void *item;
    wr__ordered_node *prev; /* on the lowest level; NULL: first */
    wr__ordered_node *next[];
};

typedef struct wr__ordered {
    wr__ordered_node *head; /* carries no key; NULL until the first insert */
    wr__ordered_node *last;
    size_t n;
    size_t bytes;     /* memory of the nodes */
    uint64_t version; /* counts inserts and removals */
    uint64_t random;
} wr__ordered;

void wr__ordered_init(wr__ordered *o);
void wr__ordered_free(wr__ordered *o);
/** @pre the key is not in the index. */
void wr__ordered_insert(wr__ordered *o, wr_str key, void *item);
/** Remove the key; no-op when it is not there. */
void wr__ordered_remove(wr__ordered *o, wr_str key);
/** First node with key >= @p key, or NULL. */
wr__ordered_node *wr__ordered_seek(const wr__ordered *o, wr_str key);
/** Last node with key < @p key, or NULL. */
wr__ordered_node *wr__ordered_seek_before(const wr__ordered *o, wr_str key);
wr__ordered_node *wr__ordered_first(const wr__ordered *o);

static inline wr_str wr__ordered_key(const wr__ordered_node *node)
{
    return (wr_str){node->key, node->key_len};
}

#endif
