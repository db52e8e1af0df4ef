/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_sr_json.c - payloads of JSON_SR as JSON text and back, by the schema alone: for PRINT,
 * consume, produce and tests.
 *
 * Two things look different: an array of a map's entries in the payload is an object outside, and
 * properties that the payload lacks are there, as what a reader takes for them. On the way in,
 * names are found without regard to case.
 */
#include "formats/json_record.h"
#include "formats/json_sr.h"
#include "formats/record_schema.h"

#include "types/text.h"

#include <math.h>

static void print(const wr_jsr_node *node, const wr_json *j, wr_buf *out);

static const wr_jsr_node *node_named(const wr_jsr_node *node, wr_str name)
{
    for (uint32_t i = 0; i < node->n; i++)
        if (wr_str_eq(name, wr_str_c(node->fields[i].name)))
            return node->fields[i].type;
    return NULL;
}

static bool is_entry(const wr_json *j)
{
    return j->kind == WR_JSON_OBJECT && wr_json_get(j, "key");
}

/* Entries as members of an object; a key of any type is a name. */
static void print_entries(const wr_jsr_node *node, const wr_json *j, wr_buf *out)
{
    wr_buf_putc(out, '{');
    for (uint32_t i = 0; i < j->n; i++) {
        const wr_json *key = wr_json_get(&j->items[i], "key");
        const wr_json *value = wr_json_get(&j->items[i], "value");
        wr_buf_puts(out, i ? "," : "");
        wr_text_put_json_string(out, key->kind == WR_JSON_STRING ? key->text : key->raw);
        wr_buf_putc(out, ':');
        if (value)
            print(node->elem, value, out);
        else
            wr_buf_puts(out, "null");
    }
    wr_buf_putc(out, '}');
}

static bool all_entries(const wr_json *j)
{
    bool all = j->kind == WR_JSON_ARRAY;
    for (uint32_t i = 0; all && i < j->n; i++)
        all = is_entry(&j->items[i]);
    return all;
}

/* Properties of the schema that the object does not have: what a reader takes for them. */
static void print_missing(const wr_jsr_node *node, const wr_json *j, wr_buf *out)
{
    bool any = j->n > 0;
    for (uint32_t i = 0; i < node->n; i++) {
        if (wr_json_get(j, node->fields[i].name))
            continue;
        wr_buf_puts(out, any ? "," : "");
        any = true;
        wr_text_put_json_string(out, wr_str_c(node->fields[i].name));
        wr_buf_putc(out, ':');
        if (node->fields[i].type->fallback)
            wr_json_print(out, node->fields[i].type->fallback);
        else
            wr_buf_puts(out, "null");
    }
}

static void print_members(const wr_jsr_node *node, const wr_json *j, wr_buf *out)
{
    bool object = j->kind == WR_JSON_OBJECT;
    wr_buf_putc(out, object ? '{' : '[');
    for (uint32_t i = 0; i < j->n; i++) {
        wr_buf_puts(out, i ? "," : "");
        const wr_jsr_node *inner = node->elem;
        if (object) {
            wr_text_put_json_string(out, j->keys[i]);
            wr_buf_putc(out, ':');
            inner = node->kind == WR_JSR_MAP ? node->elem : node_named(node, j->keys[i]);
        }
        if (inner)
            print(inner, &j->items[i], out);
        else
            wr_json_print(out, &j->items[i]);
    }
    if (node->kind == WR_JSR_STRUCT)
        print_missing(node, j, out);
    wr_buf_putc(out, object ? '}' : ']');
}

/* The value as it was written, by the node where that changes anything. */
static void print(const wr_jsr_node *node, const wr_json *j, wr_buf *out)
{
    if (node->kind == WR_JSR_MAP && node->entries && all_entries(j))
        print_entries(node, j, out);
    else if ((j->kind == WR_JSON_OBJECT &&
              (node->kind == WR_JSR_STRUCT || node->kind == WR_JSR_MAP)) ||
             (j->kind == WR_JSON_ARRAY && node->kind == WR_JSR_ARRAY))
        print_members(node, j, out);
    else
        wr_json_print(out, j);
}

static weir_status parse_schema(const wr_format_options *options, const wr_registry_schema *schema,
                                wr_arena *scratch, const wr_jsr_node **out, weir_error *err)
{
    *out = wr__schema_parsed(options, schema);
    if (*out)
        return WEIR_OK;
    WR_TRY(wr__jsr_schema_parse(schema, wr__schema_arena(options, scratch), out, err));
    wr__schema_keep(options, schema, *out);
    return WEIR_OK;
}

