/* SPDX-License-Identifier: Apache-2.0 */
/*
 * primitives.h - the primitive types of Kafka's protocol: reading them out of untrusted bytes, and
 * writing them into a wr_buf.
 *
 * Reading goes through a wr_wire_in, whose first failure sticks: from then on every read gives 0,
 * an empty string or an array without items, so a decoder is a plain list of reads with one check
 * at its end (wr__wire_in_end), which says what was wrong at which byte. No length is trusted:
 * it is held against the bytes that are left before anything is made of it.
 *
 * Protocol types (kafka.apache.org, "Protocol Primitive Types"): integers are big endian; a varint
 * is LEB128, signed ones zigzag; a string or an array has its length in front, -1 for NULL: as
 * INT16 (strings) or INT32 (bytes, arrays), or, in flexible versions of a message, as unsigned
 * varint of length + 1 ("compact"), 0 for NULL. `compact` says which one it is.
 *
 * Threads: no state of its own.
 */
#ifndef WR_RUNTIME_LOG_WIRE_PRIMITIVES_H
#define WR_RUNTIME_LOG_WIRE_PRIMITIVES_H

#include "common/buf.h"
#include "common/error.h"

/* ---- reading ---- */

/** Bytes being read. The bytes must outlive what is read: strings are slices into them. */
typedef struct wr_wire_in {
    const uint8_t *p, *end; /* what is left; p == end after a failure */
    const uint8_t *begin;   /* positions in errors count from here */
    const char *failure;    /* what was wrong, a text with static life; NULL: nothing so far */
    size_t failed_at;       /* where */
} wr_wire_in;

static inline wr_wire_in wr__wire_in(const void *bytes, size_t n)
{
    const uint8_t *p = bytes;
    return (wr_wire_in){.p = p, .end = n ? p + n : p, .begin = p};
}
/** Let the decoder fail at the present position, unless it has failed already. @p failure must be a
 *  literal that completes "byte 17: ...". */
void wr__wire_in_fail(wr_wire_in *in, const char *failure);
/** @return WEIR_ERR_LOG where a read has failed: "<what>: byte 17: ...". */
weir_status wr__wire_in_check(const wr_wire_in *in, const char *what,
                              weir_error *err) WR_MUST_CHECK;
/** The same, and bytes must not be left over. */
weir_status wr__wire_in_end(wr_wire_in *in, const char *what, weir_error *err) WR_MUST_CHECK;
static inline size_t wr__wire_in_left(const wr_wire_in *in)
{
    return (size_t)(in->end - in->p);
}

int8_t wr__wire_i8(wr_wire_in *in);
int16_t wr__wire_i16(wr_wire_in *in);
int32_t wr__wire_i32(wr_wire_in *in);
int64_t wr__wire_i64(wr_wire_in *in);
/** Any byte but 0 is true. */
bool wr__wire_bool(wr_wire_in *in);
/** UNSIGNED_VARINT: at most 5 bytes, 32 bits. */
uint32_t wr__wire_uvarint(wr_wire_in *in);
/** VARINT and VARLONG, signed: at most 5 and 10 bytes. */
int32_t wr__wire_varint(wr_wire_in *in);
int64_t wr__wire_varlong(wr_wire_in *in);
/** A UUID is 16 bytes; @return their place, or that of 16 zeros (Kafka's "no id"). Never NULL. */
const uint8_t *wr__wire_uuid(wr_wire_in *in);
/** A string that must not be NULL; a slice. Not checked for UTF-8. ptr is never NULL. */
wr_str wr__wire_str(wr_wire_in *in, bool compact);
/** ptr NULL: NULL. */
wr_str wr__wire_str_or_null(wr_wire_in *in, bool compact);
/** BYTES and RECORDS; ptr NULL: NULL. */
wr_str wr__wire_bytes(wr_wire_in *in, bool compact);
/**
 * The number of items of an array, 0 for NULL. @param item_min  least bytes that an item takes, >=
 * 1: the array fails where they cannot be there, so its items may be allocated at once.
 */
