/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a client sends on a WebSocket, from its handshake on. The first byte says how it is cut into
 * pieces, the second what the rest is: lines of the handshake, then frames as bytes; or frames,
 * each of which has a byte of FIN, RSV and opcode, one of its length, and that much payload, and is
 * masked here, so that changes of a letter stay such. Held against: the promises of http.h
 * (http_driver.h); the same answer however the bytes are cut; what a client that takes nothing has
 * waiting stays bounded; and what is sent are whole, unmasked frames, whose last may be a closing
 * one.
 */
#include <stdio.h>

#include "../unit/server/http_driver.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { WITH_HANDSHAKE = 1, SLOW_CLIENT = 2 };

static const char handshake[] = "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
                                "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/* As RFC 6455, 5.2 draws them: lengths in one byte, so the largest has 125. */
static void put_frames(wr_buf *out, const uint8_t *data, size_t n)
{
    static const uint8_t mask[4] = {0x11, 0x80, 0xff, 0x01};
    for (size_t at = 0; at + 2 <= n;) {
        size_t len = WR_MIN(WR_MIN((size_t)data[at + 1], (size_t)125), n - at - 2);
        const uint8_t head[] = {data[at], (uint8_t)(0x80 | len)};
        at += 2;
        wr_buf_put(out, head, sizeof head);
        wr_buf_put(out, mask, sizeof mask);
        for (size_t i = 0; i < len; i++)
            wr_buf_putc(out, (char)(data[at + i] ^ mask[i % 4]));
        at += len;
    }
}

/* Every frame of the server's, after the head of its answer. @return the bytes before a closing
 * one: what wslay says of a client's closing frame whose code or text is wrong goes by the pieces
 * it came in (1.1.1: 1002 or 1007, or a text cut within a letter is accepted). */
static size_t check_frames(const wr_buf *sent)
{
    static const char accepted[] = "HTTP/1.1 101 ";
    const char *end = sent->len ? memmem(sent->ptr, sent->len, "\r\n\r\n", 4) : NULL;
    if (!end || memcmp(sent->ptr, accepted, sizeof accepted - 1) != 0)
        return sent->len;
    size_t at = (size_t)(end - sent->ptr) + 4;
    while (at < sent->len) {
        const uint8_t *p = (const uint8_t *)sent->ptr + at;
        size_t left = sent->len - at, head = 2;
        WR_ASSERT(left >= 2 && !(p[0] & 0x70) && !(p[1] & 0x80));
        size_t len = p[1];
        WR_ASSERT(len != 127); /* nothing is so long here */
        if (len == 126) {
            WR_ASSERT(left >= 4);
            len = (size_t)p[2] << 8 | p[3];
            head = 4;
        }
        WR_ASSERT(left >= head + len);
        uint8_t opcode = p[0] & 0x0f;
        WR_ASSERT(opcode == 1 || opcode == 8 || opcode == 10);
        if (opcode == 8) {
            WR_ASSERT(left == head + len); /* nothing comes after it */
            return at;
        }
        at += head + len;
    }
    return sent->len;
}

/* A handshake that is refused: of one that is both wrong and too large either is said, since the
 * parser hands over what it has of a header where its bytes end, and not where they are wrong. */
static bool is_refusal(const wr_buf *sent)
{
    return sent->len > 10 && memcmp(sent->ptr, "HTTP/1.1 4", 10) == 0;
}

static void play(driver *t, const wr_buf *text, size_t step, bool slow)
{
    driver_init(t);
    t->take = slow ? 16 : 0;
    driver_feed_cut(t, text->ptr, text->len, step);
    WR_ASSERT(t->conn.out.len < 4 * WR__BACKLOG_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    driver whole, cut;
    wr_buf text = {0};
    if (size < 2)
        return 0;
    wr_buf_put(&text, handshake, sizeof handshake - 1);
    if (data[1] & WITH_HANDSHAKE) {
        wr_buf_put(&text, data + 2, size - 2);
    } else {
        wr_buf_put(&text, "\r\n", 2);
        put_frames(&text, data + 2, size - 2);
    }
    bool slow = data[1] & SLOW_CLIENT;
    play(&whole, &text, text.len, slow);
    play(&cut, &text, 1 + data[0] % 64, slow);
    WR_ASSERT(whole.begun == cut.begun);
    WR_ASSERT(whole.conn.dead == cut.conn.dead);
    WR_ASSERT(is_refusal(&whole.sent) == is_refusal(&cut.sent));
    if (!slow && !is_refusal(&whole.sent)) {
        size_t n = check_frames(&whole.sent);
        WR_ASSERT(n == check_frames(&cut.sent));
        WR_ASSERT((n == whole.sent.len) == (n == cut.sent.len));
        WR_ASSERT(n == 0 || memcmp(whole.sent.ptr, cut.sent.ptr, n) == 0);
    }
    driver_fini(&whole);
    driver_fini(&cut);
    wr_buf_free(&text);
    return 0;
}