weir_status wr__jsr_to_json(const wr_format_options *options, wr_str schema_header, wr_str payload,
                            wr_buf *out, weir_error *err)
{
    wr_schema_mark mark;
    wr_str body;
    const char *fault;
    const wr_registry_schema *schema;
    const wr_jsr_node *top;
    wr_json *j;
    weir_error own;
    err = err ? err : &own;
    if (!options->registry)
        return wr_error(err, WEIR_ERR_CONFIG, "The JSON_SR format needs a schema registry");
    if (!wr__record_mark(schema_header, payload, &mark, &body, &fault))
        return wr_error(err, WEIR_ERR_RECORD, "%s", fault);
    WR_TRY(wr__record_schema(options->registry, &mark, schema_header.ptr != NULL, &schema, err));
    if (schema->kind != WR_SCHEMA_JSON)
        return wr_error(err, WEIR_ERR_RECORD, "Schema %u is no JSON schema", schema->id);
    wr_arena *arena = wr_arena_new(0);
    weir_status st = parse_schema(options, schema, arena, &top, err);
    if (st == WEIR_OK)
        st = wr__json_parse_record(body, arena, &j, err);
    if (st == WEIR_OK)
        print(top, j, out);
    else
        err->code = st = WEIR_ERR_RECORD;
    wr_arena_free(arena);
    return st;
}

/* ---- from JSON ---- */

/* The member of exactly this name, else one that differs in case only. */
static const wr_json *member_of(const wr_json *j, const char *name)
{
    const wr_json *found = wr_json_get(j, name);
    for (uint32_t i = 0; !found && i < j->n; i++)
        if (wr_str_ieq(j->keys[i], wr_str_c(name)))
            found = &j->items[i];
    return found;
}

static void put(const wr_jsr_node *node, const wr_json *j, wr_buf *out);

static void put_struct(const wr_jsr_node *node, const wr_json *j, wr_buf *out)
{
    wr_buf_putc(out, '{');
    bool any = false;
    for (uint32_t i = 0; i < node->n; i++) {
        const wr_jsr_node *type = node->fields[i].type;
        const wr_json *member = member_of(j, node->fields[i].name);
        if (!member && !type->fallback && !type->optional)
            continue; /* left out, as null would not be read */
        wr_buf_puts(out, any ? "," : "");
        any = true;
        wr_text_put_json_string(out, wr_str_c(node->fields[i].name));
        wr_buf_putc(out, ':');
        if (member)
            put(type, member, out);
        else if (type->fallback)
            wr_json_print(out, type->fallback);
        else
            wr_buf_puts(out, "null");
    }
    wr_buf_putc(out, '}');
}

static bool is_whole(wr_str text)
{
    int64_t v;
    return wr_str_to_i64(text, &v) && text.ptr[0] != '+';
}

static void put_map(const wr_jsr_node *node, const wr_json *j, wr_buf *out)
{
    wr_buf_putc(out, node->entries ? '[' : '{');
    for (uint32_t i = 0; i < j->n; i++) {
        bool quoted = !node->entries || node->key->kind != WR_JSR_INT || !is_whole(j->keys[i]);
        wr_buf_puts(out, i ? "," : "");
        wr_buf_puts(out, node->entries ? "{\"key\":" : "");
        if (quoted)
            wr_text_put_json_string(out, j->keys[i]);
        else
            wr_buf_str(out, j->keys[i]);
        wr_buf_puts(out, node->entries ? ",\"value\":" : ":");
        put(node->elem, &j->items[i], out);
        wr_buf_puts(out, node->entries ? "}" : "");
    }
    wr_buf_putc(out, node->entries ? ']' : '}');
}

/* The branches as ksqlDB shows them, an object with one member that is not null, or a bare value.
 */
static void put_union(const wr_jsr_node *node, const wr_json *j, wr_buf *out)
{
    for (uint32_t i = 0; j->kind == WR_JSON_OBJECT && i < node->n; i++) {
        const wr_json *branch = member_of(j, node->fields[i].name);
        if (branch && branch->kind != WR_JSON_NULL) {
            put(node->fields[i].type, branch, out);
            return;
        }
    }
    wr_json_print(out, j);
}

static void put(const wr_jsr_node *node, const wr_json *j, wr_buf *out)
{
    if (node->kind == WR_JSR_UNION) {
        put_union(node, j, out);
    } else if (j->kind == WR_JSON_OBJECT && node->kind == WR_JSR_STRUCT) {
        put_struct(node, j, out);
    } else if (j->kind == WR_JSON_OBJECT && node->kind == WR_JSR_MAP) {
        put_map(node, j, out);
    } else if (j->kind == WR_JSON_ARRAY && node->kind == WR_JSR_ARRAY) {
        wr_buf_putc(out, '[');
        for (uint32_t i = 0; i < j->n; i++) {
            wr_buf_puts(out, i ? "," : "");
            put(node->elem, &j->items[i], out);
        }
        wr_buf_putc(out, ']');
    } else if (node->kind == WR_JSR_STRING && j->kind >= WR_JSON_FALSE &&
               j->kind < WR_JSON_STRING) {
        wr_text_put_json_string(out, j->raw); /* a text is what a reader takes (Q34) */
    } else {
        wr_json_print(out, j);
    }
}

