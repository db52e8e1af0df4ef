/* SPDX-License-Identifier: Apache-2.0 */
#include "server/cluster/server_record.h"
#include "formats/format.h"
#include "types/text.h"

/* ---- writing ---- */

static void put_member(wr_buf *out, const char *name, const char *text)
{
    wr_buf_printf(out, ",\"%s\":", name);
    wr_text_put_json_string(out, wr_str_c(text));
}

static void put_query(wr_buf *out, const wr__server_query *q)
{
    const char *comma = "";
    WR_ASSERT(q->id && (q->parts || !q->n));
    wr_text_put_json_string(out, wr_str_c(q->id));
    wr_buf_puts(out, ":{\"active\":[");
    for (uint32_t i = 0; i < q->n; i++) {
        if (!q->parts[i].active)
            continue;
        wr_buf_printf(out, "%s%d", comma, q->parts[i].partition);
        comma = ",";
    }
    wr_buf_puts(out, "],\"standby\":[");
    comma = "";
    for (uint32_t i = 0; i < q->n; i++) {
        if (q->parts[i].active)
            continue;
        wr_buf_printf(out, "%s[%d,%lld]", comma, q->parts[i].partition,
                      (long long)q->parts[i].behind);
        comma = ",";
    }
    wr_buf_puts(out, "]}");
}

void wr__server_record_put(wr_buf *out, const wr__server_record *r)
{
    WR_ASSERT(r->url && r->id);
    wr_buf_printf(out, "{\"weir\":%d", WR__SERVER_RECORD_VERSION);
    put_member(out, "url", r->url);
    put_member(out, "id", r->id);
    if (r->ended)
        wr_buf_puts(out, ",\"ended\":true");
    wr_buf_puts(out, ",\"queries\":{");
    for (uint32_t i = 0; i < r->queries_n; i++) {
        if (i)
            wr_buf_putc(out, ',');
        put_query(out, &r->queries[i]);
    }
    wr_buf_putc(out, '}');
    if (r->status)
        wr_buf_printf(out, ",\"status\":%s", r->status);
    wr_buf_putc(out, '}');
}

/* ---- reading ---- */

/* One with a NUL in it would be another one, or none, for whoever takes it as a C string. */
static bool read_text(const wr_json *o, const char *name, wr_arena *a, const char **out)
{
    const wr_json *j = wr_json_get(o, name);
    if (!j || j->kind != WR_JSON_STRING || j->text.len == 0 || wr_str_has_nul(j->text))
        return false;
    *out = wr_arena_strndup(a, j->text.ptr, j->text.len);
    return true;
}

static bool read_number(const wr_json *j, int64_t most, int64_t *out)
{
    return j->kind == WR_JSON_NUMBER && wr_str_to_i64(j->text, out) && *out >= 0 && *out <= most;
}

static uint32_t items_of(const wr_json *o, const char *name, const wr_json **list)
{
    *list = wr_json_get(o, name);
    return *list && (*list)->kind == WR_JSON_ARRAY ? (*list)->n : 0;
}

static bool read_query(const wr_json *j, wr_arena *a, wr__server_query *out)
{
    const wr_json *active, *standby;
    if (j->kind != WR_JSON_OBJECT)
        return false;
    uint32_t actives = items_of(j, "active", &active), copies = items_of(j, "standby", &standby);
    out->parts = WR_NEW_N(a, wr__server_part, (size_t)actives + copies + 1);
    int64_t partition, behind;
    WR_ASSERT(out->n == 0);
    for (uint32_t i = 0; i < actives; i++) {
        if (!read_number(&active->items[i], INT32_MAX, &partition))
            return false;
        out->parts[out->n++] = (wr__server_part){(int32_t)partition, true, 0};
    }
    for (uint32_t i = 0; i < copies; i++) {
        const wr_json *pair = &standby->items[i];
        if (pair->kind != WR_JSON_ARRAY || pair->n != 2 ||
            !read_number(&pair->items[0], INT32_MAX, &partition) ||
            !read_number(&pair->items[1], INT64_MAX, &behind))
            return false;
        out->parts[out->n++] = (wr__server_part){(int32_t)partition, false, behind};
    }
    return true;
}

static bool read_queries(const wr_json *j, wr_arena *a, wr__server_record *out)
{
    if (!j || j->kind != WR_JSON_OBJECT)
        return false;
    out->queries = WR_NEW_N(a, wr__server_query, (size_t)j->n + 1);
    for (uint32_t i = 0; i < j->n; i++) {
        wr__server_query *q = &out->queries[out->queries_n++];
        q->id = wr_arena_strndup(a, j->keys[i].ptr, j->keys[i].len);
        if (!read_query(&j->items[i], a, q))
            return false;
    }
    return true;
}

/* Another server must be spoken to by HTTP, whatever a record says; and it is somewhere. */
static bool is_url(const char *url)
{
    size_t scheme = strncmp(url, "http://", 7) == 0 ? 7 : strncmp(url, "https://", 8) == 0 ? 8 : 0;
    return scheme && url[scheme] && url[scheme] != '/';
}

bool wr__server_record_parse(wr_arena *a, wr_str bytes, wr__server_record *out)
{
    wr_json *j;
    weir_error err;
    int64_t version;
    *out = (wr__server_record){0};
    if (wr_json_parse(wr_arena_str(a, bytes), false, a, &j, &err) != WEIR_OK ||
        j->kind != WR_JSON_OBJECT)
        return false;
    const wr_json *v = wr_json_get(j, "weir"), *ended = wr_json_get(j, "ended"),
                  *status = wr_json_get(j, "status");
    if (!v || !read_number(v, WR__SERVER_RECORD_VERSION, &version) || version == 0 ||
        !read_text(j, "url", a, &out->url) || !read_text(j, "id", a, &out->id) ||
        !is_url(out->url) || strlen(out->id) > WR__SERVER_ID_MAX ||
        !read_queries(wr_json_get(j, "queries"), a, out))
        return false;
    out->ended = ended && ended->kind == WR_JSON_TRUE;
    if (status && status->kind == WR_JSON_OBJECT)
        out->status = wr_arena_strndup(a, status->raw.ptr, status->raw.len);
    return true;
}
