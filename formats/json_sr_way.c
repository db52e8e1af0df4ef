/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_sr_way.c - from JSON values to columns by a schema's types: Connect's reading first, which
 * makes something of nearly every value (facts: Q34, Q35), then ksqlDB's table of what goes to what
 * (Q08).
 *
 * NaN and the infinities are numbers, as words without quotes, which is how Python's json and
 * Jackson write them, and, unlike with Connect, as texts of these words, which is how Weir itself
 * writes them, so that what is written is read back.
 */
#include "formats/json_sr.h"

#include "formats/json_text.h"
#include "types/decimal.h"
#include "types/text.h"

#include <math.h>
#include <stdio.h>

/* ---- which way ---- */

static wr_jsr_way_kind whole_way(const wr_jsr_node *node, wr_tid to)
{
    bool wide = node->kind == WR_JSR_TIMESTAMP || (node->kind == WR_JSR_INT && node->bits == 64);
    switch (to) {
    case WR_T_STRING:
        return WR_JSR_WAY_TEXT;
    case WR_T_BIGINT:
    case WR_T_TIMESTAMP:
        return WR_JSR_WAY_INT;
    case WR_T_INTEGER:
    case WR_T_DATE:
        return wide ? WR_JSR_WAY_MISMATCH : WR_JSR_WAY_INT;
    case WR_T_TIME:
        return wide ? WR_JSR_WAY_MISMATCH : WR_JSR_WAY_TIME;
    default:
        return WR_JSR_WAY_MISMATCH;
    }
}

static wr_jsr_way_kind scalar_way(const wr_jsr_node *node, wr_tid to)
{
    switch (node->kind) {
    case WR_JSR_BOOLEAN:
        return to == WR_T_BOOLEAN  ? WR_JSR_WAY_BOOLEAN
               : to == WR_T_STRING ? WR_JSR_WAY_TEXT
                                   : WR_JSR_WAY_MISMATCH;
    case WR_JSR_INT:
    case WR_JSR_DATE:
    case WR_JSR_TIMESTAMP:
        return whole_way(node, to);
    case WR_JSR_TIME: /* its range is the writer's, too */
        return whole_way(node, to) == WR_JSR_WAY_INT && to != WR_T_TIMESTAMP ? WR_JSR_WAY_TIME
                                                                             : whole_way(node, to);
    case WR_JSR_FLOAT:
        return to == WR_T_DOUBLE   ? WR_JSR_WAY_DOUBLE
               : to == WR_T_STRING ? WR_JSR_WAY_TEXT
                                   : WR_JSR_WAY_MISMATCH;
    case WR_JSR_STRING:
        return to == WR_T_STRING ? WR_JSR_WAY_STRING : WR_JSR_WAY_MISMATCH;
    case WR_JSR_BYTES:
        return to == WR_T_BYTES ? WR_JSR_WAY_BYTES : WR_JSR_WAY_MISMATCH;
    case WR_JSR_DECIMAL:
        return to == WR_T_DECIMAL ? WR_JSR_WAY_DECIMAL : WR_JSR_WAY_MISMATCH;
    default:
        return WR_JSR_WAY_MISMATCH;
    }
}

static const wr_jsr_way *way_new(const wr_jsr_node *node, const wr_type *type, wr_arena *a)
{
    wr_jsr_way *way = WR_NEW(a, wr_jsr_way);
    wr__jsr_way_init(way, node, type, a);
    return way;
}

