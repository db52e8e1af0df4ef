/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protobuf_shape.c - how the fields of a writer's message come to columns and fields of STRUCTs:
 * the rules, once for each message, so that no record asks again.
 *
 * What goes to what is Connect's and ksqlDB's table (facts: Q08, Q26, Q27).
 */
#include "formats/protobuf.h"

#include <stdlib.h>

static wr_pb_way way_of(const wr_pb_field *f, const wr_type *type, wr_arena *arena);

/* ---- types ---- */

static wr_pb_way_kind whole_way(bool is_long, wr_tid to)
{
    switch (to) {
    case WR_T_STRING:
        return WR_PB_WAY_TEXT;
    case WR_T_BIGINT:
    case WR_T_TIMESTAMP:
        return WR_PB_WAY_LONG;
    case WR_T_INTEGER:
    case WR_T_DATE:
    case WR_T_TIME:
        return is_long ? WR_PB_WAY_MISMATCH : WR_PB_WAY_INT;
    default:
        return WR_PB_WAY_MISMATCH;
    }
}

static wr_pb_way_kind scalar_way(wr_pb_kind kind, wr_tid to)
{
    wr_tid own;
    wr_pb_way_kind way;
    switch (kind) {
    case WR_PB_INT32:
    case WR_PB_SINT32:
    case WR_PB_SFIXED32:
        return whole_way(false, to);
    case WR_PB_UINT32: /* its values need a BIGINT (Q27) */
    case WR_PB_FIXED32:
    case WR_PB_INT64:
    case WR_PB_SINT64:
    case WR_PB_UINT64:
    case WR_PB_FIXED64:
    case WR_PB_SFIXED64:
        return whole_way(true, to);
    case WR_PB_BOOL:
        own = WR_T_BOOLEAN;
        way = WR_PB_WAY_BOOLEAN;
        break;
    case WR_PB_FLOAT:
    case WR_PB_DOUBLE:
        own = WR_T_DOUBLE;
        way = WR_PB_WAY_DOUBLE;
        break;
    case WR_PB_ENUM:
        return to == WR_T_STRING ? WR_PB_WAY_ENUM : WR_PB_WAY_MISMATCH;
    case WR_PB_STRING:
        return to == WR_T_STRING ? WR_PB_WAY_STRING : WR_PB_WAY_MISMATCH;
    case WR_PB_BYTES:
        return to == WR_T_BYTES ? WR_PB_WAY_BYTES : WR_PB_WAY_MISMATCH;
    default:
        WR_UNREACHABLE();
    }
    return to == own ? way : to == WR_T_STRING ? WR_PB_WAY_TEXT : WR_PB_WAY_MISMATCH;
}

static wr_pb_shape *make_shape(const wr_pb_message *m, const char *const *names,
                               const wr_type *const *types, const bool *wanted, uint32_t n,
                               bool one_of, wr_arena *arena);

static const wr_pb_shape *struct_shape(const wr_pb_message *m, const wr_type *type, bool one_of,
                                       wr_arena *arena)
{
    const char **names = WR_NEW_N(arena, const char *, type->fields_n);
    const wr_type **types = WR_NEW_N(arena, const wr_type *, type->fields_n);
    for (uint32_t i = 0; i < type->fields_n; i++) {
        names[i] = type->fields[i].name;
        types[i] = type->fields[i].type;
    }
    return make_shape(m, names, types, NULL, type->fields_n, one_of, arena);
}

static const wr_pb_way *elem_way(const wr_pb_field *f, const wr_type *type, wr_arena *arena)
{
    wr_pb_way *elem = WR_NEW(arena, wr_pb_way);
    *elem = way_of(f, type, arena);
    return elem;
}

static void message_way(wr_pb_way *way, wr_arena *arena)
{
    static const wr_tid whole[] = {
        [WR_PB_TIMESTAMP] = WR_T_TIMESTAMP, [WR_PB_DATE] = WR_T_DATE, [WR_PB_TIME] = WR_T_TIME};
    const wr_pb_message *m = way->field->message;
    way->kind = WR_PB_WAY_MISMATCH;
    switch (m->known) {
    case WR_PB_TIMESTAMP:
    case WR_PB_DATE:
    case WR_PB_TIME:
        if (way->type->id == whole[m->known])
            way->kind = WR_PB_WAY_KNOWN;
        break;
    case WR_PB_DECIMAL:
        if (way->type->id == WR_T_DECIMAL)
            way->kind = WR_PB_WAY_DECIMAL;
        break;
    case WR_PB_WRAPPER:
        way->elem = elem_way(&m->fields[0], way->type, arena);
        if (way->elem->kind != WR_PB_WAY_MISMATCH)
            way->kind = WR_PB_WAY_WRAPPER;
        break;
    case WR_PB_PLAIN:
        if (way->type->id != WR_T_STRUCT)
            break;
        way->kind = WR_PB_WAY_STRUCT;
        way->shape = struct_shape(m, way->type, false, arena);
        break;
    }
}

