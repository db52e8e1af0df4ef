/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reason.h - why a statement was refused, for callers that answer by it.
 *
 * Messages are for people; a server that has a code or other words for some mistakes asks here, and
 * never looks into a message. Like PostgreSQL's SQLSTATE, but only for what somebody asks for. The
 * reason is set where the error is, and goes with it in the upper bits of weir_error.flags, which
 * wr_error clears; prefixes and hints leave it as it is.
 *
 *     return wr_refuse_at(err, WR_REASON_FORM, name->pos, "Duplicate column names: `%s`", name);
 */
#ifndef WR_COMMON_REASON_H
#define WR_COMMON_REASON_H

#include "common/error.h"

typedef enum wr_reason {
    WR_REASON_NONE,         /* nobody asked so far */
    WR_REASON_SOURCE,       /* what a query reads, or INSERT ... SELECT writes, is not there */
    WR_REASON_COLUMN,       /* a column cannot be resolved; has a place */
    WR_REASON_VALUE_COLUMN, /* VALUES with a column; the message begins with "Column 'NAME'" */
    WR_REASON_FUNCTION,     /* no function has the name */
    WR_REASON_EXPRESSION,   /* operands of wrong types; the message begins with
                             * "Error processing expression: (EXPRESSION)" */
    WR_REASON_FORM,         /* wrong whatever the catalog holds: types, properties, names twice */
    WR_REASON_KEY_WORD,     /* KEY for PRIMARY KEY, or the reverse; names the column in `...` */
    WR_REASON_RESULT_KIND,  /* CREATE TABLE AS a stream, or the reverse */
    WR_REASON_NO_COLUMNS,   /* a source without columns */
    WR_REASON_NEW_TOPIC,    /* CREATE: the topic is not there, and PARTITIONS is not given */
    WR_REASON_TOPIC,        /* CREATE: the topic is not as the statement wants it, or cannot be */
    WR_REASON_NO_TARGET,    /* INSERT ... VALUES into what is not there, or takes no rows */
    WR_REASON_TARGET,       /* INSERT: the target takes no such rows; the message names it */
    WR_REASON_PULL_KEY,     /* a pull query would have to scan, and may not */
    WR_REASON_REGISTRY,     /* there is no schema registry */
    WR_REASON_PUSH_LIMIT,   /* ksql.max.push.queries */
} wr_reason;

/** The lower bits are WEIR_ERROR_*. */
#define WR_REASON_SHIFT 8

/** Say why; @p err may be NULL. @return @p st, so that it can stand around the error's call. */
static inline weir_status wr_error_reason(weir_error *err, wr_reason reason, weir_status st)
{
    WR_ASSERT(st > WEIR_DONE);
    if (err)
        err->flags = (err->flags & ((1u << WR_REASON_SHIFT) - 1)) | (unsigned)reason
                                                                        << WR_REASON_SHIFT;
    return st;
}

/** WEIR_ERROR_* alone, for those outside. */
static inline unsigned wr_error_flags(const weir_error *err)
{
    return err->flags & ((1u << WR_REASON_SHIFT) - 1);
}

static inline wr_reason wr_error_reason_of(const weir_error *err)
{
    return (wr_reason)(err->flags >> WR_REASON_SHIFT);
}

/** wr_error and wr_error_at of a statement that is wrong, with the reason. */
#define wr_refuse(err, reason, ...)                                                                \
    wr_error_reason((err), (reason), wr_error((err), WEIR_ERR_STATEMENT, __VA_ARGS__))
#define wr_refuse_at(err, reason, at, ...)                                                         \
    wr_error_reason((err), (reason), wr_error_at((err), WEIR_ERR_STATEMENT, (at), __VA_ARGS__))

#endif
