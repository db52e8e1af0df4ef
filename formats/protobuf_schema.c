/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protobuf_schema.c - a registered schema as a file of messages, and finding the message meant.
 */
#include "formats/protobuf.h"

#include "formats/protobuf_shim.h"
#include "types/text.h"

/* Files that one schema may lead to; references may refer to each other in any way. */
#define SOURCES_MAX 500

/* The name of the file that the schema itself is: no import can be called so. */
static const char own_name[] = "(schema)";

typedef wr_arr(wr_pb_source) source_list;

static bool has_source(const source_list *list, wr_str name)
{
    for (size_t i = 0; i < list->n; i++)
        if (wr_str_eq_c(name, list->v[i].name))
            return true;
    return false;
}

/* The schema's references and theirs. Not recursive, and each name once: the list is the queue. */
static weir_status add_references(const wr_registry_schema *schema, wr_arena *arena,
                                  source_list *list, weir_error *err)
{
    wr_arr(const wr_registry_schema *) queue = {0};
    wr_arr_push(arena, &queue, schema);
    for (size_t at = 0; at < queue.n; at++) {
        const wr_registry_schema *s = queue.v[at];
        for (uint32_t i = 0; i < s->references_n; i++) {
            const wr_registry_reference *r = &s->references[i];
            if (has_source(list, r->name))
                continue;
            if (list->n == SOURCES_MAX || !r->schema)
                return wr_error(err, WEIR_ERR_STATEMENT,
                                r->schema ? "Protobuf schema %u refers to too many others"
                                          : "Protobuf schema %u has a reference without a schema",
                                schema->id);
            const wr_pb_source source = {.name = wr_arena_str(arena, r->name).ptr,
                                         .text = r->schema->text.ptr,
                                         .len = r->schema->text.len};
            wr_arr_push(arena, list, source);
            wr_arr_push(arena, &queue, r->schema);
        }
    }
    return WEIR_OK;
}

static void *alloc(void *user, size_t size)
{
    return wr_arena_calloc(user, 1, size);
}

weir_status wr__pb_schema_parse(const wr_registry_schema *schema, wr_arena *arena,
                                const wr_pb_file **out, weir_error *err)
{
    source_list list = {0};
    const wr_pb_source own = {.name = own_name, .text = schema->text.ptr, .len = schema->text.len};
    wr_arr_push(arena, &list, own);
    WR_TRY(add_references(schema, arena, &list, err));
    char why[400];
    if (!wr__pb_shim_parse(list.v, list.n, alloc, arena, out, why, sizeof why))
        return wr_error(err, WEIR_ERR_STATEMENT, "Protobuf schema %u cannot be used: %s",
                        schema->id, why);
    return WEIR_OK;
}

weir_status wr__pb_schema_serialize(wr_str text, wr_arena *scratch, wr_buf *out, weir_error *err)
{
    const wr_pb_source own = {.name = "schema.proto", .text = text.ptr, .len = text.len};
    const char *bytes;
    size_t len;
    char why[400];
    if (!wr__pb_shim_serialize(&own, alloc, scratch, &bytes, &len, why, sizeof why))
        return wr_error(err, WEIR_ERR_STATEMENT,
                        "The columns have no Protobuf descriptor: %s. "
                        "'weir.schema.registry.protobuf.form' = 'text' registers them as text",
                        why);
    wr_text_put_base64(out, wr_str_make(bytes, len));
    return WEIR_OK;
}

/* ---- finding messages ---- */

/* "A.B" from @p list on: A among these, B inside it. */
static const wr_pb_message *find_below(const wr_pb_message *const *list, uint32_t n,
                                       const char *name)
{
    for (int depth = 0; depth < WR_PB_PATH_MAX; depth++) {
        size_t len = strcspn(name, ".");
        const wr_pb_message *found = NULL;
        for (uint32_t i = 0; i < n && !found; i++)
            if (strncmp(list[i]->name, name, len) == 0 && !list[i]->name[len])
                found = list[i];
        if (!found || !name[len])
            return found;
        name += len + 1;
        list = found->nested;
        n = found->nested_n;
    }
    return NULL; /* what records could not name either */
}

const wr_pb_message *wr__pb_message_named(const wr_pb_file *file, const char *name)
{
    size_t package = strlen(file->package);
    if (package && strncmp(name, file->package, package) == 0 && name[package] == '.') {
        const wr_pb_message *m = find_below(file->messages, file->n, name + package + 1);
        if (m)
            return m;
    }
    return find_below(file->messages, file->n, name);
}

weir_status wr__pb_message_meant(const wr_pb_file *file, const char *full_name,
                                 const wr_pb_message **out, weir_error *err)
{
    *out = NULL;
    if (full_name) {
        *out = wr__pb_message_named(file, full_name);
        if (!*out)
            return wr_error(err, WEIR_ERR_STATEMENT,
                            "The Protobuf schema has no message named '%s'", full_name);
        return WEIR_OK;
    }
    if (file->n + file->enums_n > 1)
        return wr_error(err, WEIR_ERR_STATEMENT,
                        "The Protobuf schema has %u definitions: KEY_SCHEMA_FULL_NAME or "
                        "VALUE_SCHEMA_FULL_NAME must say which message is meant",
                        file->n + file->enums_n);
    if (!file->n)
        return wr_error(err, WEIR_ERR_STATEMENT, "The Protobuf schema has no message");
    *out = file->messages[0];
    return WEIR_OK;
}

