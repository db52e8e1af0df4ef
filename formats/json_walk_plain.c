/* SPDX-License-Identifier: Apache-2.0 */
/* json_walk_plain.c - the walk over objects (json_walk.h) without vectors and without looking
 * after the text's end: other processors, texts inside others, and the yardstick of the tests. */
#include "formats/json_shape.h"

#define WALK    wr__json_walk_plain
#define RUN_MAX 32u

static inline const char *find_stop(const char *p, const char *end)
{
    while (p < end && *p != '"' && *p != '\\' && (uint8_t)*p >= 0x20)
        p++;
    return p;
}

static inline uint32_t digit_run(const char *p, const char *end)
{
    uint32_t n = 0;
    while (n < RUN_MAX && p + n < end && p[n] >= '0' && p[n] <= '9')
        n++;
    return n;
}

static inline bool goes_on(const char *p, const wr_jlearned *k)
{
    return memcmp(p, k->text, k->len) == 0;
}

#include "formats/json_walk.h"
