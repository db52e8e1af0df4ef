/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records of tests: JSON on one side, a topic's bytes on the other. How the bytes are read is told
 * by the source that describes the topic; a topic that nothing describes holds JSON.
 *
 *   JSON       the JSON itself, whatever it is (tests are wrong on purpose, too)
 *   DELIMITED  the whole line as a string
 *   KAFKA      the bare value of the only column, by its SQL type; BYTES as text
 *   NONE       null
 *   others     an object with the fields of the schema, or the bare value (topic_schemas.c)
 *
 * Behind the key of a windowed source stand 8 bytes (the start of a time window) or 16 (end and
 * start of a session).
 */
#include "runtime/testing/testing_internal.h"
#include "types/text.h"

#include <math.h>

/* One side of a topic: its format, and the only column where there is just one. */
typedef struct side {
    const wr_source *source; /* NULL: nothing describes the topic */
    bool is_key;
    wr_format_id format;
    const wr_column *only;
    wr_window window; /* keys */
} side;

static side side_of(const wr_source *s, bool key)
{
    side out = {.source = s, .is_key = key, .format = WR_FORMAT_JSON};
    uint32_t n = 0;
    if (!s)
        return out;
    out.format = (key ? &s->key : &s->value)->format->id;
    for (uint32_t i = 0; i < s->schema->n; i++) {
        const wr_column *c = &s->schema->cols[i];
        if (c->role != (key ? WR_COL_KEY : WR_COL_VALUE))
            continue;
        out.only = c;
        n++;
    }
    if (n != 1)
        out.only = NULL;
    if (key)
        out.window = s->window;
    return out;
}

/* ---- JSON to bytes ---- */

static bool whole_number(const wr_json *j, int64_t min, int64_t max, int64_t *out)
{
    return (j->kind == WR_JSON_NUMBER || j->kind == WR_JSON_STRING) &&
           wr_str_to_i64(j->text, out) && *out >= min && *out <= max;
}

static bool real_number(const wr_json *j, double *out)
{
    if (j->kind == WR_JSON_STRING && wr_str_eq_c(j->text, "NaN"))
        *out = (double)NAN;
    else if (j->kind == WR_JSON_STRING && wr_str_eq_c(j->text, "Infinity"))
        *out = (double)INFINITY;
    else if (j->kind == WR_JSON_STRING && wr_str_eq_c(j->text, "-Infinity"))
        *out = -(double)INFINITY;
    else
        return (j->kind == WR_JSON_NUMBER || j->kind == WR_JSON_STRING) &&
               wr_text_to_double(j->text, out);
    return true;
}

/* A scalar as text: strings as they are, others as JSON prints them. */
static void put_scalar(wr_buf *b, const wr_json *j)
{
    if (j->kind == WR_JSON_STRING)
        wr_buf_str(b, j->text);
    else
        wr_json_print(b, j);
}

static weir_status put_kafka(const side *s, const wr_json *j, wr_buf *b, weir_error *err)
{
    int64_t n;
    double d;
    uint64_t bits;
    WR_ASSERT(s->format == WR_FORMAT_KAFKA);
    wr_tid type = s->only ? s->only->type->id : WR_T_STRING;
    switch (type) {
    case WR_T_INTEGER:
        if (!whole_number(j, INT32_MIN, INT32_MAX, &n))
            break;
        wr_buf_be32(b, (uint32_t)(int32_t)n);
        return WEIR_OK;
    case WR_T_BIGINT:
        if (!whole_number(j, INT64_MIN, INT64_MAX, &n))
            break;
        wr_buf_be64(b, (uint64_t)n);
        return WEIR_OK;
    case WR_T_DOUBLE:
        if (!real_number(j, &d))
            break;
        memcpy(&bits, &d, sizeof bits);
        wr_buf_be64(b, bits);
        return WEIR_OK;
    default:
        put_scalar(b, j);
        return WEIR_OK;
    }
    wr_buf text = {0};
    wr_json_print(&text, j);
    wr_error(err, WEIR_ERR_RECORD, "%s is no value of type %s", wr_buf_cstr(&text),
             type == WR_T_INTEGER  ? "INTEGER"
             : type == WR_T_BIGINT ? "BIGINT"
                                   : "DOUBLE");
    wr_buf_free(&text);
    return WEIR_ERR_RECORD;
}

static weir_status put_side(const wr__world *w, const side *s, const wr_json *j, wr_arena *a,
                            wr_str *out, weir_error *err)
{
    *out = (wr_str){NULL, 0};
    if (!j || j->kind == WR_JSON_NULL || s->format == WR_FORMAT_NONE)
        return WEIR_OK;
    wr_buf b = {0};
    weir_status st = WEIR_OK;
    switch (s->format) {
    case WR_FORMAT_JSON:
        wr_json_print(&b, j);
        break;
    case WR_FORMAT_DELIMITED:
        put_scalar(&b, j);
        break;
    case WR_FORMAT_KAFKA:
        st = put_kafka(s, j, &b, err);
        break;
    default:
        st = wr__schema_from_json(w, s->source, s->is_key, j, &b, err);
        break;
    }
    if (st == WEIR_OK)
        *out = (wr_str){wr_arena_strndup(a, b.ptr ? b.ptr : "", b.len), (uint32_t)b.len};
    wr_buf_free(&b);
    return st;
}

