/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From settings to librdkafka's configuration.
 *
 * Names: `consumer.x`, `producer.x`, `admin.x` reach the handles of that role; librdkafka's own
 * names without a prefix reach every handle they make sense for. Settings that are Weir's own
 * (settings.h, ksql.*, weir.*) stay out, so do the few of Kafka's Java clients that have no meaning
 * here; every other name that librdkafka does not know is refused by name.
 *
 * Order: our defaults, then the user's values, then what Weir relies on and nobody may change.
 */
#include "runtime/log/kafka.h"
#include "common/diag.h"

typedef struct pair {
    const char *name, *value;
} pair;

/* Small requests go out at once, as with Kafka's own clients: waiting to send more (Nagle) costs up
 * to 40 ms where the other side delays its acknowledgements. */
static const pair common_defaults[] = {
    {"socket.nagle.disable", "true"},
};
/* The queues are small: what is fetched ahead is memory, and out of the cache when it is read.
 *
 * session.timeout.ms: how long the partitions of a process that was killed have nobody. Kafka's 45
 * s are for clients that stall as a whole when their memory is cleaned up; heartbeats here come
 * from a thread of librdkafka's that does nothing else, every 3 s, so after 10 s three of them are
 * missing. A process that is taken for dead wrongly costs a rebalance, and no record. */
static const pair reader_defaults[] = {
    {"session.timeout.ms", "10000"},
    {"queued.min.messages", "20000"},
    {"queued.max.messages.kbytes", "32768"},
    {"fetch.message.max.bytes", "262144"},
    {"check.crcs", "true"},
    {"partition.assignment.strategy", "range"},
    {"isolation.level", "read_committed"},
    {"auto.offset.reset", "earliest"},
};
static const pair reader_fixed[] = {
    {"enable.auto.commit", "false"},
    {"enable.auto.offset.store", "false"},
    {"enable.partition.eof", "true"},
    {"allow.auto.create.topics", "false"},
};
/* linger.ms: a short one is expensive, each batch of a partition is a request of its own. What
 * waits for an acknowledgement (flush) is sent at once. */
static const pair writer_defaults[] = {
    {"linger.ms", "20"},
    {"queue.buffering.max.messages", "50000"},
    {"queue.buffering.max.kbytes", "16384"},
};
/* A request that hangs is sent again while the transaction still has time: three times. What a
 * killed process has left open blocks readers for as long as the time-out, and the broker's look
 * every 10 s. */
static const pair transactional_defaults[] = {
    {"transaction.timeout.ms", "10000"},
    {"socket.timeout.ms", "3000"},
};
static const pair admin_fixed[] = {
    {"isolation.level", "read_uncommitted"},
    {"allow.auto.create.topics", "false"},
    {"enable.auto.commit", "false"},
};

/* Of Kafka's Java clients and Kafka Streams: accepted by ksqlDB, without a meaning here. */
static const char *const ignored[] = {
    "max.poll.records",
    "key.deserializer",
    "value.deserializer",
    "key.serializer",
    "value.serializer",
    "default.deserialization.exception.handler",
    "default.production.exception.handler",
    "default.timestamp.extractor",
    "metric.reporters",
    "metrics.recording.level",
    "state.cleanup.delay.ms",
    "poll.ms",
    "rocksdb.config.setter",
    "topology.optimization",
};

/* ---- the shared callbacks ---- */

static void on_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    (void)rk;
    /* Lost connections come by on_error, certificates by kafka_security.c, once; unused settings
     * are no news. */
    bool quiet = strcmp(facility, "FAIL") == 0 || strcmp(facility, "ERROR") == 0 ||
                 strcmp(facility, "CONFWARN") == 0 || strcmp(facility, "SSLCERTVRFY") == 0;
    wr_diag_level ours = quiet || level >= 7 ? WR_DIAG_DEBUG
                         : level <= 3        ? WR_DIAG_WARN
                                             : WR_DIAG_INFO;
    wr_diag_put(ours, "kafka", "%s: %s", facility, text);
}

