/* SPDX-License-Identifier: Apache-2.0 */
/*
 * StreamSource, TableSource and their windowed forms: raw records of a topic to batches.
 *
 * One feed is one batch. In order: cut the window off the key (dialect.md 14.8), decode the key,
 * decode the wanted value columns of the rows that are left, take the event time, fill in header
 * columns (source_run.c). A row that fails on the way is reported and not selected. Where it is to
 * end the query (step's `decoding` and `timing`), the rows before it are handed on first, then it
 * is reported and the feed fails: what has been written, and which record is to blame, does not
 * depend on how records were cut into feeds.
 *
 * Filter first: where the plan has the source apply a stream's WHERE (push_down.c), only the
 * columns that the condition looks at are converted before; the others for the rows that passed.
 * What is wrong in those columns of other rows is not noticed, as with columns that no one wants.
 *
 * A decoder that waits (format.h) does so before a row is counted, reported or emitted. For a while
 * the feed waits with it, where the task lets it (wr_task_ctx.wait): a schema that is fetched from
 * a registry takes milliseconds. Then the feed fails as RETRIABLE; the task drops what is
 * uncommitted and reads the records again later.
 *
 * A NULL value has no timestamp column to look at unless that is a key column: then the record's
 * own timestamp counts, because dropping it would lose a delete.
 *
 * A TABLE drops records without key, and a value that is the JSON text `null` deletes; a STREAM
 * drops records with such a value. Both are counted, and no errors. Where the plan asks for old
 * rows, or pull queries may come
 * (`materialize`), the last row of each key is kept in a store, and every change carries the row
 * before it (source_table.c). So are the rows of a table of change events, always: an event may
 * lack what has not changed, and may say that all rows are gone. A STREAM of them has NULL for the
 * former, and leaves out the latter.
 *
 * Thread: the task's. Batches live in scratch; strings are slices of the records.
 */
#include "engine/operators/batch_rows.h"
#include "engine/operators/op_eval.h"
#include "engine/operators/op_run.h"
#include "engine/operators/schema_counts.h"
#include "engine/operators/source_run.h"
#include "engine/operators/source_table.h"

typedef struct source_state {
    const wr_step_source *cfg;
    wr__run_member run;
    bool *wanted;         /* by column of cfg: in the output, or the timestamp */
    bool *later;          /* by column of cfg: converted for the rows that pass the filter */
    wr_evaluator *filter; /* its condition; NULL: no filter here */
    wr__table_rows rows;
} source_state;

/* ------------------------------------------------------------------ open, close */

static void mark_wanted(source_state *s, const wr_op *op)
{
    const wr_step_source *cfg = s->cfg;
    wr_arena *a = op->ctx->task_arena;
    s->wanted = WR_NEW_N(a, bool, cfg->columns_n);
    s->later = WR_NEW_N(a, bool, cfg->columns_n);
    for (uint32_t c = 0; c < cfg->columns_n; c++)
        s->wanted[c] = cfg->columns[c].role == WR_COL_KEY || (int64_t)c == cfg->timestamp_column;
    for (uint32_t i = 0; i < op->step->schema->n; i++)
        s->wanted[cfg->output[i]] = true;
}

/* The condition first, and later what it does not look at. */
static void open_filter(source_state *s, const wr_op *op)
{
    const wr_step_source *cfg = s->cfg;
    const wr_step *step = op->step;
    if (!cfg->filter)
        return;
    WR_ASSERT(!step->table && !cfg->strict && cfg->decoding.on_error != WR_ON_ERROR_STOP);
    s->filter = wr__op_evaluator(op, &(wr_expr *){cfg->filter->u.filter}, 1);
    bool *used = WR_NEW_N(op->ctx->task_arena, bool, step->schema->n);
    unsigned pseudo = 0;
    wr_expr_used(cfg->filter->u.filter, used, &pseudo);
    for (uint32_t c = 0; c < cfg->columns_n; c++)
        s->later[c] = s->wanted[c] && (int64_t)c != cfg->timestamp_column;
    for (uint32_t i = 0; i < step->schema->n; i++)
        if (used[i])
            s->later[cfg->output[i]] = false;
}

