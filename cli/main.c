/* SPDX-License-Identifier: Apache-2.0 */
/*
 * main.c - the `weir` program: finds the command and runs it.
 *
 * The program is one more user of the library: it includes weir.h and nothing else of Weir, so what
 * it can do any embedding program can do. Each command is a file with a table of its options
 * (options.h).
 */
#include "program.h"

#include "secrets.h"
#include "statement_help.h"
#include "weir.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

static int run_version(void *settings, const cli_list *operands)
{
    (void)settings;
    (void)operands;
    printf("weir %s\n", weir_version());
    return CLI_OK;
}

/** A word that looks like a file is one for -f or `weir run`. */
static bool is_file(const char *word)
{
    size_t len = strlen(word);
    return strchr(word, '/') || (len > 4 && strcmp(word + len - 4, ".sql") == 0);
}

static int unknown_command(const char *word)
{
    if (is_file(word))
        return cli_usage_error(
            "unknown command '%s': `weir -f %s` runs its statements, `weir run %s` "
            "runs its queries as a service",
            word, word, word);
    const cli_command *near = cli_command_nearest(word);
    if (near)
        return cli_usage_error("unknown command '%s': did you mean '%s'? (weir help lists them)",
                               word, near->name);
    return cli_usage_error("unknown command '%s' (weir help lists them)", word);
}

static int run_help(void *settings, const cli_list *operands)
{
    (void)settings;
    if (operands->n == 0) {
        cli_help(stdout);
        return CLI_OK;
    }
    const cli_command *c = cli_command_find(operands->at[0]);
    if (c && operands->n == 1) {
        cli_command_help(c, stdout);
        return CLI_OK;
    }
    cli_text name = {0}, text = {0};
    for (size_t i = 0; i < operands->n; i++)
        cli_text_addf(&name, i ? " %s" : "%s", operands->at[i]);
    bool found = cli_statement_help(cli_text_string(&name), &text);
    if (found)
        fputs(cli_text_string(&text), stdout);
    int status = found ? CLI_OK : unknown_command(cli_text_string(&name));
    cli_text_free(&name);
    cli_text_free(&text);
    return status;
}

static const cli_command version_command = {
    .name = "version",
    .operands = "",
    .summary = "The version",
    .settings_size = 1,
    .run = run_version,
};
static const cli_command help_command = {
    .name = "help",
    .operands = "[COMMAND | STATEMENT]",
    .operands_max = -1,
    .summary = "This text; options of a command; syntax of a statement",
    .settings_size = 1,
    .run = run_help,
};

const cli_command *const cli_commands[] = {
    &cli_sql_command,     &cli_run_command,
    &cli_server_command,  &cli_check_command,
    &cli_reset_command,   &cli_export_command,
    &cli_repair_command,  &cli_test_command,
    &cli_datagen_command, &cli_produce_command,
    &cli_consume_command, &version_command,
    &help_command,        NULL,
};

/** wcwidth and libedit need a character set; SQL is UTF-8 whatever the locale says. */
static void choose_locale(void)
{
    const char *set = setlocale(LC_CTYPE, "");
    if (!set || strcmp(set, "C") == 0 || strcmp(set, "POSIX") == 0)
        setlocale(LC_CTYPE, "C.UTF-8");
}

int main(int argc, char **words)
{
    choose_locale();
    int status;
    char **argv = cli_own_words(argc, words);
    if (argc < 2)
        status = cli_command_run(&cli_sql_command, 0, NULL);
    else if (strcmp(argv[1], "--version") == 0)
        status = run_version(NULL, NULL);
    else if (argv[1][0] == '-' || strstr(argv[1], "://"))
        status = cli_command_run(&cli_sql_command, argc - 1, argv + 1);
    else if (cli_command_find(argv[1]) && argv[1][0])
        status = cli_command_run(cli_command_find(argv[1]), argc - 2, argv + 2);
    else
        status = unknown_command(argv[1]);
    if (fflush(stdout) != 0 && status == CLI_OK)
        status = CLI_FAILED;
    cli_free_words(argv);
    return status;
}
