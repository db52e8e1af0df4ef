/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kafka.h - what the files of the Kafka log share.
 *
 * One handle per purpose, because librdkafka fixes settings per handle:
 *   admin   one per log; topics, groups, watermarks (read_uncommitted, so that an end includes
 *           what an unfinished transaction has written; reliability.md section 6)
 *   reader  one consumer each; group, position and queue are its own
 *   writer  one producer each
 * All are torn down in the order that librdkafka needs: messages, lists, topics and queues before
 * the handle they came from.
 */
#ifndef WR_RUNTIME_LOG_KAFKA_H
#define WR_RUNTIME_LOG_KAFKA_H

#include "common/buf.h"
#include "common/map.h"
#include "runtime/log/log_class.h"

#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdatomic.h>

typedef struct wr__kafka wr__kafka;

/** The opaque of every handle, a member of what has the handle: logging and errors are the same for
 *  all, and other callbacks find what it lies in (WR__KAFKA_HOLDER). */
typedef struct wr__kafka_report wr__kafka_report;
typedef struct wr__kafka_opaque {
    wr__kafka *log;
    wr__kafka_report *report; /* its figures: kafka_statistics.c; NULL: none yet */
} wr__kafka_opaque;
#define WR__KAFKA_HOLDER(type, pointer) ((type *)(void *)((char *)(pointer)-offsetof(type, opaque)))

/** A number in transactional ids, and what became of the id. */
typedef struct wr__txn_slot {
    bool taken;
    int64_t fenced_ms; /* when a producer was fenced without a reason of our own; -1: never */
} wr__txn_slot;
typedef struct wr__txn_slots {
    wr__txn_slot *v;
    uint32_t n;
    _Atomic int64_t init_lost_ms; /* when the last InitProducerId had no answer; 0: never */
} wr__txn_slots;

/** When the member of a group was turned away (FENCED_INSTANCE_ID), newest last. */
#define WR__TURNED_AWAY_MAX 5
typedef struct wr__turned_away {
    char *group;
    int64_t at_ms[WR__TURNED_AWAY_MAX]; /* 0: less often */
} wr__turned_away;

/** The positions topic as read so far: kafka_positions.c. */
typedef struct wr__positions {
    pthread_mutex_t lock; /* all below */
    char *topic;          /* never changes */
    wr_map offsets;       /* "<group>/<topic>/<partition>" -> offset + 1, in the pointer */
    int64_t next;         /* to be read */
} wr__positions;

struct wr__kafka {
    wr_log base;
    wr__kafka_opaque opaque; /* of `admin` */
    wr_db *db;
    wr_settings settings; /* flattened copy */
    char *brokers;
    rd_kafka_t *admin;
    atomic_bool down;              /* no broker answers, and a warning said so */
    atomic_bool closing;           /* errors of dying connections are no news */
    atomic_bool wire_refused;      /* a line in the log has said why it is librdkafka */
    atomic_bool wire_transactions; /* and that it is for transactions */
    pthread_mutex_t lock;          /* last_error, certificate_fault, slots, turned_away, written */
    char last_error[512];          /* what librdkafka said last */
    const char *certificate_fault; /* of a broker's certificate, a constant; NULL: none */
    wr__txn_slots slots;
    wr__positions positions;
    wr_map written; /* topics that transactions have written to; kafka_undecided.c */
    bool written_loaded;
    pthread_mutex_t sweep_lock; /* of the sweep for undecided records */
    atomic_bool swept;
    wr__turned_away *turned_away; /* by group */
    size_t turned_away_n;
    pthread_mutex_t statistics_lock; /* reports */
    wr__kafka_report *reports;       /* of the handles that have made one */
    atomic_uint wire_clients;        /* so many were made, for their names */
};

typedef enum wr__kafka_role {
    WR__KAFKA_ADMIN,
    WR__KAFKA_READER,
    WR__KAFKA_WRITER,
    WR__KAFKA_TRANSACTIONAL, /* a writer with transactions */
} wr__kafka_role;

/* ---- kafka_config.c ---- */

/**
 * A configuration for a handle: our defaults, what @p settings pass through, then what Weir relies
 * on. @return WEIR_ERR_CONFIG names the setting that is unknown or has a bad value.
 */
weir_status wr__kafka_conf_new(wr__kafka *log, wr__kafka_role role, const wr_settings *settings,
                               rd_kafka_conf_t **out, weir_error *err) WR_MUST_CHECK;
