/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `weir datagen`: made-up records into a topic, as fast as can be or at a rate.
 *
 * At a rate, records are handed over ten times a second, so that a reader sees them come steadily.
 */
#include "program.h"

#include "generators.h"
#include "open.h"
#include "signals.h"
#include "topic.h"

#include <inttypes.h>

typedef struct datagen_settings {
    cli_place place;
    int64_t rate, count, seed, partitions;
    const char *topic, *start;
} datagen_settings;

#define FIELD(member) offsetof(datagen_settings, member)

static const cli_option options[] = {
    {"count", 'n', CLI_INT, FIELD(count), "N",
     "number of records (default: 1000, or no end with --rate)", 1},
    {"rate", 0, CLI_INT, FIELD(rate), "N", "records per second (default: as fast as possible)", 1},
    {"seed", 0, CLI_INT, FIELD(seed), "N", "the same seed makes the same records (default 1)", 0},
    {"topic", 0, CLI_TEXT, FIELD(topic), "TOPIC", "default: the generator's name", 1},
    {"partitions", 0, CLI_INT, FIELD(partitions), "N",
     "of the topic, if it must be created (default 4)", 1},
    {"start", 0, CLI_TEXT, FIELD(start), "TIME",
     "event time of the first record: ISO 8601, ms or now (default 2025-01-01)", 0},
    {0},
};

static const datagen_settings defaults = {.seed = 1, .partitions = 4, .start = "2025-01-01"};

/** Wait until record @p i is due. @return false when a signal came. */
static bool wait_for_turn(cli_topic_writer *t, int64_t begun_ms, int64_t rate, uint64_t i, bool *ok)
{
    int64_t group = rate / 10 ? rate / 10 : 1;
    if (i % (uint64_t)group)
        return !cli_signals_stop();
    int64_t due_ms = begun_ms + (int64_t)((double)i * 1000 / (double)rate);
    if (cli_now_ms() < due_ms)
        *ok = cli_topic_writer_flush(t);
    while (*ok && cli_now_ms() < due_ms && !cli_signals_stop())
        cli_signals_wait((int)(due_ms - cli_now_ms()) + 1);
    return !cli_signals_stop();
}

static int generate(const datagen_settings *o, const cli_generator *g, int64_t start_ms,
                    cli_topic_writer *t)
{
    uint64_t count = o->count ? (uint64_t)o->count : o->rate ? UINT64_MAX : 1000;
    int64_t begun_ms = cli_now_ms();
    cli_generated made = {0};
    bool ok = true;
    for (uint64_t i = 0; ok && i < count && !cli_signals_stop(); i++) {
        if (o->rate && !wait_for_turn(t, begun_ms, o->rate, i, &ok))
            break;
        cli_text_clear(&made.key);
        cli_text_clear(&made.value);
        g->make((uint64_t)o->seed, i, start_ms, &made);
        weir_record record = {.key = made.key.at,
                              .key_len = made.key.len,
                              .value = made.value.at,
                              .value_len = made.value.len,
                              .timestamp = made.time_ms,
                              .partition = -1};
        ok = ok && cli_topic_writer_add(t, &record);
    }
    ok = ok && cli_topic_writer_flush(t);
    cli_text_free(&made.key);
    cli_text_free(&made.value);
    if (!ok)
        return CLI_FAILED;
    uint64_t written = cli_topic_writer_count(t);
    WR_ASSERT(written <= count);
    fprintf(stderr, "%" PRIu64 " record%s in %.1f s\n", written, written == 1 ? "" : "s",
            (double)(cli_now_ms() - begun_ms) / 1000);
    return written < count && count < UINT64_MAX ? cli_signals_status() : CLI_OK;
}

static int unknown_generator(const char *name)
{
    cli_text t = {0};
    const cli_generator *g;
    for (size_t i = 0; (g = cli_generator_at(i)) != NULL; i++)
        cli_text_addf(&t, "%s%s", i ? ", " : "", g->name);
    int status = cli_usage_error("there is no generator '%s', but %s", name, cli_text_string(&t));
    cli_text_free(&t);
    return status;
}

static int run_datagen(void *settings, const cli_list *operands)
{
    datagen_settings *o = settings;
    const cli_generator *g = cli_generator_find(operands->at[0]);
    int64_t start_ms;
    if (!g)
        return unknown_generator(operands->at[0]);
    if (!cli_parse_time(o->start, &start_ms))
        return cli_usage_error("--start is a time such as 2025-01-31T12:00:00Z, not '%s'",
                               o->start);
    if (o->partitions > INT32_MAX)
        return cli_usage_error("--partitions is too large");
    const char *topic = o->topic ? o->topic : g->name;
    weir *w;
    cli_signals_install(CLI_SIGNALS_SERVICE);
    o->place.topics_only = true;
    o->place.join = true;
    int status = cli_open(&o->place, true, &w);
    if (status != CLI_OK)
        return status;
    status = cli_topic_ensure(w, topic, o->partitions);
    if (status == CLI_OK) {
        cli_topic_writer *t = cli_topic_writer_new(w, topic);
        status = generate(o, g, start_ms, t);
        cli_topic_writer_free(t);
    }
    return cli_close(w, status);
}

const cli_command cli_datagen_command = {
    .name = "datagen",
    .operands = "NAME",
    .operands_min = 1,
    .operands_max = 1,
    .summary = "Write made-up clicks, pageviews, users or orders",
    .about = "Values are JSON. Record i depends on the seed and i alone; a record's time is its\n"
             "event time, which rises by 10 ms a record, with 2 % up to 5 s late.",
    .options = options,
    .shared = cli_place_options,
    .settings_size = sizeof(datagen_settings),
    .defaults = &defaults,
    .run = run_datagen,
};
