/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protobuf_decode.c - the record decoder of PROTOBUF and PROTOBUF_NOSR.
 *
 *   1. scan: first the schema and the message of every record are found, by its mark and indexes,
 *      and the shape for it; only when none has to be waited for are the records walked. That
 *      leaves a token per column read.
 *   2. convert: column by column. Rows in a row that have the same shape, which are mostly all of
 *      them, are a loop for the type; others are boxed (protobuf_read.c).
 *
 * PROTOBUF_NOSR has one shape, of the message that its columns are written with.
 */
#include "formats/protobuf.h"

#include "formats/ascii.h"
#include "formats/record_schema.h"

#define PLANS_MAX 256 /* writer's schemas kept between batches */

/* What is kept for a writer's schema: its file, and the messages of it that records were. */
typedef struct message_plan {
    const wr_pb_message *message;
    wr_pb_shape *shape;
} message_plan;

typedef struct schema_plan {
    const wr_pb_file *file;
    wr_arena *arena;
    wr_arr(message_plan) messages;
} schema_plan;

typedef struct pb_decoder {
    wr_decoder base;
    wr_writer_plans *plans; /* NULL: PROTOBUF_NOSR */
    wr_pb_shape *only;      /* PROTOBUF_NOSR's */
    wr_pb_way whole;        /* PROTOBUF_NOSR, unwrapped: the record as a value; else ABSENT */
    const char **names;     /* of all columns */
    const wr_type **types;
    bool *read;
    /* Of the last scan. */
    wr_record_rows rows; /* their shapes: wr_pb_shape */
    wr_pb_token *tokens; /* rows.n for each column, column by column */
} pb_decoder;

/* ---- construction ---- */

/* What wr__writer_plans_get calls for an id that it has no plan for. */
static weir_status make_plan(void *user, uint32_t id, wr_arena *arena, void **plan, weir_error *err)
{
    const pb_decoder *d = user;
    const wr_registry_schema *schema;
    const wr_schema_mark mark = {.id = id};
    WR_TRY(wr__record_schema(d->base.options.registry, &mark, false, &schema, err));
    if (schema->kind != WR_SCHEMA_PROTOBUF)
        return wr_error(err, WEIR_ERR_RECORD, "Schema %u is no Protobuf schema", id);
    schema_plan *made = WR_NEW(arena, schema_plan);
    made->arena = arena;
    if (wr__pb_schema_parse(schema, arena, &made->file, err) != WEIR_OK) {
        err->code = WEIR_ERR_RECORD;
        return WEIR_ERR_RECORD;
    }
    WR_ASSERT(made->file && !made->messages.n);
    *plan = made;
    return WEIR_OK;
}

/* The message that the columns are written with, when there is no registry to ask. */
static void plain_shape(pb_decoder *d, wr_arena *arena)
{
    const wr_decoder *b = &d->base;
    const wr_format_columns columns = {.cols = b->cols, .n = b->n, .options = &b->options};
    const wr_pb_message *m = wr__pb_file_of_columns(&columns, arena)->messages[0];
    bool is_bare = b->options.unwrapped && b->n == 1 &&
                   (b->cols[0].type->id == WR_T_STRUCT || m->known != WR_PB_PLAIN);
    if (!is_bare) {
        d->only = wr__pb_shape_new(m, d->names, d->types, d->read, b->n, arena);
        return;
    }
    /* The record is the column's own message: as if it were a field of one. */
    wr_pb_field *field = WR_NEW(arena, wr_pb_field);
    *field = (wr_pb_field){.name = b->cols[0].name,
                           .number = 1,
                           .kind = WR_PB_MESSAGE,
                           .oneof = -1,
                           .has_presence = true,
                           .message = m};
    wr_pb_message *around = WR_NEW(arena, wr_pb_message);
    *around = (wr_pb_message){.name = "", .full_name = "", .file = "", .n = 1, .fields = field};
    d->only = wr__pb_shape_new(around, d->names, d->types, d->read, 1, arena);
    d->whole = d->only->ways[0];
    WR_ASSERT(d->only->n == 1);
}

weir_status wr__pb_decoder_new(const wr_decoder *common, wr_arena *arena, wr_decoder **out,
                               weir_error *err)
{
    bool plain = wr__pb_is_plain(common->class_);
    if (!plain && !common->options.registry)
        return wr_error(err, WEIR_ERR_CONFIG, "The PROTOBUF format needs a schema registry");
    pb_decoder *d = WR_NEW(arena, pb_decoder);
    d->base = *common;
    d->names = WR_NEW_N(arena, const char *, common->n);
    d->types = WR_NEW_N(arena, const wr_type *, common->n);
    d->read = WR_NEW_N(arena, bool, common->n);
    for (uint32_t c = 0; c < common->n; c++) {
        d->names[c] = common->cols[c].name;
        d->types[c] = common->cols[c].type;
        d->read[c] = common->wanted[c] || common->options.strict;
    }
    if (plain)
        plain_shape(d, arena);
    else
        d->plans = wr__writer_plans_new(arena, PLANS_MAX, make_plan, d);
    WR_ASSERT(!d->plans == plain);
    *out = &d->base;
    return WEIR_OK;
}

