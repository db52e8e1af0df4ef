/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_reader.h - a small JSON reader for the envelopes of `weir produce --json`. It walks a text
 * in place: strings are decoded, other values are handed out as the text they are, digits
 * unchanged.
 */
#ifndef CLI_JSON_READER_H
#define CLI_JSON_READER_H

#include "screen_text.h"

#define CLI_JSON_DEPTH_MAX 100

typedef struct cli_json {
    const char *at, *end;
    const char *problem; /* what was wrong; NULL while all is well */
} cli_json;

typedef enum cli_json_kind {
    CLI_JSON_ERROR,
    CLI_JSON_NULL,
    CLI_JSON_STRING,
    CLI_JSON_OTHER, /* number, true, false, object, array */
} cli_json_kind;

void cli_json_begin(cli_json *j, const char *text, size_t len);
/** Step over blanks and then @p c. @return false where something else stands there. */
bool cli_json_take(cli_json *j, char c);
/** Append the next string, decoded. @return false, with j->problem, where there is none. */
bool cli_json_string(cli_json *j, cli_text *out);
/** The next value: a string decoded, NULL nothing, anything else as it stands. Appends to @p out.
 */
cli_json_kind cli_json_value(cli_json *j, cli_text *out);
/**
 * Append a JSON text as ksqlDB's CLI shows values in tables: {A=1, B={C=x}, L=[1, null]}.
 * @return false, and nothing is appended, where @p json is no JSON.
 */
bool cli_json_show(const char *json, cli_text *out);
/** Are only blanks left? */
bool cli_json_at_end(cli_json *j);
/** Set j->problem unless it is set. @return false. */
bool cli_json_fail(cli_json *j, const char *problem);

#endif
