/* SPDX-License-Identifier: Apache-2.0 */
/*
 * docs/settings.md is made of the table in engine/plan/settings.c, and is the same as it. After a
 * change of the table WEIR_WRITE_DOCS=1 in the environment writes the page anew: scripts/settings.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "engine/plan/settings.h"

#define PAGE WEIR_SOURCE_DIR "/docs/settings.md"

static const char head[] =
    "# Settings\n"
    "\n"
    "<!-- Made of the table in engine/plan/settings.c by scripts/settings: change that. -->\n"
    "\n"
    "All settings of Weir, and those of ksqlDB that it knows. How they are set: [operations.md]"
    "(operations.md).\n"
    "\n"
    "*By* is who may change a setting: `SET` in files and at the prompt, or only `--set`, "
    "`--config` and an\n"
    "embedding program, before anything runs. Values that a setting cannot have are refused, with "
    "those that it can.\n"
    "\n"
    "| setting | default | values | by | meaning |\n"
    "|---|---|---|---|---|\n";

static const char tail_head[] = "\n"
                                "## Known to ksqlDB, without effect here\n"
                                "\n"
                                "These are accepted, so that files for ksqlDB can be used as they "
                                "are. Whoever sets one finds a "
                                "warning with the\n"
                                "reason in the log.\n"
                                "\n"
                                "| setting | because |\n"
                                "|---|---|\n";

static const char tail[] =
    "\n"
    "The same holds for all other names of ksqlDB's families (`ksql.logging.`, `ksql.server.`, "
    "`ksql.heartbeat.`,\n"
    "`listeners` and so on), and on the embedded log for names of Kafka's clients. On Kafka, names "
    "with `consumer.`,\n"
    "`producer.`, `admin.`, `ssl.`, `sasl.` and `security.` before them, and librdkafka's own, go "
    "to librdkafka.\n";

/* Cells are split by bars, and a line of the page has room for long words. */
static void put_cell(wr_buf *out, const char *text)
{
    for (const char *c = text; *c; c++)
        wr_buf_puts(out, *c == '|' ? "\\|" : (const char[]){*c, 0});
}

static void put_values(wr_buf *out, const wr_setting *s)
{
    switch (s->kind) {
    case WR_SETTING_FLAG:
        wr_buf_puts(out, "true, false");
        break;
    case WR_SETTING_NUMBER:
        if (s->most == INT64_MAX)
            wr_buf_printf(out, "%lld or more", (long long)s->least);
        else
            wr_buf_printf(out, "%lld to %lld", (long long)s->least, (long long)s->most);
        break;
    case WR_SETTING_NUMBERS:
        wr_buf_puts(out, "numbers");
        break;
    case WR_SETTING_NAME:
        wr_buf_puts(out, "a part of a name");
        break;
    case WR_SETTING_RESET:
        wr_buf_puts(out, "earliest, latest");
        break;
    case WR_SETTING_PLACE:
        wr_buf_puts(out, "payload, header");
        break;
    case WR_SETTING_PARTITIONER:
        wr_buf_puts(out, "murmur2, crc32, fnv1a");
        break;
    case WR_SETTING_DIVISION:
        wr_buf_puts(out, "round, exact");
        break;
    case WR_SETTING_ON_ERROR:
        wr_buf_puts(out, "skip, dead-letter, stop");
        break;
    case WR_SETTING_AUTHENTICATION:
        wr_buf_puts(out, "NONE, BASIC, BEARER");
        break;
    case WR_SETTING_KAFKA_CLIENT:
        wr_buf_puts(out, "librdkafka, wire, auto");
        break;
    case WR_SETTING_PROTOBUF:
        wr_buf_puts(out, "text, base64");
        break;
    case WR_SETTING_GUARANTEE:
        wr_buf_puts(out, "at_least_once, exactly_once_v2");
        break;
    default:
        wr_buf_puts(out, "a text");
        break;
    }
}

static void put_setting(wr_buf *out, const wr_setting *s)
{
    wr_buf_printf(out, "| `%s` | ", s->name);
    if (s->def && strlen(s->def) > 60) /* a list: its beginning shows what it is */
        wr_buf_printf(out, "`%.40s...`", s->def);
    else if (s->def && s->def[0])
        wr_buf_printf(out, "`%s`", s->def);
    wr_buf_puts(out, " | ");
    put_values(out, s);
    wr_buf_printf(out, " | %s | ", s->editable ? "SET" : "--set");
    put_cell(out, s->description);
    wr_buf_puts(out, " |\n");
}

static void make_page(wr_buf *out)
{
    const wr_setting *s;
    wr_buf_puts(out, head);
    for (uint32_t i = 0; (s = wr_setting_at(i)); i++)
        if (!wr_settings_without_effect(s->name, true))
            put_setting(out, s);
    wr_buf_puts(out, tail_head);
    for (uint32_t i = 0; (s = wr_setting_at(i)); i++) {
        const char *why = wr_settings_without_effect(s->name, true);
        if (!why)
            continue;
        wr_buf_printf(out, "| `%s` | ", s->name);
        put_cell(out, why);
        wr_buf_puts(out, " |\n");
    }
    wr_buf_puts(out, tail);
}

static void read_file(wr_buf *out)
{
    char bytes[4096];
    size_t n;
    FILE *f = fopen(PAGE, "rb");
    if (!f)
        fail_msg("%s is missing: run scripts/settings", PAGE);
    while ((n = fread(bytes, 1, sizeof bytes, f)) > 0)
        wr_buf_put(out, bytes, n);
    fclose(f);
}

static void test_page_is_up_to_date(void **state)
{
    (void)state;
    wr_buf want = {0}, have = {0};
    make_page(&want);
    if (getenv("WEIR_WRITE_DOCS")) {
        FILE *f = fopen(PAGE, "wb");
        assert_non_null(f);
        assert_int_equal(fwrite(want.ptr, 1, want.len, f), want.len);
        assert_int_equal(fclose(f), 0);
    }
    read_file(&have);
    if (have.len != want.len || memcmp(have.ptr, want.ptr, want.len) != 0)
        fail_msg("docs/settings.md is not what engine/plan/settings.c says: run scripts/settings");
    wr_buf_free(&want);
    wr_buf_free(&have);
}

/* Whoever reads the page finds each setting once, in one of the two tables. */
static void test_each_setting_is_there(void **state)
{
    (void)state;
    const wr_setting *s;
    wr_buf page = {0};
    read_file(&page);
    for (uint32_t i = 0; (s = wr_setting_at(i)); i++) {
        char row[200];
        snprintf(row, sizeof row, "\n| `%s` | ", s->name);
        const char *first = strstr(wr_buf_cstr(&page), row);
        assert_non_null(first);
        assert_null(strstr(first + 1, row));
    }
    wr_buf_free(&page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_page_is_up_to_date),
        cmocka_unit_test(test_each_setting_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
