/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of a service's history still counts: what was dropped is gone, as far as nothing that is
 * left needs it, and ends of queries and pauses are there as long as they mean something.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "runtime/statement/history.h"

#include <stdio.h>

/** A statement, by subject and text; its number is its place. */
typedef struct entry {
    const char *subject, *sql;
} entry;

typedef struct history_case {
    const char *name;
    entry entries[10];
    const char *left; /* numbers, in order */
} history_case;

#define S                                                                                          \
    {                                                                                              \
        "S:S", "CREATE STREAM s (v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON')"               \
    }
#define O                                                                                          \
    {                                                                                              \
        "S:O", "CREATE STREAM o AS SELECT v FROM s"                                                \
    }
#define P                                                                                          \
    {                                                                                              \
        "S:P", "CREATE STREAM p AS SELECT v FROM o"                                                \
    }
#define OR                                                                                         \
    {                                                                                              \
        "S:O", "CREATE OR REPLACE STREAM o AS SELECT v FROM s WHERE v > 1"                         \
    }
#define INS                                                                                        \
    {                                                                                              \
        "Q:INSERTQUERY_2", "INSERT INTO o SELECT v FROM s"                                         \
    }

static const history_case cases[] = {
    {"all is there", {S, O, P}, "0 1 2"},
    {"dropped", {S, O, {"S:O", "DROP STREAM o"}}, "0"},
    {"dropped and made again", {S, {"S:S", "DROP STREAM s"}, S}, "2"},
    {"dropped with its topic", {S, {"S:S", "DROP STREAM IF EXISTS s DELETE TOPIC"}}, ""},
    {"replaced: both count, as others may have been made between them", {S, O, P, OR}, "0 1 2 3"},
    {"the end of a CREATE ... AS counts", {S, O, {"S:O", "TERMINATE CSAS_O_1"}}, "0 1 2"},
    {"and goes with the stream",
     {S, O, {"S:O", "TERMINATE CSAS_O_1"}, {"S:O", "DROP STREAM o"}},
     "0"},
    {"an INSERT that ended never was",
     {S, O, INS, {"Q:INSERTQUERY_2", "TERMINATE INSERTQUERY_2"}},
     "0 1"},
    {"paused", {S, O, {"S:O", "PAUSE CSAS_O_1"}}, "0 1 2"},
    {"paused twice", {S, O, {"S:O", "PAUSE CSAS_O_1"}, {"S:O", "PAUSE CSAS_O_1"}}, "0 1 3"},
    {"resumed", {S, O, {"S:O", "PAUSE CSAS_O_1"}, {"S:O", "RESUME CSAS_O_1"}}, "0 1"},
    {"paused, then ended",
     {S, O, {"S:O", "PAUSE CSAS_O_1"}, {"S:O", "TERMINATE CSAS_O_1"}},
     "0 1 3"},
    {"an INSERT paused, then ended",
     {S,
      O,
      INS,
      {"Q:INSERTQUERY_2", "PAUSE INSERTQUERY_2"},
      {"Q:INSERTQUERY_2", "TERMINATE INSERTQUERY_2"}},
     "0 1"},
    /* P was made of the first O, so that is kept, and the end of it. */
    {"a source that what is left was made of",
     {S, O, P, {"S:P", "CREATE OR REPLACE STREAM p AS SELECT v FROM s"}, {"S:O", "DROP STREAM o"}},
     "0 1 2 3 4"},
    {"until that goes, too",
     {S,
      O,
      P,
      {"S:P", "CREATE OR REPLACE STREAM p AS SELECT v FROM s"},
      {"S:O", "DROP STREAM o"},
      {"S:P", "DROP STREAM p"}},
     "0"},
    {"a type that was dropped is history: what it was used in needs it",
     {{"T:M", "CREATE TYPE m AS INT"}, S, {"T:M", "DROP TYPE m"}},
     "0 1 2"},
    {"what cannot be parsed stays, and fails when it is executed", {S, {"S:X", "CREAT"}}, "0 1"},
};

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        const history_case *c = &cases[i];
        wr_arena *a = wr_arena_new(0);
        wr_kept_list kept = {0};
        wr_buf left = {0};
        for (size_t k = 0; k < WR_ARRAY_LEN(c->entries) && c->entries[k].subject; k++) {
            const wr_kept one = {
                .id = k, .subject = c->entries[k].subject, .sql = wr_str_c(c->entries[k].sql)};
            wr__history_add(&kept, a, &one);
        }
        for (size_t k = 0; k < kept.list.n; k++)
            wr_buf_printf(&left, "%s%d", k ? " " : "", (int)kept.list.v[k].id);
        if (strcmp(wr_buf_cstr(&left), c->left) != 0)
            fail_msg("%s: '%s' is left, not '%s'", c->name, wr_buf_cstr(&left), c->left);
        wr_buf_free(&left);
        wr_arena_free(a);
    }
}

/* A DROP that is kept must not delete a topic when it is executed again. */
static void test_kept_drop(void **state)
{
    (void)state;
    static const entry entries[] = {S,
                                    O,
                                    P,
                                    {"S:P", "CREATE OR REPLACE STREAM p AS SELECT v FROM s"},
                                    {"S:O", "DROP STREAM o DELETE TOPIC"}};
    wr_arena *a = wr_arena_new(0);
    wr_kept_list kept = {0};
    for (size_t k = 0; k < WR_ARRAY_LEN(entries); k++) {
        const wr_kept one = {
            .id = k, .subject = entries[k].subject, .sql = wr_str_c(entries[k].sql)};
        wr__history_add(&kept, a, &one);
    }
    assert_int_equal(kept.list.n, 5);
    assert_string_equal(kept.list.v[4].sql.ptr, "DROP STREAM O");
    wr_arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases),
                                       cmocka_unit_test(test_kept_drop)};
    return cmocka_run_group_tests_name("history", tests, NULL, NULL);
}
