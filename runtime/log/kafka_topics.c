/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Topics on Kafka: list, describe, create, delete. After a creation or a deletion the broker's
 * metadata lags for a moment; the call returns when the change can be seen.
 *
 * Settings of what we create: a changelog compacts (with delete where the table is windowed), a
 * repartition topic keeps everything (its records are needed until they are read), `topic.x`
 * settings go to internal topics as in Kafka Streams; other topics get the broker's defaults but
 * for what the statement says.
 */
#include "runtime/log/kafka.h"

enum {
    METADATA_MS = 10000,
    ASK_FIRST_MS = 100, /* of a request that may be given up; doubled up to ASK_MAX_MS */
    ASK_MAX_MS = 1000,
    VISIBLE_MS = 15000,
    LOOK_FIRST_MS = 1, /* doubled up to LOOK_EVERY_MS: most changes are seen within some ms */
    LOOK_EVERY_MS = 20,
    RETRY_MS = 30000,
};

/* ---- metadata ---- */

bool wr__kafka_is_hidden(const char *name)
{
    return strncmp(name, "__", 2) == 0 || strncmp(name, "_confluent", 10) == 0;
}

static void fill_info(const struct rd_kafka_metadata_topic *t, wr_topic_info *out)
{
    *out = (wr_topic_info){.partitions = t->partition_cnt,
                           .replicas = t->partition_cnt ? t->partitions[0].replica_cnt : 0,
                           .retention_ms = -1,
                           .internal = wr__kafka_is_hidden(t->topic)};
}

/*
 * Metadata of @p topic (NULL: all), asked again while no broker answers. Where the caller may give
 * up (@p until) a request is waited for only so long: short at first, and longer with each try,
 * for a broker that is slow must not be asked for ever.
 */
static weir_status metadata(wr__kafka *log, const char *topic, const wr__log_until *until,
                            const struct rd_kafka_metadata **out, weir_error *err)
{
    int64_t deadline = wr__log_now_ms() + RETRY_MS;
    int wait_ms = until ? ASK_FIRST_MS : METADATA_MS;
    rd_kafka_topic_t *rkt = topic ? rd_kafka_topic_new(log->admin, topic, NULL) : NULL;
    if (topic && !rkt)
        return wr__kafka_error(err, rd_kafka_last_error(), "Topic %s", topic);
    rd_kafka_resp_err_t rc;
    weir_status st = WEIR_OK;
    for (;; wait_ms = WR_MIN(wait_ms * 2, until ? ASK_MAX_MS : METADATA_MS)) {
        rc = rd_kafka_metadata(log->admin, topic == NULL, rkt, out, wait_ms);
        rd_kafka_poll(log->admin, 0);
        if (rc != RD_KAFKA_RESP_ERR_NO_ERROR && until)
            st = wr__log_give_up(until, "A request to Kafka", err);
        if (st != WEIR_OK)
            break;
        if (rc == RD_KAFKA_RESP_ERR_NO_ERROR || !wr__kafka_retriable(rc) ||
            wr__log_now_ms() > deadline)
            break;
        wr__log_sleep_ms(LOOK_EVERY_MS);
    }
    if (rkt)
        rd_kafka_topic_destroy(rkt);
    WR_TRY(st);
    if (rc != RD_KAFKA_RESP_ERR_NO_ERROR)
        return wr__kafka_error(err, rc, "Asking %s about topics", log->brokers);
    wr__kafka_alive(log);
    return WEIR_OK;
}

weir_status wr__kafka_list(wr_log *base, wr_arena *a, wr_topic_info **out, uint32_t *n,
                           weir_error *err)
{
    const struct rd_kafka_metadata *m;
    WR_TRY(metadata((wr__kafka *)base, NULL, NULL, &m, err));
    *out = WR_NEW_N(a, wr_topic_info, (size_t)m->topic_cnt + 1);
    *n = 0;
    for (int i = 0; i < m->topic_cnt; i++) {
        if (m->topics[i].err != RD_KAFKA_RESP_ERR_NO_ERROR && m->topics[i].partition_cnt == 0)
            continue;
        wr_topic_info *info = &(*out)[(*n)++];
        fill_info(&m->topics[i], info);
        info->name = wr_arena_strdup(a, m->topics[i].topic);
    }
    rd_kafka_metadata_destroy(m);
    return WEIR_OK;
}

