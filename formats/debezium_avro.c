/* SPDX-License-Identifier: Apache-2.0 */
/*
 * debezium_avro.c - DEBEZIUM_AVRO: change events of Debezium as records of Avro, with a schema
 * registry, read only. What an event does is as in debezium_json.c.
 *
 * A plan for each writer's schema (writer_plans.h) has two programs of avro_plan.h:
 *
 *   envelope   over the record: `op`, and the bytes of `after` and of `source`
 *   row        over the bytes of `after`: a token for each column that is read, all other fields
 *              gone past; the scan's tokens are these
 *
 * The writer's schema alone says what kind of record it is: one without `op` is about no row, if it
 * is a transaction's, a heartbeat's or a change of the database's schema. Keys have the row's
 * program only, over the whole record. Values are read by their ways (avro_way.c, and what only
 * events have: debezium_avro_value.c), so the names that Connect's writers put beside types decide
 * about units and scales, and nothing is guessed.
 */
#include "formats/debezium.h"

#include "formats/ascii.h"
#include "formats/avro_plan.h"
#include "formats/record_schema.h"

#define PLANS_MAX 64 /* writer's schemas kept between batches */

enum { EVENT_OP, EVENT_AFTER, EVENT_SOURCE, EVENT_N };

typedef struct event_plan {
    bool skips;                   /* its records are about no row */
    const wr_avro_plan *envelope; /* NULL: the record is the row */
    const wr_avro_plan *row;      /* NULL: the schema has no `after` */
} event_plan;

typedef struct event_decoder {
    wr_decoder base;
    wr_writer_plans *plans;
    wr_avro_target event, row;
    uint32_t *places; /* per column: among those read, or UINT32_MAX */
    /* Of the last scan. */
    wr_record_rows rows;   /* plans: event_plan */
    wr_avro_token *tokens; /* rows.n for each column read, column by column */
} event_decoder;

static bool check(const wr_format_columns *c, wr_format_misfit *why)
{
    return wr__debezium_check("DEBEZIUM_AVRO", c, why);
}

/* ---- plans ---- */

/* The record that a node is, or that its union of null and one is; else NULL. */
static const wr_avro_node *record_of(const wr_avro_node *node)
{
    if (node->kind == WR_AVRO_UNION) {
        int32_t only = wr__avro_only_branch(node);
        if (only < 0)
            return NULL;
        node = node->branches[only];
    }
    return node->kind == WR_AVRO_RECORD ? node : NULL;
}

static const wr_avro_node *field_of(const wr_avro_node *record, const char *name)
{
    for (uint32_t i = 0; i < record->n; i++)
        if (strcmp(record->fields[i].name, name) == 0)
            return record->fields[i].type;
    return NULL;
}

/* Of records that have no `op`: does the schema show that they are about no row? */
static bool is_about_no_row(const wr_avro_node *record)
{
    static const char *const marks[] = {"status", "ddl", "tableChanges", "ts_ms"};
    for (size_t i = 0; i < WR_ARRAY_LEN(marks); i++)
        if (field_of(record, marks[i]) && !field_of(record, "after"))
            return true;
    return false;
}

static const wr_avro_plan *plan_of(const wr_avro_node *node, const wr_avro_target *target,
                                   wr_arena *arena)
{
    const wr_avro_plan *plan = wr__avro_plan_new(node, target, arena);
    WR_ASSERT(!plan->fault); /* a record */
    return plan;
}

static weir_status plan_event(const event_decoder *d, uint32_t id, const wr_avro_node *whole,
                              wr_arena *arena, event_plan *plan, weir_error *err)
{
    WR_ASSERT(whole && !plan->envelope && !plan->row);
    const wr_avro_node *record = record_of(whole);
    if (!record)
        return wr_error(err, WEIR_ERR_RECORD, "Schema %u: the Avro schema is no record but %s", id,
                        wr__avro_kind_name(whole->kind));
    if (d->base.options.is_key) {
        plan->row = plan_of(whole, &d->row, arena);
        return WEIR_OK;
    }
    const wr_avro_node *op = field_of(record, "op"), *after = field_of(record, "after");
    plan->skips = !op && is_about_no_row(record);
    if (plan->skips)
        return WEIR_OK;
    if (!op)
        return wr_error(err, WEIR_ERR_RECORD, "Schema %u: %s", id, WR_DEBEZIUM_NO_EVENT);
    plan->envelope = plan_of(whole, &d->event, arena);
    if (plan->envelope->ways[EVENT_OP].kind != WR_AVRO_WAY_STRING)
        return wr_error(err, WEIR_ERR_RECORD, "Schema %u: %s", id, WR_DEBEZIUM_BAD_OP);
    if (!after || !record_of(after))
        return WEIR_OK;
    plan->row = plan_of(record_of(after), &d->row, arena);
    return WEIR_OK;
}

