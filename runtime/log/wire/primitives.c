/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The primitive types of Kafka's protocol (primitives.h). A failed read moves the place to the end
 * of the bytes, so what follows fails quickly too, and the first failure is the one that is
 * reported.
 */
#include "runtime/log/wire/primitives.h"

/* ---- reading ---- */

static const char ends_early[] = "it ends too early";
static const char bad_varint[] = "a variable-length number is too long";
static const char bad_length[] = "a length is greater than what is left";
static const char negative[] = "a length is negative";

void wr__wire_in_fail(wr_wire_in *in, const char *failure)
{
    WR_ASSERT(failure && in->p <= in->end);
    if (in->failure)
        return;
    in->failure = failure;
    in->failed_at = (size_t)(in->p - in->begin);
    in->p = in->end;
}

weir_status wr__wire_in_check(const wr_wire_in *in, const char *what, weir_error *err)
{
    if (!in->failure)
        return WEIR_OK;
    return wr_error(err, WEIR_ERR_LOG, "%s: byte %zu: %s", what, in->failed_at, in->failure);
}

weir_status wr__wire_in_end(wr_wire_in *in, const char *what, weir_error *err)
{
    if (in->p != in->end)
        wr__wire_in_fail(in, "there are bytes after its end");
    return wr__wire_in_check(in, what, err);
}

/* The next @p n bytes, or NULL. */
static const uint8_t *take(wr_wire_in *in, size_t n, const char *failure)
{
    if (WR_UNLIKELY(n > wr__wire_in_left(in))) {
        wr__wire_in_fail(in, failure);
        return NULL;
    }
    const uint8_t *p = in->p;
    in->p += n;
    return p;
}

int8_t wr__wire_i8(wr_wire_in *in)
{
    const uint8_t *p = take(in, 1, ends_early);
    return p ? (int8_t)*p : 0;
}

int16_t wr__wire_i16(wr_wire_in *in)
{
    const uint8_t *p = take(in, 2, ends_early);
    return p ? (int16_t)wr_get_be16(p) : 0;
}

int32_t wr__wire_i32(wr_wire_in *in)
{
    const uint8_t *p = take(in, 4, ends_early);
    return p ? (int32_t)wr_get_be32(p) : 0;
}

int64_t wr__wire_i64(wr_wire_in *in)
{
    const uint8_t *p = take(in, 8, ends_early);
    return p ? (int64_t)wr_get_be64(p) : 0;
}

bool wr__wire_bool(wr_wire_in *in)
{
    return wr__wire_i8(in) != 0;
}

const uint8_t *wr__wire_leb128_long(const uint8_t *p, const uint8_t *end, unsigned bits,
                                    uint64_t *out)
{
    uint64_t v = 0;
    for (unsigned shift = 0; p < end && shift < bits; shift += 7) {
        uint64_t low = *p & 0x7f;
        if (shift + 7 > bits && low >> (bits - shift))
            return NULL;
        v |= low << shift;
        if (*p++ < 0x80) {
            *out = v;
            return p;
        }
    }
    return NULL;
}

static uint64_t take_leb128(wr_wire_in *in, unsigned bits)
{
    uint64_t v;
    const uint8_t *after = wr__wire_leb128(in->p, in->end, bits, &v);
    if (WR_UNLIKELY(!after)) {
        size_t longest = (bits + 6) / 7;
        wr__wire_in_fail(in, wr__wire_in_left(in) < longest ? ends_early : bad_varint);
        return 0;
    }
    in->p = after;
    return v;
}

uint32_t wr__wire_uvarint(wr_wire_in *in)
{
    return (uint32_t)take_leb128(in, 32);
}

int32_t wr__wire_varint(wr_wire_in *in)
{
    return (int32_t)wr__wire_unzigzag(take_leb128(in, 32));
}

int64_t wr__wire_varlong(wr_wire_in *in)
{
    return wr__wire_unzigzag(take_leb128(in, 64));
}

const uint8_t *wr__wire_uuid(wr_wire_in *in)
{
    static const uint8_t none[16];
    const uint8_t *p = take(in, 16, ends_early);
    return p ? p : none;
}

/* The length of a string, of bytes or of an array: -1 is NULL. */
static int64_t take_length(wr_wire_in *in, bool compact, bool is_string)
{
    int64_t n;
    if (compact)
        n = (int64_t)wr__wire_uvarint(in) - 1;
    else
        n = is_string ? wr__wire_i16(in) : wr__wire_i32(in);
    if (WR_UNLIKELY(n < -1))
        wr__wire_in_fail(in, negative);
    return in->failure ? -1 : n;
}

static wr_str take_run(wr_wire_in *in, bool compact, bool is_string)
{
    int64_t n = take_length(in, compact, is_string);
    const uint8_t *p = n < 0 ? NULL : take(in, (size_t)n, bad_length);
    return p ? (wr_str){(const char *)p, (uint32_t)n} : (wr_str){0};
}

wr_str wr__wire_str_or_null(wr_wire_in *in, bool compact)
{
    return take_run(in, compact, true);
}

