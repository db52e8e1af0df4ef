/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clicks on advertisements, and the campaigns they belong to; and bare keys for large state.
 *
 * A click has a UUID of 36 bytes as key and a JSON object of ten members and 200 to 250 bytes.
 * A quarter of the clicks is from the United States, and six in ten are made with Chrome: the
 * filter of W1 (three countries and that browser) lets 22 % pass.
 */
#include "records.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define CAMPAIGNS    10
#define PUBLISHERS   5

enum { STREAM_CLICKS = 1, STREAM_KEYS = 2 };

typedef struct place {
    unsigned percent;
    const char *country;
    const char *cities[3];
} place;

static const place places[] = {
    {25, "United States", {"San Francisco", "Philadelphia", "Washington"}},
    {6, "Germany", {"Frankfurt", "Stuttgart", "Dresden"}},
    {5, "France", {"Toulouse", "Bordeaux", "Strasbourg"}},
    {15, "India", {"Hyderabad", "Ahmedabad", "Jaipur"}},
    {9, "Brazil", {"Fortaleza", "Brasilia", "Manaus"}},
    {7, "United Kingdom", {"Birmingham", "Edinburgh", "Cardiff"}},
    {7, "Japan", {"Yokohama", "Hiroshima", "Fukuoka"}},
    {6, "Mexico", {"Mexico City", "Monterrey", "Merida"}},
    {5, "Canada", {"Vancouver", "Montreal", "Winnipeg"}},
    {5, "Spain", {"Barcelona", "Valencia", "Zaragoza"}},
    {5, "Poland", {"Wroclaw", "Katowice", "Lublin"}},
    {3, "Australia", {"Melbourne", "Brisbane", "Adelaide"}},
    {2, "Sweden", {"Stockholm", "Uppsala", "Malmo"}},
};

static const char *const browsers[] = {"Chrome", "Chrome", "Chrome", "Chrome",  "Chrome",
                                       "Chrome", "Safari", "Safari", "Firefox", "Edge"};

static const struct {
    const char *name;
    const char *versions[3];
} platforms[] = {
    {"Windows", {"10.0.19045", "11.0.22631", "11.0.26100"}},
    {"Android", {"13.0.0", "14.0.0", "15.0.0"}},
    {"iOS", {"16.7.10", "17.6.1", "18.1.1"}},
    {"macOS", {"13.6.9", "14.6.1", "15.1.0"}},
    {"Linux", {"5.15.0", "6.1.0", "6.8.0"}},
};

static const char *const campaigns[CAMPAIGNS] = {
    "spring-sale", "summer-sale", "back-to-school", "black-friday",  "year-end",
    "newsletter",  "win-back",    "brand-video",    "partner-offer", "app-install",
};

static void set_uuid(gen_record *out, gen_rng *r)
{
    uint64_t high = (gen_draw(r) & ~UINT64_C(0xf000)) | UINT64_C(0x4000); /* version 4 */
    uint64_t low = (gen_draw(r) & ~(UINT64_C(3) << 62)) | UINT64_C(1) << 63;
    int n =
        snprintf(out->key, sizeof out->key,
                 "%08" PRIx64 "-%04" PRIx64 "-%04" PRIx64 "-%04" PRIx64 "-%012" PRIx64, high >> 32,
                 high >> 16 & 0xffff, high & 0xffff, low >> 48, low & UINT64_C(0xffffffffffff));
    out->key_len = (size_t)n;
}

static const place *draw_place(gen_rng *r)
{
    uint64_t percent = gen_below(r, 100);
    const place *p = places;
    while (percent >= p->percent)
        percent -= p++->percent;
    return p;
}

/* One click. Texts are constants, but the UUID, which is the record's key. */
typedef struct click {
    const char *city, *country, *browser, *platform, *version;
    char ip[16];
    uint64_t campaign, publisher;
} click;

