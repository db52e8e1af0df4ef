#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Expected: a batch with two versions of one key, upserted by one statement, leaves the later one, or
# the statement is refused; ON CONFLICT, OR REPLACE and MERGE do it alike.
# Seen:
#   DuckDB 2.0.0      ON CONFLICT DO UPDATE and INSERT OR REPLACE keep the *first* version without an
#                     error, also if the key was there before, or 5,000 rows apart, and add but
#                     one of them in "v = v + excluded.v"
#   SQLite            the last one, and the sum of both
#   MERGE in DuckDB, and deltalake 1.6.6: two versions of a key that is *there* raise; of a new key
#                     *both are inserted*, so it raises one batch later
# Matters: a sink that writes a changelog in batches must keep the last version per key itself before
# the statement: in DuckDB the table is stale otherwise. Tests with one change per batch do not show it.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
missing() { echo "cannot be had here: $1" >&2; exit 77; }
command -v python3 >/dev/null || missing python3
python3 -m venv env
env/bin/pip install -q duckdb==2.0.0 deltalake==1.6.6 pyarrow==26.0.1 >pip.log 2>&1 ||
    missing "duckdb, deltalake"

cat >upsert.py <<'END'
import sqlite3

import deltalake
import duckdb
import pyarrow

print("DuckDB", duckdb.__version__, " deltalake", deltalake.__version__,
      " SQLite", sqlite3.sqlite_version)


def upsert(connect, before, statement, show="SELECT v FROM t WHERE k = 'a'"):
    """The versions of the key after the statement, or what it raises."""
    database = connect(":memory:")
    database.execute("CREATE TABLE t (k TEXT PRIMARY KEY, v INTEGER)")
    database.executemany("INSERT INTO t VALUES (?, ?)", [("other", 0)] + before)
    database.execute(statement)
    return [row[0] for row in database.execute(show).fetchall()]


def merge(before, rows):
    duck = duckdb.connect()
    duck.execute("CREATE TABLE t (k TEXT, v INTEGER)")
    duck.executemany("INSERT INTO t VALUES (?, ?)", before)
    values = ", ".join(str(row) for row in rows)
    try:
        duck.execute(f"MERGE INTO t USING (VALUES {values}) s(k, v) ON t.k = s.k "
                     "WHEN MATCHED THEN UPDATE SET v = s.v "
                     "WHEN NOT MATCHED THEN INSERT VALUES (s.k, s.v)")
        seen = sorted(duck.execute("FROM t").fetchall())
    except duckdb.InvalidInputException:
        seen = "raises"
    yield seen

    def table(rows):
        return pyarrow.table({"k": [k for k, _ in rows], "v": [v for _, v in rows]})

    path = f"delta-{rows[0][0]}"
    deltalake.write_deltalake(path, table(before))
    try:
        (deltalake.DeltaTable(path)
         .merge(table(rows), "t.k = s.k", source_alias="s", target_alias="t")
         .when_matched_update_all().when_not_matched_insert_all().execute())
        rows = pyarrow.table(deltalake.DeltaTable(path).to_pyarrow_table()).to_pylist()
        seen = sorted((row["k"], row["v"]) for row in rows)
    except deltalake.exceptions.DeltaError:
        seen = "raises"
    yield seen


UPDATE = "ON CONFLICT (k) DO UPDATE SET v = excluded.v"
SUM = "ON CONFLICT (k) DO UPDATE SET v = v + excluded.v"
TWICE = "INSERT INTO t VALUES ('a', 1), ('a', 2) "
FAR = ("INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) "
       "SELECT CASE WHEN i IN (1, 5000) THEN 'a' ELSE CAST(i AS TEXT) END, i FROM n WHERE true ")
seen = {}
for name, connect in (("DuckDB", duckdb.connect), ("SQLite", sqlite3.connect)):
    seen[name] = [
        upsert(connect, [], TWICE + UPDATE),
        upsert(connect, [("a", 0)], TWICE + UPDATE),
        upsert(connect, [("a", 0)], "INSERT OR REPLACE INTO t VALUES ('a', 1), ('a', 2)"),
        upsert(connect, [("a", 100)], TWICE + SUM),
        upsert(connect, [], FAR + UPDATE),
    ]
seen["MERGE, key is there"] = list(merge([("a", 0)], [("a", 1), ("a", 2)]))
seen["MERGE, key is new"] = list(merge([("a", 0)], [("b", 1), ("b", 2)]))
print("a new key, one that is there, OR REPLACE, 100 + 1 + 2, first and last of 5,000:")
for name, what in seen.items():
    print(f"{name:20} {what}")
expected = {
    "DuckDB": [[1], [1], [1], [101], [1]],
    "SQLite": [[2], [2], [2], [103], [5000]],
    "MERGE, key is there": ["raises", "raises"],
    "MERGE, key is new": [[("a", 0), ("b", 1), ("b", 2)]] * 2,
}
if seen != expected:
    raise SystemExit(f"CHANGED: not as described\nexpected {expected}")
print("as described")
END
env/bin/python upsert.py
