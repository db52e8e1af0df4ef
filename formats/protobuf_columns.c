/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protobuf_columns.c - the message that columns are written with, and its text.
 *
 * Connect's forms (facts: Q17, Q19 to Q22): messages and entries of maps are numbered in the order
 * of their appearance, each defined inside the one that uses it; a MAP is a list of entries, not a
 * map field. The text is laid out as the registry's clients lay it out, for those who compare
 * texts.
 */
#include "formats/protobuf.h"

typedef struct make {
    wr_arena *arena;
    wr_nullable_form nullable;
    uint32_t names; /* given so far */
    wr_arr(const char *) imports;
} make;

/* ---- well-known messages, as far as reading and writing needs them ---- */

static wr_pb_field scalar(const char *name, uint32_t number, wr_pb_kind kind)
{
    return (wr_pb_field){.name = name, .number = number, .kind = kind, .oneof = -1};
}

static const wr_pb_message *known_message(make *m, const char *full_name, const char *file,
                                          wr_pb_known known, const wr_pb_field *fields, uint32_t n)
{
    WR_ASSERT(n > 0 && strrchr(full_name, '.'));
    wr_pb_message *message = WR_NEW(m->arena, wr_pb_message);
    *message = (wr_pb_message){
        .name = strrchr(full_name, '.') + 1,
        .full_name = full_name,
        .file = file,
        .known = known,
        .n = n,
        .fields = wr_arena_memdup(m->arena, fields, n * sizeof *fields),
    };
    for (size_t i = 0; i < m->imports.n; i++)
        if (strcmp(m->imports.v[i], file) == 0)
            return message;
    wr_arr_push(m->arena, &m->imports, file);
    return message;
}

static const wr_pb_message *message_of_scalar(make *m, wr_tid id)
{
    switch (id) {
    case WR_T_DECIMAL: {
        const wr_pb_field f[] = {scalar("value", 1, WR_PB_BYTES),
                                 scalar("precision", 2, WR_PB_UINT32),
                                 scalar("scale", 3, WR_PB_INT32)};
        return known_message(m, "confluent.type.Decimal", "confluent/type/decimal.proto",
                             WR_PB_DECIMAL, f, 3);
    }
    case WR_T_DATE: {
        const wr_pb_field f[] = {scalar("year", 1, WR_PB_INT32), scalar("month", 2, WR_PB_INT32),
                                 scalar("day", 3, WR_PB_INT32)};
        return known_message(m, "google.type.Date", "google/type/date.proto", WR_PB_DATE, f, 3);
    }
    case WR_T_TIME: {
        const wr_pb_field f[] = {scalar("hours", 1, WR_PB_INT32), scalar("minutes", 2, WR_PB_INT32),
                                 scalar("seconds", 3, WR_PB_INT32),
                                 scalar("nanos", 4, WR_PB_INT32)};
        return known_message(m, "google.type.TimeOfDay", "google/type/timeofday.proto", WR_PB_TIME,
                             f, 4);
    }
    case WR_T_TIMESTAMP: {
        const wr_pb_field f[] = {scalar("seconds", 1, WR_PB_INT64),
                                 scalar("nanos", 2, WR_PB_INT32)};
        return known_message(m, "google.protobuf.Timestamp", "google/protobuf/timestamp.proto",
                             WR_PB_TIMESTAMP, f, 2);
    }
    default:
        return NULL;
    }
}

static wr_pb_kind kind_of(wr_tid id, const char **wrapper)
{
    switch (id) {
    case WR_T_BOOLEAN:
        *wrapper = "google.protobuf.BoolValue";
        return WR_PB_BOOL;
    case WR_T_INTEGER:
        *wrapper = "google.protobuf.Int32Value";
        return WR_PB_INT32;
    case WR_T_BIGINT:
        *wrapper = "google.protobuf.Int64Value";
        return WR_PB_INT64;
    case WR_T_DOUBLE:
        *wrapper = "google.protobuf.DoubleValue";
        return WR_PB_DOUBLE;
    case WR_T_STRING:
        *wrapper = "google.protobuf.StringValue";
        return WR_PB_STRING;
    case WR_T_BYTES:
        *wrapper = "google.protobuf.BytesValue";
        return WR_PB_BYTES;
    default:
        WR_UNREACHABLE();
    }
}

/* ---- messages ---- */

static const wr_pb_message *message_of_fields(make *m, wr_pb_message *around,
                                              const wr_field *fields, uint32_t n, const char *name);

static void nest(make *m, wr_pb_message *around, const wr_pb_message *inside)
{
    WR_ASSERT(inside != around);
    const wr_pb_message **all = WR_NEW_N(m->arena, const wr_pb_message *, around->nested_n + 1);
    if (around->nested_n)
        memcpy(all, around->nested, around->nested_n * sizeof(const wr_pb_message *));
    all[around->nested_n++] = inside;
    around->nested = all;
}

