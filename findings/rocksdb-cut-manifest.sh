#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Expected: a database whose MANIFEST is shorter than it was (a copy taken while it was written, a
# file system that lost its end) is refused, at least with paranoid_checks, as one is with a wrong
# byte in it.
# Seen (RocksDB 9.8.4 in rocksdict 0.3.29, and 7.8.3 as Debian ships it; paranoid_checks on, and
# create_if_missing off; the MANIFEST of five tables, cut after each of its records, in the middle
# of each record and one byte short of its end):
#   one bit of a record's content wrong     refused
#   cut within the records that begin it    refused (no log_file_number, next_file_number)
#   cut anywhere after these                opens without an error, at the start of a record and
#                                           inside of one alike; the tables that the lost part
#                                           names are not in it and are *deleted* by the open
#   a record's length wrong by one bit,     the same as a cut before that record
#   so that it ends behind the file
# Matters: the loss is silent, whole flushed tables at a time, and opening it destroys what a repair
# could use. A copy of a live database must be a checkpoint; who must know whether a store is whole
# keeps a mark of its own (an offset or count written with the data) and compares after the open.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
missing() { echo "cannot be had here: $1" >&2; exit 77; }
command -v python3 >/dev/null || missing python3
python3 -m venv env
env/bin/pip install -q rocksdict==0.3.29 >pip.log 2>&1 || missing rocksdict

# With Debian's library too, where it is installed: opens, writes five tables if asked, counts.
if command -v gcc >/dev/null && echo '#include <rocksdb/c.h>' | gcc -E - >/dev/null 2>&1; then
    cat >store.c <<'END'
#include <rocksdb/c.h>
#include <stdio.h>
#include <string.h>

int main(int count, char **words)
{
    char *err = NULL;
    int keys = 0, write = count > 3;
    rocksdb_options_t *options = rocksdb_options_create();
    rocksdb_options_set_create_if_missing(options, strcmp(words[2], "create") == 0);
    rocksdb_options_set_paranoid_checks(options, 1);
    rocksdb_t *db = rocksdb_open(options, words[1], &err);
    for (int i = 0; write && !err && i < 500; i++) {
        char key[16];
        snprintf(key, sizeof key, "%03d", i);
        rocksdb_put(db, rocksdb_writeoptions_create(), key, strlen(key), "value", 5, &err);
        if (!err && i % 100 == 99)
            rocksdb_flush(db, rocksdb_flushoptions_create(), &err);
    }
    if (err) {
        printf("refused: %s\n", err);
        return 0;
    }
    rocksdb_iterator_t *each = rocksdb_create_iterator(db, rocksdb_readoptions_create());
    for (rocksdb_iter_seek_to_first(each); rocksdb_iter_valid(each); rocksdb_iter_next(each))
        keys++;
    rocksdb_iter_destroy(each);
    rocksdb_close(db);
    printf("%d keys\n", keys);
    return 0;
}
END
    gcc -O2 store.c -lrocksdb -o store
fi

cat >manifest.py <<'END'
import os
import pathlib
import re
import shutil
import subprocess
import sys

from rocksdict import Options, Rdict


def rocksdict(path, create, write):
    """Opens the database, writes five tables of 100 keys if it is to, and says what is in it."""
    options = Options(raw_mode=True)
    options.create_if_missing(create)
    options.set_paranoid_checks(True)
    try:
        store = Rdict(str(path), options)
    except Exception as error:
        return f"refused: {error}"
    for number in range(500 if write else 0):
        store.put(b"%03d" % number, b"value")
        if number % 100 == 99:
            store.flush()
    keys = sum(1 for _ in store.keys())
    store.close()
    return f"{keys} keys"


def debian(path, create, write):
    words = ["./store", path, "create" if create else "no"] + ["write"] * write
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()


def records(data):
    """Where the records of a MANIFEST end: each has 4 bytes of checksum, 2 of length, 1 of type."""
    ends, at = [], 0
    while at < len(data):
        at += 7 + int.from_bytes(data[at + 4:at + 6], "little")
        ends.append(at)
    return ends


def look(program):
    path, copy = pathlib.Path(program.__name__), pathlib.Path("copy")
    if program(path, True, True) != "500 keys":
        return False
    version = re.search(r"RocksDB version: (\S+)", (path / "LOG").read_text())[1]
    manifest = (path / "CURRENT").read_text().strip()
    data = (path / manifest).read_bytes()

    def attempt(changed):
        """What an open of a copy with this MANIFEST says, and which tables are left."""
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(path, copy)
        (copy / manifest).write_bytes(changed)
        return program(copy, False, False), len(list(copy.glob("*.sst")))

    ends = records(data)
    cuts = sorted({0, len(data) - 1, *ends, *((a + b) // 2 for a, b in zip([0] + ends, ends))})
    seen = []
    for cut in cuts:
        result, tables = attempt(data[:cut])
        result = re.sub(r"(refused).*", r"\1", result, flags=re.DOTALL)
        if not seen or seen[-1][1:] != (result, tables):
            seen.append((cut, result, tables))
    print(f"RocksDB {version} ({program.__name__}), MANIFEST of {len(data)} bytes, "
          f"{len(ends)} records; cut at {len(cuts)} places:")
    for cut, result, tables in seen:
        print(f"  from byte {cut:4}: {result}, {tables} tables left")

    def flipped(at, bit):
        return attempt(data[:at] + bytes([data[at] ^ bit]) + data[at + 1:])

    contents = [at for a, b in zip([0] + ends, ends) for at in range(a + 7, b)][::5]
    flips = [at for at in contents if not flipped(at, 1)[0].startswith("refused")]
    print(f"  one bit wrong in the content of a record, {len(contents)} places: opens at {flips}")
    # The highest bit of the length of the record whose loss loses the fourth table.
    start = max(end for end in ends if end < seen[5][0])
    length = flipped(start + 5, 128)
    print(f"  one bit wrong in the length of a record: {length[0]}, {length[1]} tables left")
    expected = [("refused", 5)] + [(f"{n * 100} keys", n) for n in range(6)]
    return [s[1:] for s in seen] == expected and not flips and length == ("300 keys", 3)


programs = [rocksdict] + [debian] * os.path.exists("store")
if not all([look(program) for program in programs]):
    sys.exit("CHANGED: not as described")
END
env/bin/python manifest.py
echo "as described"
