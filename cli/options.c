/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Command lines by table: parsing, help, and the nearest name for a misspelt one.
 *
 * Forms: --name, --name VALUE, --name=VALUE, -n, -n VALUE, -nVALUE, and -- before operands that
 * begin with a dash. Values are borrowed from argv.
 */
#include "options.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define HELP_COLUMN  30 /* where the explanations of options begin */
#define NAME_MAX_LEN 40

int cli_usage_error(const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    fputs("weir: ", stderr);
    vfprintf(stderr, format, ap);
    fputc('\n', stderr);
    va_end(ap);
    return CLI_USAGE;
}

/* ---------------------------------------------------------------- the nearest name */

static size_t least_of(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

size_t cli_distance(const char *a, const char *b)
{
    size_t a_len = strlen(a), b_len = strlen(b);
    if (a_len > NAME_MAX_LEN || b_len > NAME_MAX_LEN)
        return NAME_MAX_LEN;
    size_t d[NAME_MAX_LEN + 1][NAME_MAX_LEN + 1]; /* [i][j]: from a's first i to b's first j */
    for (size_t i = 0; i <= a_len; i++)
        d[i][0] = i;
    for (size_t j = 0; j <= b_len; j++)
        d[0][j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        for (size_t j = 1; j <= b_len; j++) {
            size_t replace = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            d[i][j] = least_of(d[i - 1][j] + 1, d[i][j - 1] + 1, replace);
            bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped && d[i - 2][j - 2] + 1 < d[i][j])
                d[i][j] = d[i - 2][j - 2] + 1;
        }
    }
    return d[a_len][b_len];
}

/** How far @p word is from @p name, where the beginning of a name counts as near. */
static size_t distance_to_name(const char *word, const char *name)
{
    size_t len = strlen(word);
    if (len >= 2 && strncmp(word, name, len) == 0)
        return 1;
    return cli_distance(word, name);
}

/** Far enough that it was hardly meant. */
static bool too_far(size_t distance, const char *word)
{
    return distance > 3 || distance * 2 > strlen(word);
}

static const cli_option *nearest_option(const cli_command *c, const char *word)
{
    const cli_option *tables[] = {c->options, c->shared};
    const cli_option *best = NULL;
    size_t best_distance = NAME_MAX_LEN;
    for (size_t t = 0; t < 2; t++) {
        for (const cli_option *o = tables[t]; o && o->name; o++) {
            size_t distance = distance_to_name(word, o->name);
            if (distance < best_distance) {
                best = o;
                best_distance = distance;
            }
        }
    }
    return best && !too_far(best_distance, word) ? best : NULL;
}

const cli_command *cli_command_nearest(const char *word)
{
    const cli_command *best = NULL;
    size_t best_distance = NAME_MAX_LEN;
    for (size_t i = 0; cli_commands[i]; i++) {
        size_t distance = distance_to_name(word, cli_commands[i]->name);
        if (cli_commands[i]->name[0] && distance < best_distance) {
            best = cli_commands[i];
            best_distance = distance;
        }
    }
    return best && !too_far(best_distance, word) ? best : NULL;
}

const cli_command *cli_command_find(const char *name)
{
    for (size_t i = 0; cli_commands[i]; i++)
        if (strcmp(cli_commands[i]->name, name) == 0)
            return cli_commands[i];
    return NULL;
}

/* ---------------------------------------------------------------- parsing */

static const cli_option *find_option(const cli_command *c, const char *name, size_t len,
                                     char letter)
{
    const cli_option *tables[] = {c->options, c->shared};
    for (size_t t = 0; t < 2; t++)
        for (const cli_option *o = tables[t]; o && o->name; o++)
            if (letter ? o->letter == letter
                       : strlen(o->name) == len && memcmp(o->name, name, len) == 0)
                return o;
    return NULL;
}

/** "weir run" as usage and errors call a command. */
static const char *full_name(const cli_command *c)
{
    static char name[64];
    snprintf(name, sizeof name, "weir%s%s", c->name[0] ? " " : "", c->name);
    return name;
}

static int unknown_option(const cli_command *c, const char *word)
{
    char name[NAME_MAX_LEN + 1];
    const char *bare = word + strspn(word, "-");
    snprintf(name, sizeof name, "%.*s", (int)strcspn(bare, "="), bare);
    const cli_option *near = nearest_option(c, name);
    if (near)
        return cli_usage_error("unknown option %s: did you mean --%s? (%s --help lists them)", word,
                               near->name, full_name(c));
    return cli_usage_error("unknown option %s (%s --help lists them)", word, full_name(c));
}

static int set_option(const cli_option *o, const char *value, void *settings)
{
    void *field = (char *)settings + o->offset;
    switch (o->kind) {
    case CLI_FLAG:
        *(bool *)field = true;
        break;
    case CLI_TEXT:
        if ((int64_t)strlen(value) < o->least)
            return cli_usage_error("--%s needs a value that is not empty: --%s %s", o->name,
                                   o->name, o->argument);
        *(const char **)field = value;
        break;
    case CLI_LIST:
        cli_list_add(field, value);
        break;
    case CLI_INT:
        if (!cli_parse_int(value, field) || *(int64_t *)field < o->least)
            return cli_usage_error("--%s needs a whole number from %lld up, not '%s'", o->name,
                                   (long long)o->least, value);
        break;
    }
    return CLI_OK;
}

