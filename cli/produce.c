/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `weir produce`: lines of standard input become records.
 *
 * Records are gathered into batches, but never held back while the input is slow: before a read
 * that would wait, what is there is written.
 */
#include "program.h"

#include "envelope.h"
#include "formats.h"
#include "open.h"
#include "signals.h"
#include "topic.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct produce_settings {
    cli_place place;
    const char *key_separator, *null_marker, *timestamp, *partitioner;
    cli_list headers;
    bool json;
    int64_t partitions, partition;
    cli_formats formats;
} produce_settings;

#define FIELD(member) offsetof(produce_settings, member)

static const cli_option options[] = {
    {"key-separator", 0, CLI_TEXT, FIELD(key_separator), "TEXT",
     "a line is KEY TEXT VALUE (default: it is the value, the key is NULL)", 0},
    {"json", 0, CLI_FLAG, FIELD(json), NULL,
     "a line is {\"key\", \"value\", \"timestamp\", \"headers\", \"partition\"}", 0},
    {"null", 0, CLI_TEXT, FIELD(null_marker), "TEXT", "a key or value that is TEXT is NULL", 0},
    {"timestamp", 0, CLI_TEXT, FIELD(timestamp), "TIME",
     "of each record: ISO 8601, ms or now (default now)", 0},
    {"header", 0, CLI_LIST, FIELD(headers), "NAME=VALUE",
     "a header of each record; may be repeated", 0},
    {"partition", 0, CLI_INT, FIELD(partition), "N", "default: by the key", 0},
    {"partitioner", 0, CLI_TEXT, FIELD(partitioner), "NAME",
     "how the key says which: murmur2, crc32 or fnv1a (default murmur2)", 0},
    {"partitions", 0, CLI_INT, FIELD(partitions), "N",
     "create the topic with N partitions if it does not exist", 1},
    {"key-format", 0, CLI_TEXT, FIELD(formats.key_format), "FORMAT",
     "the key is JSON text, written in this format: AVRO, KAFKA_INT ... (default: bytes as given)",
     1},
    {"value-format", 0, CLI_TEXT, FIELD(formats.value_format), "FORMAT", "likewise the value", 1},
    {"key-schema", 0, CLI_TEXT, FIELD(formats.key_schema), "FILE",
     "schema to write keys with, registered under TOPIC-key (default: its latest)", 1},
    {"value-schema", 0, CLI_TEXT, FIELD(formats.value_schema), "FILE",
     "likewise of values, under TOPIC-value", 1},
    {"key-schema-full-name", 0, CLI_TEXT, FIELD(formats.key_schema_name), "NAME",
     "the message of a Protobuf schema with several (default: the first)", 1},
    {"value-schema-full-name", 0, CLI_TEXT, FIELD(formats.value_schema_name), "NAME",
     "likewise of values", 1},
    {"existing-schemas", 0, CLI_FLAG, FIELD(formats.existing_schemas), NULL,
     "schemas of files must be registered already", 0},
    {0},
};

static const produce_settings defaults = {.partition = -1};

/** What all records of plain lines have in common. */
typedef struct common {
    int64_t timestamp;
    cli_list names; /* owned */
    const void **values;
    size_t *lens;
} common;

static int read_common(const produce_settings *o, common *c)
{
    c->timestamp = -1;
    if (o->timestamp && strcmp(o->timestamp, "now") != 0 &&
        !cli_parse_time(o->timestamp, &c->timestamp))
        return cli_usage_error("--timestamp is a time such as 2025-01-31T12:00:00Z, not '%s'",
                               o->timestamp);
    size_t n = o->headers.n;
    c->values = cli_realloc(NULL, n * sizeof *c->values);
    c->lens = cli_realloc(NULL, n * sizeof *c->lens);
    for (size_t i = 0; i < n; i++) {
        const char *item = o->headers.at[i], *equals = strchr(item, '=');
        if (!equals)
            return cli_usage_error("--header needs NAME=VALUE, not '%s'", item);
        cli_list_add(&c->names, cli_copy(item, (size_t)(equals - item)));
        c->values[i] = equals + 1;
        c->lens[i] = strlen(equals + 1);
    }
    return CLI_OK;
}

static void free_common(common *c)
{
    for (size_t i = 0; i < c->names.n; i++)
        free((void *)c->names.at[i]);
    cli_list_free(&c->names);
    free(c->values);
    free(c->lens);
}

static bool is_null(const produce_settings *o, const char *bytes, size_t len)
{
    return o->null_marker && strlen(o->null_marker) == len &&
           memcmp(o->null_marker, bytes, len) == 0;
}

