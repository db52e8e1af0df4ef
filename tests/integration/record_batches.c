/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Record batches as a program, for test_record_batches.py, which has the same in other languages:
 *
 *     record_batches read < BATCHES > JSON      record_batches write < JSON > BATCHES
 *
 * A line of JSON is a batch; bytes are in hexadecimal digits:
 *     {"base": 0, "last": 9, "codec": "lz4", "transactional": false, "append_time": false,
 *      "producer": [id, epoch, sequence], "control": null or "abort", "commit", "other",
 *      "records": [[offset, timestamp, key or null, value or null,
 *                   [[name, value or null], ...]], ...]}
 * What is written begins at offset 0, without gaps and markers: "codec", "transactional",
 * "producer" and "records" count.
 */
#include "runtime/log/wire/record_batch.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

enum { RUN = 100 };

static void check(weir_status st, const weir_error *err)
{
    if (st == WEIR_OK)
        return;
    fprintf(stderr, "%d %s\n", st, err->message);
    exit(1);
}

/* ---- reading ---- */

static json_t *hex(wr_str s)
{
    static const char digits[] = "0123456789abcdef";
    if (!s.ptr)
        return json_null();
    char *text = wr_malloc((size_t)s.len * 2 + 1);
    for (uint32_t i = 0; i < s.len; i++) {
        text[2 * i] = digits[(uint8_t)s.ptr[i] >> 4];
        text[2 * i + 1] = digits[s.ptr[i] & 15];
    }
    json_t *out = json_stringn(text, (size_t)s.len * 2);
    wr_free(text);
    return out;
}

static json_t *record_json(const wr_record *r)
{
    json_t *headers = json_array();
    for (uint32_t i = 0; r->headers && i < r->headers->n; i++) {
        const wr_header *h = &r->headers->h[i];
        json_array_append_new(headers, json_pack("[o, o]", hex(h->key), hex(h->value)));
    }
    return json_pack("[I, I, o, o, o]", (json_int_t)r->offset, (json_int_t)r->timestamp,
                     hex(r->key), hex(r->value), headers);
}

static json_t *records_json(const wr_wire_batch *b, wr_wire_codec *c)
{
    wr_buf inflated = {0};
    wr_arena *a = wr_arena_new(0);
    wr_wire_records w;
    wr_record records[RUN];
    weir_error err = {0};
    uint32_t n;
    json_t *out = json_array();
    check(wr__wire_records_open(b, c, &inflated, &w, &err), &err);
    do {
        check(wr__wire_records_next(&w, 0, 0, a, records, RUN, &n, &err), &err);
        for (uint32_t i = 0; i < n; i++)
            json_array_append_new(out, record_json(&records[i]));
        wr_arena_reset(a);
    } while (n == RUN);
    wr_arena_free(a);
    wr_buf_free(&inflated);
    return out;
}

static json_t *control_json(const wr_wire_batch *b)
{
    static const char *const kinds[] = {
        [WR_WIRE_CONTROL_ABORT] = "abort",
        [WR_WIRE_CONTROL_COMMIT] = "commit",
        [WR_WIRE_CONTROL_OTHER] = "other",
    };
    weir_error err = {0};
    wr_wire_control kind;
    if (!b->control)
        return json_null();
    check(wr__wire_control_kind(b, &kind, &err), &err);
    return json_string(kinds[kind]);
}

static void read_batches(const wr_buf *in, wr_wire_codec *c)
{
    for (size_t at = 0; at < in->len;) {
        wr_wire_batch b;
        weir_error err = {0};
        check(wr__wire_batch_read(in->ptr + at, in->len - at, &b, &err), &err);
        if (b.bytes == 0) {
            fprintf(stderr, "the last batch is incomplete\n");
            exit(1);
        }
        at += b.bytes;
        json_t *line = json_pack(
            "{s:I, s:I, s:s, s:b, s:b, s:[I, i, i], s:o, s:o}", "base", (json_int_t)b.base_offset,
            "last", (json_int_t)b.last_offset, "codec", wr__codec_name(b.codec), "transactional",
            b.transactional, "append_time", b.append_time, "producer", (json_int_t)b.producer_id,
            b.producer_epoch, b.base_sequence, "control", control_json(&b), "records",
            b.control ? json_array() : records_json(&b, c));
        WR_ASSERT(json_dumpf(line, stdout, JSON_COMPACT) == 0);
        putchar('\n');
        json_decref(line);
    }
}

