#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Expected: a database whose file CURRENT is gone (a copy or a restore that missed it) but whose
# tables are there is refused, or opens as it was; a refused open changes nothing.
# Seen (RocksDB 9.8.4 in rocksdict 0.3.29, and 7.8.3 as Debian ships it; paranoid_checks on):
#   create_if_missing=false  refused each time ("does not exist")
#   create_if_missing=true   takes it for no database. Without a write-ahead log beside it, it opens
#                            empty, without an error, and all tables are deleted
#   the same with a log      refused ("wal_dir contains existing log file"), but this refusal has
#                            written a new, empty MANIFEST and a CURRENT: the *next* open, also with
#                            create_if_missing=false, succeeds, empty, and deletes all tables
# Matters: a service with create_if_missing=true fails once, is restarted by its supervisor, and has
# lost its state, which could have been repaired until then. Open with create_if_missing only where
# the folder is empty or new, and look for CURRENT before the first open.
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

cat >current.py <<'END'
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


def tables(path):
    return len(list(path.glob("*.sst")))


SEEN = """\
closed: 500 keys, 5 tables
CURRENT gone, create_if_missing=false: refused, does not exist; 5 tables
the same, create_if_missing=true: refused, existing log file; 5 tables
once more, create_if_missing=false: 0 keys, 0 tables
no CURRENT and no log, create_if_missing=true: 0 keys, 0 tables
"""


def look(program):
    path, copy = pathlib.Path(program.__name__), pathlib.Path(program.__name__ + "-no-log")
    told = []

    def attempt(what, where, create, write=False):
        result = program(where, create, write)
        reason = re.search("existing log file|does not exist", result)
        if result.startswith("refused"):
            result = f"refused, {reason[0]};" if reason else result
        else:
            result += ","
        told.append(f"{what}: {result} {tables(where)} tables\n")

    attempt("closed", path, True, True)
    version = re.search(r"RocksDB version: (\S+)", (path / "LOG").read_text())[1]
    (path / "CURRENT").unlink()
    shutil.copytree(path, copy)
    for log in copy.glob("*.log"):
        log.unlink()
    attempt("CURRENT gone, create_if_missing=false", path, False)
    attempt("the same, create_if_missing=true", path, True)
    attempt("once more, create_if_missing=false", path, False)
    attempt("no CURRENT and no log, create_if_missing=true", copy, True)
    print(f"RocksDB {version} ({program.__name__}):\n" + "".join(told))
    return "".join(told) == SEEN


programs = [rocksdict] + [debian] * os.path.exists("store")
if not all([look(program) for program in programs]):
    sys.exit("CHANGED: not as described")
END
env/bin/python current.py
echo "as described"