/** One option at argv[*i]; steps over its value where that is a word of its own. */
static int parse_option(const cli_command *c, int argc, char **argv, int *i, void *settings)
{
    const char *word = argv[*i];
    bool is_long = word[1] == '-';
    const char *name = word + (is_long ? 2 : 1);
    size_t len = is_long ? strcspn(name, "=") : 1;
    const cli_option *o = find_option(c, name, len, is_long ? 0 : name[0]);
    if (!o)
        return unknown_option(c, word);
    const char *attached = name[len] ? name + len + (is_long ? 1 : 0) : NULL;
    if (o->kind == CLI_FLAG) {
        if (attached)
            return is_long ? cli_usage_error("--%s takes no value", o->name)
                           : unknown_option(c, word);
        return set_option(o, NULL, settings);
    }
    if (!attached) {
        if (*i + 1 >= argc)
            return cli_usage_error("--%s needs a value: --%s %s", o->name, o->name, o->argument);
        attached = argv[++*i];
    }
    return set_option(o, attached, settings);
}

static int check_operands(const cli_command *c, const cli_list *operands)
{
    if ((int)operands->n < c->operands_min)
        return cli_usage_error("%s needs %s (%s --help says more)", full_name(c), c->operands,
                               full_name(c));
    if (c->operands_max >= 0 && (int)operands->n > c->operands_max) {
        const char *extra = operands->at[c->operands_max];
        return cli_usage_error("%s: unexpected argument '%s'", full_name(c), extra);
    }
    return CLI_OK;
}

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

int cli_command_run(const cli_command *c, int argc, char **argv)
{
    if (c->run_words) {
        if (argc > 0 && is_help(argv[0])) {
            cli_command_help(c, stdout);
            return CLI_OK;
        }
        return c->run_words(argc, argv);
    }
    void *settings = cli_realloc(NULL, c->settings_size);
    memset(settings, 0, c->settings_size);
    if (c->defaults)
        memcpy(settings, c->defaults, c->settings_size);
    cli_list operands = {0};
    int status = CLI_OK;
    bool only_operands = false;
    for (int i = 0; i < argc && status == CLI_OK; i++) {
        if (only_operands || argv[i][0] != '-' || !argv[i][1]) {
            cli_list_add(&operands, argv[i]);
        } else if (strcmp(argv[i], "--") == 0) {
            only_operands = true;
        } else if (is_help(argv[i])) {
            cli_command_help(c, stdout);
            goto out;
        } else {
            status = parse_option(c, argc, argv, &i, settings);
        }
    }
    if (status == CLI_OK)
        status = check_operands(c, &operands);
    if (status == CLI_OK)
        status = c->run(settings, &operands);
out:
    for (int t = 0; t < 2; t++)
        for (const cli_option *o = t ? c->shared : c->options; o && o->name; o++)
            if (o->kind == CLI_LIST)
                cli_list_free((cli_list *)(void *)((char *)settings + o->offset));
    free(settings);
    cli_list_free(&operands);
    return status;
}

/* ---------------------------------------------------------------- help */

/** A name and, beside or below it, what it is. */
static void print_entry(const char *left, const char *right, FILE *out)
{
    if (strlen(left) >= HELP_COLUMN)
        fprintf(out, "%s\n%*s%s\n", left, HELP_COLUMN, "", right);
    else
        fprintf(out, "%-*s%s\n", HELP_COLUMN, left, right);
}

static void print_options(const cli_option *table, FILE *out)
{
    for (const cli_option *o = table; o && o->name; o++) {
        char left[80];
        char letter[8] = "    ";
        if (o->letter)
            snprintf(letter, sizeof letter, "-%c, ", o->letter);
        snprintf(left, sizeof left, "  %s--%s%s%s", letter, o->name, o->argument ? " " : "",
                 o->argument ? o->argument : "");
        print_entry(left, o->help, out);
    }
}

static void print_all_options(const cli_command *c, FILE *out)
{
    fputs("\nOptions:\n", out);
    print_options(c->options, out);
    print_options(c->shared, out);
    fprintf(out, "%-*s%s\n", HELP_COLUMN, "  -h, --help", "this text");
}

void cli_command_help(const cli_command *c, FILE *out)
{
    if (!c->name[0]) {
        cli_help(out);
        return;
    }
    fprintf(out, "Usage: %s%s%s%s\n\n%s.\n", full_name(c),
            c->options || c->shared ? " [OPTION]..." : "", c->operands[0] ? " " : "", c->operands,
            c->summary);
    if (c->about)
        fprintf(out, "\n%s\n", c->about);
    if (c->options || c->shared)
        print_all_options(c, out);
}

void cli_help(FILE *out)
{
    const cli_command *prompt = cli_command_find("");
    fputs("Weir: stream processing with SQL, on an embedded log or on Kafka.\n\nUsage:\n", out);
    for (size_t i = 0; cli_commands[i]; i++) {
        const cli_command *c = cli_commands[i];
        char left[80];
        snprintf(left, sizeof left, "  %s%s%s", full_name(c), c->operands[0] ? " " : "",
                 c->operands);
        print_entry(left, c->summary, out);
    }
    fprintf(out,
            "\n`weir help COMMAND` lists a command's options, `weir help SELECT` shows a "
            "statement's syntax.\n%s\n",
            prompt->about);
    print_all_options(prompt, out);
}
