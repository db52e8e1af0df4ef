/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `weir consume`: records of a topic as lines.
 *
 * Lines are gathered while records come fast and written before each wait, so a reader behind a
 * pipe sees each record at once and a large topic still goes quickly.
 */
#include "program.h"

#include "envelope.h"
#include "formats.h"
#include "key_text.h"
#include "open.h"
#include "signals.h"
#include "view.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#define WAIT_MS      100
#define SILENCE_MS   1500 /* after which a person wonders */
#define OUTPUT_BYTES ((size_t)64 << 10)

typedef struct consume_settings {
    cli_place place;
    bool from_beginning, until_end, json;
    bool print_key, print_timestamp, print_headers, print_partition;
    int64_t count;
    const char *key_separator, *null_marker;
    cli_formats formats;
} consume_settings;

#define FIELD(member) offsetof(consume_settings, member)

static const cli_option options[] = {
    {"from-beginning", 0, CLI_FLAG, FIELD(from_beginning), NULL,
     "also the records that are there already (default: only those that come from now on)", 0},
    {"until-end", 0, CLI_FLAG, FIELD(until_end), NULL,
     "only the records that are there now; then stop", 0},
    {"count", 'n', CLI_INT, FIELD(count), "N", "stop after N records", 1},
    {"json", 0, CLI_FLAG, FIELD(json), NULL,
     "a line of JSON for each record, as produce --json reads", 0},
    {"print-key", 0, CLI_FLAG, FIELD(print_key), NULL, "KEY TEXT VALUE instead of the value alone",
     0},
    {"print-timestamp", 0, CLI_FLAG, FIELD(print_timestamp), NULL,
     "the timestamp in milliseconds, before the rest", 0},
    {"print-partition", 0, CLI_FLAG, FIELD(print_partition), NULL,
     "PARTITION:OFFSET, before the rest", 0},
    {"print-headers", 0, CLI_FLAG, FIELD(print_headers), NULL, "NAME=VALUE,..., before the rest",
     0},
    {"key-separator", 0, CLI_TEXT, FIELD(key_separator), "TEXT",
     "between the parts (default: a tab)", 0},
    {"null", 0, CLI_TEXT, FIELD(null_marker), "TEXT", "how NULL is written (default: null)", 0},
    {"key-format", 0, CLI_TEXT, FIELD(formats.key_format), "FORMAT",
     "keys are of this format and shown as JSON (default: AUTO, with --json BYTES)", 1},
    {"value-format", 0, CLI_TEXT, FIELD(formats.value_format), "FORMAT", "likewise values", 1},
    {"key-schema", 0, CLI_TEXT, FIELD(formats.key_schema), "FILE",
     "the .proto file of PROTOBUF_NOSR", 1},
    {"value-schema", 0, CLI_TEXT, FIELD(formats.value_schema), "FILE", "likewise of values", 1},
    {"key-schema-full-name", 0, CLI_TEXT, FIELD(formats.key_schema_name), "NAME",
     "the message in that file, or of records without an index (default: the first)", 1},
    {"value-schema-full-name", 0, CLI_TEXT, FIELD(formats.value_schema_name), "NAME",
     "likewise of values", 1},
    {"key-message-index", 0, CLI_TEXT, FIELD(formats.key_index), "NONE",
     "PROTOBUF keys of writers that give no message index, as kafkajs", 1},
    {"value-message-index", 0, CLI_TEXT, FIELD(formats.value_index), "NONE", "likewise of values",
     1},
    {0},
};

static const consume_settings defaults = {.key_separator = "\t", .null_marker = "null"};

static void add_bytes(const consume_settings *o, cli_text *out, const void *bytes, size_t len)
{
    if (bytes)
        cli_text_add(out, bytes, len);
    else
        cli_text_adds(out, o->null_marker);
}

static void add_headers(const consume_settings *o, const weir_record *r, cli_text *out)
{
    for (size_t h = 0; h < r->headers_n; h++) {
        cli_text_addf(out, "%s%s=", h ? "," : "", r->header_keys[h]);
        bool null = r->header_lens[h] == SIZE_MAX;
        add_bytes(o, out, null ? NULL : r->header_values[h], null ? 0 : r->header_lens[h]);
    }
}

/** Key and value as JSON text; NULL: as they are. */
typedef struct texts {
    const char *key, *value;
} texts;

static void add_line(const consume_settings *o, const weir_record *r, const texts *t, cli_text *out)
{
    if (o->json) {
        cli_envelope_write(r, t->key, t->value, out);
        return;
    }
    if (o->print_timestamp)
        cli_text_addf(out, "%" PRId64 "%s", r->timestamp, o->key_separator);
    if (o->print_partition)
        cli_text_addf(out, "%" PRId32 ":%" PRId64 "%s", r->partition, r->offset, o->key_separator);
    if (o->print_headers) {
        add_headers(o, r, out);
        cli_text_adds(out, o->key_separator);
    }
    if (o->print_key) {
        if (t->key)
            cli_text_adds(out, t->key);
        else if (r->key)
            cli_key_text(r->key, r->key_len, out);
        else
            cli_text_adds(out, o->null_marker);
        cli_text_adds(out, o->key_separator);
    }
    if (t->value)
        cli_text_adds(out, t->value);
    else
        add_bytes(o, out, r->value, r->value_len);
    cli_text_addc(out, '\n', 1);
}

