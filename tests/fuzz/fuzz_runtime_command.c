/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records of the command topic, which anybody may have written: reading ends in a command or in
 * none. What is read can be written, and is the same when it is read again. Input: the value.
 */
#include "runtime/instance/command_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool same(const char *const *a, size_t a_n, const char *const *b, size_t b_n)
{
    for (size_t i = 0; i < a_n && a_n == b_n; i++)
        if (strcmp(a[i], b[i]) != 0)
            return false;
    return a_n == b_n;
}

static void check_round_trip(const wr_command *c, wr_arena *a)
{
    wr_buf bytes = {0};
    weir_error err;
    wr_command again;
    weir_status st = wr_command_put(c, &bytes, &err);
    WR_ASSERT(st == WEIR_OK); /* what JSON has held it can hold */
    WR_ASSERT(wr_command_parse(a, wr_buf_view(&bytes), &again) == WR_COMMAND_GOOD);
    WR_ASSERT(again.base == c->base && again.next == c->next && again.replaces == c->replaces);
    WR_ASSERT(strcmp(again.attempt, c->attempt) == 0 && strcmp(again.author, c->author) == 0);
    WR_ASSERT(again.statements.list.n == c->statements.list.n);
    for (size_t i = 0; i < c->statements.list.n; i++) {
        const wr_kept *x = &c->statements.list.v[i], *y = &again.statements.list.v[i];
        WR_ASSERT(x->id == y->id && strcmp(x->subject, y->subject) == 0);
        WR_ASSERT(wr_str_eq(x->sql, y->sql));
        WR_ASSERT(same(x->settings.v, x->settings.n, y->settings.v, y->settings.n));
        WR_ASSERT(same(x->schemas.v, x->schemas.n, y->schemas.v, y->schemas.n));
    }
    wr_buf_free(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    wr_arena *a = wr_arena_new(0);
    wr_command c;
    if (wr_command_parse(a, wr_str_make((const char *)data, size), &c) == WR_COMMAND_GOOD)
        check_round_trip(&c, a);
    wr_arena_free(a);
    return 0;
}
