/* SPDX-License-Identifier: Apache-2.0 */
/* Filling in the caller's weir_error. Of texts that are too long the middle is left out. */
#include "common/error.h"

#include <stdio.h>

/* The analyzer's macros of the header stand for calls, not for the definitions below. */
#undef wr_error
#undef wr_error_at
#undef wr_error_hint

#define DOTS " ... "

/* Bytes of @p text up to @p max, not ending within a character. */
static size_t cut_before(const char *text, size_t max)
{
    while (max > 0 && ((uint8_t)text[max] & 0xC0) == 0x80)
        max--;
    return max;
}

/* The first byte of @p text from @p from on that begins a character. */
static size_t cut_after(const char *text, size_t from)
{
    while (((uint8_t)text[from] & 0xC0) == 0x80)
        from++;
    return from;
}

/* vsnprintf that leaves out the middle of what is too long: the point of a message is at its
 * beginning or at its end ("... which is not upgradeable: [...]"). */
static void print_cut(char *out, size_t size, const char *fmt, va_list ap) WR_PRINTF(3, 0);
static void print_cut(char *out, size_t size, const char *fmt, va_list ap)
{
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(out, size, fmt, ap);
    if (n >= 0 && (size_t)n >= size) {
        char *all = wr_malloc((size_t)n + 1);
        vsnprintf(all, (size_t)n + 1, fmt, again);
        size_t room = size - sizeof DOTS; /* its 0 byte is that of the whole */
        size_t head = cut_before(all, room * 2 / 3);
        size_t tail = cut_after(all, (size_t)n - (room - room * 2 / 3));
        memcpy(out, all, head);
        memcpy(out + head, DOTS, sizeof DOTS - 1);
        memcpy(out + head + sizeof DOTS - 1, all + tail, (size_t)n - tail + 1);
        WR_ASSERT(strlen(out) < size);
        wr_free(all);
    }
    va_end(again);
}

static void set_text(char *out, size_t size, const char *fmt, ...) WR_PRINTF(3, 4);
static void set_text(char *out, size_t size, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    print_cut(out, size, fmt, ap);
    va_end(ap);
}

weir_status wr_error_v(weir_error *err, weir_status code, int64_t offset, const char *fmt,
                       va_list ap)
{
    WR_ASSERT(code > WEIR_DONE);
    if (err) {
        err->code = code;
        err->flags = 0;
        err->line = err->column = 0;
        err->offset = offset;
        err->hint[0] = '\0';
        print_cut(err->message, sizeof err->message, fmt, ap);
    }
    return code;
}

weir_status wr_error(weir_error *err, weir_status code, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    wr_error_v(err, code, WR_NO_POS, fmt, ap);
    va_end(ap);
    return code;
}

weir_status wr_error_at(weir_error *err, weir_status code, int64_t offset, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    wr_error_v(err, code, offset, fmt, ap);
    va_end(ap);
    return code;
}

weir_status wr_error_hint(weir_error *err, const char *fmt, ...)
{
    if (!err)
        return WEIR_ERR_STATEMENT;
    va_list ap;
    va_start(ap, fmt);
    print_cut(err->hint, sizeof err->hint, fmt, ap);
    va_end(ap);
    return err->code;
}

void wr_error_prefix(weir_error *err, const char *fmt, ...)
{
    if (!err)
        return;
    char old[sizeof err->message], prefix[sizeof err->message];
    memcpy(old, err->message, sizeof old);
    va_list ap;
    va_start(ap, fmt);
    print_cut(prefix, sizeof prefix, fmt, ap);
    va_end(ap);
    set_text(err->message, sizeof err->message, "%s%s", prefix, old);
}

void wr_error_clear(weir_error *err)
{
    if (err)
        *err = (weir_error){.offset = WR_NO_POS};
}

void wr_error_locate(weir_error *err, const char *text, size_t text_len)
{
    if (!err || err->offset < 0)
        return;
    size_t end = WR_MIN((size_t)err->offset, text_len);
    int line = 1, column = 1;
    for (size_t i = 0; i < end; i++) {
        if (text[i] == '\n') {
            line++;
            column = 1;
        } else if (((uint8_t)text[i] & 0xC0) != 0x80) {
            column++;
        }
    }
    WR_ASSERT(line >= 1 && column >= 1);
    err->line = line;
    err->column = column;
}
