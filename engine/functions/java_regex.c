/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compiled patterns and matchers over PCRE2; the syntax is java_regex_syntax.c's affair.
 *
 * A hostile pattern or text must not stop a task: matching has limits on steps, depth and memory,
 * whose violation is an error of the row.
 *
 * Texts may hold half pairs, which are no UTF-8 to PCRE2: it is given a copy with U+FFFD, as long
 * in bytes, in their place. (Its own option for such texts, MATCH_INVALID_UTF, makes the JIT code
 * of PCRE2 10.42 miss characters: \W does not match U+00E9.)
 */
#include "engine/functions/java_regex.h"

#include "common/utf8.h"

#include <stdio.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

/*
 * A match of MATCH_LIMIT steps takes some 50 ms; no pattern that people write for a text of a few
 * kilobytes comes near it. PATTERN_LEN_MAX: a pattern may come from a row.
 */
#define MATCH_LIMIT     5000000u
#define DEPTH_LIMIT     100000u
#define HEAP_LIMIT_KIB  65536u
#define JIT_STACK_MAX   (8u << 20)
#define PATTERN_LEN_MAX 65536u

/* Compiled once for a constant pattern, and read-only then: tasks match by it at the same time. */
struct wr__regex {
    pcre2_code *code; /* with JIT code where there is any */
    uint32_t groups;  /* capturing groups, the whole match not counted */
};

/* Any line end that Unicode knows ends a line for `.`, `^` and `$`, as in Java. NULL: PCRE2 refuses
 * the pattern; its own text and place are in the message. Places are of the rewritten pattern. */
static pcre2_code *compile(wr_str pattern, char *errbuf, size_t errbuf_n)
{
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    WR_ASSERT(context);
    pcre2_set_newline(context, PCRE2_NEWLINE_ANY);
    int code;
    size_t offset;
    pcre2_code *compiled = pcre2_compile((PCRE2_SPTR)(pattern.ptr ? pattern.ptr : ""), pattern.len,
                                         PCRE2_UTF, &code, &offset, context);
    pcre2_compile_context_free(context);
    if (!compiled) {
        PCRE2_UCHAR text[160];
        pcre2_get_error_message(code, text, sizeof(text));
        snprintf(errbuf, errbuf_n, "%s near index %zu", (const char *)text, offset);
    }
    return compiled;
}

/* The object is outside arenas, as PCRE2's are: wr__regex_free. */
wr__regex *wr__regex_new(wr_str pattern, char *errbuf, size_t errbuf_n)
{
    if (pattern.len > PATTERN_LEN_MAX) {
        snprintf(errbuf, errbuf_n, "the pattern is longer than %u bytes", PATTERN_LEN_MAX);
        return NULL;
    }
    wr_buf translated = {0};
    pcre2_code *code = NULL;
    if (wr__regex_translate(pattern, &translated, errbuf, errbuf_n))
        code = compile(wr_buf_view(&translated), errbuf, errbuf_n);
    wr_buf_free(&translated);
    if (!code)
        return NULL;
    /* Where there is no JIT for this machine or pattern the interpreter does the work. */
    (void)pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
    wr__regex *re = wr_calloc(1, sizeof(*re));
    re->code = code;
    pcre2_pattern_info(code, PCRE2_INFO_CAPTURECOUNT, &re->groups);
    return re;
}

/* NULL is allowed. No matcher may still refer to it. */
void wr__regex_free(wr__regex *re)
{
    if (!re)
        return;
    pcre2_code_free(re->code);
    wr_free(re);
}

uint32_t wr__regex_groups(const wr__regex *re)
{
    return re->groups;
}

/* -1: no such name. Names that PCRE2 could not have are not looked up. PCRE2 wants the name with a
 * 0 byte, hence the copy. */
int wr__regex_group(const wr__regex *re, wr_str name)
{
    char text[64];
    if (name.len >= sizeof(text))
        return -1;
    memcpy(text, name.ptr, name.len);
    text[name.len] = 0;
    int n = pcre2_substring_number_from_name(re->code, (PCRE2_SPTR)text);
    return n > 0 ? n : -1;
}

/* ---- matching ---- */

/**
 * What PCRE2 is to read for @p text: itself, or a copy in m->clean. U+FFFD and a half pair are
 * three bytes each: places in the copy are places in the text.
 */
static const char *subject_of(wr__matcher *m, wr_str text)
{
    if (wr_utf8_valid(text))
        return text.ptr;
    wr_buf_clear(&m->clean);
    for (const char *p = text.ptr, *end = text.ptr + text.len; p < end;) {
        const char *start = p;
        uint32_t cp = wr_utf8_next(&p, end);
        if (cp >= 0xD800 && cp <= 0xDFFF)
            wr_utf8_put(&m->clean, 0xFFFD);
        else
            wr_buf_put(&m->clean, start, (size_t)(p - start));
    }
    WR_ASSERT(m->clean.len == text.len);
    return m->clean.ptr;
}

