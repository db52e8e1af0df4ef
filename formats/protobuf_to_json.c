/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protobuf_to_json.c - a payload as JSON by its writer's message alone, for PRINT, consume, tests.
 *
 * Nothing is brought to columns: days and times are the numbers that they are, decimals all their
 * digits, bytes base64. A oneof is an object with all its members, as ksqlDB's STRUCT. Messages may
 * contain themselves here, so depth has a bound. The fields of a message are sorted once, so that
 * each is found at once however many there are.
 */
#include "formats/json_text.h"
#include "formats/protobuf.h"
#include "formats/unscaled.h"
#include "formats/record_schema.h"

#include "types/text.h"

#include <math.h>
#include <stdlib.h>

#define DEPTH_MAX 100

typedef struct print {
    wr_buf *out;
    wr_arena *arena;
    unsigned depth;
    const char *fault;
} print;

/* A field of a message at hand; order is that of the bytes. */
typedef struct piece {
    wr_pb_item item;
    size_t order;
} piece;

typedef struct pieces {
    piece *v;
    size_t n;
} pieces;

static bool print_message(print *p, const wr_pb_message *m, wr_str bytes);

static bool fail(print *p, const char *fault)
{
    if (!p->fault)
        p->fault = fault;
    return false;
}

static int by_number(const void *a, const void *b)
{
    const piece *x = a, *y = b;
    if (x->item.number != y->item.number)
        return x->item.number < y->item.number ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

static bool take_apart(print *p, wr_str bytes, pieces *out)
{
    wr_arr(piece) all = {0};
    wr_pb_reader r = {.p = bytes.ptr, .end = bytes.ptr + bytes.len};
    piece at = {0};
    while (wr__pb_next(&r, &at.item)) {
        at.order = all.n;
        wr_arr_push(p->arena, &all, at);
    }
    if (r.fault)
        return fail(p, r.fault);
    if (all.n)
        qsort(all.v, all.n, sizeof *all.v, by_number);
    *out = (pieces){all.v, all.n};
    return true;
}

/* Those of one field, in their order. */
static pieces pieces_of(const pieces *all, uint32_t number)
{
    size_t low = 0, high = all->n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (all->v[middle].item.number < number)
            low = middle + 1;
        else
            high = middle;
    }
    size_t end = low;
    while (end < all->n && all->v[end].item.number == number)
        end++;
    WR_ASSERT(low <= end && end <= all->n);
    return low == end ? (pieces){0} : (pieces){all->v + low, end - low}; /* none may be NULL */
}

/* Another wire type, or a number that a closed enum has not: as if it were not there. */
static bool counts(const wr_pb_field *f, const wr_pb_item *item)
{
    if (item->wire != wr__pb_wire_of(f->kind))
        return false;
    return !f->values || !f->values->closed ||
           wr__pb_enum_name(f->values, (int32_t)(uint32_t)item->bits);
}

/* ---- scalars ---- */

static void print_double(wr_buf *out, double v)
{
    if (isfinite(v))
        wr_text_put_double(out, v);
    else
        wr_buf_puts(out, isnan(v) ? "\"NaN\"" : v > 0 ? "\"Infinity\"" : "\"-Infinity\"");
}

static void print_base64(wr_buf *out, wr_str bytes)
{
    wr_buf_putc(out, '"');
    wr_text_put_base64(out, bytes);
    wr_buf_putc(out, '"');
}

static void print_symbol(print *p, const wr_pb_field *f, uint64_t bits)
{
    int32_t number = (int32_t)(uint32_t)bits;
    const char *name = wr__pb_enum_name(f->values, number);
    if (!name)
        name = wr_arena_printf(p->arena, "UNKNOWN_ENUM_VALUE_%s_%d", f->values->name, number);
    wr_text_put_json_string(p->out, wr_str_c(name));
}

static void print_scalar(print *p, const wr_pb_field *f, uint64_t bits, wr_str text)
{
    switch (f->kind) {
    case WR_PB_BOOL:
        wr_buf_puts(p->out, bits ? "true" : "false");
        break;
    case WR_PB_FLOAT:
    case WR_PB_DOUBLE:
        print_double(p->out, wr__pb_real(f->kind, bits));
        break;
    case WR_PB_ENUM:
        print_symbol(p, f, bits);
        break;
    case WR_PB_STRING:
        wr_text_put_json_string(p->out, wr__text_repair_utf8(text, p->arena));
        break;
    case WR_PB_BYTES:
        print_base64(p->out, text);
        break;
    default:
        wr_text_put_i64(p->out, wr__pb_whole(f->kind, bits));
        break;
    }
}

static void print_default(print *p, const wr_pb_field *f)
{
    bool symbol = f->values && f->values->n;
    print_scalar(p, f, symbol ? (uint64_t)f->values->numbers[0] : 0, WR_STR(""));
}

