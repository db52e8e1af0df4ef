/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The library counts lines from the statement that it was given; a person counts them from the
 * start of the file. So positions are moved, and the "line 1:8: " that some messages begin with is
 * taken off, since the moved position stands in front. The line that is shown begins with the
 * statement: what stands before it on the line is other statements.
 */
#include "report.h"

#include <string.h>

/** After "line 1:8: ", where a message begins so. */
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

/** Make err's position one of @p text instead of @p text + @p base. */
static void move_position(weir_error *err, const char *text, size_t base)
{
    int lines = 0;
    const char *line_start = text;
    for (const char *at = text; at < text + base; at++) {
        if (*at == '\n') {
            lines++;
            line_start = at + 1;
        }
    }
    if (err->line == 1) { /* columns count characters, not bytes */
        for (const char *at = line_start; at < text + base;) {
            cli_utf8_next(&at, text + base);
            err->column++;
        }
    }
    err->line += lines;
    if (err->offset >= 0)
        err->offset += (int64_t)base;
}

/** Put @p message, in which a second mention of the place ("... at line 1:8") moves with it. */
static void put_message(cli_text *out, const char *message, const weir_error *err, int line,
                        int column)
{
    char place[64];
    snprintf(place, sizeof place, " at line %d:%d", err->line, err->column);
    const char *at = err->line > 0 ? strstr(message, place) : NULL;
    const char *rest = at ? at + strlen(place) : NULL;
    if (rest && (*rest == '\n' || !*rest)) {
        cli_text_add(out, message, (size_t)(at - message));
        cli_text_addf(out, " at line %d:%d", line, column);
        message = rest;
    }
    cli_text_addf(out, "%s\n", message);
}

void cli_report_text(const weir_error *err, const char *text, size_t base, cli_origin origin,
                     cli_text *out)
{
    weir_error moved = *err;
    const char *message = moved.message;
    int line = 0;
    if (err->line > 0) {
        message = without_place(message);
        move_position(&moved, text, base);
        line = moved.line + origin.line - 1;
        if (origin.name)
            cli_text_addf(out, "%s:%d:%d: ", origin.name, line, moved.column);
        else
            cli_text_addf(out, "line %d:%d: ", line, moved.column);
    } else if (origin.name) {
        cli_text_addf(out, "%s: ", origin.name);
    }
    put_message(out, message, err, line, moved.column);
    char caret[4096];
    if (err->line > 0 && weir_caret(text + base, err, caret, sizeof caret) > 0 && caret[0]) {
        cli_text_adds(out, caret);
        if (out->at[out->len - 1] != '\n')
            cli_text_addc(out, '\n', 1);
    }
    if (moved.hint[0])
        cli_text_addf(out, "Hint: %s\n", moved.hint);
}
