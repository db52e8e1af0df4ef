/* SPDX-License-Identifier: Apache-2.0 */
/*
 * avro_from_json.c - Avro values from JSON: documents of tests, `produce`, and schemas' defaults.
 *
 * Documents are read generously: names without regard to case, numbers for any number and for a
 * text, MAPs as objects also where the schema has Connect's entries, a union's value bare or in an
 * object with the branch's name. Numbers out of range are refused all the same.
 */
#include "formats/avro.h"
#include "formats/unscaled.h"

#include "common/utf8.h"
#include "types/text.h"

#include <math.h>

typedef enum wr_avro_json {
    WR_AVRO_JSON_VALUES,   /* as documents have them: bytes in base64 */
    WR_AVRO_JSON_DEFAULTS, /* as schemas have them: a byte is a character */
} wr_avro_json;

typedef struct put {
    wr_avro_json how;
    bool strict; /* a member that is no field is a fault */
    wr_buf *out;
    wr_arena *arena;
    const char *fault;
    unsigned depth;
    uint32_t steps; /* values that may still be tried */
} put;

/* Defaults within defaults and unions within unions can multiply; no honest value needs as many. */
#define DOCUMENT_STEPS 10000000
#define DEFAULT_STEPS  10000

static bool put_value(put *p, const wr_avro_node *node, const wr_json *j);

static bool fail(put *p, const wr_avro_node *node, const wr_json *j)
{
    static const char *const kinds[] = {"null",   "false",  "true",     "a number",
                                        "a text", "a list", "an object"};
    if (!p->fault)
        p->fault = wr_arena_printf(p->arena, "%s cannot be Avro's %s", kinds[j->kind],
                                   wr__avro_kind_name(node->kind));
    return false;
}

/* ---- scalars ---- */

static bool is_numeric(const wr_json *j)
{
    return j->kind == WR_JSON_NUMBER || j->kind == WR_JSON_STRING;
}

/* A whole number, perhaps with a fraction of zeros or an exponent. */
static bool to_whole(wr_str text, wr_arena *arena, int64_t *out)
{
    if (wr_str_to_i64(text, out))
        return true;
    static const wr_type whole = {.id = WR_T_DECIMAL, .precision = 19};
    wr_value v;
    if (wr_dec_from_text(text, &whole, true, arena, &v) != WR_DEC_OK || v.u.dec < INT64_MIN ||
        v.u.dec > INT64_MAX)
        return false;
    *out = (int64_t)v.u.dec;
    return true;
}

static bool put_whole(put *p, const wr_avro_node *node, const wr_json *j)
{
    int64_t v;
    if (!is_numeric(j) || !to_whole(j->text, p->arena, &v) ||
        (node->kind == WR_AVRO_INT && v != (int32_t)v))
        return fail(p, node, j);
    wr__avro_put_long(p->out, v);
    return true;
}

static bool put_real(put *p, const wr_avro_node *node, const wr_json *j)
{
    double v;
    if (!is_numeric(j) || !wr__text_to_double(j->text, &v))
        return fail(p, node, j);
    float f = (float)v;
    if (node->kind == WR_AVRO_DOUBLE)
        wr_buf_put(p->out, &v, sizeof v);
    else if (isinf(f) && !isinf(v))
        return fail(p, node, j);
    else
        wr_buf_put(p->out, &f, sizeof f);
    return true;
}

static bool put_text(put *p, const wr_avro_node *node, const wr_json *j)
{
    wr_buf text = {0};
    if (j->kind == WR_JSON_STRING)
        wr_utf8_put_external(&text, j->text);
    else if (p->how == WR_AVRO_JSON_DEFAULTS || j->kind == WR_JSON_NULL || j->kind >= WR_JSON_ARRAY)
        return fail(p, node, j);
    else
        wr_buf_str(&text, j->kind == WR_JSON_NUMBER ? j->text : j->raw);
    wr__avro_put_long(p->out, (int64_t)text.len);
    wr_buf_str(p->out, wr_buf_view(&text));
    wr_buf_free(&text);
    return true;
}

