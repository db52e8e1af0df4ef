/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema_fit.c - what a writer's schema has that columns do not, and the other way round, in words.
 *
 * Fields and columns are brought together by the format, as its decoder does it; only top-level
 * names are shown. The types of fields are those that would be inferred: where they cannot be (a
 * schema may be read in part and not be inferred as a whole), names alone are shown.
 */
#include "formats/format_internal.h"

#define SHOWN_MAX 10u /* names of a kind: a message has room for no more */

typedef struct fit_text {
    const wr_format_columns *columns;
    const wr_schema_field *fields;
    uint32_t fields_n;
    const wr_column *inferred; /* the schema's own columns; NULL: there are none to be had */
    uint32_t inferred_n;
    wr_buf *out;
} fit_text;

/* Names of inferred columns are the fields', in upper case or as they are. */
static const wr_type *type_of(const fit_text *t, const wr_schema_field *f)
{
    if (!f->name)
        return t->inferred_n == 1 ? t->inferred[0].type : NULL;
    for (uint32_t i = 0; i < t->inferred_n; i++)
        if (wr_ieq(t->inferred[i].name, f->name))
            return t->inferred[i].type;
    return NULL;
}

/* Before the k-th of a kind. @return false: there were enough. */
static bool begin_item(const fit_text *t, uint32_t k, const char *title)
{
    if (k >= SHOWN_MAX)
        return false;
    if (k == 0)
        wr_buf_printf(t->out, "%s%s", t->out->len ? "; " : "", title);
    else
        wr_buf_puts(t->out, ", ");
    return true;
}

static void end_items(const fit_text *t, uint32_t n)
{
    if (n > SHOWN_MAX)
        wr_buf_printf(t->out, ", and %u more", n - SHOWN_MAX);
}

static void put_name_and_type(wr_buf *out, const char *name, const wr_type *type)
{
    wr_buf_printf(out, "`%s`", name);
    if (!type)
        return;
    wr_buf_putc(out, ' ');
    wr_type_print(out, type);
}

static uint32_t put_gone(const fit_text *t)
{
    uint32_t n = 0;
    for (uint32_t c = 0; c < t->columns->n; c++) {
        bool filled = false;
        for (uint32_t i = 0; i < t->fields_n && !filled; i++)
            filled = t->fields[i].column == c;
        if (!filled && begin_item(t, n++, "no field for "))
            put_name_and_type(t->out, t->columns->cols[c].name, t->columns->cols[c].type);
    }
    end_items(t, n);
    return n;
}

static uint32_t put_misfits(const fit_text *t)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < t->fields_n; i++) {
        const wr_schema_field *f = &t->fields[i];
        if (f->column == UINT32_MAX || f->fits || !begin_item(t, n++, ""))
            continue;
        const wr_type *type = type_of(t, f);
        put_name_and_type(t->out, t->columns->cols[f->column].name,
                          t->columns->cols[f->column].type);
        wr_buf_puts(t->out, " cannot be read from ");
        if (type)
            wr_type_print(t->out, type);
        else
            wr_buf_puts(t->out, "the type of its field");
    }
    end_items(t, n);
    return n;
}

static uint32_t put_added(const fit_text *t)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < t->fields_n; i++) {
        const wr_schema_field *f = &t->fields[i];
        if (f->column == UINT32_MAX && f->name && begin_item(t, n++, "not in the source: "))
            put_name_and_type(t->out, f->name, type_of(t, f));
    }
    end_items(t, n);
    return n;
}

static weir_status compare(const wr_format *format, const wr_registry_schema *schema,
                           const wr_format_columns *columns, wr_arena *a, wr_schema_fit *fit,
                           wr_buf *how, weir_error *err)
{
    WR_ASSERT(columns->n > 0);
    fit_text t = {.columns = columns, .out = how};
    wr_schema_field *fields;
    wr_column *inferred = NULL;
    weir_error none;
    WR_TRY(
        wr__format_class_of(format)->schema_fields(schema, columns, a, &fields, &t.fields_n, err));
    if (wr__format_class_of(format)->infer(schema, columns->options, columns->is_key, a, &inferred,
                                           &t.inferred_n, &none) != WEIR_OK)
        t.inferred_n = 0;
    t.fields = fields;
    t.inferred = inferred;
    uint32_t misfits = put_misfits(&t), gone = put_gone(&t), added = put_added(&t);
    *fit = misfits ? WR_SCHEMA_MISFIT
           : gone  ? WR_SCHEMA_HAS_LESS
           : added ? WR_SCHEMA_HAS_MORE
                   : WR_SCHEMA_FITS;
    return WEIR_OK;
}

weir_status wr_format_schema_fit(const wr_format *format, const wr_registry_schema *schema,
                                 const wr_format_columns *columns, wr_schema_fit *fit, wr_buf *how,
                                 weir_error *err)
{
    WR_ASSERT(columns->options && format->can_infer);
    *fit = WR_SCHEMA_MISFIT;
    if (schema->kind != wr_format_schema_kind(format))
        return wr_error(err, WEIR_ERR_STATEMENT, "it is no schema of the %s format", format->name);
    if (!wr__format_class_of(format)->schema_fields)
        return wr__refuse_unbuilt(format, err);
    if (columns->n == 0) {
        *fit = WR_SCHEMA_FITS; /* nothing of the record is read */
        return WEIR_OK;
    }
    wr_arena *a = wr_arena_new(0);
    weir_status st = compare(format, schema, columns, a, fit, how, err);
    wr_arena_free(a);
    return st;
}
