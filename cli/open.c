/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From command-line options to an open engine.
 *
 * Settings come from --config and then --set, so the command line wins. `bootstrap.servers` in the
 * file chooses Kafka just as --bootstrap-servers does: a properties file made for another client
 * works as it is.
 */
#include "open.h"

#include "secrets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIELD(member) offsetof(cli_place, member)

const cli_option cli_place_options[] = {
    {"data", 0, CLI_TEXT, FIELD(data), "DIR",
     "topics, state, catalog (default: weir in the XDG data home)", 1},
    {"bootstrap-servers", 0, CLI_TEXT, FIELD(bootstrap), "LIST",
     "topics are on this Kafka cluster; state stays in --data", 1},
    {"threads", 0, CLI_INT, FIELD(threads), "N",
     "process partitions on N threads at the same time (weir.threads)", 1},
    {"set", 0, CLI_LIST, FIELD(set), "NAME=VALUE", "a setting; may be repeated", 0},
    {"config", 0, CLI_TEXT, FIELD(config), "FILE", "settings from a properties file", 1},
    {0},
};

int cli_show_error(const weir_error *err)
{
    fprintf(stderr, "weir: %s\n", err->message);
    if (err->hint[0])
        fprintf(stderr, "Hint: %s\n", err->hint);
    return CLI_FAILED;
}

bool cli_read_file(const char *path, cli_text *out)
{
    bool standard = strcmp(path, "-") == 0;
    FILE *file = standard ? stdin : fopen(path, "rbe");
    char chunk[16384];
    size_t n;
    bool ok = file != NULL;
    while (ok && (n = fread(chunk, 1, sizeof chunk, file)) > 0)
        cli_text_add(out, chunk, n);
    if (!file || ferror(file)) {
        fprintf(stderr, "weir: cannot read %s: %s\n", path, strerror(errno));
        ok = false;
    }
    if (file && !standard)
        fclose(file);
    if (ok && out->len && memchr(out->at, 0, out->len)) {
        fprintf(stderr, "weir: %s is not text: it has a 0 byte\n", path);
        ok = false;
    }
    return ok;
}

/** Add "name=value" as two owned strings. */
static bool add_pair(cli_list *pairs, const char *item)
{
    const char *equals = strchr(item, '=');
    if (!equals || equals == item)
        return false;
    cli_list_add(pairs, cli_copy(item, (size_t)(equals - item)));
    cli_list_add(pairs, cli_copy(equals + 1, strlen(equals + 1)));
    return true;
}

static const char *find_value(const cli_list *pairs, const char *name)
{
    const char *value = NULL;
    for (size_t i = 0; i + 1 < pairs->n; i += 2)
        if (strcmp(pairs->at[i], name) == 0)
            value = pairs->at[i + 1];
    return value;
}

/** What the user has said comes after what is only a default here, and wins. */
int cli_collect_settings(const cli_place *place, cli_list *pairs)
{
    if (place->from_beginning)
        add_pair(pairs, "auto.offset.reset=earliest");
    if (place->metrics)
        add_pair(pairs, "statistics.interval.ms=10000");
    if (place->config && !cli_properties_read(place->config, pairs))
        return CLI_USAGE;
    for (size_t i = 0; i < place->set.n; i++)
        if (!add_pair(pairs, place->set.at[i]))
            return cli_usage_error("--set needs NAME=VALUE, not '%s'", place->set.at[i]);
    if (place->threads) {
        char pair[48];
        snprintf(pair, sizeof pair, "weir.threads=%lld", (long long)place->threads);
        add_pair(pairs, pair);
    }
    for (size_t i = 0; i < pairs->n; i += 2)
        if (cli_names_secret(pairs->at[i]))
            cli_no_core_dump();
    cli_list_add(pairs, NULL);
    return CLI_OK;
}

void cli_free_pairs(cli_list *pairs)
{
    for (size_t i = 0; i < pairs->n; i++)
        free((void *)pairs->at[i]);
    cli_list_free(pairs);
}

int cli_open_with(const cli_place *place, bool ephemeral, const cli_list *pairs, weir **out)
{
    weir_options options = WEIR_OPTIONS_INIT;
    options.data_dir = place->data;
    options.bootstrap_servers =
        place->bootstrap ? place->bootstrap : find_value(pairs, "bootstrap.servers");
    if (options.bootstrap_servers)
        options.log = WEIR_LOG_KAFKA;
    else if (place->nowhere)
        options.log = WEIR_LOG_MEMORY;
    options.ephemeral_catalog = ephemeral;
    options.server = place->server;
    options.user = place->user;
    options.password = place->password;
    options.join = place->join;
    options.topics_only = place->topics_only || place->nowhere;
    options.settings = pairs->at;
    weir_error err = {0};
    return weir_open(&options, out, &err) == WEIR_OK ? CLI_OK : cli_show_error(&err);
}

int cli_open(const cli_place *place, bool ephemeral, weir **out)
{
    cli_list pairs = {0};
    *out = NULL;
    int status = cli_collect_settings(place, &pairs);
    if (status == CLI_OK)
        status = cli_open_with(place, ephemeral, &pairs, out);
    cli_free_pairs(&pairs);
    return status;
}

int cli_close(weir *w, int status)
{
    weir_error err = {0};
    if (weir_close(w, &err) != WEIR_OK)
        return cli_show_error(&err);
    return status;
}

void cli_place_text(const cli_place *place, cli_text *out)
{
    const char *xdg = getenv("XDG_DATA_HOME");
    const char *home = getenv("HOME");
    if (place->server)
        cli_text_adds(out, place->server);
    else if (place->bootstrap)
        cli_text_addf(out, "Kafka at %s", place->bootstrap);
    else if (place->data)
        cli_text_adds(out, place->data);
    else if (xdg && *xdg)
        cli_text_addf(out, "%s/weir", xdg);
    else
        cli_text_addf(out, "%s/.local/share/weir", home ? home : "~");
}

int cli_define(weir *w, const cli_list *items)
{
    int status = CLI_OK;
    for (size_t i = 0; i < items->n && status == CLI_OK; i++) {
        const char *item = items->at[i];
        const char *equals = strchr(item, '=');
        if (!equals || equals == item)
            return cli_usage_error("--define needs NAME=VALUE, not '%s'", item);
        cli_text sql = {0};
        cli_text_addf(&sql, "DEFINE %.*s = '", (int)(equals - item), item);
        for (const char *at = equals + 1; *at; at++)
            cli_text_addc(&sql, *at, *at == '\'' ? 2 : 1);
        cli_text_adds(&sql, "';");
        weir_error err = {0};
        if (weir_exec(w, cli_text_string(&sql), &err) != WEIR_OK) {
            fprintf(stderr, "weir: --define %s\n", item);
            status = cli_show_error(&err);
        }
        cli_text_free(&sql);
    }
    return status;
}
