/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Errors of query files, which the library has read itself: the text is read once more to show the
 * line.
 */
#include "report.h"

#include "open.h"

#include <string.h>

/** The library names file, line and column in the message; here they come from the error's fields,
 *  as for all texts. @return whether the error is of that file. */
static bool drop_place(weir_error *err, const char *path)
{
    char prefix[sizeof err->message];
    int n = snprintf(prefix, sizeof prefix, "%s:%d:%d: ", path, err->line, err->column);
    if (err->line <= 0)
        n = snprintf(prefix, sizeof prefix, "%s: ", path);
    if (n <= 0 || strncmp(err->message, prefix, (size_t)n) != 0)
        return false;
    memmove(err->message, err->message + n, strlen(err->message) - (size_t)n + 1);
    return true;
}

int cli_report_files(weir_error *err, const cli_list *files)
{
    cli_text text = {0}, message = {0};
    size_t at = 0;
    while (at < files->n && !drop_place(err, files->at[at]))
        at++;
    if (at == files->n) {
        cli_show_error(err);
        return CLI_FAILED;
    }
    if (err->line > 0 && !cli_read_file(files->at[at], &text))
        err->line = 0;
    cli_report_text(err, cli_text_string(&text), 0, (cli_origin){files->at[at], 1}, &message);
    fputs(cli_text_string(&message), stderr);
    cli_text_free(&text);
    cli_text_free(&message);
    return CLI_FAILED;
}
