/* SPDX-License-Identifier: Apache-2.0 */
/*
 * avro_schema_text.c - the Avro schema that is registered for columns, as Connect writes it for
 * ksqlDB (facts: Q16, Q17): every part nullable, records named by their path, MAPs as arrays of
 * entries, Connect's own names beside the logical types.
 */
#include "formats/avro.h"

#include "types/text.h"

#define DEFAULT_NAMESPACE "io.confluent.ksql.avro_schemas"
#define DEFAULT_NAME      "KsqlDataSourceSchema"

typedef struct put_text {
    wr_buf *out;
    wr_arena *arena;
    wr_str space; /* the namespace, which may be empty */
    bool spaced;  /* it has been written, and holds for all that is inside */
    weir_error *err;
} put_text;

static void put_member(put_text *x, const char *name, const char *value)
{
    wr_buf_printf(x->out, "\"%s\":", name);
    wr_text_put_json_string(x->out, wr_str_c(value));
}

/* "namespace.name" */
static const char *in_space(put_text *x, const char *name)
{
    if (!x->space.len)
        return name;
    return wr_arena_printf(x->arena, WR_STR_FMT ".%s", WR_STR_ARG(x->space), name);
}

static void put_connect_name(put_text *x, const char *name)
{
    wr_buf_putc(x->out, ',');
    put_member(x, "connect.name", in_space(x, name));
}

/* Connect's logical types; at the very top they come without a version. */
static void put_logical(put_text *x, const char *base, const char *connect, const char *logical,
                        bool top)
{
    wr_buf_printf(x->out, "{\"type\":\"%s\"%s", base, top ? "" : ",\"connect.version\":1");
    wr_buf_printf(x->out, ",\"connect.name\":\"org.apache.kafka.connect.data.%s\"", connect);
    wr_buf_printf(x->out, ",\"logicalType\":\"%s\"}", logical);
}

static void put_decimal(put_text *x, const wr_type *type, bool top)
{
    wr_buf_printf(x->out, "{\"type\":\"bytes\",\"scale\":%d,\"precision\":%d", type->scale,
                  type->precision);
    wr_buf_puts(x->out, top ? "" : ",\"connect.version\":1");
    wr_buf_printf(x->out,
                  ",\"connect.parameters\":{\"scale\":\"%d\",\"connect.decimal.precision\":\"%d\"}",
                  type->scale, type->precision);
    wr_buf_puts(x->out, ",\"connect.name\":\"org.apache.kafka.connect.data.Decimal\""
                        ",\"logicalType\":\"decimal\"}");
}

static weir_status put_type(put_text *x, const wr_type *type, const char *path, bool top);

static weir_status put_nullable(put_text *x, const wr_type *type, const char *path)
{
    wr_buf_puts(x->out, "[\"null\",");
    WR_TRY(put_type(x, type, path, false));
    wr_buf_putc(x->out, ']');
    return WEIR_OK;
}

static weir_status put_field(put_text *x, const char *name, const wr_type *type, const char *path)
{
    if (!wr__avro_name_ok(wr_str_c(name)))
        return wr_error(x->err, WEIR_ERR_STATEMENT,
                        "Column `%s` cannot be a field of an Avro record: names are letters, "
                        "digits and _, and do not begin with a digit",
                        name);
    wr_buf_puts(x->out, "{\"name\":");
    wr_text_put_json_string(x->out, wr_str_c(name));
    wr_buf_puts(x->out, ",\"type\":");
    WR_TRY(put_nullable(x, type, path));
    wr_buf_puts(x->out, ",\"default\":null}");
    return WEIR_OK;
}

static void open_record(put_text *x, const char *name)
{
    wr_buf_puts(x->out, "{\"type\":\"record\",");
    put_member(x, "name", name);
    if (!x->spaced && x->space.len)
        wr_buf_printf(x->out, ",\"namespace\":\"" WR_STR_FMT "\"", WR_STR_ARG(x->space));
    x->spaced = true;
    wr_buf_puts(x->out, ",\"fields\":[");
}

static weir_status put_record(put_text *x, const wr_field *fields, uint32_t n, const char *name)
{
    open_record(x, name);
    for (uint32_t i = 0; i < n; i++) {
        const char *path = wr_arena_printf(x->arena, "%s_%s", name, fields[i].name);
        wr_buf_puts(x->out, i ? "," : "");
        WR_TRY(put_field(x, fields[i].name, fields[i].type, path));
    }
    wr_buf_putc(x->out, ']');
    put_connect_name(x, name);
    wr_buf_putc(x->out, '}');
    return WEIR_OK;
}

static weir_status put_map(put_text *x, const wr_type *type, const char *path)
{
    wr_buf_puts(x->out, "{\"type\":\"array\",\"items\":");
    open_record(x, path);
    WR_TRY(put_field(x, "key", &wr_type_string, path));
    wr_buf_putc(x->out, ',');
    WR_TRY(put_field(x, "value", type->elem, wr_arena_printf(x->arena, "%s_MapValue", path)));
    wr_buf_puts(x->out, "],\"connect.internal.type\":\"MapEntry\"}");
    put_connect_name(x, path);
    wr_buf_putc(x->out, '}');
    return WEIR_OK;
}

