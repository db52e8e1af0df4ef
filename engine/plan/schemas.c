/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What statements have to do with a schema registry: columns that are taken from there, and the
 * schemas that are registered for what is written.
 *
 *     CREATE STREAM s WITH (...)          columns of the latest schema, or of the one of an id
 *     CREATE STREAM s (a INT) WITH (...)  declared; registered where the topic has no schema yet
 *     CREATE STREAM s AS SELECT ...       registered as the newest; or that of an id, which must
 *                                         be able to hold the rows
 *
 * Nothing here waits or registers: what the registry holds comes through wr_plan_env.schema, and
 * what has to be registered is noted (wr_format_use.registers) for the runtime. That a text can be
 * made is found out here, so that the statement is refused before anything is done.
 *
 * Subjects are `<topic>-key` and `<topic>-value`. Q.. are lines of what ksqlDB was seen to do:
 * docs/design/formats.md.
 */
#include "engine/plan/analysis.h"
#include "common/reason.h"
#include "engine/plan/with.h"

/* Key or value of a source while the statement is planned: what holds of one holds of the other,
 * but for names, and for keys being one column where the format can have it so (Q05). */
typedef struct part {
    wr_source *source;
    wr_format_use *use;
    const wr__with_schema *with; /* NULL: no clause */
    bool is_key;
    const char *name; /* "key", "value" */
} part;

/* Borrows all of it: for the length of one call of the planner. */
static part part_of(wr_source *s, const wr__with *with, bool is_key)
{
    return (part){.source = s,
                  .use = is_key ? &s->key : &s->value,
                  .with = with ? is_key ? &with->key_schema : &with->value_schema : NULL,
                  .is_key = is_key,
                  .name = is_key ? "key" : "value"};
}

/* As properties and messages begin. */
static const char *upper_name(const part *p)
{
    return p->is_key ? "KEY" : "VALUE";
}

/* ---- options ---- */

/* The name is that of the record or message that is written, or of the one that is read out of a
 * file with several (Q25). Which formats take a name: those whose schemas have names, JSON_SR for
 * good measure (Q18, Q20).
 */
static weir_status take_full_name(const part *p, weir_error *err)
{
    const wr_format *f = p->use->format;
    const char *name = p->with->full_name;
    if ((name || p->with->avro_name) && !f->can_infer)
        return wr_error_at(err, WEIR_ERR_STATEMENT, p->with->name_pos,
                           "%s does not support the following configs: [fullSchemaName]", f->name);
    if (name && p->with->avro_name)
        return wr_refuse_at(err, WR_REASON_FORM, p->with->name_pos,
                            "Cannot supply both 'VALUE_AVRO_SCHEMA_FULL_NAME' and "
                            "'VALUE_SCHEMA_FULL_NAME' properties. Please only set "
                            "'VALUE_SCHEMA_FULL_NAME'.");
    if (!name && f->id == WR_FORMAT_AVRO)
        name = p->with->avro_name;
    if (name) {
        wr_str trimmed = wr_str_trim(wr_str_c(name));
        p->use->options.full_name = wr_arena_strndup(p->source->arena, trimmed.ptr, trimmed.len);
    }
    return WEIR_OK;
}

/* Only PROTOBUF has more than one way to write what may be NULL; the others always can (Q21). */
static weir_status take_nullable(const part *p, weir_error *err)
{
    wr_format_id id = p->use->format->id;
    if (p->with->nullable == WR_NULLABLE_NONE)
        return WEIR_OK;
    if (id != WR_FORMAT_PROTOBUF && id != WR_FORMAT_PROTOBUF_NOSR)
        return wr_error_at(err, WEIR_ERR_STATEMENT, p->with->nullable_pos,
                           "Property %s_PROTOBUF_NULLABLE_REPRESENTATION can only be enabled with "
                           "protobuf format",
                           upper_name(p));
    p->use->options.nullable = p->with->nullable;
    return WEIR_OK;
}

