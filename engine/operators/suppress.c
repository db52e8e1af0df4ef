/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TableSuppress (EMIT FINAL): the step only carries the configuration.
 *
 * As in Kafka Streams since 3.3 (EmitStrategy.onWindowClose), the aggregate in front of it holds
 * the windows anyway and emits a window when it closes, out of its own store; a second buffer here
 * would double the state. So rows that arrive are final, and pass. Here too is what the windowed
 * aggregates share: when they let windows out (suppress.h), and how.
 */
#include "engine/operators/suppress.h"
#include "engine/operators/exchange_send.h"
#include "engine/operators/rowkey.h"
#include "engine/operators/stored_row.h"
#include "engine/operators/times.h"

static weir_status suppress_open(wr_op *op, wr_task_ctx *ctx, weir_error *err)
{
    (void)ctx;
    const wr_step *in = op->step->in[0];
    if (in->kind != WR_STEP_AGGREGATE || !in->u.aggregate.window.emit_final)
        return wr_error(err, WEIR_ERR_UNSUPPORTED,
                        "EMIT FINAL is only supported for windowed aggregations.");
    return WEIR_OK;
}

static weir_status suppress_process(wr_op *op, int input, const wr_batch *in, weir_error *err)
{
    (void)input;
    return wr_op_emit(op, in, err);
}

const wr_op_class wr__suppress_class = {
    .name = "Suppress",
    .state_size = 1,
    .open = suppress_open,
    .process = suppress_process,
};

/* ------------------------------------------------------------------ when */

void wr__final_open(wr__final *f, const wr_op *op)
{
    *f = (wr__final){.on = op->step->u.aggregate.window.emit_final};
    const wr_plan *plan = op->ctx->plan;
    for (uint32_t i = 0; i < plan->steps_n; i++) {
        const wr_step *s = plan->steps[i];
        if (s->kind != WR_STEP_SUPPRESS || s->in[0] != op->step)
            continue;
        f->interval_ms = s->u.suppress.emit_interval_ms;
        f->exact = s->u.suppress.exact;
    }
    WR_ASSERT(f->interval_ms >= 0);
}

bool wr__final_due(wr__final *f, int64_t wall_ms, int64_t last, int64_t close_time)
{
    if (!f->on || wall_ms < f->next_emit_ms)
        return false;
    f->next_emit_ms = wr__time_add(wall_ms, f->interval_ms);
    return last == WR__NO_TIME || last < close_time;
}

bool wr__final_owed(const wr__final *f, int64_t last, int64_t close_time)
{
    return f->on && !f->exact && (last == WR__NO_TIME || last < close_time);
}

/* ------------------------------------------------------------------ how */

weir_status wr__final_row(wr_op *op, wr__final_rows *rows, wr_str key, uint32_t *to,
                          weir_error *err)
{
    const wr_schema *schema = op->step->schema;
    wr_task_ctx *ctx = op->ctx;
    if (!rows->in && wr_batch_builder_rows(rows->out) >= WR__FLUSH_ROWS) {
        WR_TRY(wr_op_emit(op, wr_batch_builder_finish(rows->out), err));
        WR_TRY(wr__reset_scratch(ctx, err));
        rows->out = wr_batch_builder_new(ctx->scratch, schema, true, op->step->needs_old);
    }
    *to = wr_batch_builder_row(rows->out);
    if (rows->in)
        wr_batch_builder_meta(rows->out, *to, rows->in, rows->i);
    wr_batch *b = wr_batch_builder_batch(rows->out);
    if (!rows->in) {
        b->partition[*to] = ctx->partition;
        b->offset[*to] = WR_NO_OFFSET;
    }
    WR_ASSERT(b->flags[*to] & WR_ROW_HAS_NEW);
    return wr__rowkey_read(schema, wr__row_copy(ctx->scratch, key), ctx->scratch, b->cols, *to,
                           false, NULL, NULL, err);
}

weir_status wr__final_emit(wr_op *op, wr_store_iter *it, wr__final_put put, wr__final_rows *rows,
                           weir_error *err)
{
    weir_status st;
    for (;;) {
        wr_store_row row;
        bool more;
        st = wr_store_iter_next(it, &row, &more, err);
        if (st != WEIR_OK || !more)
            break;
        st = put(op, &row, rows, err);
        if (st != WEIR_OK)
            break;
    }
    wr_store_iter_free(it);
    return st;
}

weir_status wr__final_flush(wr__agg *agg, const wr__final *f, int64_t last, int64_t close_time,
                            wr__final_closed emit_closed, weir_error *err)
{
    wr_op *op = agg->op;
    if (!wr__final_owed(f, last, close_time))
        return WEIR_OK;
    wr__agg_ready(agg, NULL);
    wr__final_rows rows = {
        .out = wr_batch_builder_new(op->ctx->scratch, op->step->schema, true, op->step->needs_old)};
    WR_TRY(emit_closed(op, close_time, INT64_MIN, &rows, err));
    return wr_op_emit(op, wr_batch_builder_finish(rows.out), err);
}