static click draw_click(const gen_options *o, uint64_t i, gen_record *out)
{
    gen_rng r = gen_rng_of(o->seed, STREAM_CLICKS, i);
    click c;
    set_uuid(out, &r);
    out->time_ms = gen_time_late(&r, i);
    const place *where = draw_place(&r);
    c.country = where->country;
    c.city = where->cities[gen_below(&r, COUNT(where->cities))];
    uint64_t os = gen_below(&r, COUNT(platforms));
    c.platform = platforms[os].name;
    c.version = platforms[os].versions[gen_below(&r, COUNT(platforms[os].versions))];
    c.browser = browsers[gen_below(&r, COUNT(browsers))];
    c.campaign = 1 + gen_below(&r, CAMPAIGNS);
    c.publisher = 1 + gen_below(&r, PUBLISHERS);
    /* An odd factor spreads the addresses over all of the 32 bits, one to one. */
    uint32_t ip = (uint32_t)gen_below(&r, o->ips) * UINT32_C(2654435769);
    snprintf(c.ip, sizeof c.ip, "%u.%u.%u.%u", ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255);
    return c;
}

void gen_click(const gen_options *o, uint64_t i, gen_record *out)
{
    const click c = draw_click(o, i, out);
    out->topic = "clicks";
    gen_value(out,
              "{\"uuid\":\"%s\",\"campaignId\":%" PRIu64 ",\"pubId\":%" PRIu64
              ",\"timestamp\":%" PRId64 ",\"ip\":\"%s\",\"city\":\"%s\",\"country\":\"%s\""
              ",\"browser\":\"%s\",\"platform\":\"%s\",\"platformVersion\":\"%s\"}",
              out->key, c.campaign, c.publisher, out->time_ms, c.ip, c.city, c.country, c.browser,
              c.platform, c.version);
}

/* ---- the same in Avro */

static void put_number(gen_record *out, int64_t v)
{
    uint64_t bits = (uint64_t)v << 1 ^ (uint64_t)(v >> 63);
    for (; bits >= 0x80; bits >>= 7)
        out->value[out->value_len++] = (char)(bits | 0x80);
    out->value[out->value_len++] = (char)bits;
}

static void put_text(gen_record *out, const char *s)
{
    size_t len = strlen(s); /* all together are far from what a value has room for */
    put_number(out, (int64_t)len);
    memcpy(out->value + out->value_len, s, len);
    out->value_len += len;
}

void gen_click_avro(const gen_options *o, uint64_t i, gen_record *out)
{
    const click c = draw_click(o, i, out);
    out->topic = "clicks-avro";
    out->value_len = 5;
    out->value[0] = 0;
    for (int k = 0; k < 4; k++)
        out->value[1 + k] = (char)(o->schema_id >> (24 - 8 * k));
    put_text(out, out->key);
    put_number(out, (int64_t)c.campaign);
    put_number(out, (int64_t)c.publisher);
    put_number(out, out->time_ms);
    put_text(out, c.ip);
    put_text(out, c.city);
    put_text(out, c.country);
    put_text(out, c.browser);
    put_text(out, c.platform);
    put_text(out, c.version);
}

void gen_campaign(const gen_options *o, uint64_t i, gen_record *out)
{
    (void)o;
    uint64_t id = 1 + i % CAMPAIGNS;
    out->topic = "campaigns";
    out->time_ms = GEN_START_MS - 1000; /* known before the first click */
    gen_key_number(out, id, 4);
    gen_value(out, "{\"name\":\"%s\",\"budget\":%" PRIu64 "}", campaigns[id - 1], 5000 * id);
}

/** Number of a key by Zipf's law, by inversion of its continuous form: cheap, and good enough. */
static uint64_t draw_zipf(gen_rng *r, uint64_t n, double skew)
{
    double u = (double)(gen_draw(r) >> 11) * 0x1p-53;
    double power = 1 - skew;
    double at = pow(u * (pow((double)n + 1, power) - 1) + 1, 1 / power) - 1;
    return at >= (double)n ? n - 1 : (uint64_t)at;
}

void gen_key(const gen_options *o, uint64_t i, gen_record *out)
{
    gen_rng r = gen_rng_of(o->seed, STREAM_KEYS, i);
    uint64_t number = i;
    if (i >= o->keys)
        number = o->skew > 0 ? draw_zipf(&r, o->keys, o->skew) : gen_below(&r, o->keys);
    out->topic = "keys";
    out->time_ms = GEN_START_MS + (int64_t)(i / 10);
    /* Multiplying by an odd number is one to one: neighbours, hot ones too, lie far apart. */
    out->key_len = (size_t)snprintf(out->key, sizeof out->key, "key-%016" PRIx64,
                                    number * UINT64_C(0x9e3779b97f4a7c15));
    gen_value(out, "{\"v\":%" PRIu64 "}", gen_below(&r, 1000));
}
