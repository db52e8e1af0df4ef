/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A reader as a member of a group: committing in its name, what a transaction needs of it, and who
 * else is one.
 *
 * The broker takes a member's offsets only with the generation that the member has its partitions
 * by, so one that has lost them cannot commit. Thread: the reader's; the membership also that of a
 * catch-up worker, for librdkafka answers it on a thread of its own.
 */
#include "runtime/log/kafka.h"

enum { COMMIT_RETRY_MS = 30000, MEMBERS_MS = 2000 };

static bool give_up(rd_kafka_resp_err_t code)
{
    /* The group goes on without us until we poll again: waiting here would be for ever. */
    return code == RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION ||
           code == RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID ||
           code == RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS ||
           code == RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST || !wr__kafka_retriable(code);
}

bool wr__kafka_is_member(const wr_log_reader *r, const char *group)
{
    const char *own = wr__kafka_member_of(r);
    return own && strcmp(own, group) == 0;
}

/* In this order: a generation that was taken back before it was read is of an assignment that is
 * known to be lost after it. */
weir_status wr__kafka_membership(wr_log_reader *r, const char **group,
                                 rd_kafka_consumer_group_metadata_t **out, weir_error *err)
{
    rd_kafka_t *rk = wr__kafka_reader_handle(r);
    *group = NULL;
    *out = NULL;
    if (!wr__kafka_member_of(r))
        return WEIR_OK;
    rd_kafka_consumer_group_metadata_t *membership = rd_kafka_consumer_group_metadata(rk);
    char *id = rd_kafka_memberid(rk);
    bool lost = !membership || !id || !id[0] || rd_kafka_assignment_lost(rk);
    if (id)
        rd_kafka_mem_free(rk, id);
    if (!lost) {
        *group = wr__kafka_member_of(r);
        *out = membership;
        return WEIR_OK;
    }
    if (membership)
        rd_kafka_consumer_group_metadata_destroy(membership);
    return wr__kafka_error(err, RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST,
                           "Committing offsets of group %s", wr__kafka_member_of(r));
}

/* The broker's list has the members of a group that is stable with their ids; one that is being
 * joined may lack some. */
static void place_among(const struct rd_kafka_group_info *g, const char *id, uint32_t *self,
                        uint32_t *members)
{
    bool found = false;
    *self = 0;
    for (int i = 0; i < g->member_cnt; i++) {
        found = found || strcmp(g->members[i].member_id, id) == 0;
        *self += strcmp(g->members[i].member_id, id) < 0;
    }
    *members = found && strcmp(g->state, "Stable") == 0 ? (uint32_t)g->member_cnt : 0;
}

weir_status wr__kafka_members(wr_log_reader *r, uint32_t *self, uint32_t *members, weir_error *err)
{
    wr__kafka *log = wr__kafka_reader_log(r);
    rd_kafka_t *rk = wr__kafka_reader_handle(r);
    const char *group = wr__kafka_member_of(r);
    const struct rd_kafka_group_list *list = NULL;
    if (!group)
        return WEIR_OK;
    *members = 0;
    char *id = rd_kafka_memberid(rk);
    rd_kafka_resp_err_t rc = rd_kafka_list_groups(log->admin, group, &list, MEMBERS_MS);
    bool partial = rc == RD_KAFKA_RESP_ERR__PARTIAL; /* a broker that is away has other groups */
    for (int i = 0; list && id && i < list->group_cnt; i++)
        if (strcmp(list->groups[i].group, group) == 0)
            place_among(&list->groups[i], id, self, members);
    if (list)
        rd_kafka_group_list_destroy(list);
    if (id)
        rd_kafka_mem_free(rk, id);
    return rc == RD_KAFKA_RESP_ERR_NO_ERROR || partial
               ? WEIR_OK
               : wr__kafka_error(err, rc, "Asking for the members of group %s", group);
}

weir_status wr__kafka_commit_member(wr_log_reader *r, const wr_log_group_offsets *group,
                                    weir_error *err)
{
    WR_ASSERT(group->n > 0 && wr__kafka_is_member(r, group->group));
    int64_t deadline = wr__log_now_ms() + COMMIT_RETRY_MS;
    for (int wait_ms = 50;; wait_ms = WR_MIN(wait_ms * 2, 1000)) {
        rd_kafka_topic_partition_list_t *list = wr__kafka_part_list(group->offsets, group->n);
        rd_kafka_resp_err_t rc = rd_kafka_commit(wr__kafka_reader_handle(r), list, 0);
        if (rc == RD_KAFKA_RESP_ERR_NO_ERROR)
            rc = wr__kafka_part_error(list);
        rd_kafka_topic_partition_list_destroy(list);
        if (rc == RD_KAFKA_RESP_ERR_NO_ERROR) {
            wr__kafka_alive(wr__kafka_reader_log(r));
            return WEIR_OK;
        }
        if (give_up(rc) || wr__log_now_ms() > deadline)
            return wr__kafka_error(err, rc, "Committing offsets of group %s",
                                   wr__kafka_member_of(r));
        wr__log_sleep_ms(wait_ms);
    }
}
