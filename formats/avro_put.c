/* SPDX-License-Identifier: Apache-2.0 */
/*
 * avro_put.c - values into Avro's binary form, by a schema of our own or of somebody else
 * (avro_put.h; facts: Q16, Q17, Q38, Q39).
 *
 * NULL goes into the null branch where there is one, else into the field's default, else the row
 * cannot be written. Members that no column fills take their default, or null.
 */
#include "formats/avro_put.h"
#include "formats/unscaled.h"

#include "common/utf8.h"

#include <math.h>

static bool refuse(wr_avro_refusal *why, wr_arena *arena, const wr_avro_node *node,
                   const wr_type *type)
{
    why->reason = wr_arena_printf(arena, "%s cannot be written as Avro's %s",
                                  wr_type_text(arena, type), wr__avro_kind_name(node->kind));
    return false;
}

/* ---- making ---- */

static wr_str index_bytes(wr_arena *arena, uint32_t branch)
{
    wr_buf bytes = {0};
    wr__avro_put_long(&bytes, branch);
    wr_str copy = wr_arena_str(arena, wr_buf_view(&bytes));
    wr_buf_free(&bytes);
    return copy;
}

/* The default in binary form; ptr NULL: there is none, or it does not fit. */
static wr_str default_bytes(wr_arena *arena, const wr_avro_node *node, const wr_json *fallback)
{
    wr_str copy = {0};
    wr_buf bytes = {0};
    if (fallback && wr__avro_put_default(node, fallback, &bytes, arena)) {
        wr_buf_reserve(&bytes, 1);
        copy = wr_arena_str(arena, wr_buf_view(&bytes));
    }
    wr_buf_free(&bytes);
    return copy;
}

/* Whole numbers and times: how many of the schema's units one of SQL's has; 0: none. */
static int64_t factor_of(const wr_avro_node *node, wr_tid id)
{
    bool is_long = node->kind == WR_AVRO_LONG;
    switch (node->logical) {
    case WR_AVRO_PLAIN:
        return id == WR_T_INTEGER || id == WR_T_BIGINT || id == WR_T_DATE || id == WR_T_TIME ||
               (is_long && id == WR_T_TIMESTAMP);
    case WR_AVRO_DATE:
        return id == WR_T_DATE || id == WR_T_INTEGER;
    case WR_AVRO_TIME_MS:
        return id == WR_T_TIME || id == WR_T_INTEGER;
    case WR_AVRO_TIMESTAMP_MS:
    case WR_AVRO_LOCAL_MS:
        return id == WR_T_TIMESTAMP || id == WR_T_BIGINT;
    case WR_AVRO_TIME_US:
        return id == WR_T_TIME ? 1000 : id == WR_T_BIGINT;
    case WR_AVRO_TIMESTAMP_US:
        return id == WR_T_TIMESTAMP ? 1000 : id == WR_T_BIGINT;
    case WR_AVRO_TIMESTAMP_NS:
        return id == WR_T_TIMESTAMP ? 1000000 : id == WR_T_BIGINT;
    default:
        return 0;
    }
}

/* Returns false where the type does not go with the node. */
static bool scalar_kind(wr_avro_put *put, wr_arena *arena)
{
    const wr_avro_node *node = put->node;
    wr_tid id = put->type->id;
    switch (node->kind) {
    case WR_AVRO_BOOLEAN:
        put->kind = WR_AVRO_PUT_BOOLEAN;
        return id == WR_T_BOOLEAN;
    case WR_AVRO_INT:
    case WR_AVRO_LONG:
        put->kind = WR_AVRO_PUT_WHOLE;
        put->factor = factor_of(node, id);
        return put->factor != 0;
    case WR_AVRO_FLOAT:
    case WR_AVRO_DOUBLE:
        put->kind = node->kind == WR_AVRO_FLOAT ? WR_AVRO_PUT_FLOAT : WR_AVRO_PUT_DOUBLE;
        return id == WR_T_DOUBLE;
    case WR_AVRO_STRING:
        put->kind = WR_AVRO_PUT_STRING;
        return id == WR_T_STRING;
    case WR_AVRO_ENUM:
        put->kind = WR_AVRO_PUT_ENUM;
        return id == WR_T_STRING;
    case WR_AVRO_BYTES:
    case WR_AVRO_FIXED:
        if (node->logical == WR_AVRO_DECIMAL) {
            put->kind = WR_AVRO_PUT_DECIMAL;
            if (id != WR_T_DECIMAL || node->precision <= 0 || node->scale > node->precision ||
                node->precision > WR_DEC_PRECISION_MAX)
                return false;
            put->to = wr_type_decimal(arena, node->precision, node->scale);
            return true;
        }
        put->kind = node->kind == WR_AVRO_BYTES ? WR_AVRO_PUT_BYTES : WR_AVRO_PUT_FIXED;
        return id == WR_T_BYTES;
    default:
        return false;
    }
}

