#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# cost: 25
# fixtures: kafka
"""REST endpoints of `weir server` on Kafka: the cluster's id, health while a broker is away, and the
end of a service that has two processes."""
import json
import time
import unittest
import urllib.error
import urllib.request
import uuid

import program
import service
from kafka_fixture import CLUSTER_ID, KafkaBroker, shared
from test_server_query import SECONDS, Server


def get(server, path):
    try:
        with urllib.request.urlopen(server.url + path, timeout=SECONDS) as r:
            return r.status, json.loads(r.read())
    except urllib.error.HTTPError as e:
        return e.code, json.loads(e.read())


def wait_for(what):
    until = time.monotonic() + SECONDS
    while not what():
        if time.monotonic() > until:
            raise AssertionError("it has not come")
        time.sleep(0.1)


class OnKafka(unittest.TestCase):
    def start(self, folder, kafka, name):
        server = Server(folder, "--bootstrap-servers", kafka.bootstrap, "--set", f"ksql.service.id={name}")
        self.addCleanup(server.process.kill)
        wait_for(lambda: get(server, "/chc/ready")[0] == 200)
        return server

    def test_health(self):
        with KafkaBroker() as kafka, program.folder() as folder:
            server = self.start(folder, kafka, "health")
            self.assertEqual(get(server, "/info")[1]["KsqlServerInfo"]["kafkaClusterId"], CLUSTER_ID)
            wait_for(lambda: get(server, "/healthcheck")[0] == 200)
            kafka.kill()
            wait_for(lambda: get(server, "/healthcheck")[0] == 503)
            health = get(server, "/healthcheck")[1]
            self.assertFalse(health["isHealthy"] or health["details"]["kafka"]["isHealthy"])
            self.assertTrue(health["details"]["metastore"]["isHealthy"])
            self.assertEqual(get(server, "/info")[1]["KsqlServerInfo"]["kafkaClusterId"], CLUSTER_ID)
            kafka.start()
            wait_for(lambda: get(server, "/healthcheck")[0] == 200)
            self.assertEqual(get(server, "/info")[1]["KsqlServerInfo"]["serverStatus"], "RUNNING")
            self.assertEqual(server.stop(), 0)

    def test_terminate(self):
        name = f"q{uuid.uuid4().hex[:8]}"
        with shared() as kafka, program.folder() as folder, program.folder() as other_folder:
            server, other = (self.start(f, kafka, name) for f in (folder, other_folder))
            server.sql(f"CREATE STREAM s (id STRING KEY, v BIGINT) WITH (KAFKA_TOPIC='{name}', "
                       f"PARTITIONS=2, VALUE_FORMAT='JSON');"
                       f"CREATE TABLE t WITH (KAFKA_TOPIC='{name}_t') AS SELECT v, COUNT(*) AS n FROM s GROUP BY v;")
            status, _, text = server.post("/ksql/terminate", {"deleteTopicList": [name + ".*"]})
            self.assertEqual(status, 200, text)
            self.assertEqual(get(server, "/info")[0], 503)
            lists = {"ksql": "LIST STREAMS; LIST TABLES; LIST QUERIES;"}
            wait_for(lambda: [e.get("streams", e.get("tables", e.get("queries")))
                              for e in json.loads(other.post("/ksql", lists)[2])] == [[], [], []])
            topics = [t["name"] for t in json.loads(other.post("/ksql", {"ksql": "LIST TOPICS;"})[2])[0]["topics"]]
            self.assertIn(name, topics)  # no query has written it
            self.assertNotIn(name + "_t", topics)
            left = [t for t in kafka.metadata() if name in str(t) and ("changelog" in str(t) or "repartition" in str(t))]
            self.assertEqual(left, [])
            self.assertEqual([server.stop(), other.stop()], [0, 0])


if __name__ == "__main__":
    service.main()
