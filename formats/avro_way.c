/* SPDX-License-Identifier: Apache-2.0 */
/*
 * avro_way.c - how values of a writer's type come to the reader's SQL type: the rules, once for
 * each schema and column, so that no record asks again.
 *
 * What goes to what is Connect's and ksqlDB's table (facts: Q08 to Q14). Not theirs: times in other
 * units than milliseconds come to TIMESTAMP and TIME by their value, so that a topic whose writer
 * went from millis to micros reads on rightly (facts: A03).
 */
#include "formats/debezium.h"

/* ---- matching names ---- */

static bool is_upper_of(const char *upper, const char *name)
{
    while (*name && wr_upper(*name) == *upper)
        name++, upper++;
    return !*name && !*upper;
}

const wr_avro_node *wr__avro_member(const wr_avro_node *node, uint32_t i, const char **name)
{
    WR_ASSERT(i < node->n);
    if (node->kind == WR_AVRO_RECORD) {
        *name = node->fields[i].name;
        return node->fields[i].type;
    }
    *name = wr__avro_branch_name(node, i);
    return node->branches[i];
}

/* One member per target and one target per member, by @p same; those without one yet. */
static void match_by(bool (*same)(const char *, const char *), const wr_avro_node *node,
                     const char *const *names, uint32_t n, bool *taken, uint32_t *targets)
{
    for (uint32_t i = 0; i < node->n; i++) {
        const char *name;
        (void)wr__avro_member(node, i, &name);
        for (uint32_t k = 0; k < n && targets[i] == UINT32_MAX; k++) {
            if (taken[k] || !same(names[k], name))
                continue;
            taken[k] = true;
            targets[i] = k;
        }
    }
}

static bool equal(const char *x, const char *y)
{
    return strcmp(x, y) == 0;
}

void wr__avro_match(const wr_avro_node *node, const char *const *names, uint32_t n, wr_arena *arena,
                    uint32_t *targets)
{
    WR_ASSERT(node->kind == WR_AVRO_RECORD || node->kind == WR_AVRO_UNION);
    bool *taken = WR_NEW_N(arena, bool, n);
    for (uint32_t i = 0; i < node->n; i++)
        targets[i] = UINT32_MAX;
    match_by(equal, node, names, n, taken, targets);
    match_by(is_upper_of, node, names, n, taken, targets);
}

/* ---- scalars ---- */

/* How many of the writer's units a millisecond has, for units that SQL has no type for; else 0. */
static int64_t units_per_ms(wr_avro_logical logical)
{
    switch (logical) {
    case WR_AVRO_TIME_US:
    case WR_AVRO_TIMESTAMP_US:
        return 1000;
    case WR_AVRO_TIME_NS:
    case WR_AVRO_TIMESTAMP_NS:
        return 1000000;
    default:
        return 0;
    }
}

/* What a number counts: by Avro's logical type, else by the name that Connect's writers have put
 * beside it. */
static wr_avro_logical meaning_of(const wr_avro_node *node)
{
    static const wr_avro_logical by_name[] = {
        [WR_CONNECT_TIME_US] = WR_AVRO_TIME_US,
        [WR_CONNECT_TIME_NS] = WR_AVRO_TIME_NS,
        [WR_CONNECT_TIMESTAMP_US] = WR_AVRO_TIMESTAMP_US,
        [WR_CONNECT_TIMESTAMP_NS] = WR_AVRO_TIMESTAMP_NS,
    };
    if (node->logical != WR_AVRO_PLAIN || node->form >= WR_ARRAY_LEN(by_name) ||
        node->kind != WR_AVRO_LONG)
        return node->logical;
    return by_name[node->form];
}

static wr_avro_way_kind whole_way(wr_avro_way *way)
{
    const wr_avro_node *node = way->node;
    bool is_long = node->kind == WR_AVRO_LONG;
    wr_avro_logical meaning = meaning_of(node);
    bool is_time = meaning == WR_AVRO_TIME_US || meaning == WR_AVRO_TIME_NS;
    way->divisor = units_per_ms(meaning);
    switch (way->type->id) {
    case WR_T_STRING:
        return WR_AVRO_WAY_TEXT;
    case WR_T_TIMESTAMP:
        return way->divisor && !is_time ? WR_AVRO_WAY_TIME : WR_AVRO_WAY_LONG;
    case WR_T_BIGINT:
        return WR_AVRO_WAY_LONG;
    case WR_T_TIME:
        if (is_time)
            return WR_AVRO_WAY_TIME;
        return is_long ? WR_AVRO_WAY_MISMATCH : WR_AVRO_WAY_INT;
    case WR_T_INTEGER:
    case WR_T_DATE:
        return is_long ? WR_AVRO_WAY_MISMATCH : WR_AVRO_WAY_INT;
    default:
        return WR_AVRO_WAY_MISMATCH;
    }
}

