/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON of command records (command_record.h), by jansson.
 *
 * A record is read as a whole or not at all: one member of a wrong type makes it
 * WR_COMMAND_UNKNOWN. Members that this version does not know are left out; a version that adds
 * some which may not be left out raises the number.
 */
#include "runtime/instance/command_record.h"

#include <ctype.h>
#include <jansson.h>

/* ---- writing ---- */

/* The list is name, value, name, value ... NULL: a text is not UTF-8. */
static json_t *pairs_of(const char *const *v, size_t n)
{
    json_t *o = json_object();
    WR_ASSERT(n % 2 == 0);
    for (size_t i = 0; o && i < n; i += 2) {
        if (json_object_set_new(o, v[i], json_string(v[i + 1])) == 0)
            continue;
        json_decref(o);
        o = NULL;
    }
    return o;
}

/* The settings are an object, so one that is there twice would be there once: they come of a map.
 */
static json_t *statement_of(const wr_kept *k)
{
    WR_ASSERT(k->subject && k->sql.ptr);
    json_t *o = json_object();
    bool good = json_object_set_new(o, "subject", json_string(k->subject)) == 0 &&
                json_object_set_new(o, "statement", json_stringn(k->sql.ptr, k->sql.len)) == 0 &&
                json_object_set_new(o, "settings", pairs_of(k->settings.v, k->settings.n)) == 0 &&
                json_object_set_new(o, "schemas", pairs_of(k->schemas.v, k->schemas.n)) == 0;
    if (good && k->id != WR_COMMAND_BY_POSITION)
        good = json_object_set_new(o, "number", json_integer((json_int_t)k->id)) == 0;
    if (good)
        return o;
    json_decref(o);
    return NULL;
}

/* NULL: one of them cannot be written. */
static json_t *statements_of(const wr_command *c)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < c->statements.list.n; i++) {
        if (json_array_append_new(list, statement_of(&c->statements.list.v[i])) == 0)
            continue;
        json_decref(list);
        list = NULL;
    }
    return list;
}

/* For jansson; a wr_buf never refuses. */
static int put_bytes(const char *bytes, size_t n, void *out)
{
    wr_buf_put(out, bytes, n);
    return 0;
}

weir_status wr_command_put(const wr_command *c, wr_buf *out, weir_error *err)
{
    WR_ASSERT(strlen(c->attempt) == WR_COMMAND_ATTEMPT_LEN);
    WR_ASSERT(c->replaces || c->statements.list.n > 0);
    json_t *o = json_object();
    bool good = json_object_set_new(o, "weir", json_integer(WR_COMMAND_VERSION)) == 0 &&
                json_object_set_new(o, "base", json_integer((json_int_t)c->base)) == 0 &&
                json_object_set_new(o, "attempt", json_string(c->attempt)) == 0 &&
                json_object_set_new(o, "author", json_string(c->author)) == 0 &&
                json_object_set_new(o, "statements", statements_of(c)) == 0;
    if (good && c->replaces)
        good = json_object_set_new(o, "replaces", json_true()) == 0;
    if (good && c->next)
        good = json_object_set_new(o, "next", json_integer((json_int_t)c->next)) == 0;
    good = good && json_dump_callback(o, put_bytes, out, JSON_COMPACT) == 0;
    json_decref(o);
    WR_ASSERT(!good || out->len > 0);
    return good ? WEIR_OK
                : wr_error(err, WEIR_ERR_STATEMENT,
                           "The statement cannot be shared: it, or a setting, is not UTF-8");
}

/* ---- reading ---- */

/* Positions and numbers of statements: beyond this there are none, and what is added to one still
 * is a number. @return false: no such number. */
#define NUMBER_MAX ((json_int_t)1 << 53)

static bool take_number(const json_t *o, const char *name, uint64_t *out)
{
    const json_t *v = json_object_get(o, name);
    if (!json_is_integer(v) || json_integer_value(v) < 0 || json_integer_value(v) > NUMBER_MAX)
        return false;
    *out = (uint64_t)json_integer_value(v);
    return true;
}

/* The same for one that may be missing: *out stays. */
static bool take_optional(const json_t *o, const char *name, uint64_t *out)
{
    return !json_object_get(o, name) || take_number(o, name, out);
}

/* 0-terminated; a text with a 0 in it counts as none where it is a name. */
static bool take_text(wr_arena *a, const json_t *v, bool zeros, wr_str *out)
{
    if (!json_is_string(v))
        return false;
    size_t len = json_string_length(v);
    *out = wr_str_make(wr_arena_strndup(a, json_string_value(v), len), len);
    return zeros || strlen(out->ptr) == len;
}