static weir_status source_open(wr_op *op, wr_task_ctx *ctx, weir_error *err)
{
    source_state *s = op->state;
    s->cfg = &op->step->u.source;
    WR_ASSERT(op->step->schema->n <= s->cfg->columns_n);
    mark_wanted(s, op);
    open_filter(s, op);
    if (s->cfg->placed && !ctx->one_partition)
        op->keys = WR_NEW(ctx->task_arena, wr_key_sample);
    WR_TRY(wr__run_join(&s->run, ctx, op->step, s->wanted, err));
    uint32_t rows = op->step->stores[WR_PLAN_STORE_ROWS];
    return rows == WR_PLAN_NO_STORE ? WEIR_OK : ctx->open_store(ctx, rows, &s->rows.store, err);
}

static void source_close(wr_op *op)
{
    source_state *s = op->state;
    wr__run_leave(&s->run);
    if (s->filter)
        wr_evaluator_close(s->filter);
    wr_buf_free(&s->rows.key_bytes);
    wr_buf_free(&s->rows.row_bytes);
}

/* ------------------------------------------------------------------ where keys lie */

/* Of each partition the first records, then one of each feed: enough to tell who has written the
 * topic, at once and if that changes, and no work beside that of a feed. */
enum { KEYS_FIRST = 64 };

/* weir.fail.on.misplaced.key: the result would lack rows, or have a key twice. */
static weir_status check_place(const wr_op *op, const wr_record *r, int32_t partitions,
                               weir_error *err)
{
    const wr_step_source *cfg = &op->step->u.source;
    if (!r->key.len || cfg->partitioner == WR_PARTITIONER_NONE)
        return WEIR_OK;
    int32_t expected = wr_partition_of(cfg->partitioner, r->key, partitions);
    if (expected == r->partition)
        return WEIR_OK;
    wr_error(err, WEIR_ERR_RECORD,
             "The key of the record at offset %lld of topic %s, partition %d, belongs to partition "
             "%d of %d by %s",
             (long long)r->offset, op->ctx->plan->topics[cfg->topic].name, r->partition, expected,
             partitions, wr_partitioner_name(cfg->partitioner));
    return wr_error_hint(err,
                         "DESCRIBE %s EXTENDED shows who has written the topic, WITH "
                         "(PARTITIONER = '...') says it; weir.fail.on.misplaced.key = false "
                         "lets the query go on",
                         cfg->source_name);
}

/* Before anything is done with the feed: one that fails has had no effect. */
static weir_status look_at_keys(const wr_op *op, const wr_record *records, uint32_t n,
                                weir_error *err)
{
    const wr_step_source *cfg = &op->step->u.source;
    int32_t partitions = op->ctx->plan->topics[cfg->topic].partitions;
    uint32_t i = 0;
    WR_ASSERT(cfg->placed && n > 0 && partitions > 1);
    do {
        wr_key_sample_look(op->keys, records[i].key, records[i].partition, partitions);
        if (cfg->fail_on_misplaced_key)
            WR_TRY(check_place(op, &records[i], partitions, err));
    } while (++i < n && op->keys->looked < KEYS_FIRST);
    return WEIR_OK;
}

/* ------------------------------------------------------------------ one feed */

typedef struct feed {
    wr_op *op;
    const wr__run_rows *rows;
    wr_batch *b;
    wr_vec *vecs; /* by column of cfg: those converted so far */
    wr_sel sel;   /* the rows that are left */
    /* The first row that ends the query, which is not reported yet; row UINT32_MAX: none. Rows from
     * there on do not count. */
    struct {
        uint32_t row;
        bool key; /* of a schema of keys */
        wr_row_fault fault;
    } stop;
    /* By column of the step's schema a flag for each row that lacks its value, NULL: none does. The
     * whole is NULL where no column has such rows. */
    const uint8_t **lacks;
} feed;

/* A row that is left out without an error. @p nulls counts those for want of a key or value. */
static void count_left_out(wr_op *op, wr__fault_kind kind, uint64_t *nulls)
{
    WR_ASSERT(kind != WR__FAULT_NULL || nulls);
    if (kind == WR__FAULT_NULL)
        (*nulls)++;
    else if (kind == WR__FAULT_SKIPPED)
        op->skipped_events++;
    if (kind != WR__FAULT_TRUNCATES)
        op->dropped_rows++;
}

