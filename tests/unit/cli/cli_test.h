/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cli_test.h - what tests of the program's parts share: standard output and error caught as text,
 * temporary files, an engine in memory.
 *
 *     capture_begin();
 *     ... something that writes to descriptors 1 and 2, by stdio or by write() ...
 *     capture_end();
 *     assert_string_equal(shown(), "...");      assert_string_equal(complained(), "...");
 *
 * Nothing may be asserted between begin and end: cmocka's own report would be caught too.
 */
#ifndef TEST_CLI_TEST_H
#define TEST_CLI_TEST_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "screen_text.h"
#include "weir.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- output ---- */

/** One of the two descriptors: where it went before, where it goes now, what came. */
typedef struct caught {
    int saved;
    FILE *file;
    cli_text text;
} caught;
static caught caught_streams[2];

static inline void capture_begin(void)
{
    fflush(stdout);
    fflush(stderr);
    for (int i = 0; i < 2; i++) {
        caught *c = &caught_streams[i];
        c->file = tmpfile();
        c->saved = dup(i + 1);
        if (!c->file || c->saved < 0 || dup2(fileno(c->file), i + 1) < 0)
            abort(); /* there is no place to report it */
    }
}

static inline void capture_end(void)
{
    fflush(stdout);
    fflush(stderr);
    for (int i = 0; i < 2; i++) {
        caught *c = &caught_streams[i];
        char chunk[4096];
        size_t n;
        dup2(c->saved, i + 1);
        close(c->saved);
        rewind(c->file);
        cli_text_clear(&c->text);
        while ((n = fread(chunk, 1, sizeof chunk, c->file)) > 0)
            cli_text_add(&c->text, chunk, n);
        fclose(c->file);
    }
}

/** Standard output of the last capture. */
static inline const char *shown(void)
{
    return cli_text_string(&caught_streams[0].text);
}

/** Standard error of the last capture. */
static inline const char *complained(void)
{
    return cli_text_string(&caught_streams[1].text);
}

/** For cmocka_run_group_tests: frees what captures hold. */
static inline int capture_teardown(void **state)
{
    (void)state;
    cli_text_free(&caught_streams[0].text);
    cli_text_free(&caught_streams[1].text);
    return 0;
}

static inline void check_contains(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("'%s'\nis not in\n%s", part, text);
}

static inline void check_text(cli_text *t, const char *expected)
{
    if (strcmp(cli_text_string(t), expected) != 0 || t->len != strlen(expected))
        fail_msg("is       |%s|\nexpected |%s|", cli_text_string(t), expected);
}

/* ---- files ---- */

/** A new file of this content; @p path has room for its name. */
static inline void write_temp(char *path, size_t size, const char *bytes, size_t len)
{
    const char *base = getenv("TMPDIR");
    snprintf(path, size, "%s/weir-cli-XXXXXX", base ? base : "/tmp");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), len);
    close(fd);
}

/* ---- an engine ---- */

/** In memory, read from the beginning; the statements of @p sql have run. */
static inline weir *open_engine(const char *sql)
{
    static const char *const settings[] = {"auto.offset.reset", "earliest", NULL};
    weir_options o = WEIR_OPTIONS_INIT;
    weir_error err = {0};
    weir *w;
    o.log = WEIR_LOG_MEMORY;
    o.settings = settings;
    if (weir_open(&o, &w, &err) != WEIR_OK)
        fail_msg("open: %s", err.message);
    if (weir_exec(w, sql, &err) != WEIR_OK)
        fail_msg("%s\n%s", sql, err.message);
    return w;
}

static inline void close_engine(weir *w)
{
    weir_error err = {0};
    if (weir_close(w, &err) != WEIR_OK)
        fail_msg("close: %s", err.message);
}

#endif