/* *ready: every partition has a leader. */
static weir_status look(wr__kafka *log, const char *topic, const wr__log_until *until,
                        wr_topic_info *out, bool *ready, weir_error *err)
{
    const struct rd_kafka_metadata *m;
    WR_TRY(metadata(log, topic, until, &m, err));
    weir_status st = WEIR_OK;
    const struct rd_kafka_metadata_topic *t = m->topic_cnt ? &m->topics[0] : NULL;
    if (!t || (t->partition_cnt == 0 && (t->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
                                         t->err == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC))) {
        st = wr_error(err, WEIR_ERR_NOT_FOUND, "Topic '%s' does not exist", topic);
    } else if (t->partition_cnt == 0 && t->err != RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE) {
        st = wr__kafka_error(err, t->err, "Topic %s", topic);
    } else {
        fill_info(t, out);
        out->name = topic;
        *ready = t->partition_cnt > 0;
        for (int i = 0; i < t->partition_cnt; i++)
            *ready = *ready && t->partitions[i].leader >= 0;
    }
    rd_kafka_metadata_destroy(m);
    return st;
}

/* Until partitions are known: a new topic may be without them for a moment. */
static weir_status look_until_ready(wr__kafka *log, const char *topic, bool just_created,
                                    const wr__log_until *until, wr_topic_info *out, weir_error *err)
{
    int64_t deadline = wr__log_now_ms() + VISIBLE_MS;
    for (int wait_ms = LOOK_FIRST_MS;; wait_ms = WR_MIN(wait_ms * 2, (int)LOOK_EVERY_MS)) {
        bool ready = false;
        weir_status st = look(log, topic, until, out, &ready, err);
        bool wait = st == WEIR_OK ? !ready : st == WEIR_ERR_NOT_FOUND && just_created;
        if (!wait)
            return st;
        if (until)
            WR_TRY(wr__log_give_up(until, "A request to Kafka", err));
        if (wr__log_now_ms() > deadline)
            return wr__kafka_error(err, RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, "Topic %s", topic);
        wr__log_sleep_ms(wait_ms);
    }
}

weir_status wr__kafka_describe_briefly(wr__kafka *log, const char *topic, wr_topic_info *out,
                                       weir_error *err)
{
    return look_until_ready(log, topic, false, NULL, out, err);
}

weir_status wr__kafka_partitions(wr__kafka *log, const char *topic, const wr__log_until *until,
                                 int32_t *out, weir_error *err)
{
    wr_topic_info info;
    WR_TRY(look_until_ready(log, topic, false, until, &info, err));
    *out = info.partitions;
    return WEIR_OK;
}

/* ---- settings of a topic ---- */

static void send_configs(rd_kafka_t *rk, const rd_kafka_AdminOptions_t *options,
                         rd_kafka_queue_t *queue, void *arg)
{
    rd_kafka_ConfigResource_t *resource = arg;
    rd_kafka_DescribeConfigs(rk, &resource, 1, options, queue);
}

weir_status wr__kafka_topic_settings(wr__kafka *log, const char *topic, wr__kafka_setting found,
                                     void *arg, weir_error *err)
{
    rd_kafka_ConfigResource_t *resource =
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic);
    rd_kafka_event_t *event = NULL;
    weir_status st = wr__kafka_ask(log, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, "Settings of a topic",
                                   send_configs, resource, &event, err);
    if (st == WEIR_OK) {
        size_t n, entries_n = 0;
        const rd_kafka_ConfigResource_t **resources = rd_kafka_DescribeConfigs_result_resources(
            rd_kafka_event_DescribeConfigs_result(event), &n);
        WR_ASSERT(n == 1);
        rd_kafka_resp_err_t code = rd_kafka_ConfigResource_error(resources[0]);
        const rd_kafka_ConfigEntry_t **entries =
            rd_kafka_ConfigResource_configs(resources[0], &entries_n);
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
            st = wr__kafka_error(err, code, "Settings of topic %s", topic);
        for (size_t i = 0; i < entries_n && st == WEIR_OK; i++)
            if (rd_kafka_ConfigEntry_value(entries[i]))
                found(arg, rd_kafka_ConfigEntry_name(entries[i]),
                      rd_kafka_ConfigEntry_value(entries[i]));
        rd_kafka_event_destroy(event);
    }
    rd_kafka_ConfigResource_destroy(resource);
    return st;
}

