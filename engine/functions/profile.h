/* SPDX-License-Identifier: Apache-2.0 */
/*
 * profile.h - what PROFILE knows about columns: counts, ends, moments, and three sketches.
 *
 * A profile of some columns is changed in place while rows are added, and is bytes everywhere else:
 * in stores, in topics, in the hands of users. Profiles of parts of the rows, whoever made them,
 * merge to the profile of all of them:
 *
 *     exact        rows, NULLs, kinds, MIN, MAX, and the estimate of distinct values (its sketch
 * does not depend on the order) but for the last bits   mean and deviation within their errors
 * quantiles, most frequent values (sketch_*.h)
 *
 * What is measured of a value, for mean, deviation and quantiles: numbers themselves, days of a
 * DATE, ms of a TIME and a TIMESTAMP, 1 and 0 of a BOOLEAN; the length of a STRING (UTF-16 units,
 * as LEN), of BYTES, of an ARRAY and a MAP; nothing of a STRUCT. NaN and the infinities are counted
 * as kinds, and not measured.
 *
 * Bytes (integers are varints where nothing else is said, DOUBLEs 8 bytes big endian):
 *
 *     "WP" | version 1, a byte | columns | rows | column ... | 8 bytes XXH3 of all that is before
 *     column: type, precision, scale, a byte each | NULLs | a count for each kind
 *           | mean | sum of squared distances from it | MIN | MAX
 *           | distinct values | most frequent values | quantiles        (sketch_*.c)
 *     MIN, MAX: a byte, 0: none, else length + 1, and the value's bytes
 *     a value's bytes: 8 bytes of a number, date or time (DECIMAL: 16), 1 of a BOOLEAN, all big
 *     endian; text and BYTES as they are, cut after at most 48 (a whole character)
 *
 * A column takes at most 22 KB: 8.3 of quantiles at 10^7 values, 8.2 of frequent texts (2.2 of
 * numbers), 3 of distinct values. Few values take few bytes.
 *
 * Threads: a profile belongs to one; nothing is shared.
 */
#ifndef WR_ENGINE_FUNCTIONS_PROFILE_H
#define WR_ENGINE_FUNCTIONS_PROFILE_H

#include "engine/functions/sketch_distinct.h"
#include "engine/functions/sketch_frequent.h"
#include "engine/functions/sketch_quantiles.h"
#include "types/value.h"

enum { WR__PROFILE_COLUMNS = 64 };
/** The most rows: no sum of counts overflows. */
#define WR__PROFILE_ROWS WR__QUANTILES_MAX

/** What values are, beyond their column's type: texts that read like something else, DOUBLEs that
 * are no numbers. Part of the format. */
typedef enum wr__profile_kind {
    WR__KIND_VALUE, /* of the column's type, and nothing else */
    WR__KIND_INTEGER,
    WR__KIND_NUMBER, /* with a fraction or an exponent */
    WR__KIND_BOOLEAN,
    WR__KIND_DATE,      /* 2024-05-01 */
    WR__KIND_TIMESTAMP, /* 2024-05-01T12:30..., or with a blank */
    WR__KIND_NAN,
    WR__KIND_INFINITY,
    WR__KINDS,
} wr__profile_kind;

/** MIN or MAX: a value's bytes. */
typedef struct wr__profile_end {
    bool known;
    uint8_t len;
    char bytes[WR__FREQUENT_BYTES];
} wr__profile_end;

typedef struct wr__profile_column {
    wr_type type; /* of one level: what is in an ARRAY is not known */
    uint64_t nulls, kinds[WR__KINDS];
    double mean, m2; /* over quantiles.n values */
    wr__profile_end min, max;
    wr__distinct distinct;
    wr__frequent frequent;
    wr__quantiles quantiles;
} wr__profile_column;

typedef struct wr__profile {
    uint32_t n;    /* columns; 0: not known yet, which PROFILE_MERGE begins with */
    uint64_t rows; /* at most WR__PROFILE_ROWS */
    wr__profile_column *columns;
} wr__profile;

/** Can columns of this type be profiled? */
bool wr__profile_takes(const wr_type *t);
/** A profile of no rows, in @p a. @p n <= WR__PROFILE_COLUMNS, of types that are taken. */
wr__profile *wr__profile_new(wr_arena *a, const wr_type *const *types, uint32_t n);
/** Add a row: a value for each column, of the columns' @p types. @return false: it has had
 * WR__PROFILE_ROWS of them; nothing is changed. */
bool wr__profile_add(wr__profile *p, wr_arena *a, const wr_type *const *types,
                     const wr_value *values);
/**
 * @p p becomes the profile of the rows of both; @p other may be used up.
 * @return NULL, or why it cannot be; then nothing is changed.
 */
const char *wr__profile_merge(wr__profile *p, wr_arena *a, const wr__profile *other);
/** The value that an item's or an end's bytes are (cut texts: what is left of them). */
wr_value wr__profile_value(const wr_type *t, wr_str bytes);

/** The type of wr__profile_report's values, in the signature language. */
#define WR__PROFILE_REPORT                                                                         \
    "STRUCT<TYPE STRING, ROWS BIGINT, NULLS BIGINT, TYPES MAP<STRING, BIGINT>, "                   \
    "MIN STRING, MAX STRING, MEAN DOUBLE, DEVIATION DOUBLE, "                                      \
    "QUANTILES STRUCT<P1 DOUBLE, P5 DOUBLE, P25 DOUBLE, P50 DOUBLE, P75 DOUBLE, P95 DOUBLE, "      \
    "P99 DOUBLE>, QUANTILES_ERROR DOUBLE, DISTINCT_VALUES BIGINT, DISTINCT_ERROR DOUBLE, "         \
    "FREQUENT ARRAY<STRUCT<ITEM STRING, OCCURRENCES BIGINT, ERROR BIGINT>>>"
/** What is known of a column, as a STRUCT in @p a. */
wr_value wr__profile_report(const wr__profile *p, uint32_t column, wr_arena *a);

void wr__profile_write(const wr__profile *p, wr_buf *out);
/** @return NULL: the bytes are no profile, or damaged. Everything of it is in @p a. */
wr__profile *wr__profile_read(wr_str bytes, wr_arena *a);

#endif
