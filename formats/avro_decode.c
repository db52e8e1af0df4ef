/* SPDX-License-Identifier: Apache-2.0 */
/*
 * avro_decode.c - the record decoder of the AVRO format.
 *
 *   1. scan: first the schema of every record is found, by its mark, and the plan for it; only when
 *      none has to be waited for are the records walked, each by its own plan (avro_plan.h). That
 *      leaves a token per column read: numbers as they are, texts as slices, containers as the
 *      slice of their bytes.
 *   2. convert: column by column. Rows in a row that have the same plan, which are mostly all of
 *      them, are a loop for the type; others are boxed (avro_read.c).
 *
 * A record is read by its writer's schema alone, then brought to the columns by name: neither
 * defaults nor aliases fill anything in (facts: Q13).
 */
#include "formats/avro_plan.h"

#include "common/utf8.h"
#include "formats/ascii.h"
#include "formats/record_schema.h"

#define PLANS_MAX 256 /* writer's schemas kept between batches */

typedef struct avro_decoder {
    wr_decoder base;
    wr_writer_plans *plans;
    wr_avro_target target;
    uint32_t *places; /* per column: among those read, or UINT32_MAX */
    /* Of the last scan. */
    const wr_avro_plan **row_plans; /* by row; NULL: the row is bad */
    wr_avro_token *tokens;          /* rows_n for each column read, column by column */
    size_t rows_n;
    bool alike; /* all rows that have a plan have the same */
} avro_decoder;

/* ---- construction ---- */

/* What wr__writer_plans_get calls for an id that it has no plan for. */
static weir_status make_plan(void *user, uint32_t id, wr_arena *arena, void **plan, weir_error *err)
{
    const avro_decoder *d = user;
    const wr_registry_schema *schema;
    const wr_schema_mark mark = {.id = id};
    WR_TRY(wr__record_schema(d->base.options.registry, &mark, false, &schema, err));
    const wr_avro_node *node;
    if (wr__avro_schema_parse(schema, arena, &node, err) != WEIR_OK) {
        err->code = WEIR_ERR_RECORD;
        return WEIR_ERR_RECORD;
    }
    wr_avro_plan *made = wr__avro_plan_new(node, &d->target, arena);
    if (made->fault)
        return wr_error(err, WEIR_ERR_RECORD, "Schema %u: %s", id, made->fault);
    WR_ASSERT(made->ops);
    *plan = made;
    return WEIR_OK;
}

weir_status wr__avro_decoder_new(const wr_decoder *common, wr_arena *arena, wr_decoder **out,
                                 weir_error *err)
{
    if (!common->options.registry)
        return wr_error(err, WEIR_ERR_CONFIG, "The AVRO format needs a schema registry");
    avro_decoder *d = WR_NEW(arena, avro_decoder);
    d->base = *common;
    d->places = WR_NEW_N(arena, uint32_t, common->n);
    wr_column *read = WR_NEW_N(arena, wr_column, common->n);
    const char **names = WR_NEW_N(arena, const char *, common->n);
    for (uint32_t c = 0; c < common->n; c++) {
        names[c] = common->cols[c].name;
        d->places[c] = UINT32_MAX;
        if (!common->wanted[c] && !common->options.strict)
            continue;
        d->places[c] = d->target.n;
        read[d->target.n++] = common->cols[c];
    }
    WR_ASSERT(d->target.n <= common->n);
    d->target.cols = read;
    d->target.bare = common->options.unwrapped;
    d->target.names = names;
    d->target.names_n = common->n;
    d->target.places = d->places;
    d->plans = wr__writer_plans_new(arena, PLANS_MAX, make_plan, d);
    WR_ASSERT(!d->target.bare || common->n <= 1);
    *out = &d->base;
    return WEIR_OK;
}

/* ---- 1. scan ---- */

/* Find the row's plan. @return not WEIR_OK: the whole scan ends so. */
static weir_status find_plan(avro_decoder *d, uint32_t row, wr_record_found *f, weir_error *err)
{
    wr_decoder *base = &d->base;
    wr_str header = base->schema_headers ? base->schema_headers[row] : (wr_str){0};
    wr_schema_mark mark;
    d->row_plans[row] = NULL;
    if (!wr__record_mark(header, base->payloads[row], &mark, &f->body, &f->fault)) {
        wr__record_count(base, 0, 1);
        return WEIR_OK;
    }
    void *plan;
    WR_TRY(wr__record_plan(base, d->plans, &mark, header.ptr != NULL, &plan, &f->fault, err));
    d->row_plans[row] = plan;
    return WEIR_OK;
}

