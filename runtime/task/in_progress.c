/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file of in_progress.h, all of a fixed size, in the machine's own layout (it never leaves it):
 *
 *   header    magic, version
 *   marks     what the threads of the process work on; `n` is written last and cleared first, so a
 *             mark that was being made when the process died is none
 *   suspects  what earlier processes died of, or may have died of
 *
 * What is read from an earlier process is not trusted: texts are ended, and a file of another
 * version or size is begun anew.
 */
#include "runtime/task/in_progress.h"
#include "common/diag.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MARKS = 512, SUSPECTS = 1024, NAME_BYTES = 256, CLIENTS_BYTES = 1024, VERSION = 1 };
static const char magic[8] = "WEIRWORK";

struct wr_work_mark {
    atomic_uint n;      /* 0: nothing; 1: a batch; 2: one record, alone */
    atomic_uint in_use; /* of this process: claimed */
    int32_t partition;
    int64_t first, last;
    char topic[NAME_BYTES];
    char clients[CLIENTS_BYTES]; /* a name on each line */
};
enum { NOTHING, BATCH, ALONE };

typedef struct suspect {
    uint32_t used;
    uint32_t deaths; /* of one record: first == last */
    int32_t partition;
    int64_t first, last;
    char topic[NAME_BYTES];
    char client[NAME_BYTES];
} suspect;

typedef struct file {
    char magic[8];
    uint32_t version, bytes;
    wr_work_mark marks[MARKS];
    suspect suspects[SUSPECTS];
} file;

struct wr_in_progress {
    file *map;
    int fd;
    atomic_uint suspects_n;
    pthread_rwlock_t work;          /* alone: written; else read */
    _Atomic(wr_work_mark *) single; /* that is worked on alone */
    pthread_mutex_t lock;           /* suspects, claims */
};

/* ---- suspects, under the lock ---- */

static void copy(char *to, const char *from, size_t size)
{
    size_t n = strnlen(from, size - 1);
    memcpy(to, from, n);
    to[n] = '\0';
}

static bool is_of(const suspect *s, const char *client, const char *topic, int32_t partition)
{
    return s->used && s->partition == partition &&
           strncmp(s->client, client, NAME_BYTES - 1) == 0 &&
           strncmp(s->topic, topic, NAME_BYTES - 1) == 0;
}

static suspect *find(file *f, const char *client, const char *topic, int32_t partition,
                     int64_t first, int64_t last)
{
    for (size_t i = 0; i < SUSPECTS; i++) {
        suspect *s = &f->suspects[i];
        if (is_of(s, client, topic, partition) && s->first == first && s->last == last)
            return s;
    }
    return NULL;
}

/* Where there is no room it is left out: what it stands for becomes a suspect at the next death. */
static suspect *note(file *f, const char *client, const char *topic, int32_t partition,
                     int64_t first, int64_t last)
{
    WR_ASSERT(client[0] && topic[0] && first <= last);
    suspect *s = find(f, client, topic, partition, first, last);
    for (size_t i = 0; i < SUSPECTS && !s; i++)
        if (!f->suspects[i].used)
            s = &f->suspects[i];
    if (!s || s->used)
        return s;
    *s = (suspect){.used = 1, .partition = partition, .first = first, .last = last};
    copy(s->client, client, NAME_BYTES);
    copy(s->topic, topic, NAME_BYTES);
    return s;
}

static void count(wr_in_progress *p)
{
    uint32_t n = 0;
    for (size_t i = 0; i < SUSPECTS; i++)
        n += p->map->suspects[i].used != 0;
    atomic_store(&p->suspects_n, n);
}

/* ---- what the last process has left ---- */

static void take_batch(file *f, const wr_work_mark *m)
{
    wr_diag_put(WR_DIAG_WARN, "query",
                "the last run ended while records %lld to %lld of %s partition %d were in "
                "progress: they are processed one by one",
                (long long)m->first, (long long)m->last, m->topic, m->partition);
    for (const char *at = m->clients; *at;) {
        char name[NAME_BYTES];
        size_t n = strcspn(at, "\n");
        copy(name, at, WR_MIN(n + 1, sizeof name));
        (void)note(f, name, m->topic, m->partition, m->first, m->last);
        at += n + (at[n] == '\n');
    }
}

static void take_single(file *f, wr_work_mark *m)
{
    m->clients[strcspn(m->clients, "\n")] = '\0';
    suspect *s = note(f, m->clients, m->topic, m->partition, m->first, m->first);
    if (!s)
        return;
    s->deaths++;
    wr_diag_put(WR_DIAG_WARN, "query",
                "%s: the last run ended at record %lld of %s partition %d; that is %u of %d times",
                m->clients, (long long)m->first, m->topic, m->partition, s->deaths, WR_DEATHS_MAX);
}

