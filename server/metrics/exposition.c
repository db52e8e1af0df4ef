/* SPDX-License-Identifier: Apache-2.0 */
#include "server/metrics/exposition.h"

#include <math.h>
#include <stdio.h>

void wr_exposition_family(wr_exposition *e, const char *name, const char *type, const char *help)
{
    e->family = name;
    wr_buf_printf(e->out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void put_escaped(wr_buf *b, const char *value)
{
    for (const char *from = value;;) {
        size_t n = strcspn(from, "\\\"\n");
        wr_buf_put(b, from, n);
        from += n;
        if (!*from)
            return;
        wr_buf_putc(b, '\\');
        wr_buf_putc(b, *from == '\n' ? 'n' : *from);
        from++;
    }
}

/* Without printf: thousands of lines are written for one scrape. */
static void put_u64(wr_buf *b, uint64_t v)
{
    char digits[20];
    size_t n = sizeof digits;
    do {
        digits[--n] = (char)('0' + v % 10);
        v /= 10;
    } while (v);
    wr_buf_put(b, digits + n, sizeof digits - n);
}

static void put_double(wr_buf *b, double v)
{
    if (isnan(v))
        wr_buf_puts(b, "NaN");
    else if (isinf(v))
        wr_buf_puts(b, v > 0 ? "+Inf" : "-Inf");
    else
        wr_buf_printf(b, "%.15g", v);
}

/* Name, suffix and labels, up to the value. @p le: NULL outside of buckets. */
static void put_name(const wr_exposition *e, const char *suffix, const wr_label *labels,
                     const char *le)
{
    WR_ASSERT(e->family);
    wr_buf *b = e->out;
    char before = '{';
    wr_buf_puts(b, e->family);
    wr_buf_puts(b, suffix);
    for (const wr_label *l = labels; l && l->name; l++) {
        wr_buf_putc(b, before);
        wr_buf_puts(b, l->name);
        wr_buf_puts(b, "=\"");
        put_escaped(b, l->value);
        wr_buf_putc(b, '"');
        before = ',';
    }
    if (le) {
        wr_buf_putc(b, before);
        wr_buf_puts(b, "le=\"");
        wr_buf_puts(b, le);
        wr_buf_putc(b, '"');
        before = ',';
    }
    wr_buf_puts(b, before == '{' ? " " : "} ");
}

void wr_exposition_u64(wr_exposition *e, const wr_label *labels, uint64_t value)
{
    put_name(e, "", labels, NULL);
    put_u64(e->out, value);
    wr_buf_putc(e->out, '\n');
}

void wr_exposition_double(wr_exposition *e, const wr_label *labels, double value)
{
    put_name(e, "", labels, NULL);
    put_double(e->out, value);
    wr_buf_putc(e->out, '\n');
}

static void print_bounds(wr_exposition *e, const wr_histogram_bounds *bounds)
{
    if (e->bounds == bounds)
        return;
    e->bounds = bounds;
    for (uint32_t i = 0; i < bounds->n; i++)
        snprintf(e->le[i], sizeof e->le[i], "%.9g", bounds->upper[i]);
}

/* Buckets are cumulative: each counts what the ones before it do. */
void wr_exposition_histogram(wr_exposition *e, const wr_label *labels, const wr_histogram_sums *h)
{
    if (!h->bounds)
        return;
    uint64_t below = 0;
    print_bounds(e, h->bounds);
    for (uint32_t i = 0; i <= h->bounds->n; i++) {
        below += h->counts[i];
        put_name(e, "_bucket", labels, i < h->bounds->n ? e->le[i] : "+Inf");
        put_u64(e->out, below);
        wr_buf_putc(e->out, '\n');
    }
    WR_ASSERT(below == h->count);
    put_name(e, "_sum", labels, NULL);
    put_double(e->out, h->sum);
    wr_buf_putc(e->out, '\n');
    put_name(e, "_count", labels, NULL);
    put_u64(e->out, h->count);
    wr_buf_putc(e->out, '\n');
}
