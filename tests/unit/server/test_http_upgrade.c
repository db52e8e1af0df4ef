/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which requests ask for another protocol, by tables of headers; and settings in base64url, of
 * every length and with every byte that is none of it.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/clock.h"
#include "server/http/exchange.h"
#include "server/http/http1_upgrade.h"

typedef struct header {
    const char *name, *value;
} header;

enum { HEADERS = 6 };

static void request(wr_http_exchange *x, const char *method, const header headers[HEADERS])
{
    *x = (wr_http_exchange){.version = WR_HTTP_1};
    x->method_at = wr__exchange_text(x, method, strlen(method));
    for (int i = 0; i < HEADERS && headers[i].name; i++) {
        uint32_t name = wr__exchange_text(x, headers[i].name, strlen(headers[i].name));
        uint32_t value = wr__exchange_text(x, headers[i].value, strlen(headers[i].value));
        assert_true(wr__exchange_header(x, name, value));
    }
}

static void request_free(wr_http_exchange *x)
{
    wr_buf_free(&x->head);
    wr_free(x->headers);
    if (x->texts)
        wr_arena_free(x->texts);
}

/* ---- HTTP/2 ---- */

/* @return bytes of settings; -1: it does not ask. */
static int asks(const header headers[HEADERS], uint8_t settings[WR__UPGRADE_SETTINGS_MAX])
{
    wr_http_exchange x;
    size_t n = 0;
    request(&x, "POST", headers);
    bool yes = wr__upgrade_wants_http2(&x, settings, &n);
    request_free(&x);
    return yes ? (int)n : -1;
}

static int asks_with(const char *text, uint8_t settings[WR__UPGRADE_SETTINGS_MAX])
{
    const header headers[HEADERS] = {
        {"Connection", "Upgrade, HTTP2-Settings"}, {"Upgrade", "h2c"}, {"HTTP2-Settings", text}};
    return asks(headers, settings);
}

static void test_tokens(void **state)
{
    (void)state;
    static const struct {
        const char *upgrade, *connection, *more; /* a second Connection; or NULL */
        bool asks;
    } cases[] = {
        {"h2c", "Upgrade, HTTP2-Settings", NULL, true},
        {"H2C", "upgrade,http2-settings", NULL, true},
        {"h2c", "HTTP2-Settings, Upgrade", NULL, true},
        {"h2c", "keep-alive,\tUpgrade ,, HTTP2-Settings,", NULL, true},
        {"h2c", "Upgrade", "HTTP2-Settings", true}, /* two headers are one list */
        {"websocket, h2c", "Upgrade, HTTP2-Settings", NULL, true},
        {"h2", "Upgrade, HTTP2-Settings", NULL, false},
        {"h2cc", "Upgrade, HTTP2-Settings", NULL, false},
        {"xh2c", "Upgrade, HTTP2-Settings", NULL, false},
        {"", "Upgrade, HTTP2-Settings", NULL, false},
        {"h2c", "Upgrade", NULL, false},
        {"h2c", "HTTP2-Settings", NULL, false},
        {"h2c", "Upgrade HTTP2-Settingsx", NULL, false},
        {"h2c", "Upgrades, HTTP2-Settings", NULL, false},
        {"h2c", "", NULL, false},
        {"h2c", ",,, ,", NULL, false},
    };
    uint8_t settings[WR__UPGRADE_SETTINGS_MAX];
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        const header headers[HEADERS] = {
            {"upgrade", cases[i].upgrade},
            {"CONNECTION", cases[i].connection},
            {"http2-settings", "AAQAAP__"},
            {cases[i].more ? "connection" : NULL, cases[i].more},
        };
        if ((asks(headers, settings) == 6) != cases[i].asks)
            fail_msg("Upgrade: %s, Connection: %s", cases[i].upgrade, cases[i].connection);
    }
}

static void test_missing(void **state)
{
    (void)state;
    static const header all[] = {
        {"Connection", "Upgrade, HTTP2-Settings"}, {"Upgrade", "h2c"}, {"HTTP2-Settings", ""}};
    uint8_t settings[WR__UPGRADE_SETTINGS_MAX];
    header headers[HEADERS] = {all[0], all[1], all[2]};
    assert_int_equal(asks(headers, settings), 0); /* no settings are some */
    for (size_t left_out = 0; left_out < WR_ARRAY_LEN(all); left_out++) {
        header some[HEADERS] = {{0}};
        size_t n = 0;
        for (size_t i = 0; i < WR_ARRAY_LEN(all); i++)
            if (i != left_out)
                some[n++] = all[i];
        assert_int_equal(asks(some, settings), -1);
    }
    headers[3] = (header){"HTTP2-Settings", ""}; /* twice */
    assert_int_equal(asks(headers, settings), -1);
    wr_http_exchange x;
    size_t n;
    request(&x, "POST", headers);
    x.version = WR_HTTP_2; /* which has none of this */
    x.headers_n = 3;
    assert_false(wr__upgrade_wants_http2(&x, settings, &n));
    request_free(&x);
}