static bool list_kind(wr_avro_put *put, wr_arena *arena, wr_avro_refusal *why)
{
    const wr_avro_node *node = put->node;
    bool entries = wr__avro_is_entries(node), map = entries || node->kind == WR_AVRO_MAP;
    if (put->type->id != (map ? WR_T_MAP : WR_T_ARRAY))
        return refuse(why, arena, node, put->type);
    put->kind = entries ? WR_AVRO_PUT_ENTRIES : map ? WR_AVRO_PUT_MAP : WR_AVRO_PUT_ARRAY;
    wr_avro_put *elem = WR_NEW(arena, wr_avro_put);
    put->elem = elem;
    if (!entries)
        return wr__avro_put_init(elem, node->elem, put->type->elem, NULL, arena, why);
    wr_avro_put *key = WR_NEW(arena, wr_avro_put);
    put->key = key;
    const wr_avro_field *f = node->elem->fields;
    return wr__avro_put_init(key, f[0].type, &wr_type_string, f[0].fallback, arena, why) &&
           wr__avro_put_init(elem, f[1].type, put->type->elem, f[1].fallback, arena, why);
}

/* A member of the schema that no column fills. */
static bool fill(wr_avro_put *put, const wr_avro_node *node, const char *name,
                 const wr_json *fallback, wr_arena *arena, wr_avro_refusal *why)
{
    put->kind = WR_AVRO_PUT_CONSTANT;
    put->constant = default_bytes(arena, node, fallback);
    if (!put->constant.ptr && node->kind == WR_AVRO_UNION && node->null_branch >= 0)
        put->constant = index_bytes(arena, (uint32_t)node->null_branch);
    if (!put->constant.ptr && node->is_empty)
        put->constant = WR_STR("");
    if (!put->constant.ptr)
        why->reason = wr_arena_printf(
            arena, "the schema's field `%s` is required, has no default and no column", name);
    return put->constant.ptr != NULL;
}

bool wr__avro_put_members(wr_avro_put *put, const char *const *names, const wr_type *const *types,
                          uint32_t n, wr_arena *arena, wr_avro_refusal *why)
{
    const wr_avro_node *node = put->node;
    WR_ASSERT(node->kind == WR_AVRO_RECORD || node->kind == WR_AVRO_UNION);
    uint32_t *sources = WR_NEW_N(arena, uint32_t, node->n), found = 0;
    wr__avro_match(node, names, n, arena, sources);
    wr_avro_put *members = WR_NEW_N(arena, wr_avro_put, node->n);
    put->kind = node->kind == WR_AVRO_RECORD ? WR_AVRO_PUT_STRUCT : WR_AVRO_PUT_BRANCHES;
    put->members = members;
    put->sources = sources;
    for (uint32_t i = 0; i < node->n; i++) {
        const char *name;
        const wr_avro_node *inside = wr__avro_member(node, i, &name);
        bool record = node->kind == WR_AVRO_RECORD;
        const wr_json *fallback = record ? node->fields[i].fallback : NULL;
        if (sources[i] == UINT32_MAX) {
            if (record && !fill(&members[i], inside, name, fallback, arena, why))
                return false;
            continue;
        }
        found++;
        if (!wr__avro_put_init(&members[i], inside, types[sources[i]], fallback, arena, why)) {
            why->reason = wr_arena_printf(arena, "`%s`: %s", names[sources[i]], why->reason);
            return false;
        }
    }
    WR_ASSERT(found <= n);
    if (found == n)
        return true;
    bool *used = WR_NEW_N(arena, bool, n);
    for (uint32_t i = 0; i < node->n; i++)
        if (sources[i] != UINT32_MAX)
            used[sources[i]] = true;
    for (uint32_t k = 0; k < n && !why->reason; k++)
        if (!used[k])
            why->reason = wr_arena_printf(arena, "the schema has no field for `%s`", names[k]);
    return false;
}