/* ---- 1. scan ---- */

/* What is said of records without indexes, or with some that lead nowhere: it may be a writer that
 * leaves them out. */
static const char *index_fault(const pb_decoder *d, const char *fault)
{
    return wr_arena_printf(d->base.scratch,
                           "%s; if its writer gives no message index, as kafkajs does, declare "
                           "%s_PROTOBUF_MESSAGE_INDEX = 'NONE'",
                           fault, d->base.options.is_key ? "KEY" : "VALUE");
}

/* Where records do not say it: the first message, or the one that is named. */
static const wr_pb_message *message_without_index(const pb_decoder *d, const wr_pb_file *file,
                                                  const char **fault)
{
    const wr_pb_message *m = wr__pb_message_without_index(file, d->base.options.full_name);
    if (!m)
        *fault = "the record's schema has no such message";
    return m;
}

static const wr_pb_message *message_by_index(const pb_decoder *d, const wr_pb_file *file,
                                             wr_str *rest, const char **fault)
{
    wr_pb_path path;
    if (!wr__pb_path_read(rest, &path)) {
        *fault = index_fault(d, "the record does not say which message of its schema it is");
        return NULL;
    }
    const wr_pb_message *m = wr__pb_message_at(file, &path);
    if (!m)
        *fault = index_fault(d, "the record's schema has no message of its indexes");
    return m;
}

/* The shape of the message whose indexes are at @p rest, made when it is first met: a
 * wr_record_plan_fn. In a header indexes are never left out. */
static const void *shape_of(void *user, void *schema, bool in_header, wr_str *rest,
                            const char **fault)
{
    const pb_decoder *d = user;
    schema_plan *plan = schema;
    const wr_pb_message *m = d->base.options.no_indexes && !in_header
                                 ? message_without_index(d, plan->file, fault)
                                 : message_by_index(d, plan->file, rest, fault);
    if (!m)
        return NULL;
    for (size_t i = 0; i < plan->messages.n; i++)
        if (plan->messages.v[i].message == m)
            return plan->messages.v[i].shape;
    const message_plan made = {
        m, wr__pb_shape_new(m, d->names, d->types, d->read, d->base.n, plan->arena)};
    WR_ASSERT(made.shape->n == d->base.n);
    wr_arr_push(plan->arena, &plan->messages, made);
    return made.shape;
}

static wr_str without_index(const pb_decoder *d, uint32_t row, wr_str body)
{
    bool in_header = d->base.schema_headers && d->base.schema_headers[row].ptr;
    return in_header ? body : wr__pb_skip_first_index(body);
}

static uint8_t walk_row(pb_decoder *d, uint32_t row, wr_row_errors *errs)
{
    const wr_record_found *f = &d->rows.found[row];
    const char *fault = f->fault;
    wr_str body = d->base.options.no_indexes ? without_index(d, row, f->body) : f->body;
    if (!fault)
        fault = wr__pb_walk(d->rows.plans[row], body, d->tokens + row, d->rows.n);
    if (WR_LIKELY(!fault))
        return WR_DECODED;
    wr_row_error(errs, row, "Invalid Protobuf: %s", fault);
    return 0;
}

/* Without a registry: all records have the one shape, and nothing before them. */
static void take_rows(pb_decoder *d, wr_sel sel)
{
    d->rows = (wr_record_rows){.alike = true};
    d->rows.n = sel.n ? wr_sel_row(sel, sel.n - 1) + 1 : 0;
    d->rows.plans = wr_arena_alloc(d->base.scratch, d->rows.n * sizeof *d->rows.plans + 1);
    d->rows.found = wr_arena_alloc(d->base.scratch, d->rows.n * sizeof *d->rows.found + 1);
    WR_FOREACH_SEL (i, sel) {
        d->rows.plans[i] = d->only;
        d->rows.found[i] = (wr_record_found){.body = d->base.payloads[i]};
    }
}

