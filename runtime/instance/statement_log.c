/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The layout of kept statements in the database.
 *
 *     key      "statement/" number (16 hex digits)
 *     value    0x02, then texts, each with its length before it (4 bytes, big-endian):
 *              subject, SQL, name, value, name, value ...
 *              a name is that of a setting, or "schema:" and a subject of the schema registry; the
 *              value of that is "id kind text" of its schema, or "0": there was none
 *     before   version 1, still read: subject \0 name=value\n ... \0 SQL \0
 *              (its first byte is a letter; a value with a line break in it ends the settings)
 *
 *     key      "statement-next"
 *     value    8 bytes, big-endian: no number below it is given to a statement again. Written when
 *              entries are removed, since the others no longer show how far the numbers went.
 *
 * Whatever the bytes are, reading ends in an entry or in an error, never in half an entry.
 */
#include "runtime/instance/statement_log.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#define PREFIX  "statement/"
#define NEXT    "statement-next"
#define VERSION 2
#define SCHEMA  "schema:"
#define KEY_LEN (sizeof PREFIX - 1 + 16)

/* Numbers of one length, so that the order of keys is that of numbers. */
static wr_str entry_key(uint64_t id, char out[KEY_LEN + 1])
{
    snprintf(out, KEY_LEN + 1, PREFIX "%016llx", (unsigned long long)id);
    return wr_str_make(out, KEY_LEN);
}

/* ---- writing ---- */

static void put_text(wr_buf *out, wr_str text)
{
    wr_buf_be32(out, text.len);
    wr_buf_str(out, text);
}

/* What planning has asked for, and what was registered since; both were true when the statement was
 * executed. Those by an id alone are the registry's for ever, and those with references are asked
 * for again.
 */
static void add_schemas(wr_kept *k, wr_arena *a, const wr_known_topics *known)
{
    for (size_t i = 0; i < known->schemas.n; i++) {
        const wr_known_schema *one = &known->schemas.v[i];
        const wr_registry_schema *s = one->schema;
        if ((s && s->references_n) || (!s && one->id))
            continue;
        const char *name = wr_arena_printf(a, "%u/%s", one->id, one->subject);
        const char *text =
            s ? wr_arena_printf(a, "%u %d " WR_STR_FMT, s->id, (int)s->kind, WR_STR_ARG(s->text))
              : "0";
        wr_arr_push(a, &k->schemas, name);
        wr_arr_push(a, &k->schemas, text);
    }
}

wr_kept wr_kept_make(wr_arena *a, const char *subject, const wr_settings *settings,
                     const wr_known_topics *known, wr_str sql)
{
    wr_kept k = {.subject = subject, .sql = sql};
    WR_ASSERT(subject && sql.ptr);
    const wr_map_entry *s;
    for (size_t i = 0; (s = wr_map_next(&settings->values, &i));) {
        wr_arr_push(a, &k.settings, s->key.ptr);
        wr_arr_push(a, &k.settings, (const char *)s->value);
    }
    add_schemas(&k, a, known);
    return k;
}

void wr_kept_put(wr_buf *out, const wr_kept *k)
{
    WR_ASSERT(k->settings.n % 2 == 0 && k->schemas.n % 2 == 0);
    wr_buf_putc(out, VERSION);
    put_text(out, wr_str_c(k->subject));
    put_text(out, k->sql);
    for (size_t i = 0; i < k->settings.n; i++)
        put_text(out, wr_str_c(k->settings.v[i]));
    for (size_t i = 0; i < k->schemas.n; i += 2) {
        wr_buf name = {0};
        wr_buf_printf(&name, SCHEMA "%s", k->schemas.v[i]);
        put_text(out, wr_buf_view(&name));
        put_text(out, wr_str_c(k->schemas.v[i + 1]));
        wr_buf_free(&name);
    }
}

weir_status wr_statement_log_put(wr_db *db, const wr_kept *k, weir_error *err)
{
    char key[KEY_LEN + 1];
    wr_buf value = {0};
    wr_kept_put(&value, k);
    wr_db_batch *b = wr_db_batch_new(db);
    wr_db_batch_meta_put(b, entry_key(k->id, key), wr_buf_view(&value));
    weir_status st = wr_db_write_durable(db, b, err);
    wr_db_batch_free(b);
    wr_buf_free(&value);
    return st;
}