static bool put_symbol(put *p, const wr_avro_node *node, const wr_json *j)
{
    for (uint32_t i = 0; j->kind == WR_JSON_STRING && i < node->n; i++)
        if (wr_str_eq(node->symbols[i], j->text)) {
            wr__avro_put_long(p->out, i);
            return true;
        }
    return fail(p, node, j);
}

/* The bytes that the JSON stands for: base64, or a character for each. */
static bool read_bytes(put *p, const wr_json *j, wr_buf *bytes)
{
    if (j->kind != WR_JSON_STRING)
        return false;
    if (p->how == WR_AVRO_JSON_VALUES)
        return wr_text_from_base64(bytes, j->text);
    const char *at = j->text.ptr, *end = at + j->text.len;
    while (at < end) {
        uint32_t c = wr_utf8_next(&at, end);
        if (c > 0xFF)
            return false;
        wr_buf_putc(bytes, (char)c);
    }
    return true;
}

/* A decimal as a number or a text. */
static bool read_decimal(put *p, const wr_avro_node *node, const wr_json *j, wr_buf *bytes)
{
    if (!is_numeric(j) || node->precision <= 0 || node->scale > node->precision ||
        node->precision > WR_DEC_PRECISION_MAX)
        return false;
    const wr_type *type = wr_type_decimal(p->arena, node->precision, node->scale);
    wr_value v;
    if (wr_dec_from_text(wr_str_trim(j->text), type, true, p->arena, &v) != WR_DEC_OK)
        return false;
    wr__unscaled_put(bytes, type, &v);
    if (node->kind == WR_AVRO_BYTES || bytes->len >= node->n)
        return true;
    wr_buf padded = {0};
    for (size_t i = bytes->len; i < node->n; i++)
        wr_buf_putc(&padded, bytes->ptr[0] & 0x80 ? (char)0xFF : 0);
    wr_buf_str(&padded, wr_buf_view(bytes));
    wr_buf_free(bytes);
    *bytes = padded;
    return true;
}

static bool put_bytes(put *p, const wr_avro_node *node, const wr_json *j)
{
    wr_buf bytes = {0};
    bool decimal = node->logical == WR_AVRO_DECIMAL && p->how == WR_AVRO_JSON_VALUES;
    bool ok = decimal ? read_decimal(p, node, j, &bytes) : read_bytes(p, j, &bytes);
    ok = ok && (node->kind == WR_AVRO_BYTES || bytes.len == node->n);
    if (ok) {
        if (node->kind == WR_AVRO_BYTES)
            wr__avro_put_long(p->out, (int64_t)bytes.len);
        wr_buf_str(p->out, wr_buf_view(&bytes));
    }
    wr_buf_free(&bytes);
    return ok || fail(p, node, j);
}

/* ---- containers ---- */

/* The member for a field: of its name, or of it in another case. */
static const wr_json *member(const put *p, const wr_json *object, const char *name)
{
    const wr_json *exact = wr_json_get(object, name);
    if (exact || p->how == WR_AVRO_JSON_DEFAULTS)
        return exact;
    for (uint32_t i = 0; i < object->n; i++)
        if (wr_str_ieq(object->keys[i], wr_str_c(name)))
            return &object->items[i];
    return NULL;
}

static const wr_json json_null = {.kind = WR_JSON_NULL};

/* Is each member of an object a field of the record? A misspelt one would be lost. */
static bool all_known(put *p, const wr_avro_node *node, const wr_json *j)
{
    for (uint32_t k = 0; k < j->n; k++) {
        bool known = false;
        for (uint32_t i = 0; i < node->n && !known; i++)
            known = wr_str_ieq(j->keys[k], wr_str_c(node->fields[i].name));
        if (known)
            continue;
        if (!p->fault)
            p->fault = wr_arena_printf(p->arena, "there is no field '" WR_STR_FMT "'",
                                       WR_STR_ARG(j->keys[k]));
        return false;
    }
    return true;
}

