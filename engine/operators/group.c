/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Grouping the rows of one batch by key, and by window.
 *
 * A small open-addressing table per batch: keys of one INT, BIGINT or STRING column are compared as
 * they are and only the distinct ones are turned into store keys; all others are turned first and
 * compared as bytes. The table's memory is scratch, at a load of at most a half.
 *
 * Windows: most rows of a batch are in the same windows as the row before them of the same group,
 * so each group remembers its last run of slots, and the start of a window is divided out only when
 * a row leaves the advance that the row before it was in.
 */
#include "engine/operators/group.h"
#include "engine/operators/rowkey.h"

/* ------------------------------------------------------------------ hashing */

static inline uint64_t fold(uint64_t a, uint64_t b)
{
    wr_u128 product = (wr_u128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t hash_word(uint64_t v)
{
    return fold(v ^ UINT64_C(0x9e3779b97f4a7c15), UINT64_C(0xbf58476d1ce4e5b9));
}

static inline uint64_t read_word(const char *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline uint64_t read_half(const char *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

/* The last 0..8 bytes of a string of n bytes, read without leaving it. */
static inline uint64_t read_tail(const char *p, size_t n)
{
    if (n >= 4)
        return read_half(p) << 32 | read_half(p + n - 4);
    if (n == 0)
        return 0;
    return (uint64_t)(uint8_t)p[0] << 16 | (uint64_t)(uint8_t)p[n / 2] << 8 | (uint8_t)p[n - 1];
}

uint64_t wr__group_hash(wr_str s)
{
    uint64_t h = hash_word(s.len);
    const char *p = s.ptr;
    size_t n = s.len;
    for (; n > 8; p += 8, n -= 8)
        h = fold(h ^ read_word(p), UINT64_C(0x94d049bb133111eb));
    return fold(h ^ read_tail(p, n), UINT64_C(0xbf58476d1ce4e5b9));
}

/* ------------------------------------------------------------------ the table */

typedef struct table {
    uint32_t *ids; /* + 1; 0: free */
    uint32_t mask;
} table;

static table new_table(wr_arena *a, uint32_t items)
{
    uint32_t size = 16;
    while (size < 2 * (uint64_t)items)
        size *= 2;
    return (table){WR_NEW_N(a, uint32_t, size), size - 1};
}

/* Rows' numbers to groups; the row that a group was first seen in, by group. */
static uint32_t group_words(const wr_vec *col, wr_sel sel, bool wide, uint32_t *of, uint32_t *first,
                            wr_arena *a)
{
    table t = new_table(a, sel.n);
    int64_t *values = wr_arena_alloc(a, ((size_t)sel.n + 1) * sizeof *values);
    uint32_t n = 0;
    for (uint32_t k = 0; k < sel.n; k++) {
        uint32_t row = wr_sel_row(sel, k), i = row & col->mask;
        int64_t v = wide ? col->u.i64[i] : col->u.i32[i];
        uint32_t at = (uint32_t)(hash_word((uint64_t)v) >> 32) & t.mask, id;
        while ((id = t.ids[at]) && values[id - 1] != v)
            at = (at + 1) & t.mask;
        if (!id) {
            values[n] = v;
            first[n] = row;
            id = t.ids[at] = ++n;
        }
        of[k] = id - 1;
    }
    return n;
}

/* The same for strings; by position in the selection. */
static uint32_t group_strings(const wr_str *strings, wr_sel sel, uint32_t mask, bool by_row,
                              uint32_t *of, uint32_t *first, wr_arena *a)
{
    table t = new_table(a, sel.n);
    uint64_t *hashes = wr_arena_alloc(a, ((size_t)sel.n + 1) * sizeof *hashes);
    const wr_str **values = wr_arena_alloc(a, ((size_t)sel.n + 1) * sizeof *values);
    uint32_t n = 0;
    for (uint32_t k = 0; k < sel.n; k++) {
        uint32_t row = wr_sel_row(sel, k);
        const wr_str *s = &strings[by_row ? row & mask : k];
        uint64_t hash = wr__group_hash(*s);
        uint32_t at = (uint32_t)(hash >> 32) & t.mask, id;
        while ((id = t.ids[at]) && !(hashes[id - 1] == hash && wr_str_eq(*values[id - 1], *s)))
            at = (at + 1) & t.mask;
        if (!id) {
            hashes[n] = hash;
            values[n] = s;
            first[n] = by_row ? row : k;
            id = t.ids[at] = ++n;
        }
        of[k] = id - 1;
    }
    return n;
}

/* ------------------------------------------------------------------ keys */

/* Store keys of n rows one behind the other in @p buf. */
static wr_str *encode_keys(const wr_schema *schema, const wr_batch *in, wr_sel rows, wr_buf *buf,
                           wr_arena *a)
{
    wr_str *keys = wr_arena_alloc(a, ((size_t)rows.n + 1) * sizeof *keys);
    size_t *ends = wr_arena_alloc(a, ((size_t)rows.n + 1) * sizeof *ends);
    wr_buf_clear(buf);
    wr__rowkeys_of(buf, schema, in->cols, rows, ends);
    for (uint32_t k = 0; k < rows.n; k++) {
        size_t start = k ? ends[k - 1] : 0;
        keys[k] = wr_str_make(buf->ptr ? buf->ptr + start : "", ends[k] - start);
    }
    return keys;
}

static bool any_null(const wr_vec *v, wr_sel sel)
{
    if (v->no_nulls)
        return false;
    WR_FOREACH_SEL (i, sel)
        if (wr_vec_is_null(v, i))
            return true;
    return false;
}

void wr__groups_find(wr__groups *g, const wr_schema *schema, const wr_batch *in, wr_sel sel,
                     wr_buf *keys, wr_arena *a)
{
    g->of = wr_arena_alloc(a, ((size_t)sel.n + 1) * sizeof *g->of);
    uint32_t *first = wr_arena_alloc(a, ((size_t)sel.n + 1) * sizeof *first);
    const wr_vec *col = &in->cols[0];
    wr_tid id = schema->keys_n == 1 && !any_null(col, sel) ? schema->cols[0].type->id : WR_T_NULL;
    bool wide = id == WR_T_BIGINT || id == WR_T_TIMESTAMP;
    if (wide || id == WR_T_INTEGER || id == WR_T_DATE || id == WR_T_TIME) {
        g->n = group_words(col, sel, wide, g->of, first, a);
    } else if (id == WR_T_STRING || id == WR_T_BYTES) {
        g->n = group_strings(col->u.str, sel, col->mask, true, g->of, first, a);
    } else {
        wr_str *all = encode_keys(schema, in, sel, keys, a);
        g->n = group_strings(all, sel, 0, false, g->of, first, a);
        for (uint32_t k = 0; k < g->n; k++)
            all[k] = all[first[k]]; /* first[k] >= k: nothing is lost that is still wanted */
        g->keys = all;
        return;
    }
    g->keys = encode_keys(schema, in, (wr_sel){g->n, first}, keys, a);
}

/* ------------------------------------------------------------------ windows */

/* Slots under construction. */
typedef struct slots {
    wr_arena *arena;
    table table; /* of (group, start) */
    wr_arr(uint32_t) group;
    wr_arr(int64_t) start;
    wr_arr(uint32_t) run; /* slots of all runs, one behind the other */
} slots;

static uint32_t place(const slots *s, uint32_t group, int64_t start)
{
    uint64_t h = hash_word((uint64_t)start ^ (uint64_t)group << 40);
    uint32_t at = (uint32_t)(h >> 32) & s->table.mask, id;
    while ((id = s->table.ids[at]) && !(s->group.v[id - 1] == group && s->start.v[id - 1] == start))
        at = (at + 1) & s->table.mask;
    return at;
}

static uint32_t slot_of(slots *s, uint32_t group, int64_t start)
{
    uint32_t at = place(s, group, start);
    if (s->table.ids[at])
        return s->table.ids[at] - 1;
    wr_arr_push(s->arena, &s->group, group);
    wr_arr_push(s->arena, &s->start, start);
    uint32_t n = (uint32_t)s->group.n;
    s->table.ids[at] = n;
    if (2 * n > s->table.mask) {
        s->table = new_table(s->arena, 2 * n);
        for (uint32_t k = 0; k < n; k++)
            s->table.ids[place(s, s->group.v[k], s->start.v[k])] = k + 1;
    }
    return n - 1;
}

/* The run of slots that a group's last row was in. */
typedef struct run {
    int64_t first, last; /* starts of its windows */
    uint32_t from, count;
} run;

/* Windows that hold t, given the last of them: [first, last], @p advance apart. */
static int64_t first_window(const wr_window *w, int64_t t, int64_t last)
{
    int64_t first = last;
    while (first >= w->advance_ms && t - (first - w->advance_ms) < w->size_ms)
        first -= w->advance_ms;
    return first;
}

static void make_run(slots *s, run *r, uint32_t group, int64_t first, int64_t last, int64_t advance)
{
    *r = (run){first, last, (uint32_t)s->run.n, 0};
    for (int64_t start = first;; start += advance) {
        uint32_t slot = slot_of(s, group, start);
        wr_arr_push(s->arena, &s->run, slot);
        r->count++;
        if (start == last)
            return;
    }
}

void wr__windows_find(wr__windows *w, const wr_window *window, const wr__groups *groups,
                      const wr_batch *in, wr_sel sel, wr_arena *a)
{
    WR_ASSERT(window->advance_ms > 0 && window->size_ms >= window->advance_ms);
    slots s = {.arena = a, .table = new_table(a, groups->n + 16)};
    run *runs = WR_NEW_N(a, run, (size_t)groups->n + 1);
    uint32_t *from = wr_arena_alloc(a, ((size_t)sel.n + 1) * sizeof *from);
    uint32_t *count = wr_arena_alloc(a, ((size_t)sel.n + 1) * sizeof *count);
    int64_t advance = window->advance_ms, last = 0, first = 0;
    for (uint32_t k = 0; k < sel.n; k++) {
        int64_t t = in->rowtime[wr_sel_row(sel, k)];
        from[k] = count[k] = 0;
        if (t < 0) /* in no window */
            continue;
        if (t < last || t - last >= advance)
            last = t / advance * advance;
        first = first_window(window, t, last);
        run *r = &runs[groups->of[k]];
        if (r->count == 0 || r->first != first || r->last != last)
            make_run(&s, r, groups->of[k], first, last, advance);
        from[k] = r->from;
        count[k] = r->count;
    }
    wr_str *keys = wr_arena_alloc(a, (s.group.n + 1) * sizeof *keys);
    for (size_t k = 0; k < s.group.n; k++)
        keys[k] = groups->keys[s.group.v[k]];
    *w = (wr__windows){(uint32_t)s.group.n, keys, s.start.v, s.run.v, from, count};
}
