/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arena: a chain of blocks, each twice the last. A reset keeps the newest (largest) block.
 * With WR_ARENA_DEBUG each object is a malloc of its own, linked for the release.
 */
#include "common/arena.h"

#include <stdio.h>

#define ARENA_ALIGN     16u
#define ARENA_BLOCK_MAX ((size_t)1 << 20)

typedef struct arena_block arena_block;
struct arena_block {
    arena_block *prev; /* older block, or NULL */
    size_t cap;        /* payload bytes */
    size_t used;       /* payload bytes handed out */
    size_t pad_;       /* keeps the payload aligned to 16 */
};

typedef struct arena_deferred arena_deferred;
struct arena_deferred {
    arena_deferred *prev; /* older one, or NULL; lives in the arena itself */
    void (*fn)(void *arg);
    void *arg;
};

struct wr_arena {
    arena_block *head;
    arena_deferred *deferred;
    size_t next_size; /* payload of the next block */
    size_t used;
    size_t held;
};

static char *payload(arena_block *b)
{
    return (char *)(b + 1);
}

wr_arena *wr_arena_new(size_t block_size)
{
    wr_arena *a = wr_calloc(1, sizeof *a);
    a->next_size = block_size ? block_size : 4096;
    return a;
}

static void free_chain(wr_arena *a, arena_block *b)
{
    while (b) {
        arena_block *prev = b->prev;
        a->held -= b->cap;
        wr_free(b);
        b = prev;
    }
}

void wr_arena_defer(wr_arena *a, void (*fn)(void *arg), void *arg)
{
    arena_deferred *d = wr_arena_alloc(a, sizeof *d);
    *d = (arena_deferred){a->deferred, fn, arg};
    a->deferred = d;
}

static void run_deferred(wr_arena *a)
{
    while (a->deferred) {
        arena_deferred *d = a->deferred;
        a->deferred = d->prev;
        d->fn(d->arg);
    }
}

void wr_arena_free(wr_arena *a)
{
    if (!a)
        return;
    run_deferred(a);
    free_chain(a, a->head);
    wr_free(a);
}

void wr_arena_reset(wr_arena *a)
{
    run_deferred(a);
    a->used = 0;
    if (!a->head)
        return;
#ifdef WR_ARENA_DEBUG
    free_chain(a, a->head);
    a->head = NULL;
#else
    free_chain(a, a->head->prev);
    a->head->prev = NULL;
#ifndef NDEBUG
    memset(payload(a->head), 0xA5, a->head->used);
#endif
    a->head->used = 0;
#endif
}

void wr_arena_trim(wr_arena *a, size_t keep)
{
    WR_ASSERT(a->used == 0 && !a->deferred && keep > 0);
    if (!a->head || a->head->cap <= keep)
        return;
    free_chain(a, a->head);
    a->head = NULL;
    a->next_size = keep;
}

size_t wr_arena_used(const wr_arena *a)
{
    return a->used;
}

size_t wr_arena_held(const wr_arena *a)
{
    return a->held;
}

static arena_block *new_block(wr_arena *a, size_t cap)
{
    WR_ASSERT(cap <= SIZE_MAX - sizeof(arena_block));
    arena_block *b = wr_malloc(sizeof *b + cap);
    b->prev = a->head;
    b->cap = cap;
    b->used = 0;
    a->head = b;
    a->held += cap;
    return b;
}

void *wr_arena_alloc(wr_arena *a, size_t size)
{
    size_t n = (size + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
    WR_ASSERT(n >= size);
    a->used += n;
#ifdef WR_ARENA_DEBUG
    arena_block *b = new_block(a, size ? size : 1);
    b->used = b->cap;
    return payload(b);
#else
    arena_block *b = a->head;
    if (WR_UNLIKELY(!b || b->cap - b->used < n)) {
        b = new_block(a, WR_MAX(n, a->next_size));
        if (a->next_size < ARENA_BLOCK_MAX)
            a->next_size *= 2;
    }
    void *p = payload(b) + b->used;
    b->used += n;
    return p;
#endif
}

void *wr_arena_calloc(wr_arena *a, size_t n, size_t size)
{
    WR_ASSERT(size == 0 || n <= SIZE_MAX / size);
    void *p = wr_arena_alloc(a, n * size);
    memset(p, 0, n * size);
    return p;
}

void *wr_arena_memdup(wr_arena *a, const void *p, size_t n)
{
    void *d = wr_arena_alloc(a, n);
    if (n)
        memcpy(d, p, n);
    return d;
}

char *wr_arena_strndup(wr_arena *a, const char *s, size_t n)
{
    char *d = wr_arena_alloc(a, n + 1);
    if (n)
        memcpy(d, s, n);
    d[n] = '\0';
    return d;
}

char *wr_arena_strdup(wr_arena *a, const char *s)
{
    return wr_arena_strndup(a, s, strlen(s));
}

wr_str wr_arena_str(wr_arena *a, wr_str s)
{
    return (wr_str){wr_arena_strndup(a, s.ptr, s.len), s.len};
}

char *wr_arena_vprintf(wr_arena *a, const char *fmt, va_list ap)
{
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    WR_ASSERT(n >= 0);
    char *d = wr_arena_alloc(a, (size_t)n + 1);
    vsnprintf(d, (size_t)n + 1, fmt, again);
    va_end(again);
    return d;
}

char *wr_arena_printf(wr_arena *a, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *d = wr_arena_vprintf(a, fmt, ap);
    va_end(ap);
    return d;
}

void *wr__arr_grow(wr_arena *a, void *old, size_t n, size_t *cap, size_t item_size)
{
    WR_ASSERT(n <= *cap && *cap <= SIZE_MAX / 4 / item_size);
    *cap = *cap ? *cap * 2 : 8;
    void *p = wr_arena_alloc(a, *cap * item_size);
    if (n)
        memcpy(p, old, n * item_size);
    return p;
}
