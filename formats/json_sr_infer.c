/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_sr_infer.c - the columns that a JSON Schema describes, as Connect and ksqlDB derive them
 * (facts: Q01, Q03 to Q06, Q30 to Q33), and whether a schema can be written with (Q38, Q43).
 */
#include "formats/json_sr.h"

typedef struct infer {
    wr_arena *arena;
    bool exact; /* names keep their case */
    weir_error *err;
} infer;

#define REFUSE(x, ...) wr_error((x)->err, WEIR_ERR_STATEMENT, __VA_ARGS__)

static weir_status type_of(infer *x, const wr_jsr_node *node, const wr_type **out);

static weir_status name_of(infer *x, const char *name, const char **out)
{
    if (!*name)
        return REFUSE(x, "The JSON schema has a property without a name");
    char *copy = wr_arena_strdup(x->arena, name);
    for (char *c = copy; *c && !x->exact; c++)
        *c = wr_upper(*c);
    *out = copy;
    return WEIR_OK;
}

static weir_status fields_of(infer *x, const wr_jsr_node *node, wr_field **out)
{
    wr_field *fields = WR_NEW_N(x->arena, wr_field, node->n);
    for (uint32_t i = 0; i < node->n; i++) {
        WR_TRY(name_of(x, node->fields[i].name, &fields[i].name));
        for (uint32_t k = 0; k < i; k++)
            if (strcmp(fields[k].name, fields[i].name) == 0)
                return REFUSE(x, "The JSON schema has two properties named `%s`%s", fields[i].name,
                              x->exact ? "" : " when case is not regarded");
        WR_TRY(type_of(x, node->fields[i].type, &fields[i].type));
    }
    *out = fields;
    return WEIR_OK;
}

static weir_status type_of(infer *x, const wr_jsr_node *node, const wr_type **out)
{
    static const wr_type *const scalars[] = {
        [WR_JSR_BOOLEAN] = &wr_type_boolean,     [WR_JSR_FLOAT] = &wr_type_double,
        [WR_JSR_STRING] = &wr_type_string,       [WR_JSR_BYTES] = &wr_type_bytes,
        [WR_JSR_DATE] = &wr_type_date,           [WR_JSR_TIME] = &wr_type_time,
        [WR_JSR_TIMESTAMP] = &wr_type_timestamp,
    };
    const wr_type *elem;
    wr_field *fields;
    switch (node->kind) {
    case WR_JSR_BAD:
        return REFUSE(x, "The JSON schema cannot be had as columns: %s", node->why);
    case WR_JSR_INT:
        *out = node->bits == 64 ? &wr_type_bigint : &wr_type_integer;
        return WEIR_OK;
    case WR_JSR_DECIMAL:
        *out = wr_type_decimal(x->arena, node->precision, node->scale);
        return WEIR_OK;
    case WR_JSR_ARRAY:
        WR_TRY(type_of(x, node->elem, &elem));
        *out = wr_type_array(x->arena, elem);
        return WEIR_OK;
    case WR_JSR_MAP: /* keys of any type become texts */
        WR_TRY(type_of(x, node->elem, &elem));
        *out = wr_type_map(x->arena, &wr_type_string, elem);
        return WEIR_OK;
    case WR_JSR_STRUCT:
    case WR_JSR_UNION:
    case WR_JSR_ANY:
        WR_TRY(fields_of(x, node, &fields));
        *out = wr_type_struct(x->arena, fields, node->n);
        return WEIR_OK;
    default:
        WR_ASSERT(scalars[node->kind]);
        *out = scalars[node->kind];
        return WEIR_OK;
    }
}

