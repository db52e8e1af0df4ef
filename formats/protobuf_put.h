/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protobuf_put.h - how values of SQL types are written as the fields of a message: the reverse of
 * shapes. Made once for an encoder.
 */
#ifndef WR_FORMATS_PROTOBUF_PUT_H
#define WR_FORMATS_PROTOBUF_PUT_H

#include "formats/protobuf.h"

typedef struct wr_pb_put wr_pb_put;

/** The fields of a message, in the order in which they are written: by number. */
typedef struct wr_pb_puts {
    wr_pb_put *fields;
    uint32_t n;
} wr_pb_puts;

struct wr_pb_put {
    const wr_pb_field *field;
    const wr_type *type;      /* of one element, where it is a list */
    uint32_t source;          /* which column or field of the STRUCT */
    int32_t member;           /* of a oneof: which field of that STRUCT; else -1 */
    const wr_pb_puts *inside; /* messages and entries of maps */
};

/**
 * How @p n values of these names and types are written as @p m. Names are exact. @p wanted_all:
 * each of them must have a field. @return NULL, or why they cannot.
 */
const char *wr__pb_puts_init(wr_pb_puts *puts, const wr_pb_message *m, const char *const *names,
                             const wr_type *const *types, uint32_t n, wr_arena *arena);
/** One message of @p type alone: a STRUCT or a known one. */
const char *wr__pb_put_message(const wr_pb_message *m, const wr_type *type,
                               const wr_pb_puts *inside, const wr_value *v, wr_buf *out);

/** Append one field's value; nothing where it is not written. @return NULL, or why it cannot be. */
const char *wr__pb_put_field(const wr_pb_put *put, const wr_value *v, wr_buf *out);
/** The value of a field whose source is @p v: the member's, where it is of a oneof. */
const wr_value *wr__pb_put_source(const wr_pb_put *put, const wr_value *v);
/** A oneof's STRUCT must have one field at most. */
const char *wr__pb_check_oneof(const wr_value *v);

/* ---- primitives, also for JSON ---- */

void wr__pb_put_tag(wr_buf *out, uint32_t number, wr_pb_wire wire);
/** A whole number or enum, by its kind. */
void wr__pb_put_bits(wr_buf *out, wr_pb_kind kind, uint64_t bits);
uint64_t wr__pb_bits_of_whole(wr_pb_kind kind, int64_t v);
uint64_t wr__pb_bits_of_real(wr_pb_kind kind, double v);
/** Does @p v lie in the range of the kind? Unsigned 64-bit ones take any, as they are read. */
bool wr__pb_in_range(wr_pb_kind kind, int64_t v);
/** The number of an enum's symbol. */
bool wr__pb_enum_number(const wr_pb_enum *e, wr_str name, int32_t *out);
/** Begin something with a length, and end it where @p at says it began. */
size_t wr__pb_begin(wr_buf *out);
void wr__pb_end(wr_buf *out, size_t at);
/** The fields of a Timestamp (ms), Date (days), TimeOfDay (ms). */
void wr__pb_put_known(wr_buf *out, wr_pb_known known, int64_t v);
/** The fields of a Decimal. */
void wr__pb_put_decimal(wr_buf *out, const wr_type *type, const wr_value *v);

#endif
