/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Zones; zone.h has the idea. ICU's transitions are read up to the year 2440: the last 400 years of
 * the table hold nothing but the zone's present rules, and stand for all later centuries.
 */
#include "engine/functions/zone.h"

#include <stdio.h>
#include <unicode/ucal.h>
#include <unicode/udat.h>
#include <unicode/ustring.h>

#define MS_PER_400_YEARS INT64_C(12622780800000)
#define TABLE_END_MS     INT64_C(14831769600000)    /* 2440-01-01 */
#define TABLE_BEGIN_MS   (-INT64_C(35184372088832)) /* before any zone had rules */
#define OFFSET_MAX_S     (18 * 3600)
#define ID_MAX           64

/* ---- fixed offsets ---- */

/* Java's ZoneOffset.getId: seconds only where there are any. */
void wr__zone_print_offset(wr_buf *out, int32_t seconds)
{
    if (seconds == 0) {
        wr_buf_putc(out, 'Z');
        return;
    }
    int32_t abs = seconds < 0 ? -seconds : seconds;
    wr_buf_printf(out, "%c%02d:%02d", seconds < 0 ? '-' : '+', abs / 3600, abs / 60 % 60);
    if (abs % 60)
        wr_buf_printf(out, ":%02d", abs % 60);
}

/* A zone without transitions: one offset, for ever. */
static const wr__zone *fixed(const char *id, bool is_offset, int32_t seconds, wr_arena *a)
{
    wr__zone *z = WR_NEW(a, wr__zone);
    int32_t *offset = WR_NEW(a, int32_t);
    *offset = seconds;
    *z = (wr__zone){.id = id,
                    .is_offset = is_offset,
                    .offset_s = offset,
                    .dst = wr_arena_calloc(a, 1, sizeof(uint8_t))};
    return z;
}

/* The range is ZoneOffset's, and the callers have checked it. */
const wr__zone *wr__zone_of_offset(int32_t seconds, wr_arena *a)
{
    WR_ASSERT(seconds >= -OFFSET_MAX_S && seconds <= OFFSET_MAX_S);
    wr_buf b = {0};
    wr__zone_print_offset(&b, seconds);
    const char *id = wr_arena_strdup(a, wr_buf_cstr(&b));
    wr_buf_free(&b);
    return fixed(id, true, seconds, a);
}

/** One or two digits at *p; -1: none. */
static int number(const char **p, const char *end)
{
    int v = -1;
    for (int k = 0; k < 2 && *p < end && **p >= '0' && **p <= '9'; k++, ++*p)
        v = (v < 0 ? 0 : v * 10) + (**p - '0');
    return v;
}

/**
 * ZoneOffset.of: +h, +hh, +hh:mm, +hhmm, +hh:mm:ss, +hhmmss. False: it is no offset. Minutes and
 * seconds are two digits each, and the colons are all there or none.
 */
static bool parse_offset(wr_str s, int32_t *seconds)
{
    if (s.len < 2 || (s.ptr[0] != '+' && s.ptr[0] != '-'))
        return false;
    bool colons = s.len > 3 && s.ptr[3] == ':';
    /* Lengths: +h 2, +hh 3, with digits 5 and 7, with colons 6 and 9. */
    if (!(s.len <= 3 || s.len == (colons ? 6u : 5u) || s.len == (colons ? 9u : 7u)))
        return false;
    const char *p = s.ptr + 1, *end = s.ptr + s.len;
    int part[3] = {number(&p, end), 0, 0};
    for (int k = 1; k < 3 && p < end; k++) {
        if (colons && *p++ != ':')
            return false;
        const char *start = p;
        part[k] = number(&p, end);
        if (p - start != 2)
            return false;
    }
    if (p != end || part[0] < 0 || part[1] > 59 || part[2] > 59)
        return false;
    *seconds = part[0] * 3600 + part[1] * 60 + part[2];
    if (*seconds > OFFSET_MAX_S)
        return false;
    if (s.ptr[0] == '-')
        *seconds = -*seconds;
    return true;
}

