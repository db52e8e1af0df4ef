/* SPDX-License-Identifier: Apache-2.0 */
/*
 * producer.h - writing: records into batches, batches to the leaders of their partitions, and what
 * became of them.
 *
 * A record is written at its place in the batch that is sent. A batch goes when it is full, when it
 * has waited for linger_ms, when whoever waits for acknowledgements pushes, or when there is no
 * room for more; with it go the other batches for the same broker. Batches of one partition are
 * written in the order in which they were made, also over retries, up to five under way at once;
 * with `idempotent` each of them once.
 *
 * Everything happens inside poll, on the thread that calls it: who adds records polls now and then,
 * and whoever waits for them polls until nothing is outstanding. Between two polls nothing is sent,
 * whatever linger_ms says.
 *
 * Each record has one report, by then or never: at wr__wire_producer_free none is made.
 *
 * Threads: one at a time, but for wake.
 */
#ifndef WR_RUNTIME_LOG_WIRE_PRODUCER_H
#define WR_RUNTIME_LOG_WIRE_PRODUCER_H

#include "common/error.h"
#include "runtime/log/wire/config.h"
#include "runtime/log/wire/figures.h"
#include "types/record.h"

typedef struct wr_wire_producer wr_wire_producer;
/** One partition that is written to; lives as long as the producer. */
typedef struct wr_wire_output wr_wire_output;

/** What became of records, beside Kafka's error codes. */
enum {
    WR_WIRE_EXPIRED = -1000, /* not acknowledged in message_timeout_ms; may be written */
    WR_WIRE_PURGED = -1001,  /* called back; may be written */
};

/** Records of one batch that were added for the same @p who, one after the other. */
typedef struct wr_wire_report {
    void *who;
    const char *topic;
    int32_t partition;
    uint32_t records;
    int16_t code;        /* NONE: they are written */
    int64_t next_offset; /* after the last of them; -1: not known, or not written */
    wr_str message;      /* the broker's reason; ptr NULL: none */
} wr_wire_report;
/** Called inside poll and purge. Must not call the producer. */
typedef void (*wr_wire_on_report)(void *arg, const wr_wire_report *report);

/** @p config is borrowed. @return WEIR_ERR_CONFIG; WEIR_ERR_LOG: no file descriptors are left. */
weir_status wr__wire_producer_new(const wr_wire_config *config, wr_wire_on_report on_report,
                                  void *arg, wr_wire_producer **out, weir_error *err) WR_MUST_CHECK;
/** What is not acknowledged is dropped. NULL is allowed. */
void wr__wire_producer_free(wr_wire_producer *p);

/** The partition; made at its first use. @p topic is copied. @pre partition >= 0 */
wr_wire_output *wr__wire_producer_output(wr_wire_producer *p, const char *topic, int32_t partition);
/**
 * Add a record; its bytes are copied. @p who: for its report.
 * @return false: there is no room now, but there will be, by polling. A record for which there
 * never is (more than buffered_bytes) is taken when nothing else is there.
 * @pre it has less than 1 GB
 */
bool wr__wire_producer_add(wr_wire_producer *p, wr_wire_output *out, void *who,
                           const wr_record *record) WR_MUST_CHECK;
/** What is there goes at once, until nothing is outstanding. */
void wr__wire_producer_push(wr_wire_producer *p);
/** Records without a report. */
uint32_t wr__wire_producer_outstanding(const wr_wire_producer *p);
/** What it has done so far; the times are since they were taken last. */
void wr__wire_producer_figures(wr_wire_producer *p, wr_wire_figures *out);
/**
 * Send what is to be sent, take what has come. Waits up to @p timeout_ms until a report was made;
 * 0: not at all, and then it is cheap, so that it may be called often.
 */
void wr__wire_producer_poll(wr_wire_producer *p, int timeout_ms);
/** After how many milliseconds it is to be polled again, if nothing comes before; -1: nothing is
 *  outstanding. */
int wr__wire_producer_due_ms(const wr_wire_producer *p);
/** Report what is outstanding as PURGED, now. What is under way may be written all the same. */
void wr__wire_producer_purge(wr_wire_producer *p);
/** Any thread: a poll that waits comes back. */
void wr__wire_producer_wake(wr_wire_producer *p);

#endif
