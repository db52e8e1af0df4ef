/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_sr_schema.c - the text of a JSON Schema to a tree of Connect's types (facts: Q30 to Q36).
 *
 * Drafts 4 to 2020-12 are read alike: a keyword that a draft does not know is seldom there. `$ref`
 * leads to a part of the same text (by pointer, by anchor, by its `$id`), or to a schema that is
 * registered as a reference. A part that contains itself becomes a node of kind BAD.
 */
#include "formats/json_sr.h"

#include <stdio.h>
#include <stdlib.h>

/* One text: the schema itself, or one that is referred to. */
typedef struct doc {
    const wr_registry_schema *schema;
    const wr_json *root;
    const char *base; /* directory of its `$id`: what relative references are relative to */
    bool tuples;      /* from 2019-09 on, where `prefixItems` are not Connect's */
} doc;

typedef struct parse {
    wr_arena *arena;
    uint32_t nodes, steps;
    uint32_t depth;
    const wr_json *open[WR_JSR_DEPTH_MAX]; /* the objects that are being read */
} parse;

static const wr_jsr_node *node_of(parse *p, const doc *d, const wr_json *j);

static wr_jsr_node *new_node(parse *p, wr_jsr_kind kind)
{
    wr_jsr_node *node = WR_NEW(p->arena, wr_jsr_node);
    node->kind = kind;
    return node;
}

static const wr_jsr_node *bad(parse *p, const char *why)
{
    wr_jsr_node *node = new_node(p, WR_JSR_BAD);
    node->why = why;
    return node;
}

/* ---- looking at JSON ---- */

static bool is_text(const wr_json *j, const char *text)
{
    return j && j->kind == WR_JSON_STRING && wr_str_eq(j->text, wr_str_c(text));
}

static const wr_json *get_kind(const wr_json *object, const char *name, wr_json_kind kind)
{
    const wr_json *j = wr_json_get(object, name);
    return j && j->kind == kind ? j : NULL;
}

static bool has_any(const wr_json *object, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (wr_json_get(object, names[i]))
            return true;
    return false;
}

/* A whole number in a text or a number, as Connect's parameters and indexes are. */
static bool whole_of(const wr_json *j, int32_t *out)
{
    int64_t v;
    if (!j || (j->kind != WR_JSON_STRING && j->kind != WR_JSON_NUMBER) ||
        !wr_str_to_i64(j->text, &v) || v < INT32_MIN || v > INT32_MAX)
        return false;
    *out = (int32_t)v;
    return true;
}

/* ---- references ---- */

static weir_status doc_of(const wr_registry_schema *schema, wr_arena *arena, doc *out,
                          weir_error *err)
{
    wr_json *root;
    if (wr_json_parse(schema->text, false, arena, &root, err) != WEIR_OK) {
        if (err)
            err->code = WEIR_ERR_STATEMENT;
        return WEIR_ERR_STATEMENT;
    }
    *out = (doc){.schema = schema, .root = root, .base = ""};
    const wr_json *draft = get_kind(root, "$schema", WR_JSON_STRING);
    const char *text = draft ? wr_arena_strndup(arena, draft->text.ptr, draft->text.len) : "";
    out->tuples = strstr(text, "2019-09") || strstr(text, "2020-12");
    const wr_json *id = get_kind(root, "$id", WR_JSON_STRING);
    if (!id)
        id = get_kind(root, "id", WR_JSON_STRING);
    if (id) {
        char *base = wr_arena_strndup(arena, id->text.ptr, id->text.len);
        char *slash = strrchr(base, '/');
        base[slash ? (size_t)(slash + 1 - base) : 0] = 0;
        out->base = base;
    }
    return WEIR_OK;
}

