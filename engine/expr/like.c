/* SPDX-License-Identifier: Apache-2.0 */
/*
 * like.c - x LIKE pattern [ESCAPE c]: `%` any run, `_` one character, neither crosses a newline.
 *
 * A NULL on either side fails, as NULL in arithmetic does, and as silently: a report for each NULL
 * of a sparse column would bury real errors.
 *
 * A constant pattern is compiled once to a list of literal pieces and wildcards; patterns of the
 * forms  abc  abc%  %abc  %abc%  need no more than a memcmp or memmem. The general matcher is the
 * usual greedy one with one point of return (the last `%`), linear in practice and never worse than
 * quadratic. A pattern from a column is compiled for each row, in scratch.
 *
 * `_` is one UTF-16 unit in Java; a supplementary character therefore takes two `_`. The matcher
 * works on code points, so `_` counts such a character as one: what the writer of a pattern means.
 */
#include "engine/expr/expr_internal.h"

#include "common/utf8.h"

typedef enum like_form {
    LIKE_EXACT,
    LIKE_PREFIX,
    LIKE_SUFFIX,
    LIKE_CONTAINS,
    LIKE_GENERAL
} like_form;

enum { ANY_RUN = -1, ANY_ONE = -2 };

typedef struct like_pattern {
    like_form form;
    wr_str literal;   /* the forms but GENERAL */
    const int32_t *p; /* GENERAL: code points and wildcards */
    uint32_t n;
} like_pattern;

/** @return NULL or what is wrong with the pattern. */
static const char *parse_pattern(wr_str text, uint32_t escape, wr_arena *a, like_pattern *out)
{
    int32_t *p = wr_arena_alloc(a, (text.len + 1) * sizeof(*p));
    uint32_t n = 0;
    const char *s = text.ptr, *end = text.ptr + text.len;
    while (s < end) {
        uint32_t c = wr_utf8_next(&s, end);
        if (escape && c == escape) {
            if (s == end)
                return "LIKE pattern must not end with escape character";
            p[n++] = (int32_t)wr_utf8_next(&s, end);
        } else {
            p[n++] = c == '%' ? ANY_RUN : c == '_' ? ANY_ONE : (int32_t)c;
        }
    }
    WR_ASSERT(n <= text.len); /* a code point is a byte at least: what was allocated */
    out->p = p;
    out->n = n;
    return NULL;
}

/** Recognise the simple forms; a literal with a newline behind or before `%` needs no care, as only
 *  the wildcard's own part must not hold one. */
static void classify(like_pattern *l, wr_arena *a)
{
    uint32_t from = 0, to = l->n;
    bool lead = l->n && l->p[0] == ANY_RUN, trail = l->n > 1 && l->p[l->n - 1] == ANY_RUN;
    from += lead;
    to -= trail;
    for (uint32_t i = from; i < to; i++) {
        if (l->p[i] < 0) {
            l->form = LIKE_GENERAL;
            return;
        }
    }
    char *bytes = wr_arena_alloc(a, (size_t)l->n * 4 + 1);
    size_t len = 0;
    for (uint32_t i = from; i < to; i++)
        len += wr_utf8_encode((uint32_t)l->p[i], bytes + len);
    WR_ASSERT(from <= to && len <= (size_t)l->n * 4);
    l->literal = wr_str_make(bytes, len);
    l->form = lead ? trail ? LIKE_CONTAINS : LIKE_SUFFIX : trail ? LIKE_PREFIX : LIKE_EXACT;
}

static bool match_general(const like_pattern *l, wr_str text)
{
    const char *s = text.ptr, *end = text.ptr + text.len, *back_s = NULL;
    uint32_t i = 0, back_i = 0;
    while (s < end) {
        const char *next = s;
        int32_t c = (int32_t)wr_utf8_next(&next, end);
        if (i < l->n && l->p[i] == ANY_RUN) {
            back_i = ++i;
            back_s = s;
        } else if (i < l->n && (l->p[i] == c || (l->p[i] == ANY_ONE && c != '\n'))) {
            i++;
            s = next;
        } else if (back_s) {
            const char *grown = back_s;
            if (wr_utf8_next(&grown, end) == '\n')
                return false; /* the run may not swallow a newline */
            back_s = s = grown;
            i = back_i;
        } else {
            return false;
        }
    }
    while (i < l->n && l->p[i] == ANY_RUN)
        i++;
    return i == l->n;
}

static bool no_newline(const char *p, size_t n)
{
    return n == 0 || !memchr(p, '\n', n);
}

static bool match(const like_pattern *l, wr_str s)
{
    wr_str p = l->literal;
    switch (l->form) {
    case LIKE_EXACT:
        return wr_str_eq(s, p);
    case LIKE_PREFIX:
        return wr_str_starts_with(s, p) && no_newline(s.ptr + p.len, s.len - p.len);
    case LIKE_SUFFIX:
        return s.len >= p.len &&
               wr_str_eq((wr_str){p.len ? s.ptr + s.len - p.len : s.ptr, p.len}, p) &&
               no_newline(s.ptr, s.len - p.len);
    case LIKE_CONTAINS:
        if (!no_newline(s.ptr, s.len))
            return match_general(l, s);
        return p.len == 0 || (s.len && memmem(s.ptr, s.len, p.ptr, p.len));
    case LIKE_GENERAL:
        return match_general(l, s);
    }
    WR_UNREACHABLE();
}

static void like_constant(wr__run *run, const wr_expr *e, const wr_vec *const *args, wr_sel sel,
                          wr_vec *out)
{
    (void)run;
    const like_pattern *l = e->aux;
    const wr_vec *in = args[0];
    WR_ASSERT(l && e->args_run == 1); /* the pattern is in l alone */
    out->no_nulls = in->no_nulls;
    WR_FOREACH_SEL (i, sel) {
        uint8_t null = in->null[i & in->mask];
        out->null[i] = null ? WR__FAILED : 0;
        out->u.b[i] = !null && match(l, in->u.str[i & in->mask]);
    }
}

/** imm: the escape character. */
static void like_column(wr__run *run, const wr_expr *e, const wr_vec *const *args, wr_sel sel,
                        wr_vec *out)
{
    const wr_vec *in = args[0], *pattern = args[1];
    WR_FOREACH_SEL (i, sel) {
        uint8_t null = in->null[i & in->mask] | pattern->null[i & pattern->mask];
        out->null[i] = null ? WR__FAILED : 0;
        out->u.b[i] = 0;
        if (null)
            continue;
        like_pattern l = {.form = LIKE_GENERAL};
        const char *wrong =
            parse_pattern(pattern->u.str[i & pattern->mask], (uint32_t)e->imm, run->scratch, &l);
        if (wrong) {
            wr__run_fail(run, i, "%s", wrong);
            out->null[i] = WR__FAILED;
            continue;
        }
        out->u.b[i] = match(&l, in->u.str[i & in->mask]);
    }
}

wr_expr *wr__expr_like(wr_arena *a, wr_expr *l, wr_expr *pattern, uint32_t escape)
{
    wr_expr *args[] = {l, pattern};
    like_pattern *compiled = WR_NEW(a, like_pattern);
    /* A pattern that is wrong is an error of each row that reaches it, as in a column. */
    if (pattern->kind != WR__CONST || pattern->value.null ||
        parse_pattern(pattern->value.u.str, escape, a, compiled))
        return wr__expr_op(a, &wr_type_boolean, like_column, args, 2, true, escape, NULL);
    classify(compiled, a);
    return wr__expr_op_prepared(a, &wr_type_boolean, like_constant, args, 2, true, escape,
                                compiled);
}
