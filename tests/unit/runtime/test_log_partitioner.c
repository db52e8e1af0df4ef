/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Weir's partitioners against librdkafka's own, over random keys and numbers of partitions.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/clock.h"
#include "types/partitioner.h"

#include <librdkafka/rdkafka.h>

typedef int32_t (*partitioner)(const rd_kafka_topic_t *rkt, const void *key, size_t len,
                               int32_t partitions, void *topic_opaque, void *message_opaque);

static void test_as_librdkafka(void **state)
{
    (void)state;
    static const partitioner theirs[WR_PARTITIONERS] = {
        [WR_PARTITIONER_MURMUR2] = rd_kafka_msg_partitioner_murmur2,
        [WR_PARTITIONER_CRC32] = rd_kafka_msg_partitioner_consistent,
        [WR_PARTITIONER_FNV1A] = rd_kafka_msg_partitioner_fnv1a,
    };
    wr_rng rng;
    wr_rng_seed(&rng, 17);
    for (int i = 0; i < 20000; i++) {
        char bytes[80];
        uint32_t len = (uint32_t)(wr_rng_next(&rng) % sizeof bytes);
        int32_t partitions = 1 + (int32_t)(wr_rng_next(&rng) % (i % 2 ? 12 : INT32_MAX));
        for (uint32_t k = 0; k < len; k++)
            bytes[k] = (char)wr_rng_next(&rng);
        for (uint32_t p = 0; p < WR_PARTITIONERS; p++)
            assert_int_equal(
                wr_partition_of((wr_partitioner)p, wr_str_make(bytes, len), partitions),
                theirs[p](NULL, bytes, len, partitions, NULL, NULL));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_as_librdkafka)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
