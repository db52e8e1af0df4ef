/* SPDX-License-Identifier: Apache-2.0 */
/*
 * answers.c - JSON from a registry and to it. Nothing here trusts what it reads: ids and versions
 * are checked for their range, lists for their length, and jansson refuses texts with a NUL,
 * invalid UTF-8 and deep nesting by itself.
 */
#include "registry/answers.h"

#include "registry/registry_internal.h"

#include <stdio.h>

json_t *wr__answer_parse(wr_str bytes)
{
    json_error_t ignored;
    return bytes.len ? json_loadb(bytes.ptr, bytes.len, JSON_DECODE_ANY, &ignored) : NULL;
}

static wr_str text_of(const json_t *text, wr_arena *arena)
{
    size_t n = json_string_length(text);
    return wr_str_make(wr_arena_strndup(arena, json_string_value(text), n), n);
}

/* An integer member within [0, max]; a missing or null one is 0. */
static bool number_member(const json_t *object, const char *name, int64_t max, int64_t *out)
{
    const json_t *j = json_object_get(object, name);
    *out = 0;
    if (!j || json_is_null(j))
        return true;
    if (!json_is_integer(j) || json_integer_value(j) < 0 || json_integer_value(j) > max)
        return false;
    *out = json_integer_value(j);
    return true;
}

bool wr__answer_error(const json_t *body, int64_t http_status, wr_arena *arena, int64_t *code,
                      const char **message)
{
    const json_t *number = json_object_get(body, "error_code");
    const json_t *text = json_object_get(body, "message");
    *code = json_is_integer(number) ? json_integer_value(number) : http_status;
    *message = json_is_string(text) ? text_of(text, arena).ptr : "";
    return json_is_integer(number);
}

/* ---- schemas ---- */

static bool read_kind(const json_t *body, wr_schema_kind *kind)
{
    const json_t *j = json_object_get(body, "schemaType");
    *kind = WR_SCHEMA_AVRO; /* what has no word for it is Avro (facts: R06) */
    if (!j || json_is_null(j))
        return true;
    const wr_str word = wr_str_c(json_is_string(j) ? json_string_value(j) : "");
    if (wr_str_ieq(word, WR_STR("AVRO")))
        return true;
    *kind = WR_SCHEMA_JSON;
    if (wr_str_ieq(word, WR_STR("JSON")))
        return true;
    *kind = WR_SCHEMA_PROTOBUF;
    return wr_str_ieq(word, WR_STR("PROTOBUF"));
}

/* -1 as a version means the latest one, as 0 does here. */
static bool read_reference(const json_t *j, wr_arena *arena, wr_registry_reference *out)
{
    const json_t *name = json_object_get(j, "name"), *subject = json_object_get(j, "subject");
    const json_t *version = json_object_get(j, "version");
    int64_t number;
    if (!json_is_string(name) || !json_is_string(subject) || !json_string_length(subject))
        return false;
    if (json_is_integer(version) && json_integer_value(version) == -1)
        number = 0;
    else if (!number_member(j, "version", INT32_MAX, &number))
        return false;
    *out = (wr_registry_reference){.name = text_of(name, arena),
                                   .subject = text_of(subject, arena),
                                   .version = (int32_t)number};
    return true;
}

static bool read_references(const json_t *body, wr_arena *arena, wr_registry_schema *out)
{
    const json_t *list = json_object_get(body, "references");
    if (!list || json_is_null(list))
        return true;
    size_t n = json_array_size(list);
    if (!json_is_array(list) || n > WR_REFERENCES_MAX)
        return false;
    wr_registry_reference *refs = WR_NEW_N(arena, wr_registry_reference, n);
    for (size_t i = 0; i < n; i++)
        if (!read_reference(json_array_get(list, i), arena, &refs[i]))
            return false;
    out->references = refs;
    out->references_n = (uint32_t)n;
    return true;
}

bool wr__answer_schema(const json_t *body, wr_arena *arena, wr_schema_answer *out,
                       const char **fault)
{
    *out = (wr_schema_answer){0};
    int64_t id, version;
    const json_t *text = json_object_get(body, "schema");
    const json_t *guid = json_object_get(body, "guid");
    *fault = !json_is_string(text)                                  ? "without a schema"
             : !number_member(body, "id", INT32_MAX, &id)           ? "with an impossible id"
             : !number_member(body, "version", INT32_MAX, &version) ? "with an impossible version"
             : !read_references(body, arena, &out->schema)          ? "with impossible references"
                                                                    : NULL;
    if (*fault)
        return false;
    out->unknown_type = !read_kind(body, &out->schema.kind);
    out->schema.text = text_of(text, arena);
    out->schema.id = (uint32_t)id;
    out->version = (int32_t)version;
    out->schema.has_guid =
        json_is_string(guid) && wr__guid_read(wr_str_c(json_string_value(guid)), out->schema.guid);
    return true;
}

bool wr__answer_id(const json_t *body, uint32_t *id)
{
    int64_t number;
    if (!number_member(body, "id", INT32_MAX, &number) || number == 0)
        return false;
    *id = (uint32_t)number;
    return true;
}

