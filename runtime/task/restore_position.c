/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Positions: how far the changelog of a store has been applied, kept as a metadata entry in the
 * same atomic write as the rows. Both go back together after a crash: the rows are at or ahead of
 * the position, never before it, and reading the changelog from there makes them right.
 */
#include "runtime/task/restore_internal.h"

void wr_task_position_key(const char *changelog, int32_t partition, wr_buf *out)
{
    wr_buf_printf(out, "changelog/%s/%d", changelog, partition);
}

void wr__position_put(wr_db_batch *b, const char *changelog, int32_t partition, int64_t offset)
{
    WR_ASSERT(offset >= 0 && partition >= 0);
    wr_buf key = {0};
    char value[8];
    wr_task_position_key(changelog, partition, &key);
    wr_put_be64(value, (uint64_t)offset);
    wr_db_batch_meta_put(b, wr_buf_view(&key), (wr_str){value, sizeof value});
    wr_buf_free(&key);
}

weir_status wr__position_get(wr_db *db, const char *changelog, int32_t partition, int64_t *offset,
                             weir_error *err)
{
    wr_buf key = {0}, value = {0};
    bool found;
    wr_task_position_key(changelog, partition, &key);
    weir_status st = wr_db_meta_get(db, NULL, wr_buf_view(&key), &value, &found, err);
    *offset = -1;
    if (st == WEIR_OK && found && value.len == 8)
        *offset = (int64_t)wr_get_be64(value.ptr);
    wr_buf_free(&key);
    wr_buf_free(&value);
    return st;
}
