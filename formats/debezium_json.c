/* SPDX-License-Identifier: Apache-2.0 */
/*
 * debezium_json.c - DEBEZIUM_JSON: change events of Debezium, read only.
 *
 * Three walks over a record, each as long as the part that it looks at: the envelope, where Connect
 * has put one; the event; the row in `after`. What a record is:
 *
 *   op c, r, u          the row in `after`
 *   op d                a deletion: WR_DECODED_NULL, as is a record of NULL (its tombstone)
 *   op t                all rows are gone: WR_DECODED_TRUNCATE
 *   other ops, transactions, heartbeats, changes of a database's schema: WR_DECODED_SKIP
 *   anything else       a bad row
 *
 * A changed key comes as a deletion and a new row, and needs nothing here.
 *
 * A row's time is source.ts_ms: when the database changed it, not when the event was written. The
 * events of a snapshot have the time of the snapshot.
 *
 * Large values that have not changed are not in the event: wr_decoder_unavailable. `before` is not
 * asked for them: where it has them, the connector has put them into `after`; where it has not, it
 * holds what stands in for columns that cannot be NULL, which looks like a value.
 *
 * Where Connect puts the schema into each record, the forms of the columns are read from it, once
 * for each text of a schema: a few are kept, and all of them are dropped when there is no room.
 *
 * Keys are objects of the key's columns, in the same envelope of Connect.
 */
#include "formats/debezium.h"

#include "common/utf8.h"
#include "formats/ascii.h"
#include "formats/json_record.h"

enum {
    EVENT_SCHEMA,
    EVENT_PAYLOAD,
    EVENT_OP,
    EVENT_AFTER,
    EVENT_SOURCE,
    EVENT_STATUS,  /* of a transaction */
    EVENT_DDL,     /* a change of a schema */
    EVENT_CHANGES, /* the same */
    EVENT_TIME,    /* all that a heartbeat has */
    EVENT_N,
};

#define SCHEMAS_MAX 8

/* The columns' types as one schema of Connect says that they are written. */
typedef struct written {
    wr_str schema;
    wr_jtype *types;
} written;

typedef struct debezium_decoder {
    wr_decoder base;
    uint32_t n;         /* columns read */
    uint32_t *places;   /* base.n: the column's place among those read, or UINT32_MAX */
    const char **names; /* n */
    wr_jtype *types;    /* n: where no schema says more */
    written schemas[SCHEMAS_MAX];
    uint32_t schemas_n;
    wr_arena *schemas_arena; /* theirs */
    wr_jshape *event, *source, *row;
    wr_jconv conv;
    /* Of the last scan. */
    wr_jtoken *tokens; /* rows_n for each column read, column by column */
    size_t rows_n;
    int64_t *times;           /* by row; -1: the record's own */
    const wr_jtype **written; /* by row: the columns' types */
} debezium_decoder;

static bool check(const wr_format_columns *c, wr_format_misfit *why)
{
    return wr__debezium_check("DEBEZIUM_JSON", c, why);
}

/* ---- construction ---- */

static wr_jshape *shape_of(wr_arena *arena, const char *const *names, uint32_t n)
{
    wr_str *copy = WR_NEW_N(arena, wr_str, n);
    for (uint32_t i = 0; i < n; i++)
        copy[i] = wr_str_c(names[i]);
    return wr__json_shape_new(arena, copy, n);
}

static void free_schemas(void *arena)
{
    wr_arena_free(arena);
}

/* Where nothing says the unit of times, WITH may. */
static void set_unit(wr_jtype *t, wr_time_unit unit)
{
    static const uint8_t moments[] = {
        [WR_TIME_UNIT_BY_SIZE] = WR_CONNECT_PLAIN,
        [WR_TIME_UNIT_MS] = WR_CONNECT_TIMESTAMP_MS,
        [WR_TIME_UNIT_US] = WR_CONNECT_TIMESTAMP_US,
        [WR_TIME_UNIT_NS] = WR_CONNECT_TIMESTAMP_NS,
    };
    static const uint8_t times[] = {
        [WR_TIME_UNIT_BY_SIZE] = WR_CONNECT_PLAIN,
        [WR_TIME_UNIT_MS] = WR_CONNECT_TIME_MS,
        [WR_TIME_UNIT_US] = WR_CONNECT_TIME_US,
        [WR_TIME_UNIT_NS] = WR_CONNECT_TIME_NS,
    };
    if (t->type->id == WR_T_TIMESTAMP)
        t->form = moments[unit];
    else if (t->type->id == WR_T_TIME)
        t->form = times[unit];
    else if (t->elem)
        set_unit((wr_jtype *)t->elem, unit);
    for (uint32_t i = 0; t->fields && i < t->type->fields_n; i++)
        set_unit((wr_jtype *)&t->fields[i], unit);
}