/* What wr__writer_plans_get calls for an id that it has no plan for. */
static weir_status make_plan(void *user, uint32_t id, wr_arena *arena, void **plan, weir_error *err)
{
    const event_decoder *d = user;
    const wr_registry_schema *schema;
    const wr_schema_mark mark = {.id = id};
    WR_TRY(wr__record_schema(d->base.options.registry, &mark, false, &schema, err));
    const wr_avro_node *node;
    if (wr__avro_schema_parse(schema, arena, &node, err) != WEIR_OK) {
        err->code = WEIR_ERR_RECORD;
        return WEIR_ERR_RECORD;
    }
    event_plan *made = WR_NEW(arena, event_plan);
    WR_TRY(plan_event(d, id, node, arena, made, err));
    *plan = made;
    return WEIR_OK;
}

/* ---- construction ---- */

/* The event read as if it were a row: `after` and `source` as STRUCTs, whose bytes are what is
 * looked at. */
static void lay_out_event(event_decoder *d, wr_arena *arena)
{
    static const char *const names[EVENT_N] = {"op", "after", "source"};
    static const uint32_t places[EVENT_N] = {EVENT_OP, EVENT_AFTER, EVENT_SOURCE};
    const wr_field field = {"ts_ms", &wr_type_bigint};
    const wr_type *source = wr_type_struct(arena, &field, 1);
    wr_column *cols = WR_NEW_N(arena, wr_column, EVENT_N);
    for (uint32_t i = 0; i < EVENT_N; i++)
        cols[i] = (wr_column){.name = names[i], .type = i == EVENT_OP ? &wr_type_string : source};
    d->event = (wr_avro_target){
        .cols = cols, .n = EVENT_N, .names = names, .places = places, .names_n = EVENT_N};
}

static weir_status decoder_new(const wr_decoder *common, wr_arena *arena, wr_decoder **out,
                               weir_error *err)
{
    if (!common->options.registry)
        return wr_error(err, WEIR_ERR_CONFIG, "The DEBEZIUM_AVRO format needs a schema registry");
    event_decoder *d = WR_NEW(arena, event_decoder);
    d->base = *common;
    d->places = WR_NEW_N(arena, uint32_t, common->n);
    wr_column *read = WR_NEW_N(arena, wr_column, common->n);
    const char **names = WR_NEW_N(arena, const char *, common->n);
    d->row = (wr_avro_target){.cols = read,
                              .rules = WR_AVRO_RULES_EVENTS,
                              .names = names,
                              .places = d->places,
                              .names_n = common->n};
    for (uint32_t c = 0; c < common->n; c++) {
        names[c] = common->cols[c].name;
        d->places[c] = UINT32_MAX;
        if (!common->wanted[c] && !common->options.strict)
            continue;
        d->places[c] = d->row.n;
        read[d->row.n++] = common->cols[c];
    }
    lay_out_event(d, arena);
    d->plans = wr__writer_plans_new(arena, PLANS_MAX, make_plan, d);
    *out = &d->base;
    return WEIR_OK;
}

/* ---- 1. scan ---- */

static const event_plan *plan_at(const event_decoder *d, uint32_t row)
{
    return d->rows.plans[row];
}

static uint8_t bad(wr_row_errors *errs, uint32_t row, const char *why)
{
    wr_row_error(errs, row, "%s", why);
    return 0;
}

static uint8_t bad_bytes(const event_decoder *d, wr_row_errors *errs, uint32_t row,
                         const wr_avro_reader *r)
{
    wr_row_error(errs, row, "Invalid Avro at byte %lld: %s",
                 (long long)(r->p - d->base.payloads[row].ptr), r->fault);
    return 0;
}

static uint8_t walk_row(event_decoder *d, uint32_t row, wr_str body, wr_row_errors *errs)
{
    WR_ASSERT(plan_at(d, row) && plan_at(d, row)->row);
    wr_avro_reader r = {.p = body.ptr, .end = body.ptr + body.len};
    if (!wr__avro_walk(plan_at(d, row)->row, &r, d->tokens + row, d->rows.n))
        return bad_bytes(d, errs, row, &r);
    return WR_DECODED;
}