/**
 * UTC, GMT, UT, alone or with an offset after it.
 *
 * Java prints such a zone with its prefix, and UTC+0 as UTC; the id is what it is compared by.
 * NULL: the id has no such prefix, or something else after it.
 */
static const wr__zone *prefixed(wr_str id, wr_arena *a)
{
    static const char *const prefixes[] = {"UTC", "GMT", "UT"};
    for (size_t k = 0; k < WR_ARRAY_LEN(prefixes); k++) {
        uint32_t n = (uint32_t)strlen(prefixes[k]);
        if (!wr_str_starts_with(id, wr_str_c(prefixes[k])))
            continue;
        if (id.len == n)
            return fixed(prefixes[k], false, 0, a);
        int32_t seconds;
        if (!parse_offset(wr_str_make(id.ptr + n, id.len - n), &seconds))
            continue;
        wr_buf b = {0};
        wr_buf_puts(&b, prefixes[k]);
        if (seconds)
            wr__zone_print_offset(&b, seconds);
        const char *name = wr_arena_strdup(a, wr_buf_cstr(&b));
        wr_buf_free(&b);
        return fixed(name, false, seconds, a);
    }
    return NULL;
}

/* ---- zones with rules ---- */

/**
 * Ids that ICU adds to the IANA ones; java.time does not know them. Java has them as
 * ZoneId.SHORT_IDS, for whoever passes that map; ksqlDB does not.
 */
static bool is_icu_only(wr_str id)
{
    static const char ids[] = "ACT AET AGT ART AST BET BST CAT CNT CST CTT EAT ECT EST HST IET IST "
                              "JST MIT MST NET NST PLT PNT PRT PST SST VST ";
    if (id.len != 3)
        return false;
    for (const char *p = ids; *p; p += 4)
        if (memcmp(p, id.ptr, 3) == 0)
            return true;
    return false;
}

/* Ids that have been other names of a city's zone since release 2024b of the IANA data, as Java has
 * it; older data have rules of their own for them, which differ before 1977. */
static wr_str city_of(wr_str id)
{
    static const char *const links[][2] = {
        {"CET", "Europe/Brussels"},      {"MET", "Europe/Brussels"},
        {"EET", "Europe/Athens"},        {"WET", "Europe/Lisbon"},
        {"EST5EDT", "America/New_York"}, {"CST6CDT", "America/Chicago"},
        {"MST7MDT", "America/Denver"},   {"PST8PDT", "America/Los_Angeles"},
    };
    for (size_t k = 0; k < WR_ARRAY_LEN(links); k++)
        if (wr_str_eq_c(id, links[k][0]))
            return wr_str_c(links[k][1]);
    return id;
}

/**
 * ICU's calendar for an IANA id, or NULL.
 *
 * Canonical ids are asked for only to learn whether ICU knows the id itself ("system"): the id that
 * is given stays the zone's name, as in Java.
 */
static UCalendar *open_calendar(wr_str id)
{
    UChar name[ID_MAX], canonical[ID_MAX];
    if (id.len == 0 || id.len >= ID_MAX || is_icu_only(id))
        return NULL;
    id = city_of(id);
    for (uint32_t k = 0; k < id.len; k++) {
        if ((uint8_t)id.ptr[k] >= 0x80)
            return NULL;
        name[k] = (UChar)id.ptr[k];
    }
    UErrorCode status = U_ZERO_ERROR;
    UBool system = 0;
    ucal_getCanonicalTimeZoneID(name, (int32_t)id.len, canonical, ID_MAX, &system, &status);
    if (U_FAILURE(status) || !system)
        return NULL;
    UCalendar *c = ucal_open(name, (int32_t)id.len, "en_US", UCAL_GREGORIAN, &status);
    return U_FAILURE(status) ? NULL : c;
}

typedef wr_arr(int64_t) instants;
typedef wr_arr(int32_t) offsets;
typedef wr_arr(uint8_t) flags;

/**
 * Offset and daylight saving at @p ms. ICU's times are doubles; milliseconds of all years in
 * question are exact in them.
 */
