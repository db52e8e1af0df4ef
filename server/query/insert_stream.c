/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One piece of work at a time (step): the whole lines that are there go to the pool, which opens
 * the inserter with the first, adds rows, writes them, and says how many are durable and what was
 * wrong. The loop thread acknowledges, and goes on with what has come meanwhile.
 */
#include "server/query/insert_stream.h"
#include "types/text.h"

#include <string.h>

/** Rows that one write takes at most. */
#define ROWS_MAX 2048u

struct wr__insert_stream {
    wr_http_server *server;
    wr_http_exchange *x; /* NULL: it is over */
    wr_engine *engine;
    bool array;
    wr__insert_open open;
    wr__insert_refuse refuse;
    wr_buf in; /* of the body, not yet taken */
    bool last, working, paused, over;
    bool responding;
    uint64_t seq;
    /* The pool's while it is working. */
    wr_buf lines; /* whole lines */
    size_t at;    /* of them, taken */
    bool all;     /* the body ends with them */
    wr_session session;
    wr_inserter *inserter; /* NULL: the first line has not come */
    wr_buf target;
    uint32_t written;
    weir_status st;
    weir_error why;
};

/* ---- the pool ---- */

/* The next line that is not blank. @return false: there is none. */
static bool next_line(wr__insert_stream *i, wr_str *line)
{
    while (i->at < i->lines.len) {
        const char *from = i->lines.ptr + i->at, *end = i->lines.ptr + i->lines.len;
        const char *stop = memchr(from, '\n', (size_t)(end - from));
        if (!stop)
            stop = end;
        i->at = (size_t)(stop - i->lines.ptr) + 1;
        *line = wr_str_make(from, (size_t)(stop - from));
        for (size_t k = 0; k < line->len; k++)
            if (!strchr(" \t\r", from[k]))
                return true;
    }
    return false;
}

static weir_status open_target(wr__insert_stream *i, weir_error *err)
{
    wr_str line = wr_str_c("");
    if (!next_line(i, &line) && !i->all)
        return WEIR_OK; /* blank lines so far */
    WR_TRY(i->open(i->engine, line, &i->session, &i->target, err));
    return wr_inserter_new(i->engine, &i->session, wr_buf_cstr(&i->target), &i->inserter, err);
}

/* Rows before a bad one are written, and acknowledged, all the same. */
static void write_lines(void *arg)
{
    wr__insert_stream *i = arg;
    wr_str line;
    weir_error bad;
    i->written = 0;
    i->st = i->inserter ? WEIR_OK : open_target(i, &i->why);
    if (i->st != WEIR_OK || !i->inserter)
        return;
    weir_status added = WEIR_OK;
    while (added == WEIR_OK && wr_inserter_added(i->inserter) < ROWS_MAX && next_line(i, &line))
        added = wr_inserter_add(i->inserter, line, &bad);
    uint32_t n = wr_inserter_added(i->inserter);
    i->st = wr_inserter_write(i->inserter, &i->why);
    if (i->st != WEIR_OK)
        return;
    i->written = n;
    i->st = added;
    if (added != WEIR_OK)
        i->why = bad;
}

static void free_stream(void *arg)
{
    wr__insert_stream *i = arg;
    wr_inserter_free(i->inserter);
    wr_session_free(&i->session);
    wr_buf_free(&i->in);
    wr_buf_free(&i->lines);
    wr_buf_free(&i->target);
    wr_free(i);
}

static void freed(void *arg)
{
    (void)arg;
}

/* ---- the loop thread ---- */

static void put_separator(wr__insert_stream *i, wr_buf *out)
{
    if (i->array && i->seq > 0)
        wr_buf_putc(out, ',');
}

static void acknowledge(wr__insert_stream *i, wr_buf *out)
{
    for (uint32_t n = 0; n < i->written; n++) {
        put_separator(i, out);
        wr_buf_printf(out, "{\"seq\":%llu,\"status\":\"ok\"}%s", (unsigned long long)i->seq++,
                      i->array ? "" : "\n");
    }
}

