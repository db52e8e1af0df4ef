/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protobuf_put.c - values as fields of messages (protobuf_put.h).
 *
 * What is NULL is not written; nor is a default where the field cannot say that it was set. So a
 * NULL of a plain field reads back as 0, "" or false, which is what the statement has asked for by
 * giving no nullable representation (facts: Q22). Real map fields have both key and value always.
 */
#include "formats/protobuf_put.h"
#include "formats/unscaled.h"

#include "common/utf8.h"

#include <math.h>
#include <stdlib.h>

/* ---- bytes ---- */

void wr__pb_put_tag(wr_buf *out, uint32_t number, wr_pb_wire wire)
{
    WR_ASSERT(number > 0);
    wr_buf_varint(out, (uint64_t)number << 3 | wire);
}

static void put_fixed(wr_buf *out, uint64_t v, size_t size)
{
    WR_ASSERT(size == 4 || size == 8);
    char *at = wr_buf_reserve(out, size);
    for (size_t i = 0; i < size; i++)
        at[i] = (char)(v >> 8 * i);
    out->len += size;
}

void wr__pb_put_bits(wr_buf *out, wr_pb_kind kind, uint64_t bits)
{
    switch (wr__pb_wire_of(kind)) {
    case WR_PB_WIRE_64:
        put_fixed(out, bits, 8);
        break;
    case WR_PB_WIRE_32:
        put_fixed(out, bits, 4);
        break;
    default:
        wr_buf_varint(out, bits);
        break;
    }
}

uint64_t wr__pb_bits_of_whole(wr_pb_kind kind, int64_t v)
{
    if (kind == WR_PB_SINT32 || kind == WR_PB_SINT64)
        return (uint64_t)v << 1 ^ (uint64_t)(v >> 63);
    return (uint64_t)v; /* a negative int32 has ten bytes, as everywhere */
}

uint64_t wr__pb_bits_of_real(wr_pb_kind kind, double v)
{
    uint64_t bits;
    if (kind == WR_PB_FLOAT) {
        float f = (float)v;
        uint32_t half;
        memcpy(&half, &f, sizeof half);
        return half;
    }
    memcpy(&bits, &v, sizeof bits);
    return bits;
}

bool wr__pb_in_range(wr_pb_kind kind, int64_t v)
{
    switch (kind) {
    case WR_PB_INT32:
    case WR_PB_SINT32:
    case WR_PB_SFIXED32:
        return v == (int32_t)v;
    case WR_PB_UINT32:
    case WR_PB_FIXED32:
        return v == (int64_t)(uint32_t)v;
    default:
        return true;
    }
}

bool wr__pb_enum_number(const wr_pb_enum *e, wr_str name, int32_t *out)
{
    for (uint32_t i = 0; i < e->n; i++)
        if (wr_str_eq_c(name, e->names[i])) {
            *out = e->numbers[i];
            return true;
        }
    return false;
}

size_t wr__pb_begin(wr_buf *out)
{
    wr_buf_putc(out, 0); /* room for a length below 128, which most are */
    return out->len;
}

void wr__pb_end(wr_buf *out, size_t at)
{
    size_t len = out->len - at, more = 0;
    WR_ASSERT(at > 0 && out->len >= at);
    for (size_t v = len; v >= 0x80; v >>= 7)
        more++;
    if (more) {
        wr_buf_reserve(out, more);
        memmove(out->ptr + at + more, out->ptr + at, len);
        out->len += more;
    }
    char *p = out->ptr + at - 1;
    for (; more; more--, len >>= 7)
        *p++ = (char)(len | 0x80);
    *p = (char)len;
}

/* ---- known messages ---- */

static void put_number(wr_buf *out, uint32_t number, int64_t v)
{
    if (!v)
        return;
    wr__pb_put_tag(out, number, WR_PB_WIRE_VARINT);
    wr_buf_varint(out, (uint64_t)v);
}

static void put_date(wr_buf *out, int64_t day)
{
    /* The reverse of protobuf_known.c's epoch_day: eras of 400 years that begin on March 1st. */
    int64_t z = day + 719468, era = (z >= 0 ? z : z - 146096) / 146097, of_era = z - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100), m = (5 * of_year + 2) / 153;
    int64_t d = of_year - (153 * m + 2) / 5 + 1;
    m = m < 10 ? m + 3 : m - 9;
    WR_ASSERT(m >= 1 && m <= 12 && d >= 1 && d <= 31);
    put_number(out, 1, year + era * 400 + (m <= 2));
    put_number(out, 2, m);
    put_number(out, 3, d);
}

