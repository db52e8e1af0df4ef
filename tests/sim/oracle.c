/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must be in the output topics, computed from the input, and what is there, as a reader with
 * read_committed sees it.
 *
 * Streams: of each key its rows, in the order of the input, each once; at least once: each is
 * there. Tables: the last value of each key; and what a row counts grows from one record of a key
 * to the next, or a change was written twice; at least once: the last value counts no less than it
 * should.
 */
#include "world.h"

#include "common/buf.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct entry {
    int64_t n, total;
} entry;

static char *reason;
static size_t reason_size;

static bool wrong(const char *fmt, ...) WR_PRINTF(1, 2);
static bool wrong(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(reason, reason_size, fmt, ap);
    va_end(ap);
    return false;
}

/* The next record that a reader sees from *@p at on. */
static const sim_record *next_seen(sim_part part, int64_t *at)
{
    int64_t end = broker_end_of(part, true);
    while (*at < end) {
        const sim_record *r = broker_record(part, (*at)++);
        if (r->state == SIM_PLAIN || r->state == SIM_COMMITTED)
            return r;
    }
    return NULL;
}

static int key_number(const sim_record *r, char letter)
{
    return r->key_len >= 2 && r->key[0] == letter ? r->key[1] - '0' : -1;
}

/* ---- streams ---- */

static bool is_wanted(const sim_row *row, int key, bool filter)
{
    return row->key == key && (!filter || row->value >= 5);
}

static void expected_value(const sim_row *row, bool filter, char *out, size_t size)
{
    if (filter)
        snprintf(out, size, "%d", row->value);
    else if (row->key % 3 == 0) /* the table has no such key */
        snprintf(out, size, "%d,", row->value);
    else
        snprintf(out, size, "%d,n%d", row->value, row->key);
}

static bool has_value(const sim_record *r, const char *value)
{
    return r->value && r->value_len == strlen(value) && memcmp(r->value, value, r->value_len) == 0;
}

/* Rows of @p key as they are, beside what they should be. */
static bool stream_in_order(const char *topic, int key, bool filter)
{
    size_t at = 0;
    char value[32] = "nothing";
    for (int32_t p = 0; p < world.plan.partitions; p++) {
        sim_part part = {broker_topic(topic), p};
        int64_t offset = 0;
        for (const sim_record *r; (r = next_seen(part, &offset));) {
            if (key_number(r, 'k') != key)
                continue;
            while (at < world.rows_n && !is_wanted(&world.rows[at], key, filter))
                at++;
            if (at < world.rows_n)
                expected_value(&world.rows[at], filter, value, sizeof value);
            if (at == world.rows_n || !has_value(r, value))
                return wrong("%s k%d, partition %d offset %lld: %.*s, where %s should be", topic,
                             key, p, (long long)offset - 1, (int)r->value_len, r->value,
                             at < world.rows_n ? value : "nothing");
            at++;
        }
    }
    while (at < world.rows_n && !is_wanted(&world.rows[at], key, filter))
        at++;
    if (at == world.rows_n)
        return true;
    expected_value(&world.rows[at], filter, value, sizeof value);
    return wrong("%s k%d: %s (row %zu) is missing", topic, key, value, at);
}

/* At least once: each value as often as it should be there, or more often. A batch that could not
 * be written may come again behind later ones, so the order says nothing. */
static bool stream_is_whole(const char *topic, int key, bool filter)
{
    char value[32];
    for (int v = 0; v < 20; v++) {
        const sim_row like = {key, v, 0, 0};
        size_t wanted = 0, found = 0;
        for (size_t i = 0; i < world.rows_n; i++)
            wanted += is_wanted(&world.rows[i], key, filter) && world.rows[i].value == v;
        expected_value(&like, filter, value, sizeof value);
        for (int32_t p = 0; p < world.plan.partitions; p++) {
            int64_t offset = 0;
            for (const sim_record *r; (r = next_seen((sim_part){broker_topic(topic), p}, &offset));)
                found += key_number(r, 'k') == key && has_value(r, value);
        }
        if (found < wanted)
            return wrong("%s k%d: %s is there %zu times, and should be %zu", topic, key, value,
                         found, wanted);
    }
    return true;
}

