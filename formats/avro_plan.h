/* SPDX-License-Identifier: Apache-2.0 */
/*
 * avro_plan.h - a writer's schema made into a small program for one list of columns.
 *
 * The program walks a record once, from the first field to the last that is wanted, and leaves one
 * token for each column read. Fields that nobody wants are gone past, and several of them at a time
 * where their sizes allow it: a run of fixed sizes is one addition, a run of numbers one loop.
 * What follows the last wanted field is walked, too, so that what is accepted does not depend on
 * the columns (only whether a value fits its type does).
 */
#ifndef WR_FORMATS_AVRO_PLAN_H
#define WR_FORMATS_AVRO_PLAN_H

#include "formats/avro.h"

typedef enum wr_avro_op_code {
    WR_AVRO_OP_END,
    /* go past */
    WR_AVRO_OP_SKIP_BYTES,    /* n bytes */
    WR_AVRO_OP_SKIP_NUMBERS,  /* n varints */
    WR_AVRO_OP_SKIP_TEXTS,    /* n strings or bytes */
    WR_AVRO_OP_SKIP_OPT_TEXT, /* null or a text, so many times; null is branch n */
    WR_AVRO_OP_SKIP_OPT_NUMBER,
    WR_AVRO_OP_SKIP_VALUE, /* any node */
    /* leave a token for column `place` */
    WR_AVRO_OP_NUMBER,
    WR_AVRO_OP_TEXT,
    WR_AVRO_OP_OPT_NUMBER, /* null is branch n, of these and all below */
    WR_AVRO_OP_OPT_TEXT,
    WR_AVRO_OP_SCALAR, /* other scalars */
    WR_AVRO_OP_OPT_SCALAR,
    WR_AVRO_OP_CONTAINER,
    WR_AVRO_OP_OPT_CONTAINER,
    /* the whole */
    WR_AVRO_OP_ROOT,   /* a union around a record; null, its branch n, is a bad record */
    WR_AVRO_OP_BRANCH, /* a union of several as columns: `branches` says what follows */
    WR_AVRO_OP_BARE,   /* all that is left, without a length (A01) */
} wr_avro_op_code;

/** In place of the null branch's index: a union of one type alone, which has none. */
#define WR_AVRO_ALONE 2

typedef struct wr_avro_op {
    uint8_t code;
    uint32_t n;
    uint32_t times; /* SKIP_OPT_... */
    uint32_t place; /* the column's, among those read */
    const wr_avro_node *node;
    const struct wr_avro_op *branches; /* BRANCH: one for each of the union's */
} wr_avro_op;

typedef struct wr_avro_plan {
    const wr_avro_op *ops;
    const wr_avro_way *ways; /* for each column read */
    const bool *there;       /* for each: has the writer such a field? Else it is NULL */
    bool resets;             /* BRANCH: columns may be without a token; all are made NULL first */
    bool needs_value;        /* one column is the whole record, which must not be null */
    const char *fault;       /* the top level is of no use: all records are bad */
} wr_avro_plan;

/** What a plan is for. */
typedef struct wr_avro_target {
    const wr_column *cols; /* those read */
    uint32_t n;
    bool bare; /* one column is the whole record */
    wr_avro_rules rules;
    /* All columns of the decoder: a field belongs to one of them, read or not. */
    const char *const *names;
    const uint32_t *places; /* per column: among those read, or UINT32_MAX */
    uint32_t names_n;
} wr_avro_target;

wr_avro_plan *wr__avro_plan_new(const wr_avro_node *node, const wr_avro_target *target,
                                wr_arena *arena);
/** Walk one record. Tokens of column k go to tokens[k * stride]. @return false: r->fault. */
bool wr__avro_walk(const wr_avro_plan *plan, wr_avro_reader *r, wr_avro_token *tokens,
                   size_t stride);

#endif
