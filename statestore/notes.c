/* SPDX-License-Identifier: Apache-2.0 */
/* Each note is an allocation of its own, since it is replaced as often as its entry changes. */
#include "statestore/notes.h"

typedef struct wr__note {
    uint32_t len;
    char bytes[];
} wr__note;

enum { EACH = 96 }; /* what the map takes for one, about */

static wr_str key_of(const void *const *entry)
{
    return wr_str_make((const char *)entry, sizeof *entry);
}

static void drop(wr__notes *n, wr__note *note)
{
    if (!note)
        return;
    WR_ASSERT(n->bytes >= EACH + note->len);
    n->bytes -= EACH + note->len;
    wr_free(note);
}

void wr__notes_put(wr__notes *n, const void *entry, wr_str note)
{
    if (note.len == 0) {
        drop(n, wr_map_remove(&n->by_entry, key_of(&entry)));
        return;
    }
    WR_ASSERT(entry && note.ptr);
    wr__note *copy = wr_malloc(sizeof *copy + note.len);
    copy->len = note.len;
    memcpy(copy->bytes, note.ptr, note.len);
    n->bytes += EACH + note.len;
    drop(n, wr_map_put(&n->by_entry, key_of(&entry), copy));
}

wr_str wr__notes_get(const wr__notes *n, const void *entry)
{
    const wr__note *note = wr_map_get(&n->by_entry, key_of(&entry));
    return note ? wr_str_make(note->bytes, note->len) : (wr_str){0};
}

void wr__notes_clear(wr__notes *n)
{
    const wr_map_entry *e;
    if (!n->by_entry.cap)
        return;
    for (size_t i = 0; (e = wr_map_next(&n->by_entry, &i));)
        drop(n, e->value);
    WR_ASSERT(n->bytes == 0);
    wr_map_free(&n->by_entry);
    wr_map_init(&n->by_entry);
}
