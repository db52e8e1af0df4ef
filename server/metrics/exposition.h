/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exposition.h - Prometheus' text format 0.0.4.
 *
 * A family is begun with wr_exposition_family and ends with the next one; its samples follow at
 * once. Names and help are constants of the caller; values of labels are escaped here.
 *
 * Semantics: https://prometheus.io/docs/instrumenting/exposition_formats/
 */
#ifndef WR_SERVER_METRICS_EXPOSITION_H
#define WR_SERVER_METRICS_EXPOSITION_H

#include "common/buf.h"
#include "common/histogram.h"

#define WR_EXPOSITION_TYPE "text/plain; version=0.0.4; charset=utf-8"

typedef struct wr_exposition {
    wr_buf *out;
    const char *family; /* the one that was begun last; NULL: none */
    /* Bounds of the last histogram as text, since most that follow have the same. */
    const wr_histogram_bounds *bounds;
    char le[WR_HISTOGRAM_MAX][16];
} wr_exposition;

/** A label; a list of them ends with a NULL name. */
typedef struct wr_label {
    const char *name, *value;
} wr_label;
/** A list of labels, for one call. */
#define WR_LABELS(...)                                                                             \
    (const wr_label[])                                                                             \
    {                                                                                              \
        __VA_ARGS__,                                                                               \
        {                                                                                          \
            NULL, NULL                                                                             \
        }                                                                                          \
    }

/** @p type: "counter", "gauge", "histogram". @p help: one line, without a backslash. */
void wr_exposition_family(wr_exposition *e, const char *name, const char *type, const char *help);
/** A sample of the family; @p labels may be NULL. */
void wr_exposition_u64(wr_exposition *e, const wr_label *labels, uint64_t value);
void wr_exposition_double(wr_exposition *e, const wr_label *labels, double value);
/** The buckets, sum and count. Nothing where nothing was ever added. */
void wr_exposition_histogram(wr_exposition *e, const wr_label *labels, const wr_histogram_sums *h);

#endif
