/* SPDX-License-Identifier: Apache-2.0 */
/*
 * avro_schema.c - from a schema's JSON text to its nodes (avro_schema.h).
 *
 * One pass down the JSON tree. A named type enters the table of names before its inside is parsed,
 * so that it may be used there. Then empty types are found (is_empty), which can only be done when
 * all is known.
 *
 * What other writers of schemas do wrong without harm is accepted: defaults are not looked at here,
 * as one that fits only the second branch of a union is common (facts: A05); a logical type that
 * does not go with its base is ignored, as the Avro specification wants.
 */
#include "formats/avro_schema.h"

#include "common/map.h"
#include "common/utf8.h"

typedef struct parse {
    wr_arena *arena;
    wr_map names; /* full name -> wr_avro_node */
    wr_map seen;  /* text of a referenced schema -> itself: once is enough */
    weir_error *err;
} parse;

static const char *const kind_names[] = {
    [WR_AVRO_NULL] = "null",   [WR_AVRO_BOOLEAN] = "boolean", [WR_AVRO_INT] = "int",
    [WR_AVRO_LONG] = "long",   [WR_AVRO_FLOAT] = "float",     [WR_AVRO_DOUBLE] = "double",
    [WR_AVRO_BYTES] = "bytes", [WR_AVRO_STRING] = "string",   [WR_AVRO_RECORD] = "record",
    [WR_AVRO_ENUM] = "enum",   [WR_AVRO_FIXED] = "fixed",     [WR_AVRO_ARRAY] = "array",
    [WR_AVRO_MAP] = "map",     [WR_AVRO_UNION] = "union",
};

const char *wr__avro_kind_name(wr_avro_kind kind)
{
    WR_ASSERT((size_t)kind < WR_ARRAY_LEN(kind_names));
    return kind_names[kind];
}

#define FAIL(p, ...) wr_error((p)->err, WEIR_ERR_STATEMENT, "Invalid Avro schema: " __VA_ARGS__)

/* ---- names ---- */

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || (c & 0x80);
}

bool wr__avro_name_ok(wr_str name)
{
    if (!name.len || !is_letter(name.ptr[0]))
        return false;
    for (uint32_t i = 1; i < name.len; i++)
        if (!is_letter(name.ptr[i]) && !(name.ptr[i] >= '0' && name.ptr[i] <= '9'))
            return false;
    return wr_utf8_valid(name); /* half a surrogate pair is no letter */
}

/* The place of the last dot, or -1. */
static int64_t last_dot(wr_str name)
{
    for (int64_t i = (int64_t)name.len - 1; i >= 0; i--)
        if (name.ptr[i] == '.')
            return i;
    return -1;
}

static wr_str namespace_of(wr_str full)
{
    int64_t dot = last_dot(full);
    return wr_str_make(full.ptr, dot > 0 ? (size_t)dot : 0);
}

/* @p name within @p space, unless it has dots of its own. */
static wr_str full_name(parse *p, wr_str name, wr_str space)
{
    if (!space.len || last_dot(name) >= 0)
        return wr_arena_str(p->arena, name);
    return wr_str_c(
        wr_arena_printf(p->arena, WR_STR_FMT "." WR_STR_FMT, WR_STR_ARG(space), WR_STR_ARG(name)));
}

/* A member that is a text, or an empty one. */
static wr_str text_of(const wr_json *object, const char *member)
{
    const wr_json *j = wr_json_get(object, member);
    return j && j->kind == WR_JSON_STRING ? j->text : WR_STR("");
}

static bool whole_of(const wr_json *object, const char *member, int64_t *out)
{
    const wr_json *j = wr_json_get(object, member);
    return j && (j->kind == WR_JSON_NUMBER || j->kind == WR_JSON_STRING) &&
           wr_str_to_i64(j->text, out);
}

static wr_avro_node *node_new(parse *p, wr_avro_kind kind)
{
    wr_avro_node *node = WR_NEW(p->arena, wr_avro_node);
    node->kind = kind;
    node->short_name = kind_names[kind];
    node->null_branch = -1;
    return node;
}

/* A new node under the object's name, known from here on. @p space becomes the one for its inside.
 */