/* ---- messages of their own kind ---- */

static bool print_decimal(print *p, wr_str bytes)
{
    wr_str digits;
    int32_t scale;
    const char *why = wr__pb_known_decimal(bytes, &digits, &scale);
    if (why || digits.len > WR_DEC_PRECISION_MAX / 3)
        return fail(p, why ? why : "a Decimal is too long");
    const wr_type type = {.id = WR_T_DECIMAL, .precision = WR_DEC_PRECISION_MAX, .scale = scale};
    wr_value v = wr__unscaled_read(digits, &type, p->arena);
    wr_dec_print(p->out, &type, &v);
    return true;
}

static bool print_wrapped(print *p, const wr_pb_message *m, wr_str bytes)
{
    const wr_pb_field *f = &m->fields[0];
    pieces all;
    if (!take_apart(p, bytes, &all))
        return false;
    pieces mine = pieces_of(&all, f->number);
    for (size_t i = mine.n; i-- > 0;)
        if (counts(f, &mine.v[i].item)) {
            print_scalar(p, f, mine.v[i].item.bits, mine.v[i].item.bytes);
            return true;
        }
    print_default(p, f);
    return true;
}

static bool print_body(print *p, const wr_pb_message *m, wr_str bytes)
{
    int64_t v;
    const char *why;
    switch (m->known) {
    case WR_PB_TIMESTAMP:
    case WR_PB_DATE:
    case WR_PB_TIME:
        why = wr__pb_known_whole(m->known, bytes, &v);
        if (why)
            return fail(p, why);
        wr_text_put_i64(p->out, v);
        return true;
    case WR_PB_DECIMAL:
        return print_decimal(p, bytes);
    case WR_PB_WRAPPER:
        return print_wrapped(p, m, bytes);
    case WR_PB_PLAIN:
        return print_message(p, m, bytes);
    }
    WR_UNREACHABLE();
}

/* ---- fields ---- */

/* The last of a scalar; of a message all pieces put together. Those up to @p after do not count. */
static bool print_one(print *p, const wr_pb_field *f, pieces mine, size_t after)
{
    wr_buf all = {0};
    const wr_pb_item *last = NULL;
    for (size_t i = 0; i < mine.n; i++) {
        if (mine.v[i].order < after || !counts(f, &mine.v[i].item))
            continue;
        last = &mine.v[i].item;
        if (f->message)
            wr_buf_str(&all, last->bytes);
    }
    bool ok = true;
    if (!last && (f->has_presence || f->message))
        wr_buf_puts(p->out, "null");
    else if (!last)
        print_default(p, f);
    else if (f->message)
        ok = print_body(p, f->message, wr_arena_str(p->arena, wr_buf_view(&all)));
    else
        print_scalar(p, f, last->bits, last->bytes);
    wr_buf_free(&all);
    return ok;
}

static void comma(print *p, bool *first)
{
    if (!*first)
        wr_buf_putc(p->out, ',');
    *first = false;
}

static bool print_packed(print *p, const wr_pb_field *f, wr_str bytes, bool *first)
{
    wr_pb_reader r = {.p = bytes.ptr, .end = bytes.ptr + bytes.len};
    uint64_t bits;
    while (wr__pb_packed_next(&r, f->kind, &bits)) {
        if (f->values && f->values->closed && !wr__pb_enum_name(f->values, (int32_t)(uint32_t)bits))
            continue;
        comma(p, first);
        print_scalar(p, f, bits, WR_STR(""));
    }
    return !r.fault || fail(p, r.fault);
}

static bool print_list(print *p, const wr_pb_field *f, pieces mine)
{
    bool first = true;
    wr_buf_putc(p->out, '[');
    for (size_t i = 0; i < mine.n; i++) {
        const wr_pb_item *item = &mine.v[i].item;
        if (item->wire == WR_PB_WIRE_BYTES && wr__pb_is_packable(f->kind)) {
            if (!print_packed(p, f, item->bytes, &first))
                return false;
            continue;
        }
        if (!counts(f, item))
            continue;
        comma(p, &first);
        if (f->message && !print_body(p, f->message, item->bytes))
            return false;
        if (!f->message)
            print_scalar(p, f, item->bits, item->bytes);
    }
    wr_buf_putc(p->out, ']');
    return true;
}

/* A text as it is, numbers and booleans between quotes. */
static bool print_key(print *p, const wr_pb_field *f, const pieces *entry)
{
    wr_buf text = {0}, *out = p->out;
    p->out = &text;
    bool ok = print_one(p, f, pieces_of(entry, f->number), 0);
    p->out = out;
    if (text.len && text.ptr[0] == '"')
        wr_buf_str(out, wr_buf_view(&text));
    else
        wr_text_put_json_string(out, wr_buf_view(&text));
    wr_buf_free(&text);
    return ok;
}

