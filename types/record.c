/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kafka's partitioner hash: MurmurHash2 with 32 bits and the seed that Kafka's clients use
 * (org.apache.kafka.common.utils.Utils.murmur2), so that Weir's records lie where those of other
 * producers lie. Bytes are taken in little-endian groups of four.
 */
#include "types/record.h"

uint32_t wr_murmur2(const void *key, size_t len)
{
    const uint32_t m = 0x5bd1e995;
    const uint8_t *p = key;
    uint32_t h = 0x9747b28cu ^ (uint32_t)len;
    for (; len >= 4; len -= 4, p += 4) {
        uint32_t k =
            (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
        k *= m;
        k ^= k >> 24;
        k *= m;
        h *= m;
        h ^= k;
    }
    if (len) {
        for (size_t i = len; i-- > 0;)
            h ^= (uint32_t)p[i] << (8 * i);
        h *= m;
    }
    h ^= h >> 13;
    h *= m;
    h ^= h >> 15;
    return h;
}
