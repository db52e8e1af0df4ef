#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Change events that Debezium has written for a real PostgreSQL, replayed: the tables that Weir
makes of them are those of the database (debezium_tables.py), and what was left out is counted.

The recordings are in a folder beside the checkout, ../shared/data/debezium-postgres, or in the one
that WEIR_DEBEZIUM_DATA names; without them the tests are skipped.
"""
import collections
import json
import os
import re
import subprocess
import time
import unittest
from decimal import Decimal
from pathlib import Path

import service
from debezium_tables import ALL_TYPES, BIG, TABLES, all_types_rows
from weir_cli import WeirCase

DATA = Path(os.environ.get("WEIR_DEBEZIUM_DATA") or
            service.SOURCE_DIR.parent / "shared" / "data" / "debezium-postgres")
SECONDS = 60
JSON = "FORMAT='DEBEZIUM_JSON'"


def recording(name):
    path = DATA / f"{name}.jsonl"
    if not path.is_file():
        raise unittest.SkipTest(f"no recorded change events in {DATA} (WEIR_DEBEZIUM_DATA)")
    topics = collections.defaultdict(list)
    for line in path.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        topics[record.pop("topic")].append(record)
    return topics


def plain(value):
    """Numbers with a fraction as the text they were written with."""
    if isinstance(value, dict):
        return {name: plain(v) for name, v in value.items()}
    if isinstance(value, list):
        return [plain(v) for v in value]
    if isinstance(value, Decimal):
        return format(value, "f") if -20 < value.adjusted() < 20 else str(value)
    return value


class Replay(WeirCase):
    """A prompt on pipes, so that counts of running queries can be asked for."""

    def feed(self, topics, partitions=1):
        for topic, records in topics.items():
            lines = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
            self.weir("produce", topic, "--json", "--partitions", str(partitions), stdin=lines)

    def open(self):
        self.prompt = self.start("--output", "JSON", stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT)
        self.tell("SET 'auto.offset.reset' = 'earliest';")

    def tell(self, *statements):
        self.prompt.stdin.write("".join(s + "\n" for s in statements))
        self.prompt.stdin.flush()

    def declare(self, topic, keys, values, with_=JSON, select="*", name=None):
        """A table over the topic, and one that keeps its rows. @return the latter's name."""
        name = name or topic.rsplit(".", 1)[-1].lower()
        keys = ", ".join(f"{key} PRIMARY KEY" for key in keys.split(", "))
        self.tell(f"CREATE TABLE {name} ({keys}, {values}) WITH (KAFKA_TOPIC='{topic}', {with_});",
                  f"CREATE TABLE {name}_rows WITH (FORMAT='JSON') AS SELECT {select} FROM {name};")
        return f"{name}_rows"

    def look(self, table):
        """The rows of a table, and the counts of the query that writes it."""
        self.tell(f"SELECT * FROM {table};", f"DESCRIBE {table} EXTENDED;")
        lines = []
        while "Local runtime statistics" not in (lines[-1] if lines else ""):
            lines.append(self.prompt.stdout.readline())
            self.assertTrue(lines[-1], "".join(lines))
        said = json.loads(lines[-1])["message"]
        counts = {name: int(n) for name, n in re.findall(r"([a-z]+-[a-z]+): (\d+) ", said)}
        rows = [json.loads(line, parse_float=Decimal) for line in lines
                if line.startswith("{") and not line.startswith(('{"Field"', '{"message"'))]
        return [plain(row) for row in rows], counts

    def expect(self, table, rows, **counts):
        """In the end the table has these rows, and the counts are these, or 0."""
        wanted = {"failed-messages": 0, "null-values": 0, "skipped-events": 0,
                  "unavailable-values": 0, **{n.replace("_", "-"): v for n, v in counts.items()}}
        in_order = sorted(rows, key=lambda row: json.dumps(list(row.values())[:2]))
        end = time.monotonic() + SECONDS
        while True:
            found, all_counts = self.look(table)
            found.sort(key=lambda row: json.dumps(list(row.values())[:2]))
            counted = {name: all_counts.get(name) for name in wanted}
            if (found, counted) == (in_order, wanted):
                return
            if time.monotonic() > end:
                self.maxDiff = None
                self.assertEqual((found, counted), (in_order, wanted), table)
            time.sleep(0.05)

    def all_types(self, other_types=None, **infinite):
        types = {**ALL_TYPES, **(other_types or {})}
        columns = ", ".join(f"{column} {type_}" for column, type_ in types.items())
        return self.declare("shop.public.all_types", "id INT", columns), all_types_rows(**infinite)

    def replay(self, name, **other_rows):
        """All tables but all_types."""
        self.feed(recording(name))
        self.open()
        tables = {t: self.declare(f"shop.public.{t}", *TABLES[t][:2]) for t in TABLES}
        for t, table in tables.items():
            self.expect(table, other_rows.get(t, TABLES[t][2]))


