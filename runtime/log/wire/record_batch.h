/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_batch.h - Kafka's record batches (magic 2), read in place and written in place.
 *
 * Fetch answers and Produce requests carry batches one after another. Big endian:
 *
 *   0   INT64  base offset
 *   8   INT32  length of what follows
 *   12  INT32  leader epoch of the partition
 *   16  INT8   magic, 2
 *   17  UINT32 CRC32C of bytes 21..end
 *   21  INT16  attributes: 0..2 codec, 3 log append time, 4 transactional, 5 control,
 *                          6 delete horizon (the base timestamp is the horizon)
 *   23  INT32  last offset - base offset
 *   27  INT64  base timestamp
 *   35  INT64  largest timestamp
 *   43  INT64  producer id      51  INT16 producer epoch      53  INT32 base sequence
 *   57  INT32  number of records
 *   61  the records, compressed as a whole where there is a codec:
 *         VARINT   length of what follows
 *         INT8     attributes, unused
 *         VARLONG  timestamp - base timestamp
 *         VARINT   offset - base offset
 *         VARINT   key length, -1: NULL;     key
 *         VARINT   value length, -1: NULL;   value
 *         VARINT   count of headers, each: VARINT name length, name, VARINT value length or -1,
 *                  value
 *
 * Reading takes three steps, so that nothing is allocated because of a number that a batch claims:
 *     wr__wire_batch_read      the head, with the CRC of all of it
 *     wr__wire_records_open    inflates
 *     wr__wire_records_next    the records, as many at a time as the caller has room for
 *
 * All of it is untrusted (fuzzed). Errors are WEIR_ERR_LOG, with the base offset; topic and
 * partition are the caller's to add (wr_error_prefix).
 *
 * Threads: no state of its own.
 */
#ifndef WR_RUNTIME_LOG_WIRE_RECORD_BATCH_H
#define WR_RUNTIME_LOG_WIRE_RECORD_BATCH_H

#include "common/arena.h"
#include "common/buf.h"
#include "common/error.h"
#include "runtime/log/wire/compress.h"
#include "types/record.h"

enum {
    WR__WIRE_BATCH_HEAD = 61, /* bytes before the records */
    WR__WIRE_RECORD_MIN = 7,  /* bytes of the smallest record */
};

/** The head of one record batch, in host order. */
typedef struct wr_wire_batch {
    /** last_offset = base + last offset delta. In a compacted topic there may be no record at
     *  either, or none at all; whoever has read the batch goes on at last_offset + 1. */
    int64_t base_offset, last_offset;
    int32_t leader_epoch; /* -1: none */
    wr_codec codec;
    bool append_time;   /* every record has max_timestamp, not its own time */
    bool transactional; /* of a transaction of producer_id: an aborted one is to be left out */
    bool control;       /* holds a marker and no records of users: wr__wire_control_kind */
    int64_t base_timestamp, max_timestamp; /* ms; -1: none */
    int64_t producer_id;                   /* -1: neither idempotent nor transactional */
    int16_t producer_epoch;
    int32_t base_sequence;
    uint32_t count;      /* of records; held against the bytes by wr__wire_records_open */
    const uint8_t *body; /* the records, compressed or not; inside the bytes given */
    size_t body_len;
    size_t bytes; /* of the whole batch */
} wr_wire_batch;

/**
 * Read the head of the batch that begins at @p bytes, and check its CRC.
 *
 * out->bytes == 0: the @p n bytes hold it in part only, as a broker may cut the last batch of an
 * answer; no error, and nothing else of *out has a meaning. (A broker never cuts the first one of
 * an answer: since KIP-74 that is sent whole, however large it is.)
 * @return WEIR_ERR_LOG; WEIR_ERR_UNSUPPORTED: a message of magic 0 or 1, as written before Kafka
 *         0.11; librdkafka reads them.
 */
weir_status wr__wire_batch_read(const void *bytes, size_t n, wr_wire_batch *out,
                                weir_error *err) WR_MUST_CHECK;