/* The fields of a STRUCT, a union's branches, the parts of a variant. */
static void members_way(wr_jsr_way *way, wr_arena *a)
{
    const wr_jsr_node *node = way->node;
    const wr_type *type = way->type;
    const char **names = WR_NEW_N(a, const char *, type->fields_n);
    for (uint32_t i = 0; i < type->fields_n; i++)
        names[i] = type->fields[i].name;
    uint32_t *targets = WR_NEW_N(a, uint32_t, node->n);
    wr__jsr_match(node, names, type->fields_n, a, targets);
    wr_jsr_way *members = WR_NEW_N(a, wr_jsr_way, node->n);
    wr_str *keys = WR_NEW_N(a, wr_str, node->n);
    for (uint32_t i = 0; i < node->n; i++) {
        keys[i] = wr_str_c(node->fields[i].name);
        if (targets[i] == UINT32_MAX)
            wr__jsr_way_check(&members[i], node->fields[i].type);
        else
            wr__jsr_way_init(&members[i], node->fields[i].type, type->fields[targets[i]].type, a);
    }
    way->members = members;
    way->targets = targets;
    if (node->kind == WR_JSR_STRUCT)
        way->shape = wr__json_shape_new(a, keys, node->n);
    way->kind = node->kind == WR_JSR_STRUCT  ? WR_JSR_WAY_STRUCT
                : node->kind == WR_JSR_UNION ? WR_JSR_WAY_UNION
                                             : WR_JSR_WAY_VARIANT;
}

static void list_way(wr_jsr_way *way, wr_arena *a)
{
    way->elem = way_new(way->node->elem, way->type->elem, a);
    way->kind = way->node->kind == WR_JSR_ARRAY ? WR_JSR_WAY_ARRAY : WR_JSR_WAY_MAP;
    if (!way->node->entries)
        return;
    const wr_str keys[] = {WR_STR("key"), WR_STR("value")};
    wr_str *names = WR_NEW_N(a, wr_str, 2);
    memcpy(names, keys, sizeof keys);
    way->key = way_new(way->node->key, &wr_type_string, a);
    way->shape = wr__json_shape_new(a, names, 2);
}

static wr_jtoken token_of(wr_str raw)
{
    wr_jscan s;
    wr_jtoken t = {0};
    wr__json_scan_init(&s, raw, false);
    bool good = wr__json_token(&s, &t);
    WR_ASSERT(good); /* the schema's text has been parsed */
    return t;
}

void wr__jsr_way_check(wr_jsr_way *way, const wr_jsr_node *node)
{
    *way = (wr_jsr_way){.kind = WR_JSR_WAY_CHECK, .node = node};
    if (node->fallback)
        way->fallback = token_of(node->fallback->raw);
}

void wr__jsr_way_init(wr_jsr_way *way, const wr_jsr_node *node, const wr_type *type,
                      wr_arena *arena)
{
    wr__jsr_way_check(way, node);
    way->kind = WR_JSR_WAY_MISMATCH;
    way->type = type;
    bool has_members =
        node->kind == WR_JSR_STRUCT || node->kind == WR_JSR_UNION || node->kind == WR_JSR_ANY;
    if (has_members && type->id == WR_T_STRUCT)
        members_way(way, arena);
    else if ((node->kind == WR_JSR_ARRAY && type->id == WR_T_ARRAY) ||
             (node->kind == WR_JSR_MAP && type->id == WR_T_MAP))
        list_way(way, arena);
    else if (node->kind == WR_JSR_BAD && node->optional)
        way->kind = WR_JSR_WAY_NULL;
    else
        way->kind = scalar_way(node, type->id);
}

/* ---- failures ---- */

static bool fail(wr_jsr_read *r, const char *text)
{
    wr__json_conv_start_failure(&r->conv);
    wr_buf_puts(&r->conv.message, text);
    return false;
}

static bool fail_way(wr_jsr_read *r, const wr_jsr_way *way)
{
    static const char *const names[] = {
        [WR_JSR_BAD] = "a part of it that is no type of Connect's",
        [WR_JSR_BOOLEAN] = "boolean",
        [WR_JSR_INT] = "integer",
        [WR_JSR_FLOAT] = "number",
        [WR_JSR_STRING] = "string",
        [WR_JSR_BYTES] = "bytes",
        [WR_JSR_DATE] = "Date",
        [WR_JSR_TIME] = "Time",
        [WR_JSR_TIMESTAMP] = "Timestamp",
        [WR_JSR_DECIMAL] = "Decimal",
        [WR_JSR_ARRAY] = "array",
        [WR_JSR_MAP] = "map",
        [WR_JSR_STRUCT] = "object",
        [WR_JSR_UNION] = "one of several",
        [WR_JSR_ANY] = "any value",
    };
    wr__json_conv_start_failure(&r->conv);
    wr_buf_printf(&r->conv.message,
                  "Can't convert type. Schema: %s%s, requiredType: ", names[way->node->kind],
                  way->node->kind == WR_JSR_INT && way->node->bits == 64 ? " (64 bits)" : "");
    wr_type_print(&r->conv.message, way->type);
    return false;
}

