/* SPDX-License-Identifier: Apache-2.0 */
/*
 * avro-c as the second opinion: random schemas and values, written by the one and read by the
 * other. What it is not asked, as it is wrong there: defaults, logical types, NUL in its JSON.
 */
#include "avro_fixture.h"

#include <avro.h>
#include <math.h>
#include <stdio.h>

static uint64_t seed;

static uint32_t pick(uint32_t n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed % n);
}

static uint64_t any_bits(void)
{
    return ((uint64_t)pick(UINT32_MAX) << 32 | pick(UINT32_MAX)) >> pick(64);
}

/* ---- schemas ---- */

static void put_schema(wr_buf *out, unsigned depth, unsigned *names);

static void put_record_schema(wr_buf *out, unsigned depth, unsigned *names)
{
    wr_buf_printf(out, "{\"type\":\"record\",\"name\":\"R%u\",\"fields\":[", (*names)++);
    unsigned n = 1 + pick(6);
    for (unsigned i = 0; i < n; i++) {
        wr_buf_printf(out, "%s{\"name\":\"F%u\",\"type\":", i ? "," : "", i);
        put_schema(out, depth + 1, names);
        wr_buf_putc(out, '}');
    }
    wr_buf_puts(out, "]}");
}

static void put_schema(wr_buf *out, unsigned depth, unsigned *names)
{
    static const char *const primitives[] = {"boolean", "int",   "long",  "float",
                                             "double",  "bytes", "string"};
    uint32_t kind = pick(depth > 3 ? 9 : 14);
    if (kind < WR_ARRAY_LEN(primitives)) {
        wr_buf_printf(out, "\"%s\"", primitives[kind]);
    } else if (kind == 7) {
        wr_buf_printf(out, "{\"type\":\"enum\",\"name\":\"E%u\",\"symbols\":[\"A\",\"B\",\"C\"]}",
                      (*names)++);
    } else if (kind == 8) {
        wr_buf_printf(out, "{\"type\":\"fixed\",\"name\":\"X%u\",\"size\":%u}", *names,
                      1 + pick(9));
        ++*names;
    } else if (kind == 9) {
        wr_buf_puts(out, "{\"type\":\"array\",\"items\":");
        put_schema(out, depth + 1, names);
        wr_buf_putc(out, '}');
    } else if (kind == 10) {
        wr_buf_puts(out, "{\"type\":\"map\",\"values\":");
        put_schema(out, depth + 1, names);
        wr_buf_putc(out, '}');
    } else if (kind == 11) {
        put_record_schema(out, depth, names);
    } else if (kind == 12) {
        wr_buf_printf(out, "[%s\"int\",\"string\"]", pick(2) ? "\"null\"," : "");
    } else {
        bool first = pick(2);
        wr_buf_puts(out, first ? "[\"null\"," : "[");
        put_record_schema(out, depth, names);
        wr_buf_puts(out, first ? "]" : ",\"null\"]");
    }
}

/* ---- values, by avro-c ---- */

static void fill(avro_value_t *v);

static void fill_list(avro_value_t *v, bool map)
{
    uint32_t n = pick(4);
    for (uint32_t i = 0; i < n; i++) {
        avro_value_t item;
        char key[2] = {(char)('a' + i), 0};
        if (map)
            assert_int_equal(avro_value_add(v, key, &item, NULL, NULL), 0);
        else
            assert_int_equal(avro_value_append(v, &item, NULL), 0);
        fill(&item);
    }
}

static void fill_text(avro_value_t *v)
{
    char text[80];
    size_t n = pick(sizeof text - 1);
    for (size_t i = 0; i < n; i++)
        text[i] = (char)(' ' + pick(95));
    text[n] = 0;
    assert_int_equal(avro_value_set_string_len(v, text, n + 1), 0);
}

static void fill_bytes(avro_value_t *v, bool fixed)
{
    char bytes[80];
    size_t n =
        fixed ? (size_t)avro_schema_fixed_size(avro_value_get_schema(v)) : pick(sizeof bytes);
    for (size_t i = 0; i < n; i++)
        bytes[i] = (char)pick(256);
    assert_int_equal(fixed ? avro_value_set_fixed(v, bytes, n) : avro_value_set_bytes(v, bytes, n),
                     0);
}

static void fill(avro_value_t *v)
{
    avro_value_t inside;
    size_t n = 0;
    switch (avro_value_get_type(v)) {
    case AVRO_BOOLEAN:
        avro_value_set_boolean(v, (int)pick(2));
        break;
    case AVRO_INT32:
        avro_value_set_int(v, (int32_t)any_bits());
        break;
    case AVRO_INT64:
        avro_value_set_long(v, (int64_t)any_bits());
        break;
    case AVRO_FLOAT:
        avro_value_set_float(v, (float)pick(1000) / 8);
        break;
    case AVRO_DOUBLE:
        avro_value_set_double(v, (double)(int64_t)any_bits() / 1024);
        break;
    case AVRO_STRING:
        fill_text(v);
        break;
    case AVRO_BYTES:
        fill_bytes(v, false);
        break;
    case AVRO_FIXED:
        fill_bytes(v, true);
        break;
    case AVRO_ENUM:
        avro_value_set_enum(v, (int)pick(3));
        break;
    case AVRO_ARRAY:
        fill_list(v, false);
        break;
    case AVRO_MAP:
        fill_list(v, true);
        break;
    case AVRO_UNION:
        n = avro_schema_union_size(avro_value_get_schema(v));
        assert_int_equal(avro_value_set_branch(v, (int)pick((uint32_t)n), &inside), 0);
        fill(&inside);
        break;
    case AVRO_RECORD:
        avro_value_get_size(v, &n);
        for (size_t i = 0; i < n; i++) {
            avro_value_get_by_index(v, i, &inside, NULL);
            fill(&inside);
        }
        break;
    default:
        avro_value_set_null(v);
        break;
    }
}