/** @return NULL, or what is wrong with the line. */
static const char *plain_record(const produce_settings *o, const common *c, const char *line,
                                size_t len, weir_record *r)
{
    *r = (weir_record){.timestamp = c->timestamp,
                       .partition = (int32_t)o->partition,
                       .header_keys = c->names.at,
                       .header_values = c->values,
                       .header_lens = c->lens,
                       .headers_n = c->names.n};
    if (o->key_separator) {
        size_t separator = strlen(o->key_separator);
        const char *at = memmem(line, len, o->key_separator, separator);
        if (!at)
            return "the key separator is missing";
        r->key_len = (size_t)(at - line);
        r->key = is_null(o, line, r->key_len) ? NULL : line;
        len -= r->key_len + separator;
        line = at + separator;
    }
    r->value = is_null(o, line, len) ? NULL : line;
    r->value_len = len;
    return NULL;
}

/** Write what is gathered if standard input has nothing ready. */
static bool flush_if_idle(cli_topic_writer *t, uint64_t *flushed)
{
    struct pollfd wait = {.fd = STDIN_FILENO, .events = POLLIN};
    if (*flushed == cli_topic_writer_count(t) || poll(&wait, 1, 0) != 0)
        return true;
    *flushed = cli_topic_writer_count(t);
    return cli_topic_writer_flush(t);
}

/** What the lines are read with, and where they go. */
typedef struct output {
    cli_envelope envelope; /* of --json */
    cli_serdes serdes;
    cli_topic_writer *writer;
} output;

/** A key or value, JSON text so far, in its format. Borrowed until the next one of its kind. */
static bool encode(weir_serde *s, const char *part, uint64_t number, const void **bytes,
                   size_t *len)
{
    weir_error err = {0};
    if (weir_serde_write(s, *bytes, *len, bytes, len, &err) == WEIR_OK)
        return true;
    fprintf(stderr, "weir: stdin:%" PRIu64 ": %s: %s", number, part, err.message);
    fprintf(stderr, "%s%s\n", *err.hint ? "\nHint: " : "", err.hint);
    return false;
}

/** The schema's id goes before the payload, so none in a header may contradict it. */
static void drop_header(weir_record *r, cli_envelope *e, const char *name)
{
    size_t kept = 0;
    for (size_t h = 0; h < r->headers_n; h++) {
        if (strcmp(e->header_keys[h], name) == 0)
            continue;
        e->header_keys[kept] = e->header_keys[h];
        e->header_values[kept] = e->header_values[h];
        e->header_lens[kept++] = e->header_lens[h];
    }
    r->headers_n = kept;
}

static bool encode_record(const produce_settings *o, output *out, weir_record *r, uint64_t number)
{
    cli_envelope *e = &out->envelope;
    bool key = out->serdes.key && r->key && !(o->json && e->key_is_bytes);
    bool value = out->serdes.value && r->value && !(o->json && e->value_is_bytes);
    if (key && o->json)
        drop_header(r, e, "__key_schema_id");
    if (value && o->json)
        drop_header(r, e, "__value_schema_id");
    return (!key || encode(out->serdes.key, "key", number, &r->key, &r->key_len)) &&
           (!value || encode(out->serdes.value, "value", number, &r->value, &r->value_len));
}

/** One line of input without its line break. */
static bool write_line(const produce_settings *o, const common *c, output *out, const char *line,
                       size_t len, uint64_t number)
{
    weir_record record;
    const char *problem = o->json ? cli_envelope_read(&out->envelope, line, len, &record)
                                  : plain_record(o, c, line, len, &record);
    if (problem) {
        fprintf(stderr, "weir: stdin:%" PRIu64 ": %s\n", number, problem);
        return false;
    }
    if (!encode_record(o, out, &record, number))
        return false;
    if (o->json && record.timestamp < 0)
        record.timestamp = c->timestamp;
    if (o->json && record.partition < 0)
        record.partition = (int32_t)o->partition;
    return cli_topic_writer_add(out->writer, &record);
}

typedef struct input {
    cli_text bytes; /* read, from `done` on not yet taken */
    size_t done;
    bool ended;
} input;

/** Read more. @return false at the end, or when a signal came. */
static bool read_more(input *in)
{
    char chunk[65536];
    if (in->done) {
        memmove(in->bytes.at, in->bytes.at + in->done, in->bytes.len - in->done);
        in->bytes.len -= in->done;
        in->done = 0;
    }
    while (!cli_signals_stop()) {
        struct pollfd wait[2] = {{.fd = STDIN_FILENO, .events = POLLIN},
                                 {.fd = cli_signals_fd(), .events = POLLIN}};
        poll(wait, 2, -1);
        if (!wait[0].revents)
            continue;
        ssize_t n = read(STDIN_FILENO, chunk, sizeof chunk);
        if (n > 0) {
            cli_text_add(&in->bytes, chunk, (size_t)n);
            return true;
        }
        if (n == 0 || (errno != EINTR && errno != EAGAIN)) {
            in->ended = true;
            return false;
        }
    }
    return false;
}

