/* SPDX-License-Identifier: Apache-2.0 */
/* KAFKA: the first byte picks the type; what decodes is written as the same bytes (STRING: after
 * malformed UTF-8 was replaced). */
#include "fuzz_formats.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const wr_type *const types[] = {&wr_type_integer, &wr_type_bigint, &wr_type_double,
                                           &wr_type_string, &wr_type_bytes};
    static wr_arena *a;
    if (!a)
        a = wr_arena_new(0);
    if (!size)
        return 0;
    wr_column column = {.name = "F", .type = types[data[0] % WR_ARRAY_LEN(types)]};
    fuzz_schema s = {&column, 1};
    wr_str payload = wr_str_make((const char *)data + 1, size - 1);
    const bool wanted[] = {false};
    wr_format_options options = {0};
    fuzz_decoders decoders = fuzz_decoders_new(WR_FORMAT_KAFKA, &s, wanted, options, a);
    fuzz_row row = fuzz_strict_and_lazy(&decoders, payload, a);
    if (row.ok) {
        WR_ASSERT(!row.values[0].null);
        wr_str bytes = fuzz_encode(WR_FORMAT_KAFKA, &s, options, row.values, a);
        wr_decoder *d = fuzz_decoder(WR_FORMAT_KAFKA, &s, NULL, options, a);
        fuzz_row back = fuzz_decode(d, &s, NULL, bytes, a);
        WR_ASSERT(back.ok && fuzz_equal(&s, NULL, &row, &back));
        if (column.type->id != WR_T_STRING)
            WR_ASSERT(wr_str_eq(bytes, payload));
    }
    wr_arena_reset(a);
    return 0;
}
