/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records as lines of JSON. Header names and values are gathered in one growing buffer, so pointers
 * into it are made last, when it stays where it is.
 */
#include "envelope.h"

#include "json_reader.h"

#include <inttypes.h>
#include <string.h>

/* ---------------------------------------------------------------- base 64 (RFC 4648) */

static const char digits64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void add_base64(cli_text *t, const unsigned char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i += 3) {
        size_t left = len - i;
        uint32_t group = (uint32_t)bytes[i] << 16 | (left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) |
                         (left > 2 ? bytes[i + 2] : 0);
        char four[4] = {digits64[group >> 18], digits64[group >> 12 & 63],
                        left > 1 ? digits64[group >> 6 & 63] : '=',
                        left > 2 ? digits64[group & 63] : '='};
        cli_text_add(t, four, sizeof four);
    }
}

/** Decode @p t in place. */
static bool decode_base64(cli_text *t)
{
    size_t len = t->len, out = 0;
    if (len % 4)
        return false;
    size_t padding = len && t->at[len - 1] == '=' ? (t->at[len - 2] == '=' ? 2 : 1) : 0;
    for (size_t i = 0; i < len; i += 4) {
        uint32_t group = 0;
        for (size_t k = i; k < i + 4; k++) {
            bool pad = k >= len - padding;
            const char *digit = pad || !t->at[k] ? digits64 : strchr(digits64, t->at[k]);
            if (!digit || (!pad && !t->at[k]))
                return false;
            group = group << 6 | (uint32_t)(digit - digits64);
        }
        t->at[out++] = (char)(group >> 16);
        t->at[out++] = (char)(group >> 8 & 0xff);
        t->at[out++] = (char)(group & 0xff);
    }
    t->len = out - padding;
    return true;
}

/* ---------------------------------------------------------------- reading */

/** A value as it stands in the text; @p has says whether it is NULL. */
static bool read_json(cli_json *j, cli_text *out, bool *has)
{
    const char *start = j->at;
    cli_text_clear(out);
    cli_json_kind kind = cli_json_value(j, out);
    *has = kind != CLI_JSON_NULL;
    cli_text_clear(out);
    cli_text_add(out, start, (size_t)(j->at - start));
    return kind != CLI_JSON_ERROR;
}

/** A key or value, plain or in base 64; @p has says whether it is NULL. */
static bool read_bytes(cli_json *j, bool base64, cli_text *out, bool *has)
{
    cli_text_clear(out);
    cli_json_kind kind = cli_json_value(j, out);
    *has = kind != CLI_JSON_NULL;
    if (base64 && kind == CLI_JSON_OTHER)
        return cli_json_fail(j, "base 64 must be in a string");
    if (base64 && kind == CLI_JSON_STRING && !decode_base64(out))
        return cli_json_fail(j, "malformed base 64");
    return kind != CLI_JSON_ERROR;
}

static bool read_number(cli_json *j, int64_t least, int64_t *out)
{
    cli_text t = {0};
    cli_json_kind kind = cli_json_value(j, &t);
    bool ok = kind == CLI_JSON_NULL ||
              (kind == CLI_JSON_OTHER && cli_parse_int(cli_text_string(&t), out) && *out >= least);
    cli_text_free(&t);
    return ok || cli_json_fail(j, "timestamp, partition and offset are whole numbers from 0 on");
}

/** Begin a header; its name is in header_bytes from @p at on. */
static bool begin_header(cli_envelope *e, cli_json *j, size_t at)
{
    if (e->headers_n == CLI_HEADERS_MAX)
        return cli_json_fail(j, "too many headers");
    if (memchr(e->header_bytes.at + at, 0, e->header_bytes.len - at))
        return cli_json_fail(j, "a header's name has a 0 character");
    cli_text_addc(&e->header_bytes, 0, 1);
    e->header_at[e->headers_n] = at;
    return true;
}

static bool end_header(cli_envelope *e, const cli_text *value, bool has)
{
    e->header_lens[e->headers_n++] = has ? value->len : SIZE_MAX;
    if (has)
        cli_text_add(&e->header_bytes, value->at, value->len);
    return true;
}