void wr__pb_put_known(wr_buf *out, wr_pb_known known, int64_t v)
{
    int64_t s = v / 1000 - (v % 1000 < 0), nanos = (v - s * 1000) * 1000000;
    switch (known) {
    case WR_PB_TIMESTAMP:
        put_number(out, 1, s);
        put_number(out, 2, nanos);
        return;
    case WR_PB_DATE:
        put_date(out, v);
        return;
    case WR_PB_TIME:
        put_number(out, 1, s / 3600);
        put_number(out, 2, s / 60 % 60);
        put_number(out, 3, s % 60);
        put_number(out, 4, nanos);
        return;
    default:
        WR_UNREACHABLE();
    }
}

/* How many digits the unscaled value has, 1 for zero: BigDecimal.precision (Q19). */
static uint32_t digits_of(const wr_type *type, const wr_value *v)
{
    wr_buf text = {0};
    wr_dec_print(&text, type, v);
    uint32_t n = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c >= '0' && c <= '9' && (n || c != '0'))
            n++;
    }
    wr_buf_free(&text);
    return n ? n : 1;
}

void wr__pb_put_decimal(wr_buf *out, const wr_type *type, const wr_value *v)
{
    wr__pb_put_tag(out, 1, WR_PB_WIRE_BYTES);
    size_t at = wr__pb_begin(out);
    wr__unscaled_put(out, type, v);
    wr__pb_end(out, at);
    put_number(out, 2, digits_of(type, v));
    put_number(out, 3, type->scale);
}

/* ---- how ---- */

static const char *init_field(wr_pb_put *put, const wr_pb_field *f, const wr_type *type,
                              wr_arena *arena);

static const char *cannot(const wr_pb_field *f, const wr_type *type, wr_arena *arena)
{
    return wr_arena_printf(arena, "%s cannot be written as field %s of type %s%s",
                           wr_type_text(arena, type), f->name, f->repeated ? "repeated " : "",
                           wr__pb_type_name(f));
}

static bool scalar_fits(wr_pb_kind kind, wr_tid from)
{
    switch (kind) {
    case WR_PB_BOOL:
        return from == WR_T_BOOLEAN;
    case WR_PB_FLOAT:
    case WR_PB_DOUBLE:
        return from == WR_T_DOUBLE;
    case WR_PB_ENUM:
    case WR_PB_STRING:
        return from == WR_T_STRING;
    case WR_PB_BYTES:
        return from == WR_T_BYTES;
    case WR_PB_MESSAGE:
    case WR_PB_GROUP:
        return false;
    default:
        return from == WR_T_INTEGER || from == WR_T_BIGINT;
    }
}

static const char *init_struct(wr_pb_put *put, const wr_pb_message *m, const wr_type *type,
                               wr_arena *arena)
{
    const char **names = WR_NEW_N(arena, const char *, type->fields_n);
    const wr_type **types = WR_NEW_N(arena, const wr_type *, type->fields_n);
    for (uint32_t i = 0; i < type->fields_n; i++) {
        names[i] = type->fields[i].name;
        types[i] = type->fields[i].type;
    }
    wr_pb_puts *inside = WR_NEW(arena, wr_pb_puts);
    put->inside = inside;
    return wr__pb_puts_init(inside, m, names, types, type->fields_n, arena);
}

/* A map's key, which is a text in SQL, may be a number or a boolean there. */
static const char *init_entry(wr_pb_put *put, const wr_type *type, wr_arena *arena)
{
    const wr_pb_message *entry = put->field->message;
    wr_pb_puts *inside = WR_NEW(arena, wr_pb_puts);
    inside->n = 2;
    inside->fields = WR_NEW_N(arena, wr_pb_put, 2);
    put->inside = inside;
    inside->fields[0] =
        (wr_pb_put){.field = &entry->fields[0], .type = &wr_type_string, .member = -1};
    inside->fields[1] = (wr_pb_put){.source = 1, .member = -1};
    const wr_pb_field *key = &entry->fields[0];
    if (key->message && key->message->known != WR_PB_WRAPPER)
        return cannot(key, &wr_type_string, arena);
    return init_field(&inside->fields[1], &entry->fields[1], type->elem, arena);
}

