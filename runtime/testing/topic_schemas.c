/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Schemas of tests: those that a case gives its topics, records written and read with them, and
 * what is registered at the end.
 *
 * A schema is JSON for AVRO and JSON_SR, a string for PROTOBUF. The schemas that it refers to are
 * registered first, under their names as subjects; one of the topic's own subject is an older
 * version, and no reference. A format without schemas whose bytes are no text (PROTOBUF_NOSR) is
 * written and read by the columns of its source, by way of the JSON format.
 */
#include "runtime/statement/record_serde.h"
#include "runtime/testing/testing_internal.h"
#include "types/text.h"

#include <stdio.h>

#define SUBJECT_MAX 300

static wr_registry *registry_of(const wr__world *w)
{
    return wr_engine_registry(w->engine);
}

static const char *subject_of(const char *topic, bool is_key, char out[SUBJECT_MAX])
{
    (void)snprintf(out, SUBJECT_MAX, "%s-%s", topic, is_key ? "key" : "value");
    return out;
}

const wr_registry_schema *wr__world_schema(const wr__world *w, const char *topic, bool is_key)
{
    char subject[SUBJECT_MAX];
    const wr_registry_schema *schema;
    weir_error none;
    weir_status st =
        wr_registry_get_version(registry_of(w), NULL, wr_str_c(subject_of(topic, is_key, subject)),
                                0, &schema, NULL, &none);
    return st == WEIR_OK ? schema : NULL;
}

/* ---- given by the case ---- */

static weir_status kind_of(const wr_json *format, wr_schema_kind *out, weir_error *err)
{
    wr_str name = format && format->kind == WR_JSON_STRING ? format->text : WR_STR("AVRO");
    if (wr_str_ieq(name, WR_STR("AVRO")))
        *out = WR_SCHEMA_AVRO;
    else if (wr_str_ieq(name, WR_STR("PROTOBUF")))
        *out = WR_SCHEMA_PROTOBUF;
    else if (wr_str_ieq(name, WR_STR("JSON")) || wr_str_ieq(name, WR_STR("JSON_SR")))
        *out = WR_SCHEMA_JSON;
    else
        return wr_error(err, WEIR_ERR_RECORD, "Format " WR_STR_FMT " has no schemas",
                        WR_STR_ARG(name));
    return WEIR_OK;
}

static wr_str text_of(const wr_json *schema, wr_schema_kind kind)
{
    return kind == WR_SCHEMA_PROTOBUF && schema->kind == WR_JSON_STRING ? schema->text
                                                                        : schema->raw;
}

static weir_status add_reference(wr__world *w, const wr_json *item, const char *owner,
                                 wr_registry_reference *out, uint32_t *n, weir_error *err)
{
    const wr_json *name = item->kind == WR_JSON_OBJECT ? wr_json_get(item, "name") : NULL;
    const wr_json *schema = name ? wr_json_get(item, "schema") : NULL;
    wr_schema_draft draft = {0};
    const wr_registry_schema *made;
    if (!schema || name->kind != WR_JSON_STRING)
        return wr_error(err, WEIR_ERR_RECORD, "A reference has a \"name\" and a \"schema\"");
    WR_TRY(kind_of(wr_json_get(item, "format"), &draft.kind, err));
    draft.text = text_of(schema, draft.kind);
    WR_TRY(wr_registry_register(registry_of(w), NULL, name->text, &draft, &made, err));
    if (!wr_str_eq_c(name->text, owner))
        out[(*n)++] = (wr_registry_reference){name->text, name->text, 1, made};
    return WEIR_OK;
}

static const wr_json *part_member(const wr_json *topic, bool is_key, const char *what)
{
    char name[40];
    (void)snprintf(name, sizeof name, "%s%s", is_key ? "key" : "value", what);
    const wr_json *j = wr_json_get(topic, name);
    return j && j->kind != WR_JSON_NULL ? j : NULL;
}

