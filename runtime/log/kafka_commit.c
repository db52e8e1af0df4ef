/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Committing the offsets of many groups at once.
 *
 * A scan group's reader commits as a member; the groups of the queries that share it have no
 * members, so their offsets are set by AlterConsumerGroupOffsets. All of these requests are sent
 * first, the member's commit goes meanwhile (over the reader's connection), then all answers are
 * waited for. That saves the round trips, not the broker's own time: it works on one request of a
 * connection at a time, and Kafka 4.1 holds each append to the offsets topic back for
 * group.coordinator.append.linger.ms (5). A hundred groups take 0.6 s of waiting, and hardly any
 * CPU.
 *
 * What failed for a reason that passes (a coordinator that loads or moves) is sent again, in
 * rounds, each with a queue of its own: an answer of an earlier round that comes late is dropped
 * with its queue. Setting the same offsets twice does no harm. Thread: the writer's owner.
 *
 * In a transaction offsets go out group by group, as the transactional producer has it. A group
 * without members is taken as it is, which fences nobody: the broker would take the offsets of a
 * process that has lost its partitions. So the group that the reader is a member of is always among
 * them, with its generation; where it is none of a query (a worker's group, or that of the worker
 * beside which this one catches up), its offsets are read by nobody.
 */
#include "common/fault.h"
#include "runtime/log/kafka.h"

enum { REQUEST_MS = 10000, ROUND_MS = REQUEST_MS + 1000, RETRY_MS = 30000, RETRY_EVERY_MS = 100 };

typedef struct group_commit {
    const wr_log_group_offsets *group;
    rd_kafka_resp_err_t code; /* NO_ERROR: done */
} group_commit;

static void ask_alter(rd_kafka_t *admin, rd_kafka_queue_t *queue, rd_kafka_AdminOptions_t *options,
                      group_commit *c)
{
    WR_ASSERT(c->group->n > 0 && c->code != RD_KAFKA_RESP_ERR_NO_ERROR); /* not done yet */
    rd_kafka_topic_partition_list_t *list = wr__kafka_part_list(c->group->offsets, c->group->n);
    rd_kafka_AlterConsumerGroupOffsets_t *request =
        rd_kafka_AlterConsumerGroupOffsets_new(c->group->group, list);
    c->code = RD_KAFKA_RESP_ERR__TIMED_OUT; /* until the answer is here */
    rd_kafka_AdminOptions_set_opaque(options, c);
    rd_kafka_AlterConsumerGroupOffsets(admin, &request, 1, options, queue);
    rd_kafka_AlterConsumerGroupOffsets_destroy(request);
    rd_kafka_topic_partition_list_destroy(list);
}

static rd_kafka_resp_err_t answer(rd_kafka_event_t *event)
{
    rd_kafka_resp_err_t code = rd_kafka_event_error(event);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return code;
    size_t n;
    const rd_kafka_group_result_t **groups = rd_kafka_AlterConsumerGroupOffsets_result_groups(
        rd_kafka_event_AlterConsumerGroupOffsets_result(event), &n);
    WR_ASSERT(n == 1);
    const rd_kafka_error_t *e = rd_kafka_group_result_error(groups[0]);
    return e ? rd_kafka_error_code(e)
             : wr__kafka_part_error(rd_kafka_group_result_partitions(groups[0]));
}

/* Wait for @p n answers, or until the time is over: what has none keeps TIMED_OUT. */
static void collect(wr__kafka *log, rd_kafka_queue_t *queue, uint32_t n)
{
    int64_t deadline = wr__log_now_ms() + ROUND_MS;
    while (n > 0) {
        int64_t left = deadline - wr__log_now_ms();
        rd_kafka_event_t *event = rd_kafka_queue_poll(queue, (int)WR_MAX(left, (int64_t)0));
        if (!event)
            break;
        group_commit *c = rd_kafka_event_opaque(event);
        WR_ASSERT(c); /* of this round: the queue is its own */
        c->code = answer(event);
        rd_kafka_event_destroy(event);
        n--;
    }
    rd_kafka_poll(log->admin, 0);
}

/* Send what is not done yet; @p member, where there is one, commits while the answers are on their
 * way. */
static weir_status round_trip(wr__kafka *log, group_commit *commits, uint32_t n,
                              wr_log_reader *reader, const wr_log_group_offsets *member,
                              weir_error *err)
{
    rd_kafka_queue_t *queue = rd_kafka_queue_new(log->admin);
    rd_kafka_AdminOptions_t *options =
        rd_kafka_AdminOptions_new(log->admin, RD_KAFKA_ADMIN_OP_ALTERCONSUMERGROUPOFFSETS);
    char ignored[64];
    (void)rd_kafka_AdminOptions_set_request_timeout(options, REQUEST_MS, ignored, sizeof ignored);
    uint32_t sent = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (commits[i].code == RD_KAFKA_RESP_ERR_NO_ERROR)
            continue;
        ask_alter(log->admin, queue, options, &commits[i]);
        sent++;
    }
    weir_status st = member ? wr__kafka_commit_member(reader, member, err) : WEIR_OK;
    if (st == WEIR_OK)
        collect(log, queue, sent);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_queue_destroy(queue);
    return st;
}