/** Says to a person, who sees nothing, what is being waited for. */
static void say_waiting(const consume_settings *o)
{
    if (isatty(STDERR_FILENO))
        fprintf(stderr, o->from_beginning
                            ? "(these are all; waiting for more, Ctrl-C ends)\n"
                            : "(waiting for new records, Ctrl-C ends; --from-beginning also shows "
                              "those that are there)\n");
}

/** What became of a record. */
typedef enum decoded {
    DECODED,
    DECODED_NOT,   /* it is not of its format: said, and left out */
    DECODED_NEVER, /* no record can be decoded now: said */
} decoded;

static decoded decode_part(weir_serde *s, const char *part, const char *topic, const weir_record *r,
                           const char **text)
{
    weir_error err = {0};
    size_t len;
    *text = NULL;
    if (!s || weir_serde_read(s, r, text, &len, &err) == WEIR_OK)
        return DECODED;
    if (err.code == WEIR_ERR_LOG || err.code == WEIR_ERR_CONFIG) { /* the registry */
        cli_show_error(&err);
        return DECODED_NEVER;
    }
    fprintf(stderr, "weir: %s, partition %" PRId32 ", offset %" PRId64 ": %s: %s\n", topic,
            r->partition, r->offset, part, err.message);
    if (*err.hint)
        fprintf(stderr, "Hint: %s\n", err.hint);
    return DECODED_NOT;
}

static decoded decode(const cli_serdes *s, const char *topic, const weir_record *r, texts *out)
{
    decoded key = decode_part(s->key, "key", topic, r, &out->key);
    if (key != DECODED)
        return key;
    return decode_part(s->value, "value", topic, r, &out->value);
}

static int copy_records(const consume_settings *o, const char *topic, const cli_serdes *serdes,
                        weir_consumer *c)
{
    cli_view view = CLI_VIEW_INIT;
    cli_text out = {0};
    int status = CLI_OK;
    int64_t n = 0, begun_ms = cli_now_ms();
    bool said = false, bad = false;
    while (!cli_signals_stop() && !view.failed && !(o->count && n >= o->count)) {
        weir_record record;
        weir_error err = {0};
        /* Written lines first, and only then wait. */
        weir_status st = weir_consumer_next(c, o->until_end, out.len ? 0 : WAIT_MS, &record, &err);
        if (st == WEIR_ROW) {
            texts t;
            decoded d = decode(serdes, topic, &record, &t);
            bad = bad || d != DECODED;
            if (d == DECODED_NEVER)
                break;
            if (d == DECODED)
                add_line(o, &record, &t, &out);
            n++;
        } else if (st != WEIR_ERR_INTERRUPTED) {
            if (st != WEIR_DONE)
                status = cli_show_error(&err);
            break;
        }
        if (st != WEIR_ROW || out.len >= OUTPUT_BYTES)
            cli_view_take(&view, &out);
        if (st != WEIR_ROW && !said && cli_now_ms() - begun_ms >= SILENCE_MS) {
            say_waiting(o);
            said = true;
        }
    }
    cli_view_take(&view, &out);
    WR_ASSERT(n >= 0 && (!o->count || n <= o->count));
    cli_text_free(&out);
    if (view.failed || bad)
        return CLI_FAILED;
    return status == CLI_OK ? cli_signals_status() : status;
}

static int run_consume(void *settings, const cli_list *operands)
{
    consume_settings *o = settings;
    weir *w;
    weir_consumer *c;
    weir_error err = {0};
    if (o->json && (o->print_key || o->print_timestamp || o->print_headers || o->print_partition))
        return cli_usage_error("--json prints everything; the --print options are for plain lines");
    if (o->until_end)
        o->from_beginning = true; /* from now on until now there is nothing */
    /* Lines for people say what records mean; envelopes keep their bytes unless told otherwise. */
    if (!o->formats.key_format)
        o->formats.key_format = o->print_key ? "AUTO" : "BYTES";
    if (!o->formats.value_format)
        o->formats.value_format = o->json ? "BYTES" : "AUTO";
    cli_signals_install(CLI_SIGNALS_SERVICE);
    o->place.topics_only = true;
    o->place.join = true;
    int status = cli_open(&o->place, true, &w);
    if (status != CLI_OK)
        return status;
    const char *topic = operands->at[0];
    cli_serdes serdes = {0};
    if (weir_consume(w, topic, o->from_beginning, &c, &err) != WEIR_OK)
        return cli_close(w, cli_show_error(&err));
    status = cli_serdes_open(w, topic, &o->formats, false, &serdes);
    if (status == CLI_OK)
        status = copy_records(o, topic, &serdes, c);
    cli_serdes_close(&serdes);
    weir_consumer_close(c);
    return cli_close(w, status);
}

const cli_command cli_consume_command = {
    .name = "consume",
    .operands = "TOPIC",
    .operands_min = 1,
    .operands_max = 1,
    .summary = "Write a topic's records to standard output",
    .about =
        "AUTO shows as JSON what names a schema of the registry, and leaves the rest as it is. "
        "Formats:\nAVRO, PROTOBUF, JSON_SR, PROTOBUF_NOSR (with a schema file), JSON, "
        "DELIMITED, DEBEZIUM_JSON,\nKAFKA_INT, KAFKA_BIGINT, KAFKA_DOUBLE, KAFKA_STRING. "
        "BYTES: as they are. A record that is not of\nits format is reported and left out.",
    .options = options,
    .shared = cli_place_options,
    .settings_size = sizeof(consume_settings),
    .defaults = &defaults,
    .run = run_consume,
};