/* An entry's places are its key, as a text whatever it was, and its value. */
static void map_way(wr_pb_way *way, wr_arena *arena)
{
    static const char *const names[] = {"key", "value"};
    const wr_pb_message *entry = way->field->message;
    way->kind = WR_PB_WAY_MISMATCH;
    if (way->type->id != WR_T_MAP)
        return;
    const wr_type **types = WR_NEW_N(arena, const wr_type *, 2);
    types[0] = &wr_type_string;
    types[1] = way->type->elem;
    WR_ASSERT(entry->n == 2);
    wr_pb_shape *shape = wr__pb_shape_new(entry, names, types, NULL, 2, arena);
    shape->ways[0].is_required_value = shape->ways[1].is_required_value = entry->map_entry;
    for (uint32_t i = 0; i < shape->entries_n && entry->map_entry; i++)
        shape->entries[i].closed = NULL; /* the whole entry is none then: it is left out later */
    way->shape = shape;
    if (shape->ways[0].kind != WR_PB_WAY_MISMATCH)
        way->kind = WR_PB_WAY_MAP;
}

static wr_pb_way way_of(const wr_pb_field *f, const wr_type *type, wr_arena *arena)
{
    wr_pb_way way = {.type = type, .field = f};
    if (wr__pb_is_map(f)) {
        map_way(&way, arena);
    } else if (f->repeated) {
        wr_pb_field *one = wr_arena_memdup(arena, f, sizeof *f);
        one->repeated = false;
        way.kind = type->id == WR_T_ARRAY ? WR_PB_WAY_LIST : WR_PB_WAY_MISMATCH;
        if (type->id == WR_T_ARRAY)
            way.elem = elem_way(one, type->elem, arena);
    } else if (f->message) {
        message_way(&way, arena);
    } else {
        way.kind = scalar_way(f->kind, type->id);
    }
    return way;
}

/* ---- names ---- */

static bool is_upper_of(const char *upper, const char *name)
{
    while (*name && wr_upper(*name) == *upper)
        name++, upper++;
    return !*name && !*upper;
}

static bool equal(const char *x, const char *y)
{
    return strcmp(x, y) == 0;
}

/* What can go to a place: a field that is in no oneof, or a oneof. */
typedef struct source {
    const char *name;
    const wr_pb_field *field; /* NULL: a oneof */
    uint32_t oneof;
    uint32_t place; /* or UINT32_MAX */
} source;

static source *sources_of(const wr_pb_message *m, wr_arena *arena, uint32_t *n)
{
    source *all = WR_NEW_N(arena, source, m->oneofs_n + m->n);
    *n = 0;
    for (uint32_t i = 0; i < m->oneofs_n; i++)
        all[(*n)++] = (source){wr__pb_oneof_name(m, i, arena), NULL, i, UINT32_MAX};
    for (uint32_t i = 0; i < m->n; i++)
        if (m->fields[i].oneof < 0)
            all[(*n)++] = (source){m->fields[i].name, &m->fields[i], 0, UINT32_MAX};
    return all;
}

/* One source per place and one place per source, by @p same; those without one yet (Q02). */
static void match_by(bool (*same)(const char *, const char *), source *all, uint32_t sources_n,
                     const char *const *names, uint32_t n, bool *taken)
{
    for (uint32_t i = 0; i < sources_n; i++)
        for (uint32_t k = 0; k < n && all[i].place == UINT32_MAX; k++) {
            if (taken[k] || !same(names[k], all[i].name))
                continue;
            taken[k] = true;
            all[i].place = k;
        }
}

/* ---- shapes ---- */

/* The members of a oneof as a shape of its own, for the STRUCT that it is. */
static void oneof_way(wr_pb_way *way, const wr_pb_message *m, uint32_t oneof, wr_arena *arena)
{
    WR_ASSERT(oneof < m->oneofs_n);
    way->kind = WR_PB_WAY_MISMATCH;
    if (way->type->id != WR_T_STRUCT)
        return;
    wr_pb_message *members = WR_NEW(arena, wr_pb_message);
    *members =
        (wr_pb_message){.name = m->oneofs[oneof], .full_name = m->full_name, .file = m->file};
    members->fields = WR_NEW_N(arena, wr_pb_field, m->n);
    for (uint32_t i = 0; i < m->n; i++) {
        if (m->fields[i].oneof != (int32_t)oneof)
            continue;
        wr_pb_field *copy = &members->fields[members->n++];
        *copy = m->fields[i];
        copy->oneof = -1;
    }
    way->shape = struct_shape(members, way->type, true, arena);
    way->kind = WR_PB_WAY_ONEOF;
}

static wr_pb_entry entry_of(const wr_pb_field *f, uint32_t place, bool is_span)
{
    return (wr_pb_entry){
        .number = f->number,
        .wire = wr__pb_wire_of(f->kind),
        .place = place,
        .span = is_span || f->repeated || f->message,
        .closed = f->values && f->values->closed && !f->repeated ? f->values : NULL,
        .packable = f->repeated && wr__pb_is_packable(f->kind),
    };
}

static int by_number(const void *a, const void *b)
{
    const wr_pb_entry *x = a, *y = b;
    return x->number < y->number ? -1 : x->number > y->number;
}

