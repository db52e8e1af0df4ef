/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes go straight to the file descriptor: stdio loses what it holds when a signal interrupts a
 * write, and results are handed over in whole rows anyway.
 */
#include "view.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const char *const format_names[] = {"TABULAR", "JSON", "CSV"};

bool cli_format_parse(const char *name, cli_format *out)
{
    for (size_t i = 0; i < sizeof format_names / sizeof *format_names; i++) {
        if (strcasecmp(name, format_names[i]) == 0) {
            *out = (cli_format)i;
            return true;
        }
    }
    return false;
}

const char *cli_format_name(cli_format f)
{
    return format_names[f];
}

bool cli_write_all(int fd, const char *bytes, size_t len)
{
    while (len) {
        ssize_t n = write(fd, bytes, len);
        if (n >= 0) {
            bytes += n;
            len -= (size_t)n;
        } else if (errno == EAGAIN) { /* a terminal that others have made non-blocking */
            struct pollfd wait = {.fd = fd, .events = POLLOUT};
            poll(&wait, 1, -1);
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

void cli_view_write(cli_view *v, const char *bytes, size_t len)
{
    if (v->spool)
        fwrite(bytes, 1, len, v->spool);
    if (v->failed)
        return;
    if (!cli_write_all(STDOUT_FILENO, bytes, len)) {
        v->failed = true;
        if (errno != EPIPE) /* `weir ... | head` is no mistake to tell of */
            fprintf(stderr, "weir: cannot write results: %s\n", strerror(errno));
    }
}

void cli_view_take(cli_view *v, cli_text *t)
{
    if (t->len)
        cli_view_write(v, t->at, t->len);
    cli_text_clear(t);
}

void cli_view_error(cli_view *v, const char *bytes, size_t len)
{
    if (v->spool)
        fwrite(bytes, 1, len, v->spool);
    cli_write_all(STDERR_FILENO, bytes, len);
}

int cli_terminal_width(int fd)
{
    struct winsize size;
    int64_t columns;
    if (isatty(fd) && ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    const char *wished = getenv("COLUMNS");
    if (wished && cli_parse_int(wished, &columns) && columns > 0 && columns < 10000)
        return (int)columns;
    return 80;
}

int cli_view_width(void)
{
    return cli_terminal_width(STDOUT_FILENO);
}