static weir_status columns_of(infer *x, const wr_jsr_node *top, const char *whole, wr_column **cols,
                              uint32_t *n)
{
    if (whole) { /* one column, an object included (Q05) */
        *cols = WR_NEW(x->arena, wr_column);
        (*cols)->name = whole;
        *n = 1;
        return type_of(x, top, &(*cols)->type);
    }
    if (top->kind == WR_JSR_BAD)
        return REFUSE(x, "The JSON schema cannot be had as columns: %s", top->why);
    if (top->kind != WR_JSR_STRUCT && top->kind != WR_JSR_UNION && top->kind != WR_JSR_ANY)
        return REFUSE(x, "The JSON schema is not that of an object with properties: its columns "
                         "cannot be inferred. WRAP_SINGLE_VALUE=false makes it one column");
    wr_field *fields;
    WR_TRY(fields_of(x, top, &fields));
    if (top->n == 0)
        return REFUSE(x, "The JSON schema has no properties to be columns");
    *cols = WR_NEW_N(x->arena, wr_column, top->n);
    for (uint32_t i = 0; i < top->n; i++)
        (*cols)[i] = (wr_column){.name = fields[i].name, .type = fields[i].type};
    *n = top->n;
    return WEIR_OK;
}

weir_status wr__jsr_infer(const wr_registry_schema *schema, const wr_format_options *options,
                          bool is_key, wr_arena *arena, wr_column **cols, uint32_t *n,
                          weir_error *err)
{
    infer x = {.arena = arena, .exact = options->exact_names, .err = err};
    const wr_jsr_node *top;
    WR_TRY(wr__jsr_schema_parse(schema, arena, &top, err));
    const char *whole = is_key ? "ROWKEY" : options->unwrapped ? "ROWVAL" : NULL;
    return columns_of(&x, top, whole, cols, n);
}

/* ---- a schema that others have made ---- */

/* Is anything in it closed to rows that leave members out, or that have more of them? */
static bool any_closed(const wr_jsr_node *node)
{
    if (node->closed)
        return true;
    bool closed = node->elem && any_closed(node->elem);
    for (uint32_t i = 0; i < node->n && !closed; i++)
        closed = any_closed(node->fields[i].type);
    return closed;
}

/* Is anything in it read as a variant? Nothing is written so. */
static bool any_variant(const wr_jsr_node *node)
{
    bool found = node->kind == WR_JSR_ANY || (node->elem && any_variant(node->elem));
    for (uint32_t i = 0; i < node->n && !found; i++)
        found = any_variant(node->fields[i].type);
    return found;
}

/* By an id, the columns are the schema's first ones, as they are (Q38). */
static weir_status check_order(const wr_format_columns *c, const wr_jsr_node *top,
                               const char *whole, infer *x)
{
    wr_column *cols;
    uint32_t n;
    unsigned id = c->options->schema->id;
    WR_TRY(columns_of(x, top, whole, &cols, &n));
    for (uint32_t i = 0; i < c->n; i++) {
        const char *wanted = wr_type_text(x->arena, c->cols[i].type);
        if (i >= n)
            return REFUSE(x, "JSON schema %u has no column `%s` %s", id, c->cols[i].name, wanted);
        if (strcmp(c->cols[i].name, cols[i].name) != 0 ||
            !wr_type_equal(c->cols[i].type, cols[i].type))
            return REFUSE(x, "JSON schema %u has `%s` %s where the query has `%s` %s", id,
                          cols[i].name, wr_type_text(x->arena, cols[i].type), c->cols[i].name,
                          wanted);
    }
    if (any_variant(top))
        return REFUSE(
            x,
            "JSON schema %u has a part without a type: what is written there would be read "
            "as something else",
            id);
    return WEIR_OK;
}

static bool holds(infer *x, const wr_jsr_node *node, const wr_type *type);

/* Each field has one of its name (Q02), which holds it. */
static bool holds_fields(infer *x, const wr_jsr_node *node, const wr_type *type)
{
    const char **names = WR_NEW_N(x->arena, const char *, type->fields_n);
    uint32_t *targets = WR_NEW_N(x->arena, uint32_t, node->n), found = 0;
    for (uint32_t i = 0; i < type->fields_n; i++)
        names[i] = type->fields[i].name;
    wr__jsr_match(node, names, type->fields_n, x->arena, targets);
    for (uint32_t i = 0; i < node->n; i++) {
        if (targets[i] == UINT32_MAX)
            continue;
        if (!holds(x, node->fields[i].type, type->fields[targets[i]].type))
            return false;
        found++;
    }
    return found == type->fields_n;
}