/* ---- reading ---- */

typedef struct scan {
    wr_arena *a;
    wr_kept_list *out;
    uint64_t id_min;  /* keys are ordered, so numbers only grow */
    wr_kept_bad *bad; /* entries that could not be read */
} scan;

/* The next text of version 2. @return false: the bytes are none. */
static bool take_text(wr_arena *a, wr_str *rest, wr_str *out)
{
    if (rest->len < 4)
        return false;
    uint32_t len = wr_get_be32(rest->ptr);
    if (len > rest->len - 4)
        return false;
    *out = wr_str_make(wr_arena_strndup(a, rest->ptr + 4, len), len);
    *rest = wr_str_make(rest->ptr + 4 + len, rest->len - 4 - len);
    return true;
}

/* The same for what is used as a C string. */
static bool take_name(wr_arena *a, wr_str *rest, const char **out)
{
    wr_str text;
    if (!take_text(a, rest, &text) || memchr(text.ptr, '\0', text.len))
        return false;
    *out = text.ptr;
    return true;
}

static bool read_version_2(wr_arena *a, wr_str value, wr_kept *out)
{
    wr_str rest = wr_str_make(value.ptr + 1, value.len - 1);
    if (!take_name(a, &rest, &out->subject) || !take_text(a, &rest, &out->sql))
        return false;
    while (rest.len) {
        const char *name, *text;
        if (!take_name(a, &rest, &name) || !take_name(a, &rest, &text))
            return false;
        if (strncmp(name, SCHEMA, sizeof SCHEMA - 1) == 0) {
            wr_arr_push(a, &out->schemas, name + sizeof SCHEMA - 1);
            wr_arr_push(a, &out->schemas, text);
        } else {
            wr_arr_push(a, &out->settings, name);
            wr_arr_push(a, &out->settings, text);
        }
    }
    return true;
}

/* Cut at the first thing that it cannot tell apart: see the head. */
static bool read_version_1(wr_arena *a, wr_str value, wr_kept *out)
{
    char *text = wr_arena_strndup(a, value.ptr, value.len), *end = text + value.len;
    char *lines = memchr(text, '\0', value.len);
    char *sql =
        lines && lines + 1 < end ? memchr(lines + 1, '\0', (size_t)(end - lines - 1)) : NULL;
    if (!sql || sql + 1 >= end)
        return false;
    out->subject = text;
    out->sql = wr_str_c(sql + 1);
    for (char *line = lines + 1; *line;) {
        char *line_end = strchr(line, '\n'), *eq = strchr(line, '=');
        if (!line_end || !eq || eq > line_end)
            break; /* what that version wrote of a value with a line break cannot be told apart */
        *line_end = *eq = '\0';
        wr_arr_push(a, &out->settings, (const char *)line);
        wr_arr_push(a, &out->settings, (const char *)eq + 1);
        line = line_end + 1;
    }
    return true;
}

bool wr_kept_parse(wr_arena *a, wr_str value, wr_kept *out)
{
    return value.len > 0 && value.ptr[0] == VERSION && read_version_2(a, value, out);
}

/* An entry that cannot be read does not end the scan, but the reading: which one is remembered. */
static bool collect(void *arg, wr_str key, wr_str value)
{
    scan *s = arg;
    wr_kept k = {0};
    char digits[17] = "", *end = digits;
    if (key.len == KEY_LEN) {
        memcpy(digits, key.ptr + sizeof PREFIX - 1, 16);
        k.id = strtoull(digits, &end, 16);
    }
    bool good = end == digits + 16 && value.len > 0 && k.id >= s->id_min;
    if (good)
        good = value.ptr[0] == VERSION
                   ? read_version_2(s->a, value, &k)
                   : isupper((unsigned char)value.ptr[0]) && read_version_1(s->a, value, &k);
    s->id_min = k.id + 1;
    const char *name = good ? NULL : wr_arena_strndup(s->a, key.ptr, key.len);
    if (good)
        wr_arr_push(s->a, &s->out->list, k);
    else
        wr_arr_push(s->a, &s->bad->keys, name);
    return true;
}

