/* SPDX-License-Identifier: Apache-2.0 */
/* Does a broker answer, and which cluster is it of? Any thread. */
#include "runtime/log/kafka.h"

weir_status wr__kafka_check(wr_log *base, int timeout_ms, wr_buf *cluster, weir_error *err)
{
    wr__kafka *log = (wr__kafka *)base;
    const struct rd_kafka_metadata *metadata;
    rd_kafka_resp_err_t code = rd_kafka_metadata(log->admin, 0, NULL, &metadata, timeout_ms);
    rd_kafka_poll(log->admin, 0);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        rd_kafka_metadata_destroy(metadata);
    /* The handle has it from the metadata: 0 asks nobody. */
    char *id = rd_kafka_clusterid(log->admin, 0);
    if (id) {
        wr_buf_puts(cluster, id);
        rd_kafka_mem_free(log->admin, id);
    }
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return wr__kafka_error(err, code, "Asking the brokers for metadata");
    wr__kafka_alive(log);
    return WEIR_OK;
}
