/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys or values as JSON text: see record_serde.h. The formats do the work, by the schema that a
 * record names or that is written with; here is which schema that is, and what has no schema at
 * all.
 *
 * Owners: everything of a serde is in its arena but what a call gives out, which is in `out`.
 */
#include "runtime/statement/record_serde.h"

#include "common/utf8.h"
#include "runtime/instance/wait.h"
#include "types/text.h"

#include <math.h>

struct wr_serde {
    wr_engine *engine;
    wr_arena *arena;
    const wr_format *format; /* NULL: AUTO */
    wr_tid kafka_type;       /* KAFKA: of the bytes */
    bool is_key;
    wr_format_options options;
    wr_registry_schema own;  /* of a format whose schemas are registered nowhere */
    wr_parsed_schema parsed; /* of the last record that was read: the next mostly has the same */
    wr_buf out;
};

/* As options and messages name it. */
static const char *part_name(bool is_key)
{
    return is_key ? "key" : "value";
}

/* ---- formats by name ---- */

static const struct {
    const char *name;
    wr_tid type;
} kafka_names[] = {
    {"KAFKA_INT", WR_T_INTEGER},
    {"KAFKA_BIGINT", WR_T_BIGINT},
    {"KAFKA_DOUBLE", WR_T_DOUBLE},
    {"KAFKA_STRING", WR_T_STRING},
};

/* PRINT's names first: KAFKA itself has bytes of five types, and nothing that says which. */
static weir_status find_format(const wr_serde_options *o, wr_serde *s, weir_error *err)
{
    wr_str name = wr_str_c(o->format);
    if (!o->writing && wr_str_ieq(name, WR_STR("AUTO")))
        return WEIR_OK;
    for (size_t i = 0; i < WR_ARRAY_LEN(kafka_names) && !s->format; i++)
        if (wr_str_ieq(name, wr_str_c(kafka_names[i].name))) {
            s->format = wr_format_get(WR_FORMAT_KAFKA);
            s->kafka_type = kafka_names[i].type;
        }
    if (!s->format)
        s->format = wr_format_find(name);
    if (!s->format || s->format->id == WR_FORMAT_NONE) {
        wr_error(err, WEIR_ERR_CONFIG, "There is no format '%s' for the %ss of records", o->format,
                 o->is_key ? "key" : "value");
        return wr_error_hint(err, "formats are AVRO, PROTOBUF, JSON_SR, PROTOBUF_NOSR, JSON, "
                                  "DELIMITED, KAFKA_INT, KAFKA_BIGINT, KAFKA_DOUBLE, KAFKA_STRING");
    }
    if (s->format->id == WR_FORMAT_KAFKA && !s->kafka_type) {
        wr_error(err, WEIR_ERR_CONFIG, "KAFKA does not say which type the %ss have",
                 part_name(o->is_key));
        return wr_error_hint(err, "take KAFKA_INT, KAFKA_BIGINT, KAFKA_DOUBLE or KAFKA_STRING");
    }
    return WEIR_OK;
}

/* What Weir writes has an index; AUTO takes records for what they say they are. */
static weir_status take_index(wr_serde *s, const wr_serde_options *o, weir_error *err)
{
    s->options.no_indexes = o->no_message_index;
    if (!o->no_message_index || (!o->writing && s->format && s->format->id == WR_FORMAT_PROTOBUF))
        return WEIR_OK;
    return wr_error(err, WEIR_ERR_CONFIG,
                    "To leave out the message index of the %ss is for reading PROTOBUF alone",
                    part_name(o->is_key));
}

/* ---- schemas ---- */

/* The text that was given, under the topic's subject. */
static weir_status given_schema(wr_serde *s, const wr_serde_options *o, const char *subject,
                                const wr_registry_interrupt *interrupt, weir_error *err)
{
    const wr_schema_draft draft = {.kind = wr_format_schema_kind(s->format),
                                   .text = wr_str_c(o->schema)};
    const wr_registry_schema as_given = {.kind = draft.kind, .text = draft.text};
    WR_TRY(wr_format_schema_parse(s->format, &as_given, err));
    if (!o->existing_schema)
        return wr_engine_register_schema(s->engine, interrupt, subject, &draft, &s->options.schema,
                                         err);
    weir_status st = wr_registry_find(s->options.registry, interrupt, wr_str_c(subject), &draft,
                                      &s->options.schema, err);
    if (st != WEIR_ERR_NOT_FOUND)
        return st;
    return wr_error(err, WEIR_ERR_NOT_FOUND, "The schema is not registered under the subject %s",
                    subject);
}

