/* SPDX-License-Identifier: Apache-2.0 */
/* Texts: string.c, position.c, split_text.c, mask.c, bytes.c. */
#include "fn_test.h"

#define NS      NUL(&wr_type_string)
#define NI      NUL(&wr_type_integer)
#define GRIN    "\xF0\x9F\x98\x80" /* U+1F600, two units */
#define GRIN_HI "\xED\xA0\xBD"     /* its first half */
#define GRIN_LO "\xED\xB8\x80"     /* its second half */
#define UML     "\xC3\x84"         /* A umlaut */
#define FFFD    "\xEF\xBF\xBD"

static void test_case(void **state)
{
    (void)state;
    check("UCASE", "KAFKA", S("kafka"));
    check("UCASE", "STRASSE " UML,
          S("stra\xC3\x9F"
            "e \xC3\xA4"));
    check("LCASE", "\xC3\xA4i", S(UML "I")); /* the root locale, whatever the machine's is */
    check("LCASE", "NULL", NS);
    check("LCASE", "", S(""));
    check("INITCAP", "The   Quick Br0wn Fox", S("the   Quick br0wn fOx"));
    check("INITCAP", "Lead", S("  lead"));
    check("INITCAP", "", S("   "));
    check("INITCAP", "SSa " UML "b",
          S("\xC3\x9F"
            "a \xC3\xA4"
            "B"));
}

static void test_chr(void **state)
{
    (void)state;
    check("CHR", "K", I(75));
    check("CHR", GRIN, I(0x1F600));
    check("CHR", "NULL", I(-1));
    check("CHR", "NULL", I(0x110000));
    check("CHR", "K", S("\\u004b"));
    check("CHR", GRIN, S("\\ud83d\\ude00"));
    check("CHR", "K\tQ\"x", S("\\uu004b\\t\\121\\\"\\x"));
    check("CHR", "error", S("\\u00zz"));
    check("CHR", "NULL", S("75"));
    check("CHR", "NULL", S("\\u4b"));
}

static void test_join(void **state)
{
    (void)state;
    check("CONCAT", "ab", S("a"), NS, S("b"));
    check("CONCAT", "", NS, NS);
    check("CONCAT", GRIN, S(GRIN_HI), S(GRIN_LO)); /* halves join */
    check("CONCAT", "AAE=", Y("00"), Y("01"));
    check("CONCAT_WS", "a, b, ", S(", "), S("a"), NS, S("b"), S(""));
    check("CONCAT_WS", ", a", S(", "), S(""), S("a"));
    check("CONCAT_WS", "", S(", "), NS, NS);
    check("CONCAT_WS", "NULL", NS, S("a"), S("b"));
    check("CONCAT_WS", "error", S(","));
    check("ELT", "b", I(2), S("a"), S("b"));
    check("ELT", "NULL", I(3), S("a"), S("b"));
    check("ELT", "NULL", I(0), S("a"));
    check("ELT", "NULL", I(1), NS);
    check("ELT", "error", NI, S("a"));
    check("FIELD", "2", S("b"), S("a"), S("b"));
    check("FIELD", "0", S("x"), S("a"), NS);
    check("FIELD", "0", NS, NS);
}

static void test_len_trim_replace(void **state)
{
    (void)state;
    check("LEN", "3", S("a" GRIN));
    check("LEN", "2", Y("ffff"));
    check("TRIM", "a b", S(" \t\na b\x01 "));
    check("TRIM", "\xC2\xA0", S("\xC2\xA0"));
    check("REPLACE", "booa", S("banana"), S("an"), S("o"));
    check("REPLACE", "-a-b-", S("ab"), S(""), S("-"));
    check("REPLACE", "abc", S("abc"), S("abcd"), S(""));
    check("REPLACE", "", S("aaa"), S("a"), S(""));
    check("REPLACE", "NULL", S("a"), NS, S("b"));
}