/* The scan itself fails only where the database does. */
weir_status wr_statement_log_scan(wr_db *db, wr_arena *a, wr_kept_list *out, wr_kept_bad *bad,
                                  weir_error *err)
{
    *out = (wr_kept_list){0};
    *bad = (wr_kept_bad){0};
    scan s = {.a = a, .out = out, .bad = bad};
    return wr_db_meta_scan(db, NULL, WR_STR(PREFIX), collect, &s, err);
}

weir_status wr_statement_log_read(wr_db *db, wr_arena *a, wr_kept_list *out, weir_error *err)
{
    wr_kept_bad bad;
    WR_TRY(wr_statement_log_scan(db, a, out, &bad, err));
    if (!bad.keys.n)
        return WEIR_OK;
    wr_error(
        err, WEIR_ERR_STORE,
        "The kept statement '%s' cannot be read: it is damaged, or a newer Weir has written it",
        bad.keys.v[0]);
    return wr_error_hint(err, "`weir repair` shows what is wrong, and can put it aside");
}

void wr_kept_apply_settings(const wr_kept *k, wr_session *s)
{
    WR_ASSERT(k->settings.n % 2 == 0);
    for (size_t i = 0; i < k->settings.n; i += 2)
        wr_settings_put(&s->settings, k->settings.v[i], k->settings.v[i + 1]);
}

/* "id/subject" and "id kind text" or "0". The text is the rest, and may be empty; a number that is
 * none, or more than there is room for, is damage. */
static bool take_schema(const char *name, const char *value, wr_registry *registry, wr_arena *a,
                        wr_known_schema *out)
{
    char *end, *rest;
    unsigned long asked = strtoul(name, &end, 10), id = strtoul(value, &rest, 10);
    if (*end != '/' || end == name || asked > UINT32_MAX || id > UINT32_MAX)
        return false;
    *out = (wr_known_schema){.subject = wr_arena_strdup(a, end + 1), .id = (uint32_t)asked};
    if (id == 0)
        return strcmp(value, "0") == 0;
    if (*rest != ' ')
        return false;
    unsigned long kind = strtoul(rest + 1, &end, 10);
    if (*end != ' ' || kind > WR_SCHEMA_PROTOBUF)
        return false;
    out->schema =
        wr_registry_remember(registry, (uint32_t)id, (wr_schema_kind)kind, wr_str_c(end + 1));
    return true;
}

/* The registry is told of them first, since plans and known schemas borrow from it. */
weir_status wr_kept_schemas(const wr_kept *k, wr_registry *registry, wr_arena *a,
                            wr_known_topics *out, weir_error *err)
{
    WR_ASSERT(k->schemas.n % 2 == 0);
    for (size_t i = 0; registry && i < k->schemas.n; i += 2) {
        wr_known_schema s;
        if (!take_schema(k->schemas.v[i], k->schemas.v[i + 1], registry, a, &s))
            return wr_error(err, WEIR_ERR_STORE, "The kept schema of %s is damaged",
                            k->schemas.v[i]);
        wr_arr_push(a, &out->schemas, s);
    }
    return WEIR_OK;
}

/* ---- removing ---- */

/* Not there: 0, as nothing was ever removed. */
static weir_status read_mark(wr_db *db, uint64_t *out, weir_error *err)
{
    wr_buf value = {0};
    bool found;
    *out = 0;
    weir_status st = wr_db_meta_get(db, NULL, WR_STR(NEXT), &value, &found, err);
    if (st == WEIR_OK && found && value.len != 8)
        st = wr_error(err, WEIR_ERR_STORE, "The number of the next statement is damaged");
    if (st == WEIR_OK && found)
        *out = wr_get_be64(value.ptr);
    wr_buf_free(&value);
    return st;
}

/* Keys are ordered, so the last entry has the largest number; the mark knows of those that went. */
static uint64_t after_last(const wr_kept_list *kept, uint64_t mark)
{
    size_t n = kept->list.n;
    WR_ASSERT(n < 2 || kept->list.v[n - 2].id < kept->list.v[n - 1].id);
    return n ? WR_MAX(mark, kept->list.v[n - 1].id + 1) : mark;
}

weir_status wr_statement_log_next(wr_db *db, const wr_kept_list *kept, uint64_t *out,
                                  weir_error *err)
{
    WR_TRY(read_mark(db, out, err));
    *out = after_last(kept, *out);
    WR_ASSERT(*out >= kept->list.n);
    return WEIR_OK;
}

