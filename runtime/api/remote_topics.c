/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request for each call, on a connection of its own: the socket of a directory is this machine's,
 * where one costs nothing beside the commit that a request of records waits for.
 *
 * What comes is not trusted: an answer that is none, or of other partitions than were asked for,
 * is an error that names the server. Errors that the server has sent are the caller's as they are.
 *
 * Records are sent until a request has REQUEST_BYTES, each topic's in their order; a failure says
 * nothing of those before it in the call, which may be there.
 */
#include "runtime/api/remote_topics.h"
#include "types/text.h"

#include <curl/curl.h>

/* A request's records in bytes, about: few requests, each far below what a server takes. */
#define REQUEST_BYTES ((size_t)1 << 20)

static weir_status not_understood(const wr__remote *r, weir_error *err)
{
    return wr_error(err, WEIR_ERR_LOG, "%s sent what is no answer", wr__remote_name(r));
}

static void put_escaped(wr_buf *path, const char *topic)
{
    char *escaped = curl_easy_escape(NULL, topic, 0);
    wr_buf_puts(path, escaped ? escaped : "");
    curl_free(escaped);
}

/* Nothing of a partition lies before offset 0, so nobody is ever sent there. */
static bool read_offsets(const wr_json *j, int64_t *out, uint32_t n)
{
    bool good = j && j->kind == WR_JSON_ARRAY && j->n == n;
    for (uint32_t i = 0; i < n && good; i++)
        good = wr__json_int(&j->items[i], &out[i]) && out[i] >= 0;
    return good;
}

weir_status wr__remote_topic(wr__remote *r, const char *topic, wr_arena *a, wr__remote_ends *out,
                             weir_error *err)
{
    wr_buf path = {0};
    wr_json *answer;
    int64_t n = 0;
    WR_ASSERT(topic && *topic);
    wr_buf_puts(&path, "/weir/v1/topic?topic=");
    put_escaped(&path, topic);
    weir_status st = wr__remote_ask(r, wr_buf_cstr(&path), NULL, a, &answer, err);
    wr_buf_free(&path);
    if (st != WEIR_OK)
        return st;
    if (!wr__json_int(wr_json_get(answer, "partitions"), &n) || n < 1 || n > INT32_MAX)
        return not_understood(r, err);
    *out = (wr__remote_ends){(uint32_t)n, WR_NEW_N(a, int64_t, (size_t)n),
                             WR_NEW_N(a, int64_t, (size_t)n)};
    return read_offsets(wr_json_get(answer, "start"), out->start, out->partitions) &&
                   read_offsets(wr_json_get(answer, "end"), out->end, out->partitions)
               ? WEIR_OK
               : not_understood(r, err);
}

weir_status wr__remote_topic_create(wr__remote *r, const char *topic, int partitions,
                                    weir_error *err)
{
    wr_buf body = {0};
    wr_arena *a = wr_arena_new(0);
    wr_json *answer;
    WR_ASSERT(topic && *topic && partitions > 0);
    wr_buf_puts(&body, "{\"topic\":");
    wr_text_put_json_string(&body, wr_str_c(topic));
    wr_buf_printf(&body, ",\"partitions\":%d}", partitions);
    weir_status st = wr__remote_ask(r, "/weir/v1/topic", &body, a, &answer, err);
    wr_arena_free(a);
    wr_buf_free(&body);
    return st;
}

/* What is in @p body so far, whole; it is empty afterwards. The answer says nothing but that the
 * records are durable. */
static weir_status send_records(wr__remote *r, wr_buf *body, weir_error *err)
{
    wr_arena *a = wr_arena_new(0);
    wr_json *answer;
    WR_ASSERT(body->len > 0);
    wr_buf_puts(body, "]}");
    weir_status st = wr__remote_ask(r, "/weir/v1/produce", body, a, &answer, err);
    wr_arena_free(a);
    wr_buf_clear(body);
    return st;
}

weir_status wr__remote_produce(wr__remote *r, const weir_record *records, size_t n, weir_error *err)
{
    wr_buf body = {0};
    weir_status st = WEIR_OK;
    WR_ASSERT(r && (records || n == 0));
    for (size_t i = 0; i < n && st == WEIR_OK; i++) {
        bool begins = body.len == 0;
        if (begins) {
            wr_buf_puts(&body, "{\"topic\":");
            wr_text_put_json_string(&body, wr_str_c(records[i].topic));
            wr_buf_puts(&body, ",\"records\":[");
        }
        wr_buf_puts(&body, begins ? "" : ",");
        wr__record_json_put(&body, &records[i]);
        bool last = i + 1 == n || strcmp(records[i].topic, records[i + 1].topic) != 0;
        if (last || body.len >= REQUEST_BYTES)
            st = send_records(r, &body, err);
    }
    WR_ASSERT(st != WEIR_OK || body.len == 0);
    wr_buf_free(&body);
    return st;
}

/* The records are views into the answer's arena, or copies there, so they last as long as it. The
 * offsets to go on from are the server's: it has read whole batches, and skipped what is gone. */
weir_status wr__remote_fetch(wr__remote *r, const char *topic, int64_t *next, uint32_t partitions,
                             int wait_ms, wr_arena *a, weir_record **out, size_t *n,
                             weir_error *err)
{
    wr_buf path = {0};
    wr_json *answer;
    WR_ASSERT(partitions > 0 && wait_ms >= 0);
    wr_buf_puts(&path, "/weir/v1/fetch?topic=");
    put_escaped(&path, topic);
    wr_buf_printf(&path, "&wait=%d&from=", wait_ms);
    for (uint32_t i = 0; i < partitions; i++)
        wr_buf_printf(&path, "%s%lld", i ? "," : "", (long long)next[i]);
    weir_status st = wr__remote_ask(r, wr_buf_cstr(&path), NULL, a, &answer, err);
    wr_buf_free(&path);
    if (st != WEIR_OK)
        return st;
    const wr_json *list = wr_json_get(answer, "records");
    if (!list || list->kind != WR_JSON_ARRAY)
        return not_understood(r, err);
    *n = list->n;
    *out = WR_NEW_N(a, weir_record, *n);
    for (uint32_t i = 0; i < list->n; i++) {
        weir_record *record = &(*out)[i];
        if (!wr__record_json_get(&list->items[i], topic, a, record) || record->partition < 0 ||
            (uint32_t)record->partition >= partitions || record->offset < 0)
            return not_understood(r, err);
    }
    return read_offsets(wr_json_get(answer, "next"), next, partitions) ? WEIR_OK
                                                                       : not_understood(r, err);
}