/** Set what Weir relies on. @pre name and value are good */
void wr__kafka_conf_set(rd_kafka_conf_t *conf, const char *name, const char *value);
/** What a setting that is a number has become. @pre the name is good */
size_t wr__kafka_conf_number(const rd_kafka_conf_t *conf, const char *name);
/** The error callback that every configuration has; who sets another one calls this from it. */
void wr__kafka_on_error(rd_kafka_t *rk, int code, const char *reason, void *opaque);
/** Make a handle; takes @p conf, also on failure. @p opaque is what its callbacks get. */
weir_status wr__kafka_handle_new(rd_kafka_type_t type, rd_kafka_conf_t *conf,
                                 wr__kafka_opaque *opaque, rd_kafka_t **out,
                                 weir_error *err) WR_MUST_CHECK;

/* ---- kafka_security.c ---- */

/** Note down why certificates of brokers are not accepted: log->certificate_fault, and in the log.
 */
void wr__kafka_watch_certificates(rd_kafka_conf_t *conf);
/** The certificate of @p broker is refused, for the reason with OpenSSL's number @p code. */
void wr__kafka_certificate_refused(wr__kafka *log, const char *broker, int code);
/** A hint for @p said, librdkafka's reason for having no connection. @return err's code. */
weir_status wr__kafka_security_hint(const wr__kafka *log, const char *said, weir_error *err);

/* ---- kafka_destroy.c ---- */

/** rd_kafka_destroy of a handle that is used no more, but not for ever: what does not end is left
 *  behind, with a warning. */
void wr__kafka_destroy(rd_kafka_t *rk);

/* ---- kafka_statistics.c ---- */

/** The callback of handles that report (statistics.interval.ms), on the thread that polls. @return
 *  1: the text is ours. */
int wr__kafka_on_statistics(rd_kafka_t *rk, char *json, size_t len, void *opaque);
/** The same of a client that is not librdkafka's; @p figures is copied, but for its texts. */
void wr__kafka_statistics_put(wr__kafka_opaque *o, const wr_log_client *figures);
/** The handle makes no more reports: it is polled no more. Before @p o, or a text, is freed. */
void wr__kafka_statistics_forget(wr__kafka_opaque *o);
/** One report, untrusted. In @p a. @return false: it is not one. */
bool wr__kafka_statistics_read(const char *json, wr_arena *a, wr_log_client *out) WR_MUST_CHECK;
uint32_t wr__kafka_clients(wr_log *log, wr_arena *a, uint32_t max, wr_log_client **out,
                           size_t *omitted);

/* ---- kafka_error.c ---- */

/** WEIR_ERR_LOG "<what>: <Kafka's text>", RETRIABLE where the same may succeed later. */
weir_status wr__kafka_error(weir_error *err, rd_kafka_resp_err_t code, const char *fmt, ...)
    WR_PRINTF(3, 4);
bool wr__kafka_retriable(rd_kafka_resp_err_t code);
weir_status wr__kafka_too_large(const char *topic, size_t bytes, weir_error *err);
void wr__kafka_batch_too_large(const char *topic, size_t bytes, weir_error *err);
/** A broker has answered. */
void wr__kafka_alive(wr__kafka *log);

/* ---- kafka_admin.c, kafka_topics.c, kafka_ends.c ---- */

weir_status wr__kafka_list(wr_log *log, wr_arena *a, wr_topic_info **out, uint32_t *n,
                           weir_error *err);
weir_status wr__kafka_describe(wr_log *log, const char *topic, wr_topic_info *out, weir_error *err);
weir_status wr__kafka_create(wr_log *log, const wr_topic_spec *spec, weir_error *err);
weir_status wr__kafka_remove(wr_log *log, const char *topic, weir_error *err);
weir_status wr__kafka_ends(wr_log *log, const wr_topic_part *parts, uint32_t n, int64_t *low,
                           int64_t *high, weir_error *err);
weir_status wr__kafka_committed(wr_log *log, const char *group, wr_topic_part *parts, uint32_t n,
                                weir_error *err);
weir_status wr__kafka_delete_group(wr__kafka *log, const char *group,
                                   weir_error *err) WR_MUST_CHECK;
