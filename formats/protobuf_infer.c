/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protobuf_infer.c - the columns that a message describes, as ksqlDB infers them (facts: Q05, Q25
 * to Q28): oneofs first, each a STRUCT; groups and extensions left out.
 */
#include "formats/protobuf.h"

#define DEPTH_MAX 100
#define TYPES_MAX 50000

typedef struct infer {
    wr_arena *arena;
    bool exact;                           /* names keep their case */
    uint32_t types;                       /* made so far */
    uint32_t depth;                       /* of messages at hand */
    const wr_pb_message *open[DEPTH_MAX]; /* those messages: one of them again is recursion */
    weir_error *err;
} infer;

#define REFUSE(x, ...) wr_error((x)->err, WEIR_ERR_STATEMENT, __VA_ARGS__)

static weir_status fields_of(infer *x, const wr_pb_message *m, wr_field **out, uint32_t *n);

static const char *column_name(infer *x, const char *name)
{
    char *copy = wr_arena_strdup(x->arena, name);
    for (char *c = copy; *c && !x->exact; c++)
        *c = wr_upper(*c);
    return copy;
}

static weir_status message_type(infer *x, const wr_pb_field *f, const wr_type **out);

static weir_status one_type(infer *x, const wr_pb_field *f, const wr_type **out)
{
    switch (f->kind) {
    case WR_PB_BOOL:
        *out = &wr_type_boolean;
        return WEIR_OK;
    case WR_PB_INT32:
    case WR_PB_SINT32:
    case WR_PB_SFIXED32:
        *out = &wr_type_integer;
        return WEIR_OK;
    case WR_PB_FLOAT:
    case WR_PB_DOUBLE:
        *out = &wr_type_double;
        return WEIR_OK;
    case WR_PB_ENUM:
    case WR_PB_STRING:
        *out = &wr_type_string;
        return WEIR_OK;
    case WR_PB_BYTES:
        *out = &wr_type_bytes;
        return WEIR_OK;
    case WR_PB_MESSAGE:
    case WR_PB_GROUP:
        return message_type(x, f, out);
    default:
        *out = &wr_type_bigint;
        return WEIR_OK;
    }
}

/* Without (confluent.field_meta) Connect has 64 digits and no fraction (Q28). */
static weir_status decimal_type(infer *x, const wr_pb_field *f, const wr_type **out)
{
    int32_t precision = f->precision ? f->precision : 64;
    if (precision < 1 || f->scale < 0 || f->scale > precision || precision > WR_DEC_PRECISION_MAX)
        return REFUSE(x, "A Protobuf Decimal of precision %d and scale %d cannot be a column",
                      precision, f->scale);
    *out = wr_type_decimal(x->arena, precision, f->scale);
    return WEIR_OK;
}

static weir_status message_type(infer *x, const wr_pb_field *f, const wr_type **out)
{
    WR_ASSERT(f->message);
    wr_field *fields;
    uint32_t n;
    switch (f->message->known) {
    case WR_PB_TIMESTAMP:
        *out = &wr_type_timestamp;
        return WEIR_OK;
    case WR_PB_DATE:
        *out = &wr_type_date;
        return WEIR_OK;
    case WR_PB_TIME:
        *out = &wr_type_time;
        return WEIR_OK;
    case WR_PB_DECIMAL:
        return decimal_type(x, f, out);
    case WR_PB_WRAPPER:
        return one_type(x, &f->message->fields[0], out);
    case WR_PB_PLAIN:
        WR_TRY(fields_of(x, f->message, &fields, &n));
        *out = wr_type_struct(x->arena, fields, n);
        return WEIR_OK;
    }
    WR_UNREACHABLE();
}

static weir_status type_of(infer *x, const wr_pb_field *f, const wr_type **out)
{
    if (++x->types > TYPES_MAX)
        return REFUSE(x, "The Protobuf schema has more than %d types", TYPES_MAX);
    const wr_type *elem;
    if (!wr__pb_is_map(f)) {
        WR_TRY(one_type(x, f, &elem));
        *out = f->repeated ? wr_type_array(x->arena, elem) : elem;
        return WEIR_OK;
    }
    const wr_pb_field *value = &f->message->fields[1];
    if (x->depth == DEPTH_MAX)
        return REFUSE(x, "The Protobuf schema is nested too deeply");
    for (uint32_t i = 0; i < x->depth; i++)
        if (x->open[i] == f->message)
            return REFUSE(x, "The Protobuf message %s contains itself", f->message->name);
    x->open[x->depth++] = f->message;
    WR_TRY(type_of(x, value, &elem));
    x->depth--;
    *out = wr_type_map(x->arena, &wr_type_string, elem); /* keys of any type become texts */
    return WEIR_OK;
}

