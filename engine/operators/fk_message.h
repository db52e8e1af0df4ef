/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fk_message.h - what the two sides of a foreign-key join send each other (fk_left.c says the
 * whole exchange).
 */
#ifndef WR_ENGINE_OPERATORS_FK_MESSAGE_H
#define WR_ENGINE_OPERATORS_FK_MESSAGE_H

#include "engine/operators/op.h"

typedef enum wr__fk_instruction {
    WR__FK_UNSUBSCRIBE,        /* forget the subscription, say nothing */
    WR__FK_UNSUBSCRIBE_ANSWER, /* forget it, answer "no right row" */
    WR__FK_ANSWER_IF_FOUND,    /* subscribe; answer only if there is a right row */
    WR__FK_ANSWER,             /* subscribe; answer in any case */
    WR__FK_RESPONSE,           /* the answer itself */
} wr__fk_instruction;

/** A subscription (left to right) or an answer (right to left). Bytes are borrowed. */
typedef struct wr__fk_message {
    wr__fk_instruction what;
    bool has_left; /* the left row was there when this was sent */
    uint64_t hash; /* of its values, if so: an answer to another row is stale */
    wr_str left;   /* store key of the left row */
    wr_str right;  /* subscription: store key of the right row, one NULL column where there is none
                    * to find; answer: stored right row, ptr NULL: none */
} wr__fk_message;
void wr__fk_message_put(wr_buf *out, const wr__fk_message *m);
/** @return WEIR_ERR_STORE: not such a message. */
weir_status wr__fk_message_get(wr_str bytes, wr__fk_message *m, weir_error *err) WR_MUST_CHECK;
/** Hash of a stored left row's values; its time does not count. @pre it has one (wr__row_time). */
uint64_t wr__fk_row_hash(wr_str row);

/** Messages that one call of an operator sends, with the columns their keys are encoded from. */
typedef struct wr__fk_outbox {
    wr_op *op;
    wr_encoder *encoder;
    wr_schema schema; /* key columns only */
    uint32_t topic;
    wr_partitioner by;
    wr_buf keys, values;    /* reused */
    wr_batch_builder *rows; /* one row for each message: its key columns, its time */
    wr_arr(size_t) ends;
} wr__fk_outbox;
weir_status wr__fk_outbox_open(wr__fk_outbox *b, wr_op *op, const wr_schema *keys_of,
                               const wr_format_use *use, wr_partitioner by, uint32_t topic,
                               weir_error *err) WR_MUST_CHECK;
void wr__fk_outbox_close(wr__fk_outbox *b);
void wr__fk_outbox_begin(wr__fk_outbox *b);
/** Add a message; the caller fills in the key columns of the row that is returned. */
wr_batch *wr__fk_outbox_add(wr__fk_outbox *b, const wr__fk_message *m, int64_t time, uint32_t *row);
weir_status wr__fk_outbox_send(wr__fk_outbox *b, weir_error *err) WR_MUST_CHECK;

#endif
