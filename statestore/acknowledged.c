/* SPDX-License-Identifier: Apache-2.0 */
#include "statestore/acknowledged.h"

#include "common/buf.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>
#include <xxhash.h>

#define FORM    "weir ack %016" PRIx64 " %016" PRIx64 "\n"
#define READ_AS "weir ack %16" SCNx64 " %16" SCNx64
#define NAME    "acknowledged"

static uint64_t check_of(uint64_t sequence)
{
    return XXH3_64bits(&sequence, sizeof sequence);
}

uint64_t wr__acknowledged_read(const char *path)
{
    wr_buf name = {0};
    wr_buf_printf(&name, "%s/" NAME, path);
    FILE *file = fopen(wr_buf_cstr(&name), "re");
    wr_buf_free(&name);
    uint64_t sequence = 0, check = 0;
    bool whole = file && fscanf(file, READ_AS, &sequence, &check) == 2;
    if (file)
        fclose(file);
    return whole && check == check_of(sequence) ? sequence : 0;
}

/* In place: a torn one is one that cannot be read. */
void wr__acknowledged_write(const char *path, uint64_t sequence)
{
    wr_buf name = {0};
    wr_buf_printf(&name, "%s/" NAME, path);
    int fd = open(wr_buf_cstr(&name), O_CREAT | O_WRONLY | O_CLOEXEC, 0666);
    wr_buf_free(&name);
    if (fd < 0)
        return;
    char line[64];
    int n = snprintf(line, sizeof line, FORM, sequence, check_of(sequence));
    (void)!pwrite(fd, line, (size_t)n, 0);
    close(fd);
}