/* As of now, and kept: records of one run are all written with one schema. */
static weir_status latest_schema(wr_serde *s, const wr_serde_options *o, const char *subject,
                                 const wr_registry_interrupt *interrupt, weir_error *err)
{
    weir_status st = wr_registry_get_version(s->options.registry, interrupt, wr_str_c(subject), 0,
                                             &s->options.schema, NULL, err);
    if (st == WEIR_ERR_NOT_FOUND) {
        wr_error(err, WEIR_ERR_NOT_FOUND, "No schema is registered under the subject %s", subject);
        return wr_error_hint(err, "--%s-schema FILE registers one", part_name(o->is_key));
    }
    WR_TRY(st);
    if (s->options.schema->kind != wr_format_schema_kind(s->format))
        return wr_error(err, WEIR_ERR_CONFIG,
                        "Schema %u of subject %s is no schema of the %s format",
                        s->options.schema->id, subject, s->format->name);
    return WEIR_OK;
}

/* PROTOBUF_NOSR: nothing in a record says what it is, so the text must be at hand both ways. */
static weir_status own_schema(wr_serde *s, const wr_serde_options *o, weir_error *err)
{
    if (!o->schema) {
        wr_error(err, WEIR_ERR_CONFIG, "PROTOBUF_NOSR needs the schema of the %ss",
                 part_name(o->is_key));
        return wr_error_hint(err, "--%s-schema FILE.proto", part_name(o->is_key));
    }
    s->own = (wr_registry_schema){.kind = WR_SCHEMA_PROTOBUF,
                                  .text = wr_arena_str(s->arena, wr_str_c(o->schema))};
    s->options.schema = &s->own;
    return wr_format_schema_parse(s->format, &s->own, err);
}

/* Which schema, if any; without the engine's lock, as the registry may take its time. */
static weir_status find_schema(wr_serde *s, const wr_serde_options *o, weir_error *err)
{
    const wr_format *f = s->format;
    s->options.registry = wr_engine_registry(s->engine);
    if (f && f->id == WR_FORMAT_PROTOBUF_NOSR)
        return own_schema(s, o, err);
    if (o->schema && !(o->writing && f && f->can_infer))
        return wr_error(err, WEIR_ERR_CONFIG, "A schema for the %ss is of no use: %s",
                        part_name(o->is_key),
                        o->writing ? "the format has none"
                                   : "records name the schema that they were written with");
    if (!f || !f->can_infer)
        return WEIR_OK;
    if (!s->options.registry) {
        wr_error(err, WEIR_ERR_CONFIG, "The %s format needs a schema registry", f->name);
        return wr_error_hint(err, "--set ksql.schema.registry.url=http://HOST:8081");
    }
    if (!o->writing)
        return WEIR_OK;
    const char *subject = wr_arena_printf(s->arena, "%s-%s", o->topic, part_name(o->is_key));
    const wr_wait wait = wr_wait_new(s->engine, NULL, WR_WAIT_STATEMENT_MS);
    const wr_registry_interrupt interrupt = wr_wait_in_registry(&wait);
    return o->schema ? given_schema(s, o, subject, &interrupt, err)
                     : latest_schema(s, o, subject, &interrupt, err);
}

weir_status wr_serde_new(wr_engine *e, const wr_serde_options *o, wr_serde **out, weir_error *err)
{
    WR_ASSERT(o->topic && o->format);
    wr_serde *s = wr_calloc(1, sizeof *s);
    s->engine = e;
    s->arena = wr_arena_new(0);
    s->is_key = o->is_key;
    s->options.is_key = o->is_key;
    s->options.parsed = &s->parsed;
    s->options.strict = true; /* what a person writes is not dropped in silence */
    if (o->full_name)
        s->options.full_name = wr_arena_strdup(s->arena, o->full_name);
    weir_status st = find_format(o, s, err);
    if (st == WEIR_OK)
        st = take_index(s, o, err);
    if (st == WEIR_OK)
        st = find_schema(s, o, err);
    if (st != WEIR_OK) {
        wr_serde_free(s);
        s = NULL;
    }
    *out = s;
    return st;
}

/* Schemas are the registry's, and stay. */
void wr_serde_free(wr_serde *s)
{
    if (!s)
        return;
    wr_buf_free(&s->out);
    wr_parsed_schema_free(&s->parsed);
    wr_arena_free(s->arena);
    wr_free(s);
}

