/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secrets.h - passwords on their way through the program: off the list of processes, and out of
 * core dumps and the history of the prompt.
 */
#ifndef CLI_SECRETS_H
#define CLI_SECRETS_H

#include <stdbool.h>

/** Does the text hold a word that names of secret settings have? Too much rather than too little.
 */
bool cli_names_secret(const char *text);

/**
 * The words of the command line, to use instead of @p argv: in that one the values of secret
 * settings are written over, so that `ps` does not show them for longer than the start takes.
 * @return @p argc words and NULL; give back with cli_free_words.
 */
char **cli_own_words(int argc, char **argv);
void cli_free_words(char **words);

/** From now on this process leaves no core dump; WEIR_CORE_DUMPS=1 in the environment keeps them.
 */
void cli_no_core_dump(void);

#endif
