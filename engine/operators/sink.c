/* SPDX-License-Identifier: Apache-2.0 */
/*
 * StreamSink, TableSink: rows to records of the output topic.
 *
 * Key and value in the sink's formats; behind a windowed key the window's bytes (dialect.md 14.8);
 * a row without value becomes a NULL value: a record without value of a stream, a tombstone of a
 * table. WITH (TIMESTAMP = column): the record's timestamp is that column's; a row whose column
 * is NULL, cannot be parsed or is negative is reported and left out; a row without value keeps its
 * own time. A row that the format cannot write is reported and left out, as is one whose record
 * would be larger than the log takes, or of a time that the topic does not take. Where the query is
 * to end at such a row (wr_plan.producing), nothing of its batch is written.
 *
 * Headers are those that the rows bring along, but for what names a schema: that was said of other
 * bytes, and readers would believe it. A format may name its own there (options.id_in_header).
 *
 * Bytes live in buffers of the operator, which produce() borrows.
 */
#include "engine/operators/batch_rows.h"
#include "engine/operators/op_eval.h"
#include "engine/operators/timestamp.h"

typedef struct sink_state {
    wr_encoder *key, *value; /* NULL: no such columns */
    wr__timestamp timestamp;
    wr_record_times times; /* that the topic takes */
    wr_buf keys, values, windowed_keys;
    wr_header mark;        /* of values whose schema is named in a header; ptr NULL: none */
    wr_headers mark_alone; /* the same, for records without other headers */
} sink_state;

static weir_status sink_open(wr_op *op, wr_task_ctx *ctx, weir_error *err)
{
    WR_ASSERT(op->step->u.sink.topic < ctx->plan->topics_n);
    WR_ASSERT(op->step->u.sink.partitioner != WR_PARTITIONER_NONE);
    sink_state *s = op->state;
    const wr_step_sink *cfg = &op->step->u.sink;
    const wr_schema *schema = op->step->schema;
    uint32_t keys = schema->keys_n;
    if (keys)
        WR_TRY(wr_encoder_new(cfg->key.format, schema->cols, keys, &cfg->key.options,
                              ctx->task_arena, &s->key, err));
    if (schema->n > keys)
        WR_TRY(wr_encoder_new(cfg->value.format, schema->cols + keys, schema->n - keys,
                              &cfg->value.options, ctx->task_arena, &s->value, err));
    s->mark = (wr_header){.key = wr_str_c(wr_value_schema_header)};
    if (s->value)
        s->mark.value = wr_encoder_mark(s->value);
    s->mark_alone = (wr_headers){1, &s->mark};
    if (cfg->timestamp_column >= 0)
        WR_TRY(wr__timestamp_open(&s->timestamp, ctx, schema->cols[cfg->timestamp_column].type,
                                  cfg->timestamp_format, err));
    s->times = WR_RECORD_TIMES_ANY;
    return ctx->record_times ? ctx->record_times(ctx, cfg->topic, &s->times, err) : WEIR_OK;
}

static void sink_close(wr_op *op)
{
    sink_state *s = op->state;
    wr__timestamp_close(&s->timestamp);
    wr_buf_free(&s->keys);
    wr_buf_free(&s->values);
    wr_buf_free(&s->windowed_keys);
}

/* ------------------------------------------------------------------ timestamps */

static bool sink_time(wr_op *op, const wr_batch *in, uint32_t i, int64_t *ms, char *why,
                      size_t why_n)
{
    sink_state *s = op->state;
    int32_t c = op->step->u.sink.timestamp_column;
    *ms = in->rowtime[i];
    if (c < 0 || !(in->flags[i] & WR_ROW_HAS_NEW))
        return true;
    return wr__timestamp_get(&s->timestamp, &in->cols[c], i, ms, why, why_n);
}

/* The first and the last time that the topic takes now. */
typedef struct time_span {
    int64_t first, last;
} time_span;

static time_span span_of(const wr_op *op)
{
    const sink_state *s = op->state;
    int64_t now = op->ctx->wall_ms;
    time_span t = {INT64_MIN, INT64_MAX};
    if (s->times.past_max_ms != INT64_MAX)
        t.first = now - s->times.past_max_ms;
    if (s->times.future_max_ms < INT64_MAX - WR_MAX(now, 0))
        t.last = now + s->times.future_max_ms;
    return t;
}