static weir_status add_schema(wr__world *w, const char *name, const wr_json *topic, bool is_key,
                              weir_error *err)
{
    const wr_json *schema = part_member(topic, is_key, "Schema");
    const wr_json *id = part_member(topic, is_key, "SchemaId");
    const wr_json *references = part_member(topic, is_key, "SchemaReferences");
    const wr_registry_schema *made;
    char subject[SUBJECT_MAX];
    wr_schema_draft draft = {0};
    int64_t number;
    if (!schema)
        return WEIR_OK;
    subject_of(name, is_key, subject);
    WR_TRY(kind_of(part_member(topic, is_key, "Format"), &draft.kind, err));
    draft.text = text_of(schema, draft.kind);
    if (references && references->kind == WR_JSON_ARRAY) {
        wr_registry_reference *all = WR_NEW_N(w->arena, wr_registry_reference, references->n);
        for (uint32_t i = 0; i < references->n; i++)
            WR_TRY(add_reference(w, &references->items[i], subject, all, &draft.references_n, err));
        draft.references = all;
    }
    if (!id)
        return wr_registry_register(registry_of(w), NULL, wr_str_c(subject), &draft, &made, err);
    if (id->kind != WR_JSON_NUMBER || !wr_str_to_i64(id->text, &number) || number < 1 ||
        number > INT32_MAX)
        return wr_error(err, WEIR_ERR_RECORD, "Topic %s: an id of a schema is a number", name);
    (void)wr_map_put(&w->given_ids, wr_str_c(wr_arena_strdup(w->arena, subject)),
                     (void *)(uintptr_t)number);
    return wr_registry_memory_put(registry_of(w), wr_str_c(subject), (uint32_t)number, &draft,
                                  &made, err);
}

weir_status wr__world_schemas(wr__world *w, const char *name, const wr_json *topic, weir_error *err)
{
    WR_ASSERT(topic->kind == WR_JSON_OBJECT && registry_of(w));
    WR_TRY(add_schema(w, name, topic, true, err));
    return add_schema(w, name, topic, false, err);
}

/* ---- declared by statements ---- */

static weir_status register_declared(wr__world *w, const wr_source *s, bool is_key, weir_error *err)
{
    char subject[SUBJECT_MAX];
    wr_schema_draft draft;
    const wr_registry_schema *made;
    WR_ASSERT(s->is_ddl && s->topic);
    if (!wr_plan_has_schema(s, is_key) || !(is_key ? &s->key : &s->value)->registers)
        return WEIR_OK;
    WR_TRY(wr_plan_schema_draft(s, is_key, w->arena, &draft, err));
    return wr_registry_register(
        registry_of(w), NULL, wr_str_c(subject_of(s->topic, is_key, subject)), &draft, &made, err);
}

weir_status wr__world_declared_schemas(wr__world *w, wr_str sql, weir_error *err)
{
    wr_exec *x;
    wr_source *s;
    weir_error wrong; /* shows when the statement's turn comes */
    if (wr_exec_new(w->engine, &w->session, sql.ptr, sql.len, &x, &wrong) != WEIR_OK)
        return WEIR_OK;
    weir_status st = WEIR_OK;
    WR_ASSERT(x->stmt->kind == WR_AST_CREATE_SOURCE);
    if (wr_exec_expected_source(x, &s, &wrong) == WEIR_OK) {
        st = register_declared(w, s, true, err);
        if (st == WEIR_OK)
            st = register_declared(w, s, false, err);
        wr_source_unref(s);
    }
    wr_exec_free(x);
    return st;
}

/* ---- records ---- */

static const wr_format_use *use_of(const wr_source *s, bool is_key)
{
    return is_key ? &s->key : &s->value;
}

static uint32_t columns_of(const wr_source *s, bool is_key, wr_column *out)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->schema->n; i++)
        if (s->schema->cols[i].role == (is_key ? WR_COL_KEY : WR_COL_VALUE))
            out[n++] = s->schema->cols[i];
    return n;
}

/* One record from one format to another, by the columns of the source. A message is an object in
 * JSON, also where its single column is written bare. */
