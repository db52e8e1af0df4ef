/* SPDX-License-Identifier: Apache-2.0 */
#include "server/request_log.h"

#include "common/clock.h"
#include "common/diag.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#define WRITE_AFTER_MS 100
#define WRITE_AT_BYTES (64u << 10)

struct wr_request_log {
    int fd;
    wr_buf lines; /* not yet written */
    bool timer;   /* is set to write them */
    bool failed;  /* that was said */
};

weir_status wr_request_log_open(const char *path, wr_request_log **out, weir_error *err)
{
    *out = NULL;
    int fd = strcmp(path, "-") == 0 ? dup(STDERR_FILENO)
                                    : open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return wr_error(err, WEIR_ERR_IO, "The log of requests %s cannot be written: %s", path,
                        strerror(errno));
    wr_request_log *log = wr_calloc(1, sizeof *log);
    log->fd = fd;
    *out = log;
    return WEIR_OK;
}

/* What cannot be written is lost: a full disk must not stop requests. It is said once. */
static void write_lines(wr_request_log *log)
{
    size_t done = 0;
    while (done < log->lines.len) {
        ssize_t n = write(log->fd, log->lines.ptr + done, log->lines.len - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && !log->failed)
            wr_diag_put(WR_DIAG_WARN, "server", "the log of requests cannot be written: %s",
                        strerror(errno));
        log->failed = n < 0;
        if (n < 0)
            break;
        done += (size_t)n;
    }
    wr_buf_free(&log->lines);
}

static void timer_fires(void *arg)
{
    wr_request_log *log = arg;
    log->timer = false;
    write_lines(log);
}

static void put_time(wr_buf *b)
{
    wr_clock *clock = wr_clock_system();
    int64_t ms = clock->wall_ms(clock);
    time_t s = (time_t)(ms / 1000);
    struct tm tm;
    char text[32];
    if (gmtime_r(&s, &tm) && strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm))
        wr_buf_printf(b, "%s.%03dZ ", text, (int)(ms % 1000));
}

static void put_word(wr_buf *b, const char *word)
{
    for (const char *c = word; *c; c++) {
        unsigned char byte = (unsigned char)*c;
        if (byte <= 0x20 || byte >= 0x7f || byte == '%')
            wr_buf_printf(b, "%%%02X", byte);
        else
            wr_buf_putc(b, *c);
    }
    wr_buf_putc(b, ' ');
}

void wr_request_log_add(wr_request_log *log, const wr_http_exchange *x, const char *user)
{
    wr_buf *b = &log->lines;
    put_time(b);
    put_word(b, wr_http_peer(x));
    put_word(b, user && *user ? user : "-");
    put_word(b, wr_http_method(x));
    put_word(b, wr_http_path(x));
    wr_buf_printf(b, "%d %llu %lld\n", wr_http_status(x), (unsigned long long)wr_http_sent(x),
                  (long long)wr_http_age_ms(x));
    if (b->len >= WRITE_AT_BYTES) {
        write_lines(log);
    } else if (!log->timer) {
        log->timer = true;
        (void)wr_http_after(wr_http_server_of(x), WRITE_AFTER_MS, timer_fires, log);
    }
}

void wr_request_log_close(wr_request_log *log)
{
    if (!log)
        return;
    write_lines(log);
    close(log->fd);
    wr_free(log);
}
