/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The database in memory: one ordered index per family, each key with its versions, newest first.
 *
 * A write gives all its changes the next version number under the lock, which makes it atomic; a
 * snapshot is a version number. Readers (snapshots and iterators) are counted: while there is one,
 * old versions and deleted keys stay where they are, so that what it holds or points to stays
 * valid; the keys with something to drop are listed and cleaned when the last reader goes.
 *
 * Values are copied out under the lock, except by iterators, whose versions the count protects.
 */
#include "statestore/db_internal.h"
#include "statestore/ordered.h"

typedef struct version version;
struct version {
    version *older;
    uint64_t number;
    uint32_t len;
    bool deleted;
    char bytes[];
};

typedef struct mem_key {
    version *newest;
    uint32_t key_len;
    wr_db_family family;
    bool listed; /* in garbage */
    char key[];
} mem_key;

typedef struct mem_db {
    wr_db base;
    pthread_mutex_t lock; /* everything below */
    wr__ordered family[WR_DB_FAMILIES];
    uint64_t number; /* of the last write */
    size_t readers;
    mem_key **garbage; /* keys with old versions, or deleted ones */
    size_t garbage_n, garbage_cap;
    uint64_t bytes; /* of keys and values */
} mem_db;

/* One operation: kind, family, lengths of key and value (of both ends), then the bytes. */
enum { OP_PUT, OP_DELETE, OP_RANGE };
typedef struct mem_op {
    uint32_t kind, family, a_len, b_len;
} mem_op;

typedef struct mem_batch {
    wr_db_batch base;
    wr_buf ops;
} mem_batch;

struct wr_db_snap {
    uint64_t number;
};

typedef struct mem_iter {
    wr_db_iter base;
    mem_db *db;
    wr_db_family family;
    uint64_t number;
    wr__ordered_node *at; /* NULL: not valid */
    const version *seen;  /* the version of at that this iterator sees */
    wr_buf lower, upper;
    bool has_upper;
} mem_iter;

static const wr__db_ops mem_ops;

wr_db *wr_db_open_memory(void)
{
    mem_db *db = wr_calloc(1, sizeof *db);
    wr__db_init(&db->base, &mem_ops, "");
    pthread_mutex_init(&db->lock, NULL);
    for (size_t i = 0; i < WR_DB_FAMILIES; i++)
        wr__ordered_init(&db->family[i]);
    return &db->base;
}

static void free_versions(mem_db *db, version *v)
{
    for (version *older; v; v = older) {
        older = v->older;
        db->bytes -= v->len;
        wr_free(v);
    }
}

static void free_key(mem_db *db, mem_key *key)
{
    free_versions(db, key->newest);
    db->bytes -= key->key_len;
    wr_free(key);
}

static void mem_close(wr_db *base)
{
    mem_db *db = (mem_db *)base;
    WR_ASSERT(db->readers == 0);
    for (size_t i = 0; i < WR_DB_FAMILIES; i++) {
        for (wr__ordered_node *n = wr__ordered_first(&db->family[i]); n; n = n->next[0])
            free_key(db, n->item);
        wr__ordered_free(&db->family[i]);
    }
    pthread_mutex_destroy(&db->lock);
    wr_free(db->garbage);
    wr__db_fini(&db->base);
    wr_free(db);
}

/* Nothing to make durable. */
static weir_status mem_nothing(wr_db *db, weir_error *err)
{
    (void)db;
    (void)err;
    return WEIR_OK;
}

static weir_status mem_reclaim(wr_db *db, wr_str from, wr_str to, weir_error *err)
{
    (void)from;
    (void)to;
    return mem_nothing(db, err); /* deleted keys give their memory back at once */
}

static weir_status mem_checkpoint(wr_db *db, const char *path, weir_error *err)
{
    (void)db;
    (void)path;
    return wr_error(err, WEIR_ERR_UNSUPPORTED, "state in memory has no checkpoints");
}

/* ------------------------------------------------------------------ versions */

static const version *visible(const mem_key *key, uint64_t number)
{
    const version *v = key->newest;
    while (v && v->number > number)
        v = v->older;
    return v && !v->deleted ? v : NULL;
}

static mem_key *find_key(mem_db *db, wr_db_family f, wr_str key)
{
    wr__ordered_node *node = wr__ordered_seek(&db->family[f], key);
    return node && wr_str_eq(wr__ordered_key(node), key) ? node->item : NULL;
}