/* What is wrong with a row of a schema is wrong with its key or with the rest. */
static void count_failed(const feed *f, bool key, uint32_t row)
{
    const source_state *s = f->op->state;
    if (key ? f->rows->key_schemas_n : f->rows->value_schemas_n)
        wr__schema_counts_fail(f->op, key, wr__run_schema(&s->run, key, row));
}

static void report(feed *f, bool key, uint32_t row, const wr_row_fault *fault)
{
    f->op->dropped_rows++;
    count_failed(f, key, row);
    wr__op_row_fault(f->op, f->b, row, fault);
}

/* A row that cannot be used: reported, or noted as the one that ends the query. */
static void lose(feed *f, wr_row_fault_reason reason, const wr__fault *bad)
{
    const wr_step_source *cfg = &f->op->step->u.source;
    const wr_error_policy *policy = reason == WR_ROW_FAULT_TIME ? &cfg->timing : &cfg->decoding;
    bool key = reason == WR_ROW_FAULT_KEY, stops = policy->on_error == WR_ON_ERROR_STOP;
    const wr_row_fault fault = {reason, stops ? WR_ROW_FAULT_STOPS : WR_ROW_FAULT_LEFT_OUT, policy,
                                bad->text};
    if (!stops) {
        report(f, key, bad->row, &fault);
    } else if (bad->row < f->stop.row) {
        f->stop.row = bad->row;
        f->stop.key = key;
        f->stop.fault = fault;
    }
}

/* Leave out those of the rows left that have a fault. */
static void drop(feed *f, wr_row_fault_reason reason, const wr__faults *faults, uint64_t *nulls)
{
    if (WR_LIKELY(faults->n == 0))
        return;
    wr_arena *a = f->op->ctx->scratch;
    uint8_t *left = wr_arena_calloc(a, f->rows->n, 1);
    WR_FOREACH_SEL (i, f->sel)
        left[i] = 1;
    for (size_t k = 0; k < faults->n; k++) {
        const wr__fault *fault = &faults->v[k];
        if (!left[fault->row])
            continue;
        left[fault->row] = 0;
        if (fault->kind != WR__FAULT_BAD) {
            count_left_out(f->op, fault->kind, nulls);
            continue;
        }
        lose(f, reason, fault);
    }
    uint32_t *rows = WR_NEW_N(a, uint32_t, f->sel.n), n = 0;
    WR_FOREACH_SEL (i, f->sel)
        if (left[i])
            rows[n++] = i;
    f->sel = (wr_sel){n, rows};
}

/* Note which rows lack their value of column @p c of cfg. What is filled in later must not be seen
 * by others who read the same run: the vector becomes the feed's own. */
static void note_lacks(feed *f, uint32_t c, const wr__run_found *found)
{
    const source_state *s = f->op->state;
    const wr_schema *schema = f->op->step->schema;
    wr_arena *a = f->op->ctx->scratch;
    wr_vec *v = &f->vecs[c];
    v->u.data = wr_arena_memdup(a, v->u.data, f->rows->n * wr_type_width(v->type));
    v->null = wr_arena_memdup(a, v->null, f->rows->n);
    v->no_nulls = v->ascii = false;
    uint8_t *flags = wr_arena_calloc(a, f->rows->n, 1);
    for (uint32_t k = 0; k < found->lacks_n; k++)
        flags[found->lacks[k]] = 1;
    if (!f->lacks)
        f->lacks = WR_NEW_N(a, const uint8_t *, schema->n);
    for (uint32_t i = 0; i < schema->n; i++)
        if (s->cfg->output[i] == c)
            f->lacks[i] = flags;
}

/* Nobody knows the row before: values that rows lack are NULL. */
static void report_lacks(feed *f)
{
    const wr_schema *schema = f->op->step->schema;
    for (uint32_t c = 0; f->lacks && c < schema->n; c++) {
        if (!f->lacks[c])
            continue;
        WR_FOREACH_SEL (i, f->sel)
            if (f->lacks[c][i])
                wr__table_lacks(f->op, f->b, i, schema->cols[c].name);
    }
}

