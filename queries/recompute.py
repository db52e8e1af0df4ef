#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Recomputes the results of the sample queries from their inputs, without Weir.

    python3 queries/recompute.py [QUERY...]           compare with QUERY/expected/*.jsonl
    python3 queries/recompute.py --write [QUERY...]   write these files

QUERY/oracle.py says, for each output topic, what it is (Stream or Table, and how its key looks) and
computes its rows in plain Python; this file has what they share. A row is

    {"key": ..., "window": [start, end]?, "value": {...}, "timestamp": ms?}

A stream is the list of its rows, whatever their order over partitions; a table is the last row of
each key and window, deleted ones left out. So neither caching nor the order in which partitions
are read shows. Numbers with a fraction are compared by value, as decimals.
"""
import dataclasses
import importlib.util
import json
import sys
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
NAMES = ("clicks", "user_events", "website_activity", "portfolio", "profile", "customer_changes")

TEXT, JSON, NO_KEY = "text", "json", "none"  # what the bytes of a key are


@dataclasses.dataclass(frozen=True)
class Stream:
    key: str = NO_KEY
    window: str = None


@dataclasses.dataclass(frozen=True)
class Table:
    key: str = TEXT
    window: str = None     # "time" or "session"
    size_ms: int = None    # of a time window


# ---------------------------------------------------------------- reading records

class Skip(Exception):
    """A record that cannot be decoded: Weir leaves it out and counts it."""


def an_int(value):
    if isinstance(value, str):
        try:
            value = Decimal(value)
        except InvalidOperation:
            raise Skip from None
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise Skip
    return int(value)


def a_text(value):
    if isinstance(value, (dict, list)):
        raise NotImplementedError("text of nested values")
    return value if isinstance(value, str) else json.dumps(value)


def a_decimal(scale):
    def read(value):
        try:
            value = Decimal(repr(value) if isinstance(value, float) else value)
        except (InvalidOperation, TypeError, ValueError):
            raise Skip from None
        if value != value.quantize(Decimal(1).scaleb(-scale)):
            raise Skip  # does not fit without rounding
        return value
    return read


def as_it_is(value):
    return value


@dataclasses.dataclass
class Row:
    key: object
    value: dict        # None: a record without a value
    timestamp: int


class Input:
    """The records of an input.jsonl, by topic, in their order."""

    def __init__(self, path):
        self.records = [json.loads(line) for line in path.read_text("utf-8").splitlines()]

    def rows(self, topic, timestamp=None, key=a_text, **columns):
        """Rows with these columns, name=type. Columns that a query does not name it does not
        decode, so what is wrong with them does not matter. `timestamp`: the row's own."""
        for record in self.records:
            if record["topic"] == topic:
                try:
                    yield self.row(record, timestamp, key, columns)
                except Skip:
                    pass

    @staticmethod
    def row(record, timestamp, key, columns):
        value = record["value"]
        if isinstance(value, str):
            try:
                value = json.loads(value, parse_float=Decimal)
            except ValueError:
                raise Skip from None
            if not isinstance(value, dict):
                raise Skip
        if value is not None:
            given = {name.upper(): field for name, field in value.items()}
            value = {}
            for name, read in columns.items():
                field = given.get(name.upper())
                value[name] = None if field is None else read(field)
            at = timestamp(given) if timestamp else record["timestamp"]
        else:
            at = record["timestamp"]
        return Row(None if record["key"] is None else key(record["key"]), value, at)


def timestamp_of(name):
    """WITH (TIMESTAMP = name), a BIGINT: without it, or before 1970, the record is left out."""
    def read(given):
        value = given.get(name.upper())
        if value is None or an_int(value) < 0:
            raise Skip
        return an_int(value)
    return read


def timestamp_text_of(name):
    """The same for ISO 8601 with a zone."""
    def read(given):
        try:
            at = datetime.fromisoformat(given[name.upper()])
        except (KeyError, TypeError, ValueError):
            raise Skip from None
        return round(at.timestamp() * 1000)
    return read


# ---------------------------------------------------------------- operators

def latest(rows):
    """A table over a topic: the last value of each key; records without a key are dropped."""
    table = {}
    for row in rows:
        if row.key is None:
            continue
        if row.value is None:
            table.pop(row.key, None)
        else:
            table[row.key] = row.value
    return table


def grouped(pairs):
    """{group: [row, ...]} in order, of (group, row); a group that is or holds NULL is dropped."""
    groups = {}
    for group, row in pairs:
        if group is None or (isinstance(group, tuple) and None in group) or row.value is None:
            continue
        groups.setdefault(group, []).append(row)
    return groups


def windows_of(at, size_ms, advance_ms=None):
    advance_ms = advance_ms or size_ms
    start = max(0, at - size_ms + advance_ms) // advance_ms * advance_ms
    while start <= at:
        yield start, start + size_ms
        start += advance_ms


def sessions(rows, gap_ms, grace_ms, newest_of_all=None):
    """[(start, end, rows)] of the rows of one key, in the order of their arrival.

    What is late depends on the newest record of the partition, and partitions are Weir's business.
    So inputs must be beyond doubt: late already by the newest record of the key, or not even by
    the newest of all; anything between is an error here."""
    found, newest = [], -1
    for row in rows:
        newest = max(newest, row.timestamp)
        joined = [s for s in found
                  if s[0] - gap_ms <= row.timestamp <= s[1] + gap_ms]
        start = min([row.timestamp] + [s[0] for s in joined])
        end = max([row.timestamp] + [s[1] for s in joined])
        if end + gap_ms + grace_ms < newest:
            continue
        if newest_of_all is not None and end + gap_ms + grace_ms < newest_of_all(row):
            raise ValueError(f"whether {row} is late depends on partitions")
        found = [s for s in found if s not in joined]
        found.append((start, end, [r for s in joined for r in s[2]] + [row]))
    return found


# ---------------------------------------------------------------- rows of outputs

def row_of(key, value, timestamp=None, window=None):
    row = {"key": key}
    if window is not None:
        row["window"] = list(window)
    row["value"] = value
    if timestamp is not None:
        row["timestamp"] = timestamp
    return row


def plain(value):
    """Decimals by value: 1.50 and 1.5 and 1.5 as a double are one."""
    if isinstance(value, (float, Decimal)):
        value = Decimal(repr(value)) if isinstance(value, float) else value
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dict):
        return {name: plain(field) for name, field in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(field) for field in value]
    return value


def in_order(rows):
    """Rows as sorted lines of JSON: what is compared."""
    return sorted(json.dumps(plain(row), ensure_ascii=False) for row in rows)


def table_of(rows):
    """The last row of each key and window of a table's topic, in the order of its records."""
    last = {}
    for row in rows:
        last[json.dumps([row["key"], row.get("window")])] = row
    return [row for row in last.values() if row["value"] is not None]


# ---------------------------------------------------------------- the program

def oracle(name):
    """The module QUERY/oracle.py: OUTPUTS = {topic: Stream | Table}, compute(input) ->
    {topic: rows}."""
    spec = importlib.util.spec_from_file_location(f"{name}_oracle", FOLDER / name / "oracle.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault("recompute", sys.modules[__name__])
    spec.loader.exec_module(module)
    return module


def computed(name):
    """{topic: sorted lines} of a query."""
    results = oracle(name).compute(Input(FOLDER / name / "input.jsonl"))
    return {topic: in_order(rows) for topic, rows in results.items()}


def expected(name):
    """{topic: sorted lines} as they stand in the repository."""
    return {path.stem: path.read_text("utf-8").splitlines()
            for path in (FOLDER / name / "expected").glob("*.jsonl")}


def main():
    words = sys.argv[1:]
    write = "--write" in words
    different = 0
    for name in [word for word in words if word != "--write"] or NAMES:
        results = computed(name)
        if write:
            folder = FOLDER / name / "expected"
            folder.mkdir(exist_ok=True)
            for topic, lines in results.items():
                (folder / f"{topic}.jsonl").write_text("".join(f"{l}\n" for l in lines), "utf-8")
        same = results == expected(name)
        different += not same
        print(f"{name}: {sum(map(len, results.values()))} rows in {len(results)} topics"
              f"{'' if same else ', NOT as in expected/'}")
    sys.exit(1 if different else 0)


if __name__ == "__main__":
    main()