/* Base 64 as RFC 4648, 5 has it, without padding; one letter after the other, to be sure of it. */
static size_t encode(const uint8_t *bytes, size_t n, char *out)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    size_t len = 0;
    for (size_t bit = 0; bit < n * 8; bit += 6) {
        unsigned value = 0;
        for (size_t i = bit; i < bit + 6; i++)
            value = value << 1 | (i < n * 8 ? (unsigned)bytes[i / 8] >> (7 - i % 8) & 1u : 0);
        out[len++] = letters[value];
    }
    out[len] = '\0';
    return len;
}

/* Every length: those that are no whole settings are refused, and so is more than there is room. */
static void test_settings(void **state)
{
    (void)state;
    uint8_t bytes[WR__UPGRADE_SETTINGS_MAX + 60], settings[WR__UPGRADE_SETTINGS_MAX];
    char text[2 * sizeof bytes];
    wr_rng rng;
    wr_rng_seed(&rng, 7);
    for (size_t n = 0; n <= sizeof bytes; n++)
        for (int round = 0; round < 20; round++) {
            for (size_t i = 0; i < n; i++)
                bytes[i] = (uint8_t)wr_rng_next(&rng);
            encode(bytes, n, text);
            bool good = n % 6 == 0 && n <= WR__UPGRADE_SETTINGS_MAX;
            if (asks_with(text, settings) != (good ? (int)n : -1))
                fail_msg("%zu bytes: %s", n, text);
            if (good)
                assert_memory_equal(settings, bytes, n);
        }
}

/* A letter that is none of it, in every place: the other alphabet's, padding, what is no ASCII. */
static void test_other_letters(void **state)
{
    (void)state;
    static const uint8_t bytes[12] = {0, 3, 0, 0, 0, 100, 0, 4, 0xff, 0xff, 0xff, 0xff};
    uint8_t settings[WR__UPGRADE_SETTINGS_MAX];
    char text[32];
    size_t n = encode(bytes, sizeof bytes, text);
    assert_int_equal(asks_with(text, settings), 12);
    for (size_t at = 0; at < n; at++) {
        const char kept = text[at];
        for (int c = 1; c < 256; c++) {
            bool letter = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                          (c >= 'a' && c <= 'z') || c == '-' || c == '_';
            text[at] = (char)c;
            if ((asks_with(text, settings) == 12) != letter)
                fail_msg("byte %d at %zu", c, at);
        }
        text[at] = kept;
    }
    assert_int_equal(asks_with("AAQAAP__=", settings), -1);
    assert_int_equal(asks_with("AAQAAP__, AAQAAP__", settings), -1);
    assert_int_equal(asks_with("A", settings), -1);
    assert_int_equal(asks_with("AAQAAP__A", settings), -1);
}

/* ---- WebSocket ---- */

static void test_websocket(void **state)
{
    (void)state;
    static const struct {
        const char *method;
        header headers[HEADERS];
        bool asks;
    } cases[] = {
#define REST {"Sec-WebSocket-Version", "13"}, {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}
        {"GET", {{"Upgrade", "websocket"}, {"Connection", "Upgrade"}, REST}, true},
        {"GET", {{"Upgrade", "WebSocket"}, {"Connection", "keep-alive, Upgrade"}, REST}, true},
        {"POST", {{"Upgrade", "websocket"}, {"Connection", "Upgrade"}, REST}, false},
        {"GET", {{"Upgrade", "websockets"}, {"Connection", "Upgrade"}, REST}, false},
        {"GET", {{"Upgrade", "websocket"}, {"Connection", "close"}, REST}, false},
        {"GET", {{"Upgrade", "websocket"}, REST}, false},
        {"GET", {{"Connection", "Upgrade"}, REST}, false},
        {"GET",
         {{"Upgrade", "websocket"},
          {"Connection", "Upgrade"},
          {"Sec-WebSocket-Version", "8"},
          {"Sec-WebSocket-Key", "x"}},
         false},
        {"GET",
         {{"Upgrade", "websocket"}, {"Connection", "Upgrade"}, {"Sec-WebSocket-Key", "x"}},
         false},
        {"GET",
         {{"Upgrade", "websocket"}, {"Connection", "Upgrade"}, {"Sec-WebSocket-Version", "13"}},
         false},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        wr_http_exchange x;
        request(&x, cases[i].method, cases[i].headers);
        if (wr_http_wants_websocket(&x) != cases[i].asks)
            fail_msg("case %zu", i);
        request_free(&x);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tokens),    cmocka_unit_test(test_missing),
        cmocka_unit_test(test_settings),  cmocka_unit_test(test_other_letters),
        cmocka_unit_test(test_websocket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
