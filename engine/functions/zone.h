/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zone.h - time zones as java.time.ZoneId knows them: IANA ids, UTC, GMT, Z, +hh:mm, GMT+h.
 *
 * A zone is a table of its transitions, taken from ICU once. It is read-only and lives in an arena,
 * so that tasks may share it and a look-up is a binary search. Beyond the table the rules repeat
 * every 400 years, as the calendar does.
 */
#ifndef WR_ENGINE_FUNCTIONS_ZONE_H
#define WR_ENGINE_FUNCTIONS_ZONE_H

#include "common/arena.h"
#include "common/buf.h"

typedef struct wr__zone {
    const char *id;          /* as Java prints it: "Europe/Berlin", "Z", "+02:00" */
    bool is_offset;          /* a fixed offset without rules (Java's ZoneOffset) */
    uint32_t n;              /* transitions */
    const int64_t *at;       /* n instants, in ms since the epoch */
    const int32_t *offset_s; /* n + 1 offsets: before the first transition, then after each */
    const uint8_t *dst;      /* n + 1: daylight saving time */
} wr__zone;

/** Zone of an id, or NULL where there is none. Milliseconds of work for one with rules: keep it. */
const wr__zone *wr__zone_new(wr_str id, wr_arena *a);
/** A fixed offset. @pre |seconds| <= 18 h */
const wr__zone *wr__zone_of_offset(int32_t seconds, wr_arena *a);

/** Offset in seconds at an instant. */
int32_t wr__zone_offset(const wr__zone *z, int64_t ms);
bool wr__zone_is_dst(const wr__zone *z, int64_t ms);
/**
 * Offset in seconds at an instant for CONVERT_TZ: as wr__zone_offset from 1900 on; before, the
 * offset of the zone's present standard time, whatever its clocks showed then.
 */
int32_t wr__zone_offset_since_1900(const wr__zone *z, int64_t ms);
/**
 * Offset of a local time (seconds since 1970-01-01T00:00 local). In an overlap that of the earlier
 * instant; in a gap the offset before it, which moves the time after the gap.
 */
int32_t wr__zone_local_offset(const wr__zone *z, int64_t local_s);

/** "+02:00", "Z", "+01:30:15". A difference of 0 seconds is Z. */
void wr__zone_print_offset(wr_buf *out, int32_t seconds);
/** Name for the letters z (short: "CET") and zzzz; @p generic: the letters v, vvvv. */
void wr__zone_put_name(wr_buf *out, const wr__zone *z, int64_t ms, bool full, bool generic);
/** Id of the zone that a short name such as "PST" stands for when it is read, or NULL. */
const char *wr__zone_of_abbreviation(wr_str name, uint32_t *matched);

/** Zones found before, for texts and arguments that name one zone again and again. Zero it. */
typedef struct wr__zone_cache {
    struct wr__zone_entry *first;
} wr__zone_cache;
const wr__zone *wr__zone_get(wr__zone_cache *c, wr_str id, wr_arena *a);

#endif