static mem_key *new_key(mem_db *db, wr_db_family f, wr_str key)
{
    mem_key *k = wr_calloc(1, sizeof *k + key.len);
    k->key_len = key.len;
    k->family = f;
    if (key.len)
        memcpy(k->key, key.ptr, key.len);
    db->bytes += key.len;
    wr__ordered_insert(&db->family[f], wr_str_make(k->key, k->key_len), k);
    return k;
}

/* Drop what no reader can see any more. @pre there are no readers. */
static void clean_key(mem_db *db, mem_key *key)
{
    free_versions(db, key->newest->older);
    key->newest->older = NULL;
    if (key->newest->deleted) {
        wr__ordered_remove(&db->family[key->family], wr_str_make(key->key, key->key_len));
        free_key(db, key);
    }
}

static void list_garbage(mem_db *db, mem_key *key)
{
    if (key->listed)
        return;
    if (db->garbage_n == db->garbage_cap) {
        db->garbage_cap = db->garbage_cap ? db->garbage_cap * 2 : 64;
        db->garbage = wr_realloc(db->garbage, db->garbage_cap * sizeof(mem_key *));
    }
    key->listed = true;
    db->garbage[db->garbage_n++] = key;
}

static void add_version(mem_db *db, mem_key *key, wr_str value, bool deleted)
{
    version *v = wr_malloc(sizeof *v + value.len);
    *v =
        (version){.older = key->newest, .number = db->number, .len = value.len, .deleted = deleted};
    if (value.len)
        memcpy(v->bytes, value.ptr, value.len);
    key->newest = v;
    db->bytes += value.len;
    if (db->readers == 0)
        clean_key(db, key);
    else if (v->older || deleted)
        list_garbage(db, key);
}

static void reader_gone(mem_db *db)
{
    WR_ASSERT(db->readers > 0);
    if (--db->readers > 0)
        return;
    for (size_t i = 0; i < db->garbage_n; i++) {
        db->garbage[i]->listed = false;
        clean_key(db, db->garbage[i]);
    }
    db->garbage_n = 0;
}

/* ------------------------------------------------------------------ batches */

static wr_db_batch *mem_batch_new(wr_db *db)
{
    (void)db;
    mem_batch *b = wr_calloc(1, sizeof *b);
    return &b->base;
}

static void mem_batch_free(wr_db_batch *base)
{
    wr_buf_free(&((mem_batch *)base)->ops);
    wr_free(base);
}

static void mem_batch_clear(wr_db_batch *base)
{
    wr_buf_clear(&((mem_batch *)base)->ops);
}

static size_t mem_batch_bytes(const wr_db_batch *base)
{
    return ((const mem_batch *)base)->ops.len;
}

static void add_op(wr_db_batch *base, unsigned kind, wr_db_family f, wr_str prefix, wr_str a,
                   wr_str b)
{
    wr_buf *ops = &((mem_batch *)base)->ops;
    mem_op op = {kind, (uint32_t)f, prefix.len + a.len, b.len};
    wr_buf_put(ops, &op, sizeof op);
    wr_buf_str(ops, prefix);
    wr_buf_str(ops, a);
    wr_buf_str(ops, b);
}

static void mem_batch_put(wr_db_batch *b, wr_db_family f, wr_str prefix, wr_str key, wr_str value)
{
    add_op(b, OP_PUT, f, prefix, key, value);
}

static void mem_batch_delete(wr_db_batch *b, wr_db_family f, wr_str prefix, wr_str key)
{
    add_op(b, OP_DELETE, f, prefix, key, (wr_str){0});
}

static void mem_batch_delete_range(wr_db_batch *b, wr_db_family f, wr_str from, wr_str to)
{
    add_op(b, OP_RANGE, f, (wr_str){0}, from, to);
}

static void delete_range(mem_db *db, wr_db_family f, wr_str from, wr_str to)
{
    for (wr__ordered_node *n = wr__ordered_seek(&db->family[f], from), *next; n; n = next) {
        if (wr_str_cmp(wr__ordered_key(n), to) >= 0)
            break;
        next = n->next[0]; /* add_version may free n */
        add_version(db, n->item, (wr_str){0}, true);
    }
}

static weir_status mem_write(wr_db *base, wr_db_batch *b, weir_error *err)
{
    (void)err;
    mem_db *db = (mem_db *)base;
    const wr_buf *ops = &((mem_batch *)b)->ops;
    pthread_mutex_lock(&db->lock);
    db->number++;
    for (const char *p = ops->ptr, *end = p + ops->len; p < end;) {
        mem_op op;
        memcpy(&op, p, sizeof op);
        wr_str first = {p + sizeof op, op.a_len}, second = {first.ptr + op.a_len, op.b_len};
        p = second.ptr + op.b_len;
        wr_db_family f = (wr_db_family)op.family;
        mem_key *key = op.kind == OP_RANGE ? NULL : find_key(db, f, first);
        if (op.kind == OP_RANGE)
            delete_range(db, f, first, second);
        else if (op.kind == OP_PUT)
            add_version(db, key ? key : new_key(db, f, first), second, false);
        else if (key)
            add_version(db, key, (wr_str){0}, true);
    }
    pthread_mutex_unlock(&db->lock);
    return WEIR_OK;
}

