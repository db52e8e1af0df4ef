/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking keys up: in the overlay, then in the database.
 *
 * Keys are "encoded" here: the plain key for kv, timed.c's layout for the others; they go to the
 * database with the store's prefix before them. A look-up that misses leaves an entry behind, also
 * when the key does not exist (absent, clean): the next look-up of it is free, and a put has its
 * place. While the overlay is `complete` a miss is known to be one without asking the database.
 */
#include "statestore/store_internal.h"

enum { BLOCK = 64 };

weir_status wr__store_probe(wr_store *s, weir_error *err)
{
    WR_ASSERT(!s->aside);
    char upper[WR__PREFIX];
    memcpy(upper, s->prefix, WR__PREFIX);
    size_t upper_len = wr__key_successor(upper, WR__PREFIX);
    wr_db_iter *it = wr_db_iter_new(s->db, s->options.snap, s->family, wr__store_prefix(s),
                                    wr_str_make(upper_len ? upper : NULL, upper_len));
    wr_db_iter_seek_first(it);
    weir_status st = wr_db_iter_status(it, err);
    s->probed = st == WEIR_OK;
    s->complete = s->probed && !wr_db_iter_valid(it);
    wr_db_iter_free(it);
    return st;
}

static inline weir_status ensure_probed(wr_store *s, weir_error *err)
{
    return WR_LIKELY(s->probed) ? WEIR_OK : wr__store_probe(s, err);
}

/* Does the database have to be asked about a key that is not in the overlay? */
static bool must_read(const wr_store *s, wr_str key)
{
    if (s->complete)
        return false;
    if (s->kind != WR_STORE_KV)
        return wr__timed_segment_at(key) < s->timed.complete_from ||
               s->timed.complete_from == INT64_MAX; /* there is no segment after the last one */
    return s->ranges_n == 0 || !wr__store_in_range(s, key);
}

static weir_status read_entry(wr_store *s, wr_str key, uint32_t tag, wr_store_entry **out,
                              weir_error *err)
{
    bool found;
    s->stats.misses++;
    WR_TRY(wr_db_get(s->db, s->options.snap, s->family, wr__store_full_key(s, key), &s->value_buf,
                     &found, err));
    wr_store_entry *e = *out = wr__overlay_add(&s->overlay, key, tag);
    if (found) {
        wr__overlay_set(&s->overlay, e, wr_buf_view(&s->value_buf));
        e->flags |= WR__ENTRY_STORED;
    }
    return WEIR_OK;
}

weir_status wr__store_peek(wr_store *s, wr_str key, wr_store_entry **out, weir_error *err)
{
    s->stats.gets++;
    uint32_t tag = wr__overlay_tag(key);
    *out = wr__overlay_find(&s->overlay, key, tag);
    if (*out)
        return WEIR_OK;
    WR_TRY(ensure_probed(s, err));
    if (!must_read(s, key))
        return WEIR_OK;
    return read_entry(s, key, tag, out, err);
}

/* A new entry whose key is known not to exist for readers. */
static wr_store_entry *add_absent(wr_store *s, wr_str key, uint32_t tag)
{
    wr_store_entry *e = wr__overlay_add(&s->overlay, key, tag);
    if (s->ranges_n) /* inside a range delete: the database may well hold it */
        e->flags |= WR__ENTRY_STORED;
    return e;
}

weir_status wr__store_find(wr_store *s, wr_str key, wr_store_entry **out, weir_error *err)
{
    s->stats.gets++;
    uint32_t tag = wr__overlay_tag(key);
    *out = wr__overlay_find(&s->overlay, key, tag);
    if (WR_LIKELY(*out))
        return WEIR_OK;
    WR_TRY(ensure_probed(s, err));
    if (must_read(s, key))
        return read_entry(s, key, tag, out, err);
    *out = add_absent(s, key, tag);
    return WEIR_OK;
}

/* ------------------------------------------------------------------ many at once */

/* The entries that a find_many made and the database has to fill. */
struct misses {
    wr_store *s;
    wr__sorted *entries;
    size_t n, cap;
    bool make; /* entries also for keys that are known not to exist */
};