/** The first partition that the broker refused; @p list may be NULL. */
rd_kafka_resp_err_t wr__kafka_part_error(const rd_kafka_topic_partition_list_t *list);
rd_kafka_topic_partition_list_t *wr__kafka_part_list(const wr_topic_part *parts, uint32_t n);
/** Partitions of a topic, without its settings. @p until: when to give up, or NULL. */
weir_status wr__kafka_partitions(wr__kafka *log, const char *topic, const wr__log_until *until,
                                 int32_t *out, weir_error *err) WR_MUST_CHECK;
/** The topic without its settings. @return WEIR_ERR_NOT_FOUND */
weir_status wr__kafka_describe_briefly(wr__kafka *log, const char *topic, wr_topic_info *out,
                                       weir_error *err) WR_MUST_CHECK;
/** Is the topic one of Weir's own or Kafka's, which nobody is shown? */
bool wr__kafka_is_hidden(const char *topic);
/** Each setting of the topic to @p found. @return WEIR_ERR_LOG, also where it is not permitted */
typedef void (*wr__kafka_setting)(void *arg, const char *name, const char *value);
weir_status wr__kafka_topic_settings(wr__kafka *log, const char *topic, wr__kafka_setting found,
                                     void *arg, weir_error *err) WR_MUST_CHECK;
/** One request of the admin interface; the reply's event is the caller's to destroy. */
typedef void (*wr__kafka_request)(rd_kafka_t *rk, const rd_kafka_AdminOptions_t *options,
                                  rd_kafka_queue_t *queue, void *arg);
weir_status wr__kafka_ask(wr__kafka *log, rd_kafka_admin_op_t op, const char *what,
                          wr__kafka_request send, void *arg, rd_kafka_event_t **out,
                          weir_error *err) WR_MUST_CHECK;

/* ---- kafka_times.c ---- */

weir_status wr__kafka_record_times(wr_log *log, const char *topic, wr_record_times *out,
                                   weir_error *err);
/** A record of time 0 in a hidden topic is written with this time, and marked (see the file). */
#define WR__ZERO_STAND_IN 1
void wr__zero_time_mark(wr_record *r, wr_arena *a);
/* What is new lives in @p a. mark: @p r has time 0. read: it has the stand-in, and where it is
 * marked it gets time 0 back, and the mark goes. */
void wr__zero_time_read(wr_record *r, wr_arena *a);
weir_status wr__zero_time_refused(const char *topic, weir_error *err);

/* ---- kafka_reader.c ---- */

/* Of a reader that fetches by librdkafka, but for reader_new, which may give one that does not, and
 * for what kafka_membership.c has: whoever holds a reader calls wr_log_reader_*. */

weir_status wr__kafka_reader_new(wr_log *log, const char *group, const wr_settings *settings,
                                 wr_log_reader **out, weir_error *err);
void wr__kafka_reader_close(wr_log_reader *r);
weir_status wr__kafka_assign(wr_log_reader *r, const wr_topic_part *parts, uint32_t n,
                             weir_error *err);
weir_status wr__kafka_subscribe(wr_log_reader *r, const char *const *topics, uint32_t n,
                                weir_error *err);
const wr_log_rebalance *wr__kafka_rebalance(const wr_log_reader *r);
weir_status wr__kafka_pause(wr_log_reader *r, uint32_t assignment, bool paused, weir_error *err);
int64_t wr__kafka_known_end(const wr_log_reader *r, uint32_t assignment);
weir_status wr__kafka_poll(wr_log_reader *r, uint32_t max_records, int timeout_ms,
                           wr_log_batch **out, weir_error *err);
void wr__kafka_release(wr_log_reader *r, wr_log_batch *batch);
void wr__kafka_wake(wr_log_reader *r);
/** The group that the reader (may be NULL) has joined; NULL: none. */
const char *wr__kafka_member_of(const wr_log_reader *r);
rd_kafka_t *wr__kafka_reader_handle(const wr_log_reader *r);
wr__kafka *wr__kafka_reader_log(const wr_log_reader *r);

/* ---- kafka_check.c ---- */

weir_status wr__kafka_check(wr_log *log, int timeout_ms, wr_buf *cluster, weir_error *err);

/* ---- kafka_identity.c ---- */

/** The name that the data directory keeps; made at its first use. */
weir_status wr__kafka_directory(wr__kafka *log, wr_buf *out, weir_error *err) WR_MUST_CHECK;
/** A consumer that is to join a group: a static member, where the settings want that. */
weir_status wr__kafka_static_member(wr__kafka *log, rd_kafka_conf_t *conf,
                                    weir_error *err) WR_MUST_CHECK;