/** {"name": "value", ...} */
static bool read_header_object(cli_envelope *e, cli_json *j, cli_text *value)
{
    if (cli_json_take(j, '}'))
        return true;
    do {
        bool has;
        size_t at = e->header_bytes.len;
        cli_text_add(&e->header_bytes, "", 0);
        if (!cli_json_string(j, &e->header_bytes) || !begin_header(e, j, at))
            return false;
        if (!cli_json_take(j, ':'))
            return cli_json_fail(j, "expected ':'");
        if (!read_bytes(j, false, value, &has))
            return false;
        end_header(e, value, has);
    } while (cli_json_take(j, ','));
    return cli_json_take(j, '}') || cli_json_fail(j, "expected ',' or '}'");
}

/** {"key": "name", "value": "x"}; the members come in any order. */
static bool read_header(cli_envelope *e, cli_json *j, cli_text *value)
{
    cli_text member = {0}, name = {0};
    bool has = false, named = false, ok = cli_json_take(j, '{');
    cli_text_clear(value);
    do {
        cli_text_clear(&member);
        ok = ok && cli_json_string(j, &member) && cli_json_take(j, ':');
        const char *what = ok ? cli_text_string(&member) : "";
        if (ok && strcmp(what, "key") == 0)
            ok = read_bytes(j, false, &name, &named);
        else if (ok && strcmp(what, "value") == 0)
            ok = read_bytes(j, false, value, &has);
        else
            ok = ok && strcmp(what, "valueBase64") == 0 && read_bytes(j, true, value, &has);
    } while (ok && cli_json_take(j, ','));
    ok = ok && cli_json_take(j, '}') && named;
    if (ok) {
        size_t at = e->header_bytes.len;
        cli_text_add(&e->header_bytes, name.at, name.len);
        ok = begin_header(e, j, at) && end_header(e, value, has);
    }
    cli_text_free(&member);
    cli_text_free(&name);
    return ok || cli_json_fail(j, "a header is {\"key\": \"name\", \"value\": \"text\"}");
}

static bool read_headers(cli_envelope *e, cli_json *j)
{
    cli_text value = {0};
    bool ok = true;
    if (cli_json_take(j, '{')) {
        ok = read_header_object(e, j, &value);
    } else if (cli_json_take(j, '[')) {
        if (!cli_json_take(j, ']')) {
            do
                ok = read_header(e, j, &value);
            while (ok && cli_json_take(j, ','));
            ok = ok && (cli_json_take(j, ']') || cli_json_fail(j, "expected ',' or ']'"));
        }
    } else {
        ok = cli_json_value(j, &value) == CLI_JSON_NULL ||
             cli_json_fail(j, "headers are an object or an array");
    }
    cli_text_free(&value);
    return ok;
}

static bool read_member(cli_envelope *e, cli_json *j, const char *name)
{
    cli_text ignored = {0};
    int64_t offset;
    if (strcmp(name, "key") == 0 && e->key_is_json)
        return read_json(j, &e->key, &e->has_key);
    if (strcmp(name, "value") == 0 && e->value_is_json)
        return read_json(j, &e->value, &e->has_value);
    if (strcmp(name, "key") == 0 || strcmp(name, "keyBase64") == 0) {
        e->key_is_bytes = true;
        return read_bytes(j, name[3] != 0, &e->key, &e->has_key);
    }
    if (strcmp(name, "value") == 0 || strcmp(name, "valueBase64") == 0) {
        e->value_is_bytes = true;
        return read_bytes(j, name[5] != 0, &e->value, &e->has_value);
    }
    if (strcmp(name, "timestamp") == 0)
        return read_number(j, 0, &e->timestamp);
    if (strcmp(name, "partition") == 0)
        return read_number(j, 0, &e->partition);
    if (strcmp(name, "offset") == 0) /* the log gives it out */
        return read_number(j, 0, &offset);
    if (strcmp(name, "headers") == 0)
        return read_headers(e, j);
    if (strcmp(name, "topic") == 0) { /* that of the command line counts */
        bool ok = cli_json_value(j, &ignored) != CLI_JSON_ERROR;
        cli_text_free(&ignored);
        return ok;
    }
    return cli_json_fail(j, "unknown member; known are key, value, timestamp, headers, partition");
}

