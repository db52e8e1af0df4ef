#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Expected: SUM over a moving frame of two rows depends on these two rows. A NaN, an infinity or a
# very large number counts while it is in the frame and is forgotten when it has left.
# Seen: only DuckDB 2.0.1 forgets. Others take the row that leaves off a running sum, and inf - inf
# is NaN, 1e16 + 1 - 1e16 is 0:
#   DataFusion 55.0.0      NaN for ever after a NaN or an infinity; 0 for 1 + 1 after 1e16; inf for
#                          ever once two values have overflowed; until the partition ends
#   SQLite 3.54.1 (apsw)   NULL for ever after an infinity, inf for ever after the overflow; 1e16 it
#                          survives, as it adds with a compensation
#   polars 2.1.0, pandas 3.1.1   NaN for ever after the overflow; pandas leaves infinities out of
#                          the sum, as if they were missing
# Matters: a moving average over a sensor that has failed once is dead until the job is restarted,
# or wrong without a sign; one outlier makes an oracle disagree with a stream engine on all rows
# after it.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
missing() { echo "cannot be had here: $1" >&2; exit 77; }
command -v python3 >/dev/null || missing python3
python3 -m venv env
env/bin/pip install -q duckdb==2.0.1 datafusion==55.0.0 apsw==3.54.1.0 polars==2.1.0 pandas==3.1.1 \
    pyarrow==26.0.1 >pip.log 2>&1 || missing "duckdb, datafusion, apsw, polars, pandas, pyarrow"

cat >sums.py <<'END'
import sys

import apsw
import datafusion
import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa

QUERY = "SELECT SUM(v) OVER (ORDER BY i ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS s FROM t ORDER BY i"


def with_datafusion(values):
    context = datafusion.SessionContext()
    context.from_arrow(pa.table({"i": range(len(values)), "v": values}), "t")
    return [row["s"] for row in context.sql(QUERY).to_pylist()]


def with_duckdb(values):
    t = pa.table({"i": range(len(values)), "v": values})  # found by its name
    return [s for s, in duckdb.sql(QUERY).fetchall()] if t else None


def with_sqlite(values):
    database = apsw.Connection(":memory:")
    database.execute("CREATE TABLE t (i, v)")
    database.executemany("INSERT INTO t VALUES (?, ?)", list(enumerate(values)))
    return [s for s, in database.execute(QUERY)]


ENGINES = {
    "DuckDB": with_duckdb,
    "DataFusion": with_datafusion,
    "SQLite": with_sqlite,
    "polars": lambda values: pl.Series(values).rolling_sum(2, min_samples=1).to_list(),
    "pandas": lambda values: pd.Series(values).rolling(2, min_periods=1).sum().to_list(),
}
nan, inf = float("nan"), float("inf")
# The last two sums, of frames that have only ordinary numbers: 2 + 3, 3 + 4; or 1 + 1 twice.
CASES = {
    "NaN": ([1.0, nan, 2.0, 3.0, 4.0], {"DuckDB": [5, 7], "DataFusion": [nan, nan], "SQLite": [5, 7],
                                        "polars": [5, 7], "pandas": [5, 7]}),
    "inf": ([1.0, inf, 2.0, 3.0, 4.0], {"DuckDB": [5, 7], "DataFusion": [nan, nan],
                                        "SQLite": [None, None], "polars": [5, 7], "pandas": [5, 7]}),
    "1e16": ([1e16, 1.0, 1.0, 1.0, 1.0], {"DuckDB": [2, 2], "DataFusion": [0, 0], "SQLite": [2, 2],
                                          "polars": [2, 2], "pandas": [2, 2]}),
    "overflow": ([1e308, 1e308, 2.0, 3.0, 4.0], {
        "DuckDB": [5, 7], "DataFusion": [inf, inf], "SQLite": [inf, inf], "polars": [nan, nan],
        "pandas": [nan, nan]}),
}
print("DuckDB", duckdb.__version__, "DataFusion", datafusion.__version__, "SQLite",
      apsw.sqlite_lib_version(), "polars", pl.__version__, "pandas", pd.__version__)
wrong = []
for name, (values, expected) in CASES.items():
    print(f"{name}: {values}")
    for engine, moving_sum in ENGINES.items():
        sums = moving_sum(values)
        print(f"  {engine:11}", *sums)
        if str([s if s is None else float(s) for s in sums[-2:]]) != str(
                [s if s is None else float(s) for s in expected[engine]]):
            wrong.append((name, engine, sums))
        if name == "inf" and engine == "pandas" and sums[1] != 1:
            wrong.append((name, engine, sums))
if wrong:
    sys.exit(f"CHANGED: not as described: {wrong}")
print("as described")
END
env/bin/python sums.py