/* Convert the columns of one role; those put off if @p later, else the others. */
static void convert(feed *f, bool keys, bool later)
{
    source_state *s = f->op->state;
    const wr_step_source *cfg = s->cfg;
    wr_row_fault_reason reason = keys ? WR_ROW_FAULT_KEY : WR_ROW_FAULT_VALUE;
    for (uint32_t c = 0; c < cfg->columns_n; c++) {
        if ((cfg->columns[c].role == WR_COL_KEY) != keys || s->later[c] != later)
            continue;
        bool decoded = cfg->columns[c].role == WR_COL_KEY || cfg->columns[c].role == WR_COL_VALUE;
        if (s->wanted[c]) {
            const wr__run_found *found = wr__run_column(&s->run, c, f->sel, &f->vecs[c]);
            if (WR_UNLIKELY(found->lacks_n))
                note_lacks(f, c, found);
            drop(f, reason, &found->faults, NULL);
        } else if (cfg->strict && decoded) {
            drop(f, reason, &wr__run_column(&s->run, c, f->sel, NULL)->faults, NULL);
        }
    }
}

/* Only the rows before the one that ends the query count. */
static void cut_at_stop(feed *f)
{
    if (WR_LIKELY(f->stop.row == UINT32_MAX))
        return;
    uint32_t n = 0;
    while (n < f->sel.n && wr_sel_row(f->sel, n) < f->stop.row)
        n++;
    f->sel.n = n;
}

static wr_batch *new_batch(const wr_op *op, const wr__run_rows *rows)
{
    wr_arena *a = op->ctx->scratch;
    wr_batch *b = WR_NEW(a, wr_batch);
    b->schema = op->step->schema;
    b->rows = rows->n;
    b->cols = WR_NEW_N(a, wr_vec, b->schema->n);
    /* What is done to a table's rows changes flags, and they are not this batch's alone. */
    b->flags = op->step->table ? wr_arena_memdup(a, rows->flags, rows->n) : rows->flags;
    b->rowtime = rows->rowtime;
    b->partition = rows->partition;
    b->offset = rows->offset;
    b->window_start = rows->window_start;
    b->window_end = rows->window_end;
    b->headers = rows->headers;
    return b;
}

static void put_columns(const feed *f, const wr_batch *b)
{
    const uint32_t *output = f->op->step->u.source.output;
    for (uint32_t c = 0; c < b->schema->n; c++)
        b->cols[c] = f->vecs[output[c]];
}

/* ------------------------------------------------------------------ tables */

/* Rows from the first-th of those left to the one before @p row. */
static weir_status emit_rows_before(feed *f, uint32_t *first, uint32_t row, weir_error *err)
{
    source_state *s = f->op->state;
    uint32_t from = *first, end = from;
    while (end < f->sel.n && wr_sel_row(f->sel, end) < row)
        end++;
    uint32_t n = end - from, *rows = WR_NEW_N(f->op->ctx->scratch, uint32_t, n);
    for (uint32_t k = 0; k < n; k++)
        rows[k] = wr_sel_row(f->sel, from + k);
    *first = end;
    f->b->sel = (wr_sel){n, rows};
    WR_TRY(wr__table_take(f->op, &s->rows, f->b, f->lacks, err));
    return wr_op_emit(f->op, f->b, err);
}

/* A table whose rows are kept: in order, with the events among them that all rows are gone. Rows
 * from f->stop on do not count. */
static weir_status emit_table(feed *f, weir_error *err)
{
    source_state *s = f->op->state;
    const wr__run_rows *rows = f->rows;
    if (WR_LIKELY(rows->truncates_n == 0)) {
        WR_TRY(wr__table_take(f->op, &s->rows, f->b, f->lacks, err));
        return wr_op_emit(f->op, f->b, err);
    }
    uint32_t first = 0;
    for (uint32_t k = 0; k < rows->truncates_n && rows->truncates[k] < f->stop.row; k++) {
        WR_TRY(emit_rows_before(f, &first, rows->truncates[k], err));
        WR_TRY(wr__table_truncate(f->op, &s->rows, f->b, rows->truncates[k], err));
    }
    return emit_rows_before(f, &first, UINT32_MAX, err);
}

/* ------------------------------------------------------------------ filter first */

/*
 * The rows that pass, complete. A row that turns out to be bad when its other columns are converted
 * counts as one that never came to the filter: reported, dropped, and in neither operator's count.
 */
