/* SPDX-License-Identifier: Apache-2.0 */
/*
 * avro_read.c - values by their way: what is inside containers, and scalars that are rare.
 *
 * The hot scalars of columns have loops of their own in avro_decode.c; all else comes through here,
 * boxed. Where a value ends does not depend on its way: the same bytes are taken as wr__avro_skip
 * takes, or the read fails.
 */
#include "formats/debezium.h"

#include "formats/json_text.h"
#include "formats/unscaled.h"
#include "types/text.h"

#include <stdio.h>
#include <stdlib.h>

static bool fail_mismatch(wr_avro_reader *r, const wr_avro_way *way)
{
    return wr__avro_fail(r, wr_arena_printf(r->arena, "Cannot deserialize type %s as type %s",
                                            wr__avro_kind_name(way->node->kind),
                                            wr_type_text(r->arena, way->type)));
}

/* ---- scalars ---- */

static bool to_int(wr_avro_reader *r, const wr_avro_way *way, int64_t v, wr_value *out)
{
    if (v < INT32_MIN || v > INT32_MAX)
        return wr__avro_fail(r, "an int is out of range");
    if (way->type->id == WR_T_TIME && !wr__time_in_range(v))
        return wr__avro_fail(r, WR_TIME_RANGE_TEXT);
    *out = wr_value_i32((int32_t)v);
    return true;
}

/* Towards the past, so that a moment before 1970 stays within its millisecond. */
static int64_t floor_div(int64_t v, int64_t by)
{
    return v / by - (v % by < 0);
}

static bool to_time(wr_avro_reader *r, const wr_avro_way *way, int64_t v, wr_value *out)
{
    WR_ASSERT(way->divisor > 0);
    int64_t ms = floor_div(v, way->divisor);
    if (way->type->id == WR_T_TIMESTAMP) {
        *out = wr_value_i64(ms);
        return true;
    }
    if (!wr__time_in_range(ms))
        return wr__avro_fail(r, WR_TIME_RANGE_TEXT);
    *out = wr_value_i32((int32_t)ms);
    return true;
}

static bool to_text(wr_avro_reader *r, const wr_avro_way *way, const wr_avro_token *t,
                    wr_value *out)
{
    wr_buf text = {0};
    switch (way->node->kind) {
    case WR_AVRO_BOOLEAN:
        wr_buf_puts(&text, t->u.i64 ? "true" : "false");
        break;
    case WR_AVRO_FLOAT:
        wr__put_float(&text, (float)t->u.f64);
        break;
    case WR_AVRO_DOUBLE:
        wr_text_put_double(&text, t->u.f64);
        break;
    default:
        wr_text_put_i64(&text, t->u.i64);
        break;
    }
    *out = wr_value_str(wr_arena_str(r->arena, wr_buf_view(&text)));
    wr_buf_free(&text);
    return true;
}

/* The writer's type, of its own scale, in the form that holds so many bytes. */
static wr_type unscaled_type(const wr_avro_node *node, uint32_t bytes)
{
    bool small = bytes < sizeof(wr_i128) && node->scale <= WR_DEC_SMALL_MAX;
    return (wr_type){.id = WR_T_DECIMAL,
                     .precision = small ? WR_DEC_SMALL_MAX : WR_DEC_PRECISION_MAX,
                     .scale = node->scale};
}

/* Exact at the column's scale, or a bad record (Q09). */
static bool to_decimal(wr_avro_reader *r, const wr_avro_way *way, wr_str bytes, wr_value *out)
{
    WR_ASSERT(way->type->id == WR_T_DECIMAL && way->node->logical == WR_AVRO_DECIMAL);
    if (!bytes.len) /* no number at all (A07) */
        return wr__avro_fail(r, "a decimal has no bytes");
    const char *sign = bytes.ptr; /* leading bytes that only repeat the sign */
    while (bytes.len > 1 && (*sign == 0 || *sign == (char)0xFF) &&
           (sign[0] & 0x80) == (sign[1] & 0x80)) {
        sign++;
        bytes = wr_str_make(sign, bytes.len - 1);
    }
    if (bytes.len > WR_DEC_PRECISION_MAX / 3)
        return wr__avro_fail(r, "a decimal is too long");
    wr_type from = unscaled_type(way->node, bytes.len);
    wr_value v = wr__unscaled_read(bytes, &from, r->arena);
    if (wr_dec_rescale(&from, &v, way->type, r->arena, out) != WR_DEC_OK ||
        wr_dec_compare(&from, &v, way->type, out) != 0)
        return wr__avro_fail(r, wr_arena_printf(r->arena,
                                                "a decimal of scale %d does not fit %s exactly",
                                                from.scale, wr_type_text(r->arena, way->type)));
    return true;
}

