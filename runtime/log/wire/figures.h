/* SPDX-License-Identifier: Apache-2.0 */
/*
 * figures.h - what a client has done and is doing, over all its connections.
 */
#ifndef WR_RUNTIME_LOG_WIRE_FIGURES_H
#define WR_RUNTIME_LOG_WIRE_FIGURES_H

#include <stdint.h>

typedef struct wr_wire_figures {
    /* since the client was made */
    uint64_t requests, answers;
    uint64_t sent_bytes, received_bytes; /* before encryption */
    uint64_t records;                    /* handed out; of a producer: acknowledged */
    uint64_t errors;                /* connections lost with a request under way; bad answers */
    uint64_t timeouts;              /* requests that had no answer in time */
    uint64_t connects, disconnects; /* attempts; connections that were there and are lost */
    /* now */
    uint64_t queued, in_flight;            /* requests: not sent to the end; without an answer */
    uint64_t fetched;                      /* offsets that are there and not handed out */
    uint64_t unreported, unreported_bytes; /* of a producer: records whose fate is open */
    /* since the figures were last taken, of the slowest broker; a Fetch takes as long as the broker
     * waits for records */
    double round_trip_mean, round_trip_p99, throttle_max; /* seconds */
} wr_wire_figures;

#endif
