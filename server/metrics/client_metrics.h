/* SPDX-License-Identifier: Apache-2.0 */
/* client_metrics.h - what a log's clients do (runtime/log/log_clients.h), as metrics. */
#ifndef WR_SERVER_METRICS_CLIENT_METRICS_H
#define WR_SERVER_METRICS_CLIENT_METRICS_H

#include "runtime/log/log_clients.h"
#include "server/metrics/exposition.h"

/** Families weir_kafka_client_*; @p omitted: clients that are too many to be shown. Where there is
 *  none the families are there without samples. */
void wr_client_metrics_put(const wr_log_client *clients, uint32_t n, size_t omitted,
                           wr_exposition *e);

#endif
