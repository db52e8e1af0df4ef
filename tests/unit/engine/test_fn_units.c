/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions on texts against a model that sees a text as an array of UTF-16 units. Random texts of
 * letters of one, two and three bytes, so that bytes and units differ but no unit is half a
 * character; characters of two units (above U+FFFF) are cut nowhere here and have tables below.
 */
#include "operands.h"

enum { UNITS_MAX = 40, ROUNDS = 100 };

typedef struct units {
    uint16_t u[UNITS_MAX * 4];
    int n;
} units;

static const uint16_t alphabet[] = {'a', 'b', 'A', '7', ' ', '-', 0xE9, 0x416, 0x20AC};

static units random_units(wr_rng *r, int max, size_t letters)
{
    units t = {.n = (int)wr_rng_below(r, (uint64_t)max + 1)};
    for (int i = 0; i < t.n; i++)
        t.u[i] = alphabet[wr_rng_below(r, letters)];
    return t;
}

static void append(units *t, const uint16_t *u, int n)
{
    memcpy(&t->u[t->n], u, (size_t)n * sizeof *u);
    t->n += n;
}

static const char *utf8(wr_arena *a, const units *t)
{
    wr_buf b = {0};
    for (int i = 0; i < t->n; i++) {
        unsigned u = t->u[i];
        if (u < 0x80) {
            wr_buf_putc(&b, (char)u);
        } else if (u < 0x800) {
            wr_buf_putc(&b, (char)(0xC0 | u >> 6));
            wr_buf_putc(&b, (char)(0x80 | (u & 0x3F)));
        } else {
            wr_buf_putc(&b, (char)(0xE0 | u >> 12));
            wr_buf_putc(&b, (char)(0x80 | (u >> 6 & 0x3F)));
            wr_buf_putc(&b, (char)(0x80 | (u & 0x3F)));
        }
    }
    const char *text = wr_arena_strdup(a, wr_buf_cstr(&b));
    wr_buf_free(&b);
    return text;
}

static operand text_operand(wr_arena *a, const units *t)
{
    return (operand){"STRING", wr_arena_printf(a, "'%s'", utf8(a, t))};
}

static operand int_operand(wr_arena *a, int v)
{
    return (operand){"INT", wr_arena_printf(a, "%d", v)};
}

static bool same_at(const units *t, int at, const units *part)
{
    return at + part->n <= t->n &&
           memcmp(&t->u[at], part->u, (size_t)part->n * sizeof part->u[0]) == 0;
}

/* ---- the model ---- */

static units model_substring(const units *t, int pos, int len)
{
    int from = pos > 0 ? pos - 1 : pos < 0 ? t->n + pos : 0;
    units out = {0};
    from = from < 0 ? 0 : from > t->n ? t->n : from;
    int to = len < 0 ? from : from + len > t->n ? t->n : from + len;
    append(&out, &t->u[from], to - from);
    return out;
}

static units model_pad(const units *t, int len, const units *pad, bool left)
{
    units fill = {0}, out = {0};
    int kept = t->n < len ? t->n : len;
    for (int i = 0; i < len - kept; i++)
        append(&fill, &pad->u[i % pad->n], 1);
    if (left)
        append(&out, fill.u, fill.n);
    append(&out, t->u, kept);
    if (!left)
        append(&out, fill.u, fill.n);
    return out;
}

static units model_replace(const units *t, const units *old, const units *with)
{
    units out = {0};
    for (int i = 0; i < t->n;) {
        if (old->n && same_at(t, i, old)) {
            append(&out, with->u, with->n);
            i += old->n;
        } else {
            append(&out, &t->u[i++], 1);
        }
    }
    return out;
}

/** Position of the n-th occurrence from @p pos on (forwards from a positive one, else back). */
static int model_instr(const units *t, const units *part, int pos, int nth)
{
    int step = pos > 0 ? 1 : -1, at = pos > 0 ? pos - 1 : t->n + pos;
    for (; at >= 0 && at < t->n; at += step) {
        if (same_at(t, at, part) && --nth == 0)
            return at + 1;
    }
    return 0;
}

static units model_mask(const units *t, int from, int to)
{
    units out = *t;
    for (int i = from < 0 ? 0 : from; i < to && i < out.n; i++) {
        uint16_t u = out.u[i];
        bool upper = u == 'A' || u == 0x416, lower = u == 'a' || u == 'b' || u == 0xE9;
        out.u[i] = upper ? 'X' : lower ? 'x' : u == '7' ? 'n' : '-';
    }
    return out;
}