/* When the database changed the row. */
static void take_time(event_decoder *d, uint32_t row, const wr_avro_plan *envelope,
                      const wr_avro_token *source)
{
    wr_value value;
    wr_avro_reader r = {.arena = d->base.scratch};
    const wr_avro_way *way = &envelope->ways[EVENT_SOURCE];
    if (!d->base.times || !envelope->there[EVENT_SOURCE] || way->kind != WR_AVRO_WAY_STRUCT ||
        !wr__avro_convert(&r, way, source, &value) || value.null || value.u.nest->items[0].null)
        return;
    int64_t ms = value.u.nest->items[0].u.i64;
    if (ms >= 0)
        d->base.times[row] = ms;
}

static uint8_t take_after(event_decoder *d, uint32_t row, const wr_avro_token *after,
                          wr_row_errors *errs)
{
    const event_plan *plan = plan_at(d, row);
    if (!plan->row || after->null)
        return bad(errs, row, WR_DEBEZIUM_NO_ROW);
    return walk_row(d, row, wr_str_make(after->u.ptr, after->len), errs);
}

static uint8_t take_null(event_decoder *d, uint32_t row)
{
    for (uint32_t k = 0; k < d->row.n; k++)
        d->tokens[k * d->rows.n + row] = (wr_avro_token){.null = true};
    d->base.counts.nulls++;
    return WR_DECODED_NULL;
}

static uint8_t take_event(event_decoder *d, uint32_t row, wr_str body, wr_row_errors *errs)
{
    WR_ASSERT(plan_at(d, row) && plan_at(d, row)->envelope);
    const wr_avro_plan *envelope = plan_at(d, row)->envelope;
    wr_avro_token t[EVENT_N] = {0};
    wr_avro_reader r = {.p = body.ptr, .end = body.ptr + body.len};
    if (!wr__avro_walk(envelope, &r, t, 1))
        return bad_bytes(d, errs, row, &r);
    wr_str op = t[EVENT_OP].null ? WR_STR("") : wr_str_make(t[EVENT_OP].u.ptr, t[EVENT_OP].len);
    uint8_t state;
    switch (wr__debezium_outcome(op)) {
    case WR_DEBEZIUM_ROW:
        state = take_after(d, row, &t[EVENT_AFTER], errs);
        break;
    case WR_DEBEZIUM_DELETE:
        state = take_null(d, row);
        break;
    case WR_DEBEZIUM_TRUNCATE:
        d->base.counts.truncates++;
        state = WR_DECODED_TRUNCATE;
        break;
    case WR_DEBEZIUM_SKIP:
        d->base.counts.skipped++;
        state = WR_DECODED_SKIP;
        break;
    default:
        state = bad(errs, row, WR_DEBEZIUM_BAD_OP);
        break;
    }
    if (state)
        take_time(d, row, envelope, &t[EVENT_SOURCE]);
    return state;
}

static uint8_t scan_row(event_decoder *d, uint32_t row, wr_row_errors *errs)
{
    const event_plan *plan = plan_at(d, row);
    const wr_record_found *f = &d->rows.found[row];
    if (f->fault)
        return bad(errs, row, f->fault);
    if (plan->skips) {
        d->base.counts.skipped++;
        return WR_DECODED_SKIP;
    }
    return plan->envelope ? take_event(d, row, f->body, errs) : walk_row(d, row, f->body, errs);
}

static weir_status scan(wr_decoder *base, wr_sel sel, uint8_t *ok, wr_row_errors *errs,
                        weir_error *err)
{
    event_decoder *d = (event_decoder *)base;
    WR_TRY(wr__record_find_plans(base, d->plans, sel, NULL, NULL, &d->rows, err));
    size_t tokens = d->rows.n * d->row.n + 1; /* one to point at, where no column is read */
    d->tokens = wr_arena_alloc(base->scratch, tokens * sizeof *d->tokens);
    WR_FOREACH_SEL (i, sel)
        ok[i] = scan_row(d, i, errs);
    return WEIR_OK;
}

/* ---- 2. convert ---- */

static void fail_row(const event_decoder *d, uint32_t index, uint32_t row, const wr_avro_reader *r,
                     wr_row_errors *errs)
{
    wr_buf path = {0};
    wr_buf_printf(&path, ".%s", d->base.cols[index].name);
    for (unsigned i = r->path_n; i-- > 0;)
        wr_buf_printf(&path, ".%s", r->path[i]);
    wr_row_error(errs, row, "%s, path: $%s", r->fault, wr_buf_cstr(&path));
    wr_buf_free(&path);
}

