/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts as bytes and back: ENCODE, TO_BYTES, FROM_BYTES, MD5.
 *
 * Every conversion goes through bytes: an encoding is a pair of functions, from a text that stands
 * for bytes to the bytes, and from bytes to such a text. As in Java, what does not fit ASCII is '?'
 * on the way to bytes and U+FFFD on the way back, and malformed UTF-8 reads as U+FFFD.
 *
 * ENCODE and TO_BYTES differ in what they take as hex (ENCODE: also 0x.. and X'..') and base64
 * (ENCODE skips foreign characters), FROM_BYTES and ENCODE in the case of the hex digits they
 * print.
 *
 *     ENCODE        text to text; any NULL: NULL; unknown or equal encodings, bad hex: error
 *     TO_BYTES      text to BYTES; any NULL: NULL; unknown encoding, malformed text: error
 *     FROM_BYTES    BYTES to text; any NULL: NULL; unknown encoding: error
 *     MD5           hex digits in lower case; NULL: NULL
 *
 *     ENCODE('0x4b', 'hex', 'ascii')      K        TO_BYTES('0x4b', 'hex')      an error
 *     ENCODE('S w==', 'base64', 'utf8')   K        TO_BYTES('S w==', 'base64')  an error
 */
#include "engine/functions/families.h"
#include "engine/functions/kernel.h"
#include "engine/functions/md5.h"
#include "types/text.h"

/* In the order of names[] below. */
typedef enum encoding {
    ENCODING_HEX,
    ENCODING_UTF8,
    ENCODING_ASCII,
    ENCODING_BASE64,
    ENCODING_UNKNOWN,
} encoding;

/* Looked up for each row, as the names may be columns; there are four. */
static encoding encoding_of(wr_str name)
{
    static const char *const names[] = {"hex", "utf8", "ascii", "base64"};
    for (int k = 0; k < ENCODING_UNKNOWN; k++)
        if (wr_str_ieq(name, wr_str_c(names[k])))
            return (encoding)k;
    return ENCODING_UNKNOWN;
}

/* ---- text to bytes ---- */

/* By code points: a character beyond ASCII is one question mark, not one for each of its bytes. */
static void put_ascii_bytes(wr_buf *b, wr_str s)
{
    for (const char *p = s.ptr, *end = s.ptr + s.len; p < end;) {
        uint32_t cp = wr_utf8_next(&p, end);
        wr_buf_putc(b, cp < 0x80 ? (char)cp : '?');
    }
}

/** Hex as ENCODE takes it: 0x.. (a missing first digit is 0), X'..', or plain digits. */
static bool put_lax_hex(wr_buf *b, wr_str s)
{
    if (wr_str_starts_with(s, WR_STR("0x"))) {
        s = wr_str_make(s.ptr + 2, s.len - 2);
        if (s.len % 2) {
            char first[2] = {'0', s.ptr[0]};
            if (!wr_text_from_hex(b, wr_str_make(first, 2)))
                return false;
            s = wr_str_make(s.ptr + 1, s.len - 1);
        }
    } else if (s.len >= 3 && wr_upper(s.ptr[0]) == 'X' && s.ptr[1] == '\'' &&
               s.ptr[s.len - 1] == '\'') {
        s = wr_str_make(s.ptr + 2, s.len - 3);
    }
    return wr_text_from_hex(b, s);
}

/* Of both alphabets, RFC 4648's plain and URL-safe one, as Apache Commons' decoder reads them. */
static int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

/** Base64 as ENCODE takes it: both alphabets, foreign characters skipped, ends at '='. */
static void put_lax_base64(wr_buf *b, wr_str s)
{
    uint32_t bits = 0, n = 0;
    for (uint32_t k = 0; k < s.len && s.ptr[k] != '='; k++) {
        int digit = base64_digit(s.ptr[k]);
        if (digit < 0)
            continue;
        bits = bits << 6 | (uint32_t)digit;
        n += 6;
        if (n >= 8) {
            n -= 8;
            wr_buf_putc(b, (char)(bits >> n & 0xFF));
        }
    }
}

/*
 * @p lax: as ENCODE does it, which goes through Apache Commons Codec; TO_BYTES goes through the
 * JDK's decoders, which refuse what is malformed. False: refused.
 */
static bool text_to_bytes(encoding from, wr_str s, bool lax, wr_buf *b)
{
    switch (from) {
    case ENCODING_HEX:
        return lax ? put_lax_hex(b, s) : wr_text_from_hex(b, s);
    case ENCODING_UTF8:
        wr_utf8_put_external(b, s);
        return true;
    case ENCODING_ASCII:
        put_ascii_bytes(b, s);
        return true;
    case ENCODING_BASE64:
        if (!lax)
            return wr_text_from_base64(b, s);
        put_lax_base64(b, s);
        return true;
    case ENCODING_UNKNOWN:
        break;
    }
    return false;
}

/* ---- bytes to text ---- */

/* @p upper_hex: FROM_BYTES prints hex digits in upper case, ENCODE in lower case: quirks kept. */
static void bytes_to_text(encoding to, wr_str bytes, bool upper_hex, wr_buf *b)
{
    switch (to) {
    case ENCODING_HEX:
        wr_text_put_hex(b, bytes, upper_hex);
        break;
    case ENCODING_UTF8:
        wr__put_utf8_repaired(b, bytes);
        break;
    case ENCODING_ASCII:
        for (uint32_t k = 0; k < bytes.len; k++)
            wr_utf8_put(b, (uint8_t)bytes.ptr[k] < 0x80 ? (uint8_t)bytes.ptr[k] : 0xFFFD);
        break;
    case ENCODING_BASE64:
        wr_text_put_base64(b, bytes);
        break;
    case ENCODING_UNKNOWN:
        break;
    }
}