wr_str wr_schema_header_of(const wr_headers *headers, bool is_key)
{
    const char *name = is_key ? wr_key_schema_header : wr_value_schema_header;
    wr_str found = {NULL, 0};
    for (uint32_t i = 0; headers && i < headers->n; i++)
        if (wr_str_eq_c(headers->h[i].key, name))
            found = headers->h[i].value;
    return found;
}

/* ---- KAFKA ---- */

/* A word of JSON where it is no number, as JSON has none for it. */
static void put_double(wr_buf *out, double d)
{
    if (isfinite(d))
        wr_text_put_double(out, d);
    else
        wr_buf_puts(out, isnan(d) ? "\"NaN\"" : d > 0 ? "\"Infinity\"" : "\"-Infinity\"");
}

/* As Kafka's own deserializers: exactly so many bytes. Text must be text, as JSON has no other;
 * what is none can be seen with BYTES. */
static weir_status read_kafka(const wr_serde *s, wr_str payload, wr_buf *out, weir_error *err)
{
    uint32_t size = s->kafka_type == WR_T_INTEGER ? 4 : s->kafka_type == WR_T_STRING ? 0 : 8;
    uint64_t bits;
    double real;
    if (size && payload.len != size)
        return wr_error(err, WEIR_ERR_RECORD, "It has %u bytes, not %u", payload.len, size);
    switch (s->kafka_type) {
    case WR_T_INTEGER:
        wr_text_put_i64(out, (int32_t)wr_get_be32(payload.ptr));
        return WEIR_OK;
    case WR_T_BIGINT:
        wr_text_put_i64(out, (int64_t)wr_get_be64(payload.ptr));
        return WEIR_OK;
    case WR_T_DOUBLE:
        bits = wr_get_be64(payload.ptr);
        memcpy(&real, &bits, sizeof real);
        put_double(out, real);
        return WEIR_OK;
    default:
        if (!wr_utf8_valid(payload))
            return wr_error(err, WEIR_ERR_RECORD, "It is no UTF-8 text");
        wr_text_put_json_string(out, payload);
        return WEIR_OK;
    }
}

/* A number, or one of the words that read_kafka writes. */
static bool to_double(const wr_json *j, double *out)
{
    if (j->kind == WR_JSON_NUMBER)
        return wr_text_to_double(j->text, out);
    if (j->kind != WR_JSON_STRING)
        return false;
    bool nan = wr_str_eq_c(j->text, "NaN"), minus = wr_str_eq_c(j->text, "-Infinity");
    *out = nan ? NAN : minus ? -INFINITY : INFINITY;
    return nan || minus || wr_str_eq_c(j->text, "Infinity");
}

/* Nothing is converted: what is in the JSON is what others read, or it is refused. */
static weir_status write_kafka(const wr_serde *s, const wr_json *j, wr_buf *out, weir_error *err)
{
    int64_t whole;
    uint64_t bits;
    double real;
    bool number = j->kind == WR_JSON_NUMBER;
    switch (s->kafka_type) {
    case WR_T_STRING:
        if (j->kind != WR_JSON_STRING)
            return wr_error(err, WEIR_ERR_RECORD, "A text between quotes is needed");
        wr_utf8_put_external(out, j->text);
        return WEIR_OK;
    case WR_T_DOUBLE:
        if (!to_double(j, &real))
            return wr_error(err, WEIR_ERR_RECORD, "A number is needed");
        memcpy(&bits, &real, sizeof bits);
        wr_buf_be64(out, bits);
        return WEIR_OK;
    default:
        if (!number || !wr_str_to_i64(j->text, &whole))
            return wr_error(err, WEIR_ERR_RECORD, "A whole number is needed");
        if (s->kafka_type == WR_T_BIGINT)
            wr_buf_be64(out, (uint64_t)whole);
        else if (whole != (int32_t)whole)
            return wr_error(err, WEIR_ERR_RECORD, "It is out of the range of INTEGER");
        else
            wr_buf_be32(out, (uint32_t)whole);
        return WEIR_OK;
    }
}

/* ---- reading ---- */

/* The only format of each kind that puts ids before its payloads. */
static const wr_format_id format_of_kind[] = {
    [WR_SCHEMA_AVRO] = WR_FORMAT_AVRO,
    [WR_SCHEMA_JSON] = WR_FORMAT_JSON_SR,
    [WR_SCHEMA_PROTOBUF] = WR_FORMAT_PROTOBUF,
};

