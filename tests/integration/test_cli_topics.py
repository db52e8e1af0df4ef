#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""weir datagen, produce and consume on the embedded log."""
import base64
import json
import re
import signal
import subprocess
import unittest

import service
from weir_cli import WeirCase

ALL = ("--from-beginning", "--until-end")


class Topics(WeirCase):
    def consume(self, topic, *words):
        return self.weir("consume", topic, *ALL, *words).stdout

    def records(self, topic):
        return [json.loads(line) for line in self.consume(topic, "--json").splitlines()]


class Datagen(Topics):
    def made(self, name, *words):
        self.weir("datagen", name, "--count", "300", "--topic", "t", *words)
        return {(record["partition"], record["offset"]): record for record in self.records("t")}

    def test_deterministic(self):
        first = self.made("clicks", "--seed", "7")
        self.data = self.folder / "second"
        self.assertEqual(self.made("clicks", "--seed", "7"), first)
        self.data = self.folder / "third"
        other = self.made("clicks", "--seed", "8")
        self.assertNotEqual({r["key"] for r in other.values()}, {r["key"] for r in first.values()})

    def test_a_record_depends_on_seed_and_number_only(self):
        all_of_them = {r["key"]: r["value"] for r in self.made("clicks").values()}
        self.data = self.folder / "second"
        self.weir("datagen", "clicks", "--count", "10", "--partitions", "1")
        first = self.records("clicks")
        self.assertEqual(len(first), 10)
        for record in first:
            self.assertEqual(all_of_them[record["key"]], record["value"])

    def test_clicks(self):
        records = list(self.made("clicks", "--start", "2024-02-29T12:00:00Z").values())
        self.assertEqual(len(records), 300)
        self.assertEqual({r["partition"] for r in records}, {0, 1, 2, 3})
        for record in records:
            value = json.loads(record["value"])
            self.assertEqual(list(value), ["uuid", "campaignId", "pubId", "timestamp", "ip", "city",
                                           "country", "browser", "platform", "platformVersion"])
            self.assertEqual(value["uuid"], record["key"])
            self.assertRegex(value["uuid"], r"^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab]"
                             r"[0-9a-f]{3}-[0-9a-f]{12}$")
            self.assertEqual(value["timestamp"], record["timestamp"])
            self.assertIn(value["campaignId"], range(1, 11))
            self.assertIn(value["pubId"], range(1, 6))
            self.assertRegex(value["ip"], r"^\d+\.\d+\.\d+\.\d+$")
            # 2024-02-29T12:00:00Z; late ones are up to 5 s before their turn.
            self.assertIn(value["timestamp"], range(1709208000000 - 5000, 1709208003000))
        campaigns = {json.loads(r["value"])["campaignId"] for r in records}
        self.assertEqual(campaigns, set(range(1, 11)))

    def test_the_others(self):
        fields = {"pageviews": ["viewtime", "userid", "pageid"],
                  "users": ["registertime", "userid", "regionid", "gender"],
                  "orders": ["ordertime", "orderid", "itemid", "orderunits", "address"]}
        for name, expected in fields.items():
            self.weir("datagen", name, "--count", "50")
            records = self.records(name)
            self.assertEqual(len(records), 50)
            for record in records:
                self.assertEqual(list(json.loads(record["value"])), expected)
        self.assertEqual(len({r["key"] for r in self.records("users")}), 50)

    def test_rate_and_stop(self):
        process = self.start("datagen", "clicks", "--rate", "200", stderr=subprocess.PIPE)
        self.assertRaises(subprocess.TimeoutExpired, process.wait, 1)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(20), 0)
        count = int(re.match(r"(\d+) records", process.stderr.read()).group(1))
        self.assertEqual(len(self.records("clicks")), count)

    def test_interrupted_early(self):
        """What had an end and did not reach it reports the signal."""
        process = self.start("datagen", "clicks", "--rate", "5", "--count", "100000",
                             stderr=subprocess.PIPE)
        service.wait_until(lambda: (self.data / "db").exists(), 20, "it runs")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(20), 143)
        other = self.folder / "other"
        process = self.start("produce", "lines", "--partitions", "1", "--data", other,
                             stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        service.wait_until(lambda: (other / "db").exists(), 20, "it runs")
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(20), 130)


