/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Named generators. Randomness is splitmix64, started from (seed, i) mixed, so records do not
 * depend on each other. Event time rises by STEP_MS a record; one record in fifty comes up to five
 * seconds late, because real ones do.
 */
#include "generators.h"

#include <inttypes.h>
#include <string.h>

#define STEP_MS      10
#define LATE_ONE_IN  50
#define LATE_MAX_MS  5000
#define COUNT(array) (sizeof(array) / sizeof *(array))

typedef struct rng {
    uint64_t state;
} rng;

static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static uint64_t draw(rng *r)
{
    r->state += UINT64_C(0x9e3779b97f4a7c15);
    return mix(r->state);
}

static uint64_t below(rng *r, uint64_t n)
{
    return draw(r) % n;
}

static rng rng_of(uint64_t seed, uint64_t i)
{
    return (rng){mix(mix(seed + UINT64_C(0x9e3779b97f4a7c15)) + i)};
}

static int64_t event_time(rng *r, uint64_t i, int64_t start_ms)
{
    int64_t time_ms = start_ms + (int64_t)(i * STEP_MS);
    if (below(r, LATE_ONE_IN) == 0)
        time_ms -= (int64_t)below(r, LATE_MAX_MS);
    return time_ms > 0 ? time_ms : 0;
}

/** The smaller of two draws: low numbers are more common, as a few users are. */
static uint64_t skewed(rng *r, uint64_t n)
{
    uint64_t a = below(r, n), b = below(r, n);
    return a < b ? a : b;
}

/* ---------------------------------------------------------------- clicks */

typedef struct place {
    const char *country;
    const char *cities[3];
} place;

static const place places[] = {
    {"Germany", {"Berlin", "Hamburg", "K\xc3\xb6ln"}},
    {"France", {"Paris", "Lyon", "Marseille"}},
    {"Japan", {"Tokyo", "Osaka", "Sapporo"}},
    {"United States", {"Boston", "Denver", "Seattle"}},
    {"Brazil", {"S\xc3\xa3o Paulo", "Recife", "Belo Horizonte"}},
    {"India", {"Pune", "Chennai", "Kolkata"}},
    {"Kenya", {"Nairobi", "Mombasa", "Kisumu"}},
    {"Canada", {"Toronto", "Calgary", "Halifax"}},
};

typedef struct platform {
    const char *name;
    const char *versions[3];
    const char *browsers[3];
} platform;

static const platform platforms[] = {
    {"Android", {"12", "13", "14"}, {"Chrome", "Firefox", "Samsung Internet"}},
    {"iOS", {"16.7", "17.2", "17.5"}, {"Safari", "Chrome", "Firefox"}},
    {"Windows", {"10", "10", "11"}, {"Chrome", "Edge", "Firefox"}},
    {"macOS", {"13.6", "14.1", "14.5"}, {"Safari", "Chrome", "Firefox"}},
    {"Linux", {"5.15", "6.1", "6.8"}, {"Firefox", "Chrome", "Chromium"}},
};

/** A UUID of version 4. */
static void add_uuid(cli_text *t, rng *r)
{
    uint64_t high = (draw(r) & ~UINT64_C(0xf000)) | UINT64_C(0x4000);
    uint64_t low = (draw(r) & ~(UINT64_C(3) << 62)) | UINT64_C(1) << 63;
    cli_text_addf(t, "%08" PRIx64 "-%04" PRIx64 "-%04" PRIx64 "-%04" PRIx64 "-%012" PRIx64,
                  high >> 32, high >> 16 & 0xffff, high & 0xffff, low >> 48,
                  low & UINT64_C(0xffffffffffff));
}

static void make_click(uint64_t seed, uint64_t i, int64_t start_ms, cli_generated *out)
{
    rng r = rng_of(seed, i);
    add_uuid(&out->key, &r);
    out->time_ms = event_time(&r, i, start_ms);
    const place *where = &places[skewed(&r, COUNT(places))];
    const platform *with = &platforms[below(&r, COUNT(platforms))];
    uint64_t visitor = skewed(&r, 20000);
    cli_text *t = &out->value;
    cli_text_addf(t, "{\"uuid\":\"%s\",\"campaignId\":%" PRIu64 ",\"pubId\":%" PRIu64,
                  cli_text_string(&out->key), 1 + below(&r, 10), 1 + below(&r, 5));
    cli_text_addf(t, ",\"timestamp\":%" PRId64 ",\"ip\":\"10.%" PRIu64 ".%" PRIu64 ".%" PRIu64 "\"",
                  out->time_ms, visitor / 62500, visitor / 250 % 250, 1 + visitor % 250);
    cli_text_addf(t, ",\"city\":\"%s\",\"country\":\"%s\"", where->cities[below(&r, 3)],
                  where->country);
    cli_text_addf(t, ",\"browser\":\"%s\",\"platform\":\"%s\",\"platformVersion\":\"%s\"}",
                  with->browsers[below(&r, 3)], with->name, with->versions[below(&r, 3)]);
}