static void note_retention(void *retention_ms, const char *name, const char *value)
{
    int64_t ms;
    if (strcmp(name, "retention.ms") == 0 && wr_str_to_i64(wr_str_c(value), &ms))
        *(int64_t *)retention_ms = ms;
}

weir_status wr__kafka_describe(wr_log *base, const char *topic, wr_topic_info *out, weir_error *err)
{
    wr__kafka *log = (wr__kafka *)base;
    WR_TRY(look_until_ready(log, topic, false, NULL, out, err));
    if (wr__kafka_topic_settings(log, topic, note_retention, &out->retention_ms, NULL) != WEIR_OK)
        out->retention_ms = -1; /* it is shown, nothing depends on it */
    return WEIR_OK;
}

/* ---- creating, deleting ---- */

static void set_config(rd_kafka_NewTopic_t *t, const char *name, const char *value)
{
    (void)rd_kafka_NewTopic_set_config(t, name, value); /* fails for a NULL name only */
}

/*
 * @p any_time: records may be of any event time. By default Kafka refuses those of more than an
 * hour ahead, and whole batches with them. Brokers before 3.6 do not know the setting, nor have the
 * limit.
 */
static void configure(const wr__kafka *log, const wr_topic_spec *spec, bool any_time,
                      rd_kafka_NewTopic_t *t)
{
    if (any_time)
        set_config(t, "message.timestamp.after.max.ms", "9223372036854775807");
    const wr_map_entry *e;
    for (size_t i = 0; spec->internal && (e = wr_map_next(&log->settings.values, &i));)
        if (strncmp(e->key.ptr, "topic.", 6) == 0)
            set_config(t, e->key.ptr + 6, e->value);
    if (spec->compact_delete)
        set_config(t, "cleanup.policy", "compact,delete");
    else if (spec->compact)
        set_config(t, "cleanup.policy", "compact");
    else if (spec->internal)
        set_config(t, "cleanup.policy", "delete");
    /* Rows between sub-topologies keep their event times. Changelogs that expire go by the broker's
     * clock: retention by event time would drop the state of windows that are open, but old, as
     * when a topic of last year is read. Nobody reads the timestamps of a changelog. */
    if (spec->internal)
        set_config(t, "message.timestamp.type",
                   spec->compact_delete ? "LogAppendTime" : "CreateTime");
    if (spec->segment_bytes) {
        char bytes[24];
        snprintf(bytes, sizeof bytes, "%lld", (long long)spec->segment_bytes);
        set_config(t, "segment.bytes", bytes);
    }
    if (spec->retention_ms >= 0 || (spec->internal && !spec->compact)) {
        wr_buf ms = {0};
        wr_buf_printf(&ms, "%lld", (long long)(spec->retention_ms < 0 ? -1 : spec->retention_ms));
        set_config(t, "retention.ms", wr_buf_cstr(&ms));
        wr_buf_free(&ms);
    }
}

static void send_create(rd_kafka_t *rk, const rd_kafka_AdminOptions_t *options,
                        rd_kafka_queue_t *queue, void *arg)
{
    rd_kafka_NewTopic_t *topic = arg;
    rd_kafka_CreateTopics(rk, &topic, 1, options, queue);
}

static weir_status create(wr__kafka *log, const wr_topic_spec *spec, bool any_time,
                          rd_kafka_resp_err_t *code, weir_error *err)
{
    char text[256];
    *code = RD_KAFKA_RESP_ERR_NO_ERROR;
    rd_kafka_NewTopic_t *t =
        rd_kafka_NewTopic_new(spec->name, spec->partitions < 0 ? -1 : spec->partitions,
                              spec->replicas < 0 ? -1 : spec->replicas, text, sizeof text);
    if (!t)
        return wr_error(err, WEIR_ERR_LOG, "Topic '%s' cannot be created: %s", spec->name, text);
    configure(log, spec, any_time, t);
    rd_kafka_event_t *event = NULL;
    weir_status st = wr__kafka_ask(log, RD_KAFKA_ADMIN_OP_CREATETOPICS, "Creating a topic",
                                   send_create, t, &event, err);
    if (st == WEIR_OK) {
        size_t n;
        const rd_kafka_topic_result_t **results =
            rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &n);
        WR_ASSERT(n == 1);
        *code = rd_kafka_topic_result_error(results[0]);
        const char *why = rd_kafka_topic_result_error_string(results[0]);
        if (*code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
            st = wr_error(err, WEIR_ERR_EXISTS, "Topic '%s' already exists", spec->name);
        else if (*code != RD_KAFKA_RESP_ERR_NO_ERROR)
            st = wr__kafka_error(err, *code, "Topic '%s' cannot be created: %s", spec->name,
                                 why ? why : "");
        rd_kafka_event_destroy(event);
    }
    rd_kafka_NewTopic_destroy(t);
    return st;
}

