/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_sr_decode.c - the record decoder of JSON_SR: the mark, then JSON read by the writer's
 * schema.
 *
 * A plan per schema holds the shape that a record is scanned with (the schema's own names, exactly)
 * and a way for each column. The walk over a record is that of JSON; only the conversion differs.
 */
#include "formats/json_sr.h"

#include "common/utf8.h"
#include "formats/ascii.h"
#include "formats/json_record.h"
#include "formats/record_schema.h"

#define PLANS_MAX 64

typedef struct jsr_plan {
    const wr_jsr_node *top;
    bool whole;       /* a record is one token: unwrapped, or a union as columns */
    wr_jshape *shape; /* not whole: the fields that columns read, `slots` says which */
    uint32_t n;       /* tokens of a record */
    uint32_t *slots;  /* for each column read: its token, or UINT32_MAX: no such field */
    uint32_t *branch; /* a union: the branch that is the column's */
    wr_jsr_way *ways; /* for each column read */
} jsr_plan;

typedef struct jsr_decoder {
    wr_decoder base;
    wr_writer_plans *plans;
    bool bare;
    uint32_t n;       /* columns read */
    uint32_t *places; /* base.n: the column's place among those read, or UINT32_MAX */
    wr_jsr_read read;
    /* Of the last scan. */
    const jsr_plan **row_plans; /* by row; NULL: the row is bad */
    wr_jtoken **row_tokens;     /* NULL: the record is null */
    size_t rows_n;
    bool ascii;
} jsr_decoder;

/* ---- construction ---- */

/* The fields of the schema that the columns read, each with its way. */
static void plan_fields(const jsr_decoder *d, jsr_plan *plan, wr_arena *arena)
{
    const wr_jsr_node *top = plan->top;
    const char **names = WR_NEW_N(arena, const char *, d->base.n);
    for (uint32_t c = 0; c < d->base.n; c++)
        names[c] = d->base.cols[c].name;
    uint32_t *targets = WR_NEW_N(arena, uint32_t, top->n);
    wr__jsr_match(top, names, d->base.n, arena, targets);
    wr_str *keys = WR_NEW_N(arena, wr_str, d->n);
    for (uint32_t i = 0; i < top->n; i++) {
        uint32_t k = targets[i] == UINT32_MAX ? UINT32_MAX : d->places[targets[i]];
        if (k == UINT32_MAX)
            continue;
        wr__jsr_way_init(&plan->ways[k], top->fields[i].type, d->base.cols[targets[i]].type, arena);
        plan->slots[k] = plan->whole ? 0 : plan->n;
        plan->branch[k] = i;
        if (!plan->whole)
            keys[plan->n++] = wr_str_c(top->fields[i].name);
    }
    if (!plan->whole)
        plan->shape = wr__json_shape_new(arena, keys, plan->n);
}

/* What wr__writer_plans_get calls for an id that it has no plan for. */
static weir_status make_plan(void *user, uint32_t id, wr_arena *arena, void **out, weir_error *err)
{
    const jsr_decoder *d = user;
    const wr_registry_schema *schema;
    const wr_schema_mark mark = {.id = id};
    WR_TRY(wr__record_schema(d->base.options.registry, &mark, false, &schema, err));
    if (schema->kind != WR_SCHEMA_JSON)
        return wr_error(err, WEIR_ERR_RECORD, "Schema %u is no JSON schema", id);
    jsr_plan *plan = WR_NEW(arena, jsr_plan);
    if (wr__jsr_schema_parse(schema, arena, &plan->top, err) != WEIR_OK) {
        err->code = WEIR_ERR_RECORD;
        return WEIR_ERR_RECORD;
    }
    plan->ways = WR_NEW_N(arena, wr_jsr_way, d->n);
    plan->slots = WR_NEW_N(arena, uint32_t, d->n);
    plan->branch = WR_NEW_N(arena, uint32_t, d->n);
    for (uint32_t k = 0; k < d->n; k++)
        plan->slots[k] = UINT32_MAX;
    plan->whole = d->bare || plan->top->kind == WR_JSR_UNION;
    plan->n = plan->whole;
    if (d->bare && d->n) {
        wr__jsr_way_init(&plan->ways[0], plan->top, d->base.cols[0].type, arena);
        plan->slots[0] = 0;
    } else if (plan->top->kind == WR_JSR_STRUCT || plan->top->kind == WR_JSR_UNION) {
        plan_fields(d, plan, arena);
    } else if (!d->bare) {
        return wr_error(err, WEIR_ERR_RECORD, "Schema %u is not that of an object: %s", id,
                        plan->top->why ? plan->top->why : "it has no properties");
    }
    *out = plan;
    return WEIR_OK;
}

weir_status wr__jsr_decoder_new(const wr_decoder *common, wr_arena *arena, wr_decoder **out,
                                weir_error *err)
{
    if (!common->options.registry)
        return wr_error(err, WEIR_ERR_CONFIG, "The JSON_SR format needs a schema registry");
    jsr_decoder *d = WR_NEW(arena, jsr_decoder);
    d->base = *common;
    d->bare = common->options.unwrapped;
    WR_ASSERT(!d->bare || common->n <= 1);
    d->places = WR_NEW_N(arena, uint32_t, common->n);
    for (uint32_t c = 0; c < common->n; c++) {
        bool read = common->wanted[c] || common->options.strict;
        d->places[c] = read ? d->n++ : UINT32_MAX;
    }
    d->plans = wr__writer_plans_new(arena, PLANS_MAX, make_plan, d);
    *out = &d->base;
    return WEIR_OK;
}

/* ---- 1. scan ---- */

/* Find the row's plan. @return not WEIR_OK: the whole scan ends so. */
static weir_status find_plan(jsr_decoder *d, uint32_t row, wr_record_found *f, weir_error *err)
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

/* The one token of a record, or that a record that must be an object is none. */
static uint8_t scan_whole(jsr_decoder *d, const jsr_plan *plan, uint32_t row, const wr_jtoken *t,
                          wr_row_errors *errs)
{
    if (t->kind == WR_J_NULL && (!d->bare || plan->top->optional)) {
        d->row_tokens[row] = NULL; /* a default is no value of a record that is not there */
        d->base.counts.nulls++;
        return WR_DECODED_NULL;
    }
    if (!plan->whole) {
        wr_row_error(errs, row, "Can't convert type. sourceType: %s, requiredType: object, path: $",
                     wr__json_node_name(t));
        return 0;
    }
    d->row_tokens[row][0] = *t;
    return WR_DECODED;
}

static uint8_t scan_row(jsr_decoder *d, uint32_t row, const wr_record_found *f, wr_row_errors *errs)
{
    if (f->fault) {
        wr_row_error(errs, row, "%s", f->fault);
        return 0;
    }
    const jsr_plan *plan = d->row_plans[row];
    wr_jtoken *tokens = wr_arena_alloc(d->base.scratch, plan->n * sizeof *tokens + 1);
    d->row_tokens[row] = tokens;
    wr_str text = wr__json_with_slack(f->body, d->base.scratch);
    wr_jscan s;
    wr__json_scan_init(&s, text, false);
    s.slack = true;
    bool valid = true;
    if (WR_UNLIKELY(!wr__is_ascii(text))) {
        d->ascii = false;
        valid = wr_utf8_valid(text);
    }
    wr__json_blanks(&s);
    if (WR_LIKELY(!plan->whole && s.p < s.end && *s.p == '{')) {
        if (wr__json_shape_scan(plan->shape, &s, tokens, 1) &&
            wr__json_end_record(&s, WR_J_OBJECT, valid, &d->base.counts))
            return WR_DECODED;
        return wr__json_report_fault(errs, row, &s, valid);
    }
    wr_jtoken t = {0};
    if (s.p == s.end) {
        wr_row_error(errs, row, "there is nothing after the id of the schema");
        return 0;
    }
    if (!wr__json_token(&s, &t) ||
        !wr__json_end_record(&s, (wr_jkind)t.kind, valid, &d->base.counts))
        return wr__json_report_fault(errs, row, &s, valid);
    return scan_whole(d, plan, row, &t, errs);
}

weir_status wr__jsr_scan(wr_decoder *base, wr_sel sel, uint8_t *ok, wr_row_errors *errs,
                         weir_error *err)
{
    jsr_decoder *d = (jsr_decoder *)base;
    d->ascii = true;
    d->rows_n = sel.n ? wr_sel_row(sel, sel.n - 1) + 1 : 0;
    d->row_plans = wr_arena_alloc(base->scratch, d->rows_n * sizeof *d->row_plans + 1);
    d->row_tokens = wr_arena_alloc(base->scratch, d->rows_n * sizeof *d->row_tokens + 1);
    if (d->bare && base->n == 0) { /* no key columns: the bytes are not looked at */
        WR_FOREACH_SEL (i, sel)
            ok[i] = WR_DECODED;
        return WEIR_OK;
    }
    wr__writer_plans_begin(d->plans);
    wr_record_found *f = wr_arena_alloc(base->scratch, d->rows_n * sizeof *f + 1);
    WR_FOREACH_SEL (i, sel) {
        weir_status st = find_plan(d, i, &f[i], err);
        if (WR_UNLIKELY(st != WEIR_OK))
            return wr__record_give_up(base, sel, st);
    }
    WR_FOREACH_SEL (i, sel)
        ok[i] = scan_row(d, i, &f[i], errs);
    return WEIR_OK;
}

/* ---- 2. convert ---- */

static bool convert_row(jsr_decoder *d, uint32_t k, uint32_t row, wr_value *out)
{
    const jsr_plan *plan = d->row_plans[row];
    *out = (wr_value){.null = true};
    if (plan->slots[k] == UINT32_MAX || !d->row_tokens[row])
        return true;
    wr_jtoken tok = d->row_tokens[row][plan->slots[k]];
    if (!plan->whole && !(tok.flags & WR_J_EXACT)) /* of another case: not the schema's field */
        tok = (wr_jtoken){0};
    if (plan->whole && !d->bare) {
        uint32_t branch = wr__jsr_branch(plan->top, &tok, d->base.scratch);
        if (branch == UINT32_MAX) {
            wr__json_conv_start_failure(&d->read.conv);
            wr_buf_puts(&d->read.conv.message, "the value is none of those that the schema has");
            return false;
        }
        if (branch != plan->branch[k])
            return true;
        return wr__jsr_convert(&d->read, &plan->ways[k], &tok, true, out);
    }
    return wr__jsr_convert(&d->read, &plan->ways[k], &tok, false, out);
}

static void fail_row(jsr_decoder *d, uint32_t column, uint32_t row, wr_vec *out, uint8_t *ok,
                     wr_row_errors *errs)
{
    wr_jconv *conv = &d->read.conv;
    if (!d->bare)
        wr__json_conv_path(conv, d->base.cols[column].name);
    wr_row_error(errs, row, "%s, path: $%s", wr_buf_cstr(&conv->message),
                 wr__json_conv_where(conv));
    ok[row] = 0;
    if (out)
        wr__vec_put_null(out, row);
}

/* The texts that need no conversion. @return false: all others. */
static bool convert_text(const jsr_decoder *d, uint32_t k, uint32_t row, wr_vec *out)
{
    const jsr_plan *plan = d->row_plans[row];
    if (plan->whole || plan->slots[k] == UINT32_MAX || !d->row_tokens[row] ||
        plan->ways[k].kind != WR_JSR_WAY_STRING)
        return false;
    const wr_jtoken *tok = &d->row_tokens[row][plan->slots[k]];
    if (tok->kind != WR_J_STRING || tok->flags != WR_J_EXACT)
        return false;
    out->u.str[row] = wr_str_make(tok->ptr, tok->len);
    return true;
}

void wr__jsr_convert_column(wr_decoder *base, uint32_t index, wr_sel sel, wr_vec *out, uint8_t *ok,
                            wr_row_errors *errs)
{
    jsr_decoder *d = (jsr_decoder *)base;
    uint32_t k = d->places[index];
    WR_ASSERT(k != UINT32_MAX);
    wr__json_conv_init(&d->read.conv, base->scratch);
    bool texts = out && out->type->id == WR_T_STRING;
    if (out)
        out->no_nulls = true; /* until there is one */
    WR_FOREACH_SEL (i, sel) {
        wr_value v;
        if (texts && convert_text(d, k, i, out))
            continue;
        if (!convert_row(d, k, i, &v))
            fail_row(d, index, i, out, ok, errs);
        else if (out && v.null)
            wr__vec_put_null(out, i);
        else if (out)
            wr_vec_set(out, i, &v);
    }
    if (texts) {
        bool ascii = true;
        WR_FOREACH_SEL (i, sel)
            ascii = ascii && wr__is_ascii(out->u.str[i]);
        out->ascii = ascii;
    }
    wr__json_conv_fini(&d->read.conv);
}
