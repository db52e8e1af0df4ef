/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Record batches of unknown origin: reading ends in records or an error. The CRC would keep
 * everything interesting out, and so would the length, so they are put right first; the records
 * that are read must survive being written and read anew, in a codec that the input chooses.
 * Input: the batch.
 */
#include "runtime/log/wire/crc32c.h"
#include "runtime/log/wire/record_batch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { RUN_MAX = 100 };

typedef struct fuzz {
    wr_wire_codec *codec;
    wr_arena *arena;
    wr_buf inflated, again, again_inflated, scratch;
} fuzz;

static void check_same(const wr_record *r, const wr_record *s)
{
    WR_ASSERT(wr_str_eq(r->key, s->key) && !r->key.ptr == !s->key.ptr);
    WR_ASSERT(wr_str_eq(r->value, s->value) && !r->value.ptr == !s->value.ptr);
    WR_ASSERT(r->timestamp == s->timestamp);
    WR_ASSERT(!r->headers == !s->headers);
    for (uint32_t i = 0; r->headers && i < r->headers->n; i++) {
        const wr_header *h = &r->headers->h[i], *k = &s->headers->h[i];
        WR_ASSERT(r->headers->n == s->headers->n && wr_str_eq(h->key, k->key));
        WR_ASSERT(wr_str_eq(h->value, k->value) && !h->value.ptr == !k->value.ptr);
    }
}

static void check_round_trip(fuzz *f, const wr_record *records, uint32_t n, wr_codec codec)
{
    static const wr_wire_producer_id nobody = {.id = -1};
    wr_wire_batch_writer w;
    weir_error err;
    wr_buf_clear(&f->again);
    wr__wire_batch_begin(&w, &f->again);
    for (uint32_t i = 0; i < n; i++)
        if (!wr__wire_batch_add(&w, records[i].key, records[i].value, records[i].timestamp,
                                records[i].headers)) {
            n = i; /* too far from the timestamp of the first */
            break;
        }
    WR_ASSERT(wr__wire_batch_seal(&w, codec, false, f->codec, &f->scratch, &err) == WEIR_OK);
    wr__wire_batch_stamp(f->again.ptr, &nobody);
    wr_wire_batch b;
    wr_wire_records from;
    wr_record again[RUN_MAX];
    uint32_t got;
    WR_ASSERT(wr__wire_batch_read(f->again.ptr, f->again.len, &b, &err) == WEIR_OK);
    WR_ASSERT(wr__wire_records_open(&b, f->codec, &f->again_inflated, &from, &err) == WEIR_OK);
    WR_ASSERT(wr__wire_records_next(&from, 0, 1, f->arena, again, n, &got, &err) == WEIR_OK);
    WR_ASSERT(got == n && from.left == 0);
    for (uint32_t i = 0; i < n; i++)
        check_same(&records[i], &again[i]);
}

static void read_records(fuzz *f, const wr_wire_batch *b)
{
    weir_error err;
    wr_wire_records w;
    wr_record records[RUN_MAX];
    uint32_t n;
    if (wr__wire_records_open(b, f->codec, &f->inflated, &w, &err) != WEIR_OK)
        return;
    int64_t last = b->base_offset - 1;
    do {
        uint32_t run = 1 + b->count % RUN_MAX;
        if (wr__wire_records_next(&w, 0, 1, f->arena, records, run, &n, &err) != WEIR_OK)
            return;
        for (uint32_t i = 0; i < n; i++) {
            WR_ASSERT(records[i].offset > last && records[i].offset <= b->last_offset);
            last = records[i].offset;
        }
        if (n > 0)
            check_round_trip(f, records, n, (wr_codec)(b->body_len % WR_CODECS));
        wr_arena_reset(f->arena);
    } while (w.left > 0);
}

static void read_batch(fuzz *f, const char *bytes, size_t size)
{
    weir_error err;
    wr_wire_batch b;
    wr_wire_control kind;
    if (wr__wire_batch_read(bytes, size, &b, &err) != WEIR_OK || b.bytes == 0)
        return;
    WR_ASSERT(b.bytes <= size && b.body_len + WR__WIRE_BATCH_HEAD == b.bytes);
    if (b.control)
        (void)!wr__wire_control_kind(&b, &kind, &err);
    else
        read_records(f, &b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static fuzz f; /* for all inputs: what one leaves behind must not disturb the next */
    if (!f.codec) {
        f.codec = wr__wire_codec_new();
        f.arena = wr_arena_new(0);
    }
    wr_buf batch = {0};
    wr_buf_put(&batch, data, size);
    read_batch(&f, batch.ptr, size);
    if (size >= WR__WIRE_BATCH_HEAD) {
        wr_put_be32(batch.ptr + 8, (uint32_t)(size - 12));
        wr_put_be32(batch.ptr + 17, wr__crc32c(0, batch.ptr + 21, size - 21));
        read_batch(&f, batch.ptr, size);
    }
    wr_buf_free(&batch);
    wr_arena_reset(f.arena);
    return 0;
}