/* The next token of a JSON pointer, unescaped: `~1` is /, `~0` is ~, and %xx as in a URI. */
static wr_str pointer_token(parse *p, wr_str text)
{
    char *out = wr_arena_alloc(p->arena, text.len + 1);
    uint32_t n = 0;
    for (uint32_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '~' && i + 1 < text.len && (text.ptr[i + 1] == '0' || text.ptr[i + 1] == '1')) {
            c = text.ptr[++i] == '1' ? '/' : '~';
        } else if (c == '%' && i + 2 < text.len) {
            char hex[3] = {text.ptr[i + 1], text.ptr[i + 2], 0}, *end;
            unsigned long v = strtoul(hex, &end, 16);
            if (*end == 0) {
                c = (char)v;
                i += 2;
            }
        }
        out[n++] = c;
    }
    return wr_str_make(out, n);
}

static const wr_json *member(const wr_json *object, wr_str name)
{
    for (uint32_t i = object->n; object->kind == WR_JSON_OBJECT && i-- > 0;)
        if (wr_str_eq(object->keys[i], name))
            return &object->items[i];
    return NULL;
}

static const wr_json *by_pointer(parse *p, const wr_json *at, wr_str path)
{
    while (at && path.len) {
        path = wr_str_make(path.ptr + 1, path.len - 1); /* its slash */
        const char *slash = path.len ? memchr(path.ptr, '/', path.len) : NULL;
        uint32_t len = slash ? (uint32_t)(slash - path.ptr) : path.len;
        wr_str token = pointer_token(p, wr_str_make(path.ptr, len));
        int64_t index;
        if (at->kind != WR_JSON_ARRAY)
            at = member(at, token);
        else
            at = wr_str_to_i64(token, &index) && index >= 0 && index < at->n ? &at->items[index]
                                                                             : NULL;
        path = wr_str_make(path.ptr + len, path.len - len);
    }
    return at;
}

/* The part of a text that names itself so, by `$id` or `$anchor`; @p steps bounds the search. */
static const wr_json *by_name(const wr_json *at, wr_str name, wr_str fragment, uint32_t *steps)
{
    if (++*steps > WR_JSR_NODES_MAX)
        return NULL;
    if (at->kind == WR_JSON_OBJECT) {
        const wr_json *id = get_kind(at, "$id", WR_JSON_STRING);
        if (!id)
            id = get_kind(at, "id", WR_JSON_STRING);
        const wr_json *anchor = get_kind(at, "$anchor", WR_JSON_STRING);
        if (name.len && id && wr_str_eq(id->text, name))
            return at;
        if (fragment.len && anchor && wr_str_eq(anchor->text, fragment))
            return at;
        if (fragment.len && id && id->text.len == fragment.len + 1 && id->text.ptr[0] == '#' &&
            memcmp(id->text.ptr + 1, fragment.ptr, fragment.len) == 0)
            return at;
    }
    const wr_json *found = NULL;
    for (uint32_t i = 0; i < at->n && !found; i++)
        if (at->items[i].kind == WR_JSON_OBJECT || at->items[i].kind == WR_JSON_ARRAY)
            found = by_name(&at->items[i], name, fragment, steps);
    return found;
}

/* The registered reference that a `$ref` means: by its name, or by the name after the base. */
static const wr_registry_schema *reference_of(parse *p, const doc *d, wr_str name)
{
    for (uint32_t i = 0; i < d->schema->references_n; i++) {
        const wr_registry_reference *r = &d->schema->references[i];
        const char *full = wr_arena_printf(p->arena, "%s" WR_STR_FMT, d->base, WR_STR_ARG(r->name));
        const char *wanted = wr_arena_printf(p->arena, "%s" WR_STR_FMT, d->base, WR_STR_ARG(name));
        if (wr_str_eq(r->name, name) || wr_str_eq(wr_str_c(full), name) ||
            wr_str_eq(wr_str_c(wanted), r->name))
            return r->schema;
    }
    return NULL;
}

