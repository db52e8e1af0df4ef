/* SPDX-License-Identifier: Apache-2.0 */
#include "server/metrics/http_metrics.h"

#include <stdio.h>

/* Statuses that are counted by themselves. The last stands for all others. */
static const int codes[] = {101, 200, 202, 204, 304, 307, 400, 401, 403, 404, 405,
                            406, 408, 413, 415, 429, 431, 500, 501, 503, 0};
#define CODES WR_ARRAY_LEN(codes)

typedef struct endpoint_counts {
    atomic_uint_fast64_t open, by_code[CODES];
    wr_histogram seconds;
} endpoint_counts;

struct wr_http_metrics {
    const char *const *names;
    uint32_t n;
    endpoint_counts *endpoints;
};

wr_http_metrics *wr_http_metrics_new(const char *const *endpoints, uint32_t n)
{
    WR_ASSERT(n > 0);
    wr_http_metrics *m = wr_calloc(1, sizeof *m);
    m->names = endpoints;
    m->n = n;
    m->endpoints = wr_calloc(n, sizeof *m->endpoints);
    for (uint32_t i = 0; i < n; i++)
        wr_histogram_init(&m->endpoints[i].seconds, &wr_histogram_work_seconds);
    return m;
}

void wr_http_metrics_free(wr_http_metrics *m)
{
    if (!m)
        return;
    wr_free(m->endpoints);
    wr_free(m);
}

void wr_http_metrics_begin(wr_http_metrics *m, uint32_t endpoint)
{
    WR_ASSERT(endpoint < m->n);
    atomic_fetch_add_explicit(&m->endpoints[endpoint].open, 1, memory_order_relaxed);
}

void wr_http_metrics_end(wr_http_metrics *m, uint32_t endpoint, int status, int64_t ns)
{
    WR_ASSERT(endpoint < m->n);
    endpoint_counts *c = &m->endpoints[endpoint];
    size_t i = 0;
    while (i < CODES - 1 && codes[i] != status)
        i++;
    WR_ASSERT(atomic_load_explicit(&c->open, memory_order_relaxed) > 0);
    atomic_fetch_sub_explicit(&c->open, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&c->by_code[i], 1, memory_order_relaxed);
    wr_histogram_observe(&c->seconds, (double)ns / 1e9);
}

static void put_codes(wr_http_metrics *m, wr_exposition *e)
{
    wr_exposition_family(e, "weir_http_requests_total", "counter",
                         "Requests that are over, by endpoint and status.");
    for (uint32_t i = 0; i < m->n; i++)
        for (size_t k = 0; k < CODES; k++) {
            uint64_t n = atomic_load_explicit(&m->endpoints[i].by_code[k], memory_order_relaxed);
            char code[12] = "other";
            if (codes[k])
                snprintf(code, sizeof code, "%d", codes[k]);
            if (n)
                wr_exposition_u64(e, WR_LABELS({"endpoint", m->names[i]}, {"code", code}), n);
        }
}

void wr_http_metrics_put(wr_http_metrics *m, wr_exposition *e)
{
    put_codes(m, e);
    wr_exposition_family(e, "weir_http_requests_open", "gauge",
                         "Requests and streams that are open now.");
    for (uint32_t i = 0; i < m->n; i++)
        wr_exposition_u64(e, WR_LABELS({"endpoint", m->names[i]}),
                          atomic_load_explicit(&m->endpoints[i].open, memory_order_relaxed));
    wr_exposition_family(e, "weir_http_request_duration_seconds", "histogram",
                         "How long requests took; streams to their end.");
    for (uint32_t i = 0; i < m->n; i++) {
        wr_histogram_sums sums = {0};
        wr_histogram_add(&m->endpoints[i].seconds, &sums);
        if (sums.count)
            wr_exposition_histogram(e, WR_LABELS({"endpoint", m->names[i]}), &sums);
    }
}
