/* SPDX-License-Identifier: Apache-2.0 */
/*
 * error.h - the one way errors travel.
 *
 * A function that can fail returns weir_status (0 = ok) and takes `weir_error *err` last. Only the
 * deepest function that knows the cause fills it in; callers pass it on or add context. Positions
 * are byte offsets until the statement's text is at hand: wr_error_locate turns the offset into
 * line and column. Message: a short fact, no function names; hint: what to do about it.
 */
#ifndef WR_COMMON_ERROR_H
#define WR_COMMON_ERROR_H

#include "common/base.h"
#include "weir.h"

#include <stdarg.h>

#define WR_NO_POS (-1)

/** Fill @p err (which may be NULL) and return @p code. Position: none. Replaces what was there. */
weir_status wr_error(weir_error *err, weir_status code, const char *fmt, ...) WR_PRINTF(3, 4);
/** The same with a byte offset into the statement's text. */
weir_status wr_error_at(weir_error *err, weir_status code, int64_t offset, const char *fmt, ...)
    WR_PRINTF(4, 5);
weir_status wr_error_v(weir_error *err, weir_status code, int64_t offset, const char *fmt,
                       va_list ap) WR_PRINTF(4, 0);
/**
 * Set the hint. @return err->code, so `return wr_error_hint(err, ...)` reads well; with a NULL
 * @p err the code is not known, and WEIR_ERR_STATEMENT stands for it.
 */
weir_status wr_error_hint(weir_error *err, const char *fmt, ...) WR_PRINTF(2, 3);
/** Put "prefix" before the message. */
void wr_error_prefix(weir_error *err, const char *fmt, ...) WR_PRINTF(2, 3);
void wr_error_clear(weir_error *err);
/** Compute line and column (from 1, columns in code points) from err->offset in @p text. */
void wr_error_locate(weir_error *err, const char *text, size_t text_len);

/* What a compiler that looks at one file cannot see: these return the code they are given, never 0.
 * It matters for its analysis of what is set after a WR_TRY. */
static inline weir_status wr__error_code(weir_status reported, weir_status code)
{
    (void)reported;
    return code;
}
#define wr_error(err, code, ...) wr__error_code((wr_error)((err), (code), __VA_ARGS__), (code))
#define wr_error_at(err, code, at, ...)                                                            \
    wr__error_code((wr_error_at)((err), (code), (at), __VA_ARGS__), (code))
#ifdef __clang_analyzer__
#define wr_error_hint(err, ...) ((void)(wr_error_hint)((err), __VA_ARGS__), WEIR_ERR_STATEMENT)
#endif

/** Pass a failure on: `WR_TRY(f(x, err));` */
#define WR_TRY(call)                                                                               \
    do {                                                                                           \
        weir_status wr_try_st_ = (call);                                                           \
        if (WR_UNLIKELY(wr_try_st_ != WEIR_OK))                                                    \
            return wr_try_st_;                                                                     \
    } while (0)

#endif
