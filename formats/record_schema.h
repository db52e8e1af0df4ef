/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_schema.h - the schema that a record was written with: its mark, the schema that the mark
 * names, and a decoder's plan for it. What AVRO, PROTOBUF and JSON_SR share.
 */
#ifndef WR_FORMATS_RECORD_SCHEMA_H
#define WR_FORMATS_RECORD_SCHEMA_H

#include "formats/format_internal.h"
#include "formats/writer_plans.h"

/** What the first pass of a scan has found of a record. */
typedef struct wr_record_found {
    wr_str body;
    const char *fault; /* NULL, or why the row is bad */
} wr_record_found;

/**
 * The mark of a record: in its header or before the payload (R01). @p body: what follows.
 * @return false: there is none; @p fault says so.
 */
bool wr__record_mark(wr_str header, wr_str payload, wr_schema_mark *mark, wr_str *body,
                     const char **fault);
/**
 * The schema that a mark names; never blocks. WEIR_ERR_RECORD: it names none (RETRIABLE as well: so
 * far). Another code, RETRIABLE: not known
 * yet, or a header's GUID that the registry does not have, which is the registry's trouble (R02).
 */
weir_status wr__record_schema(wr_registry *registry, const wr_schema_mark *mark, bool in_header,
                              const wr_registry_schema **out, weir_error *err);
/** The rows of @p d that have just been looked at name the schema @p id (0: none). */
void wr__record_count(wr_decoder *d, uint32_t id, uint32_t rows);
/** ... and so do so many after them. */
void wr__record_count_more(wr_decoder *d, uint32_t rows);
/**
 * Are the schemas of these rows at hand? All that are not are asked for.
 * @return the first error that makes a scan end, as wr__record_schema gives it.
 */
weir_status wr__record_ready(const wr_decoder *d, const wr_str *payloads, wr_sel sel,
                             weir_error *err);
/** The scan is given up with @p st, which is returned: see record_schema.c. */
weir_status wr__record_give_up(const wr_decoder *d, wr_sel sel, weir_status st);
/**
 * The decoder's plan for the schema that a mark names.
 * The row is counted under the schema's id.
 * @param plan   NULL where the row is bad; @p fault, in the scratch arena of @p d, then says why.
 * @return not WEIR_OK: the scan has to be given up with it (it waits, or fails as a whole).
 */
weir_status wr__record_plan(wr_decoder *d, wr_writer_plans *plans, const wr_schema_mark *mark,
                            bool in_header, void **plan, const char **fault, weir_error *err);

#endif
