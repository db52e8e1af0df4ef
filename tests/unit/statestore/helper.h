/* SPDX-License-Identifier: Apache-2.0 */
/* helper.h - temporary directories, both back ends, and random bytes for the store tests. */
#ifndef TEST_STATESTORE_HELPER_H
#define TEST_STATESTORE_HELPER_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <dirent.h>
#include <unistd.h>
#include <sys/stat.h>

#include "common/clock.h"
#include "statestore/db.h"
#include "statestore/store.h"

/* A call that must succeed; shows its message when it does not. */
#define OK(call)                                                                                   \
    do {                                                                                           \
        weir_error err_ = {0};                                                                     \
        weir_error *err = &err_;                                                                   \
        if ((call) != WEIR_OK)                                                                     \
            fail_msg("%s: %s", #call, err_.message);                                               \
    } while (0)

static inline wr_str S(const char *text)
{
    return wr_str_c(text);
}

static inline void remove_tree(const char *path)
{
    DIR *dir = opendir(path);
    if (!dir) {
        unlink(path);
        return;
    }
    for (struct dirent *e; (e = readdir(dir));) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        wr_buf child = {0};
        wr_buf_printf(&child, "%s/%s", path, e->d_name);
        remove_tree(wr_buf_cstr(&child));
        wr_buf_free(&child);
    }
    closedir(dir);
    rmdir(path);
}

/* A new directory below TMPDIR; the database goes into <it>/state. */
static inline void make_temp(char *out, size_t size)
{
    const char *base = getenv("TMPDIR");
    snprintf(out, size, "%s/weir-store-XXXXXX", base ? base : "/tmp");
    assert_non_null(mkdtemp(out));
}

/* One of the two back ends, reopened on the same content as often as a test wants. */
typedef struct backend {
    bool memory, wal;
    char dir[256], path[300];
    wr_db *db;
} backend;

static inline void backend_open(backend *b)
{
    if (b->memory) {
        if (!b->db)
            b->db = wr_db_open_memory();
        return;
    }
    wr_db_options options = {.wal = b->wal, .memtable_bytes = 1 << 20};
    OK(wr_db_open(b->path, &options, &b->db, err));
}

static inline void backend_init(backend *b, bool memory, bool wal)
{
    *b = (backend){.memory = memory, .wal = wal};
    make_temp(b->dir, sizeof b->dir);
    snprintf(b->path, sizeof b->path, "%s/state", b->dir);
    backend_open(b);
}

/* Close and open again; the one in memory stays as it is. */
static inline void backend_reopen(backend *b)
{
    if (b->memory)
        return;
    wr_db_close(b->db);
    b->db = NULL;
    backend_open(b);
}

static inline void backend_fini(backend *b)
{
    wr_db_close(b->db);
    remove_tree(b->dir);
}

/* Commit one store alone. */
static inline void commit(wr_db *db, wr_store *s)
{
    wr_db_batch *b = wr_db_batch_new(db);
    OK(wr_store_flush(s, err));
    OK(wr_store_commit_into(s, b, err));
    OK(wr_db_write(db, b, err));
    wr_db_batch_free(b);
}

/* Few, short keys over few bytes, 00 and FF among them, so that they collide and nest. */
static inline wr_str random_key(wr_rng *r, char *out)
{
    static const char alphabet[] = {0, 1, 'a', 'b', (char)0xFE, (char)0xFF};
    size_t len = wr_rng_below(r, 4);
    for (size_t i = 0; i < len; i++)
        out[i] = alphabet[wr_rng_below(r, sizeof alphabet)];
    if (wr_rng_below(r, 8) == 0) { /* some too long to lie in the entry */
        memset(out + len, 'k', 24);
        len += 24;
    }
    return wr_str_make(out, len);
}

static inline wr_str random_value(wr_rng *r, char *out, size_t max)
{
    size_t len = wr_rng_below(r, wr_rng_below(r, 10) ? 40 : max);
    char first = (char)wr_rng_below(r, 256);
    for (size_t i = 0; i < len; i++)
        out[i] = (char)(first + (char)i);
    return wr_str_make(out, len);
}

#endif