void wr__kafka_on_error(rd_kafka_t *rk, int code, const char *reason, void *opaque)
{
    (void)rk;
    wr__kafka *log = ((wr__kafka_opaque *)opaque)->log;
    if (atomic_load(&log->closing))
        return;
    if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
        if (!atomic_exchange(&log->down, true))
            wr_diag_put(WR_DIAG_WARN, "kafka", "No Kafka broker answers at %s; trying again",
                        log->brokers);
        return;
    }
    pthread_mutex_lock(&log->lock);
    bool news = strcmp(log->last_error, reason) != 0;
    snprintf(log->last_error, sizeof log->last_error, "%s", reason);
    pthread_mutex_unlock(&log->lock);
    if (news && !atomic_load(&log->down) && !wr__kafka_retriable((rd_kafka_resp_err_t)code))
        wr_diag_put(WR_DIAG_WARN, "kafka", "%s", reason);
}

/* ---- building ---- */

static weir_status set_user(rd_kafka_conf_t *conf, const char *shown, const char *name,
                            const char *value, weir_error *err)
{
    char text[256];
    switch (rd_kafka_conf_set(conf, name, value, text, sizeof text)) {
    case RD_KAFKA_CONF_OK:
        return WEIR_OK;
    case RD_KAFKA_CONF_UNKNOWN:
        wr_error(err, WEIR_ERR_CONFIG, "Unknown Kafka setting '%s'", shown);
        return wr_error_hint(err, "Names are those of librdkafka, with or without 'consumer.' or "
                                  "'producer.' before them.");
    default:
        return wr_error(err, WEIR_ERR_CONFIG, "Kafka setting '%s': %s", shown, text);
    }
}

void wr__kafka_conf_set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char text[256];
    rd_kafka_conf_res_t rc = rd_kafka_conf_set(conf, name, value, text, sizeof text);
    WR_ASSERT(rc == RD_KAFKA_CONF_OK);
}

size_t wr__kafka_conf_number(const rd_kafka_conf_t *conf, const char *name)
{
    char text[32];
    size_t size = sizeof text;
    int64_t number = 0;
    bool known = rd_kafka_conf_get(conf, name, text, &size) == RD_KAFKA_CONF_OK &&
                 wr_str_to_i64(wr_str_c(text), &number);
    WR_ASSERT(known && number >= 0);
    return (size_t)number;
}

static void set_all(rd_kafka_conf_t *conf, const pair *pairs, size_t n)
{
    for (size_t i = 0; i < n; i++)
        wr__kafka_conf_set(conf, pairs[i].name, pairs[i].value);
}