static weir_status named_node(parse *p, const wr_json *object, wr_avro_kind kind, wr_str *space,
                              wr_avro_node **out)
{
    wr_str name = text_of(object, "name");
    if (!name.len || memchr(name.ptr, 0, name.len))
        return FAIL(p, "a %s without a name", kind_names[kind]);
    const wr_json *given = wr_json_get(object, "namespace");
    if (given && given->kind == WR_JSON_STRING)
        *space = given->text;
    wr_str full = full_name(p, name, *space);
    if (memchr(full.ptr, 0, full.len))
        return FAIL(p, "a namespace with a zero in it");
    if (full.ptr[0] == '.') /* ".X": explicitly in no namespace */
        full = wr_str_make(full.ptr + 1, full.len - 1);
    *space = namespace_of(full);
    wr_avro_node *node = node_new(p, kind);
    node->name = full.ptr; /* 0-terminated, as arena texts are */
    int64_t dot = last_dot(full);
    node->short_name = full.ptr + (dot + 1);
    if (!*node->short_name)
        return FAIL(p, "a %s without a name", kind_names[kind]);
    if (wr_map_get(&p->names, full))
        return FAIL(p, "'%s' is defined twice", node->name);
    WR_ASSERT(wr_str_eq_c(full, node->name)); /* 0-terminated, and without a 0 inside */
    wr_map_put(&p->names, full, node);
    *out = node;
    return WEIR_OK;
}

/* ---- logical types ---- */

static bool is_word(wr_str s, const char *word)
{
    return wr_str_ieq(s, wr_str_c(word));
}

static const struct logical_row {
    const char *name, *connect; /* Connect's own name for it (facts: registered by its writers) */
    wr_avro_kind base;
    wr_avro_logical logical;
} logicals[] = {
    {"date", "org.apache.kafka.connect.data.Date", WR_AVRO_INT, WR_AVRO_DATE},
    {"time-millis", "org.apache.kafka.connect.data.Time", WR_AVRO_INT, WR_AVRO_TIME_MS},
    {"time-micros", NULL, WR_AVRO_LONG, WR_AVRO_TIME_US},
    {"timestamp-millis", "org.apache.kafka.connect.data.Timestamp", WR_AVRO_LONG,
     WR_AVRO_TIMESTAMP_MS},
    {"timestamp-micros", NULL, WR_AVRO_LONG, WR_AVRO_TIMESTAMP_US},
    {"timestamp-nanos", NULL, WR_AVRO_LONG, WR_AVRO_TIMESTAMP_NS},
    {"local-timestamp-millis", NULL, WR_AVRO_LONG, WR_AVRO_LOCAL_MS},
    {"local-timestamp-micros", NULL, WR_AVRO_LONG, WR_AVRO_TIMESTAMP_US},
    {"local-timestamp-nanos", NULL, WR_AVRO_LONG, WR_AVRO_TIMESTAMP_NS},
};

/* Precision and scale by the schema, or by Connect's parameters, or as Connect has them if not. */
static void read_decimal(const wr_json *object, wr_avro_node *node)
{
    int64_t precision = 64, scale = 0;
    const wr_json *parameters = wr_json_get(object, "connect.parameters");
    if (!whole_of(object, "precision", &precision) && parameters)
        (void)whole_of(parameters, "connect.decimal.precision", &precision);
    if (!whole_of(object, "scale", &scale) && parameters)
        (void)whole_of(parameters, "scale", &scale);
    WR_ASSERT(node->kind == WR_AVRO_BYTES || node->kind == WR_AVRO_FIXED);
    bool sane = precision > 0 && precision <= INT32_MAX && scale >= 0 && scale <= INT32_MAX;
    node->precision = sane ? (int32_t)precision : 0; /* 0: cannot be had as a column */
    node->scale = sane ? (int32_t)scale : 0;
    node->logical = WR_AVRO_DECIMAL;
}

static void read_logical(const wr_json *object, wr_avro_node *node)
{
    wr_str name = text_of(object, "logicalType"), connect = text_of(object, "connect.name");
    node->form = wr__connect_form(connect);
    if (node->kind == WR_AVRO_BYTES || node->kind == WR_AVRO_FIXED) {
        if (is_word(name, "decimal") ||
            wr_str_eq_c(connect, "org.apache.kafka.connect.data.Decimal"))
            read_decimal(object, node);
        return;
    }
    for (size_t i = 0; i < WR_ARRAY_LEN(logicals); i++) {
        const struct logical_row *row = &logicals[i];
        if (row->base == node->kind &&
            (is_word(name, row->name) || (row->connect && wr_str_eq_c(connect, row->connect))))
            node->logical = row->logical;
    }
}

/* ---- types ---- */

static weir_status parse_type(parse *p, const wr_json *j, wr_str space, const wr_avro_node **out);

static bool is_primitive(wr_str name, wr_avro_kind *kind)
{
    for (wr_avro_kind k = WR_AVRO_NULL; k <= WR_AVRO_STRING; k++)
        if (wr_str_eq_c(name, kind_names[k])) {
            *kind = k;
            return true;
        }
    return false;
}

