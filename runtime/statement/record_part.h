/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_part.h - the key or the value of records that statements write: from values of a source's
 * columns to bytes, row by row.
 */
#ifndef WR_RUNTIME_STATEMENT_RECORD_PART_H
#define WR_RUNTIME_STATEMENT_RECORD_PART_H

#include "runtime/statement/statement.h"

/** All of it in the statement's arena. */
typedef struct wr__record_part {
    bool is_key;
    const wr_source *source;
    wr_column *cols; /* those of this part, without pseudo columns and headers */
    wr_vec *vecs;    /* one row */
    uint32_t *from;  /* by column of the part: of the source */
    uint32_t n;
    wr_encoder *encoder; /* NULL: there is no key */
    wr_format_options options;
} wr__record_part;

/**
 * For records of @p source (which outlives the part). The schema that they are written with is
 * chosen here, and may have to be registered: it waits as a statement does.
 */
weir_status wr__record_part_open(wr_exec *x, const wr_source *source, bool is_key,
                                 wr__record_part *out, weir_error *err) WR_MUST_CHECK;
/** @param values one for each column of the source. @param out in @p buf, or where the values are;
 *  ptr NULL: there is none. */
weir_status wr__record_part_encode(wr__record_part *p, const wr_value *values, wr_buf *buf,
                                   wr_str *out, weir_error *err) WR_MUST_CHECK;

#endif
