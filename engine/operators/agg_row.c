/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the aggregate operators share: one group's row, between its bytes in a store and the
 * aggregate functions.
 *
 * Stored row: 8 bytes big-endian rowtime, the carried columns, then the state of each aggregate,
 * all in the row codec. Results are not stored: they are a function of the state, computed when a
 * row is emitted or pulled. In memory a row is decoded into scratch, changed in place by the
 * functions and encoded again, so nothing in a store points anywhere (Traps, 13).
 */
#include "engine/operators/agg_row.h"
#include "engine/operators/batch_rows.h"
#include "engine/operators/exchange_send.h"
#include "engine/operators/op_eval.h"
#include "engine/operators/stored_row.h"
#include "types/decimal.h"

#include <stdio.h>

/*
 * The type that a state is stored in. The sums of a table may go beyond theirs (undoable); a
 * value's bytes and its form in memory are the same in the wider type, as long as both are small or
 * neither is, so that 38 digits have no room for more.
 */
static const wr_type *stored_type(const wr__agg *g, uint32_t k, wr_arena *a)
{
    const wr_type *t = g->cfg->calls[k]->state_type;
    if (!g->cfg->input_table || t->id != WR_T_DECIMAL)
        return t;
    int32_t precision = t->precision + WR_AGG_DECIMAL_ROOM;
    if (wr_dec_is_small(t))
        precision = WR_MIN(precision, WR_DEC_SMALL_MAX);
    return wr_type_decimal(a, precision, t->scale);
}

void wr__agg_read_only(wr__agg *g, wr_op *op, wr_arena *a)
{
    WR_ASSERT(op->step->kind == WR_STEP_AGGREGATE);
    *g = (wr__agg){.op = op, .cfg = &op->step->u.aggregate};
    g->state_types = WR_NEW_N(a, const wr_type *, g->cfg->aggregates_n);
    for (uint32_t k = 0; k < g->cfg->aggregates_n; k++)
        g->state_types[k] = stored_type(g, k, a);
    wr__agg_ready(g, NULL);
}

static void keep_initial(wr__agg *g)
{
    WR_ASSERT(!g->cfg->input_table);
    wr__agg_ready(g, NULL);
    wr__agg_row row = wr__agg_row_new(g);
    wr__agg_init(g, &row);
    g->initial = wr_arena_str(g->op->ctx->task_arena, wr__agg_encode(g, &row));
}

weir_status wr__agg_open(wr__agg *g, wr_op *op, weir_error *err)
{
    WR_ASSERT(op->step->kind == WR_STEP_AGGREGATE);
    (void)err;
    wr_arena *a = op->ctx->task_arena;
    const wr_step_aggregate *cfg = &op->step->u.aggregate;
    wr__agg_read_only(g, op, a);
    uint32_t widest = 0;
    for (uint32_t k = 0; k < cfg->aggregates_n; k++) {
        g->args_n += cfg->calls[k]->args_n;
        widest = WR_MAX(widest, cfg->calls[k]->args_n);
        g->in_place |= cfg->calls[k]->impl->open != NULL;
    }
    g->arg_values = WR_NEW_N(a, wr_value, widest + 1);
    if (op->step->needs_old && !cfg->input_table && !op->ctx->caching)
        keep_initial(g);
    if (g->args_n == 0)
        return WEIR_OK;
    wr_expr **exprs = WR_NEW_N(a, wr_expr *, g->args_n);
    uint32_t n = 0;
    for (uint32_t k = 0; k < cfg->aggregates_n; k++)
        for (uint32_t j = 0; j < cfg->calls[k]->args_n; j++)
            exprs[n++] = cfg->args[k][j];
    g->ev = wr__op_evaluator(op, exprs, n);
    return WEIR_OK;
}

void wr__agg_close(wr__agg *g)
{
    if (g->ev)
        wr_evaluator_close(g->ev);
    wr_buf_free(&g->key);
    wr_buf_free(&g->row);
}

void wr__agg_ready(wr__agg *g, const wr_batch *in)
{
    wr_task_ctx *ctx = g->op->ctx;
    wr__op_errors_init(&g->errs, g->op, in);
    g->actx = (wr_agg_ctx){.scratch = ctx->scratch,
                           .errs = &g->errs.base,
                           .sequence = &ctx->sequence,
                           .undoable = g->cfg->input_table};
}

