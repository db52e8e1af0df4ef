/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any text as a script, executed on an engine in memory that runs only when it is stepped: nothing
 * may crash, hang or leak, whatever the statements do to one another.
 */
#include "weir.h"

#include "common/buf.h"
#include "common/diag.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STATEMENTS_MAX = 40, ROWS_MAX = 50, TEXT_MAX = 4096 };

static const char prelude[] =
    "SET 'auto.offset.reset' = 'earliest';"
    "CREATE STREAM s (id INT KEY, v STRING, n INT, a ARRAY<STRING>) WITH (KAFKA_TOPIC='s', "
    "PARTITIONS=2, VALUE_FORMAT='JSON');"
    "CREATE TABLE t (id INT PRIMARY KEY, v STRING) WITH (KAFKA_TOPIC='t', PARTITIONS=2, "
    "VALUE_FORMAT='JSON');"
    "INSERT INTO s (ROWTIME, id, v, n) VALUES (1, 1, 'a', 10);"
    "INSERT INTO s (ROWTIME, id, v, n, a) VALUES (2000, 2, 'b', 20, ARRAY['x', 'y']);"
    "INSERT INTO t (ROWTIME, id, v) VALUES (0, 1, 'one');";

static void drop(void *arg, wr_diag_level level, const char *logger, const char *message)
{
    (void)arg;
    (void)level;
    (void)logger;
    (void)message;
}

static void run(weir *w, weir_stmt *s)
{
    weir_error err = {0};
    bool progressed;
    for (int n = 0; n < ROWS_MAX && weir_step(s, 0, &err) == WEIR_ROW; n++) {
        for (int i = 0; i < weir_column_count(s); i++) {
            WR_ASSERT(weir_column_text(s, i) && weir_column_json(s, i));
            (void)weir_column_int64(s, i);
        }
    }
    WR_ASSERT(err.code == WEIR_OK || err.message[0]);
    weir_finalize(s);
    (void)weir_run_once(w, 5, &progressed, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    weir_options o = WEIR_OPTIONS_INIT;
    weir *w;
    weir_error err;
    o.log = WEIR_LOG_MEMORY;
    o.stepped = true;
    if (size > TEXT_MAX)
        return 0;
    wr_diag_set_sink(drop, NULL);
    if (weir_open(&o, &w, &err) != WEIR_OK || weir_exec(w, prelude, &err) != WEIR_OK)
        WR_ASSERT(false && "the prelude runs");
    wr_buf text = {0};
    wr_buf_put(&text, data, size);
    const char *at = text.len ? text.ptr : "", *end = at + text.len;
    for (int n = 0; n < STATEMENTS_MAX && at < end; n++) {
        weir_stmt *s = NULL;
        const char *next = end;
        (void)weir_prepare(w, at, end - at, &s, &next, &err);
        if (s)
            run(w, s);
        at = next;
    }
    wr_buf_free(&text);
    if (weir_close(w, &err) != WEIR_OK)
        WR_ASSERT(false && "an engine closes");
    return 0;
}
