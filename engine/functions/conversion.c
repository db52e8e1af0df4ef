/* SPDX-License-Identifier: Apache-2.0 */
/*
 * INT_FROM_BYTES, BIGINT_FROM_BYTES, DOUBLE_FROM_BYTES: a number from its bytes, of which there
 * must be exactly as many as the type has. Other sizes and unknown byte orders fail the row.
 *
 *     INT_FROM_BYTES(TO_BYTES('0000002a', 'hex'))                     42
 *     INT_FROM_BYTES(TO_BYTES('2a000000', 'hex'), 'LITTLE_ENDIAN')    42
 *     INT_FROM_BYTES(TO_BYTES('2a', 'hex'))                           an error: one byte, not four
 *
 * They are for values that other programs have written as bytes; there is no way back.
 */
#include "common/buf.h"
#include "engine/functions/families.h"
#include "engine/functions/kernel.h"

/* As the second argument says; UNKNOWN fails the row. */
typedef enum byte_order {
    ORDER_BIG,
    ORDER_LITTLE,
    ORDER_UNKNOWN,
} byte_order;

/* Java's names of byte orders; big endian where none is given. */
static byte_order order_of(const wr_call *call, const wr_vec *const *args, uint32_t i)
{
    if (call->args_n == 1 || wr_str_ieq(wr__str(args[1], i), WR_STR("BIG_ENDIAN")))
        return ORDER_BIG;
    return wr_str_ieq(wr__str(args[1], i), WR_STR("LITTLE_ENDIAN")) ? ORDER_LITTLE : ORDER_UNKNOWN;
}

/** The bytes of row @p i as a big-endian number. False where the row has failed. */
static bool read_bytes(wr_kctx *ctx, const wr_call *call, const wr_vec *const *args, uint32_t i,
                       uint32_t width, wr_vec *out, uint64_t *bits)
{
    WR_ASSERT(width == 4 || width == 8);
    byte_order order = order_of(call, args, i);
    if (order == ORDER_UNKNOWN) {
        wr__fail(ctx, out, i, "Byte order must be BIG_ENDIAN or LITTLE_ENDIAN");
        return false;
    }
    wr_str bytes = wr__str(args[0], i);
    if (bytes.len != width) {
        wr__fail(ctx, out, i, "Number of bytes must be equal to %u, but found %u", width,
                 bytes.len);
        return false;
    }
    *bits = width == 4 ? wr_get_be32(bytes.ptr) : wr_get_be64(bytes.ptr);
    if (order == ORDER_LITTLE)
        *bits = width == 4 ? __builtin_bswap32((uint32_t)*bits) : __builtin_bswap64(*bits);
    return true;
}

/* The bits as they are: 'ffffffff' is -1. */
WR__KERNEL(int_from_bytes)
{
    uint64_t bits;
    WR_FOREACH_SEL (i, sel) {
        if (read_bytes(ctx, call, args, i, 4, out, &bits))
            out->u.i32[i] = (int32_t)(uint32_t)bits;
    }
}

/* Eight bytes, two's complement. */
WR__KERNEL(bigint_from_bytes)
{
    uint64_t bits;
    WR_FOREACH_SEL (i, sel) {
        if (read_bytes(ctx, call, args, i, 8, out, &bits))
            out->u.i64[i] = (int64_t)bits;
    }
}

/* IEEE 754 bits; those of a NaN are kept as they are. */
WR__KERNEL(double_from_bytes)
{
    uint64_t bits;
    WR_FOREACH_SEL (i, sel) {
        if (read_bytes(ctx, call, args, i, 8, out, &bits))
            memcpy(&out->u.f64[i], &bits, sizeof(bits));
    }
}

/* With and without a byte order. NULL for either argument gives NULL. */
#define FROM_BYTES_SIGS(type, kernel)                                                              \
    {                                                                                              \
        {"BYTES", type, WR__NULL_IN, kernel, NULL, NULL, NULL},                                    \
        {                                                                                          \
            "BYTES, STRING", type, WR__NULL_IN, kernel, NULL, NULL, NULL                           \
        }                                                                                          \
    }
static const wr_signature int_sigs[] = FROM_BYTES_SIGS("INTEGER", int_from_bytes);
static const wr_signature bigint_sigs[] = FROM_BYTES_SIGS("BIGINT", bigint_from_bytes);
static const wr_signature double_sigs[] = FROM_BYTES_SIGS("DOUBLE", double_from_bytes);

#define CONVERSIONS "CONVERSIONS"
static const wr_function functions[] = {
    WR__FN("BIGINT_FROM_BYTES", CONVERSIONS, bigint_sigs,
           "BIGINT_FROM_BYTES(TO_BYTES('000000000000002a', 'hex'))", "42",
           "The BIGINT held by 8 bytes, big endian unless told otherwise."),
    WR__FN("DOUBLE_FROM_BYTES", CONVERSIONS, double_sigs,
           "DOUBLE_FROM_BYTES(TO_BYTES('3ff8000000000000', 'hex'))", "1.5e0",
           "The DOUBLE held by 8 bytes, big endian unless told otherwise."),
    WR__FN("INT_FROM_BYTES", CONVERSIONS, int_sigs, "INT_FROM_BYTES(TO_BYTES('0000002a', 'hex'))",
           "42", "The INTEGER held by 4 bytes, big endian unless told otherwise."),
};
WR__FAMILY(conversion, functions);
