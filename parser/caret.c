/* SPDX-License-Identifier: Apache-2.0 */
/*
 * caret.c - the line of an error with a caret below the place.
 *
 * A column is one code point, which is right for all but wide and combining characters; a tab in
 * the line is a tab below it, so that both are as wide. Of a very long line only the part around
 * the place is shown.
 */
#include "parser/parser.h"

#define SHOWN_BEFORE_MAX 100 /* bytes shown before the place and after it */
#define SHOWN_AFTER_MAX  60

static bool is_continuation(char c)
{
    return ((uint8_t)c & 0xC0) == 0x80;
}

void wr_parse_show_caret(wr_buf *out, const char *text, size_t len, int64_t offset)
{
    if (offset < 0)
        return;
    size_t at = WR_MIN((size_t)offset, len);
    size_t start = at, end = at;
    while (start > 0 && text[start - 1] != '\n' && at - start < SHOWN_BEFORE_MAX)
        start--;
    while (end < len && text[end] != '\n' && text[end] != '\r' && end - at < SHOWN_AFTER_MAX)
        end++;
    while (start < at && is_continuation(text[start]))
        start++; /* not from the middle of a character, nor to it */
    while (end < len && end > at && is_continuation(text[end]))
        end--;
    WR_ASSERT(start <= at && at <= end && end <= len);
    bool cut_before = start > 0 && text[start - 1] != '\n';
    bool cut_after = end < len && text[end] != '\n' && text[end] != '\r';

    if (cut_before)
        wr_buf_puts(out, "...");
    wr_buf_put(out, text + start, end - start);
    wr_buf_puts(out, cut_after ? "...\n" : "\n");
    if (cut_before)
        wr_buf_puts(out, "   ");
    for (size_t i = start; i < at; i++)
        if (!is_continuation(text[i]))
            wr_buf_putc(out, text[i] == '\t' ? '\t' : ' ');
    wr_buf_puts(out, "^\n");
}