/* ---------------------------------------------------------------- pageviews, users, orders */

#define USERS 50

static void make_pageview(uint64_t seed, uint64_t i, int64_t start_ms, cli_generated *out)
{
    rng r = rng_of(seed, i);
    out->time_ms = event_time(&r, i, start_ms);
    cli_text_addf(&out->key, "User_%" PRIu64, 1 + skewed(&r, USERS));
    cli_text_addf(&out->value,
                  "{\"viewtime\":%" PRId64 ",\"userid\":\"%s\",\"pageid\":\"Page_%" PRIu64 "\"}",
                  out->time_ms, cli_text_string(&out->key), 10 + below(&r, 90));
}

static void make_user(uint64_t seed, uint64_t i, int64_t start_ms, cli_generated *out)
{
    static const char *const genders[] = {"FEMALE", "MALE", "OTHER"};
    rng r = rng_of(seed, i);
    out->time_ms = event_time(&r, i, start_ms);
    /* The first records name every user once; later ones are updates. */
    uint64_t user = i < USERS ? i : below(&r, USERS);
    cli_text_addf(&out->key, "User_%" PRIu64, 1 + user);
    cli_text_addf(&out->value,
                  "{\"registertime\":%" PRId64 ",\"userid\":\"%s\",\"regionid\":\"Region_%" PRIu64
                  "\",\"gender\":\"%s\"}",
                  out->time_ms, cli_text_string(&out->key), 1 + below(&r, 9),
                  genders[below(&r, COUNT(genders))]);
}

static void make_order(uint64_t seed, uint64_t i, int64_t start_ms, cli_generated *out)
{
    rng r = rng_of(seed, i);
    out->time_ms = event_time(&r, i, start_ms);
    uint64_t tenths = 1 + below(&r, 200);
    cli_text_addf(&out->key, "%" PRIu64, i);
    cli_text_addf(&out->value,
                  "{\"ordertime\":%" PRId64 ",\"orderid\":%" PRIu64 ",\"itemid\":\"Item_%" PRIu64
                  "\",\"orderunits\":%" PRIu64 ".%" PRIu64,
                  out->time_ms, i, skewed(&r, 1000), tenths / 10, tenths % 10);
    cli_text_addf(&out->value,
                  ",\"address\":{\"city\":\"City_%" PRIu64 "\",\"state\":\"State_%" PRIu64
                  "\",\"zipcode\":%" PRIu64 "}}",
                  below(&r, 100), below(&r, 50), 10000 + below(&r, 90000));
}

static const cli_generator generators[] = {
    {"clicks",
     "id STRING KEY, uuid STRING, campaignId INT, pubId INT, `timestamp` BIGINT, ip STRING, "
     "city STRING, country STRING, browser STRING, platform STRING, platformVersion STRING",
     make_click},
    {"pageviews", "id STRING KEY, viewtime BIGINT, userid STRING, pageid STRING", make_pageview},
    {"users",
     "id STRING PRIMARY KEY, registertime BIGINT, userid STRING, regionid STRING, "
     "gender STRING",
     make_user},
    {"orders",
     "id STRING KEY, ordertime BIGINT, orderid INT, itemid STRING, orderunits DOUBLE, "
     "address STRUCT<city STRING, state STRING, zipcode BIGINT>",
     make_order},
};

const cli_generator *cli_generator_at(size_t index)
{
    return index < COUNT(generators) ? &generators[index] : NULL;
}

const cli_generator *cli_generator_find(const char *name)
{
    for (size_t i = 0; i < COUNT(generators); i++)
        if (strcmp(generators[i].name, name) == 0)
            return &generators[i];
    return NULL;
}