/* In the batch that removes the entries: a kill between the two would give their numbers again. */
static void put_mark(wr_db_batch *b, uint64_t next)
{
    wr_buf value = {0};
    WR_ASSERT(next > 0);
    wr_buf_be64(&value, next);
    WR_ASSERT(value.len == 8);
    wr_db_batch_meta_put(b, WR_STR(NEXT), wr_buf_view(&value));
    wr_buf_free(&value);
}

/* All in one batch: either everything about the subject is gone, or nothing. */
weir_status wr_statement_log_forget(wr_db *db, const char *subject, weir_error *err)
{
    wr_arena *a = wr_arena_new(0);
    wr_kept_list all;
    uint64_t next = 0;
    bool any = false;
    wr_db_batch *b = wr_db_batch_new(db);
    weir_status st = wr_statement_log_read(db, a, &all, err);
    if (st == WEIR_OK)
        st = wr_statement_log_next(db, &all, &next, err);
    for (size_t i = 0; st == WEIR_OK && i < all.list.n; i++) {
        char key[KEY_LEN + 1];
        if (strcmp(all.list.v[i].subject, subject) != 0)
            continue;
        WR_ASSERT(all.list.v[i].id < next);
        wr_db_batch_meta_delete(b, entry_key(all.list.v[i].id, key));
        any = true;
    }
    if (any)
        put_mark(b, next);
    if (st == WEIR_OK)
        st = wr_db_write_durable(db, b, err);
    wr_db_batch_free(b);
    wr_arena_free(a);
    return st;
}

/* ---- repairing ---- */

/* Under the time of the repair, so that a second one does not write over the first one's. Nothing
 * reads it but people. */
#define OLD "statement-old/"

typedef struct repair {
    wr_db_batch *batch;
    int64_t now_ms;
    const wr_kept_bad *bad;
    const uint64_t *ids;
    size_t n;
} repair;

/* By its key: bytes that cannot be read have no number. */
static bool is_bad(const repair *r, wr_str key)
{
    for (size_t i = 0; i < r->bad->keys.n; i++)
        if (wr_str_eq(key, wr_str_c(r->bad->keys.v[i])))
            return true;
    for (size_t i = 0; i < r->n; i++) {
        char own[KEY_LEN + 1];
        if (wr_str_eq(key, entry_key(r->ids[i], own)))
            return true;
    }
    return false;
}

/* A copy of every entry, those that stay included: the whole is what a person may want back. */
static bool put_aside(void *arg, wr_str key, wr_str value)
{
    repair *r = arg;
    wr_buf old = {0};
    wr_buf_printf(&old, OLD "%lld/", (long long)r->now_ms);
    wr_buf_str(&old, wr_str_make(key.ptr + sizeof PREFIX - 1, key.len - (sizeof PREFIX - 1)));
    wr_db_batch_meta_put(r->batch, wr_buf_view(&old), value);
    wr_buf_free(&old);
    if (is_bad(r, key))
        wr_db_batch_meta_delete(r->batch, key);
    return true;
}

/* One batch: a kill leaves the log as it was, or repaired with its old entries aside. The mark is
 * written in any case, since entries go whose numbers must not be given again. */
weir_status wr_statement_log_repair(wr_db *db, const uint64_t *ids, size_t n, int64_t now_ms,
                                    weir_error *err)
{
    wr_arena *a = wr_arena_new(0);
    wr_kept_list all;
    wr_kept_bad bad;
    uint64_t next = 0;
    weir_error ignored; /* a mark that is damaged is made anew */
    repair r = {wr_db_batch_new(db), now_ms, &bad, ids, n};
    weir_status st = wr_statement_log_scan(db, a, &all, &bad, err);
    if (st == WEIR_OK)
        st = wr_db_meta_scan(db, NULL, WR_STR(PREFIX), put_aside, &r, err);
    if (st == WEIR_OK && wr_statement_log_next(db, &all, &next, &ignored) != WEIR_OK)
        next = after_last(&all, 0);
    put_mark(r.batch, WR_MAX(next, (uint64_t)1));
    if (st == WEIR_OK)
        st = wr_db_write_durable(db, r.batch, err);
    wr_db_batch_free(r.batch);
    wr_arena_free(a);
    return st;
}
