/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena.h - memory with one lifetime.
 *
 * An arena hands out memory that is released all at once. Weir has four lifetimes, each an arena
 * passed explicitly and named for its life: `stmt_arena` (tokens, syntax tree), `plan_arena`
 * (plans, expressions, schemas; read-only once built), `task_arena` (operator state), `scratch`
 * (all that is produced while one batch passes; reset after each batch).
 *
 * Built with WR_ARENA_DEBUG (asan preset) every object is its own malloc, so ASan sees overruns and
 * uses after a reset; otherwise memory released by a reset is poisoned in debug builds.
 * Not thread-safe: one owner.
 */
#ifndef WR_COMMON_ARENA_H
#define WR_COMMON_ARENA_H

#include "common/base.h"
#include "common/str.h"

#include <stdarg.h>

typedef struct wr_arena wr_arena;

/** New arena; @p block_size bytes for the first block (0: 4096). Free with wr_arena_free. */
wr_arena *wr_arena_new(size_t block_size);
void wr_arena_free(wr_arena *a);
/** Release everything handed out, keeping the largest block for reuse. */
void wr_arena_reset(wr_arena *a);
/** Give the kept block back to the system where it is larger than @p keep bytes, and begin with a
 *  block of that size again. @pre nothing has been handed out since the last reset. */
void wr_arena_trim(wr_arena *a, size_t keep);
/**
 * Call @p fn(arg) when the arena is reset or freed, the newest first: for what memory in the arena
 * refers to but does not hold (compiled patterns, formatters).
 */
void wr_arena_defer(wr_arena *a, void (*fn)(void *arg), void *arg);
/** Bytes handed out since the last reset. */
size_t wr_arena_used(const wr_arena *a);
/** Bytes held from the system. */
size_t wr_arena_held(const wr_arena *a);

/** @return @p size bytes, aligned to 16, not cleared. Never NULL. */
void *wr_arena_alloc(wr_arena *a, size_t size) __attribute__((alloc_size(2), returns_nonnull));
void *wr_arena_calloc(wr_arena *a, size_t n, size_t size) __attribute__((returns_nonnull));
void *wr_arena_memdup(wr_arena *a, const void *p, size_t n);
char *wr_arena_strdup(wr_arena *a, const char *s);
char *wr_arena_strndup(wr_arena *a, const char *s, size_t n);
/** Copy of the bytes of @p s, with a 0 byte after. */
wr_str wr_arena_str(wr_arena *a, wr_str s);
char *wr_arena_printf(wr_arena *a, const char *fmt, ...) WR_PRINTF(2, 3);
char *wr_arena_vprintf(wr_arena *a, const char *fmt, va_list ap) WR_PRINTF(2, 0);

#define WR_NEW(arena, type)      ((type *)wr_arena_calloc((arena), 1, sizeof(type)))
#define WR_NEW_N(arena, type, n) ((type *)wr_arena_calloc((arena), (n), sizeof(type)))

/*
 * Growable array in an arena: `wr_arr(wr_node *) items = {0}; wr_arr_push(arena, &items, x);`
 * Old storage stays in the arena until its end, so use it for things that are built once.
 */
#define wr_arr(T)                                                                                  \
    struct {                                                                                       \
        T *v;                                                                                      \
        size_t n, cap;                                                                             \
    }
#define wr_arr_push(arena, arr, item)                                                              \
    do {                                                                                           \
        if ((arr)->n == (arr)->cap)                                                                \
            (arr)->v = wr__arr_grow((arena), (arr)->v, (arr)->n, &(arr)->cap, sizeof *(arr)->v);   \
        (arr)->v[(arr)->n++] = (item);                                                             \
    } while (0)
void *wr__arr_grow(wr_arena *a, void *old, size_t n, size_t *cap, size_t item_size)
    __attribute__((returns_nonnull));

#endif