static int32_t offset_at(UCalendar *c, int64_t ms, uint8_t *dst)
{
    UErrorCode status = U_ZERO_ERROR;
    ucal_setMillis(c, (double)ms, &status);
    int32_t saving = ucal_get(c, UCAL_DST_OFFSET, &status);
    *dst = saving != 0;
    return (ucal_get(c, UCAL_ZONE_OFFSET, &status) + saving) / 1000;
}

/*
 * All transitions of the zone, some hundred of them; ICU is asked once and not for each row, which
 * cost a microsecond each and a lock. What ICU counts as a transition without a change of the
 * offset (a new name) is kept: it may change the flag of daylight saving time.
 */
static const wr__zone *with_rules(wr_str id, UCalendar *c, wr_arena *a)
{
    instants at = {0};
    offsets offset = {0};
    flags dst = {0};
    uint8_t saving;
    int32_t before = offset_at(c, TABLE_BEGIN_MS, &saving);
    wr_arr_push(a, &offset, before);
    wr_arr_push(a, &dst, saving);
    UErrorCode status = U_ZERO_ERROR;
    ucal_setMillis(c, (double)TABLE_BEGIN_MS, &status);
    UDate next;
    while (ucal_getTimeZoneTransitionDate(c, UCAL_TZ_TRANSITION_NEXT, &next, &status) &&
           U_SUCCESS(status) && (int64_t)next < TABLE_END_MS) {
        int64_t instant = (int64_t)next;
        WR_ASSERT(at.n == 0 || at.v[at.n - 1] < instant); /* what the binary search relies on */
        int32_t after = offset_at(c, instant, &saving);
        wr_arr_push(a, &at, instant);
        wr_arr_push(a, &offset, after);
        wr_arr_push(a, &dst, saving);
    }
    WR_ASSERT(offset.n == at.n + 1 && dst.n == offset.n);
    wr__zone *z = WR_NEW(a, wr__zone);
    *z = (wr__zone){.id = wr_arena_strndup(a, id.ptr, id.len),
                    .n = (uint32_t)at.n,
                    .at = at.v,
                    .offset_s = offset.v,
                    .dst = dst.v};
    return z;
}

/* In java.time.ZoneId's order: Z, offsets, prefixes with offsets, regions. NULL: java.time would
 * throw a DateTimeException. */
const wr__zone *wr__zone_new(wr_str id, wr_arena *a)
{
    int32_t seconds;
    if (wr_str_eq_c(id, "Z"))
        return wr__zone_of_offset(0, a);
    if (parse_offset(id, &seconds))
        return wr__zone_of_offset(seconds, a);
    const wr__zone *z = prefixed(id, a);
    if (z)
        return z;
    UCalendar *c = open_calendar(id);
    if (!c)
        return NULL;
    z = with_rules(id, c, a);
    ucal_close(c);
    return z;
}

/* ---- look-up ---- */

/**
 * An instant that has the same rules and lies in the table. 400 years are a whole number of weeks,
 * and rules are by month, week and day: they repeat.
 */
static int64_t into_table(int64_t ms)
{
    if (ms < TABLE_END_MS)
        return ms;
    return TABLE_END_MS - MS_PER_400_YEARS + (ms - TABLE_END_MS) % MS_PER_400_YEARS;
}

/**
 * Number of transitions at or before @p ms. Which is also the index of the offset after the last of
 * them.
 */
