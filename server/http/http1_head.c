/* SPDX-License-Identifier: Apache-2.0 */
#include "server/http/http1_head.h"

#include <http_parser.h>

const char *wr__status_text(int status)
{
    switch (status) {
#define NAME(number, name, string)                                                                 \
    case number:                                                                                   \
        return #string;
        HTTP_STATUS_MAP(NAME)
#undef NAME
    default:
        return "";
    }
}

static void put_number(wr_buf *out, uint64_t number, unsigned base)
{
    char digits[24];
    size_t at = sizeof digits;
    do
        digits[--at] = "0123456789abcdef"[number % base];
    while ((number /= base));
    wr_buf_put(out, digits + at, sizeof digits - at);
}

static void put_value(wr_buf *out, const char *value)
{
    size_t n = strlen(value);
    char *to = wr_buf_reserve(out, n + 2);
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)value[i];
        to[i] = c < 0x20 || c == 0x7f ? ' ' : value[i];
    }
    to[n] = '\r';
    to[n + 1] = '\n';
    out->len += n + 2;
}

static void put_field(wr_buf *out, const char *name, const char *value)
{
    wr_buf_puts(out, name);
    wr_buf_put(out, ": ", 2);
    put_value(out, value);
}

void wr__http1_head_put(wr_buf *out, const wr__http1_head *head)
{
    (void)wr_buf_reserve(out, 256); /* so that the many small pieces grow it once */
    wr_buf_put(out, "HTTP/1.1 ", 9);
    put_number(out, (unsigned)head->status, 10);
    wr_buf_putc(out, ' ');
    put_value(out, wr__status_text(head->status));
    for (const wr_http_field *f = head->fields; f && f->name; f++)
        put_field(out, f->name, f->value);
    for (const wr_http_field *f = head->added; f && f->name; f++)
        put_field(out, f->name, f->value);
    if (*head->date)
        put_field(out, "date", head->date);
    if (head->length >= 0) {
        wr_buf_put(out, "content-length: ", 16);
        put_number(out, (uint64_t)head->length, 10);
        wr_buf_put(out, "\r\n", 2);
    }
    if (head->chunked)
        put_field(out, "transfer-encoding", "chunked");
    if (head->close)
        put_field(out, "connection", "close");
    else if (head->keep_alive)
        put_field(out, "connection", "keep-alive");
    wr_buf_put(out, "\r\n", 2);
}

void wr__http1_plain(wr_buf *out, int status)
{
    static const wr_http_field fields[] = {{"content-type", "text/plain"}, {NULL, NULL}};
    const char *text = wr__status_text(status);
    wr__http1_head head = {.status = status,
                           .date = "",
                           .fields = fields,
                           .length = (int64_t)strlen(text),
                           .close = true};
    wr__http1_head_put(out, &head);
    wr_buf_puts(out, text);
}

void wr__http1_chunk_put(wr_buf *out, const void *data, size_t n)
{
    (void)wr_buf_reserve(out, n + 32);
    put_number(out, n, 16);
    wr_buf_put(out, "\r\n", 2);
    wr_buf_put(out, data, n);
    wr_buf_put(out, "\r\n", 2);
}
