/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions on texts that hold JSON; json_node.h has the documents, json_value.c the way from SQL
 * values to JSON. Text that is no JSON fails the row, but for IS_JSON_STRING and
 * JSON_ARRAY_CONTAINS, which are false then.
 *
 *     function               no JSON    empty text    another kind        NULL
 *     EXTRACTJSONFIELD       error      NULL, $: ''   NULL                NULL
 *     IS_JSON_STRING         false      false         true                false
 *     JSON_ARRAY_CONTAINS    false      false         false               error
 *     JSON_ARRAY_LENGTH      error      NULL          NULL                NULL
 *     JSON_CONCAT            error      NULL          an array of all     NULL   (one: as it is)
 *     JSON_ITEMS             error      error         error               NULL
 *     JSON_KEYS, _RECORDS    error      NULL          NULL                NULL
 *
 * "Another kind" is JSON that is no array where one is asked for, no object where one is.
 *
 *     EXTRACTJSONFIELD('{"a": [1, 2]}', '$.a[1]')     '2'
 *     JSON_KEYS('{"b": 1, "a": 2}')                   ['b', 'a']: the document's order
 *     JSON_CONCAT('[1]', '{"a": 2}')                  '[1,{"a":2}]'
 *     JSON_ITEMS('["x"]')                             ['"x"']
 */
#include "engine/functions/families.h"
#include "engine/functions/json_node.h"
#include "engine/functions/json_value.h"
#include "engine/functions/kernel.h"
#include "types/text.h"

#include <stdlib.h>

/**
 * The document of row @p i, NULL where the text is empty. False where the row has failed.
 *
 * The document lives in scratch: until the batch has passed.
 */
static bool read_row(wr_kctx *ctx, const wr_call *call, wr_str text, uint32_t i, wr_vec *out,
                     wr_json **doc)
{
    weir_error err = {0};
    if (wr__json_read(text, ctx->scratch, doc, &err) != WR__JSON_BAD)
        return true;
    wr__fail(ctx, out, i, "%s: %s", call->fn->name, err.message);
    return false;
}

/* ---- EXTRACTJSONFIELD ---- */

/**
 * The constant path of a call site; NULL where it is no path, then each row says so. In the plan's
 * arena, shared and read-only. A path that is constant and wrong is parsed again for each row,
 * which then fails: rare, and the message needs the text.
 */
static void *prepare_path(const wr_call *call, wr_arena *a)
{
    const wr_value *path = call->const_args[1];
    wr__json_path *parsed = WR_NEW(a, wr__json_path);
    if (!path || path->null || !wr__json_path_parse(path->u.str, a, parsed))
        return NULL;
    return parsed;
}

/* A path that leads nowhere gives NULL; JSON null at its end is the text "null", as in ksqlDB. */
WR__KERNEL(extract_json_field)
{
    wr_buf b = {0};
    WR_FOREACH_SEL (i, sel) {
        wr__json_path own;
        const wr__json_path *path = call->prepared;
        if (!path) {
            wr_str text = wr__str(args[1], i);
            if (!wr__json_path_parse(text, ctx->scratch, &own)) {
                wr__fail(ctx, out, i, "Invalid JSON path: '" WR_STR_FMT "'", WR_STR_ARG(text));
                continue;
            }
            path = &own;
        }
        wr_json *doc;
        if (!read_row(ctx, call, wr__str(args[0], i), i, out, &doc))
            continue;
        const wr_json *found = doc ? wr__json_path_find(doc, path) : NULL;
        if (!doc && path->n == 0) { /* Jackson's missing node, whose text is empty */
            out->u.str[i] = WR_STR("");
            continue;
        }
        if (!found) {
            wr__put_null(out, i);
            continue;
        }
        wr_buf_clear(&b);
        wr__json_write_bare(&b, found);
        wr__put_text(ctx, out, i, &b);
    }
    wr_buf_free(&b);
}

