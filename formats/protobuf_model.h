/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protobuf_model.h - a .proto file as messages, fields and enums: what the PROTOBUF format works
 * with, whatever the file's syntax was.
 *
 * Made from a schema's text by protobuf_shim.cpp, or from columns by protobuf_columns.c. Messages
 * may contain themselves, so a walk over them needs a bound of its own. Plain C, so that the C++
 * file can fill it in.
 *
 * Memory: all in the arena of whoever asked; immutable.
 */
#ifndef WR_FORMATS_PROTOBUF_MODEL_H
#define WR_FORMATS_PROTOBUF_MODEL_H

#include <stdbool.h>
#include <stdint.h>

typedef enum wr_pb_kind {
    WR_PB_BOOL,
    WR_PB_INT32,
    WR_PB_SINT32,
    WR_PB_UINT32,
    WR_PB_FIXED32,
    WR_PB_SFIXED32,
    WR_PB_INT64,
    WR_PB_SINT64,
    WR_PB_UINT64,
    WR_PB_FIXED64,
    WR_PB_SFIXED64,
    WR_PB_FLOAT,
    WR_PB_DOUBLE,
    WR_PB_ENUM,
    WR_PB_STRING,
    WR_PB_BYTES,
    WR_PB_MESSAGE,
    WR_PB_GROUP,
} wr_pb_kind;

/* Messages that are values of their own. */
typedef enum wr_pb_known {
    WR_PB_PLAIN,
    WR_PB_TIMESTAMP, /* google.protobuf.Timestamp */
    WR_PB_DATE,      /* google.type.Date */
    WR_PB_TIME,      /* google.type.TimeOfDay */
    WR_PB_DECIMAL,   /* confluent.type.Decimal */
    WR_PB_WRAPPER,   /* google.protobuf.*Value: its only field may be NULL */
} wr_pb_known;

typedef struct wr_pb_message wr_pb_message;

typedef struct wr_pb_enum {
    const char *name; /* short */
    const char *file; /* where it is defined */
    bool closed;      /* an unknown number is no value (proto2) */
    uint32_t n;
    const char **names; /* in the file's order */
    int32_t *numbers;
} wr_pb_enum;

typedef struct wr_pb_field {
    const char *name;
    uint32_t number;
    wr_pb_kind kind;
    bool repeated;
    bool required;     /* proto2 */
    bool has_presence; /* not set and the default are two things; never where repeated */
    bool optional;     /* written with that word in proto3 */
    bool packed;
    int32_t oneof;                /* index in the message's, or -1; `optional` makes none */
    const wr_pb_message *message; /* MESSAGE, GROUP */
    const wr_pb_enum *values;     /* ENUM */
    int32_t precision, scale;     /* of a DECIMAL by (confluent.field_meta); precision 0: none */
} wr_pb_field;

struct wr_pb_message {
    const char *name;      /* short */
    const char *full_name; /* with its package and the messages around it */
    const char *file;      /* where it is defined */
    wr_pb_known known;
    bool map_entry; /* of a map field: made by the compiler */
    uint32_t n;
    wr_pb_field *fields; /* in the file's order */
    uint32_t oneofs_n;
    const char **oneofs; /* names */
    uint32_t nested_n;
    const wr_pb_message **nested; /* those defined inside, map entries left out */
    uint32_t enums_n;
    const wr_pb_enum **enums;
};

typedef struct wr_pb_file {
    const char *package; /* "" where there is none */
    bool proto2;
    bool has_edition; /* it is of no syntax; proto2 says nothing then */
    uint32_t imports_n;
    const char **imports;
    uint32_t n;
    const wr_pb_message **messages; /* at the top, in the file's order */
    uint32_t enums_n;               /* at the top */
    const wr_pb_enum **enums;
} wr_pb_file;

/** Bounds against schemas made to harm; more than any real one has. */
#define WR_PB_TEXT_MAX     4000000 /* bytes of one file */
#define WR_PB_MESSAGES_MAX 20000   /* that a file and its imports may lead to */
#define WR_PB_FIELDS_MAX   200000  /* of all these together, enum values included */

#endif
