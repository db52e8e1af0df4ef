/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order in which Java's HashMap and HashSet give out texts. ksqlDB's runner keeps topics in
 * such collections, so ids of schemas, and what a query reads first, follow from it.
 */
#include "runtime/testing/testing_internal.h"

/* Topics are named in ASCII, where bytes are Java's characters. */
static uint32_t bucket_of(const char *name, uint32_t buckets)
{
    uint32_t h = 0;
    for (; *name; name++)
        h = h * 31 + (uint8_t)*name;
    return (h ^ (h >> 16)) & (buckets - 1);
}

void wr__java_order(const char *const *names, uint32_t n, uint32_t *order)
{
    uint32_t buckets = 16, placed = 0;
    while (n > buckets / 4 * 3)
        buckets *= 2;
    for (uint32_t b = 0; b < buckets; b++)
        for (uint32_t i = 0; i < n; i++)
            if (bucket_of(names[i], buckets) == b)
                order[placed++] = i;
    WR_ASSERT(placed == n);
}
