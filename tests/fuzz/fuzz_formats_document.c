/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The document reader wr_json_parse: what it prints, it reads again and prints the same; and
 * without comments allowed nothing more is accepted. Payload guessing for PRINT runs over the same
 * bytes.
 */
#include "fuzz_formats.h"

static wr_str print(const wr_json *j, wr_buf *out)
{
    wr_buf_clear(out);
    wr_json_print(out, j);
    return wr_buf_view(out);
}

static void guess(wr_str payload, wr_buf *out)
{
    wr_format_guess g;
    wr_format_guess_init(&g);
    wr_format_guess_add(&g, payload);
    wr_buf_clear(out);
    wr_format_guess_print(&g, out);
    wr_format_guess_value(&g, payload, out);
    wr_format_guess_add(&g, WR_STR("text"));
    wr_format_guess_value(&g, payload, out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    wr_arena *a = wr_arena_new(0);
    wr_str text = wr_str_make((const char *)data, size);
    wr_buf first = {0}, second = {0};
    weir_error err;
    wr_json *j, *again;
    bool comments = wr_json_parse(text, true, a, &j, &err) == WEIR_OK;
    if (comments) {
        wr_str printed = print(j, &first);
        weir_status st = wr_json_parse(printed, false, a, &again, &err);
        WR_ASSERT(st == WEIR_OK);
        WR_ASSERT(wr_str_eq(printed, print(again, &second)));
    } else {
        WR_ASSERT(err.code == WEIR_ERR_RECORD && err.message[0]);
    }
    if (wr_json_parse(text, false, a, &again, &err) == WEIR_OK) {
        WR_ASSERT(comments);
        WR_ASSERT(wr_str_eq(wr_buf_view(&first), print(again, &second)));
    }
    if (size) /* an empty input has no address: it would be a NULL payload */
        guess(text, &second);
    wr_buf_free(&first);
    wr_buf_free(&second);
    wr_arena_free(a);
    return 0;
}