static const wr_jsr_node *node_in(parse *p, const doc *d, const wr_json *at, wr_str fragment)
{
    const wr_json *to = at;
    if (fragment.len && fragment.ptr[0] == '/')
        to = by_pointer(p, at, fragment);
    else if (fragment.len)
        to = by_name(at, (wr_str){0}, fragment, &p->steps);
    return to ? node_of(p, d, to) : bad(p, "a $ref leads to nothing");
}

static const wr_jsr_node *follow(parse *p, const doc *d, wr_str ref)
{
    const char *hash = ref.len ? memchr(ref.ptr, '#', ref.len) : NULL;
    uint32_t len = hash ? (uint32_t)(hash - ref.ptr) : ref.len;
    wr_str name = wr_str_make(ref.ptr, len);
    wr_str fragment = hash ? wr_str_make(hash + 1, ref.len - len - 1) : (wr_str){0};
    if (!name.len)
        return node_in(p, d, d->root, fragment);
    const wr_registry_schema *other = reference_of(p, d, name);
    if (other) {
        doc *inner = WR_NEW(p->arena, doc);
        if (++p->steps > WR_JSR_NODES_MAX || doc_of(other, p->arena, inner, NULL) != WEIR_OK)
            return bad(p, "a schema that it refers to cannot be read");
        return node_in(p, inner, inner->root, fragment);
    }
    const wr_json *part = by_name(d->root, name, (wr_str){0}, &p->steps);
    return part ? node_in(p, d, part, fragment) : bad(p, "a $ref leads to nothing");
}

/* ---- scalars ---- */

#define LOGICAL "org.apache.kafka.connect.data."

static const wr_jsr_node *decimal_of(parse *p, const wr_json *j)
{
    wr_jsr_node *node = new_node(p, WR_JSR_DECIMAL);
    const wr_json *parameters = get_kind(j, "connect.parameters", WR_JSON_OBJECT);
    node->precision = 64; /* as ksqlDB takes it where none is said */
    if (!parameters || !whole_of(wr_json_get(parameters, "scale"), &node->scale))
        return bad(p, "a decimal has no scale");
    if (wr_json_get(parameters, "connect.decimal.precision") &&
        !whole_of(wr_json_get(parameters, "connect.decimal.precision"), &node->precision))
        return bad(p, "a decimal's precision is no number");
    if (node->precision < 1 || node->precision > WR_JSR_PRECISION_MAX || node->scale < 0 ||
        node->scale > node->precision)
        return bad(p, "a decimal's precision and scale do not fit each other");
    return node;
}

static const wr_jsr_node *number_of(parse *p, const wr_json *j, bool whole)
{
    static const struct {
        const char *name;
        wr_jsr_kind kind;
        uint8_t bits;
        const char *title; /* beside it, it is another kind: */
        wr_jsr_kind logical;
    } types[] = {
        {"int8", WR_JSR_INT, 8, NULL, WR_JSR_BAD},
        {"int16", WR_JSR_INT, 16, NULL, WR_JSR_BAD},
        {"int32", WR_JSR_INT, 32, LOGICAL "Date", WR_JSR_DATE},
        {"int32", WR_JSR_INT, 32, LOGICAL "Time", WR_JSR_TIME},
        {"int64", WR_JSR_INT, 64, LOGICAL "Timestamp", WR_JSR_TIMESTAMP},
        {"float32", WR_JSR_FLOAT, 32, NULL, WR_JSR_BAD},
        {"float64", WR_JSR_FLOAT, 64, NULL, WR_JSR_BAD},
        {"bytes", WR_JSR_BYTES, 0, LOGICAL "Decimal", WR_JSR_DECIMAL},
    };
    const wr_json *type = wr_json_get(j, "connect.type"), *title = wr_json_get(j, "title");
    wr_jsr_node *node = new_node(p, whole ? WR_JSR_INT : WR_JSR_FLOAT);
    node->bits = 64;
    if (!type)
        return node;
    node->kind = WR_JSR_BAD;
    for (size_t i = 0; i < WR_ARRAY_LEN(types); i++) {
        if (!is_text(type, types[i].name))
            continue;
        bool logical = types[i].title && is_text(title, types[i].title);
        if (logical && types[i].logical == WR_JSR_DECIMAL)
            return decimal_of(p, j);
        node->kind = logical ? types[i].logical : types[i].kind;
        node->bits = types[i].bits;
        if (logical)
            break;
    }
    return node->kind == WR_JSR_BAD ? bad(p, "a number has an unknown connect.type") : node;
}

