/* SPDX-License-Identifier: Apache-2.0 */
/* Protobuf schemas: any text or descriptor is refused or understood; what is inferred from one can
 * be written with it, and its canonical text is a schema again. */
#include "formats/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 100000)
        return 0;
    wr_arena *a = wr_arena_new(0);
    wr_registry *registry = wr_registry_open_memory();
    const wr_format *f = wr_format_get(WR_FORMAT_PROTOBUF);
    const wr_schema_draft draft = {.kind = WR_SCHEMA_PROTOBUF,
                                   .text = wr_str_make((const char *)data, size)};
    wr_format_options options = {.registry = registry};
    weir_error err = {0};
    weir_status st =
        wr_registry_register(registry, NULL, wr_str_c("t-value"), &draft, &options.schema, &err);
    WR_ASSERT(st == WEIR_OK);
    wr_column *cols;
    uint32_t n;
    for (int exact = 0; exact < 2; exact++) {
        options.exact_names = exact;
        st = wr_format_infer(f, options.schema, &options, false, a, &cols, &n, &err);
        WR_ASSERT(st == WEIR_OK || st == WEIR_ERR_STATEMENT);
        const wr_format_columns columns = {.cols = cols, .n = n, .options = &options};
        if (st == WEIR_OK && wr_format_check(f, &columns, NULL, &err) == WEIR_OK)
            (void)!wr_format_check_schema(f, &columns, &err);
    }
    wr_buf text = {0};
    if (wr_format_schema_canonical(f, options.schema, &text, &err) != WEIR_OK)
        WR_ASSERT(err.message[0]);
    wr_buf_free(&text);
    wr_registry_free(registry);
    wr_arena_free(a);
    return 0;
}