/* Entries for all fields that somebody wants, that must be there, or that end another one. */
static void add_entries(wr_pb_shape *s, const source *all, uint32_t sources_n, wr_arena *arena)
{
    const wr_pb_message *m = s->message;
    uint32_t required = 0;
    s->entries = WR_NEW_N(arena, wr_pb_entry, m->n);
    for (uint32_t i = 0; i < m->n; i++) {
        const wr_pb_field *f = &m->fields[i];
        uint32_t place = UINT32_MAX;
        for (uint32_t k = 0; k < sources_n; k++)
            if (all[k].field == f || (!all[k].field && f->oneof == (int32_t)all[k].oneof))
                place = all[k].place;
        bool is_member = f->oneof >= 0;
        bool must_be = f->required && required < WR_PB_REQUIRED_MAX;
        if (place == UINT32_MAX && !must_be && !s->one_of)
            continue;
        wr_pb_entry *e = &s->entries[s->entries_n++];
        *e = entry_of(f, place, is_member);
        if (must_be) {
            s->required |= (uint64_t)1 << required;
            e->required = ++required;
        }
    }
    qsort(s->entries, s->entries_n, sizeof *s->entries, by_number);
    for (uint32_t i = 0; i < s->entries_n; i++)
        if (s->entries[i].number < WR_PB_DIRECT)
            s->direct[s->entries[i].number] = &s->entries[i];
}

static wr_pb_shape *make_shape(const wr_pb_message *m, const char *const *names,
                               const wr_type *const *types, const bool *wanted, uint32_t n,
                               bool one_of, wr_arena *arena)
{
    wr_pb_shape *s = WR_NEW(arena, wr_pb_shape);
    *s = (wr_pb_shape){.message = m, .n = n, .names = names, .one_of = one_of};
    s->ways = WR_NEW_N(arena, wr_pb_way, n);
    for (uint32_t k = 0; k < n; k++)
        s->ways[k] = (wr_pb_way){.kind = WR_PB_WAY_ABSENT, .type = types[k]};
    uint32_t sources_n;
    source *all = sources_of(m, arena, &sources_n);
    bool *taken = WR_NEW_N(arena, bool, n);
    match_by(equal, all, sources_n, names, n, taken);
    match_by(is_upper_of, all, sources_n, names, n, taken);
    for (uint32_t i = 0; i < sources_n; i++) {
        uint32_t place = all[i].place;
        if (place == UINT32_MAX)
            continue;
        if (wanted && !wanted[place])
            all[i].place = UINT32_MAX;
        else if (all[i].field)
            s->ways[place] = way_of(all[i].field, types[place], arena);
        else
            oneof_way(&s->ways[place], m, all[i].oneof, arena);
    }
    add_entries(s, all, sources_n, arena);
    WR_ASSERT(s->entries_n <= m->n);
    return s;
}

wr_pb_shape *wr__pb_shape_new(const wr_pb_message *m, const char *const *names,
                              const wr_type *const *types, const bool *wanted, uint32_t n,
                              wr_arena *arena)
{
    return make_shape(m, names, types, wanted, n, false, arena);
}

/* ---- a schema beside columns ---- */

/* All the way down: an element or a member without a way makes the record bad as well. */
static bool is_passable(const wr_pb_way *way)
{
    bool fits = way->kind != WR_PB_WAY_MISMATCH;
    if (way->elem && fits)
        fits = is_passable(way->elem);
    for (uint32_t i = 0; way->shape && fits && i < way->shape->n; i++)
        fits = is_passable(&way->shape->ways[i]);
    return fits;
}

/* Of the message that a file is about; records of another one in it have other fields. */
weir_status wr__pb_schema_fields(const wr_registry_schema *schema, const wr_format_columns *columns,
                                 wr_arena *arena, wr_schema_field **fields, uint32_t *n,
                                 weir_error *err)
{
    const wr_pb_file *file;
    const wr_pb_message *m;
    WR_TRY(wr__pb_schema_parse(schema, arena, &file, err));
    WR_TRY(wr__pb_message_meant(file, columns->options->full_name, &m, err));
    const char **names = WR_NEW_N(arena, const char *, columns->n);
    const wr_type **types = WR_NEW_N(arena, const wr_type *, columns->n);
    for (uint32_t c = 0; c < columns->n; c++) {
        names[c] = columns->cols[c].name;
        types[c] = columns->cols[c].type;
    }
    const wr_pb_shape *shape = make_shape(m, names, types, NULL, columns->n, false, arena);
    source *all = sources_of(m, arena, n);
    bool *taken = WR_NEW_N(arena, bool, columns->n);
    match_by(equal, all, *n, names, columns->n, taken);
    match_by(is_upper_of, all, *n, names, columns->n, taken);
    *fields = WR_NEW_N(arena, wr_schema_field, *n);
    for (uint32_t i = 0; i < *n; i++)
        (*fields)[i] = (wr_schema_field){.name = all[i].name,
                                         .column = all[i].place,
                                         .fits = all[i].place == UINT32_MAX ||
                                                 is_passable(&shape->ways[all[i].place])};
    return WEIR_OK;
}
