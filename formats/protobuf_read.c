/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protobuf_read.c - messages by their shapes: the walk, and values from what it has found.
 *
 * Depth: a way is as deep as its SQL type, whatever the bytes are. Work: the walk looks at each
 * byte once; a stretch is walked once more for each place that has one, and what it holds is looked
 * at below in pieces that do not overlap.
 */
#include "formats/json_text.h"
#include "formats/protobuf.h"
#include "formats/unscaled.h"

#include "types/text.h"

/* ---- the walk ---- */

static const wr_pb_entry *find_entry(const wr_pb_shape *s, uint32_t number)
{
    if (WR_LIKELY(number < WR_PB_DIRECT))
        return s->direct[number];
    uint32_t low = 0, high = s->entries_n;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (s->entries[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < s->entries_n && s->entries[low].number == number ? &s->entries[low] : NULL;
}

/* A field with another wire type than its own is one that is not known (P10). */
static bool fits(const wr_pb_entry *e, const wr_pb_item *item)
{
    if (WR_UNLIKELY(item->wire != e->wire) && !(e->packable && item->wire == WR_PB_WIRE_BYTES))
        return false;
    return !e->closed || wr__pb_enum_name(e->closed, (int32_t)(uint32_t)item->bits);
}

static void take(const wr_pb_entry *e, const wr_pb_item *item, const char *end, wr_pb_token *t)
{
    if (e->span) {
        if (!t->there)
            t->u.ptr = item->start;
        t->len = (uint32_t)(end - t->u.ptr);
    } else if (item->wire == WR_PB_WIRE_BYTES) {
        t->u.ptr = item->bytes.ptr;
        t->len = item->bytes.len;
    } else {
        t->u.bits = item->bits;
        t->len = 0;
    }
    t->there = true;
}

/* A member of a oneof ends whichever came before it. @p t: its token, NULL if nobody wants it. */
static void set_member(wr_pb_token **set, wr_pb_token *t)
{
    if (*set && *set != t)
        (*set)->there = false;
    *set = t;
}

const char *wr__pb_walk(const wr_pb_shape *s, wr_str bytes, wr_pb_token *tokens, size_t stride)
{
    wr_pb_reader r = {.p = bytes.ptr, .end = bytes.ptr + bytes.len};
    wr_pb_item item;
    uint64_t missing = s->required;
    wr_pb_token *set = NULL; /* the member of a oneof that counts */
    for (uint32_t k = 0; k < s->n; k++)
        tokens[k * stride].there = false;
    while (wr__pb_next(&r, &item)) {
        const wr_pb_entry *e = find_entry(s, item.number);
        if (!e || !fits(e, &item))
            continue;
        if (e->required)
            missing &= ~((uint64_t)1 << (e->required - 1));
        wr_pb_token *t = e->place == UINT32_MAX ? NULL : &tokens[e->place * stride];
        if (s->one_of)
            set_member(&set, t);
        if (t)
            take(e, &item, r.p, t);
    }
    if (WR_UNLIKELY(missing) && !r.fault)
        return "a required field is missing";
    return r.fault;
}

/* ---- scalars ---- */

static bool fail(wr_pb_fault *fault, const char *reason)
{
    fault->reason = reason;
    return false;
}

static const char *type_of_field(const wr_pb_way *way)
{
    return way->field ? wr__pb_type_name(way->field) : "oneof";
}

static bool fail_mismatch(const wr_pb_way *way, wr_arena *arena, wr_pb_fault *fault)
{
    bool many = way->field && way->field->repeated;
    return fail(fault, wr_arena_printf(arena, "Cannot deserialize type %s%s as type %s",
                                       many ? "repeated " : "", type_of_field(way),
                                       wr_type_text(arena, way->type)));
}

static void number_text(const wr_pb_field *f, uint64_t bits, wr_arena *arena, wr_value *out)
{
    wr_buf text = {0};
    if (f->kind == WR_PB_BOOL)
        wr_buf_puts(&text, bits ? "true" : "false");
    else if (f->kind == WR_PB_FLOAT)
        wr__put_float(&text, (float)wr__pb_real(f->kind, bits));
    else if (f->kind == WR_PB_DOUBLE)
        wr_text_put_double(&text, wr__pb_real(f->kind, bits));
    else
        wr_text_put_i64(&text, wr__pb_whole(f->kind, bits));
    *out = wr_value_str(wr_arena_str(arena, wr_buf_view(&text)));
    wr_buf_free(&text);
}

/* An open enum keeps numbers that it does not know; they read as Connect shows them (P08). */
static void symbol(const wr_pb_field *f, uint64_t bits, wr_arena *arena, wr_value *out)
{
    int32_t number = (int32_t)(uint32_t)bits;
    const char *name = wr__pb_enum_name(f->values, number);
    if (name)
        *out = wr_value_str(wr_str_c(name));
    else if (f->values->closed)
        *out = WR_VALUE_NULL;
    else
        *out = wr_value_str(
            wr_str_c(wr_arena_printf(arena, "UNKNOWN_ENUM_VALUE_%s_%d", f->values->name, number)));
}

static bool to_int(const wr_pb_way *way, uint64_t bits, wr_value *out, wr_pb_fault *fault)
{
    int64_t v = wr__pb_whole(way->field->kind, bits);
    if (way->type->id == WR_T_TIME && !wr__time_in_range(v))
        return fail(fault, WR_TIME_RANGE_TEXT);
    *out = wr_value_i32((int32_t)v);
    return true;
}

/* From bits, or from a slice. */
static bool scalar_value(const wr_pb_way *way, uint64_t bits, wr_str text, wr_arena *arena,
                         wr_value *out, wr_pb_fault *fault)
{
    switch (way->kind) {
    case WR_PB_WAY_BOOLEAN:
        *out = wr_value_bool(bits != 0);
        return true;
    case WR_PB_WAY_INT:
        return to_int(way, bits, out, fault);
    case WR_PB_WAY_LONG:
        *out = wr_value_i64(wr__pb_whole(way->field->kind, bits));
        return true;
    case WR_PB_WAY_DOUBLE:
        *out = wr_value_f64(wr__pb_real(way->field->kind, bits));
        return true;
    case WR_PB_WAY_TEXT:
        number_text(way->field, bits, arena, out);
        return true;
    case WR_PB_WAY_ENUM:
        symbol(way->field, bits, arena, out);
        return true;
    case WR_PB_WAY_STRING:
        *out = wr_value_str(wr__text_repair_utf8(text, arena));
        return true;
    case WR_PB_WAY_BYTES:
        *out = wr_value_str(text);
        return true;
    default:
        return fail_mismatch(way, arena, fault);
    }
}

/* ---- messages ---- */

static bool whole_value(const wr_pb_way *way, wr_str bytes, wr_value *out, wr_pb_fault *fault)
{
    int64_t v;
    const char *why = wr__pb_known_whole(way->field->message->known, bytes, &v);
    if (why)
        return fail(fault, why);
    *out = way->type->id == WR_T_TIMESTAMP ? wr_value_i64(v) : wr_value_i32((int32_t)v);
    return true;
}

/* Exact at the column's scale, or a bad record: a column's values have one scale. */
static bool decimal_value(const wr_pb_way *way, wr_str bytes, wr_arena *arena, wr_value *out,
                          wr_pb_fault *fault)
{
    wr_str digits;
    int32_t scale;
    const char *why = wr__pb_known_decimal(bytes, &digits, &scale);
    if (why)
        return fail(fault, why);
    while (digits.len > 1 && (digits.ptr[0] == 0 || digits.ptr[0] == (char)0xFF) &&
           (digits.ptr[0] & 0x80) == (digits.ptr[1] & 0x80)) /* it only repeats the sign */
        digits = wr_str_make(digits.ptr + 1, digits.len - 1);
    if (digits.len > WR_DEC_PRECISION_MAX / 3)
        return fail(fault, "a Decimal is too long");
    bool small = digits.len < sizeof(wr_i128) && scale <= WR_DEC_SMALL_MAX;
    wr_type from = {.id = WR_T_DECIMAL,
                    .precision = small ? WR_DEC_SMALL_MAX : WR_DEC_PRECISION_MAX,
                    .scale = scale};
    wr_value v = wr__unscaled_read(digits, &from, arena);
    if (wr_dec_rescale(&from, &v, way->type, arena, out) != WR_DEC_OK ||
        wr_dec_compare(&from, &v, way->type, out) != 0)
        return fail(fault, wr_arena_printf(arena, "a Decimal of scale %d does not fit %s exactly",
                                           scale, wr_type_text(arena, way->type)));
    return true;
}

/* All places of a message as the items of a STRUCT. */
static bool struct_value(const wr_pb_shape *s, wr_str bytes, wr_arena *arena, wr_value *out,
                         wr_pb_fault *fault)
{
    wr_pb_token *tokens = wr_arena_alloc(arena, s->n * sizeof *tokens + 1);
    const char *why = wr__pb_walk(s, bytes, tokens, 1);
    if (why)
        return fail(fault, why);
    wr_nest *nest = wr_nest_new(arena, s->n, false);
    for (uint32_t k = 0; k < s->n; k++) {
        if (wr__pb_value(&s->ways[k], &tokens[k], arena, &nest->items[k], fault))
            continue;
        if (fault->path_n < WR_ARRAY_LEN(fault->path))
            fault->path[fault->path_n++] = s->names[k];
        return false;
    }
    *out = wr_value_nest(nest);
    return true;
}

/* google.protobuf.*Value: its value, or the default where it has none. */
static bool wrapped_value(const wr_pb_way *way, wr_str bytes, wr_arena *arena, wr_value *out,
                          wr_pb_fault *fault)
{
    wr_pb_reader r = {.p = bytes.ptr, .end = bytes.ptr + bytes.len};
    wr_pb_wire wire = wr__pb_wire_of(way->elem->field->kind);
    uint64_t bits = 0;
    wr_str text = WR_STR("");
    wr_pb_item item;
    while (wr__pb_next(&r, &item)) {
        if (item.number != 1 || item.wire != wire)
            continue;
        if (wire == WR_PB_WIRE_BYTES)
            text = item.bytes;
        else
            bits = item.bits;
    }
    if (r.fault)
        return fail(fault, r.fault);
    return scalar_value(way->elem, bits, text, arena, out, fault);
}

bool wr__pb_message_value(const wr_pb_way *way, wr_str bytes, wr_arena *arena, wr_value *out,
                          wr_pb_fault *fault)
{
    switch (way->kind) {
    case WR_PB_WAY_KNOWN:
        return whole_value(way, bytes, out, fault);
    case WR_PB_WAY_DECIMAL:
        return decimal_value(way, bytes, arena, out, fault);
    case WR_PB_WAY_STRUCT:
        return struct_value(way->shape, bytes, arena, out, fault);
    case WR_PB_WAY_WRAPPER:
        return wrapped_value(way, bytes, arena, out, fault);
    default:
        return fail_mismatch(way, arena, fault);
    }
}

/* ---- stretches ---- */

/* The walk has been here before, so it cannot fail. */
static wr_pb_reader stretch(const wr_pb_token *t)
{
    WR_ASSERT(t->there && t->len > 0);
    return (wr_pb_reader){.p = t->u.ptr, .end = t->u.ptr + t->len};
}

static bool is_item_of(const wr_pb_field *f, const wr_pb_item *item)
{
    return item->number == f->number && item->wire == wr__pb_wire_of(f->kind);
}

/* A message in one piece; mostly it is there only once. */
static wr_str merged(const wr_pb_field *f, const wr_pb_token *t, wr_arena *arena)
{
    wr_pb_reader r = stretch(t);
    wr_pb_item item;
    wr_str first = {0};
    wr_buf all = {0};
    while (wr__pb_next(&r, &item)) {
        if (!is_item_of(f, &item))
            continue;
        if (!first.ptr) {
            first = item.bytes;
            continue;
        }
        if (!all.len)
            wr_buf_str(&all, first);
        wr_buf_str(&all, item.bytes);
    }
    WR_ASSERT(first.ptr && !r.fault);
    if (all.len)
        first = wr_arena_str(arena, wr_buf_view(&all));
    wr_buf_free(&all);
    return first;
}

typedef wr_arr(wr_value) value_list;

static bool add_element(const wr_pb_way *elem, uint64_t bits, wr_str bytes, wr_arena *arena,
                        value_list *list, wr_pb_fault *fault)
{
    wr_value v;
    bool ok = elem->field->message ? wr__pb_message_value(elem, bytes, arena, &v, fault)
                                   : scalar_value(elem, bits, bytes, arena, &v, fault);
    if (!ok)
        return false;
    if (v.null && elem->kind == WR_PB_WAY_ENUM) /* a number that a closed enum has not (P08) */
        return true;
    wr_arr_push(arena, list, v);
    return true;
}

static bool list_value(const wr_pb_way *way, const wr_pb_token *t, wr_arena *arena, wr_value *out,
                       wr_pb_fault *fault)
{
    const wr_pb_field *f = way->elem->field;
    value_list list = {0};
    wr_pb_reader r = stretch(t);
    wr_pb_item item;
    while (wr__pb_next(&r, &item)) {
        if (is_item_of(f, &item)) {
            if (!add_element(way->elem, item.bits, item.bytes, arena, &list, fault))
                return false;
        } else if (item.number == f->number && item.wire == WR_PB_WIRE_BYTES &&
                   wr__pb_is_packable(f->kind)) {
            wr_pb_reader packed = {.p = item.bytes.ptr, .end = item.bytes.ptr + item.bytes.len};
            uint64_t bits;
            while (wr__pb_packed_next(&packed, f->kind, &bits))
                if (!add_element(way->elem, bits, WR_STR(""), arena, &list, fault))
                    return false;
            if (packed.fault)
                return fail(fault, packed.fault);
        }
    }
    WR_ASSERT(!r.fault);
    wr_nest *nest = wr_nest_new(arena, (uint32_t)list.n, false);
    if (list.n)
        memcpy(nest->items, list.v, list.n * sizeof *list.v);
    *out = wr_value_nest(nest);
    return true;
}

typedef struct entry_list {
    wr_arr(wr_str) keys;
    value_list values;
} entry_list;

static bool add_entry(const wr_pb_shape *s, wr_str bytes, wr_arena *arena, entry_list *list,
                      wr_pb_fault *fault)
{
    wr_pb_token tokens[2];
    wr_value key, value;
    const char *why = wr__pb_walk(s, bytes, tokens, 1);
    if (why)
        return fail(fault, why);
    const wr_pb_field *f = s->ways[1].field;
    bool closed = f && f->values && f->values->closed;
    if (!wr__pb_value(&s->ways[0], &tokens[0], arena, &key, fault) ||
        !wr__pb_value(&s->ways[1], &tokens[1], arena, &value, fault))
        return false;
    if (key.null)
        return fail(fault, "a key of a map is NULL");
    if (closed && s->message->map_entry && value.null) /* the entry is no value (P08) */
        return true;
    wr_arr_push(arena, &list->keys, key.u.str);
    wr_arr_push(arena, &list->values, value);
    return true;
}

static bool map_value(const wr_pb_way *way, const wr_pb_token *t, wr_arena *arena, wr_value *out,
                      wr_pb_fault *fault)
{
    entry_list list = {0};
    wr_pb_reader r = stretch(t);
    wr_pb_item item;
    while (wr__pb_next(&r, &item))
        if (is_item_of(way->field, &item) &&
            !add_entry(way->shape, item.bytes, arena, &list, fault))
            return false;
    WR_ASSERT(!r.fault && list.keys.n == list.values.n);
    uint32_t n = (uint32_t)list.keys.n, at = 0;
    uint32_t *last = wr_arena_alloc(arena, n * sizeof *last + 1);
    wr_nest *nest = wr_nest_new(arena, wr__json_drop_doubles(arena, list.keys.v, n, last), true);
    for (uint32_t i = 0; i < n; i++) { /* the last of a key counts (P07) */
        if (last[i] == UINT32_MAX)
            continue;
        nest->keys[at] = wr_value_str(list.keys.v[i]);
        nest->items[at++] = list.values.v[last[i]];
    }
    WR_ASSERT(at == nest->n);
    *out = wr_value_nest(nest);
    return true;
}

/* ---- places ---- */

/* What a place is whose field has not come. */
static bool absent_value(const wr_pb_way *way, wr_arena *arena, wr_value *out, wr_pb_fault *fault)
{
    *out = WR_VALUE_NULL;
    switch (way->kind) {
    case WR_PB_WAY_ABSENT:
    case WR_PB_WAY_ONEOF:
        return true;
    case WR_PB_WAY_MISMATCH:
        return fail_mismatch(way, arena, fault);
    case WR_PB_WAY_LIST:
    case WR_PB_WAY_MAP:
        *out = wr_value_nest(wr_nest_new(arena, 0, way->kind == WR_PB_WAY_MAP));
        return true;
    default:
        break;
    }
    if (way->field->has_presence && !way->is_required_value)
        return true;
    if (way->field->message)
        return wr__pb_message_value(way, WR_STR(""), arena, out, fault);
    uint64_t bits = 0;
    if (way->kind == WR_PB_WAY_ENUM && way->field->values->n)
        bits = (uint64_t)way->field->values->numbers[0];
    return scalar_value(way, bits, WR_STR(""), arena, out, fault);
}

bool wr__pb_value(const wr_pb_way *way, const wr_pb_token *t, wr_arena *arena, wr_value *out,
                  wr_pb_fault *fault)
{
    if (!t->there)
        return absent_value(way, arena, out, fault);
    switch (way->kind) {
    case WR_PB_WAY_ABSENT:
        WR_UNREACHABLE();
    case WR_PB_WAY_MISMATCH:
        return fail_mismatch(way, arena, fault);
    case WR_PB_WAY_LIST:
        return list_value(way, t, arena, out, fault);
    case WR_PB_WAY_MAP:
        return map_value(way, t, arena, out, fault);
    case WR_PB_WAY_ONEOF:
        return struct_value(way->shape, wr_str_make(t->u.ptr, t->len), arena, out, fault);
    case WR_PB_WAY_KNOWN:
    case WR_PB_WAY_DECIMAL:
    case WR_PB_WAY_STRUCT:
    case WR_PB_WAY_WRAPPER:
        return wr__pb_message_value(way, merged(way->field, t, arena), arena, out, fault);
    default:
        return scalar_value(way, t->u.bits, wr_str_make(t->u.ptr, t->len), arena, out, fault);
    }
}
