/* SPDX-License-Identifier: Apache-2.0 */
/*
 * avro_bytes.c - Avro's binary form: numbers, lengths, blocks, and going past values.
 *
 * Bounds, as payloads come from anywhere: nothing is read past the end; a count of elements must
 * fit in the bytes that are left, and elements without bytes (null, empty records), of which a few
 * bytes can announce any number, are skipped in one step and only made up to a limit; nesting is
 * bounded.
 */
#include "formats/avro.h"

bool wr__avro_fail(wr_avro_reader *r, const char *fault)
{
    WR_ASSERT(fault && *fault);
    if (!r->fault)
        r->fault = fault;
    return false;
}

#define FAIL_SHORT(r) wr__avro_fail((r), "the record ends too early")

bool wr__avro_long_slow(wr_avro_reader *r, int64_t *out)
{
    uint64_t v = 0;
    const char *p = r->p;
    for (unsigned shift = 0; p < r->end; shift += 7) {
        uint8_t b = (uint8_t)*p++;
        if (shift == 63 && b > 1)
            return wr__avro_fail(r, "a number is longer than 64 bits");
        v |= (uint64_t)(b & 0x7F) << shift;
        if (!(b & 0x80)) {
            r->p = p;
            *out = (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
            return true;
        }
    }
    return FAIL_SHORT(r);
}

bool wr__avro_text(wr_avro_reader *r, wr_str *out)
{
    int64_t len;
    if (!wr__avro_long(r, &len))
        return false;
    if (len < 0)
        return wr__avro_fail(r, "a length is negative");
    if (len > r->end - r->p)
        return FAIL_SHORT(r);
    *out = wr_str_make(r->p, (size_t)len);
    r->p += len;
    return true;
}

bool wr__avro_branch(wr_avro_reader *r, uint32_t n, uint32_t *out)
{
    int64_t i;
    if (!wr__avro_long(r, &i))
        return false;
    if (i < 0 || i >= (int64_t)n)
        return wr__avro_fail(r, "a union has no such branch");
    *out = (uint32_t)i;
    return true;
}

bool wr__avro_block(wr_avro_reader *r, const wr_avro_node *list, uint64_t *count, int64_t *size)
{
    int64_t n;
    WR_ASSERT(list->kind == WR_AVRO_ARRAY || list->kind == WR_AVRO_MAP);
    *size = -1;
    if (!wr__avro_long(r, &n))
        return false;
    if (n < 0) {
        if (n == INT64_MIN)
            return wr__avro_fail(r, "a count is out of range");
        n = -n;
        if (!wr__avro_long(r, size))
            return false;
        if (*size < 0 || *size > r->end - r->p)
            return wr__avro_fail(r, "the size of a block is out of range");
    }
    *count = (uint64_t)n;
    bool empty = list->kind == WR_AVRO_ARRAY && list->elem->is_empty;
    if (!empty && n > r->end - r->p) /* each takes a byte at least */
        return FAIL_SHORT(r);
    return true;
}

/* ---- going past values ---- */

static bool skip_bytes(wr_avro_reader *r, uint64_t n)
{
    if (n > (uint64_t)(r->end - r->p))
        return FAIL_SHORT(r);
    r->p += n;
    return true;
}

static bool skip_list(wr_avro_reader *r, const wr_avro_node *node)
{
    uint64_t count;
    int64_t size;
    wr_str key;
    for (;;) {
        if (!wr__avro_block(r, node, &count, &size))
            return false;
        if (count == 0)
            return true;
        if (size >= 0) {
            r->p += size;
            continue;
        }
        if (node->kind == WR_AVRO_ARRAY && node->elem->is_empty)
            continue;
        for (uint64_t i = 0; i < count; i++) {
            if (node->kind == WR_AVRO_MAP && !wr__avro_text(r, &key))
                return false;
            if (!wr__avro_skip(r, node->elem))
                return false;
        }
    }
}

static bool skip_container(wr_avro_reader *r, const wr_avro_node *node)
{
    if (node->kind == WR_AVRO_UNION) {
        uint32_t i;
        return wr__avro_branch(r, node->n, &i) && wr__avro_skip(r, node->branches[i]);
    }
    if (node->kind != WR_AVRO_RECORD)
        return skip_list(r, node);
    for (uint32_t i = 0; i < node->n; i++)
        if (!wr__avro_skip(r, node->fields[i].type))
            return false;
    return true;
}

bool wr__avro_skip(wr_avro_reader *r, const wr_avro_node *node)
{
    int64_t number;
    wr_str text;
    if (node->is_empty)
        return true;
    switch (node->kind) {
    case WR_AVRO_BOOLEAN:
        return skip_bytes(r, 1);
    case WR_AVRO_INT:
    case WR_AVRO_LONG:
    case WR_AVRO_ENUM:
        return wr__avro_long(r, &number);
    case WR_AVRO_FLOAT:
        return skip_bytes(r, 4);
    case WR_AVRO_DOUBLE:
        return skip_bytes(r, 8);
    case WR_AVRO_FIXED:
        return skip_bytes(r, node->n);
    case WR_AVRO_BYTES:
    case WR_AVRO_STRING:
        return wr__avro_text(r, &text);
    default: {
        if (r->depth >= WR_AVRO_DEPTH_MAX)
            return wr__avro_fail(r, "the record is nested too deeply");
        r->depth++;
        bool ok = skip_container(r, node);
        r->depth--;
        return ok;
    }
    }
}

/* ---- scalars ---- */

/* IEEE numbers, little-endian; what Weir runs on is, too. */
static bool read_float(wr_avro_reader *r, size_t size, double *out)
{
    if ((size_t)(r->end - r->p) < size)
        return FAIL_SHORT(r);
    if (size == sizeof(float)) {
        float f;
        memcpy(&f, r->p, sizeof f);
        *out = (double)f;
    } else {
        memcpy(out, r->p, sizeof *out);
    }
    r->p += size;
    return true;
}

bool wr__avro_token(wr_avro_reader *r, const wr_avro_node *node, wr_avro_token *out)
{
    wr_str text;
    out->null = false;
    out->len = 0;
    switch (node->kind) {
    case WR_AVRO_NULL:
        out->null = true;
        return true;
    case WR_AVRO_BOOLEAN:
        out->u.i64 = r->p < r->end ? *r->p : 0;
        return skip_bytes(r, 1);
    case WR_AVRO_INT:
    case WR_AVRO_LONG:
    case WR_AVRO_ENUM:
        return wr__avro_long(r, &out->u.i64);
    case WR_AVRO_FLOAT:
    case WR_AVRO_DOUBLE:
        return read_float(r, node->kind == WR_AVRO_FLOAT ? 4 : 8, &out->u.f64);
    case WR_AVRO_FIXED:
        out->u.ptr = r->p;
        out->len = node->n;
        return skip_bytes(r, node->n);
    case WR_AVRO_BYTES:
    case WR_AVRO_STRING:
        if (!wr__avro_text(r, &text))
            return false;
        out->u.ptr = text.ptr;
        out->len = text.len;
        return true;
    default:
        WR_UNREACHABLE();
    }
}

void wr__avro_put_long(wr_buf *out, int64_t v)
{
    wr_buf_varint(out, (uint64_t)v << 1 ^ (uint64_t)(v >> 63));
}
