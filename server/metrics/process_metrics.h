/* SPDX-License-Identifier: Apache-2.0 */
/* process_metrics.h - the process_* metrics that Prometheus' client libraries have, of Linux. */
#ifndef WR_SERVER_METRICS_PROCESS_METRICS_H
#define WR_SERVER_METRICS_PROCESS_METRICS_H

#include "server/metrics/exposition.h"

/** What /proc does not tell (it is not mounted, say) is left out. Any thread. */
void wr_process_metrics_put(wr_exposition *e);

#endif
