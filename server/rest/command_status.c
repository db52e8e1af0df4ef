/* SPDX-License-Identifier: Apache-2.0 */
/* A ring of commands in order of their coming, and a map from their ids into it. */
#include "server/rest/command_status.h"
#include "common/map.h"
#include "server/rest/entity.h"

#include <pthread.h>

typedef struct command {
    char *id, *status, *message, *query_id;
} command;

struct wr__commands {
    pthread_mutex_t lock;
    command ring[WR__COMMANDS_MAX];
    size_t first, n; /* the oldest, and how many; all below n have an id */
    wr_map by_id;    /* -> command *, of the ring */
};

wr__commands *wr__commands_new(void)
{
    wr__commands *c = wr_calloc(1, sizeof *c);
    pthread_mutex_init(&c->lock, NULL);
    wr_map_init(&c->by_id);
    return c;
}

static void clear(command *k)
{
    wr_free(k->id);
    wr_free(k->status);
    wr_free(k->message);
    wr_free(k->query_id);
    *k = (command){0};
}

void wr__commands_free(wr__commands *c)
{
    if (!c)
        return;
    wr_map_free(&c->by_id);
    for (size_t i = 0; i < WR__COMMANDS_MAX; i++)
        clear(&c->ring[i]);
    pthread_mutex_destroy(&c->lock);
    wr_free(c);
}

/* A place at the end; the oldest goes where there is none. An id that was replaced has left an
 * empty place, which is passed over. */
static command *place(wr__commands *c)
{
    WR_ASSERT(c->n <= WR__COMMANDS_MAX && c->first < WR__COMMANDS_MAX);
    if (c->n == WR__COMMANDS_MAX) {
        command *oldest = &c->ring[c->first];
        if (oldest->id)
            wr_map_remove(&c->by_id, wr_str_c(oldest->id));
        clear(oldest);
        c->first = (c->first + 1) % WR__COMMANDS_MAX;
        c->n--;
    }
    return &c->ring[(c->first + c->n++) % WR__COMMANDS_MAX];
}

void wr__commands_put(wr__commands *c, const char *id, const char *status, const char *message,
                      const char *query_id)
{
    WR_ASSERT(*id && *status && message && query_id);
    pthread_mutex_lock(&c->lock);
    command *old = wr_map_remove(&c->by_id, wr_str_c(id));
    if (old)
        clear(old);
    command *k = place(c);
    WR_ASSERT(!k->id);
    *k = (command){wr_strdup(id), wr_strdup(status), wr_strdup(message),
                   *query_id ? wr_strdup(query_id) : NULL};
    wr_map_put(&c->by_id, wr_str_c(k->id), k);
    pthread_mutex_unlock(&c->lock);
}

void wr__command_status_put(wr_buf *out, const char *status, const char *message,
                            const char *query_id)
{
    wr_buf_putc(out, '{');
    wr__member(out, "status", status);
    wr__member(out, "message", message);
    wr__member(out, "queryId", query_id && *query_id ? query_id : NULL);
    wr_buf_putc(out, '}');
}

bool wr__commands_get(wr__commands *c, const char *id, wr_buf *out)
{
    pthread_mutex_lock(&c->lock);
    const command *k = wr_map_get(&c->by_id, wr_str_c(id));
    if (k)
        wr__command_status_put(out, k->status, k->message, k->query_id);
    pthread_mutex_unlock(&c->lock);
    return k != NULL;
}

void wr__commands_all(wr__commands *c, wr_buf *out)
{
    wr_buf_puts(out, "{\"commandStatuses\":{");
    pthread_mutex_lock(&c->lock);
    for (size_t i = 0; i < c->n; i++) {
        const command *k = &c->ring[(c->first + i) % WR__COMMANDS_MAX];
        if (k->id)
            wr__member(out, k->id, k->status);
    }
    pthread_mutex_unlock(&c->lock);
    wr_buf_puts(out, "}}");
}
