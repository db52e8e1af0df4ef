/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Record batches (layout: record_batch.h). Reading the records is the hot path of everything that
 * comes from Kafka: one loop with its place in registers, no allocation per record, nothing touched
 * of keys and values.
 *
 * A batch is refused, never repaired: offsets that do not rise would break what counts on them
 * (positions, exactly-once).
 */
#include "runtime/log/wire/record_batch.h"

#include "runtime/log/wire/crc32c.h"
#include "runtime/log/wire/primitives.h"

#include <inttypes.h>

/* Where the fields of the head are. */
enum {
    AT_BASE_OFFSET = 0,
    AT_LENGTH = 8,
    AT_LEADER_EPOCH = 12,
    AT_MAGIC = 16,
    AT_CRC = 17,
    AT_ATTRIBUTES = 21, /* the CRC begins here */
    AT_LAST_DELTA = 23,
    AT_BASE_TIMESTAMP = 27,
    AT_MAX_TIMESTAMP = 35,
    AT_PRODUCER_ID = 43,
    AT_PRODUCER_EPOCH = 51,
    AT_BASE_SEQUENCE = 53,
    AT_COUNT = 57,
};
enum { MAGIC = 2, CODEC_BITS = 7, APPEND_TIME = 8, TRANSACTIONAL = 16, CONTROL = 32 };

static weir_status damaged(weir_error *err, int64_t base_offset, const char *what)
{
    return wr_error(err, WEIR_ERR_LOG, "Record batch at offset %" PRId64 ": %s", base_offset, what);
}

/* ---- the head ---- */

/* The bytes of the batch in all; 0: not all are there. */
static weir_status find_end(const uint8_t *p, size_t n, size_t *bytes, weir_error *err)
{
    *bytes = 0;
    if (n <= AT_MAGIC)
        return WEIR_OK;
    int64_t base_offset = (int64_t)wr_get_be64(p + AT_BASE_OFFSET);
    int32_t length = (int32_t)wr_get_be32(p + AT_LENGTH);
    if (p[AT_MAGIC] < MAGIC)
        return wr_error(err, WEIR_ERR_UNSUPPORTED,
                        "Message at offset %" PRId64 ": its format is version %d, of brokers "
                        "before Kafka 0.11; only version 2 is read",
                        base_offset, p[AT_MAGIC]);
    if (p[AT_MAGIC] > MAGIC)
        return damaged(err, base_offset, "the version of its format is unknown");
    if (length < WR__WIRE_BATCH_HEAD - AT_LEADER_EPOCH)
        return damaged(err, base_offset, "it is shorter than its head");
    size_t whole = (size_t)AT_LEADER_EPOCH + (size_t)length;
    *bytes = whole <= n ? whole : 0;
    return WEIR_OK;
}

static weir_status read_attributes(const uint8_t *p, wr_wire_batch *out, weir_error *err)
{
    unsigned attributes = wr_get_be16(p + AT_ATTRIBUTES);
    unsigned codec = attributes & CODEC_BITS;
    if (codec >= WR_CODECS)
        return damaged(err, out->base_offset, "its codec is unknown");
    out->codec = (wr_codec)codec;
    out->append_time = attributes & APPEND_TIME;
    out->transactional = attributes & TRANSACTIONAL;
    out->control = attributes & CONTROL;
    return WEIR_OK;
}

