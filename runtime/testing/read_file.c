/* SPDX-License-Identifier: Apache-2.0 */
/* A file as a whole: statements, cases, schemas. */
#include "runtime/testing/testing_internal.h"

#include <errno.h>

weir_status wr__read_file(const char *path, wr_buf *out, weir_error *err)
{
    bool standard = strcmp(path, "-") == 0;
    FILE *f = standard ? stdin : fopen(path, "rb");
    if (!f)
        return wr_error(err, WEIR_ERR_IO, "Cannot read %s: %s", path, strerror(errno));
    size_t n;
    do {
        n = fread(wr_buf_reserve(out, 65536), 1, 65536, f);
        out->len += n;
    } while (n);
    bool bad = ferror(f) != 0;
    if (!standard)
        fclose(f);
    return bad ? wr_error(err, WEIR_ERR_IO, "Cannot read %s", path) : WEIR_OK;
}
