#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Windows, sessions, joins and aggregates on random rows, against models written here.

A model reads the rows in order of arrival and says which records come out, in order: with their
time, their window, or as a deletion. Each case becomes a test of `weir test`: statements, INSERTs,
an ASSERT for each record, and one ASSERT too many, which must find nothing left. All run with
batches of 1 and 2 rows and of the default size. Seeds are fixed; a failure prints its statements.
"""
import random
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

import program
import service

CASES = 5  # of each model
ROWS = 40


def literal(value):
    if value is None:
        return "NULL"
    if isinstance(value, list):
        return "ARRAY[" + ", ".join(map(literal, value)) + "]"
    return f"'{value}'" if isinstance(value, str) else str(value)


def insert(source, columns):
    names, values = ", ".join(columns), ", ".join(map(literal, columns.values()))
    return f"INSERT INTO {source} ({names}) VALUES ({values});"


def expect(source, columns):
    names, values = ", ".join(columns), ", ".join(map(literal, columns.values()))
    return f"ASSERT VALUES {source} ({names}) VALUES ({values});"


def expect_deleted(source, keys):
    names, values = ", ".join(keys), ", ".join(map(literal, keys.values()))
    return f"ASSERT NULL VALUES {source} ({names}) KEY ({values});"


def stream(name, *columns):
    return (f"CREATE STREAM {name} (id INT KEY, {', '.join(columns)}) "
            f"WITH (kafka_topic='{name}', value_format='JSON');")


def table(name, *columns):
    return (f"CREATE TABLE {name} (id INT PRIMARY KEY, {', '.join(columns)}) "
            f"WITH (kafka_topic='{name}', value_format='JSON');")


# ---- windows ----

def windows(rng):
    """Tumbling and hopping windows: a window is late when its end and grace have passed."""
    size = rng.choice([4, 10, 15])
    advance = rng.choice([size, size, 1 + rng.randrange(size)])
    grace = rng.choice([0, 3, size, 40])
    groups, now, inserts, expected = {}, 0, [], []
    for _ in range(ROWS):
        time = max(0, now + rng.randrange(-25, 12))
        key, value = rng.randrange(3), rng.choice([None, 1, 2, 5])
        inserts.append(insert("s", {"ROWTIME": time, "id": key, "v": value}))
        now = max(now, time)
        first = max(0, (time - size) // advance * advance + advance)
        for start in range(first, time + 1, advance):
            if start + size + grace <= now:
                continue
            group = groups.setdefault((key, start), {"n": 0, "total": 0, "values": [], "t": 0})
            group["n"] += 1
            group["total"] += value or 0
            group["values"] = group["values"] + [value]
            group["t"] = max(group["t"], time)
            known = [v for v in group["values"] if v is not None]
            columns = {"WINDOWSTART": start, "WINDOWEND": start + size, "ROWTIME": group["t"],
                       "id": key, "n": group["n"], "total": group["total"],
                       "top": max(known, default=None), "last": known[-1] if known else None}
            expected.append(expect("o", columns))
    kind = (f"TUMBLING (SIZE {size}" if advance == size
            else f"HOPPING (SIZE {size} MILLISECONDS, ADVANCE BY {advance}")
    return [stream("s", "v INT"),
            "CREATE TABLE o AS SELECT id, COUNT(*) AS n, SUM(v) AS total, MAX(v) AS top, "
            f"LATEST_BY_OFFSET(v) AS last FROM s WINDOW {kind} MILLISECONDS, "
            f"GRACE PERIOD {grace} MILLISECONDS) GROUP BY id;"] + inserts + expected


def sessions(rng):
    """Sessions: a row joins all sessions within the gap; each of those is taken back first."""
    gap = rng.choice([3, 6, 10])
    open_sessions, inserts, expected = {}, [], []
    for _ in range(ROWS):
        time, key, value = rng.randrange(150), rng.randrange(2), rng.randrange(10)
        inserts.append(insert("s", {"ROWTIME": time, "id": key, "v": value}))
        mine = open_sessions.setdefault(key, [])
        near = [s for s in mine if s["end"] >= time - gap and s["start"] <= time + gap]
        merged = {"start": min([time] + [s["start"] for s in near]),
                  "end": max([time] + [s["end"] for s in near]),
                  "n": 1 + sum(s["n"] for s in near),
                  "total": value + sum(s["total"] for s in near)}
        if (merged["start"], merged["end"]) != (time, time):
            expected += [expect_deleted("o", {"WINDOWSTART": s["start"], "WINDOWEND": s["end"],
                                              "id": key}) for s in near]
        open_sessions[key] = sorted([s for s in mine if s not in near] + [merged],
                                    key=lambda s: s["end"])
        expected.append(expect("o", {"WINDOWSTART": merged["start"], "WINDOWEND": merged["end"],
                                     "id": key, "n": merged["n"], "total": merged["total"]}))
    return [stream("s", "v INT"),
            "CREATE TABLE o AS SELECT id, COUNT(*) AS n, SUM(v) AS total FROM s "
            f"WINDOW SESSION ({gap} MILLISECONDS, GRACE PERIOD 1 SECOND) GROUP BY id;"
            ] + inserts + expected


# ---- aggregates ----

def table_aggregates(rng):
    """GROUP BY over a filtered table: the old row is undone, the new one added."""
    rows, groups, inserts, expected = {}, {}, [], []

    def apply(row, sign):
        group = groups.setdefault(row["g"], {"n": 0, "total": 0, "values": []})
        group["n"] += sign
        group["total"] += sign * row["v"]
        values = list(group["values"])
        if sign > 0:
            values.append(row["v"])
        else:
            del values[len(values) - 1 - values[::-1].index(row["v"])]
        group["values"] = values

    def write(name):
        columns = {"g": name, "n": groups[name]["n"], "total": groups[name]["total"]}
        if groups[name]["values"]:  # SQL has no literal of an empty array
            columns["values"] = groups[name]["values"]
        expected.append(expect("o", {f"`{k.upper()}`": v for k, v in columns.items()}))

    for _ in range(ROWS):
        key = rng.randrange(4)
        row = {"g": rng.choice(["a", "b", "c"]), "v": rng.randrange(-2, 6)}
        inserts.append(insert("t", {"id": key, **row}))
        old, new = rows.get(key), row if row["v"] >= 0 else None
        rows[key] = new
        if old:
            apply(old, -1)
        if old and not (new and new["g"] == old["g"]):
            write(old["g"])
        if new:
            apply(new, 1)
            write(new["g"])
    return [table("t", "g STRING", "v INT"),
            "CREATE TABLE kept AS SELECT * FROM t WHERE v >= 0;",
            "CREATE TABLE o AS SELECT g, COUNT(*) AS n, SUM(v) AS total, "
            "COLLECT_LIST(v) AS `VALUES` FROM kept GROUP BY g;"] + inserts + expected


def having(rng):
    """HAVING over a stream: a group that leaves the condition is deleted once."""
    totals, shown, inserts, expected = {}, set(), [], []
    for _ in range(ROWS):
        key, value = rng.randrange(3), rng.randrange(-6, 8)
        inserts.append(insert("s", {"id": key, "v": value}))
        totals[key] = totals.get(key, 0) + value
        if totals[key] > 5:
            shown.add(key)
            expected.append(expect("o", {"id": key, "total": totals[key]}))
        elif key in shown:
            shown.remove(key)
            expected.append(expect_deleted("o", {"id": key}))
    return [stream("s", "v INT"),
            "CREATE TABLE o AS SELECT id, SUM(v) AS total FROM s GROUP BY id HAVING SUM(v) > 5;"
            ] + inserts + expected


# ---- joins ----

def stream_join(rng):
    """Stream-stream joins: right.time in [left.time - before, left.time + after]."""
    before, after = rng.choice([(5, 5), (0, 7), (7, 0), (3, 9), (0, 0)])
    sides, inserts, expected = {"l": [], "r": []}, [], []
    for number in range(ROWS):
        side, time, key = rng.choice("lr"), rng.randrange(60), rng.randrange(2)
        column = "v" if side == "l" else "w"
        inserts.append(insert(side, {"ROWTIME": time, "id": key, column: number}))
        sides[side].append((time, key, number))
        low, high = (time - before, time + after) if side == "l" else (time - after, time + before)
        other = sides["r" if side == "l" else "l"]
        for t, k, n in sorted(other, key=lambda row: row[0]):  # stable: arrival within one time
            if k == key and low <= t <= high:
                v, w = (number, n) if side == "l" else (n, number)
                expected.append(expect("o", {"ROWTIME": max(time, t), "id": key, "v": v, "w": w}))
    return [stream("l", "v INT"), stream("r", "w INT"),
            "CREATE STREAM o AS SELECT l.id AS id, v, w FROM l JOIN r WITHIN "
            f"({before} MILLISECONDS, {after} MILLISECONDS) GRACE PERIOD 1 MINUTE ON l.id = r.id;"
            ] + inserts + expected


def stream_table_join(rng):
    """A stream's row meets the table as it is; LEFT keeps rows without a partner."""
    left = rng.random() < 0.5
    rows, inserts, expected = {}, [], []
    for number in range(ROWS):
        key = rng.randrange(3)
        if rng.random() < 0.5:
            value = rng.randrange(-3, 6)
            inserts.append(insert("t", {"id": key, "w": value}))
            rows[key] = value if value >= 0 else None
            continue
        inserts.append(insert("s", {"ROWTIME": 1000 - number, "id": key, "v": number}))
        if left or rows.get(key) is not None:
            expected.append(expect("o", {"ROWTIME": 1000 - number, "id": key, "v": number,
                                         "w": rows.get(key)}))
    return [stream("s", "v INT"), table("t", "w INT"),
            "CREATE TABLE kept AS SELECT * FROM t WHERE w >= 0;",
            f"CREATE STREAM o AS SELECT s.id AS id, v, w FROM s {'LEFT ' if left else ''}JOIN kept "
            "ON s.id = kept.id;"] + inserts + expected


