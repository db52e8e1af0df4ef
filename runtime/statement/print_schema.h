/* SPDX-License-Identifier: Apache-2.0 */
/*
 * print_schema.h - what PRINT shows of records that name a schema.
 *
 * Such a record says itself what it is: byte 0 and an id, or a header. It counts if the registry
 * has a schema of that id and the bytes read with it; everything else is guessed as before. A
 * number may begin with byte 0, too, so an id that nobody has is remembered, and asked for once.
 */
#ifndef WR_RUNTIME_STATEMENT_PRINT_SCHEMA_H
#define WR_RUNTIME_STATEMENT_PRINT_SCHEMA_H

#include "runtime/log/log_reader.h"
#include "runtime/statement/statement.h"

/** Key or value of the topic that is printed: each has headers, and formats, of its own. Not
 * shared: one statement prints. */
typedef struct wr__schema_printer {
    wr_registry *registry; /* NULL: nothing is recognised */
    wr_registry_interrupt interrupt;
    bool is_key;
    wr_map unknown;          /* ids (4 bytes) that nobody has */
    wr_parsed_schema parsed; /* of the last record: the next mostly has the same */
    unsigned kinds;          /* bits of wr_schema_kind that were seen when formats were announced */
    uint64_t others;         /* payloads then that name no schema */
} wr__schema_printer;

void wr__schema_printer_init(wr__schema_printer *p, wr_registry *registry,
                             wr_registry_interrupt interrupt, bool is_key);
void wr__schema_printer_free(wr__schema_printer *p);
/**
 * Print a payload that names a schema. May wait for the registry.
 * @param out  NULL: only whether it is one.
 * @return its format's name; NULL: it is none, and nothing was printed.
 */
const char *wr__schema_print(wr__schema_printer *p, const wr_record *record, wr_str payload,
                             wr_buf *out);
/** For the announcement: note what @p record is; true: it names a schema. */
bool wr__schema_note(wr__schema_printer *p, const wr_record *record, wr_str payload);
/** "AVRO", "AVRO or PROTOBUF", "MIXED"; false: nothing was recognised, and nothing is printed. */
bool wr__schema_announce(const wr__schema_printer *p, wr_buf *out);

#endif
