/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs lie one after the other in the file, each as blocks of some 64 KiB with whole rows:
 *
 *     length: 4 │ XXH3 of the rest: 8 │ rows: varint(key length) varint(value length + 1, 0:
 * delete) key value
 *
 * A merge holds one block of each run. Which row is next says a heap, by eight bytes of the keys
 * after what all of them begin with, then by the keys, then by age.
 */
#include "statestore/aside.h"
#include "statestore/room.h"

#include <errno.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

enum { BLOCK = 64 << 10, BLOCK_HEAD = 12, ROW_HEAD = 20 };

typedef struct run {
    off_t from, to;
    wr_buf first, last; /* keys: what the runs have in common is known without reading them */
} run;

struct wr__aside {
    wr_db *db;
    int fd; /* -1: no file yet */
    off_t end;
    run runs[WR__ASIDE_RUNS];
    uint32_t runs_n;
    wr_buf block; /* that is being filled */
};

/* ------------------------------------------------------------------ life */

wr__aside *wr__aside_new(wr_db *db)
{
    WR_ASSERT(db->ops->scratch);
    wr__aside *a = wr_calloc(1, sizeof *a);
    a->db = db;
    a->fd = -1;
    return a;
}

static void free_run(run *r)
{
    wr_buf_free(&r->first);
    wr_buf_free(&r->last);
}

void wr__aside_free(wr__aside *a)
{
    if (!a)
        return;
    if (a->fd >= 0)
        close(a->fd);
    for (uint32_t i = 0; i < a->runs_n; i++)
        free_run(&a->runs[i]);
    wr_buf_free(&a->block);
    wr_free(a);
}

uint32_t wr__aside_runs(const wr__aside *a)
{
    return a->runs_n;
}

/* ------------------------------------------------------------------ writing a run */