/** The next line without its line break; the last may lack one. */
static bool next_line(input *in, cli_topic_writer *t, uint64_t *flushed, const char **line,
                      size_t *len, bool *ok)
{
    for (;;) {
        size_t left = in->bytes.len - in->done;
        const char *start = left ? in->bytes.at + in->done : "";
        const char *end = left ? memchr(start, '\n', left) : NULL;
        if (end || (in->ended && left)) {
            *line = start;
            *len = end ? (size_t)(end - start) : left;
            in->done += *len + (end != NULL);
            if (end && *len && start[*len - 1] == '\r')
                --*len;
            return true;
        }
        if (in->ended || !(*ok = flush_if_idle(t, flushed)))
            return false;
        if (!read_more(in) && !in->ended)
            return false;
    }
}

static int produce_lines(const produce_settings *o, const common *c, output *out)
{
    cli_topic_writer *t = out->writer;
    input in = {0};
    uint64_t number = 0, flushed = 0;
    const char *line;
    size_t len;
    bool ok = true;
    while (ok && !cli_signals_stop() && next_line(&in, t, &flushed, &line, &len, &ok))
        ok = write_line(o, c, out, line, len, ++number);
    /* What came before a bad line is written all the same: its number says where to go on. */
    ok = cli_topic_writer_flush(t) && ok;
    cli_text_free(&in.bytes);
    uint64_t count = cli_topic_writer_count(t), durable = cli_topic_writer_durable(t);
    WR_ASSERT(durable <= count && count <= number); /* a record is of a line */
    if (count == durable)
        fprintf(stderr, "%" PRIu64 " record%s\n", durable, durable == 1 ? "" : "s");
    else /* a disk that is full, a broker that has gone */
        fprintf(stderr, "%" PRIu64 " records are written; of %" PRIu64 " more some may be\n",
                durable, count - durable);
    if (!ok)
        return CLI_FAILED;
    return in.ended ? CLI_OK : cli_signals_status();
}

static int produce(const produce_settings *o, const common *c, const char *topic)
{
    weir *w;
    cli_signals_install(CLI_SIGNALS_SERVICE);
    int status = cli_open(&o->place, true, &w);
    if (status != CLI_OK)
        return status;
    if (o->partitions)
        status = cli_topic_ensure(w, topic, o->partitions);
    if (status == CLI_OK && !weir_topic_exists(w, topic, NULL)) {
        fprintf(stderr, "weir: topic '%s' does not exist\nHint: --partitions N creates it\n",
                topic);
        status = CLI_FAILED;
    }
    output *out = cli_realloc(NULL, sizeof *out);
    memset(out, 0, sizeof *out);
    if (status == CLI_OK)
        status = cli_serdes_open(w, topic, &o->formats, true, &out->serdes);
    if (status == CLI_OK) {
        out->envelope.key_is_json = out->serdes.key != NULL;
        out->envelope.value_is_json = out->serdes.value != NULL;
        out->writer = cli_topic_writer_new(w, topic);
        status = produce_lines(o, c, out);
        cli_topic_writer_free(out->writer);
    }
    cli_serdes_close(&out->serdes);
    cli_envelope_free(&out->envelope);
    free(out);
    return cli_close(w, status);
}

static int run_produce(void *settings, const cli_list *operands)
{
    produce_settings *o = settings;
    o->place.topics_only = true;
    o->place.join = true;
    if (o->json && (o->key_separator || o->null_marker || o->headers.n))
        return cli_usage_error("with --json each line says what is key, NULL and header");
    if (o->key_separator && !*o->key_separator)
        return cli_usage_error("--key-separator is empty");
    if (o->partition > INT32_MAX || o->partitions > INT32_MAX)
        return cli_usage_error("--partition or --partitions is too large");
    cli_text partitioner = {0}; /* the list borrows it */
    if (o->partitioner) {
        cli_text_addf(&partitioner, "weir.produce.partitioner=%s", o->partitioner);
        cli_list_add(&o->place.set, cli_text_string(&partitioner));
    }
    common c = {0};
    int status = read_common(o, &c);
    if (status == CLI_OK)
        status = produce(o, &c, operands->at[0]);
    free_common(&c);
    cli_text_free(&partitioner);
    return status;
}

const cli_command cli_produce_command = {
    .name = "produce",
    .operands = "TOPIC",
    .operands_min = 1,
    .operands_max = 1,
    .summary = "Write lines of standard input to a topic",
    .about =
        "With a format a key or value is one JSON value; null is NULL. Formats: AVRO, PROTOBUF, "
        "JSON_SR (with\na schema registry), PROTOBUF_NOSR (with a schema file), JSON, DELIMITED "
        "(an array of cells),\nKAFKA_INT, KAFKA_BIGINT, KAFKA_DOUBLE, KAFKA_STRING. BYTES: as "
        "given.",
    .options = options,
    .shared = cli_place_options,
    .settings_size = sizeof(produce_settings),
    .defaults = &defaults,
    .run = run_produce,
};
