#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Values on their way through the program: random records in and out of topics, every type in
every form of results, scripts with an error somewhere, the same data directory opened again and
again. Random cases come from a seed that is part of the test's name in a failure."""
import base64
import csv
import decimal
import io
import json
import random
import unittest

import service
from weir_cli import WeirCase

ALL = ("--from-beginning", "--until-end")
EARLIEST = "SET 'auto.offset.reset' = 'earliest';"


def random_text(rng):
    parts = ["a", "it's", '"', "\\", "\n", "\t", "\x01", "é", "東京", "😀", ",", ";", "{}", "null"]
    return "".join(rng.choice(parts) for _ in range(rng.randrange(6)))


def random_member(rng, name):
    """A key, value or header as an envelope has it: text, bytes or NULL."""
    kind = rng.randrange(5)
    if kind == 0:
        return {name: None}
    if kind == 1:  # no UTF-8
        return {name + "Base64": base64.b64encode(rng.randbytes(rng.randrange(20)) + b"\xff")
                .decode()}
    return {name: random_text(rng)}


def random_record(rng, time):
    record = {**random_member(rng, "key"), **random_member(rng, "value"), "timestamp": time,
              "partition": rng.randrange(3)}
    headers = [{"key": random_text(rng).replace("\x00", ""), **random_member(rng, "value")}
               for _ in range(rng.randrange(4))]
    if headers:
        record["headers"] = headers
    return record


class Records(WeirCase):
    def records(self, topic):
        lines = self.weir("consume", topic, *ALL, "--json").stdout.split("\n")
        self.assertEqual(lines.pop(), "")
        return [json.loads(line) for line in lines]

    def test_random_records(self):
        """What goes in comes out, in order in each partition, with offsets from 0."""
        for seed in range(3):
            with self.subTest(seed=seed):
                rng = random.Random(seed)
                topic = f"t{seed}"
                given = [random_record(rng, time) for time in range(400)]
                self.weir("produce", topic, "--partitions", "3", "--json",
                          stdin="\n".join(json.dumps(record) for record in given))
                got = self.records(topic)
                self.assertEqual(len(got), len(given))
                for partition in range(3):
                    mine = [r for r in given if r["partition"] == partition]
                    there = [r for r in got if r["partition"] == partition]
                    self.assertEqual([r.pop("offset") for r in there], list(range(len(mine))))
                    self.assertEqual(there, mine)

    def test_copy_of_a_copy(self):
        rng = random.Random(11)
        given = [random_record(rng, time) for time in range(100)]
        self.weir("produce", "a", "--partitions", "3", "--json",
                  stdin="\n".join(json.dumps(record) for record in given))
        first = self.weir("consume", "a", *ALL, "--json").stdout
        self.weir("produce", "b", "--partitions", "3", "--json", stdin=first)
        second = self.weir("consume", "b", *ALL, "--json").stdout
        self.assertEqual(sorted(first.splitlines()), sorted(second.splitlines()))

    def test_keys_choose_partitions(self):
        """Equal keys share a partition, and the partition is that of Kafka's own producers."""
        lines = "".join(f"k{i % 20}:{i}\n" for i in range(200))
        self.weir("produce", "t", "--partitions", "5", "--key-separator", ":", stdin=lines)
        where = {}
        for record in self.records("t"):
            where.setdefault(record["key"], set()).add(record["partition"])
        self.assertEqual(len(where), 20)
        for key, partitions in where.items():
            self.assertEqual(partitions, {murmur2(key.encode()) % 5}, key)


def murmur2(data):
    """Kafka's hash of keys (org.apache.kafka.common.utils.Utils), sign bit cleared."""
    mask, m = 0xffffffff, 0x5bd1e995
    h = 0x9747b28c ^ len(data)
    whole = len(data) // 4 * 4
    for i in range(0, whole, 4):
        k = int.from_bytes(data[i:i + 4], "little") * m & mask
        k = (k ^ k >> 24) * m & mask
        h = (h * m & mask) ^ k
    if whole < len(data):
        h = (h ^ int.from_bytes(data[whole:], "little")) * m & mask
    h = (h ^ h >> 13) * m & mask
    return (h ^ h >> 15) & 0x7fffffff