void wr__agg_begin(wr__agg *g, const wr_batch *in, wr_sel sel)
{
    WR_ASSERT(g->ev || g->args_n == 0);
    wr_task_ctx *ctx = g->op->ctx;
    wr__agg_ready(g, in);
    if (!g->ev)
        return;
    wr_eval_ctx ec = wr__op_eval_ctx(g->op, &g->errs);
    g->new_args = WR_NEW_N(ctx->scratch, const wr_vec *, g->args_n);
    g->old_args = NULL;
    if (!in->old_cols) {
        wr_evaluator_run(g->ev, in, NULL, sel, &ec, g->new_args);
        return;
    }
    /* A change of a table: only the sides that are there are computed. The results of the first
     * run are copied, since the evaluator may use its vectors again. */
    wr_evaluator_run(g->ev, in, NULL, wr__sel_with(in, WR_ROW_HAS_NEW, ctx->scratch), &ec,
                     g->new_args);
    wr_vec *copy = WR_NEW_N(ctx->scratch, wr_vec, g->args_n);
    for (uint32_t k = 0; k < g->args_n; k++) {
        copy[k] = *g->new_args[k];
        g->new_args[k] = &copy[k];
    }
    g->old_args = WR_NEW_N(ctx->scratch, const wr_vec *, g->args_n);
    wr_evaluator_run(g->ev, in, in->old_cols, wr__sel_with(in, WR_ROW_HAS_OLD, ctx->scratch), &ec,
                     g->old_args);
}

wr__agg_row wr__agg_row_new(wr__agg *g)
{
    wr_arena *a = g->op->ctx->scratch;
    return (wr__agg_row){.carried = WR_NEW_N(a, wr_value, g->cfg->carried_n),
                         .states = WR_NEW_N(a, wr_value, g->cfg->aggregates_n)};
}

void wr__agg_init(wr__agg *g, wr__agg_row *row)
{
    row->rowtime = 0;
    for (uint32_t k = 0; k < g->cfg->carried_n; k++)
        row->carried[k] = WR_VALUE_NULL;
    for (uint32_t k = 0; k < g->cfg->aggregates_n; k++) {
        const wr_agg_call *call = g->cfg->calls[k];
        row->states[k] = WR_VALUE_NULL;
        call->impl->init(call, &g->actx, &row->states[k]);
    }
}

static const wr_type *carried_type(const wr__agg *g, uint32_t k)
{
    const wr_schema *schema = g->op->step->schema;
    return schema->cols[schema->keys_n + k].type;
}

static weir_status damaged(weir_error *err)
{
    wr_error(err, WEIR_ERR_STORE, "an aggregate in the state store is damaged");
    if (err)
        err->flags |= WEIR_ERROR_FATAL;
    return WEIR_ERR_STORE;
}

weir_status wr__agg_decode(wr__agg *g, wr_str bytes, wr__agg_row *row, weir_error *err)
{
    wr_arena *a = g->op->ctx->scratch;
    const char *p = bytes.ptr + 8, *end = bytes.ptr + bytes.len;
    bool ok = bytes.len >= 8;
    if (ok)
        row->rowtime = (int64_t)wr_get_be64(bytes.ptr);
    for (uint32_t k = 0; ok && k < g->cfg->carried_n; k++)
        ok = wr_value_decode(carried_type(g, k), &p, end, a, &row->carried[k], err) == WEIR_OK;
    for (uint32_t k = 0; ok && k < g->cfg->aggregates_n; k++)
        ok = wr_value_decode(g->state_types[k], &p, end, a, &row->states[k], err) == WEIR_OK;
    return ok && p == end ? WEIR_OK : damaged(err);
}

/* Make the states such that add and merge may change them. */
static weir_status open_states(wr__agg *g, wr__agg_row *row, weir_error *err)
{
    if (row->open || !g->in_place)
        return WEIR_OK;
    row->open = true;
    for (uint32_t k = 0; k < g->cfg->aggregates_n; k++)
        if (!wr_agg_open(g->cfg->calls[k], &g->actx, &row->states[k]))
            return damaged(err);
    return WEIR_OK;
}

static void close_states(wr__agg *g, wr__agg_row *row)
{
    for (uint32_t k = 0; row->open && k < g->cfg->aggregates_n; k++)
        wr_agg_close(g->cfg->calls[k], &g->actx, &row->states[k]);
    row->open = false;
}

wr_str wr__agg_encode(wr__agg *g, wr__agg_row *row)
{
    close_states(g, row);
    wr_buf *out = &g->row;
    wr_buf_clear(out);
    wr_buf_be64(out, (uint64_t)row->rowtime);
    for (uint32_t k = 0; k < g->cfg->carried_n; k++)
        wr_value_encode(out, carried_type(g, k), &row->carried[k]);
    for (uint32_t k = 0; k < g->cfg->aggregates_n; k++)
        wr_value_encode(out, g->state_types[k], &row->states[k]);
    return wr_buf_view(out);
}