/* Of PROTOBUF alone: without a registry there never was an index. */
static weir_status take_indexes(const part *p, weir_error *err)
{
    if (p->with->no_indexes && p->use->format->id != WR_FORMAT_PROTOBUF)
        return wr_error_at(err, WEIR_ERR_STATEMENT, p->with->indexes_pos,
                           "Property %s_PROTOBUF_MESSAGE_INDEX is of the PROTOBUF format",
                           upper_name(p));
    p->use->options.no_indexes = p->with->no_indexes;
    return WEIR_OK;
}

/* What is said of a format that has no schemas is refused here, before the registry is asked;
 * whether an id exists is seen when it is looked up. The owner is in the names of key records. */
static weir_status take_options(const wr_plan_env *env, const part *p, weir_error *err)
{
    wr_format_use *use = p->use;
    if (use->format->can_infer && use->format->implemented) {
        if (!env->registry)
            return wr_error(err, WEIR_ERR_CONFIG,
                            "Cannot create topic '%s' with format %s without configuring "
                            "'ksql.schema.registry.url'",
                            p->source->topic, use->format->name);
        const char *form = wr_settings_get(env->settings, "weir.schema.registry.protobuf.form");
        use->options.serialized = form && wr_ieq(form, "base64");
        use->options.registry = env->registry;
        use->options.owner = p->source->name;
    }
    WR_TRY(take_full_name(p, err));
    WR_TRY(take_nullable(p, err));
    WR_TRY(take_indexes(p, err));
    if (!p->with->id)
        return WEIR_OK;
    if (!use->format->can_infer)
        return wr_error_at(err, WEIR_ERR_STATEMENT, p->with->id_pos,
                           "%s_FORMAT should support schema inference when %s_SCHEMA_ID is "
                           "provided. Current format is %s.",
                           upper_name(p), upper_name(p), use->format->name);
    use->schema_id = p->with->id;
    use->options.exact_names = true;
    return WEIR_OK;
}

/* Avro's schemas say what numbers are, and a record of JSON may bring one: this is for those
 * without. Keys have it too, where they are of the same connector. */
static weir_status take_time_unit(wr_source *s, const wr__with *with, weir_error *err)
{
    if (with->time_unit == WR_TIME_UNIT_BY_SIZE)
        return WEIR_OK;
    if (s->value.format->id != WR_FORMAT_DEBEZIUM_JSON)
        return wr_error_at(err, WEIR_ERR_STATEMENT, with->time_unit_pos,
                           "DEBEZIUM_TIME_UNIT can only be set for the DEBEZIUM_JSON format");
    s->value.options.time_unit = with->time_unit;
    if (s->key.format->id == WR_FORMAT_DEBEZIUM_JSON)
        s->key.options.time_unit = with->time_unit;
    return WEIR_OK;
}

/* The key first: of two mistakes the first in the statement's usual order is reported. */
weir_status wr__schema_options(const wr_plan_env *env, wr_source *s, const wr__with *with,
                               weir_error *err)
{
    WR_ASSERT(s->key.format && s->value.format && s->topic && s->name);
    part key = part_of(s, with, true), value = part_of(s, with, false);
    WR_TRY(take_options(env, &key, err));
    WR_TRY(take_options(env, &value, err));
    return take_time_unit(s, with, err);
}

static const char *copy_text(wr_arena *a, const char *text)
{
    return text ? wr_arena_strdup(a, text) : NULL;
}

/* The registry and its schemas outlive plans and sources, so these stay borrowed. */
wr_format_use wr__format_use_copy(wr_arena *a, const wr_format_use *from)
{
    wr_format_use use = *from;
    use.options.full_name = copy_text(a, from->options.full_name);
    use.options.owner = copy_text(a, from->options.owner);
    return use;
}

/* The format and its options decide. wrap_set is left out: it is for display. Options that change
 * no byte must not force a topic. */
bool wr__same_key_layout(const wr_format_use *a, const wr_format_use *b)
{
    WR_ASSERT(a->format && b->format);
    return a->format == b->format && a->options.delimiter == b->options.delimiter &&
           a->options.unwrapped == b->options.unwrapped;
}

/* The sink is another topic, with a schema, an owner and names of its own. What stays is how values
 * look: the delimiter, the wrapping. */
