/* SPDX-License-Identifier: Apache-2.0 */
/*
 * heartbeat.h - a thread that says to every other server, over the way that pull queries take, that
 * this one is alive: POST /heartbeat, and POST /lag (rest-api.md 7). A server whose machine is gone
 * is so not asked long before its records are missed.
 */
#ifndef WR_SERVER_CLUSTER_HEARTBEAT_H
#define WR_SERVER_CLUSTER_HEARTBEAT_H

#include "runtime/instance/engine.h"
#include "server/cluster/peer_http.h"
#include "server/cluster/servers.h"

typedef struct wr__heartbeat wr__heartbeat;

/** All borrowed. @p host: "host:port" of this server. NULL: no thread can be made. */
wr__heartbeat *wr__heartbeat_start(wr_engine *e, wr__servers *servers, wr__peer_http *http,
                                   const char *host);
/** NULL is allowed. */
void wr__heartbeat_stop(wr__heartbeat *h);

#endif