/* A type by its name: within the namespace, or else in none, as Java looks. */
static weir_status parse_name(parse *p, wr_str name, wr_str space, const wr_avro_node **out)
{
    wr_avro_kind kind;
    if (is_primitive(name, &kind)) {
        *out = node_new(p, kind);
        return WEIR_OK;
    }
    *out = name.len ? wr_map_get(&p->names, full_name(p, name, space)) : NULL;
    if (!*out)
        *out = wr_map_get(&p->names, name);
    if (!*out)
        return FAIL(p, "'" WR_STR_FMT "' is not defined", WR_STR_ARG(name));
    return WEIR_OK;
}

/* The list that a named member must be. */
static weir_status list_of(parse *p, const wr_json *object, const char *member, const wr_json **out)
{
    const wr_json *list = wr_json_get(object, member);
    if (!list || list->kind != WR_JSON_ARRAY)
        return FAIL(p, "no list of %s", member);
    if (list->n > WR_AVRO_FIELDS_MAX)
        return FAIL(p, "more than %d %s", WR_AVRO_FIELDS_MAX, member);
    *out = list;
    return WEIR_OK;
}

/* Take @p name into @p names, where it must be new. */
static weir_status note_unique(parse *p, wr_map *names, wr_str name, const char *what)
{
    if (!name.len || memchr(name.ptr, 0, name.len))
        return FAIL(p, "a %s without a name", what);
    if (wr_map_put(names, name, p))
        return FAIL(p, "two %ss '" WR_STR_FMT "'", what, WR_STR_ARG(name));
    return WEIR_OK;
}

static weir_status parse_fields(parse *p, const wr_json *list, wr_str space, wr_avro_node *node,
                                wr_map *names)
{
    wr_avro_field *fields = WR_NEW_N(p->arena, wr_avro_field, list->n);
    for (uint32_t i = 0; i < list->n; i++) {
        const wr_json *f = &list->items[i];
        wr_str name = f->kind == WR_JSON_OBJECT ? text_of(f, "name") : WR_STR("");
        WR_TRY(note_unique(p, names, name, "field"));
        const wr_json *type = wr_json_get(f, "type");
        if (!type)
            return FAIL(p, "field '" WR_STR_FMT "' has no type", WR_STR_ARG(name));
        fields[i].name = wr_arena_strndup(p->arena, name.ptr, name.len);
        fields[i].fallback = wr_json_get(f, "default");
        WR_TRY(parse_type(p, type, space, &fields[i].type));
    }
    node->fields = fields;
    node->n = list->n;
    return WEIR_OK;
}

static weir_status parse_record(parse *p, const wr_json *j, wr_str space, const wr_avro_node **out)
{
    wr_avro_node *node;
    const wr_json *list;
    WR_TRY(named_node(p, j, WR_AVRO_RECORD, &space, &node));
    WR_TRY(list_of(p, j, "fields", &list));
    wr_map names;
    wr_map_init(&names);
    weir_status st = parse_fields(p, list, space, node, &names);
    wr_map_free(&names);
    WR_TRY(st);
    node->is_map_entry = is_word(text_of(j, "connect.internal.type"), "MapEntry") && node->n == 2 &&
                         strcmp(node->fields[0].name, "key") == 0 &&
                         strcmp(node->fields[1].name, "value") == 0;
    node->form = wr__connect_form(wr_str_c(node->name));
    WR_ASSERT(node->kind == WR_AVRO_RECORD && node->n == list->n);
    *out = node;
    return WEIR_OK;
}

static weir_status parse_enum(parse *p, const wr_json *j, wr_str space, const wr_avro_node **out)
{
    wr_avro_node *node;
    const wr_json *list;
    WR_TRY(named_node(p, j, WR_AVRO_ENUM, &space, &node));
    WR_TRY(list_of(p, j, "symbols", &list));
    wr_str *symbols = WR_NEW_N(p->arena, wr_str, list->n);
    wr_map names;
    wr_map_init(&names);
    weir_status st = WEIR_OK;
    for (uint32_t i = 0; i < list->n && st == WEIR_OK; i++) {
        const wr_json *s = &list->items[i];
        symbols[i] = s->kind == WR_JSON_STRING ? wr_arena_str(p->arena, s->text) : WR_STR("");
        st = note_unique(p, &names, symbols[i], "symbol");
    }
    wr_map_free(&names);
    node->symbols = symbols;
    node->n = list->n;
    *out = node;
    return st;
}

