/* SPDX-License-Identifier: Apache-2.0 */
/* wire.c - the bytes that name a record's schema. facts: R01. */
#include "registry/registry.h"

#include <string.h>

enum { MAGIC_ID = 0, MAGIC_GUID = 1 };

const char wr_key_schema_header[] = "__key_schema_id";
const char wr_value_schema_header[] = "__value_schema_id";

bool wr_schema_mark_read(wr_str bytes, wr_schema_mark *out)
{
    const uint8_t *at = (const uint8_t *)bytes.ptr;
    size_t mark = 0;
    if (bytes.len >= 5 && at[0] == MAGIC_ID) {
        *out = (wr_schema_mark){.id = (uint32_t)at[1] << 24 | (uint32_t)at[2] << 16 |
                                      (uint32_t)at[3] << 8 | at[4]};
        mark = 5;
    } else if (bytes.len >= 1 + WR_GUID_BYTES && at[0] == MAGIC_GUID) {
        *out = (wr_schema_mark){.by_guid = true};
        memcpy(out->guid, at + 1, WR_GUID_BYTES);
        mark = 1 + WR_GUID_BYTES;
    } else {
        return false;
    }
    out->rest = wr_str_make(bytes.ptr + mark, bytes.len - mark);
    return true;
}

void wr_schema_mark_write(wr_buf *out, uint32_t id)
{
    const char bytes[5] = {MAGIC_ID, (char)(id >> 24), (char)(id >> 16), (char)(id >> 8), (char)id};
    wr_buf_put(out, bytes, sizeof bytes);
}

void wr_schema_guid_write(wr_buf *out, const uint8_t guid[WR_GUID_BYTES])
{
    wr_buf_putc(out, MAGIC_GUID);
    wr_buf_put(out, guid, WR_GUID_BYTES);
}
