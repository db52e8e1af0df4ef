/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A run of records as columns, shared by the sources that read it (source_run.h, source_pool.h).
 *
 * A reader owns copies of all that its signature is made of, so that the source that made it may
 * leave before others. Its decoders want the union of what its members want and are made anew when
 * that changes, which happens between runs only.
 *
 * A column's state in a run: not asked for; asked for by the only member, for some rows; or
 * converted for all rows that have a key and a value (`whole`), which is how a second member finds
 * it. A reader alone in its run never asks twice for the same rows.
 */
#include "engine/operators/source_run.h"
#include "engine/operators/source_pool.h"
#include "engine/operators/times.h"
#include "engine/operators/timestamp.h"

#include <stdio.h>

/** What a pool's memory begins with: a few hundred narrow rows. */
#define SCRATCH_BYTES 65536u

typedef struct run_column {
    bool wanted; /* by some member */
    bool is_key;
    int32_t place; /* in its part's decoder; -1: a header column */
    /* Of the run. */
    bool whole; /* vec and faults are those of all rows */
    wr_vec vec; /* null bytes NULL: not made yet */
    wr__run_found found;
} run_column;

typedef struct run_part {
    wr_decoder *decoder; /* NULL: no columns, and nothing else to be read */
    wr_column *cols;
    bool *wanted;
    uint32_t n;
    wr_str *payloads; /* of the run */
    wr_sel rows;      /* of the run: those whose structure is right */
} run_part;

struct wr__run_reader {
    wr_source_pool *pool; /* NULL: for one source only */
    wr__run_reader *next;
    wr_arena *arena;    /* this, and the signature */
    wr_arena *decoders; /* what a change of members replaces */
    const char *topic, *zone;
    bool table;
    wr_step_source cfg; /* signature; everything it points to is in arena */
    wr__timestamp timestamp;
    wr__run_member *members;
    run_column *columns; /* cfg.columns_n */
    run_part key, value;
    /* Of the run. */
    const run_part *failed; /* whose scan has failed; NULL: none */
    wr__run_rows rows;      /* records NULL: none */
    uint64_t serial;
    wr_arena *scratch;
    bool timed; /* rowtime and time_faults are those of all rows */
    wr__faults time_faults;
};

struct wr_source_pool {
    wr_arena *scratch;
    wr__run_reader *readers;
    uint64_t serial;
};

/* ------------------------------------------------------------------ the pool */

wr_source_pool *wr_source_pool_new(void)
{
    wr_source_pool *pool = wr_calloc(1, sizeof *pool);
    pool->scratch = wr_arena_new(SCRATCH_BYTES);
    return pool;
}

void wr_source_pool_next(wr_source_pool *pool)
{
    pool->serial++;
    wr_arena_reset(pool->scratch);
}

void wr_source_pool_trim(wr_source_pool *pool)
{
    wr_source_pool_next(pool);
    wr_arena_trim(pool->scratch, SCRATCH_BYTES);
}

void wr_source_pool_free(wr_source_pool *pool)
{
    if (!pool)
        return;
    WR_ASSERT(!pool->readers); /* their topologies are closed before */
    wr_arena_free(pool->scratch);
    wr_free(pool);
}

/* ------------------------------------------------------------------ signatures */

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_format(const wr_format_use *a, const wr_format_use *b)
{
    const wr_format_options *x = &a->options, *y = &b->options;
    return a->format == b->format && x->delimiter == y->delimiter && x->unwrapped == y->unwrapped &&
           x->registry == y->registry && x->exact_names == y->exact_names &&
           x->nullable == y->nullable && x->time_unit == y->time_unit &&
           same_text(x->full_name, y->full_name);
}

static bool same_columns(const wr_step_source *a, const wr_step_source *b)
{
    if (a->columns_n != b->columns_n)
        return false;
    for (uint32_t c = 0; c < a->columns_n; c++) {
        const wr_column *x = &a->columns[c], *y = &b->columns[c];
        if (x->role != y->role || strcmp(x->name, y->name) != 0 ||
            !wr_type_equal(x->type, y->type) || !same_text(x->header, y->header))
            return false;
    }
    return true;
}

