/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The older form: a file of statements, one of inputs, one of expected outputs.
 *
 *     weir test -s STATEMENTS.sql [-i INPUT.json] -o OUTPUT.json
 *
 * Without inputs the INSERT VALUES of the statements are the input. Only topics that the outputs
 * name are looked at; each must hold exactly these records in this order.
 */
#include "runtime/testing/testing_internal.h"

#include <errno.h>

weir_status wr__read_file(const char *path, wr_buf *out, weir_error *err)
{
    bool standard = strcmp(path, "-") == 0;
    FILE *f = standard ? stdin : fopen(path, "rb");
    if (!f)
        return wr_error(err, WEIR_ERR_IO, "Cannot read %s: %s", path, strerror(errno));
    size_t n;
    do {
        n = fread(wr_buf_reserve(out, 65536), 1, 65536, f);
        out->len += n;
    } while (n);
    bool bad = ferror(f) != 0;
    if (!standard)
        fclose(f);
    return bad ? wr_error(err, WEIR_ERR_IO, "Cannot read %s", path) : WEIR_OK;
}

/* The list @p name of the JSON object in a file; comments are allowed. */
static weir_status read_list(const char *path, const char *name, wr_arena *a, const wr_json **out,
                             weir_error *err)
{
    wr_buf text = {0};
    wr_json *all = NULL;
    weir_status st = wr__read_file(path, &text, err);
    if (st == WEIR_OK) {
        wr_str copy = wr_arena_str(a, wr_buf_view(&text));
        st = wr_json_parse(copy, true, a, &all, err);
        if (st != WEIR_OK)
            wr_error_prefix(err, "%s: ", path);
    }
    wr_buf_free(&text);
    WR_TRY(st);
    *out = all->kind == WR_JSON_OBJECT ? wr_json_get(all, name) : NULL;
    if (!*out || (*out)->kind != WR_JSON_ARRAY)
        return wr_error(err, WEIR_ERR_RECORD, "%s: there is no list \"%s\"", path, name);
    if ((*out)->n == 0)
        return wr_error(err, WEIR_ERR_RECORD, "%s: the list \"%s\" is empty", path, name);
    return WEIR_OK;
}

static weir_status execute_script(wr__world *w, const char *path, wr_str text, wr_buf *place,
                                  weir_error *err)
{
    wr_parse_span span;
    for (size_t at = 0; wr_parse_next_span(text.ptr, text.len, at, &span); at = span.next) {
        wr_exec *x;
        wr_str sql = wr_str_make(text.ptr + span.start, span.end - span.start);
        if (span.empty)
            continue;
        weir_status st = wr__world_prepare(w, sql, &x, err);
        if (st == WEIR_OK) {
            st = wr__world_execute(w, x, err);
            wr_exec_free(x);
        }
        if (st != WEIR_OK) {
            wr__put_place(place, path, text, &span, err);
            return st;
        }
    }
    return WEIR_OK;
}

static weir_status give_inputs(wr__world *w, const wr_json *inputs, weir_error *err)
{
    for (uint32_t i = 0; inputs && i < inputs->n; i++) {
        const char *topic;
        wr_record record;
        WR_TRY(wr__record_from_json(w, &inputs->items[i], w->arena, &topic, &record, err));
        WR_TRY(wr__world_give(w, topic, &record, err));
    }
    return WEIR_OK;
}

/* ---- comparing ---- */

static wr_str topic_of(const wr_json *record)
{
    const wr_json *t = record->kind == WR_JSON_OBJECT ? wr_json_get(record, "topic") : NULL;
    return t && t->kind == WR_JSON_STRING ? t->text : WR_STR("");
}

static weir_status actual_outputs(wr__world *w, const wr_json **out, weir_error *err)
{
    wr_buf text = {0};
    wr_json *all = NULL;
    weir_status st = wr__result_outputs(w, &text, err);
    if (st == WEIR_OK)
        st = wr_json_parse(wr_arena_str(w->arena, wr_buf_view(&text)), false, w->arena, &all, err);
    wr_buf_free(&text);
    WR_ASSERT(st != WEIR_OK || all->kind == WR_JSON_ARRAY);
    *out = all;
    return st;
}

/* The records of one topic, in order. */
static uint32_t select_topic(const wr_json *records, wr_str topic, const wr_json **out)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < records->n; i++)
        if (wr_str_eq(topic_of(&records->items[i]), topic))
            out[n++] = &records->items[i];
    WR_ASSERT(n <= records->n);
    return n;
}