AVRO = ('{"type":"record","name":"o","fields":[{"name":"id","type":"int"},{"name":"price","type":'
        '{"type":"bytes","logicalType":"decimal","precision":8,"scale":2}},'
        '{"name":"note","type":["null","string"],"default":null}]}')
PROTO = 'syntax = "proto3"; message m { int32 id = 1; repeated string tags = 2; }'


class Formats(Topics):
    """Keys and values as JSON text, in formats with schemas and without."""

    def schema(self, text, name="schema"):
        path = self.folder / name
        path.write_text(text)
        return path

    def test_avro(self):
        self.weir("produce", "t", "--partitions", "1", "--key-separator", "|", "--key-format",
                  "KAFKA_INT", "--value-format", "avro", "--value-schema", self.schema(AVRO),
                  stdin='7|{"id":1,"price":19.90}\n8|{"id":2,"price":1.5,"note":"x"}\n9|null\n')
        # Its latest schema from now on.
        self.weir("produce", "t", "--value-format", "AVRO", stdin='{"ID":3,"PRICE":"-0.01"}')
        rows = ['{"id":1,"price":19.90,"note":null}', '{"id":2,"price":1.50,"note":"x"}', 'null',
                '{"id":3,"price":-0.01,"note":null}']
        self.assertEqual(self.consume("t").splitlines(), rows)
        self.assertEqual(self.consume("t", "--print-key").splitlines(),
                         [f"{k}\t{row}" for k, row in zip([7, 8, 9, "null"], rows)])
        first = b"\0\0\0\0\1" + b"\x02\x04\x07\xc6\0"
        self.assertEqual(base64.b64decode(self.records("t")[0]["valueBase64"]), first)
        self.assertEqual(subprocess.check_output(self.words(
            ["consume", "t", *ALL, "--value-format", "BYTES", "--count", "1"]),
            env=self.environment), first + b"\n")
        # Envelopes that say what is in them, and the same records written from these.
        spoken = self.consume("t", "--json", "--key-format", "KAFKA_INT", "--value-format", "AVRO")
        self.assertIn('"key":7,"value":{"id":1,"price":19.90,"note":null}}', spoken)
        self.weir("produce", "u", "--partitions", "1", "--json", "--key-format", "KAFKA_INT",
                  "--value-format", "AVRO", "--value-schema", self.schema(AVRO), stdin=spoken)
        self.assertEqual(self.records("u"), self.records("t"))

    def test_what_does_not_fit(self):
        self.weir("produce", "t", "--partitions", "1", "--value-format", "AVRO", "--value-schema",
                  self.schema(AVRO), stdin="")
        for value, said in [('{"id":1}', "stdin:2: value: Avro schema 1: field 'price': null "
                             "cannot be Avro's bytes"),
                            ('{"id":1,"price":1,"nope":2}', "there is no field 'nope'"),
                            ('{"id":2147483648,"price":1}', "field 'id': a number cannot be"),
                            ('{"id":1,"price":1.234}', "field 'price': a number cannot be"),
                            ('{"id":1,', "stdin:2: value: Invalid JSON")]:
            done = self.weir("produce", "t", "--value-format", "AVRO", status=1,
                             stdin='{"id":0,"price":0}\n' + value)
            self.assertIn(said, done.stderr)
            self.assertIn("1 record\n", done.stderr)
        self.weir("produce", "t", stdin="no schema")
        done = self.weir("consume", "t", *ALL, "--value-format", "AVRO", status=1)
        self.assertEqual(done.stdout, '{"id":0,"price":0.00,"note":null}\n' * 5)
        self.assertIn("weir: t, partition 0, offset 5: value: the record does not begin with the "
                      "id of its schema\n", done.stderr)
        self.assertEqual(self.consume("t").splitlines()[5], "no schema") # left as it is

    def test_protobuf_and_json_sr(self):
        self.weir("produce", "p", "--partitions", "1", "--value-format", "PROTOBUF",
                  "--value-schema", self.schema(PROTO), stdin='{"id":5,"tags":["a","b"]}\n{}\n')
        self.assertEqual(self.consume("p"), '{"id":5,"tags":["a","b"]}\n{"id":0,"tags":[]}\n')
        schema = self.schema(PROTO)
        words = ("--value-format", "PROTOBUF_NOSR", "--value-schema", schema)
        self.weir("produce", "q", "--partitions", "1", *words, stdin='{"id":5,"tags":["a"]}\n')
        self.assertEqual(self.consume("q", *words), '{"id":5,"tags":["a"]}\n')
        self.assertEqual(self.consume("q"), "\x08\x05\x12\x01a\n")
        self.weir("produce", "j", "--partitions", "1", "--value-format", "JSON_SR",
                  "--value-schema", self.schema('{"type":"object","properties":{"id":'
                                                '{"type":"integer"}}}'), stdin='{"id":5}\n')
        self.assertEqual(self.consume("j"), '{"id":5}\n')
        self.weir("produce", "d", "--partitions", "1", "--value-format", "DELIMITED",
                  stdin='["a,b",1,null]\n')
        self.assertEqual(self.consume("d"), '"a,b",1,\n')
        self.assertEqual(self.consume("d", "--value-format", "DELIMITED"), '["a,b","1",null]\n')

    def test_protobuf_without_message_index(self):
        """As kafkajs writes: behind the schema's id is the message."""
        self.weir("produce", "p", "--partitions", "1", "--value-format", "PROTOBUF",
                  "--value-schema", self.schema(PROTO), stdin="")
        record = base64.b64encode(b"\0\0\0\0\1\x08\x05\x12\x01a").decode()
        self.weir("produce", "p", "--json", stdin=f'{{"valueBase64":"{record}"}}\n')
        words = ("--value-format", "PROTOBUF")
        done = self.weir("consume", "p", *ALL, *words, status=1)
        self.assertIn("offset 0: value: ", done.stderr)
        self.assertEqual(self.consume("p", *words, "--value-message-index", "none"),
                         '{"id":5,"tags":["a"]}\n')
        for words, status, said in [
                ([*words, "--value-message-index", "0"], 2, "it can be NONE"),
                (["--value-message-index", "NONE"], 1, "is for reading PROTOBUF alone"),
                (["--key-message-index", "NONE"], 2, "needs --key-format PROTOBUF")]:
            self.assertIn(said, self.weir("consume", "p", *ALL, *words, status=status).stderr)

    def test_wrong_options(self):
        self.weir("produce", "t", "--partitions", "1", stdin="x")
        for words, said in [
                (["--value-format", "NOPE"], "There is no format 'NOPE'"),
                (["--key-format", "KAFKA"], "KAFKA does not say which type the keys have"),
                (["--value-format", "AVRO"], "No schema is registered under the subject t-value"),
                (["--value-format", "AVRO", "--value-schema", self.schema("{", "bad")], "Avro"),
                (["--value-format", "AVRO", "--existing-schemas", "--value-schema",
                  self.schema(AVRO)], "is not registered under the subject t-value"),
                (["--value-format", "PROTOBUF_NOSR"], "needs the schema of the values")]:
            self.assertIn(said, self.weir("produce", "t", *words, status=1, stdin="1").stderr)
        self.assertIn("need a --value-format", self.weir(
            "produce", "t", "--value-schema", self.schema(AVRO), status=2, stdin="1").stderr)


