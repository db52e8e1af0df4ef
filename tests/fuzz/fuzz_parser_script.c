/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a script with variables: spans cover the text in order and without overlap, each
 * terminated one ends at a ';', and substitution never makes two statements of one.
 */
#include "parser/parser.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t count_spans(const char *text, size_t len)
{
    size_t n = 0;
    wr_parse_span span = {0};
    for (size_t from = 0; wr_parse_next_span(text, len, from, &span); from = span.next) {
        WR_ASSERT(span.start >= from && span.start <= span.end && span.end <= span.next);
        WR_ASSERT(span.next > from && span.next <= len);
        WR_ASSERT(span.empty == (span.start == span.end));
        WR_ASSERT(span.terminated ? text[span.next - 1] == ';' : span.next == len);
        n++;
    }
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const values[][2] = {
        {"A", "x"},   {"N", "-1"}, {"S", "'it''s'"}, {"Q", "\"q\""},       {"K", "show"},
        {"T", "a;b"}, {"U", "'"},  {"C", "--"},      {"R", "select ${a}"},
    };
    wr_map vars;
    wr_map_init(&vars);
    for (size_t i = 0; i < WR_ARRAY_LEN(values); i++)
        wr_map_put(&vars, wr_str_c(values[i][0]), (void *)(uintptr_t)values[i][1]);

    const char *text = (const char *)data;
    wr_arena *arena = wr_arena_new(0);
    size_t spans = count_spans(text, size);
    wr_str out;
    weir_error err;
    weir_status st = wr_parse_substitute(text, size, &vars, arena, &out, &err);
    if (st == WEIR_OK)
        WR_ASSERT(count_spans(out.ptr, out.len) == spans);
    else
        WR_ASSERT(err.code == st && err.message[0]);
    wr_arena_free(arena);
    wr_map_free(&vars);
    return 0;
}