/* Rows in a row mostly have the same mark, byte for byte: they have the plan of the one before. */
static weir_status find_plans(avro_decoder *d, wr_sel sel, wr_record_found *f, weir_error *err)
{
    const wr_str *payloads = d->base.payloads;
    const char *mark = NULL;         /* of the row before, 5 bytes, if it has a plan */
    const wr_avro_plan *plan = NULL; /* the last one that was found */
    uint32_t same = 0;               /* rows after it with the mark of the one before */
    d->alike = true;
    bool in_payload = !d->base.schema_headers;
    WR_FOREACH_SEL (i, sel) {
        wr_str payload = payloads[i];
        if (WR_LIKELY(mark && payload.len >= 5 && memcmp(payload.ptr, mark, 5) == 0)) {
            d->row_plans[i] = plan;
            f[i] = (wr_record_found){.body = wr_str_make(payload.ptr + 5, payload.len - 5)};
            same++;
            continue;
        }
        wr__record_count_more(&d->base, same);
        same = 0;
        weir_status st = find_plan(d, i, &f[i], err);
        if (WR_UNLIKELY(st != WEIR_OK))
            return wr__record_give_up(&d->base, sel, st);
        d->alike = d->alike && (!plan || !d->row_plans[i] || plan == d->row_plans[i]);
        if (d->row_plans[i])
            plan = d->row_plans[i];
        mark = d->row_plans[i] && in_payload && payload.ptr[0] == 0 ? payload.ptr : NULL;
    }
    wr__record_count_more(&d->base, same);
    return WEIR_OK;
}

static uint8_t walk_row(avro_decoder *d, uint32_t row, const wr_record_found *f,
                        wr_row_errors *errs)
{
    const wr_avro_plan *plan = d->row_plans[row];
    wr_avro_token *tokens = d->tokens + row;
    if (f->fault) {
        wr_row_error(errs, row, "%s", f->fault);
        return 0;
    }
    wr_avro_reader r = {.p = f->body.ptr, .end = f->body.ptr + f->body.len};
    for (uint32_t k = 0; WR_UNLIKELY(plan->resets) && k < d->target.n; k++)
        tokens[k * d->rows_n].null = true;
    bool ok = wr__avro_walk(plan, &r, tokens, d->rows_n);
    if (WR_UNLIKELY(plan->needs_value) && ok && tokens->null)
        ok = wr__avro_fail(&r, "the record is null");
    if (WR_UNLIKELY(!ok))
        wr_row_error(errs, row, "Invalid Avro at byte %lld: %s",
                     (long long)(r.p - d->base.payloads[row].ptr), r.fault);
    return ok ? WR_DECODED : 0;
}

weir_status wr__avro_scan(wr_decoder *base, wr_sel sel, uint8_t *ok, wr_row_errors *errs,
                          weir_error *err)
{
    avro_decoder *d = (avro_decoder *)base;
    d->rows_n = sel.n ? wr_sel_row(sel, sel.n - 1) + 1 : 0;
    d->row_plans = wr_arena_alloc(base->scratch, d->rows_n * sizeof *d->row_plans + 1);
    if (d->target.bare && base->n == 0) { /* no key columns: the bytes are not looked at */
        WR_FOREACH_SEL (i, sel)
            ok[i] = WR_DECODED;
        return WEIR_OK;
    }
    wr__writer_plans_begin(d->plans);
    wr_record_found *f = wr_arena_alloc(base->scratch, d->rows_n * sizeof *f + 1);
    WR_TRY(find_plans(d, sel, f, err));
    size_t tokens = d->rows_n * d->target.n + 1; /* one to point at, where no column is read */
    d->tokens = wr_arena_alloc(base->scratch, tokens * sizeof *d->tokens);
    WR_FOREACH_SEL (i, sel)
        ok[i] = walk_row(d, i, &f[i], errs);
    return WEIR_OK;
}

/* ---- 2. convert ---- */

/* Where the values of one column go; for rows that have the same plan. */
typedef struct column {
    avro_decoder *d;
    const char *name;
    const wr_avro_way *way;
    const wr_avro_token *tokens;
    wr_vec *out; /* NULL: nowhere */
    uint8_t *ok;
    wr_row_errors *errs;
} column;

static void fail_row(column *c, uint32_t row, const wr_avro_reader *r)
{
    WR_ASSERT(r->fault && r->path_n <= WR_ARRAY_LEN(r->path));
    wr_buf path = {0};
    if (!c->d->target.bare)
        wr_buf_printf(&path, ".%s", c->name);
    for (unsigned i = r->path_n; i-- > 0;)
        wr_buf_printf(&path, ".%s", r->path[i]);
    wr_row_error(c->errs, row, "%s, path: $%s", r->fault, wr_buf_cstr(&path));
    wr_buf_free(&path);
    c->ok[row] = 0;
    if (c->out)
        wr__vec_put_null(c->out, row);
}

static void convert_boxed(column *c, uint32_t row)
{
    wr_avro_reader r = {.arena = c->d->base.scratch};
    wr_value value;
    if (!wr__avro_convert(&r, c->way, &c->tokens[row], &value))
        fail_row(c, row, &r);
    else if (c->out && value.null)
        wr__vec_put_null(c->out, row);
    else if (c->out)
        wr_vec_set(c->out, row, &value);
}