/* ---- scalars, as Jackson's accessors have them ---- */

static bool is_number(const wr_jtoken *tok)
{
    return tok->kind == WR_J_INT || tok->kind == WR_J_REAL;
}

/* Java's cast of a double that is not finite. */
static int64_t whole_of_word(const wr_jtoken *tok, uint8_t bits)
{
    double v = wr__json_word_value(tok);
    if (isnan(v))
        return 0;
    if (bits == 64)
        return v > 0 ? INT64_MAX : INT64_MIN;
    return v > 0 ? INT32_MAX : INT32_MIN;
}

static int64_t whole_of_number(wr_jsr_read *r, const wr_jtoken *tok)
{
    int64_t v;
    bool read = wr__json_to_i64(&r->conv, tok, &v);
    WR_ASSERT(read);
    return v;
}

/* longValue: 0 of what is no number; cut to the type's bits. */
static int64_t read_whole(wr_jsr_read *r, const wr_jsr_node *node, const wr_jtoken *tok)
{
    int64_t v = 0;
    uint8_t bits = wr__jsr_whole_bits(node);
    if (tok->kind == WR_J_WORD) {
        v = whole_of_word(tok, bits);
    } else if (is_number(tok)) {
        v = whole_of_number(r, tok);
    }
    int64_t cut = bits == 8 ? (int8_t)v : bits == 16 ? (int16_t)v : bits == 32 ? (int32_t)v : v;
    r->coerced += cut != v || tok->kind != WR_J_INT;
    return cut;
}

static double read_double(wr_jsr_read *r, const wr_jsr_node *node, const wr_jtoken *tok)
{
    double v = 0;
    if (is_number(tok)) {
        bool read = wr__json_to_double(&r->conv, tok, &v);
        WR_ASSERT(read);
        return node->bits == 32 ? (double)(float)v : v;
    }
    if (tok->kind == WR_J_WORD)
        return wr__json_word_value(tok);
    if (tok->kind == WR_J_STRING && !(tok->flags & WR_J_ESCAPED)) {
        static const char *const words[] = {"NaN", "Infinity", "-Infinity"};
        for (size_t i = 0; i < WR_ARRAY_LEN(words); i++)
            if (wr_str_eq(wr_str_make(tok->ptr, tok->len), wr_str_c(words[i])) &&
                wr__text_to_double(wr_str_c(words[i]), &v))
                return v;
    }
    r->coerced++;
    return 0;
}

static bool read_bool(wr_jsr_read *r, const wr_jtoken *tok)
{
    r->coerced += tok->kind != WR_J_TRUE && tok->kind != WR_J_FALSE;
    return tok->kind == WR_J_TRUE;
}

/* The text of a number or a boolean, as Java's toString. */
static void read_text(wr_jsr_read *r, const wr_jsr_way *way, const wr_jtoken *tok, wr_value *out)
{
    wr_buf text = {0};
    if (way->node->kind == WR_JSR_BOOLEAN)
        wr_buf_puts(&text, read_bool(r, tok) ? "true" : "false");
    else if (way->node->kind == WR_JSR_FLOAT)
        wr_text_put_double(&text, read_double(r, way->node, tok));
    else
        wr_text_put_i64(&text, read_whole(r, way->node, tok));
    out->u.str = wr_arena_str(r->conv.scratch, wr_buf_view(&text));
    wr_buf_free(&text);
}

