/* SPDX-License-Identifier: Apache-2.0 */
/* JSON of entities, schemas, and the lists of SHOW. */
#include "server/rest/entity.h"
#include "types/text.h"

/* ---- JSON ---- */

void wr__comma(wr_buf *out)
{
    char last = out->len ? out->ptr[out->len - 1] : '{';
    if (last != '{' && last != '[' && last != ':')
        wr_buf_putc(out, ',');
}

static void put_text(wr_buf *out, const char *text)
{
    if (text)
        wr_text_put_json_string(out, wr_str_c(text));
    else
        wr_buf_puts(out, "null");
}

void wr__name(wr_buf *out, const char *name)
{
    wr__comma(out);
    put_text(out, name);
    wr_buf_putc(out, ':');
}

void wr__member(wr_buf *out, const char *name, const char *text)
{
    wr__name(out, name);
    put_text(out, text);
}

void wr__member_int(wr_buf *out, const char *name, int64_t n)
{
    wr__name(out, name);
    wr_text_put_i64(out, n);
}

void wr__member_bool(wr_buf *out, const char *name, bool is)
{
    wr__name(out, name);
    wr_buf_puts(out, is ? "true" : "false");
}

void wr__entity_open(wr_buf *out, const char *type, const char *statement)
{
    wr__comma(out);
    wr_buf_putc(out, '{');
    wr__member(out, "@type", type);
    wr__member(out, "statementText", statement);
}

void wr__entity_close(wr_buf *out)
{
    wr__name(out, "warnings");
    wr_buf_puts(out, "[]}");
}

/* ---- schemas ---- */

static const char *type_name(const wr_type *t)
{
    static const char *const names[] = {
        [WR_T_BOOLEAN] = "BOOLEAN",     [WR_T_INTEGER] = "INTEGER", [WR_T_BIGINT] = "BIGINT",
        [WR_T_DOUBLE] = "DOUBLE",       [WR_T_DECIMAL] = "DECIMAL", [WR_T_STRING] = "STRING",
        [WR_T_BYTES] = "BYTES",         [WR_T_DATE] = "DATE",       [WR_T_TIME] = "TIME",
        [WR_T_TIMESTAMP] = "TIMESTAMP", [WR_T_ARRAY] = "ARRAY",     [WR_T_MAP] = "MAP",
        [WR_T_STRUCT] = "STRUCT",
    };
    return (size_t)t->id < WR_ARRAY_LEN(names) && names[t->id] ? names[t->id] : "STRING";
}

static void put_struct_fields(wr_buf *out, const wr_type *t)
{
    wr_buf_putc(out, '[');
    for (uint32_t i = 0; i < t->fields_n; i++) {
        wr__comma(out);
        wr_buf_putc(out, '{');
        wr__member(out, "name", t->fields[i].name);
        wr__name(out, "schema");
        wr__put_type(out, t->fields[i].type);
        wr_buf_putc(out, '}');
    }
    wr_buf_putc(out, ']');
}

void wr__put_type(wr_buf *out, const wr_type *t)
{
    wr_buf_putc(out, '{');
    wr__member(out, "type", type_name(t));
    wr__name(out, "fields");
    if (t->id == WR_T_STRUCT)
        put_struct_fields(out, t);
    else
        wr_buf_puts(out, "null");
    wr__name(out, "memberSchema");
    if (t->id == WR_T_ARRAY || t->id == WR_T_MAP)
        wr__put_type(out, t->elem);
    else
        wr_buf_puts(out, "null");
    if (t->id == WR_T_DECIMAL)
        wr_buf_printf(out, ",\"parameters\":{\"precision\":%d,\"scale\":%d}", (int)t->precision,
                      (int)t->scale);
    wr_buf_putc(out, '}');
}

static void put_field(wr_buf *out, const wr_column *c)
{
    wr__comma(out);
    wr_buf_putc(out, '{');
    wr__member(out, "name", c->name);
    wr__name(out, "schema");
    wr__put_type(out, c->type);
    if (c->role == WR_COL_KEY)
        wr__member(out, "type", "KEY");
    if (c->role == WR_COL_HEADER || c->role == WR_COL_HEADERS)
        wr__member(out, "type", "HEADER");
    if (c->role == WR_COL_HEADER)
        wr__member(out, "headerKey", c->header);
    wr_buf_putc(out, '}');
}

void wr__put_fields(wr_buf *out, const wr_schema *s)
{
    wr__name(out, "fields");
    wr_buf_putc(out, '[');
    for (uint32_t i = 0; i < s->n; i++)
        put_field(out, &s->cols[i]);
    wr_buf_putc(out, ']');
}

