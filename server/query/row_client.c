/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What differs between a response that streams and a WebSocket: elements of a frame are collected
 * and written together; frames of text are sent one by one, and the end is a frame and a code
 * (rest-api.md 5.6).
 */
#include "server/query/row_client.h"
#include "types/text.h"

enum { WS_DONE = 1000, WS_FAILED = 1011 };

/* `refuse` is forgotten where the response has ended or is the endpoint's: one of both is set. */
bool wr__row_client_over(const wr__row_client *c)
{
    return !c->refuse;
}

static void send_ws_end(wr__row_client *c, const char *text, int code, wr_buf *scratch)
{
    wr_buf_clear(scratch);
    wr_buf_puts(scratch, "{\"error\":");
    wr_text_put_json_string(scratch, wr_str_c(text));
    wr_buf_putc(scratch, '}');
    wr_http_send_text(c->x, scratch->ptr, scratch->len);
    wr_http_close_websocket(c->x, code, text);
}

void wr__row_client_refuse(wr__row_client *c, weir_status st, const weir_error *err)
{
    wr__refuse refuse = c->refuse;
    WR_ASSERT(refuse && !c->id);
    c->refuse = NULL;
    refuse(c->x, c->sql, st, err);
}

bool wr__row_client_head(wr__row_client *c, const wr_exec *x, wr_buf *scratch)
{
    weir_error err;
    WR_ASSERT(c->id && !c->frame && !wr__row_client_over(c));
    const bool *is_key = x->query ? NULL : x->is_key; /* of lookups alone they are marked */
    wr_buf_clear(scratch);
    if (c->websocket) {
        wr__schema_fields(scratch, x->schema, is_key);
        wr_http_send_text(c->x, scratch->ptr, scratch->len);
        return true;
    }
    weir_status st = wr__row_frame_new(c->form, x->schema, x->query != NULL, &c->frame, &err);
    if (st != WEIR_OK) {
        wr_free(c->id);
        c->id = NULL;
        wr__row_client_refuse(c, st, &err);
        return false;
    }
    const wr_http_field fields[] = {{"Content-Type", wr__row_form_media_type(c->form)}, {0}};
    wr_http_split_lines(c->x);
    wr_http_begin_response(c->x, 200, fields);
    wr__row_frame_header(c->frame, scratch, c->id, is_key);
    wr_http_write(c->x, scratch->ptr, scratch->len);
    return true;
}

weir_status wr__row_client_row(wr__row_client *c, const wr_exec *x, wr_buf *out, weir_error *err)
{
    const char *host = c->host && x->row_host ? x->row_host : c->host;
    if (!c->websocket)
        return wr__row_frame_row(c->frame, out, x->row, x->tombstone, host, err);
    wr_buf_clear(out);
    wr__row_object(out, x->schema, x->row, x->tombstone, host);
    wr_http_send_text(c->x, out->ptr, out->len);
    wr_buf_clear(out);
    return WEIR_OK;
}

void wr__row_client_finish(wr__row_client *c, const char *final_message, wr_buf *scratch)
{
    WR_ASSERT(!wr__row_client_over(c));
    c->refuse = NULL;
    if (c->websocket) {
        send_ws_end(c, "done", WS_DONE, scratch);
        return;
    }
    wr_buf_clear(scratch);
    wr__row_frame_end(c->frame, scratch, final_message);
    wr_http_write(c->x, scratch->ptr, scratch->len);
    wr_http_finish(c->x);
}

void wr__row_client_fail(wr__row_client *c, const char *message, wr_buf *scratch)
{
    WR_ASSERT(!wr__row_client_over(c));
    c->refuse = NULL;
    if (c->websocket) {
        send_ws_end(c, message, WS_FAILED, scratch);
        return;
    }
    wr_buf_clear(scratch);
    wr__row_frame_error(c->frame, scratch, 50000, message);
    wr__row_frame_end(c->frame, scratch, NULL);
    wr_http_write(c->x, scratch->ptr, scratch->len);
    wr_http_finish(c->x);
}

void wr__row_client_free(wr__row_client *c)
{
    WR_ASSERT(!c->feed && !c->exec && !c->session && !c->listed);
    wr__row_frame_free(c->frame);
    wr_free(c->sql);
    wr_free(c->id);
    wr_free(c);
}