int32_t wr__answer_version(const json_t *body)
{
    int64_t number;
    return number_member(body, "version", INT32_MAX, &number) ? (int32_t)number : 0;
}

uint32_t wr__answer_context_id(const json_t *body, wr_str context)
{
    for (size_t i = 0; i < json_array_size(body); i++) {
        const json_t *one = json_array_get(body, i);
        const json_t *name = json_object_get(one, "context");
        wr_str text = wr_str_c(json_is_string(name) ? json_string_value(name) : "");
        if (wr_str_eq_c(text, "."))
            text = WR_STR("");
        uint32_t id;
        if (wr_str_eq(text, context) && wr__answer_id(one, &id))
            return id;
    }
    return 0;
}

/* ---- names, settings ---- */

bool wr__answer_names(const json_t *body, wr_str prefix, wr_arena *arena, wr_str **out, uint32_t *n)
{
    size_t all = json_array_size(body);
    *n = 0;
    *out = WR_NEW_N(arena, wr_str, all);
    if (!json_is_array(body))
        return false;
    for (size_t i = 0; i < all; i++) {
        const json_t *j = json_array_get(body, i);
        if (!json_is_string(j))
            return false;
        wr_str name = text_of(j, arena);
        if (wr_str_starts_with(name, prefix))
            (*out)[(*n)++] = wr_str_make(name.ptr + prefix.len, name.len - prefix.len);
    }
    wr__registry_sort_names(*out, *n);
    WR_ASSERT(*n <= all);
    return true;
}

const char *wr__answer_compatibility(const json_t *body, wr_arena *arena)
{
    const json_t *level = json_object_get(body, "compatibilityLevel");
    if (!json_is_string(level))
        level = json_object_get(body, "compatibility");
    return json_is_string(level) ? text_of(level, arena).ptr : NULL;
}

/* ---- what is sent ---- */

static json_t *json_text(wr_str s)
{
    return json_stringn(s.ptr ? s.ptr : "", s.len);
}

/* Takes over @p value. json_object_set_new fails by itself where a text was not UTF-8: NULL. */
static bool put_member(json_t *object, const char *name, json_t *value)
{
    return json_object_set_new(object, name, value) == 0;
}

static bool put_references(json_t *body, const wr_schema_draft *draft)
{
    if (!draft->references_n)
        return true;
    json_t *list = json_array();
    bool good = put_member(body, "references", list);
    for (uint32_t i = 0; good && i < draft->references_n; i++) {
        const wr_registry_reference *from = &draft->references[i];
        json_t *one = json_object();
        good = json_array_append_new(list, one) == 0 &&
               put_member(one, "name", json_text(from->name)) &&
               put_member(one, "subject", json_text(from->subject)) &&
               put_member(one, "version", json_integer(from->version ? from->version : -1));
    }
    return good;
}

static int put_bytes(const char *bytes, size_t n, void *out)
{
    wr_buf_put(out, bytes, n);
    return 0;
}

bool wr__answer_draft(const wr_schema_draft *draft, wr_buf *out)
{
    static const char *const words[] = {
        [WR_SCHEMA_JSON] = "JSON", [WR_SCHEMA_PROTOBUF] = "PROTOBUF"};
    WR_ASSERT(draft->kind <= WR_SCHEMA_PROTOBUF);
    WR_ASSERT(draft->references || !draft->references_n);
    json_t *body = json_object();
    bool good = put_member(body, "schema", json_text(draft->text));
    /* Avro has no word: older registries know none. */
    if (good && draft->kind != WR_SCHEMA_AVRO)
        good = put_member(body, "schemaType", json_string(words[draft->kind]));
    good = good && put_references(body, draft) &&
           json_dump_callback(body, put_bytes, out, JSON_COMPACT) == 0;
    json_decref(body);
    return good;
}

/* ---- GUIDs ---- */

void wr__guid_print(const uint8_t guid[WR_GUID_BYTES], char out[37])
{
    size_t at = 0;
    for (int i = 0; i < WR_GUID_BYTES; i++) {
        const bool dash = i == 4 || i == 6 || i == 8 || i == 10;
        at += (size_t)snprintf(out + at, 37 - at, "%s%02x", dash ? "-" : "", guid[i]);
    }
    WR_ASSERT(at == 36);
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

bool wr__guid_read(wr_str text, uint8_t guid[WR_GUID_BYTES])
{
    uint32_t digits = 0;
    uint8_t read[WR_GUID_BYTES] = {0};
    for (uint32_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '-')
            continue;
        const int digit = hex_digit(text.ptr[i]);
        if (digit < 0 || digits == 2 * WR_GUID_BYTES)
            return false;
        read[digits / 2] = (uint8_t)(read[digits / 2] << 4 | digit);
        digits++;
    }
    if (digits != 2 * WR_GUID_BYTES)
        return false;
    memcpy(guid, read, sizeof read);
    return true;
}
