/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Command lines by table, on a command of the test's own: every form of an option, what is refused
 * and how, help, and the nearest name for a misspelt word.
 */
#include "cli_test.h"

#include "options.h"

typedef struct brew_settings {
    bool hot;
    const char *bean;
    int64_t cups;
    cli_list extras;
    bool loud; /* in the shared table */
} brew_settings;

static const cli_option brew_options[] = {
    {"hot", 'p', CLI_FLAG, offsetof(brew_settings, hot), NULL, "serve it hot", 0},
    {"bean", 'b', CLI_TEXT, offsetof(brew_settings, bean), "NAME", "which bean", 0},
    {"cups", 'c', CLI_INT, offsetof(brew_settings, cups), "N", "how many", 1},
    {"extra", 0, CLI_LIST, offsetof(brew_settings, extras), "WHAT",
     "something else; may be repeated", 0},
    {"a-name-that-is-as-long-as-they-come", 0, CLI_FLAG, offsetof(brew_settings, hot), NULL,
     "has its text on the next line", 0},
    {0},
};
static const cli_option shared_options[] = {
    {"loud", 'l', CLI_FLAG, offsetof(brew_settings, loud), NULL, "say so", 0},
    {0},
};

/** What the command saw, as text; "" while it has not run. */
static cli_text ran;

static int run_brew(void *settings, const cli_list *operands)
{
    const brew_settings *s = settings;
    cli_text_addf(&ran, "%s %s %lld", s->hot ? "hot" : "cold", s->bean ? s->bean : "-",
                  (long long)s->cups);
    for (size_t i = 0; i < s->extras.n; i++)
        cli_text_addf(&ran, " +%s", s->extras.at[i]);
    cli_text_adds(&ran, s->loud ? " loud" : "");
    for (size_t i = 0; i < operands->n; i++)
        cli_text_addf(&ran, " [%s]", operands->at[i]);
    return s->cups == 99 ? CLI_FAILED : CLI_OK;
}

static int run_raw(int argc, char **argv)
{
    for (int i = 0; i < argc; i++)
        cli_text_addf(&ran, "<%s>", argv[i]);
    return 3;
}

static int run_prompt(void *settings, const cli_list *operands)
{
    (void)settings;
    (void)operands;
    cli_text_adds(&ran, "prompt");
    return CLI_OK;
}

static const brew_settings two_cups = {.cups = 2};
static const cli_command brew = {
    .name = "brew",
    .operands = "POT...",
    .operands_min = 0,
    .operands_max = 2,
    .summary = "Make coffee",
    .about = "It takes a while.",
    .options = brew_options,
    .shared = shared_options,
    .settings_size = sizeof(brew_settings),
    .defaults = &two_cups,
    .run = run_brew,
};
static const cli_command serve = {
    .name = "serve",
    .operands = "FILE...",
    .operands_min = 1,
    .operands_max = -1,
    .summary = "Hand it round",
    .settings_size = sizeof(brew_settings),
    .run = run_brew,
};
static const cli_command raw = {
    .name = "raw", .operands = "", .summary = "Reads its words itself", .run_words = run_raw};
static const cli_command prompt = {
    .name = "",
    .operands = "",
    .summary = "Wait for orders",
    .about = "Without a command there is a prompt.",
    .options = shared_options,
    .settings_size = sizeof(brew_settings),
    .run = run_prompt,
};
const cli_command *const cli_commands[] = {&prompt, &brew, &serve, &raw, NULL};

#define WORDS_MAX 8

static int run(const cli_command *c, const char *const *words)
{
    char *argv[WORDS_MAX + 1];
    int argc = 0;
    for (; words[argc]; argc++)
        argv[argc] = (char *)words[argc];
    cli_text_clear(&ran);
    capture_begin();
    int status = cli_command_run(c, argc, argv);
    capture_end();
    return status;
}

/* ------------------------------------------------------------------------------------- parsing */

