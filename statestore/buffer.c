/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Join buffers: packed chunks in the entries that timed.c names.
 *
 *   chunk   │ number:4 │ row, row, ...          number: chunk 0 names the last chunk of its key and
 *                                               segment, every other one itself
 *   row     │ varint(time - segment) │ varint(length) │ value... │
 *
 * Rows stand in order of arrival, which is nearly that of time; a look-up sorts what it found only
 * if it is not in order. The sort is stable, so rows of one time stay in order of arrival.
 *
 * A row goes after the others of the last chunk (or makes a new one, and then chunk 0 changes
 * too): an entry's memory grows by classes, so adding is constant work, as a rule without a copy.
 */
#include "statestore/buffer.h"
#include "statestore/store_internal.h"

#include <stdlib.h>

enum { CHUNK_BYTES = 4096, HEAD = 4 };

weir_status wr_buffer_open(wr_db *db, const wr_buffer_options *o, wr_store **out, weir_error *err)
{
    return wr__timed_open(db, &o->store, WR_STORE_WINDOW, WR_CHANGELOG_BUFFER, o->retention_ms,
                          o->segment_ms, out, err);
}

static bool is_buffer(const wr_store *s)
{
    return s->kind == WR_STORE_WINDOW && s->timed.chunks;
}

int64_t wr_buffer_stream_time(const wr_store *s)
{
    WR_ASSERT(is_buffer(s));
    return s->timed.now.stream_time;
}

static weir_status damaged(weir_error *err)
{
    wr_error(err, WEIR_ERR_STORE, "the state holds damaged rows of a join");
    if (err)
        err->flags |= WEIR_ERROR_FATAL;
    return WEIR_ERR_STORE;
}

/* ------------------------------------------------------------------ chunks */

/* Take the first row off *p. @return false: there is none left, or (*p < end) bytes are damaged. */
static bool next_row(const char **p, const char *end, int64_t segment, wr_buffer_row *out)
{
    uint64_t since, len;
    size_t n = wr_get_varint(*p, end, &since);
    if (n == 0 || since > INT64_MAX ||
        __builtin_add_overflow(segment, (int64_t)since, &out->time_ms))
        return false;
    size_t m = wr_get_varint(*p + n, end, &len);
    if (m == 0 || len > (size_t)(end - *p) - n - m)
        return false;
    out->value = wr_str_make(*p + n + m, (size_t)len);
    *p += n + m + len;
    return true;
}

static bool check_head(wr_str value, uint32_t chunk)
{
    return value.len > HEAD && (chunk == 0 || wr_get_be32(value.ptr) == chunk);
}

bool wr__buffer_last(const wr_store *s, int64_t segment, uint32_t chunk, wr_str value,
                     int64_t *last)
{
    if (!check_head(value, chunk))
        return false;
    const char *p = value.ptr + HEAD, *end = value.ptr + value.len;
    wr_buffer_row row;
    *last = segment;
    while (next_row(&p, end, segment, &row)) {
        if (wr__timed_segment(s, row.time_ms) != segment)
            return false;
        *last = WR_MAX(*last, row.time_ms);
    }
    return p == end;
}

static wr_str encode(wr_store *s, wr_str key, int64_t time, uint32_t chunk)
{
    wr_buf_clear(&s->key_buf);
    wr__timed_encode(s, &s->key_buf, key, time, chunk);
    return wr_buf_view(&s->key_buf);
}

/* ------------------------------------------------------------------ adding */

weir_status wr_buffer_find_many(wr_store *s, size_t n, const wr_str *keys, const int64_t *times,
                                wr_store_entry **heads, weir_error *err)
{
    WR_ASSERT(is_buffer(s));
    return wr__timed_find_many(s, n, keys, times, true, heads, err);
}

