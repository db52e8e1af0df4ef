/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `weir reset`: a query begins anew, without its state and its offsets.
 *
 * The directory is opened as for a service, so nothing runs meanwhile; a service or a prompt that
 * has it open keeps this command out.
 */
#include "program.h"

#include "open.h"

#include <stdio.h>

typedef struct reset_settings {
    cli_place place;
    bool all, delete_sink;
} reset_settings;

#define FIELD(member) offsetof(reset_settings, member)

static const cli_option options[] = {
    {"all", 0, CLI_FLAG, FIELD(all), NULL,
     "all queries that the directory knows, and what it knows of services", 0},
    {"delete-sink", 0, CLI_FLAG, FIELD(delete_sink), NULL,
     "also delete the topics that the queries write to, with their records", 0},
    {0},
};

static int reset_one(weir *w, const char *id, bool delete_sink)
{
    weir_error err = {0};
    if (weir_reset_query(w, id, delete_sink, &err) != WEIR_OK)
        return cli_show_error(&err);
    if (id)
        printf("%s begins anew at the next start\n", id);
    else
        printf("All queries begin anew at the next start\n");
    return CLI_OK;
}

static int run_reset(void *settings, const cli_list *ids)
{
    reset_settings *o = settings;
    weir *w;
    if (o->all == (ids->n > 0))
        return cli_usage_error("weir reset takes ids of queries, or --all");
    int status = cli_open(&o->place, true, &w);
    if (status != CLI_OK)
        return status;
    if (o->all)
        status = reset_one(w, NULL, o->delete_sink);
    for (size_t i = 0; i < ids->n && status == CLI_OK; i++)
        status = reset_one(w, ids->at[i], o->delete_sink);
    return cli_close(w, status);
}

const cli_command cli_reset_command = {
    .name = "reset",
    .operands = "QUERY...",
    .operands_max = -1,
    .summary = "Forget a query's state and offsets, so that it begins anew",
    .about = "The next start of the query reads its topics as a new query would\n"
             "(auto.offset.reset). Records that it has written stay where they are, unless\n"
             "--delete-sink is given. Nothing else may have the data directory open.",
    .options = options,
    .shared = cli_place_options,
    .settings_size = sizeof(reset_settings),
    .run = run_reset,
};
