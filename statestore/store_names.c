/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the database knows of its stores besides their rows: name, number and meaning.
 *
 *   META  'S' name       -> be32 number         which prefix its rows have; never given out again
 *         'N'            -> be32 number         the last one given out
 *         'M' be32 number -> 01 check:4 text    what its rows mean, in words of whoever owns it
 *
 * check = XXH32 of the text, with the number as seed: an entry that fails it is damaged, and so is
 * one of another layout. A text that differs from what the owner expects is not: that is for the
 * owner to say, who alone knows what it means. Threads: any; `id_lock` gives out numbers.
 */
#include "statestore/db_internal.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

enum { MEANING_VERSION = 1, MEANING_HEAD = 5 };

static weir_status damaged(weir_error *err, const char *what)
{
    wr_error(err, WEIR_ERR_STORE, "the state directory holds a damaged %s", what);
    if (err)
        err->flags |= WEIR_ERROR_FATAL;
    return WEIR_ERR_STORE;
}

/* ------------------------------------------------------------------ numbers */

static weir_status get_meta_u32(wr_db *db, const wr_db_snap *snap, char tag, wr_str key,
                                uint32_t *out, weir_error *err)
{
    wr_buf value = {0};
    bool found;
    weir_status st = wr__db_get_meta(db, snap, tag, key, &value, &found, err);
    *out = 0;
    if (st == WEIR_OK && found && value.len != 4)
        st = damaged(err, "store number");
    else if (st == WEIR_OK && found)
        *out = wr_get_be32(value.ptr);
    wr_buf_free(&value);
    return st;
}

weir_status wr_db_store_id_find(wr_db *db, const wr_db_snap *snap, wr_str name, uint32_t *id,
                                weir_error *err)
{
    return get_meta_u32(db, snap, WR__META_NAME, name, id, err);
}

/* Give out the next number. Under id_lock. */
static weir_status allocate_id(wr_db *db, wr_str name, uint32_t *id, weir_error *err)
{
    uint32_t last;
    WR_TRY(get_meta_u32(db, NULL, WR__META_NEXT_ID, (wr_str){0}, &last, err));
    if (last == UINT32_MAX)
        return wr_error(err, WEIR_ERR_LIMIT, "all store numbers of this directory are used up");
    char bytes[4];
    wr_put_be32(bytes, last + 1);
    wr_db_batch *b = wr_db_batch_new(db);
    wr__db_batch_put_meta(b, WR__META_NEXT_ID, (wr_str){0}, wr_str_make(bytes, 4));
    wr__db_batch_put_meta(b, WR__META_NAME, name, wr_str_make(bytes, 4));
    weir_status st = wr_db_write(db, b, err);
    wr_db_batch_free(b);
    if (st == WEIR_OK)
        *id = last + 1;
    WR_ASSERT(st != WEIR_OK || *id != 0);
    return st;
}

weir_status wr_db_store_id(wr_db *db, wr_str name, uint32_t *id, weir_error *err)
{
    pthread_mutex_lock(&db->id_lock);
    weir_status st = wr_db_store_id_find(db, NULL, name, id, err);
    if (st == WEIR_OK && *id == 0)
        st = allocate_id(db, name, id, err);
    pthread_mutex_unlock(&db->id_lock);
    return st;
}

/* All whose keys begin with @p prefix: a store's number, with a partition or without. */
static void drop_rows(wr_db_batch *b, wr_str prefix)
{
    char from[1 + WR__PREFIX], to[1 + WR__PREFIX];
    WR_ASSERT(prefix.len > 0 && prefix.len <= WR__PREFIX);
    from[0] = to[0] = WR__META_STATE;
    memcpy(from + 1, prefix.ptr, prefix.len);
    memcpy(to + 1, prefix.ptr, prefix.len);
    size_t to_len = wr__key_successor(to + 1, prefix.len); /* 0: the last one ever */
    wr_str upper = to_len ? wr_str_make(to + 1, to_len) : WR_STR("\xFF\xFF\xFF\xFF\xFF");
    for (wr_db_family f = WR_DB_KV; f <= WR_DB_SESSION; f++)
        wr__db_batch_delete_state_range(b, f, prefix, upper);
    if (!to_len)
        to[0] = WR__META_STATE + 1;
    b->operations++;
    b->db->ops->batch_delete_range(b, WR_DB_META, wr_str_make(from, 1 + prefix.len),
                                   wr_str_make(to, 1 + to_len));
}