static bool struct_kind(wr_avro_put *put, wr_arena *arena, wr_avro_refusal *why)
{
    const wr_type *type = put->type;
    if (type->id != WR_T_STRUCT)
        return refuse(why, arena, put->node, type);
    const char **names = WR_NEW_N(arena, const char *, type->fields_n);
    const wr_type **types = WR_NEW_N(arena, const wr_type *, type->fields_n);
    for (uint32_t i = 0; i < type->fields_n; i++) {
        names[i] = type->fields[i].name;
        types[i] = type->fields[i].type;
    }
    return wr__avro_put_members(put, names, types, type->fields_n, arena, why);
}

bool wr__avro_put_init(wr_avro_put *put, const wr_avro_node *node, const wr_type *type,
                       const wr_json *fallback, wr_arena *arena, wr_avro_refusal *why)
{
    WR_ASSERT(node && type);
    *put = (wr_avro_put){.type = type, .node = node};
    int32_t only = node->kind == WR_AVRO_UNION ? wr__avro_only_branch(node) : -1;
    if (node->kind == WR_AVRO_UNION && node->null_branch >= 0)
        put->null = index_bytes(arena, (uint32_t)node->null_branch);
    else
        put->null = default_bytes(arena, node, fallback);
    if (only >= 0) {
        put->head = index_bytes(arena, (uint32_t)only);
        put->node = node->branches[only];
    }
    switch (put->node->kind) {
    case WR_AVRO_ARRAY:
    case WR_AVRO_MAP:
        return list_kind(put, arena, why);
    case WR_AVRO_RECORD:
    case WR_AVRO_UNION:
        return struct_kind(put, arena, why);
    default:
        return scalar_kind(put, arena) || refuse(why, arena, put->node, type);
    }
}

/* ---- writing ---- */

static const char *put_whole(const wr_avro_put *put, const wr_value *v, wr_buf *out)
{
    bool wide = put->type->id == WR_T_BIGINT || put->type->id == WR_T_TIMESTAMP;
    int64_t number = wide ? v->u.i64 : v->u.i32;
    if (__builtin_mul_overflow(number, put->factor, &number))
        return "a time is out of the range of the schema's unit";
    if (put->node->kind == WR_AVRO_INT && number != (int32_t)number)
        return "a number is out of the range of Avro's int";
    wr__avro_put_long(out, number);
    return NULL;
}

static void put_text(wr_buf *out, wr_str s)
{
    size_t start = out->len;
    if (!memchr(s.len ? s.ptr : "", 0xED, s.len)) { /* no halves of pairs */
        wr__avro_put_long(out, s.len);
        wr_buf_put(out, s.ptr, s.len);
        return;
    }
    wr_utf8_put_external(out, s); /* may be shorter: the length is known afterwards */
    wr_buf text = {0};
    wr_buf_put(&text, out->ptr + start, out->len - start);
    out->len = start;
    wr__avro_put_long(out, (int64_t)text.len);
    wr_buf_str(out, wr_buf_view(&text));
    wr_buf_free(&text);
}

static const char *put_symbol(const wr_avro_put *put, const wr_value *v, wr_buf *out)
{
    for (uint32_t i = 0; i < put->node->n; i++)
        if (wr_str_eq(put->node->symbols[i], v->u.str)) {
            wr__avro_put_long(out, i);
            return NULL;
        }
    return "a text is no symbol of the schema's enum";
}

static const char *put_decimal(const wr_avro_put *put, const wr_value *v, wr_buf *out)
{
    wr_value to;
    wr_arena *scratch =
        wr_dec_is_small(put->to) && wr_dec_is_small(put->type) ? NULL : wr_arena_new(0);
    const char *fault = NULL;
    if (wr_dec_rescale(put->type, v, put->to, scratch, &to) != WR_DEC_OK ||
        wr_dec_compare(put->type, v, put->to, &to) != 0) {
        fault = "a decimal does not fit the schema's precision and scale";
    } else {
        wr_buf bytes = {0};
        wr__unscaled_put(&bytes, put->to, &to);
        if (put->node->kind == WR_AVRO_BYTES) {
            wr__avro_put_long(out, (int64_t)bytes.len);
        } else if (bytes.len > put->node->n) {
            fault = "a decimal does not fit the schema's fixed";
        } else {
            char sign = bytes.ptr[0] & 0x80 ? (char)0xFF : 0;
            for (size_t i = bytes.len; i < put->node->n; i++)
                wr_buf_putc(out, sign);
        }
        wr_buf_str(out, wr_buf_view(&bytes));
        wr_buf_free(&bytes);
    }
    wr_arena_free(scratch);
    return fault;
}

