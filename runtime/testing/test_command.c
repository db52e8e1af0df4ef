/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `weir test`: which form was asked for. README.md beside this file describes the forms.
 *
 * Exit status: 0 where everything passed (--case, --cases: where every case was run), 1 where a
 * test failed, 2 for wrong usage or a file of cases that is none.
 */
#include "runtime/testing/testing_internal.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { PASSED = 0, FAILED = 1, USAGE = 2 };

static const char usage[] =
    "usage: weir test [--schema-registry DIR] [--batch-rows N] FILE.sql...\n"
    "       weir test [--schema-registry DIR] [--batch-rows N] --test-directory|-td DIR\n"
    "       weir test [--schema-registry DIR] [--batch-rows N] -s STATEMENTS.sql [-i INPUT.json] "
    "-o OUTPUT.json\n"
    "       weir test [--schema-registry DIR] [--batch-rows N] --case FILE | --cases FILE\n";

typedef struct command {
    wr__test_options options;
    const char *one_case, *cases, *statements, *inputs, *outputs, *directory, *temp;
    const char **files;
    int files_n;
} command;

/* ---- JSON cases ---- */

/* A line of the batch form, or the whole file. A case that cannot be read is wrong usage. */
static int run_case(const wr__test_options *options, wr_str text)
{
    wr_buf result = {0};
    weir_error err = {0};
    weir_status st = wr__case_run(options, text, &result, &err);
    if (st == WEIR_OK) {
        wr_buf_putc(&result, '\n');
        fwrite(result.ptr, 1, result.len, options->out);
        fflush(options->out);
    } else {
        fprintf(stderr, "weir test: %s\n", err.message);
    }
    wr_buf_free(&result);
    return st == WEIR_OK ? PASSED : USAGE;
}

static int run_cases(const wr__test_options *options, const char *path, bool one)
{
    wr_buf text = {0};
    weir_error err = {0};
    int status = PASSED;
    if (wr__read_file(path, &text, &err) != WEIR_OK) {
        fprintf(stderr, "weir test: %s\n", err.message);
        status = USAGE;
    }
    for (size_t at = 0; at < text.len && status == PASSED;) {
        const char *line = text.ptr + at, *end = one ? NULL : memchr(line, '\n', text.len - at);
        size_t n = end ? (size_t)(end - line) : text.len - at;
        wr_str part = wr_str_trim(wr_str_make(line, n));
        if (part.len || one)
            status = run_case(options, part);
        at += n + 1;
    }
    wr_buf_free(&text);
    return status;
}

/* ---- files ---- */

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), m = strlen(end);
    return n >= m && strcmp(s + n - m, end) == 0;
}

typedef wr_arr(char *) paths;

/* Files below a folder, in order of their paths. */
static bool find_files(wr_arena *a, const char *folder, paths *out)
{
    DIR *d = opendir(folder);
    if (!d) {
        fprintf(stderr, "weir test: Cannot read %s: %s\n", folder, strerror(errno));
        return false;
    }
    bool good = true;
    for (const struct dirent *e; good && (e = readdir(d));) {
        if (e->d_name[0] == '.')
            continue;
        char *path = wr_arena_printf(a, "%s/%s", folder, e->d_name);
        struct stat info;
        if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
            good = find_files(a, path, out);
        else if (ends_with(path, ".sql"))
            wr_arr_push(a, out, path);
    }
    closedir(d);
    return good;
}

static int run_directory(const command *c)
{
    wr_arena *a = wr_arena_new(0);
    paths found = {0};
    WR_ASSERT(c->directory);
    int status = find_files(a, c->directory, &found) ? PASSED : FAILED;
    if (status == PASSED && !found.n) {
        fprintf(stderr, "weir test: there is no .sql file below %s\n", c->directory);
        status = FAILED;
    }
    if (found.n)
        qsort(found.v, found.n, sizeof *found.v, by_name);
    for (size_t i = 0; i < found.n; i++)
        if (!wr__sql_file_run(&c->options, found.v[i]))
            status = FAILED;
    wr_arena_free(a);
    return status;
}

