/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buf.h - a growable byte buffer that owns its memory. wr_buf_init (or zeroing) and wr_buf_free.
 */
#ifndef WR_COMMON_BUF_H
#define WR_COMMON_BUF_H

#include "common/base.h"
#include "common/str.h"

#include <stdarg.h>

typedef struct wr_buf {
    char *ptr; /* NULL until the first byte */
    size_t len, cap;
} wr_buf;

void wr_buf_init(wr_buf *b);
void wr_buf_free(wr_buf *b);
/** Make room for @p more bytes after len, and return their place (NULL only for 0 bytes of an
 * empty buffer). len stays; what is written there counts once the caller adds to it. */
char *wr_buf_reserve(wr_buf *b, size_t more);
/** Append. The bytes must not lie in @p b itself, which may move. */
void wr_buf_put(wr_buf *b, const void *p, size_t n);
void wr_buf_putc(wr_buf *b, char c);
void wr_buf_puts(wr_buf *b, const char *s);
void wr_buf_str(wr_buf *b, wr_str s);
void wr_buf_printf(wr_buf *b, const char *fmt, ...) WR_PRINTF(2, 3);
void wr_buf_vprintf(wr_buf *b, const char *fmt, va_list ap) WR_PRINTF(2, 0);
/** 0-terminated view of the content (the 0 is not counted in len). */
const char *wr_buf_cstr(wr_buf *b);
static inline void wr_buf_clear(wr_buf *b)
{
    b->len = 0;
}
static inline wr_str wr_buf_view(const wr_buf *b)
{
    return wr_str_make(b->ptr, b->len);
}

/* Fixed-width integers, big endian (Kafka's and our own stores' order). */
static inline void wr_put_be16(void *p, uint16_t v)
{
    v = __builtin_bswap16(v);
    memcpy(p, &v, 2);
}
static inline void wr_put_be32(void *p, uint32_t v)
{
    v = __builtin_bswap32(v);
    memcpy(p, &v, 4);
}
static inline void wr_put_be64(void *p, uint64_t v)
{
    v = __builtin_bswap64(v);
    memcpy(p, &v, 8);
}
static inline uint16_t wr_get_be16(const void *p)
{
    uint16_t v;
    memcpy(&v, p, 2);
    return __builtin_bswap16(v);
}
static inline uint32_t wr_get_be32(const void *p)
{
    uint32_t v;
    memcpy(&v, p, 4);
    return __builtin_bswap32(v);
}
static inline uint64_t wr_get_be64(const void *p)
{
    uint64_t v;
    memcpy(&v, p, 8);
    return __builtin_bswap64(v);
}
void wr_buf_be32(wr_buf *b, uint32_t v);
void wr_buf_be64(wr_buf *b, uint64_t v);
/** Unsigned LEB128. */
void wr_buf_varint(wr_buf *b, uint64_t v);
/** @return bytes read, or 0 when @p p..@p end holds no complete varint of at most 64 bits. */
size_t wr_get_varint(const char *p, const char *end, uint64_t *out);

#endif