/* Does the reader make of each record just what the step's source would? */
static bool fits(const wr__run_reader *r, const wr_task_ctx *ctx, const wr_step *step)
{
    const wr_step_source *a = &r->cfg, *b = &step->u.source;
    return same_text(r->topic, ctx->plan->topics[b->topic].name) && same_text(r->zone, ctx->zone) &&
           r->table == step->table && a->strict == b->strict && same_format(&a->key, &b->key) &&
           same_format(&a->value, &b->value) && a->window.kind == b->window.kind &&
           a->window.size_ms == b->window.size_ms && a->timestamp_column == b->timestamp_column &&
           same_text(a->timestamp_format, b->timestamp_format) && same_columns(a, b);
}

static const char *copy_text(wr_arena *a, const char *s)
{
    return s ? wr_arena_strdup(a, s) : NULL;
}

static void copy_signature(wr__run_reader *r, const wr_task_ctx *ctx, const wr_step *step)
{
    wr_arena *a = r->arena;
    r->topic = copy_text(a, ctx->plan->topics[step->u.source.topic].name);
    r->zone = copy_text(a, ctx->zone);
    r->table = step->table;
    r->cfg = step->u.source;
    r->cfg.timestamp_format = copy_text(a, r->cfg.timestamp_format);
    wr_format_options *options[] = {&r->cfg.key.options, &r->cfg.value.options};
    for (size_t k = 0; k < WR_ARRAY_LEN(options); k++) {
        options[k]->full_name = copy_text(a, options[k]->full_name);
        options[k]->owner = copy_text(a, options[k]->owner);
        options[k]->schema = NULL; /* nothing is written */
    }
    wr_column *cols = wr_arena_memdup(a, r->cfg.columns, r->cfg.columns_n * sizeof *cols);
    for (uint32_t c = 0; c < r->cfg.columns_n; c++) {
        cols[c].name = copy_text(a, cols[c].name);
        cols[c].type = wr_type_copy(a, cols[c].type);
        cols[c].header = copy_text(a, cols[c].header);
    }
    r->cfg.columns = cols;
    r->cfg.output = NULL;
}

/* ------------------------------------------------------------------ decoders */

static void lay_out(wr__run_reader *r)
{
    uint32_t n = r->cfg.columns_n;
    r->columns = WR_NEW_N(r->arena, run_column, n);
    run_part *parts[] = {&r->key, &r->value};
    for (size_t k = 0; k < WR_ARRAY_LEN(parts); k++) {
        parts[k]->cols = WR_NEW_N(r->arena, wr_column, n);
        parts[k]->wanted = WR_NEW_N(r->arena, bool, n);
    }
    for (uint32_t c = 0; c < n; c++) {
        wr_col_role role = r->cfg.columns[c].role;
        r->columns[c].is_key = role == WR_COL_KEY;
        r->columns[c].place = -1;
        if (role != WR_COL_KEY && role != WR_COL_VALUE)
            continue;
        run_part *p = role == WR_COL_KEY ? &r->key : &r->value;
        r->columns[c].place = (int32_t)p->n;
        p->cols[p->n++] = r->cfg.columns[c];
    }
}

static weir_status make_decoder(const wr__run_reader *r, wr_arena *a, const run_part *p,
                                const wr_format_use *use, wr_decoder **out, weir_error *err)
{
    wr_format_options options = use->options;
    options.strict = r->cfg.strict;
    options.is_key = p == &r->key;
    *out = NULL;
    bool is_event = p == &r->value && use->format->change_events; /* says what becomes of the row */
    if (p->n == 0 && !is_event)
        return WEIR_OK;
    return wr_decoder_new(use->format, p->cols, p->n, p->wanted, &options, a, out, err);
}

/* @return whether some column is wanted now that was not, or the other way round. */
static bool unite_wanted(wr__run_reader *r)
{
    bool changed = false;
    for (uint32_t c = 0; c < r->cfg.columns_n; c++) {
        run_column *col = &r->columns[c];
        bool wanted = false;
        for (const wr__run_member *m = r->members; m && !wanted; m = m->next)
            wanted = m->wanted[c];
        changed |= col->wanted != wanted;
        col->wanted = wanted;
        if (col->place >= 0)
            (col->is_key ? &r->key : &r->value)->wanted[col->place] = wanted;
    }
    return changed;
}

