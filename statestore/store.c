/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What all kinds of store share: opening, looking keys up in the overlay and behind it, and
 * changing entries. Keys are "encoded" here: the plain key for kv, timed.c's layout for the others;
 * they go to the database with the store's prefix before them.
 *
 * A look-up that misses leaves an entry behind, also when the key does not exist (absent, clean):
 * the next look-up of it is free, and a put has its place. While the overlay is `complete` a miss
 * is known to be one without asking the database.
 *
 * One thread per store; nothing here locks. All memory belongs to the store and is freed with it.
 */
#include "statestore/iter.h"

enum { OVERLAY_MAX = 16 << 20, BLOCK = 64 };

/* ------------------------------------------------------------------ life */

weir_status wr__store_probe(wr_store *s, weir_error *err)
{
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

weir_status wr__store_open(wr_db *db, const wr_store_options *options, wr_store_kind kind,
                           wr_changelog_kind record_kind, wr_store **out, weir_error *err)
{
    static const wr_db_family families[] = {
        [WR_STORE_KV] = WR_DB_KV,
        [WR_STORE_WINDOW] = WR_DB_WINDOW,
        [WR_STORE_SESSION] = WR_DB_SESSION,
    };
    WR_ASSERT(options->store_id != 0);
    wr_store *s = wr_calloc(1, sizeof *s);
    s->db = db;
    s->options = *options;
    if (s->options.overlay_max == 0)
        s->options.overlay_max = OVERLAY_MAX;
    s->kind = kind;
    s->family = families[kind];
    s->record_kind = record_kind;
    wr__put_prefix(s->prefix, options->store_id, options->partition);
    wr__overlay_init(&s->overlay, options->keep_old);
    (void)err; /* nothing is read before it is needed */
    *out = s;
    return WEIR_OK;
}

void wr_store_close(wr_store *s)
{
    if (!s)
        return;
    WR_ASSERT(s->iterators == 0);
    wr__iter_free_spare(s);
    wr__store_leave_batch(s);
    wr__store_drop_back(s);
    wr__store_clear_ranges(s);
    wr_free(s->ranges);
    wr__overlay_free(&s->overlay);
    wr_buf_free(&s->key_buf);
    wr_buf_free(&s->value_buf);
    wr_buf_free(&s->full_key);
    wr_buf_free(&s->list_buf);
    wr_buf_free(&s->record_key);
    wr_buf_free(&s->record_value);
    wr_free(s);
}

wr_store_kind wr_store_kind_of(const wr_store *s)
{
    return s->kind;
}

uint32_t wr_store_partition(const wr_store *s)
{
    return s->options.partition;
}

/* ------------------------------------------------------------------ look-up */

weir_status wr__store_check_key(wr_str key, weir_error *err)
{
    if (WR_LIKELY(key.len <= WR_STORE_KEY_MAX))
        return WEIR_OK;
    return wr_error(err, WEIR_ERR_LIMIT, "a state key of %u bytes is longer than %d", key.len,
                    WR_STORE_KEY_MAX);
}

wr_str wr__store_full_key(wr_store *s, wr_str key)
{
    wr_buf_clear(&s->full_key);
    wr_buf_put(&s->full_key, s->prefix, WR__PREFIX);
    wr_buf_str(&s->full_key, key);
    return wr_buf_view(&s->full_key);
}

bool wr__store_in_range(const wr_store *s, wr_str key)
{
    for (size_t i = 0; i < s->ranges_n; i++) {
        const struct wr__range *r = &s->ranges[i];
        if (wr_str_cmp(key, wr_buf_view(&r->from)) >= 0 &&
            (!r->to.ptr || wr_str_cmp(key, wr_buf_view(&r->to)) < 0))
            return true;
    }
    return false;
}

void wr__store_clear_ranges(wr_store *s)
{
    for (size_t i = 0; i < s->ranges_n; i++) {
        wr_buf_free(&s->ranges[i].from);
        wr_buf_free(&s->ranges[i].to);
    }
    s->ranges_n = 0;
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

/* ------------------------------------------------------------------ look-up of many */

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

/* ------------------------------------------------------------------ entries */

bool wr_entry_exists(const wr_store_entry *e)
{
    return e->value_len != WR__ABSENT;
}

wr_str wr_entry_value(const wr_store_entry *e)
{
    WR_ASSERT(wr_entry_exists(e));
    return wr__entry_value(e);
}

wr_str wr_entry_key(const wr_store_entry *e)
{
    return wr__entry_key(e);
}

int64_t wr_entry_timestamp(const wr_store_entry *e)
{
    return e->timestamp_ms;
}

static void assert_writable(const wr_store *s)
{
    WR_ASSERT(!s->options.snap); /* a view of a snapshot is read-only */
    WR_ASSERT(!s->committing);   /* no change between commit_into and the write */
}

void *wr_entry_edit(wr_store *s, wr_store_entry *e, size_t len)
{
    assert_writable(s);
    WR_ASSERT(len <= WR_STORE_VALUE_MAX);
    WR_ASSERT(!wr__timed_gone(s, wr__entry_key(e))); /* wr_window_observe was not asked */
    wr__overlay_mark(&s->overlay, e);
    s->editing++;
    return wr__overlay_resize(&s->overlay, e, (uint32_t)len);
}

weir_status wr_entry_changed(wr_store *s, wr_store_entry *e, int64_t timestamp_ms, weir_error *err)
{
    WR_ASSERT(s->editing > 0);
    s->editing--;
    e->timestamp_ms = timestamp_ms;
    s->stats.puts++;
    if (!s->options.on_change)
        return WEIR_OK;
    e->flags |= WR__ENTRY_UNLOGGED;
    return s->options.caching ? WEIR_OK : wr__store_log(s, e, err);
}

weir_status wr_entry_set(wr_store *s, wr_store_entry *e, const wr_str *value, int64_t timestamp_ms,
                         weir_error *err)
{
    assert_writable(s);
    if (value && value->len > WR_STORE_VALUE_MAX)
        return wr_error(err, WEIR_ERR_LIMIT, "a state value of %u bytes is longer than %d",
                        value->len, WR_STORE_VALUE_MAX);
    bool time_moved = false;
    if (s->kind != WR_STORE_KV) {
        WR_ASSERT(s->timed.segment_ms == 1); /* a window: packed entries have their own functions */
        int64_t before = s->timed.now.stream_time;
        if (!wr__timed_observe(s, wr__timed_segment_at(wr__entry_key(e))))
            return WEIR_OK; /* gone already: dropped and counted */
        time_moved = s->timed.now.stream_time != before;
    }
    /* Deleting what is not there changes nothing, unless it moves stream time: the changelog must
     * say so, or a restore would open windows again. */
    if (!value && e->value_len == WR__ABSENT && !(e->flags & WR__ENTRY_DIRTY) && !time_moved)
        return WEIR_OK;
    wr__overlay_mark(&s->overlay, e);
    if (value)
        wr__overlay_set(&s->overlay, e, *value);
    else
        wr__overlay_clear(&s->overlay, e);
    s->editing++;
    return wr_entry_changed(s, e, timestamp_ms, err);
}

/* ------------------------------------------------------------------ metering */

size_t wr_store_bytes(const wr_store *s)
{
    return wr__overlay_bytes(&s->overlay);
}

void wr_store_limit(wr_store *s, size_t overlay_max)
{
    s->options.overlay_max = overlay_max ? overlay_max : OVERLAY_MAX;
}

bool wr_store_over(const wr_store *s)
{
    return wr_store_bytes(s) > s->options.overlay_max;
}

bool wr_store_is_dirty(const wr_store *s)
{
    size_t ranges_n = s->agreed.is_set ? s->agreed.ranges_n : 0;
    if (s->overlay.dirty_n > 0 || s->ranges_n > ranges_n)
        return true;
    if (s->kind == WR_STORE_KV)
        return false;
    /* What was swept on the way of a write is no change that waits for a commit. */
    return s->agreed.is_set ? s->timed.now.stream_time != s->agreed.timed.stream_time
                            : wr__timed_state_changed(s);
}

void wr_store_stats_read(const wr_store *s, wr_store_stats *out)
{
    *out = s->stats;
    out->entries = s->overlay.live;
    out->dirty_entries = s->overlay.dirty_n;
    out->unwritten_entries = s->overlay.unwritten_live;
    uint64_t each = s->overlay.live ? wr_store_bytes(s) / s->overlay.live : 0;
    out->dirty_bytes = each * out->dirty_entries;
    out->unwritten_bytes = each * out->unwritten_entries;
}

size_t wr_store_dirty_count(const wr_store *s)
{
    return s->overlay.dirty_n;
}

wr_store_entry *wr_store_dirty_at(const wr_store *s, size_t i, wr_str *old)
{
    WR_ASSERT(i < s->overlay.dirty_n);
    if (i + WR__AHEAD < s->overlay.dirty_n) /* who asks for one asks for all, in order */
        __builtin_prefetch(s->overlay.dirty[i + WR__AHEAD]);
    if (old) {
        WR_ASSERT(s->options.keep_old);
        *old = s->overlay.olds[i];
    }
    return s->overlay.dirty[i];
}
