/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_serde.h - keys or values of a topic as JSON text, and JSON text as keys or values: what
 * `weir consume` and `weir produce` do with formats. No columns and no stream are needed; the
 * schemas of the registry say what there is.
 *
 * A name of a format is one of SQL's, or one of these:
 *
 *     AUTO                    reading: records that name a schema of the registry, by that schema,
 *                             as PRINT does; others are left to the caller
 *     KAFKA_INT, KAFKA_BIGINT, KAFKA_DOUBLE, KAFKA_STRING
 *                             KAFKA with the type that its bytes do not tell, as PRINT names them
 *
 * A registry that does not answer is an error, never a reason to take a record for something else.
 *
 * Threads: one at a time. Calls may wait for the registry; none takes the engine's lock.
 */
#ifndef WR_RUNTIME_STATEMENT_RECORD_SERDE_H
#define WR_RUNTIME_STATEMENT_RECORD_SERDE_H

#include "runtime/instance/engine.h"

typedef struct wr_serde_options {
    const char *topic; /* its subjects are <topic>-key and <topic>-value */
    bool is_key;
    bool writing;          /* else it reads */
    const char *format;    /* in any case */
    const char *schema;    /* a schema's text: to write with, or PROTOBUF_NOSR's; or NULL */
    const char *full_name; /* PROTOBUF: the message that is meant; NULL: the first */
    bool existing_schema;  /* `schema` must be registered already, and is not registered */
    bool no_message_index; /* reading PROTOBUF: records do not say which message they are */
} wr_serde_options;

typedef struct wr_serde wr_serde;

/**
 * All that can be known before the first record: the format, and for writing the schema, which is
 * `schema`, or the latest of the subject as of now. Options are copied.
 * @return WEIR_ERR_CONFIG: no such format, no registry, options that do not go together;
 *         WEIR_ERR_NOT_FOUND: the subject has no schema; else the registry's (registry.h).
 */
weir_status wr_serde_new(wr_engine *e, const wr_serde_options *options, wr_serde **out,
                         weir_error *err) WR_MUST_CHECK;
/** NULL is allowed. */
void wr_serde_free(wr_serde *s);

/**
 * @param header   what the record's header for the schema's id holds, or ptr NULL.
 * @param payload  ptr NULL: a NULL key or value.
 * @param json     JSON text, until the next call; ptr NULL: the payload is NULL, or (AUTO) it names
 *                 no schema.
 * @return WEIR_ERR_RECORD: the payload is not of the format; others may be.
 */
weir_status wr_serde_read(wr_serde *s, wr_str header, wr_str payload, wr_str *json,
                          weir_error *err) WR_MUST_CHECK;
/**
 * @param json     one JSON value; `null` at the top is a NULL key or value, in every format.
 * @param payload  until the next call; ptr NULL: NULL.
 * @return WEIR_ERR_RECORD, WEIR_ERR_STATEMENT: the text is no JSON (with its offset), or no value
 * of the format or schema.
 */
weir_status wr_serde_write(wr_serde *s, wr_str json, wr_str *payload,
                           weir_error *err) WR_MUST_CHECK;

/** The value of the header with the schema's id; of several the last; ptr NULL: there is none. */
wr_str wr_schema_header_of(const wr_headers *headers, bool is_key);

#endif