static uint32_t index_of(const wr__zone *z, int64_t ms)
{
    uint32_t low = 0, high = z->n;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (z->at[middle] <= ms)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* A zone without transitions has one offset. */
int32_t wr__zone_offset(const wr__zone *z, int64_t ms)
{
    return z->offset_s[z->n ? index_of(z, into_table(ms)) : 0];
}

/* java.util.TimeZone's view, whose tables begin in 1900: what a zone's clocks showed before, its
 * local mean time, is not known to it, and it takes the present standard time instead. */
int32_t wr__zone_offset_since_1900(const wr__zone *z, int64_t ms)
{
    if (ms >= -INT64_C(2208988800000) || !z->n)
        return wr__zone_offset(z, ms);
    uint32_t k = z->n; /* the last standard time; one that always saves daylight has none */
    while (k > 0 && z->dst[k])
        k--;
    return z->offset_s[k];
}

/* Only for names: what is daylight saving time is a matter of the name, not of the offset. */
bool wr__zone_is_dst(const wr__zone *z, int64_t ms)
{
    return z->dst[z->n ? index_of(z, into_table(ms)) : 0];
}

/*
 * A local time has one offset, or two (the hour that comes twice), or none (the hour that is left
 * out: the offset before it, so that the clock time moves on). Around a transition both of its
 * local times matter, and offsets differ by less than a day, so the search begins a day before.
 */
int32_t wr__zone_local_offset(const wr__zone *z, int64_t local_s)
{
    if (!z->n)
        return z->offset_s[0];
    /* Local times of so far away years do not occur; keep the product below in range. */
    int64_t limit = INT64_MAX / 2000;
    int64_t local_ms = into_table(WR_MAX(WR_MIN(local_s, limit), -limit) * 1000);
    /* A transition counts as passed from the later of its two local times on. */
    uint32_t k = index_of(z, local_ms - INT64_C(86400000));
    for (; k < z->n; k++) {
        int32_t before = z->offset_s[k], after = z->offset_s[k + 1];
        if (local_ms < z->at[k] + WR_MAX(before, after) * INT64_C(1000))
            return before;
    }
    return z->offset_s[z->n];
}

/* ---- names ---- */

/* Short names that Java has and ICU's English data has not: by the long name of standard time. */
static const struct {
    const char *full, *standard, *daylight, *generic;
} abbreviations[] = {
    {"Arabian Standard Time", "AST", "ADT", "AT"},
    {"Argentina Standard Time", "ART", "ARST", "ART"},
    {"Atlantic Standard Time", "AST", "ADT", "AT"},
    {"Australian Central Standard Time", "ACST", "ACDT", "ACT"},
    {"Australian Eastern Standard Time", "AEST", "AEDT", "AET"},
    {"Australian Western Standard Time", "AWST", "AWDT", "AWT"},
    {"Bangladesh Standard Time", "BDT", "BDST", "BDT"},
    {"Brasilia Standard Time", "BRT", "BRST", "BRT"},
    {"Central Africa Time", "CAT", "CAST", "CAT"},
    {"Central European Standard Time", "CET", "CEST", "CET"},
    {"Chile Standard Time", "CLT", "CLST", "CLT"},
    {"China Standard Time", "CST", "CDT", "CT"},
    {"Colombia Standard Time", "COT", "COST", "COT"},
    {"East Africa Time", "EAT", "EAST", "EAT"},
    {"Eastern European Standard Time", "EET", "EEST", "EET"},
    {"Greenwich Mean Time", "GMT", "GMT", "GMT"},
    {"Gulf Standard Time", "GST", "GDT", "GT"},
    {"Hong Kong Standard Time", "HKT", "HKST", "HKT"},
    {"India Standard Time", "IST", "IDT", "IT"},
    {"Indochina Time", "ICT", "ICST", "ICT"},
    {"Iran Standard Time", "IRST", "IRDT", "IRT"},
    {"Israel Standard Time", "IST", "IDT", "IT"},
    {"Japan Standard Time", "JST", "JDT", "JT"},
    {"Korean Standard Time", "KST", "KDT", "KT"},
    {"Lord Howe Standard Time", "LHST", "LHDT", "LHT"},
    {"Malaysia Time", "MYT", "MYST", "MYT"},
    {"Moscow Standard Time", "MSK", "MSD", "MT"},
    {"Nepal Time", "NPT", "NPST", "NPT"},
    {"New Zealand Standard Time", "NZST", "NZDT", "NZT"},
    {"Newfoundland Standard Time", "NST", "NDT", "NT"},
    {"Pakistan Standard Time", "PKT", "PKST", "PKT"},
    {"Peru Standard Time", "PET", "PEST", "PET"},
    {"Philippine Standard Time", "PST", "PDT", "PT"},
    {"Singapore Standard Time", "SGT", "SGST", "SGT"},
    {"South Africa Standard Time", "SAST", "SAST", "SAT"},
    {"Taipei Standard Time", "CST", "CDT", "CT"},
    {"West Africa Standard Time", "WAT", "WAST", "WAT"},
    {"Western European Standard Time", "WET", "WEST", "WET"},
    {"Western Indonesia Time", "WIB", "WIST", "WIB"},
};

/* Zones that are called as their id is. */
static const struct {
    const char *id, *daylight;
} own_names[] = {{"CET", "CEST"}, {"EET", "EEST"}, {"MET", "MEST"}, {"WET", "WEST"}};

/* ICU's name, "" where there is none. An expensive call, made for names only. */
static void display_name(const wr__zone *z, UCalendarDisplayNameType type, char out[128])
{
    UChar name[128];
    UErrorCode status = U_ZERO_ERROR;
    UCalendar *c = open_calendar(wr_str_c(z->id));
    out[0] = 0;
    if (!c)
        return;
    ucal_getTimeZoneDisplayName(c, type, "en_US", name, WR_ARRAY_LEN(name), &status);
    ucal_close(c);
    u_strToUTF8(out, 128, NULL, name, -1, &status);
}

/**
 * British and Irish summer times are names of their own zones. NULL: the zone's summer time has a
 * name by the table, or none.
 */
static const char *summer_name(const char *id)
{
    if (strcmp(id, "Europe/London") == 0 || strcmp(id, "GB") == 0)
        return "BST";
    return strcmp(id, "Europe/Dublin") == 0 || strcmp(id, "Eire") == 0 ? "IST" : NULL;
}

/** Names of zones without rules of their own; false: ICU is to be asked. */
static bool put_fixed_name(wr_buf *out, const wr__zone *z, bool full)
{
    bool utc = strcmp(z->id, "UTC") == 0, gmt = strcmp(z->id, "GMT") == 0;
    if (full && (utc || gmt)) {
        wr_buf_puts(out, utc ? "Coordinated Universal Time" : "Greenwich Mean Time");
    } else if (strncmp(z->id, "Etc/GMT", 7) == 0 && z->offset_s[0]) {
        wr_buf_puts(out, "GMT"); /* the sign of the id is the other way round */
        wr__zone_print_offset(out, z->offset_s[0]);
    } else if (z->is_offset || utc || gmt || strcmp(z->id, "UT") == 0 ||
               (z->offset_s[0] && z->id[0] != 'E' && strpbrk(z->id, "+-"))) {
        wr_buf_puts(out, z->id);
    } else {
        return false;
    }
    return true;
}

/* Short names by the tables above; false: they do not have the zone. The name of standard time is
 * what zones of one kind have in common in ICU's data, so one row of the table serves all of them.
 */
static bool put_short_name(wr_buf *out, const wr__zone *z, bool dst, bool generic)
{
    const char *name = dst ? summer_name(z->id) : NULL;
    for (size_t k = 0; !name && k < WR_ARRAY_LEN(own_names); k++)
        if (strcmp(z->id, own_names[k].id) == 0)
            name = dst ? own_names[k].daylight : own_names[k].id;
    char full[128];
    if (!name)
        display_name(z, UCAL_STANDARD, full);
    for (size_t k = 0; !name && k < WR_ARRAY_LEN(abbreviations); k++) {
        if (strcmp(full, abbreviations[k].full) == 0)
            name = generic ? abbreviations[k].generic
                   : dst   ? abbreviations[k].daylight
                           : abbreviations[k].standard;
    }
    if (name)
        wr_buf_puts(out, name);
    return name != NULL;
}

/* ICU's name for both halves of the year: Pacific Time, PT. ICU asks for a date, since zones have
 * been called otherwise before; the present name is wanted. Where there is no summer time ICU falls
 * back on the name of standard time, Java does not: Japan Time. */
static void put_generic_name(wr_buf *out, const wr__zone *z, bool full)
{
    const UDate present = 1579046400000; /* 2020-01-15 */
    UChar pattern[8], id[ID_MAX], name[128];
    UErrorCode status = U_ZERO_ERROR;
    u_uastrcpy(pattern, full ? "vvvv" : "v");
    u_uastrncpy(id, z->id, ID_MAX);
    UDateFormat *f = udat_open(UDAT_PATTERN, UDAT_PATTERN, "en_US", id, -1, pattern, -1, &status);
    udat_format(f, present, name, WR_ARRAY_LEN(name), NULL, &status);
    char text[128] = "";
    u_strToUTF8(text, sizeof(text), NULL, name, -1, &status);
    char *standard = strstr(text, " Standard Time");
    if (standard && standard[14] == '\0')
        memcpy(standard, " Time", sizeof(" Time"));
    if (U_SUCCESS(status))
        wr_buf_puts(out, text);
    udat_close(f);
}

/* Java's names in English: long ones are ICU's; short ones ICU has for the US only and writes GMT+1
 * for others, so these come from the tables above. @p generic: Pacific Time, for both halves of the
 * year. */
void wr__zone_put_name(wr_buf *out, const wr__zone *z, int64_t ms, bool full, bool generic)
{
    if (!z->n && put_fixed_name(out, z, full))
        return;
    bool dst = wr__zone_is_dst(z, ms) && !generic;
    if (!full && put_short_name(out, z, dst, generic))
        return;
    if (generic) {
        put_generic_name(out, z, full);
        return;
    }
    char name[128];
    if (full)
        display_name(z, dst ? UCAL_DST : UCAL_STANDARD, name);
    else
        display_name(z, dst ? UCAL_SHORT_DST : UCAL_SHORT_STANDARD, name);
    wr_buf_puts(out, name);
}

/* Reading is not the reverse of printing: CST may be three zones, Java reads one of them. */
const char *wr__zone_of_abbreviation(wr_str name, uint32_t *matched)
{
    /* What Java reads the ambiguous ones as; longer names first. */
    static const char *const zones[][2] = {
        {"AEDT", "Australia/Sydney"},    {"AEST", "Australia/Sydney"},
        {"AKDT", "America/Anchorage"},   {"AKST", "America/Anchorage"},
        {"CEST", "Europe/Paris"},        {"EEST", "Europe/Bucharest"},
        {"NZDT", "Pacific/Auckland"},    {"NZST", "Pacific/Auckland"},
        {"SAST", "Africa/Johannesburg"}, {"ADT", "America/Halifax"},
        {"AST", "America/Halifax"},      {"CDT", "America/Chicago"},
        {"CET", "Europe/Paris"},         {"CST", "America/Chicago"},
        {"EDT", "America/New_York"},     {"EET", "Europe/Bucharest"},
        {"EST", "America/New_York"},     {"HKT", "Asia/Hong_Kong"},
        {"HST", "Pacific/Honolulu"},     {"JST", "Asia/Tokyo"},
        {"KST", "Asia/Seoul"},           {"MDT", "America/Denver"},
        {"MSK", "Europe/Moscow"},        {"MST", "America/Denver"},
        {"PDT", "America/Los_Angeles"},  {"PST", "America/Los_Angeles"},
        {"SGT", "Asia/Singapore"},
    };
    for (size_t k = 0; k < WR_ARRAY_LEN(zones); k++) {
        uint32_t n = (uint32_t)strlen(zones[k][0]);
        if (name.len >= n && wr_str_ieq(wr_str_make(name.ptr, n), wr_str_c(zones[k][0]))) {
            *matched = n;
            return zones[k][1];
        }
    }
    return NULL;
}

/* ---- cache ---- */

/*
 * Unknown ids are remembered, too: a column of wrong ids would ask ICU for each row. A list, as a
 * batch names few zones.
 */

/* One id that was looked up, in the arena of whoever asked. */
struct wr__zone_entry {
    struct wr__zone_entry *next;
    wr_str id;
    const wr__zone *zone; /* NULL: there is no such zone */
};

/* NULL: there is no such zone. The arena must live as long as the cache. */
const wr__zone *wr__zone_get(wr__zone_cache *c, wr_str id, wr_arena *a)
{
    for (struct wr__zone_entry *e = c->first; e; e = e->next)
        if (wr_str_eq(e->id, id))
            return e->zone;
    struct wr__zone_entry *e = WR_NEW(a, struct wr__zone_entry);
    e->id = wr_arena_str(a, id);
    e->zone = wr__zone_new(id, a);
    e->next = c->first;
    c->first = e;
    return e->zone;
}