/** What FENCED_INSTANCE_ID means for a member of @p group. @return WEIR_ERR_LOG; RETRIABLE until it
 *  has happened so often that another process must be there. */
weir_status wr__kafka_turned_away(wr__kafka *log, const char *group, const char *text,
                                  weir_error *err);
void wr__kafka_turned_away_free(wr__kafka *log);

/* ---- kafka_member.c ---- */

/** Is the reader (may be NULL) a member of @p group? */
bool wr__kafka_is_member(const wr_log_reader *r, const char *group);
/** As wr_log_reader_members. */
weir_status wr__kafka_members(wr_log_reader *r, uint32_t *self, uint32_t *members,
                              weir_error *err) WR_MUST_CHECK;
/** The reader's group and its membership, fetched now; to be destroyed by the caller.
 *  @return WEIR_ERR_LOG, RETRIABLE: it has lost its partitions. */
weir_status wr__kafka_membership(wr_log_reader *r, const char **group,
                                 rd_kafka_consumer_group_metadata_t **out,
                                 weir_error *err) WR_MUST_CHECK;
/** Commit as that member. */
weir_status wr__kafka_commit_member(wr_log_reader *r, const wr_log_group_offsets *group,
                                    weir_error *err) WR_MUST_CHECK;

/* ---- kafka_writer.c ---- */

weir_status wr__kafka_writer_new(wr_log *log, const wr_settings *settings, wr_log_writer **out,
                                 weir_error *err);
weir_status wr__kafka_transactional_new(wr_log *log, const wr_settings *settings,
                                        const atomic_bool *cancel, wr_log_writer **out,
                                        weir_error *err);
void wr__kafka_writer_close(wr_log_writer *w);
int wr__kafka_serve(wr_log_writer *w);
weir_status wr__kafka_produce(wr_log_writer *w, wr_log_owner *owner, const char *topic,
                              const wr_out_records *records, const wr__log_until *until,
                              weir_error *err);
size_t wr__kafka_pending(const wr_log_writer *w);
weir_status wr__kafka_flush(wr_log_writer *w, const wr__log_until *until, weir_error *err);
int64_t wr__kafka_position(const wr_log_writer *w, const char *topic, int32_t partition);
weir_status wr__kafka_commit(wr_log_writer *w, wr_log_reader *reader,
                             const wr_log_group_offsets *groups, uint32_t groups_n,
                             wr_db_batch *state, weir_error *err);
weir_status wr__kafka_abort(wr_log_writer *w, wr_log_owner *owner, weir_error *err);
bool wr__kafka_writer_failed(const wr_log_writer *w, weir_error *err);

/* ---- kafka_transaction.c ---- */

enum { WR__TXN_ID_SIZE = 200 };
/** The transactions of one producer. Zeroed: there are none. */
typedef struct wr__txn {
    char id[WR__TXN_ID_SIZE]; /* transactional.id; "": not taken yet */
    uint32_t slot;            /* of the log's slots */
    int64_t timeout_ms;       /* transaction.timeout.ms */
    atomic_bool begun;        /* set under the writer's lock; several threads produce */
    int64_t begun_ms;
    atomic_bool dirty; /* a request had no answer and may still arrive; librdkafka's threads */
    _Atomic int64_t *init_lost_ms; /* of the log's slots, likewise: a producer's outlives it */
    wr_rng rng;                    /* of waits */
    /* Under the log's lock: of the present producer. */
    bool fenced;       /* another one has taken its place, without a reason of our own */
    bool fenced_again; /* and had done so shortly before */
} wr__txn;

/* ---- kafka_undecided.c: what earlier transactions have left undecided ---- */

typedef struct wr__undecided wr__undecided;
/** A transaction is about to write to the topic for the first time. Durable when it returns. */
weir_status wr__undecided_keep(wr__kafka *log, const char *topic, weir_error *err) WR_MUST_CHECK;
/** Of all ids of the directory, before this process uses one, or reads what others may have left
 *  undecided. Does it once. Any thread. @return WEIR_ERR_LOG, WEIR_ERR_STORE */
weir_status wr__undecided_sweep(wr__kafka *log, weir_error *err) WR_MUST_CHECK;
/** Before the id is taken up: how its last transaction ended. *out NULL: there is nothing to be
 *  looked at. @return WEIR_ERR_LOG; WEIR_ERR_INTERRUPTED */
