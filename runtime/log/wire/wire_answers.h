/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire_answers.h - answers of brokers and their memory, which records that are read point into.
 *
 * Threads: one, that of the client.
 */
#ifndef WR_RUNTIME_LOG_WIRE_WIRE_ANSWERS_H
#define WR_RUNTIME_LOG_WIRE_WIRE_ANSWERS_H

#include "common/arena.h"
#include "runtime/log/wire/messages.h"

/** An answer: its bytes, and what is decoded of them. */
typedef struct wr_wire_answer {
    struct wr_wire_answer *next; /* in the list that it is in */
    uint8_t *bytes;              /* behind the size */
    size_t len, cap, body;       /* body: where it begins, behind the head */
    wr_arena *arena;             /* for the decoder */
    uint32_t uses;               /* of the bytes; the last to give it back frees it */
    wr_wire_api api;
    int16_t version;
} wr_wire_answer;

/** Answers that are not in use, kept for the next ones. Zeroed: empty. */
typedef struct wr_wire_answers {
    wr_wire_answer *spare;
    size_t spare_bytes;
    size_t used_bytes; /* by answers that are in use */
} wr_wire_answers;
/** Room for @p len bytes, and one use. */
wr_wire_answer *wr__wire_answer_take(wr_wire_answers *all, size_t len);
void wr__wire_answer_give_back(wr_wire_answers *all, wr_wire_answer *answer);
void wr__wire_answers_free(wr_wire_answers *all);

#endif