/* NULL and blank texts are no JSON, without an error. */
WR__KERNEL(is_json_string)
{
    WR_FOREACH_SEL (i, sel) {
        wr_json *doc;
        weir_error err;
        out->u.b[i] = !wr__null(args[0], i) &&
                      wr__json_read(wr__str(args[0], i), ctx->scratch, &doc, &err) == WR__JSON_OK;
    }
}

/* ---- arrays ---- */

/* As in json_node.c: the text decides. 1e2 is no integer to Jackson, although its value is one. */
static bool is_integer(wr_str number)
{
    for (uint32_t k = 0; k < number.len; k++)
        if (strchr(".eE", number.ptr[k]))
            return false;
    return true;
}

/**
 * Only tokens of the value's own kind can match: 1 is no DOUBLE, 1.0 no INTEGER. Types without a
 * token of their own (DATE, ARRAY ...) match nothing.
 */
static bool token_matches(const wr_json *j, const wr_type *t, const wr_value *v)
{
    if (v->null)
        return j->kind == WR_JSON_NULL;
    int64_t whole;
    double real;
    switch (t->id) {
    case WR_T_BOOLEAN:
        return j->kind == (v->u.b ? WR_JSON_TRUE : WR_JSON_FALSE);
    case WR_T_STRING:
        return j->kind == WR_JSON_STRING && wr_str_eq(j->text, v->u.str);
    case WR_T_INTEGER:
    case WR_T_BIGINT:
        return j->kind == WR_JSON_NUMBER && is_integer(j->text) && wr_str_to_i64(j->text, &whole) &&
               whole == (t->id == WR_T_INTEGER ? v->u.i32 : v->u.i64);
    case WR_T_DOUBLE:
        return j->kind == WR_JSON_NUMBER && !is_integer(j->text) &&
               wr_text_to_double(j->text, &real) && real == v->u.f64;
    default:
        return false;
    }
}

/* The text is read as a stream: what stands before the place where it is malformed counts, and what
 * comes after is never seen. */
WR__KERNEL(json_array_contains)
{
    WR_FOREACH_SEL (i, sel) {
        if (wr__null(args[0], i)) {
            wr__fail(ctx, out, i, "JSON_ARRAY_CONTAINS: the JSON text is NULL");
            continue;
        }
        wr_str text = wr__str(args[0], i);
        wr__json_elements elements = {.p = text.ptr, .end = text.ptr + text.len};
        wr_value wanted = wr_vec_get(args[1], i);
        wr_json *element;
        out->u.b[i] = 0;
        while (!out->u.b[i] && wr__json_elements_next(&elements, ctx->scratch, &element))
            out->u.b[i] = token_matches(element, args[1]->type, &wanted);
    }
}

/* Something else than an array has no length: NULL. */
WR__KERNEL(json_array_length)
{
    WR_FOREACH_SEL (i, sel) {
        wr_json *doc;
        if (!read_row(ctx, call, wr__str(args[0], i), i, out, &doc))
            continue;
        if (doc && doc->kind == WR_JSON_ARRAY)
            out->u.i32[i] = (int32_t)doc->n;
        else
            wr__put_null(out, i);
    }
}

/** A text in scratch. @p b is used again and again; the text is copied out of it. */
static wr_value text_of(wr_kctx *ctx, wr_buf *b, const wr_json *j, bool bare)
{
    wr_buf_clear(b);
    if (bare)
        wr__json_write_bare(b, j);
    else
        wr__json_write(b, j);
    return wr_value_str(wr_arena_str(ctx->scratch, wr_buf_view(b)));
}

/* Unlike its relatives it fails the row where the text is no array; its elements are JSON, so texts
 * keep their quotes, which those of JSON_RECORDS do not. Quirks kept. */
WR__KERNEL(json_items)
{
    wr_buf b = {0};
    WR_FOREACH_SEL (i, sel) {
        wr_json *doc;
        if (!read_row(ctx, call, wr__str(args[0], i), i, out, &doc))
            continue;
        if (!doc || doc->kind != WR_JSON_ARRAY) {
            wr__fail(ctx, out, i, "JSON_ITEMS: the text is not a JSON array");
            continue;
        }
        wr_nest *list = wr_nest_new(ctx->scratch, doc->n, false);
        for (uint32_t k = 0; k < doc->n; k++)
            list->items[k] = text_of(ctx, &b, &doc->items[k], false);
        out->u.nest[i] = list;
    }
    wr_buf_free(&b);
}