static bool starts(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

static bool is_ours(const char *name)
{
    if (starts(name, "ksql.") || starts(name, "weir.") || starts(name, "topic."))
        return true;
    for (size_t i = 0; i < WR_ARRAY_LEN(ignored); i++)
        if (strcmp(name, ignored[i]) == 0)
            return true;
    for (uint32_t i = 0; wr_setting_at(i); i++)
        if (strcmp(name, wr_setting_at(i)->name) == 0)
            return strcmp(name, "bootstrap.servers") != 0;
    return false;
}

static bool writes(wr__kafka_role role)
{
    return role == WR__KAFKA_WRITER || role == WR__KAFKA_TRANSACTIONAL;
}

/* The name without the prefix of the role; NULL: for another role. */
static const char *name_for(wr__kafka_role role, const char *name)
{
    static const struct {
        const char *prefix;
        wr__kafka_role role;
    } prefixes[] = {
        {"consumer.", WR__KAFKA_READER},         {"main.consumer.", WR__KAFKA_READER},
        {"producer.", WR__KAFKA_WRITER},         {"admin.", WR__KAFKA_ADMIN},
        {"restore.consumer.", WR__KAFKA_READER},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(prefixes); i++)
        if (starts(name, prefixes[i].prefix))
            return prefixes[i].role == (writes(role) ? WR__KAFKA_WRITER : role)
                       ? name + strlen(prefixes[i].prefix)
                       : NULL;
    return name;
}

/* Is the setting of the other kind of client? librdkafka would take it, and warn. */
static bool fits(wr__kafka_role role, const char *name)
{
    static const char *const writers[] = {"acks",
                                          "request.required.acks",
                                          "linger.ms",
                                          "batch.",
                                          "queue.buffering.",
                                          "compression.",
                                          "enable.idempotence",
                                          "message.timeout.ms",
                                          "delivery.timeout.ms",
                                          "message.send.max.retries",
                                          "retries",
                                          "partitioner",
                                          "sticky.partitioning",
                                          "transaction"};
    if (writes(role))
        return true;
    for (size_t i = 0; i < WR_ARRAY_LEN(writers); i++)
        if (starts(name, writers[i]))
            return false;
    return true;
}

/* One setting; prefixed ones are set after plain ones, so that they win. */
static weir_status pass_through(rd_kafka_conf_t *conf, wr__kafka_role role, bool prefixed,
                                const char *name, const char *value, bool *ordered, weir_error *err)
{
    const char *plain = name_for(role, name);
    if (!plain || (plain != name) != prefixed || (!prefixed && is_ours(plain)) ||
        (!prefixed && !fits(role, plain)))
        return WEIR_OK;
    for (size_t i = 0; i < WR_ARRAY_LEN(ignored); i++)
        if (strcmp(plain, ignored[i]) == 0)
            return WEIR_OK;
    if (strcmp(plain, "transactional.id") == 0) {
        wr_error(err, WEIR_ERR_CONFIG, "Kafka setting '%s' is Weir's own to set", name);
        return wr_error_hint(err, "processing.guarantee = exactly_once_v2 turns transactions on.");
    }
    if (strcmp(plain, "acks") == 0 || starts(plain, "max.in.flight") ||
        strcmp(plain, "request.required.acks") == 0 || strcmp(plain, "enable.idempotence") == 0)
        *ordered = true;
    return set_user(conf, name, plain, value, err);
}

static weir_status set_users(rd_kafka_conf_t *conf, wr__kafka_role role,
                             const wr_settings *settings, bool *ordered, weir_error *err)
{
    const wr_settings *layers[16];
    size_t depth = 0;
    for (; settings; settings = settings->parent) {
        WR_ASSERT(depth < WR_ARRAY_LEN(layers));
        layers[depth++] = settings;
    }
    for (int prefixed = 0; prefixed < 2; prefixed++) {
        for (size_t k = depth; k-- > 0;) {
            const wr_map_entry *e;
            for (size_t i = 0; (e = wr_map_next(&layers[k]->values, &i));)
                WR_TRY(pass_through(conf, role, prefixed, e->key.ptr, e->value, ordered, err));
        }
    }
    return WEIR_OK;
}

weir_status wr__kafka_conf_new(wr__kafka *log, wr__kafka_role role, const wr_settings *settings,
                               rd_kafka_conf_t **out, weir_error *err)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    wr__kafka_conf_set(conf, "client.id", "weir");
    wr__kafka_conf_set(conf, "bootstrap.servers", log->brokers);
    set_all(conf, common_defaults, WR_ARRAY_LEN(common_defaults));
    if (role == WR__KAFKA_READER)
        set_all(conf, reader_defaults, WR_ARRAY_LEN(reader_defaults));
    if (writes(role))
        set_all(conf, writer_defaults, WR_ARRAY_LEN(writer_defaults));
    if (role == WR__KAFKA_TRANSACTIONAL)
        set_all(conf, transactional_defaults, WR_ARRAY_LEN(transactional_defaults));
    bool ordered = false; /* the user decides about order and acknowledgement */
    weir_status st = set_users(conf, role, settings ? settings : &log->settings, &ordered, err);
    if (st != WEIR_OK) {
        rd_kafka_conf_destroy(conf);
        return st;
    }
    if (role == WR__KAFKA_READER)
        set_all(conf, reader_fixed, WR_ARRAY_LEN(reader_fixed));
    if (role == WR__KAFKA_ADMIN)
        set_all(conf, admin_fixed, WR_ARRAY_LEN(admin_fixed));
    if (writes(role) && !ordered)
        wr__kafka_conf_set(conf, "enable.idempotence", "true");
    rd_kafka_conf_set_log_cb(conf, on_log);
    rd_kafka_conf_set_error_cb(conf, wr__kafka_on_error);
    wr__kafka_watch_certificates(conf);
    if (wr__kafka_conf_number(conf, "statistics.interval.ms") > 0)
        rd_kafka_conf_set_stats_cb(conf, wr__kafka_on_statistics);
    *out = conf;
    return WEIR_OK;
}

weir_status wr__kafka_handle_new(rd_kafka_type_t type, rd_kafka_conf_t *conf,
                                 wr__kafka_opaque *opaque, rd_kafka_t **out, weir_error *err)
{
    char text[256];
    rd_kafka_conf_set_opaque(conf, opaque);
    *out = rd_kafka_new(type, conf, text, sizeof text);
    if (*out)
        return WEIR_OK;
    rd_kafka_conf_destroy(conf);
    wr_error(err, WEIR_ERR_CONFIG, "Kafka client: %s", text);
    return strstr(text, "ssl.") ? wr__kafka_security_hint(opaque->log, text, err) : WEIR_ERR_CONFIG;
}