/* One that was alone has nobody beside it. */
static void take_over(wr_in_progress *p)
{
    file *f = p->map;
    for (size_t i = 0; i < SUSPECTS; i++)
        f->suspects[i].topic[NAME_BYTES - 1] = f->suspects[i].client[NAME_BYTES - 1] = '\0';
    for (size_t i = 0; i < MARKS; i++) {
        wr_work_mark *m = &f->marks[i];
        unsigned n = atomic_load(&m->n);
        m->topic[NAME_BYTES - 1] = m->clients[CLIENTS_BYTES - 1] = '\0';
        if (n == ALONE)
            take_single(f, m);
        else if (n == BATCH)
            take_batch(f, m);
        atomic_store(&m->n, NOTHING);
        atomic_store(&m->in_use, 0);
    }
    count(p);
}

/* ---- opening, closing ---- */

static weir_status not_made(const char *path, int why, weir_error *err)
{
    wr_error(err, WEIR_ERR_STORE, "Cannot make %s: %s%s", path,
             why == ENOSPC ? "the disk is full: " : "", strerror(why));
    if (why == ENOSPC)
        wr_error_hint(err, "free some space and start again");
    return WEIR_ERR_STORE;
}

/* With its blocks: a page of a hole that finds no room on the disk is a SIGBUS. */
static weir_status set_size(wr_in_progress *p, const char *path, weir_error *err)
{
    int failed = ftruncate(p->fd, sizeof(file)) == 0 ? 0 : errno;
    if (!failed)
        failed = posix_fallocate(p->fd, 0, sizeof(file));
    return failed ? not_made(path, failed, err) : WEIR_OK;
}

static weir_status map_file(wr_in_progress *p, const char *path, weir_error *err)
{
    struct stat was;
    p->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (p->fd < 0 || fstat(p->fd, &was) != 0)
        return not_made(path, errno, err);
    WR_TRY(set_size(p, path, err));
    void *map = mmap(NULL, sizeof(file), PROT_READ | PROT_WRITE, MAP_SHARED, p->fd, 0);
    if (map == MAP_FAILED)
        return wr_error(err, WEIR_ERR_STORE, "Cannot map %s: %s", path, strerror(errno));
    p->map = map;
    bool fits = was.st_size == (off_t)sizeof(file) && p->map->version == VERSION &&
                p->map->bytes == sizeof(file) && memcmp(p->map->magic, magic, sizeof magic) == 0;
    if (fits)
        return WEIR_OK;
    if (was.st_size && ftruncate(p->fd, 0) == 0)
        WR_TRY(set_size(p, path, err));
    memcpy(p->map->magic, magic, sizeof magic);
    p->map->version = VERSION;
    p->map->bytes = sizeof(file);
    return WEIR_OK;
}

weir_status wr_in_progress_open(const char *path, wr_in_progress **out, weir_error *err)
{
    wr_in_progress *p = wr_calloc(1, sizeof *p);
    weir_status st = map_file(p, path, err);
    pthread_rwlockattr_t attr;
    pthread_rwlockattr_init(&attr);
    /* Or workers that are always busy would never let one be alone. */
    pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(&p->work, &attr);
    pthread_rwlockattr_destroy(&attr);
    pthread_mutex_init(&p->lock, NULL);
    if (st != WEIR_OK) {
        wr_in_progress_close(p);
        return st;
    }
    take_over(p);
    *out = p;
    return WEIR_OK;
}

void wr_in_progress_close(wr_in_progress *p)
{
    if (!p)
        return;
    if (p->map)
        munmap(p->map, sizeof(file));
    if (p->fd >= 0)
        close(p->fd);
    pthread_rwlock_destroy(&p->work);
    pthread_mutex_destroy(&p->lock);
    wr_free(p);
}

bool wr_in_progress_alert(const wr_in_progress *p)
{
    return p && atomic_load_explicit(&p->suspects_n, memory_order_relaxed) > 0;
}

/* ---- marking ---- */

wr_work_mark *wr_work_claim(wr_in_progress *p)
{
    wr_work_mark *found = NULL;
    if (!p)
        return NULL;
    WR_ASSERT(p->map);
    pthread_mutex_lock(&p->lock);
    for (size_t i = 0; i < MARKS && !found; i++)
        if (!atomic_exchange(&p->map->marks[i].in_use, 1))
            found = &p->map->marks[i];
    pthread_mutex_unlock(&p->lock);
    return found;
}

