/* SPDX-License-Identifier: Apache-2.0 */
/* json_text.h - the text of a JSON number, array or object that is read into a STRING. */
#ifndef WR_FORMATS_JSON_TEXT_H
#define WR_FORMATS_JSON_TEXT_H

#include "formats/json_scan.h"

#include "common/buf.h"

/**
 * Append what ksqlDB makes of the token when the column is a STRING: numbers as Java's BigDecimal
 * prints them (`1.50`, `1E+5`), objects as compact JSON with their members in order, arrays as `[a,
 * b]` with the text of each element. @pre the token comes from a scan that found no fault.
 */
void wr__json_put_text(wr_buf *out, const wr_jtoken *tok, wr_arena *scratch);
/**
 * Of members with the same key the last one's value counts, at the place of the first.
 * @param keys  n texts
 * @param last  [i]: index of the member whose value key i has, or UINT32_MAX where the key has
 *              occurred before
 * @return how many different keys there are.
 */
uint32_t wr__json_drop_doubles(wr_arena *scratch, const wr_str *keys, uint32_t n, uint32_t *last);
/** A JSON number's text in BigDecimal.toString's form. */
void wr__json_put_number(wr_buf *out, wr_str text);

#endif