static bool stream_of_key(const char *topic, int key, bool filter, bool exact)
{
    return exact ? stream_in_order(topic, key, filter) : stream_is_whole(topic, key, filter);
}

static bool stream_holds(const char *topic, bool filter, bool exact)
{
    for (int key = 0; key < SIM_KEYS; key++)
        if (!stream_of_key(topic, key, filter, exact))
            return false;
    return true;
}

/* ---- tables ---- */

/* Which entry of a table a row counts in; -1: this one does not. */
static int64_t entry_of_row(const sim_row *row, int query)
{
    switch (query) {
    case SIM_COUNT:
        return row->key;
    case SIM_REGROUP:
        return row->group;
    default:
        return row->time_ms / SIM_WINDOW_MS * SIM_KEYS + row->key;
    }
}

static int64_t entry_of_record(const sim_record *r, int query)
{
    switch (query) {
    case SIM_COUNT:
        return key_number(r, 'k');
    case SIM_REGROUP:
        return key_number(r, 'g');
    default:
        if (r->key_len != 10)
            return -1;
        return (int64_t)wr_get_be64(r->key + 2) / SIM_WINDOW_MS * SIM_KEYS + key_number(r, 'k');
    }
}

static bool read_entry(const sim_record *r, entry *out)
{
    char text[64];
    if (!r->value || r->value_len >= sizeof text)
        return false;
    memcpy(text, r->value, r->value_len);
    text[r->value_len] = '\0';
    long long n, total;
    if (sscanf(text, "%lld,%lld", &n, &total) != 2)
        return false;
    *out = (entry){n, total};
    return true;
}

static bool table_holds(const char *topic, int query, bool exact)
{
    enum { MAX = 4096 };
    static entry wanted[MAX], found[MAX];
    memset(wanted, 0, sizeof wanted);
    memset(found, 0, sizeof found);
    for (size_t i = 0; i < world.rows_n; i++) {
        entry *e = &wanted[entry_of_row(&world.rows[i], query)];
        *e = (entry){e->n + 1, e->total + world.rows[i].value};
    }
    for (int32_t p = 0; p < world.plan.partitions; p++) {
        sim_part part = {broker_topic(topic), p};
        int64_t offset = 0;
        for (const sim_record *r; (r = next_seen(part, &offset));) {
            int64_t i = entry_of_record(r, query);
            entry e;
            if (i < 0 || i >= MAX || !read_entry(r, &e))
                return wrong("%s, partition %d offset %lld: what is that?", topic, p,
                             (long long)offset - 1);
            if (exact && e.n <= found[i].n)
                return wrong("%s entry %lld, partition %d offset %lld: %lld after %lld", topic,
                             (long long)i, p, (long long)offset - 1, (long long)e.n,
                             (long long)found[i].n);
            found[i] = e;
        }
    }
    for (int64_t i = 0; i < MAX; i++)
        if (exact ? found[i].n != wanted[i].n || found[i].total != wanted[i].total
                  : found[i].n < wanted[i].n)
            return wrong("%s entry %lld: count %lld total %lld, should be %lld and %lld", topic,
                         (long long)i, (long long)found[i].n, (long long)found[i].total,
                         (long long)wanted[i].n, (long long)wanted[i].total);
    return true;
}

bool oracle_holds(bool exact, char *why, size_t size)
{
    reason = why;
    reason_size = size;
    int q = world.plan.queries;
    return (!(q & SIM_FILTER) || stream_holds("big", true, exact)) &&
           (!(q & SIM_CHAIN) || stream_holds("again", true, exact)) &&
           (!(q & SIM_JOIN) || stream_holds("joined", false, exact)) &&
           (!(q & SIM_COUNT) || table_holds("counts", SIM_COUNT, exact)) &&
           (!(q & SIM_WINDOW) || table_holds("wins", SIM_WINDOW, exact)) &&
           (!(q & SIM_REGROUP) || table_holds("groups", SIM_REGROUP, exact));
}
