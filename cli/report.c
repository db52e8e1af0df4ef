/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The library counts lines from the statement that it was given; a person counts them from the
 * start of the file. So positions are moved, and the "line 1:8: " that some messages begin with is
 * taken off, since the moved position stands in front. The line that is shown begins with the
 * statement: what stands before it on the line is other statements.
 */
#include "report.h"

#include "view.h"

#include <string.h>
#include <unistd.h>

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

/** Lines of @p text that have ended before @p base. */
static int lines_before(const char *text, size_t base)
{
    int lines = 0;
    WR_ASSERT(strnlen(text, base) == base); /* base is in the text */
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

enum { DOTS = 3, NARROWEST = 20 };

/** Step over characters from @p at on until @p columns are passed; *passed: how many were. */
static const char *step(const char *at, const char *end, int columns, int *passed)
{
    *passed = 0;
    while (at < end && *passed < columns)
        *passed += cli_char_columns(cli_utf8_next(&at, end));
    return at;
}

void cli_fit_caret(const char *line_and_caret, int width, cli_text *out)
{
    const char *end = line_and_caret + strcspn(line_and_caret, "\n");
    const char *below = *end ? end + 1 : end;
    int total = (int)cli_columns(line_and_caret, (size_t)(end - line_and_caret));
    int caret = (int)strspn(below, " ");
    if (total <= width || width < NARROWEST || below[caret] != '^') {
        cli_text_adds(out, line_and_caret);
        return;
    }
    int room = width - 2 * DOTS, skipped = 0, shown = 0;
    int first = caret - room / 2; /* the caret in the middle, unless an end of the line is near */
    first = first > total - room ? total - room : first;
    const char *from = step(line_and_caret, end, first < 0 ? 0 : first, &skipped);
    const char *to = step(from, end, room, &shown);
    WR_ASSERT(from <= to && to <= end);
    cli_text_adds(out, skipped ? "..." : "");
    cli_text_add(out, from, (size_t)(to - from));
    cli_text_adds(out, to < end ? "...\n" : "\n");
    int before = caret - skipped + (skipped ? DOTS : 0);
    cli_text_addc(out, ' ', (size_t)before);
    cli_text_adds(out, "^\n");
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
    } else if (origin.name) { /* no place in the statement, but the statement has one */
        cli_text_addf(out, "%s:%d: ", origin.name, lines_before(text, base) + origin.line);
    }
    put_message(out, message, err, line, moved.column);
    char caret[4096];
    if (err->line > 0 && weir_caret(text + base, err, caret, sizeof caret) > 0 && caret[0]) {
        if (isatty(STDERR_FILENO))
            cli_fit_caret(caret, cli_terminal_width(STDERR_FILENO), out);
        else
            cli_text_adds(out, caret);
        if (out->at[out->len - 1] != '\n')
            cli_text_addc(out, '\n', 1);
    }
    if (moved.hint[0])
        cli_text_addf(out, "Hint: %s\n", moved.hint);
}
