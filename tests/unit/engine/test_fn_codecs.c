/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes, hexadecimal digits, Base64, URL and JSON escapes: random values against encoders written
 * here, and back again to what they were.
 */
#include "operands.h"

#include <inttypes.h>

enum { BYTES_MAX = 40, ROUNDS = 80 };

typedef struct bytes {
    uint8_t b[BYTES_MAX * 3];
    size_t n;
} bytes;

static bytes random_bytes(wr_rng *r, size_t max)
{
    bytes y = {.n = wr_rng_below(r, max + 1)};
    for (size_t i = 0; i < y.n; i++)
        y.b[i] = (uint8_t)wr_rng_next(r);
    return y;
}

static const char *hex(wr_arena *a, const bytes *y, const char *digits)
{
    char *out = wr_arena_alloc(a, 2 * y->n + 1), *p = out;
    for (size_t i = 0; i < y->n; i++) {
        *p++ = digits[y->b[i] >> 4];
        *p++ = digits[y->b[i] & 15];
    }
    *p = 0;
    return out;
}

static const char *base64(wr_arena *a, const bytes *y)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *out = wr_arena_alloc(a, (y->n + 2) / 3 * 4 + 1), *p = out;
    for (size_t i = 0; i < y->n; i += 3) {
        uint32_t v = (uint32_t)y->b[i] << 16 | (i + 1 < y->n ? (uint32_t)y->b[i + 1] << 8 : 0) |
                     (i + 2 < y->n ? y->b[i + 2] : 0);
        for (int k = 0; k < 4; k++)
            *p++ = i + (size_t)k > y->n ? '=' : digits[v >> (18 - 6 * k) & 63];
    }
    *p = 0;
    return out;
}

static operand bytes_operand(wr_arena *a, const bytes *y)
{
    return (operand){"BYTES", wr_arena_printf(a, "'%s'", base64(a, y))};
}
static operand text_operand(wr_arena *a, const char *s)
{
    return (operand){"STRING", wr_arena_printf(a, "'%s'", s)};
}
static operand int_operand(wr_arena *a, int v)
{
    return (operand){"INT", wr_arena_printf(a, "%d", v)};
}

static void check_codes(wr_arena *a, wr_rng *r)
{
    static const char upper[] = "0123456789ABCDEF", lower[] = "0123456789abcdef";
    bytes y = random_bytes(r, BYTES_MAX);
    operand x = bytes_operand(a, &y);
    const operand_case cases[] = {
        {"FROM_BYTES(X, 'hex')", {x}, "STRING", hex(a, &y, upper)},
        {"FROM_BYTES(X, 'base64')", {x}, "STRING", base64(a, &y)},
        {"TO_BYTES(X, 'hex')", {text_operand(a, hex(a, &y, lower))}, "BYTES", base64(a, &y)},
        {"TO_BYTES(X, 'base64')", {text_operand(a, base64(a, &y))}, "BYTES", base64(a, &y)},
        {"ENCODE(X, 'base64', 'hex')",
         {text_operand(a, base64(a, &y))},
         "STRING",
         hex(a, &y, lower)},
        {"ENCODE(X, 'hex', 'base64')",
         {text_operand(a, hex(a, &y, upper))},
         "STRING",
         base64(a, &y)},
        {"LEN(X)", {x}, "INTEGER", wr_arena_printf(a, "%zu", y.n)},
        {"TO_BYTES(FROM_BYTES(X, 'HEX'), 'Hex') = X", {x}, "BOOLEAN", "true"},
    };
    OPERAND_TABLE(cases);
}

static bytes part(const bytes *y, size_t from, size_t to)
{
    bytes out = {.n = to - from};
    memcpy(out.b, &y->b[from], out.n);
    return out;
}

static void check_parts(wr_arena *a, wr_rng *r)
{
    bytes y = random_bytes(r, 12), z = random_bytes(r, 3);
    size_t from = wr_rng_below(r, y.n + 1), len = wr_rng_below(r, 14);
    bytes tail = part(&y, from, y.n), piece = part(&y, from, from + len < y.n ? from + len : y.n);
    bytes both = y, left = {.n = len}, right = {.n = len};
    memcpy(&both.b[y.n], z.b, z.n);
    both.n += z.n;
    /* Padding repeats from its start; what is too long keeps its first bytes. */
    size_t fill = len > y.n ? len - y.n : 0;
    for (size_t i = 0; i < len && z.n; i++) {
        left.b[i] = i < fill ? z.b[i % z.n] : y.b[i - fill];
        right.b[i] = i < y.n ? y.b[i] : z.b[(i - y.n) % z.n];
    }
    operand x = bytes_operand(a, &y), w = bytes_operand(a, &z);
    operand start = int_operand(a, (int)from + 1), n = int_operand(a, (int)len);
    const operand_case cases[] = {
        {"SUBSTRING(X, Y)", {x, start}, "BYTES", base64(a, &tail)},
        {"SUBSTRING(X, Y, Z)", {x, start, n}, "BYTES", base64(a, &piece)},
        {"CONCAT(X, Y)", {x, w}, "BYTES", base64(a, &both)},
        {"LPAD(X, Y, Z)", {x, n, w}, "BYTES", z.n ? base64(a, &left) : "null"},
        {"RPAD(X, Y, Z)", {x, n, w}, "BYTES", z.n ? base64(a, &right) : "null"},
        {"SUBSTRING(CONCAT(X, Y), 1, LEN(X)) = X", {x, w}, "BOOLEAN", "true"},
    };
    OPERAND_TABLE(cases);
}