static void convert_strings(column *c, wr_sel sel)
{
    const wr_str *payloads = c->d->base.payloads;
    wr_str *out = c->out->u.str;
    bool ascii = true;
    WR_FOREACH_SEL (i, sel) {
        const wr_avro_token *t = &c->tokens[i];
        if (WR_UNLIKELY(t->null)) {
            wr__vec_put_null(c->out, i);
            continue;
        }
        wr_str s = wr_str_make(t->u.ptr, t->len);
        if (WR_UNLIKELY(!wr__is_ascii_within(s, payloads[i].ptr))) {
            s = wr__text_repair_utf8(s, c->d->base.scratch);
            ascii = false;
        }
        out[i] = s;
    }
    c->out->ascii = c->out->ascii && ascii;
}

#define CONVERT_LOOP(field, can, from)                                                             \
    WR_FOREACH_SEL (i, sel) {                                                                      \
        const wr_avro_token *t = &c->tokens[i];                                                    \
        if (WR_LIKELY(!t->null && (can)))                                                          \
            c->out->u.field[i] = (from);                                                           \
        else                                                                                       \
            convert_boxed(c, i);                                                                   \
    }                                                                                              \
    break

/* All of these rows have the way. */
static void convert_alike(column *c, wr_sel sel)
{
    bool plain_int = c->way->node->kind == WR_AVRO_INT;
    switch (c->out ? c->way->kind : WR_AVRO_WAY_SKIP) {
    case WR_AVRO_WAY_STRING:
        convert_strings(c, sel);
        break;
    case WR_AVRO_WAY_LONG:
        CONVERT_LOOP(i64, !plain_int || t->u.i64 == (int32_t)t->u.i64, t->u.i64);
    case WR_AVRO_WAY_INT:
        CONVERT_LOOP(i32, t->u.i64 == (int32_t)t->u.i64 && c->way->type->id != WR_T_TIME,
                     (int32_t)t->u.i64);
    case WR_AVRO_WAY_FLOAT:
    case WR_AVRO_WAY_DOUBLE:
        CONVERT_LOOP(f64, true, t->u.f64);
    default:
        if (c->out)
            c->out->ascii = false;
        WR_FOREACH_SEL (i, sel)
            convert_boxed(c, i);
        break;
    }
}

/* How many rows from the k-th on have the plan of the k-th. */
static uint32_t run_length(const avro_decoder *d, const uint32_t *rows, uint32_t k, uint32_t n)
{
    const wr_avro_plan *plan = d->row_plans[rows[k]];
    uint32_t end = k + 1;
    while (end < n && d->row_plans[rows[end]] == plan)
        end++;
    return end - k;
}

static void convert_rows(column *c, wr_sel sel, uint32_t place)
{
    const wr_avro_plan *plan = c->d->row_plans[wr_sel_row(sel, 0)];
    WR_ASSERT(plan && place < c->d->target.n);
    c->way = &plan->ways[place];
    if (plan->there[place]) {
        convert_alike(c, sel);
        return;
    }
    for (uint32_t k = 0; c->out && k < sel.n; k++) /* the writer has no such field */
        wr__vec_put_null(c->out, wr_sel_row(sel, k));
}

static void convert_runs(column *c, wr_sel sel, uint32_t place)
{
    uint32_t *rows = wr_arena_alloc(c->d->base.scratch, sel.n * sizeof *rows);
    for (uint32_t k = 0; k < sel.n; k++)
        rows[k] = wr_sel_row(sel, k);
    for (uint32_t k = 0, n; k < sel.n; k += n) {
        n = run_length(c->d, rows, k, sel.n);
        convert_rows(c, (wr_sel){n, rows + k}, place);
    }
}

void wr__avro_convert_column(wr_decoder *base, uint32_t index, wr_sel sel, wr_vec *out, uint8_t *ok,
                             wr_row_errors *errs)
{
    avro_decoder *d = (avro_decoder *)base;
    uint32_t place = d->places[index];
    WR_ASSERT(place != UINT32_MAX);
    if (out) {
        out->no_nulls = true; /* until there is one */
        out->ascii = true;
    }
    if (!sel.n)
        return;
    column c = {.d = d,
                .name = base->cols[index].name,
                .tokens = d->tokens + place * d->rows_n,
                .out = out,
                .ok = ok,
                .errs = errs};
    WR_ASSERT(wr_sel_row(sel, sel.n - 1) < d->rows_n); /* rows that were scanned */
    if (d->alike)
        convert_rows(&c, sel, place);
    else
        convert_runs(&c, sel, place);
    if (out && out->type->id != WR_T_STRING)
        out->ascii = false;
    WR_ASSERT(!out || out->null);
}