static weir_status read_head(const uint8_t *p, wr_wire_batch *out, weir_error *err)
{
    WR_ASSERT(out->bytes >= WR__WIRE_BATCH_HEAD);
    out->base_offset = (int64_t)wr_get_be64(p + AT_BASE_OFFSET);
    uint32_t crc = wr_get_be32(p + AT_CRC);
    uint32_t found = wr__crc32c(0, p + AT_ATTRIBUTES, out->bytes - AT_ATTRIBUTES);
    if (crc != found)
        return wr_error(err, WEIR_ERR_LOG,
                        "Record batch at offset %" PRId64 ": its CRC is %08" PRIx32
                        ", but its bytes make %08" PRIx32,
                        out->base_offset, crc, found);
    int32_t last_delta = (int32_t)wr_get_be32(p + AT_LAST_DELTA);
    int32_t count = (int32_t)wr_get_be32(p + AT_COUNT);
    if (out->base_offset < 0 || last_delta < 0 || out->base_offset > INT64_MAX - 1 - last_delta)
        return damaged(err, out->base_offset, "its offsets are out of range");
    if (count < 0 || count > (int64_t)last_delta + 1)
        return damaged(err, out->base_offset, "it has more records than offsets");
    WR_TRY(read_attributes(p, out, err));
    out->last_offset = out->base_offset + last_delta;
    out->count = (uint32_t)count;
    out->leader_epoch = (int32_t)wr_get_be32(p + AT_LEADER_EPOCH);
    out->base_timestamp = (int64_t)wr_get_be64(p + AT_BASE_TIMESTAMP);
    out->max_timestamp = (int64_t)wr_get_be64(p + AT_MAX_TIMESTAMP);
    out->producer_id = (int64_t)wr_get_be64(p + AT_PRODUCER_ID);
    out->producer_epoch = (int16_t)wr_get_be16(p + AT_PRODUCER_EPOCH);
    out->base_sequence = (int32_t)wr_get_be32(p + AT_BASE_SEQUENCE);
    out->body = p + WR__WIRE_BATCH_HEAD;
    out->body_len = out->bytes - WR__WIRE_BATCH_HEAD;
    return WEIR_OK;
}

weir_status wr__wire_batch_read(const void *bytes, size_t n, wr_wire_batch *out, weir_error *err)
{
    *out = (wr_wire_batch){0};
    WR_TRY(find_end(bytes, n, &out->bytes, err));
    return out->bytes ? read_head(bytes, out, err) : WEIR_OK;
}

/* ---- the records ---- */

weir_status wr__wire_records_open(const wr_wire_batch *b, wr_wire_codec *c, wr_buf *inflated,
                                  wr_wire_records *out, weir_error *err)
{
    WR_ASSERT(b->bytes && !b->control);
    const uint8_t *p = b->body;
    size_t n = b->body_len;
    if (b->codec != WR_CODEC_NONE && n > 0) {
        weir_status st = wr__wire_inflate(c, b->codec, p, n, inflated, err);
        if (st != WEIR_OK) {
            wr_error_prefix(err, "Record batch at offset %" PRId64 ": ", b->base_offset);
            return st;
        }
        p = (const uint8_t *)inflated->ptr;
        n = inflated->len;
    }
    if (b->count > n / WR__WIRE_RECORD_MIN)
        return damaged(err, b->base_offset, "it has too few bytes for its records");
    if (b->count == 0 && n > 0)
        return damaged(err, b->base_offset, "there are bytes after its last record");
    *out = (wr_wire_records){.batch = *b, .p = p, .end = n ? p + n : p, .left = b->count};
    return WEIR_OK;
}

/* A length, -1 for NULL, and the bytes; NULL: they are not there. */
static inline const uint8_t *read_bytes(const uint8_t *p, const uint8_t *end, wr_str *out)
{
    uint64_t v;
    p = wr__wire_leb128(p, end, 32, &v);
    if (WR_UNLIKELY(!p))
        return NULL;
    if (v == 1) { /* -1 */
        *out = (wr_str){0};
        return p;
    }
    /* Zigzag: an odd number is negative. */
    if (WR_UNLIKELY(v & 1 || v >> 1 > (uint64_t)(end - p)))
        return NULL;
    *out = (wr_str){(const char *)p, (uint32_t)(v >> 1)};
    return p + (v >> 1);
}