/* Reported where the topic would refuse row @p row, with its whole batch, or change its time. */
static bool bad_time(const wr_op *op, const time_span *span, int64_t ms, uint32_t row,
                     wr__op_errors *e)
{
    const sink_state *s = op->state;
    wr_row_errors *errs = &e->base;
    if (WR_LIKELY(ms >= span->first && ms <= span->last && (ms != 0 || !s->times.no_zero)))
        return false;
    e->reason = WR_ROW_FAULT_TIME_LIMIT;
    long long time = (long long)ms, ahead = (long long)(ms - op->ctx->wall_ms);
    if (ms > span->last)
        wr_row_error(errs, row,
                     "The record is further ahead of the clock than the topic takes: time %lld, "
                     "%lld ms ahead, at most %lld (message.timestamp.after.max.ms)",
                     time, ahead, (long long)s->times.future_max_ms);
    else if (ms < span->first)
        wr_row_error(errs, row,
                     "The record is further behind the clock than the topic takes: time %lld, "
                     "%lld ms behind, at most %lld (message.timestamp.before.max.ms)",
                     time, -ahead, (long long)s->times.past_max_ms);
    else
        wr_row_error(errs, row,
                     "A record of time 0 cannot be written to this topic: it would get "
                     "the present time");
    return true;
}

/* ------------------------------------------------------------------ records */

typedef struct records {
    wr_str *keys, *values; /* by row while encoding, then dense */
    uint8_t *key_ok, *value_ok;
    bool all_ok;
    int64_t *times;
    const wr_headers **headers; /* NULL: none has any */
    uint32_t n;
} records;

static void encode(wr_op *op, const wr_batch *in, records *r, wr__op_errors *e)
{
    sink_state *s = op->state;
    wr_row_errors *errs = &e->base;
    e->reason = WR_ROW_FAULT_ENCODING;
    wr_buf_clear(&s->keys);
    wr_buf_clear(&s->values);
    if (s->key)
        wr_encoder_run(s->key, in->cols, in->sel, &s->keys, r->keys, r->key_ok, errs);
    if (s->value)
        wr_encoder_run(s->value, in->cols + in->schema->keys_n,
                       wr__sel_with(in, WR_ROW_HAS_NEW, op->ctx->scratch), &s->values, r->values,
                       r->value_ok, errs);
    r->all_ok = errs->count == 0;
}

/* Key bytes followed by the window: start for time windows, end and start for sessions. */
static void append_windows(wr_op *op, const wr_batch *in, records *r)
{
    sink_state *s = op->state;
    wr_buf *out = &s->windowed_keys;
    bool session = op->step->u.sink.window.kind == WR_WINDOW_SESSION;
    size_t *ends = WR_NEW_N(op->ctx->scratch, size_t, in->rows);
    wr_buf_clear(out);
    WR_FOREACH_SEL (i, in->sel) {
        wr_buf_str(out, r->keys[i]);
        if (session)
            wr_buf_be64(out, (uint64_t)in->window_end[i]);
        wr_buf_be64(out, (uint64_t)in->window_start[i]);
        ends[i] = out->len;
    }
    size_t start = 0;
    WR_FOREACH_SEL (j, in->sel) {
        r->keys[j] = wr_str_make(out->ptr + start, ends[j] - start);
        start = ends[j];
    }
}

static bool is_written(const wr_op *op, const wr_batch *in, const records *r, uint32_t i)
{
    const sink_state *s = op->state;
    return r->all_ok || ((!s->key || r->key_ok[i]) &&
                         (!s->value || !(in->flags[i] & WR_ROW_HAS_NEW) || r->value_ok[i]));
}

static bool names_schema(const wr_header *h)
{
    return wr_str_eq_c(h->key, wr_key_schema_header) || wr_str_eq_c(h->key, wr_value_schema_header);
}

