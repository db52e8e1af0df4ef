/* SPDX-License-Identifier: Apache-2.0 */
/* Asserts and the process's allocator. The only file that calls malloc and free. */
#include "common/base.h"

#include <stdio.h>
#include <stdlib.h>

void wr_assert_failed(const char *cond, const char *file, int line)
{
    fprintf(stderr, "weir: internal error: %s (%s:%d). Please report it.\n", cond, file, line);
    abort();
}

static void out_of_memory(size_t size) WR_NORETURN;
static void out_of_memory(size_t size)
{
    fprintf(stderr, "weir: out of memory (%zu bytes asked for). Committed state is safe.\n", size);
    abort();
}

void *wr_malloc(size_t size)
{
    void *p = malloc(size ? size : 1);
    if (WR_UNLIKELY(!p))
        out_of_memory(size);
    return p;
}

void *wr_calloc(size_t n, size_t size)
{
    void *p = calloc(n ? n : 1, size ? size : 1);
    if (WR_UNLIKELY(!p))
        out_of_memory(n * size);
    return p;
}

void *wr_realloc(void *old, size_t size)
{
    void *p = realloc(old, size ? size : 1);
    if (WR_UNLIKELY(!p))
        out_of_memory(size);
    return p;
}

/* mimalloc's, where it is linked: it gives pages back when its thread asks for memory, which one
 * that waits does not. */
__attribute__((weak)) void mi_collect(bool force);

void wr_memory_idle(void)
{
    if (mi_collect)
        mi_collect(true);
}

void wr_free(void *p)
{
    free(p);
}

char *wr_strdup(const char *s)
{
    size_t n = strlen(s) + 1;
    return memcpy(wr_malloc(n), s, n);
}
