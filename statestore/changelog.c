/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The changelog codec; changelog.h draws the records. Reading trusts nothing: the topic may have
 * been written by another program or another version, and a wrong record must stop the restore.
 */
#include "statestore/changelog.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

enum { VERSION = 1, KEY_HEAD = 2, VALUE_HEAD = 5 };

/* Bytes between the head and the plain key; -1: no such kind. */
static int fixed_bytes(int kind)
{
    switch (kind) {
    case WR_CHANGELOG_KV:
        return 0;
    case WR_CHANGELOG_WINDOW:
    case WR_CHANGELOG_SESSIONS:
        return 8;
    case WR_CHANGELOG_BUFFER:
        return 12;
    default:
        return -1;
    }
}

static weir_status damaged(weir_error *err, const char *what)
{
    wr_error(err, WEIR_ERR_STORE, "changelog record is damaged, or was not written by Weir: %s",
             what);
    if (err)
        err->flags |= WEIR_ERROR_FATAL;
    return WEIR_ERR_STORE;
}

void wr_changelog_put_key(wr_buf *out, const wr_changelog_key *key)
{
    WR_ASSERT(fixed_bytes((int)key->kind) >= 0);
    wr_buf_putc(out, VERSION);
    wr_buf_putc(out, (char)key->kind);
    if (key->kind != WR_CHANGELOG_KV)
        wr_buf_be64(out, (uint64_t)key->start_ms);
    if (key->kind == WR_CHANGELOG_BUFFER)
        wr_buf_be32(out, key->chunk);
    wr_buf_str(out, key->key);
}

weir_status wr_changelog_get_key(wr_str record_key, wr_changelog_kind kind, wr_changelog_key *out,
                                 weir_error *err)
{
    if (record_key.len < KEY_HEAD)
        return damaged(err, "the key is too short");
    if (record_key.ptr[0] != VERSION)
        return damaged(err, "the key has an unknown version");
    if ((uint8_t)record_key.ptr[1] != (uint8_t)kind)
        return damaged(err, "the key belongs to another kind of store");
    int fixed = fixed_bytes((int)kind);
    WR_ASSERT(fixed >= 0);
    if (record_key.len < KEY_HEAD + (uint32_t)fixed)
        return damaged(err, "the key ends too early");
    const char *p = record_key.ptr + KEY_HEAD;
    *out = (wr_changelog_key){.kind = kind};
    if (fixed >= 8)
        out->start_ms = (int64_t)wr_get_be64(p);
    if (kind == WR_CHANGELOG_BUFFER)
        out->chunk = wr_get_be32(p + 8);
    out->key = wr_str_make(p + fixed, record_key.len - KEY_HEAD - (uint32_t)fixed);
    return WEIR_OK;
}

/* The key is the seed's input too, so a value that got under another key is noticed. */
static uint32_t check_of(wr_str record_key, wr_str value)
{
    uint32_t seed = XXH32(record_key.ptr, record_key.len, 0);
    return XXH32(value.len ? value.ptr : "", value.len, seed);
}

void wr_changelog_put_value(wr_buf *out, wr_str record_key, wr_str value)
{
    wr_buf_putc(out, VERSION);
    wr_buf_be32(out, check_of(record_key, value));
    wr_buf_str(out, value);
}

weir_status wr_changelog_get_value(wr_str record_key, wr_str record_value, wr_str *out,
                                   weir_error *err)
{
    if (record_value.len < VALUE_HEAD)
        return damaged(err, "the value is too short");
    if (record_value.ptr[0] != VERSION)
        return damaged(err, "the value has an unknown version");
    wr_str value = wr_str_make(record_value.ptr + VALUE_HEAD, record_value.len - VALUE_HEAD);
    if (wr_get_be32(record_value.ptr + 1) != check_of(record_key, value))
        return damaged(err, "the checksum of the value does not match");
    *out = value;
    return WEIR_OK;
}