/* ---- objects ---- */

/* Names in the document's order. */
WR__KERNEL(json_keys)
{
    WR_FOREACH_SEL (i, sel) {
        wr_json *doc;
        if (!read_row(ctx, call, wr__str(args[0], i), i, out, &doc))
            continue;
        if (!doc || doc->kind != WR_JSON_OBJECT) {
            wr__put_null(out, i);
            continue;
        }
        wr_nest *list = wr_nest_new(ctx->scratch, doc->n, false);
        for (uint32_t k = 0; k < doc->n; k++)
            list->items[k] = wr_value_str(doc->keys[k]);
        out->u.nest[i] = list;
    }
}

/* Values as texts without their quotes, so '"x"' and 'x' look the same. */
WR__KERNEL(json_records)
{
    wr_buf b = {0};
    WR_FOREACH_SEL (i, sel) {
        wr_json *doc;
        if (!read_row(ctx, call, wr__str(args[0], i), i, out, &doc))
            continue;
        if (!doc || doc->kind != WR_JSON_OBJECT) {
            wr__put_null(out, i);
            continue;
        }
        wr_nest *map = wr_nest_new(ctx->scratch, doc->n, true);
        for (uint32_t k = 0; k < doc->n; k++) {
            map->keys[k] = wr_value_str(doc->keys[k]);
            map->items[k] = text_of(ctx, &b, &doc->items[k], true);
        }
        out->u.nest[i] = map;
    }
    wr_buf_free(&b);
}

/* ---- JSON_CONCAT ---- */

/**
 * The members of all @p docs, later ones winning; or their elements, what is no array as one.
 *
 * All objects: one object. Else one array, of the elements of arrays and of everything else as it
 * is.
 */
static wr_json concat(wr_json *const *docs, uint32_t n, wr_arena *a)
{
    bool objects = true;
    uint32_t room = 0;
    for (uint32_t k = 0; k < n; k++) {
        objects &= docs[k]->kind == WR_JSON_OBJECT;
        room += docs[k]->n + 1;
    }
    wr_json all = {.kind = objects ? WR_JSON_OBJECT : WR_JSON_ARRAY,
                   .items = WR_NEW_N(a, wr_json, room),
                   .keys = WR_NEW_N(a, wr_str, room)};
    for (uint32_t k = 0; k < n; k++) {
        if (docs[k]->kind != all.kind) {
            all.items[all.n++] = *docs[k];
            continue;
        }
        for (uint32_t m = 0; m < docs[k]->n; m++) {
            if (objects)
                all.keys[all.n] = docs[k]->keys[m];
            all.items[all.n++] = docs[k]->items[m];
        }
    }
    WR_ASSERT(all.n <= room);
    wr__json_merge_duplicates(&all, a);
    return all;
}

/* An argument that is an empty text makes the result NULL: Jackson has no node for it. All
 * arguments are read before the first is written: one bad text fails the row. */
WR__KERNEL(json_concat)
{
    wr_buf b = {0};
    wr_json **docs = WR_NEW_N(ctx->scratch, wr_json *, call->args_n + 1);
    WR_FOREACH_SEL (i, sel) {
        bool ok = true, null = call->args_n == 0;
        for (uint32_t k = 0; k < call->args_n && ok; k++) {
            ok = read_row(ctx, call, wr__str(args[k], i), i, out, &docs[k]);
            null |= ok && !docs[k];
        }
        if (!ok)
            continue;
        if (null) {
            wr__put_null(out, i);
            continue;
        }
        wr_json all = call->args_n == 1 ? *docs[0] : concat(docs, call->args_n, ctx->scratch);
        wr_buf_clear(&b);
        if (wr__json_write_as(&b, &all, true))
            wr__put_text(ctx, out, i, &b);
        else
            wr__fail(ctx, out, i, "JSON_CONCAT: a number has more than 9999 zeroes or decimals");
    }
    wr_buf_free(&b);
}