# What the connector made of the date infinity: another number in the snapshot than in a change.
INFINITE_DATES = ("-1701532-04-05", "-5877611-06-21")


class Recorded(Replay):
    """Whole recordings: the tables that the database had in the end."""

    def test_plain(self):
        """Units are told by size, so an infinite timestamp is taken for nanoseconds. The text of an
        infinite timestamptz is no moment: c_tstz is declared as a text."""
        self.replay("plain")
        table, rows = self.all_types(C_DATE=INFINITE_DATES,
                                     C_TS=("2262-04-11T23:47:16.825",) * 2)
        self.expect(table, rows)

    def test_with_schemas(self):
        """The schema in each record says the units."""
        self.replay("with-schemas")
        table, rows = self.all_types(C_DATE=INFINITE_DATES,
                                     C_TS=("+294247-01-10T04:00:25.200",) * 2)
        self.expect(table, rows)

    def test_readable(self):
        """Texts for decimals, times, intervals and bytes; the emptied table is in it."""
        self.replay("readable", empty_one=[{"ID": 2, "V": "end marker"}],
                    big_values=[{"ID": 1, "N": 2, **BIG, "C_BYTEA": "ab" * 2100}])


class OneByOne(Replay):
    """What is surprising in the recordings, each for itself."""

    def one(self, topic, recorded="plain", keep=None):
        records = [r for r in recording(recorded)[f"shop.public.{topic}"] if not keep or keep(r)]
        self.feed({f"shop.public.{topic}": records})
        self.open()
        return f"shop.public.{topic}"

    def test_an_unchanged_large_value_that_nobody_knows(self):
        """The query has not seen the row: the value is NULL, and counted. One column has five."""
        topic = self.one("big_values", keep=lambda r: '"op":"r"' not in (r["value"] or ""))
        table = self.declare(topic, *TABLES["big_values"][:2])
        self.expect(table, [{"ID": 1, "N": 2, **dict.fromkeys(BIG)}], unavailable_values=5)

    def test_an_unchanged_large_value_in_a_stream(self):
        topic = self.one("documents")
        self.tell(f"CREATE STREAM d (id INT KEY, title STRING, body STRING) WITH "
                  f"(KAFKA_TOPIC='{topic}', {JSON});",
                  "CREATE TABLE d_rows WITH (FORMAT='JSON') AS SELECT id, COUNT(*) AS n, "
                  "COUNT(body) AS bodies FROM d GROUP BY id;")
        # The deletion is left out; a record without value is not even counted.
        self.expect("d_rows", [{"ID": 1, "N": 2, "BODIES": 1}, {"ID": 2, "N": 2, "BODIES": 2}],
                    null_values=1, unavailable_values=1)

    def test_a_changed_key(self):
        """The old key is deleted, whatever the headers say."""
        topic = self.one("orders")
        table = self.declare(topic, *TABLES["orders"][:2])
        self.expect(table, TABLES["orders"][2])
        self.prompt.stdin.close()
        self.prompt.wait(SECONDS)
        done = self.weir("consume", "ORDERS_ROWS", "--from-beginning", "--until-end", "--json")
        records = map(json.loads, done.stdout.splitlines())
        last = {record["key"]: record["value"] for record in records}
        self.assertIsNone(last["4"])
        self.assertIn('"chair"', last["40"])

    def test_an_infinite_timestamp(self):
        """As a TIMESTAMP it is an error of its row: the row is not in the table."""
        topic = self.one("all_types")
        table = self.declare(topic, "id INT", "c_tstz TIMESTAMP")
        moment, late = "2026-02-28T21:59:59.999", "9999-12-31T23:59:59.999"
        self.expect(table, [{"ID": 1, "C_TSTZ": moment}, {"ID": 2, "C_TSTZ": None},
                            {"ID": 4, "C_TSTZ": late}, {"ID": 5, "C_TSTZ": moment},
                            {"ID": 7, "C_TSTZ": late}], failed_messages=2)

    def test_a_table_without_a_key(self):
        topic = self.one("audit_log")
        self.tell(f"CREATE STREAM a (`at` TIMESTAMP, what STRING) WITH (KAFKA_TOPIC='{topic}', "
                  "VALUE_FORMAT='DEBEZIUM_JSON');",
                  "CREATE TABLE a_rows WITH (FORMAT='JSON') AS SELECT what, COUNT(*) AS n, "
                  "MAX(`at`) AS since FROM a GROUP BY what;")
        self.expect("a_rows", [
            {"WHAT": "more", "N": 1, "SINCE": "2026-05-01T00:00:00.500"},
            {"WHAT": "start", "N": 1, "SINCE": "2026-01-01T00:00:00.000"}])
        # As a table no record is of any row.
        table = self.declare(topic, "id INT", "what STRING", name="b")
        self.expect(table, [], null_keys=3)

    def test_transactions(self):
        """END has another id than BEGIN; both are about no row."""
        self.feed({"shop.transaction": recording("readable")["shop.transaction"]})
        self.open()
        table = self.declare("shop.transaction", "id INT", "v STRING")
        self.expect(table, [], skipped_events=64)

    def test_an_emptied_table_in_more_than_one_partition(self):
        """The event comes to one partition; it empties the rows of that one."""
        records = [dict(r, partition=0) for r in recording("readable")["shop.public.empty_one"]]
        other = records[0]["value"].replace('"after":{"id":1', '"after":{"id":7')
        records.insert(0, dict(records[0], key='{"id":7}', partition=1, value=other))
        self.feed({"shop.public.empty_one": records}, partitions=2)
        self.open()
        table = self.declare("shop.public.empty_one", *TABLES["empty_one"][:2])
        self.expect(table, [{"ID": 2, "V": "end marker"}, {"ID": 7, "V": "x"}])


