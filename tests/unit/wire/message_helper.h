/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of requests and answers share.
 */
#ifndef WR_TESTS_UNIT_WIRE_MESSAGE_HELPER_H
#define WR_TESTS_UNIT_WIRE_MESSAGE_HELPER_H

#include "batch_helper.h"
#include "runtime/log/wire/messages.h"

/** Each cut is an error; the whole is what @p read checks. */
typedef weir_status (*reader)(wr_wire_in *in, int16_t version, wr_arena *a, bool whole,
                              weir_error *err);
static inline void check_cuts(const wr_buf *b, int16_t version, reader read)
{
    for (size_t n = 0; n <= b->len; n++) {
        char *copy = wr_malloc(n + 1); /* so that ASan sees what is read behind it */
        wr_arena *a = wr_arena_new(0);
        weir_error err = {0};
        if (n)
            memcpy(copy, b->ptr, n);
        wr_wire_in in = wr__wire_in(copy, n);
        weir_status st = read(&in, version, a, n == b->len, &err);
        if ((st == WEIR_OK) != (n == b->len))
            fail_msg("version %d, %zu of %zu bytes: %d %s", version, n, b->len, st, err.message);
        wr_arena_free(a);
        wr_free(copy);
    }
}

#endif
