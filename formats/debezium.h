/* SPDX-License-Identifier: Apache-2.0 */
/*
 * debezium.h - what the files of DEBEZIUM_JSON and DEBEZIUM_AVRO share.
 *
 * A record is a change of a row: `op`, `before`, `after`, `source`, as an object of JSON around
 * which Kafka Connect may have put `schema` and `payload`, or as a record of Avro. A decoder makes
 * the row of it that there is afterwards, or none (a deletion, a record about no row, an emptied
 * table): wr__debezium_outcome decides that for both. How a value is read follows from the column's
 * declared type and from what the writer's schema says of it (connect_names.h), where there is one.
 */
#ifndef WR_FORMATS_DEBEZIUM_H
#define WR_FORMATS_DEBEZIUM_H

#include "formats/avro.h"
#include "formats/connect_names.h"
#include "formats/json_convert.h"

/* ---- events ---- */

/** What an event's `op` makes of its record. */
typedef enum wr_debezium_outcome {
    WR_DEBEZIUM_BAD, /* the text is no op */
    WR_DEBEZIUM_ROW, /* what is in `after` */
    WR_DEBEZIUM_DELETE,
    WR_DEBEZIUM_TRUNCATE,
    WR_DEBEZIUM_SKIP, /* about no row */
} wr_debezium_outcome;
wr_debezium_outcome wr__debezium_outcome(wr_str op);

#define WR_DEBEZIUM_NO_EVENT "The record is no change event of Debezium: it has no `op`"
#define WR_DEBEZIUM_NO_ROW   "A change event has no row in `after`"
#define WR_DEBEZIUM_BAD_OP   "A change event's `op` is not one letter"

/** The check of both formats: @p name is the format's. */
bool wr__debezium_check(const char *name, const wr_format_columns *c, wr_format_misfit *why);
/** Nothing is written in these formats: refuses with a hint. */
weir_status wr__debezium_encoder_new(const wr_encoder *common, wr_arena *arena, wr_encoder **out,
                                     weir_error *err);
void wr__debezium_encode(wr_encoder *e, const wr_vec *cols, wr_sel sel, wr_buf *buf,
                         wr_str *payloads, uint8_t *ok, wr_row_errors *errs);

/* ---- values, whatever carries them (debezium_value.c) ---- */

/** The text that stands for a large value that the database has not sent, since it has not changed:
 *  the connector's `unavailable.value.placeholder`, if nobody has changed that. */
#define WR_DEBEZIUM_STAND_IN "__debezium_unavailable_value"

/** ISO 8601 with a zone; digits below a millisecond are cut. `infinity` is no such text. */
bool wr__debezium_timestamp_text(wr_str s, int64_t *out);
/** `11:30:00.123456Z`: a time with a zone comes as UTC. */
bool wr__debezium_time_text(wr_str s, int32_t *out);
bool wr__debezium_date_text(wr_str s, int32_t *out);
/**
 * A number to milliseconds. PLAIN: the unit by its size: 10^14 or more either way are micros,
 * 10^17 or more nanos. @return false: the form is no timestamp's.
 */
bool wr__debezium_timestamp(wr_connect_form form, int64_t v, int64_t *out);
/** The same within a day. PLAIN: millis up to a day, then micros, then nanos; what could be micros
 *  of MySQL's longer times, or nanos, is neither. */
bool wr__debezium_time(wr_connect_form form, int64_t v, int32_t *out);
/** Digits to a DECIMAL; `NaN` is NULL, as where the connector writes bytes. @p why: appended to. */
bool wr__debezium_decimal_text(wr_str text, const wr_type *t, wr_arena *a, wr_value *out,
                               wr_buf *why);
/** An unscaled value, big-endian, at a scale: exactly that number, or @p why. */
bool wr__debezium_unscaled(wr_str bytes, int64_t scale, const wr_type *t, wr_arena *a,
                           wr_value *out, wr_buf *why);

/* ---- JSON (debezium_json_value.c, debezium_schema.c) ---- */

/**
 * A value of a row in a change event to a column of type @p type.
 * @return false: message and path of @p c.
 */
bool wr__debezium_convert(wr_jconv *c, const wr_jtype *type, const wr_jtoken *tok, wr_value *out);
/** Is it the stand-in, in one of the forms that it has in JSON? */
bool wr__debezium_unavailable(const wr_jtoken *tok);
/**
 * Note in @p types (n) how columns are written, as the schema that Connect puts into a record says.
 * What it does not say, or not in the form that is expected, stays as it is.
 * @param text   the schema, a valid JSON text.
 * @param field  the member of the record that has the columns: "after"; NULL: the whole record.
 */
void wr__debezium_note_forms(wr_str text, const char *field, const char *const *names,
                             wr_jtype *types, uint32_t n, wr_arena *scratch);

/* ---- Avro (debezium_avro_value.c) ---- */

/** The ways that only change events have: replaces what wr__avro_way has found. */
void wr__debezium_avro_way(wr_avro_way *way, wr_arena *arena);
/** Read by such a way: a scalar, a record. */
bool wr__debezium_avro_value(wr_avro_reader *r, const wr_avro_way *way, const wr_avro_token *t,
                             wr_value *out);
bool wr__debezium_avro_record(wr_avro_reader *r, const wr_avro_way *way, wr_value *out);
/** Is it the stand-in, as text, bytes, a list of one text or of the text's bytes as numbers? */
bool wr__debezium_avro_unavailable(const wr_avro_way *way, const wr_avro_token *t);

#endif