class Forms(WeirCase):
    """One query in every form: the same rows, each value in the form's own way."""

    COLUMNS = ("k INT KEY, b BOOLEAN, i INT, l BIGINT, d DOUBLE, x DECIMAL(10, 3), s STRING, "
               "y BYTES, da DATE, ti TIME, ts TIMESTAMP, a ARRAY<INT>, m MAP<STRING, STRING>, "
               "st STRUCT<f1 INT, f2 ARRAY<STRING>>")
    VALUES = [
        "TRUE, 1, 2, 1.5, 12.345, 'text', TO_BYTES('AP8=', 'base64'), '2020-02-29', '12:34:56', "
        "'2020-02-29T12:34:56.789', ARRAY[1, NULL, 3], MAP('k' := 'v'), "
        "STRUCT(f1 := 1, f2 := ARRAY['x', 'y'])",
        "FALSE, -2147483648, 9223372036854775807, -0.001, -0.001, '', TO_BYTES('', 'base64'), "
        "'1969-12-31', '00:00', '1969-12-31T23:59:59.999', ARRAY[0], MAP('' := ''), "
        "STRUCT(f1 := CAST(NULL AS INT), f2 := CAST(NULL AS ARRAY<STRING>))",
        "NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL",
        "TRUE, 0, 0, 1E300, 0.000, 'quote \" comma , line\nend 東京', NULL, NULL, NULL, NULL, NULL, "
        "MAP('a' := CAST(NULL AS STRING)), NULL",
    ]

    def setUp(self):
        super().setUp()
        inserts = "".join(f"INSERT INTO s VALUES ({k}, {v});" for k, v in enumerate(self.VALUES))
        self.weir("-e", f"CREATE STREAM s ({self.COLUMNS}) WITH (KAFKA_TOPIC = 's', "
                        f"PARTITIONS = 1, VALUE_FORMAT = 'JSON'); {inserts}")

    def rows(self, form):
        query = f"SELECT * FROM s EMIT CHANGES LIMIT {len(self.VALUES)};"
        return self.weir("--output", form, "-e", EARLIEST + query).stdout

    def json_rows(self):
        lines = self.rows("JSON").splitlines()
        return [json.loads(line, parse_float=decimal.Decimal) for line in lines]

    def csv_rows(self):
        return list(csv.DictReader(io.StringIO(self.rows("CSV"), newline="")))

    def test_json(self):
        first, second, third, fourth = self.json_rows()
        self.assertEqual(first["B"], True)
        self.assertEqual((first["I"], first["L"], first["D"]), (1, 2, decimal.Decimal("1.5")))
        self.assertEqual(first["X"], decimal.Decimal("12.345"))
        self.assertEqual(base64.b64decode(first["Y"]), b"\0\xff")
        self.assertEqual(first["A"], [1, None, 3])
        self.assertEqual(first["M"], {"k": "v"})
        self.assertEqual(first["ST"], {"F1": 1, "F2": ["x", "y"]})
        self.assertEqual((second["I"], second["L"]), (-2**31, 2**63 - 1))
        self.assertEqual((second["S"], second["Y"]), ("", ""))
        self.assertEqual(second["ST"], {"F1": None, "F2": None})
        self.assertEqual(set(third.values()), {2, None})
        self.assertEqual(fourth["S"], 'quote " comma , line\nend 東京')
        self.assertEqual(float(fourth["D"]), 1e300)
        self.assertEqual(fourth["M"], {"a": None})
        self.assertEqual([list(row) for row in (first, second, third)], [list(fourth)] * 3)

    def test_csv_agrees_with_json(self):
        """Scalars say the same; NULL is an empty field, and an empty text is quoted."""
        for by_csv, by_json in zip(self.csv_rows(), self.json_rows(), strict=True):
            self.assertEqual(list(by_csv), list(by_json))
            for name in ("K", "I", "L", "D", "X"):
                value = by_json[name]
                self.assertEqual(decimal.Decimal(by_csv[name]) if by_csv[name] else None, value)
            for name in ("S", "DA"):
                self.assertEqual(by_csv[name], by_json[name] or "")
            self.assertEqual(by_csv["B"], {True: "true", False: "false", None: ""}[by_json["B"]])
        raw = self.rows("CSV").split("\n")  # text mode: CRLF is a line end
        self.assertIn(',-0.001,-0.001,"",', raw[2])
        self.assertEqual(raw[3], "2" + "," * 13)

    def test_tabular_agrees_with_csv(self):
        """Cells of a frame wide enough for all, but for what never reaches a terminal."""
        self.environment["COLUMNS"] = "1500"
        lines = self.rows("TABULAR").splitlines()
        rows = [[cell.rstrip() for cell in line[1:-1].split("|")] for line in lines
                if line.startswith("|")]
        by_csv = self.csv_rows()
        self.assertEqual(rows[0], list(by_csv[0]))
        for cells, row in zip(rows[1:4], by_csv[:3], strict=True):
            self.assertEqual(cells, [value or ("" if name in "SY" and row["K"] == "1" else "null")
                                     for name, value in row.items()])

    def test_values_read_back(self):
        """What JSON shows can be inserted again, and is the same row."""
        row = self.json_rows()[0]
        texts = {name: f"'{row[name]}'" for name in ("S", "DA", "TI", "TS")}
        self.weir("-e", "INSERT INTO s (k, i, l, d, x, s, da, ti, ts) VALUES (9, "
                        f"{row['I']}, {row['L']}, {row['D']}, {row['X']}, {texts['S']}, "
                        f"{texts['DA']}, {texts['TI']}, {texts['TS']});")
        query = "SELECT * FROM s WHERE k = 9 EMIT CHANGES LIMIT 1;"
        out = self.weir("--output", "JSON", "-e", EARLIEST + query).stdout
        line = next(line for line in out.splitlines() if line.startswith('{"K":9,'))
        again = json.loads(line, parse_float=decimal.Decimal)
        for name in ("I", "L", "D", "X", "S", "DA", "TI", "TS"):
            self.assertEqual(again[name], row[name], name)