static const wr_jsr_node *string_of(parse *p, const wr_json *j)
{
    if (!is_text(wr_json_get(j, "connect.type"), "bytes"))
        return new_node(p, WR_JSR_STRING);
    if (is_text(wr_json_get(j, "title"), LOGICAL "Decimal"))
        return decimal_of(p, j);
    return new_node(p, WR_JSR_BYTES);
}

/* ---- arrays and maps ---- */

static const wr_jsr_node *field_named(const wr_jsr_node *node, const char *name)
{
    for (uint32_t i = 0; i < node->n; i++)
        if (strcmp(node->fields[i].name, name) == 0)
            return node->fields[i].type;
    return NULL;
}

/* Keys that are texts and never null make an object, all others an array of entries. */
static const wr_jsr_node *map_node(parse *p, const wr_jsr_node *key, const wr_jsr_node *elem)
{
    if (key->kind == WR_JSR_BAD || elem->kind == WR_JSR_BAD)
        return key->kind == WR_JSR_BAD ? key : elem;
    wr_jsr_node *map = new_node(p, WR_JSR_MAP);
    map->key = key;
    map->elem = elem;
    map->entries = key->kind != WR_JSR_STRING || key->optional;
    return map;
}

static const wr_jsr_node *array_of(parse *p, const doc *d, const wr_json *j)
{
    const wr_json *items = wr_json_get(j, "items");
    if (d->tuples && wr_json_get(j, "prefixItems"))
        return bad(p, "prefixItems: tuples are not supported");
    if (!items || items->kind == WR_JSON_ARRAY)
        return bad(p, items ? "items is a list: tuples are not supported"
                            : "an array does not say what its items are");
    const wr_jsr_node *elem = node_of(p, d, items);
    if (elem->kind == WR_JSR_BAD)
        return elem;
    if (is_text(wr_json_get(j, "connect.type"), "map") && elem->kind == WR_JSR_STRUCT) {
        const wr_jsr_node *key = field_named(elem, "key"), *value = field_named(elem, "value");
        return key && value ? map_node(p, key, value) : bad(p, "a map's items lack key or value");
    }
    wr_jsr_node *array = new_node(p, WR_JSR_ARRAY);
    array->elem = elem;
    return array;
}

/* ---- objects ---- */

/* The property at hand and where it stands among the columns. */
typedef struct property {
    wr_str name;
    const wr_json *json;
    const doc *doc;
    int32_t index;   /* connect.index, or where it came */
    uint32_t bucket; /* in a Java HashMap of the names */
} property;

typedef wr_arr(property) property_list;

/* String.hashCode over UTF-16, spread as HashMap does. */
static uint32_t java_hash(wr_str s)
{
    uint32_t h = 0;
    for (uint32_t i = 0; i < s.len;) {
        uint8_t c = (uint8_t)s.ptr[i];
        uint32_t more = c < 0x80 ? 0 : c < 0xE0 ? 1 : c < 0xF0 ? 2 : 3;
        uint32_t cp = more == 0 ? c : c & (0x3Fu >> more);
        for (i++; more && i < s.len; more--, i++)
            cp = cp << 6 | ((uint8_t)s.ptr[i] & 0x3F);
        if (cp > 0xFFFF) {
            h = h * 31 + (0xD800u + ((cp - 0x10000u) >> 10));
            cp = 0xDC00u + ((cp - 0x10000u) & 0x3FF);
        }
        h = h * 31 + cp;
    }
    return h ^ h >> 16;
}