/* The members of a oneof are the fields of its STRUCT. */
static weir_status oneof_type(infer *x, const wr_pb_message *m, uint32_t oneof, const wr_type **out)
{
    WR_ASSERT(oneof < m->oneofs_n);
    wr_field *members = WR_NEW_N(x->arena, wr_field, m->n);
    uint32_t n = 0;
    for (uint32_t i = 0; i < m->n; i++) {
        const wr_pb_field *f = &m->fields[i];
        if (f->oneof != (int32_t)oneof || f->kind == WR_PB_GROUP)
            continue;
        members[n].name = column_name(x, f->name);
        WR_TRY(type_of(x, f, &members[n].type));
        n++;
    }
    *out = wr_type_struct(x->arena, members, n);
    return WEIR_OK;
}

static weir_status add_field(infer *x, wr_field *fields, uint32_t *n, const char *name)
{
    fields[*n].name = column_name(x, name);
    for (uint32_t i = 0; i < *n; i++)
        if (strcmp(fields[i].name, fields[*n].name) == 0)
            return REFUSE(x, "The Protobuf schema has two fields named `%s`%s", fields[i].name,
                          x->exact ? "" : " when case is not regarded");
    ++*n;
    return WEIR_OK;
}

static weir_status fields_of(infer *x, const wr_pb_message *m, wr_field **out, uint32_t *n)
{
    if (x->depth == DEPTH_MAX)
        return REFUSE(x, "The Protobuf schema is nested too deeply");
    for (uint32_t i = 0; i < x->depth; i++)
        if (x->open[i] == m)
            return REFUSE(x,
                          "The Protobuf message %s contains itself: recursive types cannot be "
                          "columns",
                          m->name);
    x->open[x->depth++] = m;
    wr_field *fields = WR_NEW_N(x->arena, wr_field, m->n + m->oneofs_n);
    *n = 0;
    for (uint32_t i = 0; i < m->oneofs_n; i++) {
        WR_TRY(add_field(x, fields, n, wr__pb_oneof_name(m, i, x->arena)));
        WR_TRY(oneof_type(x, m, i, &fields[*n - 1].type));
    }
    for (uint32_t i = 0; i < m->n; i++) {
        const wr_pb_field *f = &m->fields[i];
        if (f->oneof >= 0 || f->kind == WR_PB_GROUP)
            continue;
        WR_TRY(add_field(x, fields, n, f->name));
        WR_TRY(type_of(x, f, &fields[*n - 1].type));
    }
    WR_ASSERT(*n <= m->n + m->oneofs_n && x->open[x->depth - 1] == m);
    x->depth--;
    *out = fields;
    return WEIR_OK;
}

weir_status wr__pb_infer(const wr_registry_schema *schema, const wr_format_options *options,
                         bool is_key, wr_arena *arena, wr_column **cols, uint32_t *n,
                         weir_error *err)
{
    infer *x = WR_NEW(arena, infer);
    *x = (infer){.arena = arena, .exact = options->exact_names, .err = err};
    const wr_pb_file *file;
    const wr_pb_message *m;
    WR_TRY(wr__pb_schema_parse(schema, arena, &file, err));
    WR_TRY(wr__pb_message_meant(file, options->full_name, &m, err));
    wr_field *fields;
    WR_TRY(fields_of(x, m, &fields, n));
    if (*n == 0)
        return REFUSE(x, "The Protobuf message %s has no fields to be columns", m->name);
    if (is_key && *n > 1) /* (Q05) */
        return REFUSE(x,
                      "The Protobuf message %s has %u fields: a key of several columns cannot be "
                      "inferred, so declare the key columns",
                      m->name, *n);
    *cols = WR_NEW_N(arena, wr_column, *n);
    for (uint32_t i = 0; i < *n; i++)
        (*cols)[i] = (wr_column){.name = fields[i].name, .type = fields[i].type};
    WR_ASSERT(x->depth == 0);
    return WEIR_OK;
}

weir_status wr__pb_schema_canonical(const wr_registry_schema *schema, wr_buf *out, weir_error *err)
{
    wr_arena *arena = wr_arena_new(0);
    const wr_pb_file *file;
    weir_status st = wr__pb_schema_parse(schema, arena, &file, err);
    if (st == WEIR_OK && file->has_edition)
        wr_buf_str(out, schema->text); /* what is printed has a syntax */
    else if (st == WEIR_OK)
        wr__pb_file_print(out, file);
    wr_arena_free(arena);
    return st;
}

weir_status wr__pb_schema_name(const wr_registry_schema *schema, const wr_format_options *options,
                               wr_arena *arena, const char **name, weir_error *err)
{
    const wr_pb_file *file;
    const wr_pb_message *m;
    WR_TRY(wr__pb_schema_parse(schema, arena, &file, err));
    WR_TRY(wr__pb_message_meant(file, options->full_name, &m, err));
    *name = m->full_name;
    return WEIR_OK;
}