class Scripts(WeirCase):
    def test_place_of_an_error_anywhere(self):
        """A script of many statements and comments, wrong in one place: that place is named, what
        is before has run and what is after has not."""
        for seed in range(6):
            with self.subTest(seed=seed):
                rng = random.Random(seed)
                good, bad = rng.randrange(1, 8), "SELECT FROM nowhere;"
                lines, place, expected = [], None, []
                for n in range(10):
                    for _ in range(rng.randrange(3)):
                        lines.append(rng.choice(["", "-- a ; comment", "/* 東京; */", "  "]))
                    indent = rng.choice(["", "  ", "/* é */ "])
                    if n == good:
                        place = (len(lines) + 1, len(indent) + len("SELECT ") + 1)
                        lines.append(indent + bad)
                    else:
                        lines.append(f"{indent}CREATE STREAM s{seed}x{n} (a INT)\n  WITH "
                                     f"(KAFKA_TOPIC = 's{seed}x{n}', PARTITIONS = 1, "
                                     "VALUE_FORMAT = 'JSON');")
                        lines = "\n".join(lines).split("\n")
                        if n < good:
                            expected.append(f"S{seed}X{n}")
                path = self.file(f"script{seed}.sql", "\n".join(lines))
                done = self.weir("-f", path, status=1)
                self.assertTrue(done.stderr.startswith(f"{path}:{place[0]}:{place[1]}: "),
                                f"{place}: {done.stderr}")
                shown = self.weir("--output", "JSON", "-e", "SHOW STREAMS;").stdout
                for n in range(10):
                    self.assertEqual(f'"S{seed}X{n}"' in shown, f"S{seed}X{n}" in expected)

    def test_a_pipe_is_a_script(self):
        script = ("CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC = 's', PARTITIONS = 1, "
                  "VALUE_FORMAT = 'JSON');\nINSERT INTO s\n  VALUES (1, 2);\n"
                  f"{EARLIEST}\nSELECT * FROM s\nEMIT CHANGES LIMIT 1;\n")
        by_pipe = self.weir("--output", "JSON", stdin=script).stdout
        self.data = self.folder / "second"
        by_file = self.weir("--output", "JSON", "-f", self.file("a.sql", script)).stdout
        self.data = self.folder / "third"
        by_word = self.weir("--output", "JSON", "-e", script).stdout
        self.assertEqual(by_pipe, by_file)
        self.assertEqual(by_file, by_word)
        self.assertIn('{"K":1,"V":2}\n', by_word)

    def test_many_lines_and_long_ones(self):
        """A pipe of a thousand lines; a statement of half a megabyte; one that is too long."""
        create = ("CREATE STREAM s (v STRING) WITH (KAFKA_TOPIC = 's', PARTITIONS = 1, "
                  "VALUE_FORMAT = 'JSON');\n")
        self.weir(stdin=create + "INSERT INTO s VALUES ('x');\n" * 1000)
        self.assertEqual(self.weir("consume", "s", *ALL).stdout, '{"V":"x"}\n' * 1000)
        long = "y" * 500000
        self.weir(stdin=f"INSERT INTO s VALUES ('{long}');\n")
        self.assertEqual(self.weir("consume", "s", *ALL).stdout.splitlines()[-1],
                         f'{{"V":"{long}"}}')
        done = self.weir(stdin=f"INSERT INTO s VALUES ('{long * 3}');\n", status=1)
        self.assertIn("stdin:1:1: The statement is longer than", done.stderr)
        self.assertLess(len(done.stderr), 2000)