static weir_status append_window(const side *s, const wr_json *window, wr_arena *a, wr_str *key,
                                 weir_error *err)
{
    int64_t start, end;
    WR_ASSERT(key->ptr); /* a NULL key has no window */
    const wr_json *first = wr_json_get(window, "start"), *last = wr_json_get(window, "end");
    if (!first || !last || !whole_number(first, INT64_MIN, INT64_MAX, &start) ||
        !whole_number(last, INT64_MIN, INT64_MAX, &end))
        return wr_error(err, WEIR_ERR_RECORD, "A window has a \"start\" and an \"end\"");
    const wr_json *type = wr_json_get(window, "type");
    bool session = s->window.kind == WR_WINDOW_NONE ? type && wr_str_eq_c(type->text, "session")
                                                    : s->window.kind == WR_WINDOW_SESSION;
    wr_buf b = {0};
    wr_buf_str(&b, *key);
    if (session)
        wr_buf_be64(&b, (uint64_t)end);
    wr_buf_be64(&b, (uint64_t)start);
    *key = wr_arena_str(a, wr_buf_view(&b));
    wr_buf_free(&b);
    return WEIR_OK;
}

static weir_status read_headers(const wr_json *j, wr_arena *a, const wr_headers **out,
                                weir_error *err)
{
    wr_headers *all = WR_NEW(a, wr_headers);
    wr_header *h = WR_NEW_N(a, wr_header, j->n);
    for (uint32_t i = 0; i < j->n; i++) {
        const wr_json *item = &j->items[i];
        const wr_json *key = item->kind == WR_JSON_OBJECT ? wr_json_get(item, "KEY") : NULL;
        const wr_json *value = key ? wr_json_get(item, "VALUE") : NULL;
        if (!key || key->kind != WR_JSON_STRING)
            return wr_error(err, WEIR_ERR_RECORD, "A header is {\"KEY\": ..., \"VALUE\": ...}");
        h[i].key = key->text;
        if (!value || value->kind == WR_JSON_NULL)
            continue;
        wr_buf bytes = {0};
        bool good = value->kind == WR_JSON_STRING && wr_text_from_base64(&bytes, value->text);
        h[i].value = (wr_str){wr_arena_strndup(a, bytes.ptr ? bytes.ptr : "", bytes.len),
                              (uint32_t)bytes.len};
        wr_buf_free(&bytes);
        if (!good)
            return wr_error(err, WEIR_ERR_RECORD, "The value of a header is Base64 or null");
    }
    *all = (wr_headers){j->n, h};
    *out = all;
    return WEIR_OK;
}

weir_status wr__record_from_json(const wr__world *w, const wr_json *j, wr_arena *a,
                                 const char **topic, wr_record *out, weir_error *err)
{
    const wr_json *name = j->kind == WR_JSON_OBJECT ? wr_json_get(j, "topic") : NULL;
    if (!name || name->kind != WR_JSON_STRING || !name->text.len)
        return wr_error(err, WEIR_ERR_RECORD, "A record is an object with a \"topic\"");
    *topic = wr_arena_strndup(a, name->text.ptr, name->text.len);
    *out = (wr_record){0};
    const wr_json *time = wr_json_get(j, "timestamp"), *window = wr_json_get(j, "window");
    const wr_json *headers = wr_json_get(j, "headers");
    if (time && time->kind != WR_JSON_NULL &&
        !whole_number(time, INT64_MIN, INT64_MAX, &out->timestamp))
        return wr_error(err, WEIR_ERR_RECORD, "Topic %s: a timestamp is a number of milliseconds",
                        *topic);
    side key = side_of(wr__world_describes(w, *topic), true);
    side value = side_of(wr__world_describes(w, *topic), false);
    weir_status st = put_side(w, &key, wr_json_get(j, "key"), a, &out->key, err);
    if (st == WEIR_OK && window && window->kind == WR_JSON_OBJECT && out->key.ptr)
        st = append_window(&key, window, a, &out->key, err);
    if (st == WEIR_OK)
        st = put_side(w, &value, wr_json_get(j, "value"), a, &out->value, err);
    if (st == WEIR_OK && headers && headers->kind == WR_JSON_ARRAY)
        st = read_headers(headers, a, &out->headers, err);
    if (st != WEIR_OK)
        wr_error_prefix(err, "Topic %s: ", *topic);
    return st;
}

/* ---- bytes to JSON ---- */

