/* SPDX-License-Identifier: Apache-2.0 */
/*
 * partitioner.h - which partition of a topic the records of a key are in: the hashes of Kafka's
 * clients, and what a sample of keys says about who has written a topic.
 *
 * The partition follows from the key's bytes and the number of partitions, so for clients of one
 * partitioner equal keys of two topics lie in partitions of the same number, which joins rely on.
 * Clients differ (docs/operations.md, "Partitioners"); an agreement by chance becomes rarer with
 * each key that is looked at, while one key elsewhere is enough to prove a disagreement.
 *
 * Threads: none of its own; all on what the caller owns.
 */
#ifndef WR_TYPES_PARTITIONER_H
#define WR_TYPES_PARTITIONER_H

#include "common/str.h"

typedef enum wr_partitioner {
    WR_PARTITIONER_MURMUR2, /* Java's clients and what follows them; Weir's own */
    WR_PARTITIONER_CRC32,   /* librdkafka's default */
    WR_PARTITIONER_FNV1A,   /* sarama's default */
    WR_PARTITIONER_NONE,    /* not by the key: records of a key may be in any partition */
} wr_partitioner;
/** Those that choose by the key: the ones before NONE. */
#define WR_PARTITIONERS 3

/** "murmur2", "crc32", "fnv1a", "none". */
const char *wr_partitioner_name(wr_partitioner p);
/** By its name, in any case. @return false: there is none of that name. */
bool wr_partitioner_find(wr_str name, wr_partitioner *out);
/** How to write to a topic of which @p declared is said: where keys may lie anywhere, Weir's own.
 */
static inline wr_partitioner wr_partitioner_to_write(wr_partitioner declared)
{
    return declared == WR_PARTITIONER_NONE ? WR_PARTITIONER_MURMUR2 : declared;
}

/** MurmurHash2 of 32 bits with the seed of Kafka's clients (Utils.murmur2). */
uint32_t wr_murmur2(const void *key, size_t len);

/**
 * The partition, of @p partitions (at least 1), of a record with this key, which is not NULL; it
 * may be empty.
 *
 *     murmur2  (hash & 0x7fffffff) mod n      Java's DefaultPartitioner, murmur2_random
 *     crc32    hash mod n                     librdkafka's consistent; consistent_random scatters
 *                                             empty keys (facts: F31), this does not
 *     fnv1a    |(int32) hash| mod n           sarama's HashPartitioner, fnv1a_random
 *
 * @pre p < WR_PARTITIONER_NONE
 */
int32_t wr_partition_of(wr_partitioner p, wr_str key, int32_t partitions);

/** How many of some keys, all different, lie where a partitioner would have put them. */
typedef struct wr_key_places {
    uint64_t keys;
    uint64_t fits[WR_PARTITIONERS];
} wr_key_places;

/** One more key, found in @p partition. */
void wr_key_places_add(wr_key_places *p, wr_str key, int32_t partition, int32_t partitions);
void wr_key_places_merge(wr_key_places *into, const wr_key_places *more);
/**
 * Enough keys to tell partitioners apart? A key lies by chance where a wrong one would have put it
 * in one of @p partitions cases; enough is where all do in less than one of a thousand.
 */
bool wr_key_places_decide(const wr_key_places *p, int32_t partitions);
/**
 * What the keys say: the partitioner that has put all of them where they are, @p expected if it is
 * one of several; NONE: no known one has. Says much only where wr_key_places_decide.
 */
wr_partitioner wr_key_places_by(const wr_key_places *p, wr_partitioner expected);
static inline uint64_t wr_key_places_misses(const wr_key_places *p, wr_partitioner expected)
{
    return expected == WR_PARTITIONER_NONE ? 0 : p->keys - p->fits[expected];
}

/** Keys of one partition that have been looked at, so that a frequent one counts once. */
#define WR_KEY_SAMPLE_KEPT 64
typedef struct wr_key_sample {
    wr_key_places places;
    uint32_t looked; /* records, also those that did not count */
    uint32_t kept_n; /* since the beginning; the last WR_KEY_SAMPLE_KEPT are in `kept` */
    uint32_t kept[WR_KEY_SAMPLE_KEPT]; /* a ring of hashes */
} wr_key_sample;
/**
 * A record of @p partition. A NULL key lies anywhere; an empty one does, too, where librdkafka has
 * written it: neither counts, nor does a key that was seen a short while ago.
 */
void wr_key_sample_look(wr_key_sample *s, wr_str key, int32_t partition, int32_t partitions);

#endif
