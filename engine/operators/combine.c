/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Combine: rows on their way to a stream aggregate are aggregated per key (and window) before the
 * repartition topic, so that the topic carries a row for each group and commit instead of each row.
 *
 * It stands before RepartitionWrite where the planner found that all functions of the aggregate
 * behind the topic combine (plan.h), with caching on, and only where there is a topic at all. What
 * it holds is flat (flat.h): a row's bytes with the start of the window in place of the time.
 *
 * What it must not change is which rows are late (Traps 1; docs/design/operators.md has the proof):
 *   - a row that may be late, seen from the newest row held, is not held: all that is held goes
 *     first, then the row itself, so the aggregate judges it as it would have
 *   - partials go in order of their windows, so none makes another one late
 *   - everything goes at a commit, and when MOST bytes are held
 * All of this is decided row by row, never at the end of a batch.
 *
 * Holding does not pay where most keys are different: when JUDGED rows have made three partials for
 * each four, the next PASSED rows go as they are, then it is tried again.
 */
#include "engine/operators/agg_row.h"
#include "engine/operators/classes.h"
#include "engine/operators/flat.h"
#include "engine/operators/group.h"
#include "engine/operators/op_eval.h"
#include "engine/operators/rowkey.h"
#include "engine/operators/times.h"

#include <stdlib.h>

enum { MOST = 8 << 20, JUDGED = 8192, PASSED = 1 << 18, PENDING = 2048 };

/* A partial aggregate that is held; key and row lie in the arena `held`. */
typedef struct partial {
    uint64_t hash;
    wr_str key;
    int64_t start; /* of the window, 0 without */
    int64_t time;  /* the largest */
    char *row;
    const wr_headers *headers; /* of the last record; NULL: none */
} partial;

typedef struct combine_state {
    const wr_step *aggregate;
    wr__flat flat;
    wr_evaluator *ev;
    uint32_t args_n;
    wr_buf keys, states;
    wr_arena *held;
    partial *partials;
    uint32_t n, cap;
    uint32_t *table; /* indices + 1; 0: free */
    uint32_t table_n;
    size_t bytes;
    int64_t newest;     /* time of the rows held; WR__NO_TIME: none */
    uint32_t rows_seen; /* since holding was judged last, and the partials they made */
    uint32_t partials_made;
    uint32_t passing; /* rows that still go as they are */
    bool headers;     /* some that is held has headers */
} combine_state;

static weir_status combine_open(wr_op *op, wr_task_ctx *ctx, weir_error *err)
{
    WR_ASSERT(op->step->u.repartition.combine && ctx->caching && !ctx->exchange_in_memory);
    (void)err;
    combine_state *s = op->state;
    s->aggregate = op->step->u.repartition.combine;
    const wr_step_aggregate *cfg = &s->aggregate->u.aggregate;
    wr__flat_open(&s->flat, cfg, ctx->task_arena);
    WR_ASSERT(s->flat.on && !cfg->window.emit_final); /* so the planner said */
    for (uint32_t k = 0; k < cfg->aggregates_n; k++)
        s->args_n += cfg->calls[k]->args_n;
    if (s->args_n) {
        wr_expr **exprs = WR_NEW_N(ctx->task_arena, wr_expr *, s->args_n);
        uint32_t n = 0;
        for (uint32_t k = 0; k < cfg->aggregates_n; k++)
            for (uint32_t j = 0; j < cfg->calls[k]->args_n; j++)
                exprs[n++] = cfg->args[k][j];
        s->ev = wr__op_evaluator(op, exprs, s->args_n);
    }
    s->held = wr_arena_new(0);
    s->newest = WR__NO_TIME;
    return WEIR_OK;
}

static void combine_close(wr_op *op)
{
    combine_state *s = op->state;
    if (s->ev)
        wr_evaluator_close(s->ev);
    if (s->held)
        wr_arena_free(s->held);
    wr_free(s->partials);
    wr_free(s->table);
    wr_buf_free(&s->keys);
    wr_buf_free(&s->states);
}

/* ------------------------------------------------------------------ what is held */

static uint32_t *place(const combine_state *s, uint64_t hash, wr_str key, int64_t start)
{
    for (uint32_t at = (uint32_t)hash & (s->table_n - 1);; at = (at + 1) & (s->table_n - 1)) {
        uint32_t id = s->table[at];
        const partial *p = id ? &s->partials[id - 1] : NULL;
        if (!p || (p->hash == hash && p->start == start && wr_str_eq(p->key, key)))
            return &s->table[at];
    }
}

