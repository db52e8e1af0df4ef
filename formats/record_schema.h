/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_schema.h - the schema that a record was written with: its mark, the schema that the mark
 * names, and a decoder's plan for it. What AVRO, PROTOBUF and JSON_SR share.
 *
 * A scan first finds the plans of all rows (wr__record_find_plans): it may have to wait, and that
 * has to be known before any row is reported. Then each row without a fault is read by its plan. A
 * conversion goes through runs of rows that have the same plan (wr__record_next_run), which are
 * mostly all of them.
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

/**
 * The mark of an encoder with options.id_in_header, whose schema must have a GUID; else nothing.
 * @param indexes  Protobuf's; else empty.
 */
weir_status wr__record_header_mark(wr_encoder *e, wr_str indexes, wr_arena *arena, weir_error *err);
/** What wr__schema_keep has kept of @p schema. NULL: parse it, into wr__schema_arena. */
const void *wr__schema_parsed(const wr_format_options *options, const wr_registry_schema *schema);
/** Where a schema is parsed into that may be kept; what was kept before is gone. @p scratch: where
 *  nothing is kept. */
wr_arena *wr__schema_arena(const wr_format_options *options, wr_arena *scratch);
void wr__schema_keep(const wr_format_options *options, const wr_registry_schema *schema,
                     const void *parsed);

/** The rows of a batch, each with the plan that it is read by. */
typedef struct wr_record_rows {
    const void **plans;     /* by row; NULL: the row is bad */
    wr_record_found *found; /* by row */
    size_t n;               /* of both: up to the last row */
    bool alike;             /* all rows that have a plan have the same */
} wr_record_rows;

/**
 * From the plan for a schema to the plan for a record, where that depends on bytes after the mark.
 * @param in_header  the mark is in a header, and so are these bytes.
 * @param rest       those bytes; moved past what was read. The next row may begin with the same
 *                   bytes, and is then taken to have the same plan.
 * @return NULL with @p fault: the row is bad.
 */
typedef const void *(*wr_record_plan_fn)(void *user, void *plan, bool in_header, wr_str *rest,
                                         const char **fault);

/**
 * Are the schemas of these rows at hand? All that are not are asked for.
 * @return the first error that makes a scan end, as wr__record_schema gives it.
 */
weir_status wr__record_ready(const wr_decoder *d, const wr_str *payloads, wr_sel sel,
                             weir_error *err);
/**
 * Find the plan of each row of @p sel. Rows that are bad for that get a fault, which is not
 * reported. All are counted by their schemas (wr_decoder_schemas). Where it has to wait, the
 * schemas of the rows after that are asked for as well, so they are fetched together. Memory: the
 * scratch arena of @p d.
 * @param refine  NULL: a record's plan is that for its schema.
 * @return not WEIR_OK: the scan has to be given up with it (it waits, or fails as a whole).
 */
weir_status wr__record_find_plans(wr_decoder *d, wr_writer_plans *plans, wr_sel sel,
                                  wr_record_plan_fn refine, void *user, wr_record_rows *out,
                                  weir_error *err);

/** A walk over the rows of a selection in runs of the same plan. Begins as {0}. */
typedef struct wr_record_run {
    wr_sel sel;       /* rows of this run, at least one */
    const void *plan; /* theirs */
    uint32_t end;     /* so many rows of the selection are gone through */
    uint32_t *rows;   /* the selection as a list; NULL: not needed so far */
} wr_record_run;

/** The next run. @return false: there is none. */
bool wr__record_next_run(const wr_record_rows *rows, wr_sel sel, wr_arena *scratch,
                         wr_record_run *run);

#endif
