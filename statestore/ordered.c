/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A skip list with a doubly linked lowest level. Chosen over a balanced tree because nodes never
 * move (iterators hold them), a step forward or back is one pointer, and inserting touches only the
 * neighbours. Used for scans over the overlay and as the whole of the database in memory.
 */
#include "statestore/ordered.h"

void wr__ordered_init(wr__ordered *o)
{
    *o = (wr__ordered){.random = 0x9E3779B97F4A7C15u};
}

static size_t node_bytes(uint32_t height)
{
    return sizeof(wr__ordered_node) + height * sizeof(wr__ordered_node *);
}

void wr__ordered_free(wr__ordered *o)
{
    for (wr__ordered_node *n = o->head, *next; n; n = next) {
        next = n->next[0];
        wr_free(n);
    }
    wr__ordered_init(o);
}

/* 1 with probability 3/4, 2 with 3/16, ... : xorshift, two bits per level. */
static uint32_t random_height(wr__ordered *o)
{
    o->random ^= o->random << 13;
    o->random ^= o->random >> 7;
    o->random ^= o->random << 17;
    uint64_t bits = o->random;
    uint32_t height = 1;
    while (height < WR__ORDERED_LEVELS && (bits & 3) == 0) {
        height++;
        bits >>= 2;
    }
    return height;
}

/* The last node before @p key on each level; the head where there is none. */
static wr__ordered_node *find_path(const wr__ordered *o, wr_str key, wr__ordered_node **path)
{
    wr__ordered_node *at = o->head;
    for (int level = WR__ORDERED_LEVELS - 1; level >= 0; level--) {
        for (wr__ordered_node *next; (next = at->next[level]);) {
            if (wr_str_cmp(wr__ordered_key(next), key) >= 0)
                break;
            at = next;
        }
        if (path)
            path[level] = at;
    }
    return at;
}

void wr__ordered_insert(wr__ordered *o, wr_str key, void *item)
{
    if (!o->head)
        o->head = wr_calloc(1, node_bytes(WR__ORDERED_LEVELS));
    wr__ordered_node *path[WR__ORDERED_LEVELS];
    wr__ordered_node *before = find_path(o, key, path);
    uint32_t height = random_height(o);
    wr__ordered_node *node = wr_malloc(node_bytes(height));
    node->key = key.ptr;
    node->key_len = key.len;
    node->height = height;
    node->item = item;
    node->prev = before == o->head ? NULL : before;
    for (uint32_t level = 0; level < height; level++) {
        node->next[level] = path[level]->next[level];
        path[level]->next[level] = node;
    }
    if (node->next[0])
        node->next[0]->prev = node;
    else
        o->last = node;
    o->n++;
    o->bytes += node_bytes(height);
    o->version++;
}

void wr__ordered_remove(wr__ordered *o, wr_str key)
{
    if (!o->head)
        return;
    wr__ordered_node *path[WR__ORDERED_LEVELS];
    wr__ordered_node *node = find_path(o, key, path)->next[0];
    if (!node || !wr_str_eq(wr__ordered_key(node), key))
        return;
    for (uint32_t level = 0; level < node->height; level++)
        path[level]->next[level] = node->next[level];
    if (node->next[0])
        node->next[0]->prev = node->prev;
    else
        o->last = node->prev;
    o->n--;
    o->bytes -= node_bytes(node->height);
    o->version++;
    wr_free(node);
}

wr__ordered_node *wr__ordered_seek(const wr__ordered *o, wr_str key)
{
    return o->head ? find_path(o, key, NULL)->next[0] : NULL;
}

wr__ordered_node *wr__ordered_seek_before(const wr__ordered *o, wr_str key)
{
    if (!o->head)
        return NULL;
    wr__ordered_node *node = find_path(o, key, NULL);
    return node == o->head ? NULL : node;
}

wr__ordered_node *wr__ordered_first(const wr__ordered *o)
{
    return o->head ? o->head->next[0] : NULL;
}
