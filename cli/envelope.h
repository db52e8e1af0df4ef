/* SPDX-License-Identifier: Apache-2.0 */
/*
 * envelope.h - a record as one line of JSON, for `weir produce --json` and `weir consume --json`:
 *
 *     {"partition":0,"offset":7,"timestamp":1700000000000,"key":"k","value":"{\"a\":1}",
 *      "headers":[{"key":"h","value":"x"}]}
 *
 * Writing loses nothing: bytes that are no UTF-8 stand as "keyBase64", "valueBase64". Reading takes
 * what writing makes, and more: a member may be missing (NULL key, NULL value, time of writing,
 * ...), headers may be an object, and a key or value that is no string stands for its own JSON
 * text. Where a format is named for keys or values, each stands as the JSON text of what it means,
 * strings with their quotes: "value":{"a":1}.
 */
#ifndef CLI_ENVELOPE_H
#define CLI_ENVELOPE_H

#include "screen_text.h"
#include "weir.h"

#define CLI_HEADERS_MAX 256

/** One record being read; reused from line to line. */
typedef struct cli_envelope {
    bool key_is_json, value_is_json;   /* set before reading: members are JSON texts, not decoded */
    bool key_is_bytes, value_is_bytes; /* of this record: they were in base 64 */
    cli_text key, value, header_bytes;
    const char *header_keys[CLI_HEADERS_MAX];
    const void *header_values[CLI_HEADERS_MAX];
    size_t header_lens[CLI_HEADERS_MAX];
    size_t header_at[CLI_HEADERS_MAX]; /* of the name in header_bytes; its value follows it */
    size_t headers_n;
    bool has_key, has_value;
    int64_t timestamp, partition; /* -1: not given */
} cli_envelope;

/**
 * @param out  borrows from @p e, until the next call. Topic is not set.
 * @return NULL, or what is wrong with the line.
 */
const char *cli_envelope_read(cli_envelope *e, const char *line, size_t len, weir_record *out);
void cli_envelope_free(cli_envelope *e);

/**
 * Append the line, line break included.
 * @param key_json, value_json  JSON text to stand there; NULL: the record's bytes.
 */
void cli_envelope_write(const weir_record *record, const char *key_json, const char *value_json,
                        cli_text *out);

#endif