/* ---- writing ---- */

static uint8_t nibble(char c)
{
    return (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static wr_str unhex(const json_t *text, wr_arena *a)
{
    if (!json_is_string(text))
        return (wr_str){0};
    const char *digits = json_string_value(text);
    size_t n = json_string_length(text) / 2;
    char *bytes = wr_arena_alloc(a, n + 1);
    for (size_t i = 0; i < n; i++)
        bytes[i] = (char)(nibble(digits[2 * i]) << 4 | nibble(digits[2 * i + 1]));
    return wr_str_make(bytes, n);
}

static const wr_headers *headers_of(const json_t *list, wr_arena *a)
{
    wr_headers *headers = WR_NEW(a, wr_headers);
    wr_header *h = WR_NEW_N(a, wr_header, json_array_size(list) + 1);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        h[i].key = unhex(json_array_get(one, 0), a);
        h[i].value = unhex(json_array_get(one, 1), a);
    }
    headers->n = (uint32_t)json_array_size(list);
    headers->h = h;
    return headers;
}

static wr_codec codec_named(const char *name)
{
    for (int codec = 0; codec < WR_CODECS; codec++)
        if (strcmp(name, wr__codec_name((wr_codec)codec)) == 0)
            return (wr_codec)codec;
    fprintf(stderr, "no codec: %s\n", name);
    exit(1);
}

static void write_batch(const json_t *line, wr_buf *out, wr_wire_codec *c)
{
    const json_t *records = json_object_get(line, "records");
    const json_t *numbers = json_object_get(line, "producer");
    const wr_wire_producer_id producer = {
        .id = json_integer_value(json_array_get(numbers, 0)),
        .epoch = (int16_t)json_integer_value(json_array_get(numbers, 1)),
        .sequence = (int32_t)json_integer_value(json_array_get(numbers, 2)),
    };
    wr_arena *a = wr_arena_new(0);
    wr_buf scratch = {0};
    wr_wire_batch_writer w;
    weir_error err = {0};
    wr__wire_batch_begin(&w, out);
    for (size_t i = 0; i < json_array_size(records); i++) {
        const json_t *r = json_array_get(records, i);
        WR_ASSERT(wr__wire_batch_add(
            &w, unhex(json_array_get(r, 2), a), unhex(json_array_get(r, 3), a),
            json_integer_value(json_array_get(r, 1)), headers_of(json_array_get(r, 4), a)));
    }
    check(wr__wire_batch_seal(&w, codec_named(json_string_value(json_object_get(line, "codec"))),
                              json_is_true(json_object_get(line, "transactional")), c, &scratch,
                              &err),
          &err);
    wr__wire_batch_stamp(out->ptr + w.at, &producer);
    wr_buf_free(&scratch);
    wr_arena_free(a);
}

static void write_batches(wr_buf *in, wr_wire_codec *c)
{
    wr_buf out = {0};
    const char *p = wr_buf_cstr(in);
    for (const char *end; (end = strchr(p, '\n')); p = end + 1) {
        json_error_t error;
        json_t *line = json_loadb(p, (size_t)(end - p), 0, &error);
        if (!line) {
            fprintf(stderr, "%s\n", error.text);
            exit(1);
        }
        write_batch(line, &out, c);
        json_decref(line);
    }
    fwrite(out.ptr, 1, out.len, stdout);
    wr_buf_free(&out);
}

int main(int argc, char **argv)
{
    wr_buf in = {0};
    size_t n;
    do {
        n = fread(wr_buf_reserve(&in, 65536), 1, 65536, stdin);
        in.len += n;
    } while (n > 0);
    wr_wire_codec *c = wr__wire_codec_new();
    if (argc == 2 && strcmp(argv[1], "read") == 0) {
        read_batches(&in, c);
    } else if (argc == 2 && strcmp(argv[1], "write") == 0) {
        write_batches(&in, c);
    } else {
        fprintf(stderr, "usage: record_batches read | write\n");
        return 2;
    }
    wr__wire_codec_free(c);
    wr_buf_free(&in);
    return 0;
}