static const char *init_one(wr_pb_put *put, const wr_type *type, wr_arena *arena)
{
    static const wr_tid whole[] = {[WR_PB_TIMESTAMP] = WR_T_TIMESTAMP,
                                   [WR_PB_DATE] = WR_T_DATE,
                                   [WR_PB_TIME] = WR_T_TIME,
                                   [WR_PB_DECIMAL] = WR_T_DECIMAL};
    const wr_pb_message *m = put->field->message;
    put->type = type;
    if (!m)
        return scalar_fits(put->field->kind, type->id) ? NULL : cannot(put->field, type, arena);
    if (put->field->kind == WR_PB_GROUP)
        return cannot(put->field, type, arena);
    if (m->known == WR_PB_WRAPPER)
        return scalar_fits(m->fields[0].kind, type->id) ? NULL : cannot(put->field, type, arena);
    if (m->known != WR_PB_PLAIN)
        return whole[m->known] == type->id ? NULL : cannot(put->field, type, arena);
    return type->id == WR_T_STRUCT ? init_struct(put, m, type, arena)
                                   : cannot(put->field, type, arena);
}

static const char *init_field(wr_pb_put *put, const wr_pb_field *f, const wr_type *type,
                              wr_arena *arena)
{
    put->field = f;
    put->type = type;
    if (wr__pb_is_map(f))
        return type->id == WR_T_MAP ? init_entry(put, type, arena) : cannot(f, type, arena);
    if (f->repeated)
        return type->id == WR_T_ARRAY ? init_one(put, type->elem, arena) : cannot(f, type, arena);
    return init_one(put, type, arena);
}

static int by_number(const void *a, const void *b)
{
    const wr_pb_put *x = a, *y = b;
    return x->field->number < y->field->number ? -1 : x->field->number > y->field->number;
}

static const char *add(wr_pb_puts *puts, const wr_pb_field *f, const wr_type *type, uint32_t source,
                       int32_t member, wr_arena *arena)
{
    for (uint32_t i = 0; i < puts->n; i++)
        if (puts->fields[i].field == f)
            return wr_arena_printf(arena, "two columns are for field %s", f->name);
    wr_pb_put *put = &puts->fields[puts->n++];
    *put = (wr_pb_put){.source = source, .member = member};
    return init_field(put, f, type, arena);
}

/* The STRUCT's fields are the oneof's members. */
static const char *add_oneof(wr_pb_puts *puts, const wr_pb_message *m, uint32_t oneof,
                             const wr_type *type, uint32_t source, wr_arena *arena)
{
    uint32_t found = 0;
    if (type->id != WR_T_STRUCT)
        return wr_arena_printf(arena, "%s cannot be written as the oneof %s",
                               wr_type_text(arena, type), m->oneofs[oneof]);
    for (uint32_t i = 0; i < m->n; i++) {
        const wr_pb_field *f = &m->fields[i];
        int at = f->oneof == (int32_t)oneof ? wr_type_field(type, f->name) : -1;
        if (at < 0)
            continue;
        const char *why = add(puts, f, type->fields[at].type, source, at, arena);
        if (why)
            return why;
        found++;
    }
    return found == type->fields_n
               ? NULL
               : wr_arena_printf(arena, "%s has fields that the oneof %s has not",
                                 wr_type_text(arena, type), m->oneofs[oneof]);
}

static const char *add_named(wr_pb_puts *puts, const wr_pb_message *m, const char *name,
                             const wr_type *type, uint32_t source, wr_arena *arena)
{
    for (uint32_t i = 0; i < m->n; i++)
        if (m->fields[i].oneof < 0 && strcmp(m->fields[i].name, name) == 0)
            return add(puts, &m->fields[i], type, source, -1, arena);
    for (uint32_t i = 0; i < m->oneofs_n; i++)
        if (strcmp(wr__pb_oneof_name(m, i, arena), name) == 0)
            return add_oneof(puts, m, i, type, source, arena);
    return wr_arena_printf(arena, "message %s has no field %s", m->name, name);
}

