/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What there is at the end of a case, as JSON: the content of every topic, the sources, the topics.
 */
#include "runtime/testing/testing_internal.h"
#include "types/text.h"

static void put_string(wr_buf *out, const char *s)
{
    wr_text_put_json_string(out, wr_str_c(s));
}

static weir_status list_topics(wr__world *w, wr_arena *a, wr_topic_info **out, uint32_t *n,
                               weir_error *err)
{
    WR_ASSERT(w->engine);
    wr_log *log = wr_engine_log(w->engine);
    return wr_topic_list(log, a, out, n, err);
}

/* ---- outputs ---- */

static weir_status put_content(wr__world *w, const char *topic, bool *first, wr_buf *out,
                               weir_error *err)
{
    wr_arena *a = wr_arena_new(0);
    wr_record *records;
    uint32_t n;
    weir_status st = wr__world_read(w, topic, 0, a, &records, &n, err);
    for (uint32_t i = 0; i < n; i++) {
        wr_buf_puts(out, *first ? "" : ",");
        *first = false;
        wr__record_to_json(w, topic, &records[i], out);
    }
    wr_arena_free(a);
    return st;
}

weir_status wr__result_outputs(wr__world *w, wr_buf *out, weir_error *err)
{
    wr_arena *a = wr_arena_new(0);
    wr_topic_info *topics;
    uint32_t n = 0;
    bool first = true;
    wr_buf_putc(out, '[');
    weir_status st = list_topics(w, a, &topics, &n, err);
    for (uint32_t i = 0; i < n && st == WEIR_OK; i++)
        if (!topics[i].internal)
            st = put_content(w, topics[i].name, &first, out, err);
    wr_buf_putc(out, ']');
    wr_arena_free(a);
    return st;
}

/* ---- sources ---- */

static void put_features(const wr_format_use *use, wr_buf *out)
{
    if (use->wrap_set)
        wr_buf_puts(out, use->options.unwrapped ? "[\"UNWRAP_SINGLES\"]" : "[\"WRAP_SINGLES\"]");
    else
        wr_buf_puts(out, "[]");
}

/* A session has no size, and a source that only says WINDOW_TYPE='SESSION' none either. */
static void put_window(const wr_window *w, const char *type, const char *size, wr_buf *out)
{
    WR_ASSERT(w->kind != WR_WINDOW_NONE);
    wr_buf_printf(out, "\"%s\":\"%s\"", type, wr_window_kind_name(w->kind));
    if (w->kind != WR_WINDOW_SESSION)
        wr_buf_printf(out, ",\"%s\":%lld", size, (long long)w->size_ms);
}

static void put_source(const wr_source *s, wr_buf *out)
{
    wr_buf schema = {0};
    WR_ASSERT(s->schema && s->key.format && s->value.format);
    wr_schema_print(&schema, s->schema);
    wr_buf_puts(out, "{\"name\":");
    put_string(out, s->name);
    wr_buf_printf(out, ",\"type\":\"%s\",\"schema\":", s->is_table ? "TABLE" : "STREAM");
    wr_text_put_json_string(out, wr_buf_view(&schema));
    wr_buf_printf(out, ",\"keyFormat\":{\"format\":\"%s\"", s->key.format->name);
    if (s->window.kind != WR_WINDOW_NONE) {
        wr_buf_putc(out, ',');
        put_window(&s->window, "windowType", "windowSize", out);
    }
    wr_buf_printf(out, "},\"valueFormat\":\"%s\",\"keyFeatures\":", s->value.format->name);
    put_features(&s->key, out);
    wr_buf_puts(out, ",\"valueFeatures\":");
    put_features(&s->value, out);
    wr_buf_printf(out, ",\"isSource\":%s}", s->read_only ? "true" : "false");
    wr_buf_free(&schema);
}

void wr__result_sources(wr__world *w, wr_buf *out)
{
    const wr_map_entry *e;
    const char *separator = "";
    wr_buf_putc(out, '[');
    for (size_t i = 0; (e = wr_map_next(&wr_engine_catalog(w->engine)->sources, &i));) {
        wr_buf_puts(out, separator);
        put_source(e->value, out);
        separator = ",";
    }
    wr_buf_putc(out, ']');
}

/* ---- topics ---- */

static void put_topic_format(const wr_format_use *use, const wr_window *window, wr_buf *out)
{
    wr_buf_printf(out, "{\"format\":\"%s\"", use->format->name);
    if (window && window->kind != WR_WINDOW_NONE) {
        wr_buf_puts(out, ",\"windowInfo\":{");
        put_window(window, "type", "size", out);
        wr_buf_putc(out, '}');
    }
    wr_buf_putc(out, '}');
}

weir_status wr__result_topics(wr__world *w, wr_buf *out, weir_error *err)
{
    wr_arena *a = wr_arena_new(0);
    wr_topic_info *topics;
    uint32_t n = 0;
    const char *separator = "";
    wr_buf_putc(out, '[');
    weir_status st = list_topics(w, a, &topics, &n, err);
    for (uint32_t i = 0; i < n; i++) {
        const wr_source *s = wr__world_describes(w, topics[i].name);
        if (topics[i].internal)
            continue;
        wr_buf_printf(out, "%s{\"name\":", separator);
        put_string(out, topics[i].name);
        wr_buf_printf(out, ",\"partitions\":%d", topics[i].partitions);
        if (s) {
            wr_buf_puts(out, ",\"keyFormat\":");
            put_topic_format(&s->key, &s->window, out);
            wr_buf_puts(out, ",\"valueFormat\":");
            put_topic_format(&s->value, NULL, out);
        }
        wr__schema_put(w, topics[i].name, s, out);
        wr_buf_putc(out, '}');
        separator = ",";
    }
    wr_buf_putc(out, ']');
    wr_arena_free(a);
    return st;
}
