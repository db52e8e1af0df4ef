/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A disk that gets full, for tests: a library for LD_PRELOAD. What writes below one folder fails
 * from the N-th call on, until a file appears.
 *
 *   WEIR_FULL_UNDER   the folder, as realpath gives it
 *   WEIR_FULL_AT      the call that fails first, from 1; of those that write below the folder
 *   WEIR_FULL_UNTIL   a file: when it exists there is room, for good
 *   WEIR_FULL_ERRNO   "EDQUOT": that instead of ENOSPC; statvfs then shows room, as with a quota
 *   WEIR_FULL_COUNT   a file that gets the number of calls, at each call: how many places there are
 *   WEIR_FULL_REACHED a file that is made when the disk gets full
 *
 * The first write that fails writes half of what it should, as a disk does whose last blocks it
 * gets. What frees room or takes none succeeds: unlink, rename, truncating to less, names that are
 * there. So does RocksDB's text log LOG: opening writes its header, after it was seen that there
 * is room, and Debian's RocksDB aborts where the second line of it fails.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

enum verdict { ROOM, FIRST_WITHOUT, FULL };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *under, *until;
static long at, calls;
static int error = ENOSPC;
static bool again; /* there is room for good */
static int count_fd = -1;

#define REAL(name) ((__typeof__(&name))next(#name))

static void *next(const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);
    if (!found)
        abort();
    return found;
}

__attribute__((constructor)) static void begin(void)
{
    under = getenv("WEIR_FULL_UNDER");
    until = getenv("WEIR_FULL_UNTIL");
    at = getenv("WEIR_FULL_AT") ? atol(getenv("WEIR_FULL_AT")) : LONG_MAX;
    const char *kind = getenv("WEIR_FULL_ERRNO");
    if (kind && strcmp(kind, "EDQUOT") == 0)
        error = EDQUOT;
    if (getenv("WEIR_FULL_COUNT"))
        count_fd = REAL(open)(getenv("WEIR_FULL_COUNT"), O_CREAT | O_WRONLY, 0666);
}

static bool is_below(const char *path)
{
    size_t n = strlen(under);
    const char *name = strrchr(path, '/');
    if (name && strcmp(name, "/LOG") == 0)
        return false;
    return strncmp(path, under, n) == 0 && (path[n] == '/' || path[n] == 0);
}

static bool fd_is_below(int fd)
{
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    if (n <= 0)
        return false;
    path[n] = 0;
    return is_below(path);
}

static bool is_full(void)
{
    if (again || calls < at)
        return false;
    again = until && access(until, F_OK) == 0;
    return !again;
}

static enum verdict judge(void)
{
    pthread_mutex_lock(&lock);
    calls++;
    if (count_fd >= 0) {
        char text[32];
        int n = snprintf(text, sizeof text, "%ld\n", calls);
        (void)!REAL(pwrite)(count_fd, text, (size_t)n, 0);
    }
    enum verdict v = !is_full() ? ROOM : calls == at ? FIRST_WITHOUT : FULL;
    const char *reached = getenv("WEIR_FULL_REACHED");
    if (v == FIRST_WITHOUT && reached) {
        int fd = REAL(open)(reached, O_CREAT | O_WRONLY, 0666);
        if (fd >= 0)
            close(fd);
    }
    pthread_mutex_unlock(&lock);
    return v;
}

static enum verdict judge_fd(int fd)
{
    int before = errno;
    enum verdict v = under && fd_is_below(fd) ? judge() : ROOM;
    errno = before;
    return v;
}

/* A new name; what is there already takes no room. */
static enum verdict judge_path(const char *path)
{
    int before = errno;
    enum verdict v = under && is_below(path) && access(path, F_OK) != 0 ? judge() : ROOM;
    errno = before;
    return v;
}

#define REFUSE                                                                                     \
    do {                                                                                           \
        errno = error;                                                                             \
        return -1;                                                                                 \
    } while (0)

ssize_t write(int fd, const void *bytes, size_t n)
{
    enum verdict v = judge_fd(fd);
    if (v == FULL || (v == FIRST_WITHOUT && n < 2))
        REFUSE;
    return REAL(write)(fd, bytes, v == FIRST_WITHOUT ? n / 2 : n);
}

ssize_t pwrite(int fd, const void *bytes, size_t n, off_t to)
{
    enum verdict v = judge_fd(fd);
    if (v == FULL || (v == FIRST_WITHOUT && n < 2))
        REFUSE;
    return REAL(pwrite)(fd, bytes, v == FIRST_WITHOUT ? n / 2 : n, to);
}

ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t to)
{
    enum verdict v = judge_fd(fd);
    if (v == FULL || (v == FIRST_WITHOUT && n < 2))
        REFUSE;
    return REAL(pwrite64)(fd, bytes, v == FIRST_WITHOUT ? n / 2 : n, to);
}

ssize_t writev(int fd, const struct iovec *v, int n)
{
    if (judge_fd(fd) != ROOM)
        REFUSE;
    return REAL(writev)(fd, v, n);
}

int fsync(int fd)
{
    if (judge_fd(fd) != ROOM)
        REFUSE;
    return REAL(fsync)(fd);
}

int fdatasync(int fd)
{
    if (judge_fd(fd) != ROOM)
        REFUSE;
    return REAL(fdatasync)(fd);
}

int fallocate(int fd, int mode, off_t from, off_t n)
{
    if (judge_fd(fd) != ROOM)
        REFUSE;
    return REAL(fallocate)(fd, mode, from, n);
}

int fallocate64(int fd, int mode, off64_t from, off64_t n)
{
    if (judge_fd(fd) != ROOM)
        REFUSE;
    return REAL(fallocate64)(fd, mode, from, n);
}

int posix_fallocate(int fd, off_t from, off_t n)
{
    if (judge_fd(fd) != ROOM)
        return error;
    return REAL(posix_fallocate)(fd, from, n);
}

static mode_t mode_of(int flags, va_list more)
{
    return flags & O_CREAT ? (mode_t)va_arg(more, unsigned) : 0;
}

#define OPEN(name)                                                                                 \
    int name(const char *path, int flags, ...)                                                     \
    {                                                                                              \
        va_list more;                                                                              \
        va_start(more, flags);                                                                     \
        mode_t mode = mode_of(flags, more);                                                        \
        va_end(more);                                                                              \
        if (flags & O_CREAT && judge_path(path) != ROOM)                                           \
            REFUSE;                                                                                \
        return REAL(name)(path, flags, mode);                                                      \
    }
OPEN(open)
OPEN(open64)

int mkdir(const char *path, mode_t mode)
{
    if (judge_path(path) != ROOM)
        REFUSE;
    return REAL(mkdir)(path, mode);
}

int link(const char *from, const char *to)
{
    if (judge_path(to) != ROOM)
        REFUSE;
    return REAL(link)(from, to);
}

static bool shows_full(const char *path)
{
    if (!under || !is_below(path) || error != ENOSPC)
        return false;
    pthread_mutex_lock(&lock);
    bool full = is_full();
    pthread_mutex_unlock(&lock);
    return full;
}

int statvfs(const char *path, struct statvfs *out)
{
    int st = REAL(statvfs)(path, out);
    if (st == 0 && shows_full(path))
        out->f_bavail = out->f_bfree = 0;
    return st;
}

int statvfs64(const char *path, struct statvfs64 *out)
{
    int st = REAL(statvfs64)(path, out);
    if (st == 0 && shows_full(path))
        out->f_bavail = out->f_bfree = 0;
    return st;
}
