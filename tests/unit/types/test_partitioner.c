/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Partitioners against what other clients have computed, and what samples of keys are taken to say.
 * tests/unit/runtime/test_log_partitioner.c holds them against librdkafka's own.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "types/partitioner.h"

#include <stdio.h>

/* The numbers are those of Kafka's own test of its murmur2. */
static void test_murmur2(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        int32_t hash;
    } cases[] = {
        {"21", -973932308},
        {"foobar", -790332482},
        {"a-little-bit-long-string", -985981536},
        {"a-little-bit-longer-string", -1486304829},
        {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971},
        {"abc", 479470107},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++)
        assert_int_equal((int32_t)wr_murmur2(cases[i].key, strlen(cases[i].key)), cases[i].hash);
}

/* murmur2: kafkajs 2.2.4; crc32: Python's zlib; fnv1a: sarama 1.41.1. Of 6 and of 1000 partitions.
 */
static void test_partitions_of_other_clients(void **state)
{
    (void)state;
    static const struct {
        wr_str key;
        int32_t of6[WR_PARTITIONERS], of1000[WR_PARTITIONERS];
    } cases[] = {
        {WR_STR(""), {3, 0, 3}, {681, 0, 35}},
        {WR_STR("a"), {4, 3, 0}, {524, 907, 76}},
        {WR_STR("21"), {0, 4, 0}, {340, 532, 452}},
        {WR_STR("abc"), {3, 0, 5}, {107, 578, 331}},
        {WR_STR("user-17"), {0, 1, 5}, {380, 953, 969}},
        {WR_STR("foobar"), {0, 5, 0}, {166, 69, 576}},
        {WR_STR("a-little-bit-long-string"), {2, 0, 4}, {112, 554, 104}},
        {WR_STR("Zo\xc3\xab"), {4, 2, 4}, {334, 378, 956}},
        {WR_STR("\0\1"), {3, 1, 0}, {669, 465, 162}},
        {WR_STR("8f14e45f-ceea-467e-a9ee-000000000007"), {4, 3, 1}, {214, 469, 347}},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++)
        for (uint32_t p = 0; p < WR_PARTITIONERS; p++) {
            const wr_str key = cases[i].key;
            assert_int_equal(wr_partition_of((wr_partitioner)p, key, 6), cases[i].of6[p]);
            assert_int_equal(wr_partition_of((wr_partitioner)p, key, 1000), cases[i].of1000[p]);
        }
}

static void test_every_partition_is_used(void **state)
{
    (void)state;
    static const int32_t counts[] = {1, 2, 3, 7, 16, 1000, INT32_MAX};
    for (uint32_t p = 0; p < WR_PARTITIONERS; p++)
        for (size_t i = 0; i < WR_ARRAY_LEN(counts); i++) {
            int32_t lowest = INT32_MAX, highest = -1;
            for (int k = 0; k < 3000; k++) {
                char text[16];
                wr_str key = wr_str_make(text, (uint32_t)snprintf(text, sizeof text, "%d", k));
                int32_t partition = wr_partition_of((wr_partitioner)p, key, counts[i]);
                assert_in_range(partition, 0, counts[i] - 1);
                lowest = WR_MIN(lowest, partition);
                highest = WR_MAX(highest, partition);
            }
            if (counts[i] <= 16) { /* none stays empty */
                assert_int_equal(lowest, 0);
                assert_int_equal(highest, counts[i] - 1);
            }
        }
}

static void test_names(void **state)
{
    (void)state;
    wr_partitioner p = WR_PARTITIONER_NONE;
    for (uint32_t k = 0; k <= WR_PARTITIONER_NONE; k++) {
        assert_true(wr_partitioner_find(wr_str_c(wr_partitioner_name((wr_partitioner)k)), &p));
        assert_int_equal(p, k);
    }
    assert_true(wr_partitioner_find(WR_STR("CRC32"), &p));
    assert_int_equal(p, WR_PARTITIONER_CRC32);
    assert_false(wr_partitioner_find(WR_STR("consistent"), &p));
    assert_false(wr_partitioner_find(WR_STR(""), &p));
}

/* ---- samples ---- */

