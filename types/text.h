/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text.h - values to and from text, as Java and ksqlDB write and read them; base64, hex.
 */
#ifndef WR_TYPES_TEXT_H
#define WR_TYPES_TEXT_H

#include "common/buf.h"
#include "common/str.h"

/** Double.toString of Java 19 and later: shortest digits that round-trip; `1.0`, `1.0E10`, `NaN`,
 *  `Infinity`. Exponent form from 1E7 up and below 1E-3. */
void wr_text_put_double(wr_buf *out, double v);
void wr_text_put_i64(wr_buf *out, int64_t v);
/** Java's Double.parseDouble syntax (a suffix d or f, or 0x1.8p3) without NaN/Infinity; blanks
 *  around are skipped. Too large a number gives infinity, as in Java: who must refuse it tests for
 *  that. @return false where malformed. */
bool wr_text_to_double(wr_str s, double *out);

/* Proleptic Gregorian calendar. */
int64_t wr_days_from_civil(int64_t year, int month, int day);
void wr_civil_from_days(int64_t days, int64_t *year, int *month, int *day);

/** TIMESTAMP: `yyyy-MM-dd'T'HH:mm:ss.SSS`. */
void wr_text_put_timestamp(wr_buf *out, int64_t ms);
/** DATE: `yyyy-MM-dd`. */
void wr_text_put_date(wr_buf *out, int32_t days);
/** TIME: `HH:mm`, `HH:mm:ss` or `HH:mm:ss.SSS`, as LocalTime.toString; @p seconds_only drops the
 *  milliseconds (CAST's quirk). */
void wr_text_put_time(wr_buf *out, int32_t ms, bool seconds_only);

/** As java.sql.Timestamp and Time print themselves: `2020-05-26 11:30:00.5`, `11:30:00`. */
void wr_text_put_sql_timestamp(wr_buf *out, int64_t ms);
void wr_text_put_sql_time(wr_buf *out, int32_t ms);

/**
 * `2020-05-26T11:30:00.123`, of which whole parts at the end may be missing (2020, 2020-05,
 * 2020-05-26T11 ...); after the T also Z, +hh, +hhmm or +hh:mm, UTC without. At most three digits
 * of a second, no year before 1; a day that its month does not have is the month's last.
 * @return false where it is none.
 */
bool wr_text_to_timestamp(wr_str s, int64_t *ms);
/** `2020-05-26`, `2020-05`, `2020`; the day must exist. */
bool wr_text_to_date(wr_str s, int32_t *days);
/** `11:30`, `11:30:00`, up to nine digits of a second, which are cut to milliseconds. */
bool wr_text_to_time(wr_str s, int32_t *ms);

void wr_text_put_base64(wr_buf *out, wr_str bytes);
/** RFC 4648, padding required as java.util.Base64's basic decoder takes it (padding optional).
 *  Appends to @p out; false (nothing appended) where malformed. */
bool wr_text_from_base64(wr_buf *out, wr_str text);
void wr_text_put_hex(wr_buf *out, wr_str bytes, bool upper);
/** An even number of hex digits. */
bool wr_text_from_hex(wr_buf *out, wr_str text);

/** JSON string literal with quotes; escapes as Jackson writes them (\" \\ \b \t \n \f \r \u00XX);
 *  half pairs become `?`. */
void wr_text_put_json_string(wr_buf *out, wr_str s);

/** @p s between two @p quote, those inside doubled: SQL strings ('), identifiers (`). */
void wr_text_put_quoted(wr_buf *out, wr_str s, char quote);

#endif
