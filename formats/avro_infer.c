/* SPDX-License-Identifier: Apache-2.0 */
/*
 * avro_infer.c - the columns that an Avro schema describes, as Connect and ksqlDB derive them.
 *
 * Facts: Q01 (upper case, or exact), Q03 (clashing names), Q04 (what a top level may be), Q05
 * (keys), Q06 (recursion, null), Q10 (logical types), Q11 (unions), Q12 (maps as arrays).
 */
#include "formats/avro.h"

typedef struct infer {
    wr_arena *arena;
    bool exact; /* names keep their case */
    wr_avro_rules rules;
    uint32_t types;                              /* made so far */
    unsigned depth;                              /* of records at hand */
    const wr_avro_node *open[WR_AVRO_DEPTH_MAX]; /* those records: one of them again is recursion */
    weir_error *err;
} infer;

#define REFUSE(x, ...) wr_error((x)->err, WEIR_ERR_STATEMENT, __VA_ARGS__)

static weir_status type_of(infer *x, const wr_avro_node *node, const wr_type **out);

static const char *column_name(infer *x, const char *name)
{
    char *copy = wr_arena_strdup(x->arena, name);
    for (char *c = copy; *c && !x->exact; c++)
        *c = wr_upper(*c);
    return copy;
}

static weir_status decimal_of(infer *x, const wr_avro_node *node, const wr_type **out)
{
    WR_ASSERT(node->logical == WR_AVRO_DECIMAL);
    if (node->precision <= 0 || node->scale > node->precision ||
        node->precision > WR_DEC_PRECISION_MAX)
        return REFUSE(x, "An Avro decimal of precision %d and scale %d cannot be a column",
                      node->precision, node->scale);
    *out = wr_type_decimal(x->arena, node->precision, node->scale);
    return WEIR_OK;
}

/* What only change events are inferred by; NULL: it says nothing. */
static const wr_type *type_by_name(wr_connect_form form)
{
    switch (form) {
    case WR_CONNECT_DATE:
        return &wr_type_date;
    case WR_CONNECT_TIME_MS:
    case WR_CONNECT_TIME_US:
    case WR_CONNECT_TIME_NS:
        return &wr_type_time;
    case WR_CONNECT_TIMESTAMP_MS:
    case WR_CONNECT_TIMESTAMP_US:
    case WR_CONNECT_TIMESTAMP_NS:
        return &wr_type_timestamp;
    default:
        return NULL;
    }
}

/* Scalars of int and long by their logical type; micros and local times stay numbers (Q10). */
static const wr_type *whole_type(const infer *x, const wr_avro_node *node)
{
    const wr_type *named = x->rules == WR_AVRO_RULES_EVENTS ? type_by_name(node->form) : NULL;
    if (named)
        return named;
    switch (node->logical) {
    case WR_AVRO_DATE:
        return &wr_type_date;
    case WR_AVRO_TIME_MS:
        return &wr_type_time;
    case WR_AVRO_TIMESTAMP_MS:
        return &wr_type_timestamp;
    default:
        return node->kind == WR_AVRO_INT ? &wr_type_integer : &wr_type_bigint;
    }
}

/* ---- fields ---- */

/* The i-th member of a record, or of a union that becomes a STRUCT; NULL: the null branch. */
static const wr_avro_node *member(const wr_avro_node *node, uint32_t i, const char **name)
{
    if (node->kind == WR_AVRO_RECORD) {
        *name = node->fields[i].name;
        return node->fields[i].type;
    }
    *name = wr__avro_branch_name(node, i);
    return (int32_t)i == node->null_branch ? NULL : node->branches[i];
}

static weir_status fields_of(infer *x, const wr_avro_node *node, wr_field **out, uint32_t *n)
{
    WR_ASSERT(node->kind == WR_AVRO_RECORD || node->kind == WR_AVRO_UNION);
    if (x->depth == WR_AVRO_DEPTH_MAX)
        return REFUSE(x, "The Avro schema is nested too deeply");
    for (unsigned i = 0; i < x->depth; i++)
        if (x->open[i] == node)
            return REFUSE(x,
                          "The Avro schema contains '%s' in itself: recursive types cannot be "
                          "columns",
                          node->short_name);
    x->open[x->depth++] = node;
    wr_field *fields = WR_NEW_N(x->arena, wr_field, node->n);
    *n = 0;
    for (uint32_t i = 0; i < node->n; i++) {
        const char *name;
        const wr_avro_node *inside = member(node, i, &name);
        if (!inside)
            continue;
        wr_field *f = &fields[*n];
        f->name = column_name(x, name);
        for (uint32_t k = 0; k < *n; k++)
            if (strcmp(fields[k].name, f->name) == 0)
                return REFUSE(x, "The Avro schema has two fields named `%s`%s", f->name,
                              x->exact ? "" : " when case is not regarded");
        WR_TRY(type_of(x, inside, &f->type));
        ++*n;
    }
    WR_ASSERT(x->depth > 0 && x->open[x->depth - 1] == node);
    x->depth--;
    *out = fields;
    return WEIR_OK;
}

static weir_status struct_of(infer *x, const wr_avro_node *node, const wr_type **out)
{
    wr_field *fields;
    uint32_t n;
    WR_TRY(fields_of(x, node, &fields, &n));
    *out = wr_type_struct(x->arena, fields, n);
    return WEIR_OK;
}

/* ---- types ---- */

