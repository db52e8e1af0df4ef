#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# cost: 10
"""Clients that go away while their statement waits: it ends, and its thread is free for others.

The server has 64 threads for statements. Each round takes most of them, so a second one finds too
few where those of the first are still held.
"""
import contextlib
import json
import re
import socket
import unittest
import urllib.request

import program
import service
from test_server_query import SECONDS, Server

CLIENTS, ROUNDS = 50, 3


class Gone(unittest.TestCase):
    def setUp(self):
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        self.server = Server(stack.enter_context(program.folder()))
        self.addCleanup(self.server.process.wait)
        self.addCleanup(self.server.process.kill)
        self.server.sql("CREATE STREAM s (id STRING KEY) WITH (KAFKA_TOPIC='s', PARTITIONS=1, "
                        "VALUE_FORMAT='JSON');")

    def open(self, endpoint):
        """How many requests are under way, as the server counts them; needs a thread itself."""
        with urllib.request.urlopen(f"{self.server.url}/metrics", timeout=SECONDS) as response:
            text = response.read().decode()
        return int(re.search(rf'^weir_http_requests_open{{endpoint="{endpoint}"}} (\d+)$', text,
                             re.M)[1])

    def rounds(self, path, body):
        text = json.dumps(body)
        request = (f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                   f"Content-Length: {len(text)}\r\n\r\n{text}").encode()
        for _ in range(ROUNDS):
            clients = [socket.create_connection(("127.0.0.1", self.server.port), timeout=SECONDS)
                       for _ in range(CLIENTS)]
            for client in clients:
                client.sendall(request)
            service.wait_until(lambda: self.open(path) == CLIENTS, SECONDS,
                               "all statements are under way")
            for client in clients:
                client.close()
            service.wait_until(lambda: self.open(path) == 0, SECONDS, "all are gone")
        streams = self.server.sql("CREATE STREAM another (a INT) WITH (KAFKA_TOPIC='n', "
                                  "PARTITIONS=1, VALUE_FORMAT='JSON'); SHOW STREAMS;")
        self.assertRegex(streams, r"\bANOTHER\b(.|\n)*\bS\b")
        self.assertEqual(self.server.stop(), 0)

    def test_assertions(self):
        self.rounds("/ksql", {"ksql": "ASSERT TOPIC nowhere TIMEOUT 1 HOURS;"})

    def test_several_statements(self):
        """Those after it are not executed: it was to guard them."""
        self.rounds("/ksql", {"ksql": "SHOW TOPICS; ASSERT TOPIC nowhere TIMEOUT 1 HOURS; "
                                      "DROP STREAM s;"})

    def test_sequence_numbers(self):
        self.rounds("/ksql", {"ksql": "SHOW TOPICS;", "commandSequenceNumber": 1000})

    def test_print(self):
        self.rounds("/query", {"ksql": "PRINT s;"})

    def test_statements_of_a_prompt(self):
        self.rounds("/weir/v1/statement", {"sql": "SELECT * FROM s EMIT CHANGES;"})

    def test_assertions_of_a_prompt(self):
        self.rounds("/weir/v1/statement", {"sql": "ASSERT TOPIC nowhere TIMEOUT 1 HOURS;"})


if __name__ == "__main__":
    service.main()