/* @return whether the row is still good. */
static bool convert_row(event_decoder *d, uint32_t index, uint32_t row, wr_value *out,
                        wr_row_errors *errs)
{
    uint32_t place = d->places[index];
    const wr_avro_plan *plan = plan_at(d, row)->row;
    const wr_avro_token *token = &d->tokens[place * d->rows.n + row];
    *out = WR_VALUE_NULL;
    if (!plan || !plan->there[place]) /* a deletion by a schema without rows; no such field */
        return true;
    const wr_avro_way *way = &plan->ways[place];
    if (way->kind != WR_AVRO_WAY_MISMATCH && !d->base.options.is_key &&
        wr__debezium_avro_unavailable(way, token)) {
        wr__decoder_lacks(&d->base, row);
        return true;
    }
    wr_avro_reader r = {.arena = d->base.scratch};
    if (wr__avro_convert(&r, way, token, out))
        return true;
    fail_row(d, index, row, &r, errs);
    return false;
}

static void convert(wr_decoder *base, uint32_t index, wr_sel sel, wr_vec *out, uint8_t *ok,
                    wr_row_errors *errs)
{
    event_decoder *d = (event_decoder *)base;
    WR_ASSERT(d->places[index] != UINT32_MAX);
    bool ascii = out && out->type->id == WR_T_STRING;
    if (out)
        out->no_nulls = true; /* until there is one */
    WR_FOREACH_SEL (i, sel) {
        wr_value v;
        if (!convert_row(d, index, i, &v, errs)) {
            ok[i] = 0;
            v = WR_VALUE_NULL;
        }
        if (out && v.null)
            wr__vec_put_null(out, i);
        else if (out)
            wr_vec_set(out, i, &v);
        ascii = ascii && (v.null || wr__is_ascii(v.u.str));
    }
    if (out)
        out->ascii = ascii;
}

/* ---- columns from a schema ---- */

/* The part of an event's schema that is the row. */
static const wr_avro_node *row_of(const wr_avro_node *whole, bool is_key)
{
    const wr_avro_node *record = record_of(whole);
    if (!record || is_key)
        return record;
    const wr_avro_node *after = field_of(record, "after");
    return after && field_of(record, "op") ? record_of(after) : NULL;
}

/* The row's part of a schema; an error says that there is none. */
static weir_status parse_row(const wr_registry_schema *schema, bool is_key, wr_arena *arena,
                             const wr_avro_node **out, weir_error *err)
{
    const wr_avro_node *whole;
    WR_TRY(wr__avro_schema_parse(schema, arena, &whole, err));
    *out = row_of(whole, is_key);
    if (!*out)
        return wr_error(err, WEIR_ERR_STATEMENT,
                        "Schema %u is not that of a change event of Debezium: it has no `op` and "
                        "no record `after`",
                        schema->id);
    return WEIR_OK;
}

static weir_status schema_fields(const wr_registry_schema *schema, const wr_format_columns *columns,
                                 wr_arena *arena, wr_schema_field **fields, uint32_t *n,
                                 weir_error *err)
{
    const wr_avro_node *row;
    WR_TRY(parse_row(schema, columns->is_key, arena, &row, err));
    wr__avro_fields_of(row, columns, WR_AVRO_RULES_EVENTS, arena, fields, n);
    return WEIR_OK;
}

static weir_status infer(const wr_registry_schema *schema, const wr_format_options *options,
                         bool is_key, wr_arena *arena, wr_column **cols, uint32_t *n,
                         weir_error *err)
{
    const wr_avro_node *row;
    WR_TRY(parse_row(schema, is_key, arena, &row, err));
    return wr__avro_infer_record(row, options->exact_names, WR_AVRO_RULES_EVENTS, arena, cols, n,
                                 err);
}

const wr_format_class wr__format_debezium_avro = {
    .format = {.id = WR_FORMAT_DEBEZIUM_AVRO,
               .name = "DEBEZIUM_AVRO",
               .implemented = true,
               .multi_column_key = true,
               .can_wrap = true,
               .can_infer = true,
               .is_key = true,
               .is_value = true,
               .nested = true,
               .read_only = true,
               .change_events = true},
    .check = check,
    .decoder_new = decoder_new,
    .scan = scan,
    .convert = convert,
    .encoder_new = wr__debezium_encoder_new,
    .encode = wr__debezium_encode,
    .schema_kind = WR_SCHEMA_AVRO,
    .infer = infer,
    .schema_fields = schema_fields,
    .to_json = wr__avro_to_json,
    .from_json = wr__avro_from_json,
};
