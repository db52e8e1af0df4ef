/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net.h - sockets for Weir's own client (runtime/log/wire), simulated.
 *
 * The seam is the calls of the system: socket, connect, send, recv, epoll and eventfd of the
 * program's objects come here (--wrap), and so does close, read and write of a descriptor that was
 * made here; of others they are the system's. A connection is two streams of bytes that take their
 * time: what is sent arrives whole requests at a time, each is answered at its node (node.h) when
 * it is its turn, and the answer comes back in pieces.
 *
 * Trouble, as client.h has it for librdkafka: a request may get lost, arrive without an answer, or
 * arrive when it has been given up; TCP keeps the order, so nothing else arrives on that connection
 * either, or not before it. And a connection may be cut in the middle of a request or of an answer.
 */
#ifndef WR_TESTS_SIM_NET_H
#define WR_TESTS_SIM_NET_H

#include "schedule.h"

void net_begin(void);
/** Every descriptor is closed. */
void net_end(void);

/** The node is gone: its connections are closed, what it has not taken up is lost. */
void net_node_dies(int node);
/** Add to the counter of an eventfd, for a thread of librdkafka's; < 0: there is none. */
void net_signal(int fd);

/** Connections that were cut in the middle of something, in all runs. */
extern uint64_t sim_net_cuts;

#endif
