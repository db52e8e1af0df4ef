/* SPDX-License-Identifier: Apache-2.0 */
/*
 * formats.h - the formats of keys and values that `weir produce` writes and `weir consume` reads as
 * JSON text. BYTES, or nothing for produce, leaves them as they are.
 */
#ifndef CLI_FORMATS_H
#define CLI_FORMATS_H

#include "options.h"
#include "weir.h"

/** What the options say; NULL: nothing. */
typedef struct cli_formats {
    const char *key_format, *value_format;
    const char *key_schema, *value_schema; /* files */
    const char *key_schema_name,
        *value_schema_name;              /* messages in them, or in what is registered */
    bool existing_schemas;               /* files are looked for, not registered */
    const char *key_index, *value_index; /* reading PROTOBUF: NONE, records have no message index */
} cli_formats;

/** NULL: bytes as they are. */
typedef struct cli_serdes {
    weir_serde *key, *value;
} cli_serdes;

/**
 * Errors are shown.
 * @return CLI_OK; CLI_USAGE: the options make no sense; CLI_FAILED: a file, the registry.
 */
int cli_serdes_open(weir *w, const char *topic, const cli_formats *formats, bool writing,
                    cli_serdes *out);
void cli_serdes_close(cli_serdes *s);

#endif