/* Make the decoders want what the members want. On failure the old ones stay. */
static weir_status remake_decoders(wr__run_reader *r, weir_error *err)
{
    r->rows.records = NULL; /* the columns of the run at hand go with the decoders */
    if (!unite_wanted(r) && r->decoders)
        return WEIR_OK;
    wr_arena *a = wr_arena_new(0);
    wr_decoder *key, *value;
    weir_status st = make_decoder(r, a, &r->key, &r->cfg.key, &key, err);
    if (st == WEIR_OK)
        st = make_decoder(r, a, &r->value, &r->cfg.value, &value, err);
    if (st != WEIR_OK) {
        wr_arena_free(a);
        return st;
    }
    wr_arena_free(r->decoders);
    r->decoders = a;
    r->key.decoder = key;
    r->value.decoder = value;
    return WEIR_OK;
}

/* ------------------------------------------------------------------ members */

static void free_reader(wr__run_reader *r)
{
    wr__timestamp_close(&r->timestamp);
    wr_arena_free(r->decoders);
    wr_arena_free(r->arena); /* with r itself */
}

static weir_status new_reader(wr_task_ctx *ctx, const wr_step *step, wr__run_reader **out,
                              weir_error *err)
{
    wr_arena *a = wr_arena_new(0);
    wr__run_reader *r = WR_NEW(a, wr__run_reader);
    r->arena = a;
    copy_signature(r, ctx, step);
    lay_out(r);
    weir_status st = WEIR_OK;
    const wr_task_ctx own = {.zone = r->zone, .task_arena = a}; /* it outlives the task's */
    int32_t c = r->cfg.timestamp_column;
    if (c >= 0)
        st = wr__timestamp_open(&r->timestamp, &own, r->cfg.columns[c].type,
                                r->cfg.timestamp_format, err);
    if (st != WEIR_OK)
        free_reader(r);
    else
        *out = r;
    return st;
}

weir_status wr__run_join(wr__run_member *m, wr_task_ctx *ctx, const wr_step *step,
                         const bool *wanted, weir_error *err)
{
    wr__run_reader *r = ctx->sources ? ctx->sources->readers : NULL;
    while (r && !fits(r, ctx, step))
        r = r->next;
    if (!r) {
        WR_TRY(new_reader(ctx, step, &r, err));
        r->pool = ctx->sources;
        if (r->pool) {
            r->next = r->pool->readers;
            r->pool->readers = r;
        }
    }
    *m = (wr__run_member){.reader = r, .wanted = wanted, .next = r->members};
    r->members = m;
    weir_status st = remake_decoders(r, err);
    if (st != WEIR_OK)
        wr__run_leave(m);
    return st;
}

void wr__run_leave(wr__run_member *m)
{
    WR_ASSERT(!m->reader || m->wanted);
    wr__run_reader *r = m->reader;
    if (!r)
        return;
    m->reader = NULL;
    for (wr__run_member **at = &r->members; *at; at = &(*at)->next)
        if (*at == m) {
            *at = m->next;
            break;
        }
    if (r->members) {
        weir_error err;
        weir_status st = remake_decoders(r, &err);
        WR_ASSERT(st == WEIR_OK); /* fewer columns of those that could be decoded */
        return;
    }
    for (wr__run_reader **at = r->pool ? &r->pool->readers : NULL; at && *at; at = &(*at)->next)
        if (*at == r) {
            *at = r->next;
            break;
        }
    free_reader(r);
}

/* ------------------------------------------------------------------ faults */

static void add_fault(wr__faults *list, wr_arena *a, uint32_t row, const char *text)
{
    wr_arr_push(a, list, ((wr__fault){row, WR__FAULT_BAD, wr_arena_strdup(a, text)}));
}

static void leave_out(wr__faults *list, wr_arena *a, uint32_t row, wr__fault_kind kind)
{
    WR_ASSERT(kind != WR__FAULT_BAD);
    wr_arr_push(a, list, ((wr__fault){row, kind, NULL}));
}