static weir_status write_all(const wr__aside *a, const char *bytes, size_t len, off_t at,
                             weir_error *err)
{
    while (len) {
        ssize_t n = pwrite(a->fd, bytes, len, at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return wr__room_error("cannot write state that is being restored",
                                  n < 0 ? errno : ENOSPC, err);
        bytes += n;
        len -= (size_t)n;
        at += n;
    }
    return WEIR_OK;
}

static void begin_block(wr__aside *a)
{
    wr_buf_clear(&a->block);
    (void)wr_buf_reserve(&a->block, BLOCK + BLOCK / 4);
    a->block.len = BLOCK_HEAD;
}

static weir_status end_block(wr__aside *a, run *r, weir_error *err)
{
    WR_ASSERT(a->fd >= 0 && a->block.len > BLOCK_HEAD);
    size_t len = a->block.len - BLOCK_HEAD;
    WR_ASSERT(len <= UINT32_MAX);
    wr_put_be32(a->block.ptr, (uint32_t)len);
    wr_put_be64(a->block.ptr + 4, XXH3_64bits(a->block.ptr + BLOCK_HEAD, len));
    WR_TRY(write_all(a, a->block.ptr, a->block.len, r->to, err));
    r->to += (off_t)a->block.len;
    begin_block(a);
    return WEIR_OK;
}

/* Is there a row in the entry, and which? */
static bool row_of(const wr_store_entry *e, wr__merged *out)
{
    out->key = wr__entry_key(e);
    out->exists = wr_entry_exists(e);
    out->value = out->exists ? wr__entry_value(e) : (wr_str){0};
    return out->exists || (e->flags & WR__ENTRY_STORED);
}

static weir_status put_row(wr__aside *a, run *r, const wr__merged *row, weir_error *err)
{
    wr_buf *b = &a->block;
    (void)wr_buf_reserve(b, ROW_HEAD + (size_t)row->key.len + row->value.len);
    wr_buf_varint(b, row->key.len);
    wr_buf_varint(b, row->exists ? (uint64_t)row->value.len + 1 : 0);
    wr_buf_str(b, row->key);
    if (row->exists)
        wr_buf_str(b, row->value);
    return b->len < BLOCK ? WEIR_OK : end_block(a, r, err);
}

static weir_status write_run(wr__aside *a, run *r, const wr__sorted *list, size_t n,
                             weir_error *err)
{
    begin_block(a);
    for (size_t i = 0; i < n; i++) {
        wr__merged row;
        if (i + WR__AHEAD < n)
            __builtin_prefetch(list[i + WR__AHEAD].e);
        if (row_of(list[i].e, &row))
            WR_TRY(put_row(a, r, &row, err));
    }
    return a->block.len > BLOCK_HEAD ? end_block(a, r, err) : WEIR_OK;
}

static size_t bytes_of(const wr__sorted *list, size_t n)
{
    size_t bytes = 0;
    for (size_t i = 0; i < n; i++)
        if (wr_entry_exists(list[i].e))
            bytes += wr__entry_value(list[i].e).len;
    return bytes + n * (wr__entry_key(list[0].e).len + 2u); /* about: keys are about as long */
}

weir_status wr__aside_run(wr__aside *a, const wr__sorted *list, size_t n, weir_error *err)
{
    WR_ASSERT(n > 0 && a->runs_n < WR__ASIDE_RUNS);
    WR_TRY(a->db->ops->scratch(a->db, bytes_of(list, n), &a->fd, err));
    run r = {.from = a->end, .to = a->end};
    WR_TRY(write_run(a, &r, list, n, err));
    wr_buf_str(&r.first, wr__entry_key(list[0].e));
    wr_buf_str(&r.last, wr__entry_key(list[n - 1].e));
    a->end = r.to;
    a->runs[a->runs_n++] = r;
    return WEIR_OK;
}

/* ------------------------------------------------------------------ merging */

typedef struct source {
    uint64_t head; /* of its row's key */
    wr__merged row;
    uint32_t age; /* a larger one is newer */
    /* a run */
    off_t at, to;
    wr_buf block;
    const char *p, *end; /* what is left of the block */
    /* the list */
    const wr__sorted *list;
    size_t next, n;
} source;

struct wr__merge {
    const wr__aside *aside;
    source sources[WR__ASIDE_RUNS + 1];
    uint32_t sources_n;
    source *heap[WR__ASIDE_RUNS + 1]; /* those that have a row; the first is next */
    uint32_t heap_n;
    uint32_t common; /* bytes that all keys begin with */
    bool began;
    wr_buf last; /* the key that was given last */
};

static uint32_t common_of(wr_str a, wr_str b, uint32_t at_most)
{
    uint32_t k = 0, end = WR_MIN(at_most, WR_MIN(a.len, b.len));
    while (k < end && a.ptr[k] == b.ptr[k])
        k++;
    return k;
}

/* Lists are sorted: what the first and the last key have in common, all have. */
static uint32_t find_common(const wr__aside *a, const wr__sorted *list, size_t n)
{
    uint32_t runs_n = a ? a->runs_n : 0, common = UINT32_MAX;
    wr_str one = runs_n ? wr_buf_view(&a->runs[0].first)
                 : n    ? wr__entry_key(list[0].e)
                        : (wr_str){0};
    for (uint32_t i = 0; i < runs_n; i++) {
        common = common_of(one, wr_buf_view(&a->runs[i].first), common);
        common = common_of(one, wr_buf_view(&a->runs[i].last), common);
    }
    if (n) {
        common = common_of(one, wr__entry_key(list[0].e), common);
        common = common_of(one, wr__entry_key(list[n - 1].e), common);
    }
    return common;
}

wr__merge *wr__merge_new(const wr__aside *a, const wr__sorted *list, size_t n)
{
    wr__merge *m = wr_calloc(1, sizeof *m);
    m->aside = a;
    m->common = find_common(a, list, n);
    for (uint32_t i = 0; a && i < a->runs_n; i++)
        m->sources[m->sources_n++] = (source){.age = i, .at = a->runs[i].from, .to = a->runs[i].to};
    m->sources[m->sources_n++] = (source){.age = WR__ASIDE_RUNS, .list = list, .n = n};
    return m;
}

void wr__merge_free(wr__merge *m)
{
    for (uint32_t i = 0; i < m->sources_n; i++)
        wr_buf_free(&m->sources[i].block);
    wr_buf_free(&m->last);
    wr_free(m);
}

static weir_status cannot_read(const char *why, weir_error *err)
{
    wr_error(err, WEIR_ERR_STORE, "cannot read state that is being restored: %s", why);
    if (err)
        err->flags |= WEIR_ERROR_RETRIABLE; /* it is restored again, from the changelog */
    return WEIR_ERR_STORE;
}

static weir_status read_all(int fd, char *out, size_t len, off_t at, weir_error *err)
{
    while (len) {
        ssize_t n = pread(fd, out, len, at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return cannot_read(n < 0 ? strerror(errno) : "its file has become shorter", err);
        out += n;
        len -= (size_t)n;
        at += n;
    }
    return WEIR_OK;
}

static weir_status read_block(const wr__merge *m, source *s, weir_error *err)
{
    WR_ASSERT(s->p == s->end && s->at < s->to);
    char head[BLOCK_HEAD];
    WR_TRY(read_all(m->aside->fd, head, BLOCK_HEAD, s->at, err));
    size_t len = wr_get_be32(head);
    if ((off_t)len > s->to - s->at - BLOCK_HEAD)
        return cannot_read("a block is damaged", err);
    wr_buf_clear(&s->block);
    char *bytes = wr_buf_reserve(&s->block, len);
    WR_TRY(read_all(m->aside->fd, bytes, len, s->at + BLOCK_HEAD, err));
    if (XXH3_64bits(bytes, len) != wr_get_be64(head + 4))
        return cannot_read("a block is damaged", err);
    s->at += (off_t)(BLOCK_HEAD + len);
    s->p = bytes;
    s->end = bytes + len;
    return WEIR_OK;
}

static weir_status next_of_run(const wr__merge *m, source *s, bool *more, weir_error *err)
{
    *more = s->p < s->end || s->at < s->to;
    if (!*more)
        return WEIR_OK;
    if (s->p == s->end)
        WR_TRY(read_block(m, s, err));
    uint64_t key_len, value_len = 0;
    size_t n = wr_get_varint(s->p, s->end, &key_len);
    size_t v = n ? wr_get_varint(s->p + n, s->end, &value_len) : 0;
    const char *key = s->p + n + v;
    s->row.exists = value_len > 0;
    value_len -= s->row.exists;
    uint64_t left = (uint64_t)(s->end - key);
    if (!v || key_len > left || value_len > left - key_len)
        return cannot_read("a row is damaged", err);
    s->row.key = wr_str_make(key, key_len);
    s->row.value = wr_str_make(key + key_len, value_len);
    s->p = key + key_len + value_len;
    return WEIR_OK;
}

static void next_of_list(source *s, bool *more)
{
    for (*more = false; !*more && s->next < s->n; s->next++) {
        wr_store_entry *e = s->list[s->next].e;
        if (s->next + WR__AHEAD < s->n)
            __builtin_prefetch(s->list[s->next + WR__AHEAD].e);
        *more = row_of(e, &s->row);
        e->flags |= WR__ENTRY_STORED; /* a failure may come when all of it is in */
    }
}

static weir_status advance(const wr__merge *m, source *s, bool *more, weir_error *err)
{
    if (s->age == WR__ASIDE_RUNS)
        next_of_list(s, more);
    else
        WR_TRY(next_of_run(m, s, more, err));
    if (*more)
        s->head = wr__key_head(s->row.key, m->common);
    return WEIR_OK;
}

static bool is_before(const source *a, const source *b)
{
    if (a->head != b->head)
        return a->head < b->head;
    int order = wr_str_cmp(a->row.key, b->row.key);
    return order != 0 ? order < 0 : a->age > b->age;
}

static void sink(wr__merge *m, uint32_t at)
{
    WR_ASSERT(at < m->heap_n);
    source *moved = m->heap[at];
    for (uint32_t child; (child = 2 * at + 1) < m->heap_n; at = child) {
        if (child + 1 < m->heap_n && is_before(m->heap[child + 1], m->heap[child]))
            child++;
        if (!is_before(m->heap[child], moved))
            break;
        m->heap[at] = m->heap[child];
    }
    m->heap[at] = moved;
}

static weir_status begin(wr__merge *m, weir_error *err)
{
    m->began = true;
    for (uint32_t i = 0; i < m->sources_n; i++) {
        bool more;
        WR_TRY(advance(m, &m->sources[i], &more, err));
        if (more)
            m->heap[m->heap_n++] = &m->sources[i];
    }
    for (uint32_t i = m->heap_n; i-- > 0;)
        sink(m, i);
    return WEIR_OK;
}

/* The first source of the heap goes on to its next row. */
static weir_status advance_first(wr__merge *m, weir_error *err)
{
    bool more;
    WR_TRY(advance(m, m->heap[0], &more, err));
    if (!more)
        m->heap[0] = m->heap[--m->heap_n];
    if (m->heap_n)
        sink(m, 0);
    return WEIR_OK;
}

weir_status wr__merge_next(wr__merge *m, wr__merged *row, bool *more, weir_error *err)
{
    if (!m->began) {
        WR_TRY(begin(m, err));
    } else if (m->heap_n) { /* past what was given last, and older rows of its key */
        wr_buf_clear(&m->last);
        wr_buf_str(&m->last, m->heap[0]->row.key);
        do
            WR_TRY(advance_first(m, err));
        while (m->heap_n && wr_str_eq(m->heap[0]->row.key, wr_buf_view(&m->last)));
    }
    *more = m->heap_n > 0;
    if (*more)
        *row = m->heap[0]->row;
    return WEIR_OK;
}
