/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records that name a schema, for PRINT: see print_schema.h.
 *
 * Nothing here fails: what cannot be found out is left to the guess. Thread: the statement's, which
 * holds no lock while it waits for the registry.
 */
#include "runtime/statement/print_schema.h"

#include "runtime/statement/record_serde.h"

/* The only format of each kind that puts ids before its payloads. */
static const wr_format_id formats[] = {
    [WR_SCHEMA_AVRO] = WR_FORMAT_AVRO,
    [WR_SCHEMA_JSON] = WR_FORMAT_JSON_SR,
    [WR_SCHEMA_PROTOBUF] = WR_FORMAT_PROTOBUF,
};

/* Of this statement alone; a registry may be missing, then everything is guessed. */
void wr__schema_printer_init(wr__schema_printer *p, wr_registry *registry,
                             wr_registry_interrupt interrupt, bool is_key)
{
    *p = (wr__schema_printer){.registry = registry, .interrupt = interrupt, .is_key = is_key};
    wr_map_init(&p->unknown);
}

void wr__schema_printer_free(wr__schema_printer *p)
{
    wr_map_free(&p->unknown);
    wr_parsed_schema_free(&p->parsed);
}

/* An id that the registry does not know is kept; a registry that does not answer is asked again. */
static const wr_registry_schema *find_id(wr__schema_printer *p, uint32_t id)
{
    const wr_registry_schema *schema;
    wr_str key = wr_str_make((const char *)&id, sizeof id);
    weir_error none;
    if (wr_map_get(&p->unknown, key))
        return NULL;
    weir_status st = wr_registry_get_id(p->registry, &p->interrupt, id, &schema, &none);
    if (st == WEIR_ERR_NOT_FOUND)
        (void)wr_map_put(&p->unknown, key, p);
    return st == WEIR_OK ? schema : NULL;
}

static const wr_registry_schema *find_schema(wr__schema_printer *p, const wr_schema_mark *mark)
{
    const wr_registry_schema *schema;
    weir_error none;
    if (!mark->by_guid)
        return find_id(p, mark->id);
    weir_status st = wr_registry_get_guid(p->registry, &p->interrupt, mark->guid, &schema, &none);
    return st == WEIR_OK ? schema : NULL;
}

/* A payload that begins like one and does not read so is no such record: it is guessed instead. */
const char *wr__schema_print(wr__schema_printer *p, const wr_record *record, wr_str payload,
                             wr_buf *out)
{
    wr_schema_mark mark;
    wr_str header = wr_schema_header_of(record->headers, p->is_key);
    if (!p->registry || !payload.ptr || !wr_schema_mark_read(header.ptr ? header : payload, &mark))
        return NULL;
    const wr_registry_schema *schema = find_schema(p, &mark);
    if (!schema)
        return NULL;
    WR_ASSERT((size_t)schema->kind < WR_ARRAY_LEN(formats));
    const wr_format *format = wr_format_get(formats[schema->kind]);
    /* Parsing it costs more than to print a record by it. */
    const wr_format_options options = {.registry = p->registry, .parsed = &p->parsed};
    wr_buf text = {0};
    weir_error none;
    weir_status st = wr_format_to_json(format, &options, header, payload, &text, &none);
    if (st == WEIR_OK && out)
        wr_buf_str(out, wr_buf_view(&text));
    wr_buf_free(&text);
    return st == WEIR_OK ? format->name : NULL;
}

/* Only what was there when the formats were announced. */
bool wr__schema_note(wr__schema_printer *p, const wr_record *record, wr_str payload)
{
    const char *name = wr__schema_print(p, record, payload, NULL);
    if (!name)
        p->others++;
    for (size_t kind = 0; name && kind < WR_ARRAY_LEN(formats); kind++)
        if (wr_format_get(formats[kind])->name == name)
            p->kinds |= 1u << kind;
    return name != NULL;
}

/* Topics that hold records of several kinds, or of a kind and none, do happen. */
bool wr__schema_announce(const wr__schema_printer *p, wr_buf *out)
{
    bool any = false;
    if (!p->kinds)
        return false;
    if (p->others) {
        wr_buf_puts(out, "MIXED");
        return true;
    }
    for (size_t kind = 0; kind < WR_ARRAY_LEN(formats); kind++) {
        if (!(p->kinds & 1u << kind))
            continue;
        wr_buf_printf(out, "%s%s", any ? " or " : "", wr_format_get(formats[kind])->name);
        any = true;
    }
    WR_ASSERT(any);
    return true;
}
