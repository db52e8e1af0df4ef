/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Descriptions of sources and functions.
 *
 * The log is asked for a topic's replicas, which may wait, so a source is described in two steps: a
 * reference under the lock, the topic without it, and what the catalog says of its queries under
 * the lock again.
 */
#include "server/rest/entity.h"
#include "engine/functions/listing.h"
#include "server/rest/statement_text.h"
#include "types/text.h"

static bool reads(const wr_query_info *info, const char *source)
{
    for (uint32_t i = 0; i < info->sources_n; i++)
        if (strcmp(info->sources[i], source) == 0)
            return true;
    return false;
}

/* @pre the lock is held */
static void put_queries(const wr__entity_context *c, const wr_source *s, bool writers, wr_buf *out)
{
    const wr_map_entry *e;
    wr__name(out, writers ? "writeQueries" : "readQueries");
    wr_buf_putc(out, '[');
    for (size_t i = 0; (e = wr_map_next(&wr_engine_catalog(c->engine)->queries, &i));) {
        const wr_query_info *info = e->value;
        if (writers ? strcmp(info->sink, s->name) == 0 : reads(info, s->name))
            wr__put_query(c, info, out);
    }
    wr_buf_putc(out, ']');
}

/* What was made of it AS SELECT: it cannot be dropped before. @pre the lock is held */
static void put_constraints(const wr__entity_context *c, const wr_source *s, wr_buf *out)
{
    const wr_map_entry *e;
    wr__name(out, "sourceConstraints");
    wr_buf_putc(out, '[');
    for (size_t i = 0; (e = wr_map_next(&wr_engine_catalog(c->engine)->sources, &i));) {
        const wr_source *of = e->value;
        for (uint32_t k = 0; k < of->derived_from_n; k++)
            if (strcmp(of->derived_from[k], s->name) == 0) {
                wr__comma(out);
                wr_text_put_json_string(out, wr_str_c(of->name));
                break;
            }
    }
    wr_buf_putc(out, ']');
}

/* The section "positions" of DESCRIBE EXTENDED, whose rows come by group and topic. */
static void put_offsets(const wr_exec *x, wr_buf *out)
{
    const wr_result *r = NULL;
    for (size_t i = 1; x && i < x->sections.n; i++)
        if (strcmp(x->sections.v[i]->name, "positions") == 0)
            r = x->sections.v[i];
    wr__name(out, "queryOffsetSummaries");
    wr_buf_putc(out, '[');
    wr_str group = {0}, topic = {0};
    for (size_t i = 0; r && i < r->rows.n; i++) {
        const wr_value *v = r->rows.v[i];
        bool new_group = i == 0 || !wr_str_eq(group, v[0].u.str);
        bool new_topic = new_group || !wr_str_eq(topic, v[1].u.str);
        if (i && new_topic)
            wr_buf_puts(out, "]}");
        if (i && new_group)
            wr_buf_puts(out, "]}");
        if (new_group) {
            wr__comma(out);
            wr_buf_puts(out, "{\"groupId\":");
            wr_text_put_json_string(out, v[0].u.str);
            wr_buf_puts(out, ",\"topicSummaries\":[");
        }
        if (new_topic) {
            wr__comma(out);
            wr_buf_puts(out, "{\"kafkaTopic\":");
            wr_text_put_json_string(out, v[1].u.str);
            wr_buf_puts(out, ",\"offsets\":[");
        }
        group = v[0].u.str;
        topic = v[1].u.str;
        wr__comma(out);
        wr_buf_printf(out,
                      "{\"partition\":%d,\"logStartOffset\":%lld,\"logEndOffset\":%lld,"
                      "\"consumerOffset\":%lld}",
                      v[2].u.i32, (long long)v[3].u.i64, (long long)v[4].u.i64,
                      v[5].null ? 0LL : (long long)v[5].u.i64);
    }
    wr_buf_puts(out, r && r->rows.n ? "]}]}]" : "]");
}

/* @pre the lock is held */
static void put_statement(const wr__entity_context *c, const wr_source *s, wr_buf *out)
{
    wr_buf text = {0};
    wr__statement_text(c->engine, s->sql, &text);
    wr__member(out, "statement", wr_buf_cstr(&text));
    wr_buf_free(&text);
}

/* @p x: of the DESCRIBE EXTENDED of this one source, or NULL. */
static weir_status put_source(const wr__entity_context *c, const wr_source *s, bool extended,
                              const wr_exec *x, wr_buf *out, weir_error *err)
{
    wr_topic_info info = {0};
    weir_status st = wr_topic_describe(wr_engine_log(c->engine), s->topic, &info, err);
    if (st != WEIR_OK && st != WEIR_ERR_NOT_FOUND)
        return st;
    bool windowed = s->window.kind != WR_WINDOW_NONE;
    bool timed = s->timestamp_column >= 0;
    wr__comma(out);
    wr_buf_putc(out, '{');
    wr__member(out, "name", s->name);
    wr__member(out, "windowType", windowed ? wr_window_kind_name(s->window.kind) : NULL);
    wr_engine_lock(c->engine);
    put_queries(c, s, false, out);
    put_queries(c, s, true, out);
    wr__put_fields(out, s->schema);
    wr__member(out, "type", s->is_table ? "TABLE" : "STREAM");
    wr__member(out, "timestamp", timed ? s->schema->cols[s->timestamp_column].name : "");
    wr__member(out, "statistics", "");
    wr__member(out, "errorStats", "");
    wr__member_bool(out, "extended", extended);
    wr__member(out, "keyFormat", s->key.format->name);
    wr__member(out, "valueFormat", s->value.format->name);
    wr__member(out, "topic", s->topic);
    wr__member_int(out, "partitions", info.partitions);
    wr__member_int(out, "replication", info.replicas);
    put_statement(c, s, out);
    put_offsets(extended ? x : NULL, out);
    put_constraints(c, s, out);
    wr_engine_unlock(c->engine);
    wr_buf_puts(out, ",\"clusterStatistics\":[],\"clusterErrorStats\":[]}");
    return WEIR_OK;
}

