/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Change events of Debezium: the first byte picks the columns, the rest is the record. Whatever is
 * decoded strictly is decoded the same when fewer columns are wanted, whatever decoders have
 * learned from earlier records.
 */
#include "fuzz_formats.h"

enum { COLUMNS = 8 };

static const wr_column *columns(wr_arena *a)
{
    const wr_field fields[] = {{"X", &wr_type_double}, {"Y", &wr_type_bytes}};
    const wr_column cols[COLUMNS] = {
        {.name = "ID", .type = &wr_type_bigint},
        {.name = "A", .type = wr_type_decimal(a, 10, 2)},
        {.name = "B", .type = &wr_type_string},
        {.name = "C", .type = &wr_type_timestamp},
        {.name = "D", .type = &wr_type_time},
        {.name = "E", .type = &wr_type_date},
        {.name = "F", .type = wr_type_array(a, &wr_type_integer)},
        {.name = "G", .type = wr_type_struct(a, fields, 2)},
    };
    return wr_arena_memdup(a, cols, sizeof cols);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static wr_arena *kept, *a; /* for all inputs; for one */
    static fuzz_schema s;
    static fuzz_decoders decoders[2]; /* of values, of keys */
    static const bool wanted[COLUMNS] = {false, true, false, true, true};
    if (!kept) {
        kept = wr_arena_new(0);
        a = wr_arena_new(0);
        s = (fuzz_schema){columns(kept), COLUMNS};
        for (int key = 0; key < 2; key++)
            decoders[key] = fuzz_decoders_new(WR_FORMAT_DEBEZIUM_JSON, &s, wanted,
                                              (wr_format_options){.is_key = key}, kept);
    }
    if (!size)
        return 0;
    wr_str payload = wr_arena_str(a, wr_str_make((const char *)data + 1, size - 1));
    fuzz_strict_and_lazy(&decoders[data[0] & 1], payload, a);
    wr_arena_reset(a);
    return 0;
}
