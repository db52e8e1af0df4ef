/* SPDX-License-Identifier: Apache-2.0 */
#include "statestore/directory.h"

#include "common/buf.h"
#include "common/diag.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEPT_MAX = 1000 }; /* directories moved aside that nobody has removed */

weir_status wr__damaged_error(const char *path, const char *how, const char *hint, weir_error *err)
{
    wr_error(err, WEIR_ERR_STORE, "the state directory %s is damaged: %s", path, how);
    wr_error_hint(err, "%s", hint);
    if (err)
        err->flags |= WEIR_ERROR_FATAL;
    return WEIR_ERR_STORE;
}

static int open_mark(const char *path, int flags)
{
    wr_buf name = {0};
    wr_buf_printf(&name, "%s/damaged", path);
    int fd = open(wr_buf_cstr(&name), flags | O_CLOEXEC, 0666);
    wr_buf_free(&name);
    return fd;
}

void wr__damaged_mark(const char *path, const char *why)
{
    WR_ASSERT(*why);
    int fd = open_mark(path, O_CREAT | O_WRONLY | O_TRUNC);
    if (fd < 0)
        return;
    (void)!write(fd, why, strlen(why));
    (void)fsync(fd);
    close(fd);
}

bool wr__damaged_marked(const char *path)
{
    int fd = open_mark(path, O_RDONLY);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static bool ends_with(const char *name, const char *end)
{
    size_t n = strlen(name), k = strlen(end);
    WR_ASSERT(k > 0);
    return n > k && strcmp(name + n - k, end) == 0;
}

bool wr__damaged_headless(const char *path)
{
    DIR *dir = opendir(path);
    bool content = false, head = false;
    for (struct dirent *e; dir && (e = readdir(dir));) {
        head = head || strcmp(e->d_name, "CURRENT") == 0;
        content = content || ends_with(e->d_name, ".sst") || ends_with(e->d_name, ".log");
    }
    if (dir)
        closedir(dir);
    return content && !head;
}

weir_status wr__damaged_move_aside(const char *path, const char *why, weir_error *err)
{
    WR_ASSERT(*path && path[strlen(path) - 1] != '/'); /* the new name is beside it */
    wr_buf to = {0};
    int failed = EEXIST;
    for (int i = 1; i <= KEPT_MAX && failed; i++) {
        wr_buf_clear(&to);
        wr_buf_printf(&to, "%s.damaged-%d", path, i);
        if (access(wr_buf_cstr(&to), F_OK) == 0)
            continue;
        failed = rename(path, wr_buf_cstr(&to)) == 0 ? 0 : errno;
        if (failed)
            break;
    }
    weir_status st = WEIR_OK;
    if (failed) {
        st = wr_error(err, WEIR_ERR_STORE, "cannot move the damaged state directory %s to %s: %s",
                      path, wr_buf_cstr(&to), strerror(failed));
        if (err)
            err->flags |= WEIR_ERROR_FATAL;
    } else
        wr_diag_put(WR_DIAG_WARN, "state",
                    "%s; it is kept as %s, and state is rebuilt from the changelogs", why,
                    wr_buf_cstr(&to));
    wr_buf_free(&to);
    return st;
}

weir_status wr__directory_check(const char *path, weir_error *err)
{
    struct stat info;
    int failed = 0;
    if (mkdir(path, 0777) != 0 && errno != EEXIST)
        failed = errno;
    else if (stat(path, &info) != 0)
        failed = errno;
    else if (!S_ISDIR(info.st_mode))
        failed = ENOTDIR;
    else if (access(path, R_OK | W_OK | X_OK) != 0)
        failed = errno;
    if (!failed)
        return WEIR_OK;
    wr_error(err, WEIR_ERR_STORE, "cannot use the state directory %s: %s", path, strerror(failed));
    if (err)
        err->flags |= WEIR_ERROR_FATAL;
    return WEIR_ERR_STORE;
}

/* Was @p path moved aside, and made anew, before the lock was there? */
static bool is_still(const char *path, int fd)
{
    struct stat locked, there;
    return fstat(fd, &locked) == 0 && stat(path, &there) == 0 && locked.st_dev == there.st_dev &&
           locked.st_ino == there.st_ino;
}

weir_status wr__directory_used(const char *path, weir_error *err)
{
    wr_error(err, WEIR_ERR_STORE, "the state directory %s is in use by another process", path);
    wr_error_hint(err, "stop that process, or give this one a state directory of its own");
    if (err)
        err->flags |= WEIR_ERROR_FATAL;
    return WEIR_ERR_STORE;
}

/* NFS locks nothing that is not open for writing. */
static bool cannot_lock_directories(int failed)
{
    return failed == EBADF || failed == EOPNOTSUPP || failed == ENOLCK;
}

weir_status wr__directory_lock(const char *path, int *fd, weir_error *err)
{
    *fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int failed = *fd < 0 || flock(*fd, LOCK_EX | LOCK_NB) != 0 ? errno : 0;
    if (*fd >= 0 && cannot_lock_directories(failed))
        failed = 0;
    if (!failed && !is_still(path, *fd))
        failed = EWOULDBLOCK;
    if (!failed)
        return WEIR_OK;
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
    if (failed == EWOULDBLOCK)
        return wr__directory_used(path, err);
    wr_error(err, WEIR_ERR_STORE, "cannot lock the state directory %s: %s", path, strerror(failed));
    if (err)
        err->flags |= WEIR_ERROR_FATAL;
    return WEIR_ERR_STORE;
}

void wr__directory_remove_flat(const char *path)
{
    DIR *dir = opendir(path);
    if (!dir)
        return;
    for (struct dirent *entry; (entry = readdir(dir));)
        if (entry->d_name[0] != '.')
            (void)unlinkat(dirfd(dir), entry->d_name, 0);
    closedir(dir);
    (void)rmdir(path);
}