static bool to_symbol(wr_avro_reader *r, const wr_avro_way *way, int64_t i, wr_value *out)
{
    if (i < 0 || i >= (int64_t)way->node->n)
        return wr__avro_fail(r, "an enum has no such symbol");
    *out = wr_value_str(way->node->symbols[i]);
    return true;
}

/* A boolean other than 0 and 1 shows that the bytes are not what they should be (A10). */
static bool check_boolean(wr_avro_reader *r, const wr_avro_token *t)
{
    return (t->u.i64 & ~1) == 0 || wr__avro_fail(r, "a boolean is neither 0 nor 1");
}

static bool from_token(wr_avro_reader *r, const wr_avro_way *way, const wr_avro_token *t,
                       wr_value *out)
{
    switch (way->kind) {
    case WR_AVRO_WAY_BOOLEAN:
        *out = wr_value_bool(t->u.i64 != 0);
        return check_boolean(r, t);
    case WR_AVRO_WAY_INT:
        return to_int(r, way, t->u.i64, out);
    case WR_AVRO_WAY_LONG:
        if (way->node->kind == WR_AVRO_INT && (t->u.i64 < INT32_MIN || t->u.i64 > INT32_MAX))
            return wr__avro_fail(r, "an int is out of range");
        *out = wr_value_i64(t->u.i64);
        return true;
    case WR_AVRO_WAY_TIME:
        return to_time(r, way, t->u.i64, out);
    case WR_AVRO_WAY_FLOAT:
    case WR_AVRO_WAY_DOUBLE:
        *out = wr_value_f64(t->u.f64);
        return true;
    case WR_AVRO_WAY_STRING:
        *out = wr_value_str(wr__text_repair_utf8(wr_str_make(t->u.ptr, t->len), r->arena));
        return true;
    case WR_AVRO_WAY_BYTES:
        *out = wr_value_str(wr_str_make(t->u.ptr, t->len));
        return true;
    case WR_AVRO_WAY_DECIMAL:
        return to_decimal(r, way, wr_str_make(t->u.ptr, t->len), out);
    case WR_AVRO_WAY_ENUM:
        return to_symbol(r, way, t->u.i64, out);
    case WR_AVRO_WAY_TEXT:
        if (way->node->kind == WR_AVRO_BOOLEAN && !check_boolean(r, t))
            return false;
        if (way->node->kind == WR_AVRO_INT && (t->u.i64 < INT32_MIN || t->u.i64 > INT32_MAX))
            return wr__avro_fail(r, "an int is out of range");
        return to_text(r, way, t, out);
    case WR_AVRO_WAY_EVENT:
        return wr__debezium_avro_value(r, way, t, out);
    default:
        WR_UNREACHABLE();
    }
}

/* ---- containers ---- */

static bool read_body(wr_avro_reader *r, const wr_avro_way *way, wr_value *out);

/* The elements of an array or map as they come. */
typedef struct elements {
    wr_arr(wr_str) keys; /* MAP, ENTRIES */
    wr_arr(wr_value) items;
} elements;

static bool read_element(wr_avro_reader *r, const wr_avro_way *way, elements *list)
{
    wr_value item;
    if (way->kind == WR_AVRO_WAY_MAP) {
        wr_str key;
        if (!wr__avro_text(r, &key))
            return false;
        wr_arr_push(r->arena, &list->keys, wr__text_repair_utf8(key, r->arena));
    } else if (way->kind == WR_AVRO_WAY_ENTRIES) {
        wr_value key;
        if (!wr__avro_read(r, way->key, &key))
            return false;
        if (key.null)
            return wr__avro_fail(r, "a key of a map is null");
        wr_arr_push(r->arena, &list->keys, key.u.str);
    }
    if (!wr__avro_read(r, way->elem, &item))
        return false;
    wr_arr_push(r->arena, &list->items, item);
    return true;
}

static bool read_blocks(wr_avro_reader *r, const wr_avro_way *way, elements *list)
{
    for (;;) {
        uint64_t count;
        int64_t size;
        if (!wr__avro_block(r, way->node, &count, &size))
            return false;
        const char *start = r->p;
        if (count == 0)
            return true;
        if (way->node->kind == WR_AVRO_ARRAY && way->node->elem->is_empty) {
            if (count > WR_AVRO_EMPTIES_MAX - r->empties)
                return wr__avro_fail(r, "an array has too many empty elements");
            r->empties += count;
        }
        for (uint64_t i = 0; i < count; i++)
            if (!read_element(r, way, list))
                return false;
        if (size >= 0 && r->p - start != size) /* as whoever skips it would go on elsewhere */
            return wr__avro_fail(r, "a block does not have the size it says");
    }
}

