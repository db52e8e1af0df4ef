/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_document.c - wr_json: a JSON document as a tree in an arena, numbers kept as written.
 *
 * For test files, the JSON functions and PRINT; records do not come through here. Built by
 * recursion over the scanner (the depth limit bounds it).
 */
#include "formats/format.h"

#include "common/utf8.h"
#include "formats/json_record.h"
#include "types/text.h"

typedef struct builder {
    wr_jscan scan;
    wr_arena *arena;
} builder;

static bool build(builder *b, wr_json *out);

static bool build_key(builder *b, wr_str *key)
{
    wr_jtoken t;
    if (!wr__json_string(&b->scan, &t) || !wr__json_colon(&b->scan))
        return false;
    *key = wr__json_text(&t, b->arena);
    return true;
}

static bool build_container(builder *b, wr_json *out)
{
    wr_arr(wr_json) items = {0};
    wr_arr(wr_str) keys = {0};
    const char *start = b->scan.p;
    bool object = *start == '{';
    if (!wr__json_enter(&b->scan))
        return false;
    for (bool first = true; wr__json_next(&b->scan, object ? '}' : ']', first); first = false) {
        if (object) {
            wr_str key;
            if (!build_key(b, &key))
                return false;
            wr_arr_push(b->arena, &keys, key);
        }
        wr_json item;
        if (!build(b, &item))
            return false;
        wr_arr_push(b->arena, &items, item);
    }
    WR_ASSERT(!object || keys.n == items.n);
    *out = (wr_json){
        .kind = object ? WR_JSON_OBJECT : WR_JSON_ARRAY,
        .n = (uint32_t)items.n,
        .items = items.v,
        .keys = keys.v,
        .raw = wr_str_make(start, (size_t)(b->scan.p - start)),
    };
    return b->scan.fault == NULL;
}

/* The value at the cursor. */
static bool build(builder *b, wr_json *out)
{
    wr_jscan *s = &b->scan;
    if (s->p < s->end && (*s->p == '{' || *s->p == '['))
        return build_container(b, out);
    static const wr_json_kind kinds[] = {
        [WR_J_NULL] = WR_JSON_NULL,   [WR_J_FALSE] = WR_JSON_FALSE, [WR_J_TRUE] = WR_JSON_TRUE,
        [WR_J_INT] = WR_JSON_NUMBER,  [WR_J_REAL] = WR_JSON_NUMBER, [WR_J_STRING] = WR_JSON_STRING,
        [WR_J_WORD] = WR_JSON_STRING, /* as Weir itself writes it */
    };
    const char *start = s->p;
    wr_jtoken t;
    if (!wr__json_token(s, &t))
        return false;
    *out = (wr_json){
        .kind = kinds[t.kind],
        .text = wr_str_make(t.ptr, t.len),
        .raw = wr_str_make(start, (size_t)(s->p - start)),
    };
    if (t.kind == WR_J_STRING)
        out->text = wr__json_text(&t, b->arena);
    else if (t.kind == WR_J_WORD)
        out->text = *t.ptr == 'N'   ? WR_STR("NaN")
                    : *t.ptr == '-' ? WR_STR("-Infinity")
                                    : WR_STR("Infinity");
    return true;
}

/* The scanner's kind of a root, as far as the text after it asks for it. */
static wr_jkind root_kind(const wr_json *root)
{
    static const wr_jkind kinds[] = {
        [WR_JSON_NULL] = WR_J_NULL,     [WR_JSON_FALSE] = WR_J_FALSE,
        [WR_JSON_TRUE] = WR_J_TRUE,     [WR_JSON_NUMBER] = WR_J_INT,
        [WR_JSON_STRING] = WR_J_STRING, [WR_JSON_ARRAY] = WR_J_ARRAY,
        [WR_JSON_OBJECT] = WR_J_OBJECT,
    };
    WR_ASSERT((size_t)root->kind < WR_ARRAY_LEN(kinds));
    return kinds[root->kind];
}

typedef struct dialect {
    bool comments, words; /* as in wr_jscan */
    bool first;           /* what follows the first value is not looked at */
} dialect;

/* Where only the first value counts, only its bytes must be UTF-8: as wr__json_end_record has it.
 */
static weir_status parse(wr_str text, dialect how, wr_arena *a, wr_json **out, weir_error *err)
{
    builder b = {.arena = a};
    wr_json root;
    *out = NULL;
    wr__json_scan_init(&b.scan, text, how.comments);
    b.scan.words = how.words;
    wr__json_blanks(&b.scan);
    bool valid = wr_utf8_valid(text);
    bool built = (valid || how.first) && build(&b, &root);
    if (!valid && built)
        valid = wr_utf8_valid(wr_str_make(b.scan.begin, (size_t)(b.scan.p - b.scan.begin)));
    if (!valid)
        return wr_error(err, WEIR_ERR_RECORD, "Invalid JSON: the text is not UTF-8");
    if (!built ||
        !(how.first ? wr__json_end_first(&b.scan, root_kind(&root)) : wr__json_end(&b.scan))) {
        WR_ASSERT(b.scan.fault);
        int64_t offset = text.len ? b.scan.p - b.scan.begin : 0;
        return wr_error_at(err, WEIR_ERR_RECORD, offset, "Invalid JSON at byte %lld: %s",
                           (long long)offset, b.scan.fault);
    }
    WR_ASSERT(!b.scan.fault);
    *out = wr_arena_memdup(a, &root, sizeof root);
    return WEIR_OK;
}

weir_status wr_json_parse(wr_str text, bool comments, wr_arena *a, wr_json **out, weir_error *err)
{
    return parse(text, (dialect){.comments = comments}, a, out, err);
}

weir_status wr_json_parse_first(wr_str text, wr_arena *a, wr_json **out, weir_error *err)
{
    return parse(text, (dialect){.first = true}, a, out, err);
}

weir_status wr__json_parse_record(wr_str text, wr_arena *a, wr_json **out, weir_error *err)
{
    return parse(text, (dialect){.first = true, .words = true}, a, out, err);
}

const wr_json *wr_json_get(const wr_json *object, const char *name)
{
    if (!object || object->kind != WR_JSON_OBJECT)
        return NULL;
    for (uint32_t i = object->n; i-- > 0;)
        if (wr_str_eq_c(object->keys[i], name))
            return &object->items[i];
    return NULL;
}

void wr_json_print(wr_buf *out, const wr_json *j)
{
    switch (j->kind) {
    case WR_JSON_NULL:
    case WR_JSON_FALSE:
    case WR_JSON_TRUE:
    case WR_JSON_NUMBER:
        wr_buf_str(out, j->text);
        break;
    case WR_JSON_STRING:
        wr_text_put_json_string(out, j->text);
        break;
    case WR_JSON_ARRAY:
    case WR_JSON_OBJECT:
        wr_buf_putc(out, j->kind == WR_JSON_OBJECT ? '{' : '[');
        for (uint32_t i = 0; i < j->n; i++) {
            if (i)
                wr_buf_putc(out, ',');
            if (j->kind == WR_JSON_OBJECT) {
                wr_text_put_json_string(out, j->keys[i]);
                wr_buf_putc(out, ':');
            }
            wr_json_print(out, &j->items[i]);
        }
        wr_buf_putc(out, j->kind == WR_JSON_OBJECT ? '}' : ']');
        break;
    }
}
