/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_record.h - what the decoders of JSON records share (json_decode.c has it): where a record
 * ends, and how its faults are worded.
 */
#ifndef WR_FORMATS_JSON_RECORD_H
#define WR_FORMATS_JSON_RECORD_H

#include "formats/format_internal.h"
#include "formats/json_scan.h"

/** The text with WR_JSON_SLACK readable bytes after it: in its place, or copied. */
wr_str wr__json_with_slack(wr_str text, wr_arena *scratch);

/**
 * A record ends where its first value ends. What follows is not read, but counted: a producer that
 * writes two values into one record, or cuts its buffers wrongly, should be noticed.
 * @param valid  the whole text is UTF-8. Where it is not, what counts is the value.
 * @return false: s->fault, or the value is not UTF-8.
 */
bool wr__json_end_record(wr_jscan *s, wr_jkind kind, bool valid, wr_decoder_counts *counts);

/** As wr_json_parse_first, of a record that may have words for NaN and the infinities (wr_jscan's
 *  words), which become texts. */
weir_status wr__json_parse_record(wr_str text, wr_arena *a, wr_json **out,
                                  weir_error *err) WR_MUST_CHECK;

/** Where the record is not UTF-8, that is what is wrong with it, wherever the scan has ended.
 *  @return 0, the state of a bad row. */
uint8_t wr__json_report_fault(wr_row_errors *errs, uint32_t row, const wr_jscan *s, bool valid);

#endif