/* Waits until the schema is known, so that the format finds it. *out NULL: there is none. */
static weir_status fetch_schema(const wr_serde *s, const wr_schema_mark *mark,
                                const wr_registry_schema **out, weir_error *err)
{
    wr_registry *r = s->options.registry;
    const wr_wait wait = wr_wait_new(s->engine, NULL, WR_WAIT_STATEMENT_MS);
    const wr_registry_interrupt interrupt = wr_wait_in_registry(&wait);
    weir_status st = mark->by_guid ? wr_registry_get_guid(r, &interrupt, mark->guid, out, err)
                                   : wr_registry_get_id(r, &interrupt, mark->id, out, err);
    if (st == WEIR_ERR_NOT_FOUND)
        *out = NULL;
    return st == WEIR_ERR_NOT_FOUND ? WEIR_OK : st;
}

/* By the schema that the record names, if it does. A payload that only looks so is left alone. */
static weir_status read_auto(wr_serde *s, wr_str header, wr_str payload, bool *read,
                             weir_error *err)
{
    wr_schema_mark mark;
    const wr_registry_schema *schema;
    weir_error none;
    *read = false;
    if (!s->options.registry || !wr_schema_mark_read(header.ptr ? header : payload, &mark))
        return WEIR_OK;
    WR_TRY(fetch_schema(s, &mark, &schema, err));
    if (!schema)
        return WEIR_OK;
    WR_ASSERT((size_t)schema->kind < WR_ARRAY_LEN(format_of_kind));
    *read = wr_format_to_json(wr_format_get(format_of_kind[schema->kind]), &s->options, header,
                              payload, &s->out, &none) == WEIR_OK;
    return WEIR_OK;
}

/* The schema is waited for first, since formats never wait: they find what is known.
 * A record that is not of the format is an error here, where AUTO would leave it as it is. */
static weir_status read_format(wr_serde *s, wr_str header, wr_str payload, weir_error *err)
{
    wr_schema_mark mark;
    const wr_registry_schema *schema;
    if (s->format->id == WR_FORMAT_KAFKA)
        return read_kafka(s, payload, &s->out, err);
    WR_ASSERT(!s->options.no_indexes || s->format->id == WR_FORMAT_PROTOBUF);
    /* What is wrong with a mark, or a schema that nobody has, is the format's to say. */
    if (s->format->can_infer && wr_schema_mark_read(header.ptr ? header : payload, &mark))
        WR_TRY(fetch_schema(s, &mark, &schema, err));
    return wr_format_to_json(s->format, &s->options, header, payload, &s->out, err);
}

/* NULL is NULL in every format, so none is asked; an empty payload is not NULL, and may be a value
 * of the format (PROTOBUF, KAFKA_STRING) or a fault of the record. */
weir_status wr_serde_read(wr_serde *s, wr_str header, wr_str payload, wr_str *json, weir_error *err)
{
    bool read = true;
    weir_status st;
    *json = (wr_str){NULL, 0};
    if (!payload.ptr)
        return WEIR_OK;
    wr_buf_clear(&s->out);
    if (s->format)
        st = read_format(s, header, payload, err);
    else
        st = read_auto(s, header, payload, &read, err);
    if (st == WEIR_OK && read)
        *json = wr_buf_view(&s->out);
    return st;
}

/* ---- writing ---- */

/* KAFKA has no function of its own for this: without a type it could not know what to write. */
static weir_status write_value(wr_serde *s, const wr_json *j, weir_error *err)
{
    if (s->format->id == WR_FORMAT_KAFKA)
        return write_kafka(s, j, &s->out, err);
    return wr_format_from_json(s->format, &s->options, j, &s->out, err);
}

/* One JSON value and nothing after it. `null` is a tombstone, also where a schema has a null type:
 * whoever reads a table means that by it. */
weir_status wr_serde_write(wr_serde *s, wr_str json, wr_str *payload, weir_error *err)
{
    wr_json *j;
    WR_ASSERT(s->format);
    *payload = (wr_str){NULL, 0};
    wr_buf_clear(&s->out);
    wr_arena *scratch = wr_arena_new(0);
    weir_status st = wr_json_parse(json, false, scratch, &j, err);
    if (st == WEIR_OK && j->kind != WR_JSON_NULL) {
        st = write_value(s, j, err);
        wr_buf_reserve(&s->out, 1); /* so that an empty payload has an address, too */
        if (st == WEIR_OK)
            *payload = wr_str_make(s->out.ptr, s->out.len);
    }
    wr_arena_free(scratch);
    return st;
}