uint32_t wr__wire_array(wr_wire_in *in, bool compact, size_t item_min);

/**
 * Tagged fields, at the end of every structure of a flexible version:
 *     for (wr_wire_tags t = wr__wire_tags(in); wr__wire_tag_next(in, &t);)
 *         if (t.tag == 0)
 *             read(&t.field);
 * A field that is not read is passed over; one that is read must be read to its end, and its
 * failure is the message's.
 */
typedef struct wr_wire_tags {
    uint32_t left;    /* fields to come */
    uint32_t tag;     /* of the present field */
    bool open;        /* there is a present field */
    wr_wire_in field; /* its bytes */
} wr_wire_tags;
wr_wire_tags wr__wire_tags(wr_wire_in *in);
bool wr__wire_tag_next(wr_wire_in *in, wr_wire_tags *tags);
/** Pass over all of them; nothing where the version is not flexible. */
void wr__wire_tags_skip(wr_wire_in *in, bool compact);

/** As wr__wire_leb128, for numbers of any length. */
const uint8_t *wr__wire_leb128_long(const uint8_t *p, const uint8_t *end, unsigned bits,
                                    uint64_t *out);
/**
 * One unsigned LEB128 number of at most @p bits (32 or 64) bits, for loops that keep their place in
 * registers. @return the place after it; NULL: it does not end before @p end, or is too large.
 */
static inline const uint8_t *wr__wire_leb128(const uint8_t *p, const uint8_t *end, unsigned bits,
                                             uint64_t *out)
{
    if (WR_UNLIKELY(end - p < 2))
        return wr__wire_leb128_long(p, end, bits, out);
    if (p[0] < 0x80) {
        *out = p[0];
        return p + 1;
    }
    if (WR_LIKELY(p[1] < 0x80)) {
        *out = (uint64_t)(p[0] & 0x7f) | (uint64_t)p[1] << 7;
        return p + 2;
    }
    return wr__wire_leb128_long(p, end, bits, out);
}
static inline int64_t wr__wire_unzigzag(uint64_t v)
{
    return (int64_t)((v >> 1) ^ (0 - (v & 1)));
}
static inline uint64_t wr__wire_zigzag(int64_t v)
{
    return ((uint64_t)v << 1) ^ (0 - ((uint64_t)v >> 63));
}

/* ---- writing: each appends to the buffer ---- */

void wr__wire_put_i8(wr_buf *b, int8_t v);
void wr__wire_put_i16(wr_buf *b, int16_t v);
void wr__wire_put_i32(wr_buf *b, int32_t v);
void wr__wire_put_i64(wr_buf *b, int64_t v);
void wr__wire_put_bool(wr_buf *b, bool v);
void wr__wire_put_uvarint(wr_buf *b, uint32_t v);
void wr__wire_put_varint(wr_buf *b, int32_t v);
void wr__wire_put_varlong(wr_buf *b, int64_t v);
/** @p uuid: 16 bytes. */
void wr__wire_put_uuid(wr_buf *b, const uint8_t *uuid);
/** ptr NULL: NULL. @pre not compact: at most INT16_MAX bytes. */
void wr__wire_put_str(wr_buf *b, wr_str s, bool compact);
/** BYTES and RECORDS; ptr NULL: NULL. @pre at most INT32_MAX - 1 bytes. */
void wr__wire_put_bytes(wr_buf *b, wr_str s, bool compact);
/** How many items follow. @pre at most INT32_MAX - 1 */
void wr__wire_put_array(wr_buf *b, uint32_t n, bool compact);
/** An array that is NULL, which in some messages means "all". */
void wr__wire_put_array_null(wr_buf *b, bool compact);
/** No tagged fields; nothing where the version is not flexible. */
void wr__wire_put_no_tags(wr_buf *b, bool compact);
/**
 * A message on a connection has its size in front, an INT32. `begin` leaves room for it and returns
 * where the room is, `end` fills it in. @pre the message has at most INT32_MAX bytes.
 */
size_t wr__wire_put_size_begin(wr_buf *b);
void wr__wire_put_size_end(wr_buf *b, size_t at);

#endif
