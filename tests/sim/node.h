/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node.h - the brokers of the simulated cluster, as Weir's own client meets them: Kafka's protocol,
 * request by request. What topics hold is broker.c's; nodes have what comes with there being
 * several of them:
 *
 *   - each partition has a leader and its epoch. Both change, by themselves or because a node dies.
 *     A node learns of a change after a while; until then it says what was before, and the new
 *     leader refuses to be one. A new leader's high watermark may be behind that of the old one for
 *     a while: it only grows again when the followers have asked.
 *   - fetch sessions (KIP-227), which a node forgets at times, and when it dies.
 *   - a node that dies refuses connections until it is back; one that stands still accepts none,
 *     and answers what it has later.
 *
 * Requests are read and answers written with the primitives of runtime/log/wire, and batches with
 * its writer; layouts are written down here a second time, from Kafka's message definitions. The
 * newest version of Fetch and Produce is drawn for each run, so that topics go by name and by id.
 *
 * Left out: records that a new leader does not have. Those that nobody has been told of are the
 * same as a request that got lost; others a cluster only loses by unclean elections.
 */
#ifndef WR_TESTS_SIM_NODE_H
#define WR_TESTS_SIM_NODE_H

#include "broker.h"

#include "common/buf.h"

enum { NODES = 3, NODE_PORT = 1 /* of the first one */ };

/** As a bootstrap.servers. */
#define NODE_ADDRESSES "127.0.0.1:1,127.0.0.1:2,127.0.0.1:3"

void node_begin(void);
void node_end(void);

bool node_is_up(int node);
bool node_stands_still(int node);
/** One dies, stands still, or leads no more. It passes by itself. */
void node_happen(void);
/** All nodes are well from now on. */
void node_heal(void);

typedef struct node_request node_request;

/** A request, without its size, has arrived: what it changes, it changes now. */
node_request *node_take(int node, const char *bytes, size_t n);
/** @p out: the answer with its size. @return false: not yet, or not before *look_us. Ask again when
 *  something was written. */
bool node_answer(node_request *r, wr_buf *out, int64_t *look_us);
/** NULL is allowed. */
void node_request_free(node_request *r);

/** How often each request was answered in all runs, by Kafka's number. */
enum { NODE_APIS = 64 };
extern uint64_t sim_node_answers[NODE_APIS];
/** How often a partition had another leader. */
extern uint64_t sim_node_elections;

#endif
