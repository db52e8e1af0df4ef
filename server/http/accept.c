/* SPDX-License-Identifier: Apache-2.0 */
#include "server/http/accept.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BLANKS " \t"

/** One element of the list: a range, and how much it is wanted. */
typedef struct wr__range {
    const char *at;
    size_t n;
    double weight;
} wr__range;

/* "; q=0.5" among the parameters of an element; 1 where it has none. Others are not looked at. */
static double weight_of(const char *at, const char *end)
{
    while (at < end && (at = memchr(at, ';', (size_t)(end - at)))) {
        at += 1 + strspn(at + 1, BLANKS);
        if (end - at > 2 && (*at == 'q' || *at == 'Q') && at[1] == '=')
            return strtod(at + 2, NULL);
    }
    return 1;
}

/* The next element of the list at *at, which moves behind it. */
static int next_range(const char **at, wr__range *out)
{
    const char *p = *at + strspn(*at, BLANKS ",");
    if (!*p)
        return 0;
    const char *end = p + strcspn(p, ",");
    *out = (wr__range){p, strcspn(p, ";," BLANKS), weight_of(p, end)};
    *at = end;
    return 1;
}

/* 3: the type itself, 2: "type/" and any subtype, 1: anything, 0: another. */
static int fits(const wr__range *r, const char *offer)
{
    const char *slash = strchr(offer, '/');
    size_t type = slash ? (size_t)(slash - offer) + 1 : 0;
    if (r->n == strlen(offer) && strncasecmp(r->at, offer, r->n) == 0)
        return 3;
    if (r->n == type + 1 && r->at[type] == '*' && strncasecmp(r->at, offer, type) == 0)
        return 2;
    return r->n == 3 && memcmp(r->at, "*/*", 3) == 0;
}

/* What the most specific range that fits says; *place: where in the list that is. */
static double wanted(const char *accept, const char *offer, size_t *place)
{
    double weight = 0;
    int best = 0;
    wr__range r;
    size_t i = 0;
    for (const char *at = accept; next_range(&at, &r); i++) {
        int fit = fits(&r, offer);
        if (fit > best) {
            best = fit;
            weight = r.weight;
            *place = i;
        }
    }
    return weight;
}

int wr_http_accept(const char *accept, const char *const *offers, size_t n)
{
    if (!accept || accept[strspn(accept, BLANKS ",")] == '\0')
        return n ? 0 : -1;
    int best = -1;
    double weight = 0;
    size_t best_place = 0;
    for (size_t i = 0; i < n; i++) {
        size_t place = 0;
        double w = wanted(accept, offers[i], &place);
        if (w > weight || (w > 0 && w == weight && place < best_place)) {
            best = (int)i;
            weight = w;
            best_place = place;
        }
    }
    return best;
}
