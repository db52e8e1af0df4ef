/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bodies of requests to the query endpoints, and their statement. The first byte says which
 * endpoint; one more than there are is the first line of /inserts-stream. Held against: a request
 * or a fault, whose message is text and whose code is one of HTTP's; a body that is read twice is
 * the same request; what is refused leaves nothing behind.
 */
#include "server/query/query_request.h"

#include "common/diag.h"
#include "runtime/api/api_internal.h"
#include "types/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static weir *engine(void)
{
    static weir *w;
    weir_options o = WEIR_OPTIONS_INIT;
    weir_error err;
    if (w)
        return w;
    o.log = WEIR_LOG_MEMORY;
    o.stepped = true;
    wr_diag_set_level(WR_DIAG_ERROR);
    if (weir_open(&o, &w, &err) != WEIR_OK)
        WR_ASSERT(false && "an engine in memory opens");
    return w;
}

static void check_fault(const wr__query_fault *fault)
{
    wr_buf text = {0};
    wr_json *j;
    weir_error err;
    wr_arena *a = wr_arena_new(0);
    WR_ASSERT(fault->code >= 40000 && fault->code < 51000 && fault->message[0]);
    wr_text_put_json_string(&text, wr_str_c(fault->message));
    WR_ASSERT(wr_json_parse(wr_buf_view(&text), false, a, &j, &err) == WEIR_OK);
    wr_buf_free(&text);
    wr_arena_free(a);
}

static void check_insert(wr_engine *e, wr_str line)
{
    wr__query_fault fault = {0};
    wr_buf target = {0};
    wr_session session;
    wr_session_init(&session, e);
    if (!wr__insert_request_read(line, e, &session, &target, &fault)) {
        WR_ASSERT(target.len == 0);
        check_fault(&fault);
    }
    wr_session_free(&session);
    wr_buf_free(&target);
}

/* Both are NULL, or the same. */
static void check_same(const wr__query_request *x, const wr__query_request *y)
{
    WR_ASSERT(!x == !y);
    if (!x)
        return;
    WR_ASSERT(strcmp(x->sql, y->sql) == 0);
    WR_ASSERT(!x->settings == !y->settings);
    WR_ASSERT(!x->settings || strcmp(x->settings, y->settings) == 0);
    WR_ASSERT(x->says_host == y->says_host && x->sequence == y->sequence);
}

static void check_statement(wr_engine *e, wr__query_endpoint endpoint, wr__query_request *r)
{
    wr__query_fault fault = {0};
    wr_exec *x = wr__query_statement(e, endpoint, r, &fault);
    if (!x)
        check_fault(&fault);
    wr_exec_free(x);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > 4096)
        return 0;
    wr_engine *e = engine()->engine;
    wr_str body = wr_str_make((const char *)data + 1, size - 1);
    unsigned which = data[0] % (WR__ENDPOINT_KSQL + 2);
    wr__query_fault fault = {0};
    char *id = wr__body_text(body, "queryId", &fault);
    if (!id)
        check_fault(&fault);
    wr_free(id);
    if (which > WR__ENDPOINT_KSQL) {
        check_insert(e, body);
        return 0;
    }
    wr__query_endpoint endpoint = (wr__query_endpoint)which;
    wr__query_fault again = {0};
    wr__query_request *x = wr__query_request_read(e, endpoint, body, &fault);
    wr__query_request *y = wr__query_request_read(e, endpoint, body, &again);
    check_same(x, y);
    if (!x) {
        check_fault(&fault);
        return 0;
    }
    if (endpoint != WR__ENDPOINT_KSQL)
        check_statement(e, endpoint, x);
    wr__query_request_free(x);
    wr__query_request_free(y);
    return 0;
}
