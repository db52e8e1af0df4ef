/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server_record.h - what a server says of itself to the other servers of its service.
 *
 *     topic   "_confluent-ksql-<service id>_servers", one partition, deleted after ten minutes
 *     record  {"weir": 1,
 *              "url": "http://10.0.0.7:8088",     ksql.advertised.listener
 *              "id": "0f3a...",                   of the process: random, new at each start
 *              "ended": true,                     it goes in good order; may be missing
 *              "queries": {"CTAS_T_1": {"active": [0, 3],
 *                                       "standby": [[1, 17]]}},   partition, how far behind
 *              "status": {...}}                   activeStandbyPerQuery of /clusterStatus; or
 * missing
 *
 * Anybody may have written what is read: what is not of this form is no record, and members that
 * are not known are passed over.
 */
#ifndef WR_SERVER_CLUSTER_SERVER_RECORD_H
#define WR_SERVER_CLUSTER_SERVER_RECORD_H

#include "common/arena.h"
#include "common/buf.h"

#define WR__SERVER_RECORD_VERSION 1
#define WR__SERVER_ID_MAX         63 /* bytes; a longer one is not of a server */

/** A partition of a table that a server has. */
typedef struct wr__server_part {
    int32_t partition;
    bool active;
    int64_t behind; /* a copy: records of the changelog that it lacks */
} wr__server_part;

typedef struct wr__server_query {
    const char *id;
    wr__server_part *parts;
    uint32_t n;
} wr__server_query;

typedef struct wr__server_record {
    const char *url, *id;
    bool ended;
    wr__server_query *queries;
    uint32_t queries_n;
    const char *status; /* JSON, or NULL */
} wr__server_record;

void wr__server_record_put(wr_buf *out, const wr__server_record *r);
/** What @p out has is in @p a. @return false: it is no record. */
bool wr__server_record_parse(wr_arena *a, wr_str bytes, wr__server_record *out);

#endif