def table_join(rng):
    """Table-table joins of all kinds, with rows that are deleted on both sides."""
    kind = rng.choice(["INNER", "LEFT", "RIGHT", "FULL OUTER"])
    sides, inserts, expected = {"l": {}, "r": {}}, [], []
    for _ in range(ROWS):
        side, key, value = rng.choice("lr"), rng.randrange(3), rng.randrange(-4, 6)
        column = "v" if side == "l" else "w"
        inserts.append(insert(side, {"id": key, column: value}))
        old = sides[side].get(key)
        new = sides[side][key] = value if value >= 0 else None
        if old is None and new is None:
            continue  # the filter has nothing to say
        v, w = sides["l"].get(key), sides["r"].get(key)
        other = w if side == "l" else v
        # Who must be there for a result: both, the left, the right, or one of them.
        kept = {"INNER": v is not None and w is not None, "LEFT": v is not None,
                "RIGHT": w is not None, "FULL OUTER": v is not None or w is not None}[kind]
        was = {"INNER": other is not None, "FULL OUTER": True,
               "LEFT": side == "l" or other is not None,
               "RIGHT": side == "r" or other is not None}[kind]
        if kept:
            expected.append(expect("o", {"id": key, "v": v, "w": w}))
        elif was:
            expected.append(expect_deleted("o", {"id": key}))
    key_column = {"RIGHT": "r1.id", "FULL OUTER": "ROWKEY"}.get(kind, "l1.id")
    return [table("l", "v INT"), table("r", "w INT"),
            "CREATE TABLE l1 AS SELECT * FROM l WHERE v >= 0;",
            "CREATE TABLE r1 AS SELECT * FROM r WHERE w >= 0;",
            f"CREATE TABLE o AS SELECT {key_column} AS id, v, w FROM l1 {kind} JOIN r1 "
            "ON l1.id = r1.id;"] + inserts + expected