wr_format_use wr__inherited_format(const wr_format_use *from)
{
    wr_format_use use = {.format = from->format, .wrap_set = from->wrap_set};
    use.options.delimiter = from->options.delimiter;
    use.options.unwrapped = from->options.unwrapped;
    use.options.registry = from->options.registry;
    if (from->format->id == WR_FORMAT_PROTOBUF)
        use.options.full_name = from->options.full_name;
    return use;
}

/* ---- what the registry holds ---- */

/* ksqlDB's naming, and that of all clients unless they are told otherwise. */
static const char *subject_of(const part *p)
{
    return wr_arena_printf(p->source->arena, "%s-%s", p->source->topic, p->name);
}

/* From what planning knows, never from the registry itself.
 * *out NULL: there is no schema under the topic's subject. One that is named by its id must be. */
static weir_status fetch(const wr_plan_env *env, const part *p, const wr_registry_schema **out,
                         weir_error *err)
{
    weir_status st = WEIR_OK;
    uint32_t id = p->use->schema_id;
    *out = NULL;
    WR_ASSERT(env->registry && env->schema && p->use->format->can_infer);
    bool found = env->schema(env, subject_of(p), id, out, &st, err);
    WR_TRY(st);
    if (!found && id)
        return wr_error_at(err, WEIR_ERR_STATEMENT, p->with->id_pos,
                           "Schema for message %ss on topic '%s' with id %u does not exist in the "
                           "Schema Registry (%s).",
                           p->name, p->source->topic, id, wr_registry_name(env->registry));
    if (found && id && (*out)->kind != wr_format_schema_kind(p->use->format))
        return wr_error_at(err, WEIR_ERR_STATEMENT, p->with->id_pos,
                           "Schema %u is no schema of the %s format", id, p->use->format->name);
    return WEIR_OK;
}

/* ---- inference ---- */

/* Declaring one column means declaring all of its part: the rest of a record is not wanted then.
 * Are there columns of this part among those declared? Headers are in neither. */
static bool declares(const part *p, const wr_column *cols, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (cols[i].role == (p->is_key ? WR_COL_KEY : WR_COL_VALUE))
            return true;
    return false;
}

/* The hint has the subject, since that is what has to be registered. */
static weir_status no_schema(const wr_plan_env *env, const part *p, weir_error *err)
{
    wr_error(err, WEIR_ERR_STATEMENT,
             "Schema for message %ss on topic '%s' does not exist in the Schema Registry (%s).",
             p->name, p->source->topic, wr_registry_name(env->registry));
    return wr_error_hint(err, "register it under the subject %s, or declare the %s columns",
                         subject_of(p), p->name);
}

/* Names that rows have of themselves cannot be those of columns (Q03). */
static weir_status check_names(const part *p, const wr_column *cols, uint32_t n, weir_error *err)
{
    for (uint32_t i = 0; i < n; i++)
        if (wr__is_pseudo_name(cols[i].name))
            return wr_error(err, WEIR_ERR_STATEMENT,
                            "'%s' of the schema for message %ss on topic '%s' is a reserved column "
                            "name: declare the columns to be read",
                            cols[i].name, p->name, p->source->topic);
    return WEIR_OK;
}

/* As they are inferred, with the role of the part: the format knows neither keys nor values. Names
 * that rows have of themselves are refused here, whoever asks. */
static weir_status columns_of_schema(const part *p, const wr_registry_schema *schema,
                                     const wr_format_options *options, wr_column **out, uint32_t *n,
                                     weir_error *err)
{
    WR_TRY(
        wr_format_infer(p->use->format, schema, options, p->is_key, p->source->arena, out, n, err));
    for (uint32_t i = 0; i < *n; i++)
        (*out)[i].role = p->is_key ? WR_COL_KEY : WR_COL_VALUE;
    return check_names(p, *out, *n, err);
}

/* What is inferred here is kept with the statement (`inferred`), so that a later REFRESH SCHEMA
 * knows which columns it may touch. Nothing to do where the statement declares columns of this
 * part, or the format has no schemas to take them from. @p unwrapped: the whole is one column. */