weir_status wr__undecided_look(wr__kafka *log, const wr_settings *settings, const char *id,
                               const wr__log_until *until, wr__undecided **out,
                               weir_error *err) WR_MUST_CHECK;
/** After that, and before the first transaction: end it. NULL: nothing. */
weir_status wr__undecided_end(wr__undecided *u, const char *id, weir_error *err) WR_MUST_CHECK;
void wr__undecided_free(wr__undecided *u);

/* ---- kafka_transaction.c: what an error means, and the calls ---- */

/** What is known of an error of a transactional call. */
typedef struct wr__txn_error {
    bool fatal, requires_abort, retriable; /* by librdkafka */
    bool in_time;                          /* the transaction has time left */
} wr__txn_error;
typedef enum wr__txn_verdict {
    WR__TXN_AGAIN,
    WR__TXN_ABORT,
    WR__TXN_NEW_PRODUCER,
} wr__txn_verdict;
/** The transactional id of this slot. */
weir_status wr__txn_id(wr__kafka *log, uint32_t slot, char id[WR__TXN_ID_SIZE],
                       weir_error *err) WR_MUST_CHECK;
/** *n: processes on this directory have used the slots below it. */
weir_status wr__txn_ids_used(wr__kafka *log, uint32_t *n, weir_error *err) WR_MUST_CHECK;
wr__txn_verdict wr__txn_judge(const wr__txn_error *e);
/** Has another producer taken the place of this one? */
bool wr__txn_is_fencing(rd_kafka_resp_err_t code);

/** Into the configuration of a producer to be made: an id, where @p t has none yet, and the eye for
 *  late requests. @p t outlives the producer. */
weir_status wr__txn_configure(wr__kafka *log, const wr_settings *settings, wr__txn *t,
                              rd_kafka_conf_t *conf, weir_error *err) WR_MUST_CHECK;
/** Give the id back, after the producer is gone. */
void wr__txn_close(wr__kafka *log, wr__txn *t);
/**
 * The producer is of no more use: why, as ours. FATAL; RETRIABLE where another one may be, which it
 * is not where somebody else has taken its place again (see the head of the file), or where it is
 * not permitted. @p why: of @p code; a fatal error of the producer goes before it.
 */
void wr__txn_give_up(wr__kafka *log, rd_kafka_t *rk, wr__txn *t, rd_kafka_resp_err_t code,
                     const char *why, const char *what, weir_error *err);
/* The calls of a transaction. An error means that the producer is of no more use: RETRIABLE where
 * another one may be. WEIR_ERR_INTERRUPTED by @p until leaves everything as it is. */
/** Make the id the producer's: nothing of an earlier one is open or undecided after it. */
weir_status wr__txn_take_up(wr__kafka *log, const wr_settings *settings, rd_kafka_t *rk, wr__txn *t,
                            const wr__log_until *until, weir_error *err) WR_MUST_CHECK;
weir_status wr__txn_begin(wr__kafka *log, rd_kafka_t *rk, wr__txn *t,
                          weir_error *err) WR_MUST_CHECK;
weir_status wr__txn_send_offsets(wr__kafka *log, rd_kafka_t *rk, wr__txn *t,
                                 const wr_topic_part *parts, uint32_t n,
                                 const rd_kafka_consumer_group_metadata_t *group,
                                 const wr__log_until *until, weir_error *err) WR_MUST_CHECK;
weir_status wr__txn_commit(wr__kafka *log, rd_kafka_t *rk, wr__txn *t,
                           weir_error *err) WR_MUST_CHECK;
/** End it, as well as that can be done now; the producer is to be destroyed next. */
void wr__txn_abort(rd_kafka_t *rk, wr__txn *t);

/* ---- kafka_offsets.c ---- */

/** The offsets that a writer has committed, so that those that have not moved need no request. */
typedef struct wr__sent_offsets {
    wr_map offsets; /* "<group>/<topic>/<partition>" -> offset + 1, in the pointer */
    int64_t all_ms; /* when all of them were sent last, or the writer was made */
    int64_t refresh_ms;
} wr__sent_offsets;
void wr__sent_init(wr__sent_offsets *s, const wr_settings *settings);
void wr__sent_free(wr__sent_offsets *s);
/** "<group>/<topic>/<partition>"; topics have no '/' in their names, so it can be taken apart. */
void wr__offset_name(wr_buf *out, const char *group, const char *topic, int32_t partition);
/** Must the offset be sent: has it moved, or was it sent so long ago that the broker may forget it?
 */
