/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cluster.h - several servers of one service on Kafka: they know of each other, and a pull query
 * gets its rows from whichever of them has the partitions. docs/design/server.md says why it is so.
 *
 * Life: made when the engine is there, freed after the HTTP server has stopped and before the
 * engine is closed. Threads: any.
 */
#ifndef WR_SERVER_CLUSTER_CLUSTER_H
#define WR_SERVER_CLUSTER_CLUSTER_H

#include "runtime/instance/engine.h"

typedef struct wr_cluster wr_cluster;

/**
 * @param url  where this server listens: "http://127.0.0.1:8088". What others are told is
 *             ksql.advertised.listener, where that is set.
 * @param settings  of the server: weir.server.peer.*, certificates.
 * @return NULL: there are no others, on the embedded log, or since it listens on no port.
 */
wr_cluster *wr_cluster_new(wr_engine *e, const char *url, const wr_settings *settings);
/** NULL is allowed, here and below. */
void wr_cluster_free(wr_cluster *c);

/** This process, to others: random; "" where there is no cluster. */
const char *wr_cluster_id(const wr_cluster *c);
/** "host:port" that others know; NULL where there is no cluster. */
const char *wr_cluster_host(const wr_cluster *c);
/** The members of the object clusterStatus (rest-api.md 7) that are other servers, each with a
 *  comma in front. */
void wr_cluster_put_others(wr_cluster *c, wr_buf *out);
/** What /heartbeat and /lag have brought. */
void wr_cluster_beat(wr_cluster *c, const char *host);
void wr_cluster_lags(wr_cluster *c, const char *host, wr_str json);

/** Is @p url an address for ksql.advertised.listener? @return WEIR_ERR_CONFIG */
weir_status wr_cluster_check_url(const char *url, weir_error *err) WR_MUST_CHECK;

#endif