/* What is JSON as it is; anything else as a string, so that the result stays readable. */
static void print_json(wr_str bytes, wr_buf *out)
{
    wr_arena *a = wr_arena_new(0);
    wr_json *j;
    if (wr_json_parse(bytes, false, a, &j, NULL) == WEIR_OK)
        wr_buf_str(out, bytes);
    else
        wr_text_put_json_string(out, bytes);
    wr_arena_free(a);
}

static void print_kafka(const side *s, wr_str bytes, wr_buf *out)
{
    WR_ASSERT(bytes.ptr && s->format == WR_FORMAT_KAFKA);
    wr_tid type = s->only ? s->only->type->id : WR_T_NULL;
    wr_value v = {0};
    uint64_t bits;
    if (type == WR_T_NULL) {
        wr_buf_puts(out, "null");
    } else if (type == WR_T_INTEGER && bytes.len == 4) {
        wr_text_put_i64(out, (int32_t)wr_get_be32(bytes.ptr));
    } else if (type == WR_T_BIGINT && bytes.len == 8) {
        wr_text_put_i64(out, (int64_t)wr_get_be64(bytes.ptr));
    } else if (type == WR_T_DOUBLE && bytes.len == 8) {
        bits = wr_get_be64(bytes.ptr);
        memcpy(&v.u.f64, &bits, sizeof bits);
        if (isfinite(v.u.f64)) {
            wr_text_put_double(out, v.u.f64);
        } else {
            wr_buf_putc(out, '"');
            wr_text_put_double(out, v.u.f64);
            wr_buf_putc(out, '"');
        }
    } else {
        wr_text_put_json_string(out, bytes);
    }
}

static void print_side(const wr__world *w, const side *s, const wr_headers *headers, wr_str bytes,
                       wr_buf *out)
{
    if (!bytes.ptr || s->format == WR_FORMAT_NONE)
        wr_buf_puts(out, "null");
    else if (s->format == WR_FORMAT_JSON)
        print_json(bytes, out);
    else if (s->format == WR_FORMAT_KAFKA)
        print_kafka(s, bytes, out);
    else if (s->format == WR_FORMAT_DELIMITED ||
             !wr__schema_to_json(w, s->source, s->is_key, headers, bytes, out))
        wr_text_put_json_string(out, bytes);
}

static void print_window(const side *s, wr_str tail, wr_buf *out)
{
    int64_t start, end;
    bool session = s->window.kind == WR_WINDOW_SESSION;
    WR_ASSERT(s->window.kind != WR_WINDOW_NONE && tail.len == (session ? 16u : 8u));
    if (session) {
        end = (int64_t)wr_get_be64(tail.ptr);
        start = (int64_t)wr_get_be64(tail.ptr + 8);
    } else {
        start = (int64_t)wr_get_be64(tail.ptr);
        if (__builtin_add_overflow(start, s->window.size_ms, &end))
            end = INT64_MAX;
    }
    wr_buf_printf(out, ",\"window\":{\"start\":%lld,\"end\":%lld,\"type\":\"%s\"}",
                  (long long)start, (long long)end, session ? "session" : "time");
}

static void print_headers(const wr_headers *headers, wr_buf *out)
{
    if (!headers || !headers->n)
        return;
    wr_buf_puts(out, ",\"headers\":[");
    for (uint32_t i = 0; i < headers->n; i++) {
        wr_buf_puts(out, i ? ",{\"KEY\":" : "{\"KEY\":");
        wr_text_put_json_string(out, headers->h[i].key);
        wr_buf_puts(out, ",\"VALUE\":");
        if (headers->h[i].value.ptr) {
            wr_buf_putc(out, '"');
            wr_text_put_base64(out, headers->h[i].value);
            wr_buf_puts(out, "\"}");
        } else {
            wr_buf_puts(out, "null}");
        }
    }
    wr_buf_putc(out, ']');
}

void wr__record_to_json(const wr__world *w, const char *topic, const wr_record *r, wr_buf *out)
{
    side key = side_of(wr__world_describes(w, topic), true);
    side value = side_of(wr__world_describes(w, topic), false);
    uint32_t tail = key.window.kind == WR_WINDOW_NONE      ? 0
                    : key.window.kind == WR_WINDOW_SESSION ? 16
                                                           : 8;
    wr_str bytes = r->key;
    bool windowed = tail && bytes.ptr && bytes.len >= tail;
    if (windowed)
        bytes.len -= tail;
    WR_ASSERT(!windowed || bytes.len + tail == r->key.len);
    wr_buf_puts(out, "{\"topic\":");
    wr_text_put_json_string(out, wr_str_c(topic));
    wr_buf_puts(out, ",\"key\":");
    print_side(w, &key, r->headers, bytes, out);
    wr_buf_puts(out, ",\"value\":");
    print_side(w, &value, r->headers, r->value, out);
    wr_buf_printf(out, ",\"timestamp\":%lld", (long long)r->timestamp);
    if (windowed)
        print_window(&key, (wr_str){bytes.ptr + bytes.len, tail}, out);
    print_headers(r->headers, out);
    wr_buf_putc(out, '}');
}