/* Errors of a decoder, kept for the members. */
typedef struct fault_list {
    wr_row_errors base;
    wr__faults *list;
    wr_arena *a;
} fault_list;

static void keep_fault(wr_row_errors *self, uint32_t row, const char *message)
{
    fault_list *l = (fault_list *)self;
    add_fault(l->list, l->a, row, message);
}

static fault_list faults_into(const wr__run_reader *r, wr__faults *list)
{
    return (fault_list){.base = {.report = keep_fault}, .list = list, .a = r->scratch};
}

/* ------------------------------------------------------------------ a run begins */

static wr_sel rows_with(const uint8_t *ok, uint32_t n, wr_arena *a)
{
    uint32_t *rows = wr_arena_alloc(a, n * sizeof *rows + 1), k = 0;
    for (uint32_t i = 0; i < n; i++)
        if (ok[i])
            rows[k++] = i;
    return k == n ? wr_sel_all(n) : (wr_sel){k, rows};
}

/* The key's bytes without the window behind them, and the window. */
static void split_windows(wr__run_reader *r, wr_str *keys, uint8_t *ok)
{
    wr__run_rows *rows = &r->rows;
    const wr_window *w = &r->cfg.window;
    uint32_t tail = w->kind == WR_WINDOW_SESSION ? 16 : 8;
    rows->window_start = WR_NEW_N(r->scratch, int64_t, rows->n);
    rows->window_end = WR_NEW_N(r->scratch, int64_t, rows->n);
    for (uint32_t i = 0; i < rows->n; i++) {
        if (!ok[i] || !keys[i].ptr)
            continue;
        if (keys[i].len < tail) {
            char text[80];
            snprintf(text, sizeof text, "the key of %u bytes is too short for a window",
                     keys[i].len);
            add_fault(&rows->key, r->scratch, i, text);
            ok[i] = 0;
            continue;
        }
        keys[i].len -= tail;
        const char *p = keys[i].ptr + keys[i].len;
        int64_t first = (int64_t)wr_get_be64(p);
        bool session = w->kind == WR_WINDOW_SESSION;
        rows->window_start[i] = session ? (int64_t)wr_get_be64(p + 8) : first;
        rows->window_end[i] = session ? first : wr__time_add(first, w->size_ms);
    }
}

static void take_headers(wr__run_reader *r)
{
    wr__run_rows *rows = &r->rows;
    rows->headers = NULL;
    for (uint32_t i = 0; i < rows->n; i++) {
        if (!rows->records[i].headers)
            continue;
        if (!rows->headers)
            rows->headers = WR_NEW_N(r->scratch, wr_headers, rows->n);
        rows->headers[i] = *rows->records[i].headers;
    }
}

/* What needs no decoding. @p ok: rows that go on. */
static void take_rows(wr__run_reader *r, uint8_t *ok)
{
    wr__run_rows *rows = &r->rows;
    wr_arena *a = r->scratch;
    uint32_t n = rows->n;
    rows->flags = wr_arena_alloc(a, n + 1);
    rows->rowtime = wr_arena_alloc(a, n * sizeof *rows->rowtime + 1);
    rows->partition = wr_arena_alloc(a, n * sizeof *rows->partition + 1);
    rows->offset = wr_arena_alloc(a, n * sizeof *rows->offset + 1);
    r->key.payloads = wr_arena_alloc(a, n * sizeof(wr_str) + 1);
    r->value.payloads = wr_arena_alloc(a, n * sizeof(wr_str) + 1);
    bool keyless = r->key.n == 0;
    for (uint32_t i = 0; i < n; i++) {
        const wr_record *record = &rows->records[i];
        r->key.payloads[i] = record->key;
        r->value.payloads[i] = record->value;
        rows->rowtime[i] = record->timestamp;
        rows->partition[i] = record->partition;
        rows->offset[i] = record->offset;
        rows->flags[i] = (uint8_t)((keyless || !record->key.ptr ? WR_ROW_NULL_KEY : 0) |
                                   (record->value.ptr ? WR_ROW_HAS_NEW : 0));
        ok[i] = 1;
    }
    take_headers(r);
}