static const uint8_t *read_headers(const uint8_t *p, const uint8_t *end, uint64_t n, wr_arena *a,
                                   const wr_headers **out)
{
    if (n > (uint64_t)(end - p) / 2) /* each takes two bytes at least */
        return NULL;
    wr_headers *headers = WR_NEW(a, wr_headers);
    wr_header *h = wr_arena_alloc(a, n * sizeof *h);
    headers->n = (uint32_t)n;
    headers->h = h;
    for (uint64_t i = 0; i < n && p; i++) {
        p = read_bytes(p, end, &h[i].key);
        if (p && !h[i].key.ptr) /* a name is never NULL */
            return NULL;
        if (p)
            p = read_bytes(p, end, &h[i].value);
    }
    *out = headers;
    return p;
}

/* What a record says of itself, relative to its batch. */
typedef struct deltas {
    int64_t timestamp, offset;
} deltas;

/* The record at @p p; NULL: it is damaged. Its time and offset are left to the caller. */
static inline const uint8_t *read_record(const uint8_t *p, const uint8_t *end, wr_arena *a,
                                         wr_record *out, deltas *d)
{
    uint64_t v;
    p = wr__wire_leb128(p, end, 32, &v);
    if (WR_UNLIKELY(!p || v & 1 || v >> 1 > (uint64_t)(end - p) || v == 0))
        return NULL;
    end = p + (v >> 1);
    p++; /* attributes, of which none is in use */
    if (WR_UNLIKELY(!(p = wr__wire_leb128(p, end, 64, &v))))
        return NULL;
    d->timestamp = wr__wire_unzigzag(v);
    if (WR_UNLIKELY(!(p = wr__wire_leb128(p, end, 32, &v))))
        return NULL;
    d->offset = wr__wire_unzigzag(v);
    if (WR_UNLIKELY(!(p = read_bytes(p, end, &out->key))))
        return NULL;
    if (WR_UNLIKELY(!(p = read_bytes(p, end, &out->value))))
        return NULL;
    if (WR_UNLIKELY(!(p = wr__wire_leb128(p, end, 32, &v)) || v & 1))
        return NULL;
    out->headers = NULL;
    if (WR_UNLIKELY(v))
        p = read_headers(p, end, v >> 1, a, &out->headers);
    return p == end ? p : NULL;
}

static weir_status damaged_record(const wr_wire_records *w, const char *what, weir_error *err)
{
    return wr_error(err, WEIR_ERR_LOG, "Record batch at offset %" PRId64 ": record %u: %s",
                    w->batch.base_offset, w->batch.count - w->left, what);
}

weir_status wr__wire_records_next(wr_wire_records *w, int64_t from, int32_t partition, wr_arena *a,
                                  wr_record *out, uint32_t max, uint32_t *n, weir_error *err)
{
    const wr_wire_batch *b = &w->batch;
    const uint8_t *p = w->p;
    const int64_t last_delta = b->last_offset - b->base_offset;
    int64_t next_delta = w->next_delta;
    uint32_t got = 0;
    *n = 0;
    for (; w->left > 0 && got < max; w->left--) {
        wr_record *r = &out[got];
        deltas d;
        p = read_record(p, w->end, a, r, &d);
        if (WR_UNLIKELY(!p))
            return damaged_record(w, "it is damaged, or its lengths are wrong", err);
        if (WR_UNLIKELY(d.offset < next_delta || d.offset > last_delta))
            return damaged_record(w, "its offset is not between those around it", err);
        next_delta = d.offset + 1;
        r->partition = partition;
        r->offset = b->base_offset + d.offset;
        if (b->append_time)
            r->timestamp = b->max_timestamp;
        else if (WR_UNLIKELY(__builtin_add_overflow(b->base_timestamp, d.timestamp, &r->timestamp)))
            return damaged_record(w, "its timestamp is out of range", err);
        got += r->offset >= from;
    }
    WR_ASSERT(got <= max && p <= w->end && next_delta <= last_delta + 1);
    if (w->left == 0 && p != w->end)
        return damaged(err, b->base_offset, "there are bytes after its last record");
    w->p = p;
    w->next_delta = next_delta;
    *n = got;
    return WEIR_OK;
}