# ---- running ----

class Models(unittest.TestCase):
    def run_model(self, model):
        weir = program.program()
        tests = {}
        for seed in range(CASES):
            tests[f"{model.__name__} {seed}"] = model(random.Random(f"{model.__name__}{seed}"))
        lines = ["-- SPDX-License-Identifier: Apache-2.0"]
        for name, statements in tests.items():
            # All records have been taken: another ASSERT finds none.
            key = {"g": "a"} if model is table_aggregates else {"id": 0}
            lines += [f"--@test: {name}", "--@expected.error: AssertionError",
                      "--@expected.message: Expected another record, but found none", *statements,
                      expect("o", key)]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "models.sql"
            path.write_text("\n".join(lines) + "\n")
            for batch in ([], ["--batch-rows", "1"], ["--batch-rows", "2"]):
                done = subprocess.run([weir, "test", *batch, path], capture_output=True, text=True,
                                      check=False)
                output = done.stdout + done.stderr
                passed = re.findall(r": ([\w ]+): Test passed!", output)
                for name in tests.keys() - set(passed):
                    why = re.search(rf"{name}: (Test failed.*)", output)
                    self.fail(f"{name} {batch}: {why and why[1]}\n" + "\n".join(tests[name]))
                self.assertEqual(done.returncode, 0)
                self.assertEqual(len(passed), CASES)

    def test_windows(self):
        self.run_model(windows)

    def test_sessions(self):
        self.run_model(sessions)

    def test_table_aggregates(self):
        self.run_model(table_aggregates)

    def test_having(self):
        self.run_model(having)

    def test_stream_join(self):
        self.run_model(stream_join)

    def test_stream_table_join(self):
        self.run_model(stream_table_join)

    def test_table_join(self):
        self.run_model(table_join)


if __name__ == "__main__":
    service.main()
