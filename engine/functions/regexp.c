/* SPDX-License-Identifier: Apache-2.0 */
/*
 * REGEXP_*: searches with Java's patterns (java_regex.h). A constant pattern is compiled once for
 * the call site, another one when it differs from the row before. A bad pattern is an error of each
 * row, as in ksqlDB, where it is compiled when the first row comes.
 *
 *     REGEXP_EXTRACT           no match, or the group took no part: NULL;
 *                              a group after the last: NULL; a negative one: error
 *     REGEXP_EXTRACT_ALL       no match: an empty array
 *     REGEXP_REPLACE           a bad replacement: error, if there is a match
 *     REGEXP_SPLIT_TO_ARRAY    no match: the text as the only part
 *     all                      NULL: NULL; a bad or refused pattern, a limit reached: error
 */
#include "engine/functions/families.h"
#include "engine/functions/java_regex.h"
#include "engine/functions/kernel.h"

/* ---- patterns ---- */

/** A compiled constant pattern, or why there is none. */
typedef struct site {
    wr__regex *re; /* NULL: the pattern is malformed, see error */
    char error[200];
} site;

/* NULL where the pattern is not constant: the kernel compiles then, row by row. */
static void *prepare_arg(const wr_call *call, uint32_t arg, wr_arena *a)
{
    const wr_value *pattern = call->const_args[arg];
    if (!pattern || pattern->null)
        return NULL;
    site *s = WR_NEW(a, site);
    s->re = wr__regex_new(pattern->u.str, s->error, sizeof(s->error));
    return s;
}
/* REGEXP_EXTRACT(pattern, text); the others take the text first. */
static void *prepare_first(const wr_call *call, wr_arena *a)
{
    return prepare_arg(call, 0, a);
}
static void *prepare_second(const wr_call *call, wr_arena *a)
{
    return prepare_arg(call, 1, a);
}
/* The site itself is in the plan's arena, what PCRE2 has allocated is not. */
static void unprepare(void *prepared)
{
    site *s = prepared;
    wr__regex_free(s->re);
    s->re = NULL;
}

/** What a kernel keeps from row to row. */
typedef struct runner {
    wr_kctx *ctx;
    const wr_call *call;
    const wr_vec *patterns; /* the argument that holds them */
    wr_vec *out;
    site own;        /* the last pattern, where it is not constant */
    wr_str own_text; /* what own.re was compiled from; ptr NULL: nothing yet */
    wr__matcher m;
} runner;

/**
 * The pattern of row @p i, or NULL: the row has failed. The matcher is ended with the pattern that
 * it was made for.
 */
static const wr__regex *pattern_of(runner *r, uint32_t i)
{
    const site *s = r->call->prepared;
    if (!s) {
        wr_str text = wr__str(r->patterns, i);
        if (!r->own_text.ptr || !wr_str_eq(text, r->own_text)) {
            wr__matcher_fini(&r->m);
            wr__regex_free(r->own.re);
            r->own.re = wr__regex_new(text, r->own.error, sizeof(r->own.error));
            r->own_text = wr_str_make(text.ptr ? text.ptr : "", text.len);
        }
        s = &r->own;
    }
    if (!s->re)
        wr__fail(r->ctx, r->out, i, "%s: Invalid regular expression pattern: " WR_STR_FMT ": %s",
                 r->call->fn->name, WR_STR_ARG(wr__str(r->patterns, i)), s->error);
    return s->re;
}

/**
 * Begin with the text of row @p i.
 *
 * Find the pattern and set the matcher to the beginning of the text. False where the row has
 * failed.
 */
static bool start(runner *r, uint32_t i, wr_str text)
{
    const wr__regex *re = pattern_of(r, i);
    if (re)
        wr__matcher_start(&r->m, re, text);
    return re != NULL;
}

/** After the last find: false where it ended for a limit; the row has failed then. */
static bool ended_well(runner *r, uint32_t i)
{
    if (r->m.failed)
        wr__fail(r->ctx, r->out, i, "%s: %s", r->call->fn->name, r->m.error);
    return !r->m.failed;
}

