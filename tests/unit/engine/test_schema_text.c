/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two schemas beside each other: short ones whole, of long ones what differs; and that the messages
 * made of them keep the column that is wrong, however wide the schemas are.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/plan/with.h"
#include "plan_world.h"

/* A schema from "K INT KEY, V STRING": the columns of a statement. */
static const wr_schema *schema(world *w, const char *columns)
{
    wr_ast_element *e;
    size_t n;
    weir_error err;
    assert_int_equal(wr_parse_elements(columns, strlen(columns), w->arena, &e, &n, &err), WEIR_OK);
    wr_column *cols = WR_NEW_N(w->arena, wr_column, n);
    for (size_t i = 0; i < n; i++) {
        cols[i].name = e[i].name.name;
        cols[i].role = i == 0 ? WR_COL_KEY : WR_COL_VALUE;
        assert_int_equal(wr_expr_resolve_type(e[i].type, NULL, w->arena, &cols[i].type, &err),
                         WEIR_OK);
    }
    return wr_schema_new(w->arena, cols, (uint32_t)n);
}

/* "K INT, C0 STRING, ... C<n-1> STRING", of which some have another type or name. */
static const char *wide(world *w, int n, int other, const char *column)
{
    wr_buf b = {0};
    wr_buf_puts(&b, "K INT");
    for (int i = 0; i < n; i++)
        if (other > 0 && i % other == other - 1)
            wr_buf_printf(&b, ", %s%d INT", column, i);
        else
            wr_buf_printf(&b, ", COLUMN_%d STRING", i);
    const char *text = wr_arena_strndup(w->arena, b.ptr, b.len);
    wr_buf_free(&b);
    return text;
}

/* STRUCT<F0 INT, ... F<n-1> INT>, the last field of the type @p last. */
static const char *long_struct(world *w, int n, const char *last)
{
    wr_buf b = {0};
    wr_buf_puts(&b, "STRUCT<");
    for (int i = 0; i + 1 < n; i++)
        wr_buf_printf(&b, "F%d INT, ", i);
    wr_buf_printf(&b, "LAST %s>", last);
    const char *text = wr_arena_strndup(w->arena, b.ptr, b.len);
    wr_buf_free(&b);
    return text;
}

static void check(world *w, const char *a, const char *b, const char *a_text, const char *b_text)
{
    wr_buf at = {0}, bt = {0};
    wr__put_schemas(&at, schema(w, a), &bt, schema(w, b));
    assert_string_equal(wr_buf_cstr(&at), a_text);
    assert_string_equal(wr_buf_cstr(&bt), b_text);
    wr_buf_free(&at);
    wr_buf_free(&bt);
}

static void test_texts(void **state)
{
    (void)state;
    world w;
    world_init(&w);
    check(&w, "K INT, V STRING", "K INT, V INT, X DATE", "`K` INTEGER KEY, `V` STRING",
          "`K` INTEGER KEY, `V` INTEGER, `X` DATE");
    /* one of 120 columns differs: its type, its name */
    check(&w, wide(&w, 120, 0, ""), wide(&w, 120, 78, "COLUMN_"), "..., `COLUMN_77` STRING, ...",
          "..., `COLUMN_77` INTEGER, ...");
    check(&w, wide(&w, 120, 0, ""), wide(&w, 120, 120, "OTHER_"), "..., `COLUMN_119` STRING",
          "..., `OTHER_119` INTEGER");
    /* one is missing; many differ */
    check(&w, wide(&w, 120, 0, ""), wide(&w, 119, 0, ""), "..., `COLUMN_119` STRING", "...");
    check(&w, wide(&w, 120, 0, ""), wide(&w, 120, 2, "COLUMN_"),
          "..., `COLUMN_1` STRING, ..., `COLUMN_3` STRING, ..., `COLUMN_5` STRING, ..., `COLUMN_7` "
          "STRING, and 56 more that differ",
          "..., `COLUMN_1` INTEGER, ..., `COLUMN_3` INTEGER, ..., `COLUMN_5` INTEGER, ..., "
          "`COLUMN_7` INTEGER, and 56 more that differ");
    world_fini(&w);
}

