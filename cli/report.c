/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The library counts lines from the statement that it was given; a person counts them from the
 * start of the file. So positions are moved, and the "line 1:8: " that some messages begin with is
 * taken off, since the moved position stands in front.
 */
#include "report.h"

#include <string.h>

/** Behind "line 1:8: ", where a message begins so. */
static const char *without_place(const char *message)
{
    static const char word[] = "line ", digits[] = "0123456789";
    if (strncmp(message, word, sizeof word - 1) != 0)
        return message;
    const char *at = message + sizeof word - 1;
    size_t line = strspn(at, digits);
    at += line;
    if (!line || *at != ':')
        return message;
    size_t column = strspn(at + 1, digits);
    at += 1 + column;
    return column && at[0] == ':' && at[1] == ' ' ? at + 2 : message;
}

/** Lines of @p text that have ended before @p base. */
static int lines_before(const char *text, size_t base)
{
    int lines = 0;
    for (const char *at = text; at < text + base; at++)
        lines += *at == '\n';
    return lines;
}

/** Make err's position one of @p text instead of @p text + @p base. */
static void move_position(weir_error *err, const char *text, size_t base)
{
    const char *line_start = text + base;
    while (line_start > text && line_start[-1] != '\n')
        line_start--;
    if (err->line == 1) { /* columns count characters, not bytes */
        for (const char *at = line_start; at < text + base;) {
            cli_utf8_next(&at, text + base);
            err->column++;
        }
    }
    err->line += lines_before(text, base);
    if (err->offset >= 0)
        err->offset += (int64_t)base;
}

void cli_report_text(const weir_error *err, const char *text, size_t base, cli_origin origin,
                     cli_text *out)
{
    weir_error moved = *err;
    const char *message = moved.message;
    if (err->line > 0) {
        message = without_place(message);
        move_position(&moved, text, base);
        int line = moved.line + origin.line - 1;
        if (origin.name)
            cli_text_addf(out, "%s:%d:%d: ", origin.name, line, moved.column);
        else
            cli_text_addf(out, "line %d:%d: ", line, moved.column);
    } else if (origin.name) { /* no place in the statement, but the statement has one */
        cli_text_addf(out, "%s:%d: ", origin.name, lines_before(text, base) + origin.line);
    }
    cli_text_addf(out, "%s\n", message);
    char caret[4096];
    if (err->line > 0 && weir_caret(text, &moved, caret, sizeof caret) > 0 && caret[0]) {
        cli_text_adds(out, caret);
        if (out->at[out->len - 1] != '\n')
            cli_text_addc(out, '\n', 1);
    }
    if (moved.hint[0])
        cli_text_addf(out, "Hint: %s\n", moved.hint);
}