static int compare_buckets(const void *x, const void *y)
{
    const property *l = x, *r = y;
    if (l->bucket != r->bucket)
        return l->bucket < r->bucket ? -1 : 1;
    return l->index < r->index ? -1 : l->index > r->index;
}

static int compare_indexes(const void *x, const void *y)
{
    const property *l = x, *r = y;
    if (l->index != r->index)
        return l->index < r->index ? -1 : 1;
    return l->bucket < r->bucket ? -1 : l->bucket > r->bucket;
}

/* By connect.index; those without one, in the order of a HashMap (Q31). */
static void sort_properties(property_list *list)
{
    uint32_t slots = 16;
    while (list->n > slots / 4 * 3)
        slots *= 2;
    for (uint32_t i = 0; i < list->n; i++) {
        list->v[i].bucket = java_hash(list->v[i].name) & (slots - 1);
        list->v[i].index = (int32_t)i; /* within a bucket, the order of the text */
    }
    if (list->n)
        qsort(list->v, list->n, sizeof *list->v, compare_buckets);
    for (uint32_t i = 0; i < list->n; i++) {
        property *at = &list->v[i];
        int32_t index;
        bool own = at->json->kind == WR_JSON_OBJECT &&
                   whole_of(wr_json_get(at->json, "connect.index"), &index);
        at->index = own ? index : (int32_t)i;
        at->bucket = i;
    }
    if (list->n)
        qsort(list->v, list->n, sizeof *list->v, compare_indexes);
}

static bool add_properties(parse *p, const doc *d, const wr_json *j, property_list *list)
{
    const wr_json *properties = get_kind(j, "properties", WR_JSON_OBJECT);
    for (uint32_t i = 0; properties && i < properties->n; i++) {
        uint32_t k = 0;
        while (k < list->n && !wr_str_eq(list->v[k].name, properties->keys[i]))
            k++;
        if (k < list->n) { /* said twice: the later one counts */
            list->v[k].json = &properties->items[i];
            list->v[k].doc = d;
            continue;
        }
        if (list->n == WR_JSR_FIELDS_MAX)
            return false;
        property one = {.name = properties->keys[i], .json = &properties->items[i], .doc = d};
        wr_arr_push(p->arena, list, one);
    }
    return true;
}

static bool is_closed(const wr_json *j)
{
    const wr_json *required = get_kind(j, "required", WR_JSON_ARRAY);
    return (required && required->n) || get_kind(j, "additionalProperties", WR_JSON_FALSE);
}

static const wr_jsr_node *struct_of(parse *p, property_list *list, bool closed)
{
    sort_properties(list);
    wr_jsr_node *node = new_node(p, WR_JSR_STRUCT);
    wr_jsr_field *fields = WR_NEW_N(p->arena, wr_jsr_field, list->n);
    for (uint32_t i = 0; i < list->n; i++) {
        fields[i].name = wr_arena_strndup(p->arena, list->v[i].name.ptr, list->v[i].name.len);
        fields[i].type = node_of(p, list->v[i].doc, list->v[i].json);
    }
    node->fields = fields;
    node->n = (uint32_t)list->n;
    node->closed = closed;
    return node;
}

static const wr_jsr_node *all_of(parse *p, const doc *d, const wr_json *j, property_list *own,
                                 bool closed);

/* An object that is a map: Connect says so; or it has no member of a name, and a type for all. Of
 * the second sort Connect makes an empty STRUCT, and the values are lost (K09). */
static bool is_map(const wr_json *j)
{
    if (is_text(wr_json_get(j, "connect.type"), "map"))
        return true;
    return get_kind(j, "additionalProperties", WR_JSON_OBJECT) &&
           !get_kind(j, "properties", WR_JSON_OBJECT) && !get_kind(j, "allOf", WR_JSON_ARRAY);
}

