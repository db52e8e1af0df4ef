/* SPDX-License-Identifier: Apache-2.0 */
/*
 * utf8.h - UTF-8 storage with UTF-16 meaning (architecture: Traps 12).
 *
 * SQL strings are stored as UTF-8 but measured, cut and ordered by UTF-16 code units, as in Java.
 * Half surrogate pairs (which SUBSTRING can produce) are kept inside as their 3-byte form and
 * written as `?` when they leave Weir.
 */
#ifndef WR_COMMON_UTF8_H
#define WR_COMMON_UTF8_H

#include "common/buf.h"
#include "common/str.h"

/** True where every byte is below 0x80. */
bool wr_utf8_ascii(wr_str s);
/** Strictly valid UTF-8 (no surrogates, no overlong forms, at most U+10FFFF). */
bool wr_utf8_valid(wr_str s);
/**
 * Decode one code point (3-byte surrogates allowed) at @p *p, advance.
 * Invalid bytes give U+FFFD and advance by one. @pre *p < end.
 */
uint32_t wr_utf8_next(const char **p, const char *end);
/** Encode @p cp (surrogates allowed) into @p out, at least 4 bytes. @return bytes written. */
size_t wr_utf8_encode(uint32_t cp, char *out);
void wr_utf8_put(wr_buf *b, uint32_t cp);
/** Length in UTF-16 code units. */
uint32_t wr_utf16_len(wr_str s);
/** Order by UTF-16 code units. <0, 0, >0 */
int wr_utf16_compare(wr_str a, wr_str b);
/**
 * Append units [from, to) of @p s to @p out. A cut through a pair leaves half a pair (3 bytes);
 * two adjacent halves that are appended join again when wr_utf16_join is called at the end.
 * @pre from <= to; both are clamped to the length.
 */
void wr_utf16_slice(wr_str s, uint32_t from, uint32_t to, wr_buf *out);
/** Join adjacent 3-byte halves into 4-byte characters, in place. @return the new length. */
size_t wr_utf16_join(char *p, size_t len);
/** Append @p s with half pairs replaced by `?` (what leaves Weir). */
void wr_utf8_put_external(wr_buf *out, wr_str s);

#endif