/* For a table that is a change of no row. */
static void leave_out_null_keys(wr__run_reader *r, uint8_t *ok)
{
    for (uint32_t i = 0; r->table && i < r->rows.n; i++) {
        if (!ok[i] || r->key.payloads[i].ptr)
            continue;
        leave_out(&r->rows.key, r->scratch, i, WR__FAULT_NULL);
        ok[i] = 0;
    }
}

/* What a record says in a header of the schema that it was written with. Of two headers of that
 * name the last one counts, as for clients. */
static wr_str schema_header(const wr_headers *headers, bool is_key)
{
    const char *name = is_key ? wr_key_schema_header : wr_value_schema_header;
    wr_str found = {0};
    for (uint32_t k = 0; k < headers->n; k++)
        if (wr_str_eq_c(headers->h[k].key, name))
            found = headers->h[k].value;
    return found;
}

/* Of all records; NULL: none says anything. */
static const wr_str *schema_headers(const wr__run_reader *r, bool is_key)
{
    const wr__run_rows *rows = &r->rows;
    wr_str *out = NULL;
    if (!rows->headers || !(is_key ? &r->cfg.key : &r->cfg.value)->format->can_infer)
        return NULL;
    for (uint32_t i = 0; i < rows->n; i++) {
        wr_str header = schema_header(&rows->headers[i], is_key);
        if (!out && header.ptr)
            out = WR_NEW_N(r->scratch, wr_str, rows->n);
        if (out)
            out[i] = header;
    }
    return out;
}

/*
 * Keys and values whose text is `null` where an object is expected. Such a key is a NULL key. Such
 * a value is what change-data-capture writes for a delete: a deletion for a table; a stream leaves
 * the record out, as ksqlDB does. An unwrapped value that is `null` is a row with one NULL column.
 */
static void take_null_texts(wr__run_reader *r, const run_part *p, uint8_t *ok, wr__faults *faults)
{
    bool is_key = p == &r->key;
    if (!is_key && r->cfg.value.options.unwrapped)
        return;
    WR_FOREACH_SEL (i, p->rows) {
        if (ok[i] != WR_DECODED_NULL || !p->payloads[i].ptr)
            continue;
        if (is_key)
            r->rows.flags[i] |= WR_ROW_NULL_KEY;
        else
            r->rows.flags[i] &= (uint8_t)~WR_ROW_HAS_NEW;
        if (is_key == r->table) {
            leave_out(faults, r->scratch, i, WR__FAULT_NULL);
            ok[i] = 0;
        }
    }
}

/* Records that are about no row, or about all: left out without an error. For a stream, which has
 * no rows that could go, both are the same. */
static void leave_out_others(wr__run_reader *r, const run_part *p, uint32_t truncates, uint8_t *ok,
                             wr__faults *faults)
{
    uint32_t *rows = WR_NEW_N(r->scratch, uint32_t, truncates), n = 0;
    WR_FOREACH_SEL (i, p->rows) {
        if (ok[i] != WR_DECODED_SKIP && ok[i] != WR_DECODED_TRUNCATE)
            continue;
        bool all = ok[i] == WR_DECODED_TRUNCATE && r->table;
        leave_out(faults, r->scratch, i, all ? WR__FAULT_TRUNCATES : WR__FAULT_SKIPPED);
        if (all)
            rows[n++] = i;
        ok[i] = 0;
    }
    WR_ASSERT(n <= truncates);
    r->rows.truncates = rows;
    r->rows.truncates_n = n;
}

