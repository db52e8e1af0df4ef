/* SPDX-License-Identifier: Apache-2.0 */
#include "statestore/room.h"

#include "common/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define OPEN_BYTES ((off_t)1 << 20) /* a MANIFEST, a WAL, options: some KiB, with air */

weir_status wr__room_check(const char *path, uint64_t reserve, size_t bytes, weir_error *err)
{
    WR_ASSERT(path && *path); /* a database in memory needs no room */
    struct statvfs disk;
    if (reserve == 0 || statvfs(path, &disk) != 0)
        return WEIR_OK; /* not known: the write itself will tell */
    uint64_t free_bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
    if (free_bytes >= reserve && free_bytes - reserve >= bytes)
        return WEIR_OK;
    wr_error(err, WEIR_ERR_STORE,
             "the disk is full: %.1f MB are free for %s, of which %.1f MB are kept in reserve "
             "(weir.disk.reserve.bytes)",
             (double)free_bytes / 1e6, path, (double)reserve / 1e6);
    wr_error_hint(err, "%s", WR__ROOM_HINT);
    if (err)
        err->flags |= WEIR_ERROR_RETRIABLE | WEIR_ERROR_NO_ROOM;
    return WEIR_ERR_STORE;
}

static bool is_lacking(int number)
{
    return number == ENOSPC || number == EDQUOT;
}

weir_status wr__room_error(const char *what, int number, weir_error *err)
{
    bool full = is_lacking(number);
    weir_status st = wr_error(err, WEIR_ERR_STORE, "%s: %s%s", what,
                              full ? "the disk is full: " : "", strerror(number));
    if (full)
        wr_error_hint(err, "%s", WR__ROOM_HINT);
    if (err)
        err->flags |= full ? WEIR_ERROR_RETRIABLE | WEIR_ERROR_NO_ROOM : WEIR_ERROR_RETRIABLE;
    return st;
}

weir_status wr__room_to_open(const char *path, weir_error *err)
{
    wr_buf probe = {0};
    wr_buf_printf(&probe, "%s/room", path);
    int fd = open(wr_buf_cstr(&probe), O_CREAT | O_WRONLY | O_CLOEXEC, 0666);
    int failed = fd < 0 ? errno : posix_fallocate(fd, 0, OPEN_BYTES);
    if (fd >= 0) {
        close(fd);
        (void)unlink(wr_buf_cstr(&probe));
    }
    wr_buf_free(&probe);
    if (!is_lacking(failed))
        return WEIR_OK; /* a file system without fallocate, say: RocksDB finds out */
    wr_error(err, WEIR_ERR_STORE, "cannot open the state directory %s: the disk is full: %s", path,
             strerror(failed));
    wr_error_hint(err, "%s", WR__ROOM_HINT_START);
    if (err)
        err->flags |= WEIR_ERROR_FATAL;
    return WEIR_ERR_STORE;
}

bool wr__room_is_lacking(const char *message)
{
    return strstr(message, "No space left on device") != NULL;
}