static weir_status emit_filtered(feed *f, weir_error *err)
{
    wr_op *op = f->op;
    source_state *s = op->state;
    wr_arena *a = op->ctx->scratch;
    uint32_t tested = f->sel.n;
    if (tested == 0)
        return WEIR_OK;
    wr__op_errors errs;
    wr__op_errors_init(&errs, op, f->b);
    errs.step = s->cfg->filter;
    errs.keeps = true;
    wr_eval_ctx ec = wr__op_eval_ctx(op, &errs);
    f->sel = wr_evaluator_filter(s->filter, f->b, NULL, wr__sel_with(f->b, WR_ROW_HAS_NEW, a), &ec);
    const wr__kept_error *stop = wr__op_errors_report(&errs, &op->ctx->plan->computing, &f->sel);
    WR_ASSERT(!stop); /* such conditions are not pushed down */
    uint32_t passed = f->sel.n;
    WR_ASSERT(passed <= tested);
    if (passed) {
        convert(f, true, true);
        convert(f, false, true);
        put_columns(f, f->b);
        report_lacks(f);
    }
    f->b->sel = f->sel;
    return wr__op_emit_filtered(op, f->b, tested - (passed - f->sel.n), err);
}

/* ------------------------------------------------------------------ feeding */

static weir_status emit_rows(feed *f, weir_error *err)
{
    const source_state *s = f->op->state;
    if (s->filter)
        return emit_filtered(f, err);
    if (s->rows.store)
        return emit_table(f, err);
    report_lacks(f);
    return wr_op_emit(f->op, f->b, err);
}

/* The run begins, perhaps after a wait. */
static weir_status begin_run(wr_op *op, const wr_record *records, uint32_t n,
                             const wr__run_rows **rows, weir_error *err)
{
    source_state *s = op->state;
    wr_task_ctx *ctx = op->ctx;
    for (uint32_t attempt = 0;; attempt++) {
        weir_error why = {0};
        weir_status st = attempt ? wr__run_ready(&s->run, &why) : WEIR_OK;
        if (st == WEIR_OK)
            st = wr__run_begin(&s->run, ctx, records, n, rows, &why);
        if (st == WEIR_OK && attempt)
            (void)ctx->wait(ctx, NULL, attempt);
        if (st == WEIR_OK)
            return WEIR_OK;
        if (!(why.flags & WEIR_ERROR_RETRIABLE) || !ctx->wait || !ctx->wait(ctx, &why, attempt)) {
            if (err)
                *err = why;
            return st;
        }
    }
}

static weir_status source_feed(wr_op *op, const wr_record *records, uint32_t n, weir_error *err)
{
    source_state *s = op->state;
    const wr__run_rows *rows;
    /* Before anything is counted: where a decoder waits, the records come again. */
    WR_TRY(begin_run(op, records, n, &rows, err));
    if (op->keys && n)
        WR_TRY(look_at_keys(op, records, n, err));
    op->rows_in += n;
    op->batches++;
    feed f = {.op = op, .rows = rows, .sel = wr_sel_all(n), .stop.row = UINT32_MAX};
    f.vecs = WR_NEW_N(op->ctx->scratch, wr_vec, s->cfg->columns_n);
    f.b = new_batch(op, rows);
    op->ignored_text += rows->with_rest;
    wr__schema_counts_add(op, true, rows->key_schemas, rows->key_schemas_n);
    wr__schema_counts_add(op, false, rows->value_schemas, rows->value_schemas_n);
    if (rows->value_first)
        drop(&f, WR_ROW_FAULT_VALUE, &rows->value, &op->null_values);
    drop(&f, WR_ROW_FAULT_KEY, &rows->key, &op->null_keys);
    convert(&f, true, false);
    drop(&f, WR_ROW_FAULT_VALUE, &rows->value, &op->null_values);
    convert(&f, false, false);
    WR_ASSERT(f.sel.n <= rows->n && rows->n == n);
    cut_at_stop(&f);
    drop(&f, WR_ROW_FAULT_TIME, wr__run_times(&s->run, f.sel), NULL);
    cut_at_stop(&f);
    put_columns(&f, f.b);
    f.b->sel = f.sel;
    WR_TRY(emit_rows(&f, err));
    if (WR_LIKELY(f.stop.row == UINT32_MAX))
        return WEIR_OK;
    report(&f, f.stop.key, f.stop.row, &f.stop.fault);
    return wr_error(err, WEIR_ERR_RECORD, "%s", f.stop.fault.message);
}

const wr_op_class wr__source_class = {
    .name = "Source",
    .state_size = sizeof(source_state),
    .open = source_open,
    .feed = source_feed,
    .close = source_close,
};
