/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of settings and its layers. Values are texts, as users and ksqlDB's clients write them;
 * typed readers parse them where they are used, and wr_settings_check refuses bad ones at SET.
 *
 * Layers: the process's settings below, a session's above; a query keeps a flattened copy of what
 * was in force when it was made, so that a later SET does not change what is running. Values are
 * texts, as in properties files; whoever uses one reads it, with a default for the case that it is
 * not there.
 */
#include "engine/plan/settings.h"

#include <regex.h>
#include <stdio.h>

/* So that rows of the table can be read: `scope`, `editable`. */
#define KSQL   true
#define CLIENT false
#define EDIT   true
#define FIXED  false

/* In order of name: dialect.md section 19. A test checks the order, and that each default passes
 * its own check. Units are in the names (.ms, .bytes). NULL as a default means that the setting's
 * absence is a state of its own: no registry, no limit. Some are known only so that ksqlDB's files
 * and clients work: the description says what they do there. */
static const wr_setting settings[] = {
    {"auto.offset.reset", "latest", EDIT, CLIENT, "Where new queries start: earliest or latest"},
    {"bootstrap.servers", NULL, FIXED, CLIENT, "Kafka brokers"},
    {"buffered.records.per.partition", "1000", EDIT, CLIENT, "Records held per input partition"},
    {"cache.max.bytes.buffering", "10000000", EDIT, CLIENT,
     "Bytes of updates kept before they are emitted; 0 emits every update"},
    {"commit.interval.ms", "2000", EDIT, CLIENT, "Time between commits"},
    {"ksql.assert.schema.default.timeout.ms", "1000", EDIT, KSQL, "Time-out of ASSERT SCHEMA"},
    {"ksql.assert.topic.default.timeout.ms", "1000", EDIT, KSQL, "Time-out of ASSERT TOPIC"},
    {"ksql.connect.url", "http://localhost:8083", FIXED, KSQL, "Kafka Connect"},
    {"ksql.create.or.replace.enabled", "true", EDIT, KSQL, "Allow CREATE OR REPLACE"},
    {"ksql.create.topic.inherit.source.replicas.enabled", "true", EDIT, KSQL,
     "Sink topics take the source topic's replication factor"},
    {"ksql.extension.dir", "ext", FIXED, KSQL, "Directory of user functions"},
    {"ksql.fail.on.deserialization.error", "false", EDIT, KSQL,
     "Stop the query at a record that cannot be decoded"},
    {"ksql.fail.on.production.error", "true", EDIT, KSQL,
     "Stop the query at a record that cannot be written"},
    {"ksql.functions.collect_list.limit", NULL, EDIT, KSQL, "Most entries of COLLECT_LIST"},
    {"ksql.functions.collect_set.limit", NULL, EDIT, KSQL, "Most entries of COLLECT_SET"},
    {"ksql.headers.columns.enabled", "true", FIXED, KSQL, "Allow HEADERS columns"},
    {"ksql.hidden.topics",
     "_confluent.*,__confluent.*,_schemas,__consumer_offsets,__transaction_state,connect-configs,"
     "connect-offsets,connect-status,connect-statuses",
     FIXED, KSQL, "Topics that SHOW TOPICS hides"},
    {"ksql.insert.into.values.enabled", "true", EDIT, KSQL, "Allow INSERT INTO ... VALUES"},
    {"ksql.internal.topic.min.insync.replicas", "1", EDIT, KSQL, "Of internal topics"},
    {"ksql.internal.topic.replicas", "1", EDIT, KSQL, "Of internal topics"},
    {"ksql.lambdas.enabled", "true", EDIT, KSQL, "Allow lambda functions"},
    {"ksql.max.push.queries", "100", EDIT, KSQL, "Most push queries at once"},
    {"ksql.output.topic.name.prefix", "", EDIT, KSQL, "Before the names of sink topics"},
    {"ksql.persistence.default.format.key", "KAFKA", EDIT, KSQL, "KEY_FORMAT where not given"},
    {"ksql.persistence.default.format.value", NULL, EDIT, KSQL, "VALUE_FORMAT where not given"},
    {"ksql.persistence.wrap.single.values", NULL, EDIT, KSQL, "WRAP_SINGLE_VALUE where not given"},
    {"ksql.persistent.prefix", "query_", FIXED, KSQL, "In names of internal topics and groups"},
    {"ksql.properties.overrides.denylist", "", FIXED, KSQL, "Settings that SET must not change"},
    {"ksql.pull.queries.enable", "true", FIXED, KSQL, "Allow pull queries"},
    {"ksql.query.error.max.queue.size", "10", EDIT, KSQL, "Errors kept per query"},
    {"ksql.query.persistent.active.limit", "2147483647", FIXED, KSQL, "Most persistent queries"},
    {"ksql.query.pull.range.scan.enabled", "true", EDIT, KSQL, "Pull queries may scan key ranges"},
    {"ksql.query.pull.stream.enabled", "true", EDIT, KSQL, "Allow pull queries on streams"},
    {"ksql.query.pull.table.scan.enabled", "true", EDIT, KSQL, "Pull queries may scan tables"},
    {"ksql.query.push.v2.continuation.tokens.enabled", "false", EDIT, KSQL,
     "Resumable push queries"},
    {"ksql.query.push.v2.enabled", "false", EDIT, KSQL, "Scalable push queries"},
    {"ksql.query.retry.backoff.initial.ms", "15000", EDIT, KSQL, "First wait before a restart"},
    {"ksql.query.retry.backoff.max.ms", "900000", EDIT, KSQL, "Longest wait before a restart"},
    {"ksql.readonly.topics",
     "_confluent.*,__confluent.*,_schemas,__consumer_offsets,__transaction_state,connect-configs,"
     "connect-offsets,connect-status,connect-statuses",
     FIXED, KSQL, "Topics that must not be written"},
    {"ksql.schema.registry.url", NULL, EDIT, KSQL, "Schema registry"},
    {"ksql.service.id", "default_", FIXED, KSQL, "Name of this service"},
    {"ksql.source.table.materialization.enabled", "true", FIXED, KSQL,
     "CREATE SOURCE TABLE serves pull queries"},
    {"ksql.streams.__emit.interval.ms.kstreams.windowed.aggregation__", "1000", EDIT, KSQL,
     "Least time between emissions of closed windows"},
    {"ksql.suppress.enabled", "true", EDIT, KSQL, "Allow EMIT FINAL"},
    {"ksql.timestamp.throw.on.invalid", "false", EDIT, KSQL,
     "Stop the query at a record whose timestamp is invalid"},
    {"ksql.transient.prefix", "transient_", FIXED, KSQL, "In names of push queries"},
    {"ksql.udfs.enabled", "true", FIXED, KSQL, "Allow user functions"},
    {"ksql.variable.substitution.enable", "true", EDIT, KSQL, "Replace ${variables}"},
    {"max.task.idle.ms", "0", EDIT, CLIENT, "How long a join waits for the other side's records"},
    {"num.standby.replicas", "0", EDIT, CLIENT, "Copies of the state on other processes"},
    {"num.stream.threads", "4", EDIT, CLIENT, "Worker threads"},
    {"processing.guarantee", "at_least_once", EDIT, CLIENT, "at_least_once or exactly_once_v2"},
    {"replication.factor", "1", EDIT, CLIENT, "Of internal topics"},
    {"state.dir", NULL, FIXED, CLIENT, "Directory of the state"},
    {"weir.batch.rows", "2048", EDIT, KSQL, "Most rows processed at once"},
    {"weir.block.cache.bytes", "8388608", FIXED, KSQL, "Memory for blocks of state read from disk"},
    {"weir.decode.strict", "false", EDIT, KSQL, "Check the types of columns that no one reads"},
    {"weir.memtable.bytes", "16777216", FIXED, KSQL, "Memory for state and topics not yet on disk"},
    {"weir.state.cache.bytes", "268435456", FIXED, KSQL,
     "Memory for the state that all queries work on"},
    {"weir.statements.skip", NULL, FIXED, KSQL,
     "Numbers of kept statements that are left out when the engine is opened"},
    {"weir.threads", "1", FIXED, KSQL, "Threads that process partitions at the same time"},
};