static void grow_table(combine_state *s)
{
    wr_free(s->table);
    s->table_n = s->table_n ? s->table_n * 2 : 256;
    s->table = wr_calloc(s->table_n, sizeof *s->table);
    for (uint32_t k = 0; k < s->n; k++)
        *place(s, s->partials[k].hash, s->partials[k].key, s->partials[k].start) = k + 1;
}

/* The partial of (key, start), a new one where there is none. */
static uint32_t hold(combine_state *s, wr_str key, int64_t start)
{
    if (2 * s->n >= s->table_n)
        grow_table(s);
    uint64_t hash =
        wr__group_hash(key) ^ (uint64_t)start / 8 * UINT64_C(0x9e3779b97f4a7c15) ^ (uint64_t)start;
    uint32_t *slot = place(s, hash, key, start);
    if (*slot)
        return *slot - 1;
    if (s->n == s->cap) {
        s->cap = s->cap ? s->cap * 2 : 256;
        s->partials = wr_realloc(s->partials, s->cap * sizeof *s->partials);
    }
    char *row = wr_arena_memdup(s->held, s->flat.blank, s->flat.len);
    wr_put_be64(row, (uint64_t)start);
    s->partials[s->n] = (partial){hash, wr_arena_str(s->held, key), start, WR__NO_TIME, row, NULL};
    s->bytes += sizeof(partial) + 2 * sizeof(uint32_t) + key.len + s->flat.len;
    s->partials_made++;
    return (*slot = ++s->n) - 1;
}

/* ------------------------------------------------------------------ sending */

static int by_start(const void *a, const void *b)
{
    const partial *x = *(const partial *const *)a, *y = *(const partial *const *)b;
    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    return x < y ? -1 : x > y; /* as they came */
}

/* No values: the aggregate takes what stands in partials. */
static void clear_values(wr_batch *b)
{
    for (uint32_t c = b->schema->keys_n; c < b->schema->n; c++) {
        size_t width = wr_type_width(b->schema->cols[c].type);
        memset(b->cols[c].null, 1, b->rows);
        if (width)
            memset(b->cols[c].u.data, 0, width * b->rows);
    }
}

static weir_status send_some(wr_op *op, partial *const *list, uint32_t n, weir_error *err)
{
    combine_state *s = op->state;
    wr_arena *a = op->ctx->scratch;
    const wr_schema *schema = op->step->schema;
    wr_batch *b = wr_batch_new(a, schema, n, false, false);
    wr_str *partials = WR_NEW_N(a, wr_str, n);
    wr_headers *headers = s->headers ? WR_NEW_N(a, wr_headers, n) : NULL;
    clear_values(b);
    for (uint32_t i = 0; i < n; i++) {
        const partial *p = list[i];
        wr_buf_clear(&s->states);
        wr_buf_put(&s->states, p->row, 8);
        wr__flat_put_states(&s->flat, p->row, &s->states);
        partials[i] = wr_arena_str(a, wr_buf_view(&s->states));
        WR_TRY(wr__rowkey_read(schema, p->key, a, b->cols, i, false, NULL, NULL, err));
        b->rowtime[i] = p->time;
        b->partition[i] = op->ctx->partition;
        b->offset[i] = WR_NO_OFFSET;
        if (headers && p->headers)
            headers[i] = *p->headers;
    }
    b->partials = partials;
    b->headers = headers;
    return wr_op_emit(op, b, err);
}

static weir_status send_held(wr_op *op, weir_error *err)
{
    WR_ASSERT(((combine_state *)op->state)->flat.on);
    combine_state *s = op->state;
    if (s->n == 0)
        return WEIR_OK;
    partial **list = wr_arena_alloc(s->held, s->n * sizeof(partial *));
    for (uint32_t k = 0; k < s->n; k++)
        list[k] = &s->partials[k];
    if (s->aggregate->windowed)
        qsort(list, s->n, sizeof(partial *), by_start);
    weir_status st = WEIR_OK;
    for (uint32_t k = 0; k < s->n && st == WEIR_OK; k += WR__FLUSH_ROWS)
        st = send_some(op, list + k, WR_MIN(s->n - k, WR__FLUSH_ROWS), err);
    memset(s->table, 0, s->table_n * sizeof *s->table);
    wr_arena_reset(s->held);
    s->n = 0;
    s->bytes = 0;
    s->headers = false;
    s->newest = WR__NO_TIME;
    return st;
}

/* ------------------------------------------------------------------ the rows of a batch */

typedef struct kept_error {
    uint32_t row;
    const char *message;
} kept_error;