/* In a long type the part that differs is what is shown, however deep it is. */
static void test_types(void **state)
{
    (void)state;
    world w;
    world_init(&w);
    const char *one = long_struct(&w, 100, "DATE"), *other = long_struct(&w, 100, "TIME");
    static const struct {
        const char *form, *a, *b;
    } cases[] = {
        {"K INT, S %s", "..., `S` STRUCT<..., `LAST` DATE>", "..., `S` STRUCT<..., `LAST` TIME>"},
        {"K INT, S ARRAY<%s>", "..., `S` ARRAY<STRUCT<..., `LAST` DATE>>",
         "..., `S` ARRAY<STRUCT<..., `LAST` TIME>>"},
        {"K INT, S MAP<STRING, %s>", "..., `S` MAP<STRING, STRUCT<..., `LAST` DATE>>",
         "..., `S` MAP<STRING, STRUCT<..., `LAST` TIME>>"},
        {"K INT, S STRUCT<A INT, B %s>", "..., `S` STRUCT<..., `B` STRUCT<..., `LAST` DATE>>",
         "..., `S` STRUCT<..., `B` STRUCT<..., `LAST` TIME>>"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        wr_buf a = {0}, b = {0};
        const char *at = strstr(cases[i].form, "%s");
        wr_buf_put(&a, cases[i].form, (size_t)(at - cases[i].form));
        wr_buf_put(&b, cases[i].form, (size_t)(at - cases[i].form));
        wr_buf_printf(&a, "%s%s", one, at + 2);
        wr_buf_printf(&b, "%s%s", other, at + 2);
        check(&w, wr_buf_cstr(&a), wr_buf_cstr(&b), cases[i].a, cases[i].b);
        wr_buf_free(&a);
        wr_buf_free(&b);
    }
    world_fini(&w);
}

/* Both schemas and the column are in the message, whatever the width. */
static void test_messages(void **state)
{
    (void)state;
    for (int n = 1; n <= 400; n = n * 2 + 1) {
        world w;
        weir_error err;
        wr_buf sql = {0};
        world_init(&w);
        const char *with = "WITH (KAFKA_TOPIC='t', PARTITIONS=1, FORMAT='JSON')";
        wr_buf_printf(&sql, "CREATE STREAM a (%s) %s;", wide(&w, n, 0, ""), with);
        assert_int_equal(world_do(&w, wr_buf_cstr(&sql), &err), WEIR_OK);
        wr_buf_clear(&sql);
        wr_buf_printf(&sql, "CREATE STREAM b (%s) %s;", wide(&w, n, n, "COLUMN_"), with);
        assert_int_equal(world_do(&w, wr_buf_cstr(&sql), &err), WEIR_OK);
        char ours[64], theirs[64];
        snprintf(ours, sizeof ours, "`COLUMN_%d` STRING", n - 1);
        snprintf(theirs, sizeof theirs, "`COLUMN_%d` INTEGER", n - 1);

        assert_int_not_equal(world_do(&w, "INSERT INTO b SELECT * FROM a;", &err), WEIR_OK);
        const char *sink = strstr(err.message, "\nSink schema is ");
        assert_non_null(sink);
        assert_non_null(strstr(err.message, "\nResult schema is "));
        assert_non_null(strstr(err.message, ours));
        assert_true(strstr(err.message, ours) < sink);
        assert_non_null(strstr(sink, theirs));

        wr_buf_clear(&sql);
        wr_buf_printf(&sql, "CREATE OR REPLACE STREAM a (%s) %s;", wide(&w, n, n, "COLUMN_"), with);
        assert_int_not_equal(world_do(&w, wr_buf_cstr(&sql), &err), WEIR_OK);
        const char *to = strstr(err.message, " which is not upgradeable to ");
        assert_non_null(to);
        assert_true(strstr(err.message, ours) < to);
        assert_non_null(strstr(to, theirs));
        assert_non_null(strstr(to, "changed, missing or reordered: ["));
        wr_buf_free(&sql);
        world_fini(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_messages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
