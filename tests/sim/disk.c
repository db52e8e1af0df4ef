/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The disks of the simulated processes. A process's database is the one in memory; what its disk
 * would have after a kill is kept beside it, as a copy of all rows. On Kafka there is no
 * write-ahead log: what is written is on disk after some later flush, all families as of one
 * moment. So the copy is made anew at writes that must be durable, at an orderly end, and after
 * other writes now and then. A process that dies leaves the copy, and opens with it.
 */
#include "disk.h"

#include "statestore/db_internal.h"

enum { FLUSHED_ONE_IN = 6 };

typedef struct row {
    wr_db_family family;
    char *key, *value;
    size_t key_len, value_len;
} row;

static struct {
    row *rows;
    size_t n, cap;
} disks[SIM_PROCESSES];

wr_db *__real_wr_db_open_memory(void);
void __real_wr_db_close(wr_db *db);
weir_status __real_wr_db_write(wr_db *db, wr_db_batch *b, weir_error *err);
weir_status __real_wr_db_write_durable(wr_db *db, wr_db_batch *b, weir_error *err);
weir_status __real_wr_db_flush(wr_db *db, weir_error *err);
wr_db *__wrap_wr_db_open_memory(void);
void __wrap_wr_db_close(wr_db *db);
weir_status __wrap_wr_db_write(wr_db *db, wr_db_batch *b, weir_error *err);
weir_status __wrap_wr_db_write_durable(wr_db *db, wr_db_batch *b, weir_error *err);
weir_status __wrap_wr_db_flush(wr_db *db, weir_error *err);

void disk_wipe(int process)
{
    for (size_t i = 0; i < disks[process].n; i++)
        wr_free(disks[process].rows[i].key);
    disks[process].n = 0;
}

void disk_copy(int to, int from)
{
    disk_wipe(to);
    for (size_t i = 0; i < disks[from].n; i++) {
        const row *r = &disks[from].rows[i];
        disk_add(to, (int)r->family, r->key, r->key_len, r->value, r->value_len);
    }
}

void disk_add(int process, int family, const char *key, size_t key_len, const char *value,
              size_t value_len)
{
    if (disks[process].n == disks[process].cap) {
        disks[process].cap = disks[process].cap ? disks[process].cap * 2 : 64;
        disks[process].rows =
            wr_realloc(disks[process].rows, disks[process].cap * sizeof *disks[process].rows);
    }
    row *r = &disks[process].rows[disks[process].n++];
    *r = (row){(wr_db_family)family, wr_malloc(key_len + value_len + 1), NULL, key_len, value_len};
    r->value = r->key + key_len;
    if (key_len)
        memcpy(r->key, key, key_len);
    if (value_len)
        memcpy(r->value, value, value_len);
}

static void flushed(wr_db *db)
{
    int p = sim_process();
    if (p < 0 || broker_process_dead(p))
        return;
    sim_stay_alone(true); /* two copies that meet would be one of two moments */
    disk_wipe(p);
    for (int f = 0; f < WR_DB_FAMILIES; f++) {
        wr_db_iter *it = wr_db_iter_new(db, NULL, (wr_db_family)f, (wr_str){0}, (wr_str){0});
        for (wr_db_iter_seek_first(it); wr_db_iter_valid(it); wr_db_iter_next(it)) {
            wr_str key = wr_db_iter_key(it), value = wr_db_iter_value(it);
            disk_add(p, f, key.ptr, key.len, value.ptr, value.len);
        }
        wr_db_iter_free(it);
    }
    sim_stay_alone(false);
}

wr_db *__wrap_wr_db_open_memory(void)
{
    wr_db *db = __real_wr_db_open_memory();
    int p = sim_process();
    if (p < 0)
        return db;
    wr_db_batch *b = wr_db_batch_new(db);
    for (size_t i = 0; i < disks[p].n; i++) {
        const row *r = &disks[p].rows[i];
        db->ops->batch_put(b, r->family, (wr_str){0}, wr_str_make(r->key, r->key_len),
                           wr_str_make(r->value, r->value_len));
    }
    weir_error err;
    weir_status st = db->ops->write(db, b, &err);
    WR_ASSERT(st == WEIR_OK);
    wr_db_batch_free(b);
    return db;
}

void __wrap_wr_db_close(wr_db *db)
{
    if (db)
        flushed(db);
    __real_wr_db_close(db);
}

weir_status __wrap_wr_db_write(wr_db *db, wr_db_batch *b, weir_error *err)
{
    weir_status st = __real_wr_db_write(db, b, err);
    if (st == WEIR_OK && sim_one_in(FLUSHED_ONE_IN))
        flushed(db);
    return st;
}

weir_status __wrap_wr_db_write_durable(wr_db *db, wr_db_batch *b, weir_error *err)
{
    weir_status st = __real_wr_db_write_durable(db, b, err);
    if (st == WEIR_OK)
        flushed(db);
    return st;
}

weir_status __wrap_wr_db_flush(wr_db *db, weir_error *err)
{
    weir_status st = __real_wr_db_flush(db, err);
    if (st == WEIR_OK)
        flushed(db);
    return st;
}