static bool read_decimal(wr_jsr_read *r, const wr_jsr_way *way, const wr_jtoken *tok, wr_value *out)
{
    bool is_text = is_number(tok) || tok->kind == WR_J_WORD; /* a word is no DECIMAL: refused */
    wr_str text = is_text ? wr_str_make(tok->ptr, tok->len) : WR_STR("0");
    r->coerced += !is_text;
    if (wr_dec_from_text(text, way->type, true, r->conv.scratch, out) == WR_DEC_OK)
        return true;
    wr__json_conv_start_failure(&r->conv);
    wr__decimal_fault(&r->conv.message, way->type, text);
    return false;
}

static bool read_bytes(wr_jsr_read *r, const wr_jtoken *tok, wr_value *out)
{
    if (tok->kind != WR_J_STRING) {
        r->coerced++;
        out->null = true;
        return true;
    }
    return wr__json_base64(&r->conv, tok, &out->u.str) || fail(r, "a text is not base64");
}

static bool read_time(wr_jsr_read *r, const wr_jsr_way *way, const wr_jtoken *tok, wr_value *out)
{
    int64_t ms = read_whole(r, way->node, tok);
    if (!wr__time_in_range(ms))
        return fail(r, WR_TIME_RANGE_TEXT);
    if (way->type->id == WR_T_BIGINT)
        out->u.i64 = ms;
    else
        out->u.i32 = (int32_t)ms;
    return true;
}

static bool read_scalar(wr_jsr_read *r, const wr_jsr_way *way, const wr_jtoken *tok, wr_value *out)
{
    switch (way->kind) {
    case WR_JSR_WAY_BOOLEAN:
        out->u.b = read_bool(r, tok);
        return true;
    case WR_JSR_WAY_INT: {
        int64_t v = read_whole(r, way->node, tok);
        if (way->type->id == WR_T_BIGINT || way->type->id == WR_T_TIMESTAMP)
            out->u.i64 = v;
        else
            out->u.i32 = (int32_t)v;
        return true;
    }
    case WR_JSR_WAY_DOUBLE:
        out->u.f64 = read_double(r, way->node, tok);
        return true;
    case WR_JSR_WAY_STRING:
        if (tok->kind == WR_J_STRING) {
            out->u.str = wr__json_text(tok, r->conv.scratch);
            return true;
        }
        r->coerced++;
        out->null = true;
        return true;
    case WR_JSR_WAY_BYTES:
        return read_bytes(r, tok, out);
    case WR_JSR_WAY_TIME:
        return read_time(r, way, tok, out);
    case WR_JSR_WAY_DECIMAL:
        return read_decimal(r, way, tok, out);
    case WR_JSR_WAY_TEXT:
        read_text(r, way, tok, out);
        return true;
    default:
        return fail_way(r, way);
    }
}

/* ---- containers ---- */

/* The node's fields in the object, by their exact names (Q36). */
static void find_members(wr_jsr_read *r, wr_jshape *shape, uint32_t n, const wr_jtoken *tok,
                         wr_jtoken **out)
{
    wr_jtoken *tokens = wr_arena_alloc(r->conv.scratch, n * sizeof *tokens + 1);
    wr_jscan s = {.p = tok->ptr, .begin = tok->ptr, .end = tok->ptr + tok->len, .words = true};
    bool good = wr__json_shape_scan(shape, &s, tokens, 1);
    WR_ASSERT(good); /* the first walk has found no fault */
    for (uint32_t i = 0; i < n; i++)
        if (!(tokens[i].flags & WR_J_EXACT))
            tokens[i] = (wr_jtoken){0};
    *out = tokens;
}

