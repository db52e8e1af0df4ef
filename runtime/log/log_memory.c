/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log of `weir test`: the embedded log on a database in memory, so that tests run the code that
 * users run. Deterministic: NULL keys go round robin, nothing expires, iteration is in order of
 * key.
 */
#include "runtime/log/local.h"

static const wr_log_class memory_class = {
    .name = "memory",
    .can = {.atomic_with_state = true, .end_of_partition = true},
    WR__LOCAL_FUNCTIONS,
};

weir_status wr_log_memory_new(wr_db *db, wr_log **out, weir_error *err)
{
    WR_ASSERT(wr_db_path(db)[0] == '\0');
    return wr__local_open(db, NULL, &memory_class, out, err);
}
