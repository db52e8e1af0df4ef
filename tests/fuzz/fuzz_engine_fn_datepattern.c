/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Date patterns: the input is a pattern, a 0 byte and a text. Whatever is accepted, printing never
 * reads or writes where it must not; java.text's patterns get the same text.
 */
#include "common/utf8.h"
#include "engine/functions/datepattern.h"
#include "engine/functions/simpledate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run(wr_str pattern, wr_str text, wr_arena *a)
{
    char why[256] = "";
    weir_error err = {0};
    int64_t ms;
    wr_datepattern *p = wr_datepattern_compile(pattern, a, &err);
    WR_ASSERT(p || err.message[0]);
    if (p) {
        bool ok =
            wr_datepattern_parse_timestamp(p, text, "America/New_York", &ms, why, sizeof(why));
        WR_ASSERT(ok || why[0]);
        wr_buf b = {0};
        (void)wr_datepattern_format_timestamp(p, ok ? ms : 1589234313456, "Europe/Berlin", &b, why,
                                              sizeof(why));
        wr_buf_free(&b);
    }
    wr__simpledate *s = wr__simpledate_compile(pattern, a, why, sizeof(why));
    if (s)
        (void)wr__simpledate_parse(s, text, 1700000000000, &ms);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *zero = size ? memchr(data, 0, size) : NULL;
    if (!zero || size > 512)
        return 0;
    char copy[512]; /* no 0 byte behind the text */
    size_t n = size - (size_t)(zero - data) - 1;
    memcpy(copy + sizeof(copy) - n, zero + 1, n);
    wr_str pattern = wr_str_make((const char *)data, (size_t)(zero - data));
    wr_str text = wr_str_make(copy + sizeof(copy) - n, n);
    if (!wr_utf8_valid(pattern) || !wr_utf8_valid(text))
        return 0;
    wr_arena *a = wr_arena_new(0);
    run(pattern, text, a);
    wr_arena_free(a);
    return 0;
}
