/* SPDX-License-Identifier: Apache-2.0 */
/* own_state.h - what this process has of each query, as others want to hear it. Any thread. */
#ifndef WR_SERVER_CLUSTER_OWN_STATE_H
#define WR_SERVER_CLUSTER_OWN_STATE_H

#include "runtime/instance/query_list.h"
#include "server/cluster/server_record.h"

/** The tables' partitions that are here, active or as a copy, into @p r->queries; in @p a. */
void wr__own_parts(wr_engine *e, wr_arena *a, wr__server_record *r);
/** The object activeStandbyPerQuery of /clusterStatus (rest-api.md 7). */
void wr__own_status(wr_engine *e, wr_buf *out);
/** The object hostStoreLags: of copies, since who has a store active does not lag. @p now_ms: 0
 *  where lags are not reported. */
void wr__own_lags(wr_engine *e, int64_t now_ms, wr_buf *out);

#endif
