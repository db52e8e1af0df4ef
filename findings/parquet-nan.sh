#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Expected: a query over a Parquet file gives the rows that it gives over the same rows in memory; a
# column with a NaN is no exception, and who wrote the file does not matter.
# Seen: values 1, 2, NaN, 3, with NaN the greatest in DuckDB's order:
#   DuckDB 2.0.0     in a table, or in a file of its own: x > 5 gives the NaN's row, x < 5 does not.
#                    In a file by pyarrow or polars it is the *other way round*: x > 5 and NOT (x < 5)
#                    give nothing, x < 5 gives the NaN's row too, x = 'NaN' finds nothing
#   values 2, NaN, 2 in pyarrow's file: x <> 2 gives nothing, x = 2 all three, max(x) is 2; in
#                    polars' file max(x) is NaN
#   pyarrow 26.0.1   reading with a filter (its NaN compares false with all): NOT (x < 5) finds the
#                    NaN's row in memory and in DuckDB's file, but not in its own; x != 2 likewise
#   polars 2.1.0     the same rows from all files
# Matters: a ratio of two windowed sums is 0 / 0 for a quiet key. In a sink's files such a row is found
# or not by which program wrote the file. Write NULL instead.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
missing() { echo "cannot be had here: $1" >&2; exit 77; }
command -v python3 >/dev/null || missing python3
python3 -m venv env
env/bin/pip install -q duckdb==2.0.0 polars==2.1.0 pyarrow==26.0.1 >pip.log 2>&1 ||
    missing "duckdb, polars, pyarrow"

cat >nan.py <<'END'
import duckdb
import polars
import pyarrow
import pyarrow.dataset
import pyarrow.parquet

print("DuckDB", duckdb.__version__, " polars", polars.__version__,
      " pyarrow", pyarrow.__version__)
duck = duckdb.connect()
NAN = float("nan")
memory = {"spread": pyarrow.table({"i": [0, 1, 2, 3], "x": [1.0, 2.0, NAN, 3.0]}),
          "equal": pyarrow.table({"i": [0, 1, 2], "x": [2.0, NAN, 2.0]})}
writers = ["pyarrow", "polars", "duckdb"]
for name, given in memory.items():
    pyarrow.parquet.write_table(given, f"{name}-pyarrow.parquet")
    polars.from_arrow(given).write_parquet(f"{name}-polars.parquet")
    duck.execute(f"CREATE TABLE {name} AS FROM given")
    duck.execute(f"COPY {name} TO '{name}-duckdb.parquet' (FORMAT parquet)")


def rows(values):
    return "".join(str(i) for i in sorted(values)) or "-"


def by_duckdb(name, condition):
    """The rows from a table, and from the file of each writer."""
    return [rows(i for i, in duck.execute(f"SELECT i FROM {source} WHERE {condition}").fetchall())
            for source in [name] + [f"'{name}-{writer}.parquet'" for writer in writers]]


def by_polars(name, condition):
    return [rows(frame.filter(condition).collect()["i"].to_list())
            for frame in [polars.from_arrow(memory[name]).lazy()] +
            [polars.scan_parquet(f"{name}-{writer}.parquet") for writer in writers]]


def by_pyarrow(name, condition):
    return [rows(memory[name].filter(condition)["i"].to_pylist())] + [
        rows(pyarrow.parquet.read_table(f"{name}-{writer}.parquet", filters=condition)["i"]
             .to_pylist()) for writer in writers]


x, field = polars.col("x"), pyarrow.dataset.field("x")
seen = {
    "DuckDB  x > 5": by_duckdb("spread", "x > 5"),
    "DuckDB  x < 5": by_duckdb("spread", "x < 5"),
    "DuckDB  NOT (x < 5)": by_duckdb("spread", "NOT (x < 5)"),
    "DuckDB  x = NaN": by_duckdb("spread", "x = 'NaN'::DOUBLE"),
    "DuckDB  x <> 2, equal": by_duckdb("equal", "x <> 2"),
    "DuckDB  x = 2, equal": by_duckdb("equal", "x = 2"),
    "DuckDB  max(x), equal": [str(duck.execute(f"SELECT max(x) FROM {source}").fetchone()[0])
                              for source in ["equal"] +
                              [f"'equal-{writer}.parquet'" for writer in writers]],
    "pyarrow NOT (x < 5)": by_pyarrow("spread", ~(field < 5)),
    "pyarrow x != 2, equal": by_pyarrow("equal", field != 2),
    "polars  x > 5": by_polars("spread", x > 5),
    "polars  x < 5": by_polars("spread", x < 5),
    "polars  x != 2, equal": by_polars("equal", x != 2),
}
print(f"{'row numbers':22}", *(f"{where:8}" for where in ["memory"] + writers))
for name, what in seen.items():
    print(f"{name:22}", *(f"{text:8}" for text in what))
expected = {
    "DuckDB  x > 5": ["2", "-", "-", "2"],
    "DuckDB  x < 5": ["013", "0123", "0123", "013"],
    "DuckDB  NOT (x < 5)": ["2", "-", "-", "2"],
    "DuckDB  x = NaN": ["2", "-", "-", "2"],
    "DuckDB  x <> 2, equal": ["1", "-", "-", "1"],
    "DuckDB  x = 2, equal": ["02", "012", "012", "02"],
    "DuckDB  max(x), equal": ["nan", "2.0", "nan", "nan"],
    "pyarrow NOT (x < 5)": ["2", "-", "-", "2"],
    "pyarrow x != 2, equal": ["1", "-", "-", "1"],
    "polars  x > 5": ["2", "2", "2", "2"],
    "polars  x < 5": ["013", "013", "013", "013"],
    "polars  x != 2, equal": ["1", "1", "1", "1"],
}
if seen != expected:
    raise SystemExit(f"CHANGED: not as described\nexpected {expected}")
print("as described")
END
env/bin/python nan.py
