/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MD5 as RFC 1321 has it: 64-byte blocks, four rounds of sixteen steps, little endian. For the SQL
 * function of that name only: nothing here is protected by it.
 */
#include "engine/functions/md5.h"

/* floor(2^32 * |sin(i + 1)|) The RFC has them as a table, too: computed, they would depend on the
 * precision of sin(). */
static const uint32_t sines[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
};
/* How far a step rotates to the left: by round, then by step. */
static const uint8_t shifts[4][4] = {
    {7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};

/* By bytes: right on any machine, at any address. */
static uint32_t get_le32(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* The reverse of get_le32. */
static void put_le32(uint8_t *p, uint32_t v)
{
    for (int k = 0; k < 4; k++)
        p[k] = (uint8_t)(v >> 8 * k);
}

/* Mix one block into the state. Each round has its own function of b, c, d and its own order of the
 * block's words. */
static void add_block(uint32_t state[4], const uint8_t block[64])
{
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    for (uint32_t k = 0; k < 64; k++) {
        uint32_t f, word;
        switch (k / 16) {
        case 0:
            f = (b & c) | (~b & d);
            word = k;
            break;
        case 1:
            f = (d & b) | (~d & c);
            word = (5 * k + 1) % 16;
            break;
        case 2:
            f = b ^ c ^ d;
            word = (3 * k + 5) % 16;
            break;
        default:
            f = c ^ (b | ~d);
            word = 7 * k % 16;
            break;
        }
        uint32_t sum = a + f + sines[k] + get_le32(block + 4 * word);
        uint32_t by = shifts[k / 16][k % 4];
        a = d;
        d = c;
        c = b;
        b += sum << by | sum >> (32 - by);
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
}

/* The length goes into the last eight bytes of the last block, after a 1 bit and zeroes. */
void wr__md5(wr_str bytes, uint8_t digest[16])
{
    uint32_t state[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
    const uint8_t *p = (const uint8_t *)bytes.ptr;
    uint32_t left = bytes.len;
    for (; left >= 64; left -= 64, p += 64)
        add_block(state, p);
    /* The tail: a 1 bit, zeroes, the length in bits. */
    uint8_t tail[128] = {0};
    if (left)
        memcpy(tail, p, left);
    tail[left] = 0x80;
    WR_ASSERT(left < 64);
    uint32_t tail_n = left < 56 ? 64 : 128; /* room for the length, else one block more */
    uint64_t bits = (uint64_t)bytes.len * 8;
    put_le32(tail + tail_n - 8, (uint32_t)bits);
    put_le32(tail + tail_n - 4, (uint32_t)(bits >> 32));
    for (uint32_t k = 0; k < tail_n; k += 64)
        add_block(state, tail + k);
    for (int k = 0; k < 4; k++)
        put_le32(digest + 4 * k, state[k]);
}