static const char *next_name(make *m, const char *suffix)
{
    return wr_arena_printf(m->arena, "ConnectDefault%u%s", ++m->names, suffix);
}

static void set_type(make *m, wr_pb_message *around, const wr_type *t, wr_pb_field *f)
{
    WR_ASSERT(t->id != WR_T_ARRAY); /* check has refused lists of lists */
    f->kind = WR_PB_MESSAGE;
    if (t->id == WR_T_STRUCT) {
        f->message = message_of_fields(m, around, t->fields, t->fields_n, next_name(m, ""));
    } else if (t->id == WR_T_MAP) {
        const wr_field entry[] = {{"key", &wr_type_string}, {"value", t->elem}};
        f->message = message_of_fields(m, around, entry, 2, next_name(m, "Entry"));
        f->repeated = true;
    } else if (!(f->message = message_of_scalar(m, t->id))) {
        const char *wrapper;
        f->kind = kind_of(t->id, &wrapper);
        if (m->nullable != WR_NULLABLE_WRAPPER)
            return;
        const wr_pb_field value = scalar("value", 1, f->kind);
        f->message =
            known_message(m, wrapper, "google/protobuf/wrappers.proto", WR_PB_WRAPPER, &value, 1);
        f->kind = WR_PB_MESSAGE;
    }
    if (t->id == WR_T_DECIMAL) {
        f->precision = t->precision;
        f->scale = t->scale;
    }
}

/* Entries of maps have plain fields whatever the nullable form, but for wrappers. */
static wr_pb_field field_of(make *m, wr_pb_message *around, const wr_field *from, uint32_t number,
                            bool in_entry)
{
    wr_pb_field f = {.name = from->name, .number = number, .oneof = -1};
    f.repeated = from->type->id == WR_T_ARRAY;
    set_type(m, around, f.repeated ? from->type->elem : from->type, &f);
    WR_ASSERT(!f.repeated || from->type->id == WR_T_ARRAY || from->type->id == WR_T_MAP);
    f.packed = f.repeated && wr__pb_is_packable(f.kind);
    f.optional = m->nullable == WR_NULLABLE_OPTIONAL && !f.repeated && !in_entry;
    f.has_presence = !f.repeated && (f.optional || f.message);
    return f;
}

static const wr_pb_message *message_of_fields(make *m, wr_pb_message *around,
                                              const wr_field *fields, uint32_t n, const char *name)
{
    size_t len = strlen(name);
    bool is_entry = around && len > 5 && strcmp(name + len - 5, "Entry") == 0;
    wr_pb_message *made = WR_NEW(m->arena, wr_pb_message);
    made->name = made->full_name = name;
    made->file = "";
    if (around)
        nest(m, around, made);
    made->n = n;
    made->fields = WR_NEW_N(m->arena, wr_pb_field, n);
    for (uint32_t i = 0; i < n; i++)
        made->fields[i] = field_of(m, made, &fields[i], i + 1, is_entry);
    return made;
}

/* PROTOBUF_NOSR's single keys: a message of its own where the type is one (Q24). */
static const wr_pb_message *bare_message(make *m, const wr_type *t)
{
    if (t->id == WR_T_STRUCT)
        return message_of_fields(m, NULL, t->fields, t->fields_n, next_name(m, ""));
    return message_of_scalar(m, t->id);
}

const wr_pb_file *wr__pb_file_of_columns(const wr_format_columns *c, wr_arena *arena)
{
    WR_ASSERT(c->options && (!c->options->unwrapped || c->n <= 1));
    make m = {.arena = arena, .nullable = c->options->nullable};
    const char *name = c->options->full_name, *dot = name ? strrchr(name, '.') : NULL;
    wr_pb_file *file = WR_NEW(arena, wr_pb_file);
    file->package = dot ? wr_arena_strndup(arena, name, (size_t)(dot - name)) : "";
    file->n = 1;
    file->messages = WR_NEW_N(arena, const wr_pb_message *, 1);
    if (c->options->unwrapped && c->n == 1)
        file->messages[0] = bare_message(&m, c->cols[0].type);
    if (!file->messages[0]) {
        wr_field *fields = WR_NEW_N(arena, wr_field, c->n);
        for (uint32_t i = 0; i < c->n; i++)
            fields[i] = (wr_field){c->cols[i].name, c->cols[i].type};
        const char *own = dot ? dot + 1 : name ? name : next_name(&m, "");
        file->messages[0] = message_of_fields(&m, NULL, fields, c->n, own);
    }
    WR_ASSERT(file->messages[0]);
    file->imports = m.imports.v;
    file->imports_n = (uint32_t)m.imports.n;
    return file;
}
