/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api_helper.h - short forms of weir.h for tests that go through it.
 *
 * RUN(w, sql)                 statements that must succeed
 * REFUSE(w, sql, code, text)  a statement that must fail so
 * ROWS(w, sql, text)          all rows of one query, compared as text (see rows_text)
 * EVENTUALLY_ROWS             the same, asked again until it fits (threads, within a time limit)
 */
#ifndef TEST_RUNTIME_API_HELPER_H
#define TEST_RUNTIME_API_HELPER_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "weir.h"

#include "common/buf.h"

enum { API_LIMIT_MS = 60000 };

static inline weir *open_with(weir_log log, const char *dir, bool stepped)
{
    static const char *const settings[] = {"auto.offset.reset", "earliest", "commit.interval.ms",
                                           "50", NULL};
    weir_options o = WEIR_OPTIONS_INIT;
    weir *w;
    weir_error err;
    o.log = log;
    o.data_dir = dir;
    o.stepped = stepped;
    o.settings = settings;
    if (weir_open(&o, &w, &err) != WEIR_OK)
        fail_msg("open: %s", err.message);
    return w;
}

static inline weir *open_memory(void)
{
    return open_with(WEIR_LOG_MEMORY, NULL, false);
}

static inline void close_it(weir *w)
{
    weir_error err;
    assert_int_equal(weir_close(w, &err), WEIR_OK);
}

#define RUN(w, sql)                                                                                \
    do {                                                                                           \
        weir_error err_;                                                                           \
        if (weir_exec(w, sql, &err_) != WEIR_OK)                                                   \
            fail_msg("%s\n%s", sql, err_.message);                                                 \
    } while (0)

#define REFUSE(w, sql, status, text)                                                               \
    do {                                                                                           \
        weir_error err_ = {0};                                                                     \
        if (weir_exec(w, sql, &err_) != (status) || !strstr(err_.message, (text)))                 \
            fail_msg("%s\n%d: %s\nexpected %d: %s", sql, (int)err_.code, err_.message,             \
                     (int)(status), text);                                                         \
    } while (0)

/** The current row: cells joined by '|', NULL as "null", a leading '-' for a tombstone. */
static inline void put_row(wr_buf *b, const weir_stmt *s)
{
    if (weir_row_is_tombstone(s))
        wr_buf_putc(b, '-');
    for (int i = 0; i < weir_column_count(s); i++)
        wr_buf_printf(b, "%s%s", i ? "|" : "",
                      weir_column_is_null(s, i) ? "null" : weir_column_text(s, i));
    wr_buf_putc(b, ' ');
}

static inline int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/** Rows in no particular order: sorted by text. */
static inline void sort_rows(wr_buf *b)
{
    char *rows[4096], *save = NULL;
    size_t n = 0;
    wr_buf out = {0};
    wr_buf_cstr(b);
    for (char *r = strtok_r(b->ptr, " ", &save); r && n < 4096; r = strtok_r(NULL, " ", &save))
        rows[n++] = r;
    qsort(rows, n, sizeof *rows, by_text);
    for (size_t i = 0; i < n; i++)
        wr_buf_printf(&out, "%s ", rows[i]);
    wr_buf_free(b);
    *b = out;
}

static inline weir_status rows_text(weir *w, const char *sql, wr_buf *out, weir_error *err)
{
    weir_stmt *s;
    weir_status st = weir_prepare(w, sql, -1, &s, NULL, err);
    wr_buf_clear(out);
    if (st != WEIR_OK)
        return st;
    while ((st = weir_step(s, API_LIMIT_MS, err)) == WEIR_ROW)
        put_row(out, s);
    if (weir_stmt_kind_of(s) == WEIR_STMT_PULL)
        sort_rows(out);
    weir_finalize(s);
    wr_buf_cstr(out);
    return st;
}

static inline void check_rows(weir *w, const char *sql, const char *expected, bool wait)
{
    wr_buf b = {0};
    weir_error err = {0};
    weir_status st;
    for (int tries = 0;; tries++) {
        st = rows_text(w, sql, &b, &err);
        if (!wait || tries == API_LIMIT_MS / 10 ||
            (st == WEIR_DONE && strcmp(wr_buf_cstr(&b), expected) == 0))
            break;
        nanosleep(&(struct timespec){0, 10000000}, NULL);
    }
    if (st != WEIR_DONE)
        fail_msg("%s\n%s", sql, err.message);
    if (strcmp(wr_buf_cstr(&b), expected) != 0)
        fail_msg("%s\n  is       %s\n  expected %s", sql, wr_buf_cstr(&b), expected);
    wr_buf_free(&b);
}
#define ROWS(w, sql, expected)            check_rows(w, sql, expected, false)
#define EVENTUALLY_ROWS(w, sql, expected) check_rows(w, sql, expected, true)

static inline weir_stmt *prepare(weir *w, const char *sql)
{
    weir_stmt *s;
    weir_error err;
    if (weir_prepare(w, sql, -1, &s, NULL, &err) != WEIR_OK)
        fail_msg("%s\n%s", sql, err.message);
    assert_non_null(s);
    return s;
}

static inline void step_row(weir_stmt *s, const char *expected)
{
    weir_error err = {0};
    wr_buf b = {0};
    weir_status st = weir_step(s, API_LIMIT_MS, &err);
    if (st != WEIR_ROW)
        fail_msg("no row but %d: %s; expected %s", (int)st, err.message, expected);
    put_row(&b, s);
    if (strncmp(wr_buf_cstr(&b), expected, strlen(expected)) != 0 || b.len != strlen(expected) + 1)
        fail_msg("row %s, expected %s", wr_buf_cstr(&b), expected);
    wr_buf_free(&b);
}

static inline void drain(weir *w)
{
    weir_error err;
    if (weir_drain(w, API_LIMIT_MS, &err) != WEIR_OK)
        fail_msg("drain: %s", err.message);
}

/* ---- directories and files ---- */

static inline void make_dir(char *out, size_t size)
{
    const char *base = getenv("TMPDIR");
    snprintf(out, size, "%s/weir-api-XXXXXX", base ? base : "/tmp");
    assert_non_null(mkdtemp(out));
}

static inline void remove_dir(const char *path)
{
    DIR *dir = opendir(path);
    if (!dir) {
        unlink(path);
        return;
    }
    for (struct dirent *e; (e = readdir(dir));) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        wr_buf child = {0};
        wr_buf_printf(&child, "%s/%s", path, e->d_name);
        remove_dir(wr_buf_cstr(&child));
        wr_buf_free(&child);
    }
    closedir(dir);
    rmdir(path);
}

static inline void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

#endif
