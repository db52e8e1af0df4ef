/* SPDX-License-Identifier: Apache-2.0 */
/*
 * row_answer.h - the answer of another server to a pull query: lines of WR__FORM_ROWS
 * (server/query/row_frame.h), in whatever pieces they come.
 *
 * Rows are held back until there are many, or the answer has ended well: an answer that fails
 * before its first rows were handed on can be asked for elsewhere, as if nothing had been.
 *
 * What comes is not trusted. One thread.
 */
#ifndef WR_SERVER_CLUSTER_ROW_ANSWER_H
#define WR_SERVER_CLUSTER_ROW_ANSWER_H

#include "common/buf.h"
#include "common/error.h"
#include "types/schema.h"

typedef struct wr__row_answer {
    const wr_schema *schema; /* of the rows that are expected; borrowed */
    weir_status (*rows)(void *arg, wr_str bytes, uint32_t n, weir_error *err);
    void *arg;
    wr_buf line; /* the last one, until its end has come */
    wr_buf held; /* rows that were not handed on yet, in the row codec */
    uint32_t held_n;
    uint64_t taken; /* rows, those that are held included */
    bool begun;     /* the first line was the expected one */
    bool handed;    /* rows were handed on */
    bool ended;     /* by its last line */
    bool failed;    /* in `why`; what comes after it is not looked at */
    bool given_up;  /* the failure is of `rows`: nobody takes any */
    weir_error why;
} wr__row_answer;

void wr__row_answer_init(wr__row_answer *r, const wr_schema *schema,
                         weir_status (*rows)(void *arg, wr_str bytes, uint32_t n, weir_error *err),
                         void *arg);
void wr__row_answer_destroy(wr__row_answer *r);
/** @return false: it has failed, and no more is wanted. */
bool wr__row_answer_take(wr__row_answer *r, const char *bytes, size_t n);
/** Nothing more comes. @return WEIR_OK: all rows are handed on; else why not. */
weir_status wr__row_answer_finish(wr__row_answer *r, weir_error *err) WR_MUST_CHECK;
/** The message of an error object of the API, in @p a; NULL: the text is none. */
const char *wr__error_message(wr_str body, wr_arena *a);

#endif
