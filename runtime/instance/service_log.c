/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The layout of services' statements in the database.
 *
 *     key      "service/" hash of the program's name (16 hex digits)     value  the name
 *     key      the same, "/", place in the program (8 hex digits)        value  as in
 * statement_log.c
 *
 * The name of a program is a list of paths, of any length; hence the hash. Should two names have
 * one hash, the later program takes the place of the earlier one.
 */
#include "runtime/instance/service_log.h"

#include <stdio.h>

#define PREFIX    "service/"
#define NAME_LEN  (sizeof PREFIX - 1 + 16)
#define ENTRY_LEN (NAME_LEN + 1 + 8)
#define KEY_ROOM  (ENTRY_LEN + 1)

/* The keys of a program begin with that of its name, which so comes first in a scan. */
static wr_str name_key(const char *program, char out[KEY_ROOM])
{
    snprintf(out, KEY_ROOM, PREFIX "%016llx", (unsigned long long)wr_str_hash(wr_str_c(program)));
    return wr_str_make(out, NAME_LEN);
}

static wr_str entry_key(const char *program, size_t place, char out[KEY_ROOM])
{
    (void)name_key(program, out);
    snprintf(out + NAME_LEN, KEY_ROOM - NAME_LEN, "/%08x", (unsigned)place);
    return wr_str_make(out, ENTRY_LEN);
}

/* ---- reading ---- */

/** One key as it is in the database. */
typedef struct raw {
    wr_str key;
    const char *program;
    wr_kept statement;
    bool is_name; /* of a program: no statement */
} raw;

typedef struct scan {
    wr_arena *a;
    wr_arr(raw) list;
    const char *program; /* whose entries follow: its name comes first in the order of keys */
    bool damaged;
} scan;

/* Names first, then their statements: that is the order of keys. An entry without a name before it
 * is of no program, so the whole is not to be trusted. */
static bool collect(void *arg, wr_str key, wr_str value)
{
    scan *s = arg;
    WR_ASSERT(key.len >= sizeof PREFIX - 1); /* what was asked for */
    raw r = {.key = wr_str_make(wr_arena_strndup(s->a, key.ptr, key.len), key.len),
             .is_name = key.len == NAME_LEN};
    if (r.is_name)
        s->program = wr_arena_strndup(s->a, value.ptr, value.len);
    else if (key.len != ENTRY_LEN || !s->program || !wr_kept_parse(s->a, value, &r.statement))
        s->damaged = true;
    r.program = s->program;
    wr_arr_push(s->a, &s->list, r);
    return true;
}

static weir_status read_raw(wr_db *db, scan *s, weir_error *err)
{
    WR_TRY(wr_db_meta_scan(db, NULL, WR_STR(PREFIX), collect, s, err));
    if (s->damaged)
        return wr_error(err, WEIR_ERR_STORE,
                        "What the directory keeps of its services cannot be read: a newer Weir has "
                        "written it");
    return WEIR_OK;
}

weir_status wr_service_log_read(wr_db *db, wr_arena *a, wr_service_list *out, weir_error *err)
{
    scan s = {.a = a};
    *out = (wr_service_list){0};
    WR_TRY(read_raw(db, &s, err));
    for (size_t i = 0; i < s.list.n; i++) {
        wr_service_kept k = {s.list.v[i].program, s.list.v[i].statement};
        WR_ASSERT(s.list.v[i].is_name || k.program);
        if (!s.list.v[i].is_name)
            wr_arr_push(a, &out->list, k);
    }
    return WEIR_OK;
}

/* ---- writing ---- */

static bool defines(const wr_service_statements *statements, const char *subject)
{
    for (size_t i = 0; i < statements->list.n; i++)
        if (strcmp(statements->list.v[i].subject, subject) == 0)
            return true;
    return false;
}

/* In one batch: either the program as it is now, or as it was. */
weir_status wr_service_log_replace(wr_db *db, const char *program,
                                   const wr_service_statements *statements, weir_error *err)
{
    WR_ASSERT(program && *program);
    wr_arena *a = wr_arena_new(0);
    scan s = {.a = a};
    char key[KEY_ROOM];
    wr_str name = name_key(program, key);
    weir_status st = read_raw(db, &s, err);
    wr_db_batch *b = wr_db_batch_new(db);
    for (size_t i = 0; st == WEIR_OK && i < s.list.n; i++) {
        const raw *r = &s.list.v[i];
        bool own = memcmp(r->key.ptr, name.ptr, NAME_LEN) == 0;
        if (own || (!r->is_name && defines(statements, r->statement.subject)))
            wr_db_batch_meta_delete(b, r->key);
    }
    wr_db_batch_meta_put(b, name, wr_str_c(program));
    for (size_t i = 0; i < statements->list.n; i++) {
        char place[KEY_ROOM];
        WR_ASSERT(statements->list.v[i].subject[1] == ':');
        wr_db_batch_meta_put(b, entry_key(program, i, place), statements->list.v[i].bytes);
    }
    if (st == WEIR_OK)
        st = wr_db_write_durable(db, b, err);
    wr_db_batch_free(b);
    wr_arena_free(a);
    return st;
}

/* Also what could not be read: this is how to get rid of it. */
weir_status wr_service_log_clear(wr_db *db, weir_error *err)
{
    wr_arena *a = wr_arena_new(0);
    scan s = {.a = a};
    wr_db_batch *b = wr_db_batch_new(db);
    weir_status st = wr_db_meta_scan(db, NULL, WR_STR(PREFIX), collect, &s, err);
    for (size_t i = 0; i < s.list.n; i++)
        wr_db_batch_meta_delete(b, s.list.v[i].key);
    if (st == WEIR_OK)
        st = wr_db_write_durable(db, b, err);
    wr_db_batch_free(b);
    wr_arena_free(a);
    return st;
}
