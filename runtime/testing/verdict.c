/* SPDX-License-Identifier: Apache-2.0 */
/* What is printed of one test: passed, or why not, where, and what may help. */
#include "runtime/testing/testing_internal.h"

#include <ctype.h>
#include <stdio.h>

#define SHOWN_MAX 160 /* bytes of a statement that is shown */

void wr__verdict(const wr__test_options *options, const char *name, const wr__failure *why)
{
    if (name)
        fprintf(options->out, "%s: ", name);
    if (!why) {
        fputs("Test passed!\n", options->out);
    } else {
        fprintf(options->out, "Test failed: %s\n", why->message);
        if (why->place)
            fprintf(options->out, "    %s\n", why->place);
        if (why->hint && *why->hint)
            fprintf(options->out, "    Hint: %s\n", why->hint);
    }
    fflush(options->out);
}

const char *wr__bare_message(const weir_error *err)
{
    char place[64];
    int n = snprintf(place, sizeof place, "line %d:%d: ", err->line, err->column);
    bool has_it = n > 0 && strncmp(err->message, place, (size_t)n) == 0;
    return has_it ? err->message + n : err->message;
}

/* Lines that begin before @p at, the one that holds it included: its number, from 1. */
static int line_of(wr_str text, size_t at)
{
    int line = 1;
    WR_ASSERT(at <= text.len);
    for (size_t i = 0; i < at; i++)
        line += text.ptr[i] == '\n';
    return line;
}

/* The statement on one line; a long one is cut, at a whole character. */
static void put_statement(wr_buf *out, wr_str sql, bool terminated)
{
    size_t start = out->len;
    bool blank = false;
    for (uint32_t i = 0; i < sql.len; i++) {
        unsigned char c = (unsigned char)sql.ptr[i];
        if (isspace(c)) {
            blank = true;
            continue;
        }
        if (out->len - start >= SHOWN_MAX && (c & 0xC0) != 0x80) {
            wr_buf_puts(out, "...");
            return;
        }
        if (blank)
            wr_buf_putc(out, ' ');
        blank = false;
        wr_buf_putc(out, (char)c);
    }
    wr_buf_puts(out, terminated ? ";" : "");
}

void wr__put_place(wr_buf *out, const char *path, wr_str text, const wr_parse_span *span,
                   const weir_error *err)
{
    WR_ASSERT(span->start <= span->end && span->end <= text.len);
    int line = line_of(text, span->start);
    if (err->line > 0) /* err counts from the statement's first line */
        line += err->line - 1;
    wr_buf_printf(out, "%s:%d: ", path, line);
    put_statement(out, wr_str_make(text.ptr + span->start, span->end - span->start),
                  span->terminated);
}