const char *wr__pb_puts_init(wr_pb_puts *puts, const wr_pb_message *m, const char *const *names,
                             const wr_type *const *types, uint32_t n, wr_arena *arena)
{
    *puts = (wr_pb_puts){.fields = WR_NEW_N(arena, wr_pb_put, m->n)};
    for (uint32_t i = 0; i < n; i++) {
        const char *why = add_named(puts, m, names[i], types[i], i, arena);
        if (why)
            return why;
    }
    qsort(puts->fields, puts->n, sizeof *puts->fields, by_number);
    uint32_t required = 0, have = 0;
    for (uint32_t i = 0; i < m->n; i++)
        required += m->fields[i].required;
    for (uint32_t i = 0; i < puts->n; i++)
        have += puts->fields[i].field->required;
    WR_ASSERT(puts->n <= m->n && have <= required);
    return have == required
               ? NULL
               : wr_arena_printf(arena, "message %s has required fields that no column is for",
                                 m->name);
}

/* ---- values ---- */

const wr_value *wr__pb_put_source(const wr_pb_put *put, const wr_value *v)
{
    static const wr_value none = {.null = true};
    if (put->member < 0)
        return v;
    return v->null ? &none : &v->u.nest->items[put->member];
}

const char *wr__pb_check_oneof(const wr_value *v)
{
    uint32_t set = 0;
    for (uint32_t i = 0; !v->null && i < v->u.nest->n; i++)
        set += !v->u.nest->items[i].null;
    return set > 1 ? "more than one field of a oneof is set" : NULL;
}

/* A scalar's bits, or its text. */
static const char *to_bits(const wr_pb_field *f, const wr_type *type, const wr_value *v,
                           uint64_t *bits)
{
    int64_t whole = type->id == WR_T_INTEGER ? v->u.i32 : v->u.i64;
    int32_t number;
    switch (f->kind) {
    case WR_PB_BOOL:
        *bits = v->u.b;
        return NULL;
    case WR_PB_FLOAT:
    case WR_PB_DOUBLE:
        *bits = wr__pb_bits_of_real(f->kind, v->u.f64);
        if (f->kind == WR_PB_FLOAT && isfinite(v->u.f64) && !isfinite((float)v->u.f64))
            return "a number is too large for a float";
        return NULL;
    case WR_PB_ENUM:
        *bits = 0;
        if (!wr__pb_enum_number(f->values, v->u.str, &number))
            return "a text is no symbol of its enum";
        *bits = (uint64_t)number;
        return NULL;
    default:
        *bits = wr__pb_bits_of_whole(f->kind, whole);
        return wr__pb_in_range(f->kind, whole) ? NULL : "a number is out of its field's range";
    }
}

static bool is_text(wr_pb_kind kind)
{
    return kind == WR_PB_STRING || kind == WR_PB_BYTES;
}

/* Texts leave Weir as proper UTF-8. */
static void put_text(wr_buf *out, wr_pb_kind kind, wr_str s)
{
    size_t at = wr__pb_begin(out);
    if (kind == WR_PB_STRING)
        wr_utf8_put_external(out, s);
    else
        wr_buf_str(out, s);
    wr__pb_end(out, at);
}

/* @p always: also a default. */
static const char *put_scalar(const wr_pb_field *f, const wr_type *type, const wr_value *v,
                              bool always, wr_buf *out)
{
    if (is_text(f->kind)) {
        if (always || v->u.str.len) {
            wr__pb_put_tag(out, f->number, WR_PB_WIRE_BYTES);
            put_text(out, f->kind, v->u.str);
        }
        return NULL;
    }
    uint64_t bits;
    const char *why = to_bits(f, type, v, &bits);
    if (!why && (always || bits)) {
        wr__pb_put_tag(out, f->number, wr__pb_wire_of(f->kind));
        wr__pb_put_bits(out, f->kind, bits);
    }
    return why;
}

const char *wr__pb_put_message(const wr_pb_message *m, const wr_type *type,
                               const wr_pb_puts *inside, const wr_value *v, wr_buf *out)
{
    const char *why = NULL;
    switch (m->known) {
    case WR_PB_WRAPPER:
        return put_scalar(&m->fields[0], type, v, false, out);
    case WR_PB_DECIMAL:
        wr__pb_put_decimal(out, type, v);
        return NULL;
    case WR_PB_TIMESTAMP:
        if (v->u.i64 < -62135596800000 || v->u.i64 > 253402300799999)
            return "a TIMESTAMP is not between the years 1 and 9999";
        wr__pb_put_known(out, m->known, v->u.i64);
        return NULL;
    case WR_PB_DATE:
    case WR_PB_TIME:
        wr__pb_put_known(out, m->known, v->u.i32);
        return NULL;
    case WR_PB_PLAIN:
        break;
    }
    for (uint32_t i = 0; i < inside->n && !why; i++) {
        const wr_pb_put *put = &inside->fields[i];
        const wr_value *item = &v->u.nest->items[put->source];
        if (put->member >= 0)
            why = wr__pb_check_oneof(item);
        if (!why)
            why = wr__pb_put_field(put, wr__pb_put_source(put, item), out);
    }
    return why;
}