static units model_trim(const units *t)
{
    int from = 0, to = t->n;
    units out = {0};
    while (from < to && t->u[from] == ' ')
        from++;
    while (to > from && t->u[to - 1] == ' ')
        to--;
    append(&out, &t->u[from], to - from);
    return out;
}

/** "[a, b]" as SPLIT prints. */
static const char *model_split(wr_arena *a, const units *t, const units *by)
{
    wr_buf b = {0};
    units part = {0};
    wr_buf_putc(&b, '[');
    for (int i = 0; i < t->n;) {
        if (!same_at(t, i, by)) {
            append(&part, &t->u[i++], 1);
            continue;
        }
        wr_buf_printf(&b, "%s, ", utf8(a, &part));
        part.n = 0;
        i += by->n;
    }
    wr_buf_printf(&b, "%s]", utf8(a, &part));
    const char *text = wr_arena_strdup(a, wr_buf_cstr(&b));
    wr_buf_free(&b);
    return text;
}

/* ---- random texts ---- */

static void check_positions(wr_arena *a, wr_rng *r)
{
    units t = random_units(r, 12, WR_ARRAY_LEN(alphabet));
    operand x = text_operand(a, &t);
    int pos = (int)wr_rng_below(r, 31) - 15, len = (int)wr_rng_below(r, 18) - 2;
    units tail = model_substring(&t, pos, UNITS_MAX), part = model_substring(&t, pos, len);
    const operand_case cases[] = {
        {"LEN(X)", {x}, "INTEGER", wr_arena_printf(a, "%d", t.n)},
        {"SUBSTRING(X, Y)", {x, int_operand(a, pos)}, "STRING", utf8(a, &tail)},
        {"SUBSTRING(X, Y, Z)",
         {x, int_operand(a, pos), int_operand(a, len)},
         "STRING",
         utf8(a, &part)},
    };
    OPERAND_TABLE(cases);
}

static void check_pads(wr_arena *a, wr_rng *r)
{
    units t = random_units(r, 8, WR_ARRAY_LEN(alphabet));
    units pad = random_units(r, 3, WR_ARRAY_LEN(alphabet));
    int len = (int)wr_rng_below(r, 16);
    if (!pad.n)
        append(&pad, alphabet, 1);
    units left = model_pad(&t, len, &pad, true), right = model_pad(&t, len, &pad, false);
    operand in[] = {text_operand(a, &t), int_operand(a, len), text_operand(a, &pad)};
    const operand_case cases[] = {
        {"LPAD(X, Y, Z)", {in[0], in[1], in[2]}, "STRING", utf8(a, &left)},
        {"RPAD(X, Y, Z)", {in[0], in[1], in[2]}, "STRING", utf8(a, &right)},
    };
    OPERAND_TABLE(cases);
}

static void check_search(wr_arena *a, wr_rng *r)
{
    units t = random_units(r, 14, 2), part = random_units(r, 2, 2); /* of a and b: many matches */
    units with = random_units(r, 3, WR_ARRAY_LEN(alphabet));
    if (!part.n)
        append(&part, alphabet, 1);
    int pos = (int)wr_rng_below(r, 15) + 1, nth = (int)wr_rng_below(r, 3) + 1;
    pos = wr_rng_below(r, 2) ? pos : -pos;
    /* A position outside the text finds nothing. */
    int at = pos > t.n || -pos > t.n ? 0 : model_instr(&t, &part, pos, nth);
    units replaced = model_replace(&t, &part, &with);
    operand x = text_operand(a, &t), y = text_operand(a, &part);
    const operand_case cases[] = {
        {"INSTR(X, Y)", {x, y}, "INTEGER", wr_arena_printf(a, "%d", model_instr(&t, &part, 1, 1))},
        {wr_arena_printf(a, "INSTR(X, Y, Z, %d)", nth),
         {x, y, int_operand(a, pos)},
         "INTEGER",
         wr_arena_printf(a, "%d", at)},
        {"REPLACE(X, Y, Z)", {x, y, text_operand(a, &with)}, "STRING", utf8(a, &replaced)},
        {"SPLIT(X, Y)", {x, y}, "ARRAY<STRING>", model_split(a, &t, &part)},
        {"ARRAY_JOIN(SPLIT(X, Y), Y) = X", {x, y}, "BOOLEAN", "true"},
    };
    OPERAND_TABLE(cases);
}