static void test_uuid(void **state)
{
    (void)state;
    check("UUID", "00010203-0405-0607-0809-0a0b0c0d0e0f", Y("000102030405060708090a0b0c0d0e0f"));
    check("UUID", "NULL", Y("00"));
    char *random = fn_eval("UUID", NULL, 0, NULL);
    assert_int_equal(strlen(random), 36);
    assert_int_equal(random[14], '4');
    assert_non_null(strchr("89ab", random[19]));
}

static void test_substring(void **state)
{
    (void)state;
    check("SUBSTRING", "ream", S("stream"), I(3));
    check("SUBSTRING", "stream", S("stream"), I(0));
    check("SUBSTRING", "ea", S("stream"), I(-3), I(2));
    check("SUBSTRING", "stream", S("stream"), I(-30));
    check("SUBSTRING", "", S("stream"), I(30));
    check("SUBSTRING", "", S("stream"), I(2), I(-1));
    check("SUBSTRING", "tream", S("stream"), I(2), I(100));
    /* Positions inside a pair are its beginning: slices side by side make up the text. */
    check("SUBSTRING", "a", S("a" GRIN "b"), I(1), I(2));
    check("SUBSTRING", GRIN "b", S("a" GRIN "b"), I(3));
    check("SUBSTRING", "", S(GRIN), I(1), I(1));
    check("SUBSTRING", GRIN, S(GRIN), I(2), I(1));
    check("SUBSTRING", GRIN, S("a" GRIN), I(-1));
    check("SUBSTRING", "", S("abc"), I(2), I(INT32_MAX)); /* the end wraps */
    check("SUBSTRING", "abc", S("abc"), I(1), I(INT32_MAX));
    check("SUBSTRING", "", Y("000102"), I(3), I(INT32_MAX));
    check("SUBSTRING", GRIN, S("a" GRIN "b"), I(2), I(2));
    check("SUBSTRING", "b", S("a" GRIN "b"), I(-1));
    check("SUBSTRING", "AgM=", Y("00010203"), I(3));
    check("SUBSTRING", "Ag==", Y("00010203"), I(-2), I(1));
    check("SUBSTRING", "NULL", S("a"), NI);
}

static void test_instr(void **state)
{
    (void)state;
    check("INSTR", "2", S("corporate floor"), S("or"));
    check("INSTR", "5", S("corporate floor"), S("or"), I(4));
    check("INSTR", "14", S("corporate floor"), S("or"), I(4), I(2));
    check("INSTR", "5", S("corporate floor"), S("or"), I(-4));
    check("INSTR", "2", S("corporate floor"), S("or"), I(-4), I(2));
    check("INSTR", "0", S("corporate floor"), S("or"), I(-4), I(3));
    check("INSTR", "2", S("aaa"), S("aa"), I(1), I(2)); /* overlapping */
    check("INSTR", "0", S("aaa"), S("aa"), I(1), I(3));
    check("INSTR", "0", S("abc"), S("c"), I(4));
    check("INSTR", "0", S("abc"), S("a"), I(1), I(0));
    check("INSTR", "4", S("a" GRIN "b"), S("b"));
    check("INSTR", "2", S("a" GRIN "b"), S(GRIN), I(-2));
    check("INSTR", "0", S("abc"), S("a"), I(0));
    check("INSTR", "0", S("abc"), S(""), I(0));
    check("INSTR", "1", S("abc"), S(""));
    check("INSTR", "1", S("abc"), S(""), I(1), I(2)); /* an empty part is found once */
    check("INSTR", "3", S("abc"), S(""), I(3), I(9));
    check("INSTR", "4", S("abc"), S(""), I(-1));
    check("INSTR", "4", S("abc"), S(""), I(-1), I(2));
    check("INSTR", "2", S("abc"), S(""), I(-3));
    check("INSTR", "0", S("abc"), S(""), I(-4));
    check("INSTR", "0", S("abc"), S(""), I(1), I(0));
    check("INSTR", "5", S("a" GRIN "b"), S(""), I(-1));
    check("INSTR", "0", NS, S("a"));
    check("INSTR", "0", S("a"), NS);
    check("INSTR", "error", S("a"), S("a"), NI);
    check("INSTR", "error", S("a"), S("a"), I(1), NI);
}

