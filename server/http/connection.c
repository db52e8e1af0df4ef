/* SPDX-License-Identifier: Apache-2.0 */
/*
 * connection.c - which protocol a connection speaks, and what is the same for all of them.
 *
 * "PRI * HTTP/2.0" can be no request of HTTP/1 that anybody serves, so the first bytes decide.
 */
#include "server/http/connection.h"

#include "server/http/exchange.h"
#include "server/http/http1_head.h"

static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
#define PREFACE_LEN (sizeof preface - 1)
void wr__conn_init(wr__conn *c, wr__http_core *core)
{
    *c = (wr__conn){.core = core, .peer = "", .wait = WR_WAIT_HEAD};
}

void wr__conn_fini(wr__conn *c)
{
    if (c->protocol)
        c->protocol->close(c);
    WR_ASSERT(!c->exchanges);
    wr_buf_free(&c->in);
    wr_buf_free(&c->out);
}

void wr__conn_wake(wr__conn *c)
{
    c->core->wake(c);
}

/* As soon as they differ from the preface; all of it is waited for, so that what only begins like
 * it is told in words that it cannot be read. */
static void choose(wr__conn *c, const char *data, size_t n)
{
    size_t known = WR_MIN(n, PREFACE_LEN);
    if (c->must_be_http2 || (known == PREFACE_LEN && memcmp(data, preface, known) == 0))
        c->protocol = &wr__http2;
    else if (memcmp(data, preface, known) != 0)
        c->protocol = &wr__http1;
}

void wr__conn_input(wr__conn *c, const char *data, size_t n)
{
    if (c->dead || n == 0)
        return;
    if (c->closing) /* lingering: what still comes is of no interest */
        return;
    if (c->protocol) {
        c->protocol->input(c, data, n);
        wr__conn_wake(c);
        return;
    }
    WR_ASSERT(!c->exchanges && !c->state); /* no protocol, nothing of one */
    wr_buf_put(&c->in, data, n);
    choose(c, c->in.ptr, c->in.len);
    if (!c->protocol)
        return;
    wr_buf first = c->in;
    c->in = (wr_buf){0};
    c->protocol->input(c, first.ptr, first.len);
    wr_buf_free(&first);
    wr__conn_wake(c);
}

void wr__conn_eof(wr__conn *c)
{
    if (!c->protocol || c->closing)
        c->dead = true;
    else
        c->protocol->eof(c);
    wr__conn_wake(c);
}

void wr__conn_advance(wr__conn *c)
{
    if (c->protocol && !c->dead)
        c->protocol->advance(c);
}

void wr__conn_shutdown(wr__conn *c)
{
    if (!c->protocol)
        c->closing = true;
    else if (!c->dead)
        c->protocol->shutdown(c);
    wr__conn_wake(c);
}

/* Nothing can be said to a client that takes nothing; one whose head does not come to an end hears
 * why. */
void wr__conn_timeout(wr__conn *c)
{
    if (c->wait == WR_WAIT_HEAD && c->protocol == &wr__http1 && wr__conn_backlog(c) == 0) {
        wr__http1_plain(&c->out, 408);
        c->closing = true;
    } else if (c->wait == WR_WAIT_IDLE && wr__conn_backlog(c) == 0) {
        wr__conn_shutdown(c);
        c->closing = true;
    } else {
        c->dead = true;
    }
    wr__conn_wake(c);
}