void wr_db_batch_drop_partition(wr_db_batch *b, uint32_t store_id, uint32_t partition)
{
    char prefix[WR__PREFIX];
    WR_ASSERT(store_id > 0);
    wr_put_be32(prefix, store_id);
    wr_put_be32(prefix + 4, partition);
    drop_rows(b, wr_str_make(prefix, sizeof prefix));
}

weir_status wr_db_batch_drop_store(wr_db_batch *b, wr_str name, weir_error *err)
{
    uint32_t id;
    WR_TRY(wr_db_store_id_find(b->db, NULL, name, &id, err));
    if (id == 0)
        return WEIR_OK;
    char from[4];
    wr_put_be32(from, id);
    drop_rows(b, wr_str_make(from, sizeof from));
    const wr__db_ops *ops = b->db->ops;
    b->operations += 2;
    char tag = WR__META_MEANING;
    ops->batch_delete(b, WR_DB_META, wr_str_make(&tag, 1), wr_str_make(from, sizeof from));
    tag = WR__META_NAME;
    ops->batch_delete(b, WR_DB_META, wr_str_make(&tag, 1), name);
    return WEIR_OK;
}

/* ------------------------------------------------------------------ meaning */

static uint32_t check_of(uint32_t id, wr_str text)
{
    return XXH32(text.ptr, text.len, id);
}

weir_status wr_db_store_meaning_get(wr_db *db, wr_str name, wr_buf *out, bool *found,
                                    weir_error *err)
{
    uint32_t id;
    *found = false;
    wr_buf_clear(out);
    WR_TRY(wr_db_store_id_find(db, NULL, name, &id, err));
    if (id == 0)
        return WEIR_OK;
    char key[4];
    wr_buf value = {0};
    bool there = false;
    wr_put_be32(key, id);
    weir_status st =
        wr__db_get_meta(db, NULL, WR__META_MEANING, wr_str_make(key, 4), &value, &there, err);
    if (st == WEIR_OK && there) {
        wr_str text = wr_str_make(value.ptr + MEANING_HEAD,
                                  value.len < MEANING_HEAD ? 0 : value.len - MEANING_HEAD);
        if (value.len < MEANING_HEAD || value.ptr[0] != MEANING_VERSION ||
            wr_get_be32(value.ptr + 1) != check_of(id, text)) {
            st = damaged(err, "description of a store");
        } else {
            wr_buf_str(out, text);
            *found = true;
        }
    }
    wr_buf_free(&value);
    return st;
}

weir_status wr_db_batch_store_meaning_put(wr_db_batch *b, wr_str name, wr_str text, weir_error *err)
{
    uint32_t id;
    WR_TRY(wr_db_store_id_find(b->db, NULL, name, &id, err));
    if (id == 0)
        return wr_error(err, WEIR_ERR_NOT_FOUND, "there is no store " WR_STR_FMT, WR_STR_ARG(name));
    char key[4];
    wr_buf value = {0};
    wr_put_be32(key, id);
    wr_buf_putc(&value, MEANING_VERSION);
    wr_buf_be32(&value, check_of(id, text));
    wr_buf_str(&value, text);
    wr__db_batch_put_meta(b, WR__META_MEANING, wr_str_make(key, 4), wr_buf_view(&value));
    wr_buf_free(&value);
    return WEIR_OK;
}