static const wr_jsr_node *object_of(parse *p, const doc *d, const wr_json *j)
{
    if (is_map(j)) {
        const wr_json *more = wr_json_get(j, "additionalProperties");
        if (!more)
            return bad(p, "a map does not say what its values are");
        return map_node(p, new_node(p, WR_JSR_STRING), node_of(p, d, more));
    }
    property_list list = {0};
    if (!add_properties(p, d, j, &list))
        return bad(p, "an object has too many properties");
    if (get_kind(j, "allOf", WR_JSON_ARRAY))
        return all_of(p, d, j, &list, is_closed(j));
    return struct_of(p, &list, is_closed(j));
}

/* ---- combinations ---- */

/* allOf: one is itself; objects are merged into @p own; anything else is no type. */
static const wr_jsr_node *all_of(parse *p, const doc *d, const wr_json *j, property_list *own,
                                 bool closed)
{
    const wr_json *parts = get_kind(j, "allOf", WR_JSON_ARRAY);
    WR_ASSERT(parts);
    if (parts->n == 1 && !own->n)
        return node_of(p, d, &parts->items[0]);
    wr_arr(wr_jsr_field) fields = {0};
    if (own->n) {
        const wr_jsr_node *first = struct_of(p, own, closed);
        for (uint32_t i = 0; i < first->n; i++)
            wr_arr_push(p->arena, &fields, first->fields[i]);
    }
    for (uint32_t i = 0; i < parts->n; i++) {
        const wr_jsr_node *part = node_of(p, d, &parts->items[i]);
        if (part->kind == WR_JSR_BAD && own->n)
            continue; /* conditions on an object: no part of its type */
        if (part->kind != WR_JSR_STRUCT)
            return bad(p, "allOf of anything but objects is not supported");
        closed |= part->closed;
        for (uint32_t k = 0; k < part->n && fields.n < WR_JSR_FIELDS_MAX; k++) {
            uint32_t at = 0;
            while (at < fields.n && strcmp(fields.v[at].name, part->fields[k].name) != 0)
                at++;
            if (at < fields.n)
                fields.v[at] = part->fields[k];
            else
                wr_arr_push(p->arena, &fields, part->fields[k]);
        }
    }
    wr_jsr_node *node = new_node(p, WR_JSR_STRUCT);
    node->fields = fields.v;
    node->n = (uint32_t)fields.n;
    node->closed = closed;
    return node;
}

static const wr_jsr_node *optional_of(parse *p, const wr_jsr_node *node)
{
    wr_jsr_node *copy = new_node(p, node->kind);
    *copy = *node;
    copy->optional = true;
    return copy;
}

/* No column has this type, but where columns are declared its records can be read: JavaScript's
 * serializer makes such a schema of `{"a":null}` (K03). */
static const wr_jsr_node *only_null(parse *p)
{
    wr_jsr_node *node = new_node(p, WR_JSR_BAD);
    node->why = "null is no type of a column";
    node->optional = true;
    return node;
}

/* What no keyword restricts is any value: Connect has it as a variant, two BYTES (Q33). */
static const wr_jsr_node *any_value(parse *p)
{
    wr_jsr_node *node = new_node(p, WR_JSR_ANY), *bytes = new_node(p, WR_JSR_BYTES);
    wr_jsr_field *fields = WR_NEW_N(p->arena, wr_jsr_field, 2);
    bytes->optional = true;
    fields[0] = (wr_jsr_field){"metadata", bytes};
    fields[1] = (wr_jsr_field){"value", bytes};
    node->fields = fields;
    node->n = 2;
    node->optional = true;
    return node;
}

#define BRANCH "io.confluent.connect.json.OneOf.field."

/* A null beside one type makes it optional; several types are branches (Q32). */
static const wr_jsr_node *branches_of(parse *p, const wr_jsr_node *const *parts, uint32_t n,
                                      bool null)
{
    if (n == 0)
        return only_null(p);
    if (n == 1)
        return null ? optional_of(p, parts[0]) : parts[0];
    wr_jsr_node *node = new_node(p, WR_JSR_UNION);
    wr_jsr_field *fields = WR_NEW_N(p->arena, wr_jsr_field, n);
    for (uint32_t i = 0; i < n; i++)
        fields[i] = (wr_jsr_field){wr_arena_printf(p->arena, BRANCH "%u", i), parts[i]};
    node->fields = fields;
    node->n = n;
    node->optional = null;
    return node;
}

