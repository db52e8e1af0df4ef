/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange_send.h - repartitioning inside the process: rows go to the tasks of their partitions as
 * columns, and stay in the sender's scratch until they have been taken.
 */
#ifndef WR_ENGINE_OPERATORS_EXCHANGE_SEND_H
#define WR_ENGINE_OPERATORS_EXCHANGE_SEND_H

#include "engine/operators/op.h"

/**
 * Rows of @p in to the tasks of their partitions, by ctx->exchange. @p keys: encoded keys by row,
 * NULL: none; @p ok: rows whose key could be encoded, NULL: all.
 */
weir_status wr__exchange(wr_op *op, const wr_batch *in, const wr_str *keys, const uint8_t *ok,
                         weir_error *err);

/** In flush: reset scratch, after the receivers have taken what was exchanged. */
weir_status wr__reset_scratch(wr_task_ctx *ctx, weir_error *err);

#endif
