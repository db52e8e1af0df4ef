/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records between a handle and its server, and reports of Kafka's clients: what is read as one is
 * written so that it is read back the same.
 */
#include "runtime/api/record_json.h"
#include "runtime/log/kafka.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool same(const void *a, size_t a_len, const void *b, size_t b_len)
{
    return !a == !b && (!a || (a_len == b_len && memcmp(a, b, a_len) == 0));
}

static void check(const weir_record *r, wr_arena *a)
{
    wr_buf text = {0};
    wr_json *again;
    weir_record back;
    weir_error err;
    wr__record_json_put(&text, r);
    WR_ASSERT(wr_json_parse(wr_arena_str(a, wr_buf_view(&text)), false, a, &again, &err) ==
              WEIR_OK);
    WR_ASSERT(wr__record_json_get(again, "t", a, &back));
    WR_ASSERT(back.partition == r->partition && back.offset == r->offset &&
              back.timestamp == r->timestamp && back.headers_n == r->headers_n);
    WR_ASSERT(same(r->key, r->key_len, back.key, back.key_len));
    WR_ASSERT(same(r->value, r->value_len, back.value, back.value_len));
    for (size_t i = 0; i < r->headers_n; i++)
        WR_ASSERT(same(r->header_values[i], r->header_lens[i], back.header_values[i],
                       back.header_lens[i]));
    wr_buf_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    wr_arena *a = wr_arena_new(0);
    const char *text = wr_arena_strndup(a, (const char *)data, size);
    wr_json *j;
    wr_log_client client;
    weir_record record;
    weir_error err;
    if (wr_json_parse(wr_str_make(text, size), false, a, &j, &err) == WEIR_OK &&
        wr__record_json_get(j, "t", a, &record))
        check(&record, a);
    if (wr__kafka_statistics_read(text, a, &client))
        WR_ASSERT(client.name && client.type && client.throttle_max >= 0);
    wr_arena_free(a);
    return 0;
}