/* @p n keys "k<i>", each where @p by puts it, of 6 partitions. */
static void sample(wr_key_sample *s, wr_partitioner by, uint32_t from, uint32_t n)
{
    for (uint32_t i = from; i < from + n; i++) {
        char text[16];
        wr_str key = wr_str_make(text, (uint32_t)snprintf(text, sizeof text, "k%u", i));
        wr_key_sample_look(s, key, wr_partition_of(by, key, 6), 6);
    }
}

static void test_a_sample_names_the_partitioner(void **state)
{
    (void)state;
    for (uint32_t p = 0; p < WR_PARTITIONERS; p++) {
        wr_key_sample s = {0};
        sample(&s, (wr_partitioner)p, 0, 40);
        assert_int_equal(s.places.keys, 40);
        assert_true(wr_key_places_decide(&s.places, 6));
        for (uint32_t expected = 0; expected <= WR_PARTITIONERS; expected++)
            assert_int_equal(wr_key_places_by(&s.places, (wr_partitioner)expected), p);
        assert_int_equal(wr_key_places_misses(&s.places, (wr_partitioner)p), 0);
        assert_true(wr_key_places_misses(&s.places, (wr_partitioner)((p + 1) % 3)) > 20);
    }
}

/* Two producers of one topic: no partitioner fits, and a single key is enough to show it. */
static void test_a_mixture_is_none(void **state)
{
    (void)state;
    wr_key_sample a = {0}, b = {0};
    sample(&a, WR_PARTITIONER_MURMUR2, 0, 40);
    sample(&b, WR_PARTITIONER_CRC32, 0, 40);
    wr_key_places_merge(&a.places, &b.places);
    assert_int_equal(a.places.keys, 80);
    assert_int_equal(wr_key_places_by(&a.places, WR_PARTITIONER_MURMUR2), WR_PARTITIONER_NONE);
    assert_int_equal(wr_key_places_misses(&a.places, WR_PARTITIONER_NONE), 0);
}

static void test_few_keys_decide_nothing(void **state)
{
    (void)state;
    wr_key_sample s = {0};
    assert_false(wr_key_places_decide(&s.places, 6));
    sample(&s, WR_PARTITIONER_CRC32, 0, 3); /* 6 * 6 * 6 = 216 */
    assert_false(wr_key_places_decide(&s.places, 6));
    assert_true(wr_key_places_decide(&s.places, 10));
    assert_false(wr_key_places_decide(&s.places, 1));
    sample(&s, WR_PARTITIONER_CRC32, 3, 1);
    assert_true(wr_key_places_decide(&s.places, 6));
}

/* Among partitioners that all fit the one that is expected is meant. */
static void test_the_expected_one_first(void **state)
{
    (void)state;
    const wr_key_places p = {.keys = 1, .fits = {1, 1, 0}};
    assert_int_equal(wr_key_places_by(&p, WR_PARTITIONER_CRC32), WR_PARTITIONER_CRC32);
    assert_int_equal(wr_key_places_by(&p, WR_PARTITIONER_FNV1A), WR_PARTITIONER_MURMUR2);
}

static void test_what_does_not_count(void **state)
{
    (void)state;
    wr_key_sample s = {0};
    wr_key_sample_look(&s, (wr_str){0}, 3, 6);
    wr_key_sample_look(&s, WR_STR(""), 3, 6);
    for (int i = 0; i < 100; i++)
        wr_key_sample_look(&s, WR_STR("hot"), 3, 6);
    assert_int_equal(s.looked, 102);
    assert_int_equal(s.places.keys, 1);
    sample(&s, WR_PARTITIONER_MURMUR2, 0, WR_KEY_SAMPLE_KEPT); /* "hot" is forgotten */
    wr_key_sample_look(&s, WR_STR("hot"), 3, 6);
    assert_int_equal(s.places.keys, WR_KEY_SAMPLE_KEPT + 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_murmur2),
        cmocka_unit_test(test_partitions_of_other_clients),
        cmocka_unit_test(test_every_partition_is_used),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_a_sample_names_the_partitioner),
        cmocka_unit_test(test_a_mixture_is_none),
        cmocka_unit_test(test_few_keys_decide_nothing),
        cmocka_unit_test(test_the_expected_one_first),
        cmocka_unit_test(test_what_does_not_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