/* For SHOW PROPERTIES, documents and completion. */
const wr_setting *wr_setting_at(uint32_t index)
{
    return index < WR_ARRAY_LEN(settings) ? &settings[index] : NULL;
}

/* A linear search over a hundred short names: settings are looked up per statement, not per record.
 */
static const wr_setting *find_setting(const char *name)
{
    for (size_t i = 0; i < WR_ARRAY_LEN(settings); i++)
        if (strcmp(settings[i].name, name) == 0)
            return &settings[i];
    return NULL;
}

/* A layer owns its texts and borrows its parent. */
void wr_settings_init(wr_settings *s, const wr_settings *parent)
{
    s->parent = parent;
    wr_map_init(&s->values);
}

void wr_settings_free(wr_settings *s)
{
    const wr_map_entry *e;
    for (size_t i = 0; (e = wr_map_next(&s->values, &i));)
        wr_free(e->value);
    wr_map_free(&s->values);
}

/* Case counts: names of settings are lower case everywhere. */
static bool starts_with(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

/*     ksql.streams.commit.interval.ms     commit.interval.ms
 *     ksql.streams.__emit...              itself: it stands in the table under its long name */
const char *wr_settings_canonical(const char *name)
{
    static const char prefix[] = "ksql.streams.";
    if (!starts_with(name, prefix) || find_setting(name))
        return name;
    return name + sizeof prefix - 1;
}

/* Beginnings of names that go to the Kafka client as they are. */
static const char *const client_families[] = {
    "consumer.",      "producer.",  "admin.",       "topic.",      "restore.consumer.",
    "main.consumer.", "ssl.",       "sasl.",        "security.",   "socket.",
    "fetch.",         "queued.",    "queue.",       "max.",        "metadata.",
    "session.",       "heartbeat.", "compression.", "linger.",     "batch.",
    "acks",           "client.",    "request.",     "retry.",      "retries",
    "broker.",        "debug",      "enable.",      "isolation.",  "receive.",
    "message.",       "partition",  "delivery.",    "statistics.", "api.",
    "check.crcs",     "group.",     "reconnect.",   "transaction", "interceptor",
    "state.cleanup",  "poll.ms",    "rocksdb.",     "topology.",   "default.",
    "metric",
};

/* Families of ksqlDB's settings that server files carry and that change nothing in Weir: accepted,
 * so that such a file can be used as it is. */
static const char *const server_families[] = {
    "ksql.functions.", "ksql.logging.",  "ksql.heartbeat.", "ksql.lag.",
    "ksql.query.",     "ksql.server.",   "authentication.", "listeners",
    "ksql.udf",        "ksql.streams.",  "ksql.any.",       "ksql.new.",
    "ksql.metrics",    "ksql.suppress.", "ksql.cache.",     "weir.",
    "ksql.error.",     "ksql.queries.",  "ksql.security.",  "ksql.schema.",
    "ksql.runtime.",   "ksql.shared.",   "ksql.nested.",    "ksql.rowpartition.",
    "ksql.websocket",  "ksql.client.",   "ksql.fetch.",     "ksql.authorization.",
    "ksql.access.",    "ksql.hidden",
};

/* Settings that this engine does not have, but that files for ksqlDB hold: they pass without
 * effect. */
static bool in_family(const char *name, const char *const *families, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (starts_with(name, families[i]))
            return true;
    return false;
}

/* Nothing here checks values: what they mean is not ours to know. */
static bool passes_through(const char *name)
{
    return in_family(name, client_families, WR_ARRAY_LEN(client_families)) ||
           in_family(name, server_families, WR_ARRAY_LEN(server_families));
}

/* A session must not reach what belongs to the process: its keys and its extensions. */
static bool denied(const char *name)
{
    return starts_with(name, "ssl.") || starts_with(name, "ksql.extension.");
}

/* The kind of a setting follows from its default: a flag, a number, or any text. A few have a list
 * of values of their own. A number is anything whose default is one: limits of ranges are checked
 * where the setting is used. exactly_once is refused with a reason instead of run as at-least-once:
 * a promise that is not kept is worse than none. */
static weir_status check_value(const wr_setting *s, const char *value, weir_error *err)
{
    if (strcmp(s->name, "auto.offset.reset") == 0) {
        if (wr_ieq(value, "earliest") || wr_ieq(value, "latest"))
            return WEIR_OK;
        return wr_error(err, WEIR_ERR_CONFIG,
                        "Invalid value '%s' for property '%s': must be 'earliest' or 'latest'",
                        value, s->name);
    }
    if (strcmp(s->name, "processing.guarantee") == 0) {
        if (wr_ieq(value, "at_least_once"))
            return WEIR_OK;
        if (starts_with(value, "exactly_once")) {
            wr_error(err, WEIR_ERR_UNSUPPORTED,
                     "processing.guarantee = '%s' is not supported yet on Kafka", value);
            return wr_error_hint(err, "use at_least_once; the embedded log is exactly-once");
        }
        return wr_error(err, WEIR_ERR_CONFIG, "Invalid value '%s' for property '%s'", value,
                        s->name);
    }
    if (s->def && (strcmp(s->def, "true") == 0 || strcmp(s->def, "false") == 0)) {
        if (wr_ieq(value, "true") || wr_ieq(value, "false"))
            return WEIR_OK;
        return wr_error(err, WEIR_ERR_CONFIG,
                        "Invalid value '%s' for property '%s': must be true or false", value,
                        s->name);
    }
    int64_t n;
    if (s->def && wr_str_to_i64(wr_str_c(s->def), &n) && !wr_str_to_i64(wr_str_c(value), &n))
        return wr_error(err, WEIR_ERR_CONFIG,
                        "Invalid value '%s' for property '%s': must be a whole number", value,
                        s->name);
    return WEIR_OK;
}

/* Sessions may change only what is marked for them; a file or the command line may set anything
 * known. @p value NULL: UNSET. A pass-through name is let through with any value. */
weir_status wr_settings_check(const char *name, const char *value, bool session, weir_error *err)
{
    const char *canonical = wr_settings_canonical(name);
    const wr_setting *s = find_setting(canonical);
    if (session && ((s && !s->editable) || denied(canonical)))
        return wr_error(err, WEIR_ERR_CONFIG, "Cannot override property '%s'", name);
    if (!s && !passes_through(canonical))
        return wr_error(err, WEIR_ERR_CONFIG,
                        "Not recognizable as ksql, streams, consumer, or producer property: '%s'",
                        name);
    return s && value ? check_value(s, value, err) : WEIR_OK;
}

/* Into this layer. Layers below are not touched, so UNSET shows them again. The value is copied. */
bool wr_settings_put(wr_settings *s, const char *name, const char *value)
{
    wr_str key = wr_str_c(wr_settings_canonical(name));
    char *old =
        value ? wr_map_put(&s->values, key, wr_strdup(value)) : wr_map_remove(&s->values, key);
    bool was_set = old != NULL;
    wr_free(old);
    return was_set;
}

/* The first layer that has a value, from the session down to the process; then the default.
 * Borrowed until the layer it came from is changed. */
const char *wr_settings_get(const wr_settings *s, const char *name)
{
    const char *canonical = wr_settings_canonical(name);
    for (; s; s = s->parent) {
        const char *v = wr_map_get(&s->values, wr_str_c(canonical));
        if (v)
            return v;
    }
    const wr_setting *known = find_setting(canonical);
    return known ? known->def : NULL;
}

/* Anything but `true`, in any case, is false: values of known settings have been checked. */
bool wr_settings_bool(const wr_settings *s, const char *name, bool otherwise)
{
    const char *v = wr_settings_get(s, name);
    return v ? wr_ieq(v, "true") : otherwise;
}

/* Values were checked when they were set; what is no number all the same counts as not set. */
int64_t wr_settings_int(const wr_settings *s, const char *name, int64_t otherwise)
{
    const char *v = wr_settings_get(s, name);
    int64_t n;
    return v && wr_str_to_i64(wr_str_c(v), &n) ? n : otherwise;
}

/* A list of patterns, any of which may match the whole name. One that is no pattern matches
 * nothing. POSIX extended expressions; Java's differ, but lists in practice are names with `.*`. An
 * item of more than 256 bytes is cut off and may fail to match. */
bool wr_settings_matches(const wr_settings *s, const char *name, const char *text)
{
    for (const char *p = wr_settings_get(s, name); p && *p;) {
        size_t n = strcspn(p, ",");
        char pattern[300];
        snprintf(pattern, sizeof pattern, "^(%.*s)$", (int)WR_MIN(n, (size_t)256), p);
        regex_t re;
        if (regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB) == 0) {
            bool hit = regexec(&re, text, 0, NULL, 0) == 0;
            regfree(&re);
            if (hit)
                return true;
        }
        p += n + (p[n] == ',');
    }
    return false;
}

/* All layers flattened into one: what a query keeps must not change when its session does. Parents
 * first, so that nearer layers overwrite what farther ones have. */
void wr_settings_copy(wr_settings *to, const wr_settings *from)
{
    WR_ASSERT(to != from);
    const wr_map_entry *e;
    if (!from)
        return;
    wr_settings_copy(to, from->parent);
    for (size_t i = 0; (e = wr_map_next(&from->values, &i));)
        wr_settings_put(to, e->key.ptr, e->value);
}
