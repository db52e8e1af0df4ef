/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_walk.h - the walk over an object's members, once for each set of instructions.
 *
 * Not a header like others: json_walk_<set>.c defines WALK (the function's name), RUN_MAX and three
 * operations, and includes this file, so that each set gets a copy in which all is inline. Without
 * WALK there is nothing in it.
 *
 *   find_stop(p, end)   the next quote, backslash or control character of a string, or something
 *                       >= end where there is none
 *   digit_run(p, end)   how many digits are at p; RUN_MAX: that many or more
 *   goes_on(p, k)       do the bytes at p begin with the learned k->text? k->len bytes are there
 *
 * With slack they may look up to WR_JSON_SLACK bytes after the text's end; what they find there is
 * never believed: every step that leaves the fast way compares with end first.
 *
 * The fast way is the one that nearly all members of nearly all records take: `,`, a key as
 * learned, then a string without escapes or a plain number. All else is left to
 * wr__json_shape_member and the scanner (json_scan.c), which start over at the member or value and
 * alone decide what is a fault.
 */
#ifdef WALK
#include "formats/json_shape.h"

/* The learned member that the text goes on with, among the next ones; *at moves past it. */
static inline const wr_jlearned *match(const wr_jshape *shape, uint32_t *at, const char *p,
                                       const char *end)
{
    uint32_t last = WR_MIN(shape->learned_n, *at + WR_JSON_LEARNED_AHEAD);
    for (uint32_t i = *at; i < last; i++) {
        const wr_jlearned *k = &shape->learned[i];
        if ((size_t)(end - p) >= k->len && goes_on(p, k)) {
            *at = i + 1;
            return k;
        }
    }
    return NULL;
}

/* Behind the plain number at p, *kind being what it is; NULL: let the scanner look. A number at the
 * very end of the text is the scanner's, too: the digits may go on after it. */
static inline const char *skip_number(const char *p, const char *end, uint8_t *kind)
{
    p += *p == '-';
    uint32_t n = digit_run(p, end);
    if (n == 0 || n == RUN_MAX || (*p == '0' && n > 1))
        return NULL;
    p += n;
    if (p >= end)
        return NULL;
    *kind = WR_J_INT;
    if (*p == '.') {
        n = digit_run(p + 1, end);
        if (n == 0 || n == RUN_MAX)
            return NULL;
        p += n + 1;
        *kind = WR_J_REAL;
    }
    return p < end && *p != 'e' && *p != 'E' ? p : NULL;
}

/* The value at s->p; flags are those of its token. */
static inline bool walk_value(wr_jscan *s, wr_jtoken *t, uint8_t flags)
{
    const char *start = s->p, *p;
    uint8_t kind;
    if (WR_LIKELY(start < s->end)) {
        if (*start == '"') {
            p = find_stop(start + 1, s->end);
            if (WR_LIKELY(p < s->end && *p == '"')) {
                *t = (wr_jtoken){start + 1, (uint32_t)(p - start - 1), WR_J_STRING, flags};
                s->p = p + 1;
                return true;
            }
        } else if ((p = skip_number(start, s->end, &kind)) != NULL) {
            *t = (wr_jtoken){start, (uint32_t)(p - start), kind, flags};
            s->p = p;
            return true;
        }
    }
    wr__json_blanks(s); /* the key was learned without any after its colon */
    if (!wr__json_token(s, t))
        return false;
    t->flags |= flags;
    return true;
}

bool WALK(wr_jshape *shape, wr_jscan *s, wr_jtoken *tokens, size_t stride)
{
    for (uint32_t k = 0; k < shape->n; k++) {
        tokens[k * stride].kind = WR_J_MISSING;
        tokens[k * stride].flags = 0;
    }
    if (!wr__json_enter(s))
        return false;
    wr_jtoken unwanted = {0};
    uint32_t at = 0;
    for (bool first = true;; first = false) {
        if (WR_LIKELY(s->p < s->end)) {
            if (!first && *s->p == '}') {
                s->p++;
                s->depth--;
                return true;
            }
            const wr_jlearned *k = NULL;
            if (first || *s->p == ',')
                k = match(shape, &at, s->p + !first, s->end);
            if (WR_LIKELY(k != NULL)) {
                wr_jtoken *t =
                    k->field == WR_JSON_NO_FIELD ? &unwanted : &tokens[k->field * stride];
                if (t->flags & WR_J_EXACT && !k->flags)
                    t = &unwanted; /* the exact name came before */
                s->p += k->len + !first;
                if (!walk_value(s, t, k->flags))
                    return false;
                continue;
            }
        }
        if (!wr__json_next(s, '}', first))
            return s->fault == NULL;
        if (!wr__json_shape_member(shape, s, tokens, stride, &at))
            return false;
    }
}
#endif
