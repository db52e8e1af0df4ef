#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Expected: a database that met a full disk goes on when there is room again, whether the disk was
# full for all (ENOSPC) or for its user or project only (EDQUOT, "Disk quota exceeded").
# Seen (RocksDB 9.8.4 in rocksdict 0.3.29; write() is made to fail below it, once in the flush of a
# table and once in the write-ahead log):
#   ENOSPC   writes fail while it lasts, and work again by themselves within seconds
#   EDQUOT   15 s after there is room again each write still fails, with the text of the first error;
#            closed and opened again it works, and what was acknowledged is there
# Matters: under a quota (a container's project quota, NFS, a user's) a service that "waits for room
# and tries again" waits for ever. On any error but "No space left on device" close the database and
# open it again, or end the process.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
missing() { echo "cannot be had here: $1" >&2; exit 77; }
for tool in python3 gcc; do command -v $tool >/dev/null || missing $tool; done
python3 -m venv env
env/bin/pip install -q rocksdict==0.3.29 >pip.log 2>&1 || missing rocksdict

cat >full.c <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

int full; /* what write() to a file fails with; 0: it works */

ssize_t write(int fd, const void *data, size_t len)
{
    static ssize_t (*real)(int, const void *, size_t);
    struct stat file;
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "write");
    if (!full || fd <= STDERR_FILENO || fstat(fd, &file) || !S_ISREG(file.st_mode))
        return real(fd, data, len);
    errno = full;
    return -1;
}
END
gcc -O2 -shared -fPIC full.c -o full.so -ldl

cat >full.py <<'END'
import ctypes
import errno
import re
import sys
import time

from rocksdict import Options, Rdict

full = ctypes.c_int.in_dll(ctypes.CDLL("./full.so"), "full")
name, where = sys.argv[1:]
path = f"store-{name}-{where}"
options = Options(raw_mode=True)
options.create_if_missing(True)
store = Rdict(path, options)
store.put(b"before", b"value")


def works(call, *words):
    try:
        call(*words)
    except Exception as error:
        return re.search("No space left on device|Disk quota exceeded", str(error)) is None
    return True


full.value = getattr(errno, name)
failed = not (works(store.flush) if where == "table" else works(store.put, b"full", b"value"))
failed &= not works(store.put, b"full", b"value")
full.value = 0
until, resumed = time.monotonic() + 15, False
while not resumed and time.monotonic() < until:
    resumed = works(store.put, b"after", b"value")
    time.sleep(0.1)
works(store.close)
del store
store = Rdict(path, options)
anew = works(store.put, b"anew", b"value") and store.get(b"before") == b"value"
print(f"{name} {where}: fails {failed:d}, goes on {resumed:d}, opened again {anew:d}")
store.close()
END

export LD_PRELOAD=$folder/full.so
for error in ENOSPC EDQUOT; do
    for where in table log; do env/bin/python full.py $error $where; done
done | tee seen
unset LD_PRELOAD
grep -hom 1 'RocksDB version: .*' store-ENOSPC-table/LOG
diff - seen <<'END' || { echo "CHANGED: not as described" >&2; exit 1; }
ENOSPC table: fails 1, goes on 1, opened again 1
ENOSPC log: fails 1, goes on 1, opened again 1
EDQUOT table: fails 1, goes on 0, opened again 1
EDQUOT log: fails 1, goes on 0, opened again 1
END
echo "as described"