/* By jansson's order, which is that of insertion: settings are in the order that they had. */
static bool take_pairs(wr_arena *a, json_t *o, wr_kept *out, bool schemas)
{
    const char *name;
    json_t *v;
    if (!json_is_object(o))
        return false;
    json_object_foreach(o, name, v)
    {
        wr_str text;
        if (!take_text(a, v, false, &text))
            return false;
        const char *own = wr_arena_strdup(a, name);
        if (schemas) {
            wr_arr_push(a, &out->schemas, own);
            wr_arr_push(a, &out->schemas, text.ptr);
        } else {
            wr_arr_push(a, &out->settings, own);
            wr_arr_push(a, &out->settings, text.ptr);
        }
    }
    return true;
}

/* What DROP and TERMINATE find a statement by: "S:NAME", "T:NAME", "Q:ID"; "Q:" of an INSERT whose
 * id comes of its number. */
static bool is_subject(wr_str s)
{
    return s.len >= 2 && strchr("STQ", s.ptr[0]) && s.ptr[1] == ':';
}

/* All members are there, but for the number. */
static bool take_statement(wr_arena *a, const json_t *o, wr_kept *out)
{
    wr_str subject;
    *out = (wr_kept){.id = WR_COMMAND_BY_POSITION};
    if (!take_text(a, json_object_get(o, "subject"), false, &subject) || !is_subject(subject) ||
        !take_text(a, json_object_get(o, "statement"), true, &out->sql) ||
        !take_optional(o, "number", &out->id))
        return false;
    out->subject = subject.ptr;
    return take_pairs(a, json_object_get(o, "settings"), out, false) &&
           take_pairs(a, json_object_get(o, "schemas"), out, true);
}

/* A record without any says nothing, but for one that replaces everything by nothing. */
static bool take_statements(wr_arena *a, const json_t *list, const json_t *replaces,
                            wr_command *out)
{
    size_t n = json_array_size(list); /* 0: no array */
    for (size_t i = 0; i < n; i++) {
        wr_kept k;
        if (!take_statement(a, json_array_get(list, i), &k))
            return false;
        wr_arr_push(a, &out->statements.list, k);
    }
    return n > 0 || (json_is_array(list) && json_is_true(replaces));
}

/* Compared as text, so its length is fixed. */
static bool take_attempt(const json_t *v, char out[WR_COMMAND_ATTEMPT_LEN + 1])
{
    if (!json_is_string(v) || json_string_length(v) != WR_COMMAND_ATTEMPT_LEN)
        return false;
    memcpy(out, json_string_value(v), WR_COMMAND_ATTEMPT_LEN + 1);
    for (size_t i = 0; i < WR_COMMAND_ATTEMPT_LEN; i++)
        if (!isxdigit((unsigned char)out[i]))
            return false;
    return true;
}

/* First what is the same in every version. */
static wr_command_kind parse(wr_arena *a, const json_t *o, wr_command *out)
{
    uint64_t version;
    wr_str author;
    if (!take_number(o, "weir", &version) || version < 1 || !take_number(o, "base", &out->base) ||
        !take_attempt(json_object_get(o, "attempt"), out->attempt))
        return WR_COMMAND_UNKNOWN;
    if (version > WR_COMMAND_VERSION)
        return WR_COMMAND_NEWER;
    if (!take_text(a, json_object_get(o, "author"), false, &author) ||
        !take_optional(o, "next", &out->next) ||
        !take_statements(a, json_object_get(o, "statements"), json_object_get(o, "replaces"), out))
        return WR_COMMAND_UNKNOWN;
    out->author = author.ptr;
    out->replaces = json_is_true(json_object_get(o, "replaces"));
    return WR_COMMAND_GOOD;
}

wr_command_kind wr_command_parse(wr_arena *a, wr_str value, wr_command *out)
{
    *out = (wr_command){.author = ""};
    json_t *o = value.ptr ? json_loadb(value.ptr, value.len, JSON_ALLOW_NUL, NULL) : NULL;
    wr_command_kind kind = json_is_object(o) ? parse(a, o, out) : WR_COMMAND_UNKNOWN;
    json_decref(o);
    WR_ASSERT(kind == WR_COMMAND_UNKNOWN || out->attempt[0]);
    WR_ASSERT(kind != WR_COMMAND_GOOD || out->replaces || out->statements.list.n > 0);
    return kind;
}
