/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Patterns and texts: the input is a pattern, a 0 byte and a text. Whatever the pattern is,
 * matching ends, and matches lie inside the text, one behind the other.
 */
#include "common/utf8.h"
#include "engine/functions/java_regex.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(const wr__regex *re, wr_str text)
{
    wr__matcher m = {0};
    wr__matcher_start(&m, re, text);
    uint32_t last = 0;
    while (wr__matcher_find(&m)) {
        WR_ASSERT(wr__matcher_to(&m) <= text.len);
        WR_ASSERT(wr__matcher_to(&m) >= last);
        last = wr__matcher_to(&m);
        for (uint32_t k = 0; k <= wr__regex_groups(re); k++) {
            wr_str group = wr__matcher_group(&m, k);
            WR_ASSERT(!group.ptr || (group.ptr >= m.text.ptr &&
                                     group.ptr + group.len <= m.text.ptr + m.text.len));
        }
    }
    wr__matcher_fini(&m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *zero = size ? memchr(data, 0, size) : NULL;
    if (!zero || size > 4096)
        return 0;
    wr_str pattern = wr_str_make((const char *)data, (size_t)(zero - data));
    wr_str text = wr_str_make((const char *)zero + 1, size - pattern.len - 1);
    if (!wr_utf8_valid(pattern) || !wr_utf8_valid(text))
        return 0;
    char error[200] = "";
    wr__regex *re = wr__regex_new(pattern, error, sizeof(error));
    if (re)
        walk(re, text);
    else
        WR_ASSERT(error[0]);
    wr__regex_free(re);
    return 0;
}
