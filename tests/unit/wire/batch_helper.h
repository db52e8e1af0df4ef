/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of record batches share: numbers that look random, records made of them, and a
 * batch of those.
 */
#ifndef WR_TESTS_UNIT_WIRE_BATCH_HELPER_H
#define WR_TESTS_UNIT_WIRE_BATCH_HELPER_H

#include "runtime/log/wire/record_batch.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdarg.h>

#include <cmocka.h>

#define OK(call)                                                                                   \
    do {                                                                                           \
        weir_error ok_err = {0}, *err = &ok_err;                                                   \
        weir_status ok_st = (call);                                                                \
        if (ok_st != WEIR_OK)                                                                      \
            fail_msg("%s: %d %s", #call, ok_st, ok_err.message);                                   \
    } while (0)

/** The call fails with this status and a message that holds this text. */
#define FAILS(status, text, call)                                                                  \
    do {                                                                                           \
        weir_error fails_err = {0}, *err = &fails_err;                                             \
        assert_int_equal((call), (status));                                                        \
        if (!strstr(fails_err.message, (text)))                                                    \
            fail_msg("%s: \"%s\" is not in \"%s\"", #call, (text), fails_err.message);             \
    } while (0)

static inline uint64_t random_u64(uint64_t *seed)
{
    *seed += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t v = *seed;
    v = (v ^ v >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    v = (v ^ v >> 27) * UINT64_C(0x94D049BB133111EB);
    return v ^ v >> 31;
}
static inline uint32_t random_below(uint64_t *seed, uint32_t n)
{
    return (uint32_t)(random_u64(seed) % n);
}

/** NULL, empty, or up to @p most bytes, some of which repeat. */
static inline wr_str random_bytes(uint64_t *seed, wr_arena *a, uint32_t most)
{
    uint32_t kind = random_below(seed, 8);
    if (kind == 0)
        return (wr_str){0};
    uint32_t n = kind == 1 ? 0 : random_below(seed, most + 1);
    char *p = wr_arena_alloc(a, n + 1);
    for (uint32_t i = 0; i < n; i++)
        p[i] = (char)('a' + random_below(seed, i % 7 ? 2 : 20));
    return (wr_str){p, n};
}

static inline const wr_headers *random_headers(uint64_t *seed, wr_arena *a)
{
    if (random_below(seed, 4))
        return NULL;
    wr_headers *headers = WR_NEW(a, wr_headers);
    headers->n = 1 + random_below(seed, 4);
    wr_header *h = WR_NEW_N(a, wr_header, headers->n);
    for (uint32_t i = 0; i < headers->n; i++) {
        h[i].key = random_bytes(seed, a, 70);
        if (!h[i].key.ptr)
            h[i].key = WR_STR("");
        h[i].value = random_bytes(seed, a, 200);
    }
    headers->h = h;
    return headers;
}

static inline wr_record *random_records(uint64_t *seed, wr_arena *a, uint32_t n)
{
    wr_record *records = WR_NEW_N(a, wr_record, n);
    int64_t time = INT64_C(1700000000000) + random_below(seed, 1000000);
    for (uint32_t i = 0; i < n; i++) {
        time += (int64_t)random_below(seed, 3000) - 1000;
        uint32_t most = random_below(seed, 20) ? 300 : 20000;
        records[i] = (wr_record){.key = random_bytes(seed, a, 80),
                                 .value = random_bytes(seed, a, most),
                                 .timestamp = time,
                                 .offset = i,
                                 .headers = random_headers(seed, a)};
    }
    return records;
}

/** A batch of these records, sealed and stamped, at the end of @p out. */
static inline void put_batch(wr_buf *out, const wr_record *records, uint32_t n, wr_codec codec,
                             wr_wire_codec *c)
{
    static const wr_wire_producer_id nobody = {.id = -1};
    wr_wire_batch_writer w;
    wr_buf scratch = {0};
    wr__wire_batch_begin(&w, out);
    for (uint32_t i = 0; i < n; i++)
        assert_true(wr__wire_batch_add(&w, records[i].key, records[i].value, records[i].timestamp,
                                       records[i].headers));
    OK(wr__wire_batch_seal(&w, codec, false, c, &scratch, err));
    wr__wire_batch_stamp(out->ptr + w.at, &nobody);
    wr_buf_free(&scratch);
}

static inline void assert_same_bytes(wr_str got, wr_str expected)
{
    assert_int_equal(!got.ptr, !expected.ptr);
    assert_true(wr_str_eq(got, expected));
}

static inline void assert_same_record(const wr_record *got, const wr_record *expected)
{
    assert_same_bytes(got->key, expected->key);
    assert_same_bytes(got->value, expected->value);
    assert_int_equal(got->timestamp, expected->timestamp);
    assert_int_equal(got->offset, expected->offset);
    assert_int_equal(!got->headers, !expected->headers);
    if (!got->headers)
        return;
    assert_int_equal(got->headers->n, expected->headers->n);
    for (uint32_t i = 0; i < got->headers->n; i++) {
        assert_same_bytes(got->headers->h[i].key, expected->headers->h[i].key);
        assert_same_bytes(got->headers->h[i].value, expected->headers->h[i].value);
    }
}

#endif