static weir_status put_array(put_text *x, const wr_type *type, const char *path)
{
    wr_buf_puts(x->out, "{\"type\":\"array\",\"items\":");
    WR_TRY(put_nullable(x, type->elem, path));
    wr_buf_putc(x->out, '}');
    return WEIR_OK;
}

static weir_status put_type(put_text *x, const wr_type *type, const char *path, bool top)
{
    static const char *const primitives[WR_T_N] = {
        [WR_T_BOOLEAN] = "boolean", [WR_T_INTEGER] = "int",   [WR_T_BIGINT] = "long",
        [WR_T_DOUBLE] = "double",   [WR_T_STRING] = "string", [WR_T_BYTES] = "bytes",
    };
    switch (type->id) {
    case WR_T_DATE:
        put_logical(x, "int", "Date", "date", top);
        return WEIR_OK;
    case WR_T_TIME:
        put_logical(x, "int", "Time", "time-millis", top);
        return WEIR_OK;
    case WR_T_TIMESTAMP:
        put_logical(x, "long", "Timestamp", "timestamp-millis", top);
        return WEIR_OK;
    case WR_T_DECIMAL:
        put_decimal(x, type, top);
        return WEIR_OK;
    case WR_T_ARRAY:
        return put_array(x, type, path);
    case WR_T_MAP:
        return put_map(x, type, path);
    case WR_T_STRUCT:
        return put_record(x, type->fields, type->fields_n, path);
    default:
        WR_ASSERT(primitives[type->id]); /* the format's check has passed the columns */
        wr_buf_printf(x->out, "\"%s\"", primitives[type->id]);
        return WEIR_OK;
    }
}

/* ---- names ---- */

/* MY_NAME -> MyName */
static const char *camel_case(wr_arena *arena, const char *name)
{
    char *out = wr_arena_strdup(arena, name), *to = out;
    bool first = true;
    for (const char *c = name; *c; c++) {
        if (*c == '_') {
            first = true;
            continue;
        }
        *to++ = first ? wr_upper(*c) : wr_lower(*c);
        first = false;
    }
    *to = 0;
    return out;
}

/* The record's name, and its namespace in @p x. */
static const char *record_name(put_text *x, const wr_format_columns *c)
{
    const char *full = c->options->full_name, *owner = c->options->owner;
    if (full) {
        const char *dot = strrchr(full, '.');
        x->space = wr_str_make(full, dot ? (size_t)(dot - full) : 0);
        return dot ? dot + 1 : full;
    }
    x->space = WR_STR(DEFAULT_NAMESPACE);
    if (c->is_key && owner)
        return wr_arena_printf(x->arena, "%sKey", camel_case(x->arena, owner));
    return DEFAULT_NAME;
}

static bool dotted_ok(wr_str name)
{
    for (uint32_t start = 0, i = 0; i <= name.len; i++)
        if (i == name.len || name.ptr[i] == '.') {
            if (!wr__avro_name_ok(wr_str_make(name.ptr + start, i - start)))
                return false;
            start = i + 1;
        }
    return true;
}

/* Two paths may make one name (A.B_C, A_B.C), so what was made is read again. */
static weir_status verify(put_text *x, size_t start)
{
    const wr_registry_schema made = {.kind = WR_SCHEMA_AVRO,
                                     .text = wr_str_make(x->out->ptr + start, x->out->len - start)};
    WR_ASSERT(x->out->len > start);
    const wr_avro_node *node;
    return wr__avro_schema_parse(&made, x->arena, &node, x->err);
}

static weir_status put_whole(put_text *x, const wr_format_columns *c)
{
    const char *name = record_name(x, c);
    if (!wr__avro_name_ok(wr_str_c(name)) || (x->space.len && !dotted_ok(x->space)))
        return wr_error(x->err, WEIR_ERR_STATEMENT, "'%s' cannot be the name of an Avro record",
                        in_space(x, name));
    if (c->options->unwrapped)
        return c->n ? put_type(x, c->cols[0].type, name, true) : put_record(x, NULL, 0, name);
    wr_field *fields = WR_NEW_N(x->arena, wr_field, c->n);
    for (uint32_t i = 0; i < c->n; i++)
        fields[i] = (wr_field){c->cols[i].name, c->cols[i].type};
    return put_record(x, fields, c->n, name);
}

weir_status wr__avro_schema_text(const wr_format_columns *columns, wr_buf *out, weir_error *err)
{
    wr_arena *arena = wr_arena_new(0);
    WR_ASSERT(columns->options && (!columns->options->unwrapped || columns->n <= 1));
    put_text x = {.out = out, .arena = arena, .err = err};
    size_t start = out->len;
    weir_status st = put_whole(&x, columns);
    if (st == WEIR_OK)
        st = verify(&x, start);
    if (st != WEIR_OK)
        out->len = start;
    wr_arena_free(arena);
    return st;
}
