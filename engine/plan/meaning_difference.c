/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How two meanings differ, in words: see store_meaning.c for what a meaning is.
 *
 * The words are for the user who has changed a statement and knows what he has changed: labels and
 * facts, nothing else. Facts meet their equals first, then the next one of the same label; what is
 * left on either side was added or is gone. A query's meaning may differ in one way that is no
 * difference: its sink may have columns added after the others, as CREATE OR REPLACE allows, since
 * what reads them goes on.
 */
#include "engine/plan/plan_stores.h"

/* Texts borrow from the meaning that they were read from. */
typedef struct fact {
    wr_str label, text; /* the label with its indentation, so that levels are apart */
    bool met;           /* by a fact of the other meaning */
} fact;

typedef wr_arr(fact) facts;

/* The old one comes from disk: a line without a label counts as a fact of its own. "label: text\n";
 * the colon must be on the same line. */
static void read_facts(wr_arena *a, const char *of, facts *out)
{
    for (const char *at = of; *at;) {
        const char *end = at + strcspn(at, "\n"), *colon = strstr(at, ": ");
        const char *text = colon && colon < end ? colon + 2 : at;
        size_t label_len = text > at ? (size_t)(text - at) - 2 : 0;
        fact f = {.label = wr_str_make(at, label_len),
                  .text = wr_str_make(text, (size_t)(end - text))};
        wr_arr_push(a, out, f);
        at = *end ? end + 1 : end;
    }
}

/* The next fact under that label that has no counterpart yet. NULL: all facts of that label have
 * met one, or there is none. */
static fact *unmet(facts *f, wr_str label)
{
    for (size_t i = 0; i < f->n; i++)
        if (!f->v[i].met && wr_str_eq(f->v[i].label, label))
            return &f->v[i];
    return NULL;
}

/* The same facts under one label first, so that an added column does not shift all after it.
 * Quadratic in the lines of a meaning, some dozens. */
static void meet_equal(facts *fresh, facts *old)
{
    for (size_t i = 0; i < fresh->n; i++) {
        fact *f = &fresh->v[i];
        for (size_t k = 0; k < old->n && !f->met; k++)
            if (!old->v[k].met && wr_str_eq(old->v[k].label, f->label) &&
                wr_str_eq(old->v[k].text, f->text))
                old->v[k].met = f->met = true;
    }
}

#define BETWEEN "; "

/* Whether the difference that begins at @p at is among those from @p first on. All end in BETWEEN,
 * so a text that is found there whole begins where one begins. */
static bool is_said_before(const wr_buf *out, size_t first, size_t at)
{
    WR_ASSERT(first <= at && at < out->len);
    size_t len = out->len - at, between = sizeof BETWEEN - 1;
    for (size_t i = first; i + len <= at; i++) {
        bool begins = i == first || (i >= first + between &&
                                     memcmp(out->ptr + i - between, BETWEEN, between) == 0);
        if (begins && memcmp(out->ptr + i, out->ptr + at, len) == 0)
            return true;
    }
    return false;
}

/* "now, was before": the reader has the new statement before him and the state from before. @p now
 * or @p was is NULL where the fact is on one side only. Once, however many stores have it: those of
 * the query begin at @p first. */
static void put_difference(wr_buf *out, size_t first, wr_str label, const wr_str *now,
                           const wr_str *was)
{
    size_t at = out->len;
    while (label.len && label.ptr[0] == ' ')
        label = wr_str_make(label.ptr + 1, label.len - 1);
    wr_buf_str(out, label);
    wr_buf_puts(out, ": ");
    wr_buf_str(out, now ? *now : WR_STR("none"));
    wr_buf_puts(out, ", was ");
    wr_buf_str(out, was ? *was : WR_STR("none"));
    wr_buf_puts(out, BETWEEN);
    if (is_said_before(out, first, at))
        out->len = at;
}

/* Three passes: equal facts meet; each fresh one without partner meets the next old one of its
 * label; what is left of the old ones is gone. Nothing found in unequal texts means another order,
 * which is a difference as well. */
static void put_differences(facts *old, facts *fresh, wr_buf *out)
{
    size_t before = out->len;
    meet_equal(fresh, old);
    for (size_t i = 0; i < fresh->n; i++) {
        fact *f = &fresh->v[i];
        if (f->met)
            continue;
        fact *o = unmet(old, f->label);
        put_difference(out, before, f->label, &f->text, o ? &o->text : NULL);
        if (o)
            o->met = true;
    }
    for (size_t i = 0; i < old->n; i++)
        if (!old->v[i].met)
            put_difference(out, before, old->v[i].label, NULL, &old->v[i].text);
    if (out->len == before) /* the same facts in another order */
        wr_buf_puts(out, "the order of columns or functions differs" BETWEEN);
    out->len -= sizeof BETWEEN - 1; /* after the last one */
}

void wr_plan_store_difference(const char *old_meaning, const char *new_meaning, wr_buf *out)
{
    if (strcmp(old_meaning, new_meaning) == 0)
        return;
    wr_arena *a = wr_arena_new(0);
    facts old = {0}, fresh = {0};
    read_facts(a, old_meaning, &old);
    read_facts(a, new_meaning, &fresh);
    put_differences(&old, &fresh, out);
    wr_arena_free(a);
}

/* @p f may be NULL: the facts of the other side are at their end. */
static bool is_sink_column(const fact *f)
{
    return f && wr_str_eq(f->label, WR_STR(WR__SINK_COLUMN));
}

/* Walks both in order and leaves out of @p fresh the sink's columns that come after all those of
 * @p old. @return whether the rest is the same, in the same order. */
static bool leave_out_added(const facts *old, facts *fresh)
{
    size_t kept = 0;
    bool same = true;
    for (size_t i = 0; i < fresh->n; i++) {
        const fact *f = &fresh->v[i];
        const fact *o = kept < old->n ? &old->v[kept] : NULL;
        if (is_sink_column(f) && !is_sink_column(o))
            continue;
        same = same && o && wr_str_eq(o->label, f->label) && wr_str_eq(o->text, f->text);
        fresh->v[kept++] = *f;
    }
    fresh->n = kept;
    return same && kept == old->n;
}

/* Value columns: a key that is added is another key. */
static size_t sink_columns(const facts *f)
{
    size_t n = 0;
    for (size_t i = 0; i < f->n; i++)
        n += is_sink_column(&f->v[i]);
    return n;
}

/* The reader sees that a column was added, which is allowed, and must hear what is not: its place.
 * After put_differences: a column without a counterpart, and one after it that has one. */
static bool one_was_put_between(const facts *fresh)
{
    bool lonely = false;
    for (size_t i = 0; i < fresh->n; i++) {
        if (!is_sink_column(&fresh->v[i]))
            continue;
        if (lonely && fresh->v[i].met)
            return true;
        lonely = lonely || !fresh->v[i].met;
    }
    return false;
}

void wr_plan_meaning_difference(const char *old_meaning, const char *new_meaning, wr_buf *out)
{
    wr_arena *a = wr_arena_new(0);
    facts old = {0}, fresh = {0};
    read_facts(a, old_meaning, &old);
    read_facts(a, new_meaning, &fresh);
    if (!leave_out_added(&old, &fresh)) {
        fresh = (facts){0}; /* with all columns: what was added may say what became of another */
        read_facts(a, new_meaning, &fresh);
        put_differences(&old, &fresh, out);
        if (sink_columns(&fresh) > sink_columns(&old) && one_was_put_between(&fresh))
            wr_buf_puts(out, "; columns of a sink may only be added after the others");
    }
    wr_arena_free(a);
}