/* A matcher is used again for row after row: contexts and match data are made once per pattern. */
void wr__matcher_start(wr__matcher *m, const wr__regex *re, wr_str text)
{
    if (!m->context) {
        m->context = pcre2_match_context_create(NULL);
        WR_ASSERT(m->context);
        pcre2_set_match_limit(m->context, MATCH_LIMIT);
        pcre2_set_depth_limit(m->context, DEPTH_LIMIT);
        pcre2_set_heap_limit(m->context, HEAP_LIMIT_KIB);
    }
    if (m->re != re) {
        pcre2_match_data_free(m->data);
        m->data = pcre2_match_data_create_from_pattern(re->code, NULL);
        WR_ASSERT(m->data);
    }
    m->re = re;
    m->text = wr_str_make(text.ptr ? text.ptr : "", text.len);
    m->subject = subject_of(m, m->text);
    m->next = 0;
    m->done = m->failed = false;
}

/* No check of UTF-8: subject_of has seen to it. @p from is a byte, at the beginning of a character.
 */
static int run(wr__matcher *m, uint32_t from)
{
    return pcre2_match(m->re->code, (PCRE2_SPTR)m->subject, m->text.len, from, PCRE2_NO_UTF_CHECK,
                       m->data, m->context);
}

/** A deep match needs more than the 32 KiB of stack that JIT code has by itself. */
static void give_stack(wr__matcher *m)
{
    m->stack = pcre2_jit_stack_create(64 << 10, JIT_STACK_MAX, NULL);
    WR_ASSERT(m->stack);
    pcre2_jit_stack_assign(m->context, NULL, m->stack);
}

/* One retry with a larger stack; whoever needs more than that is told that the pattern costs too
 * much. */
bool wr__matcher_find_from(wr__matcher *m, uint32_t from)
{
    if (from > m->text.len || m->failed)
        return false;
    int rc = run(m, from);
    if (rc == PCRE2_ERROR_JIT_STACKLIMIT && !m->stack) {
        give_stack(m);
        rc = run(m, from);
    }
    if (rc >= 0)
        return true;
    if (rc != PCRE2_ERROR_NOMATCH) {
        PCRE2_UCHAR text[128];
        pcre2_get_error_message(rc, text, sizeof(text));
        snprintf(m->error, sizeof(m->error), "the pattern is too costly for this text: %s",
                 (const char *)text);
        m->failed = true;
    }
    return false;
}

/* Java's Matcher.find: after an empty match the search goes on one character further. */
bool wr__matcher_find(wr__matcher *m)
{
    if (m->done || !wr__matcher_find_from(m, m->next)) {
        m->done = true;
        return false;
    }
    uint32_t from = wr__matcher_from(m), to = wr__matcher_to(m);
    WR_ASSERT(to <= m->text.len);
    m->next = to;
    if (from == to) {
        const char *p = m->text.ptr + to, *end = m->text.ptr + m->text.len;
        m->done = p == end;
        if (p < end) {
            wr_utf8_next(&p, end);
            m->next = (uint32_t)(p - m->text.ptr);
        }
    }
    return true;
}

/* A slice of the text that was given, never of the cleaned copy: both have the same places. ptr
 * NULL: the group took no part. */
wr_str wr__matcher_group(const wr__matcher *m, uint32_t group)
{
    WR_ASSERT(group <= m->re->groups);
    const size_t *bounds = pcre2_get_ovector_pointer(m->data);
    size_t from = bounds[2 * group], to = bounds[2 * group + 1];
    if (from == PCRE2_UNSET)
        return (wr_str){NULL, 0};
    return wr_str_make(m->text.ptr + from, to - from);
}

/* Only after a find that was true. */
uint32_t wr__matcher_from(const wr__matcher *m)
{
    return (uint32_t)pcre2_get_ovector_pointer(m->data)[0];
}

uint32_t wr__matcher_to(const wr__matcher *m)
{
    return (uint32_t)pcre2_get_ovector_pointer(m->data)[1];
}

/* Zero it, and it can be started again; a matcher that was never started may be ended, too. */
void wr__matcher_fini(wr__matcher *m)
{
    pcre2_match_data_free(m->data);
    pcre2_match_context_free(m->context);
    pcre2_jit_stack_free(m->stack);
    wr_buf_free(&m->clean);
    *m = (wr__matcher){0};
}
