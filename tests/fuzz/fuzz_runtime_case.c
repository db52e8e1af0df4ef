/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON cases of `weir test`, run as they come: the reader of cases, statements, records of every
 * format, and the whole engine behind them. A result must be JSON again.
 */
#include "runtime/testing/testing_internal.h"

#include "common/diag.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    wr__test_options options = {.batch_rows = size % 2 ? "1" : NULL, .out = stdout};
    wr_buf result = {0};
    weir_error err = {0};
    wr_diag_set_level(WR_DIAG_ERROR);
    if (size > 1 << 16)
        return 0;
    weir_status st = wr__case_run(&options, wr_str_make((const char *)data, size), &result, &err);
    WR_ASSERT(st == WEIR_OK || err.message[0]);
    if (st == WEIR_OK) {
        wr_arena *a = wr_arena_new(0);
        wr_json *again;
        WR_ASSERT(wr_json_parse(wr_buf_view(&result), false, a, &again, &err) == WEIR_OK);
        wr_arena_free(a);
    }
    wr_buf_free(&result);
    return 0;
}