/* ---- lists ---- */

/* The rows of SHOW are values; a text, or NULL. */
static const char *text_at(wr_exec *x, const wr_value *row, uint32_t i)
{
    return row[i].null ? NULL : wr_arena_strndup(x->arena, row[i].u.str.ptr, row[i].u.str.len);
}

static void put_source_line(wr_exec *x, const wr_value *row, bool tables, wr_buf *out)
{
    static const char *const names[] = {"name", "topic", "keyFormat", "valueFormat"};
    wr__comma(out);
    wr_buf_putc(out, '{');
    wr__member(out, "type", tables ? "TABLE" : "STREAM");
    for (uint32_t i = 0; i < WR_ARRAY_LEN(names); i++)
        wr__member(out, names[i], text_at(x, row, i));
    wr__member_bool(out, "isWindowed", row[WR_ARRAY_LEN(names)].u.b);
    wr_buf_putc(out, '}');
}

static void put_sources(wr_exec *x, bool tables, wr_buf *out)
{
    const wr_result *r = x->sections.v[0];
    wr__name(out, tables ? "tables" : "streams");
    wr_buf_putc(out, '[');
    for (size_t i = 0; i < r->rows.n; i++)
        put_source_line(x, r->rows.v[i], tables, out);
    wr_buf_putc(out, ']');
}

/* Who reads a topic is known of this node's queries alone: each has one group. */
static void count_readers(const wr__entity_context *c, const char *topic, int *groups)
{
    const wr_catalog *catalog = wr_engine_catalog(c->engine);
    const wr_map_entry *e;
    *groups = 0;
    wr_engine_lock(c->engine);
    for (size_t i = 0; (e = wr_map_next(&catalog->queries, &i));) {
        const wr_query_info *info = e->value;
        bool reads = false;
        for (uint32_t k = 0; k < info->sources_n && !reads; k++) {
            const wr_source *s = wr_catalog_find(catalog, info->sources[k]);
            reads = s && strcmp(s->topic, topic) == 0;
        }
        *groups += reads;
    }
    wr_engine_unlock(c->engine);
}

static void put_topics(const wr__entity_context *c, wr_exec *x, wr_buf *out)
{
    const wr_result *r = x->sections.v[0];
    wr__name(out, "topics");
    wr_buf_putc(out, '[');
    for (size_t i = 0; i < r->rows.n; i++) {
        const wr_value *row = r->rows.v[i];
        const char *name = text_at(x, row, 0);
        wr__comma(out);
        wr_buf_putc(out, '{');
        wr__member(out, "name", name);
        wr__name(out, "replicaInfo");
        wr_buf_putc(out, '[');
        for (int32_t p = 0; p < row[1].u.i32; p++)
            wr_buf_printf(out, p ? ",%d" : "%d", row[2].u.i32);
        wr_buf_putc(out, ']');
        if (x->stmt->extended) {
            int groups;
            count_readers(c, name, &groups);
            wr__member_int(out, "consumerCount", groups);
            wr__member_int(out, "consumerGroupCount", groups);
        }
        wr_buf_putc(out, '}');
    }
    wr_buf_putc(out, ']');
}

static void put_functions(wr_exec *x, wr_buf *out)
{
    static const char *const kinds[] = {"SCALAR", "TABLE", "AGGREGATE"};
    const wr_function *f;
    wr__name(out, "functions");
    wr_buf_putc(out, '[');
    for (uint32_t i = 0; (f = wr_function_at(wr_engine_functions(x->engine), i)); i++) {
        wr__comma(out);
        wr_buf_putc(out, '{');
        wr__member(out, "name", f->name);
        wr__member(out, "type", kinds[f->kind]);
        wr__member(out, "category", f->category);
        wr_buf_putc(out, '}');
    }
    wr_buf_putc(out, ']');
}

void wr__put_property_name(wr_buf *out, const wr_setting *s)
{
    bool prefixed = strncmp(s->name, "ksql.", 5) == 0 || strncmp(s->name, "weir.", 5) == 0 ||
                    !s->editable || s->ksql;
    wr_buf_printf(out, "%s%s", prefixed ? "" : "ksql.streams.", s->name);
}

