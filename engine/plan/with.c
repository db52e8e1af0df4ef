/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The WITH clause: one table of properties (where each is allowed, how its value reads), then one
 * loop over what was written.
 *
 * Readers only read: each checks its own value. What properties say about each other (FORMAT and
 * KEY_FORMAT, a window's type and size) is checked when all have been read, so that the order in
 * which they are written does not matter.
 */
#include "engine/plan/with.h"
#include "common/reason.h"
#include "engine/plan/error_policy.h"
#include "parser/parser.h"

#include <ctype.h>
#include <stdio.h>

/* Bits of where a property may stand. */
enum { IN_CREATE = 1, IN_AS = 2, IN_INSERT = 4, IN_BOTH = IN_CREATE | IN_AS };

/* The clause while it is read: what is only needed to check properties against each other is here,
 * not in the result. */
typedef struct with_scan {
    const wr_ast_stmt *stmt;
    wr__with *out;
    const char *window_type, *window_size;
    int64_t window_pos;
    bool has_format, has_key_format, has_value_format; /* written, whatever the value */
} with_scan;

/* @p p's name is known to be the reader's; the value is any literal. Texts stay in the statement's
 * arena: whoever keeps one copies it. */
typedef weir_status (*with_reader)(with_scan *s, const wr_ast_property *p, weir_error *err);

/* Values as people write them: quoted or not where that is clear, since ksqlDB takes both. The
 * parser's texts end in a 0 byte, so they serve as C strings. */
static weir_status need_string(const wr_ast_property *p, const char **out, weir_error *err)
{
    if (p->value->kind != WR_AST_STRING)
        return wr_error_at(err, WEIR_ERR_STATEMENT, p->value->pos,
                           "Invalid value for WITH property '%s': expected a string", p->name.name);
    *out = p->value->text.ptr;
    return WEIR_OK;
}

/* Kafka's words, which are ksqlDB's. */
static weir_status invalid_value(const wr_ast_property *p, const char *why, weir_error *err)
{
    wr_buf text = {0};
    if (p->value->kind == WR_AST_STRING)
        wr_buf_str(&text, p->value->text);
    else
        wr_ast_print_expr(&text, p->value);
    wr_refuse_at(err, WR_REASON_FORM, p->value->pos, "Invalid value %s for property %s: %s",
                 wr_buf_cstr(&text), p->name.name, why);
    wr_buf_free(&text);
    return WEIR_ERR_STATEMENT;
}

/* PARTITIONS = 4 and PARTITIONS = '4'. */
static weir_status need_int(const wr_ast_property *p, int64_t *out, weir_error *err)
{
    const wr_ast_expr *v = p->value;
    if (v->kind == WR_AST_INTEGER) {
        *out = v->u.integer;
        return WEIR_OK;
    }
    if (v->kind == WR_AST_STRING && wr_str_to_i64(v->text, out))
        return WEIR_OK;
    bool is_long = strcmp(p->name.name, "RETENTION_MS") == 0;
    bool is_short = strcmp(p->name.name, "REPLICAS") == 0;
    return invalid_value(p,
                         is_long    ? "Not a number of type LONG"
                         : is_short ? "Not a number of type SHORT"
                                    : "Not a number of type INT",
                         err);
}

/* true, 'true' and 'TRUE'. */
static weir_status need_bool(const wr_ast_property *p, bool *out, weir_error *err)
{
    const wr_ast_expr *v = p->value;
    if (v->kind == WR_AST_BOOLEAN) {
        *out = v->u.boolean;
        return WEIR_OK;
    }
    if (v->kind == WR_AST_STRING &&
        (wr_str_ieq(v->text, WR_STR("true")) || wr_str_ieq(v->text, WR_STR("false")))) {
        *out = wr_str_ieq(v->text, WR_STR("true"));
        return WEIR_OK;
    }
    return invalid_value(p, "Expected value to be either true or false", err);
}

/* Formats go by name in any case; the message shows it as SHOW would. Blanks around the name are
 * allowed. The buffer cuts what no format is called. */
static weir_status need_format(const wr_ast_property *p, const wr_format **out, weir_error *err)
{
    const char *name;
    WR_TRY(need_string(p, &name, err));
    *out = wr_format_find(wr_str_trim(wr_str_c(name)));
    if (!*out) {
        char upper[64];
        size_t n = WR_MIN(strlen(name), sizeof upper - 1);
        for (size_t i = 0; i < n; i++)
            upper[i] = wr_upper(name[i]);
        upper[n] = '\0';
        return wr_error_at(err, WEIR_ERR_STATEMENT, p->value->pos, "Unknown format: %s", upper);
    }
    return WEIR_OK;
}

static weir_status read_topic(with_scan *s, const wr_ast_property *p, weir_error *err)
{
    WR_TRY(need_string(p, &s->out->topic, err));
    if (!*s->out->topic)
        return wr_error_at(err, WEIR_ERR_STATEMENT, p->value->pos,
                           "Invalid value '' for configuration KAFKA_TOPIC: must not be empty");
    return WEIR_OK;
}

/* FORMAT is short for both KEY_FORMAT and VALUE_FORMAT, and may not stand beside them. That is
 * checked when all have been read. */
static weir_status read_format(with_scan *s, const wr_ast_property *p, weir_error *err)
{
    s->has_format = true;
    s->out->format_both = true;
    s->out->format_pos = p->name.pos;
    const wr_format *f;
    WR_TRY(need_format(p, &f, err));
    s->out->key_format = s->out->value_format = f;
    return WEIR_OK;
}

/* format_pos is the place for errors that only show once the columns are known. */
static weir_status read_key_format(with_scan *s, const wr_ast_property *p, weir_error *err)
{
    s->has_key_format = true;
    s->out->format_pos = p->name.pos;
    return need_format(p, &s->out->key_format, err);
}

static weir_status read_value_format(with_scan *s, const wr_ast_property *p, weir_error *err)
{
    s->has_value_format = true;
    return need_format(p, &s->out->value_format, err);
}

/* A bound that no cluster reaches: a slip of the keyboard must not make a million partitions. */
static weir_status read_partitions(with_scan *s, const wr_ast_property *p, weir_error *err)
{
    s->out->has_partitions = true;
    s->out->partitions_pos = p->value->pos;
    WR_TRY(need_int(p, &s->out->partitions, err));
    if (s->out->partitions < 1 || s->out->partitions > 100000)
        return wr_error_at(err, WEIR_ERR_STATEMENT, p->value->pos,
                           "Invalid number of partitions %lld: must be between 1 and 100000",
                           (long long)s->out->partitions);
    return WEIR_OK;
}

/* Weir's own: ksqlDB takes every topic to be written by Java's clients. Names in any case, as those
 * of formats. */
static weir_status read_partitioner(with_scan *s, const wr_ast_property *p, weir_error *err)
{
    const char *text;
    WR_TRY(need_string(p, &text, err));
    s->out->has_partitioner = true;
    s->out->partitioner_pos = p->value->pos;
    if (wr_partitioner_find(wr_str_c(text), &s->out->partitioner))
        return WEIR_OK;
    return wr_error_at(err, WEIR_ERR_STATEMENT, p->value->pos,
                       "Invalid value '%s' for configuration PARTITIONER: must be MURMUR2, CRC32, "
                       "FNV1A or NONE",
                       text);
}

/* -1 leaves the number to the broker. 32767 is the most that Kafka's protocol has room for: an
 * int16. */
static weir_status read_replicas(with_scan *s, const wr_ast_property *p, weir_error *err)
{
    s->out->has_replicas = true;
    WR_TRY(need_int(p, &s->out->replicas, err));
    if ((s->out->replicas < 1 && s->out->replicas != -1) || s->out->replicas > 32767)
        return wr_error_at(err, WEIR_ERR_STATEMENT, p->value->pos, "Invalid number of replicas");
    return WEIR_OK;
}

/* Milliseconds; -1 is Kafka's "for ever". */
static weir_status read_retention(with_scan *s, const wr_ast_property *p, weir_error *err)
{
    s->out->has_retention = true;
    WR_TRY(need_int(p, &s->out->retention_ms, err));
    if (s->out->retention_ms < -1)
        return wr_error_at(err, WEIR_ERR_STATEMENT, p->value->pos,
                           "Invalid retention %lld: milliseconds, or -1 for ever",
                           (long long)s->out->retention_ms);
    return WEIR_OK;
}

/* Refused by name, with the reason: people try it. */
static weir_status read_cleanup(with_scan *s, const wr_ast_property *p, weir_error *err)
{
    (void)s;
    return wr_refuse_at(err, WR_REASON_TOPIC, p->name.pos,
                        "Invalid config variable in the WITH clause: CLEANUP_POLICY.\nThe "
                        "CLEANUP_POLICY config is automatically inferred based on the type of "
                        "source (STREAM or TABLE).\nUsers can't set the CLEANUP_POLICY config "
                        "manually.");
}

/* A column name as an identifier: `exact`, "exact" or folded to upper case. The result is never
 * longer than what was written, so it has room in the same place. */
static weir_status read_timestamp(with_scan *s, const wr_ast_property *p, weir_error *err)
{
    const char *text;
    WR_TRY(need_string(p, &text, err));
    s->out->timestamp_pos = p->value->pos;
    wr_str t = wr_str_trim(wr_str_c(text));
    char *name = (char *)(uintptr_t)text; /* the value's own copy in the statement's arena */
    if (t.len >= 2 && (t.ptr[0] == '`' || t.ptr[0] == '"') && t.ptr[t.len - 1] == t.ptr[0]) {
        memmove(name, t.ptr + 1, t.len - 2);
        name[t.len - 2] = '\0';
    } else {
        for (uint32_t i = 0; i < t.len; i++)
            name[i] = wr_upper(t.ptr[i]);
        name[t.len] = '\0';
    }
    s->out->timestamp = name;
    return WEIR_OK;
}

static weir_status read_on_error(with_scan *s, const wr_ast_property *p, weir_error *err)
{
    const char *text;
    WR_TRY(need_string(p, &text, err));
    s->out->has_on_error = wr_on_error_parse(text, &s->out->on_error);
    if (s->out->has_on_error)
        return WEIR_OK;
    return wr_error_at(err, WEIR_ERR_STATEMENT, p->value->pos,
                       "Invalid value '%s' for configuration ON_ERROR: must be 'skip', "
                       "'dead-letter' or 'stop'",
                       text);
}

static weir_status read_dead_letter_topic(with_scan *s, const wr_ast_property *p, weir_error *err)
{
    WR_TRY(need_string(p, &s->out->dead_letter_topic, err));
    s->out->dead_letter_pos = p->value->pos;
    if (wr__is_topic_name(s->out->dead_letter_topic))
        return WEIR_OK;
    return wr_error_at(err, WEIR_ERR_STATEMENT, p->value->pos,
                       "Invalid value '%s' for configuration DEAD_LETTER_TOPIC: names of topics "
                       "are 1 to 249 letters, digits, '.', '_' and '-'",
                       s->out->dead_letter_topic);
}

/* Compiled by wr__source_timestamp, once it is known that the column is a text. */
static weir_status read_timestamp_format(with_scan *s, const wr_ast_property *p, weir_error *err)
{
    return need_string(p, &s->out->timestamp_format, err);
}

/* That there is one value column is checked when the schema is known. */
static weir_status read_wrap(with_scan *s, const wr_ast_property *p, weir_error *err)
{
    s->out->has_wrap = true;
    return need_bool(p, &s->out->wrap, err);
}

/* One character, or the name of one that cannot be seen. One byte: a character beyond ASCII is two
 * or more and is refused, though Java would take it. */
static weir_status need_delimiter(const wr_ast_property *p, char *out, weir_error *err)
{
    const char *text;
    WR_TRY(need_string(p, &text, err));
    if (wr_ieq(text, "TAB"))
        *out = '\t';
    else if (wr_ieq(text, "SPACE"))
        *out = ' ';
    else if (strlen(text) == 1 && text[0] != '"') /* which is what fields are quoted with */
        *out = text[0];
    else {
        char name[32];
        snprintf(name, sizeof name, "%s", p->name.name);
        return wr_error_at(err, WEIR_ERR_STATEMENT, p->value->pos,
                           "Configuration %s is invalid: Invalid delimiter value: '%s'. Delimiter "
                           "must be a single character or TAB,SPACE",
                           name, text);
    }
    return WEIR_OK;
}

static weir_status read_key_delimiter(with_scan *s, const wr_ast_property *p, weir_error *err)
{
    s->out->key_delimiter_pos = p->name.pos;
    return need_delimiter(p, &s->out->key_delimiter, err);
}

static weir_status read_value_delimiter(with_scan *s, const wr_ast_property *p, weir_error *err)
{
    s->out->value_delimiter_pos = p->name.pos;
    return need_delimiter(p, &s->out->value_delimiter, err);
}

/* Kept as text until the size is there, too: read_window looks at both. */
static weir_status read_window_type(with_scan *s, const wr_ast_property *p, weir_error *err)
{
    s->window_pos = p->value->pos;
    return need_string(p, &s->window_type, err);
}

static weir_status read_window_size(with_scan *s, const wr_ast_property *p, weir_error *err)
{
    s->window_pos = p->value->pos;
    return need_string(p, &s->window_size, err);
}

/* Known to ksqlDB, without a meaning here; still, a wrong kind of value is a mistake. */
static weir_status read_ignored(with_scan *s, const wr_ast_property *p, weir_error *err)
{
    (void)s;
    const char *text;
    return need_string(p, &text, err);
}

/* ---- schemas: a property for the key and one for the value, told apart by how they begin ---- */

static wr__with_schema *schema_of(with_scan *s, const wr_ast_property *p)
{
    return wr_upper(p->name.name[0]) == 'K' ? &s->out->key_schema : &s->out->value_schema;
}

static weir_status read_schema_id(with_scan *s, const wr_ast_property *p, weir_error *err)
{
    wr__with_schema *schema = schema_of(s, p);
    int64_t id;
    WR_TRY(need_int(p, &id, err));
    if (id < 1 || id > INT32_MAX)
        return wr_error_at(err, WEIR_ERR_STATEMENT, p->value->pos,
                           "Invalid schema id %lld: ids are between 1 and 2147483647",
                           (long long)id);
    schema->id = (uint32_t)id;
    schema->id_pos = p->name.pos;
    return WEIR_OK;
}

static weir_status need_full_name(const wr_ast_property *p, const char **out, weir_error *err)
{
    WR_TRY(need_string(p, out, err));
    if (!wr_str_trim(wr_str_c(*out)).len)
        return wr_error_at(err, WEIR_ERR_STATEMENT, p->value->pos, "%s cannot be empty.",
                           p->name.name);
    return WEIR_OK;
}

static weir_status read_full_name(with_scan *s, const wr_ast_property *p, weir_error *err)
{
    schema_of(s, p)->name_pos = p->name.pos;
    return need_full_name(p, &schema_of(s, p)->full_name, err);
}

static weir_status read_avro_name(with_scan *s, const wr_ast_property *p, weir_error *err)
{
    if (!s->out->value_schema.full_name)
        s->out->value_schema.name_pos = p->name.pos;
    return need_full_name(p, &s->out->value_schema.avro_name, err);
}

/* In this case only: ksqlDB refuses 'optional' (Q21). */
static weir_status read_nullable(with_scan *s, const wr_ast_property *p, weir_error *err)
{
    wr__with_schema *schema = schema_of(s, p);
    const char *text;
    WR_TRY(need_string(p, &text, err));
    schema->nullable_pos = p->name.pos;
    schema->nullable = strcmp(text, "OPTIONAL") == 0  ? WR_NULLABLE_OPTIONAL
                       : strcmp(text, "WRAPPER") == 0 ? WR_NULLABLE_WRAPPER
                                                      : WR_NULLABLE_NONE;
    if (schema->nullable == WR_NULLABLE_NONE)
        return wr_error_at(err, WEIR_ERR_STATEMENT, p->value->pos,
                           "Invalid value '%s' for configuration %s: must be OPTIONAL or WRAPPER",
                           text, p->name.name);
    return WEIR_OK;
}

/* Weir's own, for records of writers that leave the index out (P01). Of sources alone: what Weir
 * writes has one. */
static weir_status read_message_index(with_scan *s, const wr_ast_property *p, weir_error *err)
{
    wr__with_schema *schema = schema_of(s, p);
    const char *text;
    WR_TRY(need_string(p, &text, err));
    schema->indexes_pos = p->name.pos;
    schema->no_indexes = true;
    if (!wr_ieq(text, "NONE"))
        return wr_error_at(err, WEIR_ERR_STATEMENT, p->value->pos,
                           "Invalid value '%s' for configuration %s: must be NONE", text,
                           p->name.name);
    return WEIR_OK;
}

/* What numbers are that stand for times, in events that do not say it: the connector's setting
 * time.precision.mode decides, which is the same for all columns of a table unless it is adaptive.
 * In words, as the setting has them; in any case, as properties are. */
static weir_status read_time_unit(with_scan *s, const wr_ast_property *p, weir_error *err)
{
    static const char *const units[] = {
        [WR_TIME_UNIT_MS] = "MILLISECONDS",
        [WR_TIME_UNIT_US] = "MICROSECONDS",
        [WR_TIME_UNIT_NS] = "NANOSECONDS",
    };
    const char *text;
    WR_TRY(need_string(p, &text, err));
    s->out->time_unit_pos = p->name.pos;
    for (uint32_t i = WR_TIME_UNIT_MS; i < WR_ARRAY_LEN(units); i++)
        if (wr_ieq(text, units[i])) {
            s->out->time_unit = (wr_time_unit)i;
            return WEIR_OK;
        }
    return wr_error_at(err, WEIR_ERR_STATEMENT, p->value->pos,
                       "Invalid value '%s' for configuration %s: must be MILLISECONDS, "
                       "MICROSECONDS or NANOSECONDS",
                       text, p->name.name);
}

/* Ids name groups, topics and stores, so they hold letters, digits and underscores only, and none
 * may look like one that the engine gives. Folded to upper case, as unquoted names are. */
static weir_status read_query_id(with_scan *s, const wr_ast_property *p, weir_error *err)
{
    const char *text;
    WR_TRY(need_string(p, &text, err));
    char *id = (char *)(uintptr_t)text;
    bool good = *id != '\0';
    for (char *c = id; *c; c++) {
        *c = wr_upper(*c);
        good = good && (isalnum((unsigned char)*c) || *c == '_');
    }
    if (!good)
        return wr_error_at(err, WEIR_ERR_STATEMENT, p->value->pos,
                           "Query IDs may contain only alphanumeric characters and '_'. Got: '%s'",
                           text);
    static const char *const reserved[] = {"INSERTQUERY_", "CTAS_", "CSAS_", "CST_"};
    for (size_t i = 0; i < WR_ARRAY_LEN(reserved); i++)
        if (strncmp(id, reserved[i], strlen(reserved[i])) == 0)
            return wr_error_at(err, WEIR_ERR_STATEMENT, p->value->pos,
                               "Query IDs must not start with a reserved query ID prefix "
                               "(INSERTQUERY_, CTAS_, CSAS_, CST_). Got: '%s'",
                               text);
    s->out->query_id = id;
    return WEIR_OK;
}

/* The order does not matter. A property that a kind of statement does not take is as unknown there
 * as one that nobody has: ksqlDB has one message for both. */
static const struct {
    const char *name;
    unsigned where;
    with_reader read;
} properties[] = {
    {"KAFKA_TOPIC", IN_BOTH, read_topic},
    {"FORMAT", IN_BOTH, read_format},
    {"KEY_FORMAT", IN_BOTH, read_key_format},
    {"VALUE_FORMAT", IN_BOTH, read_value_format},
    {"PARTITIONS", IN_BOTH, read_partitions},
    {"PARTITIONER", IN_BOTH, read_partitioner},
    {"REPLICAS", IN_BOTH, read_replicas},
    {"RETENTION_MS", IN_BOTH, read_retention},
    {"CLEANUP_POLICY", IN_BOTH, read_cleanup},
    {"TIMESTAMP", IN_BOTH, read_timestamp},
    {"TIMESTAMP_FORMAT", IN_BOTH, read_timestamp_format},
    {"WRAP_SINGLE_VALUE", IN_BOTH, read_wrap},
    {"KEY_DELIMITER", IN_BOTH, read_key_delimiter},
    {"VALUE_DELIMITER", IN_BOTH, read_value_delimiter},
    {"KEY_SCHEMA_ID", IN_BOTH, read_schema_id},
    {"VALUE_SCHEMA_ID", IN_BOTH, read_schema_id},
    {"KEY_SCHEMA_FULL_NAME", IN_BOTH, read_full_name},
    {"VALUE_SCHEMA_FULL_NAME", IN_BOTH, read_full_name},
    {"VALUE_AVRO_SCHEMA_FULL_NAME", IN_BOTH, read_avro_name},
    {"KEY_PROTOBUF_NULLABLE_REPRESENTATION", IN_BOTH, read_nullable},
    {"VALUE_PROTOBUF_NULLABLE_REPRESENTATION", IN_BOTH, read_nullable},
    {"KEY_PROTOBUF_MESSAGE_INDEX", IN_CREATE, read_message_index},
    {"VALUE_PROTOBUF_MESSAGE_INDEX", IN_CREATE, read_message_index},
    {"DEBEZIUM_TIME_UNIT", IN_CREATE, read_time_unit},
    {"WINDOW_TYPE", IN_CREATE, read_window_type},
    {"WINDOW_SIZE", IN_CREATE, read_window_size},
    {"ON_ERROR", IN_CREATE, read_on_error},
    {"DEAD_LETTER_TOPIC", IN_CREATE, read_dead_letter_topic},
    {"SOURCE_CONNECTOR", IN_CREATE, read_ignored},
    {"SOURCED_BY_CONNECTOR", IN_CREATE, read_ignored},
    {"QUERY_ID", IN_INSERT, read_query_id},
};

/* '10 SECONDS': a whole number and one unit, in any case, singular or plural. No sums: '1 HOUR 30
 * MINUTES' is none. */
static bool parse_window_size(const char *text, int64_t *ms)
{
    wr_str rest = wr_str_trim(wr_str_c(text));
    uint32_t digits = 0;
    while (digits < rest.len && rest.ptr[digits] >= '0' && rest.ptr[digits] <= '9')
        digits++;
    int64_t n;
    if (!wr_str_to_i64((wr_str){rest.ptr, digits}, &n) || n <= 0)
        return false;
    wr_str unit = wr_str_trim((wr_str){rest.ptr + digits, rest.len - digits});
    static const struct {
        const char *name;
        int64_t ms;
    } units[] = {{"MILLISECOND", 1},
                 {"SECOND", 1000},
                 {"MINUTE", 60000},
                 {"HOUR", 3600000},
                 {"DAY", 86400000}};
    for (size_t i = 0; i < WR_ARRAY_LEN(units); i++) {
        wr_str name = wr_str_c(units[i].name);
        bool plural = unit.len == name.len + 1 && wr_upper(unit.ptr[name.len]) == 'S';
        if (wr_str_ieq((wr_str){unit.ptr, unit.len - plural}, name))
            return !__builtin_mul_overflow(n, units[i].ms, ms);
    }
    return false;
}

/* A windowed source must say of which kind; a window of fixed size also how long, for its key holds
 * only the start. Grace and retention stay 0: they belong to the query that makes windows, not to a
 * source that has them in its key. SESSION keys hold both bounds, so no size is needed. */
static weir_status read_window(with_scan *s, weir_error *err)
{
    if (!s->window_type) {
        if (s->window_size)
            return wr_error_at(err, WEIR_ERR_STATEMENT, s->window_pos,
                               "'WINDOW_TYPE' must be set when 'WINDOW_SIZE' is set.");
        return WEIR_OK;
    }
    wr_window *w = &s->out->window;
    if (wr_ieq(s->window_type, "SESSION")) {
        w->kind = WR_WINDOW_SESSION;
        if (s->window_size)
            return wr_refuse_at(err, WR_REASON_FORM, s->window_pos,
                                "'WINDOW_SIZE' should not be set for SESSION windows.");
        return WEIR_OK;
    }
    if (wr_ieq(s->window_type, "HOPPING"))
        w->kind = WR_WINDOW_HOPPING;
    else if (wr_ieq(s->window_type, "TUMBLING"))
        w->kind = WR_WINDOW_TUMBLING;
    else
        return wr_refuse_at(err, WR_REASON_FORM, s->window_pos,
                            "Invalid value %s for property WINDOW_TYPE: String must be one of: "
                            "SESSION, HOPPING, TUMBLING, null",
                            s->window_type);
    if (!s->window_size)
        return wr_refuse_at(err, WR_REASON_FORM, s->window_pos,
                            "%s windows require 'WINDOW_SIZE' to be provided in the WITH clause. "
                            "For example: 'WINDOW_SIZE'='10 SECONDS'",
                            w->kind == WR_WINDOW_HOPPING ? "HOPPING" : "TUMBLING");
    if (!parse_window_size(s->window_size, &w->size_ms))
        return wr_refuse_at(err, WR_REASON_FORM, s->window_pos,
                            "Error in WITH clause property 'WINDOW_SIZE': Invalid duration: '%s'. "
                            "Expected a number and a unit.\nExample valid value: '10 SECONDS'",
                            s->window_size);
    w->advance_ms = w->size_ms;
    return WEIR_OK;
}

/* Either of the two beside FORMAT is refused, even with the same value. */
static weir_status check_combination(const with_scan *s, weir_error *err)
{
    if (s->has_format && (s->has_key_format || s->has_value_format)) {
        const char *other = s->has_key_format ? "KEY_FORMAT" : "VALUE_FORMAT";
        return wr_refuse_at(
            err, WR_REASON_FORM, s->out->format_pos,
            "Cannot supply both '%s' and 'FORMAT' properties, as 'FORMAT' sets both "
            "key and value formats. Either use just 'FORMAT', or use 'KEY_FORMAT' "
            "and 'VALUE_FORMAT'.",
            other);
    }
    return WEIR_OK;
}

/* Names in any case. Quadratic in the properties of one clause, of which there are at most two
 * dozen. */
weir_status wr__with_parse(const wr_ast_stmt *stmt, wr__with_use use, wr__with *out,
                           weir_error *err)
{
    static const unsigned masks[] = {IN_CREATE, IN_AS, IN_INSERT};
    *out = (wr__with){0};
    with_scan s = {.stmt = stmt, .out = out};
    for (size_t i = 0; i < stmt->props_n; i++) {
        const wr_ast_property *p = &stmt->props[i];
        size_t k = 0;
        while (k < WR_ARRAY_LEN(properties) &&
               !((properties[k].where & masks[use]) && wr_ieq(properties[k].name, p->name.name)))
            k++;
        if (k == WR_ARRAY_LEN(properties))
            return wr_refuse_at(err, WR_REASON_FORM, p->name.pos,
                                "Invalid config variable(s) in the WITH clause: %s", p->name.name);
        for (size_t j = 0; j < i; j++)
            if (wr_ieq(stmt->props[j].name.name, p->name.name))
                return wr_error_at(err, WEIR_ERR_STATEMENT, p->name.pos,
                                   "Config variable given twice in the WITH clause: %s",
                                   properties[k].name);
        WR_TRY(properties[k].read(&s, p, err));
    }
    WR_TRY(check_combination(&s, err));
    return read_window(&s, err);
}
