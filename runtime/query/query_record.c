/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The layout of what is kept of a query in the database.
 *
 *     key      "query/" group
 *     value    0x02, then entries: a tag (1 byte), a length (4 bytes, big-endian), that many bytes.
 *              Entries with an unknown tag are passed over: a newer version has more to say.
 *     before   "1": the query is known, and nothing is said of it
 *
 * Forgetting goes by the record alone: the statement may be gone, or mean something else by now.
 */
#include "runtime/query/query_internal.h"
#include "runtime/log/log_groups.h"

#include <stdlib.h>

#define PREFIX  "query/"
#define VERSION 2

/* Written to disk: never change one. */
enum {
    TAG_SQL = 'S',
    TAG_MEANING = 'M',
    TAG_SINK = 'O',
    TAG_PROGRAM = 'P',
    TAG_STORE = 'N',
    TAG_CHANGELOG = 'C', /* number of partitions (4 bytes, big-endian), then the topic */
    TAG_TOPIC = 'T',
};

void wr__query_record_key(const char *prefix, const char *id, wr_buf *out)
{
    wr_buf_printf(out, PREFIX "%s%s", prefix, id);
}

/* ---- writing ---- */

static void put_bytes(wr_buf *out, char tag, wr_str bytes)
{
    WR_ASSERT(tag > 0); /* never a version byte of another layout */
    wr_buf_putc(out, tag);
    wr_buf_be32(out, bytes.len);
    wr_buf_str(out, bytes);
}

static void put_text(wr_buf *out, char tag, const char *text)
{
    put_bytes(out, tag, wr_str_c(text));
}

/* The id is in the key. Lists are repeated entries: their order is that of reading. */
void wr__query_record_put(const wr_query_record *r, wr_buf *out)
{
    WR_ASSERT(r->sql && r->meaning && r->sink && r->program); /* "" where there is none */
    wr_buf_putc(out, VERSION);
    put_text(out, TAG_SQL, r->sql);
    put_text(out, TAG_MEANING, r->meaning);
    put_text(out, TAG_SINK, r->sink);
    put_text(out, TAG_PROGRAM, r->program);
    for (size_t i = 0; i < r->stores.n; i++)
        put_text(out, TAG_STORE, r->stores.v[i]);
    for (size_t i = 0; i < r->changelogs.n; i++) {
        wr_buf bytes = {0};
        WR_ASSERT(r->changelogs.v[i].partitions >= 0); /* read as such, or refused */
        wr_buf_be32(&bytes, (uint32_t)r->changelogs.v[i].partitions);
        wr_buf_puts(&bytes, r->changelogs.v[i].topic);
        put_bytes(out, TAG_CHANGELOG, wr_buf_view(&bytes));
        wr_buf_free(&bytes);
    }
    for (size_t i = 0; i < r->topics.n; i++)
        put_text(out, TAG_TOPIC, r->topics.v[i]);
}

/* A name that was put together in @p name, which is freed. */
static const char *take_name(wr_arena *a, wr_buf *name)
{
    const char *text = wr_arena_strndup(a, name->ptr, name->len);
    wr_buf_free(name);
    return text;
}

/* A changelog has a partition for each task of the store's sub-topology, and a position for each is
 * in the database. */
static void add_store(const wr_query *q, const wr_plan_store *store, wr_arena *a,
                      wr_query_record *out)
{
    WR_ASSERT(store->subtopology < q->plan->subtopologies_n);
    wr_buf name = {0}, changelog = {0};
    wr_task_store_name(q->id, store, &name);
    const char *text = take_name(a, &name);
    wr_arr_push(a, &out->stores, text);
    if (!q->kind.changelogs || !store->changelog)
        return;
    wr_task_changelog_name(q->prefix, q->id, store, &changelog);
    wr_query_changelog c = {take_name(a, &changelog), q->topics.sub_partitions[store->subtopology]};
    wr_arr_push(a, &out->changelogs, c);
}

/* A plan has one sink at most: the root. What reads it is another query. */
void wr__query_record_of(const wr_query *q, wr_arena *a, wr_query_record *out)
{
    WR_ASSERT(q->group && q->plan->meaning && !q->kind.transient);
    *out = (wr_query_record){.id = q->id,
                             .sql = q->sql ? q->sql : "",
                             .meaning = q->plan->meaning,
                             .sink = "",
                             .program = q->program ? q->program : ""};
    for (uint32_t i = 0; i < q->plan->stores_n; i++)
        add_store(q, &q->plan->stores[i], a, out);
    for (uint32_t t = 0; t < q->plan->topics_n; t++) {
        const char *name = q->topics.names[t];
        if (q->plan->topics[t].role == WR_TOPIC_OUTPUT)
            out->sink = name;
        else if (q->plan->topics[t].role == WR_TOPIC_REPARTITION && q->kind.internal_topics)
            wr_arr_push(a, &out->topics, name);
    }
    WR_ASSERT(out->stores.n == q->plan->stores_n);
    WR_ASSERT(out->changelogs.n <= out->stores.n);
}

