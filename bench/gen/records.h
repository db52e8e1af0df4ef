/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The records of the benchmark's topics. Record i of a topic depends on the seed and on i alone, so
 * a generator can be run again, in part or elsewhere, and makes the same bytes.
 *
 * Draw into variables, never in the arguments of a call: their order is the compiler's choice.
 *
 * To add one: a function here that fills a gen_record, and a line in the table of main.c.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define GEN_START_MS INT64_C(1735689600000) /* 2025-01-01T00:00:00Z: event time of record 0 */

typedef struct gen_options {
    uint64_t seed;
    uint64_t records;   /* for keys: how many updates follow the keys */
    uint64_t ips;       /* clicks: how many addresses there are to draw from */
    uint64_t keys;      /* keys: how many */
    double skew;        /* keys: 0 uniform, else the exponent of Zipf's law (below 1) */
    uint32_t schema_id; /* clicks-avro: by which the schema is registered */
} gen_options;

typedef struct gen_record {
    const char *topic;
    int64_t time_ms;
    size_t key_len, value_len;
    char key[64];
    char value[1024];
} gen_record;

void gen_click(const gen_options *o, uint64_t i, gen_record *out);
/** The same click as gen_click's, as an Avro record of its ten members in their order: strings,
 *  campaignId and pubId int, timestamp long; after the mark that names the schema. */
void gen_click_avro(const gen_options *o, uint64_t i, gen_record *out);
void gen_campaign(const gen_options *o, uint64_t i, gen_record *out);

/** Of 50 events one is a person, three are auctions, 46 are bids. */
void gen_nexmark(const gen_options *o, uint64_t i, gen_record *out);

/** First every key once, in an order that is none; then updates of keys. */
void gen_key(const gen_options *o, uint64_t i, gen_record *out);

/* ---- for the generators */

/** Random numbers of one record: splitmix64. */
typedef struct gen_rng {
    uint64_t state;
} gen_rng;

gen_rng gen_rng_of(uint64_t seed, uint64_t stream, uint64_t i);
uint64_t gen_draw(gen_rng *r);
uint64_t gen_below(gen_rng *r, uint64_t n);

/** Sets the value as printf would; too long a text is a mistake in the generator and ends it. */
void gen_value(gen_record *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** Sets the key to a number in the bytes of the KAFKA format: big endian, 4 or 8 of them. */
void gen_key_number(gen_record *out, uint64_t number, size_t bytes);

/** The times of a record: rising by 1 ms each; one in fifty comes up to five seconds late. */
int64_t gen_time_late(gen_rng *r, uint64_t i);