/* ------------------------------------------------------------------ reading */

static wr_db_snap *mem_snap_new(wr_db *base)
{
    mem_db *db = (mem_db *)base;
    wr_db_snap *snap = wr_malloc(sizeof *snap);
    pthread_mutex_lock(&db->lock);
    snap->number = db->number;
    db->readers++;
    pthread_mutex_unlock(&db->lock);
    return snap;
}

static void mem_snap_free(wr_db *base, wr_db_snap *snap)
{
    mem_db *db = (mem_db *)base;
    pthread_mutex_lock(&db->lock);
    reader_gone(db);
    pthread_mutex_unlock(&db->lock);
    wr_free(snap);
}

static weir_status mem_get(wr_db *base, const wr_db_snap *snap, wr_db_family f, wr_str key,
                           wr_buf *out, bool *found, weir_error *err)
{
    (void)err;
    mem_db *db = (mem_db *)base;
    pthread_mutex_lock(&db->lock);
    mem_key *k = find_key(db, f, key);
    const version *v = k ? visible(k, snap ? snap->number : db->number) : NULL;
    *found = v != NULL;
    if (v)
        wr_buf_put(out, v->bytes, v->len);
    pthread_mutex_unlock(&db->lock);
    return WEIR_OK;
}

static weir_status mem_get_many(wr_db *base, const wr_db_snap *snap, wr_db_family f, size_t n,
                                const wr_str *keys, wr_db_value_fn fn, void *arg, weir_error *err)
{
    wr_buf value = {0};
    weir_status st = WEIR_OK;
    for (size_t i = 0; i < n; i++) {
        bool found;
        st = wr_db_get(base, snap, f, keys[i], &value, &found, err);
        if (st != WEIR_OK)
            break;
        wr_str view = wr_buf_view(&value);
        fn(arg, i, found ? &view : NULL);
    }
    wr_buf_free(&value);
    return st;
}

/* ------------------------------------------------------------------ iterators */

static wr_db_iter *mem_iter_new(wr_db *base, const wr_db_snap *snap, wr_db_family f, wr_str lower,
                                wr_str upper)
{
    mem_db *db = (mem_db *)base;
    mem_iter *it = wr_calloc(1, sizeof *it);
    it->db = db;
    it->family = f;
    wr_buf_put(&it->lower, lower.ptr, lower.len);
    wr_buf_put(&it->upper, upper.ptr, upper.len);
    it->has_upper = upper.ptr != NULL;
    pthread_mutex_lock(&db->lock);
    it->number = snap ? snap->number : db->number;
    db->readers++;
    pthread_mutex_unlock(&db->lock);
    return &it->base;
}

static void mem_iter_free(wr_db_iter *base)
{
    mem_iter *it = (mem_iter *)base;
    pthread_mutex_lock(&it->db->lock);
    reader_gone(it->db);
    pthread_mutex_unlock(&it->db->lock);
    wr_buf_free(&it->lower);
    wr_buf_free(&it->upper);
    wr_free(it);
}

/* Stand on @p node or the nearest visible one in the direction, within the bounds. Locked. */
static void stop_at(mem_iter *it, wr__ordered_node *node, bool forward)
{
    wr_str lower = wr_buf_view(&it->lower), upper = wr_buf_view(&it->upper);
    it->at = NULL;
    for (; node; node = forward ? node->next[0] : node->prev) {
        wr_str key = wr__ordered_key(node);
        if (forward ? it->has_upper && wr_str_cmp(key, upper) >= 0 : wr_str_cmp(key, lower) < 0)
            return;
        it->seen = visible(node->item, it->number);
        if (it->seen) {
            it->at = node;
            return;
        }
    }
}

static void seek_forward(mem_iter *it, wr_str key)
{
    wr_str lower = wr_buf_view(&it->lower);
    pthread_mutex_lock(&it->db->lock);
    stop_at(it,
            wr__ordered_seek(&it->db->family[it->family], wr_str_cmp(key, lower) < 0 ? lower : key),
            true);
    pthread_mutex_unlock(&it->db->lock);
}

static void mem_iter_seek_first(wr_db_iter *base)
{
    seek_forward((mem_iter *)base, (wr_str){0});
}

