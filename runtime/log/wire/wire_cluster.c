/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Brokers and Metadata. For Metadata any connection does: one that is up, else brokers and
 * addresses are tried one after the other. That all of them have failed since somebody last
 * answered is told once.
 */
#include "runtime/log/wire/wire_cluster.h"

#include <stdlib.h>

enum { BACKOFF_MAX_MS = 1000, KAFKA_PORT = 9092 };

/* ---- addresses ---- */

static wr_wire_node *add_node(wr_wire_cluster *c, int32_t id, const char *host, int port)
{
    wr_wire_node *node = wr_calloc(1, sizeof *node);
    node->id = id;
    node->connection = wr__wire_connection_new(c->config, c->epoll_fd, c->answers, host, port);
    c->nodes = wr_realloc((void *)c->nodes, (c->n + 1) * sizeof *c->nodes);
    c->nodes[c->n++] = node;
    return node;
}

/* "[PROTOCOL://]host[:port]"; an IPv6 address with a port stands in brackets. */
static bool add_address(wr_wire_cluster *c, char *text)
{
    char *scheme = strstr(text, "://");
    char *host = scheme ? scheme + 3 : text, *rest;
    int64_t port = KAFKA_PORT;
    if (host[0] == '[') {
        char *end = strchr(host, ']');
        if (!end)
            return false;
        *end = '\0';
        host++;
        rest = end + 1;
    } else {
        rest = strrchr(host, ':');
        if (!rest || memchr(host, ':', (size_t)(rest - host)))
            rest = host + strlen(host); /* no port: a name, or an IPv6 address */
    }
    if (rest[0] == ':' && (!wr_str_to_i64(wr_str_c(rest + 1), &port) || port < 1 || port > 65535))
        return false;
    if (rest[0] && rest[0] != ':')
        return false;
    *rest = '\0';
    if (host[0])
        add_node(c, -1, host, (int)port);
    return host[0];
}

weir_status wr__wire_cluster_init(wr_wire_cluster *c, const wr_wire_config *config, int epoll_fd,
                                  wr_wire_answers *answers, weir_error *err)
{
    *c = (wr_wire_cluster){.config = config, .epoll_fd = epoll_fd, .answers = answers};
    c->refresh_ms = INT64_MAX;
    char *all = wr_strdup(config->bootstrap), *rest = all, *one;
    weir_status st = WEIR_OK;
    while (st == WEIR_OK && (one = strsep(&rest, ", \t"))) {
        if (one[0] && !add_address(c, one))
            st = wr_error(err, WEIR_ERR_CONFIG, "bootstrap.servers: '%s' is no host:port", one);
    }
    wr_free(all);
    if (st == WEIR_OK && c->n == 0)
        st = wr_error(err, WEIR_ERR_CONFIG, "bootstrap.servers names no host");
    if (st != WEIR_OK)
        wr__wire_cluster_free(c);
    return st;
}

static void free_topics(wr_wire_cluster *c)
{
    for (uint32_t i = 0; i < c->topics_n; i++)
        wr_free(c->topics[i]);
    wr_free((void *)c->topics);
    c->topics = NULL;
    c->topics_n = 0;
}

void wr__wire_cluster_free(wr_wire_cluster *c)
{
    for (uint32_t i = 0; i < c->n; i++) {
        wr__wire_connection_free(c->nodes[i]->connection);
        wr_free(c->nodes[i]);
    }
    wr_free((void *)c->nodes);
    c->nodes = NULL;
    c->n = 0;
    free_topics(c);
}

/* ---- what is known ---- */

wr_wire_node *wr__wire_cluster_node(const wr_wire_cluster *c, int32_t id)
{
    WR_ASSERT(c->nodes && c->n > 0);
    for (uint32_t i = 0; i < c->n && id >= 0; i++)
        if (c->nodes[i]->id == id)
            return c->nodes[i];
    return NULL;
}

void wr__wire_cluster_note(wr_wire_cluster *c, const wr_wire_broker *b)
{
    char host[256];
    if (b->id < 0 || b->port < 1 || b->port > 65535 || b->host.len == 0 ||
        b->host.len >= sizeof host)
        return;
    memcpy(host, b->host.ptr, b->host.len);
    host[b->host.len] = '\0';
    wr_wire_node *node = wr__wire_cluster_node(c, b->id);
    if (!node) {
        add_node(c, b->id, host, b->port);
        return;
    }
    wr__wire_connection_move(node->connection, host, b->port);
}

void wr__wire_cluster_set_topics(wr_wire_cluster *c, const char *const *topics, uint32_t n)
{
    WR_ASSERT(topics || n == 0);
    free_topics(c);
    c->topics = wr_calloc(n ? n : 1, sizeof *c->topics);
    c->topics_n = n;
    for (uint32_t i = 0; i < n; i++)
        c->topics[i] = wr_strdup(topics[i]);
    c->wanted = n > 0;
    c->not_before = 0;
    c->backoff_ms = 0;
    if (c->asked)
        c->asked->stale++; /* its answer, which still comes, does not say what is wanted now */
    c->asked = NULL;
}

void wr__wire_cluster_refresh(wr_wire_cluster *c)
{
    if (c->wanted)
        return;
    c->wanted = true;
    c->not_before = c->backoff_ms ? wr__wire_now_ms() + c->backoff_ms : 0;
    c->backoff_ms = c->backoff_ms ? WR_MIN(c->backoff_ms * 2, (int)BACKOFF_MAX_MS)
                                  : WR_MIN(c->config->retry_ms, (int)BACKOFF_MAX_MS);
}

