/* SPDX-License-Identifier: Apache-2.0 */
#include "service.h"

#include "report.h"
#include "signals.h"

#include <string.h>

#define STOP_SECONDS 10

bool cli_parse_on_change(const char *word, weir_on_change *out)
{
    static const char *const words[] = {
        [WEIR_ON_CHANGE_REFUSE] = "refuse",
        [WEIR_ON_CHANGE_RESTART] = "restart",
        [WEIR_ON_CHANGE_KEEP_OLD] = "keep-old",
    };
    *out = WEIR_ON_CHANGE_REFUSE;
    for (size_t i = 0; word && i < sizeof words / sizeof *words; i++) {
        *out = (weir_on_change)i;
        if (strcmp(word, words[i]) == 0)
            return true;
    }
    return !word;
}

int cli_load_files(weir *w, const cli_list *files, weir_on_change on_change)
{
    weir_error err = {0};
    cli_signals_interrupt_load(w);
    weir_status st = weir_load_files(w, (const char *const *)files->at, files->n, on_change, &err);
    cli_signals_interrupt_load(NULL);
    if (st == WEIR_OK)
        return CLI_OK;
    int failed = cli_report_files(&err, files);
    return st == WEIR_ERR_INTERRUPTED && cli_signals_status() ? cli_signals_status() : failed;
}

void cli_report_failure(weir *w, cli_progress *p)
{
    char id[256];
    weir_error err = {0};
    if (!weir_failed_query(w, id, sizeof id, &err))
        return;
    cli_progress_say(p, "query %s failed: %s", id, err.message);
    if (err.hint[0])
        cli_progress_say(p, "Hint: %s", err.hint);
}

void cli_say_stopping(cli_progress *p)
{
    static const char too_long[] =
        "weir: stopping took too long; what was not committed is done again at the next start\n";
    cli_progress_say(p, "stopping: commit, then end (again to end at once)");
    cli_signals_watchdog(STOP_SECONDS, too_long);
}
