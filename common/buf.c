/* SPDX-License-Identifier: Apache-2.0 */
/* Growable bytes: capacity doubles, so appending is linear in what is appended. */
#include "common/buf.h"

#include <stdio.h>

void wr_buf_init(wr_buf *b)
{
    *b = (wr_buf){0};
}

void wr_buf_free(wr_buf *b)
{
    wr_free(b->ptr);
    *b = (wr_buf){0};
}

char *wr_buf_reserve(wr_buf *b, size_t more)
{
    if (WR_UNLIKELY(b->cap - b->len < more)) {
        WR_ASSERT(more <= SIZE_MAX / 2 - b->len);
        size_t cap = b->cap ? b->cap : 64;
        while (cap - b->len < more)
            cap *= 2;
        b->ptr = wr_realloc(b->ptr, cap);
        b->cap = cap;
    }
    return b->ptr ? b->ptr + b->len : NULL; /* NULL + 0 is undefined in C */
}

void wr_buf_put(wr_buf *b, const void *p, size_t n)
{
    if (n == 0)
        return;
    memcpy(wr_buf_reserve(b, n), p, n);
    b->len += n;
}

void wr_buf_putc(wr_buf *b, char c)
{
    *wr_buf_reserve(b, 1) = c;
    b->len++;
}

void wr_buf_puts(wr_buf *b, const char *s)
{
    wr_buf_put(b, s, strlen(s));
}

void wr_buf_str(wr_buf *b, wr_str s)
{
    wr_buf_put(b, s.ptr, s.len);
}

void wr_buf_vprintf(wr_buf *b, const char *fmt, va_list ap)
{
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    WR_ASSERT(n >= 0);
    vsnprintf(wr_buf_reserve(b, (size_t)n + 1), (size_t)n + 1, fmt, again);
    va_end(again);
    b->len += (size_t)n;
}

void wr_buf_printf(wr_buf *b, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    wr_buf_vprintf(b, fmt, ap);
    va_end(ap);
}

const char *wr_buf_cstr(wr_buf *b)
{
    *wr_buf_reserve(b, 1) = '\0';
    return b->ptr;
}

void wr_buf_be32(wr_buf *b, uint32_t v)
{
    wr_put_be32(wr_buf_reserve(b, 4), v);
    b->len += 4;
}

void wr_buf_be64(wr_buf *b, uint64_t v)
{
    wr_put_be64(wr_buf_reserve(b, 8), v);
    b->len += 8;
}

void wr_buf_varint(wr_buf *b, uint64_t v)
{
    while (v >= 0x80) {
        wr_buf_putc(b, (char)(v | 0x80));
        v >>= 7;
    }
    wr_buf_putc(b, (char)v);
}

size_t wr_get_varint(const char *p, const char *end, uint64_t *out)
{
    uint64_t v = 0;
    for (size_t i = 0; p + i < end && i < 10; i++) {
        uint64_t byte = (uint8_t)p[i];
        if (i == 9 && byte > 1)
            return 0;
        v |= (byte & 0x7F) << (7 * i);
        if (!(byte & 0x80)) {
            *out = v;
            return i + 1;
        }
    }
    return 0;
}
