/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The walks over JSON objects: all that this processor can run must find the same tokens, or the
 * same fault at the same place, as the plain one, which looks at single bytes and never behind the
 * text. What lies behind it is chosen to tempt: quotes, brackets, digits, the text again.
 *
 * Input: one byte that picks what follows the texts, then texts separated by a 0 byte that go
 * through the same shapes, so that what was learned from one meets the next.
 */
#include "formats/json_shape.h"

#include "common/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FIELDS = 5, STRIDE = 3, TEXTS = 6, WALKS_MAX = 4 };

static const char *const tempting[] = {
    "\"", "}", "0", ",", "\\", "1234567890.5e6", "\",\"A\":\"x\"}", "\xFF"};

typedef struct outcome {
    bool good;
    const char *fault;
    size_t at;
    wr_jtoken tokens[FIELDS * STRIDE];
} outcome;

static void fill(char *to, size_t n, const char *pattern)
{
    size_t len = strlen(pattern);
    for (size_t i = 0; i < n; i++)
        to[i] = pattern[i % len];
}

static outcome run(wr_jwalk walk, wr_jshape *shape, const char *text, size_t len)
{
    outcome o = {0};
    wr_jscan s = {.p = text, .begin = text, .end = text + len, .slack = true};
    o.good = walk(shape, &s, o.tokens, STRIDE);
    o.fault = s.fault;
    o.at = (size_t)(s.p - text);
    return o;
}

static void compare(const outcome *a, const char *a_text, const outcome *b, const char *b_text)
{
    WR_ASSERT(a->good == b->good && a->fault == b->fault && a->at == b->at);
    for (size_t k = 0; a->good && k < FIELDS; k++) {
        const wr_jtoken *x = &a->tokens[k * STRIDE], *y = &b->tokens[k * STRIDE];
        WR_ASSERT(x->kind == y->kind && x->flags == y->flags);
        if (x->kind != WR_J_MISSING)
            WR_ASSERT(x->len == y->len && x->ptr - a_text == y->ptr - b_text);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const wr_str names[FIELDS] = {{"A", 1}, {"a", 1}, {"AB", 2}, {"", 0}, {"ID", 2}};
    if (!size)
        return 0;
    const wr_jwalk *walks;
    uint32_t walks_n = wr__json_walks(&walks);
    WR_ASSERT(walks_n <= WALKS_MAX && walks[walks_n - 1] == wr__json_walk_plain);
    wr_arena *a = wr_arena_new(0);
    wr_jshape *shapes[WALKS_MAX];
    for (uint32_t w = 0; w < walks_n; w++)
        shapes[w] = wr__json_shape_new(a, names, FIELDS);
    const char *p = (const char *)data + 1, *end = (const char *)data + size;
    for (uint32_t k = 0; k < TEXTS && p < end; k++) {
        const char *zero = memchr(p, 0, (size_t)(end - p));
        size_t len = (size_t)((zero ? zero : end) - p);
        if (len && *p == '{' && wr_utf8_valid(wr_str_make(p, len))) {
            char *text = wr_arena_alloc(a, len + WR_JSON_SLACK);
            memcpy(text, p, len);
            fill(text + len, WR_JSON_SLACK, tempting[(data[0] + k) % WR_ARRAY_LEN(tempting)]);
            char *alone = wr_arena_alloc(a, len); /* nothing to read behind it */
            memcpy(alone, p, len);
            outcome plain = run(wr__json_walk_plain, shapes[walks_n - 1], alone, len);
            for (uint32_t w = 0; w + 1 < walks_n; w++) {
                outcome other = run(walks[w], shapes[w], text, len);
                compare(&plain, alone, &other, text);
            }
        }
        p += len + 1;
    }
    wr_arena_free(a);
    return 0;
}
