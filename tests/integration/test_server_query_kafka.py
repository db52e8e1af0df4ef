#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# own-client: all
# cost: 12
# fixtures: kafka
"""Queries over HTTP on `weir server` with its topics on Kafka: rows in, look-ups, push queries."""
import json
import time
import unittest
import uuid

import program
import service
from kafka_fixture import shared
from test_server_query import SECONDS, Server


class OnKafka(unittest.TestCase):
    def test_rows_in_and_out(self):
        name = f"q{uuid.uuid4().hex[:8]}"
        with shared() as kafka, program.folder() as folder:
            server = Server(folder, "--bootstrap-servers", kafka.bootstrap, "--set",
                            f"ksql.service.id={name}")
            self.addCleanup(server.process.kill)
            server.sql(f"SET 'auto.offset.reset'='earliest';"
                       f"CREATE STREAM {name} (id STRING KEY, v BIGINT) WITH (KAFKA_TOPIC='{name}', "
                       f"PARTITIONS=2, VALUE_FORMAT='JSON');"
                       f"CREATE TABLE {name}_t AS SELECT id, SUM(v) AS n FROM {name} GROUP BY id;")
            late = server.stream(f"SELECT * FROM {name} EMIT CHANGES;", "latest")
            late.lines(1)
            rows = "".join(json.dumps({"ID": f"k{i}", "V": i}) + "\n" for i in range(100))
            acks = server.curl("/inserts-stream", json.dumps({"target": name}) + "\n" + rows)
            self.assertEqual(acks.count('"status":"ok"'), 100)
            # Two partitions: any order.
            self.assertEqual(sorted(late.lines(100)), sorted(f'["k{i}",{i}]' for i in range(100)))
            late.close()
            until = time.monotonic() + SECONDS
            look_up = {"sql": f"SELECT n FROM {name}_t WHERE id = 'k7';"}
            while server.post("/query-stream", look_up)[2].splitlines()[1:] != ["[7]"]:
                self.assertLess(time.monotonic(), until)
                time.sleep(0.05)
            found = server.post("/query-stream", {
                "sql": f"SELECT * FROM {name} EMIT CHANGES LIMIT 100;",
                "properties": {"auto.offset.reset": "earliest"}})[2].splitlines()
            self.assertEqual(len(found), 101)
            self.assertEqual(server.stop(), 0)


if __name__ == "__main__":
    service.main()
