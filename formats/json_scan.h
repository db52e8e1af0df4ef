/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_scan.h - the JSON scanner under the record decoder and under wr_json_parse.
 *
 * It walks text from left to right, checks its structure completely (RFC 8259: brackets, quotes,
 * escapes, number forms, literals) and hands out tokens: a token is a value's slice of the text
 * with its kind; a container is one token, its inside checked and skipped. Nothing is copied or
 * converted. UTF-8 is checked by the caller, once for a whole record (wr_utf8_valid).
 *
 * The first fault stops the scanner: fault says what is wrong at p.
 */
#ifndef WR_FORMATS_JSON_SCAN_H
#define WR_FORMATS_JSON_SCAN_H

#include "common/arena.h"
#include "common/str.h"

#define WR_JSON_DEPTH_MAX 100u

typedef enum wr_jkind {
    WR_J_MISSING, /* no value: a field that the object does not have, an empty text */
    WR_J_NULL,
    WR_J_FALSE,
    WR_J_TRUE,
    WR_J_INT,    /* a number without fraction and exponent */
    WR_J_REAL,   /* any other number */
    WR_J_STRING, /* ptr, len: what is between the quotes, as written */
    WR_J_ARRAY,
    WR_J_OBJECT,
    WR_J_WORD, /* NaN or an infinity; only where wr_jscan.words */
} wr_jkind;

enum {
    WR_J_ESCAPED = 1, /* STRING: has escapes */
    WR_J_EXACT = 2,   /* the decoder's: the field was found by its exact name */
};

typedef struct wr_jtoken {
    const char *ptr;
    uint32_t len;
    uint8_t kind;  /* wr_jkind */
    uint8_t flags; /* WR_J_* */
} wr_jtoken;

/* So many bytes after a text's end may be read, never used, where wr_jscan.slack says so. */
#define WR_JSON_SLACK 64u

typedef struct wr_jscan {
    const char *p, *end, *begin;
    bool slack;        /* WR_JSON_SLACK bytes after end can be read */
    const char *fault; /* NULL: none so far */
    uint32_t depth;    /* containers around p */
    bool comments;     /* take comments as blanks (test files) */
    bool words;        /* take the words that some writers have for NaN and the infinities */
} wr_jscan;

void wr__json_scan_init(wr_jscan *s, wr_str text, bool comments);
/** Stop with @p fault at the cursor (the first one stays). @return false, for `return fail(...)`.
 */
bool wr__json_fail(wr_jscan *s, const char *fault);

/** Neither a blank nor the start of a comment. */
static inline bool wr__json_is_dense(char c)
{
    return (uint8_t)c > ' ' && c != '/';
}
/** Skip blanks (and comments). */
void wr__json_blanks_slow(wr_jscan *s);
static inline void wr__json_blanks(wr_jscan *s)
{
    if (s->p < s->end && wr__json_is_dense(*s->p))
        return;
    wr__json_blanks_slow(s);
}

/** The value at the cursor; the cursor moves past it. @return false with s->fault. */
bool wr__json_token(wr_jscan *s, wr_jtoken *t);
/** The string at the cursor. @pre *s->p == '"'. */
bool wr__json_string(wr_jscan *s, wr_jtoken *t);
/** Blanks, ':', blanks: between a key and its value. */
bool wr__json_colon_slow(wr_jscan *s);
static inline bool wr__json_colon(wr_jscan *s)
{
    if (WR_LIKELY(s->end - s->p >= 2 && s->p[0] == ':' && wr__json_is_dense(s->p[1]))) {
        s->p++;
        return true;
    }
    return wr__json_colon_slow(s);
}

/**
 * Step to the next element of a container: at the start (@p first) after its opening bracket, else
 * after an element. @return true: the cursor is at an element (in an object: at its key's quote);
 * false: the container ended, the cursor is after its bracket, or s->fault is set.
 */
bool wr__json_next_slow(wr_jscan *s, char close, bool first);
static inline bool wr__json_next(wr_jscan *s, char close, bool first)
{
    /* `,"` as compact writers put it: right in objects and arrays. */
    if (WR_LIKELY(!first && s->end - s->p >= 2 && s->p[0] == ',' && s->p[1] == '"')) {
        s->p++;
        return true;
    }
    return wr__json_next_slow(s, close, first);
}
/** Enter the container whose bracket is at the cursor; false: too deep. wr__json_next leaves it. */
bool wr__json_enter(wr_jscan *s);

/** Nothing but blanks may follow. */
bool wr__json_end(wr_jscan *s);
/**
 * What follows a value at the root, of kind @p kind, is not read: the cursor stays at its first
 * character that is no blank. As Jackson has it, a number must be followed by a blank and a literal
 * not by a letter. @return false with s->fault where the value does not end there.
 */
bool wr__json_end_first(wr_jscan *s, wr_jkind kind);

/** Undo escapes. @p out has room for @p raw.len bytes. Half pairs become 3 bytes. @return length.
 */
size_t wr__json_unescape(wr_str raw, char *out);
/** The text of a STRING token: a slice, or unescaped in @p a. */
wr_str wr__json_text(const wr_jtoken *t, wr_arena *a);

#endif