static void note_miss(struct misses *m, wr_store_entry *e)
{
    if (m->n == m->cap) {
        m->cap = m->cap ? m->cap * 2 : 256;
        m->entries = wr_realloc(m->entries, m->cap * sizeof *m->entries);
    }
    m->entries[m->n++].e = e;
}

static void fill_miss(void *arg, size_t i, const wr_str *value)
{
    struct misses *m = arg;
    if (value) {
        wr__overlay_set(&m->s->overlay, m->entries[i].e, *value);
        m->entries[i].e->flags |= WR__ENTRY_STORED;
    }
}

/* Read all misses in one pass in order of key. */
static weir_status read_misses(struct misses *m, weir_error *err)
{
    wr_store *s = m->s;
    wr__sort_entries(m->entries, m->n);
    wr_buf bytes = {0};
    size_t total = 0;
    for (size_t i = 0; i < m->n; i++)
        total += WR__PREFIX + m->entries[i].e->key_len;
    wr_buf_reserve(&bytes, total); /* so that the keys stay where they are */
    wr_str *keys = wr_malloc(m->n * sizeof *keys);
    for (size_t i = 0; i < m->n; i++) {
        size_t at = bytes.len;
        wr_buf_put(&bytes, s->prefix, WR__PREFIX);
        wr_buf_str(&bytes, wr__entry_key(m->entries[i].e));
        keys[i] = wr_str_make(bytes.ptr + at, bytes.len - at);
    }
    s->stats.misses += m->n;
    weir_status st =
        wr_db_get_many(s->db, s->options.snap, s->family, m->n, keys, fill_miss, m, err);
    if (st != WEIR_OK) /* unread entries would pass for absent ones */
        for (size_t i = 0; i < m->n; i++)
            wr__overlay_remove(&s->overlay, m->entries[i].e);
    wr_free(keys);
    wr_buf_free(&bytes);
    return st;
}

/* Passes over a block, so that cache misses overlap: slots, entries, what of them lies in the pool;
 * then the probe. */
static void probe_block(struct misses *m, size_t n, const wr_str *keys, wr_store_entry **out)
{
    wr_store *s = m->s;
    uint32_t tags[BLOCK];
    for (size_t i = 0; i < n; i++) {
        tags[i] = wr__overlay_tag(keys[i]);
        wr__overlay_prefetch(&s->overlay, tags[i]);
    }
    for (size_t i = 0; i < n; i++)
        out[i] = wr__overlay_guess(&s->overlay, tags[i]);
    for (size_t i = 0; i < n; i++)
        if (out[i])
            wr__entry_prefetch(out[i]);
    for (size_t i = 0; i < n; i++) {
        out[i] = wr__overlay_find(&s->overlay, keys[i], tags[i]);
        if (out[i])
            continue;
        if (must_read(s, keys[i])) {
            out[i] = wr__overlay_add(&s->overlay, keys[i], tags[i]);
            note_miss(m, out[i]);
        } else {
            out[i] = m->make ? add_absent(s, keys[i], tags[i]) : NULL;
        }
    }
}

static weir_status look_up_many(struct misses *m, size_t n, const wr_str *keys,
                                wr_store_entry **out, weir_error *err)
{
    wr_store *s = m->s;
    WR_TRY(ensure_probed(s, err));
    for (size_t i = 0; i < n; i += BLOCK)
        probe_block(m, WR_MIN(n - i, (size_t)BLOCK), keys + i, out + i);
    s->stats.gets += n;
    weir_status st = m->n ? read_misses(m, err) : WEIR_OK;
    wr_free(m->entries);
    return st;
}

weir_status wr__store_find_many(wr_store *s, size_t n, const wr_str *keys, wr_store_entry **out,
                                weir_error *err)
{
    struct misses m = {.s = s, .make = true};
    return look_up_many(&m, n, keys, out, err);
}

weir_status wr__store_peek_many(wr_store *s, size_t n, const wr_str *keys, wr_store_entry **out,
                                weir_error *err)
{
    struct misses m = {.s = s};
    return look_up_many(&m, n, keys, out, err);
}
