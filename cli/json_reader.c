/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A recursive descent over JSON (RFC 8259) that checks everything it steps over, so that a value
 * handed out as text is valid JSON. Depth is limited.
 */
#include "json_reader.h"

#include <string.h>

void cli_json_begin(cli_json *j, const char *text, size_t len)
{
    *j = (cli_json){.at = text, .end = text + len};
}

bool cli_json_fail(cli_json *j, const char *problem)
{
    if (!j->problem)
        j->problem = problem;
    return false;
}

static void skip_blanks(cli_json *j)
{
    while (j->at < j->end && strchr(" \t\r\n", *j->at) && *j->at)
        j->at++;
}

bool cli_json_take(cli_json *j, char c)
{
    skip_blanks(j);
    if (j->at >= j->end || *j->at != c)
        return false;
    j->at++;
    return true;
}

bool cli_json_at_end(cli_json *j)
{
    skip_blanks(j);
    return j->at >= j->end;
}

/* ---------------------------------------------------------------- strings */

/** Four hexadecimal digits; -1 where they are not there. */
static int32_t hex4(cli_json *j)
{
    int32_t value = 0;
    for (int i = 0; i < 4; i++, j->at++) {
        if (j->at >= j->end)
            return -1;
        char c = *j->at;
        if (c >= '0' && c <= '9')
            value = value * 16 + (c - '0');
        else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
            value = value * 16 + ((c | 0x20) - 'a' + 10);
        else
            return -1;
    }
    return value;
}

static void add_utf8(cli_text *t, int32_t c)
{
    char bytes[4];
    size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char leads[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = len - 1; i > 0; i--, c >>= 6)
        bytes[i] = (char)(0x80 | (c & 0x3f));
    bytes[0] = (char)(leads[len] | c);
    cli_text_add(t, bytes, len);
}

/** What follows \u, with the second half of a pair. A half alone is U+FFFD: it is no text. */
static bool take_unicode(cli_json *j, cli_text *out)
{
    int32_t c = hex4(j);
    if (c < 0)
        return cli_json_fail(j, "\\u needs four hexadecimal digits");
    if (c >= 0xd800 && c < 0xdc00 && j->end - j->at >= 6 && j->at[0] == '\\' && j->at[1] == 'u') {
        const char *back = j->at;
        j->at += 2;
        int32_t low = hex4(j);
        if (low >= 0xdc00 && low < 0xe000)
            c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
        else
            j->at = back;
    }
    add_utf8(out, c >= 0xd800 && c < 0xe000 ? 0xfffd : c);
    return true;
}

static bool take_escape(cli_json *j, cli_text *out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    if (j->at >= j->end)
        return cli_json_fail(j, "the text ends inside a string");
    char c = *j->at++;
    if (c == 'u')
        return take_unicode(j, out);
    const char *known = c ? strchr(from, c) : NULL;
    if (!known)
        return cli_json_fail(j, "unknown escape in a string");
    cli_text_addc(out, to[known - from], 1);
    return true;
}

bool cli_json_string(cli_json *j, cli_text *out)
{
    if (!cli_json_take(j, '"'))
        return cli_json_fail(j, "expected a string");
    while (j->at < j->end && *j->at != '"') {
        const char *start = j->at;
        while (j->at < j->end && *j->at != '"' && *j->at != '\\' && (unsigned char)*j->at >= 0x20)
            j->at++;
        cli_text_add(out, start, (size_t)(j->at - start));
        if (j->at < j->end && (unsigned char)*j->at < 0x20)
            return cli_json_fail(j, "control character in a string");
        if (j->at < j->end && *j->at == '\\') {
            j->at++;
            if (!take_escape(j, out))
                return false;
        }
    }
    if (j->at >= j->end)
        return cli_json_fail(j, "the text ends inside a string");
    j->at++;
    return true;
}

/* ---------------------------------------------------------------- other values */

static size_t skip_digits(cli_json *j)
{
    size_t n = 0;
    for (; j->at < j->end && *j->at >= '0' && *j->at <= '9'; j->at++)
        n++;
    return n;
}

static bool skip_number(cli_json *j)
{
    if (j->at < j->end && *j->at == '-')
        j->at++;
    bool zero = j->at < j->end && *j->at == '0';
    size_t digits = skip_digits(j);
    bool ok = digits > 0 && !(zero && digits > 1);
    if (ok && j->at < j->end && *j->at == '.') {
        j->at++;
        ok = skip_digits(j) > 0;
    }
    if (ok && j->at < j->end && (*j->at | 0x20) == 'e') {
        j->at++;
        if (j->at < j->end && (*j->at == '+' || *j->at == '-'))
            j->at++;
        ok = skip_digits(j) > 0;
    }
    return ok || cli_json_fail(j, "malformed number");
}