class Unwrapped(Replay):
    """Rows without envelopes (ExtractNewRecordState) are the JSON format's. Keys are as ever."""
    with_ = "KEY_FORMAT='DEBEZIUM_JSON', VALUE_FORMAT='JSON'"
    columns = "customer_id INT, item STRING, amount BYTES, qty INT, note STRING, paid BOOLEAN"
    rows = [
        {"ID": 1, "CUSTOMER_ID": 7, "ITEM": "kettle", "AMOUNT": "BTY=", "QTY": 1, "NOTE": None,
         "PAID": True},
        {"ID": 2, "CUSTOMER_ID": 8, "ITEM": "lamp", "AMOUNT": "BQ==", "QTY": 3, "NOTE": None,
         "PAID": False},
        {"ID": 5, "CUSTOMER_ID": 8, "ITEM": "desk again", "AMOUNT": "ANw=", "QTY": 1, "NOTE": "b",
         "PAID": None},
        {"ID": 40, "CUSTOMER_ID": 9, "ITEM": "chair", "AMOUNT": "EZQ=", "QTY": 1, "NOTE": None,
         "PAID": True}]

    def test_the_text_null_is_a_deletion(self):
        topics = recording("unwrapped")
        self.assertIn("null", [r["value"] for r in topics["shop.public.orders"]])
        self.feed(topics)
        self.open()
        table = self.declare("shop.public.orders", "id INT", self.columns, self.with_)
        self.expect(table, self.rows)

    def test_deletions_rewritten_to_rows(self):
        self.feed(recording("unwrapped-rewritten"))
        self.open()
        self.tell(f"CREATE TABLE orders (id INT PRIMARY KEY, {self.columns}, __deleted STRING) "
                  f"WITH (KAFKA_TOPIC='shop.public.orders', {self.with_});",
                  "CREATE TABLE left_over WITH (FORMAT='JSON') AS SELECT id, customer_id, item, "
                  "amount, qty, note, paid FROM orders WHERE __deleted <> 'true';")
        self.expect("left_over", self.rows)


if __name__ == "__main__":
    service.main()