weir_status wr__wire_control_kind(const wr_wire_batch *b, wr_wire_control *out, weir_error *err)
{
    WR_ASSERT(b->bytes && b->control);
    *out = WR_WIRE_CONTROL_OTHER;
    if (b->count == 0)
        return WEIR_OK;
    if (b->codec != WR_CODEC_NONE)
        return damaged(err, b->base_offset, "a marker is compressed");
    wr_record r;
    deltas d;
    wr_arena *a = wr_arena_new(0); /* a marker has no headers, but may come to */
    const uint8_t *p = read_record(b->body, b->body + b->body_len, a, &r, &d);
    wr_arena_free(a);
    enum { KEY_MIN = 4, ABORT = 0, COMMIT = 1 }; /* INT16 version, INT16 type */
    if (!p || r.key.len < KEY_MIN)
        return damaged(err, b->base_offset, "a marker is damaged");
    int type = (int16_t)wr_get_be16(r.key.ptr + 2);
    if (type == ABORT)
        *out = WR_WIRE_CONTROL_ABORT;
    else if (type == COMMIT)
        *out = WR_WIRE_CONTROL_COMMIT;
    return WEIR_OK;
}

/* ---- writing ---- */

void wr__wire_batch_begin(wr_wire_batch_writer *w, wr_buf *out)
{
    *w = (wr_wire_batch_writer){.out = out, .at = out->len};
    memset(wr_buf_reserve(out, WR__WIRE_BATCH_HEAD), 0, WR__WIRE_BATCH_HEAD);
    out->len += WR__WIRE_BATCH_HEAD;
}

/* Bytes of a number as unsigned LEB128. */
static size_t leb128_size(uint64_t v)
{
    unsigned bits = 64 - (unsigned)__builtin_clzll(v | 1);
    return (bits + 6) / 7;
}

static size_t signed_size(int64_t v)
{
    return leb128_size(wr__wire_zigzag(v));
}

static size_t bytes_size(wr_str s)
{
    return s.ptr ? signed_size(s.len) + s.len : 1;
}

static char *put_signed(char *p, int64_t value)
{
    uint64_t v = wr__wire_zigzag(value);
    for (; v >= 0x80; v >>= 7)
        *p++ = (char)(uint8_t)(v | 0x80);
    *p++ = (char)(uint8_t)v;
    return p;
}

static char *put_bytes(char *p, wr_str s)
{
    p = put_signed(p, s.ptr ? (int64_t)s.len : -1);
    if (s.len)
        memcpy(p, s.ptr, s.len);
    return p + s.len;
}

bool wr__wire_batch_add(wr_wire_batch_writer *w, wr_str key, wr_str value, int64_t timestamp,
                        const wr_headers *headers)
{
    if (w->count == 0)
        w->base_timestamp = w->max_timestamp = timestamp;
    int64_t time_delta;
    if (__builtin_sub_overflow(timestamp, w->base_timestamp, &time_delta))
        return false;
    uint32_t headers_n = headers ? headers->n : 0;
    size_t size = 1 + signed_size(time_delta) + signed_size(w->count) + bytes_size(key) +
                  bytes_size(value) + signed_size(headers_n);
    for (uint32_t i = 0; i < headers_n; i++)
        size += bytes_size(headers->h[i].key) + bytes_size(headers->h[i].value);
    if (size + 5 > INT32_MAX - wr__wire_batch_size(w))
        return false;
    char *from = wr_buf_reserve(w->out, size + 5);
    char *p = put_signed(from, (int64_t)size);
    *p++ = 0;
    p = put_signed(p, time_delta);
    p = put_signed(p, w->count);
    p = put_bytes(p, key);
    p = put_bytes(p, value);
    p = put_signed(p, headers_n);
    for (uint32_t i = 0; i < headers_n; i++) {
        p = put_bytes(p, headers->h[i].key);
        p = put_bytes(p, headers->h[i].value);
    }
    WR_ASSERT((size_t)(p - from) == signed_size((int64_t)size) + size);
    w->out->len += (size_t)(p - from);
    w->max_timestamp = WR_MAX(w->max_timestamp, timestamp);
    w->count++;
    return true;
}

