/* SPDX-License-Identifier: Apache-2.0 */
/*
 * screen_text.h - growable text, and how wide text is on a terminal.
 *
 * The program sees weir.h alone, so it brings its own small helpers. Out of memory ends the program
 * with a message: nothing here holds state that a kill could damage.
 */
#ifndef CLI_SCREEN_TEXT_H
#define CLI_SCREEN_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define CLI_PRINTF(text_at, first_at) __attribute__((format(printf, text_at, first_at)))
#else
#define CLI_PRINTF(text_at, first_at)
#endif

/** What is so in this program whatever is typed, read or answered; on in every build, as in the
 *  library, whose macro it is not: the program sees weir.h alone. */
#define WR_ASSERT(condition)                                                                       \
    do {                                                                                           \
        if (!(condition))                                                                          \
            cli_assert_failed(#condition, __FILE__, __LINE__);                                     \
    } while (0)
#if defined(__GNUC__)
__attribute__((noreturn))
#endif
void cli_assert_failed(const char *condition, const char *file, int line);

/** Bytes that own their memory; `{0}` is an empty one. */
typedef struct cli_text {
    char *at;        /* NULL while nothing was ever added */
    size_t len, cap; /* bytes used, bytes there */
} cli_text;

void cli_text_add(cli_text *t, const char *bytes, size_t len);
void cli_text_adds(cli_text *t, const char *string);
void cli_text_addc(cli_text *t, char c, size_t times);
void cli_text_addf(cli_text *t, const char *format, ...) CLI_PRINTF(2, 3);
/** Append a JSON string, quotes included. Bytes that are no UTF-8 become U+FFFD. */
void cli_text_add_json(cli_text *t, const char *bytes, size_t len);
/** 0-terminated; valid until the next change. Never NULL. */
const char *cli_text_string(cli_text *t);
/** Empty it and keep the memory. */
void cli_text_clear(cli_text *t);
void cli_text_free(cli_text *t);

/** A list of strings; borrowed or owned is the user's matter. */
typedef struct cli_list {
    const char **at;
    size_t n, cap;
} cli_list;
void cli_list_add(cli_list *l, const char *item);
void cli_list_free(cli_list *l);

/** Never NULL. */
void *cli_realloc(void *p, size_t size);
char *cli_copy(const char *bytes, size_t len);

/**
 * Decode the character at *at and step over it.
 * @return the code point; -1 for a byte that is no UTF-8 (one byte is stepped over).
 */
int32_t cli_utf8_next(const char **at, const char *end);
bool cli_utf8_valid(const char *bytes, size_t len);
/** Columns that one character takes on a terminal: 0, 1 or 2. Controls take 1 (shown as a blank).
 */
int cli_char_columns(int32_t c);
/** Columns of a line of text. */
size_t cli_columns(const char *bytes, size_t len);

/**
 * A whole number with an optional sign, nothing before or after.
 * @return false where it is none or does not fit.
 */
bool cli_parse_int(const char *text, int64_t *out);
/** Milliseconds since the epoch: a whole number, "now", or ISO 8601 as
 * 2025-01-31[T12:30[:15[.250]]Z] (UTC). */
bool cli_parse_time(const char *text, int64_t *out_ms);
/** Milliseconds of the monotonic clock, for time-outs and rates. */
int64_t cli_now_ms(void);

#endif
