/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a client sends as HTTP/2, after the preface; the first byte says how it is cut, and how
 * little the socket takes. Held against: the promises of http.h (http_driver.h), and that what is
 * made for a client that takes nothing stays bounded.
 */
#include <stdio.h>

#include "../unit/server/http_driver.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    if (size < 2)
        return 0;
    driver t;
    driver_init(&t);
    t.take = data[0] & 0x80 ? 64 : 0;
    driver_feed(&t, preface, sizeof preface - 1);
    driver_feed_cut(&t, (const char *)data + 1, size - 1, 1 + data[0] % 64);
    WR_ASSERT(t.conn.out.len < 4 * WR__BACKLOG_MAX);
    driver_fini(&t);
    return 0;
}