static bool read_list(wr_avro_reader *r, const wr_avro_way *way, wr_value *out)
{
    elements list = {0};
    if (!read_blocks(r, way, &list))
        return false;
    uint32_t n = (uint32_t)list.items.n;
    wr_nest *nest;
    if (way->kind == WR_AVRO_WAY_ARRAY) {
        nest = wr_nest_new(r->arena, n, false);
        if (n)
            memcpy(nest->items, list.items.v, n * sizeof *nest->items);
        *out = wr_value_nest(nest);
        return true;
    }
    uint32_t *last = wr_arena_alloc(r->arena, n * sizeof *last + 1), at = 0;
    nest = wr_nest_new(r->arena, wr__json_drop_doubles(r->arena, list.keys.v, n, last), true);
    for (uint32_t i = 0; i < n; i++) {
        if (last[i] == UINT32_MAX)
            continue;
        nest->keys[at] = wr_value_str(list.keys.v[i]);
        nest->items[at++] = list.items.v[last[i]];
    }
    WR_ASSERT(at == nest->n);
    *out = wr_value_nest(nest);
    return true;
}

static bool read_member(wr_avro_reader *r, const wr_avro_way *way, uint32_t i, wr_nest *nest)
{
    const wr_avro_way *member = &way->members[i];
    if (member->kind == WR_AVRO_WAY_SKIP)
        return wr__avro_skip(r, member->node);
    if (wr__avro_read(r, member, &nest->items[way->targets[i]]))
        return true;
    if (r->path_n < WR_ARRAY_LEN(r->path))
        r->path[r->path_n++] = way->type->fields[way->targets[i]].name;
    return false;
}

static bool read_struct(wr_avro_reader *r, const wr_avro_way *way, wr_value *out)
{
    uint32_t first = 0, end = way->node->n;
    WR_ASSERT(way->type->id == WR_T_STRUCT);
    if (way->kind == WR_AVRO_WAY_BRANCHES) {
        if (!wr__avro_branch(r, end, &first))
            return false;
        if ((int32_t)first == way->node->null_branch) {
            *out = WR_VALUE_NULL;
            return true;
        }
        end = first + 1;
    }
    wr_nest *nest = wr_nest_new(r->arena, way->type->fields_n, false);
    for (uint32_t i = first; i < end; i++)
        if (!read_member(r, way, i, nest))
            return false;
    *out = wr_value_nest(nest);
    return true;
}

static bool read_container(wr_avro_reader *r, const wr_avro_way *way, wr_value *out)
{
    if (r->depth >= WR_AVRO_DEPTH_MAX)
        return wr__avro_fail(r, "the record is nested too deeply");
    WR_ASSERT(r->arena);
    r->depth++;
    bool is_struct = way->kind == WR_AVRO_WAY_STRUCT || way->kind == WR_AVRO_WAY_BRANCHES;
    bool ok = way->kind == WR_AVRO_WAY_EVENT ? wr__debezium_avro_record(r, way, out)
              : is_struct                    ? read_struct(r, way, out)
                                             : read_list(r, way, out);
    r->depth--;
    return ok;
}

static bool read_body(wr_avro_reader *r, const wr_avro_way *way, wr_value *out)
{
    if (wr__avro_is_container(way->node))
        return read_container(r, way, out);
    wr_avro_token t;
    return wr__avro_token(r, way->node, &t) && from_token(r, way, &t, out);
}

bool wr__avro_read(wr_avro_reader *r, const wr_avro_way *way, wr_value *out)
{
    if (way->kind == WR_AVRO_WAY_MISMATCH) /* a NULL of another type is no better (Q14) */
        return fail_mismatch(r, way);
    if (way->whole) {
        uint32_t branch;
        if (!wr__avro_branch(r, way->whole->n, &branch))
            return false;
        if ((int32_t)branch == way->whole->null_branch) {
            *out = WR_VALUE_NULL;
            return true;
        }
    }
    return read_body(r, way, out);
}

bool wr__avro_convert(wr_avro_reader *r, const wr_avro_way *way, const wr_avro_token *token,
                      wr_value *out)
{
    if (way->kind == WR_AVRO_WAY_MISMATCH)
        return fail_mismatch(r, way);
    if (token->null) {
        *out = WR_VALUE_NULL;
        return true;
    }
    if (!wr__avro_is_container(way->node))
        return from_token(r, way, token, out);
    r->p = token->u.ptr;
    r->end = r->p + token->len;
    if (!read_body(r, way, out))
        return false;
    WR_ASSERT(r->p == r->end); /* where skipping it has ended */
    return true;
}