static void check_numbers(wr_arena *a, wr_rng *r)
{
    uint64_t v = wr_rng_next(r);
    bytes big = {.n = 8}, little = {.n = 8};
    for (size_t i = 0; i < 8; i++) {
        big.b[i] = (uint8_t)(v >> (56 - 8 * i));
        little.b[i] = (uint8_t)(v >> (8 * i));
    }
    bytes int_big = part(&big, 4, 8), int_little = part(&little, 0, 4);
    const char *l = wr_arena_printf(a, "%" PRId64, (int64_t)v);
    const char *i = wr_arena_printf(a, "%" PRId32, (int32_t)(uint32_t)v);
    const operand_case cases[] = {
        {"BIGINT_FROM_BYTES(X)", {bytes_operand(a, &big)}, "BIGINT", l},
        {"BIGINT_FROM_BYTES(X, 'BIG_ENDIAN')", {bytes_operand(a, &big)}, "BIGINT", l},
        {"BIGINT_FROM_BYTES(X, 'little_endian')", {bytes_operand(a, &little)}, "BIGINT", l},
        {"INT_FROM_BYTES(X)", {bytes_operand(a, &int_big)}, "INTEGER", i},
        {"INT_FROM_BYTES(X, 'LITTLE_ENDIAN')", {bytes_operand(a, &int_little)}, "INTEGER", i},
        {"INT_FROM_BYTES(X)", {bytes_operand(a, &big)}, "INTEGER", "!null"},
        {"BIGINT_FROM_BYTES(X)", {bytes_operand(a, &int_big)}, "BIGINT", "!null"},
        {"BIGINT_FROM_BYTES(X, 'middle')", {bytes_operand(a, &big)}, "BIGINT", "!null"},
    };
    OPERAND_TABLE(cases);
}

/* ---- texts ---- */

/** Characters that some escape treats apart; a quote is doubled for SQL. */
static const char *const pieces[] = {"a",
                                     "Z",
                                     "0",
                                     " ",
                                     "+",
                                     "%",
                                     "&",
                                     "=",
                                     "/",
                                     "~",
                                     "\"",
                                     "\\",
                                     "''",
                                     "\xC3\xA9",
                                     "\xE2\x82\xAC",
                                     "\t",
                                     "\n",
                                     "*",
                                     "_",
                                     "<",
                                     "{",
                                     "]",
                                     "\xF0\x9F\x98\x80"};

static const char *random_text(wr_arena *a, wr_rng *r)
{
    const char *text = "";
    for (size_t n = wr_rng_below(r, 12); n > 0; n--)
        text = wr_arena_printf(a, "%s%s", text, pieces[wr_rng_below(r, WR_ARRAY_LEN(pieces))]);
    return text;
}

/** Form encoding: letters, digits and -_.* stay, a space is +, all else %XX of its bytes. */
static const char *url_encoded(wr_arena *a, const char *sql)
{
    const char *out = "";
    for (const char *p = sql; *p; p++) {
        p += p[0] == '\'' && p[1] == '\'';
        bool kept = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
                    (*p >= '0' && *p <= '9') || strchr("-_.*", *p);
        out = wr_arena_printf(a,
                              kept        ? "%s%c"
                              : *p == ' ' ? "%s+"
                                          : "%s%%%02X",
                              out, kept ? *p : (unsigned char)*p);
    }
    return out;
}

static void check_texts(wr_arena *a, wr_rng *r)
{
    const char *text = random_text(a, r);
    operand x = text_operand(a, text);
    const operand_case cases[] = {
        {"URL_ENCODE_PARAM(X)", {x}, "STRING", url_encoded(a, text)},
        {"URL_DECODE_PARAM(URL_ENCODE_PARAM(X)) = X", {x}, "BOOLEAN", "true"},
        {"FROM_BYTES(TO_BYTES(X, 'utf8'), 'utf8') = X", {x}, "BOOLEAN", "true"},
        {"ENCODE(ENCODE(X, 'utf8', 'hex'), 'hex', 'utf8') = X", {x}, "BOOLEAN", "true"},
        {"ENCODE(ENCODE(X, 'utf8', 'base64'), 'base64', 'utf8') = X", {x}, "BOOLEAN", "true"},
        {"IS_JSON_STRING(TO_JSON_STRING(X))", {x}, "BOOLEAN", "true"},
        {"EXTRACTJSONFIELD(TO_JSON_STRING(STRUCT(`k` := X)), '$.k') = X", {x}, "BOOLEAN", "true"},
        {"JSON_RECORDS(TO_JSON_STRING(MAP('k' := X)))['k'] = X", {x}, "BOOLEAN", "true"},
        {"JSON_ARRAY_CONTAINS(TO_JSON_STRING(ARRAY['-', X]), X)", {x}, "BOOLEAN", "true"},
        {"JSON_KEYS(TO_JSON_STRING(MAP(X := 1)))[1] = X", {x}, "BOOLEAN", "true"},
        {"MD5(X) = MD5(CONCAT(X, ''))", {x}, "BOOLEAN", "true"},
        {"LEN(MD5(X))", {x}, "INTEGER", "32"},
    };
    OPERAND_TABLE(cases);
}