class RoundTrip(Topics):
    def test_values(self):
        self.weir("produce", "t", "--partitions", "1", stdin="one\n\nzwei € 😀\r\nlast")
        self.assertEqual(self.consume("t"), "one\n\nzwei € 😀\nlast\n")
        self.assertEqual([r["key"] for r in self.records("t")], [None] * 4)

    def test_keys_nulls_headers_times(self):
        self.weir("produce", "t", "--partitions", "2", "--key-separator", "::", "--null", "NULL",
                  "--timestamp", "2025-01-02T03:04:05.678Z", "--header", "a=1", "--header", "b=",
                  "--partition", "1", stdin="k::v::w\nNULL::x\nk::NULL\n")
        lines = self.consume("t", "--print-key", "--print-timestamp", "--print-partition",
                             "--print-headers", "--key-separator", "|", "--null", "-")
        time = 1735787045678
        self.assertEqual(lines, f"{time}|1:0|a=1,b=|k|v::w\n{time}|1:1|a=1,b=|-|x\n"
                                f"{time}|1:2|a=1,b=|k|-\n")
        self.assertEqual(self.consume("t", "--print-key").splitlines()[1], "null\tx")

    def test_envelopes(self):
        records = [
            {"key": "k", "value": "{\"a\": 1.10}", "timestamp": 5},
            {"key": None, "value": None, "timestamp": 6},
            {"timestamp": 7},
            {"keyBase64": "AAECgA==", "valueBase64": "/w==", "timestamp": 8},
            {"value": {"n": 1.10, "big": 12345678901234567890123, "z": [True, None]}, "key": 42,
             "timestamp": 9, "headers": [{"key": "h", "value": "x"}, {"key": "h", "value": None},
                                         {"key": "b", "valueBase64": "/w=="}]},
            {"value": "\u0000\u001f\"\\\n€😀", "timestamp": 10, "headers": {"a": "1"}},
        ]
        lines = [json.dumps(record) for record in records]
        lines[4] = lines[4].replace("1.1,", "1.10,")
        self.weir("produce", "t", "--partitions", "1", "--json", stdin="\n".join(lines))
        got = self.records("t")
        self.assertEqual([r["offset"] for r in got], list(range(6)))
        self.assertEqual([r["timestamp"] for r in got], [5, 6, 7, 8, 9, 10])
        self.assertEqual(got[0]["value"], "{\"a\": 1.10}")
        self.assertEqual((got[1]["key"], got[1]["value"]), (None, None))
        self.assertEqual((got[2]["key"], got[2]["value"]), (None, None))
        self.assertEqual((got[3]["keyBase64"], got[3]["valueBase64"]), ("AAECgA==", "/w=="))
        self.assertEqual(got[4]["key"], "42")
        self.assertIn('"n": 1.10,', got[4]["value"])
        self.assertIn("12345678901234567890123", got[4]["value"])
        self.assertEqual(got[4]["headers"], records[4]["headers"])
        self.assertEqual(got[5]["value"], records[5]["value"])
        self.assertEqual(got[5]["headers"], [{"key": "a", "value": "1"}])
        # What consume writes, produce reads.
        self.weir("produce", "copy", "--partitions", "1", "--json",
                  stdin=self.consume("t", "--json"))
        self.assertEqual(self.records("copy"), got)

    def test_bad_lines(self):
        for line, problem in (("{", "string"), ("[]", "object"), ('{"kye":1}', "unknown member"),
                              ('{"value":1}x', "after the object"), ('{"value":01}', "number"),
                              ('{"timestamp":1.5}', "whole numbers"), ('{"value":tru}', "value"),
                              ('{"keyBase64":"A"}', "base 64"), ('{"headers":3}', "headers"),
                              ('{"value":"\\ud8"}', "hexadecimal"), ('{"value":"\\x"}', "escape"),
                              ('{"value":' + "[" * 200 + "]" * 200 + "}", "deep")):
            done = self.weir("produce", "t", "--partitions", "1", "--json",
                             stdin='{"value":"good"}\n' + line + "\n", status=1)
            self.assertIn("stdin:2: ", done.stderr)
            self.assertIn(problem, done.stderr, line)
        self.assertEqual(set(self.consume("t").splitlines()), {"good"})
        done = self.weir("produce", "t", "--key-separator", ":", stdin="no key\n", status=1)
        self.assertIn("the key separator is missing", done.stderr)

    def test_many(self):
        lines = [f"{i}:{'x' * (i % 300)}" for i in range(20000)]
        self.weir("produce", "t", "--partitions", "1", "--key-separator", ":",
                  stdin="\n".join(lines) + "\n")
        self.assertEqual(self.consume("t", "--print-key", "--key-separator", ":").splitlines(),
                         lines)
        self.assertEqual(self.weir("consume", "t", "--from-beginning", "--count", "3").stdout,
                         "\nx\nxx\n")

    def test_file_size_limit(self):
        """As on a full disk: it says why, and how many are known to be written; none of these is
        lost."""
        self.weir("produce", "t", "--partitions", "1", stdin="")
        lines = "".join(f"{i}:{'x' * 300}\n" for i in range(40000))
        command = ["sh", "-c", 'ulimit -f 8000; exec "$@"', "sh",
                   *self.words(["produce", "t", "--key-separator", ":"])]
        done = subprocess.run(command, input=lines, capture_output=True, text=True, timeout=60,
                              env=self.environment, check=False)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("File too large", done.stderr)
        known, more = map(int, re.search(r"^(\d+) records are written; of (\d+) more",
                                         done.stderr, re.M).groups())
        self.assertGreater(more, 0)
        kept = len(self.consume("t").splitlines())
        self.assertTrue(known <= kept < known + more, (known, kept, more))

    def test_topic_that_does_not_exist(self):
        done = self.weir("produce", "t", stdin="x\n", status=1)
        self.assertIn("topic 't' does not exist", done.stderr)
        self.assertIn("--partitions N creates it", done.stderr)
        done = self.weir("consume", "t", *ALL, status=1)
        self.assertIn("t", done.stderr)

    def test_from_beginning(self):
        """--until-end without it would be nothing; without either it waits for new records."""
        self.weir("produce", "t", "--partitions", "1", stdin="old\n")
        self.assertEqual(self.weir("consume", "t", "--until-end").stdout, "old\n")
        process = self.start("consume", "t", stdout=subprocess.PIPE)
        self.assertRaises(subprocess.TimeoutExpired, process.wait, 1)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(20), 130)
        self.assertEqual(process.stdout.read(), "")

    def test_windowed_keys(self):
        """As PRINT shows them, and with all their bytes in JSON."""
        self.weir("-e", "CREATE STREAM s (id STRING KEY, v INT) WITH (KAFKA_TOPIC='s', "
                        "PARTITIONS=1, VALUE_FORMAT='JSON');"
                        "SET 'auto.offset.reset' = 'earliest';"
                        "CREATE TABLE w AS SELECT id, COUNT(*) AS n FROM s "
                        "WINDOW TUMBLING (SIZE 1 MINUTE) GROUP BY id;"
                        "INSERT INTO s (id, v, ROWTIME) VALUES ('a', 1, 1700000000000);"
                        "SELECT * FROM w WHERE id = 'a';")
        lines = self.weir("consume", "W", "--until-end", "--print-key").stdout
        self.assertEqual(lines, '[a@1699999980000/-]\t{"N":1}\n')
        record = json.loads(self.weir("consume", "W", *ALL, "--json").stdout)
        self.assertEqual(len(base64.b64decode(record["keyBase64"])), 9)

    def test_consume_stops_at_a_signal(self):
        self.weir("produce", "t", "--partitions", "1", stdin="x\n")
        process = self.start("consume", "t", "--from-beginning", stdout=subprocess.PIPE)
        self.assertEqual(process.stdout.readline(), "x\n")
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(20), 130)


if __name__ == "__main__":
    unittest.TestCase.maxDiff = None
    service.main()
