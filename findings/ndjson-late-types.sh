#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Expected: a reader that infers a column's type from the first lines widens it, or raises, when a
# later line does not fit; no value is changed without a sign.
# Seen, with lines {"v": 0}, {"v": 1}, … and one other line at the end:
#   DuckDB 2.0.0     after its sample (20,480 lines) 2.5 becomes 2, 3.7 becomes 4, true becomes 1
#                    without a sign, where the same file with that line first has DOUBLE and 2.5;
#                    text, 2^63 and even a new key raise, so one would trust it
#   polars 2.1.0     2.5 raises, but a *new key* after the first lines vanishes, column and value
#   pyarrow 26.0.1   widens to double, and takes the new key
# Matters: a dump of a topic is read so to check a processor's sums. An amount column that starts
# with whole numbers is rounded, and the sums differ by less than one looks for.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
missing() { echo "cannot be had here: $1" >&2; exit 77; }
command -v python3 >/dev/null || missing python3
python3 -m venv env
env/bin/pip install -q duckdb==2.0.0 polars==2.1.0 pyarrow==26.0.1 >pip.log 2>&1 ||
    missing "duckdb, polars, pyarrow"

cat >late.py <<'END'
import sys

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.json

COUNT = 30000
LINES = {"2.5": '{"v":2.5}', "3.7": '{"v":3.7}', "true": '{"v":true}', "text": '{"v":"x"}',
         "2^63": '{"v":9223372036854775808}', "new key": '{"v":1,"w":2}'}
print("DuckDB", duckdb.__version__, "polars", pl.__version__, "pyarrow", pa.__version__)


def with_duckdb(first):
    order = "LIMIT 1" if first else f"OFFSET {COUNT}"
    return duckdb.sql(f"SELECT * FROM 'lines.json' {order}").fetchall()[0]


def with_polars(first):
    return pl.read_ndjson("lines.json").row(0 if first else -1)


def with_pyarrow(first):
    table = pa.json.read_json("lines.json")
    return tuple(table.slice(0 if first else COUNT, 1).to_pylist()[0].values())


def attempt(read, first):
    try:
        return read(first)
    except (duckdb.Error, pl.exceptions.ComputeError, pa.ArrowInvalid):
        return "refused"


seen = {}
for name, line in LINES.items():
    for first in (True, False):
        whole = [f'{{"v":{number}}}' for number in range(COUNT)]
        with open("lines.json", "w") as file:
            print(*([line] + whole if first else whole + [line]), sep="\n", file=file)
        found = [attempt(read, first) for read in (with_duckdb, with_polars, with_pyarrow)]
        seen[name, "first" if first else "last"] = found
        print(f"{name:8} {'first' if first else 'last ':6} DuckDB {found[0]!s:24}"
              f" polars {found[1]!s:12} pyarrow {found[2]}")

expected = {("2.5", "last"): [(2,), "refused", (2.5,)], ("3.7", "last"): [(4,), "refused", (3.7,)],
            ("true", "last"): [(1,), "refused", "refused"],
            ("text", "last"): ["refused"] * 3,
            ("2^63", "last"): ["refused", "refused", (2.0 ** 63,)],
            ("new key", "last"): ["refused", (1,), (1, 2)]}
late = {case: found for case, found in seen.items() if case[1] == "last"}
if (late != expected or seen["2.5", "first"] != [(2.5,)] * 3
        or seen["new key", "first"] != [(1, 2)] * 3):
    sys.exit(f"CHANGED: not as described\nexpected {expected}\nseen     {seen}")
print("as described")
END
env/bin/python late.py
