/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protobuf_print.c - a file of messages as text, laid out as the registry's Java client does it:
 * fields, then oneofs, then nested messages and enums; even blank lines are indented.
 */
#include "formats/protobuf.h"

/* Deeper messages than this are left out: their text could not be parsed again either. */
#define DEPTH_MAX 30

static void indent(wr_buf *out, unsigned depth)
{
    for (unsigned i = 0; i < depth; i++)
        wr_buf_puts(out, "  ");
}

static void print_enum(wr_buf *out, const wr_pb_enum *e, unsigned depth)
{
    indent(out, depth);
    wr_buf_printf(out, "enum %s {\n", e->name);
    for (uint32_t i = 0; i < e->n; i++) {
        indent(out, depth + 1);
        wr_buf_printf(out, "%s = %d;\n", e->names[i], e->numbers[i]);
    }
    indent(out, depth);
    wr_buf_puts(out, "}\n");
}

static void print_param(wr_buf *out, unsigned depth, const char *key, int32_t value, bool last)
{
    indent(out, depth);
    wr_buf_puts(out, "{\n");
    indent(out, depth + 1);
    wr_buf_printf(out, "value: \"%d\",\n", value);
    indent(out, depth + 1);
    wr_buf_printf(out, "key: \"%s\"\n", key);
    indent(out, depth);
    wr_buf_puts(out, last ? "}\n" : "},\n");
}

/* What Connect knows a DECIMAL's type by. */
static void print_meta(wr_buf *out, const wr_pb_field *f, unsigned depth)
{
    WR_ASSERT(f->message && f->precision);
    wr_buf_puts(out, " [(confluent.field_meta) = {\n");
    indent(out, depth + 1);
    wr_buf_puts(out, "params: [\n");
    print_param(out, depth + 2, "precision", f->precision, false);
    print_param(out, depth + 2, "scale", f->scale, true);
    indent(out, depth + 1);
    wr_buf_puts(out, "]\n");
    indent(out, depth);
    wr_buf_puts(out, "}]");
}

/* A type of the same file is written by its short name, others by their full one. */
static void print_type(wr_buf *out, const wr_pb_field *f)
{
    bool foreign = f->message && f->message->known != WR_PB_PLAIN;
    wr_buf_puts(out, foreign ? f->message->full_name : wr__pb_type_name(f));
}

static void print_field(wr_buf *out, const wr_pb_file *file, const wr_pb_field *f, unsigned depth)
{
    indent(out, depth);
    if (f->message && f->message->map_entry) {
        wr_buf_puts(out, "map<");
        print_type(out, &f->message->fields[0]);
        wr_buf_puts(out, ", ");
        print_type(out, &f->message->fields[1]);
        wr_buf_puts(out, "> ");
    } else {
        if (f->repeated)
            wr_buf_puts(out, "repeated ");
        else if (f->required)
            wr_buf_puts(out, "required ");
        else if (f->optional || (file->proto2 && f->oneof < 0))
            wr_buf_puts(out, "optional ");
        print_type(out, f);
        wr_buf_putc(out, ' ');
    }
    wr_buf_printf(out, "%s = %u", f->name, f->number);
    if (f->precision)
        print_meta(out, f, depth);
    wr_buf_puts(out, ";\n");
}

static void print_oneof(wr_buf *out, const wr_pb_file *file, const wr_pb_message *m, uint32_t oneof,
                        unsigned depth)
{
    WR_ASSERT(oneof < m->oneofs_n);
    indent(out, depth);
    wr_buf_printf(out, "oneof %s {\n", m->oneofs[oneof]);
    for (uint32_t i = 0; i < m->n; i++)
        if (m->fields[i].oneof == (int32_t)oneof)
            print_field(out, file, &m->fields[i], depth + 1);
    indent(out, depth);
    wr_buf_puts(out, "}\n");
}

static void print_message(wr_buf *out, const wr_pb_file *file, const wr_pb_message *m,
                          unsigned depth)
{
    WR_ASSERT(depth <= DEPTH_MAX);
    indent(out, depth);
    if (!m->n && !m->nested_n && !m->enums_n) {
        wr_buf_printf(out, "message %s {}\n", m->name);
        return;
    }
    wr_buf_printf(out, "message %s {\n", m->name);
    bool before = false; /* something stands above: a blank line comes before the next group */
    for (uint32_t i = 0; i < m->n; i++) {
        if (m->fields[i].oneof >= 0 || m->fields[i].kind == WR_PB_GROUP)
            continue;
        print_field(out, file, &m->fields[i], depth + 1);
        before = true;
    }
    for (uint32_t i = 0; i < m->oneofs_n; i++) {
        if (before && i == 0) {
            indent(out, depth);
            wr_buf_putc(out, '\n');
        }
        print_oneof(out, file, m, i, depth + 1);
        before = true;
    }
    if (before && (m->nested_n || m->enums_n)) {
        indent(out, depth);
        wr_buf_putc(out, '\n');
    }
    for (uint32_t i = 0; i < m->nested_n && depth < DEPTH_MAX; i++)
        print_message(out, file, m->nested[i], depth + 1);
    for (uint32_t i = 0; i < m->enums_n; i++)
        print_enum(out, m->enums[i], depth + 1);
    indent(out, depth);
    wr_buf_puts(out, "}\n");
}

void wr__pb_file_print(wr_buf *out, const wr_pb_file *file)
{
    wr_buf_printf(out, "syntax = \"proto%c\";\n", file->proto2 ? '2' : '3');
    if (file->package[0])
        wr_buf_printf(out, "package %s;\n", file->package);
    for (uint32_t i = 0; i < file->imports_n; i++)
        wr_buf_printf(out, "%simport \"%s\";\n", i ? "" : "\n", file->imports[i]);
    wr_buf_putc(out, '\n');
    for (uint32_t i = 0; i < file->n; i++)
        print_message(out, file, file->messages[i], 0);
    for (uint32_t i = 0; i < file->enums_n; i++)
        print_enum(out, file->enums[i], 0);
}
