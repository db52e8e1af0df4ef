/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Change events of Debezium: the first byte picks the columns, the rest is the record. Whatever is
 * decoded strictly is decoded the same when fewer columns are wanted.
 */
#include "fuzz_formats.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    wr_arena *a = wr_arena_new(0);
    const wr_field fields[] = {{"X", &wr_type_double}, {"Y", &wr_type_bytes}};
    const wr_column cols[] = {
        {.name = "ID", .type = &wr_type_bigint},
        {.name = "A", .type = wr_type_decimal(a, 10, 2)},
        {.name = "B", .type = &wr_type_string},
        {.name = "C", .type = &wr_type_timestamp},
        {.name = "D", .type = &wr_type_time},
        {.name = "E", .type = &wr_type_date},
        {.name = "F", .type = wr_type_array(a, &wr_type_integer)},
        {.name = "G", .type = wr_type_struct(a, fields, 2)},
    };
    const fuzz_schema s = {cols, 8};
    static const bool wanted[8] = {false, true, false, true, true};
    const wr_format_options options = {.is_key = data[0] & 1};
    fuzz_decoders decoders = fuzz_decoders_new(WR_FORMAT_DEBEZIUM_JSON, &s, wanted, options, a);
    wr_str payload = wr_arena_str(a, wr_str_make((const char *)data + 1, size - 1));
    fuzz_strict_and_lazy(&decoders, payload, a);
    wr_arena_free(a);
    return 0;
}