static weir_status parse_fixed(parse *p, const wr_json *j, wr_str space, const wr_avro_node **out)
{
    wr_avro_node *node;
    int64_t size;
    WR_TRY(named_node(p, j, WR_AVRO_FIXED, &space, &node));
    if (!whole_of(j, "size", &size) || size < 0 || size > INT32_MAX)
        return FAIL(p, "'%s' has no size", node->name);
    node->n = (uint32_t)size;
    read_logical(j, node);
    *out = node;
    return WEIR_OK;
}

static weir_status parse_list(parse *p, const wr_json *j, wr_avro_kind kind, wr_str space,
                              const wr_avro_node **out)
{
    wr_avro_node *node = node_new(p, kind);
    const char *member = kind == WR_AVRO_ARRAY ? "items" : "values";
    const wr_json *elem = wr_json_get(j, member);
    if (!elem)
        return FAIL(p, "%s without %s", kind_names[kind], member);
    *out = node;
    return parse_type(p, elem, space, &node->elem);
}

/* May the two stand in one union? Named types may unless they are the same one. */
static bool clash(const wr_avro_node *x, const wr_avro_node *y)
{
    if (x->kind != y->kind)
        return false;
    return !x->name || strcmp(x->name, y->name) == 0;
}

static weir_status parse_union(parse *p, const wr_json *j, wr_str space, const wr_avro_node **out)
{
    if (j->n == 0 || j->n > WR_AVRO_BRANCHES_MAX)
        return FAIL(p, "a union of %u branches", j->n);
    wr_avro_node *node = node_new(p, WR_AVRO_UNION);
    node->n = j->n;
    node->branches = WR_NEW_N(p->arena, const wr_avro_node *, j->n);
    for (uint32_t i = 0; i < j->n; i++) {
        WR_TRY(parse_type(p, &j->items[i], space, &node->branches[i]));
        const wr_avro_node *branch = node->branches[i];
        if (branch->kind == WR_AVRO_UNION)
            return FAIL(p, "a union in a union");
        for (uint32_t k = 0; k < i; k++)
            if (clash(branch, node->branches[k]))
                return FAIL(p, "a union with '%s' twice", branch->short_name);
        if (branch->kind == WR_AVRO_NULL)
            node->null_branch = (int32_t)i;
    }
    *out = node;
    return WEIR_OK;
}

static weir_status parse_object(parse *p, const wr_json *j, wr_str space, const wr_avro_node **out)
{
    const wr_json *type = wr_json_get(j, "type");
    if (!type)
        return FAIL(p, "no type");
    if (type->kind != WR_JSON_STRING) /* {"type": {"type": ...}} */
        return parse_type(p, type, space, out);
    wr_avro_kind kind;
    if (is_primitive(type->text, &kind)) {
        wr_avro_node *node = node_new(p, kind);
        read_logical(j, node);
        *out = node;
        return WEIR_OK;
    }
    if (wr_str_eq_c(type->text, "record") || wr_str_eq_c(type->text, "error"))
        return parse_record(p, j, space, out);
    if (wr_str_eq_c(type->text, "enum"))
        return parse_enum(p, j, space, out);
    if (wr_str_eq_c(type->text, "fixed"))
        return parse_fixed(p, j, space, out);
    if (wr_str_eq_c(type->text, "array"))
        return parse_list(p, j, WR_AVRO_ARRAY, space, out);
    if (wr_str_eq_c(type->text, "map"))
        return parse_list(p, j, WR_AVRO_MAP, space, out);
    return parse_name(p, type->text, space, out);
}

/* Depth: the JSON reader's bound on nesting holds here. */
static weir_status parse_type(parse *p, const wr_json *j, wr_str space, const wr_avro_node **out)
{
    switch (j->kind) {
    case WR_JSON_STRING:
        return parse_name(p, j->text, space, out);
    case WR_JSON_ARRAY:
        return parse_union(p, j, space, out);
    case WR_JSON_OBJECT:
        return parse_object(p, j, space, out);
    default:
        return FAIL(p, "a type must be a name, a list or an object");
    }
}

/* ---- types without bytes ---- */

/*
 * Is every value of the node empty? A record is, if all its fields are; one that contains itself
 * directly has no finite values, so it does not matter. Named nodes are marked when they are left.
 */
