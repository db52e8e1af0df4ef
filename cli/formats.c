/* SPDX-License-Identifier: Apache-2.0 */
/* Options to the library's serdes. */
#include "formats.h"

#include "open.h"

#include <string.h>
#include <strings.h>

static bool is_bytes(const char *format)
{
    return !format || strcasecmp(format, "BYTES") == 0;
}

/* Of the word that SQL's ..._PROTOBUF_MESSAGE_INDEX has, too. */
static int take_index(weir_serde_options *o, const char *index)
{
    if (index && strcasecmp(index, "NONE") != 0)
        return cli_usage_error("--%s-message-index is '%s'; it can be NONE",
                               o->is_key ? "key" : "value", index);
    o->no_message_index = index != NULL;
    return CLI_OK;
}

static int open_one(weir *w, weir_serde_options *o, const char *file, weir_serde **out)
{
    cli_text text = {0};
    weir_error err = {0};
    int status = CLI_OK;
    const char *part = o->is_key ? "key" : "value";
    if (is_bytes(o->format)) {
        if (file || o->full_name)
            return cli_usage_error("--%s-schema and --%s-schema-full-name need a --%s-format that "
                                   "has schemas",
                                   part, part, part);
        if (o->no_message_index)
            return cli_usage_error("--%s-message-index needs --%s-format PROTOBUF", part, part);
        return CLI_OK;
    }
    if (file && !cli_read_file(file, &text))
        return CLI_FAILED;
    if (file && strlen(cli_text_string(&text)) != text.len) {
        fprintf(stderr, "weir: %s is no text\n", file);
        status = CLI_FAILED;
    }
    o->schema = file ? cli_text_string(&text) : NULL;
    if (status == CLI_OK && weir_serde_open(w, o, out, &err) != WEIR_OK)
        status = cli_show_error(&err);
    cli_text_free(&text);
    return status;
}

int cli_serdes_open(weir *w, const char *topic, const cli_formats *f, bool writing, cli_serdes *out)
{
    weir_serde_options key = WEIR_SERDE_OPTIONS_INIT, value = WEIR_SERDE_OPTIONS_INIT;
    key.topic = value.topic = topic;
    key.writing = value.writing = writing;
    key.existing_schema = value.existing_schema = f->existing_schemas;
    key.is_key = true;
    key.format = f->key_format;
    key.full_name = f->key_schema_name;
    value.format = f->value_format;
    value.full_name = f->value_schema_name;
    *out = (cli_serdes){0};
    int status = take_index(&key, f->key_index);
    if (status == CLI_OK)
        status = take_index(&value, f->value_index);
    if (status == CLI_OK)
        status = open_one(w, &key, f->key_schema, &out->key);
    if (status == CLI_OK)
        status = open_one(w, &value, f->value_schema, &out->value);
    if (status != CLI_OK)
        cli_serdes_close(out);
    return status;
}

void cli_serdes_close(cli_serdes *s)
{
    weir_serde_close(s->key);
    weir_serde_close(s->value);
    *s = (cli_serdes){0};
}