static const wr_jsr_node *one_of(parse *p, const doc *d, const wr_json *list)
{
    const wr_jsr_node **parts = WR_NEW_N(p->arena, const wr_jsr_node *, list->n);
    uint32_t n = 0;
    bool null = false;
    for (uint32_t i = 0; i < list->n; i++) {
        const wr_json *part = &list->items[i];
        if (part->kind == WR_JSON_OBJECT && is_text(wr_json_get(part, "type"), "null"))
            null = true;
        else
            parts[n++] = node_of(p, d, part);
    }
    return branches_of(p, parts, n, null);
}

static const wr_jsr_node *typed(parse *p, const doc *d, const wr_json *j, const wr_json *type)
{
    if (is_text(type, "object"))
        return object_of(p, d, j);
    if (is_text(type, "array"))
        return array_of(p, d, j);
    if (is_text(type, "string"))
        return string_of(p, j);
    if (is_text(type, "integer") || is_text(type, "number"))
        return number_of(p, j, is_text(type, "integer"));
    if (is_text(type, "boolean"))
        return new_node(p, WR_JSR_BOOLEAN);
    return is_text(type, "null") ? only_null(p) : bad(p, "an unknown type");
}

static const wr_jsr_node *type_list(parse *p, const doc *d, const wr_json *j, const wr_json *types)
{
    const wr_jsr_node **parts = WR_NEW_N(p->arena, const wr_jsr_node *, types->n);
    uint32_t n = 0;
    bool null = false;
    for (uint32_t i = 0; i < types->n; i++) {
        if (is_text(&types->items[i], "null"))
            null = true;
        else if (++p->nodes > WR_JSR_NODES_MAX)
            return bad(p, "it has too many types");
        else
            parts[n++] = typed(p, d, j, &types->items[i]);
    }
    return branches_of(p, parts, n, null);
}

/* No `type`: what other keywords say. */
static const wr_jsr_node *untyped(parse *p, const doc *d, const wr_json *j)
{
    static const char *const of_object[] = {"required",          "additionalProperties",
                                            "minProperties",     "maxProperties",
                                            "patternProperties", "propertyNames"};
    static const char *const of_array[] = {"items", "prefixItems", "minItems", "maxItems",
                                           "uniqueItems"};
    static const char *const of_number[] = {"minimum", "maximum", "multipleOf", "exclusiveMinimum",
                                            "exclusiveMaximum"};
    static const char *const of_string[] = {"minLength", "maxLength", "pattern", "format"};
    static const char *const of_none[] = {"if",          "then",          "else",
                                          "contains",    "dependencies",  "dependentSchemas",
                                          "$dynamicRef", "$recursiveRef", "dependentRequired"};
    const wr_json *list;
    if (wr_json_get(j, "enum") || wr_json_get(j, "const"))
        return string_of(p, j);
    if (get_kind(j, "properties", WR_JSON_OBJECT))
        return object_of(p, d, j);
    if ((list = get_kind(j, "oneOf", WR_JSON_ARRAY)) ||
        (list = get_kind(j, "anyOf", WR_JSON_ARRAY)))
        return one_of(p, d, list);
    if (get_kind(j, "allOf", WR_JSON_ARRAY))
        return all_of(p, d, j, &(property_list){0}, is_closed(j));
    if (has_any(j, of_object, WR_ARRAY_LEN(of_object)))
        return object_of(p, d, j);
    if (has_any(j, of_array, WR_ARRAY_LEN(of_array)))
        return array_of(p, d, j);
    if (has_any(j, of_number, WR_ARRAY_LEN(of_number)))
        return number_of(p, j, false);
    if (has_any(j, of_string, WR_ARRAY_LEN(of_string)))
        return string_of(p, j);
    if (wr_json_get(j, "not"))
        return bad(p, "`not` is not supported");
    if (has_any(j, of_none, WR_ARRAY_LEN(of_none)))
        return bad(p, "a schema that says no type is not supported");
    return any_value(p);
}

