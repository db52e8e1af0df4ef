/* SPDX-License-Identifier: Apache-2.0 */
/*
 * program.h - the commands of the program, one file each.
 */
#ifndef CLI_PROGRAM_H
#define CLI_PROGRAM_H

#include "options.h"

extern const cli_command cli_sql_command;     /* sql.c: `weir` itself */
extern const cli_command cli_run_command;     /* run_command.c */
extern const cli_command cli_server_command;  /* run_command.c */
extern const cli_command cli_check_command;   /* check_command.c */
extern const cli_command cli_reset_command;   /* reset_command.c */
extern const cli_command cli_export_command;  /* history_command.c */
extern const cli_command cli_repair_command;  /* history_command.c */
extern const cli_command cli_test_command;    /* test.c */
extern const cli_command cli_datagen_command; /* datagen.c */
extern const cli_command cli_produce_command; /* produce.c */
extern const cli_command cli_consume_command; /* consume.c */

#endif
