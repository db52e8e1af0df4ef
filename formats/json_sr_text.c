/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_sr_text.c - the JSON Schema that is registered for columns, as Connect writes it for ksqlDB
 * (facts: Q17, Q18): every part nullable, its place among the columns in `connect.index`, Connect's
 * types beside JSON's, MAPs as arrays of entries. It names no draft and requires nothing.
 */
#include "formats/json_sr.h"

#include "types/text.h"

static void put_type(wr_buf *out, const wr_type *type);

/* Members of the object at hand: null, or the type. */
static void put_nullable(wr_buf *out, const wr_type *type)
{
    wr_buf_puts(out, "\"oneOf\":[{\"type\":\"null\"},");
    put_type(out, type);
    wr_buf_putc(out, ']');
}

static void put_property(wr_buf *out, uint32_t i, const char *name, const wr_type *type)
{
    wr_buf_puts(out, i ? "," : "");
    wr_text_put_json_string(out, wr_str_c(name));
    wr_buf_printf(out, ":{\"connect.index\":%u,", i);
    put_nullable(out, type);
    wr_buf_putc(out, '}');
}

static void put_plain(wr_buf *out, const char *type, const char *connect)
{
    wr_buf_printf(out, "{\"type\":\"%s\"", type);
    if (connect)
        wr_buf_printf(out, ",\"connect.type\":\"%s\"", connect);
    wr_buf_putc(out, '}');
}

static void put_logical(wr_buf *out, const char *title, const char *connect)
{
    wr_buf_printf(out,
                  "{\"type\":\"integer\",\"title\":\"org.apache.kafka.connect.data.%s\","
                  "\"connect.version\":1,\"connect.type\":\"%s\"}",
                  title, connect);
}

static void put_decimal(wr_buf *out, const wr_type *type)
{
    wr_buf_printf(out,
                  "{\"type\":\"number\",\"title\":\"org.apache.kafka.connect.data.Decimal\","
                  "\"connect.version\":1,\"connect.type\":\"bytes\",\"connect.parameters\":"
                  "{\"scale\":\"%d\",\"connect.decimal.precision\":\"%d\"}}",
                  type->scale, type->precision);
}

static void put_list(wr_buf *out, const wr_type *type)
{
    if (type->id == WR_T_ARRAY) {
        wr_buf_puts(out, "{\"type\":\"array\",\"items\":{");
        put_nullable(out, type->elem);
        wr_buf_puts(out, "}}");
        return;
    }
    wr_buf_puts(out, "{\"type\":\"array\",\"connect.type\":\"map\",\"items\":"
                     "{\"type\":\"object\",\"properties\":{");
    put_property(out, 0, "key", &wr_type_string);
    put_property(out, 1, "value", type->elem);
    wr_buf_puts(out, "}}}");
}

static void put_type(wr_buf *out, const wr_type *type)
{
    static const struct {
        const char *type, *connect;
    } scalars[WR_T_N] = {
        [WR_T_BOOLEAN] = {"boolean", NULL},   [WR_T_INTEGER] = {"integer", "int32"},
        [WR_T_BIGINT] = {"integer", "int64"}, [WR_T_DOUBLE] = {"number", "float64"},
        [WR_T_STRING] = {"string", NULL},     [WR_T_BYTES] = {"string", "bytes"},
    };
    switch (type->id) {
    case WR_T_DATE:
        put_logical(out, "Date", "int32");
        break;
    case WR_T_TIME:
        put_logical(out, "Time", "int32");
        break;
    case WR_T_TIMESTAMP:
        put_logical(out, "Timestamp", "int64");
        break;
    case WR_T_DECIMAL:
        put_decimal(out, type);
        break;
    case WR_T_ARRAY:
    case WR_T_MAP:
        put_list(out, type);
        break;
    case WR_T_STRUCT:
        wr_buf_puts(out, "{\"type\":\"object\"");
        for (uint32_t i = 0; i < type->fields_n; i++) {
            wr_buf_puts(out, i ? "" : ",\"properties\":{");
            put_property(out, i, type->fields[i].name, type->fields[i].type);
        }
        wr_buf_puts(out, type->fields_n ? "}}" : "}");
        break;
    default:
        WR_ASSERT(scalars[type->id].type); /* the format's check has passed the columns */
        put_plain(out, scalars[type->id].type, scalars[type->id].connect);
        break;
    }
}

weir_status wr__jsr_schema_text(const wr_format_columns *columns, wr_buf *out, weir_error *err)
{
    (void)err; /* any name is a property's */
    if (columns->options->unwrapped && columns->n == 1) {
        wr_buf_putc(out, '{');
        put_nullable(out, columns->cols[0].type);
        wr_buf_putc(out, '}');
        return WEIR_OK;
    }
    wr_buf_puts(out, "{\"type\":\"object\",\"properties\":{");
    for (uint32_t i = 0; i < columns->n; i++)
        put_property(out, i, columns->cols[i].name, columns->cols[i].type);
    wr_buf_puts(out, "}}");
    return WEIR_OK;
}