static const char *put_one(const wr_pb_put *put, const wr_value *v, bool always, wr_buf *out)
{
    const wr_pb_field *f = put->field;
    if (!f->message)
        return put_scalar(f, put->type, v, always, out);
    wr__pb_put_tag(out, f->number, WR_PB_WIRE_BYTES);
    size_t at = wr__pb_begin(out);
    const char *why = wr__pb_put_message(f->message, put->type, put->inside, v, out);
    wr__pb_end(out, at);
    return why;
}

static const char null_element[] = "an element of an array is NULL, which Protobuf cannot say";

static const char *put_packed(const wr_pb_put *put, const wr_nest *list, wr_buf *out)
{
    wr__pb_put_tag(out, put->field->number, WR_PB_WIRE_BYTES);
    size_t at = wr__pb_begin(out);
    const char *why = NULL;
    for (uint32_t i = 0; i < list->n && !why; i++) {
        uint64_t bits = 0;
        why = list->items[i].null ? null_element
                                  : to_bits(put->field, put->type, &list->items[i], &bits);
        wr__pb_put_bits(out, put->field->kind, bits);
    }
    wr__pb_end(out, at);
    return why;
}

static const char *put_list(const wr_pb_put *put, const wr_nest *list, wr_buf *out)
{
    if (put->field->packed && list->n)
        return put_packed(put, list, out);
    const char *why = NULL;
    for (uint32_t i = 0; i < list->n && !why; i++)
        why = list->items[i].null ? null_element : put_one(put, &list->items[i], true, out);
    return why;
}

/* The key of an entry from its text. */
static const char *put_key(const wr_pb_field *f, const wr_value *key, bool always, wr_buf *out)
{
    const wr_pb_put text = {.field = f, .type = &wr_type_string};
    int64_t v;
    if (f->message || f->kind == WR_PB_STRING)
        return put_one(&text, key, always, out);
    if (f->kind == WR_PB_BOOL) {
        const wr_value b = wr_value_bool(wr_str_eq_c(key->u.str, "true"));
        if (!b.u.b && !wr_str_eq_c(key->u.str, "false"))
            return "a key of a map is neither true nor false";
        return put_scalar(f, &wr_type_boolean, &b, always, out);
    }
    if (!wr_str_to_i64(key->u.str, &v))
        return "a key of a map is not the number that it must be";
    const wr_value number = wr_value_i64(v);
    return put_scalar(f, &wr_type_bigint, &number, always, out);
}

static const char *put_entries(const wr_pb_put *put, const wr_nest *map, wr_buf *out)
{
    const wr_pb_put *key = &put->inside->fields[0], *value = &put->inside->fields[1];
    WR_ASSERT(put->inside->n == 2);
    bool always = put->field->message->map_entry;
    const char *why = NULL;
    for (uint32_t i = 0; i < map->n && !why; i++) {
        wr__pb_put_tag(out, put->field->number, WR_PB_WIRE_BYTES);
        size_t at = wr__pb_begin(out);
        why = put_key(key->field, &map->keys[i], always, out);
        if (!why && always && !map->items[i].null)
            why = put_one(value, &map->items[i], true, out);
        else if (!why)
            why = wr__pb_put_field(value, &map->items[i], out);
        wr__pb_end(out, at);
    }
    return why;
}

const char *wr__pb_put_field(const wr_pb_put *put, const wr_value *v, wr_buf *out)
{
    const wr_pb_field *f = put->field;
    if (v->null)
        return f->required ? "a required field has no value" : NULL;
    if (wr__pb_is_map(f))
        return put_entries(put, v->u.nest, out);
    if (f->repeated)
        return put_list(put, v->u.nest, out);
    return put_one(put, v, f->has_presence, out);
}
