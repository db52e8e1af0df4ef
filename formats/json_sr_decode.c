/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_sr_decode.c - the record decoder of JSON_SR: the mark, then JSON read by the writer's
 * schema.
 *
 * A plan per schema holds the shape that a record is scanned with (the schema's own names, exactly)
 * and a way for each column. The walk over a record is that of JSON; only the conversion differs:
 * rows in a row that have the same plan, which are mostly all of them, are a loop for the type;
 * what is not of the type that the schema says is boxed (json_sr_way.c).
 */
#include "formats/json_sr.h"

#include "common/utf8.h"
#include "formats/ascii.h"
#include "formats/json_record.h"
#include "formats/record_schema.h"

#define PLANS_MAX 64

typedef struct jsr_plan {
    const wr_jsr_node *top;
    bool whole;       /* a record is one token: unwrapped, or a union or a variant as columns */
    wr_jshape *shape; /* not whole: the fields that columns read, `slots` says which */
    uint32_t n;       /* tokens of a record */
    uint32_t *slots;  /* for each column read: its token, or UINT32_MAX: no such field */
    uint32_t *branch; /* a union: the branch that is the column's; a variant: the part */
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
    wr_record_rows rows; /* their plans: jsr_plan; of a record that is null, none either */
    wr_jtoken *tokens;   /* rows.n for each of a plan's tokens, token by token */
    bool ascii;          /* all records are */
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
    bool has_parts = plan->top->kind == WR_JSR_UNION || plan->top->kind == WR_JSR_ANY;
    plan->whole = d->bare || has_parts;
    plan->n = plan->whole;
    if (d->bare && d->n) {
        wr__jsr_way_init(&plan->ways[0], plan->top, d->base.cols[0].type, arena);
        plan->slots[0] = 0;
    } else if (plan->top->kind == WR_JSR_STRUCT || has_parts) {
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

/* The one token of a record, or that a record that must be an object is none. */
static uint8_t scan_whole(jsr_decoder *d, const jsr_plan *plan, uint32_t row, const wr_jtoken *t,
                          wr_row_errors *errs)
{
    if (t->kind == WR_J_NULL && (!d->bare || plan->top->optional)) {
        d->rows.plans[row] = NULL; /* a default is no value of a record that is not there */
        d->rows.alike = false;
        d->base.counts.nulls++;
        return WR_DECODED_NULL;
    }
    if (!plan->whole) {
        wr_row_error(errs, row, "Can't convert type. sourceType: %s, requiredType: object, path: $",
                     wr__json_node_name(t));
        return 0;
    }
    d->tokens[row] = *t;
    return WR_DECODED;
}

static uint8_t scan_row(jsr_decoder *d, uint32_t row, wr_row_errors *errs)
{
    const wr_record_found *f = &d->rows.found[row];
    if (f->fault) {
        wr_row_error(errs, row, "%s", f->fault);
        return 0;
    }
    const jsr_plan *plan = d->rows.plans[row];
    wr_str text = wr__json_with_slack(f->body, d->base.scratch);
    wr_jscan s;
    wr__json_scan_init(&s, text, false);
    s.slack = true;
    s.words = true;
    bool valid = true;
    if (WR_UNLIKELY(!wr__is_ascii(text))) {
        d->ascii = false;
        valid = wr_utf8_valid(text);
    }
    wr__json_blanks(&s);
    if (WR_LIKELY(!plan->whole && s.p < s.end && *s.p == '{')) {
        if (wr__json_shape_scan(plan->shape, &s, d->tokens + row, d->rows.n) &&
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
    if (d->bare && base->n == 0) { /* no key columns: the bytes are not looked at */
        WR_FOREACH_SEL (i, sel)
            ok[i] = WR_DECODED;
        return WEIR_OK;
    }
    WR_TRY(wr__record_find_plans(base, d->plans, sel, NULL, NULL, &d->rows, err));
    size_t tokens = d->rows.n * WR_MAX(d->n, 1u); /* one where a record is one token */
    d->tokens = wr_arena_alloc(base->scratch, tokens * sizeof *d->tokens + 1);
    WR_FOREACH_SEL (i, sel)
        ok[i] = scan_row(d, i, errs);
    return WEIR_OK;
}

/* ---- 2. convert ---- */

/* Where the values of one column go; for rows that have the same plan. */
typedef struct column {
    jsr_decoder *d;
    uint32_t index;
    uint32_t place; /* among those read */
    const jsr_plan *plan;
    const wr_jsr_way *way;
    const wr_jtoken *tokens;
    wr_vec *out; /* NULL: nowhere */
    bool ascii;  /* STRING: what escapes or other types have become is */
    uint8_t *ok;
    wr_row_errors *errs;
} column;

/* A record of no type: METADATA and VALUE are columns. */
static bool convert_part(column *c, const wr_jtoken *tok, wr_value *out)
{
    wr_jsr_read *read = &c->d->read;
    wr_str parts[2];
    if (c->way->kind != WR_JSR_WAY_BYTES) /* says so, whatever the value is */
        return wr__jsr_convert(read, c->way, &(wr_jtoken){0}, true, out);
    wr__jsr_variant(&read->conv, tok, &parts[0], &parts[1]);
    *out = wr_value_str(parts[c->plan->branch[c->place]]);
    return true;
}

/* The value of the column that is one of a union's branches. */
static bool convert_branch(column *c, const wr_jtoken *tok, wr_value *out)
{
    wr_jsr_read *read = &c->d->read;
    uint32_t branch = wr__jsr_branch(c->plan->top, tok, c->d->base.scratch);
    *out = WR_VALUE_NULL;
    if (branch == UINT32_MAX) {
        wr__json_conv_start_failure(&read->conv);
        wr_buf_puts(&read->conv.message, "the value is none of those that the schema has");
        return false;
    }
    return branch != c->plan->branch[c->place] || wr__jsr_convert(read, c->way, tok, true, out);
}

static void fail_row(column *c, uint32_t row)
{
    wr_jconv *conv = &c->d->read.conv;
    if (!c->d->bare)
        wr__json_conv_path(conv, c->d->base.cols[c->index].name);
    wr_row_error(c->errs, row, "%s, path: $%s", wr_buf_cstr(&conv->message),
                 wr__json_conv_where(conv));
    c->ok[row] = 0;
    if (c->out)
        wr__vec_put_null(c->out, row);
}

/* A value of any type, boxed. */
static void convert_boxed(column *c, uint32_t row)
{
    wr_jtoken tok = c->tokens[row];
    wr_value v;
    bool good;
    if (c->plan->whole && !c->d->bare && c->plan->top->kind == WR_JSR_ANY) {
        good = convert_part(c, &tok, &v);
    } else if (c->plan->whole && !c->d->bare) {
        good = convert_branch(c, &tok, &v);
    } else {
        if (!c->plan->whole && !(tok.flags & WR_J_EXACT)) /* of another case: not the field */
            tok = (wr_jtoken){0};
        good = wr__jsr_convert(&c->d->read, c->way, &tok, false, &v);
    }
    if (!good)
        fail_row(c, row);
    else if (c->out && v.null)
        wr__vec_put_null(c->out, row);
    else if (c->out)
        wr_vec_set(c->out, row, &v);
    if (good && !v.null && c->out && c->out->type->id == WR_T_STRING)
        c->ascii = c->ascii && wr_utf8_ascii(v.u.str);
}

/* Of the schema's field, without a fraction, and within the type's range. */
static inline bool is_whole(column *c, const wr_jtoken *tok, bool wide, int64_t *v)
{
    return tok->kind == WR_J_INT && tok->flags == WR_J_EXACT &&
           wr__json_to_i64(&c->d->read.conv, tok, v) && (wide || *v == (int32_t)*v);
}

#define CONVERT_LOOP(is_plain, store)                                                              \
    do {                                                                                           \
        WR_FOREACH_SEL (i, sel) {                                                                  \
            const wr_jtoken *tok = &c->tokens[i];                                                  \
            if (WR_LIKELY(is_plain))                                                               \
                store;                                                                             \
            else                                                                                   \
                convert_boxed(c, i);                                                               \
        }                                                                                          \
        return true;                                                                               \
    } while (0)

/* The values that the schema means are a loop for the type; all others are boxed. @return false:
 * the way has no such loop. */
static bool convert_fast(column *c, wr_sel sel)
{
    bool is_wide = c->out->type->id == WR_T_BIGINT || c->out->type->id == WR_T_TIMESTAMP;
    uint8_t bits = wr__jsr_whole_bits(c->way->node);
    int64_t v;
    double f;
    switch (c->way->kind) {
    case WR_JSR_WAY_STRING:
        CONVERT_LOOP(tok->kind == WR_J_STRING && tok->flags == WR_J_EXACT,
                     c->out->u.str[i] = wr_str_make(tok->ptr, tok->len));
    case WR_JSR_WAY_INT:
        if (bits < 32)
            return false;
        if (is_wide)
            CONVERT_LOOP(is_whole(c, tok, bits == 64, &v), c->out->u.i64[i] = v);
        CONVERT_LOOP(is_whole(c, tok, false, &v), c->out->u.i32[i] = (int32_t)v);
    case WR_JSR_WAY_DOUBLE:
        if (c->way->node->bits < 64)
            return false;
        CONVERT_LOOP((tok->kind == WR_J_REAL || tok->kind == WR_J_INT) &&
                         tok->flags == WR_J_EXACT && wr__json_to_double(&c->d->read.conv, tok, &f),
                     c->out->u.f64[i] = f);
    default:
        return false;
    }
}

static void convert_rows(column *c, const wr_record_run *run)
{
    c->plan = run->plan;
    /* The record is null, or its writer has no such field. */
    if (!c->plan || c->plan->slots[c->place] == UINT32_MAX) {
        for (uint32_t k = 0; c->out && k < run->sel.n; k++)
            wr__vec_put_null(c->out, wr_sel_row(run->sel, k));
        return;
    }
    c->way = &c->plan->ways[c->place];
    c->tokens = c->d->tokens + c->plan->slots[c->place] * c->d->rows.n;
    if (c->out && !c->plan->whole && convert_fast(c, run->sel))
        return;
    WR_FOREACH_SEL (i, run->sel)
        convert_boxed(c, i);
}

static bool all_ascii(const wr_vec *v, wr_sel sel)
{
    bool ascii = true;
    WR_FOREACH_SEL (i, sel)
        ascii = ascii && wr__is_ascii(v->u.str[i]);
    return ascii;
}

void wr__jsr_convert_column(wr_decoder *base, uint32_t index, wr_sel sel, wr_vec *out, uint8_t *ok,
                            wr_row_errors *errs)
{
    jsr_decoder *d = (jsr_decoder *)base;
    column c = {.d = d,
                .index = index,
                .place = d->places[index],
                .out = out,
                .ascii = true,
                .ok = ok,
                .errs = errs};
    WR_ASSERT(c.place != UINT32_MAX);
    wr__json_conv_init(&d->read.conv, base->scratch);
    if (out)
        out->no_nulls = true; /* until there is one */
    wr_record_run run = {0};
    while (wr__record_next_run(&d->rows, sel, base->scratch, &run))
        convert_rows(&c, &run);
    if (out && out->type->id == WR_T_STRING) {
        out->ascii = c.ascii && d->ascii;
        if (!d->ascii) /* some records are not; this column may still be */
            out->ascii = all_ascii(out, sel);
    }
    wr__json_conv_fini(&d->read.conv);
}