static void test_codes(void **state)
{
    (void)state;
    operand_rounds(check_codes, ROUNDS, 100);
}
static void test_parts(void **state)
{
    (void)state;
    operand_rounds(check_parts, ROUNDS, 101);
}
static void test_numbers(void **state)
{
    (void)state;
    operand_rounds(check_numbers, ROUNDS, 102);
}
static void test_texts(void **state)
{
    (void)state;
    operand_rounds(check_texts, ROUNDS, 103);
}

/** Digests of n times the letter a, about the ends of the algorithm's blocks of 64 bytes. */
static void test_md5_blocks(void **state)
{
    (void)state;
    static const struct {
        int n;
        const char *digest;
    } cases[] = {
        {0, "d41d8cd98f00b204e9800998ecf8427e"},   {1, "0cc175b9c0f1b6a831c399e269772661"},
        {55, "ef1772b6dff9a122358552954ad0df65"},  {56, "3b0c8ac703f828b04c6c197006d17218"},
        {57, "652b906d60af96844ebd21b674f35e93"},  {63, "b06521f39153d618550606be297466d5"},
        {64, "014842d480b571495a4a0363793f7367"},  {65, "c743a45e0d2e6a95cb859adae0248435"},
        {119, "8a7bd0732ed6a28ce75f6dabc90e1613"}, {120, "5f61c0ccad4cac44c75ff505e1f1e537"},
        {128, "e510683b3f5ffe4093d021808bc6ff70"}, {1000, "cabe45dcc9ae5b66ba86600cca6b8ba8"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        wr_arena *a = wr_arena_new(0);
        const operand_case c = {
            "MD5(LPAD('', X, 'a'))", {int_operand(a, cases[i].n)}, "STRING", cases[i].digest};
        assert_true(operand_holds(&c));
        wr_arena_free(a);
    }
}

static void test_doubles(void **state)
{
    (void)state;
    static const operand_case cases[] = {
        {"DOUBLE_FROM_BYTES(TO_BYTES(X, 'hex'))", {{"STRING", "'0000000000000000'"}}, NULL, "0.0"},
        {"DOUBLE_FROM_BYTES(TO_BYTES(X, 'hex'))", {{"STRING", "'8000000000000000'"}}, NULL, "-0.0"},
        {"DOUBLE_FROM_BYTES(TO_BYTES(X, 'hex'))", {{"STRING", "'3ff8000000000000'"}}, NULL, "1.5"},
        {"DOUBLE_FROM_BYTES(TO_BYTES(X, 'hex'))",
         {{"STRING", "'7ff0000000000000'"}},
         NULL,
         "Infinity"},
        {"DOUBLE_FROM_BYTES(TO_BYTES(X, 'hex'))", {{"STRING", "'7ff8000000000000'"}}, NULL, "NaN"},
        {"DOUBLE_FROM_BYTES(TO_BYTES(X, 'hex'))",
         {{"STRING", "'0000000000000001'"}},
         NULL,
         "4.9E-324"},
        {"DOUBLE_FROM_BYTES(TO_BYTES(X, 'hex'), 'LITTLE_ENDIAN')",
         {{"STRING", "'000000000000f83f'"}},
         NULL,
         "1.5"},
        {"DOUBLE_FROM_BYTES(TO_BYTES(X, 'hex'))", {{"STRING", "'00'"}}, NULL, "!null"},
        {"UUID(TO_BYTES(X, 'hex'))",
         {{"STRING", "'00112233445566778899aabbccddeeff'"}},
         NULL,
         "00112233-4455-6677-8899-aabbccddeeff"},
        {"UUID(TO_BYTES(X, 'hex'))", {{"STRING", "'0011'"}}, NULL, "null"},
        {"TO_BYTES(X, 'hex')", {{"STRING", "'0g'"}}, NULL, "!null"},
        {"TO_BYTES(X, 'hex')", {{"STRING", "'012'"}}, NULL, "!null"},
        {"TO_BYTES(X, 'utf16')", {{"STRING", "'a'"}}, NULL, "!null"},
        {"FROM_BYTES(X, 'utf16')", {{"BYTES", "'AA=='"}}, NULL, "!null"},
    };
    OPERAND_TABLE(cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_codes),      cmocka_unit_test(test_parts),
        cmocka_unit_test(test_numbers),    cmocka_unit_test(test_texts),
        cmocka_unit_test(test_md5_blocks), cmocka_unit_test(test_doubles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