static weir_status scan_part(wr__run_reader *r, run_part *p, uint8_t *ok, wr__faults *faults,
                             weir_error *err)
{
    r->failed = p; /* until the run has begun */
    p->rows = rows_with(ok, r->rows.n, r->scratch);
    if (!p->decoder)
        return WEIR_OK;
    wr_decoder_schema_headers(p->decoder, schema_headers(r, p == &r->key));
    fault_list errs = faults_into(r, faults);
    wr_decoder_times(p->decoder, p == &r->value ? r->rows.rowtime : NULL);
    WR_TRY(wr_decoder_scan(p->decoder, p->payloads, p->rows, ok, &errs.base, r->scratch, err));
    bool is_key = p == &r->key;
    *(is_key ? &r->rows.key_schemas : &r->rows.value_schemas) =
        wr_decoder_schemas(p->decoder, is_key ? &r->rows.key_schemas_n : &r->rows.value_schemas_n);
    wr_decoder_counts counts = wr_decoder_last(p->decoder);
    r->rows.with_rest += counts.with_rest;
    if (WR_UNLIKELY(counts.nulls))
        take_null_texts(r, p, ok, faults);
    if (WR_UNLIKELY(counts.skipped || counts.truncates))
        leave_out_others(r, p, counts.truncates, ok, faults);
    if (faults->n)
        p->rows = rows_with(ok, r->rows.n, r->scratch);
    return WEIR_OK;
}

/* Change events have their values looked at first: those that are about no row have no key of the
 * table, or none at all. */
static weir_status scan_parts(wr__run_reader *r, uint8_t *ok, weir_error *err)
{
    r->rows.value_first = r->cfg.value.format->change_events;
    if (r->rows.value_first)
        WR_TRY(scan_part(r, &r->value, ok, &r->rows.value, err));
    leave_out_null_keys(r, ok);
    if (r->cfg.window.kind != WR_WINDOW_NONE)
        split_windows(r, r->key.payloads, ok);
    WR_TRY(scan_part(r, &r->key, ok, &r->rows.key, err));
    return r->rows.value_first ? WEIR_OK : scan_part(r, &r->value, ok, &r->rows.value, err);
}

weir_status wr__run_begin(wr__run_member *m, wr_task_ctx *ctx, const wr_record *records, uint32_t n,
                          const wr__run_rows **out, weir_error *err)
{
    wr__run_reader *r = m->reader;
    *out = &r->rows;
    if (r->pool && r->rows.records == records && r->rows.n == n && r->serial == r->pool->serial)
        return WEIR_OK;
    r->serial = r->pool ? r->pool->serial : 0;
    r->scratch = r->pool ? r->pool->scratch : ctx->scratch;
    r->rows = (wr__run_rows){.n = n, .records = records};
    r->timed = false;
    r->time_faults = (wr__faults){0};
    for (uint32_t c = 0; c < r->cfg.columns_n; c++) {
        r->columns[c].whole = false;
        r->columns[c].vec.null = NULL;
        r->columns[c].found = (wr__run_found){0};
    }
    uint8_t *ok = wr_arena_alloc(r->scratch, n + 1);
    take_rows(r, ok);
    weir_status st = scan_parts(r, ok, err);
    if (st == WEIR_OK)
        r->failed = NULL;
    else
        r->rows.records = NULL; /* nobody may find a run that has not begun */
    return st;
}

/* Payloads, headers and rows of the attempt are still there: nothing has reset the scratch memory.
 */
weir_status wr__run_ready(const wr__run_member *m, weir_error *err)
{
    const run_part *p = m->reader->failed;
    WR_ASSERT(p && p->decoder);
    return wr_decoder_ready(p->decoder, p->payloads, p->rows, err);
}

/* ------------------------------------------------------------------ columns */

static wr_value header_value(const wr__run_reader *r, const wr_column *col, const wr_headers *h)
{
    uint32_t n = h ? h->n : 0;
    if (col->role == WR_COL_HEADER) {
        wr_value value = WR_VALUE_NULL;
        for (uint32_t k = 0; k < n; k++)
            if (wr_str_eq_c(h->h[k].key, col->header))
                value = h->h[k].value.ptr ? wr_value_str(h->h[k].value) : WR_VALUE_NULL;
        return value;
    }
    wr_nest *list = wr_nest_new(r->scratch, n, false);
    for (uint32_t k = 0; k < n; k++) {
        wr_nest *entry = wr_nest_new(r->scratch, 2, false);
        entry->items[0] = wr_value_str(h->h[k].key);
        if (h->h[k].value.ptr)
            entry->items[1] = wr_value_str(h->h[k].value);
        list->items[k] = wr_value_nest(entry);
    }
    return wr_value_nest(list);
}