static void init_type(const debezium_decoder *d, wr_jtype *t, const wr_type *type, wr_arena *a)
{
    wr__json_type_init(t, type, a);
    set_unit(t, d->base.options.time_unit);
}

static weir_status decoder_new(const wr_decoder *common, wr_arena *arena, wr_decoder **out,
                               weir_error *err)
{
    (void)err;
    static const char *const event[EVENT_N] = {
        [EVENT_SCHEMA] = "schema", [EVENT_PAYLOAD] = "payload",      [EVENT_OP] = "op",
        [EVENT_AFTER] = "after",   [EVENT_SOURCE] = "source",        [EVENT_STATUS] = "status",
        [EVENT_DDL] = "ddl",       [EVENT_CHANGES] = "tableChanges", [EVENT_TIME] = "ts_ms",
    };
    static const char *const source[] = {"ts_ms"};
    debezium_decoder *d = WR_NEW(arena, debezium_decoder);
    d->base = *common;
    d->places = WR_NEW_N(arena, uint32_t, common->n);
    d->types = WR_NEW_N(arena, wr_jtype, common->n);
    d->names = WR_NEW_N(arena, const char *, common->n);
    d->schemas_arena = wr_arena_new(0);
    wr_arena_defer(arena, free_schemas, d->schemas_arena);
    for (uint32_t c = 0; c < common->n; c++) {
        d->places[c] = UINT32_MAX;
        if (!common->wanted[c] && !common->options.strict)
            continue;
        d->places[c] = d->n;
        d->names[d->n] = common->cols[c].name;
        init_type(d, &d->types[d->n++], common->cols[c].type, arena);
    }
    d->event = shape_of(arena, event, EVENT_N);
    d->source = shape_of(arena, source, 1);
    d->row = shape_of(arena, d->names, d->n);
    *out = &d->base;
    return WEIR_OK;
}

/* ---- 1. scan ---- */

/* Members of an object that has been walked already. */
static void walk(wr_jshape *shape, const wr_jtoken *object, wr_jtoken *tokens, size_t stride)
{
    WR_ASSERT(object->kind == WR_J_OBJECT);
    wr_jscan s = {
        .p = object->ptr, .begin = object->ptr, .end = object->ptr + object->len, .slack = true};
    bool good = wr__json_shape_scan(shape, &s, tokens, stride);
    WR_ASSERT(good);
}

/* Names in the envelope and the event are Debezium's own: exact. */
static void walk_event(wr_jshape *shape, const wr_jtoken *object, wr_jtoken *tokens, uint32_t n)
{
    walk(shape, object, tokens, 1);
    for (uint32_t i = 0; i < n; i++)
        if (!(tokens[i].flags & WR_J_EXACT))
            tokens[i] = (wr_jtoken){0};
}

/* ---- the schema in a record ---- */

static const wr_jtype *make_written(debezium_decoder *d, wr_str schema, wr_arena *a)
{
    wr_jtype *types = WR_NEW_N(a, wr_jtype, d->n);
    for (uint32_t k = 0, c = 0; c < d->base.n; c++)
        if (d->places[c] != UINT32_MAX)
            init_type(d, &types[k++], d->base.cols[c].type, a);
    wr__debezium_note_forms(schema, d->base.options.is_key ? NULL : "after", d->names, types, d->n,
                            d->base.scratch);
    return types;
}

/* More schemas than there is room for in one scan are read anew for each of their records. */
static const wr_jtype *written_as(debezium_decoder *d, const wr_jtoken *schema)
{
    wr_str text = wr_str_make(schema->ptr, schema->len);
    for (uint32_t i = d->schemas_n; i-- > 0;)
        if (wr_str_eq(d->schemas[i].schema, text))
            return d->schemas[i].types;
    if (d->schemas_n == SCHEMAS_MAX)
        return make_written(d, text, d->base.scratch);
    written *w = &d->schemas[d->schemas_n++];
    w->schema = wr_arena_str(d->schemas_arena, text);
    w->types = (wr_jtype *)make_written(d, text, d->schemas_arena);
    return w->types;
}

