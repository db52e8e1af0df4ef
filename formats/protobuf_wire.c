/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protobuf_wire.c - Protobuf's bytes: tags, varints, groups, packed lists.
 *
 * Nothing here knows a schema, but for the kinds of scalars. Whatever the bytes are, no read goes
 * past their end, and each step takes at least one byte.
 */
#include "formats/protobuf.h"

#define GROUPS_MAX 100 /* nesting of groups, as other readers have it */

static bool fail(wr_pb_reader *r, const char *fault)
{
    if (!r->fault)
        r->fault = fault;
    return false;
}

bool wr__pb_varint(wr_pb_reader *r, uint64_t *out)
{
    uint64_t v = 0;
    const char *p = r->p;
    for (unsigned shift = 0; shift < 70; shift += 7) {
        if (p == r->end)
            return fail(r, "it ends within a number");
        uint8_t b = (uint8_t)*p++;
        if (shift < 64)
            v |= (uint64_t)(b & 0x7F) << shift;
        if (!(b & 0x80)) {
            r->p = p;
            *out = v;
            return true;
        }
    }
    return fail(r, "a number has more than ten bytes");
}

static bool fixed(wr_pb_reader *r, size_t size, uint64_t *out)
{
    if ((size_t)(r->end - r->p) < size)
        return fail(r, "it ends within a number of fixed size");
    *out = 0;
    for (size_t i = 0; i < size; i++)
        *out |= (uint64_t)(uint8_t)r->p[i] << 8 * i;
    r->p += size;
    return true;
}

static bool bytes(wr_pb_reader *r, wr_str *out)
{
    uint64_t len;
    if (WR_LIKELY(r->p < r->end && !(*r->p & 0x80)))
        len = (uint8_t)*r->p++;
    else if (!wr__pb_varint(r, &len))
        return false;
    if (len > (size_t)(r->end - r->p))
        return fail(r, "a length goes past the end");
    *out = wr_str_make(r->p, (size_t)len);
    r->p += len;
    return true;
}

static bool tag(wr_pb_reader *r, uint32_t *number, wr_pb_wire *wire)
{
    uint64_t v;
    if (WR_LIKELY(!(*r->p & 0x80)))
        v = (uint8_t)*r->p++;
    else if (!wr__pb_varint(r, &v))
        return false;
    *number = (uint32_t)v >> 3;
    *wire = (wr_pb_wire)(v & 7);
    if (v > UINT32_MAX || *number == 0 || *wire > WR_PB_WIRE_32)
        return fail(r, "a tag is none");
    return true;
}

/* To the end of the group that @p number has begun; groups in it are counted, not recursed into. */
static bool group(wr_pb_reader *r, uint32_t number, wr_str *out)
{
    uint32_t open[GROUPS_MAX];
    size_t depth = 0;
    const char *start = r->p, *before = start;
    open[depth++] = number;
    while (depth) {
        before = r->p;
        if (r->p == r->end)
            return fail(r, "it ends within a group");
        uint32_t inner;
        wr_pb_wire wire;
        uint64_t bits;
        wr_str text;
        if (!tag(r, &inner, &wire))
            return false;
        switch (wire) {
        case WR_PB_WIRE_VARINT:
            if (!wr__pb_varint(r, &bits))
                return false;
            break;
        case WR_PB_WIRE_64:
        case WR_PB_WIRE_32:
            if (!fixed(r, wire == WR_PB_WIRE_64 ? 8 : 4, &bits))
                return false;
            break;
        case WR_PB_WIRE_BYTES:
            if (!bytes(r, &text))
                return false;
            break;
        case WR_PB_WIRE_GROUP:
            if (depth == GROUPS_MAX)
                return fail(r, "groups are nested too deeply");
            open[depth++] = inner;
            break;
        case WR_PB_WIRE_END:
            if (inner != open[--depth])
                return fail(r, "a group ends that is not the last one begun");
            break;
        }
    }
    WR_ASSERT(start <= before && before < r->p);
    *out = wr_str_make(start, (size_t)(before - start));
    return true;
}

bool wr__pb_next_slow(wr_pb_reader *r, wr_pb_item *out)
{
    if (r->p == r->end || r->fault)
        return false;
    out->start = r->p;
    if (!tag(r, &out->number, &out->wire))
        return false;
    switch (out->wire) {
    case WR_PB_WIRE_VARINT:
        return wr__pb_varint(r, &out->bits);
    case WR_PB_WIRE_64:
        return fixed(r, 8, &out->bits);
    case WR_PB_WIRE_32:
        return fixed(r, 4, &out->bits);
    case WR_PB_WIRE_BYTES:
        return bytes(r, &out->bytes);
    case WR_PB_WIRE_GROUP:
        return group(r, out->number, &out->bytes);
    case WR_PB_WIRE_END:
        return fail(r, "a group ends that has not begun");
    }
    WR_UNREACHABLE();
}

/* ---- scalars ---- */

wr_pb_wire wr__pb_wire_of(wr_pb_kind kind)
{
    switch (kind) {
    case WR_PB_FIXED32:
    case WR_PB_SFIXED32:
    case WR_PB_FLOAT:
        return WR_PB_WIRE_32;
    case WR_PB_FIXED64:
    case WR_PB_SFIXED64:
    case WR_PB_DOUBLE:
        return WR_PB_WIRE_64;
    case WR_PB_STRING:
    case WR_PB_BYTES:
    case WR_PB_MESSAGE:
        return WR_PB_WIRE_BYTES;
    case WR_PB_GROUP:
        return WR_PB_WIRE_GROUP;
    default:
        return WR_PB_WIRE_VARINT;
    }
}

bool wr__pb_packed_next(wr_pb_reader *r, wr_pb_kind kind, uint64_t *bits)
{
    WR_ASSERT(wr__pb_is_packable(kind));
    if (r->p == r->end || r->fault)
        return false;
    wr_pb_wire wire = wr__pb_wire_of(kind);
    return wire == WR_PB_WIRE_VARINT ? wr__pb_varint(r, bits)
                                     : fixed(r, wire == WR_PB_WIRE_64 ? 8 : 4, bits);
}

static int64_t unzigzag(uint64_t v)
{
    return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

int64_t wr__pb_whole(wr_pb_kind kind, uint64_t bits)
{
    switch (kind) {
    case WR_PB_BOOL:
        return bits != 0;
    case WR_PB_UINT32:
    case WR_PB_FIXED32:
        return (uint32_t)bits;
    case WR_PB_SINT32:
        return (int32_t)unzigzag((uint32_t)bits);
    case WR_PB_INT32:
    case WR_PB_SFIXED32:
    case WR_PB_ENUM:
        return (int32_t)(uint32_t)bits;
    case WR_PB_SINT64:
        return unzigzag(bits);
    default: /* unsigned ones beyond 2^63 are negative, as in Java (Q27) */
        return (int64_t)bits;
    }
}

double wr__pb_real(wr_pb_kind kind, uint64_t bits)
{
    if (kind == WR_PB_FLOAT) {
        float f;
        uint32_t half = (uint32_t)bits;
        memcpy(&f, &half, sizeof f);
        return (double)f;
    }
    WR_ASSERT(kind == WR_PB_DOUBLE);
    double d;
    memcpy(&d, &bits, sizeof d);
    return d;
}

const char *wr__pb_enum_name(const wr_pb_enum *e, int32_t number)
{
    for (uint32_t i = 0; i < e->n; i++)
        if (e->numbers[i] == number)
            return e->names[i];
    return NULL;
}