static bool put_record(put *p, const wr_avro_node *node, const wr_json *j)
{
    if (j->kind != WR_JSON_OBJECT)
        return fail(p, node, j);
    if (p->strict && p->how == WR_AVRO_JSON_VALUES && !all_known(p, node, j))
        return false;
    for (uint32_t i = 0; i < node->n; i++) {
        const wr_avro_field *f = &node->fields[i];
        const wr_json *given = member(p, j, f->name);
        wr_avro_json how = p->how;
        bool nullable = f->type->kind == WR_AVRO_UNION && f->type->null_branch >= 0;
        if (f->fallback && (!given || (given->kind == WR_JSON_NULL && !nullable))) {
            given = f->fallback;
            p->how = WR_AVRO_JSON_DEFAULTS;
        }
        bool first = !p->fault, ok = put_value(p, f->type, given ? given : &json_null);
        p->how = how;
        if (!ok && first)
            p->fault = wr_arena_printf(p->arena, "field '%s': %s", f->name, p->fault);
        if (!ok)
            return false;
    }
    return true;
}

static bool put_entry(put *p, const wr_avro_node *record, wr_str key, const wr_json *value)
{
    WR_ASSERT(record->is_map_entry && record->n == 2);
    wr_json text = {.kind = WR_JSON_STRING, .text = key};
    return put_value(p, record->fields[0].type, &text) &&
           put_value(p, record->fields[1].type, value);
}

static bool put_list(put *p, const wr_avro_node *node, const wr_json *j)
{
    bool entries = wr__avro_is_entries(node) && j->kind == WR_JSON_OBJECT;
    bool map = node->kind == WR_AVRO_MAP || entries;
    if (j->kind != (map ? WR_JSON_OBJECT : WR_JSON_ARRAY))
        return fail(p, node, j);
    if (j->n)
        wr__avro_put_long(p->out, j->n);
    for (uint32_t i = 0; i < j->n; i++) {
        if (entries) {
            if (!put_entry(p, node->elem, j->keys[i], &j->items[i]))
                return false;
            continue;
        }
        if (map) {
            wr__avro_put_long(p->out, j->keys[i].len);
            wr_buf_str(p->out, j->keys[i]);
        }
        if (!put_value(p, node->elem, &j->items[i]))
            return false;
    }
    wr_buf_putc(p->out, 0);
    return true;
}

/* ---- unions ---- */

/* Try branch @p i; what a failure has written is taken back. */
static bool try_branch(put *p, const wr_avro_node *node, uint32_t i, const wr_json *j)
{
    size_t start = p->out->len;
    const char *fault = p->fault;
    WR_ASSERT(i < node->n);
    wr__avro_put_long(p->out, i);
    if (put_value(p, node->branches[i], j))
        return true;
    p->out->len = start;
    p->fault = fault;
    return false;
}

/* {"INT": 4, "STRING": null}: the branch that is named and not null; -1: it is no such object. */
static int32_t named_branch(const wr_avro_node *node, const wr_json *j, const wr_json **inside)
{
    int32_t found = -1;
    if (j->kind != WR_JSON_OBJECT)
        return -1;
    for (uint32_t k = 0; k < j->n; k++) {
        if (j->items[k].kind == WR_JSON_NULL)
            continue;
        int32_t branch = -1;
        for (uint32_t i = 0; i < node->n && branch < 0; i++)
            if (wr_str_ieq(j->keys[k], wr_str_c(wr__avro_branch_name(node, i))))
                branch = (int32_t)i;
        if (branch < 0 || found >= 0)
            return -1;
        found = branch;
        *inside = &j->items[k];
    }
    return found;
}

static bool put_union(put *p, const wr_avro_node *node, const wr_json *j)
{
    if (j->kind == WR_JSON_NULL && node->null_branch >= 0) {
        wr__avro_put_long(p->out, node->null_branch);
        return true;
    }
    const wr_json *inside;
    int32_t named = p->how == WR_AVRO_JSON_VALUES && wr__avro_only_branch(node) < 0
                        ? named_branch(node, j, &inside)
                        : -1;
    if (named >= 0 && try_branch(p, node, (uint32_t)named, inside))
        return true;
    for (uint32_t i = 0; i < node->n; i++)
        if ((int32_t)i != node->null_branch && try_branch(p, node, i, j))
            return true;
    return fail(p, node, j);
}

