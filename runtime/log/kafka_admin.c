/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Groups and reading committed offsets; and how every request of the admin interface is made: sent,
 * awaited, sent again while the trouble is one that passes (a coordinator that loads, a broker that
 * restarts), for RETRY_MS at most.
 */
#include "runtime/log/kafka.h"

enum { REQUEST_MS = 10000, RETRY_MS = 30000, RETRY_EVERY_MS = 100, NON_EMPTY_MS = 10000 };

/* ---- requests ---- */

weir_status wr__kafka_ask(wr__kafka *log, rd_kafka_admin_op_t op, const char *what,
                          wr__kafka_request send, void *arg, rd_kafka_event_t **out,
                          weir_error *err)
{
    int64_t deadline = wr__log_now_ms() + RETRY_MS;
    rd_kafka_queue_t *queue = rd_kafka_queue_new(log->admin);
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(log->admin, op);
    char ignored[64];
    (void)rd_kafka_AdminOptions_set_request_timeout(options, REQUEST_MS, ignored, sizeof ignored);
    rd_kafka_resp_err_t rc;
    for (;;) {
        send(log->admin, options, queue, arg);
        *out = rd_kafka_queue_poll(queue, REQUEST_MS + 1000);
        rc = *out ? rd_kafka_event_error(*out) : RD_KAFKA_RESP_ERR__TIMED_OUT;
        rd_kafka_poll(log->admin, 0);
        if (rc == RD_KAFKA_RESP_ERR_NO_ERROR || !wr__kafka_retriable(rc) ||
            wr__log_now_ms() > deadline)
            break;
        if (*out)
            rd_kafka_event_destroy(*out);
        wr__log_sleep_ms(RETRY_EVERY_MS);
    }
    rd_kafka_AdminOptions_destroy(options);
    weir_status st = WEIR_OK;
    if (rc != RD_KAFKA_RESP_ERR_NO_ERROR) {
        st = wr__kafka_error(err, rc, "%s", what);
        if (*out)
            rd_kafka_event_destroy(*out);
        *out = NULL;
    } else if (op != RD_KAFKA_ADMIN_OP_DELETEGROUPS) {
        /* Of groups each has an error of its own, and no answer at all is one of these. */
        wr__kafka_alive(log);
    }
    rd_kafka_queue_destroy(queue);
    return st;
}

rd_kafka_topic_partition_list_t *wr__kafka_part_list(const wr_topic_part *parts, uint32_t n)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)n);
    for (uint32_t i = 0; i < n; i++)
        rd_kafka_topic_partition_list_add(list, parts[i].topic, parts[i].partition)->offset =
            parts[i].offset;
    return list;
}

/* ---- committed offsets ---- */

rd_kafka_resp_err_t wr__kafka_part_error(const rd_kafka_topic_partition_list_t *list)
{
    for (int i = 0; list && i < list->cnt; i++)
        if (list->elems[i].err != RD_KAFKA_RESP_ERR_NO_ERROR)
            return list->elems[i].err;
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

/*
 * By a consumer of the group that joins nothing. ListConsumerGroupOffsets of the admin interface
 * would need no handle, but librdkafka 2.0.2 crashes where the coordinator answers with an error
 * for the group as a whole, as one does that is loading. With read_committed an offset that a
 * transaction on its way is about to move is no answer (require_stable).
 */
static weir_status group_handle(wr__kafka *log, const char *group, rd_kafka_t **out,
                                weir_error *err)
{
    rd_kafka_conf_t *conf;
    WR_TRY(wr__kafka_conf_new(log, WR__KAFKA_ADMIN, &log->settings, &conf, err));
    wr__kafka_conf_set(conf, "group.id", group);
    wr__kafka_conf_set(conf, "isolation.level", "read_committed");
    return wr__kafka_handle_new(RD_KAFKA_CONSUMER, conf, &log->opaque, out, err);
}

static void read_offsets(rd_kafka_topic_partition_list_t *list, wr_topic_part *parts, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        const rd_kafka_topic_partition_t *p =
            rd_kafka_topic_partition_list_find(list, parts[i].topic, parts[i].partition);
        parts[i].offset = p && p->offset >= 0 ? p->offset : WR_OFFSET_NONE;
    }
}

weir_status wr__kafka_committed(wr_log *base, const char *group, wr_topic_part *parts, uint32_t n,
                                weir_error *err)
{
    if (n == 0)
        return WEIR_OK;
    wr__kafka *log = (wr__kafka *)base;
    rd_kafka_t *rk;
    WR_TRY(group_handle(log, group, &rk, err));
    int64_t deadline = wr__log_now_ms() + RETRY_MS;
    rd_kafka_resp_err_t code;
    for (;;) {
        rd_kafka_topic_partition_list_t *list = wr__kafka_part_list(parts, n);
        code = rd_kafka_committed(rk, list, REQUEST_MS);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
            code = wr__kafka_part_error(list);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
            read_offsets(list, parts, n);
        rd_kafka_topic_partition_list_destroy(list);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR || !wr__kafka_retriable(code) ||
            wr__log_now_ms() > deadline)
            break;
        wr__log_sleep_ms(RETRY_EVERY_MS);
    }
    rd_kafka_destroy(rk);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return wr__kafka_error(err, code, "Offsets of group %s", group);
    wr__kafka_alive(log);
    return WEIR_OK;
}

/* ---- groups ---- */

static weir_status group_error(const rd_kafka_group_result_t *group, const char *what,
                               const char *name, rd_kafka_resp_err_t *code, weir_error *err)
{
    const rd_kafka_error_t *e = rd_kafka_group_result_error(group);
    *code = e ? rd_kafka_error_code(e) : RD_KAFKA_RESP_ERR_NO_ERROR;
    return e ? wr__kafka_error(err, *code, "%s of group %s", what, name) : WEIR_OK;
}

static void send_delete_group(rd_kafka_t *rk, const rd_kafka_AdminOptions_t *options,
                              rd_kafka_queue_t *queue, void *arg)
{
    rd_kafka_DeleteGroup_t *request = arg;
    rd_kafka_DeleteGroups(rk, &request, 1, options, queue);
}

weir_status wr__kafka_delete_group(wr__kafka *log, const char *group, weir_error *err)
{
    rd_kafka_DeleteGroup_t *request = rd_kafka_DeleteGroup_new(group);
    int64_t deadline = wr__log_now_ms() + NON_EMPTY_MS;
    weir_status st;
    for (;;) {
        rd_kafka_event_t *event = NULL;
        rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
        st = wr__kafka_ask(log, RD_KAFKA_ADMIN_OP_DELETEGROUPS, "Deleting a group",
                           send_delete_group, request, &event, err);
        if (st == WEIR_OK) {
            size_t n;
            const rd_kafka_group_result_t **groups =
                rd_kafka_DeleteGroups_result_groups(rd_kafka_event_DeleteGroups_result(event), &n);
            WR_ASSERT(n == 1);
            st = group_error(groups[0], "Deletion", group, &code, err);
        }
        if (event)
            rd_kafka_event_destroy(event);
        if (code == RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND)
            st = WEIR_OK; /* it never committed anything */
        /* A member that has just been closed may still be leaving. */
        bool again = code == RD_KAFKA_RESP_ERR_NON_EMPTY_GROUP || wr__kafka_retriable(code);
        if (st == WEIR_OK || !again || wr__log_now_ms() > deadline)
            break;
        wr__log_sleep_ms(RETRY_EVERY_MS);
    }
    rd_kafka_DeleteGroup_destroy(request);
    return st;
}
