/* SPDX-License-Identifier: Apache-2.0 */
#include "server/native/result_lines.h"
#include "common/reason.h"
#include "types/text.h"
#include "types/value.h"

#include <string.h>

static void member(wr_buf *out, const char *name, const char *text)
{
    wr_buf_printf(out, "\"%s\":", name);
    wr_text_put_json_string(out, wr_str_c(text ? text : ""));
}

static void columns(wr_buf *out, const wr_schema *schema, const bool *is_key)
{
    wr_buf_puts(out, "\"columns\":[");
    for (uint32_t i = 0; schema && i < schema->n; i++) {
        wr_buf type = {0};
        if (i)
            wr_buf_putc(out, ',');
        wr_type_print(&type, schema->cols[i].type);
        wr_buf_putc(out, '{');
        member(out, "name", schema->cols[i].name);
        wr_buf_putc(out, ',');
        member(out, "type", wr_buf_cstr(&type));
        wr_buf_printf(out, ",\"key\":%s}", is_key && is_key[i] ? "true" : "false");
        wr_buf_free(&type);
    }
    wr_buf_putc(out, ']');
}

/* Their JSON is their text. */
static bool is_plain(const wr_type *t)
{
    return t->id == WR_T_BOOLEAN || t->id == WR_T_INTEGER || t->id == WR_T_BIGINT ||
           t->id == WR_T_STRING || t->id == WR_T_NULL;
}

static void texts(wr_buf *out, const wr_schema *schema, const wr_value *row)
{
    wr_buf text = {0};
    wr_buf_puts(out, ",\"text\":[");
    for (uint32_t i = 0; i < schema->n; i++) {
        if (i)
            wr_buf_putc(out, ',');
        if (row[i].null || is_plain(schema->cols[i].type)) {
            wr_buf_puts(out, "null");
            continue;
        }
        wr_buf_clear(&text);
        wr_value_print(&text, schema->cols[i].type, &row[i]);
        wr_text_put_json_string(out, wr_buf_view(&text));
    }
    wr_buf_putc(out, ']');
    wr_buf_free(&text);
}

/* {"row":[...],"text":[...]  without its end */
static void open_row(wr_buf *out, const wr_schema *schema, const wr_value *row)
{
    bool plain = true;
    wr_buf_puts(out, "{\"row\":[");
    for (uint32_t i = 0; i < schema->n; i++) {
        if (i)
            wr_buf_putc(out, ',');
        if (row[i].null)
            wr_buf_puts(out, "null");
        else
            wr_value_print_json(out, schema->cols[i].type, &row[i]);
        plain = plain && (row[i].null || is_plain(schema->cols[i].type));
    }
    wr_buf_putc(out, ']');
    if (!plain)
        texts(out, schema, row);
}

static const char *kind_name(wr_exec_kind kind)
{
    static const char *const names[] = {
        [WR_EXEC_COMMAND] = "command", [WR_EXEC_TABLE] = "table", [WR_EXEC_PULL] = "pull",
        [WR_EXEC_PUSH] = "push",       [WR_EXEC_PRINT] = "print", [WR_EXEC_PLAN] = "plan",
        [WR_EXEC_ANALYZE] = "analyze",
    };
    WR_ASSERT((size_t)kind < WR_ARRAY_LEN(names));
    return names[kind];
}

/* sections[0] are the rows themselves. */
static void sections(wr_buf *out, const wr_exec *x)
{
    wr_buf_puts(out, "\"sections\":[");
    for (size_t i = 1; i < x->sections.n; i++) {
        const wr_result *r = x->sections.v[i];
        wr_buf_puts(out, i > 1 ? ",{" : "{");
        member(out, "name", r->name);
        wr_buf_putc(out, ',');
        columns(out, r->schema, NULL);
        wr_buf_puts(out, ",\"rows\":[");
        for (size_t k = 0; k < r->rows.n; k++) {
            if (k)
                wr_buf_putc(out, ',');
            open_row(out, r->schema, r->rows.v[k]);
            wr_buf_putc(out, '}');
        }
        wr_buf_puts(out, "]}");
    }
    wr_buf_puts(out, "],");
}

void wr_native_head(wr_buf *out, const wr_exec *x)
{
    wr_buf_putc(out, '{');
    member(out, "kind", kind_name(x->kind));
    wr_buf_putc(out, ',');
    member(out, "queryId", x->query_id);
    wr_buf_putc(out, ',');
    member(out, "heading", x->heading);
    wr_buf_putc(out, ',');
    sections(out, x);
    columns(out, x->schema, x->is_key);
    wr_buf_puts(out, "}\n");
}

void wr_native_row(wr_buf *out, const wr_exec *x)
{
    open_row(out, x->schema, x->row);
    wr_buf_puts(out, x->tombstone ? ",\"tombstone\":true}\n" : "}\n");
}

void wr_native_end_line(wr_buf *out, const wr_exec *x)
{
    wr_buf_putc(out, '{');
    member(out, "message", x->message);
    wr_buf_putc(out, ',');
    member(out, "heading", x->heading);
    wr_buf_putc(out, ',');
    member(out, "queryId", x->query_id);
    wr_buf_puts(out, "}\n");
}

void wr_native_error_line(wr_buf *out, const weir_error *err)
{
    wr_buf_printf(
        out, "{\"error\":{\"code\":%d,\"flags\":%u,\"line\":%d,\"column\":%d,\"offset\":%lld,",
        (int)err->code, wr_error_flags(err), err->line, err->column, (long long)err->offset);
    member(out, "message", err->message);
    wr_buf_putc(out, ',');
    member(out, "hint", err->hint);
    wr_buf_puts(out, "}}\n");
}