static bool print_value(print *p, const wr_pb_field *f, pieces mine);

static bool print_entry(print *p, const wr_pb_message *m, const pieces *entry)
{
    const wr_pb_field *value = &m->fields[1];
    if (!print_key(p, &m->fields[0], entry))
        return false;
    wr_buf_putc(p->out, ':');
    pieces mine = pieces_of(entry, value->number);
    if (m->map_entry && !mine.n && value->message) /* a value that is not there is the default */
        return print_body(p, value->message, WR_STR(""));
    return print_value(p, value, mine);
}

/* Of entries with the same key the last counts (P07). */
static bool print_map(print *p, const wr_pb_field *f, pieces mine)
{
    pieces *entries = WR_NEW_N(p->arena, pieces, mine.n + 1);
    wr_str *keys = WR_NEW_N(p->arena, wr_str, mine.n + 1);
    uint32_t *last = WR_NEW_N(p->arena, uint32_t, mine.n + 1), n = 0;
    for (size_t i = 0; i < mine.n; i++) {
        if (!counts(f, &mine.v[i].item))
            continue;
        if (!take_apart(p, mine.v[i].item.bytes, &entries[n]))
            return false;
        wr_buf text = {0}, *out = p->out;
        p->out = &text;
        bool ok = print_key(p, &f->message->fields[0], &entries[n]);
        p->out = out;
        keys[n++] = wr_arena_str(p->arena, wr_buf_view(&text));
        wr_buf_free(&text);
        if (!ok)
            return false;
    }
    (void)wr__json_drop_doubles(p->arena, keys, n, last);
    bool first = true;
    wr_buf_putc(p->out, '{');
    for (uint32_t i = 0; i < n; i++) {
        if (last[i] == UINT32_MAX)
            continue;
        comma(p, &first);
        if (!print_entry(p, f->message, &entries[last[i]]))
            return false;
    }
    wr_buf_putc(p->out, '}');
    return true;
}

static bool print_value(print *p, const wr_pb_field *f, pieces mine)
{
    if (p->depth == DEPTH_MAX)
        return fail(p, "the record is nested too deeply");
    p->depth++;
    bool ok = wr__pb_is_map(f) ? print_map(p, f, mine)
              : f->repeated    ? print_list(p, f, mine)
                               : print_one(p, f, mine, 0);
    p->depth--;
    return ok;
}

static void print_name(print *p, const char *name)
{
    wr_text_put_json_string(p->out, wr_str_c(name));
    wr_buf_putc(p->out, ':');
}

/* The member that came last counts, with what has come of it after the others (P06). */
static bool print_oneof(print *p, const wr_pb_message *m, uint32_t oneof, const pieces *all)
{
    const wr_pb_field *set = NULL;
    WR_ASSERT(oneof < m->oneofs_n);
    size_t last = 0, after = 0;
    for (uint32_t i = 0; i < m->n; i++) {
        const wr_pb_field *f = &m->fields[i];
        pieces mine = f->oneof == (int32_t)oneof ? pieces_of(all, f->number) : (pieces){0};
        while (mine.n && !counts(f, &mine.v[mine.n - 1].item))
            mine.n--;
        if (!mine.n)
            continue;
        size_t own = mine.v[mine.n - 1].order + 1;
        if (own > last) {
            after = last;
            last = own;
            set = f;
        } else if (own > after) {
            after = own;
        }
    }
    if (!set) {
        wr_buf_puts(p->out, "null");
        return true;
    }
    bool first = true;
    wr_buf_putc(p->out, '{');
    for (uint32_t i = 0; i < m->n; i++) {
        const wr_pb_field *f = &m->fields[i];
        if (f->oneof != (int32_t)oneof)
            continue;
        comma(p, &first);
        print_name(p, f->name);
        if (!print_one(p, f, f == set ? pieces_of(all, f->number) : (pieces){0}, after))
            return false;
    }
    wr_buf_putc(p->out, '}');
    return true;
}

static bool print_message(print *p, const wr_pb_message *m, wr_str bytes)
{
    pieces all;
    bool first = true;
    if (p->depth == DEPTH_MAX)
        return fail(p, "the record is nested too deeply");
    if (!take_apart(p, bytes, &all))
        return false;
    p->depth++;
    wr_buf_putc(p->out, '{');
    for (uint32_t i = 0; i < m->oneofs_n; i++) {
        comma(p, &first);
        print_name(p, wr__pb_oneof_name(m, i, p->arena));
        if (!print_oneof(p, m, i, &all))
            return false;
    }
    for (uint32_t i = 0; i < m->n; i++) {
        const wr_pb_field *f = &m->fields[i];
        if (f->oneof >= 0)
            continue;
        comma(p, &first);
        print_name(p, f->name);
        if (!print_value(p, f, pieces_of(&all, f->number)))
            return false;
    }
    wr_buf_putc(p->out, '}');
    WR_ASSERT(p->depth > 0);
    p->depth--;
    return true;
}