static void test_forms(void **state)
{
    (void)state;
    static const struct {
        const char *words[WORDS_MAX + 1];
        const char *seen;
    } cases[] = {
        {{NULL}, "cold - 2"},
        {{"--hot"}, "hot - 2"},
        {{"-p"}, "hot - 2"},
        {{"--bean", "x"}, "cold x 2"},
        {{"--bean=x"}, "cold x 2"},
        {{"--bean="}, "cold  2"},
        {{"--bean=a=b"}, "cold a=b 2"},
        {{"-b", "x"}, "cold x 2"},
        {{"-bx"}, "cold x 2"},
        {{"-b=x"}, "cold =x 2"},
        {{"--bean", "--hot"}, "cold --hot 2"}, /* a value may begin with a dash */
        {{"--bean", "--"}, "cold -- 2"},
        {{"-c", "7"}, "cold - 7"},
        {{"-c7"}, "cold - 7"},
        {{"--cups=+7"}, "cold - 7"},
        {{"--cups", "3", "--cups", "4"}, "cold - 4"},
        {{"--extra", "a", "--extra=b", "--extra", "a"}, "cold - 2 +a +b +a"},
        {{"--loud"}, "cold - 2 loud"},
        {{"-l", "-p"}, "hot - 2 loud"},
        {{"one"}, "cold - 2 [one]"},
        {{"one", "--hot", "two"}, "hot - 2 [one] [two]"},
        {{"--", "--hot", "-p"}, "cold - 2 [--hot] [-p]"},
        {{"-", "--hot"}, "hot - 2 [-]"},
        {{"", "--hot"}, "hot - 2 []"},
        {{"--", "--"}, "cold - 2 [--]"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(run(&brew, cases[i].words), CLI_OK);
        check_text(&ran, cases[i].seen);
        assert_string_equal(shown(), "");
        assert_string_equal(complained(), "");
    }
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *words[WORDS_MAX + 1];
        const char *said;
    } cases[] = {
        {{"--bena", "x"}, "unknown option --bena: did you mean --bean? (weir brew --help lists"},
        {{"--bena=x"}, "unknown option --bena=x: did you mean --bean? (weir brew --help lists"},
        {{"--luod"}, "unknown option --luod: did you mean --loud?"},
        {{"--ex"}, "unknown option --ex: did you mean --extra?"},
        {{"--frobnicate"}, "weir: unknown option --frobnicate (weir brew --help lists them)\n"},
        {{"-z"}, "weir: unknown option -z (weir brew --help lists them)\n"},
        {{"-px"}, "weir: unknown option -px (weir brew --help lists them)\n"},
        {{"--hot=yes"}, "weir: --hot takes no value\n"},
        {{"--bean"}, "weir: --bean needs a value: --bean NAME\n"},
        {{"--hot", "-b"}, "weir: --bean needs a value: --bean NAME\n"},
        {{"--cups", "many"}, "weir: --cups needs a whole number from 1 up, not 'many'\n"},
        {{"--cups", "0"}, "weir: --cups needs a whole number from 1 up, not '0'\n"},
        {{"--cups="}, "weir: --cups needs a whole number from 1 up, not ''\n"},
        {{"-c1.5"}, "weir: --cups needs a whole number from 1 up, not '1.5'\n"},
        {{"-c", "9223372036854775808"}, "--cups needs a whole number from 1 up"},
        {{"a", "b", "c"}, "weir: weir brew: unexpected argument 'c'\n"},
        {{"--extra", "a", "--extra", "b", "--nothing"}, "unknown option --nothing"},
        {{"--0123456789012345678901234567890123456789012345678901234567890123456789"},
         "unknown option --0123456789"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(run(&brew, cases[i].words), CLI_USAGE);
        assert_int_equal(ran.len, 0); /* nothing was done */
        check_contains(complained(), cases[i].said);
        assert_string_equal(shown(), "");
    }
}

static void test_operands(void **state)
{
    (void)state;
    assert_int_equal(run(&serve, (const char *const[]){NULL}), CLI_USAGE);
    assert_string_equal(complained(),
                        "weir: weir serve needs FILE... (weir serve --help says more)\n");
    assert_int_equal(run(&serve, (const char *const[]){"a", "b", "c", "d", "e", NULL}), CLI_OK);
    check_text(&ran, "cold - 0 [a] [b] [c] [d] [e]");
    assert_int_equal(run(&prompt, (const char *const[]){"x", NULL}), CLI_USAGE);
    assert_string_equal(complained(), "weir: weir: unexpected argument 'x'\n");
}

static void test_status_is_passed_on(void **state)
{
    (void)state;
    assert_int_equal(run(&brew, (const char *const[]){"-c99", NULL}), CLI_FAILED);
    assert_int_equal(run(&raw, (const char *const[]){"--any", "thing", NULL}), 3);
    check_text(&ran, "<--any><thing>");
}

/* ---------------------------------------------------------------------------------------- help */

static void test_help_of_a_command(void **state)
{
    (void)state;
    static const char text[] = "Usage: weir brew [OPTION]... POT...\n"
                               "\n"
                               "Make coffee.\n"
                               "\n"
                               "It takes a while.\n"
                               "\n"
                               "Options:\n"
                               "  -p, --hot                   serve it hot\n"
                               "  -b, --bean NAME             which bean\n"
                               "  -c, --cups N                how many\n"
                               "      --extra WHAT            something else; may be repeated\n"
                               "      --a-name-that-is-as-long-as-they-come\n"
                               "                              has its text on the next line\n"
                               "  -l, --loud                  say so\n"
                               "  -h, --help                  this text\n";
    assert_int_equal(run(&brew, (const char *const[]){"--help", NULL}), CLI_OK);
    assert_string_equal(shown(), text);
    assert_int_equal(run(&brew, (const char *const[]){"--hot", "-h", "--nonsense", NULL}), CLI_OK);
    assert_string_equal(shown(), text);
    assert_int_equal(ran.len, 0);
    assert_int_equal(run(&raw, (const char *const[]){"-h", NULL}), CLI_OK);
    assert_string_equal(shown(), "Usage: weir raw\n\nReads its words itself.\n");
    assert_int_equal(ran.len, 0);
    assert_int_equal(run(&raw, (const char *const[]){"x", "--help", NULL}), 3); /* its own words */
}

static void test_overview(void **state)
{
    (void)state;
    capture_begin();
    cli_help(stdout);
    capture_end();
    check_contains(shown(), "\n  weir                        Wait for orders\n");
    check_contains(shown(), "\n  weir brew POT...            Make coffee\n");
    check_contains(shown(), "\n  weir serve FILE...          Hand it round\n");
    check_contains(shown(), "Without a command there is a prompt.\n");
    check_contains(shown(), "\n  -l, --loud                  say so\n");
    assert_int_equal(run(&prompt, (const char *const[]){"--help", NULL}), CLI_OK);
    char *first = cli_copy(shown(), strlen(shown()));
    capture_begin();
    cli_command_help(&prompt, stdout);
    capture_end();
    assert_string_equal(shown(), first);
    free(first);
}

/* ------------------------------------------------------------------------------------- nearness */

static void test_distance(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        size_t distance;
    } cases[] = {
        {"", "", 0},
        {"a", "a", 0},
        {"", "abc", 3},
        {"abc", "abd", 1},
        {"abc", "ab", 1},
        {"abc", "xabc", 1},
        {"abc", "acb", 1},
        {"abcd", "badc", 2},
        {"kitten", "sitting", 3},
        {"Bean", "bean", 1},
        {"abc", "cba", 2},
        {"ca", "abc", 3},
        {"output", "ouput", 1},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(cli_distance(cases[i].a, cases[i].b), cases[i].distance);
        assert_int_equal(cli_distance(cases[i].b, cases[i].a), cases[i].distance);
    }
    char longer[42];
    memset(longer, 'a', 41);
    longer[41] = 0;
    assert_int_equal(cli_distance(longer, longer), 40); /* too long to be compared: far */
    assert_int_equal(cli_distance(longer + 1, longer + 1), 0);
}

static void test_commands_by_name(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        const cli_command *near;
    } cases[] = {
        {"brew", &brew},  {"berw", &brew}, {"bre", &brew},     {"brwe", &brew},
        {"srve", &serve}, {"se", &serve},  {"serves", &serve}, {"rwa", &raw},
        {"x", NULL},      {"", NULL},      {"espresso", NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        if (cli_command_nearest(cases[i].word) != cases[i].near)
            fail_msg("'%s'", cases[i].word);
    assert_ptr_equal(cli_command_find("brew"), &brew);
    assert_ptr_equal(cli_command_find(""), &prompt);
    assert_null(cli_command_find("Brew"));
    assert_null(cli_command_find("bre"));
}

static int teardown(void **state)
{
    cli_text_free(&ran);
    return capture_teardown(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_operands),
        cmocka_unit_test(test_status_is_passed_on),
        cmocka_unit_test(test_help_of_a_command),
        cmocka_unit_test(test_overview),
        cmocka_unit_test(test_distance),
        cmocka_unit_test(test_commands_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, teardown);
}