/** Where in a batch the next record is. */
typedef struct wr_wire_records {
    wr_wire_batch batch;
    const uint8_t *p, *end; /* what is left of the records, inflated */
    uint32_t left;          /* records */
    int64_t next_delta;     /* no record may come whose offset delta is lower */
} wr_wire_records;

/**
 * Begin to read the records of @p b, whose bytes must stay where they are as long as the records
 * are in use. A compressed batch is inflated into @p inflated, replacing what is in it; the buffer
 * is the caller's, must not be touched either as long as the records are in use, and may serve one
 * batch after another. Not for control batches.
 * @return also WEIR_ERR_LIMIT (wr__wire_inflate).
 */
weir_status wr__wire_records_open(const wr_wire_batch *b, wr_wire_codec *c, wr_buf *inflated,
                                  wr_wire_records *out, weir_error *err) WR_MUST_CHECK;
/**
 * The next records with an offset >= @p from.
 *
 * @param max  room in @p out. *n < max: the batch is done. *n == max: there may be more (w->left).
 * @param partition  for wr_record.partition.
 * @param a    headers live here; used for records that have some only.
 * Keys, values and headers are slices into the batch, or into what it was inflated into. After an
 * error *w is of no further use, and *n is 0.
 */
weir_status wr__wire_records_next(wr_wire_records *w, int64_t from, int32_t partition, wr_arena *a,
                                  wr_record *out, uint32_t max, uint32_t *n,
                                  weir_error *err) WR_MUST_CHECK;

/** What a control batch says. */
typedef enum wr_wire_control {
    WR_WIRE_CONTROL_ABORT,  /* the transaction of producer_id ends here, aborted */
    WR_WIRE_CONTROL_COMMIT, /* ... committed */
    WR_WIRE_CONTROL_OTHER,  /* of the brokers among themselves (leader change, snapshots ...) */
} wr_wire_control;
/** @pre b->control. A batch without records, of which compaction has taken the marker, is OTHER. */
weir_status wr__wire_control_kind(const wr_wire_batch *b, wr_wire_control *out,
                                  weir_error *err) WR_MUST_CHECK;

/* ---- writing ---- */

/**
 * A batch being built, at the end of a buffer: add records, seal, and, once it is known who sends
 * it with which sequence number, stamp. Where there is no codec the records are written at their
 * place at once.
 */
typedef struct wr_wire_batch_writer {
    wr_buf *out; /* the batch begins at `at`; others may lie before it */
    size_t at;
    uint32_t count;
    int64_t base_timestamp, max_timestamp;
} wr_wire_batch_writer;

/** Begin a batch at the end of @p out, which is borrowed until it is sealed. */
void wr__wire_batch_begin(wr_wire_batch_writer *w, wr_buf *out);
/** Bytes of it so far, not compressed. */
static inline size_t wr__wire_batch_size(const wr_wire_batch_writer *w)
{
    return w->out->len - w->at;
}
/**
 * Append a record (ptr NULL: NULL; @p headers may be NULL).
 * @return false, with nothing done: the batch would have more bytes than its length can say, or the
 *         timestamp is too far from that of its first record. Begin another one; a record that
 *         finds no room there is larger than any broker takes.
 */
bool wr__wire_batch_add(wr_wire_batch_writer *w, wr_str key, wr_str value, int64_t timestamp,
                        const wr_headers *headers) WR_MUST_CHECK;
/**
 * Compress the records and fill the head in, without producer and CRC. @pre count > 0
 * @param scratch  for a codec; its content is replaced.
 */
weir_status wr__wire_batch_seal(wr_wire_batch_writer *w, wr_codec codec, bool transactional,
                                wr_wire_codec *c, wr_buf *scratch, weir_error *err) WR_MUST_CHECK;
/** Who sends it. */
typedef struct wr_wire_producer_id {
    int64_t id; /* -1: nobody in particular, and so are the others */
    int16_t epoch;
    int32_t sequence; /* of the first record */
} wr_wire_producer_id;
/** Fill in the producer and then the CRC of the sealed batch at @p batch; again, with other
 * numbers, as often as it is sent. */
void wr__wire_batch_stamp(char *batch, const wr_wire_producer_id *producer);

#endif