weir_status wr__pb_scan(wr_decoder *base, wr_sel sel, uint8_t *ok, wr_row_errors *errs,
                        weir_error *err)
{
    pb_decoder *d = (pb_decoder *)base;
    bool whole = d->whole.kind != WR_PB_WAY_ABSENT;
    if (!d->plans)
        take_rows(d, sel);
    else if (base->n)
        WR_TRY(wr__record_find_plans(base, d->plans, sel, shape_of, d, &d->rows, err));
    if (whole || (d->plans && base->n == 0)) { /* no key columns: the bytes are not looked at */
        WR_FOREACH_SEL (i, sel)
            ok[i] = WR_DECODED;
        return WEIR_OK;
    }
    size_t tokens = d->rows.n * base->n + 1;
    d->tokens = wr_arena_alloc(base->scratch, tokens * sizeof *d->tokens);
    WR_FOREACH_SEL (i, sel)
        ok[i] = walk_row(d, i, errs);
    return WEIR_OK;
}

/* ---- 2. convert ---- */

/* Where the values of one column go; for rows that have the same shape. */
typedef struct column {
    pb_decoder *d;
    const char *name;
    const wr_pb_way *way;
    const wr_pb_token *tokens;
    wr_vec *out; /* NULL: nowhere */
    uint8_t *ok;
    wr_row_errors *errs;
} column;

static void fail_row(column *c, uint32_t row, const wr_pb_fault *fault)
{
    wr_buf path = {0};
    for (uint32_t i = fault->path_n; i-- > 0;)
        wr_buf_printf(&path, ".%s", fault->path[i]);
    wr_row_error(c->errs, row, "%s, path: $.%s%s", fault->reason, c->name, wr_buf_cstr(&path));
    wr_buf_free(&path);
    c->ok[row] = 0;
    if (c->out)
        wr__vec_put_null(c->out, row);
}

static void convert_boxed(column *c, uint32_t row)
{
    wr_pb_fault fault = {0};
    wr_value value;
    bool bare = c->d->whole.kind != WR_PB_WAY_ABSENT;
    wr_arena *scratch = c->d->base.scratch;
    bool ok = bare ? wr__pb_message_value(c->way, c->d->base.payloads[row], scratch, &value, &fault)
                   : wr__pb_value(c->way, &c->tokens[row], scratch, &value, &fault);
    if (!ok)
        fail_row(c, row, &fault);
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
        const wr_pb_token *t = &c->tokens[i];
        if (WR_UNLIKELY(!t->there)) {
            convert_boxed(c, i);
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

#define CONVERT_LOOP(field, from)                                                                  \
    WR_FOREACH_SEL (i, sel) {                                                                      \
        const wr_pb_token *t = &c->tokens[i];                                                      \
        if (WR_LIKELY(t->there))                                                                   \
            c->out->u.field[i] = (from);                                                           \
        else                                                                                       \
            convert_boxed(c, i);                                                                   \
    }                                                                                              \
    break

/* All of these rows have the way. */
static void convert_alike(column *c, wr_sel sel)
{
    wr_pb_kind kind = c->way->field ? c->way->field->kind : WR_PB_MESSAGE;
    wr_pb_way_kind way = c->way->kind;
    if (!c->out || (way == WR_PB_WAY_INT && c->way->type->id == WR_T_TIME)) /* has a range */
        way = WR_PB_WAY_MISMATCH;
    switch (way) {
    case WR_PB_WAY_STRING:
        convert_strings(c, sel);
        return;
    case WR_PB_WAY_LONG:
        CONVERT_LOOP(i64, wr__pb_whole(kind, t->u.bits));
    case WR_PB_WAY_INT:
        CONVERT_LOOP(i32, (int32_t)wr__pb_whole(kind, t->u.bits));
    case WR_PB_WAY_DOUBLE:
        CONVERT_LOOP(f64, wr__pb_real(kind, t->u.bits));
    case WR_PB_WAY_BOOLEAN:
        CONVERT_LOOP(b, t->u.bits != 0);
    default:
        WR_FOREACH_SEL (i, sel)
            convert_boxed(c, i);
        break;
    }
    if (c->out)
        c->out->ascii = false;
}

void wr__pb_convert_column(wr_decoder *base, uint32_t index, wr_sel sel, wr_vec *out, uint8_t *ok,
                           wr_row_errors *errs)
{
    pb_decoder *d = (pb_decoder *)base;
    WR_ASSERT(index < base->n && d->read[index]);
    if (out) {
        out->no_nulls = true; /* until there is one */
        out->ascii = out->type->id == WR_T_STRING;
    }
    column c = {.d = d,
                .name = base->cols[index].name,
                .tokens = d->tokens ? d->tokens + index * d->rows.n : NULL,
                .out = out,
                .ok = ok,
                .errs = errs};
    wr_record_run run = {0};
    while (wr__record_next_run(&d->rows, sel, base->scratch, &run)) {
        const wr_pb_shape *shape = run.plan;
        c.way = &shape->ways[index];
        convert_alike(&c, run.sel);
    }
    WR_ASSERT(!out || out->null);
}
