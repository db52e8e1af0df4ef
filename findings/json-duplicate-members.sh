#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Expected: of a member that comes twice, {"a":1,"b":0,"a":2}, the last one counts, as in Python's
# json, or the text is refused; one library does one or the other.
# Seen: the databases take the *first*, and two libraries take either, by the function called.
#   SQLite ->>, DuckDB 2.0.0 ->> and from_json        1; DuckDB's cast to a MAP refuses
#   polars 2.1.0     read_ndjson, str.json_decode     1; str.json_path_match 2
#   pysimdjson 7.0.2 document["a"], at_pointer        1; as_dict() and loads() 2
#   pyarrow 26.0.1, DuckDB's read_json                refuse
#   json, orjson, ujson, rapidjson, msgspec           2
#   json_each, DuckDB's json_keys, ijson              both
# Matters: the same column extracted by a stream processor (last) and by a query over the stored
# text (first) differs; what a filter in one tool has let through is another value in the next.
# Streams that were concatenated or patched by text do hold such records.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
missing() { echo "cannot be had here: $1" >&2; exit 77; }
command -v python3 >/dev/null || missing python3
python3 -m venv env
env/bin/pip install -q duckdb==2.0.0 polars==2.1.0 pyarrow==26.0.1 pysimdjson==7.0.2 orjson==3.13.0 \
    ujson==6.1.0 python-rapidjson==1.25 msgspec==0.22.0 ijson==3.6.0 >pip.log 2>&1 ||
    missing "the Python libraries"

cat >twice.py <<'END'
import io
import json
import sqlite3
import sys

import duckdb
import ijson
import msgspec
import orjson
import polars as pl
import pyarrow as pa
import pyarrow.json
import rapidjson
import simdjson
import ujson

TEXT = '{"a":1,"b":0,"a":2}'
with open("lines.json", "w") as file:
    file.write(TEXT + "\n")


def sqlite(query):
    return sqlite3.connect(":memory:").execute(query, (TEXT,)).fetchall()


def duck(query):
    return duckdb.execute(query, [TEXT] if "?" in query else None).fetchone()[0]


document = simdjson.Parser().parse(TEXT.encode())
WAYS = {
    "SQLite ->>": (1, lambda: sqlite("SELECT ? ->> 'a'")[0][0]),
    "SQLite json_each": ([1, 2], lambda: [
        row[0] for row in sqlite("SELECT value FROM json_each(?) WHERE key = 'a'")]),
    "DuckDB ->>": (1, lambda: int(duck("SELECT ?::JSON ->> 'a'"))),
    "DuckDB from_json": (1, lambda: duck("SELECT from_json(?, '{\"a\":\"INT\",\"b\":\"INT\"}')")["a"]),
    "DuckDB cast to MAP": ("refused", lambda: duck("SELECT CAST(?::JSON AS MAP(VARCHAR, INT))")),
    "DuckDB read_json": ("refused", lambda: duck("SELECT a FROM 'lines.json'")),
    "polars read_ndjson": (1, lambda: pl.read_ndjson("lines.json")["a"][0]),
    "polars json_decode": (1, lambda: pl.Series([TEXT]).str.json_decode(
        pl.Struct({"a": pl.Int64}))[0]["a"]),
    "polars json_path_match": (2, lambda: int(pl.Series([TEXT]).str.json_path_match("$.a")[0])),
    "simdjson [\"a\"]": (1, lambda: document["a"]),
    "simdjson at_pointer": (1, lambda: document.at_pointer("/a")),
    "simdjson as_dict": (2, lambda: document.as_dict()["a"]),
    "simdjson loads": (2, lambda: simdjson.loads(TEXT)["a"]),
    "pyarrow": ("refused", lambda: pa.json.read_json("lines.json")),
    "json": (2, lambda: json.loads(TEXT)["a"]),
    "orjson": (2, lambda: orjson.loads(TEXT)["a"]),
    "ujson": (2, lambda: ujson.loads(TEXT)["a"]),
    "rapidjson": (2, lambda: rapidjson.loads(TEXT)["a"]),
    "msgspec": (2, lambda: msgspec.json.decode(TEXT)["a"]),
    "ijson items": ([1, 2], lambda: list(ijson.items(io.BytesIO(TEXT.encode()), "a"))),
}
print("SQLite", sqlite3.sqlite_version, "DuckDB", duckdb.__version__, "polars", pl.__version__,
      "pyarrow", pa.__version__)
wrong = []
for name, (expected, way) in WAYS.items():
    try:
        seen = way()
    except (duckdb.Error, pa.ArrowInvalid):
        seen = "refused"
    print(f"{name:22} {seen}")
    if seen != expected:
        wrong.append((name, seen, expected))
if wrong:
    sys.exit(f"CHANGED: not as described: (way, seen, expected) {wrong}")
print("as described")
END
env/bin/python twice.py
