/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What other servers say: records of the topic, which anybody may have written, and answers to pull
 * queries. A record that is read can be written, and is the same when it is read again. An answer
 * means the same however it is cut: it is whole with as many rows, or it has failed. Input: a byte,
 * by which answers are cut; then the record, or the answer.
 */
#include "server/cluster/row_answer.h"
#include "server/cluster/server_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_record(wr_str bytes)
{
    wr_arena *a = wr_arena_new(0);
    wr__server_record r, again;
    if (wr__server_record_parse(a, bytes, &r)) {
        wr_buf first = {0}, second = {0};
        wr__server_record_put(&first, &r);
        bool same = wr__server_record_parse(a, wr_buf_view(&first), &again);
        WR_ASSERT(same);
        wr__server_record_put(&second, &again);
        WR_ASSERT(wr_str_eq(wr_buf_view(&first), wr_buf_view(&second)));
        wr_buf_free(&first);
        wr_buf_free(&second);
    }
    wr_arena_free(a);
}

static weir_status count(void *arg, wr_str bytes, uint32_t n, weir_error *err)
{
    (void)err;
    WR_ASSERT(bytes.len >= n);
    *(uint64_t *)arg += n;
    return WEIR_OK;
}

static weir_status read_answer(wr_str bytes, size_t piece, uint64_t *rows)
{
    const wr_schema *schema;
    const wr_column cols[] = {{"ID", &wr_type_string, WR_COL_VALUE, NULL}};
    wr_arena *a = wr_arena_new(0);
    wr__row_answer r;
    weir_error err;
    *rows = 0;
    schema = wr_schema_new(a, cols, 1);
    wr__row_answer_init(&r, schema, count, rows);
    for (size_t at = 0; at < bytes.len; at += piece)
        if (!wr__row_answer_take(&r, bytes.ptr + at, WR_MIN(piece, bytes.len - at)))
            break;
    weir_status st = wr__row_answer_finish(&r, &err);
    wr__row_answer_destroy(&r);
    wr_arena_free(a);
    return st;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    const wr_str bytes = wr_str_make((const char *)data + 1, size - 1);
    uint64_t whole, cut;
    check_record(bytes);
    weir_status st = read_answer(bytes, bytes.len, &whole);
    weir_status in_pieces = read_answer(bytes, 1 + data[0] % 64u, &cut);
    WR_ASSERT(st == in_pieces && (st != WEIR_OK || whole == cut));
    return 0;
}
