/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Can the embedded log be written, and the id of its "cluster": "log/cluster" of META, made at its
 * first use.
 */
#include "runtime/log/local.h"

#define CLUSTER_KEY "log/cluster"

static weir_status make_id(wr__local *log, wr_buf *out, weir_error *err)
{
    wr_rng rng;
    wr_rng_seed_os(&rng);
    wr_buf_printf(out, "%016llx", (unsigned long long)wr_rng_next(&rng));
    wr_db_batch *b = wr_db_batch_new(log->db);
    wr_db_batch_meta_put(b, WR_STR(CLUSTER_KEY), wr_buf_view(out));
    weir_status st = wr_db_write_durable(log->db, b, err);
    wr_db_batch_free(b);
    if (st != WEIR_OK)
        wr_buf_clear(out);
    return st;
}

/* Two threads must not make two. */
static weir_status read_id(wr__local *log, wr_buf *out, weir_error *err)
{
    bool found;
    pthread_mutex_lock(&log->committing);
    weir_status st = wr_db_meta_get(log->db, NULL, WR_STR(CLUSTER_KEY), out, &found, err);
    if (st == WEIR_OK && !found)
        st = make_id(log, out, err);
    pthread_mutex_unlock(&log->committing);
    return st;
}

/* A block that is gone again in the same batch: no topic has that number. It is written and synced
 * as records are, and refused where they would be. */
static weir_status try_write(wr__local *log, weir_error *err)
{
    char key[WR__KEY_BYTES];
    wr__local_key(key, UINT32_MAX, 0, 0);
    wr_str k = {key, WR__KEY_BYTES};
    wr_db_batch *b = wr_db_batch_new(log->db);
    wr_db_batch_put(b, WR_DB_LOG, k, WR_STR("check"));
    wr_db_batch_delete(b, WR_DB_LOG, k);
    weir_status st = wr_db_write(log->db, b, err);
    wr_db_batch_free(b);
    return st;
}

weir_status wr__local_check(wr_log *base, int timeout_ms, wr_buf *cluster, weir_error *err)
{
    wr__local *log = (wr__local *)base;
    (void)timeout_ms; /* nobody else is asked */
    WR_TRY(read_id(log, cluster, err));
    return try_write(log, err);
}