static weir_status infer_part(const wr_plan_env *env, const part *p, bool unwrapped,
                              const wr_column *declared, uint32_t declared_n, wr_column **out,
                              uint32_t *n, weir_error *err)
{
    const wr_registry_schema *schema;
    *n = 0;
    if (declares(p, declared, declared_n)) {
        if (p->use->schema_id)
            return wr_error_at(err, WEIR_ERR_STATEMENT, p->with->id_pos,
                               "Table elements and %s_SCHEMA_ID cannot both exist for create "
                               "statement.",
                               upper_name(p));
        return WEIR_OK;
    }
    if (!p->use->format->can_infer)
        return WEIR_OK;
    if (!p->use->format->implemented)
        return wr_error(err, WEIR_ERR_UNSUPPORTED, "The '%s' format is not supported yet.",
                        p->use->format->name);
    WR_TRY(fetch(env, p, &schema, err));
    if (!schema)
        return no_schema(env, p, err);
    p->use->inferred = true;
    wr_format_options options = p->use->options;
    options.unwrapped = unwrapped;
    WR_TRY(columns_of_schema(p, schema, &options, out, n, err));
    if (p->use->schema_id) {
        p->use->options.schema = schema; /* what is inserted is written with it */
        /* A chain of sinks goes on with the message's name (Q20), as with one that is given. */
        if (!p->use->options.full_name)
            WR_TRY(wr_format_schema_name(p->use->format, schema, &options, p->source->arena,
                                         &p->use->options.full_name, err));
    }
    return WEIR_OK;
}

/* As CREATE without columns would have them today, with the options of the source as it is. A key
 * of one column stays bare where the format can have it so, as inferred keys do. */
weir_status wr__latest_columns(const wr_plan_env *env, wr_source *s, bool is_key, wr_column **out,
                               uint32_t *n, weir_error *err)
{
    part p = part_of(s, NULL, is_key);
    const wr_registry_schema *schema;
    wr_format_options options = p.use->options;
    WR_ASSERT(p.use->inferred && !p.use->schema_id);
    WR_TRY(fetch(env, &p, &schema, err));
    if (!schema)
        return no_schema(env, &p, err);
    if (is_key)
        options.unwrapped = p.use->format->can_unwrap;
    return columns_of_schema(&p, schema, &options, out, n, err);
}

/* Keys, then what is declared, then values: the order of the catalog. Names are unique over all. */
weir_status wr__infer_columns(const wr_plan_env *env, wr_source *s, const wr__with *with,
                              wr_column **cols, uint32_t *n, weir_error *err)
{
    part key = part_of(s, with, true), value = part_of(s, with, false);
    wr_column *keys = NULL, *values = NULL;
    uint32_t keys_n, values_n;
    WR_TRY(infer_part(env, &key, key.use->format->can_unwrap, *cols, *n, &keys, &keys_n, err));
    WR_TRY(
        infer_part(env, &value, with->has_wrap && !with->wrap, *cols, *n, &values, &values_n, err));
    wr_column *all = WR_NEW_N(s->arena, wr_column, keys_n + *n + values_n);
    uint32_t all_n = 0;
    for (uint32_t i = 0; i < keys_n; i++)
        all[all_n++] = keys[i];
    for (uint32_t i = 0; i < *n; i++)
        all[all_n++] = (*cols)[i];
    for (uint32_t i = 0; i < values_n; i++)
        all[all_n++] = values[i];
    for (uint32_t i = 0; i < all_n; i++)
        for (uint32_t k = 0; k < i; k++)
            if (strcmp(all[i].name, all[k].name) == 0)
                return wr_refuse(err, WR_REASON_FORM, "Duplicate column names: `%s`", all[i].name);
    *cols = all;
    *n = all_n;
    return WEIR_OK;
}

/* ---- schemas that are registered ---- */

/* Columns of one part, in the order of the schema, which is that of the fields of what is
 * registered;
 * @p out has room for all. */
static uint32_t columns_of(const wr_source *s, bool is_key, wr_column *out)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->schema->n; i++)
        if (s->schema->cols[i].role == (is_key ? WR_COL_KEY : WR_COL_VALUE))
            out[n++] = s->schema->cols[i];
    return n;
}

/* Of a catalog entry or of a plan's step: both have all columns of the source in one list, and the
 * format sees those of its part alone, as its decoder does. */
