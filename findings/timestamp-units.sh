#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Expected: a timestamp that gets a coarser unit (ns to us, us to ms) is cut: it stays in its second,
# its day, its window; in one engine all ways agree, and libraries agree with each other.
# Seen:
#   DuckDB 2.0.0     reading *text* cuts (.9999999 is .999999), but a cast between units *rounds*:
#                    2026-12-31 23:59:59.9999 as TIMESTAMP_MS is 2027-01-01, and so is what an INSERT
#                    stores in such a column; cast to DATE directly it is 2026-12-31, by way of
#                    TIMESTAMP_S or _MS 2027-01-01. .5 goes up: TIMESTAMP_S has 12:00:01 for
#                    12:00:00.5
#   polars 2.1.0, pandas 3.1.1   cut downward, before 1970 too
#   pyarrow 26.0.1   refuses unless safe=False, then cuts *toward 1970*: the last 500 ns of 1969 are
#                    1970
# Matters: in a sink whose column is coarser than the event time the last half unit of a day is in the
# next one, so counts by day from the table are not those of the stream.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
missing() { echo "cannot be had here: $1" >&2; exit 77; }
command -v python3 >/dev/null || missing python3
python3 -m venv env
env/bin/pip install -q duckdb==2.0.0 polars==2.1.0 pandas==3.1.1 pyarrow==26.0.1 >pip.log 2>&1 ||
    missing "duckdb, polars, pandas, pyarrow"

cat >units.py <<'END'
import duckdb
import pandas
import polars
import pyarrow

print("DuckDB", duckdb.__version__, " polars", polars.__version__, " pandas", pandas.__version__,
      " pyarrow", pyarrow.__version__)
duck = duckdb.connect()


def sql(expression):
    return duck.execute(f"SELECT ({expression})::VARCHAR").fetchone()[0]


NANOS, MICROS = "2026-12-31 23:59:59.9999999", "2026-12-31 23:59:59.9999"
BEFORE = "1969-12-31 23:59:59.9999995"
duck.execute("CREATE TABLE stored (t TIMESTAMP_MS)")
duck.execute(f"INSERT INTO stored VALUES (TIMESTAMP '{MICROS}')")
nanos = pyarrow.array([NANOS, BEFORE]).cast(pyarrow.timestamp("ns"))
frame = polars.from_arrow(pyarrow.table({"at": nanos}))["at"]
series = pandas.Series(nanos.to_pandas())


def refused():
    try:
        nanos.cast(pyarrow.timestamp("us"))
    except pyarrow.ArrowInvalid:
        return True
    return False


def texts(values):
    return [str(value)[:26] for value in values]


seen = {
    "DuckDB, text": sql(f"TIMESTAMP '{NANOS}'"),
    "DuckDB, ns to us": sql(f"TIMESTAMP_NS '{NANOS}'::TIMESTAMP"),
    "DuckDB, us to ms": sql(f"TIMESTAMP '{MICROS}'::TIMESTAMP_MS"),
    "DuckDB, stored as ms": sql("SELECT t FROM stored"),
    "DuckDB, half a second": sql("TIMESTAMP '2026-01-01 12:00:00.5'::TIMESTAMP_S"),
    "DuckDB, date": sql(f"TIMESTAMP '{MICROS}'::DATE"),
    "DuckDB, date by way of ms": sql(f"TIMESTAMP '{MICROS}'::TIMESTAMP_MS::DATE"),
    "DuckDB, date by way of s": sql(f"TIMESTAMP '{MICROS}'::TIMESTAMP_S::DATE"),
    "polars, ns to us": texts(frame.cast(polars.Datetime("us"))),
    "pandas, ns to us": texts(series.dt.as_unit("us")),
    "pyarrow, refused": refused(),
    "pyarrow, ns to us": texts(nanos.cast(pyarrow.timestamp("us"), safe=False).to_pylist()),
}
for name, what in seen.items():
    print(f"{name:26} {what}")
expected = {
    "DuckDB, text": "2026-12-31 23:59:59.999999",
    "DuckDB, ns to us": "2027-01-01 00:00:00",
    "DuckDB, us to ms": "2027-01-01 00:00:00",
    "DuckDB, stored as ms": "2027-01-01 00:00:00",
    "DuckDB, half a second": "2026-01-01 12:00:01",
    "DuckDB, date": "2026-12-31",
    "DuckDB, date by way of ms": "2027-01-01",
    "DuckDB, date by way of s": "2027-01-01",
    "polars, ns to us": ["2026-12-31 23:59:59.999999", "1969-12-31 23:59:59.999999"],
    "pandas, ns to us": ["2026-12-31 23:59:59.999999", "1969-12-31 23:59:59.999999"],
    "pyarrow, refused": True,
    "pyarrow, ns to us": ["2026-12-31 23:59:59.999999", "1970-01-01 00:00:00"],
}
if seen != expected:
    raise SystemExit(f"CHANGED: not as described\nexpected {expected}")
print("as described")
END
env/bin/python units.py
