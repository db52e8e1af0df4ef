/* SPDX-License-Identifier: Apache-2.0 */
/*
 * str.h - a borrowed run of bytes, usually UTF-8, not 0-terminated; and helpers on it.
 * A wr_str never owns its bytes: state keeps copies (bytes), never wr_str (architecture: Traps 13).
 */
#ifndef WR_COMMON_STR_H
#define WR_COMMON_STR_H

#include "common/base.h"

typedef struct wr_str {
    const char *ptr; /* NULL only with len 0 */
    uint32_t len;    /* bytes */
} wr_str;

#define WR_STR(literal) ((wr_str){(literal), (uint32_t)(sizeof(literal) - 1)})
#define WR_STR_FMT      "%.*s"
#define WR_STR_ARG(s)   (int)(s).len, ((s).ptr ? (s).ptr : "")

static inline wr_str wr_str_make(const char *ptr, size_t len)
{
    WR_ASSERT(len <= UINT32_MAX);
    return (wr_str){ptr, (uint32_t)len};
}
static inline wr_str wr_str_c(const char *s)
{
    return wr_str_make(s, s ? strlen(s) : 0);
}
static inline bool wr_str_eq(wr_str a, wr_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}
static inline bool wr_str_eq_c(wr_str a, const char *b)
{
    return wr_str_eq(a, wr_str_c(b));
}
/** As a C string it would be another one: what is behind the NUL is lost. */
static inline bool wr_str_has_nul(wr_str s)
{
    return s.len > 0 && memchr(s.ptr, '\0', s.len);
}
/** Bytewise order; for SQL order use wr_utf16_compare. */
int wr_str_cmp(wr_str a, wr_str b);
/** ASCII case-insensitive equality. */
bool wr_str_ieq(wr_str a, wr_str b);
bool wr_ieq(const char *a, const char *b);
bool wr_str_starts_with(wr_str s, wr_str prefix);
/** 64-bit hash for tables of names (not for partitioning). */
uint64_t wr_str_hash(wr_str s);
/** Edits (a byte added, left out, changed, or two swapped) from one to the other; for hints at
 *  misspelt names. Longer texts than 200 bytes are as far apart as can be. */
size_t wr_str_distance(wr_str a, wr_str b);
/** Strip bytes <= 0x20 at both ends. */
wr_str wr_str_trim(wr_str s);
/**
 * Strict decimal integer: optional sign, digits, nothing else.
 * @return false when malformed or out of the range of int64_t; then *out is untouched.
 */
bool wr_str_to_i64(wr_str s, int64_t *out);

static inline char wr_upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}
static inline char wr_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

#endif
