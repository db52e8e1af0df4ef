/* SPDX-License-Identifier: Apache-2.0 */
#include "server/cluster/own_state.h"
#include "types/text.h"

static void put_string(wr_buf *out, const char *text)
{
    wr_text_put_json_string(out, wr_str_c(text));
}

/* A comma, unless something has just begun. */
static void put_comma(wr_buf *out)
{
    char last = out->len ? out->ptr[out->len - 1] : '{';
    if (last != '{' && last != '[')
        wr_buf_putc(out, ',');
}

static bool has_table(const wr_query *q)
{
    return wr_query_plan(q)->materialized != NULL;
}

/* ---- for routing ---- */

static void list_parts(const wr_query *q, wr_arena *a, wr__server_query *out)
{
    int32_t n = wr_query_table_partitions(q);
    *out = (wr__server_query){.id = wr_arena_strdup(a, wr_query_id(q)),
                              .parts = WR_NEW_N(a, wr__server_part, (size_t)n + 1)};
    for (int32_t p = 0; p < n; p++) {
        int64_t behind;
        wr_held_as as = wr_query_holds(q, p, &behind, NULL);
        bool active = as == WR_HELD_ACTIVE;
        if (active || (as == WR_HELD_STANDBY && behind != WR_HELD_UNKNOWN))
            out->parts[out->n++] = (wr__server_part){p, active, active ? 0 : behind};
    }
    WR_ASSERT(out->n <= (uint32_t)n);
}

void wr__own_parts(wr_engine *e, wr_arena *a, wr__server_record *r)
{
    wr_query_pins pins = wr_engine_pin_all(e);
    r->queries = WR_NEW_N(a, wr__server_query, pins.n + 1);
    r->queries_n = 0;
    for (size_t i = 0; i < pins.n; i++)
        if (has_table(pins.entries[i]->query))
            list_parts(pins.entries[i]->query, a, &r->queries[r->queries_n++]);
    wr_engine_unpin_all(e, &pins);
}

/* ---- /clusterStatus ---- */

static void put_stores(wr_query *q, wr_arena *a, wr_buf *out)
{
    wr_profile profile;
    wr_query_profile(q, a, &profile);
    wr_buf_puts(out, "\"activeStores\":[");
    for (uint32_t i = 0; i < profile.nodes_n; i++) {
        if (!profile.nodes[i].store || !profile.nodes[i].tasks)
            continue;
        put_comma(out);
        put_string(out, profile.nodes[i].store);
    }
    wr_buf_putc(out, ']');
}

static void put_partition(wr_buf *out, const char *topic, int32_t partition)
{
    put_comma(out);
    wr_buf_puts(out, "{\"topic\":");
    put_string(out, topic);
    wr_buf_printf(out, ",\"partition\":%d}", partition);
}

static void put_partitions(wr_query *q, wr_arena *a, wr_buf *out)
{
    wr_topic_part *parts;
    uint32_t n = wr_query_reads(q, a, &parts);
    wr_buf_puts(out, ",\"activePartitions\":[");
    for (uint32_t i = 0; i < n; i++)
        put_partition(out, parts[i].topic, parts[i].partition);
    wr_buf_putc(out, ']');
}

static const char *table_store(const wr_query *q)
{
    const wr_plan *plan = wr_query_plan(q);
    WR_ASSERT(plan->materialized && plan->materialized_store < plan->stores_n);
    return plan->stores[plan->materialized_store].name;
}

static void put_copies(const wr_query *q, wr_buf *out)
{
    int32_t n = has_table(q) ? wr_query_table_partitions(q) : 0;
    bool any = false;
    for (int32_t p = 0; p < n; p++)
        any = any || wr_query_holds(q, p, NULL, NULL) == WR_HELD_STANDBY;
    wr_buf_puts(out, ",\"standByStores\":[");
    if (any)
        put_string(out, table_store(q));
    wr_buf_puts(out, "],\"standByPartitions\":[");
    for (int32_t p = 0; any && p < n; p++)
        if (wr_query_holds(q, p, NULL, NULL) == WR_HELD_STANDBY)
            put_partition(out, wr_query_table_topic(q), p);
    wr_buf_putc(out, ']');
}

void wr__own_status(wr_engine *e, wr_buf *out)
{
    wr_query_pins pins = wr_engine_pin_all(e);
    wr_arena *a = wr_arena_new(0);
    wr_buf_putc(out, '{');
    for (size_t i = 0; i < pins.n; i++) {
        wr_query *q = pins.entries[i]->query;
        put_comma(out);
        put_string(out, wr_query_id(q));
        wr_buf_puts(out, ":{");
        put_stores(q, a, out);
        put_partitions(q, a, out);
        put_copies(q, out);
        wr_buf_putc(out, '}');
    }
    wr_buf_putc(out, '}');
    wr_arena_free(a);
    wr_engine_unpin_all(e, &pins);
}

/* ---- lags ---- */

static uint32_t put_lags(const wr_query *q, wr_buf *out)
{
    uint32_t n = 0;
    int32_t partitions = wr_query_table_partitions(q);
    for (int32_t p = 0; p < partitions; p++) {
        int64_t behind, applied;
        if (wr_query_holds(q, p, &behind, &applied) != WR_HELD_STANDBY || behind == WR_HELD_UNKNOWN)
            continue;
        wr_buf_printf(out,
                      "%s\"%d\":{\"currentOffsetPosition\":%lld,\"endOffsetPosition\":%lld,"
                      "\"offsetLag\":%lld}",
                      n++ ? "," : "", p, (long long)applied, (long long)applied + behind,
                      (long long)behind);
    }
    return n;
}

void wr__own_lags(wr_engine *e, int64_t now_ms, wr_buf *out)
{
    wr_query_pins pins = wr_engine_pin_all(e);
    wr_buf parts = {0}, name = {0};
    wr_buf_puts(out, "{\"stateStoreLags\":{");
    for (size_t i = 0; i < pins.n && now_ms; i++) {
        const wr_query *q = pins.entries[i]->query;
        wr_buf_clear(&parts);
        wr_buf_clear(&name);
        uint32_t n = has_table(q) ? put_lags(q, &parts) : 0;
        if (!n)
            continue;
        wr_buf_printf(&name, "%s#%s", wr_query_id(q), table_store(q));
        put_comma(out);
        wr_text_put_json_string(out, wr_buf_view(&name));
        wr_buf_printf(out, ":{\"lagByPartition\":{%s},\"size\":%u}", wr_buf_cstr(&parts), n);
    }
    wr_buf_printf(out, "},\"updateTimeMs\":%lld}", (long long)now_ms);
    wr_buf_free(&parts);
    wr_buf_free(&name);
    wr_engine_unpin_all(e, &pins);
}
