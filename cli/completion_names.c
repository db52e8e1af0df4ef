/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names for completion, from SHOW and DESCRIBE, as any program that embeds Weir would get them.
 */
#include "completion.h"

#include <string.h>

/** As a name is written: in back-quotes unless it is a plain word of upper case. */
static char *quoted_name(const char *name)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
    if (name[0] && strspn(name, plain) == strlen(name) && !(name[0] >= '0' && name[0] <= '9'))
        return cli_copy(name, strlen(name));
    cli_text t = {0};
    cli_text_addc(&t, '`', 1);
    for (const char *at = name; *at; at++)
        cli_text_addc(&t, *at, *at == '`' ? 2 : 1);
    cli_text_addc(&t, '`', 1);
    char *copy = cli_copy(cli_text_string(&t), t.len);
    cli_text_free(&t);
    return copy;
}

/** The first column of each row that the statement gives. */
static void first_column(weir *w, const char *sql, bool quote, cli_list *out)
{
    weir_stmt *stmt = NULL;
    weir_error err;
    if (weir_prepare(w, sql, -1, &stmt, NULL, &err) != WEIR_OK || !stmt)
        return;
    while (weir_step(stmt, -1, &err) == WEIR_ROW) {
        const char *name = weir_column_text(stmt, 0);
        cli_list_add(out, quote ? quoted_name(name) : cli_copy(name, strlen(name)));
    }
    weir_finalize(stmt);
}

void cli_names_list(weir *w, cli_names what, cli_list *out)
{
    static const struct {
        const char *sql;
        bool quote; /* false: named in a string, or known to be a plain word */
    } ways[] = {
        [CLI_NAMES_STREAMS] = {"SHOW STREAMS;", true},
        [CLI_NAMES_TABLES] = {"SHOW TABLES;", true},
        [CLI_NAMES_TOPICS] = {"SHOW TOPICS;", false},
        [CLI_NAMES_QUERIES] = {"SHOW QUERIES;", false},
        [CLI_NAMES_SETTINGS] = {"SHOW PROPERTIES;", false},
        [CLI_NAMES_FUNCTIONS] = {"SHOW FUNCTIONS;", false},
        [CLI_NAMES_TYPES] = {"SHOW TYPES;", true},
        [CLI_NAMES_VARIABLES] = {"SHOW VARIABLES;", false},
    };
    first_column(w, ways[what].sql, ways[what].quote, out);
}

void cli_names_columns(weir *w, const char *source, cli_list *out)
{
    cli_text sql = {0};
    cli_text_addf(&sql, "DESCRIBE %s;", source);
    first_column(w, cli_text_string(&sql), true, out);
    cli_text_free(&sql);
}