/* The headers of a record. @return NULL: none. */
static const wr_headers *record_headers(const wr_op *op, const wr_headers *from, bool has_value)
{
    const sink_state *s = op->state;
    bool marked = has_value && s->mark.value.ptr;
    uint32_t n = from ? from->n : 0, kept = 0;
    for (uint32_t i = 0; i < n; i++)
        kept += !names_schema(&from->h[i]);
    if (kept == 0)
        return marked ? &s->mark_alone : NULL;
    if (kept == n && !marked)
        return from;
    wr_header *h = WR_NEW_N(op->ctx->scratch, wr_header, kept + 1);
    wr_headers *to = WR_NEW(op->ctx->scratch, wr_headers);
    *to = (wr_headers){.h = h};
    for (uint32_t i = 0; i < n; i++)
        if (!names_schema(&from->h[i]))
            h[to->n++] = from->h[i];
    if (marked)
        h[to->n++] = s->mark;
    WR_ASSERT(to->n == kept + marked);
    return to;
}

/* Leave out what failed; close the gaps. Rows ascend, so moving down is safe. */
static void compact(wr_op *op, const wr_batch *in, records *r, wr__op_errors *errs)
{
    const sink_state *s = op->state;
    const wr_str no_columns = {"", 0};
    bool own_times = op->step->u.sink.timestamp_column >= 0;
    const time_span span = span_of(op);
    WR_FOREACH_SEL (i, in->sel) {
        int64_t ms = in->rowtime[i];
        char why[256];
        if (!is_written(op, in, r, i))
            continue;
        if (own_times && !sink_time(op, in, i, &ms, why, sizeof why)) {
            errs->reason = WR_ROW_FAULT_TIME;
            wr_row_error(&errs->base, i, "Failed to extract timestamp from row: %s", why);
            continue;
        }
        bool has_value = in->flags[i] & WR_ROW_HAS_NEW;
        wr_str key = in->flags[i] & WR_ROW_NULL_KEY ? (wr_str){0} : r->keys[i];
        wr_str value = !has_value ? (wr_str){0} : s->value ? r->values[i] : no_columns;
        const wr_headers *headers =
            r->headers ? record_headers(op, in->headers ? &in->headers[i] : NULL, has_value) : NULL;
        if (bad_time(op, &span, ms, i, errs) || wr__op_too_large(op, key, value, headers, i, errs))
            continue;
        r->keys[r->n] = key;
        r->values[r->n] = value;
        r->times[r->n] = ms;
        if (r->headers)
            r->headers[r->n] = headers;
        r->n++;
    }
}

static weir_status sink_process(wr_op *op, int input, const wr_batch *in, weir_error *err)
{
    WR_ASSERT(!op->step->windowed || in->window_start);
    (void)input;
    const sink_state *s = op->state;
    wr_arena *a = op->ctx->scratch;
    bool windowed = op->step->u.sink.window.kind != WR_WINDOW_NONE && in->window_start;
    /* Only the entries of selected rows are written, and read; without key columns, no key's. */
    records r = {.keys = s->key ? wr_arena_alloc(a, in->rows * sizeof(wr_str))
                                : WR_NEW_N(a, wr_str, in->rows),
                 .values = wr_arena_alloc(a, in->rows * sizeof(wr_str)),
                 .key_ok = wr_arena_alloc(a, in->rows),
                 .value_ok = wr_arena_alloc(a, in->rows),
                 .times = wr_arena_alloc(a, in->sel.n * sizeof(int64_t)),
                 .headers = in->headers || s->mark.value.ptr
                                ? WR_NEW_N(a, const wr_headers *, in->sel.n)
                                : NULL};
    wr__op_errors errs;
    wr__op_errors_init(&errs, op, in);
    errs.keeps = true;
    encode(op, in, &r, &errs);
    if (windowed)
        append_windows(op, in, &r);
    compact(op, in, &r, &errs);
    WR_TRY(wr__op_unwritten(op, &errs, in->sel.n - r.n, err));
    op->rows_out += r.n;
    if (r.n == 0)
        return WEIR_OK;
    wr_out_records out = {.n = r.n,
                          .keys = r.keys,
                          .values = r.values,
                          .timestamps = r.times,
                          .headers = r.headers,
                          .partitioner = op->step->u.sink.partitioner};
    return op->ctx->produce(op->ctx, op->step->u.sink.topic, &out, err);
}

const wr_op_class wr__sink_class = {
    .name = "Sink",
    .state_size = sizeof(sink_state),
    .open = sink_open,
    .process = sink_process,
    .close = sink_close,
    .leaves = true,
};