/* Errors of arguments are kept until it is known which rows are held: the others' arguments are
 * computed once more, behind the topic. */
typedef struct kept_errors {
    wr_row_errors base;
    wr_arena *arena;
    wr_arr(kept_error) list;
} kept_errors;

static void keep_error(wr_row_errors *self, uint32_t row, const char *message)
{
    kept_errors *e = (kept_errors *)self;
    kept_error x = {row, wr_arena_strdup(e->arena, message)};
    wr_arr_push(e->arena, &e->list, x);
}

/* One batch on its way through. */
typedef struct pass {
    const wr_batch *in;
    wr_sel sel;
    wr__groups groups;
    wr__windows windows;
    const wr_vec **args;
    kept_errors errs;
    uint32_t *held_as; /* by slot: index + 1 of its partial; good for one generation */
    uint8_t *is_held;  /* by row */
    uint32_t *raw, raw_n;
    char **rows; /* what is to be added: input row at[k] to rows[k] */
    uint32_t *at, n;
} pass;

static void add_pending(combine_state *s, pass *p)
{
    wr__flat_pairs pairs = {p->n, p->rows, p->at};
    uint64_t no_sequence = 0; /* functions that need one do not combine */
    if (p->n)
        wr__flat_add(&s->flat, &pairs, p->args, &no_sequence);
    p->n = 0;
}

static weir_status emit_raw(wr_op *op, pass *p, weir_error *err)
{
    if (p->raw_n == 0)
        return WEIR_OK;
    wr_arena *a = op->ctx->scratch;
    wr_batch *b = wr_arena_memdup(a, p->in, sizeof *p->in);
    b->sel = (wr_sel){p->raw_n, wr_arena_memdup(a, p->raw, p->raw_n * sizeof *p->raw)};
    p->raw_n = 0;
    return wr_op_emit(op, b, err);
}

/* Send what is held, and before it the rows that came before it. */
static weir_status let_go(wr_op *op, pass *p, weir_error *err)
{
    combine_state *s = op->state;
    add_pending(s, p);
    WR_TRY(emit_raw(op, p, err));
    memset(p->held_as, 0, p->windows.n * sizeof *p->held_as);
    return send_held(op, err);
}

/* May the aggregate find a window of this row closed? Judged from the newest row held, which is at
 * least what the aggregate has seen of them. */
static bool may_be_late(const combine_state *s, const pass *p, uint32_t k, int64_t time)
{
    const wr_window *w = &s->aggregate->u.aggregate.window;
    if (w->kind == WR_WINDOW_NONE)
        return false;
    int64_t first = p->windows.starts[p->windows.slot[p->windows.from[k]]];
    int64_t close_time = wr__time_add(WR_MAX(s->newest, time), -w->grace_ms);
    return wr__time_add(first, w->size_ms) <= close_time;
}

/* Has holding paid? Judged each so many rows. */
static bool gives_up(combine_state *s)
{
    if (++s->rows_seen < JUDGED)
        return false;
    bool poor = s->partials_made >= s->rows_seen / 4 * 3;
    s->rows_seen = s->partials_made = 0;
    if (poor)
        s->passing = PASSED;
    return poor;
}

/* The aggregate sees one row for many: it has the headers of the last. */
static void take_headers(combine_state *s, partial *held, const wr_batch *in, uint32_t i)
{
    const wr_headers *h = in->headers && in->headers[i].n ? &in->headers[i] : NULL;
    size_t before = wr_arena_used(s->held);
    held->headers = h ? wr_headers_copy(s->held, h) : NULL;
    s->bytes += wr_arena_used(s->held) - before;
    s->headers = s->headers || h;
}

static void hold_row(combine_state *s, pass *p, uint32_t k, uint32_t i)
{
    int64_t time = p->in->rowtime[i];
    p->is_held[i] = 1;
    for (uint32_t x = 0; x < p->windows.count[k]; x++) {
        uint32_t slot = p->windows.slot[p->windows.from[k] + x];
        if (!p->held_as[slot])
            p->held_as[slot] = 1 + hold(s, p->windows.keys[slot], p->windows.starts[slot]);
        partial *held = &s->partials[p->held_as[slot] - 1];
        held->time = WR_MAX(held->time, time);
        if (WR_UNLIKELY(p->in->headers || s->headers))
            take_headers(s, held, p->in, i);
        if (p->n == PENDING)
            add_pending(s, p);
        p->rows[p->n] = held->row;
        p->at[p->n++] = i;
    }
    s->newest = WR_MAX(s->newest, time);
}

