/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protobuf_from_json.c - JSON to a payload of options.schema, for produce, tests: the reverse of
 * protobuf_to_json.c. Names without regard to case, unknown ones dropped, null and missing ones not
 * written. Depth is the JSON's, which has a bound.
 */
#include "formats/avro.h" /* unscaled values of decimals */
#include "formats/protobuf_put.h"

#include "types/text.h"

typedef struct put {
    bool strict; /* a member that is no field does not fit */
    wr_buf *out;
    wr_arena *arena;
    const char *field; /* the field or member that does not fit; NULL: none */
} put;

static bool put_message(put *p, const wr_pb_message *m, const wr_json *j);

static bool fail(put *p, const wr_pb_field *f)
{
    if (!p->field)
        p->field = f->name;
    return false;
}

static const wr_json *member(const wr_json *object, const char *name)
{
    const wr_json *exact = wr_json_get(object, name);
    for (uint32_t i = object->n; i-- > 0 && !exact;)
        if (wr_str_ieq(object->keys[i], wr_str_c(name)))
            exact = &object->items[i];
    return exact && exact->kind != WR_JSON_NULL ? exact : NULL;
}

/* ---- scalars ---- */

static bool is_numeric(const wr_json *j)
{
    return j->kind == WR_JSON_NUMBER || j->kind == WR_JSON_STRING;
}

/* A whole number, perhaps with a fraction of zeros; unsigned ones up to 2^64. */
static bool to_whole(put *p, wr_str text, bool is_unsigned, int64_t *out)
{
    static const wr_type whole = {.id = WR_T_DECIMAL, .precision = 20};
    wr_value v;
    if (wr_str_to_i64(text, out))
        return true;
    if (wr_dec_from_text(text, &whole, true, p->arena, &v) != WR_DEC_OK || v.u.dec < INT64_MIN ||
        v.u.dec > (is_unsigned ? (wr_i128)UINT64_MAX : (wr_i128)INT64_MAX))
        return false;
    *out = (int64_t)(uint64_t)v.u.dec;
    return true;
}

static bool to_bits(put *p, const wr_pb_field *f, const wr_json *j, uint64_t *bits)
{
    int64_t whole;
    double real;
    int32_t number;
    switch (f->kind) {
    case WR_PB_BOOL:
        *bits = j->kind == WR_JSON_TRUE;
        return *bits || j->kind == WR_JSON_FALSE;
    case WR_PB_FLOAT:
    case WR_PB_DOUBLE:
        if (!is_numeric(j) || !wr__text_to_double(j->text, &real))
            return false;
        *bits = wr__pb_bits_of_real(f->kind, real);
        return true;
    case WR_PB_ENUM:
        if (j->kind == WR_JSON_STRING && wr__pb_enum_number(f->values, j->text, &number)) {
            *bits = (uint64_t)number;
            return true;
        }
        break;
    default:
        break;
    }
    if (!is_numeric(j) ||
        !to_whole(p, j->text, f->kind == WR_PB_UINT64 || f->kind == WR_PB_FIXED64, &whole))
        return false;
    *bits = wr__pb_bits_of_whole(f->kind, whole);
    return wr__pb_in_range(f->kind, whole);
}

static bool put_text(put *p, const wr_pb_field *f, const wr_json *j, bool always)
{
    wr_buf bytes = {0};
    bool ok = is_numeric(j);
    if (ok && f->kind == WR_PB_BYTES)
        ok = wr_text_from_base64(&bytes, j->text);
    else if (ok)
        wr_buf_str(&bytes, j->text);
    if (ok && (always || bytes.len)) {
        wr__pb_put_tag(p->out, f->number, WR_PB_WIRE_BYTES);
        wr_buf_varint(p->out, bytes.len);
        wr_buf_str(p->out, wr_buf_view(&bytes));
    }
    wr_buf_free(&bytes);
    return ok || fail(p, f);
}

static bool put_scalar(put *p, const wr_pb_field *f, const wr_json *j, bool always)
{
    if (f->kind == WR_PB_STRING || f->kind == WR_PB_BYTES)
        return put_text(p, f, j, always);
    uint64_t bits;
    if (!to_bits(p, f, j, &bits))
        return fail(p, f);
    if (always || bits) {
        wr__pb_put_tag(p->out, f->number, wr__pb_wire_of(f->kind));
        wr__pb_put_bits(p->out, f->kind, bits);
    }
    return true;
}

/* ---- messages ---- */

