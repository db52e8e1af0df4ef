/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cluster_status.h - /clusterStatus, /heartbeat and /lag (rest-api.md 7). Who the other nodes are
 * is known by server/cluster; where there are none a report is checked, and has no effect.
 *
 * Switched on by ksql.heartbeat.enable, and /lag by ksql.lag.reporting.enable; else they are not
 * found. Threads: the loop thread.
 */
#ifndef WR_SERVER_REST_CLUSTER_STATUS_H
#define WR_SERVER_REST_CLUSTER_STATUS_H

#include "server/http/http.h"
#include "server/rest/entity.h"

/** All nodes with the stores and partitions that they have of each persistent query. */
void wr__cluster_status(const wr__entity_context *c, wr_http_exchange *x);
/** A node says that it is alive. */
void wr__cluster_heartbeat(const wr__entity_context *c, wr_http_exchange *x);
/** A node says how far its stores are. */
void wr__cluster_lag(const wr__entity_context *c, wr_http_exchange *x);

#endif