/* The chunk that takes the next row; *number of it. A new one does not exist yet. */
static weir_status open_chunk(wr_store *s, wr_str key, wr_store_entry *head, int64_t time_ms,
                              int64_t timestamp_ms, wr_store_entry **out, uint32_t *number,
                              weir_error *err)
{
    *out = head;
    *number = 0;
    if (!wr_entry_exists(head))
        return WEIR_OK;
    wr_str value = wr__entry_value(head);
    if (!check_head(value, 0))
        return damaged(err);
    *number = wr_get_be32(value.ptr);
    if (*number > 0) {
        WR_TRY(wr__store_find(s, encode(s, key, time_ms, *number), out, err));
        if (!wr_entry_exists(*out) || !check_head(wr__entry_value(*out), *number))
            return damaged(err);
    }
    if (wr__entry_value(*out).len < CHUNK_BYTES)
        return WEIR_OK;
    if (*number == UINT32_MAX)
        return wr_error(err, WEIR_ERR_LIMIT, "too many rows of one key and time in a join");
    ++*number;
    WR_TRY(wr__store_find(s, encode(s, key, time_ms, *number), out, err));
    wr_put_be32(wr_entry_edit(s, head, wr__entry_value(head).len), *number);
    return wr_entry_changed(s, head, timestamp_ms, err);
}

weir_status wr_buffer_add(wr_store *s, wr_str key, wr_store_entry *head, int64_t time_ms,
                          wr_str value, int64_t timestamp_ms, weir_error *err)
{
    WR_ASSERT(is_buffer(s) && !s->options.snap && !s->committing);
    int64_t segment = wr__timed_segment(s, time_ms);
    WR_ASSERT(wr__timed_segment_at(wr__entry_key(head)) == segment);
    if (value.len > WR_STORE_VALUE_MAX - 2 * CHUNK_BYTES) /* before it moves stream time */
        return wr_error(err, WEIR_ERR_LIMIT, "a join row of %u bytes is too long", value.len);
    if (!wr__timed_observe(s, time_ms))
        return WEIR_OK;
    wr_store_entry *e;
    uint32_t number;
    WR_TRY(open_chunk(s, key, head, time_ms, timestamp_ms, &e, &number, err));
    wr_buf *row = &s->list_buf;
    wr_buf_clear(row);
    if (!wr_entry_exists(e))
        wr_buf_be32(row, number);
    wr_buf_varint(row, (uint64_t)time_ms - (uint64_t)segment);
    wr_buf_varint(row, value.len);
    wr_buf_str(row, value);
    size_t old = wr_entry_exists(e) ? wr__entry_value(e).len : 0;
    char *bytes = wr_entry_edit(s, e, old + row->len);
    memcpy(bytes + old, row->ptr, row->len);
    return wr_entry_changed(s, e, timestamp_ms, err);
}

/* ------------------------------------------------------------------ looking */

/* Narrow to what can exist. @return how many segments that touches. */
static uint32_t narrow(const wr_store *s, wr_buffer_probe *p)
{
    p->from_ms = WR_MAX(p->from_ms, wr__timed_oldest(s));
    p->to_ms = WR_MIN(p->to_ms, s->timed.now.stream_time);
    if (s->timed.now.stream_time == WR_STORE_NO_TIME || p->from_ms > p->to_ms)
        return 0;
    uint64_t first = (uint64_t)wr__timed_segment(s, p->from_ms);
    uint64_t n = ((uint64_t)p->to_ms - first) / (uint64_t)s->timed.segment_ms + 1;
    WR_ASSERT(n <= UINT32_MAX);
    return (uint32_t)n;
}