bool wr__sent_moves_part(const wr__sent_offsets *s, const char *group, const wr_topic_part *part);
bool wr__sent_moves(const wr__sent_offsets *s, const wr_log_group_offsets *groups, uint32_t n);
/** They are committed. What has moved also goes into @p state (may be NULL), for the case that the
 *  broker forgets: wr__kept_offsets. */
void wr__sent_note(wr__sent_offsets *s, const wr_log_group_offsets *groups, uint32_t n,
                   wr_db_batch *state);
/** Where parts have no offset, that of wr__sent_note; says so in the log. */
weir_status wr__kept_offsets(wr__kafka *log, const char *group, wr_topic_part *parts, uint32_t n,
                             weir_error *err) WR_MUST_CHECK;
/** As wr__sent_note keeps them; durable as soon as anything that is written after it is. */
weir_status wr__kept_offsets_put(wr__kafka *log, const wr_log_group_offsets *group,
                                 weir_error *err) WR_MUST_CHECK;
weir_status wr__kept_offsets_drop(wr__kafka *log, const char *group, weir_error *err) WR_MUST_CHECK;

/* ---- kafka_positions.c ---- */

void wr__positions_init(wr__kafka *log);
void wr__positions_destroy(wr__kafka *log);
/** The topic exists after it. */
weir_status wr__positions_create(wr__kafka *log, weir_error *err) WR_MUST_CHECK;
/** Where the topic knows of the group, it is right: into parts[].offset. */
weir_status wr__positions_choose(wr__kafka *log, const char *group, wr_topic_part *parts,
                                 uint32_t n, weir_error *err) WR_MUST_CHECK;
/** The group says @p part, the topic @p kept: a line in the log. */
void wr__positions_warn(const char *group, const wr_topic_part *part, int64_t kept);
/** Records for the topic, all in the arena. */
typedef struct wr__position_records {
    wr_arena *arena;
    wr_arr(wr_str) keys;
    wr_arr(wr_str) values;
    wr_arr(int64_t) times;
    wr_arr(int32_t) partitions;
} wr__position_records;
wr_out_records wr__positions_out(const wr__position_records *r);
/** Add what has moved. */
void wr__positions_moved(const wr__sent_offsets *sent, const wr_log_group_offsets *groups,
                         uint32_t n, wr__position_records *out);
/** Add where the group begins, for partitions that it has committed nothing of yet. */
void wr__positions_begin(const wr_log_group_offsets *group, wr__position_records *out);
/** The first at-least-once commit of these (@p sent does not have them yet): what the topic knows
 *  of them is not kept up, so it is to forget them. */
void wr__positions_stale(wr__kafka *log, const wr__sent_offsets *sent,
                         const wr_log_group_offsets *groups, uint32_t n, wr__position_records *out);
/** What makes the topic forget the group. */
weir_status wr__positions_of(wr__kafka *log, const char *group, wr__position_records *out,
                             weir_error *err) WR_MUST_CHECK;

/* ---- kafka_groups.c ---- */

weir_status wr__kafka_resume(wr_log *log, const char *group, wr_topic_part *parts, uint32_t n,
                             weir_error *err);
weir_status wr__kafka_begin_group(wr_log *log, const wr_log_group_offsets *group, bool exactly_once,
                                  weir_error *err);
weir_status wr__kafka_drop_group(wr_log *log, const char *group, weir_error *err);

/* ---- kafka_commit.c ---- */

/** Offsets that have moved into the transaction, with the membership of @p reader (may be NULL). */
weir_status wr__kafka_send_groups(wr__kafka *log, rd_kafka_t *rk, wr__txn *t,
                                  const wr__sent_offsets *sent, wr_log_reader *reader,
                                  const wr_log_group_offsets *groups, uint32_t n,
                                  const wr__log_until *until, weir_error *err) WR_MUST_CHECK;

/** Offsets of one group. *has_members: it failed, because it is in use. */
weir_status wr__kafka_alter_group(wr__kafka *log, const wr_log_group_offsets *group,
                                  bool *has_members, weir_error *err) WR_MUST_CHECK;
/** Offsets of all groups, those of @p reader as its member; all requests under way together. */
weir_status wr__kafka_commit_groups(wr__kafka *log, wr_log_reader *reader,
                                    const wr_log_group_offsets *groups, uint32_t n,
                                    weir_error *err) WR_MUST_CHECK;

#endif