/* ------------------------------------------------------------------ add, undo, merge */

static void carry(wr__agg *g, wr__agg_row *row, const wr_vec *cols, uint32_t i)
{
    for (uint32_t k = 0; k < g->cfg->carried_n; k++)
        row->carried[k] = wr_vec_get(&cols[g->cfg->carried[k]], i);
}

static weir_status failed(const wr_agg_call *call, const char *message, weir_error *err)
{
    return wr_error(err, WEIR_ERR_RECORD, "%s: %s", call->fn->name,
                    message ? message : "the aggregation failed");
}

/* What a function says of a row that it has taken. */
static weir_status remark(wr__agg *g, const wr_agg_call *call, const char *message,
                          const wr_batch *in, uint32_t i, weir_error *err)
{
    if (WR_LIKELY(!message))
        return WEIR_OK;
    const wr_error_policy *policy = &g->op->ctx->plan->producing;
    if (policy->on_error == WR_ON_ERROR_STOP)
        return failed(call, message, err);
    char text[512];
    snprintf(text, sizeof text, "%s: %s", call->fn->name, message);
    const wr_row_fault fault = {WR_ROW_FAULT_OVERFLOW, WR_ROW_FAULT_STAYS, policy, text};
    wr__op_row_fault(g->op, in, i, &fault);
    return WEIR_OK;
}

/* Add to the states that are changed in place, or to the others. */
static weir_status add_to(wr__agg *g, wr__agg_row *row, bool in_place, const wr_batch *in,
                          uint32_t i, weir_error *err)
{
    uint32_t arg = 0;
    for (uint32_t k = 0; k < g->cfg->aggregates_n; k++) {
        const wr_agg_call *call = g->cfg->calls[k];
        const wr_vec **args = call->args_n ? g->new_args + arg : NULL;
        arg += call->args_n;
        if ((call->impl->open != NULL) != in_place)
            continue;
        for (uint32_t j = 0; j < call->args_n; j++)
            g->arg_values[j] = wr_vec_get(args[j], i);
        const char *message = NULL;
        if (!call->impl->add(call, &g->actx, &row->states[k], g->arg_values, &message))
            return failed(call, message, err);
        WR_TRY(remark(g, call, message, in, i, err));
    }
    return WEIR_OK;
}

/* What can fail comes first: what is changed in place cannot be taken back. */
weir_status wr__agg_add(wr__agg *g, wr__agg_row *row, const wr_batch *in, uint32_t i,
                        weir_error *err)
{
    WR_TRY(open_states(g, row, err));
    WR_TRY(add_to(g, row, false, in, i, err));
    if (g->in_place)
        WR_TRY(add_to(g, row, true, in, i, err));
    carry(g, row, in->cols, i);
    return WEIR_OK;
}

weir_status wr__agg_undo(wr__agg *g, wr__agg_row *row, const wr_batch *in, uint32_t i,
                         weir_error *err)
{
    uint32_t arg = 0;
    for (uint32_t k = 0; k < g->cfg->aggregates_n; k++) {
        const wr_agg_call *call = g->cfg->calls[k];
        for (uint32_t j = 0; j < call->args_n; j++)
            g->arg_values[j] = wr_vec_get(g->old_args[arg++], i);
        const char *message = NULL;
        WR_ASSERT(call->impl->undo); /* the planner refuses others on tables */
        if (!call->impl->undo(call, &g->actx, &row->states[k], g->arg_values, &message))
            return failed(call, message, err);
    }
    carry(g, row, in->old_cols, i);
    return WEIR_OK;
}

weir_status wr__agg_merge(wr__agg *g, wr__agg_row *row, const wr__agg_row *other, weir_error *err)
{
    WR_ASSERT(!other->open);
    WR_TRY(open_states(g, row, err));
    for (uint32_t k = 0; k < g->cfg->carried_n; k++)
        if (row->carried[k].null)
            row->carried[k] = other->carried[k];
    for (uint32_t k = 0; k < g->cfg->aggregates_n; k++) {
        const wr_agg_call *call = g->cfg->calls[k];
        const char *message = NULL;
        if (!call->impl->merge(call, &g->actx, &row->states[k], &other->states[k], &message))
            return failed(call, message, err);
    }
    return WEIR_OK;
}