/* WEIR_OK and *again false: all are done. */
static weir_status judge(const group_commit *commits, uint32_t n, bool *again, weir_error *err)
{
    *again = false;
    for (uint32_t i = 0; i < n; i++) {
        rd_kafka_resp_err_t code = commits[i].code;
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
            continue;
        /* UNKNOWN_MEMBER_ID: the group has members, so it is not ours to move. */
        bool passes = wr__kafka_retriable(code) && code != RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID;
        if (!passes)
            return wr__kafka_error(err, code, "Committing offsets of group %s",
                                   commits[i].group->group);
        *again = true;
    }
    return WEIR_OK;
}

static weir_status alter_all(wr__kafka *log, group_commit *commits, uint32_t n,
                             wr_log_reader *reader, const wr_log_group_offsets *member,
                             weir_error *err)
{
    int64_t deadline = wr__log_now_ms() + RETRY_MS;
    for (;;) {
        bool again;
        WR_TRY(round_trip(log, commits, n, reader, member, err));
        WR_TRY(judge(commits, n, &again, err));
        if (!again) {
            wr__kafka_alive(log);
            return WEIR_OK;
        }
        if (wr__log_now_ms() > deadline)
            break;
        member = NULL; /* has committed */
        wr__log_sleep_ms(RETRY_EVERY_MS);
    }
    for (uint32_t i = 0;; i++)
        if (commits[i].code != RD_KAFKA_RESP_ERR_NO_ERROR)
            return wr__kafka_error(err, commits[i].code, "Committing offsets of group %s",
                                   commits[i].group->group);
}

weir_status wr__kafka_alter_group(wr__kafka *log, const wr_log_group_offsets *group,
                                  bool *has_members, weir_error *err)
{
    group_commit one = {group, RD_KAFKA_RESP_ERR__TIMED_OUT};
    weir_status st = alter_all(log, &one, 1, NULL, NULL, err);
    *has_members = st != WEIR_OK && one.code == RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID;
    return st;
}

weir_status wr__kafka_commit_groups(wr__kafka *log, wr_log_reader *reader,
                                    const wr_log_group_offsets *groups, uint32_t n, weir_error *err)
{
    const wr_log_group_offsets *member = NULL;
    group_commit *commits = wr_calloc(n ? n : 1, sizeof *commits);
    uint32_t alter_n = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (groups[i].n == 0)
            continue;
        if (wr__kafka_is_member(reader, groups[i].group))
            member = &groups[i];
        else
            commits[alter_n++] = (group_commit){&groups[i], RD_KAFKA_RESP_ERR__TIMED_OUT};
    }
    weir_status st = WEIR_OK;
    if (alter_n)
        st = alter_all(log, commits, alter_n, reader, member, err);
    else if (member)
        st = wr__kafka_commit_member(reader, member, err);
    wr_free(commits);
    return st == WEIR_OK ? wr_fault(WR_FAULT_OFFSETS_COMMITTED, err) : st;
}

/* ---- in a transaction ---- */

static weir_status send_group(wr__kafka *log, rd_kafka_t *rk, wr__txn *t,
                              const wr__sent_offsets *sent, const wr_log_group_offsets *group,
                              const rd_kafka_consumer_group_metadata_t *membership,
                              const wr__log_until *until, weir_error *err)
{
    wr_topic_part *moved = wr_calloc(group->n ? group->n : 1, sizeof *moved);
    uint32_t n = 0;
    for (uint32_t i = 0; i < group->n; i++)
        if (wr__sent_moves_part(sent, group->group, &group->offsets[i]))
            moved[n++] = group->offsets[i];
    if (n == 0 && membership && group->n) /* for the membership's sake */
        moved[n++] = group->offsets[0];
    weir_status st = WEIR_OK;
    rd_kafka_consumer_group_metadata_t *own = NULL;
    if (!membership)
        membership = own = rd_kafka_consumer_group_metadata_new(group->group);
    if (n)
        st = wr__txn_send_offsets(log, rk, t, moved, n, membership, until, err);
    if (own)
        rd_kafka_consumer_group_metadata_destroy(own);
    wr_free(moved);
    return st;
}

weir_status wr__kafka_send_groups(wr__kafka *log, rd_kafka_t *rk, wr__txn *t,
                                  const wr__sent_offsets *sent, wr_log_reader *reader,
                                  const wr_log_group_offsets *groups, uint32_t n,
                                  const wr__log_until *until, weir_error *err)
{
    const char *member_of = NULL;
    rd_kafka_consumer_group_metadata_t *membership = NULL;
    WR_ASSERT(atomic_load(&t->begun));
    WR_FAULT(WR_FAULT_COMMIT_POSITIONS, err);
    if (reader)
        WR_TRY(wr__kafka_membership(reader, &member_of, &membership, err));
    weir_status st = WEIR_OK;
    bool fenced = false;
    for (uint32_t i = 0; i < n && st == WEIR_OK; i++) {
        bool own = member_of && strcmp(groups[i].group, member_of) == 0;
        fenced = fenced || own;
        st = send_group(log, rk, t, sent, &groups[i], own ? membership : NULL, until, err);
    }
    if (st == WEIR_OK && membership && !fenced && n) {
        const wr_log_group_offsets first = {member_of, groups[0].offsets, WR_MIN(groups[0].n, 1u)};
        st = send_group(log, rk, t, sent, &first, membership, until, err);
    }
    if (membership)
        rd_kafka_consumer_group_metadata_destroy(membership);
    return st;
}
