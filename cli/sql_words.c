/* SPDX-License-Identifier: Apache-2.0 */
#include "sql_words.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

bool cli_in_name(char c)
{
    return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

/** Where the quoted text that begins at @p at ends, doubled quotes stepped over; its end where the
 *  quote is missing. */
static const char *quote_end(const char *at, const char *end)
{
    WR_ASSERT(at < end && strchr("'`\"", *at));
    char quote = *at;
    for (at++; at < end; at++) {
        if (*at != quote)
            continue;
        if (at + 1 >= end || at[1] != quote)
            return at;
        at++;
    }
    return end;
}

/** The next word from @p at on. @return where it ends; NULL where nothing but blanks is left. */
static const char *next_word(const char *at, const char *end, cli_word *out)
{
    for (;;) {
        while (at < end && isspace((unsigned char)*at))
            at++;
        if (end - at >= 2 && at[0] == '-' && at[1] == '-') {
            const char *line_end = memchr(at, '\n', (size_t)(end - at));
            at = line_end ? line_end : end;
        } else if (end - at >= 2 && at[0] == '/' && at[1] == '*') {
            const char *close = memmem(at + 2, (size_t)(end - at) - 2, "*/", 2);
            at = close ? close + 2 : end;
        } else {
            break;
        }
    }
    if (at == end)
        return NULL;
    *out = (cli_word){*at, at, 1};
    if (*at == '\'') {
        const char *close = quote_end(at, end);
        *out = (cli_word){close < end ? 's' : 'o', at + 1, (size_t)(close - at) - 1};
        return close < end ? close + 1 : end;
    }
    const char *stop = at + 1;
    if (*at == '`' || *at == '"') {
        stop = quote_end(at, end);
        stop += stop < end;
        out->kind = 'w';
    } else if (cli_in_name(*at)) {
        while (stop < end && cli_in_name(*stop))
            stop++;
        out->kind = isdigit((unsigned char)*at) ? 'n' : 'w';
    }
    out->len = (size_t)(stop - at);
    WR_ASSERT(stop > at && stop <= end); /* it goes on */
    return stop;
}

void cli_words_read(const char *text, cli_words *out)
{
    const char *end = text + strlen(text);
    out->n = 0;
    for (const char *at = text; out->n < CLI_WORDS_MAX;) {
        at = next_word(at, end, &out->at[out->n]);
        if (!at)
            break;
        out->n = out->at[out->n].kind == ';' ? 0 : out->n + 1;
    }
    WR_ASSERT(out->n <= CLI_WORDS_MAX);
}

bool cli_word_is(const cli_word *w, const char *text)
{
    size_t len = strlen(text);
    return w->kind == 'w' && w->len == len && strncasecmp(w->at, text, len) == 0;
}

bool cli_word_is_one_of(const cli_word *w, const char *list)
{
    for (const char *at = list; *at;) {
        size_t len = strcspn(at, " ");
        if (w->kind == 'w' && w->len == len && strncasecmp(w->at, at, len) == 0)
            return true;
        at += len;
        at += strspn(at, " ");
    }
    return false;
}