static void begin_schemas(debezium_decoder *d)
{
    if (d->schemas_n < SCHEMAS_MAX)
        return;
    d->schemas_n = 0;
    wr_arena_reset(d->schemas_arena);
}

/* ---- what a record is ---- */

static uint8_t take_row(debezium_decoder *d, uint32_t row, const wr_jtoken *object)
{
    walk(d->row, object, d->tokens + row, d->rows_n);
    return WR_DECODED;
}

static uint8_t take_null(debezium_decoder *d, uint32_t row)
{
    for (uint32_t k = 0; k < d->n; k++)
        d->tokens[k * d->rows_n + row] = (wr_jtoken){0};
    d->base.counts.nulls++;
    return WR_DECODED_NULL;
}

static uint8_t skip(debezium_decoder *d)
{
    d->base.counts.skipped++;
    return WR_DECODED_SKIP;
}

static void take_time(debezium_decoder *d, uint32_t row, const wr_jtoken *source)
{
    wr_jtoken ts;
    int64_t ms;
    if (source->kind != WR_J_OBJECT)
        return;
    walk_event(d->source, source, &ts, 1);
    if (ts.kind == WR_J_INT && wr_str_to_i64(wr_str_make(ts.ptr, ts.len), &ms) && ms >= 0)
        d->times[row] = ms;
}

static uint8_t bad(wr_row_errors *errs, uint32_t row, const char *why)
{
    wr_row_error(errs, row, "%s", why);
    return 0;
}

/* The row in `after`: an object, or the text of one, which is how MongoDB's documents come. */
static bool find_row(const debezium_decoder *d, const wr_jtoken *after, wr_jtoken *out)
{
    *out = *after;
    if (after->kind != WR_J_STRING)
        return after->kind == WR_J_OBJECT;
    wr_arena *a = d->base.scratch;
    wr_str text = wr__json_with_slack(wr__json_text(after, a), a);
    wr_jscan s;
    wr__json_scan_init(&s, text, false);
    s.slack = true;
    wr__json_blanks(&s);
    return s.p < s.end && wr__json_token(&s, out) && out->kind == WR_J_OBJECT && wr__json_end(&s);
}

static uint8_t take_event(debezium_decoder *d, uint32_t row, const wr_jtoken *event,
                          wr_row_errors *errs)
{
    wr_jtoken after;
    const wr_jtoken *op = &event[EVENT_OP];
    take_time(d, row, &event[EVENT_SOURCE]);
    wr_str letter = op->kind == WR_J_STRING ? wr_str_make(op->ptr, op->len) : WR_STR("");
    switch (wr__debezium_outcome(letter)) {
    case WR_DEBEZIUM_ROW:
        if (!find_row(d, &event[EVENT_AFTER], &after))
            return bad(errs, row, WR_DEBEZIUM_NO_ROW);
        return take_row(d, row, &after);
    case WR_DEBEZIUM_DELETE:
        return take_null(d, row);
    case WR_DEBEZIUM_TRUNCATE:
        d->base.counts.truncates++;
        return WR_DECODED_TRUNCATE;
    case WR_DEBEZIUM_SKIP:
        return skip(d);
    default:
        return bad(errs, row, WR_DEBEZIUM_BAD_OP);
    }
}

/* A record that is an object. */
static uint8_t take_object(debezium_decoder *d, uint32_t row, const wr_jtoken *object,
                           wr_row_errors *errs)
{
    wr_jtoken event[EVENT_N], inner = *object;
    walk_event(d->event, &inner, event, EVENT_N);
    if (event[EVENT_PAYLOAD].kind && event[EVENT_SCHEMA].kind) { /* Connect's envelope */
        inner = event[EVENT_PAYLOAD];
        if (inner.kind == WR_J_NULL)
            return take_null(d, row);
        if (inner.kind != WR_J_OBJECT)
            return bad(errs, row, "The payload is no object");
        if (event[EVENT_SCHEMA].kind == WR_J_OBJECT)
            d->written[row] = written_as(d, &event[EVENT_SCHEMA]);
        walk_event(d->event, &inner, event, EVENT_N);
    }
    if (d->base.options.is_key)
        return take_row(d, row, &inner);
    if (event[EVENT_OP].kind)
        return take_event(d, row, event, errs);
    if (event[EVENT_STATUS].kind || event[EVENT_DDL].kind || event[EVENT_CHANGES].kind ||
        (event[EVENT_TIME].kind && !event[EVENT_AFTER].kind))
        return skip(d);
    return bad(errs, row, WR_DEBEZIUM_NO_EVENT);
}

