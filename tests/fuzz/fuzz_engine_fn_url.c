/* SPDX-License-Identifier: Apache-2.0 */
/* URLs: the components are slices of the text, and what was accepted decodes to valid UTF-8. */
#include "common/utf8.h"
#include "engine/functions/uri.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** @p decoded: the component may hold escapes (a host may hold a bare % before an IPv6 scope). */
static void check_part(wr_str whole, wr_str part, bool decoded)
{
    if (!part.ptr)
        return;
    WR_ASSERT(part.len == 0 ||
              (part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len));
    if (!decoded)
        return;
    wr_buf b = {0};
    wr__uri_decode(&b, part);
    WR_ASSERT(wr_utf8_valid(wr_buf_view(&b)));
    wr_buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 1 << 16)
        return 0;
    /* A copy without a 0 byte behind it, so that a read past the end is seen. */
    char *copy = wr_malloc(size ? size : 1);
    memcpy(copy, data, size);
    wr_str text = wr_str_make(copy, size);
    wr__uri uri;
    const char *fault = NULL;
    if (wr_utf8_valid(text)) {
        if (wr__uri_parse(text, &uri, &fault)) {
            check_part(text, uri.scheme, true);
            check_part(text, uri.host, false);
            check_part(text, uri.path, true);
            check_part(text, uri.query, true);
            check_part(text, uri.fragment, true);
        } else {
            WR_ASSERT(fault);
        }
    }
    wr_free(copy);
    return 0;
}
