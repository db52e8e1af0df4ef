/* SPDX-License-Identifier: Apache-2.0 */
/*
 * announcer.h - a thread that says to the other servers what this one has, and hears what they have
 * (server_record.h): when it changes, when another server comes, and every
 * ksql.heartbeat.discover.interval.ms, by which they know that it is still there.
 */
#ifndef WR_SERVER_CLUSTER_ANNOUNCER_H
#define WR_SERVER_CLUSTER_ANNOUNCER_H

#include "runtime/instance/engine.h"
#include "server/cluster/servers.h"

typedef struct wr__announcer wr__announcer;

/** All borrowed. @return NULL: no thread can be made. */
wr__announcer *wr__announcer_start(wr_engine *e, wr__servers *servers, const char *url,
                                   const char *id);
/** Says that this server goes, where the broker answers soon. NULL is allowed. */
void wr__announcer_stop(wr__announcer *a);

#endif
