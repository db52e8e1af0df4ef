/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weir.h - the one public header of libweir.
 */
#ifndef WEIR_H
#define WEIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define WEIR_API __attribute__((visibility("default")))
#else
#define WEIR_API
#endif

/** What a call came to. 0 is success; everything else has a message in the weir_error. */
typedef enum weir_status {
    WEIR_OK = 0,
    WEIR_ROW,              /* weir_query_step: a row is ready; not an error */
    WEIR_DONE,             /* weir_query_step: the query has ended; not an error */
    WEIR_ERR_SYNTAX,       /* the text is not SQL; line and column are set */
    WEIR_ERR_STATEMENT,    /* the statement is wrong: names, types, key rules */
    WEIR_ERR_UNSUPPORTED,  /* valid, but not supported (yet) */
    WEIR_ERR_NOT_FOUND,    /* source, topic, query ... does not exist */
    WEIR_ERR_EXISTS,       /* it exists already */
    WEIR_ERR_RECORD,       /* one record could not be processed */
    WEIR_ERR_LOG,          /* Kafka or the embedded log failed */
    WEIR_ERR_STORE,        /* the state store failed */
    WEIR_ERR_IO,           /* a file could not be read or written */
    WEIR_ERR_CONFIG,       /* a setting is unknown or has a bad value */
    WEIR_ERR_LIMIT,        /* a limit of Weir's own was reached */
    WEIR_ERR_MISUSE,       /* the library was called in a way that the header forbids */
    WEIR_ERR_ASSERT,       /* an ASSERT statement did not hold */
    WEIR_ERR_INTERRUPTED,  /* weir_interrupt, or a time-out */
} weir_status;

/** weir_error.flags */
enum {
    WEIR_ERROR_RETRIABLE = 1, /* the same call may succeed later */
    WEIR_ERROR_FATAL = 2,     /* the handle is of no further use */
};

/** Filled in by the call that failed; the caller's own struct, nothing in it is allocated. */
typedef struct weir_error {
    weir_status code;
    unsigned flags;     /* WEIR_ERROR_* */
    int line, column;   /* from 1; 0 where the error has no place in a text */
    int64_t offset;     /* byte offset in the text, or -1 */
    char message[1400]; /* what is wrong; never empty where code is an error */
    char hint[400];     /* what to do about it; may be empty */
} weir_error;

#ifdef __cplusplus
}
#endif
#endif