static bool find_empty(wr_avro_node *node, wr_map *visited, unsigned depth)
{
    if (depth > WR_AVRO_DEPTH_MAX) /* values as deep are refused anyway */
        return false;
    switch (node->kind) {
    case WR_AVRO_NULL:
        return node->is_empty = true;
    case WR_AVRO_FIXED:
        return node->is_empty = node->n == 0;
    case WR_AVRO_ARRAY:
    case WR_AVRO_MAP:
        (void)find_empty((wr_avro_node *)node->elem, visited, depth + 1);
        return false;
    case WR_AVRO_UNION:
        for (uint32_t i = 0; i < node->n; i++)
            (void)find_empty((wr_avro_node *)node->branches[i], visited, depth + 1);
        return false;
    case WR_AVRO_RECORD: {
        if (wr_map_put(visited, wr_str_c(node->name), node))
            return node->is_empty; /* known, or on the way here and so false */
        bool empty = true;
        for (uint32_t i = 0; i < node->n; i++)
            empty = find_empty((wr_avro_node *)node->fields[i].type, visited, depth + 1) && empty;
        return node->is_empty = empty;
    }
    default:
        return false;
    }
}

/* ---- whole schemas ---- */

static weir_status parse_schema(parse *p, const wr_registry_schema *schema, unsigned depth,
                                const wr_avro_node **out)
{
    if (depth > WR_AVRO_DEPTH_MAX)
        return FAIL(p, "its references go too deep");
    for (uint32_t i = 0; i < schema->references_n; i++) {
        const wr_registry_schema *other = schema->references[i].schema;
        if (!other)
            return FAIL(p, "the reference '" WR_STR_FMT "' is not resolved",
                        WR_STR_ARG(schema->references[i].name));
        const wr_avro_node *unused;
        if (!wr_map_put(&p->seen, other->text, p))
            WR_TRY(parse_schema(p, other, depth + 1, &unused));
    }
    wr_json *json;
    weir_error why;
    wr_str text = wr_str_trim(schema->text);
    wr_avro_kind kind;
    if (is_primitive(text, &kind)) { /* `int` for `"int"`: some registries take it, as Java does */
        *out = node_new(p, kind);
        return WEIR_OK;
    }
    if (wr_json_parse(text, false, p->arena, &json, &why) != WEIR_OK)
        return FAIL(p, "%s", why.message);
    return parse_type(p, json, WR_STR(""), out);
}

weir_status wr__avro_schema_parse(const wr_registry_schema *schema, wr_arena *arena,
                                  const wr_avro_node **out, weir_error *err)
{
    *out = NULL;
    if (schema->kind != WR_SCHEMA_AVRO)
        return wr_error(err, WEIR_ERR_STATEMENT, "Schema %u is no Avro schema", schema->id);
    parse p = {.arena = arena, .err = err};
    wr_map_init(&p.names);
    wr_map_init(&p.seen);
    weir_status st = parse_schema(&p, schema, 0, out);
    wr_map visited;
    wr_map_init(&visited);
    if (st == WEIR_OK)
        (void)find_empty((wr_avro_node *)*out, &visited, 0);
    wr_map_free(&visited);
    wr_map_free(&p.names);
    wr_map_free(&p.seen);
    WR_ASSERT(st != WEIR_OK || *out);
    return st;
}

/* ---- questions ---- */

int32_t wr__avro_only_branch(const wr_avro_node *node)
{
    WR_ASSERT(node->kind == WR_AVRO_UNION);
    if (node->n == 1 && node->null_branch < 0)
        return 0;
    return node->n == 2 && node->null_branch >= 0 ? 1 - node->null_branch : -1;
}

bool wr__avro_is_entries(const wr_avro_node *node)
{
    return node->kind == WR_AVRO_ARRAY && node->elem->kind == WR_AVRO_RECORD &&
           node->elem->is_map_entry;
}

const char *wr__avro_branch_name(const wr_avro_node *node, uint32_t i)
{
    WR_ASSERT(node->kind == WR_AVRO_UNION && i < node->n);
    return node->branches[i]->short_name;
}

uint32_t wr__avro_branch_home(const wr_avro_node *node, uint32_t i)
{
    WR_ASSERT(node->kind == WR_AVRO_UNION && i < node->n);
    wr_avro_kind kind = node->branches[i]->kind;
    if (kind != WR_AVRO_ENUM && kind != WR_AVRO_FIXED)
        return i;
    WR_ASSERT(node->n > 1);
    wr_avro_kind first = kind == WR_AVRO_ENUM ? WR_AVRO_STRING : WR_AVRO_BYTES;
    for (uint32_t k = 0; k < i; k++)
        if (node->branches[k]->kind == first && node->branches[k]->logical == WR_AVRO_PLAIN &&
            node->branches[i]->logical == WR_AVRO_PLAIN)
            return k;
    return i;
}