static void check_masks(wr_arena *a, wr_rng *r)
{
    units t = random_units(r, 10, WR_ARRAY_LEN(alphabet));
    int n = (int)wr_rng_below(r, 13);
    int keep = t.n > n ? t.n - n : 0;
    const units all = model_mask(&t, 0, t.n), left = model_mask(&t, 0, n),
                right = model_mask(&t, keep, t.n), but_left = model_mask(&t, n, t.n),
                but_right = model_mask(&t, 0, keep), trimmed = model_trim(&t);
    operand x = text_operand(a, &t), y = int_operand(a, n);
    const operand_case cases[] = {
        {"MASK(X)", {x}, "STRING", utf8(a, &all)},
        {"MASK_LEFT(X, Y)", {x, y}, "STRING", utf8(a, &left)},
        {"MASK_RIGHT(X, Y)", {x, y}, "STRING", utf8(a, &right)},
        {"MASK_KEEP_LEFT(X, Y)", {x, y}, "STRING", utf8(a, &but_left)},
        {"MASK_KEEP_RIGHT(X, Y)", {x, y}, "STRING", utf8(a, &but_right)},
        {"TRIM(X)", {x}, "STRING", utf8(a, &trimmed)},
    };
    OPERAND_TABLE(cases);
}

static void test_positions(void **state)
{
    (void)state;
    operand_rounds(check_positions, ROUNDS, 70);
}
static void test_pads(void **state)
{
    (void)state;
    operand_rounds(check_pads, ROUNDS, 71);
}
static void test_search(void **state)
{
    (void)state;
    operand_rounds(check_search, ROUNDS, 72);
}
static void test_masks(void **state)
{
    (void)state;
    operand_rounds(check_masks, ROUNDS, 73);
}

/* ---- characters of two units ---- */

#define GRIN "\xF0\x9F\x98\x80" /* U+1F600 */
/* clang-format off */
#define TEXT(v) {"STRING", "'" v "'"}
#define INT(v)  {"INT", v}
/* clang-format on */

static void test_pairs(void **state)
{
    (void)state;
    static const operand_case cases[] = {
        {"LEN(X)", {TEXT("")}, "INTEGER", "0"},
        {"LEN(X)", {TEXT(GRIN)}, "INTEGER", "2"},
        {"LEN(X)", {TEXT("a" GRIN "b" GRIN)}, "INTEGER", "6"},
        {"SUBSTRING(X, Y)", {TEXT("a" GRIN "b"), INT("4")}, "STRING", "b"},
        {"SUBSTRING(X, Y)", {TEXT("a" GRIN "b"), INT("-3")}, "STRING", GRIN "b"},
        {"SUBSTRING(X, Y, Z)", {TEXT(GRIN GRIN), INT("3"), INT("2")}, "STRING", GRIN},
        {"SUBSTRING(X, Y, Z)", {TEXT("a" GRIN "b"), INT("1"), INT("3")}, "STRING", "a" GRIN},
        {"INSTR(X, Y)", {TEXT(GRIN "b"), TEXT("b")}, "INTEGER", "3"},
        {"INSTR(X, Y)", {TEXT("b" GRIN GRIN), TEXT(GRIN)}, "INTEGER", "2"},
        {"INSTR(X, Y, Z)", {TEXT(GRIN "a" GRIN "a"), TEXT("a"), INT("4")}, "INTEGER", "6"},
        {"INSTR(X, Y, Z)", {TEXT(GRIN "a" GRIN "a"), TEXT("a"), INT("-2")}, "INTEGER", "3"},
        {"LPAD(X, Y, Z)", {TEXT(GRIN), INT("4"), TEXT("-")}, "STRING", "--" GRIN},
        {"RPAD(X, Y, Z)", {TEXT("ab"), INT("6"), TEXT(GRIN)}, "STRING", "ab" GRIN GRIN},
        {"REPLACE(X, Y, Z)", {TEXT("a" GRIN "a"), TEXT(GRIN), TEXT("-")}, "STRING", "a-a"},
        {"SPLIT(X, Y)", {TEXT("a" GRIN "b"), TEXT(GRIN)}, "ARRAY<STRING>", "[a, b]"},
        {"X || Y", {TEXT(GRIN), TEXT("!")}, "STRING", GRIN "!"},
        {"UCASE(X)", {TEXT("a" GRIN)}, "STRING", "A" GRIN},
        {"CHR(X)", {INT("128512")}, "STRING", GRIN},
        {"FIELD(X, Y, Z)", {TEXT(GRIN), TEXT("a"), TEXT(GRIN)}, "INTEGER", "2"},
        {"TRIM(X)", {TEXT(" " GRIN " ")}, "STRING", GRIN},
    };
    OPERAND_TABLE(cases);
}

