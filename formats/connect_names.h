/* SPDX-License-Identifier: Apache-2.0 */
/*
 * connect_names.h - the names that Kafka Connect's writers put beside a type: Connect's own logical
 * types, and those of Debezium.
 *
 * A column of a database is written as a number, a text or bytes; its name alone says of what.
 * `io.debezium.time.MicroTimestamp` is an int64 of microseconds, for one. AvroConverter writes the
 * name as `connect.name` of an Avro type, JsonConverter as `name` in the schema of each record.
 */
#ifndef WR_FORMATS_CONNECT_NAMES_H
#define WR_FORMATS_CONNECT_NAMES_H

#include "common/str.h"

typedef enum wr_connect_form {
    WR_CONNECT_PLAIN, /* no name, or one that says nothing about how the value is written */
    WR_CONNECT_DATE,  /* days since 1970 */
    WR_CONNECT_TIME_MS,
    WR_CONNECT_TIME_US,
    WR_CONNECT_TIME_NS, /* of a day */
    WR_CONNECT_TIMESTAMP_MS,
    WR_CONNECT_TIMESTAMP_US,
    WR_CONNECT_TIMESTAMP_NS,   /* since 1970 */
    WR_CONNECT_DECIMAL,        /* bytes: unscaled, the scale is the schema's */
    WR_CONNECT_SCALED_DECIMAL, /* a struct of the value's own scale and unscaled bytes */
    WR_CONNECT_TEXT,           /* a string, whatever its name; never what a name says */
} wr_connect_form;

/** What a name says; PLAIN where it is not known or empty. */
wr_connect_form wr__connect_form(wr_str name);

#endif