const wr_pb_field *wr__pb_field_numbered(const wr_pb_message *m, uint32_t number)
{
    for (uint32_t i = 0; i < m->n; i++)
        if (m->fields[i].number == number)
            return &m->fields[i];
    return NULL;
}

bool wr__pb_is_map(const wr_pb_field *f)
{
    static const char suffix[] = "Entry";
    const wr_pb_message *m = f->message;
    if (!f->repeated || !m)
        return false;
    if (m->map_entry)
        return true;
    size_t len = strlen(m->name);
    return len >= sizeof suffix - 1 && strcmp(m->name + len - (sizeof suffix - 1), suffix) == 0 &&
           m->n == 2 && strcmp(m->fields[0].name, "key") == 0 && !m->fields[0].repeated &&
           strcmp(m->fields[1].name, "value") == 0 && m->oneofs_n == 0;
}

const char *wr__pb_oneof_name(const wr_pb_message *m, uint32_t oneof, wr_arena *arena)
{
    WR_ASSERT(oneof < m->oneofs_n);
    return wr_arena_printf(arena, "%s_%u", m->oneofs[oneof], oneof);
}

const char *wr__pb_type_name(const wr_pb_field *f)
{
    static const char *const names[] = {
        [WR_PB_BOOL] = "bool",       [WR_PB_INT32] = "int32",       [WR_PB_SINT32] = "sint32",
        [WR_PB_UINT32] = "uint32",   [WR_PB_FIXED32] = "fixed32",   [WR_PB_SFIXED32] = "sfixed32",
        [WR_PB_INT64] = "int64",     [WR_PB_SINT64] = "sint64",     [WR_PB_UINT64] = "uint64",
        [WR_PB_FIXED64] = "fixed64", [WR_PB_SFIXED64] = "sfixed64", [WR_PB_FLOAT] = "float",
        [WR_PB_DOUBLE] = "double",   [WR_PB_STRING] = "string",     [WR_PB_BYTES] = "bytes",
    };
    if (f->message)
        return f->message->name;
    return f->values ? f->values->name : names[f->kind];
}

/* ---- message indexes ---- */

static bool zigzag(wr_pb_reader *r, int64_t *out)
{
    uint64_t v;
    if (!wr__pb_varint(r, &v))
        return false;
    *out = (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
    return true;
}

bool wr__pb_path_read(wr_str *bytes, wr_pb_path *out)
{
    wr_pb_reader r = {.p = bytes->ptr, .end = bytes->ptr + bytes->len};
    int64_t n, index;
    if (!zigzag(&r, &n) || n < 0 || n > WR_PB_PATH_MAX)
        return false;
    out->n = n ? (uint32_t)n : 1; /* none stands for the first message */
    out->indexes[0] = 0;
    for (int64_t i = 0; i < n; i++) {
        if (!zigzag(&r, &index) || index < 0 || index > INT32_MAX)
            return false;
        out->indexes[i] = (int32_t)index;
    }
    WR_ASSERT(out->n > 0 && r.p <= r.end);
    *bytes = wr_str_make(r.p, (size_t)(r.end - r.p));
    return true;
}

static void put_zigzag(wr_buf *out, uint32_t v)
{
    wr_buf_varint(out, (uint64_t)v << 1);
}

void wr__pb_path_write(wr_buf *out, const wr_pb_path *path)
{
    WR_ASSERT(path->n > 0);
    if (path->n == 1 && path->indexes[0] == 0) {
        wr_buf_putc(out, 0);
        return;
    }
    put_zigzag(out, path->n);
    for (uint32_t i = 0; i < path->n; i++)
        put_zigzag(out, (uint32_t)path->indexes[i]);
}

const wr_pb_message *wr__pb_message_at(const wr_pb_file *file, const wr_pb_path *path)
{
    WR_ASSERT(path->n > 0 && path->n <= WR_PB_PATH_MAX);
    const wr_pb_message *const *list = file->messages, *m = NULL;
    uint32_t n = file->n;
    for (uint32_t i = 0; i < path->n; i++) {
        if ((uint32_t)path->indexes[i] >= n)
            return NULL;
        m = list[path->indexes[i]];
        list = m->nested;
        n = m->nested_n;
    }
    return m;
}

const wr_pb_message *wr__pb_message_without_index(const wr_pb_file *file, const char *name)
{
    if (name)
        return wr__pb_message_named(file, name);
    return file->n ? file->messages[0] : NULL;
}

wr_str wr__pb_skip_first_index(wr_str body)
{
    return body.len && body.ptr[0] == 0 ? wr_str_make(body.ptr + 1, body.len - 1) : body;
}

static bool path_below(const wr_pb_message *const *list, uint32_t n, const wr_pb_message *m,
                       wr_pb_path *path)
{
    if (path->n == WR_PB_PATH_MAX)
        return false;
    uint32_t at = path->n++;
    for (uint32_t i = 0; i < n; i++) {
        path->indexes[at] = (int32_t)i;
        if (list[i] == m || path_below(list[i]->nested, list[i]->nested_n, m, path))
            return true;
    }
    path->n = at;
    return false;
}

wr_pb_path wr__pb_path_of(const wr_pb_file *file, const wr_pb_message *m)
{
    wr_pb_path path = {0};
    bool found = path_below(file->messages, file->n, m, &path);
    WR_ASSERT(found);
    return path;
}