static bool read_struct(wr_jsr_read *r, const wr_jsr_way *way, const wr_jtoken *tok, wr_value *out)
{
    if (tok->kind != WR_J_OBJECT)
        return fail(r, "an object is expected");
    wr_jtoken *tokens;
    find_members(r, way->shape, way->node->n, tok, &tokens);
    wr_nest *nest = wr_nest_new(r->conv.scratch, way->type->fields_n, false);
    for (uint32_t i = 0; i < nest->n; i++)
        nest->items[i] = (wr_value){.null = true};
    for (uint32_t i = 0; i < way->node->n; i++) {
        wr_value v;
        if (!wr__jsr_convert(r, &way->members[i], &tokens[i], true, &v)) {
            wr__json_conv_path(&r->conv, way->node->fields[i].name);
            return false;
        }
        if (way->targets[i] != UINT32_MAX)
            nest->items[way->targets[i]] = v;
    }
    *out = wr_value_nest(nest);
    return true;
}

static bool read_union(wr_jsr_read *r, const wr_jsr_way *way, const wr_jtoken *tok, wr_value *out)
{
    uint32_t b = wr__jsr_branch(way->node, tok, r->conv.scratch);
    if (b == UINT32_MAX)
        return fail(r, "the value is none of those that the schema has");
    wr_nest *nest = wr_nest_new(r->conv.scratch, way->type->fields_n, false);
    for (uint32_t i = 0; i < nest->n; i++)
        nest->items[i] = (wr_value){.null = true};
    wr_value v;
    if (!wr__jsr_convert(r, &way->members[b], tok, true, &v))
        return false;
    if (way->targets[b] != UINT32_MAX)
        nest->items[way->targets[b]] = v;
    *out = wr_value_nest(nest);
    return true;
}

static bool read_variant(wr_jsr_read *r, const wr_jsr_way *way, const wr_jtoken *tok, wr_value *out)
{
    wr_str parts[2];
    wr__jsr_variant(&r->conv, tok, &parts[0], &parts[1]);
    wr_nest *nest = wr_nest_new(r->conv.scratch, way->type->fields_n, false);
    for (uint32_t i = 0; i < nest->n; i++)
        nest->items[i] = (wr_value){.null = true};
    for (uint32_t i = 0; i < way->node->n; i++) {
        if (way->targets[i] == UINT32_MAX)
            continue;
        if (way->members[i].kind != WR_JSR_WAY_BYTES)
            return fail_way(r, &way->members[i]);
        nest->items[way->targets[i]] = wr_value_str(parts[i]);
    }
    *out = wr_value_nest(nest);
    return true;
}

/* An iterator over a Jackson node: elements, members' values, or nothing (Q34). */
static bool read_array(wr_jsr_read *r, const wr_jsr_way *way, const wr_jtoken *tok, wr_value *out)
{
    wr_jtoken_list keys = {0}, items = {0};
    if (tok->kind == WR_J_ARRAY || tok->kind == WR_J_OBJECT)
        wr__json_elements(&r->conv, tok, &keys, &items);
    r->coerced += tok->kind != WR_J_ARRAY;
    wr_nest *nest = wr_nest_new(r->conv.scratch, (uint32_t)items.n, false);
    for (uint32_t i = 0; i < nest->n; i++) {
        if (wr__jsr_convert(r, way->elem, &items.v[i], true, &nest->items[i]))
            continue;
        char part[16];
        snprintf(part, sizeof part, "[%u]", i);
        wr__json_conv_prepend(&r->conv, wr_str_c(part));
        return false;
    }
    *out = wr_value_nest(nest);
    return true;
}

/* The entry's key as text; @p tok, the entry, becomes its value. */
static bool read_entry(wr_jsr_read *r, const wr_jsr_way *way, wr_jtoken *tok, wr_str *key)
{
    if (tok->kind != WR_J_OBJECT)
        return fail(r, "an entry of a map is an object with `key` and `value`");
    wr_jtoken *tokens;
    wr_value v;
    find_members(r, way->shape, 2, tok, &tokens);
    if (!wr__jsr_convert(r, way->key, &tokens[0], true, &v))
        return false;
    *key = v.null ? WR_STR("null") : v.u.str;
    *tok = tokens[1];
    return true;
}