weir_status wr_buffer_probe_many(wr_store *s, size_t n, const wr_str *keys, const int64_t *from_ms,
                                 const int64_t *to_ms, wr_arena *a, wr_buffer_probe *probes,
                                 weir_error *err)
{
    WR_ASSERT(is_buffer(s));
    size_t total = 0, at = 0;
    for (size_t i = 0; i < n; i++) {
        probes[i] = (wr_buffer_probe){.from_ms = from_ms[i], .to_ms = to_ms[i]};
        total += probes[i].n = narrow(s, &probes[i]);
    }
    wr_str *all_keys = WR_NEW_N(a, wr_str, total);
    int64_t *segments = WR_NEW_N(a, int64_t, total);
    wr_store_entry **heads = WR_NEW_N(a, wr_store_entry *, total);
    for (size_t i = 0; i < n; i++) {
        probes[i].heads = heads + at;
        int64_t segment = wr__timed_segment(s, probes[i].from_ms);
        for (uint32_t k = 0; k < probes[i].n; k++) {
            all_keys[at] = keys[i];
            segments[at++] = segment + (int64_t)k * s->timed.segment_ms;
        }
    }
    return wr__timed_find_many(s, total, all_keys, segments, false, heads, err);
}

/* Rows of one chunk within the probe's time. */
static weir_status collect(wr_str value, uint32_t chunk, int64_t segment,
                           const wr_buffer_probe *probe, wr_arena *a, wr_buffer_rows_of *rows,
                           weir_error *err)
{
    if (!check_head(value, chunk))
        return damaged(err);
    const char *p = value.ptr + HEAD, *end = value.ptr + value.len;
    wr_buffer_row row;
    while (next_row(&p, end, segment, &row))
        if (row.time_ms >= probe->from_ms && row.time_ms <= probe->to_ms)
            wr_arr_push(a, rows, row);
    return p == end ? WEIR_OK : damaged(err);
}

static weir_status collect_segment(wr_store *s, wr_str key, const wr_store_entry *head,
                                   const wr_buffer_probe *probe, wr_arena *a,
                                   wr_buffer_rows_of *rows, weir_error *err)
{
    int64_t segment = wr__timed_segment_at(wr__entry_key(head));
    wr_str value = wr__entry_value(head);
    WR_TRY(collect(value, 0, segment, probe, a, rows, err));
    uint32_t last = wr_get_be32(value.ptr);
    for (uint32_t chunk = 1; chunk <= last && chunk > 0; chunk++) {
        wr_store_entry *e;
        WR_TRY(wr__store_peek(s, encode(s, key, segment, chunk), &e, err));
        if (!e || !wr_entry_exists(e))
            return damaged(err);
        WR_TRY(collect(wr__entry_value(e), chunk, segment, probe, a, rows, err));
    }
    return WEIR_OK;
}

/* qsort is not stable: rows of one time are distinguished by their place. */
typedef struct placed {
    wr_buffer_row row;
    size_t at;
} placed;

static int by_time(const void *a, const void *b)
{
    const placed *x = a, *y = b;
    if (x->row.time_ms != y->row.time_ms)
        return x->row.time_ms < y->row.time_ms ? -1 : 1;
    return x->at < y->at ? -1 : 1;
}

static void sort_rows(wr_arena *a, wr_buffer_rows_of *rows)
{
    size_t i = 1;
    while (i < rows->n && rows->v[i - 1].time_ms <= rows->v[i].time_ms)
        i++;
    if (i >= rows->n)
        return;
    placed *list = WR_NEW_N(a, placed, rows->n);
    for (i = 0; i < rows->n; i++)
        list[i] = (placed){rows->v[i], i};
    qsort(list, rows->n, sizeof *list, by_time);
    for (i = 0; i < rows->n; i++)
        rows->v[i] = list[i].row;
}

weir_status wr_buffer_rows(wr_store *s, wr_str key, const wr_buffer_probe *probe, wr_arena *a,
                           wr_buffer_rows_of *rows, weir_error *err)
{
    rows->n = 0;
    for (uint32_t k = 0; k < probe->n; k++)
        if (probe->heads[k] && wr_entry_exists(probe->heads[k]))
            WR_TRY(collect_segment(s, key, probe->heads[k], probe, a, rows, err));
    sort_rows(a, rows);
    return WEIR_OK;
}