static bool put_container(put *p, const wr_avro_node *node, const wr_json *j)
{
    switch (node->kind) {
    case WR_AVRO_RECORD:
        return put_record(p, node, j);
    case WR_AVRO_UNION:
        return put_union(p, node, j);
    default:
        return put_list(p, node, j);
    }
}

static bool put_value(put *p, const wr_avro_node *node, const wr_json *j)
{
    if (p->steps == 0)
        return fail(p, node, j);
    p->steps--;
    switch (node->kind) {
    case WR_AVRO_NULL:
        return j->kind == WR_JSON_NULL || fail(p, node, j);
    case WR_AVRO_BOOLEAN:
        if (j->kind != WR_JSON_TRUE && j->kind != WR_JSON_FALSE)
            return fail(p, node, j);
        wr_buf_putc(p->out, j->kind == WR_JSON_TRUE);
        return true;
    case WR_AVRO_INT:
    case WR_AVRO_LONG:
        return put_whole(p, node, j);
    case WR_AVRO_FLOAT:
    case WR_AVRO_DOUBLE:
        return put_real(p, node, j);
    case WR_AVRO_BYTES:
    case WR_AVRO_FIXED:
        return put_bytes(p, node, j);
    case WR_AVRO_STRING:
        return put_text(p, node, j);
    case WR_AVRO_ENUM:
        return put_symbol(p, node, j);
    default: {
        if (p->depth >= WR_AVRO_DEPTH_MAX) /* a record that is its own field's default, too */
            return fail(p, node, j);
        p->depth++;
        bool ok = put_container(p, node, j);
        p->depth--;
        return ok;
    }
    }
}

static bool put_json(const wr_avro_node *node, const wr_json *json, wr_avro_json how, bool strict,
                     wr_buf *out, wr_arena *arena, const char **fault)
{
    size_t start = out->len;
    put p = {.how = how, .strict = strict, .out = out, .arena = arena};
    p.steps = how == WR_AVRO_JSON_VALUES ? DOCUMENT_STEPS : DEFAULT_STEPS;
    bool ok = put_value(&p, node, json);
    if (!ok)
        out->len = start;
    *fault = p.fault;
    WR_ASSERT(p.depth == 0);
    WR_ASSERT(ok || p.fault);
    return ok;
}

bool wr__avro_put_default(const wr_avro_node *node, const wr_json *json, wr_buf *out,
                          wr_arena *arena)
{
    const char *fault;
    return put_json(node, json, WR_AVRO_JSON_DEFAULTS, false, out, arena, &fault);
}

weir_status wr__avro_from_json(const wr_format_options *options, const wr_json *json, wr_buf *out,
                               weir_error *err)
{
    WR_ASSERT(options->schema);
    const wr_avro_node *node;
    const char *fault;
    wr_buf body = {0};
    wr_arena *arena = wr_arena_new(0);
    weir_status st = wr__avro_schema_parse(options->schema, arena, &node, err);
    if (st == WEIR_OK &&
        !put_json(node, json, WR_AVRO_JSON_VALUES, options->strict, &body, arena, &fault))
        st = wr_error(err, WEIR_ERR_STATEMENT, "Avro schema %u: %s", options->schema->id, fault);
    if (st == WEIR_OK) {
        wr_str bytes = wr_buf_view(&body);
        wr_avro_reader r = {.p = body.ptr, .end = body.ptr + body.len};
        if (node->kind == WR_AVRO_BYTES && !wr__avro_text(&r, &bytes)) /* bare at the top (A01) */
            WR_UNREACHABLE();
        wr_schema_mark_write(out, options->schema->id);
        wr_buf_str(out, bytes);
    }
    wr_buf_free(&body);
    wr_arena_free(arena);
    return st;
}