static weir_status reformat(const wr_source *s, bool is_key, const wr_format *from,
                            const wr_format *to, wr_str bytes, wr_buf *out, weir_error *err)
{
    wr_arena *a = wr_arena_new(0);
    wr_column *cols = WR_NEW_N(a, wr_column, s->schema->n);
    uint32_t n = columns_of(s, is_key, cols);
    wr_vec *vecs = WR_NEW_N(a, wr_vec, n);
    wr_row_errors errs = {0};
    wr_decoder *d;
    wr_encoder *e;
    wr_str payload;
    uint8_t ok = 0;
    WR_ASSERT(n > 0 && from != to);
    for (uint32_t i = 0; i < n; i++)
        wr_vec_init(&vecs[i], cols[i].type, 1, a);
    wr_format_options own = use_of(s, is_key)->options, object = own;
    object.unwrapped = false;
    bool to_json = to->id == WR_FORMAT_JSON;
    weir_status st = wr_decoder_new(from, cols, n, NULL, to_json ? &own : &object, a, &d, err);
    if (st == WEIR_OK)
        st = wr_encoder_new(to, cols, n, to_json ? &object : &own, a, &e, err);
    if (st == WEIR_OK)
        st = wr_decoder_run(d, &bytes, wr_sel_all(1), vecs, &ok, &errs, a, err);
    if (st == WEIR_OK && ok)
        wr_encoder_run(e, vecs, wr_sel_all(1), out, &payload, &ok, &errs);
    if (st == WEIR_OK && !ok)
        st = wr_error(err, WEIR_ERR_RECORD, "%s", errs.first);
    wr_arena_free(a);
    return st;
}

static weir_status write_json(const wr__world *w, const wr_source *s, bool is_key, wr_str text,
                              wr_buf *out, weir_error *err)
{
    const wr_format_use *use = use_of(s, is_key);
    if (!use->format->can_infer)
        return reformat(s, is_key, wr_format_get(WR_FORMAT_JSON), use->format, text, out, err);
    wr_format_options options = use->options;
    options.schema = wr__world_schema(w, s->topic, is_key);
    if (!options.schema)
        return wr_error(err, WEIR_ERR_RECORD, "No schema is registered for the %s of topic %s",
                        is_key ? "key" : "value", s->topic);
    wr_arena *a = wr_arena_new(0);
    wr_json *json;
    weir_status st = wr_json_parse(text, false, a, &json, err);
    if (st == WEIR_OK)
        st = wr_format_from_json(use->format, &options, json, out, err);
    wr_arena_free(a);
    return st;
}

weir_status wr__schema_from_json(const wr__world *w, const wr_source *s, bool is_key,
                                 const wr_json *json, wr_buf *out, weir_error *err)
{
    WR_ASSERT(s);
    /* A key of one column that is a message may be given as that column's value alone. */
    bool is_message = !s->key.options.unwrapped || !s->key.format->can_infer;
    bool bare = is_key && s->schema->keys_n == 1 && is_message && json->kind != WR_JSON_OBJECT &&
                json->kind != WR_JSON_NULL;
    wr_buf text = {0};
    if (bare) {
        wr_buf_putc(&text, '{');
        wr_text_put_json_string(&text, wr_str_c(s->schema->cols[0].name));
        wr_buf_putc(&text, ':');
    }
    wr_json_print(&text, json);
    if (bare)
        wr_buf_putc(&text, '}');
    weir_status st = write_json(w, s, is_key, wr_buf_view(&text), out, err);
    wr_buf_free(&text);
    return st;
}

static bool is_bytes(const wr_type *t)
{
    return t && t->id == WR_T_BYTES;
}

/* Is member @p name of a record's object BYTES? @p only: the column that is the whole, or NULL. */
static bool member_is_bytes(const wr_source *s, bool is_key, const wr_type *only, wr_str name)
{
    if (only && only->id == WR_T_MAP)
        return is_bytes(only->elem);
    if (only && only->id == WR_T_STRUCT) {
        for (uint32_t i = 0; i < only->fields_n; i++)
            if (wr_str_ieq(name, wr_str_c(only->fields[i].name)))
                return is_bytes(only->fields[i].type);
        return false;
    }
    for (uint32_t i = 0; i < s->schema->n; i++)
        if (s->schema->cols[i].role == (is_key ? WR_COL_KEY : WR_COL_VALUE) &&
            wr_str_ieq(name, wr_str_c(s->schema->cols[i].name)))
            return is_bytes(s->schema->cols[i].type);
    return false;
}

