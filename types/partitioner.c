/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The partitioners of Kafka's clients. They must agree with those to the bit, or records lie where
 * nobody looks for them: tests hold them against librdkafka's own and against what other clients
 * have computed.
 */
#include "types/partitioner.h"

/* ---- hashes ---- */

/* Bytes are taken in little-endian groups of four. */
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

/* CRC-32 as in zlib and IEEE 802.3 (reflected, 0xedb88320), four bits at a time: keys are short,
 * and the hot way is murmur2's. */
static uint32_t crc32(wr_str key)
{
    static const uint32_t nibbles[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
        0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    uint32_t h = ~0u;
    for (uint32_t i = 0; i < key.len; i++) {
        h ^= (uint8_t)key.ptr[i];
        h = h >> 4 ^ nibbles[h & 15];
        h = h >> 4 ^ nibbles[h & 15];
    }
    return ~h;
}

/* FNV-1a of 32 bits. */
static uint32_t fnv1a(wr_str key)
{
    uint32_t h = 0x811c9dc5u;
    for (uint32_t i = 0; i < key.len; i++)
        h = (h ^ (uint8_t)key.ptr[i]) * 0x01000193u;
    return h;
}

/* ---- partitions ---- */

static const char *const names[] = {
    [WR_PARTITIONER_MURMUR2] = "murmur2",
    [WR_PARTITIONER_CRC32] = "crc32",
    [WR_PARTITIONER_FNV1A] = "fnv1a",
    [WR_PARTITIONER_NONE] = "none",
};

const char *wr_partitioner_name(wr_partitioner p)
{
    WR_ASSERT((size_t)p < WR_ARRAY_LEN(names));
    return names[p];
}

bool wr_partitioner_find(wr_str name, wr_partitioner *out)
{
    for (size_t p = 0; p < WR_ARRAY_LEN(names); p++)
        if (wr_str_ieq(name, wr_str_c(names[p]))) {
            *out = (wr_partitioner)p;
            return true;
        }
    return false;
}

int32_t wr_partition_of(wr_partitioner p, wr_str key, int32_t partitions)
{
    uint32_t h = 0;
    WR_ASSERT(key.ptr && partitions > 0 && p < WR_PARTITIONER_NONE);
    switch (p) {
    case WR_PARTITIONER_MURMUR2:
        h = wr_murmur2(key.ptr, key.len) & 0x7fffffffu;
        break;
    case WR_PARTITIONER_CRC32:
        h = crc32(key);
        break;
    case WR_PARTITIONER_FNV1A:
        h = fnv1a(key);
        h = h > INT32_MAX ? 0 - h : h;
        break;
    case WR_PARTITIONER_NONE:
        break;
    }
    return (int32_t)(h % (uint32_t)partitions);
}

/* ---- what keys say ---- */

void wr_key_places_add(wr_key_places *p, wr_str key, int32_t partition, int32_t partitions)
{
    WR_ASSERT(partition >= 0 && partition < partitions);
    p->keys++;
    for (uint32_t k = 0; k < WR_PARTITIONERS; k++)
        p->fits[k] += wr_partition_of((wr_partitioner)k, key, partitions) == partition;
}

void wr_key_places_merge(wr_key_places *into, const wr_key_places *more)
{
    into->keys += more->keys;
    for (uint32_t k = 0; k < WR_PARTITIONERS; k++)
        into->fits[k] += more->fits[k];
}

bool wr_key_places_decide(const wr_key_places *p, int32_t partitions)
{
    uint64_t cases = 1;
    if (partitions < 2)
        return false;
    for (uint64_t k = 0; k < p->keys && cases < 1000; k++)
        cases *= (uint64_t)partitions;
    return cases >= 1000;
}

wr_partitioner wr_key_places_by(const wr_key_places *p, wr_partitioner expected)
{
    if (expected != WR_PARTITIONER_NONE && p->fits[expected] == p->keys)
        return expected;
    for (uint32_t k = 0; k < WR_PARTITIONERS; k++)
        if (p->fits[k] == p->keys)
            return (wr_partitioner)k;
    return WR_PARTITIONER_NONE;
}

/* By hash: two keys of one hash are one key less to go by. */
static bool is_kept(const wr_key_sample *s, uint32_t hash)
{
    for (uint32_t i = 0; i < WR_MIN(s->kept_n, WR_KEY_SAMPLE_KEPT); i++)
        if (s->kept[i] == hash)
            return true;
    return false;
}

void wr_key_sample_look(wr_key_sample *s, wr_str key, int32_t partition, int32_t partitions)
{
    WR_ASSERT(s->places.keys <= s->looked); /* each key that counts was a record */
    s->looked++;
    if (!key.len)
        return;
    uint32_t hash = wr_murmur2(key.ptr, key.len);
    if (is_kept(s, hash))
        return;
    s->kept[s->kept_n++ % WR_KEY_SAMPLE_KEPT] = hash;
    wr_key_places_add(&s->places, key, partition, partitions);
}