/* Of the field's own type where it says one, else of the digits as written. */
static bool put_decimal(put *p, const wr_pb_field *f, const wr_json *j)
{
    int32_t precision = f->precision, scale = f->scale;
    wr_value v;
    if (!is_numeric(j))
        return fail(p, f);
    if (precision <= 0 && !wr_dec_text_type(wr_str_trim(j->text), &precision, &scale))
        return fail(p, f);
    if (precision <= 0 || scale < 0 || scale > precision || precision > WR_DEC_PRECISION_MAX)
        return fail(p, f);
    const wr_type *type = wr_type_decimal(p->arena, precision, scale);
    if (wr_dec_from_text(wr_str_trim(j->text), type, true, p->arena, &v) != WR_DEC_OK)
        return fail(p, f);
    wr__pb_put_decimal(p->out, type, &v);
    return true;
}

static bool put_body(put *p, const wr_pb_field *f, const wr_json *j)
{
    int64_t v;
    switch (f->message->known) {
    case WR_PB_TIMESTAMP:
    case WR_PB_DATE:
    case WR_PB_TIME:
        if (!is_numeric(j) || !to_whole(p, j->text, false, &v))
            return fail(p, f);
        wr__pb_put_known(p->out, f->message->known, v);
        return true;
    case WR_PB_DECIMAL:
        return put_decimal(p, f, j);
    case WR_PB_WRAPPER:
        return put_scalar(p, &f->message->fields[0], j, false);
    case WR_PB_PLAIN:
        return j->kind == WR_JSON_OBJECT ? put_message(p, f->message, j) : fail(p, f);
    }
    WR_UNREACHABLE();
}

static bool put_one(put *p, const wr_pb_field *f, const wr_json *j, bool always)
{
    if (!f->message)
        return put_scalar(p, f, j, always);
    if (f->kind == WR_PB_GROUP) {
        wr__pb_put_tag(p->out, f->number, WR_PB_WIRE_GROUP);
        if (!put_body(p, f, j))
            return false;
        wr__pb_put_tag(p->out, f->number, WR_PB_WIRE_END);
        return true;
    }
    wr__pb_put_tag(p->out, f->number, WR_PB_WIRE_BYTES);
    size_t at = wr__pb_begin(p->out);
    bool ok = put_body(p, f, j);
    wr__pb_end(p->out, at);
    return ok;
}

static bool put_value(put *p, const wr_pb_field *f, const wr_json *j);

static bool put_entries(put *p, const wr_pb_field *f, const wr_json *j)
{
    const wr_pb_message *entry = f->message;
    WR_ASSERT(entry->n == 2);
    if (j->kind != WR_JSON_OBJECT)
        return fail(p, f);
    for (uint32_t i = 0; i < j->n; i++) {
        wr__pb_put_tag(p->out, f->number, WR_PB_WIRE_BYTES);
        size_t at = wr__pb_begin(p->out);
        wr_json key = {.kind = WR_JSON_STRING, .text = j->keys[i]};
        if (entry->fields[0].kind == WR_PB_BOOL)
            key.kind = wr_str_eq_c(key.text, "true") ? WR_JSON_TRUE : WR_JSON_FALSE;
        bool ok =
            put_one(p, &entry->fields[0], &key, entry->map_entry) &&
            (j->items[i].kind == WR_JSON_NULL || put_value(p, &entry->fields[1], &j->items[i]));
        wr__pb_end(p->out, at);
        if (!ok)
            return false;
    }
    return true;
}

static bool put_list(put *p, const wr_pb_field *f, const wr_json *j)
{
    if (j->kind != WR_JSON_ARRAY)
        return fail(p, f);
    if (!f->packed || !j->n) {
        for (uint32_t i = 0; i < j->n; i++)
            if (!put_one(p, f, &j->items[i], true))
                return false;
        return true;
    }
    wr__pb_put_tag(p->out, f->number, WR_PB_WIRE_BYTES);
    size_t at = wr__pb_begin(p->out);
    bool ok = true;
    for (uint32_t i = 0; i < j->n && ok; i++) {
        uint64_t bits;
        ok = to_bits(p, f, &j->items[i], &bits) || fail(p, f);
        if (ok)
            wr__pb_put_bits(p->out, f->kind, bits);
    }
    wr__pb_end(p->out, at);
    return ok;
}

static bool put_value(put *p, const wr_pb_field *f, const wr_json *j)
{
    if (wr__pb_is_map(f))
        return put_entries(p, f, j);
    return f->repeated ? put_list(p, f, j) : put_one(p, f, j, f->has_presence);
}

