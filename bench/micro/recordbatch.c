/* SPDX-License-Identifier: Apache-2.0 */
/*
 * micro_recordbatch - reading record batches where they were received: the checksum, inflating, the
 * walk over the records, and all of it; of clicks, in batches as a producer sends them (16 KiB, its
 * default, and 1 MiB, what a bulk load sends). Writing them, too.
 */
#include "micro.h"
#include "runtime/log/wire/crc32c.h"
#include "runtime/log/wire/record_batch.h"

enum { RUN = 2048 };

typedef struct bench {
    micro_records records;
    wr_wire_codec *codec;
    wr_arena *arena;
    wr_buf batches, inflated, scratch;
    wr_record out[RUN];
    uint64_t sum;
} bench;

static void check(weir_status st, const weir_error *err)
{
    if (st == WEIR_OK)
        return;
    fprintf(stderr, "%s\n", err->message);
    exit(1);
}

/* All records, as batches of about @p bytes before they are compressed. */
static void write_batches(bench *b, wr_codec codec, size_t bytes)
{
    static const wr_wire_producer_id producer = {.id = 1};
    weir_error err = {0};
    wr_buf_clear(&b->batches);
    for (uint32_t i = 0; i < MICRO_RECORDS;) {
        wr_wire_batch_writer w;
        wr__wire_batch_begin(&w, &b->batches);
        for (; i < MICRO_RECORDS && wr__wire_batch_size(&w) < bytes; i++)
            if (!wr__wire_batch_add(&w, b->records.keys[i], b->records.values[i],
                                    INT64_C(1700000000000) + i / 3, NULL))
                exit(1);
        check(wr__wire_batch_seal(&w, codec, false, b->codec, &b->scratch, &err), &err);
        wr__wire_batch_stamp(b->batches.ptr + w.at, &producer);
    }
}

static void checksums(bench *b)
{
    weir_error err = {0};
    wr_wire_batch batch;
    for (size_t at = 0; at < b->batches.len; at += batch.bytes) {
        check(wr__wire_batch_read(b->batches.ptr + at, b->batches.len - at, &batch, &err), &err);
        b->sum += batch.count;
    }
}

/* The heads are read too, without the CRC: where a batch ends. */
static void inflates(bench *b, wr_codec codec)
{
    weir_error err = {0};
    for (size_t at = 0, size; at < b->batches.len; at += size) {
        const char *p = b->batches.ptr + at;
        size = 12 + (size_t)wr_get_be32(p + 8);
        check(wr__wire_inflate(b->codec, codec, p + WR__WIRE_BATCH_HEAD, size - WR__WIRE_BATCH_HEAD,
                               &b->inflated, &err),
              &err);
        b->sum += b->inflated.len;
    }
}

static void walk(bench *b, const wr_wire_batch *batch)
{
    weir_error err = {0};
    wr_wire_records w;
    uint32_t n;
    check(wr__wire_records_open(batch, b->codec, &b->inflated, &w, &err), &err);
    do {
        check(wr__wire_records_next(&w, 0, 0, b->arena, b->out, RUN, &n, &err), &err);
        b->sum += n;
    } while (w.left > 0);
}

static void everything(bench *b)
{
    weir_error err = {0};
    wr_wire_batch batch;
    for (size_t at = 0; at < b->batches.len; at += batch.bytes) {
        check(wr__wire_batch_read(b->batches.ptr + at, b->batches.len - at, &batch, &err), &err);
        walk(b, &batch);
    }
}

static void walks(bench *b, const wr_wire_batch *batches, size_t n)
{
    for (size_t i = 0; i < n; i++)
        walk(b, &batches[i]);
}

static void bench_walk(bench *b)
{
    weir_error err = {0};
    wr_wire_batch *batches = WR_NEW_N(b->arena, wr_wire_batch, MICRO_RECORDS);
    size_t n = 0;
    for (size_t at = 0; at < b->batches.len; at += batches[n++].bytes)
        check(wr__wire_batch_read(b->batches.ptr + at, b->batches.len - at, &batches[n], &err),
              &err);
    double took;
    MICRO_BEST(took, walks(b, batches, n));
    micro_print("  walk over the records, out of no cache", took, MICRO_RECORDS, 0);
}

static void bench_codec(bench *b, wr_codec codec, size_t bytes)
{
    double took;
    MICRO_BEST(took, write_batches(b, codec, bytes));
    printf("%s, %zu KiB: %.0f bytes a record\n", wr__codec_name(codec), bytes >> 10,
           (double)b->batches.len / MICRO_RECORDS);
    micro_print("  write", took, MICRO_RECORDS, b->records.value_bytes);
    MICRO_BEST(took, checksums(b));
    micro_print("  checksum", took, MICRO_RECORDS, b->batches.len);
    if (codec == WR_CODEC_NONE) {
        bench_walk(b);
    } else {
        MICRO_BEST(took, inflates(b, codec));
        micro_print("  inflate", took, MICRO_RECORDS, b->records.value_bytes);
    }
    MICRO_BEST(took, everything(b));
    micro_print("  checksum, inflate and walk", took, MICRO_RECORDS, b->records.value_bytes);
}

int main(void)
{
    static bench b;
    b.arena = wr_arena_new(0);
    b.codec = wr__wire_codec_new();
    micro_clicks(&b.records, b.arena);
    for (int codec = 0; codec < WR_CODECS; codec++) {
        bench_codec(&b, (wr_codec)codec, 16 << 10);
        bench_codec(&b, (wr_codec)codec, 1 << 20);
    }
    double took;
    const size_t n = b.records.bytes.len;
    MICRO_BEST(took, b.sum += wr__crc32c_portable(0, b.records.bytes.ptr, n));
    micro_print("checksum by tables, of the same bytes", took, MICRO_RECORDS, n);
    wr_buf_free(&b.records.bytes);
    wr_buf_free(&b.batches);
    wr_buf_free(&b.inflated);
    wr_buf_free(&b.scratch);
    wr__wire_codec_free(b.codec);
    wr_arena_free(b.arena);
    return b.sum == 0;
}
