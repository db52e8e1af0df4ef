/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any text as the statements of a request to /ksql, on an engine in memory with a stream and a
 * table: checked together, executed, and said back. Held against: the answer is JSON, an array of
 * entities with 200, else an error with its code; what is refused by the check has executed
 * nothing.
 */
#include "server/rest/ksql_request.h"

#include "common/diag.h"
#include "runtime/api/api_internal.h"
#include "types/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char prelude[] =
    "CREATE STREAM s (id INT KEY, v STRING, n INT, a ARRAY<STRING>) WITH (KAFKA_TOPIC='s', "
    "PARTITIONS=2, VALUE_FORMAT='JSON');"
    "CREATE TABLE t (id INT PRIMARY KEY, v STRING) WITH (KAFKA_TOPIC='t', PARTITIONS=2, "
    "VALUE_FORMAT='JSON');";

static void check_answer(int status, const wr_buf *out)
{
    wr_json *j;
    weir_error err;
    wr_arena *a = wr_arena_new(0);
    WR_ASSERT(status == 200 || (status >= 400 && status < 510));
    WR_ASSERT(wr_json_parse(wr_buf_view(out), false, a, &j, &err) == WEIR_OK);
    WR_ASSERT(j->kind == (status == 200 ? WR_JSON_ARRAY : WR_JSON_OBJECT));
    if (status != 200) {
        WR_ASSERT(wr_json_get(j, "@type") && wr_json_get(j, "message"));
        const wr_json *code = wr_json_get(j, "error_code");
        WR_ASSERT(code && code->kind == WR_JSON_NUMBER);
    }
    wr_arena_free(a);
}

static void run(weir *w, wr_str body)
{
    wr__query_fault fault = {0};
    wr_engine *e = w->engine;
    wr__query_request *r = wr__query_request_read(e, WR__ENDPOINT_KSQL, body, &fault);
    if (!r)
        return; /* fuzz_server_queryrequest */
    wr_query_service *queries = wr_query_service_new(e, "localhost:8088", "", false);
    wr__ksql_context c = {.entities = {e, queries, "localhost:8088", NULL},
                          .commands = wr__commands_new()};
    wr_buf out = {0};
    wr__ksql_caller *caller = wr__ksql_caller_new();
    int status = wr__ksql_execute(&c, r, caller, &out);
    check_answer(status, &out);
    wr_buf_free(&out);
    wr__ksql_caller_free(caller);
    wr__commands_free(c.commands);
    wr__query_request_free(r);
    wr_query_service_free(queries);
}

/* A text that is no object is the statements themselves, so that letters of SQL can be changed
 * without those of JSON. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    weir_options o = WEIR_OPTIONS_INIT;
    weir *w;
    weir_error err;
    wr_buf body = {0};
    if (size > 2048)
        return 0;
    o.log = WEIR_LOG_MEMORY;
    o.stepped = true;
    wr_diag_set_level(WR_DIAG_ERROR);
    if (weir_open(&o, &w, &err) != WEIR_OK || weir_exec(w, prelude, &err) != WEIR_OK)
        WR_ASSERT(false && "the prelude runs");
    if (size && data[0] == '{') {
        wr_buf_put(&body, data, size);
    } else {
        wr_buf_puts(&body, "{\"ksql\":");
        wr_text_put_json_string(&body, wr_str_make((const char *)data, size));
        wr_buf_putc(&body, '}');
    }
    run(w, wr_buf_view(&body));
    wr_buf_free(&body);
    if (weir_close(w, &err) != WEIR_OK)
        WR_ASSERT(false && "an engine closes");
    return 0;
}