/* The first member of a oneof that the object for it has. */
static bool put_oneof(put *p, const wr_pb_message *m, uint32_t oneof, const wr_json *j)
{
    const wr_json *object = member(j, wr__pb_oneof_name(m, oneof, p->arena));
    for (uint32_t i = 0; object && object->kind == WR_JSON_OBJECT && i < m->n; i++) {
        const wr_pb_field *f = &m->fields[i];
        const wr_json *value = f->oneof == (int32_t)oneof ? member(object, f->name) : NULL;
        if (value)
            return put_value(p, f, value);
    }
    return true;
}

/* Is each member of the object a field, or a oneof? A misspelt one would be lost. */
static bool all_known(put *p, const wr_pb_message *m, const wr_json *j)
{
    for (uint32_t k = 0; k < j->n; k++) {
        bool known = false;
        for (uint32_t i = 0; i < m->n && !known; i++)
            known = m->fields[i].oneof < 0 && wr_str_ieq(j->keys[k], wr_str_c(m->fields[i].name));
        for (uint32_t i = 0; i < m->oneofs_n && !known; i++)
            known = wr_str_ieq(j->keys[k], wr_str_c(wr__pb_oneof_name(m, i, p->arena)));
        if (!known && !p->field)
            p->field = wr_arena_printf(p->arena, WR_STR_FMT ", which is no field of %s",
                                       WR_STR_ARG(j->keys[k]), m->name);
        if (!known)
            return false;
    }
    return true;
}

static bool put_message(put *p, const wr_pb_message *m, const wr_json *j)
{
    if (p->strict && !all_known(p, m, j))
        return false;
    for (uint32_t i = 0; i < m->n; i++) {
        const wr_pb_field *f = &m->fields[i];
        const wr_json *value = f->oneof < 0 ? member(j, f->name) : NULL;
        if (value && !put_value(p, f, value))
            return false;
        if (!value && f->required)
            return fail(p, f);
    }
    for (uint32_t i = 0; i < m->oneofs_n; i++)
        if (!put_oneof(p, m, i, j))
            return false;
    return true;
}

/* ---- the whole ---- */

/* A message that is a value of its own is bare where there is no registry, as its columns are. */
static bool put_whole(put *p, const wr_pb_message *m, const wr_json *j)
{
    const wr_pb_field whole = {.name = m->name, .message = m, .kind = WR_PB_MESSAGE};
    if (m->known != WR_PB_PLAIN || j->kind == WR_JSON_OBJECT)
        return put_body(p, &whole, j);
    /* A bare value stands for the only field. */
    return m->n == 1 ? put_value(p, &m->fields[0], j) : fail(p, &whole);
}

static weir_status put_payload(const wr_pb_message *m, const wr_json *j, bool strict,
                               wr_arena *arena, wr_buf *out, size_t start, weir_error *err)
{
    WR_ASSERT(start <= out->len);
    put p = {.strict = strict, .out = out, .arena = arena};
    if (put_whole(&p, m, j))
        return WEIR_OK;
    out->len = start;
    return wr_error(err, WEIR_ERR_RECORD, "The JSON does not fit Protobuf message %s at %s",
                    m->name, p.field);
}

weir_status wr__pb_from_json(const wr_format_options *options, const wr_json *json, wr_buf *out,
                             weir_error *err)
{
    if (!options->schema)
        return wr_error(err, WEIR_ERR_CONFIG, "The PROTOBUF format needs a registered schema");
    wr_arena *arena = wr_arena_new(0);
    size_t start = out->len;
    const wr_pb_file *file;
    const wr_pb_message *m;
    weir_status st = wr__pb_schema_parse(options->schema, arena, &file, err);
    if (st == WEIR_OK && !options->full_name && file->n)
        m = file->messages[0];
    else if (st == WEIR_OK)
        st = wr__pb_message_meant(file, options->full_name, &m, err);
    if (st == WEIR_OK) {
        const wr_pb_path path = wr__pb_path_of(file, m);
        wr_schema_mark_write(out, options->schema->id);
        wr__pb_path_write(out, &path);
        st = put_payload(m, json, options->strict, arena, out, start, err);
    }
    wr_arena_free(arena);
    return st;
}

weir_status wr__pb_plain_from_json(const wr_format_options *options, const wr_json *json,
                                   wr_buf *out, weir_error *err)
{
    if (!options->schema)
        return wr_error(err, WEIR_ERR_CONFIG, "PROTOBUF_NOSR needs the schema of its columns");
    wr_arena *arena = wr_arena_new(0);
    const wr_pb_file *file;
    const wr_pb_message *m;
    weir_status st = wr__pb_schema_parse(options->schema, arena, &file, err);
    if (st == WEIR_OK)
        st = wr__pb_message_meant(file, options->full_name, &m, err);
    if (st == WEIR_OK)
        st = put_payload(m, json, options->strict, arena, out, out->len, err);
    wr_arena_free(arena);
    return st;
}