static weir_status list_of(infer *x, const wr_avro_node *node, const wr_type **out)
{
    const wr_type *elem;
    if (wr__avro_is_entries(node)) { /* keys of any type become texts (Q12) */
        WR_TRY(type_of(x, node->elem->fields[1].type, &elem));
        *out = wr_type_map(x->arena, &wr_type_string, elem);
        return WEIR_OK;
    }
    if (x->depth == WR_AVRO_DEPTH_MAX)
        return REFUSE(x, "The Avro schema is nested too deeply");
    x->open[x->depth++] = node;
    WR_TRY(type_of(x, node->elem, &elem));
    WR_ASSERT(x->depth > 0 && x->open[x->depth - 1] == node);
    x->depth--;
    *out = node->kind == WR_AVRO_ARRAY ? wr_type_array(x->arena, elem)
                                       : wr_type_map(x->arena, &wr_type_string, elem);
    return WEIR_OK;
}

static weir_status union_of(infer *x, const wr_avro_node *node, const wr_type **out)
{
    int32_t only = wr__avro_only_branch(node);
    if (only >= 0)
        return type_of(x, node->branches[only], out);
    if (node->n == 1)
        return REFUSE(x, "The Avro type null cannot be a column");
    return struct_of(x, node, out);
}

static weir_status type_of(infer *x, const wr_avro_node *node, const wr_type **out)
{
    if (++x->types > WR_AVRO_TYPES_MAX)
        return REFUSE(x, "The Avro schema has more than %d types", WR_AVRO_TYPES_MAX);
    switch (node->kind) {
    case WR_AVRO_NULL:
        return REFUSE(x, "The Avro type null cannot be a column");
    case WR_AVRO_BOOLEAN:
        *out = &wr_type_boolean;
        return WEIR_OK;
    case WR_AVRO_INT:
    case WR_AVRO_LONG:
        *out = whole_type(x, node);
        return WEIR_OK;
    case WR_AVRO_FLOAT:
    case WR_AVRO_DOUBLE:
        *out = &wr_type_double;
        return WEIR_OK;
    case WR_AVRO_BYTES:
    case WR_AVRO_FIXED:
        if (node->logical == WR_AVRO_DECIMAL)
            return decimal_of(x, node, out);
        *out = &wr_type_bytes;
        return WEIR_OK;
    case WR_AVRO_STRING:
    case WR_AVRO_ENUM:
        *out = &wr_type_string;
        return WEIR_OK;
    case WR_AVRO_RECORD:
        return struct_of(x, node, out);
    case WR_AVRO_ARRAY:
    case WR_AVRO_MAP:
        return list_of(x, node, out);
    case WR_AVRO_UNION:
        return union_of(x, node, out);
    }
    WR_UNREACHABLE();
}

/* ---- the whole ---- */

/* What has columns of its own at the top: a record, or a union of several (Q04); else NULL. */
static const wr_avro_node *with_columns(const wr_avro_node *node)
{
    if (node->kind != WR_AVRO_UNION)
        return node->kind == WR_AVRO_RECORD ? node : NULL;
    int32_t only = wr__avro_only_branch(node);
    if (only < 0)
        return node->n > 1 ? node : NULL;
    return node->branches[only]->kind == WR_AVRO_RECORD ? node->branches[only] : NULL;
}

static weir_status columns_of(infer *x, const wr_avro_node *record, wr_column **cols, uint32_t *n)
{
    wr_field *fields;
    WR_TRY(fields_of(x, record, &fields, n));
    if (*n == 0)
        return REFUSE(x, "The Avro schema has no fields to be columns");
    *cols = WR_NEW_N(x->arena, wr_column, *n);
    for (uint32_t i = 0; i < *n; i++)
        (*cols)[i] = (wr_column){.name = fields[i].name, .type = fields[i].type};
    WR_ASSERT(x->depth == 0);
    return WEIR_OK;
}

weir_status wr__avro_infer_record(const wr_avro_node *record, bool exact_names, wr_avro_rules rules,
                                  wr_arena *arena, wr_column **cols, uint32_t *n, weir_error *err)
{
    infer *x = WR_NEW(arena, infer);
    *x = (infer){.arena = arena, .exact = exact_names, .rules = rules, .err = err};
    return columns_of(x, record, cols, n);
}

weir_status wr__avro_infer(const wr_registry_schema *schema, const wr_format_options *options,
                           bool is_key, wr_arena *arena, wr_column **cols, uint32_t *n,
                           weir_error *err)
{
    infer *x = WR_NEW(arena, infer);
    *x = (infer){.arena = arena, .exact = options->exact_names, .err = err};
    const wr_avro_node *top;
    WR_TRY(wr__avro_schema_parse(schema, arena, &top, err));
    if (is_key || options->unwrapped) { /* one column, a record included (Q05) */
        wr_column *column = WR_NEW(arena, wr_column);
        column->name = is_key ? "ROWKEY" : "ROWVAL";
        WR_TRY(type_of(x, top, &column->type));
        *cols = column;
        *n = 1;
        return WEIR_OK;
    }
    const wr_avro_node *record = with_columns(top);
    if (!record)
        return REFUSE(x,
                      "The Avro schema is no record but %s: its columns cannot be inferred. "
                      "WRAP_SINGLE_VALUE=false makes it one column",
                      wr__avro_kind_name(top->kind));
    return columns_of(x, record, cols, n);
}