static bool skip_value(cli_json *j, int depth);

static bool skip_members(cli_json *j, int depth, char close, bool named)
{
    cli_text name = {0};
    if (cli_json_take(j, close))
        return true;
    do {
        cli_text_clear(&name);
        bool ok = !named || (cli_json_string(j, &name) &&
                             (cli_json_take(j, ':') || cli_json_fail(j, "expected ':'")));
        if (!ok || !skip_value(j, depth + 1)) {
            cli_text_free(&name);
            return false;
        }
    } while (cli_json_take(j, ','));
    cli_text_free(&name);
    return cli_json_take(j, close) ||
           cli_json_fail(j, named ? "expected ',' or '}'" : "expected ',' or ']'");
}

static bool skip_word(cli_json *j, const char *word)
{
    size_t len = strlen(word);
    if ((size_t)(j->end - j->at) < len || memcmp(j->at, word, len) != 0)
        return cli_json_fail(j, "expected a value");
    j->at += len;
    return true;
}

static bool skip_value(cli_json *j, int depth)
{
    skip_blanks(j);
    if (depth > CLI_JSON_DEPTH_MAX)
        return cli_json_fail(j, "nested too deeply");
    if (j->at >= j->end)
        return cli_json_fail(j, "the text ends where a value should be");
    if (*j->at == '"') {
        cli_text ignored = {0};
        bool ok = cli_json_string(j, &ignored);
        cli_text_free(&ignored);
        return ok;
    }
    switch (*j->at) {
    case '{':
        j->at++;
        return skip_members(j, depth, '}', true);
    case '[':
        j->at++;
        return skip_members(j, depth, ']', false);
    case 't':
        return skip_word(j, "true");
    case 'f':
        return skip_word(j, "false");
    case 'n':
        return skip_word(j, "null");
    default:
        return skip_number(j);
    }
}

cli_json_kind cli_json_value(cli_json *j, cli_text *out)
{
    skip_blanks(j);
    if (j->at < j->end && *j->at == '"')
        return cli_json_string(j, out) ? CLI_JSON_STRING : CLI_JSON_ERROR;
    const char *start = j->at;
    if (!skip_value(j, 0))
        return CLI_JSON_ERROR;
    if (*start == 'n')
        return CLI_JSON_NULL;
    cli_text_add(out, start, (size_t)(j->at - start));
    return CLI_JSON_OTHER;
}

/* ---------------------------------------------------------------- for the screen */

static bool show_value(cli_json *j, cli_text *out);

/** The members of an object or the elements of an array, after its opening character. */
static bool show_members(cli_json *j, cli_text *out, char close, bool named)
{
    if (cli_json_take(j, close))
        return true;
    for (const char *separator = "";; separator = ", ") {
        cli_text_adds(out, separator);
        if (named) {
            if (!cli_json_string(j, out) || !cli_json_take(j, ':'))
                return false;
            cli_text_addc(out, '=', 1);
        }
        if (!show_value(j, out))
            return false;
        if (!cli_json_take(j, ','))
            return cli_json_take(j, close);
    }
}

static bool show_value(cli_json *j, cli_text *out)
{
    char open = cli_json_take(j, '{') ? '{' : cli_json_take(j, '[') ? '[' : 0;
    if (open) {
        char close = open == '{' ? '}' : ']';
        cli_text_addc(out, open, 1);
        if (!show_members(j, out, close, open == '{'))
            return false;
        cli_text_addc(out, close, 1);
        return true;
    }
    cli_json_kind kind = cli_json_value(j, out);
    if (kind == CLI_JSON_NULL)
        cli_text_adds(out, "null");
    return kind != CLI_JSON_ERROR;
}

bool cli_json_show(const char *json, cli_text *out)
{
    cli_json j;
    cli_json_begin(&j, json, strlen(json));
    /* First all of it is checked, its depth too: what is shown may recurse, and is shown whole. */
    cli_text ignored = {0};
    bool good = cli_json_value(&j, &ignored) != CLI_JSON_ERROR && cli_json_at_end(&j);
    cli_text_free(&ignored);
    cli_json_begin(&j, json, strlen(json));
    return good && show_value(&j, out);
}