/* ---- kernels ---- */

/* The list is ksqlDB's, in its order. */
static void fail_unknown(wr_kctx *ctx, wr_vec *out, uint32_t i, wr_str name)
{
    wr__fail(ctx, out, i,
             "Unknown encoding type '" WR_STR_FMT "'. Supported formats are [hex, utf8, ascii, "
             "base64]",
             WR_STR_ARG(name));
}

/* From an encoding to itself is refused, like an unknown one: ksqlDB has a table of pairs. */
WR__KERNEL(encode)
{
    wr_buf bytes = {0}, text = {0};
    WR_FOREACH_SEL (i, sel) {
        wr_str s = wr__str(args[0], i), from_name = wr__str(args[1], i);
        wr_str to_name = wr__str(args[2], i);
        encoding from = encoding_of(from_name), to = encoding_of(to_name);
        wr_buf_clear(&bytes);
        wr_buf_clear(&text);
        if (from == ENCODING_UNKNOWN || to == ENCODING_UNKNOWN || from == to) {
            wr__fail(ctx, out, i,
                     "Supported input and output encodings are: hex, utf8, ascii and base64; not "
                     "'" WR_STR_FMT "' to '" WR_STR_FMT "'",
                     WR_STR_ARG(from_name), WR_STR_ARG(to_name));
            continue;
        }
        if (!text_to_bytes(from, s, true, &bytes)) {
            wr__fail(ctx, out, i, "ENCODE: '" WR_STR_FMT "' is not hexadecimal text",
                     WR_STR_ARG(s));
            continue;
        }
        bytes_to_text(to, wr_buf_view(&bytes), false, &text);
        wr__put_text(ctx, out, i, &text);
    }
    wr_buf_free(&bytes);
    wr_buf_free(&text);
}

/* What a row that failed has left in the buffer is cleared before the next one. */
WR__KERNEL(to_bytes)
{
    wr_buf bytes = {0};
    WR_FOREACH_SEL (i, sel) {
        wr_str s = wr__str(args[0], i), name = wr__str(args[1], i);
        encoding from = encoding_of(name);
        wr_buf_clear(&bytes);
        if (from == ENCODING_UNKNOWN)
            fail_unknown(ctx, out, i, name);
        else if (text_to_bytes(from, s, false, &bytes))
            wr__put_bytes(ctx, out, i, &bytes);
        else
            wr__fail(ctx, out, i, "TO_BYTES: '" WR_STR_FMT "' is no " WR_STR_FMT " text",
                     WR_STR_ARG(s), WR_STR_ARG(name));
    }
    wr_buf_free(&bytes);
}

/* Never fails for the bytes, only for an unknown encoding: all bytes have a text in each of them.
 */
WR__KERNEL(from_bytes)
{
    wr_buf text = {0};
    WR_FOREACH_SEL (i, sel) {
        encoding to = encoding_of(wr__str(args[1], i));
        if (to == ENCODING_UNKNOWN) {
            fail_unknown(ctx, out, i, wr__str(args[1], i));
            continue;
        }
        wr_buf_clear(&text);
        bytes_to_text(to, wr__str(args[0], i), true, &text);
        wr__put_text(ctx, out, i, &text);
    }
    wr_buf_free(&text);
}

/* Of the UTF-8 that Java would make of the text: half a pair is a question mark. */
WR__KERNEL(md5)
{
    wr_buf utf8 = {0}, text = {0};
    WR_FOREACH_SEL (i, sel) {
        uint8_t digest[16];
        wr_buf_clear(&utf8);
        wr_buf_clear(&text);
        wr_utf8_put_external(&utf8, wr__str(args[0], i));
        wr__md5(wr_buf_view(&utf8), digest);
        wr_text_put_hex(&text, wr_str_make((const char *)digest, sizeof(digest)), false);
        wr__put_text(ctx, out, i, &text);
    }
    wr_buf_free(&utf8);
    wr_buf_free(&text);
    out->ascii = true;
}

static const wr_signature encode_sigs[] = {
    {"STRING, STRING, STRING", "STRING", WR__NULL_IN, encode, NULL, NULL, NULL}};
static const wr_signature to_bytes_sigs[] = {
    {"STRING, STRING", "BYTES", WR__NULL_IN, to_bytes, NULL, NULL, NULL}};
static const wr_signature from_bytes_sigs[] = {
    {"BYTES, STRING", "STRING", WR__NULL_IN, from_bytes, NULL, NULL, NULL}};
static const wr_signature md5_sigs[] = {{"STRING", "STRING", WR__NULL_IN, md5, NULL, NULL, NULL}};

static const wr_function functions[] = {
    WR__FN("ENCODE", "STRING", encode_sigs, "ENCODE('Weir', 'utf8', 'hex')", "'57656972'",
           "Transcodes a text among hex, utf8, ascii and base64."),
    WR__FN("FROM_BYTES", "STRING", from_bytes_sigs,
           "FROM_BYTES(TO_BYTES('Weir', 'ascii'), 'base64')", "'V2Vpcg=='",
           "BYTES as a text in an encoding: hex, utf8, ascii or base64."),
    WR__FN("MD5", "STRING", md5_sigs, "MD5('stream')", "'f7b44cfafd5c52223d5498196c8a2e7b'",
           "MD5 digest of a text's UTF-8 bytes, in hex."),
    WR__FN("TO_BYTES", "STRING", to_bytes_sigs, "TO_BYTES('57656972', 'hex')",
           "TO_BYTES('Weir', 'utf8')",
           "The BYTES that a text holds in an encoding: hex, utf8, ascii or base64."),
};
WR__FAMILY(bytes, functions);
