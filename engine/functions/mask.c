/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MASK and its four relatives: each UTF-16 unit is replaced by the mask of its class. They differ
 * in the range that is masked; a NULL mask leaves its class as it is.
 *
 *     MASK('My Test $123')                  'Xx-Xxxx--nnn'
 *     MASK('My Test $123', '*', NULL, '1', NULL)   '*y *est $111'
 *     MASK_LEFT('Card 123', 4)              'Xxxx 123'
 *     MASK_KEEP_RIGHT('Card 123', 3)        'Xxxx-123'
 *
 * A NULL text gives NULL; a mask that is no single unit, and a count that is NULL or negative, fail
 * the row.
 */
#include "engine/functions/families.h"
#include "engine/functions/kernel.h"

#include <unicode/uchar.h>

#define KEEP UINT32_MAX /* a class that is not masked */

/* In the order of the mask arguments. */
typedef enum mask_class {
    MASK_UPPER,
    MASK_LOWER,
    MASK_DIGIT,
    MASK_OTHER,
    MASK_CLASSES,
} mask_class;

/* Which units are masked, given the count n: all; the first n; the last n; all but the first n; all
 * but the last n. */
typedef enum mask_range {
    MASK_ALL,
    MASK_LEFT,
    MASK_RIGHT,
    MASK_KEEP_LEFT,
    MASK_KEEP_RIGHT,
} mask_range;

/* Java's Character.isUpperCase and so on, of a unit: halves of pairs are "other", so a character
 * beyond the basic plane becomes two masks. Title-case letters are "other" as well. */
static mask_class class_of(uint16_t u)
{
    if (u < 0x80)
        return u >= 'A' && u <= 'Z'   ? MASK_UPPER
               : u >= 'a' && u <= 'z' ? MASK_LOWER
               : u >= '0' && u <= '9' ? MASK_DIGIT
                                      : MASK_OTHER;
    return u_isUUppercase(u)   ? MASK_UPPER
           : u_isULowercase(u) ? MASK_LOWER
           : u_isdigit(u)      ? MASK_DIGIT
                               : MASK_OTHER;
}

/**
 * The four masks of row @p i, in args[first..]. False where the row has failed.
 *
 * Masks stand in the order of mask_class after the text and, but for MASK, the count. A mask must
 * be one UTF-16 unit, checked for each row, because masks may be columns.
 */
static bool masks_of(wr_kctx *ctx, const wr_call *call, const wr_vec *const *args, uint32_t first,
                     uint32_t i, wr_vec *out, uint32_t masks[MASK_CLASSES])
{
    static const uint32_t defaults[MASK_CLASSES] = {'X', 'x', 'n', '-'};
    memcpy(masks, defaults, sizeof(defaults));
    for (uint32_t k = 0; k < MASK_CLASSES && first + k < call->args_n; k++) {
        if (wr__null(args[first + k], i)) {
            masks[k] = KEEP;
            continue;
        }
        wr_str text = wr__str(args[first + k], i);
        const char *p = text.ptr;
        if (wr_utf16_len(text) != 1) {
            wr__fail(ctx, out, i,
                     "Invalid mask character: '" WR_STR_FMT "'. It must be a single "
                     "character",
                     WR_STR_ARG(text));
            return false;
        }
        masks[k] = wr_utf8_next(&p, text.ptr + text.len);
    }
    return true;
}

/** Mask units [from, to) of row @p i. Both halves of a pair are of one class, so it stays a pair or
 *  becomes two masks. */
static void mask_row(wr_kctx *ctx, wr_str s, int64_t count, mask_range range,
                     const uint32_t masks[MASK_CLASSES], uint32_t i, wr_vec *out)
{
    wr__units u = wr__to_units(ctx->scratch, s);
    uint32_t n = (uint32_t)WR_MIN(count, (int64_t)u.n);
    uint32_t from = range == MASK_RIGHT ? u.n - n : range == MASK_KEEP_LEFT ? n : 0;
    uint32_t to = range == MASK_LEFT ? n : range == MASK_KEEP_RIGHT ? u.n - n : u.n;
    WR_ASSERT(from <= u.n && to <= u.n);
    /* What is masked must not show: a character that is half in the range is in it. */
    from = wr__whole_units(u, from);
    to += wr__whole_units(u, to) < to;
    for (uint32_t k = from; k < to; k++) {
        uint32_t mask = masks[class_of(u.u[k])];
        if (mask != KEEP)
            u.u[k] = (uint16_t)mask;
    }
    out->u.str[i] = wr__from_units(ctx->scratch, u.u, u.n);
}

