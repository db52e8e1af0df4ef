/* SPDX-License-Identifier: Apache-2.0 */
/*
 * row_frame.h - rows of queries as the bytes of a response (rest-api.md 5.2, 5.3).
 *
 * Five forms, which Accept chooses between:
 *
 *   DELIM  {"queryId":...}⏎ [...]⏎ [...]⏎                     texts on lines of their own
 *   JSON   [{"queryId":...},[...],[...]]                      one array of the same texts
 *   V1     [{"header":{...}},⏎ {"row":{"columns":[...]}},⏎ ... ]
 *   PROTO  as V1, a row is {"row":{"protobufBytes":"base64"}}
 *   ROWS   {"rows":1,"columnNames":...}⏎ base64⏎ ... {"end":N}⏎   from server to server: a row in
 *          the row codec (docs/design/rowcodec.md) on each line, so that nothing of it is lost. The
 *          number is the codec's version. An answer without its last line has been cut off
 *
 * Where the commas of V1 and PROTO stand depends on how the response ends. One that is sure to end
 * with a final message (push queries, and pull queries of streams) has one after each element, so
 * that a reader of lines has whole lines as they come; one that is not (pull queries of tables) has
 * them before each element but the first.
 *
 * A frame belongs to one response; rows of several responses that are open-ended may be written
 * once for all of them, since then no byte of a row depends on what was written before.
 *
 * Threads: one at a time. Memory: nothing is allocated for a row but what the buffer grows by.
 */
#ifndef WR_SERVER_QUERY_ROW_FRAME_H
#define WR_SERVER_QUERY_ROW_FRAME_H

#include "common/error.h"
#include "types/schema.h"
#include "types/value.h"

typedef enum wr__row_form {
    WR__FORM_DELIM,
    WR__FORM_JSON,
    WR__FORM_V1,
    WR__FORM_PROTO,
    WR__FORM_ROWS,
    WR__FORMS_N,
} wr__row_form;

/** As Accept and Content-Type name it. */
const char *wr__row_form_media_type(wr__row_form form);

typedef struct wr__row_frame wr__row_frame;

/**
 * @param schema     of the rows; borrowed until wr__row_frame_free.
 * @param open_ended a final message ends the response (V1, PROTO).
 * @return PROTO: columns that no message can have.
 */
weir_status wr__row_frame_new(wr__row_form form, const wr_schema *schema, bool open_ended,
                              wr__row_frame **out, weir_error *err) WR_MUST_CHECK;
/** NULL is allowed. */
void wr__row_frame_free(wr__row_frame *f);
wr__row_form wr__row_frame_form(const wr__row_frame *f);

/** The first element. @p is_key: by column, marked in V1's schema; NULL: none is. */
void wr__row_frame_header(wr__row_frame *f, wr_buf *out, const char *query_id, const bool *is_key);
/**
 * @param row        a value for each column.
 * @param tombstone  DELIM and JSON leave it out.
 * @param host       V1: "host:port" that the row came from; NULL: not said.
 * @return PROTO: the row cannot be written; nothing was.
 */
weir_status wr__row_frame_row(wr__row_frame *f, wr_buf *out, const wr_value *row, bool tombstone,
                              const char *host, weir_error *err) WR_MUST_CHECK;
/** @p token: text of a continuation token. */
void wr__row_frame_token(wr__row_frame *f, wr_buf *out, const char *token);
/** An error after the first byte; only wr__row_frame_end may follow. */
void wr__row_frame_error(wr__row_frame *f, wr_buf *out, int code, const char *message);
/** @p final_message: open-ended ones have one, unless an error came. */
void wr__row_frame_end(wr__row_frame *f, wr_buf *out, const char *final_message);

/** "columnNames":[...],"columnTypes":[...] */
void wr__schema_names(wr_buf *out, const wr_schema *schema);
/** [{"name":...,"schema":{...}},...]: the columns as a WebSocket's first frame has them. */
void wr__schema_fields(wr_buf *out, const wr_schema *schema, const bool *is_key);
/** {"row":{"columns":[...]}}, without a comma: V1's, and a frame of a WebSocket. */
void wr__row_object(wr_buf *out, const wr_schema *schema, const wr_value *row, bool tombstone,
                    const char *host);

#endif
