/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the program knows of passwords. Where one is set the process leaves no core dump: besides
 * our own copy there are librdkafka's, libcurl's and OpenSSL's, which cannot be marked one by one.
 */
#include "secrets.h"

#include "screen_text.h"

#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <sys/resource.h>

bool cli_names_secret(const char *text)
{
    static const char *const words[] = {"password", "token",  "user.info",
                                        "jaas",     "secret", "ssl.key.pem"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcasestr(text, words[i]))
            return true;
    return false;
}

/** Write over what comes after the '=' of NAME=VALUE where NAME is a secret's. */
static void hide(char *pair)
{
    char *equals = strchr(pair, '=');
    if (!equals)
        return;
    *equals = 0;
    if (cli_names_secret(pair))
        memset(equals + 1, 'x', strlen(equals + 1));
    *equals = '=';
}

char **cli_own_words(int argc, char **argv)
{
    static const char set[] = "--set";
    char **own = cli_realloc(NULL, ((size_t)argc + 1) * sizeof *own);
    for (int i = 0; i < argc; i++) {
        own[i] = cli_copy(argv[i], strlen(argv[i]));
        if (strncmp(argv[i], "--set=", sizeof set) == 0)
            hide(argv[i] + sizeof set);
        else if (i > 0 && strcmp(own[i - 1], set) == 0)
            hide(argv[i]);
    }
    own[argc] = NULL;
    return own;
}

void cli_free_words(char **words)
{
    for (char **word = words; *word; word++)
        free(*word);
    free(words);
}

void cli_no_core_dump(void)
{
    const char *keep = getenv("WEIR_CORE_DUMPS");
    if (keep && strcmp(keep, "1") == 0)
        return;
#ifdef __linux__
    /* Also for handlers of dumps (systemd, apport), which do not look at the limit. */
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
    const struct rlimit none = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &none);
}
