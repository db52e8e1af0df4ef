/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a client sends as HTTP/1, and as WebSocket or HTTP/2 after an upgrade: the first byte says
 * how it is cut into pieces. Held against: the promises of http.h (http_driver.h); the answer is
 * the same however the bytes are cut, where nothing is answered later than it was asked.
 */
#include <stdio.h>

#include "../unit/server/http_driver.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void play(driver *t, const char *bytes, size_t n, size_t step)
{
    driver_init(t);
    driver_feed_cut(t, bytes, n, step);
}

/* What may differ with the cuts: how a body falls into chunks. */
static bool has_stream(const char *bytes, size_t n)
{
    static const char *const paths[] = {"/pieces", "/pause", "/ws"};
    for (size_t i = 0; i < WR_ARRAY_LEN(paths); i++)
        if (memmem(bytes, n, paths[i], strlen(paths[i])) || memchr(bytes, '%', n))
            return true;
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    driver whole, cut;
    const char *bytes = (const char *)data + 1;
    size_t n = size - 1, step = 1 + data[0] % 64;
    if (n >= 3 && memcmp(bytes, "PRI", 3) == 0)
        return 0; /* fuzz_server_http2's */
    play(&whole, bytes, n, n);
    play(&cut, bytes, n, step);
    WR_ASSERT(whole.begun == cut.begun || whole.conn.dead || cut.conn.dead);
    bool upgraded = whole.conn.protocol == &wr__http2; /* whose frames depend on the cuts, too */
    if (!upgraded && !has_stream(bytes, n) && !whole.conn.dead && !cut.conn.dead) {
        WR_ASSERT(whole.sent.len == cut.sent.len);
        WR_ASSERT(whole.sent.len == 0 || memcmp(whole.sent.ptr, cut.sent.ptr, cut.sent.len) == 0);
    }
    driver_fini(&whole);
    driver_fini(&cut);
    return 0;
}
