#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Expected: dropping an old window by DeleteRange is one small record and cheaper than deleting its
# keys one by one; a read of a key in none of the ranges does not notice.
# Seen (RocksDB 7.8.3, as Debian ships it, and 9.8.4 in rocksdict 0.3.29): while they are in the
# memtable, each read after *any* write sorts all range tombstones anew, also for a key far
# from all of them. 4,000 of them in a database that fits a single page make a Get take about a
# millisecond, hundreds of times the Get beside 4,000 point deletes or without a write in between;
# the cost grows with their number until the memtable is flushed, so a busy store becomes slower by
# the hour and suddenly quick again.
# Matters: a window store that expires one window per key and calls DeleteRange for each, between
# reads and writes of the live ones, is exactly this pattern. Collect ranges, or delete points.
# (The ratio is checked, not the times: at least 20.)
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
missing() { echo "cannot be had here: $1" >&2; exit 77; }
command -v python3 >/dev/null || missing python3
python3 -m venv env
env/bin/pip install -q rocksdict==0.3.29 >pip.log 2>&1 || missing rocksdict

cat >ranges.py <<'END'
import re
import sys
import time

from rocksdict import Options, Rdict

COUNT, LAST = 4000, 500


def micros_per_get(kind, between):
    """The mean of the last Gets of a key that is in no range, one after each deletion."""
    options = Options(raw_mode=True)
    options.create_if_missing(True)
    store = Rdict(f"store-{kind}-{between}", options)
    spent = 0
    for number in range(COUNT):
        key = b"window-%08d" % number
        store.put(key, b"state")
        if kind == "range":
            store.delete_range(key, key + b"~")
        else:
            store.delete(key)
        if between == "writes" and number >= COUNT - LAST:
            begin = time.perf_counter()
            assert store.get(b"x-not-there") is None
            spent += time.perf_counter() - begin
    if between == "none":
        store.get(b"x-not-there")
        begin = time.perf_counter()
        for _ in range(LAST):
            assert store.get(b"x-not-there") is None
        spent = time.perf_counter() - begin
    log = open(f"store-{kind}-{between}/LOG").read()
    store.close()
    return spent / LAST * 1e6, re.search(r"RocksDB version: (\S+)", log).group(1)


ranges, version = micros_per_get("range", "writes")
points, _ = micros_per_get("point", "writes")
quiet, _ = micros_per_get("range", "none")
print(f"rocksdict 0.3.29, RocksDB {version}; a Get of a key in no range, {COUNT} deletions before:")
print(f"range deletions, with a write before each Get {ranges:8.1f} us")
print(f"point deletions, with a write before each Get {points:8.1f} us")
print(f"range deletions, no write in between          {quiet:8.1f} us")
if ranges < 20 * points or ranges < 20 * quiet:
    sys.exit("CHANGED: not as described")
END
env/bin/python ranges.py

# The same with Debian's library, where it is installed.
if command -v gcc >/dev/null && echo '#include <rocksdb/c.h>' | gcc -E - >/dev/null 2>&1; then
    cat >ranges.c <<'END'
#include <rocksdb/c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double run(const char *path, int ranges)
{
    char *err = NULL, from[32], to[32];
    const char *name = "default";
    rocksdb_options_t *options = rocksdb_options_create();
    const rocksdb_options_t *all = options;
    rocksdb_column_family_handle_t *family;
    rocksdb_writeoptions_t *write = rocksdb_writeoptions_create();
    rocksdb_readoptions_t *read = rocksdb_readoptions_create();
    double spent = 0;
    rocksdb_options_set_create_if_missing(options, 1);
    rocksdb_t *db = rocksdb_open_column_families(options, path, 1, &name, &all, &family, &err);
    for (int i = 0; !err && i < 4000; i++) {
        size_t len;
        snprintf(from, sizeof from, "window-%08d", i);
        snprintf(to, sizeof to, "window-%08d~", i);
        rocksdb_put_cf(db, write, family, from, strlen(from), "state", 5, &err);
        if (ranges)
            rocksdb_delete_range_cf(db, write, family, from, strlen(from), to, strlen(to), &err);
        else
            rocksdb_delete_cf(db, write, family, from, strlen(from), &err);
        double begin = now();
        free(rocksdb_get_cf(db, read, family, "x-not-there", 11, &len, &err));
        spent += i >= 3500 ? now() - begin : 0;
    }
    if (err) {
        fprintf(stderr, "%s\n", err);
        exit(1);
    }
    rocksdb_column_family_handle_destroy(family);
    rocksdb_close(db);
    return spent / 500 * 1e6;
}

int main(void)
{
    double ranges = run("ranges", 1), points = run("points", 0);
    printf("C library: %.1f us with range deletions, %.1f us with point deletions\n", ranges, points);
    return ranges < 20 * points;
}
END
    gcc -O2 ranges.c -lrocksdb -o ranges-c
    ./ranges-c || { echo "CHANGED: not as described"; exit 1; }
    grep -m 1 -o 'RocksDB version: .*' ranges/LOG
fi
echo "as described"