weir_status wr__agg_left_out(wr__agg *g, const wr_batch *in, uint32_t i, weir_status st,
                             weir_error *err)
{
    if (st != WEIR_ERR_RECORD)
        return st;
    WR_ASSERT(err && err->message[0]);
    const wr_error_policy *policy = &g->op->ctx->plan->producing;
    bool stops = policy->on_error == WR_ON_ERROR_STOP;
    const wr_row_fault fault = {WR_ROW_FAULT_OVERFLOW,
                                stops ? WR_ROW_FAULT_STOPS : WR_ROW_FAULT_LEFT_OUT, policy,
                                err->message};
    wr__op_row_fault(g->op, in, i, &fault);
    if (stops)
        return st;
    g->op->dropped_rows++;
    *err = (weir_error){0};
    return WEIR_OK;
}

/* ------------------------------------------------------------------ results */

void wr__agg_results(wr__agg *g, const wr__agg_row *row, wr_vec *cols, uint32_t to)
{
    WR_ASSERT(!row->open);
    uint32_t c = g->op->step->schema->keys_n;
    for (uint32_t k = 0; k < g->cfg->carried_n; k++)
        wr_vec_set(&cols[c++], to, &row->carried[k]);
    for (uint32_t k = 0; k < g->cfg->aggregates_n; k++) {
        const wr_agg_call *call = g->cfg->calls[k];
        wr_value v = WR_VALUE_NULL;
        call->impl->result(call, &g->actx, &row->states[k], &v);
        wr_vec_set(&cols[c++], to, &v);
    }
}

weir_status wr__agg_results_of(wr__agg *g, wr_str bytes, wr_vec *cols, uint32_t to, weir_error *err)
{
    wr__agg_row row = wr__agg_row_new(g);
    WR_TRY(wr__agg_decode(g, bytes, &row, err));
    wr__agg_results(g, &row, cols, to);
    return WEIR_OK;
}

void wr__agg_key_cells(const wr__agg *g, wr_batch *out, uint32_t to, const wr_batch *in, uint32_t i)
{
    uint32_t n = g->op->step->schema->keys_n;
    wr__copy_cells(out->cols, 0, to, in->cols, 0, i, n);
    if (out->old_cols)
        wr__copy_cells(out->old_cols, 0, to, in->cols, 0, i, n);
}

/* ------------------------------------------------------------------ emitting */

weir_status wr__emit_before(wr_op *op, wr_batch_builder *out, weir_status st, weir_error *err)
{
    if (st == WEIR_OK)
        return wr_op_emit(op, wr_batch_builder_finish(out), err);
    weir_error ignored = {0}; /* the first failure is the one to tell */
    weir_status emitted = wr_op_emit(op, wr_batch_builder_finish(out), &ignored);
    (void)emitted;
    return st;
}

weir_status wr__agg_put_dirty(wr__agg *g, const wr_store_entry *e, wr_str old, wr_batch *b,
                              uint32_t to, weir_error *err)
{
    wr_arena *a = g->op->ctx->scratch;
    uint32_t keys = g->op->step->schema->keys_n;
    b->partition[to] = g->op->ctx->partition;
    b->offset[to] = WR_NO_OFFSET;
    b->flags[to] = 0;
    if (b->old_cols)
        wr__copy_cells(b->old_cols, 0, to, b->cols, 0, to, keys);
    if (wr_entry_exists(e)) {
        wr_str bytes = wr__row_copy(a, wr_entry_value(e));
        b->flags[to] |= WR_ROW_HAS_NEW;
        WR_TRY(wr__row_time(bytes, &b->rowtime[to], err));
        WR_TRY(wr__agg_results_of(g, bytes, b->cols, to, err));
    } else {
        b->rowtime[to] = wr_entry_timestamp(e);
    }
    if (old.ptr && b->old_cols) {
        b->flags[to] |= WR_ROW_HAS_OLD;
        WR_TRY(wr__agg_results_of(g, wr__row_copy(a, old), b->old_cols, to, err));
    }
    return WEIR_OK;
}

weir_status wr__flush_dirty(wr_op *op, wr_store *store, bool windowed, wr__put_dirty put,
                            weir_error *err)
{
    WR_ASSERT(op->ctx->caching);
    wr_arena *a = op->ctx->scratch;
    size_t n = wr_store_dirty_count(store);
    for (size_t i = 0; i < n;) {
        wr_batch_builder *out =
            wr_batch_builder_new(a, op->step->schema, windowed, op->step->needs_old);
        for (; i < n && wr_batch_builder_rows(out) < WR__FLUSH_ROWS; i++) {
            wr_str old = {0};
            wr_store_entry *e = wr_store_dirty_at(store, i, &old);
            if (wr_entry_exists(e) || old.ptr)
                WR_TRY(put(op, e, old, out, err));
        }
        WR_TRY(wr_op_emit(op, wr_batch_builder_finish(out), err));
        WR_TRY(wr__reset_scratch(op->ctx, err));
    }
    return WEIR_OK;
}
