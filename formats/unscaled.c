/* SPDX-License-Identifier: Apache-2.0 */
/* unscaled.c - unscaled values of DECIMALs as bytes. */
#include "formats/unscaled.h"

#include "types/decimal.h"

#include <string.h>

wr_value wr__unscaled_read(wr_str bytes, const wr_type *type, wr_arena *arena)
{
    const uint8_t *p = (const uint8_t *)bytes.ptr;
    uint32_t n = bytes.len;
    WR_ASSERT(n > 0);
    bool negative = p[0] & 0x80;
    if (wr_dec_is_small(type)) {
        WR_ASSERT(n <= sizeof(wr_i128));
        wr_u128 v = negative ? ~(wr_u128)0 : 0;
        for (uint32_t i = 0; i < n; i++)
            v = v << 8 | p[i];
        return (wr_value){.u.dec = (wr_i128)v};
    }
    uint32_t limbs_n = n / 8 + 1;
    uint64_t *limbs = WR_NEW_N(arena, uint64_t, limbs_n);
    unsigned carry = negative; /* the magnitude is the complement plus 1 */
    for (uint32_t i = 0; i < n; i++) {
        unsigned b = (uint8_t)(negative ? ~p[n - 1 - i] : p[n - 1 - i]);
        b += carry;
        carry = b >> 8;
        limbs[i / 8] |= (uint64_t)(uint8_t)b << (i % 8 * 8);
    }
    if (carry)
        limbs[n / 8] |= (uint64_t)1 << (n % 8 * 8);
    while (limbs_n && !limbs[limbs_n - 1])
        limbs_n--;
    return (wr_value){
        .u.big = {.limbs = limbs, .n = negative ? -(int32_t)limbs_n : (int32_t)limbs_n}};
}

/* Byte @p i of the magnitude, from the lowest. */
static uint8_t limb_byte(const wr_big *big, uint32_t i)
{
    return (uint8_t)(big->limbs[i / 8] >> (i % 8 * 8));
}

static void put_big(wr_buf *out, const wr_big *big)
{
    bool negative = big->n < 0;
    uint32_t n = (uint32_t)(negative ? -big->n : big->n) * 8;
    char *to = wr_buf_reserve(out, n + 1);
    unsigned carry = negative;
    for (uint32_t i = 0; i <= n; i++) { /* the one byte more is that of the sign */
        unsigned b = i < n ? limb_byte(big, i) : 0;
        b = negative ? (~b & 0xFF) + carry : b;
        carry = b >> 8;
        to[n - i] = (char)b;
    }
    uint32_t drop = 0; /* leading bytes that say no more than the sign */
    while (drop < n && (to[drop] == 0 || to[drop] == (char)0xFF) &&
           (to[drop] & 0x80) == (to[drop + 1] & 0x80))
        drop++;
    WR_ASSERT(drop <= n); /* one byte stays, of zero too */
    memmove(to, to + drop, n + 1 - drop);
    out->len += n + 1 - drop;
}

void wr__unscaled_put(wr_buf *out, const wr_type *type, const wr_value *value)
{
    WR_ASSERT(type->id == WR_T_DECIMAL && !value->null);
    if (!wr_dec_is_small(type)) {
        put_big(out, &value->u.big);
        return;
    }
    wr_i128 v = value->u.dec;
    unsigned n = 1;
    while (n < sizeof v && (v >> (8 * n - 1)) != 0 && (v >> (8 * n - 1)) != -1)
        n++;
    for (unsigned i = n; i-- > 0;)
        wr_buf_putc(out, (char)(v >> (8 * i)));
}