/* After the last row of a batch: nothing outside scratch is kept between batches. */
static void finish(runner *r)
{
    wr__matcher_fini(&r->m);
    wr__regex_free(r->own.re);
}

/* ---- extraction ---- */

/**
 * The wanted group: -1 where the row is done already (NULL or failed). Group 0, the default, is the
 * whole match.
 */
static int64_t group_of(runner *r, const wr_vec *const *args, uint32_t i)
{
    int32_t group = r->call->args_n == 3 ? wr__i32(args[2], i) : 0;
    if (group < 0) {
        wr__fail(r->ctx, r->out, i, "%s: No group %d", r->call->fn->name, group);
        return -1;
    }
    if ((uint32_t)group > wr__regex_groups(r->m.re)) {
        wr__put_null(r->out, i);
        return -1;
    }
    return group;
}

/* NULL where nothing matches, or where the group took no part in the match. A slice of the text. */
WR__KERNEL(regexp_extract)
{
    runner r = {.ctx = ctx, .call = call, .patterns = args[0], .out = out};
    WR_FOREACH_SEL (i, sel) {
        if (!start(&r, i, wr__str(args[1], i)))
            continue;
        int64_t group = group_of(&r, args, i);
        if (group < 0)
            continue;
        wr_str found = {NULL, 0};
        if (wr__matcher_find(&r.m))
            found = wr__matcher_group(&r.m, (uint32_t)group);
        if (!ended_well(&r, i))
            continue;
        if (found.ptr)
            out->u.str[i] = found;
        else
            wr__put_null(out, i);
    }
    out->ascii = args[1]->ascii;
    finish(&r);
}

typedef wr_arr(wr_value) value_list;

/* Takes the list's memory; it is in scratch anyway. */
static const wr_nest *nest_of(wr_arena *a, const value_list *list)
{
    WR_ASSERT(list->n <= UINT32_MAX);
    wr_nest *nest = WR_NEW(a, wr_nest);
    nest->n = (uint32_t)list->n;
    nest->items = list->v;
    return nest;
}

/* No match: an empty array. A group that took no part is a NULL element. */
WR__KERNEL(regexp_extract_all)
{
    runner r = {.ctx = ctx, .call = call, .patterns = args[0], .out = out};
    WR_FOREACH_SEL (i, sel) {
        if (!start(&r, i, wr__str(args[1], i)))
            continue;
        int64_t group = group_of(&r, args, i);
        if (group < 0)
            continue;
        value_list list = {0};
        while (wr__matcher_find(&r.m)) {
            wr_str found = wr__matcher_group(&r.m, (uint32_t)group);
            wr_value v = found.ptr ? wr_value_str(found) : WR_VALUE_NULL;
            wr_arr_push(ctx->scratch, &list, v);
        }
        if (ended_well(&r, i))
            out->u.nest[i] = nest_of(ctx->scratch, &list);
    }
    finish(&r);
}

/* ---- replacement ---- */

/*
 * Matcher.replaceAll's language: $n and ${name} are groups, a backslash takes the next character as
 * it is. A fault of the replacement shows at the first match; without a match it does not matter.
 */

/**
 * `$` at @p p: append the group it means. @return its end, or NULL with *error.
 *
 *     $10         of a pattern with one group: group 1, then the text 0
 *     ${name}     by name
 */