/* Of several processes that make a topic at the same time all but one are told that it exists: by
 * the controller, a moment before the brokers that are asked next have heard of it. Leaders are not
 * waited for: a topic of long ago may be without some while a broker is away. */
static weir_status wait_until_known(wr__kafka *log, const char *topic, weir_error *err)
{
    int64_t deadline = wr__log_now_ms() + VISIBLE_MS;
    for (int wait_ms = LOOK_FIRST_MS;; wait_ms = WR_MIN(wait_ms * 2, (int)LOOK_EVERY_MS)) {
        wr_topic_info info;
        weir_error why = {0};
        bool ready;
        weir_status st = look(log, topic, NULL, &info, &ready, &why);
        if (st == WEIR_OK)
            return WEIR_OK;
        if (st != WEIR_ERR_NOT_FOUND || wr__log_now_ms() > deadline) {
            if (err)
                *err = why;
            return st;
        }
        wr__log_sleep_ms(wait_ms);
    }
}

weir_status wr__kafka_create(wr_log *base, const wr_topic_spec *spec, weir_error *err)
{
    wr__kafka *log = (wr__kafka *)base;
    rd_kafka_resp_err_t code;
    weir_status st = create(log, spec, true, &code, err);
    if (code == RD_KAFKA_RESP_ERR_INVALID_CONFIG) /* an older broker? Else it says so again */
        st = create(log, spec, false, &code, err);
    wr_topic_info info;
    if (st == WEIR_ERR_EXISTS)
        WR_TRY(wait_until_known(log, spec->name, err));
    return st == WEIR_OK ? look_until_ready(log, spec->name, true, NULL, &info, err) : st;
}

static void send_delete(rd_kafka_t *rk, const rd_kafka_AdminOptions_t *options,
                        rd_kafka_queue_t *queue, void *arg)
{
    rd_kafka_DeleteTopic_t *topic = arg;
    rd_kafka_DeleteTopics(rk, &topic, 1, options, queue);
}

static weir_status wait_until_gone(wr__kafka *log, const char *topic, weir_error *err)
{
    int64_t deadline = wr__log_now_ms() + VISIBLE_MS;
    for (;;) {
        wr_topic_info info;
        bool ready;
        weir_status st = look(log, topic, NULL, &info, &ready, err);
        if (st == WEIR_ERR_NOT_FOUND)
            return WEIR_OK;
        if (st != WEIR_OK)
            return st;
        if (wr__log_now_ms() > deadline)
            return wr__kafka_error(err, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
                                   "Topic %s is still there after its deletion", topic);
        wr__log_sleep_ms(LOOK_EVERY_MS);
    }
}

weir_status wr__kafka_remove(wr_log *base, const char *topic, weir_error *err)
{
    wr__kafka *log = (wr__kafka *)base;
    rd_kafka_DeleteTopic_t *t = rd_kafka_DeleteTopic_new(topic);
    rd_kafka_event_t *event = NULL;
    weir_status st = wr__kafka_ask(log, RD_KAFKA_ADMIN_OP_DELETETOPICS, "Deleting a topic",
                                   send_delete, t, &event, err);
    if (st == WEIR_OK) {
        size_t n;
        const rd_kafka_topic_result_t **results =
            rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), &n);
        WR_ASSERT(n == 1);
        rd_kafka_resp_err_t code = rd_kafka_topic_result_error(results[0]);
        if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
            st = wr_error(err, WEIR_ERR_NOT_FOUND, "Topic '%s' does not exist", topic);
        else if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
            st = wr__kafka_error(err, code, "Topic '%s' cannot be deleted", topic);
        rd_kafka_event_destroy(event);
    }
    rd_kafka_DeleteTopic_destroy(t);
    return st == WEIR_OK ? wait_until_gone(log, topic, err) : st;
}