/* What is wrong with a row is the client's; what else fails is not. */
static void put_error(wr__insert_stream *i, wr_buf *out)
{
    bool of_row = i->st == WEIR_ERR_RECORD || i->st == WEIR_ERR_STATEMENT;
    put_separator(i, out);
    wr_buf_printf(out, "{\"@type\":\"InsertError\",\"status\":\"error\",\"seq\":%llu,\"message\":",
                  (unsigned long long)i->seq);
    wr_text_put_json_string(out, wr_str_c(i->why.message));
    wr_buf_printf(out, ",\"error_code\":%d}%s", of_row ? 40000 : 50000, i->array ? "" : "\n");
}

static void step(wr__insert_stream *i);

static void lines_written(void *arg)
{
    wr__insert_stream *i = arg;
    wr_buf out = {0};
    i->working = false;
    if (!i->x) {
        i->over = true;
        wr_http_work(i->server, free_stream, freed, i);
        return;
    }
    if (!i->inserter && i->st != WEIR_OK) {
        i->over = true;
        i->refuse(i->x, i->st, &i->why);
        return;
    }
    if (!i->responding && i->inserter) {
        i->responding = true;
        wr_http_begin_response(i->x, 200, NULL);
        if (i->array)
            wr_buf_putc(&out, '[');
    }
    acknowledge(i, &out);
    if (i->st != WEIR_OK)
        put_error(i, &out);
    bool end = i->st != WEIR_OK || (i->all && i->at >= i->lines.len);
    if (end && i->array)
        wr_buf_putc(&out, ']');
    if (out.len)
        wr_http_write(i->x, out.ptr, out.len);
    wr_buf_free(&out);
    if (end) {
        i->over = true;
        wr_http_finish(i->x);
        return;
    }
    step(i);
}

/* The end of the last whole line; with the end of the body everything is whole. */
static size_t whole(const wr__insert_stream *i)
{
    size_t n = i->in.len;
    while (!i->last && n > 0 && i->in.ptr[n - 1] != '\n')
        n--;
    return n;
}

static void step(wr__insert_stream *i)
{
    if (i->working || i->over)
        return;
    if (i->at >= i->lines.len) { /* nothing is left of the piece before */
        size_t n = whole(i);
        if (n == 0 && !i->last)
            return;
        wr_buf_clear(&i->lines);
        if (n) {
            wr_buf_put(&i->lines, i->in.ptr, n);
            memmove(i->in.ptr, i->in.ptr + n, i->in.len - n);
            i->in.len -= n;
        }
        i->at = 0;
        i->all = i->last;
    }
    i->working = true;
    wr_http_work(i->server, write_lines, lines_written, i);
    if (i->paused && i->in.len < WR__INSERT_PENDING) {
        i->paused = false;
        wr_http_pause_body(i->x, false);
    }
}

wr__insert_stream *wr__insert_begin(wr_http_exchange *x, wr_engine *e, bool array,
                                    wr__insert_open open, wr__insert_refuse refuse)
{
    wr__insert_stream *i = wr_calloc(1, sizeof *i);
    i->server = wr_http_server_of(x);
    i->x = x;
    i->engine = e;
    i->array = array;
    i->open = open;
    i->refuse = refuse;
    wr_session_init(&i->session, e);
    return i;
}

static void too_long(wr__insert_stream *i)
{
    i->st =
        wr_error(&i->why, WEIR_ERR_RECORD, "A line is longer than %u bytes", WR__INSERT_LINE_MAX);
    i->over = true;
    if (!i->responding) {
        i->refuse(i->x, i->st, &i->why);
        return;
    }
    wr_buf out = {0};
    put_error(i, &out);
    if (i->array)
        wr_buf_putc(&out, ']');
    wr_http_write(i->x, out.ptr, out.len);
    wr_http_finish(i->x);
    wr_buf_free(&out);
}

void wr__insert_body(wr__insert_stream *i, const void *data, size_t n, bool last)
{
    if (i->over)
        return;
    wr_buf_put(&i->in, data, n);
    i->last = last;
    if (!i->paused && !last && i->in.len >= WR__INSERT_PENDING && whole(i) > 0) {
        i->paused = true;
        wr_http_pause_body(i->x, true);
    }
    step(i);
    if (!i->working && !i->over && i->in.len > WR__INSERT_LINE_MAX)
        too_long(i);
}

void wr__insert_gone(wr__insert_stream *i)
{
    i->x = NULL;
    if (i->working) {
        if (i->inserter)
            wr_inserter_interrupt(i->inserter);
        return; /* lines_written goes on */
    }
    wr_http_work(i->server, free_stream, freed, i);
}