static const char *put_reference(wr_buf *b, const wr__matcher *m, const char *p, const char *end,
                                 const char **error)
{
    int64_t group = -1;
    p++;
    if (p < end && *p == '{') {
        const char *close = memchr(p, '}', (size_t)(end - p));
        *error = "named capturing group is missing trailing '}'";
        if (!close)
            return NULL;
        group = wr__regex_group(m->re, wr_str_make(p + 1, (size_t)(close - p - 1)));
        *error = "No group with that name";
        p = close + 1;
    } else {
        *error = "Illegal group reference";
        if (p == end || *p < '0' || *p > '9')
            return NULL;
        group = *p++ - '0';
        *error = "No group with that number";
        if (group > wr__regex_groups(m->re))
            return NULL;
        /* More digits belong to it as long as there is such a group. */
        while (p < end && *p >= '0' && *p <= '9' &&
               group * 10 + (*p - '0') <= wr__regex_groups(m->re))
            group = group * 10 + (*p++ - '0');
    }
    if (group < 0)
        return NULL;
    wr_buf_str(b, wr__matcher_group(m, (uint32_t)group));
    return p;
}

/** The replacement of the last match. @return NULL, or what is wrong with it. */
static const char *put_replacement(wr_buf *b, const wr__matcher *m, wr_str with)
{
    const char *error = NULL;
    for (const char *p = with.ptr, *end = with.ptr + with.len; p < end;) {
        if (*p == '$') {
            p = put_reference(b, m, p, end, &error);
            if (!p)
                return error;
            continue;
        }
        if (*p == '\\' && ++p == end)
            return "character to be escaped is missing";
        wr_buf_putc(b, *p++);
    }
    return NULL;
}

/**
 * @return what is wrong, or NULL.
 *
 * What lies between matches is copied from the text itself, not from the cleaned copy that PCRE2
 * reads: half pairs survive. Stops at the ceiling of texts.
 */
static const char *replace_all(wr__matcher *m, wr_str with, wr_buf *b)
{
    uint32_t copied = 0;
    while (wr__matcher_find(m)) {
        WR_ASSERT(wr__matcher_from(m) >= copied); /* matches do not overlap */
        wr_buf_put(b, m->text.ptr + copied, wr__matcher_from(m) - copied);
        copied = wr__matcher_to(m);
        const char *error = put_replacement(b, m, with);
        if (error)
            return error;
        if (b->len > WR__TEXT_MAX)
            return WR__TEXT_TOO_LONG;
    }
    wr_buf_put(b, m->text.ptr + copied, m->text.len - copied);
    return NULL;
}

/* The result is copied to scratch, since the buffer is used for the next row. */
WR__KERNEL(regexp_replace)
{
    runner r = {.ctx = ctx, .call = call, .patterns = args[1], .out = out};
    wr_buf b = {0};
    WR_FOREACH_SEL (i, sel) {
        if (!start(&r, i, wr__str(args[0], i)))
            continue;
        wr_buf_clear(&b);
        const char *error = replace_all(&r.m, wr__str(args[2], i), &b);
        if (error)
            wr__fail(ctx, out, i, "REGEXP_REPLACE: %s", error);
        else if (ended_well(&r, i))
            wr__put_text(ctx, out, i, &b);
    }
    wr_buf_free(&b);
    finish(&r);
}

/* ---- splitting ---- */

/*
 * ksqlDB splits with Guava's Splitter, which refuses patterns that take the empty text; for these
 * it uses String.split. The two differ in empty parts, so both are here.
 */

/* A slice of the text: nothing is copied. */
static void push_part(wr_kctx *ctx, value_list *list, wr_str text, uint32_t from, uint32_t to)
{
    WR_ASSERT(from <= to && to <= text.len);
    wr_arr_push(ctx->scratch, list, wr_value_str(wr_str_make(text.ptr + from, to - from)));
}

/**
 * java.util.regex.Pattern.split: no empty part at the start for an empty match, none at the end.
 *
 *     'boo' by 'o*'      b: empty parts at the end go
 */
static void split_java(wr_kctx *ctx, wr__matcher *m, value_list *list)
{
    uint32_t from = 0;
    while (wr__matcher_find(m)) {
        if (from == 0 && wr__matcher_to(m) == 0)
            continue;
        push_part(ctx, list, m->text, from, wr__matcher_from(m));
        from = wr__matcher_to(m);
    }
    push_part(ctx, list, m->text, from, m->text.len);
    if (from == 0)
        return;
    while (list->n && list->v[list->n - 1].u.str.len == 0)
        list->n--;
}

