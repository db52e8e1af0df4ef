/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service.h - what `weir run` and `weir server` have in common: query files, failures, the end.
 */
#ifndef CLI_SERVICE_H
#define CLI_SERVICE_H

#include "options.h"
#include "progress.h"

/** refuse, restart, keep-old. @param word NULL: refuse. @return false: it is none of them. */
bool cli_parse_on_change(const char *word, weir_on_change *out);
/** Load query files; a signal interrupts it. What is wrong is shown. @return the exit status. */
int cli_load_files(weir *w, const cli_list *files, weir_on_change on_change);
/** Say which query has failed first, if one has, and why. */
void cli_report_failure(weir *w, cli_progress *p);
/** Say that the end has begun, and see to it that it comes. */
void cli_say_stopping(cli_progress *p);

#endif