static void test_pad(void **state)
{
    (void)state;
    check("LPAD", "xyxab", S("ab"), I(5), S("xy"));
    check("RPAD", "abxyx", S("ab"), I(5), S("xy"));
    check("LPAD", "ab", S("abc"), I(2), S("x"));
    check("RPAD", "ab", S("abc"), I(2), S("x"));
    check("LPAD", "", S("abc"), I(0), S("x"));
    check("LPAD", "NULL", S("abc"), I(-1), S("x"));
    check("LPAD", "NULL", S("abc"), I(5), S(""));
    check("LPAD", GRIN "ab", S("ab"), I(5), S(GRIN)); /* no room for half a character */
    check("LPAD", GRIN "x" GRIN "ab", S("ab"), I(7), S(GRIN "x"));
    check("RPAD", "ab" GRIN GRIN, S("ab"), I(7), S(GRIN));
    check("RPAD", "a", S("a" GRIN), I(2), S("x"));
    check("LPAD", "a", S("a" GRIN), I(2), S("x"));
    check("RPAD", "a" GRIN, S("a" GRIN "b"), I(3), S("x"));
    check("LPAD", "x" UML GRIN, S(UML GRIN), I(4), S("x"));
    check("LPAD", "error", S("a"), I(INT32_MAX), S("x"));
    check("LPAD", "AAEAAg==", Y("02"), I(4), Y("0001"));
    check("RPAD", "AgAB", Y("02"), I(3), Y("0001"));
}

static void test_split(void **state)
{
    (void)state;
    check("SPLIT", "[a, b, , c]", S("a,b,,c"), S(","));
    check("SPLIT", "[, ]", S("x"), S("x"));
    check("SPLIT", "[abc]", S("abc"), S(","));
    check("SPLIT", "[]", S(""), S(",")); /* one empty part */
    check("SPLIT", "[a, b]", S("ab"), S(""));
    check("SPLIT", "[a, " UML "]", S("a" UML), S(""));
    check("SPLIT", "[" GRIN ", x, " GRIN "]", S(GRIN "x" GRIN), S(""));
    check("SPLIT", "[AA==, AQ==]", Y("0001"), Y(""));
    check("SPLIT", "[AA==, Ag==]", Y("000102"), Y("01"));
    check("SPLIT_TO_MAP", "{a=1, b=2}", S("a=1;b=2"), S(";"), S("="));
    check("SPLIT_TO_MAP", "{a=3, b=}", S("a=1=9;;x;b=;a=3"), S(";"), S("="));
    check("SPLIT_TO_MAP", "NULL", S("a=1"), S("="), S("="));
    check("SPLIT_TO_MAP", "NULL", S("a=1"), S(""), S("="));
}

static void test_mask(void **state)
{
    (void)state;
    check("MASK", "Xx-Xxxx--nnn", S("My Test $123"));
    check("MASK", "X-x--", S(UML "-\xC3\xA4" GRIN));
    check("MASK", "NULL", NS);
    check("MASK", "*oa##", S("Aoa1-"), S("*"), NS, S("#"), S("#"));
    check("MASK", "error", S("A"), S("**"), NS, NS, NS);
    check("MASK_LEFT", "Xxxx 123", S("Card 123"), I(4));
    check("MASK_LEFT", "Xx", S("Ca"), I(4));
    check("MASK_RIGHT", "Card nnn", S("Card 123"), I(3));
    check("MASK_KEEP_LEFT", "Card-nnn", S("Card 123"), I(4));
    check("MASK_KEEP_RIGHT", "Xxxx-123", S("Card 123"), I(3));
    check("MASK_KEEP_RIGHT", "Card 123", S("Card 123"), I(30));
    check("MASK_LEFT", "error", S("a"), I(-1));
    check("MASK_LEFT", "error", S("a"), NI);
    check("MASK_RIGHT", "1_", S("1b"), I(1), NS, S("_"), NS, NS);
    /* What is half in the range is masked. */
    check("MASK_LEFT", "--a", S(GRIN "a"), I(1));
    check("MASK_RIGHT", "a--", S("a" GRIN), I(1));
    check("MASK_KEEP_RIGHT", "--xn", S(GRIN "a1"), I(0));
    check("MASK_KEEP_RIGHT", "--a1", S(GRIN "a1"), I(3));
    check("MASK_KEEP_LEFT", "a--", S("a" GRIN), I(2));
    check("MASK_LEFT", GRIN "x", S(GRIN "a"), I(3), NS, S("x"), NS, NS);
}