/* ---- reading ---- */

/* Lengths are from disk: none is believed before it was compared with what is there. */
static bool take_entry(wr_str *rest, char *tag, wr_str *bytes)
{
    if (rest->len < 5)
        return false;
    uint32_t len = wr_get_be32(rest->ptr + 1);
    if (len > rest->len - 5)
        return false;
    *tag = rest->ptr[0];
    *bytes = wr_str_make(rest->ptr + 5, len);
    *rest = wr_str_make(rest->ptr + 5 + len, rest->len - 5 - len);
    return true;
}

static bool read_changelog(wr_arena *a, wr_str bytes, wr_query_record *out)
{
    if (bytes.len < 4 || wr_get_be32(bytes.ptr) > INT32_MAX)
        return false;
    wr_query_changelog c = {wr_arena_strndup(a, bytes.ptr + 4, bytes.len - 4),
                            (int32_t)wr_get_be32(bytes.ptr)};
    wr_arr_push(a, &out->changelogs, c);
    return true;
}

/* What a newer version may have added is no reason to refuse what this one understands. */
static bool read_entry(wr_arena *a, char tag, wr_str bytes, wr_query_record *out)
{
    if (memchr(bytes.ptr, '\0', bytes.len) && tag != TAG_CHANGELOG)
        return false; /* texts are C strings from here on */
    const char *text = wr_arena_strndup(a, bytes.ptr, bytes.len);
    switch (tag) {
    case TAG_SQL:
        out->sql = text;
        return true;
    case TAG_MEANING:
        out->meaning = text;
        return true;
    case TAG_SINK:
        out->sink = text;
        return true;
    case TAG_PROGRAM:
        out->program = text;
        return true;
    case TAG_STORE:
        wr_arr_push(a, &out->stores, text);
        return true;
    case TAG_CHANGELOG:
        return read_changelog(a, bytes, out);
    case TAG_TOPIC:
        wr_arr_push(a, &out->topics, text);
        return true;
    default:
        return true;
    }
}

/* Everything is set, also on failure: a caller may show what was read so far. */
bool wr__query_record_parse(wr_arena *a, wr_str value, wr_query_record *out)
{
    out->sql = out->meaning = out->sink = out->program = "";
    if (wr_str_eq(value, WR_STR("1")))
        return true;
    if (!value.len || value.ptr[0] != VERSION)
        return false;
    wr_str rest = wr_str_make(value.ptr + 1, value.len - 1), bytes;
    char tag;
    while (rest.len)
        if (!take_entry(&rest, &tag, &bytes) || !read_entry(a, tag, bytes, out))
            return false;
    return true;
}

typedef struct scan {
    wr_arena *a;
    wr_query_records *out;
    size_t before;   /* bytes of a key before the id */
    const char *bad; /* id of one that cannot be read; NULL: none */
} scan;

/* One that cannot be read does not end the scan, but the reading: which one is remembered. */
static bool collect(void *arg, wr_str key, wr_str value)
{
    scan *s = arg;
    wr_query_record r = {0};
    WR_ASSERT(key.len >= s->before);
    r.id = wr_arena_strndup(s->a, key.ptr + s->before, key.len - s->before);
    if (wr__query_record_parse(s->a, value, &r))
        wr_arr_push(s->a, &s->out->list, r);
    else if (!s->bad)
        s->bad = r.id;
    return true;
}

/* By the prefix of groups: another service id in the same directory has queries of its own. */
weir_status wr_query_records_read(wr_db *db, const char *prefix, wr_arena *a, wr_query_records *out,
                                  weir_error *err)
{
    wr_buf key = {0};
    WR_ASSERT(db && prefix && *prefix);
    wr__query_record_key(prefix, "", &key);
    scan s = {.a = a, .out = out, .before = key.len};
    *out = (wr_query_records){0};
    weir_status st = wr_db_meta_scan(db, NULL, wr_buf_view(&key), collect, &s, err);
    wr_buf_free(&key);
    if (st == WEIR_OK && s.bad)
        st = wr_error(err, WEIR_ERR_STORE,
                      "What the data directory keeps of query %s cannot be read: a newer Weir has "
                      "written it",
                      s.bad);
    return st;
}

