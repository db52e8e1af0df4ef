#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# cost: 10
# fixtures: kafka
"""OpenTelemetry's trace context through queries: headers of records in, headers of records out."""
import json
import unittest
import uuid

import program
import service
from kafka_fixture import shared

TRACE = "00-0af7651916cd43dd8448eb211c80319c-{:016x}-01"
QUERIES = """
CREATE STREAM s (id STRING KEY, g STRING, v BIGINT)
    WITH (KAFKA_TOPIC = '{0}', PARTITIONS = 2, VALUE_FORMAT = 'JSON');
CREATE STREAM filtered WITH (KAFKA_TOPIC = '{0}_filtered') AS SELECT * FROM s WHERE v >= 0;
CREATE TABLE total WITH (KAFKA_TOPIC = '{0}_total') AS SELECT g, COUNT(*) AS n FROM s GROUP BY g;
CREATE STREAM joined WITH (KAFKA_TOPIC = '{0}_joined') AS
    SELECT s.g, s.v, total.n FROM s JOIN total ON s.g = total.g;
"""


def headers_of(i):
    return [{"key": "traceparent", "value": TRACE.format(i)}, {"key": "tracestate", "value": f"a={i}"}]


class Traces(unittest.TestCase):
    def through(self, weir, name, folder):
        """Ten records of two groups; the last of group g1 has no trace."""
        file = folder / "q.sql"
        file.write_text(QUERIES.format(name))
        lines = [{"key": f"k{i}", "value": {"G": f"g{i % 2}", "V": i}, "timestamp": 1700000000000 + i,
                  **({"headers": headers_of(i)} if i != 9 else {})} for i in range(10)]
        weir.call("produce", name, "--json", "--partitions", "2", *weir.options(),
                  input="".join(json.dumps(line) + "\n" for line in lines))
        weir.run(file, options=["--set", "auto.offset.reset=earliest"])
        passed = {json.loads(r["value"])["V"]: r.get("headers") or [] for r in weir.records(f"{name}_filtered")}
        self.assertEqual(passed, {i: headers_of(i) if i != 9 else [] for i in range(10)})
        for r in weir.records(f"{name}_joined"):  # those that found their group
            i = json.loads(r["value"])["V"]
            self.assertEqual(r.get("headers") or [], headers_of(i) if i != 9 else [])
        last = {r["key"]: r for r in sorted(weir.records(f"{name}_total"), key=lambda r: r["offset"])}
        self.assertEqual({key: json.loads(r["value"])["N"] for key, r in last.items()}, {b"g0": 5, b"g1": 5})
        # Which record of a group comes last is open: they are in two partitions.
        found = {key: r.get("headers") or [] for key, r in last.items()}
        self.assertIn(found[b"g0"], [headers_of(i) for i in range(0, 10, 2)])
        self.assertIn(found[b"g1"], [[]] + [headers_of(i) for i in range(1, 9, 2)])

    def test_embedded_log(self):
        with program.folder() as folder:
            self.through(program.Weir(folder / "data"), "t", folder)

    def test_kafka(self):
        """Through a repartition topic, before which rows are combined."""
        name = f"t{uuid.uuid4().hex[:8]}"
        with shared() as kafka, program.folder() as folder:
            weir = program.Weir(folder / "data", kafka.bootstrap, {"ksql.service.id": name})
            self.through(weir, name, folder)


if __name__ == "__main__":
    service.main()