static void test_encode(void **state)
{
    (void)state;
    check("ENCODE", "Example!", S("4578616d706C6521"), S("hex"), S("ASCII"));
    check("ENCODE", FFFD FFFD "b", S("c39c62"), S("hex"), S("ascii"));
    check("ENCODE",
          "\xC3\x9C"
          "b",
          S("c39c62"), S("hex"), S("utf8"));
    check("ENCODE", FFFD "b" FFFD, S("c362e282"), S("hex"), S("utf8"));
    check("ENCODE", "w5xi", S("c39c62"), S("HEX"), S("base64"));
    check("ENCODE", "\x05x", S("0x578"), S("hex"), S("ascii"));
    check("ENCODE", "Ex", S("x'4578'"), S("hex"), S("ascii"));
    check("ENCODE", "", S("X''"), S("hex"), S("ascii"));
    check("ENCODE", "error", S("578"), S("hex"), S("ascii"));
    check("ENCODE", "error", S("X'"), S("hex"), S("ascii"));
    check("ENCODE", "error", S("0x0x"), S("hex"), S("ascii"));
    check("ENCODE", "3f41", S(UML "A"), S("ascii"), S("hex"));
    check("ENCODE", "c384", S(UML), S("utf8"), S("hex"));
    check("ENCODE", FFFD FFFD, S(UML), S("utf8"), S("ascii"));
    check("ENCODE", "Example!", S("RXhh bXBsZSE="), S("base64"), S("utf8"));
    check("ENCODE", "error", S("a"), S("utf8"), S("utf8"));
    check("ENCODE", "error", S("a"), S("utf8"), S("rot13"));
    check("ENCODE", "NULL", S("a"), NS, S("hex"));
}

static void test_bytes_and_md5(void **state)
{
    (void)state;
    check("FROM_BYTES", "1AB2", Y("1ab2"), S("HEX"));
    check("FROM_BYTES", "GrI=", Y("1ab2"), S("base64"));
    check("FROM_BYTES", "!", Y("21"), S("ascii"));
    check("FROM_BYTES", UML, Y("c384"), S("utf8"));
    check("FROM_BYTES", FFFD FFFD "!", Y("ffe221"), S("utf8"));
    check("FROM_BYTES", "error", Y("21"), S("latin1"));
    check("TO_BYTES", "GrI=", S("1aB2"), S("hex"));
    check("TO_BYTES", "GrI=", S("GrI="), S("base64"));
    check("TO_BYTES", "w4Q=", S(UML), S("utf8"));
    check("TO_BYTES", "Pw==", S(UML), S("ascii"));
    check("TO_BYTES", "error", S("1aB"), S("hex"));
    check("TO_BYTES", "error", S("*"), S("base64"));
    check("TO_BYTES", "NULL", S("a"), NS);
    check("MD5", "d41d8cd98f00b204e9800998ecf8427e", S(""));
    check("MD5", "900150983cd24fb0d6963f7d28e17f72", S("abc"));
    check("MD5", "57edf4a22be3c955ac49da2e2107b67a",
          S("1234567890123456789012345678901234567890"
            "1234567890123456789012345678901234567890"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fn_test(test_case),  fn_test(test_chr),       fn_test(test_join),
        fn_test(test_uuid),  fn_test(test_substring), fn_test(test_len_trim_replace),
        fn_test(test_instr), fn_test(test_pad),       fn_test(test_split),
        fn_test(test_mask),  fn_test(test_encode),    fn_test(test_bytes_and_md5),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