void wr_work_release(wr_in_progress *p, wr_work_mark *m)
{
    WR_ASSERT(!m || (p && atomic_load(&m->in_use)));
    if (!m)
        return;
    atomic_store(&m->n, NOTHING);
    atomic_store(&m->in_use, 0);
}

static void set(wr_work_mark *m, const char *clients, const char *topic, int32_t partition,
                int64_t first, int64_t last)
{
    WR_ASSERT(first <= last && atomic_load(&m->n) == NOTHING);
    if (strncmp(m->clients, clients, CLIENTS_BYTES - 1) != 0)
        copy(m->clients, clients, CLIENTS_BYTES);
    if (strncmp(m->topic, topic, NAME_BYTES - 1) != 0)
        copy(m->topic, topic, NAME_BYTES);
    m->partition = partition;
    m->first = first;
    m->last = last;
}

void wr_work_begin(wr_work_mark *m, const char *clients, const char *topic, int32_t partition,
                   int64_t first, int64_t last)
{
    if (!m)
        return;
    set(m, clients, topic, partition, first, last);
    atomic_store_explicit(&m->n, BATCH, memory_order_release);
}

void wr_work_end(wr_work_mark *m)
{
    if (m)
        atomic_store_explicit(&m->n, NOTHING, memory_order_release);
}

/* ---- working on suspects ---- */

/* Who was let in without suspects is not let out: those who were let in know. */
bool wr_in_progress_enter(wr_in_progress *p, bool alone)
{
    if (!wr_in_progress_alert(p))
        return false;
    int failed = alone ? pthread_rwlock_wrlock(&p->work) : pthread_rwlock_rdlock(&p->work);
    WR_ASSERT(failed == 0);
    return failed == 0;
}

void wr_in_progress_leave(wr_in_progress *p, bool entered)
{
    if (!entered)
        return;
    atomic_store(&p->single, NULL);
    pthread_rwlock_unlock(&p->work);
}

void wr_work_begin_alone(wr_in_progress *p, wr_work_mark *m, const char *client, const char *topic,
                         int32_t partition, int64_t offset)
{
    if (!m)
        return;
    wr_work_end(m);
    set(m, client, topic, partition, offset, offset);
    atomic_store(&m->n, ALONE);
    atomic_store(&p->single, m);
}

void wr_work_wait(wr_in_progress *p, bool waits)
{
    if (!wr_in_progress_alert(p))
        return;
    wr_work_mark *m = atomic_load(&p->single);
    if (m)
        atomic_store(&m->n, waits ? NOTHING : ALONE);
}

bool wr_suspect_among(wr_in_progress *p, const char *client, const char *topic, int32_t partition,
                      int64_t first, int64_t last, int64_t *offset)
{
    bool found = false;
    if (!wr_in_progress_alert(p))
        return false;
    pthread_mutex_lock(&p->lock);
    for (size_t i = 0; i < SUSPECTS; i++) {
        const suspect *s = &p->map->suspects[i];
        if (!is_of(s, client, topic, partition) || s->last < first || s->first > last)
            continue;
        int64_t at = WR_MAX(s->first, first);
        *offset = found ? WR_MIN(*offset, at) : at;
        found = true;
    }
    pthread_mutex_unlock(&p->lock);
    return found;
}

bool wr_suspect_condemned(wr_in_progress *p, const char *client, const char *topic,
                          int32_t partition, int64_t offset)
{
    if (!wr_in_progress_alert(p))
        return false;
    pthread_mutex_lock(&p->lock);
    const suspect *s = find(p->map, client, topic, partition, offset, offset);
    bool yes = s && s->deaths >= WR_DEATHS_MAX;
    pthread_mutex_unlock(&p->lock);
    return yes;
}

void wr_suspect_survived(wr_in_progress *p, const char *client, const char *topic,
                         int32_t partition, int64_t offset)
{
    if (!wr_in_progress_alert(p))
        return;
    pthread_mutex_lock(&p->lock);
    suspect *s = find(p->map, client, topic, partition, offset, offset);
    if (s && s->deaths < WR_DEATHS_MAX)
        s->deaths = 0;
    pthread_mutex_unlock(&p->lock);
}

void wr_suspects_committed(wr_in_progress *p, const char *client, const char *topic,
                           int32_t partition, int64_t next)
{
    if (!wr_in_progress_alert(p))
        return;
    pthread_mutex_lock(&p->lock);
    for (size_t i = 0; i < SUSPECTS; i++) {
        suspect *s = &p->map->suspects[i];
        if (is_of(s, client, topic, partition) && s->last < next)
            s->used = 0;
    }
    count(p);
    pthread_mutex_unlock(&p->lock);
}
