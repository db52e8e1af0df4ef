/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who keeps copies of which partitions: as many as wanted, never the owner, and the first of them
 * is who the range assignor gives the partition to when its owner is gone. Kafka's rule is written
 * down a second time here, as a list of partitions for each member.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "runtime/worker/standby.h"

enum { MEMBERS = 6, PARTITIONS = 13 };

/* Members in @p names, in order; each takes its share of what is left, rounded up while there is a
 * rest. @return the name of the owner. */
static uint32_t owner_of(const uint32_t *names, uint32_t n, int32_t partition, int32_t partitions)
{
    int32_t next = 0;
    for (uint32_t i = 0; i < n; i++) {
        int32_t left = partitions - next, members = (int32_t)(n - i);
        int32_t share = (left + members - 1) / members;
        if (partition < next + share)
            return names[i];
        next += share;
    }
    fail_msg("partition %d belongs to nobody", partition);
    return 0;
}

static uint32_t without(const uint32_t *names, uint32_t n, uint32_t gone, uint32_t *out)
{
    uint32_t k = 0;
    for (uint32_t i = 0; i < n; i++)
        if (names[i] != gone)
            out[k++] = names[i];
    assert_int_equal(k, n - 1);
    return k;
}

static void check(uint32_t members, int32_t partition, int32_t partitions, uint32_t replicas)
{
    uint32_t names[MEMBERS], rest[MEMBERS], found = 0;
    for (uint32_t i = 0; i < members; i++)
        names[i] = i;
    uint32_t owner = owner_of(names, members, partition, partitions);
    for (uint32_t i = 0; i < members; i++)
        found += wr__standby_is(i, members, partition, partitions, replicas);
    assert_int_equal(found, replicas < members ? replicas : members - 1);
    assert_false(wr__standby_is(owner, members, partition, partitions, replicas));
    if (members > 1 && replicas > 0) {
        uint32_t n = without(names, members, owner, rest);
        uint32_t heir = owner_of(rest, n, partition, partitions);
        assert_true(wr__standby_is(heir, members, partition, partitions, replicas));
    }
}

static void test_copies(void **state)
{
    (void)state;
    for (uint32_t members = 1; members <= MEMBERS; members++)
        for (int32_t partitions = 1; partitions <= PARTITIONS; partitions++)
            for (int32_t p = 0; p < partitions; p++)
                for (uint32_t replicas = 0; replicas <= MEMBERS + 1; replicas++)
                    check(members, p, partitions, replicas);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_copies)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
