/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Properties files, in the format that Java's tools read and write:
 *
 *     # or ! begins a comment       name=value   name: value   name value
 *     a backslash at the end of a line goes on in the next one, whose leading blanks do not count
 *     \t \n \r \f \uXXXX, and \x stands for any other x, blanks and = included
 *
 * Files are UTF-8.
 */
#include "open.h"

#include <stdlib.h>
#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\f' || c == '\r';
}

static const char *skip_blanks(const char *at)
{
    while (is_blank(*at))
        at++;
    return at;
}

/** Append a code point of the basic plane; half pairs become U+FFFD. */
static void add_utf8(cli_text *t, unsigned c)
{
    if (c >= 0xd800 && c < 0xe000)
        c = 0xfffd;
    char bytes[3];
    size_t len = 0;
    if (c < 0x80) {
        bytes[len++] = (char)c;
    } else if (c < 0x800) {
        bytes[len++] = (char)(0xc0 | c >> 6);
        bytes[len++] = (char)(0x80 | (c & 0x3f));
    } else {
        bytes[len++] = (char)(0xe0 | c >> 12);
        bytes[len++] = (char)(0x80 | (c >> 6 & 0x3f));
        bytes[len++] = (char)(0x80 | (c & 0x3f));
    }
    cli_text_add(t, bytes, len);
}

/** What follows a backslash; @return what comes after it. */
static const char *take_escape(cli_text *t, const char *at)
{
    static const char from[] = "tnrf", to[] = "\t\n\r\f";
    const char *known = *at ? strchr(from, *at) : NULL;
    if (known) {
        cli_text_addc(t, to[known - from], 1);
        return at + 1;
    }
    if (*at == 'u' && strspn(at + 1, "0123456789abcdefABCDEF") >= 4) {
        char digits[5] = {at[1], at[2], at[3], at[4], 0};
        add_utf8(t, (unsigned)strtoul(digits, NULL, 16));
        return at + 5;
    }
    if (*at)
        cli_text_addc(t, *at++, 1);
    return at;
}

/** Copy up to the end, or to a separator where @p name is set, resolving escapes. */
static const char *take_word(cli_text *t, const char *at, bool name)
{
    while (*at && !(name && (*at == '=' || *at == ':' || is_blank(*at)))) {
        if (*at == '\\')
            at = take_escape(t, at + 1);
        else
            cli_text_addc(t, *at++, 1);
    }
    return at;
}

/** One logical line. */
static void take_line(const char *line, cli_list *out)
{
    const char *at = skip_blanks(line);
    if (!*at || *at == '#' || *at == '!')
        return;
    cli_text name = {0}, value = {0};
    at = skip_blanks(take_word(&name, at, true));
    if (*at == '=' || *at == ':')
        at = skip_blanks(at + 1);
    take_word(&value, at, false);
    cli_list_add(out, cli_copy(cli_text_string(&name), name.len));
    cli_list_add(out, cli_copy(cli_text_string(&value), value.len));
    cli_text_free(&name);
    cli_text_free(&value);
}

/** Does an odd number of backslashes end it? */
static bool goes_on(const cli_text *line)
{
    size_t n = 0;
    while (n < line->len && line->at[line->len - 1 - n] == '\\')
        n++;
    return n % 2 == 1;
}

bool cli_properties_read(const char *path, cli_list *out)
{
    cli_text text = {0}, line = {0};
    bool ok = cli_read_file(path, &text);
    if (ok) {
        for (const char *at = cli_text_string(&text); *at;) {
            size_t len = strcspn(at, "\n");
            const char *start = line.len ? skip_blanks(at) : at;
            size_t end = len && at[len - 1] == '\r' ? len - 1 : len;
            if (at + end > start)
                cli_text_add(&line, start, (size_t)(at + end - start));
            at += len + (at[len] == '\n');
            /* A comment cannot go on in the next line. */
            const char *first = skip_blanks(cli_text_string(&line));
            if (*first != '#' && *first != '!' && goes_on(&line) && *at) {
                line.len--;
                continue;
            }
            take_line(cli_text_string(&line), out);
            cli_text_clear(&line);
        }
    }
    cli_text_free(&text);
    cli_text_free(&line);
    return ok;
}