/* What has a value: its default, or one that was set. */
static void put_properties(wr_exec *x, wr_buf *out)
{
    wr_buf overwritten = {0}, defaults = {0}, name = {0};
    const wr_setting *s;
    wr__name(out, "properties");
    wr_buf_putc(out, '[');
    wr_buf_putc(&overwritten, '[');
    wr_buf_putc(&defaults, '[');
    for (uint32_t i = 0; (s = wr_setting_at(i)); i++) {
        const char *value = wr_settings_get(&x->settings, s->name);
        bool own = wr_map_get(&x->settings.values, wr_str_c(s->name));
        bool set = own || wr_map_get(&wr_engine_settings(x->engine)->values, wr_str_c(s->name));
        wr_buf_clear(&name);
        wr__put_property_name(&name, s);
        wr__comma(out);
        wr_buf_putc(out, '{');
        wr__member(out, "name", wr_buf_cstr(&name));
        wr__member(out, "scope", "KSQL");
        wr__member(out, "value", wr_settings_shown(s->name, value));
        wr__member_bool(out, "editable", s->editable);
        wr__member(out, "level", "SERVER");
        wr_buf_putc(out, '}');
        if (own || !set) {
            wr_buf *list = own ? &overwritten : &defaults;
            wr__comma(list);
            wr_text_put_json_string(list, wr_buf_view(&name));
        }
    }
    wr_buf_putc(out, ']');
    wr__name(out, "overwrittenProperties");
    wr_buf_str(out, wr_buf_view(&overwritten));
    wr_buf_putc(out, ']');
    wr__name(out, "defaultProperties");
    wr_buf_str(out, wr_buf_view(&defaults));
    wr_buf_putc(out, ']');
    wr_buf_free(&overwritten);
    wr_buf_free(&defaults);
    wr_buf_free(&name);
}

static void put_types(const wr__entity_context *c, wr_buf *out)
{
    const wr_map_entry *e;
    wr__name(out, "types");
    wr_buf_putc(out, '{');
    wr_engine_lock(c->engine);
    for (size_t i = 0; (e = wr_map_next(&wr_engine_catalog(c->engine)->types, &i));) {
        wr__name(out, e->key.ptr);
        wr__put_type(out, e->value);
    }
    wr_engine_unlock(c->engine);
    wr_buf_putc(out, '}');
}

static void put_variables(wr_exec *x, wr_buf *out)
{
    const wr_result *r = x->sections.v[0];
    wr__name(out, "variables");
    wr_buf_putc(out, '[');
    for (size_t i = 0; i < r->rows.n; i++) {
        wr__comma(out);
        wr_buf_putc(out, '{');
        const char *name = text_at(x, r->rows.v[i], 0);
        const char *written = wr_map_get(&x->session->written, wr_str_c(name));
        wr__member(out, "name", written ? written : name);
        wr__member(out, "value", text_at(x, r->rows.v[i], 1));
        wr_buf_putc(out, '}');
    }
    wr_buf_putc(out, ']');
}

weir_status wr__entity_show(const wr__entity_context *c, wr_exec *x, const char *statement,
                            wr_buf *out, weir_error *err)
{
    static const char *const types[] = {
        [WR_AST_SHOW_STREAMS] = "streams",          [WR_AST_SHOW_TABLES] = "tables",
        [WR_AST_SHOW_FUNCTIONS] = "function_names", [WR_AST_SHOW_PROPERTIES] = "properties",
        [WR_AST_SHOW_TYPES] = "type_list",          [WR_AST_SHOW_VARIABLES] = "variables",
        [WR_AST_SHOW_TOPICS] = "kafka_topics",
    };
    const wr_ast_show show = x->stmt->show;
    bool tables = show == WR_AST_SHOW_TABLES;
    if (show == WR_AST_SHOW_QUERIES) {
        wr__entity_queries(c, x, statement, out);
        return WEIR_OK;
    }
    if ((tables || show == WR_AST_SHOW_STREAMS) && x->stmt->extended)
        return wr__entity_sources(c, x, tables, statement, out, err);
    WR_ASSERT((size_t)show < WR_ARRAY_LEN(types) && types[show]);
    bool extended_topics = show == WR_AST_SHOW_TOPICS && x->stmt->extended;
    wr__entity_open(out, extended_topics ? "kafka_topics_extended" : types[show], statement);
    if (tables || show == WR_AST_SHOW_STREAMS)
        put_sources(x, tables, out);
    else if (show == WR_AST_SHOW_TOPICS)
        put_topics(c, x, out);
    else if (show == WR_AST_SHOW_FUNCTIONS)
        put_functions(x, out);
    else if (show == WR_AST_SHOW_PROPERTIES)
        put_properties(x, out);
    else if (show == WR_AST_SHOW_TYPES)
        put_types(c, out);
    else
        put_variables(x, out);
    wr__entity_close(out);
    return WEIR_OK;
}
