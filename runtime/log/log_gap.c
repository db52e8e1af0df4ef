/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records that a reader was to read and that are not there any more: what is said of them.
 *
 * Where the partition begins after the position, retention has taken them: the reader goes on from
 * what is left, and counts. Where it ends before the position, or is known to be another one, the
 * topic was deleted and made anew, and the position means nothing: going on would skip as many
 * records of the new topic as the old one had. Nobody but a person can say what is to be done then.
 */
#include "common/diag.h"
#include "runtime/log/log_class.h"

void wr__log_records_gone(wr__log_reader_base *r, const char *topic, int32_t partition,
                          int64_t position, int64_t low)
{
    WR_ASSERT(position >= 0 && position < low);
    uint64_t n = (uint64_t)(low - position);
    atomic_fetch_add(&r->gone, n);
    wr_diag_put(WR_DIAG_WARN, "log",
                "records %lld to %lld of %s partition %d are gone (retention): %llu are skipped",
                (long long)position, (long long)low - 1, topic, partition, (unsigned long long)n);
}

weir_status wr__log_made_anew(const char *topic, int32_t partition, int64_t position, int64_t end,
                              weir_error *err)
{
    wr_error(
        err, WEIR_ERR_LOG,
        "Topic %s was deleted and created again: partition %d was read up to offset %lld, and the "
        "new one ends at %lld",
        topic, partition, (long long)position, (long long)end);
    if (err)
        wr_error_hint(err,
                      "Whatever reads it has state and offsets of the old topic. Terminate the "
                      "query and create it again to read the new one from its beginning.");
    return WEIR_ERR_LOG;
}