/* Scales beyond any use would make a power of ten that fills the memory. */
#define SCALE_MAX 10000

static wr_avro_way_kind bytes_way(wr_avro_way *way)
{
    bool decimal = way->node->logical == WR_AVRO_DECIMAL;
    if (way->type->id == WR_T_BYTES && !decimal)
        return WR_AVRO_WAY_BYTES;
    if (way->type->id == WR_T_DECIMAL && decimal && way->node->scale <= SCALE_MAX)
        return WR_AVRO_WAY_DECIMAL;
    return WR_AVRO_WAY_MISMATCH;
}

static wr_avro_way_kind scalar_way(wr_avro_way *way)
{
    wr_tid id = way->type->id;
    switch (way->node->kind) {
    case WR_AVRO_BOOLEAN:
        return id == WR_T_BOOLEAN  ? WR_AVRO_WAY_BOOLEAN
               : id == WR_T_STRING ? WR_AVRO_WAY_TEXT
                                   : WR_AVRO_WAY_MISMATCH;
    case WR_AVRO_INT:
    case WR_AVRO_LONG:
        return whole_way(way);
    case WR_AVRO_FLOAT:
        return id == WR_T_DOUBLE   ? WR_AVRO_WAY_FLOAT
               : id == WR_T_STRING ? WR_AVRO_WAY_TEXT
                                   : WR_AVRO_WAY_MISMATCH;
    case WR_AVRO_DOUBLE:
        return id == WR_T_DOUBLE   ? WR_AVRO_WAY_DOUBLE
               : id == WR_T_STRING ? WR_AVRO_WAY_TEXT
                                   : WR_AVRO_WAY_MISMATCH;
    case WR_AVRO_STRING:
        return id == WR_T_STRING ? WR_AVRO_WAY_STRING : WR_AVRO_WAY_MISMATCH;
    case WR_AVRO_ENUM:
        return id == WR_T_STRING ? WR_AVRO_WAY_ENUM : WR_AVRO_WAY_MISMATCH;
    case WR_AVRO_BYTES:
    case WR_AVRO_FIXED:
        return bytes_way(way);
    default: /* null has no SQL type */
        return WR_AVRO_WAY_MISMATCH;
    }
}

/* ---- containers ---- */

static const wr_avro_way *way_new(const wr_avro_way *whole, const wr_avro_node *node,
                                  const wr_type *type, wr_arena *a)
{
    wr_avro_way *way = wr_arena_alloc(a, sizeof *way);
    *way = wr__avro_way(node, type, whole->rules, a);
    return way;
}

static wr_avro_way_kind list_way(wr_avro_way *way, wr_arena *a)
{
    const wr_avro_node *node = way->node;
    bool entries = wr__avro_is_entries(node);
    wr_tid id = node->kind == WR_AVRO_MAP || entries ? WR_T_MAP : WR_T_ARRAY;
    if (way->type->id != id)
        return WR_AVRO_WAY_MISMATCH;
    if (!entries) {
        way->elem = way_new(way, node->elem, way->type->elem, a);
        return id == WR_T_MAP ? WR_AVRO_WAY_MAP : WR_AVRO_WAY_ARRAY;
    }
    way->key = way_new(way, node->elem->fields[0].type, &wr_type_string, a);
    way->elem = way_new(way, node->elem->fields[1].type, way->type->elem, a);
    return WR_AVRO_WAY_ENTRIES;
}

/* A record, or a union of several, to a STRUCT. */
static wr_avro_way_kind struct_way(wr_avro_way *way, wr_arena *a)
{
    const wr_avro_node *node = way->node;
    const wr_type *type = way->type;
    WR_ASSERT(node->kind == WR_AVRO_RECORD || node->kind == WR_AVRO_UNION);
    if (type->id != WR_T_STRUCT)
        return WR_AVRO_WAY_MISMATCH;
    const char **names = WR_NEW_N(a, const char *, type->fields_n);
    for (uint32_t i = 0; i < type->fields_n; i++)
        names[i] = type->fields[i].name;
    uint32_t *targets = WR_NEW_N(a, uint32_t, node->n);
    wr__avro_match(node, names, type->fields_n, a, targets);
    wr_avro_way *members = WR_NEW_N(a, wr_avro_way, node->n);
    for (uint32_t i = 0; i < node->n; i++) {
        const char *name;
        const wr_avro_node *inside = wr__avro_member(node, i, &name);
        uint32_t home =
            node->kind == WR_AVRO_UNION ? targets[wr__avro_branch_home(node, i)] : targets[i];
        members[i] = (wr_avro_way){.kind = WR_AVRO_WAY_SKIP, .node = inside};
        if (home != UINT32_MAX && inside->kind != WR_AVRO_NULL)
            members[i] = wr__avro_way(inside, type->fields[home].type, way->rules, a);
    }
    if (node->kind == WR_AVRO_UNION) /* a branch may go into the field of another */
        for (uint32_t i = node->n; i-- > 0;)
            targets[i] = targets[wr__avro_branch_home(node, i)];
    way->members = members;
    way->targets = targets;
    return node->kind == WR_AVRO_RECORD ? WR_AVRO_WAY_STRUCT : WR_AVRO_WAY_BRANCHES;
}