wr_str wr__wire_str(wr_wire_in *in, bool compact)
{
    wr_str s = take_run(in, compact, true);
    if (WR_LIKELY(s.ptr))
        return s;
    wr__wire_in_fail(in, "a string that must be there is NULL");
    return WR_STR("");
}

wr_str wr__wire_bytes(wr_wire_in *in, bool compact)
{
    return take_run(in, compact, false);
}

uint32_t wr__wire_array(wr_wire_in *in, bool compact, size_t item_min)
{
    WR_ASSERT(item_min > 0);
    int64_t n = take_length(in, compact, false);
    if (n <= 0)
        return 0;
    if (WR_UNLIKELY((uint64_t)n > wr__wire_in_left(in) / item_min)) {
        wr__wire_in_fail(in, bad_length);
        return 0;
    }
    return (uint32_t)n;
}

wr_wire_tags wr__wire_tags(wr_wire_in *in)
{
    /* Each takes two bytes at least: its tag and its size. */
    uint32_t n = wr__wire_uvarint(in);
    if (n > wr__wire_in_left(in) / 2) {
        wr__wire_in_fail(in, bad_length);
        n = 0;
    }
    return (wr_wire_tags){.left = n};
}

bool wr__wire_tag_next(wr_wire_in *in, wr_wire_tags *tags)
{
    wr_wire_in *field = &tags->field;
    if (tags->open && !in->failure) {
        /* The field before: read to its end, or not at all. */
        if (field->p != field->begin && field->p != field->end)
            wr__wire_in_fail(field, "there are bytes after the end of a tagged field");
        if (field->failure) {
            in->p = field->begin + field->failed_at;
            wr__wire_in_fail(in, field->failure);
        }
    }
    tags->open = false;
    if (in->failure || tags->left == 0)
        return false;
    tags->left--;
    tags->tag = wr__wire_uvarint(in);
    uint32_t size = wr__wire_uvarint(in);
    const uint8_t *p = take(in, size, bad_length);
    if (!p)
        return false;
    *field = wr__wire_in(p, size);
    tags->open = !in->failure;
    return tags->open;
}

void wr__wire_tags_skip(wr_wire_in *in, bool compact)
{
    if (!compact)
        return;
    wr_wire_tags tags = wr__wire_tags(in);
    while (wr__wire_tag_next(in, &tags)) {
    }
}

/* ---- writing ---- */

void wr__wire_put_i8(wr_buf *b, int8_t v)
{
    wr_buf_putc(b, (char)v);
}

void wr__wire_put_i16(wr_buf *b, int16_t v)
{
    wr_put_be16(wr_buf_reserve(b, 2), (uint16_t)v);
    b->len += 2;
}

void wr__wire_put_i32(wr_buf *b, int32_t v)
{
    wr_buf_be32(b, (uint32_t)v);
}

void wr__wire_put_i64(wr_buf *b, int64_t v)
{
    wr_buf_be64(b, (uint64_t)v);
}

void wr__wire_put_bool(wr_buf *b, bool v)
{
    wr_buf_putc(b, v ? 1 : 0);
}

void wr__wire_put_uvarint(wr_buf *b, uint32_t v)
{
    wr_buf_varint(b, v);
}

void wr__wire_put_varint(wr_buf *b, int32_t v)
{
    wr_buf_varint(b, wr__wire_zigzag(v));
}

void wr__wire_put_varlong(wr_buf *b, int64_t v)
{
    wr_buf_varint(b, wr__wire_zigzag(v));
}

void wr__wire_put_uuid(wr_buf *b, const uint8_t *uuid)
{
    wr_buf_put(b, uuid, 16);
}

void wr__wire_put_str(wr_buf *b, wr_str s, bool compact)
{
    if (compact) {
        wr__wire_put_bytes(b, s, true);
        return;
    }
    WR_ASSERT(s.len <= INT16_MAX);
    wr__wire_put_i16(b, s.ptr ? (int16_t)s.len : -1);
    wr_buf_str(b, s);
}

/* What has a length in front: that of bytes or of an array. */
static void put_length(wr_buf *b, int64_t n, bool compact)
{
    WR_ASSERT(n < INT32_MAX);
    if (compact)
        wr_buf_varint(b, (uint64_t)(n + 1));
    else
        wr__wire_put_i32(b, (int32_t)n);
}

void wr__wire_put_bytes(wr_buf *b, wr_str s, bool compact)
{
    put_length(b, s.ptr ? (int64_t)s.len : -1, compact);
    wr_buf_str(b, s);
}

void wr__wire_put_array(wr_buf *b, uint32_t n, bool compact)
{
    put_length(b, n, compact);
}

void wr__wire_put_array_null(wr_buf *b, bool compact)
{
    put_length(b, -1, compact);
}

void wr__wire_put_no_tags(wr_buf *b, bool compact)
{
    if (compact)
        wr_buf_varint(b, 0);
}

size_t wr__wire_put_size_begin(wr_buf *b)
{
    size_t at = b->len;
    wr__wire_put_i32(b, 0);
    return at;
}

void wr__wire_put_size_end(wr_buf *b, size_t at)
{
    WR_ASSERT(at + 4 <= b->len && b->len - at - 4 <= INT32_MAX);
    wr_put_be32(b->ptr + at, (uint32_t)(b->len - at - 4));
}