static bool read_members(cli_envelope *e, cli_json *j)
{
    cli_text name = {0};
    bool ok = cli_json_take(j, '{') || cli_json_fail(j, "expected an object");
    if (ok && !cli_json_take(j, '}')) {
        do {
            cli_text_clear(&name);
            ok = cli_json_string(j, &name) &&
                 (cli_json_take(j, ':') || cli_json_fail(j, "expected ':'")) &&
                 read_member(e, j, cli_text_string(&name));
        } while (ok && cli_json_take(j, ','));
        ok = ok && (cli_json_take(j, '}') || cli_json_fail(j, "expected ',' or '}'"));
    }
    cli_text_free(&name);
    return ok && (cli_json_at_end(j) || cli_json_fail(j, "there is text after the object"));
}

const char *cli_envelope_read(cli_envelope *e, const char *line, size_t len, weir_record *out)
{
    cli_json j;
    cli_json_begin(&j, line, len);
    cli_text_clear(&e->header_bytes);
    e->headers_n = 0;
    e->has_key = e->has_value = e->key_is_bytes = e->value_is_bytes = false;
    e->timestamp = e->partition = -1;
    if (!read_members(e, &j))
        return j.problem;
    if (e->partition > INT32_MAX)
        return "partition is too large";
    const char *base = cli_text_string(&e->header_bytes);
    for (size_t h = 0; h < e->headers_n; h++) {
        e->header_keys[h] = base + e->header_at[h];
        e->header_values[h] = e->header_lens[h] == SIZE_MAX
                                  ? NULL
                                  : e->header_keys[h] + strlen(e->header_keys[h]) + 1;
    }
    *out = (weir_record){.key = e->has_key ? cli_text_string(&e->key) : NULL,
                         .key_len = e->key.len,
                         .value = e->has_value ? cli_text_string(&e->value) : NULL,
                         .value_len = e->value.len,
                         .timestamp = e->timestamp,
                         .partition = (int32_t)e->partition,
                         .header_keys = e->header_keys,
                         .header_values = e->header_values,
                         .header_lens = e->header_lens,
                         .headers_n = e->headers_n};
    return NULL;
}

void cli_envelope_free(cli_envelope *e)
{
    cli_text_free(&e->key);
    cli_text_free(&e->value);
    cli_text_free(&e->header_bytes);
}

/* ---------------------------------------------------------------- writing */

/** "name":"text", or "nameBase64":"..." where the bytes are no text; @p json instead, if it is
 *  there. */
static void write_bytes(cli_text *t, const char *name, const char *json, const void *bytes,
                        size_t len)
{
    if (json) {
        cli_text_addf(t, "\"%s\":%s", name, json);
    } else if (!bytes) {
        cli_text_addf(t, "\"%s\":null", name);
    } else if (cli_utf8_valid(bytes, len)) {
        cli_text_addf(t, "\"%s\":", name);
        cli_text_add_json(t, bytes, len);
    } else {
        cli_text_addf(t, "\"%sBase64\":\"", name);
        add_base64(t, bytes, len);
        cli_text_addc(t, '"', 1);
    }
}

void cli_envelope_write(const weir_record *record, const char *key_json, const char *value_json,
                        cli_text *out)
{
    cli_text_addf(out,
                  "{\"partition\":%" PRId32 ",\"offset\":%" PRId64 ",\"timestamp\":%" PRId64 ",",
                  record->partition, record->offset, record->timestamp);
    write_bytes(out, "key", key_json, record->key, record->key_len);
    cli_text_addc(out, ',', 1);
    write_bytes(out, "value", value_json, record->value, record->value_len);
    for (size_t h = 0; h < record->headers_n; h++) {
        const char *name = record->header_keys[h];
        cli_text_adds(out, h ? ",{\"key\":" : ",\"headers\":[{\"key\":");
        cli_text_add_json(out, name, strlen(name));
        cli_text_addc(out, ',', 1);
        write_bytes(out, "value", NULL, record->header_values[h],
                    record->header_lens[h] == SIZE_MAX ? 0 : record->header_lens[h]);
        cli_text_addc(out, '}', 1);
    }
    cli_text_adds(out, record->headers_n ? "]}\n" : "}\n");
}