/* Can every value of the type be written there and read back into it? Not with fewer bits, nor with
 * more, which a column does not read (Q08). */
static bool holds(infer *x, const wr_jsr_node *node, const wr_type *type)
{
    const wr_type *same;
    weir_error none;
    infer quiet = {.arena = x->arena, .exact = true, .err = &none};
    if (node->kind == WR_JSR_STRUCT && type->id == WR_T_STRUCT)
        return holds_fields(x, node, type);
    if ((node->kind == WR_JSR_ARRAY && type->id == WR_T_ARRAY) ||
        (node->kind == WR_JSR_MAP && type->id == WR_T_MAP))
        return holds(x, node->elem, type->elem);
    if (node->kind == WR_JSR_INT)
        return node->bits == (type->id == WR_T_INTEGER ? 32 : type->id == WR_T_BIGINT ? 64 : 0);
    return node->kind != WR_JSR_ANY && type_of(&quiet, node, &same) == WEIR_OK &&
           wr_type_equal(same, type);
}

/* Without an id names decide, and the schema may have more than the columns. */
static weir_status check_names(const wr_format_columns *c, const wr_jsr_node *top,
                               const char *whole, infer *x)
{
    unsigned id = c->options->schema->id;
    if (!whole && top->kind != WR_JSR_STRUCT)
        return REFUSE(x, "JSON schema %u is not that of an object", id);
    const char **names = WR_NEW_N(x->arena, const char *, c->n);
    uint32_t *targets = WR_NEW_N(x->arena, uint32_t, top->n);
    const wr_jsr_node **found = WR_NEW_N(x->arena, const wr_jsr_node *, c->n);
    for (uint32_t i = 0; i < c->n; i++)
        names[i] = c->cols[i].name;
    if (whole)
        found[0] = top;
    else
        wr__jsr_match(top, names, c->n, x->arena, targets);
    for (uint32_t i = 0; !whole && i < top->n; i++)
        if (targets[i] != UINT32_MAX)
            found[targets[i]] = top->fields[i].type;
    for (uint32_t i = 0; i < c->n; i++)
        if (!found[i] || !holds(x, found[i], c->cols[i].type))
            return REFUSE(x, "JSON schema %u cannot hold the columns: its %s `%s` %s", id,
                          found[i] ? "property takes no" : "properties have no", names[i],
                          wr_type_text(x->arena, c->cols[i].type));
    return WEIR_OK;
}

static weir_status check(const wr_format_columns *c, infer *x)
{
    const wr_registry_schema *schema = c->options->schema;
    const wr_jsr_node *top;
    WR_TRY(wr__jsr_schema_parse(schema, x->arena, &top, x->err));
    const char *whole = c->options->unwrapped && c->n == 1 ? c->cols[0].name : NULL;
    if (top->kind == WR_JSR_UNION && !whole)
        return REFUSE(x, "JSON schema %u is one of several: a row cannot be written as that",
                      schema->id);
    WR_TRY((c->options->exact_names ? check_order : check_names)(c, top, whole, x));
    if (any_closed(top))
        return REFUSE(x,
                      "JSON schema %u has required properties, or additionalProperties of false: "
                      "rows of columns that can be NULL do not fit it",
                      schema->id);
    return WEIR_OK;
}

weir_status wr__jsr_check_schema(const wr_format_columns *columns, weir_error *err)
{
    wr_arena *arena = wr_arena_new(0);
    infer x = {.arena = arena, .exact = true, .err = err};
    weir_status st = check(columns, &x);
    wr_arena_free(arena);
    return st;
}
