/* SPDX-License-Identifier: Apache-2.0 */
/*
 * datepattern.h - the patterns of java.time.format.DateTimeFormatter:
 * `yyyy-MM-dd'T'HH:mm:ss[.SSS]`.
 *
 * A pattern is compiled once and then formats and parses. Parsing is strict about widths and smart
 * about values, as DateTimeFormatter's defaults are (February 30 is its last day, month 13 an
 * error), and ignores case. Names are English, weeks those of the USA; timestamps are read with the
 * names of the root locale, which has short ones only. Letters: G u y D M L d Q q g Y w W E e c F a
 * B H h k K m s S A n N V z v O X x Z p, '..', [..]; B (period of the day) is printed only.
 *
 * These are the functions for other folders; datepattern_internal.h has those of the date
 * functions.
 */
#ifndef WR_ENGINE_FUNCTIONS_DATEPATTERN_H
#define WR_ENGINE_FUNCTIONS_DATEPATTERN_H

#include "common/arena.h"
#include "common/buf.h"
#include "common/error.h"

/* Compiled once for a source, a sink or a call site. */
typedef struct wr_datepattern wr_datepattern;

/** @return NULL where @p pattern is malformed: WEIR_ERR_STATEMENT. Memory: @p a, which must outlive
 *  the pattern. */
wr_datepattern *wr_datepattern_compile(wr_str pattern, wr_arena *a, weir_error *err);

/**
 * Read a timestamp. Fields that the text does not give are those of 1970-01-01T00:00; a zone in the
 * text wins over @p default_zone.
 * @param errbuf  why it failed.
 * Thread: one at a time for one pattern (it keeps the zones it has met).
 */
bool wr_datepattern_parse_timestamp(wr_datepattern *p, wr_str text, const char *default_zone,
                                    int64_t *ms, char *errbuf, size_t errbuf_n);
/** Append @p ms as it is in @p zone. False: the pattern asks for what cannot be printed. */
bool wr_datepattern_format_timestamp(wr_datepattern *p, int64_t ms, const char *zone, wr_buf *out,
                                     char *errbuf, size_t errbuf_n);

#endif
