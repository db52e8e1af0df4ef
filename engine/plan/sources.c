/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Streams and tables made from a list of columns: CREATE STREAM | TABLE, ALTER ... ADD COLUMN, and
 * what they share with CREATE ... AS SELECT: formats, wrapping, timestamp column, the topic.
 *
 * A source is built whole before anybody sees it: it is immutable once it is in the catalog, and a
 * statement that fails leaves no trace. Checks go from the inside out: columns, formats for these
 * columns, the timestamp among them, the topic that holds all of it.
 */
#include "engine/functions/datepattern.h"
#include "common/reason.h"
#include "engine/plan/with.h"
#include "parser/parser.h"

/* Names that every row answers to; a declared column of that name would hide them. ksqlDB's
 * SystemColumns. Case counts: `rowtime` in backticks is an ordinary column. */
bool wr__is_pseudo_name(const char *name)
{
    static const char *const names[] = {"ROWTIME", "ROWPARTITION", "ROWOFFSET", "WINDOWSTART",
                                        "WINDOWEND"};
    for (size_t i = 0; i < WR_ARRAY_LEN(names); i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

/* ---- formats ---- */

/* The value's columns that are in the record's value (headers are not). @p out has room for all
 * columns. Headers are read from the record's headers, whatever its value is. */
static uint32_t value_columns(const wr_schema *schema, wr_column *out)
{
    uint32_t n = 0;
    for (uint32_t i = schema->keys_n; i < schema->n; i++)
        if (schema->cols[i].role == WR_COL_VALUE)
            out[n++] = schema->cols[i];
    return n;
}

/* A value of one column may be written bare or as a record of one field. WITH decides, then the
 * setting, then the format; formats that can do only one of the two are not asked.
 * `WRAP_SINGLE_VALUE = false` writes 7 where true writes {"N": 7}. wrap_set: somebody chose, so it
 * is shown and kept when the source is altered. */
static weir_status choose_wrapping(const wr_plan_env *env, wr_source *s, const wr__with *with,
                                   uint32_t values_n, weir_error *err)
{
    const wr_format *f = s->value.format;
    bool both = f->can_wrap && f->can_unwrap;
    /* A DELIMITED line is a list of cells, also if there is but one: it may be empty, not NULL. */
    s->value.options.unwrapped = f->can_unwrap && !f->can_wrap && f->id != WR_FORMAT_DELIMITED;
    s->value.wrap_set = false;
    const char *config = wr_settings_get(env->settings, "ksql.persistence.wrap.single.values");
    if (with->has_wrap) {
        if (values_n != 1)
            return wr_error(err, WEIR_ERR_STATEMENT,
                            "'WRAP_SINGLE_VALUE' is only valid for single-field value schemas");
        if ((with->wrap && !f->can_wrap) || (!with->wrap && !f->can_unwrap))
            return wr_error(err, WEIR_ERR_STATEMENT,
                            "Format '%s' does not support 'WRAP_SINGLE_VALUE' set to '%s'.",
                            f->name, with->wrap ? "true" : "false");
        s->value.options.unwrapped = !with->wrap;
        s->value.wrap_set = true;
    } else if (config && *config && values_n == 1 && both) {
        s->value.options.unwrapped = !wr_ieq(config, "true");
        s->value.wrap_set = true;
    }
    return WEIR_OK;
}

/* Can the format hold these columns? Where the statement declares the one that it cannot, the error
 * points there. @p stmt NULL: the columns come from a query, and the error has the query's place.
 */
static weir_status check_format(const wr_format *format, const wr_format_columns *columns,
                                const wr_ast_stmt *stmt, weir_error *err)
{
    int32_t misfit;
    weir_status st = wr_format_check(format, columns, &misfit, err);
    if (st == WEIR_OK || misfit == WR_MISFIT_ALL || !stmt)
        return st;
    for (size_t i = 0; i < stmt->elements_n; i++)
        if (strcmp(stmt->elements[i].name.name, columns->cols[misfit].name) == 0)
            return wr__error_place(st, stmt->elements[i].name.pos, err);
    return st;
}

/* Only DELIMITED has one: elsewhere it would be without effect, and is refused as in ksqlDB. @p
 * delimiter 0: not given. */
static weir_status set_delimiter(wr_format_use *use, char delimiter, int64_t pos, weir_error *err)
{
    if (!delimiter)
        return WEIR_OK;
    if (use->format->id != WR_FORMAT_DELIMITED)
        return wr_error_at(err, WEIR_ERR_STATEMENT, pos,
                           "%s does not support the following configs: [delimiter]",
                           use->format->name);
    use->options.delimiter = delimiter;
    return WEIR_OK;
}

/* Can these formats hold these columns? A key of one column is written bare wherever the format
 * can. Delimiters are set after the formats have been checked: they are options of the use, and say
 * nothing about which columns fit. */
weir_status wr__source_check_formats(const wr_plan_env *env, wr_source *s, const wr__with *with,
                                     const wr_ast_stmt *stmt, weir_error *err)
{
    const wr_schema *schema = s->schema;
    const wr_format_columns keys = {.is_key = true, .cols = schema->cols, .n = schema->keys_n};
    WR_TRY(check_format(s->key.format, &keys, stmt, err));
    wr_column *values = WR_NEW_N(s->arena, wr_column, schema->n);
    uint32_t n = value_columns(schema, values);
    const wr_format_columns rest = {.cols = values, .n = n};
    WR_TRY(check_format(s->value.format, &rest, stmt, err));
    s->key.options.unwrapped = schema->keys_n == 1 && s->key.format->can_unwrap;
    s->key.wrap_set = s->key.options.unwrapped && s->key.format->can_wrap;
    WR_TRY(set_delimiter(&s->key, with->key_delimiter, with->key_delimiter_pos, err));
    WR_TRY(set_delimiter(&s->value, with->value_delimiter, with->value_delimiter_pos, err));
    return choose_wrapping(env, s, with, n, err);
}

/* ---- timestamp ---- */

/* Which column is a row's time. The pattern of a text column is compiled here, so that a mistake in
 * it is an error of the statement, not of every record.
 *
 *     TIMESTAMP = 'ts'                                   ts BIGINT (ms since 1970) or TIMESTAMP
 *     TIMESTAMP = 'ts', TIMESTAMP_FORMAT = 'yyyy-MM-dd'  ts STRING */
weir_status wr__source_timestamp(wr_source *s, const wr__with *with, weir_error *err)
{
    s->timestamp_column = -1;
    s->timestamp_format = NULL;
    if (!with->timestamp)
        return WEIR_OK;
    int i = wr_schema_find(s->schema, with->timestamp);
    if (i < 0)
        return wr_error_at(err, WEIR_ERR_STATEMENT, with->timestamp_pos,
                           "The TIMESTAMP column set in the WITH clause does not exist in the "
                           "schema: '%s'",
                           with->timestamp);
    wr_tid id = s->schema->cols[i].type->id;
    if (id == WR_T_STRING) {
        if (!with->timestamp_format)
            return wr_error_at(err, WEIR_ERR_STATEMENT, with->timestamp_pos,
                               "A String timestamp field has been specified without also "
                               "specifying the timestamp_format");
    } else if (id != WR_T_BIGINT && id != WR_T_TIMESTAMP) {
        return wr_error_at(err, WEIR_ERR_STATEMENT, with->timestamp_pos,
                           "Timestamp column, `%s`, should be LONG(INT64), TIMESTAMP, or a String "
                           "with a timestamp_format specified",
                           with->timestamp);
    } else if (with->timestamp_format) {
        return wr_error_at(err, WEIR_ERR_STATEMENT, with->timestamp_pos,
                           "'TIMESTAMP_FORMAT' set in the WITH clause can only be used when the "
                           "timestamp column is of type STRING.");
    }
    s->timestamp_column = i;
    if (!with->timestamp_format)
        return WEIR_OK;
    s->timestamp_format = wr_arena_strdup(s->arena, with->timestamp_format);
    if (wr_datepattern_compile(wr_str_c(s->timestamp_format), s->arena, err))
        return WEIR_OK;
    wr_error_prefix(err, "Failed to prepare the timestamp_format: ");
    return wr__error_place(WEIR_ERR_STATEMENT, with->timestamp_pos, err);
}

/* ---- topic ---- */

/* A topic that is there is taken as it is; what WITH says about it must agree, since a statement
 * does not change topics. What WITH does not mention is not compared. replicas -1 leaves the number
 * to the broker, so any is right; a retention that the log does not know (-1) cannot differ. */
static weir_status check_existing_topic(const wr_source *s, const wr__with *with,
                                        const wr_topic_facts *facts, weir_error *err)
{
    if (!facts->partitions)
        return WEIR_OK; /* it is only taken for there */
    bool partitions = with->has_partitions && with->partitions != facts->partitions;
    bool replicas = with->has_replicas && with->replicas != -1 && with->replicas != facts->replicas;
    if (partitions || replicas)
        return wr_refuse_at(
            err, WR_REASON_TOPIC, with->partitions_pos,
            "A Kafka topic with the name '%s' already exists, with different "
            "partition/replica configuration than required. KSQL expects %lld "
            "partitions (topic has %d), and %lld replication factor (topic has %d).",
            s->topic, (long long)(with->has_partitions ? with->partitions : facts->partitions),
            facts->partitions, (long long)(with->has_replicas ? with->replicas : facts->replicas),
            facts->replicas);
    if (with->has_retention && facts->retention_ms >= 0 &&
        facts->retention_ms != with->retention_ms)
        return wr_refuse(
            err, WR_REASON_TOPIC,
            "A Kafka topic with the name '%s' already exists, with different retention "
            "configuration than required. KSQL expects %lld retention (topic has "
            "%lld).",
            s->topic, (long long)with->retention_ms, (long long)facts->retention_ms);
    return WEIR_OK;
}

/* Where the records of a row lie in several partitions a table has a row in each, and which one is
 * the latest nobody can say. A stream has no such rows; what needs its keys together moves them. */
weir_status wr__source_partitioner(const wr_plan_env *env, wr_source *s, const wr__with *with,
                                   bool written, weir_error *err)
{
    WR_ASSERT(s->partitioner == WR_PARTITIONER_MURMUR2); /* until it is said */
    const char *usual = wr_settings_get(env->settings, "weir.source.partitioner");
    wr_partitioner by;
    if (!with->has_partitioner) { /* what Weir writes itself does not go by what others do */
        if (!written && usual && wr_partitioner_find(wr_str_c(usual), &by))
            s->partitioner = wr_partitioner_to_write(by);
        return WEIR_OK;
    }
    s->partitioner = with->partitioner;
    if (with->partitioner != WR_PARTITIONER_NONE)
        return WEIR_OK;
    if (s->is_table)
        return wr_error_at(err, WEIR_ERR_STATEMENT, with->partitioner_pos,
                           "Invalid value 'NONE' for configuration PARTITIONER: all records of a "
                           "row of a table must be in one partition. Please create a stream of the "
                           "topic, and a table of that by GROUP BY.");
    if (written)
        return wr_error_at(err, WEIR_ERR_STATEMENT, with->partitioner_pos,
                           "Invalid value 'NONE' for configuration PARTITIONER: a query writes its "
                           "results by their key. PARTITION BY NULL takes the key away.");
    return WEIR_OK;
}

/* Find the topic, or say how it has to be made. @p defaults: of a sink, from what it is made of;
 * NULL for CREATE with columns, which must say the number of partitions. Tables are compacted, and
 * their topics keep the last value of a key for ever; windowed ones are compacted and deleted,
 * since keys with old windows never come again. */
weir_status wr__source_topic(const wr_plan_env *env, wr_source *s, const wr__with *with,
                             const wr_topic_facts *defaults, wr_new_topic *topic, weir_error *err)
{
    *topic = (wr_new_topic){.retention_ms = -1};
    if (with->has_retention && s->is_table && s->window.kind == WR_WINDOW_NONE)
        return wr_refuse(err, WR_REASON_TOPIC,
                         "Invalid config variable in the WITH clause: RETENTION_MS. Non-windowed "
                         "tables do not support retention.");
    weir_status st = WEIR_OK;
    wr_topic_facts facts = {0};
    if (env->topic(env, s->topic, &facts, &st, err)) {
        WR_TRY(check_existing_topic(s, with, &facts, err));
        s->partitions = facts.partitions;
        s->replicas = facts.replicas;
        s->retention_ms = facts.retention_ms;
        return WEIR_OK;
    }
    WR_TRY(st);
    if (!defaults && !with->has_partitions) {
        const char *kind = wr_source_kind(s);
        return wr_refuse(err, WR_REASON_NEW_TOPIC,
                         "Topic '%s' does not exist. If you want to create a new topic for the %s "
                         "please re-run the statement providing the required 'PARTITIONS' "
                         "configuration in the WITH clause (and optionally 'REPLICAS'). For "
                         "example: CREATE %s %s (...) WITH (KAFKA_TOPIC='%s', PARTITIONS=1, "
                         "REPLICAS=1);",
                         s->topic, kind, s->is_table ? "TABLE" : "STREAM", s->name, s->topic);
    }
    topic->needed = true;
    topic->name = s->topic;
    topic->partitions = with->has_partitions ? (int32_t)with->partitions : defaults->partitions;
    topic->replicas =
        with->has_replicas ? (int32_t)with->replicas : (defaults ? defaults->replicas : -1);
    topic->retention_ms =
        with->has_retention ? with->retention_ms : (defaults ? defaults->retention_ms : -1);
    topic->compact = s->is_table;
    topic->compact_delete = s->is_table && s->window.kind != WR_WINDOW_NONE;
    s->partitions = topic->partitions;
    s->replicas = topic->replicas;
    s->retention_ms = topic->retention_ms;
    return WEIR_OK;
}

/* Some topics are the platform's own; the setting names them by pattern. ksql.readonly.topics: the
 * schema registry's and Kafka Connect's own topics, for example. */
weir_status wr__check_writable_topic(const wr_plan_env *env, const char *topic, weir_error *err)
{
    if (wr_settings_matches(env->settings, "ksql.readonly.topics", topic))
        return wr_refuse(err, WR_REASON_TARGET, "Cannot insert into read-only topic: %s", topic);
    return WEIR_OK;
}

/* ---- columns ---- */

/* The one type that all headers of a record together have. ARRAY<STRUCT<KEY STRING, VALUE BYTES>>;
 * ksqlDB's SystemColumns.HEADERS_TYPE. */
static bool is_headers_type(const wr_type *t)
{
    return t->id == WR_T_ARRAY && t->elem->id == WR_T_STRUCT && t->elem->fields_n == 2 &&
           strcmp(t->elem->fields[0].name, "KEY") == 0 &&
           t->elem->fields[0].type->id == WR_T_STRING &&
           strcmp(t->elem->fields[1].name, "VALUE") == 0 &&
           t->elem->fields[1].type->id == WR_T_BYTES;
}

/* KEY and PRIMARY KEY are two words on purpose: the message teaches the difference. A stream's key
 * may repeat and be NULL; a table's is what rows are found by. */
static weir_status check_key_word(const wr_ast_stmt *stmt, const wr_ast_element *e, weir_error *err)
{
    if (e->constraint == WR_AST_COL_PRIMARY_KEY && !stmt->is_table)
        return wr_refuse_at(
            err, WR_REASON_KEY_WORD, e->name.pos,
            "Column `%s` is a 'PRIMARY KEY' column: please use 'KEY' for streams.\n"
            "Tables have PRIMARY KEYs, which are unique and NON NULL.\nStreams have "
            "KEYs, which have no uniqueness or NON NULL constraints.",
            e->name.name);
    if (e->constraint == WR_AST_COL_KEY && stmt->is_table)
        return wr_refuse_at(
            err, WR_REASON_KEY_WORD, e->name.pos,
            "Column `%s` is a 'KEY' column: please use 'PRIMARY KEY' for tables.\n"
            "Tables have PRIMARY KEYs, which are unique and NON NULL.\nStreams have "
            "KEYs, which have no uniqueness or NON NULL constraints.",
            e->name.name);
    return WEIR_OK;
}

/* Header columns: each header once, and all of them at most once. @p cols[0..n) are the columns
 * before it, cols[n] is its own. */
static weir_status check_header(const wr_ast_element *e, const wr_column *cols, uint32_t n,
                                weir_error *err)
{
    const wr_type *t = cols[n].type;
    if (e->constraint == WR_AST_COL_HEADERS && !is_headers_type(t))
        return wr_error_at(err, WEIR_ERR_STATEMENT, e->name.pos,
                           "Invalid type for HEADERS column: expected ARRAY<STRUCT<`KEY` STRING, "
                           "`VALUE` BYTES>>");
    if (e->constraint == WR_AST_COL_HEADER && t->id != WR_T_BYTES)
        return wr_error_at(err, WEIR_ERR_STATEMENT, e->name.pos,
                           "Invalid type for HEADER('%s') column: expected BYTES", e->header);
    for (uint32_t i = 0; i < n; i++) {
        if (cols[i].role == WR_COL_HEADERS ||
            (cols[i].role == WR_COL_HEADER && e->constraint == WR_AST_COL_HEADERS))
            return wr_error_at(err, WEIR_ERR_STATEMENT, e->name.pos,
                               "Schema already contains a HEADERS column.");
        if (cols[i].role == WR_COL_HEADER && strcmp(cols[i].header, e->header) == 0)
            return wr_error_at(err, WEIR_ERR_STATEMENT, e->name.pos,
                               "Schema already contains a HEADER('%s') column.", e->header);
    }
    return WEIR_OK;
}

/* What the parser's words mean; KEY and PRIMARY KEY have been told apart by then. */
static const wr_col_role roles[] = {
    [WR_AST_COL_VALUE] = WR_COL_VALUE,     [WR_AST_COL_KEY] = WR_COL_KEY,
    [WR_AST_COL_PRIMARY_KEY] = WR_COL_KEY, [WR_AST_COL_HEADERS] = WR_COL_HEADERS,
    [WR_AST_COL_HEADER] = WR_COL_HEADER,
};

/* In the order of the statement; wr_schema_new moves keys to the front. Types are resolved now: a
 * later DROP TYPE does not touch the source. */
static weir_status read_columns(const wr_plan_env *env, const wr_ast_stmt *stmt, wr_arena *a,
                                wr_column **out, uint32_t *out_n, weir_error *err)
{
    wr_column *cols = WR_NEW_N(a, wr_column, stmt->elements_n);
    for (uint32_t i = 0; i < stmt->elements_n; i++) {
        const wr_ast_element *e = &stmt->elements[i];
        if (wr__is_pseudo_name(e->name.name))
            return wr_error_at(err, WEIR_ERR_STATEMENT, e->name.pos,
                               "'%s' is a reserved column name. You cannot use it as a name for a "
                               "column.",
                               e->name.name);
        WR_TRY(check_key_word(stmt, e, err));
        cols[i] = (wr_column){.name = e->name.name,
                              .role = roles[e->constraint],
                              .header = e->header ? wr_arena_strdup(a, e->header) : NULL};
        WR_TRY(wr_expr_resolve_type(e->type, &env->catalog->types, a, &cols[i].type, err));
        if (cols[i].role == WR_COL_HEADERS || cols[i].role == WR_COL_HEADER)
            WR_TRY(check_header(e, cols, i, err));
        for (uint32_t k = 0; k < i; k++)
            if (strcmp(cols[k].name, cols[i].name) == 0)
                return wr_refuse_at(err, WR_REASON_FORM, e->name.pos,
                                    "Duplicate column names: `%s`", e->name.name);
    }
    *out = cols;
    *out_n = (uint32_t)stmt->elements_n;
    return WEIR_OK;
}

/* ---- CREATE ---- */

/* OR REPLACE of a name that is not there is a plain CREATE. */
static weir_status check_replace(const wr_plan_env *env, const wr_ast_stmt *stmt,
                                 const wr_source *s, weir_error *err);

/* WITH first, then the default from the settings; a value format must come from one of them. The
 * setting's value is not checked when it is set, so an unknown format shows only here. */
static weir_status choose_formats(const wr_plan_env *env, const wr_ast_stmt *stmt, wr_source *s,
                                  const wr__with *with, weir_error *err)
{
    s->key.format = with->key_format;
    if (!s->key.format) {
        const char *name = wr_settings_get(env->settings, "ksql.persistence.default.format.key");
        s->key.format = wr_format_find(wr_str_c(name));
        if (!s->key.format)
            return wr_error(err, WEIR_ERR_CONFIG, "Unknown format: %s", name);
    }
    s->value.format = with->value_format;
    if (!s->value.format) {
        const char *name = wr_settings_get(env->settings, "ksql.persistence.default.format.value");
        if (!name)
            return wr_error_at(err, WEIR_ERR_STATEMENT, stmt->pos,
                               "Statement is missing the 'VALUE_FORMAT' property from the WITH "
                               "clause. Either provide one or set a default via the "
                               "'ksql.persistence.default.format.value' config.");
        s->value.format = wr_format_find(wr_str_c(name));
        if (!s->value.format)
            return wr_error(err, WEIR_ERR_CONFIG, "Unknown format: %s", name);
    }
    return WEIR_OK;
}

/* Tables are updated by key, windowed sources have their window in it: neither can be without. The
 * window itself is not enough: two keys' windows with one start would be one row. */
static weir_status check_keys(const wr_ast_stmt *stmt, const wr_source *s, weir_error *err)
{
    if (s->is_table && s->schema->keys_n == 0)
        return wr_error_at(err, WEIR_ERR_STATEMENT, stmt->name.pos,
                           "Tables require a PRIMARY KEY. Please define the PRIMARY KEY.");
    if (s->window.kind != WR_WINDOW_NONE && s->schema->keys_n == 0)
        return wr_error_at(err, WEIR_ERR_STATEMENT, stmt->name.pos,
                           "Windowed sources require a key column.");
    return WEIR_OK;
}

/* A topic without a policy that writes to it would stay empty, which is not what was meant. */
static weir_status take_error_policy(const wr_plan_env *env, wr_source *s, const wr__with *with,
                                     weir_error *err)
{
    s->has_on_error = with->has_on_error;
    s->on_error = with->on_error;
    if (!with->dead_letter_topic)
        return WEIR_OK;
    if (!with->has_on_error || with->on_error == WR_ON_ERROR_SKIP)
        return wr_error_at(err, WEIR_ERR_STATEMENT, with->dead_letter_pos,
                           "'DEAD_LETTER_TOPIC' can only be used with ON_ERROR = 'dead-letter' or "
                           "'stop'");
    if (strcmp(with->dead_letter_topic, s->topic) == 0)
        return wr_error_at(err, WEIR_ERR_STATEMENT, with->dead_letter_pos,
                           "'DEAD_LETTER_TOPIC' cannot be the topic of the %s itself",
                           wr_source_kind(s));
    weir_status st = wr__check_writable_topic(env, with->dead_letter_topic, err);
    s->dead_letter_topic = wr_arena_strdup(s->arena, with->dead_letter_topic);
    return wr__error_place(st, with->dead_letter_pos, err);
}

/* All of CREATE STREAM | TABLE with columns; those that are not declared come from the registry. */
static weir_status fill_source(const wr_plan_env *env, const wr_ast_stmt *stmt, wr_source *s,
                               wr_new_topic *topic, weir_error *err)
{
    wr__with with;
    WR_TRY(wr__with_parse(stmt, WR__WITH_CREATE, &with, err));
    if (!with.topic)
        return wr_refuse_at(
            err, WR_REASON_FORM, stmt->pos,
            "Missing required property \"KAFKA_TOPIC\" which has no default value.");
    s->name = wr_arena_strdup(s->arena, stmt->name.name);
    s->is_table = stmt->is_table;
    s->read_only = stmt->is_source;
    s->is_ddl = true;
    s->topic = wr_arena_strdup(s->arena, with.topic);
    s->sql = wr_arena_strndup(s->arena, stmt->text.ptr, stmt->text.len);
    s->window = with.window;
    WR_TRY(take_error_policy(env, s, &with, err));
    wr_column *cols = NULL;
    uint32_t n = 0;
    WR_TRY(read_columns(env, stmt, s->arena, &cols, &n, err));
    WR_TRY(choose_formats(env, stmt, s, &with, err));
    WR_TRY(wr__schema_options(env, s, &with, err));
    WR_TRY(wr__infer_columns(env, s, &with, &cols, &n, err));
    if (n == 0)
        return wr_refuse_at(err, WR_REASON_NO_COLUMNS, stmt->name.pos,
                            "The statement does not define any columns.");
    s->schema = wr_schema_new(s->arena, cols, n);
    WR_TRY(check_keys(stmt, s, err));
    WR_TRY(wr__source_check_formats(env, s, &with, stmt, err));
    WR_TRY(wr__declared_schemas(env, s, err));
    WR_TRY(wr__source_timestamp(s, &with, err));
    if (stmt->or_replace)
        WR_TRY(check_replace(env, stmt, s, err));
    WR_TRY(wr__source_partitioner(env, s, &with, false, err));
    return wr__source_topic(env, s, &with, NULL, topic, err);
}

/* Also for ASSERT STREAM | TABLE, which makes the source that should be there, to compare it. */
weir_status wr_plan_create_source(const wr_plan_env *env, const wr_ast_stmt *stmt, wr_source **out,
                                  wr_new_topic *topic, weir_error *err)
{
    WR_ASSERT(stmt->kind == WR_AST_CREATE_SOURCE || stmt->kind == WR_AST_ASSERT_SOURCE);
    wr_source *s = wr_source_new();
    weir_status st = fill_source(env, stmt, s, topic, err);
    if (st != WEIR_OK) {
        wr_source_unref(s);
        return wr__error_place(st, stmt->name.pos, err);
    }
    *out = s;
    return WEIR_OK;
}

/* What a name that is taken means depends on the words around it: an error, nothing to do, or a
 * replacement that the caller has to check.
 *
 *     CREATE STREAM s              an error
 *     CREATE STREAM IF NOT EXISTS  nothing to do, with a warning
 *     CREATE OR REPLACE STREAM s   go on: the new one is checked against the old one later */
weir_status wr_plan_exists(const wr_plan_env *env, const wr_ast_stmt *stmt, bool *exists,
                           wr_buf *warning, weir_error *err)
{
    *exists = false;
    const wr_source *old = wr_catalog_find(env->catalog, stmt->name.name);
    const char *kind = stmt->is_table ? "table" : "stream";
    if (stmt->or_replace && (stmt->is_source || (old && old->read_only)))
        return wr_error_at(err, WEIR_ERR_STATEMENT, stmt->name.pos,
                           "Cannot add %s '%s': CREATE OR REPLACE is not supported on source %ss.",
                           kind, stmt->name.name, kind);
    if (!old)
        return WEIR_OK;
    if (stmt->or_replace && !stmt->if_not_exists) {
        if (!wr_settings_bool(env->settings, "ksql.create.or.replace.enabled", true))
            return wr_error_at(err, WEIR_ERR_STATEMENT, stmt->pos,
                               "Cannot CREATE OR REPLACE: it is disabled by "
                               "'ksql.create.or.replace.enabled'");
        return WEIR_OK;
    }
    if (stmt->if_not_exists) {
        *exists = true;
        wr_buf_printf(warning, "Cannot add %s %s: A %s with the same name already exists.", kind,
                      stmt->name.name, wr_source_kind(old));
        return WEIR_OK;
    }
    return wr_error_at(err, WEIR_ERR_EXISTS, stmt->name.pos,
                       "Cannot add %s '%s': A %s with the same name already exists", kind,
                       stmt->name.name, wr_source_kind(old));
}

/* ---- OR REPLACE and ALTER ---- */

#define CHANGED_SHOWN_MAX 10u /* a message has room for no more */

/* The old columns that the new schema does not have at the same place with the same name and type.
 * Place by place: a column that moved counts as changed, because records of formats without names
 * (DELIMITED) are read by place. New keys are shown where only their number differs. */
static void put_changed(wr_buf *out, const wr_schema *old, const wr_schema *fresh, bool keys)
{
    WR_ASSERT(old->keys_n <= old->n && fresh->keys_n <= fresh->n);
    uint32_t from = keys ? 0 : old->keys_n, to = keys ? old->keys_n : old->n;
    uint32_t offset = keys ? 0 : fresh->keys_n;
    uint32_t end = keys ? fresh->keys_n : fresh->n;
    wr_column changed[1];
    uint32_t n = 0;
    for (uint32_t i = from; i < to; i++) {
        uint32_t k = i - from + offset;
        if (k < end && strcmp(old->cols[i].name, fresh->cols[k].name) == 0 &&
            wr_type_equal(old->cols[i].type, fresh->cols[k].type))
            continue;
        if (++n > CHANGED_SHOWN_MAX)
            continue;
        changed[0] = old->cols[i];
        if (out->len)
            wr_buf_puts(out, ", ");
        wr_schema_print(out, &(wr_schema){changed, 1, keys ? 1 : 0});
    }
    if (n > CHANGED_SHOWN_MAX)
        wr_buf_printf(out, ", and %u more", n - CHANGED_SHOWN_MAX);
    if (keys && !out->len && fresh->keys_n != old->keys_n)
        wr_schema_print(out, &(wr_schema){fresh->cols, fresh->keys_n, fresh->keys_n});
}

/* Existing columns stay as they are, new ones come behind: dialect.md 8.1. Keys may not even grow:
 * the rows that are there would lie in the wrong partitions. */
weir_status wr__check_schema_upgrade(const char *name, const wr_schema *old, const wr_schema *fresh,
                                     weir_error *err)
{
    wr_buf keys = {0}, values = {0}, a = {0}, b = {0};
    put_changed(&keys, old, fresh, true);
    put_changed(&values, old, fresh, false);
    weir_status st = WEIR_OK;
    if (keys.len || values.len) {
        wr__put_schemas(&a, old, &b, fresh);
        st = wr_error(err, WEIR_ERR_STATEMENT,
                      "Cannot upgrade data source: DataSource '`%s`' has schema = %s which is not "
                      "upgradeable to %s. (%s: [%s])",
                      name, wr_buf_cstr(&a), wr_buf_cstr(&b),
                      keys.len ? "Key columns must be identical. The following key columns are "
                                 "changed, missing or reordered"
                               : "The following columns are changed, missing or reordered",
                      wr_buf_cstr(keys.len ? &keys : &values));
    }
    wr_buf_free(&keys);
    wr_buf_free(&values);
    wr_buf_free(&a);
    wr_buf_free(&b);
    return st;
}

/* What may change of a source that is in use: columns may be added after the others, nothing else.
 * Topic, formats and time column decide what the records mean that are there already. The words are
 * ksqlDB's (DataSource.canUpgradeTo): names of its classes' fields. The time column is compared by
 * name, since its place may move when keys go to the front. */
weir_status wr__check_source_upgrade(const wr_source *old, const wr_source *s, weir_error *err)
{
    const char *what = NULL;
    bool same_ts =
        old->timestamp_column < 0
            ? s->timestamp_column < 0
            : s->timestamp_column >= 0 && strcmp(old->schema->cols[old->timestamp_column].name,
                                                 s->schema->cols[s->timestamp_column].name) == 0;
    if (old->is_table != s->is_table)
        what = "DataSourceType";
    else if (strcmp(old->topic, s->topic) != 0)
        what = "KafkaTopicName";
    else if (old->key.format != s->key.format || old->value.format != s->value.format)
        what = "format";
    else if (!same_ts)
        what = "TimestampColumn";
    if (what)
        return wr_error(err, WEIR_ERR_STATEMENT,
                        "Cannot upgrade data source: DataSource '%s' has a different %s, which is "
                        "not upgradeable",
                        s->name, what);
    return wr__check_schema_upgrade(s->name, old->schema, s->schema, err);
}

/* What is not there cannot be incompatible: OR REPLACE then creates. */
static weir_status check_replace(const wr_plan_env *env, const wr_ast_stmt *stmt,
                                 const wr_source *s, weir_error *err)
{
    const wr_source *old = wr_catalog_find(env->catalog, stmt->name.name);
    return old ? wr__check_source_upgrade(old, s, err) : WEIR_OK;
}

/* The declared ones behind the others, as values: keys cannot be added, since the rows that are
 * there lie in partitions by the keys that they have. Names must be new, and none of those that
 * rows have of themselves. Each refusal points at the column that it is about. Formats are checked
 * anew, for an added column may not fit them. */
static weir_status add_columns(const wr_plan_env *env, const wr_ast_stmt *stmt, wr_source *s,
                               weir_error *err)
{
    uint32_t old_n = s->schema->n, n = old_n + (uint32_t)stmt->elements_n;
    wr_column *cols = WR_NEW_N(s->arena, wr_column, n);
    memcpy(cols, s->schema->cols, old_n * sizeof *cols);
    for (uint32_t i = old_n; i < n; i++) {
        const wr_ast_element *e = &stmt->elements[i - old_n];
        cols[i] = (wr_column){.name = e->name.name, .role = WR_COL_VALUE};
        WR_TRY(wr_expr_resolve_type(e->type, &env->catalog->types, s->arena, &cols[i].type, err));
        for (uint32_t k = 0; k < i; k++)
            if (strcmp(cols[k].name, e->name.name) == 0)
                return wr_error_at(err, WEIR_ERR_STATEMENT, e->name.pos,
                                   "Cannot add column `%s` to schema. A column with the same name "
                                   "already exists.",
                                   e->name.name);
        if (wr__is_pseudo_name(e->name.name))
            return wr_error_at(err, WEIR_ERR_STATEMENT, e->name.pos,
                               "'%s' is a reserved column name. You cannot use it as a name for a "
                               "column.",
                               e->name.name);
    }
    s->schema = wr_schema_new(s->arena, cols, n);
    /* A choice of wrapping stays, so there can be no second column: what a bare value was would be
     * unreadable (Q40). */
    wr__with kept = {.has_wrap = s->value.wrap_set, .wrap = !s->value.options.unwrapped};
    return wr__source_check_formats(env, s, &kept, stmt, err);
}

/* ALTER makes a new entry: statements and plans that hold the old one go on with what they have.
 * The statement that made the source is forgotten by the entry, which shows the last one about it;
 * both are kept for the next opening, and executed in their order. */
weir_status wr_plan_alter(const wr_plan_env *env, const wr_ast_stmt *stmt, wr_source **out,
                          weir_error *err)
{
    const wr_source *old = wr_catalog_find(env->catalog, stmt->name.name);
    const char *kind = stmt->is_table ? "table" : "stream";
    if (!old)
        return wr_error_at(err, WEIR_ERR_NOT_FOUND, stmt->name.pos, "Source %s does not exist.",
                           stmt->name.name);
    if (old->is_table != stmt->is_table)
        return wr_error_at(err, WEIR_ERR_STATEMENT, stmt->name.pos,
                           "Incompatible data source type is %s, but statement was ALTER %s",
                           old->is_table ? "TABLE" : "STREAM", stmt->is_table ? "TABLE" : "STREAM");
    if (old->read_only)
        return wr_error_at(err, WEIR_ERR_STATEMENT, stmt->name.pos,
                           "Cannot alter %s '%s': ALTER operations are not supported on source "
                           "%ss.",
                           kind, old->name, kind);
    if (!old->is_ddl)
        return wr_error_at(err, WEIR_ERR_STATEMENT, stmt->name.pos,
                           "ALTER command is not supported for CREATE ... AS statements.");
    wr_source *s = wr_source_copy(old);
    weir_status st =
        stmt->refresh ? wr__refresh_schema(env, stmt, s, err) : add_columns(env, stmt, s, err);
    if (st != WEIR_OK) {
        wr_source_unref(s);
        return wr__error_place(st, stmt->refresh ? stmt->name.pos : stmt->elements[0].name.pos,
                               err);
    }
    /* All of what made it as it is: DESCRIBE shows it, nothing executes it again. A restart has the
     * statements from the statement log, one by one. */
    s->sql = wr_arena_printf(s->arena, "%s;\n%.*s", old->sql, (int)stmt->text.len, stmt->text.ptr);
    *out = s;
    return WEIR_OK;
}
