/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The record blocks of the embedded log (layout: block.h). Row by row, as records come and go;
 * lengths in front of the bytes, so that decoding is one walk with a bound check per length.
 */
#include "runtime/log/block.h"

#include <xxhash.h>

enum { VERSION = 1, HAS_HEADERS = 1, CHECK_AT = 22 };

static uint64_t checksum(const char *p, size_t len)
{
    uint64_t seed = XXH3_64bits(p, CHECK_AT);
    return XXH3_64bits_withSeed(p + WR__BLOCK_HEAD, len - WR__BLOCK_HEAD, seed);
}

/* ---- building ---- */

static char *put_varint(char *p, uint64_t v)
{
    while (v >= 0x80) {
        *p++ = (char)(v | 0x80);
        v >>= 7;
    }
    *p++ = (char)v;
    return p;
}

static char *put_bytes(char *p, wr_str s)
{
    p = put_varint(p, s.ptr ? (uint64_t)s.len + 1 : 0);
    if (s.len)
        memcpy(p, s.ptr, s.len);
    return p + s.len;
}

static void put_headers(wr_buf *b, const wr_headers *headers)
{
    uint32_t n = headers ? headers->n : 0;
    wr_buf_varint(b, n);
    for (uint32_t i = 0; i < n; i++) {
        const wr_header *h = &headers->h[i];
        wr_buf_varint(b, h->key.len);
        wr_buf_str(b, h->key);
        wr_buf_varint(b, h->value.ptr ? (uint64_t)h->value.len + 1 : 0);
        wr_buf_str(b, h->value);
    }
}

bool wr__block_add(wr__block *b, wr_str key, wr_str value, int64_t timestamp,
                   const wr_headers *headers)
{
    WR_ASSERT(b->n < WR__BLOCK_RECORDS);
    bool has = headers && headers->n;
    if (b->n == 0) {
        wr_buf_clear(&b->bytes);
        wr_buf_reserve(&b->bytes, WR__BLOCK_HEAD);
        b->bytes.len = WR__BLOCK_HEAD;
        b->headers = has;
        b->base = b->max_timestamp = timestamp;
    } else if (has && !b->headers) {
        return false;
    }
    char *from = wr_buf_reserve(&b->bytes, 32 + (size_t)key.len + value.len);
    uint64_t delta = (uint64_t)timestamp - (uint64_t)b->base; /* wraps, and wraps back */
    char *p = put_varint(from, (delta << 1) ^ (0 - (delta >> 63)));
    p = put_bytes(p, key);
    p = put_bytes(p, value);
    b->bytes.len += (size_t)(p - from);
    if (b->headers)
        put_headers(&b->bytes, headers);
    b->max_timestamp = WR_MAX(b->max_timestamp, timestamp);
    b->n++;
    return true;
}

void wr__block_seal(wr__block *b)
{
    WR_ASSERT(b->n > 0 && b->bytes.len > WR__BLOCK_HEAD);
    char *p = b->bytes.ptr;
    p[0] = VERSION;
    p[1] = b->headers ? HAS_HEADERS : 0;
    wr_put_be32(p + 2, b->n);
    wr_put_be64(p + 6, (uint64_t)b->base);
    wr_put_be64(p + 14, (uint64_t)b->max_timestamp);
    wr_put_be64(p + CHECK_AT, checksum(p, b->bytes.len));
}

/* ---- reading ---- */

static weir_status damaged(weir_error *err, const char *what)
{
    wr_error(err, WEIR_ERR_LOG, "A block of the embedded log is damaged: %s", what);
    if (err)
        err->flags |= WEIR_ERROR_FATAL;
    return WEIR_ERR_LOG;
}

weir_status wr__block_peek(wr_str bytes, wr__block_head *out, weir_error *err)
{
    if (bytes.len < WR__BLOCK_HEAD)
        return damaged(err, "too short");
    if (bytes.ptr[0] != VERSION)
        return damaged(err, "unknown version");
    if (bytes.ptr[1] & ~HAS_HEADERS)
        return damaged(err, "unknown flags");
    out->headers = bytes.ptr[1] & HAS_HEADERS;
    out->n = wr_get_be32(bytes.ptr + 2);
    out->base = (int64_t)wr_get_be64(bytes.ptr + 6);
    out->max_timestamp = (int64_t)wr_get_be64(bytes.ptr + 14);
    if (out->n == 0 || out->n > WR__BLOCK_RECORDS)
        return damaged(err, "number of records");
    return WEIR_OK;
}

typedef struct walk {
    const char *p, *end;
    bool bad;
} walk;

static uint64_t get_varint(walk *w)
{
    if (WR_LIKELY(w->p < w->end && !(*w->p & 0x80)))
        return (uint64_t)*w->p++;
    uint64_t v = 0;
    size_t n = wr_get_varint(w->p, w->end, &v);
    w->bad = w->bad || n == 0;
    w->p += n;
    return v;
}

static wr_str get_run(walk *w, uint64_t len)
{
    if (WR_UNLIKELY(w->bad || len > (uint64_t)(w->end - w->p))) {
        w->bad = true;
        return (wr_str){0};
    }
    wr_str s = {w->p, (uint32_t)len};
    w->p += len;
    return s;
}

static wr_str get_bytes(walk *w)
{
    uint64_t len = get_varint(w);
    return len ? get_run(w, len - 1) : (wr_str){0};
}

static const wr_headers *get_headers(walk *w, wr_arena *a)
{
    uint64_t n = get_varint(w);
    if (n > (uint64_t)(w->end - w->p) / 2) /* each takes two bytes at least */
        w->bad = true;
    if (n == 0 || w->bad)
        return NULL;
    wr_headers *headers = WR_NEW(a, wr_headers);
    wr_header *h = WR_NEW_N(a, wr_header, n);
    for (uint64_t i = 0; i < n && !w->bad; i++) {
        h[i].key = get_run(w, get_varint(w));
        h[i].value = get_bytes(w);
    }
    headers->n = (uint32_t)n;
    headers->h = h;
    return headers;
}

weir_status wr__block_decode(wr_str bytes, uint32_t skip, int64_t first, int32_t partition,
                             wr_arena *a, wr_record *out, weir_error *err)
{
    wr__block_head head;
    WR_TRY(wr__block_peek(bytes, &head, err));
    if (wr_get_be64(bytes.ptr + CHECK_AT) != checksum(bytes.ptr, bytes.len))
        return damaged(err, "checksum");
    walk w = {bytes.ptr + WR__BLOCK_HEAD, bytes.ptr + bytes.len, false};
    for (uint32_t i = 0; i < head.n && !w.bad; i++) {
        uint64_t zigzag = get_varint(&w);
        uint64_t delta = (zigzag >> 1) ^ (0 - (zigzag & 1));
        wr_record r = {.timestamp = (int64_t)((uint64_t)head.base + delta),
                       .offset = first + i,
                       .partition = partition};
        r.key = get_bytes(&w);
        r.value = get_bytes(&w);
        if (head.headers)
            r.headers = get_headers(&w, a);
        if (i >= skip)
            out[i - skip] = r;
    }
    if (w.bad || w.p != w.end)
        return damaged(err, "lengths");
    return WEIR_OK;
}