static weir_status take_rows(wr_op *op, pass *p, weir_error *err)
{
    combine_state *s = op->state;
    for (uint32_t k = 0; k < p->sel.n; k++) {
        uint32_t i = wr_sel_row(p->sel, k);
        uint8_t f = p->in->flags[i];
        bool odd = !(f & WR_ROW_HAS_NEW) || (f & WR_ROW_NULL_KEY) || p->windows.count[k] == 0;
        if (s->passing || odd || may_be_late(s, p, k, p->in->rowtime[i])) {
            if (s->n)
                WR_TRY(let_go(op, p, err));
            p->raw[p->raw_n++] = i;
            s->passing -= s->passing > 0;
            continue;
        }
        hold_row(s, p, k, i);
        if (gives_up(s) || s->bytes > MOST)
            WR_TRY(let_go(op, p, err));
    }
    add_pending(s, p);
    return emit_raw(op, p, err);
}

/* Without windows each group is a slot of its own. */
static wr__windows one_slot_each(const wr__groups *g, uint32_t rows, wr_arena *a)
{
    uint32_t *slot = wr_arena_alloc(a, ((size_t)g->n + 1) * sizeof *slot);
    uint32_t *count = wr_arena_alloc(a, ((size_t)rows + 1) * sizeof *count);
    for (uint32_t k = 0; k < g->n; k++)
        slot[k] = k;
    for (uint32_t k = 0; k < rows; k++)
        count[k] = 1;
    return (wr__windows){g->n, g->keys, WR_NEW_N(a, int64_t, (size_t)g->n + 1), slot, g->of, count};
}

static void evaluate(wr_op *op, pass *p)
{
    combine_state *s = op->state;
    p->errs = (kept_errors){.base = {.report = keep_error}, .arena = op->ctx->scratch};
    if (!s->ev)
        return;
    wr__op_errors unused;
    wr__op_errors_init(&unused, op, p->in);
    wr_eval_ctx ec = wr__op_eval_ctx(op, &unused);
    ec.errs = &p->errs.base;
    p->args = WR_NEW_N(op->ctx->scratch, const wr_vec *, s->args_n);
    wr_evaluator_run(s->ev, p->in, NULL, p->sel, &ec, p->args);
}

static void report_held(wr_op *op, const pass *p)
{
    const combine_state *s = op->state;
    for (size_t k = 0; k < p->errs.list.n; k++) {
        const kept_error *e = &p->errs.list.v[k];
        const wr_row_fault fault = {WR_ROW_FAULT_EXPRESSION, WR_ROW_FAULT_STAYS,
                                    &op->ctx->plan->computing, e->message};
        if (p->is_held[e->row] && op->ctx->row_error)
            op->ctx->row_error(op->ctx, s->aggregate, p->in, e->row, &fault);
    }
}

static weir_status combine_process(wr_op *op, int input, const wr_batch *in, weir_error *err)
{
    (void)input;
    combine_state *s = op->state;
    wr_arena *a = op->ctx->scratch;
    const wr_window *w = &s->aggregate->u.aggregate.window;
    if (s->passing >= in->sel.n) { /* then nothing is held */
        s->passing -= in->sel.n;
        return wr_op_emit(op, in, err);
    }
    pass p = {.in = in, .sel = in->sel};
    wr__groups_find(&p.groups, op->step->schema, in, p.sel, &s->keys, a);
    if (w->kind == WR_WINDOW_NONE)
        p.windows = one_slot_each(&p.groups, p.sel.n, a);
    else
        wr__windows_find(&p.windows, w, &p.groups, in, p.sel, a);
    p.held_as = WR_NEW_N(a, uint32_t, (size_t)p.windows.n + 1);
    p.is_held = WR_NEW_N(a, uint8_t, (size_t)in->rows + 1);
    p.raw = wr_arena_alloc(a, ((size_t)p.sel.n + 1) * sizeof *p.raw);
    p.rows = wr_arena_alloc(a, PENDING * sizeof *p.rows);
    p.at = wr_arena_alloc(a, PENDING * sizeof *p.at);
    evaluate(op, &p);
    weir_status st = take_rows(op, &p, err);
    report_held(op, &p);
    return st;
}

static weir_status combine_flush(wr_op *op, weir_error *err)
{
    return send_held(op, err);
}

const wr_op_class wr__combine_class = {
    .name = "Combine",
    .state_size = sizeof(combine_state),
    .open = combine_open,
    .process = combine_process,
    .flush = combine_flush,
    .close = combine_close,
};
