/* SPDX-License-Identifier: Apache-2.0 */
/*
 * debezium_schema.c - what the schema that Kafka Connect's JsonConverter puts into each record
 * (`schemas.enable`) says about how columns are written.
 *
 *     {"type":"struct","fields":[{"field":"after","type":"struct","fields":[
 *        {"field":"placed","type":"int64","name":"io.debezium.time.MicroTimestamp"},
 *        {"field":"amount","type":"bytes","name":"org.apache.kafka.connect.data.Decimal",
 *         "parameters":{"scale":"2"}},
 *        {"field":"tags","type":"array","items":{"type":"string"}} ...
 *
 * Only the form and the scale are taken; a schema that is not like this says nothing, as values are
 * checked when they are read. A field belongs to the column of its exact name, else to the one of
 * its name in upper case, as its value does (json_shape.h).
 */
#include "formats/debezium.h"

static wr_str text_of(const wr_json *object, const char *member)
{
    const wr_json *j = object->kind == WR_JSON_OBJECT ? wr_json_get(object, member) : NULL;
    return j && j->kind == WR_JSON_STRING ? j->text : WR_STR("");
}

/* Members of a struct; NULL: it is none. */
static const wr_json *fields_of(const wr_json *schema)
{
    const wr_json *j = schema->kind == WR_JSON_OBJECT ? wr_json_get(schema, "fields") : NULL;
    return j && j->kind == WR_JSON_ARRAY ? j : NULL;
}

static const wr_json *field_called(const wr_json *fields, const char *name)
{
    for (uint32_t i = fields->n; i-- > 0;)
        if (wr_str_eq_c(text_of(&fields->items[i], "field"), name))
            return &fields->items[i];
    return NULL;
}

static bool is_upper_of(const char *upper, wr_str name)
{
    uint32_t i = 0;
    while (i < name.len && upper[i] && wr_upper(name.ptr[i]) == upper[i])
        i++;
    return i == name.len && !upper[i];
}

static const wr_json *field_of_column(const wr_json *fields, const char *name)
{
    const wr_json *exact = field_called(fields, name);
    for (uint32_t i = fields->n; !exact && i-- > 0;)
        if (is_upper_of(name, text_of(&fields->items[i], "field")))
            return &fields->items[i];
    return exact;
}

static void note_scale(const wr_json *schema, wr_jtype *t)
{
    const wr_json *parameters = wr_json_get(schema, "parameters");
    int64_t scale;
    if (parameters && wr_str_to_i64(text_of(parameters, "scale"), &scale) && scale >= 0 &&
        scale <= INT32_MAX)
        t->scale = (int32_t)scale;
    else
        t->form = WR_CONNECT_PLAIN;
}

static void note_form(const wr_json *schema, wr_jtype *t)
{
    if (schema->kind != WR_JSON_OBJECT)
        return;
    wr_connect_form form = wr__connect_form(text_of(schema, "name"));
    if (form == WR_CONNECT_PLAIN && wr_str_eq_c(text_of(schema, "type"), "string"))
        form = WR_CONNECT_TEXT;
    if (form != WR_CONNECT_PLAIN)
        t->form = (uint8_t)form;
    if (form == WR_CONNECT_DECIMAL)
        note_scale(schema, t);
    const wr_json *items = wr_json_get(schema, "items"), *fields = fields_of(schema);
    if (t->type->id == WR_T_ARRAY && items)
        note_form(items, (wr_jtype *)t->elem);
    for (uint32_t i = 0; t->type->id == WR_T_STRUCT && fields && i < t->type->fields_n; i++) {
        const wr_json *field = field_of_column(fields, t->type->fields[i].name);
        if (field)
            note_form(field, (wr_jtype *)&t->fields[i]);
    }
}

void wr__debezium_note_forms(wr_str text, const char *field, const char *const *names,
                             wr_jtype *types, uint32_t n, wr_arena *scratch)
{
    wr_json *schema;
    weir_error none;
    if (wr_json_parse(text, false, scratch, &schema, &none) != WEIR_OK)
        return;
    const wr_json *fields = fields_of(schema);
    const wr_json *inner = fields && field ? field_called(fields, field) : NULL;
    if (field)
        fields = inner ? fields_of(inner) : NULL;
    for (uint32_t i = 0; fields && i < n; i++) {
        const wr_json *column = field_of_column(fields, names[i]);
        if (column)
            note_form(column, &types[i]);
    }
}
