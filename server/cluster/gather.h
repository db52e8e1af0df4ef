/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gather.h - the rows of a pull query whose partitions several servers have.
 *
 *     for each partition that is missing: who has it? This process, or the first of the choices of
 *     servers.h that has not just failed. One request for each server, all at the same time, then
 *     what is here; and again for what is still missing, until nothing is, or the time
 *     (weir.pull.restore.timeout.ms) is over
 *
 * Who is asked says no where it does not have all of what is asked for; so what is known of servers
 * may be old, and the answer is whole or an error. After the first rows of a server were handed on
 * its failure is the query's, since what is asked again comes again.
 */
#ifndef WR_SERVER_CLUSTER_GATHER_H
#define WR_SERVER_CLUSTER_GATHER_H

#include "runtime/instance/peers.h"
#include "runtime/instance/wait.h"
#include "server/cluster/peer_http.h"
#include "server/cluster/servers.h"

/** As wr_peers.pull. Any thread, which waits. */
weir_status wr__gather(wr_engine *e, wr__servers *servers, wr__peer_http *http,
                       const wr_peer_pull *p, weir_error *err) WR_MUST_CHECK;

#endif