void wr__wire_cluster_content(wr_wire_cluster *c)
{
    c->backoff_ms = 0;
}

weir_status wr__wire_cluster_take(wr_wire_cluster *c, wr_wire_node *from, wr_wire_answer *answer,
                                  wr_wire_metadata *out, weir_error *err)
{
    WR_ASSERT(answer->api == WR_WIRE_METADATA && answer->body <= answer->len);
    bool stale = from->stale > 0;
    if (stale)
        from->stale--;
    else if (c->asked == from)
        c->asked = NULL;
    wr_wire_in in = wr__wire_in(answer->bytes + answer->body, answer->len - answer->body);
    WR_TRY(wr__wire_read_metadata(&in, answer->version, answer->arena, out, err));
    c->wanted = c->wanted && stale;
    c->refresh_ms = wr__wire_now_ms() + c->config->metadata_age_ms;
    for (uint32_t i = 0; i < out->brokers_n; i++)
        wr__wire_cluster_note(c, &out->brokers[i]);
    if (from->id < 0 && out->brokers_n > 0)
        wr__wire_connection_reset(from->connection); /* its broker has a connection of its own */
    return WEIR_OK;
}

/* ---- asking ---- */

/* Failures since the last look; is anybody there? */
static void look_at(wr_wire_cluster *c)
{
    bool any = false, all = true;
    for (uint32_t i = 0; i < c->n; i++) {
        wr_wire_node *node = c->nodes[i];
        uint32_t failures = wr__wire_connection_failures(node->connection);
        uint32_t faults = wr__wire_connection_faults(node->connection);
        if (failures != node->failures) {
            node->stale = 0;
            c->asked = c->asked == node ? NULL : c->asked;
        }
        node->tried = node->tried || faults != node->faults;
        node->failures = failures;
        node->faults = faults;
        any = any || wr__wire_connection_ready(node->connection);
        all = all && node->tried;
    }
    if (any) {
        for (uint32_t i = 0; i < c->n; i++)
            c->nodes[i]->tried = false;
        c->down = false;
    } else if (all && !c->down) {
        c->down = true;
        c->config->tell(c->config->tell_arg, WR_WIRE_ALL_DOWN, "");
    }
}

static bool ask(wr_wire_cluster *c, wr_wire_node *node)
{
    int16_t version = wr__wire_connection_version(node->connection, WR_WIRE_METADATA);
    WR_ASSERT(version >= 0 && !c->asked); /* else the connection would not be ready */
    wr_buf *b = wr__wire_connection_begin(node->connection, WR_WIRE_METADATA, version);
    wr__wire_put_metadata(b, version, (const char *const *)c->topics, c->topics_n);
    c->asked = node;
    wr__wire_connection_send(node->connection, 0);
    return true;
}

/* One that is up; an address only where there is no broker. */
static wr_wire_node *ready_node(const wr_wire_cluster *c)
{
    wr_wire_node *found = NULL;
    for (uint32_t i = 0; i < c->n; i++) {
        wr_wire_node *node = c->nodes[(c->turn + i) % c->n];
        if (wr__wire_connection_ready(node->connection) && (!found || node->id >= 0))
            found = node;
    }
    return found;
}

/* One of them is on its way up, else the next one is tried. */
static void bring_up(wr_wire_cluster *c, int64_t now_ms)
{
    for (uint32_t i = 0; i < c->n; i++)
        if (wr__wire_connection_alive(c->nodes[i]->connection)) {
            wr__wire_connection_tend(c->nodes[i]->connection, now_ms);
            return;
        }
    for (uint32_t i = 0; i < c->n; i++) {
        wr_wire_node *node = c->nodes[c->turn++ % c->n];
        wr__wire_connection_tend(node->connection, now_ms);
        if (wr__wire_connection_alive(node->connection))
            return;
    }
}

void wr__wire_cluster_tend(wr_wire_cluster *c, int64_t now_ms)
{
    look_at(c);
    if (c->asked)
        wr__wire_connection_tend(c->asked->connection, now_ms);
    if (now_ms >= c->refresh_ms && c->topics_n > 0)
        c->wanted = true;
    if (!c->wanted || c->asked || now_ms < c->not_before)
        return;
    wr_wire_node *node = ready_node(c);
    if (node && node->stale > 0) /* one at a time: that answer comes first */
        wr__wire_connection_tend(node->connection, now_ms);
    else if (node)
        ask(c, node);
    else
        bring_up(c, now_ms);
    look_at(c);
}

int64_t wr__wire_cluster_due(const wr_wire_cluster *c)
{
    if (c->asked)
        return wr__wire_connection_due(c->asked->connection);
    if (!c->wanted)
        return c->topics_n > 0 ? c->refresh_ms : INT64_MAX;
    int64_t due = c->not_before;
    const wr_wire_node *node = ready_node(c);
    if (node)
        return node->stale > 0 ? wr__wire_connection_due(node->connection) : due;
    /* Nobody is up: when those on their way are given up, or else one of them may be tried. */
    int64_t retry = INT64_MAX, given_up = INT64_MAX;
    for (uint32_t i = 0; i < c->n; i++) {
        const wr_wire_connection *one = c->nodes[i]->connection;
        int64_t *when = wr__wire_connection_alive(one) ? &given_up : &retry;
        *when = WR_MIN(*when, wr__wire_connection_due(one));
    }
    return WR_MAX(due, given_up < INT64_MAX ? given_up : retry);
}