/* The value's bytes after the mark of @p s. */
static wr_str written_by_avroc(avro_value_t *v, const wr_registry_schema *s)
{
    size_t n;
    assert_int_equal(avro_value_sizeof(v, &n), 0);
    char *bytes = wr_arena_alloc(arena, n + 1);
    avro_writer_t w = avro_writer_memory(bytes, (int64_t)n);
    assert_int_equal(avro_value_write(w, v), 0);
    avro_writer_free(w);
    wr_buf out = {0};
    wr_schema_mark_write(&out, s->id);
    wr_buf_put(&out, bytes, n);
    wr_str payload = exact(out.ptr, out.len);
    wr_buf_free(&out);
    return payload;
}

/* ---- the two of them ---- */

/* Read by us into all columns, written by us with the same schema: avro-c finds the same value. */
static void compare(const wr_registry_schema *s, avro_value_t *v, avro_value_iface_t *iface)
{
    wr_format_options options = avro_options();
    options.schema = s;
    options.exact_names = true;
    wr_column *cols;
    uint32_t n;
    weir_error err = {0};
    if (wr_format_infer(wr_format_get(WR_FORMAT_AVRO), s, &options, false, arena, &cols, &n, &err))
        fail_msg("%s: %s", s->text.ptr, err.message);
    wr_decoder *d = decoder(WR_FORMAT_AVRO, cols, n, NULL, options);
    wr_encoder *e = encoder(WR_FORMAT_AVRO, cols, n, options);
    wr_vec *cells = vectors(cols, n, 1);
    uint8_t ok;
    wr_row_errors errs = {0};
    wr_str payload = written_by_avroc(v, s);
    assert_int_equal(wr_decoder_run(d, &payload, wr_sel_all(1), cells, &ok, &errs, arena, &err),
                     WEIR_OK);
    if (ok != WR_DECODED)
        fail_msg("%s: %s", s->text.ptr, errs.first);
    wr_buf buf = {0};
    wr_str own;
    wr_encoder_run(e, cells, wr_sel_all(1), &buf, &own, &ok, &errs);
    if (!ok)
        fail_msg("%s: %s", s->text.ptr, errs.first);
    avro_value_t back;
    avro_generic_value_new(iface, &back);
    avro_reader_t r = avro_reader_memory(own.ptr + 5, own.len - 5);
    assert_int_equal(avro_value_read(r, &back), 0);
    if (!avro_value_equal(v, &back)) {
        char *x = NULL, *y = NULL;
        avro_value_to_json(v, 1, &x);
        avro_value_to_json(&back, 1, &y);
        fail_msg("%s: %s, %s", s->text.ptr, x, y);
    }
    avro_reader_free(r);
    avro_value_decref(&back);
    wr_buf_free(&buf);
}

static void test_random(void **state)
{
    (void)state;
    for (uint32_t round = 0; round < 400; round++) {
        seed = 0x9E3779B97F4A7C15u * (round + 1);
        wr_buf text = {0};
        unsigned names = 0;
        put_record_schema(&text, 0, &names);
        const wr_registry_schema *s = avro_schema(wr_buf_cstr(&text));
        avro_schema_t theirs;
        if (avro_schema_from_json_length(text.ptr, text.len, &theirs) != 0)
            fail_msg("%s: %s", wr_buf_cstr(&text), avro_strerror());
        avro_value_iface_t *iface = avro_generic_class_from_schema(theirs);
        for (uint32_t k = 0; k < 5; k++) {
            avro_value_t v;
            avro_generic_value_new(iface, &v);
            fill(&v);
            compare(s, &v, iface);
            avro_value_decref(&v);
        }
        avro_value_iface_decref(iface);
        avro_schema_decref(theirs);
        wr_buf_free(&text);
    }
}

/* Which schemas there are: both accept, or both refuse. */
static void test_schemas(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"type\":\"record\",\"name\":\"R\",\"fields\":[]}",
        "{\"type\":\"record\",\"name\":\"R\"}",
        "{\"type\":\"record\",\"fields\":[]}",
        "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\"}]}",
        "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":\"S\"}]}",
        ("{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":[\"null\",\"R\"]"
         "}"
         "]}"),
        "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\"]}",
        "{\"type\":\"enum\",\"name\":\"E\"}",
        "{\"type\":\"fixed\",\"name\":\"F\",\"size\":4}",
        "{\"type\":\"fixed\",\"name\":\"F\"}",
        "{\"type\":\"array\",\"items\":\"int\"}",
        "{\"type\":\"array\"}",
        "{\"type\":\"map\",\"values\":\"int\"}",
        "{\"type\":\"map\"}",
        "[\"null\",\"int\"]",
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(texts); i++) {
        avro_schema_t theirs = NULL;
        bool taken = avro_schema_from_json_length(texts[i], strlen(texts[i]), &theirs) == 0;
        wr_format_options bare = avro_options();
        bare.unwrapped = true;
        const char *shown = avro_columns(avro_schema(texts[i]), bare, false);
        bool ours = strncmp(shown, "error: Invalid", 14) != 0;
        if (ours != taken)
            fail_msg("%s: %s", texts[i], shown);
        if (taken)
            avro_schema_decref(theirs);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_schemas),
    };
    return cmocka_run_group_tests(tests, avro_setup, avro_teardown);
}
