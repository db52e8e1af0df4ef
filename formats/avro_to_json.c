/* SPDX-License-Identifier: Apache-2.0 */
/*
 * avro_to_json.c - a payload as JSON by its writer's schema alone, for PRINT, consume and tests.
 *
 * Nothing is brought to columns: dates and times are the numbers that they are, decimals all their
 * digits, bytes base64. A union of null and one other is the value; of several, an object with a
 * member for each branch, as ksqlDB's STRUCT, of which one is not null.
 */
#include "formats/avro.h"
#include "formats/unscaled.h"
#include "formats/record_schema.h"

#include "types/text.h"

#include <math.h>

static bool print(wr_avro_reader *r, const wr_avro_node *node, wr_buf *out);

static void print_text(wr_avro_reader *r, wr_str s, wr_buf *out)
{
    wr_text_put_json_string(out, wr__text_repair_utf8(s, r->arena));
}

static void print_base64(wr_str bytes, wr_buf *out)
{
    wr_buf_putc(out, '"');
    wr_text_put_base64(out, bytes);
    wr_buf_putc(out, '"');
}

static bool print_bytes(wr_avro_reader *r, const wr_avro_node *node, wr_str bytes, wr_buf *out)
{
    if (node->logical != WR_AVRO_DECIMAL || node->scale > WR_DEC_PRECISION_MAX ||
        bytes.len > WR_DEC_PRECISION_MAX / 3) {
        print_base64(bytes, out);
        return true;
    }
    if (!bytes.len)
        return wr__avro_fail(r, "a decimal has no bytes");
    const wr_type type = {
        .id = WR_T_DECIMAL, .precision = WR_DEC_PRECISION_MAX, .scale = node->scale};
    wr_value v = wr__unscaled_read(bytes, &type, r->arena);
    wr_dec_print(out, &type, &v);
    return true;
}

static void print_double(double v, wr_buf *out)
{
    if (isfinite(v))
        wr_text_put_double(out, v);
    else
        wr_buf_puts(out, isnan(v) ? "\"NaN\"" : v > 0 ? "\"Infinity\"" : "\"-Infinity\"");
}

static bool print_scalar(wr_avro_reader *r, const wr_avro_node *node, wr_buf *out)
{
    wr_avro_token t;
    if (!wr__avro_token(r, node, &t))
        return false;
    switch (node->kind) {
    case WR_AVRO_NULL:
        wr_buf_puts(out, "null");
        return true;
    case WR_AVRO_BOOLEAN:
        wr_buf_puts(out, t.u.i64 ? "true" : "false");
        return (t.u.i64 & ~1) == 0 || wr__avro_fail(r, "a boolean is neither 0 nor 1");
    case WR_AVRO_INT:
        if (t.u.i64 != (int32_t)t.u.i64)
            return wr__avro_fail(r, "an int is out of range");
        wr_text_put_i64(out, t.u.i64);
        return true;
    case WR_AVRO_LONG:
        wr_text_put_i64(out, t.u.i64);
        return true;
    case WR_AVRO_FLOAT:
    case WR_AVRO_DOUBLE:
        print_double(t.u.f64, out);
        return true;
    case WR_AVRO_STRING:
        print_text(r, wr_str_make(t.u.ptr, t.len), out);
        return true;
    case WR_AVRO_ENUM:
        if (t.u.i64 < 0 || t.u.i64 >= (int64_t)node->n)
            return wr__avro_fail(r, "an enum has no such symbol");
        print_text(r, node->symbols[t.u.i64], out);
        return true;
    default:
        return print_bytes(r, node, wr_str_make(t.u.ptr, t.len), out);
    }
}

static void print_name(const char *name, wr_buf *out)
{
    wr_text_put_json_string(out, wr_str_c(name));
    wr_buf_putc(out, ':');
}

static bool print_record(wr_avro_reader *r, const wr_avro_node *node, wr_buf *out)
{
    wr_buf_putc(out, '{');
    for (uint32_t i = 0; i < node->n; i++) {
        wr_buf_puts(out, i ? "," : "");
        print_name(node->fields[i].name, out);
        if (!print(r, node->fields[i].type, out))
            return false;
    }
    wr_buf_putc(out, '}');
    return true;
}

/* A key of Connect's entries is a member's name, whatever its type. */
static bool print_key(wr_avro_reader *r, const wr_avro_node *node, wr_buf *out)
{
    wr_buf text = {0};
    bool ok = print(r, node, &text);
    if (ok && text.ptr[0] == '"')
        wr_buf_str(out, wr_buf_view(&text));
    else if (ok)
        wr_text_put_json_string(out, wr_buf_view(&text));
    wr_buf_free(&text);
    return ok;
}

static bool print_element(wr_avro_reader *r, const wr_avro_node *node, wr_buf *out)
{
    if (wr__avro_is_entries(node)) {
        if (!print_key(r, node->elem->fields[0].type, out))
            return false;
        wr_buf_putc(out, ':');
        return print(r, node->elem->fields[1].type, out);
    }
    if (node->kind == WR_AVRO_MAP) {
        wr_str key;
        if (!wr__avro_text(r, &key))
            return false;
        print_text(r, key, out);
        wr_buf_putc(out, ':');
    }
    return print(r, node->elem, out);
}

