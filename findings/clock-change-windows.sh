#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Expected: on the day when clocks are set back (Berlin, 27 October 2024) an engine makes windows of
# zoned timestamps by one rule: those of elapsed time, or those of the wall clock. Whether two
# rows are in one window does not depend on a third row.
# Seen:
#   polars 2.1.0   group_by_dynamic(every="2h") counts on from the *first row's* window: after the
#                  change windows begin at odd hours, if the data begin before it; at even ones, if
#                  they begin after it. dt.truncate("2h") always has even ones, so of the rows of
#                  08:00 and 09:00 one way makes one window and the other two. every="24h" is a day
#                  that ends at 23:00; the same duration truncated, one that lasts 25 hours
#   pandas 3.1.1   resample counts on from the first row's midnight, floor goes by the wall clock: odd
#                  hours and even ones, days of 24 hours and of 25
#   DuckDB 2.0.1   date_trunc('hour') makes one window of both hours that are called 02:00, and gives
#                  it the start of the second; time_bucket of an hour keeps them apart
# Matters: a backfill that begins a day later has other windows for the same rows; a table of hours
# has one that counts twice, whose start lies after half of its rows.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
missing() { echo "cannot be had here: $1" >&2; exit 77; }
command -v python3 >/dev/null || missing python3
python3 -m venv env
env/bin/pip install -q duckdb==2.0.1 polars==2.1.0 pandas==3.1.1 pyarrow==26.0.1 \
    tzdata==2025.2 >pip.log 2>&1 || missing "duckdb, polars, pandas"

cat >windows.py <<'END'
import sys
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa

BERLIN = ZoneInfo("Europe/Berlin")
END = datetime(2024, 10, 27, 12, tzinfo=timezone.utc)


def rows(hours):
    """One each half hour, until 13:00 in Berlin."""
    return [END - timedelta(minutes=30 * i) for i in range(2 * hours, 0, -1)]


def local(windows):
    """(start, rows) as Berlin's clocks and offset have them."""
    return [(start.astimezone(BERLIN).strftime("%dT%H:%M%z"), n) for start, n in windows]


def dynamic(times, every):
    frame = pl.DataFrame({"t": times}).with_columns(pl.col("t").dt.convert_time_zone("Europe/Berlin"))
    return local(frame.group_by_dynamic("t", every=every).agg(pl.len()).rows())


def truncated(times, every):
    frame = pl.DataFrame({"t": times}).with_columns(pl.col("t").dt.convert_time_zone("Europe/Berlin"))
    return local(frame.group_by(pl.col("t").dt.truncate(every)).len().sort("t").rows())


def series(times):
    return pd.Series(1, index=pd.DatetimeIndex(times).tz_convert("Europe/Berlin"))


def resampled(times, every):
    return local((t.to_pydatetime(), int(n)) for t, n in series(times).resample(every).sum().items())


def floored(times, every):
    counts = series(times)
    return local((t.to_pydatetime(), int(n)) for t, n in
                 counts.groupby(counts.index.floor(every)).sum().items())


def duck(times, window):
    t = pa.table({"t": pa.array(times, pa.timestamp("us", "UTC"))})  # found by its name
    duckdb.sql("SET TimeZone = 'Europe/Berlin'")
    found = duckdb.sql(f"SELECT epoch({window}) AS w, COUNT(*) FROM t GROUP BY w ORDER BY w").fetchall()
    return local((datetime.fromtimestamp(w, timezone.utc), n) for w, n in found) if t else None


night, morning = rows(14), rows(6)  # from 00:00 CEST, and from 07:00 CET
EVEN = [("27T06:00+0100", 2), ("27T08:00+0100", 4), ("27T10:00+0100", 4), ("27T12:00+0100", 2)]
ODD = [("27T07:00+0100", 4), ("27T09:00+0100", 4), ("27T11:00+0100", 4)]
HOURS = [(f"27T{hour:02}:00+0100", 2) for hour in range(3, 13)]
SEEN = [  # name, windows, what is described
    ("polars group_by_dynamic 2h, from 00:00", dynamic(night, "2h")[-3:], ODD),
    ("polars group_by_dynamic 2h, from 07:00", dynamic(morning, "2h"), EVEN),
    ("polars truncate 2h, from 00:00", truncated(night, "2h")[-3:], EVEN[1:]),
    ("pandas resample 2h, from 00:00", resampled(night, "2h")[-3:], ODD),
    ("pandas resample 2h, from 07:00", resampled(morning, "2h"), ODD),
    ("pandas floor 2h, from 07:00", floored(morning, "2h"), EVEN),
    ("DuckDB date_trunc hour", duck(night, "date_trunc('hour', t)"),
     [("27T00:00+0200", 2), ("27T01:00+0200", 2), ("27T02:00+0100", 4), *HOURS]),
    ("DuckDB time_bucket 1 hour", duck(night, "time_bucket(INTERVAL '1 hour', t)"),
     [("27T00:00+0200", 2), ("27T01:00+0200", 2), ("27T02:00+0200", 2), ("27T02:00+0100", 2), *HOURS]),
]
END = datetime(2024, 10, 27, 23, tzinfo=timezone.utc)  # midnight
day = rows(26)  # from 23:00 of the day before
LONG, SHORT = [("26T00:00+0200", 2), ("27T00:00+0200", 50)], [
    ("26T00:00+0200", 2), ("27T00:00+0200", 48), ("27T23:00+0100", 2)]
SEEN += [
    ("polars group_by_dynamic 24h", dynamic(day, "24h"), SHORT),
    ("polars truncate 24h", truncated(day, "24h"), LONG),
    ("pandas resample 24h", resampled(day, "24h"), SHORT),
    ("pandas floor 24h", floored(day, "24h"), LONG),
]
print("polars", pl.__version__, "pandas", pd.__version__, "DuckDB", duckdb.__version__)
wrong = []
for name, windows, described in SEEN:
    print(name)
    print("   ", *(f"{start}:{n}" for start, n in windows))
    if windows != described:
        wrong.append((name, windows, described))
if wrong:
    sys.exit(f"CHANGED: not as described: {wrong}")
print("as described")
END
env/bin/python windows.py