static const char *put_float(const wr_value *v, wr_buf *out)
{
    float f = (float)v->u.f64;
    if (isinf(f) && !isinf(v->u.f64))
        return "a number is out of the range of Avro's float";
    wr_buf_put(out, &f, sizeof f);
    return NULL;
}

/* One block with all elements, and the end. */
static const char *put_list(const wr_avro_put *put, const wr_nest *nest, wr_buf *out)
{
    const char *fault = NULL;
    WR_ASSERT(put->elem);
    if (nest->n)
        wr__avro_put_long(out, nest->n);
    for (uint32_t i = 0; i < nest->n && !fault; i++) {
        if (put->kind == WR_AVRO_PUT_MAP) {
            if (nest->keys[i].null)
                return "a key of a map is NULL";
            put_text(out, nest->keys[i].u.str);
        } else if (put->kind == WR_AVRO_PUT_ENTRIES) {
            fault = wr__avro_put(put->key, &nest->keys[i], out);
        }
        if (!fault)
            fault = wr__avro_put(put->elem, &nest->items[i], out);
    }
    wr_buf_putc(out, 0);
    return fault;
}

static const char *put_struct(const wr_avro_put *put, const wr_nest *nest, wr_buf *out)
{
    const char *fault = NULL;
    for (uint32_t i = 0; i < put->node->n && !fault; i++) {
        const wr_avro_put *member = &put->members[i];
        if (member->kind == WR_AVRO_PUT_CONSTANT)
            wr_buf_str(out, member->constant);
        else
            fault = wr__avro_put(member, &nest->items[put->sources[i]], out);
    }
    return fault;
}

static const char *put_branch(const wr_avro_put *put, const wr_nest *nest, wr_buf *out)
{
    uint32_t branch = UINT32_MAX;
    WR_ASSERT(put->node->kind == WR_AVRO_UNION);
    for (uint32_t i = 0; i < put->node->n; i++) {
        if (put->sources[i] == UINT32_MAX || nest->items[put->sources[i]].null)
            continue;
        if (branch != UINT32_MAX)
            return "more than one field of a union's STRUCT is set";
        branch = i;
    }
    if (branch == UINT32_MAX)
        return "no field of a union's STRUCT is set";
    wr__avro_put_long(out, branch);
    return wr__avro_put(&put->members[branch], &nest->items[put->sources[branch]], out);
}

const char *wr__avro_put(const wr_avro_put *put, const wr_value *v, wr_buf *out)
{
    if (v->null) {
        wr_buf_str(out, put->null);
        return put->null.ptr ? NULL : "NULL where the schema has neither null nor a default";
    }
    wr_buf_str(out, put->head);
    switch (put->kind) {
    case WR_AVRO_PUT_BOOLEAN:
        wr_buf_putc(out, v->u.b ? 1 : 0);
        return NULL;
    case WR_AVRO_PUT_WHOLE:
        return put_whole(put, v, out);
    case WR_AVRO_PUT_FLOAT:
        return put_float(v, out);
    case WR_AVRO_PUT_DOUBLE:
        wr_buf_put(out, &v->u.f64, sizeof v->u.f64);
        return NULL;
    case WR_AVRO_PUT_STRING:
        put_text(out, v->u.str);
        return NULL;
    case WR_AVRO_PUT_ENUM:
        return put_symbol(put, v, out);
    case WR_AVRO_PUT_BYTES:
        wr__avro_put_long(out, v->u.str.len);
        wr_buf_str(out, v->u.str);
        return NULL;
    case WR_AVRO_PUT_FIXED:
        wr_buf_str(out, v->u.str);
        return v->u.str.len == put->node->n ? NULL
                                            : "BYTES of another length than the schema's fixed";
    case WR_AVRO_PUT_DECIMAL:
        return put_decimal(put, v, out);
    case WR_AVRO_PUT_ARRAY:
    case WR_AVRO_PUT_MAP:
    case WR_AVRO_PUT_ENTRIES:
        return put_list(put, v->u.nest, out);
    case WR_AVRO_PUT_STRUCT:
        return put_struct(put, v->u.nest, out);
    case WR_AVRO_PUT_BRANCHES:
        return put_branch(put, v->u.nest, out);
    case WR_AVRO_PUT_CONSTANT: /* written by whoever has it as a member */
        break;
    }
    WR_UNREACHABLE();
}
