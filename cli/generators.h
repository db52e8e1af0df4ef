/* SPDX-License-Identifier: Apache-2.0 */
/*
 * generators.h - made-up records that look like real ones. Pure: record i depends on the seed and i
 * alone, so any part of a topic can be made again.
 */
#ifndef CLI_GENERATORS_H
#define CLI_GENERATORS_H

#include "screen_text.h"

typedef struct cli_generated {
    cli_text key, value; /* UTF-8; the value is a JSON object */
    int64_t time_ms;     /* event time, to be the record's timestamp */
} cli_generated;

typedef struct cli_generator {
    const char *name;    /* also the default topic */
    const char *columns; /* as CREATE STREAM takes them, for help and docs */
    void (*make)(uint64_t seed, uint64_t i, int64_t start_ms, cli_generated *out);
} cli_generator;

/** NULL where there is none. */
const cli_generator *cli_generator_find(const char *name);
/** By number; NULL past the end. */
const cli_generator *cli_generator_at(size_t index);

#endif