/* The arguments are checked before the text is looked at: a bad count fails rows of NULL texts,
 * too, as in ksqlDB. */
static void mask_rows(wr_kctx *ctx, const wr_call *call, const wr_vec *const *args, wr_sel sel,
                      mask_range range, wr_vec *out)
{
    uint32_t first = range == MASK_ALL ? 1 : 2;
    WR_FOREACH_SEL (i, sel) {
        int64_t count = 0;
        uint32_t masks[MASK_CLASSES];
        if (first == 2 && (wr__null(args[1], i) || wr__i32(args[1], i) < 0)) {
            wr__fail(ctx, out, i, "function %s requires a non-negative number", call->fn->name);
            continue;
        }
        if (!masks_of(ctx, call, args, first, i, out, masks))
            continue;
        if (first == 2)
            count = wr__i32(args[1], i);
        if (wr__null(args[0], i))
            wr__put_null(out, i);
        else
            mask_row(ctx, wr__str(args[0], i), count, range, masks, i, out);
    }
}

#define MASK_KERNEL(name, range)                                                                   \
    WR__KERNEL(name)                                                                               \
    {                                                                                              \
        mask_rows(ctx, call, args, sel, range, out);                                               \
    }
MASK_KERNEL(mask, MASK_ALL)
MASK_KERNEL(mask_left, MASK_LEFT)
MASK_KERNEL(mask_right, MASK_RIGHT)
MASK_KERNEL(mask_keep_left, MASK_KEEP_LEFT)
MASK_KERNEL(mask_keep_right, MASK_KEEP_RIGHT)

/* All four or none: ksqlDB has no form with some of them. */
#define MASKS ", STRING, STRING, STRING, STRING"
#define MASK_SIGS(name)                                                                            \
    static const wr_signature name##_sigs[] = {                                                    \
        {"STRING, INTEGER", "STRING", 0, name, NULL, NULL, NULL},                                  \
        {"STRING, INTEGER" MASKS, "STRING", 0, name, NULL, NULL, NULL},                            \
    }
static const wr_signature mask_sigs[] = {
    {"STRING", "STRING", 0, mask, NULL, NULL, NULL},
    {"STRING" MASKS, "STRING", 0, mask, NULL, NULL, NULL},
};
MASK_SIGS(mask_left);
MASK_SIGS(mask_right);
MASK_SIGS(mask_keep_left);
MASK_SIGS(mask_keep_right);

static const wr_function functions[] = {
    WR__FN(
        "MASK", "STRING", mask_sigs, "MASK('My Test $123')", "'Xx-Xxxx--nnn'",
        "Replaces upper-case letters, lower-case letters, digits and other characters by masks."),
    WR__FN("MASK_KEEP_LEFT", "STRING", mask_keep_left_sigs, "MASK_KEEP_LEFT('Card 123', 4)",
           "'Card-nnn'", "Masks all but the first n characters."),
    WR__FN("MASK_KEEP_RIGHT", "STRING", mask_keep_right_sigs, "MASK_KEEP_RIGHT('Card 123', 3)",
           "'Xxxx-123'", "Masks all but the last n characters."),
    WR__FN("MASK_LEFT", "STRING", mask_left_sigs, "MASK_LEFT('Card 123', 4)", "'Xxxx 123'",
           "Masks the first n characters."),
    WR__FN("MASK_RIGHT", "STRING", mask_right_sigs, "MASK_RIGHT('Card 123', 3)", "'Card nnn'",
           "Masks the last n characters."),
};
WR__FAMILY(mask, functions);
