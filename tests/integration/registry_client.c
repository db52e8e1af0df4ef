/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The registry client as a program, for tests in Python. Settings are its arguments (NAME=VALUE);
 * each line of its input is a request, answered by one line of JSON:
 *
 *     id N | known N | guid HEX | knownguid HEX | version SUBJECT N | subjects | delete SUBJECT
 *     register SUBJECT DRAFT | find SUBJECT DRAFT      DRAFT: {"kind", "text", "references"}
 *
 * {"id", "kind", "text", "version", "references": [{"name", "subject", "version", "id"}]}, or
 * {"status", "retriable", "message", "hint"}.
 */
#include "registry/registry.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static const char *setting(void *user, const char *name)
{
    size_t n = strlen(name);
    for (char **argument = user; *argument; argument++)
        if (strncmp(*argument, name, n) == 0 && (*argument)[n] == '=')
            return *argument + n + 1;
    return NULL;
}

static json_t *text(wr_str s)
{
    return json_stringn(s.ptr ? s.ptr : "", s.len);
}

static json_t *schema_json(const wr_registry_schema *s, int32_t version)
{
    json_t *references = json_array();
    for (uint32_t i = 0; i < s->references_n; i++) {
        const wr_registry_reference *ref = &s->references[i];
        json_t *one = json_object();
        json_object_set_new(one, "name", text(ref->name));
        json_object_set_new(one, "subject", text(ref->subject));
        json_object_set_new(one, "version", json_integer(ref->version));
        json_object_set_new(one, "id", json_integer(ref->schema->id));
        json_array_append_new(references, one);
    }
    json_t *out = json_object();
    json_object_set_new(out, "id", json_integer(s->id));
    json_object_set_new(out, "kind", json_integer(s->kind));
    json_object_set_new(out, "text", text(s->text));
    json_object_set_new(out, "version", json_integer(version));
    json_object_set_new(out, "references", references);
    return out;
}

static const char *status_name(weir_status st)
{
    switch (st) {
    case WEIR_ERR_NOT_FOUND:
        return "NOT_FOUND";
    case WEIR_ERR_LOG:
        return "LOG";
    case WEIR_ERR_CONFIG:
        return "CONFIG";
    case WEIR_ERR_STATEMENT:
        return "STATEMENT";
    default:
        return "OTHER";
    }
}

static json_t *error_json(weir_status st, const weir_error *err)
{
    return json_pack("{s:s,s:b,s:s,s:s}", "status", status_name(st), "retriable",
                     (err->flags & WEIR_ERROR_RETRIABLE) != 0, "message", err->message, "hint",
                     err->hint);
}

static wr_str member(const json_t *object, const char *name)
{
    const json_t *j = json_object_get(object, name);
    return wr_str_make(json_string_value(j), json_string_length(j));
}

/* The texts are @p json's. */
static wr_schema_draft draft_of(const json_t *json, wr_arena *arena)
{
    const json_t *list = json_object_get(json, "references");
    const uint32_t n = (uint32_t)json_array_size(list);
    wr_registry_reference *refs = WR_NEW_N(arena, wr_registry_reference, n);
    for (uint32_t i = 0; i < n; i++) {
        const json_t *one = json_array_get(list, i);
        refs[i].name = member(one, "name");
        refs[i].subject = member(one, "subject");
        refs[i].version = (int32_t)json_integer_value(json_object_get(one, "version"));
    }
    return (wr_schema_draft){.kind =
                                 (wr_schema_kind)json_integer_value(json_object_get(json, "kind")),
                             .text = member(json, "text"),
                             .references = refs,
                             .references_n = n};
}

static json_t *subjects(wr_registry *r, wr_arena *arena, weir_error *err)
{
    wr_str *names;
    uint32_t n;
    weir_status st = wr_registry_subjects(r, NULL, arena, &names, &n, err);
    if (st != WEIR_OK)
        return error_json(st, err);
    json_t *list = json_array();
    for (uint32_t i = 0; i < n; i++)
        json_array_append_new(list, text(names[i]));
    return list;
}

static void read_guid(const char *hex, uint8_t guid[WR_GUID_BYTES])
{
    for (int i = 0; i < WR_GUID_BYTES && hex && strlen(hex) >= 2; i++, hex += 2) {
        const char digits[3] = {hex[0], hex[1], 0};
        guid[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
}

static json_t *answer(wr_registry *r, char *line, wr_arena *arena)
{
    char *at = line;
    const char *verb = strsep(&at, " "), *what = strsep(&at, " ");
    const wr_registry_schema *s = NULL;
    weir_error err = {0};
    weir_status st = WEIR_ERR_MISUSE;
    int32_t version = 0;
    uint8_t guid[WR_GUID_BYTES] = {0};
    json_t *json = NULL;
    if (strcmp(verb, "subjects") == 0)
        return subjects(r, arena, &err);
    const uint32_t id = (uint32_t)strtoul(what ? what : "", NULL, 10);
    read_guid(what, guid);
    if (strcmp(verb, "id") == 0)
        st = wr_registry_get_id(r, NULL, id, &s, &err);
    else if (strcmp(verb, "known") == 0)
        st = wr_registry_known_id(r, id, &s, &err);
    else if (strcmp(verb, "guid") == 0)
        st = wr_registry_get_guid(r, NULL, guid, &s, &err);
    else if (strcmp(verb, "knownguid") == 0)
        st = wr_registry_known_guid(r, guid, &s, &err);
    else if (strcmp(verb, "version") == 0)
        st = wr_registry_get_version(r, NULL, wr_str_c(what), (int32_t)strtol(at, NULL, 10), &s,
                                     &version, &err);
    else if (strcmp(verb, "delete") == 0)
        st = wr_registry_delete_subject(r, NULL, wr_str_c(what), &err);
    if (strcmp(verb, "register") == 0 || strcmp(verb, "find") == 0) {
        json = json_loads(at, 0, NULL);
        const wr_schema_draft draft = draft_of(json, arena);
        st = verb[0] == 'r' ? wr_registry_register(r, NULL, wr_str_c(what), &draft, &s, &err)
                            : wr_registry_find(r, NULL, wr_str_c(what), &draft, &s, &err);
    }
    json_decref(json);
    return st != WEIR_OK ? error_json(st, &err) : s ? schema_json(s, version) : json_object();
}

int main(int argc, char **argv)
{
    (void)argc;
    static char line[1 << 20];
    wr_arena *arena = wr_arena_new(0);
    wr_registry_options options;
    wr_registry *r = NULL;
    weir_error err;
    weir_status st = wr_registry_options_from(setting, argv + 1, arena, &options, &err);
    if (st == WEIR_OK)
        st = wr_registry_open_http(&options, &r, &err);
    json_t *out =
        st == WEIR_OK ? json_pack("{s:s}", "name", wr_registry_name(r)) : error_json(st, &err);
    while (out) {
        json_dumpf(out, stdout, JSON_COMPACT);
        json_decref(out);
        out = NULL;
        putchar('\n');
        fflush(stdout);
        if (r && fgets(line, sizeof line, stdin)) {
            line[strcspn(line, "\n")] = '\0';
            out = answer(r, line, arena);
        }
    }
    wr_registry_free(r);
    wr_arena_free(arena);
    return 0;
}