static bool read_map(wr_jsr_read *r, const wr_jsr_way *way, const wr_jtoken *tok, wr_value *out)
{
    bool entries = way->node->entries;
    if (tok->kind != (entries ? WR_J_ARRAY : WR_J_OBJECT))
        return fail(r, entries ? "an array of entries is expected" : "an object is expected");
    wr_arena *scratch = r->conv.scratch;
    wr_jtoken_list keys = {0}, items = {0};
    wr__json_elements(&r->conv, tok, &keys, &items);
    uint32_t n = (uint32_t)items.n;
    wr_str *names = wr_arena_alloc(scratch, n * sizeof *names + 1);
    uint32_t *last = wr_arena_alloc(scratch, n * sizeof *last + 1);
    for (uint32_t i = 0; i < n; i++) {
        if (!entries)
            names[i] = wr__json_text(&keys.v[i], scratch);
        else if (!read_entry(r, way, &items.v[i], &names[i]))
            return false;
    }
    wr_nest *nest = wr_nest_new(scratch, wr__json_drop_doubles(scratch, names, n, last), true);
    for (uint32_t i = 0, at = 0; i < n; i++) {
        if (last[i] == UINT32_MAX)
            continue;
        nest->keys[at] = wr_value_str(names[i]);
        if (!wr__jsr_convert(r, way->elem, &items.v[last[i]], true, &nest->items[at++])) {
            wr__json_conv_prepend(&r->conv, WR_STR(".value"));
            wr__json_conv_prepend(&r->conv, names[i]);
            wr__json_conv_prepend(&r->conv, WR_STR("."));
            return false;
        }
    }
    *out = wr_value_nest(nest);
    return true;
}

static bool read_value(wr_jsr_read *r, const wr_jsr_way *way, const wr_jtoken *tok, wr_value *out)
{
    switch (way->kind) {
    case WR_JSR_WAY_CHECK:
        return true;
    case WR_JSR_WAY_ARRAY:
        return read_array(r, way, tok, out);
    case WR_JSR_WAY_MAP:
        return read_map(r, way, tok, out);
    case WR_JSR_WAY_STRUCT:
        return read_struct(r, way, tok, out);
    case WR_JSR_WAY_UNION:
        return read_union(r, way, tok, out);
    case WR_JSR_WAY_VARIANT:
        return read_variant(r, way, tok, out);
    default:
        return read_scalar(r, way, tok, out);
    }
}

bool wr__jsr_convert(wr_jsr_read *r, const wr_jsr_way *way, const wr_jtoken *tok, bool inside,
                     wr_value *out)
{
    *out = (wr_value){0};
    if (way->kind == WR_JSR_WAY_MISMATCH) /* whatever the value is: types do not fit, not values */
        return fail_way(r, way);
    if (tok->kind <= WR_J_NULL && way->fallback.kind)
        tok = &way->fallback;
    if (tok->kind > WR_J_NULL) {
        if (!read_value(r, way, tok, out))
            return false;
        if (!out->null)
            return true;
    }
    *out = (wr_value){.null = true};
    if (way->node->optional || (tok->kind != WR_J_NULL && !inside))
        return true;
    return fail(r, tok->kind == WR_J_MISSING ? "a value that cannot be null is left out"
                                             : "null where the schema does not take it");
}

/* ---- branches ---- */

static bool is_simple(const wr_jsr_node *node, const wr_jtoken *tok)
{
    switch (node->kind) {
    case WR_JSR_INT:
    case WR_JSR_DATE:
    case WR_JSR_TIME:
    case WR_JSR_TIMESTAMP:
        return tok->kind == WR_J_INT;
    case WR_JSR_FLOAT:
        return is_number(tok) || tok->kind == WR_J_WORD;
    case WR_JSR_DECIMAL:
        return is_number(tok);
    case WR_JSR_BOOLEAN:
        return tok->kind == WR_J_TRUE || tok->kind == WR_J_FALSE;
    case WR_JSR_STRING:
    case WR_JSR_BYTES:
        return tok->kind == WR_J_STRING;
    case WR_JSR_ARRAY:
        return tok->kind == WR_J_ARRAY;
    case WR_JSR_MAP:
        return tok->kind == WR_J_ARRAY || tok->kind == WR_J_OBJECT;
    case WR_JSR_ANY:
        return tok->kind > WR_J_NULL;
    default:
        return false;
    }
}