/* BYTES that are empty are null at the top of a record, but not those that are a whole key: that is
 * how ksqlDB's runner shows them. */
static void put_shown(const wr_source *s, bool is_key, wr_str text, wr_buf *out)
{
    wr_arena *a = wr_arena_new(0);
    wr_column *cols = WR_NEW_N(a, wr_column, s->schema->n);
    uint32_t n = columns_of(s, is_key, cols);
    const wr_type *only = n == 1 && use_of(s, is_key)->options.unwrapped ? cols[0].type : NULL;
    wr_json *json;
    weir_error none;
    if (wr_json_parse(text, false, a, &json, &none) != WEIR_OK) {
        wr_buf_str(out, text);
    } else {
        const wr_json null = {.kind = WR_JSON_NULL, .text = WR_STR("null")};
        if (!is_key && json->kind == WR_JSON_STRING && !json->text.len && is_bytes(only))
            *json = null;
        for (uint32_t i = 0; json->kind == WR_JSON_OBJECT && i < json->n; i++)
            if (json->items[i].kind == WR_JSON_STRING && !json->items[i].text.len &&
                member_is_bytes(s, is_key, only, json->keys[i]))
                json->items[i] = null;
        wr_json_print(out, json);
    }
    wr_arena_free(a);
}

bool wr__schema_to_json(const wr__world *w, const wr_source *s, bool is_key,
                        const wr_headers *headers, wr_str bytes, wr_buf *out)
{
    (void)w;
    const wr_format_use *use = use_of(s, is_key);
    wr_buf text = {0};
    weir_error none;
    weir_status st =
        use->format->can_infer
            ? wr_format_to_json(use->format, &use->options, wr_schema_header_of(headers, is_key),
                                bytes, &text, &none)
            : reformat(s, is_key, use->format, wr_format_get(WR_FORMAT_JSON), bytes, &text, &none);
    if (st == WEIR_OK)
        put_shown(s, is_key, wr_buf_view(&text), out);
    wr_buf_free(&text);
    return st == WEIR_OK;
}

/* ---- the result ---- */

/* A .proto file is shown as ksqlDB's client lays it out, which is what cases compare with. */
static void put_schema_text(const wr_registry_schema *schema, wr_buf *out)
{
    if (schema->kind != WR_SCHEMA_PROTOBUF) {
        wr_buf_str(out, schema->text);
        return;
    }
    wr_buf text = {0};
    weir_error none;
    const wr_format *protobuf = wr_format_get(WR_FORMAT_PROTOBUF);
    weir_status st = wr_format_schema_canonical(protobuf, schema, &text, &none);
    wr_text_put_json_string(out, st == WEIR_OK ? wr_buf_view(&text) : schema->text);
    wr_buf_free(&text);
}

void wr__schema_put(const wr__world *w, const char *topic, const wr_source *s, wr_buf *out)
{
    for (int is_key = 1; is_key >= 0; is_key--) {
        const char *part = is_key ? "key" : "value";
        const wr_registry_schema *schema = wr__world_schema(w, topic, is_key);
        char subject[SUBJECT_MAX];
        if (!schema)
            continue;
        subject_of(topic, is_key, subject);
        /* The id that the case has given, whatever was registered since; none of a sink, which has
         * registered what counts. */
        uintptr_t given = (uintptr_t)wr_map_get(&w->given_ids, wr_str_c(subject));
        if (given && !(s && !s->is_ddl))
            wr_buf_printf(out, ",\"%sSchemaId\":%u", part, (unsigned)given);
        wr_buf_printf(out, ",\"%sSchema\":", part);
        put_schema_text(schema, out);
    }
}