/* ---- TO_JSON_STRING ---- */

/* NULL is the text "null" here, not NULL: the function takes NULL as a value. */
WR__KERNEL(to_json_string)
{
    wr_buf b = {0};
    WR_FOREACH_SEL (i, sel) {
        wr_value v = wr_vec_get(args[0], i);
        wr_buf_clear(&b);
        wr__json_write_value(&b, args[0]->type, &v, ctx->scratch);
        wr__put_text(ctx, out, i, &b);
    }
    wr_buf_free(&b);
}

/* ---- tables ---- */

#define SIMPLE NULL, NULL, NULL
static const wr_signature extract_sigs[] = {
    {"STRING, STRING", "STRING", WR__NULL_IN, extract_json_field, NULL, prepare_path, NULL}};
static const wr_signature is_json_sigs[] = {{"STRING", "BOOLEAN", 0, is_json_string, SIMPLE}};
static const wr_signature contains_sigs[] = {
    {"STRING, T", "BOOLEAN", 0, json_array_contains, SIMPLE}};
static const wr_signature length_sigs[] = {
    {"STRING", "INTEGER", WR__NULL_IN, json_array_length, SIMPLE}};
static const wr_signature concat_sigs[] = {
    {"STRING...", "STRING", WR__NULL_IN, json_concat, SIMPLE}};
static const wr_signature items_sigs[] = {
    {"STRING", "ARRAY<STRING>", WR__NULL_IN, json_items, SIMPLE}};
static const wr_signature keys_sigs[] = {
    {"STRING", "ARRAY<STRING>", WR__NULL_IN, json_keys, SIMPLE}};
static const wr_signature records_sigs[] = {
    {"STRING", "MAP<STRING, STRING>", WR__NULL_IN, json_records, SIMPLE}};
static const wr_signature to_json_sigs[] = {{"T", "STRING", 0, to_json_string, SIMPLE}};

#define JSON "JSON"
static const wr_function functions[] = {
    WR__FN("EXTRACTJSONFIELD", JSON, extract_sigs,
           "EXTRACTJSONFIELD('{\"a\":[1,{\"b\":\"x\"}]}', "
           "'$.a[1].b')",
           "'x'", "The value at a path in a JSON text."),
    WR__FN("IS_JSON_STRING", JSON, is_json_sigs, "IS_JSON_STRING('[1, 2]')", "TRUE",
           "Whether a text is JSON."),
    WR__FN("JSON_ARRAY_CONTAINS", JSON, contains_sigs, "JSON_ARRAY_CONTAINS('[1, 2]', 2)", "TRUE",
           "Whether a value is an element of a JSON array."),
    WR__FN("JSON_ARRAY_LENGTH", JSON, length_sigs, "JSON_ARRAY_LENGTH('[1, 2]')", "2",
           "Number of elements of a JSON array."),
    WR__FN("JSON_CONCAT", JSON, concat_sigs, "JSON_CONCAT('{\"a\":1}', '{\"b\":2}')",
           "'{\"a\":1,\"b\":2}'", "Merges JSON objects, or joins JSON values to one array."),
    WR__FN("JSON_ITEMS", JSON, items_sigs, "JSON_ITEMS('[1, {\"a\": 2}]')",
           "ARRAY['1', '{\"a\":2}']", "The elements of a JSON array as texts."),
    WR__FN("JSON_KEYS", JSON, keys_sigs, "JSON_KEYS('{\"a\": 1, \"b\": 2}')", "ARRAY['a', 'b']",
           "The names of a JSON object's members."),
    WR__FN("JSON_RECORDS", JSON, records_sigs, "JSON_RECORDS('{\"a\": 1}')", "MAP('a' := '1')",
           "The members of a JSON object as a map of texts."),
    WR__FN("TO_JSON_STRING", JSON, to_json_sigs, "TO_JSON_STRING(ARRAY[1, 2])", "'[1,2]'",
           "Any value as JSON text."),
};
WR__FAMILY(json, functions);