/* ---- the whole ---- */

static const wr_jsr_node *object_node(parse *p, const doc *d, const wr_json *j)
{
    const wr_json *ref = get_kind(j, "$ref", WR_JSON_STRING);
    if (ref)
        return follow(p, d, ref->text);
    const wr_json *type = wr_json_get(j, "type");
    const wr_jsr_node *node = !type                         ? untyped(p, d, j)
                              : type->kind == WR_JSON_ARRAY ? type_list(p, d, j, type)
                                                            : typed(p, d, j, type);
    const wr_json *fallback = wr_json_get(j, "default");
    if (!fallback || fallback->kind == WR_JSON_NULL || node->kind == WR_JSR_BAD)
        return node;
    wr_jsr_node *copy = new_node(p, node->kind);
    *copy = *node;
    copy->fallback = fallback;
    return copy;
}

static const wr_jsr_node *node_of(parse *p, const doc *d, const wr_json *j)
{
    if (j->kind == WR_JSON_TRUE)
        return any_value(p);
    if (j->kind != WR_JSON_OBJECT)
        return bad(p, j->kind == WR_JSON_FALSE ? "no value is of it" : "a part of it is no schema");
    if (++p->nodes > WR_JSR_NODES_MAX)
        return bad(p, "it has too many types");
    for (uint32_t i = 0; i < p->depth; i++)
        if (p->open[i] == j)
            return bad(p, "it contains itself: recursive types cannot be columns");
    if (p->depth == WR_JSR_DEPTH_MAX)
        return bad(p, "it is nested too deeply");
    p->open[p->depth++] = j;
    const wr_jsr_node *node = object_node(p, d, j);
    WR_ASSERT(p->depth > 0 && p->open[p->depth - 1] == j);
    p->depth--;
    return node;
}

weir_status wr__jsr_schema_parse(const wr_registry_schema *schema, wr_arena *arena,
                                 const wr_jsr_node **out, weir_error *err)
{
    doc *d = WR_NEW(arena, doc);
    WR_TRY(doc_of(schema, arena, d, err));
    parse *p = WR_NEW(arena, parse);
    p->arena = arena;
    *out = node_of(p, d, d->root);
    WR_ASSERT(p->depth == 0);
    return WEIR_OK;
}

/* ---- names ---- */

static bool same(const char *name, const char *field)
{
    return strcmp(name, field) == 0;
}

static bool same_upper(const char *name, const char *field)
{
    while (*field && wr_upper(*field) == *name)
        field++, name++;
    return !*field && !*name;
}

static void match_by(bool (*like)(const char *, const char *), const wr_jsr_node *node,
                     const char *const *names, uint32_t n, bool *taken, uint32_t *targets)
{
    for (uint32_t i = 0; i < node->n; i++)
        for (uint32_t k = 0; k < n && targets[i] == UINT32_MAX; k++) {
            if (taken[k] || !like(names[k], node->fields[i].name))
                continue;
            taken[k] = true;
            targets[i] = k;
        }
}

void wr__jsr_match(const wr_jsr_node *node, const char *const *names, uint32_t n, wr_arena *arena,
                   uint32_t *targets)
{
    WR_ASSERT(node->kind == WR_JSR_STRUCT || node->kind == WR_JSR_UNION ||
              node->kind == WR_JSR_ANY);
    bool *taken = WR_NEW_N(arena, bool, n);
    for (uint32_t i = 0; i < node->n; i++)
        targets[i] = UINT32_MAX;
    match_by(same, node, names, n, taken, targets);
    match_by(same_upper, node, names, n, taken, targets);
}