/* ---- does a value fit? ---- */

static bool is_scalar_of(const wr_jsr_node *node, const wr_json *j)
{
    double real;
    switch (node->kind) {
    case WR_JSR_BOOLEAN:
        return j->kind == WR_JSON_TRUE || j->kind == WR_JSON_FALSE;
    case WR_JSR_INT:
    case WR_JSR_DATE:
    case WR_JSR_TIME:
    case WR_JSR_TIMESTAMP:
        return j->kind == WR_JSON_NUMBER && is_whole(j->text);
    case WR_JSR_FLOAT: /* NaN and the infinities are words */
        return j->kind == WR_JSON_NUMBER ||
               (j->kind == WR_JSON_STRING && wr__text_to_double(j->text, &real) && !isfinite(real));
    case WR_JSR_DECIMAL:
        return j->kind == WR_JSON_NUMBER || j->kind == WR_JSON_STRING;
    case WR_JSR_STRING:
    case WR_JSR_BYTES:
        return j->kind == WR_JSON_STRING;
    default:
        return true; /* a union's branch, or no type of Connect's */
    }
}

static bool fits(const wr_jsr_node *node, const wr_json *j, wr_buf *fault);

/* What does not fit is named by its path, from the inside out. */
static bool member_fits(const wr_jsr_node *node, wr_str name, const wr_json *j, wr_buf *fault)
{
    wr_buf inside = {0};
    bool ok = fits(node, j, &inside);
    if (!ok)
        wr_buf_printf(fault, "'" WR_STR_FMT "': %s", WR_STR_ARG(name), wr_buf_cstr(&inside));
    wr_buf_free(&inside);
    return ok;
}

static bool struct_fits(const wr_jsr_node *node, const wr_json *j, wr_buf *fault)
{
    for (uint32_t k = 0; k < j->n; k++) {
        const wr_jsr_node *type = NULL;
        for (uint32_t i = 0; i < node->n && !type; i++)
            if (wr_str_ieq(j->keys[k], wr_str_c(node->fields[i].name)))
                type = node->fields[i].type;
        if (!type) {
            wr_buf_printf(fault, "there is no property '" WR_STR_FMT "'", WR_STR_ARG(j->keys[k]));
            return false;
        }
        if (!member_fits(type, j->keys[k], &j->items[k], fault))
            return false;
    }
    return true;
}

/* Types alone, as when records are read: nobody validates for Connect either. */
static bool fits(const wr_jsr_node *node, const wr_json *j, wr_buf *fault)
{
    bool list = node->kind == WR_JSR_ARRAY, map = node->kind == WR_JSR_MAP;
    bool object = map || node->kind == WR_JSR_STRUCT;
    if (j->kind == WR_JSON_NULL && (node->optional || node->fallback))
        return true;
    bool right = list     ? j->kind == WR_JSON_ARRAY
                 : object ? j->kind == WR_JSON_OBJECT
                          : is_scalar_of(node, j);
    if (!right) {
        wr_buf_printf(fault, WR_STR_FMT " does not fit its type", (int)WR_MIN(j->raw.len, 60u),
                      j->raw.ptr);
        return false;
    }
    for (uint32_t i = 0; (list || map) && i < j->n; i++)
        if (!fits(node->elem, &j->items[i], fault))
            return false;
    return node->kind != WR_JSR_STRUCT || struct_fits(node, j, fault);
}

weir_status wr__jsr_from_json(const wr_format_options *options, const wr_json *json, wr_buf *out,
                              weir_error *err)
{
    const wr_jsr_node *top;
    wr_buf fault = {0};
    wr_arena *arena = wr_arena_new(0);
    weir_status st = wr__jsr_schema_parse(options->schema, arena, &top, err);
    if (st == WEIR_OK && options->strict && !fits(top, json, &fault))
        st = wr_error(err, WEIR_ERR_STATEMENT, "JSON schema %u: %s", options->schema->id,
                      wr_buf_cstr(&fault));
    wr_buf_free(&fault);
    if (st == WEIR_OK) {
        wr_schema_mark_write(out, options->schema->id);
        put(top, json, out);
    }
    wr_arena_free(arena);
    return st;
}
