/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base.h - what every file of Weir includes: fixed-width types, attributes, asserts.
 *
 * Out of memory: every allocation of Weir goes through wr_malloc and friends, which end the process
 * with a clear message when the system has no memory left. A kill at any point is safe by design
 * (only committed state is ever on disk), so that is the honest answer; what a *user* can make grow
 * (statements, records, nesting, buffers) has a ceiling whose violation is an ordinary error.
 */
#ifndef WR_COMMON_BASE_H
#define WR_COMMON_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define WR_PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))
#define WR_MUST_CHECK         __attribute__((warn_unused_result))
#define WR_NORETURN           __attribute__((noreturn))
#define WR_UNUSED             __attribute__((unused))
#define WR_LIKELY(x)          __builtin_expect(!!(x), 1)
#define WR_UNLIKELY(x)        __builtin_expect(!!(x), 0)
#define WR_ARRAY_LEN(a)       (sizeof(a) / sizeof((a)[0]))
#define WR_MIN(a, b)          ((a) < (b) ? (a) : (b))
#define WR_MAX(a, b)          ((a) > (b) ? (a) : (b))

/* 128-bit integers without -Wpedantic complaints. */
__extension__ typedef __int128 wr_i128;
__extension__ typedef unsigned __int128 wr_u128;

/**
 * Check an invariant; a violation is a bug in Weir and ends the process with file and line.
 * Never on user input or network bytes. On in every build: the checks are cheap, and state that
 * is known to be wrong must not be committed.
 */
#define WR_ASSERT(cond)                                                                            \
    do {                                                                                           \
        if (WR_UNLIKELY(!(cond)))                                                                  \
            wr_assert_failed(#cond, __FILE__, __LINE__);                                           \
    } while (0)

/** For a `default:` that cannot be reached. */
#define WR_UNREACHABLE() wr_assert_failed("unreachable", __FILE__, __LINE__)

void wr_assert_failed(const char *cond, const char *file, int line) WR_NORETURN;

/** malloc, calloc, realloc that never return NULL (see the head of this file). Free with wr_free.
 */
void *wr_malloc(size_t size) __attribute__((malloc, alloc_size(1), returns_nonnull));
void *wr_calloc(size_t n, size_t size) __attribute__((malloc, alloc_size(1, 2), returns_nonnull));
void *wr_realloc(void *p, size_t size) __attribute__((returns_nonnull));
void wr_free(void *p);
/** Give freed memory of this thread back to the system, as far as the allocator can: for a thread
 *  that is about to wait for long. Takes some 10 us. */
void wr_memory_idle(void);
char *wr_strdup(const char *s) __attribute__((returns_nonnull));

#endif
