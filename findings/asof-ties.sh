#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Expected: an as-of join takes, among right rows of one time, the last one, since that is the
# state at that time (what a stream-table join does); at least one and the same query takes the
# same one.
# Seen:
#   polars 2.1.0, pandas 3.1.1  the last one, searching backward; forward, the first one
#   DuckDB 2.0.0                the *number of left rows* decides: with a few left rows the first
#                               one, with many the last one, from the same tables; and neither is
#                               by any column, but by the order in which the rows were inserted
#   nearest, with two right rows at equal distance: polars takes the later, pandas the earlier
# Matters: who checks a stream-table join against DuckDB, or backfills one with it, gets other
# rows as soon as two updates share a millisecond; a test on five rows shows the opposite of
# production.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
missing() { echo "cannot be had here: $1" >&2; exit 77; }
command -v python3 >/dev/null || missing python3
python3 -m venv env
env/bin/pip install -q duckdb==2.0.0 polars==2.1.0 pandas==3.1.1 >pip.log 2>&1 ||
    missing "duckdb, polars, pandas"

cat >ties.py <<'END'
import sys

import duckdb
import pandas as pd
import polars as pl

print("DuckDB", duckdb.__version__, "polars", pl.__version__, "pandas", pd.__version__)
seen = {}

# Three right rows at each time, x is 0, 1, 2 in the order of insertion.
con = duckdb.connect()
con.sql("CREATE TABLE r AS SELECT i // 3 AS t, i % 3 AS x FROM range(6000) q(i)")
con.sql("CREATE TABLE backward AS SELECT * FROM r ORDER BY t, x DESC")
con.sql("CREATE TABLE l AS SELECT i AS t FROM range(2000) q(i)")
for table in ("r", "backward"):
    for rows in (1, 5, 50, 2000):
        query = (f"SELECT DISTINCT x FROM (SELECT * FROM l LIMIT {rows}) l "
                 f"ASOF JOIN {table} r ON l.t >= r.t ORDER BY x")
        seen["duckdb", table, rows] = [x for x, in con.sql(query).fetchall()]
        assert seen["duckdb", table, rows] == [x for x, in con.sql(query).fetchall()]
        print(f"DuckDB, {table:8}, {rows:4} left rows: x is {seen['duckdb', table, rows]}")

left = {"t": list(range(2000))}
right = {"t": [i // 3 for i in range(6000)], "x": [i % 3 for i in range(6000)]}
for way in ("backward", "forward"):
    joined = pl.DataFrame(left).join_asof(pl.DataFrame(right), on="t", strategy=way)
    seen["polars", way] = sorted(set(joined["x"]))
    joined = pd.merge_asof(pd.DataFrame(left), pd.DataFrame(right), on="t", direction=way)
    seen["pandas", way] = sorted(set(joined["x"]))
    print(f"{way}: polars x is {seen['polars', way]}, pandas {seen['pandas', way]}")

left, right = {"t": [10]}, {"t": [5, 15], "x": ["earlier", "later"]}
seen["polars", "nearest"] = pl.DataFrame(left).join_asof(
    pl.DataFrame(right), on="t", strategy="nearest")["x"].to_list()
seen["pandas", "nearest"] = pd.merge_asof(
    pd.DataFrame(left), pd.DataFrame(right), on="t", direction="nearest")["x"].tolist()
print("nearest: polars", seen["polars", "nearest"], "pandas", seen["pandas", "nearest"])

expected = {("duckdb", "r", 1): [0], ("duckdb", "r", 5): [0], ("duckdb", "r", 50): [0],
            ("duckdb", "r", 2000): [2],
            ("duckdb", "backward", 1): [2], ("duckdb", "backward", 5): [2],
            ("duckdb", "backward", 50): [2], ("duckdb", "backward", 2000): [0],
            ("polars", "backward"): [2], ("pandas", "backward"): [2],
            ("polars", "forward"): [0], ("pandas", "forward"): [0],
            ("polars", "nearest"): ["later"], ("pandas", "nearest"): ["earlier"]}
if seen != expected:
    sys.exit(f"CHANGED: not as described\nexpected {expected}\nseen     {seen}")
print("as described")
END
env/bin/python ties.py