weir_status wr_plan_schema_fit(const wr_column *cols, uint32_t n, const wr_format_use *use,
                               bool is_key, const wr_registry_schema *schema, wr_schema_fit *fit,
                               wr_buf *how, weir_error *err)
{
    wr_column *of_part = wr_calloc(n + 1, sizeof *of_part);
    wr_format_columns columns = {.is_key = is_key, .cols = of_part, .options = &use->options};
    for (uint32_t i = 0; i < n; i++)
        if (cols[i].role == (is_key ? WR_COL_KEY : WR_COL_VALUE))
            of_part[columns.n++] = cols[i];
    weir_status st = wr_format_schema_fit(use->format, schema, &columns, fit, how, err);
    wr_free(of_part);
    return st;
}

/* Headers and NULL keys need none: only what a format writes has a schema of ours. */
bool wr_plan_has_schema(const wr_source *s, bool is_key)
{
    const wr_format_use *use = is_key ? &s->key : &s->value;
    if (!use->format->can_infer || use->format->read_only)
        return false;
    for (uint32_t i = 0; i < s->schema->n; i++)
        if (s->schema->cols[i].role == (is_key ? WR_COL_KEY : WR_COL_VALUE))
            return true;
    return false;
}

/* A schema by its id is registered as it is, under the sink's own subject. */
static weir_status draft_of(const wr_format_use *use, const wr_format_columns *columns, wr_arena *a,
                            wr_schema_draft *out, weir_error *err)
{
    const wr_registry_schema *given = use->options.schema;
    if (use->schema_id && given) {
        *out = (wr_schema_draft){given->kind, given->text, given->references, given->references_n};
        return WEIR_OK;
    }
    wr_buf text = {0};
    weir_status st = wr_format_schema_text(use->format, columns, &text, err);
    if (st == WEIR_OK)
        *out = (wr_schema_draft){.kind = wr_format_schema_kind(use->format),
                                 .text = wr_arena_str(a, wr_buf_view(&text))};
    wr_buf_free(&text);
    return st;
}

/* In the runtime again, when planning is over: the same source gives the same text. */
weir_status wr_plan_schema_draft(const wr_source *s, bool is_key, wr_arena *a, wr_schema_draft *out,
                                 weir_error *err)
{
    WR_ASSERT(wr_plan_has_schema(s, is_key));
    const wr_format_use *use = is_key ? &s->key : &s->value;
    wr_column *cols = WR_NEW_N(a, wr_column, s->schema->n);
    const wr_format_columns columns = {
        .is_key = is_key, .cols = cols, .n = columns_of(s, is_key, cols), .options = &use->options};
    return draft_of(use, &columns, a, out, err);
}

/* Is the schema that was registered for these columns once still good for them? By what it means
 * and not by its text: a registry may give back another text than it was given. */
bool wr_plan_schema_holds(const wr_source *s, bool is_key, const wr_registry_schema *schema)
{
    const wr_format_use *use = is_key ? &s->key : &s->value;
    wr_format_options options = use->options;
    wr_arena *a = wr_arena_new(0);
    weir_error ignored;
    options.schema = schema;
    wr_column *cols = WR_NEW_N(a, wr_column, s->schema->n);
    const wr_format_columns columns = {
        .is_key = is_key, .cols = cols, .n = columns_of(s, is_key, cols), .options = &options};
    bool yes = schema->kind == wr_format_schema_kind(use->format) &&
               wr_format_check_schema(use->format, &columns, &ignored) == WEIR_OK;
    wr_arena_free(a);
    return yes;
}

/* The plan was made before anything was registered, since planning has no effects. */
void wr_plan_set_sink_schemas(wr_plan *plan, const wr_registry_schema *key,
                              const wr_registry_schema *value)
{
    WR_ASSERT(plan->root->kind == WR_STEP_SINK);
    wr_step_sink *sink = &plan->root->u.sink;
    if (key)
        sink->key.options.schema = key;
    if (value)
        sink->value.options.schema = value;
}

/* Partitions of a record follow from its key's bytes, ids included: two topics agree only if they
 * are written with one schema. */
