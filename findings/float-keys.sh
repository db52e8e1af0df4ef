#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Expected: 0.0 and -0.0 are one value, as `=` has it; as a key all NaNs are one group, as SQL engines
# promise; and grouping, joining, IN and comparing agree within one engine.
# Seen, of the rows 0.0, -0.0, NaN, -NaN (what 0.0/0.0 gives on x86 is the latter):
#   DuckDB 2.0.1, polars 2.1.0, pandas 3.1.1   two groups, whichever way
#   DataFusion 55.0.0   three groups: NaNs are told apart by their sign, and a negative one is
#                       < 0; -0.0 is 0.0 in GROUP BY, =, joins and IN (0.0), but not in an IN of
#                       four numbers, nor inside of a list or a struct
#   pyarrow 26.0.1      four groups: group_by, join, unique and is_in compare bits, though its own
#                       equal(0.0, -0.0) is true
# Matters: a sum that has come down to -0.0, or a computed NaN beside one that was read, is another
# key in a store, a join or a partition; WHERE v IN (...) loses rows when a fourth number is added.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
missing() { echo "cannot be had here: $1" >&2; exit 77; }
command -v python3 >/dev/null || missing python3
python3 -m venv env
env/bin/pip install -q duckdb==2.0.1 datafusion==55.0.0 polars==2.1.0 pandas==3.1.1 pyarrow==26.0.1 \
    >pip.log 2>&1 || missing "duckdb, datafusion, polars, pandas, pyarrow"

cat >keys.py <<'END'
import sys

import datafusion
import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

nan = float("nan")
VALUES = [0.0, -0.0, nan, -nan]
t = pa.table({"v": pa.array(VALUES, from_pandas=False), "l": [[v] for v in VALUES],
              "s": [{"a": v} for v in VALUES]})
context = datafusion.SessionContext()
context.from_arrow(t, "t")
GROUPS = "SELECT COUNT(*) FROM (SELECT {0} FROM t GROUP BY {0})"
JOINED = "SELECT COUNT(*) FROM t a JOIN t b ON a.v = b.v"
WHERE = "SELECT COUNT(*) FROM t WHERE {}"


def fused(query):
    return list(context.sql(query).to_pylist()[0].values())[0]


def duck(query):
    return duckdb.sql(query).fetchall()[0][0]


frame, pandas = pl.from_arrow(t), pd.DataFrame({"v": VALUES})
WAYS = {  # what, engine: (seen, the way)
    ("groups", "DuckDB"): (2, lambda: duck(GROUPS.format("v"))),
    ("groups", "polars"): (2, lambda: frame.group_by("v").len().height),
    ("groups", "pandas"): (2, lambda: len(pandas.groupby("v", dropna=False).size())),
    ("groups", "DataFusion"): (3, lambda: fused(GROUPS.format("v"))),
    ("groups", "pyarrow"): (4, lambda: t.group_by("v").aggregate([]).num_rows),
    ("groups of lists", "DuckDB"): (2, lambda: duck(GROUPS.format("l"))),
    ("groups of lists", "polars"): (2, lambda: frame.group_by("l").len().height),
    ("groups of lists", "DataFusion"): (4, lambda: fused(GROUPS.format("l"))),
    ("groups of structs", "DuckDB"): (2, lambda: duck(GROUPS.format("s"))),
    ("groups of structs", "polars"): (2, lambda: frame.group_by("s").len().height),
    ("groups of structs", "DataFusion"): (4, lambda: fused(GROUPS.format("s"))),
    ("joined with itself", "DuckDB"): (8, lambda: duck(JOINED)),
    ("joined with itself", "polars"): (8, lambda: frame.join(frame, on="v").height),
    ("joined with itself", "pandas"): (8, lambda: len(pandas.merge(pandas, on="v"))),
    ("joined with itself", "DataFusion"): (6, lambda: fused(JOINED)),
    ("joined with itself", "pyarrow"): (4, lambda: t.select(["v"]).join(
        t.select(["v"]), keys="v", join_type="inner").num_rows),
    ("v = 0.0", "DuckDB"): (2, lambda: duck(WHERE.format("v = 0.0"))),
    ("v = 0.0", "polars"): (2, lambda: frame.filter(pl.col("v") == 0.0).height),
    ("v = 0.0", "DataFusion"): (2, lambda: fused(WHERE.format("v = 0.0"))),
    ("v = 0.0", "pyarrow"): (2, lambda: pc.sum(pc.equal(t["v"], 0.0)).as_py()),
    ("v IN (0.0)", "DuckDB"): (2, lambda: duck(WHERE.format("v IN (0.0)"))),
    ("v IN (0.0)", "polars"): (2, lambda: frame.filter(pl.col("v").is_in([0.0])).height),
    ("v IN (0.0)", "DataFusion"): (2, lambda: fused(WHERE.format("v IN (0.0)"))),
    ("v IN (0.0)", "pyarrow"): (1, lambda: pc.sum(pc.is_in(t["v"], pa.array([0.0]))).as_py()),
    ("v IN (0.0, 5.0, 6.0)", "DataFusion"): (2, lambda: fused(WHERE.format("v IN (0.0, 5.0, 6.0)"))),
    ("v IN (0.0, 5.0, 6.0, 7.0)", "DuckDB"): (
        2, lambda: duck(WHERE.format("v IN (0.0, 5.0, 6.0, 7.0)"))),
    ("v IN (0.0, 5.0, 6.0, 7.0)", "polars"): (
        2, lambda: frame.filter(pl.col("v").is_in([0.0, 5.0, 6.0, 7.0])).height),
    ("v IN (0.0, 5.0, 6.0, 7.0)", "DataFusion"): (
        1, lambda: fused(WHERE.format("v IN (0.0, 5.0, 6.0, 7.0)"))),
    ("v < 0", "DuckDB"): (0, lambda: duck(WHERE.format("v < 0"))),
    ("v < 0", "polars"): (0, lambda: frame.filter(pl.col("v") < 0).height),
    ("v < 0", "DataFusion"): (1, lambda: fused(WHERE.format("v < 0.0"))),
}
print("DuckDB", duckdb.__version__, "DataFusion", datafusion.__version__, "polars", pl.__version__,
      "pandas", pd.__version__, "pyarrow", pa.__version__)
wrong, last = [], None
for (what, engine), (expected, way) in WAYS.items():
    seen = way()
    print(f"{what if what != last else '':26} {engine:10} {seen}")
    last = what
    if seen != expected:
        wrong.append((what, engine, seen, expected))
if wrong:
    sys.exit(f"CHANGED: not as described: (what, engine, seen, expected) {wrong}")
print("as described")
END
env/bin/python keys.py