class Sessions(WeirCase):
    """One directory, a process for each step: what a process has said is there for the next."""

    def test_a_table_over_many_processes(self):
        self.weir("-e", EARLIEST + "CREATE STREAM s (k STRING KEY, v INT) WITH "
                        "(KAFKA_TOPIC = 's', PARTITIONS = 2, VALUE_FORMAT = 'JSON');"
                        "CREATE TABLE t AS SELECT k, COUNT(*) AS n, SUM(v) AS total FROM s "
                        "GROUP BY k;")
        expected, rng = {}, random.Random(5)
        for _ in range(6):
            rows = [(rng.choice("abc"), rng.randrange(100)) for _ in range(20)]
            for key, value in rows:
                n, total = expected.get(key, (0, 0))
                expected[key] = (n + 1, total + value)
            self.weir(stdin="".join(f"INSERT INTO s VALUES ('{k}', {v});\n" for k, v in rows))
            got = self.settled(expected)
            self.assertEqual(got, expected)

    def settled(self, expected):
        """The table once it is what is expected, or as it is after a while."""
        got = None
        for _ in range(200):
            out = self.weir("--output", "JSON", "-e", "SELECT * FROM t;").stdout
            rows = [json.loads(line) for line in out.splitlines() if '"K"' in line]
            got = {row["K"]: (row["N"], row["TOTAL"]) for row in rows}
            if got == expected:
                break
        return got

    def test_names_and_settings_of_a_session_end_with_it(self):
        self.weir("-e", "DEFINE x = 'y'; SET 'auto.offset.reset' = 'earliest';")
        out = self.weir("--output", "JSON", "-e", "SHOW VARIABLES;").stdout
        self.assertNotIn('"x"', out.lower())

    def test_what_was_dropped_stays_dropped(self):
        create = ("CREATE STREAM s (v INT) WITH (KAFKA_TOPIC = 's', PARTITIONS = 1, "
                  "VALUE_FORMAT = 'JSON');")
        for _ in range(3):
            self.weir("-e", create)
            self.assertIn('"S"', self.weir("--output", "JSON", "-e", "SHOW STREAMS;").stdout)
            self.weir("-e", "INSERT INTO s VALUES (1);")
            self.weir("-e", "DROP STREAM s DELETE TOPIC;")
            self.assertNotIn('"S"', self.weir("--output", "JSON", "-e", "SHOW STREAMS;").stdout)
            self.weir("consume", "s", *ALL, status=1)


if __name__ == "__main__":
    unittest.TestCase.maxDiff = None
    service.main()