static bool print_list(wr_avro_reader *r, const wr_avro_node *node, wr_buf *out)
{
    bool map = node->kind == WR_AVRO_MAP || wr__avro_is_entries(node), first = true;
    wr_buf_putc(out, map ? '{' : '[');
    for (;;) {
        uint64_t count;
        int64_t size;
        if (!wr__avro_block(r, node, &count, &size))
            return false;
        if (!count)
            break;
        if (node->kind == WR_AVRO_ARRAY && node->elem->is_empty) {
            if (count > WR_AVRO_EMPTIES_MAX - r->empties)
                return wr__avro_fail(r, "an array has too many empty elements");
            r->empties += count;
        }
        for (; count; count--) {
            wr_buf_puts(out, first ? "" : ",");
            first = false;
            if (!print_element(r, node, out))
                return false;
        }
    }
    wr_buf_putc(out, map ? '}' : ']');
    return true;
}

static void print_upper(const char *name, wr_buf *out)
{
    wr_buf upper = {0};
    for (; *name; name++)
        wr_buf_putc(&upper, wr_upper(*name));
    print_name(wr_buf_cstr(&upper), out);
    wr_buf_free(&upper);
}

static bool print_union(wr_avro_reader *r, const wr_avro_node *node, wr_buf *out)
{
    uint32_t branch;
    if (!wr__avro_branch(r, node->n, &branch))
        return false;
    if ((int32_t)branch == node->null_branch || wr__avro_only_branch(node) >= 0)
        return print(r, node->branches[branch], out);
    WR_ASSERT(node->n > 1);
    bool first = true;
    wr_buf_putc(out, '{');
    for (uint32_t i = 0; i < node->n; i++) {
        if ((int32_t)i == node->null_branch)
            continue;
        wr_buf_puts(out, first ? "" : ",");
        first = false;
        print_upper(wr__avro_branch_name(node, i), out);
        if (i != branch)
            wr_buf_puts(out, "null");
        else if (!print(r, node->branches[i], out))
            return false;
    }
    wr_buf_putc(out, '}');
    return true;
}

static bool print(wr_avro_reader *r, const wr_avro_node *node, wr_buf *out)
{
    if (!wr__avro_is_container(node))
        return print_scalar(r, node, out);
    if (r->depth >= WR_AVRO_DEPTH_MAX)
        return wr__avro_fail(r, "the record is nested too deeply");
    r->depth++;
    bool ok = node->kind == WR_AVRO_RECORD  ? print_record(r, node, out)
              : node->kind == WR_AVRO_UNION ? print_union(r, node, out)
                                            : print_list(r, node, out);
    r->depth--;
    return ok;
}

/* The whole; `bytes` at the top stand bare (A01). */
static bool print_payload(wr_avro_reader *r, const wr_avro_node *node, wr_buf *out)
{
    if (node->kind == WR_AVRO_BYTES)
        return print_bytes(r, node, wr_str_make(r->p, (size_t)(r->end - r->p)), out);
    return print(r, node, out);
}

static weir_status parse_schema(const wr_format_options *options, const wr_registry_schema *schema,
                                wr_arena *scratch, const wr_avro_node **out, weir_error *err)
{
    *out = wr__schema_parsed(options, schema);
    if (*out)
        return WEIR_OK;
    WR_TRY(wr__avro_schema_parse(schema, wr__schema_arena(options, scratch), out, err));
    wr__schema_keep(options, schema, *out);
    return WEIR_OK;
}

weir_status wr__avro_to_json(const wr_format_options *options, wr_str schema_header, wr_str payload,
                             wr_buf *out, weir_error *err)
{
    wr_schema_mark mark;
    wr_str body;
    const char *fault;
    const wr_registry_schema *schema;
    const wr_avro_node *node;
    weir_error own;
    err = err ? err : &own;
    if (!options->registry)
        return wr_error(err, WEIR_ERR_CONFIG, "The AVRO format needs a schema registry");
    if (!payload.ptr) { /* a NULL key or value */
        wr_buf_puts(out, "null");
        return WEIR_OK;
    }
    if (!wr__record_mark(schema_header, payload, &mark, &body, &fault))
        return wr_error(err, WEIR_ERR_RECORD, "%s", fault);
    WR_TRY(wr__record_schema(options->registry, &mark, schema_header.ptr != NULL, &schema, err));
    WR_ASSERT(schema && body.ptr);
    wr_arena *arena = wr_arena_new(0);
    size_t start = out->len;
    weir_status st = parse_schema(options, schema, arena, &node, err);
    if (st != WEIR_OK) {
        err->code = st = WEIR_ERR_RECORD;
    } else {
        wr_avro_reader r = {.p = body.ptr, .end = body.ptr + body.len, .arena = arena};
        if (!print_payload(&r, node, out))
            st = wr_error(err, WEIR_ERR_RECORD, "Invalid Avro at byte %lld: %s",
                          (long long)(r.p - payload.ptr), r.fault);
    }
    if (st != WEIR_OK)
        out->len = start;
    wr_arena_free(arena);
    return st;
}
