/* SPDX-License-Identifier: Apache-2.0 */
/*
 * java_regex.h - patterns of java.util.regex on PCRE2.
 *
 * The two agree on nearly everything; where PCRE2 would read a pattern in another way without a
 * word, the pattern is rewritten (\u0041, \0101, \p{Alpha}, \Q..\E, flags) or refused with a
 * message (classes inside classes, `&&`, recursion, verbs, callouts and other syntax of PCRE2
 * alone).
 *
 * Known differences that stay: VT and FF end a line for `.`, `^` and `$`; (?i) folds all of
 * Unicode, not ASCII alone; \b knows ASCII words only; look-behind must have a fixed length.
 *
 * A compiled pattern is read-only and may be shared by threads; a matcher is one thread's.
 */
#ifndef WR_ENGINE_FUNCTIONS_JAVA_REGEX_H
#define WR_ENGINE_FUNCTIONS_JAVA_REGEX_H

#include "common/buf.h"

typedef struct wr__regex wr__regex;

/** @return NULL where @p pattern is malformed or not supported; the reason is in @p errbuf. */
wr__regex *wr__regex_new(wr_str pattern, char *errbuf, size_t errbuf_n);
void wr__regex_free(wr__regex *re);
uint32_t wr__regex_groups(const wr__regex *re);
/** Number of a named group, or -1. */
int wr__regex_group(const wr__regex *re, wr_str name);

/** Rewrite a pattern for PCRE2. For tests; wr__regex_new does it. */
bool wr__regex_translate(wr_str pattern, wr_buf *out, char *errbuf, size_t errbuf_n);

/** A walk over the matches in one text. Zero it before the first use; fini in the end. */
typedef struct wr__matcher {
    const wr__regex *re;
    wr_str text;
    const char *subject; /* what PCRE2 reads: text, or clean */
    wr_buf clean;        /* text with its half pairs replaced */
    uint32_t next;       /* where the next search begins */
    bool done;
    bool failed; /* a limit was reached; error says which */
    char error[200];
    void *data, *context, *stack; /* PCRE2's, kept from text to text */
} wr__matcher;

/* Begin with another text, and perhaps another pattern; both must live as long as it is walked
 * through. */
void wr__matcher_start(wr__matcher *m, const wr__regex *re, wr_str text);
/** Matcher.find(): the next match; false: none, or m->failed. After an empty match the search goes
 *  on one character later. */
bool wr__matcher_find(wr__matcher *m);
/** Matcher.find(int): search from byte @p from on, whatever was found before. */
bool wr__matcher_find_from(wr__matcher *m, uint32_t from);
/** Group of the last match; ptr NULL where it took no part. @pre group <= groups */
wr_str wr__matcher_group(const wr__matcher *m, uint32_t group);
/** Bytes [from, to) of the last match. */
uint32_t wr__matcher_from(const wr__matcher *m);
uint32_t wr__matcher_to(const wr__matcher *m);
void wr__matcher_fini(wr__matcher *m);

#endif