static uint8_t scan_row(debezium_decoder *d, uint32_t row, wr_row_errors *errs)
{
    wr_str text = wr__json_with_slack(d->base.payloads[row], d->base.scratch);
    wr_jscan s;
    wr_jtoken t = {0};
    wr__json_scan_init(&s, text, false);
    s.slack = true;
    bool valid = wr__is_ascii(text) || wr_utf8_valid(text);
    d->times[row] = -1;
    d->written[row] = d->types;
    wr__json_blanks(&s);
    if (s.p == s.end)
        return bad(errs, row, "The record is empty");
    if (!wr__json_token(&s, &t) ||
        !wr__json_end_record(&s, (wr_jkind)t.kind, valid, &d->base.counts))
        return wr__json_report_fault(errs, row, &s, valid);
    if (t.kind == WR_J_NULL)
        return take_null(d, row);
    if (t.kind != WR_J_OBJECT)
        return bad(errs, row, "The record is no change event of Debezium: it is no object");
    return take_object(d, row, &t, errs);
}

static weir_status scan(wr_decoder *base, wr_sel sel, uint8_t *ok, wr_row_errors *errs,
                        weir_error *err)
{
    (void)err; /* a text needs nothing but itself */
    debezium_decoder *d = (debezium_decoder *)base;
    d->rows_n = sel.n ? wr_sel_row(sel, sel.n - 1) + 1 : 0;
    d->tokens = wr_arena_alloc(base->scratch, d->rows_n * d->n * sizeof *d->tokens + 1);
    d->times = wr_arena_alloc(base->scratch, d->rows_n * sizeof *d->times + 1);
    d->written = wr_arena_alloc(base->scratch, d->rows_n * sizeof *d->written + 1);
    begin_schemas(d);
    WR_FOREACH_SEL (i, sel) {
        ok[i] = scan_row(d, i, errs);
        if (d->times[i] >= 0 && ok[i] && base->times)
            base->times[i] = d->times[i];
    }
    return WEIR_OK;
}

/* ---- 2. convert ---- */

static void convert(wr_decoder *base, uint32_t index, wr_sel sel, wr_vec *out, uint8_t *ok,
                    wr_row_errors *errs)
{
    debezium_decoder *d = (debezium_decoder *)base;
    uint32_t k = d->places[index];
    WR_ASSERT(k != UINT32_MAX);
    wr__json_conv_init(&d->conv, base->scratch);
    if (out)
        out->no_nulls = true; /* until there is one */
    WR_FOREACH_SEL (i, sel) {
        const wr_jtoken *tok = &d->tokens[k * d->rows_n + i];
        wr_value v;
        if (WR_UNLIKELY(!base->options.is_key && wr__debezium_unavailable(tok))) {
            wr__decoder_lacks(base, i);
            v = WR_VALUE_NULL;
        } else if (!wr__debezium_convert(&d->conv, &d->written[i][k], tok, &v)) {
            wr__json_conv_path(&d->conv, base->cols[index].name);
            wr_row_error(errs, i, "%s, path: $%s", wr_buf_cstr(&d->conv.message),
                         wr__json_conv_where(&d->conv));
            ok[i] = 0;
            v = (wr_value){.null = true};
        }
        if (out && v.null)
            wr__vec_put_null(out, i);
        else if (out)
            wr_vec_set(out, i, &v);
    }
    if (out && out->type->id == WR_T_STRING) {
        bool ascii = true;
        WR_FOREACH_SEL (i, sel)
            ascii = ascii && wr__is_ascii(out->u.str[i]);
        out->ascii = ascii;
    }
    wr__json_conv_fini(&d->conv);
}

/* ---- not written ---- */

static weir_status from_json(const wr_format_options *options, const wr_json *json, wr_buf *out,
                             weir_error *err)
{
    (void)options, (void)json, (void)out;
    return wr_error(err, WEIR_ERR_STATEMENT, "The 'DEBEZIUM_JSON' format can be read only");
}

const wr_format_class wr__format_debezium_json = {
    .format = {.id = WR_FORMAT_DEBEZIUM_JSON,
               .name = "DEBEZIUM_JSON",
               .implemented = true,
               .multi_column_key = true,
               .can_wrap = true,
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
    .to_json = wr__json_to_json,
    .from_json = from_json,
};
