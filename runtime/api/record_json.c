/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes that are no UTF-8 are the rule here (numbers as keys, Avro), so all are base64: that one
 * form loses nothing, and nobody has to ask which form it is. Names of headers are texts in weir.h,
 * so they are texts here.
 *
 * What is written was checked by weir_produce, or is a record of a log; what is read may be
 * anything, and weir_produce checks it again.
 */
#include "runtime/api/record_json.h"
#include "types/text.h"

/* @p n SIZE_MAX: NULL, which header values may have. */
static void put_bytes(wr_buf *out, const void *p, size_t n)
{
    if (!p || n == SIZE_MAX) {
        wr_buf_puts(out, "null");
        return;
    }
    wr_buf_putc(out, '"');
    wr_text_put_base64(out, wr_str_make(p, n));
    wr_buf_putc(out, '"');
}

void wr__record_json_put(wr_buf *out, const weir_record *r)
{
    WR_ASSERT(r->partition >= -1 && (!r->key || r->key_len <= UINT32_MAX));
    WR_ASSERT(!r->value || r->value_len <= UINT32_MAX);
    wr_buf_printf(out, "[%d,%lld,%lld,", r->partition, (long long)r->offset,
                  (long long)r->timestamp);
    put_bytes(out, r->key, r->key_len);
    wr_buf_putc(out, ',');
    put_bytes(out, r->value, r->value_len);
    wr_buf_puts(out, ",[");
    for (size_t i = 0; i < r->headers_n; i++) {
        wr_buf_puts(out, i ? ",[" : "[");
        wr_text_put_json_string(out, wr_str_c(r->header_keys[i]));
        wr_buf_putc(out, ',');
        put_bytes(out, r->header_values[i], r->header_lens[i]);
        wr_buf_putc(out, ']');
    }
    wr_buf_puts(out, "]]");
}

bool wr__json_int(const wr_json *j, int64_t *out)
{
    return j && j->kind == WR_JSON_NUMBER && wr_str_to_i64(j->text, out);
}

/* *p NULL: null. An empty text has bytes of its own, none of them. */
static bool get_bytes(const wr_json *j, wr_arena *a, const void **p, size_t *n)
{
    *p = NULL;
    *n = SIZE_MAX;
    if (j->kind == WR_JSON_NULL)
        return true;
    /* A damaged text leaves nothing behind. */
    wr_buf bytes = {0};
    bool good = j->kind == WR_JSON_STRING && wr_text_from_base64(&bytes, j->text);
    if (good) {
        *p = wr_arena_memdup(a, bytes.len ? bytes.ptr : "", bytes.len);
        *n = bytes.len;
    }
    wr_buf_free(&bytes);
    return good;
}

/* Pairs of a name and a value. Arrays as weir_record has them, one longer so that there is always
 * something to point to. */
static bool get_headers(const wr_json *j, wr_arena *a, weir_record *out)
{
    if (j->kind != WR_JSON_ARRAY)
        return false;
    const char **keys = WR_NEW_N(a, const char *, (size_t)j->n + 1);
    const void **values = WR_NEW_N(a, const void *, (size_t)j->n + 1);
    size_t *lens = WR_NEW_N(a, size_t, (size_t)j->n + 1);
    for (uint32_t i = 0; i < j->n; i++) {
        const wr_json *h = &j->items[i];
        if (h->kind != WR_JSON_ARRAY || h->n != 2 || h->items[0].kind != WR_JSON_STRING ||
            wr_str_has_nul(h->items[0].text) || !get_bytes(&h->items[1], a, &values[i], &lens[i]))
            return false;
        keys[i] = wr_arena_strndup(a, h->items[0].text.ptr, h->items[0].text.len);
    }
    out->headers_n = j->n;
    out->header_keys = keys;
    out->header_values = values;
    out->header_lens = lens;
    return true;
}

bool wr__record_json_get(const wr_json *j, const char *topic, wr_arena *a, weir_record *out)
{
    int64_t partition;
    *out = (weir_record){.topic = topic};
    if (j->kind != WR_JSON_ARRAY || j->n != 6 || !wr__json_int(&j->items[0], &partition) ||
        partition < -1 || partition > INT32_MAX || !wr__json_int(&j->items[1], &out->offset) ||
        !wr__json_int(&j->items[2], &out->timestamp))
        return false;
    out->partition = (int32_t)partition;
    return get_bytes(&j->items[3], a, &out->key, &out->key_len) &&
           get_bytes(&j->items[4], a, &out->value, &out->value_len) &&
           get_headers(&j->items[5], a, out);
}