/* ---- the whole ---- */

static weir_status print_payload(const wr_pb_message *m, wr_str body, wr_arena *arena, wr_buf *out,
                                 weir_error *err)
{
    print p = {.out = out, .arena = arena};
    size_t start = out->len;
    if (print_body(&p, m, body))
        return WEIR_OK;
    out->len = start;
    return wr_error(err, WEIR_ERR_RECORD, "Invalid Protobuf: %s", p.fault);
}

/* The record's schema: what is wrong with it is wrong with the record. */
static weir_status parse_schema(const wr_format_options *options, const wr_registry_schema *schema,
                                wr_arena *scratch, const wr_pb_file **out, weir_error *err)
{
    *out = wr__schema_parsed(options, schema);
    if (*out)
        return WEIR_OK;
    if (wr__pb_schema_parse(schema, wr__schema_arena(options, scratch), out, err) != WEIR_OK) {
        err->code = WEIR_ERR_RECORD;
        return WEIR_ERR_RECORD;
    }
    wr__schema_keep(options, schema, *out);
    return WEIR_OK;
}

/* Of a writer that gives no index. */
static weir_status message_without_index(const wr_format_options *options,
                                         const wr_registry_schema *schema, wr_arena *arena,
                                         const wr_pb_message **out, weir_error *err)
{
    const wr_pb_file *file;
    const char *name = options->full_name;
    WR_TRY(parse_schema(options, schema, arena, &file, err));
    *out = wr__pb_message_without_index(file, name);
    return *out ? WEIR_OK
                : wr_error(err, WEIR_ERR_RECORD, "Schema %u has no message%s%s", schema->id,
                           name ? " named " : "", name ? name : "");
}

static weir_status message_of(const wr_format_options *options, const wr_registry_schema *schema,
                              wr_str *indexes, wr_arena *arena, const wr_pb_message **out,
                              weir_error *err)
{
    wr_pb_path path;
    const wr_pb_file *file;
    if (!wr__pb_path_read(indexes, &path))
        return wr_error(err, WEIR_ERR_RECORD,
                        "the record does not say which message of its schema it is");
    WR_TRY(parse_schema(options, schema, arena, &file, err));
    *out = wr__pb_message_at(file, &path);
    return *out ? WEIR_OK
                : wr_error(err, WEIR_ERR_RECORD, "Schema %u has no message of the record's indexes",
                           schema->id);
}

weir_status wr__pb_to_json(const wr_format_options *options, wr_str schema_header, wr_str payload,
                           wr_buf *out, weir_error *err)
{
    wr_schema_mark mark;
    wr_str body;
    const char *fault;
    const wr_registry_schema *schema;
    const wr_pb_message *m;
    weir_error own;
    err = err ? err : &own;
    if (!options->registry)
        return wr_error(err, WEIR_ERR_CONFIG, "The PROTOBUF format needs a schema registry");
    if (!wr__record_mark(schema_header, payload, &mark, &body, &fault))
        return wr_error(err, WEIR_ERR_RECORD, "%s", fault);
    WR_TRY(wr__record_schema(options->registry, &mark, schema_header.ptr != NULL, &schema, err));
    wr_arena *arena = wr_arena_new(0);
    weir_status st;
    if (options->no_indexes && !schema_header.ptr) {
        body = wr__pb_skip_first_index(body);
        st = message_without_index(options, schema, arena, &m, err);
    } else {
        st = message_of(options, schema, schema_header.ptr ? &mark.rest : &body, arena, &m, err);
    }
    if (st == WEIR_OK)
        st = print_payload(m, body, arena, out, err);
    wr_arena_free(arena);
    return st;
}

weir_status wr__pb_plain_to_json(const wr_format_options *options, wr_str schema_header,
                                 wr_str payload, wr_buf *out, weir_error *err)
{
    (void)schema_header;
    if (!options->schema)
        return wr_error(err, WEIR_ERR_CONFIG, "PROTOBUF_NOSR needs the schema of its columns");
    wr_arena *arena = wr_arena_new(0);
    const wr_pb_file *file;
    const wr_pb_message *m;
    weir_status st = wr__pb_schema_parse(options->schema, arena, &file, err);
    if (st == WEIR_OK)
        st = wr__pb_message_meant(file, options->full_name, &m, err);
    if (st == WEIR_OK)
        st = print_payload(m, payload, arena, out, err);
    wr_arena_free(arena);
    return st;
}
