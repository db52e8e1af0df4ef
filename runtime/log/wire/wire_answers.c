/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/log/wire/wire_answers.h"

enum {
    SLACK = 64, /* readable behind an answer: decoders look ahead */
    SPARE_BYTES_MAX = 16 << 20,
    ARENA_BYTES = 4096,
};

wr_wire_answer *wr__wire_answer_take(wr_wire_answers *all, size_t len)
{
    wr_wire_answer **at = &all->spare, **fits = NULL;
    for (; *at; at = &(*at)->next)
        if (!fits || ((*fits)->cap < len && (*at)->cap > (*fits)->cap))
            fits = at;
    wr_wire_answer *a = fits ? *fits : NULL;
    if (a) {
        *fits = a->next;
        all->spare_bytes -= a->cap;
    } else {
        a = wr_calloc(1, sizeof *a);
        a->arena = wr_arena_new(ARENA_BYTES);
    }
    if (a->cap < len) {
        wr_free(a->bytes);
        a->cap = len;
        a->bytes = wr_malloc(len + SLACK);
        memset(a->bytes + len, 0, SLACK);
    }
    WR_ASSERT(a->cap >= len && a->uses == 0);
    a->len = len;
    a->next = NULL;
    a->uses = 1;
    all->used_bytes += a->cap;
    return a;
}

static void free_answer(wr_wire_answer *a)
{
    wr_arena_free(a->arena);
    wr_free(a->bytes);
    wr_free(a);
}

void wr__wire_answer_give_back(wr_wire_answers *all, wr_wire_answer *a)
{
    WR_ASSERT(a->uses > 0);
    if (--a->uses)
        return;
    WR_ASSERT(all->used_bytes >= a->cap);
    all->used_bytes -= a->cap;
    if (all->spare_bytes + a->cap > SPARE_BYTES_MAX) {
        free_answer(a);
        return;
    }
    wr_arena_reset(a->arena);
    a->next = all->spare;
    all->spare = a;
    all->spare_bytes += a->cap;
}

void wr__wire_answers_free(wr_wire_answers *all)
{
    WR_ASSERT(all->used_bytes == 0); /* every one was given back */
    while (all->spare) {
        wr_wire_answer *a = all->spare;
        all->spare = a->next;
        free_answer(a);
    }
    all->spare_bytes = 0;
}
