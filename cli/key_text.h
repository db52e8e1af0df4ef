/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_text.h - a record's key as a person reads it.
 *
 * The bytes do not say what they are. What is text is shown as it is; a key of the KAFKA format
 * that is a number as that number; a window, which windowed tables have at the end of the key, as
 * PRINT shows it: [key@start/-], or [key@start/end] of a session.
 */
#ifndef CLI_KEY_TEXT_H
#define CLI_KEY_TEXT_H

#include "screen_text.h"

void cli_key_text(const char *key, size_t len, cli_text *out);

#endif