static weir_status compare_topic(wr_arena *a, wr_str topic, const wr_json *actual,
                                 const wr_json *expected, bool no_inputs, weir_error *err)
{
    const wr_json **is = WR_NEW_N(a, const wr_json *, actual->n + 1);
    const wr_json **should = WR_NEW_N(a, const wr_json *, expected->n + 1);
    uint32_t is_n = select_topic(actual, topic, is);
    uint32_t should_n = select_topic(expected, topic, should);
    WR_ASSERT(topic.len > 0 && should_n > 0); /* the topic is one of theirs */
    wr_buf why = {0};
    weir_status st = WEIR_OK;
    for (uint32_t i = 0; i < WR_MIN(is_n, should_n) && st == WEIR_OK; i++)
        if (!wr__record_matches(is[i], should[i], no_inputs, &why))
            st = wr_error(err, WEIR_ERR_ASSERT, "topic " WR_STR_FMT ", record %u: %s",
                          WR_STR_ARG(topic), i, wr_buf_cstr(&why));
    if (st == WEIR_OK && is_n != should_n)
        st = wr_error(err, WEIR_ERR_ASSERT, "topic " WR_STR_FMT ": %u records, expected %u",
                      WR_STR_ARG(topic), is_n, should_n);
    wr_buf_free(&why);
    return st;
}

/* What is expected in a format with schemas is compared as it would be written: names that the
 * schema does not have are dropped, as from an input. */
static weir_status as_written(const wr__world *w, wr_json *record, weir_error *err)
{
    const char *topic = wr_arena_strndup(w->arena, topic_of(record).ptr, topic_of(record).len);
    const wr_source *s = wr__world_describes(w, topic);
    if (!s || !s->value.format->can_infer)
        return WEIR_OK;
    for (uint32_t i = 0; i < record->n; i++) {
        wr_buf bytes = {0}, text = {0};
        wr_json *json;
        if (!wr_str_eq_c(record->keys[i], "value") || record->items[i].kind == WR_JSON_NULL)
            continue;
        weir_status st = wr__schema_from_json(w, s, false, &record->items[i], &bytes, err);
        if (st == WEIR_OK && wr__schema_to_json(w, s, false, NULL, wr_buf_view(&bytes), &text))
            st = wr_json_parse(wr_arena_str(w->arena, wr_buf_view(&text)), false, w->arena, &json,
                               err);
        if (st == WEIR_OK)
            record->items[i] = *json;
        wr_buf_free(&bytes);
        wr_buf_free(&text);
        WR_TRY(st);
    }
    return WEIR_OK;
}

static weir_status compare(wr__world *w, const wr_json *expected, bool no_inputs, weir_error *err)
{
    const wr_json *actual;
    WR_ASSERT(expected->n > 0); /* an empty list was refused */
    WR_TRY(actual_outputs(w, &actual, err));
    for (uint32_t i = 0; i < expected->n; i++) {
        wr_str topic = topic_of(&expected->items[i]);
        bool done = false;
        if (!topic.len)
            return wr_error(err, WEIR_ERR_RECORD, "Output %u has no \"topic\"", i);
        WR_TRY(as_written(w, &expected->items[i], err));
        for (uint32_t k = 0; k < i; k++)
            done = done || wr_str_eq(topic, topic_of(&expected->items[k]));
        if (!done)
            WR_TRY(compare_topic(w->arena, topic, actual, expected, no_inputs, err));
    }
    return WEIR_OK;
}

/* ---- the whole ---- */

static weir_status run(const wr__test_options *options, const char *statements, const char *inputs,
                       const char *outputs, wr_buf *script, wr_buf *place, wr__world *w,
                       weir_error *err)
{
    const wr_json *in = NULL, *expected;
    WR_TRY(wr__world_open(options, WR__TEST_FILE, NULL, w, err));
    WR_TRY(wr__read_file(statements, script, err));
    if (inputs)
        WR_TRY(read_list(inputs, "inputs", w->arena, &in, err));
    WR_TRY(read_list(outputs, "outputs", w->arena, &expected, err));
    WR_TRY(execute_script(w, statements, wr_buf_view(script), place, err));
    WR_TRY(give_inputs(w, in, err));
    WR_TRY(wr__flow_given(w, err));
    return compare(w, expected, !inputs, err);
}

bool wr__files_run(const wr__test_options *options, const char *statements, const char *inputs,
                   const char *outputs)
{
    wr__world w = {0};
    wr_buf script = {0}, place = {0};
    weir_error err = {0};
    weir_status st = run(options, statements, inputs, outputs, &script, &place, &w, &err);
    wr__failure why = {wr__bare_message(&err), place.len ? wr_buf_cstr(&place) : NULL, err.hint};
    wr__verdict(options, NULL, st == WEIR_OK ? NULL : &why);
    wr_buf_free(&place);
    wr_buf_free(&script);
    wr__world_close(&w);
    return st == WEIR_OK;
}
