#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# cost: 45
# fixtures: kafka
"""Several `weir server` of one service on Kafka: each answers for all, and what is killed is missed
by errors alone, never by rows."""
import contextlib
import json
import threading
import time
import unittest
import uuid

import program
import service
from kafka_fixture import shared
from test_server_query import SECONDS, V1, Server

KEYS = 60


class Asked:
    """What is right, and asking for it: rows, or an error that says so."""

    def __init__(self, name):
        self.name = name
        self.sums = {f"k{i}": i for i in range(KEYS)}

    def ask(self, server, sql):
        """Rows as lists, or None: the answer is an error."""
        status, _, body = server.post("/query-stream", {"sql": sql})
        lines = [json.loads(line) for line in body.splitlines()]
        if status != 200 or any(isinstance(line, dict) and "error_code" in line for line in lines):
            return None
        return lines[1:]

    def key(self, server, key):
        return self.ask(server, f"SELECT n FROM {self.name}_t WHERE id = '{key}';")

    def scan(self, server, table="t"):
        rows = self.ask(server, f"SELECT * FROM {self.name}_{table};")
        return rows and dict(rows)

    def is_whole(self, server):
        return self.scan(server) == self.sums and all(
            self.key(server, key) == [[n]] for key, n in self.sums.items())


class ServerCluster(unittest.TestCase):
    def setUp(self):
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        self.name = f"c{uuid.uuid4().hex[:8]}"
        self.kafka = stack.enter_context(shared())
        self.folder = stack.enter_context(program.folder())
        self.servers = []
        self.asked = Asked(self.name)

    def start(self, *options):
        folder = self.folder / f"server{len(self.servers)}"
        folder.mkdir()
        server = Server(folder, "--bootstrap-servers", self.kafka.bootstrap, "--set",
                        f"ksql.service.id={self.name}", "--set", "ksql.heartbeat.enable=true",
                        "--set", "ksql.heartbeat.missed.threshold.ms=20", "--set",
                        "consumer.session.timeout.ms=6000", *options)
        self.addCleanup(server.process.wait)
        self.addCleanup(server.process.kill)
        self.servers.append(server)
        return server

    def fill(self):
        """Keys in every partition of three tables: as they came, by another key, by windows."""
        n, server = self.name, self.servers[0]
        server.sql(f"SET 'auto.offset.reset'='earliest';"
                   f"CREATE STREAM {n} (id STRING KEY, v BIGINT, w BIGINT) WITH (KAFKA_TOPIC='{n}',"
                   f" PARTITIONS=6, VALUE_FORMAT='JSON');"
                   f"CREATE TABLE {n}_t AS SELECT id, SUM(v) AS n FROM {n} GROUP BY id;"
                   f"CREATE TABLE {n}_w AS SELECT w, COUNT(*) AS n FROM {n} GROUP BY w;"
                   f"CREATE TABLE {n}_x AS SELECT id, COUNT(*) AS n FROM {n} "
                   f"WINDOW TUMBLING (SIZE 1 HOUR) GROUP BY id;")
        rows = "".join(json.dumps({"ID": k, "V": v, "W": v % 20}) + "\n"
                       for k, v in self.asked.sums.items())
        acks = server.curl("/inserts-stream", json.dumps({"target": n}) + "\n" + rows)
        self.assertEqual(acks.count('"status":"ok"'), KEYS)

    def until_whole(self, servers, seconds=SECONDS):
        until = time.monotonic() + seconds
        for server in servers:
            while not self.asked.is_whole(server):
                self.assertLess(time.monotonic(), until, self.asked.scan(server))
                time.sleep(0.1)

    def shares(self, server):
        """Active partitions of the first table by host, as a server knows it."""
        with contextlib.closing(program_get(server, "/clusterStatus")) as answer:
            nodes = json.load(answer)["clusterStatus"]
        found = {}
        for host, node in nodes.items():
            self.assertTrue(node["hostAlive"], host)
            for query, state in node["activeStandbyPerQuery"].items():
                if query.startswith(f"CTAS_{self.name.upper()}_T_"):
                    found[host] = len(state["activePartitions"])
        return found

    def until_shared(self, servers):
        """Every server has partitions, and all know it."""
        hosts = {f"127.0.0.1:{server.port}" for server in servers}

        def is_shared():
            return all(set(self.shares(s)) == hosts and all(self.shares(s).values())
                       and sum(self.shares(s).values()) == 6 for s in servers)
        service.wait_until(is_shared, SECONDS, "each server has partitions")

    def test_left_out_until_dropped(self):
        """A server that could not execute a statement is whole again once that was dropped."""
        first, n = self.start(), self.name
        self.kafka.create_topic(f"{n}_u", unique=False)
        for name in "u", "v":
            first.sql(f"CREATE STREAM {n}_{name} (x INT) WITH (KAFKA_TOPIC='{n}_u', "
                      "VALUE_FORMAT='JSON');")
        self.kafka.delete_topic(f"{n}_u")
        second = self.start()

        def status():
            with contextlib.closing(program_get(second, "/info")) as answer:
                return json.load(answer)["KsqlServerInfo"]["serverStatus"]
        self.assertEqual(status(), "DEGRADED")
        first.sql(f"DROP STREAM {n}_u;")
        second.sql("SHOW STREAMS;")
        self.assertEqual(status(), "DEGRADED")  # the other is still missing
        first.sql(f"DROP STREAM {n}_v;")
        service.wait_until(lambda: status() == "RUNNING", SECONDS, "nothing is missing any more")

    def test_each_answers_for_all(self):
        first, second = self.start(), self.start()
        self.fill()
        self.until_shared([first, second])
        self.until_whole([first, second])
        n = self.name
        for server in first, second:
            # Rows say who had them, by key and by scan.
            status, _, body = server.post("/query-stream", {
                "sql": f"SELECT * FROM {n}_t;",
                "requestProperties": {"request.ksql.debug.request": True}}, V1)
            self.assertEqual(status, 200)
            hosts = {row["sourceHost"] for row in json.loads(body) if "row" in row}
            self.assertEqual(hosts, {f"127.0.0.1:{s.port}" for s in self.servers})
            self.assertEqual(self.asked.scan(server, "w"), {w: 3 for w in range(20)})
            windows = self.asked.ask(server, f"SELECT id, n FROM {n}_x;")
            self.assertEqual(sorted(windows), sorted([k, 1] for k in self.asked.sums))
            self.assertEqual(self.asked.key(server, "nobody"), [])
            self.assertEqual(len(self.asked.ask(server, f"SELECT * FROM {n}_t LIMIT 7;")), 7)
            some = self.asked.ask(server, f"SELECT * FROM {n}_t WHERE id IN ('k1', 'k2', 'k3');")
            self.assertEqual(sorted(some), [["k1", 1], ["k2", 2], ["k3", 3]])
            # Not from one to the other and on: each answers for itself when it is asked to.
            own = server.post("/query-stream", {
                "sql": f"SELECT * FROM {n}_t;",
                "requestProperties": {"request.ksql.query.pull.skip.forwarding": True}})[2]
            self.assertLess(len(own.splitlines()), KEYS)
            # A push query reads every partition by itself.
            stream = server.stream(f"SELECT id, v FROM {n} EMIT CHANGES;")
            self.assertEqual(len([line for line in stream.lines(KEYS + 1) if line[0] == "["]), KEYS)
            stream.close()
        third = self.start()
        self.until_shared(self.servers)
        self.until_whole(self.servers)
        # Who goes in good order is missed by nobody; who comes again has his part.
        self.assertEqual(third.stop(), 0)
        self.until_whole([first, second])

    def test_a_server_that_is_meant(self):
        server = self.start()
        self.fill()
        for properties, expected in (({"request.weir.server": "another one"}, 421),
                                     ({"request.ksql.query.pull.partition": "x"}, 400),
                                     ({"request.ksql.query.pull.partition": "7"}, 400)):
            properties["request.ksql.query.pull.skip.forwarding"] = True
            status, _, body = server.post("/query-stream", {
                "sql": f"SELECT * FROM {self.name}_t WHERE id = 'k1';",
                "requestProperties": properties})
            self.assertEqual(status, expected, body)

    def ask_while(self, servers, happens):
        """Ask all the time while something happens. (right answers, errors); wrong ones fail."""
        stop, counts, wrong = threading.Event(), {"right": 0, "error": 0}, []

        def run(server, number):
            for i in range(number, 1 << 30, 7):
                if stop.is_set():
                    return
                key = f"k{i % KEYS}"
                rows = self.asked.scan(server) if i % 5 == 0 else self.asked.key(server, key)
                right = self.asked.sums if i % 5 == 0 else [[self.asked.sums[key]]]
                counts["error" if rows is None else "right"] += 1
                if rows is not None and rows != right:
                    wrong.append((i, rows))
        threads = [threading.Thread(target=run, args=(server, number))
                   for number, server in enumerate(servers * 2)]
        for thread in threads:
            thread.start()
        try:
            happens()
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        self.assertEqual(wrong, [])
        return counts

    def test_one_is_killed(self):
        servers = [self.start() for _ in range(3)]
        self.fill()
        self.until_shared(servers)
        self.until_whole(servers)

        def kill():
            time.sleep(1)
            servers[2].process.kill()
            time.sleep(1)
            self.until_whole(servers[:2])
        counts = self.ask_while(servers[:2], kill)
        self.assertGreater(counts["right"], 50)

    def test_copies_answer(self):
        options = ("--set", "num.standby.replicas=1", "--set", "commit.interval.ms=100", "--set",
                   "ksql.query.pull.enable.standby.reads=true", "--set",
                   "consumer.session.timeout.ms=30000")
        servers = [self.start(*options) for _ in range(2)]
        self.fill()
        self.until_shared(servers)
        self.until_whole(servers)

        def has_copies():
            with contextlib.closing(program_get(servers[0], "/clusterStatus")) as answer:
                nodes = json.load(answer)["clusterStatus"].values()
            copies = [len(state["standByPartitions"]) for node in nodes
                      for query, state in node["activeStandbyPerQuery"].items()
                      if query.startswith(f"CTAS_{self.name.upper()}_T_")]
            return sum(copies) == 6
        service.wait_until(has_copies, SECONDS, "each partition has a copy")
        time.sleep(1)
        servers[1].process.kill()
        began = time.monotonic()
        self.until_whole(servers[:1], 20)
        self.assertLess(time.monotonic() - began, 20, "before the group has missed it")


def program_get(server, path):
    import urllib.request
    return urllib.request.urlopen(server.url + path, timeout=SECONDS)


if __name__ == "__main__":
    service.main()