weir_status wr__entity_sources(const wr__entity_context *c, const wr_exec *x, bool tables,
                               const char *statement, wr_buf *out, weir_error *err)
{
    const wr_map_entry *e;
    wr_arr(wr_source *) all = {0};
    weir_status st = WEIR_OK;
    wr_engine_lock(c->engine);
    for (size_t i = 0; (e = wr_map_next(&wr_engine_catalog(c->engine)->sources, &i));) {
        wr_source *s = e->value;
        if (s->is_table != tables)
            continue;
        wr_source_ref(s);
        wr_arr_push(x->arena, &all, s);
    }
    wr_engine_unlock(c->engine);
    wr__entity_open(out, "source_descriptions", statement);
    wr__name(out, "sourceDescriptions");
    wr_buf_putc(out, '[');
    for (size_t i = 0; i < all.n; i++) {
        if (st == WEIR_OK)
            st = put_source(c, all.v[i], x->stmt->extended, NULL, out, err);
        wr_source_unref(all.v[i]);
    }
    wr_buf_putc(out, ']');
    wr__entity_close(out);
    return st;
}

/* ---- functions ---- */

static void put_overload(const wr_listed_overload *o, wr_buf *out)
{
    wr_buf types = {0};
    wr__comma(out);
    wr_buf_puts(out, "{\"arguments\":[");
    wr_buf_putc(&types, '[');
    for (uint32_t i = 0; i < o->args_n; i++) {
        wr__comma(out);
        wr_buf_putc(out, '{');
        wr__member(out, "name", o->args[i].name);
        wr__member(out, "type", o->args[i].type);
        wr__member(out, "description", "");
        wr__member_bool(out, "isVariadic", o->args[i].variadic);
        wr_buf_putc(out, '}');
        wr__comma(&types);
        wr_text_put_json_string(&types, wr_str_c(o->args[i].type));
    }
    wr_buf_putc(out, ']');
    wr__member(out, "returnType", o->ret);
    wr__member(out, "description", "");
    wr__name(out, "argumentTypes");
    wr_buf_str(out, wr_buf_view(&types));
    wr_buf_puts(out, "]}");
    wr_buf_free(&types);
}

static void put_function(const wr__entity_context *c, const wr_exec *x, const char *statement,
                         wr_buf *out)
{
    static const char *const kinds[] = {"SCALAR", "TABLE", "AGGREGATE"};
    const wr_function *f =
        wr_function_find(wr_engine_functions(c->engine), wr_str_c(x->stmt->name.name));
    WR_ASSERT(f); /* it was executed */
    wr__entity_open(out, "describe_function", statement);
    wr__member(out, "name", f->name);
    wr__member(out, "description", f->description);
    wr__member(out, "author", "Weir");
    wr__member(out, "version", "");
    wr__member(out, "path", "internal");
    wr__name(out, "functions");
    wr_buf_putc(out, '[');
    wr_listed_overload *overloads;
    wr_arena *a = wr_arena_new(0);
    uint32_t n = wr_function_overloads(f, a, &overloads);
    for (uint32_t i = 0; i < n; i++)
        put_overload(&overloads[i], out);
    wr_arena_free(a);
    wr_buf_putc(out, ']');
    wr__member(out, "type", kinds[f->kind]);
    wr__entity_close(out);
}

/* ---- DESCRIBE ---- */

weir_status wr__entity_describe(const wr__entity_context *c, wr_exec *x, const char *statement,
                                wr_buf *out, weir_error *err)
{
    const wr_ast_stmt *stmt = x->stmt;
    if (stmt->describe == WR_AST_DESCRIBE_FUNCTION) {
        put_function(c, x, statement, out);
        return WEIR_OK;
    }
    if (stmt->describe != WR_AST_DESCRIBE_SOURCE)
        return wr__entity_sources(c, x, stmt->describe == WR_AST_DESCRIBE_TABLES, statement, out,
                                  err);
    wr_engine_lock(c->engine);
    wr_source *s = wr_catalog_find(wr_engine_catalog(c->engine), stmt->name.name);
    if (s)
        wr_source_ref(s);
    wr_engine_unlock(c->engine);
    if (!s)
        return wr_error_at(err, WEIR_ERR_NOT_FOUND, stmt->name.pos,
                           "Could not find STREAM/TABLE '%s' in the Metastore", stmt->name.name);
    wr__entity_open(out, "sourceDescription", statement);
    wr__name(out, "sourceDescription");
    weir_status st = put_source(c, s, stmt->extended, x, out, err);
    wr__entity_close(out);
    wr_source_unref(s);
    return st;
}