/**
 * Guava's Splitter.on(Pattern): all parts; an empty match where a part begins is stepped over.
 *
 *     'boo:and:foo' by 'o'      b, '', :and:f, '', ''
 */
static void split_guava(wr_kctx *ctx, wr__matcher *m, value_list *list)
{
    uint32_t start_at = 0, search = 0;
    const char *end = m->text.ptr + m->text.len;
    while (wr__matcher_find_from(m, search)) {
        search = wr__matcher_to(m);
        if (search == start_at) {
            const char *p = m->text.ptr + search;
            if (p == end)
                return; /* an empty part before an empty match at the end is none */
            wr_utf8_next(&p, end);
            search = (uint32_t)(p - m->text.ptr);
            continue;
        }
        push_part(ctx, list, m->text, start_at, wr__matcher_from(m));
        start_at = search;
    }
    push_part(ctx, list, m->text, start_at, m->text.len);
}

WR__KERNEL(regexp_split)
{
    runner r = {.ctx = ctx, .call = call, .patterns = args[1], .out = out};
    WR_FOREACH_SEL (i, sel) {
        if (!start(&r, i, WR_STR("")))
            continue;
        /* ksqlDB asks whether the pattern takes the empty text; an empty pattern does. */
        bool takes_empty = wr__matcher_find(&r.m);
        value_list list = {0};
        if (!ended_well(&r, i) || !start(&r, i, wr__str(args[0], i)))
            continue;
        if (takes_empty)
            split_java(ctx, &r.m, &list);
        else
            split_guava(ctx, &r.m, &list);
        if (ended_well(&r, i))
            out->u.nest[i] = nest_of(ctx->scratch, &list);
    }
    finish(&r);
}

/* ---- tables ---- */

#define FIRST  NULL, prepare_first, unprepare
#define SECOND NULL, prepare_second, unprepare
static const wr_signature extract_sigs[] = {
    {"STRING, STRING", "STRING", WR__NULL_IN, regexp_extract, FIRST},
    {"STRING, STRING, INTEGER", "STRING", WR__NULL_IN, regexp_extract, FIRST},
};
static const wr_signature extract_all_sigs[] = {
    {"STRING, STRING", "ARRAY<STRING>", WR__NULL_IN, regexp_extract_all, FIRST},
    {"STRING, STRING, INTEGER", "ARRAY<STRING>", WR__NULL_IN, regexp_extract_all, FIRST},
};
static const wr_signature replace_sigs[] = {
    {"STRING, STRING, STRING", "STRING", WR__NULL_IN, regexp_replace, SECOND}};
static const wr_signature split_sigs[] = {
    {"STRING, STRING", "ARRAY<STRING>", WR__NULL_IN, regexp_split, SECOND}};

#define REGEXP "REGULAR EXPRESSION"
static const wr_function functions[] = {
    WR__FN("REGEXP_EXTRACT", REGEXP, extract_sigs, "REGEXP_EXTRACT('(.*) (.*)', 'hello there', 2)",
           "'there'", "The first match of a pattern, or a group of it."),
    WR__FN("REGEXP_EXTRACT_ALL", REGEXP, extract_all_sigs, "REGEXP_EXTRACT_ALL('[a-z]\\d', 'a1b2')",
           "ARRAY['a1', 'b2']", "All matches of a pattern, or a group of each."),
    WR__FN("REGEXP_REPLACE", REGEXP, replace_sigs, "REGEXP_REPLACE('a1b2', '(\\d)', '<$1>')",
           "'a<1>b<2>'", "Replaces all matches of a pattern; $1 stands for a group."),
    WR__FN("REGEXP_SPLIT_TO_ARRAY", REGEXP, split_sigs, "REGEXP_SPLIT_TO_ARRAY('a1b22c', '\\d+')",
           "ARRAY['a', 'b', 'c']", "The parts between the matches of a pattern."),
};
WR__FAMILY(regexp, functions);
