/* SPDX-License-Identifier: Apache-2.0 */
/* A note is for each header: u32 length, name, u32 length, value; NULL values have a length of
 * their own. In the byte order of the machine, since no other ever reads it. */
#include "engine/operators/last_headers.h"

enum { LENGTH = sizeof(uint32_t) };
#define NULL_VALUE UINT32_MAX

static size_t note_len(const wr_headers *h)
{
    size_t n = 0;
    for (uint32_t k = 0; k < h->n; k++)
        n += 2 * LENGTH + h->h[k].key.len + h->h[k].value.len;
    return n;
}

static char *put(char *to, uint32_t len, wr_str s)
{
    memcpy(to, &len, LENGTH);
    if (s.len)
        memcpy(to + LENGTH, s.ptr, s.len);
    return to + LENGTH + s.len;
}

void wr__last_headers_put(wr_store *s, const wr_store_entry *e, const wr_batch *in, uint32_t i,
                          wr_arena *scratch)
{
    const wr_headers none = {0}, *h = in->headers ? &in->headers[i] : &none;
    size_t len = note_len(h);
    char *note = wr_arena_alloc(scratch, len + 1), *to = note;
    for (uint32_t k = 0; k < h->n; k++) {
        wr_str value = h->h[k].value;
        to = put(to, h->h[k].key.len, h->h[k].key);
        to = put(to, value.ptr ? value.len : NULL_VALUE, value);
    }
    WR_ASSERT((size_t)(to - note) == len);
    wr_entry_set_note(s, e, wr_str_make(note, len));
}

static const char *get(const char *from, wr_str *s)
{
    uint32_t len;
    memcpy(&len, from, LENGTH);
    *s = len == NULL_VALUE ? (wr_str){0} : (wr_str){from + LENGTH, len};
    return from + LENGTH + s->len;
}

bool wr__last_headers_get(const wr_store *s, const wr_store_entry *e, wr_arena *scratch,
                          wr_headers *out)
{
    wr_str note = wr_store_has_notes(s) ? wr_entry_note(s, e) : (wr_str){0};
    if (!note.ptr)
        return false;
    const char *at = wr_arena_memdup(scratch, note.ptr, note.len), *end = at + note.len;
    wr_arr(wr_header) list = {0};
    while (at < end) {
        wr_header h;
        at = get(get(at, &h.key), &h.value);
        wr_arr_push(scratch, &list, h);
    }
    WR_ASSERT(at == end && list.n > 0);
    *out = (wr_headers){(uint32_t)list.n, list.v};
    return true;
}
