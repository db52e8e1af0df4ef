/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sql_words.h - a statement that is still being typed, cut into words.
 *
 * Unlike the library's parser this takes any text: a quote or comment may lack its end.
 */
#ifndef CLI_SQL_WORDS_H
#define CLI_SQL_WORDS_H

#include "screen_text.h"

#define CLI_WORDS_MAX 4096 /* of a statement; those after them are not read */

typedef struct cli_word {
    char kind;      /* 'w' a name or keyword, 's' a string, 'o' a string without its end, 'n' a
                     * number; else the character itself */
    const char *at; /* in the text */
    size_t len;     /* without quotes for strings, with them for names */
} cli_word;

typedef struct cli_words {
    cli_word *at; /* the caller's, of CLI_WORDS_MAX */
    size_t n;
} cli_words;

/** The words of the last statement in @p text. */
void cli_words_read(const char *text, cli_words *out);
/** Is it this name or keyword, in any case? */
bool cli_word_is(const cli_word *w, const char *text);
/** Is it one of @p list, which are separated by blanks? */
bool cli_word_is_one_of(const cli_word *w, const char *list);
/** May the character be in a name without quotes? */
bool cli_in_name(char c);

#endif