static void convert_headers(wr__run_reader *r, uint32_t c, wr_sel sel)
{
    WR_FOREACH_SEL (i, sel) {
        /* A record without value is a row without columns, also without header columns. */
        wr_value value = WR_VALUE_NULL;
        if (r->rows.flags[i] & WR_ROW_HAS_NEW)
            value = header_value(r, &r->cfg.columns[c], r->rows.records[i].headers);
        wr_vec_set(&r->columns[c].vec, i, &value);
    }
}

/* Shared: all rows, since others will ask for other rows of the same columns. */
static bool is_shared(const wr__run_reader *r)
{
    return r->members->next != NULL;
}

const wr__run_found *wr__run_column(wr__run_member *m, uint32_t c, wr_sel sel, wr_vec *out)
{
    wr__run_reader *r = m->reader;
    run_column *col = &r->columns[c];
    if (!col->whole) {
        col->whole = is_shared(r);
        col->found = (wr__run_found){0};
        if (col->whole)
            sel = col->is_key ? r->key.rows : r->value.rows;
        if (!col->vec.null && col->wanted)
            wr_vec_init(&col->vec, r->cfg.columns[c].type, r->rows.n, r->scratch);
        run_part *p = col->is_key ? &r->key : &r->value;
        if (col->place < 0) {
            convert_headers(r, c, sel);
        } else if (sel.n) {
            fault_list errs = faults_into(r, &col->found.faults);
            uint8_t *ok = wr_arena_alloc(r->scratch, r->rows.n + 1); /* the faults say it, too */
            wr_decoder_convert(p->decoder, (uint32_t)col->place, sel,
                               col->wanted ? &col->vec : NULL, ok, &errs.base);
            col->found.lacks = wr_decoder_unavailable(p->decoder, &col->found.lacks_n);
        }
    }
    if (out)
        *out = col->vec;
    return &col->found;
}

/* ------------------------------------------------------------------ schemas */

/* For rows with a fault only: the decoder has looked at the same bytes. */
uint32_t wr__run_schema(const wr__run_member *m, bool is_key, uint32_t row)
{
    const wr__run_reader *r = m->reader;
    const wr_format_use *use = is_key ? &r->cfg.key : &r->cfg.value;
    wr_str payload = (is_key ? &r->key : &r->value)->payloads[row];
    wr_str header = r->rows.headers ? schema_header(&r->rows.headers[row], is_key) : (wr_str){0};
    const wr_registry_schema *schema;
    wr_schema_mark mark;
    weir_error none;
    if (!wr_schema_mark_read(header.ptr ? header : payload, &mark))
        return 0;
    if (!mark.by_guid)
        return mark.id;
    if (wr_registry_known_guid(use->options.registry, mark.guid, &schema, &none) != WEIR_OK)
        return 0;
    return schema->id;
}

/* ------------------------------------------------------------------ event time */

const wr__faults *wr__run_times(wr__run_member *m, wr_sel sel)
{
    wr__run_reader *r = m->reader;
    if (r->timed)
        return &r->time_faults;
    r->timed = is_shared(r);
    r->time_faults = (wr__faults){0};
    if (r->timed)
        sel = r->value.rows;
    int32_t c = r->cfg.timestamp_column;
    bool in_key = c >= 0 && r->columns[c].is_key;
    WR_FOREACH_SEL (i, sel) {
        int64_t *ms = &r->rows.rowtime[i];
        char why[256] = "";
        bool good = true;
        /* A row without value has no such column: its record's own time counts. */
        if (c >= 0 && (in_key || r->rows.flags[i] & WR_ROW_HAS_NEW))
            good = wr__timestamp_get(&r->timestamp, &r->columns[c].vec, i, ms, why, sizeof why);
        else if (WR_UNLIKELY(*ms < 0)) {
            snprintf(why, sizeof why, "the timestamp %lld is negative", (long long)*ms);
            good = false;
        }
        if (WR_LIKELY(good))
            continue;
        char text[320];
        snprintf(text, sizeof text, "Failed to extract timestamp from row: %s", why);
        add_fault(&r->time_faults, r->scratch, i, text);
    }
    return &r->time_faults;
}