static weir_status compress_body(const wr_wire_batch_writer *w, wr_codec codec, wr_wire_codec *c,
                                 wr_buf *scratch, weir_error *err)
{
    wr_buf *out = w->out;
    size_t body = w->at + WR__WIRE_BATCH_HEAD;
    WR_ASSERT(scratch != out && body < out->len);
    wr_buf_clear(scratch);
    WR_TRY(wr__wire_deflate(c, codec, out->ptr + body, out->len - body, scratch, err));
    if (scratch->len > INT32_MAX - WR__WIRE_BATCH_HEAD)
        return wr_error(err, WEIR_ERR_LIMIT, "%s: a batch of records is too large",
                        wr__codec_name(codec));
    out->len = body;
    wr_buf_put(out, scratch->ptr, scratch->len);
    return WEIR_OK;
}

weir_status wr__wire_batch_seal(wr_wire_batch_writer *w, wr_codec codec, bool transactional,
                                wr_wire_codec *c, wr_buf *scratch, weir_error *err)
{
    WR_ASSERT(w->count > 0 && wr__wire_batch_size(w) > WR__WIRE_BATCH_HEAD);
    WR_ASSERT(wr__wire_batch_size(w) <= INT32_MAX);
    if (codec != WR_CODEC_NONE)
        WR_TRY(compress_body(w, codec, c, scratch, err));
    char *p = w->out->ptr + w->at;
    wr_put_be64(p + AT_BASE_OFFSET, 0); /* the broker's to give */
    wr_put_be32(p + AT_LENGTH, (uint32_t)(wr__wire_batch_size(w) - AT_LEADER_EPOCH));
    wr_put_be32(p + AT_LEADER_EPOCH, UINT32_MAX); /* -1: the broker's too */
    p[AT_MAGIC] = MAGIC;
    wr_put_be16(p + AT_ATTRIBUTES,
                (uint16_t)((unsigned)codec | (transactional ? TRANSACTIONAL : 0)));
    wr_put_be32(p + AT_LAST_DELTA, w->count - 1);
    wr_put_be64(p + AT_BASE_TIMESTAMP, (uint64_t)w->base_timestamp);
    wr_put_be64(p + AT_MAX_TIMESTAMP, (uint64_t)w->max_timestamp);
    wr_put_be32(p + AT_COUNT, w->count);
    return WEIR_OK;
}

void wr__wire_batch_stamp(char *batch, const wr_wire_producer_id *producer)
{
    WR_ASSERT(batch[AT_MAGIC] == MAGIC); /* sealed */
    WR_ASSERT(producer->id < 0 || (producer->epoch >= 0 && producer->sequence >= 0));
    bool anonymous = producer->id < 0;
    wr_put_be64(batch + AT_PRODUCER_ID, anonymous ? UINT64_MAX : (uint64_t)producer->id);
    wr_put_be16(batch + AT_PRODUCER_EPOCH, anonymous ? UINT16_MAX : (uint16_t)producer->epoch);
    wr_put_be32(batch + AT_BASE_SEQUENCE, anonymous ? UINT32_MAX : (uint32_t)producer->sequence);
    size_t bytes = (size_t)AT_LEADER_EPOCH + wr_get_be32(batch + AT_LENGTH);
    wr_put_be32(batch + AT_CRC, wr__crc32c(0, batch + AT_ATTRIBUTES, bytes - AT_ATTRIBUTES));
}

/* The layout is Kafka's, and so are these sizes. */
_Static_assert(AT_COUNT + 4 == WR__WIRE_BATCH_HEAD, "the head");