bool wr__internal_schema(wr_arena *a, const wr_format_use *want, const wr_schema *schema,
                         wr_format_use *use)
{
    weir_error ignored;
    const wr_format_columns columns = {
        .is_key = true, .cols = schema->cols, .n = schema->keys_n, .options = &use->options};
    use->options.schema = want->options.schema;
    if (use->options.schema && wr_format_check_schema(use->format, &columns, &ignored) == WEIR_OK)
        return true;
    use->options.schema = NULL;
    wr_schema_draft draft;
    if (draft_of(use, &columns, a, &draft, &ignored) != WEIR_OK)
        return false;
    wr_registry_schema *own = WR_NEW(a, wr_registry_schema);
    *own = (wr_registry_schema){.kind = draft.kind, .text = draft.text};
    use->options.schema = own;
    return true;
}

/* Can a text be made? Names that a format does not have, types that it cannot name. It is made
 * again when it is registered. */
static weir_status try_draft(const wr_source *s, bool is_key, weir_error *err)
{
    wr_arena *a = wr_arena_new(0);
    wr_schema_draft draft;
    weir_status st = wr_plan_schema_draft(s, is_key, a, &draft, err);
    wr_arena_free(a);
    return st;
}

/* Others may have registered a schema already: then records are read by that, and by each other
 * schema that they name, and the columns are only what is wanted of them (Q07). */
static weir_status declared_part(const wr_plan_env *env, const part *p, weir_error *err)
{
    const wr_registry_schema *schema;
    p->use->registers = false;
    if (!wr_plan_has_schema(p->source, p->is_key) || p->use->schema_id)
        return WEIR_OK;
    WR_TRY(fetch(env, p, &schema, err));
    p->use->registers = !schema;
    return schema ? WEIR_OK : try_draft(p->source, p->is_key, err);
}

/* Nothing is registered before the whole statement is planned: this only notes it. */
weir_status wr__declared_schemas(const wr_plan_env *env, wr_source *s, weir_error *err)
{
    part key = part_of(s, NULL, true), value = part_of(s, NULL, false);
    WR_TRY(declared_part(env, &key, err));
    return declared_part(env, &value, err);
}

/* Rows of the query must fit a schema that somebody else has made: what could only fail at the
 * first record is refused now, with the reason (Q38, Q39, Q43). A key's schema is one column, so
 * several columns never are what it gives (Q05). */
static weir_status check_given(const wr_plan_env *env, const part *p, weir_error *err)
{
    const wr_source *s = p->source;
    const wr_registry_schema *schema;
    WR_TRY(fetch(env, p, &schema, err));
    p->use->options.schema = schema;
    if (p->is_key && s->schema->keys_n > 1)
        return wr_error_at(err, WEIR_ERR_STATEMENT, p->with->id_pos,
                           "KEY_SCHEMA_ID gives a key of one column, and this one has %u",
                           s->schema->keys_n);
    wr_column *cols = WR_NEW_N(s->arena, wr_column, s->schema->n);
    const wr_format_columns columns = {.is_key = p->is_key,
                                       .cols = cols,
                                       .n = columns_of(s, p->is_key, cols),
                                       .options = &p->use->options};
    return wr__error_place(wr_format_check_schema(p->use->format, &columns, err), p->with->id_pos,
                           err);
}

/* A query's own schema is registered as the newest, also where the topic has one (Q37). */
static weir_status sink_part(const wr_plan_env *env, const part *p, weir_error *err)
{
    if (!wr_plan_has_schema(p->source, p->is_key)) {
        if (!p->use->schema_id)
            return WEIR_OK;
        return wr_error_at(err, WEIR_ERR_STATEMENT, p->with->id_pos,
                           "%s_SCHEMA_ID is given, but there are no %s columns", upper_name(p),
                           p->name);
    }
    p->use->registers = true;
    return p->use->schema_id ? check_given(env, p, err) : try_draft(p->source, p->is_key, err);
}

/* After the formats have passed the columns: a text is made of what a format can hold. */
weir_status wr__sink_schemas(const wr_plan_env *env, wr_source *s, const wr__with *with,
                             weir_error *err)
{
    part key = part_of(s, with, true), value = part_of(s, with, false);
    WR_TRY(sink_part(env, &key, err));
    return sink_part(env, &value, err);
}
