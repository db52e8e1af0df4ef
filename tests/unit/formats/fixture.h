/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of formats/ share: decode one payload, or encode what was decoded, and show the
 * result as text. Each test file includes it once; all functions are static.
 */
#ifndef WR_TEST_FORMATS_FIXTURE_H
#define WR_TEST_FORMATS_FIXTURE_H

#include "formats/format.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

static wr_arena *arena;

static int fixture_setup(void **state)
{
    (void)state;
    arena = wr_arena_new(0);
    return 0;
}

static int fixture_teardown(void **state)
{
    (void)state;
    wr_arena_free(arena);
    return 0;
}

static WR_UNUSED wr_column col(const char *name, const wr_type *type)
{
    return (wr_column){.name = name, .type = type, .role = WR_COL_VALUE};
}

/* An exact-size copy on the heap, so that ASan sees reads past a payload's end. */
static WR_UNUSED wr_str exact(const char *s, size_t n)
{
    return wr_str_make(n ? wr_arena_memdup(arena, s, n) : wr_arena_alloc(arena, 1), n);
}

static WR_UNUSED wr_decoder *decoder(wr_format_id id, const wr_column *cols, uint32_t n,
                                     const bool *wanted, wr_format_options options)
{
    wr_decoder *d;
    weir_error err = {0};
    weir_status st = wr_decoder_new(wr_format_get(id), cols, n, wanted, &options, arena, &d, &err);
    if (st != WEIR_OK)
        fail_msg("%s", err.message);
    return d;
}

static WR_UNUSED wr_encoder *encoder(wr_format_id id, const wr_column *cols, uint32_t n,
                                     wr_format_options options)
{
    wr_encoder *e;
    weir_error err = {0};
    weir_status st = wr_encoder_new(wr_format_get(id), cols, n, &options, arena, &e, &err);
    if (st != WEIR_OK)
        fail_msg("%s", err.message);
    return e;
}

static WR_UNUSED wr_vec *vectors(const wr_column *cols, uint32_t n, uint32_t rows)
{
    wr_vec *v = WR_NEW_N(arena, wr_vec, n);
    for (uint32_t c = 0; c < n; c++)
        wr_vec_init(&v[c], cols[c].type, rows, arena);
    return v;
}

/* "1 | \"a\" | null", each value as JSON, or "error: text", or "NULL" for a record that is NULL. */
static WR_UNUSED const char *decode_show(wr_decoder *d, const wr_column *cols, uint32_t n,
                                         wr_str payload)
{
    wr_vec *v = vectors(cols, n, 1);
    uint8_t ok = 77;
    wr_row_errors errs = {0};
    weir_error err;
    assert_int_equal(wr_decoder_run(d, &payload, wr_sel_all(1), v, &ok, &errs, arena, &err),
                     WEIR_OK);
    if (!ok) {
        assert_int_equal(errs.count, 1);
        for (uint32_t c = 0; c < n; c++)
            assert_true(v[c].null[0]);
        return wr_arena_printf(arena, "error: %s", errs.first);
    }
    assert_int_equal(errs.count, 0);
    wr_buf out = {0};
    for (uint32_t c = 0; c < n; c++) {
        wr_value value = wr_vec_get(&v[c], 0);
        if (ok == WR_DECODED_NULL)
            assert_true(value.null);
        wr_buf_puts(&out, c ? " | " : "");
        wr_value_print_json(&out, cols[c].type, &value);
    }
    const char *text = ok == WR_DECODED_NULL ? "NULL" : wr_arena_strdup(arena, wr_buf_cstr(&out));
    wr_buf_free(&out);
    return text;
}

/* Encode one row; "NULL" for a NULL record, "error: text". */
static WR_UNUSED const char *encode_show(wr_encoder *e, const wr_column *cols, uint32_t n,
                                         const wr_value *values)
{
    wr_vec *v = vectors(cols, n, 1);
    for (uint32_t c = 0; c < n; c++) {
        if (values[c].null)
            wr_vec_set_null(&v[c], 0);
        else
            wr_vec_set(&v[c], 0, &values[c]);
    }
    wr_buf buf = {0};
    wr_str payload;
    uint8_t ok = 77;
    wr_row_errors errs = {0};
    wr_encoder_run(e, v, wr_sel_all(1), &buf, &payload, &ok, &errs);
    const char *text;
    if (!ok)
        text = wr_arena_printf(arena, "error: %s", errs.first);
    else
        text = payload.ptr ? wr_arena_strndup(arena, payload.ptr, payload.len) : "NULL";
    wr_buf_free(&buf);
    return text;
}

#endif