static void mem_iter_seek(wr_db_iter *base, wr_str key)
{
    seek_forward((mem_iter *)base, key);
}

static void mem_iter_seek_before(wr_db_iter *base, wr_str key)
{
    mem_iter *it = (mem_iter *)base;
    wr_str upper = wr_buf_view(&it->upper);
    if (it->has_upper && wr_str_cmp(key, upper) > 0)
        key = upper;
    pthread_mutex_lock(&it->db->lock);
    stop_at(it, wr__ordered_seek_before(&it->db->family[it->family], key), false);
    pthread_mutex_unlock(&it->db->lock);
}

static void mem_iter_seek_last(wr_db_iter *base)
{
    mem_iter *it = (mem_iter *)base;
    if (it->has_upper) {
        mem_iter_seek_before(base, wr_buf_view(&it->upper));
        return;
    }
    pthread_mutex_lock(&it->db->lock);
    stop_at(it, it->db->family[it->family].last, false);
    pthread_mutex_unlock(&it->db->lock);
}

static bool mem_iter_valid(const wr_db_iter *it)
{
    return ((const mem_iter *)it)->at != NULL;
}

static void mem_iter_next(wr_db_iter *base)
{
    mem_iter *it = (mem_iter *)base;
    pthread_mutex_lock(&it->db->lock);
    stop_at(it, it->at->next[0], true);
    pthread_mutex_unlock(&it->db->lock);
}

static void mem_iter_prev(wr_db_iter *base)
{
    mem_iter *it = (mem_iter *)base;
    pthread_mutex_lock(&it->db->lock);
    stop_at(it, it->at->prev, false);
    pthread_mutex_unlock(&it->db->lock);
}

static wr_str mem_iter_key(const wr_db_iter *it)
{
    return wr__ordered_key(((const mem_iter *)it)->at);
}

static wr_str mem_iter_value(const wr_db_iter *it)
{
    const version *v = ((const mem_iter *)it)->seen;
    return wr_str_make(v->bytes, v->len);
}

static weir_status mem_iter_status(const wr_db_iter *it, weir_error *err)
{
    (void)it;
    (void)err;
    return WEIR_OK;
}

/* ------------------------------------------------------------------ metering */

static void mem_metrics(wr_db *base, wr_db_metrics *out)
{
    mem_db *db = (mem_db *)base;
    pthread_mutex_lock(&db->lock);
    out->memtable_bytes = db->bytes;
    for (size_t i = 0; i < WR_DB_FAMILIES; i++)
        out->keys_estimate += db->family[i].n;
    pthread_mutex_unlock(&db->lock);
}

static uint64_t mem_range_bytes(wr_db *base, wr_db_family f, wr_str from, wr_str to)
{
    mem_db *db = (mem_db *)base;
    uint64_t bytes = 0;
    pthread_mutex_lock(&db->lock);
    for (wr__ordered_node *n = wr__ordered_seek(&db->family[f], from); n; n = n->next[0]) {
        if (wr_str_cmp(wr__ordered_key(n), to) >= 0)
            break;
        const version *v = visible(n->item, db->number);
        bytes += v ? n->key_len + v->len : 0;
    }
    pthread_mutex_unlock(&db->lock);
    return bytes;
}

static const wr__db_ops mem_ops = {
    .close = mem_close,
    .flush = mem_nothing,
    .sync = mem_nothing,
    .checkpoint = mem_checkpoint,
    .reclaim = mem_reclaim,
    .batch_new = mem_batch_new,
    .batch_free = mem_batch_free,
    .batch_clear = mem_batch_clear,
    .batch_bytes = mem_batch_bytes,
    .batch_put = mem_batch_put,
    .batch_delete = mem_batch_delete,
    .batch_delete_range = mem_batch_delete_range,
    .write = mem_write,
    .snap_new = mem_snap_new,
    .snap_free = mem_snap_free,
    .get = mem_get,
    .get_many = mem_get_many,
    .iter_new = mem_iter_new,
    .iter_free = mem_iter_free,
    .iter_seek_first = mem_iter_seek_first,
    .iter_seek_last = mem_iter_seek_last,
    .iter_seek = mem_iter_seek,
    .iter_seek_before = mem_iter_seek_before,
    .iter_valid = mem_iter_valid,
    .iter_next = mem_iter_next,
    .iter_prev = mem_iter_prev,
    .iter_key = mem_iter_key,
    .iter_value = mem_iter_value,
    .iter_status = mem_iter_status,
    .metrics = mem_metrics,
    .range_bytes = mem_range_bytes,
};