/* How many of the object's members the node has. */
static uint32_t shared_members(const wr_jsr_node *node, const wr_jtoken_list *keys, wr_arena *a)
{
    uint32_t n = 0;
    for (uint32_t k = 0; k < keys->n; k++) {
        wr_str key = wr__json_text(&keys->v[k], a);
        for (uint32_t i = 0; i < node->n; i++)
            n += wr_str_eq(key, wr_str_c(node->fields[i].name));
    }
    return n;
}

uint32_t wr__jsr_branch(const wr_jsr_node *node, const wr_jtoken *tok, wr_arena *scratch)
{
    WR_ASSERT(node->kind == WR_JSR_UNION);
    for (uint32_t i = 0; i < node->n; i++)
        if (is_simple(node->fields[i].type, tok))
            return i;
    if (tok->kind != WR_J_OBJECT)
        return UINT32_MAX;
    /* Of objects, the one that shares most with it. */
    wr_jconv conv = {.scratch = scratch};
    wr_jtoken_list keys = {0}, items = {0};
    wr__json_elements(&conv, tok, &keys, &items);
    uint32_t best = UINT32_MAX, most = 0;
    for (uint32_t i = 0; i < node->n; i++) {
        if (node->fields[i].type->kind != WR_JSR_STRUCT)
            continue;
        uint32_t n = shared_members(node->fields[i].type, &keys, scratch);
        if (best == UINT32_MAX || n > most) {
            best = i;
            most = n;
        }
    }
    return best;
}

/* ---- a schema beside columns ---- */

/* All the way down: an element or a member without a way makes the record bad as well. */
static bool is_passable(const wr_jsr_way *way)
{
    bool members = way->kind == WR_JSR_WAY_STRUCT || way->kind == WR_JSR_WAY_UNION;
    bool fits = way->kind != WR_JSR_WAY_MISMATCH;
    if (way->elem && fits)
        fits = is_passable(way->elem);
    for (uint32_t i = 0; members && fits && i < way->node->n; i++)
        fits = is_passable(&way->members[i]);
    return fits;
}

/* As the decoder takes it apart (json_sr_decode.c). */
weir_status wr__jsr_schema_fields(const wr_registry_schema *schema,
                                  const wr_format_columns *columns, wr_arena *arena,
                                  wr_schema_field **fields, uint32_t *n, weir_error *err)
{
    const wr_jsr_node *top;
    WR_TRY(wr__jsr_schema_parse(schema, arena, &top, err));
    bool bare = columns->options->unwrapped;
    if (!bare && top->kind != WR_JSR_STRUCT && top->kind != WR_JSR_UNION)
        return wr_error(err, WEIR_ERR_STATEMENT, "it is not that of an object: %s",
                        top->why ? top->why : "it has no properties");
    *n = bare ? columns->n : top->n;
    *fields = WR_NEW_N(arena, wr_schema_field, *n);
    const char **names = WR_NEW_N(arena, const char *, columns->n);
    uint32_t *targets = WR_NEW_N(arena, uint32_t, *n);
    for (uint32_t c = 0; c < columns->n; c++)
        names[c] = columns->cols[c].name;
    if (!bare)
        wr__jsr_match(top, names, columns->n, arena, targets);
    for (uint32_t i = 0; i < *n; i++) {
        wr_schema_field *f = &(*fields)[i];
        *f = (wr_schema_field){.name = bare ? NULL : top->fields[i].name,
                               .column = bare ? i : targets[i],
                               .fits = true};
        if (f->column == UINT32_MAX)
            continue;
        wr_jsr_way way;
        wr__jsr_way_init(&way, bare ? top : top->fields[i].type, columns->cols[f->column].type,
                         arena);
        f->fits = is_passable(&way);
    }
    return WEIR_OK;
}