wr_avro_way wr__avro_way(const wr_avro_node *node, const wr_type *type, wr_avro_rules rules,
                         wr_arena *arena)
{
    WR_ASSERT(node && type);
    wr_avro_way way = {.type = type, .node = node, .rules = rules};
    if (node->kind == WR_AVRO_UNION) {
        int32_t only = wr__avro_only_branch(node);
        if (only >= 0) {
            way.whole = node;
            way.node = node->branches[only];
        }
    }
    switch (way.node->kind) {
    case WR_AVRO_ARRAY:
    case WR_AVRO_MAP:
        way.kind = list_way(&way, arena);
        break;
    case WR_AVRO_RECORD:
    case WR_AVRO_UNION:
        way.kind = struct_way(&way, arena);
        break;
    default:
        way.kind = scalar_way(&way);
        break;
    }
    if (rules == WR_AVRO_RULES_EVENTS)
        wr__debezium_avro_way(&way, arena);
    return way;
}

/* ---- a schema beside columns ---- */

/* All the way down: an element or a member without a way makes the record bad as well. */
static bool is_passable(const wr_avro_way *way)
{
    bool members = way->kind == WR_AVRO_WAY_STRUCT || way->kind == WR_AVRO_WAY_BRANCHES;
    bool fits = way->kind != WR_AVRO_WAY_MISMATCH;
    if (way->elem && fits)
        fits = is_passable(way->elem);
    for (uint32_t i = 0; members && fits && i < way->node->n; i++)
        fits = is_passable(&way->members[i]);
    return fits;
}

void wr__avro_fields_of(const wr_avro_node *node, const wr_format_columns *columns,
                        wr_avro_rules rules, wr_arena *arena, wr_schema_field **fields, uint32_t *n)
{
    bool bare = columns->options->unwrapped;
    *n = bare ? columns->n : node->n;
    *fields = WR_NEW_N(arena, wr_schema_field, *n);
    const char **names = WR_NEW_N(arena, const char *, columns->n);
    uint32_t *targets = WR_NEW_N(arena, uint32_t, *n);
    for (uint32_t c = 0; c < columns->n; c++)
        names[c] = columns->cols[c].name;
    if (!bare)
        wr__avro_match(node, names, columns->n, arena, targets);
    for (uint32_t i = 0; i < *n; i++) {
        const char *name = NULL;
        const wr_avro_node *inside = bare ? node : wr__avro_member(node, i, &name);
        wr_schema_field *f = &(*fields)[i];
        *f = (wr_schema_field){.name = name, .column = bare ? i : targets[i], .fits = true};
        if (f->column == UINT32_MAX)
            continue;
        wr_avro_way way = wr__avro_way(inside, columns->cols[f->column].type, rules, arena);
        f->fits = is_passable(&way);
    }
}

/* As the decoder takes it apart (avro_plan.c). */
weir_status wr__avro_schema_fields(const wr_registry_schema *schema,
                                   const wr_format_columns *columns, wr_arena *arena,
                                   wr_schema_field **fields, uint32_t *n, weir_error *err)
{
    const wr_avro_node *node;
    WR_TRY(wr__avro_schema_parse(schema, arena, &node, err));
    bool bare = columns->options->unwrapped;
    if (!bare && node->kind == WR_AVRO_UNION && wr__avro_only_branch(node) >= 0)
        node = node->branches[wr__avro_only_branch(node)];
    if (!bare && node->kind != WR_AVRO_RECORD && node->kind != WR_AVRO_UNION)
        return wr_error(err, WEIR_ERR_STATEMENT, "it is no record but %s",
                        wr__avro_kind_name(node->kind));
    wr__avro_fields_of(node, columns, WR_AVRO_RULES_CONNECT, arena, fields, n);
    return WEIR_OK;
}