/** The ends of each class of characters, and what stands beside them in ASCII. */
static void test_mask_classes(void **state)
{
    (void)state;
    static const operand_case cases[] = {
        {"MASK(X)", {TEXT("AZ@[")}, "STRING", "XX--"},
        {"MASK(X)", {TEXT("az`{")}, "STRING", "xx--"},
        {"MASK(X)", {TEXT("09/:")}, "STRING", "nn--"},
        {"MASK(X)", {TEXT("\xC3\x80\xC3\x9F\xC3\xBF")}, "STRING", "Xxx"},
        {"MASK(X)", {TEXT("\xD9\xA3")}, "STRING", "n"}, /* an Arabic digit */
        {"MASK(X)", {TEXT("")}, "STRING", ""},
        {"MASK(X, '*', '*', '*', '*')", {TEXT("aA1 ")}, "STRING", "****"},
        {"MASK(X, NULL, NULL, NULL, NULL)", {TEXT("aA1 ")}, "STRING", "aA1 "},
        {"MASK_LEFT(X, 2, 'U', 'l', 'd', 'o')", {TEXT("aA1 ")}, "STRING", "lU1 "},
        {"MASK_KEEP_LEFT(X, 2, 'U', 'l', 'd', 'o')", {TEXT("aA1 ")}, "STRING", "aAdo"},
        {"MASK_RIGHT(X, 0)", {TEXT("aA1 ")}, "STRING", "aA1 "},
        {"MASK_KEEP_RIGHT(X, 0)", {TEXT("aA1 ")}, "STRING", "xXn-"},
        {"MASK_LEFT(X, Y)", {TEXT("abc"), INT("-1")}, "STRING", "!null"},
        {"MASK(X, '**', NULL, NULL, NULL)", {TEXT("abc")}, "STRING", "!null"},
    };
    OPERAND_TABLE(cases);
}

/** Changes of case follow Unicode without a language: lengths may change. */
static void test_letters(void **state)
{
    (void)state;
#define SHARP_S "\xC3\x9F"
    static const operand_case cases[] = {
        {"UCASE(X)", {TEXT("stra" SHARP_S "e")}, "STRING", "STRASSE"},
        {"LCASE(X)", {TEXT("\xC3\x84\xC3\x96\xC3\x9C")}, "STRING", "\xC3\xA4\xC3\xB6\xC3\xBC"},
        {"LEN(UCASE(X))", {TEXT(SHARP_S)}, "INTEGER", "2"},
        {"UCASE(X)", {TEXT("i")}, "STRING", "I"}, /* never the dotted one of Turkish */
        {"LCASE(X)", {TEXT("\xCE\x91")}, "STRING", "\xCE\xB1"},
        {"UCASE(LCASE(X)) = UCASE(X)", {TEXT("MiXed 123 \xC3\xA9")}, "BOOLEAN", "true"},
        {"INITCAP(X)", {TEXT("hello world")}, "STRING", "Hello World"},
        {"INITCAP(X)", {TEXT("HELLO")}, "STRING", "Hello"},
        {"INITCAP(X)", {TEXT("jean-luc")}, "STRING", "Jean-luc"}, /* words end at white space */
        {"INITCAP(X)", {TEXT("a  b")}, "STRING", "A  B"},
        {"INITCAP(X)", {TEXT("\xC3\xA9t\xC3\xA9")}, "STRING", "\xC3\x89t\xC3\xA9"},
    };
    OPERAND_TABLE(cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_positions),    cmocka_unit_test(test_pads),
        cmocka_unit_test(test_search),       cmocka_unit_test(test_masks),
        cmocka_unit_test(test_pairs),        cmocka_unit_test(test_letters),
        cmocka_unit_test(test_mask_classes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