/* A directory has dozens of queries: no map. */
const wr_query_record *wr_query_record_find(const wr_query_records *all, const char *id)
{
    for (size_t i = 0; i < all->list.n; i++)
        if (strcmp(all->list.v[i].id, id) == 0)
            return &all->list.v[i];
    return NULL;
}

/* ---- comparing ---- */

/* The first store that differs says enough: all stores of a step have the meaning of the step. */
weir_status wr_query_state_difference(wr_db *db, const char *id, const wr_plan *plan, wr_buf *out,
                                      weir_error *err)
{
    weir_status st = WEIR_OK;
    for (uint32_t i = 0; st == WEIR_OK && i < plan->stores_n && !out->len; i++) {
        const wr_plan_store *s = &plan->stores[i];
        wr_buf name = {0}, kept = {0};
        bool found;
        wr_task_store_name(id, s, &name);
        st = wr_db_store_meaning_get(db, wr_buf_view(&name), &kept, &found, err);
        WR_ASSERT(s->meaning); /* plans that are run have them */
        if (st == WEIR_OK && found)
            wr_plan_store_difference(wr_buf_cstr(&kept), s->meaning, out);
        wr_buf_free(&name);
        wr_buf_free(&kept);
    }
    return st;
}

/* ---- forgetting ---- */

/* The first failure is what is reported; @p st is that so far. */
static weir_status first(weir_status st, weir_status now, const weir_error *why, weir_error *err)
{
    if (st != WEIR_OK || now == WEIR_OK)
        return st;
    if (err)
        *err = *why;
    return now;
}

/* One that is not there was never made, or somebody has removed it: what was wanted. */
static weir_status remove_topic(wr_log *log, const char *topic, weir_error *err)
{
    weir_status st = wr_topic_remove(log, topic, err);
    return st == WEIR_ERR_NOT_FOUND ? WEIR_OK : st;
}

/* Stores that no task has opened have no number in the database, and nothing to be dropped. */
static weir_status forget_state(wr_db *db, const char *prefix, const wr_query_record *r,
                                weir_error *err)
{
    weir_status st = WEIR_OK;
    weir_error why;
    WR_ASSERT(r->id && *r->id); /* or every query's record would go */
    wr_db_batch *b = wr_db_batch_new(db);
    for (size_t i = 0; i < r->stores.n; i++) {
        weir_status now = wr_db_batch_drop_store(b, wr_str_c(r->stores.v[i]), &why);
        st = first(st, now, &why, err);
    }
    for (size_t i = 0; i < r->changelogs.n; i++) {
        for (int32_t p = 0; p < r->changelogs.v[i].partitions; p++) {
            wr_buf key = {0};
            wr_task_position_key(r->changelogs.v[i].topic, p, &key);
            wr_db_batch_meta_delete(b, wr_buf_view(&key));
            wr_buf_free(&key);
        }
    }
    wr_buf known = {0};
    wr__query_record_key(prefix, r->id, &known);
    wr_db_batch_meta_delete(b, wr_buf_view(&known));
    wr_buf_free(&known);
    st = first(st, wr_db_write(db, b, &why), &why, err);
    wr_db_batch_free(b);
    return st;
}

static weir_status drop_group(wr_log *log, const char *prefix, const wr_query_record *r,
                              weir_error *err)
{
    wr_buf group = {0};
    wr_buf_printf(&group, "%s%s", prefix, r->id);
    weir_status st = wr_group_drop(log, wr_buf_cstr(&group), err);
    wr_buf_free(&group);
    return st;
}

/* State and record in one batch, so that a kill leaves a query that is known with its state, or one
 * that is not known without any; topics and offsets after it. */
weir_status wr_query_record_forget(wr_log *log, wr_db *db, const char *prefix,
                                   const wr_query_record *r, weir_error *err)
{
    weir_error why;
    WR_ASSERT(log && db && prefix);
    weir_status st = forget_state(db, prefix, r, err);
    for (size_t i = 0; i < r->changelogs.n; i++)
        st = first(st, remove_topic(log, r->changelogs.v[i].topic, &why), &why, err);
    for (size_t i = 0; i < r->topics.n; i++)
        st = first(st, remove_topic(log, r->topics.v[i], &why), &why, err);
    return first(st, drop_group(log, prefix, r, &why), &why, err);
}

/* A group that is in use is dropped by nobody: the broker refuses it. */
weir_status wr_query_record_reset(wr_log *log, wr_db *db, const char *prefix,
                                  const wr_query_record *r, weir_error *err)
{
    WR_TRY(drop_group(log, prefix, r, err));
    return wr_query_record_forget(log, db, prefix, r, err);
}
