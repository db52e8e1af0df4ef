/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log_owner.h - who produced a record: a query, a statement, a sink.
 *
 * Many share one writer, and a record that is refused (too large, its topic is gone, no permission)
 * is the fault of one of them. So whatever produces embeds an owner and hands it to every
 * wr_log_writer_produce. A refusal, in the call itself or in a delivery report that comes later,
 * fails the owner; it stays failed, and writes nothing more, until wr_log_owner_reset. Whoever runs
 * the writer asks after each flush which owners have failed, and aborts what those have produced.
 *
 *   wr_log_owner_init ──▶ good ──a record is refused──▶ failed ──wr_log_owner_reset──▶ good
 *
 * Only the first failure is kept: what comes after it is mostly its consequence.
 *
 * Life: an owner must outlive what its writers know of it. Before its memory goes, each writer that
 * it produced with is closed, or has been asked to wr_log_writer_abort it.
 * Threads: failed may be asked, and owners are failed, from any thread. init and reset: by the
 * owner's user, while nobody produces for it.
 */
#ifndef WR_RUNTIME_LOG_LOG_OWNER_H
#define WR_RUNTIME_LOG_LOG_OWNER_H

#include "common/error.h"

#include <stdatomic.h>

typedef struct wr_log_owner {
    const char *name; /* for messages; borrowed for the owner's life */
    atomic_int state; /* log_owner.c; 0: good */
    weir_error error; /* written once, before `state` says failed */
} wr_log_owner;

void wr_log_owner_init(wr_log_owner *o, const char *name);
/** Has a record of it been refused? Then *err (may be NULL) says why. */
bool wr_log_owner_failed(const wr_log_owner *o, weir_error *err);
/** Forget the failure. What it produced is another matter: wr_log_writer_abort. */
void wr_log_owner_reset(wr_log_owner *o);
/** A record of it was refused. The first failure counts. @pre err->code is an error */
void wr_log_owner_fail(wr_log_owner *o, const weir_error *err);

#endif