static int run_files(const command *c)
{
    int status = PASSED;
    for (int i = 0; i < c->files_n; i++)
        if (!wr__sql_file_run(&c->options, c->files[i]))
            status = FAILED;
    return status;
}

/* ---- the command line ---- */

static int wrong(const char *what, const char *which)
{
    fprintf(stderr, "weir test: %s%s%s\n%s", what, which ? ": " : "", which ? which : "", usage);
    return USAGE;
}

/* The option's value goes to *out. @return how many arguments were used: 0, not this option; 2;
 * -1, its value is missing. `--name=value` is one argument. */
static int option(char **argv, int left, const char *long_name, const char *short_name,
                  const char **out)
{
    size_t n = strlen(long_name);
    WR_ASSERT(left > 0);
    if (strncmp(argv[0], long_name, n) == 0 && argv[0][n] == '=') {
        *out = argv[0] + n + 1;
        return 1;
    }
    if (strcmp(argv[0], long_name) != 0 && (!short_name || strcmp(argv[0], short_name) != 0))
        return 0;
    if (left < 2)
        return -1;
    *out = argv[1];
    return 2;
}

static int parse(int argc, char **argv, command *c)
{
    struct {
        const char *long_name, *short_name, **value;
    } known[] = {
        {"--case", NULL, &c->one_case},
        {"--cases", NULL, &c->cases},
        {"--sql-file", "-s", &c->statements},
        {"--input-file", "-i", &c->inputs},
        {"--output-file", "-o", &c->outputs},
        {"--test-directory", "-td", &c->directory},
        {"--temp-folder", "-tf", &c->temp},
        {"--batch-rows", NULL, &c->options.batch_rows},
        {"--schema-registry", NULL, &c->options.schemas},
    };
    for (int i = 0; i < argc;) {
        int used = 0;
        for (size_t k = 0; k < WR_ARRAY_LEN(known) && !used; k++)
            used =
                option(argv + i, argc - i, known[k].long_name, known[k].short_name, known[k].value);
        if (used < 0)
            return wrong("a value is missing after", argv[i]);
        if (!used && argv[i][0] == '-' && argv[i][1])
            return wrong("unknown option", argv[i]);
        if (!used)
            c->files[c->files_n++] = argv[i];
        i += used ? used : 1;
        WR_ASSERT(i <= argc && c->files_n <= argc);
    }
    return PASSED;
}

static int run(const command *c)
{
    int64_t rows = 1;
    if (c->options.batch_rows &&
        (!wr_str_to_i64(wr_str_c(c->options.batch_rows), &rows) || rows < 1 || rows > 65536))
        return wrong("--batch-rows is a number from 1 to 65536", c->options.batch_rows);
    int forms = (c->one_case != NULL) + (c->cases != NULL) + (c->directory != NULL) +
                (c->statements || c->inputs || c->outputs) + (c->files_n > 0);
    if (forms != 1)
        return wrong(forms ? "only one of its forms at a time" : "nothing to run", NULL);
    if (c->one_case)
        return run_cases(&c->options, c->one_case, true);
    if (c->cases)
        return run_cases(&c->options, c->cases, false);
    if (c->directory)
        return run_directory(c);
    if (c->files_n)
        return run_files(c);
    if (!c->statements || !c->outputs)
        return wrong("-s and -o are needed", NULL);
    return wr__files_run(&c->options, c->statements, c->inputs, c->outputs) ? PASSED : FAILED;
}

int weir_test_main(int argc, char **argv, void *out)
{
    command c = {.options = {.out = out ? out : stdout}};
    if (argc == 1 && (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0)) {
        fputs(usage, c.options.out);
        return PASSED;
    }
    c.files = wr_calloc((size_t)argc + 1, sizeof *c.files);
    int status = parse(argc, argv, &c);
    if (status == PASSED)
        status = run(&c);
    wr_free((void *)c.files);
    return status;
}
