/* SPDX-License-Identifier: Apache-2.0 */
/*
 * simpledate.h - reading dates by the patterns of java.text.SimpleDateFormat, which PARSE_DATE
 * follows: lenient (February 30 is March 2), in GMT, what follows the pattern is ignored, dates
 * before October 15, 1582 are of the Julian calendar.
 *
 * Letters: G y Y M L w W D d F E u a H k K h m s S z Z X and '..'. Zones in the text: offsets, GMT,
 * UTC and Z; other names are not read.
 */
#ifndef WR_ENGINE_FUNCTIONS_SIMPLEDATE_H
#define WR_ENGINE_FUNCTIONS_SIMPLEDATE_H

#include "common/arena.h"

typedef struct wr__simpledate wr__simpledate;

/** @return NULL where @p pattern is malformed; then @p errbuf says why. Read-only, in @p a. */
wr__simpledate *wr__simpledate_compile(wr_str pattern, wr_arena *a, char *errbuf, size_t errbuf_n);
/**
 * @param now_ms  two-digit years lie between 80 years before it and 20 after.
 * False: the text does not fit the pattern. @p ms is in GMT and may lie far outside DATE's range:
 * numbers are not checked, only added up.
 */
bool wr__simpledate_parse(const wr__simpledate *p, wr_str text, int64_t now_ms, int64_t *ms);

#endif
